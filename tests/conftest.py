"""Fixtures shared by the tests; texts from outside the repository are found by CRITEX_GOLD and CRITEX_CORPUS."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
