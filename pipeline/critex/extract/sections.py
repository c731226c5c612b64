"""Section headings: at the start of a line, or inline as ``FHx:``; an unknown heading ends the section before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from critex.extract.patterns import load_yaml

_LINE_HEAD = re.compile(
    r"^[ \t]*(?:[-*#=>+]{1,4}[ \t]*)?(?:\(?(?:\d{1,2}|[A-Z]|[ivx]{1,4})[.)][ \t]*)?\**"
    r"(?P<title>[A-Za-z\u4e00-\u9fff][A-Za-z\u4e00-\u9fff0-9 /&,'.+()-]{0,58}?)\**[ \t]*(?P<mark>:|=(?!=)|[ \t]-{1,2}[ \t]|-{2,}|$)",
    re.M,
)
_INLINE_HEAD = re.compile(
    r"(?:(?<=[.;,)\]])[ \t]+|[ \t]{2,}|(?<=[.;])|(?<=\.,))(?P<title>[A-Za-z\u4e00-\u9fff][A-Za-z\u4e00-\u9fff/&' .-]{0,30}?)[ \t]?(?P<mark>:)(?=\s|[^\s\d/])"
)


@dataclass(frozen=True)
class Section:
    """A section: its category, its span (heading included) and the span of its heading."""

    category: str
    start: int
    end: int
    title_start: int
    title_end: int
    inline: bool
    """Whether text follows the heading on its own line."""


_QUOTED = re.compile(
    r"\b(?:copied|pasted|quoted|taken|excerpt(?:ed)?|transcribed|verbatim)\b[^:]{0,30}\b(?:protocol|trial|study|criteria|sponsor|synopsis)\b"
    r"|\b(?:protocol|synopsis|criteria|eligibility)\b[^:]{0,30}\b(?:copied|pasted|quoted|verbatim)\b"
    r"|\bnot (?:pt|patient)(?:'?s)? (?:data|information|findings)\b",
    re.I,
)
"""Words of a line that introduces a trial's own text."""


@cache
def titles() -> dict[str, str]:
    """Category by heading (lower case), from ``patterns/sections.yaml``."""
    content = load_yaml("sections.yaml")
    return {str(t).lower(): category for category, spec in content["sections"].items() for t in spec["titles"]}


def _key(title: str) -> str:
    title = re.sub(r"\s*\([^)]*\)\s*$", "", title.lower().replace(".", "").replace("'", ""))
    return re.sub(r"\s+", " ", title).strip(" -,/&")


_CAPITALISED = re.compile(r"[A-Z][a-z]")
_MARK = re.compile(r"[:=]|[ \t]-|--")
_PLAIN_HEAD = 90
"""How far into a line, written with single spaces, the mark of a heading can stand; a longer line without one is none."""


def _line_heads(norm: str) -> Iterator[re.Match[str]]:
    """What ``_LINE_HEAD`` finds, tried only on lines that hold a mark early on or are short."""
    start, n = 0, len(norm)
    while start <= n:
        end = norm.find("\n", start)
        end = n if end < 0 else end
        if end - start <= _PLAIN_HEAD or _may_head(norm, start, end):
            m = _LINE_HEAD.match(norm, start)
            if m is not None:
                yield m
        start = end + 1


def _may_head(norm: str, start: int, end: int) -> bool:
    if _MARK.search(norm, start, min(end, start + _PLAIN_HEAD)):
        return True
    head = norm[start : min(end, start + 2 * _PLAIN_HEAD)]  # white space and asterisks may be of any length
    return head[:1].isspace() or head[-1:].isspace() or "  " in head or "\t" in head or "**" in head


@cache
def _last_words() -> frozenset[str]:
    return frozenset(words[-1] for title in titles() if (words := _LETTERS.findall(title)))


_LETTERS = re.compile(r"[A-Za-z\u4e00-\u9fff]+")
_INLINE_REACH = 44
"""How far before its colon an inline heading can begin, with the signs before it."""


def _inline_heads(norm: str) -> Iterator[re.Match[str]]:
    """What ``_INLINE_HEAD`` finds, tried only before colons that follow the last word of a known title."""
    known, done = _last_words(), 0
    at = norm.find(":")
    while at >= 0:
        words = _LETTERS.findall(norm, max(done, at - _INLINE_REACH), at)
        if words and words[-1].lower() in known:
            m = _INLINE_HEAD.search(norm, max(done, at - _INLINE_REACH), at + 2)
            if m is not None:
                yield m
        done = at + 1
        at = norm.find(":", done)


def _inside_sentence(norm: str, line_start: int, title: str) -> bool:
    """Whether a line goes on with the sentence of a wrapped line before it ("... Brain" / "parenchyma: ...", "... d/w" / "allergy.")."""
    if not title[0].islower() or line_start == 0:
        return False
    before = norm[norm.rfind("\n", 0, line_start - 1) + 1 : line_start - 1].rstrip()
    return (
        len(before) >= 52 and not before.endswith((".", "!", "?", ":", ";")) and _CAPITALISED.search(before) is not None
    )


_CASE_REPORT = re.compile(
    r"^[ \t]*(?:case (?:report|presentation|description)|abstract|learning points?)\b[^\n]{0,80}$", re.I | re.M
)
_FIRST_CASE = re.compile(r"^[ \t]*(?:case|patient) (?:1|one)\b[^\n]{0,20}$", re.I | re.M)
_OTHER_CASES = {f"{who} {n}": "literature" for who in ("case", "patient") for n in ("2", "3", "4", "two", "three")}
"""Of several cases told in one text, the first is the patient of the note."""
_OF_CASE_REPORTS = ("discussion", "introduction", "background", "conclusion", "conclusions")
"""Sections of a published case that speak of other patients and of what is known; in a note they are about the patient."""


def find_sections(norm: str) -> list[Section]:
    """Sections of a normalised text.

    Parameters
    ----------
    norm : str
        Normalised text.

    Returns
    -------
    list of Section
        In order, not overlapping. Headings that no rule knows get the category ``"other"``: they end the section before.
    """
    known = titles()
    if _CASE_REPORT.search(norm) is not None:
        known = known | dict.fromkeys(_OF_CASE_REPORTS, "literature")
    if _FIRST_CASE.search(norm) is not None:
        known = known | _OTHER_CASES
    heads: list[tuple[int, int, int, str, bool]] = []
    for m in _line_heads(norm):
        title, mark = m["title"], m["mark"]
        category = known.get(_key(title))
        line_end = norm.find("\n", m.end())
        line_end = len(norm) if line_end < 0 else line_end
        alone = not norm[m.end() : line_end].strip()
        if (
            category is None
            and norm[m.end() - 1 : line_end].rstrip()[-1:] == ":"
            and _QUOTED.search(norm, m.start(), line_end)
        ):
            heads.append((m.start("title"), m.start("title"), line_end, "criteria", True))
            continue
        if category is None:
            shouted = title.isupper() and len(title) > 3 and not re.search(r"\d|\([-+]", title)
            if not (alone and (mark == ":" or shouted)):
                if mark != ":" or len(title.split()) > 4 or re.search(r"\.\s", title):
                    continue
                category = "key"
            else:
                category = "other"
            if _inside_sentence(norm, m.start(), title):
                continue
        elif mark == "" and (not alone or _inside_sentence(norm, m.start(), title)):
            continue
        heads.append((m.start("title"), m.start("title"), m.end(), category, not alone))
    for m in _inline_heads(norm):
        category = known.get(_key(m["title"]))
        if category is not None:
            heads.append((m.start("title"), m.start("title"), m.end(), category, True))
    heads.sort()
    found = []
    for i, (start, title_start, title_end, category, inline) in enumerate(heads):
        end = heads[i + 1][0] if i + 1 < len(heads) else len(norm)
        if inline:
            end = min(end, _inline_end(norm, title_end, end, category))
            if category == "criteria" and norm[title_start : title_start + 4].lower() == "per ":
                stop = _SENTENCE_STOP.search(
                    norm, title_end, end
                )  # "Per their sheet: ECOG 0-1, no active TB. I doubt she fits."
                end = stop.end() if stop else end
        found.append(Section(category, start, end, title_start, title_end, inline))
    return found


_SENTENCE_STOP = re.compile(r"[.;](?=\s[A-Z\n]|\s*$)|\n\s*\n")
_OF_A_LINE = ("family", "allergies", "key", "social")
"""Categories whose inline heading reaches to the end of its line."""


def over_joined_lines(sections: list[Section], norm: str) -> list[Section]:
    """Sections of inline headings, made longer where wrapped lines were joined (their line ends are spaces in ``norm``)."""
    found = []
    for i, s in enumerate(sections):
        if s.inline and s.category in _OF_A_LINE:
            limit = sections[i + 1].start if i + 1 < len(sections) else len(norm)
            end = max(s.end, min(limit, _inline_end(norm, s.title_end, limit, s.category)))
            found.append(replace(s, end=end))
        else:
            found.append(s)
    return found


def _inline_end(norm: str, start: int, limit: int, category: str) -> int:
    if category in _OF_A_LINE:
        line_end = norm.find("\n", start)
        while line_end >= 0 and re.match(r"\n[ \t]{0,12}[a-z(]|\n[ \t]{4,}[A-Za-z(]", norm[line_end : line_end + 14]):
            line_end = norm.find("\n", line_end + 1)
        return limit if line_end < 0 else line_end
    blank = re.compile(r"\n[ \t]*\n").search(norm, start, limit)
    return blank.start() if blank else limit
