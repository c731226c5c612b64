"""brat standoff: a .txt and an .ann file a note, with attributes, discontinuous spans and annotators' notes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from critex.annotation.document import (
    AnnotatedDocument,
    Corpus,
    Mismatch,
    Piece,
    Scalar,
    Span,
    as_text,
    covered,
    set_attribute,
)
from critex.annotation.pairs import as_pairs, from_pairs
from critex.annotation.sidecar import META, meta_of, read_rows, read_sidecars, write_rows, write_sidecars
from critex.run.store import write_file
from critex.tables import ASSERTIONS, TEMPORALITIES

_UNSAFE = re.compile(r"[^\w.\-]", re.A)
_ESCAPED = re.compile(r"__|_([0-9a-f]+)_")
_TYPE = re.compile(r"[\w\-.]+")
_SPAN = re.compile(r"(\S+) (-?\d+ -?\d+(?:;-?\d+ -?\d+)*)")
_AS_ATTRIBUTE = {"assertion": "Assertion", "temporality": "Temporality"}


def file_name(note_id: str) -> str:
    """A file name for a note; two notes never share one."""
    return _UNSAFE.sub(lambda m: f"_{ord(m[0]):x}_", note_id.replace("_", "__"))


def note_id_of(name: str) -> str:
    """The note whose :func:`file_name` this is."""
    return _ESCAPED.sub(lambda m: "_" if m[0] == "__" else chr(int(m[1], 16)), name)


def read(path: Path) -> Corpus:
    """Corpus of a folder (and its subfolders) of .txt and .ann files, or of one .ann file beside its text.

    A note is called as ``documents.csv`` says, else as its file without the suffix. A .txt without an .ann is a note without annotations.
    """
    corpus = Corpus()
    folder = path if path.is_dir() else path.parent
    files = sorted({p.with_suffix("") for s in (".txt", ".ann") for p in folder.rglob(f"*{s}")}) if path.is_dir() else [path.with_suffix("")]  # fmt: skip
    known = {}
    if (folder / "documents.csv").is_file():
        known = {r["file"]: r for r in read_rows(folder / "documents.csv") if r.get("file")}
    for stem in files:
        name = stem.relative_to(folder).as_posix()
        meta = {k: known.get(name, {}).get(k, "") for k in META}
        document = _document(stem, meta.pop("note_id") or name, corpus)
        if document is not None:
            document.patient_id, document.note_date, document.note_type = meta.values()
            corpus.documents.append(document)
    read_sidecars(folder, corpus)
    return corpus


def _document(stem: Path, note_id: str, corpus: Corpus) -> AnnotatedDocument | None:
    text_file, ann_file = stem.with_name(stem.name + ".txt"), stem.with_name(stem.name + ".ann")
    try:
        text = text_file.read_bytes().decode("utf-8")
        body = ann_file.read_bytes().decode("utf-8") if ann_file.exists() else ""
    except FileNotFoundError:
        corpus.mismatches.append(Mismatch(str(ann_file), "", -1, -1, "no .txt file beside it"))
        return None
    except UnicodeDecodeError:
        corpus.mismatches.append(Mismatch(str(text_file), "", -1, -1, "this file or its .ann is not UTF-8"))
        return None
    document = AnnotatedDocument(note_id, text)
    spans: dict[str, Span] = {}
    later: list[tuple[str, list[str]]] = []
    for number, line in enumerate(body.split("\n"), 1):
        line = line.removesuffix("\r")
        if not line.strip():
            continue
        fields = line.split("\t", 2)
        if line[0] == "T":
            about = _SPAN.fullmatch(fields[1].strip()) if len(fields) > 1 else None
            if about is None:
                name = (
                    fields[0] if re.fullmatch(r"T\w{1,12}", fields[0]) else ""
                )  # a damaged line may be text of the note
                corpus.mismatches.append(Mismatch(f"{ann_file}:{number}", name, -1, -1, "not a brat text-bound annotation"))  # fmt: skip
                continue
            pieces = tuple((int(a), int(b)) for a, b in (p.split() for p in about[2].split(";")))
            said = fields[2] if len(fields) > 2 else None
            spans[fields[0]] = Span(about[1], pieces, {}, fields[0], said, f"{ann_file}:{number}")
        elif line[0] in "AM#N" and len(fields) > 1:
            later.append((line[0], fields))
        else:
            corpus.ignored[{"R": "relations", "E": "events", "*": "equivalences"}.get(line[0], "other lines")] += 1
    for kind, fields in later:
        _attribute(kind, fields, spans, corpus)
    for s in spans.values():
        s.label = str(s.attributes.pop("label", s.label))
    document.spans = list(spans.values())
    return document


def _attribute(kind: str, fields: list[str], spans: dict[str, Span], corpus: Corpus) -> None:
    words = fields[1].split(" ")
    span = spans.get(words[1]) if len(words) > 1 else None
    if span is None:
        corpus.ignored["attributes and notes of relations and events"] += 1
    elif kind == "#":
        span.attributes.update(from_pairs(fields[2] if len(fields) > 2 else ""))
    elif kind == "N":
        set_attribute(span.attributes, "concept", " ".join(words[2:]))
    else:
        set_attribute(span.attributes, words[0], " ".join(words[2:]) or True)


def write(corpus: Corpus, target: Path) -> None:
    """Write a corpus as brat files, with what brat has no place for beside them."""
    write_documents(corpus.documents, target)
    write_sidecars(target, corpus)


def write_documents(documents: Iterable[AnnotatedDocument], target: Path) -> tuple[int, int]:
    """Write a .txt and an .ann file a document, ``annotation.conf`` and ``documents.csv``.

    Parameters
    ----------
    documents : iterable of AnnotatedDocument
        Taken one by one; those without a text are left out.
    target : Path

    Returns
    -------
    tuple of int
        Number of notes and spans.
    """
    target.mkdir(parents=True, exist_ok=True)
    labels: set[str] = set()
    rows, count = [], 0
    for d in documents:
        if d.text is None:
            continue
        name = file_name(d.note_id)
        lines = [line for i, s in enumerate(d.spans, 1) for line in _lines(i, s, d.text)]
        text, body = d.text.encode("utf-8"), "".join(f"{line}\n" for line in lines).encode("utf-8")
        write_file(target / f"{name}.txt", lambda p, b=text: p.write_bytes(b))  # type: ignore[misc]
        write_file(target / f"{name}.ann", lambda p, b=body: p.write_bytes(b))  # type: ignore[misc]
        labels.update(_entity(s.label) for s in d.spans)
        rows.append({"file": name} | meta_of(d))
        count += len(d.spans)
    entities = "\n".join(sorted(labels))
    conf = (
        f"[entities]\n{entities}\n\n[relations]\n\n[events]\n\n[attributes]\nAssertion\tArg:<ENTITY>, Value:{'|'.join(ASSERTIONS)}\n"
        f"Temporality\tArg:<ENTITY>, Value:{'|'.join(TEMPORALITIES)}\n"
    )
    write_file(target / "annotation.conf", lambda p: p.write_text(conf, encoding="utf-8"))
    write_rows(target / "documents.csv", ["file", *META], rows)
    return len(rows), count


def _entity(label: str) -> str:
    return label if _TYPE.fullmatch(label) else re.sub(r"[^\w\-.]+", "_", label)


def _lines(number: int, s: Span, text: str) -> list[str]:
    pieces = [cut for piece in s.pieces for cut in cut_at_line_ends(piece, text)]
    where = ";".join(f"{a} {b}" for a, b in pieces)
    shown = re.sub(r"[\r\n\t]", " ", covered(text, pieces))
    lines = [f"T{number}\t{_entity(s.label)} {where}\t{shown}"]
    rest: dict[str, Scalar] = {} if _entity(s.label) == s.label else {"label": s.label}
    for name, value in s.attributes.items():
        brat_name = _AS_ATTRIBUTE.get(name)
        if brat_name and re.fullmatch(r"\S+", as_text(value)):
            at = 2 * number - (brat_name == "Assertion")
            lines.append(f"A{at}\t{brat_name} T{number} {as_text(value)}")
        else:
            rest[name] = value
    if rest:
        lines.append(f"#{number}\tAnnotatorNotes T{number}\t{as_pairs(rest)}")
    return lines


def cut_at_line_ends(piece: Piece, text: str) -> list[Piece]:
    """Parts of a span between its line ends, as brat wants them; line ends at its edges stay."""
    start, end = piece
    inside = text[start:end]
    core = inside.strip("\r\n")
    if not core:
        return [piece]
    left = start + len(inside) - len(inside.lstrip("\r\n"))
    cuts = [(m.start() + left, m.end() + left) for m in re.finditer(r"[\r\n]+", core)]
    edges = [start, *(at for cut in cuts for at in cut), end]
    return list(zip(edges[::2], edges[1::2], strict=True))
