"""The vocabulary of conditions in a trial definition, and their three-valued meaning.

A condition is true, false or unknown (``None``) of a patient. ``all`` is false if one part is false, else unknown if one is unknown; ``any`` is true if
one part is true, else unknown if one is unknown (Kleene; domain.md 2.2). Nothing is false from silence: a feature without a fact is unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import Any, Protocol

from dateutil.relativedelta import relativedelta

from critex.errors import TrialError
from critex.extract.dates import When
from critex.features.facts import CONFLICT, Fact, Statement
from critex.features.patient import Patient
from critex.features.spec import Feature, Wanted, wanted

Truth = bool | None


@dataclass(frozen=True)
class Finding:
    """A truth with the facts that it rests on."""

    truth: Truth
    facts: tuple[Fact, ...] = ()
    notes: tuple[str, ...] = ()
    """Words for the reason, such as "94 g/L on 2026-03-12"."""
    flags: tuple[str, ...] = ()
    """What calls for review: ``uln_fallback``, ``index_proxy``, ``conflict``, ``undated``, ..."""


SILENT = Finding(None)
"""Of a test on a feature of which nothing is said."""


class Condition(Protocol):
    """Anything that can be asked of a patient."""

    def ask(self, patient: Patient, window: Window | None) -> Finding:
        """Truth of this condition for a patient; labs look only inside ``window`` where the criterion has one."""


@dataclass(frozen=True)
class Window:
    """A look-back window: so many days, weeks, months or years up to the index date, both ends inside."""

    number: int
    unit: str

    @property
    def text(self) -> str:
        """As written."""
        return f"{self.number} {self.unit}"

    def first_day(self, index_date: date) -> date:
        """First day inside (calendar months and years; domain.md 1.3)."""
        return _first_day(self.number, self.unit, index_date)


@lru_cache(maxsize=10_000)
def _first_day(number: int, unit: str, index_date: date) -> date:
    if unit.startswith("day"):
        return index_date - timedelta(days=number)
    if unit.startswith("week"):
        return index_date - timedelta(weeks=number)
    if unit.startswith("month"):
        return index_date - relativedelta(months=number)
    return index_date - relativedelta(years=number)


def parse_window(text: str) -> Window:
    """Read "14 days", "4 weeks", "6 months", "5 years".

    Raises
    ------
    TrialError
        For anything else.
    """
    m = re.fullmatch(r"\s*(\d+)\s*(days?|weeks?|months?|years?)\s*", str(text))
    if not m:
        raise TrialError(f"{text!r} is not a window. Write for example '14 days', '4 weeks', '6 months' or '5 years'.")
    return Window(int(m[1]), m[2])


def three_all(truths: list[Truth]) -> Truth:
    """Kleene conjunction; of nothing: true."""
    if False in truths:
        return False
    return None if None in truths else True


def three_any(truths: list[Truth]) -> Truth:
    """Kleene disjunction; of nothing: false."""
    if True in truths:
        return True
    return None if None in truths else False


def three_not(truth: Truth) -> Truth:
    """Kleene negation."""
    return None if truth is None else not truth


@dataclass(frozen=True)
class All:
    """All parts must hold."""

    parts: tuple[Condition, ...]

    def ask(self, patient: Patient, window: Window | None) -> Finding:
        """See :class:`Condition`."""
        found = [p.ask(patient, window) for p in self.parts]
        truth = three_all([f.truth for f in found])
        used = found if truth is not False else [f for f in found if f.truth is False]
        return _joined(truth, used)


@dataclass(frozen=True)
class Any_:
    """One part is enough."""

    parts: tuple[Condition, ...]

    def ask(self, patient: Patient, window: Window | None) -> Finding:
        """See :class:`Condition`."""
        found = [p.ask(patient, window) for p in self.parts]
        truth = three_any([f.truth for f in found])
        used = [f for f in found if f.truth is truth] if truth else found
        return _joined(truth, used)


@dataclass(frozen=True)
class Not:
    """The part must be false."""

    part: Condition

    def ask(self, patient: Patient, window: Window | None) -> Finding:
        """See :class:`Condition`."""
        found = self.part.ask(patient, window)
        if found is SILENT:
            return found
        return Finding(three_not(found.truth), found.facts, found.notes, found.flags)


def _joined(truth: Truth, found: list[Finding]) -> Finding:
    said = [f for f in found if f is not SILENT]
    if len(said) == 1 and said[0].truth is truth:
        return said[0]
    if not said:
        return SILENT if truth is None else Finding(truth)
    return Finding(
        truth,
        tuple({id(f): f for x in said for f in x.facts}.values()),  # facts hold mappings: they have no hash
        tuple(dict.fromkeys(n for x in said for n in x.notes)),
        tuple(dict.fromkeys(n for x in said for n in x.flags)),
    )


@dataclass(frozen=True)
class Test:
    """What one fact must be."""

    words: tuple[str, ...] = ()
    comparison: Comparison | None = None
    between: tuple[float, float] | None = None
    within: Window | None = None
    before: Window | None = None
    dated: bool | None = None
    where: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def _wanted(self) -> tuple[Wanted, ...]:
        return wanted(self.where)

    @cached_property
    def _only_words(self) -> bool:
        more = (self.comparison, self.between, self.within, self.before, self.dated)
        return bool(self.words) and all(m is None for m in more)

    def of(self, fact: Fact, patient: Patient, spec: Feature) -> tuple[Truth, str, tuple[str, ...]]:
        """Truth of the test for one fact, words for the reason, flags for review."""
        for w in self._wanted:
            if not w.by(fact.attributes):
                return False, "", ()
        truths: list[Truth] = []
        flags: list[str] = list(fact.flags)
        said = ""
        if self.words:
            if fact.state == CONFLICT:
                truths.append(None)
                if "conflict" not in flags:
                    flags.append("conflict")
            else:
                truths.append(
                    fact.state in self.words
                    or (fact.number is not None and fact.state is None and str(fact.number) in self.words)
                )
            if self._only_words:
                return truths[0], "", tuple(flags)
        if self.comparison:
            truth, said, more = self.comparison.of(fact, patient)
            truths.append(truth)
            flags.extend(more)
        if self.between:
            truths.append(_between(fact, *self.between))
        day = fact.own_date if spec.uses_own_dates else fact.when
        if self.dated is not None:
            truths.append((day is not None) is self.dated)
        if self.within or self.before:
            if patient.index_date is None or day is None:
                truths.append(None)
                flags.append("undated")
            else:
                if self.within:
                    truths.append(_inside(day, self.within.first_day(patient.index_date), patient.index_date))
                if self.before:
                    truths.append(_earlier(day, self.before.first_day(patient.index_date)))
        return three_all(truths), said, tuple(flags)


def _inside(day: When, first: date, last: date) -> Truth:
    if day.last < first or day.first > last:
        return False
    return True if first <= day.first and day.last <= last else (True if first <= day.first else None)


def _earlier(day: When, limit: date) -> Truth:
    if day.last < limit:
        return True
    return False if day.first >= limit else None


def _between(fact: Fact, low: float, high: float) -> Truth:
    if fact.number is None:
        return None
    a, b = fact.number, fact.number_to if fact.number_to is not None else fact.number
    if low <= a and b <= high:
        return True
    return False if b < low or a > high else None


@dataclass(frozen=True)
class Comparison:
    """A number against a limit, which may be a multiple of the upper limit of normal (ULN)."""

    sign: str
    limit: float
    unit: str
    uln: bool

    def of(self, fact: Fact, patient: Patient) -> tuple[Truth, str, tuple[str, ...]]:
        """Truth for one fact, words for the reason, flags."""
        if fact.number is None:
            return None, "", ()
        flags: tuple[str, ...]
        limit, flags, words = self.limit, (), f"{self.sign} {_number(self.limit)} {self.unit}".strip()
        if self.uln:
            from critex.features.limits import upper_limit

            found = upper_limit(fact, patient)
            if found is None:
                return None, "", ("no_uln",)
            limit = self.limit * found.value
            flags = {"fallback": ("uln_fallback",), "patient": ("uln_patient",)}.get(found.origin, ())
            words = f"{self.sign} {_number(self.limit)} x ULN = {_number(limit)}, ULN {_number(found.value)} from the {found.origin_text}"
        return self._compare(fact, limit), words, (*flags, *_closeness(fact.number, limit))

    def _compare(self, fact: Fact, limit: float) -> Truth:
        number = fact.number
        assert number is not None  # noqa: S101 - checked by the caller
        if fact.comparator in ("<", "<="):
            return self._bound(number, limit, upper=True, strict=fact.comparator == "<")
        if fact.comparator in (">", ">="):
            return self._bound(number, limit, upper=False, strict=fact.comparator == ">")
        ends = [number] if fact.number_to is None else [number, fact.number_to]
        truths = {_holds(n, self.sign, limit) for n in ends}
        return truths.pop() if len(truths) == 1 else None

    def _bound(self, number: float, limit: float, *, upper: bool, strict: bool) -> Truth:
        """Truth where only a bound of the number is known ("<20", ">1.7E8")."""
        if upper:  # the true number lies below (or at) `number`
            if self.sign in ("<", "<="):
                sure = number < limit or (number == limit and (strict or self.sign == "<="))
                return True if sure else None
            impossible = number < limit or (number == limit and (strict or self.sign == ">"))
            return False if impossible else None
        if self.sign in (">", ">="):
            sure = number > limit or (number == limit and (strict or self.sign == ">="))
            return True if sure else None
        impossible = number > limit or (number == limit and (strict or self.sign == "<"))
        return False if impossible else None


def _closeness(number: float, limit: float) -> tuple[str, ...]:
    """Flag of a number near its limit, where a misread digit or range would turn the verdict."""
    apart = abs(number - limit) / abs(limit) if limit else 1.0
    return ("within_2_percent",) if apart <= 0.02 else ("within_10_percent",) if apart <= 0.1 else ()


def _holds(number: float, sign: str, limit: float) -> bool:
    slack = 1e-9 * max(1.0, abs(limit))  # 9.0 g/dL x 10 is 90, whatever binary floats say
    if sign in ("<=", ">="):
        return number <= limit + slack if sign == "<=" else number >= limit - slack
    if sign == "<":
        return number < limit - slack
    if sign == ">":
        return number > limit + slack
    return abs(number - limit) <= slack


def _number(value: float) -> str:
    return f"{value:.4g}"


SAID = 3
"""Facts of one feature that a reason names at most; the evidence holds them all."""


@dataclass(frozen=True)
class On:
    """A test on a feature of the patient."""

    feature: str
    spec: Feature
    test: Test
    quantifier: str = "some"  # "some", "every", "stated"

    def ask(self, patient: Patient, window: Window | None) -> Finding:
        """See :class:`Condition`."""
        facts = self._facts(patient, window)
        if not facts:
            return SILENT
        if self.quantifier == "stated":
            return Finding(True, tuple(facts), (self._describe(facts[-1], ""),))
        if len(facts) == 1:  # mostly
            truth, limit, flags = self.test.of(facts[0], patient, self.spec)
            return Finding(truth, (facts[0],), (self._describe(facts[0], limit),), flags)
        results = [(f, *self.test.of(f, patient, self.spec)) for f in facts]
        truths = [r[1] for r in results]
        truth = three_all(truths) if self.quantifier == "every" else three_any(truths)
        if truth is True and self.quantifier == "some":
            used = [r for r in results if r[1] is True]
        elif truth is None:
            used = [r for r in results if r[1] is None]
        else:
            used = results
        return Finding(
            truth,
            tuple(r[0] for r in used),
            tuple(dict.fromkeys(self._describe(r[0], r[2]) for r in used[-SAID:])),
            tuple(dict.fromkeys(flag for r in used for flag in r[3])),
        )

    @cached_property
    def _looks_in_window(self) -> bool:
        return self.spec.takes == "latest" and self.spec.unit is not None

    def _facts(self, patient: Patient, window: Window | None) -> list[Fact]:
        if window is not None and self._looks_in_window and patient.index_date is not None:
            return patient.facts_in_window(self.feature, window.first_day(patient.index_date), patient.index_date)
        return patient.facts(self.feature)

    @cached_property
    def _name(self) -> str:
        return self.spec.meaning.rstrip(".")

    def _describe(self, fact: Fact, limit: str) -> str:
        spec = self.spec
        if fact.number is not None and spec.unit is not None:
            to = (
                f" to {_number(fact.number_to)}" if fact.number_to is not None and fact.number_to != fact.number else ""
            )
            what = f"{fact.comparator or ''}{_number(fact.number)}{to} {fact.unit or spec.unit}".strip()
        else:
            what = spec.words.get(fact.state or "", (fact.state or "stated").replace("_", " "))
        when = f" on {fact.when.iso}" if fact.when else " (undated)"
        source = " (note's date)" if fact.date_source == "note" else ""
        return f"{self._name}: {what}{when}{source}" + (f" ({limit})" if limit else "")


_COMPARISON = re.compile(r"\s*(<=|>=|<|>|=|≤|≥)\s*([\d.]+(?:[eE][+-]?\d+)?)\s*(.*?)\s*$")
_BETWEEN = re.compile(r"\s*([\d.]+)\s+to\s+([\d.]+)\s*$")
_KEYS = {"is", "within", "before", "dated", "where"}


def parse_condition(node: Any, features: dict[str, Feature]) -> Condition:
    """Condition of a ``when`` mapping.

    Raises
    ------
    TrialError
        Names the feature or key that is not known.
    """
    if not isinstance(node, dict) or not node:
        raise TrialError("a condition is a mapping of feature to what it must be.")
    parts: list[Condition] = []
    for key, value in node.items():
        if key in ("all", "any"):
            if not isinstance(value, list):
                raise TrialError(f"{key!r} needs a list of conditions.")
            inner = tuple(parse_condition(v, features) for v in value)
            parts.append(All(inner) if key == "all" else Any_(inner))
        elif key == "not":
            parts.append(Not(parse_condition(value, features)))
        elif key in features:
            parts.append(_on(key, features[key], value))
        else:
            raise TrialError(
                f"no feature {key!r}. `critex schema features` lists them; write all, any or not for combinations."
            )
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _on(name: str, spec: Feature, value: Any) -> On:
    if value == "stated":
        return On(name, spec, Test(), "stated")
    if isinstance(value, dict) and set(value) == {"every"}:
        return On(name, spec, _test(name, value["every"]), "every")
    return On(name, spec, _test(name, value))


def _test(name: str, value: Any) -> Test:
    if isinstance(value, dict):
        unknown = set(value) - _KEYS
        if unknown:
            raise TrialError(f"{name}: unknown key {sorted(unknown)[0]!r}. Known: {', '.join(sorted(_KEYS))}, every.")
        inner = _test(name, value["is"]) if "is" in value else Test()
        return Test(
            inner.words,
            inner.comparison,
            inner.between,
            parse_window(value["within"]) if "within" in value else None,
            parse_window(value["before"]) if "before" in value else None,
            value.get("dated"),
            dict(value.get("where") or {}),
        )
    if isinstance(value, list):
        return Test(words=tuple(str(v) for v in value))
    text = str(value)
    if m := _COMPARISON.match(text):
        sign = {"≤": "<=", "≥": ">="}.get(m[1], m[1])
        unit = m[3]
        uln = bool(re.fullmatch(r"x?\s*ULN", unit, re.I))
        return Test(comparison=Comparison(sign, float(m[2]), "" if uln else unit, uln))
    if m := _BETWEEN.match(text):
        return Test(between=(float(m[1]), float(m[2])))
    return Test(words=(text,))


def statements_of(facts: tuple[Fact, ...]) -> list[Statement]:
    """Statements behind facts, each once, in order."""
    seen: dict[tuple[str, int, int], Statement] = {}
    for f in facts:
        for s in f.statements:
            seen.setdefault((s.note_id, s.start, s.end), s)
    return list(seen.values())
