"""Hashes of what a run rests on: patterns and code version."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from critex.resources import folder


@cache
def patterns_digest() -> str:
    """Hash over every file in ``patterns/`` (trials apart): mentions made with other patterns are other mentions."""
    root = folder("patterns")
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.yaml")):
        if "trials" in path.relative_to(root).parts:
            continue
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@cache
def extraction_digest() -> str:
    """Hash over the patterns and the code that reads notes: what decides which mentions a text gives."""
    digest = hashlib.sha256(patterns_digest().encode())
    for path in sorted(files("critex").joinpath("extract").iterdir(), key=lambda p: p.name):
        if path.name.endswith(".py"):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
