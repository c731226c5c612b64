"""The work list: all patients of a trial as arrays, filtered, sorted and cut into pages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from critex.criteria.trial import Trial
from critex.review.decisions import DecisionStore, finals, on_index_date, verdicts_of
from critex.review.folder import ReviewFolder
from critex.review.honesty import hidden_cases
from critex.tables import STATUSES, VERDICTS

PASS, FAIL, UNKNOWN = 0, 1, 2
PAGE_ROWS = 50
KEPT_ORDERS = 32
SORTS = ("status", "patient", "fails", "open", "review", "reviewed", "index")


@dataclass(frozen=True)
class Row:
    """One patient of the work list, as one reviewer may see it."""

    patient_id: str
    index_date: str
    status: str
    n_pass: int
    n_fail: int
    n_unknown: int
    n_hidden: int
    n_review: int
    n_mine: int
    n_criteria: int
    failed: tuple[str, ...]
    missing: tuple[tuple[str, tuple[str, ...]], ...]
    """Phase of the trial, and what it still needs."""
    reviewers: tuple[str, ...]
    disagreement: bool


@dataclass(frozen=True)
class Query:
    """What the reviewer asks the list for; an empty string is no filter."""

    search: str = ""
    status: str = ""
    criterion: str = ""
    verdict: str = ""
    review: str = ""
    """``yes``: something needs review; ``no``: nothing does."""
    reviewed: str = ""
    """``none``, ``any``, ``mine``, ``not-mine``, ``disagreement``, or ``by:NAME``."""
    sort: str = "status"
    down: bool = False
    page: int = 1

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Query:
        """From a query string; what is not understood is left out."""
        page = given.get("page", "1")
        sort = given.get("sort", "status")
        return cls(
            given.get("search", "").strip(), given.get("status", ""), given.get("criterion", ""), given.get("verdict", ""), given.get("review", ""),
            given.get("reviewed", ""), sort if sort in SORTS else "status", given.get("down") == "1", max(1, int(page)) if page.isdigit() and len(page) < 9 else 1,
        )  # fmt: skip


@dataclass(frozen=True)
class Found:
    """One page of the list."""

    rows: list[Row]
    n_found: int
    n_all: int
    page: int
    n_pages: int
    statuses: dict[str, int]
    """Over all patients, as this reviewer may see them."""


@dataclass(frozen=True)
class _Seen:
    """The list as one reviewer may see it after a number of decisions."""

    last: int
    verdicts: NDArray[np.int8]
    hidden: NDArray[np.bool_]
    status: NDArray[np.int8]
    mine: NDArray[np.int32]
    reviewers: dict[int, tuple[str, ...]]
    disagreement: NDArray[np.bool_]


class WorkList:
    """All patients of one trial.

    Parameters
    ----------
    folder : ReviewFolder
    trial : Trial
    hide_share : float
        Share of verdicts that are hidden until a reviewer has chosen.
    """

    def __init__(self, folder: ReviewFolder, trial: Trial, hide_share: float = 0.0) -> None:
        self.trial = trial
        self.hide_share = hide_share
        self.criteria = [c.id for c in trial.criteria]
        mine = folder.candidates[folder.candidates["trial"] == trial.trial]
        self.ids: list[str] = mine["patient_id"].tolist()
        self.index_dates: list[str] = mine["index_date"].tolist()
        self._row = {p: i for i, p in enumerate(self.ids)}
        self._lower = [p.casefold() for p in self.ids]
        frame = folder.verdict_columns(trial.trial, ["patient_id", "criterion", "verdict", "needs_review"])
        rows = pd.Index(self.ids).get_indexer(pd.Index(frame["patient_id"]))
        columns = pd.Index(self.criteria).get_indexer(pd.Index(frame["criterion"]))
        known = (rows >= 0) & (columns >= 0)
        values = pd.Index(VERDICTS).get_indexer(pd.Index(frame["verdict"])).astype(np.int8)
        shape = (len(self.ids), len(self.criteria))
        self.verdicts = np.full(shape, UNKNOWN, dtype=np.int8)
        self.verdicts[rows[known], columns[known]] = values[known]
        self.review = np.zeros(shape, dtype=bool)
        self.review[rows[known], columns[known]] = frame["needs_review"].to_numpy(dtype=bool)[known]
        self._may_wait = np.array([trial.may_wait(c) for c in trial.criteria])
        self._hidden: dict[str, NDArray[np.bool_]] = {}
        self._seen: dict[tuple[str, bool], _Seen] = {}
        self._orders: dict[tuple[Query, str, bool, int], NDArray[np.intp]] = {}

    def hidden_from(self, reviewer: str) -> NDArray[np.bool_]:
        """Cases hidden from a reviewer before any decision; shape (patients, criteria)."""
        if reviewer not in self._hidden:
            if self.hide_share > 0:
                found = hidden_cases(self.hide_share, reviewer, self.trial.trial, self.ids, self.criteria)
                found &= ~np.array([c.investigator for c in self.trial.criteria])
            else:
                found = np.zeros(self.verdicts.shape, dtype=bool)
            self._hidden[reviewer] = found
        return self._hidden[reviewer]

    def hidden_criteria(self, reviewer: str, patient_id: str) -> frozenset[str]:
        """Criteria of a patient that were chosen to be hidden from a reviewer."""
        row = self.hidden_from(reviewer)[self._row[patient_id]]
        return frozenset(c for c, h in zip(self.criteria, row, strict=True) if h)

    def _view(self, reviewer: str, store: DecisionStore, blind: bool) -> _Seen:
        last = store.refresh()
        seen = self._seen.get((reviewer, blind))
        if seen is not None and seen.last == last:
            return seen
        hidden = self.hidden_from(reviewer).copy()
        mine = np.zeros(len(self.ids), dtype=np.int32)
        disagreement = np.zeros(len(self.ids), dtype=bool)
        reviewers: dict[int, tuple[str, ...]] = {}
        column = {c: i for i, c in enumerate(self.criteria)}
        for patient_id in store.patients(self.trial.trial):
            i = self._row.get(patient_id)
            if i is None:
                continue
            own = self.index_dates[i]
            decisions = on_index_date(store.standing(self.trial.trial, patient_id), own, own)
            by = verdicts_of(decisions)
            mine[i] = sum(reviewer in who for who in by.values())
            revealed = store.revealed(reviewer, self.trial.trial, patient_id)
            hidden[i, [column[c] for c in revealed if c in column]] = False
            people = {r for who in by.values() for r in who}
            reviewers[i] = tuple(sorted(people))
            if blind:  # whether others agree is not told to those who still judge
                reviewers[i] = tuple(r for r in reviewers[i] if r == reviewer)
            else:
                disagreement[i] = any(f.disagreement for f in finals(decisions).values())
        verdicts = np.where(hidden, UNKNOWN, self.verdicts).astype(np.int8)
        open_ = ((verdicts == UNKNOWN) & ~self._may_wait).any(axis=1)
        status = np.where((verdicts == FAIL).any(axis=1), 2, np.where(open_, 1, 0)).astype(np.int8)
        made = _Seen(last, verdicts, hidden, status, mine, reviewers, disagreement)
        self._seen[(reviewer, blind)] = made
        return made

    def find(self, query: Query, reviewer: str, store: DecisionStore, blind: bool = False) -> Found:
        """The rows of one page.

        Parameters
        ----------
        query : Query
        reviewer : str
            What is hidden from this reviewer counts as unknown.
        store : DecisionStore
        blind : bool
            Whether the reviewer may not know of others' decisions.
        """
        order = self._order(query, reviewer, store, blind)
        seen = self._view(reviewer, store, blind)
        n_pages = max(1, math.ceil(len(order) / PAGE_ROWS))
        page = min(query.page, n_pages)
        shown = order[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
        counts = np.bincount(seen.status, minlength=3)
        statuses = {s: int(n) for s, n in zip(STATUSES, counts, strict=True)}
        return Found([self._as_row(int(i), seen) for i in shown], len(order), len(self.ids), page, n_pages, statuses)

    def neighbours(
        self, patient_id: str, query: Query, reviewer: str, store: DecisionStore, blind: bool = False
    ) -> tuple[str, str, int, int]:
        """The patients before and after one in the list, its place from 1, and how many there are."""
        order = self._order(query, reviewer, store, blind)
        here = self._row[patient_id]
        found = np.flatnonzero(order == here)
        if not len(found):  # it no longer matches the filter: go on from the top
            return "", self.ids[order[0]] if len(order) else "", 0, len(order)
        at = int(found[0])
        before = self.ids[order[at - 1]] if at else ""
        after = self.ids[order[at + 1]] if at + 1 < len(order) else ""
        return before, after, at + 1, len(order)

    def _order(self, query: Query, reviewer: str, store: DecisionStore, blind: bool) -> NDArray[np.intp]:
        """Rows that match, in order; kept, because every patient's page asks for its neighbours."""
        seen = self._view(reviewer, store, blind)
        asked = (replace(query, page=1), reviewer, blind, seen.last)
        known = self._orders.get(asked)
        if known is None:
            if len(self._orders) >= KEPT_ORDERS:
                self._orders.clear()
            known = self._orders[asked] = self._sorted(query, seen)
        return known

    def _sorted(self, query: Query, seen: _Seen) -> NDArray[np.intp]:
        keep = np.ones(len(self.ids), dtype=bool)
        if query.search:
            word = query.search.casefold()
            keep &= np.fromiter((word in p for p in self._lower), dtype=bool, count=len(self.ids))
        if query.status in STATUSES:
            keep &= seen.status == STATUSES.index(query.status)
        if query.verdict in VERDICTS:
            same = (seen.verdicts == VERDICTS.index(query.verdict)) & ~seen.hidden
            keep &= (
                same[:, self.criteria.index(query.criterion)] if query.criterion in self.criteria else same.any(axis=1)
            )
        review = (self.review & ~seen.hidden).any(axis=1)
        if query.review in ("yes", "no"):
            if query.criterion in self.criteria:
                at = self.criteria.index(query.criterion)
                review = self.review[:, at] & ~seen.hidden[:, at]
            keep &= review if query.review == "yes" else ~review
        keep &= self._reviewed(query.reviewed, seen)
        found = np.flatnonzero(keep)
        unknowns = (seen.verdicts == UNKNOWN).sum(axis=1)
        keys: dict[str, NDArray[np.generic]] = {
            "status": seen.status.astype(np.int64) * 10_000 + unknowns,
            "patient": np.arange(len(self.ids)),
            "fails": (seen.verdicts == FAIL).sum(axis=1),
            "open": unknowns,
            "review": (self.review & ~seen.hidden).sum(axis=1),
            "reviewed": seen.mine,
            "index": np.array(self.index_dates),
        }
        order = found[np.argsort(keys[query.sort][found], kind="stable")]
        return order[::-1] if query.down else order

    def _reviewed(self, wanted: str, seen: _Seen) -> NDArray[np.bool_]:
        n = len(self.ids)
        if wanted in ("mine", "not-mine"):
            done = seen.mine > 0
            return done if wanted == "mine" else ~done
        if wanted == "disagreement":
            return seen.disagreement
        if wanted in ("none", "any") or wanted.startswith("by:"):
            touched = np.zeros(n, dtype=bool)
            name = wanted.removeprefix("by:") if wanted.startswith("by:") else None
            touched[[i for i, who in seen.reviewers.items() if (name in who if name else who)]] = True
            return ~touched if wanted == "none" else touched
        return np.ones(n, dtype=bool)

    def _as_row(self, i: int, seen: _Seen) -> Row:
        verdicts, hidden = seen.verdicts[i], seen.hidden[i]
        missing: dict[str, list[str]] = {}
        for c, v, h in zip(self.trial.criteria, verdicts, hidden, strict=True):
            if v == UNKNOWN and not h and not c.investigator:
                missing.setdefault(c.phase, []).append(c.missing or c.says)
        n_pass, n_fail, n_unknown = (int(((verdicts == v) & ~hidden).sum()) for v in (PASS, FAIL, UNKNOWN))
        return Row(
            self.ids[i], self.index_dates[i], STATUSES[int(seen.status[i])], n_pass, n_fail, n_unknown, int(hidden.sum()), int((self.review[i] & ~hidden).sum()),
            int(seen.mine[i]), len(self.criteria), tuple(c for c, v in zip(self.criteria, verdicts, strict=True) if v == FAIL),
            tuple((p, tuple(m)) for p, m in missing.items()), seen.reviewers.get(i, ()), bool(seen.disagreement[i]),
        )  # fmt: skip
