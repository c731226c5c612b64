"""One review: the folder, the decisions, the work lists and the rules that hold for its reviewers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from critex.criteria.trial import Trial
from critex.errors import CritexError
from critex.review.decisions import FILE, NO_DATE, Decision, DecisionStore, on_index_date
from critex.review.folder import PatientTables, ReviewFolder
from critex.review.patient_view import PatientView, patient_view, seen_hashes
from critex.review.worklist import WorkList


class Refused(Exception):
    """An act that cannot be stored; the message is for the reviewer and holds no text of a note."""


class Act(BaseModel):
    """What the page sends when a reviewer decides."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    act: str = Field(min_length=8, max_length=64)
    trial: str
    patient: str
    criterion: str = ""
    action: Literal["accept", "correct", "wrong_span", "missed_evidence", "comment", "undo", "adjudicate"]
    verdict: Literal["", "pass", "fail", "unknown"] = ""
    comment: str = Field("", max_length=4000)
    note_id: str = ""
    start: int | None = Field(None, ge=0)
    end: int | None = Field(None, ge=0)
    text: str = Field("", max_length=8000)
    role: Literal["", "supports", "contradicts"] = ""
    label: str = Field("", max_length=40)
    value: str = Field("", max_length=200)
    assertion: Literal["", "present", "absent", "possible", "hypothetical", "family"] = ""
    index_date: date | None = None
    """Another index date than the run's, that the reviewer judges on."""


@dataclass(frozen=True)
class Rules:
    """How a review is done."""

    hide_share: float = 0.0
    """Share of verdicts hidden until the reviewer has chosen."""
    blind: bool = False
    """Whether others' decisions are hidden until the reviewer has decided the same criterion."""
    adjudicators: tuple[str, ...] = ()
    """Who settles disagreements; everybody where nobody is named and the review is not blind."""


class Workbench:
    """Everything behind the page.

    Parameters
    ----------
    folder : Path
        A folder that ``critex run`` wrote.
    rules : Rules
    trial_files : sequence of str
        Definitions of trials that are not shipped.

    Raises
    ------
    CritexError
        If the folder cannot be reviewed.
    """

    def __init__(self, folder: Path, rules: Rules | None = None, trial_files: Sequence[str] = ()) -> None:
        self.rules = rules or Rules()
        if not 0 <= self.rules.hide_share <= 1:
            raise CritexError(f"--hide-share {self.rules.hide_share:g}: write a share from 0 to 1, such as 0.2.")
        self.folder = ReviewFolder(folder, tuple(trial_files))
        self.store = DecisionStore(self.folder.out / FILE)
        self.lists = {t.trial: WorkList(self.folder, t, self.rules.hide_share) for t in self.folder.trials}

    def trial(self, name: str | None) -> Trial:
        """The trial of an id, the first where none is named; KeyError where there is no such trial."""
        return self.folder.trial(name)

    def blind_to(self, reviewer: str) -> bool:
        """Whether others' decisions are hidden from a reviewer."""
        return self.rules.blind and reviewer not in self.rules.adjudicators

    def may_adjudicate(self, reviewer: str) -> bool:
        """Whether a reviewer settles disagreements."""
        return reviewer in self.rules.adjudicators if self.rules.adjudicators else not self.rules.blind

    def patient(self, trial: Trial, patient_id: str, reviewer: str, index_date: date | None = None) -> PatientView:
        """The page of a patient as a reviewer may see it now; KeyError where there is no such patient."""
        rows = self.folder.patient(trial.trial, patient_id)
        self.store.refresh()
        return patient_view(
            self.folder,
            trial,
            rows,
            self.store.standing(trial.trial, patient_id),
            reviewer,
            self.lists[trial.trial].hidden_criteria(reviewer, patient_id),
            self.store.chosen(reviewer, trial.trial, patient_id),
            blind=self.blind_to(reviewer),
            index_date=index_date,
        )

    def counting(self, trial: Trial, patient_id: str) -> list[Decision]:
        """Decisions about a patient that stand and count on the run's index date, in order."""
        own = self.folder.index_date(trial.trial, patient_id)
        return on_index_date(self.store.standing(trial.trial, patient_id), own, own)

    def all_counting(self, trial: Trial) -> list[Decision]:
        """All decisions of one trial that stand and count on the run's index dates, in order."""
        self.store.refresh()
        found = [d for p in self.store.patients(trial.trial) for d in self.counting(trial, p)]
        return sorted(found, key=lambda d: d.id)

    def n_elsewhere(self, trial: Trial) -> int:
        """Verdicts that stand and were given for other index dates than the run's."""
        patients = self.store.patients(trial.trial)
        return sum(len(self.store.standing(trial.trial, p)) - len(self.counting(trial, p)) for p in patients)

    def machine_spans(self, trial: Trial) -> dict[tuple[str, str], set[tuple[str, int, int]]]:
        """Spans of the machine's evidence of the patients about whom anything was decided, by patient and criterion."""
        out: dict[tuple[str, str], set[tuple[str, int, int]]] = defaultdict(set)
        rows = self.folder.evidence_of(trial.trial, self.store.patients(trial.trial))
        places = zip(rows["patient_id"], rows["criterion"], rows["note_id"], rows["start"], rows["end"], strict=True)
        for patient_id, criterion, note_id, start, end in places:
            out[(patient_id, criterion)].add((note_id, int(start), int(end)))
        return dict(out)

    def decide(self, act: Act, reviewer: str) -> Decision:
        """Store what a reviewer did, with what they saw.

        Raises
        ------
        Refused
            If it is about nothing that is there, or not this reviewer's to do.
        """
        try:
            trial = self.trial(act.trial)
            rows = self.folder.patient(trial.trial, act.patient)
        except KeyError:
            raise Refused("There is no such patient in this run.") from None
        if act.action == "undo":
            return self._undo(act, reviewer)
        own_date = str(rows.candidate["index_date"])
        if act.index_date is not None and act.index_date.isoformat() != own_date:
            rows = self.folder.on_index_date(trial, rows, act.index_date)
        verdict_rows = rows.verdicts[rows.verdicts["criterion"] == act.criterion]
        if verdict_rows.empty:
            raise Refused("There is no such criterion.")
        seen = verdict_rows.iloc[0]
        self.store.refresh()
        chosen = act.criterion in self.store.revealed(reviewer, trial.trial, act.patient)
        drawn = act.criterion in self.lists[trial.trial].hidden_criteria(reviewer, act.patient)
        hidden = drawn and not chosen
        self._check(act, rows, hidden, reviewer)
        machine = str(seen["verdict"])
        verdict: str = act.verdict
        action: str = act.action
        if action in ("accept", "correct"):
            verdict = machine if action == "accept" else verdict
            action = "accept" if verdict == machine else "correct"
        decision = Decision(
            reviewer, trial.trial, act.patient, act.criterion, action, verdict, act.comment.strip(), act.note_id, act.start, act.end, act.text,
            act.role, act.label, act.value.strip(), act.assertion, machine, float(seen["confidence"]),
            seen_hashes(self.folder, trial, rows)[act.criterion], hidden, str(rows.candidate["index_date"]), own_date or NO_DATE, None, act.act,
        )  # fmt: skip
        self.store.add(decision)
        return decision

    def _undo(self, act: Act, reviewer: str) -> Decision:
        self.store.refresh()
        last = self.store.last_of(reviewer, act.trial, act.patient)
        if last is None:
            raise Refused("There is nothing of yours to undo here.")
        decision = Decision(
            reviewer, act.trial, act.patient, last.criterion, "undo", undoes=last.id, act=act.act, comment=last.action
        )
        self.store.add(decision)
        return decision

    def _check(self, act: Act, rows: PatientTables, hidden: bool, reviewer: str) -> None:
        if act.action == "accept" and hidden:
            raise Refused("The verdict is hidden: choose pass, fail or unknown.")
        if act.action in ("correct", "adjudicate") and not act.verdict:
            raise Refused("Choose pass, fail or unknown.")
        if act.action == "adjudicate" and not self.may_adjudicate(reviewer):
            raise Refused("Only the adjudicator settles disagreements.")
        if act.action == "comment" and not act.comment.strip():
            raise Refused("Write a comment first.")
        if act.action in ("wrong_span", "missed_evidence"):
            note = rows.notes[rows.notes["note_id"] == act.note_id]
            if note.empty or act.start is None or act.end is None or act.start >= act.end:
                raise Refused("Select the words in a note first.")
            if str(note.iloc[0]["text"])[act.start : act.end] != act.text:
                raise Refused("The selected words are not what stands in the note. Select them again.")
            if act.action == "missed_evidence" and not act.role:
                raise Refused("Say whether the words speak for or against the criterion.")
