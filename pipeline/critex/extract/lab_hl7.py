"""Results as laboratory systems send them: OBX segments of HL7 version 2, pasted into a note (HL7 v2.5.1, chapter 7)."""

from __future__ import annotations

import re
from datetime import date

from critex.extract.dates import When
from critex.extract.document import Document, Line
from critex.extract.lab_tables import read_limits
from critex.extract.lab_values import Name, analytes, lab_mention, read_unit, read_value
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS

_TEST, _VALUE, _UNIT, _RANGE, _FLAG, _STATUS, _FIRST_DAY = 3, 5, 6, 7, 8, 11, 9
"""Fields of an OBX segment, counted from its name."""
_NOT_RESULTED = frozenset("DINOXW")
"""States of a result that is deleted, not yet there, not asked for, impossible or wrong."""
_STAMP = re.compile(r"(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?:\d{2}){0,4}(?:[+-]\d{4})?")
_OTHER_FLUID = re.compile(r"urine|csf|cerebral spinal|fluid|ascit|pleural|stool|semen|sputum", FLAGS)
_LEAD = re.compile(r"(?:.*\^)?\s?(?:(?:serum|plasma|blood|total)\s)?", FLAGS)


def is_hl7(norm: str, line: Line) -> bool:
    """Whether a line is an OBX segment."""
    return norm.startswith("OBX|", line.start)


def _fields(norm: str, line: Line) -> list[tuple[int, int]]:
    found, at = [], line.start
    for m in re.finditer(r"\|", norm[line.start : line.end]):
        found.append((at, line.start + m.start()))
        at = line.start + m.end()
    return [*found, (at, line.end)]


def _day_in(norm: str, fields: list[tuple[int, int]], first: int) -> When | None:
    """First time stamp from a field on."""
    for start, end in fields[first:]:
        m = _STAMP.fullmatch(norm[start:end].partition("^")[0].strip())
        if m is not None:
            try:
                day = date(int(m["y"]), int(m["m"]), int(m["d"]))
            except ValueError:
                continue
            return When(day, day)
    return None


def _day_of_request(doc: Document, index: int) -> When | None:
    """Day of the OBR segment that a result belongs to."""
    for line in reversed(doc.lines[max(0, index - 80) : index]):
        if doc.norm.startswith("OBR|", line.start):
            return _day_in(doc.norm, _fields(doc.norm, line), 5)
    return None


def hl7_mentions(doc: Document, index: int, names: list[Name]) -> list[Mention]:
    """Mention of the result in an OBX segment.

    Parameters
    ----------
    doc : Document
    index : int
        Line of the segment.
    names : list of Name
        Tests named in the line.

    Returns
    -------
    list of Mention
        One ``LAB`` from the test's name to the end of its value, or none; its day is that of the observation, else that of the request (OBR), else the note's.
    """
    norm, line = doc.norm, doc.lines[index]
    fields = _fields(norm, line)
    if len(fields) <= _VALUE:
        return []
    start, end = fields[_TEST]
    name = next((n for n in names if start <= n.start < end and _LEAD.fullmatch(norm, start, n.start)), None)
    if name is None or _OTHER_FLUID.search(norm, start, end):
        return []
    if len(fields) > _STATUS and norm[slice(*fields[_STATUS])].strip() in _NOT_RESULTED:
        return []
    analyte = analytes()[name.key]
    r = read_value(norm, *fields[_VALUE], analyte, spans=False)
    if r is None or norm[r.end : fields[_VALUE][1]].strip():
        return []
    if len(fields) > _UNIT and r.unit is None:
        _, unit, factor = read_unit(norm, *fields[_UNIT], analyte)
        written = norm[slice(*fields[_UNIT])].strip()
        r.unit, r.factor = (unit.strip(), factor) if unit else ((written, r.factor) if written == "%" else (None, None))
    if len(fields) > _RANGE:
        r.ref_low, r.ref_high = read_limits(norm[slice(*fields[_RANGE])])
    if len(fields) > _FLAG:
        r.flag = norm[slice(*fields[_FLAG])].strip() or None
    when = _day_in(norm, fields, _FIRST_DAY) or _day_of_request(doc, index)
    m = lab_mention(doc, name, r, name.start, r.end, when)
    if when is None and doc.note_date is not None:
        m.date, m.date_source = doc.note_date.isoformat(), "note"  # a code such as 1920-8 is no month
    return [m]
