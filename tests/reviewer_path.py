"""A reviewer's path through the pages, for whichever browser: each module of tests gives its own ``window``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from browser_windows import Window
from critex.review.decisions import Decision, DecisionStore
from review_server import HOSTILE, Server, run_folder

TRIAL = "NCT07235319"
CURRENT = ".criteria [aria-current=true]"
PANEL = ".panel:not([hidden])"


def stored(folder: Path) -> list[Decision]:
    """All decisions, in order."""
    store = DecisionStore(folder / "review.sqlite")
    try:
        return store.all()
    finally:
        store.close()


def run_of(place: Path, *notes: dict[str, str]) -> Path:
    """What ``critex run`` makes of the notes of one patient."""
    (place / "notes.jsonl").write_text("".join(json.dumps(n) + "\n" for n in notes), encoding="utf-8")
    quoted = notes[0]["patient_id"].replace('"', '""')
    (place / "patients.csv").write_text(f'patient_id,index_date\n"{quoted}",2026-03-16\n', encoding="utf-8")
    return run_folder(place / "out", place / "notes.jsonl", place / "patients.csv", allow_rejected=True)


def go_to_criterion(window: Window, wanted: str) -> None:
    """By keys only: to the top, then down."""
    for key in ("k", "j"):
        for _ in range(60):
            if window.attribute(CURRENT, "data-c") == wanted:
                return
            window.press(key)
    pytest.fail(f"no key leads to {wanted}")


class ReviewerPath:
    """What a reviewer does, and what they see and the store holds afterwards."""

    def test_a_reviewer_needs_only_the_keyboard(self, window: Window, folder: Path) -> None:
        with Server(folder) as server:
            window.go(server.address["anna"])
            window.press("/")
            window.write("S10")
            window.see_exactly("#count", "1 of 14 patients")
            window.press("ArrowDown", "Enter")
            window.until(f"document.title === 'Patient S10, {TRIAL}'")
            window.until(f"document.querySelector('{CURRENT}') === document.activeElement")
            window.press("?")
            window.see("#keys")
            window.press("Escape")
            # Down to I03.ecog, its evidence marked, accepted; the next one corrected.
            go_to_criterion(window, "I02.histology")
            go_to_criterion(window, "I03.ecog")
            window.see_in_view("mark.at")
            window.press("a")
            window.see_exactly("#live", "I03.ecog: fail accepted.")
            window.press("j")
            corrected = window.attribute(CURRENT, "data-c")
            window.press("3")
            window.see("#live", "corrected to unknown")
            window.press("n", "x")
            window.see("#live", "span marked as wrong")
            window.press("e")
            window.write("the")
            window.see("#add-found", "characters")
            window.press("Alt+n", "Enter")
            window.see("#live", "evidence added")
            window.see(f"{PANEL} .by", "added by anna")
            window.press("c")
            window.write("Ask the ward.")
            window.press("Control+Enter")
            window.see("#live", "comment stored")
            window.see_exactly(f"{PANEL} .comment", "Ask the ward.")
            window.press("u")
            window.see("#live", "comment taken back")
            assert all(a.startswith(server.base) for a in window.loaded())
            window.press("l")
            window.see_exactly("#count", "1 of 14 patients")
            window.see(".worklist progress")
        acts = [(d.criterion, d.action, d.verdict) for d in stored(folder)]
        assert acts[:2] == [("I03.ecog", "accept", "fail"), (corrected, "correct", "unknown")]
        assert [a for _, a, _ in acts[2:]] == ["wrong_span", "missed_evidence", "comment", "undo"]

    def test_the_list_is_filtered_by_status(self, window: Window, folder: Path) -> None:
        with Server(folder) as server:
            window.go(server.address["anna"])
            window.see_exactly("#count", "14 of 14 patients")
            window.choose("select[name=status]", "ineligible")
            window.until("location.search.includes('status=ineligible')")
            n = window.count("a.open")
            assert 0 < n < 14
            assert window.count(".worklist td .badge.ineligible") == n
            window.see_exactly("#count", f"{n} of 14 patients")

    def test_evidence_leads_to_its_criterion_and_back(self, window: Window, folder: Path) -> None:
        with Server(folder) as server:
            window.go(server.address["anna"])
            window.go(f"{server.base}/patient?id=S01&c=I01.age")
            window.click("mark[data-e='E09.hiv']")
            window.until(f"document.querySelector('{CURRENT}').dataset.c === 'E09.hiv'")
            window.see(f"{PANEL} h2", "E09.hiv")
            window.click(".criteria button[data-c='E04.malignancy']")
            window.see_in_view("mark.at")
            window.see("article mark.on")

    def test_what_is_selected_in_a_note_is_stored_with_its_offsets(self, window: Window, tmp_path: Path) -> None:
        text = "Seen 😀 today.\r\n\tHb 9.8 g/dL & <b>ECOG 1</b>.\r\nNo HIV."
        folder = run_of(tmp_path, {"note_id": "n1", "patient_id": "p1", "note_date": "2026-03-12", "text": text})
        with Server(folder) as server:
            window.go(server.address["anna"])
            window.go(f"{server.base}/patient?id=p1&c=E09.hiv")
            window.value(
                "(() => { const w = document.createTreeWalker(document.querySelector('#notes .text'), NodeFilter.SHOW_TEXT); let n, all = [];"
                "while (n = w.nextNode()) all.push(n); const last = all[all.length - 1], r = document.createRange(); r.setStart(all[0], 5);"
                "r.setEnd(last, last.length); getSelection().removeAllRanges(); getSelection().addRange(r); })()"
            )
            window.press("e", "Enter")
            window.see("#live", "evidence added")
        (added,) = stored(folder)
        assert (added.start, added.end, added.text) == (5, len(text), text[5:])

    def test_nothing_that_stands_in_a_note_runs(self, window: Window, tmp_path: Path) -> None:
        patient = f"p{HOSTILE}"
        days = enumerate(("2026-03-12", "2026-03-13", HOSTILE))
        notes = [
            {"note_id": f"n{i}{HOSTILE}", "patient_id": patient, "note_date": day, "note_type": f"clinic {HOSTILE}", "text": f"ECOG 1. {HOSTILE} HIV negative. {HOSTILE}"}
            for i, day in days
        ]  # fmt: skip
        folder = run_of(tmp_path, *notes)
        with Server(folder, "--adjudicator", "clara", reviewers=("anna", "ben")) as server:
            for name, key in (("anna", "1"), ("ben", "2")):
                window.go(server.address[name])
                window.see_exactly("a.open", patient)
                window.click("a.open")
                window.see_exactly("#head h1", patient)
                window.click(".criteria button[data-c='E09.hiv']")
                window.see(f"{PANEL} .ev", HOSTILE)
                window.press("c")
                window.write(HOSTILE)
                window.press("Control+Enter")
                window.see(f"{PANEL} .comment", HOSTILE)
                window.press(key)
                window.see("#live", "E09.hiv")
                window.press("n", "x")
                window.see("#live", "span marked as wrong")
                assert window.value("document.title") == f"Patient {patient}, {TRIAL}"
                assert window.count("main img, main script") == 0
                assert all(a.startswith(server.base + "/") for a in window.loaded())
            window.go(server.address["clara"])
            window.go(f"{server.base}/adjudicate")
            window.see("article.case", HOSTILE)
            assert window.count("main img, main script") == 0
            assert window.value("document.title") == f"Adjudication, {TRIAL}"
            assert all(a.startswith(server.base + "/") for a in window.loaded())

    def test_a_hidden_verdict_is_shown_once_the_reviewer_has_chosen(self, window: Window, folder: Path) -> None:
        with Server(folder, "--hide-share", "1") as server:
            window.go(server.address["anna"])
            window.go(f"{server.base}/patient?id=S01&c=E09.hiv")
            window.see(PANEL, "hidden here")
            assert window.count("mark[data-e]") == 0
            window.press("a")
            window.see("#live", "The verdict is hidden")
            window.press("1")
            window.see("#live", "E09.hiv")
            window.see_exactly(f"{PANEL} h2 .badge", "✓ pass")
            window.see("mark[data-e='E09.hiv']")

    def test_another_index_date_shows_what_changes_and_is_decided_on_alone(self, window: Window, folder: Path) -> None:
        with Server(folder) as server:
            window.go(server.address["anna"])
            window.go(f"{server.base}/patient?id=S01&c=I09.hemoglobin")
            window.press("d")
            window.fill("input[name=index_date]", "2026-04-20")
            window.see("#changes", "I09.hemoglobin ✓ pass → ? unknown")
            window.until(f"document.querySelector('{CURRENT}').dataset.c === 'I09.hemoglobin'")
            window.see(f"{PANEL} .veil", "Your decision is for index date 2026-04-20")
            window.click(f"{PANEL} h2")
            window.press("a")
            window.see_exactly("#live", "I09.hemoglobin: unknown accepted. For index date 2026-04-20.")
            window.see(f"{CURRENT} .decided", "accepted")
            window.click("#back-to-base")
            window.until("document.querySelector('#head') && !document.querySelector('#changes')")
            assert window.count(".decided") == 0
        (made,) = stored(folder)
        assert (made.verdict, made.seen_verdict, made.index_date, made.other_date) == ("unknown", "unknown", "2026-04-20", "2026-04-20")  # fmt: skip

    def test_disagreements_are_settled_by_keyboard(self, window: Window, folder: Path) -> None:
        for name, verdict in (("anna", "pass"), ("ben", "fail")):
            store = DecisionStore(folder / "review.sqlite")
            store.add(Decision(name, TRIAL, "S01", "I03.ecog", "correct", verdict, seen_verdict="pass"))
            store.close()
        with Server(folder, "--adjudicator", "clara", reviewers=("anna",)) as server:
            window.go(server.address["clara"])
            window.go(f"{server.base}/adjudicate")
            window.press("j", "2")
            window.see_exactly("#n-settled", "1")
            window.go(f"{server.base}/agreement")
            window.see("main", "anna and ben")
        assert ("clara", "I03.ecog", "adjudicate", "fail") in [
            (d.reviewer, d.criterion, d.action, d.verdict) for d in stored(folder)
        ]

    def test_the_keys_of_the_report_lead_from_criterion_to_evidence(self, window: Window, samples_run: Path) -> None:
        window.go((samples_run / "report.html").as_uri())
        window.click("details.patient[open] .criteria button")
        first = window.attribute(CURRENT, "data-c")
        window.press("j")
        second = window.attribute(CURRENT, "data-c")
        assert second != first
        window.press("j", "k")
        assert window.attribute(CURRENT, "data-c") == second
        for _ in range(40):
            if window.count("mark.on") > 1:
                break
            window.press("j")
        window.press("n")
        window.until("Array.from(document.querySelectorAll('mark.on')).some(m => { const r = m.getBoundingClientRect(); return r.top > 0 && r.bottom < innerHeight; })")  # fmt: skip
        assert window.loaded() == [(samples_run / "report.html").as_uri()]
