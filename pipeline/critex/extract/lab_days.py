"""Days beside a laboratory value: behind it ("on 8 May", "(haemolysed, 5 May)"), before it ("14 May 2.3 mg/dL"), and months without a year ("(late April)")."""

from __future__ import annotations

import re
from datetime import date

from critex.extract.dates import DateMention, When, hyphened_day, month_end
from critex.extract.document import Document
from critex.extract.patterns import FLAGS

_DAY_LEAD = re.compile(
    r",?\s(?:drawn|dated|taken|collected|measured|checked|tested|sampled)\s(?:on\s|in\s)?"
    r"|,?\s(?:(?:this|last|on|past)\s){0,2}(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,?\s\(?|\s?\((?:the\s)?(?:last|latest)(?:\s(?:one|of (?:these|them)))?\s(?:on|from|of)\s"
    r"|\s(?:at|in|from|by)\s(?:the\s|our\s(?:own\s)?|his\s|her\s|a\s|another\s)?(?:[a-z]+\s)?(?:gp|hospital|clinic|lab(?:oratory)?|ward|unit|surgery|practice|outpatients?|emergency)\son\s"
    r"|\s(?:after|before|post|pre|following|during|with|at|on|in)\s[A-Za-z][A-Za-z \d/-]{1,24}\("
    r"|(?:,\s|\s)(?:in|on|from|by)\s(?:the\s|a\s)?(?:sample|specimen|bloods?|tube|draw|report|print-?out|test|labs?|clinic|repeat|ven(?:e|i)puncture|admission|discharge|screening)\s(?:of|from|on|dated|at|in)\s"
    r"|\s?(?:[(\[]\s?(?:(?:on|of|in|taken|drawn|dated|from)\s){0,2}|on |am |du |del |den |le |el |il |@ ?|at |in (?=(?-i:[A-Z])|(?:early|late|mid)\b|(?:19|20)\d\d\b)|as of )?",
    FLAGS,
)
_SAID_IN_BRACKET = re.compile(r"\s?\((?:[A-Za-z][A-Za-z \d/.-]{2,40}?)[,;]\s(?=[\dA-Z])", FLAGS)
"""Words in a bracket before the day: "240 U/L (haemolysed, 5 May)"."""
_BRACKET_ENDS = re.compile(r"[^()\n\d]{0,30}[)\]]")
_ALONE_BEHIND = re.compile(r"\s?(?:[.,;](?!\d)|$|\n|\()")
"""Behind a day that stands right behind a value without a word or bracket: "36 IU/L 10/05/2026."."""
_NEARER = re.compile(r"(?:\s(?:on\s)?(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)?,?\s\((?:on\s)?", FLAGS)
"""Between a relative day and the day itself in brackets."""
_DAY_REACH = 24
"""Characters in which a day behind a value ends."""
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("Jan January Januar", "Feb February Februar", "Mar March", "Apr April", "May", "Jun June", "Jul July", "Aug August", "Sep Sept September",
         "Oct October", "Nov November", "Dec December"), 1
    )
    for name in names.split()
}  # fmt: skip
_MONTH_ALONE = re.compile(
    r"(?:(?P<part>early|late|mid|end of|beginning of)[\s-])?(?-i:(?P<month>"
    + "|".join(sorted(_MONTHS, key=len, reverse=True))
    + r"))\b\.?"
    r"(?!\s?'?\d{1,2}(?![\d.,])|\s?(?:19|20)\d\d)",
    FLAGS,
)
_EARLY, _LATE = 10, 21
"""Last day of the early, and first day of the late part of a month."""


def date_at(doc: Document, start: int, limit: int) -> DateMention | None:
    """Date that begins at a place."""
    return next((d for d in doc.dates_between(start, limit) if d.start == start), None)


def month_at(doc: Document, start: int, limit: int) -> tuple[int, When] | None:
    """Month without a year that stands at a place, the last one of its name up to the note, and where it ends."""
    m = _MONTH_ALONE.match(doc.norm, start, limit)
    if m is None or doc.note_date is None:
        return None
    number = _MONTHS[m["month"]]
    first = date(doc.note_date.year - (number > doc.note_date.month), number, 1)
    last, part = month_end(first), (m["part"] or "").lower()
    if part in ("early", "beginning of"):
        last = first.replace(day=_EARLY)
    elif part in ("late", "end of"):
        first = first.replace(day=_LATE)
    elif part == "mid":
        first, last = first.replace(day=_EARLY + 1), first.replace(day=_LATE - 1)
    return m.end(), When(min(first, doc.note_date), min(last, doc.note_date), "relative")


_DOTTED_DAY = re.compile(r"(?P<day>[0-3]?\d)\.\s?(?P<month>[01]?\d)\.(?!\d)")
"""Day and month as on the Continent, which elsewhere may be a number at the end of a sentence: "121 G/L on 04.05., 82"."""


_DAY_WORD = re.compile(r"[(\[]|\b(?:on|am|from|dated|drawn|taken)\b", FLAGS)


def _dotted_day(doc: Document, start: int, limit: int) -> tuple[int, When] | None:
    m = _DOTTED_DAY.match(doc.norm, start, limit)
    when = hyphened_day(f"{m['day']}-{m['month']}", doc.note_date, False) if m is not None else None
    return (m.end(), when) if m is not None and when is not None else None


def day_at(doc: Document, start: int, limit: int) -> tuple[int, When] | None:
    """Day, or month without a year, that begins at a place, and where it ends."""
    found = date_at(doc, start, min(limit, start + _DAY_REACH))
    return (found.end, found.when) if found is not None else month_at(doc, start, limit)


def day_after(doc: Document, at: int, limit: int) -> tuple[int, When] | None:
    """Day written right behind a value, with the end of its bracket: "92 (11/3)", "97 on 9/3/26", "131 (late April)"."""
    said = _SAID_IN_BRACKET.match(doc.norm, at, limit)
    if said is not None and (inside := day_at(doc, said.end(), limit)) is not None:
        closed = _BRACKET_ENDS.match(doc.norm, inside[0], limit)
        return (closed.end(), inside[1]) if closed is not None else None
    lead = _DAY_LEAD.match(doc.norm, at, limit)
    start = lead.end() if lead else at
    found = day_at(doc, start, limit)
    if found is None and lead is not None and _DAY_WORD.search(lead.group()):
        found = _dotted_day(doc, start, limit)
    if found is None:
        return None
    end, when = found
    if (
        when.source == "relative" and (nearer := _NEARER.match(doc.norm, end, limit)) is not None
    ):  # "last week Monday (4 May)"
        inside = day_at(doc, nearer.end(), limit)
        if inside is not None and doc.norm[inside[0] : inside[0] + 1] == ")":
            return inside[0] + 1, inside[1]
    if not (lead and lead.group().strip()) and when.source != "relative":
        return found if when.first == when.last and _ALONE_BEHIND.match(doc.norm, end, limit) else None
    if lead is not None and "(" in lead.group() and (closed := _BRACKET_ENDS.match(doc.norm, end, limit)) is not None:
        return closed.end(), when
    return end + (doc.norm[end : end + 1] in (")", "]")), when


_AND_DAY = re.compile(r"\s?(?:,\s?and|,|;|/|and|&|->|→)\s?")


def days_in_bracket(doc: Document, at: int, limit: int) -> tuple[int, list[When]]:
    """Days of one bracket behind a series of values, and where it ends: "152 -> 110 -> 77 (1 May, 7 May, 14 May)"."""
    opened = _OPENED.match(doc.norm, at, limit)
    if opened is None:
        return at, []
    end, found = days_of_list(doc, opened.end(), limit)
    return (end + 1, found) if found and doc.norm[end : end + 1] in (")", "]") else (at, [])


def days_of_list(doc: Document, at: int, limit: int) -> tuple[int, list[When]]:
    """Days that stand one behind the other at a place: "1 May, 8 May and 13 May", and where the last ends."""
    found, end = list[When](), at
    while (day := day_at(doc, at, limit)) is not None:
        end = day[0]
        found.append(day[1])
        gap = _AND_DAY.match(doc.norm, end, limit)
        if gap is None:
            break
        at = gap.end()
    return end, found


_OPENED = re.compile(r"\s?[(\[](?:on\s)?")


def nth_of(earlier: str | None, text: str) -> When | None:
    """Next day with this number in its month, from the day of the value before on ("on 6 May ... on the 13th")."""
    if earlier is None or len(earlier) != _ISO_DAY:
        return None
    before, number = date.fromisoformat(earlier), int(text)
    for months in (0, 1):
        year, month = before.year + (before.month + months - 1) // 12, (before.month + months - 1) % 12 + 1
        try:
            day = date(year, month, number)
        except ValueError:
            continue
        if day >= before:
            return When(day, day)
    return None


_ISO_DAY = 10
