"""Annotation formats: what goes through one comes back the same, and what does not fit the text is named, never shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from critex.annotation.document import AnnotatedDocument, Corpus, PatientVerdict, Span, joined
from critex.annotation.formats import FORMATS, detect, format_named, read_corpus
from critex.annotation.offsets import Utf16
from critex.annotation.pairs import as_pairs, from_pairs
from critex.cli import app
from critex.errors import InputError

DOCUMENT_FORMATS = [name for name in FORMATS if name != "csv"]
# Letters of one and two UTF-16 units, both kinds of line ends, tabs, blanks that are not ASCII, a combining mark
CHARACTERS = st.sampled_from(list("aB1 .,\t\n\r\u00a0\u0301\u2028鼻咽癌\U0001f600\U00020000é"))
TEXT = st.lists(st.one_of(CHARACTERS, st.just("\r\n"), st.just("ECOG 1")), min_size=1, max_size=40).map("".join)
VALUE = st.text(st.sampled_from(list('ab "\\=\n;\t鼻\U0001f600')), min_size=1, max_size=8)
ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        "value": VALUE,
        "result": st.sampled_from(["positive", "negative"]),
        "number": st.floats(allow_nan=False, allow_infinity=False),
        "assertion": st.sampled_from(["present", "absent", "family"]),
        "temporality": st.sampled_from(["current", "past"]),
        "optional": st.just(True),
        "comment": VALUE,
        "site_of_it": VALUE,
    },
)
LABEL = st.sampled_from(["LAB", "METASTASIS", "I03.ecog", "鼻", "two words"])


@st.composite
def documents(draw: st.DrawFn, number: int) -> AnnotatedDocument:
    text = draw(TEXT)
    spans = []
    for _ in range(draw(st.integers(0, 4))):
        edges = draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=6, unique=True).map(sorted))
        pieces = list(zip(edges[::2], edges[1::2], strict=False))
        spans.append(Span(draw(LABEL), joined(pieces, text), draw(ATTRIBUTES)))
    meta = draw(st.sampled_from([("P1", "2026-03-12", "clinic note"), ("p/2 é", "", "")]))
    return AnnotatedDocument(f"n_{number}/ü", text, spans, *meta)


@st.composite
def corpora(draw: st.DrawFn) -> Corpus:
    found = [draw(documents(i)) for i in range(draw(st.integers(1, 3)))]
    first = found[0]
    evidence = tuple((first.note_id, s.start, s.end) for s in first.spans[:2])
    return Corpus(
        found,
        [PatientVerdict("P1", "I03.ecog", "pass", evidence, "why, \U0001f600"), PatientVerdict("P1", "I01.age", "unknown")],
        {"P1": {"hemoglobin_g_l": "94", "stage": "IVB, 8th"}},
        [{"patient_id": "P1", "index_date": "2026-03-16"}],
    )  # fmt: skip


def facts(corpus: Corpus) -> Any:
    """What must survive; the order of spans and their identifiers need not."""
    return (
        sorted(
            (
                d.note_id,
                d.text,
                d.patient_id,
                d.note_date,
                d.note_type,
                sorted((s.pieces, s.label, sorted(s.attributes.items())) for s in d.spans),
            )
            for d in corpus.documents
        ),
        corpus.verdicts,
        corpus.values,
        corpus.patients,
    )


@pytest.mark.parametrize("name", DOCUMENT_FORMATS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(corpus=corpora())
def test_a_round_trip_changes_nothing(name: str, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp(name)
    FORMATS[name].write(corpus, folder)
    assert detect(folder).name == name
    back = read_corpus(folder)
    assert not back.mismatches
    assert facts(back) == facts(corpus)


@pytest.mark.parametrize("name", DOCUMENT_FORMATS)
def test_the_samples_go_through_every_format_and_back(name: str, samples: Path, tmp_path: Path) -> None:
    there = CliRunner().invoke(app, ["convert", str(samples), str(tmp_path / "there"), "--to", name])
    assert there.exit_code == 0, there.output
    back = CliRunner().invoke(app, ["convert", str(tmp_path / "there"), str(tmp_path / "back"), "--to", "jsonl"])
    assert back.exit_code == 0, back.output
    for file in ("mentions.jsonl", "verdicts.jsonl", "patients.csv"):
        mine, theirs = (
            [json.loads(x) if file.endswith("l") else x for x in (p / file).read_text("utf-8").splitlines()]
            for p in (samples, tmp_path / "back")
        )
        assert sorted(map(str, (sorted(m.items()) if isinstance(m, dict) else m for m in mine))) == sorted(
            map(str, (sorted(t.items()) if isinstance(t, dict) else t for t in theirs))
        )
    read = read_corpus(samples)
    assert facts(read_corpus(tmp_path / "back")) == facts(read)


def test_verdicts_and_values_go_into_one_csv_and_back(samples: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["convert", str(samples), str(tmp_path / "gold.csv")])
    assert done.exit_code == 0
    assert "659 spans: a CSV of patient-level values has no spans" in done.stderr.replace("\n", " ")
    back = read_corpus(tmp_path / "gold.csv")
    wanted = {(v.patient_id, v.criterion): v.verdict for v in read_corpus(samples).verdicts}
    assert {(v.patient_id, v.criterion): v.verdict for v in back.verdicts} == wanted


@given(st.text(st.sampled_from(list("a鼻\U0001f600\U00020000")), max_size=20), st.integers(0, 20))
def test_utf16_offsets_are_those_of_java_and_javascript(text: str, at: int) -> None:
    at = min(at, len(text))
    units = len(text[:at].encode("utf-16-le")) // 2
    assert Utf16(text).units(at) == units
    assert Utf16(text).character(units) == at


@given(ATTRIBUTES)
def test_attributes_in_one_line_read_back(attributes: dict[str, Any]) -> None:
    line = as_pairs(attributes)
    assert "\n" not in line
    assert from_pairs(line) == attributes


def brat(folder: Path, text: str, ann: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "n1.txt").write_bytes(text.encode())
    (folder / "n1.ann").write_bytes(ann.encode())
    return folder


SECRET = "Mrs Wong has liver metastases"


def test_the_first_ten_mismatches_are_named_without_any_text(tmp_path: Path) -> None:
    lines = "".join(f"T{i}\tLAB {i} {i + 3}\tXYZ\n" for i in range(12))
    folder = brat(tmp_path / "b", SECRET, lines)
    done = CliRunner().invoke(app, ["convert", str(folder), str(tmp_path / "out"), "--to", "jsonl"])
    message = str(done.exception)
    assert isinstance(done.exception, InputError)
    assert "12 annotations do not fit the text" in message
    assert f"{folder / 'n1.ann'}:1 T0 0-3: its text is not what stands in the note" in message
    assert "T9 9-12" in message
    assert "T10" not in message
    assert "and 2 more" in message
    assert not any(word in message for word in [*SECRET.split(), "XYZ"])
    assert not (tmp_path / "out").exists()


def test_mismatches_can_be_left_out_and_are_listed(tmp_path: Path) -> None:
    folder = brat(
        tmp_path / "b", SECRET, "T1\tMETASTASIS 13 29\tliver metastases\nT2\tMETASTASIS 0 90\tliver\nT3\tLAB 3 3\t\n"
    )
    done = CliRunner().invoke(app, ["convert", str(folder), str(tmp_path / "o"), "--to", "jsonl", "--skip-mismatches"])
    assert done.exit_code == 3
    rows = (tmp_path / "o" / "errors.csv").read_text().splitlines()
    assert [r.split(",")[1] for r in rows] == ["note_id", "T2", "T3"]
    assert "Wong" not in "".join(rows)
    assert len((tmp_path / "o" / "mentions.jsonl").read_text().splitlines()) == 1


def test_brat_of_other_annotators_is_understood(tmp_path: Path) -> None:
    text = "\U0001f600 no liver or\r\nbone mets. HBsAg (+)\r\n"
    ann = (
        "T1\tMETASTASIS 5 10;20 24\tliver mets\n"
        "T2\tMETASTASIS 15 24\tbone mets\n"
        "T3\tHEPATITIS 26 35\tHBsAg (+)\n"
        "A1\tAssertion T1 absent\nM1\tNegated T2\nR1\tsame Arg1:T1 Arg2:T2\nE1\tX:T1\n"
        "#1\tAnnotatorNotes T3\tlooks like a carrier\nN1\tReference T3 UMLS:C0149709\tHBsAg\n*\tEquiv T1 T2\n"
    )
    corpus = read_corpus(brat(tmp_path / "b", text, ann))
    spans = corpus.documents[0].spans
    assert [m.problem for m in corpus.mismatches] == []
    assert [[text[a:b] for a, b in s.pieces] for s in spans] == [["liver", "mets"], ["bone mets"], ["HBsAg (+)"]]
    assert spans[0].attributes == {"assertion": "absent"}
    assert spans[1].attributes == {"negated": True}
    assert spans[2].attributes == {"comment": "looks like a carrier", "concept": "UMLS:C0149709"}
    assert corpus.ignored == {"relations": 1, "events": 1, "equivalences": 1}


def test_offsets_counted_the_other_way_are_recognised_by_their_text(tmp_path: Path) -> None:
    # a Java tool wrote these: the emoji counts as two
    corpus = read_corpus(brat(tmp_path / "b", "\U0001f600 ECOG 1", "T1\tECOG 3 9\tECOG 1\n"))
    assert (corpus.documents[0].spans[0].start, corpus.documents[0].spans[0].end) == (2, 8)
    folder = brat(tmp_path / "c", "\U0001f600 ECOG 1", "T1\tECOG 3 9\tECOG 1\n")
    assert read_corpus(folder, unit="characters").mismatches


@pytest.mark.parametrize(
    ("name", "file", "body"),
    [
        ("doccano", "all.jsonl", '{"id": 7, "text": "ECOG 1.", "label": [[0, 6, "ECOG"]]}\n'),
        ("doccano", "a.jsonl", '{"id": 7, "text": "ECOG 1.", "entities": [{"id": 1, "label": "ECOG", "start_offset": 0, "end_offset": 6}], "relations": []}\n'),
        ("prodigy", "p.jsonl", '{"text": "ECOG 1.", "spans": [{"start": 0, "end": 6, "label": "ECOG", "token_start": 0, "token_end": 1}], "answer": "accept", "_input_hash": 3}\n{"text": "x", "answer": "reject"}\n'),
        ("labelstudio", "project-1.json", '[{"id": 7, "data": {"note": "ECOG 1."}, "annotations": [{"was_cancelled": true, "result": [{"value": {"start": 0, "end": 2, "labels": ["NO"]}, "type": "labels"}]}, {"result": [{"id": "a", "type": "labels", "value": {"start": 0, "end": 6, "text": "ECOG 1", "labels": ["ECOG"]}}]}]}]'),
        ("labelstudio", "min.json", '[{"id": 7, "text": "ECOG 1.", "label": [{"start": 0, "end": 6, "text": "ECOG 1", "labels": ["ECOG"]}]}]'),
    ],
)  # fmt: skip
def test_what_the_tools_themselves_write_is_read(name: str, file: str, body: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text(body)
    assert detect(tmp_path / file).name == detect(tmp_path).name == name
    corpus = read_corpus(tmp_path / file)
    assert [(s.label, s.pieces) for d in corpus.documents for s in d.spans] == [("ECOG", ((0, 6),))]


def test_a_choice_on_a_whole_label_studio_task_is_a_verdict(tmp_path: Path) -> None:
    choice = {"from_name": "I03.ecog", "type": "choices", "value": {"choices": ["fail"]}}
    task = {"data": {"text": "ECOG 2", "patient_id": "P9"}, "annotations": [{"result": [choice]}]}
    (tmp_path / "t.json").write_text(json.dumps([task]))
    assert read_corpus(tmp_path / "t.json").verdicts == [PatientVerdict("P9", "I03.ecog", "fail")]


def test_a_spacy_file_of_entities_with_saved_attributes_is_read(tmp_path: Path) -> None:
    import spacy
    from spacy.tokens import DocBin
    from spacy.tokens import Span as SpacySpan

    SpacySpan.set_extension("negated", default=False, force=True)
    doc = spacy.blank("en")("No liver mets.")
    doc.ents = [SpacySpan(doc, 1, 3, label="METASTASIS")]
    doc.ents[0]._.negated = True
    DocBin(docs=[doc], store_user_data=True).to_disk(tmp_path / "train.spacy")
    (span,) = read_corpus(tmp_path / "train.spacy").documents[0].spans
    assert (span.label, span.pieces, span.attributes) == ("METASTASIS", ((3, 13),), {"negated": True})


INCEPTION = """<?xml version="1.0" encoding="UTF-8"?>
<xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmlns:cas="http:///uima/cas.ecore" xmlns:custom="http:///webanno/custom.ecore"
 xmlns:type="http:///de/tudarmstadt/ukp/dkpro/core/api/ner/type.ecore" xmi:version="2.0">
<cas:NULL xmi:id="0"/>
<type:NamedEntity xmi:id="3" sofa="1" begin="3" end="9" value="ECOG"/>
<custom:Finding xmi:id="4" sofa="1" begin="14" end="18" Assertion="absent"/>
<cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView" mimeType="text" sofaString="&#128512; ECOG 1&#13;&#10;no mets"/>
<cas:View sofa="1" members="3 4"/>
</xmi:XMI>"""
SYSTEM = """<?xml version="1.0" encoding="UTF-8"?>
<typeSystemDescription xmlns="http://uima.apache.org/resourceSpecifier"><types>
<typeDescription><name>de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity</name><supertypeName>uima.tcas.Annotation</supertypeName>
<features><featureDescription><name>value</name><rangeTypeName>uima.cas.String</rangeTypeName></featureDescription></features></typeDescription>
<typeDescription><name>webanno.custom.Finding</name><supertypeName>uima.tcas.Annotation</supertypeName>
<features><featureDescription><name>Assertion</name><rangeTypeName>uima.cas.String</rangeTypeName></featureDescription></features></typeDescription>
</types></typeSystemDescription>"""


@pytest.mark.parametrize("zipped", [False, True])
def test_an_inception_export_with_an_emoji_is_read(zipped: bool, tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / ("doc.zip" if zipped else "doc.xmi")
    if zipped:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("doc.xmi", INCEPTION)
            archive.writestr("TypeSystem.xml", SYSTEM)
    else:
        path.write_text(INCEPTION)
        (tmp_path / "TypeSystem.xml").write_text(SYSTEM)
    (document,) = read_corpus(path).documents
    assert document.text is not None
    found = [(s.label, document.text[s.start : s.end], s.attributes) for s in document.spans]
    assert found == [("ECOG", "ECOG 1", {}), ("Finding", "mets", {"assertion": "absent"})]


def test_an_entity_bomb_in_xmi_is_refused(tmp_path: Path) -> None:
    (tmp_path / "TypeSystem.xml").write_text(SYSTEM)
    (tmp_path / "d.xmi").write_text('<!DOCTYPE x [<!ENTITY a "aaaa">]>' + INCEPTION.partition("?>")[2])
    with pytest.raises(InputError, match="declares XML entities"):
        read_corpus(tmp_path / "d.xmi")


@pytest.mark.parametrize(
    ("file", "body", "says"),
    [
        ("x.jsonl", '{"text": "a", "entities": [{"label": "X"}]}\n', "x.jsonl:1: KeyError. This is not a line of doccano"),
        ("x.jsonl", '{"text": "a", "spans": [\n', "format cannot be told"),
        ("x.json", '[{"data": 3}, 4]', "not a list of Label Studio tasks"),
        ("x.spacy", "nothing", "not a spaCy DocBin"),
        ("x.zip", "nothing", "not a zip archive"),
        ("x.csv", "a,b\n1,2\n", "no column patient_id"),
        ("x.csv", "patient_id,x\nP1,2\nP1,3\n", "row 3: a second row of the same patient"),
        ("x.xmi", "<a/>", "no TypeSystem.xml"),
        ("x.docx", "", "format cannot be told"),
    ],
)  # fmt: skip
def test_what_is_not_a_format_is_refused_in_words(file: str, body: str, says: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text(body)
    with pytest.raises(InputError, match=says):
        read_corpus(tmp_path / file)


def test_control_characters_are_refused_where_xml_cannot_hold_them(tmp_path: Path) -> None:
    from critex.errors import CritexError

    corpus = Corpus([AnnotatedDocument("n1", "a\x0bb")])
    with pytest.raises(CritexError, match="1 notes have control characters that XML cannot hold: n1"):
        format_named("xmi", "--to").write(corpus, tmp_path / "x")


def test_a_folder_with_files_is_not_written_into_unasked(samples: Path, tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("an older conversion")
    words = ["convert", str(samples), str(tmp_path), "--to", "doccano"]
    assert "not empty" in str(CliRunner().invoke(app, words).exception)
    assert CliRunner().invoke(app, [*words, "--overwrite"]).exit_code == 0


def test_the_same_annotations_give_the_same_bytes(samples: Path, tmp_path: Path) -> None:
    import os
    import subprocess
    import sys

    program = (
        "import sys, pathlib\n"
        "from critex.annotation.formats import FORMATS, read_corpus\n"
        "corpus = read_corpus(pathlib.Path(sys.argv[1]))\n"
        "for name, f in FORMATS.items(): f.write(corpus, pathlib.Path(sys.argv[2]) / name)\n"
    )
    written = []
    for seed in ("1", "2"):
        words = [sys.executable, "-c", program, str(samples), str(tmp_path / seed)]
        subprocess.run(words, check=True, capture_output=True, env=os.environ | {"PYTHONHASHSEED": seed})
        files = (p for p in sorted((tmp_path / seed).rglob("*")) if p.is_file())
        written.append({p.relative_to(tmp_path / seed): p.read_bytes() for p in files})
    assert len(written[0]) > 100
    assert written[0] == written[1]


def test_a_damaged_line_of_brat_is_named_without_its_text(tmp_path: Path) -> None:
    folder = brat(tmp_path / "b", SECRET, "The liver metastases of Mrs Wong\nT2\tMETASTASIS thirteen\tliver\n")
    done = CliRunner().invoke(app, ["convert", str(folder), str(tmp_path / "out"), "--to", "jsonl"])
    message = str(done.exception)
    assert f"{folder / 'n1.ann'}:1: not a brat text-bound annotation" in message
    assert f"{folder / 'n1.ann'}:2 T2: not a brat text-bound annotation" in message
    assert not any(word in message for word in SECRET.split())


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files_are_refused_in_words(name: str, samples: Path, tmp_path: Path) -> None:
    import random

    from critex.errors import CritexError
    from critex.evaluate.gold import gold_of

    corpus = read_corpus(samples)
    corpus.documents, corpus.verdicts = corpus.documents[:2], corpus.verdicts[:5]
    FORMATS[name].write(corpus, tmp_path)
    files = sorted(p for p in tmp_path.rglob("*") if p.is_file())
    rng = random.Random(7)
    for _ in range(25):
        path = rng.choice(files)
        whole = path.read_bytes()
        damaged = bytearray(whole)
        at = rng.randrange(len(damaged) or 1)
        damaged[at : at + rng.randrange(12)] = rng.choice((b"", b"\xff\x00", b"null", b"1e999", b"[", b'"'))
        path.write_bytes(bytes(damaged))
        try:
            gold_of(read_corpus(tmp_path, FORMATS[name]), "here")
        except CritexError as error:
            assert str(error)  # any other exception would be a traceback to the user
        path.write_bytes(whole)


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_lone_carriage_return_survives_the_tables_of_a_run(form: str, tmp_path: Path) -> None:
    from critex.run.job import run_job
    from critex.run.store import read_table

    text = 'ECOG 1.\rNo liver\rmetastases, "HBsAg (-)".\r\nHb 9.4 g/dL'
    (tmp_path / "notes.jsonl").write_text(json.dumps({"note_id": "n", "text": text, "note_type": "a\rb"}))
    run_job([tmp_path / "notes.jsonl"], tmp_path / "out", trials=["NCT07235319"], form=form)
    notes, mentions = read_table("notes", tmp_path / "out"), read_table("mentions", tmp_path / "out")
    assert list(notes["text"]) == [text]
    assert len(mentions) >= 3
    for m in mentions.to_dict("records"):
        assert text[m["start"] : m["end"]] == m["text"]
