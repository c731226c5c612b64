"""What the page of one patient shows: criteria with verdicts, evidence and decisions; notes on a time line; notes in pieces."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd
from markupsafe import Markup

from critex.criteria.judge import status_of
from critex.criteria.trial import Criterion, Trial
from critex.report.highlight import Mark, Piece, pieces
from critex.report.view import ICONS, mention_title
from critex.review.beside import lab_plots
from critex.review.decisions import Decision, Final, finals, on_index_date, verdicts_of
from critex.review.folder import PatientTables, ReviewFolder
from critex.run.statements import day
from critex.tables import records

CHUNK_LINES = 40
_SPACE = re.compile(r"\s+")
LABEL_GROUPS = {
    "disease": ("HISTOLOGY", "BIOPSY", "STAGE", "METASTASIS", "LESION", "MEASURABLE", "RESPONSE", "CNS_STATUS"),
    "labs": ("LAB", "BP", "HEPATITIS", "HIV", "TB"),
    "treatment": ("TREATMENT", "SURGERY", "CYCLES", "ANTICOAGULANT", "WOUND"),
    "person": ("AGE", "BIRTH_DATE", "SEX", "ECOG", "KPS", "PREGNANCY", "ALLERGY", "SURVIVAL"),
}
"""Groups of labels that share a highlight; all others are other illness."""
_GROUP = {label: group for group, labels in LABEL_GROUPS.items() for label in labels}


@dataclass(frozen=True)
class Place:
    """A span of a note."""

    note_id: str
    note_date: str
    start: int
    end: int


@dataclass(frozen=True)
class EvidenceView:
    """One span of evidence, with the later notes that hold the same line."""

    role: str
    place: Place
    text: str
    before: str
    after: str
    copies: tuple[Place, ...] = ()
    added_by: str = ""
    wrong_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class CriterionView:
    """One criterion of the patient, as one reviewer may see it."""

    id: str
    kind: str
    phase: str
    says: str
    registry: str
    window: str
    hidden: bool
    verdict: str
    """Empty where it is hidden."""
    reason: str
    needs_review: bool
    review_why: str
    confidence: float
    before: str
    """Verdict on the index date of the run, where another index date changes it."""
    supports: tuple[EvidenceView, ...]
    contradicts: tuple[EvidenceView, ...]
    mine: Decision | None
    others: tuple[Decision, ...]
    final: Final | None
    acts: tuple[Decision, ...]
    """Everything decided about it that this reviewer may see, in order."""
    plots: tuple[Markup, ...]
    """Laboratory values with limits and window."""
    outdated: bool
    """Whether the reviewer decided on another verdict of the machine than the one of today."""

    @property
    def icon(self) -> str:
        """A sign that does not rest on colour."""
        return ICONS.get(self.verdict, "◌")


@dataclass(frozen=True)
class Chunk:
    """Some lines of a note; the browser lays out only those in view."""

    start: int
    n_lines: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class NoteView:
    """One note."""

    id: str
    date: str
    type: str
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True)
class Dot:
    """A note on the time line; ``x`` and ``y`` are in units of a drawing 1000 wide."""

    number: int
    id: str
    date: str
    type: str
    x: float
    y: float


@dataclass(frozen=True)
class TimeLine:
    """The notes on a time line, with ticks and the index date."""

    dots: tuple[Dot, ...]
    ticks: tuple[tuple[float, str], ...]
    index_x: float | None
    height: int


@dataclass(frozen=True)
class PatientView:
    """The whole page of a patient."""

    id: str
    trial: str
    index_date: str
    base_index_date: str
    index_is_proxy: bool
    status: str
    criteria: tuple[CriterionView, ...]
    notes: tuple[NoteView, ...]
    time_line: TimeLine
    labels: tuple[tuple[str, int], ...]
    changes: tuple[CriterionView, ...] = ()

    @property
    def exploring(self) -> bool:
        """Whether another index date than the run's is looked at."""
        return self.index_date != self.base_index_date


def label_group(label: str) -> str:
    """Group of a label, which decides how it is highlighted."""
    return _GROUP.get(label, "illness")


def seen_hashes(folder: ReviewFolder, trial: Trial, rows: PatientTables) -> dict[str, str]:
    """Hash of all that a verdict showed, by criterion: verdict, reason, evidence, mentions, patterns, trial and index date."""
    columns = ["note_id", "start", "end", "label", "value", "assertion", "temporality", "date"]
    mentions = rows.mentions[columns].astype(str).to_json(orient="values", force_ascii=True)
    base = [mentions, str(folder.run.get("patterns", "")), trial.digest, str(rows.candidate["index_date"])]
    spans = defaultdict(list)
    for e in records(rows.evidence):
        spans[e["criterion"]].append([e["note_id"], int(e["start"]), int(e["end"]), e["role"]])
    return {
        v["criterion"]: hashlib.blake2b(
            json.dumps([*base, v["verdict"], v["reason"], spans[v["criterion"]]]).encode(), digest_size=16
        ).hexdigest()
        for v in records(rows.verdicts)
    }


def patient_view(
    folder: ReviewFolder,
    trial: Trial,
    rows: PatientTables,
    decisions: Sequence[Decision],
    reviewer: str,
    hidden: frozenset[str],
    chosen: frozenset[tuple[str, str]] = frozenset(),
    *,
    blind: bool = False,
    index_date: date | None = None,
) -> PatientView:
    """The page of a patient, as one reviewer may see it.

    Parameters
    ----------
    folder : ReviewFolder
    trial : Trial
    rows : PatientTables
    decisions : sequence of Decision
        What stands about this patient.
    reviewer : str
    hidden : frozenset of str
        Criteria whose verdict is hidden from the reviewer until they have chosen.
    chosen : frozenset of (str, str)
        Criteria on which the reviewer has chosen before, with the index date where it was not the run's own.
    blind : bool
        Whether others' decisions stay hidden until the reviewer has decided the same criterion.
    index_date : date, optional
        Another index date to judge on.
    """
    enrolment = folder.enrolment(rows)
    base_date = str(rows.candidate["index_date"])
    before: dict[str, str] = {}
    if index_date is not None and index_date.isoformat() != base_date:
        before = dict(zip(rows.verdicts["criterion"], rows.verdicts["verdict"], strict=True))
        rows = folder.on_index_date(trial, rows, index_date)
    verdicts, evidence = rows.verdicts, rows.evidence
    shown_date = str(rows.candidate["index_date"])
    veiled = hidden - {c for c, _ in chosen}
    evidence = evidence[~evidence["criterion"].isin(veiled)]
    by_criterion = {str(v["criterion"]): v for v in records(verdicts)}
    texts = {str(n["note_id"]): n for n in records(rows.notes)}
    visible = [d for d in decisions if not blind or d.reviewer == reviewer or (d.criterion, d.other_date) in chosen]
    counting = on_index_date(visible, shown_date, base_date)
    views = _criteria(
        trial,
        by_criterion,
        evidence,
        texts,
        visible,
        counting,
        reviewer,
        veiled,
        before,
        lab_plots(folder, trial, rows, index_date),
    )
    status = status_of(trial, {v.id: v.verdict for v in views})  # a hidden verdict counts as unknown
    added = [d for d in visible if d.action == "missed_evidence" and d.note_id in texts and d.criterion not in veiled]
    notes = _notes(rows, evidence, added)
    labels = tuple((str(k), int(n)) for k, n in rows.mentions["label"].value_counts().sort_index().items())
    return PatientView(
        rows.patient_id,
        trial.trial,
        shown_date,
        base_date,
        enrolment.index_is_proxy,
        status,
        views,
        notes,
        time_line([(n.id, n.date, n.type) for n in notes], shown_date),
        labels,
        tuple(v for v in views if v.before),
    )


def _criteria(
    trial: Trial, verdicts: dict[str, dict[Any, Any]], evidence: pd.DataFrame, texts: dict[str, dict[Any, Any]], decisions: Sequence[Decision],
    counting: Sequence[Decision], reviewer: str, veiled: frozenset[str], before: dict[str, str], plots: Mapping[str, tuple[Markup, ...]],
) -> tuple[CriterionView, ...]:  # fmt: skip
    spans: dict[str, list[dict[Any, Any]]] = defaultdict(list)
    for e in records(evidence):
        spans[e["criterion"]].append(e)
    by = verdicts_of(counting)
    final = finals(counting)
    out = []
    for c in trial.criteria:
        v = verdicts.get(c.id)
        acts = tuple(d for d in decisions if d.criterion == c.id)
        shown = evidence_views(spans[c.id], texts, acts)
        mine = by.get(c.id, {}).get(reviewer)
        others = tuple(d for r, d in sorted(by.get(c.id, {}).items()) if r != reviewer)
        verdict = "unknown" if v is None else str(v["verdict"])
        is_hidden = c.id in veiled
        changed = before.get(c.id, verdict) if before and before.get(c.id) != verdict and not is_hidden else ""
        out.append(
            CriterionView(
                c.id, c.kind, c.phase, c.says, c.registry, _window_words(c), is_hidden, "" if is_hidden else verdict,
                "" if is_hidden or v is None else str(v["reason"]), not is_hidden and v is not None and bool(v["needs_review"]),
                "" if is_hidden or v is None else str(v["review_why"]), 0.0 if v is None or is_hidden else float(str(v["confidence"])), changed,
                tuple(e for e in shown if e.role == "supports"), tuple(e for e in shown if e.role == "contradicts"), mine, others, final.get(c.id), acts, () if is_hidden else plots.get(c.id, ()),
                mine is not None and bool(mine.seen_verdict) and mine.seen_verdict != verdict,
            )
        )  # fmt: skip
    return tuple(out)


def _window_words(c: Criterion) -> str:
    return f"within {c.window} of the index date" if c.window else ""


def _line_around(text: str, start: int, end: int) -> tuple[str, str, str]:
    """The line of a span: what stands before it, the span, what stands after; long lines are cut."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    last = len(text) if last < 0 else last
    before, after = text[first:start], text[end:last]
    if len(before) > 90:
        before = "…" + before[-90:]
    if len(after) > 90:
        after = after[:90] + "…"
    return before, text[start:end], after


def evidence_views(
    spans: Iterable[dict[Any, Any]], texts: dict[str, dict[Any, Any]], acts: Iterable[Decision] = ()
) -> list[EvidenceView]:
    """Evidence in order of note date; a line that later notes repeat is shown once, with the copies named.

    Parameters
    ----------
    spans : iterable of dict
        Rows of the evidence table, of one criterion.
    texts : dict
        Rows of the notes table by ``note_id``.
    acts : iterable of Decision
        Spans that reviewers marked wrong or added.
    """
    wrong: dict[tuple[str, int | None, int | None], list[str]] = defaultdict(list)
    found: list[EvidenceView] = []
    acts = list(acts)
    for d in acts:
        if d.action == "wrong_span":
            wrong[(d.note_id, d.start, d.end)].append(d.reviewer)
    for e in spans:
        note = texts.get(e["note_id"])
        if note is None:
            continue
        place = Place(e["note_id"], str(note["note_date"]), int(e["start"]), int(e["end"]))
        before, text, after = _line_around(note["text"], place.start, place.end)
        by = tuple(dict.fromkeys(wrong.get((place.note_id, place.start, place.end), ())))
        found.append(EvidenceView(e["role"], place, text, before, after, wrong_by=by))
    for d in acts:
        note = texts.get(d.note_id)
        if d.action == "missed_evidence" and note is not None and d.start is not None and d.end is not None:
            place = Place(d.note_id, str(note["note_date"]), d.start, d.end)
            before, text, after = _line_around(note["text"], d.start, d.end)
            found.append(EvidenceView(d.role or "supports", place, text, before, after, added_by=d.reviewer))
    found.sort(key=lambda e: (e.place.note_date or "9999", e.place.note_id, e.place.start))  # undated notes last
    folded: dict[tuple[str, ...], EvidenceView] = {}
    for one in found:
        # Only a line with words around the span is a copy: "ECOG 1" on a line of its own may well be a new statement.
        line = _SPACE.sub(" ", f"{one.before}\0{one.text}\0{one.after}").strip().casefold()
        key = (one.role, line, one.added_by, *one.wrong_by)
        if len(line) < 24:
            key = (*key, one.place.note_id, str(one.place.start))
        first = folded.get(key)
        folded[key] = one if first is None else replace(first, copies=(*first.copies, one.place))
    return list(folded.values())


def _notes(rows: PatientTables, evidence: pd.DataFrame, added: Sequence[Decision]) -> tuple[NoteView, ...]:
    marks: dict[str, list[Mark]] = defaultdict(list)
    columns = ["note_id", "start", "end", "label", "value", "result", "assertion", "temporality", "date", "cue_start", "cue_end"]  # fmt: skip
    for m in records(rows.mentions[columns]):
        marks[m["note_id"]].append(Mark(int(m["start"]), int(m["end"]), "mention", m["label"], mention_title(m)))
        if not pd.isna(m["cue_start"]):
            marks[m["note_id"]].append(
                Mark(int(m["cue_start"]), int(m["cue_end"]), "cue", m["assertion"], f"cue: {m['assertion']}")
            )
    for e in records(evidence[["note_id", "start", "end", "criterion"]]):
        marks[e["note_id"]].append(Mark(int(e["start"]), int(e["end"]), "evidence", e["criterion"]))
    for d in added:
        marks[d.note_id].append(Mark(int(d.start or 0), int(d.end or 0), "evidence", d.criterion, f"added by {d.reviewer}"))  # fmt: skip
    ordered = records(rows.notes.sort_values(["note_date", "note_id"], kind="stable"))
    return tuple(
        NoteView(
            n["note_id"], n["note_date"], n["note_type"], chunks(pieces(n["text"], marks.get(n["note_id"], ())))
        )
        for n in ordered
    )  # fmt: skip


def chunks(found: Iterable[Piece], lines: int = CHUNK_LINES) -> tuple[Chunk, ...]:
    """Pieces of a note in chunks of whole lines; their texts joined are the note.

    Parameters
    ----------
    found : iterable of Piece
        In order.
    lines : int
        Lines a chunk.
    """
    out: list[Chunk] = []
    held: list[Piece] = []
    n = 0

    def flush() -> None:
        nonlocal held, n
        if held:
            out.append(Chunk(held[0].start, max(1, n), tuple(held)))
        held, n = [], 0

    for piece in found:
        rest = piece
        while (room := lines - n) <= rest.text.count("\n"):
            cut = 0
            for _ in range(room):
                cut = rest.text.index("\n", cut) + 1
            held.append(replace(rest, text=rest.text[:cut], end=rest.start + cut))
            n = lines
            flush()
            rest = replace(rest, text=rest.text[cut:], start=rest.start + cut)
        if rest.text:
            held.append(rest)
            n += rest.text.count("\n")
    flush()
    return tuple(out)


def time_line(notes: Sequence[tuple[str, str, str]], index_date: str) -> TimeLine:
    """Places of notes on a time line.

    Parameters
    ----------
    notes : sequence of (note_id, note_date, note_type)
        In the order in which they are shown; undated notes stand at the left edge.
    index_date : str
        ISO date, or empty.
    """
    days = [day(d) for _, d, _ in notes]
    index = day(index_date)
    known = [d for d in [*days, index] if d is not None]
    if not known:
        return TimeLine(tuple(Dot(i, *n, 14.0 + 14 * i, 14) for i, n in enumerate(notes, 1)), (), None, 40)
    first, last = min(known), max(known)
    span = max((last - first).days, 1)

    def x(d: date) -> float:
        return round(30 + 940 * (d - first).days / span, 1)

    dots: list[Dot] = []
    taken: dict[int, int] = defaultdict(int)
    for i, ((note_id, written, kind), d) in enumerate(zip(notes, days, strict=True), 1):
        at = 10.0 if d is None else x(d)
        level = taken[round(at / 14)]
        taken[round(at / 14)] += 1
        dots.append(Dot(i, note_id, written, kind, at, 14 + 13 * min(level, 5)))
    height = 34 + 13 * min(max(taken.values(), default=1) - 1, 5)
    return TimeLine(tuple(dots), _ticks(first, last, x), None if index is None else x(index), height)


def _ticks(first: date, last: date, x: Any) -> tuple[tuple[float, str], ...]:
    months = (last.year - first.year) * 12 + last.month - first.month
    step = next((s for s in (1, 2, 3, 6, 12, 24, 60, 120) if months / s <= 10), 240)
    out = []
    for m in range(first.year * 12 + first.month, last.year * 12 + last.month + 1):
        d = date((m - 1) // 12, (m - 1) % 12 + 1, 1)
        if d > first and d <= last and (m - 1) % step == 0:
            out.append((x(d), f"{d:%b %Y}"))
    return tuple(out)
