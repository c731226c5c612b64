"""Measurable disease by RECIST 1.1 (GUIDELINE I07; domain.md I7)."""

from __future__ import annotations

from critex.features.derive import derivation
from critex.features.facts import Fact, Statement
from critex.features.patient import Patient, as_fact

NON_NODAL_MM = 10.0
NODAL_SHORT_AXIS_MM = 15.0


def is_measurable(s: Statement) -> bool:
    """Whether a lesion of a size is measurable: 10 mm outside nodes on CT or MRI, 15 mm in the short axis for nodes; never bone alone."""
    if s.number is None or not s.attributes.get("imaging"):
        return False
    if s.attributes.get("nodal"):
        axis = s.attributes.get("short_axis_mm")
        if axis is None:
            axis = s.attributes.get("second_axis_mm")
        return axis is not None and float(axis) >= NODAL_SHORT_AXIS_MM
    return not s.attributes.get("bone") and s.number >= NON_NODAL_MM


@derivation("measurable_disease")
def measurable_disease(patient: Patient) -> list[Fact]:
    """Facts ``stated``, ``measured`` or ``none`` (stated that there is no measurable lesion)."""
    out = []
    for s in patient.labelled("MEASURABLE"):
        if s.assertion == "present":
            out.append(as_fact("measurable_disease", s, "stated"))
        elif s.assertion == "absent":
            out.append(as_fact("measurable_disease", s, "none"))
    out.extend(
        as_fact("measurable_disease", s, "measured")
        for s in patient.labelled("LESION")
        if s.assertion == "present" and is_measurable(s)
    )
    return out
