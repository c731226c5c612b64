"""Text to mentions: one scan of the raw text, then only the families that fired, then context, dates and order.

No spaCy ``Doc`` is built here; :mod:`critex.extract.components` gives the same families as spaCy components, and the tests hold this
fast path against medspaCy's own components over whole notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from critex.collector import without_search
from critex.extract import assertion, cns, corrections, dates, dating, imaging, metastasis, treatments
from critex.extract.assertion import decide
from critex.extract.dating import date_mentions
from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits, resolve_overlaps
from critex.extract.mention import Mention
from critex.extract.scan import Hits, Scanner
from critex.extract.spelling import default_speller

LANDMARKS = tuple(
    landmark
    for module in (assertion, cns, corrections, dates, dating, imaging, metastasis, treatments)
    for landmark in module.LANDMARKS
)
"""What the scan looks for besides the rules of the families."""


class Extractor:
    """Finds mentions in documents.

    Parameters
    ----------
    families : sequence of Family, optional
        Families of facts to look for; all by default.
    engine : {"auto", "hyperscan", "python"}
        Scanner to use; all give the same mentions.
    """

    def __init__(self, families: tuple[Family, ...] | None = None, engine: str = "auto") -> None:
        if families is None:
            from critex.extract.families import all_families

            families = all_families()
        self.families = families
        rules = [rule for f in families for rule in f.rules]
        self.scanner = Scanner(rules, LANDMARKS, engine)
        self.speller = default_speller()
        self._first: list[int] = []
        self._family_of: list[int] = []
        for i, f in enumerate(families):
            self._first.append(len(self._family_of))
            self._family_of.extend([i] * len(f.rules))

    def mentions(self, doc: Document) -> list[Mention]:
        """Mentions of a document, with assertion and date, in order of the text.

        Returns
        -------
        list of Mention
            Offsets are ``str`` indices into ``doc.text``. Of one label no two overlap. Misspelled words are read as ``patterns/spelling.yaml`` says.
        """
        respelled = self.speller.respelled(doc.text)
        if respelled is None:
            return self._read(doc)
        return [respelled.moved(m) for m in self._read(doc.with_text(respelled.text))]

    def _read(self, doc: Document) -> list[Mention]:
        """Mentions of a document as it stands."""
        hits = doc.hits = self.scanner.scan(doc.norm)
        found: list[Mention] = []
        for i in self._fired(hits):
            f = self.families[i]
            found.extend(f.find(doc, FamilyHits(f.rules, hits, self._first[i])))
        if not found:
            return []
        for m in found:
            _trim(doc.norm, m)
        found = resolve_overlaps(found)
        decide(doc, found)
        date_mentions(doc, found)
        return found

    def _fired(self, hits: Hits) -> Sequence[int]:
        """Indices of the families of which a rule can match."""
        if hits.ends is None:
            return range(len(self.families))
        rules = len(self._family_of)  # landmarks have higher numbers
        return sorted({self._family_of[i] for i in hits.ends if i < rules})


def _trim(norm: str, m: Mention) -> None:
    """Cut white space off the ends of a mention's span."""
    while m.start < m.end - 1 and norm[m.start].isspace():
        m.start += 1
    while m.end > m.start + 1 and norm[m.end - 1].isspace():
        m.end -= 1


@cache
def default_extractor(engine: str = "auto") -> Extractor:
    """The extractor of all families, built once a process."""
    with without_search():
        return Extractor(engine=engine)
