"""Intervals: bootstrap over patients, and exact bounds of rates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import binomtest


def bootstrap_ratio(
    per_patient: Mapping[str, tuple[float, float]], rounds: int = 1000, seed: int = 7
) -> tuple[float, float]:
    """95 % interval of sum(a) / sum(b), resampling patients.

    Parameters
    ----------
    per_patient : mapping of str to (a, b)
    rounds : int
    seed : int

    Returns
    -------
    tuple of float
        Lower and upper end; NaN where there is nothing to divide by.
    """
    if not per_patient:
        return float("nan"), float("nan")
    values = np.array([per_patient[k] for k in sorted(per_patient)], dtype=float)
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, len(values), size=(rounds, len(values)))
    sums = values[picks].sum(axis=1)
    sums = sums[sums[:, 1] > 0]
    if not len(sums):
        return float("nan"), float("nan")
    low, high = np.percentile(sums[:, 0] / sums[:, 1], [2.5, 97.5])
    return float(low), float(high)


def exact_upper(events: int, of: int, level: float = 0.95) -> float:
    """One-sided exact (Clopper-Pearson) upper bound of a rate; 1 where there is nothing to count."""
    if of == 0:
        return 1.0
    return float(binomtest(events, of, alternative="less").proportion_ci(level, method="exact").high)
