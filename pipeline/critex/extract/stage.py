"""TNM categories and stage groups (GUIDELINE I04; domain.md I4, 5, 10)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from critex.extract.dating import nearest_in_segment
from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, Rule, group_span, load_rules, load_yaml
from critex.extract.trial_text import is_requirement

OLD = timedelta(days=200)
"""A stage dated earlier than this before its note was that of an earlier time."""
_EDITIONS = {"六": "6", "七": "7", "八": "8", "九": "9", "sixth": "6", "seventh": "7", "eighth": "8", "ninth": "9", "2017": "8", "2008": "china2008"}  # fmt: skip
"""Written editions; the Chinese staging of 2017 is the 8th edition (domain.md I4)."""
_NUMERALS = {"Ⅰ": "I", "Ⅱ": "II", "Ⅲ": "III", "Ⅳ": "IV", "四": "IV", "one": "I", "two": "II", "three": "III", "four": "IV"}  # fmt: skip
_REPORT = re.compile(r"\bct\b|\bpet|\bmri?\b|imag|radiol|report|scan", re.I)


@dataclass(frozen=True)
class _Words:
    """Words around a stage, from the ``words`` of ``patterns/stage.yaml``."""

    not_cancer_before: re.Pattern[str]
    not_cancer_after: re.Pattern[str]
    level: re.Pattern[str]
    level_after: re.Pattern[str]
    cancer: re.Pattern[str]
    cancer_note: re.Pattern[str]
    other_cancer: re.Pattern[str]
    nasopharynx: re.Pattern[str]
    not_stage_t: re.Pattern[str]
    not_stage_m: re.Pattern[str]
    not_stage_n: re.Pattern[str]
    doubt: re.Pattern[str]
    doubt_after: re.Pattern[str]
    family: re.Pattern[str]
    past: re.Pattern[str]
    now: re.Pattern[str]
    treated_before: re.Pattern[str]
    treated_after: re.Pattern[str]
    edition: tuple[re.Pattern[str], ...]


@cache
def _words() -> _Words:
    content = dict(load_yaml("stage.yaml")["words"])
    editions = tuple(re.compile(str(e), FLAGS) for e in content.pop("edition"))
    return _Words(**{str(k): re.compile(str(v), FLAGS) for k, v in content.items()}, edition=editions)


_CATEGORY = re.compile(r"(?P<c>[TNM])\s?(?P<v>is|[0-4x+](?:[abd]|c(?!\s?[NM]))?(?:\s?-\s?[1-4])?)", re.I)


_PATHOLOGICAL = re.compile(r"(?P<c>[TNM])\s?(?P<v>is|[0-4x+][a-d]?(?:\s?-\s?[1-4])?)", re.I)
"""Behind the prefix p a "c" belongs to the category ("pT1c N0"); else it may be the next prefix ("cT3cN2")."""


_COLUMN = re.compile(r"(?<=[TNM])(?:[\s-](?:stage|category|class))?\s?[:=]\s{0,4}", re.I)
"""What stands between a category and its number in a form."""


def tnm_value(text: str) -> str:
    """TNM as written, without spaces, separators and prefixes: ``cT3 N2, pM1a`` and ``M: 1a; N: 2; T: 3`` become ``T3N2M1a``."""
    text = re.sub(r"\s(?:zero|nought)\b", "0", _COLUMN.sub("", text), flags=re.I)
    categories = _PATHOLOGICAL if re.match(r"\s?y?p", text) else _CATEGORY
    found = sorted(categories.finditer(text), key=lambda m: "TNM".index(m["c"].upper()))
    return "".join(m["c"].upper() + re.sub(r"\s", "", m["v"]) for m in found)


def group_value(text: str) -> str:
    """Stage group as written, without spaces: ``IV-B`` and ``ⅣB`` become ``IVB``, ``4 b`` becomes ``4B``."""
    value = re.sub(r"[\s-](?=[A-Ca-c]$)", "", text.strip())
    value = re.sub(r"\s?(-|/|to|or)\s?", lambda m: m[1] if m[1] in "-/" else "-", value)
    value = re.sub(r"^[l1](?=V)", "I", value)
    value = re.sub(
        r"^(?:[ⅠⅡⅢⅣ四]|one$|two$|three$|four$)",
        lambda m: _NUMERALS.get(m[0].upper()) or _NUMERALS[m[0].lower()],
        value,
        flags=re.I,
    )
    return value.upper()


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    norm, out = doc.norm, []
    for rule, m in hits:
        if rule.id == "stage.moved":
            for name, temporality in (("from", "past"), ("to", "current")):
                start, end = group_span(m, name) or m.span()
                out.append(_mention(doc, rule, start, end, group_value(norm[start:end])))
                out[-1].temporality = temporality
            continue
        if rule.id == "stage.group":
            span = group_span(m, "bare") or group_span(m, "bare2")
            value_span = span or group_span(m, "value")
            start, end = span or m.span()
            if value_span is None or not _is_group(doc, start, end, norm[slice(*value_span)], span is not None):
                continue
            value = group_value(norm[slice(*value_span)])
        else:
            start, end = group_span(m, "span") or m.span()
            if not _is_category(doc, rule, start, end):
                continue
            value = tnm_value(norm[start:end])
        mention = _mention(doc, rule, start, end, value)
        if rule.id != "stage.group" and (prefix := re.match(r"\s?([ycpra]{1,2})\s?(?=[TNMtnm])", norm[start:end])):
            mention.attributes["prefix"] = prefix[1]
        words = _words()
        if words.treated_before.search(norm, max(0, start - 20), start) or words.treated_after.match(norm, end):
            mention.attributes["prefix"] = "y"
        out.append(mention)
    return out


def _is_group(doc: Document, start: int, end: int, numeral: str, bare: bool) -> bool:
    """Whether a numeral is the stage of a cancer, not of another disease and not a level of the neck."""
    norm, words = doc.norm, _words()
    seg_start, seg_end = doc.segment_at(start)
    line_start = doc.line_at(start).start
    before, after = norm[max(line_start, start - 40) : start], norm[end : end + 30]
    if words.not_cancer_after.match(after) or words.not_cancer_before.search(before):
        return False
    if bare and (words.level.search(before) or words.level_after.match(after)):
        return False
    if re.search(r"[A-Ca-c]$", numeral):
        return True
    return bool(
        words.cancer.search(norm, seg_start, seg_end)
        or re.match(r"\s(?:disease|\()", after)
        or words.cancer_note.search(norm)
    )


def _is_category(doc: Document, rule: Rule, start: int, end: int) -> bool:
    """Whether a T, N or M that stands alone is a category, not a vertebra, a sequence, a hormone or an artery."""
    norm, words = doc.norm, _words()
    if rule.id == "stage.tnm":
        return True
    before, after = norm[max(0, start - 24) : start], norm[end : end + 24]
    if re.search(r"[TN]\s?\d[a-d]?[\s,/]?$", before):
        return False
    around = f"{before} \u00b7 {after}"
    if rule.id == "stage.t":
        return not (
            words.not_stage_t.search(around)
            or re.search(r"\b[TCLDS]\d{1,2}\s?(?:,|-|/|&|and|to)\s?$", before)
            or re.match(r"\s?(?:,|-|/|&|and|to)\s?[TCLDS]\d", after)
        )
    if rule.id == "stage.m":
        return words.not_stage_m.search(around) is None
    return words.not_stage_n.search(around) is None


def _mention(doc: Document, rule: Rule, start: int, end: int, value: str) -> Mention:
    norm, words = doc.norm, _words()
    mention = Mention(start, end, "STAGE", value, rule.id, priority=rule.priority)
    seg_start, seg_end = doc.segment_at(start)
    if edition := _edition(norm, start, end, seg_start, seg_end):
        mention.attributes["edition"] = edition
    mention.attributes["source"] = "report" if _REPORT.search(doc.note_type) else "narrative"
    if _of_other_cancer(norm, start, end, seg_start, seg_end):
        mention.attributes["disease"] = "other"
    if is_requirement(doc, start, end):
        mention.assertion = "hypothetical"
    elif value == "M0" and re.search(r"(?:\s[-=]{1,2}\s?|\bi\.?e\.?,?\s|[(:=]\s?)c?$", norm[max(0, start - 6) : start]):
        mention.assertion = "present"  # "No distant metastases - M0"
    elif (
        not words.doubt.search(norm, max(seg_start, start - 40), start)
        and not words.doubt_after.match(norm, end)
        and doc.category_at(start) != "family"
        and not words.family.search(norm, seg_start, seg_end)
    ):
        mention.assertion = "present"
    said = max((m.end() for m in words.past.finditer(norm, max(seg_start, start - 60), start)), default=-1)
    dated = nearest_in_segment(doc, start, end)
    if (said >= 0 and words.now.search(norm, said, start) is None) or (
        dated is not None
        and doc.note_date is not None
        and dated.when.last < doc.note_date - OLD
        and words.now.search(norm, min(dated.end, start), start) is None
    ):
        mention.temporality = "past"
    return mention


def _edition(norm: str, start: int, end: int, seg_start: int, seg_end: int) -> str | None:
    """Edition that stands nearest in the same sentence, within 60 characters."""
    low, high = max(seg_start, start - 60), min(seg_end, end + 60)
    best: tuple[int, str] | None = None
    for pattern in _words().edition:
        for m in pattern.finditer(norm, low, high):
            distance = max(m.start() - end, start - m.end(), 0)
            if best is None or distance < best[0]:
                best = (distance, next(v for v in m.groupdict().values() if v).lower())
    return None if best is None else _EDITIONS.get(best[1], best[1])


def _of_other_cancer(norm: str, start: int, end: int, seg_start: int, seg_end: int) -> bool:
    words = _words()
    before = norm[max(seg_start, start - 60) : start]
    other = max((m.end() for m in words.other_cancer.finditer(before)), default=-1)
    own = max((m.end() for m in words.nasopharynx.finditer(before)), default=-1)
    if other > own:
        between = before[other:]
        return not re.search(r"metasta|\bmets?\b|lesion|nodul|deposit", between, re.I) and not re.match(r"\s?(?:,|and|&|\()?\s?(?:bone|liver|lung|node|brain|mets?\b|metasta)", between, re.I)  # fmt: skip
    after = norm[end : min(seg_end, end + 36)]
    m = words.other_cancer.search(after)
    return m is not None and own < 0 and re.search(r"\b(?:ca|cancer|carcinoma|adenocarcinoma|lymphoma|seminoma|melanoma|myeloma|nsclc|hcc)\b", after, re.I) is not None and words.nasopharynx.search(after, 0, m.start()) is None and not re.search(r"[,;:(]", after[: m.start()])  # fmt: skip


FAMILY = Family("stage", load_rules("stage.yaml"), _find)
