"""Folders of documents: one file is one note; patient and date come from a manifest, from the file's name, or from the document itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from critex.errors import InputError, NoteError
from critex.notes.documents import MAX_BYTES, extract_text
from critex.notes.encoding import encoding_of
from critex.notes.limits import TooSlow, time_limit
from critex.notes.record import FIELDS, Note, Options, Rejected, Seen, make_note

MANIFESTS = ("manifest.csv", "manifest.tsv")
"""Names of the table that says which file is whose: ``file``, and any of ``note_id``, ``patient_id``, ``note_date``, ``note_type``."""
_PLACE = re.compile(r"\{(\w*)\}")


@lru_cache(maxsize=8)
def name_pattern(template: str) -> re.Pattern[str]:
    """Regular expression of a ``--file-name`` template such as ``{patient_id}_{note_date}`` or ``{patient_id}/{}``.

    Raises
    ------
    InputError
        If the template names something else than the fields of a note.
    """
    out, at = "", 0
    for place in _PLACE.finditer(template):
        out += re.escape(template[at : place.start()])
        field = place[1]
        if field and field not in FIELDS[:-1]:
            raise InputError(
                f"--file-name {template}: {field} is not a field of a note. Fields: {', '.join(FIELDS[:-1])}; {{}} stands for anything."
            )
        out += f"(?P<{field}>[^/]+?)" if field else "[^/]*?"
        at = place.end()
    return re.compile(out + re.escape(template[at:]) + "$")


@lru_cache(maxsize=8)
def read_manifest(path: Path) -> Mapping[str, Mapping[str, str]]:
    """What a manifest says of each file, by the file's path relative to the manifest.

    Raises
    ------
    InputError
        If there is no column ``file``, or the table cannot be read.
    """
    import csv

    with open(path, newline="", encoding=encoding_of(path), errors="replace") as f:
        rows = csv.DictReader(f, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        if "file" not in (rows.fieldnames or ()):
            raise InputError(f"{path}: a manifest needs a column file. Columns: {', '.join(rows.fieldnames or ())}.")
        return {
            str(row["file"]).replace("\\", "/").strip(): {k: v for k, v in row.items() if k in FIELDS[:-1] and v}
            for row in rows
        }


def _manifest(path: Path, root: Path) -> Mapping[str, str] | None:
    """What the nearest manifest says of a file; ``None`` where there is no manifest."""
    for folder in path.parents:
        for name in MANIFESTS:
            if (folder / name).is_file():
                return read_manifest(folder / name).get(path.relative_to(folder).as_posix(), {})
        if folder == root:
            break
    return None


def read_document(path: Path, options: Options, seen: Seen) -> Iterator[Note | Rejected]:
    """The note of a .txt, .rtf, .html, .pdf or C-CDA .xml file.

    Its ``note_id`` is its path below the folder that was named, without the suffix, if nothing else gives one.
    """
    root = options.root or path.parent
    source = path.relative_to(root).as_posix()
    name = path.relative_to(root).with_suffix("").as_posix()
    about: dict[str, str] = {}
    told = _manifest(path, root)
    if told is not None:
        if not told:
            seen.not_in_manifest += 1
        about.update(told)
    if options.file_name:
        whole = "/" in options.file_name
        found = name_pattern(options.file_name).match(name if whole else path.stem)
        if found is None:
            seen.other_names += 1
        else:
            about = {k: v for k, v in found.groupdict().items() if v} | about
    note_id = about.get("note_id", name)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise NoteError(f"more than {MAX_BYTES // 1_000_000} MB. Split it.")
        charset = options.encoding or ""
        if path.suffix.lower() == ".txt":
            charset = encoding_of(path, options.encoding)
        with time_limit(options.max_seconds):
            got = extract_text(path.read_bytes(), path.suffix.lower(), charset)
    except NoteError as error:
        yield Rejected(source, note_id, str(error))
        return
    except InputError:
        yield Rejected(source, note_id, "a binary file, not text. Remove it, or convert it to text.")
        return
    except TooSlow:
        yield Rejected(source, note_id, f"took longer than {options.max_seconds:g} s to open. Export it again.")
        return
    except OSError as error:
        yield Rejected(source, note_id, f"cannot be opened: {error.strerror}.")
        return
    except (RecursionError, MemoryError, Exception) as error:
        yield Rejected(source, note_id, f"cannot be read ({type(error).__name__}). Export it again.")
        return
    own = {"patient_id": got.patient_id, "note_date": got.note_date, "note_type": got.note_type}
    values = {k: v for k, v in own.items() if v} | about | {"text": got.text, "note_id": note_id}
    made = make_note({options.column(k): v for k, v in values.items()}, source, name, options, seen)
    yield from made if isinstance(made, tuple) else (made,)
