"""`critex` for the tests, started as a user starts it, in a process of its own; and where Chromium is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType

import pytest

HOSTILE = '<script>document.title="ran"</script>"><img src=x onerror="document.title=1">\'{{ 7*7 }}'


class Server:
    """``critex review FOLDER`` with the addresses that it printed; a context manager."""

    def __init__(self, folder: Path, *options: str, reviewers: tuple[str, ...] = ("anna",)) -> None:
        names = [word for name in reviewers for word in ("--reviewer", name)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "critex", "review", str(folder), *names, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.address: dict[str, str] = {}
        assert self.process.stdout is not None
        wanted = set(reviewers) | {options[i + 1] for i, o in enumerate(options) if o == "--adjudicator"}
        for line in self.process.stdout:
            if found := re.match(r"(.+): (http://\S+)", line):
                self.address[found[1]] = found[2]
            if set(self.address) >= wanted:
                break
        assert self.address, self.process.stderr.read() if self.process.stderr else ""
        self.base = re.sub(r"/enter.*", "", next(iter(self.address.values())))

    def kill(self) -> None:
        """As a power cut would end it."""
        self.process.kill()
        self.process.wait()

    def next_line(self) -> str:
        """The next line that it prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


def _ended(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "critex", *words], capture_output=True, text=True, check=False)


def critex(*words: str, status: int = 0) -> str:
    """What a command printed, which must end with this exit status."""
    done = _ended(*words)
    assert done.returncode == status, done.stderr
    return done.stdout + done.stderr


def run_folder(target: Path, notes: Path, patients: Path, *options: str, allow_rejected: bool = False) -> Path:
    """A folder that ``critex run`` wrote."""
    done = _ended("run", str(notes), "--patients", str(patients), "--out", str(target), "--quiet", *options)
    assert done.returncode in ((0, 3) if allow_rejected else (0,)), done.stderr
    return target


def chromium_path() -> str:
    """Path of a Chromium; skips the test where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    if os.environ.get("CI"):
        pytest.fail("Chromium is not installed; tests/install_system_packages.sh installs it")
    pytest.skip("Chromium is not installed; tests/install_system_packages.sh installs it")
