"""Lint of the pattern files: what a clinician who edits them should hear before a run does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from critex.errors import PatternError
from critex.extract.context import load_cues
from critex.extract.families import NAMES, load_family
from critex.extract.sections import titles
from critex.extract.spelling import Speller, default_speller
from critex.features.spec import load_features


@dataclass
class Lint:
    """What was looked at, and the problems found (each with file, line and what to do)."""

    files: int = 0
    rules: int = 0
    cues: int = 0
    problems: list[str] = field(default_factory=list)


def lint() -> Lint:
    """Check every pattern file.

    Returns
    -------
    Lint
        Problems are lines of text; none means that the patterns can be used.
    """
    found = Lint()
    ids: dict[str, str] = {}
    speller = _speller(found)
    for name in NAMES:
        try:
            family = load_family(name)
        except PatternError as error:
            found.problems.append(str(error))
            continue
        found.files += 1
        for rule in family.rules:
            found.rules += 1
            where = f"{rule.file}:{rule.line}: rule {rule.id}"
            if rule.id in ids:
                found.problems.append(f"{where}: the id is also used in {ids[rule.id]}. Rename one.")
            ids[rule.id] = rule.file
            if not rule.examples:
                found.problems.append(f"{where}: no examples. Add texts that it must match.")
            if not rule.near_misses:
                found.problems.append(f"{where}: no near_misses. Add texts that it must not match.")
            if speller is not None:
                found.problems.extend(f"{where}: {wrong}" for wrong in _unreachable(rule.source, speller))
            if rule.pattern.match(""):
                found.problems.append(f"{where}: matches the empty text. Narrow it.")
    for what, load in (("context.yaml", load_cues), ("sections.yaml", titles), ("features.yaml", load_features)):
        found.files += 1
        try:
            load()
        except PatternError as error:
            found.problems.append(str(error))
            continue
        if what == "context.yaml":
            cues = load_cues()
            found.cues = len(cues)
            owner: dict[str, str] = {}
            for cue in cues:
                for term in cue.terms:
                    other = owner.setdefault(term.lower(), cue.id)
                    if other != cue.id and cue.only is None:
                        found.problems.append(
                            f"context.yaml:{cue.line}: cue {cue.id}: {term!r} is also a term of {other}. Keep it in one; direction: both reaches both ways."
                        )
    return found


def _speller(found: Lint) -> Speller | None:
    found.files += 1
    try:
        return default_speller()
    except PatternError as error:
        found.problems.append(str(error))
        return None


def _unreachable(source: str, speller: Speller) -> Iterator[str]:
    """Words of a rule that it never sees, for they are respelled before, and whose respelling it does not hold."""
    for word in sorted(set(re.findall(r"[a-z]{4,}", source.lower()))):
        right = speller.forms.get(word)
        if right is not None and right[:6] not in source.lower() and right[-6:] not in source.lower():
            yield f"spelling.yaml reads {word!r} as {right!r} before the rule sees it. Put it under leave there, or the other into the rule."
