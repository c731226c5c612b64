"""Several processes: batches of raw text cut by characters go out, plain rows come back, in the order of the notes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator

from critex.run.extract_notes import Note, Row, extract

BATCH_CHARACTERS = 400_000
"""Text a batch holds at most (one longer note is a batch of its own)."""


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


def _work(job: tuple[list[Note], str | None]) -> tuple[list[Row], list[tuple[str, str, str]]]:
    return extract(*job)


def extract_parallel(notes: list[Note], date_order: str | None, workers: int) -> tuple[list[Row], list[tuple[str, str, str]]]:
    """Rows of mentions and of errors, the same as one process gives."""
    from critex.extract.engine import default_extractor

    default_extractor()  # built once, before the fork
    context = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn")
    rows: list[Row] = []
    errors: list[tuple[str, str, str]] = []
    size = max(1, min(BATCH_CHARACTERS, sum(len(n.text) for n in notes) // (workers * 4) + 1))
    with context.Pool(workers) as pool:
        for got, failed in pool.imap(_work, ((b, date_order) for b in batches(notes, size))):
            rows.extend(got)
            errors.extend(failed)
    return rows, errors
