"""Anticoagulants: whether at a therapeutic dose, and the target range (GUIDELINE I10; domain.md I10, 12.3)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits, as_mention
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules

_STOPPED = re.compile(r"stopped|off\b|held|withheld|discontinued|ceased|previously|completed|switch(?:ed)? from", FLAGS)
_PROPHYLACTIC = re.compile(r"prophyla\w+|(?:20|40)\s?mg\s?(?:od|daily|qd|nocte|sc)|5,?000\s?(?:u|units)", FLAGS)
_TARGET = re.compile(
    r"(?:target|goal|range|aim)\s?(?:inr)?[\s:=(]{0,3}(?P<low>\d(?:\.\d)?)\s?(?:-|to)\s?(?P<high>\d(?:\.\d)?)", FLAGS
)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    out = []
    for rule, m in hits:
        mention = as_mention(rule, m)
        _, seg_end = doc.segment_at(m.start())
        after = doc.norm[m.end() : min(seg_end, m.end() + 60)]
        mention.attributes["therapeutic"] = not _PROPHYLACTIC.search(after)
        stopped = _STOPPED.search(after)
        if stopped and not re.search(r"restarted|resumed|recommenc", after, re.I):
            mention.attributes["stopped"] = True
            mention.attributes["therapeutic"] = False
        if re.match(
            r"[\s,:-]{0,3}(?:was |is |were )?(?:not|never) (?:yet )?(?:been )?(?:started|begun|given|commenced|charted)\b",
            after,
            re.I,
        ):
            mention.assertion = "absent"
        before = doc.norm[max(0, m.start() - 40) : m.start()]
        if re.search(
            r"(?:switch|chang|convert)\w*(?: warfarin)? to\s?$|\bconsider\w*\s?$|\bstart\s?$|\?\s?$", before, re.I
        ) or re.match(r"\s?\?", after):
            mention.assertion = "hypothetical"
        target = _TARGET.search(after)
        if target:
            mention.attributes["target_low"], mention.attributes["target_high"] = (
                float(target["low"]),
                float(target["high"]),
            )
        out.append(mention)
    return out


FAMILY = Family("anticoagulation", load_rules("anticoagulation.yaml"), _find)
