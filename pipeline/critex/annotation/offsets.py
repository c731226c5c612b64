"""Offsets: characters (Python) or UTF-16 units (Java, JavaScript), and the check of annotated text against the note."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from typing import Literal

from critex.annotation.document import AnnotatedDocument, Mismatch, Piece, Span, covered, joined

Unit = Literal["characters", "utf16"]
_WIDE = re.compile("[\U00010000-\U0010ffff]")
_BLANKS = re.compile(r"\s+")


class Utf16:
    """Converts between characters and UTF-16 units of one text; a character beyond U+FFFF (an emoji) is two units.

    Parameters
    ----------
    text : str
    """

    def __init__(self, text: str) -> None:
        self._wide = [m.start() for m in _WIDE.finditer(text)] if not text.isascii() else []
        self._units = [at + i for i, at in enumerate(self._wide)]

    def __bool__(self) -> bool:
        """Whether the two ways of counting differ in this text."""
        return bool(self._wide)

    def units(self, character: int) -> int:
        """UTF-16 offset of a character offset."""
        return character + bisect_left(self._wide, character)

    def character(self, unit: int) -> int | None:
        """Character offset of a UTF-16 offset; None where it falls into the middle of a character."""
        before = bisect_left(self._units, unit)
        if before and self._units[before - 1] + 1 == unit:
            return None
        return unit - before


def settle(document: AnnotatedDocument, unit: Unit, *, sure: bool, exact: bool) -> list[Mismatch]:
    """Turn the offsets of a document into ``str`` indices and check them, in place.

    Parameters
    ----------
    document : AnnotatedDocument
        With offsets as the source has them. Spans that are not right are taken out.
    unit : {"characters", "utf16"}
        How the source counts.
    sure : bool
        Whether it surely counts so; otherwise the other way is taken where the annotated text fits that way and not this.
    exact : bool
        Whether annotated text must be the same to the last blank; else any blanks may stand for any others.

    Returns
    -------
    list of Mismatch
        By place; never with text.
    """
    text = document.text
    if text is None:
        wrong = [_mismatch(document, s, "empty or negative span") for s in document.spans if not _orderly(s.pieces)]
        document.spans = [s for s in document.spans if _orderly(s.pieces)]
        return wrong
    utf16 = Utf16(text)
    ways: list[Unit] = [unit]
    if utf16 and not sure and any(s.said is not None for s in document.spans):
        ways.append("utf16" if unit == "characters" else "characters")
    tried = [_read(document, text, _converter(utf16, way), exact) for way in ways]
    spans, wrong = min(tried, key=lambda t: len(t[1]))
    document.spans = spans
    return wrong


def _converter(utf16: Utf16, unit: Unit) -> Callable[[int], int | None]:
    return utf16.character if unit == "utf16" and utf16 else lambda i: i


def _read(
    document: AnnotatedDocument, text: str, convert: Callable[[int], int | None], exact: bool
) -> tuple[list[Span], list[Mismatch]]:
    spans, wrong = [], []
    for s in document.spans:
        pieces: list[Piece] = []
        problem = ""
        for start, end in s.pieces:
            a, b = convert(start), convert(end)
            if a is None or b is None:
                problem = "offset in the middle of a character"
            elif not 0 <= a < b <= len(text):
                problem = "empty span, or outside the text"
            else:
                pieces.append((a, b))
        if not problem and s.said is not None:
            here = covered(text, pieces)
            whole = text[pieces[0][0] : pieces[-1][1]]
            same = s.said in (here, whole) or (not exact and _fold(s.said) in (_fold(here), _fold(whole)))
            problem = "" if same else "its text is not what stands in the note"
        if problem:
            wrong.append(_mismatch(document, s, problem))
            continue
        spans.append(Span(s.label, joined(pieces, text), s.attributes, s.id, None, s.where))
    return spans, wrong


def _fold(text: str) -> str:
    return _BLANKS.sub(" ", text.replace("\\n", " ")).strip()


def _orderly(pieces: tuple[Piece, ...]) -> bool:
    return bool(pieces) and all(0 <= a < b for a, b in pieces)


def _mismatch(document: AnnotatedDocument, s: Span, problem: str) -> Mismatch:
    start, end = (s.start, s.end) if s.pieces else (-1, -1)
    return Mismatch(s.where or document.note_id, s.id, start, end, problem)
