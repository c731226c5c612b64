"""Autoimmune disease, its activity and its systemic treatment (GUIDELINE E05; domain.md E5)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits, as_mention
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules

_SYSTEMIC = re.compile(
    r"pred(?:niso(?:lo)?ne)?\b|methylpred\w*|steroids?\b|methotrexate|\bmtx\b|azathioprine|\baza\b|mycophenolate|\bmmf\b|cyclophosphamide|c[iy]closporin\w*|tacrolimus|leflunomide|hydroxychloroquine|\bhcq\b|plaquenil|sul[fp]hasalazine|"
    r"rituximab|infliximab|adalimumab|humira|etanercept|tocilizumab|tofacitinib|secukinumab|ustekinumab|ixekizumab|vedolizumab|\bivig\b|biologic\w*|immunosuppress\w+|carbimazole|methimazole",
    FLAGS,
)
_TOPICAL = re.compile(
    r"topical|cream|ointment|emollient|drops|inhal\w+|calcipotriol|betamethasone (?:cream|oint)", FLAGS
)
_INACTIVE = re.compile(
    r"quiescent|inactive|in remission|remission|burnt?[\s-]out|resolved|no flare|not active|skin clear|off (?:all )?(?:meds|medication|treatment)|no treatment|never (?:needed|required|had) (?:systemic|steroid|treatment)|no systemic|without treatment",
    FLAGS,
)
_ACTIVE = re.compile(
    r"\bactive\b(?! (?:plaques|disease)?:? ?no)|flar(?:e|ing)|uncontrolled|on (?:regular|long[\s-]term)|currently|weekly|daily|\bod\b|\bbd\b|maintained on|ongoing",
    FLAGS,
)
_STOPPED = re.compile(
    r"stopped|off\b|discontinued|until|till|ceased|last (?:dose|course|needed)|completed|weaned|came off|finished|ended|withdrawn",
    FLAGS,
)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    norm, out = doc.norm, []
    for rule, m in hits:
        mention = as_mention(rule, m)
        if doc.category_at(m.start()) in ("family", "criteria"):
            if doc.category_at(m.start()) == "family":
                mention.assertion = "family"
            out.append(mention)
            continue
        if re.search(r"[:=-]\s?(?:nil|no|none|never)$", norm[m.start() : m.end()], re.I):
            mention.assertion = "absent"
        seg_start, seg_end = doc.segment_at(m.start())
        end = min(len(norm), max(seg_end, doc.line_at(m.start()).end))
        window = norm[m.start() : end]
        nxt = re.search(r"\n|\b(?:htn|hypertension|t2dm|gout|asthma|copd|nkda)\b", window, re.I)
        if nxt and nxt.start() > 20:
            window = window[: nxt.start()]
        if rule.value == "drug":
            window = norm[max(seg_start, m.start() - 60) : end]
            mention.attributes["systemic"] = "stopped" if _STOPPED.search(window) else "current"
        else:
            _activity(doc, mention, window)
        out.append(mention)
    return out


def _activity(doc: Document, m: Mention, window: str) -> None:
    systemic = _SYSTEMIC.search(window)
    if systemic and re.search(r"\b(?:no|never|without|not on)\b[^,;.()\-]{0,20}$", window[: systemic.start()], re.I):
        systemic = None
        m.attributes["activity"] = "inactive"
    if systemic:
        stopped = _STOPPED.search(window)
        if stopped:
            base = m.start + stopped.start()
            dates = doc.dates_between(base, m.start + len(window)) or doc.dates_between(m.start, m.start + len(window))
            m.attributes["systemic"] = "stopped"
            if dates:
                last = max(dates, key=lambda d: d.when.last)
                m.date, m.date_source = last.when.iso, "relative" if last.when.source == "relative" else "text"
        else:
            m.attributes["systemic"] = "current"
            m.attributes["activity"] = "active"
        return
    if _INACTIVE.search(window):
        m.attributes["activity"] = "inactive"
        dates = doc.dates_between(m.start, m.start + len(window))
        if dates:
            last = max(dates, key=lambda d: d.when.last)
            m.date, m.date_source = last.when.iso, "text"
    elif _ACTIVE.search(window):
        m.attributes["activity"] = "active"
    elif _TOPICAL.search(window):
        m.attributes["activity"] = "topical"


FAMILY = Family("autoimmune", load_rules("autoimmune.yaml"), _find)
