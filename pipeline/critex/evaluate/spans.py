"""Scores of spans through kept libraries: exact boundaries and tokens through scikit-learn, and nervaluate beside them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sklearn.metrics import precision_recall_fscore_support

from critex.evaluate.gold import GoldMention

_TOKEN = re.compile(r"[^\W_㐀-鿿]+|[^\s\w]|[㐀-鿿_]")
"""A word or number, a sign, or one Chinese character."""


@dataclass(frozen=True)
class Score:
    """Precision, recall and F1 of one label, with the number annotated and found."""

    precision: float
    recall: float
    f1: float
    gold: int
    found: int


Scores = dict[str, Score]
"""By label; ``all`` is the micro average."""

Key = tuple[Any, ...]
"""What must agree; its last part is the label."""


def scores_of(gold: Iterable[Key], found: Iterable[Key]) -> Scores:
    """Precision, recall and F1 of things that agree in everything or not at all.

    Parameters
    ----------
    gold, found : iterable of tuple
        Each thing ends in its label; the same thing twice counts twice.
    """
    wanted, got = Counter(gold), Counter(found)
    truth: list[str] = []
    said: list[str] = []
    for key in wanted | got:
        label = str(key[-1])
        both, missed, spurious = min(wanted[key], got[key]), wanted[key] - got[key], got[key] - wanted[key]
        truth += [label] * both + [label] * max(missed, 0) + [""] * max(spurious, 0)
        said += [label] * both + [""] * max(missed, 0) + [label] * max(spurious, 0)
    labels = sorted({x for x in (*truth, *said) if x})
    if not labels:
        return {}
    by_label = precision_recall_fscore_support(truth, said, labels=labels, zero_division=0)
    every = precision_recall_fscore_support(truth, said, labels=labels, average="micro", zero_division=0)
    n_gold, n_found = Counter(truth), Counter(said)
    result = {
        label: Score(float(p), float(r), float(f), n_gold[label], n_found[label])
        for label, p, r, f in zip(labels, *by_label[:3], strict=True)
    }
    counted = (sum(n_gold[x] for x in labels), sum(n_found[x] for x in labels))
    return result | {"all": Score(float(every[0]), float(every[1]), float(every[2]), *counted)}


def strict_scores(gold: Sequence[GoldMention], found: Sequence[Mapping[Any, Any]]) -> Scores:
    """Scores of spans with exactly the same first and last character and the same label."""
    return scores_of(
        [(m.note_id, m.start, m.end, m.label) for m in gold],
        [(r["note_id"], int(r["start"]), int(r["end"]), r["label"]) for r in found],
    )


def token_scores(gold: Sequence[GoldMention], found: Sequence[Mapping[Any, Any]], texts: Mapping[str, str]) -> Scores:
    """Scores of tokens: a token counts for a label where a span of the label touches it; of discontinuous spans only the pieces count."""
    by_note: dict[str, list[tuple[int, int]]] = {}

    def tokens(note: str, pieces: Iterable[tuple[int, int]], label: str) -> Iterable[Key]:
        if note not in by_note:
            by_note[note] = [m.span() for m in _TOKEN.finditer(texts.get(note, ""))]
        for a, b in pieces:
            for i in _touched(by_note[note], a, b):
                yield note, i, label

    return scores_of(
        {k for m in gold for k in tokens(m.note_id, m.pieces or ((m.start, m.end),), m.label)},
        {k for r in found for k in tokens(r["note_id"], ((int(r["start"]), int(r["end"])),), r["label"])},
    )


def _touched(tokens: Sequence[tuple[int, int]], start: int, end: int) -> range:
    return range(
        bisect_right(tokens, start, key=lambda t: t[1]),
        bisect_left(tokens, end, key=lambda t: t[0]),
    )


def nervaluate_scores(gold: Sequence[GoldMention], found: Sequence[Mapping[Any, Any]]) -> dict[str, Scores]:
    """The same spans as nervaluate counts them: strict, exact, partial and ent_type (MUC and SemEval 2013).

    nervaluate gives a found span to the first annotated one that it overlaps, so where found spans of a label overlap one another its strict
    scores can be lower than :func:`strict_scores`.
    """
    from nervaluate import Evaluator

    labels = sorted({m.label for m in gold} | {str(r["label"]) for r in found})
    notes = sorted({m.note_id for m in gold} | {str(r["note_id"]) for r in found})
    if not labels:
        return {}
    truth: dict[str, list[dict[str, Any]]] = {n: [] for n in notes}
    said: dict[str, list[dict[str, Any]]] = {n: [] for n in notes}
    for m in gold:
        truth[m.note_id].append({"label": m.label, "start": m.start, "end": m.end - 1})
    for r in found:
        said[str(r["note_id"])].append({"label": r["label"], "start": int(r["start"]), "end": int(r["end"]) - 1})
    # its ends are inclusive; the loader is named because it would be guessed from the first note, which may be empty
    results = Evaluator(list(truth.values()), list(said.values()), tags=labels, loader="dict").evaluate()
    scores: dict[str, Scores] = {}
    for way in ("strict", "exact", "partial", "ent_type"):
        rows = {label: ways[way] for label, ways in sorted(results["entities"].items())} | {
            "all": results["overall"][way]
        }
        scores[way] = {k: Score(x.precision, x.recall, x.f1, x.possible, x.actual) for k, x in rows.items()}
    return scores
