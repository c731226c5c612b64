"""What was given before the index date (GUIDELINE I05, E01, E02; domain.md I5, E1, E2, 15.1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from critex.features.derive import derivation
from critex.features.facts import CONFLICT, OWN_DATES, Fact, Statement
from critex.features.patient import Patient, as_fact

ANTI_TUMOUR = frozenset({"radiotherapy", "chemotherapy", "immunotherapy", "targeted", "surgery", "local", "any"})
"""Values of TREATMENT that are treatment of the cancer; herbs and hormones are not."""
SYSTEMIC = frozenset({"chemotherapy", "immunotherapy", "targeted", "hormone"})
CHECKPOINT = frozenset({"pd1", "pdl1", "ctla4", "ici"})
TRIAL_CLASSES = frozenset({"pd1", "pdl1", "ici", "chemo"})
"""Classes that the trial's own course consists of; given on study they are not prior treatment."""


@derivation("prior_treatment")
def prior_treatment(patient: Patient) -> list[Fact]:
    """Facts ``given`` or ``none``; a conflict where one says no treatment and another, no later, names one.

    Treatment of another disease, the trial's own course, and what was given on or after the index date do not count. A treatment that no
    sentence ties to a disease counts only where no other cancer is known.
    """
    name = "prior_treatment"
    other_cancer = has_other_cancer(patient)
    elsewhere = {s.attributes.get("drug") for s in before_index(patient) if s.attributes.get("disease") == "other"} - {
        None
    }
    given = [
        s
        for s in before_index(patient)
        if s.value in ANTI_TUMOUR
        and s.attributes.get("disease") != "other"
        and not (other_cancer and s.attributes.get("disease") == "unknown")
        and not (s.attributes.get("drug") in elsewhere and s.date_source in ("heading", "note"))
    ]
    none = no_treatment(patient)
    if operated := _neck_operations(patient):
        given.extend(operated)
        none = [s for s in none if s.value == "any"]  # "no RT, no chemo" says nothing of surgery
    return _resolve(name, given, none)


def _neck_operations(patient: Patient) -> list[Statement]:
    """Operations on the neck's nodes or the nasopharynx before the index date, where no other cancer explains them."""
    if has_other_cancer(patient):
        return []
    index = patient.index_date
    return [
        s
        for s in patient.labelled("SURGERY")
        if s.assertion == "present"
        and s.rule == "surgery.neck_nodes"
        and not (index is not None and s.when is not None and s.when.first >= index)
    ]


@derivation("prior_checkpoint")
def prior_checkpoint(patient: Patient) -> list[Fact]:
    """Facts ``given`` or ``none`` about PD-1, PD-L1 and CTLA-4 inhibitors, for any disease.

    "No treatment for this cancer" is ``none`` only where no other cancer had systemic treatment (GUIDELINE, settled questions).
    """
    given = [s for s in before_index(patient) if s.attributes.get("class") in CHECKPOINT]
    never = [
        s
        for s in patient.labelled("TREATMENT")
        if s.assertion == "absent"
        and s.value == "immunotherapy"
        and not (s.attributes.get("refused") or s.attributes.get("correction") or s.attributes.get("drug"))
    ]
    for s in patient.labelled("TREATMENT"):
        is_general = (
            s.assertion == "absent" and s.value in ("any", "systemic") and s.attributes.get("disease") != "other"
        )
        if (
            is_general
            and not _dated_in_doubt(patient)
            and (s.attributes.get("scope") == "any_cancer" or not _systemic_elsewhere(patient))
        ):
            never.append(s)
    return _resolve("prior_checkpoint", given, sorted(never, key=_order))


def _dated_in_doubt(patient: Patient) -> bool:
    """Whether a checkpoint inhibitor is named with a day before its note, and whether it was given is not clear: no general "none" covers it."""
    return any(
        s.attributes.get("class") in CHECKPOINT
        and s.assertion in ("hypothetical", "possible")
        and s.date_source == "text"
        and s.when is not None
        and s.note_date is not None
        and (s.note_date - s.when.last).days > 31
        for s in patient.labelled("TREATMENT")
    )


def before_index(patient: Patient) -> list[Statement]:
    """Treatments given before the index date, the trial's own course and corrected entries excepted."""
    start = study_start(patient)
    index = patient.index_date
    corrected = {s.attributes.get("drug") for s in patient.labelled("TREATMENT") if s.attributes.get("correction")} - {
        None
    }
    found = []
    for s in patient.labelled("TREATMENT"):
        if s.assertion != "present" or s.attributes.get("drug") in corrected:
            continue
        first = _first_day(s)
        if index is not None and first is not None and first >= index:
            continue
        if _is_trial_course(s, start):
            continue
        found.append(s)
    return found


def study_start(patient: Patient) -> date | None:
    """First day on which a treatment was given within the study, as far as the notes tell; ``None`` where they tell of none."""
    days = [
        day
        for s in patient.labelled("TREATMENT")
        if s.assertion == "present" and s.attributes.get("study") and (day := _first_day(s)) is not None
    ]
    return min(days) if days else None


def _is_trial_course(s: Statement, start: date | None) -> bool:
    if s.attributes.get("class") not in TRIAL_CLASSES:
        return False
    if s.attributes.get("study"):
        return True
    if start is None or s.attributes.get("disease") == "other":
        return False
    first = _first_day(s)
    return first is not None and first >= start


def _first_day(s: Statement) -> date | None:
    """Day from which a treatment is known: its own date, else the day of its note."""
    if s.date_source in OWN_DATES and s.when is not None:
        return s.when.first
    return s.note_date


def no_treatment(patient: Patient) -> list[Statement]:
    """Statements that nothing was given for this cancer: a general one, or chemotherapy and radiotherapy both denied in one note."""
    found: list[Statement] = []
    denied: dict[str, dict[str | None, Statement]] = {}
    for s in patient.labelled("TREATMENT"):
        if s.assertion != "absent" or s.attributes.get("disease") == "other":
            continue
        if s.value == "any":
            found.append(s)
        elif not (s.attributes.get("refused") or s.attributes.get("correction") or s.attributes.get("drug")):
            denied.setdefault(s.note_id, {}).setdefault("chemotherapy" if s.value == "systemic" else s.value, s)
    for values in denied.values():
        if "chemotherapy" in values and "radiotherapy" in values:
            found.extend(values[v] for v in ("chemotherapy", "radiotherapy"))
    return sorted(found, key=_order)


def has_other_cancer(patient: Patient) -> bool:
    """Whether the notes name another cancer than this one."""
    return any(s.assertion == "present" for s in patient.labelled("MALIGNANCY"))


def _systemic_elsewhere(patient: Patient) -> bool:
    if not has_other_cancer(patient):
        return False
    hormones = (
        s
        for s in patient.labelled("TREATMENT")
        if s.value == "hormone"
        and s.assertion in ("hypothetical", "possible")
        and s.attributes.get("disease") == "other"
    )  # "letrozole to continue until 2027", or in a list of drugs
    return any(
        s.assertion == "present" and s.value in SYSTEMIC and s.attributes.get("disease") in ("other", "unknown")
        for s in before_index(patient)
    ) or any(hormones)


def _order(s: Statement) -> tuple[date, str, int]:
    return (s.note_date or date.min, s.note_id, s.start)


def _resolve(name: str, given: list[Statement], none: list[Statement]) -> list[Fact]:
    """One state: a treatment named later than the last "none" stands beside it; earlier it contradicts it."""
    if given and none:
        last_none = max((s.note_date or date.min) for s in none)
        # what was only inferred (a day beside a treatment, a cue apart from it) is no match for a plain statement, unless its day is later
        given = [
            s
            for s in given
            if not s.attributes.get("weak") or (s.date_source in OWN_DATES and _known_later(s, last_none))
        ]
    if given and none:
        later = [s for s in given if _known_later(s, last_none)]
        if not later:
            return [
                Fact(
                    name, CONFLICT, (given[0],), when=given[0].when, against=(none[-1], *given[1:]), flags=("conflict",)
                )
            ]
        given, none = later, []
    state = "given" if given else "none"
    return [as_fact(name, s, state) for s in _first_copies(given or none)]


def _known_later(s: Statement, day: date) -> bool:
    if s.date_source in OWN_DATES and s.when is not None:
        return s.when.last > day
    return s.note_date is not None and s.note_date > day


def _first_copies(statements: Iterable[Statement]) -> list[Statement]:
    originals = [s for s in statements if s.copy_of is None]
    return originals or list(statements)
