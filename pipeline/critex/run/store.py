"""The output folder: tables written whole (to a temporary file, then renamed) and read back."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from critex import tables
from critex.errors import InputError

Format = Literal["parquet", "csv", "jsonl"]
ALWAYS_CSV = ("candidates", "errors")
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
            checked.to_csv(target, index=False, lineterminator="\n", encoding="utf-8")
        else:
            checked.to_json(target, orient="records", lines=True, force_ascii=False)

    write_file(path, write)
    for other in ("parquet", "csv", "jsonl"):
        if other != form:
            (out / f"{name}.{other}").unlink(missing_ok=True)
    return path


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
