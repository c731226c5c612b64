"""Reads ``patterns/``: YAML files that clinicians edit, each rule with examples that must match and near misses that must not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml.error import MarkedYAMLError

from critex.errors import PatternError
from critex.placed_yaml import read_yaml
from critex.resources import folder

FLAGS = re.I | re.A
"""Rules match caseless, and ``\\w``, ``\\b``, ``\\d`` are ASCII: a Chinese character beside a word is not part of it."""


@dataclass(frozen=True)
class Case:
    """A text that a rule must (or must not) answer, with what the mention must hold."""

    text: str
    expect: dict[str, Any] = field(default_factory=dict)
    known_failure: str = ""
    """Why the case is not met yet; such a case is listed, never deleted."""


@dataclass(frozen=True)
class Rule:
    """One rule of a pattern file."""

    id: str
    label: str
    value: str | None
    pattern: re.Pattern[str]
    source: str
    result: str | None = None
    assertion: str | None = None
    temporality: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    priority: int = 0
    trigger: str = ""
    """Expression for the first look where the scanner would drop too much of the rule's own: it must find all that the rule finds."""
    examples: tuple[Case, ...] = ()
    near_misses: tuple[Case, ...] = ()
    file: str = ""
    line: int = 0


def load_yaml(name: str | Path) -> Any:
    """Content of a file in ``patterns/`` (or of any path).

    Raises
    ------
    PatternError
        Where the file is missing or is not YAML; names the line.
    """
    path = name if isinstance(name, Path) else folder("patterns") / name
    return _load_yaml(path)


@cache
def _load_yaml(path: Path) -> Any:
    try:
        return read_yaml(path.read_text(encoding="utf-8"), shipped=path.is_relative_to(folder("patterns")))
    except FileNotFoundError:
        raise PatternError(f"{path}: no such file.") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise PatternError(f"{path}{where}: not valid YAML: {error.problem}. Correct the line.") from None


def term_regex(term: str) -> str:
    """Regular expression of a literal term.

    A space stands for white space or a hyphen, a hyphen may be a space or nothing, and the ends are word boundaries.
    """
    parts = []
    for piece in re.split(r"([\s-]+)", term):
        if not piece:
            continue
        if piece.isspace():
            parts.append(r"(?:\s{1,3}|-)")
        elif set(piece) <= set("- "):
            parts.append(r"(?:-|\s{0,2})")
        else:
            parts.append(re.escape(piece))
    body = "".join(parts)
    left = r"(?<![A-Za-z0-9])" if re.match(r"[A-Za-z0-9]", term) else ""
    right = r"(?![A-Za-z0-9])" if re.search(r"[A-Za-z0-9]$", term) else ""
    return left + body + right


def macros(content: dict[str, Any]) -> dict[str, str]:
    """Named fragments of a pattern file, usable in its regular expressions as ``{{name}}``."""
    out: dict[str, str] = {}
    for key, value in (content.get("fragments") or {}).items():
        out[str(key)] = expand(str(value), out)
    return out


def expand(regex: str, fragments: dict[str, str]) -> str:
    """Regular expression with its ``{{name}}`` fragments put in."""
    return re.sub(r"\{\{(\w+)\}\}", lambda m: f"(?:{fragments[m[1]]})", regex)


@cache
def load_rules(name: str) -> tuple[Rule, ...]:
    """Rules of a pattern file.

    Parameters
    ----------
    name : str
        File in ``patterns/``, such as ``"histology.yaml"``.

    Raises
    ------
    PatternError
        Names file, line and rule of what is wrong.
    """
    content = load_yaml(name)
    fragments = macros(content)
    default_label = content.get("label")
    found = []
    seen: set[str] = set()
    for position, entry in enumerate(content["rules"]):
        line = content["rules"].lc.item(position)[0] + 1
        where = f"{name}:{line}"
        if "id" not in entry:
            raise PatternError(f"{where}: a rule without id. Give it one.")
        rule_id = str(entry["id"])
        if rule_id in seen:
            raise PatternError(f"{where}: the id {rule_id!r} is used twice. Rename one.")
        seen.add(rule_id)
        unknown = set(entry) - _RULE_KEYS
        if unknown:
            raise PatternError(
                f"{where}: rule {rule_id}: unknown key {sorted(unknown)[0]!r}. Known: {', '.join(sorted(_RULE_KEYS))}."
            )
        sources = [term_regex(str(t)) for t in entry.get("terms", ())]
        if "regex" in entry:
            sources.extend(
                expand(str(r), fragments)
                for r in (entry["regex"] if isinstance(entry["regex"], list) else [entry["regex"]])
            )
        if not sources:
            raise PatternError(f"{where}: rule {rule_id} has neither terms nor regex.")
        source = "|".join(_numbered(s, k) for k, s in enumerate(sources))
        try:
            pattern = re.compile(source, FLAGS)
        except re.error as error:
            raise PatternError(f"{where}: rule {rule_id}: not a valid regular expression: {error}.") from None
        found.append(
            Rule(
                id=rule_id,
                label=str(entry.get("label", default_label)),
                value=None if entry.get("value") is None else str(entry["value"]),
                pattern=pattern,
                source=source,
                result=entry.get("result"),
                assertion=entry.get("assertion"),
                temporality=entry.get("temporality"),
                attributes=dict(entry.get("attributes") or {}),
                priority=int(entry.get("priority", 0)),
                examples=read_cases(entry.get("examples"), where),
                near_misses=read_cases(entry.get("near_misses"), where),
                file=name,
                line=line,
            )
        )
    return tuple(found)


def _numbered(source: str, k: int) -> str:
    """Alternative ``k`` of a rule, its named groups told apart from those of the others (``value``, ``value__1``, ...)."""
    return re.sub(r"\(\?P<(\w+)>", rf"(?P<\1__{k}>", source) if k else source


def group_span(m: re.Match[str], name: str) -> tuple[int, int] | None:
    """Span of a named group in whichever alternative matched; ``None`` where it took no part."""
    for key, text in m.groupdict().items():
        if text is not None and (key == name or key.startswith(f"{name}__")):
            return m.span(key)
    return None


_RULE_KEYS = {
    "id", "label", "value", "terms", "regex", "result", "assertion", "temporality", "attributes", "priority", "examples", "near_misses", "note", "source",
}  # fmt: skip


def read_cases(entries: Any, where: str) -> tuple[Case, ...]:
    """Cases of a rule: texts, or mappings with the key ``text`` and what the mention must hold.

    Raises
    ------
    PatternError
        For anything else.
    """
    found = []
    for entry in entries or ():
        if isinstance(entry, str):
            found.append(Case(entry))
        elif isinstance(entry, dict) and "text" in entry:
            rest = {str(k): v for k, v in entry.items() if k not in ("text", "known_failure")}
            found.append(Case(str(entry["text"]), rest, str(entry.get("known_failure", ""))))
        else:
            raise PatternError(f"{where}: a case is a text, or a mapping with the key 'text'.")
    return tuple(found)
