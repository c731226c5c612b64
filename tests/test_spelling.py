"""Notes with misspelled words: the verdict of the word meant, evidence in the note's own letters, other words left alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import critex
from critex.errors import PatternError
from critex.extract.components import document_of, load
from critex.extract.document import Document
from critex.extract.engine import Extractor, default_extractor
from critex.extract.pattern_lint import lint
from critex.extract.spelling import Respelled, Respelling, Speller, as_read, default_speller, load_speller, misspelled

NOTE = """Oncology clinic 12/03/2026
Dx: nasopharangeal carinoma, non-keratinzing, undiferentiated. Stage IVB, liver metastesis on PET-CT.
He has not recieved any treatement for NPC.
Alergies: hypersensivity to penicilin.
Hepatits B surface antigen: positve 02/03/2026. HBV DNA 12 000 IU/ml. Hepatits C antibody: non-reactve 02/03/2026.
PMH: heart atack 10 Jan 2026. HTN uncontroled, 176/104.
Bloods 02/03/2026: neutrofils 3.2 x10^9/L, platlets 210 x10^9/L, heamoglobin 121 g/L, creatinin clearance 78 mL/min
"""
MEANT = """Oncology clinic 12/03/2026
Dx: nasopharyngeal carcinoma, non-keratinizing, undifferentiated. Stage IVB, liver metastasis on PET-CT.
He has not received any treatment for NPC.
Allergies: hypersensitivity to penicillin.
Hepatitis B surface antigen: positive 02/03/2026. HBV DNA 12 000 IU/ml. Hepatitis C antibody: non-reactive 02/03/2026.
PMH: heart attack 10 Jan 2026. HTN uncontrolled, 176/104.
Bloods 02/03/2026: neutrophils 3.2 x10^9/L, platelets 210 x10^9/L, haemoglobin 121 g/L, creatinine clearance 78 mL/min
"""
DAY = date(2026, 3, 12)


def _notes(text: str) -> pd.DataFrame:
    return pd.DataFrame(
        [{"note_id": "n1", "patient_id": "p1", "note_date": "2026-03-12", "note_type": "clinic note", "text": text}]
    )


def test_a_note_with_misspellings_gets_the_verdicts_of_the_words_meant() -> None:
    wrong, meant = critex.run(_notes(NOTE)), critex.run(_notes(MEANT))
    columns = ["criterion", "verdict"]
    assert wrong.verdicts[columns].to_dict("records") == meant.verdicts[columns].to_dict("records")
    decided = dict(wrong.verdicts[columns].itertuples(index=False))
    assert decided["I02.histology"] == "pass"
    assert decided["E07.hepatitis_b"] == "fail"
    assert decided["E10.infarction"] == "fail"


def test_evidence_is_the_text_of_the_note_at_its_own_offsets() -> None:
    found = critex.run(_notes(NOTE))
    for table in (found.mentions, found.evidence):
        assert len(table)
        for row in table.itertuples():
            assert NOTE[int(row.start) : int(row.end)] == row.text
    texts = set(found.mentions["text"])
    assert {"heart atack", "liver metastesis", "neutrofils 3.2 x10^9/L"} <= texts


@pytest.mark.parametrize("engine", ["auto", "python"])
def test_every_engine_and_the_spacy_pipeline_give_the_same(engine: str) -> None:
    expected = default_extractor().mentions(Document(NOTE, note_date=DAY))
    assert Extractor(engine=engine).mentions(Document(NOTE, note_date=DAY)) == expected
    nlp = load()
    doc = nlp.make_doc(NOTE)
    doc._.note_date = DAY
    doc = nlp(doc)
    got = {(s._.critex.start, s._.critex.end, s.label_, s._.critex.value) for s in doc.spans["critex"]}
    assert got == {(m.start, m.end, m.label, m.value) for m in expected}
    assert document_of(doc).text == NOTE


def test_cues_are_in_the_notes_own_letters() -> None:
    text = "Recieved chemo. No evidense of liver metastesis. Hepatits B supected"
    cues = {text[m.cue[0] : m.cue[1]] for m in default_extractor().mentions(Document(text)) if m.cue}
    assert "supected" in cues or "No evidense of" in cues
    for m in default_extractor().mentions(Document(text)):
        assert 0 <= m.start < m.end <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        MEANT,
        "Prostrate, with weakness. He stated that the radial artery was patent.",
        "Hypethyroidism could be either.",
        "Keine Metastasen, Hepatite B négative, Tuberkulose, Kreatinin 80, creatinin 80, neutrofili 3,1",
        "",
    ],
)
def test_other_words_are_read_as_they_stand(text: str) -> None:
    assert default_speller().respelled(text) is None
    assert as_read(text) == text


def test_offsets_lead_back() -> None:
    #        0123456789012345678901
    given = "no atack, two  alergys."
    read = Respelled(given, [Respelling(3, 8, "attack"), Respelling(15, 22, "allergies")])
    assert read.text == "no attack, two  allergies."
    for start, end, want in [
        (0, 2, "no"),
        (0, 9, "no atack"),
        (3, 9, "atack"),
        (5, 7, "atack"),  # inside a respelled word: the whole word
        (9, 10, ","),
        (11, 14, "two"),
        (16, 25, "alergys"),
        (14, 16, "  "),
        (14, 17, "  alergys"),
        (24, 26, "alergys."),
        (25, 26, "."),
    ]:
        assert given[read.start(start) : read.end(end)] == want


def test_letters_keep_their_case_and_chinese_may_stand_beside() -> None:
    assert as_read("ALERGIES, Alergies, 对recieved化疗") == "ALLERGIES, Allergies, 对received化疗"
    assert as_read("réponsce alergie2 xatack") == "réponsce alergie2 xatack"


def test_one_slip_makes_the_forms() -> None:
    forms = set(misspelled("response"))
    assert {"reponse", "ressponse", "repsonse", "responce", "raspense"} & forms == {"reponse", "ressponse", "repsonse", "responce"}  # fmt: skip
    assert "esponse" not in forms
    assert "respons" not in forms
    assert "measureable" in set(misspelled("measurable"))
    assert "neutrofils" in set(misspelled("neutrophils"))
    assert "recieved" in set(misspelled("received"))


def test_a_form_that_two_words_could_have_been_is_left() -> None:
    speller = Speller({"hyperthyroidism", "hypothyroidism"}, set(), {}, set())
    assert "hypethyroidism" not in speller.forms
    assert speller.forms["hypothyrodism"] == "hypothyroidism"
    assert set(speller.forms.values()) == {"hyperthyroidism", "hypothyroidism"}


def test_no_form_is_a_word_of_the_file() -> None:
    speller = default_speller()
    assert not set(speller.forms) & set(speller.forms.values())


def test_the_lint_finds_no_word_of_a_rule_that_is_respelled_away() -> None:
    assert [p for p in lint().problems if "spelling" in p] == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("words: {a: response}\nextra: 1\n", "unknown key 'extra'"),
        ("words: {a: response}\npairs:\n  Atack: attack\n", ":3: Atack: a pair is of small letters"),
        ("words: {a: response}\npairs:\n  atk: attack\n", "4 or more"),
        ("words: {a: response}\npairs:\n  response: answer\n", "also stands as a correct word"),
        ("words: {a: 'x-ray'}\n", "'x-ray' is not a word of small letters"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "spelling.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(PatternError) as caught:
        load_speller(path)
    assert message in str(caught.value)
