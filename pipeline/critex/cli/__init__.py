"""The words of every command; each command calls one function elsewhere."""

from __future__ import annotations

import atexit
import gc
import sqlite3
import sys

from critex.cli import cohort, compare, convert, evaluate, export, patterns, review, run, selftest, show, train
from critex.cli.app import FAILED, USAGE_ERROR, app, problems
from critex.errors import CritexError

__all__ = [
    "app",
    "cohort",
    "compare",
    "convert",
    "evaluate",
    "export",
    "main",
    "patterns",
    "review",
    "run",
    "selftest",
    "show",
    "train",
]


def main() -> None:
    """Entry point: usage and configuration errors end with one plain message and exit status 2."""
    atexit.register(gc.freeze)  # else all that is loaded is looked through once more when the process ends (0.2 s)
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
