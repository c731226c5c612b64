"""Every command and every Python example in the README and docs runs."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like a checkout to the examples: sample notes, and an output folder that fills up."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "data_samples", folder / "data_samples")
    return folder


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_command_of_a_page_runs(page: Path, checkout: Path) -> None:
    for block in blocks(page, "console"):
        for line in block.splitlines():
            if not line.startswith("$ critex "):
                continue
            words = shlex.split(line[2:], comments=True)
            done = subprocess.run(
                [sys.executable, "-m", "critex", *words[1:]],
                cwd=checkout,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_python_example_of_a_page_runs(page: Path, checkout: Path) -> None:
    for block in blocks(page, "python"):
        done = subprocess.run(
            [sys.executable, "-c", block], cwd=checkout, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, f"{block}\n{done.stderr}"


def test_every_command_is_documented() -> None:
    from critex.cli import app
    from critex.cli.app import patterns_app, trial_app

    text = "\n".join(p.read_text(encoding="utf-8") for p in PAGES)
    names = [c.name or c.callback.__name__ for c in app.registered_commands if c.callback]
    names += [f"patterns {c.name}" for c in patterns_app.registered_commands] + [
        f"trial {c.name}" for c in trial_app.registered_commands
    ]
    missing = [n for n in names if f"critex {n}" not in text]
    assert not missing
