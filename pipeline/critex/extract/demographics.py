"""Age, birth date and sex of the patient, never of a relative (GUIDELINE I01; domain.md I1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits
from critex.extract.mention import Mention
from critex.extract.number_words import ORDINALS
from critex.extract.patterns import FLAGS, Rule, group_span, load_rules, load_yaml
from critex.extract.trial_text import is_requirement

OLDEST = 109
"""Larger numbers are no ages."""
_UNITS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
_TENS = {"eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80}  # fmt: skip
_PARTS = {"early": (0, 4), "mid": (3, 7), "late": (5, 9), None: (0, 9)}
_FEMALE = re.compile(r"f|woman|lady|girl|女|♀", FLAGS)
_YEAR = re.compile(r"\(?(19[2-9]\d|200\d|201\d)\b(?![/.-])", FLAGS)


@dataclass(frozen=True)
class _Words:
    """Words around an age or a title, from the ``words`` of ``patterns/demographics.yaml``."""

    relative: re.Pattern[str]
    relative_after: re.Pattern[str]
    not_age_before: re.Pattern[str]
    not_age_after: re.Pattern[str]
    not_patient_before: re.Pattern[str]
    not_patient_after: re.Pattern[str]


@cache
def _words() -> _Words:
    content = load_yaml("demographics.yaml")["words"]
    return _Words(**{str(k): re.compile(str(v), FLAGS) for k, v in content.items()})


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    out: list[Mention] = []
    pronouns: list[tuple[Rule, re.Match[str]]] = []
    for rule, m in hits:
        if rule.id.startswith("demographics.pronoun"):
            pronouns.append((rule, m))
        elif rule.label == "BIRTH_DATE":
            out.extend(_birth(doc, rule, m))
        elif _of_relative(doc, m.start(), m.end()) or doc.category_at(m.start()) in ("family", "criteria"):
            continue
        elif rule.label == "SEX":
            if not rule.attributes.get("title") or _title_of_patient(doc.norm, m.start(), m.end()):
                out.append(_sex(doc, m.start(), m.end(), rule.value or "", rule, dict(rule.attributes)))
        else:
            out.extend(_age(doc, rule, m))
    if all(m.attributes.get("title") for m in out if m.label == "SEX"):
        out.extend(_by_pronoun(doc, pronouns))
    return out


def _of_relative(doc: Document, start: int, end: int) -> bool:
    norm, words = doc.norm, _words()
    seg_start, _ = doc.segment_at(start)
    return bool(words.relative.search(norm, max(seg_start, start - 40), start) or words.relative_after.match(norm, end))


def _age(doc: Document, rule: Rule, m: re.Match[str]) -> list[Mention]:
    norm, words = doc.norm, _words()
    number = _number(norm, m)
    start, end = m.span()
    while start < end and norm[start] in "\n\t (:":
        start += 1
    if number is None or is_requirement(doc, start, end, reach=40, strict=True):
        return []
    low, high = number
    digits = group_span(m, "value") or group_span(m, "value2") or m.span()
    before = norm[max(0, digits[0] - 24) : digits[0]]
    if (
        not 0 < low <= OLDEST
        or words.not_age_before.search(before)
        or words.not_age_before.search(norm, max(0, start - 24), start)
        or words.not_age_after.match(norm, end)
    ):
        return []
    age = Mention(
        start,
        end,
        "AGE",
        str(low) if low == high else f"{low}-{high}",
        rule.id,
        number=float(low),
        canonical=float(low),
        canonical_unit="years",
        assertion="present",
        temporality="current",
        date=doc.note_date.isoformat() if doc.note_date else None,
        date_source="note" if doc.note_date else "none",
    )
    sex = group_span(m, "sex") or group_span(m, "sex2")
    if sex is None:
        return [age]
    return [age, _sex(doc, *sex, "F" if _FEMALE.match(norm[sex[0] : sex[1]]) else "M", rule, {"beside_age": True})]


def _number(norm: str, m: re.Match[str]) -> tuple[int, int] | None:
    """Age in years, from one to another: "in her late 60s" is 65 to 69."""
    groups = m.groupdict()
    if spelled := group_span(m, "words"):
        first, *rest = re.split(r"[\s-]", norm[slice(*spelled)].lower())
        number = _TENS[first] + sum(_UNITS[w] for w in rest)
        return number, number
    if year := groups.get("nth"):  # "in his seventy-fourth year": 73
        first, second = re.split(r"[\s-]", year.lower())
        number = _TENS[first] + ORDINALS[second] - 1
        return number, number
    if decade := groups.get("decade"):
        low, high = _PARTS[(groups.get("part") or "").lower() or None]
        return int(decade) + low, int(decade) + high
    span = group_span(m, "value") or group_span(m, "value2")
    if span is None:
        return None
    number = int(norm[span[0] : span[1]])
    return number, number


def _sex(doc: Document, start: int, end: int, value: str, rule: Rule, attributes: dict[str, object]) -> Mention:
    """Sex as of the note's date: no other date in the note can be its own, and looking for one is dear."""
    return Mention(
        start, end, "SEX", value, rule.id, assertion="present", temporality="current", attributes=attributes,
        date=doc.note_date.isoformat() if doc.note_date else None, date_source="note" if doc.note_date else "none",
    )  # fmt: skip


def _title_of_patient(norm: str, start: int, end: int) -> bool:
    """Whether "Mr" is the patient's, not that of a surgeon or of whom a letter is for."""
    words = _words()
    line = max(norm.rfind("\n", 0, start) + 1, start - 30)
    return not (
        words.not_patient_before.search(norm, line, start)
        or words.not_patient_after.match(norm, end, min(len(norm), end + 60))
    )


def _birth(doc: Document, rule: Rule, m: re.Match[str]) -> list[Mention]:
    norm, (start, end) = doc.norm, m.span()
    found = [d for d in doc.dates_between(end - 1, min(len(norm), end + 24)) if d.start <= end + 3]
    when, last = None, end
    if found and found[0].when.first == found[0].when.last:
        when, last = found[0].when.iso, found[0].end
    elif year := _YEAR.match(norm, end):
        when, last = year[1], year.end()
    if when is None:
        return []
    return [
        Mention(
            start, last, "BIRTH_DATE", when, rule.id,
            assertion="present", temporality="current", date=when, date_source="text",
        )
    ]  # fmt: skip


_SUBJECT = re.compile(r"(?:He|She) (?:is|was|has|had|works|lives)\b")


def _opens_sentence(doc: Document, start: int) -> bool:
    """Whether a pronoun opens a sentence before which nobody else is named."""
    return doc.segment_at(start)[0] >= start - 2 and _words().relative.search(doc.norm, 0, start) is None


def _by_pronoun(doc: Document, pronouns: list[tuple[Rule, re.Match[str]]]) -> list[Mention]:
    """Sex where a note's pronouns tell it plainly: at least two, and three times as many as of the other."""
    values = [r.value for r, _ in pronouns]
    first = pronouns[0] if len(set(values)) == 1 else None
    if (
        first is not None
        and len(values) == 1
        and _SUBJECT.match(doc.norm, first[1].start())
        and _opens_sentence(doc, first[1].start())
    ):
        return [_sex(doc, *first[1].span(), str(first[0].value), first[0], {"pronoun": True})]
    best = max(("M", "F"), key=values.count)
    if values.count(best) < max(2, 3 * (len(values) - values.count(best))):
        return []
    rule, m = next((r, m) for r, m in pronouns if r.value == best)
    return [_sex(doc, m.start(), m.end(), best, rule, {"pronoun": True})]


FAMILY = Family("demographics", load_rules("demographics.yaml"), _find)
