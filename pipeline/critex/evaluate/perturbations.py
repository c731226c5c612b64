"""Changes of notes that must not move a verdict, and changes that must: what `critex selftest` applies.

The first kind are functions of a text. The second change one piece of evidence, so they are functions of a verdict's evidence, and say what they expect.
Words and values are in ``selftest.yaml`` beside this file.
"""

from __future__ import annotations

import itertools
import random
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML

from critex.extract.spelling import cased, default_speller

Keep = Callable[[str, random.Random], str]
"""A change of a text; the same text where it does not apply."""


@cache
def words() -> dict[str, Any]:
    """Content of ``selftest.yaml``."""
    loaded: dict[str, Any] = YAML(typ="safe").load(
        (files("critex.evaluate") / "selftest.yaml").read_text(encoding="utf-8")
    )
    return loaded


# ---- changes that must not move a verdict


def line_ends(text: str, _rng: random.Random) -> str:
    """Windows line ends."""
    return re.sub(r"\r\n|\r|\n", "\r\n", text)


def wrapped_lines(text: str, _rng: random.Random) -> str:
    """Lines of prose wrapped at 78 characters, as mail and old systems do; rows of tables are left."""
    out = []
    for line in text.split("\n"):
        prose = len(line) > 100 and not re.search(r"\t| {3,}|\|", line)
        out.extend(textwrap.wrap(line, 78, break_long_words=False, break_on_hyphens=False) if prose else [line])
    return "\n".join(out)


def spelling(text: str, _rng: random.Random) -> str:
    """British words in American spelling where the note has any, else the other way."""
    pairs = words()["spellings"]
    found = _respelled(text, pairs)
    return found if found != text else _respelled(text, {a: b for b, a in pairs.items()})


def _respelled(text: str, table: Mapping[str, str]) -> str:
    pattern = re.compile(
        r"(?<![A-Za-z])(" + "|".join(sorted(map(re.escape, table), key=len, reverse=True)) + r")(?![a-z])", re.I
    )

    def other(m: re.Match[str]) -> str:
        new = table[m[1].lower()]
        return new.upper() if m[1].isupper() else new.capitalize() if m[1][0].isupper() else new

    return pattern.sub(other, text)


@cache
def _slips() -> dict[str, tuple[str, ...]]:
    return default_speller().forms_of()


_LONG_WORD = re.compile(r"(?<![^\W_])[A-Za-z]{7,}(?![^\W_])")


def misspelled_words(text: str, rng: random.Random) -> str:
    """A third of the long clinical words with one slip of the pen: those that ``patterns/spelling.yaml`` holds."""

    def slip(m: re.Match[str]) -> str:
        forms = _slips().get(m[0].lower())
        return cased(m[0], rng.choice(forms)) if forms and rng.random() < 1 / 3 else m[0]

    return _LONG_WORD.sub(slip, text)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ISO = re.compile(r"(?<![\d/.-])(\d{4})-(\d{2})-(\d{2})(?![\d/.-]|T\d)")
_WORDED = re.compile(r"(?<![\w/.-])(\d{1,2})[ -](" + "|".join(_MONTHS) + r")[a-z]*[ -](\d{4})(?![\d/.-])")


_SHORT = re.compile(r"(?<![\d/.-])\d{1,2}[/.-]\d{1,2}(?![\d/.-])")
"""A date without its year, whose order the note's full dates tell: there a change of these may rightly move a verdict."""


def dates_in_words(text: str, _rng: random.Random) -> str:
    """ISO dates as "12 Mar 2026", in notes without short dates."""
    if _SHORT.search(text):
        return text
    return _ISO.sub(lambda m: f"{int(m[3])} {_MONTHS[int(m[2]) - 1]} {m[1]}" if _real(m[1], m[2], m[3]) else m[0], text)


def dates_in_iso(text: str, _rng: random.Random) -> str:
    """Dates such as "12 Mar 2026" and "12-Mar-2026" as ISO dates, in notes without short dates."""
    if _SHORT.search(text):
        return text

    def iso(m: re.Match[str]) -> str:
        month = f"{_MONTHS.index(m[2]) + 1:02d}"
        return f"{m[3]}-{month}-{int(m[1]):02d}" if _real(m[3], month, m[1]) else m[0]

    return _WORDED.sub(iso, text)


def _real(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def full_width(text: str, _rng: random.Random) -> str:
    """Colons and brackets as a Chinese keyboard writes them; not between digits."""
    text = re.sub(r"(?<!\d):(?=[ \n])", "：", text)
    return re.sub(r"(?<=\s)\(([^()\n]*)\)", r"（\1）", text)


def hard_spaces(text: str, _rng: random.Random) -> str:
    """Every space between a number and what follows as a no-break space, as word processors write."""
    return re.sub(r"(?<=\d) (?=[A-Za-z%])", "\u00a0", text)


def blank_lines(text: str, _rng: random.Random) -> str:
    """Spaces at the ends of lines, and each empty line twice."""
    return re.sub(r"\n[ \t]*\n", "\n\n\n", re.sub(r"(?<=\S)\n", "  \n", text))


_HEADING = re.compile(r"^[ \t]*([A-Z][A-Za-z /]{2,40}):", re.M)


def moved_section(text: str, rng: random.Random) -> str:
    """One section that says the same anywhere (allergies, family history, ...) at the end of the note; only where headings stand on both sides of it."""
    heads = [m for m in _HEADING.finditer(text) if m.start() == 0 or text[m.start() - 1] == "\n"]
    movable = set(words()["movable_sections"])
    choices = [(a.start(), b.start()) for a, b in itertools.pairwise(heads[1:]) if a[1].strip().lower() in movable]
    if not choices:
        return text
    start, end = rng.choice(choices)
    return text[:start] + text[end:].rstrip("\n") + "\n\n" + text[start:end].rstrip("\n") + "\n"


KEEP: dict[str, Keep] = {
    "line_ends": line_ends,
    "wrapped_lines": wrapped_lines,
    "spelling": spelling,
    "misspelled_words": misspelled_words,
    "dates_in_words": dates_in_words,
    "dates_in_iso": dates_in_iso,
    "full_width": full_width,
    "hard_spaces": hard_spaces,
    "blank_lines": blank_lines,
    "moved_section": moved_section,
}
"""Changes that must not move a verdict, by name."""


# ---- changes that must


@dataclass(frozen=True)
class Evidence:
    """One decided verdict with its spans and their mentions, as the tables have them."""

    patient_id: str
    criterion: str
    verdict: str
    spans: tuple[Mapping[str, Any], ...]
    """Mentions (rows of the mentions table) at the spans that support the verdict, each once."""
    others: int = 0
    """Further mentions of the patient with the same labels, values and assertion: where there are any, the verdict may rightly stay."""


@dataclass(frozen=True)
class Change:
    """Replacements in notes, as (note, start, end, new text), and which verdicts the criterion may have then."""

    edits: tuple[tuple[str, int, int, str], ...]
    allowed: tuple[str, ...]


Move = Callable[[Evidence, Mapping[str, str]], Change | None]

_STARTS = re.compile(r"(?:^|[\n.;:]|\b(?:has|had|with|shows|showed|shown|of|and))[ \t]*$", re.I)


def _before(name: str, word: Callable[[bool], str]) -> Move:
    def move(e: Evidence, notes: Mapping[str, str]) -> Change | None:
        if e.criterion not in words()["findings"] or e.verdict != "fail" or not e.spans:
            return None
        if e.others or any(m["assertion"] != "present" or m["number"] == m["number"] for m in e.spans):
            return None
        edits = []
        for m in e.spans:
            text, start = notes[m["note_id"]], int(m["start"])
            ahead = text[max(0, start - 40) : start]
            if not _STARTS.search(ahead):
                return None
            clause = not re.search(r"\w[ \t]*$", ahead)
            if name == "relative" and not clause:
                return None
            edits.append((str(m["note_id"]), start, start, word(clause)))
        return Change(tuple(edits), ("pass", "unknown"))

    return move


def failing_value(e: Evidence, notes: Mapping[str, str]) -> Change | None:
    """A laboratory value that passes, replaced by one that fails, in the unit as written; a unit that is not written would be inferred anew."""
    wanted = words()["failing_values"].get(e.criterion)
    labs = [m for m in e.spans if m["label"] == "LAB" and m["value"] == (wanted or {}).get("value")]
    if wanted is None or e.verdict != "pass" or len(labs) != 1 or len(e.spans) != 1:
        return None
    m = labs[0]
    number, canonical = m["number"], m["canonical"]
    text = notes[m["note_id"]]
    start, end = int(m["start"]), int(m["end"])
    if number != number or canonical != canonical or not canonical or m["comparator"] or not m["unit"]:
        return None
    places = [
        x
        for x in re.finditer(r"(?<![\d.,-])\d+(?:\.\d+)?(?![\d.,]*\d)(?!-\d)", text[start : end + 40])
        if float(x[0]) == number
    ]
    if not places or "\n" in text[start : start + places[0].start()]:
        return None
    value = wanted["canonical"] * number / canonical
    new = f"{value:.0f}" if value >= 30 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"
    at = places[0]
    return Change(
        ((str(m["note_id"]), start + at.start(), start + at.end(), new),), tuple(wanted.get("allowed", ("fail",)))
    )


_DECILITRE = re.compile(r"\bg\s?/\s?dl\b", re.I)


def gram_per_litre(e: Evidence, notes: Mapping[str, str]) -> Change | None:
    """Haemoglobin in g/dL with the unit changed to g/L, which makes it a tenth: it must not pass."""
    if e.criterion != "I09.hemoglobin" or e.verdict != "pass" or len(e.spans) != 1:
        return None
    m = e.spans[0]
    text, start = notes[m["note_id"]], int(m["start"])
    number = m["number"]
    line_end = text.find("\n", start)
    found = _DECILITRE.search(text, start, min(len(text) if line_end < 0 else line_end, int(m["end"]) + 15))
    if not found or not 5 < number < 20:
        return None
    return Change(((str(m["note_id"]), found.start(), found.end(), "g/L"),), ("fail", "unknown"))


def positive_result(e: Evidence, notes: Mapping[str, str]) -> Change | None:
    """A negative test that lets a criterion pass, made positive."""
    if e.criterion not in words()["negative_results"] or e.verdict != "pass" or not e.spans:
        return None
    edits = []
    table = words()["opposites"]
    pattern = re.compile("|".join(sorted(map(re.escape, table), key=len, reverse=True)), re.I)
    for m in e.spans:
        if m["result"] != "negative" or e.others:
            return None
        text, start, end = notes[m["note_id"]], int(m["start"]), int(m["end"])
        stop = re.compile(r"[,;.\n/]|\b(?:HBsAg|HBV|anti|HCV|HIV|HB)", re.I).search(text, end)
        found = pattern.search(text, start, min(end + 25, stop.start() if stop else len(text)))
        if not found:
            return None
        new = table[found[0].lower()]
        edits.append(
            (str(m["note_id"]), found.start(), found.end(), new.capitalize() if found[0][0].isupper() else new)
        )
    return Change(tuple(dict.fromkeys(edits)), ("fail", "unknown"))


MOVE: dict[str, Move] = {
    "no_before_finding": _before("no", lambda clause: "No " if clause else "no "),
    "relative": _before("relative", lambda clause: "Mother had " if clause else "mother had "),
    "failing_value": failing_value,
    "unit_changed": gram_per_litre,
    "positive_result": positive_result,
}
"""Changes that must move the verdict they aim at, by name."""


def edited(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    """A text with replacements made, from the last to the first."""
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text
