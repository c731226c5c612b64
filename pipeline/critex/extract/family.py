"""A family of facts: its rules, and the function that turns their matches into mentions."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from critex.extract.document import Document
from critex.extract.mention import Mention
from critex.extract.patterns import Rule, group_span, load_rules
from critex.extract.scan import Hits


class FamilyHits:
    """Matches of one family's rules in one document."""

    __slots__ = ("_first", "_hits", "rules")

    def __init__(self, rules: tuple[Rule, ...], hits: Hits, first: int) -> None:
        self.rules = rules
        self._hits = hits
        self._first = first

    def _fired(self) -> list[int]:
        ends, first, n = self._hits.ends, self._first, len(self.rules)
        if ends is None:
            return list(range(n))
        return sorted([i - first for i in ends if first <= i < first + n])

    def fired(self) -> bool:
        """Whether any rule of the family can match in this document."""
        return bool(self._fired())

    def __iter__(self) -> Iterator[tuple[Rule, re.Match[str]]]:
        for i in self._fired():
            rule = self.rules[i]
            for m in self._hits.matches(self._first + i, rule.pattern):
                yield rule, m

    def of(self, *rule_ids: str) -> Iterator[tuple[Rule, re.Match[str]]]:
        """Matches of the named rules only."""
        for i in self._fired():
            rule = self.rules[i]
            if rule.id in rule_ids:
                for m in self._hits.matches(self._first + i, rule.pattern):
                    yield rule, m


Finder = Callable[[Document, FamilyHits], list[Mention]]


@dataclass(frozen=True)
class Family:
    """A family of facts.

    ``name`` is the stem of its file in ``patterns/`` and of its spaCy component (``critex_<name>``). ``find`` is called only where at
    least one of its rules fired; by default each match is a mention as its rule says.
    """

    name: str
    rules: tuple[Rule, ...]
    find: Finder


def simple_mentions(doc: Document, hits: FamilyHits) -> list[Mention]:
    """One mention a match. A group named ``span`` narrows the span; a group named ``value`` gives the value where the rule has none."""
    return [as_mention(rule, m) for rule, m in hits]


def as_mention(rule: Rule, m: re.Match[str]) -> Mention:
    """Mention of a match, as its rule says."""
    start, end = group_span(m, "span") or m.span()
    named = group_span(m, "value")
    value = rule.value if rule.value is not None else (m.string[named[0] : named[1]] if named else None)
    return Mention(
        start,
        end,
        rule.label,
        value,
        rule.id,
        result=rule.result,
        assertion=rule.assertion,
        temporality=rule.temporality,
        attributes=dict(rule.attributes),
        priority=rule.priority,
    )


def family(name: str, find: Finder = simple_mentions) -> Family:
    """Family whose rules are ``patterns/<name>.yaml``."""
    return Family(name, load_rules(f"{name}.yaml"), find)


def resolve_overlaps(mentions: list[Mention]) -> list[Mention]:
    """Of overlapping mentions of one label: the higher priority, then the longer, then the earlier stays."""
    kept: list[Mention] = []
    by_label: dict[
        str, list[tuple[int, int]]
    ] = {}  # spans kept of a label: none overlap, so only neighbours can be in the way
    for m in sorted(mentions, key=lambda m: (-m.priority, -(m.end - m.start), m.start, m.rule)):
        group = by_label.setdefault(m.label, [])
        i = bisect_left(group, (m.start, m.start))
        if (i == 0 or group[i - 1][1] <= m.start) and (i == len(group) or group[i][0] >= m.end):
            group.insert(i, (m.start, m.end))
            kept.append(m)
    return sorted(kept, key=lambda m: (m.start, m.end, m.label))
