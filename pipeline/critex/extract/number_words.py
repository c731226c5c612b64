"""Numbers spelled out, as dictated: "eight point six", "one hundred ninety-eight thousand", "two thousand sixteen"."""

from __future__ import annotations

import re

_UNITS = {w: n for n, w in enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"])}  # fmt: skip
_TENS = {
    w: 10 * n for n, w in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_WORD = "|".join(sorted([*_UNITS, *_TENS, *_SCALES], key=len, reverse=True))
SOURCE = rf"(?:{_WORD})(?:(?:[\s-]|\sand\s)(?:{_WORD}))*(?:\spoint(?:\s(?:oh|zero|{'|'.join(list(_UNITS)[1:10])}))+)?(?:\s(?:hundred|thousand|million))?"
"""Regular expression of a spelled number; match it between word boundaries."""
ORDINALS = {w: n for n, w in enumerate(
    ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth"], 1
)} | {"thirtieth": 30, "thirty-first": 31} | {f"twenty-{w}": 20 + n for n, w in enumerate(["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"], 1)}  # fmt: skip
"""Days of a month as words."""


def number_of(text: str) -> float | None:
    """Number of a spelled-out text; ``None`` where it is not one.

    Examples
    --------
    >>> number_of("eight point six")
    8.6
    >>> number_of("one hundred ninety-eight thousand")
    198000.0
    >>> number_of("five point one thousand")
    5100.0
    >>> number_of("two thousand sixteen")
    2016.0
    """
    words = [w for w in re.split(r"[\s-]+", text.lower().strip()) if w != "and"]
    scale = 1
    if "point" in words:
        while words and words[-1] in _SCALES:
            scale *= _SCALES[words.pop()]
        at = words.index("point")
        whole = _whole(words[:at])
        digits = "".join("0" if w == "oh" else str(_UNITS.get(w, "x")) for w in words[at + 1 :])
        if whole is None or not digits.isdigit():
            return None
        return float(f"{whole}.{digits}") * scale
    found = _whole(words)
    return None if found is None else float(found)


def _whole(words: list[str]) -> int | None:
    total = current = 0
    for w in words:
        if w in _UNITS:
            current += _UNITS[w]
        elif w in _TENS:
            current += _TENS[w]
        elif w == "hundred":
            current = max(current, 1) * 100
        elif w in _SCALES:
            total += max(current, 1) * _SCALES[w]
            current = 0
        else:
            return None
    return total + current if words else None


def year_of(text: str) -> int | None:
    """Year of "two thousand sixteen", "twenty twenty-six", "nineteen ninety-eight"; ``None`` where it is none."""
    words = [w for w in re.split(r"[\s-]+", text.lower().strip()) if w != "and"]
    if words[:2] == ["two", "thousand"]:
        year = _whole(words)
    elif words and words[0] in ("nineteen", "twenty") and len(words) > 1:
        rest = _whole(words[1:])
        year = None if rest is None or not 0 < rest < 100 else (1900 if words[0] == "nineteen" else 2000) + rest
    else:
        return None
    return year if year is not None and 1900 < year < 2100 else None
