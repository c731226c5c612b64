"""Lints the pattern files and runs the cases that stand beside each rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from critex.extract.document import Document
from critex.extract.engine import Extractor
from critex.extract.families import all_families
from critex.extract.family import Family
from critex.extract.mention import Mention
from critex.extract.patterns import Case, Rule, load_yaml, read_cases
from critex.extract.spelling import FILE as SPELLING_FILE
from critex.extract.spelling import as_read

CASE_DATE = date(2026, 3, 12)
"""Date of the note that a case stands in."""


@dataclass(frozen=True)
class RuleCase:
    """One example or near miss of a rule."""

    family: Family
    rule: Rule
    case: Case
    kind: str
    """``"example"`` or ``"near miss"``."""
    number: int

    @property
    def id(self) -> str:
        """Name such as ``histology.keratinizing-example-2``."""
        return f"{self.rule.id}-{self.kind.replace(' ', '-')}-{self.number}"


def rule_cases(families: tuple[Family, ...] | None = None) -> Iterator[RuleCase]:
    """Every case of every rule, in order."""
    for family in families or all_families():
        for rule in family.rules:
            for kind, cases in (("example", rule.examples), ("near miss", rule.near_misses)):
                for number, case in enumerate(cases, 1):
                    yield RuleCase(family, rule, case, kind, number)


@dataclass(frozen=True)
class SpellingCase:
    """A text that ``spelling.yaml`` must read as another (an example), or leave as it stands (a near miss)."""

    case: Case
    kind: str
    number: int

    @property
    def id(self) -> str:
        """Name such as ``spelling-example-2``."""
        return f"spelling-{self.kind.replace(' ', '-')}-{self.number}"


def spelling_cases() -> Iterator[SpellingCase]:
    """Every case of ``spelling.yaml``, in order."""
    content = load_yaml(SPELLING_FILE)
    for kind, key in (("example", "examples"), ("near miss", "near_misses")):
        for number, case in enumerate(read_cases(content.get(key), SPELLING_FILE), 1):
            yield SpellingCase(case, kind, number)


def spelling_failure(case: SpellingCase) -> str | None:
    """What is wrong with a case of spelling, ``None`` where it is met."""
    got = as_read(case.case.text)
    want = case.case.expect.get("reads") if case.kind == "example" else case.case.text
    return None if got == want else f"read as {got!r}, not {want!r}"


_EXTRACTORS: dict[str, Extractor] = {}


def mentions_of(family: Family, text: str, note_type: str = "") -> list[Mention]:
    """Mentions of one family in a text dated :data:`CASE_DATE`."""
    if family.name not in _EXTRACTORS:
        _EXTRACTORS[family.name] = Extractor((family,), engine="python")
    return _EXTRACTORS[family.name].mentions(Document(text, "case", "case", CASE_DATE, note_type))


def failure(case: RuleCase) -> str | None:
    """What is wrong with a case, ``None`` where it is met.

    An example is met by a mention of the rule's label that the rule (or, where the case names what it expects, the family) gave and that holds all
    that the case expects. A near miss is met where the rule gives no mention, or only one of the expected assertion.
    """
    text, expect = case.case.text, dict(case.case.expect)
    note_type = str(expect.pop("note_type", ""))
    expect.pop("why", None)
    found = mentions_of(case.family, text, note_type)
    if case.kind == "near miss":
        wrong = [
            m
            for m in found
            if m.rule == case.rule.id
            and m.assertion not in ("hypothetical",)
            and not (expect and mention_holds(m, text, expect))
        ]
        return f"matched {text[wrong[0].start : wrong[0].end]!r}" if wrong else None
    if expect:
        if any(mention_holds(m, text, expect) for m in found):
            return None
        return f"expected {expect}, got {[_brief(m, text) for m in found]}"
    if any(
        m.rule == case.rule.id
        or (m.label == case.rule.label and (m.value == case.rule.value or case.rule.value is None))
        for m in found
    ):
        return None
    return f"no mention by this rule, got {[_brief(m, text) for m in found]}"


def _brief(m: Mention, text: str) -> str:
    return f"{m.rule}: {text[m.start : m.end]!r} {m.value} {m.assertion}"


def mention_holds(m: Mention, text: str, expect: dict[str, Any]) -> bool:
    """Whether a mention holds all that is expected: fields of the mention, its span (``span``), or attributes; numbers within rounding."""
    for key, want in expect.items():
        if key in ("text_span", "span"):
            got: Any = text[m.start : m.end]
        elif key == "attributes":
            if any(m.attributes.get(k) != v for k, v in want.items()):
                return False
            continue
        elif key in Mention.__dataclass_fields__:
            got = getattr(m, key)
        else:
            got = m.attributes.get(key)
        if isinstance(want, int | float) and not isinstance(want, bool):
            try:
                number = float(got)
            except (TypeError, ValueError):
                return False
            if abs(number - float(want)) > 1e-6 * max(1.0, abs(float(want))):
                return False
        elif got != want and str(got) != str(want):
            return False
    return True
