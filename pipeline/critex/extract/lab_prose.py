"""Laboratory values in prose and lists: single values, pairs ("AST/ALT 34/41"), series with arrows or days, earlier values, limits and orders."""

from __future__ import annotations

import re

from critex.extract.dates import When
from critex.extract.document import Document, Line
from critex.extract.lab_values import (
    NO_VALUE,
    UNDETECTED,
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

CONDITIONAL = re.compile(
    r"\b(?:if|when|until|unless|keep|aim|target|goal|threshold|transfuse|should|must|require[sd]?|need(?:s|ed)?|criteria|criterion|eligib\w+|protocol|asks?|provided|trigger|hold|cut-?off|reqs?|flyer|requirements?|exclu\w+|inclu\w+|incl|excl|no more than|trial|study|at least|>=|≥)\b|入选|要求",
    FLAGS,
)
_PLANNED = re.compile(
    r"\b(?:repeat|rpt|redraw|recollect\w*|recheck|check|to do|to send|send|chase|await(?:ing)?|pending|request(?:ed)?|order(?:ed)?|arrange|plan(?:ned)?|needs?|monitor|add|baseline|tomorrow|tmr|weekly|due|outstanding)\b",
    FLAGS,
)
_MULTIPLE = re.compile(
    r"\s?(?:x|times|\*)\s?(?:the\s)?(?:uln|upper|normal|\(|if\b|or\b|limit)|\s?times\b|\s?x\s?uln", FLAGS
)
_ARROW = re.compile(r"\s?(?:-{1,2}>|→|=>|>{1,2}|⇒|to(?=\s\d))\s?", FLAGS)


def prose_mentions(doc: Document, index: int, names: list[Name]) -> list[Mention]:
    """Mentions of the tests named in a line of prose, in order."""
    norm, line = doc.norm, doc.lines[index]
    out: list[Mention] = []
    i = 0
    while i < len(names):
        group = [names[i]]
        while i + 1 < len(names) and re.fullmatch(r"\s?/\s?", norm[group[-1].end : names[i + 1].start]):
            i += 1
            group.append(names[i])
        i += 1
        limit = names[i].start if i < len(names) else line.end
        if (
            i >= len(names)
            and index + 1 < len(doc.lines)
            and line.end - group[-1].end < 3
            and doc.lines[index + 1].kind == "text"
        ):
            limit = min(doc.lines[index + 1].end, line.end + 25)
        if len(group) > 1:
            joined = joined_mentions(doc, group, limit)
            out.extend(joined or _planned_group(doc, group))
            continue
        out.extend(_one(doc, group[0], limit, line))
    return out


def joined_mentions(doc: Document, group: list[Name], limit: int) -> list[Mention]:
    """Read "AST/ALT 34/41": as many numbers as names, in the order named."""
    norm, at, out = doc.norm, group[-1].end, []
    start = group[0].start
    for k, n in enumerate(group):
        r = read_value(norm, at, limit, analytes()[n.key])
        if r is None:
            break
        out.append(lab_mention(doc, n, r, start if k == 0 else r.start, r.end))
        slash = re.compile(r"\s?(?:/|,|and|&)\s?").match(norm, r.end)
        at = slash.end() if slash else limit
        start = at
    return out


def _one(doc: Document, name: Name, limit: int, line: Line) -> list[Mention]:
    norm, analyte = doc.norm, analytes()[name.key]
    seg_start, seg_end = doc.segment_at(name.start)
    if name.key in ("ast", "alt", "pt") and norm[name.start : name.end].islower() and name.end - name.start <= 4:
        return []
    if NO_VALUE.match(norm, name.end, limit):
        return _planned(doc, name, seg_start, seg_end)
    r = read_value(norm, name.end, limit, analyte)
    if r is None:
        undetected = UNDETECTED.match(norm, name.end, limit)
        if undetected:
            earlier = _earlier(norm, undetected.end(), limit, analyte)
            more = [lab_mention(doc, name, earlier, earlier.start, earlier.end)] if earlier is not None else []
            for m in more:
                m.temporality = "past"
            return [*more, Mention(name.start, undetected.end(), "LAB", name.key, name.rule, result="negative")]
        return _planned(doc, name, seg_start, seg_end)
    if canonical(r, analyte)[1] is None:
        return []
    if any(d.start == r.start and d.end > r.end for d in doc.dates_between(r.start, r.end + 9)):
        return _planned(doc, name, seg_start, seg_end)  # "ANC, repeat 10/05"
    if _MULTIPLE.match(norm, r.end, limit):  # "ALT <= 2.5 x ULN" is a limit, not a value
        return [
            Mention(
                name.start,
                name.end,
                "LAB",
                "anc" if name.key == "neutrophils_any" else name.key,
                name.rule,
                assertion="hypothetical",
            )
        ]
    out = [lab_mention(doc, name, r, name.start, r.end)]
    before = norm[max(seg_start, name.start - 70) : name.start]
    said = norm[name.start : r.start]
    if (
        doc.category_at(name.start) == "criteria"
        or (
            (CONDITIONAL.search(before) or CONDITIONAL.search(said))
            and (r.comparator or re.search(r"at least|not more than|less than|more than|above|below|over|under", said))
        )
        or (r.comparator and _REQUIRED.match(norm, r.end, seg_end))
        or _AND_ABOVE.match(norm, r.end, seg_end)
    ):
        out[0].assertion = "hypothetical"
    elif name.key in ("inr", "aptt", "pt") and re.search(
        r"\b(?:target|goal|aim|range)\b[^),;]*$", norm[max(seg_start, name.start - 20) : r.start], FLAGS
    ):
        return []
    elif _REFERENCE.search(norm, max(seg_start, name.start - 60), name.start) and _BOUNDS.match(norm, r.end, limit):
        return []  # "Ref range updated 01/01: Hb 13.0-17.0 g/dL"
    at = _series(doc, name, r, out, limit)
    if len(out) == 1 and (earlier := _earlier(norm, at, limit, analyte)) is not None:
        if r.factor is not None and earlier.factor is None:
            earlier.factor, earlier.unit = r.factor, r.unit
        out.append(lab_mention(doc, name, earlier, earlier.start, earlier.end))
        out[-1].temporality = "past"
    return out


_REQUIRED = re.compile(
    r"\s?(?:is |are )?(?:required|needed|mandatory|to be eligible|for (?:eligibility|inclusion|entry|the (?:trial|study))|per protocol|to (?:start|proceed|enter|enrol\w*))",
    FLAGS,
)
"""Behind a limit: the value is asked for, not measured."""
_REFERENCE = re.compile(r"\b(?:ref(?:erence)?|normal) (?:range|interval|value)s?\b|参考", FLAGS)
_BOUNDS = re.compile(r"\s?(?:-|~|to)\s?\d", FLAGS)
_AND_ABOVE = re.compile(r"\s?(?:and|or) (?:above|over|more|below|under|higher|greater|lower|less)\b", FLAGS)
_INTERVENTION = re.compile(
    r"\s*(?:\d{1,2}\s?(?:u|units?|pints?|x)\s?)?[A-Za-z][A-Za-z/ -]{0,24}?(?=\s?(?:-{1,2}>|→|=>|>{1,2}|⇒))", FLAGS
)
"""What was done between two values: "78 -> 2u PC -> 94"."""
_DAY_LEAD = re.compile(r"\s?(?:[(\[]\s?(?:on )?|on |@ ?|at )?", FLAGS)
_BARE_MONTH = re.compile(r"\s?[(\[](?:in )?[A-Za-z]{3,9}(?:\s\d{2,4})?[)\]](?=\s?(?:-{1,2}>|→|=>|>))", FLAGS)
"""A month without a year behind a value: it dates nothing, and stands in no arrow's way."""
_NEXT_OF_SERIES = re.compile(r"\s?[)\]]?\s?(?:,|;|/|and|then|now|-{1,2}>|→|=>|>{1,2}|⇒)?\s*(?:and |then |now )?", FLAGS)


def _day_after(doc: Document, at: int, limit: int) -> tuple[int, When] | None:
    """Day written right behind a value, with the end of its bracket: "92 (11/3)", "97 on 9/3/26"."""
    lead = _DAY_LEAD.match(doc.norm, at, limit)
    start = lead.end() if lead else at
    if not (lead and lead.group().strip()):
        return None
    found = [d for d in doc.dates_between(start, min(limit, start + 14)) if d.start == start]
    if not found:
        return None
    end = found[0].end
    return end + (doc.norm[end : end + 1] in (")", "]")), found[0].when


def _series(doc: Document, name: Name, first: Reading, out: list[Mention], limit: int) -> int:
    """Further values of the test: behind arrows, or each with its day ("Hb 92 (2/3), 85 (11/3)"). Adds them to ``out``; returns where they end."""
    norm, analyte, at = doc.norm, analytes()[name.key], first.end
    while True:
        dated = _day_after(doc, at, limit)
        if dated is not None:
            at, when = dated
            out[-1].date, out[-1].date_source = when.iso, "text"
        elif (month := _BARE_MONTH.match(norm, at, limit)) is not None:
            at = month.end()
        arrow = _ARROW.match(norm, at, limit)
        if arrow is not None:
            start = arrow.end()
            while (step := _INTERVENTION.match(norm, start, limit)) is not None and (
                again := _ARROW.match(norm, step.end(), limit)
            ):
                start = again.end()
        elif dated is not None and (gap := _NEXT_OF_SERIES.match(norm, at, limit)) is not None:
            start = gap.end()
        else:
            return at
        ahead = next((d for d in doc.dates_between(start, min(limit, start + 12)) if d.start == start), None)
        nxt = read_value(norm, ahead.end if ahead is not None else start, limit, analyte)
        if nxt is None or nxt.start - start > 30 or canonical(nxt, analyte)[1] is None:
            return at
        if arrow is None and _day_after(doc, nxt.end, limit) is None:
            return at
        if first.factor is not None and nxt.factor is None:
            nxt.factor, nxt.unit = first.factor, first.unit
        elif first.factor is None and nxt.factor is not None and len(out) == 1:
            first.factor, first.unit = nxt.factor, nxt.unit
            out[0] = _again(doc, name, first, out[0])
        nxt.ref_low = first.ref_low if nxt.ref_low is None else nxt.ref_low
        nxt.ref_high = first.ref_high if nxt.ref_high is None else nxt.ref_high
        out.append(lab_mention(doc, name, nxt, nxt.start, nxt.end, ahead.when if ahead is not None else None, "text"))
        if arrow is not None:
            out[-2].temporality = "past"
        at = nxt.end


def _again(doc: Document, name: Name, r: Reading, m: Mention) -> Mention:
    """The mention of a value once more, now that its unit is known from the next value of the series."""
    new = lab_mention(doc, name, r, m.start, m.end)
    new.date, new.date_source, new.assertion = m.date, m.date_source, m.assertion
    return new


_EARLIER_BEFORE = re.compile(r"\s?[\[(]\s?(?:was|prev(?:ious(?:ly)?)?|from|baseline|before)[\s:]", FLAGS)
_EARLIER_AFTER = re.compile(
    r"\s(?:at baseline|previously|before|pre-?treatment|last (?:month|week|visit|time)|(?:in|on) (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|\d{1,2}[/.]\d))",
    FLAGS,
)


def _earlier(norm: str, at: int, limit: int, analyte: Analyte) -> Reading | None:
    """An earlier value in brackets behind a value: "4,050 copies/mL (61,000 at baseline)", "Hb 98 (was 104)"."""
    led = _EARLIER_BEFORE.match(norm, at, limit)
    if led is not None:
        found = read_value(norm, led.end(), limit, analyte)
        return found if found is not None and found.start <= led.end() + 1 else None
    bracket = re.compile(r"\s?[\[(]\s?(?=\d)").match(norm, at, limit)
    if bracket is None:
        return None
    found = read_value(norm, bracket.end(), limit, analyte)
    if found is None or found.start != bracket.end() or not _EARLIER_AFTER.match(norm, found.end):
        return None
    return found


def _planned_group(doc: Document, group: list[Name]) -> list[Mention]:
    """Tests joined by a slash without values: each is ordered ("AST/ALT"), but "PT/INR" is one test."""
    if [n.key for n in group] == ["pt", "inr"]:
        group = [Name(group[0].start, group[1].end, "inr", group[1].rule)]
    seg_start, seg_end = doc.segment_at(group[0].start)
    last = Name(group[0].start, group[-1].end, group[-1].key, group[-1].rule)
    if not _planned(doc, last, seg_start, seg_end):
        return []
    return [Mention(n.start, n.end, "LAB", n.key, n.rule, assertion="hypothetical") for n in group]


def _planned(doc: Document, name: Name, seg_start: int, seg_end: int) -> list[Mention]:
    """A bare test name is a mention only where the test is planned, asked for or pending."""
    around = doc.norm[max(seg_start, name.start - 80) : name.start]
    after = doc.norm[name.end : min(seg_end, name.end + 45)]
    if name.end - name.start < 3 and name.key not in ("hemoglobin", "pt"):
        return []
    if _PLANNED.search(around) or re.search(
        r"\b(?:pending|awaited|to follow|requested|not (?:yet )?(?:done|sent|taken|checked|resulted)|(?:clotted|ha?emolysed|hemolyzed|insuff\w*)[^.;]{0,40}(?:repeat|rpt|redraw|recollect)|(?:kindly|pls|please|will|to be) (?:repeat|rpt|redraw|recollect)|next (?:week|draw|visit|bloods?)|after \d|tomorrow|to be (?:done|sent|repeated))\b",
        after,
        FLAGS,
    ):
        return [
            Mention(
                name.start,
                name.end,
                "LAB",
                "anc" if name.key == "neutrophils_any" else name.key,
                name.rule,
                assertion="hypothetical",
            )
        ]
    return []
