"""Interstitial lung disease and pneumonitis.

Each case is a note (dated 2026-03-12, planned first dose 2026-03-16), the criterion and the verdict; the texts are written for these tests.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

Verdict = Callable[..., str]


@pytest.mark.parametrize(
    "note",
    [
        "No ILD.",
        "No interstitial change on chest CT",
        "no evidence of pneumonitis or ILD",
        "ILD: nil",
        "No interstitial lung disease",
        "No heart or lung disease",
        "Grade 1 radiation pneumonitis 2018, observed, resolved",
        "no features of pulmonary fibrosis",
        "Lungs: no ILD, no nodules",
        "IPF ruled out by HRCT",
        "[x] COPD [ ] ILD [ ] asthma",
        "No history of interstitial pneumonia",
        "ILD / pneumonitis  -  No",
        "CT chest: no ground glass or reticulation, no ILD.",
        "no respiratory disease, no ILD",
        "No pneumonitis or interstitial lung disease on the CT of 3/3.",
        "Lung fields: no interstitial abnormality",
        "CT chest: no interstitial lung change, no nodule.",
        "ILD: No; pneumonitis: No",
        "Interstitial lung disease/pneumonitis [ ] Yes [x] No",
        "No past pneumonitis, no fibrosis on CT, no ILD",
        "Lungs: no evidence of interstitial disease",
        "no ILD/pneumonitis",
        "Hx of ILD - none",
        "No radiological sign of interstitial pneumonia",
        "without interstitial lung abnormality",
        "radiation pneumonitis gr 1 in 2015, asymptomatic",
        "HRCT: ILD excluded",
        "No lung disease apart from mild asthma",
        "No pre-existing lung disease",
    ],
)
def test_lung_passes(verdict: Verdict, note: str) -> None:
    assert verdict("E11.lung", note) == "pass"


@pytest.mark.parametrize(
    "note",
    [
        "ILD on nintedanib",
        "IPF diagnosed 2023",
        "Idiopathic pulmonary fibrosis",
        "G2 radiation pneumonitis 2022",
        "pneumonitis grade 3 after durvalumab",
        "Radiation pneumonitis 2021 needing prednisolone",
        "silicosis",
        "NSIP pattern, on MMF for scleroderma",
        "immune-related pneumonitis, on prednisolone 1 mg/kg",
        "asbestosis",
        "interstitial pneumonia 2020",
        "hypersensitivity pneumonitis",
        "chronic HP on MMF",
        "Fibrotic NSIP, FVC 68%",
        "Grade II pneumonitis on durvalumab 2022, steroids for 6 weeks",
        "RA-ILD",
        "coal worker pneumoconiosis",
        "known usual interstitial pneumonia",
        "Developed immune pneumonitis after cycle 4, on prednisolone 60 mg",
        "radiation pneumonitis in 2020 which required oxygen and steroids",
        "COP 2023 treated with prednisolone, organising pneumonia on biopsy",
    ],
)
def test_lung_fails(verdict: Verdict, note: str) -> None:
    assert verdict("E11.lung", note) == "fail"


@pytest.mark.parametrize(
    "note",
    [
        "reticulation, ILD not excluded",
        "basal reticular change",
        "pneumonitis in the past",
        "community acquired pneumonia 2025",
        "risk of pneumonitis explained",
        "COPD",
        "emphysema, bronchiectasis",
        "RP node 1.1 cm",
        "interstitial nephritis",
        "COVID pneumonia 2022",
        "GGO ?infective",
        "father had IPF",
        "lungs clear",
        "CXR clear",
        "?ILD, HRCT requested",
        "PMH nil. CT: subpleural reticulation, early ILD possible",
        "side effects including pneumonitis, colitis",
        "aspiration pneumonia",
        "watch for pneumonitis",
        "lymphangitis carcinomatosis",
        "old radiation pneumonitis",
        "bibasal atelectasis",
        "ILD?",
        "may be early ILD, HRCT advised",
        "bronchiectasis",
        "PE excluded",
        "asthma, mild",
        "covid pneumonitis 2021",
        "He was told about pneumonitis, hepatitis and colitis",
        "Pneumonitis leaflet given",
    ],
)
def test_lung_stays_unknown(verdict: Verdict, note: str) -> None:
    assert verdict("E11.lung", note) == "unknown"


def test_a_suspicion_stands_until_a_later_note_denies_it(verdict: Verdict) -> None:
    early, late = date(2026, 2, 2), date(2026, 3, 9)
    suspicion, denial = "CT: immune-related pneumonitis cannot be excluded", "CT: no pneumonitis, no ILD"
    assert verdict("E11.lung", (early, suspicion), (late, denial)) == "pass"
    assert verdict("E11.lung", (early, denial), (late, suspicion)) == "unknown"
