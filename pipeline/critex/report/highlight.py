"""A note's text cut into pieces that carry all that is said about them: mentions, evidence and cues."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Mark:
    """A span to mark. ``kind`` is ``"mention"``, ``"evidence"`` or ``"cue"``; ``key`` is a label or a criterion."""

    start: int
    end: int
    kind: str
    key: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text under the same marks."""

    text: str
    start: int
    end: int
    labels: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    cue: bool = False
    title: str = ""

    @property
    def plain(self) -> bool:
        """Whether nothing is said about it."""
        return not (self.labels or self.criteria or self.cue)


def pieces(text: str, marks: Iterable[Mark]) -> list[Piece]:
    """Cut a text at the ends of all marks.

    Parameters
    ----------
    text : str
        The note as given.
    marks : iterable of Mark
        They may overlap; offsets outside the text are cut to it.

    Returns
    -------
    list of Piece
        In order; joined they are ``text``.
    """
    inside = [m for m in marks if m.start < m.end and m.start < len(text) and m.end > 0]
    edges = sorted({0, len(text), *(max(0, m.start) for m in inside), *(min(len(text), m.end) for m in inside)})
    inside.sort(key=lambda m: m.start)
    found: list[Piece] = []
    active: list[Mark] = []
    i = 0
    for start, end in pairwise(edges):
        while i < len(inside) and inside[i].start <= start:
            active.append(inside[i])
            i += 1
        active = [m for m in active if m.end > start]
        if not active:
            found.append(Piece(text[start:end], start, end))
            continue
        found.append(
            Piece(
                text[start:end],
                start,
                end,
                tuple(dict.fromkeys(m.key for m in active if m.kind == "mention")),
                tuple(dict.fromkeys(m.key for m in active if m.kind == "evidence")),
                any(m.kind == "cue" for m in active),
                "; ".join(dict.fromkeys(m.title for m in active if m.title)),
            )
        )
    return found
