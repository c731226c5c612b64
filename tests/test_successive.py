"""Several values of one measure, each with its day, and which of them is the newest."""

from __future__ import annotations

import re
from datetime import date

import pytest

from critex.extract.document import Document
from critex.extract.successive import series_from

SCORE = re.compile(r"(?<![\w./%-])(?P<v>\d{1,3})(?![\w/]|\.\d)\s?%?")
NOTED = date(2026, 5, 15)


def series(text: str) -> list[tuple[str, str | None, bool]]:
    """Value, day and whether it is superseded, of the series behind "KPS"."""
    doc = Document(text, note_date=NOTED)
    first = SCORE.search(text)
    assert first is not None
    found = series_from(doc, first.start(), first.end(), SCORE, len(text))
    return [(text[v.start : v.end].strip(), v.when.iso if v.when else None, v.superseded) for v in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("KPS 90 (02-Apr) → 70 (14-May)", [("90", "2026-04-02", True), ("70", "2026-05-14", False)]),
        ("KPS 80 % at diagnosis in February, 50 % on 11.05.2026.", [("80 %", "2026-02", True), ("50 %", "2026-05-11", False)]),
        ("KPS 70 on 14 May (90 on 20 April)", [("70", "2026-05-14", False), ("90", "2026-04-20", True)]),
        ("KPS 90 -> 70 -> 60", [("90", None, True), ("70", None, True), ("60", None, False)]),
        ("KPS 70 (January), up to 90 this week", [("70", "2026-01", True), ("90", "2026-05-11/2026-05-15", False)]),
        ("KPS 80 (diagnosis), 70 (C1), 50 (now)", [("80", None, True), ("70", None, True), ("50", None, False)]),
    ],
)  # fmt: skip
def test_the_newest_of_a_series_stands(text: str, expected: list[tuple[str, str | None, bool]]) -> None:
    assert series(text) == expected


@pytest.mark.parametrize(
    "text",
    ["KPS 80, 60 kg on 12 May", "KPS 90. Bed 12.", "KPS 80 and 3 nodes on CT of 3 May", "KPS 80 (fatigue), 70 (pain)"],
)
def test_other_numbers_are_no_further_values(text: str) -> None:
    assert series(text) == []
