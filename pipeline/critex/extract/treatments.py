"""Anti-tumour treatments: given, planned or not, for which disease, and whether within the study (GUIDELINE I05, E01, E02; domain.md I5, E2, 12)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits, as_mention
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules

_GIVEN = re.compile(
    r"s/p|status post|post-|received|given|completed|finished|underwent|had\b|treated (?:with|by|in)|after \d|course[sd]?\b|cycles?\b|c\d{1,2}\b|x\s?\d|fractions?|/\s?\d{2}\s?(?:#|f)|started on|commenced|since|till|until|last dose|doses?|"
    r"was (?:given|done|treated)|(?:19|20)\d\d|previous(?:ly)?|prior|ago|recurren\w+|relapse\w*|salvage|progress\w* (?:on|after)|tolerat\w+|#|已行|放疗后|化疗后|术后",
    FLAGS,
)
_PLANNED = re.compile(
    r"\bplan(?:s|ned|ning)?\b|\bfor\s$|\bto (?:start|begin|have|receive|give|discuss|consider|commence)|propos\w+|recommend\w*|suggest\w*|offer\w*|options?\b|consider\w*|candidate|eligib\w+|discuss\w*|d/w|asked|explain\w*|will\b|would\b|should\b|can be|may\b|if\b|"
    r"trial of|study of|study with|protocol|tentative|await\w*|pending|before\s$|prior to\s$|pre-\s?$|fit for|suitable|intend\w*|aim\w*|booked|due to start|start(?:ing)? (?:on )?\d|not started|to be\b|arrang\w+|upcoming|next week|first[\s-]line|1st[\s-]line|vs\b|versus|"
    r"心|拟|计划|建议",
    FLAGS,
)
_NOT_GIVEN = re.compile(
    r"declin\w+|refus\w+|never (?:dosed|started|given|received)|not (?:given|started|received|offered|for|used)|(?:was|were) not|held up|cancel\w+|belongs to another|wrong (?:patient|sticker|pt)|other patient|another (?:pt|patient)|instead of|rather than|no\b|nil\b|without",
    FLAGS,
)
_OTHER_DISEASE = re.compile(
    r"breast|lymphoma|hodgkin|seminoma|testic\w*|prostate|colon|rectal|rectum|hcc|hepatocellular|thyroid|lung ca|bladder|cervi(?:x|cal ca)|ovar\w+|endometri\w+|leuk\w+|myeloma|melanoma|gastric|stomach|renal cell|psoria\w+|rheumatoid|\bra\b|lupus|hyperthyroid|graves|skin|tonsil|para-?aortic",
    FLAGS,
)
_NPC = re.compile(r"npc|nasophar\w*|this cancer|鼻咽", FLAGS)
_STUDY = re.compile(
    r"on study|on-study|on trial|within the (?:study|trial|protocol)|study (?:gp|treatment|drug|cycle|c\d)|trial (?:treatment|drug|cycle)|protocol (?:treatment|therapy)|per protocol|under the (?:study|trial)|as part of the (?:study|trial)|randomi[sz]|in the study|the study'?s",
    FLAGS,
)
_TOLERANCE = re.compile(r"related|induced|associated|naive|toxicity|allerg\w+|hypersens\w+|reaction", FLAGS)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    norm, found = doc.norm, []
    for rule, m in hits:
        mention = as_mention(rule, m)
        seg_start, seg_end = doc.segment_at(m.start())
        section = doc.category_at(m.start())
        if section in ("family", "criteria"):
            mention.assertion = "family" if section == "family" else "hypothetical"
            found.append(mention)
            continue
        sentence = norm[seg_start:seg_end]
        if rule.assertion == "absent":
            if re.search(
                r"tb\b|tubercul|latent|hepatitis|hcv|hbv|hypertension|wound",
                norm[m.start() : min(seg_end, m.end() + 30)],
                re.I,
            ) and not _NPC.search(sentence):
                continue
            if re.search(
                r"this (?:cancer|tumou?r|disease)|for (?:it|npc|the cancer|this)|npc",
                norm[m.start() : min(seg_end, m.end() + 25)],
                re.I,
            ):
                mention.attributes["disease"] = "npc"
            found.append(mention)
            continue
        _judge(doc, mention, seg_start, seg_end, sentence, section)
        found.append(mention)
    return _without_covered(found)


def _judge(doc: Document, m: Mention, seg_start: int, seg_end: int, sentence: str, section: str | None) -> None:
    norm = doc.norm
    before, after = norm[max(seg_start, m.start - 80) : m.start], norm[m.end : min(seg_end, m.end + 60)]
    clause_before = re.split(r"[;,.]|\bbut\b|\bthen\b", before)[-1]
    npc, other = _NPC.search(sentence), _OTHER_DISEASE.search(before + after)
    m.attributes["disease"] = "other" if other and not npc else "npc" if npc else "unknown"
    if _STUDY.search(sentence) or _STUDY.search(norm, max(0, m.start - 150), min(len(norm), m.end + 100)):
        m.attributes["study"] = True
    if _NOT_GIVEN.search(clause_before) or re.match(
        r"[^,;.]{0,24}(?:declined|refused|not given|never given|never started|was not|not started|belongs to another|naive|[:=]\s?(?:nil|none|no\b|never))",
        after,
        re.I,
    ):
        m.assertion = "absent"
        return
    planned = _PLANNED.search(before) or re.match(
        r"[^.;]{0,40}(?:planned|can be considered|is suggested|is recommended|to be|will be|not started|if |recommended|suggested|offered|discussed|tentative|pending|after wound)",
        after,
        re.I,
    )
    given = _given(norm, m, before, after)
    if section == "plan" and not given:
        m.assertion = "hypothetical"
    elif given and not (
        planned
        and not re.search(
            r"s/p|received|completed|underwent|treated|finished|post-|(?:19|20)\d\d",
            before[-40:] + norm[m.start : m.end] + after[:40],
            re.I,
        )
    ):
        m.assertion = "present"
    elif planned or section in ("indication",):
        m.assertion = "hypothetical"
    else:
        m.assertion = "possible"
    if m.assertion == "present":
        m.temporality = "past"


def _given(norm: str, m: Mention, before: str, after: str) -> bool:
    text = norm[m.start : m.end]
    return bool(
        _GIVEN.search(before[-45:])
        or (re.search(r"gy\s?(?:/|in)|chemo-?rad|ccrt|crt", text, re.I) and not _PLANNED.search(before))
        or _GIVEN.match(after.lstrip(" ,(:-"))
        or re.match(
            r"[^.;]{0,40}\b(?:in|on|till|until|since|was completed|completed|given)\s?(?:[A-Z][a-z]{2,8}\s)?(?:19|20)\d\d",
            after,
        )
        or re.match(r"[^.;]{0,30}(?:x\s?\d|cycles?|completed|given today|courses)", after, re.I)
    )


def _without_covered(found: list[Mention]) -> list[Mention]:
    """Drugs that stand inside a statement of no treatment are part of it."""
    none = [m for m in found if m.assertion == "absent" and m.priority >= 3]
    return [m for m in found if m in none or not any(n.start < m.end and m.start < n.end for n in none)]


FAMILY = Family("treatments", load_rules("treatments.yaml"), _find)
