"""What guards a release of patterns or an amended trial: two output folders compared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from critex.cli.app import CHANGED, app, console
from critex.cli.options import existing


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="Output folder of the earlier run.")],
    after: Annotated[Path, typer.Argument(help="Output folder of the later run.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for compare.csv and compare.json.  [default: the later folder]"),
    ] = None,
    rows: Annotated[int, typer.Option("--rows", help="Changed verdicts to print; compare.csv has all.")] = 40,
) -> None:
    """Say which patients changed status and which verdicts changed, and through what; exit status 4 where one did."""
    from critex.evaluate.compare import as_json
    from critex.evaluate.compare import compare as differences
    from critex.run.store import write_json, write_table

    found = differences(existing(before, "folder"), existing(after, "folder"))
    target = out or after
    write_table(found.changes, "compare", target)
    write_json(as_json(found), target / "compare.json")
    for what, a, b in (
        ("critex", found.before.critex, found.after.critex),
        ("patterns", found.before.patterns, found.after.patterns),
        *(
            (t, found.before.trials.get(t, ""), found.after.trials.get(t, ""))
            for t in sorted({*found.before.trials, *found.after.trials})
        ),
    ):
        console.print(
            f"{what}: {a or 'unknown'}" + (" in both" if a == b else f" to {b or 'unknown'}"), highlight=False
        )
    for trial, patient, old, new in found.statuses[: max(rows, 0)]:
        console.print(
            f"{escape(patient)}: {old or 'not there'} to {new or 'not there'} ({escape(trial)})", highlight=False
        )
    for row in found.changes.head(max(rows, 0)).to_dict("records"):
        what = f"{row['patient_id']} {row['criterion']}: {row['before'] or 'no row'} to {row['after'] or 'no row'}; {row['cause']}: {row['detail']}"
        console.print(escape(what), highlight=False, soft_wrap=True)
    console.print(
        f"{len(found.changes):,} of {found.verdicts:,} verdicts changed, {len(found.statuses):,} patients changed status; written to {escape(str(target))}",
        highlight=False,
    )
    if found.changed:
        raise typer.Exit(CHANGED)
