"""The wheel holds code, patterns, models and sample notes, and does the main job where it is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built from the checkout."""
    out = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(out), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (built,) = out.glob("critex-*.whl")
    return built


def test_every_file_of_the_project_is_in_the_wheel(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    for folder, target in (
        ("pipeline/critex", "critex"),
        ("patterns", "critex/patterns"),
        ("models", "critex/models"),
        ("data_samples", "critex/data_samples"),
    ):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("."):
                assert f"{target}/{path.relative_to(ROOT / folder).as_posix()}" in inside


def test_an_installed_wheel_does_the_main_job(wheel: Path, tmp_path: Path) -> None:
    env = tmp_path / "env"
    venv.create(env, with_pip=False)
    python = env / "bin" / "python"
    site = Path(
        subprocess.run(
            [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    )
    # the libraries of this environment, but not its critex: a path in a .pth file does not read the .pth files in it
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    zipfile.ZipFile(wheel).extractall(site)
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    where = subprocess.run(
        [str(python), "-c", "import critex; print(critex.__file__)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=clean,
    )
    assert str(site) in where.stdout
    samples = site / "critex" / "data_samples"
    done = subprocess.run(
        [str(python), "-m", "critex", "run", str(samples / "notes.csv"), "--patients", str(samples / "patients.csv"), "--out", "out", "--workers", "1"],
        capture_output=True, text=True, cwd=tmp_path, env=clean, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "candidate" in done.stdout
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000
