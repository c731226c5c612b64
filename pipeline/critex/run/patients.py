"""The patients file: who, and the day that windows count back from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from critex.errors import InputError
from critex.notes.encoding import encoding_of
from critex.notes.record import parse_note_date

DATES = ("index_date", "birth_date")


def read_patients(path: Path, date_order: str | None = None) -> pd.DataFrame:
    """Read a patients file (.csv, .tsv or .parquet).

    Returns
    -------
    DataFrame
        ``patient_id`` and, where given, ``index_date`` and ``birth_date`` (ISO) and ``sex``; all text.

    Raises
    ------
    InputError
        If the file cannot be read, ``patient_id`` is missing, a date is not a date, or a patient stands in it twice.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file.")
    if path.suffix.lower() in (".parquet", ".pq"):
        frame = pd.read_parquet(path).astype("str")
    else:
        try:
            frame = pd.read_csv(
                path,
                dtype=str,
                keep_default_na=False,
                sep="\t" if path.suffix.lower() == ".tsv" else ",",
                encoding=encoding_of(path),
            )
        except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            raise InputError(
                f"{path}: not a readable table: {type(error).__name__}. It needs a line of column names and a row a patient."
            ) from None
    frame.columns = [str(c).strip() for c in frame.columns]
    if "patient_id" not in frame.columns:
        raise InputError(f"{path}: no column patient_id. Columns: {', '.join(frame.columns)}.")
    doubled = frame["patient_id"][frame["patient_id"].duplicated()]
    if len(doubled):
        row = int(doubled.index[0]) + 2
        raise InputError(f"{path}:{row}, column patient_id: a patient that an earlier row has. Keep one row a patient.")
    for column in DATES:
        if column not in frame.columns:
            continue
        days = []
        for i, written in enumerate(frame[column]):
            when = parse_note_date(str(written), date_order) if str(written).strip() else None
            if when is None and str(written).strip():
                raise InputError(f"{path}:{i + 2}, column {column}: not a date. Write YYYY-MM-DD, or set --date-order.")
            days.append(when.isoformat() if when else "")
        frame[column] = days
    return frame
