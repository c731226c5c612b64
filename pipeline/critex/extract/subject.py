"""Whether a statement is about the patient, or about a relative or a trial's own rules (GUIDELINE section 1)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.forms import box_before, filled_in
from critex.extract.patterns import FLAGS

_RELATIVE = re.compile(
    r"\b(?:(?:mother|father|parent|mum|mom|dad)(?!\s(?:of|to)\s(?:an? |the )?(?:\w+ )?(?:\d|child|kid|son|daughter|one\b|two\b|three\b|four\b|five\b|boy|girl|twin))|parents?|brothers?|sisters?|siblings?|sons?|daughters?|(?<!of \d )(?<!of two )(?<!of three )(?<!of four )(?<!of five )child(?:ren)?|kids|wife|husband|spouse|partner|"
    r"uncles?|aunt(?:ie)?s?|cousins?|nephew|niece|grand(?:mother|father|ma|pa|parents?|son|daughter)|(?:fam(?:ily)?|f)\s?(?:hx|history)|fhx?|"
    r"(?:baby|infant|newborn)(?=(?: is| was)? (?:well|fine|healthy|tested|PCR|HIV|HBsAg)\b)|maternal|paternal|in-laws?|neighbou?rs?|room-?mates?|ward-?mates?|(?:another|other|next|different) (?:patient|pt))\b",
    FLAGS,
)
_PATIENT_AGAIN = re.compile(
    r"\b(?:he|she|pt(?!'?s\b)|patient(?!'?s\b)|himself|herself|the (?:lady|gentleman)|this (?:lady|gentleman|man|woman)|pmhx?|past (?:medical )?(?:history|hx))\b"
    r"|\b(?:says?|said|reports?|reported|states?|stated|mention\w*|tells|thinks|confirms?|notice[sd]|rang|called|phoned|describes|feels)\b"
    r"|\b(?:seen|attended|came(?! (?:out|up) in\b)|here|lives?|living|accompanied|together|married|discuss\w*|explained|informed|told|with)\b[^,;.]{0,18}$",
    FLAGS,
)


_NOT_PATIENT = re.compile(
    r",?\s(?:and )?not (?:he|she|him|her|(?:the|our|this) patient)(?: (?:him|her)self)?\b,?", FLAGS
)
_WHO_HAS = re.compile(
    r"(?:\s(?:today|here|present))?,?\s(?:who|and who)\s[^.;\n]{0,40}?\b(?:has|had|is|was|suffers|carries)\s(?:\w+\s){0,3}$",
    FLAGS,
)


def has_relative_clause(doc: Document, start: int) -> bool:
    """Whether a clause about a relative holds a statement: "seen with her sister today, who has hepatitis B"."""
    seg_start, _ = doc.segment_at(start)
    before = doc.norm[max(seg_start, start - 120) : start]
    return " who " in before and any(_WHO_HAS.match(before, m.end()) for m in _RELATIVE.finditer(before))


def about_relative(doc: Document, start: int) -> bool:
    """Whether the words of the sentence before ``start`` make a relative its subject.

    ``start`` is an index into the note's text. "Mother has lupus", "sister: breast ca" and "wife: nil PMH" are about relatives;
    "seen with his wife, PMH nil" is not.
    """
    if doc.category_at(start) == "family":
        return True
    seg_start, _ = doc.segment_at(start)
    before = doc.norm[max(seg_start, start - 120) : start]
    before = _NOT_PATIENT.sub(lambda m: " " * len(m.group()), before)
    last = None
    for last in _RELATIVE.finditer(before):  # noqa: B007 - the nearest counts
        pass
    if last is None:
        return of_spouse(doc, start)
    if _WHO_HAS.match(before, last.end()) or _OWN.search(before, last.end()):
        return True
    if re.search(r"\bwith\b[^,;.]{0,18}$", before[: last.start()], re.I):
        return False
    return not _PATIENT_AGAIN.search(before, last.end()) and not _PATIENT_AGAIN.search(before[: last.start()][-20:])


_SPOUSE_BEFORE = re.compile(r"\b(?:(?P<wife>wife)|husband)\b[^.\n]{0,40}\.\s{0,3}$", re.I)
_OWN = re.compile(r"\b(?:her|his) own\s(?:\w+\s)?$", re.I)


def of_spouse(doc: Document, start: int) -> bool:
    """Whether a sentence that opens with a pronoun is about the wife or husband just named: "NOK (wife) updated. She had PTB in her teens"."""
    seg_start, _ = doc.segment_at(start)
    if not (opened := re.match(r"(?P<she>She|Her)\b|(?:He|His)\b", doc.norm[seg_start:start].lstrip())):
        return False
    spouse = _SPOUSE_BEFORE.search(doc.norm, max(0, seg_start - 70), seg_start)
    return spouse is not None and bool(spouse["wife"]) == bool(opened["she"])


def her_own(doc: Document, start: int) -> bool:
    """Whether a relative who acts in the sentence is told to have it herself: "Mum rang, her own hep B is dormant"."""
    seg_start, _ = doc.segment_at(start)
    own = _OWN.search(doc.norm, seg_start, start)
    return own is not None and _RELATIVE.search(doc.norm, max(seg_start, start - 80), own.start()) is not None


_BABY = re.compile(r"\b(?:baby|infant|newborn)\b(?: is| was)? (?:well|fine|healthy|tested|PCR)\b[^.;\n]{0,40}$", re.I)


def of_baby(doc: Document, start: int) -> bool:
    """Whether a test is told of the patient's child: "Baby well, PCR at 6/52 HIV neg"."""
    seg_start, _ = doc.segment_at(start)
    return _BABY.search(doc.norm, seg_start, start) is not None


def told_of_another(doc: Document, start: int) -> bool:
    """Whether a disease or its test is told of a relative in a sentence whose subject may be the patient: a clause, a spouse, one's own, a child."""
    return has_relative_clause(doc, start) or of_spouse(doc, start) or her_own(doc, start) or of_baby(doc, start)


def not_about_patient(doc: Document, start: int) -> bool:
    """Whether a statement is about a relative, or stands in a trial's criteria or in a text that educates."""
    category = doc.category_at(start)
    if category == "criteria" and _answered(doc, start):
        return about_relative(doc, start)
    return category in ("criteria", "education", "legend", "literature") or about_relative(doc, start)


def _answered(doc: Document, start: int) -> bool:
    """Whether a box stands before a trial's criterion in a form that was filled in: it is asked of this patient."""
    return box_before(doc.norm, start, doc.line_at(start).start) is not None and filled_in(doc.norm)
