"""Expected survival: over or under three months, answers of forms, and what is no expectation (GUIDELINE I06; domain.md I6)."""

from __future__ import annotations

from datetime import date

import pytest

from critex.extract.document import Document
from critex.extract.engine import Extractor
from critex.extract.families import load_family
from critex.extract.survival import months_of, side_of_limit

EXTRACTOR = Extractor((load_family("survival"),))
DAY = date(2026, 3, 12)

TEXTS = {
    "Life expectancy > 3 months": "over",
    "life expectancy of at least 12 weeks": "over",
    "LE > 3/12": "over",
    "LE>3/12: yes": "over",
    "LE 6/12": "over",
    "LE: 6-9 months": "over",
    "Expected survival around 6-9 months": "over",
    "Expected survival less than 3 months": "under",
    "Est. survival over 12 months with treatment": "over",
    "estimated survival: >12m": "over",
    "Expected survival >= 3 months": "over",
    "Expected survival ≥ 3 months: Yes": "over",
    "Expected survival ≥3 months: No": "under",
    "Life expectancy >= 3 months  [x] Y [ ] N": "over",
    "Life expectancy >= 3 months  [ ] Y [x] N": "under",
    "Life expectancy >= 3 months  [ ] Y [ ] N": "",
    "☑ Expected survival ≥3 months": "over",
    "[x] Life expectancy > 12 weeks": "over",
    "[ ] Life expectancy > 12 weeks": "",
    "Life expectancy >3 months - met": "over",
    "Expected survival >= 3 months   Y": "over",
    "Expected survival > 3 mo | Yes": "over",
    "I6 Expected survival at least 3 months ... yes": "over",
    "Inclusion: life expectancy >= 3 months": "over hypothetical",
    "The trial requires a life expectancy of at least 3 months": "over hypothetical",
    "prognosis > 6 months": "over",
    "Prognosis: 12+ months": "over",
    "prognosis is likely more than a year": "over",
    "prognosis is measured in weeks": "under",
    "prognosis of weeks to short months": "under",
    "prognosis short weeks": "under",
    "prognosis: days to weeks": "under",
    "prognosis in the region of 2 months": "under",
    "prognosis of 2-3 months": "",
    "life expectancy 2 months": "under",
    "life expectancy about three months": "over",
    "life expectancy under 3 months": "under",
    "life expectancy of weeks": "under",
    "life expectancy < 6 months": "",
    "life expectancy of a few months": "",
    "life expectancy of several years": "over",
    "prognosis is years rather than months": "over",
    "I expect him to live well beyond 3 months": "over",
    "she is expected to live more than 6 months": "over",
    "likely to survive longer than three months": "over",
    "We expect survival to exceed 6 months with chemotherapy": "over",
    "expected to survive > 3 months": "over",
    "anticipated survival exceeds 12 months": "over",
    "projected survival 18 months": "over",
    "predicted survival > 1 year": "over",
    "Survival expected to be over 6 months": "over",
    "expected OS > 6 mo": "over",
    "OS expected > 12 months": "over",
    "survival estimate 9 months": "over",
    "His life expectancy in my opinion is comfortably more than three months": "over",
    "life expectancy judged by the investigator to be more than 12 weeks": "over",
    "should live at least a year with treatment": "over",
    "预计生存期≥3个月": "over",
    "预计生存期大于3个月": "over",
    "预期生存期超过6个月": "over",
    "预计生存期小于3个月": "under",
    "預期壽命 > 3個月": "over",
    "symptoms for 3 months": "",
    "neck lump for 3 months, prognosis explained": "",
    "prognosis explained, review in 3 months": "",
    "prognosis discussed; CT in 2 months": "",
    "prognosis guarded": "",
    "poor prognosis": "",
    "prognosis is good": "",
    "follow-up in 3/12": "",
    "median survival with GP + PD-1 is about 2 years": "",
    "median OS 22 months in the trial": "",
    "In the JUPITER-02 trial median survival was over 3 years": "",
    "father's life expectancy was 6 months": "over family",
    "Without treatment life expectancy is 2-3 months, with treatment over 12 months": "over",
    "untreated, life expectancy 2 months; with chemo > 1 year": "over",
    "5-year survival 30%": "",
    "survival of the graft at 6 months": "",
    "expected survival unknown": "",
    "expected length of stay 3 days": "",
    "Expected delivery in 3 months": "",
    "LE DVT 3 months ago": "",
    "bilateral LE edema for 3 months": "",
    "life expectancy 12 wks+": "over",
    "life expectancy 3 mths": "over",
    "life-expectancy: > 3 m": "over",
    "life expectancy of more than twelve weeks": "over",
    "life expectancy exceeds 3 months": "over",
    "life expectancy (>3 months): OK": "over",
    "estimated life expectancy approximately 8 to 10 weeks": "under",
    "not expected to survive 3 months": "under",
    "not expected to live more than 3 months": "under",
    "unlikely to survive beyond 3 months": "under",
    "life expectancy more than 3 months is doubtful": "over possible",
}


@pytest.mark.parametrize("text", TEXTS)
def test_expected_survival(text: str) -> None:
    found = EXTRACTOR.mentions(Document(text, "n", "p", DAY, "clinic note"))
    said = sorted(m.value + ("" if m.assertion == "present" else f" {m.assertion}") for m in found if m.value)
    assert said == sorted(filter(None, TEXTS[text].split(", ")))


@pytest.mark.parametrize(
    ("number", "unit", "months"),
    [
        ("12", "weeks", 3),
        ("3", "/12", 3),
        ("6", "/52", 1.5),
        ("1", "year", 12),
        ("three", "months", 3),
        ("15", "days", 0.5),
        ("3", "个月", 3),
    ],
)
def test_months_of_a_length(number: str, unit: str, months: float) -> None:
    assert months_of(number, unit) == months


@pytest.mark.parametrize(
    ("low", "high", "at_least", "at_most", "strictly", "side"),
    [
        (3, 3, False, False, False, "over"),
        (2, 3, False, False, False, None),
        (2, 2, True, False, False, None),
        (3, 3, False, True, True, "under"),
        (3, 3, False, True, False, None),
        (6, 6, False, True, True, None),
        (2, 2, False, True, False, "under"),
    ],
)
def test_bounds_that_do_not_decide(
    low: float, high: float, at_least: bool, at_most: bool, strictly: bool, side: str | None
) -> None:
    assert side_of_limit(low, high, at_least, at_most, strictly) == side
