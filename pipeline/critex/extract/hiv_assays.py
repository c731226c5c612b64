"""Assays named without the virus behind an HIV test that decided nothing: "HIV Ag/Ab indeterminate; Western blot negative on 9 May"."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.patterns import FLAGS
from critex.extract.repeated_tests import of_another_person, read_repeats
from critex.extract.serology import Name, read_result

_ASSAY = re.compile(
    r"(?<![\w-])(?:(?:4th|fourth|5th|fifth)[ -]gen\w*(?: (?:test|assay))?|ag\s?/\s?ab(?: combo| test)?|combo(?: test)?|(?:elisa|eia|cmia|eclia|western blot|(?:immuno|line[ -])blot|(?-i:WB)|line immunoassay|geenius|determine|uni-?gold)(?: test)?"
    r"|(?:rapid|antibody|confirmatory|laboratory) (?:test|assay|serology)|prueba (?:rapida|confirmatoria)|test (?:rapide|de confirmation))(?:\s?(?:\+|and|&|/)\s?(?:naa?t|rna|pcr|elisa|(?-i:WB)|western blot))?(?![\w-])",
    FLAGS,
)
_OTHER_TEST = re.compile(r"\b(?:syphilis|vdrl|rpr|tpha|covid|dengue|malaria|ebv|cmv|toxo\w*|strep|influenza)\b", FLAGS)
_NEAR = 110


def with_bare_assays(doc: Document, names: list[Name]) -> list[Name]:
    """Names, with the assays behind an HIV test without a clear result of its own, up to the next name of any virus."""
    more = []
    for i, n in enumerate(names):
        if n.rule.label != "HIV":
            continue
        stop = names[i + 1].start if i + 1 < len(names) else doc.line_at(n.end).end
        own = read_result(doc.norm, n.end, stop, False)
        if own is not None and own.result is not None and not _LOAD.search(doc.norm, n.start, n.end):
            continue
        at = n.end
        while (m := _ASSAY.search(doc.norm, at, min(stop, at + _NEAR))) is not None:
            if of_another_person(doc.norm, at, m.start()) or _OTHER_TEST.search(doc.norm, at, m.start()):
                break
            at = m.end()
            end = min(stop, at + _NEAR)
            r = read_result(doc.norm, at, end, False)
            if (r is not None and r.result is not None and r.number is None) or read_repeats(doc, at, end, None, None):
                more.append(Name(m.start(), m.end(), "test", n.rule))
    return sorted([*names, *more], key=lambda n: n.start)


_LOAD = re.compile(r"viral load|vl\b|rna\b|pcr\b", FLAGS)
