"""Treatment of cancer: which, for which disease, and whether it was given (GUIDELINE I05, E01, E02; domain.md I5, E1, E2).

Given is ``present`` (temporality tells whether it goes on), planned, offered or discussed is ``hypothetical``, refused or never given is
``absent``. What nothing around it decides stays ``possible``: it is shown, but no verdict rests on it.
"""

from __future__ import annotations

import re
from functools import cache

from critex.extract.document import Document
from critex.extract.family import FamilyHits, as_mention, family, resolve_overlaps
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_yaml
from critex.extract.scan import Landmark
from critex.extract.treatment_context import disease_of, is_other_patients, is_refused, is_study, status_of

_NONE_NEGATED = re.compile(r"\b(?:not|no longer|isn't|is not|if)\s+$", FLAGS)
_NOT_NONE_AFTER = re.compile(r"[\s-]{1,2}(?:since|limit\w*|delay\w*|related|chang\w+|required|needed|indicated|option\w*|plan\w*|effects?|response|arms?|today|available|(?-i:may)|can|will|and \w+ (?:hypertension|diabetes|pain)|hypertension|diabetes|pain|HTN|HIV|TB|hep\w*)\b", FLAGS)  # fmt: skip
_SINCE = re.compile(r"\b(?:since then|thereafter|afterwards|after that|otherwise)\b[^.;]{0,12}$", FLAGS)
_FOR = re.compile(r"\s+for\s+(.{1,40})", FLAGS)
_FOR_CANCER = re.compile(
    r"(?:it|this|that|the same)\b(?! (?:pain|relapse|recurrence))|(?:(?:the|this|his|her|their) )?(?:NPC|cancer|tumou?r|malignan\w+|carcinoma|disease|nasoph\w+|condition)\b",
    FLAGS,
)
_NPC = re.compile(r"\bNPC\b|nasophar\w*|cancer|carcinoma|metasta|\bM1|de novo|newly diag|tumou?r|鼻咽", FLAGS)
_RULES_OF_TRIAL = re.compile(
    r"\b(?:eligib\w*|protocol (?:asks|requires|says|wants)|criteri\w+|must (?:be|have)|trial (?:asks|requires|is for|wants|needs|excludes|does not allow)|NCT\d{8}|requires?|requiring|study (?:requires|is for|asks)|"
    r"inclusion|exclusion|for patients|patients (?:who|with|must)|their list|first[\s-]line for)\b[^.;\n]{0,60}$",
    FLAGS,
)
_COMORBIDITY = re.compile(
    r"\b(?:TB|LTBI|tubercul\w+|hep(?:atitis)?\b[\s-]?[ABC]?|HBV|HCV|HIV|hypertension|HTN?|HPT|diabetes|T?[12]?DM|gout|asthma|COPD|hypothyroid\w*|thyroid\w*|psoriasis|lupus|SLE|pain|"
    r"infection|UTI|an[ae]+mia|cholesterol|hyperlipid\w+|OSA|glaucoma|cataract|depression|anxiety|BPH|migraine|eczema|IGRA|quantiferon|PPD|Mantoux|syphilis|cyst|fibroids?|osteopor\w+|arthritis|stones?|rhinitis)\b",
    FLAGS,
)
_ANY_CANCER = re.compile(
    r"of any (?:kind|sort|type)|any cancer|any malignan|\bever\b|any tumou?r|any (?:other |prior |previous )?(?:anti-?\s?(?:cancer|tumou?r)|oncolog\w+)",
    FLAGS,
)
_OWN_CANCER = re.compile(
    r"anti-?\s?(?:cancer|tumou?r|neoplas)|cancer|tumou?r|oncolog|NPC|na[iï]ve|初治|肿瘤|for (?:it|this)\b|nothing",
    FLAGS,
)
_ONCOLOGY = re.compile(
    r"cancer|carcinoma|tumou?r|malignan|neoplas|metasta|oncolog|nasophar|chemo|\b(?:NPC|NKC|mets|M1|PD-?1|immunotherapy|Ca)\b|na[iï]ve|systemic therapy|\bonc\b|肿瘤|癌|初治",
    FLAGS,
)
_SPEAKS_OF_CANCER = Landmark(_ONCOLOGY)
LANDMARKS = (_SPEAKS_OF_CANCER,)
_CYCLES = re.compile(
    r"\s?(?:x|×|\*)\s?(\d{1,2})\b(?!\s?(?:mg|/52|/12|Gy))|\s?(\d{1,2})\s?(?:cycles?|courses?|doses?|#(?!\d)|程|周期)",
    FLAGS,
)
_ONGOING = re.compile(r"\b(?:currently|now|today|ongoing|continu\w+|on (?:cycle|C\d)|in progress|C\dD\d)\b", FLAGS)
_GENERIC = re.compile(
    r"(?:mab|stobart|platin|bine|taxel|tinib|rubicin|mycin|fosfamide|phosphamide|uracil|trexed|poside|tecan|mide|zole|oxifen|relin|stane|star)$"
)
_DRUG_CLASSES = frozenset({"pd1", "pdl1", "ctla4", "chemo", "targeted", "hormone"})


def find(doc: Document, hits: FamilyHits) -> list[Mention]:
    """Mentions of treatments, with what was done about them."""
    found = resolve_overlaps([as_mention(rule, m) for rule, m in hits])
    spans = [
        (m.start, m.end)
        for m in found
        if m.rule not in ("treatments.naive", "treatments.treated", "treatments.asked", "treatments.asked_systemic")
    ]
    denials = [(m.start, m.end) for m in found if m.rule.startswith("treatments.none")]
    kept = []
    for m in found:
        if m.rule.startswith("treatments.none"):
            if _read_none(doc, m):
                kept.append(m)
            continue
        _read(doc, m, spans, denials)
        if m.rule.startswith("treatments.asked") and m.assertion != "absent":
            continue  # a question without an answer
        kept.append(m)
    return kept


def _read_none(doc: Document, m: Mention) -> bool:
    """Complete "no treatment so far"; ``False`` where it is about another disease, a relapse, or says the opposite."""
    norm = doc.norm
    start, end = doc.segment_at(m.start)
    before, words, after = norm[start : m.start], norm[m.start : m.end], norm[m.end : end]
    if _NONE_NEGATED.search(before) or not doc.holds(_SPEAKS_OF_CANCER):
        return False
    if (
        _NOT_NONE_AFTER.match(after)
        or _SINCE.search(before)
        or ((for_what := _FOR.match(after)) and not _FOR_CANCER.match(for_what[1]))
    ):
        return False
    disease = disease_of(doc, m.start, m.end)
    if not _OWN_CANCER.search(words):
        if _COMORBIDITY.search(before) or doc.category_at(m.start) in ("allergies", "social", "exam", "labs"):
            return False
        if m.rule == "treatments.none_untreated" and not (
            _NPC.search(norm, start, end) or words.lower().startswith(("previously", "hitherto"))
        ):
            return False
    if doc.category_at(m.start) in ("criteria", "family", "education") or _RULES_OF_TRIAL.search(before):
        m.assertion = "hypothetical"
    is_this = re.search(r"this|npc|nasoph|初治|na[iï]ve", words, FLAGS) is not None
    m.attributes["disease"] = "other" if disease == "other" and not is_this else "npc"
    if "systemic" in words.lower() and not _RADIO.search(words):
        m.value = "systemic"
    if _ANY_CANCER.search(norm, m.start, min(end, m.end + 25)):
        m.attributes["scope"] = "any_cancer"
    elif m.attributes["disease"] == "other":
        m.attributes["scope"] = "other"
    m.temporality = "current"
    return True


_AND_ALIKE = re.compile(r"[^.;\n]{0,60}?\b(?:or|nor|and)\s(?:(?:any|some)(?:thing)?\s)?(?:the like|similar|comparable|like (?:it|that|them)|(?:other|another) (?:of (?:that|this) kind|checkpoint|PD-?L?1|immun\w+))", FLAGS)  # fmt: skip
_PALLIATIVE = re.compile(r"\bpalliative\b", FLAGS)
_COMFORT = re.compile(
    r"\b(?:goals?(?: of care)?\s?:|comfort|hospice|best supportive|(?-i:BSC|DNR|DNACPR)\b|ceiling of care|palliative (?:approach|intent))",
    FLAGS,
)
_OPENS_DENIAL = re.compile(
    r"\s*(?:no|nil|never (?:had|received)|denies(?: any)?)\s(?:any\s)?(?:previous|prior|past|earlier|history of)?\s?(?:[\w-]+(?:,| or| and|/)\s?)*$",
    FLAGS,
)
"""A sentence that begins with a denial has no disease but the one it names itself."""
_EVER = re.compile(r"\b(?:prior|previous\w*|never|past|before|received|had)\b", FLAGS)
_THIS_PATIENT = re.compile(r"\bthis (?:pt|patient)\b[^.;]{0,30}$", re.I)
"""Behind these words a correction ("belongs to another patient") has turned to the patient."""


def _read(doc: Document, m: Mention, spans: list[tuple[int, int]], denials: list[tuple[int, int]]) -> None:
    norm = doc.norm
    words = norm[m.start : m.end]
    if m.attributes.get("class") in _DRUG_CLASSES:
        drug = drug_name(words)
        if drug:
            m.attributes["drug"] = drug
    if m.attributes.get("disease") is None:
        palliative = _PALLIATIVE.search(norm, max(0, m.start - 14), m.end)  # of the cancer that has spread: this one
        m.attributes["disease"] = disease_of(doc, m.start, m.end) or ("npc" if palliative else "unknown")
    if cycles := _CYCLES.match(norm, m.end, min(len(norm), m.end + 14)):
        m.attributes["cycles"] = int(cycles[1] or cycles[2])
    category = doc.category_at(m.start)
    if is_other_patients(doc, m.start, m.end) and not _THIS_PATIENT.search(norm, doc.segment_at(m.start)[0], m.start):
        m.assertion = "absent"
        m.attributes["correction"] = True
    elif category not in ("family", "criteria", "education", "allergies"):
        m.assertion, is_weak = status_of(doc, m, spans, denials)
        if is_weak and m.assertion == "present":
            m.attributes["weak"] = True
    elif category == "allergies":
        m.assertion = "possible"
    if m.assertion in ("absent", "present", "possible") and _RULES_OF_TRIAL.search(
        norm, doc.segment_at(m.start)[0], m.start
    ):
        m.assertion = "hypothetical"
    if (
        m.assertion == "absent"
        and _COMFORT.search(norm, max(0, m.start - 90), m.start)
        and not _EVER.search(norm, max(0, m.start - 20), m.start)
    ):
        m.assertion = "hypothetical"  # "Goals: comfort. No RT, no chemo" is a decision, not a history
    if (
        m.assertion == "absent"
        and m.attributes["disease"] == "other"
        and _OPENS_DENIAL.match(norm, doc.segment_at(m.start)[0], m.start)
    ):
        m.attributes["disease"] = "unknown"  # "RA in the chart. No previous radiation": of anything
    if m.assertion == "absent" and m.attributes.get("drug") and _AND_ALIKE.match(norm, m.end):
        del m.attributes["drug"]  # "no pembro, nivo or the like": the whole class
    if m.assertion == "absent" and is_refused(doc, m):
        m.attributes["refused"] = True
    if m.assertion == "possible" and m.attributes.get("cycles") and is_study(doc, m.start, m.end):
        m.assertion = "present"  # "trial patient, PD-1 + GP x 4" counts what was given
    if m.assertion == "present":
        if is_study(doc, m.start, m.end):
            m.attributes["study"] = True
        start, end = doc.segment_at(m.start)
        m.temporality = "current" if _ONGOING.search(norm, start, end) else "past"
    elif m.assertion is not None:
        m.temporality = "current"


_RADIO = re.compile(r"\bradio|\bRT\b", re.I)


@cache
def _aliases() -> dict[str, str]:
    content = load_yaml("treatments.yaml")["drugs"]
    return {_key(str(form)): str(name) for name, forms in content.items() for form in [name, *forms]}


def _key(text: str) -> str:
    return re.sub(r"[\s-]+", "", text.lower())


def drug_name(words: str) -> str | None:
    """Generic name of a drug as written (brand, code, short form, Chinese); the word itself where no alias is known."""
    first = re.split(r"\s?[/+&]\s?|\sand\s", words)[0]
    key = _key(first)
    if key in _aliases():
        return _aliases()[key]
    return key if _GENERIC.search(key) else None


FAMILY = family("treatments", find)
