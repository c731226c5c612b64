"""Scores of mentions: span, value and full (value and assertion), as the guideline counts them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from critex.evaluate.gold import Gold, GoldMention, number
from critex.evaluate.intervals import bootstrap_ratio

LEVELS = ("span", "value", "assertion", "full")
"""What must agree beside the label: an overlapping span, then its value, its assertion, or both."""
_CALLED_NORMAL = re.compile(r"\b(clear|clean|nad|ok|nl|wnl|unremarkable|smooth|normal|quiet)\b", re.I)
_LESION = re.compile(
    r"met|lesion|deposit|nodul|disease|spread|involv|uptake|avid|mass|seed|foc|tumou?r|secondar|infiltrat", re.I
)


@dataclass
class Tally:
    """Right, annotated and found mentions."""

    right: int = 0
    gold: int = 0
    found: int = 0

    @property
    def precision(self) -> float:
        """Share of the found that is right."""
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """Share of the annotated that is found."""
        return self.right / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / (self.gold + self.found) if self.gold + self.found else 0.0


@dataclass(frozen=True)
class MentionError:
    """One mention that was missed, read wrongly, or found where there is none."""

    kind: str
    """``missed``, ``wrong`` or ``spurious``."""
    note_id: str
    patient_id: str
    start: int
    end: int
    label: str
    wanted: str
    got: str
    rule: str = ""
    section: str = ""
    place: tuple[int, int] | None = None
    """Start and end of what was found, where something was."""


@dataclass
class MentionScores:
    """Tallies by level and label, with the errors."""

    by_label: dict[str, dict[str, Tally]] = field(default_factory=lambda: {k: defaultdict(Tally) for k in LEVELS})
    errors: list[MentionError] = field(default_factory=list)
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)
    """95 % interval of the F1 of each level over patients."""
    label_intervals: dict[str, tuple[float, float]] = field(default_factory=dict)
    """95 % interval of the full F1 of each label over patients."""
    per_patient: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Twice the right, and annotated and found together, of the full level: the parts of F1, for comparing two runs."""
    pairs: list[tuple[GoldMention, Mapping[Any, Any]]] = field(default_factory=list)
    """Annotated mentions with what was found for them."""
    scored: list[GoldMention] = field(default_factory=list)
    """Annotated mentions that count."""
    counted: list[Mapping[Any, Any]] = field(default_factory=list)
    """Found mentions that count."""

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the full F1 over patients."""
        return self.intervals.get("full", (float("nan"), float("nan")))

    def total(self, level: str) -> Tally:
        """All labels together."""
        tallies = self.by_label[level].values()
        return Tally(sum(t.right for t in tallies), sum(t.gold for t in tallies), sum(t.found for t in tallies))


def score_mentions(mentions: pd.DataFrame, gold: Gold) -> MentionScores:
    """Score the mentions table against gold.

    Parameters
    ----------
    mentions : DataFrame
        The mentions table of a run.
    gold : Gold

    Returns
    -------
    MentionScores
        Each gold mention takes at most one found mention of its label that overlaps it: the one that agrees best. What the guideline calls welcome but
        not scored (section 2, end) counts neither way.
    """
    labels = {m.label for m in gold.mentions}
    notes = {m.note_id for m in gold.mentions} | set(gold.notes)
    rows: list[dict[Any, Any]] = [
        r for r in mentions.to_dict("records") if r["label"] in labels and r["note_id"] in notes
    ]
    by_note: dict[str, list[int]] = defaultdict(list)
    for i, r in enumerate(rows):
        by_note[r["note_id"]].append(i)
    scored = [m for m in gold.mentions if not _unscored_gold(m, gold)]
    optional = [m for m in gold.mentions if _unscored_gold(m, gold)]
    scores = MentionScores()
    used: set[int] = set()
    parts: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    for g in sorted(scored, key=lambda m: (m.note_id, m.start)):
        best = _best(g, rows, by_note[g.note_id], used)
        agree = dict.fromkeys(LEVELS, False)
        if best is not None:
            used.add(best)
            row = rows[best]
            value, assertion = same_value(g, row), same_assertion(g, row)
            agree = {"span": True, "value": value, "assertion": assertion, "full": value and assertion}
            scores.pairs.append((g, row))
        if not agree["full"]:
            scores.errors.append(_error(g, rows[best] if best is not None else None))
        for level in LEVELS:
            scores.by_label[level][g.label].right += agree[level]
            scores.by_label[level][g.label].gold += 1
            _add(parts, level, g.label, g.patient_id, 2 * agree[level])
    excused = {i for i, r in enumerate(rows) if i not in used and _unscored_row(r, gold)}
    for g in optional:
        excused |= {
            i for i in by_note[g.note_id] if i not in used and rows[i]["label"] == g.label and _overlap(g, rows[i]) > 0
        }
    for i, r in enumerate(rows):
        if i in excused:
            continue
        for level in LEVELS:
            scores.by_label[level][r["label"]].found += 1
            _add(parts, level, r["label"], r["patient_id"], 0)
        scores.counted.append(r)
        if i not in used:
            scores.errors.append(
                MentionError(
                    "spurious",
                    r["note_id"],
                    r["patient_id"],
                    int(r["start"]),
                    int(r["end"]),
                    r["label"],
                    "nothing",
                    _said(r),
                    r["rule"],
                    r["section"],
                )
            )
    ratios = {key: {p: (a, b) for p, (a, b) in mine.items()} for key, mine in parts.items()}
    scores.intervals = {level: bootstrap_ratio(ratios.get((level, ""), {})) for level in LEVELS}
    scores.label_intervals = {k: bootstrap_ratio(v) for (level, k), v in ratios.items() if level == "full" and k}
    scores.per_patient = ratios.get(("full", ""), {})
    scores.scored = scored
    return scores


def _add(
    parts: dict[tuple[str, str], dict[str, list[float]]], level: str, label: str, patient: str, twice_right: int
) -> None:
    for name in ("", label):
        mine = parts[level, name][patient]
        mine[0] += twice_right
        mine[1] += 1


def _best(g: GoldMention, rows: Sequence[Mapping[Any, Any]], candidates: Iterable[int], used: set[int]) -> int | None:
    best, rank = None, None
    for i in candidates:
        row = rows[i]
        if i in used or row["label"] != g.label:
            continue
        overlap = _overlap(g, row)
        if overlap <= 0:
            continue
        mine = (same_value(g, row), same_assertion(g, row), overlap)
        if rank is None or mine > rank:
            best, rank = i, mine
    return best


def _overlap(g: GoldMention, row: Mapping[Any, Any]) -> int:
    return min(int(str(row["end"])), g.end) - max(int(str(row["start"])), g.start)


def _norm(value: object) -> str:
    return str(value if value is not None else "").strip().lower().replace(" ", "")


def same_value(g: GoldMention, row: Mapping[Any, Any]) -> bool:
    """Whether value, result and number agree (numbers within 2 %); of a relative's TB only label and assertion count."""
    if g.label == "TB" and g.assertion == "family":
        return True
    if _norm(g.value) != _norm(row.get("value")):
        return False
    if g.result and _norm(g.result) != _norm(row.get("result")):
        return False
    if g.label == "LAB":
        for want, have in ((g.canonical, number(row.get("canonical"))), (g.number, number(row.get("number")))):
            if want is not None and have is not None:
                return abs(have - want) <= 0.02 * max(abs(want), 1e-9)
        return g.canonical is None and g.number is None
    return True


def same_assertion(g: GoldMention, row: Mapping[Any, Any]) -> bool:
    """Whether assertions agree; of a superseded diagnosis or stage, `absent` and a present one in the past are the same."""
    if g.assertion == row["assertion"]:
        return True
    gold_gone = g.assertion == "absent" or (g.assertion == "present" and g.temporality == "past")
    row_gone = row["assertion"] == "absent" or (row["assertion"] == "present" and row["temporality"] == "past")
    return g.label in ("HISTOLOGY", "STAGE") and gold_gone and row_gone


def _unscored(label: str, value: str | None, assertion: str, has_number: bool, start: int, end: int, text: str) -> bool:
    if label in ("LAB", "HISTOLOGY") and value == "other":
        return True
    if label == "LAB" and assertion != "hypothetical" and not has_number:
        return True
    organ = label == "METASTASIS" and assertion == "absent" and not _LESION.search(text[start:end])
    return organ and bool(_CALLED_NORMAL.search(text[start : end + 15]))


def _unscored_gold(m: GoldMention, gold: Gold) -> bool:
    has_number = m.number is not None or m.canonical is not None
    return m.optional or _unscored(
        m.label, m.value, m.assertion, has_number, m.start, m.end, gold.notes.get(m.note_id, "")
    )


def _unscored_row(r: Mapping[Any, Any], gold: Gold) -> bool:
    has_number = number(r.get("number")) is not None or number(r.get("canonical")) is not None
    text = gold.notes.get(str(r["note_id"]), "")
    return _unscored(
        str(r["label"]),
        str(r["value"]),
        str(r["assertion"]),
        has_number,
        int(str(r["start"])),
        int(str(r["end"])),
        text,
    )


def _said(r: Mapping[Any, Any]) -> str:
    bits = [
        r.get("value"),
        r.get("result"),
        number(r.get("canonical")),
        r.get("assertion"),
        "past" if r.get("temporality") == "past" else None,
    ]
    return " ".join(str(b) for b in bits if b not in (None, ""))


def _error(g: GoldMention, row: Mapping[Any, Any] | None) -> MentionError:
    bits = (g.value, g.result, g.canonical, g.assertion, "past" if g.temporality == "past" else None)
    wanted = " ".join(str(b) for b in bits if b not in (None, ""))
    got = "nothing" if row is None else _said(row)
    rule, section = ("", "") if row is None else (str(row["rule"]), str(row["section"]))
    return MentionError(
        "missed" if row is None else "wrong",
        g.note_id,
        g.patient_id,
        g.start,
        g.end,
        g.label,
        wanted,
        got,
        rule,
        section,
        None if row is None else (int(row["start"]), int(row["end"])),
    )
