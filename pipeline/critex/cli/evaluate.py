"""The evaluator's commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from critex.cli.app import DEFAULT_TRIAL, app, console
from critex.cli.options import existing


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(help="A folder that `critex run` wrote.")],
    gold: Annotated[Path, typer.Argument(help="Gold, in any format that `critex convert` reads.")],
    trial: Annotated[str, typer.Option("--trial", "-t", help="Trial whose verdicts are scored.")] = DEFAULT_TRIAL,
    tolerance: Annotated[
        float, typer.Option("--tolerance", help="How far a patient-level number may be off, as a share.")
    ] = 0.02,
    days: Annotated[int, typer.Option("--days", help="How many days a patient-level date may be off.")] = 0,
    page: Annotated[Path | None, typer.Option("--page", help="Write the figures as a Markdown page too.")] = None,
    sample: Annotated[str, typer.Option("--sample", help="What the sample is, for the page.")] = "the annotated sample",
) -> None:
    """Score a run against annotated samples; writes evaluation.json and evaluation.html into the folder."""
    from critex.criteria.trial import load_trial
    from critex.evaluate.accuracy import accuracy_page
    from critex.evaluate.evaluation import evaluate as score
    from critex.evaluate.figures import as_json
    from critex.evaluate.page import write_page
    from critex.evaluate.terminal import print_evaluation
    from critex.run.store import write_file, write_json

    found = score(existing(folder, "folder"), existing(gold, "file or folder"), load_trial(trial), tolerance, days)
    print_evaluation(found, console)
    write_json(as_json(found), folder / "evaluation.json")
    write_page(folder / "evaluation.html", found, f"{trial}: extraction and verdicts against gold")
    if page:
        text = accuracy_page(found, sample)
        write_file(page, lambda p: p.write_text(text, encoding="utf-8"))
