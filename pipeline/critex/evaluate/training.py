"""Fits the confidence model: gold, damaged copies of it, and a written prior in; coefficients, calibration and figures out.

The steps: extract and judge the gold's notes; judge damaged copies of their mentions; logistic regression (scikit-learn) on all of these together with the prior's
made-up records; the same without each patient in turn, for log-odds that the model did not see; slope and shift from these.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from scipy.optimize import brentq
from sklearn.linear_model import LogisticRegression

from critex.criteria.confidence import Confidence
from critex.criteria.judge import judge_evidence
from critex.criteria.properties import PROPERTIES
from critex.criteria.trial import Trial, load_trial
from critex.errors import CritexError, InputError
from critex.evaluate.calibration import CalibrationScores, score
from critex.evaluate.gold import read_gold
from critex.features.facts import Statement
from critex.features.patient import Patient
from critex.features.spec import plain
from critex.resources import folder
from critex.run.judge_patients import Enrolment
from critex.run.local import Tables, enrolments, run
from critex.run.statements import statements_by_patient

DIGITS = 4
DAMAGE = {"rule": 0.08, "mention": 0.03, "assertion": 0.03, "date": 0.03}
"""Probability that a rule of a patient is forgotten, that a mention is, that its assertion is doubted, that its day is lost."""
DOCUMENTED_SHRINK = 4.0
"""Gold verdicts that the mean over all criteria counts as, in the share that documents a criterion."""


class PriorLine(BaseModel):
    """What is believed of one property."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    log_odds: float
    why: str


class Prior(BaseModel):
    """``models/confidence_prior.yaml``."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    base: PriorLine
    strength: float
    expected_error: float
    expected_slope: float
    expected_weight: float
    simulated_weight: float
    properties: dict[str, PriorLine]


@dataclass(frozen=True)
class Example:
    """One verdict on a gold patient, with what gold says."""

    patient_id: str
    criterion: str
    verdict: str
    gold: str
    rule: str
    properties: dict[str, float]
    simulated: bool = False

    @property
    def wrong(self) -> bool:
        """Whether the verdict is not the gold's."""
        return self.verdict != self.gold


@dataclass(frozen=True)
class Source:
    """A gold folder that was used: its name, a hash of its verdicts and notes, and its size."""

    name: str
    digest: str
    patients: int
    verdicts: int
    wrong: int


@dataclass(frozen=True)
class Trained:
    """A fitted model, and what it was fitted on.

    Attributes
    ----------
    model : Confidence
    prior : Prior
    sources : list of Source
    examples : list of Example
        Gold verdicts, without the simulated.
    unseen : ndarray of float, shape (n_examples,)
        Probability of being right, each from a fit and calibration without its patient.
    simulated : int
        Verdicts on damaged copies.
    seed : int
    """

    model: Confidence
    prior: Prior
    sources: list[Source]
    examples: list[Example]
    unseen: np.ndarray
    simulated: int
    seed: int

    @property
    def figures(self) -> CalibrationScores:
        """How far the confidence can be relied on, on patients left out."""
        return score(self.unseen, [not e.wrong for e in self.examples])


def load_prior(path: Path | None = None) -> Prior:
    """The written prior.

    Raises
    ------
    CritexError
        Names the property that is unknown or lacking, or the key that is wrong.
    """
    path = path or folder("models") / "confidence_prior.yaml"
    try:
        prior = Prior.model_validate(plain(YAML(typ="rt").load(path.read_text(encoding="utf-8"))))
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise CritexError(f"{path}: {'.'.join(str(p) for p in first['loc'])}: {first['msg']}.") from None
    odd = sorted(set(prior.properties) ^ set(PROPERTIES))
    if odd:
        raise CritexError(f"{path}: property {odd[0]!r} is not in both the prior and this version. Correct the file.")
    return prior


def train(golds: Sequence[Path], trial: str, *, seed: int = 7, copies: int = 8, prior: Prior | None = None) -> Trained:
    """Fit and calibrate the confidence of verdicts.

    Parameters
    ----------
    golds : sequence of Path
        Folders in the guideline's format: notes.csv, verdicts.jsonl, and patients.csv where there is one.
    trial : str
        Id of a shipped trial, or a file.
    seed : int
        Of the damage.
    copies : int
        Damaged copies of each patient.
    prior : Prior, optional
        Else the shipped one.

    Raises
    ------
    CritexError
        If a folder is not what it should be, or there are fewer than three patients (nothing to leave out and fit on).
    """
    prior = prior or load_prior()
    sources, real, simulated = [], [], []
    for number, gold in enumerate(golds):
        source, mine, damaged = _read(gold, trial, random.Random(f"{seed}-{number}"), copies)  # noqa: S311 - no secret
        sources.append(source)
        real.extend(mine)
        simulated.extend(damaged)
    patients = sorted({e.patient_id for e in real})
    if len(patients) < 3:
        raise CritexError(f"{len(patients)} patients of gold: at least 3 are needed to calibrate on patients left out.")
    odds = np.zeros(len(real))
    for patient in patients:
        fitted = _fit(
            [e for e in real if e.patient_id != patient], [e for e in simulated if e.patient_id != patient], prior
        )
        for i, e in enumerate(real):
            if e.patient_id == patient:
                odds[i] = fitted.log_odds_wrong(e.verdict, e.criterion, e.rule, e.properties)
    wrong = np.array([e.wrong for e in real], dtype=float)
    owner = np.array([e.patient_id for e in real])
    unseen = np.zeros(len(real))
    for patient in patients:
        mine_ = owner == patient
        slope, shift = calibration(odds[~mine_], wrong[~mine_], prior)
        unseen[mine_] = 1 / (1 + np.exp(slope * odds[mine_] + shift))
    slope, shift = calibration(odds, wrong, prior)
    model = replace(_fit(real, simulated, prior), slope=round(slope, DIGITS), shift=round(shift, DIGITS))
    return Trained(model, prior, sources, real, unseen, len(simulated), seed)


def _read(gold_folder: Path, name: str, rng: random.Random, copies: int) -> tuple[Source, list[Example], list[Example]]:
    trial = load_trial(name)
    wanted, tables, patients = judged_gold(gold_folder, name, "training")
    said = statements_by_patient(tables.mentions, tables.notes)
    known = enrolments(tables.notes, patients)
    real: list[Example] = []
    simulated: list[Example] = []
    for patient_id in sorted(known):
        mine = said.get(patient_id, [])
        real.extend(_examples(trial, patient_id, mine, known[patient_id], wanted, False))
        for _ in range(copies):
            simulated.extend(_examples(trial, patient_id, damaged(mine, rng), known[patient_id], wanted, True))
    source = Source(
        gold_folder.resolve().name, gold_digest(gold_folder), len({e.patient_id for e in real}), len(real), sum(e.wrong for e in real)
    )  # fmt: skip
    return source, real, simulated


def judged_gold(
    gold_folder: Path, trial: str, what: str
) -> tuple[dict[tuple[str, str], str], Tables, pd.DataFrame | None]:
    """Gold's verdicts by patient and criterion, its notes read and judged, and its patients table where it has one.

    Parameters
    ----------
    gold_folder : Path
        Gold in the guideline's format, with notes.csv.
    trial : str
        Id of a shipped trial, or a file.
    what : str
        What needs it, for the message.

    Raises
    ------
    InputError
        If there are no notes or no verdicts.
    """
    gold = read_gold(gold_folder)
    if not gold.verdicts or not (gold_folder / "notes.csv").exists():
        raise InputError(f"{gold_folder}: {what} needs notes.csv and verdicts.jsonl in the guideline's format.")
    notes = pd.read_csv(gold_folder / "notes.csv", dtype=str, keep_default_na=False)
    listed = gold_folder / "patients.csv"
    patients = pd.read_csv(listed, dtype=str, keep_default_na=False) if listed.exists() else None
    wanted = {(v.patient_id, v.criterion): v.verdict for v in gold.verdicts}
    return wanted, run(notes, patients=patients, trial=trial), patients


def gold_digest(gold_folder: Path) -> str:
    """Hash of the notes, verdicts and patients of a gold folder."""
    digest = hashlib.sha256()
    for name in ("notes.csv", "verdicts.jsonl", "patients.csv"):
        path = gold_folder / name
        digest.update(name.encode() + b"\0" + (path.read_bytes() if path.exists() else b"") + b"\0")
    return digest.hexdigest()[:16]


def _examples(
    trial: Trial, patient_id: str, said: list[Statement], enrolment: Enrolment, wanted: dict[tuple[str, str], str], simulated: bool
) -> Iterable[Example]:  # fmt: skip
    patient = Patient(patient_id, said, enrolment.index_date, enrolment.sex, enrolment.birth_date)
    for j in judge_evidence(trial, patient, enrolment.index_is_proxy):
        gold = wanted.get((patient_id, j.criterion.id))
        if gold is not None and not j.criterion.investigator:
            rule = j.supports[0].rule if j.supports else ""
            yield Example(patient_id, j.criterion.id, j.verdict, gold, rule, j.properties, simulated)


def damaged(statements: Sequence[Statement], rng: random.Random) -> list[Statement]:
    """A copy of a patient's statements as a worse reader would have made it: :data:`DAMAGE` says how often."""
    forgotten = {r for r in sorted({s.rule for s in statements}) if rng.random() < DAMAGE["rule"]}
    out = []
    for s in statements:
        lost, doubted, undated = (rng.random() < DAMAGE[k] for k in ("mention", "assertion", "date"))
        if s.rule in forgotten or lost:
            continue
        if doubted:
            s = replace(s, assertion="possible" if s.assertion != "possible" else "present")
        if undated:
            s = replace(s, when=None, date_source="none")
        out.append(s)
    return out


def _fit(real: Sequence[Example], simulated: Sequence[Example], prior: Prior) -> Confidence:
    """Logistic regression on gold, damaged copies and the prior's records; what gold tells of a criterion or rule never comes from the patient himself."""
    names = list(PROPERTIES)
    tables = {p: _tables(real, p) for p in {e.patient_id for e in (*real, *simulated)}}
    rows, wrong, weights = [], [], []
    each = prior.simulated_weight * len(real) / len(simulated) if simulated else 0.0
    for e in (*real, *simulated):
        found = tables[e.patient_id].inputs(e.verdict, e.criterion, e.rule, e.properties)
        rows.append([1.0, *(found.get(n, 0.0) for n in names)])
        wrong.append(int(e.wrong))
        weights.append(each if e.simulated else 1.0)
    for place, line in enumerate([prior.base, *(prior.properties[n] for n in names)]):
        x, p, weight = prior_record(line.log_odds, prior.strength)
        for is_wrong, share in ((1, p), (0, 1 - p)):
            row = [0.0] * (len(names) + 1)
            row[place] = x
            rows.append(row)
            wrong.append(is_wrong)
            weights.append(weight * share)
    fit = LogisticRegression(C=1e6, fit_intercept=False, solver="newton-cholesky", tol=1e-10, max_iter=500)
    fit.fit(np.array(rows), np.array(wrong), sample_weight=np.array(weights))
    found_all = [round(float(c), DIGITS) for c in fit.coef_[0]]
    return replace(
        _tables(real, None), intercept=found_all[0], coefficients=dict(zip(names, found_all[1:], strict=True))
    )


def prior_record(log_odds: float, precision: float) -> tuple[float, float, float]:
    """Value, share of wrong and weight of the made-up record that says "this coefficient is ``log_odds``", as sure as a normal prior of that precision."""
    x = 1 / max(1.0, abs(log_odds))
    p = 1 / (1 + math.exp(-log_odds * x))
    return x, p, precision / (x * x * p * (1 - p))


def _tables(examples: Sequence[Example], without: str | None) -> Confidence:
    """An empty model with what gold tells of criteria and rules, one patient left out."""
    examples = [e for e in examples if e.patient_id != without]
    documented = documented_of(examples)
    rules: dict[str, list[int]] = {}
    for e in examples:
        if e.verdict != "unknown" and e.rule:
            record = rules.setdefault(e.rule, [0, 0])
            record[0] += 1
            record[1] += e.wrong
    total = sum(b for _, b in documented.values())
    mean = sum(a for a, _ in documented.values()) / total if total else 0.5
    mean = min(max(mean, 0.01), 0.99)
    odds = {
        c: math.log((a + DOCUMENTED_SHRINK * mean) / (b - a + DOCUMENTED_SHRINK * (1 - mean)))
        for c, (a, b) in sorted(documented.items())
    }
    middle = sum(odds.values()) / len(odds) if odds else 0.0
    return Confidence(
        0.0, {}, {c: round(v - middle, DIGITS) for c, v in odds.items()}, {r: (n, w) for r, (n, w) in sorted(rules.items())}
    )  # fmt: skip


def documented_of(examples: Sequence[Example]) -> dict[str, tuple[int, int]]:
    """Gold verdicts that the notes document, and all, by criterion."""
    every = Counter(e.criterion for e in examples)
    known = Counter(e.criterion for e in examples if e.gold != "unknown")
    return {c: (known[c], n) for c, n in every.items()}


def calibration(odds: np.ndarray, wrong: np.ndarray, prior: Prior) -> tuple[float, float]:
    """Slope and shift that bring log-odds of patients left out to the rate of errors.

    Gold counts once a verdict; the prior's expected error counts ``expected_weight`` verdicts, spread over the same verdicts by the model itself, so that few errors leave
    the slope near ``expected_slope``.

    Parameters
    ----------
    odds : ndarray of float, shape (n,)
        Log-odds of being wrong.
    wrong : ndarray of {0, 1}, shape (n,)
    prior : Prior

    Returns
    -------
    slope, shift : float
    """

    def excess(shift: float) -> float:
        return float((1 / (1 + np.exp(-(prior.expected_slope * odds + shift)))).mean() - prior.expected_error)

    start = float(brentq(excess, -25, 25, xtol=1e-9))
    soft = 1 / (1 + np.exp(-(prior.expected_slope * odds + start)))
    each = prior.expected_weight / len(odds)
    x = np.column_stack([odds, np.ones(len(odds))])
    fit = LogisticRegression(C=1e6, fit_intercept=False, solver="newton-cholesky", tol=1e-10, max_iter=500)
    fit.fit(
        np.vstack([x, x, x]),
        np.concatenate([wrong, np.ones(len(odds)), np.zeros(len(odds))]).astype(int),
        sample_weight=np.concatenate([np.ones(len(odds)), each * soft, each * (1 - soft)]),
    )
    return float(fit.coef_[0][0]), float(fit.coef_[0][1])
