"""What leaves a review: decisions, the final candidate list, and gold of the patients that were reviewed whole."""

from __future__ import annotations

import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from critex.annotation import brat
from critex.criteria.judge import status_of
from critex.criteria.trial import Trial
from critex.export.annotation import annotated_documents
from critex.review.decisions import COLUMNS, Decision, finals
from critex.review.folder import PatientTables
from critex.review.workbench import Workbench
from critex.run.store import csv_quoting, write_file
from critex.tables import records

_README = """# Gold from a review

Patients of whom people decided every criterion but the investigator's, on the index date of the run, which `patients.csv` gives; what was decided for other index dates is in `decisions.csv` only. `verdicts.jsonl` holds what the reviewers share or the adjudicator settled; evidence is the
machine's where the verdict was kept, without spans marked wrong and with those added. `mentions.jsonl` is what the machine found, without spans marked wrong and with
added spans that were given a label: reviewers looked at evidence, not at every mention, so it flatters the machine's recall. Offsets are characters (Python str indices).
"""


def decisions_frame(bench: Workbench) -> pd.DataFrame:
    """Every decision, also those taken back (``undone``), oldest first."""
    rows = bench.store.all()
    undone = bench.store.undone()
    frame = pd.DataFrame([asdict(d) for d in rows], columns=COLUMNS)
    frame = frame.astype({"start": "Int64", "end": "Int64", "undoes": "Int64", "seen_confidence": "float64", "hidden": "bool"})  # fmt: skip
    frame["undone"] = [d.id in undone for d in rows]
    return frame


def final_candidates(bench: Workbench) -> pd.DataFrame:
    """The candidate list with people's verdicts in place of the machine's.

    Returns
    -------
    DataFrame
        One row a trial and patient: ``status`` from the final verdicts, ``machine_status``, counts, what failed and what is unknown, how many criteria people
        decided (``n_reviewed``), ``changed`` (criteria where people differ from the machine), ``disagreement`` (still open), ``reviewers``, and ``complete``.
    """
    rows = [row for trial in bench.folder.trials for row in _final_rows(bench, trial)]
    columns = [
        "trial", "patient_id", "index_date", "status", "machine_status", "n_pass", "n_fail", "n_unknown", "failed", "unknown", "n_reviewed", "n_criteria", "complete",
        "changed", "disagreement", "reviewers",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _final_rows(bench: Workbench, trial: Trial) -> Iterator[tuple[Any, ...]]:
    work = bench.lists[trial.trial]
    listed = bench.folder.candidates
    listed = listed[listed["trial"] == trial.trial]
    status = dict(zip(listed["patient_id"], listed["status"], strict=True))
    words = ("pass", "fail", "unknown")
    bench.store.refresh()
    for i, patient_id in enumerate(work.ids):
        machine = {c: words[v] for c, v in zip(work.criteria, work.verdicts[i], strict=True)}
        final = finals(bench.counting(trial, patient_id))
        verdict = {c: final[c].verdict if c in final and final[c].verdict else machine[c] for c in work.criteria}
        by = {v: [c for c in work.criteria if verdict[c] == v] for v in words}
        settled = [c for c in final if final[c].verdict]
        people = sorted({r for f in final.values() for r in f.by})
        yield (
            trial.trial, patient_id, work.index_dates[i], status_of(trial, verdict), status[patient_id], *(len(by[v]) for v in words),
            " ".join(by["fail"]), " ".join(by["unknown"]), len(settled), len(work.criteria), whole(trial, settled),
            " ".join(c for c in work.criteria if verdict[c] != machine[c]), " ".join(sorted(c for c in final if not final[c].verdict)), " ".join(people),
        )  # fmt: skip


def whole(trial: Trial, settled: list[str]) -> bool:
    """Whether people decided every criterion but the investigator's."""
    return {c.id for c in trial.criteria if not c.investigator} <= set(settled)


def write_gold(bench: Workbench, trial: Trial, target: Path) -> int:
    """Write gold in the guideline's format, which ``critex evaluate`` reads; returns the number of patients."""
    target.mkdir(parents=True, exist_ok=True)
    verdicts: list[dict[str, Any]] = []
    mentions: list[dict[str, Any]] = []
    notes: list[pd.DataFrame] = []
    patients: list[tuple[str, str]] = []
    for patient_id in sorted(bench.store.patients(trial.trial)):
        standing = bench.counting(trial, patient_id)
        final = {c: f.verdict for c, f in finals(standing).items() if f.verdict}
        if not whole(trial, list(final)):
            continue
        rows = bench.folder.patient(trial.trial, patient_id)
        verdicts.extend(_gold_verdicts(trial, rows, standing, final))
        mentions.extend(gold_mentions(rows, standing))
        notes.append(rows.notes[["note_id", "patient_id", "note_date", "note_type", "text"]])
        patients.append((patient_id, str(rows.candidate["index_date"])))
    columns = ["note_id", "patient_id", "note_date", "note_type", "text"]
    all_notes = pd.concat(notes, ignore_index=True) if notes else pd.DataFrame(columns=columns)
    enrolled = pd.DataFrame(patients, columns=["patient_id", "index_date"])
    _write_lines(target / "verdicts.jsonl", verdicts)
    _write_lines(target / "mentions.jsonl", mentions)
    write_file(
        target / "notes.csv",
        lambda p: all_notes.to_csv(p, index=False, lineterminator="\n", quoting=csv_quoting(all_notes)),
    )
    write_file(target / "patients.csv", lambda p: enrolled.to_csv(p, index=False, lineterminator="\n"))
    write_file(target / "README.md", lambda p: p.write_text(_README, encoding="utf-8"))
    return len(patients)


def _write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    body = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows)
    write_file(path, lambda p: p.write_bytes(body.encode("utf-8")))


def _gold_verdicts(
    trial: Trial, rows: PatientTables, standing: list[Decision], final: dict[str, str]
) -> Iterator[dict[str, Any]]:
    machine = dict(zip(rows.verdicts["criterion"], rows.verdicts["verdict"], strict=True))
    for c in trial.criteria:
        if c.id not in final:
            continue
        mine = [d for d in standing if d.criterion == c.id]
        wrong = {(d.note_id, d.start, d.end) for d in mine if d.action == "wrong_span"}
        spans: dict[tuple[str, int, int], str] = {}
        if machine.get(c.id) == final[c.id]:
            found = rows.evidence[(rows.evidence["criterion"] == c.id) & (rows.evidence["role"] == "supports")]
            for e in records(found):
                spans[(e["note_id"], int(e["start"]), int(e["end"]))] = e["text"]
        for d in mine:
            if d.action == "missed_evidence" and d.role == "supports" and d.start is not None and d.end is not None:
                spans[(d.note_id, d.start, d.end)] = d.text
        yield {
            "patient_id": rows.patient_id,
            "criterion": c.id,
            "verdict": final[c.id],
            "evidence": [
                {"note_id": n, "start": s, "end": e, "text": t} for (n, s, e), t in sorted(spans.items()) if (n, s, e) not in wrong
            ],
            "why": "; ".join(dict.fromkeys(d.comment for d in mine if d.comment)),
        }  # fmt: skip


def gold_mentions(rows: PatientTables, standing: list[Decision]) -> list[dict[str, Any]]:
    """Mentions of a patient as reviewers left them, with the columns of the guideline's format."""
    wrong = {(d.note_id, d.start, d.end) for d in standing if d.action == "wrong_span"}
    keep = ["note_id", "patient_id", "start", "end", "text", "label", "value", "number", "unit", "canonical", "result", "assertion", "temporality"]  # fmt: skip
    out = []
    for m in records(rows.mentions[keep]):
        place = (m["note_id"], int(m["start"]), int(m["end"]))
        if place not in wrong:
            row = {str(k): None if v is None or v != v or v == "" else v for k, v in m.items()}
            out.append(row | {"start": place[1], "end": place[2]})
    for d in standing:
        if d.action == "missed_evidence" and d.label:
            out.append(
                dict.fromkeys(keep) | {
                    "note_id": d.note_id, "patient_id": d.patient_id, "start": d.start, "end": d.end, "text": d.text, "label": d.label, "value": d.value or None,
                    "assertion": d.assertion or "present", "temporality": "current",
                }
            )  # fmt: skip
    return sorted(out, key=lambda m: (m["note_id"], m["start"], m["end"], m["label"]))


def write_reviewed_brat(bench: Workbench, trial: Trial, target: Path) -> int:
    """Write brat files of every patient about whom anything was decided; returns the number of notes."""

    def notes() -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
        for patient_id in sorted(bench.store.patients(trial.trial)):
            rows = bench.folder.patient(trial.trial, patient_id)
            by_note: dict[str, list[dict[str, Any]]] = defaultdict(list)
            for m in gold_mentions(rows, bench.store.standing(trial.trial, patient_id)):
                by_note[m["note_id"]].append(m)
            for note in records(rows.notes):
                yield {str(k): v for k, v in note.items()}, by_note[str(note["note_id"])]

    return brat.write_documents(annotated_documents(notes()), target)[0]


def zipped(write: Any) -> bytes:
    """The files that ``write(folder)`` makes, as a ZIP archive."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write(folder)
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(folder).as_posix())
        return held.getvalue()


def export_all(bench: Workbench, target: Path) -> dict[str, int]:
    """Write everything that leaves a review into a folder.

    Returns
    -------
    dict of str to int
        Decisions, patients of the candidate list, patients that became gold, and notes for brat.
    """
    target.mkdir(parents=True, exist_ok=True)
    decisions, candidates = decisions_frame(bench), final_candidates(bench)
    write_file(
        target / "decisions.csv",
        lambda p: decisions.to_csv(p, index=False, lineterminator="\n", quoting=csv_quoting(decisions)),
    )
    write_file(target / "decisions.parquet", lambda p: decisions.to_parquet(p, index=False))
    write_file(target / "candidates.csv", lambda p: candidates.to_csv(p, index=False, lineterminator="\n"))
    several = len(bench.folder.trials) > 1
    gold = notes = 0
    for trial in bench.folder.trials:
        place = target / trial.trial if several else target
        gold += write_gold(bench, trial, place / "gold")
        notes += write_reviewed_brat(bench, trial, place / "brat")
    return {
        "decisions": len(decisions),
        "patients listed": len(candidates),
        "patients as gold": gold,
        "notes for brat": notes,
    }
