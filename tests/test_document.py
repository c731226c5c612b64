"""Structure of a note: lines, sentences and sections, with offsets that hold."""

from __future__ import annotations

import pytest

from critex.extract.document import Document
from critex.extract.normalise import normalise


def sentences(text: str) -> list[str]:
    doc = Document(text)
    return [text[a:b].strip() for a, b in doc.segments]


def test_rows_of_a_laboratory_table_are_sentences_of_their_own() -> None:
    text = "Hb      12.1    g/dL\nWBC     5.0     10^9/L\nPLT     140     10^9/L\n"
    assert len(sentences(text)) == 3


def test_lines_without_a_full_stop_are_not_merged() -> None:
    assert sentences("No DM\nKnown hypertension\nNKDA") == ["No DM", "Known hypertension", "NKDA"]


def test_a_wrapped_paragraph_is_not_cut_at_the_line_end() -> None:
    text = (
        "The patient is a fifty year old man who was found to have a mass in the\n"
        "nasopharynx and who denies any history of hypertension, diabetes or\n"
        "tuberculosis. He is otherwise well and works as a gardener in the city\n"
        "park.\n"
    )
    assert any(s.startswith("The patient") and s.endswith("tuberculosis.") for s in sentences(text))


def test_abbreviations_and_list_numbers_do_not_end_a_sentence() -> None:
    assert sentences("1. Seen by Dr. Lim today. Well.") == ["1. Seen by Dr. Lim today.", "Well."]


def test_a_question_mark_before_a_finding_does_not_end_a_sentence() -> None:
    assert sentences("US liver: ? liver metastasis. For CT.") == ["US liver: ? liver metastasis.", "For CT."]


@pytest.mark.parametrize("text", ["肝转移：无。HBsAg（＋）", "a\r\nb\r\n", "x\x00y", "emoji 😀 end", "\ufeffHb 9"])
def test_normalised_text_has_the_same_length(text: str) -> None:
    assert len(normalise(text)) == len(text)


def test_a_family_history_line_ends_with_the_line() -> None:
    doc = Document("FHx: mother NPC, father HCC\nSmoker 10 PY\nHBV carrier")
    assert doc.category_at(6) == "family"
    assert doc.category_at(doc.text.index("HBV")) != "family"


def test_a_heading_in_mid_sentence_opens_no_section() -> None:
    doc = Document("He denies allergies to penicillin and takes no medications at all.")
    assert doc.sections == []


WRAPPED = """Seen today with her husband, who interprets. She walks, shops and cooks, and
is tired on the stairs only. She was never treated for this cancer, and has no
other illness that she knows of. Bloods of this week: ALT 17, PT 12.1, INR 1.0, APTT
29. EBV DNA was not sent. TTE last month: EF 60 %, the valve is well seated, no
failure. Plan to be discussed with the anaesthetist and, for the latex, with
allergy.
2018  appendicectomy, and a stay in hospital for pneumonia without a cause found
2019  hysterectomy
"""


def test_lines_of_a_wrapped_paragraph_are_one_line_and_offsets_stay() -> None:
    doc = Document(WRAPPED)
    assert len(doc.norm) == len(WRAPPED)
    line = doc.line_at(WRAPPED.index("29. EBV"))
    assert WRAPPED[line.start : line.end].startswith("Seen today")
    assert "INR 1.0, APTT 29" in doc.norm


def test_entries_of_a_history_by_years_stay_lines_of_their_own() -> None:
    doc = Document(WRAPPED)
    line = doc.line_at(WRAPPED.index("hysterectomy"))
    assert WRAPPED[line.start : line.end] == "2019  hysterectomy"


def test_the_last_word_of_a_wrapped_sentence_is_no_heading() -> None:
    doc = Document(WRAPPED)
    assert not [s for s in doc.sections if s.category == "allergies"]


def test_an_inline_section_reaches_over_wrapped_lines() -> None:
    text = WRAPPED.replace("Seen today with", "FHx: seen today ").replace(". ", ", ").replace(".\n", ",\n")
    doc = Document(text)
    section = doc.section_at(text.index("shops"))
    assert section is not None
    assert section.category == "family"
    after = doc.section_at(text.index("Plan to be"))
    assert after is not None
    assert after.category == "family"
