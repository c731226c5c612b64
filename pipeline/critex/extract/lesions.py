"""Measured lesions, and statements about measurable disease (GUIDELINE I07; RECIST 1.1 as in domain.md I7).

A size is a lesion's only where an examination reports it beside a word for a lesion; slices, cysts, palpated lumps, specimens and organs
are not. What RECIST makes of it is judged later, in :mod:`critex.features.measurability`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from itertools import pairwise

from critex.extract.anatomy import organ_of, organ_pattern
from critex.extract.dating import day_of_place, nearest_in_segment
from critex.extract.document import Document
from critex.extract.event_dates import set_date
from critex.extract.family import FamilyHits, as_mention, family
from critex.extract.forms import answer_after, corrected_answer, unanswered
from critex.extract.imaging import Imaging
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, Rule, load_yaml
from critex.extract.successive import series_from

_SPECIMEN_NOTE = re.compile(r"patholog|histolog|cytolog|operat|surgical|biopsy", re.I)
_SOUGHT = re.compile(
    r"\b(?:(?:to|will|would|can) (?:assess|look|check|see|evaluate|determine|document|confirm|establish|find)|(?:assess\w*|look\w*|search\w*|await\w*|screen\w*) for|for (?:assessment|evaluation) of|whether)\b[^.;:]{0,30}$",
    FLAGS,
)
"""Before "measurable disease" these ask for it."""
_RECIST = re.compile(r"\bi?RECIST\b|\btarget lesions?\b", FLAGS)
_DEMANDED = re.compile(r"(?:\slesions?)?\s(?:is|are)\s(?:required|needed|mandatory|necessary|asked for)\b", FLAGS)
_ONE_LESION = re.compile(r"(?:is |are )?\w+ (?:as|for) (?:an? |the )?(?:RECIST )?target", FLAGS)
_NOT = re.compile(r"\b(?:not|isn't|n't|never|hardly)\s(?:\w+\s){0,2}$", FLAGS)
_ELSEWHERE = re.compile(r"\s(?:\w+\s)?(?:outside|apart from|aside from|other than|except|beyond|besides)\b", FLAGS)
_ONLY_WHEN = re.compile(
    r"[\s(]*(?:(?:baseline|nadir|initial(?:ly)?|first|measured|measuring|size|diameter|longest|short|axis|in|on|at|of|CT|MRI|from|(?-i:[A-Z])[a-z]{2,8}|\d{1,2}[./]\d{1,2}\S*|\d{1,2}|was|is)[\s:,]{1,2}){1,5}",
    FLAGS,
)
"""Words between the name of a lesion with a colon and its size that only tell when and how it was measured."""
_SAME = re.compile(r"\b(?:the |this |that )?(?:same|said|known) (?:\w+\s){0,2}$", FLAGS)
_SAID_FIRST = re.compile(r"\b(?:at first|first|initially|originally)\b[^.;\n]{0,24}$", FLAGS)
_AT_LEAST = re.compile(r"\bat least one\b", FLAGS)
_CLAUSE = re.compile(r"[;:.](?=\s|$)|(?<=\d)\s?(?:mm|cm)\)?(?=[,;.\s])|\n", FLAGS)
_DOUBT = re.compile(
    r"\b(?:indeterminate|non-?specific|too small|(?:cannot|can't|not) (?:be )?(?:excluded?|characteri[sz]ed?)|suspicious|equivocal|probably benign|inflammatory|infecti(?:on|ve)|reactive|\?)",
    FLAGS,
)
_PREVIOUS = re.compile(
    r"\b(?:previous\w*|prev\.?|prior|baseline|before|was|from|formerly|last|C\d|compared (?:to|with)|原|前)\s?:?\s?$",
    FLAGS,
)
_OWN_SHORT = re.compile(
    r"[\s,(]*(?:short[\s-]?axis|SAD?|short diameter|短径)\s?(?:of|:|=|is)?\s?(?P<v>\d{1,3}(?:\.\d+)?)\s?(?P<u>cm|mm)",
    FLAGS,
)
_COMPARED = re.compile(
    r"\b(?:vs?\.?|versus|since|than|compared (?:with|to)|cf\.?|on|in)\s(?:the\s)?(?:CT |MRI |PET )?(?:of |from )?$",
    FLAGS,
)
_FURTHER = re.compile(
    r"(?<![\d.,/x*-])\d{1,3}(?:[.,]\d{1,2})?(?:\s?(?:mm|cm)?\s?(?:x|by)\s?\d{1,3}(?:[.,]\d{1,2})?){0,2}\s?(?:mm|cm)(?![\d/²³])",
    FLAGS,
)
"""A further size of a series."""
_IMAGING_NOTE = re.compile(r"imaging|radiolog|\bCT\b|\bMRI?\b|\bPET", FLAGS)
_MAX_MM = 200.0
"""A longer "lesion" is a slip of units or no lesion (domain.md I7 d)."""


@cache
def _words() -> dict[str, re.Pattern[str]]:
    content = load_yaml("lesions.yaml")["words"]
    return {str(k): re.compile(rf"(?<![A-Za-z])(?:{v})(?![A-Za-z])", FLAGS) for k, v in content.items()}


def find(doc: Document, hits: FamilyHits) -> list[Mention]:
    """Mentions of measured lesions and of measurable disease."""
    found = []
    imaging: Imaging | None = None
    series_end = 0
    for rule, m in hits:
        mention = as_mention(rule, m)
        if mention.label == "MEASURABLE":
            if _measurable(doc, mention):
                found.append(mention)
            continue
        imaging = imaging or Imaging(doc)
        if mention.start < series_end or not _lesion(doc, m, mention, imaging):
            continue
        _replace_same(norm=doc.norm, found=found, mention=mention)
        found.append(mention)
        if later := _later_sizes(doc, rule, mention):
            found.extend(later)
            series_end = later[-1].end
    return found


def _replace_same(norm: str, found: list[Mention], mention: Mention) -> None:
    """An earlier size of what a sentence calls the same lesion counts no longer: "CT 3 Feb: nodule 13 mm. CT 5 May: same nodule 7 mm"."""
    last = next((m for m in reversed(found) if m.label == "LESION"), None)
    if last is None or mention.attributes.get("baseline") is False:
        return
    if _SAME.search(norm, max(last.end, mention.start - 40), mention.start) is not None:
        last.attributes["baseline"] = False


def _later_sizes(doc: Document, rule: Rule, first: Mention) -> list[Mention]:
    """Further sizes of the same lesion, each with its day: "9 mm in February, 23 mm on CT of 6 May"; all but the newest are earlier ones."""
    series = series_from(doc, first.start, first.end, _FURTHER, doc.line_at(first.start).end)
    found: list[Mention] = []
    for last, v in pairwise(series):
        if any(
            _words()[kind].search(doc.norm, last.end, v.start) for kind in ("lesion", "nodal", "primary")
        ) or _names_organ(doc.norm[last.end : v.start]):
            return []  # "a mass of 30 mm with nodes up to 14 mm"
    for v in series:
        m = rule.pattern.match(doc.norm, v.start)
        sizes = _millimetres(m) if m is not None else []
        if not sizes:
            return []
        mention = first if v.start == first.start else replace(first, start=v.start, end=v.end)
        mention.attributes = dict(first.attributes)
        mention.number = mention.canonical = max(sizes)
        if mention is not first:
            found.append(mention)
            if first.attributes.get("short_axis_said"):
                mention.attributes["short_axis_mm"] = min(sizes)
            elif len(sizes) > 1:
                mention.attributes["short_axis_mm"] = sorted(sizes)[-2]
            else:
                mention.attributes.pop("short_axis_mm", None)
        mention.attributes["baseline"] = not v.superseded
        mention.date, mention.date_source = None, None
        if v.when is not None:
            set_date(mention, v.when)
        elif (day := day_of_place(doc, first.start)) is not None:
            mention.date, mention.date_source = day
    return found


def _measurable(doc: Document, mention: Mention) -> bool:
    norm = doc.norm
    start, end = doc.segment_at(mention.start)
    around = norm[max(start, mention.start - 60) : mention.start]
    if (
        doc.category_at(mention.start) in ("criteria", "legend")
        or re.search(r"\b(?:eligib\w*|criteri\w+|require\w*|must|protocol|if|need\w*|inclusion)\b", around, FLAGS)
        or (
            _AT_LEAST.search(around)
            and not Imaging(doc).in_sentence(mention.start)
            and not re.match(
                r"(?:\slesions?)?\s(?:is|are|was|were)\s(?:present|identified|seen|noted|available)\b",
                norm[mention.end :],
                FLAGS,
            )
        )
    ):
        mention.assertion = "hypothetical"
    elif mention.assertion == "absent" and _ELSEWHERE.match(norm, mention.end):
        mention.assertion = "hypothetical"  # it leaves open what it excepts
    elif mention.assertion == "absent" and _SAID_FIRST.search(around):
        mention.assertion = "hypothetical"  # "the report first said no measurable lesion; addendum: ..."
    elif (again := corrected_answer(norm, mention.end, doc.line_at(mention.start).end)) is not None:
        mention.assertion = {"yes": "present", "no": "absent"}.get(again, "hypothetical")
    elif mention.assertion == "absent" and norm[mention.end : mention.end + 1] == "?":
        mention.assertion = "possible"
    elif mention.assertion is None:
        following = norm[mention.end : min(end, mention.end + 16)]
        answer = answer_after(norm, mention.end, doc.line_at(mention.start).end)
        if answer is not None:
            mention.assertion = "absent" if answer[0] == "no" else "present"
        elif unanswered(norm, mention.end, doc.line_at(mention.start).end) or _DEMANDED.match(norm, mention.end):
            mention.assertion = "hypothetical"
        elif _ONE_LESION.match(norm, mention.start, mention.end) and _NOT.search(around):
            mention.assertion = "hypothetical"  # one lesion that is no target leaves the others open
        elif _SOUGHT.search(around):
            mention.assertion = "hypothetical"
        elif re.match(r"\s?(?:\([^)]*\))?\s?[:=-]?\s?(?:no|nil|none|N|absent)\b", following, FLAGS) or re.search(
            r"\b(?:no|not|nil|without|isn't|never|lack of)\s+(?:[\w-]+\s+){0,2}(?:\w+-)?$", around, FLAGS
        ):
            mention.assertion = "absent"
        elif re.search(r"\b(?:may|might|possibl\w+|to be (?:confirmed|decided)|\?)\s*$", around, FLAGS) or re.match(
            r"\s?\?", following
        ):
            mention.assertion = "possible"
        else:
            mention.assertion = "present"
    return True


def _lesion(doc: Document, m: re.Match[str], mention: Mention, imaging: Imaging) -> bool:
    norm = doc.norm
    sizes = _millimetres(m)
    if not sizes or max(sizes) > _MAX_MM or max(sizes) < 2:
        return False
    start, end = doc.segment_at(mention.start)
    left, right = _clause(norm, start, mention.start, mention.end, end)
    if norm[left - 1 : left] == ":" and _ONLY_WHEN.fullmatch(norm, left, mention.start):
        left = _clause(norm, start, left - 1, mention.end, end)[0]  # "Index lesion liver: baseline 31 mm"
    near = norm[left:right]
    words = _words()
    modality = imaging.measuring_at(mention.start)
    if modality is None and (
        _RECIST.search(norm, doc.line_at(mention.start).start, mention.start)
        or _words()["short_axis"].search(norm, max(start, mention.start - 18), min(end, mention.end + 22))
    ):
        modality = "CT"  # RECIST measures on CT or MRI, and nobody else speaks of a short axis
    category = doc.category_at(mention.start)
    specimen = _SPECIMEN_NOTE.search(doc.note_type or "") and not _IMAGING_NOTE.search(doc.note_type or "")
    if modality is None or category in ("exam", "criteria", "family") or specimen:
        return False
    if words["not_a_lesion"].search(near) or words["palpated"].search(near):
        return False
    if not any(words[kind].search(near) for kind in ("lesion", "nodal", "primary", "short_axis")) and not (
        _names_organ(near) and words["lesion"].search(norm, start, end)
    ):
        return False
    alone = len(re.findall(r"\d\s?(?:mm|cm)\b", norm[start:end])) == 1
    if words["benign"].search(near if not alone else norm[start:end]) and not re.search(
        r"metasta|met\b|malignan", near, FLAGS
    ):
        return False
    mention.number, mention.unit = max(sizes), "mm"
    mention.canonical, mention.canonical_unit = max(sizes), "mm"
    a = mention.attributes
    nodal = _is_nodal(norm, left, mention, right)
    a["nodal"] = nodal
    a["organ"] = "node" if nodal else _organ(norm, left, mention.start, mention.end, right)
    a["primary"] = a["organ"] == "primary"
    short, said = _short_axis(norm, sizes, mention, end)
    if short is not None:
        a["short_axis_mm"] = short
        a["short_axis_said"] = said
    context = norm[start:end]
    a["bone"] = not nodal and (a["organ"] == "bone" or bool(words["bone"].search(near)))
    a["soft_tissue"] = bool(words["soft_tissue"].search(context)) and not re.search(
        r"no (?:associated )?soft[\s-]tissue", context, FLAGS
    )
    a["treated"] = bool(words["irradiated"].search(near))
    a["modality"] = modality
    a["doubtful"] = bool(_DOUBT.search(norm, start if alone else left, end if alone else right))
    a["baseline"] = not _PREVIOUS.search(norm, max(start, mention.start - 22), mention.start)
    mention.assertion = "present"
    _not_dated_by_comparison(doc, mention)
    return True


def _not_dated_by_comparison(doc: Document, mention: Mention) -> None:
    """A date that the size is compared with is not the day of the size: "2.3 cm, new vs 2024"."""
    near = nearest_in_segment(doc, mention.start, mention.end)
    if near is None or near.start < mention.end or not _COMPARED.search(doc.norm, mention.end, near.start):
        return
    if (day := day_of_place(doc, mention.start)) is not None:
        mention.date, mention.date_source = day


def _millimetres(m: re.Match[str]) -> list[float]:
    """Diameters of a match in mm; a unit written once holds for all."""
    units = [m[f"u{k}"] for k in "abc"]
    last = next((u for u in reversed(units) if u), None)
    if last is None:
        return []
    found = []
    for key, unit in zip("abc", units, strict=True):
        if m[key]:
            value = float(m[key].replace(",", "."))
            found.append(round(value * (10.0 if (unit or last).lower() == "cm" else 1.0), 2))
    return found


def _clause(norm: str, seg_start: int, start: int, end: int, seg_end: int) -> tuple[int, int]:
    """The clause around a size: back to the last size or mark, on to the next comma or mark."""
    left = seg_start
    for cut in _CLAUSE.finditer(norm, seg_start, start):
        if cut.group() == ":" or cut.group()[0] in ";.\n" or start - cut.end() > 12:
            left = cut.end() if start - cut.end() > 3 else left
    stop = re.compile(r"[;,](?=\s)|\.(?=\s|$)|\n|\d\s?(?:mm|cm)").search(norm, end, min(seg_end, end + 60))
    return left, stop.start() if stop else min(seg_end, end + 60)


def _names_organ(near: str) -> bool:
    return any(organ_of(m).kind in ("site", "region") for m in organ_pattern().finditer(near))


def _is_nodal(norm: str, left: int, mention: Mention, right: int) -> bool:
    nodal = [x.end() for x in _words()["nodal"].finditer(norm, left, mention.start)]
    other = [
        x.end()
        for x in re.finditer(
            r"\b(?:mass(?:es)?|nodules?|metasta\w+|mets?|tumou?rs?|lesions?|foci)\b", norm[left : mention.start], FLAGS
        )
    ]
    if nodal:
        if re.search(r"nod(?:al|e)s?\s(?:mass|metasta\w+|deposit|lesion)\s*$", norm[left : mention.start], FLAGS):
            return True
        return (
            not other
            or max(other) + left <= max(nodal)
            or bool(_words()["nodal"].search(norm, max(nodal) - 3, mention.start))
        )
    if _words()["short_axis"].search(norm, mention.end, min(right, mention.end + 20)):
        return True
    following = _words()["nodal"].search(norm, mention.end, min(right, mention.end + 30))
    return following is not None and not other


def _organ(norm: str, left: int, start: int, end: int, right: int) -> str:
    before = [(x.end(), "primary") for x in _words()["primary"].finditer(norm, left, start)]
    before += [(x.end(), _site(x)) for x in organ_pattern().finditer(norm, left, start) if _site(x)]
    if before:
        last = max(before)[1]
        segment = re.search(r"(?<!\w)S[1-5]\W*$", norm[left:start], FLAGS)
        return "liver" if last == "bone" and segment and any(name == "liver" for _, name in before) else last
    after = [(x.start(), "primary") for x in _words()["primary"].finditer(norm, end, right)]
    after += [(x.start(), _site(x)) for x in organ_pattern().finditer(norm, end, right) if _site(x)]
    return min(after)[1] if after else "unspecified"


def _site(m: re.Match[str]) -> str:
    organ = organ_of(m)
    if organ.kind == "local":
        return "primary" if re.search(r"nasophar|rosenm", m.group(), re.I) else ""
    return (
        organ.value
        if organ.kind in ("site", "vertebra")
        else "node"
        if organ.kind in ("regional", "region", "nodes")
        else ""
    )


def _short_axis(norm: str, sizes: list[float], mention: Mention, end: int) -> tuple[float | None, bool]:
    """Short axis in mm, and whether it is said to be one; else the smaller of two diameters."""
    said = _words()["short_axis"]
    if own := _OWN_SHORT.match(norm, mention.end, min(end, mention.end + 40)):
        return round(float(own["v"]) * (10.0 if own["u"].lower() == "cm" else 1.0), 2), True
    if said.search(norm, mention.end, min(end, mention.end + 22)) or said.search(
        norm, max(0, mention.start - 28), mention.start
    ):
        return (sizes[0] if len(sizes) == 1 else sorted(sizes)[-2]), True
    return (sorted(sizes)[-2], False) if len(sizes) >= 2 else (None, False)


FAMILY = family("lesions", find)
