"""The output folder: tables written whole (to a temporary file, then renamed) and read back."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from critex import tables
from critex.errors import InputError

Format = Literal["parquet", "csv", "jsonl"]
GROUP_ROWS = 50_000
GROUP_BYTES = 24_000_000
"""Size of a row group: the footer describes every column of every group in memory, so small groups cost more than they save."""
NOTES_GROUP_BYTES = 4_000_000
"""The same for notes: few columns, and whoever looks at one patient reads all texts of a group."""
ALWAYS_CSV = ("candidates", "errors", "compare", "handoff", "selftest")
"""Tables that people open by hand: always CSV."""


def write_file(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file whole: to a temporary name in the same folder, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        write(Path(temporary))
        os.replace(temporary, path)
        os.chmod(path, 0o640)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def csv_quoting(frame: pd.DataFrame) -> Literal[0, 2]:
    """How cells of a CSV file are quoted: all text where a cell has a carriage return, else what needs it.

    Where rows end in a newline, pandas (and Python's csv before 3.13) leave a lone carriage return unquoted, and readers end the row there.
    """
    texts = (frame[c] for c in frame.columns if not pd.api.types.is_numeric_dtype(frame[c]))
    risky = any(column.astype("string").str.contains("\r", regex=False).any() for column in texts)
    return csv.QUOTE_NONNUMERIC if risky else csv.QUOTE_MINIMAL


def write_table(frame: pd.DataFrame, name: str, out: Path, form: Format = "parquet") -> Path:
    """Write one table, after checking its schema.

    Parameters
    ----------
    frame : DataFrame
    name : str
        Name of a table of :mod:`critex.tables`.
    out : Path
        The output folder.
    form : {"parquet", "csv", "jsonl"}
        ``candidates`` and ``errors`` are always CSV.

    Returns
    -------
    Path
        The file written. The same rows give the same bytes.
    """
    checked = tables.checked(frame, tables.TABLES[name])
    form = "csv" if name in ALWAYS_CSV else form
    path = out / f"{name}.{form}"

    def write(target: Path) -> None:
        if form == "parquet":
            table = pa.Table.from_pandas(checked, preserve_index=False).replace_schema_metadata(None)
            pq.write_table(table, target, compression="zstd")
        elif form == "csv":
            checked.to_csv(target, index=False, lineterminator="\n", encoding="utf-8", quoting=csv_quoting(checked))
        else:
            checked.to_json(target, orient="records", lines=True, force_ascii=False)

    write_file(path, write)
    remove_other_forms(out, name, form)
    return path


class TableWriter:
    """Writes one table in pieces; a context manager. The file takes its place only when all is written.

    Parameters
    ----------
    name : str
        Name of a table of :mod:`critex.tables`.
    out : Path
    form : {"parquet", "csv", "jsonl"}
        ``candidates`` and ``errors`` are always CSV.
    """

    def __init__(self, name: str, out: Path, form: Format) -> None:
        self.name = name
        self.form: Format = "csv" if name in ALWAYS_CSV else form
        self.out = out
        self.path = out / f"{name}.{self.form}"
        out.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=out, prefix=f".{self.path.name}.")
        os.close(handle)
        self._temporary = Path(temporary)
        self._writer: pq.ParquetWriter | None = None
        self._group_bytes = NOTES_GROUP_BYTES if name == "notes" else GROUP_BYTES
        self._waiting: list[pa.Table] = []
        self._began = False

    def __enter__(self) -> TableWriter:
        return self

    def add(self, table: pa.Table) -> None:
        """Add rows; they follow those that were added before."""
        if self.form == "parquet":
            if self._writer is None:
                self._writer = pq.ParquetWriter(self._temporary, table.schema, compression="zstd")
            self._waiting.append(table)
            if (
                sum(t.num_rows for t in self._waiting) >= GROUP_ROWS
                or sum(t.nbytes for t in self._waiting) >= self._group_bytes
            ):
                self._flush()
            return
        frame = typed(table.to_pandas(), self.name)
        if self.form == "csv":
            frame.to_csv(
                self._temporary,
                mode="a",
                header=not self._began,
                index=False,
                lineterminator="\n",
                encoding="utf-8",
                quoting=csv_quoting(frame),
            )
        elif len(frame):
            frame.to_json(self._temporary, mode="a", orient="records", lines=True, force_ascii=False)
        self._began = True

    def _flush(self) -> None:
        rows = pa.concat_tables(self._waiting) if self._waiting else None
        if self._writer is not None and rows is not None and rows.num_rows:
            self._writer.write_table(rows, row_group_size=rows.num_rows)
        self._waiting = []

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            if kind is None:
                self._flush()
            self._writer.close()
        if kind is not None:
            self._temporary.unlink(missing_ok=True)
            return
        os.replace(self._temporary, self.path)
        os.chmod(self.path, 0o640)
        remove_other_forms(self.out, self.name, self.form)


def remove_leftovers(out: Path) -> None:
    """Remove half-written files of a run that was killed."""
    for name in (*tables.TABLES, "report", "run", "patients"):
        for path in out.glob(f".{name}.*.*"):
            path.unlink(missing_ok=True)


def remove_other_forms(out: Path, name: str, form: Format) -> None:
    """Remove what an earlier run with another ``--format`` left of a table."""
    for other in ("parquet", "csv", "jsonl"):
        if other != form:
            (out / f"{name}.{other}").unlink(missing_ok=True)


def typed(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The frame with its whole numbers as whole numbers, also where some are missing."""
    whole = [c.name for c in tables.TABLES[name].columns if c.kind == "int"]
    whole += [c for c in frame.columns if name == "features" and c.endswith(("_start", "_end"))]
    return frame.astype({c: "Int64" for c in whole if c in frame.columns})


def write_json(content: dict[str, Any], path: Path) -> None:
    """Write a JSON file whole."""
    write_file(
        path,
        lambda p: (
            p.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
            and None
        ),
    )


def read_table(name: str, out: Path) -> pd.DataFrame:
    """Read one table of an output folder, whatever its format.

    Raises
    ------
    InputError
        If the folder has no such table.
    """
    spec = tables.TABLES[name]
    for form in ("parquet", "csv", "jsonl"):
        path = out / f"{name}.{form}"
        if not path.exists():
            continue
        if form == "parquet":
            frame = pd.read_parquet(path)
        elif form == "csv":
            frame = pd.read_csv(path, dtype=_dtypes(spec), keep_default_na=False, na_values=_na(spec), encoding="utf-8")
        else:
            frame = pd.read_json(path, lines=True, dtype=False, convert_dates=False)
        return tables.checked(frame, spec)
    raise InputError(f"{out}: no table {name}. Is this a folder that `critex run` wrote?")


def _dtypes(spec: tables.Table) -> dict[str, str]:
    return {c.name: {"string": "str", "int": "Int64", "float": "float64", "bool": "bool"}[c.kind] for c in spec.columns}


def _na(spec: tables.Table) -> dict[str, list[str]]:
    return {c.name: [""] for c in spec.columns if c.kind in ("int", "float")}
