"""Several values of one measure, each with its day: "1 (02-Apr) -> 2 (14-May)", "80 % in February, 50 % on 11.05.", "12/3 - 1; 9/4 - 2; 14/5 - 0".

What a value looks like is the caller's; here is read how days, arrows and words join one value to the next, and which of them is the newest.
Laboratory values have a reader of their own (:mod:`critex.extract.lab_series`), for their units and intervals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from critex.extract.dates import DateMention, When, month_end
from critex.extract.document import Document
from critex.extract.patterns import FLAGS, expand, load_yaml, macros

REACH = 90
"""Characters between a value and the next of its series."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_AHEAD = 16
"""Characters behind a day that its expression looks ahead at."""
_FOREIGN = {
    "janvier": 1, "januar": 1, "fevrier": 2, "februar": 2, "mars": 3, "marz": 3, "avril": 4, "april": 4, "mai": 5, "juin": 6, "juni": 6, "juillet": 7, "juli": 7,
}  # fmt: skip
_OWN_DAY = re.compile(
    r"\b(?P<month>(?-i:January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec))\b(?!\.?[\s/'-]{0,3}\d(?!\d{1,2}\s?/\s?\d))"
    r"|(?<![\d/.-])(?P<nd>[0-3]?\d)(?:st|nd|rd|th)?\s(?P<nm>(?-i:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))[a-z]{0,6}\.?(?=\s\d{2,3}\s?/\s?\d)"
    r"|(?:(?<=\ben )|(?<=\bim )|(?<=\bau ))(?P<foreign>janvier|fevrier|mars|avril|mai|juin|juillet|januar|februar|marz|april|juni|juli)\b(?!\.?\s?\d)|(?<![\d./-])(?P<d>[0-3]?\d)\.(?P<m>0?[1-9]|1[0-2])\.(?!\d)|(?<![\d年])(?P<cm>1[0-2]|[1-9])\s?月(?:份|(?P<cd>[0-3]?\d)\s?[日号])?",
    FLAGS,
)
"""Days that only stand beside a value of a series: a bare month ("(Feb)"), "10.04.", "4月10日", "1 May" before two numbers with a stroke."""


@dataclass(frozen=True)
class _Words:
    """What joins values to days and to each other, from ``patterns/successive.yaml``."""

    to_day: re.Pattern[str]
    from_day: re.Pattern[str]
    gap: re.Pattern[str]
    ordered: re.Pattern[str]
    ends: re.Pattern[str]
    backwards: re.Pattern[str]
    now: re.Pattern[str]
    label: re.Pattern[str]


@cache
def _words() -> _Words:
    content = load_yaml("successive.yaml")
    parts = macros(content)
    return _Words(**{str(k): re.compile(expand(str(v), parts), FLAGS) for k, v in content["words"].items()})


@dataclass
class Successive:
    """One value of a series: its span, its day where one stands beside it, and whether another of the series is newer."""

    start: int
    end: int
    when: When | None = None
    superseded: bool = False


def day_behind(doc: Document, at: int, limit: int) -> DateMention | None:
    """Day of a value that ends at ``at``, where it stands behind: "80 % at diagnosis in February", "1 (02-Apr)", "136/84 on 1 May"."""
    found = _first_day(doc, at, min(limit, at + REACH))
    if found is None or not _words().to_day.fullmatch(doc.norm, at, found.start):
        return None
    return found


def day_before(doc: Document, start: int, low: int) -> DateMention | None:
    """Day of a value that begins at ``start``, where it stands right before: "12/3 - 1", "May 2: 136/84"."""
    low = max(low, start - 40)
    days = [d for d in _days(doc, low, start) if _words().from_day.fullmatch(doc.norm, d.end, start)]
    return days[-1] if days else None


def day_beside(doc: Document, start: int, end: int, value: re.Pattern[str], low: int, limit: int) -> When | None:
    """Day of one value of several, behind it or before it; ``low`` and ``limit`` are the ends of what may be looked at."""
    v = Successive(start, end)
    _dated(doc, v, value, low, limit)
    return v.when


def heading_day(doc: Document, position: int) -> When | None:
    """Day that heads the sentence of a place: "March: expected to live a year. 14 May: ..."."""
    start, _ = doc.segment_at(position)
    start += len(doc.norm[start:position]) - len(doc.norm[start:position].lstrip())
    day = _first_day(doc, start, min(position, start + REACH))
    if day is None or day.start != start or doc.norm[day.end : day.end + 1] not in (":", ",", "-"):
        return None
    return day.when


def first_dated(doc: Document, at: int, value: re.Pattern[str], limit: int) -> Successive | None:
    """First value of a log, where its day stands right at ``at``: "12/3 - 1"."""
    day = _first_day(doc, at, min(limit, at + REACH))
    if day is None or day.start != at:
        return None
    m = value.search(doc.norm, day.end, min(limit, day.end + 16))
    if m is None or not _words().from_day.fullmatch(doc.norm, day.end, m.start()):
        return None
    return Successive(*m.span(), day.when)


def series_from(doc: Document, start: int, end: int, value: re.Pattern[str], limit: int) -> list[Successive]:
    """Values of a series that begins with the value at ``start`` to ``end``; empty where no further value follows.

    Parameters
    ----------
    doc : Document
    start, end : int
        Span of the first value, as offsets into the note.
    value : re.Pattern
        What a further value looks like, with its unit.
    limit : int
        Offset at which the series ends at the latest, as the end of the line.

    Returns
    -------
    list of Successive
        In order of the text; all but the newest are ``superseded``.
    """
    first = Successive(start, end)
    at = _dated(doc, first, value, doc.line_at(start).start, limit)
    found, newest = [first], 0
    while (read := _next(doc, found[-1], at, value, limit)) is not None:
        further, at, is_ordered = read
        found.append(further)
        if _is_newer(further, found[newest], is_ordered, doc.note_date):
            newest = len(found) - 1
    if len(found) < 2:
        return []
    for i, v in enumerate(found):
        v.superseded = i != newest
    return found


def _dated(doc: Document, v: Successive, value: re.Pattern[str], low: int, limit: int) -> int:
    """Give a value the day beside it; returns where the text behind value and day goes on."""
    behind = day_behind(doc, v.end, limit)
    if behind is not None and not _heads_value(doc, behind, value, limit):
        v.when = behind.when
        return behind.end
    before = day_before(doc, v.start, low)
    if before is not None:
        v.when = before.when
    return v.end


def _heads_value(doc: Document, day: DateMention, value: re.Pattern[str], limit: int) -> bool:
    """Whether a day stands right before the next value, and so is that one's: "3/5 158/96 8/5 166/101"."""
    m = value.search(doc.norm, day.end, min(limit, day.end + 12))
    return m is not None and _words().from_day.fullmatch(doc.norm, day.end, m.start()) is not None


def _next(
    doc: Document, last: Successive, at: int, value: re.Pattern[str], limit: int
) -> tuple[Successive, int, bool] | None:
    """The next value of a series, where the text behind it goes on, and whether words or an arrow say that it is later."""
    norm, words = doc.norm, _words()
    end = min(limit, at + REACH)
    days = _days(doc, at, min(limit, end + 12))
    for m in value.finditer(norm, at, end):
        if any(d.start < m.end() and m.start() < d.end for d in days):
            continue
        v = Successive(*m.span())
        go_on = _dated(doc, v, value, at, limit)
        own = day_before(doc, v.start, at)
        gap = (at, own.start if own is not None else v.start)
        if not words.gap.fullmatch(norm, *gap) or not words.ends.match(norm, v.end):
            return None
        is_ordered = words.ordered.search(norm, *gap) is not None and not words.backwards.search(norm, *gap)
        if not is_ordered and (labels := _labels(norm, last.end, v)) is not None:
            return v, go_on, not words.now.search(labels)
        is_same_day = v.when is not None and v.when == last.when
        is_dated = last.when is not None or own is not None or "(" in norm[slice(*gap)]
        if is_ordered or (v.when is not None and is_dated and not is_same_day):
            return v, go_on, is_ordered
        return None
    return None


_LABEL = re.compile(r"\s?%?\s?\((?P<label>[^()\n]{2,24})\)", FLAGS)
"""What stands in brackets behind each value of a list, where it tells a time: "80 (diagnosis), 70 (C1), 50 (now)"."""


def _labels(norm: str, end: int, v: Successive) -> str | None:
    """The label of the value before, where both that and the next value have one."""
    before, own = _LABEL.match(norm, end), _LABEL.match(norm, v.end)
    if before is None or own is None or not all(_words().label.fullmatch(m["label"]) for m in (before, own)):
        return None
    return str(before["label"])


def _is_newer(v: Successive, than: Successive, is_ordered: bool, noted: date | None) -> bool:
    if v.when is not None and than.when is not None:
        return v.when.last >= than.when.last
    if v.when is None:
        return is_ordered or than.when is not None
    return is_ordered or v.when.first == v.when.last == noted


def _days(doc: Document, low: int, high: int) -> list[DateMention]:
    """Days of a stretch, those that only stand in a series too."""
    found = doc.dates_between(low, high)
    for m in _OWN_DAY.finditer(doc.norm, low, min(len(doc.norm), high + _AHEAD)):
        if (
            m.end() <= high
            and not any(d.start < m.end() and m.start() < d.end for d in found)
            and (day := _own_day(m, doc.note_date))
        ):
            found.append(DateMention(*m.span(), day))
    return sorted(found, key=lambda d: d.start)


def _first_day(doc: Document, low: int, high: int) -> DateMention | None:
    days = _days(doc, low, high)
    return days[0] if days else None


def _own_day(m: re.Match[str], noted: date | None) -> When | None:
    """The latest such month, or day, up to the day of the note."""
    if noted is None:
        return None
    if m["foreign"]:
        month = _FOREIGN[m["foreign"].lower()]
    elif m["nm"]:
        month = _MONTHS.index(m["nm"].lower()) + 1
    else:
        month = _MONTHS.index(m["month"][:3].lower()) + 1 if m["month"] else int(m["m"] or m["cm"])
    number = m["d"] or m["cd"] or m["nd"]
    for year in (noted.year, noted.year - 1):
        try:
            first = date(year, month, int(number) if number else 1)
        except ValueError:
            return None
        if first <= noted:
            return When(first, first if number else min(month_end(first), noted), "text" if number else "relative")
    return None
