"""HIV tests and disease (GUIDELINE E09)."""

from __future__ import annotations

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits
from critex.extract.hepatitis import find_serology
from critex.extract.mention import Mention
from critex.extract.patterns import load_rules


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    return find_serology(doc, hits, "HIV")


FAMILY = Family("hiv", load_rules("hiv.yaml"), _find)
