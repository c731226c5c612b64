"""Fixtures shared by the tests; texts from outside the repository are found by CRITEX_GOLD and CRITEX_CORPUS."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from critex.criteria.examples import statements_of_text
from critex.criteria.judge import judge_criterion
from critex.criteria.trial import load_trial
from critex.features.patient import Patient
from review_server import chromium_path, run_folder

pytest.register_assert_rewrite("reviewer_path", "browser_windows")

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SAMPLES = Path(__file__).resolve().parents[1] / "data_samples"


@pytest.fixture(scope="session")
def samples() -> Path:
    """Folder of the shipped synthetic notes with gold."""
    return SAMPLES


@pytest.fixture(scope="session")
def gold() -> Path:
    """Folder of a gold set that lives outside the repository."""
    return outside("CRITEX_GOLD")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Folder of public texts that lives outside the repository."""
    return outside("CRITEX_CORPUS")


def outside(variable: str) -> Path:
    """Folder named by an environment variable; skips the test, with a message, where it is not set."""
    path = os.environ.get(variable)
    if not path or not Path(path).is_dir():
        pytest.skip(f"{variable} is not set to a folder; this test needs texts from outside the repository")
    return Path(path)


NOTE_DATE = date(2026, 3, 12)
INDEX_DATE = date(2026, 3, 16)


@pytest.fixture(scope="session")
def samples_run(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output folder of the main job on the samples, by one process; a test that writes takes a copy (``folder``)."""
    out = tmp_path_factory.mktemp("samples") / "out"
    return run_folder(out, samples / "notes.csv", samples / "patients.csv", "--workers", "1")


@pytest.fixture(scope="session")
def dev_run(gold: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output folder of the main job on the gold set ``dev``, by two processes; no test writes into it."""
    out, dev = tmp_path_factory.mktemp("dev") / "out", gold / "dev"
    return run_folder(out, dev / "notes.csv", dev / "patients.csv", "--workers", "2")


@pytest.fixture
def folder(samples_run: Path, tmp_path: Path) -> Path:
    """A copy of the samples' output folder for one test alone."""
    return Path(shutil.copytree(samples_run, tmp_path / "out"))


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; skips the test, with a message, where there is none."""
    return chromium_path()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A running headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="session")
def verdict() -> Callable[..., str]:
    """Verdict of NCT07235319 on notes of one patient: ``verdict("E10.angina", "No IHD")``; a note is a text, or its date and text."""
    trial = load_trial("NCT07235319")

    def judged(criterion: str, *notes: str | tuple[date, str]) -> str:
        statements = []
        for number, note in enumerate(notes, 1):
            day, text = note if isinstance(note, tuple) else (NOTE_DATE, note)
            statements.extend(statements_of_text(text, day, "clinic note", f"note-{number}"))
        return judge_criterion(trial.criterion(criterion), Patient("patient-1", statements, INDEX_DATE)).verdict

    return judged
