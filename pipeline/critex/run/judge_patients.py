"""From mentions to features, verdicts, evidence and candidates; no note is read again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import pandas as pd

from critex import tables
from critex.criteria.judge import Judged, judge, leading, status
from critex.criteria.trial import Trial
from critex.features.facts import Statement
from critex.features.patient import Patient
from critex.features.spec import Feature, load_features


@dataclass(frozen=True)
class Enrolment:
    """What the patients file says of one patient; ``index_is_proxy`` where the index date was taken from the last note."""

    index_date: date | None
    index_is_proxy: bool = False
    sex: str | None = None
    birth_date: date | None = None


@dataclass(frozen=True)
class Judgement:
    """Tables that follow from the mentions."""

    features: pd.DataFrame
    verdicts: pd.DataFrame
    evidence: pd.DataFrame
    candidates: pd.DataFrame


def column_of(name: str, spec: Feature) -> str:
    """Column of a feature in the feature table: its name, with the unit where it has one."""
    if spec.column:
        return spec.column
    unit = {"10^9/L": "1e9_l", "%": "pct", "mL/min/1.73 m2": "ml_min_173m2"}.get(
        spec.unit or "", re.sub(r"\W+", "_", (spec.unit or "").lower()).strip("_")
    )
    return f"{name}_{unit}" if unit and not name.endswith(f"_{unit}") else name


def feature_columns() -> list[str]:
    """Names of the feature table's columns after the fixed ones, in order."""
    out: list[str] = []
    for name, spec in load_features().items():
        base = column_of(name, spec)
        out.extend((base, f"{base}_date", f"{base}_note_id", f"{base}_start", f"{base}_end"))
    return out


def judge_patients(
    patient_ids: Iterable[str],
    statements: Mapping[str, list[Statement]],
    enrolments: Mapping[str, Enrolment],
    trials: list[Trial],
) -> Judgement:
    """Judge patients by one or more trials.

    Parameters
    ----------
    patient_ids : iterable of str
        Every patient of the run, also those without a mention.
    statements : mapping of str to list of Statement
    enrolments : mapping of str to Enrolment
    trials : list of Trial

    Returns
    -------
    Judgement
        Checked tables in their fixed order.
    """
    specs = load_features()
    feature_rows: list[dict[str, Any]] = []
    verdict_rows: list[tuple[Any, ...]] = []
    evidence_rows: list[tuple[Any, ...]] = []
    candidate_rows: list[tuple[Any, ...]] = []
    silent: dict[Enrolment, tuple[dict[str, Any], list[list[Judged]]]] = {}
    for patient_id in sorted(set(patient_ids)):
        enrolment = enrolments.get(patient_id, Enrolment(None))
        said = statements.get(patient_id, ())
        known = silent.get(enrolment) if not said else None
        if known is None:
            patient = Patient(patient_id, said, enrolment.index_date, enrolment.sex, enrolment.birth_date)
            known = _feature_row(patient, specs), [judge(t, patient, enrolment.index_is_proxy) for t in trials]
            if not said:  # patients of whom nothing is said differ only by what the patients file says of them
                silent[enrolment] = known
        index = enrolment.index_date.isoformat() if enrolment.index_date else ""
        feature_rows.append({"patient_id": patient_id, "index_date": index} | known[0])
        for trial, judged in zip(trials, known[1], strict=True):
            for j in judged:
                c = j.criterion
                verdict_rows.append(
                    (
                        trial.trial,
                        patient_id,
                        c.id,
                        c.parent,
                        j.verdict,
                        j.reason,
                        j.needs_review,
                        j.review_why,
                        j.confidence,
                    )
                )
                if j.supports or j.contradicts:
                    evidence_rows.extend(_evidence(trial.trial, patient_id, j))
            by = {v: [j.criterion.id for j in judged if j.verdict == v] for v in tables.VERDICTS}
            candidate_rows.append(
                (
                    trial.trial,
                    patient_id,
                    index,
                    status(trial, judged),
                    len(by["pass"]),
                    len(by["fail"]),
                    len(by["unknown"]),
                    " ".join(by["fail"]),
                    " ".join(by["unknown"]),
                )
            )
    return Judgement(
        tables.checked(_features_frame(feature_rows), tables.FEATURES),
        tables.of_rows(verdict_rows, tables.VERDICT),
        tables.of_rows(evidence_rows, tables.EVIDENCE),
        tables.of_rows(candidate_rows, tables.CANDIDATES),
    )


def _evidence(trial: str, patient_id: str, j: Judged) -> list[tuple[Any, ...]]:
    found = [(trial, patient_id, j.criterion.id, s.note_id, s.start, s.end, s.text, "supports") for s in j.supports]
    found.extend(
        (trial, patient_id, j.criterion.id, s.note_id, s.start, s.end, s.text, "contradicts") for s in j.contradicts
    )
    return found


def _feature_row(patient: Patient, specs: dict[str, Feature]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, spec in specs.items():
        if not patient.may_say(name):
            continue
        facts = patient.facts(name)
        fact = leading(facts)
        if fact is None:
            continue
        base = column_of(name, spec)
        row[base] = fact.number if spec.unit is not None and fact.number is not None else fact.state
        row[f"{base}_date"] = fact.when.iso if fact.when else ""
        if fact.statements:
            s = fact.statements[0]
            row[f"{base}_note_id"], row[f"{base}_start"], row[f"{base}_end"] = s.note_id, s.start, s.end
    return row


@cache
def _feature_kinds() -> dict[str, tables.Kind]:
    """Type of every column of the feature table after the fixed ones."""
    numeric = {column_of(n, s) for n, s in load_features().items() if s.unit is not None}
    return {
        c: "float" if c in numeric else "int" if c.endswith(("_start", "_end")) else "string" for c in feature_columns()
    }


def _features_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    columns: dict[str, tuple[tables.Kind, list[Any]]] = {
        name: ("string", [r[name] for r in rows]) for name in ("patient_id", "index_date")
    }
    said = {c for r in rows for c in r}
    nothing: dict[tables.Kind, list[Any]] = {
        "string": [""] * len(rows), "int": [None] * len(rows), "float": [None] * len(rows)
    }  # fmt: skip
    for column, kind in _feature_kinds().items():
        if column not in said:
            values = nothing[kind]
        elif kind == "string":
            values = ["" if (v := r.get(column)) is None else str(v) for r in rows]
        elif kind == "float":
            values = [v if isinstance(v := r.get(column), int | float) else None for r in rows]
        else:
            values = [r.get(column) for r in rows]
        columns[column] = (kind, values)
    return tables.of_columns(columns)
