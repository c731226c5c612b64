"""What the cohort page shows, as plain objects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from critex import tables
from critex.cohort.analysis import Ask, Attrition, VerdictMatrix, asks, attrition, verdict_matrix
from critex.cohort.charts import KEPT, OPEN, REMOVED, Bar, Bins, bars_svg, binned, histogram_svg
from critex.cohort.gaps import Gaps, gaps_of
from critex.cohort.labseries import LABELS, WORDS, LabLimits, lab_limits
from critex.cohort.patients import patients_of
from critex.cohort.policies import Conflict, conflicts
from critex.criteria.trial import Trial
from critex.features.facts import Statement
from critex.features.limits import upper_limit
from critex.features.patient import Patient
from critex.run.store import read_table

MAX_CONFLICTS = 60
MAX_PATIENTS_NAMED = 40
AROUND = 70
"""Characters shown before and after a contradicting statement."""


@dataclass(frozen=True)
class Excerpt:
    """A statement in a few words around it."""

    note_id: str
    note_date: str
    note_type: str
    before: str
    text: str
    after: str
    role: str


@dataclass(frozen=True)
class ConflictView:
    """One conflict, with both sides in words."""

    conflict: Conflict
    excerpts: list[Excerpt]


@dataclass
class LabHistogram:
    """Values of one laboratory feature over the patients, on their index dates."""

    limits: LabLimits
    values: list[float] = field(default_factory=list)
    met: list[bool] = field(default_factory=list)
    without: int = 0
    """Patients without a value in the window."""

    @property
    def by_uln(self) -> bool:
        """Whether values are multiples of the upper limit of normal."""
        return self.limits.passes[0].uln

    @property
    def unit(self) -> str:
        """Unit of the values shown."""
        return "multiples of the ULN" if self.by_uln else self.limits.unit

    @property
    def words(self) -> str:
        """The limits."""
        return ", ".join(
            f"{WORDS.get(c.sign, c.sign)} {c.limit:.4g}{' × ULN' if c.uln else ''}" for c in self.limits.passes
        )

    @property
    def bins(self) -> Bins | None:
        """Bins around the first limit; ``None`` without a value."""
        first = self.limits.passes[0]
        return binned(self.values, self.met, first.limit, at_most=first.sign == "<=") if self.values else None

    @property
    def svg(self) -> Markup:
        """The histogram."""
        bins = self.bins
        assert bins is not None  # noqa: S101 - the page asks only where there are values
        lines = [(c.limit, f"{WORDS.get(c.sign, c.sign)} {c.limit:.4g}") for c in self.limits.passes]
        return histogram_svg(bins, lines, title=self.limits.meaning, unit=self.unit)


@dataclass(frozen=True)
class CohortView:
    """One trial over all patients of a folder."""

    trial: Trial
    patients: int
    status: dict[str, int]
    attrition: list[Attrition]
    asks: list[Ask]
    labs: list[LabHistogram]
    conflicts: list[ConflictView]
    conflicts_hidden: int
    soon: list[dict[str, str]]
    """Candidates by the day until which they qualify, where `critex calendar` was run."""
    gaps: dict[str, Gaps] = field(default_factory=dict)
    """Unknown rates by kind of note and by source, where patients differ in them."""
    named: int = MAX_PATIENTS_NAMED

    @property
    def attrition_svg(self) -> Markup:
        """Patients left and removed, criterion by criterion."""
        rows = [
            Bar(a.criterion.id, ((a.left, KEPT), (a.removed, REMOVED)), f"{a.left:,}" + (f" (−{a.removed:,})" if a.removed else ""))
            for a in self.attrition
        ]  # fmt: skip
        return bars_svg(rows, self.patients, title="Patients left after each criterion, in the trial's order")

    @property
    def unknown_svg(self) -> Markup:
        """Share of patients whose notes do not decide a criterion."""
        rows = [
            Bar(a.criterion.id, ((a.unknown, OPEN),), f"{a.unknown:,} ({100 * a.unknown / max(self.patients, 1):.0f} %)")
            for a in self.unknown_rates
            if a.unknown
        ]  # fmt: skip
        return bars_svg(rows, self.patients, title="Patients whose notes do not decide a criterion")

    @property
    def unknown_rates(self) -> list[Attrition]:
        """Criteria that a note could decide, the least known first."""
        return sorted((a for a in self.attrition if not a.criterion.investigator), key=lambda a: -a.unknown)


def cohort_view(out: Path, trial: Trial) -> CohortView:
    """Everything that the cohort page shows of one trial.

    Parameters
    ----------
    out : Path
        A folder that ``critex run`` wrote.
    trial : Trial

    Raises
    ------
    CritexError
        If the folder holds no run.
    """
    verdicts, candidates = read_table("verdicts", out), read_table("candidates", out)
    matrix = verdict_matrix(trial, verdicts)
    statuses = candidates.loc[candidates["trial"] == trial.trial, "status"].value_counts()
    found, hidden = _conflicts(out, trial)
    return CohortView(
        trial,
        len(matrix.patients),
        {s: int(statuses.get(s, 0)) for s in tables.STATUSES},
        attrition(matrix),
        asks(trial, matrix, verdicts),
        lab_histograms(out, trial),
        found,
        hidden,
        _soon(out, trial, matrix),
        gaps_of(out, matrix),
    )


def lab_histograms(out: Path, trial: Trial) -> list[LabHistogram]:
    """Latest values in the window on each patient's index date; values with a limit in ULN as multiples of it."""
    found = [LabHistogram(x) for x in lab_limits(trial)]
    for enrolled in patients_of(out, labels=LABELS):
        for histogram in found:
            _add(histogram, enrolled.patient)
    return [h for h in found if h.values]


def _add(histogram: LabHistogram, patient: Patient) -> None:
    limits = histogram.limits
    if patient.index_date is None or limits.window is None:
        histogram.without += 1
        return
    facts = patient.facts_in_window(limits.feature, limits.window.first_day(patient.index_date), patient.index_date)
    number = facts[-1].number if facts else None
    if number is None:
        histogram.without += 1
        return
    first = limits.passes[0]
    if first.uln:
        normal = upper_limit(facts[-1], patient)
        if normal is None:
            histogram.without += 1
            return
        number = number / normal.value
    histogram.values.append(number)
    histogram.met.append(first.of(facts[-1], patient)[0] is True)


def _conflicts(out: Path, trial: Trial) -> tuple[list[ConflictView], int]:
    evidence = read_table("evidence", out)
    mine = evidence[(evidence["trial"] == trial.trial) & (evidence["role"] == "contradicts")]
    pairs = list(mine.groupby(["patient_id", "criterion"], sort=True).size().index)
    wanted: dict[str, list[str]] = defaultdict(list)
    for patient, criterion in pairs[:MAX_CONFLICTS]:
        wanted[patient].append(criterion)
    if not wanted:
        return [], 0
    known = {c.id: c for c in trial.criteria}
    found = [
        c
        for enrolled in patients_of(out, list(wanted))
        for c in conflicts([known[x] for x in wanted[enrolled.patient.patient_id] if x in known], enrolled.patient)
    ]
    texts = note_texts(out, {s.note_id for c in found for s in (*c.judged.supports, *c.judged.contradicts)})
    return [ConflictView(c, excerpts(c, texts)) for c in found], max(0, len(pairs) - MAX_CONFLICTS)


def note_texts(out: Path, note_ids: set[str]) -> dict[str, str]:
    """Text of some notes of a folder."""
    path = out / "notes.parquet"
    if path.exists():
        rows = pd.read_parquet(path, columns=["note_id", "text"], filters=[("note_id", "in", sorted(note_ids))]) if note_ids else pd.DataFrame({"note_id": [], "text": []})  # fmt: skip
    else:
        rows = read_table("notes", out)
        rows = rows[rows["note_id"].isin(note_ids)]
    return dict(zip(rows["note_id"].astype("str"), rows["text"].astype("str"), strict=True))


def excerpts(conflict: Conflict, texts: dict[str, str]) -> list[Excerpt]:
    """Both sides of a conflict with some words around each statement, in order of the notes' dates."""
    judged = conflict.judged
    sides: Sequence[tuple[Statement, str]] = [(s, "supports") for s in judged.supports] + [(s, "contradicts") for s in judged.contradicts]  # fmt: skip
    out = []
    for s, role in sorted(sides, key=lambda x: (x[0].note_date.isoformat() if x[0].note_date else "", x[0].note_id, x[0].start)):  # fmt: skip
        text = texts.get(s.note_id, "")
        before, after = text[max(0, s.start - AROUND) : s.start], text[s.end : s.end + AROUND]
        out.append(
            Excerpt(
                s.note_id, s.note_date.isoformat() if s.note_date else "undated", s.note_type, ("…" if s.start > AROUND else "") + before, s.text,
                after + ("…" if len(text) > s.end + AROUND else ""), role,
            )
        )  # fmt: skip
    return out


def _soon(out: Path, trial: Trial, matrix: VerdictMatrix) -> list[dict[str, str]]:
    if not any((out / f"calendar_status.{form}").exists() for form in ("parquet", "csv", "jsonl")):
        return []
    rows = read_table("calendar_status", out)
    rows = rows[(rows["trial"] == trial.trial) & rows["at_index"] & (rows["status"] == "candidate")]
    rows = rows[rows["patient_id"].isin(set(matrix.patients))].sort_values(["valid_to", "patient_id"], kind="stable")
    return [
        {k: str(r[k]) for k in ("patient_id", "valid_from", "valid_to", "first_out", "first_out_why")} | {"open": "yes" if r["open_end"] else ""}
        for r in tables.records(rows)
    ]  # fmt: skip
