"""Laboratory features that follow from others (GUIDELINE I09)."""

from __future__ import annotations

from critex.features.derive import derivation
from critex.features.facts import Fact
from critex.features.patient import Patient, as_fact, statement_order


@derivation("neutrophils")
def neutrophils(patient: Patient) -> list[Fact]:
    """Neutrophil count: as stated, else white cells times the neutrophil share of the same day and note."""
    labs = [
        s
        for s in patient.labelled("LAB")
        if s.assertion == "present" and s.temporality == "current" and s.canonical is not None
    ]
    stated = [as_fact("anc", s, None, "10^9/L") for s in labs if s.value == "anc"]
    days = {(f.when.iso if f.when else "") for f in stated}
    out = list(stated)
    for share in (s for s in labs if s.value == "neutrophil_pct"):
        day = share.when.iso if share.when else ""
        if day in days:
            continue
        whites = [
            s for s in labs if s.value == "wbc" and s.note_id == share.note_id and (s.when.iso if s.when else "") == day
        ]
        if not whites:
            continue
        of_day = [
            s
            for s in labs
            if s.value == "neutrophil_pct" and s.note_id == share.note_id and (s.when.iso if s.when else "") == day
        ]
        if len(of_day) == len(whites) > 1:  # two columns of which the day is not known: first with first
            white = sorted(whites, key=lambda s: s.start)[sorted(s.start for s in of_day).index(share.start)]
        else:
            white = min(whites, key=lambda s: abs(s.start - share.start))
        assert white.canonical is not None  # noqa: S101
        assert share.canonical is not None  # noqa: S101
        number = round(white.canonical * share.canonical / 100, 4)
        out.append(
            Fact(
                "anc",
                None,
                (white, share),
                number,
                unit="10^9/L",
                when=share.when,
                date_source=share.date_source,
                flags=("calculated",),
            )
        )
    out.sort(key=lambda f: statement_order(f.statements[0]))
    return out
