"""Results of virus and tuberculosis tests: what stands beside or after a test's name, for one test or for a list of them.

"HBsAg (-)", "HBV/HCV/HIV neg", "HBsAg, anti-HCV and HIV all non-reactive", "HBV DNA 3.2 log IU/mL", "anti-HBs 186 IU/L": the first result after a name is its own;
names joined by commas, slashes or "and" share the result that follows the last of them (domain.md 4.1, E7 to E9).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from critex.extract.document import Document
from critex.extract.lab_values import NUMBER, POWER, to_number
from critex.extract.number_words import read_spoken
from critex.extract.patterns import FLAGS, Rule, group_span
from critex.extract.starts import first_characters

_NEGATIVE = (
    r"\(\s?-\s?\)|(?<![\d.])-\s?ve\b|\(-ve\)|n[eé]g(?:ati(?:ve?|f|v[aeo][nrs]?))?s?\b|(?:no|non|nicht|n[aã]o)[\s-](?:r[eé]a[ck]ti(?:f|v)[aeo]?s?\b|reagent[eia]?\b|d[eé]tect(?:[eé]e?|ad[ao]|able|[aá]vel)(?![a-zé])|nachweisbar|rilevabile)|(?:ind[eé]tect(?:able|[aá]vel)|ausente|absent[es])\b|non[\s-]?-?\s?reactive|not[\s-]reactive|(?-i:NR)\b|(?-i:N/R)\b|not (?:been )?detect(?:ed|able)|undetect(?:able|ed)|none detected|no (?:antibod(?:y|ies)|antigens?|virus|dna|rna)\s(?:was |were )?(?:detected|found|seen)|[\s-]?sero-?neg\w*|no growth|(?-i:TND)\b|target not detected|"
    r"(?-i:ND)\b(?=[\s,;.)]|$)|absent\b|nil\b|(?:below|under) (?:the )?(?:level|limit|lower limit|detection|threshold|lloq|llod|lod|cut-?off)[\w ]{0,20}|<\s?ll?o[dq]|(?-i:LDL)\b(?!\s?[:=]?\s?\d)|clear(?:ed)?\b(?=\s?(?:,|;|\.|$))|阴性|陰性|未检出|低于检测下限|(?<=[a-z)])\s?-(?=\s*(?:[,;.)/]|$|\n|\d{1,2}[.)]\s))"
)
_POSITIVE = r"\(\s?\++\s?\)|\+\s?ve\b|\(\+ve\)|[\s-]?sero-?pos\w*|r[eé]a[ck]ti(?:f|v)[ao]?s?\b(?!e)|(?<!no )(?<!non )(?<!non-)(?<!não )(?<!nao )(?<!not )reagente?\b(?!\s(?:not|out|lot|kit|strip|n/a|un))|d[eé]tect(?:[eé]e?|ad[ao])(?![a-zé])|\++(?![\w/-])(?!\s(?:hcv|hbv|hbs|hiv|hep|anti-|syph|vdrl))|pos(?:iti(?:ve?|f|v[aeo][nrs]?))?s?\b|(?<!non)(?<!non-)(?<!non )(?<!not )reactive\b|(?<!not )(?<!un)detect(?:ed|able)\b|(?-i:R)(?=\s?[,;.)\n]|\s?$)|viraemic|viremic|阳性|陽性"
_EQUIVOCAL = r"equivocal|indeterminate|borderline|grey zone|weakly reactive"
_RESULT = re.compile(rf"(?P<neg>{_NEGATIVE})|(?P<equ>{_EQUIVOCAL})|(?P<pos>{_POSITIVE})", FLAGS)
_FILLER = (
    r"(?:[\s:=|*]{1,40}|\.{3,40}|(?<=\s)-{1,2}(?=\s)|,\s?(?=(?:neg|pos|non|not|\d|<|≤))|\((?!\s*[+-])[^)\n]{0,30}\)|\[(?!\s*[+-])[^\]\n]{0,30}\]|[0-3]?\d\.[01]?\d\.(?:\d{2}(?:\d\d)?\b|(?=[\s:]))|[0-3]?\d\.[01]\d(?=\s?:|\s(?:not|neg|undet|below|<|≤))|\d{1,2}(?:st|nd|rd|th)?[\s-](?:of\s)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?(?:[\s,-]{1,2}(?:(?:19|20)\d\d|\d\d(?![\d.,])))?(?=[\s:,)-])|(?:serology|test(?:ed|ing)?|screen(?:ing)?|total|antibod(?:y|ies)|combo|status|is|which|was|were|are|has been|have been|remains?|again|results?|also|only|just|about|around|taken|drawn|collected|performed|obtained|checked|admission|booking|found|turned|out|proved|be|reported|as|"
    r"quant\w*|qual\w*|real[\s-]?time|rt|pcr|4th gen(?:eration)?|generation|rapid|determine|by|assay|levels?|load|viral|came back|back|returned|today|now|both|all|currently|repeat|latest|igg|igm|smears?|culture|x\s?\d|done|cmia|eclia|elisa|titre|titer|still|already|in|on|from|dated?|of|at|for|the|"
    r"has|have|had|come|gone|came|went|down|up|to|baseline|prev(?:ious)?(?:ly)?|pre-?chemo|(?:19|20)\d\d(?:[-/.]\d{1,2}){0,2}|\d{1,2}[-/]\d{1,2}(?:[-/]\d{2,4})?|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\s?(?:\d{2,4})?)\b){0,9}"
)
_AHEAD = re.compile(r"\)?\s{0,14}" + _FILLER, FLAGS)
_LOG = r"log\s?_?(?:10)?"
_QUANTITY = re.compile(
    r"(?P<cmp><=|>=|<|>|≤|≥|(?:below|less than|under|lower than)\s(?=\d)|(?:above|more than|over|greater than)\s(?=\d))?\s?(?P<log>log\s?_?(?:10)?\s)?(?P<num>\d{1,3}(?: \d{3})+(?=\s?(?:i[ue]|ui|cop|cps))|"
    + NUMBER
    + r")"
    + POWER
    + r"(?:\s?(?P<scale>lakhs?|lacs?|million|mil)(?![a-z]))?"
    + r"\s?(?:(?:[↑↓*]+|[hl](?![A-Za-z]))\s{0,24}|[\s|]{0,24})?(?P<unit>"
    + _LOG
    + r"\s?(?:i[ue]|ui|copies|cps?)?\s?(?:/\s?ml)?|m?(?:i[ue]|ui)\s?/\s?m?l|(?:i[ue]|international units)\sper\sm(?:illi)?l(?:it(?:er|re))?|cop(?:y|ies)(?:\s?(?:/\s?|per\s)m(?:illi)?l(?:it(?:er|re))?|(?=\s?[(,;.)]|\s?$))|cps?\s?/\s?ml|s\s?/\s?co|coi|ng\s?/\s?ml|i[ue]\b)?"
    r"(?P<detected>\s?,?\s?\(?detected\)?)?",
    FLAGS,
)
_ELAPSED = re.compile(
    r"\s?-?\s?(?:days?|weeks?|wks?|months?|mths?|years?|yrs?|hours?|cycles?|monthly|weekly|yearly)\b|\s?/\s?(?:12|52)\b|\s?[年月日号周天]",
    FLAGS,
)
"""Behind a number that is a time: "recheck HBV DNA in 4 weeks"."""
_SPOKEN_UNIT = re.compile(
    r"\s(?P<unit>(?:i[ue]|international units|copies)\s?(?:/|per)\s?m(?:illi)?l(?:it(?:er|re))?)", FLAGS
)
_AGO = re.compile(r"\s?-?\s?(?:days?|weeks?|wks?|months?|mths?|years?|yrs?)\s(?:ago|earlier|back)\b", FLAGS)
"""Behind a number that tells when: "HBV DNA 3 weeks ago 4,100 IU/mL"."""
_SIGN_AFTER = re.compile(r"(?<=[阴阳陰陽]性)\s?\([-+]{1,3}\)")
_DETECTED_BELOW = re.compile(r"detected,?\s(?=[<≤]\s?\d)", FLAGS)
"""A load below the limit that is written behind "detected"."""
_JOIN = re.compile(r"\s?(?:,|/|&|;|\+|and\b|or\b|、|,\s?and\b)\s?(?:and\s)?(?:an?\s)?", FLAGS)
_PENDING = re.compile(
    r"[\s:=,(-]*(?:serology|test(?:ing)?|screen(?:ing)?|results?|status|level)?[\s:=,(-]*(?:is|are|was|were)?\s?(?:still\s)?(?:pending|awaited|awaiting|to follow|not (?:yet )?(?:done|checked|tested|sent|available|back|known)(?: yet)?|to be (?:sent|done|checked|repeated)|"
    r"sent\b|requested|offered|declined|refused|consent|outstanding|to chase|not part of[^.;\n]{0,40}|not in (?:the |this )?(?:notes|record|panel|list)|not on (?:the |this |our )?[^.;,\n]{0,24}?(?:form|list|panel|request|order|sheet)\b|unknown|tbc|no reagents?\b|reagents? (?:out|not|un)|out of (?:stock|reagents?)|待回报)",
    FLAGS,
)


_BOUND = r"(?:[<>≤≥]=?\s?)?\d+(?:[.,]\d+)?"
_PRINTED = re.compile(
    r"(?=[^\n]{0,60}?[<>≤≥\d(])(?:[\s|↑↓*]{0,24}(?:"
    + rf"[(\[]?\s?(?:ref\w*\.?|cut-?off|normal)?\s?:?\s?{_BOUND}(?:\s?(?:-{{1,2}}|–|~|to)\s?{_BOUND})?(?:\s(?:is\s)?(?:pos(?:itive)?|neg(?:ative)?|(?:non-?)?reactive))?\s?[)\]]?(?=[\s|])"
    + r"|(?:m?iu\s?/\s?m?l|s\s?/\s?co|coi|index|ng\s?/\s?ml|pei\w*\s?/\s?ml)\b)){1,3}[\s|]{1,24}",
    FLAGS,
)
"""Range and unit that a laboratory prints between a test's number and the word of its result; the word decides, as competitive assays are positive below their limit."""


_BOX = r"(?:[\[(]\s?(?:[xX✓√✔]\s?)?[\])]|[☑☒✔✓√☐□])"
_BOX_LED = re.compile(
    rf"[\s:=|,]{{0,24}}(?P<box>{_BOX})[ \t|]{{0,3}}(?P<word>(?:[+-]\s?ve|[^\W\d_+-])[^\n;|\[\]()☑☒✔✓√☐□]{{0,40}})"
)
"""A box and the answer behind it: "[ ] neg"."""
_BOX_TRAILED = re.compile(
    rf"[\s:=|,]{{0,24}}(?P<word>(?:neg|pos|non|react|not|unknown|pend|declin|yes|no\b|NR?\b|R\b|detect|undetect)[a-z -]{{0,20}})[ \t]{{0,3}}(?P<box>{_BOX})(?=\s|[.,;)|]|$)",
    re.I,
)
"""An answer and the box behind it: "neg [ ]"."""


def _boxed(norm: str, at: int, limit: int) -> tuple[int, ...] | None:
    """Where the answer stands whose box is ticked, of the boxes behind a name ("HBsAg: [ ] pos [x] neg").

    Empty where none or several are ticked, ``None`` where no boxes stand behind the name. An answer with one ticked
    box behind it ("neg [x]") is read as words are.
    """
    if not _HAS_BOX.search(norm, at, limit):
        return None
    words = _BEFORE_BOXES.match(norm, at, limit)
    at = words.end() if words else at
    for pattern, few in ((_BOX_LED, 1), (_BOX_TRAILED, 2)):
        ticked, n, place = [], 0, at
        while (m := pattern.match(norm, place, limit)) is not None and m.end() > place:
            n, place = n + 1, m.end()
            if m["box"].strip("[]() ") not in ("", "☐", "□"):
                ticked.append(m.start("word"))
        if n >= few or (n and not ticked):
            return tuple(ticked) if len(ticked) == 1 else ()
    return None


_HAS_BOX = re.compile(_BOX)
_BEFORE_BOXES = re.compile(r"(?:\s?(?:status|tests?|results?|serology|screen(?:ing)?|antibod(?:y|ies))\b){1,2}", FLAGS)
_OPTION = re.compile(
    r"\s?/\s?(?:(?P<neg>neg(?:ative)?|non-?reactive|-ve)|(?P<pos>pos(?:itive)?|reactive|\+ve)|unknown|pending|not (?:done|tested))\b",
    FLAGS,
)


def among_options(norm: str, end: int, limit: int, result: str | None) -> bool:
    """Whether a result is one of printed answers of which none is marked: "HIV: neg / pos"."""
    other = _OPTION.match(norm, end, limit)
    return other is not None and not other["neg" if result == "negative" else "pos"]


@dataclass(frozen=True)
class Result:
    """A result: its place and what it says."""

    start: int
    end: int
    result: str | None
    number: float | None = None
    comparator: str | None = None
    unit: str | None = None
    detected: bool = False


_NO_REAGENT = re.compile(r"[\s:=,(-]{0,6}(?:no reagents?\b|no kits?\b|out of (?:stock|reagents?))", FLAGS)
"""Behind a name: the laboratory could not do the test; "no" is not its result."""


def read_result(norm: str, at: int, limit: int, quantities: bool) -> Result | None:
    """Result that stands after a name, ``None`` where there is none.

    Parameters
    ----------
    norm : str
        Normalised text.
    at, limit : int
        Where the name ends, and how far its result may stand.
    quantities : bool
        Whether a number is a result (viral loads, titres).
    """
    if _NO_REAGENT.match(norm, at, limit):
        return None
    boxes = _boxed(norm, at, limit)
    if boxes is not None:
        ticked = _RESULT.match(norm, boxes[0], limit) if boxes else None
        return Result(ticked.start(), ticked.end(), _word(ticked)) if ticked else None
    ahead = _AHEAD.match(norm, at, limit)
    start = ahead.end() if ahead else at
    for place in dict.fromkeys((at, start)):
        m = _RESULT.match(norm, place, limit)
        if m and not (quantities and _DETECTED_BELOW.match(norm, m.start(), limit)):
            if among_options(norm, m.end(), limit, _word(m)):
                return None
            sign = _SIGN_AFTER.match(norm, m.end(), limit)
            return Result(m.start(), sign.end() if sign else m.end(), _word(m))
        if m:
            start = m.end() + 1
    if not quantities:
        return None
    q = _QUANTITY.match(norm, start, limit)
    if q is not None and (ago := _AGO.match(norm, q.end("num"), limit)) is not None:
        return read_result(norm, ago.end(), limit, quantities)
    if q is None and norm[start : start + 1].isalpha() and (spoken := read_spoken(norm, start, limit)) is not None:
        unit = _SPOKEN_UNIT.match(norm, spoken[0], limit)
        return Result(start, unit.end(), None, spoken[1], None, unit["unit"]) if unit is not None else None
    if q is None or re.match(r"\s?[-/]\d", norm[q.end() : q.end() + 3]) or _ELAPSED.match(norm, q.end(), limit):
        return None
    return _quantity(norm, q, limit)


def quantity_at(norm: str, at: int, limit: int) -> Result | None:
    """Number that stands right at a place, with its unit; ``None`` where there is none, or where it is a time."""
    q = _QUANTITY.match(norm, at, limit)
    if q is None or re.match(r"\s?[-/]\d", norm[q.end() : q.end() + 3]) or _ELAPSED.match(norm, q.end(), limit):
        return None
    return _quantity(norm, q, limit)


def _quantity(norm: str, q: re.Match[str], limit: int) -> Result:
    """Result of a number: its power, thousands, comparator and unit, and the word or sign behind it."""
    number = to_number(q["num"].replace(" ", ""), q["p1"] or q["p2"] or q["p3"])
    if _DOTTED.fullmatch(q["num"]) and not (q["p1"] or q["p2"] or q["p3"]) and _LOAD_UNIT.match(q["unit"] or ""):
        number = float(q["num"].replace(".", ""))  # "23.500 IE/ml": thousands, as on the Continent
    if q["scale"]:
        number *= 100_000 if q["scale"].lower().startswith("la") else 1_000_000
    comparator = _COMPARATORS.get((q["cmp"] or "").strip().lower(), q["cmp"])
    end = (
        q.end("unit")
        if q["unit"]
        else (q.end("p1") if q["p1"] else q.end("p2") if q["p2"] else q.end("p3") if q["p3"] else q.end("num"))
    )
    after = re.compile(r"[\s↑↓]{0,6}(?=\S)").match(norm, end, limit)
    marker = _RESULT.match(norm, after.end() if after else end, limit)
    if marker and marker["neg"] and not q["unit"] and not q["cmp"]:
        return Result(marker.start(), marker.end(), "negative")  # what stands before is a day or a name's number
    if marker and marker.group().startswith(("(", "+", "阳", "阴")):
        return Result(q.start(), marker.end(), _word(marker), number, comparator, _unit(q), bool(q["detected"]))
    printed = _PRINTED.match(norm, end, limit)
    if printed and (marker := _RESULT.match(norm, printed.end(), limit)) and not marker["equ"]:
        return Result(q.start(), marker.end(), _word(marker), number, comparator, _unit(q), bool(q["detected"]))
    return Result(q.start(), end, None, number, comparator, _unit(q), bool(q["detected"]))


_WORDS_BETWEEN = re.compile(r"\s?(?:[a-z]{2,14}[\s:]{1,2}){1,6}(?=[<>≤]?\s?\d)", FLAGS)
_NO_LOAD_OF = re.compile(
    r"\b(?:ebv|epstein|cmv|hpv|hiv|hbsag|hbs|target|goal|if|when|until|below|under|limit|threshold|needs?|must|should|require\w*|than)\b",
    FLAGS,
)
_LOAD_UNIT = re.compile(r"(?:i[ue]|ui)\s?(?:/\s?|per\s)m|international|cop|cps?\s?/", FLAGS)
_DOTTED = re.compile(r"\d{1,3}(?:\.\d{3})+")
_COMPARATORS = {
    "≤": "<=", "≥": ">=", "below": "<", "less than": "<", "under": "<", "lower than": "<", "above": ">", "more than": ">", "over": ">", "greater than": ">",
}  # fmt: skip


def read_load_behind_words(norm: str, at: int, limit: int) -> Result | None:
    """Viral load with its unit behind some words that are no result: "DNA at the local lab 85 IU/mL"; ``None`` where there is none."""
    words = _WORDS_BETWEEN.match(norm, at, limit)
    if words is None or _NO_LOAD_OF.search(words.group()):
        return None
    r = read_result(norm, words.end(), limit, True)
    if r is None or r.start > words.end() + 1 or r.unit is None or not _LOAD_UNIT.search(r.unit):
        return None
    return r


def _unit(q: re.Match[str]) -> str | None:
    """Unit of a quantity; "log 2.1 IU/mL" has its logarithm before the number."""
    unit: str | None = q["unit"]
    return f"log {unit}" if unit and q["log"] and not unit.lower().startswith("log") else unit


def _word(m: re.Match[str]) -> str | None:
    return "negative" if m["neg"] else "positive" if m["pos"] else None


def joined(norm: str, end: int, start: int) -> bool:
    """Whether two names are members of one list."""
    gap = norm[end:start]
    return bool(_JOIN.fullmatch(gap)) or gap in ("/", "", "(")


def pending(norm: str, at: int, limit: int) -> tuple[int, int] | None:
    """Words after a name that say the test has no result yet."""
    m = _PENDING.match(norm, at, limit)
    return (m.start(), m.end()) if m else None


@dataclass(frozen=True)
class Name:
    """A test's or disease's name at a place of a note."""

    start: int
    end: int
    value: str
    rule: Rule


_ALIAS = re.compile(r"\s?\([^()\n]{2,24}\)")
"""A test's name once more in brackets, behind its name."""

Places = tuple[re.Pattern[str], list[int], dict[str, list[int]]]
_PLACES: dict[tuple[str, ...], Places] = {}


def _places(rules: tuple[Rule, ...]) -> Places:
    """Where a name can begin, the rules that can begin anywhere, and those that can begin with a character; by position in ``rules``."""
    key = tuple([r.source for r in rules])
    if key not in _PLACES:
        by_first: dict[str, list[int]] = {}
        anywhere = []
        for i, rule in enumerate(rules):
            characters = first_characters(rule.pattern)
            if not characters:
                anywhere.append(i)
            for c in characters:
                by_first.setdefault(c, []).append(i)
        _PLACES[key] = (
            re.compile(f"[{''.join(map(re.escape, sorted(by_first)))}](?<![A-Za-z][A-Za-z])"),
            anywhere,
            by_first,
        )
    return _PLACES[key]


def names_in(doc: Document, start: int, end: int, rules: tuple[Rule, ...]) -> list[Name]:
    """Names of tests and diseases inside a stretch, longest first where they overlap."""
    norm = doc.norm
    if doc.hits is not None:
        rules = tuple([rule for rule in rules if doc.hits.may_hold(rule)])
        if not rules:
            return []
    places, anywhere, by_first = _places(rules)
    found = []
    done = dict.fromkeys(range(len(rules)), start)
    at = start
    for place in places.finditer(norm, start, end):
        at = place.start()
        if at and norm[at].isalnum() and norm[at - 1].isascii() and norm[at - 1].isalnum():
            continue
        for i in by_first[norm[at]]:
            if at >= done[i] and (m := rules[i].pattern.match(norm, at, end)) and m.end() > at:
                done[i] = m.end()
                found.append(Name(*(group_span(m, "span") or m.span()), str(rules[i].value), rules[i]))
    for i in anywhere:
        found.extend(
            Name(*(group_span(m, "span") or m.span()), str(rules[i].value), rules[i])
            for m in rules[i].pattern.finditer(norm, start, end)
            if m.end() > m.start()
        )
    found.sort(key=lambda n: (n.start, -(n.end - n.start), -n.rule.priority))
    kept: list[Name] = []
    for n in found:
        if kept and n.start < kept[-1].end:
            if n.end - n.start > kept[-1].end - kept[-1].start:
                kept[-1] = n
            continue
        last = kept[-1] if kept else None
        if last is not None and last.value == n.value and norm[last.end : n.start].strip(" ") == "":
            kept[-1] = Name(last.start, n.end, n.value, n.rule)  # "乙肝表面抗原 HBsAg"
            continue
        if last is not None and last.value == n.value and _ALIAS.fullmatch(norm, last.end, min(n.end + 1, end)):
            kept[-1] = Name(last.start, n.end + 1, last.value, last.rule)  # "hepatitis B surface antigen (HBsAg)"
            continue
        kept.append(n)
    return kept
