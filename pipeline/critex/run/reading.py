"""From a stream of records to readings in the ledger: only texts that were not read before reach a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from critex.notes.note import Note
from critex.notes.record import Rejected
from critex.run.ledger import Ledger, reading_key, text_hash
from critex.run.workers import BATCH_CHARACTERS, Workers, read_alone, read_batch

Progress = Callable[[int], None]
"""Called with the number of notes done since the last call."""
COMMIT_EVERY = 5_000
"""Records after which what is written down is committed, whether or not a batch came back."""
DOUBLED = "the note_id is used by an earlier note. Give every note an id of its own."


class Reading:
    """Reads all records of a run into its ledger.

    Parameters
    ----------
    ledger : Ledger
    patterns : str
        Digest of the patterns that readings are made with.
    date_order : {"dmy", "mdy", "ymd"}, optional
    seconds : float, optional
        Time limit of one note.
    """

    def __init__(self, ledger: Ledger, patterns: str, date_order: str | None, seconds: float | None) -> None:
        self.ledger = ledger
        self.patterns = patterns
        self.date_order = date_order
        self.seconds = seconds
        self.read = 0
        """Texts that were read in this run; all others were known."""
        self._in_flight: set[bytes] = set()
        self._keys: dict[int, list[bytes]] = {}
        self._progress: Progress = lambda _: None

    def all(
        self,
        records: Iterable[Note | Rejected],
        workers: Workers,
        progress: Progress | None = None,
        meanwhile: Callable[[], None] | None = None,
    ) -> None:
        """Read everything; after each batch what is done is committed. ``meanwhile`` is called once, while workers are busy."""
        self._progress = progress or self._progress
        self.ledger.begin()
        waiting = [meanwhile] if meanwhile else []
        for (notes, _, _), readings in workers.map(read_batch, self._jobs(records), retry=read_alone):
            while waiting:
                waiting.pop()()
            keys = self._keys.pop(id(notes))
            good = [
                (key, [row[2:] for row in rows]) for key, (rows, error) in zip(keys, readings, strict=True) if not error
            ]
            self.ledger.keep(good, self.patterns)
            self.ledger.fail((key, error) for key, (_, error) in zip(keys, readings, strict=True) if error)
            self.ledger.commit()
            self._in_flight.difference_update(keys)
            self.read += len(keys)
            self._progress(len(keys))
        self.ledger.commit()
        while waiting:
            waiting.pop()()

    def _jobs(self, records: Iterable[Note | Rejected]) -> Iterator[tuple[list[Note], str | None, float | None]]:
        notes: list[Note] = []
        keys: list[bytes] = []
        size = 0
        for number, record in enumerate(records):
            if number % COMMIT_EVERY == COMMIT_EVERY - 1:
                self.ledger.commit()  # where all texts are known no batch ends, and one transaction of all notes would grow
            if isinstance(record, Rejected):
                self.ledger.reject([(record.source, record.note_id, record.error)])
                continue
            hashed = text_hash(record.text)
            key = reading_key(record, hashed, self.date_order, self.patterns)
            if self.ledger.admit([record], [key], [hashed]):
                self.ledger.reject([(record.source, record.note_id, DOUBLED)])
                continue
            if key in self._in_flight or self.ledger.known([key]):
                self._progress(1)
                continue
            self._in_flight.add(key)
            if notes and size + len(record.text) > BATCH_CHARACTERS:
                yield self._job(notes, keys)
                notes, keys, size = [], [], 0
            notes.append(record)
            keys.append(key)
            size += len(record.text)
        if notes:
            yield self._job(notes, keys)

    def _job(self, notes: list[Note], keys: list[bytes]) -> tuple[list[Note], str | None, float | None]:
        self._keys[id(notes)] = keys
        return notes, self.date_order, self.seconds
