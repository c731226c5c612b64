"""Calibrated hand-off: which verdicts may stand without a person's look, so that few of them are wrong, and which go to a person first.

For each kind of verdict the threshold on confidence is found on gold, by testing thresholds in an order fixed beforehand, the strictest first, until one fails
(fixed-sequence testing: Angelopoulos and others, Learn then Test, arXiv 2110.01052). A threshold passes where the exact (Clopper-Pearson) 95 % upper bound of the error
rate of the gold verdicts at or above it is at most the wanted rate. Verdicts that need review anyway are never left to the machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from critex import tables
from critex.criteria.confidence import load_confidence
from critex.errors import InputError
from critex.evaluate.intervals import exact_upper
from critex.evaluate.training import gold_digest, judged_gold
from critex.tables import VERDICTS

LEVEL = 0.95
STEPS = 20
"""Thresholds that are tried for a kind of verdict, from the strictest that gold can support down to all."""


@dataclass(frozen=True)
class Limit:
    """What gold allows for one kind of verdict.

    Attributes
    ----------
    verdict : {"pass", "fail", "unknown"}
    gold : int
        Gold patients' verdicts of this kind that do not need review anyway.
    wrong : int
        How many of these are wrong.
    threshold : float or None
        Least confidence that is decided alone; None where gold allows none.
    decided, decided_wrong : int
        Of these, at or above the threshold, and how many wrong.
    upper : float
        Exact 95 % upper bound of their error rate; 1 where none is decided.
    needed : int
        Gold verdicts of this kind, that need no review, from which the wanted rate can be shown: without an error where ``gold`` is below it, else with ``wrong`` errors.
    """

    verdict: str
    gold: int
    wrong: int
    threshold: float | None
    decided: int
    decided_wrong: int
    upper: float
    needed: int


@dataclass(frozen=True)
class Handoff:
    """What is decided alone: a limit for each kind of verdict."""

    max_error: float
    limits: list[Limit]
    trained_on_it: bool
    """Whether the confidence model was trained on the same gold."""

    @property
    def thresholds(self) -> dict[str, float]:
        """Threshold of each kind that may be decided alone."""
        return {x.verdict: x.threshold for x in self.limits if x.threshold is not None}


def needed_gold(max_error: float, errors: int = 0) -> int:
    """Gold verdicts with which an error rate of at most ``max_error`` is shown at 95 %, given so many errors.

    Without an error it is log 0.05 / log(1 - max_error): about 3 / max_error, the rule of three.
    """
    low, high = errors + 1, max(errors + 1, math.ceil(math.log(1 - LEVEL) / math.log(1 - max_error)))
    while exact_upper(errors, high, LEVEL) > max_error:
        low, high = high, 2 * high
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if exact_upper(errors, middle, LEVEL) <= max_error else (middle + 1, high)
    return high


def limit(verdict: str, confidence: Sequence[float], right: Sequence[bool], max_error: float) -> Limit:
    """The lowest threshold of one kind of verdict that gold allows.

    Parameters
    ----------
    verdict : {"pass", "fail", "unknown"}
    confidence : sequence of float, shape (n,)
    right : sequence of bool, shape (n,)
    max_error : float
    """
    sure, wrong = np.asarray(confidence, dtype=float), ~np.asarray(right, dtype=bool)
    n, least = len(sure), needed_gold(max_error)
    best: tuple[float | None, int, int, float] = (None, 0, 0, 1.0)
    if n >= least:
        ordered = np.sort(sure)[::-1]
        places = np.unique(np.linspace(least - 1, n - 1, STEPS).round().astype(int))
        for threshold in dict.fromkeys(float(ordered[p]) for p in places):
            kept = sure >= threshold
            errors, of = int(wrong[kept].sum()), int(kept.sum())
            upper = exact_upper(errors, of, LEVEL)
            if upper > max_error:
                break
            best = (threshold, of, errors, upper)
    total = int(wrong.sum())
    return Limit(verdict, n, total, *best, least if n < least else needed_gold(max_error, total))


def plan(gold_folder: Path, trial: str, max_error: float) -> Handoff:
    """Read and judge gold's notes, and find what may be decided alone.

    Parameters
    ----------
    gold_folder : Path
        Gold in the guideline's format, with notes.csv, of notes like those to be screened.
    trial : str
        Id of a shipped trial, or a file.
    max_error : float
        Wanted rate of errors among the verdicts that are decided alone, per kind of verdict.

    Raises
    ------
    InputError
        If the gold is not what it should be, or so small that nothing could be decided alone; says how much is needed.
    """
    wanted, judged, _ = judged_gold(gold_folder, trial, "a hand-off")
    found = judged.verdicts
    rows = found[~found["needs_review"]]
    keys = list(zip(rows["patient_id"], rows["criterion"], strict=True))
    rows = rows.assign(gold=[wanted.get(k, "") for k in keys])
    rows = rows[rows["gold"] != ""]
    limits = []
    for verdict in VERDICTS:
        mine = rows[rows["verdict"] == verdict]
        limits.append(limit(verdict, mine["confidence"].tolist(), (mine["gold"] == verdict).tolist(), max_error))
    if not any(x.threshold is not None for x in limits):
        raise InputError(
            f"{gold_folder}: too little gold to decide anything alone with at most {max_error:.2%} wrong. {'; '.join(explain(x, max_error) for x in limits)}."
        )
    return Handoff(max_error, limits, gold_digest(gold_folder) in load_confidence().gold)


def explain(x: Limit, max_error: float) -> str:
    """One limit in words."""
    if x.threshold is not None:
        return f"{x.verdict}: decided alone from a confidence of {x.threshold:.4f}; on gold {x.decided_wrong} of {x.decided} wrong, 95 % sure to be at most {x.upper:.2%}"
    if x.gold < x.needed and x.wrong == 0:
        return f"{x.verdict}: {x.gold} gold verdicts, at least {x.needed} without an error are needed (rule of three: 3 / {max_error:g} = {3 / max_error:,.0f})"
    return f"{x.verdict}: {x.wrong} of {x.gold} gold verdicts are wrong, also among the most certain; with so many errors at least {x.needed} are needed"


def handoff_table(verdicts: pd.DataFrame, handoff: Handoff) -> pd.DataFrame:
    """Verdicts that a person decides, least certain first: rows of :data:`critex.tables.HANDOFF`."""
    rows = verdicts[verdicts["needs_review"]]
    rows = rows.sort_values(["confidence", "trial", "patient_id", "criterion"], kind="stable", ignore_index=True)
    frame = pd.DataFrame(
        {
            "review_order": range(1, len(rows) + 1),
            **{k: rows[k] for k in ("trial", "patient_id", "criterion", "verdict", "confidence")},
            "threshold": [handoff.thresholds.get(v) for v in rows["verdict"]],
            "why": rows["review_why"],
        }
    )
    return tables.checked(frame, tables.HANDOFF)


def as_json(handoff: Handoff) -> dict[str, Any]:
    """Content of ``handoff.json``: what ``screen`` decides by, and what it rests on."""
    return {
        "max_error": handoff.max_error,
        "level": LEVEL,
        "review_below": {v: handoff.thresholds.get(v) for v in VERDICTS},
        "confidence": load_confidence().digest,
        "gold_was_training_gold": handoff.trained_on_it,
        "limits": [vars(x) for x in handoff.limits],
    }
