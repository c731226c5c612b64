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

    def row(self) -> tuple[str, str, str, str, str, str]:
        """The note as a row of :data:`critex.tables.NOTES`; a day that is not known is empty."""
        day = self.note_date.isoformat() if self.note_date else ""
        return self.note_id, self.patient_id, day, self.note_type, self.text, self.source
