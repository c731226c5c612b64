"""Cases on which reviewers differ, for whoever settles them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from critex.criteria.trial import Trial
from critex.review.decisions import Decision, Final, finals, verdicts_of
from critex.review.patient_view import CriterionView
from critex.review.workbench import Workbench

SHOWN = 100


@dataclass(frozen=True)
class Case:
    """One criterion of one patient on which reviewers differ."""

    patient_id: str
    view: CriterionView
    machine: str
    reason: str
    voices: tuple[Decision, ...]
    final: Final


def open_cases(bench: Workbench, trial: Trial, reviewer: str) -> tuple[list[Case], int, int]:
    """Cases to settle, open ones first, at most :data:`SHOWN`; how many are open; how many are settled."""
    bench.store.refresh()
    found: list[tuple[bool, str, str]] = []
    for patient_id in bench.store.patients(trial.trial):
        standing = bench.counting(trial, patient_id)
        final = finals(standing)
        veiled = frozenset[str]()
        if reviewer not in bench.rules.adjudicators:  # a reviewer who may still have to choose without the machine
            drawn = bench.lists[trial.trial].hidden_criteria(reviewer, patient_id)
            veiled = drawn - bench.store.revealed(reviewer, trial.trial, patient_id)
        for criterion, by in verdicts_of(standing).items():
            if len({d.verdict for d in by.values()}) > 1 and criterion not in veiled:
                found.append((final[criterion].adjudicated, patient_id, criterion))
    found.sort()
    cases = []
    for _, patient_id, criterion in found[:SHOWN]:
        view = next(c for c in bench.patient(trial, patient_id, reviewer).criteria if c.id == criterion)
        standing = bench.counting(trial, patient_id)
        row = bench.folder.patient(trial.trial, patient_id).verdicts.set_index("criterion").loc[criterion]
        # Who settles a case is not one of its reviewers' hidden cases: the evidence is shown whatever was drawn for them.
        voices = tuple(d for _, d in sorted(verdicts_of(standing)[criterion].items()))
        cases.append(Case(patient_id, replace(view, hidden=False), str(row["verdict"]), str(row["reason"]), voices, finals(standing)[criterion]))  # fmt: skip
    n_settled = sum(done for done, _, _ in found)
    return cases, len(found) - n_settled, n_settled
