"""Age, birth date and sex of the patient in the headers of many places; age on the index date (GUIDELINE I01; domain.md I1)."""

from __future__ import annotations

from datetime import date

import pytest

from critex.criteria.examples import statements_of_text
from critex.extract.document import Document
from critex.extract.engine import Extractor
from critex.extract.families import load_family
from critex.features.age import completed_years, moved_on
from critex.features.facts import CONFLICT
from critex.features.patient import Patient

EXTRACTOR = Extractor((load_family("demographics"),))
DAY = date(2026, 3, 12)

TEXTS = {
    "52M with NPC": "A52, M",
    "52 M": "A52, M",
    "52-year-old man with NPC": "A52, M",
    "52 year old woman": "A52, F",
    "52 yr old lady": "A52, F",
    "52yrs M": "A52, M",
    "52 y.o. M": "A52, M",
    "52yo F": "A52, F",
    "52 yo female": "A52, F",
    "M52": "A52, M",
    "M/52, GPH": "A52, M",
    "F, 45": "A45, F",
    "(45F)": "A45, F",
    "45 yrs/F": "A45, F",
    "45Y/M": "A45, M",
    "45Y M": "A45, M",
    "45 years / Male": "A45, M",
    "Age: 45 Sex: M": "A45, M",
    "Age/Sex: 45/F": "A45, F",
    "Age/Sex  45 Y / F": "A45, F",
    "Sex/Age: M/45": "A45, M",
    "AGE 45 yrs, SEX Female": "A45, F",
    "aged 45 years": "A45",
    "This is a fifty-two-year-old gentleman": "A52, M",
    "58/Malay/M": "A58, M",
    "58/M/Chinese": "A58, M",
    "58 yo Chinese lady": "A58, F",
    "C/58/M": "A58, M",
    "61 Chi M, NSND": "A61, M",
    "61-year-old retired teacher. He smokes.": "A61",
    "Mr John Smith, 61, attended clinic": "A61, M",
    "Mrs. A. Bakker, 52 years": "A52, F",
    "Mdm Tan, 66 y/o": "A66, F",
    "患者男性,52岁": "A52, M",
    "患者,女,45岁": "A45, F",
    "男/52岁": "A52, M",
    "52歲女性": "A52, F",
    "Gender: Female  Age: 66": "A66, F",
    "DOB: 12/03/1965": "B1965-03-12",
    "DOB 12-Mar-65": "B1965-03-12",
    "(DOB 1965-03-12)": "B1965-03-12",
    "born 12 March 1965": "B1965-03-12",
    "D.O.B. 12.3.65": "B1965-03-12",
    "Date of Birth   12/03/1965": "B1965-03-12",
    "DOB: 3 Jul 1950 (75 yrs)": "B1950-07-03, A75",
    "Date of birth (dd/mm/yyyy): 03/07/1950": "B1950-07-03",
    "DOB 03/09/67, 58M": "B1967-09-03, A58, M",
    "born in 1965": "B1965",
    "YOB 1965": "B1965",
    "出生日期:1965年3月12日": "B1965-03-12",
    "70Gy/35F": "",
    "66 Gy in 33 F": "",
    "RT 70Gy/35 fr": "",
    "3 years ago": "",
    "HTN for 10 years": "",
    "smoker 40 years": "",
    "Father, 68, died of NPC": "",
    "mother died at age 60": "",
    "his 3-year-old son": "",
    "brother (62yo) has NPC": "",
    "FHx: brother NPC at 45": "",
    "Sister had breast cancer aged 48": "",
    "wife, 58, is well": "",
    "appendicectomy at age 12": "",
    "menarche age 13, menopause at 51": "",
    "smoking since age 18": "",
    "diagnosed with asthma at age 7": "",
    "Inclusion: age 18-70": "",
    "Age >= 18 and <= 70 years": "",
    "aged 18 to 70": "",
    "Dear Mr Patel, thank you for seeing her": "",
    "cc Mr Lee, consultant ENT surgeon": "",
    "seen by Mr Wong (ENT)": "",
    "C7 / M2": "",
    "T2 M1": "",
    "Hb 9.1 M/uL": "",
    "F/U 52": "",
    "PT 52 F 12": "",
    "Temp 98 F": "",
    "38 F NGT size": "",
    "14F catheter": "",
    "6F sheath": "",
    "a 45 mm mass": "",
    "age-related changes": "",
    "4th man": "",
    "in her 60s": "A60-69",
    "gentleman in his late 60s": "A65-69, M",
    "17 11/12 year old girl": "A17, F",
    "17-year-old boy": "A17, M",
    "53 y/o G2P2": "A53",
    "XY, 53 yo, presents": "A53",
    '"This pleasant 64 year old"': "A64",
    "Patient is 64 years of age": "A64",
    "64yrs old chinese male": "A64, M",
    "♂ 64": "A64, M",
    "Sex: M": "M",
    "SEX  F": "F",
    "Gender - Female": "F",
    "Male patient": "M",
    "Patient's wife is a woman of 60": "",
    "she is a 60-year-old housewife": "A60",
    "female partner": "",
    "his wife, a 60-year-old woman": "",
}
"""A with an age, B with a birth date, M or F."""


@pytest.mark.parametrize("text", TEXTS)
def test_age_birth_date_and_sex(text: str) -> None:
    found = EXTRACTOR.mentions(Document(text, "n", "p", DAY, "clinic note"))
    letter = {"AGE": "A", "BIRTH_DATE": "B", "SEX": ""}
    said = {f"{letter[m.label]}{m.value}" for m in found if not m.attributes.get("pronoun")}
    assert said == set(filter(None, TEXTS[text].split(", ")))


def patient(*notes: tuple[str, date], index: date = date(2026, 3, 16)) -> Patient:
    found = []
    for k, (text, day) in enumerate(notes):
        found.extend(statements_of_text(text, day, "clinic note", f"note-{k}"))
    return Patient("p", found, index)


def age(p: Patient) -> tuple[float | None, float | None]:
    fact = p.facts("age")[0]
    return fact.number, fact.number_to if fact.number_to is not None else fact.number


def test_birthday_counts_on_the_day() -> None:
    assert completed_years(date(1955, 3, 16), date(2026, 3, 16)) == 71
    assert completed_years(date(1955, 3, 17), date(2026, 3, 16)) == 70


def test_stated_age_is_moved_on_to_an_interval() -> None:
    assert moved_on(70, date(2026, 3, 16), date(2026, 3, 16)) == (70, 70)
    assert moved_on(70, date(2025, 10, 1), date(2026, 3, 16)) == (70, 71)
    assert moved_on(69, date(2024, 1, 1), date(2026, 3, 16)) == (71, 72)
    assert moved_on(70, date(2026, 5, 1), date(2026, 3, 16)) == (69, 70)


def test_birth_date_comes_before_stated_ages() -> None:
    assert age(patient(("DOB 17/03/1955", DAY), ("M/71", DAY))) == (70, 70)


def test_birth_date_against_the_stated_age_is_open() -> None:
    assert age(patient(("DOB 17/03/1955. M/60", DAY))) == (60, 70)


def test_mistyped_age_is_outvoted() -> None:
    notes = [("M/58 seen", date(2026, 2, k)) for k in (1, 8, 15)]
    assert age(patient(*notes, ("M/85 seen", DAY))) == (58, 58)


def test_sex_by_pronouns_where_nothing_else_tells() -> None:
    p = patient(("Dear Mr Patel, thank you for seeing her. She is well and her neck is soft.", DAY))
    assert p.sex == "F"


def test_sex_that_notes_contradict_is_a_conflict() -> None:
    p = patient(("M/58", date(2026, 2, 1)), ("F/58", DAY))
    assert p.facts("sex")[0].state == CONFLICT
    assert p.sex is None
