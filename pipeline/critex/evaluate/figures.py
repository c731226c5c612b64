"""The figures of an evaluation for ``evaluation.json``; errors name places, never text."""

from __future__ import annotations

import math
from typing import Any

from critex.evaluate.evaluation import Evaluation
from critex.evaluate.mentions import LEVELS, Tally
from critex.evaluate.spans import Scores


def as_json(e: Evaluation) -> dict[str, Any]:
    """All figures of an evaluation; what is not a number is null."""
    out: dict[str, Any] = {
        "bad_offsets": e.bad_offsets,
        "notes_with_another_text": e.differing,
        "notes_not_in_the_run": e.absent,
    }
    if e.verdicts:
        out["verdicts"] = _verdicts(e)
    if e.mentions:
        out["mentions"] = _mentions(e)
    if e.values:
        out["values"] = {
            "unknown_columns": e.values.unknown_columns,
            "by_column": {
                k: {"kind": c.kind, "n": c.n, "accuracy": c.accuracy, "accuracy_interval": list(c.interval), "missed": c.missed, "spurious": c.spurious, "kappa": c.kappa, "median_error": c.median_error}
                for k, c in e.values.by_column.items()
            },
            "errors": [{"patient_id": x.patient_id, "column": x.column} for x in e.values.errors],
        }  # fmt: skip
    if e.candidates:
        c = e.candidates
        out["candidates"] = {
            "patients": c.patients,
            "not_excluded": c.eligible,
            "listed": c.listed,
            "right": c.right,
            "sensitivity": c.sensitivity,
            "sensitivity_interval": list(c.sensitivity_interval),
            "ppv": c.ppv,
            "ppv_interval": list(c.ppv_interval),
            "number_to_screen": c.number_to_screen,
        }
    out |= {name: part.figures for name, part in e.further.items()}
    return finite(out)


def _verdicts(e: Evaluation) -> dict[str, Any]:
    v = e.verdicts
    assert v is not None  # noqa: S101 - the caller has looked
    return {
        "n": sum(c.n for c in v.by_criterion.values()), "accuracy": v.accuracy, "accuracy_interval": list(v.interval), "kappa": v.kappa, "kappa_interval": list(v.kappa_interval),
        "f1": v.f1, "macro_f1": v.macro_f1, "macro_f1_interval": list(v.macro_f1_interval), "micro_f1": v.micro_f1, "majority_baseline": v.baseline,
        "false_pass": v.false_pass, "gold_fail": v.gold_fail, "false_pass_rate_upper": v.false_pass_upper, "evidence_hit": v.evidence_hit, "no_row": v.no_row,
        "by_criterion": {
            k: {
                "n": c.n, "accuracy": c.accuracy, "accuracy_interval": list(c.interval), "macro_f1": c.macro_f1, "micro_f1": c.micro_f1, "kappa": c.kappa, "majority_baseline": c.baseline,
                "false_pass": c.false_pass, "gold_fail": c.gold_fail, "false_pass_rate_upper": c.false_pass_upper,
                "confusion": {f"{w}>{g}": n for (w, g), n in sorted(c.confusion.items())},
            }
            for k, c in v.by_criterion.items()
        },
        "errors": [{"kind": x.kind, "patient_id": x.patient_id, "criterion": x.criterion, "gold": x.wanted, "got": x.got} for x in v.errors],
    }  # fmt: skip


def _mentions(e: Evaluation) -> dict[str, Any]:
    m = e.mentions
    assert m is not None  # noqa: S101 - the caller has looked
    levels = {
        level: _tally(m.total(level))
        | {"f1_interval": list(m.intervals[level])}
        | {"by_label": {k: _tally(t) for k, t in sorted(m.by_label[level].items())}}
        for level in LEVELS
    }
    for label, interval in sorted(m.label_intervals.items()):
        levels["full"]["by_label"][label]["f1_interval"] = list(interval)
    out: dict[str, Any] = levels | {"full_f1_interval": list(m.interval)}
    out |= {"strict": _scores(e.strict), "token": _scores(e.tokens)}
    out["nervaluate"] = {way: _scores(s) for way, s in e.nervaluate.items()}
    if e.assertions:
        a = e.assertions
        out["assertions_of_found"] = {
            "accuracy": a.accuracy,
            "kappa": a.kappa,
            "f1": a.f1,
            "confusion": {f"{w}>{g}": n for (w, g), n in sorted(a.confusion.items())},
            "by_label": {k: {"right": r, "n": n} for k, (r, n) in a.by_label.items()},
        }
    return out


def _tally(t: Tally) -> dict[str, Any]:
    return {
        "precision": t.precision,
        "recall": t.recall,
        "f1": t.f1,
        "right": t.right,
        "gold": t.gold,
        "found": t.found,
    }


def _scores(scores: Scores) -> dict[str, Any]:
    shown = {
        k: {"precision": s.precision, "recall": s.recall, "f1": s.f1, "gold": s.gold, "found": s.found}
        for k, s in scores.items()
    }
    every: dict[str, Any] = shown.pop("all", {})
    return every | {"by_label": shown}


def finite(node: Any) -> Any:
    """The same with null for what is not a finite number, which JSON cannot hold."""
    if isinstance(node, dict):
        return {k: finite(v) for k, v in node.items()}
    if isinstance(node, list):
        return [finite(v) for v in node]
    return None if isinstance(node, float) and not math.isfinite(node) else node
