"""report.html: one self-contained page of a run; it loads nothing, and everything from notes is escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from critex import __version__
from critex.criteria.trial import Trial
from critex.report.view import CriterionView, PatientView, TrialView, page_order, patient_views, trial_view
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


@cache
def _criterion() -> Callable[[CriterionView], Markup]:
    """HTML of a criterion of a patient, made once for all patients of whom the same is said."""
    made: Callable[[CriterionView], Markup] = environment().get_template("criterion.html").module.criterion  # type: ignore[attr-defined]
    return lru_cache(maxsize=5_000)(made)


@cache
def _patient() -> Callable[[PatientView, Callable[[CriterionView], Markup], bool], Markup]:
    return environment().get_template("patient.html").module.patient  # type: ignore[attr-defined,no-any-return]


def load_templates() -> None:
    """Compile the templates of the page, once for all processes that are forked later."""
    _criterion(), _patient(), environment().get_template("report.html")


def patients_html(patients: Iterable[PatientView], first_is_open: bool) -> Iterator[Markup]:
    """HTML of each patient."""
    for i, patient in enumerate(patients):
        yield _patient()(patient, _criterion(), first_is_open and i == 0)


def write_page(path: Path, trials: Sequence[TrialView], patients: Sequence[Iterable[Markup]], n_notes: int) -> None:
    """Write the page (to a temporary file, then renamed), never the whole of it in memory.

    Parameters
    ----------
    path : Path
    trials : sequence of TrialView
    patients : sequence of iterable of Markup
        Of each trial the HTML of its patients (:func:`patients_html`).
    n_notes : int
        Notes of the run.
    """
    page = environment().get_template("report.html").generate(
        trials=trials, patients=patients, n_notes=n_notes, version=__version__, style=asset("page.css") + asset("labs.css"), script=asset("report.js")
    )  # fmt: skip

    def write(target: Path) -> None:
        with open(target, "w", encoding="utf-8") as f:
            f.writelines(page)

    write_file(path, write)


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
    """Write the page from tables in memory.

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
    sexes, verdicts, candidates = sexes_of(patients), judged.verdicts, judged.candidates
    if tally is None:
        tally = Counter(zip(verdicts["trial"], verdicts["criterion"], verdicts["verdict"], strict=True))
    if status is None:
        status = Counter(zip(candidates["trial"], candidates["status"], strict=True))
    views, html = [], []
    for trial in trials:
        shown = page_order(candidates[candidates["trial"] == trial.trial]).head(max_patients)
        views.append(trial_view(trial, tally, status, len(shown)))
        html.append(patients_html(patient_views(trial, shown, notes, mentions, verdicts, judged.evidence, sexes), True))
    write_page(path, views, html, len(notes) if n_notes is None else n_notes)


def sexes_of(patients: pd.DataFrame | None) -> dict[str, str]:
    """Sex by patient, as the patients file has it."""
    if patients is None or "sex" not in patients.columns:
        return {}
    return dict(zip(patients["patient_id"], patients["sex"], strict=True))
