"""Cases of clinical reading: every trap that we know of."""

from __future__ import annotations

import pytest

from critex.criteria.cases import Case, all_cases, wrong_with
from critex.extract.document import Document
from critex.extract.engine import LANDMARKS, Extractor, default_extractor

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


def test_the_first_look_loses_nothing_on_the_cases() -> None:
    """A rule that finds something in a case is among those that the scanner lets through: Hyperscan was seen to miss one expression."""
    fast, slow = default_extractor(), Extractor(engine="python")
    if fast.scanner.engine != "hyperscan":
        pytest.skip("Hyperscan is not installed; there is only one scanner to compare")
    lost = []
    for _, case in CASES:
        norm = Document(case.text).norm
        seen, all_of_it = fast.scanner.scan(norm), slow.scanner.scan(norm)
        for i, rule in enumerate(fast.scanner.rules):
            if not seen.fired(i) and all_of_it.matches(i, rule.pattern):
                lost.append(f"{rule.id}: {case.id}")
        for landmark in LANDMARKS:
            if [m.span() for m in seen.all_of(landmark)] != [m.span() for m in all_of_it.all_of(landmark)]:
                lost.append(f"{landmark.pattern.pattern[:40]}: {case.id}")
    assert not lost
