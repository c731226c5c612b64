"""Cases of clinical reading: a snippet, and the verdict or the mention that it must give (``patterns/cases/*.yaml``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from critex.criteria.examples import statements_of_text
from critex.criteria.judge import judge_criterion
from critex.criteria.trial import load_trial
from critex.errors import PatternError
from critex.extract.document import Document
from critex.extract.engine import default_extractor
from critex.extract.pattern_cases import mention_holds
from critex.extract.patterns import load_yaml
from critex.features.patient import Patient
from critex.features.spec import plain
from critex.resources import folder

TRIAL = "NCT07235319"


class Case(BaseModel):
    """One snippet with its correct reading. Exactly one of ``verdict``, ``mention`` and ``absent`` is given."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    id: str
    text: str
    source: str = ""
    criterion: str = ""
    verdict: Literal["pass", "fail", "unknown"] | None = None
    mention: dict[str, Any] | None = None
    """What one mention must hold: label, value, assertion, canonical, ..."""
    absent: dict[str, Any] | None = None
    """What no mention may hold."""
    date: str = "2026-03-12"
    index_date: str = "2026-03-16"
    note_type: str = "clinic note"
    sex: Literal["M", "F"] | None = None
    why: str = ""
    known_failure: str = ""


@dataclass(frozen=True)
class CaseFile:
    """A file of cases."""

    name: str
    cases: list[Case] = field(default_factory=list)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    cases: list[Case] = Field(default_factory=list)


def load_cases(path: Path) -> CaseFile:
    """Cases of one file.

    Raises
    ------
    PatternError
        Names the file, the case and the key that is wrong.
    """
    content = load_yaml(path)
    try:
        found = _File.model_validate(plain(content)).cases
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise PatternError(f"{path}: {'.'.join(str(p) for p in first['loc'])}: {first['msg']}.") from None
    for case in found:
        if sum(x is not None for x in (case.verdict, case.mention, case.absent)) != 1:
            raise PatternError(f"{path}: case {case.id}: give exactly one of verdict, mention and absent.")
    return CaseFile(path.stem, found)


def all_cases() -> Iterator[tuple[str, Case]]:
    """Every case, with the name of its file."""
    for path in sorted((folder("patterns") / "cases").glob("*.yaml")):
        file = load_cases(path)
        for case in file.cases:
            yield file.name, case


def wrong_with(case: Case) -> str | None:
    """What is wrong with a case, ``None`` where it is met."""
    note_date = date.fromisoformat(case.date)
    if case.verdict is not None:
        statements = statements_of_text(case.text, note_date, case.note_type)
        patient = Patient("patient-1", statements, date.fromisoformat(case.index_date), case.sex)
        judged = judge_criterion(load_trial(TRIAL).criterion(case.criterion), patient)
        return (
            None if judged.verdict == case.verdict else f"wanted {case.verdict}, got {judged.verdict} ({judged.reason})"
        )
    found = default_extractor().mentions(Document(case.text, "case", "case", note_date, case.note_type))
    if case.mention is not None:
        if any(mention_holds(m, case.text, case.mention) for m in found):
            return None
        said = [(m.label, case.text[m.start : m.end], m.value, m.result, m.assertion) for m in found]
        return f"wanted a mention with {case.mention}, got {said}"
    hit = next((m for m in found if mention_holds(m, case.text, case.absent or {})), None)
    return (
        None if hit is None else f"found {case.text[hit.start : hit.end]!r} as {hit.label} {hit.value} {hit.assertion}"
    )
