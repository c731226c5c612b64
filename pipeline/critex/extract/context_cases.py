"""Runs the cases that stand beside each cue of ``patterns/context.yaml``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from critex.errors import PatternError
from critex.extract.context import MODIFYING, Cue, load_cues, reaching
from critex.extract.normalise import normalise
from critex.extract.patterns import Case

_MARKED = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class CueCase:
    """One example or near miss of a cue: a sentence with the mention in braces."""

    cue: Cue
    case: Case
    kind: str
    """``"example"`` or ``"near miss"``."""
    number: int

    @property
    def id(self) -> str:
        """Name such as ``context.not-after-near-miss-2``."""
        return f"context.{self.cue.id}-{self.kind.replace(' ', '-')}-{self.number}"


def cue_cases() -> Iterator[CueCase]:
    """Every case of every cue, in order."""
    for cue in load_cues():
        for kind, cases in (("example", cue.examples), ("near miss", cue.near_misses)):
            for number, case in enumerate(cases, 1):
                yield CueCase(cue, case, kind, number)


def cue_failure(case: CueCase) -> str | None:
    """What is wrong with a case of a cue, ``None`` where it is met.

    Raises
    ------
    PatternError
        Where the sentence has no mention in braces.
    """
    marked = _MARKED.search(case.case.text)
    if marked is None:
        raise PatternError(
            f"context.yaml:{case.cue.line}: {case.id}: put the mention in braces, as in 'no {{metastasis}}'."
        )
    sentence = normalise(_MARKED.sub(r"\1", case.case.text))
    target = (marked.start(), marked.end() - 2, str(case.case.expect.get("label", "ANY")))
    reached = reaching(sentence, 0, [target])[0]
    hit = any(r.cue == case.cue.id for r in reached)
    if hit == (case.kind == "example"):
        return None
    said = [f"{r.cue} ({sentence[r.start : r.end]})" for r in reached]
    return f"{'does not reach' if case.kind == 'example' else 'reaches'} the mention; reached by {', '.join(said) or 'no cue'}"


def cues_without_cases() -> list[str]:
    """Cues that change what a mention says but lack examples or near misses."""
    return [c.id for c in load_cues() if c.category in MODIFYING and not (c.examples and c.near_misses)]
