"""Laboratory values in prose, lists and tables, with unit, flag, reference range and the day the blood was drawn.

Numbers and units are read by character patterns on the normalised text, never by tokens (domain.md 6). A number without a unit is read in the one unit
that makes it plausible (domain.md 14), and says so (``attributes.unit_inferred``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

from critex.extract.dates import When
from critex.extract.dating import heading_date
from critex.extract.document import Document, Line
from critex.extract.family import Family, FamilyHits
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, Rule, load_yaml, read_cases

NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3},\d{1,2}(?![\d,])|\d+(?:\.\d+)?|\.\d+"
"""Thousands separators, and the comma of the Continent before one or two decimals."""
POWER = r"(?:\s?[x*]\s?10\s?(?:\^|\*\*|e)?\s?(?P<p1>[+-]?\d{1,2})(?!\s?/\s?(?:l\b|ul|mm3|mcl|cumm))|e\s?(?P<p2>[+-]?\d{1,2})(?!\d))?"
_FLAG = r"(?:\(?(?:hh?|ll?|high|low|abnormal|crit\w*)\)?(?![\w/])|[↑↓*]+)"
_LEAD = re.compile(
    r"[\s]*(?:\((?:[a-z%#/ .-]{1,18}|ckd-epi[^)]{0,8}|control \d+(?:\.\d+)?)\))?(?:\s?\(?\d{1,2}/\d{1,2}(?:/\d{2,4})?\)?\s?[:=]\s?)?[\s:=|\-_.,]{0,24}(?:(?:is|was|were|of|at|level|levels|count|result|now|today|currently|remains?|stable|improved to|down to|up to|dropped to|fell to|rose to|back to|"
    r"about|around|approx\.?|only|still|injection|on admission|latest|repeat|fasting|random|value|total|plasma|serum|just|not more than|at least|less than|more than|above|below|over|under)\s*:?\s*){0,3}"
    r"(?:" + _FLAG + r"\s*)?(?P<cmp><=|>=|<|>|≤|≥|=)?\s*",
    FLAGS,
)
_VALUE = re.compile(
    r"(?P<num>" + NUMBER + r")" + POWER + r"(?![\d])(?!\.\d)(?!\s?(?:/\d{1,2}/|st\b|nd\b|rd\b|th\b))", FLAGS
)
_AFTER = re.compile(r"[\s|]{0,16}(?P<flag>" + _FLAG + r")?[\s|]{0,16}", FLAGS)
_RANGE = re.compile(
    r"[\s|]{0,20}(?:"
    + _FLAG
    + r")?[\s|]{0,20}[\[(]?\s?(?:ref(?:erence)?(?: range| interval)?\.?|rr|n|nr|normal(?: range)?|range|uln)?\s?[:=]?\s?(?:(?P<low>\d+(?:\.\d+)?)\s?(?:-|to|~)\s?(?P<high>\d+(?:\.\d+)?)|(?:<=|<|≤|up to)\s?(?P<top>\d+(?:\.\d+)?(?:e[+-]?\d+)?)|(?:>=|>|≥)\s?(?P<bottom>\d+(?:\.\d+)?))",
    FLAGS,
)
_RANGE_CELL = re.compile(
    r"\s*[\[(]?\s?(?:(?P<low>\d+(?:\.\d+)?)\s?(?:-|to|~)\s?(?P<high>\d+(?:\.\d+)?)|(?:<=|<|≤)\s?(?P<top>\d+(?:\.\d+)?)|(?:>=|>|≥)\s?(?P<bottom>\d+(?:\.\d+)?))\s?[\])]?\s*(?:[a-z/%^0-9. ]{0,14})$",
    FLAGS,
)
_RANGE_FIRST = re.compile(
    r"(?P<low>\d+(?:\.\d+)?)\s?-\s?(?P<high>\d+(?:\.\d+)?)\s+(?P<num>\d+(?:\.\d+)?)(?![\d.]*\s?-)", FLAGS
)
_NO_VALUE = re.compile(
    r"[\s:|=]*(?:not done|n/?a\b|pending|haemolysed|hemolyzed|clotted|qns|cancel\w*|insufficient|underfilled|see comment|-{1,3}(?=\s|$|\|)|溶血)",
    FLAGS,
)
_UNDETECTED = re.compile(
    r"[\s:|=]*(?:is |was |level )?(?:not detected|undetectable|undetected|negative|neg\b|tnd|nd\b|below (?:the )?(?:limit|detection)[\w ]{0,16}|未检出|低于检测下限|阴性)",
    FLAGS,
)
CONDITIONAL = re.compile(
    r"\b(?:if|when|until|unless|keep|aim|target|goal|threshold|transfuse|should|must|require[sd]?|need(?:s|ed)?|criteria|criterion|eligib\w+|protocol|asks?|provided|trigger|hold|cut-?off|reqs?|flyer|requirements?|exclu\w+|inclu\w+|incl|excl|no more than|trial|study|at least|>=|≥)\b|入选|要求",
    FLAGS,
)
_PLANNED = re.compile(
    r"\b(?:repeat|recheck|check|to do|to send|send|chase|await(?:ing)?|pending|request(?:ed)?|order(?:ed)?|arrange|plan(?:ned)?|needs?|monitor|add|baseline|tomorrow|tmr|weekly|due|outstanding)\b",
    FLAGS,
)
_MULTIPLE = re.compile(
    r"\s?(?:x|times|\*)\s?(?:the\s)?(?:uln|upper|normal|\(|if\b|or\b|limit)|\s?times\b|\s?x\s?uln", FLAGS
)
_ARROW = re.compile(r"\s?(?:-{1,2}>|→|=>|>{1,2}|⇒|to(?=\s\d))\s?", FLAGS)
_NOT_NAME_BEFORE = re.compile(
    r"(?:urine|urinary|csf|ascit\w+|pleural|fluid|spot|24\s?h(?:r|our)?|dipstick|lambda|micro|pre-?|pro-|glycated)\s?$",
    FLAGS,
)


_FLUID = re.compile(
    r"\b(?:csf|cerebrospinal fluid|spinal fluid|(?:cisternal|lumbar|spinal|pleural) tap|(?:pleural|ascitic|peritoneal|synovial|joint) fluid|urinalysis|u/a)\b(?![^.]{0,110}\b(?:serum|blood|plasma|cbc|fbc)\b)",
    FLAGS,
)
"""Values behind these words are of another fluid than blood."""


@dataclass(frozen=True)
class Analyte:
    """One analyte: its units (pattern to factor) and how to read a number without one."""

    key: str
    canonical: str
    units: tuple[tuple[re.Pattern[str], float], ...]
    guess: tuple[dict[str, Any], ...]
    unit_any: re.Pattern[str] | None = None


@cache
def analytes() -> dict[str, Analyte]:
    """Analytes of ``patterns/labs.yaml`` by key."""
    content = load_yaml("labs.yaml")["analytes"]
    found = {}
    for key, spec in content.items():
        units = tuple((re.compile(str(p), FLAGS), float(f)) for p, f in (spec.get("units") or {}).items())
        found[str(key)] = Analyte(str(key), str(spec["canonical"]), units, tuple(dict(g) for g in spec["guess"]))
    return found


@cache
def _rules() -> tuple[Rule, ...]:
    content = load_yaml("labs.yaml")["analytes"]
    out = []
    for key, spec in content.items():
        line = content.lc.key(key)[0] + 1
        where = f"labs.yaml:{line}: analyte {key}"
        source = r"(?<![A-Za-z0-9\-])(?:" + str(spec["names"]) + r")(?![A-Za-z])"
        # a look ahead is dropped by the scanner's prefilter ("N" followed by a number would be any "n"): there it is part of the match
        trigger = r"(?:^|[^A-Za-z0-9\-])(?:" + str(spec["names"]).replace("(?=", "(?:") + r")"
        out.append(
            Rule(
                f"labs.{key}",
                "LAB",
                str(key),
                re.compile(source, FLAGS),
                source,
                trigger=trigger,
                examples=read_cases(spec.get("examples"), where),
                near_misses=read_cases(spec.get("near_misses"), where),
                file="labs.yaml",
                line=line,
            )
        )
    return tuple(out)


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
    range_end: int = 0


@dataclass
class _Name:
    start: int
    end: int
    key: str
    rule: str
    after: int = 0
    joined: list[_Name] = field(default_factory=list)


def to_number(text: str, power: str | None = None) -> float:
    """A number as written, thousands separators, decimal commas and powers of ten included."""
    value = float(text.replace(",", "." if re.fullmatch(r"\d{1,3},\d{1,2}", text) else ""))
    return value * 10 ** int(power) if power else value


def read_unit(norm: str, at: int, limit: int, analyte: Analyte) -> tuple[int, str | None, float | None]:
    """Unit that stands at a place: its end, its text and its factor."""
    for pattern, factor in analyte.units:
        m = pattern.match(norm, at, limit)
        if m and m.end() > at and not norm[m.end() : m.end() + 1].isalpha():
            return m.end(), norm[at : m.end()], factor
    return at, None, None


def read_value(norm: str, at: int, limit: int, analyte: Analyte) -> Reading | None:
    """Number with comparator, unit, flag and range that stands right after a name, ``None`` where there is none."""
    lead = _LEAD.match(norm, at, limit)
    start = lead.end() if lead else at
    if lead and lead["cmp"] is None and (first := _RANGE_FIRST.match(norm, start, limit)):
        low, high, number = float(first["low"]), float(first["high"]), float(first["num"])
        if low < high:
            reading = Reading(
                first.start("num"), first.end(), number, ref_low=low, ref_high=high, range_end=first.end()
            )
            return _with_unit(norm, reading, limit, analyte)
    m = _VALUE.match(norm, start, limit)
    if m is None:
        return None
    if re.match(r"\s?[-/]\s?\d{1,4}\s?[-/]\s?\d{1,4}(?!\d)", norm[m.end() : m.end() + 12]):
        return None  # a date
    number = to_number(m["num"], m["p1"] or m["p2"])
    cmp_ = lead["cmp"] if lead else None
    comparator = {"≤": "<=", "≥": ">=", "=": None}.get(cmp_ or "", cmp_)
    reading = Reading(m.start(), m.end(), number, comparator)
    return _with_unit(norm, reading, limit, analyte)


def _with_unit(norm: str, r: Reading, limit: int, analyte: Analyte) -> Reading:
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
    found = _RANGE.match(norm, r.end, limit)
    if found is None and after and after["flag"]:
        found = _RANGE.match(norm, at, limit)
    if found and not (found["top"] and r.comparator):
        bracketed = "(" in found.group() or "[" in found.group() or found["low"] is not None
        if bracketed or norm[r.end : r.end + 2].isspace() or "|" in found.group():
            r.ref_low = float(found["low"] or found["bottom"]) if (found["low"] or found["bottom"]) else r.ref_low
            top = found["high"] or found["top"]
            r.ref_high = float(top) if top else r.ref_high
            r.range_end = found.end()
    return r


def canonical(reading: Reading, analyte: Analyte) -> tuple[str, float | None, str, bool]:
    """Value of the mention, canonical number, its unit, and whether the unit was inferred; the range of the row may tell the unit too."""
    if reading.factor is not None:
        return analyte.key, round(reading.number * reading.factor, 6), analyte.canonical, False
    number = reading.number
    for guess in analyte.guess:
        if float(guess["from"]) <= number <= float(guess["to"]):
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


@dataclass
class Cell:
    """A cell of a row of columns."""

    start: int
    end: int
    text: str


@dataclass
class Head:
    """Columns of a table, as its head line names them."""

    cells: list[Cell]
    roles: list[str]
    dates: list[When | None]
    line: int
    start: int
    """First character of the head's line."""


_CELL_SPLIT = re.compile(r"\t+|\s*\|\s*|\s{2,}")
_ROLES = (
    ("unit", re.compile(r"units?\b|单位", FLAGS)),
    ("ref", re.compile(r"ref|range|normal|interval|参考", FLAGS)),
    ("flag", re.compile(r"flag|abn", FLAGS)),
    ("value", re.compile(r"result|value|today|current|latest|结果", FLAGS)),
    ("name", re.compile(r"test|item|analyte|investigation|parameter|exam|component|项目", FLAGS)),
)  # fmt: skip


def cells_of(norm: str, line: Line) -> list[Cell]:
    """Cells of a row, split at tabs, pipes and runs of spaces."""
    found, at = [], line.start
    for m in _CELL_SPLIT.finditer(norm, line.start, line.end):
        if m.start() > at and norm[at : m.start()].strip():
            found.append(Cell(at, m.start(), norm[at : m.start()]))
        at = m.end()
    if at < line.end and norm[at : line.end].strip():
        found.append(Cell(at, line.end, norm[at : line.end].rstrip()))
    return found


def head_of(doc: Document, index: int) -> Head | None:
    """Head of the table that a line stands in: the nearest line above with words for columns or dates and no value of its own."""
    for i in range(index - 1, max(-1, index - 40), -1):
        line = doc.lines[i]
        if line.kind == "blank":
            if i < index - 1 and doc.lines[max(0, i - 1)].kind == "blank":
                return None
            continue
        if line.kind != "row":
            if i < index - 4 and line.end - line.start > 60 and doc.norm[line.start : line.end].strip(" -=+_|"):
                return None
            continue
        cells = cells_of(doc.norm, line)
        roles, dates = [], []
        for c in cells:
            inside = doc.dates_between(c.start, c.end)
            role = next((r for r, p in _ROLES if p.search(c.text)), "")
            if inside and inside[0].end - inside[0].start >= 0.5 * len(c.text.strip()):
                role = "date"
            roles.append(role)
            dates.append(inside[0].when if inside else None)
        if sum(bool(r) for r in roles) >= 2 or (
            roles.count("date") >= 1 and len(cells) >= 2 and not any(_VALUE.fullmatch(c.text.strip()) for c in cells)
        ):
            return Head(cells, roles, dates, i, line.start)
    return None


def _column(head: Head, cells: list[Cell], j: int, piped: bool, row_start: int) -> int | None:
    """Column of the head that a cell stands under."""
    if piped and len(cells) == len(head.cells):
        return j
    if piped and len(cells) == len(head.cells) + 1:  # the head leaves the column of names empty
        return j - 1
    c = cells[j]
    best, distance = None, 10_000
    for k, h in enumerate(head.cells):
        a, b = h.start - head.start, h.end - head.start
        s, e = c.start - row_start, c.end - row_start
        gap = 0 if s < b and a < e else min(abs(s - b), abs(a - e), abs(s - a))
        if gap < distance:
            best, distance = k, gap
    return best if distance <= 12 else None


def _names(doc: Document, hits: FamilyHits) -> list[_Name]:
    found = []
    for rule, m in hits:
        if _NOT_NAME_BEFORE.search(doc.norm, max(0, m.start() - 14), m.start()):
            continue
        seg_start, _ = doc.segment_at(m.start())
        if _FLUID.search(doc.norm, max(seg_start, m.start() - 120), m.start()):
            continue
        found.append(_Name(m.start(), m.end(), str(rule.value), rule.id))
    found.sort(key=lambda n: (n.start, -(n.end - n.start), n.rule))
    kept: list[_Name] = []
    for n in found:
        if kept and n.start < kept[-1].end:
            continue
        if kept and n.key == kept[-1].key and re.fullmatch(r"\s?[/(-]\s?", doc.norm[kept[-1].end : n.start]):
            kept[-1].end = n.end  # "SGPT/ALT" names one test twice
            continue
        kept.append(n)
    return kept


def find_labs(doc: Document, hits: FamilyHits) -> list[Mention]:
    """Laboratory mentions of a document.

    Returns
    -------
    list of Mention
        Label ``LAB``; ``number`` and ``unit`` as written, ``canonical`` in the guideline's unit, ``ref_low`` and ``ref_high`` in the unit as written.
    """
    names = _names(doc, hits)
    by_line: dict[int, list[_Name]] = {}
    for n in names:
        by_line.setdefault(doc.line_index(n.start), []).append(n)
    out: list[Mention] = []
    for index, group in by_line.items():
        line = doc.lines[index]
        if line.kind == "row" and (found := _row(doc, index, group)) is not None:
            out.extend(found)
        else:
            out.extend(_prose(doc, index, group))
    out.extend(_transposed(doc, by_line))
    return out


def _mention(
    doc: Document, name: _Name, r: Reading, start: int, end: int, when: When | None = None, source: str | None = None
) -> Mention:
    analyte = analytes()[name.key]
    value, number, unit, inferred = canonical(r, analyte)
    if value == "neutrophils_any":
        value = "anc"
        if r.unit == "%" or doc.norm[r.end : r.end + 2].strip().startswith("%"):
            value, number, unit = "neutrophil_pct", r.number, "%"
    attributes: dict[str, Any] = {}
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


def _row(doc: Document, index: int, names: list[_Name]) -> list[Mention] | None:
    """Mentions of a row whose first cell names one test; ``None`` where the line is not such a row."""
    norm, line = doc.norm, doc.lines[index]
    cells = cells_of(norm, line)
    at = next((j for j, c in enumerate(cells) if c.start <= names[0].start < c.end), None)
    if at is None or at > 1 or len(cells) < 2:
        return None
    name = names[0]
    rest = cells[at].text[name.end - cells[at].start :].strip()
    if _VALUE.match(rest.lstrip(":= <>")) and len(names) > 1:
        return None
    if len(names) > 1 and any(n.start >= cells[at].end for n in names[1:]):
        head = None
        others = [n for n in names[1:] if n.start >= cells[at].end]
        if all(not re.search(r"[A-Za-z]", norm[n.end : n.end + 2]) for n in others) and len(others) >= 1:
            return None
    joined = [n for n in names if n.start < cells[at].end]
    if (
        len(joined) > 1
        and re.fullmatch(r"\s?/\s?", norm[joined[0].end : joined[1].start])
        and not re.search(r"\d", norm[joined[-1].end : cells[at].end])
    ):
        return _joined(doc, joined[:2], line.end)
    analyte = analytes()[name.key]
    head = head_of(doc, index)
    piped = "|" in norm[line.start : line.end] or "\t" in norm[line.start : line.end]
    values: list[tuple[Reading, Cell, When | None]] = []
    low = high = None
    unit: str | None = None
    factor: float | None = None
    used: set[int | None] = set()
    for j in range(at + 1, len(cells)):
        c = cells[j]
        column = _column(head, cells, j, piped, line.start) if head else None
        role = head.roles[column] if head and column is not None else ""
        text = c.text.strip()
        end, u, f = read_unit(norm, c.start, c.end, analyte)
        ranged = _RANGE_CELL.match(text)
        if ranged and role == "date" and column in used and ranged["low"] is None:
            role = "ref"  # a range behind the last day has no head of its own
        if role == "ref" or (ranged and (ranged["low"] is not None or (values and role not in ("value", "date")))):
            if ranged:
                low = float(ranged["low"] or ranged["bottom"]) if (ranged["low"] or ranged["bottom"]) else low
                high = float(ranged["high"] or ranged["top"]) if (ranged["high"] or ranged["top"]) else high
            continue
        if u and end >= c.start + len(text) - 1 and not text[0].isdigit():
            unit, factor = u.strip(), f
            if len(values) == 1 and not norm[values[0][0].end : c.start].strip("| \t"):
                values[0][0].end = c.start + len(u.rstrip())
            continue
        reading = read_value(norm, c.start, c.end, analyte)
        if reading is None or reading.start > c.start + 6:
            continue
        if role == "date" or not values or (head and head.dates[column] if column is not None and head else None):
            used.add(column)
            values.append((reading, c, head.dates[column] if head and column is not None and role == "date" else None))
    inline = read_value(norm, name.end, cells[at].end, analyte) if rest else None
    if inline is not None and not values:
        values.append((inline, cells[at], None))
    if not values:
        if len(cells) >= 2 and _UNDETECTED.match(norm, cells[at].end, line.end):
            found = _UNDETECTED.match(norm, cells[at].end, line.end)
            assert found is not None  # noqa: S101
            return [Mention(name.start, found.end(), "LAB", name.key, name.rule, result="negative")]
        return []
    out = []
    for k, (r, c, when) in enumerate(values):
        if r.factor is None and factor is not None and r.unit is None:
            r.factor = factor
            r.unit = unit
        r.ref_low = low if r.ref_low is None else r.ref_low
        r.ref_high = high if r.ref_high is None else r.ref_high
        start = name.start if k == 0 else c.start + (len(c.text) - len(c.text.lstrip()))
        out.append(_mention(doc, name, r, start, max(r.end, r.start + 1), when))
    return out


def _prose(doc: Document, index: int, names: list[_Name]) -> list[Mention]:
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
            out.extend(_joined(doc, group, limit))
            continue
        out.extend(_one(doc, group[0], limit, line))
    return out


def _joined(doc: Document, group: list[_Name], limit: int) -> list[Mention]:
    """Read "AST/ALT 34/41": as many numbers as names, in the order named."""
    norm, at, out = doc.norm, group[-1].end, []
    start = group[0].start
    for k, n in enumerate(group):
        r = read_value(norm, at, limit, analytes()[n.key])
        if r is None:
            break
        out.append(_mention(doc, n, r, start if k == 0 else r.start, r.end))
        slash = re.compile(r"\s?(?:/|,|and|&)\s?").match(norm, r.end)
        at = slash.end() if slash else limit
        start = at
    return out


def _one(doc: Document, name: _Name, limit: int, line: Line) -> list[Mention]:
    norm, analyte = doc.norm, analytes()[name.key]
    seg_start, seg_end = doc.segment_at(name.start)
    if name.key in ("ast", "alt", "pt") and norm[name.start : name.end].islower():
        return []
    if _NO_VALUE.match(norm, name.end, limit):
        return _planned(doc, name, seg_start, seg_end)
    r = read_value(norm, name.end, limit, analyte)
    if r is None:
        undetected = _UNDETECTED.match(norm, name.end, limit)
        if undetected:
            return [Mention(name.start, undetected.end(), "LAB", name.key, name.rule, result="negative")]
        return _planned(doc, name, seg_start, seg_end)
    if canonical(r, analyte)[1] is None:
        return []
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
    out = [_mention(doc, name, r, name.start, r.end)]
    before = norm[max(seg_start, name.start - 70) : name.start]
    said = norm[name.start : r.start]
    if doc.category_at(name.start) == "criteria" or (
        (CONDITIONAL.search(before) or CONDITIONAL.search(said))
        and (r.comparator or re.search(r"at least|not more than|less than|more than|above|below|over|under", said))
    ):
        out[0].assertion = "hypothetical"
    elif name.key == "inr" and re.search(
        r"\b(?:target|goal|aim|range)\b", norm[max(seg_start, name.start - 20) : r.start], FLAGS
    ):
        return []
    at = r.end
    while (arrow := _ARROW.match(norm, at, limit)) is not None:
        nxt = read_value(norm, arrow.end(), limit, analyte)
        if nxt is None or nxt.start - arrow.end() > 30:
            break
        if r.factor is not None and nxt.factor is None:
            nxt.factor, nxt.unit = r.factor, r.unit
        out[-1].temporality = "past"
        out.append(_mention(doc, name, nxt, nxt.start, nxt.end))
        at = nxt.end
    if len(out) == 1 and (earlier := _earlier(norm, at, limit, analyte)) is not None:
        if r.factor is not None and earlier.factor is None:
            earlier.factor, earlier.unit = r.factor, r.unit
        out.append(_mention(doc, name, earlier, earlier.start, earlier.end))
        out[-1].temporality = "past"
    return out


_EARLIER_BEFORE = re.compile(r"\s?[\[(]\s?(?:was|prev(?:ious(?:ly)?)?|from|baseline|before)[\s:]", FLAGS)
_EARLIER_AFTER = re.compile(r"\s(?:at baseline|previously|before|pre-?treatment|last (?:month|week|visit|time))", FLAGS)


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


def _planned(doc: Document, name: _Name, seg_start: int, seg_end: int) -> list[Mention]:
    """A bare test name is a mention only where the test is planned, asked for or pending."""
    around = doc.norm[max(seg_start, name.start - 80) : name.start]
    after = doc.norm[name.end : min(seg_end, name.end + 45)]
    if name.end - name.start < 3 and name.key != "hemoglobin":
        return []
    if _PLANNED.search(around) or re.search(
        r"\b(?:pending|awaited|to follow|requested|not (?:yet )?(?:done|sent|taken|checked)|next (?:week|draw|visit|bloods?)|after \d|tomorrow|to be (?:done|sent|repeated))\b",
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


def _transposed(doc: Document, by_line: dict[int, list[_Name]]) -> list[Mention]:
    """Tables whose columns are tests and whose rows are days."""
    out: list[Mention] = []
    for index, names in by_line.items():
        line = doc.lines[index]
        if line.kind != "row" or len(names) < 2:
            continue
        cells = cells_of(doc.norm, line)
        heads = [(n, next((j for j, c in enumerate(cells) if c.start <= n.start < c.end), None)) for n in names]
        if any(j is None for _, j in heads) or any(
            re.search(r"\d", doc.norm[a.end : b.start]) for a, b in pairwise(names)
        ):
            continue
        for k in range(index + 1, min(index + 25, len(doc.lines))):
            row = doc.lines[k]
            if row.kind != "row":
                if row.kind == "blank" or doc.norm[row.start : row.end].strip(" -=+|"):
                    break
                continue
            dates = doc.dates_between(row.start, row.end)
            body = cells_of(doc.norm, row)
            if not dates or len(body) < 2:
                continue
            piped = "|" in doc.norm[row.start : row.end] or "\t" in doc.norm[row.start : row.end]
            head = Head(cells, [""] * len(cells), [None] * len(cells), index, line.start)
            for j, c in enumerate(body):
                if doc.dates_between(c.start, c.end):
                    continue
                column = _column(head, body, j, piped, row.start)
                name = next((n for n, at in heads if at == column), None)
                if name is None:
                    continue
                r = read_value(doc.norm, c.start, c.end, analytes()[name.key])
                if r is not None:
                    out.append(_mention(doc, name, r, c.start, r.end, dates[0].when))
    return out


def column_day(doc: Document, line: Line, at: int) -> When | None:
    """Day at the head of the column that a value stands in, where the table has days as heads."""
    head = head_of(doc, doc.line_index(at))
    if head is None or "date" not in head.roles:
        return None
    cells = cells_of(doc.norm, line)
    j = next((k for k, c in enumerate(cells) if c.start <= at < c.end), None)
    if j is None:
        return None
    piped = "|" in doc.norm[line.start : line.end] or "\t" in doc.norm[line.start : line.end]
    column = _column(head, cells, j, piped, line.start)
    return head.dates[column] if column is not None else None


def date_labs(doc: Document, mentions: list[Mention]) -> None:
    """Give laboratory mentions without a day of their own the day of the nearest heading ("Collected 06/03/2026"), on their own line first."""
    for m in mentions:
        if m.date is not None:
            continue
        line = doc.line_at(m.start)
        if line.kind == "row" and (column := column_day(doc, line, m.start)) is not None:
            m.date, m.date_source = column.iso, "table"
            continue
        own = doc.dates_between(line.start, m.start)
        after = [
            d
            for d in doc.dates_between(m.end, min(line.end, m.end + 16))
            if re.match(r"\s*[(\[]", doc.norm[m.end : d.start + 1])
        ]
        if after:
            m.date, m.date_source = after[0].when.iso, "text"
        elif own:
            m.date, m.date_source = own[-1].when.iso, "text" if m.start - own[-1].end < 25 else "heading"
        elif (found := heading_date(doc, m.start)) is not None:
            m.date, m.date_source = found.when.iso, "heading"
        elif (before := doc.segment_at(m.start))[0] and (inside := doc.dates_between(*before)):
            m.date, m.date_source = inside[0].when.iso, "text"


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    found = find_labs(doc, hits)
    date_labs(doc, found)
    return found


FAMILY = Family("labs", _rules(), _find)
