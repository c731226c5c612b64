"""The evidence packet of one patient: a self-contained page for the file, with the hashes of all that it rests on."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from critex import __version__
from critex.cohort.calendar import DAYS_AFTER, DAYS_BEFORE, PatientCalendar, calendar_of
from critex.cohort.decided import decisions_of
from critex.cohort.labseries import LabSeries, lab_limits, lab_series
from critex.cohort.patients import Enrolled, patients_of, rows_of, run_record
from critex.cohort.view import AROUND, Excerpt
from critex.criteria.trial import Trial, trial_path
from critex.errors import CritexError
from critex.report.page import asset, environment
from critex.report.view import PatientView, patient_views
from critex.review.decisions import Decision, Final, finals, on_index_date
from critex.run.store import write_file
from critex.run.versions import patterns_digest
from critex.tables import records


@dataclass(frozen=True)
class HashedNote:
    """A note with the hash of its text."""

    number: int
    note_id: str
    note_date: str
    note_type: str
    source: str
    characters: int
    sha256: str
    """Of the text in UTF-8, as it stands in the table ``notes``."""


@dataclass(frozen=True)
class Packet:
    """Everything that a packet shows."""

    trial: Trial
    patient: PatientView
    evidence: dict[str, list[tuple[int, Excerpt]]]
    """Criterion to its evidence, each with the number of its note."""
    decisions: dict[str, list[Decision]]
    final: dict[str, Final]
    notes: list[HashedNote]
    labs: list[LabSeries]
    calendar: PatientCalendar | None
    index_date: date | None
    index_is_proxy: bool
    run: dict[str, Any]
    trial_sha256: str
    """Of the file of the trial on this machine, whole."""
    warnings: list[str]
    """Where this machine's patterns or trial are not those of the run."""

    @property
    def run_trial_hash(self) -> str:
        """Beginning of the hash of the trial file that the run used; empty where the run does not say."""
        known = self.run.get("trials", {}).get(self.trial.trial, {})
        return str(known.get("hash", "")) if isinstance(known, dict) else ""


def packet_of(folder: Path, trial: Trial, patient_id: str, trial_file: Path | None = None) -> Packet:
    """Packet of one patient by one trial.

    Parameters
    ----------
    folder : Path
        A folder that ``critex run`` wrote.
    trial : Trial
    patient_id : str
    trial_file : Path, optional
        File of the trial, where it is not a shipped one.

    Raises
    ------
    CritexError
        If the folder holds no run, no such patient, or no verdicts of this trial.
    """
    enrolled = next(iter(patients_of(folder, [patient_id])))
    rows = {n: rows_of(n, folder, patient_id) for n in ("notes", "mentions", "verdicts", "evidence", "candidates")}
    if not (rows["candidates"]["trial"] == trial.trial).any():
        raise CritexError(f"{folder}: not judged by {trial.trial}. Run `critex screen {folder} --trial {trial.trial}`.")
    mine = rows["candidates"][rows["candidates"]["trial"] == trial.trial]
    (view,) = patient_views(trial, mine, rows["notes"], rows["mentions"], rows["verdicts"], rows["evidence"])
    notes = _hashed(rows["notes"])
    decided = decisions_of(folder, trial.trial, patient_id)
    by_criterion: dict[str, list[Decision]] = defaultdict(list)
    for d in decided:
        by_criterion[d.criterion].append(d)
    run = run_record(folder)
    own_date = enrolled.enrolment.index_date.isoformat() if enrolled.enrolment.index_date else ""
    return Packet(
        trial,
        view,
        _evidence(rows["evidence"][rows["evidence"]["trial"] == trial.trial], rows["notes"], notes),
        dict(by_criterion),
        finals(on_index_date(decided, own_date, own_date)),
        notes,
        lab_series(enrolled.patient, lab_limits(trial)),
        _calendar(trial, enrolled),
        enrolled.enrolment.index_date,
        enrolled.enrolment.index_is_proxy,
        run,
        hashlib.sha256((trial_file or trial_path(trial.trial)).read_bytes()).hexdigest(),
        _warnings(run, trial),
    )


def _hashed(notes: pd.DataFrame) -> list[HashedNote]:
    ordered = notes.sort_values(["note_date", "note_id"], kind="stable")
    return [
        HashedNote(
            i, str(r["note_id"]), str(r["note_date"]), str(r["note_type"]), str(r["source"]), len(str(r["text"])),
            hashlib.sha256(str(r["text"]).encode("utf-8", "surrogatepass")).hexdigest(),
        )
        for i, r in enumerate(records(ordered), 1)
    ]  # fmt: skip


def _evidence(
    evidence: pd.DataFrame, notes: pd.DataFrame, hashed: list[HashedNote]
) -> dict[str, list[tuple[int, Excerpt]]]:
    texts = {str(i): str(t) for i, t in zip(notes["note_id"], notes["text"], strict=True)}
    about = {n.note_id: n for n in hashed}
    out: dict[str, list[tuple[int, Excerpt]]] = defaultdict(list)
    for r in records(evidence):
        note, start, end = about[str(r["note_id"])], int(r["start"]), int(r["end"])
        text = texts[note.note_id]
        excerpt = Excerpt(
            note.note_id, note.note_date or "undated", note.note_type, ("…" if start > AROUND else "") + text[max(0, start - AROUND) : start],
            str(r["text"]), text[end : end + AROUND] + ("…" if len(text) > end + AROUND else ""), str(r["role"]),
        )  # fmt: skip
        out[str(r["criterion"])].append((note.number, excerpt))
    return dict(out)


def _calendar(trial: Trial, enrolled: Enrolled) -> PatientCalendar | None:
    index = enrolled.enrolment.index_date
    if index is None:
        return None
    return calendar_of(trial, enrolled.patient, index - timedelta(days=DAYS_BEFORE), index + timedelta(days=DAYS_AFTER))


def _warnings(run: dict[str, Any], trial: Trial) -> list[str]:
    out = []
    known = run.get("trials", {}).get(trial.trial, {})
    if isinstance(known, dict) and known.get("hash") and known["hash"] != trial.digest:
        out.append("The trial file on this machine is not the one that the verdicts were given by; plots and calendar follow the one on this machine.")  # fmt: skip
    if run.get("patterns") and run["patterns"] != patterns_digest():
        out.append("The patterns on this machine are not those of the run.")
    return out


def write_packet(path: Path, packet: Packet, *, with_notes: bool = True) -> None:
    """Write a packet as one HTML file (to a temporary file, then renamed).

    Parameters
    ----------
    path : Path
    packet : Packet
    with_notes : bool
        Whether the notes stand in it whole; without them it still holds the words around each evidence.
    """
    on = packet.calendar.on(packet.index_date) if packet.calendar and packet.index_date else {}
    html = (
        environment()
        .get_template("packet.html")
        .render(
            p=packet,
            stretches=on,
            now=packet.calendar.status_on(packet.index_date) if packet.calendar and packet.index_date else None,
            first_out=packet.calendar.expires_first(packet.index_date) if packet.calendar and packet.index_date else [],
            with_notes=with_notes,
            version=__version__,
            style=asset("page.css") + asset("labs.css") + asset("packet.css"),
        )
    )
    write_file(path, lambda target: target.write_text(html, encoding="utf-8"))
