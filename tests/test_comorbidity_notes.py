"""Whole notes in many styles, with the verdict on every comorbidity criterion.

Each note is dated 2026-03-12, the planned first dose is 2026-03-16. The word beside a note gives the verdicts in the order of ``CRITERIA``: P pass, F fail, U unknown.
All notes are written for these tests.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

CRITERIA = (
    "E04.malignancy",
    "E05.autoimmune",
    "E10.hypertension",
    "E10.angina",
    "E10.infarction",
    "E10.heart_failure",
    "E10.arrhythmia",
    "E11.lung",
    "E12.surgery",
    "E12.wound",
    "E13.pregnancy",
    "E14.allergy",
)
LETTERS = {"pass": "P", "fail": "F", "unknown": "U"}
NOTES = (
    pytest.param(
        """\
SCREENING FORM NCT07235319           Date: 10/03/2026
Patient initials: R.K.S.   Age 47   Sex: F
                                         Yes   No   Comment
1. Active autoimmune disease             [ ]   [x]
2. Previous malignancy (< 5 y)           [ ]   [x]  
3. Uncontrolled hypertension             [ ]   [x]  BP 124/80, no HTN
4. Unstable angina / MI < 6 months       [ ]   [x]
5. CHF NYHA >= II                        [ ]   [x]
6. Serious arrhythmia                    [ ]   [x]
7. ILD / pneumonitis                     [ ]   [x]
8. Major surgery < 4 weeks               [ ]   [x]
9. Unhealed wound                        [ ]   [x]
10. Pregnant / breastfeeding             [ ]   [x]  UPT neg 10/3
11. Allergy to study drugs               [ ]   [x]
""",
        "PPPPPPPPPPPP",
        id="yes_no_columns",
    ),
    pytest.param(
        """\
Dear Dr Varghese,
Thank you for referring this pleasant 58 year old farmer with a three month history of nasal block. He has type 2 diabetes mellitus (HbA1c 7.4) on metformin and glimepiride
and hypertension for which he takes telmisartan; his blood pressure in my clinic was 128/82 mmHg. There is no history of ischaemic heart disease, stroke, asthma or tuberculosis.
He underwent appendicectomy in his twenties and has had no other operations. He is not allergic to any medicines. There is no family history of cancer.
He is a K/C/O hypothyroidism on Tab Thyronorm 50 mcg. ECG and 2D Echo were normal (EF 60%), no regional wall motion abnormality. No past history of malignancy.
HRCT thorax: no interstitial lung disease. The biopsy site has healed well.
""",
        "PPPPPUPPPPPP",
        id="indian_letter",
    ),
    pytest.param(
        """\
Tel. contact w/ patient's daughter 11-03-26 (RN)
Mum (F/66) OK at home. Wound from the hip op (L hemi 18/02/26) - still oozing a bit at the lower end, practice nurse dressing it every 2nd day. No fever.
Takes: bisoprolol, apixaban (AF), ramipril. Home BP 150s/90s. Had "a small heart attack" in Nov, stent then. Allergic to trimethoprim.
Breast cancer 2020 - on letrozole, due to finish. Daughter says rheumatoid arthritis for years, methotrexate every Monday.
""",
        "FFUUFUUUFFUP",
        id="telephone_with_daughter",
    ),
    pytest.param(
        """\
Anamnese / history (translated)
67-year-old man. Concomitant diseases: arterial hypertension (treated, RR 130/80 mmHg), coronary heart disease with anterior wall infarction 2014 (PTCA + stent LAD), heart failure NYHA I, paroxysmal atrial fibrillation, currently sinus rhythm. Prostate carcinoma 2016, radical prostatectomy, no recurrence. Psoriasis vulgaris, only topical therapy.
Allergies: none known. Operations: prostatectomy 2016, inguinal hernia 2001, none since.
CT thorax 02.03.2026: no signs of interstitial lung disease.
""",
        "PPPUPPUPPUPP",
        id="european_history",
    ),
    pytest.param(
        """\
患者 女 52岁 已绝经2年。Past: hypertension 5 years, on nifedipine, BP 135/85mmHg. Denied coronary heart disease, diabetes, hepatitis, tuberculosis. History of cesarean section 20 years ago. No drug allergy. Denied autoimmune disease and other tumor history. ECG: normal. Chest CT: no obvious interstitial change.
""",
        "PPPPPUPPUUPP",
        id="mainland_mixed",
    ),
    pytest.param(
        """\
Background: nil significant. Non-smoker. Lives with partner. Nil regular meds. NKDA.
O/E well, BP 118/74. Chest clear, HS dual, no murmur.
F/33, LMP 20/2, on OCP. Urine hCG neg.
Port-a-cath 6/3, site clean.
""",
        "PPPPPPPPUUPP",
        id="australian_clinic",
    ),
    pytest.param(
        """\
PAST MEDICAL HISTORY:
1. Systemic lupus erythematosus, dx 2011, on hydroxychloroquine 200 mg BID, last prednisone burst 01/2025.
2. CAD s/p DES to RCA 4/2019 (NSTEMI). Stable angina CCS II.
3. HFrEF, EF 35%, NYHA class II.
4. Paroxysmal VT s/p ICD 2020.
5. HTN, uncontrolled; BP today 168/98.
6. Radiation pneumonitis grade 2 (2021).
PSH: R THA 02/20/2026.
ALLERGIES: carboplatin (anaphylaxis, 2021), PCN (rash).
63 y.o. M. Prior malignancy: melanoma L arm, WLE 2023.
""",
        "FFFPPFFFFUPF",
        id="us_problem_list",
    ),
    pytest.param(
        """\
ONCOLOGY OPD  12/3/26
Pt c/o nasal block x 3/12. K/c/o T2DM x 8 yrs, HTN x 5 yrs (Tab Amlodipine 5 OD, Tab Telma 40), Hypothyroid (Thyronorm 75). No h/o TB/BA/IHD/CVA. No h/o surgery in past. No h/o allergy to any known drug.
Menopause attained 4 yrs back. P2L2.
GC fair, ECOG 1. PR 84/min, BP 138/88 mmHg. Chest B/L clear. CVS S1S2+.
ECG - NSR. 2D echo - LVEF 60%, no RWMA.
Adv: CECT, PET CT. Plan Gem/Cis.
""",
        "UPPPPUUUPUPP",
        id="indian_opd",
    ),
    pytest.param(
        """\
Consultant: Mr D. Peake FRCS           Dictated 10.3.26
This 54 year old lady is previously fit and well apart from a hysterectomy in 2014 and well controlled asthma. She is a lifelong non-smoker. She takes a Clenil inhaler and has no allergies that she is aware of.
On examination her blood pressure was 166/94 (she was anxious).
""",
        "PPUPPPPPUUPP",
        id="dictated_uk_letter",
    ),
    pytest.param(
        """\
Pre-chemo nursing checklist 12/3/26
Name: K. W. Ng   M/49
Drug allergy: NKDA ☑
Wound: none
Op in last month: N
Hx of heart dis: N    HT: N    lung dis: N   
Other ca: N
Autoimmune: N
Steroid use: N
""",
        "PPPPPPPPPPPP",
        id="nursing_checklist",
    ),
    pytest.param(
        """\
Ward progress note. Day 3 post R frontal craniotomy (9/3) for biopsy. Wound clean, clips in situ. AF on tele overnight HR 140s, IV amiodarone, now 90s. Trop neg. Echo mod LV impairment EF 40, no overt failure. 
Known: HTN (BP 142/86), previous TIA, Ca prostate 2019 on Zoladex. NKDA. 71M
""",
        "FUUUUPUUFUPP",
        id="ward_round_post_craniotomy",
    ),
    pytest.param(
        """\
Clinic letter. DOB 14/05/1971. Dx: metastatic NPC. PMH: Sjögren's syndrome (artificial tears only, never had steroids), migraines. LMP 4 years ago, postmenopausal. Takes HRT. Never smoked.
No cardiac or respiratory history. She had a cholecystectomy in 2002; nothing since. Allergic to elastoplast. No previous cancers.
BP 121/77.
""",
        "PPUPPPPPPUPP",
        id="sjogren_letter",
    ),
    pytest.param(
        """\
History and Physical
PMH: hypothyroidism, HLD, GERD, OSA on CPAP. Denies h/o CAD, MI, CHF, arrhythmia, HTN. Denies h/o cancer prior to this diagnosis. Denies h/o autoimmune disease, ILD.
PSH: tonsillectomy (childhood), lap band 2010. Denies recent surgery.
Allergies: NKDA.
Social: married, 1 child. 38 y.o. female, uses condoms; urine hCG negative 3/11/2026. Not breastfeeding.
Vitals: BP 118/76 | Pulse 80 | Temp 98.4
Skin: no wounds, no rash.
""",
        "PPPPPPPPPPPP",
        id="us_history_and_physical",
    ),
    pytest.param(
        """\
入院记录 Past history: 2型糖尿病5年. 否认高血压、冠心病史, 否认肝炎结核. 2018年因甲状腺乳头状癌行甲状腺全切术, 口服优甲乐. 否认药物过敏史. 女, 46岁, 尿妊娠试验阴性.
""",
        "PUPPPUUUUUPP",
        id="chinese_admission",
    ),
    pytest.param(
        """\
TELEPHONE ASSESSMENT 09/03/2026
Mr B says he is well. Dentist took 3 teeth out last week. No surgery otherwise. His psoriasis is flaring, GP gave him more Dovobet, no tablets. Heart attack in 2011, sees nobody for it now, no angina. BP at pharmacy 136/84, takes bendroflumethiazide for BP. Penicillin makes him sick.
""",
        "UFUPPUUUPUPU",
        id="telephone_with_patient",
    ),
    pytest.param(
        """\
MDT proforma
Co-morbidities: ☑ HTN ☐ DM ☐ IHD ☐ CCF ☐ AF ☐ ILD ☐ autoimmune ☐ previous cancer
BP 132/78. PS 1. Allergies: nil. Sex M
""",
        "PPPPPPUPUUPP",
        id="mdt_ticks",
    ),
    pytest.param(
        """\
Comorbidity index: Charlson 0. ASA 1. No regular medication. Non smoker.
No known drug allergies. 
Male 36y.
""",
        "UUUUUUUUUUPP",
        id="charlson_only",
    ),
    pytest.param(
        """\
Cardio-oncology review 11 Mar 2026. 65F. Known non-ischaemic cardiomyopathy (anthracycline, for breast cancer 2009), EF 42%, asymptomatic NYHA I on ramipril and bisoprolol. ECG sinus rhythm, LBBB. Holter Feb 2026: no sustained arrhythmia. Coronary angiogram normal, no coronary disease. BP 112/70, not hypertensive. Fit for GP + PD-1.
""",
        "PUPPPPUUUUUU",
        id="cardio_oncology",
    ),
    pytest.param(
        """\
PMHx: Nil. PSHx: ORIF L radius 2011. Meds: nil. Allx: nil. FHx: IHD (father), breast Ca (mum), T1DM (bro). SHx: 29M, carpenter.
""",
        "PPPPPPPPUUPP",
        id="abbreviated_headings",
    ),
    pytest.param(
        """\
DISCHARGE SUMMARY  Admitted 02/03/2026  Discharged 09/03/2026
Principal diagnosis: NSTEMI
Secondary: NPC stage IVB, HTN, CKD3
Course: PCI to LAD with DES 04/03. Echo EF 45%. No further chest pain. No arrhythmia on telemetry.
BP at discharge 128/70.  Allergies NKDA.  Male 66.
""",
        "UUPUFUPUUUPP",
        id="discharge_with_infarction",
    ),
    pytest.param(
        """\
F/44. GPH. NSND. NKDA. Works as a teacher. UPT -ve. 
CT thorax 3/3/26: Ground glass changes with interlobular septal thickening RLL, ?lymphangitis ?drug-induced pneumonitis.
""",
        "PPPPPPPUUUPP",
        id="hk_shorthand",
    ),
    pytest.param(
        """\
Patient denies any history of heart disease, lung disease, autoimmune disease, or cancer other than current. She is 3 months postpartum and is breastfeeding. Her mother has lupus and her brother had a heart attack at 45. She herself has mild eczema. She is allergic to latex.
""",
        "PPUPPPPPUUFP",
        id="denials_and_relatives",
    ),
    pytest.param(
        """\
Risks discussed: infection, hair loss, renal impairment, hearing loss, allergic reaction to cisplatin, pneumonitis, colitis, hepatitis, myocarditis, heart failure, arrhythmia, second cancers. He understands. 
60M.
""",
        "UUUUUUUUUUPU",
        id="risks_discussed",
    ),
    pytest.param(
        """\
Exclusion criteria (protocol v2): active autoimmune disease; other malignancy within 5 years; uncontrolled hypertension; MI within 6 months; NYHA >= II; ILD; major surgery within 4 weeks; pregnancy; allergy to study drugs.
Patient: male, 51.
""",
        "UUUUUUUUUUPU",
        id="criteria_pasted",
    ),
    pytest.param(
        """\
62M. Past: CABG 2018 (three vessel disease), no MI ever. Class I. ICD? no. 
Echo 2/26 LVEF 55%. Cardiologist: stable, no angina. Rhythm sinus, no AF documented on loop recorder.
T1N2M1. BP 139/80 on ramipril for hypertension. Gout. Penicillin anaphylaxis.
""",
        "UUPPPUUUUUPP",
        id="loop_recorder",
    ),
    pytest.param(
        """\
Ex-patient of rheumatology: seronegative RA in remission, sulfasalazine and methotrexate discontinued in 2021 when NPC work-up... now no DMARDs. Hypothyroid on replacement. Vitiligo on hands, untreated.
Non-Hodgkin's lymphoma (follicular) 2005, R-CVP, remission since. BCC back 2025 - biopsy only so far.
57F, post-menopausal.
""",
        "UPUUUUUUUUPU",
        id="rheumatology",
    ),
    pytest.param(
        """\
Dx: met NPC. Co-morb: nil. All: nil. PSH: nil. 48M
""",
        "PPPPPPPPPUPP",
        id="terse",
    ),
    pytest.param(
        """\
Mr A was reviewed. He had an emergency laparotomy for perforated ulcer on 20 February 2026; the midline wound has now fully healed. He is otherwise normally fit and well. No allergies. BP 122/80.
""",
        "PPPPPPPPFPPP",
        id="healed_laparotomy",
    ),
    pytest.param(
        """\
A 39 year-old woman, G3P2, LMP 02/03/2026, contraception: Mirena. Pregnancy test today negative. She does not breast feed. ECG: sinus tachycardia 104 bpm. Thyroid: Hashimoto thyroiditis on L-thyroxine 100. No heart or lung disease. C-section 2012 and 2016.
""",
        "UPUPPPPPUUPU",
        id="pregnancy_test_and_ecg",
    ),
)


@pytest.mark.parametrize(("note", "expected"), NOTES)
def test_every_comorbidity_criterion_of_a_note(verdict: Callable[..., str], note: str, expected: str) -> None:
    assert {c: LETTERS[verdict(c, note)] for c in CRITERIA} == dict(zip(CRITERIA, expected, strict=True))
