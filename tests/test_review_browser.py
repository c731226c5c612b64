"""The reviewers' page in a real Chromium: by keyboard, by two people at once, with hostile notes, and through a crash."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from browser_windows import ChromiumWindow, Window
from critex.review.decisions import Decision, DecisionStore
from review_server import Server
from reviewer_path import TRIAL, ReviewerPath, stored


def opened(browser: Browser, address: str) -> Page:
    """A page of a browser of its own, on the work list."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(10_000)
    page.goto(address)
    return page


@pytest.fixture
def window(browser: Browser) -> Iterator[Window]:
    """A window of Chromium, which must not have complained of anything."""
    opened_here = ChromiumWindow(browser)
    yield opened_here
    assert opened_here.complaints() == []
    opened_here.context.close()


class TestInChromium(ReviewerPath):
    """The path that Firefox is led along too."""


def test_two_reviewers_at_once_lose_nothing(browser: Browser, folder: Path) -> None:
    with Server(folder, reviewers=("anna", "ben")) as server:
        pages = [opened(browser, server.address[name]) for name in ("anna", "ben")]
        for page in pages:
            page.goto(f"{server.base}/patient?id=S01&c=I01.age")
        for _ in range(6):
            for page, key in zip(pages, ("a", "2"), strict=True):
                page.keyboard.press(key)
            for page in pages:
                expect(page.locator(".criteria [aria-current=true] .decided")).to_be_visible()
                page.keyboard.press("j")
        pages[0].reload()
        pages[0].locator(".criteria button[data-c='I01.age']").click()
        expect(pages[0].locator(".panel:not([hidden]) .others")).to_contain_text("ben")
    acts = stored(folder)
    assert len(acts) == 12
    assert {d.reviewer for d in acts} == {"anna", "ben"}


def test_kill_in_mid_decision_loses_nothing_that_was_said_to_be_stored(browser: Browser, folder: Path) -> None:
    with Server(folder) as server:
        page = opened(browser, server.address["anna"])
        page.goto(f"{server.base}/patient?id=S01&c=I01.age")
        page.keyboard.press("a")
        expect(page.locator("#live")).to_have_text("I01.age: pass accepted.")
        page.keyboard.press("j")
        page.keyboard.press("2")
        server.kill()
        page.wait_for_timeout(200)
        page.keyboard.press("j")
        page.keyboard.press("a")
        expect(page.locator("#live")).to_contain_text("Not stored")
    acts = stored(folder)
    assert ("anna", "I01.age", "accept", "pass") in [(d.reviewer, d.criterion, d.action, d.verdict) for d in acts]
    assert len(acts) <= 2
    with Server(folder) as server:
        page = opened(browser, server.address["anna"])
        page.goto(f"{server.base}/patient?id=S01&c=I01.age")
        expect(page.locator(".criteria button[data-c='I01.age'] .decided")).to_be_visible()


def test_no_page_has_a_serious_barrier(browser: Browser, folder: Path) -> None:
    for name, verdict in (("anna", "pass"), ("ben", "fail")):
        store = DecisionStore(folder / "review.sqlite")
        store.add(Decision(name, TRIAL, "S10", "I03.ecog", "correct", verdict, comment="Why?", seen_verdict="pass"))
        store.close()
    with Server(folder) as server:
        page = opened(browser, server.address["anna"])
        paths = ("/", "/patient?id=S10&c=I03.ecog&index_date=2026-01-01", "/patient?id=S10&c=I03.ecog", "/agreement", "/adjudicate", "/export")  # fmt: skip
        for path in paths:
            page.goto(server.base + path)
            assert not serious(page), path
        page.goto(f"{server.base}/patient?id=S10")
        for key, dialog in (("?", "#keys"), ("e", "#add"), ("c", "#remark")):
            page.keyboard.press(key)
            expect(page.locator(dialog)).to_be_visible()
            assert not serious(page), dialog
            page.keyboard.press("Escape")
        page.set_viewport_size({"width": 640, "height": 450})  # 1280 wide at 200 %
        for path in paths:
            page.goto(server.base + path)
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
        assert not serious(page)


def serious(page: Page) -> list[str]:
    """Serious findings of axe-core on a page."""
    found = Axe().run(page)
    return [
        f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found.response["violations"] if v["impact"] in ("serious", "critical")
    ]  # fmt: skip


def test_pictures_of_the_documentation(browser: Browser, folder: Path, tmp_path: Path) -> None:
    images = Path(__file__).resolve().parents[1] / "docs" / "images" if os.environ.get("CRITEX_PICTURES") else tmp_path
    with Server(folder, reviewers=("anna", "ben")) as server:
        page = opened(browser, server.address["anna"])
        page.set_viewport_size({"width": 1280, "height": 760})
        page.screenshot(path=images / "review-list.png")
        page.goto(f"{server.base}/patient?id=S10&c=I03.ecog")
        page.keyboard.press("a")
        expect(page.locator("#live")).to_contain_text("accepted")
        page.keyboard.press("o")
        page.evaluate("document.getElementById('live').textContent = ''")
        page.wait_for_timeout(100)
        page.screenshot(path=images / "review-patient.png")
        page.goto(f"{server.base}/patient?id=S01&c=I09.hemoglobin&index_date=2026-04-20")
        page.wait_for_timeout(100)
        page.screenshot(path=images / "review-index-date.png")
    for name in ("review-list", "review-patient", "review-index-date"):
        assert 10_000 < (images / f"{name}.png").stat().st_size < 300_000


def test_plot_calendar_and_cohort_stand_beside_the_verdicts(browser: Browser, folder: Path) -> None:
    with Server(folder) as server:
        page = opened(browser, server.address["anna"])
        page.goto(f"{server.base}/patient?id=S01&c=I09.hemoglobin")
        expect(page.locator(".panel:not([hidden]) svg.lab")).to_be_visible()
        page.locator("#calendar summary").click()
        expect(page.locator("#calendar")).to_contain_text("Runs out first, on 2026-03-23")
        assert page.request.get(f"{server.base}/calendar.ics?id=S01").body().startswith(b"BEGIN:VCALENDAR")
        packet = page.request.get(f"{server.base}/packet?id=S01")
        assert packet.headers["content-disposition"].startswith("attachment")
        assert "Evidence packet: S01" in packet.text()
        page.goto(f"{server.base}/cohort")
        expect(page.locator("main")).to_contain_text("What to ask for next")
        assert not serious(page)
