"""ConText over one sentence: which cue reaches which mention.

The algorithm is medspaCy's (cues with a direction, scopes cut by terminators and by the next cue of the same category, the longest of
overlapping cues wins) on our own rules (``patterns/context.yaml``), computed on light tokens so that no spaCy ``Doc`` is built. The tests
run medspaCy's ConText with the same rules over whole notes and demand the same answer, but for two rules of ours: the abbreviation "No."
before a number is no negation, and of a chain of cues that partly overlap the longest stays, then the first (medspaCy's choice there
depends on the order in which it sorts them). A cue never modifies a mention that it overlaps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from critex.errors import PatternError
from critex.extract.patterns import Case, load_yaml, read_cases

_TOKEN = re.compile(r"[A-Za-z0-9]+|[^\sA-Za-z0-9]", re.A)
_WORDS = re.compile(r"\{\{(\w+)\}\}")
MODIFYING = ("absent", "possible", "hypothetical", "family", "past")
"""Categories of cues that change what a mention says."""
CATEGORIES = (*MODIFYING, "affirm", "terminate", "pseudo", "comma", "he", "she")
"""``terminate`` ends every scope; ``affirm`` (a verb that states anew, as "has"), ``comma``, ``he`` and ``she`` end those that name them in ``stops_at``;
``pseudo`` only keeps shorter cues inside it from counting."""
DIRECTIONS = ("forward", "backward", "both")


@dataclass(frozen=True)
class Cue:
    """One cue rule: its words, what it says of what it reaches, and how far it reaches."""

    id: str
    category: str
    direction: str
    terms: tuple[str, ...]
    only: frozenset[str] | None = None
    """Labels it may modify; ``None`` for all."""
    never: frozenset[str] | None = None
    """Labels it may not modify."""
    stops_at: frozenset[str] = frozenset()
    """Categories of other cues that end its scope, besides its own and ``terminate``."""
    reach: int | None = None
    """Tokens that it reaches at most; ``None`` for as far as the sentence goes."""
    examples: tuple[Case, ...] = ()
    near_misses: tuple[Case, ...] = ()
    line: int = 0


@dataclass(slots=True)
class _Match:
    cue: Cue
    start: int  # token indices
    end: int
    scope_start: int
    scope_end: int


@cache
def load_cues() -> tuple[Cue, ...]:
    """Cues of ``patterns/context.yaml``.

    Raises
    ------
    PatternError
        Names the line and the id of a cue that is not valid.
    """
    content = load_yaml("context.yaml")
    words = {str(k): tuple(str(w) for w in v) for k, v in (content.get("words") or {}).items()}
    found = []
    for position, entry in enumerate(content["cues"]):
        line = content["cues"].lc.item(position)[0] + 1
        where = f"context.yaml:{line}: cue {entry.get('id', '?')}"
        if entry.get("category") not in CATEGORIES:
            raise PatternError(f"{where}: category must be one of {', '.join(CATEGORIES)}.")
        direction = entry.get("direction", "forward")
        if direction not in DIRECTIONS:
            raise PatternError(f"{where}: direction must be one of {', '.join(DIRECTIONS)}.")
        found.append(
            Cue(
                id=str(entry["id"]),
                category=str(entry["category"]),
                direction=direction,
                terms=tuple(dict.fromkeys(t for term in entry["terms"] for t in _written_out(str(term), words, where))),
                only=frozenset(map(str, entry["only"])) if "only" in entry else None,
                never=frozenset(map(str, entry["never"])) if "never" in entry else None,
                stops_at=frozenset(map(str, entry.get("stops_at", ()))),
                reach=int(entry["reach"]) if "reach" in entry else None,
                examples=read_cases(entry.get("examples"), where),
                near_misses=read_cases(entry.get("near_misses"), where),
                line=line,
            )
        )
    return tuple(found)


def _written_out(term: str, words: dict[str, tuple[str, ...]], where: str) -> list[str]:
    """Every term that a term with ``{{name}}`` stands for."""
    m = _WORDS.search(term)
    if m is None:
        return [term]
    if m[1] not in words:
        raise PatternError(f"{where}: {m[0]} is not defined. Known: {', '.join(sorted(words)) or 'none'}.")
    return [t for word in words[m[1]] for t in _written_out(term[: m.start()] + word + term[m.end() :], words, where)]


def tokens_of(text: str) -> list[tuple[int, int]]:
    """Spans of the light tokens that cues are matched on: runs of letters and digits, and every other sign alone."""
    return [m.span() for m in _TOKEN.finditer(text)]


class _Node:
    """A token of the cues' tree: the cues that end here, and the tokens that may follow."""

    __slots__ = ("cues", "next")

    def __init__(self) -> None:
        self.next: dict[str, _Node] = {}
        self.cues: list[Cue] = []


@cache
def _tree() -> _Node:
    root = _Node()
    for cue in load_cues():
        for term in cue.terms:
            node = root
            for token in _TOKEN.findall(term.lower()):
                node = node.next.setdefault(token, _Node())
            node.cues.append(cue)
    return root


def all_matches(words: list[str]) -> list[_Match]:
    """Every cue at every place of a sentence's tokens (lower case), overlapping ones too."""
    root, n = _tree(), len(words)
    found: list[_Match] = []
    for i, word in enumerate(words):
        node = root.next.get(word)
        if node is None:
            continue
        if word == "no" and i + 2 < n and words[i + 1] == "." and any(c.isdigit() for c in words[i + 2]):
            continue  # "No. 25-40718" is a number, not a negation
        k = i + 1
        while node is not None:
            found.extend(_Match(cue, i, k, 0, 0) for cue in node.cues)
            node = node.next.get(words[k]) if k < n else None
            k += 1
    return found


def _matches(words: list[str]) -> list[_Match]:
    return _longest(all_matches(words))


def _longest(matches: list[_Match]) -> list[_Match]:
    """Of overlapping cues the longest stays; of equally long ones the first rule."""
    kept: list[_Match] = []
    for m in sorted(matches, key=lambda m: (-(m.end - m.start), m.start)):
        cue, start, end = m.cue, m.start, m.end
        for k in kept:
            if (k.start < end and start < k.end) and (
                k.start != start or k.end != end or k.cue.category == cue.category or not (k.cue.only or cue.only)
            ):
                break
        else:
            kept.append(m)
    return sorted(kept, key=lambda m: (m.start, m.end))


def _scopes(matches: list[_Match], n: int) -> None:
    for m in matches:
        far = m.cue.reach or n
        first, last = max(0, m.start - far), min(n, m.end + far)
        if m.cue.direction == "forward":
            m.scope_start, m.scope_end = m.end, last
        elif m.cue.direction == "backward":
            m.scope_start, m.scope_end = first, m.start
        else:
            m.scope_start, m.scope_end = first, last
    modifies = [m.cue.category in MODIFYING for m in matches]
    for i, a in enumerate(matches):
        for j in range(i + 1, len(matches)):
            if modifies[i]:
                _limit(a, matches[j])
            if modifies[j]:
                _limit(matches[j], a)


def _limit(a: _Match, b: _Match) -> None:
    """Cut the scope of ``a``, a cue that modifies, at ``b`` where ``b`` ends it; as in medspaCy, only while their scopes overlap."""
    same = b.cue.category == a.cue.category
    if not (same or b.cue.category == "terminate" or b.cue.category in a.cue.stops_at):
        return
    if same and (a.cue.only != b.cue.only or a.cue.never != b.cue.never):
        return
    if not (a.scope_start < b.scope_end and b.scope_start < a.scope_end):
        return
    if a.cue.direction != "backward" and b.start >= a.end:
        a.scope_end = min(a.scope_end, b.start)
    if a.cue.direction != "forward" and b.end <= a.start:
        a.scope_start = max(a.scope_start, b.end)


@dataclass(frozen=True)
class Reach:
    """A cue that reaches a mention: its category and its span (``str`` indices)."""

    category: str
    start: int
    end: int
    cue: str


@lru_cache(maxsize=20_000)
def _analysed(sentence: str) -> tuple[tuple[tuple[int, int], ...], tuple[_Match, ...]]:
    spans, words = [], []
    for m in _TOKEN.finditer(sentence):
        spans.append(m.span())
        words.append(m.group().lower())
    matches = _matches(words)
    _scopes(matches, len(words))
    return tuple(spans), tuple(matches)


def reaching(sentence: str, offset: int, targets: list[tuple[int, int, str]]) -> list[list[Reach]]:
    """Cues that reach each target of one sentence.

    Parameters
    ----------
    sentence : str
        Normalised text of the sentence.
    offset : int
        Where the sentence starts in the note.
    targets : list of (start, end, label)
        Spans in the note (``str`` indices) and their labels.

    Returns
    -------
    list of list of Reach
        For each target, in order of the text.
    """
    spans, matches = _analysed(sentence)
    out = []
    for start, end, label in targets:
        s, e = start - offset, end - offset
        found = []
        for m in matches:
            if m.cue.category not in MODIFYING:
                continue
            cue_start, cue_end = spans[m.start][0], spans[m.end - 1][1]
            if cue_start < e and s < cue_end:
                continue
            if m.cue.only is not None and label not in m.cue.only:
                continue
            if m.cue.never is not None and label in m.cue.never:
                continue
            if m.scope_start >= m.scope_end:
                continue
            scope_start, scope_end = spans[m.scope_start][0], spans[m.scope_end - 1][1]
            if s < scope_end and scope_start < e:
                found.append(Reach(m.cue.category, offset + cue_start, offset + cue_end, m.cue.id))
        out.append(found)
    return out
