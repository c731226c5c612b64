"""The ledger: a run that was killed is finished by the same command, and nothing is read twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from critex.errors import CritexError
from critex.extract.mention import Mention
from critex.notes.record import Options
from critex.run.job import Summary, run_job, screen
from critex.run.ledger import FOLDER, Ledger
from critex.run.store import read_table

TEXTS = (
    "M/52. HBsAg negative. Hb 9.4 g/dL.",
    "ECOG 1. Hb 110 g/L.",
    "NPC with liver metastases.",
    "Nothing new today.",
)
TABLES = ("notes.parquet", "mentions.parquet", "features.parquet", "verdicts.parquet", "evidence.parquet", "candidates.csv", "errors.csv", "report.html")  # fmt: skip


def export(path: Path, notes: list[tuple[str, str, str]]) -> Path:
    """Write an export of (note_id, patient_id, text)."""
    lines = [json.dumps({"note_id": i, "patient_id": p, "note_date": "2026-03-12", "text": t}) for i, p, t in notes]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(path: Path, out: Path, **more: object) -> Summary:
    return run_job([path], out, trials=["NCT07235319"], **more)  # type: ignore[arg-type]


def contents(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in TABLES}


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of 600 different notes of 200 patients, one of them broken."""
    folder = tmp_path_factory.mktemp("many")
    notes = [
        (f"n{i}", f"p{i % 200}", f"{TEXTS[i % 4]} Bed {i}. " + "Comfortable, eating well. " * 60) for i in range(600)
    ]
    path = export(folder / "notes.jsonl", notes)
    path.write_text(path.read_text(encoding="utf-8") + "{broken\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def whole(many: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a run that nobody disturbed gives."""
    out = tmp_path_factory.mktemp("whole")
    read(many, out)
    return contents(out)


def test_two_workers_give_the_same_bytes_as_one(many: Path, whole: dict[str, bytes], tmp_path: Path) -> None:
    read(many, tmp_path, workers=2)
    assert contents(tmp_path) == whole


def test_the_order_of_the_notes_does_not_change_the_tables(many: Path, whole: dict[str, bytes], tmp_path: Path) -> None:
    lines = many.read_text(encoding="utf-8").splitlines()
    good = lines[:-1]
    random.Random(3).shuffle(good)
    (tmp_path / "other").mkdir()
    shuffled = tmp_path / "other" / "notes.jsonl"
    shuffled.write_text("\n".join(good) + "\n", encoding="utf-8")
    read(shuffled, tmp_path)
    found = contents(tmp_path)
    for name in ("mentions.parquet", "features.parquet", "verdicts.parquet", "evidence.parquet", "candidates.csv"):
        assert found[name] == whole[name]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is not of this system")
def test_a_run_killed_at_any_moment_is_finished_by_the_same_command(
    many: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = [sys.executable, "-m", "critex", "run", str(many), "--out", str(out), "--workers", "2", "--quiet"]
    rng = random.Random(int(os.environ.get("CRITEX_KILL_SEED", "11")))
    kills = int(os.environ.get("CRITEX_KILLS", "4"))
    for _ in range(kills):
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            try:
                process.wait(rng.uniform(1.5, 6.5))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
            process.wait()
            assert process.returncode in (-signal.SIGKILL, 3), process.stderr and process.stderr.read()
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 3, done.stderr
    assert contents(out) == whole
    assert sorted(p.name for p in out.glob(".*")) == [FOLDER]
    assert not (out / FOLDER / "parts").exists()


def test_texts_that_were_read_are_not_read_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = export(tmp_path / "first.jsonl", [("n1", "p1", TEXTS[0]), ("n2", "p1", TEXTS[1])])
    assert read(first, out).texts_read == 2
    assert read(first, out).texts_read == 0
    later = export(
        tmp_path / "later.jsonl",
        [("n1", "p1", TEXTS[0]), ("n2", "p1", TEXTS[1] + " Changed."), ("n3", "p2", TEXTS[2])],
    )
    summary = read(later, out)
    assert (summary.texts_read, summary.notes) == (2, 3)
    fresh = tmp_path / "fresh"
    read(later, fresh)
    assert contents(out) == contents(fresh)


def test_a_copied_note_costs_once(tmp_path: Path) -> None:
    path = export(tmp_path / "notes.jsonl", [(f"n{i}", f"p{i}", TEXTS[0]) for i in range(30)])
    summary = read(path, tmp_path / "out")
    assert (summary.texts_read, summary.notes) == (1, 30)
    mentions = read_table("mentions", tmp_path / "out")
    assert mentions.groupby("note_id").size().nunique() == 1
    assert mentions["note_id"].nunique() == 30


def test_other_patterns_read_everything_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = export(tmp_path / "notes.jsonl", [("n1", "p1", TEXTS[0])])
    assert read(path, tmp_path / "out").texts_read == 1
    monkeypatch.setattr("critex.run.job.extraction_digest", lambda: "other")
    assert read(path, tmp_path / "out").texts_read == 1


def test_screen_reads_no_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    read(export(tmp_path / "notes.jsonl", [("n1", "p1", TEXTS[0]), ("n2", "p2", TEXTS[2])]), out)
    before = contents(out)
    monkeypatch.setattr("critex.run.extract_notes.mention_rows", None)
    screen(out, trials=["NCT07235319"])
    assert contents(out) == before


def test_screen_works_from_the_tables_where_the_ledger_was_deleted(tmp_path: Path) -> None:
    import shutil

    out = tmp_path / "out"
    read(export(tmp_path / "notes.jsonl", [("n1", "p1", TEXTS[0]), ("n2", "p2", TEXTS[2])]), out)
    before = read_table("verdicts", out)
    shutil.rmtree(out / FOLDER)
    screen(out, trials=["NCT07235319"])
    pd.testing.assert_frame_equal(read_table("verdicts", out), before)


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    words = "from pathlib import Path; from critex.run.ledger import Ledger; import time; l = Ledger(Path('.')); print('held', flush=True); time.sleep(30)"
    with subprocess.Popen([sys.executable, "-c", words], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        try:
            with pytest.raises(CritexError, match="another run is at work"):
                Ledger(tmp_path)
        finally:
            other.kill()
    Ledger(tmp_path).close()


def test_a_damaged_ledger_is_said(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "ledger.sqlite").write_bytes(b"not a database" * 500)
    with pytest.raises(CritexError, match=r"is damaged\. Delete"):
        Ledger(tmp_path)


def test_a_slow_note_is_an_error_row_and_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from critex.extract.engine import Extractor

    path = export(tmp_path / "notes.jsonl", [("n1", "p1", "SLOW"), ("n2", "p1", TEXTS[0])])
    whole = Extractor.mentions

    def slow(self: Extractor, doc) -> list[Mention]:  # type: ignore[no-untyped-def]
        if doc.text == "SLOW":
            time.sleep(5)
        return whole(self, doc)

    with monkeypatch.context() as patch:
        patch.setattr(Extractor, "mentions", slow)
        summary = read(path, tmp_path / "out", options=Options(max_seconds=0.2))
    assert (summary.notes, summary.rejected) == (2, 1)
    assert "took longer than 0.2 s" in read_table("errors", tmp_path / "out")["error"][0]
    again = read(path, tmp_path / "out")
    assert (again.texts_read, again.rejected) == (1, 0)


def test_a_note_that_kills_its_worker_is_an_error_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from critex.extract.engine import Extractor

    notes = [(f"n{i}", "p1", f"{TEXTS[0]} {i}") for i in range(6)]
    path = export(tmp_path / "notes.jsonl", [*notes, ("deadly", "p1", "DEADLY")])
    whole = Extractor.mentions

    def deadly(self: Extractor, doc) -> list[Mention]:  # type: ignore[no-untyped-def]
        if doc.text == "DEADLY":
            os._exit(1)
        return whole(self, doc)

    monkeypatch.setattr(Extractor, "mentions", deadly)
    summary = read(path, tmp_path / "out", workers=2)
    assert (summary.notes, summary.rejected) == (7, 1)
    errors = read_table("errors", tmp_path / "out")
    assert errors["note_id"].tolist() == ["deadly"]
    assert "ended the process" in errors["error"][0]
