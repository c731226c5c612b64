"""What the verdicts of many patients say together: who is removed by what, what is not known, and what to ask for next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from critex.criteria.trial import Criterion, Trial

PASS, FAIL, UNKNOWN = 0, 1, 2
_CODES = {"pass": PASS, "fail": FAIL, "unknown": UNKNOWN}


@dataclass(frozen=True)
class VerdictMatrix:
    """Verdicts of one trial, a row a patient and a column a criterion."""

    patients: list[str]
    criteria: tuple[Criterion, ...]
    codes: npt.NDArray[np.int8]
    """:data:`PASS`, :data:`FAIL` or :data:`UNKNOWN`; shape (patients, criteria)."""

    @property
    def ruled_out(self) -> npt.NDArray[np.bool_]:
        """Whether a patient fails anything."""
        found: npt.NDArray[np.bool_] = (self.codes == FAIL).any(axis=1)
        return found


def verdict_matrix(trial: Trial, verdicts: pd.DataFrame) -> VerdictMatrix:
    """Matrix of the verdicts of one trial.

    Parameters
    ----------
    trial : Trial
    verdicts : DataFrame
        The verdicts table; rows of other trials are left out. A criterion that a patient has no row of is unknown.
    """
    mine = verdicts[verdicts["trial"] == trial.trial]
    rows = pd.Categorical(mine["patient_id"])
    columns = pd.Categorical(mine["criterion"], categories=[c.id for c in trial.criteria])
    codes = np.full((len(rows.categories), len(trial.criteria)), UNKNOWN, dtype=np.int8)
    known = columns.codes >= 0
    codes[rows.codes[known], columns.codes[known]] = mine["verdict"].map(_CODES).to_numpy(dtype=np.int8)[known]
    return VerdictMatrix([str(p) for p in rows.categories], tuple(trial.criteria), codes)


@dataclass(frozen=True)
class Attrition:
    """How many patients one criterion removes."""

    criterion: Criterion
    failed: int
    """Patients who fail it."""
    removed: int
    """Patients who fail it and none of the criteria before it."""
    left: int
    """Patients who fail neither it nor any criterion before it."""
    alone: int
    """Patients who fail nothing else: they would not be ruled out without it."""
    unknown: int
    """Patients whose notes do not decide it."""


def attrition(matrix: VerdictMatrix) -> list[Attrition]:
    """Patients removed by each criterion, in the trial's order (sequential), and by it alone."""
    fails = matrix.codes == FAIL
    left = np.ones(len(matrix.patients), dtype=bool)
    single = fails.sum(axis=1) == 1
    out = []
    for i, criterion in enumerate(matrix.criteria):
        removed = left & fails[:, i]
        left = left & ~fails[:, i]
        out.append(
            Attrition(
                criterion, int(fails[:, i].sum()), int(removed.sum()), int(left.sum()), int((single & fails[:, i]).sum()),
                int((matrix.codes[:, i] == UNKNOWN).sum()),
            )
        )  # fmt: skip
    return out


@dataclass(frozen=True)
class Ask:
    """A fact that is missing, and what it would settle."""

    fact: str
    criteria: tuple[str, ...]
    unknown: int
    """Patients in whom a criterion that needs it is unknown."""
    standing: int
    """Those of them who fail nothing, so that it matters."""
    decides: int
    """Those of them in whom nothing else is open: with the fact they are candidates or ineligible."""
    together: int
    """Patients decided once this fact and all those listed before it are known."""
    patients: tuple[str, ...]
    """The standing ones; those whom it decides first."""
    said: tuple[tuple[str, int], ...]
    """What the notes do say, with the number of standing patients."""


def asks(trial: Trial, matrix: VerdictMatrix, verdicts: pd.DataFrame) -> list[Ask]:
    """Missing facts, ranked by how many patients they decide alone, then by how near they bring the others to a decision.

    Near is the share of a fact among all that is open in a patient, summed over patients: one of two missing facts counts a half. Criteria of a later phase, and the investigator's own, are not asked for. One fact may serve several criteria.
    """
    open_now = (matrix.codes == UNKNOWN) & np.array([not trial.may_wait(c) for c in matrix.criteria])
    standing = ~matrix.ruled_out
    by_fact: dict[str, list[int]] = {}
    for i, c in enumerate(matrix.criteria):
        if not trial.may_wait(c):
            by_fact.setdefault(c.missing or c.says, []).append(i)
    shares = open_now / np.maximum(open_now.sum(axis=1, keepdims=True), 1)
    reasons = _reasons(trial, verdicts, {p for p, s in zip(matrix.patients, standing, strict=True) if s})
    found = []
    for fact, columns in by_fact.items():
        needs = open_now[:, columns].any(axis=1)
        others = np.delete(open_now, columns, axis=1).any(axis=1)
        decides = needs & standing & ~others
        if needs.any():
            near = float((shares[:, columns].sum(axis=1) * standing).sum())
            found.append((fact, columns, needs, needs & standing, decides, round(near, 9)))
    found.sort(key=lambda f: (-int(f[4].sum()), -f[5], -int(f[2].sum()), f[0]))
    out = []
    asked: list[int] = []
    for fact, columns, needs, matters, decides, _ in found:
        asked.extend(columns)
        before = open_now.any(axis=1) & standing
        together = before & ~np.delete(open_now, asked, axis=1).any(axis=1)
        who = [matrix.patients[i] for mask in (decides, matters & ~decides) for i in np.flatnonzero(mask)]
        criteria = tuple(matrix.criteria[i].id for i in columns)
        said = sum((reasons.get(c, Counter()) for c in criteria), Counter[str]())
        out.append(
            Ask(fact, criteria, int(needs.sum()), int(matters.sum()), int(decides.sum()), int(together.sum()), tuple(who), tuple(said.most_common()))
        )  # fmt: skip
    return out


def _reasons(trial: Trial, verdicts: pd.DataFrame, standing: set[str]) -> dict[str, Counter[str]]:
    """What the notes say of each criterion that they leave open, by the words of the trial definition; never text of a note."""
    mine = verdicts[(verdicts["trial"] == trial.trial) & (verdicts["verdict"] == "unknown")]
    because = {c.id: [s.because for s in c.decide if s.verdict == "unknown" and s.because] for c in trial.criteria}
    out: dict[str, Counter[str]] = {}
    for patient, criterion, reason in zip(mine["patient_id"], mine["criterion"], mine["reason"], strict=True):
        if patient in standing:
            out.setdefault(criterion, Counter())[_kind(reason, because.get(criterion, []))] += 1
    return out


def _kind(reason: str, because: Sequence[str]) -> str:
    for words in because:
        if reason.startswith(words):
            return words
    if reason.startswith(("Not stated", "No value between")):
        return "not stated"
    if reason.startswith("Statements contradict"):
        return "statements contradict each other"
    return "something is said, but it does not decide"
