"""Cohort page, packet and report of the samples in a real Chromium: accessible by axe-core, wide and narrow, and pictured for the docs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from review_server import critex

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGES = ("cohort.html", "S02.html", "report.html")


@pytest.fixture(scope="module")
def folder(samples_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output folder of the samples with all its pages."""
    out = Path(shutil.copytree(samples_run, tmp_path_factory.mktemp("pages") / "out"))
    for words in (
        ("calendar", str(out)),
        ("cohort", str(out)),
        ("packet", str(out), "S02", "--out", str(out / "S02.html")),
    ):
        critex(*words)
    return out


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(name: str, folder: Path, browser: Browser) -> None:
    from axe_playwright_python.sync_playwright import Axe

    # axe brings its own script, which the page's Content-Security-Policy would rightly keep out
    tab = browser.new_context(bypass_csp=True).new_page()
    tab.goto((folder / name).as_uri())
    tab.evaluate("document.querySelectorAll('details').forEach(function (d) { d.open = true; })")
    found = Axe().run(tab).response["violations"]
    serious = [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")]
    assert not serious


@pytest.mark.parametrize("name", PAGES)
def test_a_page_does_not_scroll_sideways_at_twice_the_size(name: str, folder: Path, browser: Browser) -> None:
    tab = browser.new_page(viewport={"width": 640, "height": 800})
    tab.goto((folder / name).as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_pictures_of_the_docs(folder: Path, browser: Browser, tmp_path: Path) -> None:
    images = Path(__file__).resolve().parents[1] / "docs" / "images" if os.environ.get("CRITEX_PICTURES") else tmp_path
    tab = browser.new_page(viewport={"width": 1180, "height": 760})
    for name, page, at in (
        ("cohort", "cohort.html", "h2"),
        ("cohort-labs", "cohort.html", "#labs-1"),
        ("packet", "S02.html", "h1"),
    ):
        tab.goto((folder / page).as_uri())
        tab.locator(at).first.evaluate("e => e.scrollIntoView()")
        tab.screenshot(path=images / f"{name}.png")
        assert 10_000 < (images / f"{name}.png").stat().st_size < 300_000
