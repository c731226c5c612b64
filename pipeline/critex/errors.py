"""Errors that tell a user what was wrong, where, and what to do.

No message here may hold text of a note: notes are patients' data.
"""

from __future__ import annotations


class CritexError(Exception):
    """Wrong usage or configuration; the command line prints it and exits with 2."""


class InputError(CritexError):
    """A source of notes that cannot be used at all (no such file, missing column)."""


class NoteError(Exception):
    """One note that cannot be read; it becomes a row of ``errors.csv``.

    Parameters
    ----------
    message : str
        What is wrong and what to do, without the note's text.
    """


class PatternError(CritexError):
    """A rule file in ``patterns/`` that is not valid; names file, line and rule."""


class TrialError(CritexError):
    """A trial definition that is not valid; names file, line and column."""


class UnknownUnit(CritexError):
    """A unit that is not known for an analyte; names the units that are."""
