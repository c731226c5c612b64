"""Organs and nodal regions as notes name them, from ``patterns/anatomy.yaml``; used by metastases, lesions and the nervous system."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from critex.errors import PatternError
from critex.extract.patterns import FLAGS, load_yaml

CLASSES = ("site", "region", "node", "regional", "local", "nodes", "vertebra")


@dataclass(frozen=True)
class Organ:
    """One entry of ``anatomy.yaml``: the site, what kind of place it is, and its words."""

    value: str
    kind: str
    regex: str
    examples: tuple[str, ...] = ()


@cache
def organs() -> tuple[Organ, ...]:
    """Entries in the order in which they are tried.

    Raises
    ------
    PatternError
        Names the line of an entry that is not valid.
    """
    content = load_yaml("anatomy.yaml")
    found = []
    for position, entry in enumerate(content["organs"]):
        where = f"anatomy.yaml:{content['organs'].lc.item(position)[0] + 1}"
        if entry.get("class") not in CLASSES:
            raise PatternError(f"{where}: class must be one of {', '.join(CLASSES)}.")
        try:
            re.compile(str(entry["regex"]), FLAGS)
        except re.error as error:
            raise PatternError(f"{where}: not a valid regular expression: {error}.") from None
        found.append(
            Organ(
                str(entry["value"]),
                str(entry["class"]),
                str(entry["regex"]),
                tuple(map(str, entry.get("examples", ()))),
            )
        )
    return tuple(found)


@cache
def organ_sources() -> tuple[str, ...]:
    """Regular expression of each organ; the group ``o<n>`` that matched tells which entry of :func:`organs` it is."""
    return tuple(f"(?P<o{i}>{organ.regex})" for i, organ in enumerate(organs()))


@cache
def organ_pattern() -> re.Pattern[str]:
    """:func:`organ_sources` as words that stand alone."""
    return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(organ_sources())})(?![A-Za-z0-9])", FLAGS)


def organ_of(m: re.Match[str]) -> Organ:
    """The entry that a match of :func:`organ_pattern` belongs to."""
    return organs()[int((m.lastgroup or "o0")[1:])]
