"""Parquet files and folders of Parquet files, read in batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from critex.errors import InputError
from critex.notes.record import FIELDS, Note, Options, Rejected, Seen, check_columns, make_note


def read_parquet(path: Path, options: Options, seen: Seen) -> Iterator[Note | Rejected]:
    """Notes of a Parquet file, streamed by row groups.

    Raises
    ------
    InputError
        If the file is not Parquet, or has no text column.
    """
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError):
        raise InputError(f"{path}: not a readable Parquet file. Export it again.") from None
    names = list(file.schema_arrow.names)
    options = options.fitted(names)
    check_columns(names, str(path), options)
    wanted = [options.column(f) for f in FIELDS if options.column(f) in names]
    row = 0
    try:
        for batch in batches_of(file, wanted):
            for record in batch.to_pylist():
                row += 1
                made = make_note(record, f"{path.name}:{row}", f"{path.stem}-{row}", options, seen)
                yield from made if isinstance(made, tuple) else (made,)
    except (pa.ArrowInvalid, OSError):
        yield Rejected(f"{path.name}:{row + 1}", "", "the file is damaged from here on. Export it again.")


def batches_of(file: pq.ParquetFile, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Batches of one row group after the other: read in one go, the bytes of all groups before are kept in memory."""
    for group in range(file.num_row_groups):
        yield from file.iter_batches(batch_size=512, row_groups=[group], columns=columns)
