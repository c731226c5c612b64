"""How far reviewers agree, and how often they follow the machine where it is wrong."""

from __future__ import annotations

import math
import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from critex.review.decisions import JUDGING, Decision, finals
from critex.tables import VERDICTS

Span = tuple[str, int, int]
Case = tuple[str, str]
"""Patient and criterion."""


@dataclass(frozen=True)
class Agreement:
    """Two reviewers on the cases that both decided."""

    one: str
    other: str
    n: int
    n_same: int
    kappa: float
    """Cohen's kappa; not a number where it is not defined (both always gave one verdict)."""
    span_f1: float
    n_spans: int


@dataclass(frozen=True)
class Following:
    """One reviewer on cases whose right verdict is known, apart by whether the machine's verdict was hidden."""

    reviewer: str
    hidden: bool
    n: int
    """Cases decided."""
    n_as_machine: int
    n_settled: int
    """Cases whose right verdict is settled."""
    n_wrong: int
    """Of these, where the machine is wrong."""
    n_followed: int
    """Of these, where the reviewer gave the machine's wrong verdict."""


def held_spans(decisions: Iterable[Decision], machine: Mapping[Case, set[Span]]) -> dict[str, dict[Case, set[Span]]]:
    """Spans that each reviewer holds to be evidence: the machine's, less those marked wrong, with those added.

    Parameters
    ----------
    decisions : iterable of Decision
        Standing decisions.
    machine : mapping
        Spans of the machine's evidence, by patient and criterion.

    Returns
    -------
    dict
        Reviewer to case to spans, of the cases that the reviewer decided.
    """
    decisions = list(decisions)
    out: dict[str, dict[Case, set[Span]]] = defaultdict(dict)
    for d in decisions:
        if d.action in JUDGING:
            case = (d.patient_id, d.criterion)
            out[d.reviewer].setdefault(case, set(machine.get(case, ())))
    for d in decisions:
        case = (d.patient_id, d.criterion)
        spans = out.get(d.reviewer, {}).get(case)
        if spans is None or d.start is None or d.end is None:
            continue
        if d.action == "wrong_span":
            spans.discard((d.note_id, d.start, d.end))
        elif d.action == "missed_evidence":
            spans.add((d.note_id, d.start, d.end))
    return dict(out)


def span_f1(one: Iterable[Span], other: Iterable[Span]) -> float:
    """F1 of two sets of spans; a span meets at most one of the other set, in the same note and overlapping."""
    first, second = sorted(one), sorted(other)
    if not first and not second:
        return math.nan
    free = list(second)
    met = 0
    for note, start, end in first:
        hit = next((s for s in free if s[0] == note and s[1] < end and start < s[2]), None)
        if hit is not None:
            free.remove(hit)
            met += 1
    return 2 * met / (len(first) + len(second))


def kappa(one: Sequence[str], other: Sequence[str]) -> float:
    """Cohen's kappa of two lists of verdicts; not a number where it is not defined."""
    from sklearn.metrics import cohen_kappa_score

    if not one or len({*one, *other}) < 2:
        return math.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(cohen_kappa_score(one, other, labels=list(VERDICTS)))


def agreements(decisions: Iterable[Decision], machine: Mapping[Case, set[Span]]) -> list[Agreement]:
    """Every pair of reviewers who decided a case in common.

    Parameters
    ----------
    decisions : iterable of Decision
        Standing decisions of one trial.
    machine : mapping
        Spans of the machine's evidence, by patient and criterion.
    """
    decisions = list(decisions)
    said: dict[str, dict[Case, str]] = defaultdict(dict)
    for d in decisions:
        if d.action in JUDGING:
            said[d.reviewer][(d.patient_id, d.criterion)] = d.verdict
    spans = held_spans(decisions, machine)
    out = []
    for a, b in combinations(sorted(said), 2):
        both = sorted(set(said[a]) & set(said[b]))
        if not both:
            continue
        x, y = [said[a][c] for c in both], [said[b][c] for c in both]
        # A case's number is put before the note, so that a span of one case never meets one of another.
        first = {(f"{i}:{s[0]}", s[1], s[2]) for i, c in enumerate(both) for s in spans[a][c]}
        second = {(f"{i}:{s[0]}", s[1], s[2]) for i, c in enumerate(both) for s in spans[b][c]}
        same = sum(p == q for p, q in zip(x, y, strict=True))
        out.append(Agreement(a, b, len(both), same, kappa(x, y), span_f1(first, second), len(first | second)))
    return out


def following(decisions: Iterable[Decision]) -> list[Following]:
    """How often each reviewer gave the machine's verdict, and how often where it is wrong.

    Parameters
    ----------
    decisions : iterable of Decision
        Standing decisions of one trial.

    Returns
    -------
    list of Following
        Two rows a reviewer at most: verdict shown, verdict hidden. The right verdict is the adjudicator's, else the one that two or more
        reviewers share; the first decision of a reviewer on a case counts, for later ones may know more.
    """
    by_patient: dict[str, list[Decision]] = defaultdict(list)
    for d in decisions:
        by_patient[d.patient_id].append(d)
    counts: dict[tuple[str, bool], list[int]] = defaultdict(lambda: [0] * 5)
    for mine in by_patient.values():
        right = {c: f.verdict for c, f in finals(mine).items() if f.verdict and (f.adjudicated or len(f.by) > 1)}
        first: dict[tuple[str, str], Decision] = {}
        for d in mine:
            if d.action in JUDGING:
                first.setdefault((d.reviewer, d.criterion), d)
        for (reviewer, criterion), d in first.items():
            tally = counts[(reviewer, d.hidden)]
            tally[0] += 1
            tally[1] += d.verdict == d.seen_verdict
            if criterion in right:
                wrong = d.seen_verdict != right[criterion]
                tally[2] += 1
                tally[3] += wrong
                tally[4] += wrong and d.verdict == d.seen_verdict
    return [Following(reviewer, hidden, *tally) for (reviewer, hidden), tally in sorted(counts.items())]
