"""Lesion sizes with organ and axis, and stated measurability (GUIDELINE I07; RECIST 1.1 as in domain.md I7)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules

_NODE = re.compile(
    r"\bnod(?:e|es|al)\b|\bln\b|\blns\b|lymph|adenopath\w+|\blevel\s(?:I|V|\d)|\bscf\b|lymphonod\w*|淋巴结", FLAGS
)
_BONE = re.compile(
    r"\bbon(?:e|y)\b|osseous|vertebr\w*|\b[TLS]\d{1,2}\b|sclerotic|lytic|rib\b|ilium|iliac|sacr\w+|femur|clivus|sternum|pelvi\w+|marrow",
    FLAGS,
)
_SOFT = re.compile(r"soft[\s-]tissue|paraspinal mass|extraosseous", FLAGS)
_BENIGN = re.compile(
    r"cyst\b|cysts\b|haemangioma|hemangioma|fibroid|stone|calcul|effusion|slice|aneurysm|granuloma|calcif\w+|thyroid nodule|adenoma|polyp|hernia|pocket|wound|incision|scar|drain|needle|biopsy (?:cores?|fragments?)|fragments?|pieces?|specimen|dissection|tube|catheter|margin|spleen|liver span|span\b|depth|shift|retropulsion|previous|prior|baseline|was \d|prev",
    FLAGS,
)
_LESION_WORDS = re.compile(
    r"mass|tumou?r|lesion|nodul|met(?:s|astas\w+)?\b|deposit|node|\bln\b|primary|thicken\w*|neoplasm|enhancing|largest|larger|up to|segment|\bS\d\b|liver|hepatic|lung|pulmon\w+|nasophar\w*|npc?\b|adrenal|opacit\w+|focus|occup\w+|肿块|病灶|结节",
    FLAGS,
)
_IMAGING = re.compile(r"\bct\b|mri?\b|pet|cect|imag|radiol|scan", FLAGS)
_SHORT = re.compile(r"short[\s-]axis|\bsad\b|short diameter|短径|in short|short-axis", FLAGS)


def _mm(text: str, unit: str) -> float:
    value = float(text.replace(",", "."))
    return value * 10 if unit.lower() == "cm" else value


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    norm, out = doc.norm, []
    imaging_note = bool(_IMAGING.search(doc.note_type))
    for rule, m in hits:
        seg_start, seg_end = doc.segment_at(m.start())
        if rule.label == "MEASURABLE":
            text = m.group()
            mention = Mention(m.start(), m.end(), "MEASURABLE", "measurable", rule.id)
            if re.match(r"no |without |not |lack|absence", text, re.I):
                mention.assertion = "absent"
            elif re.search(r"target", text, re.I) and not re.search(
                r"suitable|target lesions?\s?(?:\(|:|,|sum|\d|=)", norm[m.start() : m.end() + 8], re.I
            ):
                continue
            elif doc.category_at(m.start()) == "criteria" or re.search(
                r"require|must|should|criteri|if\b|\?", norm[max(seg_start, m.start() - 40) : m.start()], re.I
            ):
                mention.assertion = "hypothetical"
            out.append(mention)
            continue
        mention = _size(doc, m, rule.id, seg_start, seg_end, imaging_note)
        if mention is not None:
            out.append(mention)
    return out


def _size(
    doc: Document, m: re.Match[str], rule: str, seg_start: int, seg_end: int, imaging_note: bool
) -> Mention | None:
    norm, g = doc.norm, {k.split("__")[0]: v for k, v in m.groupdict().items() if v is not None}
    before = norm[max(seg_start, m.start() - 90) : m.start()]
    after = norm[m.end() : min(seg_end, m.end() + 45)]
    clause = re.split(r"[;]|\.\s|(?<=\)),", before)[-1]
    near = re.split(r",|;| and (?=\w+ \w+ \d)", before)[-1]
    context = clause + " " + after
    if not _LESION_WORDS.search(context):
        return None
    if _BENIGN.search(near[-30:]) or re.match(
        r"\s?\)?\s?(?:\w+\s){0,2}(?:cyst|haemangioma|hemangioma|fibroid|slice|stone|apart|below|above|depth|effusion|from|margin|incision|wound|scar|calcul|previous|prior)",
        after,
        re.I,
    ):
        return None
    if "a" in g:
        unit = g.get("u") or g.get("u2") or g.get("u1") or "mm"
        axes = sorted((_mm(g[k], unit) for k in ("a", "b", "c") if k in g), reverse=True)
        long, short = axes[0], (axes[1] if len(axes) > 1 else None)
    else:
        long, short = _mm(g["s"], g["su"]), None
    if long > 300:
        return None
    near_after = re.split(r"[,;.]", after)[0]
    nodal = bool(
        _NODE.search(near)
        or _NODE.match(after.lstrip(" ()"))
        or re.match(r"\s?(?:in\s)?(?:short[\s-]axis|\(short)", after, re.I)
        or re.match(r"\s?(?:\w+\s){0,2}(?:lymph\s)?(?:node|ln\b|lymph)", after, re.I)
    )
    if (
        not nodal
        and _NODE.search(clause)
        and not re.search(r"mass|tumou?r|met|lesion|nodule|primary|thicken", near, re.I)
    ):
        nodal = True
    if re.search(r"mass|tumou?r", near[-40:], re.I) and not re.search(r"nodal mass|neck mass|lymph", near, re.I):
        nodal = False
    stated_short = _SHORT.search(near_after) or _SHORT.search(near[-25:])
    attributes: dict[str, object] = {"nodal": nodal}
    if stated_short:
        attributes["nodal"] = True
        attributes["short_axis_mm"] = (
            short
            if short is not None and re.search(r"short", near_after) is None
            else (long if short is None else short)
        )
    elif short is not None:
        attributes["second_axis_mm"] = short
    bone = (
        bool(_BONE.search(near) or _BONE.match(after.lstrip()))
        and not _SOFT.search(context)
        and not re.search(r"mass|nasophar", near, re.I)
    )
    attributes["bone"] = bone
    attributes["imaging"] = imaging_note or bool(_IMAGING.search(norm, max(0, seg_start - 200), m.end()))
    mention = Mention(
        m.start(),
        m.end(),
        "LESION",
        "node" if attributes["nodal"] else "bone" if bone else "lesion",
        rule,
        number=long,
        unit="mm",
        attributes=attributes,
    )
    mention.assertion = "present"
    return mention


FAMILY = Family("lesions", load_rules("lesions.yaml"), _find)
