"""Many patients at once, and other days: calendar, cohort, packet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from critex.cli.app import app, console
from critex.cli.options import RunFolder, day_option, existing, worker_count
from critex.errors import CritexError

if TYPE_CHECKING:
    from critex.cohort.calendar_tables import Reminder

TrialOption = Annotated[
    list[str] | None,
    typer.Option("--trial", "-t", help="Id of a shipped trial, or a file; repeatable.  [default: those of the run]"),
]


@app.command()
def calendar(
    folder: RunFolder,
    trial: TrialOption = None,
    first: Annotated[
        str | None,
        typer.Option("--from", help="First index date to look at.  [default: 90 days before each patient's own]"),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", help="Last index date to look at.  [default: 365 days after each patient's own]"),
    ] = None,
    patient: Annotated[list[str] | None, typer.Option("--patient", "-p", help="Only this patient; repeatable.")] = None,
    ics: Annotated[
        Path | None, typer.Option("--ics", help="Also write reminders for a calendar program to this file.")
    ] = None,
    rows: Annotated[int, typer.Option("--rows", help="Patients to print; the tables have all.")] = 40,
    workers: Annotated[str, typer.Option("--workers", "-w", help="Number of processes, or auto.")] = "auto",
) -> None:
    """Say from which to which index date each verdict holds, and which value runs out first; no note is read again."""
    from critex.cohort.calendar_tables import calendars, icalendar_of, write_calendars
    from critex.cohort.patients import trials_of
    from critex.run.job import form_of
    from critex.run.store import write_file

    existing(folder, "folder")
    begin, end = day_option(first, "--from"), day_option(last, "--to")
    if begin and end and end < begin:
        raise CritexError(f"--to {last}: before --from {first}. Name a later day.")
    parts = calendars(folder, trials_of(folder, trial), begin, end, patient, worker_count(workers))
    events: list[Reminder] = []
    stretches, patients, without, printed, more = 0, 0, 0, 0, 0
    for part in write_calendars(folder, parts, form_of(folder)):
        events.extend(part.events if ics is not None else ())
        stretches += len(part.criteria)
        patients += int(part.status["patient_id"].nunique())
        without += part.without_date
        now = part.status[part.status["at_index"] & (part.status["status"] != "ineligible")]
        for row in now.head(max(rows - printed, 0)).to_dict("records"):
            console.print(_qualifies(row), highlight=False, soft_wrap=True)
        more += max(len(now) - max(rows - printed, 0), 0)
        printed += len(now)
    if more:
        console.print(f"and {more:,} more patients, in the table calendar_status", highlight=False)
    if ics is not None:
        content = icalendar_of(events)
        write_file(ics, lambda p: p.write_bytes(content))
        console.print(f"{len(events):,} reminders written to {escape(str(ics))}", highlight=False)
    if without:
        console.print(
            f"note: {without:,} patients have no index date, or none of the days; name days with --from and --to."
        )
    console.print(f"{stretches:,} stretches of {patients:,} patients written to {escape(str(folder))}", highlight=False)


def _qualifies(row: dict[Any, Any]) -> str:
    """One line about the status on a patient's index date."""
    said = "possible"
    if row["status"] == "candidate":
        until = "beyond the calendar's last day" if row["open_end"] else f"until {row['valid_to']}"
        said = f"candidate for index dates from {row['valid_from']} {until}"
    out = f"; first to run out: {row['first_out']} after {row['first_out_date']}" if row["first_out"] else ""
    return escape(f"{row['patient_id']}: {said}{out}")


@app.command()
def cohort(
    folder: RunFolder,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The page to write.  [default: FOLDER/cohort.html]")
    ] = None,
    trial: TrialOption = None,
) -> None:
    """Write a page about all patients: who is removed by what, what to ask for next, values against limits, contradictions."""
    from critex.cohort.page import write_cohort
    from critex.cohort.patients import trials_of

    existing(folder, "folder")
    path = out or folder / "cohort.html"
    views = write_cohort(path, folder, trials_of(folder, trial))
    for view in views:
        statuses = ", ".join(f"{n:,} {s}" for s, n in view.status.items())
        console.print(f"{escape(view.trial.trial)}: {view.patients:,} patients, {statuses}", highlight=False)
        for ask in view.asks[:5]:
            console.print(
                f"  ask {ask.standing:,} for: {escape(ask.fact)} (decides {ask.decides:,}, with those above {ask.together:,})",
                highlight=False,
                soft_wrap=True,
            )
    console.print(f"written to {escape(str(path))}", highlight=False)


@app.command()
def packet(
    folder: RunFolder,
    patient: Annotated[str, typer.Argument(help="Identifier of the patient.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The HTML file to write.")],
    trial: Annotated[
        str | None,
        typer.Option("--trial", "-t", help="Id of a shipped trial, or a file.  [default: the run's only one]"),
    ] = None,
    without_notes: Annotated[
        bool,
        typer.Option("--without-notes", help="Leave out whole notes; quoted evidence stays. This is no redaction."),
    ] = False,
) -> None:
    """Write the evidence packet of one patient: verdicts, evidence, notes, decisions, and the hashes of all that it rests on."""
    from critex.cohort.packet import packet_of, write_packet
    from critex.cohort.patients import trials_of
    from critex.criteria.trial import trial_path

    existing(folder, "folder")
    trials = trials_of(folder, [trial] if trial else None)
    if len(trials) != 1:
        known = ", ".join(t.trial for t in trials)
        raise CritexError(f"{folder}: judged by {len(trials)} trials ({known}). Name one with --trial.")
    found = packet_of(folder, trials[0], patient, trial_path(trial) if trial else None)
    write_packet(out, found, with_notes=not without_notes)
    for words in found.warnings:
        console.print(f"note: {words}", highlight=False)
    decided = sum(len(d) for d in found.decisions.values())
    console.print(
        f"{escape(patient)}: {len(found.patient.criteria):,} criteria, {len(found.notes):,} notes, {decided:,} decisions written to {escape(str(out))}",
        highlight=False,
        soft_wrap=True,
    )
