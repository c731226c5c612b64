"""Where the unknowns come from: how often a criterion is open in patients who have a kind of note, or notes of a source, and in those who have none."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt
import pandas as pd

from critex.cohort.analysis import UNKNOWN, VerdictMatrix
from critex.criteria.trial import Criterion
from critex.run.store import read_table

MAX_GROUPS = 8
"""Kinds of note, or sources, that a table shows: those that most patients have."""
TELLING, ENOUGH = 0.2, 10
"""Difference of two rates that is worth a look, and how many patients each must rest on."""
_ROW = re.compile(r"(?::\d+)?(?:#\d+)*$")
DOCUMENTS = (".txt", ".rtf", ".html", ".htm", ".pdf", ".xml", ".docx")
"""Endings of files that hold one note each: their folder is the source."""


@dataclass(frozen=True)
class Group:
    """Patients with and without a kind of note, or notes of a source."""

    name: str
    n_with: int
    n_without: int


@dataclass(frozen=True)
class Rates:
    """Share of patients in whom a criterion is unknown."""

    having: float
    """Among those who have such a note, 0 to 1."""
    lacking: float
    """Among those who have none."""
    telling: bool
    """Whether the criterion is much less often open where there is such a note, in enough patients."""


@dataclass(frozen=True)
class Gap:
    """One criterion that is open in somebody."""

    criterion: Criterion
    unknown: int
    by: tuple[Rates, ...]
    """In the order of the groups."""

    @property
    def fact(self) -> str:
        """What is missing."""
        return self.criterion.missing or self.criterion.says


@dataclass(frozen=True)
class Gaps:
    """All open criteria by the groups of one kind."""

    groups: tuple[Group, ...]
    n_groups: int
    """How many groups there are, shown or not."""
    rows: tuple[Gap, ...]


def note_kind(note_type: str) -> str:
    """Kind of a note as it is counted: its type in lower case, with single spaces."""
    return " ".join(note_type.casefold().split())


def note_source(source: str) -> str:
    """Where a note came from: the file without its row, or the folder of a file that holds one note; empty where there is none."""
    name = _ROW.sub("", source)
    if name.lower().endswith(DOCUMENTS):
        parent = str(PurePosixPath(name.replace("\\", "/")).parent)
        return "" if parent == "." else parent
    return name


def gaps(matrix: VerdictMatrix, patients: pd.Series[str], groups: pd.Series[str]) -> Gaps:
    """Rates of unknown verdicts by group.

    Parameters
    ----------
    matrix : VerdictMatrix
    patients, groups : Series of str
        Of each note: its patient and its group; empty groups are left out.

    Returns
    -------
    Gaps
        The groups that most patients have and some have not, and the criteria that a note could decide, the most often unknown first.
    """
    held = pd.DataFrame({"patient": patients.to_numpy(), "group": groups.to_numpy()}).drop_duplicates()
    held = held[held["group"] != ""]
    rows = pd.Index(matrix.patients).get_indexer(pd.Index(held["patient"]))
    held, rows = held[rows >= 0], rows[rows >= 0]
    counts = held["group"].value_counts()
    apart = sorted(((-int(n), str(g)) for g, n in counts.items() if n < len(matrix.patients)))
    names = [g for _, g in apart[:MAX_GROUPS]]
    columns = pd.Index(names).get_indexer(pd.Index(held["group"]))
    has = np.zeros((len(matrix.patients), len(names)), dtype=bool)
    has[rows[columns >= 0], columns[columns >= 0]] = True
    n_with = has.sum(axis=0)
    found = tuple(Group(g, int(n), len(matrix.patients) - int(n)) for g, n in zip(names, n_with, strict=True))
    open_ = [
        (int(column.sum()), i, column)
        for i, column in enumerate((matrix.codes == UNKNOWN).T)
        if not matrix.criteria[i].investigator and column.any()
    ]
    open_.sort(key=lambda x: (-x[0], x[1]))
    return Gaps(found, len(counts), tuple(Gap(matrix.criteria[i], n, _rates(column, has)) for n, i, column in open_))


def _rates(unknown: npt.NDArray[np.bool_], has: npt.NDArray[np.bool_]) -> tuple[Rates, ...]:
    out = []
    for mine in has.T:
        having, lacking = float(unknown[mine].mean()), float(unknown[~mine].mean())
        enough = min(mine.sum(), (~mine).sum()) >= ENOUGH
        out.append(Rates(having, lacking, bool(enough and lacking - having >= TELLING)))
    return tuple(out)


def gaps_of(out: Path, matrix: VerdictMatrix) -> dict[str, Gaps]:
    """The tables of a folder that tell something: ``"kind of note"`` and ``"source"``.

    Raises
    ------
    InputError
        If the folder has no notes.
    """
    path = out / "notes.parquet"
    columns = ["patient_id", "note_type", "source"]
    notes = pd.read_parquet(path, columns=columns).fillna("").astype("str") if path.exists() else read_table("notes", out)  # fmt: skip
    how: dict[str, tuple[str, Callable[[str], str]]] = {
        "kind of note": ("note_type", note_kind),
        "source": ("source", note_source),
    }
    made = {}
    for name, (column, grouped) in how.items():
        found = gaps(matrix, notes["patient_id"], notes[column].map(grouped))
        if found.groups and found.rows:
            made[name] = found
    return made
