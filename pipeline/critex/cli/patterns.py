"""The pattern author's commands: patterns check, test, find; trial check."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table as RichTable

from critex.cli.app import FAILED, USAGE_ERROR, console, patterns_app, problems, trial_app


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
    """Run the examples and near misses of every rule and of the spelling, and the clinical cases in patterns/cases."""
    from critex.criteria.cases import all_cases, wrong_with
    from critex.extract.pattern_cases import failure, rule_cases, spelling_cases, spelling_failure

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
    for spelled in spelling_cases():
        if only and not spelled.id.startswith(only):
            continue
        wrong = spelling_failure(spelled)
        if wrong is None:
            met += 1
        else:
            failed += 1
            problems.print(f"FAILED spelling.yaml {spelled.id}: {spelled.case.text!r}: {wrong}", markup=False)
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
