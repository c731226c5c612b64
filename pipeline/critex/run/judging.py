"""From the ledger to the tables: patients are judged in ranges, by any number of workers, and the parts are put together in order.

A range is cut by the order of patients' identifiers and by sizes alone, so the tables are the same bytes whatever the workers, the order of the
notes, and however often the run was killed. With several workers the last ranges are judged in pieces, so that none waits long for the others,
and what is then left, the putting together of each table and the page, is done side by side.
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
import pyarrow.compute as pc
from markupsafe import Markup
from pyarrow import ipc

from critex import tables
from critex.criteria.trial import Trial, load_trial
from critex.report.page import load_templates, patients_html, sexes_of, write_page
from critex.report.view import page_order, patient_views, trial_view
from critex.run.judge_patients import judge_patients
from critex.run.ledger import FOLDER, Ledger, PatientRange
from critex.run.local import judge_tables
from critex.run.store import Format, TableWriter, remove_leftovers
from critex.run.workers import Workers

RANGE_NOTES = 1_000
RANGE_CHARACTERS = 4_000_000
"""What a range of patients holds at most: this bounds a worker's memory."""
PIECES = 2
"""Pieces that each of the last ranges is judged in by several workers."""
PAGE_PATIENTS = 40
"""Patients of the page from which on a worker begins another piece of it."""
BY_TRIAL = ("verdicts", "evidence", "candidates")


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
    return _folder(out) / f"{number:07d}-{name}-{trial}.arrow"


@lru_cache(maxsize=8)
def _trials(names: tuple[str, ...]) -> list[Trial]:
    return [load_trial(n) for n in names]


def prepare(trials: list[Trial]) -> None:
    """Load what judging and the page need (the confidence model, caches of conditions, templates) once, before workers are forked."""
    if "ARROW_DEFAULT_MEMORY_POOL" not in os.environ:
        pa.set_memory_pool(pa.system_memory_pool())  # gives memory back between ranges: a worker's peak is 75 MB lower
    judge_patients([""], {}, {}, trials)
    load_templates()


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
    # Arrow's own format: of the feature table's hundreds of columns Parquet writes and reads headers, which takes five times as long
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    with ipc.new_file(path, table.schema, options=ipc.IpcWriteOptions(compression="lz4", use_threads=False)) as file:
        file.write_table(table)


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
    ranges = _cut(list(ledger.ranges(RANGE_NOTES, RANGE_CHARACTERS, PIECES)), workers.number)
    totals = Totals()
    best = [pd.DataFrame(columns=[*tables.CANDIDATES.names, "part"])] * len(trials)
    pieces = [piece for found in ranges for piece in found]
    tasks = _tasks(pieces, out, tuple(trial_names), patients, index_date, max_report_patients)
    for task, part in workers.map(judge_range, tasks, retry=judge_range):
        totals.mentions += part.mentions
        totals.tally.update(part.tally)
        totals.status.update(part.status)
        for i, trial in enumerate(trials):
            mine = part.first[part.first["trial"] == trial.trial].assign(part=task.number)
            so_far = pd.concat([best[i], mine], ignore_index=True) if len(best[i]) else mine
            best[i] = page_order(so_far).head(max_report_patients)
    if not ranges:
        _write_empty(out, trials)
    numbers = _numbers([len(found) for found in ranges] or [1])
    order = sorted(range(len(trials)), key=lambda i: trials[i].trial)
    last: list[_Join | _PagePatients] = []
    last.extend(_page_work(out, tuple(trial_names), best, sexes_of(patients)))
    last.extend(_Join(out, name, numbers, (0,), form) for name in ("notes", "mentions", "features"))
    last.extend(_Join(out, name, numbers, tuple(order), form) for name in BY_TRIAL)
    done = workers.map(finish, last, retry=finish)
    pages = [(work, found) for work, found in done if isinstance(work, _PagePatients)]
    _write_page(out, trials, best, pages, totals, ledger.totals()["notes"])
    shutil.rmtree(_folder(out), ignore_errors=True)
    return totals


def _cut(ranges: list[list[PatientRange]], workers: int) -> list[list[PatientRange]]:
    """Ranges as they are judged: whole, but for the last ones of several workers, so that none waits long for the others at the end."""
    whole = len(ranges) - workers if workers > 1 else len(ranges)
    return [
        [PatientRange(pieces[0].first, pieces[-1].last, sum(p.notes for p in pieces))] if i < whole else pieces
        for i, pieces in enumerate(ranges)
    ]


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
    with pa.OSFile(str(path)) as file:
        return ipc.open_file(file).read_all()


Fragment = tuple[int, str, int, int]
"""Where the HTML of a patient lies: trial, patient, first byte, number of bytes."""


@dataclass(frozen=True)
class _PagePatients:
    """Patients of the page to be put into HTML, from the parts that hold them."""

    number: int
    out: Path
    trials: tuple[str, ...]
    shown: tuple[dict[int, pd.DataFrame], ...]
    """Of each trial, by part, the rows of candidates that the page shows."""
    opened: tuple[str, ...]
    """Of each trial the first patient, who is open."""
    sexes: dict[str, str]

    @property
    def path(self) -> Path:
        """File of the HTML."""
        return _folder(self.out) / f"page-{self.number:07d}.html"

    def do(self) -> list[Fragment]:
        """Write the HTML, and tell where each patient's lies."""
        found: list[Fragment] = []
        with open(self.path, "wb") as f:
            for part in sorted({part for shown in self.shown for part in shown}):
                for i, trial in enumerate(_trials(self.trials)):
                    if part not in self.shown[i]:
                        continue
                    shown = self.shown[i][part]
                    notes, mentions, verdicts, evidence = (
                        self._rows(part, name, i if name in BY_TRIAL else 0, shown) for name in ("notes", "mentions", "verdicts", "evidence")
                    )  # fmt: skip
                    views = patient_views(trial, shown, notes, mentions, verdicts, evidence, self.sexes)
                    for patient_id, html in zip(shown["patient_id"], patients_html(views, views[0].id == self.opened[i]), strict=True):  # fmt: skip
                        content = html.encode()
                        found.append((i, patient_id, f.tell(), len(content)))
                        f.write(content)
        return found

    def _rows(self, part: int, name: str, trial: int, shown: pd.DataFrame) -> pd.DataFrame:
        table = _read(_path(self.out, part, name, trial))
        mine = pc.is_in(table["patient_id"], pa.array(shown["patient_id"], table.schema.field("patient_id").type))
        return tables.checked(table.filter(mine).to_pandas(), tables.TABLES[name])


def _page_work(
    out: Path, trials: tuple[str, ...], best: list[pd.DataFrame], sexes: dict[str, str]
) -> list[_PagePatients]:
    """The patients of the page, cut into pieces of neighbouring parts."""
    opened = tuple(str(frame["patient_id"].iloc[0]) if len(frame) else "" for frame in best)
    by_part = [{n: frame[frame["part"] == n] for n in set(frame["part"].tolist())} for frame in best]
    found: list[_PagePatients] = []
    piece: tuple[dict[int, pd.DataFrame], ...] = tuple({} for _ in trials)
    size = 0
    parts = sorted({n for frames in by_part for n in frames})
    for part in parts:
        for frames, mine in zip(by_part, piece, strict=True):
            if part in frames:
                mine[part] = frames[part]
                size += len(frames[part])
        if size >= PAGE_PATIENTS or part == parts[-1]:
            ids = {p for mine in piece for frame in mine.values() for p in frame["patient_id"]}
            found.append(_PagePatients(len(found), out, trials, piece, opened, {p: s for p, s in sexes.items() if p in ids}))  # fmt: skip
            piece, size = tuple({} for _ in trials), 0
    return found


def _write_page(
    out: Path, trials: Sequence[Trial], best: list[pd.DataFrame], pages: list[tuple[_PagePatients, list[Fragment]]], totals: Totals, n_notes: int
) -> None:  # fmt: skip
    """Put the page together."""
    places = {(trial, pid): (page.path, start, length) for page, found in pages for trial, pid, start, length in found}

    def patients(i: int) -> Iterator[Markup]:
        for patient_id in best[i]["patient_id"]:
            path, start, length = places[i, patient_id]
            with open(path, "rb") as f:
                f.seek(start)
                yield Markup(f.read(length).decode())  # noqa: S704 - made by our own template

    views = [trial_view(t, totals.tally, totals.status, len(b)) for t, b in zip(trials, best, strict=True)]
    write_page(out / "report.html", views, [patients(i) for i in range(len(trials))], n_notes)


def finish(work: _Join | _PagePatients) -> list[Fragment]:
    """Do one piece of the work that is left when all patients are judged."""
    return work.do() or []
