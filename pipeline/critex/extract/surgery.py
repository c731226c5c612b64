"""Operations with their size and day, statements of none, and the state of wounds (GUIDELINE E12; domain.md E12)."""

from __future__ import annotations

import re
from datetime import timedelta

from critex.extract.assertion import decide
from critex.extract.dates import When
from critex.extract.document import Document
from critex.extract.event_dates import set_date
from critex.extract.family import Family, FamilyHits, as_mention, resolve_overlaps
from critex.extract.forms import answer_after, box_after, box_before
from critex.extract.mention import Mention
from critex.extract.number_words import ONES
from critex.extract.patterns import FLAGS, load_rules
from critex.extract.subject import not_about_patient

_PLANNED_BEFORE = re.compile(
    r"(?:plan(?:ned|s)?(?: for)?|for|consider\w*|candidate for|not for|await\w*|booked(?: for)?|listed for|to have|will (?:have|need)|need(?:s|ed)?|refer\w* for|"
    r"discuss\w*|options?(?: of| are| include)?|unfit for|fit for|declin\w*|refus\w*|may need|if|advised|offered|suitable for|scheduled for|awaits|prior to|before|potential|possible|\?)"
    r"\s(?:a |an |the )?(?:\w+\s){0,2}$",
    FLAGS,
)
_PLANNED_AFTER = re.compile(
    r"\s?(?:\w+\s){0,2}(?:is |was |has been )?(?:planned|booked|scheduled|may be needed|to be (?:done|arranged|considered)|next (?:week|month)|declined|refused|not (?:indicated|possible|feasible)|if needed)",
    FLAGS,
)
_DAYS_AFTER = re.compile(
    r"\b(?:pod|post-?\s?op(?:erative)?(?: day| d)?|day|d)\s?#?\s?(?P<days>\d{1,2})\b(?!\s?[/-]\s?\d)(?:\s?(?:post|after|following))?"
    r"|\b(?P<n>\d{1,2}|one|two|three|four|five|six)\s?(?P<unit>/\s?(?:7|52|12)|days?|weeks?|wks?|months?|mths?)\s(?:post|after|since|following|from|s/p|ago)\b",
    FLAGS,
)
_OPERATION_NOTE = re.compile(
    r"operation (?:record|note|report)|operative|op note|theatre|surgical (?:record|report)", FLAGS
)
_OPERATION_HEAD = re.compile(
    r"\s{0,8}(?:operation|operative|op|surgical|surgery|theatre)\s(?:record|note|report|sheet)\b", FLAGS
)
"""First line of the record of an operation."""
_OPERATION_DATE = re.compile(
    r"\b(?:date(?: of (?:operation|surgery|procedure))?|operation|op|procedure|surgery)\b[^\n]{0,20}$", FLAGS
)
_CANCER_TREATMENT = re.compile(
    r"radio-?therap|chemo|\brt\b|\bxrt\b|\bcrt\b|immuno-?therap|anti-?(?:tumou?r|cancer)|\bfor (?:npc|this|the (?:cancer|tumou?r))|oncolog",
    FLAGS,
)
_SCAR = re.compile(r"\s(?:scars?|wounds?|incision)\b", FLAGS)
"""Behind these words an operation only names a scar: "c-section scar"."""
_LAST_ONE = re.compile(r"last|most recent|latest|only|sole|his|her|their|patient|surg|op|psh", FLAGS)
"""What names the last operation by its day, and so denies later ones."""
_SINCE = re.compile(r"(?:none|nil|nothing) since", FLAGS)
_OPERATED = re.compile(
    r"ectomy|otomy|plasty|ostomy|\b(?:surg\w+|operat\w+|ops?\b|psh\w?|repair|resection|excision|stent\w*|graft|bypass|fusion|fixation|replacement|caesarean|cesarean|c-?section|lscs|arthroscop\w+|appendix|hernia|hip|knee|sterilisation|tubal|cabg|pci)\b",
    FLAGS,
)
_OPEN = re.compile(r"unhealed|open|non-?healing", FLAGS)
_OLD = timedelta(days=60)
"""A wound that broke down longer ago, and is not said to be open still, is history; a last operation of longer ago is no recent one."""


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    out = []
    for rule, m in hits:
        mention = as_mention(rule, m)
        if not_about_patient(doc, mention.start):
            continue
        if rule.label == "WOUND":
            if _wound(doc, mention):
                out.append(mention)
        elif rule.id == "surgery.asked":
            if _unticked(doc, mention):
                out.append(mention)
        elif rule.value == "none":
            if _denial(doc, mention):
                out.append(mention)
        elif not _SCAR.match(doc.norm, m.end()):
            _operation(doc, mention)
            out.append(mention)
    return resolve_overlaps(out)


def _denial(doc: Document, m: Mention) -> bool:
    """A statement of no operation; one in a list of treatments for the cancer ("no surgery, RT or chemo") is about that cancer only."""
    seg_start, seg_end = doc.segment_at(m.start)
    if _CANCER_TREATMENT.search(doc.norm, max(seg_start, m.start - 40), min(seg_end, m.end + 50)):
        return False
    if _SINCE.match(doc.norm, m.start, m.end) and not (
        _OPERATED.search(doc.norm, max(doc.line_at(m.start).start, m.start - 160), m.start)
        or doc.category_at(m.start) == "history"
    ):
        return False  # "prednisone 2017-2019, nil since"
    dated = doc.dates_between(m.start, min(seg_end, m.end + 12))
    is_asked = m.rule == "surgery.none_form"  # "Op in last month: N": the time is that of the question
    if (
        dated
        and doc.note_date
        and not is_asked
        and _LAST_ONE.match(doc.norm, m.start)
        and dated[0].when.last > doc.note_date - _OLD
    ):
        return False  # "last operation 2 May": that one may be within the days that count
    m.assertion, m.temporality = "absent", "current"
    m.date, m.date_source = (doc.note_date.isoformat(), "note") if doc.note_date else (None, "none")
    return True


def _unticked(doc: Document, m: Mention) -> bool:
    """Whether a filled-in form says no to an operation."""
    decide(doc, [m])
    m.temporality = "current"
    return m.assertion == "absent"


_CORRECTED_TO = re.compile(r"[^.\n]{0,90}?\bcorrect(?:s|ed)\b[^.;\n]{0,24}?\bto\s$", FLAGS)
_FARTHEST_CORRECTION = 120


def _corrected_day(doc: Document, start: int) -> When | None:
    """Day that the text puts in the place of another: "thoracotomy dated 4 March; theatre record corrects it to 4 May"."""
    days = doc.dates_between(start, start + _FARTHEST_CORRECTION)
    return next((d.when for d in days if _CORRECTED_TO.match(doc.norm, start, d.start)), None)


def _operation(doc: Document, m: Mention) -> None:
    norm = doc.norm
    seg_start, seg_end = doc.segment_at(m.start)
    category = doc.category_at(m.start)
    if _PLANNED_BEFORE.search(norm, max(seg_start, m.start - 40), m.start) or _PLANNED_AFTER.match(
        norm, m.end, min(seg_end, m.end + 40)
    ):
        m.assertion = "hypothetical"
        return
    if category == "plan" and not re.search(r"s/p|\bpost\b|\bago\b|\bpod\b", norm[seg_start:seg_end], re.I):
        m.assertion = "hypothetical"
        return
    when = days_after(doc, seg_start, seg_end)
    if (corrected := _corrected_day(doc, m.end)) is not None:
        set_date(m, corrected)
    elif when is not None and not doc.dates_between(seg_start, seg_end):
        set_date(m, when)
    elif not doc.dates_between(seg_start, seg_end) and (
        _OPERATION_NOTE.search(doc.note_type) or _OPERATION_HEAD.match(norm)
    ):
        dated = next(
            (d for d in doc.dates if _OPERATION_DATE.search(norm, max(0, d.start - 40), d.start) and d.start < m.start),
            None,
        )
        if category not in ("history", "complaint") and not re.search(r"s/p\s?$|h/o\s?$", norm[: m.start][-6:], re.I):
            if dated is not None:
                set_date(m, dated.when)
            elif doc.note_date is not None and _OPERATION_NOTE.search(doc.note_type):
                set_date(m, When(doc.note_date, doc.note_date))
    if m.assertion is None and re.search(
        r"(?:s/p|post|had|underwent|after)\s(?:\w+\s){0,2}$", norm[seg_start : m.start], re.I
    ):
        m.assertion = "present"


def days_after(doc: Document, start: int, end: int) -> When | None:
    """Day of an operation from "POD 5", "3/52 post", "two weeks after", counted back from the note."""
    if doc.note_date is None:
        return None
    m = _DAYS_AFTER.search(doc.norm, start, end)
    if m is None:
        return None
    if m["days"]:
        days, slack = int(m["days"]), 0
    else:
        number = ONES.get(m["n"].lower()) or (int(m["n"]) if m["n"].isdigit() else 0)
        unit = m["unit"].lower().replace(" ", "")
        if unit in ("/52",) or unit.startswith("w"):
            days, slack = number * 7, 0
        elif unit in ("/7",) or unit.startswith("d"):
            days, slack = number, 0
        else:
            days, slack = round(number * 30.4), 3
    day = doc.note_date - timedelta(days=days)
    return When(day - timedelta(days=slack), day + timedelta(days=slack), "relative")


_MUST_HEAL = re.compile(r"\b(?:must|should|needs?|has to|have to|required|until|before)\b", FLAGS)


def _wound(doc: Document, m: Mention) -> bool:
    norm = doc.norm
    _, seg_end = doc.segment_at(m.start)
    text = norm[m.start : m.end]
    if m.rule == "surgery.wound_open" and re.search(
        r"\b(?:no|nil|without|not)\b[^,;]{0,25}(?:dehisc|discharg|infect|slough|gaping|purulent|ooz|break)|discharg\w+ (?:nil|home)|(?<!not )(?<!un)(?<!yet )(?<!almost )(?<!nearly )(?<!partly )(?<!partially )\bhealed",
        text + norm[m.end : min(seg_end, m.end + 4)],
        re.I,
    ):
        return False
    if m.rule == "surgery.wound_open" and not re.search(r"unhealed|heal|open|dehisc|break|gap", text, re.I):
        decide(doc, [m])
        return m.assertion == "present"  # "no wound infection" does not say that a wound is closed
    if m.rule == "surgery.wound_pending" and re.search(r"pressure|sore|ulcer", text, re.I):
        decide(doc, [m])
        if m.assertion == "absent":
            m.value = "unhealed"  # "no open wounds or pressure sores"
        elif m.assertion != "present":
            return False
    elif m.rule in ("surgery.wound_healed", "surgery.wound_pending"):
        if _MUST_HEAL.search(text):
            return False
        m.assertion = "present"
    elif m.rule == "surgery.wound_asked":
        return _asked(doc, m, text)
    elif m.rule == "surgery.wound_open" and not re.search(r"\bstill\b|remains|not (?:yet )?healed", text, re.I):
        dates = doc.dates_between(m.start, min(seg_end, m.end + 40))
        if dates and doc.note_date and dates[-1].when.last < doc.note_date - _OLD:
            return False
    return True


def _asked(doc: Document, m: Mention, text: str) -> bool:
    """Whether a form, or a denial right before it, answers for wounds; "no drainage from the wound" does not."""
    seg_start, _ = doc.segment_at(m.start)
    decide(doc, [m])
    if m.assertion == "present":
        return bool(_OPEN.search(text)) or _ticked(doc, m)
    if m.assertion == "absent":
        answered = answer_after(doc.norm, m.end, doc.line_at(m.start).end) or "empty" in (
            box_before(doc.norm, m.start, doc.line_at(m.start).start), box_after(doc.norm, m.end, doc.line_at(m.start).end)
        )  # fmt: skip
        denied = re.search(
            r"\b(?:no|nil|without|denies(?: any)?|not any)\s(?!measurable|RECIST|target)(?:[\w/-]+,?\s){0,3}$",
            doc.norm[seg_start : m.start],
            re.I,
        )
        return bool(answered or denied)
    return True


def _ticked(doc: Document, m: Mention) -> bool:
    """Whether a form says yes to "wound"."""
    line = doc.line_at(m.start)
    answer = answer_after(doc.norm, m.end, line.end)
    return "ticked" in (box_before(doc.norm, m.start, line.start), box_after(doc.norm, m.end, line.end)) or (
        answer is not None and answer[0] == "yes"
    )


FAMILY = Family("surgery", load_rules("surgery.yaml"), _find)
