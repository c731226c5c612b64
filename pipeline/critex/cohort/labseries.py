"""The laboratory values of a patient that a trial sets limits to, as series ready to be plotted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from critex.cohort.calendar import conditions_in
from critex.cohort.labplot import LabPoint, LimitLine, lab_svg
from critex.criteria.conditions import Comparison, On, Window, parse_window
from critex.criteria.judge import conditions_of
from critex.criteria.trial import Criterion, Trial
from critex.features.derive import derived
from critex.features.facts import Fact
from critex.features.limits import upper_limit
from critex.features.patient import Patient
from critex.features.spec import load_features

LABELS = ("LAB", "SEX")
"""Labels of the statements that a series can rest on."""
WORDS = {"<=": "≤", ">=": "≥"}
"""How the signs of the trial definition are printed."""


@dataclass(frozen=True)
class LabLimits:
    """A laboratory feature that a criterion sets limits to."""

    criterion: str
    feature: str
    meaning: str
    unit: str
    window: Window | None
    passes: tuple[Comparison, ...]
    """Each comparison under which the criterion can pass, strictest first as the trial names them."""


@dataclass(frozen=True)
class LabSeries:
    """All values of one laboratory feature of a patient, with limits and window."""

    limits: LabLimits
    points: tuple[LabPoint, ...]
    lines: tuple[LimitLine, ...]
    window: tuple[date, date] | None
    undated: int
    """Values without a day, which no plot can show."""
    latest: Fact | None
    """The value that counts: the latest in the window."""

    @property
    def svg(self) -> Markup:
        """The plot."""
        return lab_svg(self.points, self.lines, self.window, title=self.limits.meaning, unit=self.limits.unit)


def lab_limits(trial: Trial) -> list[LabLimits]:
    """Laboratory features that a trial compares with a limit inside a window, in the trial's order."""
    return [x for c in trial.criteria if c.window for x in _limits_of(c)]


def _limits_of(criterion: Criterion) -> list[LabLimits]:
    features = load_features()
    found: dict[str, list[Comparison]] = {}
    for step, condition in zip(criterion.decide, conditions_of(criterion), strict=True):
        for on in conditions_in(condition):
            if step.verdict == "pass" and _is_lab(on) and on.test.comparison is not None:
                known = found.setdefault(on.feature, [])
                if on.test.comparison not in known:
                    known.append(on.test.comparison)
    window = parse_window(criterion.window) if criterion.window else None
    return [
        LabLimits(criterion.id, name, features[name].meaning.rstrip("."), features[name].unit or "", window, tuple(passes))
        for name, passes in found.items()
    ]  # fmt: skip


def _is_lab(on: On) -> bool:
    return on.spec.takes == "latest" and on.spec.unit is not None


def measurements(patient: Patient, feature: str) -> list[Fact]:
    """Every value of a feature that takes the latest, oldest first."""
    spec = patient.features[feature]
    found = derived(spec.derive)(patient) if spec.derive else patient.selected(feature)
    return [f for f in found if f.number is not None]


def lab_series(patient: Patient, limits: Iterable[LabLimits]) -> list[LabSeries]:
    """Series of a patient, those without any value left out.

    Parameters
    ----------
    patient : Patient
        On the index date that the window counts back from.
    limits : iterable of LabLimits
        From :func:`lab_limits`.
    """
    out = []
    for wanted in limits:
        found = measurements(patient, wanted.feature)
        if not found:
            continue
        window = None
        latest: Fact | None = None
        if wanted.window is not None and patient.index_date is not None:
            window = (wanted.window.first_day(patient.index_date), patient.index_date)
            inside = patient.facts_in_window(wanted.feature, *window)
            latest = inside[-1] if inside else None
        lines = _lines(patient, wanted, latest or found[-1])
        out.append(LabSeries(wanted, _points(patient, wanted, found), lines, window, sum(f.when is None for f in found), latest))  # fmt: skip
    return out


def _points(patient: Patient, wanted: LabLimits, found: list[Fact]) -> tuple[LabPoint, ...]:
    seen: dict[tuple[date, float, str], LabPoint] = {}
    for fact in found:
        if fact.when is None or fact.number is None:
            continue
        s = fact.statements[0]
        truths = [c.of(fact, patient)[0] for c in wanted.passes]
        met = truths[0] if len(set(truths)) == 1 else None
        key = (fact.when.first, fact.number, fact.comparator or "")
        seen.setdefault(key, LabPoint(fact.when.first, fact.number, fact.comparator or "", met, s.note_id, s.start, s.end))  # fmt: skip
    return tuple(sorted(seen.values(), key=lambda p: (p.day, p.value)))


def _lines(patient: Patient, wanted: LabLimits, fact: Fact) -> tuple[LimitLine, ...]:
    normal = upper_limit(fact, patient) if any(c.uln for c in wanted.passes) else None
    lines: list[LimitLine] = []
    for c in wanted.passes:
        sign = WORDS.get(c.sign, c.sign)
        if not c.uln:
            lines.append(LimitLine(c.limit, f"{sign} {c.limit:.4g}"))
        elif normal is not None:
            lines.append(LimitLine(c.limit * normal.value, f"{sign} {c.limit:.4g} × ULN = {c.limit * normal.value:.4g}"))  # fmt: skip
    if normal is not None:
        general = ", general limit" if normal.origin == "fallback" else ""
        lines.append(LimitLine(normal.value, f"ULN {normal.value:.4g}{general}", reference=True))
    return tuple(lines)
