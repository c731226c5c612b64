"""Stage: TNM and groups of this and other cancers, what is no stage, and version 9 (GUIDELINE I04; domain.md 10)."""

from __future__ import annotations

from datetime import date

import pytest

from critex.extract.document import Document
from critex.extract.engine import Extractor
from critex.extract.families import load_family
from critex.extract.mention import Mention
from critex.features.staging import categories, metastatic, version9_group

EXTRACTOR = Extractor((load_family("stage"),))
DAY = date(2026, 3, 12)

TEXTS = {
    "cT3N2M1b": "T3N2M1b",
    "NPC cT4 N3 M1": "T4N3M1",
    "T3, N2, M1a": "T3N2M1a",
    "T3/N2/M1": "T3N2M1",
    "cT3 cN2 cM1": "T3N2M1",
    "pT2 pN1": "T2N1",
    "TNM: T4aN2cM0": "T4aN2M0",
    "rT0N0M1b": "T0N0M1b",
    "ycT1N0M0": "T1N0M0",
    "T2 N2 Mx": "T2N2Mx",
    "TxN3M1": "TxN3M1",
    "T1-2N2M1": "T1-2N2M1",
    "T4N3bM1c": "T4N3bM1c",
    "T3 N2 M1(bone)": "T3N2M1",
    "NPC T3N2M1b stage IVB (AJCC 9th)": "T3N2M1b, IVB",
    "cT3N2M1a, IVA, AJCC9": "T3N2M1a, IVA",
    "cT3N2M1b (IVB)": "T3N2M1b, IVB",
    "cT3N2M1b = stage IVB": "T3N2M1b, IVB",
    "T3N2M1b / IVB": "T3N2M1b, IVB",
    "Stage: IVB": "IVB",
    "Stage 4B NPC": "4B",
    "Stg IVA": "IVA",
    "staging: cT2N3M0, overall stage III (v9)": "T2N3M0, III",
    "AJCC 8th edition: IVA": "IVA",
    "AJCC v9 stage IVB": "IVB",
    "UICC IVA": "IVA",
    "IVA (9th ed)": "IVA",
    "stage group IVB": "IVB",
    "stage IV-B": "IVB",
    "stage IV B": "IVB",
    "stage lV NPC": "IV",
    "stage 1V disease": "IV",
    "Stage IV NPC": "IV",
    "stage four nasopharyngeal carcinoma": "IV",
    "stage IVb": "IVB",
    "(stage IVB, M1b: liver and bone)": "IVB, M1b",
    "M1b disease": "M1b",
    "M1 (bone, liver)": "M1",
    "cM1": "M1",
    "staged as M0": "M0",
    "M0 on PET-CT": "M0",
    "M1 cannot be excluded": "M1 possible",
    "?M1": "M1 possible",
    "N3 because of supraclavicular node": "N3",
    "cN3 disease": "N3",
    "T4 (intracranial extension)": "T4",
    "cT4 with clivus invasion": "T4",
    "T4 disease with orbital invasion": "T4",
    "MRI nasopharynx: T3 tumour": "T3",
    "SCF LN is regional (N3)": "N3",
    "鼻咽癌 cT3N2M1b IVB期(第9版)": "T3N2M1b, IVB",
    "鼻咽癌IV期": "IV",
    "诊断:鼻咽癌 T4N2M0 ⅣA期": "T4N2M0, IVA",
    "Ⅳb期": "IVB",
    "level IVA node": "",
    "levels III, IVa and Vb nodes": "",
    "lymph nodes in levels II, III and IVA": "",
    "level IV nodes bilaterally": "",
    "stage IV sacral sore": "",
    "CKD stage 4": "",
    "stage 3 CKD": "",
    "stage 3a chronic kidney disease": "",
    "stage IV pressure ulcer": "",
    "stage 2 hypertension": "",
    "T1/T2 weighted MRI": "",
    "T2 hyperintense lesion": "",
    "T1 post-gadolinium": "",
    "T4 vertebral met": "",
    "T4 vertebra": "",
    "T8, L3 lesions": "",
    "T2 and T4 vertebral bodies": "",
    "free T4 12, T3 4.1, TSH 1.2": "",
    "T4 14 pmol/L": "",
    "TSH 1.2 T4 12": "",
    "on T4 replacement": "",
    "M1 segment stenosis": "",
    "right MCA M1 occlusion": "",
    "N 62% L 20%": "",
    "PT 12 N 11-13": "",
    "two-stage procedure": "",
    "end-stage renal disease": "",
    "at this stage 2 options": "",
    "IV access, IV fluids": "",
    "IV antibiotics": "",
    "IVC filter": "",
    "IVC patent": "",
    "Grade III mucositis": "",
    "NYHA III": "",
    "stage III breast cancer 2018": "III past other",
    "colon ca T3N1M0 2015": "T3N1M0 past other",
    "seminoma stage I 1998": "I past other",
    "breast cancer pT2N0M0": "T2N0M0 other",
    "NPC in 2019: cT2N2M0 stage III": "T2N2M0 past, III past",
    "Originally T3N2M0 (2020), now M1": "T3N2M0 past, M1",
    "Eligible: stage IV (M1) NPC, 9th edition": "IV hypothetical, M1 hypothetical",
    "The trial requires stage IV disease": "IV hypothetical",
    "If M1 confirmed, refer": "M1 hypothetical",
    "NPC, stage III/IV": "III/IV",
    "Ca NP stage II-III": "II-III",
    "locally advanced stage IVA (T4N2M0)": "IVA, T4N2M0",
    "No M1 disease": "M1 absent",
    "NPC, at least stage III": "III",
    "downstaged to ycT1N0": "T1N0",
    "Hoehn and Yahr stage 3": "",
    "liver fibrosis stage F4": "",
    "COPD GOLD stage 2": "",
    "Child-Pugh stage A": "",
    "stage B heart failure": "",
    "N95 mask": "",
    "de novo M1": "M1",
    "synchronous mets (M1a)": "M1a",
    "T3N2": "T3N2",
    "TNM T 3 N 2 M 1": "T3N2M1",
    "Stage (8th): IVB": "IVB",
    "c T3 N2 M1b": "T3N2M1b",
    "clinical stage T3N2M1a IVA": "T3N2M1a, IVA",
    "cT3N2M1a (stage IVA by AJCC V9; 2 bone lesions)": "T3N2M1a, IVA",
    "upstaged from III to IV after PET": "III past, IV",
    "T3 N2b M1 NPC": "T3N2bM1",
    "M1a (9th)": "M1a",
    "Mx: continue current meds": "",
    "follow-up in M1 clinic": "",
    "vitamin B12, T3 level": "",
    "at T3 level fracture": "",
    "C7-T1 fusion": "",
}
"""Value; then what was made of it; then ``other`` where it is the stage of another cancer."""


def said(m: Mention) -> str:
    word = m.assertion if m.assertion != "present" else ("past" if m.temporality == "past" else "")
    other = "other" if m.attributes.get("disease") == "other" else ""
    return " ".join(filter(None, (m.value, word, other)))


def mentions(text: str) -> list[Mention]:
    return EXTRACTOR.mentions(Document(text, "n", "p", DAY, "clinic note"))


@pytest.mark.parametrize("text", TEXTS)
def test_stage_as_written(text: str) -> None:
    assert sorted(said(m) for m in mentions(text)) == sorted(filter(None, TEXTS[text].split(", ")))


@pytest.mark.parametrize(
    ("text", "edition"),
    [
        ("stage IVA (AJCC 8th ed.)", "8"),
        ("AJCC v9: stage IVB", "9"),
        ("UICC 7 stage IVB", "7"),
        ("stage IVA, ninth edition", "9"),
        ("IVA期(第8版)", "8"),
        ("IVb期(2008分期)", "china2008"),
        ("NPC stage IVA, seen on 8th March", None),
        ("NPC stage IVA", None),
    ],
)
def test_edition_beside_a_stage(text: str, edition: str | None) -> None:
    assert mentions(text)[0].attributes.get("edition") == edition


@pytest.mark.parametrize(
    ("tnm", "group"),
    [
        ("T1N0M0", "IA"), ("T2N0M0", "IA"), ("T0N1M0", "IB"), ("T2N1M0", "IB"), ("T1N2M0", "II"), ("T3N0M0", "II"), ("T3N2M0", "II"),
        ("T4N0M0", "III"), ("T1N3M0", "III"), ("T4N3M0", "III"), ("T1N0M1a", "IVA"), ("T4N3M1b", "IVB"), ("T2N2M1", "IV"), ("TisN0M0", "0"),
        ("TxN3M0", "III"), ("TxN1M0", None), ("T3N2", None), ("T3N2Mx", None),
    ],
)  # fmt: skip
def test_version9_group(tnm: str, group: str | None) -> None:
    assert version9_group(*categories(tnm)) == group


@pytest.mark.parametrize(
    ("value", "edition", "wanted"),
    [
        ("T4N3M0", None, "M0"), ("M1a", None, "M1"), ("IVA", "8", "M0"), ("IVB", "8", "M1"), ("IVA", "7", "M0"), ("IVB", "7", "M0"), ("IVC", None, "M1"),
        ("IVA", "9", "M1"), ("IVB", "9", "M1"), ("IV", "9", "M1"), ("IVA", None, None), ("IVB", None, None), ("IV", None, None), ("4B", "8", "M1"),
        ("III", None, "M0"), ("3", None, "M0"), ("T4", None, None), ("IVB", "china2008", "M1"),
    ],
)  # fmt: skip
def test_what_establishes_metastasis(value: str, edition: str | None, wanted: str | None) -> None:
    assert metastatic(value, edition) == wanted
