"""Measured lesions, response and the nervous system (GUIDELINE I07, I08, E03; domain.md I7, I8, E3)."""

from __future__ import annotations

from datetime import date

import pytest

from critex.criteria.examples import statements_of_text
from critex.features.facts import CONFLICT
from critex.features.measurability import is_measurable
from critex.features.patient import Patient

INDEX = date(2026, 3, 16)


def patient(*notes: tuple[str, str, str]) -> Patient:
    statements = [
        s
        for n, (day, kind, text) in enumerate(notes)
        for s in statements_of_text(text, date.fromisoformat(day), kind, f"n{n}")
    ]
    return Patient("p", statements, INDEX)


def states(feature: str, text: str, kind: str = "CT report") -> set[str | None]:
    return {f.state for f in patient(("2026-03-10", kind, text)).facts(feature)}


@pytest.mark.parametrize(
    ("longest", "lesion", "measurable"),
    [
        (10.0, {}, True),
        (9.9, {}, False),
        (24.0, {"nodal": True, "short_axis_mm": 15.0}, True),
        (24.0, {"nodal": True, "short_axis_mm": 14.9}, False),
        (24.0, {"nodal": True}, None),
        (12.0, {"nodal": True}, False),
        (25.0, {"bone": True}, False),
        (25.0, {"bone": True, "soft_tissue": True}, True),
        (30.0, {"treated": True}, False),
        (30.0, {"modality": "ultrasound"}, False),
        (30.0, {"modality": None}, False),
        (30.0, {"modality": "PET-CT"}, True),
    ],
)
def test_recist_limits(longest: float, lesion: dict, measurable: bool | None) -> None:
    assert is_measurable(longest, **lesion) is measurable


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Liver metastasis in segment 6, 26 mm.", {"measured"}),
        ("Right level II node 24 x 17 mm.", set()),
        ("Right level II node 24 x 17 mm in short axis.", {"measured"}),
        ("Right level II node 24 mm.", set()),
        ("Sclerotic L2 lesion 25 mm.", set()),
        ("Hepatic haemangioma 22 mm.", set()),
        ("Lung nodules up to 8 mm.", set()),
        ("Spleen 13.2 cm. Pleural effusion 4 cm.", set()),
        ("Solitary 14 mm nodule in the RUL, indeterminate.", set()),
        ("No measurable lesion by RECIST 1.1.", {"none"}),
        ("Liver S6 lesion is suitable as a target lesion.", {"declared"}),
    ],
)
def test_what_a_report_says_about_measurable_disease(text: str, wanted: set[str]) -> None:
    assert states("measurable_disease", text) == wanted


def test_a_newer_size_against_no_measurable_lesion_is_a_conflict() -> None:
    p = patient(
        ("2026-02-01", "CT report", "No measurable lesion by RECIST."),
        ("2026-03-01", "MRI report", "Liver metastasis 31 mm."),
    )
    assert {f.state for f in p.facts("measurable_disease")} == {CONFLICT}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("CT after 4 cycles of GP + toripalimab: PR by RECIST 1.1.", {"PR"}),
        ("CT after 6 cycles of GP + toripalimab: overall evaluation SD.", {"SD"}),
        ("After 4 cycles of GP + toripalimab: PR in primary, new liver lesion.", {"PD"}),
        ("CT after 2 cycles of GP + toripalimab: PR.", {"early"}),
        ("CT after 4 cycles of GP: PR.", {"other_regimen"}),
        ("NPC on GP + toripalimab. PR 88/min, Cr 98 umol/L, abdomen soft, PR: NAD.", set()),
        ("NPC, GP + toripalimab given. If CR or PR after C4, for randomisation.", set()),
    ],
)
def test_response_after_the_induction_course(text: str, wanted: set[str]) -> None:
    assert states("response", text, "clinic note") == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("MRI brain 06/03/2026 clear.", {"clear"}),
        ("PET-CT: no brain metastasis.", {"clear"}),
        ("PET-CT: no leptomeningeal disease.", set()),
        ("Multiple brain metastases with oedema and mass effect.", {"symptomatic"}),
        ("Brain met s/p SRS, stable on MRI, off dexamethasone.", {"controlled"}),
        ("Brain metastasis 8 mm.", {"present"}),
        ("Intracranial extension through the foramen ovale.", set()),
        ("T8 metastasis with epidural cord compression.", set()),
        ("MRI brain not done yet.", set()),
    ],
)
def test_state_of_the_nervous_system(text: str, wanted: set[str]) -> None:
    assert states("cns_metastasis", text, "MRI report") == wanted


@pytest.mark.parametrize(
    ("notes", "wanted"),
    [
        ([("2026-02-01", "Liver metastases.")], {"present"}),
        ([("2026-02-01", "No liver metastasis.")], set()),
        ([("2026-02-01", "No distant metastasis.")], {"absent"}),
        ([("2019-02-01", "No distant metastasis."), ("2026-02-01", "Multiple lung metastases.")], {"present"}),
        ([("2026-01-01", "Liver metastases."), ("2026-02-01", "Lesions are haemangiomas. No distant metastasis.")], {"absent"}),
        ([("2026-02-01", "?liver mets")], set()),
    ],
)  # fmt: skip
def test_distant_metastasis_follows_the_newest_report(notes: list[tuple[str, str]], wanted: set[str]) -> None:
    p = patient(*[(day, "CT report", text) for day, text in notes])
    assert {f.state for f in p.facts("distant_metastasis")} == wanted
