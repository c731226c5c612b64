"""Dates in text: what a reader takes them for."""

from __future__ import annotations

from datetime import date

import pytest

from critex.extract.dates import find_dates, order_of, parse_iso
from critex.extract.normalise import normalise

NOTE = date(2026, 3, 12)


def iso(text: str, order: str | None = None, anchor: date | None = NOTE) -> list[str]:
    return [d.when.iso for d in find_dates(normalise(text), anchor, order)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on 2026-03-04", ["2026-03-04"]),
        ("2026.3.4", ["2026-03-04"]),
        ("2026/03/04", ["2026-03-04"]),
        ("2026年3月4日", ["2026-03-04"]),
        ("04-Mar-2026", ["2026-03-04"]),
        ("4th March 2026", ["2026-03-04"]),
        ("March 4, 2026", ["2026-03-04"]),
        ("12-Jan-26", ["2026-01-12"]),
        ("in March 2022", ["2022-03"]),
        ("03/2022", ["2022-03"]),
        ("since 2009", ["2009"]),
        ("2/52 ago", ["2026-02-26"]),
        ("3/7 ago", ["2026-03-09"]),
        ("two weeks ago", ["2026-02-26"]),
        ("yesterday", ["2026-03-11"]),
        ("20 Feb", ["2026-02-20"]),
        ("stopped before last Christmas", ["2025-12-15/2025-12-31"]),
        ("home for Christmas 2019", ["2019-12-15/2019-12-31"]),
        ("22/01/2026 and 28/1/26", ["2026-01-22", "2026-01-28"]),
    ],
)
def test_a_date_is_read_as_a_reader_would(text: str, expected: list[str]) -> None:
    assert iso(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "70Gy/33#",
        "BP 126/72",
        "Hb 12.4",
        "HBV DNA 2000 IU/mL",
        "5/5 power",
        "ratio 1.2",
        "3.9 x 3.1 cm",
        "EBV DNA 2010 copies/mL",
    ],
)
def test_numbers_that_are_not_dates_are_left_alone(text: str) -> None:
    assert iso(text) == []


def test_the_order_of_a_source_is_respected() -> None:
    assert iso("3/4/26", "dmy") == ["2026-04-03"]
    assert iso("3/4/26", "mdy") == ["2026-03-04"]


def test_the_text_shows_its_own_order() -> None:
    assert order_of("seen 3/14/2026, again 3/4/2026") == "mdy"
    assert iso("seen 3/14/2026, labs 3/4/2026") == ["2026-03-14", "2026-03-04"]


def test_a_month_alone_is_the_last_one_that_has_begun() -> None:
    assert iso("creatinine 96 in January") == ["2026-01"]
    assert iso("radiotherapy starts in June") == []
    assert iso("In May be careful") == []


def test_days_counted_from_a_first_dose_are_exact_where_the_note_says_when_that_is() -> None:
    assert iso("Day 0 is the planned first dose, 4 May 2026. On day -18 laparotomy.") == ["2026-05-04", "2026-04-16"]


def test_days_counted_from_an_unknown_first_dose_are_an_interval_that_ends_with_the_note() -> None:
    assert iso("ECOG 1 on day -4") == ["2026-03-08/2026-03-12"]
    assert iso("laparotomy on day -18") == ["2026-02-22/2026-03-08"]


def test_without_a_note_date_relative_dates_are_left_out() -> None:
    assert iso("2/52 ago", anchor=None) == []


def test_offsets_point_into_the_text() -> None:
    text = "Collected：2026-03-25 07:52"
    (found,) = find_dates(normalise(text), NOTE)
    assert text[found.start : found.end] == "2026-03-25"


@pytest.mark.parametrize("text", ["2026-03-04", "2026-03", "2026"])
def test_what_is_written_can_be_read_back(text: str) -> None:
    when = parse_iso(text)
    assert when is not None
    assert when.iso == text
