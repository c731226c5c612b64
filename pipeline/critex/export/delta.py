"""The tables of a run as Delta tables, for Databricks and other lakehouses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from critex.errors import InputError
from critex.run.store import read_table

NAMES = ("notes", "mentions", "features", "verdicts", "evidence", "candidates", "errors")
BATCH = 2_000


def export_delta(out: Path, target: Path) -> dict[str, int]:
    """Write each table of a run as a Delta table.

    Parameters
    ----------
    out : Path
        A folder that ``critex run`` wrote, with either engine.
    target : Path
        Folder for the tables. A table that is there gets a new version, as if overwritten; earlier versions stay readable.

    Returns
    -------
    dict of str to int
        Rows of each table.

    Raises
    ------
    InputError
        If ``deltalake`` is not installed, the folder holds no run, or a table cannot be written.
    """
    try:
        from deltalake import write_deltalake
        from deltalake.exceptions import DeltaError
    except ImportError:
        raise InputError(
            "--to delta: deltalake is not installed. Install it with: pip install 'critex[delta]'"
        ) from None
    counts = {}
    for name in NAMES:
        counts[name] = 0

        def counted(rows: Iterator[pa.RecordBatch], name: str = name) -> Iterator[pa.RecordBatch]:
            for batch in rows:
                counts[name] += batch.num_rows
                yield batch

        schema, batches = _batches(name, out)
        path = target / name
        path.mkdir(parents=True, exist_ok=True)
        reader = pa.RecordBatchReader.from_batches(schema, counted(batches))
        try:
            write_deltalake(str(path.resolve()), reader, mode="overwrite", schema_mode="overwrite")
        except DeltaError as error:
            raise InputError(f"{path}: the Delta table cannot be written ({type(error).__name__}).") from None
    return counts


def _batches(name: str, out: Path) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Schema and rows of a table, in its order and in bounded memory where it is Parquet."""
    path = out / f"{name}.parquet"
    files = sorted(path.glob("part-*.parquet")) if path.is_dir() else [path] if path.is_file() else []
    if not files:
        frame = read_table(name, out)
        table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
        return table.schema, iter(table.to_batches(BATCH))
    schema = pq.read_schema(files[0]).remove_metadata()

    def batches() -> Iterator[pa.RecordBatch]:
        for file in files:
            for batch in pq.ParquetFile(file).iter_batches(batch_size=BATCH):
                yield batch.cast(schema)

    return schema, batches()
