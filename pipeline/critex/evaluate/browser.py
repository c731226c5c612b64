"""The errors of an evaluation as the page shows them: worst first, gold and critex side by side, marked in the note."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from critex.evaluate.evaluation import Evaluation
from critex.report.highlight import Mark, Piece, pieces

AROUND = 200
"""Characters of a note shown on either side of a span."""
WHOLE_NOTES = 300
"""Errors whose notes can be opened whole; further ones show excerpts only, so that the page stays small."""
SHOWN = 2_000
"""Errors on the page; the rest is in evaluation.json."""
_MENTION_RANK = {"wrong": 0, "missed": 1, "spurious": 2}

Place = tuple[str, int, int]


@dataclass(frozen=True)
class Excerpt:
    """Parts of one note around the spans of an error; pieces with labels are gold's, with criteria critex's."""

    note_id: str
    note_type: str
    parts: list[list[Piece]]
    whole: list[Piece] = field(default_factory=list)
    """Empty where the note is not shown whole."""


@dataclass(frozen=True)
class ShownError:
    """An error as the browser shows it."""

    kind: str
    patient_id: str
    key: str
    """Criterion, label or column."""
    wanted: str
    why: str
    """The annotator's reason."""
    got: str
    reason: str
    """critex's reason."""
    excerpts: list[Excerpt]
    sections: tuple[str, ...] = ()
    note_types: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


def excerpts(
    gold: Iterable[Place], found: Iterable[Place], texts: Mapping[str, str], types: Mapping[str, str], whole: bool
) -> list[Excerpt]:
    """The notes of an error, in order of first mention, each with the surroundings of its spans."""
    marks: dict[str, list[Mark]] = {}
    for kind, places in (("mention", gold), ("evidence", found)):
        for note, start, end in places:
            if note in texts:
                title = "gold" if kind == "mention" else "critex"
                marks.setdefault(note, []).append(Mark(start, end, kind, title, title))
    out = []
    for note, mine in marks.items():
        text = texts[note]
        windows: list[tuple[int, int]] = []
        for m in sorted(mine, key=lambda m: m.start):
            low, high = _surroundings(text, m.start, m.end)
            if windows and low <= windows[-1][1]:
                windows[-1] = (windows[-1][0], max(high, windows[-1][1]))
            else:
                windows.append((low, high))
        parts = [
            pieces(text[a:b], [Mark(m.start - a, m.end - a, m.kind, m.key, m.title) for m in mine]) for a, b in windows
        ]
        shown = windows == [(0, len(text))]
        out.append(Excerpt(note, types.get(note, ""), parts, pieces(text, mine) if whole and not shown else []))
    return out


def _surroundings(text: str, start: int, end: int) -> tuple[int, int]:
    """A window around a span that begins and ends at a line end where one is near, else at a blank."""
    low, high = max(0, start - AROUND), min(len(text), end + AROUND)
    if low:
        line, blank = text.find("\n", low, start), text.find(" ", low, start)
        low = next((at + 1 for at in (line, blank) if low <= at), low)
    if high < len(text):
        line, blank = text.rfind("\n", end, high), text.rfind(" ", end, high)
        high = next((at for at in (line, blank) if at >= 0), high)
    return low, high


def shown_errors(e: Evaluation) -> list[ShownError]:
    """Errors with their excerpts: false passes first, then false fails, overcalls, misses; then mentions; then values."""
    origin = _Origins(e.found)
    out: list[ShownError] = []

    def add(kind: str, patient: str, key: str, said: tuple[str, str, str, str], gold: Iterable[Place], found: Iterable[Place], rule: str = "", section: str = "") -> None:  # fmt: skip
        if len(out) >= SHOWN:
            return
        gold, found = tuple(gold), tuple(found)
        rules, sections = ({rule}, {section}) if rule else origin.of(found or gold)
        types = {e.note_types.get(n, "") for n, _, _ in (*gold, *found)}
        out.append(ShownError(kind, patient, key, *said, excerpts(gold, found, e.texts, e.note_types, len(out) < WHOLE_NOTES), _words(sections), _words(types), _words(rules)))  # fmt: skip

    for v in e.verdicts.errors if e.verdicts else ():
        add(v.kind, v.patient_id, v.criterion, (v.wanted, v.why, v.got, v.reason), v.evidence, v.found)
    mentions = sorted(e.mentions.errors, key=lambda m: _MENTION_RANK[m.kind]) if e.mentions else []
    for m in mentions:
        here = (m.note_id, m.start, m.end)
        gold = [here] if m.kind != "spurious" else []
        found = [here] if m.kind == "spurious" else [(m.note_id, *m.place)] if m.place else []
        add(f"{m.kind} mention", m.patient_id, m.label, (m.wanted, "", m.got, ""), gold, found, m.rule, m.section)
    for x in e.values.errors if e.values else ():
        add("value", x.patient_id, x.column, (x.wanted, "", x.got, ""), [], [x.place] if x.place else [])
    return out


def count_errors(e: Evaluation) -> int:
    """All errors, shown or not."""
    parts = (e.verdicts, e.mentions, e.values)
    return sum(len(p.errors) for p in parts if p is not None)


def _words(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(w for w in found if w))


class _Origins:
    """Rules and sections of the mentions that overlap a span."""

    def __init__(self, mentions: Iterable[Mapping[Any, Any]]) -> None:
        self._by_note: dict[str, list[tuple[int, int, str, str]]] = {}
        for r in mentions:
            row = (int(r["start"]), int(r["end"]), str(r["rule"] or ""), str(r["section"] or ""))
            self._by_note.setdefault(str(r["note_id"]), []).append(row)

    def of(self, places: Iterable[Place]) -> tuple[set[str], set[str]]:
        hits = [
            (rule, section)
            for note, start, end in places
            for a, b, rule, section in self._by_note.get(note, ())
            if a < end and start < b
        ]
        return {r for r, _ in hits}, {s for _, s in hits}
