"""Intervals: bootstrap over patients, and exact bounds of rates."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

Array = NDArray[np.float64]
NAN = (float("nan"), float("nan"))


def bootstrap(
    per_patient: Array, statistic: Callable[[Array], Array], rounds: int = 1000, seed: int = 7
) -> tuple[float, float]:
    """95 % percentile interval of a statistic of sums over patients.

    Parameters
    ----------
    per_patient : array of shape (patients, k)
        What each patient adds to each of k counts.
    statistic : callable
        From sums of shape (rounds, k) to values of shape (rounds,); NaN where it has none.
    rounds : int
    seed : int

    Returns
    -------
    tuple of float
        Lower and upper end; NaN where no sample has a value.
    """
    if not len(per_patient):
        return NAN
    rng = np.random.default_rng(seed)
    n = len(per_patient)
    # how often each patient is drawn, times what it adds
    sums = np.stack([np.bincount(rng.integers(0, n, size=n), minlength=n) @ per_patient for _ in range(rounds)])
    with np.errstate(divide="ignore", invalid="ignore"):
        values = statistic(sums)
    values = values[np.isfinite(values)]
    if not len(values):
        return NAN
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


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
        return NAN
    values = np.array([per_patient[k] for k in sorted(per_patient)], dtype=float)
    return bootstrap(values, lambda sums: sums[:, 0] / sums[:, 1], rounds, seed)


def exact_upper(events: int, of: int, level: float = 0.95) -> float:
    """One-sided exact (Clopper-Pearson) upper bound of a rate; 1 where there is nothing to count."""
    if of == 0:
        return 1.0
    return float(binomtest(events, of, alternative="less").proportion_ci(level, method="exact").high)


def wilson(right: int, of: int) -> tuple[float, float]:
    """95 % Wilson interval of a rate; NaN where there is nothing to count."""
    if of == 0:
        return NAN
    found = binomtest(right, of).proportion_ci(0.95, method="wilson")
    return float(found.low), float(found.high)
