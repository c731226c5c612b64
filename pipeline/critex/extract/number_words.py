"""Numbers spelled out, as dictated: "eight point six", "one hundred ninety-eight thousand", "two thousand sixteen"."""

from __future__ import annotations

import re

from critex.extract.patterns import FLAGS

ONES = {w: n for n, w in enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"])}  # fmt: skip
_SPOKEN_ONES = ONES | {"oh": 0, "nought": 0, "naught": 0}
_TENS = {
    w: 10 * n for n, w in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
_SCALES = {"hundred": 100, "thousand": 1_000, "lakh": 100_000, "lakhs": 100_000, "million": 1_000_000}
_WORD = "|".join(sorted((*_SPOKEN_ONES, *_TENS, *_SCALES), key=len, reverse=True))
_SPOKEN = re.compile(
    rf"(?:a\s(?=hundred|thousand))?(?:{_WORD})(?:(?:\s|-|\sand\s|\spoint\s|\s?,\s?(?=(?:{_WORD})\shundred))(?:{_WORD}))*(?![A-Za-z])",
    FLAGS,
)
_NUMBERS = _SPOKEN_ONES | _TENS | _SCALES
ORDINALS = {w: n for n, w in enumerate(
    ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth"], 1
)} | {"thirtieth": 30, "thirty-first": 31} | {f"twenty-{w}": 20 + n for n, w in enumerate(["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"], 1)}  # fmt: skip
"""Days of a month as words."""


def read_spoken(norm: str, at: int, limit: int) -> tuple[int, float] | None:
    """Number spelled out that stands at a place.

    Returns
    -------
    tuple of (int, float), optional
        Where it ends (an index into ``norm``) and what it is; ``None`` where no number word stands there.

    Examples
    --------
    >>> read_spoken("one hundred ninety-eight thousand platelets", 0, 40)
    (33, 198000.0)
    >>> read_spoken("eight point six", 0, 15)
    (15, 8.6)
    """
    m = _SPOKEN.match(norm, at, limit)
    if m is None:
        return None
    whole, _, decimals = m.group().lower().partition(" point ")
    number = float(_whole([w for w in re.findall(r"[a-z]+", whole) if w in _NUMBERS]) or 0)  # "a", "and" count nothing
    if decimals:
        words = re.findall(r"[a-z]+", decimals)
        scale = 1
        while words and words[-1] in _SCALES:  # "five point one thousand"
            scale *= _SCALES[words.pop()]
        digits = _digits(words)
        if digits is None:
            return None
        number = (number + float(f"0.{digits}")) * scale
    return m.end(), round(number, 6)


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


def _whole(words: list[str]) -> int | None:
    """Whole number of its words in order, ``None`` where there are none or one is no number."""
    total = part = 0
    for word in words:
        if word == "hundred":
            part = max(part, 1) * 100
        elif word in _SCALES:
            total, part = total + max(part, 1) * _SCALES[word], 0
        elif word in _NUMBERS:
            part += _NUMBERS[word]
        else:
            return None
    return total + part if words else None


def _digits(words: list[str]) -> str | None:
    """Decimals, spoken digit by digit ("one five") or as one number ("fifteen")."""
    if not words or any(w not in _SPOKEN_ONES and w not in _TENS for w in words):
        return None
    if len(words) == 2 and words[0] in _TENS and words[1] in _SPOKEN_ONES:
        return str(_TENS[words[0]] + _SPOKEN_ONES[words[1]])
    return "".join(str(_NUMBERS[w]) for w in words)
