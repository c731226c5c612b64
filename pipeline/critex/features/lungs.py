"""Interstitial lung disease and pneumonitis of a patient (GUIDELINE E11; domain.md E11)."""

from __future__ import annotations

from datetime import date

from critex.features.derive import derivation
from critex.features.facts import OWN_DATES, Fact, Statement
from critex.features.patient import Patient, as_fact

NAME = "lung_disease"


@derivation(NAME)
def lung_disease(patient: Patient) -> list[Fact]:
    """Facts ``disease`` (interstitial disease, pneumonitis now or of grade 2 or more), ``grade_1``, ``ungraded``, ``suspected``, ``contradicted``, ``none``.

    A suspicion stands until a later note denies the disease; a mere finding ("reticulation") also falls before a denial in the same note.
    """
    said = patient.labelled("LUNG_DISEASE")
    denials = [s for s in said if s.assertion == "absent" and s.value in ("ild", "pneumonitis", "change", "any")]
    broad = [s for s in patient.labelled("GENERAL_NEGATIVE") if s.value == "heart_lung"]
    contradicted = _contradicted([s for s in said if s.value == "ild"])
    out: list[Fact] = []
    for s in said:
        if s.assertion == "present" and s.value in ("ild", "pneumonitis"):
            out.append(as_fact(NAME, s, _kind(s, contradicted)))
        elif (s.assertion == "possible" and s.value != "any") or (s.assertion == "present" and s.value == "change"):
            finding = s.value == "change"
            if not any(_answers(d, s, finding) for d in denials):
                out.append(as_fact(NAME, s, "suspected"))
    named = {f.statements[0].value for f in out}
    for s in (*denials, *broad):
        if s.value not in named or s.value in ("any", "heart_lung"):
            out.append(as_fact(NAME, s, "none"))
    return out


def _kind(s: Statement, contradicted: bool) -> str:
    if s.value == "ild":
        return "contradicted" if contradicted else "disease"
    grade = str(s.attributes.get("grade") or "")
    if s.attributes.get("now") or grade in ("2", "3", "4", "5"):
        return "disease"
    return "grade_1" if grade == "1" else "ungraded"


def _contradicted(said: list[Statement]) -> bool:
    """Whether denials of interstitial disease weigh as much as its statements: as many, or from a report where no report states it."""
    present = [s for s in said if s.assertion == "present"]
    denials = [s for s in said if s.assertion == "absent"]
    if not present or not denials:
        return False
    reported = any(s.rank == 1 for s in denials) and not any(s.rank == 1 for s in present)
    return reported or len(denials) >= len(present)


def _answers(denial: Statement, suspicion: Statement, finding: bool) -> bool:
    """Whether a denial settles a suspicion: said later, or (of a finding) in the same note."""
    if finding and denial.note_id == suspicion.note_id and denial.value != "any":
        return True
    if denial.note_id == suspicion.note_id and denial.value != "any" and denial.date_source in OWN_DATES:
        return denial.when is not None and suspicion.when is not None and denial.when.first > suspicion.when.last
    return (denial.note_date or date.min) > (suspicion.note_date or date.min) and denial.value != "any"
