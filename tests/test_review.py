"""The reviewers' page without a browser: who gets in, what is stored, what the list finds."""

from __future__ import annotations

import http.client
import json
import re
import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import pytest

from critex.report.highlight import Mark, pieces
from critex.review.agreement import agreements, following, kappa
from critex.review.decisions import Decision, DecisionStore, finals, on_index_date
from critex.review.exports import decisions_frame, final_candidates
from critex.review.honesty import hidden_cases
from critex.review.patient_view import chunks, evidence_views
from critex.review.workbench import Act, Refused, Rules, Workbench
from critex.review.worklist import Query
from review_server import Server, critex


def decided(
    bench: Workbench, patient: str, criterion: str, verdict: str, reviewer: str, action: str = "correct"
) -> Decision:
    name = f"{patient}-{criterion}-{reviewer}-{action}-{verdict}"
    act = Act(act=name, trial="NCT07235319", patient=patient, criterion=criterion, action=action, verdict=verdict)  # type: ignore[arg-type]
    return bench.decide(act, reviewer)


class Client:
    """Plain HTTP, so that a test may send what a browser would not."""

    def __init__(self, base: str) -> None:
        self.host = urlsplit(base).netloc
        self.cookie = ""

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, str, dict[str, str]]:
        connection = http.client.HTTPConnection(self.host, timeout=20)
        given = {"Host": self.host, "Cookie": self.cookie, **{k.replace("_", "-"): v for k, v in headers.items()}}
        connection.request(method, path, json.dumps(body) if body is not None else None, given)
        answer = connection.getresponse()
        text = answer.read().decode()
        return answer.status, text, {k.lower(): v for k, v in answer.getheaders()}

    def enter(self, address: str) -> int:
        status, _, headers = self.ask("GET", urlsplit(address)._replace(scheme="", netloc="").geturl())
        self.cookie = headers.get("set-cookie", "").split(";")[0]
        return status


def test_only_the_printed_address_opens_the_page_and_only_once(folder: Path) -> None:
    with Server(folder) as server:
        client = Client(server.base)
        assert client.ask("GET", "/")[0] == 401
        assert client.ask("GET", "/enter?token=guess")[0] == 403
        _, _, headers = client.ask("GET", urlsplit(server.address["anna"])._replace(scheme="", netloc="").geturl())
        assert "HttpOnly" in headers["set-cookie"]
        assert "samesite=strict" in headers["set-cookie"].lower()
        client.cookie = headers["set-cookie"].split(";")[0]
        assert client.ask("GET", "/")[0] == 200
        second = Client(server.base)
        assert second.enter(server.address["anna"]) == 403
        assert second.ask("GET", "/")[0] == 401
        fresh = server.next_line().strip().removeprefix("anna: ")
        assert second.enter(fresh) == 303
        assert second.ask("GET", "/")[0] == 200


def test_other_hosts_and_other_origins_are_refused(folder: Path) -> None:
    with Server(folder) as server:
        client = Client(server.base)
        client.enter(server.address["anna"])
        act = {
            "act": "act-12345678",
            "trial": "NCT07235319",
            "patient": "S01",
            "criterion": "I01.age",
            "action": "accept",
        }
        kind = {"Content_Type": "application/json"}
        assert client.ask("GET", "/", Host="evil.example")[0] == 421
        assert client.ask("POST", "/decide", act, **kind)[0] == 403
        assert client.ask("POST", "/decide", act, Origin="http://evil.example", **kind)[0] == 403
        assert client.ask("POST", "/decide", act, Origin=server.base, Content_Type="text/plain")[0] == 415
        assert client.ask("DELETE", "/")[0] == 405
        assert client.ask("POST", "/decide", act, Origin=server.base, **kind)[0] == 200


def test_every_answer_carries_a_strict_policy(folder: Path) -> None:
    with Server(folder) as server:
        client = Client(server.base)
        client.enter(server.address["anna"])
        for path in ("/", "/patient?id=S01", "/static/review.js", "/none"):
            headers = client.ask("GET", path)[2]
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["cache-control"] == "no-store"
        (script,) = re.findall(r'src="(/static/review[^"]+)"', client.ask("GET", "/")[1])
        assert "immutable" in client.ask("GET", script)[2]["cache-control"]
        assert client.ask("GET", script + "0")[2]["cache-control"] == "no-store"
        assert client.ask("GET", "/static/..%2f..%2fpyproject.toml")[0] == 404
        assert client.ask("GET", "/patient?id=..%2F..%2Fetc")[0] == 404


def test_the_server_prints_no_text_of_a_note(folder: Path) -> None:
    with Server(folder) as server:
        client = Client(server.base)
        client.enter(server.address["anna"])
        for path in ("/", "/patient?id=S01", "/patient?id=S01&index_date=9999-99-99", "/rows?page=x", "/rows?sort=x"):
            assert client.ask("GET", path)[0] == 200
        server.process.terminate()
        out, problems = server.process.communicate(timeout=20)
        assert out == ""
        assert problems == ""


def test_a_folder_without_a_run_is_refused_with_a_plain_message(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "critex", "review", str(tmp_path)], capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 2
    assert "no table notes" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_decision_keeps_what_was_seen(folder: Path) -> None:
    bench = Workbench(folder)
    decided(bench, "S01", "I01.age", "", "anna", "accept")
    stored = bench.store.all()[0]
    assert (stored.reviewer, stored.action, stored.verdict, stored.seen_verdict) == ("anna", "accept", "pass", "pass")
    assert len(stored.seen_hash) == 32
    assert stored.at.endswith("+00:00")
    assert stored.index_date == "2026-03-16"


def test_the_table_of_decisions_cannot_be_changed(folder: Path) -> None:
    bench = Workbench(folder)
    decided(bench, "S01", "I01.age", "", "anna", "accept")
    with sqlite3.connect(folder / "review.sqlite") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        for statement in ("DELETE FROM decisions", "UPDATE decisions SET verdict = 'fail'"):
            with pytest.raises(sqlite3.DatabaseError, match="append-only"):
                connection.execute(statement)


def test_undo_takes_back_ones_own_last_act_and_keeps_it_in_the_table(folder: Path) -> None:
    bench = Workbench(folder)
    decided(bench, "S01", "I01.age", "", "anna", "accept")
    decided(bench, "S01", "I01.age", "fail", "ben")
    decided(bench, "S01", "I01.age", "unknown", "anna")
    bench.decide(Act(act="undo-12345678", trial="NCT07235319", patient="S01", action="undo"), "anna")
    standing = bench.store.standing("NCT07235319", "S01")
    assert {d.reviewer: d.verdict for d in standing} == {"anna": "pass", "ben": "fail"}
    assert len(bench.store.all()) == 4
    bench.decide(Act(act="undo-23456789", trial="NCT07235319", patient="S01", action="undo"), "anna")
    with pytest.raises(Refused, match="nothing of yours"):
        bench.decide(Act(act="undo-34567890", trial="NCT07235319", patient="S01", action="undo"), "anna")


def test_a_verdict_for_another_index_date_counts_on_that_day_alone(folder: Path) -> None:
    bench = Workbench(folder)
    trial, day = bench.trial(None), date(2026, 4, 20)
    decided(bench, "S01", "I09.hemoglobin", "", "anna", "accept")
    act = Act(act="other-1234567", trial=trial.trial, patient="S01", criterion="I09.hemoglobin", action="accept", index_date=day)  # fmt: skip
    made = bench.decide(act, "anna")
    assert (made.verdict, made.seen_verdict, made.index_date, made.run_index_date) == ("unknown", "unknown", "2026-04-20", "2026-03-16")  # fmt: skip

    def shown(index_date: date | None) -> Decision | None:
        views = bench.patient(trial, "S01", "anna", index_date).criteria
        return next(c for c in views if c.id == "I09.hemoglobin").mine

    own, other = shown(None), shown(day)
    assert own is not None
    assert other is not None
    assert (own.verdict, other.verdict) == ("pass", "unknown")
    assert shown(date(2026, 4, 21)) is None
    assert [d.verdict for d in bench.all_counting(trial)] == ["pass"]
    assert bench.n_elsewhere(trial) == 1
    (final,) = final_candidates(bench).query("patient_id == 'S01'").to_dict("records")
    assert (final["n_reviewed"], final["changed"]) == (1, "")
    assert decisions_frame(bench)["index_date"].tolist() == ["2026-03-16", "2026-04-20"]


def test_a_verdict_counts_once_the_run_has_its_index_date_and_others_go_with_the_run() -> None:
    made = [Decision("anna", "T", "p", c, "accept", "pass", index_date=on, run_index_date=own) for c, on, own in (
        ("I01.age", "2026-03-16", "2026-03-16"), ("I02.histology", "2026-03-16", ""), ("I03.ecog", "2026-04-20", "2026-03-16"), ("I04.stage", "2026-05-01", "2026-03-16"),
    )]  # fmt: skip
    comment = Decision("anna", "T", "p", "I04.stage", "comment", index_date="2026-05-01", run_index_date="2026-03-16")
    counting = on_index_date([*made, comment], "2026-04-20", "2026-04-20")
    assert [(d.criterion, d.action) for d in counting] == [("I01.age", "accept"), ("I02.histology", "accept"), ("I03.ecog", "accept"), ("I04.stage", "comment")]  # fmt: skip


def test_a_patient_without_an_index_date_is_decided_on_one_that_is_tried(tmp_path: Path) -> None:
    notes = [{"note_id": "n1", "patient_id": "p1", "text": "Hb 12.1 g/dL on 2026-03-12. HIV negative."}]
    (tmp_path / "notes.jsonl").write_text("".join(json.dumps(n) + "\n" for n in notes), encoding="utf-8")
    critex("run", str(tmp_path / "notes.jsonl"), "--out", str(tmp_path / "out"), "--quiet")
    bench = Workbench(tmp_path / "out")
    trial = bench.trial(None)
    assert bench.folder.index_date(trial.trial, "p1") == ""
    decided(bench, "p1", "E09.hiv", "", "anna", "accept")
    given = {"trial": trial.trial, "patient": "p1", "criterion": "I09.hemoglobin", "action": "accept"}
    bench.decide(Act(act="tried-1234567", index_date=date(2026, 3, 16), **given), "anna")  # type: ignore[arg-type]
    assert [(d.criterion, d.index_date) for d in bench.all_counting(trial)] == [("E09.hiv", "")]
    shown = {c.id: c for c in bench.patient(trial, "p1", "anna", date(2026, 3, 16)).criteria}
    assert shown["I09.hemoglobin"].mine is not None
    assert (shown["I09.hemoglobin"].mine.verdict, shown["E09.hiv"].mine) == ("pass", None)


def test_blinded_reviewers_see_others_only_for_the_index_date_that_they_decided(folder: Path) -> None:
    bench = Workbench(folder, Rules(blind=True))
    trial, day = bench.trial(None), date(2026, 4, 20)
    decided(bench, "S01", "I01.age", "fail", "ben")
    act = Act(act="other-2345678", trial=trial.trial, patient="S01", criterion="I01.age", action="accept", index_date=day)  # fmt: skip
    bench.decide(act, "anna")
    assert bench.patient(trial, "S01", "anna").criteria[0].others == ()
    decided(bench, "S01", "I01.age", "", "anna", "accept")
    assert [d.reviewer for d in bench.patient(trial, "S01", "anna").criteria[0].others] == ["ben"]


def test_decisions_of_an_earlier_version_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "review.sqlite"
    store = DecisionStore(path)
    store.add(Decision("anna", "T", "p", "I01.age", "accept", "pass", index_date="2026-03-16"))
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE decisions DROP COLUMN run_index_date")
    (kept,) = DecisionStore(path).all()
    assert (kept.verdict, kept.run_index_date, kept.other_date) == ("pass", "", "")


def test_an_act_sent_twice_is_stored_once(folder: Path) -> None:
    bench = Workbench(folder)
    for _ in range(2):
        decided(bench, "S01", "I01.age", "fail", "anna")
    assert len(bench.store.all()) == 1


def test_a_span_that_is_not_in_the_note_is_refused(folder: Path) -> None:
    bench = Workbench(folder)
    note = bench.folder.patient("NCT07235319", "S01").notes.iloc[0]
    given = {"trial": "NCT07235319", "patient": "S01", "criterion": "I01.age", "action": "missed_evidence", "note_id": note["note_id"], "role": "supports"}  # fmt: skip
    with pytest.raises(Refused, match="not what stands in the note"):
        bench.decide(Act(act="span-12345678", start=0, end=4, text="abcd", **given), "anna")  # type: ignore[arg-type]
    bench.decide(Act(act="span-23456789", start=3, end=9, text=note["text"][3:9], **given), "anna")  # type: ignore[arg-type]
    shown = next(c for c in bench.patient(bench.trial(None), "S01", "anna").criteria if c.id == "I01.age")
    assert [e.added_by for e in shown.supports if e.added_by] == ["anna"]


def test_two_stores_on_one_file_see_each_others_decisions(tmp_path: Path) -> None:
    one, two = DecisionStore(tmp_path / "review.sqlite"), DecisionStore(tmp_path / "review.sqlite")
    for i in range(20):
        (one if i % 2 else two).add(Decision(f"r{i % 2}", "T", "p", "I01.age", "correct", "pass"))
    assert len(one.all()) == len(two.all()) == 20
    assert finals(one.standing("T", "p"))["I01.age"].verdict == "pass"


def test_hidden_cases_are_the_same_on_every_call_and_others_for_each_reviewer() -> None:
    patients, criteria = [f"p{i}" for i in range(2000)], [f"c{i}" for i in range(38)]
    anna = hidden_cases(0.2, "anna", "T", patients, criteria)
    ben = hidden_cases(0.2, "ben", "T", patients, criteria)
    assert (anna == hidden_cases(0.2, "anna", "T", patients, criteria)).all()
    assert abs(anna.mean() - 0.2) < 0.01
    assert abs((anna & ben).mean() - 0.04) < 0.01
    assert not hidden_cases(0, "anna", "T", patients, criteria).any()


def test_a_hidden_verdict_reaches_the_reviewer_only_after_the_choice(folder: Path) -> None:
    bench = Workbench(folder, Rules(hide_share=1.0))
    trial = bench.trial(None)
    before = bench.patient(trial, "S10", "anna")
    assert {c.verdict for c in before.criteria if c.id != "E15.investigator"} == {""}
    assert not any(c.reason or c.supports for c in before.criteria if c.hidden)
    assert not any(p.criteria for n in before.notes for c in n.chunks for p in c.pieces)
    with pytest.raises(Refused, match="hidden"):
        decided(bench, "S10", "I03.ecog", "", "anna", "accept")
    decided(bench, "S10", "I03.ecog", "fail", "anna")
    after = {c.id: c for c in bench.patient(trial, "S10", "anna").criteria}
    assert after["I03.ecog"].verdict == "fail"
    assert after["I03.ecog"].supports
    assert bench.store.all()[0].hidden
    row = bench.lists[trial.trial].find(Query(search="S10"), "anna", bench.store).rows[0]
    assert row.failed == ("I03.ecog",)


def test_the_list_filters_by_verdict_status_review_and_reviewer(folder: Path) -> None:
    bench = Workbench(folder)
    work = bench.lists["NCT07235319"]

    def found(**asked: str) -> set[str]:
        return {r.patient_id for r in work.find(Query.of(asked), "anna", bench.store).rows}

    assert len(found()) == 14
    assert "S10" in found(criterion="I03.ecog", verdict="fail")
    assert "S01" not in found(criterion="I03.ecog", verdict="fail")
    listed = bench.folder.candidates
    assert found(status="candidate") == set(listed.loc[listed["status"] == "candidate", "patient_id"]) != set()
    assert found(search="s1") == {"S10", "S11", "S12", "S13", "S14"}
    decided(bench, "S01", "I01.age", "", "anna", "accept")
    decided(bench, "S01", "I01.age", "fail", "ben")
    assert found(reviewed="mine") == {"S01"}
    assert found(reviewed="by:ben") == {"S01"}
    assert found(reviewed="disagreement") == {"S01"}
    assert "S01" not in found(reviewed="none")


def test_another_index_date_judges_again_and_says_what_changed(folder: Path) -> None:
    from datetime import date

    bench = Workbench(folder)
    trial = bench.trial(None)
    view = bench.patient(trial, "S01", "anna", date(2026, 4, 20))
    changed = {c.id: (c.before, c.verdict) for c in view.changes}
    assert changed["I09.hemoglobin"] == ("pass", "unknown")
    assert "I01.age" not in changed
    assert not bench.patient(trial, "S01", "anna", date(2026, 3, 16)).changes


def test_tables_in_csv_are_reviewed_too(tmp_path: Path, samples: Path) -> None:
    out = tmp_path / "csv"
    critex("run", str(samples / "notes.csv"), "--out", str(out), "--format", "csv", "--quiet")
    bench = Workbench(out)
    view = bench.patient(bench.trial(None), "S01", "anna")
    assert len(view.notes) >= 3
    assert view.index_is_proxy


def reviewed_whole(bench: Workbench, patient: str, reviewers: tuple[str, ...] = ("anna",)) -> None:
    """Every criterion of a patient accepted as it is."""
    for criterion in bench.lists["NCT07235319"].criteria:
        for reviewer in reviewers:
            decided(bench, patient, criterion, "", reviewer, "accept")


def test_kappa_and_span_f1_of_two_reviewers(folder: Path) -> None:
    bench = Workbench(folder)
    trial = bench.trial(None)
    reviewed_whole(bench, "S01", ("anna", "ben"))
    for criterion in ("I01.age", "I02.histology"):
        decided(bench, "S01", criterion, "fail", "ben")
    (found,) = agreements(bench.all_counting(trial), bench.machine_spans(trial))
    assert (found.one, found.other, found.n, found.n_same) == ("anna", "ben", 38, 36)
    assert 0 < found.kappa < 1
    assert found.span_f1 == 1
    evidence = bench.folder.patient(trial.trial, "S01").evidence
    e = evidence[evidence["criterion"] == "I01.age"].iloc[0]
    act = {
        "trial": trial.trial,
        "patient": "S01",
        "criterion": "I01.age",
        "action": "wrong_span",
        "note_id": e["note_id"],
    }
    bench.decide(Act(act="wrong-1234567", start=int(e["start"]), end=int(e["end"]), text=e["text"], **act), "ben")  # type: ignore[arg-type]
    assert agreements(bench.all_counting(trial), bench.machine_spans(trial))[0].span_f1 < 1


def test_kappa_is_as_defined_and_undefined_where_there_is_one_verdict() -> None:
    one = ["pass"] * 20 + ["fail"] * 5 + ["pass"] * 10 + ["fail"] * 15
    other = ["pass"] * 25 + ["fail"] * 25
    assert kappa(one, other) == pytest.approx(0.4)  # observed 0.7, by chance 0.5
    assert kappa(["pass"] * 3, ["pass"] * 3) != kappa(["pass"] * 3, ["pass"] * 3)


def test_report_counts_wrong_suggestions_that_were_followed() -> None:
    def one(
        reviewer: str, criterion: str, verdict: str, seen: str, *, hidden: bool = False, action: str = "correct"
    ) -> Decision:
        return Decision(reviewer, "T", "p", criterion, action, verdict, seen_verdict=seen, hidden=hidden)

    acts = [
        one("anna", "a", "pass", "pass"),
        one("anna", "b", "fail", "pass", hidden=True),
        one("anna", "c", "fail", "fail"),
        one("judge", "a", "fail", "pass", action="adjudicate"),
        one("judge", "b", "fail", "pass", action="adjudicate"),
        one("judge", "c", "fail", "fail", action="adjudicate"),
    ]
    shown, hidden = following(acts)
    assert (shown.hidden, shown.n, shown.n_wrong, shown.n_followed) == (False, 2, 1, 1)
    assert (hidden.hidden, hidden.n, hidden.n_wrong, hidden.n_followed) == (True, 1, 1, 0)


def test_a_blinded_reviewer_learns_of_others_only_after_deciding(folder: Path) -> None:
    with Server(folder, "--blind", "--adjudicator", "clara", reviewers=("anna", "ben")) as server:
        people = {}
        for name, address in server.address.items():
            people[name] = Client(server.base)
            people[name].enter(address)

        def decide(name: str, verdict: str, action: str = "correct") -> int:
            act = {
                "act": f"{name}-{verdict}-{action}",
                "trial": "NCT07235319",
                "patient": "S01",
                "criterion": "I01.age",
                "action": action,
                "verdict": verdict,
            }
            return people[name].ask("POST", "/decide", act, Origin=server.base, Content_Type="application/json")[0]

        assert decide("anna", "fail") == 200
        page = people["ben"].ask("GET", "/patient?id=S01&c=I01.age")[1]
        assert "anna" not in page
        assert "anna" not in people["ben"].ask("GET", "/")[1]
        for path in ("/agreement", "/adjudicate", "/export", "/export/decisions.csv"):
            assert people["ben"].ask("GET", path)[0] == 403
        assert decide("ben", "pass") == 200
        assert "anna" in people["ben"].ask("GET", "/patient?id=S01&c=I01.age")[1]
        assert decide("ben", "pass", "adjudicate") == 409
        assert "S01 · I01.age" in people["clara"].ask("GET", "/adjudicate")[1]
        assert decide("clara", "pass", "adjudicate") == 200
        assert "Settled" in people["anna"].ask("GET", "/patient?id=S01&c=I01.age")[1]


def test_reviewed_patients_become_gold_that_evaluate_reads(folder: Path, tmp_path: Path) -> None:
    bench = Workbench(folder)
    reviewed_whole(bench, "S01")
    decided(bench, "S01", "I03.ecog", "fail", "anna")
    decided(bench, "S02", "I01.age", "", "anna", "accept")
    target = tmp_path / "export"
    critex("review", str(folder), "--export", str(target))
    verdicts = [json.loads(line) for line in (target / "gold" / "verdicts.jsonl").read_text().splitlines()]
    assert {v["patient_id"] for v in verdicts} == {"S01"}
    assert {v["criterion"]: v["verdict"] for v in verdicts}["I03.ecog"] == "fail"
    listed = pd.read_csv(target / "candidates.csv").set_index("patient_id")
    assert listed.loc["S01", "status"] == "ineligible"
    assert listed.loc["S01", "changed"] == "I03.ecog"
    assert bool(listed.loc["S01", "complete"])
    assert not bool(listed.loc["S02", "complete"])
    decisions = pd.read_parquet(target / "decisions.parquet")
    assert len(decisions) == len(pd.read_csv(target / "decisions.csv")) == 40
    assert (target / "brat" / "annotation.conf").is_file()
    critex("evaluate", str(folder), str(target / "gold"))
    assert "37" in json.dumps(json.loads((folder / "evaluation.json").read_text()))


def test_a_line_that_later_notes_repeat_is_shown_once() -> None:
    line = "Biopsy of the nasopharynx: non-keratinising carcinoma."
    texts = {f"n{i}": {"text": f"Visit {i}\n{line}\n", "note_date": f"2026-03-0{i}"} for i in range(1, 5)}
    at = texts["n1"]["text"].index("non-keratinising")
    spans = [{"note_id": n, "start": at, "end": at + 16, "role": "supports"} for n in ("n3", "n1", "n2", "n4")]
    (shown,) = evidence_views(spans, texts)
    assert shown.place.note_id == "n1"
    assert [p.note_id for p in shown.copies] == ["n2", "n3", "n4"]


def test_a_note_is_cut_into_chunks_that_together_are_the_note() -> None:
    text = "".join(f"line {i} ECOG 1\r\n" for i in range(500)) + "\n\n end"
    marks = [Mark(i * 50, i * 50 + 70, "mention", "ECOG") for i in range(100)]
    found = chunks(pieces(text, marks))
    assert "".join(p.text for c in found for p in c.pieces) == text
    assert all(text[c.start :].startswith(c.pieces[0].text) for c in found)
    assert all(text[p.start : p.end] == p.text for c in found for p in c.pieces)
    assert max(c.n_lines for c in found) <= 40


def test_pages_over_all_verdicts_are_closed_while_some_are_hidden(folder: Path) -> None:
    with Server(folder, "--hide-share", "0.2", "--adjudicator", "clara") as server:
        for name, status in (("anna", 403), ("clara", 200)):
            client = Client(server.base)
            client.enter(server.address[name])
            for path in ("/cohort", "/calendar?id=S01", "/packet?id=S01", "/export/candidates.csv"):
                assert client.ask("GET", path)[0] == status, path
