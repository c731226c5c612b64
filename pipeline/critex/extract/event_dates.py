"""When something of a patient's history happened: the days written beside it, as one interval."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from critex.extract.dates import DateMention, When, month_end
from critex.extract.dating import nearest_in_segment
from critex.extract.document import Document
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS

_MORE_THAN = re.compile(r"(?:>|>=|≥|over|more than|at least|well over|beyond)\s?$", FLAGS)
_FREE_FOR = re.compile(
    r"(?:disease[\s-]free|in (?:complete )?remission|ned|cured|clear|no (?:recurrence|relapse|treatment|flares?|attacks?)|off (?:all )?(?:treatment|medications?|meds|drugs)|stable off \w+)"
    r"\s(?:for|x|over|since)\s?(?:the (?:last|past) )?(?:>|over |more than )?\s?(?P<n>\d{1,2})\s?(?:\+\s?)?(?:years?|yrs?|y)\b",
    FLAGS,
)
_CONTINUES = re.compile(
    r"\s*(?:(?:this|it|that|these|which)\b|(?:was|were|has been|had been)\b|(?:treated|diagnosed|excised|resected|removed|operated|last|completed|stopped|discharged)\b|(?:in|on) (?:\d|[a-z]+ \d{4}))",
    FLAGS,
)
"""A sentence that goes on about what the one before it named."""


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_IN_MONTH = re.compile(
    rf"\b(?:in|since|early|late|mid)\s(?P<month>{'|'.join(_MONTHS)})[a-z]{{0,6}}\b(?!\s?'?\d)", FLAGS
)


def clause_end(doc: Document, start: int, others: Iterable[int] = (), reach: int = 220) -> int:
    """Where the text about a disease named at ``start`` ends: the next disease of ``others``, the end of its line or sentence.

    A bullet or a table row is one text to the end of its line. Indices into the note's text.
    """
    line = doc.line_at(start)
    _, seg_end = doc.segment_at(start)
    end = max(seg_end, line.end) if line.kind == "item" else seg_end
    if end < len(doc.norm) and _CONTINUES.match(doc.norm, end, min(len(doc.norm), end + 40)):
        end = max(end, doc.segment_at(min(len(doc.norm) - 1, end + 1))[1])
    end = min(end, start + reach)
    return min([end, *(o for o in others if o > start)])


def interval(doc: Document, dates: list[DateMention]) -> When | None:
    """The days from the first to the last of some dates; "over 5 years ago" opens the interval to the past."""
    if not dates:
        return None
    found = [_opened(doc, d) for d in dates]
    return When(min(w.first for w in found), max(w.last for w in found), found[0].source)


def _opened(doc: Document, d: DateMention) -> When:
    if d.when.source == "relative" and _MORE_THAN.search(doc.norm, max(0, d.start - 14), d.start):
        middle = d.when.first + (d.when.last - d.when.first) / 2
        return When(middle - timedelta(days=3650), middle - timedelta(days=1), "relative")
    return d.when


def nearest_event(doc: Document, start: int, end: int) -> When | None:
    """Days written nearest to a span in its sentence, "over 6 months ago" opened to the past."""
    nearest = nearest_in_segment(doc, start, end, of_event=True)
    if nearest is not None:
        return _opened(doc, nearest)
    seg_start, seg_end = doc.segment_at(start)
    return _bare_month(doc, max(seg_start, start - 40), min(seg_end, end + 40))


def _bare_month(doc: Document, start: int, end: int) -> When | None:
    """The latest month of that name up to the note, of "in Nov"."""
    m = _IN_MONTH.search(doc.norm, start, end)
    if m is None or doc.note_date is None:
        return None
    number = _MONTHS.index(m["month"].lower()) + 1
    year = doc.note_date.year - (number > doc.note_date.month)
    first = date(year, number, 1)
    return When(first, min(month_end(first), doc.note_date), "relative")


def free_since(doc: Document, start: int, end: int) -> When | None:
    """Day before which a disease ended, from "in remission for 8 years" and the like, counted back from the note."""
    m = _FREE_FOR.search(doc.norm, start, end)
    if m is None or doc.note_date is None:
        return None
    last = doc.note_date - relativedelta(years=int(m["n"]))
    return When(last - timedelta(days=3650), last, "relative")


def set_date(mention: Mention, when: When | None) -> None:
    """Give a mention a day of its own; without one it keeps what the common pass finds."""
    if when is not None:
        mention.date = when.iso
        mention.date_source = "relative" if when.source == "relative" else "text"
