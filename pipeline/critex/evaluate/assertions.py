"""Scores of assertions, of the mentions whose span was found: confusion, accuracy, kappa, F1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sklearn.metrics import cohen_kappa_score, f1_score

from critex.evaluate.gold import GoldMention
from critex.tables import ASSERTIONS


@dataclass
class AssertionScores:
    """Assertions of found mentions against gold, as annotated (a superseded diagnosis is not excused here)."""

    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    accuracy: float = float("nan")
    kappa: float = float("nan")
    f1: dict[str, float] = field(default_factory=dict)
    """By assertion, of those that occur."""
    by_label: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Right and all, by label."""


def score_assertions(pairs: Sequence[tuple[GoldMention, Mapping[Any, Any]]]) -> AssertionScores:
    """Score the assertions of matched mentions."""
    if not pairs:
        return AssertionScores()
    wanted = [g.assertion for g, _ in pairs]
    got = [str(r["assertion"]) for _, r in pairs]
    words = [a for a in ASSERTIONS if a in wanted or a in got]
    every, right = (
        Counter(g.label for g, _ in pairs),
        Counter(g.label for g, r in pairs if g.assertion == r["assertion"]),
    )
    per_word = f1_score(wanted, got, labels=words, average=None, zero_division=0)
    agree = sum(w == g for w, g in zip(wanted, got, strict=True)) / len(pairs)
    return AssertionScores(
        Counter(zip(wanted, got, strict=True)),
        agree,
        kappa_of(wanted, got),
        {w: float(f) for w, f in zip(words, per_word, strict=True)},
        {k: (right[k], every[k]) for k in sorted(every)},
    )


def kappa_of(first: Sequence[str], second: Sequence[str]) -> float:
    """Cohen's kappa; 1 where both say one same thing only, NaN where there is nothing."""
    if not first:
        return float("nan")
    if len({*first, *second}) == 1:
        return 1.0
    return float(cohen_kappa_score(first, second))
