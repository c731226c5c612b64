"""Heart disease: kinds of arrhythmia, each by its latest word (GUIDELINE E10)."""

from __future__ import annotations

from critex.features.derive import derivation
from critex.features.facts import OWN_DATES, Fact, Statement
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
        best = _again_serious(told) or (told or statements)[-1]
        out.append(as_fact("arrhythmia", best, best.value))
    return out


def _again_serious(told: list[Statement]) -> Statement | None:
    """A serious state with its own day, told behind a harmless one of the same note that has none.

    "Well controlled until April. On 13 May again fast": the first gets the day of the note, which is later.
    """
    last = told[-1] if told else None
    if last is None or last.value == "serious" or last.date_source in OWN_DATES:
        return None
    behind = [
        s
        for s in told
        if s.value == "serious" and s.note_id == last.note_id and s.start > last.start and s.date_source in OWN_DATES
    ]
    return behind[-1] if behind else None
