"""Expected survival with a number (GUIDELINE I06): at least three months, or less."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules

_WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
    "eighteen": 18,
    "a": 1,
    "half": 0.5,
}
_N = r"\d+(?:\.\d+)?|" + "|".join(_WORDS)
_SPAN = re.compile(
    rf"(?P<cmp>>=|≥|>|<=|≤|<|more than|over|at least|greater than|exceed\w*|beyond|in excess of|not less than|no less than|less than|under|below|not more than|up to|only|around|about|approx\w*\.?|~|of the order of)?\s?(?:or equal to\s)?(?:an?\s)?(?P<n>{_N})\s?(?:(?:-|to|or)\s?(?P<n2>{_N}))?\s?(?P<plus>\+)?\s?[-/]?\s?(?P<u>/12|/52|mths?|months?|mo\b|m\b|weeks?|wks?|years?|yrs?|y\b|days?|个月|月|周|年)(?P<more>\s?(?:or more|plus|\+|at least|and above))?",
    FLAGS,
)
_VAGUE_UNDER = re.compile(
    r"(?:days to (?:short )?weeks|(?:short )?weeks (?:rather than|not) months|weeks to (?:short )?months|short weeks|few weeks|a matter of weeks|days rather than weeks)",
    FLAGS,
)
_VAGUE_OVER = re.compile(
    r"(?:years rather than months|many months to years|a few years|many months|months to years|well over a year|more than a year|over a year|a year or (?:more|two))",
    FLAGS,
)
_ANSWER = re.compile(
    r"[^.\n]{0,24}(?:\[(?P<x>[xX✓√ ]?)\]\s?(?P<w>yes|no|y|n)\b|[:\s](?P<a>yes|no|y|n|met|not met)\b)", FLAGS
)
_GENERAL = re.compile(
    r"median|trial data|literature|on average|published|studies|\bif\b|unless|keynote|jupiter|capstone|protocol|criteri|eligib|should|must|requires?",
    FLAGS,
)
_UNDER = re.compile(r"<|less|under|below|not more|up to|only|≤", FLAGS)


def _months(n: str, unit: str) -> float:
    value = float(n) if n[0].isdigit() else float(_WORDS[n.lower()])
    unit = unit.lower()
    if unit.startswith(("/12", "mth", "mo", "m", "个", "月")):
        return value
    if unit.startswith(("/52", "w", "周")):
        return value / 4.0
    if unit.startswith(("y", "年")):
        return value * 12
    return value / 30


def _value(under: bool, months: float, top: float) -> str | None:
    """``over`` three months, ``under`` them, or ``None`` where the number does not decide."""
    if under:
        return "under" if top <= 3 else None
    if months >= 2.9:
        return "over"
    return "under" if top < 3 else None


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    norm, out = doc.norm, []
    for rule, m in hits:
        seg_start, seg_end = doc.segment_at(m.start())
        limit = min(seg_end, m.end() + 90)
        if doc.category_at(m.start()) == "family":
            continue
        low = re.match(r"prognosis", m.group(), re.I)
        found = _SPAN.search(norm, m.end(), limit)
        vague_under, vague_over = _VAGUE_UNDER.search(norm, m.end(), limit), _VAGUE_OVER.search(norm, m.end(), limit)
        if found is None and vague_under is None and vague_over is None:
            before = _SPAN.search(norm, max(seg_start, m.start() - 40), m.start())
            if before is None or low:
                continue
            found = before
        if vague_under or vague_over:
            hit = vague_under or vague_over
            assert hit is not None  # noqa: S101
            out.append(Mention(m.start(), hit.end(), "SURVIVAL", "under" if vague_under else "over", rule.id))
            continue
        assert found is not None  # noqa: S101
        months = _months(found["n"], found["u"])
        top = _months(found["n2"], found["u"]) if found["n2"] else months
        under = bool(
            found["cmp"] and _UNDER.search(found["cmp"]) and not re.match(r"(?:not|no) less", found["cmp"], re.I)
        )
        answer = _ANSWER.match(norm, found.end(), min(doc.line_at(m.start()).end, found.end() + 40))
        value = _value(under, months, top)
        if value is None:
            continue
        assertion = None
        if answer and (answer["a"] or answer["x"] is not None):
            word = (answer["a"] or answer["w"] or "").lower()
            yes = (
                word in ("yes", "y", "met")
                if answer["a"]
                else (word in ("yes", "y")) == bool((answer["x"] or "").strip())
            )
            value = value if yes else {"over": "under", "under": "over"}[value]
            assertion = "present"
        elif (
            _GENERAL.search(norm, max(seg_start, m.start() - 40), found.start())
            or doc.category_at(m.start()) == "criteria"
        ):
            ticked = re.search(
                r"\[\s?[xX✓√]\s?\]|[☑✓√]", norm[doc.line_at(m.start()).start : doc.line_at(m.start()).end]
            )
            assertion = "present" if ticked else "hypothetical"
        start, end = min(m.start(), found.start()), max(m.end(), found.end())
        out.append(
            Mention(
                start,
                end,
                "SURVIVAL",
                value,
                rule.id,
                number=months,
                unit="months",
                assertion=assertion or "present",
                temporality="current",
            )
        )
    return out


FAMILY = Family("survival", load_rules("survival.yaml"), _find)
