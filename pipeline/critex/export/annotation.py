"""A run for annotators: brat's stand-off files, and Label Studio's tasks with predictions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from critex import __version__
from critex.annotation import brat, labelstudio
from critex.annotation.brat import file_name
from critex.annotation.document import AnnotatedDocument, Scalar, Span
from critex.export.source import Row, notes_with_mentions

__all__ = ["export_brat", "export_labelstudio", "file_name"]

_ATTRIBUTES = ("assertion", "temporality", "value", "result", "canonical", "canonical_unit", "date")


def export_brat(out: Path, target: Path) -> dict[str, int]:
    """Write a .txt and an .ann file a note, ``annotation.conf`` and ``documents.csv``.

    Parameters
    ----------
    out : Path
        A folder that ``critex run`` wrote.
    target : Path
        Folder for the files; characters of a note_id that file names cannot hold become ``_xx_`` (hexadecimal).

    Returns
    -------
    dict of str to int
        Number of notes and mentions.
    """
    notes, mentions = brat.write_documents(annotated_documents(notes_with_mentions(out)), target)
    return {"notes": notes, "mentions": mentions}


def export_labelstudio(out: Path, target: Path) -> dict[str, int]:
    """Write ``tasks.json`` (one task a note, mentions as predictions) and ``config.xml`` for a Label Studio project.

    Offsets are UTF-16 units there, as a browser counts: a character beyond the Basic Multilingual Plane (an emoji) is two.
    """
    notes, mentions, labels = labelstudio.write_tasks(
        annotated_documents(notes_with_mentions(out)), target / "tasks.json", model_version=f"critex {__version__}"
    )
    labelstudio.write_config(labels, target / "config.xml")
    return {"notes": notes, "mentions": mentions}


def annotated_documents(source: Iterable[tuple[Row, list[Row]]]) -> Iterator[AnnotatedDocument]:
    """Notes with their mentions as annotated documents, one by one."""
    for note, mentions in source:
        meta = {k: str(note[k] or "") for k in ("note_id", "patient_id", "note_date", "note_type")}
        document = AnnotatedDocument.of(note["text"], meta)
        document.spans = [_span(m) for m in mentions]
        yield document


def _span(m: Row) -> Span:
    attributes: dict[str, Scalar] = {k: m[k] for k in _ATTRIBUTES if m.get(k) is not None}
    return Span(m["label"], ((int(m["start"]), int(m["end"])),), attributes)
