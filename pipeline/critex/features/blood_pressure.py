"""Hypertension against its control and the latest blood pressure (GUIDELINE E10.hypertension)."""

from __future__ import annotations

from critex.features.derive import derivation
from critex.features.facts import Fact
from critex.features.patient import Patient, as_fact

CONTROLLED_BELOW = (140.0, 90.0)
UNCONTROLLED_FROM = (160.0, 100.0)


@derivation("hypertension")
def hypertension(patient: Patient) -> list[Fact]:
    """One fact: ``uncontrolled``, ``controlled``, ``none``, or ``open`` (hypertension with neither control nor a blood pressure that decides)."""
    statements = [s for s in patient.labelled("HYPERTENSION") if s.assertion in ("present", "absent")]
    present = [s for s in statements if s.assertion == "present"]
    absent = [s for s in statements if s.assertion == "absent"]
    readings = [s for s in patient.labelled("BP") if s.assertion == "present" and s.number is not None]
    if patient.index_date is not None:
        readings = [s for s in readings if s.when is None or s.when.first <= patient.index_date]
    if not present:
        return [as_fact("hypertension", absent[-1], "none")] if absent else []
    said = [s for s in present if s.attributes.get("control")]
    latest = readings[-1] if readings else None
    state, evidence = "open", [present[-1]]
    if latest is not None and latest.number is not None:
        low = float(latest.attributes.get("diastolic") or 0)
        if latest.number >= UNCONTROLLED_FROM[0] or low >= UNCONTROLLED_FROM[1]:
            state, evidence = "uncontrolled", [latest, present[-1]]
        elif latest.number < CONTROLLED_BELOW[0] and low < CONTROLLED_BELOW[1]:
            state, evidence = "controlled", [latest, present[-1]]
    if said:
        last = said[-1]
        newer = latest is None or latest.when is None or last.when is None or last.when.last >= latest.when.first
        if last.attributes["control"] == "uncontrolled" and newer:
            state, evidence = "uncontrolled", [last]
        elif last.attributes["control"] == "controlled" and state == "open":
            state, evidence = "controlled", [last]
    return [Fact("hypertension", state, tuple(evidence), when=evidence[0].when, date_source=evidence[0].date_source)]
