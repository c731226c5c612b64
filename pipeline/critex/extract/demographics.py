"""Age, birth date and sex of the patient, never of a relative (GUIDELINE I01; domain.md I1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from critex.extract.dates import DateMention, When
from critex.extract.document import Document
from critex.extract.event_dates import set_date
from critex.extract.family import Family, FamilyHits
from critex.extract.mention import Mention
from critex.extract.number_words import ORDINALS
from critex.extract.patterns import FLAGS, Rule, group_span, load_rules, load_yaml
from critex.extract.subject import about_relative
from critex.extract.trial_text import is_requirement

OLDEST = 109
"""Larger numbers are no ages."""
_TOLD_REACH = 70
"""Characters between an age and the earlier day of which it is told."""
_SAME_VISIT = 45
"""Days before the note within which an age is as good as one of the note's day."""
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
    told_of: re.Pattern[str]
    told_as: re.Pattern[str]
    told_paper: re.Pattern[str]
    told_event_lead: re.Pattern[str]
    told_event: re.Pattern[str]
    told_in: re.Pattern[str]
    told_was: re.Pattern[str]
    told_visit: re.Pattern[str]
    told_heading: re.Pattern[str]
    told_at: re.Pattern[str]
    told_before: re.Pattern[str]
    turned: re.Pattern[str]


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
        or (
            rule.id not in ("demographics.age_then", "demographics.age_next")
            and (words.not_age_before.search(before) or words.not_age_before.search(norm, max(0, start - 24), start))
        )
        or words.not_age_after.match(norm, end)
    ):
        return []
    told = _told_on(doc, start, end)
    if rule.id == "demographics.age_then" and (
        told is None
        or about_relative(doc, start)
        or (
            norm[start : start + 3].lower() == "at "
            and not words.told_visit.search(norm[doc.segment_at(start)[0] : start])
        )
    ):
        return []
    if rule.id == "demographics.age_next":  # "will be 72 in August"
        low, high = low - 1, high - 1
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
    if told is not None:
        set_date(age, told)
        age.temporality = "past"
        if words.turned.match(norm, start):
            age.attributes["birthday"] = True
    sex = group_span(m, "sex") or group_span(m, "sex2")
    if sex is None:
        return [age]
    return [age, _sex(doc, *sex, "F" if _FEMALE.match(norm[sex[0] : sex[1]]) else "M", rule, {"beside_age": True})]


def _told_on(doc: Document, start: int, end: int) -> When | None:
    """The earlier day of which an age is told: "Referred in December 2024 as a 70-year-old", "was 67 at his first visit on 3 March 2025"."""
    norm, words = doc.norm, _words()
    seg_start, seg_end = doc.segment_at(start)
    if words.relative.search(norm, max(0, seg_start - _TOLD_REACH), start):
        return None
    before = doc.dates_between(max(seg_start, start - _TOLD_REACH), start)
    behind = doc.dates_between(end, min(seg_end, end + _TOLD_REACH))
    found = None
    if before and _tells_before(norm, before[-1], seg_start, start):
        found = before[-1].when
    elif (
        behind
        and words.told_at.fullmatch(norm, end, behind[0].start)
        and words.told_before.search(norm, max(seg_start, start - 24), end)
    ):
        found = behind[0].when
    if found is None or doc.note_date is None or (doc.note_date - found.last).days <= _SAME_VISIT:
        return None
    return found


def _tells_before(norm: str, day: DateMention, low: int, start: int) -> bool:
    """Whether a day before an age is the one of which it is told: "Summary of 2018: man of 66", "In January 2026 a 69-year-old"."""
    words, between = _words(), norm[day.end : start]
    if words.told_as.fullmatch(between) or (norm.startswith(("at ", "when "), start) and not between.strip(" )")):
        return True
    if words.told_paper.fullmatch(between):  # "in the 2021 discharge summary he is a 66-year-old"
        return True
    if words.told_event_lead.search(norm, max(low, day.start - 24), day.start) and words.told_event.fullmatch(between):
        return True
    if words.told_of.search(norm, max(low, day.start - 30), day.start) and words.told_heading.fullmatch(between):
        return True
    return words.told_in.match(norm[low : day.start]) is not None and words.told_was.fullmatch(between) is not None


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
    if birthday := group_span(m, "birthday"):
        first, second = re.split(r"[\s-]", norm[slice(*birthday)].lower())
        number = _TENS[first] + ORDINALS[second]
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
