"""Answers in forms: what stands after a colon, or in a box, beside what is asked."""

from __future__ import annotations

import re
from functools import lru_cache

_NO = r"not (?:passed|had|experienced)|nil|none|no|0(?![.,]?\d)|zero|never|negative|neg|absent|not present|denied|denies|nad|n"
_YES = r"yes|y|present|positive|pos"
_ANSWER = re.compile(
    rf"(?P<list>(?:\s?[/,&]\s?[A-Za-z][\w -]{{1,30}}|\s(?:or|and)\s[A-Za-z][\w -]{{1,30}}|\s\([^)\n]{{1,30}}\)|\s(?:to|for|of)\s(?:the\s)?[A-Za-z][\w -]{{1,24}}(?=\s?:)|\s(?:history|disease|infection|present|status|ever|hx)){{0,4}})\s{{0,3}}"
    rf"(?:[:=?|](?:\s{{0,12}}|[ \t]{{0,40}})(?:-{{1,2}}\s)?|\s-{{1,2}}>?\s{{1,6}}|\s{{2,}})(?:(?P<no>{_NO})|(?P<yes>{_YES}))\b(?=\s{{2,}}|\s*(?:[.,;)\n|/☑✓✔]|$|on\b|known|seen|ever|to date|in\b|by\b|-\s|\())",
    re.I | re.A,
)
_SIGN = re.compile(r"\s?(?:[:=]\s{0,3})?(?P<in>\((?:(?P<no>-|-ve|neg(?:ative)?|nil|no)|(?P<yes>\+|\+ve|yes))\))", re.I)
"""The sign in brackets of "HTN(-) DM(+)"."""
_CHINESE_NO = re.compile(r"史?\s?:\s?(?P<no>无|無|否认|否認)(?![\u4e00-\u9fff])")
_BOX = re.compile(
    r"\[\s?(?P<tick>[xX✓√✔]?)\s?\]\s?(?P<word>y(?:es)?|n(?:o)?)\b|(?P<boxed>[☑☒✓✔])\s?(?P<word2>y(?:es)?|n(?:o)?)\b",
    re.I,
)
_SENTENCE_END = re.compile(r"\n|[.;]\s")
_LEADING = re.compile(
    r"(?:^|[\s|])(?:\[(?P<tick>[\sxX✓√✔]?)\]|(?P<full>[☑☒✔✓√])|(?P<empty>[☐□]))\s?(?:[A-Za-z][\w-]{0,16}[\s/,&-]{1,3}){0,3}$"
)


def answer_after(norm: str, end: int, limit: int) -> tuple[str, int, int] | None:
    """Answer that stands after a name: ``("no", start, end)`` of "ILD/pneumonitis: nil", ``("yes", ...)`` of "TB  yes".

    ``limit`` is the end of the line. Boxes ("[ ] Y  [x] N", "Y [ ]  N [x]") count where one of them is ticked.
    """
    if norm[end : end + 1] in "\"'":
        end += 1
    if (worded := _worded_boxes(norm, end, limit)) is not None:
        return worded
    chinese = _CHINESE_NO.match(norm, end, limit)
    if chinese:
        return ("no", chinese.start("no"), chinese.end("no"))
    sign = _SIGN.match(norm, end, limit)
    if sign:
        return ("no" if sign["no"] else "yes", sign.start("in"), sign.end("in"))
    m = _ANSWER.match(norm, end, limit)
    if m:
        span = m.span("no") if m["no"] else m.span("yes")
        return ("no" if m["no"] else "yes", *span)
    if (letter := _bare_letter(norm, end, limit)) is not None:
        return letter
    for box in _BOX.finditer(norm, end, min(limit, end + 60)) if _has_box(norm) else ():
        word = (box["word"] or box["word2"]).lower()
        if (box["tick"] or box["boxed"]) and not _SENTENCE_END.search(norm, end, box.start()):
            return ("yes" if word.startswith("y") else "no", *box.span())
    return _column_answer(norm, end, limit)


_ANSWERED_AGAIN = re.compile(
    r"[^\n.;\"'\w]{0,12}(?:[^\n.;\"']{0,16}?[\s=:])??[\"'(\[]?(?:ticked\s|marked\s|\[x\]\s?)?[\"']?\b(?P<old>yes|no)\b[\"')\]]{0,2}[\s,;:(-]{0,3}(?:(?:was|is|has been|had been|later|then|since|now|ticked|given|entered)\s){0,3}"
    r"(?:(?:crossed|struck|scored|lined)\s(?:out|through|off)|deleted|cancelled|overwritten|corrected|changed|amended|revised|altered|in error\b|by mistake\b|wrong(?:ly)?\b|incorrect\b|-+>|→|=>)"
    r"(?:[^\n]{0,90}?[\s\"'(:\]]\b(?P<new>yes|no)\b(?=\s?(?:[\"'),.;(\]-]|$|by\b|on\b|in\b|\d)))?",
    re.I,
)
"""An answer that was taken back, and the one in its place: ``"Yes" crossed out, "No, about 1 month" written in``."""


def corrected_answer(norm: str, end: int, limit: int) -> str | None:
    """``"yes"`` or ``"no"`` that stands in the place of an answer behind a name, ``"void"`` where that was only struck, ``None`` where none was taken back."""
    m = _ANSWERED_AGAIN.match(norm, end, limit)
    return None if m is None else (m["new"] or "void").lower()


_WORD_OR_BOX = re.compile(r"(?P<word>\b(?:yes|no|y|n|none|nil|present|absent)\b)|\[[\sxX✓√✔]?\]|[☐□☑☒✔✓√]", re.I)
_WORDED = re.compile(r"\b(?P<word>yes|no|y|n|none|nil|present|absent)\s{0,3}(?P<box>\[[\sxX✓√✔]?\]|[☐□☑☒✔✓√])", re.I)


def _worded_boxes(norm: str, end: int, limit: int) -> tuple[str, int, int] | None:
    """Answer of "Y [ ]   N [x]", where each word stands before its box."""
    if not _has_box(norm):
        return None
    first = _WORD_OR_BOX.search(norm, end, min(limit, end + 40))
    if first is None or first["word"] is None or _SENTENCE_END.search(norm, end, first.start()):
        return None
    pairs = list(_WORDED.finditer(norm, first.start(), min(limit, end + 80)))
    ticked = [p for p in pairs if p["box"].strip("[] ") not in ("", "☐", "□")]
    if len(pairs) < 2 or pairs[0].start() != first.start() or len(ticked) != 1:
        return None
    return ("yes" if ticked[0]["word"].lower() in ("yes", "y", "present") else "no", *ticked[0].span())


_LETTER = re.compile(r"[ \t]{1,3}(?P<letter>[NY]|No|Yes|Nil)(?=[ \t]*(?:\n|$)|[ \t]{2}|[,;]|\.(?:\s|$))")
_NIL = re.compile(r"\s(?P<no>nil)(?=\s{0,2}(?:[.,;)\n]|$))", re.I)


def _bare_letter(norm: str, end: int, limit: int) -> tuple[str, int, int] | None:
    """Answer of "MI N" in a list where the lines or items beside it end in such a letter too, or of "IHD nil" alone."""
    if (nil := _NIL.match(norm, end, limit)) is not None:
        return ("no", *nil.span("no"))
    m = _LETTER.match(norm, end, limit)
    if m is None:
        return None
    first = norm.rfind("\n", 0, max(0, norm.rfind("\n", 0, end))) + 1
    last = norm.find("\n", limit + 1)
    around = norm[first : last if last >= 0 else len(norm)]
    if sum(1 for _ in _LETTER.finditer(around)) < 2:
        return None
    return ("yes" if m["letter"][0] == "Y" else "no", *m.span("letter"))


def unanswered(norm: str, end: int, limit: int) -> bool:
    """Whether boxes for yes and no stand behind a name and none of them is ticked: nobody has answered yet."""
    if not _has_box(norm):
        return False
    return _UNTICKED.match(norm, end, limit) is not None and answer_after(norm, end, limit) is None


_EMPTY = r"(?:\[\s{0,3}\]|[☐□])"
_UNTICKED = re.compile(
    rf"[^\n.;\[☐□☑☒✔✓√]{{0,50}}?(?:(?<![A-Za-z])(?:yes|no|[yn])\s{{0,3}}[:=]?\s{{0,3}}{_EMPTY}[\s/|,;]{{1,12}}(?:yes|no|[yn])\s{{0,3}}[:=]?\s{{0,3}}{_EMPTY}|{_EMPTY}\s{{0,3}}(?:yes|no|[yn])\b[\s/|,;]{{1,12}}{_EMPTY}\s{{0,3}}(?:yes|no|[yn])\b)",
    re.I,
)


_COLUMNS = re.compile(r"(?:\[[\sxX✓√✔]?\]|[☑☒✔✓√☐□])(?:[ \t|]{1,12}(?:\[[\sxX✓√✔]?\]|[☑☒✔✓√☐□])){1,2}")
_HEAD = re.compile(r"[ \t|](?P<first>yes|no|y|n|是|否)[ \t|]{1,12}(?P<second>yes|no|y|n|是|否)\b", re.I)
_LOOK_BACK = 3000
"""How far above a row the head of its columns may stand."""


def _column_answer(norm: str, end: int, limit: int) -> tuple[str, int, int] | None:
    """Answer of a row of boxes under the heads "Yes  No": the column that is ticked, where exactly one is."""
    row = _COLUMNS.search(norm, end, limit) if _has_box(norm) else None
    if row is None:
        return None
    boxes = list(_ANY_BOX.finditer(norm, row.start(), row.end()))
    ticked = [i for i, b in enumerate(boxes) if b.group().strip("[] ") not in ("", "☐", "□")]
    if len(ticked) != 1 or ticked[0] > 1:
        return None
    heads = list(_HEAD.finditer(norm, max(0, end - _LOOK_BACK), end))
    if not heads or heads[-1]["first"].lower()[0] == heads[-1]["second"].lower()[0]:
        return None
    word = heads[-1]["first" if ticked[0] == 0 else "second"].lower()
    return ("yes" if word[0] in "y是" else "no", *boxes[ticked[0]].span())


@lru_cache(maxsize=4)
def _has_box(norm: str) -> bool:
    """Whether any box is drawn in a note: asked for every mention, answered once."""
    return any(sign in norm for sign in "[☑☒✔✓√☐□")


_ANY_BOX = re.compile(r"\[[\sxX✓√✔]?\]|[☑☒✔✓√☐□]")
_TRAILING = re.compile(
    r"(?:\s?[/,&]\s?[A-Za-z][\w -]{1,24})?\s?:?\s{0,30}(?:\[(?P<tick>[\sxX✓√✔]?)\]|(?P<full>[☑☒✔✓√])|(?P<empty>[☐□]))(?!\s?(?:y|n|yes|no)\b)",
    re.I,
)


def boxes_trail(norm: str, line_start: int, line_end: int) -> bool:
    """Whether the boxes of a line stand after what they ask ("MI [ ]  HF [ ]"), not before it."""
    first = _ANY_BOX.search(norm, line_start, line_end) if _has_box(norm) else None
    if first is None:
        return False
    if norm[line_start : first.start()].rstrip()[-1:].isalnum():
        return True
    ends = [norm[line_start : b.start()].rstrip()[-1:] for b in _ANY_BOX.finditer(norm, line_start, line_end)]
    return len(ends) > 1 and all(c == ":" for c in ends)  # "Open wound: [ ] Stoma: [x]"


def box_after(norm: str, end: int, line_end: int) -> str | None:
    """``"ticked"`` or ``"empty"`` where a box stands right after a name, else ``None``."""
    m = _TRAILING.match(norm, end, line_end)
    if m is None:
        return None
    return "ticked" if (m["tick"] or "").strip() or m["full"] else "empty"


def box_before(norm: str, start: int, line_start: int) -> str | None:
    """``"ticked"`` or ``"empty"`` where a box stands right before a name, else ``None``."""
    m = _LEADING.search(norm, max(line_start - 1, start - 40, 0), start)
    if m is None:
        return None
    return "ticked" if (m["tick"] or "").strip() or m["full"] else "empty"


_LEFT_OPEN = re.compile(
    r"[^\n\[☐□☑☒]{0,40}?(?:\bnot (?:yet )?(?:scanned|imaged|done|tested|checked|known|assessed|asked|available|confirmed|answered|sure)\b|\bpending\b|\bawait\w*|\bunknown\b|\bunsure\b|\bto (?:check|confirm|ask|verify|follow)\b|\btick later\b|\?)",
    re.I,
)
"""What stands behind an empty box that nobody could answer yet: "[ ] CNS metastases - not scanned"."""


def left_open(norm: str, end: int, line_end: int) -> bool:
    """Whether the words behind a box and its name say that the answer is still to come."""
    return _LEFT_OPEN.match(norm, end, line_end) is not None


def box_of(norm: str, start: int, end: int, line_start: int, line_end: int) -> str | None:
    """``"ticked"`` or ``"empty"`` of the box that asks for a name, on the side where the boxes of its line stand; else ``None``."""
    if boxes_trail(norm, line_start, line_end):
        return box_after(norm, end, line_end)
    return box_before(norm, start, line_start)


@lru_cache(maxsize=4)
def filled_in(norm: str) -> bool:
    """Whether any box of a note is ticked: then the form was filled in, and an empty box is a negative (GUIDELINE, settled questions)."""
    return re.search(r"\[\s?[xX✓√✔]\s?\]|[☑☒✔✓√]", norm) is not None


def said_by_box(norm: str, start: int, end: int, line_start: int, line_end: int) -> str | None:
    """Assertion that the box asking for a name gives it; ``None`` where no box does.

    A tick is ``"present"``. An empty box is ``"absent"`` in a form that was filled in, and ``"hypothetical"`` in one that was not or where the answer is left open.
    """
    box = box_of(norm, start, end, line_start, line_end)
    if box != "empty":
        return "present" if box == "ticked" else None
    return "absent" if filled_in(norm) and not left_open(norm, end, line_end) else "hypothetical"
