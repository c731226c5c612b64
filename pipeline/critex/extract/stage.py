"""TNM categories and stage groups (GUIDELINE I04; domain.md 10)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules

_NOT_CANCER = re.compile(
    r"ckd|kidney|renal|chronic kidney|sacral|sore|ulcer|pressure|hypertension|copd|heart failure|nyha|fibrosis|cirrhosis|sleep|level|endometrios|gold\b|child|\bnode",
    FLAGS,
)
_OTHER_CANCER = re.compile(
    r"breast|lung ca|colon|rect|hcc|hepatocellular|prostate|thyroid|cervix|ovar|gastric|bladder|lymphoma|seminoma|hodgkin|renal cell|melanoma|endometri",
    FLAGS,
)
_EDITION = re.compile(
    r"(?:ajcc|uicc|tnm)?[\s-]*(?:(?P<n>[6-9])\s?(?:th|ed)|v(?:ersion)?\s?(?P<v>9|8|7)|(?:ajcc|uicc)\s?(?P<a>[6-9])\b)|第(?P<c>[6-9八九七])版",
    FLAGS,
)
_PAST = re.compile(
    r"(?:19|20)\d\d\s?:|in (?:19|20)\d\d|diagnosed in|originally|initial(?:ly)? stag|at (?:first )?diagnosis in|previous|prior|downstaged from|was staged",
    FLAGS,
)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    norm, out = doc.norm, []
    for rule, m in hits:
        start, end = m.span()
        if rule.id == "stage.group":
            value = next(v for v in m.groupdict().values() if v)
            value = re.sub(r"[\s-]", "", value)
            value = re.sub("[ⅠⅡⅢⅣ]", lambda x: {"Ⅰ": "I", "Ⅱ": "II", "Ⅲ": "III", "Ⅳ": "IV"}[x[0]], value)
            value = re.sub(r"^(IV|III|II|I|[1-4])([a-c])$", lambda x: x[1] + x[2].upper(), value)
            value = re.sub(r"^([1-4])(?=[A-C]?$)", lambda x: {"1": "I", "2": "II", "3": "III", "4": "IV"}[x[1]], value)
            before, after = norm[max(0, start - 30) : start], norm[end : end + 20]
            if (
                _NOT_CANCER.search(before)
                or re.match(r"\s?(?:sacral|pressure|ckd|kidney|sore|ulcer|node|ln\b|lymph|区)", after, re.I)
                or re.search(r"level\s?$", before, re.I)
            ):
                continue
            name = next(k for k, v in m.groupdict().items() if v)
            if name.split("__")[0] in ("value2", "value3", "value4"):
                start, end = m.span(name)
                if re.search(r"(?:level|levels|nodes?)[\s,IVab/&-]*$", norm[max(0, start - 20) : start], re.I):
                    continue
        else:
            value = re.sub(r"[\s,]", "", norm[start:end])
            value = re.sub(r"(?i)^[ycpra]{1,2}(?=T|N|M)", "", value)
            value = re.sub(r"(?<=[0-9xXs])[ycp](?=[NM])", "", value)
            if rule.id == "stage.m" and re.match(
                r"\s?(?:segment|\()?\s?(?:mca|artery|stenosis)", norm[end : end + 14], re.I
            ):
                continue
            if rule.id in ("stage.m", "stage.n") and re.search(r"[TN]\s?\d\s?$", norm[max(0, start - 4) : start]):
                continue
        mention = Mention(
            start, end, "STAGE", value, rule.id, priority={"stage.tnm": 2, "stage.group": 1}.get(rule.id, 0)
        )
        seg_start, seg_end = doc.segment_at(start)
        edition = _EDITION.search(norm, end, min(seg_end, end + 25)) or _EDITION.search(
            norm, max(seg_start, start - 25), start
        )
        if edition:
            found = next(v for v in edition.groupdict().values() if v)
            mention.attributes["edition"] = {"八": "8", "九": "9", "七": "7"}.get(found, found)
        mention.attributes["source"] = (
            "report" if re.search(r"ct|pet|mri|imag|radiol|report", doc.note_type, re.I) else "narrative"
        )
        if _OTHER_CANCER.search(norm, max(seg_start, start - 50), start):
            mention.attributes["disease"] = "other"
        if _PAST.search(norm, max(seg_start, start - 40), start):
            mention.temporality = "past"
        out.append(mention)
    return out


FAMILY = Family("stage", load_rules("stage.yaml"), _find)
