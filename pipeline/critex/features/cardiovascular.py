"""Heart disease: kinds of arrhythmia, each by its latest word (GUIDELINE E10)."""

from __future__ import annotations

from critex.features.derive import derivation
from critex.features.facts import Fact, Statement
from critex.features.patient import Patient, as_fact


@derivation("arrhythmia")
def arrhythmia(patient: Patient) -> list[Fact]:
    """One fact a kind of arrhythmia: ``serious``, ``not_serious`` or ``unspecified``.

    Of one kind the latest statement that tells its state counts: atrial fibrillation that was fast in January and is rate-controlled in
    March is not serious.
    """
    kinds: dict[str, list[Statement]] = {}
    for s in patient.labelled("ARRHYTHMIA"):
        if s.assertion == "present":
            kinds.setdefault(str(s.attributes.get("type")), []).append(s)
    named = {kind for kind in kinds if kind != "any"}
    out = []
    for kind, statements in kinds.items():
        if kind == "any" and named:
            continue  # "arrhythmia" beside a named one is that one
        told = [s for s in statements if s.value != "unspecified"]
        best = (told or statements)[-1]
        out.append(as_fact("arrhythmia", best, best.value))
    return out
