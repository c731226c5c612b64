"""The guideline's own format: mentions.jsonl, verdicts.jsonl, notes.csv, patients.csv in one folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from critex.annotation.document import AnnotatedDocument, Corpus, Scalar, Span, set_attribute
from critex.annotation.sidecar import (
    META,
    json_lines,
    meta_of,
    read_rows,
    read_sidecars,
    write_json_lines,
    write_rows,
    write_sidecars,
)
from critex.errors import InputError

_OWN = ("note_id", "patient_id", "start", "end", "text", "label", "pieces", "id")
_ATTRIBUTES = ("value", "number", "unit", "canonical", "result", "assertion", "temporality")
"""Written on every mention, as null where there is none."""


def read(path: Path) -> Corpus:
    """Corpus of a folder in the guideline's format.

    Raises
    ------
    InputError
        If it has neither mentions nor verdicts, or a line is not what it should be.
    """
    corpus = Corpus()
    by_note: dict[str, AnnotatedDocument] = {}
    folder = path if path.is_dir() else path.parent
    if (folder / "notes.csv").is_file():
        for row in read_rows(folder / "notes.csv"):
            if "note_id" not in row or "text" not in row:
                raise InputError(f"{folder / 'notes.csv'}: no column note_id or text. Gold notes have both.")
            by_note[row["note_id"]] = AnnotatedDocument.of(row["text"], row)
    if (folder / "mentions.jsonl").is_file():
        for entry, where in json_lines(folder / "mentions.jsonl"):
            try:
                span = _span(entry, where)
                document = by_note.setdefault(str(entry["note_id"]), AnnotatedDocument(str(entry["note_id"]), None))
                document.patient_id = document.patient_id or str(entry.get("patient_id") or "")
            except (KeyError, TypeError, ValueError, OverflowError) as error:
                raise InputError(
                    f"{where}: {type(error).__name__}. A mention has note_id, patient_id, start, end, text, label, value and assertion."
                ) from None
            document.spans.append(span)
    corpus.documents = list(by_note.values())
    read_sidecars(folder, corpus)
    if not any((folder / name).is_file() for name in ("mentions.jsonl", "verdicts.jsonl", "values.csv")):
        raise InputError(
            f"{path}: neither verdicts.jsonl nor mentions.jsonl. Name a folder of gold in the guideline's format."
        )
    return corpus


def _span(entry: dict[str, Any], where: str) -> Span:
    attributes: dict[str, Scalar] = {}
    for name, value in entry.items():
        if name not in _OWN and not isinstance(value, list | dict):
            set_attribute(attributes, name, value)
    if attributes.get("optional") is False:
        del attributes["optional"]
    pieces = tuple((int(a), int(b)) for a, b in entry.get("pieces") or [(entry["start"], entry["end"])])
    said = None if entry.get("text") is None else str(entry["text"])
    return Span(str(entry["label"]), pieces, attributes, str(entry.get("id") or entry["note_id"]), said, where)


def write(corpus: Corpus, target: Path) -> None:
    """Write a folder in the guideline's format; a discontinuous span has ``pieces`` beside its start and end."""
    write_rows(
        target / "notes.csv",
        [*META, "text"],
        [meta_of(d) | {"text": d.text} for d in corpus.documents if d.text is not None],
    )
    write_json_lines(target / "mentions.jsonl", list(_entries(corpus.documents)))
    write_sidecars(target, corpus)


def _entries(documents: Iterable[AnnotatedDocument]) -> Iterable[dict[str, Any]]:
    for d in documents:
        for s in d.spans:
            entry: dict[str, Any] = {"note_id": d.note_id, "patient_id": d.patient_id, "start": s.start, "end": s.end}
            if d.text is not None:
                entry["text"] = d.text[s.start : s.end]
            entry |= {"label": s.label} | dict.fromkeys(_ATTRIBUTES) | s.attributes
            if len(s.pieces) > 1:
                entry["pieces"] = [list(p) for p in s.pieces]
            yield entry
