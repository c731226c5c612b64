"""What readers yield: notes, and records that could not be read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from critex.errors import InputError
from critex.extract.dates import find_dates
from critex.extract.normalise import normalise
from critex.notes.note import Note

FIELDS = ("note_id", "patient_id", "note_date", "note_type", "text")
__all__ = ["FIELDS", "Note", "Options", "Rejected", "Seen", "make_note", "parse_note_date"]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not be read; becomes a row of ``errors.csv``. ``error`` never holds the note's text."""

    source: str
    note_id: str
    error: str


@dataclass(frozen=True)
class Options:
    """How to read a source."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Our field to the source's column (``--map``)."""
    encoding: str | None = None
    date_order: str | None = None
    max_characters: int = 20_000_000
    """A longer note is rejected."""
    max_seconds: float | None = 120.0
    """A note that takes longer becomes an error row."""
    root: Path | None = None
    """The folder that was named, for files found in it."""
    file_name: str | None = None
    """How names of files tell patient and date, such as ``{patient_id}_{note_date}`` (``--file-name``)."""

    def column(self, name: str) -> str:
        """The source's name of one of our fields."""
        return self.columns.get(name, name)

    def fitted(self, found: Sequence[str]) -> Options:
        """These options, with the columns of an OMOP NOTE table understood without ``--map``."""
        have = {name.lower(): name for name in found}
        if self.columns or "text" in found or not {"note_text", "person_id"} <= set(have):
            return self
        omop = (("text", "note_text"), ("patient_id", "person_id"), ("note_id", "note_id"), ("note_date", "note_date"), ("note_type", "note_title"))  # fmt: skip
        return replace(self, columns={ours: have[theirs] for ours, theirs in omop if theirs in have})


@dataclass
class Seen:
    """What was missing in the sources, each said once in the summary."""

    notes: int = 0
    without_id: int = 0
    without_patient: int = 0
    without_date: int = 0
    not_in_manifest: int = 0
    other_names: int = 0
    other_resources: int = 0

    @property
    def remarks(self) -> list[str]:
        """Sentences for the summary."""
        out = []
        if self.without_id:
            out.append(f"{self.without_id} notes had no note_id: they are numbered from their source and row.")
        if self.without_patient:
            out.append(f"{self.without_patient} notes had no patient_id: each is a patient of its own.")
        if self.without_date:
            out.append(
                f"{self.without_date} notes had no note_date: what only the note's date could date stays undated."
            )
        if self.not_in_manifest:
            out.append(f"{self.not_in_manifest} files are not in the manifest of their folder.")
        if self.other_names:
            out.append(f"{self.other_names} files have names that --file-name does not fit.")
        if self.other_resources:
            out.append(f"{self.other_resources} FHIR resources of other kinds hold no notes and were left out.")
        return out


_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair is no character and cannot be stored; each becomes U+FFFD, so that offsets stay."""
_TIME = re.compile(r"[T\s]+\d{1,2}:\d{2}.*$")


def parse_note_date(text: str, order: str | None = None) -> date | None:
    """Day of a note as a source writes it, ``None`` where it is not a date.

    Takes ISO dates and times, ``20260312``, numeric dates in the given order (else what the text shows, else day first) and dates with a month's name.
    """
    text = text.strip()
    if not text:
        return None
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).date()
    except ValueError:
        pass
    if re.fullmatch(r"(?:19|20)\d{6}", text):
        try:
            return datetime.strptime(text, "%Y%m%d").date()
        except ValueError:
            return None
    text = _TIME.sub("", text).strip()
    found = find_dates(normalise(text), None, order if order in ("dmy", "mdy") else None)
    if (
        len(found) == 1
        and found[0].start == 0
        and found[0].end >= len(text) - 1
        and found[0].when.first == found[0].when.last
    ):
        return found[0].when.first
    return None


def make_note(
    values: Mapping[str, object], source: str, default_id: str, options: Options, seen: Seen
) -> Note | Rejected | tuple[Note, Rejected]:
    """Note of one record.

    Returns
    -------
    Note, Rejected, or both
        Both where the note can be read but its date cannot: it is read without a date, and the date is reported.
    """
    note_id = cell(values.get(options.column("note_id")))
    text = values.get(options.column("text"))
    if not isinstance(text, str) or not text.strip():
        return Rejected(source, note_id, "the text is empty.")
    if len(text) > options.max_characters:
        return Rejected(
            source,
            note_id,
            f"the text has more than {options.max_characters:,} characters. Split the note, or raise --max-characters.",
        )
    text = _SURROGATE.sub("\ufffd", text)
    seen.notes += 1
    if not note_id:
        seen.without_id += 1
        note_id = default_id
    patient_id = cell(values.get(options.column("patient_id")))
    if not patient_id:
        seen.without_patient += 1
        patient_id = note_id
    written = cell(values.get(options.column("note_date")))
    when = parse_note_date(written, options.date_order)
    note = Note(note_id, patient_id, when, cell(values.get(options.column("note_type"))), text, source)
    if not written:
        seen.without_date += 1
    elif when is None:
        seen.without_date += 1
        column = options.column("note_date")
        return note, Rejected(
            source,
            note_id,
            f"column {column}: not a date. Set --date-order, or correct the row; the note was read without a date.",
        )
    return note


def cell(value: object) -> str:
    """Identifier, date or kind of a note as text, whatever type its source gives it."""
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def check_columns(found: list[str], source: str, options: Options) -> None:
    """Refuse a source without a text column.

    Raises
    ------
    InputError
        Names the columns that are there and what to do.
    """
    for ours, theirs in options.columns.items():
        if ours not in FIELDS:
            raise InputError(f"--map {ours}={theirs}: {ours} is not a field of a note. Fields: {', '.join(FIELDS)}.")
        if theirs not in found:
            raise InputError(
                f"{source}: no column {theirs!r} (from --map {ours}={theirs}). Columns: {', '.join(found)}."
            )
    if options.column("text") not in found:
        raise InputError(
            f"{source}: no column {options.column('text')!r}. Columns: {', '.join(found)}. Name the right one with --map text=<column>."
        )
