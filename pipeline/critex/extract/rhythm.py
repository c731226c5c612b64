"""How serious a named arrhythmia is, from the words beside it (GUIDELINE E10.arrhythmia; domain.md E10)."""

from __future__ import annotations

import re

from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS

_RATE = r"(?:(?:(?:ventricular|heart|v\.?) )?rates?|\b(?-i:HR|VR|PR|P)\b|pulse)\s?(?:of|is|was|now|today|about|around|:|=|~|,)?\s?(?:(?:of|is|was|now|about)\s)?"
_FAST = re.compile(
    rf"(?:fast|rapid|uncontrolled|poorly[\s-](?:rate[\s-])?controlled)\s{{0,2}}(?:paroxysmal |persistent |permanent )?$|(?-i:\bRVR\b)|(?:rapid|fast) (?:ventricular|rate|heart rate|response)|uncontrolled|\brate (?:is |was |remains )?not (?:yet )?(?:under control|controlled)|"
    rf"(?:poor|inadequate)(?:ly)? (?:rate[\s-])?control\w*|not (?:well |adequately |rate[\s-])*controlled|{_RATE}1[2-9]\d\b|(?<![\d/])1[3-9]\d\s?(?:/\s?min|bpm)",
    FLAGS,
)
_SLOW = re.compile(
    rf"rate[\s-]?(?:well[\s-])?control\w*|(?:well|adequately|good|stable)[\s-](?:rate[\s-])?control\w*|(?<!un)(?<!not )(?<!poorly )controlled\b|{_RATE}(?:[5-9]\d|10\d)s?\b",
    FLAGS,
)
_NOW_SLOW = re.compile(
    r"\b(?:now|currently|since then|meanwhile)\s(?:well[\s-])?(?:rate[\s-])?controlled\b",
    FLAGS,
)
_NOW_SINUS = re.compile(r"\b(?:now|currently)\s(?:in )?sinus\b", FLAGS)
"""One tracing does not decide (GUIDELINE E10): a fast fibrillation that is sinus rhythm now is not known to be controlled."""
_PACED = re.compile(r"pacemaker|(?-i:\bPPM\b)|\bpaced\b|(?-i:\bPM\b)|起搏器", FLAGS)
_NOT_YET = re.compile(r"await\w*|\bfor\b|need\w*|refus\w*|declin\w*|plan\w*|consider\w*|without|no\b|pending", FLAGS)


def judge_rhythm(norm: str, m: Mention, seg_start: int, seg_end: int) -> None:
    """Set the value of an arrhythmia mention: ``serious``, ``not_serious`` or ``unspecified``.

    Atrial fibrillation is serious where its rate is said to be fast or uncontrolled, not serious where the rate is controlled or given below
    110 a minute. A high-grade block is serious unless a pacemaker is in place. ``seg_start`` and ``seg_end`` bound the sentence in ``norm``.
    """
    kind = m.attributes.get("type")
    after = norm[m.end : min(seg_end, m.end + 80)]
    before = norm[max(seg_start, m.start - 30) : m.end]
    if kind == "af":
        if (
            _FAST.search(before)
            or _FAST.search(after)
            or re.match(r"(?:fast|rapid|uncontrolled)", norm[m.start : m.end], re.I)
        ):
            m.value = "serious"
        elif _SLOW.search(before) or _SLOW.search(after):
            m.value = "not_serious"
        if _NOW_SLOW.search(after):
            m.value = "not_serious"  # "rate 130 in April, now rate-controlled"
        elif m.value == "serious" and _NOW_SINUS.search(after):
            m.value = "unspecified"
    elif kind == "block":
        paced = _PACED.search(after)
        if (
            paced
            and not _NOT_YET.search(after[: paced.start()][-18:])
            and not re.match(
                r"\s(?:(?:has |had )?(?:not|never)\b|(?:is |was |being )?(?:to follow|yet\b|still|not|planned|booked|pending|awaited|advised|to be|next))",
                after[paced.end() :],
                re.I,
            )
        ):
            m.value = "not_serious"
