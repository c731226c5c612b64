"""Autoimmune diseases, one by one: activity and systemic treatment (GUIDELINE E05; domain.md E5)."""

from __future__ import annotations

from critex.features.derive import derivation
from critex.features.facts import OWN_DATES, Fact, Statement
from critex.features.patient import Patient, as_fact


@derivation("autoimmune_disease")
def autoimmune_disease(patient: Patient) -> list[Fact]:
    """One fact a disease: ``active``, ``treated`` (systemically, on its day), ``untreated``, ``excepted``, ``open`` (nothing told), or ``none``.

    A disease on a systemic drug is active. ``treated`` has the last day of systemic treatment where it is written. A disease about which nothing is told
    counts as active where the patient now takes a drug that is given for such diseases.
    """
    diseases: dict[str, list[Statement]] = {}
    out: list[Fact] = []
    drugs = []
    for s in patient.labelled("AUTOIMMUNE"):
        if s.value == "any":
            if s.assertion == "absent":
                out.append(as_fact("autoimmune_disease", s, "none"))
        elif s.assertion != "present":
            continue
        elif s.value == "drug":
            if s.attributes.get("systemic") == "current":
                drugs.append(s)
        elif s.attributes.get("exception"):
            out.append(as_fact("autoimmune_disease", s, "excepted"))
        else:
            diseases.setdefault(str(s.value), []).append(s)
    return [*(_disease(statements, drugs) for statements in diseases.values()), *out]


def _disease(statements: list[Statement], drugs: list[Statement]) -> Fact:
    """Of what is told in several places the newest counts; what tells nothing does not count."""
    told = [s for s in statements if _state(s) != "open"]
    best = told[-1] if told else statements[-1]
    state = _state(best)
    evidence = (best, *(s for s in statements if s is not best))
    if state == "open" and drugs:
        state, evidence = "active", (*evidence, *drugs)
    when = best.when if best.date_source in OWN_DATES else None
    return Fact(
        "autoimmune_disease", state, evidence, when=when, date_source=best.date_source, attributes=best.attributes
    )


def _state(s: Statement) -> str:
    systemic, activity = s.attributes.get("systemic"), s.attributes.get("activity")
    if systemic == "current" or (activity == "active" and systemic != "past"):
        return "active"
    if systemic == "past":
        return "active" if activity == "active" else "treated"
    return "untreated" if systemic == "none" else "open"
