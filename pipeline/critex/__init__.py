"""critex reads free-text clinical notes and answers a trial's eligibility criteria, with the evidence for every answer.

``run`` gives all tables as DataFrames; ``load`` gives the spaCy pipeline; ``show`` displays one note in a notebook.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from critex.extract.components import load
    from critex.report.display import show
    from critex.run.local import run

__all__ = ["__version__", "load", "run", "show"]

_LAZY = {"run": "critex.run.local", "load": "critex.extract.components", "show": "critex.report.display"}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from importlib import import_module

        module: Any = import_module(_LAZY[name])
        value = getattr(module, name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'critex' has no attribute {name!r}")
