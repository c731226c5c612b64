"""The reviewers' page in a real Chromium: by keyboard, by two people at once, with hostile notes, and through a crash."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from critex.review.decisions import Decision, DecisionStore
from review_server import HOSTILE, Server, run_folder

TRIAL = "NCT07235319"


def opened(browser: Browser, address: str, asked: list[str] | None = None) -> Page:
    """A page of a browser of its own, on the work list; ``asked`` collects the addresses of all requests."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(10_000)
    if asked is not None:
        page.on("request", lambda r: asked.append(r.url))
    page.goto(address)
    return page


def stored(folder: Path) -> list[tuple[str, str, str, str]]:
    store = DecisionStore(folder / "review.sqlite")
    try:
        return [(d.reviewer, d.criterion, d.action, d.verdict) for d in store.all()]
    finally:
        store.close()


def test_a_reviewer_needs_only_the_keyboard(browser: Browser, folder: Path) -> None:
    asked: list[str] = []
    with Server(folder) as server:
        page = opened(browser, server.address["anna"], asked)
        keys = page.keyboard
        keys.press("/")
        keys.type("S10")
        expect(page.locator("#count")).to_have_text("1 of 14 patients")
        keys.press("ArrowDown")
        keys.press("Enter")
        expect(page).to_have_title(f"Patient S10, {TRIAL}")
        expect(page.locator(".criteria [aria-current=true]")).to_be_focused()
        keys.press("?")
        expect(page.locator("#keys")).to_be_visible()
        keys.press("Escape")
        # Down to I03.ecog, its evidence marked, accepted; the next one corrected.
        while page.locator(".criteria [aria-current=true]").get_attribute("data-c") != "I02.histology":
            keys.press("k")
        while page.locator(".criteria [aria-current=true]").get_attribute("data-c") != "I03.ecog":
            keys.press("j")
        expect(page.locator("mark.at").first).to_be_in_viewport()
        keys.press("a")
        expect(page.locator("#live")).to_have_text("I03.ecog: fail accepted.")
        keys.press("j")
        corrected = page.locator(".criteria [aria-current=true]").get_attribute("data-c")
        keys.press("3")
        expect(page.locator("#live")).to_contain_text("corrected to unknown")
        keys.press("n")
        keys.press("x")
        expect(page.locator("#live")).to_contain_text("span marked as wrong")
        keys.press("e")
        keys.type("the")
        expect(page.locator("#add-found")).to_contain_text("characters")
        keys.press("Alt+n")
        keys.press("Enter")
        expect(page.locator("#live")).to_contain_text("evidence added")
        expect(page.locator(".panel:not([hidden]) .by").filter(has_text="added by anna")).to_be_visible()
        keys.press("c")
        keys.type("Ask the ward.")
        keys.press("Control+Enter")
        expect(page.locator("#live")).to_contain_text("comment stored")
        expect(page.locator(".panel:not([hidden]) .comment")).to_have_text("Ask the ward.")
        keys.press("u")
        expect(page.locator("#live")).to_contain_text("comment taken back")
        keys.press("l")
        expect(page.locator("#count")).to_have_text("1 of 14 patients")
        expect(page.locator(".worklist progress")).to_be_visible()
    acts = [(c, a, v) for _, c, a, v in stored(folder)]
    assert acts[:2] == [("I03.ecog", "accept", "fail"), (corrected, "correct", "unknown")]
    assert [a for _, a, _ in acts[2:]] == ["wrong_span", "missed_evidence", "comment", "undo"]
    assert all(u.startswith(server.base) for u in asked)


def test_evidence_leads_to_its_criterion_and_back(browser: Browser, folder: Path) -> None:
    with Server(folder) as server:
        page = opened(browser, server.address["anna"])
        page.goto(f"{server.base}/patient?id=S01&c=I01.age")
        mark = page.locator("mark[data-e='E09.hiv']").first
        mark.click()
        expect(page.locator(".criteria [aria-current=true]")).to_have_attribute("data-c", "E09.hiv")
        expect(page.locator(".panel:not([hidden]) h2")).to_contain_text("E09.hiv")
        page.locator(".criteria button[data-c='E04.malignancy']").click()
        expect(page.locator("mark.at").first).to_be_in_viewport()
        expect(page.locator("article mark.on").first).to_be_visible()


def test_what_is_selected_in_a_note_is_stored_with_its_offsets(browser: Browser, tmp_path: Path) -> None:
    text = "Seen 😀 today.\r\n\tHb 9.8 g/dL & <b>ECOG 1</b>.\r\nNo HIV."
    notes, patients = tmp_path / "notes.jsonl", tmp_path / "patients.csv"
    notes.write_text(json.dumps({"note_id": "n1", "patient_id": "p1", "note_date": "2026-03-12", "text": text}) + "\n", encoding="utf-8")  # fmt: skip
    patients.write_text("patient_id,index_date\np1,2026-03-16\n", encoding="utf-8")
    folder = run_folder(tmp_path / "out", notes, patients)
    with Server(folder) as server:
        page = opened(browser, server.address["anna"])
        page.goto(f"{server.base}/patient?id=p1&c=E09.hiv")
        page.evaluate(
            "() => { const w = document.createTreeWalker(document.querySelector('#notes .text'), NodeFilter.SHOW_TEXT); let n, all = [];"
            "while (n = w.nextNode()) all.push(n); const last = all[all.length - 1], r = document.createRange(); r.setStart(all[0], 5);"
            "r.setEnd(last, last.length); getSelection().removeAllRanges(); getSelection().addRange(r); }"
        )
        page.keyboard.press("e")
        page.keyboard.press("Enter")
        expect(page.locator("#live")).to_contain_text("evidence added")
    store = DecisionStore(folder / "review.sqlite")
    (added,) = store.all()
    assert (added.start, added.end, added.text) == (5, len(text), text[5:])


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
    assert {r for r, _, _, _ in acts} == {"anna", "ben"}


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
    assert ("anna", "I01.age", "accept", "pass") in acts
    assert len(acts) <= 2
    with Server(folder) as server:
        page = opened(browser, server.address["anna"])
        page.goto(f"{server.base}/patient?id=S01&c=I01.age")
        expect(page.locator(".criteria button[data-c='I01.age'] .decided")).to_be_visible()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which every field of every note tries to run something, and one reviewer's name too."""
    place = tmp_path_factory.mktemp("hostile")
    rows = [
        {"note_id": f"n{i}{HOSTILE}", "patient_id": f"p{HOSTILE}", "note_date": day, "note_type": f"clinic {HOSTILE}", "text": f"ECOG 1. {HOSTILE} HIV negative. {HOSTILE}"}
        for i, day in enumerate(("2026-03-12", "2026-03-13", HOSTILE))
    ]  # fmt: skip
    (place / "notes.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    (place / "patients.csv").write_text('patient_id,index_date\n"{}",2026-03-16\n'.format(f"p{HOSTILE}".replace('"', '""')))  # fmt: skip
    return run_folder(place / "out", place / "notes.jsonl", place / "patients.csv", allow_rejected=True)


def test_nothing_that_stands_in_a_note_runs(browser: Browser, hostile: Path) -> None:
    asked: list[str] = []
    with Server(hostile, "--adjudicator", "clara", reviewers=("anna", "ben")) as server:
        for name, key in (("anna", "1"), ("ben", "2")):
            page = opened(browser, server.address[name], asked)
            page.on("dialog", lambda d: pytest.fail("a script of a note ran"))
            expect(page.locator("a.open")).to_have_text(f"p{HOSTILE}")
            page.locator("a.open").click()
            expect(page.locator("#head h1")).to_have_text(f"p{HOSTILE}")
            page.locator(".criteria button[data-c='E09.hiv']").click()
            expect(page.locator(".panel:not([hidden]) .ev").first).to_contain_text(HOSTILE)
            page.keyboard.press("c")
            page.keyboard.type(HOSTILE)
            page.keyboard.press("Control+Enter")
            expect(page.locator(".panel:not([hidden]) .comment").last).to_have_text(HOSTILE)
            page.keyboard.press(key)
            expect(page.locator("#live")).to_contain_text("E09.hiv")
            page.keyboard.press("n")
            page.keyboard.press("x")
            expect(page.locator("#live")).to_contain_text("span marked as wrong")
            assert page.title() == f"Patient p{HOSTILE}, {TRIAL}"
            assert page.locator("main img, main script").count() == 0
        page = opened(browser, server.address["clara"], asked)
        page.goto(f"{server.base}/adjudicate")
        expect(page.locator("article.case")).to_contain_text(HOSTILE)
        assert page.locator("main img, main script").count() == 0
        assert page.title() == f"Adjudication, {TRIAL}"
    assert asked
    assert all(u.startswith(server.base + "/") for u in asked)


def test_a_hidden_verdict_is_shown_once_the_reviewer_has_chosen(browser: Browser, folder: Path) -> None:
    with Server(folder, "--hide-share", "1") as server:
        page = opened(browser, server.address["anna"])
        page.goto(f"{server.base}/patient?id=S01&c=E09.hiv")
        panel = page.locator(".panel:not([hidden])")
        expect(panel).to_contain_text("hidden here")
        assert page.locator("mark[data-e]").count() == 0
        page.keyboard.press("a")
        expect(page.locator("#live")).to_contain_text("The verdict is hidden")
        page.keyboard.press("1")
        expect(page.locator("#live")).to_contain_text("E09.hiv")
        expect(panel.locator("h2 .badge")).to_have_text("✓ pass")
        expect(page.locator("mark[data-e='E09.hiv']").first).to_be_visible()


def test_another_index_date_shows_what_changes(browser: Browser, folder: Path) -> None:
    with Server(folder) as server:
        page = opened(browser, server.address["anna"])
        page.goto(f"{server.base}/patient?id=S01&c=I09.hemoglobin")
        page.keyboard.press("d")
        page.locator("input[name=index_date]").fill("2026-04-20")
        expect(page.locator("#changes")).to_contain_text("I09.hemoglobin ✓ pass → ? unknown")
        expect(page.locator(".criteria [aria-current=true]")).to_have_attribute("data-c", "I09.hemoglobin")
        page.locator(".panel:not([hidden]) h2").click()
        page.keyboard.press("a")
        expect(page.locator("#live")).to_contain_text("Go back")
        page.locator("#back-to-base").click()
        expect(page.locator("#changes")).to_have_count(0)
    assert stored(folder) == []


def test_disagreements_are_settled_by_keyboard(browser: Browser, folder: Path) -> None:
    for name, verdict in (("anna", "pass"), ("ben", "fail")):
        store = DecisionStore(folder / "review.sqlite")
        store.add(Decision(name, TRIAL, "S01", "I03.ecog", "correct", verdict, seen_verdict="pass"))
        store.close()
    with Server(folder, "--adjudicator", "clara", reviewers=("anna",)) as server:
        page = opened(browser, server.address["clara"])
        page.goto(f"{server.base}/adjudicate")
        page.keyboard.press("j")
        page.keyboard.press("2")
        expect(page.locator("#n-settled")).to_have_text("1")
        page.goto(f"{server.base}/agreement")
        expect(page.locator("main")).to_contain_text("anna and ben")
    assert ("clara", "I03.ecog", "adjudicate", "fail") in stored(folder)


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
