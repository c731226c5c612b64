"""Judges a patient by a trial: the verdict, the reason, the evidence and what a person should look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from critex.criteria.conditions import SILENT, Condition, Finding, Window, parse_condition, parse_window, statements_of
from critex.criteria.confidence import Confidence, load_confidence, review_limits
from critex.criteria.properties import decided, undecided
from critex.criteria.trial import Criterion, Step, Trial
from critex.features.facts import Fact, Statement
from critex.features.patient import Patient
from critex.features.silence import Silent, silent
from critex.features.spec import load_features

REVIEW_WORDS = {
    "conflict": "statements contradict each other",
    "conflict_resolved": "statements contradicted each other and the better source was taken",
    "uln_fallback": "no reference range is printed; a general upper limit was used",
    "unit_inferred": "the unit was not written and was inferred from the size of the number",
    "undated": "the day of the fact is not written",
    "index_proxy": "the index date is not given; the last note's date was used",
    "calculated": "calculated from other values",
    "recovered": "an earlier value in the window failed",
    "general": "rests on a general statement",
}


@dataclass(slots=True)
class Judged:
    """Verdict on one leaf criterion, with its evidence. Nothing changes one; not frozen, as statements are not (:mod:`critex.features.facts`)."""

    criterion: Criterion
    verdict: str
    reason: str
    needs_review: bool
    review_why: str
    confidence: float
    """Probability that the verdict is right (:mod:`critex.criteria.confidence`)."""
    supports: list[Statement] = field(default_factory=list)
    contradicts: list[Statement] = field(default_factory=list)
    properties: dict[str, float] = field(default_factory=dict)
    """What the confidence is computed from (:mod:`critex.criteria.properties`)."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A criterion with what judging it asks for again and again, worked out once."""

    criterion: Criterion
    window: Window | None
    steps: tuple[tuple[Step, Condition], ...]
    features: tuple[str, ...]
    """Features that its steps ask for."""
    by_index: tuple[bool, ...]
    """Of each step, whether it depends on the index date."""


def _ready(criterion: Criterion) -> _Ready:
    found: _Ready | None = criterion._ready
    if found is None:
        features = load_features()
        window = parse_window(criterion.window) if criterion.window else None
        found = criterion._ready = _Ready(
            criterion,
            window,
            tuple((s, parse_condition(s.when, features)) for s in criterion.decide),
            criterion.features_read(),
            tuple(window is not None or "within" in (w := str(s.when)) or "before" in w for s in criterion.decide),
        )
    return found


def conditions_of(criterion: Criterion) -> list[Condition]:
    """Conditions of a criterion's steps, parsed once."""
    return [condition for _, condition in _ready(criterion).steps]


Enrolled = tuple[date | None, str | None, date | None]
"""Index date, sex and birth date, as known without notes."""
_REMEMBERED = 20_000


class _Silence:
    """Verdicts of a trial on patients of whom nothing is said; they hold for all who have no statement that a criterion asks for."""

    def __init__(self, trial: Trial) -> None:
        self.criteria = [_ready(c) for c in trial.criteria]
        self.parents = Counter(c.parent for c in trial.criteria if not c.investigator)
        """Number of criteria of a parent; those for the investigator are not counted."""
        self._by_patient: dict[tuple[bool, Enrolled], list[Silent[Judged]]] = {}
        self._by_criterion: dict[tuple[object, ...], Silent[Judged]] = {}
        self.finished: dict[tuple[object, ...], Judged] = {}
        """Verdicts with their confidence, by the verdict without it and what the patient's other criteria add."""
        self._asked: dict[tuple[object, ...], tuple[str, ...]] = {}
        """What a criterion asked for of a patient's enrolment, where the same is known of the patient."""

    def of(self, patient: Patient, index_is_proxy: bool) -> list[Silent[Judged]]:
        """One verdict a criterion."""
        enrolled = (patient.index_date, patient._sex, patient.birth_date)
        found = self._by_patient.get((index_is_proxy, enrolled))
        if found is None:
            if len(self._by_patient) + len(self._by_criterion) + len(self.finished) > _REMEMBERED:
                for memory in (self._by_patient, self._by_criterion, self.finished):
                    memory.clear()
            found = [self._criterion(i, patient, enrolled, index_is_proxy) for i in range(len(self.criteria))]
            self._by_patient[index_is_proxy, enrolled] = found
        return found

    def _criterion(self, i: int, patient: Patient, enrolled: Enrolled, index_is_proxy: bool) -> Silent[Judged]:
        known = (i, index_is_proxy, enrolled[0] is None, enrolled[1], enrolled[2] is None)
        asked = self._asked.get(known)
        key = (known, *(getattr(patient, name) for name in asked)) if asked is not None else None
        found = self._by_criterion.get(key) if key is not None else None
        if found is None:
            found = silent(lambda p: _judge(self.criteria[i], p, index_is_proxy), *enrolled)
            if asked is None:
                asked = found.enrolment
            elif set(found.enrolment) - set(asked):
                asked = tuple(dict.fromkeys((*asked, *found.enrolment)))
            self._asked[known] = asked
            self._by_criterion[known, *(getattr(patient, name) for name in asked)] = found
        return found


def judge(trial: Trial, patient: Patient, index_is_proxy: bool = False) -> list[Judged]:
    """Verdicts of a patient on every leaf criterion of a trial, in the trial's order."""
    silence = _silence_of(trial)
    silent_ = silence.of(patient, index_is_proxy)
    judged = _judged(silence, patient, index_is_proxy, silent_)
    model, limits, finished = load_confidence(), review_limits(), silence.finished
    asked = tuple(limits.items()) if limits else ()
    out = []
    for j, s, more in zip(judged, silent_, _neighbours(silence, judged), strict=True):
        if j is not s.result:
            out.append(_finished(j, more, model, limits))
            continue
        # `silence` keeps what it remembers alive: an id is not used again
        key = (id(j), *more.values(), model.digest, asked)
        known = finished.get(key)
        if known is None:
            known = finished[key] = _finished(j, more, model, limits)
        out.append(known)
    return out


def judge_evidence(trial: Trial, patient: Patient, index_is_proxy: bool = False) -> list[Judged]:
    """Verdicts with the properties of their evidence, but without a confidence: what the confidence model is trained on."""
    silence = _silence_of(trial)
    judged = _judged(silence, patient, index_is_proxy, silence.of(patient, index_is_proxy))
    return [
        replace(j, properties=j.properties | more) if more else j
        for j, more in zip(judged, _neighbours(silence, judged), strict=True)
    ]


def _silence_of(trial: Trial) -> _Silence:
    silence: _Silence | None = trial._silence
    if silence is None:
        silence = trial._silence = _Silence(trial)
    return silence


def _judged(silence: _Silence, patient: Patient, index_is_proxy: bool, silent_: list[Silent[Judged]]) -> list[Judged]:
    labels = patient.labels
    return [
        s.result if s.holds_for(labels) else _judge(c, patient, index_is_proxy)
        for c, s in zip(silence.criteria, silent_, strict=True)
    ]


def judge_criterion(criterion: Criterion, patient: Patient, index_is_proxy: bool = False) -> Judged:
    """Verdict of a patient on one criterion: the first step of ``decide`` that is true; else unknown.

    Its confidence knows nothing of the patient's other criteria, as that of :func:`judge` does.
    """
    return with_confidence(_judge(_ready(criterion), patient, index_is_proxy))


def judge_without_confidence(criterion: Criterion, patient: Patient) -> Judged:
    """The same with a confidence of 0, for those who judge on many days."""
    return _judge(_ready(criterion), patient, False)


def _judge(ready: _Ready, patient: Patient, index_is_proxy: bool) -> Judged:
    criterion, window = ready.criterion, ready.window
    if criterion.investigator:
        return Judged(
            criterion,
            "unknown",
            "For the investigator to judge; never decided from notes.",
            True,
            "investigator's judgement",
            1.0,
        )
    asked: list[Finding] = []
    for number, (step, condition) in enumerate(ready.steps):
        finding = condition.ask(patient, window)
        if finding.truth is True:
            flags = finding.flags
            if index_is_proxy and ready.by_index[number]:
                flags = (*flags, "index_proxy")
            if step.verdict == "unknown":
                return _unknown(ready, [finding], step.because, flags, patient)
            return _decided(criterion, step, number, finding, flags, patient)
        if finding is not SILENT:
            asked.append(finding)
    if criterion.if_silent == "pass" and not any(f.facts for f in asked):
        why = "The notes are silent; the trial definition lets silence pass."
        said = "decided from silence, as the trial definition says"
        return Judged(criterion, "pass", why, True, said, 0.0, properties={"pass": 1.0, "silence": 1.0})
    return _unknown(ready, asked, "", (), patient, window)


def _decided(
    criterion: Criterion, step: Step, number: int, finding: Finding, flags: tuple[str, ...], patient: Patient
) -> Judged:
    verdict, because, review = step.verdict, step.because, step.review
    reason = "; ".join(finding.notes) or because or criterion.says
    if because:
        reason = f"{because}: {reason}" if finding.notes else because
    why = [review] if review else []
    why.extend(REVIEW_WORDS[f] for f in dict.fromkeys(flags) if f in REVIEW_WORDS and f != "unit_inferred")
    supports = statements_of(finding.facts)
    against = [s for f in finding.facts for s in f.against]
    return Judged(
        criterion,
        verdict,
        reason,
        bool(why),
        "; ".join(why),
        0.0,
        supports,
        _once(against, supports),
        decided(criterion, verdict, finding, number, bool(review), flags, patient, supports, against),
    )


def _unknown(
    ready: _Ready,
    asked: list[Finding],
    because: str,
    flags: tuple[str, ...],
    patient: Patient,
    window: Window | None = None,
) -> Judged:
    criterion = ready.criterion
    facts = tuple(f for finding in asked for f in finding.facts)
    notes = list(dict.fromkeys(n for finding in asked for n in finding.notes))
    all_flags = dict.fromkeys([*flags, *(x for finding in asked for x in finding.flags)])
    said = "; ".join(notes[:4])
    lacking = criterion.missing or criterion.says
    if because:
        reason = f"{because}. {said}" if said else f"{because}."
    elif "conflict" in all_flags:
        reason = f"Statements contradict each other: {said}."
    elif said:
        reason = f"{said}. Not decided; needed: {lacking}"
    elif window is not None and patient.index_date is not None:
        first = window.first_day(patient.index_date)
        reason = (
            f"No value between {first.isoformat()} and {patient.index_date.isoformat()} in any note. Needed: {lacking}"
        )
    else:
        reason = f"Not stated in any note. Needed: {lacking}"
    supports = statements_of(facts)
    against = [s for f in facts for s in f.against]
    why = [REVIEW_WORDS[f] for f in all_flags if f in ("conflict", "undated")]
    if supports and not why:
        why = ["something is said, but it does not decide"]
    return Judged(
        criterion,
        "unknown",
        reason,
        bool(why),
        "; ".join(why),
        0.0,
        supports,
        _once(against, supports),
        undecided(ready.features, asked, bool(because), patient),
    )


def _once(statements: list[Statement], but: list[Statement]) -> list[Statement]:
    seen = {(s.note_id, s.start, s.end) for s in but}
    out = []
    for s in statements:
        key = (s.note_id, s.start, s.end)
        if key not in seen:
            seen.add(key)
            out.append(s)
    return out


def _neighbours(silence: _Silence, judged: list[Judged]) -> list[dict[str, float]]:
    """More properties of unknowns: how many of the patient's other criteria are decided. Where all else is written, silence is suspicious."""
    parents, nothing = silence.parents, dict[str, float]()
    others = parents.total() - 1
    if others < 1:
        return [nothing] * len(judged)
    decided_of = Counter(j.criterion.parent for j in judged if j.verdict != "unknown")
    share = round(decided_of.total() / others - 0.8, 4)
    more = {parent: {"decided_share": share} for parent in parents}
    for parent, number in parents.items():
        if number > 1:
            more[parent]["siblings"] = round(decided_of[parent] / (number - 1) - 0.5, 4)
    return [nothing if j.verdict != "unknown" or j.criterion.investigator else more[j.criterion.parent] for j in judged]


UNSURE = "less sure than the hand-off asks for"


def with_confidence(judged: Judged) -> Judged:
    """The verdict with its confidence, by the model of ``models/confidence.json``; below the limits of a hand-off it needs review."""
    return _finished(judged, {}, load_confidence(), review_limits())


def _finished(j: Judged, more: dict[str, float], model: Confidence, limits: Mapping[str, float] | None) -> Judged:
    if j.criterion.investigator:
        return j
    properties = j.properties | more if more else j.properties
    rule = j.supports[0].rule if j.supports else ""
    confidence = model.probability(j.verdict, j.criterion.id, rule, properties)
    unsure = limits is not None and not j.needs_review and confidence < limits[j.verdict]
    return Judged(
        j.criterion,
        j.verdict,
        j.reason,
        j.needs_review or unsure,
        UNSURE if unsure else j.review_why,
        confidence,
        j.supports,
        j.contradicts,
        properties,
    )


def status(trial: Trial, judged: list[Judged]) -> str:
    """``candidate``, ``possible`` or ``ineligible``, from the verdicts of all criteria."""
    return status_of(trial, {j.criterion.id: j.verdict for j in judged})


def status_of(trial: Trial, verdicts: Mapping[str, str]) -> str:
    """``candidate``, ``possible`` or ``ineligible``; unknowns of later phases and of the investigator do not count against a candidate.

    Parameters
    ----------
    trial : Trial
    verdicts : mapping of str to str
        By criterion; one that is left out or empty (hidden) is unknown.
    """
    if "fail" in verdicts.values():
        return "ineligible"
    decided = (c for c in trial.criteria if not trial.may_wait(c))
    return "candidate" if all(verdicts.get(c.id) == "pass" for c in decided) else "possible"


def leading(facts: list[Fact]) -> Fact | None:
    """The fact that stands in the feature table: the newest."""
    return facts[-1] if facts else None
