"""Relatives who tell of the patient, and findings that turn out to be another person's."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.patterns import FLAGS

_RELATIVES = r"wife|husband|spouse|partner|mother|father|parents?|mum|dad|brother|sister|son|daughter|uncle|aunt|cousin|carer|grand(?:mother|father|son|daughter)"
_INFORMED = re.compile(
    rf"\b(?:{_RELATIVES})\s(?:has |had |have |later |since |then |now |also |today )*(?:reminded|reminds|corrected|corrects|remember(?:s|ed)|recall(?:s|ed)|insist(?:s|ed)|disclos(?:es|ed)|adds|added|objected|objects|showed|shows|brought|produced|found|phoned|rang|called|wrote|confirm(?:s|ed)|volunteer(?:s|ed)|mention(?:s|ed)|told (?:us|me|the)|knows)\b"
    r"(?P<said>[^.;\n]{0,160})$",
    FLAGS,
)
"""Before what a relative tells of the patient: "wife reminded him: nine months of tablets for tuberculosis"."""
_HER_OWN = re.compile(rf"\b(?:{_RELATIVES}|own|herself|himself|she (?:has|had)|they)\b", FLAGS)
_OTHERS = rf"(?:his|her|the|an?)\s(?:late |former |twin |own |other |elder |younger |older |dead )?(?:{_RELATIVES}|neighbou?r|room-?mate|(?:next|other|another|different|wrong|previous) (?:patient|pt|man|woman|person|lady|gentleman)|namesake)|another (?:patient|pt|person|man|woman)"
_WAS_ANOTHERS = re.compile(
    rf"[\"')\]]{{0,2}}(?:[^.;\n]{{0,60}}(?:[.;,:(]\s{{0,2}}|\s-{{1,2}}\s)[^.;\n]{{0,40}}?\b(?:that|this|it|which|entry|statement)\s(?:was|is|were|belong(?:s|ed) to|concern(?:s|ed)|refer(?:s|red) to|meant)\s(?:in fact |actually |really |about |of |for ){{0,2}}(?:{_OTHERS})\b"
    rf"|[^.;\n]{{0,40}}\b(?:copied|carried over|taken over|transcribed|transferred|imported)\s(?:in error\s|by mistake\s)?from\s(?:{_OTHERS})(?:'s)?\s(?:chart|records?|notes?|file|form|history)"
    rf"|[.;,]?\s(?:error|mistake|wrong|incorrect)[:,]\s(?:this |that |it )?(?:belongs|refers) to (?:{_OTHERS})"
    rf"|[^.;\n]{{0,60}}\b(?:error|mistake|mistaken(?:ly)?|wrong(?:ly)?|mix(?:ed)?[\s-]?up|corrected)\b[^.;\n]{{0,20}}[:;,.]\s(?:it (?:is|was) )?(?:{_OTHERS})\s(?:who )?(?:has|had|carries)\s(?:it|this|that)\b(?!\s(?:too|as well|also)))"
    r"(?!'s\s(?:idea|wish|advice|words))(?!\s(?:who|that)\s(?:brought|noticed|told|said|infected|gave|reminded|called|found|insist))",
    FLAGS,
)
"""Behind a statement that another person's was taken for the patient's: ``"past TB" in the referral; that was his father``."""


def relative_informs(doc: Document, start: int) -> bool:
    """Whether a relative tells of the patient in the words before ``start``, an index into the note's text, and not of somebody else."""
    seg_start, _ = doc.segment_at(start)
    told = _INFORMED.search(doc.norm, max(seg_start, start - 180), start)
    return told is not None and _HER_OWN.search(told["said"]) is None


def turns_out_anothers(doc: Document, end: int) -> bool:
    """Whether the words behind ``end`` say that what stands before it is another person's."""
    return _WAS_ANOTHERS.match(doc.norm, end, doc.line_at(end).end) is not None
