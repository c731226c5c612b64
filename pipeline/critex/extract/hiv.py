"""HIV tests and disease (GUIDELINE E09)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits
from critex.extract.forms import box_before
from critex.extract.hepatitis import find_serology
from critex.extract.mention import Mention
from critex.extract.patterns import load_rules

_CONFIRMATION_AWAITED = re.compile(
    r"[^.;\n]{0,24}?\b(?:western blot|(?-i:WB)|confirm\w+(?: test\w*)?|line immunoassay)\b[^.;\n]{0,14}?(?:pending|await\w*|to follow|sent|requested|outstanding)",
    re.I,
)
_OF_RELATIVE = re.compile(
    r"\s(?:husband|wife|partner|spouse|boyfriend|girlfriend|father|mother|brother|sister|son|daughter)\b", re.I
)
_LOAD = re.compile(r"(?:hiv )?(?:viral load|vl)\b", re.I)
_NOT_CONFIRMED = re.compile(
    r"(?:(?-i:WB)|western blot|confirmatory(?: test\w*)?|(?:hiv )?(?:rna|pcr)|line immunoassay|repeat(?: test)?)\b[\s:,-]{0,4}(?:is |was |came back )?(?:neg|non|not detected|undetect|indeterminate|\(-\))",
    re.I,
)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    """Mentions; a reactive screen that the confirming test did not bear out is only possible (domain.md E9)."""
    found = find_serology(doc, hits, "HIV")
    for m in found:
        if _LOAD.match(doc.norm, m.start):
            m.result = None  # a suppressed load is no negative test
            continue
        if (
            m.value == "test"
            and m.result is None
            and doc.norm[m.start : m.end].upper() in ("HIV", "RVD")
            and box_before(doc.norm, m.start, doc.line_at(m.start).start) == "ticked"
        ):
            m.value, m.assertion = "disease", "present"  # "[x] HIV" in a list of diseases
            continue
        if _OF_RELATIVE.match(doc.norm, m.end):
            m.assertion = "family"
            continue
        if m.result == "positive":
            _, limit = doc.segment_at(m.start)
            if (
                m.value == "test" and _NOT_CONFIRMED.search(doc.norm, m.end, min(limit, m.end + 80))
            ) or _CONFIRMATION_AWAITED.match(doc.norm, m.end, limit):
                m.assertion = "possible"
    found.extend(_own_tests(doc, found))
    return found


_OWN_TEST = re.compile(
    r"[^.;\n]{0,24}?[,;]\s(?:but\s)?(?P<span>(?:pt|patient|he|she|self)\s(?:was\s|has\s|is\s)?(?:been\s)?(?:tested|screened)\s(?P<result>neg(?:ative)?|-ve|non-?reactive|pos(?:itive)?|\+ve|reactive))\b",
    re.I,
)


def _own_tests(doc: Document, found: list[Mention]) -> list[Mention]:
    """The patient's own test behind a relative's disease: "husband HIV+, pt tested neg"."""
    own = []
    for m in found:
        if m.value == "disease" and (test := _OWN_TEST.match(doc.norm, m.end)):
            t = Mention(
                test.start("span"), test.end("span"), "HIV", "test", "hiv.test", assertion="present", priority=1
            )
            t.result = "negative" if test["result"].lower().startswith(("n", "-")) else "positive"
            own.append(t)
    return own


FAMILY = Family("hiv", load_rules("hiv.yaml"), _find)
