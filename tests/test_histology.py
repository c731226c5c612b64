"""Histology: the words of one diagnosis, corrections, other cancers and other meanings (GUIDELINE I02.histology; domain.md 11)."""

from __future__ import annotations

from datetime import date

import pytest

from critex.criteria.examples import statements_of_text
from critex.extract.document import Document
from critex.extract.engine import Extractor
from critex.extract.families import load_family
from critex.extract.mention import Mention
from critex.features.facts import CONFLICT
from critex.features.patient import Patient

EXTRACTOR = Extractor((load_family("histology"),))
DAY = date(2026, 3, 12)

TEXTS = {
    "NP Bx: NKC, undiff, EBER+": "nonkeratinizing_undifferentiated",
    "NP bx x3: undiff ca, EBER +ve": "nonkeratinizing_undifferentiated",
    "Biopsy-proven NPC (WHO III)": "nonkeratinizing_undifferentiated",
    "Biopsy-proven NPC (WHO type IIb), EBER strongly positive": "nonkeratinizing_undifferentiated",
    "Nasopharynx, left, biopsy: Squamous cell carcinoma, nonkeratinizing, poorly differentiated.": "nonkeratinizing",
    "Poorly differentiated non-keratinising squamous cell carcinoma": "nonkeratinizing",
    "Keratinizing squamous cell carcinoma, moderately differentiated, of the nasopharynx": "keratinizing",
    "Squamous cell carcinoma (keratinising type)": "keratinizing",
    "SCC, keratinizing type": "keratinizing",
    "Histology: keratinising.": "keratinizing",
    "NPC, keratinising": "keratinizing",
    "Well differentiated squamous cell carcinoma of nasopharynx": "squamous",
    "Non-keratinising carcinoma with focal keratinisation": "nonkeratinizing",
    "No keratinising carcinoma seen": "keratinizing absent",
    "Nasopharyngeal carcinoma, non-keratinizing, differentiated subtype": "nonkeratinizing_differentiated",
    "Type: non-keratinizing, undifferentiated (WHO 2.2)": "nonkeratinizing_undifferentiated",
    "WHO type 2": "nonkeratinizing",
    "WHO type 2.1 nasopharyngeal carcinoma": "nonkeratinizing_differentiated",
    "WHO class III NPC": "nonkeratinizing_undifferentiated",
    "NPC type III (WHO)": "nonkeratinizing_undifferentiated",
    "Type III nasopharyngeal carcinoma": "nonkeratinizing_undifferentiated",
    "WHO type 3 carcinoma": "nonkeratinizing_undifferentiated",
    "World Health Organization type III nasopharyngeal carcinoma": "nonkeratinizing_undifferentiated",
    "Histo: UNPC": "nonkeratinizing_undifferentiated",
    "undifferentiated NPC": "nonkeratinizing_undifferentiated",
    "undifferentiated nasopharyngeal carcinoma": "nonkeratinizing_undifferentiated",
    "lymphoepithelioma-like carcinoma of the nasopharynx": "nonkeratinizing_undifferentiated",
    "lymphoepithelial carcinoma": "nonkeratinizing_undifferentiated",
    "UDC on NP biopsy": "nonkeratinizing_undifferentiated",
    "NP Bx - UD Ca": "nonkeratinizing_undifferentiated",
    "PNS biopsy: undiff. Ca.": "nonkeratinizing_undifferentiated",
    "biopsy: non-ker ca, undifferentiated": "nonkeratinizing_undifferentiated",
    "nonkeratinising NPC": "nonkeratinizing",
    "non keratinizing ca of NP": "nonkeratinizing",
    "non-keratinising undifferentiated squamous cell carcinoma (WHO 2b)": "nonkeratinizing_undifferentiated",
    "鼻咽活检:非角化性癌,未分化型。": "nonkeratinizing_undifferentiated",
    "鼻咽非角化性未分化癌": "nonkeratinizing_undifferentiated",
    "病理:分化型非角化性癌": "nonkeratinizing_differentiated",
    "鼻咽低分化鳞癌": "poorly_differentiated",
    "角化性鳞状细胞癌": "keratinizing",
    "鼻咽部鳞状细胞癌": "squamous",
    "泡状核细胞癌": "nonkeratinizing_undifferentiated",
    "病理示:非角化型癌(未分化型),EBER(+)": "nonkeratinizing_undifferentiated",
    "basaloid squamous cell carcinoma": "basaloid",
    "Basaloid SCC of the nasopharynx": "basaloid",
    "poorly differentiated carcinoma, further typing to follow": "poorly_differentiated",
    "metastatic poorly diff carcinoma": "poorly_differentiated",
    "squamous cell carcinoma NOS": "squamous",
    "Dx: SCC nasopharynx": "squamous",
    "SCC-Ag 2.3 ng/mL (<1.5)": "",
    "SCC 2.3 ng/ml": "",
    "serum SCC raised": "",
    "MRI spine: no SCC, no cord compression": "",
    "CK5/6(+), p63(+), keratinisation not seen": "",
    "CK AE1/AE3 positive, p40 positive": "",
    "no evidence of keratinization": "keratinizing absent",
    "keratinizing stratified squamous epithelium, benign": "",
    "ursodeoxycholic acid (UDCA) 250 mg bd": "",
    "on UDCA for PBC": "",
    "undifferentiated connective tissue disease": "",
    "undifferentiated spondyloarthropathy": "",
    "WHO PS 1": "",
    "WHO performance status 1": "",
    "WHO class I pulmonary hypertension": "",
    "per WHO 2022 classification": "",
    "WHO (2017) classification: non-keratinising carcinoma": "nonkeratinizing",
    "WHO grade 2 glioma": "",
    "NK cell count normal": "",
    "NK/T cell lymphoma": "other",
    "natural killer": "",
    "Niemann-Pick type C": "",
    "Suspicious for undifferentiated carcinoma": "nonkeratinizing_undifferentiated possible",
    "FNA: atypical cells suspicious for carcinoma": "",
    "Original diagnosis of poorly differentiated SCC was amended to non-keratinising carcinoma.": "poorly_differentiated past, nonkeratinizing",
    "Initially reported as undifferentiated carcinoma; on review keratinising squamous cell carcinoma.": "nonkeratinizing_undifferentiated past, keratinizing",
    "Diagnosis changed from undifferentiated carcinoma to keratinising SCC": "nonkeratinizing_undifferentiated past, keratinizing",
    "Undifferentiated carcinoma (provisional report)": "nonkeratinizing_undifferentiated past",
    "Provisional: poorly differentiated carcinoma. Final: nonkeratinizing carcinoma.": "poorly_differentiated past, nonkeratinizing",
    "ADDENDUM: diagnosis revised to basaloid SCC": "basaloid",
    "Frozen section: poorly differentiated carcinoma": "poorly_differentiated past",
    "Mother had undifferentiated NPC": "nonkeratinizing_undifferentiated family",
    "FHx: brother NPC (undifferentiated carcinoma)": "nonkeratinizing_undifferentiated family",
    "Inclusion criteria: histologically confirmed non-keratinizing NPC": "nonkeratinizing hypothetical",
    "The trial requires non-keratinising carcinoma (differentiated or undifferentiated)": "nonkeratinizing hypothetical",
    "Undifferentiated carcinoma rather than keratinising SCC": "nonkeratinizing_undifferentiated, keratinizing absent",
    "non-keratinising, not keratinising SCC": "nonkeratinizing, keratinizing absent",
    "No malignancy. No lymphoma.": "other absent",
    "NP biopsy: adenoid cystic carcinoma": "other",
    "NASOPHARYNX, BIOPSY: DIFFUSE LARGE B-CELL LYMPHOMA": "other",
    "Nasopharyngeal adenocarcinoma": "other",
    "Hx of papillary thyroid carcinoma 2015": "other past",
    "differentiated thyroid cancer 2015": "other",
    "non-small cell lung cancer": "other",
    "Histology - non keratinising carcinoma (undifferentiated type) of nasopharynx, EBV ISH positive": "nonkeratinizing_undifferentiated",
    "carcinoma, non-keratinising type, undifferentiated": "nonkeratinizing_undifferentiated",
    "NPC - undifferentiated": "nonkeratinizing_undifferentiated",
    "Ca NP (undiff), cT3N2M1": "nonkeratinizing_undifferentiated",
    "Ca PNS, poorly diff": "poorly_differentiated",
    "post nasal space ca, non keratinising": "nonkeratinizing",
    "NPC of WHO type II histology": "nonkeratinizing",
    "WHO Type-III": "nonkeratinizing_undifferentiated",
    "WHO-III NPC": "nonkeratinizing_undifferentiated",
    "WHO histological type IIa": "nonkeratinizing_differentiated",
    "histology WHO 2b": "nonkeratinizing_undifferentiated",
    "NPC (WHO type 1)": "keratinizing",
    "nonkeratinized squamous cell carcinoma": "nonkeratinizing",
    "non keratinsing carcinoma": "nonkeratinizing",
    "undifferentiatd carcinoma": "nonkeratinizing_undifferentiated",
    "undifferentiated carinoma": "nonkeratinizing_undifferentiated",
    "nonkeratinising (undifferentiated) carcinoma": "nonkeratinizing_undifferentiated",
    "Non-keratinising squamous cell carcinoma, differentiated type": "nonkeratinizing_differentiated",
    "moderately differentiated adenocarcinoma of colon": "other",
}


def said(m: Mention) -> str:
    """Value, and what was made of it where it is not simply present."""
    word = m.assertion if m.assertion != "present" else ("past" if m.temporality == "past" else "")
    return f"{m.value} {word}".strip()


def mentions(text: str, note_type: str = "clinic note") -> list[Mention]:
    found = EXTRACTOR.mentions(Document(text, "n", "p", DAY, note_type))
    return [m for m in found if m.label == "HISTOLOGY"]


@pytest.mark.parametrize("text", TEXTS)
def test_words_of_a_diagnosis_are_one_mention(text: str) -> None:
    assert sorted(said(m) for m in mentions(text)) == sorted(filter(None, TEXTS[text].split(", ")))


def test_span_holds_subtype_name_and_who_type() -> None:
    text = "NP biopsy: non-keratinising squamous cell carcinoma, undifferentiated type (WHO IIb). EBER+"
    (m,) = mentions(text)
    assert text[m.start : m.end] == "non-keratinising squamous cell carcinoma, undifferentiated type (WHO IIb)"


REPORT = """HISTOPATHOLOGY REPORT
Specimen: Nasopharynx, left, punch biopsy
DIAGNOSIS:
  Nasopharynx, biopsy: squamous cell carcinoma, poorly differentiated.

ADDENDUM 14/03/2026:
Slides reviewed. In view of EBER the tumour is best classified as
non-keratinising carcinoma, undifferentiated subtype. This replaces the diagnosis above.
"""


def test_addendum_takes_back_what_stands_above_it() -> None:
    first, second = mentions(REPORT, "pathology report")
    assert (first.value, first.temporality, first.attributes.get("superseded")) == (
        "poorly_differentiated",
        "past",
        True,
    )
    assert (second.value, second.attributes.get("correction")) == ("nonkeratinizing_undifferentiated", True)


def test_addendum_that_upholds_takes_nothing_back() -> None:
    text = "SUPPLEMENTARY REPORT\nEBER positive. The original diagnosis of non-keratinising carcinoma stands."
    (m,) = mentions(text, "pathology report")
    assert not m.attributes.get("superseded")


@pytest.mark.parametrize(
    ("text", "disease"),
    [
        ("Keratinising SCC of the scalp excised 2019", "other"),
        ("Undifferentiated carcinoma of the lung", "other"),
        ("Liver core: metastatic non-keratinising carcinoma", None),
        ("Nasopharynx, biopsy: adenoid cystic carcinoma", "npc"),
        ("colonic adenocarcinoma 2015", "other"),
        ("Ca NP, SCC", None),
    ],
)
def test_seat_of_the_cancer(text: str, disease: str | None) -> None:
    assert [m.attributes.get("disease") for m in mentions(text)] == [disease]


def patient(*notes: tuple[str, str, date]) -> Patient:
    found = []
    for k, (note_type, text, day) in enumerate(notes):
        found.extend(statements_of_text(text, day, note_type, f"note-{k}"))
    return Patient("p", found, date(2026, 3, 16))


def state(p: Patient, feature: str) -> str | None:
    facts = p.facts(feature)
    return facts[0].state if facts else None


def test_report_outranks_narrative() -> None:
    p = patient(
        ("pathology report", "NASOPHARYNX BIOPSY: non-keratinising carcinoma", date(2026, 2, 1)),
        ("clinic note", "NPC, keratinising SCC as ENT told.", date(2026, 3, 1)),
    )
    assert state(p, "histology") == "nonkeratinizing"


def test_two_narratives_that_differ_are_a_conflict() -> None:
    p = patient(
        ("clinic note", "NP biopsy: undifferentiated carcinoma", date(2026, 2, 1)),
        ("clinic note", "NP biopsy: keratinising SCC", date(2026, 3, 1)),
    )
    assert state(p, "histology") == CONFLICT


def test_cytology_alone_decides_nothing() -> None:
    p = patient(("clinic note", "FNA of the neck node: metastatic undifferentiated carcinoma", DAY))
    assert state(p, "histology") is None


def test_biopsy_without_carcinoma_counts_until_another_shows_one() -> None:
    clean = ("clinic note", "NP biopsy: lymphoid hyperplasia, no malignancy.", date(2026, 2, 1))
    assert state(patient(clean), "biopsy") == "negative"
    assert state(patient(clean, ("clinic note", "Repeat biopsy of the nasopharynx booked", DAY)), "biopsy") is None
    assert state(patient(clean, ("clinic note", "NP bx: poorly diff ca", DAY)), "biopsy") is None


def test_biopsy_elsewhere_says_nothing_about_the_nasopharynx() -> None:
    assert state(patient(("clinic note", "Liver biopsy: no malignancy", DAY)), "biopsy") is None
