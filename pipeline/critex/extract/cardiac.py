"""Cardiovascular disease and blood pressure (GUIDELINE E10; domain.md E10)."""

from __future__ import annotations

import re
from itertools import pairwise

from critex.extract.dates import When
from critex.extract.document import Document
from critex.extract.event_dates import nearest_event, set_date
from critex.extract.family import Family, FamilyHits, as_mention
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, Rule, group_span, load_rules
from critex.extract.rhythm import judge_rhythm
from critex.extract.subject import not_about_patient
from critex.extract.successive import day_beside

_UNCONTROLLED = re.compile(
    r"uncontrolled|poorly[\s-](?:bp[\s-])?controlled|(?:not|never) (?:been )?(?:well |adequately |sufficiently |yet |fully |properly )*(?:controlled|regulated|under control)|(?:is|was|are|were)n't (?:well |yet |fully )?(?:controlled|under control)|(?:cannot|can't|could not) be controlled|(?:badly|insufficiently|poorly)[\s-](?:controlled|regulated|adjusted|managed)|(?:difficult|hard) to control|poor(?:ly)? (?:bp )?control|resistant|malignant|accelerated|"
    r"hypertensive (?:crisis|urgency|emergency)|out of control|uncontrolled|inadequately controlled|控制不佳|未控制",
    FLAGS,
)
_CONTROLLED = re.compile(
    r"(?<!not )(?<!not well )(?<!poorly )(?<!poorly-)(?<!un)(?<!in)(?<!partly )(?<!partially )(?<!incompletely )(?<!suboptimally )(?<!barely )(?<!moderately )(?<!never )(?<!be )(?<!better )(?<!until )(?<!if )(?<!once )controlled\b|(?:good|adequate|satisfactory|excellent|fair|(?<!not )(?<!yet )(?<!get )(?<!bring )(?<!get it )(?<!bring it )under) (?:bp |blood pressure )?control\b|\bwell[\s-](?:regulated|adjusted|adapted|managed|balanced|set)\b|\b(?:good|normal) (?:values|readings|pressures)\b|at (?:goal|target)|控制(?:良好|可|尚可|稳定)",
    FLAGS,
)
_NO_LONGER = re.compile(
    r"(?:\s\([^)\n]{3,30}\))?\s(?:until|till|up to|before|previously|last (?:year|month|winter|summer|autumn|spring)|in (?:the )?(?:past|winter|summer|autumn|spring|19\d\d|20\d\d|(?-i:[A-Z])[a-z]{2,8}\b)|(?:at|on|before) (?:first|diagnosis|referral|presentation|admission|arrival))",
    FLAGS,
)
"""Behind a word on control that was true of an earlier time only: "well controlled until March"."""
_NOT_A_READING = re.compile(
    r"target|goal|\baim\b|\bkeep|highest|maximum|\bmax\b|peak|previous(?:ly)?|used to|as high as|before treatment|before (?:the |his |her )?(?:dose|drugs?|tablets?|increase|start(?:ing)?|therapy|raising|adding|switch\w*|change)\b[^.;,\d]{0,30}$|\bif\b|最高|(?:(?<![-=])[<>≤≥]|below|under|until|up to|above|over)\s?$",
    FLAGS,
)
_AIMED_AT = re.compile(r"\s?(?:mm\s?hg)?[\s,(]{1,3}(?:is |as |being )?(?:the )?(?:target|goal|aim)\b", FLAGS)
_HOME = re.compile(r"\bhome\b|self[\s-](?:measured|monitor)|ambulatory|家庭", FLAGS)
_PAIR = re.compile(
    r"(?<![\d/.-])(?P<value>[89]\d|1\d\d|2[0-5]\d)\s?/\s?(?P<low>[4-9]\d|1[0-5]\d)(?![\d/]|\s?%|\s?(?:mg|cells))", FLAGS
)
_SPANNED_PAIR = re.compile(
    r"(?<![\d/.-])(?P<value>[89]\d|1\d\d|2[0-5]\d)(?:\s?-\s?(?P<value_to>[89]\d|1\d\d|2[0-5]\d))?\s?/\s?(?P<low>[4-9]\d|1[0-5]\d)(?:\s?-\s?(?P<low_to>[4-9]\d|1[0-5]\d))?"
    r"(?![\d/]|\.\d|\s?%|\s?(?:mg|mcg|ug|cells|ml|mm\b(?!\s?hg)))",
    FLAGS,
)
"""A reading, or from one to another: "132/80", "120-130/70-80"."""
_LIMIT = re.compile(r"\b(?:cut-?off|limit|threshold|protocol|trial|study)\b[^.;]{0,24}$", FLAGS)
_BESIDE, _BESIDE_BEFORE = 220, 90
"""Characters behind and before the name of hypertension within which two numbers with a stroke are a blood pressure."""
_LEAST_GAP, _WIDEST_GAP = 15.0, 130.0
"""Systolic and diastolic pressure differ by so much, in mmHg."""
_CHART_ROW = re.compile(r"\s{0,8}(?:[-*]\s)?\d{1,4}[./:-]\d{1,2}", FLAGS)
_MISTAKEN = re.compile(
    r"\s(?:(?:was|is|had been)\s)?(?:(?:recorded|entered|typed|written|noted|charted|taken)\s)?(?:by mistake|in error|erroneously|wrongly|belongs? to|was (?:the|that of))\b",
    FLAGS,
)
"""Behind a reading that is not the patient's: "182/110 was recorded by mistake"."""
_UNTIL = re.compile(r"\b(?:until|till)\b[^.\n]{0,60}$", FLAGS)
"""Between two readings: the first was true of an earlier time, "128/76 until she stopped her tablets; yesterday 184/112"."""
_SERIES_REACH = 80
"""How far apart the readings of one series may stand."""
_ROMAN = {"I": "1", "II": "2", "III": "3", "IV": "4", "ONE": "1", "TWO": "2", "THREE": "3", "FOUR": "4"}
_NYHA = re.compile(
    r"(?:(?:NYHA|new york heart association)[\s:-]{0,2}(?:functional )?(?:classe?|fc|grade|stage)?|\bFC|(?:cardiac|heart) function\s?(?:class|grade|level)?|functional class|心功能)[\s:-]{0,2}"
    r"(?P<low>(?-i:IV|III|II|I)|[1-4]|one|two|three|four)(?:\s?(?:-|to|/)\s?(?P<high>(?-i:IV|III|II|I)|[1-4]))?(?![A-Za-z\d])",
    FLAGS,
)
_ADMITTED_FOR = re.compile(
    r"(?:principal|primary|admission|admitting|discharge|main) (?:dx|diagnos[ei]s|problem)\W{0,3}(?:\w+\s){0,2}$|(?:admitted|presented|presenting|presents|hospitali[sz]ed)"
    r"(?: \w+){0,2} (?:with|for|due to|because of) (?:an? )?(?:\w+\s){0,2}$",
    FLAGS,
)
_WARNED = re.compile(
    r"\b(?:risks?\b(?! factors?)|complications?|consent\w*|side[\s-]effects?|counsel\w*|warned)\b[^.;]*$", FLAGS
)
"""What may happen, not what happened."""
_CARDIAC_CONTEXT = re.compile(r"\b(?:tte|echo\w*|ef|lvef|cardiac|heart|cvs|valve|prosthesis|lv|jvp|nyha)\b", FLAGS)


def nyha_class(text: str) -> str | None:
    """NYHA class of a phrase: ``"1"`` to ``"4"``, or a range such as ``"1-2"``."""
    m = _NYHA.search(text)
    if m is None:
        return None
    low = _ROMAN.get(m["low"].upper(), m["low"])
    high = _ROMAN.get((m["high"] or "").upper(), m["high"])
    return f"{low}-{high}" if high and high != low else low


_CLASS_ROW = re.compile(
    r"(?:\[[\sxX✓]?\]|[☐□☑☒])\s?(?P<before>IV|III|II|I|[1-4])(?![A-Za-z\d])"
    r"|(?<![A-Za-z\d])(?P<behind>IV|III|II|I|[1-4])\s?:?\s?(?P<box>\[[\sxX✓]?\]|[☐□☑☒])"
)


def _boxed_class(norm: str, start: int, end: int) -> str | None:
    """The class that is ticked in a row of boxes ("I [ ]  II [x]"), ``""`` where none or several are, ``None`` without such a row."""
    row = list(_CLASS_ROW.finditer(norm, start, end))
    if len(row) < 2:
        return None
    ticked = [m for m in row if re.search(r"[xX✓☑☒]", m.group())]
    return _ROMAN.get(c := ticked[0]["before"] or ticked[0]["behind"], c) if len(ticked) == 1 else ""


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    out: list[Mention] = []
    for rule, m in hits:
        if rule.label == "BP":
            out.extend(_readings(doc, rule, m))
            continue
        mention = as_mention(rule, m)
        seg_start, seg_end = doc.segment_at(mention.start)
        if not_about_patient(doc, mention.start):
            mention.assertion = "family"
        elif rule.label != "HYPERTENSION" and _WARNED.search(
            doc.norm, max(seg_start, mention.start - 160), mention.start
        ):
            mention.assertion = "hypothetical"
        elif rule.label == "HYPERTENSION":
            _control(doc, mention, seg_start, seg_end)
        elif rule.label == "ANGINA":
            _angina(mention, doc.norm[mention.start : min(seg_end, mention.end + 30)])
        elif rule.label == "INFARCTION":
            if not _infarction(doc, mention, seg_start, seg_end):
                continue
        elif rule.label == "HEART_FAILURE":
            if not _failure(doc, rule, mention, seg_start, seg_end):
                continue
        elif rule.label == "ARRHYTHMIA":
            judge_rhythm(doc.norm, mention, seg_start, seg_end)
        out.append(mention)
    readings = [m for m in out if m.label == "BP"]
    bare = _bare_readings(doc, [m for m in out if m.label == "HYPERTENSION" and m.assertion != "family"], readings)
    _day_each(doc, sorted(readings + bare, key=lambda r: r.start))
    return out + bare


def _bare_readings(doc: Document, named: list[Mention], known: list[Mention]) -> list[Mention]:
    """Readings beside the name of hypertension without a word before them: "Known HTN on losartan: 132/80 in March, 172/104 on 15 May"."""
    found: list[Mention] = []
    taken = [(r.start, r.end) for r in known]
    for m in named:
        line = doc.line_at(m.start)
        low, high = max(line.start, m.start - _BESIDE_BEFORE), min(_chart_end(doc, m.start), m.end + _BESIDE)
        for pair in _SPANNED_PAIR.finditer(doc.norm, low, high):
            if any(a < pair.end() and pair.start() < b for a, b in taken) or not_about_patient(doc, pair.start()):
                continue
            top = float(pair["value_to"] or pair["value"])
            bottom = float(pair["low_to"] or pair["low"])
            lead = doc.norm[max(low, pair.start() - 40) : pair.start()]
            if not _LEAST_GAP <= top - bottom <= _WIDEST_GAP:
                continue
            reading = Mention(*pair.span(), "BP", "bp", "cardiac.bp", number=top, unit="mmHg")
            reading.attributes["diastolic"] = bottom
            if _HOME.search(doc.norm, max(low, pair.start() - 60), pair.start()):
                reading.attributes["home"] = True
            meant = (
                _NOT_A_READING.search(lead)
                or _AIMED_AT.match(doc.norm, pair.end())
                or _LIMIT.search(lead)
                or _MISTAKEN.match(doc.norm, pair.end())
            )
            reading.assertion, reading.temporality = "hypothetical" if meant else "present", "current"
            found.append(reading)
            taken.append(pair.span())
    return found


def _chart_end(doc: Document, position: int) -> int:
    """End of the line of a place, or of the lines of a chart below it that each begin with a day or an hour and hold a reading."""
    index = doc.line_index(position)
    end = doc.lines[index].end
    for line in doc.lines[index + 1 :]:
        if not _CHART_ROW.match(doc.norm, line.start, line.end) or not _PAIR.search(doc.norm, line.start, line.end):
            break
        end = line.end
    return end


def _day_each(doc: Document, readings: list[Mention]) -> None:
    """Give each of several readings of a line the day that stands beside it."""
    for reading in readings:
        line = doc.line_at(reading.start)
        if reading.date is not None or sum(line.start <= r.start < line.end for r in readings) < 2:
            continue
        low = max([line.start, *(r.end for r in readings if r.end <= reading.start)])
        pair = _SPANNED_PAIR.search(doc.norm, reading.start, reading.end)  # "BP worksheet | 1 May 162/98"
        start = pair.start() if pair is not None else reading.start
        set_date(reading, day_beside(doc, start, reading.end, _SPANNED_PAIR, low, line.end))
    for reading, after in pairwise(readings):
        if reading.date is None and after.date is not None and _UNTIL.search(doc.norm, reading.end, after.start):
            reading.date, reading.date_source = after.date, after.date_source  # the latter of one day counts


def _readings(doc: Document, rule: Rule, m: re.Match[str]) -> list[Mention]:
    """The reading of a match, and further ones of its sentence ("178/104, repeated after rest 182/102")."""
    norm = doc.norm
    found = []
    span, low = group_span(m, "value"), group_span(m, "low")
    assert span is not None and low is not None  # noqa: S101 - every alternative has both
    value_to, low_to = group_span(m, "value_to"), group_span(m, "low_to")
    mention = as_mention(rule, m)
    mention.start, mention.end = m.span()
    seg_start, seg_end = doc.segment_at(m.start())
    highest = max(float(norm[s[0] : s[1]]) for s in (span, value_to) if s)
    mention.number, mention.unit = highest, "mmHg"
    mention.value = "bp"
    mention.attributes["diastolic"] = max(float(norm[s[0] : s[1]]) for s in (low, low_to) if s)
    found.append(mention)
    for again in _PAIR.finditer(norm, m.end(), min(seg_end, m.end() + 70)):
        if not norm[m.end() : again.start()].count("\n"):
            more = Mention(again.start(), again.end(), "BP", "bp", rule.id, number=float(again["value"]), unit="mmHg")
            more.attributes["diastolic"] = float(again["low"])
            found.append(more)
    found.extend(_dated_readings(doc, found[-1].end))
    before = norm[max(seg_start, m.start() - 25) : span[0]]
    for i, reading in enumerate(found):
        lead = before if i == 0 else norm[found[i - 1].end : reading.start]
        if _HOME.search(lead):
            reading.attributes["home"] = True
        if i and re.search(r"repeat|re-?check|again|after (?:rest|\d)|later|then|now", lead, re.I):
            reading.attributes["repeat"] = True
        meant = _NOT_A_READING.search(lead) or _AIMED_AT.match(norm, reading.end) or _MISTAKEN.match(norm, reading.end)
        reading.assertion = "hypothetical" if meant else "present"
        reading.temporality = "current"
        if reading.assertion == "present" and not_about_patient(doc, reading.start):
            reading.assertion = "family"
    return [r for r in found if (r.number or 0) > r.attributes["diastolic"]]


def _dated_readings(doc: Document, start: int) -> list[Mention]:
    """Later readings of a line that each stand behind a day of their own ("2/3 BP 150/96, dose raised. 9/3 134/84")."""
    found: list[Mention] = []
    end = doc.line_at(start - 1).end
    for pair in _PAIR.finditer(doc.norm, start, end):
        days = [
            d
            for d in doc.dates_between(max(start, pair.start() - 16), pair.start())
            if doc.norm[d.end : pair.start()].strip(" :,-()").lower() in ("", "bp", "rr", "ta")
        ]
        if not days or pair.start() - (found[-1].end if found else start) > _SERIES_REACH:
            break
        reading = Mention(pair.start(), pair.end(), "BP", "bp", "cardiac.bp", number=float(pair["value"]), unit="mmHg")
        reading.attributes["diastolic"] = float(pair["low"])
        set_date(reading, days[-1].when)
        found.append(reading)
    return found


def _control(doc: Document, m: Mention, seg_start: int, seg_end: int) -> None:
    near = doc.norm[max(seg_start, m.start - 25) : min(seg_end, m.end + 70)]
    for pattern, control in ((_UNCONTROLLED, "uncontrolled"), (_CONTROLLED, "controlled")):
        said = pattern.search(near)
        if said is not None and not _NO_LONGER.match(near, said.end()):
            m.attributes["control"] = control
            break
    if re.search(r"\bnot\s$", doc.norm[max(seg_start, m.start - 4) : m.start], re.I):
        m.assertion = "absent"
    elif m.rule == "cardiac.pressure_control":
        m.assertion = "present"


def _angina(m: Mention, text: str) -> None:
    if m.rule == "cardiac.acute_coronary":
        return
    named = text[: m.end - m.start]
    if re.match(r"[\s-]free\b", text[m.end - m.start :], re.I):
        m.assertion = "absent"
    if re.search(r"[ui]nstable|crescendo|new[\s-]onset|accelerated|\brest\b|resting|不稳定", named, re.I) or re.match(
        r"\s(?:(?:now |occurring |occurs |coming |even |also )*at rest|rest pain)|[\s,(]{1,2}braunwald",
        text[m.end - m.start :],
        re.I,
    ):
        m.value = "unstable"
    elif re.search(r"(?<!un)(?<!in)stable|exertion|effort|稳定", named, re.I) or re.search(
        r"\bCCS\b|(?<!un)\bstable\b|pattern (?:is |has been )?unchanged|unchanged for (?:months|years)",
        text[m.end - m.start :],
        re.I,
    ):
        m.value = "stable"


def _infarction(doc: Document, m: Mention, seg_start: int, seg_end: int) -> bool:
    """Whether a match speaks of an infarction that was or was never; "ruled out" speaks of one admission only."""
    norm = doc.norm
    before, after = norm[max(seg_start, m.start - 60) : m.start], norm[m.end : min(seg_end, m.end + 30)]
    if re.match(r"\s?(?:was |is |has been |were )?(?:ruled out|excluded|protocol)", after, re.I):
        return False
    if re.search(r"\b(?:no|without|not)\s(?:evidence of |signs of |features of )?(?:an )?$", before, re.I) and re.match(
        r"acute", norm[m.start : m.end], re.I
    ):
        return False
    if re.search(r"\b(?:mild|moderate|severe|trivial|trace)\s$", before, re.I) and norm[m.start : m.end] == "MI":
        return False
    if norm[m.start : m.end] == "MI" and re.search(
        r"regurg|echo\b|mitral|\bMR\b|\bAI\b|\bTR\b", norm[seg_start:seg_end]
    ):
        return False
    when = _again(doc, m.end, seg_end) or nearest_event(doc, m.start, m.end)
    if when is not None:
        set_date(m, when)
    elif re.search(r"\bindication(?: for (?:the )?\w+)?\s?[:=-]\s?$", before, re.I):
        line = doc.line_at(m.start)
        reported = [d for d in doc.dates_between(line.start, m.start) if d.when.first == d.when.last]
        if reported:  # "Angiography of 3 May. Indication: NSTEMI": the infarct is as old as the report
            set_date(m, reported[-1].when)
    if _ADMITTED_FOR.search(before) and doc.note_date and not doc.dates_between(seg_start, seg_end):
        m.date, m.date_source = doc.note_date.isoformat(), "relative"
    return True


_SECOND = re.compile(
    r"\b(?:again|another(?: one)?|a second(?: one)?|re-?infarct\w*|a further one)\b[^.;\n]{0,14}$", FLAGS
)


def _again(doc: Document, start: int, end: int) -> When | None:
    """Day of a second infarction of one sentence: "MI 2015 and again in February 2026"."""
    days = [d for d in doc.dates_between(start, end) if _SECOND.search(doc.norm, start, d.start)]
    return days[0].when if days else None


def _failure(doc: Document, rule: Rule, m: Mention, seg_start: int, seg_end: int) -> bool:
    norm = doc.norm
    if rule.id == "cardiac.no_failure":
        m.assertion = "absent"
        return bool(
            _CARDIAC_CONTEXT.search(norm, max(doc.line_at(m.start).start, m.start - 120), m.start)
        ) and not re.match(r"\sto\b", norm[m.end : m.end + 4])
    if rule.id == "cardiac.nyha":
        boxed = _boxed_class(norm, m.end - 1, doc.line_at(m.start).end)
        if boxed == "":
            return False  # a row of classes that nobody ticked
        if boxed is not None:
            m.assertion = "present"
        m.attributes["nyha"] = boxed or nyha_class(norm[m.start : m.end]) or ""
        m.value = "heart_failure"
        return True
    found = nyha_class(norm[m.end : min(seg_end, m.end + 50)]) or nyha_class(
        norm[max(seg_start, m.start - 24) : m.start]
    )
    if found:
        m.attributes["nyha"] = found
    if re.search(
        r"decompensat|acute (?:on chronic )?(?:heart|cardiac|left|pulmonary)",
        norm[max(seg_start, m.start - 20) : m.end],
        re.I,
    ):
        m.attributes["decompensated"] = True
    return True


FAMILY = Family("cardiac", load_rules("cardiac.yaml"), _find)
