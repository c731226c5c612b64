"""The annotation formats: which there are, which one a file is in, and the way from one to another."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from critex.annotation import brat, docbin, doccano, guideline, labelstudio, prodigy, values, xmi
from critex.annotation.document import Corpus, Mismatch
from critex.annotation.offsets import Unit, settle
from critex.errors import InputError


@dataclass(frozen=True)
class Format:
    """One format: how it counts, and how it is read and written."""

    name: str
    title: str
    read: Callable[[Path], Corpus]
    """Offsets as the source has them; :func:`read_corpus` settles them."""
    write: Callable[[Corpus, Path], None]
    unit: Unit = "characters"
    exact: bool = False
    """Whether the text it repeats must be the same to the last blank."""
    sure: bool = False
    """Whether the reader has counted characters itself."""


FORMATS = {
    f.name: f
    for f in (
        Format("jsonl", "the guideline's JSON lines", guideline.read, guideline.write, exact=True),
        Format("brat", "brat standoff", brat.read, brat.write),
        Format("xmi", "UIMA CAS XMI (INCEpTION, WebAnno)", xmi.read, xmi.write, sure=True),
        Format("labelstudio", "Label Studio JSON", labelstudio.read, labelstudio.write, unit="utf16"),
        Format("doccano", "doccano JSON lines", doccano.read, doccano.write),
        Format("prodigy", "Prodigy JSON lines", prodigy.read, prodigy.write),
        Format("spacy", "spaCy DocBin", docbin.read, docbin.write, sure=True),
        Format("csv", "CSV of patient-level values", values.read, values.write),
    )
}
NAMED = 10
"""Mismatches that a message names."""


def format_named(name: str, option: str) -> Format:
    """A format by its name.

    Raises
    ------
    InputError
        If there is none; names all.
    """
    if name not in FORMATS:
        raise InputError(f"{option} {name}: no such format. Write {', '.join(FORMATS)}.")
    return FORMATS[name]


def detect(path: Path) -> Format:
    """The format of a file or folder, from names and first lines.

    Raises
    ------
    InputError
        If it cannot be told.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file or folder.")
    name = _of_folder(path) if path.is_dir() else _of_file(path)
    if name is None:
        raise InputError(
            f"{path}: the format cannot be told. Say it with --from, or convert it first: {', '.join(FORMATS)}."
        )
    return FORMATS[name]


def _of_folder(folder: Path) -> str | None:
    if (folder / "mentions.jsonl").is_file():
        return "jsonl"
    for suffix, name in ((".ann", "brat"), (".xmi", "xmi"), (".spacy", "spacy")):
        if next(folder.rglob(f"*{suffix}"), None) is not None:
            return name
    files = [p for s in ("*.json", "*.jsonl") for p in sorted(folder.glob(s)) if p.name != "verdicts.jsonl"]
    for file in files:
        if found := _of_file(file):
            return found
    if (folder / "verdicts.jsonl").is_file():
        return "jsonl"
    tables = list(folder.glob("*.csv"))
    return "csv" if (folder / "values.csv").is_file() or len(tables) == 1 else None


def _of_file(file: Path) -> str | None:
    suffix = file.suffix.lower()
    by_suffix = {".csv": "csv", ".xmi": "xmi", ".zip": "xmi", ".spacy": "spacy", ".ann": "brat"}
    if suffix in by_suffix:
        return by_suffix[suffix]
    if suffix not in (".json", ".jsonl"):
        return None
    with open(file, encoding="utf-8", errors="replace") as f:
        begin = f.read(1).strip() or f.read(1)
        if begin == "[":
            return "labelstudio"
        line = begin + f.readline()
    try:
        entry: Any = json.loads(line)
    except ValueError:
        return None
    if not isinstance(entry, dict):
        return None
    if ("note_id" in entry and "start" in entry) or "criterion" in entry:
        return "jsonl"
    if "entities" in entry or isinstance(entry.get("label", entry.get("labels")), list):
        return "doccano"
    return "prodigy" if "text" in entry and ("spans" in entry or "answer" in entry) else None


def read_corpus(path: Path, form: Format | None = None, unit: Unit | None = None) -> Corpus:
    """Read annotations of any format; offsets are settled, and what does not fit the text is in ``mismatches``.

    Parameters
    ----------
    path : Path
    form : Format, optional
        Else it is detected.
    unit : {"characters", "utf16"}, optional
        How the source surely counts; else as its format does, or the other way where only that fits.

    Raises
    ------
    InputError
        If it cannot be read at all.
    """
    form = form or detect(path)
    corpus = form.read(path)
    seen: set[str] = set()
    for d in corpus.documents:
        if d.note_id in seen:
            raise InputError(f"{path}: two documents are called {d.note_id}. Give each its own note_id.")
        seen.add(d.note_id)
        corpus.mismatches += settle(d, unit or form.unit, sure=unit is not None or form.sure, exact=form.exact)
    if not corpus.documents and not corpus.verdicts and not corpus.values:
        raise InputError(f"{path}: no annotations in {form.title}. Say the format with --from: {', '.join(FORMATS)}.")
    return corpus


def refuse_mismatches(corpus: Corpus, path: Path) -> None:
    """Refuse annotations that are not what they say.

    Raises
    ------
    InputError
        Names the first ten by file, identifier and offsets.
    """
    wrong = corpus.mismatches
    if wrong:
        named = "".join(f"\n  {m}" for m in wrong[:NAMED])
        more = f"\n  and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
        raise InputError(f"{path}: {len(wrong)} annotations do not fit the text:{named}{more}")


def mismatch_rows(wrong: list[Mismatch]) -> list[dict[str, str]]:
    """Mismatches as rows of ``errors.csv``."""
    return [{"source": m.where, "note_id": m.id, "error": f"{m.start}-{m.end}: {m.problem}"} for m in wrong]


def not_carried(corpus: Corpus, form: Format, target: Path) -> list[str]:
    """What the target cannot hold, in words, so that nothing is lost in silence."""
    lost = []
    spans = sum(len(d.spans) for d in corpus.documents)
    single = target.suffix in (".json", ".jsonl", ".spacy") and form.name != "jsonl"
    if form.name == "csv":
        evidence = sum(len(v.evidence) for v in corpus.verdicts)
        lost += [
            f"{n} {what}: a CSV of patient-level values has no spans"
            for n, what in ((spans, "spans"), (evidence, "spans of evidence"))
            if n
        ]
    elif form.name != "jsonl" and any(d.text is None for d in corpus.documents):
        bare = [d for d in corpus.documents if d.text is None]
        lost.append(f"{sum(len(d.spans) for d in bare)} spans of {len(bare)} notes without a text")
    if single:
        beside = (
            (len(corpus.verdicts), "verdicts"),
            (len(corpus.values), "patients with values"),
            (len(corpus.patients), "index dates"),
        )
        lost += [f"{n} {what}: they stand beside the documents, so name a folder" for n, what in beside if n]
    return [*lost, *(f"{n} {what} of the source" for what, n in sorted(corpus.ignored.items()))]


def target_format(target: Path) -> str | None:
    """The format that the name of a target tells."""
    return {".csv": "csv", ".spacy": "spacy"}.get(re.sub(r"^.*(?=\.)", "", target.name))
