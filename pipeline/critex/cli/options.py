"""What options of several commands mean."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from critex.errors import CritexError

if TYPE_CHECKING:
    from critex.notes.record import Options

RunFolder = Annotated[Path, typer.Argument(help="A folder that `critex run` wrote.")]
Trials = Annotated[
    list[str] | None,
    typer.Option("--trial", "-t", help="Id of a shipped trial, or a file; repeatable.  [default: NCT07235319]"),
]
PatientsFile = Annotated[
    Path | None,
    typer.Option("--patients", help="Table with patient_id, index_date, and optionally sex and birth_date."),
]
IndexDate = Annotated[str | None, typer.Option("--index-date", help="Index date (YYYY-MM-DD) of patients without one.")]
DateOrder = Annotated[str | None, typer.Option("--date-order", help="Order of numeric dates: dmy, mdy or ymd.")]
ConfidenceFile = Annotated[
    Path | None,
    typer.Option(
        "--confidence", help="Model of `critex train` for the confidence of verdicts.  [default: the shipped one]"
    ),
]


def options_of(mapping: list[str], encoding: str | None, date_order: str | None) -> Options:
    """How notes are read, from ``--map``, ``--encoding`` and ``--date-order``.

    Raises
    ------
    CritexError
        If one of them is not what it should be; the message names it.
    """
    from critex.notes.record import Options

    columns = {}
    for pair in mapping:
        ours, mark, theirs = pair.partition("=")
        if not mark or not theirs:
            raise CritexError(f"--map {pair}: write --map field=column, for example --map text=NOTE_TEXT.")
        columns[ours.strip()] = theirs.strip()
    if date_order not in (None, "dmy", "mdy", "ymd"):
        raise CritexError(f"--date-order {date_order}: write dmy, mdy or ymd.")
    return Options(columns, encoding, date_order)


def day_option(text: str | None, option: str) -> date | None:
    """A date of the command line, or None where it was not given.

    Raises
    ------
    CritexError
        If it is not written YYYY-MM-DD; the message names ``option``.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CritexError(f"{option} {text}: not a date. Write it as YYYY-MM-DD.") from None


def worker_count(text: str) -> int:
    """Number of processes: ``auto`` is one a core.

    Raises
    ------
    CritexError
        If it is neither ``auto`` nor a number from 1.
    """
    if text == "auto":
        return max(1, os.cpu_count() or 1)
    if not text.isdigit() or int(text) < 1:
        raise CritexError(f"--workers {text}: write a number from 1, or auto.")
    return int(text)


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
