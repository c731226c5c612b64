"""Scores of the feature table against a CSV of patient-level values: categories, numbers within a tolerance, dates within days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from critex.errors import InputError
from critex.evaluate.assertions import kappa_of
from critex.evaluate.gold import number
from critex.evaluate.intervals import bootstrap_ratio

NOTHING = ("none", "not stated", "na", "n/a", "-")
"""Cells that say that the notes hold no value; an empty cell is not annotated."""


@dataclass(frozen=True)
class ColumnScores:
    """One column of the feature table."""

    kind: str
    """``number``, ``date`` or ``category``."""
    n: int
    right: int
    interval: tuple[float, float]
    missed: int
    """Annotated, but the run has nothing."""
    spurious: int
    """Annotated as not stated, but the run has something."""
    kappa: float | None
    """Of categories."""
    median_error: float | None
    """Of numbers (in their unit) and dates (in days), where both have one."""

    @property
    def accuracy(self) -> float:
        """Share that agrees."""
        return self.right / self.n if self.n else float("nan")


@dataclass(frozen=True)
class ValueMistake:
    """One value that does not agree."""

    patient_id: str
    column: str
    wanted: str
    got: str
    place: tuple[str, int, int] | None = None
    """Note, start and end of what the run took the value from."""


@dataclass(frozen=True)
class ValueScores:
    """All columns that both tables have, the errors, and the columns that only the gold has."""

    by_column: dict[str, ColumnScores]
    errors: list[ValueMistake]
    unknown_columns: list[str]


def score_values(
    features: pd.DataFrame, values: Mapping[str, Mapping[str, str]], tolerance: float = 0.02, days: int = 0
) -> ValueScores:
    """Score features against patient-level values.

    Parameters
    ----------
    features : DataFrame
        The features table of a run.
    values : mapping
        Values by patient and column, as written. A patient that the run does not have counts as nothing found.
    tolerance : float
        How far a number may be off, as a share of the annotated one.
    days : int
        How many days a date may be off.

    Raises
    ------
    InputError
        If no column of the gold is one of the table; names them.
    """
    columns = list(dict.fromkeys(c for cells in values.values() for c in cells))
    shared = [c for c in columns if c in features.columns]
    if columns and not shared:
        raise InputError(
            f"none of the gold's columns is a feature: {', '.join(columns[:10])}. `critex schema features` and the header of the features table name them."
        )
    rows = {str(r["patient_id"]): r for r in features.to_dict("records")}
    scores, errors = {}, []
    for column in shared:
        pairs = {
            p: (cells[column], _said(rows.get(p, {}).get(column))) for p, cells in values.items() if column in cells
        }
        scores[column], wrong = _column(column, pairs, tolerance, days)
        errors += [replace(x, place=_place(rows.get(x.patient_id, {}), column)) for x in wrong]
    return ValueScores(scores, errors, [c for c in columns if c not in features.columns])


def _column(
    column: str, pairs: Mapping[str, tuple[str, str]], tolerance: float, days: int
) -> tuple[ColumnScores, list[ValueMistake]]:
    wanted = {p: "" if w.lower() in NOTHING else w for p, (w, _) in pairs.items()}
    kind = _kind([w for w in wanted.values() if w])
    per_patient, errors, distances = {}, [], []
    for p, (written, got) in pairs.items():
        want = wanted[p]
        off = _distance(kind, want, got)
        if off is not None:
            distances.append(off)
        if not want or not got:
            agree = want == got
        elif kind == "category" or off is None:
            agree = _same(want, got)
        else:
            agree = off <= (days if kind == "date" else tolerance * abs(float(want)) + 1e-12)
        per_patient[p] = (float(agree), 1.0)
        if not agree:
            errors.append(ValueMistake(p, column, written, got or "nothing"))
    words = [(w.lower(), g.lower()) for w, g in ((wanted[p], pairs[p][1]) for p in pairs)]
    return ColumnScores(
        kind,
        len(pairs),
        int(sum(a for a, _ in per_patient.values())),
        bootstrap_ratio(per_patient),
        sum(bool(wanted[p]) and not pairs[p][1] for p in pairs),
        sum(not wanted[p] and bool(pairs[p][1]) for p in pairs),
        kappa_of([w for w, _ in words], [g for _, g in words]) if kind == "category" else None,
        float(pd.Series(distances).median()) if distances else None,
    ), errors


def _place(row: Mapping[Any, Any], column: str) -> tuple[str, int, int] | None:
    note, start, end = (row.get(f"{column}_{x}") for x in ("note_id", "start", "end"))
    if not _said(note) or not _said(start) or not _said(end):
        return None
    return str(note), int(float(str(start))), int(float(str(end)))


def _said(value: Any) -> str:
    if value is None or value != value or value is pd.NA:
        return ""
    return str(value).strip()


def _kind(written: Sequence[str]) -> str:
    if written and all(_day(w) is not None for w in written):
        return "date"
    return "number" if written and all(number(w) is not None for w in written) else "category"


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if len(written) == 10 else None
    except ValueError:
        return None


def _distance(kind: str, want: str, got: str) -> float | None:
    if kind == "number":
        a, b = number(want), number(got)
        return None if a is None or b is None else abs(a - b)
    if kind == "date":
        first, second = _day(want), _day(got)
        return None if first is None or second is None else float(abs((first - second).days))
    return None


def _same(want: str, got: str) -> bool:
    """Categories agree whatever their case; yes and true are the same."""
    truth = {"yes": "true", "no": "false", "1": "true", "0": "false", "1.0": "true", "0.0": "false"}
    a, b = want.lower(), got.lower()
    return a == b or (b in ("true", "false", "1", "0", "1.0", "0.0") and truth.get(a, a) == truth.get(b, b))
