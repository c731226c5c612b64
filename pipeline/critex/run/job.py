"""The main job: notes in, all tables and the report out, in one folder.

What judging and tables need (pandas among it) is imported when workers have their first notes, not before.
"""

from __future__ import annotations

import itertools
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from critex import __version__
from critex.criteria.confidence import load_confidence
from critex.criteria.trial import Trial, load_trial
from critex.notes.database import read_query
from critex.notes.record import Options, Seen
from critex.notes.sources import read_notes
from critex.run.ledger import FOLDER, Ledger
from critex.run.reading import Progress, Reading
from critex.run.versions import extraction_digest, patterns_digest
from critex.run.workers import Workers

if TYPE_CHECKING:
    import pandas as pd

    from critex.run.store import Format


@dataclass
class Summary:
    """What a run did, for the terminal and ``run.json``."""

    notes: int = 0
    characters: int = 0
    patients: int = 0
    mentions: int = 0
    rejected: int = 0
    texts_read: int = 0
    """Texts that were read in this run; the others were known from an earlier one, or are copies."""
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
    query: tuple[str, str] | None = None,
) -> Summary:
    """Read all notes of all sources, judge every patient, and write the tables of :mod:`critex.tables` and ``report.html``.

    Texts that an earlier run in ``out`` read, also one that was killed, are not read again (:mod:`critex.run.ledger`).

    Parameters
    ----------
    sources : sequence of Path
        Files and folders.
    out : Path
        The output folder.
    trials : sequence of str
        Ids of shipped trials, or files.
    patients : DataFrame, optional
        The patients file (:func:`critex.run.patients.read_patients`).
    index_date : date, optional
        Index date of patients that ``patients`` does not name.
    options : Options, optional
    workers : int
        Processes.
    form : {"parquet", "csv", "jsonl"}
    progress : callable, optional
    max_report_patients : int
        How many patients the page shows.
    query : tuple of str, optional
        Database and query whose rows are notes, instead of ``sources`` (:func:`critex.notes.database.read_query`).

    Raises
    ------
    CritexError
        If a source, the patients file or a trial cannot be used, or another run is at work in ``out``. Tables of an earlier run are then left as they are.
    """
    started = time.perf_counter()
    options = options or Options()
    loaded = [load_trial(t) for t in trials]
    seen = Seen()
    stream = read_query(*query, options, seen) if query else read_notes(sources, options, seen)
    first = list(itertools.islice(stream, 1))  # a source that cannot be used is refused before anything is written
    patterns = extraction_digest()
    with Workers(workers) as pool, Ledger(out) as ledger:
        reading = Reading(ledger, patterns, options.date_order, options.max_seconds)
        reading.all(itertools.chain(first, stream), pool, progress, lambda: _prepare(loaded))
        ledger.complete({"remarks": seen.remarks}, patterns)
        summary = Summary(texts_read=reading.read, remarks=seen.remarks)
        with ledger.released():
            pool.renew()
        _judge(ledger, out, trials, patients, index_date, form, pool, summary, max_report_patients)
    summary.seconds = time.perf_counter() - started
    write_run(out, summary, loaded, options, form, index_date)
    return summary


def screen(
    out: Path,
    *,
    trials: Sequence[str],
    patients: pd.DataFrame | None = None,
    index_date: date | None = None,
    form: Format | None = None,
    workers: int = 1,
) -> Summary:
    """Verdicts again, or for another trial, from the mentions that a run left in ``out``; no note is read again.

    Raises
    ------
    CritexError
        If the folder holds no run, or a trial cannot be used.
    """
    import pandas as pd

    from critex import tables
    from critex.run.local import judge_tables
    from critex.run.store import read_table, write_table

    started = time.perf_counter()
    loaded = [load_trial(t) for t in trials]
    form = form or form_of(out)
    if patients is None and (out / "patients.csv").exists():
        patients = pd.read_csv(out / "patients.csv", dtype=str, keep_default_na=False)
    summary = Summary()
    if (out / FOLDER / "ledger.sqlite").is_file():
        _prepare(loaded)
        with Workers(workers, reads_notes=False) as pool, Ledger(out) as ledger:
            if ledger.counts() is not None:
                _judge(ledger, out, trials, patients, index_date, form, pool, summary, 500)
                summary.seconds = time.perf_counter() - started
                write_run(out, summary, loaded, Options(), form, index_date)
                return summary
    notes, mentions, errors = read_table("notes", out), read_table("mentions", out), read_table("errors", out)
    summary = Summary(
        notes=len(notes), characters=int(notes["text"].str.len().sum()), patients=int(notes["patient_id"].nunique()),
        mentions=len(mentions), rejected=len(errors),
    )  # fmt: skip
    judged = judge_tables(mentions, notes, patients, loaded, index_date)
    for name in ("features", "verdicts", "evidence", "candidates"):
        write_table(getattr(judged, name), name, out, form)
    from critex.report.page import write_report

    write_report(out / "report.html", notes, mentions, judged, loaded, 500, patients=patients)
    _keep_patients(out, patients)
    for trial in loaded:
        counts = judged.candidates.loc[judged.candidates["trial"] == trial.trial, "status"].value_counts()
        summary.status[trial.trial] = {s: int(counts.get(s, 0)) for s in tables.STATUSES}
    summary.seconds = time.perf_counter() - started
    write_run(out, summary, loaded, Options(), form, index_date)
    return summary


def form_of(out: Path) -> Format:
    """Format of the tables in an output folder."""
    if (out / "mentions.csv").exists():
        return "csv"
    return "jsonl" if (out / "mentions.jsonl").exists() else "parquet"


def _prepare(trials: list[Trial]) -> None:
    from critex.run.judging import prepare

    prepare(trials)


def _judge(
    ledger: Ledger, out: Path, trials: Sequence[str], patients: pd.DataFrame | None, index_date: date | None, form: Format, pool: Workers, summary: Summary,
    max_report_patients: int,
) -> None:  # fmt: skip
    import pandas as pd

    from critex import tables
    from critex.run.judging import judge_all
    from critex.run.store import write_table

    totals = judge_all(ledger, out, trials, patients, index_date, form, pool, max_report_patients)
    write_table(pd.DataFrame(list(ledger.errors()), columns=tables.ERRORS.names), "errors", out, form)
    _keep_patients(out, patients)
    for name, number in ledger.totals().items():
        setattr(summary, name, number)
    summary.mentions = totals.mentions
    for trial in (load_trial(t).trial for t in trials):
        summary.status[trial] = {s: totals.status[(trial, s)] for s in tables.STATUSES}


def _keep_patients(out: Path, patients: pd.DataFrame | None) -> None:
    if patients is not None:
        from critex.run.store import write_file

        write_file(out / "patients.csv", lambda p: patients.to_csv(p, index=False, lineterminator="\n"))


def write_run(
    out: Path, summary: Summary, trials: list[Trial], options: Options, form: Format, index_date: date | None
) -> None:
    """Write ``run.json``: versions, hashes, options, counts and seconds."""
    from critex.run.store import write_json

    packages = {}
    for name in ("spacy", "medspacy", "pandas", "pyarrow", "hyperscan"):
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            continue
    write_json(
        {
            "critex": __version__, "python": platform.python_version(), "packages": packages, "patterns": patterns_digest(),
            "trials": {t.trial: {"version": t.version, "hash": t.digest} for t in trials}, "confidence": load_confidence().digest,
            "options": {"format": form, "date_order": options.date_order, "map": dict(options.columns), "index_date": index_date.isoformat() if index_date else None},
            "counts": {"notes": summary.notes, "characters": summary.characters, "patients": summary.patients, "mentions": summary.mentions, "rejected": summary.rejected, "status": summary.status},
            "seconds": round(summary.seconds, 3),
        },
        out / "run.json",
    )  # fmt: skip
