"""From mentions to features, verdicts, evidence and candidates; no note is read again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

import pandas as pd

from critex import tables
from critex.criteria.judge import Judged, judge, status
from critex.criteria.trial import Trial
from critex.features.facts import Statement
from critex.features.patient import Patient
from critex.run.feature_table import Cells, feature_cells, feature_table


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
    ids = sorted(set(patient_ids))
    index_dates: list[str] = []
    cells: list[Cells] = []
    by_trial = [_TrialRows(t) for t in trials]
    silent: dict[Enrolment, tuple[Cells, list[list[Judged]]]] = {}
    for patient_id in ids:
        enrolment = enrolments.get(patient_id, Enrolment(None))
        said = statements.get(patient_id, ())
        known = silent.get(enrolment) if not said else None
        if known is None:
            patient = Patient(patient_id, said, enrolment.index_date, enrolment.sex, enrolment.birth_date)
            known = feature_cells(patient), [judge(t, patient, enrolment.index_is_proxy) for t in trials]
            if not said:  # patients of whom nothing is said differ only by what the patients file says of them
                silent[enrolment] = known
        index = enrolment.index_date.isoformat() if enrolment.index_date else ""
        index_dates.append(index)
        cells.append(known[0])
        for rows, judged in zip(by_trial, known[1], strict=True):
            rows.add(patient_id, index, judged)
    by_trial.sort(key=lambda rows: rows.trial.trial)
    return Judgement(
        feature_table(ids, index_dates, cells),
        tables.of_ordered_columns(_columns(by_trial), tables.VERDICT),
        tables.of_rows([r for rows in by_trial for r in rows.evidence], tables.EVIDENCE),
        tables.of_rows([r for rows in by_trial for r in rows.candidates], tables.CANDIDATES),
    )


class _TrialRows:
    """Rows of one trial, of patients in order. Verdicts are kept as columns: there are as many as patients times criteria."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self._ids = [c.id for c in trial.criteria]
        self._in_order = sorted(range(len(self._ids)), key=self._ids.__getitem__)
        self._criteria = [trial.criteria[i] for i in self._in_order]
        self.verdicts: list[list[Any]] = [[] for _ in tables.VERDICT.columns]
        self.evidence: list[tuple[Any, ...]] = []
        self.candidates: list[tuple[Any, ...]] = []

    def add(self, patient_id: str, index_date: str, judged: list[Judged]) -> None:
        """Add a patient, given the verdicts in the trial's order."""
        trial = self.trial.trial
        verdicts = [j.verdict for j in judged]
        for j in judged:
            if j.supports or j.contradicts:
                self.evidence.extend(_evidence(trial, patient_id, j))
        ordered = [judged[i] for i in self._in_order]
        cells: tuple[list[Any], ...] = (
            [trial] * len(ordered),
            [patient_id] * len(ordered),
            [c.id for c in self._criteria],
            [c.parent for c in self._criteria],
            [j.verdict for j in ordered],
            [j.reason for j in ordered],
            [j.needs_review for j in ordered],
            [j.review_why for j in ordered],
            [j.confidence for j in ordered],
        )
        for column, more in zip(self.verdicts, cells, strict=True):
            column += more
        failed, unknown = ([i for i, v in zip(self._ids, verdicts, strict=True) if v == w] for w in ("fail", "unknown"))
        self.candidates.append(
            (
                trial, patient_id, index_date, status(self.trial, judged), verdicts.count("pass"), len(failed), len(unknown),
                " ".join(failed), " ".join(unknown),
            )
        )  # fmt: skip


def _columns(by_trial: list[_TrialRows]) -> list[list[Any]]:
    """Columns of the verdicts of all trials, one below the other."""
    return [list(chain.from_iterable(rows.verdicts[i] for rows in by_trial)) for i in range(len(tables.VERDICT.columns))]  # fmt: skip


def _evidence(trial: str, patient_id: str, j: Judged) -> list[tuple[Any, ...]]:
    found = [(trial, patient_id, j.criterion.id, s.note_id, s.start, s.end, s.text, "supports") for s in j.supports]
    found.extend(
        (trial, patient_id, j.criterion.id, s.note_id, s.start, s.end, s.text, "contradicts") for s in j.contradicts
    )
    return found
