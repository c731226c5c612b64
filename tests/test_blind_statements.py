"""Statements by writers who knew the guideline and none of the rules (tests/blind/README.md): one criterion, one verdict, one short note each."""

from pathlib import Path

import pandas as pd
import pytest

import critex

STATEMENTS = Path(__file__).parent / "blind" / "statements.csv"
NOTE_DAY, INDEX_DAY = "2026-05-15", "2026-05-18"


@pytest.fixture(scope="module")
def judged() -> pd.DataFrame:
    """Statements with what critex says of each, in the column ``got``."""
    said = pd.read_csv(STATEMENTS, dtype=str, keep_default_na=False)
    said["patient_id"] = [f"S{i:04d}" for i in range(len(said))]
    notes = pd.DataFrame(
        {
            "note_id": said.patient_id,
            "patient_id": said.patient_id,
            "note_date": NOTE_DAY,
            "note_type": "clinic note",
            "text": said.text,
        }
    )
    patients = pd.DataFrame({"patient_id": said.patient_id, "index_date": INDEX_DAY})
    verdicts = critex.run(notes, patients=patients).verdicts[["patient_id", "criterion", "verdict"]]
    return said.merge(verdicts.rename(columns={"verdict": "got"}), on=["patient_id", "criterion"], how="left")


def _which(rows: pd.DataFrame) -> str:
    return "\n".join(f"{r.criterion} wants {r.verdict}, got {r.got}: {r.text}" for r in rows.itertuples())


def test_every_statement_is_judged(judged: pd.DataFrame) -> None:
    assert not judged.got.isna().any(), _which(judged[judged.got.isna()])


def test_nothing_passes_that_fails(judged: pd.DataFrame) -> None:
    wrong = judged[(judged.verdict == "fail") & (judged.got == "pass")]
    assert wrong.empty, _which(wrong)


def test_nothing_fails_that_passes(judged: pd.DataFrame) -> None:
    wrong = judged[(judged.verdict == "pass") & (judged.got == "fail")]
    assert wrong.empty, _which(wrong)


def test_nothing_passes_that_is_not_known(judged: pd.DataFrame) -> None:
    wrong = judged[(judged.verdict == "unknown") & (judged.got == "pass")]
    assert wrong.empty, _which(wrong)


def test_verdicts(judged: pd.DataFrame) -> None:
    assert (judged.verdict == judged.got).mean() >= 0.95
