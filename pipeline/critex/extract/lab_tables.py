"""Laboratory tables: rows of tests under columns of days, and rows of days under columns of tests (domain.md 6)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from critex.extract.dates import When
from critex.extract.document import Document, Line
from critex.extract.lab_chains import name_of
from critex.extract.lab_heads import Cell, Head, cell_at, cells_of, column_of, days_of_cells, head_of, is_piped
from critex.extract.lab_prose import joined_mentions
from critex.extract.lab_values import (
    BOUND,
    UNDETECTED,
    UP_TO,
    VALUE,
    Analyte,
    Name,
    Reading,
    analytes,
    lab_mention,
    limit_of,
    read_unit,
    read_value,
)
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, Rule

_FLAG_CELL = re.compile(r"\+{1,3}|[HL]{1,2}|\*+|[↑↓]+")
"""A mark between two columns; it has no head of its own."""
_BRACKETED = re.compile(r"\([^()\n]{0,20}\)")
_RANGE_CELL = re.compile(
    r"\s*[\[(]?\s?(?:(?:ref(?:erence)?|rr|nr|n|normal|range|vn|limits?)\b\.?\s?[:=]?\s?)?(?:(?P<low>"
    + BOUND
    + r")\s?(?:-|to|~)\s?(?P<high>"
    + BOUND
    + r")|(?:<=|<|≤|"
    + UP_TO
    + r")\s?(?P<top>"
    + BOUND
    + r")|(?:>=|>|≥)\s?(?P<bottom>"
    + BOUND
    + r"))\s?[\])]?\s*(?:[a-z/%^0-9. ]{0,14})$",
    FLAGS,
)


def _limits(ranged: re.Match[str], low: float | None, high: float | None) -> tuple[float | None, float | None]:
    """Limits of a cell with a range; the given ones where it leaves one open."""
    bottom, top = ranged["low"] or ranged["bottom"], ranged["high"] or ranged["top"]
    return limit_of(bottom) if bottom else low, limit_of(top) if top else high


def read_limits(text: str) -> tuple[float | None, float | None]:
    """Lower and upper limit that a cell gives, ``None`` for each that it leaves open."""
    ranged = _RANGE_CELL.match(text)
    return _limits(ranged, None, None) if ranged is not None else (None, None)


def row_mentions(doc: Document, index: int, names: list[Name]) -> list[Mention] | None:
    """Mentions of a row whose first cell names one test; ``None`` where the line is not such a row."""
    norm, line = doc.norm, doc.lines[index]
    cells = cells_of(norm, line)
    at = cell_at(cells, names[0].start)
    if at is None or at > 1 or len(cells) < 2:
        return None
    name = names[0]
    rest = cells[at].text[name.end - cells[at].start :].strip()
    if VALUE.match(rest.lstrip(":= <>")) and len(names) > 1:
        return None
    if len(names) > 1 and any(n.start >= cells[at].end for n in names[1:]):
        others = [n for n in names[1:] if n.start >= cells[at].end]
        if all(not re.search(r"[A-Za-z]", norm[n.end : n.end + 2]) for n in others):
            return None
    joined = [n for n in names if n.start < cells[at].end]
    if (
        len(joined) > 1
        and re.fullmatch(r"\s?(?:\([a-z%/]{1,8}\)\s?)?/\s?", norm[joined[0].end : joined[1].start], FLAGS)
        and not re.search(r"\d", norm[joined[-1].end : cells[at].end])
    ):
        return _joined_row(doc, joined[:2], cells, index)
    analyte = analytes()[name.key]
    head = head_of(doc, index)
    piped = is_piped(norm, line)
    if head is not None and not piped and "flag" not in head.roles:
        cells = [c for c in cells if not _FLAG_CELL.fullmatch(c.text.strip())]
    values: list[tuple[Reading, Cell, When | None]] = []
    low = high = None
    unit: str | None = None
    factor: float | None = None
    used: set[int | None] = set()
    earlier: set[int] = set()
    for j in range(at + 1, len(cells)):
        c = cells[j]
        column = column_of(head, cells, j, piped, line.start) if head else None
        role = head.roles[column] if head and column is not None else ""
        text = c.text.strip()
        end, u, f = read_unit(norm, c.start, c.end, analyte)
        ranged = _RANGE_CELL.match(text)
        if ranged and role == "date" and column in used and ranged["low"] is None:
            role = "ref"  # a range behind the last day has no head of its own
        if role == "ref" or (ranged and (ranged["low"] is not None or (values and role not in ("value", "date")))):
            if ranged:
                low, high = _limits(ranged, low, high)
            continue
        if u and end >= c.start + len(text) - 1 and not text[0].isdigit():
            unit, factor = u.strip(), f
            if len(values) == 1 and not norm[values[0][0].end : c.start].strip("| \t"):
                values[0][0].end = c.start + len(u.rstrip())
            continue
        reading = read_value(norm, c.start, c.end, analyte)
        if reading is None or reading.start > c.start + 6 or _AS_ROW.fullmatch(text):
            continue
        if (
            role in ("date", "time")
            or not values
            or (role == "value" and head is not None and head.ranks and any(head.ranks))
            or (head is not None and column is not None and head.dates[column] is not None)
        ):
            used.add(column)
            if head is not None and head.is_earlier(column):
                earlier.add(reading.start)
            values.append((reading, c, head.dates[column] if head and column is not None and role == "date" else None))
    powered = _UNIT_OF_POWER.fullmatch(rest)
    if powered is not None and unit is None:
        unit, factor = rest.strip(" (|)"), 10.0 ** (int(powered["power"]) - (3 if powered["micro"] else 9))
    inline = read_value(norm, name.end, cells[at].end, analyte) if rest and powered is None else None
    if inline is not None and not values:
        if _GOES_ON.match(norm, inline.end, line.end):
            return None  # "aPTT 58.4 s (25-37)   repeated 58.0" reads as a sentence does
        values.append((inline, cells[at], None))
    if not values:
        found = UNDETECTED.match(norm, cells[at].end, line.end) if name.key == "ebv_dna" else None
        if found is not None:
            return [Mention(name.start, found.end(), "LAB", name.key, name.rule, result="negative")]
        return []
    out = []
    limit = inline is not None and inline.comparator is not None and values[0][0] is not inline
    if limit and inline is not None:  # a worksheet: "Hgb >= 9.0 g/dL   [x] Y [ ] N   10.4"
        out.append(lab_mention(doc, name, inline, name.start, inline.end))
        out[0].assertion = "hypothetical"
    for k, (r, c, when) in enumerate(values):
        if r.factor is None and factor is not None and r.unit is None:
            r.factor = factor
            r.unit = unit
        r.ref_low = low if r.ref_low is None else r.ref_low
        r.ref_high = high if r.ref_high is None else r.ref_high
        start = name.start if k == 0 and not limit else c.start + (len(c.text) - len(c.text.lstrip()))
        out.append(lab_mention(doc, name, r, start, max(r.end, r.start + 1), when))
        if r.start in earlier:
            out[-1].temporality = "past"
    if _VOID_ROW.search(norm, values[-1][0].end, line.end):
        for m in out:
            m.assertion = "hypothetical"
    return out


_VOID_ROW = re.compile(
    r"\b(?:not reported|void(?:ed| it)?\b(?!ing)|no source\b|result (?:cancelled|withdrawn|invalid))", FLAGS
)
"""In a row behind its values: the laboratory did not report it, or whoever checked the sheet found no source."""


_AS_ROW = re.compile(r"(?:as|see)\s(?:in\s)?(?:row\s|item\s|no\.?\s|#\s?)?\d{1,2}", FLAGS)
"""A cell that refers to another row of a worksheet."""
_UNIT_OF_POWER = re.compile(r"[\s(|]*(?:x\s?)?10\s?[\^*]\s?(?P<power>\d{1,2})\s?/\s?(?P<micro>u|µ|μ)?l[\s)|]*", FLAGS)
"""Only the unit behind a test's name: "Plt 10^4/uL | 30.1 | 28.8"."""
_GOES_ON = re.compile(r"\s?(?:-{1,2}>|→|=>)\s?\d|[^\n]*?\b(?:repeat\w*|recheck\w*|now|then)\b[^\d\n]{0,30}\d", FLAGS)
_PAIR = re.compile(r"\s*[<>]?\s?\d+(?:\.\d+)?\s?/\s?[<>]?\s?\d+(?:\.\d+)?\s?(?:[HL](?![A-Za-z])|[*↑↓])?\s*")


def _joined_row(doc: Document, pair: list[Name], cells: list[Cell], index: int) -> list[Mention]:
    """A row of two tests, "AST / ALT   31 / 44   28 / 35   10-35 / 6-29": a pair of values a day."""
    line = doc.lines[index]
    out: list[Mention] = []
    head = head_of(doc, index)
    piped = is_piped(doc.norm, line)
    for j, c in enumerate(cells):
        if c.start < pair[-1].end or not _PAIR.fullmatch(c.text):
            continue
        at = c.start
        column = column_of(head, cells, j, piped, line.start) if head else None
        when = head.dates[column] if head and column is not None and head.roles[column] == "date" else None
        if out and when is None:
            break
        for k, n in enumerate(pair):
            r = read_value(doc.norm, at, c.end, analytes()[n.key])
            if r is None:
                break
            out.append(lab_mention(doc, n, r, pair[0].start if k == 0 and len(out) == 0 else r.start, r.end, when))
            slash = doc.norm.find("/", r.end, c.end)
            at = slash + 1 if slash >= 0 else c.end
    return out or joined_mentions(doc, pair, line.end)


def _unit_of_head(doc: Document, name: Name, head: Cell, analyte: Analyte) -> tuple[str | None, float | None]:
    """Unit that the head of a column names: "Hb (g/L)"."""
    lead = re.compile(r"[\s(\[,]*").match(doc.norm, name.end, head.end)
    at = lead.end() if lead else name.end
    _, unit, factor = read_unit(doc.norm, at, head.end, analyte)
    return (unit.strip() if unit else None), factor


def _bare_heads(doc: Document, cells: list[Cell], names: list[Name], below: Line, rules: Iterable[Rule]) -> list[Name]:
    """Names of the columns whose heads are tests only where a value stands beside them ("Na", "Cr", "PT"): read with the value below."""
    body = cells_of(doc.norm, below)
    head = Head(cells, [""] * len(cells), [None] * len(cells), 0, doc.line_at(cells[0].start).start)
    piped = is_piped(doc.norm, below)
    more: list[Name] = []
    for j, c in enumerate(body):
        column = column_of(head, body, j, piped, below.start)
        if column is None or not VALUE.match(c.text.strip()):
            continue
        cell = cells[column]
        if any(cell.start <= n.start < cell.end for n in [*names, *more]) or not cell.text.strip():
            continue
        if (name := name_of(cell.text.strip(), c.text.strip(), cell.start, rules, "")) is not None:
            more.append(name)
    return sorted([*names, *more], key=lambda n: n.start)


def transposed_mentions(doc: Document, by_line: dict[int, list[Name]], rules: Iterable[Rule]) -> list[Mention]:
    """Tables whose columns are tests and whose rows are days."""
    out: list[Mention] = []
    for index, names in by_line.items():
        line = doc.lines[index]
        if line.kind != "row" or re.search(r"\d", _BRACKETED.sub("", doc.norm[names[0].start : line.end])):
            continue
        cells = cells_of(doc.norm, line)
        below = next((x for x in doc.lines[index + 1 : index + 4] if doc.dates_between(x.start, x.end)), None)
        if below is None or below.kind != "row" or len(cells) < 3:
            continue
        names = _bare_heads(doc, cells, names, below, rules)
        if len(names) < 2:
            continue
        heads = [(n, cell_at(cells, n.start)) for n in names]
        if any(j is None for _, j in heads) or any(
            re.search(r"\d", _BRACKETED.sub("", doc.norm[a.end : b.start])) for a, b in pairwise(names)
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
            piped = is_piped(doc.norm, row)
            head = Head(cells, [""] * len(cells), [None] * len(cells), index, line.start)
            for j, c in enumerate(body):
                if doc.dates_between(c.start, c.end):
                    continue
                column = column_of(head, body, j, piped, row.start)
                name = next((n for n, at in heads if at == column), None)
                if name is None:
                    continue
                analyte = analytes()[name.key]
                r = read_value(doc.norm, c.start, c.end, analyte)
                if r is not None:
                    if r.factor is None:
                        r.unit, r.factor = _unit_of_head(doc, name, cells[column or 0], analyte)
                    out.append(lab_mention(doc, name, r, c.start, r.end, dates[0].when))
    return out


_ONLY_UNIT = re.compile(
    r"[\s:,|()\[\]-]*(?:(?:trend|results?|values?|levels?|counts?|ref|range|normal)\b[\s:,()-]*)*$", FLAGS
)
_DAY_LEAD = re.compile(r"[\s*•-]{0,8}(?:on |dated )?", FLAGS)
_BEHIND_DAY = re.compile(r"\s?[)\]]?\s?[:=|,-]?\s*", FLAGS)
_ONE_TEST = 30
"""Lines of days that one test may have below its name."""


def dated_lists(doc: Document, by_line: dict[int, list[Name]]) -> list[Mention]:
    """Values of one test listed below its name, a day a line: "PLT (10*9/L)" over "02/05   133", "08/05   101"."""
    out: list[Mention] = []
    for index, names in by_line.items():
        line, name = doc.lines[index], names[0]
        if len(names) > 1 or doc.norm[line.start : name.start].strip(" -*#•\t|") or index + 1 >= len(doc.lines):
            continue
        analyte = analytes()[name.key]
        rest, low, high, unit, factor = _below_name(doc, name, line.end, analyte)
        if not _ONLY_UNIT.fullmatch(rest):
            continue
        rows = doc.lines[index + 1 : index + 1 + _ONE_TEST]
        starts = [Cell(r.start, r.start, m.group()) for r in rows if (m := _FIRST_DAY.match(doc.norm, r.start, r.end))]
        numbered = days_of_cells(doc, starts)
        found: list[Mention] = []
        for row in rows:
            lead = _DAY_LEAD.match(doc.norm, row.start, row.end)
            at = lead.end() if lead else row.start
            dated = next((d for d in doc.dates_between(at, row.end) if d.start == at), None)
            m = _FIRST_DAY.match(doc.norm, row.start, row.end)
            if dated is not None and dated.when.first == dated.when.last:
                end, when = dated.end, dated.when
            elif m is not None and row.start in numbered:
                end, when = m.end(), numbered[row.start]
            else:
                break
            behind = _BEHIND_DAY.match(doc.norm, end, row.end)
            value_at = behind.end() if behind else end
            r = read_value(doc.norm, value_at, row.end, analyte)
            if r is None or r.start > value_at + 1 or len(cells_of(doc.norm, row)) > _DAY_VALUE_FLAG:
                break
            if r.factor is None and factor is not None and r.unit is None:
                r.unit, r.factor = unit, factor
            r.ref_low, r.ref_high = (r.ref_low or low), (r.ref_high or high)
            found.append(lab_mention(doc, name, r, r.start, r.end, when))
        out.extend(found)
    return out


_FIRST_DAY = re.compile(r"[0-3]?\d-[0-3]?\d(?=\s{2,}|\s?[:|\t])")
_DAY_VALUE_FLAG = 4


def _below_name(
    doc: Document, name: Name, end: int, analyte: Analyte
) -> tuple[str, float | None, float | None, str | None, float | None]:
    """What stands behind a name that heads a list: the rest without unit and range, the range, the unit and its factor."""
    rest, low, high, unit, factor = doc.norm[name.end : end], None, None, None, None
    for c in re.finditer(r"\(([^()\n]{1,24})\)|\[([^\[\]\n]{1,24})\]|(?<=\s)(\S{1,24})", rest):
        k = next(i for i in (1, 2, 3) if c[i] is not None)
        text = c[k]
        at = name.end + c.start(k)
        stop, u, f = read_unit(doc.norm, at, at + len(text), analyte)
        if u is not None and stop >= at + len(text) - 1:
            unit, factor = u.strip(), f
        elif (ranged := _RANGE_CELL.match(text)) is not None:
            low, high = _limits(ranged, low, high)
        else:
            continue
        rest = rest.replace(c.group(), "", 1)
    return rest, low, high, unit, factor


def column_day(doc: Document, line: Line, at: int) -> When | None:
    """Day at the head of the column that a value stands in, where the table has days as heads."""
    head = head_of(doc, doc.line_index(at))
    if head is None or "date" not in head.roles:
        return None
    column = _column_at(doc, head, line, at)
    return head.dates[column] if column is not None else None


def is_reference(doc: Document, line: Line, at: int) -> bool:
    """Whether the column that a cell stands in is headed as the reference of a table that has days as heads: "HBsAg | negative | positive"."""
    head = head_of(doc, doc.line_index(at))
    if head is None or "date" not in head.roles or "ref" not in head.roles:
        return False
    column = _column_at(doc, head, line, at)
    return column is not None and head.roles[column] == "ref"


def _column_at(doc: Document, head: Head, line: Line, at: int) -> int | None:
    cells = cells_of(doc.norm, line)
    j = cell_at(cells, at)
    return None if j is None else column_of(head, cells, j, is_piped(doc.norm, line), line.start)
