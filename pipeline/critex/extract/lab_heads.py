"""Rows, cells and heads of laboratory tables: what a column is (day, earlier or later result, unit, range), and which column a cell stands under."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from critex.extract.dates import HYPHENED_DAY, When, hyphened_day, order_of
from critex.extract.document import Document, Line
from critex.extract.lab_values import VALUE
from critex.extract.patterns import FLAGS


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
    ranks: list[int | None] = field(default_factory=list)
    """Order in time of the columns that name none of their days ("Previous", "Day -4"); the greatest is the latest."""

    def is_earlier(self, column: int | None) -> bool:
        """Whether a later column than this one stands in the table, as far as its head tells."""
        if column is None or not self.ranks or (rank := self.ranks[column]) is None:
            return False
        known = [r for r in self.ranks if r is not None]
        return rank < max(known) or (len(known) == 1 and rank == EARLIER and bool({"date", "value"} & set(self.roles)))


_CELL_SPLIT = re.compile(
    r"[ ]*\t[ ]*|[ \t]*\|[ \t]*|\s{2,}|(?:(?<=ysed)|(?<=yzed)|(?<=otted)|(?<=nding)|(?<=done)|(?<=qns)|(?<=[a-zL%]\)))\s(?=[<>]?\d)",
    FLAGS,
)
"""Tabs, pipes, runs of spaces, and the single space behind a word that stands for a missing value ("haemolysed 96 H") or behind a unit in brackets ("ALT (U/L) 33")."""
_ROLES = (
    ("unit", re.compile(r"units?\b|单位", FLAGS)),
    ("ref", re.compile(r"ref|range|normal|interval|参考", FLAGS)),
    ("flag", re.compile(r"flag|abn", FLAGS)),
    ("value", re.compile(r"result|value|today|current|latest|结果", FLAGS)),
    ("name", re.compile(r"test|item|analyte|investigation|parameter|exam|component|项目", FLAGS)),
)  # fmt: skip


EARLIER, LATEST = -10_000, 10_000
_EARLIER_HEAD = re.compile(
    r"(?:previous|prev|prior|last|old|initial|first|baseline|screening|admission|adm|on admission|before|pre(?:-?\s?(?:op|rx|treatment|transfusion|chemo))?)\.?(?:\s(?:result|value|visit))?",
    FLAGS,
)
_LATEST_HEAD = re.compile(
    r"(?:current|latest|now|discharge|on discharge|d/c|most recent|recent|new|this visit|after|post(?:-?\s?(?:op|rx|treatment|transfusion|chemo))?)\.?(?:\s(?:result|value))?",
    FLAGS,
)
_COUNTED_HEAD = re.compile(
    r"(?P<unit>day|d|week|wk|month|cycle|c|visit)\s?(?P<n>[+-]?\s?\d{1,3})(?:\s?/?\s?d(?:ay)?\s?(?P<day>\d{1,2}))?",
    FLAGS,
)
_COUNTED_UNDER = re.compile(r"days?|weeks?|cycles?", re.I)
_BARE_COUNT = re.compile(r"[+-]?\d{1,3}")
_DAYS_OF = {"d": 1, "w": 7, "m": 30, "c": 28, "v": 1}


def _rank_of(text: str, first: str) -> int | None:
    """Place in time of a column whose head names no day: "Day -4", "C2D1", "Previous"; a bare number under a first head of "Day"."""
    text = text.strip().strip(":")
    if _EARLIER_HEAD.fullmatch(text):
        return EARLIER
    if _LATEST_HEAD.fullmatch(text):
        return LATEST
    if m := _COUNTED_HEAD.fullmatch(text):
        return int(m["n"].replace(" ", "")) * _DAYS_OF[m["unit"][0].lower()] + int(m["day"] or 0)
    if _COUNTED_UNDER.fullmatch(first.strip()) and _BARE_COUNT.fullmatch(text):
        return int(text)
    return None


def cells_of(norm: str, line: Line) -> list[Cell]:
    """Cells of a row, split at tabs, pipes and runs of spaces; what is left empty between two pipes or tabs is a cell too."""
    found: list[Cell] = []
    at, hard = line.start, not _is_framed(norm, line)
    for m in _CELL_SPLIT.finditer(norm, line.start, line.end):
        splits = "|" in m.group() or "\t" in m.group()
        if m.start() > at and norm[at : m.start()].strip():
            found.append(Cell(at, m.start(), norm[at : m.start()]))
        elif hard and splits:
            found.append(Cell(at, at, ""))
        at, hard = m.end(), splits
    if at < line.end and norm[at : line.end].strip():
        found.append(Cell(at, line.end, norm[at : line.end].rstrip()))
    return found


def cell_at(cells: list[Cell], position: int) -> int | None:
    """Index of the cell that a position lies in."""
    return next((j for j, c in enumerate(cells) if c.start <= position < c.end), None)


def is_piped(norm: str, line: Line) -> bool:
    """Whether pipes or tabs, not runs of spaces, part the cells of a row."""
    return "|" in norm[line.start : line.end] or "\t" in norm[line.start : line.end]


def _is_framed(norm: str, line: Line) -> bool:
    """Whether pipes stand around a row, and not only between its cells."""
    row = norm[line.start : line.end].strip()
    return row.startswith("|") and row.endswith("|")


_SPACED_HEAD = re.compile(
    r"\S {2}(?=day|d[+-]?\d|c\d|wk|week|\d{1,2}[/.-]\d|\d{4}-|\d{1,2}[ -](?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.? \d)",
    FLAGS,
)
"""Heads of columns only two spaces apart."""


def head_of(doc: Document, index: int) -> Head | None:
    """Head of the table that a line stands in: the nearest line above with words for columns or dates and no value of its own."""
    for i in range(index - 1, max(-1, index - 40), -1):
        line = doc.lines[i]
        if line.kind == "blank":
            if i < index - 1 and doc.lines[max(0, i - 1)].kind == "blank":
                return None
            continue
        if not doc.once_a_line(_may_be_head, i):
            if i < index - 4 and line.end - line.start > 60 and doc.norm[line.start : line.end].strip(" -=+_|"):
                return None
            continue
        if (head := doc.once_a_line(_as_head, i)) is not None:
            return head
    return None


def _may_be_head(doc: Document, index: int) -> bool:
    line = doc.lines[index]
    return line.kind == "row" or _SPACED_HEAD.search(doc.norm, line.start, line.end) is not None


def _as_head(doc: Document, index: int) -> Head | None:
    """Columns that a line names, where it reads as a table's head."""
    line = doc.lines[index]
    cells = cells_of(doc.norm, line)
    roles, dates, ranks = [], [], []
    labelled = 0
    numbered = days_of_cells(doc, cells)
    for c in cells:
        rank = _rank_of(c.text, cells[0].text)
        inside = doc.dates_between(c.start, c.end)
        role = next((r for r, p in _ROLES if p.search(c.text)), "")
        if rank is not None:  # "Day -4" is counted from a day that the table does not name
            role, inside = "time", []
        elif inside and inside[0].end - inside[0].start >= 0.5 * len(c.text.strip()):
            role = "date"
        when = inside[0].when if inside else None
        if not inside and c.start in numbered:
            role, when = "date", numbered[c.start]
        elif inside and not role and inside[0].start > c.start:
            labelled += 1
        roles.append(role)
        ranks.append(rank if role == "time" else None)
        dates.append(when)
    if labelled and roles.count("date") == 1 and not any(r in ("unit", "ref", "flag", "value") for r in roles):
        return None  # "Collected 11/10/2026 at 07:10     Reported 11/10/2026" names days of the report, not columns
    if sum(bool(r) for r in roles) >= 2 or (
        roles.count("date") >= 1
        and len(cells) >= 2
        and not any(VALUE.fullmatch(c.text.strip()) and c.start not in numbered for c in cells)
    ):
        if "time" in roles:
            ranks = [LATEST if role == "value" else rank for role, rank in zip(roles, ranks, strict=True)]
        return Head(cells, roles, dates, index, line.start, ranks)
    return None


def days_of_cells(doc: Document, cells: list[Cell]) -> dict[int, When]:
    """Days written as two numbers with a hyphen ("05-02   05-08   05-14"), by the start of their cells; at least two, all in one order of day and month."""
    texts = [(c.start, m) for c in cells if (m := HYPHENED_DAY.fullmatch(c.text.strip())) is not None]
    if len(texts) < _FEWEST_DAYS:
        return {}
    day_first, month_first = all(int(m[2]) <= 12 for _, m in texts), all(int(m[1]) <= 12 for _, m in texts)
    if not (day_first or month_first):
        return {}
    order = doc.date_order or order_of(doc.norm, doc.note_date)
    first = month_first and (not day_first or order in ("mdy", "ymd"))
    found = {at: hyphened_day(m.group(), doc.note_date, first) for at, m in texts}
    days = {at: when for at, when in found.items() if when is not None}
    ordered = [when.first for when in days.values()]
    return days if len(days) == len(texts) and ordered in (sorted(ordered), sorted(ordered, reverse=True)) else {}


_FEWEST_DAYS = 2


def column_of(head: Head, cells: list[Cell], j: int, piped: bool, row_start: int) -> int | None:
    """Column of the head that a cell stands under."""
    if len(cells) == len(head.cells) and (piped or head.cells[0].start - head.start < cells[0].end - row_start):
        return j
    if piped:
        full = [k for k, c in enumerate(cells) if c.text.strip()]
        heads = [k for k, c in enumerate(head.cells) if c.text.strip()]
        spaced = len(cells) > len(head.cells) or any(not c.text.strip() for c in head.cells[1:])
        if spaced and len(full) == len(heads) and j in full:  # tabs doubled in one of the two
            return heads[full.index(j)]
        if len(cells) == len(head.cells) + 1:  # the head leaves the column of names empty
            return j - 1 if j else None
        if len(cells) < len(head.cells):  # the last cells of the row are left out
            return j
    names_have_head = head.dates[0] is None and head.cells[0].start - head.start < cells[0].end - row_start
    if j and not piped and len(cells) == len(head.cells) + 1 and not names_have_head:
        places = [_nearest(head, c, row_start) for c in cells[1:]]
        if len(set(places)) < len(
            places
        ):  # not aligned: the first column of names has no head, the others follow in order
            return j - 1
    return _nearest(head, cells[j], row_start)


def _nearest(head: Head, c: Cell, row_start: int) -> int | None:
    """Column whose head stands over a cell, or not far from it."""
    best, distance = None, 10_000
    for k, h in enumerate(head.cells):
        a, b = h.start - head.start, h.end - head.start
        s, e = c.start - row_start, c.end - row_start
        gap = 0 if s < b and a < e else min(abs(s - b), abs(a - e), abs(s - a))
        if gap < distance:
            best, distance = k, gap
    return best if distance <= 12 else None
