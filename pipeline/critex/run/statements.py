"""From rows of the mentions table to statements of patients."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import pandas as pd

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


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _float(value: object) -> float | None:
    if value is None or value is pd.NA:
        return None
    number = float(value)  # type: ignore[arg-type]
    return None if number != number else number


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
    columns = [mentions[c].tolist() for c in _COLUMNS]
    for row in zip(*columns, strict=True):
        (note_id, patient_id, start, end, text, label, value, number, unit, comparator, canonical, canonical_unit, result, ref_low, ref_high,
         assertion, temporality, when, date_source, section, attributes, rule) = row  # fmt: skip
        note_date, note_type = about.get(note_id, (None, ""))
        out[patient_id].append(
            Statement(
                note_id, note_date, note_type, int(start), int(end), text, label, _word(value), assertion, temporality, _float(number), _word(unit),
                _word(comparator), _float(canonical), _word(canonical_unit), _word(result), _float(ref_low), _float(ref_high), parse_iso(_word(when)),
                date_source or "none", _word(section), json.loads(attributes) if isinstance(attributes, str) and attributes else {}, rule,
            )
        )  # fmt: skip
    return dict(out)


_COLUMNS = (
    "note_id", "patient_id", "start", "end", "text", "label", "value", "number", "unit", "comparator", "canonical", "canonical_unit", "result", "ref_low", "ref_high",
    "assertion", "temporality", "date", "date_source", "section", "attributes", "rule",
)  # fmt: skip


def text_hash(text: str) -> str:
    """Hash of a note's text, by which the same text is read only once."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def last_note_date(dates: Iterable[date | None]) -> date | None:
    """Day of the last dated note."""
    known = [d for d in dates if d is not None]
    return max(known) if known else None
