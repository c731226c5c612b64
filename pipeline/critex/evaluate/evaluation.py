"""One evaluation: every score of a run against a gold sample, as objects, JSON and tables for the terminal."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from critex.criteria.trial import Trial
from critex.evaluate.candidates import CandidateScores, score_candidates
from critex.evaluate.gold import Gold, of_run, read_gold
from critex.evaluate.mentions import LEVELS, MentionScores, score_mentions
from critex.evaluate.verdicts import VerdictScores, score_verdicts
from critex.run.store import read_table
from critex.tables import VERDICTS


@dataclass
class Evaluation:
    """All scores of one run against one gold sample."""

    gold: Gold
    mentions: MentionScores | None
    verdicts: VerdictScores | None
    candidates: CandidateScores | None
    bad_offsets: int
    """Mentions and evidence whose text is not what stands in the note."""


def evaluate(out: Path, gold_folder: Path, trial: Trial) -> Evaluation:
    """Evaluate an output folder.

    Parameters
    ----------
    out : Path
        Folder that ``critex run`` wrote.
    gold_folder : Path
        Gold in any annotation format, a file or a folder.
    trial : Trial
        Trial whose verdicts are scored.

    Raises
    ------
    InputError
        If one of the folders is not what it should be.
    """
    notes = read_table("notes", out)
    patient_of = dict(zip(notes["note_id"], notes["patient_id"], strict=True))
    gold = of_run(read_gold(gold_folder), patient_of, patient_of.keys())
    mentions, evidence = read_table("mentions", out), read_table("evidence", out)
    bad = 0
    if gold.notes:
        for frame in (mentions, evidence):
            rows = zip(frame["note_id"], frame["start"], frame["end"], frame["text"], strict=True)
            bad += sum(n in gold.notes and gold.notes[n][int(s) : int(e)] != t for n, s, e, t in rows)
    return Evaluation(
        gold,
        score_mentions(mentions, gold) if gold.mentions else None,
        score_verdicts(read_table("verdicts", out), evidence, gold, trial.trial) if gold.verdicts else None,
        score_candidates(read_table("candidates", out), gold, trial) if gold.verdicts else None,
        bad,
    )


def as_json(e: Evaluation) -> dict[str, Any]:
    """Figures of an evaluation, for ``evaluation.json``; errors name places, never text."""
    out: dict[str, Any] = {"bad_offsets": e.bad_offsets}
    if e.verdicts:
        v = e.verdicts
        out["verdicts"] = {
            "n": sum(c.n for c in v.by_criterion.values()), "accuracy": v.accuracy, "accuracy_interval": list(v.interval), "kappa": v.kappa, "f1": v.f1, "macro_f1": v.macro_f1,
            "micro_f1": v.micro_f1, "majority_baseline": v.baseline, "false_pass": v.false_pass, "gold_fail": v.gold_fail, "false_pass_rate_upper": v.false_pass_upper,
            "evidence_hit": v.evidence_hit, "no_row": v.no_row,
            "by_criterion": {
                k: {"n": c.n, "accuracy": c.accuracy, "majority_baseline": c.baseline, "confusion": {f"{w}>{g}": n for (w, g), n in sorted(c.confusion.items())}}
                for k, c in v.by_criterion.items()
            },
            "errors": [{"kind": x.kind, "patient_id": x.patient_id, "criterion": x.criterion, "gold": x.wanted, "got": x.got} for x in v.errors],
        }  # fmt: skip
    if e.mentions:
        m = e.mentions
        out["mentions"] = {
            level: _tally(m.total(level)) | {"by_label": {k: _tally(t) for k, t in sorted(m.by_label[level].items())}}
            for level in LEVELS
        } | {"full_f1_interval": list(m.interval)}
    if e.candidates:
        c = e.candidates
        out["candidates"] = {
            "patients": c.patients,
            "not_excluded": c.eligible,
            "listed": c.listed,
            "right": c.right,
            "sensitivity": c.sensitivity,
            "ppv": c.ppv,
            "number_to_screen": c.number_to_screen,
        }
    return _finite(out)


def _tally(t: Any) -> dict[str, Any]:
    return {
        "precision": t.precision,
        "recall": t.recall,
        "f1": t.f1,
        "right": t.right,
        "gold": t.gold,
        "found": t.found,
    }


def _finite(node: Any) -> Any:
    if isinstance(node, dict):
        return {k: _finite(v) for k, v in node.items()}
    if isinstance(node, list):
        return [_finite(v) for v in node]
    return None if isinstance(node, float) and not math.isfinite(node) else node


def print_evaluation(e: Evaluation, console: Console) -> None:
    """Print the figures; of errors only counts and places."""
    if e.verdicts:
        v = e.verdicts
        console.print(
            f"verdicts: accuracy {v.accuracy:.4f} [{v.interval[0]:.3f}, {v.interval[1]:.3f}], majority baseline {v.baseline:.3f}, kappa {v.kappa:.3f}, macro F1 {v.macro_f1:.4f}, "
            f"evidence hit {v.evidence_hit:.3f}",
            highlight=False,
        )
        console.print(
            f"false passes: {v.false_pass} of {v.gold_fail} gold fails (95 % sure to be at most {v.false_pass_upper:.1%})",
            highlight=False,
        )
        table = Table(show_edge=False)
        for heading in (
            "criterion",
            "n",
            "accuracy",
            "baseline",
            *(f"{w}>{g}" for w in VERDICTS for g in VERDICTS if w != g),
        ):
            table.add_column(heading, justify="left" if heading == "criterion" else "right")
        for k, c in v.by_criterion.items():
            wrong = [str(c.confusion[w, g] or "") for w in VERDICTS for g in VERDICTS if w != g]
            table.add_row(k, str(c.n), f"{c.accuracy:.3f}", f"{c.baseline:.3f}", *wrong)
        console.print(table)
    if e.mentions:
        table = Table(show_edge=False, title="mentions", title_justify="left")
        for heading in ("label", "gold", *(f"{level} {x}" for level in LEVELS for x in ("P", "R", "F1"))):
            table.add_column(heading, justify="left" if heading == "label" else "right")
        labels = sorted(e.mentions.by_label["full"])
        for label in [*labels, "all"]:
            tallies = [
                e.mentions.total(level) if label == "all" else e.mentions.by_label[level][label] for level in LEVELS
            ]
            table.add_row(
                label, str(tallies[0].gold), *(f"{x:.3f}" for t in tallies for x in (t.precision, t.recall, t.f1))
            )
        console.print(table)
        console.print(
            f"full F1 {e.mentions.total('full').f1:.4f} [{e.mentions.interval[0]:.3f}, {e.mentions.interval[1]:.3f}]",
            highlight=False,
        )
    if e.candidates:
        listed = e.candidates
        console.print(
            f"candidates: {listed.listed} listed of {listed.patients} patients, sensitivity {listed.sensitivity:.3f}, PPV {listed.ppv:.3f}, number to screen {listed.number_to_screen:.2f}",
            highlight=False,
        )
    console.print(f"spans whose text is not what stands in the note: {e.bad_offsets}", highlight=False)
