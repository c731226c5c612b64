"""Other malignancies: type, whether treated, and when (GUIDELINE E04; domain.md E4)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits, as_mention, resolve_overlaps
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules

_NOT_ANOTHER = re.compile(
    r"metasta\w*|mets?\b|secondar(?:y|ies)|nasophar\w*|\bnpc\b|second primary|v(?:s|ersus)?\s|cannot be excluded|\?|exclude|suspic\w*|tro\b|rule out|possible|likely|differential|screening|marker|mass in|history given|risk of|lymph\w* (?:node|hyperplasia)|foundation|society|centre|center|clinic\b|nurse|charity|ward",
    FLAGS,
)
_TREATED = re.compile(
    r"excis\w+|resect\w+|margin\w* clear|clear margin|cone|leep|lletz|coni[sz]ation|treated|cured|curettage|mohs|removed|surgery|lobectomy|mastectomy|ectomy\b|remission|discharged|ned\b|no recurrence|completed|ablat\w+|锥切",
    FLAGS,
)
_MARGIN = re.compile(r"margins? (?:positive|involved)|incomplete(?:ly)? exc", FLAGS)
_FOLLOW_UP = re.compile(
    r"(?:psa|last|smears?|normal|scan|mri|ct|follow\S*|seen|review\w*|colonoscopy|clear|surveillance|ned|today|cea|mammo\w*)\b[^;\n]{0,14}$",
    FLAGS,
)
"""What is dated after these words is a check, not the disease."""
_ONGOING = re.compile(
    r"currently on|still on|ongoing|on (?:tamoxifen|letrozole|anastrozole|exemestane|imatinib|adt|goserelin)|under (?:surveillance|active)|recurren(?:ce|t) in",
    FLAGS,
)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    norm, found = doc.norm, []
    for rule, m in hits:
        mention = as_mention(rule, m)
        if rule.id == "malignancy.none":
            if doc.category_at(m.start()) not in ("family", "criteria"):
                found.append(mention)
            continue
        seg_start, seg_end = doc.segment_at(m.start())
        before, after = norm[max(seg_start, m.start() - 30) : m.start()], norm[m.end() : min(seg_end, m.end() + 25)]
        if _NOT_ANOTHER.search(before) or re.match(
            r"\s?(?:metasta|mets?\b|marker|screen|cannot|nurse|clinic|centre|is suspected)", after, re.I
        ):
            continue
        if rule.id in ("malignancy.solid", "malignancy.hematologic") and (
            doc.category_at(m.start()) in ("indication", "criteria")
            or re.search(r"\bct\b|mri|pet|imag|radiol|path|histo|cyto", doc.note_type, re.I)
        ):
            continue
        window = norm[m.start() : min(len(norm), _end_of_item(doc, m.start()))]
        mention.attributes["treated"] = bool(_TREATED.search(window)) and not _MARGIN.search(window)
        if _ONGOING.search(window):
            mention.attributes["ongoing"] = True
        begin = max(doc.line_at(m.start()).start, m.start() - 25, seg_start)
        every = doc.dates_between(begin, _end_of_item(doc, m.start()))
        dates = [d for d in every if not _FOLLOW_UP.search(norm, max(0, d.start - 22), d.start)]
        if dates:
            last = max(dates, key=lambda d: d.when.last)
            mention.date, mention.date_source = last.when.iso, "relative" if last.when.source == "relative" else "text"
        found.append(mention)
    return resolve_overlaps(found)


def _end_of_item(doc: Document, position: int) -> int:
    """End of the line or sentence that tells about one disease."""
    return (
        max(doc.segment_at(position)[1], min(doc.line_at(position).end, position + 160))
        if doc.line_at(position).kind == "item"
        else doc.segment_at(position)[1]
    )


FAMILY = Family("malignancy", load_rules("malignancy.yaml"), _find)
