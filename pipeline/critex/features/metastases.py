"""Distant metastasis and the central nervous system, from all statements (GUIDELINE I02.metastasis, E03; domain.md I2, E3)."""

from __future__ import annotations

import re
from datetime import date

from critex.extract.spelling import as_read
from critex.features.derive import derivation
from critex.features.facts import CONFLICT, Fact, Statement
from critex.features.patient import Patient, as_fact, lasting

CENTRAL = ("brain", "leptomeninges")
_ONLY_SYMPTOMS = re.compile(r"asymptomatic", re.I)
_CONTROL = re.compile(r"controlled|stable|o?edema|smaller|decreas|shrunk|resolved|unchanged|no change|inactive|progression|mm|recurrence|new lesion|off (?:dex|steroid)|seizure|respond", re.I)  # fmt: skip


@derivation("liver_metastasis")
def liver_metastasis(patient: Patient) -> list[Fact]:
    """``present`` or ``absent`` by what is said of metastases of the liver; where nothing is, ``absent`` by imaging that shows no lesion in it."""
    name = "liver_metastasis"
    found = [
        as_fact(name, s, s.assertion)
        for s in patient.labelled("METASTASIS")
        if s.value == "liver" and s.assertion in ("present", "absent")
    ]
    return lasting(name, found or [as_fact(name, s, "absent") for s in patient.labelled("LIVER")])


@derivation("distant_metastasis")
def distant_metastasis(patient: Patient) -> list[Fact]:
    """``present`` or ``absent``; a conflict where the newest word is against what a report described.

    An organ named as metastatic, or M1 as the stage, is present; "no distant metastasis" or M0 is absent; "no liver metastasis" says
    nothing about the rest. "Metastatic" without an organ counts only where nothing denies it.
    """
    name = "distant_metastasis"
    mets = [s for s in patient.labelled("METASTASIS") if s.attributes.get("disease") != "other"]
    present = [s for s in mets if s.assertion == "present" and s.value != "unspecified"]
    taken_back = [s for s in present if _is_taken_back(s, mets)]
    present = [s for s in present if s not in taken_back]
    vague = [s for s in mets if s.assertion == "present" and s.value == "unspecified"]
    absent = [
        s for s in mets if s.assertion == "absent" and s.value == "unspecified" and not s.attributes.get("film_only")
    ]
    stages = patient.facts("m_category") if "m_category" in patient.features else []
    m1 = [s for f in stages if f.state == "M1" for s in f.statements]
    m0 = [s for f in stages if f.state == "M0" for s in f.statements]
    no, yes = absent + m0, present + m1
    if not yes and not no and taken_back:
        benign = [s for s in mets if s.attributes.get("benign")]
        return [
            Fact(name, CONFLICT, (benign[-1],), when=benign[-1].when, against=tuple(taken_back), flags=("conflict",))
        ]
    if not yes and not no:
        yes = vague
    if not yes and not no:
        return []
    if yes and no:
        last_yes, last_no = max(yes, key=_order), max(no, key=_order)
        if (
            last_no in m0
            and last_no.note_id == last_yes.note_id
            and last_no.start > max(s.start for s in yes if s.note_id == last_no.note_id)
        ):  # "PET: L2 metastasis. MRI: haemangioma; final M0."
            return [Fact(name, CONFLICT, (last_yes,), when=last_yes.when, against=(last_no,), flags=("conflict",))]
        if _order(last_yes)[0] >= _order(last_no)[0]:
            return [_fact(name, "present", _best(yes), no)]
        if last_no.rank <= 2 or not present:
            return [_fact(name, "absent", [last_no], yes)]
        return [Fact(name, CONFLICT, (last_yes,), when=last_yes.when, against=(last_no,), flags=("conflict",))]
    return [_fact(name, "present", _best(yes), [])] if yes else [_fact(name, "absent", _best(no), [])]


def _is_taken_back(s: Statement, mets: list[Statement]) -> bool:
    """Whether a later examination found something benign in the same organ: "CT: liver metastasis. MRI: haemangioma, no liver metastasis"."""
    return any(
        x.value == s.value
        and x.attributes.get("benign")
        and (
            _order(x)[0] > _order(s)[0]
            or (x.note_id == s.note_id and _order(x)[0] == _order(s)[0] and x.start > s.start)
        )
        for x in mets
    )


def _best(statements: list[Statement]) -> list[Statement]:
    """Reports first, then what names an organ, then the newest."""
    return sorted(statements, key=lambda s: (s.rank, s.label != "METASTASIS", -_order(s)[0].toordinal(), s.start))


def _fact(name: str, state: str, statements: list[Statement], against: list[Statement]) -> Fact:
    first = as_fact(name, statements[0], state)
    return Fact(
        name,
        state,
        tuple(statements),
        when=first.when,
        date_source=first.date_source,
        attributes=first.attributes,
        against=tuple(against),
    )


@derivation("cns_metastasis")
def cns_metastasis(patient: Patient) -> list[Fact]:
    """``clear``, ``controlled``, ``symptomatic``, or ``present`` where metastases are there and neither control nor symptoms are stated."""
    name = "cns_metastasis"
    mets = [s for s in patient.labelled("METASTASIS") if s.value in CENTRAL]
    states = patient.labelled("CNS_STATUS")
    there = [s for s in mets if s.assertion == "present"]
    there += [s for s in states if s.value == "cord" and s.assertion == "present"]
    clear = [s for s in mets if s.assertion == "absent" and s.value == "brain"]
    clear += [s for s in states if s.value == "clear" and s.assertion == "present"]
    doubt = [s for s in mets if s.assertion == "possible"]
    doubt += [s for s in states if s.value == "cord" and s.assertion == "possible"]
    symptomatic = [s for s in states if s.value == "symptomatic" and s.assertion == "present"]
    if there or symptomatic:
        return _with_metastases(name, there, symptomatic + _symptoms(there, states), clear, states)
    if not clear:
        return []
    last = max(clear, key=_order)
    if doubt and _order(max(doubt, key=_order))[0] > _order(last)[0]:
        return []
    return [_fact(name, "clear", sorted(clear, key=lambda s: (s.rank, -_order(s)[0].toordinal(), s.start)), doubt)]


def _symptoms(there: list[Statement], states: list[Statement]) -> list[Statement]:
    """Neurological symptoms, current, in notes that name the metastasis, unless a later or the same note calls it controlled or treated."""
    notes = {s.note_id for s in there}
    eased = max((_order(s)[0] for s in states if s.value in ("controlled", "treated") and s.assertion == "present"), default=date.min)  # fmt: skip
    return [
        s
        for s in states
        if s.value == "symptoms"
        and s.assertion == "present"
        and s.temporality == "current"
        and s.note_id in notes
        and _order(s)[0] > eased
    ]


def _with_metastases(
    name: str, there: list[Statement], symptomatic: list[Statement], clear: list[Statement], states: list[Statement]
) -> list[Fact]:
    treated = [s for s in states if s.value == "treated" and s.assertion == "present"]
    controlled = [
        s
        for s in states
        if s.value == "controlled"
        and s.assertion == "present"
        and (
            treated
            or not _ONLY_SYMPTOMS.search(as_read(s.text))
            or _CONTROL.search(as_read(s.text).lower().replace("asymptomatic", ""))
        )
    ]
    if clear and there:
        last_clear = max(clear, key=_order)
        if _order(last_clear)[0] > max(_order(s)[0] for s in there) and not (controlled or symptomatic):
            return [Fact(name, CONFLICT, (there[-1],), when=there[-1].when, against=(last_clear,), flags=("conflict",))]
    last_bad = max((_order(s)[0] for s in symptomatic), default=date.min)
    last_good = max((_order(s)[0] for s in controlled), default=date.min)
    if symptomatic and last_bad >= last_good:
        return [_fact(name, "symptomatic", symptomatic + there, controlled)]
    if controlled:
        return [_fact(name, "controlled", controlled + there, symptomatic)]
    return [_fact(name, "present", there, clear)]


def _order(s: Statement) -> tuple[date, date, int]:
    """Order in time: the day of the note that says it, then its own day."""
    own = s.when.last if s.when is not None else date.min
    return (s.note_date or own, own, s.start)
