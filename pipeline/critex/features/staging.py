"""Staging of nasopharyngeal carcinoma: version 9 from the TNM of any edition (domain.md 10), and what establishes M1 or M0 (GUIDELINE I04)."""

from __future__ import annotations

import re

from critex.features.derive import derivation
from critex.features.facts import Fact, Statement
from critex.features.patient import Patient, as_fact, lasting

_TNM = re.compile(
    r"(?:T(?P<t>is|[0-4x])[a-d]?(?:-[1-4])?)?(?:N(?P<n>[0-3x+])[a-c]?(?:-[1-3])?)?(?:M(?P<m>[01x][a-c]?))?$", re.I
)
_ROMAN = {"1": "I", "2": "II", "3": "III", "4": "IV"}
M1_GROUPS = {
    "6": frozenset({"IVC"}),
    "7": frozenset({"IVC"}),
    "8": frozenset({"IVB"}),
    "9": frozenset({"IV", "IVA", "IVB"}),
    "china2008": frozenset({"IVB"}),
}
"""Stage groups that mean distant metastasis, by edition (domain.md 10.4, I4)."""
M0_GROUPS = {
    "6": frozenset({"IVA", "IVB"}),
    "7": frozenset({"IVA", "IVB"}),
    "8": frozenset({"IVA"}),
    "9": frozenset(),
    "china2008": frozenset({"IVA"}),
}
"""Stage IV groups that mean advanced local disease without distant metastasis, by edition."""
_EARLY = frozenset({"0", "I", "IA", "IB", "II", "IIA", "IIB", "III", "IIIA", "IIIB"})
"""Groups that are without distant metastasis in every edition."""


def categories(value: str) -> tuple[str | None, str | None, str | None]:
    """T, N and M of a TNM such as ``T3N2M1a``.

    Returns
    -------
    tuple of str or None
        ``("3", "2", "1a")``; ``None`` for a category that is not written or is X.
    """
    m = _TNM.match(value)
    if m is None:
        return None, None, None
    t, n, m_ = (None if x is None or x in "Xx" else x.lower() for x in (m["t"], m["n"], m["m"]))
    return t, n, m_


def version9_group(t: str | None, n: str | None, m: str | None) -> str | None:
    """Stage group of version 9 (domain.md 10.4).

    Parameters
    ----------
    t, n, m : str or None
        Categories without their letter: ``"3"``, ``"2"``, ``"1a"``; those of the 8th edition give the same group but for M.

    Returns
    -------
    str or None
        ``IVA`` for M1a, ``IVB`` for M1b, ``IV`` where the sub-letter is not known; ``None`` where the categories do not tell.
    """
    if m is None:
        return None
    if m.startswith("1"):
        return {"1a": "IVA", "1b": "IVB"}.get(m, "IV")
    if t == "4" or n == "3":
        return "III"
    if t is None or n is None or n == "+":
        return None
    if t == "3" or n == "2":
        return "II"
    if n == "1":
        return "IB"
    return {"is": "0", "1": "IA", "2": "IA"}.get(t)


def metastatic(value: str, edition: str | None) -> str | None:
    """What a TNM or a stage group establishes about distant metastasis (domain.md I4).

    Parameters
    ----------
    value : str
        As in a STAGE mention: ``T4N3M0``, ``M1b``, ``IVB``, ``4A``.
    edition : str or None
        Edition that is written beside it.

    Returns
    -------
    str or None
        ``"M1"``, ``"M0"``, or ``None`` where it does not tell: stage IV, IVA or IVB without an edition, MX, T and N alone.
    """
    _, _, m = categories(value)
    if m is not None:
        return "M1" if m.startswith("1") else "M0"
    group = _ROMAN.get(value[:1], value[:1]) + value[1:].upper()
    if group in _EARLY:
        return "M0"
    if edition is None:
        return "M1" if group == "IVC" else None
    if group in M1_GROUPS.get(edition, ()):
        return "M1"
    return "M0" if group in M0_GROUPS.get(edition, ()) else None


def _of_this_cancer(s: Statement) -> bool:
    return bool(s.value) and s.attributes.get("disease") != "other" and s.assertion in ("present", "absent")


@derivation("m_category")
def m_category(patient: Patient) -> list[Fact]:
    """``M1`` or ``M0`` by stage statements: those of now before those of the past, of different days the newest.

    M0 after treatment (``ycT1N0M0``) does not count: the stage at diagnosis decides (domain.md I4).
    """
    found: list[Fact] = []
    for s in patient.labelled("STAGE"):
        if not _of_this_cancer(s):
            continue
        edition = s.attributes.get("edition")
        state = metastatic(str(s.value), None if edition is None else str(edition))
        if s.assertion == "absent":  # "no M1 disease"
            state = "M0" if state == "M1" and str(s.value).startswith("M") else None
        if state is not None:
            found.append(as_fact("m_category", s, state))
    current = [f for f in found if f.statements[0].temporality != "past"] or found
    before = [f for f in current if f.state == "M1" or not str(f.attributes.get("prefix", "")).startswith("y")]
    days = {f.state: f.statements[0].note_date for f in before}  # newest of each state: facts come in order of time
    one, none = days.get("M1"), days.get("M0")
    if one and none and one != none:
        newest = "M1" if one > none else "M0"
        against = tuple(f.statements[0] for f in before if f.state != newest)
        return [_against(lasting("m_category", [f for f in before if f.state == newest])[0], against)]
    return lasting("m_category", before)


def _against(fact: Fact, statements: tuple[Statement, ...]) -> Fact:
    return Fact(
        fact.feature, fact.state, fact.statements, fact.number, fact.number_to, fact.comparator, fact.unit, fact.when, fact.date_source,
        fact.attributes, statements, fact.flags,
    )  # fmt: skip


@derivation("stage_version9")
def stage_version9(patient: Patient) -> list[Fact]:
    """Stage group of version 9 from the newest T, N and M of any edition, with M by :func:`m_category` where the TNM leaves it open."""
    known = patient.facts("m_category")
    m_state = known[0].state if known else None
    for s in reversed(patient.labelled("STAGE")):
        if not _of_this_cancer(s) or s.assertion != "present" or s.temporality == "past":
            continue
        t, n, m = categories(str(s.value))
        group = version9_group(t, n, m if m is not None else {"M1": "1", "M0": "0"}.get(str(m_state)))
        if group is not None:
            return [as_fact("stage_version9", s, group)]
    return []
