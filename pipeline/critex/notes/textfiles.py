"""Folders of text files: one file is one note."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from critex.errors import InputError
from critex.notes.encoding import encoding_of
from critex.notes.record import Note, Options, Rejected, Seen, make_note


def read_textfile(path: Path, options: Options, seen: Seen) -> Iterator[Note | Rejected]:
    """The note of a .txt file; its name without the suffix is the note_id."""
    source = path.name
    try:
        text = path.read_bytes().decode(encoding_of(path, options.encoding), errors="replace")
    except InputError:
        yield Rejected(source, path.stem, "a binary file, not text. Remove it, or convert it to text.")
        return
    except OSError as error:
        yield Rejected(source, path.stem, f"cannot be opened: {error.strerror}.")
        return
    text = text.removeprefix("\ufeff")
    made = make_note(
        {options.column("text"): text, options.column("note_id"): path.stem}, source, path.stem, options, seen
    )
    yield from made if isinstance(made, tuple) else (made,)
