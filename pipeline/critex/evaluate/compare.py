"""Two output folders compared: which patients changed status, which verdicts changed, and what made each change."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from critex import tables
from critex.errors import InputError
from critex.run.store import read_table

Span = tuple[str, int, int]
Key = tuple[str, str, str]
"""Trial, patient and criterion."""

_COMPARED = (
    "value", "assertion", "temporality", "date", "number", "canonical", "comparator", "result", "ref_high", "section", "attributes", "date_source",
)  # fmt: skip
"""Columns of a mention that a verdict can hang on."""


@dataclass(frozen=True)
class Version:
    """What a run rested on, from its ``run.json``; empty where the folder has none."""

    critex: str = ""
    patterns: str = ""
    trials: dict[str, str] = field(default_factory=dict)
    """Trial to the hash of its definition."""


@dataclass(frozen=True)
class Comparison:
    """What differs between two output folders, A (before) and B (after)."""

    before: Version
    after: Version
    changes: pd.DataFrame
    """Rows of :data:`critex.tables.COMPARISON`."""
    statuses: list[tuple[str, str, str, str]]
    """Trial, patient, status before, status after; only where they differ, an empty status where the patient is in one folder only."""
    verdicts: int
    """Verdicts that are in both folders."""

    @property
    def changed(self) -> bool:
        """Whether a verdict of A is another one, or missing, in B."""
        return bool((self.changes["before"] != "").any()) or any(not after for *_, after in self.statuses)


@dataclass(frozen=True)
class _Folder:
    version: Version
    verdicts: dict[Key, tuple[str, str]]
    evidence: dict[Key, set[tuple[str, int, int, str]]]
    mentions: dict[str, dict[Span, list[dict[str, Any]]]]
    notes: dict[str, str]
    status: dict[tuple[str, str], str]
    index_date: dict[str, str]


def read_version(out: Path) -> Version:
    """Versions and hashes of a run; what its ``run.json`` does not say stays empty.

    Raises
    ------
    InputError
        If ``run.json`` is not valid JSON.
    """
    path = out / "run.json"
    if not path.exists():
        return Version()
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        trials = {t: str(entry.get("hash", "")) for t, entry in (run.get("trials") or {}).items()}
        return Version(str(run.get("critex", "")), str(run.get("patterns", "")), trials)
    except (ValueError, AttributeError):
        raise InputError(
            f"{path}: not the run.json that `critex run` writes. Run `critex screen {out}` again."
        ) from None


def _read(out: Path) -> _Folder:
    verdicts, evidence, candidates = (
        read_table("verdicts", out),
        read_table("evidence", out),
        read_table("candidates", out),
    )
    mentions, notes = read_table("mentions", out), read_table("notes", out)
    spans: dict[Key, set[tuple[str, int, int, str]]] = defaultdict(set)
    for t, p, c, n, s, e, r in zip(
        *(evidence[k] for k in ("trial", "patient_id", "criterion", "note_id", "start", "end", "role")), strict=True
    ):
        spans[t, p, c].add((n, int(s), int(e), r))
    said: dict[str, dict[Span, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    columns = ["patient_id", "note_id", "start", "end", "label", "rule", *_COMPARED]
    for row in mentions[columns].astype(object).where(mentions[columns].notna(), None).to_dict("records"):
        said[str(row["patient_id"])][row["note_id"], int(row["start"]), int(row["end"])].append(
            {str(k): v for k, v in row.items()}
        )
    return _Folder(
        read_version(out),
        {
            (t, p, c): (v, r)
            for t, p, c, v, r in zip(*(verdicts[k] for k in ("trial", "patient_id", "criterion", "verdict", "reason")), strict=True)
        },
        dict(spans),
        {p: dict(m) for p, m in said.items()},
        dict(zip(notes["note_id"], notes["text"], strict=True)),
        {(t, p): s for t, p, s in zip(candidates["trial"], candidates["patient_id"], candidates["status"], strict=True)},
        dict(zip(candidates["patient_id"], candidates["index_date"], strict=True)),
    )  # fmt: skip


def compare(before: Path, after: Path) -> Comparison:
    """Compare two output folders.

    Parameters
    ----------
    before, after : Path
        Folders that ``critex run`` or ``critex screen`` wrote: of other patterns, an amended trial, another version or later notes.

    Returns
    -------
    Comparison
        A patient or criterion that only B has is no change of a verdict; one that only A has is. A patient that one folder has alone stands among the statuses only.

    Raises
    ------
    InputError
        If a folder holds no run, or the two have no trial in common.
    """
    a, b = _read(before), _read(after)
    trials = {k[0] for k in a.verdicts}, {k[0] for k in b.verdicts}
    if trials[0] and trials[1] and not trials[0] & trials[1]:
        raise InputError(
            f"{before} judges {', '.join(sorted(trials[0]))}, {after} judges {', '.join(sorted(trials[1]))}: no trial in common. Screen one again with --trial."
        )
    shared = trials[0] & trials[1]
    rows = []
    both = a.status.keys() & b.status.keys()
    for key in sorted({k for k in (*a.verdicts, *b.verdicts) if k[0] in shared and k[:2] in both}):
        old, new = a.verdicts.get(key, ("", "")), b.verdicts.get(key, ("", ""))
        if old[0] == new[0]:
            continue
        cause, detail = _cause(key, a, b)
        rows.append((*key, old[0], new[0], cause, detail, old[1], new[1]))
    patients = sorted({k for k in (*a.status, *b.status) if k[0] in shared})
    statuses = [(*k, a.status.get(k, ""), b.status.get(k, "")) for k in patients if a.status.get(k) != b.status.get(k)]
    return Comparison(
        a.version,
        b.version,
        tables.of_rows(rows, tables.COMPARISON),
        statuses,
        len(a.verdicts.keys() & b.verdicts.keys()),
    )


def _cause(key: Key, a: _Folder, b: _Folder) -> tuple[str, str]:
    """The nearest cause of a changed verdict, and where it is seen; names places, rules and columns, never text."""
    trial, patient, _ = key
    if key not in a.verdicts or key not in b.verdicts:
        return "trial", f"criterion only in {'A' if key in a.verdicts else 'B'}"
    spans = {(n, s, e) for n, s, e, _ in a.evidence.get(key, set()) | b.evidence.get(key, set())}
    said_a, said_b = a.mentions.get(patient, {}), b.mentions.get(patient, {})
    near = _differences(spans, said_a, said_b, a, b)
    if near:
        return _strongest(near)
    days = [f.index_date.get(patient) or "none" for f in (a, b)]
    moved = f"index date {days[0]} to {days[1]}" if days[0] != days[1] else ""
    hashes = [f.version.trials.get(trial) or "unknown" for f in (a, b)]
    if hashes[0] != hashes[1]:
        detail = f"definition {hashes[0]} to {hashes[1]}; the mentions it rests on are the same"
        return "trial", f"{detail}; {moved}" if moved else detail
    if moved:
        return "index date", moved
    far = _differences(set(said_a) | set(said_b), said_a, said_b, a, b)
    if far:
        return _strongest(far)
    if a.version.critex != b.version.critex:
        return "version", f"critex {a.version.critex} to {b.version.critex}; mentions and trial are the same"
    return (
        "judging",
        "mentions, trial and version are the same; the code or the feature definitions that judge differ, or the patients file",
    )


_STRENGTH = ("new note", "note gone", "note changed", "mention new", "mention gone", "mention changed", "rule")


def _strongest(found: list[tuple[str, str]]) -> tuple[str, str]:
    first = min(found, key=lambda f: (_STRENGTH.index(f[0]), f[1]))
    more = len(found) - 1
    return first[0], first[1] + (f" (and {more} more)" if more else "")


def _differences(
    spans: set[Span], said_a: dict[Span, list[dict[str, Any]]], said_b: dict[Span, list[dict[str, Any]]], a: _Folder, b: _Folder
) -> list[tuple[str, str]]:  # fmt: skip
    """Causes and places where the mentions at some spans differ."""
    found: list[tuple[str, str]] = []
    for span in sorted(spans):
        note, start, end = span
        old, new = said_a.get(span, []), said_b.get(span, [])
        rules = ", ".join(dict.fromkeys(f"{m['label']} (rule {m['rule']})" for m in (new or old)))
        where = f"{note} {start}-{end} {rules}".rstrip()
        if note not in a.notes or note not in b.notes:
            found.append(("new note" if note not in a.notes else "note gone", where))
        elif a.notes[note] != b.notes[note]:
            found.append(("note changed", where))
        elif new and not old:
            found.append(("mention new", where))
        elif old and not new:
            found.append(("mention gone", where))
        else:
            columns = [c for c in _COMPARED if sorted(str(m[c]) for m in old) != sorted(str(m[c]) for m in new)]
            if columns:
                found.append(("mention changed", f"{where}: {', '.join(columns)}"))
            elif {m["rule"] for m in old} != {m["rule"] for m in new}:
                both = " to ".join("/".join(sorted({m["rule"] for m in side})) for side in (old, new))
                found.append(("rule", f"{note} {start}-{end}: {both}"))
    return found


def as_json(found: Comparison) -> dict[str, Any]:
    """The comparison, for ``compare.json``."""
    return {
        "changed": found.changed,
        "before": vars(found.before),
        "after": vars(found.after),
        "verdicts_in_both": found.verdicts,
        "verdicts_changed": len(found.changes),
        "by_change": _counts(
            f"{x or 'none'}>{y or 'none'}" for x, y in zip(found.changes["before"], found.changes["after"], strict=True)
        ),
        "by_cause": _counts(found.changes["cause"]),
        "by_criterion": _counts(found.changes["criterion"]),
        "statuses": [
            {"trial": t, "patient_id": p, "before": x or None, "after": y or None} for t, p, x, y in found.statuses
        ],
        "changes": [{k: str(v) for k, v in row.items()} for row in found.changes.to_dict("records")],
    }  # fmt: skip


def _counts(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))
