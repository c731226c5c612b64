"""Tests for viruses and the infections: names, the results that are theirs, and mentions of both (GUIDELINE E07 to E09)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import FamilyHits
from critex.extract.forms import box_before, boxes_trail
from critex.extract.hiv_assays import with_bare_assays
from critex.extract.lab_heads import cells_of
from critex.extract.lab_prose import CONDITIONAL, REQUIRED
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules
from critex.extract.repeated_tests import Dated, part_days, read_repeats, set_day, with_screens_disproved
from critex.extract.serology import (
    Name,
    Result,
    among_options,
    joined,
    names_in,
    pending,
    read_load_behind_words,
    read_result,
)
from critex.extract.viral_loads import (
    LOADS,
    SERIES_UNIT,
    columns,
    later_loads,
    set_load,
    titre_result,
    with_bare_loads,
    with_units,
)
from critex.extract.virus_context import (
    HIV_DISEASE,
    PLANNED,
    TREATED_OR_KNOWN,
    among_tests,
    as_spoken_of,
    names_infection,
    owned,
)

TESTS = frozenset({"hbsag", "hbsab", "hbeag", "hbeab", "hbcab", "hbv_dna", "anti_hcv", "hcv_rna"})
_INFECTIONS = frozenset({"hbv", "hcv", "disease", "test"})
_VIRUS = r"(?:hep(?:atitis)?\.?\s?)?(?:b|c|hbv|hcv|hiv|tb|syphilis|vdrl)\b"
_SCREEN_LEADS = re.compile(
    rf"\b(?:screen|check|send|order|request|repeat|test)\s(?:for\s)?(?:{_VIRUS}\s?(?:[/,&]|and|,\s?and)\s?){{0,3}}$",
    FLAGS,
)
"""Before a virus that somebody asks for: "screen hep B/C/HIV"."""
_SCREEN_FOLLOWS = re.compile(
    rf"(?:\s?(?:[/,&]|and)\s?{_VIRUS}){{0,3}}\s(?:screen(?:ing)?|serolog(?:y|ies)|tests?|panel|bloods)\b"
    r"(?=\s{0,3}(?:$|[.,;\n)]|today|tomorrow|next|before|to\b|please|sent|on\b))",
    FLAGS,
)
"""Behind the first virus of a list that is asked for: "hep B/C/HIV screen"."""
_POSITIVE_NAME = re.compile(r"(?:positive|pos|\+ve|\+)$", FLAGS)


def serology_rules() -> tuple:  # type: ignore[type-arg]
    """Rules of all virus names: a list such as "HBV/HCV/HIV neg" spans families."""
    return (*load_rules("hepatitis.yaml"), *load_rules("hiv.yaml"))


def find_serology(doc: Document, hits: FamilyHits, label: str) -> list[Mention]:
    """Mentions of one label from every stretch in which one of the family's rules fired."""
    stretches = sorted({_stretch(doc, m.start()) for _, m in hits})
    out: list[Mention] = []
    done = -1
    for start, end in stretches:
        start = max(start, done)
        if start >= end:
            continue
        done = end
        out.extend(m for m in _read(doc, start, end) if m.label == label and not _heads_row(doc, m))
    return out


_VIRUSES = re.compile(
    r"(?:HBV|HCV|HIV|hep(?:atitis)? ?[BC])(?:\s?[/&+,]\s?(?:HBV|HCV|HIV|hep(?:atitis)? ?[BC]|[BC]))+", FLAGS
)


def _heads_row(doc: Document, m: Mention) -> bool:
    """Whether viruses only head a row that holds their tests: "HBV/HCV      HBsAg neg; anti-HCV reactive"."""
    line = doc.line_at(m.start)
    if m.result is not None or line.kind != "row":
        return False
    cells = cells_of(doc.norm, line)
    return len(cells) > 1 and m.end <= cells[0].end and _VIRUSES.fullmatch(cells[0].text.strip()) is not None


def _stretch(doc: Document, position: int) -> tuple[int, int]:
    a, b = doc.segment_at(position)
    line = doc.line_at(position)
    return min(a, line.start), max(b, line.end)


def _read(doc: Document, start: int, end: int) -> list[Mention]:
    names = with_bare_assays(doc, with_bare_loads(doc, names_in(doc, start, end, serology_rules())))
    norm, out = doc.norm, []
    i = 0
    while i < len(names):
        if (rows := columns(doc, names, i)) is not None:
            out.extend(rows)
            i += 1
            continue
        group = [names[i]]
        while (
            i + 1 < len(names)
            and not _POSITIVE_NAME.search(norm, group[-1].start, group[-1].end)
            and joined(norm, group[-1].end, names[i + 1].start)
            and (
                read_result(norm, group[-1].end, names[i + 1].start, False) is None
                or _is_and(norm, group[-1], names[i + 1])
            )
        ):
            i += 1
            group.append(names[i])
        i += 1
        if (
            group[-1].value in ("hbv", "hcv")
            and i < len(names)
            and re.fullmatch(
                r"(?:\s(?:serolog\w*|status|screen(?:ing)?|markers?|panel|tests?|profile|results?))?\s?:\s{0,4}(?:(?:last|latest|recent)\s)?",
                norm[group[-1].end : names[i].start],
                re.I,
            )
        ):
            continue  # "HBV: sAg neg" heads its markers
        limit = names[i].start if i < len(names) else min(end, group[-1].end + 90)
        last = group[-1]
        if (
            len(group) == 1
            and last.value in ("hbv", "hcv")
            and i < len(names)
            and names[i].value in ("hbsag", "anti_hcv")
            and re.fullmatch(r"\s?\(\s?", norm[last.end : names[i].start])
            and not TREATED_OR_KNOWN.search(norm, max(start, last.start - 24), last.end)
        ):
            continue  # "Hepatitis C (anti-HCV) negative" names its test
        r = read_result(norm, last.end, limit, last.value in LOADS or last.value in TESTS or last.value == "test")
        if (
            r is not None
            and r.number is not None
            and r.unit is None
            and r.result is None
            and last.rule.label == "HIV"
            and _IS_DAY.match(norm, r.end)
        ):
            r = None
        if r is not None and _STOP.search(norm, last.end, r.start) and r.number is None:
            r = None
        wait = pending(norm, last.end, limit) if r is None else None
        if r is None and wait is None and last.value in LOADS:
            r = read_load_behind_words(norm, last.end, limit)
        r = _led_result(doc, group, r, wait, start, limit) or r
        series = _series(doc, group, r, wait, names[i].start if i < len(names) else doc.line_at(last.start).end)
        r = series[0].result if r is None and series else r
        for k, n in enumerate(group):
            own = r if (k == len(group) - 1 or (r is not None and r.number is None)) else None
            out.append(_mention(doc, n, own, wait, len(group) > 1, k == len(group) - 1, start))
            if n is not last and own is not None and own.result == "negative" and _KNOWN.match(norm, n.start, n.end):
                out[-1].assertion = "possible"  # "known HIV, HBV and HCV negative": the first may be known to be there
        if series:
            out.extend(_dated(doc, last, out[-1], series))
        elif r is not None and last.value in LOADS:
            out.extend(later_loads(doc, last, r, limit))
    part_days(doc, out)
    for m in out:
        _mark_source(doc, m)
    return out


_IS_DAY = re.compile(
    r"\s(?:de\s)?(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|sept?iembre|octubre|noviembre|diciembre|janv|fevr|mars|avril|mai|juin|juil|aout)",
    FLAGS,
)
"""Behind a number that is a day: "ELISA 9 de mayo negativo"."""
_LED_BY = re.compile(
    r"\b(?:(?P<neg>neg(?:ative)?|non-?\s?reactive|-ve)|(?P<pos>pos(?:itive)?|reactive|\+ve))\s(?:(?:on )?(?:serology|tests?|testing|screen(?:ing)?|bloods?)\s)?for\s(?:the\s|both\s|all\s)?$",
    FLAGS,
)
"""Before names: "tested negative for HBsAg and HIV"."""
_NOT_HIS_RESULT = re.compile(
    r"\b(?:if|unless|whether|must|should|needs?|once|until|before|requires?|required|to be|ensure|provided|not|never|no longer|nor|wife|husband|spouse|partner|mother|father|brother|sister|son|daughter|donor|source|baby|child|contact)\b[^.;\n]{0,60}$",
    FLAGS,
)
_NO_SUCH = re.compile(r"\bno\s(?:(?:evidence of|detectable|circulating)\s)?(?:(?:the|any|serum|specific)\s)?$", FLAGS)
_DETECTED = re.compile(
    r"(?:\s(?:was|were|is|are|has been|have been|could be|can be))?\s(?:detected|found|demonstrated|identified|seen|present)\b"
    r"(?!\s(?:in|on|among|anywhere|yet|from|with)\b)",
    FLAGS,
)
_NOT_SEEN = re.compile(
    r"(?:\s(?:was|were|is|are|has been|have been|could))?\snot (?:been |be )?(?:found|demonstrated|identified|seen|present)\b(?!\s(?:in|on|among|anywhere|yet|from|with)\b)",
    FLAGS,
)
_SUBSTANCE = re.compile(
    r"^(?!.*(?:test|screen|serolog|status|combo)).*(?:antibod|antigen|rna|dna|^anti-?\s?h|hbs-?\s?ag|\bab$)", FLAGS
)
"""A name of what is found or not; a test that is "not found" is a paper."""


def _led_result(
    doc: Document, group: list[Name], r: Result | None, wait: tuple[int, int] | None, start: int, limit: int
) -> Result | None:
    """Result that stands before the names ("negative for HBsAg and HIV"), or that a "no" before them turns ("no HIV antibodies detected")."""
    norm, first, last = doc.norm, group[0], group[-1]
    denied = _NO_SUCH.search(norm, max(start, first.start - 40), first.start) is not None
    seen = (_DETECTED if denied else _NOT_SEEN).match(norm, last.end, limit)
    if seen is not None:
        substances = all(_SUBSTANCE.search(norm[n.start : n.end]) for n in group)
        return Result(seen.start(), seen.end(), "negative") if substances else None
    if r is not None or wait is not None:
        return None
    led = _LED_BY.search(norm, max(start, first.start - 50), first.start)
    if led is None or _NOT_HIS_RESULT.search(norm, max(start, led.start() - 80), led.start()):
        return None
    if doc.category_at(first.start) in ("family", "criteria", "plan", "education"):
        return None
    return Result(last.end, last.end, "negative" if led["neg"] else "positive")


_FROM_REPORT = re.compile(
    r"\b(?:lab(?:oratory)?|virology|serology|microbiology|amended|corrected|printed|original)\s(?:(?:report|print(?:ed)?(?:\s?out)?|result|sheet|slip|letter)s?|of\s\d)\b[^.\n\"]{0,90}$",
    FLAGS,
)
_FROM_HEARSAY = re.compile(
    r"\b(?:ward|admission|nurs(?:e|ing)(?:'s|s')?|intake|triage|referral|referring|clerk(?:ing|ed)|form|questionnaire|check-?list|telephone|phoned)\b[^.\n]{0,40}$",
    FLAGS,
)


def _mark_source(doc: Document, m: Mention) -> None:
    """Mark a result as read from a laboratory's report, or from a form or note that repeats it; in place."""
    if m.result is None or m.assertion != "present":
        return
    start, _ = doc.segment_at(m.start)
    if _FROM_REPORT.search(doc.norm, max(start, m.start - 110), m.start):
        m.attributes["source"] = "report"
    elif _FROM_HEARSAY.search(doc.norm, max(start, m.start - 60), m.start):
        m.attributes["source"] = "narrative"


_HIV_LOAD = re.compile(r"viral load|vl\b|rna\b|pcr\b", FLAGS)
_OF_LOADS = re.compile(r"detect|(?-i:TND|ND)\b|未检出|未檢出", FLAGS)
"""A word of viral loads: behind an infection's name it says that the load is low, not that the infection is absent."""


def _series(
    doc: Document, group: list[Name], r: Result | None, wait: tuple[int, int] | None, limit: int
) -> list[Dated]:
    """Several results of a test that stands alone, each with its day; empty where there is one."""
    n = group[-1]
    of_load = n.value in LOADS
    if (
        (len(group) > 1 and not of_load)
        or wait is not None
        or not (of_load or n.value in TESTS or n.value in _INFECTIONS)
    ):
        return []
    if n.rule.label == "HIV" and _HIV_LOAD.search(doc.norm, n.start, n.end):
        return []
    dated = read_repeats(doc, n.end, limit, r, SERIES_UNIT if of_load else None)
    if n.value in _INFECTIONS and any(_OF_LOADS.search(doc.norm, d.result.start, d.result.end) for d in dated):
        return []
    return with_screens_disproved(dated) if n.rule.label == "HIV" else dated


def _dated(doc: Document, n: Name, first: Mention, series: list[Dated]) -> list[Mention]:
    """Mentions of the results behind the first, whose own mention gets its day; in place."""
    if first.assertion != "present":
        return []
    set_day(doc, first, series[0])
    out = []
    value = {"disease": "test", "hcv": "anti_hcv"}.get(n.value, n.value)
    results = with_units([d.result for d in series])
    if first.value in LOADS and results[0].number is not None:
        set_load(first, results[0])
    for d, result in zip(series[1:], results[1:], strict=True):
        m = Mention(d.result.start, d.result.end, n.rule.label, value, n.rule.id, priority=1)
        m.result, m.assertion = d.result.result, "present"
        if value in LOADS:
            set_load(m, result)
        set_day(doc, m, d)
        out.append(m)
    return out


_KNOWN = re.compile(r"known\b", FLAGS)
_STOP = re.compile(r"[;\n]|(?<!\d)\.|(?<=\d)(?<!\.\d\d)\.(?!\d)")
"""Between a name and a result: another sentence. The stops of "17.06." end none."""
_EARLIER = re.compile(r"\b(?:from|previous\w*|prev|before|initially|baseline)\b", FLAGS)
_WAS = re.compile(r"\bwas\b", FLAGS)
_NOW = re.compile(r"\b(?:now|today|currently|since then|latest|most recent(?:ly)?)\b|→|->", FLAGS)
"""Behind what "was": a later result follows."""
_WISHED = re.compile(
    r"\b(?:once|as soon as|wants?|wish(?:es)?|wait(?:ing)? (?:for|until)|asks? for)\b[^.;\n]{0,30}$", FLAGS
)
"""Before a bound that nobody has measured."""
_HOPED_FOR = re.compile(
    r"\b(?:aim(?:s|ing)?|goal|target|hop(?:e|es|ing)|expect(?:s|ed|ing)?)\s(?:(?:is|for|to have|to get|at|of|an?|the|undetectable|that)\s)*$",
    FLAGS,
)
_EXPECTED = re.compile(
    r"\s(?:(?:is|are|would be|to be)\s)?(?:expected|anticipated|hoped for|aimed (?:at|for)|awaited|desired|the (?:goal|aim|target))\b",
    FLAGS,
)


def _is_hoped_for(norm: str, before: int, start: int, end: int) -> bool:
    """Whether a result is only hoped for: "aim is HCV RNA not detected", "HBV DNA <20 IU/mL expected after three months"."""
    return _HOPED_FOR.search(norm, before, start) is not None or _EXPECTED.match(norm, end) is not None


_TREATED_FOR = re.compile(
    r"\b(?:on|takes?|taking|treated with|started|followed|followed up|under|attends|attending|looked after by|cared for by|known to)\s(?:[\w/.'-]+\s){0,4}for\s(?:his\s|her\s|known\s)?$",
    FLAGS,
)
"""Before a disease: it is treated or followed, not tested for."""


def _is_and(norm: str, one: Name, other: Name) -> bool:
    """Whether a plus between two viruses joins them: "HIV + HCV not tested"; else it is a result ("HBsAg + HBeAg -", "HIV+ HCV-")."""
    viruses = ("hbv", "hcv", "disease", "test")
    if one.value not in viruses or other.value not in viruses:
        return False
    same_space = norm[one.end : other.start] in ("+", " + ")
    return same_space and not re.match(r"\s?\(?[+-](?!\w)", norm[other.end : other.end + 4])


def _mention(
    doc: Document, n: Name, r: Result | None, wait: tuple[int, int] | None, in_list: bool, last: bool, start: int
) -> Mention:
    norm = doc.norm
    value, label = n.value, n.rule.label
    disease = value in ("hbv", "hcv", "hav", "hepatitis_other", "disease")
    if disease and r is not None and r.number is None and label == "HIV":
        value = "test" if r.result == "negative" else "disease"
    end = n.end if r is None or (in_list and not last) else r.end
    m = Mention(n.start, end, label, value, n.rule.id, priority=1)
    if r is not None and (
        _EARLIER.search(norm, n.end, r.start)
        or (_WAS.search(norm, n.end, r.start) and _NOW.search(norm, r.end, doc.segment_at(n.start)[1]))
    ):
        m.temporality = "past"
    if r is not None:
        m.result = r.result
        if value in LOADS:
            set_load(m, r)
        elif r.number is not None:
            m.number, m.unit = r.number, r.unit
            if m.result is None:
                m.result = titre_result(value, r)
        if m.result is not None or m.number is not None:
            m.assertion = "present"
        if _is_hoped_for(norm, max(start, n.start - 40), n.start, end):
            m.assertion, m.result = "hypothetical", None
        elif r.comparator and (
            CONDITIONAL.search(norm[max(start, n.start - 140) : n.start])
            or _WISHED.search(norm, max(start, n.start - 40), n.start)
            or REQUIRED.match(norm, r.end)
            or doc.category_at(n.start) == "criteria"
        ):
            m.assertion, m.result = "hypothetical", None
            if disease and label == "HEPATITIS" and value == "hepatitis_other":
                m.assertion, m.result = ("absent", None) if r.result == "negative" else (None, None)
    elif value == "hcv_rna" and re.search(r"\bsvr", norm[n.start : n.end], re.I):
        m.result, m.assertion = "negative", "present"
    elif value == "hcv_rna" and re.search(r"vira?emi", norm[n.start : n.end], re.I):
        m.result, m.assertion = "positive", "present"
    if r is None and disease and _POSITIVE_NAME.search(norm, n.start, n.end):
        if among_options(norm, n.end, doc.line_at(n.start).end, "positive"):
            m.assertion = "hypothetical"
            return m
        m.result = "positive"
    if (
        r is not None
        and m.result is not None
        and box_before(norm, n.start, doc.line_at(n.start).start) == "empty"
        and not boxes_trail(norm, doc.line_at(n.start).start, doc.line_at(n.start).end)
    ):
        m.result, m.assertion = None, "hypothetical"  # "[ ] HBsAg negative": nobody has ticked it
        return m
    if value == "test" and r is None and wait is None and names_infection(doc, n, start):
        m.value = "disease"
        return m
    if (
        value == "hcv"
        and r is not None
        and _ANTIBODY_WORD.search(norm, r.start, r.end)
        and norm[n.start : n.end].lower() == "hcv"
    ):
        value = m.value = "anti_hcv"
    asked = r is None and value in ("hbv", "hcv") and among_tests(doc, n, start)
    if asked:
        m.assertion = "hypothetical"
        if norm[n.start : n.end].lower() == "hcv":
            m.value = "anti_hcv"
        return m
    bare_in_list = (
        in_list
        and re.fullmatch(r"hcv|hep(?:atitis)?\.? c", norm[n.start : n.end], re.I)
        and doc.category_at(n.start) not in ("family", "history")
        and not re.search(
            r"\b(?:no|denie[sd]|nil|without|never|known|h/o)\b", norm[max(start, n.start - 40) : n.start], re.I
        )
    )
    if wait is not None and not in_list and not _ANSWER_OF_PATIENT.search(norm, *wait):
        m.end = wait[1]
    if value == "hav" and wait is not None:
        m.assertion, m.cue = "hypothetical", wait
    planned = bare_in_list or wait is not None or PLANNED.search(norm[max(start, n.start - 80) : n.start])
    if (
        value in ("hbv", "hcv")
        and r is None
        and m.assertion is None
        and (
            _SCREEN_LEADS.search(norm, max(start, n.start - 60), n.start)
            or _SCREEN_FOLLOWS.match(norm, n.end, min(len(norm), n.end + 60))
        )
    ):
        m.assertion = "hypothetical"
    if value == "hcv" and r is None and planned:
        m.value, m.assertion = "anti_hcv", "hypothetical"
    if (
        value == "hbv"
        and m.result is None
        and re.search(r"carrier|大三[阳陽]|小三[阳陽]|携带|帶菌|带菌", norm[n.start : n.end + 10], re.I)
    ):
        m.result = "positive"
    if value == "disease" and r is None and wait is None and owned(doc, n, start):
        return m
    if (
        value == "disease"
        and m.assertion is None
        and not HIV_DISEASE.search(norm[max(start, n.start - 50) : n.end + 60])
        and not _BORNE_OUT.match(norm, n.end)
        and doc.category_at(n.start) not in ("family", "history")
    ):
        m.value, m.assertion = "test", "hypothetical"
    if (
        value == "disease"
        and m.assertion is None
        and (wait is not None or PLANNED.search(norm[max(start, n.start - 80) : n.start]))
        and not _TREATED_FOR.search(norm, max(start, n.start - 40), n.start)
    ):
        m.value, m.assertion = "test", "hypothetical"
    if m.assertion is None and (value in TESTS or value == "test"):
        if wait is not None:
            m.assertion, m.cue = "hypothetical", wait
        elif doc.category_at(n.start) != "family":
            m.assertion = "hypothetical"
    if m.assertion == "present" and doc.category_at(n.start) == "family":
        m.assertion = None
    as_spoken_of(doc, m, start, in_list)
    return m


_ANSWER_OF_PATIENT = re.compile(r"declin|refus|offer|consent|request|part of|not (?:on|in)\b|unknown", FLAGS)
"""Words after a test's name that tell more than that it waits; they are no part of its span."""
_BORNE_OUT = re.compile(
    r"\s?(?:infection )?(?:was |is |has been )?(?:confirmed|proven)\b(?!\s(?:to be\s)?(?:neg|non|not|absent))", FLAGS
)
_ANTIBODY_WORD = re.compile(r"react|(?-i:NR)\b|-\s?ve", FLAGS)
"""Only antibodies are reactive: "HCV - non reactive" is a test, not the disease."""
