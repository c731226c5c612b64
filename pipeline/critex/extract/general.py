"""General negatives: statements that cover what they do not name (GUIDELINE section 1)."""

from __future__ import annotations

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits, as_mention
from critex.extract.mention import Mention
from critex.extract.patterns import load_rules


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    out = []
    for rule, m in hits:
        if doc.category_at(m.start()) in ("family", "criteria"):
            continue
        mention = as_mention(rule, m)
        mention.assertion, mention.temporality = "present", "current"
        out.append(mention)
    return out


FAMILY = Family("general", load_rules("general.yaml"), _find)
