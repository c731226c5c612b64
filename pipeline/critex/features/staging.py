"""Staging of nasopharyngeal carcinoma: version 9 from the TNM of any edition (domain.md 10)."""

from __future__ import annotations

import re

from critex.features.derive import derivation
from critex.features.facts import Fact, Statement
from critex.features.patient import Patient, as_fact, lasting

_TNM = re.compile(r"(?:T(?P<t>is|[0-4Xx])[a-d]?)?(?:N(?P<n>[0-3Xx])[a-c]?)?(?:M(?P<m>[01Xx][a-c]?))?$")


def categories(value: str) -> tuple[str | None, str | None, str | None]:
    """T, N and M of a TNM such as ``T3N2M1a``; ``None`` where not written or X."""
    m = _TNM.match(value)
    if m is None:
        return None, None, None
    return tuple(None if x is None or x in "Xx" else x for x in (m["t"], m["n"], m["m"]))  # type: ignore[return-value]


def version9_group(t: str | None, n: str | None, m: str | None) -> str | None:
    """Stage group of version 9 (domain.md 10.4); ``None`` where the categories do not tell."""
    if m is not None and m.startswith("1"):
        return {"1a": "IVA", "1b": "IVB"}.get(m, "IV")
    if m is None:
        return None
    if t == "4" or n == "3":
        return "III"
    if t is None or n is None:
        return None
    if t == "3":
        return "II"
    if n == "2":
        return "II"
    if n == "1":
        return "IB"
    return "0" if t == "is" else "IA"


def metastatic(value: str, edition: str | None) -> str | None:
    """``"M1"`` or ``"M0"`` where a TNM or a stage group establishes it (domain.md I4), else ``None``."""
    _, _, m = categories(value)
    if m:
        return "M1" if m.startswith("1") else "M0"
    if value == "IVC":
        return "M1"
    if value == "IVB" and edition in ("8", "9"):
        return "M1"
    if value == "IVA" and edition == "9":
        return "M1"
    if value == "IVA" and edition in ("7", "8"):
        return "M0"
    if value in ("I", "IA", "IB", "II", "IIA", "IIB", "III"):
        return "M0"
    return None


@derivation("m_category")
def m_category(patient: Patient) -> list[Fact]:
    """Whether distant metastasis is established by stage statements; the newest current statement of the current disease counts."""
    found: list[Fact] = []
    for s in patient.labelled("STAGE"):
        if s.assertion != "present" or s.attributes.get("disease") == "other" or not s.value:
            continue
        state = metastatic(s.value, _edition(s))
        if state is not None:
            found.append(as_fact("m_category", s, state))
    if not found:
        return []
    current = [f for f in found if f.statements[0].temporality != "past"] or found
    m1 = [f for f in current if f.state == "M1"]
    m0 = [f for f in current if f.state == "M0"]
    if m1 and m0:
        last1, last0 = m1[-1].statements[0], m0[-1].statements[0]
        if last1.note_date and last0.note_date and last1.note_date != last0.note_date:
            newest = m1 if last1.note_date > last0.note_date else m0
            return lasting("m_category", newest)
    return lasting("m_category", current)


def _edition(s: Statement) -> str | None:
    got = s.attributes.get("edition")
    return None if got is None else str(got)
