"""The job on this machine, in memory: a table of notes in, all tables out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from critex import tables
from critex.collector import without_search
from critex.criteria.trial import Trial, load_trial
from critex.errors import InputError
from critex.notes.note import Note
from critex.run.extract_notes import extract
from critex.run.judge_patients import Enrolment, Judgement, judge_patients
from critex.run.statements import day, last_note_date, statements_by_patient

DEFAULT_TRIAL = "NCT07235319"


@dataclass(frozen=True)
class Tables:
    """All tables of a run, as DataFrames with the columns of :mod:`critex.tables`."""

    notes: pd.DataFrame
    mentions: pd.DataFrame
    features: pd.DataFrame
    verdicts: pd.DataFrame
    evidence: pd.DataFrame
    candidates: pd.DataFrame
    errors: pd.DataFrame
    run: dict[str, Any] = field(default_factory=dict)


def run(
    notes: pd.DataFrame,
    *,
    patients: pd.DataFrame | None = None,
    trial: str | Sequence[str] = DEFAULT_TRIAL,
    index_date: date | str | None = None,
    date_order: str | None = None,
    workers: int = 1,
) -> Tables:
    """Read notes, and judge every patient by one or more trials.

    Parameters
    ----------
    notes : DataFrame
        One row a note. Only ``text`` is required; ``note_id``, ``patient_id``, ``note_date`` (ISO) and ``note_type`` are used where present.
    patients : DataFrame, optional
        ``patient_id``, ``index_date`` (ISO), and optionally ``sex`` and ``birth_date``.
    trial : str or sequence of str
        Ids of shipped trials, or files.
    index_date : date or str, optional
        Index date of patients that ``patients`` does not name; else the day of their last note, which verdicts then say.
    date_order : {"dmy", "mdy", "ymd"}, optional
        Order of numeric dates; found in the text where not given.
    workers : int
        Processes.

    Returns
    -------
    Tables
        The same tables that ``critex run`` writes.

    Raises
    ------
    InputError
        If there is no column ``text``.
    TrialError
        If a trial definition is not valid.
    """
    started = time.perf_counter()
    trials = [load_trial(t) for t in ([trial] if isinstance(trial, str) else trial)]
    records, errors = note_records(notes)
    rows, failed = _extract(records, date_order, workers)
    errors.extend(failed)
    note_frame = tables.of_rows([n.row() for n in records], tables.NOTES)
    mentions = tables.of_rows(rows, tables.MENTIONS)
    judged = judge_tables(mentions, note_frame, patients, trials, index_date)
    return Tables(
        note_frame, mentions, judged.features, judged.verdicts, judged.evidence, judged.candidates,
        tables.of_rows(errors, tables.ERRORS),
        {"seconds": time.perf_counter() - started, "notes": len(records), "patients": int(note_frame["patient_id"].nunique())},
    )  # fmt: skip


def judge_tables(
    mentions: pd.DataFrame,
    notes: pd.DataFrame,
    patients: pd.DataFrame | None,
    trials: list[Trial],
    index_date: date | str | None = None,
) -> Judgement:
    """Features and verdicts from the mentions table; what ``critex screen`` does."""
    with without_search():
        return judge_patients(
            notes["patient_id"].unique(),
            statements_by_patient(mentions, notes),
            enrolments(notes, patients, index_date),
            trials,
        )


def enrolments(
    notes: pd.DataFrame, patients: pd.DataFrame | None, index_date: date | str | None = None
) -> dict[str, Enrolment]:
    """Index date, sex and birth date of every patient; without a patients file the day of the last note stands in.

    Raises
    ------
    InputError
        If the patients table has no ``patient_id``, or a date in it is not an ISO date.
    """
    default = date.fromisoformat(index_date) if isinstance(index_date, str) else index_date
    known: dict[str, dict[Any, Any]] = {}
    if patients is not None:
        if "patient_id" not in patients.columns:
            raise InputError(
                "patients: column patient_id is missing. Add it, or name the right column with --map patient_id=<column>."
            )
        known = {str(r["patient_id"]): r for r in patients.to_dict("records")}
    out: dict[str, Enrolment] = {}
    dates: dict[object, list[object]] = {}
    for patient_id, note_date in zip(notes["patient_id"].tolist(), notes["note_date"].tolist(), strict=True):
        dates.setdefault(patient_id, []).append(note_date)
    for patient_id, note_dates in dates.items():
        row = known.get(str(patient_id), {})
        index, proxy = _cell_date(row.get("index_date"), "index_date"), False
        if index is None:
            index = default
        if index is None:
            index, proxy = last_note_date(day(d) for d in note_dates), True
        sex = str(row.get("sex") or "").strip().upper()[:1]
        out[str(patient_id)] = Enrolment(
            index, proxy, sex if sex in ("M", "F") else None, _cell_date(row.get("birth_date"), "birth_date")
        )
    return out


def _cell_date(value: object, column: str) -> date | None:
    if value is None or (isinstance(value, float) and value != value) or not str(value).strip():
        return None
    found = day(str(value).strip())
    if found is None:
        raise InputError(f"patients, column {column}: not a date. Write dates as YYYY-MM-DD.")
    return found


def note_records(notes: pd.DataFrame) -> tuple[list[Note], list[tuple[str, str, str]]]:
    """Notes of a DataFrame, and rows of errors for what cannot be used.

    Raises
    ------
    InputError
        If there is no column ``text``.
    """
    if "text" not in notes.columns:
        raise InputError("notes: column text is missing. Name the column that holds the text: --map text=<column>.")
    n = len(notes)
    texts = notes["text"].tolist()
    ids = _strings(notes, "note_id", [f"note-{i + 1}" for i in range(n)])
    patients = _strings(notes, "patient_id", ids)
    dates = _strings(notes, "note_date", [""] * n)
    types = _strings(notes, "note_type", [""] * n)
    sources = _strings(notes, "source", [f"row {i + 1}" for i in range(n)])
    records: list[Note] = []
    errors: list[tuple[str, str, str]] = []
    seen: set[str] = set()
    for note_id, patient_id, when, kind, text, source in zip(ids, patients, dates, types, texts, sources, strict=True):
        if not isinstance(text, str) or not text.strip():
            errors.append((source, note_id, "the text is empty."))
            continue
        if note_id in seen:
            errors.append(
                (source, note_id, "the note_id is used by an earlier note. Give every note an id of its own.")
            )
            continue
        seen.add(note_id)
        note_date = day(when)
        if when and note_date is None:
            errors.append((source, note_id, "note_date is not a date (YYYY-MM-DD); the note was read without a date."))
        records.append(Note(note_id, patient_id, note_date, kind, text, source))
    return records, errors


def _strings(frame: pd.DataFrame, column: str, default: list[str]) -> list[str]:
    if column not in frame.columns:
        return default
    return [
        fallback if value is None or value != value or str(value) == "" else str(value)
        for value, fallback in zip(frame[column].tolist(), default, strict=True)
    ]


def _extract(records: list[Note], date_order: str | None, workers: int) -> tuple[list[Any], list[tuple[str, str, str]]]:
    if workers <= 1 or len(records) < 20:
        return extract(records, date_order)
    from critex.run.workers import extract_parallel

    return extract_parallel(records, date_order, workers)
