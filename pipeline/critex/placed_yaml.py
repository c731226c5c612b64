"""YAML with the line and column of everything in it, so that what is wrong can be shown in its place.

Only a pure Python reader tells lines of keys, and it takes a second for all patterns. What it made of a shipped file is therefore kept in the cache
folder, by the text of the file.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ruamel.yaml import YAML, __version__
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from critex.cache import cache_folder, keep

Place = tuple[int, int]
"""Line and column, from 0."""


class Places:
    """Where the entries of a mapping or a list stand; with the methods of ruamel's ``lc``."""

    __slots__ = ("_of",)

    def __init__(self, of: dict[Any, Place]) -> None:
        self._of = of

    def key(self, key: str) -> Place:
        """Place of a key."""
        return self._of[key]

    def item(self, position: int) -> Place:
        """Place of an entry of a list."""
        return self._of[position]


class PlacedMap(dict[str, Any]):
    """A mapping that knows where its keys stand."""

    __slots__ = ("lc",)
    lc: Places


class PlacedList(list[Any]):
    """A list that knows where its entries stand."""

    __slots__ = ("lc",)
    lc: Places


def read_yaml(text: str, shipped: bool) -> Any:
    """Mappings and lists with an attribute ``lc`` that tells places, and scalars.

    Parameters
    ----------
    text : str
    shipped : bool
        Whether this is a file of ours, which may be kept in the cache folder.

    Raises
    ------
    ruamel.yaml.error.MarkedYAMLError
        Where it is not YAML.
    """
    about = hashlib.sha256(f"1\0{__version__}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()
    path = cache_folder() / f"yaml-{about[:32]}.json"
    if shipped:
        try:
            return _unpacked(json.loads(path.read_bytes()))
        except (OSError, ValueError, KeyError, TypeError):  # none yet, or a damaged one
            pass
    tree = _packed(YAML(typ="rt").load(text))
    if shipped:
        keep(path, json.dumps(tree, ensure_ascii=False).encode())
    return _unpacked(tree)


def _packed(node: Any) -> Any:
    """A tree of ruamel as JSON has it."""
    if isinstance(node, CommentedMap):
        places = node.lc.data or {}  # of a key of several lines ruamel knows none
        return {
            "keys": [str(k) for k in node],
            "places": [places[k][:2] if k in places else None for k in node],
            "values": [_packed(v) for v in node.values()],
        }
    if isinstance(node, CommentedSeq):
        return {"places": [node.lc.item(i)[:2] for i in range(len(node))], "values": [_packed(v) for v in node]}
    if node is None or isinstance(node, bool):
        return node
    for kind in (int, float):
        if isinstance(node, kind):
            return kind(node)
    return str(node)


def _unpacked(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    values = [_unpacked(v) for v in tree["values"]]
    places: list[Place | None] = [(p[0], p[1]) if p else None for p in tree["places"]]
    found: PlacedMap | PlacedList
    if "keys" in tree:
        found = PlacedMap(zip(tree["keys"], values, strict=True))
        found.lc = Places({k: p for k, p in zip(tree["keys"], places, strict=True) if p})
    else:
        found = PlacedList(values)
        found.lc = Places({i: p for i, p in enumerate(places) if p})
    return found
