"""Several processes: batches of raw text cut by characters go out, plain rows come back, in the order of the notes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator

from critex.notes.note import Note
from critex.run.extract_notes import Row, extract

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


def extract_batches(
    notes: list[Note], date_order: str | None, workers: int
) -> Iterator[tuple[int, list[Row], list[tuple[str, str, str]]]]:
    """Number of notes, rows of mentions and rows of errors of each batch, in the order of the notes."""
    from critex.extract.engine import default_extractor

    default_extractor()  # built once, before the fork
    context = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn")
    size = max(20_000, min(BATCH_CHARACTERS, sum(len(n.text) for n in notes) // (workers * 8) + 1))
    cut = list(batches(notes, size))
    with context.Pool(workers) as pool:
        for batch, (rows, errors) in zip(cut, pool.imap(_work, ((b, date_order) for b in cut)), strict=True):
            yield len(batch), rows, errors


def extract_parallel(
    notes: list[Note], date_order: str | None, workers: int
) -> tuple[list[Row], list[tuple[str, str, str]]]:
    """Rows of mentions and of errors, the same as one process gives."""
    rows: list[Row] = []
    errors: list[tuple[str, str, str]] = []
    for _, got, failed in extract_batches(notes, date_order, workers):
        rows.extend(got)
        errors.extend(failed)
    return rows, errors
