"""Tells a trial's own requirement from a fact about the patient ("ECOG 0-1 required"; GUIDELINE section 1, domain.md 4.2)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.forms import answer_after, box_before
from critex.extract.patterns import FLAGS

_DEMAND = re.compile(
    r"criteri\w*|\beligib\w*|\bineligib\w*|\binclusion\b|\bexclusion\b|\bincl\b|\brequires?\b|\brequired\b|\breqs?\b|\brequirements?\b|\bmust (?:be|have)\b|\bshould (?:be|have)\b|"
    r"\b(?:trial|study|protocol|sponsor|list|flyer|leaflet)s?'?s?\s(?:\w+\s){0,2}(?:needs?|wants?|takes?|accepts?|asks?|says?|states?|specif\w+|is for|are for|excludes?)|"
    r"\basks? for\b|\bonly (?:takes|accepts|if)\b|\bonly for\b|\b(?:that|this|the) one is (?:only )?for\b|\b(?:trial|study|protocol|NCT|sponsor)\b[^.;\n]{0,40}\b(?:printout|print-out|leaflet|flyer|poster|sheet)\b|\b(?:printout|print-out|leaflet|flyer)\b|\bif\s$|\bneeds?\s(?:an?\s)?$|\(needs?\s|\b(?:study|trial)\b[^.;\n]{0,40}?\swhere\b|\bpatients with\b|\b(?:enrol|recruit)\w*\b|NCT\d|入选|入組|入组|排除标准",
    FLAGS,
)
_STRONG = re.compile(
    r"\brequires?\b|\brequired\b|\breqs?\b|\bmust (?:be|have)\b|\bshould (?:be|have)\b|\b(?:trial|study|protocol|sponsor)s?\s(?:needs?|wants?|takes?|accepts?|asks? for)|\bonly (?:takes|accepts|if)\b|\bif\s$|\bneeds?\s$",
    FLAGS,
)
_PATIENT = re.compile(
    r"\b(?:he|she|his|her|patient|pt|mr|mrs|ms|mdm|this (?:man|lady|gentleman|woman)|meets?|fulfil\w*|satisf\w+|is met|met\b|has|had|found|since|because|today|now|currently|confirmed by|our)\b",
    FLAGS,
)
_AFTER = re.compile(
    r"\s?(?:\)\s?)?(?:(?:is|are|was)\s)?(?:required|needed|or (?:less|better|below|lower|above|more|higher|worse|over)|at (?:entry|enrol\w+|screening required)|only\b(?!,? (?:no|not|awaiting|pending|so far))|patients\b|(?:is|was) (?:an? )?(?:inclusion|criterion|requirement))",
    FLAGS,
)


_OF_TRIAL = re.compile(
    r"\b(?:that|this|the) one (?:is (?:only |meant )?for|needs|wants|requires|takes)\b|\b(?:it|this|which) is (?:only |meant )?for (?:people|patients|those) (?:whose|with|who)\b|"
    r"\b(?:trial|study|protocol)s?\b[^.;\n]{0,30}?\b(?:is (?:only |meant )?for|needs|wants|requires|takes only|demands|where)\b|"
    r"\b(?:NCT\d*|trial|study)\s(?:printout|print-out|leaflet|flyer|poster|sheet)\b",
    FLAGS,
)


def asked_by_trial(doc: Document, start: int) -> bool:
    """Whether words before a span in its sentence name what a trial is for: "that one needs metastatic disease"."""
    seg_start, _ = doc.segment_at(start)
    before = doc.norm[max(seg_start, start - 90) : start]
    said = max((m.end() for m in _OF_TRIAL.finditer(before)), default=-1)
    return (
        said >= 0
        and re.search(r"\b(?:but|however|and (?:he|she)|he has|she has|patient has)\b", before[said:], re.I) is None
    )


def is_requirement(doc: Document, start: int, end: int, reach: int = 90, strict: bool = False) -> bool:
    """Whether a span is what a trial asks for, not what the patient has.

    A row of a form that was answered ("ECOG 0-1: yes", a box in front of it) is about the patient.

    Parameters
    ----------
    doc : Document
    start, end : int
        The span, as offsets into the note.
    reach : int
        Characters before the span in which a word such as "requires" counts.
    strict : bool
        Whether only a plain demand counts, not a heading such as "Eligibility": a single score under it is the patient's.
    """
    norm = doc.norm
    line = doc.line_at(start)
    if box_before(norm, start, line.start) is not None or answer_after(norm, end, line.end) is not None:
        return False
    if _AFTER.match(norm, end):
        return True
    if not strict and doc.category_at(start) == "criteria":
        return True
    seg_start, _ = doc.segment_at(start)
    before = norm[max(seg_start, start - reach) : start]
    said = max((m.end() for m in (_STRONG if strict else _DEMAND).finditer(before)), default=-1)
    return said >= 0 and _PATIENT.search(before, said) is None
