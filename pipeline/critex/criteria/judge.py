"""Judges a patient by a trial: the verdict, the reason, the evidence and what a person should look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache

from critex.criteria.conditions import Condition, Finding, Window, parse_condition, parse_window, statements_of
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


@dataclass(frozen=True)
class Judged:
    """Verdict on one leaf criterion, with its evidence."""

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


def conditions_of(criterion: Criterion) -> list[Condition]:
    """Conditions of a criterion's steps, parsed once."""
    found = criterion._conditions
    if found is None:
        features = load_features()
        found = criterion._conditions = [parse_condition(s.when, features) for s in criterion.decide]
    return found


Enrolled = tuple[date | None, str | None, date | None]
"""Index date, sex and birth date, as known without notes."""
_REMEMBERED = 20_000


class _Silence:
    """Verdicts of a trial on patients of whom nothing is said; they hold for all who have no statement that a criterion asks for."""

    def __init__(self, trial: Trial) -> None:
        self._criteria = trial.criteria
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
            found = [self._criterion(i, patient, enrolled, index_is_proxy) for i in range(len(self._criteria))]
            self._by_patient[index_is_proxy, enrolled] = found
        return found

    def _criterion(self, i: int, patient: Patient, enrolled: Enrolled, index_is_proxy: bool) -> Silent[Judged]:
        known = (i, index_is_proxy, enrolled[0] is None, enrolled[1], enrolled[2] is None)
        asked = self._asked.get(known)
        key = (known, *(getattr(patient, name) for name in asked)) if asked is not None else None
        found = self._by_criterion.get(key) if key is not None else None
        if found is None:
            found = silent(lambda p: _judge(self._criteria[i], p, index_is_proxy), *enrolled)
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
    judged = _judged(trial, patient, index_is_proxy, silent_)
    model, limits, finished = load_confidence(), review_limits(), silence.finished
    asked = tuple(limits.items()) if limits else ()
    out = []
    for j, s, more in zip(judged, silent_, _neighbours(judged), strict=True):
        if j is not s.result:
            out.append(_finished(j, more, model, limits))
            continue
        key = (
            id(j),
            *more.values(),
            model.digest,
            asked,
        )  # `silence` keeps what it remembers alive: an id is not used again
        known = finished.get(key)
        if known is None:
            known = finished[key] = _finished(j, more, model, limits)
        out.append(known)
    return out


def judge_evidence(trial: Trial, patient: Patient, index_is_proxy: bool = False) -> list[Judged]:
    """Verdicts with the properties of their evidence, but without a confidence: what the confidence model is trained on."""
    judged = _judged(trial, patient, index_is_proxy, _silence_of(trial).of(patient, index_is_proxy))
    return [
        replace(j, properties=j.properties | more) if more else j
        for j, more in zip(judged, _neighbours(judged), strict=True)
    ]


def _silence_of(trial: Trial) -> _Silence:
    silence: _Silence | None = trial._silence
    if silence is None:
        silence = trial._silence = _Silence(trial)
    return silence


def _judged(trial: Trial, patient: Patient, index_is_proxy: bool, silent_: list[Silent[Judged]]) -> list[Judged]:
    return [
        s.result if s.holds_for(patient.labels) else _judge(c, patient, index_is_proxy)
        for c, s in zip(trial.criteria, silent_, strict=True)
    ]


def judge_criterion(criterion: Criterion, patient: Patient, index_is_proxy: bool = False) -> Judged:
    """Verdict of a patient on one criterion: the first step of ``decide`` that is true; else unknown.

    Its confidence knows nothing of the patient's other criteria, as that of :func:`judge` does.
    """
    return with_confidence(_judge(criterion, patient, index_is_proxy))


def judge_without_confidence(criterion: Criterion, patient: Patient) -> Judged:
    """The same with a confidence of 0, for those who judge on many days."""
    return _judge(criterion, patient, False)


def _judge(criterion: Criterion, patient: Patient, index_is_proxy: bool) -> Judged:
    if criterion.investigator:
        return Judged(
            criterion,
            "unknown",
            "For the investigator to judge; never decided from notes.",
            True,
            "investigator's judgement",
            1.0,
        )
    window = _window(criterion.window) if criterion.window else None
    asked: list[Finding] = []
    for number, (step, condition) in enumerate(zip(criterion.decide, conditions_of(criterion), strict=True)):
        finding = condition.ask(patient, window)
        if finding.truth is True:
            flags = list(finding.flags)
            if index_is_proxy and (window or "within" in str(step.when) or "before" in str(step.when)):
                flags.append("index_proxy")
            if step.verdict == "unknown":
                return _unknown(criterion, [finding], step.because, flags, patient)
            return _decided(criterion, step, number, finding, flags, patient)
        asked.append(finding)
    if criterion.if_silent == "pass" and not any(f.facts for f in asked):
        why = "The notes are silent; the trial definition lets silence pass."
        said = "decided from silence, as the trial definition says"
        return Judged(criterion, "pass", why, True, said, 0.0, properties={"pass": 1.0, "silence": 1.0})
    return _unknown(criterion, asked, "", [], patient, window)


@cache
def _window(text: str) -> Window:
    return parse_window(text)


def _decided(
    criterion: Criterion, step: Step, number: int, finding: Finding, flags: list[str], patient: Patient
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
    criterion: Criterion,
    asked: list[Finding],
    because: str,
    flags: list[str],
    patient: Patient,
    window: Window | None = None,
) -> Judged:
    facts = tuple(f for finding in asked for f in finding.facts)
    notes = list(dict.fromkeys(n for finding in asked for n in finding.notes))
    all_flags = list(dict.fromkeys([*flags, *(x for finding in asked for x in finding.flags)]))
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
        undecided(criterion, asked, bool(because), patient),
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


def _neighbours(judged: list[Judged]) -> list[dict[str, float]]:
    """More properties of unknowns: how many of the patient's other criteria are decided. Where all else is written, silence is suspicious."""
    known = [j for j in judged if not j.criterion.investigator]
    if len(known) < 2:
        return [{} for _ in judged]
    parents = Counter(j.criterion.parent for j in known)
    by_parent = Counter(j.criterion.parent for j in known if j.verdict != "unknown")
    share = round(sum(by_parent.values()) / (len(known) - 1) - 0.8, 4)
    out: list[dict[str, float]] = []
    for j in judged:
        if j.verdict != "unknown" or j.criterion.investigator:
            out.append({})
            continue
        more = {"decided_share": share}
        parent = j.criterion.parent
        if parents[parent] > 1:
            more["siblings"] = round(by_parent[parent] / (parents[parent] - 1) - 0.5, 4)
        out.append(more)
    return out


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
