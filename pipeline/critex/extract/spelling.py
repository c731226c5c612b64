"""Reads misspelled clinical words as the words that they stand for, and keeps the offsets of the text as given.

``patterns/spelling.yaml`` holds correct words; the misspelled forms of the long ones are made from them by rule, so that no other pattern has to list
any. A form that is itself a word, or that two words could have been, is left alone: hyper- and hypothyroidism are never taken for each other.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from critex.errors import PatternError
from critex.extract.mention import Mention
from critex.extract.patterns import load_yaml

FILE = "spelling.yaml"
SHORTEST = 7
"""Letters of the shortest word whose misspelled forms are made: of shorter ones too many are other words."""

_VOWELS = "aeiouy"
_ALONE = r"(?<![0-9A-Za-z\u00c0-\u024f])(?:{})(?![0-9A-Za-z\u00c0-\u024f])"
"""A word with no other letter of the Latin alphabet, or digit, beside it; a Chinese character may stand there."""
_WORD = re.compile(_ALONE.format("[A-Za-z]{4,}"))
_TO_WORDS = bytes(ord(chr(b).lower()) if b < 128 and chr(b).isalpha() else 32 for b in range(256))
"""Bytes of UTF-8 with letters made small and all else made spaces."""


@dataclass(frozen=True)
class Respelling:
    """One misspelled word (or phrase): where it stands in the text as given, and what it is read as."""

    start: int
    end: int
    read_as: str


class Respelled:
    """A text with words respelled, and the way back to the offsets of the text as given.

    Parameters
    ----------
    given : str
        The text as given.
    respellings : sequence of Respelling
        In order; none overlap.

    Attributes
    ----------
    text : str
        The text to read.
    """

    def __init__(self, given: str, respellings: list[Respelling]) -> None:
        parts: list[str] = []
        done = length = 0
        self._given: list[tuple[int, int]] = []
        self._read: list[tuple[int, int]] = []
        for r in respellings:
            parts += (given[done : r.start], r.read_as)
            begin = length + r.start - done
            length = begin + len(r.read_as)
            done = r.end
            self._given.append((r.start, r.end))
            self._read.append((begin, length))
        self.text = "".join([*parts, given[done:]])
        self._starts = [s for s, _ in self._read]

    def start(self, offset: int) -> int:
        """Offset in the text as given of a span's start; inside a respelled word it is the word's start."""
        return self._back(offset, at_end=False)

    def end(self, offset: int) -> int:
        """Offset in the text as given of a span's end; inside a respelled word it is the word's end."""
        return self._back(offset, at_end=True)

    def _back(self, offset: int, at_end: bool) -> int:
        i = bisect_right(self._starts, offset) - 1
        if i < 0:
            return offset
        (begin, end), given = self._read[i], self._given[i]
        if offset >= end:
            return given[1] + offset - end
        if offset == begin or not at_end:
            return given[0]
        return given[1]

    def moved(self, m: Mention) -> Mention:
        """A mention of the respelled text with the offsets of the text as given."""
        cue = (self.start(m.cue[0]), self.end(m.cue[1])) if m.cue else None
        return replace(m, start=self.start(m.start), end=self.end(m.end), cue=cue)


class Speller:
    """Finds misspelled words.

    Parameters
    ----------
    words : set of str
        Correct words; forms of those of :data:`SHORTEST` letters or more are made.
    short : set of str
        Shorter words whose forms are made too.
    pairs : mapping of str to str
        Misspelled words or phrases, and what they stand for.
    leave : set of str
        Words never to be touched.
    """

    def __init__(self, words: set[str], short: set[str], pairs: Mapping[str, str], leave: set[str]) -> None:
        known = words | short | leave | {w for right in pairs.values() for w in right.split()}
        self.forms: dict[str, str] = {}
        ambiguous: set[str] = set()
        for word in sorted({w for w in words if len(w) >= SHORTEST} | short):
            for form in misspelled(word):
                if form in known:
                    continue
                other = self.forms.setdefault(form, word)
                if _is_plural(word, other):
                    self.forms[form] = word
                elif other != word and not _is_plural(other, word):
                    ambiguous.add(form)
        for form in ambiguous:
            del self.forms[form]
        self.forms.update({wrong: right for wrong, right in pairs.items() if " " not in wrong})
        phrases = [wrong for wrong in pairs if " " in wrong]
        self._phrases = {tuple(wrong.split()): pairs[wrong] for wrong in phrases}
        lasts = {wrong.split()[-1] for wrong in phrases}
        self._last_words = frozenset(last.encode() for last in lasts)
        self._keys = frozenset(form.encode() for form in self.forms) | self._last_words
        self._phrase = re.compile(_ALONE.format("|".join(p.replace(" ", r"\s{1,3}") for p in phrases)), re.I)

    def respellings(self, text: str) -> list[Respelling]:
        """Misspelled words of a text, in order.

        Most notes hold none: that is told by one look-up a word, before any offset is sought.
        """
        held = self._keys.intersection(text.encode("utf-8", "surrogatepass").translate(_TO_WORDS).split())
        if not held:
            return []
        found = []
        for m in _WORD.finditer(text):
            right = self.forms.get(m[0].lower())
            if right is not None:
                found.append(Respelling(m.start(), m.end(), cased(m[0], right)))
        if held.isdisjoint(self._last_words):
            return found
        for m in self._phrase.finditer(text):
            right = self._phrases[tuple(m[0].lower().split())]
            found.append(Respelling(m.start(), m.end(), cased(m[0], right)))
        return _without_overlaps(found)

    def forms_of(self) -> dict[str, tuple[str, ...]]:
        """The misspelled forms of each word, in order."""
        found: dict[str, list[str]] = {}
        for form, word in self.forms.items():
            found.setdefault(word, []).append(form)
        return {word: tuple(sorted(forms)) for word, forms in found.items()}

    def respelled(self, text: str) -> Respelled | None:
        """A text with its misspelled words respelled, ``None`` where it has none."""
        found = self.respellings(text)
        return Respelled(text, found) if found else None


def _is_plural(word: str, plural: str) -> bool:
    """Whether one word is the plural of another: what both could have been is read as the singular."""
    return plural in (word + "s", word + "es") or (word.endswith("is") and plural == word[:-2] + "es")


def _without_overlaps(found: list[Respelling]) -> list[Respelling]:
    """In order, of overlapping ones the earlier and then the longer."""
    kept: list[Respelling] = []
    for r in sorted(found, key=lambda r: (r.start, -r.end)):
        if not kept or r.start >= kept[-1].end:
            kept.append(r)
    return kept


def misspelled(word: str) -> Iterator[str]:
    """Forms in which a word is met misspelled: one slip each.

    The first letter is always kept, and so is the last, except where neighbours are swapped or an ending is another of the same sound.
    """
    n = len(word)
    for i in range(1, n - 1):
        yield word[:i] + word[i + 1 :]
    for i in range(1, n):
        if word[i] == word[i - 1]:
            yield word[:i] + word[i + 1 :]
        else:
            yield word[:i] + word[i - 1] + word[i:]
    for i in range(1, n - 1):
        if word[i] != word[i + 1]:
            yield word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    for i in range(1, n - 1):
        if word[i] in _VOWELS:
            yield from (word[:i] + v + word[i + 1 :] for v in _VOWELS if v != word[i])
        elif word[i] in "cs" and word[i + 1] in "ei":
            yield word[:i] + ("s" if word[i] == "c" else "c") + word[i + 1 :]
    for a, b in (("ph", "f"), ("f", "ph"), ("ei", "ie"), ("ie", "ei")):
        for m in re.finditer(a, word[1:]):
            yield word[: m.start() + 1] + b + word[m.end() + 1 :]
    if word.endswith("able") and word[-5] != "e":
        yield word[:-4] + "eable"
    if word.endswith("eable"):
        yield word[:-5] + "able"


def cased(given: str, right: str) -> str:
    """A word in capitals, or with a capital, as the given one is."""
    if given.isupper():
        return right.upper()
    return right[0].upper() + right[1:] if given[0].isupper() else right


@cache
def default_speller() -> Speller:
    """The speller of ``patterns/spelling.yaml``, built once a process.

    Raises
    ------
    PatternError
        Names the line of what is wrong with the file.
    """
    return load_speller(FILE)


def load_speller(name: str | Path) -> Speller:
    """Speller of a file laid out as ``patterns/spelling.yaml``.

    Raises
    ------
    PatternError
        Names the line of what is wrong with the file.
    """
    content = load_yaml(name)
    unknown = set(content) - {"words", "short", "pairs", "leave", "examples", "near_misses"}
    if unknown:
        raise PatternError(
            f"{name}: unknown key {sorted(unknown)[0]!r}. Known: words, short, pairs, leave, examples, near_misses."
        )
    words = {w for group in content["words"].values() for w in str(group).split()}
    short = set(str(content.get("short") or "").split())
    leave = set(str(content.get("leave") or "").split())
    pairs = {str(wrong): str(right) for wrong, right in (content.get("pairs") or {}).items()}
    lines: Any = content["pairs"].lc if pairs else None
    for wrong, right in pairs.items():
        where = f"{name}:{lines.key(wrong)[0] + 1}: {wrong}"
        if not re.fullmatch(r"[a-z]{4,}(?: [a-z]{4,})*", wrong) or not re.fullmatch(r"[a-z]+(?: [a-z]+)*", right):
            raise PatternError(f"{where}: a pair is of small letters, 4 or more to a misspelled word. Correct it.")
        if wrong in words | short | leave:
            raise PatternError(f"{where}: also stands as a correct word. Take it out of one.")
    for word in sorted(words | short | leave):
        if not re.fullmatch(r"[a-z]+", word):
            raise PatternError(f"{name}: {word!r} is not a word of small letters. Correct it.")
    return Speller(words, short, pairs, leave)


def as_read(text: str) -> str:
    """A text with its misspelled words respelled: what a rule that looks at an evidence text should see."""
    found = default_speller().respelled(text)
    return found.text if found else text
