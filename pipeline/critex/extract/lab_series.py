"""Several values of one test in a sentence: arrows, days, "then" and "now", earlier values in brackets (domain.md 6.1)."""

from __future__ import annotations

import re

from critex.extract.dates import When, parse_iso
from critex.extract.document import Document
from critex.extract.lab_days import date_at, day_after, day_at, days_in_bracket, days_of_list, nth_of
from critex.extract.lab_later import counts_else, is_timed, later_value, seems_followed
from critex.extract.lab_values import (
    Analyte,
    Name,
    Reading,
    analytes,
    canonical,
    lab_mention,
    read_value,
)
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS

_ARROW = re.compile(
    r"\s?(?:-{1,2}>|→|=>|>{1,2}|⇒|to(?=\s\d)|,?\s?(?:现|目前|今)?(?:已)?(?:升|降|升高|下降|恢复)[至到](?=\s?\d))\s?",
    FLAGS,
)

_FROM = re.compile(
    r"[\s:,]{0,3}(?:(?:which|that|has|have|had|is|was|been|now|up|down|back|further|again|slightly|[a-z]{3,11}(?:ed|en|ing|ly)|fell|rose|slid|sunk|shot|crept|drops?|rises?|went|goes|came|come|gone)\s){0,5}(?:[↑↓]\s?)?from\s+(?=\d)|[由从]\s?(?=\d)",
    FLAGS,
)
"""Before the first of two values: "Hb dropped from 11.2 to 8.9"."""
_THEN = re.compile(
    r"\s?[(\[]?\s?(?:(?:at|on|in|during|before|prior to|pre-?)\s?(?:the\s|initial\s|first\s)?(?:presentation|admission|baseline|diagnosis|dx|referral|arrival|start|visit|screening|c\d(?:d\d{1,2})?\b|cycle \d|treatment|chemo\w*|transfusion)|initially|originally|previously|pre-?\s?(?:op|rx|treatment|transfusion|chemo)?\b|"
    r"last (?:week|month|visit|time|clinic|cycle|year)|(?:the )?(?:week|month) before|earlier|before(?=\s?[,;)])|yesterday)\s?[)\]]?",
    FLAGS,
)
"""Behind a value that is not the latest: "180 at presentation"."""
_NOW = re.compile(
    r"(?:\s(?:during|with|while|after|amid|from|due to|when|because of)\s[^,;.\n\d]{3,40}(?=[,;])|\s(?:in|by|on)\s(?:the\s)?(?-i:EDTA)(?:\s(?:tube|sample))?)?(?:\s?\((?:[a-z +]{3,30}|(?:n|nr|rr|ref|normal|range)?[\s:]*(?:\d+(?:\.\d+)?\s?-|[<>≤≥])\s?\d+(?:\.\d+)?)\))?[\s,;:.-]{1,4}(?:(?:and|but|then|which|has|have|had|since|is|are|was|were|it|this|been|transfused|given|with|after|following|ivf?|iv|g-?csf|fluids|hydration|\d\s?(?:u|units?|pints?)|of|prbcs?|pcs?|rbcs?|packed|cells|blood|platelets|peripheral|venous|fresh|new|[a-z]{4,12}ly)[\s,]+){0,6}"
    r"(?:and then|and was|then|finally|now|today|currently|latest|most recent(?:ly)?|settled|improv(?:ed|ing)|recover(?:ed|ing)|normali[sz]ed|came|come|went|gone|fell|fallen|dropped|rose|risen|increased|decreased|declined|corrected|down|up|back|on (?:repeat|recheck)|repeat(?:ed)?|re-?checked|re-?count(?:ed)?|(?:in |on )?citrate(?: (?:tube|sample|recount))?|recheck|post(?:-?\s?(?:transfusion|transfused|op|tx))?)"
    r"(?:\s(?:now|today|is|was|at|to|down|up|back|of|value|level|on|only|(?:the )?same (?:specimen|sample|tube|day)|fresh (?:specimen|sample)))*\s*[:=]?\s*(?=[<>]?\s?\d)",
    FLAGS,
)
"""Before the latest value, where an earlier one was given: "..., settled to 92"."""
_AND_WAS = re.compile(r"[^.;\n\d]{0,70}?,?\sand\s(?:was|is|had (?:risen|fallen) to)\s(?=\d)", FLAGS)
"""Before a further value with its unit: "78 g/L on admission, when she was transfused, and was 101 g/L a week later"."""
_CHECKED = re.compile(
    r"[^.\n\d]{0,70}?[\s,;](?:check|repeat|control|follow-?up|next|(?:post-?)?transfusion)\s(?:(?:count|ha?emoglobin|hb|level|value|bloods?|sample|test|result|one)\s)?(?:on\s(?:the\s)?(?P<nth>\d{1,2})(?:st|nd|rd|th)\s)?"
    r"(?:(?:has\s|had\s)?(?:came|come)\sback(?:\s(?:at|as))?|was|is|showed|shows|gave|reads?)\s(?=[<>]?\d)"
    r"|[^.\n]{0,80}?[;,]\s(?:and\s)?after\s(?:vitamin\s\w|plasma|FFP|(?:re)?hydration|fluids?|transfusion|antibiotics|ursodiol|steroids?|G-?CSF|filgrastim|platelets|iron)\s(?=[<>]?\d)",
    FLAGS,
)
"""Before a later value of a test that is not named again: "81 g/L on 6 May, transfused; check count on the 13th came back at 99"."""
_NTH = re.compile(r"\s?\(?(?:on|by)\s(?:the\s)?(?P<nth>[0-3]?\d)(?:st|nd|rd|th)\b\)?(?!\s(?:of|cycle|dose|day))", FLAGS)
"""Day of the month behind a further value: "81 on 6 May, 99 on the 13th"."""
_LISTED = re.compile(
    r"(?:\s?,\s?\d+(?:\.\d+)?){1,4}(?=\s?,?\s?(?:and\s)?(?:then|now|finally|today|currently)\b)", FLAGS
)
_TREND = re.compile(r"\s?(?:,|and|/|;)\s?(?:and\s)?(?=\d)", FLAGS)
"""Between the values of "Hb trend: 118, 107, 96 and 85"."""
_VALUE_ENDS = re.compile(
    r"\s*(?:$|[,;.)(\]/|\n↑↓*]|[HL]\b|with\b|after\b|on\b|at\b|today\b|now\b|this\b|and\b|but\b|following\b|post\b|-+>|→|so\b|since\b|in\b)",
    FLAGS,
)
_SHARED = re.compile(r"\s?(?:and|/|,)\s?\d", FLAGS)
_FARTHEST = 25.0
"""Two values of one test do not differ by more than this factor where only words join them."""
_INTERVENTION = re.compile(
    r"\s*(?:\d{1,2}\s?(?:u|units?|pints?|x)?\s?)?[A-Za-z][A-Za-z/ -]{0,24}?(?=\s?(?:-{1,2}>|→|=>|>{1,2}|⇒))", FLAGS
)
"""What was done between two values: "78 -> 2u PC -> 94"."""
_NEXT_OF_SERIES = re.compile(r"\s?[)\]]?\s?(?:,|;|/|and|then|now|-{1,2}>|→|=>|>{1,2}|⇒)?\s*(?:and |then |now )?", FLAGS)


def _is_date(doc: Document, r: Reading) -> bool:
    """Whether a number is the first part of a date: "ANC, repeat 10/05"."""
    return any(d.start == r.start and d.end > r.end for d in doc.dates_between(r.start, r.end + 9))


def first_value(doc: Document, name: Name, limit: int) -> tuple[Reading, When | None, bool] | None:
    """First value behind a name, the day written before it ("Hb (02/03) 78", "Cr 2 weeks ago 98"), and whether words say that a later one follows ("from 11.2 to 8.9")."""
    norm, analyte = doc.norm, analytes()[name.key]
    if (led := _FROM.match(norm, name.end, limit)) is not None:
        r = read_value(norm, led.end(), limit, analyte, spans=False)
        return (r, None, True) if r is not None and r.start == led.end() else None
    lead = _DAY_BEFORE.match(norm, name.end, limit)
    at = lead.end() if lead else name.end
    dated = day_at(doc, at, limit)
    if dated is not None and norm[dated[0] : dated[0] + 1] != "/":  # "H&H 16.9/52.1" has no day
        if (after := _BEHIND_DAY.match(norm, dated[0], limit)) is None:
            return None
        r = read_value(norm, after.end(), limit, analyte)
        if r is None or _is_date(doc, r):
            return None
        return r, dated[1], False
    if (then := _THEN.match(norm, name.end, limit)) is not None:  # "Hb pre 81 post 97"
        if (of_then := day_after(doc, then.end() - then.group().endswith(" "), limit)) is not None:
            r = read_value(norm, of_then[0], limit, analyte)
            if r is not None and r.start <= of_then[0] + _NEAR:
                return r, of_then[1], False
        r = read_value(norm, then.end(), limit, analyte)
        if r is not None and r.start <= then.end() + _NEAR:
            return r, None, not _COURSE.search(then.group())
        if r is None or not _TOLD_FIRST.match(norm, then.end(), limit):
            return None
    r = read_value(norm, name.end, limit, analyte, spans=name.key not in ("pt", "aptt"))
    if r is None or _is_date(doc, r):
        return None
    return r, None, False


_NEAR = 8
"""Characters between a day or time and its value."""
_TOLD_FIRST = re.compile(r"\s?(?:reported|issued|keyed|typed|entered|recorded|calculated|printed|given|read)\b", FLAGS)
"""Behind "initially": how a value was told before it was corrected."""


def listed_days(doc: Document, name: Name, limit: int) -> list[Mention]:
    """Values behind as many days: "Platelets on 1 May, 8 May and 13 May: 164, 121 and 88 x10^9/L"; none where the text is otherwise."""
    norm, analyte = doc.norm, analytes()[name.key]
    lead = _DAY_BEFORE.match(norm, name.end, limit)
    end, days = days_of_list(doc, lead.end() if lead else name.end, limit)
    if len(days) < 2 or (opened := _LIST_OPENS.match(norm, end, limit)) is None:
        return []
    found, at = list[Reading](), opened.end()
    while (r := read_value(norm, at, limit, analyte, spans=False)) is not None and r.start == at:
        found.append(r)
        gap = _NEXT_OF_SERIES.match(norm, r.end, limit)
        at = gap.end() if gap is not None and gap.end() > r.end else limit
    if len(found) != len(days):
        return []
    for r in found:
        if r.factor is None and found[-1].factor is not None:
            r.factor, r.unit = found[-1].factor, found[-1].unit
    if any(canonical(r, analyte)[1] is None for r in found):
        return []
    return [
        lab_mention(doc, name, r, r.start if k else name.start, r.end, day, "text")
        for k, (r, day) in enumerate(zip(found, days, strict=True))
    ]


_LIST_OPENS = re.compile(r"\s?[)\]]?\s?(?::|were|was|of|=)\s?(?=\d)", FLAGS)


def behind_day(doc: Document, name: Name, limit: int) -> int:
    """Where a result may begin: behind the day that stands right behind a test's name, else behind the name."""
    lead = _DAY_BEFORE.match(doc.norm, name.end, limit)
    at = lead.end() if lead else name.end
    dated = date_at(doc, at, min(limit, at + 24))
    after = _BEHIND_DAY.match(doc.norm, dated.end, limit) if dated is not None else None
    return after.end() if after is not None else name.end


_COURSE = re.compile(r"admission|presentation|arrival|pre", FLAGS)
"""Of the present course: alone, such a value is no earlier one."""
_DAY_BEFORE = re.compile(
    r"[\s:,]{0,3}(?:(?:measured|taken|drawn|checked|done|tested|sent|repeated|performed|collected)\s)?"
    r"(?:(?:on\s|last\s|this\s|of\s)?(?:the\s)?(?:same\s(?:day|date|morning)|(?:mon|tues|wednes|thurs|fri|satur|sun)day(?:\slast)?|week|morning),?\s)?"
    r"(?:[(\[]\s?|(?:level |count |result )?(?:on|from|of|dated|@)\s|(?:at|by|in)\s(?:the\s|our\s|her\s|his\s)?(?:[a-z.]{2,15}\s){1,3}?(?:on\s)?(?=\d|(?-i:[A-Z][a-z]{2,8})\s))?",
    FLAGS,
)
_BEHIND_DAY = re.compile(r"\.?\s?[)\]]?\s?(?:[:=,-]\s?)?(?:(?:was|is|were)\s)?", FLAGS)


def read_series(doc: Document, name: Name, first: Reading, out: list[Mention], limit: int) -> int:
    """Further values of the test: behind arrows, each with its day ("Hb 92 (2/3), 85 (11/3)"), said to be the latest, behind a clause, or measured anew. Adds them to ``out``; returns where they end."""
    norm, analyte, at = doc.norm, analytes()[name.key], first.end
    while True:
        at, is_dated = _own_day(doc, out, at, limit)
        then = _THEN.match(norm, at, limit)
        if (step := _joined_value(doc, analyte, first, out, at, limit, then, is_dated)) is not None:
            nxt, day, is_earlier = step
        elif len(out) == 1 and earlier_value(norm, at, limit, analyte) is not None:
            return at
        elif (later := later_value(doc, analyte, first, at, limit, _is_no_value(out[-1]))) is not None:
            nxt, day, is_earlier = later.reading, later.when, later.replaces
            was_timed = out[-1].date is None and (then is not None or is_timed(norm, at, limit))
            if later.replaces:
                day = day or parse_iso(out[-1].date)
            elif was_timed:
                is_earlier = True
            elif day is None and not _is_no_value(out[-1]):  # "26 s on 11/5, not anticoagulated, was 15 s at admission"
                out.append(lab_mention(doc, name, nxt, nxt.start, nxt.end))
                out[-1].temporality = "past"
                return nxt.end
        else:
            if then is not None and not _COURSE.search(then.group()) and seems_followed(doc, analyte, first, at, limit):
                out[-1].temporality = "past"
            return at
        if first.factor is not None and nxt.factor is None:
            nxt.factor, nxt.unit = first.factor, first.unit
        elif first.factor is None and nxt.factor is not None and not first.ratio:
            _share_unit(doc, name, first, nxt, out)
        nxt.ref_low = first.ref_low if nxt.ref_low is None else nxt.ref_low
        nxt.ref_high = first.ref_high if nxt.ref_high is None else nxt.ref_high
        out.append(lab_mention(doc, name, nxt, nxt.start, nxt.end, day, "text"))
        if is_earlier:
            out[-2].temporality = "past"
        at = nxt.end


def _is_no_value(m: Mention) -> bool:
    """Whether a mention is a limit, another person's value, or was taken back."""
    return m.assertion == "hypothetical" or m.temporality == "past"


_ASIDE = re.compile(r"\s?[(\[][^()\[\]\n]{1,40}[)\]]")
"""A range or a remark in brackets between a value and its day."""


def further_sets(doc: Document, names: list[Name], found: list[Mention], at: int, limit: int) -> list[Mention]:
    """Further values of tests named together, each set with its day: "AST/ALT 160/190 on 20/4, 48/60 on 12/5". Gives ``found`` their day, too."""
    norm, last, out = doc.norm, found, list[Mention]()
    while (dated := day_after(doc, at, limit)) is not None:
        for m in last:
            m.date, m.date_source = dated[1].iso, "text"
        gap = _SET_GAP.match(norm, dated[0], limit)
        if gap is None:
            break
        at, last = gap.end(), []
        for n in names:
            r = read_value(norm, at, limit, analytes()[n.key], spans=False)
            if r is None or r.start != at or canonical(r, analytes()[n.key])[1] is None:
                return out
            last.append(lab_mention(doc, n, r, r.start, r.end))
            at = r.end + (norm[r.end : r.end + 1] == "/" and n is not names[-1])
        if day_after(doc, at, limit) is None:
            break
        out.extend(last)
    return out


_SET_GAP = re.compile(r"\s?[,;]\s?(?:(?:and|then|now)\s)?(?=\d)", FLAGS)


def _own_day(doc: Document, out: list[Mention], at: int, limit: int) -> tuple[int, bool]:
    """Give the last value the day written right behind it; where that ends, and whether there is one."""
    if len(out) > 1:
        end, days = days_in_bracket(doc, at, limit)
        if len(days) == len(out):
            for m, when in zip(out, days, strict=True):
                m.date, m.date_source = when.iso, "text"
            return end, True
    dated = day_after(doc, at, limit)
    if dated is None and (aside := _ASIDE.match(doc.norm, at, limit)) is not None:
        dated = day_after(doc, aside.end(), limit)
    if dated is None and len(out) > 1 and (nth := _NTH.match(doc.norm, at, limit)) is not None:
        day = nth_of(out[-2].date, nth["nth"])
        dated = (nth.end(), day) if day is not None else None
    if dated is None:
        return at, False
    out[-1].date, out[-1].date_source = dated[1].iso, "text"
    return dated[0], True


def _joined_value(
    doc: Document,
    analyte: Analyte,
    first: Reading,
    out: list[Mention],
    at: int,
    limit: int,
    then: re.Match[str] | None,
    is_dated: bool,
) -> tuple[Reading, When | None, bool] | None:
    """Next value where an arrow, a comma between dated values or the words "now", "then", "and was" join it: with its day, and whether the one before it is past."""
    norm = doc.norm
    now = _NOW.match(norm, then.end() if then is not None else at, limit)
    if now is None and (listed := _LISTED.match(norm, at, limit)) is not None:  # "78, 88, now 96"
        now = _NOW.match(norm, listed.end(), limit)
    arrow = _ARROW.match(norm, then.end() if then is not None else at, limit)
    led = checked = None
    if arrow is not None:
        start = arrow.end()
        while (step := _INTERVENTION.match(norm, start, limit)) is not None and (
            again := _ARROW.match(norm, step.end(), limit)
        ):
            start = again.end()
    elif now is not None:
        start = now.end()
    elif (led := _AND_WAS.match(norm, at, limit)) is not None:
        start = led.end()
    elif (checked := _CHECKED.match(norm, at, limit)) is not None:
        now, start = checked, checked.end()
    elif (is_dated or out[-1].date is not None) and (gap := _NEXT_OF_SERIES.match(norm, at, limit)) is not None:
        start = gap.end()
    elif (listed := _TREND.match(norm, at, limit)) is not None and "trend" in norm[out[0].start : out[0].end].lower():
        start = listed.end()
        arrow = listed
    else:
        return None
    opened = start + (norm[start : start + 1] in ("(", "["))
    ahead = day_at(doc, opened, min(limit, opened + _DAY_AHEAD))
    if ahead is not None and (behind := _BEHIND_DAY.match(norm, ahead[0], limit)) is not None:
        nxt = read_value(norm, behind.end(), limit, analyte, spans=False)
    else:
        nxt = read_value(norm, start, limit, analyte, spans=False)
    if now is not None and ";" in now.group() and _SHARED.match(norm, nxt.end if nxt is not None else start, limit):
        return None  # "plt nadir 61; now 101 and 188": of two tests
    if nxt is None or nxt.start - start > 30 or canonical(nxt, analyte)[1] is None:
        return None
    if nxt.factor is None and (led is not None or counts_else(norm, nxt.end, limit)):
        return None
    if (
        arrow is None
        and now is None
        and led is None
        and ahead is None
        and day_after(doc, nxt.end, limit) is None
        and _NTH.match(norm, nxt.end, limit) is None
    ):
        return None
    if (arrow is None and now is not None) and not _is_same_test(norm, first, nxt, analyte):
        return None
    day = ahead[1] if ahead is not None else None
    if day is None and checked is not None and checked["nth"]:
        day = nth_of(out[-1].date, checked["nth"])
    return nxt, day, arrow is not None or now is not None or led is not None


_DAY_AHEAD = 14
"""Characters in which a day before a further value ends."""


def _share_unit(doc: Document, name: Name, first: Reading, nxt: Reading, out: list[Mention]) -> None:
    """Read the values before in the unit that the series names at its end: "210 (March), 131 (April), 74 x10^9/L (14/05)"."""
    first.factor, first.unit = nxt.factor, nxt.unit
    out[0] = _again(doc, name, first, out[0])
    for k, m in enumerate(out[1:], 1):
        if m.unit is None and m.number is not None:
            out[k] = _again(doc, name, Reading(m.end, m.end, m.number, factor=nxt.factor, unit=nxt.unit), m)


def _is_same_test(norm: str, first: Reading, nxt: Reading, analyte: Analyte) -> bool:
    """Whether a number that only words join to a value is of the same test: it ends like a value, and is not of another order."""
    if nxt.unit is None and not _VALUE_ENDS.match(norm, nxt.end):
        return False
    a, b = canonical(first, analyte)[1], canonical(nxt, analyte)[1]
    if not a or not b:
        return True
    return 1 / _FARTHEST <= a / b <= _FARTHEST


def _again(doc: Document, name: Name, r: Reading, m: Mention) -> Mention:
    """The mention of a value once more, now that its unit is known from the next value of the series."""
    new = lab_mention(doc, name, r, m.start, m.end)
    new.date, new.date_source, new.assertion, new.temporality = m.date, m.date_source, m.assertion, m.temporality
    return new


_EARLIER_BEFORE = re.compile(
    r"(?:\s?[\[(]\s?|\s?[,;]\s?(?:(?:up|down)\s(?=from\s))?|\s(?:(?:up|down)\s)?(?=from\s))(?:was|prev(?:ious(?:ly)?)?|from|(?:at |on )?(?:baseline|presentation|admission|adm)|b/?l|before|pre-?\w{0,11}|last (?:week|month|visit|time|admission))[\s:]\s?",
    FLAGS,
)
_EARLIER_AFTER = re.compile(
    r"\s(?:at baseline|previously|before|pre-?treatment|last (?:month|week|visit|time)|(?:in|on) (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|\d{1,2}[/.]\d))",
    FLAGS,
)


_BARE_BRACKET = re.compile(r"\s?[\[(](?P<num>\d+(?:[.,]\d{1,2})?)[\])]", FLAGS)
_STATED = re.compile(r"\d\s?[\[(]\s?(?:prev(?:ious(?:ly)?)?|was|last(?: time| week)?|before)\b[\s:.]{0,2}\d", FLAGS)
"""Where a list says once what its brackets hold ("Plt 88 (prev 92); T.Bil 38 (33)"), the bare ones hold the same."""


def earlier_value(norm: str, at: int, limit: int, analyte: Analyte) -> Reading | None:
    """An earlier value in brackets behind a value: "4,050 copies/mL (61,000 at baseline)", "Hb 98 (was 104)"."""
    led = _EARLIER_BEFORE.match(norm, at, limit)
    if led is not None:
        found = read_value(norm, led.end(), limit, analyte)
        return found if found is not None and found.start <= led.end() + 1 else None
    bracket = re.compile(r"\s?[\[(,]\s?(?=\d)").match(norm, at, limit)
    if bracket is None:
        return None
    if (bare := _BARE_BRACKET.match(norm, at, limit)) is not None and _STATED.search(
        norm, norm.rfind("\n", 0, at) + 1, at
    ):
        return read_value(norm, bare.start("num"), bare.end("num"), analyte, spans=False)
    found = read_value(norm, bracket.end(), limit, analyte)
    if found is None or found.start != bracket.end() or not _EARLIER_AFTER.match(norm, found.end):
        return None
    return found
