"""Dates in text: absolute, partial and relative, anchored to the note's date.

A date is an interval of days, because "March 2022" and "2019" are facts too (domain.md 6.2). Numbers such as 3/4/26 are read in
the order of the source; where the order is not given it is found in the note (a part above 12 tells), else day first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache, partial
from itertools import chain

from dateutil.relativedelta import relativedelta

from critex.extract.number_words import ONES, ORDINALS, read_spoken, year_of
from critex.extract.scan import Landmark
from critex.extract.starts import matches_in_words
from critex.extract.trial_days import COUNTED_DAYS, counted_days

_MONTHS = {
    m: i + 1
    for i, names in enumerate(
        ("jan january enero januar janvier", "feb february febrero februar", "mar march marzo maerz", "apr april abril avril", "may mayo mai",
         "jun june junio juni", "jul july julio juli", "aug august agosto", "sep sept september septiembre", "oct october octubre oktober okt",
         "nov november noviembre", "dec december diciembre dezember dez")
    )
    for m in names.split()
}  # fmt: skip
_MONTH = "(" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_UNITS = {"d": "days", "w": "weeks", "m": "months", "y": "years"}
_AND_YEARS = re.compile(r"\b(?P<y>\d{1,2}|[a-z]+(?:-[a-z]+)?)\s(?:years?|yrs?)(?:\sand|,)?\s$", re.I)
_WORDS = ONES | {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "a": 1, "an": 1, "couple of": 2, "a couple of": 2, "few": 3, "a few": 3, "several": 4, "half a": 0,
}  # fmt: skip
_NUMBER_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))

_UNIT_BEHIND = (
    r"(?:k\b(?!\s?[+\d])|\s?(?:k\s?/|i?u\s?/\s?l|gm?\s?/\s?d?l|gm?\s?%|mg\s?[/%]|[umµ]mol|ml\s?/|secs?\b|seconds\b|(?-i:s)\b(?=\s?(?:[.,;()]|on\b|$))|"
    r"la(?:kh|c)s?\b|cells\b|[x*]\s?10|/\s?(?:ul|mm3|mcl|cumm)))"
)
_VALUE_BEHIND = (
    r"(?:[\s,]{1,2}\d{1,3}\.\d{1,2}(?![\d.:]|\s?[ap]\.?m)|[\s,]{1,2}\d{1,4}(?:[.,]\d{1,3})?"
    + _UNIT_BEHIND
    + r"|,\s\d\d\s(?:on|in)\s(?=\d|(?-i:[A-Z][a-z]{2})))"
)
"""A laboratory value behind a day, which is no year of it: "14 May 2.3 mg/dL", "44 on 8 May, 31 on 14 May"."""

PATTERN = re.compile(
    r"(?<![\d./-])(?P<iso>(?P<iy>(?:19|20)\d\d)\s?[-/.]\s?(?P<im>0?[1-9]|1[0-2])\s?[-/.]\s?(?P<id>0?[1-9]|[12]\d|3[01]))(?![\d/-]|\.\d)"
    r"|(?<![\d./-])(?P<cy>(?:19|20)\d\d)\s?年(?:\s?(?P<cm>\d{1,2})\s?月(?:\s?(?P<cd>\d{1,2})\s?日)?)?"
    r"|(?<![\d./-])(?P<num>(?P<n1>[0-3]?\d)(?P<sep>[-/.])(?P<n2>[0-3]?\d)(?P=sep)(?P<ny>(?:19|20)?\d\d))(?![\d/-]|\.\d)"
    r"|(?<![A-Za-z\d])(?P<dd>[0-3]?\d)(?:st|nd|rd|th)?[\s./-]{0,2}(?:of\s)?(?P<dmon>"
    + _MONTH
    + r")(?!\s{2,}\d\d(?!\d))(?!"
    + _VALUE_BEHIND
    + r")[\s,.'/-]{1,3}(?P<dy>(?:19|20)\d\d|\d\d(?!\d|:|[\s-]"
    + _MONTH
    + r"))"
    r"|\b(?P<mmon>" + _MONTH + r")\s?(?P<md>[0-3]?\d)(?:st|nd|rd|th)?(?:,\s?|\s)(?P<my>(?:19|20)\d\d)\b"
    r"|(?<![A-Za-z\d])(?P<pdd>[0-3]?\d)(?:(?:st|nd|rd|th)\sof\s|(?:st|nd|rd|th)?[\s-]?)(?P<pmon>"
    + _MONTH
    + r")(?!(?!"
    + _VALUE_BEHIND
    + r")[\s-]?\d(?!\d?[\s-]"
    + _MONTH
    + r"))(?: (?:of )?this year\b)?"
    r"|\b(?P<ymon>" + _MONTH + r")[\s,.'/-]{0,3}(?P<yy>(?:19|20)\d\d|'\d\d)\b"
    r"|\b(?P<smon>" + _MONTH + r")[\s-]{1,2}(?P<sd>[0-3]?\d)(?:st|nd|rd|th)?\b(?![/:.]?\d|,\d{3}(?!\d))"
    r"|(?<![\d./-])(?P<gd>0[1-9]|[12]\d|3[01])\.(?P<gm>0[1-9]|1[0-2])\.(?=\s?:)"
    r"|(?<![\d./-])(?P<vm>0?[1-9]|1[0-2])[/.](?P<vy>(?:19|20)\d\d)(?![\d/]|\.\d)"
    r"|(?<![\d./-])(?P<wy>(?:19|20)\d\d)[/.-](?P<wm>0[1-9]|1[0-2]|[1-9])(?![\d/-]|\.\d)"
    r"|(?<![\w./-])(?P<ago_n>\d+(?:\.\d)?|(?:"
    + _NUMBER_WORD
    + r")\b)\s?(?:-\s?\d+\s?)?(?P<ago_sep>/\s?)?(?P<ago_u>7|52|12|days?|d\b|weeks?|wks?|w\b|fortnights?|months?|mths?|mos?\b|years?|yrs?|y\b)\s?(?P<ago>ago|back|previously|prior|before|earlier|since|out(?= (?:from|of|since)))"
    r"|\b(?P<last>last|this|early this|late last|earlier this)\s(?P<lu>week|month|year|"
    + "|".join(_MONTHS)
    + r")\b(?!\.?,?\s?(?:(?:19|20)\d\d|\d{1,2},?\s(?:19|20)\d\d))"
    r"|\b(?P<today>today|this (?:morning|afternoon|evening|am|pm)|yesterday)\b"
    r"|(?<=[A-Za-z.]\s)(?P<y1>(?:19|20)\d\d)(?!\d|[-/.]\d|\s?(?:copies|iu|mg|ml|cells))"
    r"|(?<![\w./-])(?P<y0>(?:19[3-9]\d|20[0-4]\d))(?![\w%/]|\.\d|-\d|\s?(?:copies|iu\b|mg\b|ml\b|cells|x10|kcal|cm|mm))"
    r"|(?<![\d./A-Za-z-])(?P<sm1>\d{1,2})(?P<ssep>[/-])(?P<sm2>\d{1,2})(?![\d/%-]|\.\d|\s?(?:mm|cm|kg|ago|hr|day|week|month|dose|cycle|#|x\b|node|ln\b|power|strength|murmur|fib|of\b|hx|history|positive|pos\b|cores?\b))",
    re.I | re.A,
)


_BEFORE_YEAR = re.compile(r"(?:\b(?:in|since|from|of|until|till|c|circa|around|about|yr|year)\.?)\s$", re.I)


@dataclass(frozen=True)
class When:
    """An interval of days, both ends inside, and where it was taken from."""

    first: date
    last: date
    source: str = "text"

    @cached_property
    def iso(self) -> str:
        """ISO form: a day, a month (YYYY-MM), a year (YYYY), or two days joined by a slash."""
        if self.first == self.last:
            return self.first.isoformat()
        if self.first == date(self.first.year, 1, 1) and self.last == date(self.first.year, 12, 31):
            return f"{self.first.year:04d}"
        if self.first.day == 1 and self.last == month_end(self.first):
            return f"{self.first.year:04d}-{self.first.month:02d}"
        return f"{self.first.isoformat()}/{self.last.isoformat()}"


@dataclass(frozen=True)
class DateMention:
    """A date expression in a text; ``start`` and ``end`` are ``str`` indices."""

    start: int
    end: int
    when: When


def month_end(day: date) -> date:
    """Last day of the month that ``day`` is in."""
    return date(day.year, day.month, 1) + relativedelta(months=1) - timedelta(days=1)


@lru_cache(maxsize=20_000)
def parse_iso(text: str | None) -> When | None:
    """Read back what :attr:`When.iso` wrote; ``None`` where there is nothing to read."""
    if not text:
        return None
    try:
        if "/" in text:
            a, b = text.split("/")
            return When(date.fromisoformat(a), date.fromisoformat(b))
        if len(text) == 4:
            return When(date(int(text), 1, 1), date(int(text), 12, 31))
        if len(text) == 7:
            first = date(int(text[:4]), int(text[5:]), 1)
            return When(first, month_end(first))
        day = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return When(day, day)


_PAIR = re.compile(r"\d(?<![\d./-]\d)(\d?)/(\d{1,2})(?![\d/]|\s?(?:mm|cm|#|fr))")
_TRIPLE = re.compile(r"(\d(?<![\d./-]\d)\d?)([-/.])(\d{1,2})\2((?:19|20)?\d\d)(?![\d/-])")
_DATED = re.compile(
    r"\b(?:on|since|at|from|by|until|till|removed|done|dated|report(?: of)?|ecg|ct|mri|last)\s?:?\s?$", re.I
)
_AFTER_WORD = re.compile(r"[A-Za-z]\s$")
_ISO = re.compile(r"(?<!\d)20\d\d-[01]\d-[0-3]\d(?!\d)")
_DURATION = re.compile(r"(?:\bx|\bfor|\bover|\blast|\bpast|\bevery|\bin|\bafter|[><~+])\s?$", re.I)


def _year(text: str) -> int:
    text = text.strip("'")
    year = int(text)
    if year < 100:
        year += 2000 if year < 50 else 1900
    return year


def _day(y: int, m: int, d: int) -> When | None:
    try:
        day = date(y, m, d)
    except ValueError:
        return None
    return When(day, day)


def _month(y: int, m: int) -> When | None:
    if not 1 <= m <= 12:
        return None
    first = date(y, m, 1)
    return When(first, month_end(first))


def order_of(text: str, anchor: date | None = None) -> str | None:
    """Order of numeric dates that the text itself shows: ``"dmy"``, ``"mdy"`` or ``None`` where it does not tell.

    A part above 12 tells; so does a date that is close to the note's own date (``anchor``) in one reading only.
    """
    votes = {"dmy": 0.0, "mdy": 0.0}
    for m in _PAIR.finditer(text) if "/" in text else ():
        a, b = int(m[0].partition("/")[0]), int(m[2])
        if a <= 12 < b <= 31 and b not in (52,):
            votes["mdy"] += 0.5
        elif b <= 12 < a <= 31:
            votes["dmy"] += 0.5
        elif (
            a != b
            and a <= 12
            and b <= 12
            and anchor is not None
            and _DATED.search(text, max(0, m.start() - 9), m.start())
        ):
            day_first, month_first = _near(a, b, anchor), _near(b, a, anchor)
            if day_first is not None and month_first is not None:
                first, second = abs((anchor - day_first.first).days), abs((anchor - month_first.first).days)
                if first <= 21 < 60 < second:
                    votes["dmy"] += 0.25
                elif second <= 21 < 60 < first:
                    votes["mdy"] += 0.25
    for m in _TRIPLE.finditer(text):
        a, b = int(m[1]), int(m[3])
        if a > 12 >= b:
            votes["dmy"] += 1
        elif b > 12 >= a:
            votes["mdy"] += 1
        elif a != b and a <= 12 and anchor is not None:
            y = _year(m[4])
            first, second = _gap(y, b, a, anchor), _gap(y, a, b, anchor)
            if first <= 21 < 60 < second:
                votes["dmy"] += 1
            elif second <= 21 < 60 < first:
                votes["mdy"] += 1
    if votes["dmy"] == votes["mdy"]:
        return None
    return max(votes, key=lambda k: votes[k])


def _gap(y: int, m: int, d: int, anchor: date) -> int:
    """Days between a day and the anchor; large for days that do not exist or lie well after it."""
    when = _day(y, m, d)
    if when is None:
        return 10_000
    days = (anchor - when.first).days
    return abs(days) if days >= -21 else 1_000


def _near(day: int, month: int, anchor: date | None) -> When | None:
    """The day and month, in the year that puts it closest before (or a little after) the anchor."""
    if anchor is None:
        return None
    options = [w for y in (anchor.year - 1, anchor.year, anchor.year + 1) if (w := _day(y, month, day))]
    if not options:
        return None
    past = [w for w in options if w.first <= anchor + timedelta(days=60)]
    return max(past, key=lambda w: w.first) if past else None


def hyphened_day(text: str, anchor: date | None, month_first: bool) -> When | None:
    """Day of "05-02", where its place (the head of a column, the first cell of a row) tells that it is one.

    Parameters
    ----------
    text : str
        The whole cell.
    anchor : date, optional
        Date of the note; without it there is no year, and no day.
    month_first : bool
        Whether the first number is the month.
    """
    m = HYPHENED_DAY.fullmatch(text.strip())
    if m is None:
        return None
    a, b = int(m[1]), int(m[2])
    day, month = (b, a) if month_first else (a, b)
    return _near(day, month, anchor) if 1 <= month <= 12 and 1 <= day <= 31 else None


HYPHENED_DAY = re.compile(r"([0-3]?\d)-([0-3]?\d)")
"""Day and month without a year, which elsewhere may be a range."""


def find_dates(
    text: str,
    anchor: date | None = None,
    order: str | None = None,
    all_of: Callable[[Landmark], Iterable[re.Match[str]]] | None = None,
) -> list[DateMention]:
    """Dates written in a text.

    Parameters
    ----------
    text : str
        Normalised text (:func:`critex.extract.normalise.normalise`).
    anchor : date, optional
        Date of the note; relative dates and days without a year need it, and are left out where it is missing.
    order : {"dmy", "mdy", "ymd"}, optional
        Order of numeric dates; by default what the text shows, else day first.
    all_of : callable, optional
        Gives the matches of a landmark in ``text``, where a scan has found them already.

    Returns
    -------
    list of DateMention
        In order of the text, not overlapping.
    """
    if all_of is None:
        all_of = partial(_matches_in, text)
    order = order if order in ("dmy", "mdy") else None
    found = []
    for m in all_of(_DATES):
        if order is None and (m["num"] or m["sm1"]):
            order = order_of(text, anchor) or "dmy"
        when = _read(m, anchor, order or "dmy")
        if when is not None and 1900 <= when.first.year <= 2100:
            found.append(DateMention(m.start(), m.end(), when))
    found = _merged(found, _spelled_out(all_of(_SPELLED_DATES), anchor))
    found = _merged(_bare_months(chain(all_of(_BARE_MONTHS), all_of(_MONTHS_OF_TESTS)), anchor), found)
    found = _merged(found, _christmases(all_of(_CHRISTMASES), anchor))
    counted = counted_days(
        text, all_of(COUNTED_DAYS), [(d.start, d.when.first) for d in found if d.when.first == d.when.last], anchor
    )
    return _merged(found, [DateMention(s, e, When(first, last, "relative")) for s, e, first, last in counted])


def _matches_in(text: str, landmark: Landmark) -> Iterator[re.Match[str]]:
    return matches_in_words(landmark.pattern, text)


_BARE_MONTH = re.compile(
    r"(?<=\b[Ii]n )(?P<month>January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b"
    r"(?!\.?[\s/'-]{0,3}\d|\.?,\s?(?:(?:19|20)\d\d(?!\d)|'?\d\d(?![\d.]|\s?[A-Za-z%/]))|\s(?:and|or|to|-)\s[A-Z]|,?\s(?:of|two|the)\b)",
    re.A,
)
"""A month without day or year: "in March"; only one that has begun, at most eight months back."""
_MONTH_OF_TESTS = re.compile(
    r"the (?P<month>January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"
    r" (?=(?:health |blood |routine |clinic |screening |check-?up |annual |pre-?op(?:erative)? )?(?:check-?ups?|checks?|bloods?|labs?|laboratory|panel|visit|admission|results?|samples?|tests?|screen(?:ing)?|clinic|work-?up|scan|CT|MRI|PET)\b)",
    re.A,
)


def _bare_months(matches: Iterable[re.Match[str]], anchor: date | None) -> list[DateMention]:
    if anchor is None:
        return []
    found = []
    for m in matches:
        back = (anchor.month - _MONTHS[m["month"].lower()]) % 12
        day = anchor - relativedelta(months=back)
        when = _month(day.year, day.month) if back <= 8 else None
        if when is not None:
            found.append(DateMention(*m.span("month"), When(when.first, min(when.last, anchor), "relative")))
    return found


_CHRISTMAS = re.compile(
    r"\b(?:last\s)?(?:Christmas|Xmas)(?:\s(?:of\s)?(?P<y>(?:19|20)\d\d))?\b(?!\s(?:disease|tree|card))",
    re.A,
)


def _christmases(matches: Iterable[re.Match[str]], anchor: date | None) -> list[DateMention]:
    """Weeks about Christmas, as a letter tells them: "stopped before last Christmas"; without a year the last one before the note."""
    found = []
    for m in matches:
        if m["y"]:
            year = int(m["y"])
        elif anchor is not None:
            year = anchor.year if (anchor.month, anchor.day) > (12, 24) else anchor.year - 1
        else:
            continue
        found.append(DateMention(m.start(), m.end(), When(date(year, 12, 15), date(year, 12, 31), "relative")))
    return found


_ORDINAL = "|".join(sorted(ORDINALS, key=len, reverse=True))
_YEAR_WORDS = r"(?:two thousand(?: and)?(?: [a-z]+(?:-[a-z]+)?)?|twenty (?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty(?:-[a-z]+)?)|nineteen [a-z]+(?:-[a-z]+)?)"
_SPELLED = re.compile(
    rf"\b(?P<mon>{_MONTH})\s(?:the\s)?(?P<day>{_ORDINAL})\b(?:,?\s(?P<y1>{_YEAR_WORDS})\b)?|\b(?P<mon2>{_MONTH})\s(?:of\s)?(?P<y2>{_YEAR_WORDS})\b|\b(?:in|since|of|year)\s(?P<y3>{_YEAR_WORDS})\b",
    re.I | re.A,
)


def _spelled_out(matches: Iterable[re.Match[str]], anchor: date | None) -> list[DateMention]:
    """Dates in words, as dictated: "April fourteenth", "May of two thousand sixteen". A day without a year is the last one up to the note."""
    found = []
    for m in matches:
        year = next((year_of(m[g]) for g in ("y1", "y2", "y3") if m[g]), None)
        if m["mon"]:
            month, day = _MONTHS[m["mon"].lower().rstrip(".")], ORDINALS[m["day"].lower()]
            if year is None and anchor is not None:
                year = anchor.year - ((month, day) > (anchor.month, anchor.day))
            when = _day(year, month, day) if year else None
        elif year is None:
            when = None
        else:
            when = (
                _month(year, _MONTHS[m["mon2"].lower().rstrip(".")])
                if m["mon2"]
                else When(date(year, 1, 1), date(year, 12, 31))
            )
        if when is not None:
            start = m.start("y3") if m["y3"] else m.start()
            found.append(DateMention(start, m.end(), when))
    return found


_DATES = Landmark(PATTERN, common=True)
_SPELLED_DATES = Landmark(_SPELLED)
_BARE_MONTHS = Landmark(_BARE_MONTH)
_MONTHS_OF_TESTS = Landmark(_MONTH_OF_TESTS)
_CHRISTMASES = Landmark(_CHRISTMAS)
LANDMARKS = (_DATES, _SPELLED_DATES, _BARE_MONTHS, _MONTHS_OF_TESTS, _CHRISTMASES, COUNTED_DAYS)


def _merged(found: list[DateMention], more: list[DateMention]) -> list[DateMention]:
    """Both lists in order; what is spelled out takes the place of a part of it that was read alone."""
    if not more:
        return found
    kept = [d for d in found if not any(d.start < x.end and x.start < d.end for x in more)]
    return sorted([*kept, *more], key=lambda d: d.start)


def _read(m: re.Match[str], anchor: date | None, order: str) -> When | None:
    if m["iso"]:
        return _day(int(m["iy"]), int(m["im"]), int(m["id"]))
    if m["cy"]:
        y = int(m["cy"])
        if m["cd"]:
            return _day(y, int(m["cm"]), int(m["cd"]))
        return _month(y, int(m["cm"])) if m["cm"] else When(date(y, 1, 1), date(y, 12, 31))
    if m["num"]:
        a, b, y = int(m["n1"]), int(m["n2"]), _year(m["ny"])
        if (
            m["sep"] == "-"
            and len(m["ny"]) == 2
            and a > 12
            and b <= 12
            and int(m["ny"]) <= 31
            and a >= 20
            and anchor
            and abs(2000 + a - anchor.year) <= 2
        ):
            return _day(2000 + a, b, int(m["ny"]))
        d, mo = (a, b) if order == "dmy" else (b, a)
        if mo > 12 >= d:
            d, mo = mo, d
        return _day(y, mo, d)
    if m["dmon"]:
        return _day(_year(m["dy"]), _MONTHS[m["dmon"].lower().rstrip(".")], int(m["dd"]))
    if m["mmon"]:
        return _day(int(m["my"]), _MONTHS[m["mmon"].lower().rstrip(".")], int(m["md"]))
    if m["pmon"]:
        return _near(int(m["pdd"]), _MONTHS[m["pmon"].lower().rstrip(".")], anchor)
    if m["ymon"]:
        return _month(_year(m["yy"]), _MONTHS[m["ymon"].lower().rstrip(".")])
    if m["smon"]:
        return _near(int(m["sd"]), _MONTHS[m["smon"].lower().rstrip(".")], anchor)
    if m["gd"]:
        return _near(int(m["gd"]), int(m["gm"]), anchor)
    if m["vm"]:
        return _month(int(m["vy"]), int(m["vm"]))
    if m["wy"]:
        return _month(int(m["wy"]), int(m["wm"]))
    if m["ago"]:
        if anchor is not None and (years := _AND_YEARS.search(m.string, max(0, m.start() - 34), m.start())) is not None:
            word = years["y"].lower()  # "fourteen years and nine months ago"
            n = int(word) if word.isdigit() else (read_spoken(word, 0, len(word)) or (0, 0))[1]
            anchor -= relativedelta(years=int(n))
        return _ago(m, anchor)
    if m["last"]:
        return _last(m["last"].lower(), m["lu"].lower(), anchor)
    if m["today"]:
        if anchor is None:
            return None
        day = anchor - timedelta(days=1) if m["today"].lower() == "yesterday" else anchor
        return When(day, day, "relative")
    if m["y1"] or m["y0"]:
        y = int(m["y1"] or m["y0"])
        if m["y1"] and not 1930 <= y <= 2049 and not _BEFORE_YEAR.search(m.string, max(0, m.start() - 8), m.start()):
            return None
        if anchor and y > anchor.year + 1:
            return None
        return When(date(y, 1, 1), date(y, 12, 31))
    if m["sm1"]:
        a, b = int(m["sm1"]), int(m["sm2"])
        padded = m["ssep"] == "-" and len(m["sm1"]) == len(m["sm2"]) == 2
        beside_iso = (
            padded
            and m["sm1"][0] == "0"
            and _ISO.search(m.string) is not None
            and _AFTER_WORD.search(m.string, max(0, m.start() - 4), m.start())
        )
        if m["ssep"] == "-" and not (
            padded and (beside_iso or _DATED.search(m.string, max(0, m.start() - 12), m.start()))
        ):
            return None  # "5-30" beside a result is a range
        if b in (7, 12) and m["ssep"] == "/" and _DURATION.search(m.string, max(0, m.start() - 12), m.start()):
            return None  # "cough for 3/12": a duration in British shorthand
        by_month = m["ssep"] == "-" and _ISO.search(m.string) is not None  # "2026-04-14 ... 05-06": 6 May
        d, mo = (b, a) if by_month or order != "dmy" else (a, b)
        if mo > 12 >= d:
            d, mo = mo, d
        if not (1 <= mo <= 12 and 1 <= d <= 31):
            if 1 <= a <= 12 and 13 <= b <= 99 and m["ssep"] == "/" and anchor:  # month/short year: 11/25
                y = _year(m["sm2"])
                return _month(y, a) if abs(y - anchor.year) <= 60 and y <= anchor.year else None
            return None
        return _near(d, mo, anchor)
    return None


def _ago(m: re.Match[str], anchor: date | None) -> When | None:
    if anchor is None:
        return None
    word, unit = (m["ago_n"] or "").lower(), (m["ago_u"] or "").lower()
    n = float(word) if word[0].isdigit() else float(_WORDS.get(word, 0))
    if (m["ago"] or "").lower() == "since" and not m["ago_sep"]:
        return None
    if m["ago_sep"]:  # 3/52 ago: weeks, 3/12: months, 3/7: days
        if unit not in ("7", "52", "12"):
            return None
        name = {"7": "days", "52": "weeks", "12": "months"}[unit]
    elif unit in ("7", "52", "12"):
        return None
    elif unit.startswith("f"):
        name, n = "weeks", 2 * n
    else:
        name = _UNITS[unit[0]] if not unit.startswith("mo") and not unit.startswith("mt") else "months"
    if n > 1200:
        return None
    if name == "days":
        day = anchor - timedelta(days=int(n))
        return When(day, day, "relative")
    if name == "weeks":
        day = anchor - timedelta(days=round(n * 7))
        return When(day, day, "relative")
    if name == "months":
        day = anchor - relativedelta(months=int(n))
        return (
            When(day - timedelta(days=15), min(day + timedelta(days=15), anchor), "relative")
            if n >= 2
            else When(day, day, "relative")
        )
    day = anchor - relativedelta(years=int(n), months=round((n % 1) * 12))
    return When(day - timedelta(days=182), min(day + timedelta(days=182), anchor), "relative")


def _last(which: str, unit: str, anchor: date | None) -> When | None:
    if anchor is None:
        return None
    if unit in _MONTHS:
        year = (
            anchor.year
            if _MONTHS[unit] < anchor.month or (which != "last" and _MONTHS[unit] == anchor.month)
            else anchor.year - 1
        )
        when = _month(year, _MONTHS[unit])
        return When(when.first, when.last, "relative") if when else None
    if unit == "week":
        first = anchor - timedelta(days=anchor.weekday() + (7 if "last" in which else 0))
        return When(first, min(first + timedelta(days=6), anchor), "relative")
    if unit == "month":
        first = date(anchor.year, anchor.month, 1) - (relativedelta(months=1) if "last" in which else relativedelta())
        return When(first, min(month_end(first), anchor), "relative")
    year = anchor.year - 1 if "last" in which else anchor.year
    return When(date(year, 1, 1), min(date(year, 12, 31), anchor), "relative")
