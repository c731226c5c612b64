"""Prodigy: JSON lines with ``spans``; offsets are characters. Rejected and ignored examples are left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from critex.annotation.document import AnnotatedDocument, Corpus, Span
from critex.annotation.jsonl_tools import attributes_from, meta_from, read_lines, write_lines
from critex.annotation.sidecar import meta_of

_OWN = ("start", "end", "label", "text", "id", "part_of", "token_start", "token_end", "source", "color", "input_hash", "_input_hash", "pattern")  # fmt: skip


def read(path: Path) -> Corpus:
    """Corpus of a file that ``prodigy db-out`` wrote, or of a folder of them.

    Raises
    ------
    InputError
        If a line is not one of Prodigy's; names the line.
    """
    return read_lines(path, _document, "Prodigy: it has text and spans")


def _document(entry: dict[str, Any], where: str, corpus: Corpus) -> AnnotatedDocument | None:
    if entry.get("answer", "accept") != "accept":
        corpus.ignored["examples that were rejected or ignored"] += 1
        return None
    if "text" not in entry or not isinstance(entry.get("spans", []), list):
        raise ValueError("no text")
    document = AnnotatedDocument.of(str(entry["text"]), meta_from(entry, where))
    spans: dict[str, Span] = {}
    for i, s in enumerate(entry.get("spans") or ()):
        key = str(s.get("id", f"span {i + 1}"))
        piece = (int(s["start"]), int(s["end"]))
        whole = spans.get(str(s["part_of"])) if "part_of" in s else None
        if whole is not None:
            whole.pieces += (piece,)
            whole.said = None
        else:
            spans[key] = Span(str(s["label"]), (piece,), attributes_from(s, _OWN), key, s.get("text"), where)
    if relations := entry.get("relations"):
        corpus.ignored["relations"] += len(relations)
    document.spans = list(spans.values())
    return document


def write(corpus: Corpus, target: Path) -> None:
    """Write JSON lines for ``prodigy db-in``; pieces of a discontinuous span name the first as ``part_of``."""
    write_lines(corpus, target, _entry)


def _entry(d: AnnotatedDocument, text: str, number: int) -> dict[str, Any]:
    spans: list[dict[str, Any]] = []
    for s in d.spans:
        first = f"s{len(spans) + 1}"
        for i, (start, end) in enumerate(s.pieces):
            span = {"start": start, "end": end, "label": s.label, "text": text[start:end], "id": f"s{len(spans) + 1}"}
            spans.append(span | ({"attributes": s.attributes} if i == 0 else {"part_of": first}))
    return {"text": text, "spans": spans, "answer": "accept", "meta": meta_of(d)}
