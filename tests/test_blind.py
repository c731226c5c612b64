"""Sets by writers who knew the guideline and none of the rules (tests/blind/README.md)."""

from pathlib import Path

import pandas as pd
import pytest

import critex
from critex.criteria.trial import load_trial
from critex.evaluate.evaluation import Evaluation, evaluate
from critex.run.store import write_table

SETS = Path(__file__).parent / "blind"


@pytest.fixture(scope="module", params=["a", "b", "c", "d", "e"])
def scored(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """One set, read and scored."""
    gold = SETS / request.param
    out = tmp_path_factory.mktemp(request.param)
    notes = pd.read_csv(gold / "notes.csv", dtype=str, keep_default_na=False)
    tables = critex.run(notes, patients=pd.read_csv(gold / "patients.csv", dtype=str, keep_default_na=False))
    for name in ("mentions", "features", "verdicts", "evidence", "candidates", "errors", "notes"):
        write_table(getattr(tables, name), name, out)
    return evaluate(out, gold, load_trial("NCT07235319"))


def test_no_false_pass(scored: Evaluation) -> None:
    assert scored.verdicts is not None
    assert scored.verdicts.false_pass == 0


def test_verdicts(scored: Evaluation) -> None:
    assert scored.verdicts is not None
    assert scored.verdicts.accuracy >= 0.94


def test_offsets_point_at_what_is_written(scored: Evaluation) -> None:
    assert scored.bad_offsets == 0
