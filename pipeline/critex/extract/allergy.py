"""Allergies: to a study drug, to something else, or none known (GUIDELINE E14; domain.md E14)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits, as_mention
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules
from critex.extract.subject import about_relative

_NO_REACTION = re.compile(
    r"\b(?:no|without|never|not|nil|tolerat\w+)\b[^.;\n]{0,40}(?:allerg|reaction|anaphyla|hypersens)|tolerat\w+", FLAGS
)
_TOXICITY = re.compile(r"risk|may cause|warn|counsel|explain|test dose|premed|if ", FLAGS)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    out = []
    for rule, m in hits:
        mention = as_mention(rule, m)
        seg_start, seg_end = doc.segment_at(m.start())
        if doc.category_at(m.start()) == "criteria" or about_relative(doc, m.start()):
            continue
        if rule.value == "study_drug":
            around = doc.norm[max(seg_start, m.start() - 20) : min(seg_end, m.end() + 20)]
            if _NO_REACTION.search(around):
                mention.assertion = "absent"
            elif _TOXICITY.search(around):
                mention.assertion = "hypothetical"
        elif rule.value == "other":
            mention.assertion = "present"
            if re.match(r"no other", m.group(), re.I):
                mention.value = "other"
        out.append(mention)
    return out


FAMILY = Family("allergy", load_rules("allergy.yaml"), _find)
