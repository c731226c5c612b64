"""An output folder as the page reads it: the rows of one patient out of tables of any size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from critex import tables
from critex.cohort.patients import run_record
from critex.criteria.trial import Trial, load_trial, trial_path
from critex.errors import CritexError, TrialError
from critex.run.judge_patients import Enrolment, judge_patients
from critex.run.local import enrolments
from critex.run.statements import statements_by_patient
from critex.run.store import read_table, typed, write_table

NEEDED = ("notes", "mentions", "verdicts", "evidence", "candidates")
COPIES = "review-tables"


@dataclass(frozen=True)
class PatientTables:
    """Rows of one patient: notes, mentions, and verdicts and evidence of one trial."""

    patient_id: str
    notes: pd.DataFrame
    mentions: pd.DataFrame
    verdicts: pd.DataFrame
    evidence: pd.DataFrame
    candidate: dict[str, Any]


@dataclass(frozen=True)
class _Rows:
    """Rows of a table of any size, by a condition."""

    source: ds.Dataset
    schema: pa.Schema
    """Types of the columns as written."""

    def where(self, wanted: ds.Expression, columns: list[str] | None = None) -> pd.DataFrame:
        """Rows for which a condition holds, in order."""
        columns = columns or self.schema.names
        found = self.source.to_table(columns=columns, filter=wanted)
        return found.cast(pa.schema([self.schema.field(c) for c in columns])).to_pandas()


class ReviewFolder:
    """A folder that ``critex run`` wrote.

    Parameters
    ----------
    out : Path
    trial_files : sequence of str
        Definitions of trials that are not shipped.

    Raises
    ------
    CritexError
        If a table or the definition of a trial is missing.
    """

    def __init__(self, out: Path, trial_files: tuple[str, ...] = ()) -> None:
        self.out = out.resolve()
        for name in NEEDED:
            if not any((self.out / f"{name}.{form}").is_file() for form in ("parquet", "csv", "jsonl")):
                raise CritexError(f"{out}: no table {name}. Name a folder that `critex run` wrote.")
        self.run = run_record(self.out)
        self.candidates = read_table("candidates", self.out)
        places = zip(self.candidates["trial"], self.candidates["patient_id"], strict=True)
        self._place = {place: i for i, place in enumerate(places)}
        self._index_dates: list[str] = self.candidates["index_date"].tolist()
        given = {t.trial: t for t in map(load_trial, trial_files)}
        self.trial_files = {load_trial(f).trial: trial_path(f) for f in trial_files}
        self.trials: list[Trial] = []
        self.remarks: list[str] = []
        for name in dict.fromkeys(self.candidates["trial"]):
            try:
                trial = given.get(name) or load_trial(name)
            except TrialError:
                raise CritexError(
                    f"{out}: trial {name} is not one that is shipped. Name its file with --trial."
                ) from None
            self.trials.append(trial)
            digest = self.run.get("trials", {}).get(name, {}).get("hash")
            if digest and digest != trial.digest:
                self.remarks.append(
                    f"{name}: the trial definition has changed since the verdicts were made. Run critex screen to judge by the new one."
                )
        if not self.trials:
            raise CritexError(f"{out}: the run has no patients to review.")
        patients = self.out / "patients.csv"
        self._enrolled = pd.read_csv(patients, dtype=str, keep_default_na=False) if patients.is_file() else None
        if self._enrolled is not None and "patient_id" in self._enrolled:
            self._enrolled = self._enrolled.set_index("patient_id", drop=False)
        self._datasets = {n: self._dataset(n) for n in ("notes", "mentions", "verdicts", "evidence")}
        self.patient = lru_cache(maxsize=32)(self._patient)

    def trial(self, name: str | None) -> Trial:
        """The trial of an id, the first where none is named.

        Raises
        ------
        KeyError
            If the folder has no such trial.
        """
        if not name:
            return self.trials[0]
        for trial in self.trials:
            if trial.trial == name:
                return trial
        raise KeyError(name)

    def _dataset(self, name: str) -> _Rows:
        path = self.out / f"{name}.parquet"
        if not path.is_file():  # the rows of one patient are found fast in Parquet only
            source = next(self.out / f"{name}.{f}" for f in ("csv", "jsonl") if (self.out / f"{name}.{f}").is_file())
            path = self.out / ".critex" / COPIES / f"{name}.parquet"
            if not path.is_file() or path.stat().st_mtime_ns <= source.stat().st_mtime_ns:
                write_table(read_table(name, self.out), name, path.parent)
        # Words that stand in many rows are read as numbers, and only those of the patient's rows are looked up: a third of the time. The text of
        # a note, and what the rows are chosen by, are read as they are.
        schema = pq.read_schema(path)
        repeated = [f.name for f in schema if pa.types.is_large_string(f.type) or pa.types.is_string(f.type)]
        as_they_are = {"patient_id", "trial", *(["text"] if name == "notes" else [])}
        format_ = ds.ParquetFileFormat(dictionary_columns=[c for c in repeated if c not in as_they_are])
        return _Rows(ds.dataset(path, format=format_), schema.remove_metadata())

    def _rows(self, name: str, patient_id: str, trial: str | None = None) -> pd.DataFrame:
        wanted = ds.field("patient_id") == patient_id
        if trial is not None:
            wanted &= ds.field("trial") == trial
        frame = self._datasets[name].where(wanted)
        # A run writes its tables checked and in order: this is done again only where an earlier version wrote other columns.
        return typed(frame, name) if list(frame.columns) == tables.TABLES[name].names else tables.checked(frame, tables.TABLES[name])  # fmt: skip

    def verdict_columns(self, trial: str, columns: list[str]) -> pd.DataFrame:
        """Columns of the verdicts of all patients of one trial."""
        return self._datasets["verdicts"].where(ds.field("trial") == trial, columns)

    def evidence_of(self, trial: str, patients: list[str]) -> pd.DataFrame:
        """Evidence of some patients in one trial."""
        wanted = (ds.field("trial") == trial) & ds.field("patient_id").isin(patients)
        return self._datasets["evidence"].where(wanted)

    def _patient(self, trial: str, patient_id: str) -> PatientTables:
        row = self.candidates.iloc[self._place[(trial, patient_id)]]
        return PatientTables(
            patient_id,
            self._rows("notes", patient_id),
            self._rows("mentions", patient_id),
            self._rows("verdicts", patient_id, trial),
            self._rows("evidence", patient_id, trial),
            {str(k): v for k, v in row.to_dict().items()},
        )

    def index_date(self, trial: str, patient_id: str) -> str:
        """Index date of the run for a patient, ISO or empty; empty too where the run no longer has the patient."""
        place = self._place.get((trial, patient_id))
        return "" if place is None else self._index_dates[place]

    def enrolment(self, rows: PatientTables) -> Enrolment:
        """Index date, sex and birth date as the run took them."""
        known = None
        if self._enrolled is not None and rows.patient_id in self._enrolled.index:
            known = self._enrolled.loc[[rows.patient_id]]
        found = enrolments(rows.notes, known, self.run.get("options", {}).get("index_date"))
        return found.get(rows.patient_id, Enrolment(None))

    def on_index_date(self, trial: Trial, rows: PatientTables, index_date: date) -> PatientTables:
        """Rows of one patient with the verdicts of another index date, from the same mentions; no note is read again."""
        base = self.enrolment(rows)
        enrolment = Enrolment(index_date, False, base.sex, base.birth_date)
        said = statements_by_patient(rows.mentions, rows.notes)
        judged = judge_patients([rows.patient_id], said, {rows.patient_id: enrolment}, [trial])
        candidate = {**rows.candidate, "index_date": index_date.isoformat()}
        return replace(rows, verdicts=judged.verdicts, evidence=judged.evidence, candidate=candidate)
