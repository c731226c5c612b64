"""Where a match of a rule can begin: the pairs of characters that its expression can start with, read from the expression itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as sre_parser  # type: ignore[attr-defined]
from typing import Any

Prefix = tuple[str, bool]
"""Up to two characters that a match can begin with, and whether anything may follow them."""
Prefixes = frozenset[Prefix]

_NOTHING: Prefixes = frozenset({("", False)})
_ANYTHING: Prefixes = frozenset({("", True)})
_ASCII_CLASSES = {
    sre.CATEGORY_DIGIT: frozenset("0123456789"),
    sre.CATEGORY_SPACE: frozenset(" \t\n\r\f\v"),
    sre.CATEGORY_WORD: frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"),
}
_MANY = 400
"""A class of more characters than this does not narrow a search."""
_INSIDE = "(?<![A-Za-z][A-Za-z])"
"""No match of a rule begins between two letters (:class:`critex.extract.scan.Hits`)."""


def shape_of(pattern: re.Pattern[str]) -> tuple[int, str]:
    """Greatest width of an expression's matches, and an expression of the places where they can begin (empty: anywhere)."""
    tree = sre_parser.parse(pattern.pattern, pattern.flags)
    width = int(tree.getwidth()[1])
    seconds = _seconds(tree, pattern.flags)
    alternatives = [
        re.escape(first) + ("" if second is None else f"(?=[{''.join(map(re.escape, sorted(second)))}])")
        for first, second in sorted(seconds.items())
    ]
    return min(width, 1_000_000), f"(?:{'|'.join(alternatives)}){_INSIDE}" if alternatives else ""


def first_characters(pattern: re.Pattern[str]) -> frozenset[str]:
    """Characters that a match can begin with; none where that may be any."""
    return frozenset(_seconds(sre_parser.parse(pattern.pattern, pattern.flags), pattern.flags))


def first_pairs(pattern: re.Pattern[str]) -> Mapping[str, frozenset[str] | None]:
    """Characters that a match can begin with, and those that can follow each, ``None`` for any; empty where a match can begin with anything."""
    return _seconds(sre_parser.parse(pattern.pattern, pattern.flags), pattern.flags)


@cache
def _starts(source: str, flags: int) -> re.Pattern[str] | None:
    """Where a match can begin. Kept by the source: the hash of a compiled expression is that of its whole program, at every look-up."""
    begins = shape_of(re.compile(source, flags))[1]
    return re.compile(begins) if begins else None


def matches_in_words(
    pattern: re.Pattern[str], text: str, start: int = 0, end: int | None = None
) -> Iterator[re.Match[str]]:
    """What ``pattern.finditer(text, start, end)`` gives for an ASCII pattern none of whose matches begins between two letters.

    Tried only where a match can begin: much faster for a pattern of many alternatives.
    """
    end = len(text) if end is None else end
    starts = _starts(pattern.pattern, pattern.flags)
    if starts is None:
        yield from pattern.finditer(text, start, end)
        return
    while (place := starts.search(text, start, end + 1)) is not None and place.start() < end:
        found = pattern.match(text, place.start(), end)
        if found is None or found.end() == place.start():
            start = place.end()
        else:
            start = found.end()
            yield found


def _seconds(tree: Any, flags: int) -> dict[str, frozenset[str] | None]:
    """The characters that can follow each first character, ``None`` for any; empty where a match can begin with anything."""
    if not flags & re.ASCII:
        return {}
    out: dict[str, set[str] | None] = {}
    for text, _ in _begin(tree, bool(flags & re.I)):
        if not text:
            return {}
        known = out.setdefault(text[0], set())
        if len(text) == 1:
            out[text[0]] = None
        elif known is not None:
            known.add(text[1])
    return {first: None if second is None else frozenset(second) for first, second in out.items()}


def _begin(items: Any, any_case: bool) -> Prefixes:
    found = _NOTHING
    for op, argument in items:
        found = _then(found, _begin_of(op, argument, any_case))
        if all(closed for _, closed in found):
            break
    return found


def _then(before: Prefixes, after: Prefixes) -> Prefixes:
    out = set()
    for text, closed in before:
        if closed:
            out.add((text, True))
            continue
        for more, end in after:
            both = (text + more)[:2]
            out.add((both, end or len(both) == 2))
    return frozenset(out)


def _begin_of(op: Any, argument: Any, any_case: bool) -> Prefixes:
    if op is sre.LITERAL:
        return frozenset((c, False) for c in _cases(chr(argument), any_case))
    if op is sre.IN:
        characters = _class(argument, any_case)
        return _ANYTHING if characters is None else frozenset((c, False) for c in characters)
    if op is sre.SUBPATTERN:
        _, added, taken, inner = argument
        return _begin(inner, bool((any_case or added & re.I) and not taken & re.I))
    if op is sre.ATOMIC_GROUP:
        return _begin(argument, any_case)
    if op is sre.BRANCH:
        return frozenset(p for branch in argument[1] for p in _begin(branch, any_case))
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        low, high, inner = argument
        once = _begin(inner, any_case)
        times = [_NOTHING, once, _then(once, once)]
        return frozenset(p for n in range(min(low, 2), min(high, 2) + 1) for p in times[n])
    if op is sre.ASSERT and argument[0] > 0:  # what stands ahead is also what follows
        ahead = _begin(argument[1], any_case)
        return _NOTHING if any(not text for text, _ in ahead) else frozenset((text, True) for text, _ in ahead)
    if op in (sre.AT, sre.ASSERT, sre.ASSERT_NOT):
        return _NOTHING
    return _ANYTHING  # any character, all but some, a back reference


def _class(items: Any, any_case: bool) -> frozenset[str] | None:
    found: frozenset[str] = frozenset()
    for op, argument in items:
        if op is sre.LITERAL:
            found |= _cases(chr(argument), any_case)
        elif op is sre.RANGE and argument[1] - argument[0] <= _MANY:
            for code in range(argument[0], argument[1] + 1):
                found |= _cases(chr(code), any_case)
        elif op is sre.CATEGORY and argument in _ASCII_CLASSES:
            found |= _ASCII_CLASSES[argument]
        else:
            return None
    return found


def _cases(character: str, any_case: bool) -> frozenset[str]:
    return (
        frozenset({character.lower(), character.upper()})
        if any_case and character.isascii()
        else frozenset({character})
    )
