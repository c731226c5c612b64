"""Gold in the text that the run read: annotation tools change line ends and drop byte order marks, and offsets must follow."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import replace

from critex.evaluate.gold import LOST, Gold, bare


class Alignment:
    """Offsets of one text in another that differs only in carriage returns and byte order marks.

    Parameters
    ----------
    gold, run : str
        The text as annotated and as the run read it.
    """

    def __init__(self, gold: str, run: str) -> None:
        self._gold = [i for i, c in enumerate(gold) if c not in LOST]
        self._run = [i for i, c in enumerate(run) if c not in LOST]

    @staticmethod
    def possible(gold: str, run: str) -> bool:
        """Whether the texts are the same but for these characters."""
        return bare(gold) == bare(run)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The same characters in the run's text; a span of dropped characters alone becomes the place where they were."""
        first, last = bisect_left(self._gold, start), bisect_left(self._gold, end)
        if first == last:
            at = self._run[first] if first < len(self._run) else (self._run[-1] + 1 if self._run else 0)
            return at, at
        return self._run[first], self._run[last - 1] + 1


def aligned(gold: Gold, texts: Mapping[str, str]) -> tuple[Gold, list[str]]:
    """Gold with the offsets of the run's texts.

    Parameters
    ----------
    gold : Gold
    texts : mapping of str to str
        Text of each note of the run.

    Returns
    -------
    Gold
    list of str
        Notes whose text differs in more; their offsets are left as they are.
    """
    other = {n for n, t in gold.notes.items() if n in texts and texts[n] != t}
    if not other:
        return gold, []
    maps = {n: Alignment(gold.notes[n], texts[n]) for n in other if Alignment.possible(gold.notes[n], texts[n])}
    mentions = []
    for m in gold.mentions:
        if m.note_id in maps:
            span = maps[m.note_id].span
            (start, end), pieces = span(m.start, m.end), tuple(span(a, b) for a, b in m.pieces)
            m = replace(m, start=start, end=end, text=texts[m.note_id][start:end], pieces=pieces)
        mentions.append(m)
    verdicts = [
        replace(v, evidence=tuple((n, *maps[n].span(s, e)) if n in maps else (n, s, e) for n, s, e in v.evidence))
        for v in gold.verdicts
    ]
    notes = gold.notes | {n: texts[n] for n in maps}
    return replace(gold, mentions=mentions, verdicts=verdicts, notes=notes), sorted(other - maps.keys())
