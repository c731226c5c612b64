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
