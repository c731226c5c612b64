"""Response by imaging, and the cycles given before it (GUIDELINE I08; domain.md I8)."""

from __future__ import annotations

import re
from functools import cache

from critex.extract.document import Document
from critex.extract.family import FamilyHits, as_mention, family
from critex.extract.forms import said_by_box
from critex.extract.mention import Mention
from critex.extract.number_words import ONES, ORDINALS
from critex.extract.patterns import FLAGS, load_yaml
from critex.extract.subject import about_relative

_RESPONSE_WORDS = re.compile(
    r"recist|percist|respon|evaluat|assess|remission|disease|cycles?|courses?|lesion|restag|efficacy|\bC\d\b|\bx\s?\d|imaging|\bCT\b|\bMRI\b|\bPET|scan|NPC|chemo|GP\b|best|overall|tumou?r|target|primary|nodes?|progress|缓解|疗效|评价",
    FLAGS,
)
_ONCOLOGY = re.compile(
    r"cancer|carcinoma|tumou?r|malignan|metasta|oncolog|lymphoma|recist|lesion|cycles?|NPC|chemo|PD-?1\b|pembro\w*|nivolumab|\w{3,}limab|\w{3,}izumab|缓解|疗效|周期|肿瘤",
    FLAGS,
)
_OTHER_MEANING = re.compile(
    r"\b(?:BP|HR|SpO2|pulse|RR|Temp|abd(?:omen)?|DRE|rectal|prostate|ER|HER2|receptor|ECG|QRS|dialysis|parkinson\w*|creat\w*|urea|renal|renal function|mg|tabs?|release|mean|median)\b[\s/:,+-]{0,4}$",
    FLAGS,
)
_AFTER = re.compile(
    r"(?:after|apr[eè]s|post|following|s/p|at|on completion of|end of|completed)[\s-](?:a total of\s|the\s|all\s|my\s|his\s|her\s)?(?:#\s?(?P<h>\d)\b|(?P<n>\d{1,2}|one|two|three|four|five|six|eight)\s?(?:(?:of|/|out of)\s?(?:\d|six|four)\s)?(?:cycles?|courses?|cures?|#|rounds?|程|周期)|(?:C|cycle\s?|course\s?)(?P<c>\d{1,2})\b(?!-)|(?P<o>first|second|third|fourth|fifth|sixth|[1-6](?:st|nd|rd|th))\s(?:cycle|course|round|cure|chemo\w*)\b)|(?:x|×)\s?(?P<x>\d)\b(?!\s?(?:mg|/52|/12|\d|\^))|\bC(?P<k>\d)\b\s?(?:scan|CT|evaluation|assessment|restaging|response)",
    FLAGS,
)
_RANGE = re.compile(r"\d\s?(?:-|to|–)\s?\d\s?(?:cycles|courses)", FLAGS)
_NEGATED = re.compile(
    r"\b(?:no|not|without|neither|nor|non-)\s?(?:evidence of |signs? of |definite |yet |a |in |[A-Z]{2}\s?(?:/|or|nor)\s?(?:non-)?)*$",
    FLAGS,
)
_NOT_REACHED = re.compile(
    r"\s(?:was|were|is|has|had)?\s?(?:not|never)\s(?:been\s)?(?:reached|achieved|met|seen|obtained|attained|documented)\b",
    FLAGS,
)
_NEW_LESION = re.compile(
    r"\bnew\b[^.;,\n]{0,30}?\b(?:lesions?|metast\w+|mets?|nodules?|deposits?)\b(?! (?:not|none))", FLAGS
)
_NO_NEW = re.compile(
    r"\b(?:no|nil|without|not|absence of|nor|or)\s(?:evidence of\s|any\s|definite\s)?$|\b(?:no|nil|without)\b[^,;.]{0,30}$",
    FLAGS,
)
_NON = re.compile(r"non-?\s?$", FLAGS)
_FALLS = re.compile(r"↓|-|decreas|reduc|down|shrink|smaller|fall", FLAGS)


def _count(text: str) -> int:
    """Number of cycles of "six", "third", "3rd", "4"."""
    word = text.lower()
    return ONES.get(word) or ORDINALS.get(word) or int(word.rstrip("stndrh"))


@cache
def _cues() -> dict[str, re.Pattern[str]]:
    return {str(k): re.compile(rf"\b(?:{v})", FLAGS) for k, v in load_yaml("response.yaml")["cues"].items()}


def find(doc: Document, hits: FamilyHits) -> list[Mention]:
    """Mentions of responses (with ``after_cycles`` where the sentence tells) and of cycles given."""
    found = []
    for rule, m in hits:
        mention = as_mention(rule, m)
        if mention.label == "CYCLES":
            keep = _cycles(doc, m, mention)
        elif mention.value == "percent":
            keep = _percent(doc, mention)
        else:
            keep = _response(doc, m, mention)
        if keep:
            found.append(mention)
    return found


def _cycles(doc: Document, m: re.Match[str], mention: Mention) -> bool:
    got = next((v for v in m.groups() if v), None)
    if got is None or _RANGE.search(doc.norm, m.start(), min(len(doc.norm), m.end() + 12)):
        return False
    mention.number = float(_count(got))
    if about_relative(doc, mention.start):
        mention.assertion = "family"
    else:
        ahead = _is_conditional(doc, mention) or _AHEAD.match(doc.norm, mention.end)
        mention.assertion = "hypothetical" if ahead else "present"
    return mention.number <= 20


_AHEAD = re.compile(
    r"[^.;,\n]{0,12}?\b(?:is|are|will be|to be)?\s?(?:scheduled|planned|due|booked|awaited|pending|to follow)\b", FLAGS
)
"""Behind cycles that a scan to come will follow: "the scan after cycle 4 is scheduled for 9 June"."""


def _percent(doc: Document, mention: Mention) -> bool:
    words = doc.norm[mention.start : mention.end]
    value = re.search(r"\d{1,3}(?:\.\d+)?", words)
    if value is None:
        return False
    number = float(value.group())
    rises = re.search(r"\+|↑|increas|rise|up\b", words, FLAGS)
    falls = _FALLS.search(words) or _FALLS.search(doc.norm, max(0, mention.start - 45), mention.start)
    mention.number = number if rises or not falls else -number
    mention.unit = "%"
    mention.assertion = "hypothetical" if _is_conditional(doc, mention) else "present"
    return True


def _response(doc: Document, m: re.Match[str], mention: Mention) -> bool:
    norm = doc.norm
    start, end = doc.segment_at(mention.start)
    words = norm[mention.start : mention.end]
    before = norm[start : mention.start]
    if words.isupper() or len(words) <= 4:  # an abbreviation needs response words about it
        if _OTHER_MEANING.search(before) or re.match(r"\s?[:=]?\s?(?:NAD|\d)", norm[mention.end : mention.end + 6]):
            return False
        around = before + " " * len(words) + norm[mention.end : end]
        if not (_RESPONSE_WORDS.search(around) or _RESPONSE_WORDS.search(norm, max(0, start - 160), start)):
            return False
    if _NON.search(before) or not _ONCOLOGY.search(norm):
        return False
    if words in ("CMR", "PMR") and not re.search(r"PET|FDG|metabolic|PERCIST", norm[start:end], FLAGS):
        return False
    if (
        mention.value in ("CR", "PR", "SD")
        and (new := _NEW_LESION.search(norm, start, end))
        and not _NO_NEW.search(norm, start, new.start())
    ):
        mention.attributes["said"], mention.value = mention.value, "PD"  # a new lesion is progression whatever shrinks
    if cycles := after_cycles(doc, mention.start, mention.end):
        mention.attributes["after_cycles"] = cycles
    if about_relative(doc, mention.start):
        mention.assertion = "family"
    if mention.assertion is None:
        line = doc.line_at(mention.start)
        said = said_by_box(norm, mention.start, mention.end, line.start, line.end)
        if doc.category_at(mention.start) in ("criteria", "legend", "education"):
            mention.assertion = "hypothetical"
        elif said is not None:
            mention.assertion = said
        elif _NEGATED.search(before) or _NOT_REACHED.match(norm, mention.end):
            mention.assertion = "absent"
        elif _is_conditional(doc, mention) or _is_option(doc, mention):
            mention.assertion = "hypothetical"
        elif re.search(
            r"(?:\?|\b(?:possibl\w+|suspected|likely|probabl\w+|suspicious for|borderline|query))\s*$", before, FLAGS
        ):
            mention.assertion = "possible"
        else:
            mention.assertion = "present"
    return True


def after_cycles(doc: Document, start: int, end: int) -> int | None:
    """Cycles after which a response was seen: in its sentence, else in the two sentences before it."""
    index = doc.segment_index(start)
    seg_start, seg_end = doc.segments[index] if doc.segments else (0, len(doc.norm))
    for low, high in ((seg_start, seg_end), (doc.segments[max(0, index - 3)][0] if doc.segments else 0, seg_start)):
        found = [
            m for m in _AFTER.finditer(doc.norm, low, high) if not _RANGE.search(doc.norm, m.start(), m.end() + 12)
        ]
        if found:
            near = min(found, key=lambda m: max(m.start() - end, start - m.end(), 0))
            got = next(v for v in near.groups() if v)
            return _count(got)
    return None


def _is_conditional(doc: Document, m: Mention) -> bool:
    start, end = doc.segment_at(m.start)
    before = doc.norm[max(start, m.start - 70) : m.start]
    clause = re.split(r"[,;:()]", before)[-1]
    return bool(_cues()["conditional"].search(before) or _cues()["expected"].search(clause)) or bool(
        re.match(
            r"\s?(?:is |are )?(?:expected|hoped|required|needed|or death)",
            doc.norm[m.end : min(end, m.end + 20)],
            FLAGS,
        )
    )


def _is_option(doc: Document, m: Mention) -> bool:
    """Whether the word is one of several to choose from ("CR or PR")."""
    start, end = doc.segment_at(m.start)
    return any(o.start() <= m.start < o.end() for o in _cues()["options"].finditer(doc.norm, start, end))


FAMILY = family("response", find)
