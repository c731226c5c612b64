"""The evaluator's commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from critex.cli.app import DEFAULT_TRIAL, app, console
from critex.cli.options import RunFolder, existing


@app.command()
def evaluate(
    folder: RunFolder,
    gold: Annotated[Path, typer.Argument(help="Gold, in any format that `critex convert` reads.")],
    trial: Annotated[str, typer.Option("--trial", "-t", help="Trial whose verdicts are scored.")] = DEFAULT_TRIAL,
    origin: Annotated[
        str | None,
        typer.Option("--from", help="Format of the gold, as for `critex convert`. (default: told from the files)"),
    ] = None,
    tolerance: Annotated[
        float, typer.Option("--tolerance", help="How far a patient-level number may be off, as a share.")
    ] = 0.02,
    days: Annotated[int, typer.Option("--days", help="How many days a patient-level date may be off.")] = 0,
    against: Annotated[
        Path | None, typer.Option("--against", help="Another run's folder, to be compared against the same gold.")
    ] = None,
    page: Annotated[Path | None, typer.Option("--page", help="Write the figures as a Markdown page too.")] = None,
    sample: Annotated[str, typer.Option("--sample", help="What the sample is, for the page.")] = "the annotated sample",
) -> None:
    """Score a run against annotated samples; writes evaluation.json and evaluation.html into the folder."""
    from critex.criteria.trial import load_trial
    from critex.evaluate.accuracy import accuracy_page
    from critex.evaluate.evaluation import evaluate as score
    from critex.evaluate.figures import as_json, finite
    from critex.evaluate.page import write_page
    from critex.evaluate.paired import as_json as paired_json
    from critex.evaluate.paired import compare_runs, print_paired
    from critex.evaluate.terminal import print_evaluation
    from critex.run.store import write_file, write_json

    definition = load_trial(trial)
    found = score(existing(folder, "folder"), existing(gold, "file or folder"), definition, tolerance, days, origin)
    print_evaluation(found, console)
    figures = as_json(found)
    paired = None
    if against:
        paired = compare_runs(found, score(existing(against, "folder"), gold, definition, tolerance, days, origin))
        print_paired(paired, console)
        figures["against"] = finite(paired_json(paired))
    write_json(figures, folder / "evaluation.json")
    write_page(folder / "evaluation.html", found, f"{trial}: extraction and verdicts against gold", paired)
    if page:
        text = accuracy_page(found, sample)
        write_file(page, lambda p: p.write_text(text, encoding="utf-8"))


@app.command()
def agreement(
    first: Annotated[Path, typer.Argument(help="Gold of one annotator, in any format that `critex convert` reads.")],
    second: Annotated[Path, typer.Argument(help="Gold of another annotator of the same notes.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write figures and places as JSON too.")] = None,
) -> None:
    """Say how far two annotators agree: kappa of each criterion, F1 of spans of each label."""
    from critex.evaluate.agreement import agreement as compare
    from critex.evaluate.agreement import as_json, print_agreement
    from critex.evaluate.gold import read_gold
    from critex.run.store import write_json

    found = compare(read_gold(existing(first, "file or folder")), read_gold(existing(second, "file or folder")))
    print_agreement(found, console)
    if out:
        write_json(as_json(found), out)
