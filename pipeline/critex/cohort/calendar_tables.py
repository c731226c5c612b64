"""The calendar of an output folder: its two tables, and events for a calendar program."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from icalendar import Calendar, Event

from critex import __version__, tables
from critex.cohort.calendar import DAYS_AFTER, DAYS_BEFORE, PatientCalendar, StatusStretch, Stretch, calendar_of
from critex.cohort.patients import Batch, Enrolled, batches_of
from critex.criteria.trial import Trial
from critex.run.store import Format, TableWriter
from critex.run.workers import Workers

AT_ONCE = 100
"""Patients a part: some seconds of work, so that several processes end evenly."""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendars:
    """Tables of some patients by one trial, and what was left out."""

    criteria: pd.DataFrame
    """The table ``calendar``."""
    status: pd.DataFrame
    """The table ``calendar_status``."""
    events: list[Reminder]
    without_date: int
    """Patients that have no index date, and for whom no days were named."""


@dataclass(frozen=True)
class Reminder:
    """One entry for a calendar program: an all-day event."""

    day: date
    summary: str
    description: str
    uid: str
    stamp: date
    """The patient's index date, as the time stamp that RFC 5545 asks for, so that the same facts give the same file."""


def calendars(
    out: Path,
    trials: Sequence[Trial],
    first: date | None = None,
    last: date | None = None,
    only: Collection[str] | None = None,
    workers: int = 1,
) -> Iterator[Calendars]:
    """Calendars of the patients of a folder, a hundred patients at a time, in the order of the tables.

    Parameters
    ----------
    out : Path
        A folder that ``critex run`` wrote.
    trials : sequence of Trial
    first, last : date, optional
        Index dates to look at; else from 90 days before to 365 days after each patient's own.
    only : collection of str, optional
        Patients wanted.
    workers : int
        Processes; the parts and their order are the same whatever their number.

    Yields
    ------
    Calendars
        At least one, so that a table can be written also where there is nobody.

    Raises
    ------
    CritexError
        If the folder holds no run, or has no such patient.
    """
    with Workers(workers, reads_notes=False) as pool:
        nobody = True
        jobs = (
            (trial, batch, first, last)
            for trial in sorted(trials, key=lambda t: t.trial)
            for batch in batches_of(out, only, AT_ONCE)
        )
        for _, part in pool.map(_calendars, jobs, retry=_calendars):
            nobody = False
            yield part
        if nobody:
            yield _Part().tables()


def _calendars(job: tuple[Trial, Batch, date | None, date | None]) -> Calendars:
    trial, batch, first, last = job
    part = _Part()
    for found in batch.patients():
        part.add(trial, found, first, last)
    return part.tables()


class _Part:
    """Rows of some patients."""

    def __init__(self) -> None:
        self._criteria: list[tuple[Any, ...]] = []
        self._status: list[tuple[Any, ...]] = []
        self._events: list[Reminder] = []
        self._without = 0

    def add(self, trial: Trial, found: Enrolled, first: date | None, last: date | None) -> None:
        """Add the calendar of a patient."""
        index = found.enrolment.index_date
        begin = first or (index - timedelta(days=DAYS_BEFORE) if index else None)
        end = last or (index + timedelta(days=DAYS_AFTER) if index else None)
        if begin is None or end is None or end < begin:
            self._without += 1
            return
        made = calendar_of(trial, found.patient, begin, end)
        self._criteria.extend(_criteria_rows(trial, made, index))
        self._status.extend(_status_rows(trial, made, index))
        if index is not None:
            self._events.extend(reminders(trial, made, index))

    def tables(self) -> Calendars:
        """The rows as checked tables."""
        return Calendars(
            tables.of_rows(self._criteria, tables.CALENDAR),
            tables.of_rows(self._status, tables.CALENDAR_STATUS),
            self._events,
            self._without,
        )


def write_calendars(folder: Path, parts: Iterable[Calendars], form: Format) -> Iterator[Calendars]:
    """Write the tables ``calendar`` and ``calendar_status`` part by part, and hand each part on; they take their places after the last."""
    with TableWriter("calendar", folder, form) as criteria, TableWriter("calendar_status", folder, form) as status:
        for part in parts:
            for writer, frame in ((criteria, part.criteria), (status, part.status)):
                writer.add(pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None))
            yield part


def _inside(index: date | None, s: Stretch | StatusStretch) -> bool:
    return index is not None and s.first <= index <= s.last


def _criteria_rows(trial: Trial, made: PatientCalendar, index: date | None) -> Iterator[tuple[Any, ...]]:
    for criterion, stretches in made.criteria.items():
        for s in stretches:
            where = (s.fact.note_id, s.fact.start, s.fact.end) if s.fact else ("", None, None)
            yield (
                trial.trial, made.patient_id, criterion, s.first.isoformat(), s.last.isoformat(), s.open_start, s.open_end, s.verdict, _inside(index, s),
                s.reason, s.ends_by, s.ends_why, *where,
            )  # fmt: skip


def _status_rows(trial: Trial, made: PatientCalendar, index: date | None) -> Iterator[tuple[Any, ...]]:
    for s in made.status:
        at = _inside(index, s)
        out = made.expires_first(index) if at and index is not None else []
        yield (
            trial.trial, made.patient_id, s.first.isoformat(), s.last.isoformat(), s.open_start, s.open_end, s.status, at, " ".join(s.ends_by),
            " ".join(x.criterion for x in out), out[0].last.isoformat() if out else "", out[0].ends_why if out else "",
        )  # fmt: skip


def reminders(trial: Trial, made: PatientCalendar, index: date) -> list[Reminder]:
    """Until when a patient qualifies, and what runs out first; none for a patient who is ineligible on the index date.

    A patient who is not a candidate now, but is on later days without a new fact, has the first of those stretches.
    """
    now = made.status_on(index)
    if now is None or now.status == "ineligible":
        return []
    stamp = index
    out: list[Reminder] = []
    stretch = next((s for s in made.status if s.status == "candidate" and s.last >= index), None)
    if stretch is not None and not stretch.open_end:
        since = f"from {stretch.first.isoformat()} " if stretch.first > index else ""
        out.append(
            Reminder(
                stretch.last,
                f"{made.patient_id} qualifies {since}until today ({trial.trial})",
                f"Last index date on which every criterion is met by what the notes say. On the next day: {', '.join(stretch.ends_by)}.",
                _uid(trial.trial, made.patient_id, "qualifies"),
                stamp,
            )
        )
    expiring = made.expires_first(index)
    if expiring:
        names = ", ".join(s.criterion for s in expiring)
        out.append(
            Reminder(
                expiring[0].last,
                f"{made.patient_id} first to run out: {names} ({trial.trial})",
                "; ".join(dict.fromkeys(s.ends_why for s in expiring))
                + ". Today is the last index date on which it counts.",
                _uid(trial.trial, made.patient_id, "expires"),
                stamp,
            )
        )
    return out


def _uid(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32] + "@critex"


def icalendar_of(events: list[Reminder]) -> bytes:
    """A calendar file (RFC 5545) of all-day events, which do not mark anybody as busy."""
    calendar = Calendar()
    calendar.add("prodid", f"-//critex//critex {__version__}//EN")
    calendar.add("version", "2.0")
    for e in sorted(events, key=lambda e: (e.day, e.uid)):
        event = Event()
        event.add("uid", e.uid)
        event.add("dtstamp", datetime.combine(e.stamp, time(), UTC))
        event.add("dtstart", e.day)
        event.add("dtend", e.day + ONE_DAY)
        event.add("summary", e.summary)
        event.add("description", e.description)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
