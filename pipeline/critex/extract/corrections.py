"""Statements that the note itself takes back: struck through, entered in error, withdrawn, corrected on a form (domain.md 4.2, GUIDELINE section 1).

A statement that was taken back says nothing of the patient; what stands in its place is a statement of its own.
"""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS
from critex.extract.scan import Landmark

_WRONG = (
    r"(?:wrong\b(?! side)|incorrect\b|not correct\b|withdrawn\b|retracted\b|(?:struck|crossed|scored)\s(?:through|out|off)\b|deleted\b|entered in error\b|in error\b|"
    r"(?:typing |clerical |patient |typist's |clerk's |transcription |dictation |labell?ing |filing )?(?:error|mistake|slip|typo)\b|mix(?:ed)?[\s-]?up\b|belongs to (?:another|a different|someone))"
)
_BEHIND = re.compile(
    r"(?P<of>[\"')\]]{0,2}(?:\s(?:of|in|on|from)\s(?:[\w-]+\s?){1,5}?)?)[\s,(:-]{0,4}(?:(?:is|was|are|were|has been|had been|now|lab(?:oratory)? confirms?|confirmed as|due to|an?|the)\s){0,3}"
    + _WRONG,
    FLAGS,
)
"""Right behind a statement: ``"M1" in the referral is withdrawn``, ``ECOG 1 struck through``."""
_BENIGN_AFTER_ALL = re.compile(
    r"[\"')\]]{0,2}(?:\s(?:of|in|on|from)\s(?:the|his|her|our|an?)\s(?:[\w-]+\s){1,4}?|\s)(?:has |had )?(?:turned out|proved|proven|found|shown|confirmed|was|is)\s(?:now\s)?(?:to be\s|as\s|only\s)?(?:an?\s)?(?:(?:simple|benign|old|typical|harmless|only|just|focal)\s){0,2}"
    r"(?:ha?emangiomas?|cysts?|hamartomas?|scars?|granulomas?|benign|artefacts?|artifacts?|bone islands?|fat(?:ty)? (?:sparing|infiltration)|(?:focal nodular )?hyperplasia|FNH|degenerative)\b",
    FLAGS,
)
"""Behind a metastasis: ``turned out a haemangioma``."""
_FORM_CORRECTED = re.compile(
    r"\b(?:form|sheet|chart|slip|record|entry|note|list|letter|questionnaire)\s(?:was |has been |is |now |since )*(?:corrected|amended|updated|changed|put right)\b|(?:^|[.;]\s)(?:corrected|correction|amended|remark)\b",
    FLAGS,
)
_WRONG_PATIENT = re.compile(r"[\s(,-]{1,3}(?:wrong|another|other) (?:patient|pt)\b", FLAGS)
"""Behind a treatment that its own reading already took from the patient: ``Pembrolizumab (wrong patient sticker)``."""
_CLAIMED = re.compile(
    r"\b(?:first|initial|preliminary)(?:ly)? (?:read(?:ing)?|report(?:ed)?|called|listed|impression)\b[^.;\n]{0,24}$|\b(?:had|was|were|has been)?\s?(?:typed|keyed|entered|clerked|booked|ticked|recorded|written|listed|down)\s(?:in\s|as\s|him as\s|her as\s)?[\"']?(?:[\w-]+\s){0,3}$",
    FLAGS,
)
_REVISED = re.compile(
    r"\b(?:revised|corrected|amended|changed|upstaged|down-?staged|re-?staged|agreed final|final(?:ly)? agreed|final stag(?:e|ing)|final(?=\s?:)|now staged)\b[^.;\n]{0,50}?(?:\b(?:to|as|is)|->|[:=])?\s?$",
    FLAGS,
)
"""Before what stands in the place of an earlier statement: ``Revised after the PET to cT2N1M1a``."""
_OWNER = re.compile(
    r"\"?(?:\s(?:of|in|on|from)\s[^.;\n\"]{1,40}?|\s)\s?(?:is|was|were|belongs to|proved)\s(?:really |in fact |actually )?"
    r"(?:(?P<relative>(?:his|her|the patient's) (?:father|mother|brother|sister|uncle|aunt|cousin|son|daughter|wife|husband|grand\w+)'?s?)\b|(?:an? )?(?:artefact|artifact|misprint|misreading|mix-?up|patient mix-?up)\b)",
    FLAGS,
)
"""Behind a quotation: ``in the old problem list is his father's``, ``of 1 May was artefact``."""
_DISREGARD = re.compile(
    r"[^\n]{0,80}?\b(?:in error|(?:by|an?|calculation|typing|clerical) (?:error|mistake)|typed in(?:to)? (?:the )?wrong|wrong (?:chart|patient|row|file)|disregard\w*|void(?:ed)?|erased|deleted|has been removed|mix-?up)\b",
    FLAGS,
)
"""Somewhere behind a quotation: ``reads "ECOG 3", typed in wrong chart row``."""
_CORRECTS = re.compile(
    r"\b(?:a |one )?(?:correction|corrigendum|erratum|amendment) (?:to|of|for) (?:my|our|the)\b[^.;\n]{0,60}\b(?:list(?:ed|s)|said|says|state[ds]|named|read|gave|spoke of|mention(?:ed|s)|had)\s\"",
    FLAGS,
)
"""Before a quotation: ``A correction to my note of 6 October, which listed "T7 metastasis"``."""
_AT_FIRST = re.compile(
    r"\b(?:first|initially|originally|at first)\s(?:was |were )?(?:called|thought|read|labelled|labeled|diagnosed|suspected|taken|regarded)(?: (?:as|to be|for))?\s(?:an? )?$",
    FLAGS,
)
_AT_LAST = re.compile(r"[^.;\n]{0,24}?\b(?:final(?:ly)?|but|turned out|proved|revised|later|because of)\b", FLAGS)
_FIRST_THOUGHT = frozenset({"STAGE", "MALIGNANCY", "HISTOLOGY", "METASTASIS", "LUNG_DISEASE", "AUTOIMMUNE"})
_FAR = 220
_LONGEST_QUOTE = 60
_WORTH_CORRECTING = frozenset({"STAGE", "HISTOLOGY", "HEPATITIS", "HIV", "BIRTH_DATE"})


_WORDS = (
    "wrong", "correct", "withdrawn", "retract", "struck", "crossed", "scored", "delete", "error", "mistake", "slip", "typo", "mix", "belongs to",
    "amended", "updated", "revised", "changed", "staged", "agreed", "put right",
    "first called", "first read", "first thought", "first label", "initially", "originally", "at first",
)  # fmt: skip
"""One of these stands in every note that takes something back."""
_TAKES_BACK = Landmark(re.compile("|".join(_WORDS), FLAGS))
_CALLED_WRONG = Landmark(re.compile(_WRONG, FLAGS))
LANDMARKS = (_TAKES_BACK, _CALLED_WRONG)


def take_back(doc: Document, mentions: list[Mention]) -> None:
    """Make what the note takes back ``hypothetical`` (a metastasis that proved benign ``absent``), and mark what corrects it, in place."""
    may_correct = doc.holds(_TAKES_BACK)
    for m in mentions:
        if m.assertion in ("family", "hypothetical") or m.label == "LAB":
            continue
        if m.label == "TREATMENT" and m.assertion == "absent" and _WRONG_PATIENT.match(doc.norm, m.end):
            continue
        segment_start, segment_end = doc.segment_at(m.start)
        end = _closing_quote(doc.norm, m, segment_start, segment_end)
        if m.label == "METASTASIS" and m.assertion != "absent" and _BENIGN_AFTER_ALL.match(doc.norm, end or m.end):
            m.assertion = "absent"
        elif may_correct or end is not None:
            _take_back(doc, m, segment_start, end)


def _closing_quote(norm: str, m: Mention, start: int, end: int) -> int | None:
    """Where the quotation marks close that a mention of one sentence stands in."""
    opened = norm.rfind('"', max(start, m.start - _LONGEST_QUOTE), m.start)
    closed = norm.find('"', m.end, min(end, m.end + _LONGEST_QUOTE)) if opened >= 0 else -1
    return closed if closed >= 0 and norm.count('"', start, opened) % 2 == 0 else None


def _take_back(doc: Document, m: Mention, start: int, quoted: int | None) -> None:
    norm = doc.norm
    if m.label in _WORTH_CORRECTING and _REVISED.search(norm, max(0, m.start - 80), m.start):
        m.attributes["correction"] = True
    end = m.end if quoted is None else quoted
    if quoted is not None and m.label == "TREATMENT":
        m.attributes["weak"] = True  # what another paper says
    if quoted is not None and (_DISREGARD.match(norm, quoted) or _CORRECTS.search(norm, start, m.start)):
        m.assertion = "hypothetical"
    elif quoted is not None and (owner := _OWNER.match(norm, quoted)) is not None:
        m.assertion = "family" if owner["relative"] else "hypothetical"
    elif (
        (
            m.label in _FIRST_THOUGHT
            and _AT_FIRST.search(norm, max(start, m.start - 40), m.start)
            and _AT_LAST.match(norm, m.end)
        )
        or (doc.holds(_CALLED_WRONG) and _BEHIND.match(norm, end, min(len(norm), end + 90)))
        or (
            (quoted is not None or _CLAIMED.search(norm, max(start, m.start - 40), m.start))
            and _corrected_later(doc, end)
        )
    ):
        m.assertion = "hypothetical"


def _corrected_later(doc: Document, end: int) -> bool:
    """Whether the same paragraph says that the form or chart was corrected."""
    stop = doc.norm.find("\n\n", end)
    return _FORM_CORRECTED.search(doc.norm, end, min(end + _FAR, stop if stop >= 0 else len(doc.norm))) is not None
