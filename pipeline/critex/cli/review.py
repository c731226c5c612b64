"""The reviewers' command."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from critex.cli.app import app, console
from critex.cli.options import RunFolder, existing
from critex.errors import CritexError


@app.command()
def review(
    folder: RunFolder,
    reviewer: Annotated[
        list[str] | None,
        typer.Option("--reviewer", "-r", help="Name of a reviewer; each gets an address; repeatable.  [default: you]"),
    ] = None,
    adjudicator: Annotated[
        list[str] | None,
        typer.Option("--adjudicator", help="Name of who settles disagreements; gets an address too; repeatable."),
    ] = None,
    blind: Annotated[
        bool, typer.Option("--blind", help="Hide others' decisions until the reviewer has decided the same criterion.")
    ] = False,
    hide_share: Annotated[
        float, typer.Option("--hide-share", help="Share of verdicts hidden until the reviewer has chosen, such as 0.2.")
    ] = 0.0,
    trial: Annotated[
        list[str] | None, typer.Option("--trial", "-t", help="File of a trial that is not shipped; repeatable.")
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option("--export", help="Write decisions, candidates, gold and brat files into this folder, and end."),
    ] = None,
    port: Annotated[int, typer.Option("--port", help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
) -> None:
    """Review verdicts against their evidence in a browser, on 127.0.0.1 only; decisions go to FOLDER/review.sqlite."""
    from critex.review.workbench import Rules, Workbench

    existing(folder, "folder")
    adjudicators = tuple(name.strip() for name in adjudicator or ())
    names = list(dict.fromkeys([*(name.strip() for name in reviewer or ()), *adjudicators]))
    if not names:
        names = [getpass.getuser()]
    if not all(names) or any(len(n) > 60 for n in names):
        raise CritexError("--reviewer: a name has 1 to 60 characters.")
    bench = Workbench(folder, Rules(hide_share, blind, adjudicators), trial or ())
    if export is not None:
        from critex.review.exports import export_all

        counts = export_all(bench, export)
        console.print(", ".join(f"{n:,} {what}" for what, n in counts.items()) + f" written to {export}", markup=False)
        return

    from critex.review.server import serve

    def announce(name: str, address: str) -> None:
        console.print(f"{name}: {address}", markup=False, highlight=False, soft_wrap=True)

    console.print("Open the address of each reviewer in a browser on this machine; it works once. Ctrl+C ends.")
    serve(bench, names, port, announce)
