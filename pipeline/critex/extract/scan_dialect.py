"""Expressions and texts as Hyperscan gets them: one byte a character, and nothing that it cannot look for.

What is written here finds all that Python's ``re`` finds and a little more; ``re`` confirms each place. The scanner knows no look-around and no
back-references, its automata grow with counted gaps, and reading UTF-8 makes them larger and slower: so a character beyond ASCII becomes one of
128 bytes, the same in text and expression, and an offset in bytes is a ``str`` index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as sre_parser  # type: ignore[attr-defined]
from typing import Any

import numpy as np

_LONG_GAP = 8
"""Counted repeats up to this length or more lose their upper limit: the scan finds a few places more with an automaton hundreds of times smaller."""
_BEYOND_ASCII = r"\x80-\xff"
_ANY_BYTE = r"[\x00-\xff]"
_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
_PLACES = {
    sre.AT_BEGINNING: "^",
    sre.AT_BEGINNING_STRING: "^",
    sre.AT_END: "$",
    sre.AT_END_STRING: "$",
    sre.AT_BOUNDARY: r"\b",
    sre.AT_NON_BOUNDARY: r"\B",
}
_CLASSES = {
    sre.CATEGORY_DIGIT: r"\d",
    sre.CATEGORY_NOT_DIGIT: r"\D",
    sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_NOT_SPACE: r"\S",
    sre.CATEGORY_WORD: r"\w",
    sre.CATEGORY_NOT_WORD: r"\W",
}
_UNICODE_CLASSES = {
    sre.CATEGORY_DIGIT: rf"\d{_BEYOND_ASCII}",
    sre.CATEGORY_SPACE: rf"\s\x1c-\x1f{_BEYOND_ASCII}",
    sre.CATEGORY_WORD: rf"\w{_BEYOND_ASCII}",
}
"""Without ``re.A`` a character beyond ASCII may be of any class (and of none, as the others say already)."""
_LETTER_OF_FLAG = {re.I: "i", re.S: "s", re.M: "m"}


def scanned_bytes(text: str) -> bytes:
    """A text with one byte a character."""
    if text.isascii():
        return text.encode("ascii")
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return np.where(codes < 128, codes, 128 + codes % 128).astype(np.uint8).tobytes()


def scanned_expression(source: str, flags: int) -> str:
    """A regular expression of Python for texts as :func:`scanned_bytes` gives them.

    Parameters
    ----------
    source : str
        The expression.
    flags : int
        Its flags.

    Returns
    -------
    str
        Expression in Hyperscan's dialect: somewhere in every stretch that ``source`` matches there is a match of it.
    """
    return _Expression(bool(flags & re.A)).sequence(sre_parser.parse(source, flags), opening=True, closing=True)


class _Expression:
    """What is being written: a reference to a group is written as the group itself."""

    def __init__(self, of_ascii: bool) -> None:
        self._of_ascii = of_ascii
        self._groups: dict[int | None, str] = {}

    def sequence(self, items: Sequence[tuple[Any, Any]], opening: bool = False, closing: bool = False) -> str:
        """Expression of items that follow each other; ``opening`` and ``closing`` say that nothing stands before the first and behind the last.

        What may be missing at the end of a match is left out: the scanner would report every longer match again.
        """
        n = len(items)
        while closing and n and _may_be_missing(*items[n - 1]):
            n -= 1
        out = []
        for i in range(n):
            op, argument = items[i]
            out.append(self._item(op, argument, opening, closing and i == n - 1))
            opening = opening and (op is sre.ASSERT_NOT or (op is sre.ASSERT and argument[0] > 0))
        return "".join(out)

    def _item(self, op: Any, argument: Any, opening: bool, closing: bool) -> str:
        if op in (sre.LITERAL, sre.NOT_LITERAL, sre.IN):
            members = argument if op is sre.IN else [(sre.LITERAL, argument)]
            return self._set(members, negated=op is sre.NOT_LITERAL)
        if op is sre.ANY:
            return "."
        if op is sre.AT:
            bounded = argument in (sre.AT_BOUNDARY, sre.AT_NON_BOUNDARY)
            return "" if bounded and not self._of_ascii else _PLACES[argument]
        if op is sre.BRANCH:
            return f"(?:{'|'.join(self.sequence(branch, opening, closing) for branch in argument[1])})"
        if op is sre.SUBPATTERN:
            number, added, taken, body = argument
            group = (
                f"(?{_letters(added)}{'-' if taken else ''}{_letters(taken)}:{self.sequence(body, opening, closing)})"
            )
            self._groups[number] = group
            return group
        if op is sre.GROUPREF:
            return self._groups[argument]
        if op is sre.ATOMIC_GROUP:
            return f"(?:{self.sequence(argument, opening, closing)})"
        if op in _REPEATS:
            least, most, body = argument
            repeated = self.sequence(body)
            return (repeated if _is_one(body) else f"(?:{repeated})") + _count(least, least if closing else most)
        if op is sre.ASSERT and argument[0] < 0 and opening:
            # part of the match: without it, ``(?<=gem/)cis`` would stop the scanner at every "cis"
            return f"(?:{self.sequence(argument[1])})"
        return ""  # other look-arounds

    def _set(self, members: Iterable[tuple[Any, Any]], negated: bool) -> str:
        """One character of a set. A byte above 127 stands for many characters: it is never taken out of a set."""
        found = []
        for op, argument in members:
            if op is sre.NEGATE:
                negated = True
            elif op is sre.CATEGORY:
                found.append(self._class(argument, negated))
            else:
                low, high = (argument, argument) if op is sre.LITERAL else argument
                if low < 128:
                    found.append(_range(low, min(high, 127)))
                if high >= 128 and not negated:
                    beyond = range(max(low, 128), high + 1)
                    found.extend([_BEYOND_ASCII] if len(beyond) >= 128 else [_range(b, b) for b in map(_byte, beyond)])
        if not found:
            return _ANY_BYTE
        single = len(found) == 1 and not negated and "-" not in found[0]
        return found[0] if single else f"[{'^' if negated else ''}{''.join(dict.fromkeys(found))}]"

    def _class(self, category: Any, negated: bool) -> str:
        return _CLASSES[category] if self._of_ascii or negated else _UNICODE_CLASSES.get(category, _CLASSES[category])


def _may_be_missing(op: Any, argument: Any) -> bool:
    return op in (sre.ASSERT, sre.ASSERT_NOT) or (op in _REPEATS and argument[0] == 0)


def _is_one(items: Sequence[tuple[Any, Any]]) -> bool:
    """Whether items are a single character or group: a count behind them needs no brackets, and expressions may not be too long."""
    return len(items) == 1 and items[0][0] in (
        sre.LITERAL,
        sre.NOT_LITERAL,
        sre.IN,
        sre.ANY,
        sre.BRANCH,
        sre.SUBPATTERN,
    )


def _letters(flags: int) -> str:
    return "".join(letter for flag, letter in _LETTER_OF_FLAG.items() if flags & flag)


def _count(least: int, most: Any) -> str:
    if most is sre.MAXREPEAT or (most >= _LONG_GAP and most > least):
        return {0: "*", 1: "+"}.get(least, f"{{{least},}}")
    return {(0, 1): "?", (1, 1): ""}.get((least, most), f"{{{least},{most}}}")


def _byte(code: int) -> int:
    return 128 + code % 128


def _range(low: int, high: int) -> str:
    return _character(low) if low == high else f"{_character(low)}-{_character(high)}"


def _character(byte: int) -> str:
    letter = chr(byte)
    return letter if byte < 128 and (letter.isalnum() or letter == " ") else rf"\x{byte:02x}"
