"""doccano: JSON lines with ``entities`` (or the older triples ``label``); offsets are characters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from critex.annotation.document import AnnotatedDocument, Corpus, Span
from critex.annotation.jsonl_tools import attributes_from, meta_from, read_lines, write_lines
from critex.annotation.sidecar import meta_of

_OWN = ("id", "label", "start_offset", "end_offset", "text", "user", "created_at", "updated_at")
_PART = "part"


def read(path: Path) -> Corpus:
    """Corpus of a file of doccano, or of a folder of them.

    Raises
    ------
    InputError
        If a line is not one of doccano's; names the line.
    """
    return read_lines(path, _document, "doccano: it has text, and entities or label")


def _document(entry: dict[str, Any], where: str, corpus: Corpus) -> AnnotatedDocument:
    document = AnnotatedDocument.of(str(entry["text"]), meta_from(entry, where))
    spans: dict[str, Span] = {}
    if "entities" in entry:
        for i, e in enumerate(entry["entities"]):
            pieces = ((int(e["start_offset"]), int(e["end_offset"])),)
            key = str(e.get("id", f"entity {i + 1}"))
            spans[key] = Span(str(e["label"]), pieces, attributes_from(e, _OWN), key, e.get("text"), where)
    else:
        triples = entry["label"] if "label" in entry else entry["labels"]
        for i, (start, end, label) in enumerate(triples):
            spans[str(i)] = Span(str(label), ((int(start), int(end)),), {}, f"label {i + 1}", None, where)
    for r in entry.get("relations") or ():
        first, second = spans.get(str(r.get("from_id"))), spans.get(str(r.get("to_id")))
        if r.get("type") == _PART and first is not None and second is not None:
            first.pieces += second.pieces
            first.said = None
            spans.pop(str(r["to_id"]))
        else:
            corpus.ignored["relations"] += 1
    document.spans = list(spans.values())
    return document


def write(corpus: Corpus, target: Path) -> None:
    """Write JSON lines with ``entities``, and ``label`` (triples) for doccano's import; pieces of a discontinuous span are joined by a relation ``part``."""
    write_lines(corpus, target, _entry)


def _entry(d: AnnotatedDocument, text: str, number: int) -> dict[str, Any]:
    entities: list[dict[str, Any]] = []
    relations: list[dict[str, Any]] = []
    for s in d.spans:
        first = len(entities) + 1
        for i, (start, end) in enumerate(s.pieces):
            entity = {"id": len(entities) + 1, "label": s.label, "start_offset": start, "end_offset": end}
            if i == 0:
                entity["attributes"] = s.attributes
            else:
                relations.append({"id": len(relations) + 1, "from_id": first, "to_id": entity["id"], "type": _PART})
            entities.append(entity)
    triples = [[e["start_offset"], e["end_offset"], e["label"]] for e in entities]
    return {"id": number, "text": text, "label": triples, "entities": entities, "relations": relations, "meta": meta_of(d)}  # fmt: skip
