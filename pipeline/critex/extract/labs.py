"""Laboratory values in prose, lists and tables, with unit, flag, reference range and the day the blood was drawn.

:mod:`critex.extract.lab_values` reads a value, :mod:`critex.extract.lab_prose` sentences and :mod:`critex.extract.lab_tables` tables; here names are found and
values dated.
"""

from __future__ import annotations

import re
from functools import cache

from critex.extract.dates import DateMention
from critex.extract.dating import heading_date
from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits
from critex.extract.lab_prose import prose_mentions
from critex.extract.lab_tables import column_day, row_mentions, transposed_mentions
from critex.extract.lab_values import Name
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, Rule, load_yaml, read_cases

_NOT_NAME_BEFORE = re.compile(
    r"(?:urine|urinary|csf|ascit\w+|pleural|fluid|spot|24\s?h(?:r|our)?|dipstick|lambda|micro|pre-?|pro-|glycated|vit(?:amin)?)\s?$",
    FLAGS,
)
_LIVER_PANEL = re.compile(r"\b(?:lfts?|alb(?:umin)?|alp|alt|ast|ggt|sgpt|sgot|tbil|dbil|db|tp)\b|umol", FLAGS)
"""Beside one of these "TB 14" is total bilirubin."""
_FLUID = re.compile(
    r"\b(?:csf|cerebrospinal fluid|spinal fluid|(?:cisternal|lumbar|spinal|pleural) tap|(?:pleural|ascitic|peritoneal|synovial|joint) fluid|urinalysis|u/a)\b(?![^.]{0,110}\b(?:serum|blood|plasma|cbc|fbc)\b)",
    FLAGS,
)
"""Values behind these words are of another fluid than blood."""


@cache
def _rules() -> tuple[Rule, ...]:
    content = load_yaml("labs.yaml")["analytes"]
    out = []
    for key, spec in content.items():
        line = content.lc.key(key)[0] + 1
        where = f"labs.yaml:{line}: analyte {key}"
        source = r"(?<![A-Za-z0-9\-])(?:" + str(spec["names"]) + r")(?![A-Za-z])"
        # a look ahead is dropped by the scanner's prefilter ("N" followed by a number would be any "n"): there it is part of the match
        trigger = r"(?:^|[^A-Za-z0-9\-])(?:" + str(spec["names"]).replace("(?=", "(?:") + r")"
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
    return tuple(out)


def _names(doc: Document, hits: FamilyHits) -> list[Name]:
    found = []
    for rule, m in hits:
        if _NOT_NAME_BEFORE.search(doc.norm, max(0, m.start() - 14), m.start()):
            continue
        seg_start, _ = doc.segment_at(m.start())
        if _FLUID.search(doc.norm, max(seg_start, m.start() - 120), m.start()):
            continue
        if m.group().lower() == "tb" and not _LIVER_PANEL.search(
            doc.norm, max(seg_start, m.start() - 60), m.end() + 60
        ):
            continue
        found.append(Name(m.start(), m.end(), str(rule.value), rule.id))
    found.sort(key=lambda n: (n.start, -(n.end - n.start), n.rule))
    kept: list[Name] = []
    for n in found:
        if kept and n.start < kept[-1].end:
            continue
        if kept and n.key == kept[-1].key and re.fullmatch(r"\s?[/(-]\s?", doc.norm[kept[-1].end : n.start]):
            kept[-1].end = n.end  # "SGPT/ALT" names one test twice
            continue
        kept.append(n)
    return kept


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
    for index, group in by_line.items():
        line = doc.lines[index]
        if line.kind == "row" and (found := row_mentions(doc, index, group)) is not None:
            out.extend(found)
        else:
            out.extend(prose_mentions(doc, index, group))
    out.extend(transposed_mentions(doc, by_line))
    return out


def _is_day(d: DateMention) -> bool:
    """Whether a date can be that of a blood test: no bare year, as "DVT in 2015"."""
    return (d.when.last - d.when.first).days <= 31


def date_labs(doc: Document, mentions: list[Mention]) -> None:
    """Give laboratory mentions without a day of their own the day of the nearest heading ("Collected 06/03/2026"), on their own line first."""
    for m in mentions:
        if m.date is not None:
            continue
        line = doc.line_at(m.start)
        if line.kind == "row" and (column := column_day(doc, line, m.start)) is not None:
            m.date, m.date_source = column.iso, "table"
            continue
        own = [d for d in doc.dates_between(line.start, m.start) if _is_day(d)]
        after = [
            d
            for d in doc.dates_between(m.end, min(line.end, m.end + 16))
            if re.match(r"\s*[(\[]", doc.norm[m.end : d.start + 1])
        ]
        if after:
            m.date, m.date_source = after[0].when.iso, "text"
        elif own:
            m.date, m.date_source = own[-1].when.iso, "text" if m.start - own[-1].end < 25 else "heading"
        elif (found := heading_date(doc, m.start)) is not None:
            m.date, m.date_source = found.when.iso, "heading"
        elif (before := doc.segment_at(m.start))[0] and (
            inside := [d for d in doc.dates_between(*before) if _is_day(d)]
        ):
            m.date, m.date_source = inside[0].when.iso, "text"


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    found = find_labs(doc, hits)
    date_labs(doc, found)
    return found


FAMILY = Family("labs", _rules(), _find)
