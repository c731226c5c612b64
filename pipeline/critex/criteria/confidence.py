"""The confidence of a verdict: a logistic model over properties of its evidence, read from a JSON file that a person can read.

`critex train` fits the file with scikit-learn; here it is only applied, in plain Python.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from critex.criteria.properties import PROPERTIES
from critex.errors import CritexError
from critex.resources import folder

FILE = "confidence.json"
VARIABLE = "CRITEX_CONFIDENCE"
HANDOFF_VARIABLE = "CRITEX_HANDOFF"
LEAST, MOST = 0.02, 0.999
"""No verdict is certain, and none certainly wrong."""


@dataclass(frozen=True)
class Confidence:
    """A fitted model.

    Attributes
    ----------
    intercept : float
    coefficients : mapping of str to float
        Log-odds of being wrong that one unit of a property adds.
    documented : mapping of str to float
        Criterion to the log-odds that notes document it, less the mean over criteria.
    rules : mapping of str to (int, int)
        Rule to the verdicts on gold that it supported, and how many of them were wrong.
    slope, shift : float
        Calibration: log-odds are multiplied by ``slope``, then ``shift`` is added.
    digest : str
        Hash of the file.
    gold : tuple of str
        Hashes of the gold folders that it was trained on.
    """

    intercept: float
    coefficients: Mapping[str, float]
    documented: Mapping[str, float]
    rules: Mapping[str, tuple[int, int]]
    slope: float = 1.0
    shift: float = 0.0
    digest: str = ""
    gold: tuple[str, ...] = ()

    def inputs(self, verdict: str, criterion: str, rule: str, properties: Mapping[str, float]) -> dict[str, float]:
        """Properties together with those that gold told of the criterion and the rule."""
        found = dict(properties)
        if verdict == "unknown":
            if value := self.documented.get(criterion, 0.0):
                # a criterion that is seldom documented was documented after all where mentions of its kind are there
                found["documented"] = value if value > 0 else value / (1 + found.get("near", 0.0))
        elif rule:
            seen, wrong = self.rules.get(rule, (0, 0))
            found["rule_new"] = 1 / (1 + seen)
            if wrong:
                found["rule_wrong"] = wrong / (seen + 5)
        return found

    def log_odds_wrong(self, verdict: str, criterion: str, rule: str, properties: Mapping[str, float]) -> float:
        """Log-odds that the verdict is wrong, before calibration."""
        found = self.inputs(verdict, criterion, rule, properties)
        return self.intercept + sum(self.coefficients.get(name, 0.0) * x for name, x in found.items())

    def probability(self, verdict: str, criterion: str, rule: str, properties: Mapping[str, float]) -> float:
        """Probability that a verdict is right, to four digits.

        Parameters
        ----------
        verdict : {"pass", "fail", "unknown"}
        criterion : str
        rule : str
            Rule of the leading statement; empty where there is none.
        properties : mapping of str to float
            See :data:`critex.criteria.properties.PROPERTIES`.
        """
        odds = self.slope * self.log_odds_wrong(verdict, criterion, rule, properties) + self.shift
        right = 1 / (1 + math.exp(max(-60.0, min(60.0, odds))))
        return round(min(max(right, LEAST), MOST), 4)


def read_confidence(path: Path) -> Confidence:
    """Read a model file.

    Raises
    ------
    CritexError
        If it is missing or not a model that `critex train` wrote.
    """
    try:
        content = path.read_bytes()
        entry = json.loads(content)
        coefficients = {str(k): float(v["log_odds_wrong"]) for k, v in entry["properties"].items()}
        unknown = sorted(set(coefficients) - set(PROPERTIES))
        if unknown:
            raise CritexError(
                f"{path}: property {unknown[0]!r} is not known to this version. Run `critex train` again."
            )
        return Confidence(
            float(entry["intercept"]),
            coefficients,
            {str(k): float(v["log_odds"]) for k, v in entry["criteria"].items()},
            {str(k): (int(v["seen"]), int(v["wrong"])) for k, v in entry["rules"].items()},
            float(entry["calibration"]["slope"]),
            float(entry["calibration"]["shift"]),
            hashlib.sha256(content).hexdigest()[:16],
            tuple(str(g["digest"]) for g in entry["gold"]),
        )
    except OSError as error:
        raise CritexError(
            f"{path}: cannot be read ({error.strerror}). `critex train GOLD --out {path.parent}` writes it."
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CritexError(
            f"{path}: {type(error).__name__} {error}: not a model that `critex train` wrote. Run it again."
        ) from None


@lru_cache(maxsize=8)
def _loaded(path: str) -> Confidence:
    return read_confidence(Path(path) if path else folder("models") / FILE)


def load_confidence() -> Confidence:
    """The shipped model, or the one that the environment variable ``CRITEX_CONFIDENCE`` names (set by ``--confidence``, so that every process of a run has it).

    Raises
    ------
    CritexError
        If it is missing or not a model that `critex train` wrote.
    """
    return _loaded(os.environ.get(VARIABLE, ""))


def use_confidence(path: Path | None) -> None:
    """Use another model from now on, in this process and those that it starts; ``None`` leaves it as it is."""
    if path is not None:
        read_confidence(path)
        os.environ[VARIABLE] = str(path.resolve())


@lru_cache(maxsize=8)
def _limits(path: str) -> Mapping[str, float]:
    try:
        entry = json.loads(Path(path).read_text(encoding="utf-8"))["review_below"]
        return {str(k): 2.0 if v is None else float(v) for k, v in entry.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CritexError(
            f"{path}: {type(error).__name__}: not a handoff.json that `critex screen --max-error` wrote."
        ) from None


def review_limits() -> Mapping[str, float] | None:
    """Kind of verdict to the confidence below which a person decides; ``None`` outside ``critex screen --max-error``."""
    path = os.environ.get(HANDOFF_VARIABLE)
    return _limits(path) if path else None


@contextmanager
def handing_off(path: Path | None) -> Iterator[None]:
    """Judge by the limits of a handoff.json meanwhile, in this process and those that it starts; ``None`` is by none."""
    before = os.environ.pop(HANDOFF_VARIABLE, None)
    if path is not None:
        _limits.cache_clear()
        os.environ[HANDOFF_VARIABLE] = str(path.resolve())
    try:
        yield
    finally:
        os.environ.pop(HANDOFF_VARIABLE, None)
        if before is not None:
            os.environ[HANDOFF_VARIABLE] = before
