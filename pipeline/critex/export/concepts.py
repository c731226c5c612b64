"""OMOP concept ids for mentions, from the user's own CONCEPT table: critex ships codes (:mod:`critex.export.codes`), no vocabulary."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from critex.errors import InputError
from critex.export.codes import codes, condition_code, observation_code
from critex.export.source import Row

VOCABULARIES = {"loinc": ("LOINC",), "snomed": ("SNOMED",), "icd10": ("ICD10", "ICD10CM")}
"""Key of ``codes.yaml`` to OMOP vocabularies, the one that is asked first in front."""
STANDARD = ("loinc", "snomed")
"""Codes whose concepts OMOP takes for ``note_nlp_concept_id``."""
SOURCE = ("icd10", "loinc", "snomed")
"""Codes for ``note_nlp_source_concept_id``, the one that is asked first in front."""
_REQUIRED = ("concept_id", "vocabulary_id", "concept_code")


@dataclass
class Concepts:
    """Concept ids by code.

    Parameters
    ----------
    ids : dict of (str, str) to (int, bool)
        Vocabulary and code to concept id, and whether the concept is standard.
    """

    ids: dict[tuple[str, str], tuple[int, bool]]
    mapped: int = 0
    """Mentions that were given a concept id."""
    missing: Counter[str] = field(default_factory=Counter)
    """Mentions by code (``LOINC 718-7``) that the table does not have."""
    without_code: int = 0
    """Mentions for which critex knows no code."""

    def of(self, m: Row) -> tuple[int, int]:
        """Standard and source concept id of a mention, 0 where there is none; counted."""
        code = observation_code(m) or condition_code(m) or {}
        standard, source = self._first(code, STANDARD, standard=True), self._first(code, SOURCE, standard=False)
        wanted = [f"{VOCABULARIES[k][0]} {code[k]}" for k in STANDARD if k in code]
        if standard or source:
            self.mapped += 1
        elif not wanted:
            self.without_code += 1
        if wanted and not standard:
            self.missing[wanted[0]] += 1
        return standard, source

    def _first(self, code: Row, keys: tuple[str, ...], standard: bool) -> int:
        for key in keys:
            for vocabulary in VOCABULARIES[key] if key in code else ():
                number, is_standard = self.ids.get((vocabulary, str(code[key])), (0, False))
                if number and (is_standard or not standard):
                    return number
        return 0

    def summary(self) -> str:
        """What was mapped, in a sentence for the terminal."""
        lacking = sum(self.missing.values())
        text = f"{self.mapped:,} mentions with a concept id, {self.without_code:,} that critex has no code for"
        if lacking:
            named = ", ".join(f"{code} ({n:,})" for code, n in sorted(self.missing.items()))
            text += f", {lacking:,} whose code is no standard concept of the file: {named}"
        return text


def _wanted() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    waiting = [codes()["observations"], codes()["conditions"]]
    while waiting:
        for key, value in waiting.pop().items():
            if isinstance(value, dict):
                waiting.append(value)
            elif key in VOCABULARIES:
                found.update((v, str(value)) for v in VOCABULARIES[key])
    return found


def read_concepts(path: Path) -> Concepts:
    """Concept ids from a CONCEPT table.

    Parameters
    ----------
    path : Path
        The file CONCEPT.csv of a vocabulary download (tabs), or a CSV with the columns ``concept_id``, ``vocabulary_id`` and
        ``concept_code``. Where there is a column ``standard_concept``, only rows with ``S`` are standard; rows with an
        ``invalid_reason`` are left out. It is read in pieces: only the rows of our codes are kept.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, or gives a code two ids.
    """
    try:
        with open(path, encoding="utf-8-sig") as file:
            head = file.readline().rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{path}: cannot be read as a UTF-8 text file. Export the CONCEPT table as CSV.") from None
    tabs = "\t" in head
    names = [n.strip().strip('"') for n in head.split("\t" if tabs else ",")]
    columns = {n.lower(): n for n in names}
    lacking = [n for n in _REQUIRED if n not in columns]
    if lacking:
        raise InputError(
            f"{path}, line 1: column {', '.join(lacking)} is missing. Write concept_id, vocabulary_id, concept_code and standard_concept of your CONCEPT table into it."
        )
    used = [columns[n] for n in (*_REQUIRED, "standard_concept", "invalid_reason") if n in columns]
    wanted = _wanted()
    ids: dict[tuple[str, str], tuple[int, bool]] = {}
    try:
        reader = pa_csv.open_csv(
            path,
            read_options=pa_csv.ReadOptions(column_names=names, skip_rows=1),
            parse_options=pa_csv.ParseOptions(delimiter="\t" if tabs else ",", quote_char=False if tabs else '"'),
            convert_options=pa_csv.ConvertOptions(
                include_columns=used, column_types=dict.fromkeys(used, pa.string()), strings_can_be_null=False
            ),
        )
        ours = pa.array(sorted({code for _, code in wanted}))
        for every in reader:
            batch = every.filter(pc.is_in(every.column(columns["concept_code"]), value_set=ours))
            cells = {n: batch.column(columns[n]).to_pylist() for n in columns if columns[n] in used}
            invalid = cells.get("invalid_reason")
            for i, key in enumerate(zip(cells["vocabulary_id"], cells["concept_code"], strict=True)):
                if key not in wanted or (invalid and invalid[i].strip()):
                    continue
                found = (_number(cells["concept_id"][i], path, key), cells["standard_concept"][i] == "S" if "standard_concept" in cells else True)  # fmt: skip
                if ids.setdefault(key, found)[0] != found[0]:
                    raise InputError(f"{path}: {key[0]} {key[1]} has two concept ids. Keep the valid row only.")
    except pa.ArrowInvalid:
        raise InputError(f"{path}: the rows are not as wide as the first line says. Export the table again.") from None
    if not ids:
        raise InputError(
            f"{path}: holds none of the codes that critex uses (LOINC, SNOMED, ICD10). Is it the CONCEPT table?"
        )
    return Concepts(ids)


def _number(text: str, path: Path, key: tuple[str, str]) -> int:
    if not (text.isascii() and text.strip().isdigit()):
        raise InputError(f"{path}: {key[0]} {key[1]}: the concept_id is not a whole number.")
    return int(text)
