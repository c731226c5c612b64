"""General negatives: statements that cover what they do not name (GUIDELINE section 1; domain.md 2.4)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits, as_mention
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules
from critex.extract.subject import not_about_patient

_IMAGING = re.compile(
    r"\bct\b|\bmri?\b|\bpet\b|avid|\bsuv|scan|nodule|lesion|imag(?:e|ing)|radiol|x-?ray|\bcxr\b|\bus(?:g|s)?\b|echo|holter|\becg\b|\bekg\b|telemetry|monitor|biops|bloods?\b",
    FLAGS,
)
_REPORT = re.compile(r"\bct\b|\bmri?\b|\bpet\b|imag|radiol|scan|patholog|histolog|cytolog|laborator|\blabs?\b", FLAGS)
_HISTORY_BEFORE = re.compile(
    r"\b(?:pmhx?|past (?:medical )?(?:history|hx|health)|phx?|medical (?:history|hx)|background|b/g|co-?morbid\w*)\b[\s:=,-]{0,4}(?:[^\n.]{0,30},\s)?$",
    FLAGS,
)
_OPERATIONS = re.compile(
    r"(?:\b(?:psh|pshx|past surgical (?:history|hx)|surgical (?:history|hx)|surger(?:y|ies)|operations?|ops?)\s?[:=-][^;\n]*|(?:ectomy|otomy|plasty|c-section|surgery|operation)\b[\s,]{0,2}(?:in\s)?(?:(?:19|20)\d\d)?)[\s,.]{0,2}$",
    FLAGS,
)
_OF_THE_PAST = re.compile(r"\s(?:in (?:the |his |her )?past|previously|before)\b", FLAGS)
_EXAMINED = frozenset({"exam", "findings", "labs", "allergies", "medications", "social", "plan", "procedure"})


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    out = []
    for rule, m in hits:
        if _counts(doc, rule.id, m):
            mention = as_mention(rule, m)
            mention.assertion, mention.temporality = "present", "current"
            out.append(mention)
    return out


def _counts(doc: Document, rule: str, m: re.Match[str]) -> bool:
    """Whether a match speaks of the patient's history, not of a relative, a scan or another heading."""
    start = m.start()
    if not_about_patient(doc, start):
        return False
    if re.search(
        r"(?:fam(?:ily)?|social|surgical|birth|travel|sexual|drug)\s$", doc.norm[max(0, start - 9) : start], re.I
    ):
        return False  # "family medical history: none"
    line = doc.line_at(start)
    if rule in ("general.nothing_else", "general.heart_lung") and (
        _IMAGING.search(
            doc.norm,
            max(line.start if rule == "general.nothing_else" else doc.segment_at(start)[0], start - 160),
            start,
        )
        or _REPORT.search(doc.note_type)
    ):
        return False
    if rule == "general.nothing_else":
        of_operations = _OPERATIONS.search(
            doc.norm, max(line.start, start - 60), start
        )  # "appendicectomy 1998, none other"
        return of_operations is None and doc.category_at(start) not in _EXAMINED
    if rule == "general.healthy_in_history":
        return bool(_HISTORY_BEFORE.search(doc.norm, max(line.start, start - 60), start))
    if rule == "general.no_disease":
        if _OF_THE_PAST.match(doc.norm, m.end()):
            return True
        return not (
            doc.category_at(start) == "findings" or _IMAGING.search(doc.norm, max(line.start, start - 60), start)
        )
    return True


FAMILY = Family("general", load_rules("general.yaml"), _find)
