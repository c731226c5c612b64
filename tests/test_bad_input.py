"""What a data manager may point critex at by mistake: a clear message, the right exit status, never a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from critex.cli import app, main
from critex.run.store import read_table

RUNNER = CliRunner()
NOTE = "M/52. HBsAg negative. Hb 9.4 g/dL."


def critex(*words: str | Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """Run the command line as a user does; exit status and all that was printed."""
    monkeypatch.setattr("sys.argv", ["critex", *map(str, words)])
    status = 0
    try:
        main()
    except SystemExit as stop:
        status = int(stop.code or 0)
    out = capsys.readouterr()
    printed = out.out + out.err
    assert "Traceback" not in printed
    return status, " ".join(printed.split())


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Write a file, run critex on it; exit status, what was printed, and the output folder."""

    def go(name: str, content: str | bytes, *more: str) -> tuple[int, str, Path]:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        out = tmp_path / "out"
        status, printed = critex(
            "run", path, "--out", out, "--workers", "1", *more, capsys=capsys, monkeypatch=monkeypatch
        )
        return status, printed, out

    return go


def test_a_good_file_ends_with_0_and_all_tables(run) -> None:
    status, printed, out = run("notes.csv", f"note_id,patient_id,note_date,text\nn1,p1,2026-03-12,{NOTE}\n")
    assert status == 0
    assert "NCT07235319" in printed
    for name in (
        "mentions.parquet",
        "features.parquet",
        "verdicts.parquet",
        "evidence.parquet",
        "candidates.csv",
        "errors.csv",
        "run.json",
        "report.html",
        "notes.parquet",
    ):
        assert (out / name).is_file(), name


def test_a_missing_text_column_names_the_columns_there_are(run) -> None:
    status, printed, out = run("notes.csv", "id,body\n1,x\n")
    assert status == 2
    assert "no column 'text'" in printed
    assert "Columns: id, body" in printed
    assert "--map text=" in printed
    assert not out.exists()


def test_a_column_of_another_name_is_mapped(run) -> None:
    status, _, out = run("notes.csv", f"id,body\n1,{NOTE}\n", "--map", "text=body", "--map", "note_id=id")
    assert status == 0
    assert list(read_table("notes", out)["note_id"]) == ["1"]


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_file_is_refused(run, content: str) -> None:
    status, printed, _ = run("notes.csv", content)
    assert status == 2
    assert "the file is empty" in printed


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, b"PK\x03\x04" + b"\0" * 500])
def test_a_binary_file_is_refused(run, content: bytes) -> None:
    status, printed, _ = run("notes.csv", content)
    assert status == 2
    assert "a binary file" in printed


def test_a_broken_line_is_one_error_row(run) -> None:
    status, printed, out = run("notes.csv", f"note_id,text\nn1,{NOTE}\nn2,one,two,three\nn3,{NOTE}\n")
    assert status == 3
    assert "rejected 1" in printed
    errors = pd.read_csv(out / "errors.csv")
    assert errors["source"].tolist() == ["notes.csv:3"]
    assert "4 fields where the header has 2" in errors["error"][0]
    assert list(read_table("notes", out)["note_id"]) == ["n1", "n3"]


def test_a_doubled_note_id_is_an_error_row(run) -> None:
    status, _, out = run("notes.csv", f"note_id,text\nn1,{NOTE}\nn1,other text\n")
    assert status == 3
    assert "used by an earlier note" in pd.read_csv(out / "errors.csv")["error"][0]


def test_an_impossible_date_is_said_and_the_note_is_still_read(run) -> None:
    status, _, out = run("notes.csv", f"note_id,note_date,text\nn1,2026-02-31,{NOTE}\n")
    assert status == 3
    error = pd.read_csv(out / "errors.csv")["error"][0]
    assert "column note_date: not a date" in error
    assert "2026-02-31" not in error
    notes = read_table("notes", out)
    assert (len(notes), notes["note_date"][0]) == (1, "")


@pytest.mark.parametrize(
    "text",
    [
        "HBsAg negative\r\nHb 9.4 g/dL\r\n",
        "HBsAg negative\0 Hb 9.4",
        "😀 HBsAg negative 鼻咽癌",
        "HBsAg（－）；Hb 94g/L。",
    ],
)
def test_offsets_hold_in_awkward_text(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_text(json.dumps({"note_id": "n1", "text": text}) + "\n", encoding="utf-8")
    status, _ = critex("run", path, "--out", tmp_path / "out", "--workers", "1", capsys=capsys, monkeypatch=monkeypatch)
    assert status == 0
    mentions = read_table("mentions", tmp_path / "out")
    assert "HEPATITIS" in set(mentions["label"])
    for row in mentions.to_dict("records"):
        assert row["text"] == text[row["start"] : row["end"]]


def test_crlf_in_a_csv_cell_is_kept(run) -> None:
    _, _, out = run("notes.csv", b'note_id,text\r\nn1,"HBsAg negative\r\nHb 9.4 g/dL"\r\n')
    assert read_table("notes", out)["text"][0] == "HBsAg negative\r\nHb 9.4 g/dL"


def test_a_note_of_five_megabytes_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "notes.jsonl"
    text = "Ward round, comfortable, eating well, no new complaints today.\n" * 80_000 + "HBsAg negative.\n"
    path.write_text(json.dumps({"note_id": "n1", "text": text}), encoding="utf-8")
    status, _ = critex("run", path, "--out", tmp_path / "out", "--workers", "1", capsys=capsys, monkeypatch=monkeypatch)
    assert status == 0
    assert "HEPATITIS" in set(read_table("mentions", tmp_path / "out")["label"])


def test_a_broken_json_line_is_one_error_row(run) -> None:
    status, _, out = run(
        "notes.jsonl",
        json.dumps({"note_id": "n1", "text": NOTE}) + '\n{"note_id": "n2", "text": \n' + "[" * 100_000 + "\n",
    )
    assert status == 3
    errors = pd.read_csv(out / "errors.csv")
    assert errors["source"].tolist() == ["notes.jsonl:2", "notes.jsonl:3"]
    assert errors["error"].str.startswith("not valid JSON").all()


def test_only_text_is_required_and_what_is_missing_is_said_once(run) -> None:
    status, printed, out = run("notes.csv", f"text\n{NOTE}\n{NOTE}\n")
    assert status == 0
    assert "2 notes had no note_id" in printed
    assert "2 notes had no patient_id" in printed
    assert "2 notes had no note_date" in printed
    assert read_table("notes", out)["patient_id"].nunique() == 2


def test_no_note_text_is_printed_when_a_note_is_rejected(run) -> None:
    _, printed, out = run("notes.csv", 'note_id,text\nn1,"SECRETWORD\nn2,x\n')
    assert "SECRETWORD" not in printed
    assert (
        "SECRETWORD" not in (out / "errors.csv").read_text(encoding="utf-8") if (out / "errors.csv").exists() else True
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "missing.csv", "--out", "x"], "missing.csv: no such file"),
        (["run", "notes.docx", "--out", "x"], "nothing reads files of this kind"),
        (["screen", "nowhere"], "nowhere: no such folder"),
        (["trial", "check", "NCT00000000"], "no such trial file"),
        (["schema", "nothing"], "nothing: no such table"),
        (["run", "good.csv", "--out", "x", "--date-order", "dym"], "--date-order dym: write dmy, mdy or ymd"),
        (["run", "good.csv", "--out", "x", "--workers", "none"], "--workers none"),
        (["run", "good.csv", "--out", "x", "--format", "xlsx"], "--format xlsx"),
        (["run", "good.csv", "--out", "x", "--index-date", "soon"], "--index-date soon: not a date"),
        (["run", "good.csv", "--out", "x", "--map", "text"], "--map text: write --map field=column"),
        (["run", "good.csv", "--out", "x", "--map", "body=text"], "body is not a field of a note"),
        (["run", "--out", "x"], "name files or folders of notes, or a query"),
        (["run", "good.csv", "--out", "x", "--sql", "SELECT 1"], "name files or folders of notes, or a query"),
        (["run", "--out", "x", "--sql", "SELECT 1"], "its database with --db"),
        (["run", "good.csv", "--out", "x", "--encoding", "klingon"], "no such encoding"),
        (["run", "good.csv", "--out", "x", "--engine", "spark", "--format", "csv"], "--engine spark: reads Parquet"),
        (["export", "good.csv", "--to", "omop"], "no table notes"),
        (["export", "nowhere", "--to", "omop"], "nowhere: no such folder"),
        (["bench", "missing.csv"], "missing.csv: no such file"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_to_do(
    tmp_path: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.docx").write_bytes(b"x")
    (tmp_path / "good.csv").write_text("note_id,text\nn1,x\n", encoding="utf-8")
    status, printed = critex(*words, capsys=capsys, monkeypatch=monkeypatch)
    assert status == 2
    assert message in printed


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,index_date\np1,2026-03-16\n", "no column patient_id"),
        ("patient_id,index_date\np1,2026-13-01\n", ":2, column index_date: not a date"),
        (
            "patient_id,index_date\np1,2026-03-01\np1,2026-03-02\n",
            ":3, column patient_id: a patient that an earlier row has",
        ),
    ],
)
def test_a_wrong_patients_file_is_refused(run, tmp_path: Path, content: str, message: str) -> None:
    patients = tmp_path / "patients.csv"
    patients.write_text(content, encoding="utf-8")
    status, printed, _ = run("notes.csv", f"note_id,text\nn1,{NOTE}\n", "--patients", str(patients))
    assert status == 2
    assert message in printed


def test_half_a_surrogate_pair_becomes_a_replacement_character(run) -> None:
    text = '"HBsAg \\ud83d negative. Hb 9.4 g/dL"'
    status, _, out = run("notes.jsonl", f'{{"note_id": "n1", "text": {text}}}\n')
    assert status == 0
    assert read_table("notes", out)["text"][0] == "HBsAg \ufffd negative. Hb 9.4 g/dL"
    for row in read_table("mentions", out).to_dict("records"):
        assert row["text"] == "HBsAg \ufffd negative. Hb 9.4 g/dL"[row["start"] : row["end"]]


def test_a_longer_note_than_allowed_is_an_error_row(run) -> None:
    status, _, out = run("notes.csv", f"note_id,text\nn1,{NOTE}\nn2,{NOTE * 10}\n", "--max-characters", "100")
    assert status == 3
    assert "more than 100 characters" in pd.read_csv(out / "errors.csv")["error"][0]


def test_a_parquet_file_that_is_none_is_refused(run) -> None:
    status, printed, out = run("notes.parquet", b"PAR1" + bytes(200) + b"PAR1")
    assert status == 2
    assert "not a readable Parquet file" in printed
    assert not out.exists()


def test_a_file_in_place_of_the_output_folder_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes.csv").write_text(f"text\n{NOTE}\n", encoding="utf-8")
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    words = ("run", tmp_path / "notes.csv", "--out", tmp_path / "out", "--workers", "1")
    status, printed = critex(*words, capsys=capsys, monkeypatch=monkeypatch)
    assert status == 2
    assert "not a folder" in printed
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_full_disk_ends_with_1_and_the_same_command_goes_on(
    workers: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes.csv").write_text(f"text\n{NOTE}\n", encoding="utf-8")
    words = ("run", tmp_path / "notes.csv", "--out", tmp_path / "out", "--workers", workers)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", str(tmp_path / "out"))

    with monkeypatch.context() as patch:
        patch.setattr("critex.run.judging.TableWriter.add", full)
        status, printed = critex(*words, capsys=capsys, monkeypatch=monkeypatch)
    assert status == 1
    assert "No space left on device. The same command goes on" in printed
    status, _ = critex(*words, capsys=capsys, monkeypatch=monkeypatch)
    assert status == 0
    assert (tmp_path / "out" / "verdicts.parquet").is_file()


def test_every_command_has_help() -> None:
    for words in (
        [],
        ["run"],
        ["export"],
        ["bench"],
        ["screen"],
        ["show"],
        ["schema"],
        ["patterns", "check"],
        ["patterns", "test"],
        ["patterns", "find"],
        ["trial", "check"],
    ):
        result = RUNNER.invoke(app, [*words, "--help"])
        assert result.exit_code == 0
        assert "Usage" in result.output
