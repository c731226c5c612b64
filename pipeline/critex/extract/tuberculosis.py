"""Tuberculosis: active, latent, past, exposure and tests (GUIDELINE E06)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits, as_mention, resolve_overlaps
from critex.extract.imaging import Imaging
from critex.extract.mention import Mention
from critex.extract.patterns import load_rules
from critex.extract.serology import pending, read_result

_LED = re.compile(r"(\b(?:positive|negative|pos|neg)\s|(?<![\w+])\+\s?)$", re.I)
_BLOOD_OR_SKIN = re.compile(r"igra|quantiferon|qft|spot|mantoux|tst|ppd|tuberculin|结核菌素|干扰素", re.I)
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
    r"[^.;\n]{0,70}?\b(?:on (?:ATT|HRZE|HR\b|anti-?TB|treatment)|on (?:month|mth|week|day) \d{1,2} of|started (?:on )?(?:ATT|HRZE|anti-?TB))\b(?![^.;]{0,25}(?:complet|stopp))",
    re.I,
)
_SUSPECTED_AFTER = re.compile(
    r"\s?(?:(?:needs?|has|ought|still|yet)\s)?(?:to be (?:excluded|ruled out)|cannot be (?:excluded|ruled out)|(?:still |remains? |is )(?:possible|suspected)|relapse|reactivation|recurrence)\b",
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
_OVER = re.compile(
    r"complet\w+|finished|treated|cured|^[\s(,:-]{0,3}(?:in|since|dx|diagnosed|around)?\s?(?:19|20)\d\d|years? ago|as a (?:child|teen\w*)|childhood|previous\w*|past\b|full course",
    re.I,
)
_ELSEWHERE = re.compile(
    r"gland\w*|node|nodal|lymph\w*|cervical|renal|kidney|spin\w+|bone|mening\w+|abdom\w+|intestin\w+|skin|cutaneous|genito\w+|pott|tuberculoma|scrofula",
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
    return bool(_TB_WORDS.search(doc.norm, max(0, m.start - 160), m.start))


_SMEAR = re.compile(r"smear|sputum", re.I)


def _is_bilirubin(doc: Document, m: Mention) -> bool:
    """Whether "TB 14" stands in a liver panel: total bilirubin."""
    if doc.norm[m.start : m.end] != "TB" or not re.match(
        r"\s?[:=]?\s?\d{1,3}(?:\.\d)?\b(?!\s?(?:years|yrs|/))", doc.norm[m.end : m.end + 14]
    ):
        return False
    return bool(_LIVER_PANEL.search(doc.norm, max(0, m.start - 60), min(len(doc.norm), m.end + 60)))


def _kind(doc: Document, m: Mention, found: list[Mention]) -> bool:
    """Settle what a bare name says: treatment now or over, in the lung or elsewhere. False where the mention only repeats its neighbour."""
    start, end = doc.segment_at(m.start)
    after, before = doc.norm[m.end : min(end, m.end + 70)], doc.norm[max(start, m.start - 25) : m.start]
    if (
        _ELSEWHERE.search(before)
        or "tuberculoma" in doc.norm[m.start : m.end].lower()
        or re.match(
            r"\s?(?:lymph|adenitis|mening|spond|spine|gland|of (?:the )?(?:neck|gland|node|spine|bone|kidney))",
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
        if any(
            o is not m and o.value in ("active", "past", "latent", "unspecified") and start <= o.start < m.start
            for o in found
        ):
            return False
        m.value = (
            "past" if _OVER.search(after) or re.search(r"complet\w+|finished|full course", before, re.I) else "active"
        )
    elif _OVER.search(re.split(r"[.;]", after)[0]) or re.search(r"treated for\s?$", before, re.I):
        m.value = "past"
    return True


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
            else:
                m.assertion = (
                    None
                    if re.search(r"\b(?:no|not|never)\b", doc.norm[max(0, m.start - 20) : m.start], re.I)
                    else "hypothetical"
                )
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
            or re.match(r"never|no known", doc.norm[m.start : m.end], re.I)
            or re.search(
                r"(?::\s?(?:never|nil|no|none)|\s(?:nil|never|none|neg|negative|-ve))$", doc.norm[m.start : m.end], re.I
            )
        ):
            m.assertion = "absent"
    return [m for m in found if _kind(doc, m, found)]


FAMILY = Family("tuberculosis", load_rules("tuberculosis.yaml"), _find)
