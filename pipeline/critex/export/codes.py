"""Codes of public terminologies for mentions: LOINC for what was measured, SNOMED CT and ICD-10 for conditions (``codes.yaml``)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML

from critex.export.source import Row

Code = dict[str, Any]
"""An entry of ``codes.yaml``: ``loinc`` with ``display`` and ``ucum``, or ``text`` with ``snomed`` and ``icd10``, as far as they are sure."""


@cache
def codes() -> dict[str, Any]:
    """The code table beside this module."""
    loaded: dict[str, Any] = YAML(typ="safe").load((files("critex.export") / "codes.yaml").read_text(encoding="utf-8"))
    return loaded


def observation_code(m: Row) -> Code | None:
    """Code of a mention of something measured.

    Parameters
    ----------
    m : dict
        Row of the mentions table; empty cells are ``None``.

    Returns
    -------
    dict or None
        ``None`` where the mention is no observation, ``{}`` where it is one without a code. A LOINC code belongs to one kind of
        unit (moles, mass, copies): for a value in another unit it would be wrong and is not given.
    """
    known = codes()["observations"].get(m["label"])
    if known is None:
        return None
    single = "loinc" in known or "display" in known
    code = known if single else known.get(m["value"])
    if code is None:
        return {} if m["label"] == "LAB" else None
    if m["canonical_unit"] and codes()["units"].get(m["canonical_unit"]) != code.get("ucum"):
        return {}
    return dict(code)


def condition_code(m: Row) -> Code | None:
    """Code of a mention of a condition; ``None`` for other labels, and for values that name none (a test for it, contact with it)."""
    known = codes()["conditions"].get(m["label"])
    if known is None:
        return None
    if "text" in known:
        but = known.get("but", {})
        found = but.get(m["value"], known)
        return {k: v for k, v in found.items() if k != "but"} if found else None
    if m["label"] == "METASTASIS" and m["value"] not in known:
        return {"text": f"Metastasis to {m['value']}"}
    found = known.get(m["value"])
    if found and found.get("as_written"):
        return {"text": m["text"]}
    return dict(found) if found else None
