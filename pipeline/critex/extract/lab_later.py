"""Values of a test that its name does not stand beside: behind a clause with their own day, measured anew, corrected, or measured against a limit.

"Hb 82 g/L on 27/4, 2 units given, 101 g/L on 11/5", "88 reported by the analyser, optical recount 139", "Hb at least 90: yes. Result of 12 May: 79"
(domain.md 6.1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from critex.extract.dates import When
from critex.extract.document import Document
from critex.extract.lab_days import day_after, day_at
from critex.extract.lab_values import NUMBER, Analyte, Reading, canonical, read_value
from critex.extract.patterns import FLAGS


@dataclass(frozen=True)
class Later:
    """A further value of a test, its day where it has one, and whether it takes the place of the value before it."""

    reading: Reading
    when: When | None
    replaces: bool


_REACH = 130
"""Characters between two values of one test."""
_FIGURE = re.compile(r"(?<![\w.,/:-])(?P<num>" + NUMBER + r")", FLAGS)
_AMOUNT = re.compile(
    r"\s?(?:st|nd|rd|th)?\s?(?:u|units?|pints?|bags?|pools?|doses?|days?|nights?|weeks?|wks?|months?|hours?|hrs?|h|years?|times|cycles?|courses?|tabs?|tablets?|mcg|mg|g|ml|l|litres?|liters?|kg|cm|mm|fr|fractions?|gy|x)\b(?!\s?(?:/|%|per\b|x?\s?10))",
    FLAGS,
)
"""Behind a number that counts something else than the test: "2 units given"."""


def counts_else(norm: str, at: int, limit: int) -> bool:
    """Whether the words behind a number, which ends at ``at``, make it a dose, a duration or a number of units of blood."""
    return _AMOUNT.match(norm, at, limit) is not None


_COUNTED = re.compile(
    r"(?:\b(?:cycles?|c|day|d|x|week|grade|gr|type|bed|room|no\.?|number|step|line|dose|weight|age)\s?|\bx\s?)$", FLAGS
)
"""Before a number that numbers something: "after cycle 1"."""
_ASIDE = re.compile(r"\([^()\n]{0,60}\)|\[[^\[\]\n]{0,60}\]")
_ANOTHER_MATTER = re.compile(
    r"\b(?:uln|lln|limit|normal|range|ref(?:erence)?|threshold|minimum|maximum|protocol|trial|study|target|aim|goal|requir\w+|need(?:s|ed)?|must|should|at (?:least|most)|below|above|less|more|under|if|until|unless|"
    r"ps|ecog|kps|karnofsky|bp|pulse|hr|temp\w*|bmi|spo2|sats|crp|esr|ferritin|iron|tibc|troponin|ck|protein|globulin|mcv|mchc?|hct|ha?ematocrit|pcv|uric|amylase|lipase|ammonia|lactate|d-dimer|fibrinogen|psa|cea|tsh|bnp|retic\w*|eos\w*|mono\w*|direct|conjugated|indirect|urine(?! collection)|(?<!g-)csf|"
    r"mother|father|brother|sister|wife|husband|son|daughter|spouse|partner|neighbou?r|friend|relative|donor|bed|another|someone)\b|[<>≤≥%]",
    FLAGS,
)
"""Words between two numbers that keep the second from being of the same test."""
_LINKS = re.compile(
    r"(?:^|[,;:(\[=.-]|->|→|\b(?:and|but|then|to|to a|now|was|is|are|were|had|has|at|of|only|just|still|up|down|back|reached|came|gives?|gave|shows?|showed|reads?|read|said|says|measured|reported|result\w*|value|level|count|total|sample|specimen|draw|tube|repeat(?:ed)?|recount(?:ed)?|re-?drawn|re-?checked|check|from|with|around|about|earlier|previously|before|latest|current(?:ly)?|actual(?:ly)?|last|today|yesterday|side|arm|blood|test|calculation|fluids|transfusion|stent|dilution|control|recheck|report|as|by|it|pause))\s?$",
    FLAGS,
)
"""What may stand right before a further value."""
_ANEW = re.compile(
    r"\b(?:fresh(?:ly)?|re-?drawn|re-?draw|re-?bled|re-?sent|re-?sampled?|re-?count(?:ed)?|re-?calculat(?:ed|ion)|re-?check(?:ed)?|re-?test(?:ed)?|re-?analy[sz]ed|re-?issued|re-?measured|re-?run|repeat(?:ed)?|new (?:sample|specimen|tube|draw|value|result)|second (?:sample|specimen|tube|draw)|ven(?:e|i)puncture|venous|peripheral(?:ly)?|citrat(?:e|ed)|heparin tube|optical|manual|smear|other (?:side|arm)|"
    r"corrected|correction|amended|revised|should (?:read|be|have been)|(?:after|on) dilution|diluted|correct (?:value|figure|result|one)|(?:valid|true|actual|real|right) (?:value|figure|result|one)|in fact|proper(?:ly)?)\b",
    FLAGS,
)
"""Between two values: the second was measured anew, or takes the place of the first."""
_SPOILT = re.compile(
    r"(?<!no )(?<!not )(?<!without )\b(?:heparin(?:i[sz]ed)? (?:lock|flush|line|blood|sample|contamin\w+|port|catheter)|contaminat\w+|ha?emoly[sz]ed|lipa?emic|clotted|clump\w*|aggregat\w+|underfilled|drip arm|line sample|wrong (?:tube|label)|mislabel\w+|mix-?up)\b",
    FLAGS,
)
"""Between two values: the first is not valid."""
_UNDER_COURSE = re.compile(
    r"\.\s(?:since|after|with|under|following|by|now|then|by now)\s(?:[A-Za-z-]{2,14}\s){0,5}[A-Za-z-]{2,16}:?\s$",
    FLAGS,
)
"""A sentence that goes on with the course: "Since NSAIDs 215 umol/L (13 May)"."""
_ELSEWHERE = re.compile(
    r"\.\s(?:(?:in|at)\s(?:our\s(?:own\s)?|the\s)?(?:hospital|clinic|ward|lab(?:oratory)?|unit|centre|center)|here|with us|on the ward|after [a-z]{4,14}):?\s$",
    FLAGS,
)
"""A sentence that goes on with the values of another place or time: "(GP, 3 May). In hospital 38 (10 May)"."""
_TIME_BEHIND = re.compile(
    r"\s?[(,]?\s?(?:before|after|at|prior to|pre|post|on day|during|by)\s(?:the\s|end of\s)?(?:c\d|cycle|chemo\w*|treatment|therapy|surgery|transfusion|start|admission|discharge|rt\b|radiotherapy|stent\w*|steroids?|day \d|week \d|induction|g-?csf)",
    FLAGS,
)
"""Behind a value: when it was taken, but not the day: "205 before C2"."""
_OWN_RESULT = re.compile(
    r"\b(?:results?|print-?out|actual(?:ly)?|measured|current(?:ly)?|his|hers|her|ours|(?:our |the )?patient(?:'?s)?|today'?s|yesterday'?s|latest|this (?:patient|one)|value|report|drawn|taken)\b",
    FLAGS,
)
"""Between a limit and the patient's own value."""
_STATED = re.compile(r"(?::|\b(?:was|is|shows?|showed|reads?|gives|gave|own))\s$", FLAGS)
"""Right before the patient's own value, where it has no unit: not "drawn today at 14.00"."""
_ANEW_BEHIND = re.compile(
    r"\s?\(?(?:(?:in|on|by|from)\s(?:the\s)?)?(?:citrate|venous|ven(?:e|i)puncture|peripheral|heparin tube|manual|optical|smear|recount|re-?drawn|fresh|arm)\b",
    FLAGS,
)
"""Behind a value: it was measured anew: "41 (EDTA), 133 (citrate)"."""
_AFTER_WHAT = re.compile(
    r"(?:\b(?:after|since|following|under|post|nach|efter|après|dopo|tras)\s[^\W\d]{3,20}\s|\.\s)$", FLAGS
)
"""Right before a further value with its unit: "after sphincterotomy 18 umol/L (11 May)", ". 102 g/L on 8 May"."""
_CONFIRMED = re.compile(r"\bconfirm\w*", FLAGS)
_NOT_THIS = re.compile(r"\b(?:instead of|not|rather than|in place of|wrongly|erroneously|than|versus|vs\.?)\s?$", FLAGS)
"""Right before a number that the note says is not the value: "29.8 s instead of 92 s"."""
_OF_TWO = re.compile(r"\s?/\s?\d|\s?-\s?\d")
"""Behind the first of two numbers: a blood pressure, a range."""
_SENTENCE_END = re.compile(r"[.!?][\"')\]]{0,2}\s")
_CLAUSE_END = re.compile(r"[.!?;][\"')\]]{0,2}\s")
_ENDS = re.compile(
    r"\s*(?:$|[,;.)(\]/|\n\"'↑↓*]|[HL]\b|(?:with|after|before|during|under|prior|pre|on|at|today|now|this|and|but|following|post|so|since|in|by|which|while|from|yesterday|same|only|drawn|as|again|without|instead|when)\b|-+>|→)",
    FLAGS,
)
_FARTHEST = 40.0
"""Factor by which two values of one test may differ."""
_BEHIND_DAY = re.compile(
    r"(?:'s\s(?:count|value|level|result|sample|figure|one)\b)?\.?\s?[)\]]?\s?(?:[:=,-]\s?)?(?:(?:shows?|showed|gives|gave|reads?|was|is|were|at|of|only|total|the)\s){0,2}",
    FLAGS,
)
_DAY_BEFORE_LEAD = re.compile(r"(?:^|[\s,;:(\[.])", FLAGS)


def later_value(
    doc: Document, analyte: Analyte, first: Reading, at: int, limit: int, of_limit: bool = False
) -> Later | None:
    """Next value of a test behind the value that ends at ``at``.

    It has a day of its own, or words say that it was measured anew. With ``of_limit`` the value before it is what a trial asks for, and words tell the
    patient's own.
    """
    norm, end = doc.norm, min(limit, at + _REACH)
    days = doc.dates_between(at, min(limit, end + 12))
    for m in _FIGURE.finditer(norm, at, end):
        if any(d.start <= m.start() < d.end for d in days):
            continue
        aside = _aside_at(norm, at, m.start(), limit)
        if (
            (aside and _inside_range(norm, m.start(), m.end()))
            or counts_else(norm, m.end(), limit)
            or _COUNTED.search(norm, max(at, m.start() - 9), m.start())
        ):
            continue
        found = _judged(doc, analyte, first, at, m.start(), limit, of_limit)
        if found is not None or not aside:
            return found
    return None


def seems_followed(doc: Document, analyte: Analyte, first: Reading, at: int, limit: int) -> bool:
    """Whether a number in the same sentence reads like a further value of a test, of which no day is known: the one before it is not today's."""
    _, stop = doc.segment_at(max(0, at - 1))
    stop = min(limit, at + _REACH, stop)
    days = doc.dates_between(at, stop)
    for m in _FIGURE.finditer(doc.norm, at, stop):
        if any(d.start <= m.start() < d.end for d in days):
            continue
        r = read_value(doc.norm, m.start(), limit, analyte, spans=False)
        if r is not None and r.start == m.start() and r.comparator is None and _is_alike(doc.norm, first, r, analyte):
            said = _ASIDE.sub(" ", doc.norm[at : m.start()])
            if not _ANOTHER_MATTER.search(said) and _LINKS.search(said):
                return True
    return False


def is_timed(norm: str, at: int, limit: int) -> bool:
    """Whether words behind a value say when it was taken, but not the day: "205 before C2"."""
    return _TIME_BEHIND.match(norm, at, limit) is not None


def _aside_at(norm: str, at: int, position: int, limit: int) -> bool:
    """Whether a place lies in a bracket that was opened behind ``at``."""
    opened = max(norm.rfind("(", at, position), norm.rfind("[", at, position))
    return opened >= 0 and not any(c in ")]" for c in norm[opened:position]) and norm.find(")", position, limit) >= 0


_RANGE_AROUND = re.compile(r"\s?(?:-|to)\s?\d")
_LIMIT_BEFORE = re.compile(
    r"(?:[<>≤≥]=?|\b(?:uln|nl|ref(?:erence)?|normal|norm|range|up to|limit|rr|nr)\b[^()\n\d]{0,12}|\d\s?(?:-|to))\s?$",
    FLAGS,
)


def _inside_range(norm: str, start: int, end: int) -> bool:
    """Whether a number in a bracket is a limit of normal: "(ULN 21)", "(0.6-1.2)"."""
    return bool(_RANGE_AROUND.match(norm, end) or _LIMIT_BEFORE.search(norm, max(0, start - 24), start))


def _judged(
    doc: Document, analyte: Analyte, first: Reading, at: int, start: int, limit: int, of_limit: bool
) -> Later | None:
    """The value at a place, where day, words and size make it a further one of the test."""
    norm = doc.norm
    r = read_value(norm, start, limit, analyte, spans=False)
    if (
        r is None
        or r.start != start
        or r.comparator
        or _OF_TWO.match(norm, r.end)
        or not _is_alike(norm, first, r, analyte)
    ):
        return None
    between = norm[at - (norm[at - 1 : at] == ".") : start]  # the stop behind a month is the sentence's, too
    said = _ASIDE.sub(" ", between)
    if of_limit and (ends := list(_CLAUSE_END.finditer(said))):
        said = said[ends[-1].end() :]
    if _ANOTHER_MATTER.search(said) or _NOT_THIS.search(between):
        return None
    sentences = len(_SENTENCE_END.findall(between))
    before, after = _day_before(doc, at, start), day_after(doc, r.end, limit)
    when = after[1] if after is not None else before
    anew = (
        _ANEW.search(between) is not None
        or _SPOILT.search(between) is not None
        or _ANEW_BEHIND.match(norm, r.end, limit) is not None
    )
    if anew and sentences <= 1 and (_LINKS.search(between) or before is not None or r.unit is not None):
        return Later(r, when or _day_between(doc, at, start), not _CONFIRMED.search(between))
    if of_limit:
        when = when or _day_between(doc, at, start)
        told = _OWN_RESULT.search(between) is not None and (
            r.unit is not None or (when is not None and _STATED.search(between) is not None)
        )
        return Later(r, when, False) if told and sentences <= 1 else None
    if when is not None and ((r.unit is not None and _UNDER_COURSE.search(between)) or _ELSEWHERE.search(between)):
        return Later(r, when, False)
    if (
        when is not None
        and r.unit is not None
        and sentences <= 1 + between.endswith(". ")
        and _AFTER_WHAT.search(between)
    ):
        return Later(r, when, False)
    if sentences and before is None:
        return None
    if when is None and not _TIME_BEHIND.match(norm, r.end, limit):
        return None
    return Later(r, when, False) if before is not None or _LINKS.search(between) else None


def _day_before(doc: Document, at: int, start: int) -> When | None:
    """Day written right before a value: "; 14 May 2.3 mg/dL"."""
    for d in doc.dates_between(at, start):
        if _BEHIND_DAY.fullmatch(doc.norm, d.end, start):
            return d.when
    lead = max(at, start - 12)
    for m in _DAY_BEFORE_LEAD.finditer(doc.norm, lead, start):
        found = day_at(doc, m.end(), start)
        if found is not None and _BEHIND_DAY.fullmatch(doc.norm, found[0], start):
            return found[1]
    return None


def _day_between(doc: Document, at: int, start: int) -> When | None:
    """The one day named between two values, behind the day of the first."""
    found = doc.dates_between(at, start)
    return found[0].when if len(found) == 1 else None


def _is_alike(norm: str, first: Reading, r: Reading, analyte: Analyte) -> bool:
    """Whether a number reads as a value of the same test: by its unit, by what stands behind it, and by its size."""
    if r.unit is None and not _ENDS.match(norm, r.end):
        return False
    if r.factor is None and first.factor is not None:
        scaled = Reading(r.start, r.end, r.number, factor=first.factor)
        b = canonical(scaled, analyte)[1]
    else:
        b = canonical(r, analyte)[1]
    a = canonical(first, analyte)[1]
    if b is None:
        return False
    return not a or not b or 1 / _FARTHEST <= a / b <= _FARTHEST
