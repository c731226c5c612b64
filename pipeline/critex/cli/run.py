"""The data manager's commands: run, screen, bench."""

from __future__ import annotations

import itertools
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as RichTable

from critex.cli.app import DEFAULT_TRIAL, REJECTED, app, console, problems
from critex.cli.options import (
    ConfidenceFile,
    DateOrder,
    IndexDate,
    PatientsFile,
    RunFolder,
    Trials,
    day_option,
    existing,
    options_of,
    worker_count,
)
from critex.errors import CritexError

if TYPE_CHECKING:
    from critex.evaluate.handoff import Handoff
    from critex.run.job import Summary
    from critex.run.store import Format


def print_summary(summary: Summary, out: Path) -> None:
    """What a run read, found, rejected and wrote, on the terminal."""
    grid = RichTable(show_header=False, show_edge=False, box=None)
    known = summary.notes - summary.texts_read
    grid.add_row("notes", f"{summary.notes:,}" + (f"  ({known:,} known already, or copies)" if known else ""))
    grid.add_row("patients", f"{summary.patients:,}")
    grid.add_row("mentions", f"{summary.mentions:,}")
    grid.add_row("rejected", f"{summary.rejected:,}" + (f"  (see {out / 'errors.csv'})" if summary.rejected else ""))
    for trial, counts in summary.status.items():
        grid.add_row(trial, ", ".join(f"{n:,} {status}" for status, n in counts.items()))
    grid.add_row(
        "time",
        f"{summary.seconds:.1f} s"
        + (f"  ({summary.notes / summary.seconds:,.0f} notes/s)" if summary.seconds > 0 else ""),
    )
    grid.add_row("written to", escape(str(out)))
    console.print(grid)
    for remark in summary.remarks:
        console.print(f"note: {escape(remark)}")


@app.command()
def run(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the tables and report.html.")],
    notes: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files (.csv .tsv .jsonl .parquet .ndjson .json .txt .rtf .html .pdf .xml) or folders of notes."
        ),
    ] = None,
    trial: Trials = None,
    patients: PatientsFile = None,
    index_date: Annotated[
        str | None,
        typer.Option(
            "--index-date",
            help="Index date (YYYY-MM-DD) of patients that --patients does not name; else the day of their last note.",
        ),
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", help="field=column, where the source names a column otherwise; repeatable."),
    ] = None,
    date_order: DateOrder = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="Encoding of text files, where it is not found rightly.")
    ] = None,
    workers: Annotated[str, typer.Option("--workers", "-w", help="Number of processes, or auto.")] = "auto",
    form: Annotated[
        str, typer.Option("--format", help="parquet, csv or jsonl; candidates and errors are always CSV.")
    ] = "parquet",
    file_name: Annotated[
        str | None,
        typer.Option(
            "--file-name", help="What names of files tell, such as '{patient_id}_{note_date}'; {} is anything."
        ),
    ] = None,
    sql: Annotated[str | None, typer.Option("--sql", help="Query whose rows are notes, run on --db.")] = None,
    db: Annotated[
        str | None, typer.Option("--db", help="SQLAlchemy URL (sqlite:///notes.db) or duckdb:FILE.", envvar="CRITEX_DB")
    ] = None,
    max_seconds: Annotated[
        float, typer.Option("--max-seconds", help="A note that takes longer becomes an error row.")
    ] = 120.0,
    max_characters: Annotated[
        int, typer.Option("--max-characters", help="A longer note becomes an error row.")
    ] = 20_000_000,
    engine: Annotated[
        str, typer.Option("--engine", help="local, or spark (Parquet and Delta tables; pip install 'critex[spark]').")
    ] = "local",
    confidence: ConfidenceFile = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Read notes and write all tables and report.html: the main job."""
    from critex.criteria.confidence import use_confidence
    from critex.run.job import run_job

    use_confidence(confidence)
    if form not in ("parquet", "csv", "jsonl"):
        raise CritexError(f"--format {form}: write parquet, csv or jsonl.")
    options = replace(
        options_of(map_ or [], encoding, date_order),
        max_seconds=max_seconds,
        max_characters=max_characters,
        file_name=file_name,
    )
    if (sql is None) == (not notes) or (sql is None) != (db is None):
        raise CritexError("name files or folders of notes, or a query with --sql and its database with --db.")
    table = None
    if patients:
        from critex.run.patients import read_patients

        table = read_patients(patients, date_order)
    default = day_option(index_date, "--index-date")
    if engine not in ("local", "spark"):
        raise CritexError(f"--engine {engine}: write local or spark.")
    if engine == "spark":
        from critex.run.spark import run_spark

        if not notes or form != "parquet":
            raise CritexError("--engine spark: reads Parquet or Delta tables, and writes --format parquet.")
        summary = run_spark(
            notes, out, trials=trial or [DEFAULT_TRIAL], patients=table, index_date=default, options=options
        )
        print_summary(summary, out)
        if summary.rejected:
            raise typer.Exit(REJECTED)
        return
    with Progress(
        TextColumn("reading notes"),
        BarColumn(),
        TextColumn("{task.completed:,} notes, {task.fields[speed]} notes/s"),
        TimeElapsedColumn(),
        console=problems,
        disable=quiet or not sys.stderr.isatty(),
    ) as bar:
        task = bar.add_task("notes", total=None, speed="-")
        started = time.perf_counter()
        done = 0

        def progress(count: int) -> None:
            nonlocal done
            done += count
            bar.update(task, advance=count, speed=f"{done / max(time.perf_counter() - started, 1e-6):,.0f}")

        summary = run_job(
            notes or [],
            out,
            trials=trial or [DEFAULT_TRIAL],
            patients=table,
            index_date=default,
            options=options,
            workers=worker_count(workers),
            form=cast("Format", form),
            progress=progress,
            query=(cast("str", db), sql) if sql is not None else None,
        )
    print_summary(summary, out)
    if summary.rejected:
        raise typer.Exit(REJECTED)


@app.command()
def screen(
    folder: RunFolder,
    trial: Trials = None,
    patients: Annotated[
        Path | None, typer.Option("--patients", help="Table with patient_id and index_date; else the one of the run.")
    ] = None,
    index_date: IndexDate = None,
    confidence: ConfidenceFile = None,
    max_error: Annotated[
        float | None,
        typer.Option(
            "--max-error",
            help="Decide alone only what gold shows to be wrong at most so often (0.02 is 2 %); the rest needs review, least certain first in handoff.csv.",
        ),
    ] = None,
    gold: Annotated[
        Path | None,
        typer.Option(
            "--gold", help="Gold of notes like these, for --max-error: notes.csv, verdicts.jsonl, patients.csv."
        ),
    ] = None,
) -> None:
    """Judge again, or by another trial, from the mentions in a folder; no note is read again."""
    from critex.criteria.confidence import handing_off, use_confidence
    from critex.run.job import screen as screen_job
    from critex.run.patients import read_patients

    existing(folder, "folder")
    use_confidence(confidence)
    table = read_patients(patients, None) if patients else None
    names, day = trial or [DEFAULT_TRIAL], day_option(index_date, "--index-date")
    limits = None
    if max_error is not None or gold is not None:
        limits = _handoff_limits(folder, names, max_error, gold)
    else:
        for name in ("handoff.csv", "handoff.json"):
            (folder / name).unlink(missing_ok=True)
    with handing_off(folder / "handoff.json" if limits else None):
        summary = screen_job(folder, trials=names, patients=table, index_date=day)
    print_summary(summary, folder)
    if limits:
        _write_handoff(folder, limits)


def _handoff_limits(folder: Path, trials: list[str], max_error: float | None, gold: Path | None) -> Handoff:
    """Limits of a hand-off, also written to handoff.json, by which `screen` then judges."""
    from critex.evaluate.handoff import as_json, explain, needed_gold, plan
    from critex.run.store import write_json

    if max_error is None or not 0 < max_error < 1:
        raise CritexError("--max-error: write a share between 0 and 1, such as 0.02 for 2 %.")
    if gold is None:
        raise CritexError(
            f"--max-error {max_error:g}: name annotated notes like these with --gold. At least {needed_gold(max_error)} verdicts of a kind "
            f"(pass, fail, unknown) without an error are needed before that kind can be decided alone (rule of three: 3 / {max_error:g} = {3 / max_error:,.0f})."
        )
    if len(trials) != 1:
        raise CritexError("--max-error: name one --trial; gold is of one trial.")
    found = plan(existing(gold, "folder"), trials[0], max_error)
    for x in found.limits:
        console.print(escape(explain(x, max_error)), highlight=False, soft_wrap=True)
    if found.trained_on_it:
        console.print(
            "note: the confidence was trained on this same gold, which flatters it; use gold that it did not see."
        )
    write_json(as_json(found), folder / "handoff.json")
    return found


def _write_handoff(folder: Path, limits: Handoff) -> None:
    from critex.evaluate.handoff import handoff_table
    from critex.run.store import read_table, write_table

    verdicts = read_table("verdicts", folder)
    rows = handoff_table(verdicts, limits)
    path = write_table(rows, "handoff", folder)
    console.print(
        f"{len(verdicts) - len(rows):,} of {len(verdicts):,} verdicts are decided alone; {len(rows):,} for a person, least certain first: {escape(str(path))}",
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def bench(
    notes: Annotated[list[Path], typer.Argument(help="Files or folders of notes to measure with.")],
    number: Annotated[int, typer.Option("--n", help="Notes to read at most.")] = 1_000,
    trial: Annotated[str, typer.Option("--trial", "-t", help="Trial to judge by.")] = DEFAULT_TRIAL,
    map_: Annotated[list[str] | None, typer.Option("--map", help="field=column; repeatable.")] = None,
    workers: Annotated[str, typer.Option("--workers", "-w", help="Also measure so many processes.")] = "auto",
) -> None:
    """Measure speed and memory on your own notes, and where the time goes; nothing is written."""
    from critex.run.bench import bench as measure

    found = measure(
        notes, trial=trial, options=options_of(map_ or [], None, None), number=number, workers=worker_count(workers)
    )
    per = 1000 / found.notes
    grid = RichTable(show_header=False, show_edge=False, box=None)
    grid.add_row("sample", f"{found.notes:,} notes, {found.characters / found.notes:,.0f} characters a note")
    grid.add_row("found", f"{found.mentions:,} mentions, {found.patients:,} patients")
    grid.add_row("one process", f"{found.notes_s:,.0f} notes/s, {found.notes_s * found.characters / found.notes / 1e6:.2f} Mchar/s")  # fmt: skip
    for processes, speed in found.workers.items():
        grid.add_row(f"{processes} worker{'s' if processes > 1 else ''}", f"{speed:,.0f} notes/s (extraction, by the clock)")  # fmt: skip
    grid.add_row("start-up", f"{found.start_up:.2f} s")
    grid.add_row("memory", f"{found.memory_mb:,.0f} MB at most")
    grid.add_row("reading", f"{found.reading * per:.3f} ms a note")
    grid.add_row("first look", f"{found.scan * per:.3f} ms a note")
    grid.add_row("extraction", f"{found.extract * per:.3f} ms a note")
    for name, seconds in itertools.islice(found.families.items(), 8):
        grid.add_row(f"  {name}", f"{seconds * per:.3f} ms a note")
    grid.add_row("judging", f"{found.judge * 1000 / found.patients:.3f} ms a patient")
    grid.add_row("1,000,000 notes", f"{found.hours(1_000_000):.2f} hours of one process")
    console.print(grid)
