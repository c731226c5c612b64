"""Other cancers, one by one, for the five-year limit (GUIDELINE E04; domain.md E4)."""

from __future__ import annotations

from critex.extract.dates import When
from critex.features.derive import derivation
from critex.features.facts import OWN_DATES, Fact, Statement
from critex.features.patient import Patient, as_fact

EXCEPTED = frozenset({"bcc", "skin_scc", "cervix_in_situ"})
"""Kinds that the trial lets pass where they were adequately treated."""


@derivation("other_malignancy")
def other_malignancy(patient: Patient) -> list[Fact]:
    """One fact a cancer: ``cancer``, ``active``, ``excepted`` (a treated one of an excepted kind), ``untreated`` (an excepted kind whose treatment is not said), or ``none``.

    Statements about one site are about one cancer: a dated one tells when the others were. A fact's day is the interval from the diagnosis to
    the last treatment, as far as they are written. ``none`` is a denial; a named cancer stands beside it.
    """
    sites: dict[str, list[Statement]] = {}
    denials = []
    for s in patient.labelled("MALIGNANCY"):
        if s.value == "any" and s.assertion == "absent":
            denials.append(as_fact("other_malignancy", s, "none"))
        elif s.assertion == "present" and s.value != "any":
            sites.setdefault(str(s.value), []).append(s)
    if len(sites) > 1:
        sites.pop("unnamed", None)  # "a previous cancer" beside a named one is that one
    out = [_cancer(statements) for statements in sites.values()]
    return [*out, *denials]


def _cancer(statements: list[Statement]) -> Fact:
    kinds = {str(s.attributes.get("kind")) for s in statements}
    dated = [s for s in statements if s.date_source in OWN_DATES and s.when is not None]
    dated = [s for s in dated if s.attributes.get("correction")] or dated
    treated = [s for s in statements if s.attributes.get("treated")]
    ongoing = [s for s in statements if s.attributes.get("ongoing")]
    when = None
    if dated:
        days = [s.when for s in dated if s.when is not None]
        when = When(min(d.first for d in days), max(d.last for d in days))
    state = "cancer"
    if kinds <= EXCEPTED:
        state = "excepted" if treated else "untreated"
    elif ongoing:
        state = "active"
    first = (treated if state == "excepted" else ongoing if state == "active" else dated) or statements
    evidence = (first[0], *(s for s in statements if s is not first[0]))
    return Fact(
        "other_malignancy",
        state,
        evidence,
        when=when,
        date_source="text" if when else "none",
        attributes=first[0].attributes,
    )
