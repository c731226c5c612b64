"""Sets by writers who knew the guideline and none of the rules (tests/blind/README.md)."""

from pathlib import Path

import pytest

from critex.criteria.trial import load_trial
from critex.evaluate.evaluation import Evaluation, evaluate
from critex.run.job import run_job
from critex.run.patients import read_patients

TRIAL = "NCT07235319"
SETS = Path(__file__).parent / "blind"


@pytest.fixture(scope="module", params=list("abcdefghijklnopq"))
def scored(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """One set, read and scored."""
    gold = SETS / request.param
    out = tmp_path_factory.mktemp(request.param)
    run_job([gold / "notes.csv"], out, trials=[TRIAL], patients=read_patients(gold / "patients.csv"), workers=1)
    return evaluate(out, gold, load_trial(TRIAL))


def test_no_false_pass(scored: Evaluation) -> None:
    assert scored.verdicts is not None
    assert scored.verdicts.false_pass == 0


def test_verdicts(scored: Evaluation) -> None:
    assert scored.verdicts is not None
    assert scored.verdicts.accuracy >= 0.94


def test_offsets_point_at_what_is_written(scored: Evaluation) -> None:
    assert scored.bad_offsets == 0
