"""Registry of the pure functions that derive a feature from others (``derive:`` in ``patterns/features.yaml``)."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from critex.errors import PatternError
from critex.features.facts import Fact

if TYPE_CHECKING:
    from critex.features.patient import Patient

Derivation = Callable[["Patient"], list[Fact]]

_REGISTERED: dict[str, Derivation] = {}
_MODULES = (
    "age",
    "blood_pressure",
    "cardiovascular",
    "clearance",
    "histology",
    "immunity",
    "laboratory",
    "lungs",
    "malignancies",
    "measurability",
    "metastases",
    "performance",
    "operations",
    "prior_treatment",
    "response",
    "staging",
    "limits",
)
"""Modules of this package that register derivations; a missing one is skipped."""


def derivation(name: str) -> Callable[[Derivation], Derivation]:
    """Register a pure function ``(patient) -> list of Fact`` under a name."""

    def register(function: Derivation) -> Derivation:
        _REGISTERED[name] = function
        return function

    return register


def derived(name: str) -> Derivation:
    """The derivation of a name.

    Raises
    ------
    PatternError
        Where no module registers it.
    """
    if name not in _REGISTERED:
        for module in _MODULES:
            try:
                import_module(f"critex.features.{module}")
            except ModuleNotFoundError as error:
                if error.name != f"critex.features.{module}":
                    raise
    if name not in _REGISTERED:
        raise PatternError(
            f"features.yaml: no function is registered for derive: {name}. Known: {', '.join(sorted(_REGISTERED))}."
        )
    return _REGISTERED[name]
