"""OMOP CDM 5.4: NOTE and NOTE_NLP, as Parquet, CSV or straight into a database.

OMOP wants whole numbers as identifiers: they are kept where the source's are whole numbers, else counted, and the map table
``critex_id_map`` says which is which. NOTE_NLP's ``snippet`` and ``lexical_variant`` are cut to the 250 characters that the DDL allows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from critex import __version__
from critex.errors import InputError
from critex.export.concepts import Concepts
from critex.export.source import BATCH, Row, notes_with_mentions, rows
from critex.run.store import csv_quoting, write_file

EHR = 32817
"""Type concept "EHR"."""
UTF8 = 32678
ENGLISH = 4180186
NO_CONCEPT = 0
NO_DATE = "1970-01-01"
"""NOTE.note_date may not be empty; this day stands for "not known"."""
WIDTH = 250
AROUND = 100
"""Characters of the note on each side of a mention in the snippet."""

COLUMNS: dict[str, dict[str, str]] = {
    "note": {
        "note_id": "int", "person_id": "int", "note_date": "date", "note_datetime": "datetime", "note_type_concept_id": "int", "note_class_concept_id": "int",
        "note_title": "string", "note_text": "string", "encoding_concept_id": "int", "language_concept_id": "int", "provider_id": "int",
        "visit_occurrence_id": "int", "visit_detail_id": "int", "note_source_value": "string", "note_event_id": "int", "note_event_field_concept_id": "int",
    },
    "note_nlp": {
        "note_nlp_id": "int", "note_id": "int", "section_concept_id": "int", "snippet": "string", "offset": "string", "lexical_variant": "string",
        "note_nlp_concept_id": "int", "note_nlp_source_concept_id": "int", "nlp_system": "string", "nlp_date": "date", "nlp_datetime": "datetime",
        "term_exists": "string", "term_temporal": "string", "term_modifiers": "string",
    },
    "critex_id_map": {"kind": "string", "id": "int", "source_id": "string"},
}  # fmt: skip
"""Columns of CDM 5.4 in the order of its DDL, and of the map table."""

_ARROW = {
    "int": pa.int64(),
    "string": pa.string(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us"),
}


class Identifiers:
    """Whole numbers for text identifiers."""

    def __init__(self, names: list[str]) -> None:
        whole = [n.isascii() and n.isdigit() and str(int(n)) == n and int(n) < 2**31 for n in names]
        self.kept = all(whole)
        self.numbers = {n: int(n) if self.kept else i for i, n in enumerate(sorted(names), 1)}

    def __getitem__(self, name: str) -> int:
        return self.numbers[name]


def export_omop(
    out: Path, target: Path, form: str = "parquet", db: str | None = None, concepts: Concepts | None = None
) -> dict[str, int]:
    """Write NOTE, NOTE_NLP and the map table.

    Parameters
    ----------
    out : Path
        A folder that ``critex run`` wrote.
    target : Path
        Folder for the files (not used with ``db``).
    form : {"parquet", "csv"}
    db : str, optional
        SQLAlchemy URL; the rows are put into the tables ``note``, ``note_nlp`` and ``critex_id_map`` of it, in one transaction. Nothing that is
        there is changed: where ``note`` has rows already, the mentions are put beside them.
    concepts : Concepts, optional
        Concept ids of codes (:func:`critex.export.concepts.read_concepts`); all are 0 without. It counts what was mapped.

    Returns
    -------
    dict of str to int
        Rows of each table.

    Raises
    ------
    InputError
        If the folder holds no run, or the database cannot be used.
    """
    note_ids: list[str] = []
    people: set[str] = set()
    for row in rows("notes", out):
        note_ids.append(str(row["note_id"]))
        people.add(str(row["patient_id"]))
    notes, persons = Identifiers(note_ids), Identifiers(sorted(people))
    day = _run_day(out)
    sinks: dict[str, Any] = {}
    database = _Database(db) if db else None
    if database and database.has_notes and not notes.kept:
        raise InputError(
            "--db: the table note has rows, and the note_ids of this run are not its numbers. Read the notes from that table with "
            "`critex run --sql`, or name another database."
        )
    counts = dict.fromkeys(COLUMNS, 0)
    try:
        for name, batch in _batches(out, notes, persons, day, concepts or Concepts({})):
            if name not in sinks:
                sinks[name] = database.table(name) if database else _File(target / f"{name}.{form}", name, form)
            sinks[name].add(batch)
            counts[name] += len(batch)
        for name in COLUMNS:
            if name not in sinks:
                sinks[name] = database.table(name) if database else _File(target / f"{name}.{form}", name, form)
            sinks[name].close()
        if database:
            database.commit()
    finally:
        if database:
            database.close()
    return counts


def _run_day(out: Path) -> date:
    path = out / "run.json"
    return date.fromtimestamp(path.stat().st_mtime) if path.is_file() else date.today()


def _batches(
    out: Path, notes: Identifiers, persons: Identifiers, day: date, concepts: Concepts
) -> Iterator[tuple[str, list[Row]]]:
    note_rows: list[Row] = []
    nlp_rows: list[Row] = []
    number = 0
    for note, mentions in notes_with_mentions(out):
        note_rows.append(_note(note, notes, persons))
        for m in mentions:
            number += 1
            nlp_rows.append(_note_nlp(number, note, m, notes, day, concepts.of(m)))
        if len(note_rows) >= BATCH:
            yield "note", note_rows
            yield "note_nlp", nlp_rows
            note_rows, nlp_rows = [], []
    yield "note", note_rows
    yield "note_nlp", nlp_rows
    for kind, ids in (("note", notes), ("person", persons)):
        yield "critex_id_map", [{"kind": kind, "id": i, "source_id": s} for s, i in sorted(ids.numbers.items())]


def _note(note: Row, notes: Identifiers, persons: Identifiers) -> Row:
    return {
        "note_id": notes[note["note_id"]], "person_id": persons[note["patient_id"]], "note_date": date.fromisoformat(note["note_date"] or NO_DATE),
        "note_type_concept_id": EHR, "note_class_concept_id": NO_CONCEPT, "note_title": (note["note_type"] or "")[:WIDTH] or None, "note_text": note["text"],
        "encoding_concept_id": UTF8, "language_concept_id": ENGLISH, "note_source_value": note["note_id"][:50],
    }  # fmt: skip


def _note_nlp(number: int, note: Row, m: Row, notes: Identifiers, day: date, concept: tuple[int, int]) -> Row:
    start, end, text = int(m["start"]), int(m["end"]), note["text"]
    around = min(AROUND, max(0, (WIDTH - (end - start)) // 2))
    return {
        "note_nlp_id": number, "note_id": notes[m["note_id"]], "section_concept_id": NO_CONCEPT,
        "snippet": text[max(0, start - around) : end + around][:WIDTH], "offset": str(start), "lexical_variant": m["text"][:WIDTH],
        "note_nlp_concept_id": concept[0], "note_nlp_source_concept_id": concept[1], "nlp_system": f"critex {__version__}", "nlp_date": day,
        "nlp_datetime": datetime(day.year, day.month, day.day), "term_exists": "Y" if m["assertion"] == "present" else "N",
        "term_temporal": m["temporality"], "term_modifiers": modifiers(m),
    }  # fmt: skip


def modifiers(m: Row) -> str:
    """What NOTE_NLP has no column for, as JSON of at most 2,000 characters (attributes go first where it is longer)."""
    keys = ("label", "value", "assertion", "result", "number", "unit", "comparator", "canonical", "canonical_unit", "date", "date_source", "section", "rule", "end")  # fmt: skip
    content = {k: m[k] for k in keys if m.get(k) is not None}
    if m.get("attributes"):
        content["attributes"] = json.loads(m["attributes"])
    text = json.dumps(content, ensure_ascii=False)
    while len(text) > 2000 and content:
        content.popitem()
        text = json.dumps(content, ensure_ascii=False)
    return text


class _File:
    """One table as a file that takes its place when it is whole."""

    def __init__(self, path: Path, name: str, form: str) -> None:
        self.path, self.name, self.form = path, name, form
        path.parent.mkdir(parents=True, exist_ok=True)
        self.schema = pa.schema([(c, _ARROW[k]) for c, k in COLUMNS[name].items()])
        self._temporary = path.with_name(f".{path.name}.part")
        self._parquet = (
            pq.ParquetWriter(self._temporary, self.schema, compression="zstd") if form == "parquet" else None
        )
        if form == "csv":
            pd.DataFrame(columns=list(COLUMNS[name])).to_csv(self._temporary, index=False)

    def add(self, batch: list[Row]) -> None:
        table = pa.Table.from_pylist(batch, schema=self.schema)
        if self._parquet is not None:
            self._parquet.write_table(table)
        else:
            frame = table.to_pandas(types_mapper=pd.ArrowDtype)
            frame.to_csv(
                self._temporary,
                mode="a",
                header=False,
                index=False,
                lineterminator="\n",
                quoting=csv_quoting(frame),
            )

    def close(self) -> None:
        if self._parquet is not None:
            self._parquet.close()
        write_file(self.path, lambda p: self._temporary.replace(p))


class _Database:
    """The three tables in a database, in one transaction; they are made where they do not exist."""

    def __init__(self, url: str) -> None:
        try:
            import sqlalchemy as sa
        except ImportError:
            raise InputError("--db: SQLAlchemy is not installed. Install it with: pip install 'critex[sql]'") from None
        self._sa = sa
        kinds: dict[str, Any] = {"int": sa.BigInteger, "string": sa.Text, "date": sa.Date, "datetime": sa.DateTime}
        try:
            self.engine = sa.create_engine(url)
            self.connection = self.engine.connect()
        except (sa.exc.SQLAlchemyError, ImportError) as error:
            raise InputError(f"--db: the database cannot be opened ({type(error).__name__}).") from None
        metadata = sa.MetaData()
        self.tables = {
            name: sa.Table(name, metadata, *(sa.Column(c, kinds[k]) for c, k in columns.items()))
            for name, columns in COLUMNS.items()
        }
        metadata.create_all(self.connection)

        self.has_notes = self._filled("note")
        for name in ("note_nlp", "critex_id_map"):
            if self._filled(name):
                raise InputError(f"--db: the table {name} has rows already. Empty it, or name another database.")

    def _filled(self, name: str) -> bool:
        one = self._sa.select(self._sa.literal(1)).select_from(self.tables[name]).limit(1)
        return self.connection.execute(one).first() is not None

    def table(self, name: str) -> _Database._Sink:
        return self._Sink(self.connection, None if name == "note" and self.has_notes else self.tables[name])

    def commit(self) -> None:
        self.connection.commit()

    def close(self) -> None:
        self.connection.close()
        self.engine.dispose()

    class _Sink:
        def __init__(self, connection: Any, table: Any) -> None:
            self.connection, self.sql = connection, table

        def add(self, batch: list[Row]) -> None:
            if batch and self.sql is not None:
                names = [c.name for c in self.sql.columns]
                self.connection.execute(self.sql.insert(), [{n: row.get(n) for n in names} for row in batch])

        def close(self) -> None:
            """Nothing to do: the transaction is committed at the end."""
