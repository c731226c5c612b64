"""Plain CSV of patient-level values: a row a patient, a column a feature or a criterion."""

from __future__ import annotations

import re
from pathlib import Path

from critex.annotation.document import Corpus, PatientVerdict
from critex.annotation.sidecar import read_rows, write_rows
from critex.errors import InputError
from critex.tables import VERDICTS

_CRITERION = re.compile(r"[A-Z]+\d+(\.\w+)?")


def read_values(path: Path, corpus: Corpus) -> None:
    """Add the values of a file to a corpus.

    A column that is named as a criterion (``I03.ecog``) and holds only pass, fail and unknown is read as verdicts; all others are values, as written. An empty
    cell is not annotated.

    Raises
    ------
    InputError
        If there is no column ``patient_id``, or a patient has two rows.
    """
    rows = list(read_rows(path))
    if not rows or "patient_id" not in rows[0]:
        raise InputError(
            f"{path}: no column patient_id, or no row. A patient-level CSV has patient_id and a column a value."
        )
    criteria = {
        c
        for c in rows[0]
        if _CRITERION.fullmatch(c) and {r[c].strip().lower() for r in rows if r.get(c, "").strip()} <= set(VERDICTS)
    }
    for number, row in enumerate(rows, 2):
        patient = row["patient_id"].strip()
        if not patient:
            raise InputError(f"{path}, row {number}: patient_id is empty. Fill it in.")
        if patient in corpus.values:
            raise InputError(f"{path}, row {number}: a second row of the same patient. Keep one row a patient.")
        cells = {c: v.strip() for c, v in row.items() if c != "patient_id" and v.strip()}
        corpus.values[patient] = {c: v for c, v in cells.items() if c not in criteria}
        corpus.verdicts.extend(PatientVerdict(patient, c, cells[c].lower()) for c in sorted(criteria) if c in cells)


def read(path: Path) -> Corpus:
    """Corpus of a patient-level CSV, or of a folder that holds one as ``values.csv`` or as its only CSV."""
    corpus = Corpus()
    read_values(_file(path), corpus)
    return corpus


def _file(path: Path) -> Path:
    if path.is_file():
        return path
    files = [path / "values.csv"] if (path / "values.csv").is_file() else sorted(path.glob("*.csv"))
    if len(files) != 1:
        raise InputError(f"{path}: {len(files)} CSV files. Name the one with patient-level values.")
    return files[0]


def value_rows(corpus: Corpus) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and rows of a patient-level CSV: verdicts by criterion, then values."""
    verdicts: dict[str, dict[str, str]] = {}
    for v in corpus.verdicts:
        verdicts.setdefault(v.patient_id, {})[v.criterion] = v.verdict
    criteria = sorted({v.criterion for v in corpus.verdicts})
    columns = list(dict.fromkeys(c for cells in corpus.values.values() for c in cells))
    patients = list(dict.fromkeys([*corpus.values, *verdicts]))
    rows = [{"patient_id": p} | verdicts.get(p, {}) | corpus.values.get(p, {}) for p in patients]
    return ["patient_id", *criteria, *columns], rows


def write(corpus: Corpus, target: Path) -> None:
    """Write verdicts and values as one CSV; spans and evidence have no place in it."""
    columns, rows = value_rows(corpus)
    write_rows(target if target.suffix == ".csv" else target / "values.csv", columns, rows)
