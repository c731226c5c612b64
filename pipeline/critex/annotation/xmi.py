"""WebAnno and INCEpTION: UIMA CAS XMI with its type system, through dkpro-cassis (which counts UTF-16 units for us)."""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from critex.annotation.document import AnnotatedDocument, Corpus, Mismatch, Scalar, Span, as_text, set_attribute
from critex.annotation.sidecar import META, read_sidecars, write_sidecars
from critex.errors import CritexError, InputError
from critex.run.store import write_file

if TYPE_CHECKING:
    from cassis import Cas, TypeSystem

MENTION, NOTE = "custom.Mention", "custom.Note"
_FEATURES = ("value", "number", "unit", "canonical", "result", "assertion", "temporality", "date", "comment")
_NO_LAYER = re.compile(
    r"uima\.|.*\.(segmentation|metadata|lexmorph|syntax|morph|tag)\.|.*(DocumentMetaData|TagsetDescription|Relation|CASMetadata|Sentence|Token)$|custom\.Note$"
)
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LIMIT = 200_000_000
"""Largest unpacked file of an archive that is read, in bytes."""


def read(path: Path) -> Corpus:
    """Corpus of an .xmi file, a folder of them, or a .zip export; ``TypeSystem.xml`` stands beside the files or above them.

    Every annotation of a layer that is not segmentation or metadata is a span: its label is the feature ``label``, for named entities ``value``, else the
    layer's name. Relation layers are ignored.

    Raises
    ------
    InputError
        If there is no type system, or a file is not XMI.
    """
    corpus = Corpus()
    systems: dict[bytes, TypeSystem] = {}
    for where, name, body, system in _files(path):
        if b"<!DOCTYPE" in body[:2000] or b"<!ENTITY" in body:
            raise InputError(f"{where}: it declares XML entities, which UIMA never does. Export it again.")
        corpus.documents.append(_document(_cas(body, system, systems, where), where, name, corpus))
    if path.is_dir():
        read_sidecars(path, corpus)
    return corpus


def _cas(body: bytes, system: bytes, systems: dict[bytes, TypeSystem], where: str) -> Cas:
    from cassis import load_cas_from_xmi, load_typesystem

    try:
        if system not in systems:
            systems[system] = load_typesystem(io.BytesIO(system))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load_cas_from_xmi(io.BytesIO(body), typesystem=systems[system], lenient=True)
    except Exception as error:  # whatever lxml or cassis meet first in a damaged file
        raise InputError(f"{where}: {type(error).__name__}. This is not UIMA CAS XMI with its type system.") from None


def _files(path: Path) -> Iterator[tuple[str, str, bytes, bytes]]:
    if path.suffix.lower() == ".zip":
        yield from _archive(path)
        return
    files = [path] if path.is_file() else sorted(path.rglob("*.xmi"))
    for file in files:
        beside = [p / n for p in (file.parent, *file.parents[1:3]) for n in ("TypeSystem.xml", "typesystem.xml")]
        system = next((p for p in beside if p.is_file()), None)
        if system is None:
            raise InputError(
                f"{file}: no TypeSystem.xml beside it or above it. INCEpTION exports it together with the document."
            )
        name = file.with_suffix("").relative_to(path).as_posix() if path.is_dir() else file.stem
        yield str(file), name, file.read_bytes(), system.read_bytes()


def _archive(path: Path) -> Iterator[tuple[str, str, bytes, bytes]]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if m.file_size <= _LIMIT]
            systems = [m for m in members if m.filename.lower().endswith("typesystem.xml")]
            if not systems:
                raise InputError(f"{path}: no TypeSystem.xml in it. Export as UIMA CAS XMI.")
            system = archive.read(systems[0])
            for m in members:
                if m.filename.endswith(".xmi"):
                    yield f"{path}/{m.filename}", Path(m.filename).stem, archive.read(m), system
    except zipfile.BadZipFile:
        raise InputError(f"{path}: not a zip archive. Export it again.") from None


def _document(cas: Cas, where: str, name: str, corpus: Corpus) -> AnnotatedDocument:
    document = AnnotatedDocument(name, cas.sofa_string or "")
    parts: dict[str, Span] = {}
    for fs in cas.select_all_fs():
        kind = fs.type.name
        if kind == NOTE:
            for k in META:
                setattr(document, k, getattr(fs, k, None) or getattr(document, k))
        elif kind.endswith("Relation"):
            corpus.ignored["relations"] += 1
    for i, fs in enumerate(cas.select_all_annotations(), 1):
        kind = fs.type.name
        if _NO_LAYER.match(kind):
            continue
        features = {f.name: getattr(fs, f.name, None) for f in fs.type.all_features}
        features = {k: v for k, v in features.items() if isinstance(v, str | bool | int | float) and k not in ("begin", "end")}  # fmt: skip
        naming = "label" if features.get("label") else "value" if kind.endswith("NamedEntity") else ""
        label = str(features.pop(naming, "") or kind.rpartition(".")[2])
        part = str(features.pop("part_of", "") or "")
        more = features.pop("more", "") if kind == MENTION else ""
        if fs.begin is None or fs.end is None:
            corpus.mismatches.append(Mismatch(where, f"{kind} {fs.xmiID}", -1, -1, "no begin or end"))
            continue
        if part in parts and part:
            parts[part].pieces += ((fs.begin, fs.end),)
            continue
        span = Span(label, ((fs.begin, fs.end),), {}, f"{kind.rpartition('.')[2]} {fs.xmiID or i}", None, where)
        for k, v in (features | (json.loads(str(more)) if more else {})).items():
            set_attribute(span.attributes, k, v)
        parts[part or f" {i}"] = span
    document.spans = list(parts.values())
    return document


def type_system() -> TypeSystem:
    """The type system critex writes: the span layer ``custom.Mention``, and ``custom.Note`` for what is known of the note."""
    from cassis import TypeSystem

    system = TypeSystem()
    mention = system.create_type(name=MENTION, supertypeName="uima.tcas.Annotation")
    for feature in ("label", *_FEATURES, "optional", "more", "part_of"):
        system.create_feature(mention, feature, "uima.cas.String")
    note = system.create_type(name=NOTE, supertypeName="uima.cas.AnnotationBase")
    for feature in META:
        system.create_feature(note, feature, "uima.cas.String")
    return system


def write(corpus: Corpus, target: Path) -> None:
    """Write an .xmi file a note and ``TypeSystem.xml``.

    Raises
    ------
    CritexError
        If a note has control characters that XML cannot hold; names the first ten notes.
    """
    from critex.annotation.brat import file_name

    written = [d for d in corpus.documents if d.text is not None]
    bad = [d.note_id for d in written if _NOT_XML.search(d.text or "")]
    if bad:
        raise CritexError(
            f"{len(bad)} notes have control characters that XML cannot hold: {', '.join(bad[:10])}. Write another format."
        )
    system = type_system()
    write_file(target / "TypeSystem.xml", lambda p: p.write_text(system.to_xml(), encoding="utf-8"))
    for d in written:
        xml = _xml(d, system)
        write_file(target / f"{file_name(d.note_id)}.xmi", lambda p, x=xml: p.write_bytes(x.encode("utf-8")))  # type: ignore[misc]
    write_sidecars(target, corpus)


def _xml(d: AnnotatedDocument, system: TypeSystem) -> str:
    from cassis import Cas

    mention, note = system.get_type(MENTION), system.get_type(NOTE)
    cas: Any = Cas(typesystem=system)
    cas.sofa_string = d.text
    cas.sofa_mime = "text/plain"
    cas.add(note(**{k: getattr(d, k) or None for k in META}))
    for i, s in enumerate(d.spans, 1):
        own = {k: as_text(v) for k, v in s.attributes.items() if k in (*_FEATURES, "optional")}
        more: dict[str, Scalar] = {k: v for k, v in s.attributes.items() if k not in own}
        if more:
            own["more"] = json.dumps(more, ensure_ascii=False)
        if len(s.pieces) > 1:
            own["part_of"] = f"s{i}"
        for start, end in s.pieces:
            cas.add(mention(begin=start, end=end, label=s.label, **own))
            own = {"part_of": f"s{i}"}
    return str(cas.to_xmi())
