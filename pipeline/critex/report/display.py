"""One note with its mentions: in a notebook and in the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from critex.extract.document import Document
from critex.extract.engine import default_extractor
from critex.extract.mention import Mention
from critex.report.highlight import Mark, pieces
from critex.report.page import asset, environment
from critex.report.view import NoteView, mention_title

_STYLES = {
    "present": "bold black on bright_yellow",
    "absent": "black on bright_cyan",
    "possible": "black on bright_magenta",
    "hypothetical": "black on white",
    "family": "black on bright_green",
}


@dataclass(frozen=True)
class ShownNote:
    """A note with its mentions; a notebook displays it highlighted."""

    text: str
    mentions: list[Mention]
    note_id: str = "note"
    note_date: date | None = None

    def _title(self, m: Mention) -> str:
        fields = ("label", "value", "result", "assertion", "temporality", "date")
        return mention_title({name: getattr(m, name) for name in fields})

    def _repr_html_(self) -> str:
        marks = [Mark(m.start, m.end, "mention", m.label, self._title(m)) for m in self.mentions]
        marks += [Mark(*m.cue, "cue", m.assertion or "", f"cue: {m.assertion}") for m in self.mentions if m.cue]
        view = NoteView(
            self.note_id, self.note_date.isoformat() if self.note_date else "", "", pieces(self.text, marks)
        )
        return (
            environment()
            .from_string(
                '{% from "note.html" import note_text %}<style>{{ style }}</style><div class="note">{{ note_text(note) }}</div>'
            )
            .render(note=view, style=asset("page.css"))
        )

    def print(self, console: Console) -> None:
        """Print the highlighted text and a table of its mentions."""
        shown = Text(self.text)
        for m in self.mentions:
            shown.stylize(_STYLES[m.assertion or "present"], m.start, m.end)
            if m.cue:
                shown.stylize("underline", *m.cue)
        console.print(shown)
        table = Table(show_edge=False)
        for heading in ("at", "text", "label", "value", "assertion", "date", "rule"):
            table.add_column(heading, overflow="fold")
        for m in self.mentions:
            canonical = f"{m.canonical:g} {m.canonical_unit or ''}".strip() if m.canonical is not None else ""
            value = " ".join(x for x in (m.value, m.result if m.result != "number" else None, canonical) if x)
            said = f"{m.assertion}{', past' if m.temporality == 'past' else ''}"
            table.add_row(
                *(
                    escape(x)
                    for x in (
                        f"{m.start}-{m.end}",
                        self.text[m.start : m.end],
                        m.label,
                        value,
                        said,
                        m.date or "",
                        m.rule,
                    )
                )
            )
        console.print(table if self.mentions else "No mention found.")


def show(text: str, note_date: date | None = None, note_type: str = "", note_id: str = "note") -> ShownNote:
    """A note with its mentions, for a notebook.

    Parameters
    ----------
    text : str
        The note.
    note_date : date, optional
        Anchor of relative dates.
    note_type : str
        Kind of note.
    note_id : str
        Name to show.
    """
    doc = Document(text, note_id, "", note_date, note_type)
    return ShownNote(text, default_extractor().mentions(doc), note_id, note_date)
