"""Agreement of two annotators: kappa of each criterion, F1 of spans of each label, kappa of assertions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from rich.console import Console

from critex.errors import InputError
from critex.evaluate.assertions import AssertionScores, kappa_of, score_assertions
from critex.evaluate.figures import finite
from critex.evaluate.gold import Gold
from critex.evaluate.intervals import NAN, bootstrap
from critex.evaluate.mentions import LEVELS, MentionScores, score_mentions
from critex.evaluate.spans import Scores, strict_scores, token_scores
from critex.evaluate.terminal import SHORT, between, say, table
from critex.evaluate.verdicts import confusions_by_patient, kappa_of_sums


@dataclass(frozen=True)
class CriterionAgreement:
    """One criterion: verdicts that both gave."""

    n: int
    agree: float
    kappa: float


@dataclass
class Agreement:
    """What two annotators share and where they differ."""

    patients: int = 0
    notes: int = 0
    """Annotated by both."""
    criteria: dict[str, CriterionAgreement] = field(default_factory=dict)
    agree: float = float("nan")
    kappa: float = float("nan")
    kappa_interval: tuple[float, float] = NAN
    """Over patients."""
    only: tuple[int, int] = (0, 0)
    """Verdicts that only the first and only the second gave."""
    verdicts: list[tuple[str, str, str, str]] = field(default_factory=list)
    """Patient, criterion, and the two verdicts, where they differ."""
    mentions: MentionScores | None = None
    """Of the second, with the first as gold; F1 is the same the other way round but for the choice among several overlapping spans."""
    strict: Scores = field(default_factory=dict)
    tokens: Scores = field(default_factory=dict)
    assertions: AssertionScores | None = None


def agreement(first: Gold, second: Gold) -> Agreement:
    """Compare two annotators on what both annotated.

    Raises
    ------
    InputError
        If they share no note and no verdict, or their texts of a note differ.
    """
    notes = set(first.note_types) & set(second.note_types)
    differ = sorted(n for n in notes if n in first.notes and n in second.notes and first.notes[n] != second.notes[n])
    if differ:
        raise InputError(
            f"{len(differ)} notes have another text in the second gold: {', '.join(differ[:10])}. Spans can only be compared in the same text."
        )
    a, b = ({(v.patient_id, v.criterion): v.verdict for v in g.verdicts} for g in (first, second))
    both = [k for k in a if k in b]
    if not both and not (notes and (first.mentions or second.mentions)):
        raise InputError(
            "the two golds share no note with spans and no verdict. Check that both name notes and patients alike."
        )
    found = Agreement(len({p for p, _ in both}), len(notes), only=(len(a.keys() - b), len(b.keys() - a)))
    if both:
        _verdicts(found, a, b, both)
    if notes and (first.mentions or second.mentions):
        one, two = (
            Gold([m for m in g.mentions if m.note_id in notes], notes=first.notes | second.notes)
            for g in (first, second)
        )
        found.mentions = m = score_mentions(_table(two), one)
        found.strict, found.tokens = strict_scores(m.scored, m.counted), token_scores(m.scored, m.counted, one.notes)
        found.assertions = score_assertions(m.pairs)
    return found


def _verdicts(
    found: Agreement, a: dict[tuple[str, str], str], b: dict[tuple[str, str], str], both: list[tuple[str, str]]
) -> None:
    by_criterion: dict[str, list[tuple[str, str]]] = {}
    for key in both:
        by_criterion.setdefault(key[1], []).append((a[key], b[key]))
        if a[key] != b[key]:
            found.verdicts.append((*key, a[key], b[key]))
    for criterion, pairs in by_criterion.items():
        one, two = [x for x, _ in pairs], [y for _, y in pairs]
        same = sum(x == y for x, y in pairs) / len(pairs)
        found.criteria[criterion] = CriterionAgreement(len(pairs), same, kappa_of(one, two))
    found.agree = sum(a[k] == b[k] for k in both) / len(both)
    found.kappa = kappa_of([a[k] for k in both], [b[k] for k in both])
    found.kappa_interval = bootstrap(confusions_by_patient((k[0], a[k], b[k]) for k in both), kappa_of_sums)


def _table(gold: Gold) -> pd.DataFrame:
    """Mentions of an annotator in the columns that scoring needs."""
    columns = ("note_id", "patient_id", "start", "end", "text", "label", "value", "number", "canonical", "result", "assertion", "temporality")  # fmt: skip
    rows = [{c: getattr(m, c) for c in columns} | {"rule": "", "section": ""} for m in gold.mentions if not m.optional]
    return pd.DataFrame(rows, columns=[*columns, "rule", "section"]).astype(object)


def as_json(a: Agreement) -> dict[str, Any]:
    """Figures and places of an agreement; no text."""
    out: dict[str, Any] = {
        "patients": a.patients, "notes": a.notes, "only_first": a.only[0], "only_second": a.only[1],
        "verdicts": {"agree": a.agree, "kappa": a.kappa, "kappa_interval": list(a.kappa_interval), "by_criterion": {k: vars(c) for k, c in a.criteria.items()}},
        "verdicts_that_differ": [{"patient_id": p, "criterion": c, "first": x, "second": y} for p, c, x, y in a.verdicts],
    }  # fmt: skip
    if a.mentions:
        m = a.mentions
        out["mentions"] = {
            label: {level: m.by_label[level][label].f1 for level in LEVELS}
            | {"strict": a.strict[label].f1, "token": a.tokens[label].f1 if label in a.tokens else None}
            for label in sorted(m.by_label["span"])
        }
        out["mentions_that_differ"] = [
            {"kind": x.kind, "note_id": x.note_id, "start": x.start, "end": x.end, "label": x.label} for x in m.errors
        ]
    if a.assertions:
        out["assertion_kappa"] = a.assertions.kappa
    return dict(finite(out))


def print_agreement(a: Agreement, console: Console) -> None:
    """Print the figures."""
    if a.criteria:
        say(
            console,
            f"verdicts of {a.patients} patients by both: agreement {a.agree:.4f}, kappa {a.kappa:.3f} {between(a.kappa_interval)}; {a.only[0]} only by the first, {a.only[1]} only by the second",
        )
        shown = table("", ("criterion", "n", "agreement", "kappa"))
        shown.add_column("where")
        for k, c in a.criteria.items():
            where = ", ".join(f"{p} {x}/{y}" for p, criterion, x, y in a.verdicts if criterion == k)
            shown.add_row(k, str(c.n), f"{c.agree:.3f}", f"{c.kappa:.3f}", where)
        console.print(shown)
    if a.mentions:
        shown = table(f"spans in {a.notes} notes, F1", ("label", "first", "second", "strict", "token", *SHORT))
        for label in [*sorted(a.mentions.by_label["span"]), "all"]:
            tallies = [a.mentions.total(x) if label == "all" else a.mentions.by_label[x][label] for x in LEVELS]
            exact, token = a.strict.get(label), a.tokens.get(label)
            figures = [f"{s.f1:.3f}" if s else "" for s in (exact, token)] + [f"{t.f1:.3f}" for t in tallies]
            shown.add_row(label, str(tallies[0].gold), str(tallies[0].found), *figures)
        console.print(shown)
    if a.assertions and a.assertions.confusion:
        say(
            console,
            f"assertion of spans that overlap: agreement {a.assertions.accuracy:.4f}, kappa {a.assertions.kappa:.3f}",
        )
