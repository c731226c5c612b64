"""Operations and wounds.

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
        "PSH: nil",
        "No previous operations.",
        "never operated",
        "Surgery last 4/52: nil",
        "no recent surgery",
        "No surgery in the last month",
        "last operation 2017",
        "Surgery: only the stent in 2019",
        "Denied operation, trauma, blood transfusion",
        "No surgical history",
        "PSHx -",
        "Past surgical history: none",
        "appendicectomy 1998, no operations since",
        "Appendicectomy 1990, none since",
        "Major surgery within 4 weeks: No",
        "Op hx: nil",
        "no major surgery within 28 days",
        "Only operation was a hernia repair in 2003",
        "Denies any past surgeries",
        "Has had no operation",
        "No hx of surgery",
        "Surgical Hx - Nil",
        "否认手术、外伤史",
        "No previous surgery.",
        "She has never had surgery.",
        "No operations in the past 6 months.",
        "Surgery (past 4 wks): none",
        "Surgery: nil.",
        "No surgeries.",
        "Past Surgical Hx: Nil",
        "No surgery or trauma in the last month",
        "he has not had any surgery",
        "Major surgery < 4 weeks: no",
        "No operations apart from tonsillectomy as a child",
        "Last surgery: 2012 (appendix)",
        "She has had no surgery since her caesarean in 2001.",
        "PSH: appendicectomy 1995, nothing since",
        "no major surgery recently",
        "[x] HTN [ ] major surgery within 4 weeks",
        "Operations: none",
        "Surgical history negative",
        "Never been under the knife, never operated",
        "no past surgeries",
        "No prior operations",
        "PSHx: none",
        "Surgery within 28 days [ ] Y [x] N",
    ],
)
def test_surgery_passes(verdict: Verdict, note: str) -> None:
    assert verdict("E12.surgery", note) == "pass"


@pytest.mark.parametrize(
    "note",
    [
        "laparotomy on 2026-03-01",
        "POD 10 after craniotomy",
        "R neck dissection 20/2/26",
        "3/52 post TKR",
        "lap chole 18 days ago",
        "Operation: posterior spinal fixation T8-T10, 25/02/2026",
        "s/p L hip hemiarthroplasty 2 weeks ago",
        "VATS wedge resection 03 Mar 2026",
        "C-section 3 weeks ago",
        "2/52 ago ORIF right ankle",
        "Right hemicolectomy 24.02.2026",
        "he underwent craniotomy and excision on 1 March 2026",
        "s/p TAHBSO 10 days ago",
        "post op day 6 laparoscopic cholecystectomy",
        "Emergency laparotomy 2 weeks back",
        "Day 12 after L2 spinal decompression",
        "neck dissection done 3/52 ago",
    ],
)
def test_surgery_fails(verdict: Verdict, note: str) -> None:
    assert verdict("E12.surgery", note) == "fail"


@pytest.mark.parametrize(
    "note",
    [
        "4/52 post TKR",
        "appendicectomy 1998",
        "s/p cholecystectomy 2010",
        "NP biopsy 10/3",
        "port inserted 5/3/26",
        "planned neck dissection next week",
        "no surgery planned",
        "not for surgery",
        "husband had CABG last week",
        "dental extraction 3/3",
        "surgery not indicated",
        "s/p craniotomy",
        "No prior surgery, radiotherapy or chemotherapy for NPC",
        "bronchoscopy yesterday",
        "R inguinal hernia repair 2016. NKDA.",
        "laparotomy in 2026",
        "Surgeon: Dr Lee. Clinic only.",
        "Discussed surgery last week, declined",
        "surgery discussed",
        "Surgical opinion requested",
        "hysterectomy 2008",
        "CABG 2015",
        "fit for surgery",
        "No surgical emergency",
        "excisional biopsy of neck node 3/3/26",
        "tracheostomy 5 days ago",
        "PEG 6/3/26",
        "father had laparotomy last week",
        "no surgery done for the nasopharynx",
        "Surgeon: no spinal intervention needed",
        "cataract op Feb 2026",
    ],
)
def test_surgery_stays_unknown(verdict: Verdict, note: str) -> None:
    assert verdict("E12.surgery", note) == "unknown"


@pytest.mark.parametrize(
    "note",
    [
        "wound healed",
        "Wounds nil",
        "skin intact",
        "healed scar in RIF",
        "well-healed laparotomy scar",
        "no open wounds",
        "Biopsy site healed",
        "Wound: well healed",
        "unhealed wound: no",
        "[x] HTN [ ] unhealed wound",
        "No unhealed wounds.",
        "Wounds: none",
        "no wounds or ulcers",
        "surgical wounds all healed",
        "wound fully epithelialised",
        "PEG site healed",
        "切口愈合良好",
        "No unhealed wound.",
        "Unhealed wound [ ] Y [x] N",
        "All wounds healed",
        "neck scar well healed",
        "biopsy wound healed",
        "Skin: intact, no ulcers",
        "wound: nil",
        "PICC site healed",
        "no wound",
        "Wound well healed, sutures out",
        "open wounds: none",
        "the incision has healed",
        "no non-healing wounds",
        "Any unhealed wound? No",
    ],
)
def test_wound_passes(verdict: Verdict, note: str) -> None:
    assert verdict("E12.wound", note) == "pass"


@pytest.mark.parametrize(
    "note",
    [
        "wound dehiscence 2 cm",
        "wound not healed",
        "wound gaping with slough",
        "incision broken down, VAC dressing",
        "unhealed surgical wound",
        "wound still open, daily packing",
        "Neck wound breakdown with fistula",
        "non-healing wound L shin",
        "infected wound, pus +",
        "Surgical wound partly dehisced",
        "wound is open and being packed",
        "non healing ulcer right foot",
        "Unhealed wound: yes, left thigh",
        "sternal wound breakdown, VAC",
        "delayed wound healing with open area 3 cm",
        "abdominal wound gaping",
    ],
)
def test_wound_fails(verdict: Verdict, note: str) -> None:
    assert verdict("E12.wound", note) == "fail"


@pytest.mark.parametrize(
    "note",
    [
        "port site dry",
        "never operated",
        "clips on, clean and dry",
        "wound healing well",
        "wound care clinic",
        "PSH nil",
        "wound review next week",
        "sacral pressure sore grade 2",
        "seen today",
        "Sutures out next week",
        "wound check Friday",
        "sutures removed",
        "skin graft donor site dressing",
        "wound swab sent",
        "no wound infection",
        "healing biopsy site",
        "dry dressing",
    ],
)
def test_wound_stays_unknown(verdict: Verdict, note: str) -> None:
    assert verdict("E12.wound", note) == "unknown"


def test_a_statement_of_none_does_not_cover_a_later_undated_operation(verdict: Verdict) -> None:
    early, late = date(2026, 1, 5), date(2026, 3, 9)
    assert verdict("E12.surgery", (early, "PSH: nil")) == "pass"
    assert verdict("E12.surgery", (early, "PSH: nil"), (late, "s/p craniotomy, recovering")) == "unknown"


def test_a_wound_that_broke_down_and_healed_is_healed(verdict: Verdict) -> None:
    early, late = date(2026, 2, 2), date(2026, 3, 9)
    assert verdict("E12.wound", (early, "wound dehiscence 2 cm"), (late, "wound healed")) == "pass"
    assert verdict("E12.wound", (early, "wound healed"), (late, "wound dehiscence 2 cm")) == "fail"
