"""What is decided once for all patients of whom nothing is said must be what deciding patient by patient gives."""

from __future__ import annotations

import random
from datetime import date

import pytest

from critex.criteria.judge import judge, judge_criterion, judge_evidence, with_confidence
from critex.criteria.trial import load_trial
from critex.features.patient import Patient
from critex.features.silence import silent
from critex.features.spec import load_features
from critex.run.statements import statements_by_patient
from critex.run.store import read_table


@pytest.fixture(scope="module")
def statements(samples_run):
    mentions, notes = read_table("mentions", samples_run), read_table("notes", samples_run)
    return [s for said in statements_by_patient(mentions, notes).values() for s in said]


def _said(judged):
    return judged.criterion.id, judged.verdict, judged.reason, judged.review_why, judged.supports, judged.contradicts


def test_any_choice_of_labels_is_judged_as_without_the_shortcut(statements):
    trial, features = load_trial("NCT07235319"), load_features()
    labels = sorted({s.label for s in statements})
    rng = random.Random(4)
    for _ in range(60):
        chosen = set(rng.sample(labels, rng.randint(0, 6)))
        said = [s for s in statements if s.label in chosen and rng.random() < 0.2]
        about = (
            rng.choice([date(2026, 3, 1), date(2026, 4, 2), None]),
            rng.choice(["F", None]),
            rng.choice([date(1970, 5, 6), None]),
        )
        quick, plain = Patient("p", said, *about), Patient("p", said, *about, features=features)
        assert {n: quick.facts(n) for n in features} == {n: plain.facts(n) for n in features}
        proxy = rng.random() < 0.5
        judged = judge(trial, quick, proxy)
        alone = [
            judge_criterion(c, plain, proxy) for c in trial.criteria
        ]  # their confidence knows nothing of the others
        assert [_said(j) for j in judged] == [_said(j) for j in alone]
        assert judged == [with_confidence(j) for j in judge_evidence(trial, quick, proxy)]


def test_a_watched_patient_tells_what_was_asked_for():
    found = silent(lambda p: p.labelled("ECOG"), date(2026, 1, 1), None, None)
    assert found.result == [] and found.labels == {"ECOG"} and found.enrolment == ()
    assert found.holds_for(frozenset({"LAB"})) and not found.holds_for(frozenset({"ECOG"}))
    assert silent(lambda p: p.index_date, date(2026, 1, 1), None, None).enrolment == ("index_date",)
    assert not silent(lambda p: p.statements, None, None, None).holds_for(frozenset())
