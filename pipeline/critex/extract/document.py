"""A note with its lines, segments, sections and dates; all offsets point into the text as given."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

from critex.extract.dates import DateMention, When, find_dates
from critex.extract.normalise import normalise
from critex.extract.scan import Hits, Landmark
from critex.extract.sections import Section, find_sections, over_joined_lines
from critex.extract.starts import matches_in_words

_Read = TypeVar("_Read")
_BULLET = re.compile(r"\s*(?:[-*+>#~]{1,2}\s|\d{1,2}[.)]\s|\(\d{1,2}\)|\d{1,2}\)|[A-Za-z][.)]\s|\[[ xX]?\])", re.A)
_COLUMNS = re.compile(r"\S(?:\t+| {3,}|\s?\|\s?| {0,6}\| {0,6})\S", re.A)
_ABBREVIATIONS = [
    "Dr",
    "Mr",
    "Mrs",
    "Ms",
    "Mdm",
    "Prof",
    "St",
    "vs",
    "e.g",
    "i.e",
    "eg",
    "ie",
    "approx",
    "No",
    "no",
    "nos",
    "prev",
    "adj",
    "resp",
    "Fig",
    "cf",
    "al",
    "Pt",
    "pt",
    "Ref",
    "ref",
    "incl",
    "pulm",
    "abd",
    "parox",
    "susp",
    "pathol",
    "radiol",
    "oncol",
    "cardiol",
    "max",
    "min",
    "diff",
    "exp",
    "ed",
    "wt",
    "ht",
    "dept",
    "Dept",
    "yr",
    "yrs",
    "mth",
    "mths",
    "wk",
    "wks",
    "ca",
    "c",
    "Rd",
    "Ave",
    "Est",
    "est",
    "Approx",
    "Lt",
    "Rt",
    "bil",
    "En",
    "Puan",
]
_ABBREVIATION = re.compile(
    rf"(?:\b(?:{'|'.join(map(re.escape, _ABBREVIATIONS))})|(?<=[,;(] )d|(?<!Pugh )(?<!atitis )(?<!Hep )(?<!hep )(?<!type )(?<!roup )(?<!tage )(?<!NYHA )(?<!CCS )(?<!lass )(?<!rade )(?<!and )(?<!or )\b[A-Z](?:\.[A-Z])*)\.$"
)
_LAST_LETTERS = frozenset(word[-2:] for word in _ABBREVIATIONS)
_STOP = re.compile(
    r"[.!?;](?:(?<=[.!?])(?=[\s\u4e00-\u9fff\"')\]]|$)|(?<=;)|(?<=\.)(?=,\s{0,3}[A-Z]{2})|(?<=[\u4e00-\u9fff]\.))"
)  # begins with a set of characters: such an expression is searched fast
_NUMBERED = re.compile(r"[ \t]{0,8}(\d{1,2})[.)]\s", re.A)
_ENTRY = re.compile(
    r"(?:19|20)\d\d(?:[-/.]\d\d?){0,2}(?: {2}|\t| ?[:-] )|(?:p(?:16|40|53|63)|ck ?\d|cd ?\d|eber|s100)\b", re.A
)
"""Begin of an entry in a history by years ("2018  hypothyroidism"), or of a row of stains ("p16 negative")."""
_ANSWERED_NO = re.compile(r"[:=-]\s{0,2}no\.$", re.I)
"""The answer of a form ends a sentence: "CCF - no. Remark: ..."; "no. 5" does not."""
_LIST_NUMBER = re.compile(r"\s*\(?(?:\d{1,2}|[A-Za-z])\.$", re.A)
_SENTENCE_END = (".", "!", "?", ":", ";")


class Line(NamedTuple):
    """One line without its line end; ``kind`` is ``"blank"``, ``"row"`` (columns), ``"item"`` (bullet) or ``"text"``."""

    start: int
    end: int
    kind: str


def _may_abbreviate(norm: str, end: int) -> bool:
    """Whether the letters before a full stop that ends at ``end`` can be those of an abbreviation: asked first, for most stops end a sentence."""
    last = norm[end - 2 : end - 1]
    return norm[end - 3 : end - 1] in _LAST_LETTERS or last in ("c", "d") or last.isupper()


def _match_start(m: re.Match[str]) -> int:
    return m.start()


class Document:
    """A note with its structure.

    Parameters
    ----------
    text : str
        The note as given.
    note_id, patient_id, note_type : str
        As in the notes table.
    note_date : date, optional
        Day on which the note was written.
    date_order : {"dmy", "mdy", "ymd"}, optional
        Order of numeric dates in this source; ``None`` lets the text decide.

    Attributes
    ----------
    text : str
        The note as given; every ``start`` and ``end`` in critex is an index into it.
    norm : str
        The same length, with full-width and typographic characters made ASCII: what rules are matched on.
    """

    def __init__(
        self,
        text: str,
        note_id: str = "",
        patient_id: str = "",
        note_date: date | None = None,
        note_type: str = "",
        date_order: str | None = None,
    ) -> None:
        self.text = text
        self.norm = normalise(text)
        self.note_id = note_id
        self.patient_id = patient_id
        self.note_date = note_date
        self.note_type = note_type
        self.date_order = date_order
        self.hits: Hits | None = None
        """What the scan found in ``norm``, once there was one."""
        self._join_wrapped()

    def with_text(self, text: str) -> Document:
        """The same note with another text, as where misspelled words are respelled before rules see them."""
        return Document(text, self.note_id, self.patient_id, self.note_date, self.note_type, self.date_order)

    def _join_wrapped(self) -> None:
        """Turn the line ends of wrapped paragraphs into spaces, so that a phrase is found across them; offsets stay."""
        ends = [
            line.end
            for line, after in pairwise(self.lines)
            if "blank" not in (line.kind, after.kind) and after.start not in self._cut_starts
        ]
        if ends:
            characters = list(self.norm)
            for end in ends:
                characters[end] = " "
            self.norm = "".join(characters)
            self.sections = over_joined_lines(self.sections, self.norm)
            self.lines = self._joined_lines(set(ends))

    def _joined_lines(self, joined: set[int]) -> list[Line]:
        """Lines with wrapped ones made one, of the kind of the first: what a rule that looks along a line should see."""
        found: list[Line] = []
        for line in self.lines:
            if found and found[-1].end in joined:
                found[-1] = Line(found[-1].start, line.end, found[-1].kind)
            else:
                found.append(line)
        return found

    @cached_property
    def _cut_starts(self) -> set[int]:
        return {start for start, _ in self.segments}

    @cached_property
    def lines(self) -> list[Line]:
        """Lines in order, without their line ends."""
        found, start = [], 0
        for part in self.norm.split("\n"):
            end = start + len(part)
            if not part or part.isspace():
                kind = "blank"
            elif ("\t" in part or "|" in part or "   " in part) and _COLUMNS.search(part):
                kind = "row"
            elif _BULLET.match(part):
                kind = "item"
            else:
                kind = "text"
            found.append(Line(start, end, kind))
            start = end + 1
        return self._without_false_items(found)

    def _without_false_items(self, lines: list[Line]) -> list[Line]:
        """Lines with those that only look numbered made text: a value that a wrapped line begins with ("... APTT" / "29. EBV DNA ...")."""
        numbers = {
            i: int(m[1])
            for i, x in enumerate(lines)
            if x.kind == "item" and (m := _NUMBERED.match(self.norm, x.start, x.end))
        }
        there = set(numbers.values())
        for i, number in numbers.items():
            if number > 1 and not there & {number - 1, number + 1} and i and lines[i - 1].kind == "text":
                before = self.norm[lines[i - 1].start : lines[i - 1].end].rstrip()
                if len(before) >= 52 and not before.endswith(_SENTENCE_END):
                    lines[i] = Line(lines[i].start, lines[i].end, "text")
        return lines

    @cached_property
    def _line_starts(self) -> list[int]:
        return [line.start for line in self.lines]

    def line_index(self, position: int) -> int:
        """Index into :attr:`lines` of the line that holds a character."""
        return max(0, bisect_right(self._line_starts, position) - 1)

    def line_at(self, position: int) -> Line:
        """The line that holds a character."""
        return self.lines[self.line_index(position)]

    @cached_property
    def _is_wrapped(self) -> bool:
        """Whether paragraphs of this note are wrapped at a fixed width (so that a line end is not a sentence end)."""
        lengths = [line.end - line.start for line in self.lines if line.kind in ("text", "item")]
        long = [n for n in lengths if 55 <= n <= 110]
        widest = max(lengths, default=0)
        even = len(long) == 2 and widest <= 100 and min(long) >= widest - 10
        return (len(long) >= 3 and widest <= 120) or even

    @cached_property
    def segments(self) -> list[tuple[int, int]]:
        """Sentence-like stretches: what a cue can reach. Rows, bullets and unwrapped lines are stretches of their own."""
        norm, cuts = self.norm, [0]
        lines = self.lines
        for i, line in enumerate(lines):
            if i and not self._continues(lines[i - 1], line):
                cuts.append(line.start)
            for stop in _STOP.finditer(norm, line.start, line.end):
                end = stop.end()
                if stop.group() == "." and (
                    (
                        _may_abbreviate(norm, end)
                        and _ABBREVIATION.search(norm, max(line.start, end - 12), end)
                        and not norm[end : end + 2].isspace()
                        and not _ANSWERED_NO.search(norm, max(line.start, end - 6), end)
                    )
                    or _LIST_NUMBER.match(norm, line.start, end)
                    or (norm[end : end + 5] == " for " and norm[end - 4 : end - 1].lower() in ("neg", "pos"))
                ):
                    continue
                if stop.group() == "?" and (
                    end < 2 or norm[end - 2] in " \n(\t"
                ):  # "? liver metastasis" asks, it does not end
                    continue
                cuts.append(end)
        cuts.append(len(norm))
        found = []
        for start, end in pairwise(cuts):
            if norm[start:end].strip():
                found.append((start, end))
        return found

    def _continues(self, before: Line, line: Line) -> bool:
        if before.kind in ("blank", "row") or line.kind != "text":
            return False
        if before.end in self._section_starts or line.start in self._section_starts:
            return False
        norm = self.norm
        head = norm[line.start : line.end].lstrip()
        tail = norm[before.start : before.end].rstrip()
        width = len(tail)
        if head.startswith('"') and tail.endswith(":") and width >= 52:
            return True
        if not head or tail.endswith(_SENTENCE_END) or _ENTRY.match(head):
            return False
        if tail.endswith((",", " and", " or", " with", " of", " the", " no", " in", "-", "/", "(")) and width >= 30:
            return True
        if head[0].islower() and width >= 40:
            return True
        return self._is_wrapped and 52 <= width <= 115

    @cached_property
    def _section_starts(self) -> set[int]:
        return {s.start for s in self.sections}

    @cached_property
    def _segment_starts(self) -> list[int]:
        return [s for s, _ in self.segments]

    def segment_index(self, position: int) -> int:
        """Index into :attr:`segments` of the stretch that holds a character."""
        return max(0, bisect_right(self._segment_starts, position) - 1)

    def segment_at(self, position: int) -> tuple[int, int]:
        """Start and end of the stretch that holds a character."""
        return self.segments[self.segment_index(position)] if self.segments else (0, len(self.text))

    @cached_property
    def sections(self) -> list[Section]:
        """Sections in order; text before the first heading belongs to none."""
        return find_sections(self.norm)

    @cached_property
    def _sections_by_start(self) -> list[int]:
        return [s.start for s in self.sections]

    def section_at(self, position: int) -> Section | None:
        """The section that holds a character, ``None`` before the first heading or after the end of an inline one."""
        i = bisect_right(self._sections_by_start, position) - 1
        if i < 0:
            return None
        section = self.sections[i]
        return section if position < section.end else None

    def category_at(self, position: int) -> str | None:
        """Category of the section that holds a character."""
        section = self.section_at(position)
        return section.category if section else None

    def once_a_line(self, read: Callable[[Document, int], _Read], index: int) -> _Read:
        """What ``read`` makes of a line, kept for those who ask again: heads of tables and headings are asked for by every row below."""
        key = (read, index)
        if key not in self._of_lines:
            self._of_lines[key] = read(self, index)
        found: _Read = self._of_lines[key]
        return found

    @cached_property
    def _of_lines(self) -> dict[tuple[Callable[..., Any], int], Any]:
        return {}

    def all_of(self, landmark: Landmark) -> list[re.Match[str]]:
        """Matches of a landmark all over the note, looked for once."""
        found = self._matches.get(landmark)
        if found is None:
            self._matches[landmark] = found = (
                list(matches_in_words(landmark.pattern, self.norm)) if self.hits is None else self.hits.all_of(landmark)
            )
        return found

    def holds(self, landmark: Landmark) -> bool:
        """Whether a landmark stands anywhere in the note."""
        found = self._held.get(landmark)
        if found is None:
            self._held[landmark] = found = (
                landmark.pattern.search(self.norm) is not None if self.hits is None else self.hits.holds(landmark)
            )
        return found

    @cached_property
    def _held(self) -> dict[Landmark, bool]:
        return {}

    def any_between(self, landmark: Landmark, start: int, end: int) -> bool:
        """Whether a match of a landmark lies inside ``[start, end)``."""
        found = self.all_of(landmark)
        i = bisect_left(found, start, key=_match_start)
        return i < len(found) and found[i].end() <= end

    @cached_property
    def _matches(self) -> dict[Landmark, list[re.Match[str]]]:
        return {}

    @cached_property
    def dates(self) -> list[DateMention]:
        """Date expressions of the note, in order."""
        return find_dates(self.norm, self.note_date, self.date_order, self.all_of)

    @cached_property
    def _date_starts(self) -> list[int]:
        return [d.start for d in self.dates]

    def dates_between(self, start: int, end: int) -> list[DateMention]:
        """Date expressions that lie wholly inside ``[start, end)``."""
        i = bisect_right(self._date_starts, start - 1)
        found = []
        while i < len(self.dates) and self.dates[i].start < end:
            if self.dates[i].end <= end:
                found.append(self.dates[i])
            i += 1
        return found

    def note_when(self) -> When | None:
        """The note's own date."""
        return When(self.note_date, self.note_date, "note") if self.note_date else None
