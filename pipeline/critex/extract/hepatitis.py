"""Hepatitis B and C: markers, viral loads and diseases (GUIDELINE E07, E08)."""

from __future__ import annotations

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits
from critex.extract.mention import Mention
from critex.extract.patterns import load_rules
from critex.extract.virus_tests import find_serology


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    return find_serology(doc, hits, "HEPATITIS")


FAMILY = Family("hepatitis", load_rules("hepatitis.yaml"), _find)
