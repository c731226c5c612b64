"""Properties of the evidence that the confidence of a verdict is computed from, all known when the verdict is given.

A property is a number, mostly 0 or 1; one that is 0 is left out. ``models/confidence.json`` has a coefficient for each of :data:`PROPERTIES`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache

from critex.criteria.conditions import Finding
from critex.criteria.trial import Criterion
from critex.features.facts import Fact, Statement
from critex.features.patient import Patient
from critex.features.spec import Kind

PROPERTIES: dict[str, str] = {
    "pass": "the verdict is pass",
    "fail": "the verdict is fail",
    "silence": "the trial definition lets silence pass",
    "no_evidence": "decided without a span (a fact of the patients file)",
    "one_statement": "decided by one statement only, copies not counted",
    "more_statements": "log2 of the number of independent statements",
    "report": "the best source is a report (pathology, imaging, laboratory)",
    "weak_source": "the best source is a nurse's or telephone note, or a copy",
    "no_section": "the leading statement stands in no section that was recognised",
    "plan_section": "the leading statement stands in a plan, family or indication section",
    "note_date": "the day of the fact was taken from the note",
    "undated": "the fact has no day",
    "age_years": "age of the leading fact on the index date in years, at most 5",
    "absent": "the leading statement denies",
    "possible": "the leading statement is in doubt",
    "past": "the leading statement is of the past",
    "number": "decided by a number",
    "within_2_percent": "the number lies within 2 % of the limit",
    "within_10_percent": "the number lies within 2 to 10 % of the limit",
    "uln_patient": "the upper limit of normal is printed elsewhere in the notes",
    "uln_fallback": "a general upper limit of normal was used",
    "unit_inferred": "the unit was inferred",
    "calculated": "calculated from other values",
    "general": "rests on a general statement",
    "index_proxy": "the index date was taken from the last note",
    "contradicted": "statements that say otherwise were outranked",
    "against": "log2 of 1 + the number of statements that say otherwise",
    "recovered": "an earlier value in the window failed",
    "review": "the step of the trial definition asks for review",
    "later_step": "decided by the third or a later step of the criterion",
    "rule_new": "1 / (1 + verdicts on gold that the leading rule supported): the less it was seen, the nearer to 1",
    "rule_wrong": "share of those verdicts that were wrong, shrunk",
    "unknown": "the verdict is unknown",
    "blocked": "unknown although facts were found that do not decide",
    "blocked_step": "unknown because a step of the trial definition says so",
    "conflict": "unknown because statements contradict each other",
    "undated_fact": "unknown because a fact has no day",
    "near": "log2 of 1 + the number of mentions of the kinds that the criterion reads, at most 4",
    "near_number": "a value of the same test exists, outside the window or without a day",
    "documented": "log-odds that notes document this criterion at all (from gold, shrunk)",
    "siblings": "share of the other criteria of the same parent that are decided, less a half",
    "decided_share": "share of all other criteria of the patient that are decided, less 0.8",
}
"""Every property with its meaning, in the order of the model file."""

_FLAGS = ("within_2_percent", "within_10_percent", "uln_patient", "uln_fallback", "unit_inferred", "calculated", "general", "index_proxy", "recovered")  # fmt: skip
"""Flags of a finding that are properties."""
_DOUBT_SECTIONS = frozenset({"plan", "family", "indication", "patient_instructions"})
_BORROWED = frozenset({"SEX", "AGE", "BIRTH_DATE", "GENERAL_NEGATIVE", "TREATMENT"})
"""Labels that several criteria read beside their own: their presence says little about the criterion."""


def decided(
    criterion: Criterion, verdict: str, finding: Finding, step: int, review: bool, flags: Sequence[str], patient: Patient,
    supports: Sequence[Statement], against: Sequence[Statement],
) -> dict[str, float]:  # fmt: skip
    """Properties of a pass or a fail.

    Parameters
    ----------
    criterion : Criterion
    verdict : {"pass", "fail"}
    finding : Finding
        Of the step that decided.
    step : int
        Its place in ``decide``, from 0.
    review : bool
        Whether the step asks for review.
    flags : sequence of str
    patient : Patient
    supports, against : sequence of Statement

    Returns
    -------
    dict of str to float
    """
    found: dict[str, float] = {verdict: 1.0}
    own = [s for s in supports if s.copy_of is None] or list(supports)
    distinct = len({(s.note_id, s.value, s.assertion) for s in own})
    if distinct == 0:
        found["no_evidence"] = 1.0
    elif distinct == 1:
        found["one_statement"] = 1.0
    else:
        found["more_statements"] = min(math.log2(distinct), 4.0)
    if own:
        rank = min(s.rank for s in own)
        _set(found, "report", rank <= 1)
        _set(found, "weak_source", rank >= 5)
    if finding.facts:
        _of_fact(found, finding.facts[-1], patient)
    if flags:
        found.update((flag, 1.0) for flag in _FLAGS if flag in flags)
        _set(found, "contradicted", "conflict_resolved" in flags)
    if against:
        found["against"] = min(math.log2(1 + len(against)), 4.0)
    _set(found, "review", review)
    _set(found, "later_step", step >= 2)
    return found


def _of_fact(found: dict[str, float], fact: Fact, patient: Patient) -> None:
    _set(found, "number", fact.number is not None)
    _set(found, "note_date", fact.date_source == "note")
    if fact.when is None:
        found["undated"] = 1.0
    elif patient.index_date is not None:
        years = (patient.index_date - fact.when.last).days / 365.25
        if years > 0:
            found["age_years"] = round(min(years, 5.0), 4)
    if fact.statements:
        lead = fact.statements[0]
        _set(found, "no_section", not lead.section)
        _set(found, "plan_section", lead.section in _DOUBT_SECTIONS)
        _set(found, "absent", lead.assertion == "absent")
        _set(found, "possible", lead.assertion == "possible")
        _set(found, "past", lead.temporality == "past")


def undecided(features: Iterable[str], asked: Sequence[Finding], by_step: bool, patient: Patient) -> dict[str, float]:
    """Properties of an unknown.

    Parameters
    ----------
    features : iterable of str
        Features that the criterion asks for.
    asked : sequence of Finding
        Of every step that was asked and is not silent.
    by_step : bool
        Whether a step of the trial definition says unknown.
    patient : Patient

    Returns
    -------
    dict of str to float
    """
    found: dict[str, float] = {"unknown": 1.0}
    flags = {x for f in asked for x in f.flags}
    _set(found, "blocked", any(s.label not in _BORROWED for x in asked for f in x.facts for s in f.statements))
    _set(found, "blocked_step", by_step)
    _set(found, "conflict", "conflict" in flags)
    _set(found, "undated_fact", "undated" in flags)
    near = near_mentions(features, patient)
    if near:
        found["near"] = round(min(math.log2(1 + len(near)), 4.0), 4)
    _set(found, "near_number", any(s.label == "LAB" for s in near))
    return found


def near_mentions(features: Iterable[str], patient: Patient) -> list[Statement]:
    """Statements of the kinds that features read, whatever their assertion, day and attributes."""
    found: dict[tuple[str, int, int], Statement] = {}
    for label, value in _own_kinds(tuple(r for name in features if (r := patient.reads(name)))):
        for s in patient.labelled(label) if value is None else patient.of_kind(label, value):
            found.setdefault((s.note_id, s.start, s.end), s)
    return list(found.values())


@lru_cache(maxsize=10_000)
def _own_kinds(reads: tuple[frozenset[Kind], ...]) -> tuple[Kind, ...]:
    """Kinds that features read, in order, without those that say little: laboratory values alone where there are any."""
    kinds = dict.fromkeys(k for r in reads for k in sorted(r, key=lambda k: (k[0], k[1] or "")))
    return tuple([k for k in kinds if k[0] == "LAB"] or [k for k in kinds if k[0] not in _BORROWED])


def _set(found: dict[str, float], name: str, holds: bool) -> None:
    if holds:
        found[name] = 1.0
