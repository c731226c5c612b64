"""`critex bench` measures on the user's own notes and writes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from critex.cli import app
from critex.errors import InputError
from critex.run.bench import bench


def test_bench_says_speed_memory_and_where_the_time_goes(samples: Path) -> None:
    found = bench([samples / "notes.csv"], trial="NCT07235319", workers=2)
    assert found.notes >= 30
    assert found.mentions > found.notes
    assert found.extract > 0
    assert found.judge > 0
    assert found.scan < found.extract
    assert {"labs", "histology"} <= set(found.families)
    assert set(found.workers) == {1, 2}
    assert found.hours(2_000) == pytest.approx(2 * found.hours(1_000))


def test_the_command_prints_it(samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["bench", str(samples / "notes.csv"), "--n", "10", "--workers", "1"])
    assert done.exit_code == 0, done.exception
    assert "notes/s" in done.output
    assert "1,000,000 notes" in done.output
    assert not list(tmp_path.iterdir())


def test_an_export_without_a_note_cannot_be_measured(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("text\n", encoding="utf-8")
    with pytest.raises(InputError, match="no note to measure with"):
        bench([path], trial="NCT07235319")
