"""Imaging that shows the liver free of lesions, said without a word of metastases (GUIDELINE I09.ast, I09.alt)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits, as_mention
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules
from critex.extract.subject import not_about_patient

_IMAGING = re.compile(
    r"\b(?:CT|CECT|MRI?|PET(?:[\s/-]?CT)?|US|USG|USS|ultraso\w+|sono\w+|scan\w*|imaging|echograph\w+)\b", FLAGS
)
_NOT_YET = re.compile(r"\b(?:if|unless|whether|confirm|exclude|to check)\b", FLAGS)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    out = []
    for rule, m in hits:
        start, end = doc.segment_at(m.start())
        if not_about_patient(doc, m.start()) or _NOT_YET.search(doc.norm, start, m.start()):
            continue
        if _IMAGING.search(doc.norm, max(0, start - 80), end) or _IMAGING.search(doc.note_type):
            out.append(as_mention(rule, m))
    return out


FAMILY = Family("liver", load_rules("liver.yaml"), _find)
