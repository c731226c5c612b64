"""Numbers spelled out, as dictated: "eight point six grams per deciliter", "one hundred ninety-eight thousand"."""

from __future__ import annotations

import re

from critex.extract.patterns import FLAGS

_ONES = {
    w: i
    for i, w in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
} | {"oh": 0}
_TENS = {
    w: 10 * (i + 2)
    for i, w in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"])
}
_SCALES = {"hundred": 100, "thousand": 1_000, "lakh": 100_000, "lakhs": 100_000, "million": 1_000_000}
_WORD = "|".join(sorted((*_ONES, *_TENS, *_SCALES), key=len, reverse=True))
_SPOKEN = re.compile(
    rf"(?:a\s(?=hundred|thousand))?(?:{_WORD})(?:(?:\s|-|\sand\s|\spoint\s|\s?,\s?(?=(?:{_WORD})\shundred))(?:{_WORD}))*(?![A-Za-z])",
    FLAGS,
)


def read_spoken(norm: str, at: int, limit: int) -> tuple[int, float] | None:
    """Number spelled out that stands at a place.

    Returns
    -------
    tuple of (int, float), optional
        Where it ends (an index into ``norm``) and what it is; ``None`` where no number word stands there.
    """
    m = _SPOKEN.match(norm, at, limit)
    if m is None:
        return None
    whole, _, decimals = m.group().lower().partition(" point ")
    number = _whole(re.findall(r"[a-z]+", whole))
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


def _whole(words: list[str]) -> float:
    total = part = 0
    for word in words:
        if word in _SCALES:
            scale = _SCALES[word]
            if scale == 100:
                part = max(part, 1) * 100
            else:
                total, part = total + max(part, 1) * scale, 0
        else:
            part += _ONES.get(word, _TENS.get(word, 0))
    return float(total + part)


def _digits(words: list[str]) -> str | None:
    """Decimals, spoken digit by digit ("one five") or as one number ("fifteen")."""
    if not words or any(w not in _ONES and w not in _TENS for w in words):
        return None
    if len(words) == 2 and words[0] in _TENS and words[1] in _ONES:
        return str(_TENS[words[0]] + _ONES[words[1]])
    return "".join(str(_ONES.get(w, _TENS.get(w))) for w in words)
