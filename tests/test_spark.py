"""The Spark engine gives the tables that the local engine gives; real Spark in local mode."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from critex.cli import app
from critex.errors import InputError
from critex.run.job import run_job
from critex.run.patients import read_patients
from critex.run.store import read_table

TABLES = ("notes", "mentions", "features", "verdicts", "evidence", "candidates", "errors")


@pytest.fixture(scope="module")
def spark() -> Iterator[object]:
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed (pip install 'critex[spark]')")
    if not os.environ.get("JAVA_HOME") and shutil.which("java") is None:
        pytest.skip("there is no Java on this machine; Spark needs Java 17")
    from critex.run.spark import session

    found = session()
    assert sql.SparkSession.getActiveSession() is found
    yield found
    found.stop()


@pytest.fixture(scope="module")
def export(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample notes as a folder of two Parquet files, with rows of every kind that is rejected."""
    folder = tmp_path_factory.mktemp("spark") / "export"
    folder.mkdir()
    notes = pd.read_csv(samples / "notes.csv", dtype=str, keep_default_na=False)
    bad = notes.head(3).copy()
    bad["note_id"] = ["empty", notes["note_id"][0], "undated"]
    bad["text"] = ["  ", "another text", "HBsAg negative. 😀 鼻咽癌"]
    bad["note_date"] = ["2026-01-01", "2026-01-01", "2026-02-31"]
    half = len(notes) // 2
    notes.iloc[:half].to_parquet(folder / "a.parquet", index=False)
    pd.concat([notes.iloc[half:], bad]).to_parquet(folder / "b.parquet", index=False)
    return folder


def test_spark_gives_the_tables_of_the_local_engine(spark: object, samples: Path, export: Path, tmp_path: Path) -> None:
    patients = samples / "patients.csv"
    words = ["run", str(export), "--patients", str(patients), "--out", str(tmp_path / "spark"), "--engine", "spark"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 3, (done.output, done.exception)
    run_job([export], tmp_path / "local", trials=["NCT07235319"], patients=read_patients(patients))
    for name in TABLES:
        pd.testing.assert_frame_equal(
            read_table(name, tmp_path / "spark"), read_table(name, tmp_path / "local"), obj=name
        )
    assert (tmp_path / "spark" / "report.html").read_bytes() == (tmp_path / "local" / "report.html").read_bytes()
    for name in ("candidates.csv", "errors.csv"):
        assert (tmp_path / "spark" / name).read_bytes() == (tmp_path / "local" / name).read_bytes()


def test_what_spark_cannot_read_is_said(spark: object, tmp_path: Path) -> None:
    from critex.run.spark import run_spark

    with pytest.raises(InputError, match="no such file or folder"):
        run_spark([tmp_path / "nowhere"], tmp_path / "out", trials=["NCT07235319"])
    (tmp_path / "bad.parquet").write_bytes(b"not parquet at all")
    with pytest.raises(InputError, match="Spark cannot read it as Parquet"):
        run_spark([tmp_path / "bad.parquet"], tmp_path / "out", trials=["NCT07235319"])
    pd.DataFrame({"body": ["x"]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(InputError, match="no column 'text'"):
        run_spark([tmp_path / "other.parquet"], tmp_path / "out", trials=["NCT07235319"])


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text("text\nx\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["run", str(tmp_path / "n.csv"), "--out", str(tmp_path / "o"), "--engine", "dask"])
    assert "write local or spark" in str(done.exception)
