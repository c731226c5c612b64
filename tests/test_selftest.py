"""`critex selftest`: changes that must not move a verdict, changes that must, and what is reported."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from critex.cli import app
from critex.evaluate import perturbations
from critex.evaluate.perturbations import KEEP, Evidence, failing_value, gram_per_litre, positive_result
from critex.evaluate.selftest import selftest


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("line_ends", "ECOG 1\nHb 94\n", "ECOG 1\r\nHb 94\r\n"),
        ("spelling", "Haemoglobin low. TUMOUR, tumours", "Hemoglobin low. TUMOR, tumors"),
        ("spelling", "hemoglobin", "haemoglobin"),
        ("dates_in_words", "on 2026-03-12, not 2026-13-12 or 1.2026-03-12", "on 12 Mar 2026, not 2026-13-12 or 1.2026-03-12"),
        ("dates_in_iso", "12-Mar-2026 and 3 April 2025", "2026-03-12 and 2025-04-03"),
        ("dates_in_words", "on 2026-03-12, CT 05-06", "on 2026-03-12, CT 05-06"),
        ("full_width", "HBsAg: negative (2026) at 10:30", "HBsAg： negative （2026） at 10:30"),
        ("hard_spaces", "Hb 94 g/L", "Hb 94\u00a0g/L"),
        ("blank_lines", "a\n\nb\n", "a  \n\n\nb  \n"),
        ("moved_section", "Reason: x\nAllergies: none\nPlan: y\n", "Reason: x\nPlan: y\n\nAllergies: none\n"),
        ("moved_section", "Allergies: none\nPlan: y\n", "Allergies: none\nPlan: y\n"),
    ],
)  # fmt: skip
def test_changes_of_a_text(name: str, before: str, after: str) -> None:
    assert KEEP[name](before, random.Random(0)) == after


def test_wrapping_leaves_tables_and_short_lines() -> None:
    rows = "Hb   94   g/L   (130-170)   " + "x   " * 40 + "\nshort line"
    assert perturbations.wrapped_lines(rows, random.Random(0)) == rows
    prose = "word " * 60
    assert max(map(len, perturbations.wrapped_lines(prose, random.Random(0)).split("\n"))) <= 78


def mention(text: str, note: str, **more: object) -> dict[str, object]:
    start = note.index(text)
    plain = {
        "number": float("nan"),
        "canonical": float("nan"),
        "comparator": "",
        "value": "",
        "result": "",
        "assertion": "present",
    }
    return {"note_id": "n1", "start": start, "end": start + len(text), "rule": "r", **plain, **more}  # fmt: skip


def test_a_value_is_made_to_fail_in_its_own_unit() -> None:
    note = "Hb 12.1 g/dL, WBC 6"
    hb = mention("Hb 12.1", note, label="LAB", value="hemoglobin", number=12.1, canonical=121.0, unit="g/dL")
    change = failing_value(Evidence("p1", "I09.hemoglobin", "pass", (hb,)), {"n1": note})
    assert change is not None
    assert perturbations.edited(note, [e[1:] for e in change.edits]) == "Hb 7.1 g/dL, WBC 6"
    assert change.allowed == ("fail",)
    unit = gram_per_litre(Evidence("p1", "I09.hemoglobin", "pass", (hb,)), {"n1": note})
    assert unit is not None
    assert perturbations.edited(note, [e[1:] for e in unit.edits]) == "Hb 12.1 g/L, WBC 6"


def test_a_test_is_made_positive_only_where_its_own_word_is_found() -> None:
    note = "HIV negative, HCV negative. Anti-HIV: 0.05, HBsAg neg"
    hiv = mention("HIV", note, label="HIV", result="negative")
    change = positive_result(Evidence("p1", "E09.hiv", "pass", (hiv,)), {"n1": note})
    assert change is not None
    assert perturbations.edited(note, [e[1:] for e in change.edits]).startswith("HIV positive, HCV negative")
    bare = mention("Anti-HIV", note, label="HIV", result="negative")
    assert positive_result(Evidence("p1", "E09.hiv", "pass", (bare,)), {"n1": note}) is None


NOTES = pd.DataFrame(
    {
        "note_id": ["n1", "n2"],
        "patient_id": ["p1", "p2"],
        "note_date": ["2026-03-12", "2026-03-12"],
        "text": [
            "Seen in clinic.\nAllergies: none known.\nHb 12.1 g/dL on 2026-03-10. HIV negative.\nPlan: review.\n",
            "PMH:\nRheumatoid arthritis, on methotrexate.\nECOG 1.\n",
        ],
    }
)


def test_the_same_seed_gives_the_same_result_and_every_change_is_counted() -> None:
    a, b = (selftest(NOTES, trial="NCT07235319", seed=3) for _ in range(2))
    assert a.moves.equals(b.moves)
    assert [vars(x) for x in a.operators] == [vars(x) for x in b.operators]
    by_name = {o.name: o for o in a.operators}
    assert by_name["line_ends"].patients == 2
    assert by_name["line_ends"].verdicts == 2 * 38
    assert by_name["failing_value"].verdicts == 1
    assert by_name["positive_result"].verdicts == 1


def test_a_reader_that_ignores_negation_is_found_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from critex.evaluate import perturbations as changes

    monkeypatch.setitem(changes.MOVE, "no_before_finding", changes._before("no", lambda clause: "Zebra "))
    notes = tmp_path / "notes.csv"
    NOTES.to_csv(notes, index=False)
    done = CliRunner().invoke(app, ["selftest", str(notes), "--index-date", "2026-03-16", "-w", "1", "--out", str(tmp_path / "out")])  # fmt: skip
    assert done.exit_code == 4, done.output
    rows = pd.read_csv(tmp_path / "out" / "selftest.csv")
    mine = rows[rows["operator"] == "no_before_finding"]
    assert mine[["patient_id", "criterion", "before", "after", "notes"]].to_numpy().tolist() == [["p2", "E05.autoimmune", "fail", "fail", "n2"]]  # fmt: skip
    assert json.loads((tmp_path / "out" / "selftest.json").read_text())["wrong"] == len(rows)
    for content in (done.output, (tmp_path / "out" / "selftest.csv").read_text(), (tmp_path / "out" / "selftest.json").read_text()):  # fmt: skip
        assert "methotrexate" not in content


def test_nothing_moves_wrongly_on_clear_notes(tmp_path: Path) -> None:
    notes = tmp_path / "notes.csv"
    NOTES.to_csv(notes, index=False)
    done = CliRunner().invoke(app, ["selftest", str(notes), "--index-date", "2026-03-16", "-w", "1"])
    assert done.exit_code == 0, done.output
    assert "0 wrong moves on 2 notes of 2 patients; seed 7" in done.output
