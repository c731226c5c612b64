"""evaluation.html in a real Chromium: worst errors first, filters work, nothing of a note or an annotator runs or is loaded."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from critex.cli import app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HOSTILE = '</pre></article><script>document.title="ran"</script><img src=x onerror="document.title=1">'
NOTES = [
    ("n1", "p<1>", f"ECOG 1. {HOSTILE} HIV negative. Hb 8.1 g/dL on 12/03/2026."),
    ("n2", "p2", "ECOG 3. No liver metastases. HBsAg (-). " + "Other words follow here. " * 40 + "HIV negative."),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output folder of two notes, and gold that critex disagrees with: a false pass, a false fail, and mentions."""
    from critex.run.job import run_job

    root = tmp_path_factory.mktemp("page")
    lines = [
        {"note_id": n, "patient_id": p, "note_date": "2026-03-12", "note_type": f"{n} <b>clinic</b>", "text": t}
        for n, p, t in NOTES
    ]
    (root / "notes.jsonl").write_text("\n".join(map(json.dumps, lines)))
    run_job([root / "notes.jsonl"], root / "out", trials=["NCT07235319"])
    gold = root / "gold"
    gold.mkdir()

    def span(note: str, words: str) -> dict[str, Any]:
        text = next(t for n, _, t in NOTES if n == note)
        return {"note_id": note, "start": text.index(words), "end": text.index(words) + len(words), "text": words}

    verdicts = [
        {"patient_id": "p2", "criterion": "I03.ecog", "verdict": "pass", "evidence": [span("n2", "ECOG 3")], "why": HOSTILE},
        {"patient_id": "p<1>", "criterion": "I03.ecog", "verdict": "fail", "evidence": [span("n1", "ECOG 1")], "why": "so"},
        {"patient_id": "p2", "criterion": "E09.hiv", "verdict": "unknown", "evidence": [], "why": ""},
        {"patient_id": "p<1>", "criterion": "E09.hiv", "verdict": "pass", "evidence": [span("n1", "HIV negative")]},
    ]  # fmt: skip
    mentions = [
        span("n2", "ECOG 3") | {"patient_id": "p2", "label": "ECOG", "value": "3", "assertion": "present"},
        span("n2", "liver metastases") | {"patient_id": "p2", "label": "METASTASIS", "value": "liver", "assertion": "family"},
        span("n2", "Other words") | {"patient_id": "p2", "label": "METASTASIS", "value": HOSTILE, "assertion": "present"},
    ]  # fmt: skip
    (gold / "verdicts.jsonl").write_text("\n".join(map(json.dumps, verdicts)))
    (gold / "mentions.jsonl").write_text("\n".join(map(json.dumps, mentions)))
    import csv

    with open(gold / "notes.csv", "w", newline="") as f:
        writer = csv.DictWriter(f, ["note_id", "patient_id", "note_date", "note_type", "text"])
        writer.writeheader()
        writer.writerows(lines)
    done = CliRunner().invoke(app, ["evaluate", str(root / "out"), str(gold)])
    assert done.exit_code == 0, done.output
    return root / "out"


@pytest.fixture(scope="module")
def browser_page(folder: Path, browser: Browser) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.requests = []  # type: ignore[attr-defined]
    page.on("request", lambda r: page.requests.append(r.url))  # type: ignore[attr-defined]
    page.goto((folder / "evaluation.html").as_uri())
    return page


def kinds(page: Page) -> list[str]:
    return [
        str(x) for x in page.eval_on_selector_all("article.error:not([hidden])", "es => es.map(e => e.dataset.kind)")
    ]


def test_the_false_pass_comes_first_then_the_false_fail(browser_page: Page) -> None:
    found = kinds(browser_page)
    assert found[:3] == ["false pass", "false fail", "overcall"]
    assert found.index("wrong mention") < found.index("missed mention") < found.index("spurious mention")


def test_gold_and_critex_stand_side_by_side_with_both_marked_in_the_note(browser_page: Page) -> None:
    first = browser_page.locator("article.error").first
    assert first.locator(".side").nth(0).inner_text().startswith("Gold\n")
    assert "fail: so" in first.locator(".side").nth(0).inner_text()
    assert "pass" in first.locator(".side").nth(1).inner_text()
    assert first.locator("pre").first.locator("mark.gold.ours").first.inner_text() == "ECOG 1"
    whole = browser_page.locator("article.error", has_text="Other words").first.locator("details")
    if whole.count():
        whole.first.locator("summary").click()
        assert "HIV negative." in whole.first.inner_text()


def test_filters_narrow_the_list_and_say_how_many_are_left(browser_page: Page) -> None:
    every = len(kinds(browser_page))
    browser_page.select_option("select[data-by=kind]", "false pass")
    assert kinds(browser_page) == ["false pass"]
    assert browser_page.inner_text("#count") == f"1 of {every} errors"
    browser_page.click("#clear")
    assert len(kinds(browser_page)) == every
    for by, value in (("key", "METASTASIS"), ("type", "n2 <b>clinic</b>"), ("rule", None), ("section", None)):
        options = browser_page.eval_on_selector_all(f"select[data-by={by}] option", "os => os.map(o => o.value)")
        choice = value or next((o for o in options if o), None)
        if choice is None:
            continue
        assert choice in options
        browser_page.select_option(f"select[data-by={by}]", choice)
        assert 0 < len(kinds(browser_page)) < every or by == "section"
        browser_page.click("#clear")


def test_keys_go_from_error_to_error(browser_page: Page) -> None:
    browser_page.evaluate("document.activeElement.blur()")
    seen = []
    for key in ("j", "j", "k"):
        browser_page.keyboard.press(key)
        seen.append(
            browser_page.evaluate("[...document.querySelectorAll('article.error')].indexOf(document.activeElement)")
        )
    assert seen == [0, 1, 0]


def test_nothing_of_a_note_or_an_annotator_runs_or_is_loaded(browser_page: Page, folder: Path) -> None:
    assert browser_page.title() == "critex evaluation"
    assert browser_page.locator("article.error img, article.error script").count() == 0
    assert all(url.startswith("file:") for url in browser_page.requests)  # type: ignore[attr-defined]
    html = (folder / "evaluation.html").read_text()
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", html)
    assert "document.title=1" not in html.replace("onerror=&#34;document.title=1", "")


def test_plots_show_every_criterion_and_label(browser_page: Page) -> None:
    text = " ".join(browser_page.locator("svg.plot").all_text_contents())
    assert all(name in text for name in ("I03.ecog", "E09.hiv", "METASTASIS", "ECOG"))
    assert browser_page.locator("svg.plot[aria-label]").count() >= 4


def test_the_same_evaluation_writes_the_same_page(folder: Path) -> None:
    first = (folder / "evaluation.html").read_bytes()
    CliRunner().invoke(app, ["evaluate", str(folder), str(folder.parent / "gold")])
    assert (folder / "evaluation.html").read_bytes() == first


def test_figures_name_places_and_never_text(folder: Path) -> None:
    figures = (folder / "evaluation.json").read_text()
    assert "Other words" not in figures
    assert "ECOG 1" not in figures
    assert {"patient_id": "p<1>", "criterion": "I03.ecog", "gold": "fail", "got": "pass", "kind": "false pass"} in json.loads(figures)["verdicts"]["errors"]  # fmt: skip


def test_the_page_is_accessible_and_fits_a_narrow_window(browser_page: Page, folder: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    context = browser_page.context.browser.new_context(bypass_csp=True)  # type: ignore[union-attr]
    page = context.new_page()
    page.goto((folder / "evaluation.html").as_uri())
    found = axe.Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:80]) for v in found if v["impact"] in ("serious", "critical")] == []
    page.set_viewport_size({"width": 420, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    context.close()
