"""Where a match of a rule can begin: the characters that its expression can start with, read from the expression itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as sre_parser  # type: ignore[attr-defined]
from typing import Any

_ASCII_CLASSES = {
    sre.CATEGORY_DIGIT: frozenset("0123456789"),
    sre.CATEGORY_SPACE: frozenset(" \t\n\r\f\v"),
    sre.CATEGORY_WORD: frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"),
}
_MANY = 400
"""A set of more characters than this does not narrow a search."""


def shape_of(pattern: re.Pattern[str]) -> tuple[int, str]:
    """Greatest width of an expression's matches, and the characters that they can begin with (empty: any)."""
    tree = sre_parser.parse(pattern.pattern, pattern.flags)
    found, empty = _first(tree) if pattern.flags & re.ASCII else (None, True)
    characters = "" if found is None or empty or len(found) > _MANY else "".join(sorted(found))
    return min(int(tree.getwidth()[1]), 1_000_000), characters


@cache
def starts_with(characters: str) -> re.Pattern[str] | None:
    """Expression of the places where a match that begins with one of these characters can begin.

    No match of a rule begins between two letters (:class:`critex.extract.scan.Hits`), so such places are left out.
    """
    if not characters:
        return None
    return re.compile(rf"[{''.join(map(re.escape, characters))}](?<![A-Za-z][A-Za-z])")


@cache
def _starts(pattern: re.Pattern[str]) -> re.Pattern[str] | None:
    return starts_with(shape_of(pattern)[1])


def matches_in_words(
    pattern: re.Pattern[str], text: str, start: int = 0, end: int | None = None
) -> Iterator[re.Match[str]]:
    """What ``pattern.finditer(text, start, end)`` gives for a caseless or ASCII pattern none of whose matches begins between two letters.

    Tried only where a match can begin: much faster for a pattern of many alternatives.
    """
    end = len(text) if end is None else end
    starts = _starts(pattern)
    if starts is None:
        yield from pattern.finditer(text, start, end)
        return
    while (place := starts.search(text, start, end)) is not None:
        found = pattern.match(text, place.start(), end)
        if found is None or found.end() == place.start():
            start = place.end()
        else:
            start = found.end()
            yield found


def _first(items: Any) -> tuple[frozenset[str] | None, bool]:
    """Characters that can come first (``None`` for any), and whether nothing at all may match."""
    found: frozenset[str] = frozenset()
    for op, argument in items:
        characters, empty = _first_of(op, argument)
        if characters is None:
            return None, False
        found |= characters
        if not empty:
            return found, False
    return found, True


def _first_of(op: Any, argument: Any) -> tuple[frozenset[str] | None, bool]:
    if op is sre.LITERAL:
        return _cases(chr(argument)), False
    if op is sre.IN:
        return _class(argument), False
    if op is sre.SUBPATTERN:
        return _first(argument[3])
    if op is sre.ATOMIC_GROUP:
        return _first(argument)
    if op is sre.BRANCH:
        found: frozenset[str] = frozenset()
        empty = False
        for branch in argument[1]:
            characters, nothing = _first(branch)
            if characters is None:
                return None, False
            found |= characters
            empty = empty or nothing
        return found, empty
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        low, _, inner = argument
        characters, nothing = _first(inner)
        return characters, nothing or low == 0
    if op in (sre.AT, sre.ASSERT, sre.ASSERT_NOT):
        return frozenset(), True
    return None, False  # any character, all but some, a back reference


def _class(items: Any) -> frozenset[str] | None:
    found: frozenset[str] = frozenset()
    for op, argument in items:
        if op is sre.LITERAL:
            found |= _cases(chr(argument))
        elif op is sre.RANGE and argument[1] - argument[0] <= _MANY:
            for code in range(argument[0], argument[1] + 1):
                found |= _cases(chr(code))
        elif op is sre.CATEGORY and argument in _ASCII_CLASSES:
            found |= _ASCII_CLASSES[argument]
        else:
            return None
    return found


def _cases(character: str) -> frozenset[str]:
    return frozenset({character.lower(), character.upper()}) if character.isascii() else frozenset({character})
