"""CSV and TSV: delimiter and encoding found, one broken line is one rejected record."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from critex.errors import InputError
from critex.notes.encoding import encoding_of
from critex.notes.record import Note, Options, Rejected, Seen, check_columns, make_note

csv.field_size_limit(64_000_000)  # a quote that is never closed would else take the rest of the file into memory


def read_delimited(path: Path, options: Options, seen: Seen) -> Iterator[Note | Rejected]:
    """Notes of a CSV or TSV file, streamed.

    Raises
    ------
    InputError
        If the file is empty, binary, or has no text column.
    """
    encoding = encoding_of(path, options.encoding)
    with open(path, newline="", encoding=encoding, errors="replace") as f:
        first = f.readline()
        if not first.strip():
            raise InputError(f"{path}: the file is empty. It needs a line of column names and a row a note.")
        delimiter = _delimiter(first, path)
        f.seek(0)
        reader = csv.reader(f, delimiter=delimiter, strict=True)
        header = [h.strip().lstrip("\ufeff") for h in next(reader)]
        options = options.fitted(header)
        check_columns(header, str(path), options)
        line = reader.line_num
        while True:
            start = line + 1
            try:
                row = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                line = reader.line_num
                yield Rejected(
                    f"{path.name}:{start}", "", f"broken line: {error}. Quote fields that hold quotes or line ends."
                )
                continue
            line = reader.line_num
            if not row or not any(cell.strip() for cell in row):
                continue
            source = f"{path.name}:{start}"
            if len(row) != len(header):
                yield Rejected(
                    source,
                    "",
                    f"broken line: {len(row)} fields where the header has {len(header)}. Quote fields that hold the delimiter or line ends.",
                )
                continue
            made = make_note(dict(zip(header, row, strict=True)), source, f"{path.stem}-{start}", options, seen)
            yield from made if isinstance(made, tuple) else (made,)


def _delimiter(first: str, path: Path) -> str:
    if path.suffix.lower() in (".tsv", ".tab"):
        return "\t"
    counts = {d: first.count(d) for d in (",", "\t", ";", "|")}
    best = max(counts, key=lambda d: counts[d])
    return best if counts[best] else ","
