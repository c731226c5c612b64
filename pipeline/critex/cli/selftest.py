"""What tests critex on the user's own notes, without gold."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from critex.cli.app import CHANGED, DEFAULT_TRIAL, app, console
from critex.cli.options import DateOrder, IndexDate, PatientsFile, day_option, existing, options_of, worker_count


@app.command()
def selftest(
    notes: Annotated[list[Path], typer.Argument(help="Files or folders of notes.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write selftest.csv and selftest.json into a folder.")] = None,
    trial: Annotated[str, typer.Option("--trial", "-t", help="Trial to judge by.")] = DEFAULT_TRIAL,
    patients: PatientsFile = None,
    index_date: IndexDate = None,
    map_: Annotated[list[str] | None, typer.Option("--map", help="field=column; repeatable.")] = None,
    date_order: DateOrder = None,
    workers: Annotated[str, typer.Option("--workers", "-w", help="Number of processes, or auto.")] = "auto",
    seed: Annotated[int, typer.Option("--seed", help="Of what is chosen; the same seed gives the same result.")] = 7,
    max_patients: Annotated[int, typer.Option("--max-patients", help="So many patients at most.")] = 200,
    rows: Annotated[int, typer.Option("--rows", help="Wrong moves to print; selftest.csv has all.")] = 40,
) -> None:  # fmt: skip
    """Change your own notes in ways that must, and must not, move a verdict; exit status 4 where one moved wrongly."""
    import pandas as pd

    from critex.evaluate.selftest import as_json
    from critex.evaluate.selftest import selftest as test
    from critex.notes.note import Note
    from critex.notes.record import Seen
    from critex.notes.sources import read_notes
    from critex.run.patients import read_patients
    from critex.run.store import write_json, write_table
    from critex.tables import NOTES

    options = options_of(map_ or [], None, date_order)
    read = [
        n for n in read_notes([existing(p, "file or folder") for p in notes], options, Seen()) if isinstance(n, Note)
    ]
    frame = pd.DataFrame([n.row() for n in read], columns=NOTES.names)
    found = test(
        frame,
        patients=read_patients(patients, date_order) if patients else None,
        trial=trial,
        index_date=day_option(index_date, "--index-date"),
        date_order=date_order,
        workers=worker_count(workers),
        seed=seed,
        max_patients=max_patients,
    )
    if out:
        write_table(found.moves, "selftest", out)
        write_json(as_json(found), out / "selftest.json")
    table = Table(show_edge=False)
    for heading in ("change", "must move", "applied", "verdicts", "wrong"):
        table.add_column(heading, justify="left" if heading == "change" else "right")
    for o in found.operators:
        table.add_row(o.name, "yes" if o.must_move else "no", f"{o.patients:,}", f"{o.verdicts:,}", f"{o.wrong:,}")
    console.print(table)
    for row in found.moves.head(max(rows, 0)).to_dict("records"):
        what = f"{row['operator']}: {row['patient_id']} {row['criterion']} {row['before']} to {row['after']}, expected {row['expected']}; notes {row['notes'] or 'none'}"
        console.print(escape(what), highlight=False, soft_wrap=True)
    console.print(
        f"{found.wrong:,} wrong moves on {found.notes:,} notes of {found.patients:,} patients; seed {found.seed}",
        highlight=False,
    )
    if found.wrong:
        raise typer.Exit(CHANGED)
