"""The trained confidence as files: JSON that a person can read, and its model card."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

from critex import __version__
from critex.criteria.confidence import FILE
from critex.criteria.properties import PROPERTIES
from critex.criteria.trial import Trial
from critex.evaluate.calibration import CalibrationScores
from critex.evaluate.intervals import exact_upper
from critex.evaluate.training import DAMAGE, DOCUMENTED_SHRINK, Trained, documented_of
from critex.run.store import write_file
from critex.run.versions import patterns_digest

CARD = "confidence.md"


def model_json(trained: Trained, trial: Trial) -> dict[str, Any]:
    """The model file's content; the same training gives the same bytes."""
    model, prior = trained.model, trained.prior
    documented = documented_of(trained.examples)
    return {
        "what": "log-odds that a verdict is wrong = intercept + sum of log_odds_wrong x property; confidence = 1 - 1 / (1 + exp(-(slope x log-odds + shift)))",
        "critex": __version__,
        "patterns": patterns_digest(),
        "trial": {"trial": trial.trial, "version": trial.version, "hash": trial.digest},
        "gold": [vars(s) for s in trained.sources],
        "seed": trained.seed,
        "simulated": trained.simulated,
        "intercept": model.intercept,
        "properties": {
            name: {"meaning": meaning, "prior": prior.properties[name].log_odds, "log_odds_wrong": model.coefficients[name]}
            for name, meaning in PROPERTIES.items()
        },
        "criteria": {
            c: {"documented": documented[c][0], "of": documented[c][1], "log_odds": x} for c, x in model.documented.items()
        },
        "rules": {r: {"seen": n, "wrong": w} for r, (n, w) in model.rules.items()},
        "calibration": {
            "slope": model.slope, "shift": model.shift, "method": "logistic, on patients left out one by one",
            "expected_error": prior.expected_error, "expected_weight": prior.expected_weight, "expected_slope": prior.expected_slope,
        },
        "figures": _figures(trained.figures),
    }  # fmt: skip


def _figures(c: CalibrationScores) -> dict[str, Any]:
    least = None if math.isnan(c.errors_in_least_fifth) else round(c.errors_in_least_fifth, 4)
    return {
        "n": c.n, "wrong": c.wrong, "brier": round(c.brier, 5), "brier_best_constant": round(c.best_constant, 5), "aurc": round(c.aurc, 5),
        "aurc_random": round(c.aurc_random, 5), "errors_in_least_certain_fifth": least,
    }  # fmt: skip


def write_model(trained: Trained, trial: Trial, out: Path) -> tuple[Path, Path]:
    """Write ``confidence.json`` and ``confidence.md`` into a folder; returns their paths."""
    content = model_json(trained, trial)
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    model, card = out / FILE, out / CARD
    write_file(model, lambda p: p.write_text(text, encoding="utf-8"))
    page = model_card(trained, trial, content, hashlib.sha256(text.encode()).hexdigest())
    write_file(card, lambda p: p.write_text(page, encoding="utf-8"))
    return model, card


def model_card(trained: Trained, trial: Trial, content: dict[str, Any], digest: str) -> str:
    """The model card, as Markdown."""
    f, model = content["figures"], trained.model
    least = f["errors_in_least_certain_fifth"]
    strongest = sorted(model.coefficients, key=lambda k: -abs(model.coefficients[k]))[:12]
    bins = trained.figures.bins
    gold = "\n".join(f"| {s.name} | {s.patients} | {s.verdicts} | {s.wrong} | `{s.digest}` |" for s in trained.sources)
    rows = "\n".join(
        f"| {PROPERTIES[k]} | {trained.prior.properties[k].log_odds:+.2f} | {model.coefficients[k]:+.2f} |"
        for k in strongest
    )
    reliability = "\n".join(f"| {b.low:g} to {b.high:g} | {b.n} | {b.confidence:.4f} | {b.right:.4f} |" for b in bins)
    damage = ", ".join(f"{k} {p:.0%}" for k, p in DAMAGE.items())
    return f"""# Confidence of verdicts

Probability that a verdict of {trial.trial} (version {trial.version}, hash `{trial.digest}`) is what an annotator would say. `{FILE}`, sha256 `{digest}`; patterns `{content["patterns"]}`, critex {content["critex"]}.

## What it is

A logistic model over properties of the evidence that are known when the verdict is given: {len(PROPERTIES)} of them, each with its coefficient in `{FILE}`. Fitted with scikit-learn's `LogisticRegression`, applied without it. No text of a note is in it: it holds coefficients, ids of criteria and names of rules.

The twelve strongest (log-odds of being wrong; by prior, and after gold):

| property | prior | fitted |
| --- | --- | --- |
{rows}

## Data

| gold | patients | verdicts | wrong | hash |
| --- | --- | --- | --- | --- |
{gold}

With so few errors gold alone would teach little. Two things are added:

- A prior for every coefficient, with its reason, in `confidence_prior.yaml`. The shipped prior was moved towards a penalised fit on 40 further annotated synthetic patients, and its settings are the best of 36 compared on them; these patients are not in the training data and not shipped, and are no unseen test of this model.
- {trained.simulated} verdicts on damaged copies of the gold's mentions (of each patient, at random: {damage}), which weigh {trained.prior.simulated_weight:g} times the gold verdicts all together. Seed {trained.seed}.

How often notes document a criterion comes from the same gold, shrunk as if {DOCUMENTED_SHRINK:g} verdicts of average criteria were added.

## Calibration

Slope {model.slope:g} and shift {model.shift:g}, on log-odds of patients left out one by one. Gold that was looked at while the rules were written has fewer errors than notes that nobody saw, so {trained.prior.expected_weight:g} made-up verdicts with an error rate of {trained.prior.expected_error:.1%} are added.

## Figures

On patients left out (fit and calibration without them):

| | |
| --- | --- |
| verdicts, wrong | {f["n"]}, {f["wrong"]} (95 % sure to be at most {exact_upper(f["wrong"], f["n"]):.2%}) |
| Brier score, of the best constant | {f["brier"]:.5f}, {f["brier_best_constant"]:.5f} |
| area under risk over coverage, if confidence told nothing | {f["aurc"]:.5f}, {f["aurc_random"]:.5f} |
| errors that the least certain 20 % hold | {"no errors" if least is None else f"{least:.0%}"} |

| confidence | verdicts | mean | right |
| --- | --- | --- | --- |
{reliability}

## Limits

- The figures rest on {f["wrong"]} errors: they can be far off. The prior says more than the gold. Train on gold of your own (`critex train`), and measure with `critex evaluate`.
- A confidence is about the verdict given the notes, not about the patient: a note that is wrong makes a confident wrong verdict.
- An error of reading that no property shows (a word misread in one clear sentence) is not seen.
- The property "how often notes document this criterion" is of the training notes; at another hospital it is another.
- Never use it to decide alone without gold of your own: `critex screen --max-error` asks for that gold and refuses where it is too little.
"""
