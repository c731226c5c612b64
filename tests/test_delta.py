"""Delta tables in and out: only rows of the table's present version are notes, whatever lies in its folder."""

from __future__ import annotations

import json
import os
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from critex.cli import app
from critex.errors import InputError
from critex.notes.delta import open_delta
from critex.notes.note import Note
from critex.notes.record import Options, Rejected, Seen
from critex.notes.sources import read_notes
from critex.run.job import run_job
from critex.run.store import read_table

deltalake = pytest.importorskip("deltalake", reason="deltalake is not installed (pip install 'critex[delta]')")
TABLES = ("notes", "mentions", "features", "verdicts", "evidence", "candidates", "errors")


def rows(*notes: tuple[str, str, str, date | None]) -> pa.Table:
    names = ("note_id", "patient_id", "text", "note_date")
    columns = list(zip(*notes, strict=True))
    return pa.table({n: pa.array(c, pa.date32() if n == "note_date" else pa.string()) for n, c in zip(names, columns, strict=True)})  # fmt: skip


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table partitioned by day, with a note that was deleted, one that was corrected, and a column that came later."""
    path = tmp_path / "notes delta"
    day = date(2026, 3, 1)
    first = rows(("n1", "007", "ECOG 1. 😀", day), ("n2", "007", "ECOG 4", day), ("n3", "008", "Hb 9.4 g/dL", None))
    deltalake.write_deltalake(str(path), first, partition_by=["note_date"])
    later = rows(("n4", "009", "HBsAg negative", date(2026, 4, 2)))
    later = later.append_column("note_type", pa.array(["clinic"]))
    deltalake.write_deltalake(str(path), later, mode="append", schema_mode="merge")
    deltalake.DeltaTable(str(path)).delete("note_id = 'n2'")
    deltalake.DeltaTable(str(path)).update({"text": "'Hb 12.4 g/dL'"}, predicate="note_id = 'n3'")
    assert len(list(path.rglob("*.parquet"))) > len(open_delta(path).files)
    return path


def test_deleted_and_corrected_rows_of_a_delta_table_are_not_read(table: Path, tmp_path: Path) -> None:
    found = {n.note_id: n for n in read_notes([table], Options(), Seen()) if isinstance(n, Note)}
    assert {i: (n.patient_id, n.text, n.note_date, n.note_type) for i, n in found.items()} == {
        "n1": ("007", "ECOG 1. 😀", date(2026, 3, 1), ""),
        "n3": ("008", "Hb 12.4 g/dL", None, ""),
        "n4": ("009", "HBsAg negative", date(2026, 4, 2), "clinic"),
    }
    inside = list(read_notes([tmp_path], Options(), Seen()))  # a folder that holds the table
    assert {n.note_id for n in inside} == {"n1", "n3", "n4"}


def test_rows_of_a_deletion_vector_and_mapped_columns(tmp_path: Path) -> None:
    path = tmp_path / "t"
    texts = [f"note {i}" for i in range(30)]
    deltalake.write_deltalake(str(path), pa.table({"c-1": [f"n{i}" for i in range(30)], "c-2": texts}))
    log = next((path / "_delta_log").glob("*.json"))
    out = []
    for line in log.read_text(encoding="utf-8").splitlines():
        action = json.loads(line)
        if "protocol" in action:
            features = ["deletionVectors", "columnMapping"]
            action["protocol"] = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": features, "writerFeatures": features}  # fmt: skip
        if "metaData" in action:
            fields = [
                {"name": name, "type": "string", "nullable": True, "metadata": {"delta.columnMapping.id": i, "delta.columnMapping.physicalName": f"c-{i}"}}
                for i, name in enumerate(("note_id", "text"), 1)
            ]  # fmt: skip
            action["metaData"]["schemaString"] = json.dumps({"type": "struct", "fields": fields})
            action["metaData"]["configuration"] = {"delta.columnMapping.mode": "name", "delta.enableDeletionVectors": "true"}  # fmt: skip
        if "add" in action:  # a bitmap of the rows 3, 4, 7, 11, 18 and 29
            action["add"]["deletionVector"] = {"storageType": "i", "pathOrInlineDv": "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", "sizeInBytes": 44, "cardinality": 6}  # fmt: skip
            action["add"]["stats"] = json.dumps({"numRecords": 30})
        out.append(json.dumps(action))
    log.write_text("\n".join(out) + "\n", encoding="utf-8")
    found = [n for n in read_notes([path], Options(), Seen()) if isinstance(n, Note)]
    assert [n.note_id for n in found] == [f"n{i}" for i in range(30) if i not in (3, 4, 7, 11, 18, 29)]
    assert found[3].text == "note 5"
    assert found[3].source.endswith(":6")


def test_what_is_wrong_with_a_delta_table_is_said(table: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column 'text'"):
        deltalake.write_deltalake(str(tmp_path / "o"), pa.table({"body": ["x"]}))
        list(read_notes([tmp_path / "o"], Options(), Seen()))
    Path(open_delta(table).files[0].path).unlink()
    errors = [e for e in read_notes([table], Options(), Seen()) if isinstance(e, Rejected)]
    assert [e.error for e in errors] == ["the file is damaged or missing from here on. Restore the table."]
    for log in (table / "_delta_log").glob("*.json"):
        log.write_text("not a log", encoding="utf-8")
    with pytest.raises(InputError, match="log cannot be read"):
        list(read_notes([table], Options(), Seen()))


def test_tables_of_a_run_go_out_as_delta_and_come_back(table: Path, tmp_path: Path) -> None:
    out, target = tmp_path / "out", tmp_path / "lake"
    run_job([table], out, trials=["NCT07235319"])
    words = ["export", str(out), "--to", "delta", "--out", str(target)]
    for version in (0, 1):
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, (done.output, done.exception)
        for name in TABLES:
            delta = deltalake.DeltaTable(str(target / name))
            assert delta.version() == version
            assert delta.count() == len(read_table(name, out)), name
            assert [f.name for f in delta.schema().fields] == list(read_table(name, out).columns)
    again = {n.note_id: n.text for n in read_notes([target / "notes"], Options(), Seen()) if isinstance(n, Note)}
    assert again == dict(zip(*(read_table("notes", out)[c] for c in ("note_id", "text")), strict=True))


def test_spark_reads_a_delta_table_as_the_local_engine_does(table: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyspark.sql", reason="PySpark is not installed (pip install 'critex[spark]')")
    if not os.environ.get("JAVA_HOME") and shutil.which("java") is None:
        pytest.skip("there is no Java on this machine; Spark needs Java 17")
    again = rows(("n1", "x", "a second n1", date(2026, 5, 1)), ("n9", "x", " ", date(2026, 5, 1)))
    deltalake.write_deltalake(str(table), again, mode="append", schema_mode="merge")
    done = CliRunner().invoke(app, ["run", str(table), "--out", str(tmp_path / "spark"), "--engine", "spark"])
    assert done.exit_code == 3, (done.output, done.exception)
    run_job([table], tmp_path / "local", trials=["NCT07235319"])
    for name in TABLES:
        pd.testing.assert_frame_equal(
            read_table(name, tmp_path / "spark"), read_table(name, tmp_path / "local"), obj=name
        )
    done = CliRunner().invoke(app, ["export", str(tmp_path / "spark"), "--to", "delta", "--out", str(tmp_path / "d")])
    assert done.exit_code == 0, (done.output, done.exception)
    assert deltalake.DeltaTable(str(tmp_path / "d" / "mentions")).count() == len(
        read_table("mentions", tmp_path / "local")
    )
