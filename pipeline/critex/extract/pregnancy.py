"""Pregnancy, breastfeeding and what excludes them (GUIDELINE E13; domain.md E13)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits, as_mention
from critex.extract.mention import Mention
from critex.extract.patterns import load_rules
from critex.extract.serology import read_result

_HCG = re.compile(
    r"(?:[\s,:=(]|quant\w*|serum|beta|level|is|was|of|total|\))*(?P<cmp>[<>]=?)?\s?(?P<n>\d[\d,]*(?:\.\d+)?)(?![\d/])",
    re.I,
)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    norm, out = doc.norm, []
    for rule, m in hits:
        mention = as_mention(rule, m)
        seg_start, seg_end = doc.segment_at(m.start())
        if doc.category_at(m.start()) in ("family", "criteria") or re.search(
            r"\b(?:wife|daughter|sister|partner)\b", norm[max(seg_start, m.start() - 25) : m.start()], re.I
        ):
            mention.assertion = "family"
        elif rule.value == "test":
            number = (
                _HCG.match(norm, m.end(), min(doc.line_at(m.start()).end, m.end() + 50))
                if re.search("hcg", m.group(), re.I)
                else None
            )
            r = read_result(norm, m.end(), min(seg_end, m.end() + 40), False)
            if r is None and number is not None:
                value = float(number["n"].replace(",", ""))
                low = value < 5 or number["cmp"] in ("<", "<=")
                mention.result, mention.assertion, mention.end = (
                    "negative" if low else "positive",
                    "present",
                    number.end("n"),
                )
                out.append(mention)
                continue
            if r is not None and (r.result or r.number is not None):
                mention.result = r.result or (
                    "negative" if (r.number or 0) < 5 or r.comparator in ("<", "<=") else "positive"
                )
                mention.end, mention.assertion = r.end, "present"
            elif re.search(r"neg(?:ative)?\s?$|no\s$", norm[max(seg_start, m.start() - 10) : m.start()], re.I):
                mention.result, mention.assertion = "negative", "present"
            elif re.match(r"\s?(?:[:-]\s?)?(?:not applicable|n/?a)", norm[m.end() : m.end() + 18], re.I):
                continue
            else:
                mention.assertion = "hypothetical"
        elif rule.value in ("pregnant", "breastfeeding", "planning"):
            if re.search(
                r"\b(?:not|no|nil|never|denies|negative|avoid|risk|contracept\w*|if|or)\b[^.;]{0,25}$",
                norm[max(seg_start, m.start() - 40) : m.start()],
                re.I,
            ):
                mention.assertion = "absent"
                if rule.value == "planning":
                    continue
                if re.search(r"\b(?:not|no)\b[^.;,]{0,20}$", norm[max(seg_start, m.start() - 30) : m.start()], re.I):
                    mention.value, mention.assertion = "not_pregnant", "present"
            elif re.search(r"\?\s?$", norm[max(seg_start, m.start() - 2) : m.start()]):
                mention.assertion = "possible"
            elif re.match(
                r"[^.;\n]{0,12}(?::|-|\s)\s?(?:no|nil|none|n/?a|not applicable)\b", norm[m.end() : m.end() + 20], re.I
            ):
                mention.value, mention.assertion = "not_pregnant", "present"
            if mention.assertion is None:
                mention.assertion = "present"
        out.append(mention)
    return out


FAMILY = Family("pregnancy", load_rules("pregnancy.yaml"), _find)
