"""Response after the trial's induction course (GUIDELINE I08; domain.md I8)."""

from __future__ import annotations

import re
from datetime import date

from critex.extract.spelling import as_read
from critex.features.derive import derivation
from critex.features.facts import Fact, Statement
from critex.features.patient import Patient, as_fact
from critex.features.prior_treatment import CHECKPOINT

FIRST_CYCLE, LAST_CYCLE = 4, 6
"""Cycles after which a response decides, both inside."""
_CHEMOTHERAPY = re.compile(r"\b(?:GP|GC|PG|TPF|PF|TP|gem\w*|cis\w*|carbo\w*|chemo\w*)\b", re.I)
"""Chemotherapy inside a regimen that is one statement: "PD-1 + GP"."""
_METABOLIC = re.compile(r"metabolic|\b[CP]MR\b", re.I)
"""A metabolic response is not one by RECIST (domain.md I8)."""
PARTIAL_RESPONSE = -30.0
"""Change of the sum of diameters in per cent from which it is a partial response (RECIST 1.1)."""


@derivation("response_after_induction")
def response_after_induction(patient: Patient) -> list[Fact]:
    """Newest response after the induction course.

    ``CR``, ``PR``, ``SD``, ``PD`` or ``none`` (no complete or partial response, nothing more said) after 4 to 6 cycles of chemotherapy with a PD-1 antibody, else ``early``, ``late``, ``uncounted`` (cycles not
    written) or ``other_regimen``.
    """
    found = [s for s in patient.labelled("RESPONSE") if s.assertion == "present"]
    named = [
        s
        for s in found
        if s.value in ("CR", "PR", "SD", "PD", "none")
        and not (s.value in ("CR", "PR") and _METABOLIC.search(as_read(s.text)))
    ]
    usable = named or [
        s for s in found if s.value == "percent" and s.number is not None and s.number <= PARTIAL_RESPONSE
    ]
    if not usable:
        return []
    last = max(usable, key=_order)
    same = [s for s in usable if _order(s)[0] == _order(last)[0]]
    counted = [s for s in same if s.attributes.get("after_cycles")]
    if len(counted) == len(same):  # "after C4 SD, after C6 PR": the later assessment
        latest = max(int(s.attributes["after_cycles"]) for s in same)
        same = [s for s in same if int(s.attributes["after_cycles"]) == latest]
    facts = []
    for s in same:
        state = "PR" if s.value == "percent" else str(s.value)
        fact = as_fact("response_after_induction", s, _state(state, s, patient))
        if s.value == "percent":
            fact = Fact(
                fact.feature,
                fact.state,
                fact.statements,
                when=fact.when,
                date_source=fact.date_source,
                flags=("calculated",),
            )
        facts.append(fact)
    worst = [f for f in facts if f.state in ("PD", "SD", "none")] or facts
    return [_with_the_same(worst[-1], usable)]


def _with_the_same(fact: Fact, usable: list[Statement]) -> Fact:
    """The fact with every statement of the same response as evidence, reports first."""
    first = fact.statements[0]
    same = sorted((s for s in usable if s.value == first.value), key=lambda s: (s.rank, s is not first, s.start))
    return Fact(
        fact.feature,
        fact.state,
        tuple(same),
        when=fact.when,
        date_source=fact.date_source,
        attributes=fact.attributes,
        flags=fact.flags,
    )


def _state(response: str, s: Statement, patient: Patient) -> str:
    if not _is_combination(patient):
        return "other_regimen"
    cycles = cycles_before(s, patient)
    if cycles is None:
        return "uncounted"
    if cycles < FIRST_CYCLE:
        return "early"
    return response if cycles <= LAST_CYCLE else "late"


def cycles_before(s: Statement, patient: Patient) -> int | None:
    """Cycles given before a response: as its sentence says, else as its note, else as the last note before it."""
    said = s.attributes.get("after_cycles")
    if said is not None:
        return int(said)
    given = [c for c in patient.labelled("CYCLES") if c.assertion == "present" and c.number]
    own = [c for c in given if c.note_id == s.note_id]
    if own:
        return int(max(own, key=lambda c: c.number or 0).number or 0)
    courses = [c for c in _given(patient) if c.attributes.get("cycles")]
    if here := [int(c.attributes["cycles"]) for c in courses if c.note_id == s.note_id]:
        return max(here)
    before = [c for c in given if c.note_date and s.note_date and c.note_date <= s.note_date]
    return int(max(before, key=lambda c: (c.note_date or date.min, c.number or 0)).number or 0) if before else None


def _is_combination(patient: Patient) -> bool:
    """Whether chemotherapy and a checkpoint inhibitor were both given."""
    given = _given(patient)
    return any(s.value == "chemotherapy" or _CHEMOTHERAPY.search(as_read(s.text)) for s in given) and any(
        s.attributes.get("class") in CHECKPOINT for s in given
    )


def _given(patient: Patient) -> list[Statement]:
    """Treatments of this cancer; a regimen that is only named ("GP + toripalimab: CT after C4 ...") counts beside a response."""
    return [
        s
        for s in patient.labelled("TREATMENT")
        if s.assertion in ("present", "possible") and s.attributes.get("disease") != "other"
    ]


def _order(s: Statement) -> tuple[date, date, int]:
    own = s.when.last if s.when is not None and s.date_source != "heading" else None
    return (s.note_date or own or date.min, own or date.min, s.start)
