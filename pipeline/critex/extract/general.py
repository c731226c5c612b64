"""General negatives: statements that cover what they do not name (GUIDELINE section 1)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits, as_mention
from critex.extract.mention import Mention
from critex.extract.patterns import load_rules

_ELSE = re.compile(r"(?:nil|nothing|no(?:thing)?)\s(?:else|other)", re.I)
_IMAGING = re.compile(r"\bct\b|mri\b|pet|avid|suv|scan|nodule|lesion|imag|radiol|x-?ray|cxr", re.I)
"""Said of imaging, "nil else" is no statement about comorbidity."""


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    out = []
    for rule, m in hits:
        if doc.category_at(m.start()) in ("family", "criteria"):
            continue
        line = doc.line_at(m.start())
        if _ELSE.match(m.group()) and (
            doc.category_at(m.start()) in ("allergies", "medications", "social", "plan")
            or _IMAGING.search(doc.norm, max(line.start, m.start() - 160), m.start())
            or _IMAGING.search(doc.note_type)
        ):
            continue
        mention = as_mention(rule, m)
        mention.assertion, mention.temporality = "present", "current"
        out.append(mention)
    return out


FAMILY = Family("general", load_rules("general.yaml"), _find)
