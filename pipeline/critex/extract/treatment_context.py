"""Whether a treatment was given, planned or refused, and for which disease: cues of ``patterns/treatments.yaml`` around it.

The general cues of :mod:`critex.extract.context` do not tell a treatment that was given from one that is planned; here the nearest
statement before or after the treatment decides, and a day in the past counts as given.
"""

from __future__ import annotations

import re
from functools import cache

from critex.extract.document import Document
from critex.extract.forms import answer_after, box_of, filled_in
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_yaml
from critex.extract.starts import matches_in_words

_BOUNDARY = re.compile(r";|\bbut\b|\bhowever\b|\balthough\b|\bexcept\b|\bwhereas\b", FLAGS)
_LIST_GAP = re.compile(
    r"[\s,/&+()#:*、及和与与或-]*(?:(?:手术|and|or|nor|any|prior|previous|antecedent|receive|undergo|ever|immune|single|drop|other|further|the|a|an|his|her|with|of|for|kind|form|weekly|concurrent|concomitant|adjuvant|induction|systemic|anti-?\s?(?:cancer|tumou?r)|"
    r"neo-?adjuvant|palliative|radical|definitive|cycles?|courses?|doses?|lines?|drug|drugs|treatments?|therap(?:y|ies)|inhibitors?|agents?|standard|local|external|beam|high|dose|first|second|third|line|\d+x?|x\d+|one|two|three|four|five|six|shots?|injections?|infusions?|right|left|l|r|endoscopic|adj|full|dose-dense|whole|"
    r"mg|/m2|q\d?w|q3w|then|plus|to|in|been|has|have|had|he|she|pt|on|rt|tx|biologics?|such as|including|surgery|operation|either|used|using|given|received|only|chemo|io|at|all|this|that|npc|cancer|rx|followed|by|then|exposures?|exposed|use|history|hx|ct)(?:\b|(?<=[\u4e00-\u9fff]))[\s,/&+()#:.*、及和与或-]*)*$",
    FLAGS,
)
_ALSO = re.compile(r"\s*(?:,|/|&|\bor\b|\bnor\b|\band\b)[\s,]*(?:(?:or|nor|and|any|prior|previous|other)\s+)*", FLAGS)
"""What stands between a denied treatment and the next one of its list."""
_ANSWER_NO = re.compile(r"[^.;\n?]{0,25}\?\s{0,3}(?:no|n|nil|none|never)\b", FLAGS)
_ANSWER_YES = re.compile(r"[^.;\n?]{0,25}\?\s{0,3}(?:yes|y)\b", FLAGS)
_LISTED = re.compile(r"(?<![A-Za-z])(?:biologics?|(?:monoclonal )?antibod(?:y|ies)|surgery|operations?|hormones?|(?:anti-?)?PD-?L-?1|(?:anti-?)?PD-?1|CTLA-?4|radiation|RT|XRT|chemo|IO|targeted(?: therapy| drugs?| treatment)?|anything)(?![A-Za-z])", FLAGS)  # fmt: skip
_VALUE_NO = re.compile(r"[\s/),&+-]*(?:exposures?|use|history|hx|therapy|treatment|inhibitors?|agents?|drugs?|or|and)?[\s/),]*(?:\([^)]{0,20}\)\s?)?[:=-]{1,2}\s?(?:nil|none|no|never|N|not (?:given|received|done)|naive|-|x)\b|\s0(?=\s*[;,.)\n]|\s*$)|\s?\(\s?-\s?\)|\s?[:=]\s?0\b|\s?\[\s?\]\s?yes|[\s,/&+-]*(?:(?:and|or)[\s-]*)?[\s-]na[iï]ve\b|\s(?:nil|never)\b", FLAGS)  # fmt: skip
_VALUE_YES = re.compile(r"\s?[:=-]{1,2}\s?(?:yes|Y\b|done|given|completed|(?:19|20)\d\d)", FLAGS)
_NEXT_CORRECTS = re.compile(
    r"\s*[\[(*-]*\s*(?:this|that|it|entry|correction|wrong|error|note|nb|n\.b\.|addendum|above)\b", FLAGS
)
_CONDITION = re.compile(
    r"\W*(?:[A-Z][A-Z ]{3,20}:\s*)?(?:\d[.)]\s*)?(?:if|should|once|when|in case|unless|provided)\b", FLAGS
)
_NEXT_STEP = re.compile(r"\s*(?:x\s?\d|\d\s?(?:cycles?|courses?))?\s*,\s*(?:re-?assess|repeat|restag|re-?evaluat|re-?scan|review|consider|for\b|plan|then|PET|to\b)", FLAGS)  # fmt: skip
_DONE = re.compile(r"[^.;]{0,25}\b(?:completed|given|received|done|finished|administered)\b", FLAGS)
_CHANGES = re.compile(
    r"post-?\s?(?:RT|radi\w+|irradiation)|radiation[\s-]?(?:change|fibrosis|necrosis|field)|irradiated", FLAGS
)
_BEFORE_STUDY = re.compile(r"\b(?:before|prior to) (?:this|the) (?:trial|study)\b[^.]{0,120}\.", FLAGS)
_NEVER = re.compile(r"\b(?:never|not|no|nil)\s(?:been |previously |yet |ever )*$", FLAGS)
_STUDY = re.compile(
    r"\bon[\s-](?:the\s)?(?:PD-?1 |GP |[A-Z]{2,5} )?(?:study|trial|protocol)\b|(?-i:^\W{0,3}(?:STUDY|TRIAL)\s?:)|\b(?:with)?in the (?:study|trial)\b|\bin (?:study|trial)\b|\bincluded (?:in|to|into) (?:the )?(?:study|trial)\b|\bunder the (?:study|trial)|\bas part of (?:the|a) (?:study|trial)|\bper (?:the )?(?:study |trial )?protocol\b|"
    r"\b(?:study|trial|protocol) (?:treatment|suppl(?:y|ied)|antibody|(?-i:IO)\b|drugs?|medication|therapy|course|cycles?|C\d|GP\b|gem\w*|PD-?1|chemo\w*|tori\w*|camre\w*|sinti\w*|tisle\w*|penpu\w*|arm)|"
    r"\b(?:pre-?|before |for |awaiting )?randomi[sz]\w+|\benrol\w+|\bNCT\d{8}|入组|随机|\b(?:trial|study) (?:pt|patient|subject|participant)\b|临床研究|研究内|研究用药|试验用药",
    FLAGS,
)
_NOT_STUDY = re.compile(r"\btrial (?:team|nurse|rn|screening|unit)|off[\s-](?:study|trial|protocol)|asked about|study nurse|may not fit|outside (?:the|a) (?:study|trial)", FLAGS)  # fmt: skip
_RELATIVE = re.compile(
    r"\b(?:mother|father|brother|sister|uncle|aunt|cousin|grand\w+|sibling|son|daughter|wife|husband|mum|dad|friend)\b(?!'s (?:visit|here))[^.;]{0,50}$"
    r"|(?:阿媽|阿爸|媽媽|爸爸|妈妈|[大二三]哥|[大二家]姐|細佬|細妹|父[亲親]|母[亲親]|爺爺|嫲嫲|外公|外婆|祖父|祖母|舅父|姑[媽姐]|姨媽|叔叔|伯父)[^.;。]{0,20}$",
    FLAGS,
)
_ACCOMPANIED = re.compile(r"\b(?:with|c|and|by|told|d/w|discussed with|asks?|\+|&)\s+(?:his |her |pt's |the )?(?:mother|father|brother|sister|son|daughter|wife|husband|mum|dad|friend)\b[^.;]{0,50}$", FLAGS)  # fmt: skip
_ALLERGIC = re.compile(r"\b(?:allerg\w+|reaction|hypersensitiv\w+|intoleran\w+|anaphyla\w+)\b[^.;]{0,25}$", FLAGS)
NEAR = 30
"""Characters within which a cue after a treatment is its own."""


@cache
def _cues() -> dict[str, re.Pattern[str]]:
    content = load_yaml("treatments.yaml")["cues"]
    return {str(k): re.compile(rf"(?<![A-Za-z])(?:{v})(?![A-Za-z])", FLAGS) for k, v in content.items()}


@cache
def _diseases() -> dict[str, re.Pattern[str]]:
    content = load_yaml("treatments.yaml")["diseases"]
    return {str(k): re.compile(rf"(?<![A-Za-z])(?:{v})(?![A-Za-z])", FLAGS) for k, v in content.items()}


_PLACEBO = re.compile(r"\s*(?:or|vs\.?|versus|/)\s?placebo\b|\bplacebo\s?(?:or|vs\.?|versus|/)\s?$", FLAGS)
_PREPARED = re.compile(r"\s(?:mask|planning|simulation|sim\b|planning scan|consent form)", FLAGS)
"""Steps before a treatment: "RT mask made"."""
_ASKED_ABOUT = re.compile(r"\b(?:asked|enquired|questioned)\s(?:re|about|for|regarding|on)\b[^.;\n]{0,40}$", FLAGS)
_REPLIED_NO = re.compile(
    r"[^.;\n]{0,34}(?:[-:,?]\s?|answered |said |replied )[\"']?(?:no|never|none|denies|denied)\b", FLAGS
)
_HISTORY_FORM = re.compile(r"\b(?:previous|prior|past|received|earlier|history|already given)\b", FLAGS)
_PLAN_FORM = re.compile(r"\b(?:plan\w*|propos\w*|recommend\w*|intend\w*|to be given|options?|offered|consent)\b", FLAGS)


def _ticked(doc: Document, m: Mention) -> str | None:
    """``present`` or ``absent`` in a list of boxes that asks what was given before ("Treatment received so far" / "chemotherapy [ ]")."""
    norm, line = doc.norm, doc.line_at(m.start)
    box = box_of(norm, m.start, m.end, line.start, line.end)
    head = norm[max(0, line.start - 240) : m.start]
    if box is None or not filled_in(norm) or not _HISTORY_FORM.search(head) or _PLAN_FORM.search(head):
        return None
    return "present" if box == "ticked" else "absent"


def status_of(
    doc: Document, m: Mention, spans: list[tuple[int, int]], denials: list[tuple[int, int]]
) -> tuple[str, bool]:
    """What was done, and whether it is only inferred (from a cue that stands apart, or from a day in the past).

    ``present`` (given), ``hypothetical`` (planned), ``absent`` (never given, refused), ``family``, or ``possible`` where nothing tells.

    Parameters
    ----------
    doc : Document
    m : Mention
        The treatment.
    spans : list of (start, end)
        All treatments of the note: they do not stand between a cue and this one.
    denials : list of (start, end)
        Those of them that say that nothing was given ("no previous systemic therapy"): what is listed after one is denied too.
    """
    norm = doc.norm
    seg_start, seg_end = doc.segment_at(m.start)
    left = _blank(norm, seg_start, m.start, spans)
    right = _blank(norm, m.end, seg_end, spans)
    if (relative := _RELATIVE.search(left)) and not _ACCOMPANIED.search(left) and relative:
        return "family", False
    if (ticked := _ticked(doc, m)) is not None:
        return ticked, False
    if _PLACEBO.search(left[-16:]) or _PLACEBO.match(right):
        return "possible", False  # a blinded study: nobody knows
    if _BROKEN_OFF.match(norm, m.end, min(len(norm), m.end + 110)):
        return "present", False  # "planned with 33 fractions; stopped by the patient after 21"
    if _MAY_HAVE.match(right):
        return "possible", False  # "irradiation may have been offered in 2023"
    if _PREPARED.match(right):
        return "hypothetical", False
    if _ASKED_ABOUT.search(left):
        return ("absent" if _REPLIED_NO.match(norm, m.end) else "hypothetical"), False
    answer = answer_after(norm, m.end, doc.line_at(m.start).end)
    if answer is not None:
        return ("absent" if answer[0] == "no" else "present"), False
    asked = _blank(norm, m.end, min(len(norm), m.end + 60), spans)
    if _NOT_USED.match(right) or _VALUE_NO.match(right) or _ANSWER_NO.match(asked) or _ANSWERED_NOT.match(asked):
        return "absent", False
    if _ANSWER_YES.match(asked):
        return "present", False
    if _CHANGES.match(norm, m.start):
        return ("absent" if _NEVER.search(left) else "present"), False
    if _ALLERGIC.search(left):
        return "possible", False
    if _VALUE_YES.match(right):
        return "present", False
    if boundary := list(_BOUNDARY.finditer(left)):
        left = left[boundary[-1].end() :]
    if boundary := list(_BOUNDARY.finditer(right)):
        right = right[: boundary[0].start()]
    before = _before(left)
    after = _after(right)
    if _refusal(left, right):
        return "absent", False
    chosen = _choose(before, after)
    if any(
        end <= m.start and start >= seg_start and _ALSO.fullmatch(norm, end, m.start) for start, end in denials
    ) and not (after is not None and after[0] == "present" and after[2]):
        chosen, before = "absent", ("absent", 0, True)
    if _NOT_KNOWN.search(left[-90:]):
        return "possible", False
    if (
        chosen == "present"
        and before is not None
        and after is not None
        and after[0] == "hypothetical"
        and after[1] <= 6
        and _ONE_CYCLE.search(left)
    ):
        return "hypothetical", False  # "First cycle of GP is pencilled in for Monday"
    if (
        chosen == "present"
        and after is not None
        and (before is None or before[0] != "present")
        and _cues()["told"].search(right[: after[1] + 8])
    ):
        return "hypothetical", False  # "PD-1 blockade discussed, leaflet given"
    if chosen == "absent" and re.search(r"\b(?:if|unless|whether)\b|若|如", left, FLAGS):
        return "hypothetical", False
    if chosen == "present" and (
        _is_ahead(doc, m)
        or _CONDITION.match(norm, seg_start)
        or _cues()["told"].search(left[-45:])
        or _NEXT_STEP.match(right)
    ):
        return "hypothetical", False
    if (
        chosen == "present"
        and doc.category_at(m.start) == "plan"
        and not (before and before[0] == "present" and before[2])
        and not _DONE.match(right)
    ):
        return "hypothetical", False
    if chosen is None:
        return _by_date_or_section(doc, m), True
    if chosen == "hypothetical" and _began(doc, m):
        chosen = "present"
    is_strong = (before is not None and before[0] == chosen and before[2]) or (
        after is not None and after[0] == chosen and after[2]
    )
    return chosen, not is_strong


_BROKEN_OFF = re.compile(
    r"[^.\n]{0,60}?\b(?:stopped|abandoned|broken off|discontinued|interrupted|terminated)\b[^.;\n]{0,24}?\bafter (?:only )?(?:\d|the (?:first|second|third)|one|two|three|four|five)",
    FLAGS,
)
_MAY_HAVE = re.compile(r"\s(?:may|might|could) (?:or may not )?have been\b", FLAGS)
_PLAIN_DENIAL = re.compile(
    r"(?:not|never) (?:previously |ever |been )?(?:used|tried)\b|(?:not|never) (?:yet |ever |previously |been )?(?:received|given|done|started|had)\s(?:any|prior|previous|either|so far)\b|(?<=has )(?:not|never) (?:yet |ever |previously )?(?:received|had|undergone)\b|(?<=have )(?:not|never) (?:yet |ever |previously )?(?:received|had|undergone)\b|(?<=did )(?:not|never) (?:yet |ever |previously )?(?:receive|have|undergo|get)\b",
    FLAGS,
)
"""A history, not a refusal: "not received any chemotherapy"."""


_ANSWERED_NOT = re.compile(
    r"\s?(?:therapy|treatment|tx|exposure|history)?\s?(?::|-{1,2}|=|\||\t|\s{2})\s{0,12}(?:not|never) (?:received|given|had|used|exposed|administered)\b(?![^.;\n]{0,24}(?:declin|refus|fund|fit|due|because|as\b|since))",
    FLAGS,
)
"""The answer of a form: "Immunotherapy: not received"."""


_NOT_USED = re.compile(
    r"[^.;\n]{0,16}?\b(?:was|were|has been|have been|had been)\s(?:not|never)\s(?:\w+\s)?(?:used|given|administered|received|part of)\b[^.;\n]{0,24}?\b(?:at any time|ever|before|so far|to date|until now|in the past|at any other time)\b",
    FLAGS,
)
"""A history told behind the name: "drugs of this type were not used at any time"."""


def _refusal(left: str, right: str) -> bool:
    before = _cues()["refused"].search(left[-32:])
    if before and _PLAIN_DENIAL.match(left[-32:], before.start()):
        before = None
    return bool(_cues()["refused"].search(right[:45]) or before)


def is_refused(doc: Document, m: Mention) -> bool:
    """Whether a treatment that was not given was refused or withheld (which does not say that there was none before)."""
    seg_start, seg_end = doc.segment_at(m.start)
    line_end = doc.line_at(m.start).end
    if _ANSWERED_NOT.match(doc.norm, m.end, line_end) or _NOT_USED.match(doc.norm, m.end, line_end):
        return False
    return _refusal(doc.norm[seg_start : m.start], doc.norm[m.end : seg_end])


_FROM = re.compile(r"[^.;]{0,40}?\b(?:from|since)\s", FLAGS)


def _began(doc: Document, m: Mention) -> bool:
    """Whether a treatment runs "from" a day that lies before the note: it was given, not planned."""
    led = _FROM.match(doc.norm, m.end, doc.segment_at(m.start)[1])
    if (
        led is None
        or doc.note_date is None
        or re.search(r"plan|book|schedul|will|to start|propos|offer", led.group(), re.I)
    ):
        return False
    days = doc.dates_between(led.end(), min(doc.segment_at(m.start)[1], led.end() + 14))
    return bool(days) and days[0].start <= led.end() + 2 and days[0].when.last < doc.note_date


def _is_ahead(doc: Document, m: Mention) -> bool:
    """Whether the day written just after a treatment lies after the note's date."""
    if doc.note_date is None:
        return False
    following = doc.dates_between(m.end, min(doc.segment_at(m.start)[1], m.end + 40))
    return bool(following) and following[0].when.first > doc.note_date


def _blank(norm: str, start: int, end: int, spans: list[tuple[int, int]]) -> str:
    """Text with other treatments blanked out: lists of treatments share their cue."""
    text = norm[start:end]
    for s, e in spans:
        if s < end and start < e:
            a, b = max(s, start) - start, min(e, end) - start
            text = text[:a] + " " * (b - a) + text[b:]
    return _LISTED.sub(lambda x: " " * len(x.group()), text)


_HAVING = re.compile(
    r"\s*(?:one|body)?\s*(?:having|to have|has|have|had|that (?:he|she|they) (?:has|had|have))?\s*(?:ever|been|previously|had|so far)?\s*",
    FLAGS,
)
"""Between a denial and its verb: "denies having ever received"."""
_ONE_CYCLE = re.compile(
    r"(?:^|[.;,])\s*(?:the\s|his\s|her\s)?(?:first|second|next)\s(?:cycle|course|dose|infusion)\s(?:of\s)?$", FLAGS
)
_NOT_KNOWN = re.compile(
    r"\b(?:cannot|can't|can not|could not|couldn't|does not|doesn't|do not|did not|not able to|unable to) (?:recall|remember|know|tell|say)\b|\b(?:unsure|unclear|not sure|not clear|uncertain|not known|unknown) (?:whether|if|what)\b",
    FLAGS,
)


def _before(left: str) -> tuple[str, int, bool] | None:
    """The nearest statement before: (status, distance, whether only a list stands between)."""
    best: tuple[int, int, str] | None = None
    for name in ("given_before", "planned_before", "denied"):
        for cue in _cues()[name].finditer(left):
            key = (cue.end(), cue.end() - cue.start())
            if best is None or key > (best[0], best[1]):
                best = (*key, name)
    if best is None:
        return None
    end, length, name = best
    gap = left[end:]
    tight = bool(_LIST_GAP.match(gap)) or ":" in gap[:25]
    status = {"given_before": "present", "planned_before": "hypothetical", "denied": "absent"}[name]
    if status == "present":
        lead = left[max(0, end - length - 28) : end - length]
        if (no := list(_cues()["denied"].finditer(lead))) and (
            _LIST_GAP.match(lead[no[-1].end() :]) or _HAVING.fullmatch(lead[no[-1].end() :])
        ):
            status = "absent"
        elif (plan := list(_cues()["planned_before"].finditer(lead))) and re.fullmatch(
            r"\s*(?:be|have|being|get|to)?\s*", lead[plan[-1].end() :]
        ):
            status = "hypothetical"
    if status == "absent" and not tight:
        return None
    return status, len(gap.strip()), tight


def _after(right: str) -> tuple[str, int, bool] | None:
    best: tuple[int, str] | None = None
    for name, status in (("given_after", "present"), ("planned_after", "hypothetical")):
        cue = _cues()[name].search(right, 0, NEAR + 30)
        if cue and cue.start() <= NEAR and (best is None or cue.start() < best[0]):
            best = (cue.start(), status)
            if status == "present" and re.search(
                r"\b(?:not|never|n't|no|nothing|nowt|none|nil)\s*(?:yet |been |be )?$", right[: cue.start()], FLAGS
            ):
                best = (cue.start(), "absent")
    if best is None:
        return None
    return best[1], best[0], best[0] <= 12


def _choose(before: tuple[str, int, bool] | None, after: tuple[str, int, bool] | None) -> str | None:
    if before is not None and before[2]:
        if (
            before[0] == "hypothetical"
            and after is not None
            and after[0] == "present"
            and after[1] <= 12
            and before[1] > 12
        ):
            return "present"
        if before[0] == "present" and after is not None and after[0] == "hypothetical" and after[2] and before[1] > 3:
            return "hypothetical"
        return before[0]
    if after is not None:
        return after[0]
    if before is not None and before[1] <= 60:
        return before[0]
    return None


def _by_date_or_section(doc: Document, m: Mention) -> str:
    start, end = doc.segment_at(m.start)
    category = doc.category_at(m.start)
    dates = doc.dates_between(start, end)
    if dates and doc.note_date is not None:
        near = min(dates, key=lambda d: max(d.start - m.end, m.start - d.end, 0))
        if near.when.first > doc.note_date:
            return "hypothetical"
        if near.when.last < doc.note_date and category != "plan":
            return "present"
    if category == "plan":
        return "hypothetical"
    if (
        m.attributes.get("cycles")
        and re.match(r"\s?\d+ (?:doses?|cycles?)|程|周期", doc.norm[m.end : m.end + 12], FLAGS)
        and category != "assessment"
    ):
        return "present"
    if m.value == "surgery" and (category == "procedure" or re.search(r"operat", doc.note_type or "", re.I)):
        return "present"
    return "possible"


def is_other_patients(doc: Document, start: int, end: int) -> bool:
    """Whether the text says that this entry belongs to somebody else, or is an error."""
    seg_start, seg_end = doc.segment_at(start)
    if _NEXT_CORRECTS.match(doc.norm, seg_end):
        seg_end = min(len(doc.norm), seg_end + 90)
    return bool(_cues()["not_this_patient"].search(doc.norm, seg_start, seg_end))


def is_study(doc: Document, start: int, end: int) -> bool:
    """Whether a treatment that was given was given within the study."""
    seg_start, seg_end = doc.segment_at(start)
    if _BEFORE_STUDY.search(doc.norm, max(0, start - 500), seg_start):
        return True  # "Before this trial she never received ... From 28 February toripalimab + GP"
    return bool(_STUDY.search(doc.norm, seg_start, seg_end)) and not _NOT_STUDY.search(doc.norm, seg_start, seg_end)


_ORGAN = re.compile(
    r"(?:ovar(?:y|ies)|breast|prostate|thyroid|bowel|colon|rectum|stomach|bladder|kidney|uterus|womb|cervix|tongue|testis)\b",
    re.I,
)
"""Organs that stand for their cancer after "for": "chemotherapy for the ovary"."""


def disease_of(doc: Document, start: int, end: int) -> str | None:
    """Disease that a treatment is for: ``"npc"``, ``"other"`` or ``None``.

    "for X" after it wins, then the last disease named before it in the sentence, then in its line, then after it in the sentence.
    """
    norm = doc.norm
    seg_start, seg_end = doc.segment_at(start)
    line = doc.line_at(start)
    m = re.compile(
        r"[^.;\n]{0,40}?\b(?:for|to treat|due to|because of)\s+(?:(?:her|his|a|the|early|stage \w+|left|right|old|previous|prior) )*",
        FLAGS,
    ).match(norm, end, seg_end)
    if m:
        for name, pattern in _diseases().items():
            if pattern.match(norm, m.end(), min(len(norm), m.end() + 40)):
                return name
        if _ORGAN.match(norm, m.end()):
            return "other"
    for lo, hi in ((seg_start, start), (line.start, start)):
        last = [
            (d.end(), name) for name, pattern in _diseases().items() for d in matches_in_words(pattern, norm, lo, hi)
        ]
        if last:
            return max(last)[1]
    first = [
        (d.start(), name)
        for name, pattern in _diseases().items()
        for d in matches_in_words(pattern, norm, end, min(seg_end, end + 60))
    ]
    return min(first)[1] if first else None
