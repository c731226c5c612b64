"""Where patterns, models and sample notes lie, in a checkout and in an installed wheel alike."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from critex.errors import CritexError


def folder(name: str) -> Path:
    """Folder of shipped files.

    Parameters
    ----------
    name : str
        ``"patterns"``, ``"models"`` or ``"data_samples"``.

    Returns
    -------
    Path
        The folder inside the installed package, or beside ``pipeline/`` in a checkout.

    Raises
    ------
    CritexError
        If neither exists (a broken installation).
    """
    installed = Path(str(files("critex"))) / name
    if installed.is_dir():
        return installed
    checkout = Path(__file__).resolve().parents[2] / name
    if checkout.is_dir():
        return checkout
    raise CritexError(f"The folder {name!r} is missing from this installation of critex. Install it again.")
