"""How fast critex reads the user's own notes on this machine, and where the time goes: for planning a run."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from critex import tables
from critex.criteria.trial import load_trial
from critex.errors import InputError
from critex.extract.document import Document
from critex.extract.engine import Extractor
from critex.extract.families import all_families
from critex.extract.family import Family, FamilyHits
from critex.extract.mention import Mention
from critex.extract.normalise import normalise
from critex.notes.note import Note
from critex.notes.record import Options, Seen
from critex.notes.sources import read_notes
from critex.run.extract_notes import read_note
from critex.run.local import judge_tables
from critex.run.workers import Workers, batches, read_alone, read_batch

WARM_UP = 20


@dataclass
class Bench:
    """What was measured. Seconds of one process are CPU time, those of several are of the clock."""

    notes: int = 0
    characters: int = 0
    patients: int = 0
    mentions: int = 0
    start_up: float = 0.0
    """Seconds to load patterns and scanner."""
    reading: float = 0.0
    """Seconds to read the notes from their source."""
    scan: float = 0.0
    """Seconds of the first look alone, over the raw text."""
    extract: float = 0.0
    judge: float = 0.0
    families: dict[str, float] = field(default_factory=dict)
    """Seconds in each family of facts."""
    workers: dict[int, float] = field(default_factory=dict)
    """Number of processes to notes a second of extraction, by the clock."""
    memory_mb: float = 0.0
    """Peak memory of this process."""

    @property
    def notes_s(self) -> float:
        """Notes a second of one process, extraction and judging."""
        return self.notes / max(self.extract + self.judge, 1e-9)

    def hours(self, notes: int, processes: int = 1) -> float:
        """Hours that so many notes of this kind would take."""
        return notes / self.notes_s / processes / 3600


def bench(
    sources: Sequence[Path], *, trial: str, options: Options | None = None, number: int = 1_000, workers: int = 1
) -> Bench:
    """Measure extraction and judging on the first notes of some sources; nothing is written.

    Parameters
    ----------
    sources : sequence of Path
    trial : str
        Id of a shipped trial, or a file.
    options : Options, optional
    number : int
        Notes to read at most.
    workers : int
        Also measure extraction with this many processes.

    Raises
    ------
    CritexError
        If a source or the trial cannot be used, or there is no note.
    """
    options = options or Options()
    loaded = load_trial(trial)
    found = Bench()
    start = time.process_time()
    records = (r for r in read_notes(sources, options, Seen()) if isinstance(r, Note))
    notes = list(itertools.islice(records, number))
    found.reading = time.process_time() - start
    if not notes:
        raise InputError("no note to measure with.")
    found.notes, found.characters = len(notes), sum(len(n.text) for n in notes)
    start = time.process_time()
    extractor = Extractor()
    found.start_up = time.process_time() - start
    for note in notes[:WARM_UP]:
        read_note(note, extractor, options.date_order)
    start = time.process_time()
    for note in notes:
        extractor.scanner.scan(normalise(note.text))
    found.scan = time.process_time() - start
    start = time.process_time()
    rows = [row for n in notes for row in read_note(n, extractor, options.date_order, options.max_seconds)[0]]
    found.extract = time.process_time() - start
    found.mentions = len(rows)
    found.families = _by_family(notes, options.date_order)
    note_rows = [n.row() for n in {n.note_id: n for n in notes}.values()]
    frame = tables.of_rows(note_rows, tables.NOTES)
    found.patients = int(frame["patient_id"].nunique())
    start = time.process_time()
    mentions = tables.of_rows(rows, tables.MENTIONS)
    judge_tables(mentions, frame, None, [loaded])
    found.judge = time.process_time() - start
    for processes in sorted({1, workers}) if workers > 1 else ():
        with Workers(processes) as pool:
            cut = max(20_000, found.characters // (8 * workers) + 1)
            jobs = ((b, options.date_order, options.max_seconds) for b in batches(notes, cut))
            begun = time.perf_counter()
            for _ in pool.map(read_batch, jobs, retry=read_alone):
                pass
            found.workers[processes] = found.notes / (time.perf_counter() - begun)
    found.memory_mb = _peak_mb()
    return found


def _by_family(notes: Sequence[Note], date_order: str | None) -> dict[str, float]:
    seconds: dict[str, float] = defaultdict(float)

    def timed(family: Family) -> Family:
        def find(doc: Document, hits: FamilyHits) -> list[Mention]:
            start = time.process_time()
            try:
                return family.find(doc, hits)
            finally:
                seconds[family.name] += time.process_time() - start

        return replace(family, find=find)

    extractor = Extractor(tuple(timed(f) for f in all_families()))
    for note in notes:
        read_note(note, extractor, date_order)
    return dict(sorted(seconds.items(), key=lambda x: -x[1]))


def _peak_mb() -> float:
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
