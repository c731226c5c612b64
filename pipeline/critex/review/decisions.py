"""What reviewers decided: an append-only table in ``DIR/review.sqlite``, and what currently stands."""

from __future__ import annotations

import threading
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    insert,
    inspect,
    select,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError

FILE = "review.sqlite"
Action = Literal["accept", "correct", "wrong_span", "missed_evidence", "comment", "undo", "adjudicate"]
ACTIONS: tuple[str, ...] = ("accept", "correct", "wrong_span", "missed_evidence", "comment", "undo", "adjudicate")
JUDGING = ("accept", "correct")
"""Actions that give a reviewer's own verdict."""
NO_DATE = "none"

_METADATA = MetaData()
_TABLE = Table(
    "decisions",
    _METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("act", String, nullable=False, unique=True),
    Column("at", String, nullable=False),
    Column("reviewer", String, nullable=False),
    Column("trial", String, nullable=False),
    Column("patient_id", String, nullable=False),
    Column("criterion", String, nullable=False),
    Column("action", String, nullable=False),
    Column("verdict", String, nullable=False, default=""),
    Column("comment", String, nullable=False, default=""),
    Column("note_id", String, nullable=False, default=""),
    Column("start", Integer),
    Column("end", Integer),
    Column("text", String, nullable=False, default=""),
    Column("role", String, nullable=False, default=""),
    Column("label", String, nullable=False, default=""),
    Column("value", String, nullable=False, default=""),
    Column("assertion", String, nullable=False, default=""),
    Column("seen_verdict", String, nullable=False, default=""),
    Column("seen_confidence", Float),
    Column("seen_hash", String, nullable=False, default=""),
    Column("hidden", Boolean, nullable=False, default=False),
    Column("index_date", String, nullable=False, default=""),
    Column("run_index_date", String, nullable=False, default="", server_default=""),
    Column("undoes", Integer, unique=True),
    sqlite_autoincrement=True,
)
_APPEND_ONLY = (
    "CREATE TRIGGER IF NOT EXISTS decisions_never_change BEFORE UPDATE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS decisions_never_go BEFORE DELETE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END",
)


@dataclass(frozen=True, slots=True)
class Decision:
    """One act of one reviewer."""

    reviewer: str
    trial: str
    patient_id: str
    criterion: str
    action: str
    verdict: str = ""
    """The verdict that the reviewer holds right."""
    comment: str = ""
    note_id: str = ""
    start: int | None = None
    end: int | None = None
    text: str = ""
    role: str = ""
    """``supports`` or ``contradicts``, of evidence that the reviewer added."""
    label: str = ""
    value: str = ""
    assertion: str = ""
    seen_verdict: str = ""
    """The machine's verdict at the time, also where it was hidden."""
    seen_confidence: float | None = None
    seen_hash: str = ""
    """Hash of verdict, reason, evidence, mentions, patterns, trial and index date as they were."""
    hidden: bool = False
    """Whether the machine's verdict was hidden until the reviewer had chosen."""
    index_date: str = ""
    """The day that look-back windows were counted from."""
    run_index_date: str = ""
    """Index date of the run at the time, :data:`NO_DATE` where it had none; empty in decisions of earlier versions, which were all made on it."""
    undoes: int | None = None
    act: str = ""
    """Name that the page gave to the act, so that one sent twice is stored once."""
    at: str = ""
    """UTC, ISO 8601."""
    id: int = 0

    @property
    def other_date(self) -> str:
        """Index date that it was made for, where that was not the run's own; else empty."""
        return self.index_date if self.run_index_date not in ("", self.index_date) else ""


COLUMNS = ["id", "at", *(f.name for f in fields(Decision) if f.name not in ("id", "at", "act")), "act"]
"""Columns of the exported table, in order."""


class DecisionStore:
    """The file of decisions; several reviewers and several servers may write to it at once.

    Parameters
    ----------
    path : Path
        SQLite file, made where it does not exist. A decision is on disk before :meth:`add` returns (WAL, ``synchronous=FULL``).
    """

    def __init__(self, path: Path) -> None:
        self.engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": 30})

        @event.listens_for(self.engine, "connect")
        def _settings(connection: Any, _record: Any) -> None:
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.close()

        _METADATA.create_all(self.engine)
        with self.engine.begin() as connection:
            if "run_index_date" not in {c["name"] for c in inspect(connection).get_columns("decisions")}:
                connection.exec_driver_sql("ALTER TABLE decisions ADD COLUMN run_index_date VARCHAR NOT NULL DEFAULT ''")  # fmt: skip
            for statement in _APPEND_ONLY:
                connection.exec_driver_sql(statement)
        path.chmod(0o640)
        self._lock = threading.Lock()
        self._last = 0
        self._by_patient: dict[tuple[str, str], list[Decision]] = defaultdict(list)
        self._undone: set[int] = set()
        self._acts: set[str] = set()

    def add(self, decision: Decision) -> None:
        """Append one decision; the same act sent again, or an undo of what is undone, changes nothing."""
        row = asdict(decision)
        del row["id"]
        row["act"] = decision.act or uuid.uuid4().hex
        row["at"] = datetime.now(UTC).isoformat(timespec="milliseconds")
        try:
            with self.engine.begin() as connection:
                connection.execute(insert(_TABLE).values(**row))
        except IntegrityError:
            self.refresh()
            if row["act"] not in self._acts and decision.undoes not in self._undone:
                raise
        self.refresh()

    def refresh(self) -> int:
        """Read what was added since, by whomever; returns the number of the last decision."""
        with self._lock:
            with self.engine.connect() as connection:
                rows = connection.execute(select(_TABLE).where(_TABLE.c.id > self._last).order_by(_TABLE.c.id)).all()
            for row in rows:
                found = Decision(**row._mapping)
                self._by_patient[(found.trial, found.patient_id)].append(found)
                self._acts.add(found.act)
                if found.undoes is not None:
                    self._undone.add(found.undoes)
                self._last = found.id
            return self._last

    def undone(self) -> frozenset[int]:
        """Numbers of the decisions that were taken back."""
        with self._lock:
            return frozenset(self._undone)

    def all(self) -> list[Decision]:
        """Every decision ever made, undone ones and the undoing too, in order."""
        self.refresh()
        with self._lock:
            return sorted((d for ds in self._by_patient.values() for d in ds), key=lambda d: d.id)

    def standing(self, trial: str, patient_id: str) -> list[Decision]:
        """Decisions about one patient that were not undone, in order."""
        with self._lock:
            mine = self._by_patient.get((trial, patient_id), [])
            return [d for d in mine if d.action != "undo" and d.id not in self._undone]

    def chosen(self, reviewer: str, trial: str, patient_id: str) -> frozenset[tuple[str, str]]:
        """Criteria on which a reviewer ever chose, each with the index date where it was not the run's own."""
        with self._lock:
            mine = self._by_patient.get((trial, patient_id), [])
            return frozenset(
                (d.criterion, d.other_date) for d in mine if d.reviewer == reviewer and d.action in JUDGING
            )

    def revealed(self, reviewer: str, trial: str, patient_id: str) -> frozenset[str]:
        """Criteria on which a reviewer ever chose, also where it was undone: what was shown then cannot be unseen."""
        return frozenset(c for c, _ in self.chosen(reviewer, trial, patient_id))

    def patients(self, trial: str) -> list[str]:
        """Patients about whom anything was decided."""
        with self._lock:
            return [p for t, p in self._by_patient if t == trial]

    def last_of(self, reviewer: str, trial: str, patient_id: str) -> Decision | None:
        """What an undo of this reviewer would take back."""
        mine = [d for d in self.standing(trial, patient_id) if d.reviewer == reviewer]
        return mine[-1] if mine else None

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def on_index_date(decisions: Iterable[Decision], index_date: str, run_index_date: str) -> list[Decision]:
    """Decisions that count on an index date, in order.

    What is said of the text (wrong spans, missed evidence, comments) counts on every day. A verdict counts on the day that it was given for;
    one that was given on the run's own index date goes with the run where that has moved since, as the page then says what has changed.

    Parameters
    ----------
    decisions : iterable of Decision
        Of one patient.
    index_date, run_index_date : str
        The day in question, and the run's own for this patient; ISO dates or empty.
    """
    return [
        d
        for d in decisions
        if d.action not in (*JUDGING, "adjudicate")
        or d.index_date == index_date
        or (index_date == run_index_date and not d.other_date)
    ]


def verdicts_of(decisions: Iterable[Decision]) -> dict[str, dict[str, Decision]]:
    """Criterion to reviewer to the decision that gives this reviewer's verdict now."""
    out: dict[str, dict[str, Decision]] = defaultdict(dict)
    for d in decisions:
        if d.action in JUDGING:
            out[d.criterion][d.reviewer] = d
    return dict(out)


def adjudicated(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """Criterion to the adjudicator's decision."""
    return {d.criterion: d for d in decisions if d.action == "adjudicate"}


@dataclass(frozen=True, slots=True)
class Final:
    """What people hold of one criterion of one patient."""

    verdict: str
    """Empty where reviewers disagree and nobody has adjudicated."""
    by: tuple[str, ...]
    adjudicated: bool = False

    @property
    def disagreement(self) -> bool:
        """Whether reviewers differ and it is still open."""
        return not self.verdict


def finals(decisions: Iterable[Decision]) -> dict[str, Final]:
    """Final human verdict of every criterion that anybody decided: the adjudicator's, else the one that all reviewers share."""
    decisions = list(decisions)
    settled = adjudicated(decisions)
    out = {}
    for criterion, by in verdicts_of(decisions).items():
        said = {d.verdict for d in by.values()}
        out[criterion] = Final(said.pop() if len(said) == 1 else "", tuple(sorted(by)))
    for criterion, d in settled.items():
        reviewers = out[criterion].by if criterion in out else ()
        out[criterion] = Final(d.verdict, tuple(sorted({*reviewers, d.reviewer})), True)
    return out
