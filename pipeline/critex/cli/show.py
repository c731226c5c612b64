"""Looking at one note, and at the columns of the tables: show, schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table as RichTable

from critex.cli.app import app, console
from critex.cli.options import day_option, existing
from critex.errors import CritexError


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="A text file, or a folder that `critex run` wrote (with --note-id).")],
    note_id: Annotated[str | None, typer.Option("--note-id", help="The note of a run to show.")] = None,
    note_date: Annotated[
        str | None, typer.Option("--note-date", help="Date of a text file's note (YYYY-MM-DD).")
    ] = None,
) -> None:
    """Show one note in the terminal: highlighted, with its mentions."""
    from critex.notes.encoding import encoding_of
    from critex.report.display import show as shown
    from critex.run.statements import day
    from critex.run.store import read_table

    existing(file, "file or folder")
    if file.is_dir():
        notes = read_table("notes", file)
        row = notes[notes["note_id"] == note_id]
        if note_id is None or row.empty:
            raise CritexError(
                f"{file}: no note {note_id!r} in this run. Name one with --note-id, for example {notes['note_id'].iloc[0] if len(notes) else '-'}."
            )
        first = row.iloc[0]
        shown(first["text"], day(first["note_date"]), first["note_type"], first["note_id"]).print(console)
        return
    text = file.read_bytes().decode(encoding_of(file), errors="replace")
    shown(text, day_option(note_date, "--note-date"), note_id=file.stem).print(console)


@app.command()
def schema(
    table: Annotated[
        str | None, typer.Argument(help="A table, such as mentions; or features. All tables where not given.")
    ] = None,
) -> None:
    """Print the columns of each table: name, type, unit, meaning."""
    from critex.tables import TABLES

    if table is not None and table not in TABLES:
        raise CritexError(f"{table}: no such table. Tables: {', '.join(TABLES)}.")
    for name in [table] if table else list(TABLES):
        _print_schema(name)


def _print_schema(name: str) -> None:
    from critex.features.spec import load_features
    from critex.run.feature_table import column_of
    from critex.tables import TABLES

    spec = TABLES[name]
    out = RichTable(title=f"{name}: a row is {spec.row}", title_justify="left", show_edge=False)
    for heading in ("column", "type", "unit", "meaning"):
        out.add_column(heading, overflow="fold")
    for c in spec.columns:
        out.add_row(c.name, c.kind, escape(c.unit), escape(c.meaning))
    if name == "features":
        for feature, f in load_features().items():
            out.add_row(column_of(feature, f), "float" if f.unit else "string", escape(f.unit or ""), escape(f.meaning))
    console.print(out)
