"""Commands around the confidence of verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from critex.cli.app import DEFAULT_TRIAL, app, console
from critex.cli.options import existing


@app.command()
def train(
    gold: Annotated[
        list[Path],
        typer.Argument(help="Folders of gold: notes.csv, verdicts.jsonl, and patients.csv where there is one."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for confidence.json and its card, confidence.md.")],
    trial: Annotated[str, typer.Option("--trial", "-t", help="Trial whose verdicts are learnt.")] = DEFAULT_TRIAL,
    seed: Annotated[int, typer.Option("--seed", help="Of the damaged copies; the same seed gives the same file.")] = 7,
) -> None:
    """Fit the confidence of verdicts on gold, calibrated on patients left out."""
    from critex.criteria.trial import load_trial
    from critex.evaluate.model_card import write_model
    from critex.evaluate.training import train as fit

    definition = load_trial(trial)
    trained = fit([existing(g, "folder") for g in gold], trial, seed=seed)
    model, card = write_model(trained, definition, out)
    figures = trained.figures
    console.print(
        f"{figures.n:,} verdicts of {sum(s.patients for s in trained.sources):,} patients, {figures.wrong:,} wrong; "
        f"on patients left out: Brier {figures.brier:.5f}, best constant {figures.best_constant:.5f}",
        highlight=False,
    )
    console.print(f"written: {escape(str(model))}, {escape(str(card))}", highlight=False)
    console.print(f"use it: critex screen DIR --confidence {escape(str(model))}", highlight=False)
