"""Viral loads of hepatitis B and C: where they stand, their numbers in copies/mL, and several of them over time (GUIDELINE E07, E08; 1 IU = 5.6 copies)."""

from __future__ import annotations

import re
from dataclasses import replace

from critex.extract.dates import When
from critex.extract.document import Document, Line
from critex.extract.lab_heads import Cell, cells_of
from critex.extract.lab_tables import column_day, is_reference
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules
from critex.extract.repeated_tests import of_another_person, read_repeats
from critex.extract.serology import Name, Result, pending, read_load_behind_words, read_result

COPIES_PER_IU = 5.6
LOADS = frozenset({"hbv_dna", "hcv_rna"})
_ARROW = re.compile(
    r"[^.;\n]{0,18}?,?\s(?:but\s)?(?:now|today|currently|latest|most recent(?:ly)?)\s(?::\s?|is\s)?|"
    r"\s?\([^()\n]{2,24}\),\s(?=[<>≤]?\s?\d[\d.,]*\s?(?:IU|cop|cp))|\s?(?:\([^()\n]{0,24}\)|(?:on |in )?[\d/.-]{3,10}|(?:on |in )[a-z0-9 ]{3,14})?\s?(?:→|-{1,2}>|=>)\s?",
    FLAGS,
)


def later_loads(doc: Document, name: Name, first: Result, limit: int) -> list[Mention]:
    """Loads behind arrows: "HBV DNA 8.9x10^3 (Jan) -> <100 copies (Mar)"; each is a later value of the same test."""
    out, at = [], first.end
    while (arrow := _ARROW.match(doc.norm, at, limit)) is not None:
        r = read_result(doc.norm, arrow.end(), limit, True)
        if r is None or r.start > arrow.end() + 1 or r.end <= at:
            break
        m = Mention(r.start, r.end, name.rule.label, name.value, name.rule.id, priority=1)
        m.result, m.assertion = r.result, "present"
        set_load(m, r if r.unit else replace(r, unit=first.unit))
        out.append(m)
        at = r.end
    return out


_UNIT_BESIDE = re.compile(r"[\s|↑↓*]{1,24}(?:iu|ie|ui|copies|cps?)\s?/\s?ml\b", FLAGS)
_UNIT_CELL = re.compile(r"\(?\s?(?P<unit>(?:log\s?_?(?:10)?\s?)?(?:i[ue]|ui|copies|cps?)\s?/\s?ml)\s?\)?", FLAGS)


def columns(doc: Document, names: list[Name], i: int) -> list[Mention] | None:
    """Loads of a table's row, one a column, with the days at the columns' heads: "HBV DNA | IU/mL | 41 | 2,140".

    ``None`` where the name does not head a row with a cell for the unit or with more than one value.
    """
    n, norm = names[i], doc.norm
    line = doc.line_at(n.start)
    if line.kind != "row" or any(line.start <= o.start < line.end for o in names[i + 1 :]):
        return None
    cells = cells_of(norm, line)
    if len(cells) < 3 or not cells[0].start <= n.start < cells[0].end:
        return None
    first = cells[1].start + len(cells[1].text) - len(cells[1].text.lstrip())
    referenced = is_reference(doc, line, first)
    if n.value not in LOADS:
        return _marker_columns(doc, n, line, cells[2:]) if referenced else None
    if referenced and not _UNIT_CELL.fullmatch(cells[1].text.strip()):
        cells = [cells[0], *cells[2:]]
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
        set_load(m, r if r.unit else replace(r, unit=unit))
        if len(values) == 1 and (beside := _UNIT_BESIDE.match(norm, r.end, line.end)) is not None:
            m.end = beside.end()
        if when is not None:
            m.date, m.date_source = when.iso, "table"
        out.append(m)
    return out


def _marker_columns(doc: Document, n: Name, line: Line, cells: list[Cell]) -> list[Mention] | None:
    """Results of a marker in the columns behind its reference, those under a day only."""
    out: list[Mention] = []
    for c in cells:
        start = c.start + len(c.text) - len(c.text.lstrip())
        r, when = read_result(doc.norm, start, c.end, False), column_day(doc, line, start)
        if r is None or when is None or r.start > start + 2:
            continue
        m = Mention(n.start if not out else r.start, r.end, n.rule.label, n.value, n.rule.id, priority=1)
        m.result, m.assertion = r.result, "present"
        m.date, m.date_source = when.iso, "table"
        out.append(m)
    return out or None


_UNIT_OF_HEAD = re.compile(r"\((?P<unit>(?:log\s?_?(?:10)?\s?)?(?:i[ue]|ui|cop(?:y|ies)|cps?)\s?/\s?ml)\)\s*$", FLAGS)
"""Unit at the end of a row's head: "HBV DNA (IU/mL)"."""
_BARE_LOAD = re.compile(
    r"(?<![\w-])(?P<dna>dna|adn|(?-i:VL)|viral load|viruslast|charge virale|carga viral|(?P<load>load))(?![\w-])|(?<![\w-])(?P<rna>rna|arn|rns|(?P<pcr>pcr))(?![\w-])",
    FLAGS,
)
LOAD_UNIT = re.compile(r"(?:log\s?_?(?:10)?\s?)?(?:(?:i[ue]|ui)\s?(?:/\s?|per\s)m|international|cop|cps?\s?/)", FLAGS)
SERIES_UNIT = re.compile(rf"{LOAD_UNIT.pattern}|log", FLAGS)
"""Unit of one of several loads; "7.5 log (2023)" has its unit from the others."""
_OTHER_VIRUS = re.compile(r"ebv|plasma|epstein|hpv|cmv|hiv", FLAGS)
_LOAD_OF = {
    "hbsag": "hbv_dna",
    "hbeag": "hbv_dna",
    "hbv": "hbv_dna",
    "hbv_dna": "hbv_dna",
    "anti_hcv": "hcv_rna",
    "hcv": "hcv_rna",
    "hcv_rna": "hcv_rna",
}
_MARKERS = frozenset({"hbsag", "hbv", "anti_hcv", "hcv"})
_LOAD_RULE = {"hbv_dna": "hepatitis.hbv_dna", "hcv_rna": "hepatitis.hcv_rna"}
_NEAR_LOAD, _FAR_LOAD = 60, 100
"""Characters from a marker to a load without a name; RNA is less often another virus' than DNA."""


def with_bare_loads(doc: Document, names: list[Name]) -> list[Name]:
    """Names, with the "DNA" and "RNA" that stand behind a hepatitis marker without the virus' name ("HBsAg +, DNA <20 IU/mL").

    The name before decides the virus; a word of another virus between, EBV above all, leaves the load unread (domain.md E7).
    """
    more: list[Name] = []
    rules = {r.id: r for r in load_rules("hepatitis.yaml")}
    for i, n in enumerate(names):
        load = _LOAD_OF.get(n.value)
        if load is None:
            continue
        reach = _FAR_LOAD if load == "hcv_rna" else _NEAR_LOAD
        stop = names[i + 1].start if i + 1 < len(names) else doc.line_at(n.end).end
        at = n.end
        if n.value in LOADS:
            own = read_result(doc.norm, at, stop, True)
            if own is None:
                continue
            at = own.end
        while (m := _bare_load(doc, at, min(stop, at + reach), load)) is not None:
            more.append(Name(m.start(), m.end(), load, rules[_LOAD_RULE[load]]))
            at = m.end()
    if names and (before := _load_before(doc, names[0])) is not None:
        load = _LOAD_OF[names[0].value]
        more.append(Name(before.start(), before.end(), load, rules[_LOAD_RULE[load]]))
    return sorted([*names, *more], key=lambda n: n.start)


_BEFORE_MARKER = 150


def _load_before(doc: Document, first: Name) -> re.Match[str] | None:
    """Load with its unit in the sentence before the first marker: "viral load rose to 18,000 IU/mL, HBsAg positive"."""
    if first.value not in _MARKERS:
        return None
    start, _ = doc.segment_at(first.start)
    start = max(start, first.start - _BEFORE_MARKER)
    m = _BARE_LOAD.search(doc.norm, start, first.start)
    if (
        m is None
        or not m["dna"]
        or not (_quantified(doc, m.end()) or read_repeats(doc, m.end(), first.start, None, SERIES_UNIT))
    ):
        return None
    if _OTHER_VIRUS.search(doc.norm, start, first.end) or of_another_person(doc.norm, start, first.start):
        return None
    return m


def _bare_load(doc: Document, at: int, limit: int, load: str) -> re.Match[str] | None:
    """The next load without its virus' name that has a result or waits for one; ``None`` where another virus or line comes first."""
    for m in _BARE_LOAD.finditer(doc.norm, at, limit):
        if _OTHER_VIRUS.search(doc.norm, at, m.start()) or "\n" in doc.norm[at : m.start()]:
            return None
        if _is_of(doc, m, load) and not of_another_person(doc.norm, at, m.start()) and _has_result(doc, m.end()):
            return m
    return None


def _is_of(doc: Document, m: re.Match[str], load: str) -> bool:
    """Whether a load's bare name can be that of a virus: RNA of hepatitis C, DNA of hepatitis B, a PCR or "load" with a load's unit."""
    if m["load"] is not None and not _quantified(doc, m.end()):
        return False
    if load == "hbv_dna":
        return m["rna"] is None or (m["pcr"] is not None and _quantified(doc, m.end()))
    return m["rna"] is not None or m["dna"].lower() not in ("dna", "adn")


def _has_result(doc: Document, at: int) -> bool:
    """Whether a result stands behind a load's name, or words that it has none yet."""
    stop = min(doc.line_at(at).end, at + 60)
    return (
        read_result(doc.norm, at, stop, True) is not None
        or pending(doc.norm, at, stop) is not None
        or read_load_behind_words(doc.norm, at, stop) is not None
        or bool(read_repeats(doc, at, stop, None, SERIES_UNIT))
    )


def _quantified(doc: Document, at: int) -> bool:
    """Whether a load with a load's unit stands behind a PCR that names no virus."""
    r = read_result(doc.norm, at, min(doc.line_at(at).end, at + 60), True)
    if r is None or r.number is None or r.unit is None:
        return False
    return LOAD_UNIT.match(r.unit) is not None and not _OTHER_VIRUS.search(
        doc.norm, r.end, min(r.end + 30, doc.line_at(at).end)
    )


def with_units(results: list[Result]) -> list[Result]:
    """Loads of a series, those without a whole unit with that of the others."""
    whole = next((r.unit for r in results if r.unit and LOAD_UNIT.match(r.unit)), None)
    if whole is None:
        return results
    return [
        replace(r, unit=whole) if r.number is not None and (r.unit is None or not LOAD_UNIT.match(r.unit)) else r
        for r in results
    ]


def set_load(m: Mention, r: Result) -> None:
    """Give a mention the number of a viral load, for hepatitis B in copies/mL, and its result; in place."""
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


def titre_result(value: str, r: Result) -> str | None:
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
