"""Age on the index date, from a birth date or from stated ages moved on from their notes' dates; and sex (GUIDELINE I01; domain.md I1)."""

from __future__ import annotations

from collections import Counter
from datetime import date

from dateutil.relativedelta import relativedelta

from critex.extract.dates import When
from critex.features.derive import derivation
from critex.features.facts import CONFLICT, OWN_DATES, Fact, Statement
from critex.features.patient import Patient, as_fact, lasting

UNLIKELY_BIRTHDAY = 60
"""Days within which a stated age is taken as it stands: a birthday in between is unlikely, and a newer note would show it."""
AGREE = 1
"""Years by which a stated age and one from a birth date may differ (domain.md I1)."""


def completed_years(birth: date, on: date) -> int:
    """Completed years of age on a day."""
    return relativedelta(on, birth).years


def moved_on(age: int, stated: date, on: date) -> tuple[int, int]:
    """Ages that someone can have on a later (or earlier) day.

    Parameters
    ----------
    age : int
        Completed years on the day ``stated``.
    stated, on : date
        The day of the statement, and the day that is asked for.

    Returns
    -------
    tuple of int
        Lowest and highest age in completed years; equal on the day itself.
    """
    if on == stated:
        return age, age
    if on > stated:
        elapsed = relativedelta(on, stated).years
        return age + elapsed, age + elapsed + 1
    elapsed = relativedelta(stated, on).years
    return age - elapsed - 1, age - elapsed


def _span(s: Statement) -> tuple[int, int]:
    """Age of a statement from one to another; the same where it is exact ("in her 60s" is 60 to 69)."""
    low, _, high = str(s.value).partition("-")
    return int(low), int(high or low)


def _told_on(s: Statement) -> When | None:
    """The day of which an age is told: one written beside it ("66 in 2018"), else that of its note."""
    if s.date_source in OWN_DATES and s.when is not None:
        return s.when
    return When(s.note_date, s.note_date) if s.note_date is not None else None


def _interval(s: Statement, on: date | None) -> tuple[int, int]:
    low, high = _span(s)
    told = _told_on(s)
    if on is None or told is None:
        return low, high
    if s.attributes.get("birthday"):  # "turned 68 in January"
        return low + completed_years(told.last, on), high + completed_years(told.first, on)
    return moved_on(low, told.last, on)[0], moved_on(high, told.first, on)[1]


def _settled(s: Statement, on: date | None) -> tuple[int, int]:
    """As :func:`_interval`, without the birthday that hardly lies between two near days."""
    low, high = _interval(s, on)
    if (
        on is not None
        and s.note_date is not None
        and s.date_source not in OWN_DATES
        and 0 <= (on - s.note_date).days <= UNLIKELY_BIRTHDAY
    ):
        return low, low + (_span(s)[1] - _span(s)[0])
    return low, high


def _supported(ages: list[Statement], on: date | None) -> list[Statement]:
    """Statements that most others agree with, oldest first; a mistyped age is outvoted."""
    spans = [_interval(s, on) for s in ages]
    votes = [sum(a[0] <= b[1] and b[0] <= a[1] for b in spans) for a in spans]
    return [s for s, v in zip(ages, votes, strict=True) if v == max(votes)]


@derivation("age_on_index")
def age_on_index(patient: Patient) -> list[Fact]:
    """Age in completed years on the index date; an interval where a birthday, or a contradiction, leaves it open.

    A birth date decides, that of the patients file before those of the notes. Where stated ages are more than a year away from it, the interval
    holds both, so that only a criterion that both meet is decided.
    """
    index = patient.index_date
    when = When(index, index) if index else None
    if patient.birth_date and index:
        return [Fact("age", None, (), float(completed_years(patient.birth_date, index)), unit="years", when=when)]
    births = [s for s in patient.labelled("BIRTH_DATE") if s.when and s.assertion == "present"]
    ages = [s for s in patient.labelled("AGE") if s.assertion == "present" and s.value]
    exact = [s for s in ages if "-" not in str(s.value)]
    told = _supported(exact or ages, index) if ages else []
    if births and index:
        day = Counter(str(s.value) for s in births).most_common(1)[0][0]
        s = next(x for x in reversed(births) if str(x.value) == day)
        assert s.when is not None  # noqa: S101
        low, high = completed_years(s.when.last, index), completed_years(s.when.first, index)
        against: list[Statement] = []
        if told and exact:
            stated = _interval(told[-1], index)
            if stated[0] > high + AGREE or stated[1] < low - AGREE:
                low, high, against = min(low, stated[0]), max(high, stated[1]), [told[-1]]
        flags = ("conflict",) if against else ()
        agree = [] if against else [x for x in births if x is not s and str(x.value) == day] + told
        return [Fact("age", None, (s, *agree), float(low), float(high), unit="years", when=when, against=tuple(against), flags=flags)]  # fmt: skip
    if not told:
        return []
    s = told[-1]
    low, high = _settled(s, index)
    if index is None or s.note_date is None:
        when = s.when
    same = [x for x in reversed(told) if x is not s]
    return [Fact("age", None, (s, *same), float(low), float(high), unit="years", when=when, date_source=s.date_source)]


@derivation("patient_sex")
def patient_sex(patient: Patient) -> list[Fact]:
    """Sex by the notes: what stands beside an age or as "Sex: F" first, then titles and pronouns; a real split stays a conflict."""
    stated = [s for s in patient.labelled("SEX") if s.assertion == "present"]
    firm = [s for s in stated if not s.attributes.get("pronoun") and not s.attributes.get("title")]
    soft = [s for s in stated if s not in firm]
    found, others = (_majority(firm), _majority(soft)) if firm else (_majority(soft), None)
    if found is None:
        return lasting("sex", [as_fact("sex", s, s.value) for s in firm or soft])
    if others is not None and others != found and len(soft) > 2 * len(firm):
        return [Fact("sex", CONFLICT, (firm[0],), against=tuple(soft[:1]), flags=("conflict",))]
    titles = [s for s in soft if s.attributes.get("title")] if firm else []
    return lasting("sex", [as_fact("sex", s, s.value) for s in [*(firm or soft), *titles] if s.value == found])


def _majority(statements: list[Statement]) -> str | None:
    """The sex that at least three of four statements say."""
    for value in ("M", "F"):
        said = sum(s.value == value for s in statements)
        if said and said >= 3 * (len(statements) - said):
            return value
    return None
