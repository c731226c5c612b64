"""Treatment before the index date, for this cancer and with checkpoint inhibitors for any disease (GUIDELINE I05, E01, E02)."""

from __future__ import annotations

from critex.features.derive import derivation
from critex.features.facts import Fact, Statement
from critex.features.patient import Patient, as_fact


def _before_index(s: Statement, patient: Patient) -> bool:
    return patient.index_date is None or s.when is None or s.when.first <= patient.index_date


@derivation("prior_treatment")
def prior_treatment(patient: Patient) -> list[Fact]:
    """Facts about treatment of the nasopharyngeal carcinoma: ``given``, ``none`` (stated), or ``study`` (the trial's own course, which does not count)."""
    given, none, study = [], [], []
    trial_course = any(s.attributes.get("study") and s.assertion == "present" for s in patient.labelled("TREATMENT"))
    for s in patient.labelled("TREATMENT"):
        if s.assertion == "absent" and s.value == "any":
            none.append(as_fact("prior_treatment", s, "none"))
        elif s.assertion == "present" and s.attributes.get("disease") != "other" and _before_index(s, patient):
            if s.attributes.get("study") or (trial_course and s.value in ("chemotherapy", "immunotherapy")):
                study.append(as_fact("prior_treatment", s, "study"))
            else:
                given.append(as_fact("prior_treatment", s, "given"))
    sure = [f for f in given if not f.attributes.get("weak")]
    if none and not sure:
        given = []  # counts of cycles beside "no treatment yet" are a plan
    return given or [*study, *none]


@derivation("prior_checkpoint")
def prior_checkpoint(patient: Patient) -> list[Fact]:
    """Facts about checkpoint inhibitors for any disease: ``given``, ``none`` (stated, or covered by a statement of no treatment at all)."""
    given, none, study = [], [], []
    trial_course = any(s.attributes.get("study") and s.assertion == "present" for s in patient.labelled("TREATMENT"))
    other_systemic = [
        s
        for s in patient.labelled("TREATMENT")
        if s.assertion == "present"
        and s.attributes.get("disease") == "other"
        and s.value in ("chemotherapy", "targeted", "immunotherapy")
    ]
    for s in patient.labelled("TREATMENT"):
        if s.value == "immunotherapy" and s.assertion == "present" and _before_index(s, patient):
            (study if s.attributes.get("study") or trial_course else given).append(
                as_fact("prior_checkpoint", s, "study" if s.attributes.get("study") or trial_course else "given")
            )
        elif (s.value == "immunotherapy" and s.assertion == "absent") or (
            s.value == "any" and s.assertion == "absent" and not other_systemic
        ):
            none.append(as_fact("prior_checkpoint", s, "none"))
    return given or [*study, *none]
