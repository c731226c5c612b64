"""Contradicting statements side by side, and whether another rule for choosing between them would change the verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from critex.criteria.conditions import parse_condition, parse_window
from critex.criteria.judge import Judged, judge_criterion
from critex.criteria.trial import Criterion
from critex.features.facts import Statement
from critex.features.patient import Patient

POLICIES = {
    "newest": "the newest statement counts",
    "report first": "the best source counts (report, board, specialist, letter)",
    "worst case": "the statement that is worst for eligibility counts",
}
_WORST = {"fail": 0, "unknown": 1, "pass": 2}


@dataclass(frozen=True)
class Conflict:
    """A criterion on which a patient's statements contradict each other."""

    patient_id: str
    criterion: Criterion
    judged: Judged
    policies: dict[str, str]
    """Policy to the verdict under it."""

    @property
    def flips(self) -> list[str]:
        """Policies under which the verdict is another one."""
        return [p for p, v in self.policies.items() if v != self.judged.verdict]


def conflicts(criteria: Iterable[Criterion], patient: Patient) -> list[Conflict]:
    """Criteria on which statements contradict each other, with the verdict under each policy of :data:`POLICIES`.

    Parameters
    ----------
    criteria : iterable of Criterion
        Those in doubt; the others cost nothing.
    patient : Patient
    """
    out = []
    for criterion in criteria:
        judged = judge_criterion(criterion, patient)
        if judged.supports and judged.contradicts:
            out.append(Conflict(patient.patient_id, criterion, judged, _under_policies(criterion, patient, judged)))
    return out


def _under_policies(criterion: Criterion, patient: Patient, judged: Judged) -> dict[str, str]:
    both = contested(criterion, patient) or [*judged.supports, *judged.contradicts]
    newest = max(_day(s) for s in both)
    best = min(s.rank for s in both)
    alone = [_verdict(criterion, patient, both, [s]) for s in both]
    return {
        "newest": _verdict(criterion, patient, both, [s for s in both if _day(s) == newest]),
        "report first": _verdict(criterion, patient, both, [s for s in both if s.rank == best]),
        "worst case": min(alone, key=lambda v: _WORST[v]),
    }


def contested(criterion: Criterion, patient: Patient) -> list[Statement]:
    """Statements on both sides of the facts that others contradict; what merely stands beside them is left out."""
    window = parse_window(criterion.window) if criterion.window else None
    found: dict[tuple[str, int, int, str], Statement] = {}
    for step in criterion.decide:
        for fact in parse_condition(step.when, patient.features).ask(patient, window).facts:
            for s in (*fact.statements, *fact.against) if fact.against else ():
                found.setdefault((s.note_id, s.start, s.end, s.label), s)
    return list(found.values())


def _day(s: Statement) -> date:
    return s.note_date or (s.when.last if s.when else date.min)


def _verdict(criterion: Criterion, patient: Patient, both: list[Statement], kept: list[Statement]) -> str:
    """Verdict where of the contradicting statements only some had been written."""
    keep = [(s.note_id, s.start, s.end, s.label) for s in kept]
    drop = {(s.note_id, s.start, s.end, s.label) for s in both}.difference(keep)
    left = [s for s in patient.statements if (s.note_id, s.start, s.end, s.label) not in drop]
    other = Patient(patient.patient_id, left, patient.index_date, patient._sex, patient.birth_date)
    return judge_criterion(criterion, other).verdict
