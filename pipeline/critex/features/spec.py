"""The feature definitions of ``patterns/features.yaml``, validated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from critex.errors import PatternError
from critex.extract.patterns import load_yaml
from critex.features.facts import Statement

Words = str | list[str]
Kind = tuple[str, str | None]
"""A label of mentions, with one value of it, or ``None`` for all."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an attribute of a statement must be. Values are compared as words, but true, false and missing as what they are; false takes a missing one too."""

    key: str
    states: frozenset[bool | None]
    words: frozenset[str]

    def by(self, attributes: Mapping[str, Any]) -> bool:
        """Whether attributes have it."""
        got = attributes.get(self.key)
        return got in self.states if got is None or isinstance(got, bool) else str(got) in self.words


def wanted(where: Mapping[str, Any]) -> tuple[Wanted, ...]:
    """What a ``where`` mapping of attributes wants: of each the value, or one of a list; ``None`` wants a missing one."""
    found = []
    for key, want in where.items():
        options = want if isinstance(want, list) else [want]
        states = {o for o in options if o is None or isinstance(o, bool)}
        words = frozenset(str(o) for o in options if o is not None and not isinstance(o, bool))
        found.append(Wanted(key, frozenset(states | {None} if False in states else states), words))
    return tuple(found)


class Selection(BaseModel):
    """Which mentions a feature takes, and which state they give."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    label: Words
    value: Words | None = None
    result: Words | None = None
    assertion: Words = Field(default_factory=lambda: ["present", "absent"])
    temporality: Words | None = None
    section: Words | None = None
    where: dict[str, Any] = Field(default_factory=dict)
    not_where: dict[str, Any] = Field(default_factory=dict)
    state: str | None = None

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Labels of the mentions that it takes."""
        return tuple(as_list(self.label) or ())

    @cached_property
    def values(self) -> tuple[str, ...] | None:
        """Values of those mentions, ``"None"`` for a missing one; ``None`` for any."""
        words = as_list(self.value)
        return None if words is None else tuple(dict.fromkeys(words))

    @cached_property
    def _columns(self) -> tuple[tuple[Callable[[Statement], str | None], frozenset[str | None]], ...]:
        columns = (
            ("result", self.result, "None"),
            ("assertion", self.assertion, "None"),
            ("temporality", self.temporality, "None"),
            ("section", self.section, ""),
        )
        return tuple((attrgetter(name), _words(want, missing)) for name, want, missing in columns if want is not None)

    @cached_property
    def _attributes(self) -> tuple[tuple[Wanted, ...], tuple[Wanted, ...]]:
        return wanted(self.where), wanted(self.not_where)

    def takes(self, s: Statement) -> bool:
        """Whether it takes a statement that has one of its labels and values."""
        for column, words in self._columns:
            if column(s) not in words:
                return False
        must, must_not = self._attributes
        for w in must:
            if not w.by(s.attributes):
                return False
        return not any(w.by(s.attributes) for w in must_not)


class Feature(BaseModel):
    """One feature: a patient-level value derived from mentions."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, populate_by_name=True)

    meaning: str
    takes: Literal["latest", "lasting", "each"]
    state: str = "assertion"
    unit: str | None = None
    wins: str | None = None
    """State that wins over others of the same day: one wound that is open, though another healed."""
    retested: Literal["either", "positive"] | None = None
    """Of a lasting state that tests tell: whether a later test replaces an earlier one either way, or a positive one only (a first reactive screen excepted)."""
    loinc: str | None = None
    derive: str | None = None
    sources: list[Selection] = Field(default_factory=list, alias="from")
    dates: Literal["any", "own"] | None = None
    """Which dates count in windows: ``own`` (written beside the fact) is the default for ``takes: each``."""
    column: str | None = None
    words: dict[str, str] = Field(default_factory=dict)
    """How a reason names a state, where the state's own word would not be understood."""

    @cached_property
    def kinds(self) -> frozenset[Kind]:
        """Kinds of mentions that it is taken from."""
        return frozenset(
            (label, value)
            for s in self.sources
            for label in as_list(s.label) or ()
            for value in as_list(s.value) or (None,)
        )

    @property
    def uses_own_dates(self) -> bool:
        """Whether only dates written beside the fact count."""
        return (self.dates or ("own" if self.takes == "each" else "any")) == "own"


def _words(words: Words, missing: str) -> frozenset[str | None]:
    """Words to compare a column with, among them ``None`` where the word for a missing one is."""
    found = frozenset(as_list(words) or ())
    return found | {None} if missing in found else found


def as_list(words: Words | None) -> list[str] | None:
    """A word or list of words as a list; ``None`` stays ``None``."""
    if words is None:
        return None
    return [str(w) for w in words] if isinstance(words, list) else [str(words)]


@cache
def load_features(path: Path | None = None) -> dict[str, Feature]:
    """Features by name.

    Raises
    ------
    PatternError
        Names the feature and the key that is wrong.
    """
    name: str | Path = path or "features.yaml"
    content = load_yaml(name)
    found: dict[str, Feature] = {}
    for key, entry in (content["features"] or {}).items():
        line = content["features"].lc.key(key)[0] + 1
        try:
            found[str(key)] = Feature.model_validate(plain(entry))
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            where = ".".join(str(p) for p in first["loc"])
            raise PatternError(f"{name}:{line}: feature {key}: {where}: {first['msg']}.") from None
    return found


def plain(node: Any) -> Any:
    """A ruamel node as ordinary dicts, lists and scalars."""
    if isinstance(node, dict):
        return {str(k): plain(v) for k, v in node.items()}
    if isinstance(node, list):
        return [plain(v) for v in node]
    if isinstance(node, bool) or node is None:
        return node
    if isinstance(node, int):
        return int(node)
    if isinstance(node, float):
        return float(node)
    return str(node)
