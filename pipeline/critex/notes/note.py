"""A note: what every reader yields and every worker reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Note:
    """One note. ``text`` is exactly as given; ``source`` names the file and row that it came from."""

    note_id: str
    patient_id: str
    note_date: date | None
    note_type: str
    text: str
    source: str = ""
