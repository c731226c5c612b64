"""Lint of the pattern files: what a clinician who edits them should hear before a run does."""

from __future__ import annotations

from dataclasses import dataclass, field

from critex.errors import PatternError
from critex.extract.context import load_cues
from critex.extract.families import NAMES, load_family
from critex.extract.sections import titles
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
