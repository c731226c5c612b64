"""The families of facts that critex knows, in the order in which they run."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from critex.extract.family import Family

NAMES = (
    "histology",
    "stage",
    "performance",
    "demographics",
    "survival",
    "metastasis",
    "cns",
    "lesions",
    "liver",
    "response",
    "treatments",
    "hepatitis",
    "tuberculosis",
    "hiv",
    "labs",
    "malignancy",
    "autoimmune",
    "cardiac",
    "lung",
    "surgery",
    "pregnancy",
    "allergy",
    "anticoagulation",
    "general",
)
"""Each is a module here with ``FAMILY``, and a file in ``patterns/``."""


@cache
def all_families() -> tuple[Family, ...]:
    """Every family, in order."""
    found = []
    for name in NAMES:
        try:
            found.append(load_family(name))
        except ModuleNotFoundError as error:
            if error.name != f"critex.extract.{name}":
                raise
    return tuple(found)


@cache
def load_family(name: str) -> Family:
    """The family of one name.

    Raises
    ------
    ModuleNotFoundError
        If there is none.
    """
    module = import_module(f"critex.extract.{name}")
    family: Family = module.FAMILY
    return family
