"""Laboratory values in prose and lists: single values, pairs ("AST/ALT 34/41"), series with arrows or days, earlier values, limits and orders."""

from __future__ import annotations

import re

from critex.extract.document import Document, Line
from critex.extract.lab_no_value import ANOTHERS, BOUND_WORD, PER_PROTOCOL, is_asked, is_taken_back
from critex.extract.lab_series import behind_day, earlier_value, first_value, listed_days, read_series
from critex.extract.lab_values import (
    NEUTROPHILS,
    NO_VALUE,
    UNDETECTED,
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
_MULTIPLE = re.compile(
    r"\s?(?:x|times|\*)\s?(?:the\s)?(?:uln|(?-i:N\b)|upper|normal|\(|if\b|or\b|limit)|\s?times\b|\s?(?:x\s?)?(?:i?uln|upper limit)\b",
    FLAGS,
)


def prose_mentions(doc: Document, index: int, names: list[Name]) -> list[Mention]:
    """Mentions of the tests named in a line of prose, in order."""
    norm, line = doc.norm, doc.lines[index]
    out: list[Mention] = []
    i = 0
    while i < len(names):
        group = [names[i]]
        while i + 1 < len(names) and _JOINS.fullmatch(norm, group[-1].end, names[i + 1].start):
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
        if len(group) > 1 and "/" not in norm[group[0].end : group[-1].start]:  # "BUN and creatinine are 27 and 1.9"
            shared = joined_mentions(doc, group, limit)
            if len(shared) == len(group):
                out.extend(shared)
                continue
            group = group[-1:]
        if len(group) > 1:
            out.extend(_limits_of(doc, group, limit) or joined_mentions(doc, group, limit))
            continue
        out.extend(_one(doc, group[0], limit, line))
    return out


_JOINS = re.compile(r"\s?/\s?|\s(?:and|&)\s", FLAGS)


def joined_mentions(doc: Document, group: list[Name], limit: int) -> list[Mention]:
    """Read "AST/ALT 34/41": as many numbers as names, in the order named."""
    norm, at = doc.norm, group[-1].end
    out: list[Mention] = []
    start = group[0].start
    for k, n in enumerate(group):
        r = read_value(norm, at, limit, analytes()[n.key])
        if r is None:
            break
        if canonical(r, analytes()[n.key])[1] is None:
            if not out and k + 1 < len(group) and canonical(r, analytes()[group[-1].key])[1] is not None:
                last = group[-1]  # "PT/INR 1.1" is the INR
                return [lab_mention(doc, Name(start, last.end, last.key, last.rule), r, start, r.end)]
            break
        out.append(lab_mention(doc, n, r, start if k == 0 else r.start, r.end))
        slash = re.compile(r"\s?(?:/|,|and|&)\s?").match(norm, r.end)
        at = slash.end() if slash else limit
        start = at
    return out


_WORDS = {
    "alt": re.compile(r"[\s:=]{1,3}\d{2,4}(?![\d/x]|\s?(?:x|days?|hours?))", FLAGS),
    "ast": re.compile(r"[\s:=]{1,3}\d{2,4}(?![\d/x])", FLAGS),
    "pt": re.compile(
        r"[\s:=]{1,3}\d{1,2}\.\d\s?(?:s\b|sec|[,;(]\s?(?:inr|a?ptt|control|\d))|\s?/\s?(?:inr|a?ptt)", FLAGS
    ),
}
"""Names that are other words in small letters ("alt days", "pt 65 years"), and what stands behind them where they are tests."""


def _limits_of(doc: Document, group: list[Name], limit: int) -> list[Mention]:
    """Mentions without a value of tests whose joint limit is a multiple of the upper limit of normal: "AST/ALT <= 2.5 x ULN"."""
    r = read_value(doc.norm, group[-1].end, limit, analytes()[group[-1].key])
    return [_without_value(n) for n in group] if r is not None and _MULTIPLE.match(doc.norm, r.end, limit) else []


def _one(doc: Document, name: Name, limit: int, line: Line) -> list[Mention]:
    norm, analyte = doc.norm, analytes()[name.key]
    seg_start, seg_end = doc.segment_at(name.start)
    if norm[name.start : name.end] in _WORDS and not _WORDS[norm[name.start : name.end]].match(norm, name.end, limit):
        return []
    if NO_VALUE.match(norm, name.end, limit):
        return []
    if (
        name.key in (*NEUTROPHILS, "lymphocytes")
        and _LIST_GOES_ON.match(norm, name.end, seg_end)
        and _SHARE_BEFORE.search(norm, max(seg_start, name.start - 18), name.start)
    ):
        share = _share_before(doc, name, seg_start)  # "61% neutrophils, 21% lymphocytes"
        return [share] if share is not None else []
    if name.key == "neutrophils_segmented" and (share := _share_before(doc, name, seg_start)) is not None:
        return [share]  # "62 segs 4 bands"
    if led := _led_by_value(doc, name, seg_start, limit):
        return led
    if listed := listed_days(doc, name, limit):
        return listed
    first = first_value(doc, name, limit)
    if name.start < name.end and _BOTH.fullmatch(norm, name.start, name.end) and first is not None:
        first = (_haemoglobin_of(norm, first[0], limit), *first[1:])
    if first is None:
        if (share := _share_before(doc, name, seg_start)) is not None:
            return [share]
        undetected = UNDETECTED.match(norm, behind_day(doc, name, limit), limit) if name.key == "ebv_dna" else None
        if undetected:
            earlier = earlier_value(norm, undetected.end(), limit, analyte)
            more = [lab_mention(doc, name, earlier, earlier.start, earlier.end)] if earlier is not None else []
            for m in more:
                m.temporality = "past"
            return [*more, Mention(name.start, undetected.end(), "LAB", name.key, name.rule, result="negative")]
        return []
    r, day, is_earlier = first
    if name.key in ("pt", "aptt") and _RATIO.search(norm, name.start, r.start) and 0.5 <= r.number <= _GREATEST_RATIO:
        r.ratio = True
    elif canonical(r, analyte)[1] is None:
        return []
    if name.key in ("pt", "aptt") and not r.ratio and _is_bounds(norm, r, limit):
        return []  # "aPTT 25-37" is what the laboratory calls normal
    if _MULTIPLE.match(norm, r.end, limit):  # "ALT <= 2.5 x ULN" is a limit, not a value
        return [_without_value(name)]
    if r.ratio and (seconds := _SECONDS.match(norm, r.end, limit)) is not None:  # the seconds count, not their ratio
        timed = read_value(norm, seconds.start("num"), limit, analyte, spans=False)
        return [lab_mention(doc, name, timed, name.start, timed.end, day, "text")] if timed is not None else []
    out = [lab_mention(doc, name, r, name.start, r.end, day, "text")]
    if out[0].value == "neutrophil_pct" and (count := _COUNT_BEHIND.match(norm, r.end, limit)) is not None:
        absolute = Name(count.start("num"), count.end("num"), "anc", name.rule)
        counted = Reading(count.start("num"), count.end("num"), float(count["num"]))
        return [*out, lab_mention(doc, absolute, counted, counted.start, counted.end, day, "text")]
    before = norm[max(seg_start, name.start - 70) : name.start]
    if is_earlier or is_taken_back(norm, before, r.end, seg_end, line.end):
        out[0].temporality = "past"
    said = norm[name.start : r.start]
    if (
        doc.category_at(name.start) == "criteria"
        or (
            (CONDITIONAL.search(before) or CONDITIONAL.search(said))
            and (r.comparator or re.search(r"at least|not more than|less than|more than|above|below|over|under", said))
        )
        or _IF.search(before)
        or _MUST.search(said)
        or ((r.comparator or BOUND_WORD.search(said)) and REQUIRED.match(norm, r.end, seg_end))
        or _AND_ABOVE.match(norm, r.end, seg_end)
        or ANOTHERS.match(norm, r.end, seg_end)
        or (day is None and is_asked(norm, name, r.start, before))
        or PER_PROTOCOL.match(norm, r.end, seg_end)
    ):
        out[0].assertion = "hypothetical"
    elif name.key in ("inr", "aptt", "pt") and re.search(
        r"\b(?:target|goal|aim|range)\b[^),;]*$", norm[max(seg_start, name.start - 20) : r.start], FLAGS
    ):
        return []
    elif r.comparator and _REF_OF.search(norm, max(line.start, name.start - 24), name.start):
        return []  # "(ref ALT <41)"
    elif r.comparator and _LEGEND.match(norm, r.end, limit):
        return []  # "eGFR >= 60 needs no action"
    elif _REFERENCE.search(norm, max(line.start, name.start - 90), name.start) and _BOUNDS.match(norm, r.end, limit):
        return []  # "Ref range updated 01/01: Hb 13.0-17.0 g/dL"
    if name.key == "bilirubin_total" and (direct := _direct_behind(doc, r, limit)) is not None:
        return [*out, direct]
    at = read_series(doc, name, r, out, limit)
    if len(out) == 1 and (earlier := earlier_value(norm, at, limit, analyte)) is not None:
        if r.factor is not None and earlier.factor is None:
            earlier.factor, earlier.unit = r.factor, r.unit
        out.append(lab_mention(doc, name, earlier, earlier.start, earlier.end))
        out[-1].temporality = "past"
    return out


_DIRECT = re.compile(
    r"\s?(?:\([^()\n]{1,24}\)|\[[^\[\]\n]{1,24}\])?\s?[,;/(]?\s?(?:of which |and |with )?(?:an? |the )?(?P<name>\(?(?:direct|dir\b\.?|conj(?:ugated)?\b\.?|(?-i:D|DB)\b)\)?)(?: (?:bili(?:rubin)?|fraction|component))?(?=[\s:=]{1,4}(?:of |was |is )?[<>]?\d)",
    FLAGS,
)
"""Behind a total bilirubin: "T bili 1.4 mg/dL (0.2-1.2), direct 0.4", "58 / conj 41"."""


def _direct_behind(doc: Document, total: Reading, limit: int) -> Mention | None:
    """Direct bilirubin that stands behind the total one without the analyte's name, in the unit of the total where it has none."""
    m = _DIRECT.match(doc.norm, total.end, limit)
    if m is None:
        return None
    analyte = analytes()["bilirubin_direct"]
    r = read_value(doc.norm, m.end(), limit, analyte)
    if r is None or r.number > total.number:
        return None
    if r.factor is None:
        of_total = canonical(total, analytes()["bilirubin_total"])[1]
        r.factor = of_total / total.number if of_total and total.number else None
    name = Name(m.start("name"), m.end("name"), "bilirubin_direct", "labs.bilirubin_direct")
    return lab_mention(doc, name, r, name.start, r.end)


_COUNT_BEHIND = re.compile(
    r"\s?%?\s?(?:\(|/|=)\s?(?:abs\.?|anc)?\s?[:=]?\s?(?P<num>\d{1,2}\.\d{1,2})(?![\d.]|\s?(?:-|%))", FLAGS
)
"""Count of neutrophils behind their share: "neut 52% (2.1)"."""
_LIST_GOES_ON = re.compile(r"\s?(?:[,;.)]|and\b|with\b|$)", FLAGS)
_BOTH = re.compile(r"h\s?(?:[/&]|and)\s?h|ha?emoglobin and ha?ematocrit", FLAGS)
"""Haemoglobin and haematocrit, named together."""
_SECOND_OF_BOTH = re.compile(r"\s?(?:/|and|,)\s?(?P<num>\d{1,2}(?:\.\d{1,2})?)(?![\d/])", FLAGS)


def _haemoglobin_of(norm: str, r: Reading, limit: int) -> Reading:
    """Haemoglobin of a pair with the haematocrit, which is about three times as great and sometimes stands first ("H&H 33.3/10.9")."""
    m = _SECOND_OF_BOTH.match(norm, r.end, limit)
    if m is None or not 2.2 <= r.number / max(float(m["num"]), 0.1) <= 3.9:
        return r
    return Reading(m.start("num"), m.end("num"), float(m["num"]))


_RATIO = re.compile(r"ratio|(?<=ptt)-?r\b", FLAGS)
_GREATEST_RATIO = 8.0
_SECONDS = re.compile(r"\s?[-,;/(]\s?(?P<num>\d{2,3}(?:[.,]\d{1,2})?)\s?s(?:ec(?:onds?|s)?)?\b", FLAGS)
"""The time itself behind its ratio."""
_IF = re.compile(
    r"\b(?:expected|predicted|anticipated|aim(?:ing)? for|target|if|unless|until|once|provided|when(?:ever)?)\s(?:the |his |her |their |patient's )?$",
    FLAGS,
)
"""Right before a name: what follows is a condition, not a finding."""
_MUST = re.compile(r"\b(?:must|should|ha(?:s|ve) to|needs? to|need) be\b", FLAGS)
_SHARE_BEFORE = re.compile(r"(?<![\d.,/-])(?P<num>\d{2}(?:\.\d)?)\s?(?:%|percent|per cent)?\s$", FLAGS)


def _share_before(doc: Document, name: Name, seg_start: int) -> Mention | None:
    """Share of neutrophils written before their name: "white count 5.6 with 62 segs"."""
    if name.key not in NEUTROPHILS:
        return None
    m = _SHARE_BEFORE.search(doc.norm, max(seg_start, name.start - 18), name.start)
    if m is None or float(m["num"]) < 20:
        return None
    share = Name(m.start(), name.end, "neutrophil_pct", name.rule)
    return lab_mention(doc, share, Reading(m.start(), m.end("num"), float(m["num"])), share.start, share.end)


_FOR = re.compile(r"\s(?:for|of)\s(?:the\s|his\s|her\s|their\s|a\s|serum\s)?$", FLAGS)
_NUMBER_BEFORE = re.compile(r"(?<![\w.,/-])(?:\d{1,3}(?:,\d{2,3})+|\d{1,4}(?:[.,]\d{1,3})?)(?=\s?[A-Za-z%/*])", FLAGS)
_OPENS = re.compile(r"(?:^|[.;,(\n]\s?|\b(?:now|today|has|had|and|only|still|with|yesterday|latest|is|just)\s)$", FLAGS)
"""Before a value that its name follows: "; 2.4 lakh/cumm platelets"."""
_NUMBER_FOLLOWS = re.compile(r"\s?(?:[:=]|was|is|of|at)?\s?[<>]?\d{1,6}(?:\.\d+)?(?![\d/.-])", FLAGS)


def _value_before(doc: Document, name: Name, seg_start: int, joint: int) -> Reading | None:
    """Value with its unit that ends at ``joint``, before the name that follows it."""
    analyte = analytes()[name.key]
    for m in _NUMBER_BEFORE.finditer(doc.norm, max(seg_start, joint - 24), joint):
        r = read_value(doc.norm, m.start(), joint, analyte, spans=False)
        if r is not None and r.factor is not None and r.start == m.start() and r.end == joint:
            return r
    return None


_BEFORE_LIMIT = 70
"""Characters before a value in which words make it a limit."""


def _led_by_value(doc: Document, name: Name, seg_start: int, limit: int) -> list[Mention]:
    """Mentions of a test whose value stands before its name: "still 94 g/L for haemoglobin", "2.4 lakh/cumm platelets (10.05.26), earlier 1.1 lakh"."""
    norm = doc.norm
    told = _FOR.search(norm, max(seg_start, name.start - 14), name.start)
    beside = (
        told is None and norm[name.start - 1 : name.start] == " " and not _NUMBER_FOLLOWS.match(norm, name.end, limit)
    )
    if told is None and not beside:
        return []
    r = _value_before(doc, name, seg_start, told.start() if told is not None else name.start - 1)
    if r is None or (beside and not _OPENS.search(norm[max(seg_start, r.start - 12) : r.start])):
        return []
    out = [lab_mention(doc, name, r, r.start, name.end)]
    before = norm[max(seg_start, r.start - _BEFORE_LIMIT) : r.start]
    if CONDITIONAL.search(before) or _IF.search(before) or REQUIRED.match(norm, name.end, limit):
        out[0].assertion = "hypothetical"
    r.end = name.end
    read_series(doc, name, r, out, limit)
    return out


_UPPER = re.compile(r"\s?(?:-|~|to)\s?(?P<num>\d{1,2}(?:[.,]\d)?)(?![\d/.])", FLAGS)
_NARROWEST = 1.12
"""Upper over lower limit of a clotting time."""


def _is_bounds(norm: str, r: Reading, limit: int) -> bool:
    """Whether a clotting time is the lower limit of a range, and no value."""
    m = _UPPER.match(norm, r.end, limit)
    return m is not None and r.unit is None and float(m["num"].replace(",", ".")) >= _NARROWEST * r.number


REQUIRED = re.compile(
    r"\s?(?:is |are )?(?:required|needed|demanded|asked for|wanted|stipulated|compulsory|mandatory|to be eligible|for (?:eligibility|inclusion|entry|the (?:trial|study))|per protocol|to (?:start|proceed|enter|enrol\w*))",
    FLAGS,
)
"""Behind a limit: the value is asked for, not measured."""
_REFERENCE = re.compile(
    r"\b(?:ref(?:erence)?|normal) (?:range|interval|value|limit)s?\b|\b(?:upper|lower) limits?\b|\b(?:ULN|ref(?:erences?)?|norms?|normals|ranges?|limits? of normal)\s?[:=(]|参考",
    FLAGS,
)
_REF_OF = re.compile(
    r"[\[(]\s?(?:ref(?:erence)?s?(?: ranges?)?|normals?|norms?|nr|rr|uln|upper limits?)\b[\s.:=]{0,3}$", FLAGS
)
_BOUNDS = re.compile(r"\s?(?:-|~|to)\s?\d", FLAGS)
_AND_ABOVE = re.compile(r"\s?(?:and|or) (?:above|over|more|below|under|higher|greater|lower|less)\b", FLAGS)
_LEGEND = re.compile(
    r"\s?(?:needs? no|requires? (?:no|further)|no action|means?|indicates?|suggests?|is (?:considered|regarded|defined|classed))\b",
    FLAGS,
)
"""Behind a limit: a laboratory explains what such a value would mean."""


def _without_value(name: Name) -> Mention:
    """Mention of a test that is asked for, or of a limit to it."""
    value = "anc" if name.key in NEUTROPHILS else name.key
    return Mention(name.start, name.end, "LAB", value, name.rule, assertion="hypothetical")
