"""The upper limit of normal: printed beside the value, else printed elsewhere for the same test, else a general limit (GUIDELINE I09, I10; domain.md 6.4)."""

from __future__ import annotations

from dataclasses import dataclass

from critex.features.facts import Fact, Statement
from critex.features.patient import Patient

FALLBACK: dict[str, tuple[float, float]] = {
    "creatinine": (104.0, 84.0),
    "bilirubin_total": (21.0, 21.0),
    "ast": (40.0, 40.0),
    "alt": (40.0, 40.0),
    "inr": (1.2, 1.2),
    "pt": (14.5, 14.5),
    "aptt": (37.0, 37.0),
}
"""General upper limits, male and female, in the canonical unit."""


@dataclass(frozen=True)
class Limit:
    """An upper limit in the canonical unit, and where it is from."""

    value: float
    origin: str

    @property
    def origin_text(self) -> str:
        """Words for the reason."""
        return {
            "row": "range beside the value",
            "patient": "range printed elsewhere in the notes",
            "fallback": "general limit",
            "ratio": "control, as the value is a ratio",
        }[self.origin]


def printed(s: Statement) -> float | None:
    """Upper limit printed beside a value, in the canonical unit."""
    if s.ref_high is None or s.ref_high <= 0:
        return None
    factor = s.canonical / s.number if s.canonical is not None and s.number else 1.0
    return s.ref_high * factor


def upper_limit(fact: Fact, patient: Patient) -> Limit | None:
    """Upper limit of normal for a laboratory fact, ``None`` where there is none at all."""
    s = fact.statements[0] if fact.statements else None
    if s is None or s.value is None:
        return None
    if s.canonical_unit == "ratio":  # a clotting time over the control's: the limit is a multiple of 1 (domain.md I10)
        return Limit(1.0, "ratio")
    own = printed(s)
    if own is not None:
        return Limit(own, "row")
    same = [
        x
        for x in patient.labelled("LAB")
        if x.value == s.value
        and x.assertion == "present"
        and x.canonical_unit == s.canonical_unit
        and printed(x) is not None
    ]
    if same:
        near = min(
            same,
            key=lambda x: (
                abs((x.when.first - s.when.first).days) if x.when and s.when else 10_000,
                x.note_id,
                x.start,
            ),
        )
        found = printed(near)
        assert found is not None  # noqa: S101
        return Limit(found, "patient")
    general = FALLBACK.get(s.value)
    if general is None:
        return None
    male, female = general
    return Limit(female if patient.sex == "F" else male, "fallback")
