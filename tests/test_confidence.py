"""The confidence of verdicts: what it depends on, how it is trained, and what its figures say."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from critex.cli import app
from critex.criteria.confidence import load_confidence, read_confidence
from critex.criteria.examples import statements_of_text
from critex.criteria.judge import Judged, judge
from critex.criteria.properties import PROPERTIES
from critex.criteria.trial import load_trial
from critex.errors import CritexError
from critex.evaluate.calibration import errors_held, score
from critex.evaluate.training import load_prior, prior_record
from critex.features.patient import Patient

INDEX = date(2026, 3, 16)


@pytest.fixture(scope="module")
def judged() -> Callable[..., dict[str, Judged]]:
    trial = load_trial("NCT07235319")

    def all_of(*texts: str, note_type: str = "clinic note") -> dict[str, Judged]:
        said = [s for i, t in enumerate(texts) for s in statements_of_text(t, date(2026, 3, 12), note_type, f"n{i}")]
        return {j.criterion.id: j for j in judge(trial, Patient("p1", said, INDEX))}

    return all_of


def test_every_verdict_has_a_confidence_between_0_and_1(judged: Callable[..., dict[str, Judged]]) -> None:
    for found in (judged(), judged("ECOG 1. Hb 94 g/L. HBsAg negative."), judged("HBsAg positive. HBsAg negative.")):
        assert all(0 < j.confidence <= 1 for j in found.values())
        assert all(set(j.properties) <= set(PROPERTIES) for j in found.values())


@pytest.mark.parametrize(
    ("criterion", "surer", "less_sure"),
    [
        pytest.param("I09.hemoglobin", ["Hb 120 g/L on 2026-03-12"], ["Hb 90.5 g/L on 2026-03-12"], id="a number near the limit"),
        pytest.param("E09.hiv", ["HIV negative.", "Anti-HIV non-reactive 2026-03-01."], ["HIV negative."], id="one statement only"),
        pytest.param("E09.hiv", [""], ["HIV: pending. HIV serology sent."], id="unknown, with mentions of its kind"),
        pytest.param("E09.hiv", ["HIV status not known."], ["HIV negative 2026-03-01.", "Anti-HIV positive 2026-03-01."], id="contradiction"),
    ],
)  # fmt: skip
def test_what_makes_a_verdict_less_sure(
    judged: Callable[..., dict[str, Judged]], criterion: str, surer: list[str], less_sure: list[str]
) -> None:
    a, b = judged(*surer)[criterion], judged(*less_sure)[criterion]
    assert a.confidence > b.confidence, (a.verdict, a.properties, b.verdict, b.properties)


def test_silence_is_less_sure_where_the_other_values_of_the_panel_are_there(
    judged: Callable[..., dict[str, Judged]],
) -> None:
    panel = judged("2026-03-12: Hb 120 g/L, ANC 3.2, PLT 210, AST 20, ALT 22, creatinine 70 umol/L")["I09.bilirubin"]
    nothing = judged("2026-03-12: seen in clinic")["I09.bilirubin"]
    assert (panel.verdict, nothing.verdict) == ("unknown", "unknown")
    assert panel.confidence < nothing.confidence


def test_the_same_training_gives_the_same_bytes_and_a_model_that_is_used(samples: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        done = CliRunner().invoke(app, ["train", str(samples), "--out", str(tmp_path / name)])
        assert done.exit_code == 0, done.output
    for name in ("confidence.json", "confidence.md"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    model = read_confidence(tmp_path / "a" / "confidence.json")
    assert model.probability("pass", "E09.hiv", "", {"pass": 1.0}) > model.probability(
        "unknown", "E09.hiv", "", {"unknown": 1.0, "conflict": 1.0}
    )
    card = (tmp_path / "a" / "confidence.md").read_text()
    for heading in ("## Data", "## Figures", "## Limits", "sha256"):
        assert heading in card


def test_the_shipped_model_knows_every_property_and_criterion() -> None:
    model = load_confidence()
    assert set(model.coefficients) == set(PROPERTIES)
    trial = load_trial("NCT07235319")
    assert set(model.documented) == {c.id for c in trial.criteria if not c.investigator}


def test_no_text_of_the_notes_is_in_the_model(samples: Path) -> None:
    from critex.resources import folder

    model = json.loads((folder("models") / "confidence.json").read_text())
    assert set(model["gold"][0]) == {"name", "digest", "patients", "verdicts", "wrong"}
    assert model["gold"][0]["name"] == "data_samples"


@pytest.mark.parametrize(
    ("content", "named"),
    [("{", "JSONDecodeError"), ("{}", "KeyError"), ('{"intercept": 0, "properties": {"mood": {"log_odds_wrong": 1}}}', "mood")],
)  # fmt: skip
def test_a_file_that_is_no_model_is_refused_with_what_is_wrong(tmp_path: Path, content: str, named: str) -> None:
    path = tmp_path / "confidence.json"
    path.write_text(content)
    with pytest.raises(CritexError, match=named):
        read_confidence(path)


def test_training_on_a_folder_without_verdicts_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["train", str(tmp_path), "--out", str(tmp_path)])
    assert done.exit_code != 0
    assert isinstance(done.exception, CritexError)


def test_every_line_of_the_prior_says_why() -> None:
    prior = load_prior()
    assert all(line.why for line in prior.properties.values())
    x, p, weight = prior_record(-3.0, 2.0)
    assert -3.0 * x == pytest.approx(np.log(p / (1 - p)))
    assert weight * x * x * p * (1 - p) == pytest.approx(2.0)


def test_figures_of_four_verdicts_by_hand() -> None:
    found = score([0.9, 0.8, 0.6, 0.4], [True, True, False, True])
    assert found.brier == pytest.approx((0.01 + 0.04 + 0.36 + 0.36) / 4)
    assert found.best_constant == pytest.approx(0.75 * 0.25)
    assert found.risk.tolist() == pytest.approx([0, 0, 1 / 3, 1 / 4])
    assert found.aurc == pytest.approx((1 / 3 + 1 / 4) / 4)


def test_ties_of_confidence_gain_nothing_from_their_order() -> None:
    ok = np.array([False] + [True] * 9)
    assert errors_held(np.full(10, 0.5), ok, 0.2) == pytest.approx(0.2)
    assert errors_held(np.full(10, 0.5), ok[::-1], 0.2) == pytest.approx(0.2)


def test_confidence_on_gold_that_it_was_not_trained_on(gold: Path, dev_run: Path) -> None:
    from critex.evaluate.calibration import score_confidence
    from critex.evaluate.gold import read_gold
    from critex.run.store import read_table

    found = score_confidence(read_table("verdicts", dev_run), read_gold(gold / "dev"), "NCT07235319")
    assert found is not None
    assert found.wrong == 0 or found.errors_in_least_fifth >= 0.6
