"""Hepatitis B and C: markers, viral loads and diseases, with results and copies/mL (GUIDELINE E07, E08; 1 IU = 5.6 copies)."""

from __future__ import annotations

import re
from dataclasses import replace

from critex.extract.dates import When
from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits
from critex.extract.forms import box_before, boxes_trail
from critex.extract.lab_heads import cells_of
from critex.extract.lab_prose import CONDITIONAL, REQUIRED
from critex.extract.lab_tables import column_day
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules
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
from critex.extract.subject import has_relative_clause

COPIES_PER_IU = 5.6
TESTS = frozenset({"hbsag", "hbsab", "hbeag", "hbeab", "hbcab", "hbv_dna", "anti_hcv", "hcv_rna"})
LOADS = frozenset({"hbv_dna", "hcv_rna"})
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
_PLANNED = re.compile(
    r"\b(?:to (?:screen|check|send|do|repeat|add|chase|get|test)|check|recheck|screen|repeat|send|add|needs?|(?<!significant )(?<!positive )(?<!remarkable )(?<!notable )(?<!treated )(?<!known )(?<!followed )(?<!stable )for|await(?:ing)?|pending|request(?:ed)?|order(?:ed)?|arrange|plan|baseline|adv(?:ised|ise)?|advice|consider|before|prior to|incl(?:uding)?|monitor|chase|sent|please)\b[^.;\n]{0,60}$|[拟查]",
    FLAGS,
)


_POSITIVE_NAME = re.compile(r"(?:positive|pos|\+ve|\+)$", FLAGS)
_HIV_DISEASE = re.compile(
    r"infect|disease|positive|(?<=hiv)\s?\+|\+ve|\bart\b|haart|arv|biktarvy|dolutegravir|cd4|viral load|\bvl\b|undetectable|\bdx\b|diagnos|known|living|since|aids\b|plwh|denie|no h/o|no history|history of|status|患",
    FLAGS,
)
"""Words that make a bare "HIV" a disease; without them it is a test that somebody asks for."""


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
    names = _with_bare_loads(doc, names_in(doc, start, end, serology_rules()))
    norm, out = doc.norm, []
    i = 0
    while i < len(names):
        if (rows := _columns(doc, names, i)) is not None:
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
            and not _TREATED_OR_KNOWN.search(norm, max(start, last.start - 24), last.end)
        ):
            continue  # "Hepatitis C (anti-HCV) negative" names its test
        r = read_result(norm, last.end, limit, last.value in LOADS or last.value in TESTS or last.value == "test")
        if r is not None and _STOP.search(norm, last.end, r.start) and r.number is None:
            r = None
        wait = pending(norm, last.end, limit) if r is None else None
        if r is None and wait is None and last.value in LOADS:
            r = read_load_behind_words(norm, last.end, limit)
        r = _led_result(doc, group, r, wait, start, limit) or r
        for k, n in enumerate(group):
            own = r if (k == len(group) - 1 or (r is not None and r.number is None)) else None
            out.append(_mention(doc, n, own, wait, len(group) > 1, k == len(group) - 1, start))
            if n is not last and own is not None and own.result == "negative" and _KNOWN.match(norm, n.start, n.end):
                out[-1].assertion = "possible"  # "known HIV, HBV and HCV negative": the first may be known to be there
        if r is not None and last.value in LOADS:
            out.extend(_later_loads(doc, last, r, limit))
    return out


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
_TREATED_FOR = re.compile(
    r"\b(?:on|takes?|taking|treated with|started|followed|followed up|under|attends|attending|looked after by|cared for by|known to)\s(?:[\w/.'-]+\s){0,4}for\s(?:his\s|her\s|known\s)?$",
    FLAGS,
)
"""Before a disease: it is treated or followed, not tested for."""
_ARROW = re.compile(
    r"[^.;\n]{0,18}?,?\s(?:but\s)?(?:now|today|currently|latest|most recent(?:ly)?)\s(?::\s?|is\s)?|"
    r"\s?\([^()\n]{2,24}\),\s(?=[<>≤]?\s?\d[\d.,]*\s?(?:IU|cop|cp))|\s?(?:\([^()\n]{0,24}\)|(?:on |in )?[\d/.-]{3,10}|(?:on |in )[a-z0-9 ]{3,14})?\s?(?:→|-{1,2}>|=>)\s?",
    FLAGS,
)


def _later_loads(doc: Document, name: Name, first: Result, limit: int) -> list[Mention]:
    """Loads behind arrows: "HBV DNA 8.9x10^3 (Jan) -> <100 copies (Mar)"; each is a later value of the same test."""
    out, at = [], first.end
    while (arrow := _ARROW.match(doc.norm, at, limit)) is not None:
        r = read_result(doc.norm, arrow.end(), limit, True)
        if r is None or r.start > arrow.end() + 1 or r.end <= at:
            break
        m = Mention(r.start, r.end, name.rule.label, name.value, name.rule.id, priority=1)
        m.result, m.assertion = r.result, "present"
        _load(m, r if r.unit else replace(r, unit=first.unit))
        out.append(m)
        at = r.end
    return out


def _is_and(norm: str, one: Name, other: Name) -> bool:
    """Whether a plus between two viruses joins them: "HIV + HCV not tested"; else it is a result ("HBsAg + HBeAg -", "HIV+ HCV-")."""
    viruses = ("hbv", "hcv", "disease", "test")
    if one.value not in viruses or other.value not in viruses:
        return False
    same_space = norm[one.end : other.start] in ("+", " + ")
    return same_space and not re.match(r"\s?\(?[+-](?!\w)", norm[other.end : other.end + 4])


_UNIT_BESIDE = re.compile(r"[\s|↑↓*]{1,24}(?:iu|ie|ui|copies|cps?)\s?/\s?ml\b", FLAGS)
_UNIT_CELL = re.compile(r"\(?\s?(?P<unit>(?:log\s?_?(?:10)?\s?)?(?:i[ue]|ui|copies|cps?)\s?/\s?ml)\s?\)?", FLAGS)


def _columns(doc: Document, names: list[Name], i: int) -> list[Mention] | None:
    """Loads of a table's row, one a column, with the days at the columns' heads: "HBV DNA | IU/mL | 41 | 2,140".

    ``None`` where the name does not head a row with a cell for the unit or with more than one value.
    """
    n, norm = names[i], doc.norm
    line = doc.line_at(n.start)
    if n.value not in LOADS or line.kind != "row" or any(line.start <= o.start < line.end for o in names[i + 1 :]):
        return None
    cells = cells_of(norm, line)
    if len(cells) < 3 or not cells[0].start <= n.start < cells[0].end:
        return None
    unit = next((u["unit"] for c in cells[1:] if (u := _UNIT_CELL.fullmatch(c.text.strip()))), None)
    if unit is None and (own := _UNIT_OF_HEAD.search(cells[0].text)) is not None:
        unit = own["unit"]
    values: list[tuple[Result, When | None]] = []
    for c in cells[1:]:
        start = c.start + len(c.text) - len(c.text.lstrip())
        if _UNIT_CELL.fullmatch(c.text.strip()) or re.match(r"(?:lod|loq|ref|<\s?lod)\b", c.text.strip(), re.I):
            continue
        r = read_result(norm, start, c.end, True)
        when = column_day(doc, line, start)
        if r is not None and r.start <= start + 2 and (not values or when is not None):
            values.append((r, when))
    if not values or (unit is None and len(values) < 2):
        return None
    out = []
    for k, (r, when) in enumerate(values):
        m = Mention(n.start if k == 0 else r.start, r.end, n.rule.label, n.value, n.rule.id, priority=1)
        m.result, m.assertion = r.result, "present"
        _load(m, r if r.unit else replace(r, unit=unit))
        if len(values) == 1 and (beside := _UNIT_BESIDE.match(norm, r.end, line.end)) is not None:
            m.end = beside.end()
        if when is not None:
            m.date, m.date_source = when.iso, "table"
        out.append(m)
    return out


_UNIT_OF_HEAD = re.compile(r"\((?P<unit>(?:log\s?_?(?:10)?\s?)?(?:i[ue]|ui|cop(?:y|ies)|cps?)\s?/\s?ml)\)\s*$", FLAGS)
"""Unit at the end of a row's head: "HBV DNA (IU/mL)"."""
_BARE_LOAD = re.compile(
    r"(?<![\w-])(?P<dna>dna|(?-i:VL)|viral load)(?![\w-])|(?<![\w-])(?P<rna>rna|(?P<pcr>pcr))(?![\w-])", FLAGS
)
_LOAD_UNIT = re.compile(r"(?:log\s?_?(?:10)?\s?)?(?:i[ue]|ui)\s?(?:/\s?|per\s)m|international|cop|cps?\s?/", FLAGS)
_OTHER_VIRUS = re.compile(r"ebv|plasma|epstein|hpv|cmv|hiv", FLAGS)
_LOAD_RULE = {"hbv_dna": "hepatitis.hbv_dna", "hcv_rna": "hepatitis.hcv_rna"}


_NEAR_LOAD, _FAR_LOAD = 60, 100
"""Characters from a marker to a load without a name; RNA is less often another virus' than DNA."""


def _with_bare_loads(doc: Document, names: list[Name]) -> list[Name]:
    """Names, with the "DNA" and "RNA" that stand behind a hepatitis marker without the virus' name ("HBsAg +, DNA <20 IU/mL").

    The name before decides the virus; a word of another virus between, EBV above all, leaves the load unread (domain.md E7).
    """
    more = []
    rules = {r.id: r for r in serology_rules()}
    for i, n in enumerate(names):
        load = {"hbsag": "hbv_dna", "hbeag": "hbv_dna", "hbv": "hbv_dna", "anti_hcv": "hcv_rna", "hcv": "hcv_rna"}.get(
            n.value
        )
        if load is None:
            continue
        reach = _FAR_LOAD if load == "hcv_rna" else _NEAR_LOAD
        limit = min(names[i + 1].start if i + 1 < len(names) else n.end + reach, n.end + reach)
        m = _BARE_LOAD.search(doc.norm, n.end, limit)
        if (
            m is None
            or (m["rna"] is not None and load == "hbv_dna" and not (m["pcr"] and _quantified(doc, m.end())))
            or (load == "hcv_rna" and m["rna"] is None and m["dna"].lower() == "dna")
            or re.search(r"\n", doc.norm[n.end : m.start()])
        ):
            continue
        stop = min(doc.line_at(m.start()).end, m.end() + 60)
        if (
            read_result(doc.norm, m.end(), stop, True) is None
            and pending(doc.norm, m.end(), stop) is None
            and read_load_behind_words(doc.norm, m.end(), stop) is None
        ):
            continue
        if not _OTHER_VIRUS.search(doc.norm, n.end, m.start()):
            more.append(Name(m.start(), m.end(), load, rules[_LOAD_RULE[load]]))
    return sorted([*names, *more], key=lambda n: n.start)


def _quantified(doc: Document, at: int) -> bool:
    """Whether a load with a load's unit stands behind a PCR that names no virus."""
    r = read_result(doc.norm, at, min(doc.line_at(at).end, at + 60), True)
    if r is None or r.number is None or r.unit is None:
        return False
    return _LOAD_UNIT.match(r.unit) is not None and not _OTHER_VIRUS.search(
        doc.norm, r.end, min(r.end + 30, doc.line_at(at).end)
    )


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
            _load(m, r)
        elif r.number is not None:
            m.number, m.unit = r.number, r.unit
            if m.result is None:
                m.result = _titre(value, r)
        if m.result is not None or m.number is not None:
            m.assertion = "present"
        if r.comparator and (
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
    if value == "test" and r is None and wait is None and _names_infection(doc, n, start):
        m.value = "disease"
        return m
    if (
        value == "hcv"
        and r is not None
        and _ANTIBODY_WORD.search(norm, r.start, r.end)
        and norm[n.start : n.end].lower() == "hcv"
    ):
        value = m.value = "anti_hcv"
    asked = r is None and value in ("hbv", "hcv") and _among_tests(doc, n, start)
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
    planned = bare_in_list or wait is not None or _PLANNED.search(norm[max(start, n.start - 80) : n.start])
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
    if value == "disease" and r is None and wait is None and _owned(doc, n, start):
        return m
    if (
        value == "disease"
        and m.assertion is None
        and not _HIV_DISEASE.search(norm[max(start, n.start - 50) : n.end + 60])
        and not _BORNE_OUT.match(norm, n.end)
        and doc.category_at(n.start) not in ("family", "history")
    ):
        m.value, m.assertion = "test", "hypothetical"
    if (
        value == "disease"
        and m.assertion is None
        and (wait is not None or _PLANNED.search(norm[max(start, n.start - 80) : n.start]))
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
    _as_spoken_of(doc, m, start, in_list)
    return m


_OTHER_PERSON = re.compile(
    r"(?:^|[.;\n(]\s{0,3}|[:,]\s{1,3}(?=donor|source|index case)|\b(?:his|her|the|their)\s)(?:wife|husband|spouse|partner|girlfriend|boyfriend|fianc[eé]e?|mother|father|brother|sister|son|daughter|baby|newborn|infant|donor|source(?: patient)?|index case)(?:'s)?\s?"
    r"(?:(?::|-|is|was|were|has been|also|both|then|recently|tested|screened|blood|serology|tests?|results?)\s?){0,4}"
    r"(?:(?:hbsag|hbv(?: dna)?|hcv(?: ab| rna)?|hiv|anti-hcv|anti-hiv|anti-hbc|hep(?:atitis)? [bc]|syphilis|vdrl)\b[^.;,\n]{0,24}(?:,|&|\sand)\s(?:and\s)?){0,3}$",
    FLAGS,
)
"""Another person's tests: "Wife HBsAg neg, HIV neg", "Donor: HIV negative", "needle-stick: source patient HIV negative"."""
MISFILED = re.compile(
    r"[^.;\n]{0,80}?\b(?:(?:belong(?:s|ed|ing)?|pertain(?:s|ed|ing)?|refer(?:s|red)?) to (?:another|an?other|a different|some(?:one|body) else|the wrong|some other)|(?:is|was|are|were) (?:another|a different|some other|the wrong) (?:pt|patient|person)|(?:of|from) (?:another|a different|the wrong) (?:pt|patient|person)|(?:in|of) (?:the|his|her) (?:donor|husband|wife|partner|source)|wrong (?:pt|patient)\b|(?:not|isn't|wasn't) (?:hers|his|this (?:pt|patient)))\b",
    FLAGS,
)
"""A result filed in the wrong notes, or another person's: "HBsAg neg (belongs to another patient)"."""
_ANSWER_OF_PATIENT = re.compile(r"declin|refus|offer|consent|request|part of|not (?:on|in)\b|unknown", FLAGS)
"""Words after a test's name that tell more than that it waits; they are no part of its span."""
_BORNE_OUT = re.compile(
    r"\s?(?:infection )?(?:was |is |has been )?(?:confirmed|proven)\b(?!\s(?:to be\s)?(?:neg|non|not|absent))", FLAGS
)
_ANTIBODY_WORD = re.compile(r"react|(?-i:NR)\b|-\s?ve", FLAGS)
"""Only antibodies are reactive: "HCV - non reactive" is a test, not the disease."""
_ON_HIV_TREATMENT = re.compile(
    r"\s?[:(,-]{0,2}\s?(?:\+\s)?(?:(?:is |was |well |good |poor |now |stable |currently )?(?:on|under|started|takes|taking|off|restart\w*|resum\w*)\s(?:[\w/]+\s){0,2}?)?(?:art|arvs?|arv|haart|cart|tld|tle|biktarvy|bictegravir\S*|dolutegravir|(?-i:CD4)|dx|diagnosed|treatment|therapy|well[ -]controlled|controlled|(?:confirmed|proven)(?!\s(?:to be\s)?(?:neg|non)))\b",
    FLAGS,
)
_DIAGNOSES = re.compile(
    r"(?:^|[\n.;])\s{0,6}(?:\d{1,2}[.)]\s?)?(?:ass(?:essment|x)?|imp(?:ression)?|diagnos[ie]s|dx|problems?(?: list)?|pmhx?|pmx|past history|background|b/g|bg|u/l|underlying(?: illness(?:es)?)?|comorbid\w*|known|k/c/o|kco|with|new)\b[^.\n]{0,140}$",
    FLAGS,
)
"""Heads of a list of diagnoses."""


def _names_infection(doc: Document, n: Name, start: int) -> bool:
    """Whether a bare "RVD" or "HIV" names the infection: among diagnoses, or beside its treatment; among tests it is one."""
    norm = doc.norm
    name = norm[n.start : n.end].lower()
    if name not in ("rvd", "hiv"):
        return False
    if _ON_HIV_TREATMENT.match(norm, n.end) and not _PLANNED.search(norm, max(start, n.start - 80), n.start):
        return True
    if name != "rvd":
        return False
    if _HIV_DISEASE.search(norm[max(start, n.start - 30) : n.end + 40]):
        return True
    if _TEST_BEFORE.search(norm, max(start, n.start - 40), n.start) or _TEST_AFTER.match(norm, n.end):
        return False
    return (
        doc.category_at(n.start) in ("history", "assessment")
        or _DIAGNOSES.search(norm[max(0, n.start - 160) : n.start]) is not None
    ) and not _PLANNED.search(norm, max(start, n.start - 80), n.start)


_OTHER_TEST = r"(?:lfts?|fbc|cbc|inr|ptt?|aptt|coag\w*|clotting|u&?es?|u/e|ue|rfts?|rp|renal|tfts?|tsh|cortisol|lactate|hba1c|ecg|ekg|cxr|x-?ray|echo|hcg|b-?hcg|βhcg|vdrl|rpr|syphilis|g6pd|ebv(?:[ -]dna)?|hla|quantiferon|igra|toxo\w*|lipids|glucose|crp|ldh|bloods?|urin\w*|group and (?:screen|save)|g&s|gxm|(?:function|liver|thyroid) (?:profile|panel|tests?))"
_TEST_BEFORE = re.compile(
    rf"\b{_OTHER_TEST}(?:\s?[,/+&;]\s?(?:and\s)?|\s(?:and|as well as)\s)(?:(?:hep(?:atitis)?\.?\s?b|hbv)\s?(?:/|&|and|,)\s?)?$",
    FLAGS,
)
_TEST_AFTER = re.compile(
    rf"(?:\s?(?:/|&|,|\+|and|or)\s?(?:hep(?:atitis)?\.?\s?)?(?:c|hcv|hiv|b|hbv|rvd)\b){{0,3}}(?:\s?[,/+&]\s?(?:and\s)?|\sand\s){_OTHER_TEST}\b(?!\s?[:=(]?\s?(?:[<>~]?\d|normal|n\b|nad|ok|wnl|derang|abnormal|raised|elevated|high|low|stable|improv|rising|up\b|down\b|in\s\d|as\b|due\b))",
    FLAGS,
)
_TREATED_OR_KNOWN = re.compile(
    r"\b(?:known|chronic|chron|active|carrier|treated|untreated|cured|past|previous|h/o|hx|history|infection|reactivation|entecavir|tenofovir|no|not|denie[sd]|without|never|nil|with|has|had)\b",
    FLAGS,
)


def _among_tests(doc: Document, n: Name, start: int) -> bool:
    """Whether a virus stands in a list of tests that somebody asks for: "Hep B/C, LFT, INR"; not in one of diagnoses."""
    norm = doc.norm
    if not (_TEST_AFTER.match(norm, n.end) or _TEST_BEFORE.search(norm, max(start, n.start - 60), n.start)):
        return False
    line = doc.line_at(n.start)
    return (
        doc.category_at(n.start) not in ("history", "assessment", "family")
        and not _TREATED_OR_KNOWN.search(norm, max(line.start, n.start - 24), n.end)
        and _DIAGNOSES.search(norm[max(line.start, n.start - 100) : n.start]) is None
    )


_OWNER = re.compile(
    r"\b(?:his|her|their|(?:the )?(?:patient|pt)'?s)\s(?:known |underlying |well[ -]controlled |poorly controlled |untreated |advanced )?$",
    FLAGS,
)
_TEST_WORDS = re.compile(
    r"\b(?:test\w*|result\w*|status|screen\w*|serolog\w*|check\w*|sent|send|repeat\w*|pending|await\w*|order\w*|negative|neg|done|report\w*|know|need\w*|want\w*|before|prior|chase|ask\w*|request\w*|require\w*|book\w*|tomorrow)\b",
    FLAGS,
)


def _owned(doc: Document, n: Name, start: int) -> bool:
    """Whether the infection is said to be somebody's ("her HIV rules her out"), in a sentence that speaks of no test."""
    a, b = doc.segment_at(n.start)
    return (
        _OWNER.search(doc.norm, max(start, n.start - 40), n.start) is not None
        and _TEST_WORDS.search(doc.norm, max(a, start), b) is None
    )


_TOLD = re.compile(
    r"\b(?:told|informed)\s(?:(?:the )?(?:pt|patient)|(?P<her>her)|(?P<him>him))\s(?:that\s)?\"?(?:(?P<she>she)|(?P<he>he)|the (?:pt|patient))\s\"?(?:has|had|is|was|carries|carried|got)\s(?:an?\s|known\s)?(?:chronic\s)?$",
    FLAGS,
)
"""A relative's words about the patient: "mother told her she has ..."; "wife told him she has ..." is about the wife."""
_DOUBTED = re.compile(
    r"\s?\?(?=\s*(?:$|[\n,;.)–-]|\d{1,2}[.)]|[a-z]))(?!\s{0,3}(?:no|nil|none|yes|y|n|never|denie[sd]|not)\b)", FLAGS
)
"""A question mark behind a diagnosis that nobody answers."""
_RELATIVE = re.compile(
    r"\b(?:mother|father|brother|sister|husband|wife|partner|spouse|son|daughter|uncle|aunt|mum|mom|dad)(?:'s)?\s?(?:is |was |has |had )?(?:\([^()\n]{0,40})?$",
    FLAGS,
)
_NO = re.compile(r"\b(?:no|not|denie[sd]|without|nil|never)\b[^.;\n]{0,30}$", FLAGS)
_TOXICITY = re.compile(
    r"\b(?:pneumonitis|colitis|ir-?AEs?|immune-?related|endocrin\w+|toxicit\w+|side effects?|adverse)\b", FLAGS
)
_LATER_POSITIVE = re.compile(
    r"\s?\(?(?:in )?(?:\w{3,9} )?(?:19|20)\d\d\)?\s?[,;]\s?(?:but |and |now |then ){0,2}(?:detected|positive|pos|reactive)\b(?! in the (?:donor|husband|wife))",
    FLAGS,
)
"""A later result behind an earlier negative one: "HCV RNA not detected 2019, detected 2026"."""
_TALKED_OF = re.compile(r"\b(?:discuss\w*|explain\w*|counsel\w*|consent\w*|risks?|tox\b|warned|aware)\b", FLAGS)
_LASTING = re.compile(r"chron|known|three[ -]positive|3[ -]positive|[大小]三", re.I)
_ACTIVE_AFTER = re.compile(r"\s?[,(]?\s?(?:is\s)?(?:active|untreated|viraemic|viremic|treatment[ -]na[iï]ve)\b", re.I)
"""A hepatitis C that is active, or not yet treated, is an infection now."""
_WATCHED = re.compile(r"\s?(?:monitoring|surveillance|prophylaxis|risk|prevention|cover)\b", FLAGS)


def _as_spoken_of(doc: Document, m: Mention, start: int, in_list: bool) -> None:
    """Whose disease it is, whether it is only a risk or a screen, and what "chronic" and "carrier" say of the virus; in place."""
    norm = doc.norm
    before, words = norm[max(start, m.start - 80) : m.start], norm[m.start : m.end]
    if (m.result is not None or m.number is not None) and (
        _OTHER_PERSON.search(norm, max(start, m.start - 110), m.start)
        or MISFILED.match(norm, m.end, doc.line_at(m.start).end)
    ):
        m.assertion = "family"
        return
    if m.result == "negative" and (later := _LATER_POSITIVE.match(norm, m.end)) is not None:
        m.end, m.result, m.assertion = later.end(), "positive", "present"
        if days := doc.dates_between(later.end(), later.end() + 12):
            m.date, m.date_source = days[0].when.iso, "text"
    told = _TOLD.search(norm, max(start, m.start - 80), m.start) if m.value in ("hbv", "hcv", "disease") else None
    if m.assertion in (None, "present") and has_relative_clause(doc, m.start):
        m.assertion = "family"
        return
    if told is not None and not (told["her"] and told["he"]) and not (told["him"] and told["she"]):
        m.assertion = "present"
    if m.value in ("hbv", "hcv", "hbsag") and _RELATIVE.search(before) and doc.category_at(m.start) != "family":
        m.assertion = "family"
    if (
        m.value == "hbsag"
        and m.result is None
        and (carrier := re.compile(r"\s(?:carrier|\+)", re.I).match(norm, m.end))
    ):
        m.end, m.result = carrier.end(), "positive"
        m.assertion = None if m.assertion == "hypothetical" else m.assertion
    doubt = _DOUBTED.match(norm, m.end) if m.assertion is None and m.result is None else None
    if doubt is not None and m.value in ("hbv", "hcv", "hav", "hepatitis_other"):
        m.end, m.assertion = doubt.end(), "possible"
        return
    if m.value in ("hbv", "hcv") and m.result is None and _LASTING.search(words) and not _NO.search(before):
        m.result = "positive"
    if (
        m.value == "hcv"
        and m.result is None
        and m.assertion != "family"
        and _ACTIVE_AFTER.match(norm, m.end)
        and not _NO.search(before)
    ):
        m.result = "positive"
    segment = norm[slice(*doc.segment_at(m.start))]
    if m.value == "hepatitis_other" and (
        (_TOXICITY.search(segment) and _TALKED_OF.search(segment)) or (in_list and _PLANNED.search(before))
    ):
        m.assertion = "hypothetical"
    if m.value == "hbv" and "reactivation" in words.lower() and _WATCHED.match(norm, m.end):
        m.assertion, m.result = "hypothetical", None


def _load(m: Mention, r: Result) -> None:
    if r.number is None:
        return
    unit = (r.unit or "").lower().replace(" ", "")
    number = 10**r.number if unit.startswith("log") else r.number
    copies = "cop" in unit or unit.startswith("cp")
    m.number, m.unit, m.comparator = r.number, r.unit, r.comparator
    if m.value == "hbv_dna":
        if any(u in unit for u in ("iu", "ie", "ui", "international")) and not copies:  # IE in German, UI in French
            m.canonical = round(number * COPIES_PER_IU, 4)
        elif copies:
            m.canonical = number
        m.canonical_unit = "copies/mL"
        m.result = m.result or "number"
    else:
        m.canonical, m.canonical_unit = number, r.unit or ""
        if m.result is None and not (r.detected and r.comparator in ("<", "<=")):
            # detected below the limit of quantification decides nothing (domain.md E8)
            m.result = (
                "negative" if r.comparator in ("<", "<=") or (r.number == 0 and "log" not in unit) else "positive"
            )


def _titre(value: str, r: Result) -> str | None:
    """Result of a titre without a marker: HBsAg from 0.05 IU/mL or index 1; antibodies from 10 IU/L or index 1 (domain.md E7, 14)."""
    unit = (r.unit or "").lower().replace(" ", "")
    assert r.number is not None  # noqa: S101
    if r.comparator in ("<", "<="):
        return "negative"
    if value == "hbsag":
        limit = 0.05 if unit in ("iu/ml", "ie/ml", "ui/ml") else 1.0
    elif value == "hbsab":
        limit = 10.0
    else:
        limit = 1.0
    return "positive" if r.number >= limit else "negative"


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    return find_serology(doc, hits, "HEPATITIS")


FAMILY = Family("hepatitis", load_rules("hepatitis.yaml"), _find)
