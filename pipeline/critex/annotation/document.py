"""The model that every annotation format is read into and written from: documents with spans, and verdicts of patients."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Scalar = str | float | bool
Piece = tuple[int, int]

NUMBERS = ("number", "canonical", "ref_low", "ref_high")
"""Attributes that are numbers."""
FLAGS = ("optional",)
"""Attributes that are true or absent."""


@dataclass
class Span:
    """An annotated span; ``pieces`` are (start, end) in order, ``str`` indices into the document's text once it is settled.

    More than one piece is a discontinuous span. Pieces with nothing but line ends between them are one piece.
    """

    label: str
    pieces: tuple[Piece, ...]
    attributes: dict[str, Scalar] = field(default_factory=dict)
    id: str = ""
    said: str | None = None
    """Text that the source says stands there, to be checked; None where it does not say."""
    where: str = ""
    """File and line, for messages."""

    @property
    def start(self) -> int:
        """First character."""
        return self.pieces[0][0]

    @property
    def end(self) -> int:
        """One past the last character."""
        return self.pieces[-1][1]


@dataclass
class AnnotatedDocument:
    """A note with its spans. ``text`` is None where the source has annotations only."""

    note_id: str
    text: str | None
    spans: list[Span] = field(default_factory=list)
    patient_id: str = ""
    """Empty where the source does not say."""
    note_date: str = ""
    note_type: str = ""

    @classmethod
    def of(cls, text: str, meta: Mapping[str, str]) -> AnnotatedDocument:
        """A document without spans, from its text and what is known of it (``note_id`` and, where known, the others)."""
        known = (meta.get(k, "") for k in ("patient_id", "note_date", "note_type"))
        return cls(meta["note_id"], text, [], *known)


@dataclass(frozen=True)
class PatientVerdict:
    """One annotated verdict with its evidence."""

    patient_id: str
    criterion: str
    verdict: str
    evidence: tuple[tuple[str, int, int], ...] = ()
    """Note, start and end of each span."""
    why: str = ""


@dataclass(frozen=True)
class Mismatch:
    """One annotation that is not what it says; it names places, never text."""

    where: str
    id: str
    start: int
    end: int
    problem: str

    def __str__(self) -> str:
        span = f" {self.start}-{self.end}" if self.end >= 0 else ""
        return f"{self.where}{f' {self.id}' if self.id else ''}{span}: {self.problem}"


@dataclass
class Corpus:
    """Everything of an annotated sample; parts that the source does not have are empty."""

    documents: list[AnnotatedDocument] = field(default_factory=list)
    verdicts: list[PatientVerdict] = field(default_factory=list)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    """Patient-level values by patient and column, as written."""
    patients: list[dict[str, str]] = field(default_factory=list)
    """Rows of ``patients.csv``, as written."""
    mismatches: list[Mismatch] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    """What the source holds and critex does not carry (relations, events, rejected examples), with its number."""


def attribute_name(name: str) -> str:
    """Name of an attribute as critex writes it: lower case, words joined by underscores."""
    return re.sub(r"\W+", "_", name).strip("_").lower() or "attribute"


def typed(name: str, value: object) -> Scalar:
    """Value of an attribute in the type that its name has: a number, a flag, else text."""
    if name in FLAGS:
        return value is True or str(value).strip().lower() in ("true", "1", "yes")
    if name in NUMBERS and not isinstance(value, bool):
        try:
            return float(str(value))
        except ValueError:
            return str(value)
    if isinstance(value, bool):
        return value
    return str(value)


def as_text(value: Scalar) -> str:
    """Value of an attribute as text, for formats that know nothing else; :func:`typed` reads it back."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else value


def set_attribute(attributes: dict[str, Scalar], name: str, value: object) -> None:
    """Add an attribute; what is empty is not one."""
    if value is not None and value != "":
        attributes[attribute_name(name)] = typed(attribute_name(name), value)


def joined(pieces: Iterable[Piece], text: str | None) -> tuple[Piece, ...]:
    """Pieces in order; those that touch, overlap, or have only line ends between them become one."""
    found: list[Piece] = []
    for start, end in sorted(pieces):
        if found and (start <= found[-1][1] or (text is not None and not text[found[-1][1] : start].strip("\r\n"))):
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)


def covered(text: str, pieces: Iterable[Piece]) -> str:
    """Text under the pieces, joined by blanks."""
    return " ".join(text[a:b] for a, b in pieces)
