"""What reviewers decided about one patient, read from a folder's ``review.sqlite`` without writing to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from urllib.parse import quote

from critex.errors import CritexError
from critex.review.decisions import FILE, Decision


def decisions_of(folder: Path, trial: str, patient_id: str) -> list[Decision]:
    """Decisions about one patient that nobody has taken back, oldest first; empty where nobody has reviewed anything.

    Parameters
    ----------
    folder : Path
        A folder that ``critex review`` may have written to.
    trial, patient_id : str

    Raises
    ------
    CritexError
        If the file of decisions cannot be read.
    """
    path = folder / FILE
    if not path.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True, timeout=30)) as base:
            base.row_factory = sqlite3.Row
            rows = base.execute("SELECT * FROM decisions WHERE trial = ? AND patient_id = ? ORDER BY id", (trial, patient_id)).fetchall()  # fmt: skip
    except sqlite3.Error as error:
        raise CritexError(f"{path}: the reviewers' decisions cannot be read: {error}. Is `critex review` of this version running on the folder?") from None  # fmt: skip
    names = {f.name for f in fields(Decision)}
    found = [Decision(**{k: row[k] for k in row.keys() if k in names}) for row in rows]  # noqa: SIM118 - a Row is no mapping
    undone = {d.undoes for d in found if d.undoes is not None}
    return [d for d in found if d.action != "undo" and d.id not in undone]
