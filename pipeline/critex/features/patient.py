"""One patient: statements in, features out, on a given index date."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from critex.extract.dates import When
from critex.features.derive import derived
from critex.features.facts import CONFLICT, OWN_DATES, Fact, Statement
from critex.features.spec import Feature, Kind, load_features

_RANGE = re.compile(r"(\d+(?:\.\d+)?)\s*-\s*(\d+(?:\.\d+)?)$")


class Patient:
    """A patient's statements, and the features that follow from them.

    Parameters
    ----------
    patient_id : str
    statements : iterable of Statement
        Everything that the notes say, in any order.
    index_date : date, optional
        Day that windows count back from. Changing it costs no new reading of notes: make another ``Patient``.
    sex : {"M", "F"}, optional
        From the patients file; else what the notes say.
    birth_date : date, optional
        From the patients file; else what the notes say.
    """

    def __init__(
        self,
        patient_id: str,
        statements: Iterable[Statement],
        index_date: date | None,
        sex: str | None = None,
        birth_date: date | None = None,
        features: dict[str, Feature] | None = None,
    ) -> None:
        self.patient_id = patient_id
        self.statements = sorted(statements, key=statement_order)
        self.index_date = index_date
        self.birth_date = birth_date
        self._sex = sex
        self._speaking: frozenset[str] | None = None
        """Features that can have a fact; ``None`` where that is not known."""
        self.features = features if features is not None else load_features()
        self._found: dict[str, list[Fact]] = {}
        self._facts: dict[str, list[Fact]] = {}
        self._reads: dict[str, frozenset[Kind]] = {}
        self._reading: list[set[Kind]] = []
        self._by_label: dict[str, list[Statement]] = {}
        self._by_value: dict[str, dict[str, list[Statement]]] = {}
        """Statements of a label by their value, where a feature asked for one."""
        for s in self.statements:
            self._by_label.setdefault(s.label, []).append(s)
        self.labels = frozenset(self._by_label)
        """Labels of which there is a statement."""
        if features is None:
            from critex.features.silence import features_that_may_speak

            self._speaking = features_that_may_speak(
                self.labels, index_date is not None, sex is not None, birth_date is not None
            )

    def may_say(self, name: str) -> bool:
        """Whether a feature can have a fact at all: asked before it is computed."""
        return self._speaking is None or name in self._speaking

    @property
    def sex(self) -> str | None:
        """``"M"``, ``"F"`` or ``None`` where neither the patients file nor the notes tell."""
        if self._sex:
            return self._sex
        facts = self.facts("sex") if "sex" in self.features else []
        return facts[0].state if facts and facts[0].state in ("M", "F") else None

    def labelled(self, label: str) -> list[Statement]:
        """Statements of one label, in order of date."""
        if self._reading:
            self._reading[-1].add((label, None))
        return self._by_label.get(label, [])

    def of_kind(self, label: str, value: str) -> list[Statement]:
        """Statements of one label and value, in order of date."""
        if self._reading:
            self._reading[-1].add((label, None))
        return self._of_value(label, value)

    def reads(self, name: str) -> frozenset[Kind]:
        """Kinds of mentions that a feature is computed from: labels, each with a value where the feature takes that value only."""
        self.facts(name)
        return self._reads.get(name, frozenset())

    def facts(self, name: str) -> list[Fact]:
        """Facts of a feature: at most one for ``latest`` and ``lasting``, all for ``each``; newest last."""
        if self._speaking is not None and name not in self._speaking:
            return []
        facts = self._facts.get(name)
        if facts is None:
            facts = self._facts[name] = self._taken(name, self._all(name))
        elif self._reading:
            self._reading[-1] |= self._reads[name]
        return facts

    def facts_in_window(self, name: str, first: date, last: date) -> list[Fact]:
        """Facts of a feature taken from statements of the days ``first`` to ``last`` only (both inside)."""
        if self._speaking is not None and name not in self._speaking:
            return []
        inside = [f for f in self._all(name) if f.when and first <= f.when.first and f.when.last <= last]
        return self._taken(name, inside, windowed=True)

    def _all(self, name: str) -> list[Fact]:
        """All facts of a feature, before `takes` chooses among them."""
        found = self._found.get(name)
        if found is None:
            self._found[name] = []  # guards against a derivation that asks for itself
            self._reads[name] = frozenset()
            self._reading.append(set())
            spec = self.features[name]
            found = self._found[name] = derived(spec.derive)(self) if spec.derive else self.selected(name)
            self._reads[name] = frozenset(self._reading.pop())
        if self._reading:
            self._reading[-1] |= self._reads[name]
        return found

    def _taken(self, name: str, found: list[Fact], windowed: bool = False) -> list[Fact]:
        if not found:
            return []
        spec = self.features[name]
        if spec.takes == "latest":
            if not windowed and self.index_date is not None:
                found = [f for f in found if f.when is None or f.when.first <= self.index_date]
            return [_repeated(_winning(found, spec.wins))] if found else []
        if spec.takes == "lasting":
            return lasting(name, found, replaced_by_retest(found, spec.retested))
        return found

    def selected(self, name: str) -> list[Fact]:
        """One fact a matching statement, oldest first, before `takes` chooses among them."""
        spec = self.features[name]
        found: list[Fact] = []
        if self._reading:
            self._reading[-1] |= spec.kinds
        streams = 0
        for selection in spec.sources:
            for statements in self._kinds(selection.labels, selection.values):
                taken = [s for s in statements if selection.takes(s)]
                found.extend(as_fact(name, s, selection.state or _state(s, spec.state), spec.unit) for s in taken)
                streams += bool(taken)
        if streams > 1:  # statements of one kind are in order
            found.sort(key=lambda f: statement_order(f.statements[0]))
        return found

    def _kinds(self, labels: tuple[str, ...], values: tuple[str, ...] | None) -> Iterator[list[Statement]]:
        """Statements of every label, or of every label and value."""
        for label in labels:
            statements = self._by_label.get(label)
            if not statements:
                continue
            if values is None:
                yield statements
                continue
            for value in values:
                if of_value := self._of_value(label, value):
                    yield of_value

    def _of_value(self, label: str, value: str) -> list[Statement]:
        by_value = self._by_value.get(label)
        if by_value is None:
            by_value = self._by_value[label] = {}
            for s in self._by_label.get(label, ()):
                by_value.setdefault(str(s.value), []).append(s)
        return by_value.get(value, [])


def _winning(found: list[Fact], state: str | None) -> list[Fact]:
    """Facts with those last that win over others of the newest day (:attr:`~critex.features.spec.Feature.wins`)."""
    if state is None or found[-1].state == state:
        return found
    last = found[-1]
    same_note = [
        f
        for f in found
        if f.state == state
        and f.statements[0].note_id == last.statements[0].note_id
        and (f.when == last.when or _said_behind(f, last))
    ]
    return [f for f in found if f not in same_note] + same_note


def _said_behind(fact: Fact, last: Fact) -> bool:
    """Whether a fact with a day of its own, not long before the note, is told behind one that has only the note's day: it is no older."""
    one, other = fact.statements[0], last.statements[0]
    if other.date_source in OWN_DATES or one.date_source not in OWN_DATES or fact.when is None or last.when is None:
        return False
    return one.start > other.start and (last.when.last - fact.when.last).days <= _NOT_LONG_BEFORE


_NOT_LONG_BEFORE = 31


def _repeated(found: list[Fact]) -> Fact:
    """The newest fact, with every statement that says the same of the same day as evidence."""
    last = found[-1]
    same = [
        f
        for f in found[:-1]
        if f.when == last.when and f.when is not None and (f.state, f.number) == (last.state, last.number)
    ]
    if not same:
        return last
    own = {(s.note_id, s.start) for s in last.statements}
    more = tuple(s for f in reversed(same) for s in f.statements if (s.note_id, s.start) not in own)
    return replace(last, statements=(*last.statements, *more))


def statement_order(s: Statement) -> tuple[Any, ...]:
    """Order of time: last possible day of the fact, then its first, then the day of its note; of one day the better source last, then place in the text."""
    noted = s.note_date or date.min
    last, first = (s.when.last, s.when.first) if s.when else (noted, noted)
    return (last, first, noted, -s.rank, s.note_id, s.start, s.end, s.label, s.value or "")


def _state(s: Statement, what: str) -> str | None:
    if what.startswith("attributes."):
        got = s.attributes.get(what.removeprefix("attributes."))
        return None if got is None else str(got)
    got = getattr(s, what)
    return None if got is None else str(got)


def as_fact(name: str, s: Statement, state: str | None, unit: str | None = None) -> Fact:
    """Fact of one statement."""
    number = s.canonical if s.canonical is not None or unit is not None else s.number
    number_to = None
    if number is None and s.value:
        if m := _RANGE.match(s.value):
            number, number_to = float(m[1]), float(m[2])
        elif s.value.replace(".", "", 1).isdigit():
            number = float(s.value)
    elif number is not None and s.attributes.get("to") is not None:
        number_to = float(s.attributes["to"])
    flags = ("unit_inferred",) if s.attributes.get("unit_inferred") else ()
    return Fact(
        name,
        state,
        (s,),
        number,
        number_to,
        s.comparator,
        s.canonical_unit or unit,
        s.when,
        s.date_source,
        s.attributes,
        flags=flags,
    )


_SOON = timedelta(days=150)
"""A screening test that a negative one follows within this time was not borne out; later, the two contradict each other."""


def replaced_by_retest(found: list[Fact], which: str | None) -> list[Fact]:
    """Facts that the newest test with a day of its own contradicts: "HIV 2019 negative" beside "HIV 6 May 2026 positive".

    ``which`` is :attr:`~critex.features.spec.Feature.retested`. A report is not replaced by what a narrative says is negative.
    """
    dated = [f for f in found if f.own_date is not None]
    if which is None or len(found) < 2 or not dated:
        return []
    newest = max(dated, key=lambda f: (f.own_date.last, f.own_date.first))  # type: ignore[union-attr]
    day, rank = newest.own_date, newest.statements[0].rank
    assert day is not None  # noqa: S101 - chosen among facts with a day
    replaced = []
    for f in found:
        if f.state == newest.state or f.when is None or f.when.last >= day.first:
            continue
        borne_out = f.statements[0].value == "disease" or day.first - f.when.last > _SOON
        if newest.state == "positive" or (rank <= f.statements[0].rank and (which == "either" or not borne_out)):
            replaced.append(f)
    return replaced


def lasting(name: str, found: list[Fact], replaced: Sequence[Fact] = ()) -> list[Fact]:
    """The one fact that lasting statements agree on (GUIDELINE section 1).

    Superseded statements, and those that a later test ``replaced``, go first; then reports outrank narrative; what still contradicts itself is a :data:`CONFLICT`, with both sides kept.
    """
    standing = [f for f in found if not f.attributes.get("superseded") and not any(f is r for r in replaced)] or found
    if not standing:
        return []
    states = {f.state for f in standing}
    if len(states) == 1:
        best = max(standing, key=lambda f: (-f.statements[0].rank, statement_order(f.statements[0])))
        return [_with(best, standing, [f for f in found if f.state != best.state])]
    corrections = [f for f in standing if f.attributes.get("correction")]
    if corrections and len({f.state for f in corrections}) == 1:
        best = corrections[-1]
        return [
            _with(
                best,
                [f for f in standing if f.state == best.state],
                [f for f in found if f.state != best.state],
                "conflict_resolved",
            )
        ]
    best_rank = min(f.statements[0].rank for f in standing)
    if best_rank <= 1:
        top = [f for f in standing if f.statements[0].rank == best_rank]
        if len({f.state for f in top}) == 1:
            best = top[-1]
            return [
                _with(
                    best,
                    [f for f in standing if f.state == best.state],
                    [f for f in found if f.state != best.state],
                    "conflict_resolved",
                )
            ]
    first = standing[0].statements[0]
    return [
        Fact(
            name, CONFLICT, tuple(f.statements[0] for f in standing[:1]), when=When(first.when.first, first.when.last) if first.when else None,
            against=tuple(f.statements[0] for f in standing[1:]), flags=("conflict",),
        )
    ]  # fmt: skip


def _with(best: Fact, same: list[Fact], other: list[Fact], *flags: str) -> Fact:
    more = tuple(f.statements[0] for f in same if f.statements[0] is not best.statements[0])
    return Fact(
        best.feature, best.state, (*best.statements, *more), best.number, best.number_to, best.comparator, best.unit, best.when,
        best.date_source, best.attributes, tuple(f.statements[0] for f in other), (*best.flags, *flags),
    )  # fmt: skip
