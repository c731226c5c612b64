"""A trial definition: data, validated, with the line and column of what is wrong."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator
from ruamel.yaml.error import MarkedYAMLError

from critex.criteria.conditions import parse_condition, parse_window
from critex.errors import TrialError
from critex.features.spec import load_features, plain
from critex.placed_yaml import read_yaml
from critex.resources import folder


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Example(_Strict):
    """A text and the verdict that the criterion must give on it; run by ``critex trial check`` and by the tests."""

    note: str
    verdict: Literal["pass", "fail", "unknown"]
    why: str = ""
    date: str = "2026-03-12"
    index_date: str = "2026-03-16"
    note_type: str = "clinic note"
    known_failure: str = ""


class Step(_Strict):
    """One way to a verdict; the first step whose condition is true decides."""

    verdict: Literal["pass", "fail", "unknown"]
    when: dict[str, Any]
    because: str = ""
    review: str = ""
    """Why a person should look at a verdict that rests on this step."""


class Criterion(_Strict):
    """One leaf criterion."""

    id: str
    parent: str
    kind: Literal["inclusion", "exclusion"]
    phase: str
    says: str
    registry: str = ""
    guideline: str = ""
    window: str | None = None
    decide: list[Step] = Field(default_factory=list)
    missing: str = ""
    """What to ask for where the notes do not decide it."""
    if_silent: Literal["pass", "unknown"] = "unknown"
    investigator: bool = False
    """Never decided by a machine."""
    examples: list[Example] = Field(default_factory=list)
    _ready: Any = PrivateAttr(default=None)
    """What judging asks for again and again, worked out once by :mod:`critex.criteria.judge`."""

    def features_read(self) -> tuple[str, ...]:
        """Names of the features that the steps ask for, in order."""
        known = load_features()
        return tuple(dict.fromkeys(n for step in self.decide for n in _names(step.when) if n in known))

    @model_validator(mode="after")
    def _steps(self) -> Criterion:
        if not self.decide and not self.investigator:
            raise ValueError("needs a list under 'decide', or 'investigator: true'")
        return self


def _names(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [n for k, v in node.items() for n in (str(k), *_names(v))]
    return [n for v in node for n in _names(v)] if isinstance(node, list) else []


class Trial(_Strict):
    """A trial: its phases and its criteria."""

    trial: str
    title: str
    source: str = ""
    version: str = ""
    index: str = ""
    phases: dict[str, str]
    later_phases: list[str] = Field(default_factory=list)
    """Phases whose criteria may still be unknown in a candidate."""
    criteria: list[Criterion]
    digest: str = ""
    _silence: Any = PrivateAttr(default=None)
    """Verdicts where notes are silent, remembered by :mod:`critex.criteria.judge`."""

    def criterion(self, criterion_id: str) -> Criterion:
        """The criterion of an id.

        Raises
        ------
        KeyError
            If there is none.
        """
        for c in self.criteria:
            if c.id == criterion_id:
                return c
        raise KeyError(criterion_id)

    def may_wait(self, c: Criterion) -> bool:
        """Whether a candidate may still be unknown on this criterion (a later phase, or the investigator's judgement)."""
        return c.investigator or c.phase in self.later_phases


def trial_path(name: str) -> Path:
    """File of a trial, given its file name or its id in ``patterns/trials``.

    Raises
    ------
    TrialError
        If there is no such file; names the trials that are shipped.
    """
    path = Path(name)
    if path.is_file():
        return path
    shipped = folder("patterns") / "trials" / f"{name}.yaml"
    if shipped.is_file():
        return shipped
    known = ", ".join(sorted(p.stem for p in (folder("patterns") / "trials").glob("*.yaml")))
    raise TrialError(f"{name}: no such trial file, and no trial of that id is shipped. Shipped: {known}.")


def load_trial(name: str) -> Trial:
    """Read and validate a trial definition.

    Parameters
    ----------
    name : str
        A file, or the id of a shipped trial.

    Raises
    ------
    TrialError
        With one line ``file:line:column: what is wrong`` a problem.
    """
    path = trial_path(name)
    stat = path.stat()
    return _load(path, stat.st_mtime_ns, stat.st_size)


@cache
def _load(path: Path, _mtime: int, _size: int) -> Trial:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise TrialError(f"{path}: not UTF-8 text. Save it as UTF-8.") from None
    try:
        node = read_yaml(text, shipped=path.resolve().is_relative_to(folder("patterns")))
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise TrialError(f"{path}{where}: not valid YAML: {error.problem}. Correct the line.") from None
    if not isinstance(node, dict):
        raise TrialError(
            f"{path}:1:1: a trial definition is a mapping with the keys trial, title, phases and criteria."
        )
    problems: list[str] = []
    try:
        trial = Trial.model_validate(plain(node))
    except ValidationError as error:
        for e in error.errors(include_input=False, include_url=False):
            line, column = _position(node, e["loc"])
            problems.append(f"{path}:{line}:{column}: {'.'.join(str(p) for p in e['loc'])}: {_message(e)}")
        raise TrialError("\n".join(problems)) from None
    features = load_features()
    seen: dict[str, int] = {}
    for i, criterion in enumerate(trial.criteria):
        line, column = _position(node, ("criteria", i))
        if criterion.id in seen:
            problems.append(f"{path}:{line}:{column}: criterion {criterion.id} is defined twice. Rename or remove one.")
        seen[criterion.id] = i
        if criterion.phase not in trial.phases:
            problems.append(
                f"{path}:{line}:{column}: criterion {criterion.id}: phase {criterion.phase!r} is not one of {', '.join(trial.phases)}."
            )
        if criterion.window is not None:
            try:
                parse_window(criterion.window)
            except TrialError as error:
                line, column = _position(node, ("criteria", i, "window"))
                problems.append(f"{path}:{line}:{column}: criterion {criterion.id}: {error}")
        for j, step in enumerate(criterion.decide):
            line, column = _position(node, ("criteria", i, "decide", j, "when"))
            try:
                parse_condition(step.when, features)
            except TrialError as error:
                problems.append(f"{path}:{line}:{column}: criterion {criterion.id}, step {j + 1}: {error}")
    if problems:
        raise TrialError("\n".join(problems))
    trial.digest = hashlib.sha256(raw).hexdigest()[:16]
    return trial


def _message(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "unknown key. Remove it or correct its spelling."
    if error["type"] == "missing":
        return "this key is missing. Add it."
    return f"{error['msg']}."


def _position(node: Any, loc: tuple[Any, ...]) -> tuple[int, int]:
    """Line and column (from 1) of a place in a tree, or of the nearest place around it."""
    line, column = 1, 1
    for part in loc:
        lc = getattr(node, "lc", None)
        if lc is None:
            break
        try:
            found = lc.key(part) if isinstance(node, dict) else lc.item(part)
            line, column = found[0] + 1, found[1] + 1
            node = node[part]
        except (KeyError, IndexError, TypeError):
            break
    return line, column
