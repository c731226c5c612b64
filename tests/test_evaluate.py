"""Scores against gold, held against computations that share no code with them."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from critex.annotation.document import PatientVerdict
from critex.cli import app
from critex.criteria.trial import load_trial
from critex.evaluate.assertions import kappa_of, score_assertions
from critex.evaluate.evaluation import Evaluation, evaluate
from critex.evaluate.figures import as_json
from critex.evaluate.gold import Gold, GoldMention, read_gold
from critex.evaluate.intervals import bootstrap_ratio, exact_upper
from critex.evaluate.spans import nervaluate_scores, strict_scores, token_scores
from critex.evaluate.values import score_values
from critex.evaluate.verdicts import score_verdicts
from critex.run.job import run_job
from critex.run.store import read_table

TRIAL = "NCT07235319"


@pytest.fixture(scope="module")
def out(samples_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output folder of a run on the samples, for the tests of this file."""
    return Path(shutil.copytree(samples_run, tmp_path_factory.mktemp("evaluated") / "out"))


@pytest.fixture(scope="module")
def found(samples: Path, out: Path) -> Evaluation:
    return evaluate(out, samples, load_trial(TRIAL))


# Computed here by hand, from counts


def prf(right: int, gold: int, said: int) -> tuple[float, float, float]:
    p, r = right / said if said else 0.0, right / gold if gold else 0.0
    return p, r, 2 * p * r / (p + r) if p + r else 0.0


def kappa_by_hand(a: Sequence[str], b: Sequence[str]) -> float:
    n = len(a)
    agree = sum(x == y for x, y in zip(a, b, strict=True)) / n
    chance = sum(a.count(w) * b.count(w) for w in {*a, *b}) / n**2
    return 1.0 if chance == 1 else (agree - chance) / (1 - chance)


def upper_by_hand(events: int, of: int) -> float:
    """The rate at which so few events have a probability of 5 %, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(60):
        p = (low + high) / 2
        tail = sum(math.comb(of, k) * p**k * (1 - p) ** (of - k) for k in range(events + 1))
        low, high = (p, high) if tail > 0.05 else (low, p)
    return low


def rows(mentions: Sequence[GoldMention]) -> list[dict[str, Any]]:
    return [{"note_id": m.note_id, "start": m.start, "end": m.end, "label": m.label} for m in mentions]


LABELS = ("LAB", "ECOG", "TB")


@st.composite
def mentions(draw: st.DrawFn) -> list[GoldMention]:
    """Mentions of two notes; those of one label do not overlap, as nervaluate needs it."""
    made = []
    for note in ("n1", "n2"):
        for label in LABELS:
            edges = sorted(draw(st.lists(st.integers(0, 40), max_size=8, unique=True)))
            made += [
                GoldMention(note, "p", a, b, "", label) for a, b in zip(edges[::2], edges[1::2], strict=False) if a < b
            ]
    return made


TEXTS = {"n1": "Hb 9 g/dL, plt 120; 鼻咽癌 ECOG 1 noted ok.", "n2": "x " * 25}


@settings(max_examples=60, deadline=None)
@given(mentions(), mentions())
def test_strict_scores_are_those_of_sets(gold: list[GoldMention], said: list[GoldMention]) -> None:
    scores = strict_scores(gold, rows(said))
    keys = [{(m.note_id, m.start, m.end, m.label) for m in side} for side in (gold, said)]
    for label in LABELS:
        mine, theirs = ({k for k in side if k[3] == label} for side in keys)
        if mine | theirs:
            s = scores[label]
            assert (s.precision, s.recall, s.f1) == pytest.approx(prf(len(mine & theirs), len(mine), len(theirs)))
            assert (s.gold, s.found) == (len(mine), len(theirs))
    if keys[0] | keys[1]:
        every = scores["all"]
        assert (every.precision, every.recall, every.f1) == pytest.approx(prf(len(keys[0] & keys[1]), len(keys[0]), len(keys[1])))  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(mentions())
def test_nervaluate_agrees_where_every_found_span_is_annotated_or_far(gold: list[GoldMention]) -> None:
    # nervaluate gives a found span to the first one that it overlaps; here none overlaps two
    said = [m for i, m in enumerate(gold) if i % 3]
    mine, theirs = strict_scores(gold, rows(said)), nervaluate_scores(gold, rows(said))
    assert set(mine) == set(theirs.get("strict", {}))
    for label, s in mine.items():
        t = theirs["strict"][label]
        assert (t.precision, t.recall, t.f1) == pytest.approx((s.precision, s.recall, s.f1))


@settings(max_examples=40, deadline=None)
@given(mentions(), mentions())
def test_token_scores_are_those_of_sets_of_words(gold: list[GoldMention], said: list[GoldMention]) -> None:
    import re

    words = {n: [m.span() for m in re.finditer(r"[鼻咽癌]|[A-Za-z]+|\d+|[^\w\s]", t)] for n, t in TEXTS.items()}

    def touched(side: list[GoldMention]) -> set[tuple[str, int, str]]:
        return {(m.note_id, i, m.label) for m in side for i, (a, b) in enumerate(words[m.note_id]) if a < m.end and m.start < b}  # fmt: skip

    mine, theirs = touched(gold), touched(said)
    scores = token_scores(gold, rows(said), TEXTS)
    if mine | theirs:
        s = scores["all"]
        assert (s.precision, s.recall, s.f1) == pytest.approx(prf(len(mine & theirs), len(mine), len(theirs)))


def test_of_a_discontinuous_mention_only_the_pieces_count_as_tokens() -> None:
    gold = [GoldMention("n", "p", 0, 21, "", "METASTASIS", pieces=((0, 5), (15, 21)))]
    said = [{"note_id": "n", "start": 0, "end": 5, "label": "METASTASIS"}]
    scores = token_scores(gold, said, {"n": "liver and bone metast"})
    assert (scores["all"].precision, scores["all"].recall) == (1.0, 0.5)


@given(st.integers(0, 6), st.integers(1, 80))
def test_the_bound_of_false_passes_is_exact(events: int, of: int) -> None:
    if events < of:
        assert exact_upper(events, of) == pytest.approx(upper_by_hand(events, of), abs=1e-9)


def test_with_no_false_pass_the_bound_is_the_rule_of_three() -> None:
    assert exact_upper(0, 100) == pytest.approx(0.0295, abs=1e-4)


WORDS = st.sampled_from(["pass", "fail", "unknown"])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ABC"), WORDS, WORDS), min_size=1, max_size=30))
def test_figures_of_verdicts_are_those_of_their_confusion(triples: list[tuple[str, str, str]]) -> None:
    gold = Gold(verdicts=[PatientVerdict(f"p{i}", c, w) for i, (c, w, _) in enumerate(triples)])
    said = pd.DataFrame(
        [{"patient_id": f"p{i}", "criterion": c, "verdict": g, "reason": ""} for i, (c, _, g) in enumerate(triples)]
    )
    evidence = pd.DataFrame(columns=["patient_id", "criterion", "note_id", "start", "end"])
    v = score_verdicts(said, evidence, gold)
    wanted, got = [w for _, w, _ in triples], [g for _, _, g in triples]
    assert v.accuracy == v.micro_f1 == pytest.approx(np.mean([w == g for w, g in zip(wanted, got, strict=True)]))
    assert v.kappa == pytest.approx(kappa_by_hand(wanted, got))
    by_hand = [prf(sum(w == g == x for w, g in zip(wanted, got, strict=True)), wanted.count(x), got.count(x))[2] for x in ("pass", "fail", "unknown")]  # fmt: skip
    assert v.macro_f1 == pytest.approx(np.mean(by_hand))
    assert v.false_pass == sum((w, g) == ("fail", "pass") for w, g in zip(wanted, got, strict=True))
    for name, c in v.by_criterion.items():
        mine = [(w, g) for k, w, g in triples if k == name]
        assert c.kappa == pytest.approx(kappa_by_hand([w for w, _ in mine], [g for _, g in mine]))
        assert c.baseline == pytest.approx(Counter(w for w, _ in mine).most_common(1)[0][1] / len(mine))
        assert c.macro_f1 == pytest.approx(np.mean([prf(sum(w == g == x for w, g in mine), sum(w == x for w, _ in mine), sum(g == x for _, g in mine))[2] for x in {y for pair in mine for y in pair}]))  # fmt: skip


def test_kappa_of_perfect_agreement_on_one_word_is_one() -> None:
    assert kappa_of(["pass"] * 4, ["pass"] * 4) == 1.0
    assert math.isnan(kappa_of([], []))


def test_the_bootstrap_covers_the_rate_and_is_the_same_every_time() -> None:
    patients = {f"p{i}": (float(i % 4 > 0), 1.0) for i in range(80)}
    low, high = bootstrap_ratio(patients)
    assert 0.60 < low < 0.75 < high < 0.88
    assert (low, high) == bootstrap_ratio(dict(reversed(patients.items())))


def test_assertions_are_scored_on_found_mentions() -> None:
    gold = [GoldMention("n", "p", i, i + 1, "", "TB", assertion=a) for i, a in enumerate(("present", "absent", "absent", "family"))]  # fmt: skip
    got = ("present", "absent", "present", "family")
    scores = score_assertions(list(zip(gold, [{"assertion": a} for a in got], strict=True)))
    assert scores.accuracy == 0.75
    assert scores.kappa == pytest.approx(kappa_by_hand([g.assertion for g in gold], got))
    assert scores.f1 == pytest.approx({"present": 2 / 3, "absent": 2 / 3, "family": 1.0})
    assert scores.confusion["absent", "present"] == 1


def test_the_same_samples_score_the_same_in_every_format(
    samples: Path, out: Path, found: Evaluation, tmp_path: Path
) -> None:
    wanted = as_json(found)
    for name in ("brat", "xmi", "labelstudio", "spacy"):
        done = CliRunner().invoke(app, ["convert", str(samples), str(tmp_path / name), "--to", name])
        assert done.exit_code == 0, done.output
        assert as_json(evaluate(out, tmp_path / name, load_trial(TRIAL))) == wanted, name


def test_strict_span_and_nervaluate_scores_of_the_samples_are_in_order(found: Evaluation) -> None:
    assert found.mentions is not None
    for label, tally in found.mentions.by_label["span"].items():
        assert found.strict[label].f1 <= tally.f1 + 1e-9
        assert found.nervaluate["strict"][label].f1 <= found.strict[label].f1 + 1e-9
        assert (found.strict[label].gold, found.strict[label].found) == (tally.gold, tally.found)
    assert found.nervaluate["strict"]["all"].f1 == pytest.approx(found.strict["all"].f1, abs=0.01)


def test_gold_from_annotators_without_identifiers_finds_its_notes_and_patients(out: Path, tmp_path: Path) -> None:
    note = next(r for r in read_table("notes", out).to_dict("records") if "ECOG" in r["text"])
    name, text = note["note_id"], note["text"]
    (tmp_path / f"{name}.txt").write_bytes(text.encode())
    at = text.index("ECOG")
    (tmp_path / f"{name}.ann").write_text(
        f"T1\tECOG {at} {at + 6}\t{text[at : at + 6]}\n"
        f"T2\tI03.ecog {at} {at + 6}\t{text[at : at + 6]}\nA1\tVerdict T2 pass\n"
    )
    e = evaluate(out, tmp_path, load_trial(TRIAL))
    assert e.mentions is not None
    assert e.verdicts is not None
    assert e.mentions.by_label["span"]["ECOG"].right == 1
    assert list(e.verdicts.said) == [(note["patient_id"], "I03.ecog")]
    assert e.verdicts.evidence_hit in (1.0, pytest.approx(float("nan"), nan_ok=True))


def test_two_verdicts_on_one_criterion_are_refused(tmp_path: Path) -> None:
    (tmp_path / "n.txt").write_text("ECOG 1. ECOG 3.")
    (tmp_path / "n.ann").write_text(
        "T1\tI03.ecog 0 6\tECOG 1\nA1\tVerdict T1 pass\nT2\tI03.ecog 8 14\tECOG 3\nA2\tVerdict T2 fail\n"
    )
    with pytest.raises(Exception, match=r"two verdicts on I03.ecog, pass and fail"):
        read_gold(tmp_path)


def test_patient_level_values_are_compared_by_kind() -> None:
    features = pd.DataFrame(
        {
            "patient_id": ["a", "b", "c"],
            "hemoglobin_g_l": [100.0, 91.0, None],
            "hemoglobin_g_l_date": ["2026-03-01", "2026-03-04", ""],
            "histology": ["keratinizing", "Basaloid", "other"],
        }
    )
    gold = {
        "a": {"hemoglobin_g_l": "101", "hemoglobin_g_l_date": "2026-03-01", "histology": "keratinizing"},
        "b": {"hemoglobin_g_l": "94", "hemoglobin_g_l_date": "2026-03-02", "histology": "basaloid"},
        "c": {"hemoglobin_g_l": "80", "histology": "none", "shoe_size": "43"},
        "not in the run": {"histology": "squamous"},
    }
    s = score_values(features, gold)
    hb, when, kind = s.by_column["hemoglobin_g_l"], s.by_column["hemoglobin_g_l_date"], s.by_column["histology"]
    assert (hb.kind, hb.n, hb.right, hb.missed, hb.median_error) == ("number", 3, 1, 1, 2.0)
    assert (when.kind, when.right, when.median_error) == ("date", 1, 1.0)
    assert (kind.kind, kind.n, kind.right, kind.missed, kind.spurious) == ("category", 4, 2, 1, 1)
    assert s.unknown_columns == ["shoe_size"]
    assert score_values(features, gold, tolerance=0.05, days=2).by_column["hemoglobin_g_l"].right == 2
    assert score_values(features, gold, days=2).by_column["hemoglobin_g_l_date"].right == 2


def test_a_csv_of_patient_level_values_is_gold(samples: Path, out: Path, tmp_path: Path) -> None:
    features = read_table("features", out)
    column = next(
        c for c in features.columns if c.startswith("hemoglobin") and pd.api.types.is_float_dtype(features[c])
    )
    gold = features[["patient_id", column]].dropna().assign(**{"I03.ecog": "pass"})
    gold.to_csv(tmp_path / "gold.csv", index=False)
    done = CliRunner().invoke(app, ["evaluate", str(out), str(tmp_path / "gold.csv")])
    assert done.exit_code == 0, done.output
    assert "patient-level values" in done.output
    figures = json.loads((out / "evaluation.json").read_text())
    assert figures["values"]["by_column"][column]["accuracy"] == 1.0
    assert figures["verdicts"]["by_criterion"]["I03.ecog"]["n"] == len(gold)
    (tmp_path / "wrong.csv").write_text("patient_id,shoe_size\nS01,43\n")
    done = CliRunner().invoke(app, ["evaluate", str(out), str(tmp_path / "wrong.csv")])
    assert "none of the gold's columns is a feature: shoe_size" in str(done.exception)


def test_scores_equal_those_of_the_independent_scorer(gold: Path, dev_run: Path, tmp_path: Path) -> None:
    tool = gold.parent / "tools" / "score.py"
    if not tool.exists():
        pytest.skip("no tools/score.py beside the gold")
    folder = gold / "dev"
    subprocess.run([sys.executable, str(tool), str(dev_run), str(folder), "--json", str(tmp_path / "s.json")], check=True, capture_output=True)  # fmt: skip
    theirs = json.loads((tmp_path / "s.json").read_text())
    mine = as_json(evaluate(dev_run, folder, load_trial(TRIAL)))
    v, w = mine["verdicts"], theirs["verdicts"]
    same = {"n": "verdicts", "accuracy": "accuracy", "kappa": "kappa", "majority_baseline": "majority_baseline", "macro_f1": "f1_macro", "false_pass": "false_pass", "gold_fail": "gold_fail", "evidence_hit": "evidence_hit", "no_row": "no_row"}  # fmt: skip
    for ours, name in same.items():
        assert v[ours] == pytest.approx(w[name], abs=5e-5), ours
    for word in ("pass", "fail", "unknown"):
        assert v["f1"][word] == pytest.approx(w[f"f1_{word}"], abs=5e-5)
    for level in ("span", "value", "full"):
        for figure in ("precision", "recall", "f1"):
            assert mine["mentions"][level][figure] == pytest.approx(theirs["mentions"][level][figure], abs=5e-5)
        for label, f1 in theirs["mentions"][level]["per_label"].items():
            assert mine["mentions"][level]["by_label"][label]["f1"] == pytest.approx(f1 or 0, abs=5e-5)
    assert mine["bad_offsets"] == theirs["bad_offsets"] == 0


def altered(out: Path, target: Path, criterion: str, verdict: str) -> Path:
    """The run with one criterion always judged the same, and half its mentions."""
    shutil.copytree(out, target)
    verdicts = read_table("verdicts", out)
    verdicts.loc[verdicts["criterion"] == criterion, "verdict"] = verdict
    verdicts.to_parquet(target / "verdicts.parquet")
    read_table("mentions", out)[::2].to_parquet(target / "mentions.parquet")
    return target


def test_two_runs_are_compared_patient_by_patient(samples: Path, out: Path, tmp_path: Path) -> None:
    worse = altered(out, tmp_path / "worse", "I03.ecog", "pass")
    done = CliRunner().invoke(app, ["evaluate", str(worse), str(samples), "--against", str(out)])
    assert done.exit_code == 0, done.output
    gold = {(v.patient_id, v.criterion): v.verdict for v in read_gold(samples).verdicts}
    wrong = [p for (p, c), v in gold.items() if c == "I03.ecog" and v != "pass"]
    paired = json.loads((worse / "evaluation.json").read_text())["against"]
    assert (paired["fixed"], paired["broken"]) == (0, len(wrong))
    assert paired["mcnemar_p"] == pytest.approx(min(1.0, 2 * 0.5 ** len(wrong)))
    assert {c["patient_id"] for c in paired["changes"]} == set(wrong)
    assert paired["changes"][0]["effect"] == "broken: false pass"
    assert paired["accuracy"]["difference"] == pytest.approx(-len(wrong) / len(gold))
    low, high = paired["accuracy"]["interval"]
    assert low < paired["accuracy"]["difference"] < high <= 0
    assert paired["full_f1"]["difference"] < -0.2
    assert "broken: false pass" in done.output


def test_a_run_against_itself_differs_in_nothing(samples: Path, out: Path) -> None:
    done = CliRunner().invoke(app, ["evaluate", str(out), str(samples), "--against", str(out)])
    assert "0 fixed, 0 broken (exact McNemar p 1)" in done.output
    assert "difference +0.0000 [0.000, 0.000]" in done.output


def test_an_annotator_agrees_with_themselves_in_every_format(samples: Path, tmp_path: Path) -> None:
    CliRunner().invoke(app, ["convert", str(samples), str(tmp_path / "brat"), "--to", "brat"])
    path = tmp_path / "agreement.json"
    done = CliRunner().invoke(app, ["agreement", str(samples), str(tmp_path / "brat"), "--out", str(path)])
    assert done.exit_code == 0, done.output
    found = json.loads(path.read_text())
    assert found["verdicts"]["kappa"] == 1.0
    assert found["verdicts_that_differ"] == found["mentions_that_differ"] == []
    assert {f1 for label in found["mentions"].values() for f1 in label.values()} == {1.0}


def test_what_two_annotators_say_differently_is_counted_and_named(samples: Path, tmp_path: Path) -> None:
    from critex.annotation.formats import FORMATS, read_corpus

    corpus = read_corpus(samples)
    first = corpus.verdicts[0]
    other = "fail" if first.verdict != "fail" else "pass"
    corpus.verdicts = [PatientVerdict(first.patient_id, first.criterion, other), *corpus.verdicts[2:]]
    note = next(d for d in corpus.documents if any(s.label == "ECOG" for s in d.spans))
    note.spans = [s for s in note.spans if s.label != "ECOG"]
    FORMATS["doccano"].write(corpus, tmp_path / "second")
    path = tmp_path / "agreement.json"
    done = CliRunner().invoke(app, ["agreement", str(samples), str(tmp_path / "second"), "--out", str(path)])
    assert done.exit_code == 0, done.output
    found = json.loads(path.read_text())
    assert found["only_first"] == 1
    assert found["verdicts_that_differ"] == [
        {"patient_id": first.patient_id, "criterion": first.criterion, "first": first.verdict, "second": other}
    ]
    assert {(m["kind"], m["note_id"], m["label"]) for m in found["mentions_that_differ"]} == {("missed", note.note_id, "ECOG")}  # fmt: skip
    assert found["mentions"]["ECOG"]["strict"] < 1 == found["mentions"]["LAB"]["strict"]
    note.text = f"{note.text} "
    FORMATS["jsonl"].write(corpus, tmp_path / "third")
    done = CliRunner().invoke(app, ["agreement", str(samples), str(tmp_path / "third")])
    assert f"1 notes have another text in the second gold: {note.note_id}" in str(done.exception)


@given(st.text(st.sampled_from(list("ab \r\n\ufeff鼻")), max_size=30), st.integers(0, 30), st.integers(0, 30))
def test_spans_follow_a_text_whose_line_ends_were_changed(run: str, a: int, b: int) -> None:
    from critex.evaluate.alignment import Alignment

    gold = run.replace("\r", "").replace("\ufeff", "")
    start, end = sorted((min(a, len(gold)), min(b, len(gold))))
    assert Alignment.possible(gold, run)
    low, high = Alignment(gold, run).span(start, end)
    assert run[low:high].replace("\r", "").replace("\ufeff", "") == gold[start:end]
    if start < end:
        assert run[low] == gold[start]
        assert run[high - 1] == gold[end - 1]


def test_gold_of_a_tool_that_changed_line_ends_scores_the_same(samples: Path, tmp_path: Path) -> None:
    from critex.annotation.document import Span
    from critex.annotation.formats import FORMATS, read_corpus

    notes = pd.read_csv(samples / "notes.csv", dtype=str, keep_default_na=False).head(6)
    crlf = notes.assign(text=notes["text"].str.replace("\r\n", "\n").str.replace("\n", "\r\n"))
    crlf.to_json(tmp_path / "notes.jsonl", orient="records", lines=True)
    run_job([tmp_path / "notes.jsonl"], tmp_path / "out", trials=[TRIAL])
    corpus = read_corpus(samples)
    corpus.documents = [d for d in corpus.documents if d.note_id in set(notes["note_id"])]
    corpus.verdicts, corpus.patients = [], []
    for d in corpus.documents:
        assert d.text is not None
        assert "\r" not in d.text
    FORMATS["doccano"].write(corpus, tmp_path / "lf")
    e = evaluate(tmp_path / "out", tmp_path / "lf", load_trial(TRIAL))
    assert (e.bad_offsets, e.differing) == (0, [])
    assert e.mentions is not None
    assert e.mentions.total("span").f1 > 0.9
    corpus.documents[0].text = f"{corpus.documents[0].text} more"
    corpus.documents[0].spans.append(Span("ECOG", ((0, 2),)))
    FORMATS["doccano"].write(corpus, tmp_path / "other")
    e = evaluate(tmp_path / "out", tmp_path / "other", load_trial(TRIAL))
    assert e.differing == [corpus.documents[0].note_id]


def test_notes_that_a_tool_renamed_go_by_their_text(
    samples: Path, out: Path, found: Evaluation, tmp_path: Path
) -> None:
    from critex.annotation.formats import FORMATS, read_corpus

    corpus = read_corpus(samples)
    corpus.verdicts, corpus.patients = [], []
    for i, d in enumerate(corpus.documents):
        assert d.text is not None
        d.note_id, d.patient_id, d.note_type, d.text = f"export {i}.txt", "", "", d.text.replace("\r", "")
    FORMATS["prodigy"].write(corpus, tmp_path / "renamed")
    mine, wanted = as_json(evaluate(out, tmp_path / "renamed", load_trial(TRIAL))), as_json(found)
    assert mine["mentions"] == wanted["mentions"]


def test_gold_of_other_notes_or_patients_is_refused(out: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("ECOG 1")
    (tmp_path / "a.ann").write_text("T1\tECOG 0 6\tECOG 1\n")
    with pytest.raises(
        Exception, match=r"none of the gold's 1 notes is in the run, neither by note_id \(a, in the run S01-N1\)"
    ):
        evaluate(out, tmp_path, load_trial(TRIAL))
    (tmp_path / "gold.csv").write_text("patient_id,I03.ecog\nX1,pass\n")
    with pytest.raises(Exception, match=r"none of the gold's 1 patients is in the run \(X1, in the run S01\)"):
        evaluate(out, tmp_path / "gold.csv", load_trial(TRIAL))


def test_a_gold_note_that_the_run_does_not_have_is_named(samples: Path, out: Path, tmp_path: Path) -> None:
    from critex.annotation.document import AnnotatedDocument, Span
    from critex.annotation.formats import FORMATS, read_corpus

    corpus = read_corpus(samples)
    corpus.documents.append(AnnotatedDocument("new", "ECOG 1 today", [Span("ECOG", ((0, 6),))], "S01"))
    FORMATS["jsonl"].write(corpus, tmp_path / "more")
    e = evaluate(out, tmp_path / "more", load_trial(TRIAL))
    assert e.absent == ["new"]
    assert any(x.note_id == "new" and x.kind == "missed" for x in e.mentions.errors)  # type: ignore[union-attr]
