"""Allergies to study drugs and to others.

Each case is a note (dated 2026-03-12, planned first dose 2026-03-16), the criterion and the verdict; the texts are written for these tests.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

Verdict = Callable[..., str]


@pytest.mark.parametrize(
    "note",
    [
        "NKDA",
        "No known drug allergies",
        "DA: nil",
        "Allergy: nil known",
        "Allergies: penicillin (rash)",
        "Denied drug and food allergy",
        "allergic to aspirin",
        "Allergy: NKA",
        "NKDA/NKFA",
        "no drug allergy history",
        "Drug allergy (-)",
        "Allergies: None",
        "Allergy - Nil",
        "ADRs: co-trimoxazole - SJS",
        "Not known to be allergic to any medication",
        "hypersensitivity to paclitaxel (G3)",
        "iodinated contrast allergy - hives",
        "No known allergies to medications",
        "Penicillin allergy. No other allergy; tolerated cisplatin",
        "Allergies: sulfa",
        "drug allergy: sulphur",
        "allergic to shellfish",
        "否认药物过敏史",
        "NKMA",
        "No drug or food allergies",
        "Allergen: none",
        "Penicillin - rash as a child",
        "Allergies | NKDA",
        "DA - NSAIDs (angioedema)",
        "Allergies: Augmentin --> facial swelling",
        "no allergies",
        "has no allergies to medicines",
        "Allergy history: denied",
        "NIL KNOWN ALLERGIES",
        "No known allergies.",
        "ALLERGIES: NKDA",
        "Allergic to penicillin and sulpha.",
        "Denies allergies",
        "Nil allergies",
        "Allergies nil",
        "No h/o drug allergy",
        "Drug allergies - none known",
        "Allergy to: codeine (itch)",
        "ALLERGIES: Latex.",
        "Known drug allergy: nil",
        "Allergies/intolerances: none",
        "DRUG ALLERGY: NO",
        "no history of allergy",
        "No history of drug or food allergies",
        "Reactions: rash with amoxicillin",
        "Allergy: contrast media - urticaria",
        "Allergies: peanut",
        "Hx of allergy: no",
        "Allergies: Nil Known",
        "NKDA, tolerated chemo",
        "Drug hypersensitivity: none",
        "no allergy known",
        "Hypersensitivity to study drugs: No",
        "allergic to bee stings",
        "sulfa allergy",
    ],
)
def test_allergy_passes(verdict: Verdict, note: str) -> None:
    assert verdict("E14.allergy", note) == "pass"


@pytest.mark.parametrize(
    "note",
    [
        "carboplatin anaphylaxis in 2019",
        "allergic to cisplatin",
        "Allergies: oxaliplatin (bronchospasm)",
        "gemcitabine hypersensitivity reaction",
        "severe infusion reaction to nivolumab, anaphylaxis",
        "Allergy: polysorbate 80",
        "DA: cisplatin - urticaria",
        "allergy to platinum compounds",
        "NKDA on admission form but had anaphylaxis with carboplatin 2021",
        "Known hypersensitivity to pembrolizumab",
        "mannitol allergy",
        "previous anaphylaxis to oxaliplatin",
        "ALLERGY - CARBOPLATIN",
        "cisplatin allergy (urticaria, wheeze)",
        "He reacted to gemcitabine with bronchospasm, allergic",
        "Hypersensitivity to cisplatin",
        "Allergies: penicillin, carboplatin",
        "known allergy to mannitol",
        "Allergic reaction grade 3 to carboplatin in 2020",
    ],
)
def test_allergy_fails(verdict: Verdict, note: str) -> None:
    assert verdict("E14.allergy", note) == "fail"


@pytest.mark.parametrize(
    "note",
    [
        "allergy status unknown",
        "allergic rhinitis",
        "vomited with cisplatin",
        "Mother allergic to penicillin",
        "Allergies: not recorded",
        "seen today",
        "risk of allergic reaction to gemcitabine explained",
        "Allergies:",
        "cisplatin caused tinnitus",
        "allergic conjunctivitis",
        "hay fever",
        "?allergic to carboplatin",
        "Allergy to chemotherapy, drug unknown",
        "Allergies: unknown",
        "Allergy ?",
        "nausea with codeine",
        "Allergies: please check",
        "eczema, atopic",
        "allergy clinic appointment",
        "sister allergic to aspirin",
        "If allergic reaction, stop infusion",
        "skin prick test pending",
    ],
)
def test_allergy_stays_unknown(verdict: Verdict, note: str) -> None:
    assert verdict("E14.allergy", note) == "unknown"
