"""doccano's and Prodigy's JSON lines: one object a note. The two differ in names only, and each has its own module."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from critex.annotation.document import AnnotatedDocument, Corpus, Scalar, set_attribute
from critex.annotation.sidecar import META, json_lines, read_sidecars, write_json_lines, write_sidecars
from critex.errors import InputError

NOT_DOCUMENTS = ("verdicts.jsonl", "mentions.jsonl")


def read_lines(
    path: Path, document: Callable[[dict[str, Any], str, Corpus], AnnotatedDocument | None], tool: str
) -> Corpus:
    """Corpus of a file, or of all .jsonl files of a folder with what stands beside them.

    Raises
    ------
    InputError
        If a line is not what the tool writes; names the line.
    """
    corpus = Corpus()
    files = [path] if path.is_file() else [p for p in sorted(path.glob("*.jsonl")) if p.name not in NOT_DOCUMENTS]
    for file in files:
        for entry, where in json_lines(file):
            try:
                found = document(entry, where, corpus)
            except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
                raise InputError(f"{where}: {type(error).__name__}. This is not a line of {tool}.") from None
            if found is not None:
                corpus.documents.append(found)
    if path.is_dir():
        read_sidecars(path, corpus)
    return corpus


def meta_from(entry: Mapping[str, Any], where: str) -> dict[str, str]:
    """Identifiers of a note, from ``meta`` or from the object itself; a note without one is called as its line."""
    inner = entry.get("meta") if isinstance(entry.get("meta"), dict) else {}
    meta = {k: str((inner or {}).get(k) or entry.get(k) or "") for k in META}
    meta["note_id"] = meta["note_id"] or str(entry.get("id") or f"line-{where.rpartition(':')[2]}")
    return meta


def attributes_from(entry: Mapping[str, Any], own: Iterable[str]) -> dict[str, Scalar]:
    """Attributes of a span's object: those under ``attributes``, and what else it has beside the tool's ``own`` keys."""
    found: dict[str, Scalar] = {}
    rest = {k: v for k, v in entry.items() if k not in own and k != "attributes"}
    for name, value in (rest | dict(entry.get("attributes") or {})).items():
        if not isinstance(value, list | dict):
            set_attribute(found, name, value)
    return found


def write_lines(corpus: Corpus, target: Path, entry: Callable[[AnnotatedDocument, str, int], dict[str, Any]]) -> None:
    """Write one object a note, as the file named or as ``documents.jsonl`` of a folder with the rest beside it."""
    entries = [entry(d, d.text, i) for i, d in enumerate(corpus.documents, 1) if d.text is not None]
    if target.suffix in (".jsonl", ".json"):
        write_json_lines(target, entries)
        return
    write_json_lines(target / "documents.jsonl", entries)
    write_sidecars(target, corpus)
