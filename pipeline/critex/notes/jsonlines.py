"""JSON lines: one object a line, ours or FHIR resources; and .json files with one FHIR resource or Bundle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from critex.errors import InputError
from critex.notes.encoding import encoding_of
from critex.notes.fhir import is_resource, read_resource
from critex.notes.record import Note, Options, Rejected, Seen, make_note

MAX_LINE = 400_000_000
"""Characters of one line, or of one .json file."""


def read_jsonlines(path: Path, options: Options, seen: Seen) -> Iterator[Note | Rejected]:
    """Notes of a .jsonl or .ndjson file, streamed.

    Raises
    ------
    InputError
        If no line of the file holds an object with a text.
    """
    any_text = any_line = any_object = False
    with open(path, newline="\n", encoding=encoding_of(path, options.encoding), errors="replace") as f:
        number = 0
        while line := f.readline(MAX_LINE):
            number += 1
            if not line.strip():
                continue
            any_line = True
            source = f"{path.name}:{number}"
            record = _object(line)
            if isinstance(record, str):
                yield Rejected(source, "", record)
                continue
            any_object = True
            if is_resource(record):
                any_text = True
                yield from read_resource(record, source, f"{path.stem}-{number}", options, seen)
                continue
            any_text = any_text or options.column("text") in record
            made = make_note(record, source, f"{path.stem}-{number}", options, seen)
            yield from made if isinstance(made, tuple) else (made,)
    if not any_line:
        raise InputError(f"{path}: the file is empty. It needs one JSON object a line.")
    if any_object and not any_text:
        raise InputError(
            f"{path}: no object has the key {options.column('text')!r}. Name the right one with --map text=<key>."
        )


def read_json(path: Path, options: Options, seen: Seen) -> Iterator[Note | Rejected]:
    """Notes of a .json file that holds one FHIR resource or Bundle."""
    if path.stat().st_size > MAX_LINE:
        yield Rejected(path.name, "", f"more than {MAX_LINE // 1_000_000} MB. Export as NDJSON, one resource a line.")
        return
    try:
        text = path.read_bytes().decode(encoding_of(path, options.encoding), errors="replace")
    except InputError:
        yield Rejected(path.name, "", "a binary file, not JSON. Export it again.")
        return
    record = _object(text)
    if isinstance(record, str):
        yield Rejected(path.name, "", record)
    elif is_resource(record):
        yield from read_resource(record, path.name, path.stem, options, seen)
    else:
        made = make_note(record, path.name, path.stem, options, seen)
        yield from made if isinstance(made, tuple) else (made,)


def _object(text: str) -> dict[str, Any] | str:
    """The JSON object of a text, or what is wrong with it."""
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        what = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        return f"not valid JSON: {what}. Correct the line."
    return record if isinstance(record, dict) else "not a JSON object. Write one object a line."
