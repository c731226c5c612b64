"""Cases of clinical reading: every trap that we know of."""

from __future__ import annotations

import pytest

from critex.criteria.cases import Case, all_cases, wrong_with

CASES = list(all_cases())


@pytest.mark.parametrize("case", [c for _, c in CASES], ids=[f"{f}-{c.id}" for f, c in CASES])
def test_clinical_case(case: Case) -> None:
    wrong = wrong_with(case)
    if case.known_failure:
        assert wrong is not None, "this case is met now: take its known_failure away"
        pytest.xfail(case.known_failure)
    assert wrong is None, f"{case.text!r}: {wrong}"


def test_ids_are_unique() -> None:
    ids = [c.id for _, c in CASES]
    assert len(ids) == len(set(ids))
