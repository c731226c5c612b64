"""The cheap first look: one pass over the raw text tells which rules can match, and where.

With Hyperscan, all rules are compiled into one database in its prefilter mode, which never misses what Python's ``re`` would find; ``re`` then
confirms each candidate in a window around it. Without Hyperscan every rule is searched by ``re`` alone: slower, with the same result.
The triggers are the rules themselves: nobody maintains a second list. A compiled database is cached by the hash of the rules.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from critex.cache import cache_folder, keep
from critex.errors import PatternError
from critex.extract import scan_dialect
from critex.extract.patterns import FLAGS, Rule
from critex.extract.scan_dialect import scanned_bytes, scanned_expression
from critex.extract.starts import matches_in_words, shape_of

try:
    import hyperscan
except ImportError:  # platforms without a wheel
    hyperscan = None  # type: ignore[assignment]

REACH = 320
"""Characters that one rule's match may span; patterns that need more are cut."""
_SLACK = 40
"""Characters looked at beyond a rule's own width, for what it looks behind and ahead at."""


@dataclass(frozen=True, eq=False)  # a handle: compared by identity
class Landmark:
    """An expression that is asked for all over a note (dates, headings, examinations): the pass over the text that looks for the rules finds it too.

    None of its matches begins between two letters, unless only :meth:`Hits.holds` is asked.
    """

    pattern: re.Pattern[str]
    """With ``re.A``, unless only :meth:`Hits.holds` is asked."""
    common: bool = False
    """Whether many notes hold it: then the scan also tells where a match begins, which makes the scan dearer and the search cheap."""


class Hits:
    """What the scan found in one text; finds matches of rules that fired and of landmarks.

    ``ends`` holds, by the index of a rule or a rare landmark, where its matches may end; ``None`` where nothing was scanned.
    """

    __slots__ = ("_places", "_scanner", "ends", "text")

    def __init__(
        self, text: str, scanner: Scanner, ends: dict[int, list[int]] | None, places: Mapping[int, dict[int, int]]
    ) -> None:
        self.text = text
        self.ends = ends
        self._scanner = scanner
        self._places = places

    def fired(self, index: int) -> bool:
        """Whether the rule with this index can match at all."""
        return self.ends is None or index in self.ends

    def matches(self, index: int, pattern: re.Pattern[str]) -> list[re.Match[str]]:
        """Matches of a rule, in order, not overlapping; none begins between two letters ("stent" in "consistent")."""
        n = len(self.text)
        width, starts = self._scanner.shape(index)
        if self.ends is None:
            return self._between(pattern, starts, 0, n, n)
        ends = self.ends.get(index)
        if not ends:
            return []
        found: list[re.Match[str]] = []
        done = 0
        before = min(REACH, width + _SLACK)
        after = min(REACH, before + 2 * _SLACK)
        i = 0
        while i < len(ends):
            low, last, high = max(done, ends[i] - before), ends[i], min(n, ends[i] + after)
            while i + 1 < len(ends) and ends[i + 1] - before <= high:
                i += 1
                last, high = ends[i], min(n, ends[i] + after)
            i += 1
            for m in self._between(pattern, starts, low, last, high):
                if m.end() == high < n:  # cut at the window's end: no real match ends there
                    continue
                done = m.end()
                found.append(m)
        return found

    def all_of(self, landmark: Landmark) -> list[re.Match[str]]:
        """Matches of a landmark all over the text, in order, not overlapping."""
        index = None if self.ends is None else self._scanner.landmarks.get(landmark)
        if index is None:
            return list(matches_in_words(landmark.pattern, self.text))
        if index in self._places:
            return self._at_places(landmark.pattern, self._places[index])
        return self.matches(index, landmark.pattern)

    def holds(self, landmark: Landmark) -> bool:
        """Whether a landmark stands anywhere in the text."""
        index = None if self.ends is None else self._scanner.landmarks.get(landmark)
        seen = index is None or index in self._places or self.fired(index)
        return seen and landmark.pattern.search(self.text) is not None

    def may_hold(self, rule: Rule) -> bool:
        """Whether a rule can match in the text; a rule that was not looked for can."""
        index = self._scanner.indices.get(rule.id)
        return index is None or self.fired(index)

    def _at_places(self, pattern: re.Pattern[str], places: dict[int, int]) -> list[re.Match[str]]:
        """Matches that begin at one of the places, or behind it and before its end: the scanner knows less of what may stand before a match."""
        found: list[re.Match[str]] = []
        done = 0
        for start, end in sorted(places.items()):
            at = max(start, done)
            while at < end:
                m = pattern.match(self.text, at)
                if m is None:
                    at += 1
                else:
                    at = done = m.end()
                    found.append(m)
        return found

    def _between(
        self, pattern: re.Pattern[str], starts: re.Pattern[str] | None, low: int, last: int, high: int
    ) -> list[re.Match[str]]:
        """Matches that begin in ``[low, last]`` and end by ``high``."""
        text = self.text
        if starts is None:
            return [
                m for m in pattern.finditer(text, low, high) if m.end() > m.start() and not self._inside_word(m.start())
            ]
        found: list[re.Match[str]] = []
        match, search = pattern.match, starts.search
        within = last + 1  # a place is told by two characters
        while (place := search(text, low, within)) is not None and (low := place.start()) < last:
            m = match(text, low, high)
            if m is None:
                low += 1
            else:
                low = m.end()
                found.append(m)
        return found

    def _inside_word(self, at: int) -> bool:
        """Whether a match would begin in the middle of a word ("stent" in "consistent"); no rule means that."""
        pair = self.text[at - 1 : at + 1] if at else ""
        return len(pair) == 2 and pair.isascii() and pair.isalpha()


class Scanner:
    """All rules compiled for one pass.

    Parameters
    ----------
    rules : sequence of Rule
        The rules; their position is their index.
    landmarks : sequence of Landmark
        What else the pass looks for (:meth:`Hits.all_of`).
    engine : {"auto", "hyperscan", "python"}
        ``"auto"`` takes Hyperscan where it is installed.
    """

    def __init__(self, rules: Sequence[Rule], landmarks: Sequence[Landmark] = (), engine: str = "auto") -> None:
        self.rules = list(rules)
        self.indices = {rule.id: i for i, rule in enumerate(rules)}
        self.engine = "python" if engine == "python" or hyperscan is None else "hyperscan"
        landmarks = sorted(landmarks, key=lambda x: x.common)
        self.landmarks = {x: len(self.rules) + i for i, x in enumerate(landmarks)}
        self._first_common = len(self.rules) + sum(not x.common for x in landmarks)
        self._shapes = _shapes([*(r.pattern for r in self.rules), *(x.pattern for x in landmarks)])
        self._starts: dict[int, re.Pattern[str] | None] = {}
        self._db: Any = None
        if self.engine == "hyperscan" and self.rules:
            self._db = _database(self.rules, landmarks)
            self._db.scratch = hyperscan.Scratch(self._db)

    def shape(self, index: int) -> tuple[int, re.Pattern[str] | None]:
        """Width of a rule's or landmark's matches, and an expression of the places where they can begin (``None``: anywhere)."""
        width, begins = self._shapes[index]
        if index not in self._starts:  # compiled when first needed: most rules fire in few notes
            self._starts[index] = re.compile(begins) if begins else None
        return width, self._starts[index]

    def scan(self, text: str) -> Hits:
        """Scan a normalised text."""
        if self._db is None:
            return Hits(text, self, None, {})
        ends: dict[int, list[int]] = {}
        first_common = self._first_common
        places: dict[int, dict[int, int]] = {i: {} for i in range(first_common, len(self._shapes))}

        def on_match(rule: int, start: int, end: int, _flags: int, _context: object) -> None:
            if rule >= first_common:
                places[rule][start] = end
                return
            found = ends.get(rule)
            if found is None:
                ends[rule] = [end]
            elif found[-1] != end:
                found.append(end)

        self._db.scan(scanned_bytes(text), match_event_handler=on_match)
        return Hits(text, self, ends, places)


_FEW = 200
"""The shapes of so few rules (one family) are found faster than they are kept."""
_RULE_FLAGS = (
    hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_PREFILTER | hyperscan.HS_FLAG_MULTILINE
    if hyperscan is not None
    else 0
)


def _expression(rule: Rule) -> bytes:
    return scanned_expression(rule.trigger or rule.source, FLAGS).encode("ascii")


def _refused(rules: Sequence[Rule], error: Exception) -> PatternError:
    """The rule that Hyperscan does not take, by name."""
    for rule in rules:
        try:
            hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK).compile(
                expressions=[_expression(rule)], ids=[0], elements=1, flags=[_RULE_FLAGS]
            )
        except hyperscan.error as own:
            return PatternError(
                f"{rule.file}:{rule.line}: rule {rule.id}: the scanner does not take this expression: {own}. Write it otherwise."
            )
    return PatternError(f"patterns: the scanner does not take the rules: {error}.")


def _flags_of(landmark: Landmark) -> int:
    flags = hyperscan.HS_FLAG_MULTILINE
    if landmark.pattern.flags & re.I:
        flags |= hyperscan.HS_FLAG_CASELESS
    return int(flags | (hyperscan.HS_FLAG_SOM_LEFTMOST if landmark.common else hyperscan.HS_FLAG_PREFILTER))


def _database(rules: Sequence[Rule], landmarks: Sequence[Landmark]) -> Any:
    flags = [*[_RULE_FLAGS] * len(rules), *(_flags_of(x) for x in landmarks)]
    path = cache_folder() / f"rules-{_database_key(rules, landmarks, flags)}.hsdb"
    try:
        if path.is_file():
            return hyperscan.loadb(path.read_bytes(), hyperscan.HS_MODE_BLOCK)
    except Exception:  # noqa: S110 - a database of another version or processor is built anew
        pass
    expressions = [
        *(_expression(r) for r in rules),
        *(scanned_expression(x.pattern.pattern, x.pattern.flags).encode("ascii") for x in landmarks),
    ]
    db = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        db.compile(
            expressions=expressions,
            ids=list(range(len(expressions))),
            elements=len(expressions),
            flags=flags,
        )
    except hyperscan.error as error:
        raise _refused(rules, error) from None
    keep(path, hyperscan.dumpb(db))
    return db


def _database_key(rules: Sequence[Rule], landmarks: Sequence[Landmark], flags: Sequence[int]) -> str:
    """Hash of all that a database follows from. Its expressions are not: to write them again at every start takes a quarter of a second."""
    about = (platform.python_version(), getattr(hyperscan, "__version__", ""), list(flags))
    sources = [r.trigger or r.source for r in rules]
    looked_for = [(x.pattern.flags, x.pattern.pattern) for x in landmarks]
    dialect = Path(scan_dialect.__file__).read_text(encoding="utf-8")
    return hashlib.sha256(repr((about, sources, looked_for, dialect)).encode()).hexdigest()[:32]


def _shapes(patterns: Sequence[re.Pattern[str]]) -> list[tuple[int, str]]:
    """Width of every expression's matches, and where they can begin, kept in the cache folder beside the database."""
    about = b"\0".join([b"5", platform.python_version().encode(), *(p.pattern.encode() for p in patterns)])
    path = cache_folder() / f"starts-{hashlib.sha256(about).hexdigest()[:32]}.json"
    try:
        found = [(int(width), str(shape)) for width, shape in json.loads(path.read_bytes())]
        if len(found) == len(patterns):
            return found
    except (OSError, ValueError):  # none yet, or a damaged one
        pass
    found = [shape_of(p) for p in patterns]
    if len(patterns) > _FEW:
        keep(path, json.dumps(found).encode())
    return found
