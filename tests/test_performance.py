"""Performance status in the writings of many places, forms, changes and demands of trials (GUIDELINE I03; domain.md I3)."""

from __future__ import annotations

from datetime import date

import pytest

from critex.extract.document import Document
from critex.extract.engine import Extractor
from critex.extract.families import load_family
from critex.extract.mention import Mention
from critex.extract.performance import score_value

EXTRACTOR = Extractor((load_family("performance"),))
DAY = date(2026, 3, 12)

TEXTS = {
    "ECOG 1": "1",
    "ECOG PS 1": "1",
    "ECOG-PS 1": "1",
    "ECOG PS: 1": "1",
    "ECOG performance status of 1": "1",
    "ECOG performance status is 1": "1",
    "ECOG performance status: 1": "1",
    "ECOG performance status one": "1",
    "performance status zero": "0",
    "ECOG performance score 1": "1",
    "ECOG/WHO PS 1": "1",
    "ECOG (PS) 1": "1",
    "PS (ECOG) 1": "1",
    "PS ECOG 1": "1",
    "PS(ECOG): 1": "1",
    "PS (OMS) 1": "1",
    "OMS 1": "1",
    "PS OMS 1": "1",
    "performance status (WHO) 1": "1",
    "WHO performance status 1": "1",
    "WHO PS1": "1",
    "PS1": "1",
    "PS-1": "1",
    "PS 0/1": "0-1",
    "ECOG 0/1": "0-1",
    "ECOG 0 - 1": "0-1",
    "ECOG 1-2": "1-2",
    "ECOG 1 to 2": "1-2",
    "ECOG 0 or 1": "0-1",
    "Zubrod 1": "1",
    "Zubrod performance status 1": "1",
    "ECOG = 1": "1",
    "ECOG score 2": "2",
    "ECOG grade 2": "2",
    "ECOG status: 2": "2",
    "ECOG remains 1": "1",
    "ECOG stable at 1": "1",
    "ECOG now 2": "2",
    "ECOG today 1": "1",
    "ECOG now 2 (previously 1)": "2, 1 past",
    "ECOG 2 (was 1)": "2, 1 past",
    "ECOG improved from 2 to 1": "2 past, 1",
    "PS deteriorated from 1 to 2": "1 past, 2",
    "ECOG 1 -> 2": "1 past, 2",
    "ECOG 1→2 after C3": "1 past, 2",
    "ECOG评分:1分": "1",
    "ECOG评分1分": "1",
    "PS评分 1分": "1",
    "体力状态评分(ECOG):1分": "1",
    "体力状况ECOG 1分": "1",
    "ZPS 1分": "1",
    "KPS评分90分": "K90",
    "卡氏评分 80分": "K80",
    "ECOG      1": "1",
    "ECOG | 1": "1",
    "ECOG PS\t1": "1",
    "Performance status (ECOG) ......... 1": "1",
    "Performance Status: ECOG 1": "1",
    "Performance status - 1": "1",
    "ECOG: Fully active (0)": "0",
    "ECOG 0, fully active": "0",
    "ECOG: 1 - restricted in strenuous activity": "1",
    "PS: 1": "1",
    "P.S. 1": "1",
    "PS=1": "1",
    "Perf status 1": "1",
    "KPS 90": "K90",
    "KPS: 90%": "K90",
    "KPS = 80-90": "K80-90",
    "KPS80": "K80",
    "Karnofsky 70": "K70",
    "Karnofsky performance status of 80": "K80",
    "Karnofsky score: 90%": "K90",
    "Karnofsky Performance Scale 80": "K80",
    "KPS is 100": "K100",
    "ECOG 1 (KPS 80)": "1, K80",
    "ECOG 0-1 required": "0-1 hypothetical",
    "ECOG 0-1 is required for the study": "0-1 hypothetical",
    "The trial requires ECOG 0 or 1": "0-1 hypothetical",
    "Eligible if ECOG 0-1": "0-1 hypothetical",
    "Needs ECOG 0-1 for trial entry": "0-1 hypothetical",
    "Inclusion criteria: ECOG PS 0-1": "0-1 hypothetical",
    "Inclusion: age 18-70, ECOG 0-1, measurable disease": "0-1 hypothetical",
    "protocol: KPS >= 70": "K70 hypothetical",
    "ECOG PS ≤ 1": "0-1 hypothetical",
    "ECOG <= 1": "0-1 hypothetical",
    "ECOG < 2": "0-1 hypothetical",
    "ECOG PS 0-1: yes": "0-1",
    "ECOG PS 0-1 [x] Y [ ] N": "0-1",
    "ECOG PS 0-1   [x] Y  [ ] N   PS = 1": "0-1 hypothetical, 1",
    "[x] ECOG 0-1": "0-1",
    "Eligibility check: ECOG 1, Hb 120": "1",
    "Screened for the trial today; ECOG 1.": "1",
    "ECOG: 0 [ ] 1 [x] 2 [ ] 3 [ ]": "0 absent, 1, 2 absent, 3 absent",
    "[ ] PS 0 [x] PS 1 [ ] PS 2": "0 absent, 1, 2 absent",
    "ECOG ☐0 ☑1 ☐2": "0 absent, 1, 2 absent",
    "ECOG PS: □0 √1 □2": "0 absent, 1, 2 absent",
    "ECOG (circle): 0 / (1) / 2 / 3 / 4": "1",
    "PS: wife will bring old films": "",
    "PS. please call 3 wards": "",
    "ECG normal": "",
    "ASA 2": "",
    "NYHA 1": "",
    "GCS 15": "",
    "pain score 1": "",
    "ECOG not recorded": "",
    "PS 88/min": "",
    "PS 10 cmH2O": "",
    "PS 1.5": "",
    "KPS not assessed": "",
    "ECOG 5/5 power": "",
    "pre-morbid PS 0": "0 past",
    "premorbid ECOG 0, now ECOG 2": "0 past, 2",
    "was ECOG 0 last month, now 1": "0 past, 1",
    "?ECOG 2": "2 possible",
    "ECOG 1 in ENT letter": "1 past",
    "ECOG 2 at referral, today ECOG 1": "2 past, 1",
    "Mother ECOG 3": "3 family",
    "ECOG PS I": "1",
    "ECOG:1": "1",
    "ECOG- 1": "1",
    "ECOG ~1": "1",
    "ECOG approx 1": "1",
    "ECOG PS is currently 2": "2",
    "His ECOG performance status has declined to 3": "3",
    "ECOG PS at screening: 1": "1",
    "ECOG PS on 12/3/26: 1": "1",
    "ECOG 1 12/3/26": "1",
    "Performance status is ECOG grade 1": "1",
    "ECOG PS 1/KPS 80": "1, K80",
    "functional status ECOG 2": "2",
    "ECOG performance-status 2": "2",
    "E.C.O.G. 1": "1",
    "Eastern Cooperative Oncology Group performance status 1": "1",
    "ECOG 1; if PS 2 or worse stop": "1, 2 hypothetical",
    "treat only if PS 0-2": "0-2 hypothetical",
}
"""Scores, Karnofsky's with a K; then what was made of them."""


def mentions(text: str) -> list[Mention]:
    return EXTRACTOR.mentions(Document(text, "n", "p", DAY, "clinic note"))


def said(m: Mention) -> str:
    word = m.assertion if m.assertion != "present" else ("past" if m.temporality == "past" else "")
    return f"{'K' if m.label == 'KPS' else ''}{m.value} {word}".strip()


@pytest.mark.parametrize("text", TEXTS)
def test_scores(text: str) -> None:
    assert sorted(said(m) for m in mentions(text)) == sorted(filter(None, TEXTS[text].split(", ")))


def test_options_on_lines_of_their_own() -> None:
    text = "ECOG performance status:\n [ ] 0 Fully active\n [x] 1 Restricted\n [ ] 2 Ambulatory\n"
    assert [said(m) for m in mentions(text)] == ["0 absent", "1", "2 absent"]


def test_form_that_nobody_filled_in_is_silence() -> None:
    assert mentions("ECOG: 0 [ ] 1 [ ] 2 [ ]") == []


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Biopsy 02/01/2026 and scan 20/02/2026, ECOG 2", "2026-03-12"),
        ("02/03/2026 reviewed, well, ECOG 1", "2026-03-02"),
        ("ECOG 1 on 05/03/2026", "2026-03-05"),
    ],
)
def test_score_has_its_own_day_or_the_day_of_the_note(text: str, day: str) -> None:
    assert [m.date for m in mentions(text)] == [day]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0 or 1", "0-1"),
        ("0/1", "0-1"),
        ("2/4", "2"),
        ("<= 1", "0-1"),
        ("< 2", "0-1"),
        (">1", "2-4"),
        ("≥2", "2-4"),
        ("one", "1"),
        ("II", "2"),
    ],
)
def test_score_value(written: str, value: str) -> None:
    assert score_value(written) == value
