"""The words of every command; each command calls one function elsewhere."""

from __future__ import annotations

import itertools
import os
import sqlite3
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as RichTable

from critex.errors import CritexError
from critex.notes.record import Options

if TYPE_CHECKING:
    from critex.run.job import Summary
    from critex.run.store import Format

DEFAULT_TRIAL = "NCT07235319"

app = typer.Typer(
    name="critex",
    help="Reads free-text clinical notes and answers a trial's eligibility criteria: pass, fail or unknown, and exactly where that is written.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
patterns_app = typer.Typer(help="Check, test and search the patterns that extraction works with.", no_args_is_help=True)
trial_app = typer.Typer(help="Validate trial definitions.", no_args_is_help=True)
app.add_typer(patterns_app, name="patterns")
app.add_typer(trial_app, name="trial")
console = Console()
problems = Console(stderr=True, highlight=False)

USAGE_ERROR = 2
REJECTED = 3
CHANGED = 4
FAILED = 1


def _version(show: bool) -> None:
    if show:
        from critex import __version__

        console.print(f"critex {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """critex: notes in, verdicts with evidence out."""


def _options(mapping: list[str], encoding: str | None, date_order: str | None) -> Options:
    columns = {}
    for pair in mapping:
        ours, mark, theirs = pair.partition("=")
        if not mark or not theirs:
            raise CritexError(f"--map {pair}: write --map field=column, for example --map text=NOTE_TEXT.")
        columns[ours.strip()] = theirs.strip()
    if date_order not in (None, "dmy", "mdy", "ymd"):
        raise CritexError(f"--date-order {date_order}: write dmy, mdy or ymd.")
    return Options(columns, encoding, date_order)


def _day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CritexError(f"{option} {text}: not a date. Write it as YYYY-MM-DD.") from None


def _print_summary(summary: Summary, out: Path) -> None:
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
    trial: Annotated[
        list[str] | None,
        typer.Option("--trial", "-t", help="Id of a shipped trial, or a file; repeatable.  [default: NCT07235319]"),
    ] = None,
    patients: Annotated[
        Path | None,
        typer.Option("--patients", help="Table with patient_id, index_date, and optionally sex and birth_date."),
    ] = None,
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
    date_order: Annotated[
        str | None, typer.Option("--date-order", help="Order of numeric dates: dmy, mdy or ymd.")
    ] = None,
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
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Read notes and write all tables and report.html: the main job."""
    from critex.run.job import run_job
    from critex.run.patients import read_patients

    if form not in ("parquet", "csv", "jsonl"):
        raise CritexError(f"--format {form}: write parquet, csv or jsonl.")
    options = replace(
        _options(map_ or [], encoding, date_order),
        max_seconds=max_seconds,
        max_characters=max_characters,
        file_name=file_name,
    )
    if (sql is None) == (not notes) or (sql is None) != (db is None):
        raise CritexError("name files or folders of notes, or a query with --sql and its database with --db.")
    table = read_patients(patients, date_order) if patients else None
    default = _day(index_date, "--index-date")
    if engine not in ("local", "spark"):
        raise CritexError(f"--engine {engine}: write local or spark.")
    if engine == "spark":
        from critex.run.spark import run_spark

        if not notes or form != "parquet":
            raise CritexError("--engine spark: reads Parquet or Delta tables, and writes --format parquet.")
        summary = run_spark(
            notes, out, trials=trial or [DEFAULT_TRIAL], patients=table, index_date=default, options=options
        )
        _print_summary(summary, out)
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
            workers=_workers(workers),
            form=cast("Format", form),
            progress=progress,
            query=(cast("str", db), sql) if sql is not None else None,
        )
    _print_summary(summary, out)
    if summary.rejected:
        raise typer.Exit(REJECTED)


def _workers(text: str) -> int:
    if text == "auto":
        return max(1, os.cpu_count() or 1)
    if not text.isdigit() or int(text) < 1:
        raise CritexError(f"--workers {text}: write a number from 1, or auto.")
    return int(text)


@app.command()
def screen(
    folder: Annotated[Path, typer.Argument(help="A folder that `critex run` wrote.")],
    trial: Annotated[
        list[str] | None,
        typer.Option("--trial", "-t", help="Id of a shipped trial, or a file; repeatable.  [default: NCT07235319]"),
    ] = None,
    patients: Annotated[
        Path | None, typer.Option("--patients", help="Table with patient_id and index_date; else the one of the run.")
    ] = None,
    index_date: Annotated[
        str | None, typer.Option("--index-date", help="Index date (YYYY-MM-DD) of patients without one.")
    ] = None,
) -> None:
    """Judge again, or by another trial, from the mentions in a folder; no note is read again."""
    from critex.run.job import screen as screen_job
    from critex.run.patients import read_patients

    existing(folder, "folder")
    table = read_patients(patients, None) if patients else None
    summary = screen_job(
        folder, trials=trial or [DEFAULT_TRIAL], patients=table, index_date=_day(index_date, "--index-date")
    )
    _print_summary(summary, folder)


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(help="A folder that `critex run` wrote.")],
    gold: Annotated[Path, typer.Argument(help="A folder of gold: verdicts.jsonl, mentions.jsonl, notes.csv.")],
    trial: Annotated[str, typer.Option("--trial", "-t", help="Trial whose verdicts are scored.")] = DEFAULT_TRIAL,
    page: Annotated[Path | None, typer.Option("--page", help="Write the figures as a Markdown page too.")] = None,
    sample: Annotated[str, typer.Option("--sample", help="What the sample is, for the page.")] = "the annotated sample",
) -> None:
    """Score a run against annotated samples; writes evaluation.json and evaluation.html into the folder."""
    from critex.criteria.trial import load_trial
    from critex.evaluate.accuracy import accuracy_page
    from critex.evaluate.evaluation import as_json, print_evaluation
    from critex.evaluate.evaluation import evaluate as score
    from critex.evaluate.page import write_page
    from critex.run.store import write_file, write_json

    found = score(existing(folder, "folder"), existing(gold, "folder"), load_trial(trial))
    print_evaluation(found, console)
    write_json(as_json(found), folder / "evaluation.json")
    write_page(folder / "evaluation.html", found, f"{trial}: extraction and verdicts against gold")
    if page:
        text = accuracy_page(found, sample)
        write_file(page, lambda p: p.write_text(text, encoding="utf-8"))


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="A folder that `critex run` wrote.")],
    to: Annotated[str, typer.Option("--to", help="omop, fhir, brat or labelstudio.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the files.  [default: FOLDER/export-<to>]")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="Of the OMOP tables: parquet or csv.")] = "parquet",
    db: Annotated[
        str | None,
        typer.Option("--db", help="Put the OMOP tables into this database (SQLAlchemy URL).", envvar="CRITEX_DB"),
    ] = None,
) -> None:
    """Hand a run over: OMOP NOTE and NOTE_NLP, FHIR R4, or files for annotators."""
    from critex.export.annotation import export_brat, export_labelstudio
    from critex.export.fhir import export_fhir
    from critex.export.omop import export_omop

    existing(folder, "folder")
    if form not in ("parquet", "csv"):
        raise CritexError(f"--format {form}: write parquet or csv.")
    target = out or folder / f"export-{to}"
    if to == "omop":
        counts = export_omop(folder, target, form, db)
    elif to == "fhir":
        counts = export_fhir(folder, target)
    elif to == "brat":
        counts = export_brat(folder, target)
    elif to == "labelstudio":
        counts = export_labelstudio(folder, target)
    else:
        raise CritexError(f"--to {to}: write omop, fhir, brat or labelstudio.")
    where = "the database" if db and to == "omop" else str(target)
    console.print(", ".join(f"{n:,} {name}" for name, n in counts.items()) + f" written to {where}", markup=False)


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
        notes, trial=trial, options=_options(map_ or [], None, None), number=number, workers=_workers(workers)
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


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="A text file, or a folder that `critex run` wrote (with --note-id).")],
    note_id: Annotated[str | None, typer.Option("--note-id", help="The note of a run to show.")] = None,
    note_date: Annotated[
        str | None, typer.Option("--note-date", help="Date of a text file's note (YYYY-MM-DD).")
    ] = None,
) -> None:
    """Show one note in the terminal: highlighted, with its mentions."""
    from critex.notes.encoding import encoding_of
    from critex.report.display import show as shown
    from critex.run.statements import day
    from critex.run.store import read_table

    existing(file, "file or folder")
    if file.is_dir():
        notes = read_table("notes", file)
        row = notes[notes["note_id"] == note_id]
        if note_id is None or row.empty:
            raise CritexError(
                f"{file}: no note {note_id!r} in this run. Name one with --note-id, for example {notes['note_id'].iloc[0] if len(notes) else '-'}."
            )
        first = row.iloc[0]
        shown(first["text"], day(first["note_date"]), first["note_type"], first["note_id"]).print(console)
        return
    text = file.read_bytes().decode(encoding_of(file), errors="replace")
    shown(text, _day(note_date, "--note-date"), note_id=file.stem).print(console)


@app.command()
def schema(
    table: Annotated[
        str | None, typer.Argument(help="A table, such as mentions; or features. All tables where not given.")
    ] = None,
) -> None:
    """Print the columns of each table: name, type, unit, meaning."""
    from critex.tables import TABLES

    if table is not None and table not in TABLES:
        raise CritexError(f"{table}: no such table. Tables: {', '.join(TABLES)}.")
    for name in [table] if table else list(TABLES):
        _print_schema(name)


def _print_schema(name: str) -> None:
    from critex.features.spec import load_features
    from critex.run.judge_patients import column_of
    from critex.tables import TABLES

    spec = TABLES[name]
    out = RichTable(title=f"{name}: a row is {spec.row}", title_justify="left", show_edge=False)
    for heading in ("column", "type", "unit", "meaning"):
        out.add_column(heading, overflow="fold")
    for c in spec.columns:
        out.add_row(c.name, c.kind, escape(c.unit), escape(c.meaning))
    if name == "features":
        for feature, f in load_features().items():
            out.add_row(column_of(feature, f), "float" if f.unit else "string", escape(f.unit or ""), escape(f.meaning))
    console.print(out)


@patterns_app.command("check")
def patterns_check() -> None:
    """Lint the patterns: valid YAML, known keys, valid regular expressions, cases beside every rule."""
    from critex.extract.pattern_lint import lint

    found = lint()
    for line in found.problems:
        problems.print(line, markup=False)
    console.print(f"{found.files} files, {found.rules} rules, {found.cues} cues, {len(found.problems)} problems")
    if found.problems:
        raise typer.Exit(USAGE_ERROR)


@patterns_app.command("test")
def patterns_test(
    only: Annotated[str | None, typer.Argument(help="Run only the rules whose id begins with this.")] = None,
) -> None:
    """Run the examples and near misses of every rule, and the clinical cases in patterns/cases."""
    from critex.criteria.cases import all_cases, wrong_with
    from critex.extract.pattern_cases import failure, rule_cases

    met, failed, known = 0, 0, 0
    for case in rule_cases():
        if only and not case.rule.id.startswith(only):
            continue
        wrong = failure(case)
        if wrong is None:
            met += 1
        elif case.case.known_failure:
            known += 1
            console.print(f"known  {case.id}: {case.case.known_failure}", markup=False)
        else:
            failed += 1
            problems.print(
                f"FAILED {case.rule.file}:{case.rule.line} {case.id}: {case.case.text!r}: {wrong}", markup=False
            )
    for file, clinical in all_cases():
        if only and not clinical.id.startswith(only):
            continue
        wrong = wrong_with(clinical)
        if wrong is None:
            met += 1
        elif clinical.known_failure:
            known += 1
            console.print(f"known  {clinical.id}: {clinical.known_failure}", markup=False)
        else:
            failed += 1
            problems.print(f"FAILED cases/{file}.yaml {clinical.id}: {clinical.text!r}: {wrong}", markup=False)
    console.print(f"{met} cases met, {failed} failed, {known} known not to be met yet")
    if failed:
        raise typer.Exit(FAILED)


@patterns_app.command("find")
def patterns_find(
    text: Annotated[str, typer.Argument(help="A text, or - for standard input.")],
    note_date: Annotated[str | None, typer.Option("--note-date", help="ISO date of the note.")] = None,
) -> None:
    """Say which rule matched a text, and what it made of it."""
    from critex.extract.document import Document
    from critex.extract.engine import default_extractor
    from critex.run.statements import day

    text = sys.stdin.read() if text == "-" else text
    doc = Document(text, note_date=day(note_date))
    out = RichTable(show_edge=False)
    for heading in ("span", "label", "value", "result", "canonical", "assertion", "date", "section", "rule", "cue"):
        out.add_column(heading, overflow="fold")
    found = default_extractor().mentions(doc)
    for m in found:
        canonical = "" if m.canonical is None else f"{m.canonical:g} {m.canonical_unit or ''}"
        cue = repr(text[m.cue[0] : m.cue[1]]) if m.cue else ""
        assertion = f"{m.assertion}, {m.temporality}"
        cells = (
            f"{text[m.start : m.end]!r} {m.start}-{m.end}",
            m.label,
            m.value,
            m.result,
            canonical,
            assertion,
            m.date,
            m.section,
            m.rule,
            cue,
        )
        out.add_row(*(escape(cell or "") for cell in cells))
    console.print(out if found else "No rule matched.")


@trial_app.command("check")
def trial_check(
    file: Annotated[str, typer.Argument(help="A trial file, or the id of a shipped trial.")],
    examples: Annotated[bool, typer.Option(help="Run the examples beside the criteria too.")] = True,
) -> None:
    """Validate a trial definition, with line numbers, and run its examples."""
    from critex.criteria.examples import run_examples
    from critex.criteria.trial import load_trial

    trial = load_trial(file)
    results = run_examples(trial) if examples else []
    wrong = [r for r in results if not r.ok and not r.example.known_failure]
    for r in wrong:
        problems.print(
            f"FAILED {r.id}: {r.example.note!r}: wanted {r.example.verdict}, got {r.judged.verdict} ({r.judged.reason})",
            markup=False,
        )
    for r in results:
        if not r.ok and r.example.known_failure:
            console.print(f"known  {r.id}: {r.example.known_failure}", markup=False)
    console.print(
        f"{trial.trial}: {len(trial.criteria)} criteria, {len(results) - len(wrong)} of {len(results)} examples met"
    )
    if wrong:
        raise typer.Exit(FAILED)


def main() -> None:
    """Entry point: usage and configuration errors end with one plain message and exit status 2."""
    try:
        app()
    except CritexError as error:
        problems.print(f"critex: {error}", markup=False)
        sys.exit(USAGE_ERROR)
    except (OSError, sqlite3.Error) as error:
        if isinstance(error, BrokenPipeError):
            sys.exit(130)
        what = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        where = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
        problems.print(f"critex: {where}{what}. The same command goes on where this run ended.", markup=False)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(130)


def existing(path: Path, what: str) -> Path:
    """The path, if it exists.

    Raises
    ------
    CritexError
        Otherwise.
    """
    if not path.exists():
        raise CritexError(f"{path}: no such {what}.")
    return path


if __name__ == "__main__":
    main()
