"""Response categories, and the number of cycles given (GUIDELINE I08; domain.md I8)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, group_span, load_rules

_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_CONDITIONAL = re.compile(
    r"\bif\b|criteri|required|randomi[sz]ation of the protocol|should|expected|hope|or\s(?-i:PR|CR)\b|CR\s?(?:or|/)\s?PR|PR\s?(?:or|/)\s?CR",
    FLAGS,
)
_AFTER = re.compile(r"after\s(?:cycle\s|c)?(?P<n>\d)|post[\s-]c(?P<n2>\d)|(?P<n3>\d)\s?cycles|x\s?(?P<n4>\d)\b", FLAGS)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    norm, out = doc.norm, []
    for rule, m in hits:
        seg_start, seg_end = doc.segment_at(m.start())
        span = group_span(m, "value")
        if rule.label == "CYCLES":
            if span is None:
                continue
            word = norm[span[0] : span[1]].lower()
            number = float(_WORDS.get(word, 0) or word)
            near = norm[max(seg_start, m.start() - 60) : min(seg_end, m.end() + 60)]
            if (
                not re.search(r"gp\b|gem|cis|chemo|tori|camre|sinti|tisle|pd-?1|induction|cycle", near, re.I)
                or not 1 <= number <= 12
            ):
                continue
            out.append(Mention(m.start(), m.end(), "CYCLES", str(int(number)), rule.id, number=number, assertion=None))
            continue
        text = norm[span[0] : span[1]] if span else m.group()
        low = text.lower()
        value = (
            "CR"
            if low.startswith("complete") or text == "CR" or "完全" in text
            else "PR"
            if low.startswith("partial") or text == "PR" or "部分" in text
            else "SD"
            if low.startswith("stable") or text == "SD" or "稳定" in text
            else "PD"
        )
        mention = Mention(m.start(), m.end(), "RESPONSE", value, rule.id)
        sentence = norm[seg_start:seg_end]
        if _CONDITIONAL.search(sentence) and not re.search(
            r"overall|sum|evaluation", norm[m.start() - 20 if m.start() > 20 else 0 : m.start()], re.I
        ):
            mention.assertion = "hypothetical"
        after = _AFTER.search(sentence)
        if after:
            mention.attributes["after_cycles"] = int(next(v for v in after.groupdict().values() if v))
        out.append(mention)
    return out


FAMILY = Family("response", load_rules("response.yaml"), _find)
