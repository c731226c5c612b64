"""What belongs to patients and not to a document, in files beside the documents: verdicts.jsonl, values.csv, patients.csv, documents.csv."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from critex.annotation.document import AnnotatedDocument, Corpus, Mismatch, PatientVerdict
from critex.errors import InputError
from critex.run.store import write_file
from critex.tables import VERDICTS

META = ("note_id", "patient_id", "note_date", "note_type")


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a CSV file, line ends inside cells as they are.

    Raises
    ------
    InputError
        If it is not a UTF-8 CSV file.
    """
    csv.field_size_limit(2**31 - 1)
    try:
        with open(path, newline="", encoding="utf-8-sig") as f:
            for row in csv.DictReader(f):
                yield {k: v or "" for k, v in row.items() if k is not None}
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: {type(error).__name__}. Save it as CSV in UTF-8.") from None


def write_rows(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    """Write a CSV file whole; line ends inside cells stay as they are."""
    buffer = io.StringIO(newline="")
    # Python 3.11's writer leaves a cell with a lone carriage return unquoted, and no reader gets it back
    quoting: Literal[0, 1] = (
        csv.QUOTE_ALL if any("\r" in v for row in rows for v in row.values()) else csv.QUOTE_MINIMAL
    )
    writer = csv.DictWriter(buffer, columns, lineterminator="\n", restval="", extrasaction="ignore", quoting=quoting)
    writer.writeheader()
    writer.writerows(rows)
    body = buffer.getvalue().encode("utf-8")
    write_file(path, lambda p: p.write_bytes(body))


def json_lines(path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """Objects of a JSON lines file, each with its file and line.

    Raises
    ------
    InputError
        If a line is not a JSON object; names the line.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="\n") as f:
            for i, line in enumerate(f, 1):
                if not line.strip():
                    continue
                try:
                    entry = json.loads(line)
                except (ValueError, RecursionError):
                    entry = None
                if not isinstance(entry, dict):
                    raise InputError(f"{path}:{i}: not a JSON object. Correct the line.")
                yield entry, f"{path}:{i}"
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8. Save it as UTF-8.") from None


def write_json_lines(path: Path, entries: Sequence[Mapping[str, Any]]) -> None:
    """Write a JSON lines file whole."""
    body = "".join(json.dumps(e, ensure_ascii=False) + "\n" for e in entries).encode("utf-8")
    write_file(path, lambda p: p.write_bytes(body))


def read_verdicts(path: Path, texts: Mapping[str, str], corpus: Corpus) -> None:
    """Add the verdicts of a file to a corpus; evidence whose text is not what stands in the note is a mismatch.

    Raises
    ------
    InputError
        If a line is not a verdict; names the line.
    """
    for entry, where in json_lines(path):
        try:
            spans = []
            for e in entry.get("evidence") or ():
                note, start, end = str(e["note_id"]), int(e["start"]), int(e["end"])
                text = texts.get(note)
                if text is not None and "text" in e and text[max(0, start) : end] != e["text"]:
                    corpus.mismatches.append(
                        Mismatch(where, f"evidence in {note}", start, end, "its text is not what stands in the note")
                    )
                    continue
                spans.append((note, start, end))
            verdict = str(entry["verdict"])
            if verdict not in VERDICTS:
                raise InputError(f"{where}: a verdict is pass, fail or unknown.")
            corpus.verdicts.append(
                PatientVerdict(
                    str(entry["patient_id"]),
                    str(entry["criterion"]),
                    verdict,
                    tuple(spans),
                    str(entry.get("why") or ""),
                )
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise InputError(
                f"{where}: {type(error).__name__}. A verdict has patient_id, criterion, verdict and evidence (note_id, start, end, text)."
            ) from None


def write_verdicts(path: Path, corpus: Corpus) -> None:
    """Write verdicts with the text of their evidence, in the guideline's format."""
    texts = {d.note_id: d.text for d in corpus.documents if d.text is not None}
    write_json_lines(
        path,
        [
            {
                "patient_id": v.patient_id,
                "criterion": v.criterion,
                "verdict": v.verdict,
                "evidence": [
                    {"note_id": n, "start": s, "end": e} | ({"text": texts[n][s:e]} if n in texts else {})
                    for n, s, e in v.evidence
                ],
                "why": v.why,
            }
            for v in corpus.verdicts
        ],
    )


def read_sidecars(folder: Path, corpus: Corpus) -> None:
    """Add to a corpus what stands beside its documents.

    Raises
    ------
    InputError
        If one of the files is not what it should be.
    """
    from critex.annotation.values import read_values

    if (folder / "verdicts.jsonl").is_file():
        texts = {d.note_id: d.text for d in corpus.documents if d.text is not None}
        read_verdicts(folder / "verdicts.jsonl", texts, corpus)
    if (folder / "values.csv").is_file():
        read_values(folder / "values.csv", corpus)
    if (folder / "patients.csv").is_file():
        corpus.patients.extend(read_rows(folder / "patients.csv"))


def write_sidecars(folder: Path, corpus: Corpus) -> None:
    """Write verdicts, values and patients of a corpus beside its documents, where it has them."""
    from critex.annotation.values import value_rows

    if corpus.verdicts:
        write_verdicts(folder / "verdicts.jsonl", corpus)
    if corpus.values:
        columns, rows = value_rows(Corpus(values=corpus.values))
        write_rows(folder / "values.csv", columns, rows)
    if corpus.patients:
        write_rows(folder / "patients.csv", list(corpus.patients[0]), corpus.patients)


def meta_of(document: AnnotatedDocument) -> dict[str, str]:
    """What is known of a note beside its text."""
    return {k: getattr(document, k) for k in META if getattr(document, k)}
