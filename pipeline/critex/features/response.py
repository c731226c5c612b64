"""Response after four to six cycles of chemotherapy with a PD-1 inhibitor (GUIDELINE I08)."""

from __future__ import annotations

from critex.features.derive import derivation
from critex.features.facts import Fact
from critex.features.patient import Patient, as_fact


@derivation("response_after_induction")
def response_after_induction(patient: Patient) -> list[Fact]:
    """The latest stated response once four to six cycles with a checkpoint inhibitor were given; nothing before."""
    cycles = [s for s in patient.labelled("CYCLES") if s.assertion == "present" and s.number is not None]
    with_pd1 = any(s.value == "immunotherapy" and s.assertion == "present" for s in patient.labelled("TREATMENT"))
    out = []
    for s in patient.labelled("RESPONSE"):
        if s.assertion != "present":
            continue
        after = s.attributes.get("after_cycles")
        number = int(after) if after is not None else max((int(c.number or 0) for c in cycles), default=0)
        if 4 <= number <= 6 and (with_pd1 or after is not None):
            out.append(as_fact("response", s, s.value))
    return out[-1:]
