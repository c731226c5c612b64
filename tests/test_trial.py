"""Trial definitions: validated with places, and nothing about one trial in code."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import critex
from critex.criteria.examples import run_examples
from critex.criteria.trial import load_trial
from critex.errors import TrialError

SECOND = Path(__file__).parent / "trial_second.yaml"
GUIDELINE_LEAVES = ["I01.age", "I02.histology", "I02.metastasis", "I03.ecog", "I04.stage", "I05.untreated", "I06.survival", "I07.measurable", "I08.response", "I09.hemoglobin", "I09.anc", "I09.platelets", "I09.renal", "I09.bilirubin", "I09.ast", "I09.alt", "I10.inr", "I10.aptt", "E01.therapy", "E02.checkpoint", "E03.cns", "E04.malignancy", "E05.autoimmune", "E06.tuberculosis", "E07.hepatitis_b", "E08.hepatitis_c", "E09.hiv", "E10.hypertension", "E10.angina", "E10.infarction", "E10.heart_failure", "E10.arrhythmia", "E11.lung", "E12.surgery", "E12.wound", "E13.pregnancy", "E14.allergy"]  # fmt: skip
SHIPPED = load_trial("NCT07235319")


def test_the_shipped_trial_has_every_leaf_of_the_guideline_and_the_investigator() -> None:
    assert [c.id for c in SHIPPED.criteria] == [*GUIDELINE_LEAVES, "E15.investigator"]


def test_every_criterion_has_words_for_the_coordinator_and_examples() -> None:
    for c in SHIPPED.criteria:
        assert c.says, c.id
        assert c.registry, c.id
        assert c.investigator or c.missing, c.id
        assert c.investigator or {e.verdict for e in c.examples} >= {"pass", "unknown"}, c.id


@pytest.mark.parametrize("result", run_examples(SHIPPED), ids=lambda r: r.id)
def test_example_beside_the_criterion(result) -> None:
    if result.example.known_failure:
        pytest.xfail(result.example.known_failure)
    assert result.judged.verdict == result.example.verdict, result.judged.reason


def test_a_quite_different_trial_is_judged_from_its_file_alone() -> None:
    notes = pd.DataFrame(
        {
            "note_id": ["a", "b", "c"],
            "patient_id": ["1", "2", "3"],
            "note_date": ["2026-03-10"] * 3,
            "text": [
                "34-year-old woman. Hb 9.4 g/dL.",
                "M/61. Hb 12.9 g/dL. HIV positive.",
                "Seen today. Hb 9.9 g/dL.",
            ],
        }
    )
    got = critex.run(notes, trial=str(SECOND), index_date="2026-03-12").verdicts.set_index(["patient_id", "criterion"])
    assert got.loc[("1", "A1.age"), "verdict"] == "pass"
    assert got.loc[("1", "A2.hemoglobin"), "verdict"] == "pass"
    assert got.loc[("2", "A2.hemoglobin"), "verdict"] == "fail"
    assert got.loc[("2", "X1.hiv"), "verdict"] == "fail"
    assert got.loc[("3", "A1.age"), "verdict"] == "unknown"
    assert got.loc[("1", "X1.hiv"), "verdict"] == "pass"
    assert "silen" in got.loc[("1", "X1.hiv"), "reason"]
    assert got.loc[("1", "X1.hiv"), "needs_review"]


def test_a_threshold_is_changed_without_python(tmp_path: Path) -> None:
    changed = tmp_path / "changed.yaml"
    changed.write_text(SECOND.read_text(encoding="utf-8").replace("110 g/L", "90 g/L"), encoding="utf-8")
    notes = pd.DataFrame({"note_id": ["a"], "note_date": ["2026-03-10"], "text": ["Hb 9.4 g/dL."]})
    before = critex.run(notes, trial=str(SECOND), index_date="2026-03-12").verdicts.set_index("criterion")
    after = critex.run(notes, trial=str(changed), index_date="2026-03-12").verdicts.set_index("criterion")
    assert (before.loc["A2.hemoglobin", "verdict"], after.loc["A2.hemoglobin", "verdict"]) == ("pass", "fail")


@pytest.mark.parametrize(
    ("find", "replace", "message"),
    [
        (
            "    says: HIV infection.",
            "    says: HIV infection.\n    threshold: 3",
            ":33:5: criteria.2.threshold: unknown key",
        ),
        (
            "verdict: fail, when: {hiv: positive}",
            "verdict: fails, when: {hiv: positive}",
            ":35:10: criteria.2.decide.0.verdict",
        ),
        ("{hiv: negative}", "{hvi: negative}", "no feature 'hvi'"),
        ("phase: screening\n    says: Aged", "phase: screning\n    says: Aged", "phase 'screning'"),
        ("id: X1.hiv", "id: A1.age", "defined twice"),
        ("window: 8 weeks", "window: 8 week s", "is not a window"),
        ("title: Intravenous", "title: [Intravenous", "not valid YAML"),
    ],
)
def test_a_wrong_definition_is_refused_with_its_place(tmp_path: Path, find: str, replace: str, message: str) -> None:
    path = tmp_path / "trial.yaml"
    text = SECOND.read_text(encoding="utf-8")
    assert find in text
    path.write_text(text.replace(find, replace, 1), encoding="utf-8")
    with pytest.raises(TrialError, match=r"trial\.yaml") as caught:
        load_trial(str(path))
    assert message in str(caught.value)


def test_a_trial_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(TrialError, match="NCT07235319"):
        load_trial("NCT00000000")
