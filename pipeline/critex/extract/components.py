"""The families of facts as spaCy components, for anyone's pipeline, and :func:`load` for a whole one.

Each component ``critex_<family>`` works alone: it adds its mentions to ``doc.spans["critex"]``, and to ``doc.ents`` where they overlap nothing
there; ``span._.critex`` holds the mention, and medspaCy's attributes (``is_negated``, ``is_uncertain``, ``is_historical``, ``is_hypothetical``,
``is_family``) say the same as its assertion.
"""

# no `from __future__ import annotations` here: spaCy resolves the annotations of factories
from collections.abc import Callable
from datetime import date
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from critex.extract.document import Document
from critex.extract.engine import Extractor
from critex.extract.families import NAMES, load_family
from critex.extract.mention import Mention

SPAN_GROUP = "critex"
_FLAGS = {
    "is_negated": lambda m: m.assertion == "absent",
    "is_uncertain": lambda m: m.assertion == "possible",
    "is_hypothetical": lambda m: m.assertion == "hypothetical",
    "is_family": lambda m: m.assertion == "family",
    "is_historical": lambda m: m.temporality == "past",
}  # fmt: skip


def register_extensions() -> None:
    """Register ``doc._.note_date``, ``doc._.critex_document`` and the attributes of spans; may be called again."""
    for name, default in (("note_date", None), ("note_type", ""), ("critex_document", None)):
        if not Doc.has_extension(name):
            Doc.set_extension(name, default=default)
    if not Span.has_extension("critex"):
        Span.set_extension("critex", default=None)
    for name in _FLAGS:
        if not Span.has_extension(name):
            Span.set_extension(name, default=False)


def document_of(doc: Doc) -> Document:
    """The :class:`~critex.extract.document.Document` of a spaCy ``Doc``; ``doc._.note_date`` (a ``date``) anchors relative dates."""
    found = doc._.critex_document
    if found is None:
        when = doc._.note_date
        found = Document(doc.text, note_date=when if isinstance(when, date) else None, note_type=str(doc._.note_type))
        doc._.critex_document = found
    return found


class FamilyComponent:
    """A spaCy component that finds one family of facts."""

    def __init__(self, name: str) -> None:
        register_extensions()
        self.name = name
        self.extractor = Extractor((load_family(name),))

    def __call__(self, doc: Doc) -> Doc:
        """Add the family's mentions to ``doc.spans["critex"]`` and ``doc.ents``."""
        add_mentions(doc, self.extractor.mentions(document_of(doc)))
        return doc


def add_mentions(doc: Doc, mentions: list[Mention]) -> None:
    """Add mentions to a ``Doc`` as spans; a span is widened to whole tokens, ``span._.critex`` keeps the exact characters."""
    spans = []
    for m in mentions:
        span = doc.char_span(m.start, m.end, label=m.label, alignment_mode="expand")
        if span is None:
            continue
        span._.critex = m
        for name, holds in _FLAGS.items():
            setattr(span._, name, holds(m))
        spans.append(span)
    group = list(doc.spans.get(SPAN_GROUP, ()))
    doc.spans[SPAN_GROUP] = sorted([*group, *spans], key=lambda s: (s.start_char, s.end_char, s.label_))
    taken = {t.i for e in doc.ents for t in e}
    doc.set_ents([*doc.ents, *filter_spans([s for s in spans if not any(t.i in taken for t in s)])])


class SentenceComponent:
    """Sets sentence starts as critex splits a note: rows, bullets and lines without a full stop are stretches of their own."""

    def __init__(self) -> None:
        register_extensions()

    def __call__(self, doc: Doc) -> Doc:
        """Set ``token.is_sent_start`` of every token."""
        starts = iter(document_of(doc).segments)
        bounds = [s for s, _ in starts]
        i = 0
        for token in doc:
            begins = token.i == 0
            while (
                i < len(bounds) and bounds[i] < token.idx + len(token.text) and token.idx + len(token.text) > bounds[i]
            ):
                if not token.is_space:
                    begins = True
                    i += 1
                else:
                    break
            token.is_sent_start = begins
        return doc


@Language.factory("critex_sentences")
def make_sentences(nlp: Language, name: str) -> Callable[[Doc], Doc]:
    """Component that splits sentences as critex does."""
    return SentenceComponent()


def _register(family: str) -> None:
    def make(nlp: Language, name: str) -> Callable[[Doc], Doc]:
        return FamilyComponent(family)

    if not Language.has_factory(f"critex_{family}"):
        Language.factory(f"critex_{family}", func=make)


for _family in NAMES:
    _register(_family)


def load(families: list[str] | None = None) -> Language:
    """A spaCy pipeline with critex's sentence splitter and families of facts.

    Parameters
    ----------
    families : list of str, optional
        Names out of :data:`critex.extract.families.NAMES`; all by default.

    Returns
    -------
    Language
        ``nlp(text)`` gives a ``Doc`` whose ``doc.spans["critex"]`` are the mentions. Set ``doc._.note_date`` before for relative dates:
        ``doc = nlp.make_doc(text); doc._.note_date = date(2026, 3, 12); doc = nlp(doc)``.
    """
    nlp: Any = spacy.blank("en")
    nlp.add_pipe("critex_sentences")
    for name in families or NAMES:
        nlp.add_pipe(f"critex_{name}")
    return nlp
