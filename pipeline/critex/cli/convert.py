"""The annotators' commands: convert."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from critex.cli.app import REJECTED, app, console, problems
from critex.cli.options import existing
from critex.errors import CritexError


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(help="A file or folder of annotations.")],
    target: Annotated[Path, typer.Argument(help="A folder to write; or a file (.json, .jsonl, .spacy, .csv).")],
    to: Annotated[
        str | None, typer.Option("--to", help="jsonl, brat, xmi, labelstudio, doccano, prodigy, spacy or csv.")
    ] = None,
    origin: Annotated[str | None, typer.Option("--from", help="As --to. (default: told from the files)")] = None,
    offsets: Annotated[
        str | None,
        typer.Option("--offsets", help="How the source counts: characters or utf16. (default: as its format does)"),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Write into a folder that holds files already.")
    ] = False,
    skip: Annotated[
        bool, typer.Option("--skip-mismatches", help="Leave out what does not fit the text, and list it in errors.csv.")
    ] = False,
) -> None:
    """Convert annotations between formats, with every span checked against its text."""
    from critex.annotation.formats import (
        detect,
        format_named,
        mismatch_rows,
        not_carried,
        read_corpus,
        refuse_mismatches,
        target_format,
    )
    from critex.annotation.sidecar import write_rows

    existing(source, "file or folder")
    wanted = to or target_format(target)
    if wanted is None:
        raise CritexError(f"{target}: name the format to write with --to.")
    into = format_named(wanted, "--to")
    form = format_named(origin, "--from") if origin else detect(source)
    if offsets not in (None, "characters", "utf16"):
        raise CritexError(f"--offsets {offsets}: write characters or utf16.")
    if target.exists() and source.resolve() == target.resolve():
        raise CritexError(f"{target}: this is the source. Name another folder to write.")
    if target.is_dir() and any(target.iterdir()) and not overwrite:
        raise CritexError(
            f"{target}: not empty, and old files would be read together with the new. Name another folder, or give --overwrite."
        )
    corpus = read_corpus(source, form, offsets)  # type: ignore[arg-type]
    if not skip:
        refuse_mismatches(corpus, source)
    into.write(corpus, target)
    spans = sum(len(d.spans) for d in corpus.documents)
    counts = f"{len(corpus.documents):,} notes, {spans:,} spans, {len(corpus.verdicts):,} verdicts"
    console.print(f"{counts} from {form.title} to {into.title}: {target}", markup=False, highlight=False)
    for lost in not_carried(corpus, into, target):
        problems.print(f"not carried: {lost}", markup=False)
    if corpus.mismatches:
        errors = (target if target.is_dir() else target.parent) / "errors.csv"
        write_rows(errors, ["source", "note_id", "error"], mismatch_rows(corpus.mismatches))
        problems.print(f"{len(corpus.mismatches)} annotations left out, listed in {errors}", markup=False)
        raise typer.Exit(REJECTED)
