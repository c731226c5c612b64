"""Where what is worked out of shipped files is kept between runs: ``~/.cache/critex``, or where ``CRITEX_CACHE`` says. No note text goes there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def cache_folder() -> Path:
    """The folder; it need not exist."""
    base = os.environ.get("CRITEX_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "critex"
    )
    return Path(base)


def keep(path: Path, content: bytes) -> None:
    """Write a file of the folder whole; nothing happens where that is not possible."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as f:
            f.write(content)
        os.replace(f.name, path)
    except OSError:  # a cache that cannot be written is no reason to stop
        pass
