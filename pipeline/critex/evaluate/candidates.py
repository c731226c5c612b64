"""Scores of the candidate list: what a trial nurse who works from it would meet."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from critex.criteria.trial import Trial
from critex.evaluate.gold import Gold
from critex.evaluate.intervals import NAN, bootstrap_ratio


@dataclass(frozen=True)
class CandidateScores:
    """The list of patients that are not ineligible, against patients that the gold does not rule out."""

    eligible: int
    listed: int
    right: int
    patients: int
    sensitivity_interval: tuple[float, float] = NAN
    ppv_interval: tuple[float, float] = NAN

    @property
    def sensitivity(self) -> float:
        """Share of the not excluded patients that are listed."""
        return self.right / self.eligible if self.eligible else float("nan")

    @property
    def ppv(self) -> float:
        """Share of the listed patients that are not excluded."""
        return self.right / self.listed if self.listed else float("nan")

    @property
    def number_to_screen(self) -> float:
        """Listed patients to look at for one that is not excluded."""
        return self.listed / self.right if self.right else float("nan")


def score_candidates(candidates: pd.DataFrame, gold: Gold, trial: Trial) -> CandidateScores:
    """Compare candidates and possibles with the patients on whom the gold has no fail.

    Parameters
    ----------
    candidates : DataFrame
        The candidates table.
    gold : Gold
    trial : Trial
        Whose rows to take.
    """
    excluded = {g.patient_id for g in gold.verdicts if g.verdict == "fail"}
    patients = {g.patient_id for g in gold.verdicts}
    mine = candidates[(candidates["trial"] == trial.trial) & candidates["patient_id"].isin(patients)]
    listed = set(mine.loc[mine["status"] != "ineligible", "patient_id"])
    eligible = patients - excluded
    both = {p: float(p in listed and p in eligible) for p in patients}
    return CandidateScores(
        len(eligible),
        len(listed),
        len(listed & eligible),
        len(patients),
        bootstrap_ratio({p: (both[p], float(p in eligible)) for p in patients}),
        bootstrap_ratio({p: (both[p], float(p in listed)) for p in patients}),
    )
