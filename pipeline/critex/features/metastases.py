"""Distant metastasis from all statements about sites and stage (GUIDELINE I02.metastasis, I04, E03)."""

from __future__ import annotations

from critex.features.derive import derivation
from critex.features.facts import Fact, Statement
from critex.features.patient import Patient, as_fact
from critex.features.staging import metastatic


def _stage(s: Statement) -> str | None:
    if s.assertion != "present" or s.attributes.get("disease") == "other" or not s.value or s.temporality == "past":
        return None
    edition = s.attributes.get("edition")
    return metastatic(s.value, None if edition is None else str(edition))


@derivation("distant_metastasis")
def distant_metastasis(patient: Patient) -> list[Fact]:
    """Facts ``present`` (a site affirmed, or M1) or ``absent`` (M0, or no distant metastasis on a complete work-up).

    A site affirmed outweighs statements that other sites are free. Later stage statements outweigh earlier ones.
    """
    sites = [s for s in patient.labelled("METASTASIS") if s.attributes.get("disease") != "other"]
    present = [
        as_fact("distant_metastasis", s, "present")
        for s in sites
        if s.assertion == "present" and s.value != "unspecified"
    ]
    unspecified = [
        as_fact("distant_metastasis", s, "present")
        for s in sites
        if s.assertion == "present" and s.value == "unspecified"
    ]
    staged = [(s, _stage(s)) for s in patient.labelled("STAGE")]
    m1 = [as_fact("distant_metastasis", s, "present") for s, x in staged if x == "M1"]
    m0 = [
        as_fact("distant_metastasis", s, "absent")
        for s, x in staged
        if x == "M0" and s.value and "M0" in s.value.upper()
    ]
    none = [
        as_fact("distant_metastasis", s, "absent")
        for s in sites
        if s.assertion == "absent" and s.value == "unspecified"
    ]
    if present:
        return present + m1
    if m1 or unspecified:
        if (
            m0
            and not unspecified
            and m0[-1].statements[0].note_date
            and m1[-1].statements[0].note_date
            and m0[-1].statements[0].note_date > m1[-1].statements[0].note_date
        ):
            return [*m0, *none]
        return [*m1, *unspecified] if not (none and not m1) else []
    doubtful = [s for s in sites if s.assertion == "possible"]
    if m0 or (none and not doubtful):
        return [*none, *m0]
    return []


@derivation("cns_metastasis")
def cns_metastasis(patient: Patient) -> list[Fact]:
    """Facts ``symptomatic``, ``controlled``, ``present`` (neither stated) or ``clear`` about the central nervous system."""
    sites = [s for s in patient.labelled("METASTASIS") if s.value in ("brain", "leptomeninges")]
    present = [s for s in sites if s.assertion == "present"]
    status = patient.labelled("CNS_STATUS")
    symptomatic = [s for s in status if s.value == "symptomatic" and s.assertion == "present"]
    controlled = [s for s in status if s.value == "controlled" and s.assertion == "present"]
    clear = [s for s in status if s.value == "clear" and s.assertion == "present"] + [
        s for s in sites if s.assertion == "absent"
    ]
    if present or symptomatic:
        lepto = [s for s in present if s.value == "leptomeninges"]
        if controlled and not lepto:
            return [as_fact("cns_metastasis", s, "controlled") for s in controlled]
        if symptomatic or lepto:
            return [as_fact("cns_metastasis", s, "symptomatic") for s in (*symptomatic, *lepto, *present)]
        return [as_fact("cns_metastasis", s, "present") for s in present]
    if any(s.assertion == "possible" for s in sites) and not clear:
        return []
    return [as_fact("cns_metastasis", s, "clear") for s in clear]
