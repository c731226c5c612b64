"""Pregnancy, breastfeeding and what excludes pregnancy (GUIDELINE E13; domain.md E13)."""

from __future__ import annotations

import re
from datetime import timedelta

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits, as_mention, resolve_overlaps
from critex.extract.forms import answer_after, said_by_box
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules
from critex.extract.repeated_tests import read_repeats, set_day
from critex.extract.serology import Result, read_result
from critex.extract.subject import not_about_patient

_NUMBER = re.compile(
    r"(?:[\s,:=(]|quant\w*|serum|beta|level|is|was|of|total|\))*(?P<cmp>[<>]=?)?\s?(?P<n>\d[\d,]*(?:\.\d+)?)(?![\d/])",
    FLAGS,
)
_NOT = re.compile(
    r"\b(?:not|no|nil|never|denie[sd]|denying|neither|nor|isn't|without|nil evidence of|non|gave up|given up|stopped|cancelled|abandoned|no longer|failed|unsuccessful)\b(?:(?!\bbut\b|eligible)[^.;:(]){0,32}$|[未非不无]\s?$",
    FLAGS,
)
_CONDITIONAL = re.compile(
    r"\b(?:if|avoid|risks?|contracept\w*|prevent\w*|should|advis\w+|must not|become|becoming|(?-i:may)|could|women|in case|during|while|when|until|before|was|previously|had been|first|last|second|prior|after)\b[^.;:,]{0,28}$",
    FLAGS,
)
_NOT_YET = re.compile(
    r"\b(?:not|no|never|denie[sd]|without|for|plan\w*|await\w*|consider\w*|declin\w*|offered|if|\?)\s(?:yet |a |an |for |any |history of |previous |prior |total )*$",
    FLAGS,
)
_NEGATIVE_BEFORE = re.compile(r"(?:neg(?:ative)?|-ve|\bno)\s{0,2}$", FLAGS)
_NOT_APPLICABLE = re.compile(r"\s?(?:[:-]\s?)?(?:not applicable|n/?a\b|not required|not needed)", FLAGS)
_IN_RELATIVE = re.compile(
    r"\s(?:in|of|for)\s(?:her|the|his)\s(?:(?:own|elder|younger|twin)\s)?(?:sister|daughter|mother|wife|partner|cousin|niece|friend|aunt)\b",
    FLAGS,
)
_GIVEN_UP = re.compile(
    r"[^.\n]{0,40}?\b(?:(?:has |was |been )?(?:given|gave) (?:it|this|that|these plans|up)\b(?: up)?|abandoned|postponed|deferred|put off|dropped|no longer)\b",
    FLAGS,
)
"""Behind a wish for a child that she has no more."""
_CEASED = re.compile(
    r"(?<!will )(?<!not )(?<!to )(?<!not yet )\b(?:stopped|ceased|finished|gave up|given up|discontinued|ended|quit|weaned[\w ]{0,16} from)\s(?:with\s)?$",
    FLAGS,
)
_CEASED_AFTER = re.compile(
    r"\s(?:(?:was|has been|is now|had been)\s)?(?:stopped|ceased|ended|discontinued|finished|given up|over\b|until (?=(?:last|jan|feb|march|april|19|20)))",
    FLAGS,
)
_LAST = timedelta(days=300)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    out = []
    for m in resolve_overlaps([as_mention(rule, match) for rule, match in hits]):
        if not_about_patient(doc, m.start):
            m.assertion = "hypothetical" if doc.category_at(m.start) == "criteria" else "family"
        elif m.rule == "pregnancy.excluded":
            m.assertion = "present"
        elif m.value == "test":
            name_end = m.end
            if not _test(doc, m):
                continue
            if _IN_RELATIVE.match(doc.norm, m.end):
                m.assertion = "family"
                out.append(m)
                continue
            out.extend(_repeats(doc, m, name_end))
        elif m.value == "infertile":
            seg_start, _ = doc.segment_at(m.start)
            if not _NOT_YET.search(doc.norm, max(seg_start, m.start - 24), m.start):
                m.assertion = "present"
        elif not _state(doc, m):
            continue
        out.append(m)
    return out


def _test(doc: Document, m: Mention) -> bool:
    """Result of a pregnancy test; a number counts as negative below 5 IU/L. Without a result it is only asked for."""
    norm = doc.norm
    seg_start, seg_end = doc.segment_at(m.start)
    result = read_result(norm, m.end, min(seg_end, m.end + 40), False)
    if _NOT_APPLICABLE.match(norm, m.end, min(seg_end, m.end + 18)):
        return False
    number = None
    if re.search("hcg", norm[m.start : m.end], re.I):
        number = _NUMBER.match(norm, m.end, min(doc.line_at(m.start).end, m.end + 50))
    if result is not None and (result.result or result.number is not None):
        low = (result.number or 0) < 5 or result.comparator in ("<", "<=")
        m.result, m.assertion, m.end = result.result or ("negative" if low else "positive"), "present", result.end
    elif number is not None:
        low = float(number["n"].replace(",", "")) < 5 or number["cmp"] in ("<", "<=")
        m.result, m.assertion, m.end = "negative" if low else "positive", "present", number.end("n")
    elif _NEGATIVE_BEFORE.search(norm, max(seg_start, m.start - 10), m.start):
        m.result, m.assertion = "negative", "present"
    else:
        m.assertion = "hypothetical"
    return True


_HCG_UNIT = re.compile(r"m?(?:iu|ui|ie)\s?/\s?m?l", FLAGS)
_NON_PREGNANT_BELOW = 5.0
"""IU/L of hCG."""


def _repeats(doc: Document, m: Mention, name_end: int) -> list[Mention]:
    """Further results of a pregnancy test, each with its day: "negative 20 April; second test 14 May positive"."""
    first = Result(m.end, m.end, m.result) if m.result else None
    hcg = re.search("hcg", doc.norm[m.start : name_end], re.I) is not None
    series = read_repeats(
        doc, name_end if first is None else m.end, doc.line_at(m.start).end, first, _HCG_UNIT if hcg else None, hcg
    )
    more = []
    for i, d in enumerate(series):
        result = d.result.result
        if d.result.number is not None:
            low = d.result.number < _NON_PREGNANT_BELOW or d.result.comparator in ("<", "<=")
            result = "negative" if low else "positive"
        if i == 0 and first is None:
            m.end, m.result, m.assertion = d.result.end, result, "present"
        here = m
        if i > 0:
            here = Mention(
                d.result.start, d.result.end, m.label, "test", m.rule, result=result, assertion="present", priority=2
            )
            more.append(here)
        set_day(doc, here, d)
    return more


def _is_over(doc: Document, m: Mention, start: int, end: int) -> bool:
    """Whether breastfeeding has stopped, or a wish for a child was given up."""
    if m.value == "breastfeeding":
        ceased = _CEASED.search(doc.norm, max(start, m.start - 40), m.start)
        return ceased is not None or _CEASED_AFTER.match(doc.norm, m.end, end) is not None
    return m.value == "planning" and _GIVEN_UP.match(doc.norm, m.end, end) is not None


def _state(doc: Document, m: Mention) -> bool:
    """Whether pregnancy, breastfeeding or a wish for a child is stated of now, and whether it is denied."""
    norm = doc.norm
    seg_start, seg_end = doc.segment_at(m.start)
    before = norm[max(seg_start, m.start - 48) : m.start]
    answer = answer_after(norm, m.end, doc.line_at(m.start).end)
    text = norm[m.start : m.end]
    if re.match(r"EDD|EDC", text):
        due = doc.dates_between(m.end, min(seg_end, m.end + 24))
        m.assertion = "present"  # a day of birth that is still to come
        if doc.note_date:
            m.date, m.date_source = doc.note_date.isoformat(), "note"
        return bool(due and doc.note_date and due[0].when.last >= doc.note_date)
    if re.search(r"breast-?feed$", text, re.I):
        m.assertion = "absent"  # "I do not breastfeed"; "must not breastfeed" is advice
        return (
            re.search(
                r"\b(?:I|she|patient|pt|and|does|or)\s(?:do\s|does\s)?(?:currently\s)?(?:not|don't|doesn't)\s$",
                before,
                re.I,
            )
            is not None
        )
    line = doc.line_at(m.start)
    said = said_by_box(norm, m.start, m.end, line.start, line.end)
    if said is not None:
        m.assertion = said
    elif _is_over(doc, m, seg_start, seg_end) or (
        _NOT.search(before) and not re.search(r"\bbut\b[^.;]*$", before, re.I)
    ):
        m.assertion = "absent"
    elif answer is not None:
        m.assertion = "absent" if answer[0] == "no" else "present"
    elif re.search(r"\?\s?$", before) or re.match(r"\s?\?", norm[m.end : m.end + 2]):
        m.assertion = "possible"
    elif _CONDITIONAL.search(before) or (
        m.value == "breastfeeding" and re.match(r"\s(?:advice|support|history|class)", norm[m.end : m.end + 12], re.I)
    ):
        return False
    else:
        dates = doc.dates_between(m.start, min(seg_end, m.end + 30))
        if dates and doc.note_date and dates[0].when.last < doc.note_date - _LAST:
            return False
        m.assertion = "present"
    if m.assertion == "present" and doc.note_date:
        days = doc.dates_between(seg_start, seg_end)
        if days and all(d.when.first > doc.note_date for d in days):
            m.date, m.date_source = doc.note_date.isoformat(), "note"  # the day she is due is not the day it was said
    return True


FAMILY = Family("pregnancy", load_rules("pregnancy.yaml"), _find)
