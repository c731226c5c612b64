"""Gold in the guideline's own format: verdicts.jsonl, mentions.jsonl, notes.csv, patients.csv in one folder."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from critex.errors import InputError


@dataclass(frozen=True)
class GoldMention:
    """One annotated mention; ``start`` and ``end`` are ``str`` indices into the note."""

    note_id: str
    patient_id: str
    start: int
    end: int
    text: str
    label: str
    value: str | None = None
    number: float | None = None
    canonical: float | None = None
    result: str | None = None
    assertion: str = "present"
    temporality: str = "current"
    optional: bool = False


@dataclass(frozen=True)
class GoldVerdict:
    """One annotated verdict with its evidence."""

    patient_id: str
    criterion: str
    verdict: str
    evidence: tuple[tuple[str, int, int], ...] = ()
    """Note, start and end of each span."""
    why: str = ""


@dataclass
class Gold:
    """An annotated sample. Parts that the source does not have are empty."""

    mentions: list[GoldMention] = field(default_factory=list)
    verdicts: list[GoldVerdict] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    """Text by note_id."""
    note_types: dict[str, str] = field(default_factory=dict)


def read_gold(folder: Path) -> Gold:
    """Gold of a folder in the guideline's format.

    Raises
    ------
    InputError
        If the folder has neither verdicts nor mentions, a line is not what it should be, or annotated text is not what stands in the note (the first ten are named).
    """
    gold = Gold()
    notes = folder / "notes.csv"
    if notes.exists():
        csv.field_size_limit(2**31 - 1)
        with open(notes, newline="", encoding="utf-8") as f:
            for row in csv.DictReader(f):
                gold.notes[row["note_id"]] = row["text"]
                gold.note_types[row["note_id"]] = row.get("note_type") or ""
    for entry, where in _lines(folder / "verdicts.jsonl"):
        try:
            spans = tuple((str(e["note_id"]), int(e["start"]), int(e["end"])) for e in entry.get("evidence") or ())
            gold.verdicts.append(
                GoldVerdict(
                    str(entry["patient_id"]),
                    str(entry["criterion"]),
                    str(entry["verdict"]),
                    spans,
                    str(entry.get("why") or ""),
                )
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{where}: {type(error).__name__} {error}. A verdict has patient_id, criterion, verdict and evidence."
            ) from None
    for entry, where in _lines(folder / "mentions.jsonl"):
        try:
            gold.mentions.append(_mention(entry))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{where}: {type(error).__name__} {error}. A mention has note_id, patient_id, start, end, text, label, value and assertion."
            ) from None
    if not gold.verdicts and not gold.mentions:
        raise InputError(
            f"{folder}: neither verdicts.jsonl nor mentions.jsonl. Name a folder of gold in the guideline's format."
        )
    check_spans(gold, str(folder))
    return gold


def check_spans(gold: Gold, where: str) -> None:
    """Refuse gold whose text is not what stands in the notes.

    Raises
    ------
    InputError
        Names the first ten mismatches by note and offsets, never by their text.
    """
    wrong = [m for m in gold.mentions if m.note_id in gold.notes and gold.notes[m.note_id][m.start : m.end] != m.text]
    if wrong:
        named = ", ".join(f"{m.note_id} {m.start}-{m.end}" for m in wrong[:10])
        raise InputError(
            f"{where}: {len(wrong)} mentions whose text is not what stands in the note: {named}. Offsets are Python str indices into the text as given."
        )


def number(value: object) -> float | None:
    """A float, ``None`` where there is none."""
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return None if found != found else found


def _mention(entry: dict[str, Any]) -> GoldMention:
    value, result = entry.get("value"), entry.get("result")
    return GoldMention(
        str(entry["note_id"]), str(entry["patient_id"]), int(entry["start"]), int(entry["end"]), str(entry["text"]), str(entry["label"]),
        None if value is None else str(value), number(entry.get("number")), number(entry.get("canonical")), None if result is None else str(result),
        str(entry["assertion"]), str(entry.get("temporality") or "current"), entry.get("optional") is True,
    )  # fmt: skip


def _lines(path: Path) -> list[tuple[dict[str, Any], str]]:
    if not path.exists():
        return []
    found = []
    with open(path, encoding="utf-8") as f:
        for i, line in enumerate(f, 1):
            if not line.strip():
                continue
            try:
                found.append((json.loads(line), f"{path}:{i}"))
            except ValueError:
                raise InputError(f"{path}:{i}: not valid JSON. Correct the line.") from None
    return found
