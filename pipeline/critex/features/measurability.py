"""Measurable disease by RECIST 1.1 (GUIDELINE I07; domain.md I7)."""

from __future__ import annotations

from dateutil.relativedelta import relativedelta

from critex.features.derive import derivation
from critex.features.facts import CONFLICT, OWN_DATES, Fact, Statement
from critex.features.patient import Patient, as_fact

NON_NODAL_MM = 10.0
"""Longest diameter from which a lesion that is no node is measurable."""
NODAL_MM = 15.0
"""Short axis from which a node is measurable."""
MEASURING = frozenset({"CT", "MRI", "PET-CT"})
"""Examinations whose sizes count; GUIDELINE takes those on the CT part of a PET-CT."""
_OLD = relativedelta(months=12)


def is_measurable(
    longest_mm: float,
    *,
    nodal: bool = False,
    short_axis_mm: float | None = None,
    short_axis_said: bool = True,
    bone: bool = False,
    soft_tissue: bool = False,
    treated: bool = False,
    modality: str | None = "CT",
) -> bool | None:
    """Whether one lesion is measurable by RECIST 1.1; ``None`` where the text leaves the deciding size open.

    Parameters
    ----------
    longest_mm, short_axis_mm : float
        Diameters in mm. A node counts by its short axis only; a size not said to be the short axis decides only if it is too small.
    short_axis_said : bool
        Whether the text says that it is the short axis; the smaller of two diameters may lie in another plane.
    nodal, bone, soft_tissue, treated : bool
        A bone lesion counts with its soft-tissue part only; a lesion treated locally does not count.
    modality : str, optional
        Examination; ultrasound, X-ray and bone scan do not measure.
    """
    if modality not in MEASURING or treated:
        return False
    if nodal:
        if short_axis_mm is not None and (short_axis_said or short_axis_mm < NODAL_MM):
            return short_axis_mm >= NODAL_MM
        return None if longest_mm >= NODAL_MM else False
    if bone and not soft_tissue:
        return False
    return longest_mm >= NON_NODAL_MM


def lesion_is_measurable(s: Statement) -> bool | None:
    """:func:`is_measurable` of a LESION statement."""
    a = s.attributes
    if s.number is None:
        return None
    short = a.get("short_axis_mm")
    return is_measurable(
        s.number,
        nodal=bool(a.get("nodal")) or a.get("organ") == "node",
        short_axis_mm=float(short) if short is not None else None,
        short_axis_said=a.get("short_axis_said") is not False,
        bone=bool(a.get("bone")),
        soft_tissue=bool(a.get("soft_tissue")),
        treated=bool(a.get("treated")),
        modality=a.get("modality"),
    )


@derivation("measurable_disease")
def measurable_disease(patient: Patient) -> list[Fact]:
    """Facts ``declared``, ``measured`` (a lesion that qualifies) or ``none`` (stated only); a "none" and newer sizes against it are a conflict."""
    name = "measurable_disease"
    stated = [s for s in patient.labelled("MEASURABLE") if s.assertion in ("present", "absent")]
    sized = [
        s
        for s in patient.labelled("LESION")
        if s.assertion == "present" and _counts(s, patient) and lesion_is_measurable(s)
    ]
    if stated:
        last = stated[-1]
        if last.assertion == "present":
            return [as_fact(name, last, "declared"), *(as_fact(name, s, "measured") for s in sized)]
        newer = [
            s
            for s in sized
            if s.note_id != last.note_id
            and (s.note_date is None or last.note_date is None or s.note_date >= last.note_date)
        ]
        if newer:
            return [Fact(name, CONFLICT, (last,), when=last.when, against=tuple(newer), flags=("conflict",))]
        return [as_fact(name, last, "none")]
    sized.sort(
        key=lambda s: (not s.attributes.get("primary") and s.attributes.get("organ") == "unspecified", -(s.number or 0))
    )
    return [as_fact(name, s, "measured") for s in sized]


def _counts(s: Statement, patient: Patient) -> bool:
    """Whether a size is the patient's current one: not an earlier value, not of an old course of disease, not in doubt."""
    if s.attributes.get("baseline") is False or s.attributes.get("doubtful"):
        return False
    if s.date_source in OWN_DATES and s.when is not None and patient.index_date is not None:
        return s.when.last >= patient.index_date - _OLD
    return True
