"""HIV tests and disease (GUIDELINE E09)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits
from critex.extract.forms import answer_after, box_before
from critex.extract.mention import Mention
from critex.extract.patterns import load_rules
from critex.extract.virus_context import MISFILED
from critex.extract.virus_tests import find_serology

_CONFIRMATION_AWAITED = re.compile(
    r"[^.;\n]{0,24}?\b(?:western blot|(?-i:WB)|confirm(?:ation|atory|ing)(?: test\w*)?|line immunoassay)\b[^.;\n]{0,14}?(?:pending|await\w*|to follow|sent|requested|outstanding)",
    re.I,
)
_OF_RELATIVE = re.compile(
    r"\s(?:husband|wife|partner|spouse|boyfriend|girlfriend|father|mother|brother|sister|son|daughter)\b", re.I
)
_BLOT = re.compile(r"(?:western|immuno|line|wb)[\w ]*?\s(?P<result>pos|reactive|neg|non)\w*\S* for hiv", re.I)
"""A confirming test whose result stands before the virus: "Western blot positive for HIV"."""
_NOT_INFECTED = re.compile(
    r"\b(?:not|never|no longer thought)\s(?:been\s|to be\s)?infected (?:with|by) (?:the )?$", re.I
)
_LOAD = re.compile(r"(?:hiv(?:[\s-]?[12])? )?(?:(?:viral load|vl)\b|rna\b(?=[^.;\n\d]{0,14}\d))", re.I)
_NOT_CONFIRMED = re.compile(
    r"(?:(?-i:WB)|western blot|confirmatory(?: test\w*)?|(?:hiv )?(?:rna|pcr)|line immunoassay|repeat(?: test)?)\b[\s:,-]{0,4}(?:is |was |came back )?(?:neg|non|not detected|undetect|indeterminate|\(-\))",
    re.I,
)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    """Mentions; a reactive screen that the confirming test did not bear out is only possible (domain.md E9)."""
    found = find_serology(doc, hits, "HIV")
    for m in found:
        if m.value == "test" and m.result is None and (blot := _BLOT.match(doc.norm, m.start, m.end)) is not None:
            m.result, m.assertion = "negative" if blot["result"].lower().startswith("n") else "positive", "present"
            if MISFILED.match(doc.norm, m.end, doc.line_at(m.end).end):
                m.assertion = "family"
        if (
            m.value == "disease"
            and m.result != "negative"
            and _NOT_INFECTED.search(doc.norm, max(0, m.start - 40), m.start)
        ):
            m.assertion, m.result = "absent", None
            continue
        if (load := _LOAD.match(doc.norm, m.start)) and not (m.result == "positive" and "rna" in load.group().lower()):
            m.result = None  # a suppressed load is no negative test
            continue
        if (
            m.value == "test"
            and m.result is None
            and doc.norm[m.start : m.end].upper() in ("HIV", "RVD")
            and box_before(doc.norm, m.start, doc.line_at(m.start).start) == "ticked"
        ):
            m.value, m.assertion, m.result = "disease", "present", "positive"  # "[x] HIV" in a list of diseases
            continue
        if (
            m.value == "test"
            and m.result is None
            and doc.norm[m.start : m.end].upper() in ("HIV", "RVD")
            and _boxed_no(doc, m.end)
        ):
            m.value, m.assertion, m.cue = "disease", "absent", None  # a form's row "HIV  [ ] Y  [x] N": no test
            continue
        if m.value == "disease" and m.assertion in (None, "present") and m.result is None:
            ticked = box_before(doc.norm, m.start, doc.line_at(m.start).start) == "ticked"
            if ticked or _CONFIRMED.match(doc.norm, m.end):
                m.result = "positive"
        if _OF_RELATIVE.match(doc.norm, m.end):
            m.assertion = "family"
            continue
        if m.result == "positive":
            _, limit = doc.segment_at(m.start)
            if (
                m.value == "test" and _NOT_CONFIRMED.search(doc.norm, m.end, min(limit, m.end + 80))
            ) or _CONFIRMATION_AWAITED.match(doc.norm, m.end, limit):
                m.assertion = "possible"
    if any(m.value == "disease" and m.assertion in (None, "present") for m in found):
        for m in found:
            if m.result == "negative" and _SELF_SAID.search(doc.norm, max(0, m.start - 60), m.start):
                m.attributes["superseded"] = True  # what a letter knows outranks what was said at first
    found.extend(_own_tests(doc, found))
    found.extend(_loads(doc, found))
    return found


_SELF_SAID = re.compile(
    r"\b(?:said|says|claim(?:s|ed)|stat(?:es|ed)|report(?:s|ed)|told (?:us|me)|insist(?:s|ed)|self-report\w*|initially|at first|form|questionnaire|by his own account)\b[^.;\n]{0,40}$",
    re.I,
)
"""Before a negative that the patient or a form told."""
_CONFIRMED = re.compile(r"\s?(?:infection\s)?(?:was |is )?(?:confirmed|proven)\b", re.I)


def _boxed_no(doc: Document, end: int) -> bool:
    """Whether the boxes behind a name are ticked for "no"."""
    answer = answer_after(doc.norm, end, doc.line_at(end).end)
    return answer is not None and answer[0] == "no" and not doc.norm[answer[1] : answer[2]].isalpha()


_LOAD_STATED = re.compile(
    r"(?<![\w-])(?P<span>(?:(?-i:VL)|viral load)\s?[:=]?\s?(?:is |was |of )?(?:(?-i:LDL)\b|undetect\w+|(?:virally )?suppressed|not detected|detectable|[<>]?\s?\d[\d,. ]*\d?(?:\s?(?:c|cp|cps|copies)\s?/\s?ml)?))",
    re.I,
)
_OTHER_VIRUS = re.compile(r"hbv|hcv|hep(?:atitis)?\.?\s?[bc]\b|ebv|epstein|cmv|hpv|hbs", re.I)


def _loads(doc: Document, found: list[Mention]) -> list[Mention]:
    """Viral loads behind the infection's name, before another virus is named: "RVD+ on ART, VL LDL"."""
    more: list[Mention] = []
    for m in found:
        if m.value != "disease" or m.assertion not in (None, "present"):
            continue
        _, end = doc.segment_at(m.start)
        load = _LOAD_STATED.search(doc.norm, m.end, min(end, m.end + 90))
        if load is None or _OTHER_VIRUS.search(doc.norm, m.end, load.start()):
            continue
        a, b = load.span("span")
        if not any(o.start < b and a < o.end for o in (*found, *more)):
            more.append(Mention(a, b, "HIV", "test", "hiv.test", assertion=m.assertion, priority=1))
    return more


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
