"""Days counted from a planned or given first dose: "day -18", "25 months before day 0" (domain.md 6.2).

Where the note says which day the count begins on, the days are exact; where it does not, the count begins between the note's
day and two weeks later, and a day is an interval.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from critex.extract.scan import Landmark

_COUNTED = re.compile(
    r"\bday\s?-(?P<days>\d{1,3})(?![\d/-]|\.\d)"
    r"|\b(?P<n>\d{1,3})\s(?P<unit>days?|weeks?|months?|years?)\sbefore\s(?:day\s[01]|(?:the\s)?(?:planned\s)?first dose)\b",
    re.I | re.A,
)
COUNTED_DAYS = Landmark(_COUNTED)
_BEGINS = re.compile(r"\bday\s[01]\b[^.;\n0-9]{0,60}$|\bfirst dose\b[^.;\n0-9]{0,40}$", re.I)
_HORIZON = timedelta(days=14)
"""How long after a note a first dose that it plans can be."""


def counted_days(
    text: str, matches: Iterable[re.Match[str]], dates: list[tuple[int, date]], anchor: date | None
) -> list[tuple[int, int, date, date]]:
    """Find days counted back from a first dose.

    Parameters
    ----------
    text : str
        Normalised text.
    matches : iterable of re.Match
        Those of ``COUNTED_DAYS`` in it.
    dates : list of (int, date)
        Days written in the text with the place where each begins, in order.
    anchor : date, optional
        Date of the note.

    Returns
    -------
    list of (int, int, date, date)
        Start and end in the text, first and last possible day.
    """
    matches = list(matches)
    if not matches:
        return []
    zero = next((day for at, day in dates if _BEGINS.search(text, max(0, at - 80), at)), None)
    begins = zero or anchor
    if begins is None:
        return []
    found = []
    for m in matches:
        if m["days"]:
            first, slack = begins - timedelta(days=int(m["days"])), 0
        else:
            unit = m["unit"].lower().rstrip("s")
            first = begins - relativedelta(**{f"{unit}s": int(m["n"])})  # type: ignore[arg-type]
            slack = {"month": 15, "year": 182}.get(unit, 0)
        last = first if zero is not None else min(begins, first + _HORIZON)
        found.append((m.start(), m.end(), first - timedelta(days=slack), last + timedelta(days=slack)))
    return found
