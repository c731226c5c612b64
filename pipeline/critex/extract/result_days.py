"""Days as they only stand among results of tests: a bare month, "5月8日", "8 de mayo"; and what looks like a day and is a viral load."""

from __future__ import annotations

import re
from datetime import date

from dateutil.relativedelta import relativedelta

from critex.extract.dates import DateMention, When, month_end
from critex.extract.document import Document
from critex.extract.patterns import FLAGS

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january enero janvier januar janeiro", "feb february febrero fevrier februar fevereiro", "mar march marzo mars marz maerz marco",
            "apr april abril avril", "may mayo mai maio", "jun june junio juin juni junho", "jul july julio juillet juli julho",
            "aug august agosto aout", "sep sept september septiembre septembre setembro", "oct october octubre octobre oktober outubro",
            "nov november noviembre novembre novembro", "dec december diciembre decembre dezember dezembro",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH_NAMES = "|".join(sorted(_MONTHS, key=len, reverse=True))
_LOAD = r"\s?(?:iu|ui|ie|cop|cps?|log)\b|\s?copies"
_LOOSE_DAY = re.compile(
    rf"(?<![年\d])(?P<zm>\d{{1,2}})\s?月(?:\s?(?P<zd>\d{{1,2}})\s?[日号號])?"
    rf"|(?<![\w/.])(?P<day>[0-3]?\d)(?:\sde|\.)\s(?P<dmon>{_MONTH_NAMES})\b(?:\sde[l]?\s(?P<dyear>(?:19|20)\d\d))?"
    rf"|(?:(?<=\()|(?<=\b[ie]n\s)|(?<=\bem\s)|(?<=\bim\s)|(?<=\bau\s))(?:early |late |mid |end of |fin |finales de )?(?P<month>{_MONTH_NAMES})\b\.?(?!\.?[\s'-]?(?:\d{{1,2}}(?![\d.,]?\d|{_LOAD})|(?:19|20)\d\d(?!\d)))(?:\sstill|\sonly)?"
    rf"|(?<![\w/.])(?P<led>{_MONTH_NAMES})\b\.?(?=\s?:?\s?(?:neg|pos|non-?react|react|undet|not det|-ve|\+ve))",
    FLAGS,
)
"""Days that only stand among results: "5月8日", "8 de mayo", "(Jan)", "in enero"."""
_NUMBER_OF_LOAD = re.compile(rf"[a-z]{{3,9}}\.?\s\d{{1,2}}(?:{_LOAD})", FLAGS)
"""What looks like a day is a month and a load: "in January 14 IU/mL"."""


def days_among_results(doc: Document, start: int, end: int) -> list[DateMention]:
    """Days of a stretch, also those that only stand among results."""
    found = [
        d for d in doc.dates_between(start, end) if not _NUMBER_OF_LOAD.match(doc.norm, d.start, min(end, d.end + 8))
    ]
    if doc.note_date is None:
        return found
    for m in _LOOSE_DAY.finditer(doc.norm, start, end):
        when = _loose(m, doc.note_date)
        if when is None or any(d.start < m.end() and m.start() < d.end and not _year_within(m, d) for d in found):
            continue
        found = [d for d in found if not (d.start < m.end() and m.start() < d.end)]
        found.append(DateMention(m.start(), m.end(), when))
    return sorted(found, key=lambda d: d.start)


def _year_within(m: re.Match[str], d: DateMention) -> bool:
    """Whether a date is only the year of a day: the "2026" of "8 de mayo de 2026"."""
    return bool(m["dyear"]) and m.start("dyear") <= d.start


def _loose(m: re.Match[str], note: date) -> When | None:
    """Day or month of the last twelve months before the note; with a year that of the year."""
    if m["dmon"] or m["zd"]:
        month, day = (_MONTHS[m["dmon"].lower()], int(m["day"])) if m["dmon"] else (int(m["zm"]), int(m["zd"]))
        try:
            found = date(int(m["dyear"]) if m["dyear"] else note.year, month, day)
        except ValueError:
            return None
        if found > note and not m["dyear"]:
            found -= relativedelta(years=1)
        return When(found, found, "relative")
    month = int(m["zm"]) if m["zm"] else _MONTHS[(m["month"] or m["led"]).lower()]
    if not 1 <= month <= 12:
        return None
    first = date(note.year - (month > note.month), month, 1)
    return When(first, min(month_end(first), note), "relative")
