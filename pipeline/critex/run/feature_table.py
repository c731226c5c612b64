"""The feature table: which columns it has, and its rows from patients."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from critex import tables
from critex.criteria.judge import leading
from critex.features.patient import Patient
from critex.features.spec import Feature, load_features


def column_of(name: str, spec: Feature) -> str:
    """Column of a feature in the feature table: its name, with the unit where it has one."""
    if spec.column:
        return spec.column
    unit = {"10^9/L": "1e9_l", "%": "pct", "mL/min/1.73 m2": "ml_min_173m2"}.get(
        spec.unit or "", re.sub(r"\W+", "_", (spec.unit or "").lower()).strip("_")
    )
    return f"{name}_{unit}" if unit and not name.endswith(f"_{unit}") else name


@dataclass(frozen=True, slots=True)
class FeatureColumns:
    """Names of the columns of one feature."""

    feature: str
    numeric: bool
    value: str
    date: str
    note_id: str
    start: str
    end: str

    @property
    def kinds(self) -> dict[str, tables.Kind]:
        """Type of every column, in order."""
        return {
            self.value: "float" if self.numeric else "string", self.date: "string", self.note_id: "string", self.start: "int", self.end: "int",
        }  # fmt: skip


@cache
def feature_columns() -> tuple[FeatureColumns, ...]:
    """The feature table's columns after the fixed ones, feature by feature."""
    found = []
    for name, spec in load_features().items():
        base = column_of(name, spec)
        found.append(
            FeatureColumns(name, spec.unit is not None, base, f"{base}_date", f"{base}_note_id", f"{base}_start", f"{base}_end")
        )  # fmt: skip
    return tuple(found)


@cache
def _kinds() -> dict[str, tables.Kind]:
    return {column: kind for columns in feature_columns() for column, kind in columns.kinds.items()}


Cells = list[tuple[str, Any]]
"""Columns and values of one patient's row, without those that are empty."""


def feature_cells(patient: Patient) -> Cells:
    """The newest fact of every feature, with its day and the place of its first statement."""
    cells: Cells = []
    for columns in feature_columns():
        if not patient.may_say(columns.feature):
            continue
        fact = leading(patient.facts(columns.feature))
        if fact is None:
            continue
        value = fact.number if columns.numeric else fact.state
        if value is not None:
            cells.append((columns.value, value))
        if fact.when:
            cells.append((columns.date, fact.when.iso))
        if fact.statements:
            s = fact.statements[0]
            cells += ((columns.note_id, s.note_id), (columns.start, s.start), (columns.end, s.end))
    return cells


def feature_table(patient_ids: list[str], index_dates: list[str], rows: list[Cells]) -> pd.DataFrame:
    """The feature table.

    Parameters
    ----------
    patient_ids : list of str
        In order.
    index_dates : list of str
        ISO dates, or empty.
    rows : list of list of (str, value)
        Of every patient what :func:`feature_cells` gives.
    """
    kinds = _kinds()
    empty: dict[tables.Kind, Any] = {"string": "", "int": None, "float": None}
    said: dict[str, list[Any]] = {}
    for i, cells in enumerate(rows):
        for column, value in cells:
            values = said.get(column)
            if values is None:
                values = said[column] = [empty[kinds[column]]] * len(rows)
            values[i] = value
    columns: dict[str, tuple[tables.Kind, list[Any] | None]] = {
        "patient_id": ("string", patient_ids),
        "index_date": ("string", index_dates),
    }
    columns.update((column, (kind, said.get(column))) for column, kind in kinds.items())
    return tables.of_columns(columns, len(rows))
