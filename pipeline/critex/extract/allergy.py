"""Allergies: to a study drug, to something else, or none known (GUIDELINE E14; domain.md E14)."""

from __future__ import annotations

import re

from critex.extract.assertion import decide
from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits, as_mention, resolve_overlaps
from critex.extract.forms import answer_after, box_after, box_before
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, expand, group_span, load_rules, load_yaml, macros
from critex.extract.subject import not_about_patient

_NO_REACTION = re.compile(
    r"\b(?:no|without|never|not|nil|denie[sd])\b(?:(?!\bbut\b)[^.;\n]){0,30}?(?:allerg|reaction|anaphyla|hypersens)|tolerat\w+",
    FLAGS,
)
_ONLY_POSSIBLE = re.compile(
    r"\?\s?$|possib\w+\s(?:\w+\s)?$|query\s$|suspect\w*\s(?:\w+\s)?$|label(?:l)?ed|uncertain", FLAGS
)
_ABBREVIATED = re.compile(r"(?-i:NKD?F?A|NDKA|NKMA|NKAD|NKDFA)\b")
_WARNED = re.compile(
    r"\brisks?\b|may cause|warn\w*|counsel\w*|explain\w*|test dose|premed\w*|\bif\b|prevent|prophyla", FLAGS
)
_WATCHED = re.compile(
    r"\b(?:(?:advi[sc]\w*|inform\w*|educat\w*|instruct\w*|told|taught|aware)\b(?: (?:patient|pt|her|him|family|staff|nurses?))?(?: (?:to|on|re|about|of|regarding|how to))*"
    r"|(?:observ\w*|monitor\w*|watch\w*|look\w*(?: out)?|vigilan\w+|alert) for|in case of|report|recogni[sz]e)"
    r"(?: (?:report|watch for|recogni[sz]e|look for|any|possible|potential|early|the|signs?|symptoms?|and|or|of|for|an?|severe))*\s$",
    FLAGS,
)
"""Advice on what to look out for."""
_CONSENT = re.compile(
    r"\b(?:consent\w*|(?:side|adverse) effects?|complications|toxicit(?:y|ies)|rarely|gone (?:through|over))\b[^.;\n]{0,120}$",
    FLAGS,
)
"""Words of a talk about what can happen."""
_UNFILLED = re.compile(
    r"(?:nil|none|no\b|not\b|nk|unknown|unrecorded|see\b|as (?:above|per|before)|tbc|pending|unable|reviewed|updated|checked|status|history|list\b|card\b|clinic|field|blank|section|record\w*|ask|to be|documented|confirmed|rhinitis|"
    r"conjunctivitis|denie|please|refer|available|verified|noted|yes\b|patient|pt\b|the\b|is\b|are\b|he\b|she\b)",
    FLAGS,
)
"""What stands after an allergy heading without naming a substance."""
_INTOLERANCE = re.compile(
    r"nausea|vomit\w*|diarrh\w*|intoleran\w*|upset|constipat\w*|tinnitus|neuropath\w*|renal|nephro\w*", FLAGS
)
_REACTION = re.compile(
    r"allerg\w+|anaphyla\w+|hypersensitiv\w+|wheez\w*|bronchospasm|urticaria|hives|throat swelling|facial swelling|lip swelling|angio-?o?edema|infusion reaction|stridor",
    FLAGS,
)
_TAKEN_BACK = re.compile(r"\s?-?\s?\?{1,3}\s?(?:-+>|→|[-:,;])?\s?(?:no\b|not\b|wrong\b)", FLAGS)
"""Behind a substance that was asked about and denied: "carboplatin?? -> no, that was another's sticker"."""
_MISTAKEN = re.compile(
    r"\b(?:entered|recorded|typed|written|charted|listed|coded) as [^.;,\n]{2,30}?,? (?:by mistake|in error|wrongly|erroneously)",
    FLAGS,
)
"""Behind a substance: how it was taken down wrongly, "entered as platinum by mistake"."""
_RULES = load_rules("allergy.yaml")
_STUDY = re.compile(expand("{{study}}", macros(load_yaml("allergy.yaml"))), FLAGS)
_TO_BE_GIVEN = re.compile(
    expand(
        r"\bto (?:start|begin|commence|receive|continue|have|get|be (?:started on|given|commenced on)) (?:with |on |the )?{{study}}",
        macros(load_yaml("allergy.yaml")),
    ),
    FLAGS,
)
"""Allergic to something else, and now "to start cisplatin"."""


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    found = []
    for rule, match in hits:
        m = as_mention(rule, match)
        if not_about_patient(doc, m.start) and not (
            rule.id == "allergy.none" and _ABBREVIATED.match(doc.norm, m.start) and doc.category_at(m.start) == "family"
        ):
            continue  # "FHx: mother NPC. NKDA.": nobody abbreviates a relative's allergies
        if rule.id == "allergy.study_asked":
            if not _asked(doc, m):
                continue
        elif rule.value == "none_known":
            if box_before(doc.norm, m.start, doc.line_at(m.start).start) == "empty":
                continue  # "[ ] NKDA" that nobody ticked
            m.assertion = "present"
        elif rule.id == "allergy.never_again":
            if not (
                _REACTION.search(doc.norm, max(0, m.start - 160), m.start)
                or _REACTION.search(doc.norm, m.end, doc.segment_at(m.start)[1])
            ):
                continue
            m.assertion = "present"
        elif rule.id == "allergy.attributed" and not _REACTION.search(doc.norm, max(0, m.start - 300), m.start):
            continue  # "tinnitus attributed to cisplatin"
        elif rule.value == "study_drug":
            _study_drug(doc, m)
        elif rule.value == "unspecified":
            m.assertion = "present"
        elif not _substance(doc, m, group_span(match, "substance")):
            continue
        found.append(m)
    return resolve_overlaps(found)


def _asked(doc: Document, m: Mention) -> bool:
    """Whether a form answers about the study drugs; completes the mention."""
    decide(doc, [m])
    line = doc.line_at(m.start)
    box = box_before(doc.norm, m.start, line.start) or box_after(doc.norm, m.end, line.end)
    answer = answer_after(doc.norm, m.end, line.end)
    if m.assertion == "hypothetical" or (box is None and answer is None and m.assertion != "absent"):
        return False
    m.value = "none_known" if m.assertion == "absent" else "study_drug"
    m.assertion = "present"
    return True


def _study_drug(doc: Document, m: Mention) -> None:
    seg_start, seg_end = doc.segment_at(m.start)
    around = doc.norm[max(seg_start, m.start - 24) : min(seg_end, m.end + 20)]
    before = doc.norm[max(seg_start, m.start - 20) : m.start]
    if _ONLY_POSSIBLE.search(before):
        m.assertion = "possible"
    elif (
        _WATCHED.search(doc.norm, max(seg_start, m.start - 60), m.start)
        or _WARNED.search(around)
        or _CONSENT.search(doc.norm, seg_start, m.start)
        or _TO_BE_GIVEN.search(doc.norm, m.start, m.end)
    ):
        m.assertion = "hypothetical"
    elif _TAKEN_BACK.match(doc.norm, m.end) or (
        _NO_REACTION.search(around) and not re.search(r"\bbut\b", before, re.I)
    ):
        m.assertion = "absent"
    else:
        m.assertion = "present"


def _substance(doc: Document, m: Mention, named: tuple[int, int] | None) -> bool:
    """Whether a match names a substance, and whether it is a study drug; completes the mention."""
    norm = doc.norm
    seg_start, _ = doc.segment_at(m.start)
    text = norm[named[0] : min(doc.line_at(m.start).end, named[1] + 60)] if named else norm[m.start : m.end]
    if given := _TO_BE_GIVEN.search(text):
        text = text[: given.start()]
    if named and (_UNFILLED.match(text) or _TAKEN_BACK.match(norm, named[1])):
        return False
    before = norm[max(seg_start, m.start - 48) : m.start]
    if m.rule == "allergy.to" and re.search(r"\b(?:denies|denied|no)\s(?:[\w/-]+,?\s){0,4}(?:or\s)?$", before, re.I):
        return False
    if re.search(r"\b(?:no|not|nil|never|denie[sd])\s(?:known\s|history of\s|to be\s)*$", before, re.I):
        return False
    if re.search(r"\?\s?$", before):
        m.assertion = "possible"
    else:
        m.assertion = "present"
    text = _MISTAKEN.sub("", text)
    if _STUDY.search(text):
        m.value = "unspecified" if _INTOLERANCE.search(text) else "study_drug"
        m.priority = 3
        if m.rule != "allergy.listed":
            _study_drug(doc, m)
    return True


FAMILY = Family("allergy", _RULES, _find)
