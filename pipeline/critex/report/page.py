"""report.html: one self-contained page of a run; it loads nothing, and everything from notes is escaped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from critex import __version__
from critex.criteria.trial import Trial
from critex.report.view import CriterionView, trial_view
from critex.run.judge_patients import Judgement
from critex.run.store import write_file


@cache
def environment() -> Environment:
    """Templates of the pages; autoescape is on for everything."""
    return Environment(
        loader=PackageLoader("critex.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def asset(name: str) -> Markup:
    """A style sheet or script of ours, to be put into a page as it is."""
    return Markup((files("critex.report") / "templates" / name).read_text(encoding="utf-8"))  # noqa: S704 - our own file


def _criterion() -> Callable[[CriterionView], Markup]:
    """HTML of a criterion of a patient, made once for all patients of whom the same is said."""
    made: Callable[[CriterionView], Markup] = environment().get_template("criterion.html").module.criterion  # type: ignore[attr-defined]
    return cache(made)


def write_report(
    path: Path,
    notes: pd.DataFrame,
    mentions: pd.DataFrame,
    judged: Judgement,
    trials: list[Trial],
    max_patients: int,
    *,
    n_notes: int | None = None,
    tally: Mapping[tuple[str, str, str], int] | None = None,
    status: Mapping[tuple[str, str], int] | None = None,
    patients: pd.DataFrame | None = None,
) -> None:
    """Write the page (to a temporary file, then renamed).

    Parameters
    ----------
    path : Path
    notes, mentions : DataFrame
        The tables of the run.
    judged : Judgement
    trials : list of Trial
    max_patients : int
        How many patients a trial shows; candidates come first, and the page says how many are left out.
    n_notes : int, optional
        Notes of the run, where ``notes`` holds only those of the patients shown.
    tally, status : mapping, optional
        Numbers over all patients, by (trial, criterion, verdict) and by (trial, status), where ``judged`` holds only the patients shown.
    patients : DataFrame, optional
        The patients file, for limits of laboratory values that depend on sex.
    """
    known = patients is not None and "sex" in patients.columns
    sexes = dict(zip(patients["patient_id"], patients["sex"], strict=True)) if patients is not None and known else {}
    views = [
        trial_view(
            t, notes, mentions, judged.verdicts, judged.evidence, judged.candidates, max_patients, tally, status, sexes
        )
        for t in trials
    ]
    html = (
        environment()
        .get_template("report.html")
        .render(
            trials=views,
            n_notes=len(notes) if n_notes is None else n_notes,
            version=__version__,
            style=asset("page.css") + asset("labs.css"),
            script=asset("report.js"),
            criterion=_criterion(),
        )
    )
    write_file(path, lambda p: p.write_text(html, encoding="utf-8"))
