"""The same job on Spark: notes of a Parquet or Delta table in, the same tables out; nothing but the page's patients is collected.

Notes are read by ``mapInPandas``, patients are judged in groups by ``applyInPandas``, with the functions that the local engine calls. The output
folder, and critex itself, must be reachable from every executor.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from critex import tables
from critex.criteria.trial import Trial, load_trial
from critex.errors import InputError
from critex.notes.delta import DeltaFile, file_rows, fitted, open_delta
from critex.notes.record import FIELDS, Note, Options, Rejected, Seen, cell, check_columns, make_note
from critex.notes.sources import is_delta
from critex.run.job import Summary, write_run
from critex.run.judge_patients import Judgement
from critex.run.ledger import FOLDER
from critex.run.local import judge_tables
from critex.run.reading import DOUBLED
from critex.run.store import remove_other_forms

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

GROUP_NOTES = 1_000
"""Notes of the patients that are judged together, on average."""
BATCH_ROWS = 500
"""Rows that go to a Python function at once."""
SCALAR = {"string": "string", "int": "bigint", "float": "double", "bool": "boolean"}
JUDGED = ("features", "verdicts", "evidence", "candidates")


def session() -> SparkSession:
    """The running Spark session, or a local one.

    Raises
    ------
    InputError
        If PySpark is not installed, or there is no Java.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise InputError(
            "--engine spark: PySpark is not installed. Install it with: pip install 'critex[spark]'"
        ) from None
    running = SparkSession.getActiveSession()
    if running is not None:
        return running
    if not os.environ.get("JAVA_HOME") and shutil.which("java") is None:
        raise InputError("--engine spark: there is no Java on this machine. Install Java 17, or set JAVA_HOME.")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("critex").config("spark.ui.showConsoleProgress", "false")
    if not os.environ.get("SPARK_HOME") and "MASTER" not in os.environ:
        builder = builder.master("local[*]").config("spark.sql.shuffle.partitions", "8")
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def run_spark(
    sources: Sequence[Path],
    out: Path,
    *,
    trials: Sequence[str],
    patients: pd.DataFrame | None = None,
    index_date: date | None = None,
    options: Options | None = None,
    max_report_patients: int = 500,
) -> Summary:
    """Read notes of Parquet or Delta tables and write all tables as folders of Parquet (candidates and errors as CSV).

    Parameters
    ----------
    sources : sequence of Path
        Parquet files, folders of Parquet, or Delta tables.
    out : Path
        The output folder, on a file system that all executors see.
    trials : sequence of str
    patients : DataFrame, optional
    index_date : date, optional
    options : Options, optional
    max_report_patients : int
        How many patients the page shows; only these come to the driver.

    Returns
    -------
    Summary

    Raises
    ------
    CritexError
        If a source or a trial cannot be used, or Spark cannot be started.
    """
    started = time.perf_counter()
    spark = session()
    options = options or Options()
    loaded = [load_trial(t) for t in trials]
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(BATCH_ROWS))
    work = out.resolve() / FOLDER / "spark"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    records = _stage(spark, _records(spark, sources, options), work / "records")
    notes = records.filter("error = ''").drop("error", "place", "row")
    found = _stage(spark, _mentions(notes, options), work / "mentions")
    groups = max(1, records.count() // GROUP_NOTES)
    judged = _stage(spark, _judged(notes, found, trials, patients, index_date, groups), work / "judged")
    _write_parquet(notes.select(*tables.NOTES.names), "notes", out)
    mentions = found.filter("error = ''").select(*tables.MENTIONS.names, "position")
    _write_parquet(mentions, "mentions", out, ["position"])
    results = {name: _table(judged, name) for name in JUDGED}
    for name in ("features", "verdicts", "evidence"):
        _write_parquet(results[name], name, out)
    errors = records.filter("error != ''").select("source", "note_id", "error")
    failed = found.filter("error != ''").select("source", "note_id", "error")
    _write_csv(errors.unionByName(failed), "errors", out)
    _write_csv(results["candidates"], "candidates", out)
    summary = Summary(
        notes=notes.count(), patients=notes.select("patient_id").distinct().count(), mentions=mentions.count(), rejected=errors.count() + failed.count(),
        characters=int(notes.selectExpr("sum(length(text))").first()[0] or 0),  # type: ignore[index]
    )  # fmt: skip
    summary.texts_read = summary.notes
    _page(out, loaded, results, notes, mentions, summary, max_report_patients, patients)
    shutil.rmtree(work, ignore_errors=True)
    summary.seconds = time.perf_counter() - started
    write_run(out, summary, loaded, options, "parquet", index_date)
    return summary


def _stage(spark: SparkSession, frame: DataFrame, path: Path) -> DataFrame:
    """Write a step down, so that nothing is computed twice, and read it back."""
    frame.write.mode("overwrite").parquet(f"file:{path}")
    return spark.read.schema(frame.schema).parquet(f"file:{path}")


def _records(spark: SparkSession, sources: Sequence[Path], options: Options) -> DataFrame:
    """Notes and rejected records of all sources."""
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    parts = []
    for number, source in enumerate(sources):
        if not source.exists():
            raise InputError(f"{source}: no such file or folder.")
        frame, mine = _delta_rows(spark, source, options) if is_delta(source) else _parquet_rows(spark, source, options)
        read = frame.select(*FIELDS, f.format_string(f"{number:05d} %s", f.col("path")).alias("place"), "file", "row")
        parts.append(
            read.mapInPandas(_as_records(mine), _schema(tables.NOTES, "error string, place string, row bigint"))
        )
    records = parts[0]
    for part in parts[1:]:
        records = records.unionByName(part)
    # of notes with one note_id the first is taken, as it is in the local engine
    again = f.row_number().over(Window.partitionBy("note_id").orderBy("place", "row"))
    taken = records.filter(f.col("error") == "").withColumn("again", again)
    return taken.select(
        *tables.NOTES.names, f.when(f.col("again") > 1, DOUBLED).otherwise("").alias("error"), "place", "row"
    ).unionByName(records.filter(f.col("error") != ""))


def _parquet_rows(spark: SparkSession, source: Path, options: Options) -> tuple[DataFrame, Options]:
    """Our fields of Parquet files, each row with its file and its number in it (from 0)."""
    from pyspark.sql import functions as f

    try:
        frame = spark.read.parquet(f"file:{source.resolve()}")
    except Exception as error:
        raise InputError(f"{source}: Spark cannot read it as Parquet ({type(error).__name__}).") from None
    mine = options.fitted(frame.columns)
    check_columns(frame.columns, str(source), mine)
    columns = [c if (c := mine.column(name)) in frame.columns else None for name in FIELDS]
    read = frame.select(
        *(f.col(f"`{c}`").alias(name) if c else f.lit(None).cast("string").alias(name) for name, c in zip(FIELDS, columns, strict=True)),
        f.col("_metadata.file_path").alias("path"), f.col("_metadata.file_name").alias("file"), f.col("_metadata.row_index").alias("row"),
    )  # fmt: skip
    return read, mine


def _delta_rows(spark: SparkSession, source: Path, options: Options) -> tuple[DataFrame, Options]:
    """The same of a Delta table. The driver reads its log, executors its files: no connector is needed, and rows keep their numbers."""
    table = open_delta(source)
    mine = fitted(table, source, options)
    columns = dict(table.columns)
    work = [(f.path, json.dumps(dict(f.partition)), json.dumps(sorted(f.deleted))) for f in table.files]

    def read(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            for path, partition, deleted in batch.itertuples(index=False):
                file = DeltaFile(path, json.loads(partition), frozenset(json.loads(deleted)))
                rows = (
                    (*(_text(name, r.get(mine.column(name))) for name in FIELDS), path, Path(path).name, number - 1)
                    for number, r in file_rows(file, columns, mine)
                )
                while some := list(islice(rows, BATCH_ROWS)):
                    yield pd.DataFrame(some, columns=[*FIELDS, "path", "file", "row"])

    frame = spark.createDataFrame(work, "path string, partition string, deleted string")
    schema = ", ".join(f"{name} string" for name in FIELDS) + ", path string, file string, row bigint"
    return frame.repartition(max(1, len(work))).mapInPandas(read, schema), mine


def _text(name: str, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return None if name == "text" else cell(value)


def _schema(table: tables.Table, more: str = "") -> str:
    columns = ", ".join(f"`{c.name}` {SCALAR[c.kind]}" for c in table.columns)
    return f"{columns}, {more}" if more else columns


def _as_records(options: Options) -> Any:
    plain = replace(options, columns={})

    def read(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            rows = []
            for record in batch.to_dict("records"):
                source, stem = f"{record['file']}:{record['row'] + 1}", Path(record["file"]).stem
                made = make_note({k: record[k] for k in FIELDS}, source, f"{stem}-{record['row'] + 1}", plain, Seen())
                for one in made if isinstance(made, tuple) else (made,):
                    rows.append((*_record(one), record["place"], record["row"]))
            yield pd.DataFrame(rows, columns=[*tables.NOTES.names, "error", "place", "row"])

    return read


def _record(one: Note | Rejected) -> tuple[str, ...]:
    if isinstance(one, Rejected):
        return (one.note_id, "", "", "", "", one.source, one.error)
    day = one.note_date.isoformat() if one.note_date else ""
    return (one.note_id, one.patient_id, day, one.note_type, one.text, one.source, "")


def _mentions(notes: DataFrame, options: Options) -> DataFrame:
    order, seconds = options.date_order, options.max_seconds

    def read(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        from critex.extract.engine import default_extractor
        from critex.run.extract_notes import read_note
        from critex.run.statements import day

        extractor = default_extractor()
        names = [*tables.MENTIONS.names, "position", "source", "error"]
        for batch in batches:
            rows: list[tuple[Any, ...]] = []
            for i, p, when, kind, text, source in batch[tables.NOTES.names].itertuples(index=False):
                got, error = read_note(Note(i, p, day(when), kind, text, source), extractor, order, seconds)
                rows.extend((*row, n, source, "") for n, row in enumerate(got))
                if error:
                    rows.append((i, p, *[None] * (len(tables.MENTIONS.names) - 2), 0, source, error))
            frame = pd.DataFrame(rows, columns=names)
            for c in tables.MENTIONS.columns:
                if c.kind == "string":
                    frame[c.name] = frame[c.name].where(frame[c.name].notna(), "")
                else:
                    frame[c.name] = frame[c.name].astype("Int64" if c.kind == "int" else "float64")
            yield frame

    schema = _schema(tables.MENTIONS, "position bigint, source string, error string")
    return notes.mapInPandas(read, schema)


def _judged(
    notes: DataFrame, found: DataFrame, trials: Sequence[str], patients: pd.DataFrame | None, index_date: date | None, groups: int
) -> DataFrame:  # fmt: skip
    """Rows of all judged tables, each as JSON."""
    from pyspark.sql import functions as f

    names = tuple(trials)

    def judge(note_rows: pd.DataFrame, mention_rows: pd.DataFrame) -> pd.DataFrame:
        try:
            note_frame = tables.checked(note_rows[tables.NOTES.names], tables.NOTES)
            kept = mention_rows.sort_values("position", kind="stable")[tables.MENTIONS.names]
            enrolled = None
            if patients is not None:
                enrolled = patients[patients["patient_id"].isin(set(note_frame["patient_id"]))]
            result = judge_tables(
                tables.checked(kept, tables.MENTIONS), note_frame, enrolled, [load_trial(t) for t in names], index_date
            )
        except Exception as error:  # the text of an exception could hold a note's
            raise RuntimeError(f"judging failed: {type(error).__name__}") from None
        rows = [(name, line) for name in JUDGED for line in _json_lines(getattr(result, name))]
        return pd.DataFrame(rows, columns=["table", "row"])

    bucket = f.pmod(f.xxhash64("patient_id"), f.lit(groups)).alias("bucket")
    left = notes.select(*tables.NOTES.names, bucket)
    right = found.filter("error = ''").select(*tables.MENTIONS.names, "position", bucket)
    return left.groupBy("bucket").cogroup(right.groupBy("bucket")).applyInPandas(judge, "table string, row string")


def _json_lines(frame: pd.DataFrame) -> list[str]:
    records = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [json.dumps(r, ensure_ascii=False) for r in records]


def _table(judged: DataFrame, name: str) -> DataFrame:
    from pyspark.sql import functions as f

    if name == "features":
        empty = judge_tables(tables.empty(tables.MENTIONS), tables.empty(tables.NOTES), None, []).features
        kinds = {"float64": "double", "Int64": "bigint"}
        schema = ", ".join(f"`{c}` {kinds.get(str(t), 'string')}" for c, t in empty.dtypes.items())
    else:
        schema = _schema(tables.TABLES[name])
    rows = judged.filter(f.col("table") == name).select(f.from_json("row", schema).alias("r"))
    return rows.select("r.*")


def _write_parquet(frame: DataFrame, name: str, out: Path, more: Sequence[str] = ()) -> None:
    target = out.resolve() / f"{name}.parquet"
    fresh = target.with_name(f".{name}.parquet.new")
    ordered = frame.orderBy(*tables.TABLES[name].sort, *more).drop(*more)
    ordered.write.mode("overwrite").option("compression", "zstd").parquet(f"file:{fresh}")
    _replace(fresh, target)
    remove_other_forms(out, name, "parquet")


def _write_csv(frame: DataFrame, name: str, out: Path) -> None:
    target = out.resolve() / f"{name}.csv"
    fresh = target.with_name(f".{name}.csv.new")
    options: dict[str, str | bool] = {"header": True, "quote": '"', "escape": '"', "emptyValue": "", "lineSep": "\n"}
    one = frame.repartition(1).sortWithinPartitions(*tables.TABLES[name].sort)
    one.write.mode("overwrite").options(**options).csv(f"file:{fresh}")
    parts = sorted(fresh.glob("part-*"))
    if parts and parts[0].stat().st_size:
        _replace(parts[0], target)
    else:
        tables.empty(tables.TABLES[name]).to_csv(target, index=False)
    shutil.rmtree(fresh)


def _replace(fresh: Path, target: Path) -> None:
    if target.is_dir():
        shutil.rmtree(target)
    elif target.exists():
        target.unlink()
    fresh.rename(target)


def _page(
    out: Path, trials: list[Trial], results: dict[str, DataFrame], notes: DataFrame, mentions: DataFrame, summary: Summary, shown: int,
    patients: pd.DataFrame | None,
) -> None:  # fmt: skip
    """Count by trial, and write the page from the patients that it shows."""
    from pyspark.sql import functions as f

    from critex.report.page import write_report

    candidates = results["candidates"]
    status = Counter(
        {(r["trial"], r["status"]): r["count"] for r in candidates.groupBy("trial", "status").count().toLocalIterator()}
    )
    tally = Counter({(r["trial"], r["criterion"], r["verdict"]): r["count"] for r in results["verdicts"].groupBy("trial", "criterion", "verdict").count().toLocalIterator()})  # fmt: skip
    order = f.when(f.col("status") == "candidate", 0).when(f.col("status") == "possible", 1).otherwise(2)
    ids: set[str] = set()
    for trial in trials:
        summary.status[trial.trial] = {s: status[(trial.trial, s)] for s in tables.STATUSES}
        first = candidates.filter(f.col("trial") == trial.trial).orderBy(order, "n_unknown", "patient_id").limit(shown)
        ids.update(r["patient_id"] for r in first.select("patient_id").collect())

    def of(frame: DataFrame, name: str) -> pd.DataFrame:
        rows = frame.select(*tables.TABLES[name].names).filter(f.col("patient_id").isin(sorted(ids))).collect()
        return tables.checked(pd.DataFrame(rows, columns=tables.TABLES[name].names), tables.TABLES[name])

    judged = Judgement(
        tables.empty(tables.FEATURES), of(results["verdicts"], "verdicts"), of(results["evidence"], "evidence"), of(candidates, "candidates")
    )  # fmt: skip
    write_report(
        out / "report.html", of(notes, "notes"), of(mentions.orderBy("position"), "mentions"), judged, trials, shown,
        n_notes=summary.notes, tally=tally, status=status, patients=patients,
    )  # fmt: skip
