"""Fixtures shared by the tests; texts from outside the repository are found by CRITEX_GOLD and CRITEX_CORPUS."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from critex.criteria.examples import statements_of_text
from critex.criteria.judge import judge_criterion
from critex.criteria.trial import load_trial
from critex.features.patient import Patient

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
