"""Age, birth date and sex of the patient, never of a relative (GUIDELINE I01; domain.md I1)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, group_span, load_rules

_RELATIVE = re.compile(
    r"\b(?:mother|father|brother|sister|uncle|aunt|cousin|wife|husband|son|daughter|grand\w+|parents?|siblings?|child(?:ren)?|baby|mum|dad|partner)\b",
    FLAGS,
)
_NOT_AGE = re.compile(
    r"\b(?:dx|diagnosed|at|when|since|age of|onset|smok\w+|from)\s?(?:at\s)?(?:age\s)?$|gy/?$|inclusion|age\s?(?:18|limit)",
    FLAGS,
)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    norm, out = doc.norm, []
    for rule, m in hits.of("demographics.age", "demographics.birth_date", "demographics.male", "demographics.female"):
        start, end = m.span()
        seg_start, _ = doc.segment_at(start)
        if rule.label == "BIRTH_DATE":
            found = [d for d in doc.dates_between(end - 1, min(len(norm), end + 24)) if d.start <= end + 4]
            if found and found[0].when.first == found[0].when.last:
                out.append(
                    Mention(
                        start,
                        found[0].end,
                        "BIRTH_DATE",
                        found[0].when.iso,
                        rule.id,
                        assertion="present",
                        temporality="current",
                        date=found[0].when.iso,
                        date_source="text",
                    )
                )
            continue
        if _RELATIVE.search(norm, max(seg_start, start - 40), start) or doc.category_at(start) in (
            "family",
            "criteria",
        ):
            continue
        if rule.label == "SEX":
            out.append(Mention(start, end, "SEX", rule.value, rule.id, assertion="present", temporality="current"))
            continue
        span = group_span(m, "value")
        if span is None or _NOT_AGE.search(norm, max(0, start - 14), start):
            continue
        age = int(norm[span[0] : span[1]])
        if not 0 < age < 110 or (norm[start - 1 : start] in ("#", "x") and start):
            continue
        out.append(
            Mention(
                start,
                end,
                "AGE",
                str(age),
                rule.id,
                number=float(age),
                canonical=float(age),
                canonical_unit="years",
                assertion="present",
                temporality="current",
                date=doc.note_date.isoformat() if doc.note_date else None,
                date_source="note" if doc.note_date else "none",
            )
        )
    if not any(m.label == "SEX" for m in out):
        out.extend(_by_pronoun(hits))
    return out


def _by_pronoun(hits: FamilyHits) -> list[Mention]:
    """Sex where a note's pronouns tell it plainly."""
    pronouns = list(hits.of("demographics.pronoun_male", "demographics.pronoun_female"))
    values = [r.value for r, _ in pronouns]
    best = max(("M", "F"), key=values.count)
    if values.count(best) < max(2, 3 * (len(values) - values.count(best))):
        return []
    rule, m = next((r, m) for r, m in pronouns if r.value == best)
    return [
        Mention(
            m.start(),
            m.end(),
            "SEX",
            best,
            rule.id,
            assertion="present",
            temporality="current",
            attributes={"pronoun": True},
        )
    ]


FAMILY = Family("demographics", load_rules("demographics.yaml"), _find)
