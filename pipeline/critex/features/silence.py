"""What follows where notes are silent: which labels a computation asks for, found by asking a patient of whom nothing is said.

Most patients have mentions of few labels. A computation that asks only for labels that a patient has no statement of takes the course that it
takes for a patient without any statement, so its result is that patient's. Nobody maintains a list of labels: the computation is watched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Generic, TypeVar

from critex.features.facts import Statement
from critex.features.patient import Patient
from critex.features.spec import load_features

Result = TypeVar("Result")

ENROLMENT = ("index_date", "_sex", "birth_date")
"""What is known of a patient without any note."""
_EVERYTHING = "statements"


@dataclass(frozen=True)
class Silent(Generic[Result]):
    """Result of a computation for a patient without statements, and what it asked for."""

    result: Result
    labels: frozenset[str]
    """Labels whose statements it asked for."""
    enrolment: tuple[str, ...]
    """Which of :data:`ENROLMENT` it asked for."""

    def holds_for(self, labels: frozenset[str]) -> bool:
        """Whether a patient who has statements of these labels has the same result."""
        return _EVERYTHING not in self.labels and self.labels.isdisjoint(labels)


class _NoStatements(dict[str, list[Statement]]):
    def __init__(self, asked: set[str]) -> None:
        super().__init__()
        self._asked = asked

    def get(self, label: str, default: Any = None) -> Any:
        self._asked.add(label)
        return default


class _Watched(Patient):
    """A patient without statements who writes down what was asked."""

    def __init__(self, index_date: date | None, sex: str | None, birth_date: date | None) -> None:
        super().__init__("", (), index_date, sex, birth_date, load_features())
        self.asked: set[str] = set()
        self._by_label = _NoStatements(self.asked)
        self.watching = True

    def __getattribute__(self, name: str) -> Any:
        if name in (*ENROLMENT, _EVERYTHING) and "watching" in object.__getattribute__(self, "__dict__"):
            object.__getattribute__(self, "asked").add(name)
        return object.__getattribute__(self, name)


def silent(
    compute: Callable[[Patient], Result], index_date: date | None, sex: str | None, birth_date: date | None
) -> Silent[Result]:
    """Result of a computation for a patient of whom nothing is said.

    Parameters
    ----------
    compute : callable
        Pure function of a patient.
    index_date, sex, birth_date
        As of :class:`~critex.features.patient.Patient`.
    """
    patient = _Watched(index_date, sex, birth_date)
    result = compute(patient)
    asked = patient.asked
    return Silent(result, frozenset(asked - set(ENROLMENT)), tuple(n for n in ENROLMENT if n in asked))


@lru_cache(maxsize=64)
def _silent_features(indexed: bool, sexed: bool, born: bool) -> dict[str, Silent[bool]]:
    """Of every feature, whether it is empty for a patient without statements."""
    day = date(2026, 1, 1)
    index, sex, birth = day if indexed else None, "F" if sexed else None, day if born else None
    return {name: silent(lambda p, n=name: not p.facts(n), index, sex, birth) for name in load_features()}  # type: ignore[misc]


@lru_cache(maxsize=20_000)
def features_that_may_speak(
    labels: frozenset[str], indexed: bool = True, sexed: bool = False, born: bool = False
) -> frozenset[str]:
    """Names of the features that can have a fact for a patient with statements of these labels only, in any window.

    Parameters
    ----------
    labels : frozenset of str
    indexed, sexed, born : bool
        Whether index date, sex and birth date are known without notes.
    """
    return frozenset(
        name
        for name, s in _silent_features(indexed, sexed, born).items()
        if not s.result or s.enrolment or not s.holds_for(labels)
    )
