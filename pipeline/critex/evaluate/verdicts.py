"""Scores of verdicts: confusion, F1, kappa, the rate of false passes with its bound, and the majority baseline beside them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score

from critex.evaluate.assertions import kappa_of
from critex.evaluate.gold import Gold
from critex.evaluate.intervals import NAN, Array, bootstrap, bootstrap_ratio, exact_upper, wilson
from critex.tables import VERDICTS

RANK = {("fail", "pass"): 0, ("pass", "fail"): 1, ("unknown", "pass"): 2, ("unknown", "fail"): 3}
KINDS = ("false pass", "false fail", "overcall", "overcall", "miss")


@dataclass(frozen=True)
class VerdictError:
    """One verdict that is not the annotated one; ``rank`` 0 is a false pass, the worst."""

    rank: int
    patient_id: str
    criterion: str
    wanted: str
    got: str
    reason: str
    why: str
    evidence: tuple[tuple[str, int, int], ...]
    """Gold's spans."""
    found: tuple[tuple[str, int, int], ...] = ()
    """The run's spans."""

    @property
    def kind(self) -> str:
        """False pass, false fail, overcall or miss."""
        return KINDS[self.rank]


@dataclass
class CriterionScores:
    """One criterion: its confusion and its majority baseline."""

    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def n(self) -> int:
        """Annotated verdicts."""
        return sum(self.confusion.values())

    @property
    def accuracy(self) -> float:
        """Share that agrees."""
        return sum(self.confusion[v, v] for v in VERDICTS) / self.n if self.n else float("nan")

    @property
    def kappa(self) -> float:
        """Cohen's kappa with gold; 1 where both say one same thing only."""
        agree, chance = self.accuracy, self._chance
        return 1.0 if chance == 1 else (agree - chance) / (1 - chance)

    @property
    def _chance(self) -> float:
        def total(v: str) -> int:
            return sum(self.confusion[v, w] for w in VERDICTS) * sum(self.confusion[w, v] for w in VERDICTS)

        return sum(total(v) for v in VERDICTS) / self.n**2 if self.n else float("nan")

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the verdicts that occur in gold or were said."""
        found = []
        for v in VERDICTS:
            both = sum(self.confusion[v, w] + self.confusion[w, v] for w in VERDICTS)
            if both:
                found.append(2 * self.confusion[v, v] / both)
        return float(np.mean(found)) if found else float("nan")

    @property
    def micro_f1(self) -> float:
        """Micro F1; where each verdict is one of three words it is the accuracy."""
        return self.accuracy

    @property
    def gold_fail(self) -> int:
        """Annotated fails."""
        return sum(self.confusion["fail", w] for w in VERDICTS)

    @property
    def false_pass(self) -> int:
        """Annotated fails that were called pass."""
        return self.confusion["fail", "pass"]

    @property
    def false_pass_upper(self) -> float:
        """Exact 95 % upper bound of their rate."""
        return exact_upper(self.false_pass, self.gold_fail)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the accuracy; a patient has one verdict here, so patients are what is counted."""
        return wilson(sum(self.confusion[v, v] for v in VERDICTS), self.n)

    @property
    def baseline(self) -> float:
        """Accuracy of always saying the commonest verdict."""
        return max(sum(self.confusion[v, w] for w in VERDICTS) for v in VERDICTS) / self.n if self.n else float("nan")


@dataclass
class VerdictScores:
    """All criteria together, and each alone."""

    by_criterion: dict[str, CriterionScores]
    accuracy: float
    interval: tuple[float, float]
    kappa: float
    f1: dict[str, float]
    macro_f1: float
    micro_f1: float
    baseline: float
    false_pass: int
    gold_fail: int
    false_pass_upper: float
    """Exact 95 % upper bound of the rate of false passes among gold fails."""
    evidence_hit: float
    no_row: int
    errors: list[VerdictError]
    macro_f1_interval: tuple[float, float] = NAN
    kappa_interval: tuple[float, float] = NAN
    right: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Right and all verdicts of each patient, for comparing two runs."""
    said: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """What gold and the run say, by patient and criterion."""

    @property
    def confusion(self) -> Counter[tuple[str, str]]:
        """Of all criteria together."""
        return sum((c.confusion for c in self.by_criterion.values()), Counter())


def score_verdicts(
    verdicts: pd.DataFrame, evidence: pd.DataFrame, gold: Gold, trial: str | None = None
) -> VerdictScores:
    """Score verdicts and evidence of one trial against gold; a criterion without a row counts as unknown."""
    if trial is not None:
        verdicts, evidence = verdicts[verdicts["trial"] == trial], evidence[evidence["trial"] == trial]
    said = {(r["patient_id"], r["criterion"]): (r["verdict"], r["reason"]) for r in verdicts.to_dict("records")}
    spans: dict[tuple[str, str], list[tuple[str, int, int]]] = defaultdict(list)
    for r in evidence.to_dict("records"):
        spans[r["patient_id"], r["criterion"]].append((r["note_id"], int(r["start"]), int(r["end"])))
    by_criterion: dict[str, CriterionScores] = defaultdict(CriterionScores)
    right: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    errors, hit, decided, wanted_all, got_all = [], 0, 0, [], []
    for g in gold.verdicts:
        key = (g.patient_id, g.criterion)
        got, reason = said.get(key, ("unknown", "no row"))
        by_criterion[g.criterion].confusion[g.verdict, got] += 1
        right[g.patient_id][0] += g.verdict == got
        right[g.patient_id][1] += 1
        wanted_all.append(g.verdict)
        got_all.append(got)
        if g.verdict == got != "unknown" and g.evidence:
            decided += 1
            hit += any(n == gn and s < ge and gs < e for n, s, e in spans[key] for gn, gs, ge in g.evidence)
        if g.verdict != got:
            errors.append(
                VerdictError(
                    RANK.get((g.verdict, got), 4),
                    g.patient_id,
                    g.criterion,
                    g.verdict,
                    got,
                    reason,
                    g.why,
                    g.evidence,
                    tuple(spans[key]),
                )
            )
    n = len(wanted_all)
    tables = confusions_by_patient((g.patient_id, g.verdict, s) for g, s in zip(gold.verdicts, got_all, strict=True))
    share = {k: (a, b) for k, (a, b) in right.items()}
    f1 = dict(
        zip(VERDICTS, f1_score(wanted_all, got_all, labels=list(VERDICTS), average=None, zero_division=0), strict=True)
    )
    false_pass = sum(1 for w, g_ in zip(wanted_all, got_all, strict=True) if (w, g_) == ("fail", "pass"))
    gold_fail = wanted_all.count("fail")
    return VerdictScores(
        dict(by_criterion),
        float(np.mean([w == g_ for w, g_ in zip(wanted_all, got_all, strict=True)])) if n else float("nan"),
        bootstrap_ratio(share),
        kappa_of(wanted_all, got_all),
        {k: float(v) for k, v in f1.items()},
        float(np.mean(list(f1.values()))),
        float(f1_score(wanted_all, got_all, average="micro")) if n else float("nan"),
        sum(c.baseline * c.n for c in by_criterion.values()) / n if n else float("nan"),
        false_pass,
        gold_fail,
        exact_upper(false_pass, gold_fail),
        hit / decided if decided else float("nan"),
        sum((g.patient_id, g.criterion) not in said for g in gold.verdicts),
        sorted(errors, key=lambda e: (e.rank, e.criterion, e.patient_id)),
        bootstrap(tables, _macro_f1),
        bootstrap(tables, kappa_of_sums),
        share,
        {(g.patient_id, g.criterion): (g.verdict, got) for g, got in zip(gold.verdicts, got_all, strict=True)},
    )


def confusions_by_patient(said: Iterable[tuple[str, str, str]]) -> Array:
    """One row a patient, by its name: its 3 x 3 confusion, first by second, in the order of the verdicts.

    Parameters
    ----------
    said : iterable of tuple of str
        Patient, and the verdicts that the first (gold) and the second give.
    """
    tables: dict[str, Array] = defaultdict(lambda: np.zeros(9))
    for patient, first, second in said:
        tables[patient][3 * VERDICTS.index(first) + VERDICTS.index(second)] += 1
    return np.array([tables[p] for p in sorted(tables)]).reshape(-1, 9)


def _macro_f1(sums: Array) -> Array:
    cells = sums.reshape(-1, 3, 3)
    hits = cells.diagonal(axis1=1, axis2=2)
    both = cells.sum(axis=1) + cells.sum(axis=2)
    return np.asarray(np.where(both > 0, 2 * hits / np.maximum(both, 1), 0.0).mean(axis=1))


def kappa_of_sums(sums: Array) -> Array:
    """Cohen's kappa of confusions of shape (rounds, 9)."""
    cells = sums.reshape(-1, 3, 3)
    n = cells.sum(axis=(1, 2))
    agree = cells.diagonal(axis1=1, axis2=2).sum(axis=1) / n
    chance = (cells.sum(axis=1) * cells.sum(axis=2)).sum(axis=1) / n**2
    return np.asarray((agree - chance) / (1 - chance))
