"""Notes from a real PostgreSQL, and OMOP tables into it; a server is started for the test where its programs are installed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from critex.errors import InputError
from critex.export.omop import export_omop
from critex.notes.database import read_query
from critex.notes.record import Note, Options, Seen
from critex.run.job import run_job
from critex.run.store import read_table

NOTE = "HBsAg negative.\nHb 9.4 g/dL. 鼻咽癌 😀"


def program(name: str) -> str | None:
    if found := shutil.which(name):
        return found
    return next((str(p) for p in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """URL of a PostgreSQL that is only ours."""
    pytest.importorskip("sqlalchemy")
    pytest.importorskip("pg8000")
    initdb, postgres = program("initdb"), program("postgres")
    if not initdb or not postgres:
        pytest.skip("PostgreSQL's server is not installed (apt-get install postgresql)")
    user = None
    if os.geteuid() == 0:  # the server refuses to run as root
        user = "postgres" if subprocess.run(["id", "postgres"], capture_output=True, check=False).returncode == 0 else "nobody"  # fmt: skip
    folder = Path(tempfile.mkdtemp(prefix="critex-pg-"))
    if user:
        shutil.chown(folder, user)
    folder.chmod(0o700)
    made = subprocess.run([initdb, "-D", folder / "data", "-U", "critex", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"], capture_output=True, user=user, cwd=folder, check=False)  # fmt: skip
    if made.returncode:
        shutil.rmtree(folder)
        pytest.skip("PostgreSQL's initdb does not run here")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [postgres, "-D", folder / "data", "-p", str(port), "-k", folder, "-h", "127.0.0.1", "-F"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=user, cwd=folder)
    try:
        yield wait_for(f"postgresql+pg8000://critex@127.0.0.1:{port}/postgres")
    finally:
        process.send_signal(signal.SIGINT)  # fast shutdown: open connections are no reason to wait
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(url: str) -> str:
    import time

    import sqlalchemy

    for _ in range(100):
        try:
            sqlalchemy.create_engine(url).connect().close()
            return url
        except sqlalchemy.exc.SQLAlchemyError:
            time.sleep(0.1)
    pytest.skip("PostgreSQL does not start here")


def test_notes_are_read_and_mentions_put_beside_them(server: str, tmp_path: Path) -> None:
    import sqlalchemy

    engine = sqlalchemy.create_engine(server)
    with engine.begin() as db:
        db.execute(sqlalchemy.text("CREATE TABLE note (note_id bigint, person_id bigint, note_date date, note_datetime timestamp, note_title varchar(250), note_text text)"))  # fmt: skip
        rows = [{"i": i, "p": i % 5, "t": f"{NOTE} {i}"} for i in range(1, 1202)]
        db.execute(sqlalchemy.text("INSERT INTO note VALUES (:i, :p, '2026-03-12', NULL, 'Clinic', :t)"), rows)
    sql = "SELECT note_id, person_id, note_date, note_title, note_text FROM note WHERE note_id <= 1201"
    notes = [n for n in read_query(server, sql, Options(), Seen()) if isinstance(n, Note)]
    assert len(notes) == 1201
    first = min(notes, key=lambda n: int(n.note_id))
    assert (first.note_id, first.patient_id, str(first.note_date), first.text) == ("1", "1", "2026-03-12", f"{NOTE} 1")
    run_job([], tmp_path, trials=["NCT07235319"], query=(server, f"{sql} AND note_id <= 20"))
    export_omop(tmp_path, tmp_path / "x", db=server)
    with engine.connect() as db:
        assert db.execute(sqlalchemy.text("SELECT count(*) FROM note")).scalar() == 1201
        joined = 'SELECT count(*) FROM note_nlp JOIN note USING (note_id) WHERE position(lexical_variant in note_text) = "offset"::int + 1'
        found = db.execute(sqlalchemy.text(joined)).scalar()
        assert found == len(read_table("mentions", tmp_path)) > 20
    engine.dispose()


def test_a_wrong_query_is_said(server: str) -> None:
    with pytest.raises(InputError, match="nowhere"):
        list(read_query(server, "SELECT * FROM nowhere", Options(), Seen()))
