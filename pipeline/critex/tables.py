"""The schema of every table that critex writes, in one place.

A table is a pandas DataFrame with exactly the columns listed here, in this order, checked by :func:`checked` before it is
written. ``critex schema`` prints this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

Kind = Literal["string", "int", "float", "bool"]

_ARROW: dict[Kind, pa.DataType] = {"string": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}


@dataclass(frozen=True)
class Column:
    """One column: its name, type, unit and meaning."""

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    required: bool = False
    """Whether a missing value is an error."""


@dataclass(frozen=True)
class Table:
    """One table: what a row is, its columns, and the order of its rows."""

    name: str
    row: str
    columns: tuple[Column, ...]
    sort: tuple[str, ...]
    extensible: bool = False
    """Whether more columns may follow (the feature table: one column a feature)."""

    @property
    def names(self) -> list[str]:
        """Names of the columns, in order."""
        return [c.name for c in self.columns]


ASSERTIONS = ("present", "absent", "possible", "hypothetical", "family")
TEMPORALITIES = ("current", "past")
VERDICTS = ("pass", "fail", "unknown")
STATUSES = ("candidate", "possible", "ineligible")
ROLES = ("supports", "contradicts")

NOTES = Table(
    "notes",
    "a note as it was read; evidence offsets point into its text",
    (
        Column("note_id", "string", "identifier of the note, unique in a run", required=True),
        Column("patient_id", "string", "identifier of the patient", required=True),
        Column("note_date", "string", "ISO date on which the note was written; empty where not given"),
        Column("note_type", "string", "kind of note, as the source calls it"),
        Column("text", "string", "the text exactly as given (or as extracted from RTF, HTML, PDF, XML)", required=True),
        Column("source", "string", "file and row that the note came from"),
    ),
    ("patient_id", "note_id"),
)

MENTIONS = Table(
    "mentions",
    "a mention: a span of a note with a label, a normalised value and its assertion",
    (
        Column("note_id", "string", "note that holds the span", required=True),
        Column("patient_id", "string", "patient of the note", required=True),
        Column("start", "int", "first character of the span in the note's text (Python str index)", required=True),
        Column("end", "int", "one past the last character", required=True),
        Column("text", "string", "note[start:end]", required=True),
        Column("label", "string", "kind of fact: HISTOLOGY, ECOG, METASTASIS, LAB, ...", required=True),
        Column("value", "string", "normalised value in the words of the guideline"),
        Column("number", "float", "number as written"),
        Column("unit", "string", "unit as written"),
        Column("comparator", "string", "<, <=, >, >= where the number is a bound"),
        Column("canonical", "float", "number in canonical_unit"),
        Column("canonical_unit", "string", "unit of canonical"),
        Column("result", "string", "positive, negative or number, for tests"),
        Column("ref_low", "float", "lower end of the printed reference range, in the unit as written"),
        Column("ref_high", "float", "upper end of the printed reference range (ULN), in the unit as written"),
        Column("assertion", "string", "present, absent, possible, hypothetical or family", required=True),
        Column("temporality", "string", "current or past", required=True),
        Column(
            "date", "string", "ISO date of the fact; YYYY or YYYY-MM where only that is written; empty where unknown"
        ),
        Column("date_source", "string", "text, heading, table, relative, note or none: what the date was taken from"),
        Column("section", "string", "category of the section that the span stands in"),
        Column("cue_start", "int", "first character of the cue that decided the assertion"),
        Column("cue_end", "int", "one past the last character of the cue"),
        Column(
            "attributes",
            "string",
            "JSON object of what the label needs beyond the columns (class, disease, site, grade, ...)",
        ),
        Column("rule", "string", "rule that matched, as `critex patterns find` names it", required=True),
    ),
    ("patient_id", "note_id", "start", "end", "label", "value", "rule"),
)

FEATURES = Table(
    "features",
    "a patient; one column a feature, each with _date, _note_id, _start and _end",
    (
        Column("patient_id", "string", "identifier of the patient", required=True),
        Column("index_date", "string", "ISO date that windows count back from"),
    ),
    ("patient_id",),
    extensible=True,
)

VERDICT = Table(
    "verdicts",
    "trial x patient x leaf criterion",
    (
        Column("trial", "string", "identifier of the trial", required=True),
        Column("patient_id", "string", "identifier of the patient", required=True),
        Column("criterion", "string", "leaf criterion, such as I09.hemoglobin", required=True),
        Column("parent", "string", "the registry's criterion that it belongs to, such as I09", required=True),
        Column("verdict", "string", "pass, fail or unknown, from the point of view of eligibility", required=True),
        Column("reason", "string", "why, in plain words; for unknown, what is missing", required=True),
        Column("needs_review", "bool", "whether a person should look at it before it is relied on", required=True),
        Column("review_why", "string", "why it needs review"),
        Column("confidence", "float", "probability that the verdict is right, 0 to 1"),
    ),
    ("trial", "patient_id", "criterion"),
)

EVIDENCE = Table(
    "evidence",
    "a span that a verdict rests on",
    (
        Column("trial", "string", "identifier of the trial", required=True),
        Column("patient_id", "string", "identifier of the patient", required=True),
        Column("criterion", "string", "leaf criterion", required=True),
        Column("note_id", "string", "note that holds the span", required=True),
        Column("start", "int", "first character of the span", required=True),
        Column("end", "int", "one past the last character", required=True),
        Column("text", "string", "note[start:end]", required=True),
        Column("role", "string", "supports or contradicts", required=True),
    ),
    ("trial", "patient_id", "criterion", "note_id", "start", "end", "role"),
)

CANDIDATES = Table(
    "candidates",
    "trial x patient",
    (
        Column("trial", "string", "identifier of the trial", required=True),
        Column("patient_id", "string", "identifier of the patient", required=True),
        Column("index_date", "string", "ISO date that windows count back from"),
        Column("status", "string", "candidate, possible or ineligible", required=True),
        Column("n_pass", "int", "number of leaf criteria that pass", required=True),
        Column("n_fail", "int", "number that fail", required=True),
        Column("n_unknown", "int", "number that the notes do not decide", required=True),
        Column("failed", "string", "the failed criteria, separated by spaces"),
        Column("unknown", "string", "the undecided criteria, separated by spaces"),
    ),
    ("trial", "patient_id"),
)

ERRORS = Table(
    "errors",
    "a rejected note",
    (
        Column("source", "string", "file and row of the note", required=True),
        Column("note_id", "string", "identifier, where it could be read"),
        Column("error", "string", "what was wrong and what to do; never the note's text", required=True),
    ),
    ("source", "note_id"),
)

COMPARISON = Table(
    "compare",
    "a verdict that differs between two output folders (`critex compare`)",
    (
        Column("trial", "string", "identifier of the trial", required=True),
        Column("patient_id", "string", "identifier of the patient", required=True),
        Column("criterion", "string", "leaf criterion", required=True),
        Column("before", "string", "verdict in the first folder; empty where it has none"),
        Column("after", "string", "verdict in the second folder; empty where it has none"),
        Column(
            "cause",
            "string",
            "new note, note gone, note changed, mention new, mention gone, mention changed, rule, index date, trial, version or judging",
            required=True,
        ),
        Column("detail", "string", "where it is seen: note, offsets, label, rule, columns or hashes; never note text"),
        Column("reason_before", "string", "reason of the verdict in the first folder"),
        Column("reason_after", "string", "reason of the verdict in the second folder"),
    ),
    ("trial", "patient_id", "criterion"),
)

SELFTEST = Table(
    "selftest",
    "a verdict that moved or stayed wrongly when notes were changed (`critex selftest`)",
    (
        Column("operator", "string", "the change, such as line_ends or no_before_finding", required=True),
        Column("kind", "string", "must move or must not move", required=True),
        Column("patient_id", "string", "identifier of the patient", required=True),
        Column("criterion", "string", "leaf criterion", required=True),
        Column("before", "string", "verdict on the notes as they are", required=True),
        Column("after", "string", "verdict on the changed notes", required=True),
        Column("expected", "string", "what it should be on the changed notes", required=True),
        Column("notes", "string", "notes of the evidence, separated by spaces"),
        Column("rule", "string", "rule of the evidence that was changed"),
    ),
    ("operator", "patient_id", "criterion"),
)

HANDOFF = Table(
    "handoff",
    "a verdict that a person decides (`critex screen --max-error`); least certain first",
    (
        Column("review_order", "int", "1 is the least certain", required=True),
        Column("trial", "string", "identifier of the trial", required=True),
        Column("patient_id", "string", "identifier of the patient", required=True),
        Column("criterion", "string", "leaf criterion", required=True),
        Column("verdict", "string", "pass, fail or unknown", required=True),
        Column("confidence", "float", "probability that the verdict is right, 0 to 1", required=True),
        Column(
            "threshold",
            "float",
            "confidence from which a verdict of this kind is decided alone; empty where gold allows none",
        ),
        Column("why", "string", "why a person decides it"),
    ),
    ("review_order",),
)

CALENDAR = Table(
    "calendar",
    "trial x patient x criterion x stretch of index dates with one verdict (`critex calendar`)",
    (
        Column("trial", "string", "identifier of the trial", required=True),
        Column("patient_id", "string", "identifier of the patient", required=True),
        Column("criterion", "string", "leaf criterion", required=True),
        Column("valid_from", "string", "first index date (ISO) on which the verdict holds", required=True),
        Column("valid_to", "string", "last index date (ISO) on which it holds", required=True),
        Column("open_start", "bool", "whether valid_from is only the first day that was looked at"),
        Column("open_end", "bool", "whether valid_to is only the last day that was looked at"),
        Column("verdict", "string", "pass, fail or unknown", required=True),
        Column("at_index", "bool", "whether the patient's own index date lies in the stretch"),
        Column("reason", "string", "reason on the first of the days"),
        Column("ends_by", "string", "window, newer, birthday or other; empty where the end is open"),
        Column("ends_why", "string", "what ends it, in plain words"),
        Column("note_id", "string", "note of the fact that runs out, or of the newer one"),
        Column("start", "int", "first character of that fact"),
        Column("end", "int", "one past the last character"),
    ),
    ("trial", "patient_id", "criterion", "valid_from"),
)

CALENDAR_STATUS = Table(
    "calendar_status",
    "trial x patient x stretch of index dates with one status (`critex calendar`)",
    (
        Column("trial", "string", "identifier of the trial", required=True),
        Column("patient_id", "string", "identifier of the patient", required=True),
        Column("valid_from", "string", "first index date (ISO) with this status", required=True),
        Column("valid_to", "string", "last index date (ISO) with this status", required=True),
        Column("open_start", "bool", "whether valid_from is only the first day that was looked at"),
        Column("open_end", "bool", "whether valid_to is only the last day that was looked at"),
        Column("status", "string", "candidate, possible or ineligible", required=True),
        Column("at_index", "bool", "whether the patient's own index date lies in the stretch"),
        Column("ends_by", "string", "criteria that change on the day after, separated by spaces"),
        Column(
            "first_out", "string", "at_index only: criteria that pass and are the first to stop, separated by spaces"
        ),
        Column("first_out_date", "string", "at_index only: last index date (ISO) on which they pass"),
        Column("first_out_why", "string", "at_index only: what runs out, in plain words"),
    ),
    ("trial", "patient_id", "valid_from"),
)

TABLES: dict[str, Table] = {
    t.name: t
    for t in (
        NOTES,
        MENTIONS,
        FEATURES,
        VERDICT,
        EVIDENCE,
        CANDIDATES,
        ERRORS,
        COMPARISON,
        HANDOFF,
        SELFTEST,
        CALENDAR,
        CALENDAR_STATUS,
    )
}


class SchemaError(Exception):
    """A table that is not as this module says: a defect of critex, never of the user's notes."""


def arrow_schema(table: Table) -> pa.Schema:
    """Arrow schema of a table's fixed columns."""
    return pa.schema([pa.field(c.name, _ARROW[c.kind]) for c in table.columns])


def empty(table: Table) -> pd.DataFrame:
    """A table without rows, with the right columns and types."""
    return checked(pd.DataFrame(columns=table.names), table)


def of_columns(columns: Mapping[str, tuple[Kind, list[Any] | None]], length: int) -> pd.DataFrame:
    """A DataFrame of columns with the types of this module, faster than pandas or Arrow builds one.

    Parameters
    ----------
    columns : mapping of str to (kind, values)
        ``None`` stands for a missing value; of strings, give ``""``. ``None`` for the values is an empty column.
    length : int
        Number of rows.
    """
    empty: dict[Kind, Any] = {}
    series: dict[str, Any] = {}
    for name, (kind, values) in columns.items():
        if values is not None:
            series[name] = _pandas_array(values, kind)
            continue
        if kind not in empty:
            empty[kind] = _pandas_array([_EMPTY[kind]] * length, kind)
        series[name] = empty[kind].copy()  # of its own: who changes a cell of one column means that column
    return pd.DataFrame(series, index=pd.RangeIndex(length), copy=False)


_EMPTY: dict[Kind, Any] = {"string": "", "int": None, "float": None}
_TEXT: Any = pd.Series([], dtype="str").dtype
_WHOLE: Any = pd.Int64Dtype()


def _pandas_array(values: list[Any], kind: Kind) -> Any:
    """The array that pandas holds a column in."""
    if kind == "string":
        return _TEXT.__from_arrow__(pa.array(values, pa.large_string()))  # as pandas keeps it: not converted
    if kind == "int":
        return _WHOLE.__from_arrow__(pa.array(values, pa.int64()))
    return pa.array(values, _ARROW[kind]).to_numpy(zero_copy_only=False, writable=True)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries: what ``to_dict("records")`` makes, in a sixth of the time where columns are of Arrow."""
    names = [str(c) for c in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*(frame[c].tolist() for c in frame.columns), strict=True)]


def of_rows(rows: Sequence[tuple[Any, ...]], table: Table) -> pd.DataFrame:
    """Return rows as the checked table: what :func:`checked` makes of them, faster where their types are as the schema says.

    Parameters
    ----------
    rows : sequence of tuple
        Values in the order of the table's columns.
    table : Table
        The schema.

    Raises
    ------
    SchemaError
        As :func:`checked`.
    """
    keys = [table.names.index(name) for name in table.sort]
    try:
        missing = any(r[k] is None for r in rows for k in keys)
        ordered = sorted(
            rows, key=(lambda r: ["" if r[k] is None else r[k] for k in keys]) if missing else itemgetter(*keys)
        )
    except TypeError:  # other types: pandas converts them
        return checked(pd.DataFrame(rows, columns=table.names), table)
    if not ordered:
        return empty(table)
    return of_ordered_columns([list(cells) for cells in zip(*ordered, strict=True)], table)


def of_ordered_columns(columns: Sequence[list[Any]], table: Table) -> pd.DataFrame:
    """As :func:`of_rows`, of the columns of rows that are in the table's order already."""
    try:
        found: dict[str, tuple[Kind, list[Any] | None]] = {}
        for column, cells in zip(table.columns, columns, strict=True):
            values = cells
            if None in cells:
                if column.required:
                    raise SchemaError(f"{table.name}: column {column.name} has empty values")
                if column.kind == "string":
                    values = ["" if v is None else v for v in cells]
            found[column.name] = (column.kind, values)
        return of_columns(found, len(columns[0]))
    except (TypeError, ValueError):  # other types, or text that is not Unicode: pandas converts them
        return checked(pd.DataFrame(dict(zip(table.names, columns, strict=True))), table)


def checked(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Return ``frame`` with the table's columns, types and order of rows.

    Parameters
    ----------
    frame : DataFrame
        Rows to check. Missing optional columns are added empty.
    table : Table
        The schema.

    Raises
    ------
    SchemaError
        If a required column is missing or empty, or a column is not in the schema.
    """
    extra = [c for c in frame.columns if c not in table.names]
    if extra and not table.extensible:
        raise SchemaError(f"{table.name}: columns not in the schema: {', '.join(map(str, extra))}")
    if (
        extra  # many columns: not taken apart where all is in order already
        and [*frame.columns[: len(table.columns)]] == table.names
        and _is_sorted(frame, table)
        and all(_typed(frame[c.name], c, table.name).dtype == frame[c.name].dtype for c in table.columns)
    ):
        return frame if frame.index.equals(pd.RangeIndex(len(frame))) else frame.reset_index(drop=True)
    out: dict[str, pd.Series] = {}
    for column in table.columns:
        if column.name in frame.columns:
            series = frame[column.name]
        elif column.required and len(frame):
            raise SchemaError(f"{table.name}: column {column.name} is missing")
        else:
            series = pd.Series([None] * len(frame), index=frame.index)
        out[column.name] = _typed(series, column, table.name)
    for name in extra:
        out[name] = frame[name]
    result = pd.DataFrame(out, columns=[*table.names, *extra])
    if len(result):
        result = result.sort_values(list(table.sort), kind="stable", na_position="first", ignore_index=True)
    return result


def _is_sorted(frame: pd.DataFrame, table: Table) -> bool:
    return len(table.sort) == 1 and bool(frame[table.sort[0]].is_monotonic_increasing)


def _typed(series: pd.Series, column: Column, table: str) -> pd.Series:
    if column.required and series.isna().any():
        raise SchemaError(f"{table}: column {column.name} has empty values")
    if column.kind == "string":
        return series.astype("str") if column.required else series.where(series.notna(), "").astype("str")
    if column.kind == "int":
        return series.astype("Int64")
    if column.kind == "float":
        return series.astype("float64")
    return series.astype("bool")
