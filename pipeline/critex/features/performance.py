"""Performance status of now: the newest ECOG score and the newest Karnofsky score (GUIDELINE I03; domain.md I3)."""

from __future__ import annotations

from dataclasses import replace

from critex.features.derive import derivation
from critex.features.facts import Fact
from critex.features.patient import Patient, as_fact

WORST_ECOG = 4
WORST_KARNOFSKY = 0


def _scores(patient: Patient, name: str, label: str, worst: float) -> list[Fact]:
    """Current scores, oldest first. One that is said to have worsened since is open towards the worst: "PS 1, now in a wheelchair"."""
    found = []
    for s in patient.labelled(label):
        if s.assertion != "present" or s.temporality == "past":
            continue
        fact = as_fact(name, s, s.value)
        if s.attributes.get("worse_since") and fact.number is not None:
            ends = (fact.number, fact.number if fact.number_to is None else fact.number_to, worst)
            fact = replace(fact, number=min(ends), number_to=max(ends))
        found.append(fact)
    return found


@derivation("ecog")
def ecog(patient: Patient) -> list[Fact]:
    """ECOG scores; the newest is taken."""
    return _scores(patient, "ecog", "ECOG", WORST_ECOG)


@derivation("karnofsky")
def karnofsky(patient: Patient) -> list[Fact]:
    """Karnofsky scores; the newest is taken."""
    return _scores(patient, "karnofsky", "KPS", WORST_KARNOFSKY)
