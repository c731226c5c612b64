"""Scores of verdicts: confusion, F1, kappa, the rate of false passes with its bound, and the majority baseline beside them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn.metrics import cohen_kappa_score, f1_score

from critex.evaluate.gold import Gold
from critex.evaluate.intervals import bootstrap_ratio, exact_upper
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
                    RANK.get((g.verdict, got), 4), g.patient_id, g.criterion, g.verdict, got, reason, g.why, g.evidence
                )
            )
    n = len(wanted_all)
    f1 = dict(
        zip(VERDICTS, f1_score(wanted_all, got_all, labels=list(VERDICTS), average=None, zero_division=0), strict=True)
    )
    false_pass = sum(1 for w, g_ in zip(wanted_all, got_all, strict=True) if (w, g_) == ("fail", "pass"))
    gold_fail = wanted_all.count("fail")
    return VerdictScores(
        dict(by_criterion),
        float(np.mean([w == g_ for w, g_ in zip(wanted_all, got_all, strict=True)])) if n else float("nan"),
        bootstrap_ratio({k: (a, b) for k, (a, b) in right.items()}),
        float(cohen_kappa_score(wanted_all, got_all)) if n else float("nan"),
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
    )
