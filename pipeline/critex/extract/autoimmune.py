"""Autoimmune disease, its activity and its systemic treatment (GUIDELINE E05; domain.md E5, 12.6)."""

from __future__ import annotations

import re
from datetime import timedelta

from critex.extract.assertion import decide
from critex.extract.dates import When
from critex.extract.document import Document
from critex.extract.event_dates import free_since, set_date
from critex.extract.family import Family, FamilyHits, as_mention, resolve_overlaps
from critex.extract.forms import answer_after
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules
from critex.extract.subject import not_about_patient

_SYSTEMIC = re.compile(
    r"pred(?:niso(?:lo)?ne)?\b|methyl-?pred\w*|\bsteroids?\b|dexamethasone|budesonide|hydrocortisone|methotrexate|\bmtx\b|azathioprine|\baza\b|mycophenolate|\bmmf\b|cyclophosphamide|c[iy]closporin\w*|"
    r"tacrolimus|leflunomide|hydroxychloroquine|\bhcq\b|plaquenil|sul[fp]hasalazine|colchicine|rituximab|infliximab|adalimumab|humira|etanercept|enbrel|tocilizumab|\w{2,8}citinib|secukinumab|ustekinumab|"
    r"ixekizumab|guselkumab|vedolizumab|ocrelizumab|natalizumab|fingolimod|abatacept|belimumab|interferon|eltrombopag|romiplostim|\bivig\b|biologics?|\bdmards?\b|immunosuppress\w+|"
    r"systemic (?:treatment|therapy|agents?)|泼尼松|强的松|甲氨蝶呤|羟氯喹|雷公藤",
    FLAGS,
)
_ANTITHYROID = re.compile(r"carbimazole|methimazole|thiamazole|propylthiouracil|\bptu\b|甲巯咪唑|丙硫氧嘧啶", FLAGS)
_LOCAL = re.compile(
    r"topicals?|creams?|ointments?|emollients?|eye ?drops?|inhal\w+|calcipotriol|intra-?articular|\benemas?|suppositor\w+|gluten[\s-]free|diet only|phototherapy|UVB|nasal spray",
    FLAGS,
)
_CURED = re.compile(
    r"radio-?iodine|\brai\b|i-?131|thyroidectomy|now (?:hypothyroid|euthyroid)|thymectomy|colectomy", FLAGS
)
_QUIET = re.compile(
    r"quiescent|inactive|remission|burnt?[\s-]out|resolved|(?:no|nil|without) (?:\w+ )?(?:flares?|relapses?|activity)|not active|no active|(?:skin |all )?clear(?:ed)?\b|dormant|asymptomatic|settled|cured|platelets normal|no (?:symptoms|problems) (?:for|since)",
    FLAGS,
)
_ACTIVE = re.compile(
    r"(?<!in)(?<!not )(?<!no )\bactive\b|(?<!no )(?<!nil )(?<!last )(?<!without )(?<!any )\bflar(?:e|es|ing|ed)\b|uncontrolled|poorly controlled|ongoing|symptomatic|relapsed? (?:in|last|this)",
    FLAGS,
)
_NO_DRUG = re.compile(
    r"\b(?:never|no|not|nil|without)\b(?! longer)[^,.;]{0,28}?(?:systemic|immunosuppress\w*|steroids?|dmards?|biologics?|treatment|medications?|meds|drugs|therapy|tablets|pred\w*)"
    r"|\bneither\b[^.;]{0,40}?(?:steroids?|dmards?|biologics?|treatment|medications?|drugs|therapy|tablets|injections|pred\w*)"
    r"|\b(?:off|stopped) (?:all )?(?:the )?(?:treatment|medications?|meds|drugs|therapy|immunosuppress\w*|steroids?|dmards?)|untreated|diet only|observ(?:ed|ation) only",
    FLAGS,
)
_NEVER = re.compile(
    r"\bnever\b[^,.;]{0,28}?(?:systemic|immunosuppress\w*|steroids?|dmards?|biologics?|treat\w+|medications?|drugs|therapy|tablets)|untreated|diet only|observ(?:ed|ation) only"
    r"|no (?:systemic |immunosuppressive )(?:treatment|therapy|agents?) (?:ever|needed|required|at any time)",
    FLAGS,
)
"""No systemic treatment at any time; "not on treatment" says that of today only."""
_STOPPED = re.compile(
    r"stopped|\boff\b|discontinued|until|\btill\b|ceased|last (?:\w+ )?(?:dose|course|needed|taken|infusion|injection|\w+ine|\w+ate|\w+mab|\w+cept|pred\w*|mtx|steroids?)|completed|weaned|came off|finished|ended|withdrawn|no longer|(?:none|nil|nothing) (?:after|since|thereafter|now)|停药|停用",
    FLAGS,
)
_ONCE = re.compile(
    r"treated with|\bhad\b|needed|needing|required|requiring|received|courses? of|previous(?:ly)?|was on|in the past|for \d+ (?:months?|weeks?|years?|yrs?)\b|responded to|given",
    FLAGS,
)
_NEXT_TOPIC = re.compile(
    r"\n|\b(?:sister|brother|mother|father|wife|husband|son|daughter|aunt|uncle|cousin)\b|\b(?:htn|hypertension|hpt|t2dm|type 2 diabetes|gout|asthma|copd|nkda|ihd|cad|psh|nka|fhx|family history|npc|hbv|ecog)\b|\b(?:allerg\w+|meds|medications|fh|social|plan|imp|rx|dh)\s?[:=]",
    FLAGS,
)
RECENT = timedelta(days=731)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    found = resolve_overlaps([as_mention(rule, m) for rule, m in hits])
    starts = [m.start for m in found if m.value not in ("any", "drug")]
    out = []
    for m in found:
        if not_about_patient(doc, m.start):
            m.assertion = "hypothetical" if doc.category_at(m.start) == "criteria" else "family"
        elif m.value == "any":
            decide(doc, [m])
            if m.assertion == "present":
                continue  # a heading such as "Autoimmune:", or a disease that is named beside it
        elif m.value == "drug":
            _drug(doc, m)
        elif not m.attributes.get("exception"):
            _activity(doc, m, starts)
        out.append(m)
    return out


def _drug(doc: Document, m: Mention) -> None:
    seg_start, seg_end = doc.segment_at(m.start)
    text = doc.norm[max(seg_start, m.start - 30) : min(seg_end, m.end + 60)]
    m.attributes["systemic"] = "past" if _STOPPED.search(text) or _ONCE.search(text) else "current"


def _about(doc: Document, m: Mention, starts: list[int]) -> tuple[int, int]:
    """The text about one disease: to the next disease or topic of its line, and a little before it ("MTX for psoriasis")."""
    line = doc.line_at(m.start)
    _, seg_end = doc.segment_at(m.start)
    end = min([max(seg_end, line.end), m.start + 220, *(s for s in starts if s > m.start)])
    if (topic := _NEXT_TOPIC.search(doc.norm, m.end, end)) is not None:
        end = topic.start()
    seg_start, _ = doc.segment_at(m.start)
    before = doc.norm[max(seg_start, m.start - 60) : m.start]
    lead = re.search(r"[^,.;+(]*\b(?:for|active|inactive|quiescent|stable)\s(?:\w+\s)?$", before, re.I)
    return (m.start - len(lead.group()) if lead else m.start), end


def _activity(doc: Document, m: Mention, starts: list[int]) -> None:
    """Set ``systemic`` (current, past with its day, none), ``activity`` (active, inactive) and ``treatment``, as far as they are written."""
    start, end = _about(doc, m, starts)
    text = doc.norm[start:end]
    active = _ACTIVE.search(text)
    quiet = _QUIET.search(text)
    dates = doc.dates_between(start, end)
    if active and re.search(r"flar|relaps", active.group(), re.I) and _is_old(doc, start + active.end(), end):
        active = None
    if active:
        m.attributes["activity"] = "active"
    elif quiet:
        m.attributes["activity"] = "inactive"
    if _ANTITHYROID.search(text):
        m.attributes["treatment"] = "antithyroid"
        return
    drug = _given(text)
    stopped = _STOPPED.search(text)
    denied = _NO_DRUG.search(text)
    free = free_since(doc, start, end)
    if drug or (denied and not _NEVER.search(text) and re.search(r"since|off|stopped|for \d", text, re.I)):
        over = (
            stopped
            or denied
            or (drug and _ONCE.search(text))
            or (quiet and re.search(r"resolved|cured", quiet.group(), re.I))
        )
        if over and _still_given(text):
            over = None
        m.attributes["systemic"] = "past" if over else "current"
        if over:
            mark = stopped or denied
            after = [d for d in dates if mark and d.start >= start + mark.start()]
            near = [d for d in after if mark and d.start <= start + mark.end() + 32][
                :1
            ]  # "off prednisolone since January 2023"
            last = max(near or after or dates, key=lambda d: d.when.last, default=None)
            set_date(m, free or (last.when if last else None))
        return
    if _NEVER.search(text) or _CURED.search(text) or (_LOCAL.search(text) and re.search(r"\bonly\b", text, re.I)):
        m.attributes["systemic"] = "none"
    elif free is not None:
        m.attributes["systemic"] = "past"
        set_date(m, free)
    elif _LOCAL.search(text):
        m.attributes["treatment"] = "local"


_TAKES = re.compile(r"\b(?:on|takes?|taking|continu\w+|maintained on|remains on)\s", FLAGS)


def _still_given(text: str) -> bool:
    """Whether one clause says of a drug that it is taken, where another says of one that it was stopped: "on prednisolone 5 mg, azathioprine stopped 2023"."""
    return any(
        _TAKES.search(clause)
        and _given(clause)
        and not (_STOPPED.search(clause) or _NO_DRUG.search(clause) or _ONCE.search(clause))
        for clause in re.split(r"[,;.]\s", text)
    )


def _given(text: str) -> bool:
    """Whether a systemic drug is named as given: neither denied ("never needed steroids") nor local ("steroid cream")."""
    for drug in _SYSTEMIC.finditer(text):
        before, after = text[max(0, drug.start() - 30) : drug.start()], text[drug.end() : drug.end() + 16]
        if re.search(r"\b(?:never|no|not on|not|nil|without)\s(?:\w+\s){0,3}$", before, re.I):
            continue
        if re.match(r"\s(?:cream|ointment|eye|enema|inhal|nasal|lotion)", after, re.I) or re.search(
            r"(?:topical|inhaled|intra-?articular)\s(?:\w+\s)?$", before, re.I
        ):
            continue
        if (answer := answer_after(text, drug.end(), len(text))) is not None and answer[0] == "no":
            continue  # "Systemic therapy in the last 24 months: [ ] yes [x] no"
        return True
    return False


def _is_old(doc: Document, start: int, end: int) -> bool:
    """Whether the first date after a flare lies more than two years before the note."""
    dates = doc.dates_between(start, min(end, start + 24))
    if not dates or doc.note_date is None:
        return False
    when: When = dates[0].when
    return when.last < doc.note_date - RECENT


FAMILY = Family("autoimmune", load_rules("autoimmune.yaml"), _find)
