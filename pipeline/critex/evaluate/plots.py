"""Inline SVG plots of an evaluation: they load nothing, everything from outside is escaped, and every number also stands in a table or title."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from critex.evaluate.evaluation import Evaluation
from critex.evaluate.verdicts import VerdictScores
from critex.tables import VERDICTS

INK, SOFT, LINE = "#1b2430", "#55606e", "#d8dee6"
BLUE, ORANGE, GREEN = "#0b57a4", "#a8320c", "#00695c"
"""Told apart also in the common kinds of colour blindness, and by shape."""
_ROW, _LEFT, _WIDTH, _TOP = 20, 150, 330, 24


@dataclass(frozen=True)
class Point:
    """One value of a row: where, how it looks, and its interval."""

    value: float
    shape: str
    """``dot``, ``diamond``, ``tick`` or ``ring``."""
    colour: str
    name: str
    interval: tuple[float, float] | None = None


def rows_plot(rows: Mapping[str, Sequence[Point]], title: str, low: float = 0.0, high: float = 1.0) -> Markup:
    """One line a row, values from ``low`` to ``high``; each point says its name and number when pointed at.

    Parameters
    ----------
    rows : mapping of str to sequence of Point
        Points that are not numbers are left out.
    title : str
        What the plot shows, for screen readers.
    low, high : float
        Ends of the axis.
    """
    span = high - low or 1.0
    height = _TOP + _ROW * len(rows) + 8

    def x(value: float) -> float:
        return round(_LEFT + _WIDTH * (min(max(value, low), high) - low) / span, 1)

    parts = [
        Markup(
            '<svg class="plot" role="img" viewBox="0 0 {} {}" width="{}" height="{}" aria-label="{}" font-size="12" font-family="inherit">'
        ).format(_LEFT + _WIDTH + 50, height, _LEFT + _WIDTH + 50, height, title)
    ]
    step = 0.25 if span > 0.5 else 0.1 if span > 0.25 else 0.05
    for i in range(round(span / step) + 1):
        value = low + step * i
        parts.append(
            Markup('<line x1="{0}" x2="{0}" y1="{1}" y2="{2}" stroke="{3}"/><text x="{0}" y="14" text-anchor="middle" fill="{4}">{5}</text>').format(x(value), _TOP - 5, height - 4, LINE, SOFT, f"{value:.2f}")
        )  # fmt: skip
    for i, (name, points) in enumerate(rows.items()):
        y = _TOP + _ROW * i + _ROW / 2
        parts.append(
            Markup('<text x="{}" y="{}" text-anchor="end" fill="{}">{}</text>').format(_LEFT - 8, y + 4, INK, name)
        )
        parts += [_point(p, x, y) for p in points if math.isfinite(p.value)]
    return Markup("").join([*parts, Markup("</svg>")])


def _point(p: Point, x: object, y: float) -> Markup:
    at = x(p.value)  # type: ignore[operator]
    said = f"{p.name} {p.value:.3f}"
    whisker = Markup("")
    if p.interval and all(map(math.isfinite, p.interval)):
        a, b = (x(v) for v in p.interval)  # type: ignore[operator]
        said += f" [{p.interval[0]:.3f}, {p.interval[1]:.3f}]"
        whisker = Markup('<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="{}" stroke-width="2" opacity=".55"/>').format(a, b, y, y, p.colour)  # fmt: skip
    shapes = {
        "dot": Markup('<circle cx="{}" cy="{}" r="4.5" fill="{}"/>').format(at, y, p.colour),
        "ring": Markup('<circle cx="{}" cy="{}" r="4" fill="#fff" stroke="{}" stroke-width="2"/>').format(at, y, p.colour),
        "tick": Markup('<line x1="{0}" x2="{0}" y1="{1}" y2="{2}" stroke="{3}" stroke-width="2.5"/>').format(at, y - 7, y + 7, p.colour),
        "diamond": Markup('<path d="M{} {}l5 5l-5 5l-5 -5z" fill="{}"/>').format(at, y - 5, p.colour),
    }  # fmt: skip
    return Markup("<g><title>{}</title>{}{}</g>").format(said, whisker, shapes[p.shape])


def accuracy_plot(v: VerdictScores) -> Markup:
    """Accuracy of each criterion with its interval, and its majority baseline."""
    rows = {
        k: [
            Point(c.baseline, "tick", SOFT, "majority baseline"),
            Point(c.accuracy, "dot", BLUE, "accuracy", c.interval),
        ]
        for k, c in v.by_criterion.items()
    }
    floor = min(
        [p.value for points in rows.values() for p in points] + [c.interval[0] for c in v.by_criterion.values()],
        default=0.0,
    )
    return rows_plot(
        rows, "Accuracy of each criterion with its 95 % interval, and its majority baseline", _floor(floor)
    )


def false_pass_plot(v: VerdictScores) -> Markup:
    """Rate of false passes of each criterion with its exact upper bound."""
    rows = {
        f"{k} ({c.false_pass} of {c.gold_fail})": [
            Point(c.false_pass / c.gold_fail, "diamond", ORANGE, "false passes", (0.0, c.false_pass_upper))
        ]
        for k, c in v.by_criterion.items()
        if c.gold_fail
    }
    return (
        rows_plot(rows, "Share of gold fails that were called pass, with the exact upper bound") if rows else Markup("")
    )


def mention_plot(e: Evaluation) -> Markup:
    """F1 of each label: exact span, token, overlapping span, and full with its interval."""
    if e.mentions is None:
        return Markup("")
    rows = {}
    for label in sorted(e.mentions.by_label["full"]):
        exact, token = e.strict.get(label), e.tokens.get(label)
        full = e.mentions.by_label["full"][label]
        rows[label] = [
            Point(exact.f1 if exact else float("nan"), "tick", SOFT, "strict F1"),
            Point(token.f1 if token else float("nan"), "ring", GREEN, "token F1"),
            Point(e.mentions.by_label["span"][label].f1, "diamond", ORANGE, "span F1"),
            Point(full.f1, "dot", BLUE, "full F1", e.mentions.label_intervals.get(label)),
        ]
    floor = min((p.value for points in rows.values() for p in points if math.isfinite(p.value)), default=0.0)
    return rows_plot(rows, "F1 of each label by way of counting", _floor(floor))


def confusion_plot(counts: Counter[tuple[str, str]], words: Sequence[str], title: str) -> Markup:
    """Squares of gold against said; darker is a larger share of the gold row, the diagonal is blue and the rest orange."""
    words = [w for w in words if any(w in pair for pair in counts)]
    side, left, top = 78, 100, 46
    width, height = left + side * len(words) + 4, top + 44 * len(words) + 4
    parts = [
        Markup('<svg class="plot" role="img" viewBox="0 0 {0} {1}" width="{0}" height="{1}" aria-label="{2}" font-size="12" font-family="inherit"><text x="{3}" y="14" fill="{4}">said</text><text x="4" y="{5}" fill="{4}">gold</text>').format(width, height, title, left, SOFT, top - 8)
    ]  # fmt: skip
    for j, said in enumerate(words):
        parts.append(Markup('<text x="{}" y="{}" text-anchor="middle" fill="{}">{}</text>').format(left + side * j + side / 2, top - 8, INK, said))  # fmt: skip
    for i, gold in enumerate(words):
        row = sum(counts[gold, w] for w in words)
        parts.append(Markup('<text x="{}" y="{}" text-anchor="end" fill="{}">{}</text>').format(left - 8, top + 44 * i + 26, INK, gold))  # fmt: skip
        for j, said in enumerate(words):
            n = counts[gold, said]
            share = n / row if row else 0.0
            colour = BLUE if gold == said else ORANGE
            x, y = left + side * j, top + 44 * i
            parts.append(
                Markup('<rect x="{}" y="{}" width="{}" height="42" fill="{}" fill-opacity="{}" stroke="{}"><title>gold {}, said {}: {} of {}</title></rect><text x="{}" y="{}" text-anchor="middle" fill="{}">{}</text>').format(x, y, side - 2, colour, f"{0.12 + 0.8 * share if n else 0:.2f}", LINE, gold, said, n, row, x + side / 2 - 1, y + 26, "#fff" if n and share > 0.5 else INK, n)
            )  # fmt: skip
    return Markup("").join([*parts, Markup("</svg>")])


def verdict_confusion_plot(v: VerdictScores) -> Markup:
    """Confusion of all criteria together."""
    return confusion_plot(v.confusion, VERDICTS, "Confusion of verdicts, all criteria")


def _floor(value: float) -> float:
    """Lower end of an axis that ends at 1: a round quarter at or below the value."""
    return max(0.0, math.floor(value * 4) / 4) if math.isfinite(value) and value < 1 else 0.75
