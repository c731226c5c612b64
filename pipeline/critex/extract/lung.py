"""Interstitial lung disease and pneumonitis, with grade and cause (GUIDELINE E11; domain.md E11)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits, as_mention, resolve_overlaps
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules
from critex.extract.subject import not_about_patient

_GRADE = re.compile(r"(?<![A-Za-z])(?:ctcae )?(?:grade|gr\.?|g)\s?(?P<g>[1-5]|IV|III|II|I)(?![A-Za-z\d])", FLAGS)
_GRADE_CELL = re.compile(r"[\s|]{1,40}(?P<g>[1-5])(?=[ \t|]{1,40}(?:\d{1,2}[\s./-]?[A-Za-z\d]|(?:19|20)\d\d))")
_GRADE_HEAD = re.compile(r"^[^\n]*\b(?:term|event|AE|toxicity|diagnosis)\b[^\n]*\b(?:grade|gr|CTC\w*)\b", re.I | re.M)
"""Head of a log of adverse events, whose rows give the grade as a bare number."""
_STEROID = re.compile(r"prednis\w+|\bpred\b|steroids?\b|methylpred\w*|oxygen|\bo2\b|dexameth\w*", FLAGS)
_ASYMPTOMATIC = re.compile(r"asymptomatic|imaging only|observed|no (?:steroids?|treatment)", FLAGS)
_WARNED = re.compile(
    r"risks?\b|side[\s-]effects?|counsel\w*|explain\w*|warn\w*|toxicit(?:y|ies)|irae|immune[\s-]related (?:adverse|side|AEs?\b|toxic)|(?-i:AEs|SEs)\b|adverse (?:events?|effects?)|consent\w*|monitor\w*|watch\w*|discuss\w*|inform\w*|report any|educat\w*|\bcauses?\b|\bcan\b|\b(?-i:may)\b|such as|including",
    FLAGS,
)
_NOW = re.compile(
    r"\b(?:active|ongoing|currently|current|new|newly|acute|persist\w+|developed|now|on (?:pred|methylpred|steroid))",
    FLAGS,
)
_QUESTION = re.compile(r"\?\s{0,2}(?:early |mild |immune[\s-]related |radiation )*$", FLAGS)
_ROMAN = {"I": "1", "II": "2", "III": "3", "IV": "4"}


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    out = []
    for m in resolve_overlaps([as_mention(rule, m) for rule, m in hits]):
        seg_start, seg_end = doc.segment_at(m.start)
        if not_about_patient(doc, m.start):
            m.assertion = "hypothetical" if doc.category_at(m.start) == "criteria" else "family"
        elif m.value == "pneumonitis":
            _pneumonitis(doc, m, seg_start, seg_end)
        if m.assertion is None and (
            _QUESTION.search(doc.norm, max(seg_start, m.start - 26), m.start)
            or re.match(r"\s?\?", doc.norm[m.end : m.end + 2])
        ):
            m.assertion = "possible"
        out.append(m)
    return out


def _pneumonitis(doc: Document, m: Mention, seg_start: int, seg_end: int) -> None:
    """Set grade (steroids or oxygen mean at least 2) and whether it is there now."""
    norm = doc.norm
    if _WARNED.search(norm, max(seg_start, m.start - 90), m.start):
        m.assertion = "hypothetical"
        return
    row_end = _row_end(doc, m.end)
    sentence = norm[seg_start:seg_end]
    grade = _GRADE.search(sentence) or _GRADE.search(norm, m.end, row_end)
    if grade:
        m.attributes["grade"] = _ROMAN.get(grade["g"].upper(), grade["g"])
    elif (cell := _GRADE_CELL.match(norm, m.end, row_end)) and _GRADE_HEAD.search(norm, 0, m.start):
        m.attributes["grade"] = cell["g"]
    elif _treated(sentence):
        m.attributes["grade"] = "2"
    elif _ASYMPTOMATIC.search(norm, m.end, row_end):
        m.attributes["asymptomatic"] = True
    if _NOW.search(norm, max(seg_start, m.start - 20), min(seg_end, m.end + 40)) and not re.search(
        r"resolved|in the past|previous|\b(?:19|20)\d\d\b", sentence, re.I
    ):
        m.attributes["now"] = True


def _row_end(doc: Document, position: int) -> int:
    """How far a grade may stand behind the disease: to the end of the sentence's brackets or of the form's row."""
    end = min(doc.line_at(position).end, position + 180)
    stop = re.compile(r"\.\s").search(doc.norm, position, end)
    return stop.start() if stop else end


def _treated(sentence: str) -> bool:
    """Whether steroids or oxygen were given: "no steroid needed" says the contrary."""
    m = _STEROID.search(sentence)
    return m is not None and not re.search(
        r"\b(?:no|not|without|nil|never)\b[^,;.]{0,20}$", sentence[: m.start()], re.I
    )


FAMILY = Family("lung", load_rules("lung.yaml"), _find)
