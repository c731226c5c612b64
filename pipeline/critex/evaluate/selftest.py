"""Tests critex on the user's own notes without gold: changes that must not move a verdict, and changes that must.

It measures robustness, not accuracy: a verdict that is wrong before and after a change is not noticed.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from critex import tables
from critex.errors import InputError
from critex.evaluate.perturbations import KEEP, MOVE, Evidence, edited
from critex.run.local import Tables, note_records, run

_MARK = "\x1f"
"""Stands between a patient's or note's own id and the number of its changed copy; not a character of ids."""


@dataclass
class Operator:
    """One kind of change, and what came of it."""

    name: str
    must_move: bool
    patients: int = 0
    """Patients whose notes it changed; for changes that must move a verdict, verdicts that it aimed at."""
    verdicts: int = 0
    """Verdicts that were compared."""
    wrong: int = 0
    """Verdicts that moved and should not have, or stayed and should not have."""


@dataclass
class SelfTest:
    """Result of a self-test."""

    operators: list[Operator]
    moves: pd.DataFrame
    """Rows of :data:`critex.tables.SELFTEST`: the wrong moves."""
    notes: int
    patients: int
    seed: int
    by_criterion: dict[str, int] = field(default_factory=dict)

    @property
    def wrong(self) -> int:
        """Wrong moves of all operators."""
        return sum(o.wrong for o in self.operators)


def selftest(
    notes: pd.DataFrame,
    *,
    patients: pd.DataFrame | None = None,
    trial: str,
    index_date: date | None = None,
    date_order: str | None = None,
    workers: int = 1,
    seed: int = 7,
    max_patients: int = 200,
    max_edits: int = 40,
) -> SelfTest:
    """Change notes in many ways, judge each, and compare with the verdicts on the notes as they are.

    Parameters
    ----------
    notes : DataFrame
        As for :func:`critex.run.local.run`.
    patients : DataFrame, optional
    trial : str
    index_date : date, optional
    date_order : {"dmy", "mdy", "ymd"}, optional
    workers : int
    seed : int
        Of the choice of patients, sections and verdicts; the same seed gives the same result.
    max_patients : int
        So many patients at most, chosen by the seed.
    max_edits : int
        So many verdicts at most that each change that must move one aims at.

    Raises
    ------
    InputError
        If there is no note to test on.
    """
    rng = random.Random(seed)  # noqa: S311 - no secret
    records, _ = note_records(notes)
    if not records:
        raise InputError("no note could be read: there is nothing to test on.")
    ids = sorted({r.patient_id for r in records})
    if len(ids) > max_patients:
        ids = sorted(rng.sample(ids, max_patients))
    chosen = set(ids)
    mine_only = pd.DataFrame([r.row() for r in records if r.patient_id in chosen], columns=tables.NOTES.names)
    base = run(mine_only, patients=patients, trial=trial, index_date=index_date, date_order=date_order, workers=workers)
    kept = base.notes[base.notes["patient_id"].isin(ids)]
    # without a patients file the index date is the last note's; a changed copy must be judged on the same day
    enrolled = _enrolled(base, patients, ids)
    judge = _Judge(trial, date_order, workers, enrolled)
    before = _verdicts(base)
    texts = dict(zip(kept["note_id"], kept["text"], strict=True))
    operators: list[Operator] = []
    rows: list[tuple[Any, ...]] = []
    for name, keep in KEEP.items():
        operator = Operator(name, False)
        new = {n: keep(t, random.Random(f"{seed}-{name}-{n}")) for n, t in texts.items()}  # noqa: S311
        mine = kept[kept["patient_id"].isin(set(kept.loc[[new[n] != texts[n] for n in kept["note_id"]], "patient_id"]))]
        if len(mine):
            jobs = [(str(p), 0, {n: new[n] for n in group["note_id"]}) for p, group in mine.groupby("patient_id")]
            got = judge(jobs, kept)
            _compare(operator, got, before, rows)
        operators.append(operator)
    aims = _aims(base, set(ids))
    for name, move in MOVE.items():
        operator = Operator(name, True)
        found = [(e, c) for e in aims if (c := move(e, texts)) is not None]
        if len(found) > max_edits:
            found = [found[i] for i in sorted(rng.sample(range(len(found)), max_edits))]
        jobs = []
        for k, (e, c) in enumerate(found):
            by_note: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
            for note, start, end, text in c.edits:
                by_note[note].append((start, end, text))
            jobs.append((e.patient_id, k, {n: edited(texts[n], x) for n, x in by_note.items()}))
        got = judge(jobs, kept) if jobs else {}
        for k, (e, c) in enumerate(found):
            after = got[e.patient_id, k][e.criterion][0]
            operator.patients += 1
            operator.verdicts += 1
            if after not in c.allowed:
                operator.wrong += 1
                edits = sorted(dict.fromkeys(n for n, *_ in c.edits))
                rows.append((name, "must move", e.patient_id, e.criterion, e.verdict, after, " or ".join(c.allowed), " ".join(edits), e.spans[0]["rule"]))  # fmt: skip
        operators.append(operator)
    moves = tables.of_rows(rows, tables.SELFTEST)
    return SelfTest(
        operators, moves, len(kept), len(ids), seed, {str(k): int(n) for k, n in moves.groupby("criterion").size().items()}
    )  # fmt: skip


Verdicts = dict[str, tuple[str, tuple[str, ...]]]
"""Criterion to verdict and the notes of its evidence."""


@dataclass(frozen=True)
class _Judge:
    trial: str
    date_order: str | None
    workers: int
    enrolled: pd.DataFrame

    def __call__(
        self, jobs: list[tuple[str, int, dict[str, str]]], notes: pd.DataFrame
    ) -> dict[tuple[str, int], Verdicts]:
        """Verdicts of patients with some of their notes' texts replaced; a job is patient, number and new texts."""
        of = {str(p): g for p, g in notes.groupby("patient_id", sort=False)}
        parts, who = [], []
        for patient, number, new in jobs:
            mine = of[patient]
            parts.append(
                mine.assign(
                    text=[new.get(n, t) for n, t in zip(mine["note_id"], mine["text"], strict=True)],
                    note_id=[f"{n}{_MARK}{number}" for n in mine["note_id"]],
                    patient_id=f"{patient}{_MARK}{number}",
                )
            )
            row = self.enrolled[self.enrolled["patient_id"] == patient]
            who.append(row.assign(patient_id=f"{patient}{_MARK}{number}"))
        found = run(
            pd.concat(parts, ignore_index=True), patients=pd.concat(who, ignore_index=True), trial=self.trial,
            date_order=self.date_order, workers=self.workers,
        )  # fmt: skip
        out: dict[tuple[str, int], Verdicts] = {}
        for key, verdicts in _verdicts(found).items():
            patient, _, copy = key.partition(_MARK)
            out[patient, int(copy)] = {
                c: (v, tuple(n.partition(_MARK)[0] for n in where)) for c, (v, where) in verdicts.items()
            }
        return out


def _enrolled(base: Tables, patients: pd.DataFrame | None, ids: list[str]) -> pd.DataFrame:
    """A patients table with every patient's index date as it was judged by."""
    days = dict(zip(base.candidates["patient_id"], base.candidates["index_date"], strict=True))
    known = {} if patients is None else {str(r["patient_id"]): r for r in patients.to_dict("records")}
    return pd.DataFrame(
        [
            {"patient_id": p, "index_date": days.get(p, ""), "sex": known.get(p, {}).get("sex", ""), "birth_date": known.get(p, {}).get("birth_date", "")}
            for p in ids
        ]
    )  # fmt: skip


def _verdicts(found: Tables) -> dict[str, Verdicts]:
    where: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for p, c, n in zip(*(found.evidence[k] for k in ("patient_id", "criterion", "note_id")), strict=True):
        where[p, c][n] = None
    out: dict[str, Verdicts] = defaultdict(dict)
    for p, c, v in zip(*(found.verdicts[k] for k in ("patient_id", "criterion", "verdict")), strict=True):
        out[p][c] = (v, tuple(where.get((p, c), ())))
    return dict(out)


def _compare(
    operator: Operator,
    got: Mapping[tuple[str, int], Verdicts],
    before: Mapping[str, Verdicts],
    rows: list[tuple[Any, ...]],
) -> None:
    for (patient, _), verdicts in sorted(got.items()):
        operator.patients += 1
        for criterion, (after, where) in verdicts.items():
            operator.verdicts += 1
            old, places = before[patient][criterion]
            if old != after:
                operator.wrong += 1
                rows.append(
                    (
                        operator.name,
                        "must not move",
                        patient,
                        criterion,
                        old,
                        after,
                        old,
                        " ".join(dict.fromkeys((*places, *where))),
                        "",
                    )
                )


def _aims(base: Tables, ids: set[str]) -> list[Evidence]:
    """Decided verdicts with the mentions at their supporting spans, of one trial."""
    mentions: dict[tuple[str, int, int], list[dict[str, Any]]] = defaultdict(list)
    for m in base.mentions.to_dict("records"):
        mentions[str(m["note_id"]), int(m["start"]), int(m["end"])].append({str(k): v for k, v in m.items()})
    spans: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    supports = base.evidence[base.evidence["role"] == "supports"]
    for p, c, n, s, e in zip(
        *(supports[k] for k in ("patient_id", "criterion", "note_id", "start", "end")), strict=True
    ):
        spans[p, c].extend(mentions.get((n, int(s), int(e)), [])[:1])
    said: dict[tuple[str, ...], set[tuple[str, int, int]]] = defaultdict(set)
    for place, there in mentions.items():
        for mention in there:
            said[_kind(mention)].add(place)
    decided = base.verdicts[base.verdicts["verdict"].isin(["pass", "fail"]) & base.verdicts["patient_id"].isin(ids)]
    out = []
    for p, c, v in zip(*(decided[k] for k in ("patient_id", "criterion", "verdict")), strict=True):
        mine = spans.get((p, c))
        if mine:
            own = {(str(m["note_id"]), int(m["start"]), int(m["end"])) for m in mine}
            others = set().union(*(said[_kind(m)] for m in mine)) - own
            out.append(Evidence(p, c, v, tuple(mine), len(others)))
    return out


def _kind(m: Mapping[str, Any]) -> tuple[str, ...]:
    return (str(m["patient_id"]), str(m["label"]), str(m["assertion"]))


def as_json(found: SelfTest) -> dict[str, Any]:
    """The self-test, for ``selftest.json``; ids and counts, never text."""
    return {
        "seed": found.seed,
        "patients": found.patients,
        "notes": found.notes,
        "wrong": found.wrong,
        "operators": {o.name: {k: v for k, v in vars(o).items() if k != "name"} for o in found.operators},
        "by_criterion": found.by_criterion,
    }
