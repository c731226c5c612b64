"""The command-line application that every command joins, its consoles and exit statuses."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

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
