"""General negatives: what they cover, and what only looks like one.

Each case is a note (dated 2026-03-12, planned first dose 2026-03-16), the criterion and the verdict; the texts are written for these tests.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

Verdict = Callable[..., str]


COVERED = (
    "E04.malignancy",
    "E05.autoimmune",
    "E10.hypertension",
    "E10.angina",
    "E10.infarction",
    "E10.heart_failure",
    "E10.arrhythmia",
    "E11.lung",
)


@pytest.mark.parametrize(
    "note",
    [
        "PMH: nil",
        "PMH nil of note",
        "PMHx: Nil.",
        "No significant past medical history.",
        "Nil significant PMHx",
        "PMHx nil sig",
        "nil sig PMHx",
        "Previously healthy.",
        "previously fit and well",
        "Past health: good",
        "GPH, NSND",
        "NKMI",
        "NKMI, NKDA",
        "usually in good health",
        "Good past health.",
        "Comorbidities: none",
        "Co-morbids: nil",
        "No comorbidities",
        "no known comorbidities",
        "No co-morbid illness",
        "No other medical problems.",
        "nil else of note",
        "T2DM on metformin. Nothing else medically.",
        "Gout; nil else of note.",
        "PMH - none",
        "Past medical history: unremarkable",
        "past history: nothing special",
        "No special past history.",
        "Medical history: None",
        "Medical Hx - Nil",
        "previously well with no medical problems",
        "Otherwise healthy 45 year old",
        "He has no medical illness",
        "No chronic illnesses.",
        "Denies chronic disease",
        "Denied history of chronic diseases",
        "no underlying disease",
        "Underlying disease: denied",
        "systemic disease: nil",
        "No systemic disease",
        "Generally healthy before.",
        "He is usually fit and healthy",
        "He has always enjoyed good health",
        "No relevant medical history",
        "PMH: nil relevant",
        "U/L: nil",
        "b/g: nil",
        "Background: nil",
        "PMHx - nil",
        "BG nil",
        "既往体健",
        "PMH (-)",
        "PMH: -\nNKDA",
        "Past Medical History\nNil",
        "PAST MEDICAL HISTORY: None.",
        "Past Medical Hx : nil significant",
        "no PMH",
        "No PMHx of note",
        "Fit & well, no medical hx",
        "No past medical problems",
        "Nil medical history",
        "nil co-morbidities",
        "PMH nil apart from appendicectomy",
        "No other comorbidity.",
        "without comorbidities",
        "no known medical illness",
        "Not known to have any medical illness",
        "no long-term conditions",
        "no concomitant diseases",
        "no concurrent illness",
        "Concomitant diseases: none",
        "F+W, no PMH",
        "No other illnesses",
        "never had any serious illness",
        "Past history: denies any medical illness",
        "No h/o any chronic illness",
        "PMHx: NAD",
        "Past hx: nil",
    ],
)
def test_a_general_negative_covers_comorbid_diseases(verdict: Verdict, note: str) -> None:
    assert {c: verdict(c, note) for c in COVERED} == dict.fromkeys(COVERED, "pass")


@pytest.mark.parametrize(
    "note",
    [
        "PMH: HTN",
        "PMH: nil available",
        "PMH not known",
        "No disease progression",
        "No new complaints",
        "PMH: nil TB",
        "CT: nil else",
        "CT chest: no nodule. Nil else of note.",
        "wife: nil PMH",
        "Healthy appearing man",
        "No other allergy",
        "no other findings",
        "otherwise well",
        "keeping well",
        "FHx: nil",
        "Family history: unremarkable",
        "Children healthy",
        "No history of hypertension",
        "No PMH available",
        "PMH: see old notes",
        "PMH: No DM",
        "No other lesions",
        "no other symptoms",
        "Nil else to add re imaging",
        "no acute medical issues",
        "Social history: nil of note",
        "ROS: negative",
        "nil PR bleeding",
        "no significant disease on CT",
        "Bowel: NAD",
        "no problems with chemo",
        "No problems overnight",
        "Medications: nil",
        "No complications",
        "Father healthy",
        "good health centre",
        "Past history: hypertension",
        "no evidence of disease",
        "No other significant abnormality",
        "He was fit for discharge",
        "liver: nil else",
    ],
)
def test_what_is_no_general_negative_covers_nothing(verdict: Verdict, note: str) -> None:
    assert verdict("E04.malignancy", note) == verdict("E05.autoimmune", note) == verdict("E11.lung", note) == "unknown"


@pytest.mark.parametrize("criterion", ["E12.surgery", "E12.wound", "E14.allergy"])
def test_a_general_negative_does_not_cover_operations_wounds_and_allergies(verdict: Verdict, criterion: str) -> None:
    assert verdict(criterion, "PMH: nil of note.") == "unknown"


@pytest.mark.parametrize(
    ("criterion", "note"),
    [
        ("E04.malignancy", "PMH: nil. Ca colon resected 2024."),
        ("E05.autoimmune", "Otherwise healthy. SLE on prednisolone 10 mg daily."),
        ("E10.hypertension", "No comorbidities. HTN, BP 172/104."),
        ("E11.lung", "No medical problems. IPF on nintedanib."),
    ],
)
def test_a_general_negative_never_overrides_a_specific_statement(verdict: Verdict, criterion: str, note: str) -> None:
    assert verdict(criterion, note) == "fail"


def test_nothing_else_after_a_list_covers_what_the_list_does_not_name(verdict: Verdict) -> None:
    note = "T2DM on metformin, HTN on amlodipine. Nil else of note."
    assert verdict("E05.autoimmune", note) == "pass"
    assert verdict("E10.hypertension", note) == "unknown"
