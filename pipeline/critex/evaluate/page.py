"""evaluation.html: figures, plots and an error browser, worst errors first; one self-contained page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from critex import __version__
from critex.evaluate.evaluation import Evaluation
from critex.evaluate.mentions import LEVELS
from critex.report.highlight import Mark, Piece, pieces
from critex.report.page import asset, environment
from critex.run.store import write_file
from critex.tables import VERDICTS

_CONTEXT = 240
"""Characters of a note shown on either side of an error's span."""


@dataclass(frozen=True)
class ShownError:
    """An error as the browser shows it."""

    group: str
    kind: str
    patient_id: str
    key: str
    """Criterion or label."""
    wanted: str
    got: str
    reason: str
    excerpts: list[tuple[str, list[Piece]]]
    section: str = ""
    note_type: str = ""
    rule: str = ""


def excerpt(text: str, start: int, end: int, key: str) -> list[Piece]:
    """A span in its surroundings, marked."""
    low, high = max(0, start - _CONTEXT), min(len(text), end + _CONTEXT)
    return pieces(text[low:high], [Mark(start - low, end - low, "evidence", key)])


def shown_errors(e: Evaluation) -> list[ShownError]:
    """Errors with their excerpts: false passes first, then false fails, overcalls, misses, then mentions."""
    out = []
    for v in e.verdicts.errors if e.verdicts else ():
        parts = [(n, excerpt(e.gold.notes[n], s, t, v.criterion)) for n, s, t in v.evidence if n in e.gold.notes][:3]
        reason = v.reason + (f" (annotator: {v.why})" if v.why else "")
        out.append(
            ShownError(
                "verdict",
                v.kind,
                v.patient_id,
                v.criterion,
                v.wanted,
                v.got,
                reason,
                parts,
                note_type=e.gold.note_types.get(v.evidence[0][0], "") if v.evidence else "",
            )
        )
    for m in e.mentions.errors if e.mentions else ():
        text = e.gold.notes.get(m.note_id)
        parts = [(m.note_id, excerpt(text, m.start, m.end, m.label))] if text is not None else []
        out.append(
            ShownError(
                "mention",
                m.kind,
                m.patient_id,
                m.label,
                m.wanted,
                m.got,
                "",
                parts,
                m.section,
                e.gold.note_types.get(m.note_id, ""),
                m.rule,
            )
        )
    return out


def write_page(path: Path, e: Evaluation, title: str) -> None:
    """Write evaluation.html (to a temporary file, then renamed)."""
    html = (
        environment()
        .get_template("evaluation.html")
        .render(
            e=e,
            title=title,
            levels=LEVELS,
            verdict_words=VERDICTS,
            errors=shown_errors(e),
            version=__version__,
            style=asset("page.css"),
            script=asset("evaluation.js"),
        )
    )
    write_file(path, lambda p: p.write_text(html, encoding="utf-8"))
