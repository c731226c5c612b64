"""Decides assertion and temporality of mentions: cues of the sentence, then section and block.

Order of strength: trial criteria text and family before plans, plans before negation, negation before doubt
(GUIDELINE section 2; domain.md section 4). A family of facts that already knows (a test with a result) is left alone.
"""

from __future__ import annotations

import re
from functools import lru_cache

from critex.extract.context import Reach, reaching
from critex.extract.corrections import take_back
from critex.extract.document import Document
from critex.extract.forms import answer_after, box_before, box_of, boxes_trail, said_by_box
from critex.extract.mention import Mention
from critex.extract.scan import Landmark
from critex.extract.subject import told_of_another

_SECTION_ASSERTION = {
    "family": "family",
    "criteria": "hypothetical",
    "education": "hypothetical",
    "literature": "hypothetical",
}
_SECTION_DEFAULT = {"plan": "hypothetical", "indication": "hypothetical"}
"""Sections that make a mention hypothetical only where the sentence says nothing else; which labels: ``_PLAN_LABELS``."""
_PLAN_LABELS = frozenset({"TREATMENT", "SURGERY"})
_DISEASES = frozenset({"HEPATITIS", "HIV", "TB", "METASTASIS", "MALIGNANCY", "AUTOIMMUNE", "LUNG_DISEASE"})
_SIGNED = _DISEASES | {"HEART_DISEASE", "HYPERTENSION", "ANGINA", "INFARCTION", "HEART_FAILURE", "ARRHYTHMIA"}
_MINUS_BEFORE = re.compile(r"(?:^|[\n,.;]\s?)\(\s?-\s?\)\s?$")
"""A sign that leads an item of a list: "(+) HPN, (-) DM, (-) heart disease"."""
_TICKED_LABELS = frozenset({"RESPONSE"})
_ASKS = re.compile(
    r"\b(?:(?:inclusion|exclusion|eligibility|entry) (?:needs|requires|asks(?: for)?|wants|demands|calls for|excludes|says|lists)|(?:list of |the )?rules|requirements|(?:inclusion|exclusion|eligibility|entry|trial|study|protocol|key|main|these|their)(?: \w+)? (?:criteria|rules?|limits?|requirements?|list)|"
    r"(?:trial|study|protocol|sponsor)(?: \w+)? \(?(?:says|asks(?: for)?|needs|wants|requires|demands|calls for|excludes|allows|lists)|(?:template|form|sheet|check-?list|proforma|flyer|leaflet|poster) (?:still )?(?:says|asks(?: for)?|states|reads|lists|wants)|per (?:their|the|its|trial|study)(?: \w+)? (?:sheet|protocol|list|criteria|flyer|leaflet|synopsis)|(?:trial|study) (?:leaflet|flyer|poster|sheet|synopsis)(?=\s?:)|(?:pts|patients|subjects|participants|candidates) (?:must|should|need to|have to)(?: be| have)?|(?:in|not )?eligible (?:only )?if|criteria (?:per|from|of)(?: \w+)+(?=\s?:)|for (?:trial |study )?entry(?=\s?:)|from (?:the )?(?:(?:trial|study) )?protocol(?=(?:,? not (?:pt|patient)\b[^:\n]{0,20})?\s?:))\b(?:[^.;:\n]{0,30}:)?",
    re.I,
)
_QUOTED_RULE = re.compile(
    r"(?:\b(?:trial|study|protocol)\s?\(\"|\b(?:needs|wants|requires|asks for)\s\"?(?:age|ECOG|PS|KPS|Hb|HIV|HBV|no)\b)[^\"().;\n]*$",
    re.I,
)
"""What a trial asks for, quoted or listed: 'not for the trial ("HIV -ve, no history of TB")', "wants age 18-70, ECOG 0-1"."""
_ANSWERED = re.compile(
    r"\b(?:met|satisf\w+|fulfil\w*|ok|his|hers|her|he|she|pt|patient|today|currently|has|had|is|was|yes|checked|screened)\b|\[[xX ]\]|[☑☒✓✔☐]",
    re.I,
)
_BULLET = re.compile(r"\s*[-*]\s+")
_ASKABLE = frozenset(
    {
        "ECOG",
        "KPS",
        "STAGE",
        "HEPATITIS",
        "HIV",
        "TB",
        "METASTASIS",
        "HISTOLOGY",
        "RESPONSE",
        "AUTOIMMUNE",
        "LUNG_DISEASE",
        "MALIGNANCY",
        "SURGERY",
        "WOUND",
        "MEASURABLE",
        "SURVIVAL",
        "PREGNANCY",
        "ALLERGY",
        "HYPERTENSION",
        "HEART_DISEASE",
        "HEART_FAILURE",
        "INFARCTION",
        "ANGINA",
        "ARRHYTHMIA",
        "ANTICOAGULANT",
    }
)
_RANK = ("family", "hypothetical", "absent", "possible")


def decide(doc: Document, mentions: list[Mention]) -> None:
    """Set ``assertion``, ``temporality``, ``section`` and ``cue`` of mentions that have none, in place."""
    by_segment: dict[int, list[Mention]] = {}
    quoted = _quoted_criteria(doc.norm)
    for m in mentions:
        if quoted and m.assertion != "family" and any(a <= m.start and m.end <= b + 1 for a, b in quoted):
            m.assertion = "hypothetical"
        if m.section is None:
            m.section = doc.category_at(m.start)
        if m.section == "family" and _patient_again(doc, m.start):
            m.section = None
        if m.section == "literature" and m.assertion != "family":
            m.assertion = "hypothetical"  # of other patients
        if m.assertion in (None, "present") and m.label in _DISEASES and told_of_another(doc, m.start):
            m.assertion = "family"
        by_segment.setdefault(doc.segment_index(m.start), []).append(m)
    for index, group in by_segment.items():
        start, end = doc.segments[index]
        for m in group:
            if m.label in _TICKED_LABELS:
                _from_box(doc, m)
            if (
                m.assertion in (None, "present", "absent", "possible")
                and (_under_trial_number(doc, m) or _quoted_rule(doc, m))
            ) or (
                (m.label in _ASKABLE or (m.label == "LAB" and m.comparator))
                and m.assertion not in ("family", "hypothetical")
                and _asked_for(doc, m)
            ):
                m.assertion = "hypothetical"
        open_ = [m for m in group if m.assertion is None or m.temporality is None]
        if not open_:
            continue
        if (bullet := _BULLET.match(doc.norm, start, end)) is not None:
            start = bullet.end()  # the dash of a list is not that of "NPC - father"
        reach = reaching(doc.norm[start:end], start, [(m.start, m.end, m.label) for m in open_])
        for m, cues in zip(open_, reach, strict=True):
            if m.assertion is None:
                if m.label in _SIGNED and _MINUS_BEFORE.search(doc.norm, max(start, m.start - 8), m.start):
                    m.assertion = "absent"
                else:
                    _from_form(doc, m)
            _decide_one(doc.norm, m, cues)
    take_back(doc, mentions)
    _widen(doc, mentions)


_NEGATED = re.compile(
    r"\b(?:no|never)\s(?:(?:had|been treated for|known|past|previous|prior|current|evidence (?:of|for)|signs? of|features of|lesions? of|(?:past |known )?(?:h/o|hx(?: of)?|history of))\s){0,2}$",
    re.I,
)
_DOUBT_BEHIND = re.compile(
    r"\s(?:(?:can\s?not|could not|can't|need(?:s|ed)? to) be (?:excluded|ruled out)|not (?:yet )?(?:excluded|ruled out)|(?:is |was )?(?:still possible|considered))\b",
    re.I,
)


def _widen(doc: Document, mentions: list[Mention]) -> None:
    """Take the words that deny or doubt into the spans of tuberculosis and hepatitis, where they stand right beside: "no active TB", "PTB not excluded"."""
    for m in mentions:
        if m.label not in ("TB", "HEPATITIS") or m.value in _MARKERS:
            continue
        if m.assertion in ("absent", "hypothetical"):
            start, _ = doc.segment_at(m.start)
            no = _NEGATED.search(doc.norm, max(start, m.start - 48), m.start)
            if no is not None and not any(
                o is not m and o.label == m.label and no.start() < o.end and o.start < m.start for o in mentions
            ):
                m.start = no.start()
        if (
            m.label == "TB"
            and m.assertion in ("possible", "hypothetical")
            and (doubt := _DOUBT_BEHIND.match(doc.norm, m.end)) is not None
        ):
            m.end = doubt.end()


_MARKERS = frozenset({"test", "latent", "hbsag", "hbsab", "hbeag", "hbeab", "hbcab", "hbv_dna", "anti_hcv", "hcv_rna"})


_PATIENT_AGAIN = re.compile(
    r"(?:[;.]\s|,\s|\n)(?:pt|patient|he|she)\s(?:was |is |has (?:been |had )?|had |himself |herself )?(?:screened|tested|checked|well|denies|has|had|is|was|never|himself|herself)\b",
    re.I,
)


def _patient_again(doc: Document, position: int) -> bool:
    """Whether a family section has turned back to the patient: "wife on HRZE; pt screened 10/4, no prior TB"."""
    section = doc.section_at(position)
    if section is None:
        return False
    back = None
    for back in _PATIENT_AGAIN.finditer(doc.norm, section.start, position):  # noqa: B007 - the last counts
        pass
    return back is not None and not re.search(
        r"\b(?:mother|father|brother|sister|wife|husband|son|daughter|uncle|aunt)\b",
        doc.norm[back.end() : position],
        re.I,
    )


_QUOTED = re.compile(r'"(?P<in>[^"\n]{6,400})"')
_LIMIT = re.compile(
    r"(?:>=|<=|>|<|≥|≤)\s?\d|\b(?:ECOG|PS|WHO)\s(?:PS\s)?0\s?(?:-|or|to)\s?1\b|\bage[ds]?\s\d\d\s?(?:-|to)\s?\d\d|\b(?:no|not|without)\s(?:\w+\s){0,3}(?:within|in the last)\s|\b(?:no|without)\s(?:active|prior|previous|known|history|hx|h/o|symptomatic)\b",
    re.I,
)
_QUOTES_RULES = re.compile(
    r"\b(?:trial|study|protocol|sponsor|criteri\w+|eligib\w*|list|sheet|flyer|leaflet|pasted|copied|needs?|wants?|asks?|requires?|demands?|limits?|conform|rules?|inclusion|exclusion|screening|candidate)\b|入选|排除标准",
    re.I,
)


_NEEDS = re.compile(r"\s?(?:needs?|requires?|must (?:have|be)|wants?)\b", re.I)


@lru_cache(maxsize=4)
def _quoted_criteria(norm: str) -> tuple[tuple[int, int], ...]:
    """Stretches in double quotes that cite a trial's rules: the study's list says "Hb >= 9 g/dL, no major surgery within 4 weeks"."""
    found = []
    for m in _QUOTED.finditer(norm):
        limits = len(_LIMIT.findall(m["in"]))
        if (
            _NEEDS.match(m["in"])
            or limits >= 2
            or (limits and _QUOTES_RULES.search(norm, max(0, m.start() - 90), m.start()))
        ):
            found.append(m.span("in"))
    return tuple(found)


_RULES = re.compile(
    r"criteri|synopsis|\b(?:key|main) (?:in|ex)clusion|protocol|\b(?:not|no) (?:pt|patient)|\b(?:copied|pasted|quoted)\b|标准|標準",
    re.I,
)
_SEROLOGY = frozenset({"HEPATITIS", "HIV", "TB"})


def _quoted_rule(doc: Document, m: Mention) -> bool:
    """Whether a test stands among a trial's criteria, written out and not answered: "Exclusion criteria: HBsAg negative ... HIV negative".

    A day, a box, an answer or a measured number on the line makes it the patient's.
    """
    section = doc.section_at(m.start) if m.label in _SEROLOGY and m.assertion != "family" else None
    if section is None or section.category != "criteria":
        return False
    title = doc.norm[section.title_start : section.title_end]
    if not _RULES.search(title) or re.search(r"\b(?:checked|reviewed|screened|met|fulfil\w*|result\w*)\b", title, re.I):
        return False
    line = doc.line_at(m.start)
    start = max(line.start, section.title_end)
    return not (
        (m.number is not None and m.comparator is None)
        or box_of(doc.norm, m.start, m.end, line.start, line.end) is not None
        or doc.dates_between(start, line.end)
        or _ANSWERED.search(doc.norm, start, line.end)
    )


_TRIAL_LIST = re.compile(
    r"(?:NCT\d{8}\)?\s?(?:eligibility|criteria|rules|asks(?: for)?|needs|requires|wants)?|(?:^|[.;]\s)(?:trial|protocol|sponsor))\s?:",
    re.I,
)


_TRIAL_LISTS = Landmark(_TRIAL_LIST)
_ASKING = Landmark(_ASKS)
LANDMARKS = (_TRIAL_LISTS, _ASKING)


def _under_trial_number(doc: Document, m: Mention) -> bool:
    """Whether a mention stands in a list that a trial's number heads: "NCT07235319: age 18-70, ECOG 0-1, no autoimmune disease"."""
    if not doc.holds(_TRIAL_LISTS):
        return False
    line = doc.line_at(m.start)
    lead = _TRIAL_LIST.search(doc.norm, line.start, m.start)
    if lead is None:
        return False
    end = line.end if "NCT" in lead.group().upper() else doc.segment_at(m.start)[1]
    return not _ANSWERED.search(doc.norm, lead.end(), end)


def _asked_for(doc: Document, m: Mention) -> bool:
    """Whether a mention stands in a list of what a trial asks for: "rules on the wall: PS 0-1, no active TB", "trial needs HBsAg negative"."""
    start, _ = doc.segment_at(m.start)
    if _QUOTED_RULE.search(doc.norm, max(start, m.start - 120), m.start):
        return True
    lead = _ASKS.search(doc.norm, start, m.start) if doc.holds(_ASKING) else None
    return lead is not None and not _ANSWERED.search(doc.norm, lead.end(), m.start)


def _from_box(doc: Document, m: Mention) -> None:
    """A box beside a mention decides it, whatever its family thought."""
    line = doc.line_at(m.start)
    if (
        not boxes_trail(doc.norm, line.start, line.end)
        and (box := box_before(doc.norm, m.start, line.start)) is not None
    ):
        m.assertion = "present" if box == "ticked" else "absent"


def _from_form(doc: Document, m: Mention) -> None:
    """Answer of a form: "ILD: nil", "[x] TB", "MI within 6 months  [ ] Y  [x] N"; in a form that was filled in, an empty box is a negative."""
    line = doc.line_at(m.start)
    said = said_by_box(doc.norm, m.start, m.end, line.start, line.end)
    if said is not None:
        m.assertion = said
        return
    answer = answer_after(doc.norm, m.end, line.end)
    if answer is not None:
        m.assertion = "absent" if answer[0] == "no" else "present"
        m.cue = (answer[1], answer[2])


def _decide_one(norm: str, m: Mention, cues: list[Reach]) -> None:
    by_category: dict[str, Reach] = {}
    for cue in cues:
        best = by_category.get(cue.category)
        if best is None or _distance(cue, m) < _distance(best, m):
            by_category[cue.category] = cue
    if m.assertion is None:
        fixed = _SECTION_ASSERTION.get(m.section or "")
        if fixed:
            m.assertion = fixed
        else:
            for category in _RANK:
                if category in by_category:
                    m.assertion, m.cue = category, (by_category[category].start, by_category[category].end)
                    break
            else:
                m.assertion = _SECTION_DEFAULT.get(m.section or "", "present") if m.label in _PLAN_LABELS else "present"
    if m.temporality is None:
        past = by_category.get("past")
        if past is not None and m.label == "LAB" and "," in norm[min(past.end, m.end) : max(past.start, m.start)]:
            past = None  # "warfarin for the old DVT, INR 2.4": a result of now
        m.temporality = "current" if past is None else "past"


def _distance(cue: Reach, m: Mention) -> int:
    return max(cue.start - m.end, m.start - cue.end, 0)
