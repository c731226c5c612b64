"""Expected survival with a number or a plain order of size (GUIDELINE I06; domain.md I6): at least three months, or less."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from critex.extract.dating import day_of_place
from critex.extract.document import Document
from critex.extract.event_dates import set_date
from critex.extract.family import Family, FamilyHits
from critex.extract.forms import answer_after, box_before, corrected_answer
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, Rule, load_rules, load_yaml
from critex.extract.subject import about_relative
from critex.extract.successive import heading_day, series_from
from critex.extract.trial_text import is_requirement

LIMIT = 3.0
"""Months that the trial asks for; protocols take 12 weeks as the same (domain.md I6)."""
REACH = 84
"""Characters between what is expected and how long."""
_TO = re.compile(r"\s?(?:to\b|-+>|→|=>)", FLAGS)
_STOP = re.compile(r"[.!?]\s")
LATER = 200
"""Characters behind an estimate in which a later one may take its place."""
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "eighteen": 18, "a": 1, "half": 0.5}  # fmt: skip
_N = r"\d+(?:\.\d+)?|" + "|".join(_NUMBERS)
_LENGTH = re.compile(
    rf"(?P<low>>=|=>|≥|>|more than|greater than|longer than|superior to|in excess of|exceed\w*|over|above|beyond|at least|not less than|no less than|minimum(?: of)?|大于|超过|至少|不少于|多于|大於|超過)?"
    rf"(?P<high><=|=<|≤|<|not more than|no more than|up to|less than|fewer than|under|below|within|at most|limited to|only|小于|少于|不足|低于|不超过|小於|少於)?"
    rf"\s?(?:or equal to\s|等于\s?)?(?:around |about |approx\w*\.? |roughly |~\s?)?(?:an?\s(?:further\s)?)?(?<![\d.A-Za-z])(?P<n>{_N})\s?(?P<plus>\+)?\s?(?:(?:-|to|or)\s?(?P<n2>{_N}))?\s?(?P<plus2>\+)?\s?[-/]?\s?(?:(?<=half )an?\s)?"
    rf"(?P<u>/?12\b(?!\d)|/?52\b|mths?\b|months?\b|mos?\b|m\b|weeks?\b|wks?\b|w\b|years?\b|yrs?\b|y\b|days?\b|个月|個月|月|周|週|年)(?![\s-]?old\b)(?P<more>\s?(?:or more|or longer|plus\b|\+|at least|and above|以上))?",
    FLAGS,
)
_NOT_REACHED = re.compile(
    r"(?:\bnot|n't|never|unlikely to|short of|doubtful (?:to|that \w+ will))\s(?:even\s|quite\s)?(?:reach(?:ing)?|exceed(?:ing)?|outlive|go beyond|extend (?:to|beyond)|last|be (?:more|longer) than|more than|longer than)\s(?:the\s)?$|falls? short of\s$",
    FLAGS,
)
"""Words before a number that make it a bound: "does not reach 3 months"."""
_STRICT_HIGH = re.compile(r"<$|less|fewer|under|below|小|少|不足|低", FLAGS)


@dataclass(frozen=True)
class _Words:
    """Words around a length of time, from the ``words`` of ``patterns/survival.yaml``."""

    gap_stop: re.Pattern[str]
    under: re.Pattern[str]
    over: re.Pattern[str]
    general: re.Pattern[str]
    general_after: re.Pattern[str]
    untreated: re.Pattern[str]
    treated: re.Pattern[str]
    not_: re.Pattern[str]
    doubt_after: re.Pattern[str]
    family: re.Pattern[str]
    met: re.Pattern[str]
    unanswered: re.Pattern[str]
    later: re.Pattern[str]
    later_gap: re.Pattern[str]
    of_other: re.Pattern[str]
    of_other_after: re.Pattern[str]
    no_length_after: re.Pattern[str]
    estimating: re.Pattern[str]
    later_than_first: re.Pattern[str]
    first: re.Pattern[str]


@cache
def _words() -> _Words:
    content = load_yaml("survival.yaml")["words"]
    return _Words(**{{"not": "not_"}.get(str(k), str(k)): re.compile(str(v), FLAGS) for k, v in content.items()})


@dataclass(frozen=True)
class _Length:
    """A length of time: where it stands, what it says of the limit, and its months where it has a number."""

    start: int
    end: int
    value: str | None
    months: float | None = None


def months_of(number: str, unit: str) -> float:
    """Months of a written length; four weeks are a month, as protocols count."""
    value = float(number) if number[0].isdigit() else float(_NUMBERS[number.lower()])
    unit = unit.lower().lstrip("/")
    if unit.startswith(("52", "w", "周", "週")):
        return value / 4.0
    if unit.startswith(("y", "年")):
        return value * 12
    return value / 30 if unit.startswith("d") else value


def side_of_limit(low: float, high: float, at_least: bool, at_most: bool, strictly: bool) -> str | None:
    """On which side of three months a length is.

    Parameters
    ----------
    low, high : float
        Months, the same where one number is given.
    at_least, at_most : bool
        Whether the numbers are a bound ("more than", "up to").
    strictly : bool
        Whether an upper bound leaves out its own number ("less than 3 months").

    Returns
    -------
    str or None
        ``over``, ``under``, or ``None`` where the length does not decide.
    """
    if at_most:
        return "under" if high < LIMIT or (strictly and high <= LIMIT) else None
    if low >= LIMIT:
        return "over"
    return "under" if high < LIMIT and not at_least else None


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    out: list[Mention] = []
    for rule, m in hits:
        if doc.category_at(m.start()) == "legend" or _words().general.search(doc.norm, max(0, m.start() - 30), m.end()):
            continue
        if rule.value is not None:
            of_relative = "family" if about_relative(doc, m.start()) else None
            out.append(
                Mention(
                    m.start(), m.end(), "SURVIVAL", rule.value, rule.id, assertion=of_relative, temporality="current"
                )
            )
            continue
        lengths = _ticked(doc, m.end()) or _lengths(doc, m.start(), m.end())
        for length in lengths:
            mention = _mention(doc, rule, m.start(), m.end(), length)
            if mention is not None:
                out.append(_as_last_put(doc, mention, length))
    for mention in out if len(out) > 1 else ():
        set_date(mention, heading_day(doc, mention.start))
    return out


def _as_last_put(doc: Document, mention: Mention, first: _Length) -> Mention:
    """The estimate in whose place a later one stands is replaced by that: "12 months in January, today no more than 4 weeks".

    Also an estimate that the same breath calls an earlier one gives way ("1 year, revised to 2 months"), be it in the next sentence.
    """
    if mention.assertion != "present":
        return mention
    norm, words = doc.norm, _words()
    at, limit = first.end, min(doc.line_at(first.start).end, first.end + LATER)
    for estimate in series_from(doc, first.start, first.end, _LENGTH, limit):
        if not estimate.superseded and (length := _length_in(norm, estimate.start, estimate.end)) and length.value:
            return _replaced(doc, mention, length)
    pattern = words.later_than_first if words.first.search(norm, max(0, first.start - 40), at + 30) else words.later
    leads = list(pattern.finditer(norm, at, limit))
    if norm[max(0, first.start - 5) : first.start].lower().rstrip().endswith("from") and (
        to := _TO.match(norm, at, limit)
    ):
        leads.insert(0, to)
    for lead in leads:
        length = _length_in(norm, lead.end(), min(limit, lead.end() + 40))
        if (
            length is None
            or length.value is None
            or words.later_gap.fullmatch(norm, lead.end(), length.start) is None
            or words.no_length_after.match(norm, length.end)
            or (
                _STOP.search(norm, at, lead.start())
                and not words.estimating.search(norm, lead.start(), length.start)
                and pattern is words.later
            )
        ):
            continue
        mention = _replaced(doc, mention, length)
    if mention.end == first.end and words.of_other_after.match(norm, first.end):
        mention.assertion = "family"
    return mention


def _replaced(doc: Document, mention: Mention, length: _Length) -> Mention:
    """An estimate with the length of a later one in its place."""
    mention.end, mention.value, mention.number = max(mention.end, length.end), length.value, length.months
    mention.unit = "months" if length.months is not None else None
    mention.date, mention.date_source = day_of_place(doc, mention.start) or (None, "none")
    return mention


def _lengths(doc: Document, start: int, end: int) -> list[_Length]:
    """Lengths that belong to what is expected: the one right after it, or that "with treatment" where the first, without, is too short to decide."""
    norm, words = doc.norm, _words()
    _, seg_end = doc.segment_at(max(start, end - 1))
    first = _length_in(norm, end, min(seg_end, end + REACH))
    if first is None:
        before = _length_in(norm, max(doc.segment_at(start)[0], start - 30), start)
        if before is None or norm[before.end : start].strip(" ").lower() not in ("", "of", "'s", "'", "expected"):
            return []
        return [before]
    if _OPTIONS.match(norm, first.end):
        return []  # "<3 mo / 3-6 mo / >12 mo": a choice that nobody is seen to make
    if not _untreated(norm, doc.segment_at(start)[0], first.start):
        return [first]
    treated = words.treated.search(norm, first.end, min(len(norm), first.end + 40))
    second = _length_in(norm, treated.end(), min(len(norm), treated.end() + 24)) if treated else None
    if second is not None:
        return [second]
    return [first] if first.value == "over" else []  # three months without treatment are no less with it


_OPTIONS = re.compile(r"\s?[/|]\s?[\[(]?\s?[<>≥≤]?\s?\d{1,2}\s?(?:-\s?\d|mo|m\b|w|y)", FLAGS)
_OPTION = re.compile(r"(?P<box>\[[\sxX✓√✔]?\]|[☐□☑☒✔✓√])\s?")


def _ticked(doc: Document, end: int) -> list[_Length]:
    """The ticked one of several lengths that a form offers: "[ ] < 3 mo  [x] 3 - 6 mo"."""
    norm, line = doc.norm, doc.line_at(max(0, end - 1))
    boxes = list(_OPTION.finditer(norm, end, line.end))
    if len(boxes) < 2 or norm[end : boxes[0].start()].strip(" \t:?|-"):
        return []
    found = []
    for i, box in enumerate(boxes):
        high = boxes[i + 1].start() if i + 1 < len(boxes) else line.end
        if box["box"].strip("[] ") not in ("", "☐", "□") and (m := _length_in(norm, box.end(), high)) is not None:
            found.append(m)
    return found


def _untreated(norm: str, low: int, start: int) -> bool:
    words = _words()
    without = max((m.end() for m in words.untreated.finditer(norm, low, start)), default=-1)
    return without > max((m.end() for m in words.treated.finditer(norm, low, start)), default=-1)


def _length_in(norm: str, low: int, high: int) -> _Length | None:
    words = _words()
    found = []
    if m := _LENGTH.search(norm, low, high):
        a = months_of(m["n"], m["u"])
        b = months_of(m["n2"], m["u"]) if m["n2"] else a
        if b < a or norm[max(0, m.start("n") - 5) : m.start("n")].lower() == "from ":
            a = b  # "cut from 9 to 2 months"
        short = _NOT_REACHED.search(norm, max(0, low - 30), m.start("n")) is not None
        at_least = bool(m["low"] or m["plus"] or m["plus2"] or m["more"]) and not short
        at_most = bool(m["high"]) or short
        value = side_of_limit(a, b, at_least, at_most, short or bool(m["high"] and _STRICT_HIGH.search(m["high"])))
        found.append(_Length(m.start(), m.end(), value, a))
    for value, pattern in (("under", words.under), ("over", words.over)):
        if m := pattern.search(norm, low, high):
            found.append(_Length(m.start(), m.end(), value))
    if not found:
        return None
    best = min(found, key=lambda x: (x.start, -x.end))
    if any(x.months is not None and x.start <= best.end and best.start <= x.end for x in found):
        best = next(x for x in found if x.months is not None)  # "8 to 10 weeks" is a number, not "weeks"
    gap = norm[low : best.start]
    if norm[max(0, low - 7) : low].lower().endswith(("live", "survive")):
        gap = re.sub(r"^\s+for\b", "", gap, flags=re.I)  # "to live for at least a year"
    return None if words.gap_stop.search(gap) else best


def _mention(doc: Document, rule: Rule, start: int, end: int, length: _Length) -> Mention | None:
    norm, words = doc.norm, _words()
    first, last = min(start, length.start), max(end, length.end)
    line = doc.line_at(start)
    seg_start, _ = doc.segment_at(start)
    value, assertion = length.value, None
    if value is None or words.general_after.match(norm, last):
        return None
    if words.not_.search(norm[start:end]) or words.not_.search(norm, max(seg_start, start - 12), start):
        value = {"over": "under", "under": "over"}[value] if rule.id == "survival.live" else value
    again = corrected_answer(norm, last, line.end)
    if again == "void":
        return None
    if again is not None:
        value = {"over": "under", "under": "over"}[value] if again == "no" else value
        return _stated(rule, first, last, value, length, "present")
    box = "ticked" if _OPTION.search(norm, end, length.start) else box_before(norm, first, line.start)
    answer = answer_after(norm, last, line.end)
    met = words.met.match(norm, last, line.end)
    if box is not None:
        if box == "empty":
            return None
        assertion = "present"
    elif answer is not None or met is not None:
        no = answer[0] == "no" if answer is not None else bool(met and met["no"])
        value = {"over": "under", "under": "over"}[value] if no else value
        assertion = "present"
    elif words.unanswered.match(norm, last, line.end):
        return None
    elif re.search(r"\[\s?\]\s?(?:y|n|yes|no)\b", norm[last : line.end], re.I):
        return None  # boxes that nobody ticked
    elif (
        words.of_other.search(norm, start, length.start)
        or words.family.search(norm, max(seg_start, start - 40), start)
        or doc.category_at(start) == "family"
    ):
        assertion = "family"
    elif is_requirement(doc, first, last):
        assertion = "hypothetical"
    else:
        assertion = "possible" if words.doubt_after.match(norm, last) else "present"
    return _stated(rule, first, last, value, length, assertion)


def _stated(rule: Rule, start: int, end: int, value: str, length: _Length, assertion: str) -> Mention:
    months = length.months
    unit = "months" if months is not None else None
    return Mention(
        start, end, "SURVIVAL", value, rule.id, number=months, unit=unit, assertion=assertion, temporality="current"
    )


FAMILY = Family("survival", load_rules("survival.yaml"), _find)
