"""When Python looks for unreachable cycles of objects. A search looks through all that is loaded, and takes 60 ms where all rules are."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_search() -> Iterator[None]:
    """No search meanwhile, for work that makes many objects and no cycles (or none worth a search)."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()
