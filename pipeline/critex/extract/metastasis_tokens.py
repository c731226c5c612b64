"""Sentences as tokens that matter for metastases: organs, separators, lesion words and cues (words of ``patterns/metastasis.yaml``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from critex.extract.anatomy import organ_sources, organs
from critex.extract.patterns import FLAGS, load_yaml, term_regex
from critex.extract.starts import first_pairs

ORGAN_KINDS = frozenset({"site", "region", "node", "regional", "local", "nodes", "vertebra"})


@dataclass(slots=True)
class Token:
    """One token of a sentence. ``start`` and ``end`` are indices into the note.

    ``kind`` is what the token is for lists of organs: an organ class of ``anatomy.yaml``, a key of ``words`` in ``metastasis.yaml``,
    ``head`` (the word that says metastasis), ``number``, ``word`` or ``mark``. ``cues`` is what it claims (keys of ``cues``).
    """

    start: int
    end: int
    kind: str
    word: str
    value: str = ""
    cues: frozenset[str] = frozenset()
    head: int = -1

    @property
    def is_organ(self) -> bool:
        """Whether it names an organ or nodal region."""
        return self.kind in ORGAN_KINDS


def _words(section: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for kind, terms in load_yaml("metastasis.yaml")[section].items():
        for term in terms:
            found.setdefault(_plain(str(term)), set()).add(str(kind))
    return {word: frozenset(kinds) for word, kinds in found.items()}


_KIND_ORDER = ("imaging", "separator", "lesion", "preposition", "primary", "modifier", "descriptor")
"""Of several kinds of one word, the first of these is its kind."""


def _kind_of(kinds: frozenset[str]) -> str:
    return next((k for k in _KIND_ORDER if k in kinds), "word")


def _plain(word: str) -> str:
    return re.sub(r"[\s-]+", " ", word.lower()).strip() if re.search(r"\w", word) else word


@cache
def _vocabulary() -> tuple[dict[str, str], dict[str, frozenset[str]]]:
    """Kind and cues of every term."""
    return {word: _kind_of(k) for word, k in _words("words").items()}, _words("cues")


Part = tuple[str, str, tuple[str, ...]]
"""How a part of the grammar opens and closes, and its alternatives."""


@cache
def _parts() -> tuple[Part, ...]:
    """What is tried at a place, in order; the names of the groups tell what a token is."""
    content = load_yaml("metastasis.yaml")
    terms = sorted({str(t) for part in ("words", "cues") for group in content[part].values() for t in group}, key=len)[
        ::-1
    ]
    imaging = sorted(map(str, content["words"]["imaging"]), key=len)[::-1]
    spoken = tuple(term_regex(t) for t in terms if re.search(r"[A-Za-z0-9]", t))
    signs = tuple(re.escape(t) for t in terms if not re.search(r"[A-Za-z0-9]", t))
    return (
        ("(?P<scan>", ")", tuple(term_regex(t) for t in imaging)),
        (r"(?<![A-Za-z0-9])(?:", r")(?![A-Za-z0-9])", organ_sources()),
        ("", "", (r"(?P<box>\[\s?[xX√✓]?\s?\]|[☐☑☒□])",)),
        ("", "", (r"(?P<result>\(\s?(?:\+|-|\+ve|-ve|[YN]|yes|no|nil|neg|pos|none)\s?\))",)),
        ("(?P<term>", ")", spoken),
        ("(?P<sign>", ")", (*signs, r"[?;)\]|]")),
    )


_SIGN = re.compile(r"\S")
_MONTH = re.compile(r"(?:\d(?:st|nd|rd|th)?|\b[Ii]n|\b[Oo]f|\b[Oo]n|[Ss]ince|[Ff]rom)[\s-]May$")
"""The month, which raises no doubt as the verb does."""
_NUMBER = r"(?P<number>(?<![A-Za-z])[<>~≤≥]?(?:\d{1,2}[LR](?![A-Za-z])|\d+(?:st|nd|rd|th)|\d[\d.]*(?:\s?[x*]\s?\d[\d.]*){1,2}\s?(?:cm|mm)?|x\s?\d+|\d[\d.x*/-]*\s?(?:cm|mm)?)(?![A-Za-z]))"
_WORD = r"(?P<word>[A-Za-z][A-Za-z0-9'-]*|[^\x00-\x7f])"
_MARK = r"(?P<mark>\S)"
_PLAIN = re.compile(f"{_NUMBER}|{_WORD}|{_MARK}", FLAGS)
"""What is neither an organ nor a term."""


@cache
def _beginnings() -> dict[str, Mapping[str, frozenset[str] | None]]:
    """What each alternative of the grammar can begin with (:func:`~critex.extract.starts.first_pairs`)."""
    return {source: first_pairs(re.compile(source, FLAGS)) for *_, sources in _parts() for source in sources}


def _can_begin(source: str, pair: str) -> bool:
    begin = _beginnings()[source]
    if not begin:
        return True
    seconds = begin.get(pair[0], frozenset())
    return seconds is None or pair[1:] in seconds


@cache
def _grammar_at(pair: str) -> re.Pattern[str]:
    """The grammar without what cannot begin with two characters: of its hundreds of alternatives few can, and mostly none."""
    kept = []
    for opening, closing, sources in _parts():
        here = [s for s in sources if _can_begin(s, pair)]
        if here:
            kept.append(f"{opening}{'|'.join(here)}{closing}")
    return re.compile("|".join([*kept, _NUMBER, _WORD, _MARK]), FLAGS) if kept else _PLAIN


def tokens(norm: str, start: int, end: int, heads: list[tuple[int, int, int]]) -> list[Token]:
    """Tokens of one stretch of a note.

    Parameters
    ----------
    norm : str
        Normalised text of the note.
    start, end : int
        The stretch.
    heads : list of (start, end, index)
        Where the words stand that say metastasis; each becomes one token of kind ``head``.
    """
    found: list[Token] = []
    position = start
    for head_start, head_end, index in [*heads, (end, end, -1)]:
        if head_start > position:
            found.extend(_lex(norm, position, head_start))
        if index >= 0:
            found.append(Token(head_start, head_end, "head", norm[head_start:head_end].lower(), head=index))
        position = max(position, head_end)
    return found


def _lex(norm: str, start: int, end: int) -> list[Token]:
    kinds, cues = _vocabulary()
    found: list[Token] = []
    while (place := _SIGN.search(norm, start, end)) is not None:
        at = place.start()
        m = _grammar_at(norm[at : at + 2]).match(norm, at, end)
        if m is None:
            start = place.end()
            continue
        start = m.end()
        group = m.lastgroup or ""
        word = _plain(m.group())
        if group[0] == "o" and group[1:].isdigit():
            organ = organs()[int(group[1:])]
            kind, value = organ.kind, organ.value
            if kind == "vertebra" and word[:1] == "s" and _of_liver(found):
                kind, value = "site", "liver"
            found.append(Token(m.start(), m.end(), kind, word, value))
        else:
            kind = kinds.get(word) or (
                group if group in ("number", "box", "result") else "word" if group in ("word", "term") else "mark"
            )
            said = (
                frozenset() if word == "may" and _MONTH.search(norm, max(0, m.start() - 6), m.end()) else cues.get(word)
            )
            found.append(Token(m.start(), m.end(), kind, word, cues=said or frozenset()))
    return found


def _of_liver(before: list[Token]) -> bool:
    """Whether S1 to S5 are segments of the liver here: the liver was named last, or a low-density area is spoken of."""
    for t in reversed(before):
        if t.value == "liver" or t.word in ("hypodense", "hypodensity"):
            return True
        if t.is_organ:
            return False
    return False
