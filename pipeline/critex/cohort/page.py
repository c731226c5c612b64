"""cohort.html: who is removed by what, what to ask for next, laboratory values against their limits, and contradictions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from critex import __version__
from critex.cohort.patients import trials_of
from critex.cohort.policies import POLICIES
from critex.cohort.view import CohortView, cohort_view
from critex.criteria.trial import Trial
from critex.report.page import asset, environment
from critex.run.store import write_file


def cohort_html(folder: Path, trials: Sequence[Trial] | None = None, patient_href: str = "") -> Markup:
    """Body of the cohort page, to be put into a page that has the style sheets ``page.css``, ``labs.css`` and ``cohort.css`` (:func:`critex.report.page.asset`).

    Parameters
    ----------
    folder : Path
        A folder that ``critex run`` wrote.
    trials : sequence of Trial, optional
        Else those that the folder was judged by.
    patient_href : str
        Address of a patient's page with ``{}`` for the identifier, such as ``"/patient/{}"``; without it identifiers are no links.

    Raises
    ------
    CritexError
        If the folder holds no run.
    """
    return body([cohort_view(folder, t) for t in trials or trials_of(folder, None)], patient_href)


def body(views: Sequence[CohortView], patient_href: str = "") -> Markup:
    """Body of the cohort page from what it shows."""
    html = environment().get_template("cohort_body.html").render(views=views, href=patient_href, policies=POLICIES)
    return Markup(html)  # noqa: S704 - rendered with autoescape


def write_cohort(path: Path, folder: Path, trials: Sequence[Trial]) -> list[CohortView]:
    """Write the page (to a temporary file, then renamed); returns what it shows.

    Parameters
    ----------
    path : Path
        The HTML file.
    folder : Path
        A folder that ``critex run`` wrote.
    trials : sequence of Trial
    """
    views = [cohort_view(folder, t) for t in trials]
    page = environment().get_template("cohort.html")
    html = page.render(
        body=body(views), version=__version__, style=asset("page.css") + asset("labs.css") + asset("cohort.css")
    )
    write_file(path, lambda p: p.write_text(html, encoding="utf-8"))
    return views
