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
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from critex.cache import cache_folder, keep
from critex.errors import PatternError
from critex.extract.patterns import Rule
from critex.extract.starts import shape_of, starts_with

try:
    import hyperscan
except ImportError:  # platforms without a wheel
    hyperscan = None  # type: ignore[assignment]

REACH = 320
"""Characters that one rule's match may span; patterns that need more are cut."""
_SLACK = 40
"""Characters looked at beyond a rule's own width, for what it looks behind and ahead at."""


class Hits:
    """What the scan found in one text; finds matches of rules that fired."""

    __slots__ = ("_shapes", "ends", "text")

    def __init__(self, text: str, ends: dict[int, list[int]] | None, shapes: Sequence[tuple[int, str]]) -> None:
        self.text = text
        self.ends = ends
        self._shapes = shapes

    def fired(self, index: int) -> bool:
        """Whether the rule with this index can match at all."""
        return self.ends is None or index in self.ends

    def finditer(self, index: int, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Matches of a rule, in order, not overlapping; none begins between two letters ("stent" in "consistent")."""
        n = len(self.text)
        width, shape = self._shapes[index]
        starts = starts_with(shape)
        if self.ends is None:
            yield from self._between(pattern, starts, 0, n, n)
            return
        ends = self.ends.get(index)
        if not ends:
            return
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
                yield m

    def _between(
        self, pattern: re.Pattern[str], starts: re.Pattern[str] | None, low: int, last: int, high: int
    ) -> Iterator[re.Match[str]]:
        """Matches that begin in ``[low, last]`` and end by ``high``."""
        text = self.text
        if starts is None:
            for m in pattern.finditer(text, low, high):
                if m.end() > m.start() and not self._inside_word(m.start()):
                    yield m
            return
        match, search = pattern.match, starts.search
        within = last + 1  # a place is told by two characters
        while (place := search(text, low, within)) is not None and (low := place.start()) < last:
            found = match(text, low, high)
            if found is None:
                low += 1
            else:
                low = found.end()
                yield found

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
    engine : {"auto", "hyperscan", "python"}
        ``"auto"`` takes Hyperscan where it is installed.
    """

    def __init__(self, rules: Sequence[Rule], engine: str = "auto") -> None:
        self.rules = list(rules)
        self.engine = "python" if engine == "python" or hyperscan is None else "hyperscan"
        self._shapes = _shapes(self.rules)
        self._db: Any = None
        if self.engine == "hyperscan" and self.rules:
            self._db = _database(self.rules)
            self._db.scratch = hyperscan.Scratch(self._db)

    def scan(self, text: str) -> Hits:
        """Scan a normalised text."""
        if self._db is None:
            return Hits(text, None, self._shapes)
        data = text.encode("utf-8", "replace")
        ends: dict[int, list[int]] = {}

        def on_match(rule: int, _start: int, end: int, _flags: int, _context: object) -> None:
            found = ends.get(rule)
            if found is None:
                ends[rule] = [end]
            elif found[-1] != end:
                found.append(end)

        self._db.scan(data, match_event_handler=on_match)
        if len(data) != len(text) and ends:
            to_index = _byte_offsets(text)
            ends = {rule: [to_index(e) for e in found] for rule, found in ends.items()}
        return Hits(text, ends, self._shapes)


def _byte_offsets(text: str) -> Any:
    """Function from UTF-8 byte offsets to ``str`` indices."""
    positions, shifts, shift = [], [], 0
    for m in re.finditer(r"[^\x00-\x7f]", text):
        width = len(m.group().encode("utf-8", "replace"))
        if width == 1:
            continue
        shift += width - 1
        positions.append(m.end() + shift)
        shifts.append(shift)

    def convert(offset: int) -> int:
        i = bisect_right(positions, offset) - 1
        return offset - (shifts[i] if i >= 0 else 0)

    return convert


_FEW = 200
"""The shapes of so few rules (one family) are found faster than they are kept."""
_LONG_GAP = 8
"""Counted gaps from this length on lose their upper limit for the scan."""


def _for_hyperscan(source: str) -> str:
    """The same rule in Hyperscan's dialect."""
    source = re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: re.escape(chr(int(m[1], 16))), source)
    source = re.sub(r"\(\?P<\w+>", "(", re.sub(r"\(\?P=\w+\)", r".{0,40}", source))
    source = _with_what_stands_before(source)
    # Long counted gaps make the automaton hundreds of times larger; without their upper limit the scan finds a few places more, and `re` decides.
    return re.sub(
        r"\{(\d+),(\d+)\}",
        lambda m: m[0] if int(m[2]) < _LONG_GAP else "*" if m[1] == "0" else f"{{{m[1]},}}",
        source,
    )


_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?<=|\(\?[a-z-]*:|\(\?<?[=!]|\(|\)|\||\^|.", re.S)


def _with_what_stands_before(source: str) -> str:
    """An expression whose opening look-behinds are part of the match: the scanner knows none, and ``(?<=gem/)cis`` would stop it at every "cis"."""
    out: list[str] = []
    groups: list[tuple[bool, bool]] = []
    """Of every open group: whether nothing stands before it, and whether it has no width."""
    opening = True
    for m in _PIECE.finditer(source):
        piece = m.group()
        if piece[0] == "(":
            behind = piece == "(?<="
            groups.append((opening, piece[-1] in "=!" and not (behind and opening)))
            if behind and opening:
                piece = "(?:"
        elif piece == ")":
            before, no_width = groups.pop() if groups else (False, False)
            opening = before and no_width
        elif piece == "|":
            opening = groups[-1][0] if groups else True
        else:
            opening = False
        out.append(piece)
    return "".join(out)


def _refused(rules: Sequence[Rule], flags: int, error: Exception) -> PatternError:
    """The rule that Hyperscan does not take, by name."""
    for rule in rules:
        try:
            hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK).compile(
                expressions=[_for_hyperscan(rule.trigger or rule.source).encode()], ids=[0], elements=1, flags=[flags]
            )
        except hyperscan.error as own:
            return PatternError(
                f"{rule.file}:{rule.line}: rule {rule.id}: the scanner does not take this expression: {own}. Write it otherwise."
            )
    return PatternError(f"patterns: the scanner does not take the rules: {error}.")


def _database(rules: Sequence[Rule]) -> Any:
    flags = (
        hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_PREFILTER | hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_MULTILINE
    )
    expressions = [_for_hyperscan(r.trigger or r.source).encode() for r in rules]
    key = hashlib.sha256(
        b"\0".join([hyperscan.__version__.encode() if hasattr(hyperscan, "__version__") else b"", *expressions])
    ).hexdigest()[:32]
    path = cache_folder() / f"rules-{key}.hsdb"
    try:
        if path.is_file():
            return hyperscan.loadb(path.read_bytes(), hyperscan.HS_MODE_BLOCK)
    except Exception:  # noqa: S110 - a database of another version or processor is built anew
        pass
    db = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        db.compile(
            expressions=expressions,
            ids=list(range(len(expressions))),
            elements=len(expressions),
            flags=[flags] * len(expressions),
        )
    except hyperscan.error as error:
        raise _refused(rules, flags, error) from None
    keep(path, hyperscan.dumpb(db))
    return db


def _shapes(rules: Sequence[Rule]) -> list[tuple[int, str]]:
    """Width of every rule, and where it can begin, kept in the cache folder beside the database."""
    about = b"\0".join([b"4", platform.python_version().encode(), *(r.source.encode() for r in rules)])
    path = cache_folder() / f"starts-{hashlib.sha256(about).hexdigest()[:32]}.json"
    try:
        found = [(int(width), str(shape)) for width, shape in json.loads(path.read_bytes())]
        if len(found) == len(rules):
            return found
    except (OSError, ValueError):  # none yet, or a damaged one
        pass
    found = [shape_of(r.pattern) for r in rules]
    if len(rules) > _FEW:
        keep(path, json.dumps(found).encode())
    return found
