"""Other malignancies: what a note says of them, and the verdict that follows.

Each case is a note (dated 2026-03-12, planned first dose 2026-03-16), the criterion and the verdict; the texts are written for these tests.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

Verdict = Callable[..., str]


@pytest.mark.parametrize(
    "note",
    [
        "No other cancer.",
        "No hx of other malignancies.",
        "Other malignancy: nil",
        "Denied history of other tumors.",
        "Never had any other cancer.",
        "Previous cancers - none",
        "No prior malignancy, no autoimmune disease.",
        "PMH: nil. NKDA.",
        "History of other malignancy | No",
        "Other malignancy within 5 years: No",
        "2nd malignancy (-)",
        "No previous or concurrent malignancy",
        "Malignancy (other than NPC): none",
        "No personal history of malignancy prior to this.",
        "[x] DM  [ ] HTN  [ ] other malignancy",
        "Ca breast 2009, mastectomy, discharged.",
        "Testicular seminoma 1999, orchidectomy + RT, cured.",
        "Hodgkin lymphoma at 19 (1988), mantle RT, no relapse.",
        "Left breast ca 2012 - lumpectomy, chemo, RT, tamoxifen finished 2018. Discharged from follow up.",
        "Thyroid cancer 2014 treated by total thyroidectomy, no recurrence since.",
        "Ca colon >10 years ago, resected, in remission.",
        "He had bladder cancer treated by TURBT 8 years ago and was discharged.",
        "Papillary thyroid ca 2018, on thyroxine.",
        "CRC 2016 right hemicolectomy, colonoscopy 2024 clear.",
        "over 5 years ago had kidney cancer removed",
        "BCC nose excised 2024, margins clear.",
        "Basal cell carcinoma of cheek, Mohs surgery last year.",
        "cutaneous SCC R forearm excised 6/2025 with clear margins",
        "CIN3 s/p LEEP 2024",
        "CIN III, LLETZ in 2023, smears normal since",
        "Carcinoma in situ of the cervix treated with conisation 2022.",
        "cervical cancer in situ (2021), cone biopsy, clear",
        "Bowen's disease of the leg excised 2023",
        "squamous cell carcinoma of skin of the ear, excised 2022, complete",
        "Hx of cancer: denies. Hx of autoimmune disease: denies.",
        "无其他恶性肿瘤病史",
        "Nil other cancers. Nil autoimmune.",
        "ca cervix in-situ, conization 2020",
        "No previous cancers.",
        "No h/o malignancy",
        "Denies prior malignancy",
        "Other cancers: none",
        "History of cancer: NPC only",
        "No second malignancy",
        "No other known malignancies",
        "Prior malignancy [ ] Y [x] N",
        "He has never had cancer before",
        "no other tumour history",
        "Skin: BCC L temple, completely excised Nov 2023",
        "cervical CIN III treated by LLETZ 2021",
        "Bowel cancer in 2011, right hemicolectomy, discharged from follow up 2016",
        "breast cancer (2008): mastectomy + chemo, no recurrence",
        "SCC of the scalp, Mohs 2024, clear margins",
        "prostate cancer 2014, radical prostatectomy, PSA <0.01 in 2026",
        "Childhood ALL in 1985, cured",
        "15 years ago he was treated for lymphoma",
        "Ca tongue 2010 - hemiglossectomy; disease free since",
    ],
)
def test_malignancy_passes(verdict: Verdict, note: str) -> None:
    assert verdict("E04.malignancy", note) == "pass"


@pytest.mark.parametrize(
    "note",
    [
        "Ca breast 2024, s/p WLE + RT, on tamoxifen.",
        "PMH: colon cancer, right hemicolectomy Aug 2023, adjuvant capecitabine.",
        "SCC of tongue 2023, wide excision + neck dissection.",
        "He had a T1 melanoma removed from his back in 2022.",
        "Papillary thyroid carcinoma, total thyroidectomy 2024, RAI.",
        "Prostate adenocarcinoma Gleason 3+4 dx 11/2024 on active surveillance.",
        "Ca cervix stage IB1 2022, radical hysterectomy.",
        "DLBCL 2022, R-CHOP x6, in remission.",
        "DCIS left breast 2023, lumpectomy and RT.",
        "HCC s/p RFA 18 months ago.",
        "Renal cell ca, L nephrectomy 2 years ago, margins clear.",
        "CLL since 2023, watch and wait.",
        "Second primary: adenocarcinoma of lung RUL resected 2024.",
        "Synchronous early gastric cancer found on OGD last month, ESD done.",
        "Past history: bladder carcinoma, TURBT 2023.05, intravesical BCG until 2023.12. Denied hypertension.",
        "k/c/o Ca thyroid (papillary) - TT + RAI 3/2023, on eltroxin",
        "Breast cancer diagnosed 2023, on letrozole",
        "Previous malignancy: rectal ca 2022, APR",
        "renal cell carcinoma, nephrectomy 6/2024",
        "early oesophageal cancer 2022 ESD",
        "low grade bladder TCC 2023",
        "melanoma 2022",
        "Endometrial ca Jan 2025, TAHBSO",
        "CML on imatinib",
        "multiple myeloma on lenalidomide",
        "non-Hodgkin lymphoma 2021-12, 6 cycles R-CHOP to 5/2022",
    ],
)
def test_malignancy_fails(verdict: Verdict, note: str) -> None:
    assert verdict("E04.malignancy", note) == "fail"


@pytest.mark.parametrize(
    "note",
    [
        "[ ] DM  [ ] HTN  [ ] other malignancy",
        "BCC on the nose, for excision next month.",
        "BCC excised 2025, margins involved, re-excision awaited",
        "Previous breast cancer.",
        "h/o Ca colon, resected",
        "s/p thyroidectomy for papillary thyroid cancer",
        "Mother had breast cancer, father HCC.",
        "FHx: sister - thyroid ca 2023",
        "FH: colon ca (uncle), nil else",
        "Colonic polyp, tubular adenoma removed 2023.",
        "Ca 2.31 mmol/L, PO4 1.1",
        "RUL nodule, primary lung cancer cannot be excluded.",
        "? second primary lung ca",
        "Liver lesion: HCC to be excluded.",
        "Multiple liver metastases from nasopharyngeal carcinoma.",
        "nasopharyngeal cancer diagnosed 2025",
        "HBV carrier, on HCC surveillance with 6-monthly USG.",
        "Refer to breast cancer nurse",
        "MGUS under annual review",
        "Meningioma, stable on MRI 2024",
        "Metastatic squamous cell carcinoma in cervical node, primary nasopharynx.",
        "Ca breast 2015, completed letrozole 2023",
        "Patient education: skin cancer risk discussed",
        "colon polyps",
        "lipoma",
        "Strong family history of cancer",
        "Breast lump, benign",
        "? thyroid ca on USG, FNA pending",
        "prostate ca, year not known",
        "elevated CEA",
        "brother: lymphoma 2022",
        "Cancer: nasopharynx",
        "cancer pain",
        "known cancer patient",
        "BCC scalp, declined treatment",
    ],
)
def test_malignancy_stays_unknown(verdict: Verdict, note: str) -> None:
    assert verdict("E04.malignancy", note) == "unknown"
