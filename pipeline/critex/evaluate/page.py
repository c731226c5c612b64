"""evaluation.html: figures, plots and an error browser, worst errors first; one self-contained page."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from critex import __version__
from critex.evaluate import plots
from critex.evaluate.browser import count_errors, shown_errors
from critex.evaluate.evaluation import Evaluation
from critex.evaluate.mentions import LEVELS
from critex.evaluate.paired import Paired
from critex.report.page import asset, environment
from critex.run.store import write_file
from critex.tables import ASSERTIONS, VERDICTS


def write_page(path: Path, e: Evaluation, title: str, paired: Paired | None = None) -> None:
    """Write evaluation.html (to a temporary file, then renamed).

    Parameters
    ----------
    path : Path
    e : Evaluation
    title : str
    paired : Paired, optional
        Comparison with another run, shown after the figures.
    """
    html = (
        environment()
        .get_template("evaluation.html")
        .render(
            e=e,
            title=title,
            levels=LEVELS,
            verdict_words=VERDICTS,
            plots=_plots(e),
            further=[(part.title, Markup(part.html), part.lines) for part in e.further.values()],  # noqa: S704 - ours
            paired=paired,
            errors=shown_errors(e),
            n_errors=count_errors(e),
            version=__version__,
            style=asset("page.css") + asset("evaluation.css"),
            script=asset("evaluation.js"),
        )
    )
    write_file(path, lambda p: p.write_text(html, encoding="utf-8"))


def _plots(e: Evaluation) -> dict[str, Markup]:
    made = {"mentions": plots.mention_plot(e)}
    if e.verdicts:
        made["accuracy"] = plots.accuracy_plot(e.verdicts)
        made["false_pass"] = plots.false_pass_plot(e.verdicts)
        made["confusion"] = plots.verdict_confusion_plot(e.verdicts)
    if e.assertions:
        made["assertions"] = plots.confusion_plot(e.assertions.confusion, ASSERTIONS, "Confusion of assertions")
    return made
