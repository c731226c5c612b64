"""Tuberculosis: active, latent, past, exposure and tests (GUIDELINE E06)."""

from __future__ import annotations

import re
from itertools import pairwise

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits, as_mention, resolve_overlaps
from critex.extract.imaging import Imaging
from critex.extract.informants import relative_informs, turns_out_anothers
from critex.extract.mention import Mention
from critex.extract.patterns import load_rules
from critex.extract.repeated_tests import read_repeats, set_day
from critex.extract.serology import Result, pending, read_result
from critex.extract.subject import about_relative

_LED = re.compile(
    r"(\b(?:positive|negative|pos|neg)[^\S\n]|(?<![\w+])\+|(?:(?<=[(:;,.\n]\s)|(?<=[(:;,.\n])|^)\+\s)$", re.I
)
"""A result before the name. A plus between two tests only joins them: "marrow + TB culture"."""
_BLOOD_OR_SKIN = re.compile(
    r"igra|interferon|elispot|skin|blood|quantiferon|qft|spot|mantoux|tst|ppd|tuberculin|结核菌素|干扰素", re.I
)
_CLEAR_CHEST = re.compile(
    r"(?:cxr|chest (?:x-?ray|film|plate|radiograph)|x-?(?:ray|thorax)|ct (?:chest|thorax)|chest ct|chest|ct)\b[^.;\n]{0,30}?(?:clear|clean|normal|nad|no (?:abnormalit\w+|active|evidence|granuloma|lesion|focal|tb))",
    re.I,
)


_INDURATION = re.compile(r"[\s:=(]{0,3}(?:was |of )?(\d{1,2})\s?mm\b", re.I)
"""Millimetres of a skin test: from 10 positive, below 5 negative (domain.md E6); between, the person decides."""
_ON_TREATMENT_BEFORE = re.compile(
    r"\b(?:on|under|receiving|started|currently on)\s(?:treatment|therapy|medication|drugs)\sfor\s(?:his |her |active )?$",
    re.I,
)
_ON_TREATMENT_AFTER = re.compile(
    r"[^.;\n]{0,70}?\b(?:on (?:ATT|HRZE|HR\b|anti-?TB|treatment)|on (?:month|mth|week|day) \d{1,2} of|(?:on|in) (?:the )?(?:continuation|intensive) phase|started (?:on )?(?:ATT|HRZE|anti-?TB)|(?:ATT|HRZE|RHZE|RIPE|HREZ|anti-?TB (?:treatment|therapy|drugs)),?\s(?:(?:day|week|month|d|wk|m)\s?\d|started|begun|commenced|since|from))\b(?![^.;]{0,25}(?:complet|stopp))",
    re.I,
)
_SUSPECTED_AFTER = re.compile(
    r"\s?(?:(?:needs?|has|ought|still|yet)\s)?(?:to be (?:excluded|ruled out)|cannot be (?:excluded|ruled out)|not (?:yet )?(?:been )?(?:excluded|ruled out)|(?:still |remains? |is )(?:possible|suspected)|relapse|reactivation|recurrence)\b",
    re.I,
)
"""What is suspected is active disease."""
_UNLIKELY = re.compile(
    r"(?:\s(?:reactivation|relapse|infection))?\s(?:is |was |are |very |thought |felt |considered )?(?:unlikely|less likely)\b",
    re.I,
)
_NO_ISSUE = re.compile(r"\s(?:is |was )?(?:not an?|no)\s+(?:issue|problem|concern)\b", re.I)
_LIVER_PANEL = re.compile(r"\b(?:alb(?:umin)?|alp|alt|ast|ggt|sgpt|sgot|tbil|dbil|lfts?)\b", re.I)
_DRUGS = re.compile(r"att\b|anti-?tb|hrze|hrez|ripe|ehrz|akt", re.I)
_WRONG = re.compile(
    r"\b(?:wrong|incorrect|not (?:true|correct)|untrue|corrected)\s?[,:;]\s(?:(?:he|she|patient|pt|had|has|was|treated for|known|old|active)\s){0,3}$",
    re.I,
)
"""Before the disease, behind a denial that is taken back: ``"TB: no" - wrong, PTB treated 2016``."""
_COURSE = re.compile(
    r"\b(?:\d{1,2}|a|one|two|three|four|five|six|seven|eight|nine|ten|twelve|eighteen|several|many)\s(?:months?|years?)\b[^.;\n]{0,24}\b(?:treatment|tablets?|drugs|medication|therapy|injections?|pills|antibiotics)\s(?:for|against)\s(?:(?:his|her|active)\s)?$",
    re.I,
)
"""Before the disease: how long it was treated ("eight months of treatment for")."""
_OVER = re.compile(
    r"complet\w+|finished|treated|cured|^[\s(,:-]{0,3}(?:in|since|dx|diagnosed|around)?\s?(?:19|20)\d\d|years? ago|as a (?:child|teen\w*)|childhood|in (?:\w+ )?(?:youth|adolescence|boyhood|girlhood)\b|sanatori\w+|behandelt|trait[eé]e?(?![a-zé])|ausgeheilt|previous\w*|past\b|full course",
    re.I,
)
_ELSEWHERE = re.compile(
    r"gland\w*|node|nodal|lymph\w*|cervical|renal|kidney|spin\w+|bone|mening\w+|abdom\w+|intestin\w+|skin|cutaneous|genito\w+|pott|tuberculoma|scrofula|(?:pleur|pericard|periton|laryn|nasopharyn|tonsill?)\w*\s$|(?:joint|ocular|uveal|urinary|breast|ear)\s$",
    re.I,
)
_LUNG_TOO = re.compile(r"\b(?:pulmonary|lung)(?:\s?(?:and|&|/|\+|,)\s?\w+)?\s\S*$", re.I)
"""Before "TB": the lung is named beside the other site."""

_ELSEWHERE_NAMED = re.compile(
    r"tuberculoma|adenitis|mening|pleur|pericardi|peritoni|spond|arthritis|osteomy|pleura-?tub|lymphknoten|knochen|nieren|(?-i:TBM)",
    re.I,
)
_SCAR_ONLY = re.compile(
    r"\s?(?:is |was )?(?:considered|suspected|likely|possible|suggested|cannot|\?)|\s?(?:scar\w*|changes?|granuloma\w*|calcif\w*|fibros\w*|fibrotic|sequelae|lesions?|foc(?:us|i))\b",
    re.I,
)
"""What a film shows is no history yet: the guideline keeps "old granulomatous change" unknown."""


def _heads_a_test(doc: Document, m: Mention, found: list[Mention]) -> bool:
    """Whether a name is only the heading of a test's result: "TB: IGRA negative 2024"."""
    colon = re.compile(r"\s{0,3}:\s{0,6}").match(doc.norm, m.end)
    return (
        colon is not None
        and m.value == "unspecified"
        and not _DENIED.search(doc.norm, max(0, m.start - 12), m.start)
        and any(o.value in ("test", "latent") and o.start == colon.end() for o in found)
    )


_DENIED = re.compile(r"\b(?:no|nil|denie[sd]|without|never|nor|not)\b[^.;\n]{0,40}$", re.I)
"""Before an exposure. A contact is the patient's own, whoever had the disease: "TB contact (wife)"."""
_FROM_RELATIVE = re.compile(
    r"\s?\((?:the |his |her )?(?:wife|husband|spouse|partner|mother|father|brother|sister|son|daughter|colleague|flatmate)",
    re.I,
)
_TB_WORDS = re.compile(r"\b(?:p?tb|tuberculosis|igra|quantiferon|qft|t-?spot|ltbi|mantoux|tst|ppd|koch)", re.I)


def _near_tuberculosis(doc: Document, m: Mention) -> bool:
    """Whether "never active disease" speaks of tuberculosis: the sentences before name it or its tests."""
    return bool(_TB_WORDS.search(doc.norm, max(0, m.start - 160), m.end))


_TIMES = re.compile(r"\s?(?:x\s?\d(?:\s(?:and|&))?|\s(?:and|&))$", re.I)
"""How often a specimen is asked for is no part of the test's name."""
_BACTERIUM = re.compile(r"xpert|cbnaat|\bMTB\b|tubercul|(?-i:GXP)\b|\bpcr\b", re.I)
_AIRWAY = re.compile(r"sputum|\bbal\b|bronch\w+|tracheal|respiratory|cavit\w+|\b[RL][UML]L\b|lung", re.I)
_OTHER_SPECIMEN = re.compile(
    r"\b(?:csf|urine|(?:lymph )?nodes?|pleural|ascit\w+|pus|tissue|stool|marrow|fna|biopsy|joint|synovial)\b", re.I
)


def _proven_in_lung(doc: Document, m: Mention, limit: int) -> bool:
    """Whether a test for the bacterium itself was positive in a specimen of the airways; a smear alone may be another mycobacterium."""
    start, _ = doc.segment_at(m.start)
    around = doc.norm[max(start, m.start - 80) : min(limit, m.end + 60)]
    return (
        _BACTERIUM.search(doc.norm, m.start, m.end) is not None
        and _AIRWAY.search(around) is not None
        and _OTHER_SPECIMEN.search(around) is None
    )


_SMEAR = re.compile(r"smear|sputum", re.I)


def _is_bilirubin(doc: Document, m: Mention) -> bool:
    """Whether "TB 14" stands in a liver panel: total bilirubin."""
    if doc.norm[m.start : m.end] != "TB" or not re.match(
        r"\s?[:=]?\s?\d{1,3}(?:\.\d)?\b(?!\s?(?:years|yrs|/))", doc.norm[m.end : m.end + 14]
    ):
        return False
    return bool(_LIVER_PANEL.search(doc.norm, max(0, m.start - 60), min(len(doc.norm), m.end + 60)))


_NO_HISTORY = re.compile(
    r"\b(?:no|nil|denie[sd]|denying|without|not|never|negative)\b(?:\s(?!past|prior|previous)\w+){0,3}?\s(?:(?:any|a|known|personal)\s)?(?:h/o|hx(?: of)?|history of)\s$",
    re.I,
)
"""A denied history is of any tuberculosis; a "past history" is of the past."""
_RULED_OUT = re.compile(r"\b(?:rule out|r/o|tro|to exclude|needs? exclusion of)\s[^.;:\n]{0,60}$", re.I)
_NOT_EXCLUDED = re.compile(
    r"\b(?:can\s?not|can't|could not|couldn't|unable to|not|difficult to|hard to)\s(?:be\s)?(?:\w+ly\s)?(?:exclude|rule out|excluded)\s(?:\w+\s){0,2}$",
    re.I,
)
_DISPROVED = re.compile(
    r"[^.;\n]{0,120}?\b(?:disproved|disproven|refuted|(?:ruled (?:it|this) out|excluded it)(?! as\b))\b", re.I
)
_AGAIN = re.compile(
    r"\s?[(,-]{0,2}\s?(?:no\s)?(?:evidence of\s)?(?:relapse|reactivation|recurrence|active disease)\b", re.I
)
"""Behind old tuberculosis: what is denied is that it came back."""
_SELF = re.compile(r"\s(?:herself|himself)\b", re.I)
_SINCE = re.compile(r"(?:[,;(]|\b(?:then|and|but|later|after which))\s?(?:\w+\s){0,3}$", re.I)
"""What was held for tuberculosis and shown to be none."""
_YOUNG = re.compile(
    r"\b(?:as an? (?:\w+ )?(?:boy|girl|child|teen\w*|youth|student|young (?:man|woman))|in (?:his|her) (?:childhood|youth|teens|twenties)|sanatorium|sanatoria)\b[^.;\n]{0,60}$",
    re.I,
)
_SITE_AFTER = re.compile(
    r"\s(?:lymphadenitis|adenitis|lymph nodes?|meningitis|pleurisy|spondylitis|pericarditis|peritonitis)\b", re.I
)
_SCAR = re.compile(r"scar\w*|fibrosis|fibrotic|calcif\w*|fibrocalcif\w*|sequela\w*|residual\w*", re.I)
_QUESTION = re.compile(r"\s?\?(?!\s{0,3}(?:no|nil|none|yes|y|n|never|denie[sd])\b)(?!\s{0,3}\[)", re.I)
_PLANNED_DRUGS = re.compile(
    r"\b(?:for|plan(?:ned)?|consider(?:ing)?|discuss\w*|to (?:start|begin)|trial of|need for)\s(?:an?\s)?(?:empiric(?:al)?(?:ly)?\s|trial of\s)?(?:anti-)?$",
    re.I,
)
_EMPIRICAL = re.compile(r"\bempiric", re.I)
_NURSED = re.compile(
    r"\b(?:nurs(?:ed|es|ing)|car(?:ed|es|ing) for|look(?:ed|s|ing) after|contact (?:of|with)|exposed to|exposure to|liv(?:ed|es|ing) with|married to|shar(?:ed|es|ing) (?:an? |the )?\w+ with|worked with|visited)\s"
    r"(?:an?\s|the\s|his\s|her\s|one\s|two\s)?(?:\w+\s){0,2}?(?:wife|husband|spouse|partner|mother|father|parents?|brother|sister|sibling|son|daughter|uncle|aunt|grand\w+|cousin|colleague|co-?worker|friend|neighbou?r|inmate|patients?|roommate|flatmate|housemate|lodger|child|case)\s"
    r"(?:with|who (?:had|has|was (?:ill|sick|treated|diagnosed))|having|treated for|on treatment for|sick with|ill with|suffering from|dying of)\s(?:\w+\s)?(?:for\s|with\s)?$",
    re.I,
)
"""Whoever looked after somebody with tuberculosis was exposed."""
_PACKS = re.compile(
    r"(?:(?<![\w.])\d{1,2}(?:[.,]\d{1,2})?(?:\s?(?:-|to)\s?\d(?:\.\d)?)?\+?|\b(?:half|one|two)(?: a)?|\b(?:smok\w*|cig\w*|tobacco)\b[^.;\n]{0,24})\s?$",
    re.I,
)
"""Before PPD: packs a day."""
_RELATIVE_WITH_IT = re.compile(
    r"(?P<span>(?:mother|father|parents?|brothers?|sisters?|wife|husband|uncle|aunt|cousin|grand(?:mother|father)|son|daughter)\s(?:also\s)?(?:"
    r"(?:had|has|caught|got)\sit\b|(?:was|were|is|spent|lay|stayed)\s[^.;,\n]{0,30}?(?:with|for|from)\sit\b|died\s(?:of|from)\sit\b))",
    re.I,
)


def _relatives(doc: Document, found: list[Mention]) -> list[Mention]:
    """A relative's tuberculosis that is only "it": "no tuberculosis himself, though his sister had it"."""
    more: list[Mention] = []
    for m in found:
        if m.value in ("test", "exposure") or doc.category_at(m.start) == "family":
            continue
        _, end = doc.segment_at(m.start)
        it = _RELATIVE_WITH_IT.search(doc.norm, m.end, min(end, m.end + 90))
        if it is None or re.search(r"[.;\n]", doc.norm[m.end : it.start()]):
            continue
        a, b = it.span("span")
        if not any(o.start < b and a < o.end for o in (*found, *more)):
            more.append(
                Mention(a, b, "TB", "past", "tuberculosis.past", assertion="family", temporality="past", priority=1)
            )
    return more


def _packs_a_day(doc: Document, m: Mention) -> bool:
    """Whether "PPD" counts packs a day: "smoked 0.5 PPD"."""
    return (
        doc.norm[m.start : m.end] == "PPD"
        and _PACKS.search(doc.norm, max(0, m.start - 30), m.start) is not None
        and re.match(r"\s?(?:tests?|skin|readings?|\d+\s?mm)\b", doc.norm[m.end : m.end + 12], re.I) is None
    )


_KIND_BOX = re.compile(r"[\s:=>|,→-]{0,12}\[\s?(?P<tick>[xX✓√✔]?)\s?\]\s?(?P<word>[A-Za-z][^\n;|\[\]]{0,40})")
_KINDS = (
    ("exposure", re.compile(r"contact|expos", re.I)),
    ("past", re.compile(r"inactive|past|prior|previous|old\b|treated|healed|former|history", re.I)),
    ("latent", re.compile(r"latent|ltbi", re.I)),
    ("active", re.compile(r"(?<!in)(?<!not )active|current|on treatment", re.I)),
)


def _ticked_kind(doc: Document, at: int) -> str | None:
    """Kind that is ticked, alone, of the boxes behind "TB": "TB -> [ ] active [x] latent".

    ``"never"`` where the answer is no, ``"open"`` where none or several are ticked, ``None`` where no kinds stand there.
    """
    ticked, kinds, limit = [], False, doc.line_at(at).end
    while (box := _KIND_BOX.match(doc.norm, at, limit)) is not None:
        at = box.end()
        kinds = kinds or any(words.search(box["word"]) for _, words in _KINDS)
        if box["tick"]:
            ticked.append(box["word"])
    if not kinds:
        return None
    if len(ticked) != 1:
        return "open"
    if re.match(r"(?:no|never|none|nil)\b", ticked[0], re.I):
        return "never"
    return next((kind for kind, words in _KINDS if words.search(ticked[0])), "open")


def _kind(doc: Document, m: Mention, found: list[Mention]) -> bool:
    """Settle what a bare name says: treatment now or over, in the lung or elsewhere. False where the mention only repeats its neighbour."""
    start, end = doc.segment_at(m.start)
    after, before = doc.norm[m.end : min(end, m.end + 70)], doc.norm[max(start, m.start - 25) : m.start]
    if m.assertion in (None, "present", "absent") and turns_out_anothers(doc, m.end):
        m.assertion = "family"
        return True
    if m.value == "test":
        return not (m.result is None and _packs_a_day(doc, m))
    lead = doc.norm[max(start, m.start - 160) : m.start]
    if (
        m.value == "unspecified"
        and m.assertion in (None, "present")
        and (ticked := _ticked_kind(doc, m.end)) is not None
    ):
        m.value = ticked if ticked not in ("never", "open") else m.value
        if ticked != "open":
            m.assertion = "absent" if ticked == "never" else "present"
        return True
    if m.value in ("active", "past", "unspecified") and _NURSED.search(lead):
        m.value, m.assertion = "exposure", "present"
        return True
    if m.assertion is None and _WRONG.search(doc.norm, max(start, m.start - 40), m.start):
        m.assertion = "present"
    if m.assertion is None and relative_informs(doc, m.start) and not _DENIED.search(lead):
        m.assertion = "present"
    if (
        m.assertion is None
        and m.value in ("active", "past", "unspecified")
        and _SELF.match(doc.norm, m.end)
        and _SINCE.search(lead)
        and not _DENIED.search(lead)
    ):
        m.assertion = "present"
        m.value = "past" if m.value == "unspecified" and _OVER.search(after.partition("self")[2]) else m.value
    if (
        m.value == "past"
        and m.assertion is None
        and _AGAIN.match(doc.norm, m.end)
        and not _DENIED.search(lead)
        and not about_relative(doc, m.start)
    ):
        m.assertion = "present"
    if m.value == "past" and m.assertion is None and _NO_HISTORY.search(lead):
        m.value, m.assertion, m.temporality = "unspecified", "absent", None
        return True
    if m.assertion is None and m.value in ("active", "past", "unspecified") and _DISPROVED.match(doc.norm, m.end, end):
        m.value, m.assertion = "active", "absent"
        return True
    if m.assertion is None and m.value in ("active", "past", "unspecified"):
        if _NOT_EXCLUDED.search(lead):
            m.assertion = "possible"
        elif (question := _QUESTION.match(doc.norm, m.end)) is not None and doc.category_at(m.start) != "family":
            m.end, m.assertion = question.end(), "possible"
    if m.value == "unspecified" and m.assertion is None and _RULED_OUT.search(lead) and "." not in lead[-60:]:
        m.value = "active"
    if m.value == "unspecified" and m.assertion is None and _YOUNG.search(lead) and not _DENIED.search(lead):
        m.value = "past"
    if site := _SITE_AFTER.match(doc.norm, m.end, end):
        m.end = site.end()
    if m.value == "past" and doc.norm[max(0, m.start - 1) : m.start] == "?" and m.assertion is None:
        m.start, m.assertion = m.start - 1, "possible"
    if m.value == "past" and _SCAR.search(doc.norm, m.start, m.end) and not _OVER.search(re.split(r"[.;\n]", after)[0]):
        m.attributes["scar"] = m.attributes["imaging"] = True  # what a film shows is no history of treatment
    if (
        (_ELSEWHERE.search(before) and not _LUNG_TOO.search(before + doc.norm[m.start : m.end]))
        or _ELSEWHERE_NAMED.search(doc.norm, m.start, m.end)
        or re.match(
            r"\s?(?:lymph|adenitis|mening|pleuri|pericardi|peritoni|arthritis|osteomy|spond|spine|gland|vertebra|of (?:(?:the|an?|his|her|left|right|cervical|neck|lumbar|thoracic|dorsal|axillary|inguinal|mediastinal|hip)\s){0,3}(?:lymph|vertebra|pleura|pericard|periton|joint|hip|knee|eye|larynx|bowel|skin|neck|gland|node|spine|bone|kidney))",
            after,
            re.I,
        )
    ):
        m.attributes["extrapulmonary"] = True
    if m.value == "past" and m.assertion is None and _SCAR_ONLY.match(after) and not _OVER.search(after):
        m.assertion = "possible"
    if m.assertion is None and _UNLIKELY.match(doc.norm, m.end, end):
        m.assertion = "possible"
    if m.value == "unspecified" and _NO_ISSUE.match(doc.norm, m.end):
        m.assertion, m.attributes["vague"] = "absent", True  # of now, not of the history
    if m.value == "unspecified" and doc.norm[max(0, m.start - 5) : m.start].lower() == "anti-":
        m.start -= 5
    if m.value == "unspecified" and _SUSPECTED_AFTER.match(doc.norm, m.end, end):
        m.value = "active"
    if m.value == "unspecified" and _is_bilirubin(doc, m):
        return False
    if m.value == "active" and _SMEAR.match(doc.norm, m.start) and _OVER.search(re.split(r"[.;]", after)[0]):
        m.value = "past"  # "smear +ve PTB 2015, completed treatment"
        return True
    if m.value != "unspecified" or m.assertion == "absent":
        return True
    if _ON_TREATMENT_BEFORE.search(doc.norm, max(start, m.start - 50), m.start) or _ON_TREATMENT_AFTER.match(after):
        m.value = "active"
        return True
    if _DRUGS.search(doc.norm, m.start, m.end):
        if _PLANNED_DRUGS.search(lead) and _EMPIRICAL.search(lead[-30:]):
            m.value, m.assertion = "active", "hypothetical"
            return True
        if any(
            o is not m and o.value in ("active", "past", "latent", "unspecified") and start <= o.start < m.start
            for o in found
        ):
            return False
        m.value = (
            "past" if _OVER.search(after) or re.search(r"complet\w+|finished|full course", before, re.I) else "active"
        )
    elif (
        _OVER.search(re.split(r"[.;]", after)[0]) or re.search(r"treated for\s?$", before, re.I) or _COURSE.search(lead)
    ):
        m.value = "past"
    return True


_PUT_RIGHT = re.compile(
    r"\b(?:correct(?:ed|ion)(?!\s(?:calcium|ca\b))|amended|erratum|addendum|wrong(?:ly)?|in error|mistake\w*|mix(?:ed)?[\s-]?up)\b",
    re.I,
)
_NOT_HIS = re.compile(
    r"\b(?:no|never (?:had|been treated for))\s(?:(?:history of|evidence of|previous|prior|known)\s)?$", re.I
)
_CORRECTED_WITHIN = 200


def _take_back(doc: Document, found: list[Mention]) -> None:
    """Disease that a correction behind it denies is none: "Note of April says old TB. Corrected 8 May: films mixed up. No TB"; in place."""
    for m, denied in pairwise(sorted(found, key=lambda m: m.start)):
        if (
            m.value in ("active", "past", "unspecified")
            and m.assertion in (None, "present")
            and (denied.assertion == "absent" or _NOT_HIS.search(doc.norm, max(0, denied.start - 30), denied.start))
            and denied.start - m.end < _CORRECTED_WITHIN
            and _PUT_RIGHT.search(doc.norm, m.end, denied.start)
            and "\n\n" not in doc.norm[m.end : denied.start]
        ):
            m.assertion = "hypothetical"


_LATER_SIZE = re.compile(
    r"(?:(?!\b(?:node|nodule|lesion|mass|tumou?r|ct|mri)\b)[^.\n]){0,30}[;,:]\s(?:(?!\b(?:node|nodule|lesion|mass|tumou?r|ct|mri)\b)[^.\n\d]|(?:19|20)\d\d){0,30}?(?<!\d)(?P<mm>\d{1,2})\s?mm\b",
    re.I,
)
"""Millimetres of a later skin test: "PPD negative 2018; 16 mm on 6 May"."""


def _repeats(doc: Document, found: list[Mention]) -> list[Mention]:
    """Further results of a test for tuberculosis, each with its day: "Quantiferon 2022 negative, 7 May 2026 negative"."""
    more = []
    for m in found:
        if m.value != "test" or m.assertion != "present":
            continue
        limit = min([o.start for o in found if o.start >= m.end] + [doc.line_at(m.start).end])
        series = read_repeats(doc, m.end, limit, Result(m.end, m.end, m.result), None)
        for d in series[1:]:
            further = Mention(
                d.result.start, d.result.end, "TB", "test", m.rule, result=d.result.result, assertion="present"
            )
            further.attributes.update(m.attributes)
            set_day(doc, further, d)
            more.append(further)
        if series:
            set_day(doc, m, series[0])
        elif (size := _LATER_SIZE.match(doc.norm, m.end, limit)) is not None and m.attributes[
            "kind"
        ] == "blood or skin":
            m.attributes["superseded"] = True
            result = "positive" if int(size["mm"]) >= 10 else "negative"
            further = Mention(size.start("mm"), size.end(), "TB", "test", m.rule, result=result, assertion="present")
            further.attributes.update({k: v for k, v in m.attributes.items() if k != "superseded"})
            more.append(further)
    return more


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    found = resolve_overlaps([as_mention(rule, m) for rule, m in hits])
    found = [m for m in found if not _heads_a_test(doc, m, found)]
    found = [m for m in found if m.rule != "tuberculosis.never_active" or _near_tuberculosis(doc, m)]
    imaging: Imaging | None = None
    for m in found:
        _, limit = doc.segment_at(m.start)
        if m.value == "past":
            imaging = imaging or Imaging(doc)
            m.attributes["imaging"] = imaging.source == "report" or bool(imaging.at(m.start))
        if m.value == "test":
            m.attributes["kind"] = "blood or skin" if _BLOOD_OR_SKIN.search(doc.norm, m.start, m.end) else "sputum"
            if _CLEAR_CHEST.search(doc.norm, max(0, m.start - 80), min(len(doc.norm), m.end + 120)):
                m.attributes["clear_imaging"] = True
            r = read_result(doc.norm, m.end, min(limit, m.end + 60), False)
            size = _INDURATION.match(doc.norm, m.end, limit)
            led = _LED.search(doc.norm, max(0, m.start - 12), m.start)
            if led is not None:
                m.start, m.result, m.assertion = (
                    led.start(),
                    "negative" if led[1].lower().startswith("n") else "positive",
                    "present",
                )
            elif size is not None and m.attributes["kind"] == "blood or skin" and not 5 <= int(size[1]) < 10:
                m.end, m.result, m.assertion = size.end(), "positive" if int(size[1]) >= 10 else "negative", "present"
            elif r is not None:
                m.end, m.result, m.assertion = r.end, r.result, "present"
            elif (wait := pending(doc.norm, m.end, limit)) is not None:
                m.assertion, m.cue = "hypothetical", wait
                if re.search(r"request|declin|refus|offer|consent", doc.norm[slice(*wait)], re.I) is None:
                    m.end = wait[1]
            else:
                m.assertion = (
                    None
                    if re.search(r"\b(?:no|not|never)\b", doc.norm[max(0, m.start - 20) : m.start], re.I)
                    else "hypothetical"
                )
                times = _TIMES.search(doc.norm, m.start, m.end)
                m.end = times.start() if times is not None else m.end
            if m.result == "positive" and m.attributes["kind"] == "sputum" and _proven_in_lung(doc, m, limit):
                m.attributes["proven"] = True
        elif m.rule.endswith("active") and re.match(r"(?:tro|r/o|rule out|exclude)", doc.norm[m.start : m.end], re.I):
            m.assertion = "hypothetical"
        elif (
            m.rule.endswith("active")
            and doc.norm[m.start] in "?qQsSpP"
            and re.match(r"\?|query|suspect|possible", doc.norm[m.start : m.end], re.I)
        ):
            m.assertion = "possible"
        elif m.value == "exposure" and doc.category_at(m.start) not in ("criteria", "education", "plan"):
            start, _ = doc.segment_at(m.start)
            m.assertion = "absent" if _DENIED.search(doc.norm, max(start, m.start - 60), m.start) else m.assertion
            if m.assertion is None and _FROM_RELATIVE.match(doc.norm, m.end):
                m.assertion = "present"
        elif (
            m.rule == "tuberculosis.never_active"
            or re.match(r"never|no known|pas d", doc.norm[m.start : m.end], re.I)
            or re.search(
                r"(?::\s?(?:never|nil|no|none)|\snever (?:been )?(?:diagnosed|found|contracted)|\s(?:nil|never|none|neg|negative|-ve))$",
                doc.norm[m.start : m.end],
                re.I,
            )
        ):
            m.assertion = "absent"
    found.extend(_repeats(doc, found))
    kept = [m for m in found if _kind(doc, m, found)]
    _take_back(doc, kept)
    return [*kept, *_relatives(doc, kept)]


FAMILY = Family("tuberculosis", load_rules("tuberculosis.yaml"), _find)
