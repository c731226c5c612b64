"""Major operations and statements of none (GUIDELINE E12, settled questions; domain.md E12)."""

from __future__ import annotations

from datetime import date

from critex.features.derive import derivation
from critex.features.facts import OWN_DATES, Fact
from critex.features.patient import Patient, as_fact


@derivation("surgery")
def surgery(patient: Patient) -> list[Fact]:
    """Facts ``major`` and ``unclear`` (each operation, on its day), and ``none`` (a statement of no operation).

    A statement of none does not cover an operation that a later note names without a day. An operation named without a day is the one of the same
    name that has one ("post hysterectomy" on a scan).
    """
    said = patient.labelled("SURGERY")
    done = [s for s in said if s.assertion == "present" and s.value in ("major", "unclear")]
    dated = {_operation(s.text) for s in done if s.date_source in OWN_DATES}
    done = [s for s in done if s.date_source in OWN_DATES or _operation(s.text) not in dated]
    undated = [s for s in done if s.date_source not in OWN_DATES]
    out = [as_fact("surgery", s, s.value) for s in done]
    for s in said:
        if s.value != "none" or s.assertion != "absent":
            continue
        if any((u.note_date or date.min) > (s.note_date or date.max) for u in undated):
            continue
        out.append(as_fact("surgery", s, "none"))
    return out


def _operation(text: str) -> str:
    """Last word of an operation's name, for telling that two mentions are of one: "Wertheim hysterectomy", "hysterectomy"."""
    return text.lower().split()[-1]
