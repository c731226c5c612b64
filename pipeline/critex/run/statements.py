"""From rows of the mentions table to statements of patients."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

import pandas as pd

from critex import tables
from critex.extract.dates import parse_iso
from critex.features.facts import Statement


def day(text: object) -> date | None:
    """ISO date of a table cell, ``None`` where it is empty or not a date."""
    if not isinstance(text, str) or len(text) < 10:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _words(column: pd.Series) -> list[str | None]:
    return [v if isinstance(v, str) and v else None for v in column.tolist()]


def _numbers(column: pd.Series) -> list[float | None]:
    return [None if v is None or v is pd.NA or v != v else float(v) for v in column.tolist()]


@lru_cache(maxsize=20_000)
def _attributes(text: str | None) -> Mapping[str, Any]:
    return json.loads(text) if text else {}


def statements_by_patient(mentions: pd.DataFrame, notes: pd.DataFrame) -> dict[str, list[Statement]]:
    """Statements of every patient.

    Parameters
    ----------
    mentions : DataFrame
        The mentions table.
    notes : DataFrame
        The notes table (``note_id``, ``note_date``, ``note_type``).

    Returns
    -------
    dict of str to list of Statement
        Only patients that have a mention are keys.
    """
    about = {
        r[0]: (day(r[1]), r[2] if isinstance(r[2], str) else "")
        for r in zip(notes["note_id"], notes["note_date"], notes["note_type"], strict=True)
    }
    out: dict[str, list[Statement]] = defaultdict(list)
    if not len(mentions):
        return dict(out)
    columns = [(_READ.get(c) or pd.Series.tolist)(mentions[c]) for c in _COLUMNS]
    for row in zip(*columns, strict=True):
        (note_id, patient_id, start, end, text, label, value, assertion, temporality, number, unit, comparator, canonical, canonical_unit, result,
         ref_low, ref_high, when, date_source, section, attributes, rule) = row  # fmt: skip
        note_date, note_type = about.get(note_id, (None, ""))
        out[patient_id].append(
            Statement(
                note_id, note_date, note_type, int(start), int(end), text, label, value, assertion, temporality, number, unit, comparator, canonical,
                canonical_unit, result, ref_low, ref_high, parse_iso(when), date_source or "none", section, _attributes(attributes), rule,
            )
        )  # fmt: skip
    return dict(out)


_COLUMNS = (
    "note_id", "patient_id", "start", "end", "text", "label", "value", "assertion", "temporality",
    "number", "unit", "comparator", "canonical", "canonical_unit", "result", "ref_low", "ref_high", "date", "date_source", "section", "attributes", "rule",
)  # fmt: skip
"""Columns that a statement is made of, in the order of its fields."""
_READ = {c.name: _words if c.kind == "string" else _numbers for c in tables.MENTIONS.columns if not c.required and c.kind != "int"}  # fmt: skip
"""How columns are read that may be empty."""


def text_hash(text: str) -> str:
    """Hash of a note's text, by which the same text is read only once."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def last_note_date(dates: Iterable[date | None]) -> date | None:
    """Day of the last dated note."""
    known = [d for d in dates if d is not None]
    return max(known) if known else None
