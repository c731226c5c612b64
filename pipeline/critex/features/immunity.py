"""Autoimmune disease against activity and systemic treatment (GUIDELINE E05; domain.md E5)."""

from __future__ import annotations

from dateutil.relativedelta import relativedelta

from critex.features.derive import derivation
from critex.features.facts import OWN_DATES, Fact
from critex.features.patient import Patient, as_fact

YEARS = 2


@derivation("autoimmune_disease")
def autoimmune_disease(patient: Patient) -> list[Fact]:
    """One fact a statement: ``active``, ``inactive`` (no systemic treatment within two years), ``excepted``, ``open`` or ``none``."""
    out: list[Fact] = []
    index = patient.index_date
    diseases: dict[str, list[Fact]] = {}
    for s in patient.labelled("AUTOIMMUNE"):
        if s.assertion == "absent":
            if s.value == "any":
                out.append(as_fact("autoimmune_disease", s, "none"))
            continue
        if s.assertion != "present" or s.value in ("any", "drug"):
            continue
        if s.attributes.get("exception"):
            out.append(as_fact("autoimmune_disease", s, "excepted"))
            continue
        state = "open"
        systemic, activity = s.attributes.get("systemic"), s.attributes.get("activity")
        own = s.when if s.date_source in OWN_DATES else None
        if systemic == "current" or activity == "active":
            state = "active"
        elif systemic == "stopped":
            if own and index:
                limit = index - relativedelta(years=YEARS)
                state = "active" if own.last >= limit else "inactive"
        elif activity == "inactive":
            state = "inactive"
        diseases.setdefault(s.text.lower()[:6], []).append(as_fact("autoimmune_disease", s, state))
    drugs = [
        s
        for s in patient.labelled("AUTOIMMUNE")
        if s.value == "drug" and s.assertion == "present" and s.attributes.get("systemic") == "current"
    ]
    for facts in diseases.values():
        states = {f.state for f in facts}
        if drugs and states == {"open"}:  # a disease, and a drug that is given for such diseases
            facts = [
                Fact(
                    "autoimmune_disease",
                    "active",
                    (*facts[0].statements, *drugs),
                    when=facts[0].when,
                    date_source=facts[0].date_source,
                )
            ]
            states = {"active"}
        best = "active" if "active" in states else "inactive" if "inactive" in states else "open"
        out.extend(
            Fact(
                "autoimmune_disease",
                best,
                f.statements,
                when=f.when,
                date_source=f.date_source,
                attributes=f.attributes,
            )
            for f in facts
        )
    return out
