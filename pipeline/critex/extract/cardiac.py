"""Cardiovascular disease and blood pressure (GUIDELINE E10; domain.md E10)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits, as_mention
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, group_span, load_rules

_CONTROLLED = re.compile(
    r"(?:well|adequately|good|stable|fairly|reasonably|is|now|bp)[\s-]*(?:bp[\s-]*)?controll?(?:ed)?|(?<!not )(?<!poorly )(?<!un)(?<!poorly-)controlled\b|good (?:bp )?control|at (?:goal|target)",
    FLAGS,
)
_UNCONTROLLED = re.compile(
    r"uncontrolled|poorly[\s-]controlled|not (?:well |adequately )?controlled|poor(?:ly)? control|resistant|malignant|accelerated|crisis|out of control|控制不佳|未控制",
    FLAGS,
)
_ROMAN = {"I": "1", "II": "2", "III": "3", "IV": "4"}
_NYHA = re.compile(
    r"NYHA[\s:-]{0,2}(?:functional )?(?:class|fc|grade)?[\s:-]{0,2}(IV|III|II|I|[1-4])(?![A-Za-z])|\bFC\s?(IV|III|II|I)\b",
    re.A,
)


def nyha_class(text: str) -> str | None:
    """NYHA class of a phrase, ``"1"`` to ``"4"``."""
    m = _NYHA.search(text)
    if m is None:
        return None
    found = m[1] or m[2]
    return _ROMAN.get(found, found)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    norm, out = doc.norm, []
    for rule, m in hits:
        mention = as_mention(rule, m)
        seg_start, seg_end = doc.segment_at(mention.start)
        sentence = norm[seg_start:seg_end]
        if rule.label == "BP":
            span, low = group_span(m, "value"), group_span(m, "low")
            assert span is not None and low is not None  # noqa: S101
            mention.value, mention.number, mention.unit = "bp", float(norm[span[0] : span[1]]), "mmHg"
            mention.attributes["diastolic"] = float(norm[low[0] : low[1]])
            if re.search(r"target|goal|aim|<|keep|below|under|until", norm[m.start() : span[0]], re.I):
                mention.assertion = "hypothetical"
            else:
                mention.assertion, mention.temporality = "present", "current"
        elif rule.label == "HYPERTENSION":
            near = norm[max(seg_start, m.start() - 25) : min(seg_end, m.end() + 60)]
            if _UNCONTROLLED.search(near):
                mention.attributes["control"] = "uncontrolled"
            elif _CONTROLLED.search(near):
                mention.attributes["control"] = "controlled"
        elif rule.id == "cardiac.nyha":
            mention.value, mention.attributes["nyha"] = "heart_failure", nyha_class(norm[m.start() : m.end()]) or ""
        elif rule.label == "HEART_FAILURE":
            found = nyha_class(norm[m.end() : min(seg_end, m.end() + 50)])
            if found:
                mention.attributes["nyha"] = found
        elif (
            rule.label == "INFARCTION"
            and m.group() == "MI"
            and re.search(r"valve|regurg|echo|mitral|\bMR\b|\bAI\b|\bTR\b", sentence)
        ):
            continue
        out.append(mention)
    return out


FAMILY = Family("cardiac", load_rules("cardiac.yaml"), _find)
