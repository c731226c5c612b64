"""The ledger of a run: which texts were read, with what result, kept in ``DIR/.critex`` so that nothing is read twice.

A *reading* is what extraction made of one text on one day: its mentions, without the identifiers of note and patient. It is kept by
:func:`reading_key`, so a copied note, a continued run and a later export that brings the same text again cost nothing. Every batch is one
SQLite transaction: a run that is killed loses at most the batches in flight, and the same command finishes it.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from critex.errors import CritexError, InputError
from critex.notes.note import Note
from critex.run.extract_notes import Row

try:
    import fcntl
except ImportError:  # Windows: two runs in one folder are then not refused
    fcntl = None  # type: ignore[assignment]

FOLDER = ".critex"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS body (hash BLOB PRIMARY KEY, text BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reading (key BLOB PRIMARY KEY, patterns TEXT NOT NULL, rows BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS note (
  note_id TEXT PRIMARY KEY, patient_id TEXT NOT NULL, note_date TEXT NOT NULL, note_type TEXT NOT NULL, source TEXT NOT NULL,
  characters INTEGER NOT NULL, hash BLOB NOT NULL, key BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS error (source TEXT NOT NULL, note_id TEXT NOT NULL, error TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS failure (key BLOB PRIMARY KEY, error TEXT NOT NULL) WITHOUT ROWID;
"""


def text_hash(text: str) -> bytes:
    """Hash of a note's text."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def reading_key(note: Note, hashed: bytes, date_order: str | None, patterns: str) -> bytes:
    """What decides the mentions of a note: its text, day and type, the order of dates, and the patterns."""
    about = json.dumps([note.note_date.isoformat() if note.note_date else "", note.note_type, date_order, patterns])
    return hashlib.blake2b(hashed + about.encode(), digest_size=16).digest()


def packed(text: str) -> bytes:
    """A text as the ledger keeps it."""
    return zlib.compress(text.encode("utf-8", "surrogatepass"), 1)


def unpacked(body: bytes) -> str:
    """The text again."""
    return zlib.decompress(body).decode("utf-8", "surrogatepass")


@dataclass(frozen=True)
class PatientRange:
    """Patients that are judged together: all from ``first`` to ``last`` in the order of their identifiers."""

    first: str
    last: str
    notes: int


class Ledger:
    """The ledger of one output folder; a context manager that holds the folder against a second run.

    Parameters
    ----------
    out : Path
        The output folder.
    write : bool
        Whether this process writes; workers only read.
    """

    def __init__(self, out: Path, write: bool = True) -> None:
        self.folder = out / FOLDER
        self._lock: Any = None
        if out.exists() and not out.is_dir():
            raise InputError(f"{out}: not a folder. Name another with --out.")
        if write:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._hold()
        self.path = self.folder / "ledger.sqlite"
        self._open(write)

    def _open(self, write: bool) -> None:
        try:
            self._db = sqlite3.connect(self.path, timeout=60)
            self._db.execute("PRAGMA cache_size=-32000")
            if write:
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=NORMAL")
                self._db.executescript(_SCHEMA)
        except sqlite3.DatabaseError:
            raise InputError(
                f"{self.path}: the ledger of this folder is damaged. Delete {self.folder}; all notes are then read again."
            ) from None

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database and give the folder free."""
        self._db.close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @contextmanager
    def released(self) -> Iterator[None]:
        """Close the database for a while, not the folder: an open one must not go into a forked process."""
        self._db.commit()
        self._db.close()
        try:
            yield
        finally:
            self._open(write=True)

    def _hold(self) -> None:
        if fcntl is None:
            return
        self._lock = open(self.folder / "lock", "w")  # noqa: SIM115 - held for the life of the run
        try:  # a record lock: it ends with the process, however that ends, and children do not inherit it
            fcntl.lockf(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise CritexError(
                f"{self.folder.parent}: another run is at work in this folder. Wait for it, or choose another --out."
            ) from None

    def begin(self) -> None:
        """Forget which notes the last run held, not what was read in them."""
        with self._db:
            self._db.execute("DELETE FROM note")
            self._db.execute("DELETE FROM error")
            self._db.execute("DELETE FROM failure")  # what failed is tried again
            self._set("complete", "")

    def admit(self, notes: Sequence[Note], keys: Sequence[bytes], hashes: Sequence[bytes]) -> list[Note]:
        """Write notes of a batch down; those whose ``note_id`` an earlier note has are returned, not written."""
        doubled = []
        for note, key, hashed in zip(notes, keys, hashes, strict=True):
            day = note.note_date.isoformat() if note.note_date else ""
            row = (note.note_id, note.patient_id, day, note.note_type, note.source, len(note.text), hashed, key)
            done = self._db.execute("INSERT OR IGNORE INTO note VALUES (?,?,?,?,?,?,?,?)", [_clean(v) for v in row])
            if done.rowcount:
                self._db.execute("INSERT OR IGNORE INTO body VALUES (?,?)", (hashed, packed(note.text)))
            else:
                doubled.append(note)
        return doubled

    def known(self, keys: Iterable[bytes]) -> set[bytes]:
        """Those keys whose reading is kept."""
        found = set()
        for key in keys:
            if self._db.execute("SELECT 1 FROM reading WHERE key=?", (key,)).fetchone():
                found.add(key)
        return found

    def keep(self, readings: Iterable[tuple[bytes, list[Row]]], patterns: str) -> None:
        """Keep readings: rows of mentions without the first two columns (note and patient)."""
        self._db.executemany(
            "INSERT OR REPLACE INTO reading VALUES (?,?,?)",
            ((key, patterns, packed(json.dumps(rows, ensure_ascii=False))) for key, rows in readings),
        )

    def fail(self, failures: Iterable[tuple[bytes, str]]) -> None:
        """Write down which readings failed in this run, and why."""
        self._db.executemany("INSERT OR REPLACE INTO failure VALUES (?,?)", failures)

    def reject(self, errors: Iterable[tuple[str, str, str]]) -> None:
        """Write error rows down."""
        self._db.executemany(
            "INSERT INTO error (source, note_id, error) VALUES (?,?,?)", ([_clean(v) for v in e] for e in errors)
        )

    def commit(self) -> None:
        """Make everything since the last commit last."""
        self._db.commit()

    def complete(self, counts: dict[str, Any], patterns: str) -> None:
        """Say that all notes of the run are written down, and drop readings made with other patterns."""
        with self._db:
            self._db.execute("INSERT INTO error SELECT source, note_id, error FROM note JOIN failure USING (key)")
            self._db.execute("DELETE FROM reading WHERE patterns<>?", (patterns,))
            self._set("complete", json.dumps(counts))

    def counts(self) -> dict[str, Any] | None:
        """Counts of the run that is written down, ``None`` where it was not finished."""
        row = self._db.execute("SELECT value FROM about WHERE name='complete'").fetchone()
        return json.loads(row[0]) if row and row[0] else None

    def _set(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO about VALUES (?,?)", (name, value))

    def totals(self) -> dict[str, int]:
        """Number of notes, characters, patients and error rows."""
        one = self._db.execute("SELECT count(*), coalesce(sum(characters),0), count(DISTINCT patient_id) FROM note")
        notes, characters, patients = one.fetchone()
        rejected = self._db.execute("SELECT count(*) FROM error").fetchone()[0]
        return {"notes": notes, "characters": characters, "patients": patients, "rejected": rejected}

    def errors(self) -> Iterator[tuple[str, str, str]]:
        """Error rows in the order of their table."""
        yield from self._db.execute("SELECT source, note_id, error FROM error ORDER BY source, note_id, error")

    def ranges(self, notes: int, characters: int, pieces: int = 1) -> Iterator[list[PatientRange]]:
        """Cut all patients into ranges of at most so many notes and characters, each in about ``pieces`` pieces.

        One larger patient is a range of its own. Where ranges begin and end does not depend on ``pieces``.
        """
        self._db.execute("CREATE INDEX IF NOT EXISTS note_by_patient ON note (patient_id, note_id)")
        self._db.commit()
        found: list[PatientRange] = []
        first = last = ""
        n = size = all_notes = all_size = 0
        for patient_id, count, length in self._db.execute(
            "SELECT patient_id, count(*), sum(characters) FROM note GROUP BY patient_id ORDER BY patient_id"
        ):
            full = bool(all_notes) and (all_notes + count > notes or all_size + length > characters)
            if n and (full or n + count > notes // pieces or size + length > characters // pieces):
                found.append(PatientRange(first, last, n))
                n = size = 0
            if full:
                yield found
                found, all_notes, all_size = [], 0, 0
            if not n:
                first = patient_id
            last, n, size = patient_id, n + count, size + length
            all_notes, all_size = all_notes + count, all_size + length
        if n:
            found.append(PatientRange(first, last, n))
            yield found

    def notes_of(self, patients: PatientRange) -> list[tuple[str, str, str, str, str, str]]:
        """Rows of the notes table of a range, in its order."""
        rows = self._db.execute(
            "SELECT note_id, patient_id, note_date, note_type, text, source FROM note JOIN body USING (hash)"
            " WHERE patient_id BETWEEN ? AND ? ORDER BY patient_id, note_id",
            (patients.first, patients.last),
        )
        return [(i, p, d, t, unpacked(body), s) for i, p, d, t, body, s in rows]

    def mentions_of(self, patients: PatientRange) -> Iterator[Row]:
        """Rows of the mentions table of a range, note by note."""
        for note_id, patient_id, body in self._db.execute(
            "SELECT note_id, patient_id, rows FROM note JOIN reading USING (key)"
            " WHERE patient_id BETWEEN ? AND ? ORDER BY patient_id, note_id",
            (patients.first, patients.last),
        ):
            for row in json.loads(unpacked(body)):
                yield (note_id, patient_id, *row)


def _clean(value: Any) -> Any:
    """Lone surrogates cannot be stored in a database; they become a replacement character (identifiers and sources only)."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value
