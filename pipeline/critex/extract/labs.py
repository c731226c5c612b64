"""Laboratory values in prose, lists and tables, with unit, flag, reference range and the day the blood was drawn.

:mod:`critex.extract.lab_values` reads a value, :mod:`critex.extract.lab_prose` sentences, :mod:`critex.extract.lab_series` and
:mod:`critex.extract.lab_later` several values of one test and :mod:`critex.extract.lab_tables` tables; here names are found and values dated.
"""

from __future__ import annotations

import re
from functools import cache

from critex.extract.dates import DateMention, find_dates
from critex.extract.dating import dates_for, days_of_heading, heading_date
from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits
from critex.extract.lab_chains import beside_slash, chain_mentions, name_of, stroke_mentions
from critex.extract.lab_hl7 import hl7_mentions, is_hl7
from critex.extract.lab_prose import prose_mentions
from critex.extract.lab_requests import requested_mentions
from critex.extract.lab_tables import column_day, dated_lists, row_mentions, transposed_mentions
from critex.extract.lab_values import Name
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, Rule, load_yaml, read_cases

_NOT_NAME_BEFORE = re.compile(
    r"(?:urine|urinary|csf|ascit\w+|pleural|fluid|sputum|stool|spot|24\s?h(?:r|our)?|dipstick|lambda|micro|pre-?|pro-|glycated|vit(?:amin)?|donor|cord|maternal|f(?:o)?etal|(?:mother|father|sister|brother|baby|infant|husband|wife|son|daughter)'?s?)\s?$",
    FLAGS,
)
_LIVER_PANEL = re.compile(
    r"\b(?:lfts?|alb(?:umin)?|alp|alt|ast|ggt|sgpt|sgot|gpt|got|asat|alat|bili\w*|tbil|dbil|db|tp)\b|umol", FLAGS
)
_BILIRUBIN_UNIT = re.compile(r"\s?[:=]?\s?[<>]?\d{1,3}(?:[.,]\d{1,2})?\s?(?:mg\s?/\s?dl|[umµ]mol\s?/)", FLAGS)
"""Behind "TB" or "DB": nothing but bilirubin has such a unit."""
_RENAL_PANEL = re.compile(r"(?<!\w)(?-i:Na|K|Cl|Cr|CREA|Creat?|creat?\w*|SCr|eGFR)\+?\s?[:=]?\s?[<>]?\d", FLAGS)
_NEEDS_PANEL = {"tb": _LIVER_PANEL, "db": _LIVER_PANEL, "ap": _LIVER_PANEL, "u": _RENAL_PANEL}
"""Names that mean a test only beside others of its panel: "TB 14", "DB 3" are bilirubin beside liver enzymes, "U 4.1" is urea beside sodium or creatinine."""
_MEN = "brother|father|dad|son|husband|uncle|nephew|grand(?:father|pa|son)"
_WOMEN = "sister|mother|mum|mom|daughter|wife|aunt(?:ie)?|niece|grand(?:mother|ma|daughter)"
_OTHERS = "spouse|partner|cousin|twin|neighbou?r|friend|room-?mate|flatmate|colleague|donor"
_PERSON = (
    rf"(?:^|[.;,\n]\s?)\W*(?:(?:an?|the|his|her|their|my|one|(?:the )?(?:patient|pt)'?s)\s)?"
    rf"(?:(?:older|younger|elder|late|twin|identical|next-door)\s)?(?:(?P<men>{_MEN})|(?P<women>{_WOMEN})|{_OTHERS})\b(?!'s|\s(?:of|to)\s(?:an?|one|two|three|four|five|\d|grown|young|adult|teen)\b)"
)
_NOT_ANOTHER = r"(?!(?:he|she|pt|patient|present|here|says?|said|reports?|states?|tells?|rang|called|phoned|came|brought|confirms?|lives?|accompan\w+)\b)"
_CLAUSE = rf"(?:(?:{_NOT_ANOTHER}[^.;:\n\d\s]+|-)\s){{0,12}}"
_OF_RELATIVE = re.compile(
    rf"{_PERSON}[^.;:\n]{{0,80}}\b(?:had|has|with|whose|showed|shows)\s(?:an?\s|the\s|his\s|her\s)?(?:[a-z]{{3,12}}\s){{0,2}}$"
    rf"|{_PERSON.replace('?P<men>', '?P<m>').replace('?P<women>', '?P<w>')},?\s{_CLAUSE}(?:(?(m)his)(?(w)her)|whose|their)\s(?:(?:own|last|latest)\s)?$"
    rf"|{_PERSON.replace('?P<men>', '?:').replace('?P<women>', '?:')}\s{_CLAUSE}(?:has|had|with|is|on)?\s?(?:[a-z]+\s){{0,2}}(?:jaundiced|hepatitis|cirrhosis|dialysis|ha?emophilia|leuka?emia|thalassa?emia|ITP|warfarin|chemo\w*|an(?:a)?emi[ac])[^.;:\n\d]{{0,12}},?\s$",
    FLAGS,
)
"""Before a name: "Brother is on warfarin and had an INR of 6", "wife takes warfarin, her INR" is no value of the patient."""
_FLUID = re.compile(
    r"(?<!g-)(?<!gm-)\b(?:csf|cerebrospinal fluid|spinal fluid|(?:cisternal|lumbar|spinal|pleural|ascitic|ascites|peritoneal|diagnostic|abdominal) tap|paracentesis|thoracocentesis|thoracentesis|spot urine|urine(?=[^.;\n]{0,14}:)|(?:pleural|ascitic|peritoneal|synovial|joint) fluid|urinalysis|u/a)\b(?![^.]{0,110}\b(?:serum|blood|plasma|cbc|fbc)\b)",
    FLAGS,
)
"""Values behind these words are of another fluid than blood."""


@cache
def _rules() -> tuple[Rule, ...]:
    content = load_yaml("labs.yaml")
    strokes, content = content["strokes"], content["analytes"]
    out = []
    for key, spec in content.items():
        line = content.lc.key(key)[0] + 1
        where = f"labs.yaml:{line}: analyte {key}"
        # "S-Krea", "P-ALAT", "B-Hb": of serum, plasma, blood, as in Scandinavia
        source = r"(?:(?<![A-Za-z0-9\-])|(?<=\b(?-i:[BPS])-))(?:" + str(spec["names"]) + r")(?![A-Za-z])"
        # a look ahead is dropped by the scanner's prefilter ("N" followed by a number would be any "n"): there it is part of the match
        trigger = r"(?:^|[^A-Za-z0-9\-]|(?-i:[BPS])-)(?:" + str(spec["names"]).replace("(?=", "(?:") + r")"
        out.append(
            Rule(
                f"labs.{key}",
                "LAB",
                str(key),
                re.compile(source, FLAGS),
                source,
                trigger=trigger,
                examples=read_cases(spec.get("examples"), where),
                near_misses=read_cases(spec.get("near_misses"), where),
                file="labs.yaml",
                line=line,
            )
        )
    out.append(
        Rule(
            "labs.strokes",
            "LAB",
            "strokes",
            re.compile(str(strokes["pattern"]), FLAGS),
            str(strokes["pattern"]),
            examples=read_cases(strokes.get("examples"), "labs.yaml: strokes"),
            near_misses=read_cases(strokes.get("near_misses"), "labs.yaml: strokes"),
            file="labs.yaml",
        )
    )
    return tuple(out)


def _names(doc: Document, hits: FamilyHits) -> list[Name]:
    found = []
    for rule, m in hits:
        if rule.value == "strokes":
            continue
        if rule.value != "crcl" and _NOT_NAME_BEFORE.search(doc.norm, max(0, m.start() - 14), m.start()):
            continue
        seg_start, _ = doc.segment_at(m.start())
        if _FLUID.search(doc.norm, max(seg_start, m.start() - 120), m.start()):
            continue
        if _OF_RELATIVE.search(doc.norm[max(seg_start, m.start() - 120) : m.start()]):
            continue
        around = _NEEDS_PANEL.get(m.group().lower())
        opened = seg_start if around is _LIVER_PANEL and m.group().lower() == "tb" else doc.line_at(m.start()).start
        if around is _LIVER_PANEL and _BILIRUBIN_UNIT.match(doc.norm, m.end()):
            around = None
        if around is not None and not (
            around.search(doc.norm, max(opened, m.start() - 60), m.start())
            or around.search(doc.norm, m.end(), m.end() + 60)
        ):
            continue
        found.append(Name(m.start(), m.end(), str(rule.value), rule.id))
    found.sort(key=lambda n: (n.start, -(n.end - n.start), n.rule))
    kept: list[Name] = []
    for n in found:
        if kept and n.start < kept[-1].end:
            continue
        if kept and n.key == kept[-1].key and re.fullmatch(r"\s?(?:[/(-]|by)\s?|\s", doc.norm[kept[-1].end : n.start]):
            kept[-1].end = n.end  # "SGPT/ALT" names one test twice
            continue
        kept.append(n)
    return sorted(
        [*kept, *(g for n in kept for g in _glued(doc, n) if g.start not in {k.start for k in kept})],
        key=lambda n: n.start,
    )


_GLUED = re.compile(
    r"[<>]?\d{1,4}(?:\.\d{1,2})?(?:[HL](?=[A-Z][A-Za-z]))?(?P<name>[A-Z][A-Za-z]{1,5})(?P<value>[<>]?\d{1,4}(?:\.\d{1,2})?)",
    re.A,
)


def _glued(doc: Document, name: Name) -> list[Name]:
    """Names right behind the value of a name, without a space between: "ALT37ALP92Bili11"."""
    found: list[Name] = []
    at, limit = name.end, doc.line_at(name.start).end
    while (m := _GLUED.match(doc.norm, at, limit)) is not None:
        more = name_of(m["name"], m["value"], m.start("name"), _rules(), "")
        if more is not None:
            found.append(more)
        at = m.end("name")
    return found


_SPACED_ROW = re.compile(r"\S(?: {2}[<>]?\d+(?:\.\d+)?\s?[HL*]?){2,}\s*$", FLAGS | re.M)
"""A row of columns only two spaces apart."""


def find_labs(doc: Document, hits: FamilyHits) -> list[Mention]:
    """Laboratory mentions of a document.

    Returns
    -------
    list of Mention
        Label ``LAB``; ``number`` and ``unit`` as written, ``canonical`` in the guideline's unit, ``ref_low`` and ``ref_high`` in the unit as written.
    """
    names = _names(doc, hits)
    by_line: dict[int, list[Name]] = {}
    for n in names:
        by_line.setdefault(doc.line_index(n.start), []).append(n)
    out: list[Mention] = []
    for index, names_here in by_line.items():
        line, group = doc.lines[index], names_here
        if is_hl7(doc.norm, line):
            out.extend(hl7_mentions(doc, index, group))
            continue
        if any(beside_slash(doc.norm, n) for n in group):
            chained, group = chain_mentions(doc, line, group, _rules())
            out.extend(chained)
            if not group:
                continue
        is_row = line.kind == "row" or (
            len(group) == 1 and _SPACED_ROW.search(doc.norm, line.start, line.end) is not None
        )
        if is_row and (found := row_mentions(doc, index, group)) is not None:
            out.extend(found)
        else:
            out.extend(prose_mentions(doc, index, group))
    out.extend(transposed_mentions(doc, by_line, _rules()))
    out.extend(m for m in dated_lists(doc, by_line) if not any(m.start < o.end and o.start < m.end for o in out))
    for index, names_here in by_line.items():
        line = doc.lines[index]
        out.extend(requested_mentions(doc, line, names_here, [m for m in out if line.start <= m.start < line.end]))
    for rule, m in hits.of("labs.strokes"):
        out.extend(stroke_mentions(doc, m.start(), rule.id))
    _settle_bilirubin(out)
    _settle_fractions(out)
    return out


_UMOL_PER_MG_DL = 17.1
_BESIDE = 160
"""Characters between two values of one list."""


def _settle_bilirubin(found: list[Mention]) -> None:
    """Read a bilirubin without unit in mg/dL where the creatinine beside it can only be in mg/dL: "creatinine 0.79, bilirubin 5.6" (domain.md 14)."""
    american = [
        m.start
        for m in found
        if m.value == "creatinine" and m.number is not None and m.canonical is not None and m.number < 15 < m.canonical
    ]
    for m in found:
        if m.value not in ("bilirubin_total", "bilirubin_direct") or m.unit or m.ref_high is not None:
            continue
        if (
            m.number is not None
            and m.canonical == m.number <= 40
            and any(abs(m.start - at) <= _BESIDE for at in american)
        ):
            m.canonical = round(m.number * _UMOL_PER_MG_DL, 6)


_FRACTIONS = (0.75, 1.02)
"""Sum of the shares of neutrophils and lymphocytes in a differential count."""
_LEAST_WHITES = 2.0
_OF_ONE_COUNT = 400
"""Characters between the white cells and their differential count."""


def _settle_fractions(found: list[Mention]) -> None:
    """Read "WBC 5.1, neut 0.62, lymph 0.30" as shares: as counts they would not add up to the white cells."""
    cells = [m for m in found if m.canonical is not None and m.unit is None]
    for m in cells:
        if m.value != "anc" or m.number is None or not 0 < m.number < 1 or (m.ref_high or 0) > 1:
            continue
        beside = [x for x in found if x.date == m.date and abs(x.start - m.start) <= _OF_ONE_COUNT]
        lymph = next((x.number for x in beside if x.value == "lymphocytes" and x.unit is None and x.number), None)
        white = next((x.canonical for x in beside if x.value == "wbc" and x.canonical), None)
        if lymph and white and white >= _LEAST_WHITES and _FRACTIONS[0] <= m.number + lymph <= _FRACTIONS[1]:
            m.value, m.canonical, m.canonical_unit = "neutrophil_pct", round(m.number * 100, 6), "%"


_CLAUSE_START = re.compile(r"[,;.()\[\]\n|]|(?<=\s)(?:and|but|then|-)\s", FLAGS)
_EVENT = re.compile(
    r"\b(?:stopp?ed|started|commenced|since|s/p|post|ceased|held|withheld|discontinued|d/c|dc'?d|off|last (?:dose|cycle|chemo\w*|taken)|c\d(?:d\d{1,2})?|cycle|chemo\w*|rt|radiotherapy|surgery|operat\w+|resect\w+|biops\w+|bx|insert\w+|diagnos\w+|"
    r"dx|born|dob|dvt|pe|stroke|cva|mi|stent\w*|transfus\w+|given|received|due|next|tca|appointment|booked|planned|scan|ct|mri|pet\S*|died|fell|fall|accident|warfarin|apixaban|heparin|enoxaparin|clexane|aspirin|antibiotics?)\b",
    FLAGS,
)
"""Beside a day in its clause: the day is that of something else than the blood test."""
_BLOODS = re.compile(
    r"\b(?:bloods?|labs?|cbc|cbp|fbc|fbe|lfts?|rfts?|l/?rft|u&e'?s?|u\+e'?s?|bmp|cmp|coags?|clotting|checked|repeat\w*|results?|sample|drawn|taken|measured|tested)\b|血常规|生化|化验|查",
    FLAGS,
)


def _heads_tests(doc: Document, d: DateMention, start: int, at: int) -> bool:
    """Whether a date written before a value on its line is the day of the blood test, not that of an event ("warfarin stopped 2/52 ago, INR 1.1")."""
    if (d.when.last - d.when.first).days > _LONGEST_DAY:
        return False  # a bare year, as "DVT in 2015"
    norm = doc.norm
    cuts = [m.end() for m in _CLAUSE_START.finditer(norm, max(start, d.start - 120), d.start) if m.end() <= d.start]
    opened = norm[cuts[-1] if cuts else max(start, d.start - 120) : d.start]
    closed = _CLAUSE_START.search(norm, d.end, at)
    rest = norm[d.end : closed.start() if closed is not None else at]
    if _BLOODS.search(opened) or _BLOODS.search(rest) or norm[d.end : d.end + 2].lstrip().startswith(":"):
        return True
    if _EVENT.search(opened) or (closed is not None and _EVENT.search(rest)):
        return False
    if doc.segment_index(d.start) != doc.segment_index(at):
        return bool(_VISIT.search(opened)) and at - d.end < _FARTHEST_VISIT  # another sentence of a paragraph
    relative = d.when.source == "relative" or (d.when.last - d.when.first).days > 0
    return not relative or not opened.strip(" :-*#>") or closed is None


_VISIT = re.compile(r"\b(?:admi\w+|seen|review\w*|clinic|visit|present\w*|attend\w*|today|discharge\w*)\b|^\W*$", FLAGS)
_FARTHEST_VISIT = 400
_LONGEST_DAY = 31
"""Days that the day of a blood test may span: "March 2026"."""


_STOPS = re.compile(r"\s?(?:[.;)\n]|$)")


def date_labs(doc: Document, mentions: list[Mention]) -> None:
    """Give laboratory mentions without a day of their own the day of the nearest heading ("Collected 06/03/2026"), on their own line first."""
    dated = [m for m in mentions if m.date is not None]
    for m in mentions:
        if m.date is not None:
            continue
        line = doc.line_at(m.start)
        if line.kind == "row" and (column := column_day(doc, line, m.start)) is not None:
            m.date, m.date_source = column.iso, "table"
            continue
        before = doc.dates_between(line.start, m.start)
        own = [
            d
            for d in dates_for(doc, line.start, m.start, m.start, line.start)
            if _heads_tests(doc, d, line.start, m.start)
        ]
        after = [
            d
            for d in dates_for(doc, m.end, min(line.end, m.end + 16), m.start, line.start)
            if re.match(r"\s*(?:[(\[]|(?:in|on)\s)", doc.norm[m.end : d.start + 1])
            or (doc.norm[m.end : d.start] == ", " and _STOPS.match(doc.norm, d.end) and d.when.source != "relative")
        ]
        said = _said_behind(doc, m)
        if said is not None:
            m.date, m.date_source = said.when.iso, "text"
        elif after:
            m.date, m.date_source = after[0].when.iso, "text"
        elif (last := _last_done(doc, m)) is not None:
            m.date, m.date_source = last, "text"
        elif own:
            m.date, m.date_source = own[-1].when.iso, "text" if m.start - own[-1].end < 25 else "heading"
        elif (found := heading_date(doc, line.start if before else m.start)) is not None:
            m.date, m.date_source = found.when.iso, "heading"
        elif (inside := _in_sentence(doc, m, line.start, dated)) is not None:
            m.date, m.date_source = inside.when.iso, "text"
        elif doc.note_date is not None:
            m.date, m.date_source = doc.note_date.isoformat(), "note"
        else:
            m.date_source = "none"
    _date_by_arrows(doc, mentions)


_ARROW_BETWEEN = re.compile(r"[^\n>→]{0,24}?(?:-{1,2}>|→|=>|>)\s?", FLAGS)


def _date_by_arrows(doc: Document, mentions: list[Mention]) -> None:
    """Values joined by arrows under a heading whose days are joined by arrows have one day each: "Bloods (27/01 -> 03/02)" / "Hb 86 -> 81"."""
    chain: list[Mention] = []
    for m in [*sorted(mentions, key=lambda m: m.start), None]:
        if (
            m is not None
            and chain
            and m.value == chain[-1].value
            and _ARROW_BETWEEN.fullmatch(doc.norm, chain[-1].end, m.start)
        ):
            chain.append(m)
            continue
        if len(chain) > 1 and all(c.date_source in ("heading", "note") for c in chain):
            days = days_of_heading(doc, chain[0].start)
            if len(days) == len(chain):
                for c, d in zip(chain, days, strict=True):
                    c.date, c.date_source = d.when.iso, "heading"
        chain = [m] if m is not None else []


_DATED_BACK = re.compile(
    r"(?:(?:[^.;:\n]|\.(?=\d)){0,60}?[\s,](?:(?:is|are|was|were|both|all|these|taken|drawn|dat(?:e|es|ed|ing)|back)\s){1,3}(?:(?:both|all|only|actually|back)\s){0,2}|\s?[,(]?\s?(?:(?:at|in|on|during|with)\s(?:the\s|his\s|her\s|our\s|their\s)?(?:[a-z-]+\s){0,2}(?:bloods?|labs?|tests?|panel|sample|results?|count|screen(?:ing)?|work-?up)\s)?)"
    r"from\s(?:(?:the|his|her|our|their|a|an)\s)?(?:[a-z-]+\s){0,4}(?:(?:on|of|in|at|dated)\s)?$"
    r"|\s?[,(]?\s?(?:at|during)\s(?:(?:the|his|her|our|their|a|an|last|first)\s)?(?:(?!(?:started|stopped|planned|booked|due|since|for|until|before|after)\b)[a-z-]+\s){1,4}(?:(?:on|in|of|from|dated)\s(?:the\s)?)$",
    FLAGS,
)
"""Between a value and the day that the sentence gives it: "Hb 8.6 and ANC 0.9 are from the nadir on 1 Aug", "INR 1.0 at the port insertion in March"."""
_SAID_BEHIND = 90
"""Characters between a value and the day that the sentence gives it."""


def _is_short(d: DateMention) -> bool:
    return (d.when.last - d.when.first).days <= _LONGEST_DAY


def _is_over(doc: Document, d: DateMention) -> bool:
    """Whether a year, or another long time, had passed when the note was written."""
    return doc.note_date is not None and d.when.last < doc.note_date


def _said_behind(doc: Document, m: Mention) -> DateMention | None:
    """Past day that the words right behind a value, or behind a list of values, give it."""
    _, end = doc.segment_at(m.start)
    d = next(iter(doc.dates_between(m.end, min(end, m.end + _SAID_BEHIND))), None)
    if d is None or not (_is_short(d) or _is_over(doc, d)) or not _DATED_BACK.match(doc.norm, m.end, d.start):
        return None
    return d if doc.note_date is None or d.when.first <= doc.note_date else None


_LAST_DONE = re.compile(
    r"\b(?:last|not|never|none) (?:\w+ )?(?:done|checked|measured|tested|taken|repeated|sent)(?: again)?,? (?:since|in|on|from|at)\s(?P<day>[^()\n.;:,]{3,22})(?:\([^()\n]{0,60}|[^.;\n]{0,12})$",
    FLAGS,
)


def _last_done(doc: Document, m: Mention) -> str | None:
    """Day of a value that is told as old: "Clotting not done since March (INR 1.0)"."""
    start, _ = doc.segment_at(m.start)
    told = _LAST_DONE.search(doc.norm, max(start, m.start - 110), m.start)
    if told is None:
        return None
    found = find_dates(f"in {told['day']}", doc.note_date, doc.date_order)
    return found[0].when.iso if found else None


_AT_TIME = re.compile(
    r"\s(?:taken |measured |done )?(?:at (?:the )?time|on (?:the )?(?:day|date|morning|eve)) of (?:(?:the|his|her)\s)?[\w-]{3,20},?\s\(?(?:on |in )?",
    FLAGS,
)
"""Between a value and the day of the event it was taken at: "INR 1.0 at the time of biopsy, 2 April 2026"."""


def _of_further_value(doc: Document, m: Mention, d: DateMention, dated: list[Mention]) -> bool:
    """Whether a day behind a value is that of a further value of the test: "bilirubin now 41 (0-21), was 19 on 5 May"."""
    if any(x.value == m.value and m.end <= x.start < d.start for x in dated):
        return True
    return m.unit is not None and re.search(rf"\d\s?{re.escape(m.unit)}(?!\w)", doc.norm[m.end : d.start]) is not None


def _in_sentence(doc: Document, m: Mention, line_start: int, dated: list[Mention]) -> DateMention | None:
    """Day elsewhere in the sentence of a value: behind it ("Hb 98 and WBC 5 on 09/03/26"), or on the line before in a wrapped paragraph."""
    start, end = doc.segment_at(m.start)
    found = [
        d
        for d in dates_for(doc, start, end, m.start, start)
        if (
            d.start >= m.end
            and not _of_further_value(doc, m, d, dated)
            and not re.search(r"\bfrom\b", doc.norm[m.end : d.start])
            and (_AT_TIME.fullmatch(doc.norm, m.end, d.start) or not _EVENT.search(doc.norm, m.end, d.start))
        )
        or (d.end <= line_start and _heads_tests(doc, d, start, m.start))
    ]
    found = [d for d in found if (d.when.last - d.when.first).days <= _LONGEST_DAY]
    return found[0] if found else None


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    found = find_labs(doc, hits)
    date_labs(doc, found)
    return found


FAMILY = Family("labs", _rules(), _find)
