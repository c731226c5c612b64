"""Interstitial lung disease and pneumonitis, with grade and cause (GUIDELINE E11; domain.md E11)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits, as_mention
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules

_GRADE = re.compile(r"(?:grade|gr\.?|g)\s?(?P<g>[1-5]|IV|III|II|I)\b", FLAGS)
_STEROID = re.compile(r"prednis\w+|\bpred\b|steroid|methylpred\w*|oxygen|dexameth", FLAGS)
_RISK = re.compile(
    r"risk|side effect|counsel|explain|discuss\w*|warn|toxicit(?:y|ies) (?:such|includ)|consent|monitor|watch", FLAGS
)
_ROMAN = {"I": "1", "II": "2", "III": "3", "IV": "4"}


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


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    out = []
    for rule, m in hits:
        mention = as_mention(rule, m)
        seg_start, seg_end = doc.segment_at(m.start())
        sentence = doc.norm[seg_start:seg_end]
        if rule.value == "any" and re.search(r"obstructive\s$", doc.norm[max(0, m.start() - 14) : m.start()], re.I):
            continue
        if re.match(
            r"interstitial (?:change|syndrome|infiltrat|abnormal|process)|interstitial \w+ (?:change|abnormal|infiltrat)",
            m.group(),
            re.I,
        ):
            mention.attributes["change"] = True  # a finding, not a disease
        grade = _GRADE.search(sentence) or _GRADE.search(doc.norm, m.end(), _row_end(doc, m.end()))
        if grade:
            mention.attributes["grade"] = _ROMAN.get(grade["g"].upper(), grade["g"])
        elif _treated(sentence) and rule.value == "pneumonitis":
            mention.attributes["grade"] = "2"
        if _RISK.search(doc.norm, seg_start, m.start()):
            mention.assertion = "hypothetical"
        if rule.value == "ild" and re.search(r"opacit|infect", sentence, re.I) and "?" in sentence:
            mention.assertion = "possible"
        out.append(mention)
    return out


FAMILY = Family("lung", load_rules("lung.yaml"), _find)
