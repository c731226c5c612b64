"""From what a user names on the command line to a stream of notes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from critex.errors import InputError
from critex.notes.delimited import read_delimited
from critex.notes.documents import EXTRACTORS
from critex.notes.files import MANIFESTS, read_document
from critex.notes.jsonlines import read_json, read_jsonlines
from critex.notes.record import Note, Options, Rejected, Seen

Reader = Callable[[Path, Options, Seen], Iterator[Note | Rejected]]


def is_delta(path: Path) -> bool:
    """Whether a folder is a Delta table."""
    return (path / "_delta_log").is_dir()


def _read_parquet(path: Path, options: Options, seen: Seen) -> Iterator[Note | Rejected]:
    from critex.notes.parquet import read_parquet  # Arrow takes 0.1 s to import

    return read_parquet(path, options, seen)


def _read_delta(path: Path, options: Options, seen: Seen) -> Iterator[Note | Rejected]:
    from critex.notes.delta import read_delta

    return read_delta(path, options, seen)


READERS: dict[str, Reader] = {
    ".csv": read_delimited,
    ".tsv": read_delimited,
    ".tab": read_delimited,
    ".jsonl": read_jsonlines,
    ".ndjson": read_jsonlines,
    ".parquet": _read_parquet,
    ".pq": _read_parquet,
    ".json": read_json,
    **dict.fromkeys(EXTRACTORS, read_document),
}
"""Reader by suffix of the file."""


def files_of(sources: Iterable[Path]) -> list[tuple[Path, Path | None]]:
    """Files that the sources name, each with the folder that it was found in.

    A folder stands for the files in it that some reader reads, in order of their names; manifests are not notes. A folder that is
    a Delta table stands for itself: its files are not all of the present version.

    Raises
    ------
    InputError
        If a source does not exist, is of a kind that nothing reads, or a folder holds nothing to read.
    """
    found: list[tuple[Path, Path | None]] = []
    for source in sources:
        if source.is_dir():
            inside = list(_inside(source))
            if not inside:
                raise InputError(
                    f"{source}: nothing to read in this folder. Kinds that are read: {' '.join(sorted(READERS))}."
                )
            found.extend((p, source) for p in inside)
        elif not source.exists():
            raise InputError(f"{source}: no such file or folder.")
        elif source.suffix.lower() not in READERS:
            raise InputError(
                f"{source}: nothing reads files of this kind. Kinds that are read: {' '.join(sorted(READERS))}."
            )
        else:
            found.append((source, None))
    return found


def _inside(source: Path) -> Iterator[Path]:
    if is_delta(source):
        yield source
        return
    paths = sorted(source.rglob("*"))
    tables = {p.parent for p in paths if p.name == "_delta_log" and p.is_dir()}
    for p in paths:
        if p in tables:
            if _is_input(p, source):
                yield p
        elif (
            p.suffix.lower() in READERS
            and p.name.lower() not in MANIFESTS
            and p.is_file()
            and _is_input(p, source)
            and tables.isdisjoint(p.parents)
        ):
            yield p


def _is_input(path: Path, source: Path) -> bool:
    """Whether a file is the user's: not hidden, and not in a folder that critex writes to."""
    inside = path.relative_to(source)
    if any(part.startswith((".", "_")) for part in inside.parts):
        return False
    folders = [source, *(source.joinpath(*inside.parts[:i]) for i in range(1, len(inside.parts)))]
    return not any(_is_output(folder) for folder in folders)


@lru_cache(maxsize=4096)
def _is_output(folder: Path) -> bool:
    return (folder / ".critex").is_dir()


def read_notes(sources: Iterable[Path], options: Options, seen: Seen) -> Iterator[Note | Rejected]:
    """All records of all sources, in order. That no ``note_id`` comes twice is the ledger's to see to.

    Raises
    ------
    InputError
        If a source cannot be used at all.
    """
    _is_output.cache_clear()
    for path, root in files_of(sources):
        read = _read_delta if path.is_dir() else READERS[path.suffix.lower()]
        yield from read(path, replace(options, root=root), seen)
