"""The cohort page: its numbers are those of the tables, a browser shows it, and nothing of a note runs."""

from __future__ import annotations

import html
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from critex.cohort.analysis import asks, attrition, verdict_matrix
from critex.cohort.charts import binned
from critex.cohort.gaps import Rates, gaps, note_kind, note_source
from critex.cohort.labplot import LabPoint, LimitLine, lab_svg
from critex.cohort.labseries import lab_limits, lab_series
from critex.cohort.policies import conflicts
from critex.criteria.examples import statements_of_text
from critex.criteria.trial import load_trial
from critex.features.patient import Patient
from critex.run.store import read_table
from review_server import critex

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TRIAL = load_trial("NCT07235319")
HOSTILE = (
    "<script>document.title='ran'</script>\"><img src=x onerror=\"document.title='ran'\">HBsAg negative.\n"
    '<b title="x" onmouseover="document.title=1">HBsAg (+)</b> {{ 7 * 7 }} Hb 8.1 g/dL'
)


def table(rows: dict[str, dict[str, str]], otherwise: str = "pass") -> pd.DataFrame:
    """Verdicts table: patient to criterion to verdict; the rest passes, what belongs to a later phase is unknown."""
    return pd.DataFrame(
        [
            {
                "trial": TRIAL.trial, "patient_id": p, "criterion": c.id, "reason": "Not stated in any note. Needed: ...",
                "verdict": said.get(c.id, "unknown" if TRIAL.may_wait(c) else otherwise),
            }
            for p, said in rows.items()
            for c in TRIAL.criteria
        ]
    )  # fmt: skip


def test_attrition_counts_in_order_and_alone() -> None:
    verdicts = table(
        {
            "a": {"I03.ecog": "fail"},
            "b": {"I03.ecog": "fail", "E09.hiv": "fail"},
            "c": {"E09.hiv": "fail"},
            "d": {"E09.hiv": "unknown"},
        }
    )
    found = {a.criterion.id: a for a in attrition(verdict_matrix(TRIAL, verdicts))}
    ecog, hiv = found["I03.ecog"], found["E09.hiv"]
    assert (ecog.failed, ecog.removed, ecog.left, ecog.alone) == (2, 2, 2, 1)
    assert (hiv.failed, hiv.removed, hiv.left, hiv.alone, hiv.unknown) == (2, 1, 1, 1, 1)


def test_what_decides_most_patients_is_asked_for_first() -> None:
    verdicts = table(
        {
            "a": {"E07.hepatitis_b": "unknown"},
            "b": {"E07.hepatitis_b": "unknown"},
            "c": {"E09.hiv": "unknown"},
            "d": {"E09.hiv": "unknown", "E14.allergy": "unknown"},
            "e": {"E09.hiv": "unknown", "I03.ecog": "fail"},
            "f": {"E09.hiv": "unknown", "E14.allergy": "unknown", "E12.wound": "unknown"},
        }
    )
    found = asks(TRIAL, verdict_matrix(TRIAL, verdicts), verdicts)
    assert [(a.criteria, a.unknown, a.standing, a.decides, a.together) for a in found] == [
        (("E07.hepatitis_b",), 2, 2, 2, 2),
        (("E09.hiv",), 4, 3, 1, 3),
        (("E14.allergy",), 2, 2, 0, 4),
        (("E12.wound",), 1, 1, 0, 5),
    ]
    assert found[1].patients == ("c", "d", "f")  # the one whom it decides first; the one who fails is not asked


def test_unknowns_are_counted_by_the_kinds_of_note_that_patients_have() -> None:
    verdicts = table({f"p{i:02}": {"E09.hiv": "unknown"} if i < 12 or i == 30 else {} for i in range(40)})
    kinds = [(f"p{i:02}", "Clinic  note") for i in range(40)] + [(f"p{i:02}", "LAB print-out") for i in range(12, 32)]
    kinds += [("p12", "lab print-out"), ("p39", ""), ("elsewhere", "letter")]
    frame = pd.DataFrame(kinds, columns=["patient", "kind"])
    found = gaps(verdict_matrix(TRIAL, verdicts), frame["patient"], frame["kind"].map(note_kind))
    assert [(g.name, g.n_with, g.n_without) for g in found.groups] == [
        ("lab print-out", 20, 20)
    ]  # all have a clinic note
    (hiv,) = (g for g in found.rows if g.criterion.id == "E09.hiv")
    assert (hiv.fact, hiv.unknown, hiv.by) == (TRIAL.criterion("E09.hiv").missing, 13, (Rates(0.05, 0.6, True),))


@pytest.mark.parametrize(
    ("source", "group"),
    [
        ("ward.csv:12", "ward.csv"),
        ("site a/x.ndjson:3#1", "site a/x.ndjson"),
        ("site a/S01.rtf", "site a"),
        ("S01.txt", ""),
    ],
)
def test_a_note_comes_from_its_file_or_the_folder_of_a_document(source: str, group: str) -> None:
    assert note_source(source) == group


def test_one_fact_may_settle_two_criteria() -> None:
    both = [c.id for c in TRIAL.criteria if c.missing == TRIAL.criterion("I05.untreated").missing]
    verdicts = table({"a": dict.fromkeys(both, "unknown")})
    found = asks(TRIAL, verdict_matrix(TRIAL, verdicts), verdicts)
    assert [(a.criteria, a.decides) for a in found] == [(tuple(both), 1)]


@pytest.mark.parametrize(("policy", "verdict"), [("newest", "pass"), ("report first", "fail"), ("worst case", "fail")])
def test_a_conflict_says_what_another_policy_would_decide(policy: str, verdict: str) -> None:
    said = [
        *statements_of_text("HBsAg positive, HBV DNA 24000 IU/mL", date(2026, 3, 1), "virology report", "n1"),
        *statements_of_text("HBsAg negative.", date(2026, 3, 10), "clinic note", "n2"),
    ]
    patient = Patient("p", said, date(2026, 3, 16))
    found = conflicts([TRIAL.criterion("E07.hepatitis_b")], patient)
    assert len(found) == 1
    assert found[0].policies[policy] == verdict


def test_no_bin_holds_both_sides_of_the_limit() -> None:
    values = [70, 89.9, 90, 95, 120, 3000]
    bins = binned(values, [v >= 90 for v in values], 90)
    assert sum(bins.met) + sum(bins.unmet) == len(values)
    assert 90 in bins.edges
    for low, met, unmet in zip(bins.edges, bins.met, bins.unmet, strict=False):
        assert not (met if low < 90 else unmet)
    at_most = binned([1.5, 1.2, 1.6], [True, True, False], 1.5, at_most=True)
    for low, met, unmet in zip(at_most.edges, at_most.met, at_most.unmet, strict=False):
        assert not (unmet if low < 1.5 - 1e-9 else met)


def test_a_plot_says_all_its_values_in_words() -> None:
    points = [LabPoint(date(2026, 3, 12), 88, met=False), LabPoint(date(2026, 2, 1), 121, met=True)]
    shown = lab_svg(points, [LimitLine(90, "≥ 90 <g/L>")], (date(2026, 3, 2), date(2026, 3, 16)), title="Hb & co", unit="g/L")  # fmt: skip
    description = html.unescape(re.search(r"<desc[^>]*>(.*?)</desc>", shown)[1])  # type: ignore[index]
    assert description == (
        "2026-02-01 121; 2026-03-12 88 (does not meet the limit) g/L. Limit: ≥ 90 <g/L>. Days that count: 2026-03-02 to 2026-03-16."
    )
    assert "<title" in shown
    assert "Hb &amp; co" in shown
    assert "style=" not in shown  # a strict Content-Security-Policy would drop it


@pytest.mark.parametrize("points", [[], [LabPoint(date(2026, 3, 12), 88)], [LabPoint(date(2026, 3, 12), 0), LabPoint(date(2026, 3, 12), 0)]])  # fmt: skip
def test_a_plot_of_few_values_has_finite_coordinates(points: list[LabPoint]) -> None:
    assert not re.search("nan|inf", lab_svg(points, title="x"))


def test_a_series_counts_as_the_verdict_does() -> None:
    text = "Hb 121 g/L on 2026-02-01. Hb 8.4 g/dL on 2026-03-12. ALT 130 U/L (9-50) on 2026-03-12."
    patient = Patient("p", statements_of_text(text, date(2026, 3, 13), "clinic note", "n1"), date(2026, 3, 16))
    series = {s.limits.feature: s for s in lab_series(patient, lab_limits(TRIAL))}
    hb = series["hemoglobin"]
    assert [(p.day, p.value, p.met) for p in hb.points] == [(date(2026, 2, 1), 121, True), (date(2026, 3, 12), 84, False)]  # fmt: skip
    assert hb.latest is not None
    assert hb.latest.number == 84
    assert hb.window == (date(2026, 3, 2), date(2026, 3, 16))
    alt = series["alt"]
    assert [(x.value, x.reference) for x in alt.lines] == [(125, False), (250, False), (50, True)]
    assert alt.points[0].met is None  # it depends on whether the liver has metastases


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output folder of the samples and a patient whose every field is hostile."""
    folder = tmp_path_factory.mktemp("cohort")
    notes = [("n<1>", "p\"><img src=x onerror=1>", "<i>type</i>", HOSTILE), ("n2", "p2", "clinic note", "ECOG 1. Hb 9.8 g/dL")]  # fmt: skip
    pd.DataFrame(
        [{"note_id": n, "patient_id": p, "note_date": "2026-03-12", "note_type": k, "text": t} for n, p, k, t in notes]
    ).to_csv(folder / "notes.csv", index=False)
    critex("run", str(folder / "notes.csv"), "--index-date", "2026-03-16", "--out", str(folder / "out"))
    return folder / "out"


def shown(browser: Browser, page: Path, width: int = 1250) -> tuple[str, list[str], str]:
    """Text, requests and title of a page in Chromium."""
    tab = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    tab.on("request", lambda r: asked.append(r.url))
    tab.goto(page.as_uri())
    said, title = tab.locator("body").inner_text(), tab.title()
    wide = tab.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    tab.close()
    assert not wide, "the page scrolls sideways"
    return said, asked, title


def test_the_page_shows_notes_as_text_and_loads_nothing(browser: Browser, hostile: Path) -> None:
    critex("cohort", str(hostile))
    said, asked, title = shown(browser, hostile / "cohort.html")
    assert title == "critex cohort"
    assert asked == [(hostile / "cohort.html").as_uri()]
    assert "<img src=x onerror=\"document.title='ran'\">HBsAg negative." in said  # the contradiction's words
    assert 'p"><img src=x onerror=1>' in said
    assert "E07.hepatitis_b" in said


def test_the_page_of_the_samples_has_the_numbers_of_the_tables(browser: Browser, folder: Path, tmp_path: Path) -> None:
    critex("calendar", str(folder))
    assert "ask " in critex("cohort", str(folder), "--out", str(tmp_path / "c.html"))
    said, _, _ = shown(browser, tmp_path / "c.html")
    candidates = read_table("candidates", folder)
    for status, n in candidates["status"].value_counts().items():
        assert re.search(rf"\b{n}\s+{status}", said)
    for part in ("Who is removed by what", "What to ask for next", "Until when candidates qualify", "Haemoglobin", "Contradictions"):  # fmt: skip
        assert part in said
    shown(browser, tmp_path / "c.html", width=400)
    first = (tmp_path / "c.html").read_bytes()
    critex("cohort", str(folder), "--out", str(tmp_path / "c.html"))
    assert (tmp_path / "c.html").read_bytes() == first
