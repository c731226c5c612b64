"""Notes from a database: any query, through DuckDB or SQLAlchemy, streamed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from critex.errors import InputError
from critex.notes.record import Note, Options, Rejected, Seen, check_columns, make_note

FETCH = 500
"""Rows fetched at a time."""


def read_query(db: str, sql: str, options: Options, seen: Seen) -> Iterator[Note | Rejected]:
    """Notes of a query.

    Parameters
    ----------
    db : str
        ``duckdb:FILE`` (or ``duckdb:`` alone, for queries over files), or a SQLAlchemy URL such as ``sqlite:///notes.db`` or
        ``postgresql+psycopg://user@host/base``.
    sql : str
        A SELECT; its columns are those of a note, or named with ``--map``, or those of an OMOP NOTE table.

    Raises
    ------
    InputError
        If the database cannot be opened, the query fails, or a column is missing. The message names no password and no value.
    """
    rows = _duckdb(db, sql) if db.startswith("duckdb:") and "//" not in db else _sqlalchemy(db, sql)
    names = next(rows)
    assert isinstance(names, list)  # noqa: S101 - both generators begin with the columns
    options = options.fitted(names)
    check_columns(names, "--sql", options)
    for number, record in enumerate(rows, 1):
        assert isinstance(record, Mapping)  # noqa: S101
        made = make_note(record, f"sql:{number}", f"sql-{number}", options, seen)
        yield from made if isinstance(made, tuple) else (made,)


def _refusal(error: Exception, what: str) -> InputError:
    """Say the kind of the failure, and the database's own first line only where it speaks of names, not of values."""
    kind = type(error).__name__
    if kind in ("OperationalError", "ProgrammingError", "CatalogException", "ParserException", "BinderException"):
        line = str(getattr(error, "orig", None) or error).strip().splitlines()[0][:200]
        return InputError(f"{what}: {kind}: {line}")
    return InputError(f"{what}: {kind}. Check --db and --sql.")


def _duckdb(db: str, sql: str) -> Iterator[list[str] | Mapping[str, Any]]:
    try:
        import duckdb
    except ImportError:
        raise InputError("--db duckdb: DuckDB is not installed. Install it with: pip install 'critex[sql]'") from None
    path = db.removeprefix("duckdb:")
    try:
        connection = duckdb.connect(path or ":memory:", read_only=bool(path))
        cursor = connection.execute(sql)
        names = [d[0] for d in cursor.description or []]
        yield names
        while rows := cursor.fetchmany(FETCH):
            for row in rows:
                yield dict(zip(names, row, strict=True))
    except duckdb.Error as error:
        raise _refusal(error, "--sql") from None


def _sqlalchemy(db: str, sql: str) -> Iterator[list[str] | Mapping[str, Any]]:
    try:
        import sqlalchemy
    except ImportError:
        raise InputError("--db: SQLAlchemy is not installed. Install it with: pip install 'critex[sql]'") from None
    try:
        engine = sqlalchemy.create_engine(db)
    except (sqlalchemy.exc.ArgumentError, ImportError) as error:
        raise InputError(
            f"--db: not a database URL that can be used ({type(error).__name__}). Write for example sqlite:///notes.db, "
            "postgresql+psycopg://user@host/base or duckdb:notes.duckdb, and install its driver."
        ) from None
    try:
        with engine.connect().execution_options(stream_results=True, max_row_buffer=FETCH) as connection:
            result = connection.execute(sqlalchemy.text(sql))
            yield list(result.keys())
            for row in result.mappings():
                yield dict(row)
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise _refusal(error, "--sql") from None
    finally:
        engine.dispose()
