"""Histology of the nasopharyngeal carcinoma from all statements (GUIDELINE I02.histology; domain.md I2)."""

from __future__ import annotations

from critex.features.derive import derivation
from critex.features.facts import Fact, Statement
from critex.features.patient import Patient, as_fact, lasting

NON_KERATINIZING = ("nonkeratinizing_undifferentiated", "nonkeratinizing_differentiated", "nonkeratinizing")
UNDECIDED = ("poorly_differentiated", "squamous")
"""Words that leave keratinisation open (GUIDELINE I02.histology): they never decide, and give way to those that do."""


def of_nasopharynx(s: Statement) -> bool:
    """Whether a diagnosis is that of the nasopharynx; an unusual type must be said of it ("adenocarcinoma" alone may be another cancer)."""
    disease = s.attributes.get("disease")
    return disease == "npc" if s.value == "other" else disease != "other"


@derivation("npc_histology")
def npc_histology(patient: Patient) -> list[Fact]:
    """One fact of the deciding word, ``conflict`` where the words decide differently with nothing to settle it.

    Subtypes of non-keratinising carcinoma agree with each other. Cytology does not count: the trial asks for tissue.
    """
    found = [
        as_fact("histology", s, "nonkeratinizing" if s.value in NON_KERATINIZING else s.value)
        for s in patient.labelled("HISTOLOGY")
        if s.assertion == "present" and s.value and of_nasopharynx(s) and s.attributes.get("specimen") != "cytology"
    ]
    standing = [f for f in found if not f.attributes.get("superseded")] or found
    deciding = [f for f in standing if f.state not in UNDECIDED]
    return lasting("histology", deciding or standing)


@derivation("npc_biopsy")
def npc_biopsy(patient: Patient) -> list[Fact]:
    """``negative`` where the newest biopsy of the nasopharynx shows no carcinoma, no other statement names one, and none is still to come."""
    biopsies = [s for s in patient.labelled("BIOPSY") if s.assertion == "present"]
    negative = [s for s in biopsies if s.value == "negative"]
    if not negative or any(s.value == "positive" for s in biopsies):
        return []
    named = [s for s in patient.labelled("HISTOLOGY") if s.assertion in ("present", "possible") and of_nasopharynx(s)]
    last = negative[-1]
    awaited = [
        s
        for s in biopsies
        if s.value == "pending" and (last.note_date is None or s.note_date is None or s.note_date >= last.note_date)
    ]
    return [] if named or awaited else [as_fact("biopsy", last, "negative")]
