"""Which verdicts of the machine are hidden until a reviewer has chosen."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def _number(*words: str) -> int:
    text = "\x1f".join(words).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def hidden_cases(
    share: float, reviewer: str, trial: str, patients: Sequence[str], criteria: Sequence[str]
) -> NDArray[np.bool_]:
    """Cases whose verdict is hidden from a reviewer; the same ones on every call, and others for another reviewer.

    Parameters
    ----------
    share : float
        Share of cases to hide, 0 to 1.
    reviewer, trial : str
    patients, criteria : sequence of str

    Returns
    -------
    ndarray of bool, shape (patients, criteria)
    """
    rows = np.array([_number(reviewer, trial, p) for p in patients], dtype=np.uint64).reshape(-1, 1)
    columns = np.array([_number(c) for c in criteria], dtype=np.uint64).reshape(1, -1)
    mixed = rows ^ columns
    for factor, shift in zip(
        _MIX, (30, 27), strict=True
    ):  # the finaliser of splitmix64, so that neighbours do not resemble each other
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * factor
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53) < share
