"""Delta tables: the rows of the table's present version, file by file, in an order that does not change.

The log is read by ``deltalake``; files that it no longer lists, and rows that a deletion vector takes out, are not notes. The files
themselves are read as Parquet, so one file is in memory at a time, and Spark's workers read with the same function.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from critex.errors import InputError
from critex.notes.parquet import batches_of
from critex.notes.record import FIELDS, Note, Options, Rejected, Seen, check_columns, make_note


@dataclass(frozen=True)
class DeltaFile:
    """One file of a Delta table."""

    path: str
    partition: Mapping[str, str | None]
    """Values of the columns that the table is partitioned by; they do not stand in the file."""
    deleted: frozenset[int]
    """Rows of the file that are deleted."""


@dataclass(frozen=True)
class DeltaTable:
    """What the log says of a table's present version."""

    columns: Mapping[str, str]
    """Name of each column to its name in the files (column mapping)."""
    files: Sequence[DeltaFile]


def open_delta(path: Path) -> DeltaTable:
    """Columns and files of a Delta table.

    Raises
    ------
    InputError
        If ``deltalake`` is not installed, the log cannot be read, or files lie outside of the folder of a local table.
    """
    try:
        import deltalake
        from deltalake.exceptions import DeltaError
    except ImportError:
        raise InputError(
            f"{path}: a Delta table. Its reader is not installed. Install it with: pip install 'critex[delta]'"
        ) from None
    try:
        table = deltalake.DeltaTable(str(path.resolve()))
        actions = pa.table(table.get_add_actions(flatten=True)).to_pylist()
        vectors = pa.table(table.deletion_vectors())
        fields = [
            (f.name, (f.metadata or {}).get("delta.columnMapping.physicalName", f.name)) for f in table.schema().fields
        ]
    except (DeltaError, OSError) as error:
        raise InputError(f"{path}: the Delta table's log cannot be read ({type(error).__name__}).") from None
    deleted = {
        _local(path, where): frozenset(row for row, kept in enumerate(mask) if not kept)
        for where, mask in zip(vectors.column(0).to_pylist(), vectors.column(1).to_pylist(), strict=True)
    }
    prefix = "partition."
    logical = {physical: name for name, physical in fields}
    files = []
    for action in actions:
        where = _local(path, unquote(action["path"]))
        values = {
            logical.get(k.removeprefix(prefix), k.removeprefix(prefix)): None if v is None else str(v)
            for k, v in action.items()
            if k.startswith(prefix)
        }
        files.append(DeltaFile(where, values, deleted.get(where, frozenset())))
    return DeltaTable(dict(fields), sorted(files, key=lambda f: f.path))


def _local(table: Path, where: str) -> str:
    parts = urlsplit(where)
    if parts.scheme and parts.scheme != "file":
        raise InputError(f"{table}: files of the table lie in {parts.scheme}: storage. Copy the table to this machine.")
    return str(table.resolve() / (unquote(parts.path) if parts.scheme else where))


def fitted(table: DeltaTable, path: Path, options: Options) -> Options:
    """The options, with the table's columns checked.

    Raises
    ------
    InputError
        If there is no text column.
    """
    names = list(table.columns)
    options = options.fitted(names)
    check_columns(names, str(path), options)
    return options


def file_rows(file: DeltaFile, columns: Mapping[str, str], options: Options) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows of one file under the table's names, with their number in the file (from 1).

    Raises
    ------
    pyarrow.ArrowInvalid or OSError
        Where the file is damaged or missing.
    """
    wanted = {c for field in FIELDS if (c := options.column(field)) in columns}
    with pq.ParquetFile(file.path) as parquet:
        have = set(parquet.schema_arrow.names)  # a column that was added later is not in older files
        inside = {columns[c]: c for c in wanted if c not in file.partition and columns[c] in have}
        number = 0
        for batch in batches_of(parquet, list(inside)):
            for record in batch.to_pylist():
                number += 1
                if number - 1 not in file.deleted:
                    row = {inside[name]: value for name, value in record.items()}
                    yield number, row | {c: v for c, v in file.partition.items() if c in wanted}


def read_delta(path: Path, options: Options, seen: Seen) -> Iterator[Note | Rejected]:
    """Notes of a Delta table's present version.

    Raises
    ------
    InputError
        If the table cannot be read, or has no text column.
    """
    table = open_delta(path)
    options = fitted(table, path, options)
    for file in table.files:
        name, number = Path(file.path).name, 0
        try:
            for number, record in file_rows(file, table.columns, options):
                made = make_note(record, f"{name}:{number}", f"{Path(name).stem}-{number}", options, seen)
                yield from made if isinstance(made, tuple) else (made,)
        except (pa.ArrowInvalid, OSError):
            yield Rejected(
                f"{name}:{number + 1}", "", "the file is damaged or missing from here on. Restore the table."
            )
