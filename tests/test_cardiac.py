"""Cardiovascular disease and blood pressure.

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
        "No HTN.",
        "Denied hypertension, diabetes, coronary heart disease.",
        "No hx of DM / HT / IHD",
        "HTN(-) DM(-) CAD(-)",
        "DM/HT/IHD: nil",
        "Hypertension: No",
        "not hypertensive or diabetic",
        "HTN on amlodipine, BP 128/76.",
        "Hypertension, well controlled on losartan.",
        "HT x 10 yrs on Norvasc, BP today 134/82",
        "Background hypertension (perindopril). Obs: BP 122/70 HR 66",
        "K/c/o HPT on amlodipine 10mg. BP: 131/79 mmHg",
        "essential hypertension, home readings 120-130/70-80",
        "HTN - good control",
        "Hypertension grade 2, highest 170/100 mmHg, nifedipine, BP now 132/80 mmHg",
        "Hypertension. T 36.5 P 80 R 18 BP 126 / 74 mmHg",
        "BP controlled on ramipril",
        "PMHx: nil",
        "No DM, HTN or heart disease.",
        "No DM. Hypertensive on bisoprolol, BP 118/72",
        "hypertension 2015, BP (clinic) 12/3/26 124/78",
        "HTN. BP 166/98 on arrival, repeat 136/84 after rest",
        "高血压10年, BP 130/80mmHg",
        "否认高血压、糖尿病、冠心病史",
        "Known hypertensive, adequately controlled with telmisartan 40",
        "No past medical history of note",
        "Hypertension: nil",
        "[x] DM [ ] HTN",
        "No hypertension or diabetes.",
        "HT on Rx, BP 129/81",
        "BP (sitting) = 124/78, known HTN",
        "Hypertension (on perindopril), BP today was 131 / 72",
        "HTN, stable on amlodipine, home BPs 120s/70s, clinic BP 128/70",
        "Normotensive, no history of hypertension",
        "hypertension - under control",
        "Hypertension for 8 years, blood pressure well controlled with valsartan.",
        "HTN since 2010. Vitals: BP 118/68",
        "arterial hypertension under treatment, RR 125/80 mmHg",
        "B.P. 130/80 mm Hg. K/C/O HTN on Tab Amlong 5",
        "never had high blood pressure",
    ],
)
def test_hypertension_passes(verdict: Verdict, note: str) -> None:
    assert verdict("E10.hypertension", note) == "pass"


@pytest.mark.parametrize(
    "note",
    [
        "HTN. BP 182/104.",
        "uncontrolled hypertension",
        "Hypertension poorly controlled on two agents, BP 158/96",
        "HT, BP 165/92 today",
        "Hypertension, not controlled, BP 176/110",
        "HTN on 4 drugs, remains uncontrolled despite dose increase. BP 172/98.",
        "High blood pressure - stopped tablets. BP 190/110, repeat 184/106",
        "HTN. BP 160/100",
        "HTN. BP 150/104",
        "Essential hypertension with poor control; BP 168/94",
        "BP 172/96, 168/98 on repeat. Known hypertensive.",
        "severe uncontrolled HTN",
    ],
)
def test_hypertension_fails(verdict: Verdict, note: str) -> None:
    assert verdict("E10.hypertension", note) == "fail"


@pytest.mark.parametrize(
    "note",
    [
        "HTN on amlodipine",
        "Hypertension. BP 148/92",
        "HTN, BP 152/88, above goal, increase losartan",
        "BP 118/70",
        "portal hypertension",
        "pulmonary hypertension",
        "Ht 172 cm, Wt 60 kg",
        "Father: hypertension",
        "HTN; target BP <130/80",
        "BP 165/95 in clinic, anxious. HTN. Home BP 128/76",
        "No cardiac disease.",
        "FHx of HTN",
        "No pulmonary hypertension.",
        "intracranial hypertension",
        "Hypertension suspected",
        "HTN. BP 140/85",
        "HTN. BP 139/90",
        "borderline BP",
        "raised BP 150/92 today, no previous diagnosis",
        "?HTN",
        "BP meds: none",
        "gestational hypertension 1999",
        "mother hypertensive",
        "Hypertension, BP to be checked",
    ],
)
def test_hypertension_stays_unknown(verdict: Verdict, note: str) -> None:
    assert verdict("E10.hypertension", note) == "unknown"


@pytest.mark.parametrize(
    "note",
    [
        "no angina",
        "No IHD",
        "Denied coronary heart disease",
        "stable angina, CCS I",
        "No heart disease.",
        "CAD s/p stent 2018, angina free since",
        "No cardiac history.",
        "IHD: No",
        "never had angina or MI",
        "No heart or lung disease",
        "CHD stable, no angina",
        "IHD - stable exertional angina on nitrates",
        "ACS ruled out, no angina",
        "Cardiac: nil",
        "No PMH",
        "Cardiovascular disease: none",
        "CVS hx - nil",
        "Angina: No",
        "no anginal symptoms, no IHD",
        "stable angina class II",
        "angina on exertion only, stable for years",
        "Never any heart trouble.",
        "No coronary disease.",
        "heart disease - none",
        "no ACS, no angina",
        "unstable angina: no",
        "[x] DM [ ] unstable angina",
        "Coronary artery disease: none",
        "chronic stable angina, GTN once a month",
        "denies heart disease",
    ],
)
def test_angina_passes(verdict: Verdict, note: str) -> None:
    assert verdict("E10.angina", note) == "pass"


@pytest.mark.parametrize(
    "note",
    [
        "Unstable angina, admitted last week",
        "Admitted 2/3/26 with ACS, unstable angina",
        "crescendo angina",
        "angina at rest for the past week",
        "UA/NSTEMI 3 weeks ago",
        "unstable angina 3/3/2026",
        "recurrent rest angina",
        "Admission: unstable angina pectoris",
        "ACS in February 2026, on DAPT",
    ],
)
def test_angina_fails(verdict: Verdict, note: str) -> None:
    assert verdict("E10.angina", note) == "fail"


@pytest.mark.parametrize(
    "note",
    [
        "IHD",
        "CAD s/p PCI 2019",
        "no chest pain",
        "UA: protein neg, blood neg",
        "Ludwig angina 2010",
        "chest pain ?cardiac",
        "Father had angina",
        "T2DM, dyslipidaemia",
        "angina",
        "UA NAD",
        "CVS: S1 S2 no murmur",
        "CVS NAD",
        "chest tightness",
        "on GTN prn",
        "CAD, stent 2020, aspirin",
        "UA: leucocytes neg",
        "no chest pain on exertion",
        "troponin neg",
    ],
)
def test_angina_stays_unknown(verdict: Verdict, note: str) -> None:
    assert verdict("E10.angina", note) == "unknown"


@pytest.mark.parametrize(
    "note",
    [
        "never had MI",
        "No IHD",
        "NSTEMI June 2017 with PCI",
        "old MI 2015, EF 60%",
        "STEMI 8 years ago",
        "MI (2012)",
        "no history of heart attack",
        "AMI 2/2019, CABG x3",
        "No heart disease",
        "heart attack in 2010",
        "PMH: Nil",
        "MI in 2020, stent x2. No angina since.",
        "Coronary artery disease: denied",
        "No previous MI or stroke",
        "acute inferior myocardial infarction in Jan 2022, stent RCA",
        "CAD with old MI (2018), DES to LAD",
        "No previous heart attack or stroke.",
        "IHD: MI 2016, PCI to RCA",
        "Had a heart attack ten years ago",
        "s/p AMI (03/2021)",
        "inferior STEMI 14/05/2024, DES x2",
        "Myocardial infarction: No",
        "No angina, MI or heart failure.",
        "Hx of myocardial infarction, angina, CCF: denied",
        "non-STEMI in 2015, medically treated",
        "CAD (-), DM (-)",
        "ischaemic heart disease: absent",
        "Cardiac: no history of IHD",
        "never any heart trouble",
        "No cardiac problems",
        "[x] HTN [ ] MI [ ] CHF",
        "infarctus du myocarde: non, MI: no",
        "MI >6 months ago (2023)",
    ],
)
def test_infarction_passes(verdict: Verdict, note: str) -> None:
    assert verdict("E10.infarction", note) == "pass"


@pytest.mark.parametrize(
    "note",
    [
        "NSTEMI 3/12 ago",
        "STEMI 20/12/2025, PCI LAD",
        "MI in January 2026",
        "Myocardial infarction two months ago",
        "Principal diagnosis: NSTEMI. Admitted 10/02/2026, discharged 14/02/2026",
        "NSTEMI on 04/02/2026",
        "heart attack last month, stent",
        "MI 8 weeks ago",
        "AMI Dec 2025",
        "s/p NSTEMI 11/2025",
        "STEMI 5/12 ago, LAD stent",
    ],
)
def test_infarction_fails(verdict: Verdict, note: str) -> None:
    assert verdict("E10.infarction", note) == "fail"


@pytest.mark.parametrize(
    "note",
    [
        "old MI",
        "previous myocardial infarction",
        "MI: mild",
        "MSI-H",
        "No MR, mild MI, trivial TR",
        "Father MI at 50",
        "STEMI ruled out",
        "troponin negative",
        "IHD",
        "Mother died of MI 2020",
        "ECG: old inferior Q waves",
        "CABG x3",
        "PCI 2019",
        "Trop I negative x2",
        "Risk of heart attack and stroke explained",
        "Possible old MI on ECG",
        "father died of heart attack",
        "MI",
        "chest pain, r/o MI",
        "no acute MI",
        "No evidence of acute infarct on CT brain",
        "old lacunar infarct",
        "pulmonary infarction 2020",
    ],
)
def test_infarction_stays_unknown(verdict: Verdict, note: str) -> None:
    assert verdict("E10.infarction", note) == "unknown"


@pytest.mark.parametrize(
    "note",
    [
        "no heart failure",
        "CHF NYHA I",
        "heart failure, NYHA class I",
        "No heart disease",
        "cardiac function NYHA I",
        "No CCF",
        "nil PMHx",
        "no HF, no IHD",
        "no history of congestive heart failure",
        "TTE normal LV, no failure",
        "NYHA 1",
        "No CCF, no IHD.",
        "congestive heart failure: No",
        "CHF(-)",
        "Heart failure NYHA I, EF 48%",
        "NYHA functional class I",
        "no signs or history of heart failure",
        "never had heart failure",
        "HF - none",
        "Cardiac failure: absent",
        "[x] HTN [ ] CHF",
        "LVEF 62%, no heart failure",
        "NYHA: I",
        "no cardiac disease",
        "HFmrEF, asymptomatic, NYHA class 1",
    ],
)
def test_heart_failure_passes(verdict: Verdict, note: str) -> None:
    assert verdict("E10.heart_failure", note) == "pass"


@pytest.mark.parametrize(
    "note",
    [
        "HFrEF NYHA II",
        "CCF, NYHA class III",
        "heart failure with NYHA 2 symptoms",
        "HFpEF, FC II",
        "dilated cardiomyopathy, NYHA II-III",
        "cardiac function class III (NYHA)",
        "心功能II级",
        "admitted with decompensated heart failure last month",
        "NYHA III",
        "HFpEF, NYHA II-III",
        "CCF NYHA 2, on frusemide",
        "ischaemic cardiomyopathy EF 30%, NYHA Class II",
        "heart failure (NYHA functional class III)",
        "chronic heart failure, New York Heart Association class II",
        "Acute decompensated heart failure, admitted 02/03/2026",
    ],
)
def test_heart_failure_fails(verdict: Verdict, note: str) -> None:
    assert verdict("E10.heart_failure", note) == "fail"


@pytest.mark.parametrize(
    "note",
    [
        "heart failure on frusemide",
        "EF 62%",
        "LVEF 45%",
        "HF O2 via nasal cannula",
        "renal failure",
        "respiratory failure",
        "father heart failure",
        "no ankle oedema, JVP not raised",
        "NYHA I-II",
        "no liver failure",
        "cardiomyopathy",
        "no evidence of treatment failure",
        "Heart failure, EF 40%",
        "ankle oedema",
        "LVEF 50%",
        "heart failure clinic",
        "liver failure",
        "BNP 400",
        "mother died of heart failure",
        "NYHA I to II",
        "FC",
        "cardiomegaly",
    ],
)
def test_heart_failure_stays_unknown(verdict: Verdict, note: str) -> None:
    assert verdict("E10.heart_failure", note) == "unknown"


@pytest.mark.parametrize(
    "note",
    [
        "no arrhythmia",
        "AF, rate controlled on bisoprolol",
        "AF on apixaban, rate controlled",
        "sinus tachycardia 108",
        "occasional ventricular ectopics on ECG",
        "ECG normal",
        "ECG: normal",
        "12-lead ECG: NAD",
        "Holter: no significant arrhythmia",
        "No heart disease",
        "CHB s/p PPM 2018",
        "complete heart block, pacemaker in situ",
        "RBBB",
        "SVT, ablated 2015",
        "ECG sinus rhythm, no arrhythmia or conduction abnormality",
        "No AF or other arrhythmia",
        "PMH nil",
        "sinus bradycardia 52",
        "telemetry: no arrhythmia",
        "isolated PVCs",
        "rate-controlled atrial fibrillation",
        "Permanent AF, ventricular rate 72",
        "first degree AV block",
        "normal ECG",
        "EKG within normal limits",
        "ECG 10/3: SR 72, normal axis, normal intervals, no conduction defect.",
        "ECG: sinus rhythm, otherwise normal.",
        "ECG - SR, NAD",
        "ECG: regular sinus rhythm, no abnormality detected",
        "24 h Holter: a few extra beats, nothing else.",
        "AVB I on ECG, otherwise normal",
        "1° AVB",
        "AF with controlled ventricular response",
        "AF, VR 70s on digoxin",
        "longstanding AF, HR 72 irregularly irregular",
        "AF - rates 70-80 on metoprolol",
        "Cardiac monitoring overnight showed no arrhythmias.",
        "No known arrhythmia, no pacemaker.",
        "Arrhythmia: none",
        "Rhythm disturbances: no",
        "heart rhythm disorder - nil",
        "The ECG was entirely normal.",
        "ECG (12 leads) within normal limits.",
        "EKG - WNL",
        "Holter monitor 2/2026: SR throughout, isolated SVEs and VEs, no VT or pauses",
        "incomplete RBBB only",
        "Ventricular extrasystoles on ECG, benign per cardiology",
        "AF, ventricular rate controlled",
        "Chronic AF, on bisoprolol and apixaban, rate controlled (72/min)",
        "third degree AV block 2019 treated with a pacemaker, functioning well",
        "Serious arrhythmia: No",
        "[ ] arrhythmia  [x] hypertension",
        "心律失常: 无",
        "No hx of arrythmia",
        "denies cardiac history",
    ],
)
def test_arrhythmia_passes(verdict: Verdict, note: str) -> None:
    assert verdict("E10.arrhythmia", note) == "pass"


@pytest.mark.parametrize(
    "note",
    [
        "recurrent VT with ICD",
        "AF with RVR 140",
        "uncontrolled AF",
        "Mobitz II, awaiting pacemaker",
        "complete heart block",
        "VF arrest 2024",
        "ventricular tachycardia on Holter",
        "AF poorly controlled, rate 130",
        "QTc 520 ms",
        "third-degree AV block",
        "AF, ventricular rate 145, admitted for rate control",
        "runs of sustained VT on telemetry",
        "2:1 AV block, Mobitz type 2, pacemaker planned",
        "ICD for VT 2023",
        "fast AF 150/min",
        "complete AV block, no pacemaker yet",
        "persistent AF, rate not controlled despite bisoprolol",
    ],
)
def test_arrhythmia_fails(verdict: Verdict, note: str) -> None:
    assert verdict("E10.arrhythmia", note) == "fail"


@pytest.mark.parametrize(
    "note",
    [
        "AF on apixaban",
        "ECG: sinus rhythm",
        "ECG SR 78/min",
        "HR 76 regular",
        "no palpitations",
        "CHB on entecavir",
        "AFB smear neg",
        "arrhythmia",
        "father AF",
        "pulse regular",
        "ECG NSR",
        "ECG done",
        "VT 500 ml, FiO2 0.4",
        "PAF",
        "ECG arranged",
        "ECG: sinus rhythm, no acute ST changes",
        "Normal sinus rhythm on ECG",
        "ECG: SR, LVH",
        "pulse 80 reg",
        "ECG to be done",
        "paroxysmal AF on apixaban",
        "palpitations, Holter awaited",
        "R/R 18, VT 450",
        "Brother has AF",
        "ECG: SR, T inversion V4-6",
        "normal S1 S2",
        "heart sounds dual, regular rhythm",
        "RRR, no murmur",
    ],
)
def test_arrhythmia_stays_unknown(verdict: Verdict, note: str) -> None:
    assert verdict("E10.arrhythmia", note) == "unknown"


def test_the_latest_blood_pressure_counts(verdict: Verdict) -> None:
    early, late = date(2026, 2, 2), date(2026, 3, 9)
    assert verdict("E10.hypertension", (early, "HTN, BP 182/104"), (late, "BP 128/76")) == "pass"
    assert verdict("E10.hypertension", (early, "HTN, BP 128/76"), (late, "BP 182/104")) == "fail"


def test_a_blood_pressure_of_a_later_day_replaces_a_word_on_control(verdict: Verdict) -> None:
    early, late = date(2026, 2, 2), date(2026, 3, 9)
    assert (
        verdict("E10.hypertension", (early, "uncontrolled hypertension"), (late, "BP 126/74 on two agents")) == "pass"
    )


def test_atrial_fibrillation_that_is_controlled_now_is_not_serious(verdict: Verdict) -> None:
    early, late = date(2026, 2, 2), date(2026, 3, 9)
    assert verdict("E10.arrhythmia", (early, "AF with RVR"), (late, "AF, rate controlled on bisoprolol")) == "pass"
    assert verdict("E10.arrhythmia", (early, "AF, rate controlled on bisoprolol"), (late, "AF with RVR")) == "fail"
