"""Hand-over to other systems: export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from critex.cli.app import app, console
from critex.cli.options import RunFolder, existing
from critex.errors import CritexError


@app.command()
def export(
    folder: RunFolder,
    to: Annotated[str, typer.Option("--to", help="omop, fhir, delta, brat or labelstudio.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the files.  [default: FOLDER/export-<to>]")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="Of the OMOP tables: parquet or csv.")] = "parquet",
    db: Annotated[
        str | None,
        typer.Option("--db", help="Put the OMOP tables into this database (SQLAlchemy URL).", envvar="CRITEX_DB"),
    ] = None,
    concepts: Annotated[
        Path | None,
        typer.Option(
            "--concepts",
            help="Your CONCEPT table as CSV (concept_id, vocabulary_id, concept_code), for the concept ids of NOTE_NLP; 0 without.",
        ),
    ] = None,
) -> None:
    """Hand a run over: OMOP NOTE and NOTE_NLP, FHIR R4, Delta tables, or files for annotators."""
    from critex.export.annotation import export_brat, export_labelstudio
    from critex.export.concepts import read_concepts
    from critex.export.fhir import export_fhir
    from critex.export.omop import export_omop

    existing(folder, "folder")
    if form not in ("parquet", "csv"):
        raise CritexError(f"--format {form}: write parquet or csv.")
    if concepts is not None and to != "omop":
        raise CritexError("--concepts: goes with --to omop only.")
    known = read_concepts(existing(concepts, "file")) if concepts is not None else None
    target = out or folder / f"export-{to}"
    if to == "omop":
        counts = export_omop(folder, target, form, db, known)
    elif to == "fhir":
        counts = export_fhir(folder, target)
    elif to == "delta":
        from critex.export.delta import export_delta

        counts = export_delta(folder, target)
    elif to == "brat":
        counts = export_brat(folder, target)
    elif to == "labelstudio":
        counts = export_labelstudio(folder, target)
    else:
        raise CritexError(f"--to {to}: write omop, fhir, delta, brat or labelstudio.")
    where = "the database" if db and to == "omop" else str(target)
    console.print(", ".join(f"{n:,} {name}" for name, n in counts.items()) + f" written to {where}", markup=False)
    if known is not None:
        console.print(known.summary(), markup=False, highlight=False, soft_wrap=True)
