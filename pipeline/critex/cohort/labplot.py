"""A small plot of one laboratory value over time, with its limits and the window that counts; plain SVG, readable without colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup, escape

from critex.cohort.svg import INK, LIMIT, SOFT, svg_head

WIDTH, HEIGHT = 300, 120
_LEFT, _RIGHT, _TOP, _BOTTOM = 6, 6, 14, 18
LINE, BAD, SHADE = "#0b57a4", LIMIT, "#dbe9f7"


@dataclass(frozen=True, slots=True)
class LabPoint:
    """One value on one day."""

    day: date
    value: float
    comparator: str = ""
    """``<`` or ``>`` where the value is only a bound."""
    met: bool | None = None
    """Whether the value meets its limit; ``None`` where that cannot be said."""
    note_id: str = ""
    start: int = 0
    end: int = 0

    @property
    def text(self) -> str:
        """Value as written beside it."""
        return f"{self.comparator}{self.value:.4g}"


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A limit in the unit of the values."""

    value: float
    label: str
    """Such as ">= 90 g/L" or "<= 2.5 x ULN"."""
    reference: bool = False
    """The upper limit of normal itself, which decides nothing and is drawn dashed."""


def lab_svg(
    points: Sequence[LabPoint],
    limits: Sequence[LimitLine] = (),
    window: tuple[date, date] | None = None,
    *,
    title: str,
    unit: str = "",
    width: int = WIDTH,
    height: int = HEIGHT,
) -> Markup:
    """Plot of one laboratory value.

    Parameters
    ----------
    points : sequence of LabPoint
        In any order. Values in the window are filled; a value that does not meet its limit is a square, others are discs.
    limits : sequence of LimitLine
        Drawn across, with their words; the upper limit of normal dashed.
    window : tuple of date, optional
        First and last day that count, both inside: shaded; the last is the index date.
    title : str
        What is measured.
    unit : str
        Unit of the values.
    width, height : int
        Size in CSS pixels; the plot scales with the page.

    Returns
    -------
    Markup
        An ``<svg>`` with a title and all its values as a description; no script, no style sheet, nothing that is loaded.
    """
    ordered = sorted(points, key=lambda p: (p.day, p.value, p.note_id))
    said = described(ordered, limits, window, unit)
    named = f"{title} ({unit})" if unit else title
    parts = [svg_head("lab", named, said, width, height, font_size=10)]
    scale = _Scale(ordered, limits, window, width, height)
    if window:
        a, b = scale.x(window[0]), scale.x(window[1])
        parts.append(f'<rect x="{a:.1f}" y="{_TOP}" width="{max(b - a, 1):.1f}" height="{height - _TOP - _BOTTOM}" fill="{SHADE}"/>')  # fmt: skip
    bottom = height - _BOTTOM
    parts.append(f'<path d="M{_LEFT} {bottom}H{width - _RIGHT}" stroke="{SOFT}" stroke-width=".8"/>')
    if window:
        parts.append(f'<path d="M{scale.x(window[1]):.1f} {_TOP}V{bottom}" stroke="{INK}" stroke-width="1"/>')
    taken: list[float] = []
    for limit in limits:
        y = scale.y(limit.value)
        colour, dash = (SOFT, ' stroke-dasharray="4 3"') if limit.reference else (BAD, "")
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{width - _RIGHT}" stroke="{colour}" stroke-width="1.2"{dash}/>')
        crowded = any(abs(y - other) < 11 for other in taken)
        taken.append(y)
        at = f'x="{width - _RIGHT - 4}" text-anchor="end"' if crowded else f'x="{_LEFT + 1}"'
        parts.append(f'<text {at} y="{y - 2:.1f}" fill="{colour}">{escape(limit.label)}</text>')
    if len(ordered) > 1:
        path = " ".join(f"{'L' if i else 'M'}{scale.x(p.day):.1f} {scale.y(p.value):.1f}" for i, p in enumerate(ordered))  # fmt: skip
        parts.append(f'<path d="{path}" fill="none" stroke="{LINE}" stroke-width="1" opacity=".55"/>')
    for p in ordered:
        inside = window is None or window[0] <= p.day <= window[1]
        parts.append(_mark(scale.x(p.day), scale.y(p.value), inside, p))
    if ordered:
        last = ordered[-1]
        x, y = scale.x(last.day), scale.y(last.value)
        anchor = "end" if x > width - 60 else "start"
        parts.append(f'<text x="{x + (-6 if anchor == "end" else 6):.1f}" y="{max(y - 5, 9):.1f}" text-anchor="{anchor}" font-weight="700">{escape(last.text)}</text>')  # fmt: skip
    parts.append(
        f'<text x="{_LEFT}" y="{height - 5}" fill="{SOFT}">{scale.first.isoformat()}</text>'
        f'<text x="{width - _RIGHT}" y="{height - 5}" text-anchor="end" fill="{SOFT}">{scale.last.isoformat()}</text></svg>'
    )
    return Markup("".join(parts))  # noqa: S704 - all that is not ours is escaped above


def described(
    points: Sequence[LabPoint], limits: Sequence[LimitLine], window: tuple[date, date] | None, unit: str
) -> str:
    """All that a plot shows, in words."""
    values = "; ".join(
        f"{p.day.isoformat()} {p.text}{' (does not meet the limit)' if p.met is False else ''}" for p in points
    )
    lines = ", ".join(x.label for x in limits if not x.reference)
    said = f"{values or 'no value'}{' ' + unit if unit and points else ''}."
    if lines:
        said += f" Limit: {lines}."
    if window:
        said += f" Days that count: {window[0].isoformat()} to {window[1].isoformat()}."
    return said


def _mark(x: float, y: float, inside: bool, p: LabPoint) -> Markup:
    colour = BAD if p.met is False else LINE
    fill = colour if inside else "#fff"
    tip = Markup("<title>{} {}</title>").format(p.day.isoformat(), p.text)
    if p.met is False:
        return Markup('<rect x="{:.1f}" y="{:.1f}" width="7" height="7" fill="{}" stroke="{}" stroke-width="1.5">{}</rect>').format(x - 3.5, y - 3.5, fill, colour, tip)  # fmt: skip
    return Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3.5" fill="{}" stroke="{}" stroke-width="1.5">{}</circle>').format(x, y, fill, colour, tip)  # fmt: skip


class _Scale:
    """From days and values to pixels; a single day or value lies in the middle."""

    def __init__(
        self,
        points: Sequence[LabPoint],
        limits: Sequence[LimitLine],
        window: tuple[date, date] | None,
        width: int,
        height: int,
    ) -> None:
        days = [p.day for p in points] + list(window or ())
        self.first, self.last = (min(days), max(days)) if days else (date(2000, 1, 1), date(2000, 1, 2))
        if self.first == self.last:
            self.first, self.last = self.first - timedelta(days=1), self.last + timedelta(days=1)
        values = [p.value for p in points] + [x.value for x in limits]
        low, high = (min(values), max(values)) if values else (0.0, 1.0)
        room = (high - low) * 0.12 or max(abs(high) * 0.2, 1.0)
        self._low, self._high = low - room, high + room
        self._width, self._height = width, height

    def x(self, day: date) -> float:
        """Pixel of a day."""
        share = (day - self.first).days / (self.last - self.first).days
        return _LEFT + 5 + share * (self._width - _LEFT - _RIGHT - 10)

    def y(self, value: float) -> float:
        """Pixel of a value."""
        share = (value - self._low) / (self._high - self._low)
        return self._height - _BOTTOM - share * (self._height - _TOP - _BOTTOM)
