"""The confidence's figures as the evaluation shows them: JSON, lines, and a page with a reliability diagram and a risk-coverage curve."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from critex.evaluate.calibration import CalibrationScores
from critex.evaluate.evaluation import Further
from critex.evaluate.intervals import exact_upper

_SIZE, _EDGE = 260, 40
_STEPS = 120
"""Points of the risk-coverage curve that are drawn."""


def confidence_figures(c: CalibrationScores) -> Further:
    """The part ``confidence`` of an evaluation."""
    least = c.errors_in_least_fifth
    held = "no errors" if math.isnan(least) else f"{least:.0%} of the errors in the least certain 20 %"
    line = (
        f"confidence: Brier {c.brier:.5f}, best constant {c.best_constant:.5f}; area under risk over coverage {c.aurc:.5f} "
        f"({c.aurc_random:.5f} if it told nothing); {held}"
    )
    html = "".join(
        (
            '<div class="cards">',
            f'<div class="card"><b>{c.brier:.5f}</b>Brier score (best constant {c.best_constant:.5f})</div>',
            f'<div class="card"><b>{c.aurc:.5f}</b>area under risk over coverage ({c.aurc_random:.5f} if confidence told nothing)</div>',
            f'<div class="card"><b>{"-" if math.isnan(least) else f"{least:.0%}"}</b>of {c.wrong} errors in the least certain 20 %</div>',
            f'<div class="card"><b>{c.calibration_error:.4f}</b>mean gap of confidence and share right</div>',
            "</div>",
            '<div style="display:flex;flex-wrap:wrap;gap:1.5rem">',
            _reliability(c),
            _risk_coverage(c),
            "</div>",
            _table(c),
        )
    )
    return Further("Confidence", as_json(c), [line], html)


def as_json(c: CalibrationScores) -> dict[str, Any]:
    """Figures for ``evaluation.json``; the curve at each 5 % of coverage."""
    at = [max(1, round(c.n * k / 20)) - 1 for k in range(1, 21)]
    return {
        "n": c.n, "wrong": c.wrong, "wrong_rate_upper": exact_upper(c.wrong, c.n), "brier": c.brier, "brier_best_constant": c.best_constant,
        "calibration_error": c.calibration_error, "aurc": c.aurc, "aurc_random": c.aurc_random,
        "errors_in_least_certain_fifth": None if math.isnan(c.errors_in_least_fifth) else c.errors_in_least_fifth,
        "reliability": [vars(b) for b in c.bins],
        "risk_coverage": [{"coverage": float(c.coverage[i]), "risk": float(c.risk[i])} for i in at],
    }  # fmt: skip


def _frame(
    title: str, across: str, up: str, x: list[tuple[float, str]], y: list[tuple[float, str]], inside: str
) -> str:
    """An SVG plot; ticks are places between 0 and 1 with their words."""
    low, size = _EDGE + _SIZE, _SIZE
    ticks = [
        f'<text x="{_EDGE + size * at:.1f}" y="{low + 14}" text-anchor="middle">{word}</text>' for at, word in x
    ] + [f'<text x="{_EDGE - 5}" y="{low - size * at + 4:.1f}" text-anchor="end">{word}</text>' for at, word in y]
    return (
        f'<figure style="margin:0"><svg viewBox="0 0 {size + 2 * _EDGE} {size + 2 * _EDGE}" width="{size + 2 * _EDGE}" role="img" aria-label="{title}" '
        f'font-size="11" fill="#14324f"><rect x="{_EDGE}" y="{_EDGE}" width="{size}" height="{size}" fill="none" stroke="#9aa7b4"/>'
        f'<text x="{_EDGE}" y="{_EDGE - 12}" font-size="13">{title}</text>{"".join(ticks)}{inside}'
        f'<text x="{_EDGE + size / 2}" y="{low + 30}" text-anchor="middle">{across}</text>'
        f'<text transform="translate(10 {_EDGE + size / 2}) rotate(-90)" text-anchor="middle">{up}</text></svg></figure>'
    )


def _at(confidence: float) -> float:
    """Place of a probability on an axis of powers of ten of being wrong: 0, 0.9, 0.99, 0.999 are equally far apart."""
    return min(-math.log10(max(1 - confidence, 1e-3)), 3.0) / 3


def _reliability(c: CalibrationScores) -> str:
    low = _EDGE + _SIZE
    ticks = [(_at(v), f"{v:g}") for v in (0.0, 0.5, 0.9, 0.99, 0.999)]
    most = max((b.n for b in c.bins), default=1)
    dots = []
    for b in c.bins:
        x, y = _EDGE + _SIZE * _at(b.confidence), low - _SIZE * _at(b.right)
        top = low - _SIZE * _at(1 - exact_upper(round(b.n * (1 - b.right)), b.n))
        dots.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y:.1f}" y2="{top:.1f}" stroke="#00897b"/>')
        dots.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{3 + 6 * math.sqrt(b.n / most):.1f}" fill="#00897b" fill-opacity="0.8"><title>{b.n} verdicts of confidence '
            f"{b.low:g} to {b.high:g}: mean {b.confidence:.3f}, right {b.right:.3f}</title></circle>"
        )
    diagonal = f'<line x1="{_EDGE}" y1="{low}" x2="{low}" y2="{_EDGE}" stroke="#9aa7b4" stroke-dasharray="4 3"/>'
    return _frame("Reliability", "confidence", "share right", ticks, ticks, diagonal + "".join(dots))


def _risk_coverage(c: CalibrationScores) -> str:
    low = _EDGE + _SIZE
    top = max(float(c.risk.max()), c.aurc_random, 1e-6)
    places = np.unique(np.linspace(0, c.n - 1, min(_STEPS, c.n)).round().astype(int))
    points = " ".join(f"{_EDGE + _SIZE * c.coverage[i]:.1f},{low - _SIZE * c.risk[i] / top:.1f}" for i in places)
    flat = low - _SIZE * c.aurc_random / top
    inside = (
        f'<line x1="{_EDGE}" x2="{low}" y1="{flat:.1f}" y2="{flat:.1f}" stroke="#9aa7b4" stroke-dasharray="4 3"/>'
        f'<polyline points="{points}" fill="none" stroke="#00897b" stroke-width="2"/>'
    )
    x = [(v, f"{v:.0%}") for v in (0.0, 0.25, 0.5, 0.75, 1.0)]
    y = [(v, f"{v * top:.2%}") for v in (0.0, 0.5, 1.0)]
    return _frame("Risk over coverage", "verdicts kept, most certain first", "share wrong", x, y, inside)


def _table(c: CalibrationScores) -> str:
    rows = "".join(
        f'<tr><th scope="row">{b.low:g} to {b.high:g}</th><td class="n">{b.n}</td><td class="n">{b.confidence:.4f}</td><td class="n">{b.right:.4f}</td></tr>'
        for b in c.bins
    )
    head = "".join(f'<th scope="col">{h}</th>' for h in ("confidence", "verdicts", "mean", "right"))
    return f'<table class="tally"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
