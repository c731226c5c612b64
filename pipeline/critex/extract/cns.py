"""State of the central nervous system: clear on imaging, controlled, symptomatic (GUIDELINE E03; domain.md E3)."""

from __future__ import annotations

import re
from functools import lru_cache

from critex.extract.assertion import decide
from critex.extract.document import Document
from critex.extract.family import FamilyHits, as_mention, family
from critex.extract.imaging import Imaging
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS
from critex.extract.scan import Landmark
from critex.extract.subject import about_relative

_NOT_DONE = re.compile(
    r"\b(?:not (?:yet )?(?:done|performed|available)|pending|planned|booked|to be done|awaiting|awaited|tomorrow|tmr|arrange\w*|request\w*|if|for\s*$)\b",
    FLAGS,
)
_DOUBT = re.compile(
    r"\b(?:not (?:excluded|certain)|cannot (?:be )?exclud\w*|suspicious|possible|indeterminate)\b|\?\s*$", FLAGS
)
_EXTENSION = re.compile(r"intra-?cranial(?:ly)?\s(?:extension|invasion|spread|involvement|component)", FLAGS)
_EXCEPT = re.compile(
    r"[\s,(]{0,3}(?:(?:apart|aside) from|except(?:ing)?(?: for)?|other than|but for|save for|besides)\b(?P<what>[^.;\n]{0,60})",
    FLAGS,
)
_EXCEPTED = re.compile(
    r"lesion|metast|\bmets?\b|nodul|enhanc|\bmass|deposit|\bfoc(?:us|i)\b|tumou?r|\bSOL\b|secondar", FLAGS
)
_PRIMARY = re.compile(r"nasoph|primary|skull base|clivus|clival|sinus|sella|extension|erosion", FLAGS)
_BRAIN_METS = re.compile(
    r"(?:(?:mid|hind)?brain|cerebr\w+|cerebell\w+|CNS|intra-?cranial|leptomening\w+|frontal|parietal|occipital)\W+(?:\w+\W+){0,2}?(?:metast\w+|mets?\b|lesions?|deposits?|disease|secondar\w+|filia\w*)|(?:oligo)?metast\w+[^.;]{0,25}(?:brain|cerebr\w+|hemispher\w+)|SRS|WBRT|whole brain|levetiracetam|keppra|[脑腦](?:多发|多發|内|內|实质|實質|膜)?[转轉]移",
    FLAGS,
)
_METASTASES_OF_BRAIN = Landmark(_BRAIN_METS)
LANDMARKS = (_METASTASES_OF_BRAIN,)
_BRAIN_DENIED = re.compile(
    r"\b(?:no|without|nil)\s(?:evidence of |definite |known |any )*(?:brain|cerebral|intracranial|CNS)\W+(?:\w+\W+)?(?:metast\w+|mets?|lesions?|deposits?)|(?:未[见見]|[无無])[^,。;.\n]{0,6}[脑腦][转轉]移",
    FLAGS,
)
_NEEDS_METASTASIS = re.compile(
    r"\bMRI?\b(?! (?:of (?:the )?)?(?:brain|head))(?! brain)|\boff (?:dex|steroid)|no seizures|seizure|(?:still|ongoing|further|recurrent|persist\w+|breakthrough)\b",
    FLAGS,
)
"""Words that say something of a brain metastasis only in a note that has one."""


def _speaks_of_metastases(doc: Document) -> bool:
    """Whether a note names metastases of the brain anywhere."""
    return bool(doc.all_of(_METASTASES_OF_BRAIN))


@lru_cache(maxsize=4)
def _denies_metastases(norm: str) -> bool:
    return _BRAIN_DENIED.search(norm) is not None


def find(doc: Document, hits: FamilyHits) -> list[Mention]:
    """Mentions of the state of the brain and meninges."""
    imaging = Imaging(doc)
    found = []
    for rule, m in hits:
        mention = as_mention(rule, m)
        start, end = doc.segment_at(m.start())
        around = doc.norm[start:end]
        words = doc.norm[m.start() : m.end()]
        if doc.category_at(m.start()) in ("family", "criteria", "education") or about_relative(doc, m.start()):
            continue
        if mention.value == "clear":
            if re.search(r"\bif\b", around[: m.start() - start], FLAGS):
                continue
            if _NOT_DONE.search(words) or _EXTENSION.search(words) or _DOUBT.search(words):
                continue
            exception = _EXCEPT.match(doc.norm, m.end())
            if exception and _EXCEPTED.search(exception["what"]) and not _PRIMARY.search(exception["what"]):
                continue  # "normal apart from an enhancing lesion"
            if _is_whole_body(doc, words, m.start(), imaging):
                continue
        elif mention.value == "symptoms":
            if not _speaks_of_metastases(doc) or _denies_metastases(doc.norm):
                continue
            decide(doc, [mention])
        elif mention.value == "cord":
            decide(doc, [mention])
        elif _NEEDS_METASTASIS.match(words) and not _speaks_of_metastases(doc):
            continue
        mention.attributes["modality"] = imaging.at(m.start())
        mention.attributes["source"] = imaging.source
        if mention.assertion is None and _DOUBT.search(around[: m.start() - start]):
            mention.assertion = "possible"
        elif mention.value in ("treated", "symptomatic", "controlled") and mention.assertion is None:
            before = around[: m.start() - start][-40:]
            if re.search(r"\b(?:if|unless|exclu\w+|criteri\w+|uncontrolled or)\b", before, FLAGS):
                mention.assertion = "hypothetical"
            elif re.search(r"\b(?:no|not|without|denies|nil)\s(?:\w+\s){0,2}$", before, FLAGS):
                mention.assertion = "absent"
            else:
                mention.assertion = "present"
        found.append(mention)
    return found


def _is_whole_body(doc: Document, words: str, position: int, imaging: Imaging) -> bool:
    """Whether a clear brain is only read off a PET-CT: that does not answer E03 (GUIDELINE, settled questions)."""
    if re.search(r"MRI?|CT (?:of )?(?:the )?(?:brain|head)|enhanc|CTB|head CT|brain CT", words, FLAGS):
        return False
    return imaging.at(position) == "PET-CT" and bool(re.search(r"uptake|avid|focus|foci", words, FLAGS))


FAMILY = family("cns", find)
