"""The tables of an output folder as a stream: each note with its mentions, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from critex.errors import InputError
from critex.run.store import read_table

Row = dict[str, Any]
BATCH = 2_000


def rows(name: str, out: Path) -> Iterator[Row]:
    """Rows of one table in its order; empty cells are ``None``.

    Raises
    ------
    InputError
        If the folder has no such table.
    """
    path = out / f"{name}.parquet"
    if path.is_file():
        for batch in pq.ParquetFile(path).iter_batches(batch_size=BATCH):
            for row in batch.to_pylist():
                yield {k: None if v is None or v == "" or v != v else v for k, v in row.items()}
        return
    frame = read_table(name, out)
    for record in frame.astype(object).to_dict("records"):
        yield {str(k): None if v is None or v == "" or v != v else v for k, v in record.items()}


def notes_with_mentions(out: Path) -> Iterator[tuple[Row, list[Row]]]:
    """Every note with its mentions; both tables are in the order of patient and note, so one pass is enough.

    Raises
    ------
    InputError
        If the folder is not one that ``critex run`` wrote.
    """
    mentions = rows("mentions", out)
    waiting = next(mentions, None)
    for note in rows("notes", out):
        mine: list[Row] = []
        while waiting is not None and waiting["note_id"] == note["note_id"]:
            mine.append(waiting)
            waiting = next(mentions, None)
        yield note, mine
    if waiting is not None:
        raise InputError(f"{out}: mentions and notes are not of the same run. Run `critex run` again.")
