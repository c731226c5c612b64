"""The words of every command; each command calls one function elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable

from critex.errors import CritexError

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
def _main(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")] = False) -> None:
    """critex: notes in, verdicts with evidence out."""


@app.command()
def schema(table: Annotated[str | None, typer.Argument(help="A table, such as mentions; or features. All tables where not given.")] = None) -> None:
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
def patterns_test(only: Annotated[str | None, typer.Argument(help="Run only the rules whose id begins with this.")] = None) -> None:
    """Run the examples and near misses of every rule."""
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
            problems.print(f"FAILED {case.rule.file}:{case.rule.line} {case.id}: {case.case.text!r}: {wrong}", markup=False)
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
        cells = (f"{text[m.start : m.end]!r} {m.start}-{m.end}", m.label, m.value, m.result, canonical, assertion, m.date, m.section, m.rule, cue)
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
        problems.print(f"FAILED {r.id}: {r.example.note!r}: wanted {r.example.verdict}, got {r.judged.verdict} ({r.judged.reason})", markup=False)
    for r in results:
        if not r.ok and r.example.known_failure:
            console.print(f"known  {r.id}: {r.example.known_failure}", markup=False)
    console.print(f"{trial.trial}: {len(trial.criteria)} criteria, {len(results) - len(wrong)} of {len(results)} examples met")
    if wrong:
        raise typer.Exit(FAILED)


def main() -> None:
    """Entry point: usage and configuration errors end with one plain message and exit status 2."""
    try:
        app()
    except CritexError as error:
        problems.print(f"critex: {error}", markup=False)
        sys.exit(USAGE_ERROR)
    except (KeyboardInterrupt, BrokenPipeError):
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
