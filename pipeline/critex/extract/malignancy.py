"""Other malignancies: site, kind, whether treated, and when (GUIDELINE E04; domain.md E4)."""

from __future__ import annotations

import re

from critex.extract.assertion import decide
from critex.extract.dates import DateMention
from critex.extract.document import Document
from critex.extract.event_dates import clause_end, free_since, interval, set_date
from critex.extract.family import Family, FamilyHits, as_mention, resolve_overlaps
from critex.extract.forms import answer_after, box_after, box_of, boxes_trail, filled_in
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules
from critex.extract.subject import not_about_patient

_IN_DOUBT_BEFORE = re.compile(
    r"(?:metasta\w*|mets?|secondar(?:y|ies)) (?:from|of|to|in)\s(?:an? |the )?$|\bv(?:s|ersus)?\.?\s(?:an? )?$|\?\s?$|\bvs?\s|screen\w* for\s$|risk of\s$|\bfavou?r(?:s|ed|ing)?\s(?:an? )?$|\bnot (?:a |an |the same as )?$|\bnot the same as\s$|rule out\s$|exclude\s(?:\w+\s)?$|\btro\s$|/\s?$",
    FLAGS,
)
_IN_DOUBT_AFTER = re.compile(
    r"\s?(?:(?!under |active |on )\w+\s)?(?:screen\w*|surveillance|marker|nurse|clinic|cent(?:re|er)|foundation|society|ward|registry|unit|institute|hospital|specialist|cells?\b|team|support|research|awareness|"
    r"risk|cannot|can't|is suspected|suspected|not excluded|to be excluded|(?:is )?(?:less |un)?likely|\?|v(?:s|ersus)?\b)",
    FLAGS,
)
_TREATED = re.compile(
    r"excis\w+|resect\w+|margins? (?:\w+ )?(?:clear|free|negative)|(?:clear|free|negative) margin|\bcone\b|\bleep\b|lletz|coni[sz]ation|conisation|treated|cured|curett\w+|mohs|removed|surgery|ectomy\b|turbt?\b|"
    r"remission|discharged|\bned\b|no (?:recurrence|relapse)|ablat\w+|cryo\w*|\bpdt\b|photodynamic|imiquimod|s/p|complete(?:d|ly)|锥切|切除",
    FLAGS,
)
_NOT_TREATED = re.compile(
    r"margins? (?:were |was |is |are )?(?:positive|involved|close)|positive margin|incomplete(?:ly)? excis|(?:for|await\w*|list(?:ed)? for|plan\w*(?: for)?|booked for|needs?|to have|pending|refus\w*|declin\w*) (?:\w+ )?(?:re-?)?(?:excision|surgery|mohs|biopsy|treatment|cone|leep|lletz)|untreated|re-?excision (?:await|pend|plan)|not (?:yet )?treated",
    FLAGS,
)
_RECURRED = re.compile(r"(?<!no )(?<!without )\b(?:recurr(?:ence|ed)|relapsed?)\b", FLAGS)
_CORRECTS = re.compile(r"\bcorrection\b|\bcorrected\b|(?:19|20)\d\d,? not (?:in )?(?:19|20)\d\d", FLAGS)
_PROVEN = re.compile(
    r"[\s,(-]{1,3}(?:(?:was|is|has been|now|cyto\w+|histo\w+|biopsy)[\s-]){0,2}(?:confirmed|proven|diagnosed|established)\b",
    FLAGS,
)
_DENIED_BEFORE = re.compile(r"\b(?:no|not|never|without|denie[sd]|exclude[sd]?|\?)\s(?:\w+\s){0,3}$", FLAGS)
_FOLLOW_UP = re.compile(
    r"(?:psa|last|smears?|normal|scan|mri|ct|pet|follow\S*|seen|review\w*|colonoscopy|clear|surveillance|ned|today|cea|mammo\w*|discharged|released|cured|endoscopy|check\w*|cystoscopy)\b[^;\n]{0,26}$",
    FLAGS,
)
"""What is dated after these words is a check, not the disease."""
_CHECKED_AFTER = re.compile(
    r"\s?(?:mammo\w*|psa|scan|smear|colonoscopy|ct\b|mri\b|follow|review|check|cystoscopy|clear\b|normal\b)", FLAGS
)
_ONGOING = re.compile(
    r"currently on|still on|ongoing|on (?:tamoxifen|letrozole|anastrozole|exemestane|adt|goserelin|zoladex|leuprolide|leuprorelin|lupron|prostap|decapeptyl|triptorelin|degarelix|bicalutamide|abiraterone|arimidex|femara|herceptin|hormon\w+|\w{3,}(?:mab|nib|mide|ciclib))|active surveillance|watch (?:and|&) wait|under surveillance|"
    r"on (?:treatment|chemo\w*)|newly diagnosed|just diagnosed|found (?:incidentally|on)|synchronous|concurrent|concomitant|co-?existing|recurr(?:ed|ence) (?:last|this)",
    FLAGS,
)
_VISIT_TOLD = re.compile(
    r"\s(?:who|and) (?:now |today |then )?(?:is|was|presents?|presented|comes?|came|returns?|returned|has (?:now )?(?:presented|been admitted))\b",
    FLAGS,
)
"""Where a sentence turns from an earlier cancer to the visit."""
_REPORT = re.compile(r"\bct\b|\bmri?\b|\bpet\b|imag|radiol|scan|path|histo|cyto", FLAGS)
_KNOWN = re.compile(r"(?:k/c/o|known|h/o|hx of|history of|s/p|previous|prior|past|treated)\s(?:\w+\s){0,3}$", FLAGS)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    found = [as_mention(rule, m) for rule, m in hits]
    found = resolve_overlaps(found)
    starts = [m.start for m in found if m.value != "any"]
    return [m for m in found if _counts(doc, m, starts)]


def _counts(doc: Document, m: Mention, starts: list[int]) -> bool:
    """Whether a match is a statement about another cancer; completes it."""
    if not_about_patient(doc, m.start):
        if m.value == "any" or doc.category_at(m.start) == "criteria":
            return False
        m.assertion = "family"
        return True
    if m.rule == "malignancy.none":
        return not (_REPORT.search(doc.note_type) and doc.category_at(m.start) in ("findings", None))
    if m.rule == "malignancy.asked":
        return _denied(doc, m)
    return _disease(doc, m, starts)


def _denied(doc: Document, m: Mention) -> bool:
    """Whether a form denies another cancer; an untouched or a positive answer is left to what is written beside it."""
    norm, line = doc.norm, doc.line_at(m.start)
    trail = boxes_trail(norm, line.start, line.end)
    if box_of(norm, m.start, m.end, line.start, line.end) == "empty" and filled_in(norm):
        m.assertion = "absent"
        return True
    tail = re.match(r"[^:=?|\n\[(]{0,30}(?:\([^)\n]{0,32}\))?(?=\s{0,30}[:=?|\[(☐☑-])", norm[m.end : line.end])
    end = m.end + (tail.end() if tail else 0)
    if trail and box_after(norm, end, line.end) == "empty" and filled_in(norm):
        m.assertion = "absent"
        return True
    answer = answer_after(norm, end, line.end) or answer_after(norm, m.end, line.end)
    if answer is None or answer[0] != "no":
        return False
    m.assertion, m.cue = "absent", (answer[1], answer[2])
    return True


def _disease(doc: Document, m: Mention, starts: list[int]) -> bool:
    norm = doc.norm
    seg_start, seg_end = doc.segment_at(m.start)
    before, after = norm[max(seg_start, m.start - 40) : m.start], norm[m.end : min(seg_end, m.end + 25)]
    if _IN_DOUBT_BEFORE.search(before) or _IN_DOUBT_AFTER.match(after):
        return False
    if m.rule == "malignancy.unnamed":
        decide(doc, [m])
        besides = re.search("other than|apart from|except|besides", norm[m.start : m.end], re.I)
        if m.assertion == "absent" and (
            besides or not re.search(r"\b(?:no|nil|not|never|without|any)\s(?:\w+\s){0,2}$", before, re.I)
        ):
            m.value = "any"  # "denied hepatitis and other tumors"
            return True
        if m.assertion == "absent" or re.search("tumou?r", norm[m.start : m.end], re.I):
            return False
    if m.rule == "malignancy.unnamed" and re.match(r"\s?(?:\([^)]*\)\s?)?[:|=-]", after):
        return False
    if (
        _REPORT.search(doc.note_type)
        and not _KNOWN.search(before)
        and doc.category_at(m.start) not in ("indication", "history")
    ):
        return False
    if re.search(
        r"(?:s/p|status post|history of|treated for)\s(?:[\w-]+\s){0,8}$",
        norm[max(seg_start, m.start - 80) : m.start],
        re.I,
    ) and re.search(
        r"no (?:evidence|sign)s? of (?:disease|recurrence|relapse)|\bned\b", norm[seg_start : m.start], re.I
    ):
        m.assertion = "present"  # "no evidence of disease, s/p lobectomy for lung cancer"
    if _PROVEN.match(after) and not _DENIED_BEFORE.search(before):
        m.assertion = "present"  # "thyroid cancer confirmed on FNA, lobectomy planned"
    end = clause_end(doc, m.start, starts)
    if end == min([s for s in starts if s > m.start], default=-1):
        end = max(m.end, _before_next(norm, m.end, end))
    if told := _VISIT_TOLD.search(norm, m.end, end):
        end = told.start()
    text = norm[max(seg_start, m.start - 20) : end]
    m.attributes["treated"] = bool(_TREATED.search(text)) and not _NOT_TREATED.search(text)
    if _CORRECTS.search(norm, max(0, m.start - 60), end):
        m.attributes["correction"] = True
    if _ONGOING.search(text):
        m.attributes["ongoing"] = True
    begin = max(doc.line_at(m.start).start, m.start - 28, seg_start, *(s + 1 for s in starts if s < m.start))
    dates = [d for d in doc.dates_between(begin, end) if _of_disease(norm, d)]
    dates = [d for d in dates if d.start >= m.start] or dates[-1:]
    if len(dates) > 1 and _RECURRED.search(norm, m.end, dates[-1].start):
        dates = dates[-1:]  # "first 2015, recurrence resected in 2024"
    if not dates and begin > seg_start and not any(seg_start <= s < m.start for s in starts):
        dates = [d for d in doc.dates_between(seg_start, m.start) if _of_disease(norm, d)][-1:]
    free = free_since(doc, m.start, end)
    when = interval(doc, dates)
    if when is None or (free is not None and free.last < when.first):
        when = free or when
    set_date(m, when)
    if when is None:
        m.date_source, m.date = ("note", doc.note_date.isoformat()) if doc.note_date else ("none", None)
    return True


def _before_next(norm: str, start: int, end: int) -> int:
    """End of the item before the next disease of a list ("Ca breast 2009, Ca colon 2024")."""
    cut = max(norm.rfind(c, start, end) for c in ",;.\n")
    return cut if cut > start else end


def _of_disease(norm: str, d: DateMention) -> bool:
    return (
        not _FOLLOW_UP.search(norm, max(0, d.start - 36), d.start)
        and not _CHECKED_AFTER.match(norm, d.end, min(len(norm), d.end + 14))
        and not norm[max(0, d.start - 8) : d.start].lower().endswith(("not ", "not in "))
    )


FAMILY = Family("malignancy", load_rules("malignancy.yaml"), _find)
