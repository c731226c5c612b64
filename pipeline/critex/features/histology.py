"""Histology of the nasopharyngeal carcinoma from all statements (GUIDELINE I02.histology)."""

from __future__ import annotations

from critex.features.derive import derivation
from critex.features.facts import Fact
from critex.features.patient import Patient, as_fact, lasting

NON_KERATINIZING = ("nonkeratinizing_undifferentiated", "nonkeratinizing_differentiated", "nonkeratinizing")
_UNDECIDED = ("poorly_differentiated", "squamous")


@derivation("npc_histology")
def npc_histology(patient: Patient) -> list[Fact]:
    """Facts for the deciding word: subtypes of non-keratinising agree with each other; words that decide nothing give way to those that do."""
    found = []
    for s in patient.labelled("HISTOLOGY"):
        if (
            s.assertion != "present"
            or s.attributes.get("disease") == "other"
            or s.value in (None, "other")
            or s.attributes.get("specimen") == "cytology"
        ):
            continue
        state = "nonkeratinizing" if s.value in NON_KERATINIZING else str(s.value)
        found.append(as_fact("histology", s, state))
    standing = [f for f in found if not f.attributes.get("superseded")] or found
    deciding = [f for f in standing if f.state not in _UNDECIDED]
    return lasting("histology", deciding or standing)
