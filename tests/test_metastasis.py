"""Metastases: one mention an organ and place, with what the sentence claims of it (GUIDELINE section 2; domain.md 13)."""

from __future__ import annotations

from datetime import date

import pytest

from critex.extract.anatomy import organ_of, organ_pattern, organs
from critex.extract.document import Document
from critex.extract.engine import Extractor
from critex.extract.families import load_family
from critex.extract.mention import Mention

EXTRACTOR = Extractor((load_family("metastasis"),))
PYTHON = Extractor((load_family("metastasis"),), engine="python")


def mentions(text: str, note_type: str = "") -> list[Mention]:
    return EXTRACTOR.mentions(Document(text, "n", "p", date(2026, 3, 12), note_type))


def claims(text: str, note_type: str = "") -> list[tuple[str | None, str | None]]:
    return [(m.value, m.assertion) for m in mentions(text, note_type)]


LISTS = {
    "Liver, bone and adrenal metastases": "liver bone adrenal",
    "mets: lung / liver / bone": "lung liver bone",
    "Metastases to the thoracic spine, both lungs and the right adrenal gland": "bone lung adrenal",
    "pulm + hepatic mets": "lung liver",
    "bone mets D4, L1, left ilium": "bone",
    "cT3N2M1b (lung, bone)": "lung bone",
    "stage IVB (AJCC 9th) (hepatic, osseous)": "liver bone",
    "NPC, metastatic to liver and T8": "liver bone",
    "The cancer has spread to his bones and to his liver.": "bone liver",
    "Widespread bone disease and mediastinal nodal disease on PET": "bone distant_node",
    "Secondaries in the liver and left femur": "liver bone",
    "肝、骨多发转移": "liver bone",
}


@pytest.mark.parametrize("text", LISTS)
def test_each_organ_of_a_list_is_a_mention(text: str) -> None:
    assert claims(text) == [(value, "present") for value in LISTS[text].split()]


DENIED = {
    "No liver or lung mets": "liver lung",
    "No evidence of hepatic, adrenal or osseous metastasis": "liver adrenal bone",
    "without distant metastasis": "unspecified",
    "Liver mets: nil": "liver",
    "Bone met not favoured": "bone",
    "Bone island rather than bone metastasis": "bone",
    "CT NPC: no suspicious bone lesion": "bone",
    "PET-CT: no liver or bone disease": "liver bone",
    "No abnormal enhancement to suggest intracranial metastasis": "brain",
    "Brain metastases   [ ] Y  [x] N": "brain",
    "Non-metastatic NPC": "unspecified",
    "双肺未见转移": "lung",
}


@pytest.mark.parametrize("text", DENIED)
def test_a_denial_reaches_the_whole_list(text: str) -> None:
    assert claims(text) == [(value, "absent") for value in DENIED[text].split()]


MIXED = {
    "No pleural effusion, liver metastases up to 3 cm": [("liver", "present")],
    "No liver mets but multiple bone mets": [("liver", "absent"), ("bone", "present")],
    "No lung mets, bone mets at T4": [("lung", "absent"), ("bone", "present")],
    "?liver mets": [("liver", "possible")],
    "8 mm nodule in the RUL, metastasis cannot be excluded": [("lung", "possible")],
    "Hepatic cyst favoured, liver metastasis less likely": [("liver", "possible")],
    "TRO TB / lung mets": [("lung", "hypothetical")],
    "If lung met confirmed, for chemotherapy": [("lung", "hypothetical")],
    "Mother died of colon cancer with liver mets": [("liver", "family")],
    "Told his son: metastatic disease, not curable": [("unspecified", "present")],
    "T9 vertebra, core biopsy: metastatic carcinoma": [("bone", "present")],
    "Right hilar node 2 cm, likely metastatic": [("distant_node", "possible")],
    "Mets: brain - no, liver - yes": [("brain", "absent"), ("liver", "present")],
    "MRI brain: no metastasis": [("brain", "absent")],
}


@pytest.mark.parametrize("text", MIXED)
def test_claims_keep_to_their_own_phrase(text: str) -> None:
    assert claims(text) == MIXED[text]


NOT_DISTANT = [
    "Bilateral cervical and supraclavicular lymph node metastases",
    "Retropharyngeal nodal mets",
    "metastatic level II nodes",
    "Right neck node, FNA: metastatic carcinoma",
    "Tumour spread to the clivus and cavernous sinus",
    "Exercise tolerance 8 METs",
    "We met with the family",
    "Metastatic work-up next week",
    "Referred for the metastatic NPC trial",
    "Kidney disease secondary to hypertension",
]


@pytest.mark.parametrize("text", NOT_DISTANT)
def test_regional_nodes_local_growth_and_other_words_are_none(text: str) -> None:
    assert claims(text) == []


def test_a_heading_gives_the_organ() -> None:
    assert claims("LIVER\nMultiple metastases up to 3 cm.\n", "CT report") == [("liver", "present")]


def test_the_examination_and_the_source_are_kept() -> None:
    (mention,) = mentions("PET-CT 02/03/2026: liver metastases", "oncology clinic note")
    assert mention.attributes["modality"] == "PET-CT"
    assert mention.attributes["source"] == "narrative"


def test_spans_are_the_text_as_given() -> None:
    text = "Impression：1. Multiple liver metastases， no bone metastasis。"
    for mention in mentions(text):
        assert text[mention.start : mention.end] in ("liver metastases", "bone metastasis")


@pytest.mark.parametrize("text", [*LISTS, *DENIED, *MIXED])
def test_both_scanners_find_the_same(text: str) -> None:
    doc = Document(text, "n", "p", date(2026, 3, 12))
    assert EXTRACTOR.mentions(doc) == PYTHON.mentions(doc)


@pytest.mark.parametrize("organ", organs(), ids=lambda o: f"{o.kind}-{o.value}")
def test_organ_words_are_read_as_their_own_entry(organ) -> None:
    assert organ.examples or organ.kind == "nodes"
    for example in organ.examples:
        found = organ_pattern().search(example)
        assert found is not None, example
        assert organ_of(found) == organ, example
