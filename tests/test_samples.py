"""The main job on the shipped samples, and on gold that lives outside the repository."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import critex
from critex.criteria.trial import load_trial
from critex.evaluate.evaluation import Evaluation, evaluate
from critex.extract.document import Document
from critex.extract.engine import Extractor, default_extractor
from critex.notes.note import Note
from critex.notes.record import Options, Seen
from critex.notes.sources import read_notes
from critex.run.job import run_job, screen
from critex.run.patients import read_patients
from critex.run.store import read_table

TABLES = ("notes", "mentions", "features", "verdicts", "evidence", "candidates", "errors")


def _evaluate(folder: Path, out: Path) -> Evaluation:
    return evaluate(out, folder, load_trial("NCT07235319"))


def test_the_samples_show_every_status(samples_run: Path) -> None:
    assert set(read_table("candidates", samples_run)["status"]) == {"candidate", "possible", "ineligible"}


def test_every_patient_has_a_verdict_on_every_criterion(samples_run: Path) -> None:
    verdicts = read_table("verdicts", samples_run)
    assert len(verdicts) == verdicts["patient_id"].nunique() * len(load_trial("NCT07235319").criteria)


def test_every_offset_points_at_its_text(samples_run: Path) -> None:
    texts = dict(read_table("notes", samples_run)[["note_id", "text"]].itertuples(index=False))
    for name in ("mentions", "evidence"):
        for row in read_table(name, samples_run).to_dict("records"):
            assert texts[row["note_id"]][row["start"] : row["end"]] == row["text"]


def test_a_decided_verdict_has_evidence(samples_run: Path) -> None:
    verdicts, evidence = read_table("verdicts", samples_run), read_table("evidence", samples_run)
    with_evidence = set(zip(evidence["patient_id"], evidence["criterion"], strict=True))
    for row in verdicts[verdicts["verdict"] != "unknown"].to_dict("records"):
        assert (row["patient_id"], row["criterion"]) in with_evidence, row["reason"]


def test_an_unknown_says_what_is_missing(samples_run: Path) -> None:
    verdicts = read_table("verdicts", samples_run)
    unknown = verdicts[(verdicts["verdict"] == "unknown") & (verdicts["criterion"] != "E15.investigator")]
    assert len(unknown)
    assert (unknown["reason"].str.len() > 10).all()


def test_no_sample_that_fails_is_called_pass(samples: Path, samples_run: Path) -> None:
    found = _evaluate(samples, samples_run)
    assert found.verdicts is not None
    assert [e for e in found.verdicts.errors if e.kind == "false pass"] == []


def test_the_samples_are_read_well(samples: Path, samples_run: Path) -> None:
    found = _evaluate(samples, samples_run)
    assert found.verdicts is not None
    assert found.mentions is not None
    assert found.verdicts.accuracy >= 0.95
    assert found.mentions.total("full").f1 >= 0.90
    assert found.bad_offsets == 0


def test_gold_outside_the_repository_is_read_well(gold: Path, dev_run: Path) -> None:
    found = _evaluate(gold / "dev", dev_run)
    assert found.verdicts is not None
    assert found.mentions is not None
    assert found.verdicts.accuracy >= 0.92
    assert found.verdicts.false_pass <= 0.01 * found.verdicts.gold_fail
    assert found.mentions.total("full").f1 >= 0.88
    assert found.verdicts.evidence_hit >= 0.90
    assert found.bad_offsets == 0


def test_one_and_two_workers_write_the_same_bytes(samples: Path, samples_run: Path, tmp_path: Path) -> None:
    patients = read_patients(samples / "patients.csv")
    run_job([samples / "notes.csv"], tmp_path, trials=["NCT07235319"], patients=patients, workers=2)
    for name in TABLES:
        (path,) = samples_run.glob(f"{name}.*")
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), name


def test_the_order_of_the_notes_changes_nothing(samples: Path, samples_run: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(samples / "notes.csv", dtype=str, keep_default_na=False).iloc[::-1]
    tables = critex.run(frame, patients=read_patients(samples / "patients.csv"))
    for name in ("mentions", "verdicts", "evidence", "candidates"):
        pd.testing.assert_frame_equal(getattr(tables, name), read_table(name, samples_run), check_dtype=False)


def test_screen_gives_the_same_verdicts_without_reading_notes(folder: Path) -> None:
    before = (folder / "verdicts.parquet").read_bytes()
    screen(folder, trials=["NCT07235319"])
    assert (folder / "verdicts.parquet").read_bytes() == before


def test_an_index_date_that_was_not_given_is_said(samples: Path) -> None:
    frame = pd.read_csv(samples / "notes.csv", dtype=str, keep_default_na=False)
    verdicts = critex.run(frame).verdicts
    labs = verdicts[verdicts["criterion"].str.startswith("I09") & (verdicts["verdict"] != "unknown")]
    assert len(labs)
    assert labs["needs_review"].all()
    assert labs["review_why"].str.contains("index date is not given").all()


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_other_formats_hold_the_same_rows(samples: Path, samples_run: Path, tmp_path: Path, form: str) -> None:
    run_job(
        [samples / "notes.csv"],
        tmp_path,
        trials=["NCT07235319"],
        patients=read_patients(samples / "patients.csv"),
        form=form,
    )  # type: ignore[arg-type]
    for name in ("mentions", "verdicts", "evidence"):
        assert len(read_table(name, tmp_path)) == len(read_table(name, samples_run))
    assert list(read_table("verdicts", tmp_path)["verdict"]) == list(read_table("verdicts", samples_run)["verdict"])


def test_run_json_names_versions_and_hashes(samples_run: Path) -> None:
    about = json.loads((samples_run / "run.json").read_text(encoding="utf-8"))
    assert about["trials"]["NCT07235319"]["hash"]
    assert about["patterns"]
    assert about["counts"]["notes"] >= 30


def _notes(folder: Path) -> list[Note]:
    return [n for n in read_notes([folder], Options(), Seen()) if isinstance(n, Note)]


def _same_without_the_scanner(notes: list[Note]) -> None:
    fast, slow = default_extractor(), Extractor(engine="python")
    if fast.scanner.engine != "hyperscan":
        pytest.skip("Hyperscan is not installed; there is only one scanner to compare")
    for note in notes:
        docs = [Document(note.text, note.note_id, note.patient_id, note.note_date, note.note_type) for _ in range(2)]
        assert [repr(m) for m in fast.mentions(docs[0])] == [repr(m) for m in slow.mentions(docs[1])], note.note_id


def test_the_first_look_loses_nothing_on_the_samples(samples: Path) -> None:
    _same_without_the_scanner(_notes(samples / "notes.csv"))


def test_the_first_look_loses_nothing_on_real_transcriptions(corpus: Path) -> None:
    _same_without_the_scanner(_notes(corpus / "mtsamples.jsonl")[::50])
