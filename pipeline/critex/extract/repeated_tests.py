"""Further results of one test, each with its day (GUIDELINE section 1: the later result replaces the earlier).

"HBV DNA 640 copies/mL (2024), 88,000 copies/mL on 6 May", "HIV 2019 neg, 6/5/26 pos", "由3.6E5 IU/mL(2月)降至<20 IU/mL": the results
behind one name are read in order, a day stands before or behind each, and the newest counts. Which tests there are is their families' matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

from critex.extract.dates import DateMention, When
from critex.extract.document import Document
from critex.extract.lab_prose import CONDITIONAL, REQUIRED
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS
from critex.extract.result_days import days_among_results
from critex.extract.serology import Result, among_options, quantity_at

_REACH = 90
"""Characters from one result to the next of the same test."""
_FAR = 300
"""Characters behind a name in which its results are looked for."""
_WORD = re.compile(
    r"(?<![\w-])(?:(?P<neg>neg(?:ativ[aeo]?|atif|at)?\b|-ve\b|\(\s?-\s?\)|non?[\s-]?reacti(?:ve|vo|va|f)\b|not[\s-]reactive|(?:not|nao|no|non)\s(?:been\s)?detect(?:ed|able|ad[oa]|e)\b|undetect(?:able|ed)\b|indetect(?:able|avel)\b|nicht nachweisbar|(?-i:TND|NR|ND)\b)"
    r"|(?P<pos>pos(?:itiv[aeo]?|itif)?\b|\+\s?ve\b|\(\s?\++\s?\)|reacti(?:ve|vo|va|f)\b|detect(?:ed|able|ad[oa])\b))"
    r"|(?P<zh>(?P<zhneg>阴性|陰性|未检出|未檢出|低于检测下限)|阳性|陽性)",
    FLAGS,
)
_PLACE = re.compile(
    r"(?P<q>(?<![\w.,^/-])(?:(?:log\s)?[<>≤≥]?=?\s?\d|(?:below|less than|under)\s\d))|(?P<w>[+(-]|[nprdiutNPRDIUT](?<![A-Za-z][A-Za-z])|[阴陰未低阳陽])",
    FLAGS,
)
"""Where a result can begin: a number, or the first letter of a word for one."""
_LINK = re.compile(r"(?:-{1,2}>|→|=>|>|\b(?:to|then|now)|[至到])[\s:,]*(?:(?:now|was|is|of|about|only)\s)?$", FLAGS)
"""Right before a further result: an arrow, "then", "fell to"."""
_NOW = re.compile(r"\b(?:now|today|currently|latest|most recent(?:ly)?|last one)\b|目前|现|現", FLAGS)
_ONCE = re.compile(r"\b(?:was|were|previous\w*|prior|before|earlier|formerly|initially|from)\b", FLAGS)
_WORDS_BETWEEN = re.compile(
    r"(?:[\s,;:.()\[\]=|/\"'>→-]|\b(?:s|on|in|at|of|by|from|le|el|en|em|im|am|de|du|the|a|an|and|et|y|e|und|then|now|but|again|also|later|since|still|yet|is|was|were|are|be|been|has|had|came|come|back|turned|became|went|all|both|each|not|"
    r"tests?|tested|testing|screen(?:ed|ing)?|repeat(?:ed|s|ing)?|re-?test(?:ed)?|re-?check(?:ed)?|check(?:ed)?|control(?:e|led)?|contr[oô]le|kontrolle|wiederholt|repetid[ao]|repete|confirm(?:ed|atory|ation|ing)?|first|second|third|fourth|1st|2nd|3rd|initial(?:ly)?|final(?:ly)?|new|latest|last|recent|most|next one|one|sample|specimen|blood|serum|urine|rapid|home|result(?:s|ed)?|report(?:ed)?|reading|done|taken|drawn|performed|today|currently|years?|previous(?:ly)?|"
    r"western blot|immunoblot|line immunoassay|(?-i:WB)|elisa|eia|cmia|eclia|(?:hiv(?:-1)? )?(?:rna|pcr|naat)|assay|another|other|different|second-line|weakly|faintly|strongly|window period|unchanged|same|retrospective(?:ly)?|dated?|antibod(?:y|ies)|serology|quantitative|quant)\b"
    r"|复查|複查|复测|确证试验|初筛|再次|目前|治疗后|转|結果|结果|为|仍|现|血|尿|试验|检测|\x00)*",
    FLAGS,
)
"""Words between two results of one test; a day is written as \\x00."""
_REPEAT = re.compile(
    r"\b(?:repeat\w*|re-?test\w*|re-?check\w*|again|second|2nd|control|contr[oô]le|kontrolle|wiederholt|repetid[ao]|now|then|later|today|western blot|immunoblot|(?-i:WB)|elisa|rna|pcr|confirmatory)\b|复查|複查|复测|再次|确证|现|目前|→|->",
    FLAGS,
)
_SENTENCE = re.compile(r"(?<!\d)\.\s+(?=[A-Z])|\.\n|\n\s*\n", FLAGS)
_PERSONS = r"wife|husband|spouse|partner|mother|father|brother|sister|siblings?|son|daughter|uncle|aunt|cousin|donor|neighbou?r|room-?mate|(?:an?)?other (?:patient|pt)|flatmate|baby|friend"
ANOTHER_PERSON = re.compile(rf"\b(?:{_PERSONS})\b", FLAGS)
"""Another person, whose results are not the patient's."""
_PATIENTS_OWN = re.compile(r"\b(?:own|patient|pt|himself|herself)\b", FLAGS)
_OTHERS = re.compile(
    r"\b(?:ebv|epstein|hpv|cmv|afp|tsh|alt|ast|ldh|alp|ggt|plasma|anti-?hbs|hbs-?ab|hbsag|qhbsag|titre|titer|platelets?|creatinine|vitamin|insulin)\b"
    r"|\b(?:if|unless|until|limit|threshold|must|should|needs?|require\w*|trial|study|protocol|target|goal|cut-?off|criteri\w+|eligib\w+|aim|lod|loq|lloq|detection limit)\b"
    r"|\b(?:plan(?:ned|s)?|to be|to (?:repeat|check|recheck|send)|request\w*|pending|await\w*|order(?:ed)?|due|tomorrow|booked|outstanding|not (?:yet )?(?:back|available|done))\b|待|拟|计划",
    FLAGS,
)
"""Words behind which a number or result is another test's, asked for or not there yet."""


_WITHDRAWN = re.compile(
    r"\b(?:withdrawn|retracted|recalled|revoked|cancelled|wrong (?:barcode|patient|pt|sample|tube|label|name|person)|mis-?label\w*|mix(?:ed)?[\s-]?up|(?:in|by|an?|typing|clerical|laboratory|labell?ing) error|by mistake|mistaken(?:ly)?|erroneous(?:ly)?|not (?:his|hers|confirmed)|false(?:ly)? (?:positive|negative))\b",
    FLAGS,
)
"""Between two results: the first was taken back."""
_PUT_RIGHT = re.compile(
    r"\b(?:correct(?:ed)?|amended|revised|true|proper|right|valid|own)\s(?:result|report|value|one|test|sample|reading|entry)?s?[\s:=,(]{0,3}(?:(?:is|was|came back|reads?|says?|now)\s)?(?:(?:on|of|from|dated)\s)?\x00?[\s:,]{0,2}$",
    FLAGS,
)
"""Right before the result that stands in its place."""


@dataclass(frozen=True)
class Dated:
    """One of several results of a test: the result, its day where one is written, and whether a newer one replaces it."""

    result: Result
    when: When | None = None
    older: bool = False
    newest_undated: bool = False
    """Whether it is the newest and only "now" dates it."""
    withdrawn: bool = False


def of_another_person(norm: str, start: int, end: int) -> bool:
    """Whether the words of a stretch turn to another person, and not back to the patient."""
    last = None
    for last in ANOTHER_PERSON.finditer(norm, start, end):  # noqa: B007 - the last counts
        pass
    if last is None or _PATIENTS_OWN.search(norm, last.end(), end) is not None:
        return False
    in_passing = _SENTENCE.search(norm, start, last.start()) is None  # "chronic hep B, mother likewise. VL ..."
    return not (in_passing and _SENTENCE.search(norm, last.end(), end + 1) is not None)


def read_repeats(
    doc: Document,
    at: int,
    limit: int,
    first: Result | None,
    unit: re.Pattern[str] | None,
    bare_numbers: bool = False,
) -> list[Dated]:
    """Results of a test in order of the text; empty where there are neither several results nor several days of one.

    Parameters
    ----------
    doc : Document
    at, limit : int
        Where the test's name ends, and how far its results may stand; indices into the note's text.
    first : Result, optional
        The result that was read already.
    unit : re.Pattern, optional
        Unit that a number has if it is a result of this test; without one no number is.
    bare_numbers : bool
        Whether a number without a unit is a result where a day stands beside it.
    """
    limit = min(limit, at + _FAR)
    days = days_among_results(doc, at, limit)
    if first is None and (
        among_options(doc.norm, at, limit, "positive") or among_options(doc.norm, at, limit, "negative")
    ):
        return []
    if not days and (first is None or _LINKS.search(doc.norm, first.end, limit) is None):
        return []
    head = _UNIT_OF_HEAD.match(doc.norm, at, limit) if unit is not None and first is None else None
    walk = _Walk(days, unit, bare_numbers or head is not None, limit)
    found = [first] if first is not None else []
    place = first.end if first is not None else head.end() if head is not None else at
    while (r := _next(doc, place, walk, bool(found))) is not None:
        found.append(r if r.unit or head is None or r.number is None else replace(r, unit=head["unit"]))
        place = r.end
    while (
        len(found) > 1
        and found[-1].number is None
        and found[-1].result == found[-2].result
        and not (_day_behind(doc.norm, found[-1].end, days) or _inside(days, found[-2].end, found[-1].start))
    ):
        found.pop()  # "reactive, second assay reactive" says it once
    if not found:
        return []
    own = _days_of(
        doc, at, found, [d for d in days if not any(r.start < d.end and d.start < r.end for r in found)], limit
    )
    if len(found) == 1 and (first is not None and len(own[0]) < 2):
        return []
    return _ordered(doc, found, [max(o, key=lambda d: _place_in_time(d.when)).when if o else None for o in own])


_LINKS = re.compile(
    r"correct|amended|revised|-{1,2}>|→|=>|>|\b(?:then|now|repeat\w*|to|again|today|currently)\b|[至到复現现]", FLAGS
)


_UNIT_OF_HEAD = re.compile(
    r"(?:\sby pcr)?[\s,]{0,2}\(?(?:in )?(?P<unit>(?:log\s?_?(?:10)?\s?)?(?:m?i[ue]|ui|cop(?:y|ies)|cps?)\s?/\s?m?l)\)?\s?[:=]?(?=\s)",
    FLAGS,
)
"""Unit of all values behind a test's name: "HBV DNA (IU/mL): 02/2026 1,250,000; 05/2026 61"."""


@dataclass(frozen=True)
class _Walk:
    """What counts as a result of the test whose results are read."""

    days: list[DateMention]
    unit: re.Pattern[str] | None
    bare_numbers: bool
    limit: int


def _next(doc: Document, at: int, walk: _Walk, follows: bool) -> Result | None:
    """The next result of the same test within reach, ``None`` where other words come first."""
    norm = doc.norm
    for place in _PLACE.finditer(norm, at, min(walk.limit, at + _REACH)):
        start = place.start()
        if place["q"]:
            r = quantity_at(norm, start, walk.limit) if walk.unit is not None else None
            if r is None or not _is_quantity(doc, r, at, walk, follows):
                continue
        else:
            m = _WORD.match(norm, start, walk.limit)
            if m is None:
                continue
            if not _is_word(doc, at, m, walk):
                if walk.unit is None:
                    return None
                continue
            r = Result(m.start(), m.end(), "negative" if m["neg"] or m["zhneg"] else "positive")
        return None if _OTHERS.search(norm, at, r.start) or of_another_person(norm, at, r.start) else r
    return None


def _is_quantity(doc: Document, r: Result, at: int, walk: _Walk, follows: bool) -> bool:
    """Whether a number is a result: it has the test's unit, or stands right behind an arrow or "then", or beside a day where that is enough."""
    norm, days = doc.norm, walk.days
    has_unit = r.unit is not None and walk.unit is not None and walk.unit.match(r.unit) is not None
    if not has_unit and (any(d.start < r.end and r.start < d.end for d in days) or r.unit is not None):
        return False
    if not (
        has_unit
        or (follows and _LINK.search(norm, at, r.start))
        or (walk.bare_numbers and (_day_behind(norm, r.end, days) or _day_before(norm, r.start, days)))
    ):
        return False
    if r.comparator and (CONDITIONAL.search(norm, at, r.start) or REQUIRED.match(norm, r.end)):
        return False
    return _SENTENCE.search(norm, at, r.start) is None or bool(
        _inside(days, at, r.start) or _day_behind(norm, r.end, days)
    )


def _is_word(doc: Document, at: int, m: re.Match[str], walk: _Walk) -> bool:
    """Whether a word such as "positive" is a further result: only words of testing stand before it, and a day or a repetition is named."""
    norm, days = doc.norm, walk.days
    gap = norm[at : m.start()]
    between = _inside(days, at, m.start())
    for d in reversed(between):
        gap = gap[: d.start - at] + "\x00" + gap[d.end - at :]
    if among_options(norm, m.end(), walk.limit, "negative" if m["neg"] else "positive"):
        return False
    if walk.unit is not None and between and not _SENTENCE.search(gap):
        return True  # words of treatment may stand between loads
    if not _are_of_testing(gap) or (_SENTENCE.search(gap) and not _REPEAT.search(gap)):
        return False
    return bool(between or _REPEAT.search(gap) or _PUT_RIGHT.search(gap) or _day_behind(norm, m.end(), days))


def _are_of_testing(gap: str) -> bool:
    """Whether the words between two results are of testing only, or take the first back and announce the second."""
    if _WORDS_BETWEEN.fullmatch(gap):
        return True
    return _PUT_RIGHT.search(gap) is not None and _WITHDRAWN.search(gap) is not None


def _inside(days: list[DateMention], start: int, end: int) -> list[DateMention]:
    return [d for d in days if start <= d.start and d.end <= end]


_TO_ITS_DAY = re.compile(
    r"[\s(\[.,]{0,3}(?:(?:on|in|at|by|le|el|en|em|im|am|of|dated|again|since|only|and|as of|from)\s){0,3}", FLAGS
)


def _day_behind(norm: str, at: int, days: list[DateMention]) -> DateMention | None:
    """Day that stands right behind a result."""
    lead = _TO_ITS_DAY.match(norm, at)
    return next((d for d in days if lead is not None and at <= d.start <= lead.end()), None)


_FROM_ITS_DAY = re.compile(r"[\s:=,)]{0,3}(?:(?:was|at|still|only)\s)?", FLAGS)


def _day_before(norm: str, at: int, days: list[DateMention]) -> DateMention | None:
    """Day that stands right before a result."""
    return next((d for d in days if d.end <= at and _FROM_ITS_DAY.fullmatch(norm, d.end, at)), None)


_AND_DAY = re.compile(r"\s?(?:,|and|&|/|,\s?and|und|et|y)\s?(?:(?:again )?(?:on|in)\s)?", FLAGS)
_CUT = re.compile(r"[,;→>]|->|\b(?:then|but|now|and|repeat\w*|to)\b|[,;至]|\.\s", FLAGS)


def _days_of(
    doc: Document, at: int, found: list[Result], days: list[DateMention], limit: int
) -> list[list[DateMention]]:
    """Days of each result: those right behind it, and those before it that are not the result's before it."""
    own: list[list[DateMention]] = [[] for _ in found]
    own[0].extend(_inside(days, at, found[0].start))
    leads = bool(own[0])
    for i, r in enumerate(found):
        stop = found[i + 1].start if i + 1 < len(found) else limit
        between = _inside(days, r.end, stop)
        if i + 1 == len(found):
            own[i].extend(_listed_behind(doc.norm, r.end, between) if not own[i] else [])
            continue
        for d in between:
            own[i if _belongs_before(doc.norm, r.end, d, stop, leads) else i + 1].append(d)
    return own


def _listed_behind(norm: str, at: int, days: list[DateMention]) -> list[DateMention]:
    """Days right behind the last result: "not detected 2018, 2020 and on 4 May"."""
    first = _day_behind(norm, at, days)
    if first is None:
        return []
    listed = [first]
    for d in days:
        if d.start > listed[-1].start and _AND_DAY.fullmatch(norm, listed[-1].end, d.start):
            listed.append(d)
    return listed


def _belongs_before(norm: str, end: int, d: DateMention, start: int, leads: bool) -> bool:
    """Whether a day between two results is that of the first: in brackets behind it, or parted from the second and not from the first."""
    opened = norm.rfind("(", end, d.start)
    if opened >= 0 and norm.find(")", opened, d.start) < 0:
        closed = norm.find(")", d.end, start)
        return closed >= 0
    parted, kept = _CUT.search(norm, end, d.start) is not None, _CUT.search(norm, d.end, start) is not None
    return kept if parted != kept else not leads


def _place_in_time(when: When) -> date:
    """Middle of a stretch of days: "half a year ago" lies before last week, though it may end today."""
    return when.first + (when.last - when.first) / 2


def _ordered(doc: Document, found: list[Result], whens: list[When | None]) -> list[Dated]:
    """Results with all but the newest marked as older; one without a day has the place in time that its place in the text gives it."""
    norm, keys = doc.norm, []
    known = [w for w in whens if w is not None]
    newest_of_all = max((_place_in_time(w) for w in known), default=date.min)
    now: list[bool] = []
    for i, w in enumerate(whens):
        before = norm[found[i - 1].end if i else max(0, found[i].start - 30) : found[i].start]
        now.append(w is None and _NOW.search(before) is not None)
        following = next((v for v in whens[i:] if v is not None), None)
        preceding = next((v for v in reversed(whens[:i]) if v is not None), None)
        later_in_brackets = i + 1 < len(found) and re.match(r"\s?\(", norm[found[i].end : found[i].end + 2]) is not None
        if w is not None:
            key = _place_in_time(w)
        elif now[-1] or (later_in_brackets and whens[i + 1] is not None and i == 0):
            key = newest_of_all
            now[-1] = True
        elif following is not None:
            key = _place_in_time(following)
        else:
            key = _place_in_time(preceding) if preceding is not None else date.min
        once = w is None and i > 0 and _ONCE.search(before) is not None
        keys.append((not once, key, now[-1], i))
    ends = [*(r.start for r in found[1:]), found[-1].end]
    withdrawn = [_WITHDRAWN.search(norm, r.end, end) is not None for r, end in zip(found, ends, strict=True)]
    newest = max((i for i in range(len(found)) if not withdrawn[i]), key=lambda i: keys[i])
    return [
        Dated(r, w, i != newest, i == newest and now[i], withdrawn[i])
        for i, (r, w) in enumerate(zip(found, whens, strict=True))
    ]


_SOON = timedelta(days=150)


def with_screens_disproved(dated: list[Dated]) -> list[Dated]:
    """Of an infection that does not clear, a positive test long before a negative one stands beside it: the two contradict each other."""
    newest = next((d for d in dated if not d.older), None)
    if newest is None or newest.result.result != "negative" or newest.when is None:
        return dated
    day = newest.when.last
    return [
        replace(d, older=False)
        if d.older and not d.withdrawn and d.result.result == "positive" and d.when and day - d.when.first > _SOON
        else d
        for d in dated
    ]


def set_day(doc: Document, m: Mention, d: Dated) -> None:
    """Give a mention the day of its result, and mark it where a newer result replaces it; in place."""
    if d.when is not None:
        _set(m, d.when)
    elif d.newest_undated and doc.note_date is not None:
        m.date, m.date_source = doc.note_date.isoformat(), "note"
    if d.withdrawn:
        m.assertion = "hypothetical"
    if d.older:
        m.attributes["superseded"] = True


def part_days(doc: Document, found: list[Mention]) -> None:
    """Give mentions of one test in one line their own days: a day right behind a result is not that of the next ("HBsAg positive in 2008, since lost: HBsAg negative"); in place."""
    seen: dict[tuple[int, str | None], Mention] = {}
    for m in sorted(found, key=lambda m: m.start):
        if m.result is None or m.assertion != "present":
            continue
        line = doc.line_at(m.start)
        before = seen.get((line.start, m.value))
        seen[line.start, m.value] = m
        if before is None or m.date is not None or before.date is not None:
            continue
        claimed = _day_behind(doc.norm, before.end, doc.dates_between(before.end, m.start))
        if claimed is None:
            continue
        a, b = doc.segment_at(m.start)
        own = [d for d in doc.dates_between(max(a, before.end), b) if d != claimed]
        _set(before, claimed.when)
        if own:
            _set(m, min(own, key=lambda d: max(d.start - m.end, m.start - d.end)).when)
        elif doc.note_date is not None:
            m.date, m.date_source = doc.note_date.isoformat(), "note"


def _set(m: Mention, when: When) -> None:
    m.date, m.date_source = when.iso, "relative" if when.source == "relative" else "text"
