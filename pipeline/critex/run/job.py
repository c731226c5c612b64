"""The main job: notes in, all tables and the report out, in one folder."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from critex import __version__, tables
from critex.criteria.trial import Trial, load_trial
from critex.notes.note import Note
from critex.notes.record import Options, Rejected, Seen
from critex.notes.sources import read_notes
from critex.run.extract_notes import extract
from critex.run.local import judge_tables
from critex.run.store import Format, read_table, write_json, write_table
from critex.run.versions import patterns_digest

Progress = Callable[[int], None]
"""Called with the number of notes done since the last call."""


@dataclass
class Summary:
    """What a run did, for the terminal and ``run.json``."""

    notes: int = 0
    characters: int = 0
    patients: int = 0
    mentions: int = 0
    rejected: int = 0
    seconds: float = 0.0
    status: dict[str, dict[str, int]] = field(default_factory=dict)
    """Trial to candidate status to number of patients."""
    remarks: list[str] = field(default_factory=list)
    proxy_index_dates: int = 0


def run_job(
    sources: Sequence[Path],
    out: Path,
    *,
    trials: Sequence[str],
    patients: pd.DataFrame | None = None,
    index_date: date | None = None,
    options: Options | None = None,
    workers: int = 1,
    form: Format = "parquet",
    progress: Progress | None = None,
    max_report_patients: int = 500,
) -> Summary:
    """Read all notes of all sources, judge every patient, and write the tables of :mod:`critex.tables` and ``report.html``.

    Raises
    ------
    CritexError
        Before anything is written, if a source, the patients file or a trial cannot be used.
    """
    started = time.perf_counter()
    options = options or Options()
    loaded = [load_trial(t) for t in trials]
    seen = Seen()
    notes: list[Note] = []
    errors: list[tuple[str, str, str]] = []
    for record in read_notes(sources, options, seen):
        if isinstance(record, Rejected):
            errors.append((record.source, record.note_id, record.error))
        else:
            notes.append(record)
    rows, failed = _extract(notes, options.date_order, workers, progress)
    errors.extend(failed)
    note_frame = pd.DataFrame(
        [
            (n.note_id, n.patient_id, n.note_date.isoformat() if n.note_date else "", n.note_type, n.text, n.source)
            for n in notes
        ],
        columns=tables.NOTES.names,
    )
    note_frame = tables.checked(note_frame, tables.NOTES)
    mentions = tables.checked(pd.DataFrame(rows, columns=tables.MENTIONS.names), tables.MENTIONS)
    error_frame = tables.checked(pd.DataFrame(errors, columns=tables.ERRORS.names), tables.ERRORS)
    write_table(note_frame, "notes", out, form)
    write_table(mentions, "mentions", out, form)
    write_table(error_frame, "errors", out, form)
    summary = Summary(
        notes=len(notes), characters=sum(len(n.text) for n in notes), patients=int(note_frame["patient_id"].nunique()), mentions=len(mentions), rejected=len(errors),
        remarks=seen.remarks,
    )  # fmt: skip
    _judge_and_write(out, mentions, note_frame, patients, loaded, index_date, form, summary, max_report_patients)
    summary.seconds = time.perf_counter() - started
    _write_run(out, summary, loaded, options, form, index_date)
    return summary


def screen(
    out: Path,
    *,
    trials: Sequence[str],
    patients: pd.DataFrame | None = None,
    index_date: date | None = None,
    form: Format | None = None,
) -> Summary:
    """Verdicts again, or for another trial, from the mentions that a run left in ``out``; no note is read again.

    Raises
    ------
    CritexError
        If the folder holds no run, or a trial cannot be used.
    """
    started = time.perf_counter()
    loaded = [load_trial(t) for t in trials]
    notes, mentions, errors = read_table("notes", out), read_table("mentions", out), read_table("errors", out)
    form = form or (
        "parquet" if (out / "mentions.parquet").exists() else "csv" if (out / "mentions.csv").exists() else "jsonl"
    )
    summary = Summary(
        notes=len(notes), patients=int(notes["patient_id"].nunique()), mentions=len(mentions), rejected=len(errors)
    )
    if patients is None and (out / "patients.csv").exists():
        patients = pd.read_csv(out / "patients.csv", dtype=str, keep_default_na=False)
    _judge_and_write(out, mentions, notes, patients, loaded, index_date, form, summary, 500)
    summary.seconds = time.perf_counter() - started
    _write_run(out, summary, loaded, Options(), form, index_date)
    return summary


def _extract(
    notes: list[Note], date_order: str | None, workers: int, progress: Progress | None
) -> tuple[list[Any], list[tuple[str, str, str]]]:
    rows: list[Any] = []
    errors: list[tuple[str, str, str]] = []
    if workers > 1:
        from critex.run.workers import extract_batches

        for count, got, failed in extract_batches(notes, date_order, workers):
            rows.extend(got)
            errors.extend(failed)
            if progress:
                progress(count)
        return rows, errors
    for i in range(0, len(notes), 20):
        got, failed = extract(notes[i : i + 20], date_order)
        rows.extend(got)
        errors.extend(failed)
        if progress:
            progress(len(notes[i : i + 20]))
    return rows, errors


def _judge_and_write(
    out: Path, mentions: pd.DataFrame, notes: pd.DataFrame, patients: pd.DataFrame | None, trials: list[Trial], index_date: date | None, form: Format, summary: Summary,
    max_report_patients: int,
) -> None:  # fmt: skip
    judged = judge_tables(mentions, notes, patients, trials, index_date)
    for name in ("features", "verdicts", "evidence", "candidates"):
        write_table(getattr(judged, name), name, out, form)
    if patients is not None:
        patients.to_csv(out / "patients.csv", index=False, lineterminator="\n")
    for trial in trials:
        counts = judged.candidates.loc[judged.candidates["trial"] == trial.trial, "status"].value_counts()
        summary.status[trial.trial] = {s: int(counts.get(s, 0)) for s in tables.STATUSES}
    from critex.report.page import write_report

    write_report(out / "report.html", notes, mentions, judged, trials, max_report_patients)


def _write_run(
    out: Path, summary: Summary, trials: list[Trial], options: Options, form: Format, index_date: date | None
) -> None:
    packages = {}
    for name in ("spacy", "medspacy", "pandas", "pyarrow", "hyperscan"):
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            continue
    write_json(
        {
            "critex": __version__, "python": platform.python_version(), "packages": packages, "patterns": patterns_digest(),
            "trials": {t.trial: {"version": t.version, "hash": t.digest} for t in trials},
            "options": {"format": form, "date_order": options.date_order, "map": dict(options.columns), "index_date": index_date.isoformat() if index_date else None},
            "counts": {"notes": summary.notes, "characters": summary.characters, "patients": summary.patients, "mentions": summary.mentions, "rejected": summary.rejected, "status": summary.status},
            "seconds": round(summary.seconds, 3),
        },
        out / "run.json",
    )  # fmt: skip
