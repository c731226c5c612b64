"""Histology (GUIDELINE I02.histology; domain.md 11): one mention where subtype, name and WHO type stand together."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, load_rules

_LINK = re.compile(
    r"(?:[\s,()/:;-]|of\b|the\b|an?\b|type|subtype|variant|pattern|differentiated|nasopharynx|nasopharyngeal|npc?\b|nasophar\w+|squamous|cell|carcinoma|ca\b|cancer|scc\b|sq|histology|i\.?e\.?|post[\s-]?nasal|space|epithelial|癌|型|性|鳞状细胞)*",
    FLAGS,
)
_TAIL = re.compile(
    r"(?:[\s-]{1,2}(?:squamous[\s-](?:cell[\s-])?)?(?:carcinoma|ca\b|cancer|scc\b|npc\b)(?:\sof\s(?:the\s)?nasopharynx)?|\s(?:sub)?type\b|\s?癌)",
    FLAGS,
)
_SUBTYPE = re.compile(r",?\s\(?(?:un)?differentiated(?:\s(?:sub)?type)?\)?", FLAGS)
_HEAD = re.compile(r"(?:nasopharyngeal carcinoma[,:]?\s|squamous cell carcinoma,\s|carcinoma,\s|scc,\s)$", FLAGS)
_SUPERSEDED = re.compile(
    r"original diagnosis|first report|initial(?:ly)?\s(?:report|read|thought|diagnos)|thought to represent|provisional|frozen section|outside report|previously reported|was reported as|amended from|formerly|preliminary|still carries the old|superseded",
    FLAGS,
)
_CORRECTION = re.compile(
    r"amended|addendum|revised|supplementary|replaces|reclassif|corrected|review(?:ed)? (?:at|by)|final diagnosis|best classified",
    FLAGS,
)
_OTHER_SITE = re.compile(
    r"\b(?:skin|scalp|nasi|lip|lung|bronch\w+|thyroid|breast|colon|rectal|rectum|sigmoid|cervix|cervical carcinoma|prostate|liver|hepatocellular|bladder|kidney|renal|ovar\w+|tongue|larynx|tonsil|oropharyn\w+|oesophag\w+|esophag\w+|gastric|stomach|pancrea\w+|uter\w+|endometri\w+|temple|cheek|forearm|nose|ear)\b",
    FLAGS,
)
_NASOPHARYNX = re.compile(
    r"nasophar|naso-phar|\bnp\b|\bnpx\b|npc|pns|nps|post[\s-]?nasal|rosenm|\bfor\b|neck node|cervical node|鼻咽", FLAGS
)


def value_of(text: str) -> str:
    """Value of a histology phrase (domain.md 11): what its words together say."""
    low = text.lower()
    nonker = bool(re.search(r"non[\s-]*k?eratini|nonker|non[\s-]?ker\b|nkc|nkscc|nkuc|unpc|nk\b|nkdc|npuc|非角化", low))
    undiff = bool(
        re.search(r"undiff|nkuc|unpc|npuc|udca?|ucnt|\bud\b|lymphoepithel|schmincke|未分化|淋巴上皮|泡状核", low)
    )
    diff = (
        bool(
            re.search(
                r"(?<!un)(?<!well )(?<!poorly )(?<!poorly-)(?<!moderately )(?<!n)differentiated|nkdc|(?<!未)(?<!低)分化型|\bd-nkc",
                low,
            )
        )
        and not undiff
    )
    who = re.search(
        r"who[\s-]?(?:type|class\w*|grade|histolog\w+|subtype)?[\s:-]*(iii|ii[ab]?|i|2\.?[12]|2\s?[ab]|[123])\b", low
    )
    kind = who[1].replace(" ", "") if who else ""
    if "basaloid" in low or "基底样" in low:
        return "basaloid"
    if undiff or kind in ("iii", "3", "iib", "2b", "2.2", "22"):
        return "nonkeratinizing_undifferentiated"
    if (diff and (nonker or kind)) or kind in ("iia", "2a", "2.1", "21"):
        return "nonkeratinizing_differentiated"
    if nonker or kind in ("ii", "2"):
        return "nonkeratinizing"
    if kind in ("i", "1") or re.search(r"keratini|kscc|角化", low):
        return "keratinizing"
    if re.search(r"poorly|低分化|^pd\b", low):
        return "poorly_differentiated"
    return "squamous" if re.search(r"squamous|scc|鳞", low) else "other"


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    found = sorted(((m.start(), m.end(), rule) for rule, m in hits), key=lambda x: (x[0], -x[1]))
    runs: list[list[int]] = []
    rules: list[str] = []
    values: list[set[str]] = []
    norm = doc.norm
    for start, end, rule in found:
        alone = rule.value in ("other",)
        if runs and start <= runs[-1][1]:
            runs[-1][1] = max(runs[-1][1], end)
            values[-1].add(str(rule.value))
        elif (
            runs
            and not alone
            and "other" not in values[-1]
            and _LINK.fullmatch(norm, runs[-1][1], start)
            and "\n" not in norm[runs[-1][1] : start].strip(" ")
            and start - runs[-1][1] < 60
            and not re.search(r"[;:]|\.\s", norm[runs[-1][1] : start])
        ):
            runs[-1][1] = end
            values[-1].add(str(rule.value))
        else:
            runs.append([start, end])
            rules.append(rule.id)
            values.append({str(rule.value)})
    out = []
    for (start, end), rule_id, kinds in zip(runs, rules, values, strict=True):
        if kinds == {"nonkeratinizing_differentiated"}:
            continue
        tail = _TAIL.match(norm, end)
        if tail and kinds != {"other"}:
            end = tail.end()
            more = re.compile(r",?\s\(?(?:un)?differentiated(?:\s(?:sub)?type)?\)?", FLAGS).match(norm, end)
            if more and kinds & {"nonkeratinizing"}:
                end = more.end()
        if not tail and kinds & {"nonkeratinizing"} and (more := _SUBTYPE.match(norm, end)):
            end = more.end()
        head = _HEAD.search(norm, max(0, start - 30), start)
        if head and kinds & {"nonkeratinizing", "nonkeratinizing_undifferentiated"}:
            start = head.start()
        if (
            norm[end - 1 : end] != ")"
            and norm[start:end].count("(") > norm[start:end].count(")")
            and norm[end : end + 1] == ")"
        ):
            end += 1
        out.append(_mention(doc, start, end, rule_id))
    return out


def _mention(doc: Document, start: int, end: int, rule: str) -> Mention:
    norm = doc.norm
    value = value_of(norm[start:end])
    seg_start, seg_end = doc.segment_at(start)
    sentence = norm[seg_start:seg_end]
    attributes: dict[str, object] = {
        "source": "report" if re.search(r"path|histo|cyto|biops", doc.note_type, re.I) else "narrative"
    }
    before = norm[max(0, start - 60) : start]
    if _OTHER_SITE.search(norm, max(seg_start, start - 40), min(seg_end, end + 40)) and not _NASOPHARYNX.search(
        sentence
    ):
        attributes["disease"] = "other"
    line_above = norm[doc.lines[max(0, doc.line_index(start) - 1)].start : start]
    m = Mention(start, end, "HISTOLOGY", value, rule, attributes=attributes)
    if _SUPERSEDED.search(sentence) or _SUPERSEDED.search(line_above):
        m.temporality, attributes["superseded"] = "past", True
    elif (
        _CORRECTION.search(before)
        or _CORRECTION.search(line_above)
        or _CORRECTION.search(norm, max(seg_start, start - 120), start)
    ):
        attributes["correction"] = True
    elif (
        attributes["source"] == "report"
        and value in ("poorly_differentiated", "squamous", "nonkeratinizing", "nonkeratinizing_undifferentiated")
        and re.search(r"addendum|supplementary|amended", norm[end:], re.I)
        and re.search(
            r"revised to|replaces|amended to|re-?classified|best classified|amended diagnosis", norm[end:], re.I
        )
    ):
        m.temporality, attributes["superseded"] = "past", True
    if re.search(r"fnac?\b|cytolog|aspirat|smear", sentence, re.I):
        attributes["specimen"] = "cytology"
    return m


FAMILY = Family("histology", load_rules("histology.yaml"), _find)
