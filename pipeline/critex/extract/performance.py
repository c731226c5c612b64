"""Performance status: ECOG (WHO, Zubrod) and Karnofsky (GUIDELINE I03)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules

_TRIAL = re.compile(
    r"criteri|protocol|eligib|inclusion|should be|must be|trial needs|protocol needs|reqs?\b|flyer|require|asks? for|only (?:takes|accepts)|trial (?:patients|requires|needs|takes)|their list|if\s(?:ecog|ps)|not more than|or less|or better|入选",
    FLAGS,
)
_WAS = re.compile(
    r"[\s,]{0,3}\(?(?:was|previously|prev|from|down from|up from|earlier)\s(?P<v>[0-4])(?![\w%/]|\.\d)", FLAGS
)
_ABOUT_TRIAL = re.compile(r"\btrial\b|\bstudy\b|NCT\d|recruit|flyer|website|online", FLAGS)
"""A range after these words is the trial's, not the patient's."""
_BEFORE_BOX = re.compile(r"\[(?P<tick>[ xX✓√]?)\]\s?(?:(?:ecog|PS)\s?)?(?P<v>[0-4](?:\s?-\s?[0-4])?)\b", FLAGS)
_AFTER_BOX = re.compile(r"(?:(?:ecog|PS)\s?)?\b(?P<v>[0-4](?:\s?-\s?[0-4])?)\s?\[(?P<tick>[ xX✓√]?)\]", FLAGS)
_LABELLED_BOX = re.compile(r"\[(?P<tick>[ xX✓√]?)\]\s?(?P<name>(?:ecog|PS)\s?(?P<v>[0-4](?:\s?-\s?[0-4])?))\b", FLAGS)
_PAST = re.compile(
    r"\b(?:was|previously|prior|earlier|in (?:the )?(?:ent|referral) letter|pre-?morbid|before|last (?:month|visit)|down from|from)\s?$",
    FLAGS,
)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    norm, out, forms = doc.norm, [], set()
    for _, m in hits.of("performance.form"):
        forms.add(doc.line_index(m.start()))
    for index in forms:
        out.extend(_form(doc, index))
    for rule, m in hits.of("performance.ecog", "performance.kps"):
        if doc.line_index(m.start()) in forms and "[" in norm[m.start() : min(len(norm), m.end() + 6)]:
            continue
        if any(o.start < m.end() and m.start() < o.end for o in out):
            continue
        value = next((v for k, v in m.groupdict().items() if k.startswith("value") and v), None)
        if value is None:
            continue
        value = re.sub(r"\s?(?:-|/|to|or|and|~)\s?", "-", value.strip())
        mention = Mention(m.start(), m.end(), rule.label, value, rule.id)
        seg_start, _ = doc.segment_at(m.start())
        if (
            doc.category_at(m.start()) == "criteria"
            or _TRIAL.search(norm, max(seg_start, m.start() - 90), m.start())
            or re.match(r"\s?(?:required|or (?:less|better)|is required|needed)", norm[m.end() : m.end() + 14], re.I)
        ):
            mention.assertion = "hypothetical"
        elif _PAST.search(norm, max(seg_start, m.start() - 20), m.start()) or re.match(
            r"\s?(?:->|→|in (?:the )?ent|at (?:first|referral)|last (?:month|visit))",
            norm[m.end() : m.end() + 16],
            re.I,
        ):
            mention.temporality = "past"
        if "-" in value and _ABOUT_TRIAL.search(norm, max(seg_start, m.start() - 140), m.start()):
            mention.assertion = "hypothetical"
        if mention.assertion is None and not re.search(r"\?\s?$", norm[max(0, m.start() - 2) : m.start()]):
            mention.assertion = "present"
        out.append(mention)
        if rule.label == "ECOG" and (was := _WAS.match(norm, m.end())):
            out.append(
                Mention(
                    was.start("v"), was.end("v"), "ECOG", was["v"], rule.id, assertion="present", temporality="past"
                )
            )
        if (arrow := re.compile(r"\s?(?:->|→)\s?([0-4])\b").match(norm, m.end())) and rule.label == "ECOG":
            out.append(Mention(arrow.start(1), arrow.end(1), "ECOG", arrow[1], rule.id, assertion="present"))
    return out


def _form(doc: Document, index: int) -> list[Mention]:
    line, norm = doc.lines[index], doc.norm
    text = norm[line.start : line.end]
    found = list(_LABELLED_BOX.finditer(text))
    named = bool(found)
    if not found:
        after, before = list(_AFTER_BOX.finditer(text)), list(_BEFORE_BOX.finditer(text))
        first_box, first_number = text.find("["), re.search(r"\b[0-4]\b", text)
        found = after if first_number and first_number.start() < first_box else before
    ticked = any(m["tick"].strip() for m in found)
    if not found or not ticked:
        return []
    out = []
    for m in found:
        yes = bool(m["tick"].strip())
        start, end = m.span("name") if named else m.span()
        out.append(
            Mention(
                line.start + start,
                line.start + end,
                "ECOG",
                re.sub(r"\s", "", m["v"]),
                "performance.form",
                assertion="present" if yes else "absent",
                temporality="current",
            )
        )
    return out


FAMILY = Family("performance", load_rules("performance.yaml"), _find)
