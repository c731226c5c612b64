"""spaCy DocBin: spans under ``doc.spans["sc"]``, and as ``doc.ents`` where they do not overlap; nothing is pickled."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from critex.annotation.document import AnnotatedDocument, Corpus, Piece, Span, set_attribute
from critex.annotation.sidecar import META, meta_of, read_sidecars, write_sidecars
from critex.errors import InputError
from critex.run.store import write_file

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

KEY = "sc"
_USER = "critex"


def read(path: Path) -> Corpus:
    """Corpus of a .spacy file, or of a folder of them.

    Spans of all groups count; entities count where a document has no group. Custom attributes (``span._.name``) that were saved are attributes.

    Raises
    ------
    InputError
        If it is not a DocBin.
    """
    import spacy
    from spacy.tokens import DocBin

    corpus = Corpus()
    vocab = spacy.blank("xx").vocab
    for file in [path] if path.is_file() else sorted(path.glob("*.spacy")):
        try:
            docs = list(DocBin().from_bytes(file.read_bytes()).get_docs(vocab))
        except Exception as error:  # damaged bytes raise whatever zlib, msgpack or spaCy meet first
            raise InputError(f"{file}: {type(error).__name__}. This is not a spaCy DocBin.") from None
        for number, doc in enumerate(docs, 1):
            corpus.documents.append(_document(doc, number, f"{file}, document {number}"))
    if path.is_dir():
        read_sidecars(path, corpus)
    return corpus


def _document(doc: Doc, number: int, where: str) -> AnnotatedDocument:
    mine = doc.user_data.get(_USER)
    saved: dict[str, Any] = json.loads(mine) if isinstance(mine, str) else {}
    meta = {k: str(saved.get("meta", {}).get(k) or "") for k in META}
    meta["note_id"] = meta["note_id"] or f"document-{number}"
    document = AnnotatedDocument.of(doc.text, meta)
    if "spans" in saved:  # attributes and pieces by the span's number, which the group keeps as its id
        parts: dict[str, list[Piece]] = {}
        labels: dict[str, str] = {}
        for s in doc.spans.get(KEY, ()):
            parts.setdefault(s.id_, []).append((s.start_char, s.end_char))
            labels[s.id_] = s.label_
        for name, pieces in parts.items():
            document.spans.append(Span(labels[name], tuple(pieces), {}, name, None, where))
            for k, v in saved["spans"].get(name, {}).items():
                set_attribute(document.spans[-1].attributes, k, v)
        return document
    groups = [s for group in doc.spans.values() for s in group] or list(doc.ents)
    for i, s in enumerate(groups, 1):
        span = Span(s.label_, ((s.start_char, s.end_char),), {}, f"span {i}", None, where)
        for key, value in doc.user_data.items():
            if isinstance(key, tuple) and key[0] == "._." and key[2:4] == (s.start_char, s.end_char) and not isinstance(value, list | dict):  # fmt: skip
                set_attribute(span.attributes, str(key[1]), value)
        document.spans.append(span)
    return document


def write(corpus: Corpus, target: Path) -> None:
    """Write ``documents.spacy``; tokens are spaCy's English ones, cut where a span begins or ends inside one."""
    import spacy
    from spacy.tokens import DocBin

    nlp = spacy.blank("en")
    docs = DocBin(attrs=["ENT_IOB", "ENT_TYPE", "SPACY"], store_user_data=True)
    for d in corpus.documents:
        if d.text is not None:
            docs.add(_doc(nlp, d, d.text))
    body = docs.to_bytes()
    single = target.suffix == ".spacy"
    write_file(target if single else target / "documents.spacy", lambda p: p.write_bytes(body))
    if not single:
        write_sidecars(target, corpus)


def _doc(nlp: Language, d: AnnotatedDocument, text: str) -> Doc:
    from spacy.tokens import Doc
    from spacy.tokens import Span as SpacySpan
    from spacy.util import filter_spans

    cuts = {at for s in d.spans for piece in s.pieces for at in piece}
    words: list[str] = []
    spaces: list[bool] = []
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    for token in nlp.tokenizer(text):
        end = token.idx + len(token.text)
        blank = len(token.whitespace_)
        edges = [token.idx, *sorted(c for c in cuts if token.idx < c < end), end]
        if blank and end + 1 in cuts and any(p[1] == end + 1 or p[0] == end for s in d.spans for p in s.pieces):
            edges.append(end + 1)  # the blank belongs to a span: it becomes a token
            blank = 0
        elif blank and end in cuts and any(p[0] == end for s in d.spans for p in s.pieces):
            edges.append(end + 1)
            blank = 0
        for a, b in pairwise(edges):
            if a == b:
                continue
            starts[a], ends[b] = len(words), len(words) + 1
            words.append(text[a:b])
            spaces.append(False)
        if blank:
            spaces[-1] = True
    doc = Doc(nlp.vocab, words=words, spaces=spaces)
    saved: dict[str, Any] = {"meta": meta_of(d), "spans": {}}
    group: list[SpacySpan] = []
    for i, s in enumerate(d.spans, 1):
        saved["spans"][f"s{i}"] = s.attributes
        group.extend(SpacySpan(doc, starts[a], ends[b], label=s.label, span_id=f"s{i}") for a, b in s.pieces)
    doc.spans[KEY] = group
    doc.ents = filter_spans([SpacySpan(doc, g.start, g.end, label=g.label_) for g in group])
    doc.user_data[_USER] = json.dumps(saved, ensure_ascii=False)
    return doc
