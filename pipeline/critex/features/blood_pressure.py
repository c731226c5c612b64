"""Hypertension, what is said of its control, and the latest blood pressure (GUIDELINE E10.hypertension)."""

from __future__ import annotations

from critex.features.derive import derivation
from critex.features.facts import Fact, Statement
from critex.features.patient import Patient, as_fact


def readings(patient: Patient) -> list[Statement]:
    """Blood pressures measured up to the index date, oldest first."""
    found = [s for s in patient.labelled("BP") if s.assertion == "present" and s.number is not None]
    if patient.index_date is not None:
        found = [s for s in found if s.when is None or s.when.first <= patient.index_date]
    return found


def latest_readings(patient: Patient) -> list[Statement]:
    """The latest reading, with those of the same day that it does not replace.

    Of one day the last counts ("166/98, repeat 136/84"), but a reading at home and one in the clinic stand beside each other.
    """
    found = readings(patient)
    if not found:
        return []
    last = found[-1]
    same_note = [s for s in found[:-1] if s.note_id == last.note_id and s.when == last.when]
    at_home = bool(last.attributes.get("home"))
    other = [s for s in same_note if bool(s.attributes.get("home")) != at_home]
    return [*other[-1:], last]


def _numbers(patient: Patient, name: str, which: str) -> list[Fact]:
    latest = latest_readings(patient)
    if not latest:
        return []
    values = [
        float(s.number or 0) if which == "systolic" else float(s.attributes.get("diastolic") or 0) for s in latest
    ]
    last = latest[-1]
    high = max(values)
    return [
        Fact(name, None, tuple(reversed(latest)), min(values), high if high > min(values) else None, None, "mmHg", last.when, last.date_source)
    ]  # fmt: skip


@derivation("systolic_bp")
def systolic_bp(patient: Patient) -> list[Fact]:
    """Latest systolic pressure in mmHg; an interval where a reading at home and one in the clinic of the same day differ."""
    return _numbers(patient, "systolic_bp", "systolic")


@derivation("diastolic_bp")
def diastolic_bp(patient: Patient) -> list[Fact]:
    """Latest diastolic pressure in mmHg, as :func:`systolic_bp`."""
    return _numbers(patient, "diastolic_bp", "diastolic")


@derivation("hypertension")
def hypertension(patient: Patient) -> list[Fact]:
    """``present`` where any note names hypertension of the patient, else ``absent`` where one denies it."""
    statements = patient.labelled("HYPERTENSION")
    for assertion in ("present", "absent"):
        found = [s for s in statements if s.assertion == assertion]
        if found:
            return [as_fact("hypertension", found[-1], assertion)]
    return []


@derivation("hypertension_control")
def hypertension_control(patient: Patient) -> list[Fact]:
    """The latest word on control, unless a later day has a blood pressure, which then counts instead."""
    said = [s for s in patient.labelled("HYPERTENSION") if s.assertion == "present" and s.attributes.get("control")]
    if not said:
        return []
    last = said[-1]
    measured = readings(patient)
    day = last.note_date
    if measured and day is not None and measured[-1].when is not None and measured[-1].when.first > day:
        return []
    return [as_fact("hypertension_control", last, str(last.attributes["control"]))]
