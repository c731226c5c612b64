"""Grammar of a laboratory value: number, comparator, power of ten, unit, flag and reference range, and what it is in the canonical unit.

Numbers and units are read by character patterns on the normalised text, never by tokens (domain.md 6). A number without a unit is read in the one unit
that makes it plausible (domain.md 14), and says so (``attributes.unit_inferred``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from critex.extract.dates import When
from critex.extract.document import Document
from critex.extract.mention import Mention
from critex.extract.number_words import read_spoken
from critex.extract.patterns import FLAGS, load_yaml

NUMBER = r"\d{1,3}(?: \d{3})+(?=\s?(?:/\s?(?:mm|ul|mcl|cu)|cop(?:y|ies)\b|cps\b|i\.?u\b))|\d{1,2}(?:,\d{2})+,\d{3}|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3},\d{1,2}(?!\d|,\d)|\d+(?:\.\d+)?|\.\d+"
"""Thousands separators (those of India too: 1,98,000), and the comma of the Continent before one or two decimals."""
POWER = r"(?:\s?[x*]\s?10\s?(?:\^|\*\*|e)?\s?(?P<p1>[+-]?\d{1,2})(?!\s?/\s?(?:l\b|ul|mm3|mcl|cumm))|e\s?(?P<p2>[+-]?\d{1,2})(?!\d)|\se(?P<p3>[+-]\d{1,2})(?!\d))?"
BOUND = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+,\d{1,2}(?!\d)|\d+(?:\.\d+)?)"
"""A limit of a range: thousands separators, and the comma of the Continent."""
UP_TO = r"(?:(?:ref )?up\s?to|bis(?: zu)?|hasta|jusqu'?\s?[aà]|fino a|max\.?)"
"""Before an upper limit that stands alone."""
_FLAG = r"(?:\(?(?:hh?|ll?|high|low|abnormal|crit\w*)\)?(?![\w/])|[↑↓*]+)"
_LEAD = re.compile(
    r"\)?[\s]*(?:\((?:[a-z%#/ .+&-]{1,22}|(?:[x*]\s?)?10\s?[\^*]{0,2}\s?9\s?/\s?l|(?:schwartz|ckid|ckd|mdrd|ekfc|cockcroft|c-?g\b)[^)]{0,18}|control \d+(?:\.\d+)?|\d[\d.,]{0,6}\s?[x*]\s?[\d.]{1,5}\s?%?)\))?(?:\s?\(?\d{1,2}/\d{1,2}(?:/\d{2,4})?\)?\s?[:=]\s?)?[\s:=|\-_.,~]{0,24}(?:\((?=\d+(?:\.\d+)?\)))?(?:(?:(?:of (?:the |this |that )?same (?:day|week|sample|date|morning)|of (?:this|last) (?:week|morning)|(?:the )?latest (?:reading|figure|value|count|result)|reading)|(?:at|on|upon|in the|prior to|before|after|from)\s(?:[a-z]{3,15}\s){1,6}(?:was|is|were|of|must be)|(?:first|initially|originally|wrongly)\s(?:reported|issued|keyed|typed|entered|recorded|worked out|calculated|quoted|printed|given|read|written)(?:\s(?:as|at|in)(?! the))?|(?:corrected|recalculated|amended|revised)(?:\s(?:after|by|with|following)(?:\s[a-z-]{3,15}){1,3})?|at first|over (?:the )?(?:last|past) (?:\d+ )?(?:days|weeks?|months?|year)|(?:in|on|from) (?:the |a )?(?:citrate|heparin|EDTA)(?: (?:tube|sample))?|clump\w*(?:\sin\s(?:the\s)?edta)?,?|at least|at most|no more than|not more than|is|was|were|are|did|of|at|level|levels|trend(?:ing)?|count|result|now|today|currently|remains?|stable|improved to|down to|up to|dropped to|fell to|rose to|back to|"
    r"为|约|最低|由|从|(?:最低)?(?:升|降|升高|下降|恢复)[至到]|ca\.?|back|yesterday|this morning|about|around|approx(?:imately|\.)?|equals|to|prolonged|only|still|within|(?:(?:sub|supra)-?)?therapeutic|on (?:warfarin|heparin|clexane|enoxaparin|rivaroxaban|apixaban|treatment|therapy)|injection|on admission|latest|repeat|quant(?:itative|itation|ity)?|fasting|random|value|total|plasma|serum|just|falls|drops|goes|falling|dropping|less than|more than|above|below|over|under|(?:by|via|using) (?:c-?g|cockcroft(?: (?:and|&) gault|[\w -]{0,8}))|(?:works|worked|comes|came|calculates) (?:out )?(?:at|to|as)|sits|hover(?:s|ing)|reads|runs|"
    r"ha(?:s|ve|d) been|ha(?:s|ve|d)|which|that|measured|reported|noted|found|calculated|estimated|est|to be|come back|came back|returned|as|(?:mildly |slightly |markedly |moderately |a (?:bit|little|touch|shade) )?(?:elevated|raised|low|high|normal|good|reduced|decreased|increased|long|lengthened|shortened|borderline)|holding|(?:must|should|has to|needs? to|need) be|"
    r"(?:improved|recovered|drifted|slipped|trended|picked up|rose|risen|fell|fallen|dropped|declined|increased|decreased|settled|normali[sz]ed|corrected|went|gone|come|came|nadir(?:ed)?|peaked|dip(?:ped)?|climbed|crept|stayed|remained|stands?|ratio|ges\.?|gesamt)(?: (?:back|down|up|further|again))?(?: [a-z]{3,10}ly)?(?: (?:to|at))?)(?![a-z])\s*:?\s*){0,5}"
    r"(?:" + _FLAG + r"\s*)?(?P<cmp><=|>=|<|>|≤|≥|=)?\s*",
    FLAGS,
)
VALUE = re.compile(
    r"(?P<num>" + NUMBER + r")" + POWER + r"(?![\d])(?!\.\d)(?!\s?(?:/\d{1,2}/|st\b|nd\b|rd\b|th\b))", FLAGS
)
_AFTER = re.compile(r"[\s|]{0,16}(?P<flag>" + _FLAG + r")?[\s|]{0,16}", FLAGS)
_RANGE = re.compile(
    r"[\s|]{0,20}(?:"
    + _FLAG
    + r")?[\s|]{0,20}[\[(]?\s?(?:ref(?:erence)?(?: range| interval)?\.?|rr|n|nr|vn|norm(?:al(?: range)?|werte?)?|range|uln)?\s?[:=]?\s?(?:(?P<low>"
    + BOUND
    + r")\s?(?:-|to|~)\s?(?P<high>"
    + BOUND
    + r")|(?:<=|<|≤|"
    + UP_TO
    + r"|(?<=uln )|(?<=uln:)|upper limit(?: of normal)?(?: is| of|:)?)\s?(?P<top>\d+(?:\.\d+)?e[+-]?\d+|"
    + BOUND
    + r")|(?:>=|>|≥)\s?(?P<bottom>"
    + BOUND
    + r"))",
    FLAGS,
)
_RANGE_FIRST = re.compile(
    r"[\[(]?(?P<low>\d+(?:\.\d+)?)\s?-\s?(?P<high>\d+(?:\.\d+)?)[\])]?(?:\s+[a-z%][a-z]{0,5}\s?/\s?[a-z]{1,5})?\s+(?P<num>\d+(?:\.\d+)?)(?![\d.]*\s?-)",
    FLAGS,
)
_ELAPSED = re.compile(
    r"\s?(?:/(?:7|52|12)\b(?!\.\d)|-?\s?(?:days?|weeks?|wks?|months?|mths?|years?|yrs?|hours?|hrs?|cycles?|kg|cm|mm|mmhg|bpm)\b)",
    FLAGS,
)
"""Behind a number that is no laboratory value."""
_IN_DRUGS = frozenset({"sodium", "potassium", "calcium"})
_DOSE = re.compile(r"\s?(?:mg|mcg|g|tabs?|caps?|units?)\b(?!\s?(?:/|%|per))", FLAGS)
"""Behind the number of a drug's name: "docusate sodium 100 mg"."""
_IN_BAGS = frozenset({"platelets", "hemoglobin"})
_BAGS = re.compile(r"\s?(?:u|units?|pools?|bags?|packs?|pints?|adult doses?|doses?)\b(?!\s?/)", FLAGS)
"""Behind a number of what is transfused: "platelets 1 pool"."""
_IN_URINE = frozenset({"wbc", "glucose", "albumin", "neutrophils_any"})
_OF_URINE = re.compile(r"\s?(?:\+(?!\s?\d)|/\s?[hl]pf\b|per [hl]pf\b|-\s?\d{1,3}\s?/\s?[hl]pf\b)", FLAGS)
"""Behind what a microscope or a test strip shows: "WBC 5/hpf", "glucose 3+"."""
_SPAN = re.compile(r"\s?(?P<sign>-|~|to)\s?(?P<num>" + NUMBER + r")(?![\d/-]|\.\d|\s?-\s?\d)", FLAGS)
_WIDEST = 1.3
"""Values of one patient's test given as a span lie closer together than the limits of a laboratory."""
_DOTTED = re.compile(r"\d{1,3}(?:\.\d{3})+")
"""Thousands with dots, as on the Continent."""
NO_VALUE = re.compile(
    r"[\s:|=-]*(?:(?:sample|specimen|bottle|tube)\s(?:was |is )?)?(?:not done|insuff\w*|not (?:sent|resulted|processed|available)|n/?a\b|pending|haemolysed|hemolyzed|clotted|qns|cancel\w*|insufficient|underfilled|see comment|-{1,3}(?=\s*(?:$|[|,;A-Za-z]))|溶血)",
    FLAGS,
)
UNDETECTED = re.compile(
    r"[\s:|=]*(?:is |was |level )?(?:not detected|undetectable|undetected|negative|neg\b|tnd|nd\b|below (?:the )?(?:limit|detection)[\w ]{0,16}|未检出|低于检测下限|阴性)",
    FLAGS,
)


@dataclass(frozen=True)
class Analyte:
    """One analyte: its units (pattern to factor) and how to read a number without one."""

    key: str
    canonical: str
    units: tuple[tuple[re.Pattern[str], float], ...]
    guess: tuple[dict[str, Any], ...]


@cache
def analytes() -> dict[str, Analyte]:
    """Analytes of ``patterns/labs.yaml`` by key."""
    content = load_yaml("labs.yaml")["analytes"]
    found = {}
    for key, spec in content.items():
        units = tuple((re.compile(str(p), FLAGS), float(f)) for p, f in (spec.get("units") or {}).items())
        found[str(key)] = Analyte(str(key), str(spec["canonical"]), units, tuple(dict(g) for g in spec["guess"]))
    return found


NEUTROPHILS = frozenset({"neutrophils_any", "neutrophils_segmented"})
"""Names of neutrophils that stand for a count or a share."""


@dataclass
class Reading:
    """A number read after an analyte's name."""

    start: int
    end: int
    number: float
    comparator: str | None = None
    unit: str | None = None
    factor: float | None = None
    flag: str | None = None
    ref_low: float | None = None
    ref_high: float | None = None
    ratio: bool = False
    """A clotting time as a multiple of the control's: "APTT ratio 1.1"."""
    whole: bool = False
    """Whether the number is written without decimals."""
    upper: float | None = None
    """The other end, where the text gives a span of values: "Hb 88-92"."""


@dataclass
class Name:
    """A place where an analyte is named; ``start`` and ``end`` index the note's text."""

    start: int
    end: int
    key: str
    rule: str
    after: int = 0
    joined: list[Name] = field(default_factory=list)


def to_number(text: str, power: str | None = None) -> float:
    """A number as written, thousands separators, decimal commas and powers of ten included."""
    value = float(text.replace(" ", "").replace(",", "." if re.fullmatch(r"\d{1,3},\d{1,2}", text) else ""))
    return value * 10 ** int(power) if power else value


def limit_of(text: str) -> float:
    """A limit of a range as a number: "17,2", "5,000", "1.0e+3"."""
    return float(text) if "e" in text.lower() else to_number(text)


def read_unit(norm: str, at: int, limit: int, analyte: Analyte) -> tuple[int, str | None, float | None]:
    """Unit that stands at a place: its end, its text and its factor."""
    for pattern, factor in analyte.units:
        m = pattern.match(norm, at, limit)
        if m and m.end() > at and not re.match(r"[A-Za-z]", norm[m.end() : m.end() + 1]):
            return m.end(), norm[at : m.end()], factor
    return at, None, None


def read_value(norm: str, at: int, limit: int, analyte: Analyte, spans: bool = True) -> Reading | None:
    """Number with comparator, unit, flag and range that stands right after a name, ``None`` where there is none.

    With ``spans`` two numbers joined by a hyphen or "to" are one value between them ("1.1 to 1.2"), or no value at all where they lie as far apart as the
    limits of a laboratory ("150-400").
    """
    lead = _LEAD.match(norm, at, limit)
    start = lead.end() if lead else at
    if lead and lead["cmp"] is None and (first := _RANGE_FIRST.match(norm, start, limit)):
        low, high, number = float(first["low"]), float(first["high"]), float(first["num"])
        if low < high:
            reading = Reading(first.start("num"), first.end(), number, ref_low=low, ref_high=high)
            return _with_unit(norm, reading, limit, analyte)
    m = VALUE.match(norm, start, limit)
    if m is None:
        spoken = read_spoken(norm, start, limit) if norm[start : start + 1].isalpha() else None
        if spoken is None or _ELAPSED.match(norm, spoken[0], limit):
            return None
        return _with_unit(norm, Reading(start, spoken[0], spoken[1], lead["cmp"] if lead else None), limit, analyte)
    if re.match(r"\s?[-/]\s?\d{1,4}\s?[-/]\s?\d{1,4}(?!\d)", norm[m.end() : min(limit, m.end() + 12)]):
        return None  # a date
    power, end = m["p1"] or m["p2"] or m["p3"], m.end()
    if power and analyte.canonical == "10^9/L" and power.lstrip("+") in ("9", "3"):
        power, end = None, m.end("num")  # "1.5*10^9", "1.5E9/L": the power is the unit
    number = to_number(m["num"], power)
    if analyte.key in ("anc", *NEUTROPHILS) and (product := _PRODUCT.match(norm, end, limit)) is not None:
        number, end = _share_of(number, product), product.end()
    cmp_ = lead["cmp"] if lead else None
    comparator = {"≤": "<=", "≥": ">=", "=": None}.get(cmp_ or "", cmp_)
    if _ELAPSED.match(norm, end, limit):
        return None  # "Cr 2 weeks ago"
    if analyte.key in _IN_URINE and _OF_URINE.match(norm, end, limit):
        return None
    if analyte.key in _IN_BAGS and _BAGS.match(norm, end, limit):
        return None
    if analyte.key == "glucose" and norm[end : end + 2].strip().startswith("%"):
        return None  # an infusion
    if analyte.key in _IN_DRUGS and _DOSE.match(norm, end, limit):
        return None
    reading = Reading(m.start(), end, number, comparator, whole=m["num"].isdigit())
    if (
        spans
        and power is None
        and (span := _SPAN.match(norm, end, limit))
        and (upper := to_number(span["num"])) > number > 0
    ):
        if upper <= _WIDEST * number:
            reading.upper, reading.end = upper, span.end()
        else:
            return None
    return _with_unit(norm, reading, limit, analyte)


_PRODUCT = re.compile(
    r"\s?(?:x\s?10\s?[\^*e]{0,2}\s?9(?:\s?/\s?l)?\s?|k\s?)?[x*]\s?(?P<share>0?\.\d{1,3}|\d{1,2}(?:\.\d)?\s?%)(?:\s?=\s?(?P<result>\d+(?:\.\d+)?))?",
    FLAGS,
)
"""White cells times the share of neutrophils, as staff write it: "ANC = 4.2 x 0.31 = 1.30"."""


def _share_of(white: float, product: re.Match[str]) -> float:
    if product["result"]:
        return float(product["result"])
    share = product["share"]
    return round(white * (float(share.rstrip(" %")) / 100 if "%" in share else float(share)), 6)


_DATE_GOES_ON = re.compile(r"\s?-\s?\d|/\d")


def _with_unit(norm: str, r: Reading, limit: int, analyte: Analyte) -> Reading:
    first_end = r.end
    after = _AFTER.match(norm, r.end, limit)
    at = after.end() if after else r.end
    if after and after["flag"]:
        r.flag = after["flag"].strip("() ")
    for place in (r.end, at):
        end, unit, factor = read_unit(norm, place, limit, analyte)
        if unit is None and norm[place : place + 1] == " ":
            end, unit, factor = read_unit(norm, place + 1, limit, analyte)
        if unit:
            r.unit, r.factor, r.end = unit.strip(), factor, end
            tail = _AFTER.match(norm, end, limit)
            if r.flag is None and tail and tail["flag"]:
                r.flag = tail["flag"].strip("() ")
            break
    if _DOTTED.fullmatch(norm, r.start, first_end) and (
        analyte.key == "ebv_dna" or (analyte.canonical == "10^9/L" and r.factor == 0.001)
    ):
        r.number = float(norm[r.start : first_end].replace(".", ""))  # "21.400 copies/ml"
    found = _RANGE.match(norm, r.end, limit)
    if found is None and after and after["flag"]:
        found = _RANGE.match(norm, at, limit)
    if found and not (found["top"] and r.comparator):
        bracketed = "(" in found.group() or "[" in found.group() or found["low"] is not None
        if bracketed or norm[r.end : r.end + 2].isspace() or "|" in found.group():
            low, top = found["low"] or found["bottom"], found["high"] or found["top"]
            if low and top and (limit_of(low) >= limit_of(top) or _DATE_GOES_ON.match(norm, found.end())):
                return r  # "66 umol/L 2026-05-09" is a day
            r.ref_low = limit_of(low) if low else r.ref_low
            r.ref_high = limit_of(top) if top else r.ref_high
    return r


def canonical(reading: Reading, analyte: Analyte) -> tuple[str, float | None, str, bool]:
    """Value of the mention, canonical number, its unit, and whether the unit was inferred; the range of the row may tell the unit too."""
    if reading.factor is not None:
        factor = _by_range(reading, analyte) or reading.factor
        return analyte.key, round(reading.number * factor, 6), analyte.canonical, factor != reading.factor
    number = reading.number
    if analyte.key == "platelets" and _TEN_THOUSANDS[0] <= (reading.ref_high or 0) <= _TEN_THOUSANDS[1]:
        return analyte.key, round(number * 10, 6), analyte.canonical, True  # "PLT 21.4 (15.8-34.8)", as in Japan
    if analyte.key in NEUTROPHILS and reading.ref_high is not None and reading.ref_high <= 1 and number <= 1:
        return "neutrophil_pct", round(number * 100, 6), "%", True  # "Neutrophils 0.44 (0.50-0.70)" is a fraction
    for guess in analyte.guess:
        if float(guess["from"]) <= number <= float(guess["to"]):
            if guess.get("unit") == "lakh" and reading.whole and reading.ref_high is None:
                return (
                    analyte.key,
                    round(number, 6),
                    analyte.canonical,
                    True,
                )  # "plt 8": lakhs are written with decimals
            factor = float(guess["factor"])
            if reading.ref_high is not None and len(analyte.guess) > 1:
                for other in analyte.guess:
                    if float(other["from"]) <= reading.ref_high <= float(other["to"]):
                        factor = float(other["factor"])
                        guess = other
                        break
            value = str(guess.get("value", analyte.key))
            return value, round(number * factor, 6), str(guess.get("unit", analyte.canonical)), True
    return analyte.key, None, analyte.canonical, True


_TEN_THOUSANDS = (30, 60)
"""Upper limits of platelets that are counted in ten thousands."""
_UNIT_SLIPS = frozenset({"hemoglobin", "albumin", "creatinine"})


def _by_range(reading: Reading, analyte: Analyte) -> float | None:
    """Factor of the unit that the number and its printed range agree on where that is not the unit written: "Hb 9.8 g/L (12.0-16.0)" is in g/dL."""
    unit = (reading.unit or "").lower().replace(" ", "")
    if analyte.key not in _UNIT_SLIPS or reading.ref_high is None or "mmol" in unit or unit == "mg/l":
        return None
    for guess in analyte.guess:
        low, high = float(guess["from"]), float(guess["to"])
        if low <= reading.number <= high and low <= reading.ref_high <= high:
            return float(guess["factor"])
    return None


def lab_mention(
    doc: Document, name: Name, r: Reading, start: int, end: int, when: When | None = None, source: str | None = None
) -> Mention:
    """Mention of a value: canonical number and unit, flag, range; a limit ("at least") is hypothetical. ``when`` is the day of its column."""
    analyte = analytes()[name.key]
    value, number, unit, inferred = canonical(r, analyte)
    if value in NEUTROPHILS:
        value = "anc"
        if r.unit == "%" or doc.norm[r.end : r.end + 2].strip().startswith("%"):
            value, number, unit = "neutrophil_pct", r.number, "%"
    attributes: dict[str, Any] = {}
    if r.ratio:
        number, unit, inferred = r.number, "ratio", False
    if r.upper is not None and number is not None and r.number:
        attributes["to"] = round(number * r.upper / r.number, 6)
    if inferred and unit:
        attributes["unit_inferred"] = True
    if r.flag:
        attributes["flag"] = r.flag
    m = Mention(
        start, end, "LAB", value, name.rule, number=r.number, unit=r.unit, comparator=r.comparator, canonical=number, canonical_unit=unit, ref_low=r.ref_low,
        ref_high=r.ref_high, attributes=attributes,
    )  # fmt: skip
    is_limit = r.comparator in (">=", "<=", "≥", "≤") and value not in ("egfr", "ebv_dna")
    # nobody measures "at least": such a value is what a trial asks for
    m.assertion = "hypothetical" if is_limit or doc.category_at(start) == "criteria" else "present"
    if when is not None:
        m.date, m.date_source = when.iso, source or "table"
    return m
