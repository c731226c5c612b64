"""Bars and histograms as plain SVG with a title and a description; every number also stands in a table beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

from critex.cohort.svg import LIMIT, SOFT, svg_head

KEPT, REMOVED, OPEN = "#00796b", "#c2410c", "#7c8794"
"""Colours that differ in lightness too; each has a contrast of at least 3 to white."""
ROW, LABEL, NUMBER = 18, 150, 90


@dataclass(frozen=True)
class Bar:
    """One row of a bar chart: its segments follow each other."""

    label: str
    segments: tuple[tuple[float, str], ...]
    """Size and colour."""
    said: str
    """Words at the end of the bar."""


def bars_svg(bars: Sequence[Bar], whole: float, *, title: str, width: int = 760) -> Markup:
    """Horizontal bars, one below the other.

    Parameters
    ----------
    bars : sequence of Bar
    whole : float
        Size that fills the width.
    title : str
    width : int
        Width in CSS pixels; the chart scales with the page.
    """
    height = ROW * len(bars) + 4
    room = width - LABEL - NUMBER
    parts = [svg_head("chart", title, "; ".join(f"{b.label}: {b.said}" for b in bars), width, height)]
    for i, bar in enumerate(bars):
        y = i * ROW + 3
        parts.append(f'<text x="{LABEL - 8}" y="{y + 11}" text-anchor="end">{escape(bar.label)}</text>')
        x = float(LABEL)
        for size, colour in bar.segments:
            length = room * size / whole if whole else 0
            if length > 0:
                parts.append(f'<rect x="{x:.1f}" y="{y}" width="{length:.1f}" height="{ROW - 5}" fill="{colour}"/>')
            x += length
        parts.append(f'<text x="{x + 5:.1f}" y="{y + 11}" fill="{SOFT}">{escape(bar.said)}</text>')
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704 - all that is not ours is escaped above


@dataclass(frozen=True)
class Bins:
    """Bins of a histogram whose edges include the limit; the outer ones take what lies beyond."""

    edges: tuple[float, ...]
    met: tuple[int, ...]
    unmet: tuple[int, ...]
    """Counts of values that do not meet the limit, or of which that cannot be said."""


def binned(
    values: Sequence[float], met: Sequence[bool], limit: float, *, at_most: bool = False, bins: int = 12
) -> Bins:
    """Histogram of values around a limit; extreme values go into the outer bins.

    Parameters
    ----------
    values : sequence of float
        At least one.
    met : sequence of bool
        Whether each meets its limit.
    limit : float
        It becomes an edge, so that no bin holds both sides of it.
    at_most : bool
        Whether a value equal to the limit lies on the side below it.
    bins : int
        About how many.
    """
    array = np.asarray(values, dtype=float)
    low, high = (float(x) for x in np.percentile(array, [2, 98]))
    low, high = min(low, limit), max(high, limit)
    step = nice_step((high - low) / bins)
    before, after = math.ceil((limit - low) / step - 1e-9), math.ceil((high - limit) / step - 1e-9)
    edges = limit + step * np.arange(-max(before, 1), max(after, 1) + 1)
    if array.min() >= 0 > edges[0]:
        edges[0] = 0.0
    if at_most:
        array = np.where(np.isclose(array, limit, rtol=1e-9, atol=0), limit - step * 1e-6, array)
    clipped = np.clip(array, edges[0], np.nextafter(edges[-1], -np.inf))
    good = np.asarray(met, dtype=bool)
    counts = [np.histogram(clipped[mask], edges)[0] for mask in (good, ~good)]
    return Bins(tuple(float(round(e, 10)) for e in edges), *(tuple(int(n) for n in c) for c in counts))


def nice_step(raw: float) -> float:
    """The next of 1, 2, 5, 10 times a power of ten; 1 where there is no spread at all."""
    if raw <= 0:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(raw))
    return next(k * power for k in (1, 2, 5, 10) if raw <= k * power * (1 + 1e-9))


def histogram_svg(bins: Bins, limits: Sequence[tuple[float, str]], *, title: str, unit: str, width: int = 360) -> Markup:  # fmt: skip
    """Histogram with lines at the limits.

    Parameters
    ----------
    bins : Bins
    limits : sequence of tuple
        Value and words of each line.
    title, unit : str
    width : int
    """
    height, left, bottom, top = 150.0, 8.0, 20.0, 16.0
    first, last = bins.edges[0], bins.edges[-1]
    tallest = max(1, *(a + b for a, b in zip(bins.met, bins.unmet, strict=True)))

    def x(value: float) -> float:
        return left + (width - 2 * left) * (min(max(value, first), last) - first) / (last - first)

    def tall(count: int) -> float:
        return (height - bottom - top - 10) * count / tallest

    rows = zip(bins.edges, bins.edges[1:], bins.met, bins.unmet, strict=False)
    said = "; ".join(f"{a:.4g} to {b:.4g}: {m + u}" for a, b, m, u in rows if m + u)
    parts = [svg_head("chart", f"{title} ({unit})", said, width, height)]
    for i, (m, u) in enumerate(zip(bins.met, bins.unmet, strict=True)):
        a, b = x(bins.edges[i]), x(bins.edges[i + 1])
        base = height - bottom
        for count, colour in ((m, KEPT), (u, REMOVED)):
            if count:
                parts.append(f'<rect x="{a + 0.5:.1f}" y="{base - tall(count):.1f}" width="{b - a - 1:.1f}" height="{tall(count):.1f}" fill="{colour}"/>')  # fmt: skip
                base -= tall(count)
        if m + u:
            parts.append(f'<text x="{(a + b) / 2:.1f}" y="{base - 2:.1f}" text-anchor="middle" fill="{SOFT}">{m + u}</text>')  # fmt: skip
    parts.append(f'<path d="M{left} {height - bottom}H{width - left}" stroke="{SOFT}"/>')
    for n, (value, words) in enumerate(limits):
        at = x(value)
        anchor = "end" if at > width / 2 else "start"
        parts.append(f'<path d="M{at:.1f} {top - 4}V{height - bottom}" stroke="{LIMIT}" stroke-width="1.5"/>')
        parts.append(f'<text x="{at + (-3 if anchor == "end" else 3):.1f}" y="{top - 6 + 11 * (n % 2):.1f}" text-anchor="{anchor}" fill="{LIMIT}">{escape(words)}</text>')  # fmt: skip
    for value, anchor in ((first, "start"), (last, "end")):
        parts.append(f'<text x="{x(value):.1f}" y="{height - 6}" text-anchor="{anchor}" fill="{SOFT}">{value:.4g}</text>')  # fmt: skip
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704 - all that is not ours is escaped above
