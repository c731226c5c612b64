"""What extraction returns: a span with a label, a normalised value and its assertion."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Mention:
    """A span of a note that states something.

    ``start`` and ``end`` are ``str`` indices into the note's text. ``assertion`` and ``temporality`` are ``None`` until the
    context pass has decided them; a family that knows better (a test with a result, a planned drug) sets them itself.
    """

    start: int
    end: int
    label: str
    value: str | None
    rule: str
    number: float | None = None
    unit: str | None = None
    comparator: str | None = None
    canonical: float | None = None
    canonical_unit: str | None = None
    result: str | None = None
    ref_low: float | None = None
    ref_high: float | None = None
    assertion: str | None = None
    temporality: str | None = None
    date: str | None = None
    date_source: str | None = None
    section: str | None = None
    cue: tuple[int, int] | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    """What the label needs beyond the columns: JSON-serialisable values only."""
    priority: int = 0
    """Of two mentions of one label that overlap, the higher priority stays, then the longer."""
