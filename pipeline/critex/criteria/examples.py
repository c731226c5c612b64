"""Runs the examples that stand beside each criterion of a trial definition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from critex.criteria.judge import Judged, judge_criterion
from critex.criteria.trial import Criterion, Example, Trial
from critex.extract.dates import parse_iso
from critex.extract.document import Document
from critex.extract.engine import default_extractor
from critex.features.facts import Statement
from critex.features.patient import Patient


@dataclass(frozen=True)
class ExampleResult:
    """One example with the verdict that it got."""

    criterion: Criterion
    number: int
    example: Example
    judged: Judged

    @property
    def id(self) -> str:
        """Name such as ``E07.hepatitis_b-3``."""
        return f"{self.criterion.id}-{self.number}"

    @property
    def ok(self) -> bool:
        """Whether the verdict is the wanted one."""
        return self.judged.verdict == self.example.verdict


def statements_of_text(
    text: str, note_date: date | None = None, note_type: str = "", note_id: str = "note-1"
) -> list[Statement]:
    """Statements of one note, without tables in between."""
    doc = Document(text, note_id, "patient-1", note_date, note_type)
    return [
        Statement(
            note_id, note_date, note_type, m.start, m.end, text[m.start : m.end], m.label, m.value, m.assertion or "present", m.temporality or "current",
            m.number, m.unit, m.comparator, m.canonical, m.canonical_unit, m.result, m.ref_low, m.ref_high, parse_iso(m.date), m.date_source or "none",
            m.section, m.attributes, m.rule,
        )
        for m in default_extractor().mentions(doc)
    ]  # fmt: skip


def run_examples(trial: Trial, only: str | None = None) -> list[ExampleResult]:
    """Judge every example of a trial (or of one criterion).

    Returns
    -------
    list of ExampleResult
        In the trial's order.
    """
    found = []
    for criterion in trial.criteria:
        if only is not None and criterion.id != only:
            continue
        for number, example in enumerate(criterion.examples, 1):
            statements = statements_of_text(example.note, date.fromisoformat(example.date), example.note_type)
            patient = Patient("patient-1", statements, date.fromisoformat(example.index_date))
            found.append(ExampleResult(criterion, number, example, judge_criterion(criterion, patient)))
    return found
