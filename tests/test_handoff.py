"""`critex screen --max-error`: what is decided alone, what a person decides, and when there is too little gold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta
from typer.testing import CliRunner

from critex.cli import app
from critex.errors import CritexError
from critex.evaluate.handoff import limit, needed_gold


@pytest.mark.parametrize(
    ("max_error", "errors", "needed"), [(0.02, 0, 149), (0.01, 0, 299), (0.05, 0, 59), (0.02, 1, 236)]
)
def test_gold_that_is_needed_is_the_exact_one(max_error: float, errors: int, needed: int) -> None:
    assert needed_gold(max_error, errors) == needed
    assert beta.ppf(0.95, errors + 1, needed - errors) <= max_error < beta.ppf(0.95, errors + 1, needed - 1 - errors)


def test_too_little_gold_allows_nothing_however_right_it_is() -> None:
    found = limit("pass", np.linspace(0.9, 0.99, 148).tolist(), [True] * 148, 0.02)
    assert (found.threshold, found.needed) == (None, 149)


def test_enough_gold_without_an_error_allows_all_down_to_its_least_sure_verdict() -> None:
    found = limit("pass", np.linspace(0.5, 0.99, 149).tolist(), [True] * 149, 0.02)
    assert found.threshold == pytest.approx(0.5)
    assert (found.decided, found.decided_wrong) == (149, 0)
    assert found.upper <= 0.02


def test_errors_among_the_least_sure_raise_the_threshold_above_them() -> None:
    sure = np.linspace(0.5, 0.99, 400)
    found = limit("fail", sure.tolist(), [bool(s > 0.55) for s in sure], 0.02)
    assert found.threshold is not None
    assert found.threshold > 0.5
    assert found.upper <= 0.02 < limit("fail", [0.5] * 400, [bool(s > 0.55) for s in sure], 0.02).upper


def test_an_error_among_the_most_sure_allows_nothing() -> None:
    right = [True] * 160
    right[159] = False
    found = limit("pass", np.linspace(0.5, 0.99, 160).tolist(), right, 0.02)
    assert found.threshold is None
    assert found.needed == needed_gold(0.02, 1)


def test_what_is_not_decided_alone_needs_review_least_sure_first(
    samples_run: Path, folder: Path, samples: Path
) -> None:
    done = CliRunner().invoke(app, ["screen", str(folder), "--max-error", "0.02", "--gold", str(samples)])
    assert done.exit_code == 0, done.output
    assert "trained on this same gold" in " ".join(done.output.split())
    verdicts = pd.read_parquet(folder / "verdicts.parquet")
    before = pd.read_parquet(samples_run / "verdicts.parquet")
    assert verdicts["verdict"].tolist() == before["verdict"].tolist()
    assert not (before["needs_review"] & ~verdicts["needs_review"]).any()
    limits = json.loads((folder / "handoff.json").read_text())["review_below"]
    alone = verdicts[~verdicts["needs_review"]]
    assert len(alone)
    assert set(alone["verdict"]) == {v for v, at in limits.items() if at is not None}
    assert all(sure >= limits[v] for v, sure in zip(alone["verdict"], alone["confidence"], strict=True))
    rows = pd.read_csv(folder / "handoff.csv")
    assert len(rows) + len(alone) == len(verdicts)
    assert rows["confidence"].is_monotonic_increasing
    assert rows["review_order"].tolist() == list(range(1, len(rows) + 1))
    again = CliRunner().invoke(app, ["screen", str(folder)])
    assert again.exit_code == 0
    assert not (folder / "handoff.csv").exists()
    assert pd.read_parquet(folder / "verdicts.parquet").equals(before)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--max-error", "0.02"], "At least 149 verdicts", id="no gold"),
        pytest.param(["--max-error", "0.001", "--gold", "SAMPLES"], "at least 2995 without an error", id="too little gold"),
        pytest.param(["--max-error", "2", "--gold", "SAMPLES"], "between 0 and 1", id="no share"),
        pytest.param(["--gold", "SAMPLES"], "--max-error", id="no rate"),
    ],
)  # fmt: skip
def test_refused_with_how_much_gold_is_needed_and_nothing_is_changed(
    folder: Path, samples: Path, arguments: list[str], said: str
) -> None:
    before = (folder / "verdicts.parquet").read_bytes()
    done = CliRunner().invoke(app, ["screen", str(folder), *(a.replace("SAMPLES", str(samples)) for a in arguments)])
    assert isinstance(done.exception, CritexError)
    assert said in str(done.exception)
    assert (folder / "verdicts.parquet").read_bytes() == before
    assert not (folder / "handoff.json").exists()
