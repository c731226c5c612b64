"""The calendar says the same as judging every single day, and a user sees until when a patient qualifies."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import icalendar
import pytest

from critex.cohort import calendar_tables
from critex.cohort.calendar import calendar_of, entered
from critex.cohort.moving import MovingPatient
from critex.cohort.patients import trials_of
from critex.criteria.conditions import Window
from critex.criteria.examples import statements_of_text
from critex.criteria.judge import judge, judge_criterion, status
from critex.criteria.trial import load_trial
from critex.features.facts import Statement
from critex.features.patient import Patient
from critex.run.store import read_table
from review_server import critex

TRIAL = load_trial("NCT07235319")
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)

# id: (birth date of the patients file, notes)
PATIENTS: dict[str, tuple[date | None, list[tuple[date, str]]]] = {
    "labs that follow each other": (
        None,
        [
            (date(2026, 3, 2), "2026-03-02 Hb 12.1 g/dL, plt 210, ANC 3.1, Cr 70 umol/L, ALT 30, AST 28"),
            (date(2026, 3, 20), "2026-03-18 Hb 8.1 g/dL, plt 98. 2026-03-25 Hb 11 g/dL. INR 1.1"),
        ],
    ),
    "a day that only its month is known of": (
        None,
        [(date(2026, 2, 1), "Myocardial infarction in September 2025. Appendicectomy. Laparotomy 10/01/2026.")],
    ),
    "events of long ago": (
        None,
        [
            (date(2026, 2, 1), "Breast cancer 2021-05-31, mastectomy. MI on 2025-08-31. Graves disease, carbimazole until 2024-03."),
            (date(2026, 4, 30), "Craniotomy on 2026-04-29. Last seen by cardiology in 2023."),
        ],
    ),
    "a birthday": (date(1955, 2, 28), [(date(2026, 2, 1), "Newly diagnosed NPC, ECOG 1.")]),
    "a birth date of the notes": (None, [(date(2026, 2, 1), "DOB 29/02/1956, NPC")]),
    "a stated age": (None, [(date(2026, 2, 14), "70 year old man with NPC"), (date(2025, 6, 1), "M/69")]),
    "a lesion measured long ago": (
        None,
        [(date(2026, 2, 1), "CT 2025-08-15: liver metastasis 26 mm in segment 6. ECOG 1 on 2026-02-20.")],
    ),
    "treatments and blood pressures": (
        None,
        [
            (date(2026, 2, 1), "Newly diagnosed NPC, treatment-naive. Hypertension on amlodipine, BP 170/105 on 2026-02-01."),
            (date(2026, 5, 1), "BP 128/76 on 2026-05-01. Given gemcitabine and cisplatin on 2026-05-03."),
        ],
    ),
    "nothing said": (None, []),
}  # fmt: skip


def statements(notes: list[tuple[date, str]]) -> list[Statement]:
    return [s for n, (day, text) in enumerate(notes) for s in statements_of_text(text, day, "clinic note", f"note-{n}")]


@pytest.mark.parametrize("name", PATIENTS)
def test_every_day_has_the_verdict_that_judging_this_day_gives(name: str) -> None:
    birth, notes = PATIENTS[name]
    said = statements(notes)
    found = calendar_of(TRIAL, MovingPatient("p", said, date(2026, 3, 16), birth_date=birth), FIRST, LAST)
    for n in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=n)
        patient = Patient("p", said, day, birth_date=birth)
        judged = judge(TRIAL, patient)
        stretches = found.on(day)
        assert {j.criterion.id: j.verdict for j in judged} == {c: s.verdict for c, s in stretches.items()}, day
        at = found.status_on(day)
        assert at is not None
        assert at.status == status(TRIAL, judged), day


def test_a_patient_without_an_index_date_can_be_moved_to_one() -> None:
    said = statements(PATIENTS["labs that follow each other"][1])
    found = calendar_of(TRIAL, MovingPatient("p", said, None), FIRST, LAST)
    assert found.criteria == calendar_of(TRIAL, MovingPatient("p", said, date(2026, 3, 16)), FIRST, LAST).criteria


def test_moving_the_index_date_leaves_no_trace_in_the_patient() -> None:
    patient = MovingPatient("p", statements([(date(2026, 3, 2), "2026-03-02 Hb 12.1 g/dL")]), date(2026, 3, 16))
    before = judge_criterion(TRIAL.criterion("I09.hemoglobin"), patient)
    calendar_of(TRIAL, patient, FIRST, LAST)
    assert patient.index_date == date(2026, 3, 16)
    assert judge_criterion(TRIAL.criterion("I09.hemoglobin"), patient) == before


def test_day_14_is_the_last_on_which_a_value_counts() -> None:
    patient = MovingPatient("p", statements([(date(2026, 3, 2), "2026-03-02 Hb 12.1 g/dL")]), date(2026, 3, 16))
    found = calendar_of(TRIAL, patient, FIRST, LAST).criteria["I09.hemoglobin"]
    assert [(s.verdict, s.first, s.last) for s in found] == [
        ("unknown", FIRST, date(2026, 3, 1)),
        ("pass", date(2026, 3, 2), date(2026, 3, 16)),
        ("unknown", date(2026, 3, 17), LAST),
    ]
    assert found[1].ends_why == "Haemoglobin of 2026-03-02 is then older than 14 days"
    assert (found[0].open_start, found[1].open_start, found[1].open_end, found[2].open_end) == (True, False, False, True)  # fmt: skip


def test_a_birthday_ends_the_stretch() -> None:
    patient = MovingPatient("p", [], date(2026, 3, 16), birth_date=date(1955, 6, 1))
    found = calendar_of(TRIAL, patient, FIRST, LAST).criteria["I01.age"]
    assert [(s.verdict, s.last, s.ends_by) for s in found] == [
        ("pass", date(2026, 5, 31), "birthday"),
        ("fail", LAST, ""),
    ]


def test_an_operation_stops_to_matter_after_28_days() -> None:
    said = statements([(date(2026, 3, 5), "Laparotomy on 2026-03-01. No other operations.")])
    found = calendar_of(TRIAL, MovingPatient("p", said, date(2026, 3, 16)), date(2026, 3, 6), LAST)
    first, *rest = found.criteria["E12.surgery"]
    assert (first.verdict, first.last, first.ends_by) == ("fail", date(2026, 3, 29), "window")
    assert all(s.verdict != "fail" for s in rest)


@pytest.mark.parametrize(
    ("day", "window", "index"),
    [
        (date(2025, 8, 31), Window(6, "months"), date(2026, 3, 1)),  # no 31st of February
        (date(2025, 8, 28), Window(6, "months"), date(2026, 2, 28)),
        (date(2024, 2, 29), Window(2, "years"), date(2026, 3, 1)),
        (date(2026, 3, 2), Window(14, "days"), date(2026, 3, 16)),
        (date(2026, 3, 2), Window(4, "weeks"), date(2026, 3, 30)),
    ],
)
def test_a_window_reaches_a_day_first_on_this_index_date(day: date, window: Window, index: date) -> None:
    assert entered(day, window) == index
    assert window.first_day(index) >= day
    assert window.first_day(index - timedelta(days=1)) < day


@pytest.fixture(scope="module")
def folder(samples_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(samples_run, tmp_path_factory.mktemp("calendar") / "out"))


def test_a_coordinator_reads_until_when_a_candidate_qualifies(folder: Path, tmp_path: Path) -> None:
    said = critex("calendar", str(folder), "--ics", str(tmp_path / "c.ics"))
    assert "S01: candidate for index dates from 2026-03-09 until 2026-03-23" in said
    calendar, statuses = read_table("calendar", folder), read_table("calendar_status", folder)
    verdicts = read_table("verdicts", folder)
    now = calendar[calendar["at_index"]]
    joined = now.merge(verdicts, on=["trial", "patient_id", "criterion"], how="outer", suffixes=("", "_run"))
    assert (joined["verdict"] == joined["verdict_run"]).all()
    candidates = read_table("candidates", folder)
    both = statuses[statuses["at_index"]].merge(candidates, on=["trial", "patient_id"], how="outer", suffixes=("", "_run"))  # fmt: skip
    assert (both["status"] == both["status_run"]).all()
    events = icalendar.Calendar.from_ical((tmp_path / "c.ics").read_bytes()).walk("VEVENT")
    mine = {str(e["SUMMARY"]): e.decoded("DTSTART") for e in events if str(e["SUMMARY"]).startswith("S01 ")}
    assert mine["S01 qualifies until today (NCT07235319)"] == date(2026, 3, 23)
    assert any(day == date(2026, 3, 23) and "first to run out: I09.hemoglobin" in s for s, day in mine.items())
    failed = set(candidates.loc[candidates["status"] == "ineligible", "patient_id"])
    assert not {str(e["SUMMARY"]).split()[0] for e in events} & failed
    assert all(int(str(e["UID"]).split("@")[0], 16) >= 0 for e in events)


def test_the_calendar_is_the_same_bytes_again(folder: Path, tmp_path: Path) -> None:
    critex("calendar", str(folder), "--ics", str(tmp_path / "a.ics"))
    table = (folder / "calendar.parquet").read_bytes()
    critex("calendar", str(folder), "--ics", str(tmp_path / "b.ics"))
    assert (tmp_path / "a.ics").read_bytes() == (tmp_path / "b.ics").read_bytes()
    assert (folder / "calendar.parquet").read_bytes() == table


def test_the_calendar_is_the_same_bytes_by_several_processes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar_tables, "AT_ONCE", 3)  # so that there is something to share
    tables = []
    for workers in (1, 2):
        parts = calendar_tables.calendars(folder, trials_of(folder, None), workers=workers)
        assert len(list(calendar_tables.write_calendars(folder, parts, "parquet"))) == 5
        tables.append([(folder / f"{name}.parquet").read_bytes() for name in ("calendar", "calendar_status")])
    assert tables[0] == tables[1]


def test_days_and_patients_that_do_not_exist_are_named(folder: Path) -> None:
    assert "--to 2026-01-01: before --from" in critex("calendar", str(folder), "--from", "2026-02-01", "--to", "2026-01-01", status=2)  # fmt: skip
    assert "no patient X99" in critex("calendar", str(folder), "--patient", "X99", status=2)


def test_two_trials_and_another_format_give_the_same_calendar(folder: Path, samples: Path, tmp_path: Path) -> None:
    second, out = str(Path(__file__).parent / "trial_second.yaml"), tmp_path / "out"
    patients = ("--patients", str(samples / "patients.csv"))
    critex("run", str(samples / "notes.csv"), *patients, "--trial", second, "--trial", "NCT07235319", "--out", str(out), "--format", "csv")  # fmt: skip
    assert "--trial" in critex("calendar", str(out), status=2)  # the second trial is not shipped
    critex("calendar", str(folder))
    critex("calendar", str(out), "--trial", second, "--trial", "NCT07235319")
    both, one = read_table("calendar", out), read_table("calendar", folder)
    assert (out / "calendar.csv").is_file()
    assert both["trial"].nunique() == 2
    mine = both[both["trial"] == "NCT07235319"].reset_index(drop=True)
    assert mine.drop(columns=["start", "end"]).equals(one.drop(columns=["start", "end"]))
