"""The evidence packet of one patient: what stands in it, whose hashes it names, and that nothing of a note runs."""

from __future__ import annotations

import hashlib
import html
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from critex.criteria.trial import trial_path
from critex.review.decisions import FILE, Decision, DecisionStore
from critex.run.store import read_table
from review_server import critex

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TRIAL = "NCT07235319"
HOSTILE = "<script>document.title='ran'</script>\"><img src=x onerror=\"document.title='ran'\"> ECOG 1. HIV negative. Hb 98 g/L"
PATIENT = 'p"><img src=x onerror=1>'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output folder of a hostile patient, whom two reviewers have looked at."""
    base = tmp_path_factory.mktemp("packet")
    pd.DataFrame(
        [{"note_id": "n<1>", "patient_id": PATIENT, "note_date": "2026-03-12", "note_type": "<i>clinic</i>", "text": HOSTILE}]
    ).to_csv(base / "notes.csv", index=False)  # fmt: skip
    critex("run", str(base / "notes.csv"), "--index-date", "2026-03-16", "--out", str(base / "out"))
    store = DecisionStore(base / "out" / FILE)
    store.add(Decision("Dr <b>Ng</b>", TRIAL, PATIENT, "E09.hiv", "correct", "unknown", comment="<u>of a relative</u>"))
    store.add(Decision("Dr Ong", TRIAL, PATIENT, "I03.ecog", "correct", "fail", comment="taken back"))
    taken_back = store.last_of("Dr Ong", TRIAL, PATIENT)
    assert taken_back is not None
    store.add(Decision("Dr Ong", TRIAL, PATIENT, "I03.ecog", "undo", undoes=taken_back.id))
    store.close()
    return base / "out"


def text_of(page: Path) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", page.read_text(encoding="utf-8"))))


def test_a_packet_holds_verdicts_evidence_decisions_and_hashes(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "packet.html"
    assert "38 criteria, 1 notes, 1 decisions" in critex("packet", str(folder), PATIENT, "--out", str(page))
    said = text_of(page)
    for row in read_table("verdicts", folder).to_dict("records"):
        assert re.sub(r"\s+", " ", row["reason"]) in said
    assert hashlib.sha256(HOSTILE.encode()).hexdigest() in said
    assert hashlib.sha256(trial_path(TRIAL).read_bytes()).hexdigest() in said
    assert "Dr <b>Ng</b>: correct unknown . <u>of a relative</u>" in said.replace("unknown.", "unknown .")
    assert "≠ machine" in said
    assert "taken back" not in said
    assert "last day of I09.hemoglobin" in said
    assert "98 g/L. Limit: ≥ 90." in said


def test_without_notes_only_the_words_around_evidence_are_left(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "packet.html"
    critex("packet", str(folder), PATIENT, "--out", str(page), "--without-notes")
    source = page.read_text(encoding="utf-8")
    assert "<pre>" not in source
    assert "#note-" not in source
    assert "HIV negative" in text_of(page)


def test_making_a_packet_changes_no_decision(folder: Path, tmp_path: Path) -> None:
    before = (folder / FILE).read_bytes()
    critex("packet", str(folder), PATIENT, "--out", str(tmp_path / "a.html"))
    critex("packet", str(folder), PATIENT, "--out", str(tmp_path / "b.html"))
    assert (folder / FILE).read_bytes() == before
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_an_unknown_patient_or_trial_is_named(folder: Path, tmp_path: Path) -> None:
    page = str(tmp_path / "x.html")
    assert "no patient nobody" in critex("packet", str(folder), "nobody", "--out", page, status=2)
    second = str(Path(__file__).parent / "trial_second.yaml")
    assert "critex screen" in critex("packet", str(folder), PATIENT, "--out", page, "--trial", second, status=2)


def test_nothing_of_a_note_runs_in_a_packet(browser: Browser, folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "packet.html"
    critex("packet", str(folder), PATIENT, "--out", str(page))
    tab = browser.new_page()
    asked: list[str] = []
    tab.on("request", lambda r: asked.append(r.url))
    tab.goto(page.as_uri())
    assert tab.title() == "critex packet"
    assert tab.locator("img, script").count() == 0
    assert "<script>document.title='ran'</script>" in tab.locator("pre").first.inner_text()
    assert tab.locator(".note:target").count() == 0
    tab.locator("a[href='#note-1']").first.click()
    assert tab.locator(".note:target").count() == 1
    tab.close()
    assert {a.split("#")[0] for a in asked} == {page.as_uri()}
