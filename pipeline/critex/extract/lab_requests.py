"""Tests that are asked for and have no result yet: lists under a word of request, items of a plan, names with a word such as "cancelled" behind (GUIDELINE section 1, settled questions).

"Check FBC, INR, PTT", "P> CBC w/ plt, BUN crea Na K", "- Virology, EBV DNA, PT/INR", "FBC/Cr/PT/APTT sent", "PTT still not run": each test named is a mention without
a value, ``hypothetical``. A name between others of a list may be short ("K", "Cr"), as it never is alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from critex.extract.document import Document, Line
from critex.extract.lab_values import NEUTROPHILS, Name
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_yaml

_PLANNED = re.compile(
    r"\b(?:repeat|rpt|redraw|recollect\w*|recheck|check|to do|to send|to trace|to be (?:taken|drawn|done|checked|sent)|(?:pls|please) do|missing|send|chase|await(?:ing)?|pending|request(?:ed)?|order(?:ed)?|arrange|plan(?:ned)?|needs?|monitor|add|baseline|tomorrow|tmr|weekly|due|outstanding)\b",
    FLAGS,
)
"""A word of request before a test's name."""
_HEAD = re.compile(
    r"(?:^|[\n.;])[ \t]*(?:[-*#>•]\s?|\d{1,2}[.)]\s?)?(?:p|plan|to do|requests?|orders?)\s?[>:)-][^.;\n]{0,60}$|(?:^|[\n.;:>])[ \t]*(?:[-*#•]\s?|\d{1,2}[.)]\s?)?for\s(?:the\s)?$|[拟查]\s?$",
    FLAGS,
)
"""A heading of a plan right before a list: "P>", "Orders:"."""
_HEAD_REACH = 160
"""How far before a list its heading can begin."""
_ITEM_LEAD = re.compile(
    r"[\s\-*#>•]*(?:\d{1,2}[.)]\s?)?(?:(?:am|today|tomorrow|mane|bloods?|bld|labs?|ix|investigations?|blood tests?|incl(?:uding|\.)?|for|w/|with|and|the|full|routine|pre-?chemo|further|new|:|-)\s?){0,6}$",
    FLAGS,
)
"""All that may stand before the list where a line of a plan is nothing but tests."""
_ITEM_TAIL = re.compile(r"\s*(?:pls|please|ta|thx|thanks|today|mane|tomorrow|etc\.?|[.;,)])*\s*$", FLAGS)
_FOLLOWED = re.compile(
    r"[\s:|(,-]{0,40}(?:(?:all|both|bloods?|labs?|coags?|screen|(?:blue top )?(?:sample|specimen|bottle|tube|result)s?|is|are|was|were|been|has|have|had|being|still|also|again|today|level|just|now|only|to be|will be|needs? to be|to|yet|pls|please|kindly|will|could not be|couldn't be|cannot be)[\s:]+){0,5}"
    r"(?:pending|awaited|awaiting|outstanding|to follow|request(?:ed)?|ordered|sent(?! home| back| to)|added(?: on)?|cancell?ed|(?<=be )(?:repeated|(?:re-?)?checked|done|taken|drawn|re-?done|monitored)|recollect\w*|redraw\w*|redrawn|chased?|"
    r"not (?:yet |been |being )?(?:done|sent|taken|checked|resulted|run|repeated|drawn|processed|performed|measured|available|back|ready)|never (?:sent|done|taken|checked|run)|unavailable|missing\b|due\b(?!\sto)|not (?:yet )?received|"
    r"(?:specimen |sample )?insufficient|insuff\b|qns|underfilled|(?:clotted|clumped|ha?emolysed|hemolyzed|rejected|lab(?:oratory)? error)(?=[^.;\n]{0,40}(?:repeat|rpt|redraw|recollect|resend|re-?send))|"
    r"(?<!, )(?:repeat|rpt|recheck|redo|draw|send|check)(?=\s?(?:$|[.;,)\n]|pls|please|today|tomorrow|tmr|mane|on\b|in\b|next|at\b|am\b|\d))|pls\b|please\b|(?:(?:w/|with|at|on|in|for|before)\s(?:the\s)?)?next (?:week|draw|visit|bloods?|time|clinic|cycle)|after \d|tomorrow|tmr\b|mane\b|(?:twice )?weekly\b|(?:with |before |at )?(?:each|every) (?:cycle|visit|week|dose))",
    FLAGS,
)
"""Behind a name or a list: there is no result yet."""
_NOT_WANTED = re.compile(
    r"\s?(?:is |are |was |were |were all |all |both |now |today |results? )*(?:not (?:needed|required|necessary|indicated)|unnecessary|no longer|normal\b|nad\b|nl\b|wnl|ok\b|okay|unremarkable|within (?:normal|limits)|fine\b|stable\b|satisf\w+|acceptable|reviewed|noted|reassuring|transfusions?|infusions?|support|concentrates?|pools?)",
    FLAGS,
)
"""Behind a name or a list: nobody waits for it."""
_GIVEN = re.compile(r"\b(?:transfus\w+|giv(?:e|en|ing)|infus\w+|units? of|pools? of)\s(?:of\s)?$", FLAGS)
"""Before what is given to the patient: platelets, albumin, potassium."""
_SEPARATOR = r"(?:\s?(?:,|;|/|\+|&|、)\s?(?:and\s|&\s)?|\sand\s|\s(?:w/|with)\s|\s)"
_SHORT, _WORD = 2, 4
"""Characters of a name that is none alone, and of one that may be another word in small letters ("alt days")."""


@cache
def _vocabulary() -> tuple[re.Pattern[str], re.Pattern[str], tuple[str, ...]]:
    """A member of a list, a whole list, and the analyte of each group of a member."""
    content = load_yaml("labs.yaml")["requests"]
    keys, parts = [], []
    for k, (key, names) in enumerate(content["names"].items()):
        keys.append(str(key))
        parts.append(f"(?P<a{k}>{names})")
    bare = "|".join(str(names) for names in content["names"].values())
    panels = str(content["panels"])
    ends = r"(?![A-Za-z0-9])(?!\s?[:=]?\s?[<>≤≥]?\s?\d{1,3}(?![\d/]))(?!\s?[:=]?\s?[<>≤≥]?\s?\d{4})"  # a day may follow, no value
    member = re.compile(r"(?<![A-Za-z0-9])(?:" + "|".join(parts) + f"|{panels})" + ends, FLAGS)
    one = f"(?:{bare}|{panels}){ends}"
    listed = re.compile(rf"(?<![A-Za-z0-9])(?<![A-Za-z0-9]-){one}(?:{_SEPARATOR}{one})*", FLAGS)
    return member, listed, tuple(keys)


_NEAR = 80
"""Characters around a test's name in which its list is looked for: the names of a list stand nearer to each other."""


def _around(names: list[Name], line: Line) -> list[tuple[int, int]]:
    """Stretches of a line around the names, those that meet put together."""
    found: list[tuple[int, int]] = []
    for n in sorted(names, key=lambda n: n.start):
        low, high = max(line.start, n.start - _NEAR), min(line.end, n.end + _NEAR)
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found


def requested_mentions(doc: Document, line: Line, names: Iterable[Name], found: Iterable[Mention]) -> list[Mention]:
    """Mentions of the tests of a line that have no value there and are asked for, pending or not run.

    Parameters
    ----------
    doc : Document
    line : Line
    names : iterable of Name
        Tests named in the line.
    found : iterable of Mention
        Mentions that the line already has; nothing is said twice.

    Returns
    -------
    list of Mention
        Label ``LAB``, ``hypothetical``, without number.
    """
    taken = sorted((m.start, m.end) for m in found)
    open_names = [n for n in names if not any(a < n.end and n.start < b for a, b in taken)]
    if not open_names:
        return []
    member, listed, keys = _vocabulary()
    out: list[Mention] = []
    lists = [m for low, high in _around(open_names, line) for m in listed.finditer(doc.norm, low, high)]
    for m in lists:
        here = [n for n in open_names if m.start() <= n.start < m.end()]
        if not here:
            continue
        open_names = [n for n in open_names if n not in here]
        if not _asked_for(doc, line, m.start(), m.end()):
            continue
        members = list(member.finditer(doc.norm, m.start(), m.end()))
        own = [x for x in members if x.lastgroup is not None]
        for x in own:
            key = keys[int(x.lastgroup[1:])]  # type: ignore[index]
            if any(a < x.end() and x.start() < b for a, b in taken):
                continue
            if key != "hemoglobin" and len(members) <= _SHORT and x.end() - x.start() <= _SHORT and len(own) < _SHORT:
                continue  # "K" or "PT" alone
            rule = next((n.rule for n in here if n.start == x.start()), f"labs.{key}")
            out.append(Mention(x.start(), x.end(), "LAB", key, rule, assertion="hypothetical"))
    for n in open_names:  # called otherwise than in the lists of the pattern file
        if n.key == "egfr" and doc.norm[n.start : n.end] == "EGFR":
            continue  # the receptor
        is_long = (n.end - n.start > _SHORT and not doc.norm[n.start : n.end].islower()) or n.end - n.start > _WORD
        if is_long and _asked_for(doc, line, n.start, n.end):
            value = "anc" if n.key in NEUTROPHILS else n.key
            out.append(Mention(n.start, n.end, "LAB", value, n.rule, assertion="hypothetical"))
    return out


def _asked_for(doc: Document, line: Line, start: int, end: int) -> bool:
    """Whether a list of tests is asked for: by a word before or behind it, or as the whole of a plan's item."""
    norm = doc.norm
    seg_start, seg_end = doc.segment_at(start)
    after_end = min(max(seg_end, end), line.end, end + 90)
    if _NOT_WANTED.match(norm, end, after_end):
        return False
    if _FOLLOWED.match(norm, end, after_end):
        return True
    before = norm[max(seg_start, line.start, start - 80) : start]
    if _GIVEN.search(before):
        return False
    if _PLANNED.search(before) or _HEAD.search(norm, max(0, line.start - 1, start - _HEAD_REACH), start):
        return True
    return (
        doc.category_at(start) == "plan"
        and _ITEM_LEAD.fullmatch(norm, line.start, start) is not None
        and _ITEM_TAIL.match(norm, end, line.end) is not None
    )
