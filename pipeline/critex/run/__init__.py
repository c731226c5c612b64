"""Engines that do the job for many notes.

``critex.run`` is a function for users, and this package has the same name: importing anything in it must not hide the function, so the package itself
can be called.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _CallablePackage(ModuleType):
    """The package, callable as :func:`critex.run.local.run`."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        from critex.run.local import run

        return run(*args, **options)


sys.modules[__name__].__class__ = _CallablePackage
