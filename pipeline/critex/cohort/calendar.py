"""From which to which index date each verdict holds, and what runs out first.

The index date is moved over the dated facts; no note is read again, and only days on which something can change are judged (:mod:`critex.cohort.moving`).
A calendar says what follows from what the notes say today. It cannot know of a value that will be measured later.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from dateutil.relativedelta import relativedelta

from critex.cohort.moving import BIRTH, MovingPatient, Trace
from critex.criteria.conditions import All, Any_, Condition, Not, On, Window, parse_window
from critex.criteria.judge import Judged, conditions_of, judge_without_confidence, status
from critex.criteria.trial import Criterion, Trial
from critex.features.facts import Fact, Statement
from critex.features.spec import as_list, load_features

DAYS_BEFORE = 90
DAYS_AFTER = 365
"""How far from the index date a calendar looks where nothing else is said."""
DERIVED_WINDOWS: dict[str, tuple[Window, ...]] = {
    "measurable_disease": (Window(12, "months"),),
    "age_on_index": (Window(60, "days"),),
}
"""Look-back windows inside derivations, by the name of the derivation (``measurability.py``, ``age.py``)."""
ANNIVERSARIES = frozenset({BIRTH, "AGE", "BIRTH_DATE"})
"""Labels whose dates come round every year."""
ONE_DAY = timedelta(days=1)

EndKind = Literal["window", "newer", "birthday", "other", ""]


@dataclass(frozen=True)
class Stretch:
    """Days of the index date, both ends inside, on which a criterion has one verdict."""

    criterion: str
    first: date
    last: date
    verdict: str
    reason: str
    """Reason on the first of the days."""
    open_start: bool = False
    """Whether it reaches back to the first day that was looked at, so that it may have begun earlier."""
    open_end: bool = False
    """Whether it reaches the last day that was looked at, so that it may go on."""
    ends_by: EndKind = ""
    ends_why: str = ""
    fact: Statement | None = None
    """Statement that runs out, or the newer one that takes its place."""


@dataclass(frozen=True)
class StatusStretch:
    """Days of the index date on which a patient has one status."""

    status: str
    first: date
    last: date
    open_start: bool = False
    open_end: bool = False
    ends_by: tuple[str, ...] = ()
    """Criteria whose verdict changes on the day after."""


@dataclass(frozen=True)
class PatientCalendar:
    """One patient, one trial: every stretch of every criterion, and of the status."""

    patient_id: str
    criteria: dict[str, list[Stretch]]
    status: list[StatusStretch]

    def on(self, day: date) -> dict[str, Stretch]:
        """Criterion to the stretch that a day lies in."""
        return {c: s for c, stretches in self.criteria.items() for s in stretches if s.first <= day <= s.last}

    def status_on(self, day: date) -> StatusStretch | None:
        """Stretch of the status that a day lies in."""
        return next((s for s in self.status if s.first <= day <= s.last), None)

    def expires_first(self, day: date) -> list[Stretch]:
        """Criteria that pass on ``day`` and are the first to stop passing, in the trial's order; empty where none stops before the calendar ends."""
        passing = [s for s in self.on(day).values() if s.verdict == "pass" and not s.open_end]
        soonest = min((s.last for s in passing), default=None)
        return [s for s in passing if s.last == soonest]


def calendar_of(trial: Trial, patient: MovingPatient, first: date, last: date) -> PatientCalendar:
    """Calendar of one patient.

    Parameters
    ----------
    trial : Trial
    patient : MovingPatient
        Its index date is moved, and afterwards is where it was.
    first, last : date
        Days to look at, both inside.

    Returns
    -------
    PatientCalendar
        The stretches of each criterion are in order and leave no day out.

    Raises
    ------
    ValueError
        If ``last`` is before ``first``.
    """
    if last < first:
        raise ValueError(f"the last day {last} is before the first {first}")
    began = patient.index_date
    days = _ChangeDays(patient, first, last)
    segments = {c.id: list(_segments(c, patient, days, first, last)) for c in trial.criteria}
    if began is not None:
        patient.move_to(began)
    criteria = {c.id: _merged(c, segments[c.id]) for c in trial.criteria}
    return PatientCalendar(patient.patient_id, criteria, _statuses(trial, criteria, segments, first, last))


@dataclass(frozen=True)
class _Segment:
    """Days between two change days."""

    first: date
    last: date
    judged: Judged


def _segments(
    criterion: Criterion, patient: MovingPatient, days: _ChangeDays, first: date, last: date
) -> Iterator[_Segment]:
    windows = windows_of(criterion)
    day = first
    while day <= last:
        patient.move_to(day)
        with patient.watched() as trace:
            judged = judge_without_confidence(criterion, patient)
        following = days.after(day, trace, windows)
        end = last if following is None else following - ONE_DAY
        yield _Segment(day, end, judged)
        day = end + ONE_DAY


def windows_of(criterion: Criterion) -> frozenset[Window]:
    """Every look-back window that a criterion names."""
    found = {parse_window(criterion.window)} if criterion.window else set()
    for condition in conditions_of(criterion):
        for on in conditions_in(condition):
            found.update(w for w in (on.test.within, on.test.before) if w is not None)
    return frozenset(found)


def conditions_in(condition: Condition) -> Iterator[On]:
    """Every test on a feature inside a condition."""
    if isinstance(condition, All | Any_):
        for part in condition.parts:
            yield from conditions_in(part)
    elif isinstance(condition, Not):
        yield from conditions_in(condition.part)
    elif isinstance(condition, On):
        yield condition


class _ChangeDays:
    """Days on which a statement's date, the end of a window or a birthday is passed; too many do no harm."""

    def __init__(self, patient: MovingPatient, first: date, last: date) -> None:
        self._patient = patient
        self._first, self._last = first, last
        self._days: dict[tuple[str, Window | None], list[date]] = {}

    def after(self, day: date, trace: Trace, windows: frozenset[Window]) -> date | None:
        """First day after ``day`` on which what was looked at can give another answer; ``None`` where there is none."""
        if not trace.reads_index:
            return None
        inside = {w for name in trace.derivations for w in DERIVED_WINDOWS.get(name, ())}
        best: date | None = None
        for label in trace.labels:
            for window in (None, *windows, *inside):
                days = self._of(label, window)
                at = bisect_right(days, day)
                if at < len(days) and (best is None or days[at] < best):
                    best = days[at]
        return best

    def _of(self, label: str, window: Window | None) -> list[date]:
        key = (label, window)
        if key not in self._days:
            found: set[date] = set()
            for d in self._dates(label):
                ends = (d, d + ONE_DAY) if window is None else (entered(d, window), entered(d + ONE_DAY, window))
                found.update(ends)
                if window is None and label in ANNIVERSARIES:
                    found.update(self._anniversaries(d))
            self._days[key] = sorted(x for x in found if self._first <= x <= self._last)
        return self._days[key]

    def _dates(self, label: str) -> set[date]:
        if label == BIRTH:
            birth = self._patient.birth_date
            return {birth} if birth else set()
        found = {s.note_date for s in self._patient.labelled(label) if s.note_date}
        for s in self._patient.labelled(label):
            if s.when:
                found.update((s.when.first, s.when.last))
        return found

    def _anniversaries(self, d: date) -> Iterator[date]:
        for year in range(self._first.year - 1, self._last.year + 2):
            came = d + relativedelta(years=year - d.year)
            yield from (came + timedelta(days=n) for n in (-1, 0, 1, 2))


def entered(day: date, window: Window) -> date:
    """First index date whose window begins on ``day`` or later."""
    if window.unit.startswith("day"):
        return day + timedelta(days=window.number)
    if window.unit.startswith("week"):
        return day + timedelta(weeks=window.number)
    length = relativedelta(months=window.number) if window.unit.startswith("month") else relativedelta(years=window.number)  # fmt: skip
    index = day + length
    while window.first_day(index) >= day:
        index -= ONE_DAY
    while window.first_day(index) < day:  # calendar months end on different days
        index += ONE_DAY
    return index


def _merged(criterion: Criterion, segments: list[_Segment]) -> list[Stretch]:
    out: list[Stretch] = []
    before: _Segment | None = None
    for segment in segments:
        if before is not None and out[-1].verdict == segment.judged.verdict:
            out[-1] = replace(out[-1], last=segment.last)
        else:
            if before is not None:
                out[-1] = _ended(out[-1], criterion, before, segment)
            out.append(
                Stretch(criterion.id, segment.first, segment.last, segment.judged.verdict, _reason(segment.judged))
            )
        before = segment
    out[0] = replace(out[0], open_start=True)
    out[-1] = replace(out[-1], open_end=True)
    return out


def _reason(judged: Judged) -> str:
    """Reason without the days of a window, which would be right for one day only."""
    if judged.verdict == "unknown" and not judged.supports:
        return f"Needed: {judged.criterion.missing or judged.criterion.says}"
    return judged.reason


def _ended(stretch: Stretch, criterion: Criterion, before: _Segment, after: _Segment) -> Stretch:
    """The stretch with what ended it: a window, a newer fact, or a birthday."""
    day = after.first
    windows = sorted(windows_of(criterion), key=lambda w: w.text)
    for s in (*before.judged.supports, *after.judged.supports, *before.judged.contradicts):
        for window in windows:
            for d in _ends(s):
                if day in (entered(d, window), entered(d + ONE_DAY, window)):
                    why = f"{fact_name(s)} of {s.when.iso if s.when else d.isoformat()} is then older than {window.text}"  # fmt: skip
                    return replace(stretch, ends_by="window", ends_why=why, fact=s)
    known = {(s.note_id, s.start) for s in before.judged.supports}
    for s in after.judged.supports:
        if (s.note_id, s.start) not in known and day in {x for d in _ends(s) for x in (d, d + ONE_DAY)}:
            why = f"{fact_name(s)} of {s.when.iso if s.when else day.isoformat()} counts from then on"
            return replace(stretch, ends_by="newer", ends_why=why, fact=s)
    if any(on.feature == "age" for condition in conditions_of(criterion) for on in conditions_in(condition)):
        return replace(stretch, ends_by="birthday", ends_why=f"a birthday; {after.judged.reason}")
    return replace(stretch, ends_by="other", ends_why=_reason(after.judged))


def _ends(s: Statement) -> tuple[date, ...]:
    if s.when is not None:
        return (s.when.first,) if s.when.first == s.when.last else (s.when.first, s.when.last)
    return (s.note_date,) if s.note_date else ()


def fact_name(s: Statement | Fact) -> str:
    """A fact in plain words: the feature's meaning for a laboratory value, else its label."""
    features = load_features()
    if isinstance(s, Fact):
        return features[s.feature].meaning.rstrip(".")
    for name in (s.value, s.label.lower()):
        if name in features:
            return features[name].meaning.rstrip(".")
    for spec in features.values():
        if any(
            s.label in (as_list(x.label) or ()) and s.value in (None, *(as_list(x.value) or ())) for x in spec.sources
        ):
            return spec.meaning.rstrip(".")
    return s.label.replace("_", " ").capitalize()


def _statuses(
    trial: Trial,
    criteria: dict[str, list[Stretch]],
    segments: dict[str, list[_Segment]],
    first: date,
    last: date,
) -> list[StatusStretch]:
    begins = sorted({s.first for stretches in criteria.values() for s in stretches})
    starts = {c: [s.first for s in found] for c, found in segments.items()}
    out: list[StatusStretch] = []
    for day in begins:
        judged = [segments[c.id][bisect_right(starts[c.id], day) - 1].judged for c in trial.criteria]
        now = status(trial, judged)
        if out and out[-1].status == now:
            continue
        if out:
            changed = tuple(c for c, found in criteria.items() if any(s.first == day for s in found))
            out[-1] = replace(out[-1], last=day - ONE_DAY, ends_by=changed)
        out.append(StatusStretch(now, day, last))
    out[0] = replace(out[0], open_start=True)
    out[-1] = replace(out[-1], open_end=True)
    return out
