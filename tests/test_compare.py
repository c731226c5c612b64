"""`critex compare`: which verdicts changed between two output folders, and through what."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from critex.cli import app

NOTE = "ECOG 1. Hb 94 g/L. HBsAg negative. No hypertension."
ROWS = [
    ("p1", "n1", "2026-03-12", NOTE),
    ("p2", "n2", "2026-03-12", "ECOG 0. Hb 120 g/L."),
]


def run(folder: Path, rows: list[tuple[str, str, str, str]], *more: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    notes = folder / "notes_in.csv"
    pd.DataFrame(rows, columns=["patient_id", "note_id", "note_date", "text"]).to_csv(notes, index=False)
    done = CliRunner().invoke(
        app, ["run", str(notes), "--index-date", "2026-03-16", "--out", str(folder), "-w", "1", "-q", *more]
    )
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("before") / "out", ROWS)


def compare(a: Path, b: Path, out: Path) -> tuple[int, str, pd.DataFrame]:
    done = CliRunner().invoke(app, ["compare", str(a), str(b), "--out", str(out)])
    table = out / "compare.csv"
    return done.exit_code, done.output, pd.read_csv(table, keep_default_na=False) if table.exists() else pd.DataFrame()


def test_a_folder_is_the_same_as_itself(before: Path, tmp_path: Path) -> None:
    status, said, rows = compare(before, before, tmp_path)
    assert (status, len(rows)) == (0, 0)
    assert "0 of 76 verdicts changed" in said


def test_a_new_note_is_named_with_the_criterion_that_it_changed(before: Path, tmp_path: Path) -> None:
    after = run(tmp_path / "out", [*ROWS, ("p1", "n3", "2026-03-15", "Hb 82 g/L.")])
    status, said, rows = compare(before, after, tmp_path)
    assert status == 4
    changed = rows[rows["criterion"] == "I09.hemoglobin"].iloc[0]
    assert (changed["before"], changed["after"], changed["cause"]) == ("pass", "fail", "new note")
    assert "n3" in changed["detail"]
    assert "labs.hemoglobin" in changed["detail"]
    assert "I09.hemoglobin: pass to fail; new note" in said
    statuses = json.loads((tmp_path / "compare.json").read_text())["statuses"]
    assert statuses == [{"trial": "NCT07235319", "patient_id": "p1", "before": "possible", "after": "ineligible"}]


def test_an_amended_threshold_is_named_as_the_trial(before: Path, tmp_path: Path) -> None:
    from critex.criteria.trial import trial_path

    text = trial_path("NCT07235319").read_text(encoding="utf-8")
    amended = tmp_path / "NCT07235319.yaml"
    amended.write_text(text.replace('hemoglobin: ">= 90 g/L"', 'hemoglobin: ">= 100 g/L"').replace('hemoglobin: "< 90 g/L"', 'hemoglobin: "< 100 g/L"'))  # fmt: skip
    after = tmp_path / "out"
    shutil.copytree(before, after)
    assert (
        CliRunner().invoke(app, ["screen", str(after), "--trial", str(amended), "--index-date", "2026-03-16"]).exit_code
        == 0
    )
    status, _, rows = compare(before, after, tmp_path)
    assert status == 4
    assert rows[["patient_id", "criterion", "before", "after", "cause"]].to_numpy().tolist() == [["p1", "I09.hemoglobin", "pass", "fail", "trial"]]  # fmt: skip
    assert "100 g/L" in rows["reason_after"][0]


def test_a_patient_who_is_only_in_the_first_folder_is_a_change_and_one_only_in_the_second_is_none(
    before: Path, tmp_path: Path
) -> None:
    fewer = run(tmp_path / "out", ROWS[:1])
    assert compare(before, fewer, tmp_path)[0] == 4
    assert compare(fewer, before, tmp_path)[0] == 0


def test_no_note_text_is_written(before: Path, tmp_path: Path) -> None:
    after = run(tmp_path / "out", [("p1", "n1", "2026-03-12", NOTE.replace("No hypertension", "Zebrafish hypertension")), ROWS[1]])  # fmt: skip
    status, said, _ = compare(before, after, tmp_path)
    assert status in (0, 4)
    for content in (said, (tmp_path / "compare.csv").read_text(), (tmp_path / "compare.json").read_text()):
        assert "Zebrafish" not in content


def test_a_folder_without_a_run_is_refused_with_what_to_do(before: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = CliRunner().invoke(app, ["compare", str(before), str(tmp_path / "empty")])
    assert done.exit_code != 0
    assert "critex run" in str(done.exception)
