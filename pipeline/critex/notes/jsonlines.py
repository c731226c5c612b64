"""JSON lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from critex.errors import InputError
from critex.notes.encoding import encoding_of
from critex.notes.record import Note, Options, Rejected, Seen, make_note


def read_jsonlines(path: Path, options: Options, seen: Seen) -> Iterator[Note | Rejected]:
    """Notes of a .jsonl or .ndjson file, streamed.

    Raises
    ------
    InputError
        If no line of the file holds an object with a text.
    """
    any_text = any_line = False
    with open(path, newline="\n", encoding=encoding_of(path, options.encoding), errors="replace") as f:
        for number, line in enumerate(f, 1):
            if not line.strip():
                continue
            any_line = True
            source = f"{path.name}:{number}"
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                what = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
                yield Rejected(source, "", f"not valid JSON: {what}. Correct the line.")
                continue
            if not isinstance(record, dict):
                yield Rejected(source, "", "not a JSON object. Write one object a line.")
                continue
            any_text = any_text or options.column("text") in record
            made = make_note(record, source, f"{path.stem}-{number}", options, seen)
            yield from made if isinstance(made, tuple) else (made,)
    if not any_line:
        raise InputError(f"{path}: the file is empty. It needs one JSON object a line.")
    if not any_text:
        raise InputError(
            f"{path}: no object has the key {options.column('text')!r}. Name the right one with --map text=<key>."
        )
