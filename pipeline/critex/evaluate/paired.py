"""Two runs against the same gold, paired: what one gets right and the other does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console
from scipy.stats import binomtest

from critex.evaluate.evaluation import Evaluation
from critex.evaluate.intervals import NAN, bootstrap
from critex.evaluate.terminal import between, say, table
from critex.evaluate.verdicts import KINDS, RANK

SHOWN = 20
"""Changed verdicts that the terminal lists."""


@dataclass(frozen=True)
class Change:
    """One verdict on which the runs differ."""

    patient_id: str
    criterion: str
    gold: str
    this: str
    other: str

    @property
    def effect(self) -> str:
        """What this run does to it, in words: ``fixed``, ``broken: false pass``, or ``still wrong``."""
        if self.this == self.gold:
            return "fixed"
        kind = KINDS[RANK.get((self.gold, self.this), 4)]
        return f"broken: {kind}" if self.other == self.gold else f"still wrong: {kind}"


@dataclass(frozen=True)
class Difference:
    """One figure of both runs; ``interval`` is of this minus the other, resampling patients."""

    this: float
    other: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Paired:
    """A run beside another one."""

    accuracy: Difference | None
    full_f1: Difference | None
    fixed: int
    """Verdicts that this run alone gets right."""
    broken: int
    """Verdicts that the other run alone gets right."""
    mcnemar_p: float
    """Exact McNemar test. It takes verdicts of one patient as independent; the interval over patients does not."""
    false_passes: tuple[int, int]
    """Of this run and of the other."""
    changes: list[Change]


def compare_runs(this: Evaluation, other: Evaluation) -> Paired:
    """Compare two evaluations against the same gold."""
    changes, fixed, broken, accuracy, passes = [], 0, 0, None, (0, 0)
    if this.verdicts and other.verdicts:
        for (patient, criterion), (gold, said) in this.verdicts.said.items():
            theirs = other.verdicts.said[patient, criterion][1]
            fixed += said == gold != theirs
            broken += theirs == gold != said
            if said != theirs:
                changes.append(Change(patient, criterion, gold, said, theirs))
        accuracy = Difference(
            this.verdicts.accuracy, other.verdicts.accuracy, _interval(this.verdicts.right, other.verdicts.right)
        )
        passes = (this.verdicts.false_pass, other.verdicts.false_pass)
    full = None
    if this.mentions and other.mentions:
        ours, theirs_f1 = this.mentions.total("full").f1, other.mentions.total("full").f1
        full = Difference(ours, theirs_f1, _interval(this.mentions.per_patient, other.mentions.per_patient))
    changes.sort(key=lambda c: (not c.effect.startswith("broken"), c.effect, c.criterion, c.patient_id))
    p = float(binomtest(broken, fixed + broken, 0.5).pvalue) if fixed + broken else 1.0
    return Paired(accuracy, full, fixed, broken, p, passes, changes)


def _interval(this: Mapping[str, tuple[float, float]], other: Mapping[str, tuple[float, float]]) -> tuple[float, float]:
    patients = sorted({*this, *other})
    if not patients:
        return NAN
    rows = np.array([(*this.get(p, (0.0, 0.0)), *other.get(p, (0.0, 0.0))) for p in patients])
    return bootstrap(rows, lambda s: s[:, 0] / s[:, 1] - s[:, 2] / s[:, 3])


def as_json(p: Paired) -> dict[str, Any]:
    """Figures of a comparison, for ``evaluation.json``."""

    def figure(d: Difference | None) -> dict[str, Any] | None:
        if d is None:
            return None
        return {"this": d.this, "other": d.other, "difference": d.this - d.other, "interval": list(d.interval)}

    return {
        "accuracy": figure(p.accuracy), "full_f1": figure(p.full_f1), "fixed": p.fixed, "broken": p.broken, "mcnemar_p": p.mcnemar_p,
        "false_passes": {"this": p.false_passes[0], "other": p.false_passes[1]},
        "changes": [{"patient_id": c.patient_id, "criterion": c.criterion, "gold": c.gold, "this": c.this, "other": c.other, "effect": c.effect} for c in p.changes],
    }  # fmt: skip


def print_paired(p: Paired, console: Console) -> None:
    """Print what changed."""
    for name, d in (("accuracy", p.accuracy), ("full F1", p.full_f1)):
        if d is not None:
            say(
                console,
                f"{name}: {d.this:.4f} against {d.other:.4f}, difference {d.this - d.other:+.4f} {between(d.interval)}",
            )
    say(
        console,
        f"verdicts: {p.fixed} fixed, {p.broken} broken (exact McNemar p {p.mcnemar_p:.3g}); false passes {p.false_passes[0]} against {p.false_passes[1]}",
    )
    if p.changes:
        shown = table("changed verdicts", ("criterion", "patient", "gold", "now", "other"))
        shown.add_column("")
        for c in p.changes[:SHOWN]:
            shown.add_row(c.criterion, c.patient_id, c.gold, c.this, c.other, c.effect)
        console.print(shown)
        if len(p.changes) > SHOWN:
            say(console, f"and {len(p.changes) - SHOWN} more, in evaluation.json")
