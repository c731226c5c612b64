"""Statements and facts of one patient: what criteria are judged on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from critex.extract.dates import When

OWN_DATES = frozenset({"text", "relative", "table"})
"""Sources of a date that is written beside the fact itself, not borrowed from a heading or the note."""


@dataclass(slots=True)
class Statement:
    """One mention of one patient, with the note that it stands in. ``start`` and ``end`` are indices into the note's text.

    Nothing changes one. It is not declared frozen because a frozen one takes seven times as long to make, and there is one a mention.
    """

    note_id: str
    note_date: date | None
    note_type: str
    start: int
    end: int
    text: str
    label: str
    value: str | None
    assertion: str
    temporality: str
    number: float | None = None
    unit: str | None = None
    comparator: str | None = None
    canonical: float | None = None
    canonical_unit: str | None = None
    result: str | None = None
    ref_low: float | None = None
    ref_high: float | None = None
    when: When | None = None
    date_source: str = "none"
    section: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    rule: str = ""
    copy_of: tuple[str, int] | None = None
    """Note and start of the first statement with the same words, where this one is a copy."""

    @property
    def rank(self) -> int:
        """Rank of the source, 1 is best (domain.md 2.6): report, board, specialist, letter, nurse, copy."""
        return 7 if self.copy_of else source_rank(self.note_type, str(self.attributes.get("source", "")))


_RANKS = (
    (1, re.compile(r"patholog|histolog|cytolog|radiolog|imaging|\bct\b|\bmri?\b|pet|scan|ultraso|x-?ray|laborator|\blab|blood|serolog|virolog|microbiolog|report|result|print|病理", re.I)),
    (2, re.compile(r"mdt|board|multidisciplin|rcp", re.I)),
    (3, re.compile(r"onco|consult|radiation|clinic|new (?:patient|visit)|follow", re.I)),
    (5, re.compile(r"nurs|telephone|phone|pharmac|dieti|physio|triage|screen(?:ing)? (?:log|sheet)", re.I)),
)  # fmt: skip


@cache
def source_rank(note_type: str, source: str = "") -> int:
    """Rank of a kind of note as a source (domain.md 2.6); 1 is best, 4 is an ordinary letter or summary."""
    if source == "report":
        return 1
    if source == "narrative":
        return max(3, source_rank(note_type))
    for rank, pattern in _RANKS:
        if pattern.search(note_type or ""):
            if rank == 1 and re.search(r"letter|referral|clinic|consult|discharge|admission", note_type, re.I):
                continue
            return rank
    return 4


@dataclass(slots=True)
class Fact:
    """What one or more statements say about the patient: a state or a number, with its day and its evidence. As with statements, nothing changes one.

    ``number`` to ``number_to`` is an interval where the text gives one ("ECOG 1-2", an age in years); ``comparator`` marks a bound.
    """

    feature: str
    state: str | None
    statements: tuple[Statement, ...]
    number: float | None = None
    number_to: float | None = None
    comparator: str | None = None
    unit: str | None = None
    when: When | None = None
    date_source: str = "none"
    attributes: Mapping[str, Any] = field(default_factory=dict)
    against: tuple[Statement, ...] = ()
    """Statements that say otherwise and were outranked, or both sides of a conflict."""
    flags: tuple[str, ...] = ()
    """What a reviewer should know: ``conflict_resolved``, ``unit_inferred``, ..."""

    @property
    def own_date(self) -> When | None:
        """The day where it is written beside the fact; ``None`` where it was borrowed from the note."""
        return self.when if self.date_source in OWN_DATES else None


CONFLICT = "conflict"
"""State of a lasting fact on which statements contradict each other with nothing to settle it."""
