"""Every rule answers the cases that stand beside it, and the pattern files are clean."""

from __future__ import annotations

from pathlib import Path

import pytest

from critex.errors import PatternError
from critex.extract.pattern_cases import RuleCase, SpellingCase, failure, rule_cases, spelling_cases, spelling_failure
from critex.extract.pattern_lint import lint
from critex.extract.patterns import load_rules, load_yaml
from critex.placed_yaml import read_yaml
from critex.resources import folder

CASES = list(rule_cases())


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.id)
def test_case_beside_the_rule(case: RuleCase) -> None:
    wrong = failure(case)
    if case.case.known_failure:
        assert wrong is not None, "this case is met now: take its known_failure away"
        pytest.xfail(case.case.known_failure)
    assert wrong is None, f"{case.case.text!r}: {wrong}"


@pytest.mark.parametrize("case", list(spelling_cases()), ids=lambda c: c.id)
def test_case_of_the_spelling(case: SpellingCase) -> None:
    assert spelling_failure(case) is None


def test_the_pattern_files_are_clean() -> None:
    assert lint().problems == []


def test_every_rule_has_both_kinds_of_cases() -> None:
    with_examples = {c.rule.id for c in CASES if c.kind == "example"}
    with_near_misses = {c.rule.id for c in CASES if c.kind == "near miss"}
    assert with_examples == with_near_misses


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rules:\n  - {id: a, label: X, terms: [x], colour: red}\n", "unknown key 'colour'"),
        ("rules:\n  - {label: X, terms: [x]}\n", "a rule without id"),
        ("rules:\n  - {id: a, label: X, regex: '('}\n", "not a valid regular expression"),
        ("rules:\n  - {id: a, label: X}\n", "neither terms nor regex"),
        ("rules: [", "not valid YAML"),
    ],
)
def test_a_wrong_pattern_file_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PatternError) as caught:
        load_yaml(path)
        load_rules(path)  # type: ignore[arg-type]
    assert message in str(caught.value)
    assert "wrong.yaml" in str(caught.value)


def test_a_file_from_the_cache_is_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRITEX_CACHE", str(tmp_path))
    text = (folder("patterns") / "features.yaml").read_text(encoding="utf-8")
    first, kept, read = read_yaml(text, shipped=True), read_yaml(text, shipped=True), read_yaml(text, shipped=False)
    assert first == kept == read
    assert len(list(tmp_path.glob("yaml-*.json"))) == 1
    for key in read["features"]:
        assert kept["features"].lc.key(key) == read["features"].lc.key(key)
    assert text.splitlines()[kept["features"].lc.key("sex")[0]].startswith("  sex:")


def test_a_damaged_cache_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRITEX_CACHE", str(tmp_path))
    text = "a: [1, 2.5, yes]\n"
    read_yaml(text, shipped=True)
    (kept,) = tmp_path.glob("yaml-*.json")
    for damage in (b"", b"[", b'{"keys": ["a"]}', b"\xff"):
        kept.write_bytes(damage)
        assert read_yaml(text, shipped=True) == {"a": [1, 2.5, "yes"]}
