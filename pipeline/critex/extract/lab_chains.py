"""Names joined by slashes over as many values: "Na/K/Ur/Cr 138/4.0/5.2/88", "Bil/ALP/ALT: 12/77/23", and the strokes of American notes (domain.md 6.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from critex.extract.document import Document, Line
from critex.extract.lab_series import further_sets
from critex.extract.lab_values import NUMBER, Name, analytes, canonical, lab_mention, read_value
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, Rule

_MEMBER = r"[A-Za-z][A-Za-z.+#-]{0,15}(?:[ -][A-Za-z][A-Za-z.]{0,9})?(?:\s?\([A-Za-z/ ]{1,12}\))?"
_NUMBER = r"[<>]?\s?(?:" + NUMBER + r")k?(?:\s?(?:secs?|s)\b)?\s?(?:[HL*]\b)?"
_CHAIN = re.compile(
    r"(?<![\w/.])(?P<names>"
    + _MEMBER
    + r"(?:\s?/\s?"
    + _MEMBER
    + r"){1,7})(?P<gap>[\s:=|-]{1,12}(?:(?:is|was|were|of|are|today)\s)?)"
    r"(?P<values>" + _NUMBER + r"(?:\s?/\s?" + _NUMBER + r"){1,7})(?![\d/]|\s{2,}[\d<>|]|\s?\|\s?[\d<>])",
    FLAGS,
)
_SLASH = re.compile(r"\s?/\s?")
_STROKES = re.compile(
    r"(?<![\w/.])(?P<wbc>\d{1,2}\.\d{1,2})\s?>\s?(?P<hemoglobin>\d{1,2}(?:\.\d)?)\s?/\s?\d{2}(?:\.\d)?\s?<\s?(?P<platelets>\d{2,3})(?![\d/.])"
    r"|(?<![\w/.])(?P<sodium>1\d\d)\s?[/|]\s?(?P<potassium>\d\.\d{1,2})\s?[/|]\s?\d{2,3}\s?[/|]\s?\d{2}\s?[/|]\s?(?P<urea>\d{1,3})\s?[/|]\s?(?P<creatinine>\d{1,2}\.\d{1,2})\s?[</]\s?(?P<glucose>\d{2,3})(?![\d/.])",
    FLAGS,
)
"""Blood count and basic panel drawn as strokes: "6.1>11.2/34<210", "138/4.1/101/24/14/0.9<98"."""


def beside_slash(norm: str, name: Name) -> bool:
    """Whether a name may be a member of a chain."""
    return "/" in norm[max(0, name.start - 2) : name.start] or "/" in norm[name.end : name.end + 2]


def chain_mentions(
    doc: Document, line: Line, names: list[Name], rules: Iterable[Rule]
) -> tuple[list[Mention], list[Name]]:
    """Mentions of the chains of a line, and the names that no chain holds.

    A name inside a chain of three or more whose values are fewer or more than its names is neither: which value is its own is not known.
    """
    norm, out, left = doc.norm, [], names
    for m in _CHAIN.finditer(norm, line.start, line.end):
        inside = [n for n in left if m.start("names") <= n.start < m.end("names")]
        if not inside:
            continue
        tokens = _parts(norm, m.start("names"), m.end("names"))
        values = _parts(norm, m.start("values"), m.end("values"))
        if len(tokens) != len(values):
            if len(tokens) > 2 and len(values) > 1:
                left = [n for n in left if n not in inside]
            continue
        found: list[Mention] = []
        for k, ((start, end), (at, stop)) in enumerate(zip(tokens, values, strict=True)):
            name = next((n for n in inside if start <= n.start and n.end <= end + 1), None)
            if name is None or name.end < end - 1:
                name = name_of(norm[start:end], norm[at:stop], start, rules, norm[m.start() : m.end("names")]) or name
            if name is None:
                continue
            analyte = analytes()[name.key]
            r = read_value(norm, at, line.end if k == len(tokens) - 1 else stop, analyte, spans=False)
            if r is None or canonical(r, analyte)[1] is None:
                continue
            found.append(lab_mention(doc, name, r, name.start if k == 0 else r.start, r.end))
        if found:
            if len(found) == len(tokens):
                members = [Name(x.start, x.end, x.value, x.rule) for x in found if x.value in analytes()]
                if len(members) == len(found):
                    found += further_sets(doc, members, found, found[-1].end, line.end)
            out.extend(found)
            left = [n for n in left if n not in inside]
    return out, left


def _parts(norm: str, start: int, end: int) -> list[tuple[int, int]]:
    found, at = [], start
    for m in _SLASH.finditer(norm, start, end):
        found.append((at, m.start()))
        at = m.end()
    return [*found, (at, end)]


def name_of(token: str, value: str, start: int, rules: Iterable[Rule], chain: str) -> Name | None:
    """Analyte that a member of a chain, or the head of a column, names, read as if its value stood beside it."""
    token = re.sub(r"\s?\(.*", "", token).strip(" .")
    if re.search(r"bili?\w*", chain, re.I) and token.lower() in ("total", "t", "d", "direct"):
        key = "bilirubin_total" if token[0] in "tT" else "bilirubin_direct"
        return Name(start, start + len(token), key, f"labs.{key}")
    said = f"{token} {value}"
    for rule in rules:
        m = rule.pattern.search(said)
        if m is not None and m.end() == len(token) and m.start() <= 3:
            return Name(start, start + len(token), str(rule.value), rule.id)
    return None


def stroke_mentions(doc: Document, at: int, rule: str) -> list[Mention]:
    """Mentions of the values drawn as strokes at a place."""
    m = _STROKES.match(doc.norm, at)
    out: list[Mention] = []
    if m is None:
        return out
    for key, text in m.groupdict().items():
        if text is None:
            continue
        r = read_value(doc.norm, m.start(key), m.end(key), analytes()[key], spans=False)
        if r is not None and canonical(r, analytes()[key])[1] is not None:
            out.append(lab_mention(doc, Name(r.start, r.start, key, rule), r, r.start, r.end))
    return out
