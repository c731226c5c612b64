"""What a page shows, as plain objects: patients with their criteria, notes and highlights."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from critex.cohort.labseries import LABELS, LabSeries, lab_limits, lab_series
from critex.criteria.trial import Trial
from critex.features.patient import Patient
from critex.report.highlight import Mark, Piece, pieces
from critex.run.statements import day, statements_by_patient
from critex.tables import records

ORDER = {"candidate": 0, "possible": 1, "ineligible": 2}
ICONS = {"pass": "✓", "fail": "✕", "unknown": "?"}


@dataclass(frozen=True)
class CriterionView:
    """One criterion of one patient."""

    id: str
    says: str
    kind: str
    verdict: str
    reason: str
    needs_review: bool
    review_why: str
    confidence: float
    n_evidence: int

    @property
    def icon(self) -> str:
        """A sign that does not rest on colour."""
        return ICONS[self.verdict]


@dataclass(frozen=True)
class NoteView:
    """One note, cut into highlighted pieces."""

    id: str
    date: str
    type: str
    pieces: list[Piece]


@dataclass(frozen=True)
class PatientView:
    """One patient as one trial sees them."""

    id: str
    index_date: str
    status: str
    n_pass: int
    n_fail: int
    n_unknown: int
    failed: list[str]
    unknown: list[str]
    criteria: list[CriterionView]
    notes: list[NoteView] = field(default_factory=list)
    labs: list[LabSeries] = field(default_factory=list)


@dataclass(frozen=True)
class CriterionCount:
    """How a criterion fell out over all patients."""

    id: str
    says: str
    n_pass: int
    n_fail: int
    n_unknown: int


@dataclass(frozen=True)
class TrialView:
    """One trial over all patients."""

    id: str
    title: str
    counts: dict[str, int]
    criteria: list[CriterionCount]
    n_shown: int
    """Patients that the page shows."""

    @property
    def hidden(self) -> int:
        """Patients that it does not show."""
        return sum(self.counts.values()) - self.n_shown


def mention_title(row: Mapping[Any, Any]) -> str:
    """Words for the tooltip of a mention."""
    bits = [str(row["label"]).lower().replace("_", " ")]
    if row.get("value"):
        bits.append(str(row["value"]).replace("_", " "))
    if row.get("result"):
        bits.append(str(row["result"]))
    if row.get("assertion") != "present":
        bits.append(str(row["assertion"]))
    if row.get("temporality") == "past":
        bits.append("past")
    if row.get("date"):
        bits.append(str(row["date"]))
    return ", ".join(bits)


def note_views(notes: pd.DataFrame, mentions: pd.DataFrame, evidence: pd.DataFrame) -> dict[str, list[NoteView]]:
    """Notes of each patient in order of date, with their highlights.

    Parameters
    ----------
    notes, mentions, evidence : DataFrame
        Rows of the patients to show; ``evidence`` of one trial.
    """
    marks: dict[str, list[Mark]] = defaultdict(list)
    columns = [
        "note_id",
        "start",
        "end",
        "label",
        "value",
        "result",
        "assertion",
        "temporality",
        "date",
        "cue_start",
        "cue_end",
    ]
    for row in records(mentions[columns]):
        marks[row["note_id"]].append(
            Mark(int(row["start"]), int(row["end"]), "mention", row["label"], mention_title(row))
        )
        if not pd.isna(row["cue_start"]):
            marks[row["note_id"]].append(
                Mark(int(row["cue_start"]), int(row["cue_end"]), "cue", row["assertion"], f"cue: {row['assertion']}")
            )
    for row in records(evidence[["note_id", "start", "end", "criterion"]]):
        marks[row["note_id"]].append(Mark(int(row["start"]), int(row["end"]), "evidence", row["criterion"]))
    out: dict[str, list[NoteView]] = defaultdict(list)
    for row in records(notes.sort_values(["patient_id", "note_date", "note_id"], kind="stable")):
        view = NoteView(
            row["note_id"], row["note_date"], row["note_type"], pieces(row["text"], marks.get(row["note_id"], ()))
        )
        out[row["patient_id"]].append(view)
    return out


def page_order(candidates: pd.DataFrame) -> pd.DataFrame:
    """Rows of candidates of one trial in the order in which a page shows them: candidates first."""
    order = candidates.assign(order=candidates["status"].map(ORDER))
    return order.sort_values(["order", "n_unknown", "patient_id"], kind="stable").drop(columns="order")


def trial_view(trial: Trial, tally: Mapping[tuple[str, str, str], int], status: Mapping[tuple[str, str], int], n_shown: int) -> TrialView:  # fmt: skip
    """What a page says of one trial over all patients.

    Parameters
    ----------
    trial : Trial
    tally : mapping
        Number of patients by trial, criterion and verdict.
    status : mapping
        Number of patients by trial and status.
    n_shown : int
        Patients that the page shows.
    """
    counts = [
        CriterionCount(c.id, c.says, *(int(tally.get((trial.trial, c.id, v), 0)) for v in ("pass", "fail", "unknown")))
        for c in trial.criteria
    ]
    return TrialView(trial.trial, trial.title, {s: int(status.get((trial.trial, s), 0)) for s in ORDER}, counts, n_shown)  # fmt: skip


def patient_views(
    trial: Trial, shown: pd.DataFrame, notes: pd.DataFrame, mentions: pd.DataFrame, verdicts: pd.DataFrame, evidence: pd.DataFrame,
    sexes: Mapping[str, str] | None = None,
) -> list[PatientView]:  # fmt: skip
    """Patients as one trial sees them.

    Parameters
    ----------
    trial : Trial
    shown : DataFrame
        Rows of candidates of this trial, in the order of the page.
    notes, mentions, verdicts, evidence : DataFrame
        Rows of these patients, and any others.
    sexes : mapping of str to str, optional
        Those of the patients file, for limits that depend on sex.
    """
    ids = set(shown["patient_id"])
    verdicts = verdicts[(verdicts["trial"] == trial.trial) & verdicts["patient_id"].isin(ids)]
    evidence = evidence[(evidence["trial"] == trial.trial) & evidence["patient_id"].isin(ids)]
    texts = note_views(notes[notes["patient_id"].isin(ids)], mentions[mentions["patient_id"].isin(ids)], evidence)
    labs = _labs(trial, shown, notes, mentions, sexes or {})
    n_evidence = evidence.groupby(["patient_id", "criterion"]).size().to_dict()
    by_patient: dict[str, dict[str, dict[Any, Any]]] = defaultdict(dict)
    for row in records(verdicts):
        by_patient[row["patient_id"]][row["criterion"]] = row
    patients = []
    for row in records(shown):
        pid = row["patient_id"]
        criteria = []
        for c in trial.criteria:
            v = by_patient[pid][c.id]
            criteria.append(
                CriterionView(
                    c.id, c.says, c.kind, str(v["verdict"]), str(v["reason"]), bool(v["needs_review"]), str(v["review_why"]), float(str(v["confidence"])),
                    int(n_evidence.get((pid, c.id), 0)),
                )
            )  # fmt: skip
        patients.append(
            PatientView(
                pid, row["index_date"], row["status"], int(row["n_pass"]), int(row["n_fail"]), int(row["n_unknown"]), row["failed"].split(), row["unknown"].split(),
                criteria, texts.get(pid, []), labs.get(pid, []),
            )
        )  # fmt: skip
    return patients


def _labs(
    trial: Trial, shown: pd.DataFrame, notes: pd.DataFrame, mentions: pd.DataFrame, sexes: Mapping[str, str]
) -> dict[str, list[LabSeries]]:
    """Series of laboratory values of the patients shown, on their index dates."""
    limits = lab_limits(trial)
    mine = mentions[mentions["label"].isin(LABELS) & mentions["patient_id"].isin(set(shown["patient_id"]))]
    said = statements_by_patient(mine, notes) if limits else {}
    out = {}
    for pid, index in zip(shown["patient_id"], shown["index_date"], strict=True):
        if pid in said:
            sex = str(sexes.get(pid, "")).strip().upper()[:1]
            out[pid] = lab_series(Patient(pid, said[pid], day(index), sex if sex in ("M", "F") else None), limits)
    return out
