"""Age on the index date, from a birth date or from a stated age moved on from its note's date (GUIDELINE I01; domain.md I1)."""

from __future__ import annotations

from datetime import date

from dateutil.relativedelta import relativedelta

from critex.extract.dates import When
from critex.features.derive import derivation
from critex.features.facts import Fact
from critex.features.patient import Patient, as_fact, lasting


def completed_years(birth: date, on: date) -> int:
    """Completed years of age on a day."""
    return relativedelta(on, birth).years


def moved_on(age: int, stated: date, on: date) -> tuple[int, int]:
    """Interval of ages on a later day of someone who was ``age`` on the day ``stated``."""
    elapsed = relativedelta(on, stated).years if on >= stated else -relativedelta(stated, on).years
    exact = on == stated or abs((on - stated).days) < 1
    return age + elapsed, age + elapsed + (0 if exact else 1)


@derivation("age_on_index")
def age_on_index(patient: Patient) -> list[Fact]:
    """Age in completed years; an interval where only an age is stated and a birthday may lie between.

    A stated age within a year of the index date is taken as it stands where both ends of the interval would decide alike; the criterion sees the interval.
    """
    index = patient.index_date
    births = [s for s in patient.labelled("BIRTH_DATE") if s.when and s.assertion == "present"]
    if patient.birth_date and index:
        return [
            Fact(
                "age",
                None,
                (),
                float(completed_years(patient.birth_date, index)),
                unit="years",
                when=When(index, index),
            )
        ]
    if births and index:
        s = births[-1]
        assert s.when is not None  # noqa: S101
        return [
            Fact("age", None, (s,), float(completed_years(s.when.first, index)), unit="years", when=When(index, index))
        ]
    ages = [s for s in patient.labelled("AGE") if s.assertion == "present" and s.number is not None]
    if not ages:
        return []
    s = ages[-1]
    assert s.number is not None  # noqa: S101
    if index is None or s.note_date is None:
        return [Fact("age", None, (s,), s.number, unit="years", when=s.when, date_source=s.date_source)]
    low, high = moved_on(int(s.number), s.note_date, index)
    days = (index - s.note_date).days
    if days <= 60:  # a birthday in between is unlikely, and a second statement would show it
        high = low
    return [Fact("age", None, (s,), float(low), float(high), unit="years", when=When(index, index))]


@derivation("patient_sex")
def patient_sex(patient: Patient) -> list[Fact]:
    """Sex by the notes: what headers and titles say before pronouns, and what most of them say; a real split stays a conflict."""
    stated = [s for s in patient.labelled("SEX") if s.assertion == "present"]
    firm = [s for s in stated if not s.attributes.get("pronoun")] or stated
    if not firm:
        return []
    counts = {v: sum(s.value == v for s in firm) for v in ("M", "F")}
    best = max(counts, key=lambda v: counts[v])
    if counts[best] < 3 * (len(firm) - counts[best]):
        return lasting("sex", [as_fact("sex", s, s.value) for s in firm])
    return lasting("sex", [as_fact("sex", s, s.value) for s in firm if s.value == best])
