"""From the ledger to the tables: patients are judged in ranges, by any number of workers, and the parts are put together in order.

A range is cut by the order of patients' identifiers and by sizes alone, so the tables are the same bytes whatever the workers, the order of the
notes, and however often the run was killed. With several workers a range is judged in pieces, so that none waits long for the others at the
end, and what is then left, the putting together of each table and the page, is done side by side.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from critex import tables
from critex.criteria.trial import Trial, load_trial
from critex.run.judge_patients import Judgement, judge_patients
from critex.run.ledger import FOLDER, Ledger, PatientRange
from critex.run.local import judge_tables
from critex.run.store import Format, TableWriter, remove_leftovers
from critex.run.workers import Workers

RANGE_NOTES = 1_000
RANGE_CHARACTERS = 4_000_000
"""What a range of patients holds at most: this bounds a worker's memory."""
PIECES = 2
"""Pieces that a range is judged in by several workers."""
BY_TRIAL = ("verdicts", "evidence", "candidates")
STATUS_ORDER = {"candidate": 0, "possible": 1, "ineligible": 2}


@dataclass(frozen=True)
class Task:
    """One piece of a range of patients for a worker."""

    number: int
    out: Path
    patients: PatientRange
    enrolled: pd.DataFrame | None
    trials: tuple[str, ...]
    index_date: date | None
    shown: int


@dataclass(frozen=True)
class Part:
    """What came of one piece; its rows lie in files."""

    number: int
    mentions: int
    tally: Counter[tuple[str, str, str]]
    """Trial, criterion, verdict."""
    status: Counter[tuple[str, str]]
    """Trial, status."""
    first: pd.DataFrame
    """Rows of candidates that a page would show."""


@dataclass
class Totals:
    """Counts over all patients."""

    mentions: int = 0
    tally: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    status: Counter[tuple[str, str]] = field(default_factory=Counter)
    shown: list[pd.DataFrame] = field(default_factory=list)


def _folder(out: Path) -> Path:
    return out / FOLDER / "parts"


def _path(out: Path, number: int, name: str, trial: int = 0) -> Path:
    return _folder(out) / f"{number:07d}-{name}-{trial}.parquet"


@lru_cache(maxsize=8)
def _trials(names: tuple[str, ...]) -> list[Trial]:
    return [load_trial(n) for n in names]


def prepare(trials: list[Trial]) -> None:
    """Load what judging needs (the confidence model, caches of conditions) once, before workers are forked."""
    if "ARROW_DEFAULT_MEMORY_POOL" not in os.environ:
        pa.set_memory_pool(pa.system_memory_pool())  # gives memory back between ranges: a worker's peak is 75 MB lower
    judge_patients([""], {}, {}, trials)


def judge_range(task: Task) -> Part:
    """Judge the patients of one piece, and write its part of every table."""
    ledger = Ledger(task.out, write=False)
    try:
        notes = tables.of_rows(ledger.notes_of(task.patients), tables.NOTES)
        mentions = tables.of_rows(list(ledger.mentions_of(task.patients)), tables.MENTIONS)
    finally:
        ledger.close()
    trials = _trials(task.trials)
    judged = judge_tables(mentions, notes, task.enrolled, trials, task.index_date)
    for name, frame in (("notes", notes), ("mentions", mentions), ("features", judged.features)):
        _write(frame, _path(task.out, task.number, name))
    for i, trial in enumerate(trials):
        for name in BY_TRIAL:
            frame = getattr(judged, name)
            _write(frame[frame["trial"] == trial.trial], _path(task.out, task.number, name, i))
    verdicts = judged.verdicts.groupby(["trial", "criterion", "verdict"], sort=True).size()
    statuses = judged.candidates.groupby(["trial", "status"], sort=True).size()
    first = [page_order(judged.candidates[judged.candidates["trial"] == t.trial]).head(task.shown) for t in trials]
    return Part(
        task.number,
        len(mentions),
        Counter({k: int(n) for k, n in verdicts.items()}),  # type: ignore[misc]
        Counter({k: int(n) for k, n in statuses.items()}),  # type: ignore[misc]
        pd.concat(first, ignore_index=True),
    )


def _write(frame: pd.DataFrame, path: Path) -> None:
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, path, compression="lz4")


def page_order(candidates: pd.DataFrame) -> pd.DataFrame:
    """Rows of candidates in the order in which a page shows them."""
    order = candidates.assign(order=candidates["status"].map(STATUS_ORDER))
    return order.sort_values(["order", "n_unknown", "patient_id"], kind="stable").drop(columns="order")


def judge_all(
    ledger: Ledger,
    out: Path,
    trial_names: Sequence[str],
    patients: pd.DataFrame | None,
    index_date: date | None,
    form: Format,
    workers: Workers,
    max_report_patients: int,
) -> Totals:
    """Judge every patient in the ledger and write all tables and the page.

    Parameters
    ----------
    ledger : Ledger
    out : Path
    trial_names : sequence of str
        As given on the command line.
    patients : DataFrame, optional
        The patients file.
    index_date : date, optional
    form : {"parquet", "csv", "jsonl"}
    workers : Workers
    max_report_patients : int
        How many patients the page shows.
    """
    trials = _trials(tuple(trial_names))
    shutil.rmtree(_folder(out), ignore_errors=True)
    remove_leftovers(out)
    _folder(out).mkdir(parents=True)
    ranges = list(ledger.ranges(RANGE_NOTES, RANGE_CHARACTERS, PIECES if workers.number > 1 else 1))
    totals = Totals()
    best: dict[str, pd.DataFrame] = {}
    pieces = [piece for found in ranges for piece in found]
    tasks = _tasks(pieces, out, tuple(trial_names), patients, index_date, max_report_patients)
    for task, part in workers.map(judge_range, tasks, retry=judge_range):
        totals.mentions += part.mentions
        totals.tally.update(part.tally)
        totals.status.update(part.status)
        for trial in trials:
            mine = part.first[part.first["trial"] == trial.trial].assign(range=task.number)
            before = [best[trial.trial]] if trial.trial in best else []
            best[trial.trial] = page_order(pd.concat([*before, mine], ignore_index=True)).head(max_report_patients)
    if not ranges:
        _write_empty(out, trials)
    numbers = _numbers([len(found) for found in ranges] or [1])
    order = sorted(range(len(trials)), key=lambda i: trials[i].trial)
    last: list[Last] = [_Page(out, tuple(trial_names), best, totals, ledger.totals()["notes"], patients)]
    last.extend(_Join(out, name, numbers, (0,), form) for name in ("notes", "mentions", "features"))
    last.extend(_Join(out, name, numbers, tuple(order), form) for name in BY_TRIAL)
    for _ in workers.map(finish, last, retry=finish):
        pass
    shutil.rmtree(_folder(out), ignore_errors=True)
    return totals


def _numbers(lengths: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Numbers of the pieces of each range."""
    starts = [0, *itertools.accumulate(lengths)]
    return tuple(tuple(range(a, b)) for a, b in itertools.pairwise(starts))


def _tasks(
    pieces: list[PatientRange], out: Path, trials: tuple[str, ...], patients: pd.DataFrame | None, index_date: date | None, shown: int
) -> Iterator[Task]:  # fmt: skip
    for number, r in enumerate(pieces):
        enrolled = None
        if patients is not None:
            ids = patients["patient_id"].astype("str")
            enrolled = patients[(ids >= r.first) & (ids <= r.last)]
        yield Task(number, out, r, enrolled, trials, index_date, shown)


def _write_empty(out: Path, trials: list[Trial]) -> None:
    notes, mentions = tables.empty(tables.NOTES), tables.empty(tables.MENTIONS)
    judged = judge_tables(mentions, notes, None, trials)
    for name, frame in (("notes", notes), ("mentions", mentions), ("features", judged.features)):
        _write(frame, _path(out, 0, name))
    for i in range(len(trials)):
        for name in BY_TRIAL:
            _write(getattr(judged, name), _path(out, 0, name, i))


@dataclass(frozen=True)
class _Join:
    """One table to be put together from its parts: by trial, then by range."""

    out: Path
    name: str
    ranges: tuple[tuple[int, ...], ...]
    trials: tuple[int, ...]
    form: Format

    def do(self) -> None:
        with TableWriter(self.name, self.out, self.form) as writer:
            for trial in self.trials:
                for pieces in self.ranges:
                    parts = [_read(_path(self.out, n, self.name, trial)) for n in pieces]
                    # as one piece, so that a table does not show how many workers wrote it
                    writer.add(parts[0] if len(parts) == 1 else pa.concat_tables(parts).combine_chunks())


def _read(path: Path) -> pa.Table:
    return pq.read_table(path, use_threads=False, pre_buffer=False)


@dataclass(frozen=True)
class _Page:
    """The page to be written, from the parts that hold its patients."""

    out: Path
    trials: tuple[str, ...]
    best: dict[str, pd.DataFrame]
    totals: Totals
    notes: int
    patients: pd.DataFrame | None

    def do(self) -> None:
        from critex.report.page import write_report

        trials = _trials(self.trials)
        names = ("candidates", "verdicts", "evidence", "notes", "mentions")
        shown: dict[str, list[pd.DataFrame]] = {n: [] for n in names}
        for number in sorted({int(n) for frame in self.best.values() for n in frame["range"]}):
            ids = sorted({p for f in self.best.values() for p in f.loc[f["range"] == number, "patient_id"]})
            wanted = [("notes", 0), ("mentions", 0)]
            wanted.extend((name, i) for i in range(len(trials)) for name in ("verdicts", "evidence", "candidates"))
            for name, i in wanted:
                path = _path(self.out, number, name, i)
                shown[name].append(pq.read_table(path, filters=[("patient_id", "in", ids)]).to_pandas())
        frames = {
            n: tables.checked(pd.concat(f, ignore_index=True), tables.TABLES[n])
            if f
            else tables.empty(tables.TABLES[n])
            for n, f in shown.items()
        }
        judged = Judgement(tables.empty(tables.FEATURES), frames["verdicts"], frames["evidence"], frames["candidates"])
        write_report(
            self.out / "report.html", frames["notes"], frames["mentions"], judged, trials, max(1, max((len(f) for f in self.best.values()), default=1)),
            n_notes=self.notes, tally=self.totals.tally, status=self.totals.status, patients=self.patients,
        )  # fmt: skip


Last = _Join | _Page
"""Work that is left when all patients are judged."""


def finish(work: Last) -> None:
    """Do one piece of the work that is left when all patients are judged."""
    work.do()
