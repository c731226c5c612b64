"""One evaluation: every score of a run against a gold sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from critex.criteria.trial import Trial
from critex.evaluate.alignment import aligned
from critex.evaluate.assertions import AssertionScores, score_assertions
from critex.evaluate.calibration import score_confidence
from critex.evaluate.candidates import CandidateScores, score_candidates
from critex.evaluate.gold import Gold, of_run, read_gold
from critex.evaluate.mentions import MentionScores, score_mentions
from critex.evaluate.spans import Scores, nervaluate_scores, strict_scores, token_scores
from critex.evaluate.values import ValueScores, score_values
from critex.evaluate.verdicts import VerdictScores, score_verdicts
from critex.run.store import read_table


@dataclass(frozen=True)
class Further:
    """Figures of another part of critex, shown after the others."""

    title: str
    figures: dict[str, Any]
    """For ``evaluation.json``, under the part's name."""
    lines: list[str]
    """For the terminal."""
    html: str = ""
    """For the page: markup of ours, everything from outside already escaped."""


@dataclass
class Evaluation:
    """All scores of one run against one gold sample; None where the gold has nothing to score."""

    gold: Gold
    mentions: MentionScores | None
    verdicts: VerdictScores | None
    candidates: CandidateScores | None
    bad_offsets: int
    """Mentions and evidence whose text is not what stands in the note."""
    differing: list[str] = field(default_factory=list)
    """Notes whose text in the gold is not the one that the run read, by more than line ends."""
    absent: list[str] = field(default_factory=list)
    """Annotated notes that the run does not have; what is in them counts as missed."""
    strict: Scores = field(default_factory=dict)
    tokens: Scores = field(default_factory=dict)
    nervaluate: dict[str, Scores] = field(default_factory=dict)
    """By way of counting: strict, exact, partial, ent_type."""
    assertions: AssertionScores | None = None
    values: ValueScores | None = None
    further: dict[str, Further] = field(default_factory=dict)
    """What other parts add (calibration), by name."""
    found: list[Mapping[Any, Any]] = field(default_factory=list)
    """Mentions of the run about annotated patients, to say of an error which rule and section it came from."""
    texts: dict[str, str] = field(default_factory=dict)
    """Texts of the notes about annotated patients, as the gold has them, else as the run read them."""
    note_types: dict[str, str] = field(default_factory=dict)


def evaluate(
    out: Path, gold_path: Path, trial: Trial, tolerance: float = 0.02, days: int = 0, origin: str | None = None
) -> Evaluation:
    """Evaluate an output folder.

    Parameters
    ----------
    out : Path
        Folder that ``critex run`` wrote.
    gold_path : Path
        Gold in any annotation format, a file or a folder.
    trial : Trial
        Trial whose verdicts are scored.
    tolerance, days : float, int
        How far patient-level numbers (as a share) and dates may be off.
    origin : str, optional
        Name of the gold's format; else it is detected.

    Raises
    ------
    InputError
        If one of them is not what it should be.
    """
    notes = read_table("notes", out)
    patient_of = dict(zip(notes["note_id"], notes["patient_id"], strict=True))
    texts = dict(zip(notes["note_id"], notes["text"], strict=True))
    gold, differing = aligned(of_run(read_gold(gold_path, origin), patient_of, texts), texts)
    mentions, evidence = read_table("mentions", out), read_table("evidence", out)
    e = Evaluation(gold, None, None, None, _bad_offsets(gold, mentions, evidence), differing)
    e.absent = sorted(gold.note_types.keys() - texts.keys())
    patients = {v.patient_id for v in gold.verdicts} | gold.values.keys()
    mine = notes[notes["patient_id"].isin(patients) | notes["note_id"].isin(gold.note_types.keys())]
    e.found = list(mentions[mentions["note_id"].isin(mine["note_id"])].to_dict("records"))
    e.texts = dict(zip(mine["note_id"], mine["text"], strict=True)) | gold.notes
    types = dict(zip(mine["note_id"], mine["note_type"].fillna(""), strict=True))
    e.note_types = types | {n: t for n, t in gold.note_types.items() if t}
    if gold.mentions:
        e.mentions = m = score_mentions(mentions, gold)
        e.strict, e.tokens = strict_scores(m.scored, m.counted), token_scores(m.scored, m.counted, e.texts)
        e.nervaluate = nervaluate_scores(m.scored, m.counted)
        e.assertions = score_assertions(m.pairs)
    if gold.verdicts:
        verdicts = read_table("verdicts", out)
        e.verdicts = score_verdicts(verdicts, evidence, gold, trial.trial)
        e.candidates = score_candidates(read_table("candidates", out), gold, trial)
        if sure := score_confidence(verdicts, gold, trial.trial):
            from critex.evaluate.calibration_page import confidence_figures

            e.further["confidence"] = confidence_figures(sure)
    if any(gold.values.values()):
        e.values = score_values(read_table("features", out), gold.values, tolerance, days)
    return e


def _bad_offsets(gold: Gold, *tables: pd.DataFrame) -> int:
    bad = 0
    for frame in tables if gold.notes else ():
        rows = zip(frame["note_id"], frame["start"], frame["end"], frame["text"], strict=True)
        bad += sum(n in gold.notes and gold.notes[n][int(s) : int(e)] != t for n, s, e, t in rows)
    return bad
