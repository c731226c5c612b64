"""Several processes: batches of raw text cut by characters go out, plain rows come back, in the order of the notes.

A worker that dies (out of memory, a crash in compiled code) does not end a run: its batches are tried again note by note in a process of their
own, and the note that kills it becomes an error row. A worker whose parent was killed ends itself within a second.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any, TypeVar

from critex.notes.note import Note
from critex.run.extract_notes import Row, extract, read_note

Job = TypeVar("Job")
Result = TypeVar("Result")
Reading = tuple[list[Row], str]
"""Rows of mentions of one note, and an error that is empty where there was none."""

BATCH_CHARACTERS = 200_000
"""Text a batch holds at most (one longer note is a batch of its own)."""
IN_FLIGHT = 3
"""Batches a worker has waiting: enough to keep it busy, few enough to bound memory."""


def batches(notes: Iterable[Note], characters: int = BATCH_CHARACTERS) -> Iterator[list[Note]]:
    """Cut notes into batches of about equal work."""
    batch: list[Note] = []
    size = 0
    for note in notes:
        if batch and size + len(note.text) > characters:
            yield batch
            batch, size = [], 0
        batch.append(note)
        size += len(note.text)
    if batch:
        yield batch


def read_batch(job: tuple[list[Note], str | None, float | None]) -> list[Reading]:
    """Readings of a batch, one a note."""
    from critex.extract.engine import default_extractor

    notes, date_order, seconds = job
    extractor = default_extractor()
    return [read_note(note, extractor, date_order, seconds) for note in notes]


class Workers:
    """A pool of processes that gives results in the order in which jobs were given; with one, the work is done in this process.

    Parameters
    ----------
    number : int
        Processes. They are started at once, before the caller opens files or databases.
    reads_notes : bool
        Whether they will read notes, for which patterns are loaded once for all of them.
    """

    def __init__(self, number: int, *, reads_notes: bool = True) -> None:
        self.number = number
        self._pool: ProcessPoolExecutor | None = None
        if reads_notes:
            from critex.extract.engine import default_extractor

            default_extractor()  # built once, before the fork
        self._start()

    def _start(self) -> None:
        # What is loaded by now is left out of searches for unreachable objects until the work is done: here they would go through it again and
        # again, and in a worker the first would copy it.
        gc.freeze()
        if self.number == 1:
            return
        self._pool = ProcessPoolExecutor(self.number, mp_context=_context(), initializer=_watch_parent)
        self._pool.submit(os.getpid).result()

    def renew(self) -> None:
        """Start the processes again: they then have what this process has loaded since, and none of what reading left in them."""
        if self._pool is not None:
            self._pool.shutdown()
        self._start()

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=kind is None, cancel_futures=True)
            self._pool = None
        gc.unfreeze()

    def map(
        self, work: Callable[[Job], Result], jobs: Iterable[Job], retry: Callable[[Job], Result]
    ) -> Iterator[tuple[Job, Result]]:
        """Results of jobs, in their order; ``retry`` does a job whose worker died (in this process, see :func:`alone`)."""
        if self._pool is None:
            for job in jobs:
                yield job, work(job)
            return
        waiting: deque[tuple[Job, Future[Result]]] = deque()
        for job in jobs:
            waiting.append((job, self._submit(work, job)))
            if len(waiting) > IN_FLIGHT * self.number:
                yield self._next(waiting, work, retry)
        while waiting:
            yield self._next(waiting, work, retry)

    def _submit(self, work: Callable[[Job], Result], job: Job) -> Future[Result]:
        pool = self._pool
        assert pool is not None  # noqa: S101 - only called with a pool
        try:
            return pool.submit(work, job)
        except BrokenProcessPool as error:
            broken: Future[Result] = Future()
            broken.set_exception(error)
            return broken

    def _next(
        self,
        waiting: deque[tuple[Job, Future[Result]]],
        work: Callable[[Job], Result],
        retry: Callable[[Job], Result],
    ) -> tuple[Job, Result]:
        job, future = waiting.popleft()
        try:
            return job, future.result()
        except BrokenProcessPool:
            self._start()
            rest = [j for j, _ in waiting]
            done = retry(job)
            waiting.clear()
            waiting.extend((j, self._submit(work, j)) for j in rest)
            return job, done


def read_alone(job: tuple[list[Note], str | None, float | None]) -> list[Reading]:
    """Readings of a batch on which a worker died: each note in a process of its own until the culprit is found."""
    notes, date_order, seconds = job
    found: list[Reading] = []
    pool: ProcessPoolExecutor | None = None
    try:
        for note in notes:
            pool = pool or ProcessPoolExecutor(1, mp_context=_context(), initializer=_watch_parent)
            try:
                found.extend(pool.submit(read_batch, ([note], date_order, seconds)).result())
            except BrokenProcessPool:
                found.append(([], "ended the process that read it (out of memory?). Split the note, or leave it out."))
                pool = None
    finally:
        if pool is not None:
            pool.shutdown()
    return found


def _context() -> Any:
    return multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn")


def _watch_parent() -> None:
    parent = os.getppid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to answer

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _work(job: tuple[list[Note], str | None]) -> tuple[list[Row], list[tuple[str, str, str]]]:
    return extract(*job)


def extract_parallel(
    notes: list[Note], date_order: str | None, workers: int
) -> tuple[list[Row], list[tuple[str, str, str]]]:
    """Rows of mentions and of errors of notes in memory, the same as one process gives."""
    rows: list[Row] = []
    errors: list[tuple[str, str, str]] = []
    size = max(20_000, min(BATCH_CHARACTERS, sum(len(n.text) for n in notes) // (workers * 8) + 1))
    with Workers(workers) as pool:
        jobs = ((b, date_order) for b in batches(notes, size))
        for _, (got, failed) in pool.map(_work, jobs, retry=_alone):
            rows.extend(got)
            errors.extend(failed)
    return rows, errors


def _alone(job: tuple[list[Note], str | None]) -> tuple[list[Row], list[tuple[str, str, str]]]:
    rows: list[Row] = []
    errors: list[tuple[str, str, str]] = []
    for note, (found, error) in zip(job[0], read_alone((job[0], job[1], None)), strict=True):
        rows.extend(found)
        if error:
            errors.append((note.source, note.note_id, error))
    return rows, errors
