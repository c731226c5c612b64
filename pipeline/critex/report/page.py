"""report.html: one self-contained page."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from critex.criteria.trial import Trial
from critex.run.judge_patients import Judgement
from critex.run.store import write_file


def write_report(
    path: Path, notes: pd.DataFrame, mentions: pd.DataFrame, judged: Judgement, trials: list[Trial], max_patients: int
) -> None:
    """Write the page (to a temporary file, then renamed)."""
    write_file(path, lambda p: p.write_text("<!doctype html><title>critex</title>", encoding="utf-8") and None)
