"""Tuberculosis: active, latent, past, exposure and tests (GUIDELINE E06)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits, as_mention, resolve_overlaps
from critex.extract.mention import Mention
from critex.extract.patterns import load_rules
from critex.extract.serology import pending, read_result

_RELATIVE = re.compile(
    r"\b(?:wife|husband|spouse|son|daughter|roommate|colleague|co-?worker|flatmate|household|neighbou?r)\b[^.;\n]{0,60}$",
    re.I,
)
_BLOOD_OR_SKIN = re.compile(r"igra|quantiferon|qft|spot|mantoux|tst|ppd|tuberculin|结核菌素|干扰素", re.I)
_CLEAR_CHEST = re.compile(
    r"(?:cxr|chest x-?ray|chest film|ct (?:chest|thorax)|chest ct|chest|ct)\b[^.;\n]{0,30}?(?:clear|normal|nad|no (?:active|evidence|granuloma|lesion|focal|tb))",
    re.I,
)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    found = resolve_overlaps([as_mention(rule, m) for rule, m in hits])
    for m in found:
        _, limit = doc.segment_at(m.start)
        if m.value == "test":
            m.attributes["kind"] = "blood or skin" if _BLOOD_OR_SKIN.search(doc.norm, m.start, m.end) else "sputum"
            if _CLEAR_CHEST.search(doc.norm, max(0, m.start - 80), min(len(doc.norm), m.end + 120)):
                m.attributes["clear_imaging"] = True
            r = read_result(doc.norm, m.end, min(limit, m.end + 60), False)
            if r is not None:
                m.end, m.result, m.assertion = r.end, r.result, "present"
            elif (wait := pending(doc.norm, m.end, limit)) is not None:
                m.assertion, m.cue = "hypothetical", wait
            else:
                m.assertion = (
                    None
                    if re.search(r"\b(?:no|not|never)\b", doc.norm[max(0, m.start - 20) : m.start], re.I)
                    else "hypothetical"
                )
        elif m.rule.endswith("active") and re.match(r"(?:tro|r/o|rule out|exclude)", doc.norm[m.start : m.end], re.I):
            m.assertion = "hypothetical"
        elif (
            m.rule.endswith("active")
            and doc.norm[m.start] in "?qQsSpP"
            and re.match(r"\?|query|suspect|possible", doc.norm[m.start : m.end], re.I)
        ):
            m.assertion = "possible"
        elif re.match(r"never|no known", doc.norm[m.start : m.end], re.I) or re.search(
            r":\s?(?:never|nil|no|none)$", doc.norm[m.start : m.end], re.I
        ):
            m.assertion = "absent"
    return found


FAMILY = Family("tuberculosis", load_rules("tuberculosis.yaml"), _find)
