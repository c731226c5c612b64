"""What stands beside the verdicts: plots of laboratory values, until when a patient qualifies, and the cohort page."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock, Thread

from markupsafe import Markup

from critex.cohort.calendar import PatientCalendar, calendar_of
from critex.cohort.calendar_tables import icalendar_of, reminders
from critex.cohort.labseries import LABELS, lab_limits, lab_series
from critex.cohort.moving import MovingPatient
from critex.cohort.packet import packet_of, write_packet
from critex.cohort.page import cohort_html
from critex.criteria.trial import Trial
from critex.features.patient import Patient
from critex.review.folder import PatientTables, ReviewFolder
from critex.run.statements import statements_by_patient

DAYS_BEFORE, DAYS_AFTER = 90, 365


def lab_plots(
    folder: ReviewFolder, trial: Trial, rows: PatientTables, index_date: date | None
) -> dict[str, tuple[Markup, ...]]:
    """Plots of a patient's laboratory values with limits and window, by criterion."""
    limits = lab_limits(trial)
    base = folder.enrolment(rows)
    said = statements_by_patient(rows.mentions[rows.mentions["label"].isin(LABELS)], rows.notes)
    patient = Patient(rows.patient_id, said.get(rows.patient_id, ()), index_date or base.index_date, base.sex, base.birth_date)  # fmt: skip
    out: dict[str, list[Markup]] = defaultdict(list)
    for series in lab_series(patient, limits):
        if series.points:
            out[series.limits.criterion].append(series.svg)
    return {criterion: tuple(plots) for criterion, plots in out.items()}


@dataclass(frozen=True)
class CalendarView:
    """Until when a patient qualifies, as far as the notes say today."""

    status: tuple[tuple[str, str, str, bool, tuple[str, ...]], ...]
    """Status, first and last day, whether it goes on, and the criteria that end it."""
    first_out: tuple[tuple[str, str, str], ...]
    """Criterion, last day and why, of what runs out first."""


def calendar_of_patient(folder: ReviewFolder, trial: Trial, rows: PatientTables) -> tuple[PatientCalendar, date] | None:
    """Calendar of a patient from 90 days before to a year after the index date; ``None`` without an index date."""
    base = folder.enrolment(rows)
    if base.index_date is None:
        return None
    said = statements_by_patient(rows.mentions, rows.notes).get(rows.patient_id, ())
    patient = MovingPatient(rows.patient_id, said, base.index_date, base.sex, base.birth_date)
    first, last = base.index_date - timedelta(days=DAYS_BEFORE), base.index_date + timedelta(days=DAYS_AFTER)
    return calendar_of(trial, patient, first, last), base.index_date


def calendar_view(made: PatientCalendar, index_date: date) -> CalendarView:
    """What a page shows of a calendar."""
    return CalendarView(
        tuple((s.status, s.first.isoformat(), s.last.isoformat(), s.open_end, s.ends_by) for s in made.status),
        tuple((s.criterion, s.last.isoformat(), s.ends_why) for s in made.expires_first(index_date)),
    )


def calendar_file(trial: Trial, made: PatientCalendar, index_date: date) -> bytes:
    """The calendar as an .ics file."""
    return icalendar_of(reminders(trial, made, index_date))


def packet_file(folder: ReviewFolder, trial: Trial, patient_id: str) -> bytes:
    """The evidence packet of a patient: one self-contained HTML file with hashes of notes, patterns and trial."""
    with TemporaryDirectory() as name:
        path = Path(name) / "packet.html"
        write_packet(path, packet_of(folder.out, trial, patient_id, folder.trial_files.get(trial.trial)))
        return path.read_bytes()


class CohortPages:
    """The cohort page of each trial, counted once and in the background: it looks at every patient.

    Parameters
    ----------
    folder : ReviewFolder
    """

    def __init__(self, folder: ReviewFolder) -> None:
        self.folder = folder
        self._lock = Lock()
        self._made: dict[str, Future[Markup]] = {}

    def body(self, trial: Trial, patient_href: str, patience: float = 3.0) -> Markup | None:
        """The page's body; ``None`` where it is not ready after so many seconds."""
        with self._lock:
            if trial.trial not in self._made:
                made: Future[Markup] = Future()
                self._made[trial.trial] = made
                # A daemon, so that the server ends at once also while all patients are counted.
                Thread(target=self._count, args=(made, trial, patient_href), daemon=True).start()
        try:
            return self._made[trial.trial].result(patience)
        except TimeoutError:
            return None

    def _count(self, made: Future[Markup], trial: Trial, patient_href: str) -> None:
        try:
            made.set_result(cohort_html(self.folder.out, [trial], patient_href))
        except Exception as error:  # told to whoever asks for the page
            made.set_exception(error)
