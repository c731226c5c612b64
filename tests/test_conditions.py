"""Three-valued logic and the vocabulary of trial conditions, as small tables with the answer beside."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from critex.criteria.conditions import parse_condition, parse_window, three_all, three_any, three_not
from critex.errors import TrialError
from critex.extract.dates import parse_iso
from critex.features.facts import Statement
from critex.features.patient import Patient
from critex.features.spec import Feature

INDEX = date(2026, 3, 16)
FEATURES = {
    "ferritin": Feature.model_validate(
        {"meaning": "Ferritin.", "takes": "latest", "unit": "ug/L", "from": [{"label": "X", "value": "ferritin"}]}
    ),
    "marker": Feature.model_validate(
        {"meaning": "Marker.", "takes": "lasting", "state": "result", "from": [{"label": "X", "value": "marker"}]}
    ),
    "stroke": Feature.model_validate(
        {"meaning": "Stroke.", "takes": "each", "from": [{"label": "X", "value": "stroke"}]}
    ),
}


def statement(
    value: str, when: str | None = "2026-03-10", source: str = "text", note_type: str = "clinic letter", **more: Any
) -> Statement:
    fields: dict[str, Any] = {
        "note_id": "n", "note_date": date(2026, 3, 12), "note_type": note_type, "start": more.pop("start", 0), "end": 1, "text": "x", "label": "X", "value": value,
        "assertion": "present", "temporality": "current", "when": parse_iso(when), "date_source": source,
    }  # fmt: skip
    return Statement(**(fields | more))


def ask(when: dict[str, Any], *statements: Statement, window: str | None = None) -> bool | None:
    patient = Patient("p", statements, INDEX, features=FEATURES)
    return parse_condition(when, FEATURES).ask(patient, parse_window(window) if window else None).truth


@pytest.mark.parametrize(("parts", "all_", "any_"), [
    ([True, True], True, True), ([True, False], False, True), ([True, None], None, True), ([False, None], False, None), ([None, None], None, None), ([False, False], False, False),
])  # fmt: skip
def test_kleene_tables(parts: list[bool | None], all_: bool | None, any_: bool | None) -> None:
    assert three_all(parts) is all_
    assert three_any(parts) is any_
    assert three_not(all_) is (None if all_ is None else not all_)


def test_silence_is_neither_true_nor_false() -> None:
    assert ask({"ferritin": ">= 30 ug/L"}) is None
    assert ask({"not": {"stroke": "present"}}) is None


@pytest.mark.parametrize(
    ("number", "comparator", "expected"),
    [
        (30.0, None, True),
        (29.9, None, False),
        (10.0, "<", False),
        (50.0, "<", None),
        (50.0, ">", True),
        (10.0, ">", None),
    ],
)
def test_a_bound_decides_only_where_it_can(number: float, comparator: str | None, expected: bool | None) -> None:
    assert ask({"ferritin": ">= 30 ug/L"}, statement("ferritin", canonical=number, comparator=comparator)) is expected


def test_the_latest_value_decides() -> None:
    old, new = statement("ferritin", "2026-03-01", canonical=10.0), statement("ferritin", "2026-03-09", canonical=40.0)
    assert ask({"ferritin": ">= 30 ug/L"}, new, old) is True


@pytest.mark.parametrize(
    ("when", "expected"), [("2026-03-02", True), ("2026-03-01", None), ("2026-03-16", True), ("2026-03-17", None)]
)
def test_both_ends_of_a_window_are_inside(when: str, expected: bool | None) -> None:
    assert ask({"ferritin": ">= 30 ug/L"}, statement("ferritin", when, canonical=40.0), window="14 days") is expected


@pytest.mark.parametrize(
    ("when", "source", "expected"),
    [
        ("2025-10-01", "text", True),
        ("2025-09", "text", None),
        ("2019", "text", False),
        ("2026-03-12", "note", None),
        (None, "none", None),
    ],
)
def test_an_event_is_inside_a_window_by_its_own_date_only(when: str | None, source: str, expected: bool | None) -> None:
    assert ask({"stroke": {"is": "present", "within": "6 months"}}, statement("stroke", when, source)) is expected


def test_a_report_outranks_narrative() -> None:
    letter, report = (
        statement("marker", result="positive"),
        statement("marker", result="negative", note_type="laboratory report", start=5),
    )
    assert ask({"marker": "negative"}, letter, report) is True


def test_a_contradiction_with_nothing_to_settle_it_is_unknown() -> None:
    a, b = statement("marker", result="positive"), statement("marker", result="negative", start=5)
    assert ask({"marker": "negative"}, a, b) is None
    assert ask({"marker": "positive"}, a, b) is None


def test_a_superseded_statement_does_not_count() -> None:
    old, new = (
        statement("marker", result="positive", attributes={"superseded": True}),
        statement("marker", result="negative", start=5),
    )
    assert ask({"marker": "negative"}, old, new) is True


@pytest.mark.parametrize(
    "when", [{"no_such": "present"}, {"all": {}}, {"stroke": {"iz": "present"}}, {"stroke": {"within": "soon"}}]
)
def test_what_is_not_in_the_vocabulary_is_refused(when: dict[str, Any]) -> None:
    with pytest.raises(TrialError):
        parse_condition(when, FEATURES)
