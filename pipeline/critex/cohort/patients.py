"""Patients of an output folder, one after the other: their statements, and what the patients file says of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from critex import tables
from critex.cohort.moving import MovingPatient
from critex.criteria.trial import Trial, load_trial
from critex.errors import CritexError, TrialError
from critex.run.judge_patients import Enrolment
from critex.run.local import enrolments
from critex.run.statements import day, statements_by_patient
from critex.run.store import read_table

AT_ONCE = 500
"""Patients whose mentions are held in memory at a time."""
ABOUT_NOTES = ["note_id", "patient_id", "note_date", "note_type"]


@dataclass(frozen=True)
class Enrolled:
    """A patient with what is known of the index date."""

    patient: MovingPatient
    enrolment: Enrolment


def run_record(out: Path) -> dict[str, Any]:
    """``run.json`` of an output folder; empty where there is none."""
    path = out / "run.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError:
        raise CritexError(f"{path}: not JSON. Run `critex screen` on the folder to write it again.") from None
    return found if isinstance(found, dict) else {}


def trials_of(out: Path, names: list[str] | None) -> list[Trial]:
    """Trials named, else those that the folder was judged by.

    Raises
    ------
    CritexError
        Where a trial of the folder is not shipped and no file is named for it.
    """
    if names:
        return [load_trial(n) for n in names]
    known = sorted(run_record(out).get("trials", {})) or sorted(set(read_table("candidates", out)["trial"]))
    try:
        return [load_trial(n) for n in known]
    except TrialError as error:
        raise CritexError(f"{error} Name the file that the folder was judged by with --trial.") from None


@dataclass(frozen=True)
class Batch:
    """Some patients in order, for whoever makes their statements, here or in another process."""

    out: Path
    notes: pd.DataFrame
    """Their notes without the texts."""
    enrolments: dict[str, Enrolment]
    """By identifier, in order."""
    mentions: pd.DataFrame | None
    """Their mentions, where the table is not Parquet and was read whole."""

    def patients(self, labels: Collection[str] | None = None) -> Iterator[Enrolled]:
        """The patients with their statements, or only those of some labels."""
        ids = list(self.enrolments)
        mentions = _mentions(self.out, ids) if self.mentions is None else self.mentions
        if labels is not None:
            mentions = mentions[mentions["label"].isin(set(labels))]
        statements = statements_by_patient(mentions, self.notes)
        for i, e in self.enrolments.items():
            yield Enrolled(MovingPatient(i, statements.get(i, ()), e.index_date, e.sex, e.birth_date), e)


def patients_of(
    out: Path, only: Collection[str] | None = None, labels: Collection[str] | None = None
) -> Iterator[Enrolled]:
    """Patients in order of their identifiers, a few hundred in memory at a time.

    Parameters
    ----------
    out : Path
        A folder that ``critex run`` wrote.
    only : collection of str, optional
        Identifiers of the patients wanted.
    labels : collection of str, optional
        Labels of the statements wanted.

    Raises
    ------
    CritexError
        If the folder holds no run, or a patient in ``only`` is not in it.
    """
    for batch in batches_of(out, only):
        yield from batch.patients(labels)


def batches_of(out: Path, only: Collection[str] | None = None, at_once: int = AT_ONCE) -> Iterator[Batch]:
    """Patients in order of their identifiers, in batches.

    Parameters
    ----------
    out : Path
        A folder that ``critex run`` wrote.
    only : collection of str, optional
        Identifiers of the patients wanted.
    at_once : int
        Patients a batch.

    Raises
    ------
    CritexError
        If the folder holds no run, or a patient in ``only`` is not in it.
    """
    notes = _notes(out)
    if only is not None:
        missing = sorted(set(only) - set(notes["patient_id"]))
        if missing:
            raise CritexError(f"{out}: no patient {missing[0]}. candidates.csv lists the patients of the folder.")
        notes = notes[notes["patient_id"].isin(set(only))]
    known = enrolments(notes, _patients_file(out), day(run_record(out).get("options", {}).get("index_date")))
    whole = None if (out / "mentions.parquet").exists() else read_table("mentions", out)
    by_patient = {str(i): rows for i, rows in notes.groupby("patient_id", sort=True)}
    for ids in _cut(sorted(by_patient), at_once):
        mine = None if whole is None else whole[whole["patient_id"].isin(set(ids))]
        yield Batch(out, pd.concat([by_patient[i] for i in ids]), {i: known[i] for i in ids}, mine)


def rows_of(name: str, out: Path, patient_id: str) -> pd.DataFrame:
    """Rows of one patient of a table of the folder; a Parquet file is not read whole.

    Raises
    ------
    CritexError
        If the folder has no such table.
    """
    path = out / f"{name}.parquet"
    if path.exists():
        found = pq.read_table(path, filters=[("patient_id", "=", patient_id)]).to_pandas()
        return tables.checked(found, tables.TABLES[name])
    whole = read_table(name, out)
    return whole[whole["patient_id"] == patient_id].reset_index(drop=True)


def _cut(ids: list[str], size: int) -> Iterator[list[str]]:
    for at in range(0, len(ids), size):
        yield ids[at : at + size]


def _notes(out: Path) -> pd.DataFrame:
    path = out / "notes.parquet"
    if path.exists():
        return pd.read_parquet(path, columns=ABOUT_NOTES).astype("str")
    return read_table("notes", out)[ABOUT_NOTES]


def _mentions(out: Path, ids: list[str]) -> pd.DataFrame:
    wanted = [[("patient_id", ">=", ids[0]), ("patient_id", "<=", ids[-1])]]
    found = pq.read_table(out / "mentions.parquet", filters=wanted).to_pandas()
    return tables.checked(found[found["patient_id"].isin(set(ids))], tables.MENTIONS)


def _patients_file(out: Path) -> pd.DataFrame | None:
    path = out / "patients.csv"
    return pd.read_csv(path, dtype=str, keep_default_na=False) if path.exists() else None
