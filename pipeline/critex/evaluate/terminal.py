"""An evaluation as tables for the terminal; of errors only counts and places."""

from __future__ import annotations

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from critex.evaluate.evaluation import Evaluation
from critex.evaluate.mentions import LEVELS
from critex.evaluate.spans import Score
from critex.tables import VERDICTS

SHORT = tuple("assert" if level == "assertion" else level for level in LEVELS)


def print_evaluation(e: Evaluation, console: Console) -> None:
    """Print the figures."""
    if e.verdicts:
        _verdicts(e, console)
    if e.mentions:
        _mentions(e, console)
    if e.values:
        _values(e, console)
    if e.candidates:
        c = e.candidates
        say(
            console,
            f"candidates: {c.listed} listed of {c.patients} patients, sensitivity {c.sensitivity:.3f} {between(c.sensitivity_interval)}, "
            f"PPV {c.ppv:.3f} {between(c.ppv_interval)}, number to screen {c.number_to_screen:.2f}",
        )
    for part in e.further.values():
        for line in part.lines:
            say(console, line)
    if e.absent:
        named = ", ".join(e.absent[:10])
        say(console, f"{len(e.absent)} notes of the gold are not in the run, so all in them counts as missed: {named}")
    if e.differing:
        named = ", ".join(e.differing[:10])
        say(console, f"{len(e.differing)} notes have another text in the gold, so their spans may be off: {named}")
    say(console, f"spans whose text is not what stands in the note: {e.bad_offsets}")


def say(console: Console, line: str) -> None:
    """One line as it is."""
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def between(interval: tuple[float, float]) -> str:
    """An interval in brackets."""
    return f"[{interval[0]:.3f}, {interval[1]:.3f}]"


def table(title: str, headings: Iterable[str]) -> Table:
    """A table whose first column is text and whose others are numbers."""
    made = Table(
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        title=title or None,
        title_justify="left",
    )
    for i, heading in enumerate(headings):
        made.add_column(heading, justify="right" if i else "left", no_wrap=True)
    return made


def _verdicts(e: Evaluation, console: Console) -> None:
    v = e.verdicts
    if v is None:
        return
    say(
        console,
        f"verdicts: accuracy {v.accuracy:.4f} {between(v.interval)}, majority baseline {v.baseline:.3f}, kappa {v.kappa:.3f} {between(v.kappa_interval)}, "
        f"macro F1 {v.macro_f1:.4f} {between(v.macro_f1_interval)}, evidence hit {v.evidence_hit:.3f}",
    )
    say(
        console,
        f"false passes: {v.false_pass} of {v.gold_fail} gold fails (95 % sure to be at most {v.false_pass_upper:.1%})",
    )
    shown = table("", ("criterion", "n", "accuracy", "baseline", "F1", "kappa", "fails"))
    shown.add_column("gold>said")
    for k, c in v.by_criterion.items():
        wrong = [f"{w}>{g} {c.confusion[w, g]}" for w in VERDICTS for g in VERDICTS if w != g and c.confusion[w, g]]
        figures = (f"{x:.3f}" for x in (c.accuracy, c.baseline, c.macro_f1, c.kappa))
        shown.add_row(k, str(c.n), *figures, str(c.gold_fail), "\n".join(wrong))
    console.print(shown)


def _mentions(e: Evaluation, console: Console) -> None:
    m = e.mentions
    if m is None:
        return
    shown = table("mentions, F1", ("label", "gold", "found", "strict", "token", *SHORT))
    nothing = Score(0, 0, 0, 0, 0)
    for label in [*sorted(m.by_label["full"]), "all"]:
        tallies = [m.total(level) if label == "all" else m.by_label[level][label] for level in LEVELS]
        exact, token = e.strict.get(label, nothing), e.tokens.get(label, nothing)
        figures = (exact.f1, token.f1, *(t.f1 for t in tallies))
        shown.add_row(label, str(tallies[0].gold), str(tallies[0].found), *(f"{x:.3f}" for x in figures))
    console.print(shown)
    full = m.total("full")
    say(
        console,
        f"full: precision {full.precision:.4f}, recall {full.recall:.4f}, F1 {full.f1:.4f} {between(m.interval)}",
    )
    if e.assertions and e.assertions.confusion:
        a = e.assertions
        words = ", ".join(f"{w} {f:.3f}" for w, f in a.f1.items())
        say(console, f"assertion of found mentions: accuracy {a.accuracy:.4f}, kappa {a.kappa:.3f}, F1: {words}")


def _values(e: Evaluation, console: Console) -> None:
    if e.values is None:
        return
    shown = table(
        "patient-level values", ("column", "kind", "n", "accuracy", "95 %", "missed", "spurious", "median error")
    )
    for k, c in e.values.by_column.items():
        off = "" if c.median_error is None else f"{c.median_error:g}"
        shown.add_row(
            k, c.kind, str(c.n), f"{c.accuracy:.3f}", between(c.interval), str(c.missed), str(c.spurious), off
        )
    console.print(shown)
    if e.values.unknown_columns:
        say(console, f"columns that the run does not have: {', '.join(e.values.unknown_columns)}")
