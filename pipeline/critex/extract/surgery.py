"""Operations with their day and size, and the state of wounds (GUIDELINE E12; domain.md E12)."""

from __future__ import annotations

import re
from datetime import timedelta

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits, as_mention
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules

_PLANNED = re.compile(
    r"plan(?:ned)?|for\s$|consider|candidate|not for|await|booked|to have|will need|if needed|may be needed|refer|discuss|option|salvage$|unfit|declin",
    FLAGS,
)
_POD = re.compile(r"\b(?:pod|post-?op(?:erative)? day|day)\s?#?\s?(\d{1,2})\b(?:\s?(?:post-?op|after))?", FLAGS)
_WEEKS_POST = re.compile(r"\b(\d{1,2})\s?(?:/\s?52|weeks?)\s(?:post|after|since)\b", FLAGS)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    norm, out = doc.norm, []
    for rule, m in hits:
        mention = as_mention(rule, m)
        seg_start, seg_end = doc.segment_at(m.start())
        if doc.category_at(m.start()) in ("family", "criteria"):
            continue
        if rule.value == "major":
            if _PLANNED.search(norm, max(seg_start, m.start() - 25), m.start()) or doc.category_at(m.start()) == "plan":
                mention.assertion = "hypothetical"
            elif doc.note_date is not None and not doc.dates_between(seg_start, seg_end):
                pod = _POD.search(norm, seg_start, seg_end)
                weeks = _WEEKS_POST.search(norm, seg_start, seg_end)
                if pod or weeks:
                    days = int(pod[1]) if pod else int(weeks[1]) * 7  # type: ignore[index]
                    mention.date, mention.date_source = (doc.note_date - timedelta(days=days)).isoformat(), "relative"
                elif re.search(r"operation (?:record|note|report)|operative", doc.note_type, re.I):
                    mention.date, mention.date_source = doc.note_date.isoformat(), "table"
        if rule.value == "unhealed" and re.search(
            r"(?<!not )(?<!un)(?<!yet )healed|no discharge|nil discharge|\bno (?:signs of )?infection",
            norm[m.start() : min(len(norm), m.end() + 5)],
            re.I,
        ):
            continue
        if rule.value == "healed" and re.search(r"\bport site dry", norm[m.start() : m.end()], re.I):
            continue
        out.append(mention)
    return out


FAMILY = Family("surgery", load_rules("surgery.yaml"), _find)
