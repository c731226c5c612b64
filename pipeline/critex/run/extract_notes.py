"""The work of one worker: raw texts in, plain rows out. No spaCy ``Doc`` and no note text of others crosses a process."""

from __future__ import annotations

import json
from collections.abc import Iterable

from critex.extract.document import Document
from critex.extract.engine import Extractor, default_extractor
from critex.extract.mention import Mention
from critex.notes.limits import TooSlow, time_limit
from critex.notes.note import Note

Row = tuple[object, ...]
"""One mention, in the order of the columns of the mentions table."""


def mention_rows(note: Note, extractor: Extractor | None = None, date_order: str | None = None) -> list[Row]:
    """Rows of the mentions table for one note.

    Parameters
    ----------
    note : Note
    extractor : Extractor, optional
        All families by default.
    date_order : {"dmy", "mdy", "ymd"}, optional
        Order of numeric dates of the source.
    """
    doc = Document(note.text, note.note_id, note.patient_id, note.note_date, note.note_type, date_order)
    found = (extractor or default_extractor()).mentions(doc)
    return [_row(note, m) for m in found]


def _row(note: Note, m: Mention) -> Row:
    cue_start, cue_end = m.cue if m.cue else (None, None)
    return (
        note.note_id, note.patient_id, m.start, m.end, note.text[m.start : m.end], m.label, m.value, m.number, m.unit, m.comparator, m.canonical,
        m.canonical_unit, m.result, m.ref_low, m.ref_high, m.assertion or "present", m.temporality or "current", m.date, m.date_source or "none", m.section,
        cue_start, cue_end, json.dumps(m.attributes, sort_keys=True, ensure_ascii=False) if m.attributes else "", m.rule,
    )  # fmt: skip


def read_note(
    note: Note, extractor: Extractor, date_order: str | None = None, seconds: float | None = None
) -> tuple[list[Row], str]:
    """Rows of mentions of one note, and what went wrong (empty where nothing did).

    Parameters
    ----------
    note : Note
    extractor : Extractor
    date_order : {"dmy", "mdy", "ymd"}, optional
    seconds : float, optional
        Time limit.

    Returns
    -------
    rows : list of Row
    error : str
        Names the kind of failure, never the text.
    """
    try:
        with time_limit(seconds):
            return mention_rows(note, extractor, date_order), ""
    except TooSlow:
        return [], f"took longer than {seconds:g} s and was given up. Split the note, or raise --max-seconds."
    except Exception as error:
        return [], f"could not be read: {type(error).__name__}. Please report this as a defect of critex."


def extract(notes: Iterable[Note], date_order: str | None = None) -> tuple[list[Row], list[tuple[str, str, str]]]:
    """Rows of mentions, and rows of errors, of a batch of notes.

    A note that critex fails on becomes an error row that names the kind of failure, never its text.
    """
    extractor = default_extractor()  # a wrong pattern file ends the run here, not note by note
    rows: list[Row] = []
    errors: list[tuple[str, str, str]] = []
    for note in notes:
        found, error = read_note(note, extractor, date_order)
        rows.extend(found)
        if error:
            errors.append((note.source, note.note_id, error))
    return rows, errors
