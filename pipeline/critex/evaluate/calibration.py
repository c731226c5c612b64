"""How far a confidence can be relied on: Brier score, reliability, and the risk that is left when the least certain verdicts go to a person."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import brier_score_loss

from critex.evaluate.gold import Gold

EDGES = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0)
"""Edges of the bins of a reliability diagram: verdicts are mostly right, so the bins are finer near 1."""


@dataclass(frozen=True)
class Bin:
    """Verdicts of like confidence."""

    low: float
    high: float
    n: int
    confidence: float
    """Mean confidence."""
    right: float
    """Share that is right."""


@dataclass(frozen=True)
class CalibrationScores:
    """Figures of a confidence on gold.

    Attributes
    ----------
    n, wrong : int
        Verdicts with a confidence that gold has too; how many are wrong.
    brier : float
        Mean squared difference of confidence and outcome.
    best_constant : float
        Brier score of the best confidence that is the same for all verdicts, chosen with gold in hand.
    bins : list of Bin
    coverage, risk : ndarray of float, shape (n,)
        Share of verdicts kept, most certain first, and the share of those that is wrong; verdicts of one confidence enter together.
    aurc : float
        Area under risk over coverage; lower is better.
    aurc_random : float
        The same where confidence tells nothing: the share of errors.
    errors_in_least_fifth : float
        Share of the errors that the least certain 20 % of verdicts hold; NaN without errors.
    """

    n: int
    wrong: int
    brier: float
    best_constant: float
    bins: list[Bin]
    coverage: np.ndarray
    risk: np.ndarray
    aurc: float
    aurc_random: float
    errors_in_least_fifth: float

    @property
    def calibration_error(self) -> float:
        """Expected calibration error over :data:`EDGES`: mean gap of confidence and share right, weighted by verdicts."""
        return sum(b.n * abs(b.confidence - b.right) for b in self.bins) / self.n if self.n else float("nan")


def score_confidence(verdicts: pd.DataFrame, gold: Gold, trial: str | None = None) -> CalibrationScores | None:
    """Score the column ``confidence`` against gold; ``None`` where no verdict has both.

    Verdicts of investigator's criteria, which are never decided, count as any other.
    """
    if trial is not None:
        verdicts = verdicts[verdicts["trial"] == trial]
    wanted = {(g.patient_id, g.criterion): g.verdict for g in gold.verdicts}
    confidence, right = [], []
    rows = zip(*(verdicts[k] for k in ("patient_id", "criterion", "verdict", "confidence")), strict=True)
    for patient, criterion, verdict, sure in rows:
        if (patient, criterion) in wanted and sure == sure:
            confidence.append(float(sure))
            right.append(wanted[patient, criterion] == verdict)
    return score(confidence, right) if confidence else None


def score(confidence: Sequence[float] | np.ndarray, right: Sequence[bool] | np.ndarray) -> CalibrationScores:
    """Figures of confidences and outcomes.

    Parameters
    ----------
    confidence : sequence of float, shape (n,)
        Probabilities of being right.
    right : sequence of bool, shape (n,)
    """
    sure, ok = np.asarray(confidence, dtype=float), np.asarray(right, dtype=bool)
    n, share = len(sure), float(ok.mean())
    bins = []
    for low, high in itertools.pairwise(EDGES):
        inside = (sure > low if low else sure >= low) & (sure <= high)
        if inside.any():
            bins.append(Bin(low, high, int(inside.sum()), float(sure[inside].mean()), float(ok[inside].mean())))
    coverage, risk = risk_coverage(sure, ok)
    wrong = int((~ok).sum())
    return CalibrationScores(
        n, wrong, float(brier_score_loss(ok, sure, pos_label=True)), share * (1 - share), bins, coverage, risk,
        float(risk.mean()), 1 - share, errors_held(sure, ok, 0.2) if wrong else float("nan"),
    )  # fmt: skip


def risk_coverage(sure: np.ndarray, ok: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coverage and risk, most certain verdicts first, shape (n,) each; ties share the mean of their errors."""
    order = np.argsort(-sure, kind="stable")
    wrong = _level(sure[order], (~ok[order]).astype(float))
    kept = np.arange(1, len(sure) + 1)
    return kept / len(sure), np.cumsum(wrong) / kept


def errors_held(sure: np.ndarray, ok: np.ndarray, share: float) -> float:
    """Share of the errors among the least certain ``share`` of verdicts; ties count by their mean."""
    order = np.argsort(sure, kind="stable")
    wrong = _level(sure[order], (~ok[order]).astype(float))
    return float(wrong[: round(share * len(sure))].sum() / wrong.sum())


def _level(keys: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values replaced by the mean over runs of equal keys, so that no order of ties is better than another."""
    _, place, counts = np.unique(keys, return_inverse=True, return_counts=True)
    return (np.bincount(place, weights=values) / counts)[place]
