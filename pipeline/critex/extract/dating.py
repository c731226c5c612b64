"""Gives every mention a date, and says what the date was taken from.

A date in the mention's own sentence that stands nearest wins (``text``), then the heading or table line above it (``heading``), then the
note's date (``note``). Families that know better (lab tables) date their mentions themselves.
"""

from __future__ import annotations

import re

from critex.extract.dates import DateMention
from critex.extract.document import Document
from critex.extract.mention import Mention
from critex.extract.scan import Landmark

_HEADING = re.compile(
    r"\b(?:collected|collection|sampled?|taken|drawn|specimen date|exam(?:ination)?(?: date)?|date of exam|study date|done|performed|prelievo|muestra|entnahme|abnahme|bloods?|bld|labs?|lab results?|results?|"
    r"investigations?|ix|clinic date|seen|reviewed on|visit|scan(?:ned)?|received|aux)\b",
    re.I | re.A,
)
_HEADINGS = Landmark(_HEADING, common=True)
LANDMARKS = (_HEADINGS,)


EVENT_LABELS = frozenset({"SURGERY", "MALIGNANCY", "INFARCTION", "TREATMENT"})
"""Labels whose day is that of the event, not of the visit at which it is told."""
_VISIT = re.compile(
    r"\b(?:admitted|re-?admitted|present(?:s|ed|ing)?|returns?|returned|seen|here|comes?|came|transferred|brought|evaluated|consulted|reviewed|started|began|complain\w*|pain)\s(?:\w+\s){0,3}(?:on\s)?$",
    re.I,
)


def date_mentions(doc: Document, mentions: list[Mention]) -> None:
    """Set ``date`` and ``date_source`` of mentions that have none, in place."""
    for m in mentions:
        if m.date is not None or m.date_source is not None:
            continue
        inside = nearest_in_segment(doc, m.start, m.end, of_event=m.label in EVENT_LABELS)
        if inside is not None:
            m.date, m.date_source = inside.when.iso, "relative" if inside.when.source == "relative" else "text"
            continue
        m.date, m.date_source = day_of_place(doc, m.start) or (None, "none")


def day_of_place(doc: Document, position: int) -> tuple[str, str] | None:
    """Day of what is written at a place, where its own sentence names none, and its source: the heading above it, else the note."""
    heading = heading_date(doc, position)
    if heading is not None:
        return heading.when.iso, "heading"
    return (doc.note_date.isoformat(), "note") if doc.note_date is not None else None


def dates_for(doc: Document, low: int, high: int, position: int, sentence: int) -> list[DateMention]:
    """Dates of a stretch that can be those of what is written at ``position``: not those of an older value in brackets (:func:`of_bracketed_value`)."""
    return [d for d in doc.dates_between(low, high) if not of_bracketed_value(doc, d, position, sentence)]


def nearest_in_segment(doc: Document, start: int, end: int, of_event: bool = False) -> DateMention | None:
    """Date expression in the same sentence, on the same line, that stands nearest to a span.

    With ``of_event`` the day of a visit or a complaint ("admitted yesterday", "returns today", "pain that started on Saturday") does not count.
    """
    seg_start, seg_end = doc.segment_at(start)
    found = dates_for(doc, seg_start, seg_end, start, seg_start)
    if of_event:
        found = [
            d
            for d in found
            if d.when.source != "relative" or not _VISIT.search(doc.norm, max(seg_start, d.start - 30), d.start)
        ]
    if not found:
        return None
    return min(found, key=lambda d: (max(d.start - end, start - d.end, 0), d.start))


_BRACKETED_VALUE = re.compile(r"\((?:[^()\n]{0,20}\s)?\d+(?:\.\d+)?\s?(?:[a-z/%]{1,8}\s)?(?:on|in|at|from)\s$", re.I)


def of_bracketed_value(doc: Document, found: DateMention, start: int, seg_start: int) -> bool:
    """Whether a date belongs to an older value in brackets: "Hb 8.7 (10.9 on 15/4), ANC 7.1"; ``start`` is the mention's."""
    opened = _BRACKETED_VALUE.search(doc.norm, max(seg_start, found.start - 40), found.start)
    return opened is not None and not opened.start() < start < found.start


_BIRTH = re.compile(r"(?:d\.?o\.?b|born|birth|b\.)[^\d\n]{0,12}$", re.I)
_LONG_AGO = 15


def _is_birth(doc: Document, found: DateMention) -> bool:
    """Whether a date reads as the patient's birth: named so, or so far back that it heads no results."""
    if _BIRTH.search(doc.norm, max(0, found.start - 20), found.start):
        return True
    return doc.note_date is not None and doc.note_date.year - found.when.first.year > _LONG_AGO


def _is_ahead(doc: Document, found: DateMention) -> bool:
    """Whether a date lies after the note: an appointment, which heads no results."""
    return doc.note_date is not None and found.when.first > doc.note_date


def _is_long(found: DateMention) -> bool:
    """Whether a date is a year or more: "treatment taken irregularly since 2012" heads no results."""
    return (found.when.last - found.when.first).days > _LONGEST_HEADING


_LONGEST_HEADING = 31


def _is_counted(doc: Document, found: DateMention) -> bool:
    """Whether a date is a day counted from a first dose ("Day -4"): it heads its own column only."""
    return doc.norm[found.start : found.start + 4].lower() == "day "


def heading_date(doc: Document, position: int, reach: int = 40) -> DateMention | None:
    """Date of the nearest line above that reads as a heading of results ("Bloods 30/03/26:", "Collected 06/03/2026")."""
    index = doc.line_index(position)
    own = doc.lines[index]
    if own.kind != "blank" and (found := _heads(doc, own.start, min(own.end, position))) is not None:
        return found
    for i in range(index - 1, max(-1, index - reach), -1):
        if (found := doc.once_a_line(_date_of_heading, i)) is not None:
            return found
    return None


def _date_of_heading(doc: Document, index: int) -> DateMention | None:
    line = doc.lines[index]
    return None if line.kind == "blank" else _heads(doc, line.start, line.end)


def _heads(doc: Document, start: int, end: int) -> DateMention | None:
    """First date of a stretch that can head results and stands in a line of such a heading."""
    for d in doc.dates_between(start, end):
        if not (_is_birth(doc, d) or _is_ahead(doc, d) or _is_counted(doc, d) or _is_long(d)):
            return d if doc.any_between(_HEADINGS, start, doc.line_at(start).end) else None
    return None


_THEN = re.compile(r"\s?(?:-{1,2}>|→|=>|>|/|,|to|then|and|&)\s?", re.I)


def days_of_heading(doc: Document, position: int) -> list[DateMention]:
    """Days that the heading of a place names one after the other: "Bloods (27/01 -> 03/02)"."""
    first = heading_date(doc, position)
    if first is None:
        return []
    found = [first]
    for d in doc.dates_between(first.end, doc.line_at(first.start).end):
        if not _THEN.fullmatch(doc.norm, found[-1].end, d.start):
            break
        found.append(d)
    return found
