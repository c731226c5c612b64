"""Hand-over: OMOP CDM 5.4, FHIR R4, brat and Label Studio, read back and held against the published column lists."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from critex.cli import app
from critex.export.annotation import export_brat, export_labelstudio, file_name
from critex.export.codes import condition_code, observation_code
from critex.export.fhir import RESOURCES, export_fhir
from critex.export.omop import COLUMNS, export_omop
from critex.run.job import run_job
from critex.run.store import read_table

# OHDSI CommonDataModel, inst/ddl/5.4: name, whether NOT NULL, width of varchar
NOTE = {
    "note_id": (True, 0), "person_id": (True, 0), "note_date": (True, 0), "note_datetime": (False, 0), "note_type_concept_id": (True, 0),
    "note_class_concept_id": (True, 0), "note_title": (False, 250), "note_text": (True, 0), "encoding_concept_id": (True, 0),
    "language_concept_id": (True, 0), "provider_id": (False, 0), "visit_occurrence_id": (False, 0), "visit_detail_id": (False, 0),
    "note_source_value": (False, 50), "note_event_id": (False, 0), "note_event_field_concept_id": (False, 0),
}  # fmt: skip
NOTE_NLP = {
    "note_nlp_id": (True, 0), "note_id": (True, 0), "section_concept_id": (False, 0), "snippet": (False, 250), "offset": (False, 50),
    "lexical_variant": (True, 250), "note_nlp_concept_id": (False, 0), "note_nlp_source_concept_id": (False, 0), "nlp_system": (False, 250),
    "nlp_date": (True, 0), "nlp_datetime": (False, 0), "term_exists": (False, 1), "term_temporal": (False, 50), "term_modifiers": (False, 2000),
}  # fmt: skip
TEXTS = [
    "M/52. HBsAg negative. Hb 9.4 g/dL (130-170).\r\nECOG 1. No liver metastases. Bone\nmetastases in L3. ",
    "😀 鼻咽癌 NPC, non-keratinising carcinoma. Platelets 210 x10^9/L. Creatinine 88 umol/L. HBV DNA <20 IU/mL.",
    "Father had colon cancer. Hypertension. Past TB in 2010. BP 132/84.",
]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    lines = [
        {"note_id": f"w/{i}", "patient_id": f"p {i}", "note_type": "clinic", "text": t}
        | ({"note_date": "2026-03-12"} if i else {})
        for i, t in enumerate(TEXTS)
    ]
    path = folder / "notes.jsonl"
    path.write_text("\n".join(json.dumps(x) for x in lines), encoding="utf-8")
    run_job([path], folder / "out", trials=["NCT07235319"])
    return folder / "out"


def check_ddl(frame: pd.DataFrame, ddl: dict[str, tuple[bool, int]]) -> None:
    assert list(frame.columns) == list(ddl)
    for name, (required, width) in ddl.items():
        assert not required or frame[name].notna().all(), name
        if width:
            assert frame[name].dropna().astype(str).str.len().max() <= width or frame[name].isna().all(), name


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_omop_tables_are_as_the_ddl_says_and_read_back(out: Path, tmp_path: Path, form: str) -> None:
    counts = export_omop(out, tmp_path, form)
    tables = {
        name: pd.read_parquet(tmp_path / f"{name}.parquet")
        if form == "parquet"
        else pd.read_csv(tmp_path / f"{name}.csv", dtype={"offset": str})
        for name in COLUMNS
    }
    assert counts == {name: len(t) for name, t in tables.items()}
    check_ddl(tables["note"], NOTE)
    check_ddl(tables["note_nlp"], NOTE_NLP)
    ids = tables["critex_id_map"]
    note_of = dict(ids[ids["kind"] == "note"][["id", "source_id"]].itertuples(index=False))
    mentions = read_table("mentions", out)
    back = tables["note_nlp"]
    assert len(back) == len(mentions) > 8
    text_of = dict(zip(tables["note"]["note_id"], tables["note"]["note_text"], strict=True))
    for row, m in zip(back.to_dict("records"), mentions.to_dict("records"), strict=True):
        assert note_of[row["note_id"]] == m["note_id"]
        start = int(row["offset"])
        modifiers = json.loads(row["term_modifiers"])
        assert text_of[row["note_id"]][start : modifiers["end"]] == m["text"] == row["lexical_variant"]
        assert row["lexical_variant"] in row["snippet"]
        assert row["term_exists"] == ("Y" if m["assertion"] == "present" else "N")
        assert (modifiers["label"], modifiers["assertion"]) == (m["label"], m["assertion"])
    undated = tables["note"].loc[tables["note"]["note_source_value"] == "w/0", "note_date"]
    assert [str(d)[:10] for d in undated] == ["1970-01-01"]


def test_omop_goes_into_a_database_and_changes_nothing_there(out: Path, tmp_path: Path) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    url = f"sqlite:///{tmp_path}/cdm.db"
    done = CliRunner().invoke(app, ["export", str(out), "--to", "omop", "--db", url])
    assert done.exit_code == 0, done.output
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        found = pd.read_sql(sqlalchemy.text("SELECT * FROM note_nlp ORDER BY note_nlp_id"), connection)
        check_ddl(found, NOTE_NLP)
        assert len(found) == len(read_table("mentions", out))
        assert connection.execute(sqlalchemy.text("SELECT count(*) FROM note")).scalar() == 3
    again = CliRunner().invoke(app, ["export", str(out), "--to", "omop", "--db", url])
    assert again.exit_code != 0
    assert "note_nlp has rows already" in str(again.exception)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("DELETE FROM note_nlp"))
        connection.execute(sqlalchemy.text("DELETE FROM critex_id_map"))
    again = CliRunner().invoke(app, ["export", str(out), "--to", "omop", "--db", url])
    assert "are not its numbers" in str(again.exception)
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.text("SELECT count(*) FROM note")).scalar() == 3


CONCEPT = """concept_id,concept_name,vocabulary_id,concept_code,standard_concept,invalid_reason
101,Hemoglobin,LOINC,718-7,S,
102,"Creatinine, molar",LOINC,14682-9,S,
103,Secondary malignant neoplasm of bone,SNOMED,94222008,S,
104,Bone,ICD10,C79.5,,
105,Hepatitis B surface antigen,LOINC,5195-3,S,
106,Old,SNOMED,38341003,S,D
107,Nasopharyngeal carcinoma,SNOMED,449248000,,
108,Somewhere else,LOINC,1-1,S,
"""


def test_omop_concept_ids_come_from_the_users_table_in_a_real_duckdb(out: Path, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    (tmp_path / "concept.csv").write_text(CONCEPT, encoding="utf-8")
    base = duckdb.connect(str(tmp_path / "cdm.duckdb"))
    base.execute(f"CREATE TABLE concept AS FROM read_csv('{tmp_path}/concept.csv', all_varchar=true)")
    base.execute(
        f"COPY concept TO '{tmp_path}/CONCEPT.csv' (DELIMITER '\t', QUOTE '', ESCAPE '')"
    )  # as Athena gives it
    found = {}
    for name in ("concept.csv", "CONCEPT.csv"):
        words = ["export", str(out), "--to", "omop", "--out", str(tmp_path / name[:3]), "--concepts"]
        done = CliRunner().invoke(app, [*words, str(tmp_path / name)])
        assert done.exit_code == 0, (done.output, done.exception)
        found[name] = (tmp_path / name[:3] / "note_nlp.parquet").read_bytes()
        assert "whose code is no standard concept of the file" in done.output
        for code in ("SNOMED 38341003 (1)", "SNOMED 449248000 (1)", "LOINC 777-3 (1)"):  # invalid, not standard, absent
            assert code in done.output
    assert found["concept.csv"] == found["CONCEPT.csv"]
    base.execute(f"CREATE TABLE note_nlp AS FROM '{tmp_path}/con/note_nlp.parquet'")
    rows = base.execute(
        "SELECT lexical_variant, note_nlp_concept_id, note_nlp_source_concept_id, concept_name FROM note_nlp"
        " JOIN concept ON CAST(concept.concept_id AS BIGINT) = note_nlp_concept_id"
    ).fetchall()
    assert {(n, a, b) for _, a, b, n in rows} == {
        ("Hemoglobin", 101, 101),
        ("Creatinine, molar", 102, 102),
        ("Secondary malignant neoplasm of bone", 103, 104),
        ("Hepatitis B surface antigen", 105, 105),
    }
    ids = base.execute("SELECT note_nlp_concept_id, note_nlp_source_concept_id FROM note_nlp").fetchall()
    assert (0, 0) in ids
    assert None not in {i for pair in ids for i in pair}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("id,code\n1,2\n", "column concept_id, vocabulary_id, concept_code is missing"),
        ("concept_id,vocabulary_id,concept_code\n1,RxNorm,7\n", "holds none of the codes"),
        ("concept_id,vocabulary_id,concept_code\n1,LOINC,718-7\n2,LOINC,718-7\n", "LOINC 718-7 has two concept ids"),
        ("concept_id,vocabulary_id,concept_code\nx,LOINC,718-7\n", "not a whole number"),
        ("concept_id,vocabulary_id,concept_code\n1,LOINC,718-7,3,4\n", "not as wide"),
        ("", "is missing"),
    ],
)
def test_a_concept_table_that_cannot_be_used_is_refused(out: Path, tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "c.csv").write_text(content, encoding="utf-8")
    words = ["export", str(out), "--to", "omop", "--out", str(tmp_path / "o"), "--concepts", str(tmp_path / "c.csv")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code != 0
    assert said in str(done.exception)
    assert not (tmp_path / "o").exists()


def test_only_what_names_a_condition_is_coded_as_it() -> None:
    row = {"label": "TB", "value": "active", "canonical_unit": None}
    assert (condition_code(row) or {})["snomed"] == 56717001
    assert condition_code(row | {"value": "test"}) is None
    assert condition_code({"label": "AUTOIMMUNE", "value": "drug"}) is None
    other = {"label": "HISTOLOGY", "value": "other", "text": "renal cell carcinoma"}
    assert condition_code(other) == {"text": "renal cell carcinoma"}
    assert (condition_code({"label": "HISTOLOGY", "value": "nonkeratinizing"}) or {})["icd10"] == "C11.9"
    assert observation_code({"label": "LAB", "value": "creatinine", "canonical_unit": "g/L"}) == {}


# The parts of FHIR R4 that these resources use: element, whether it must be there
SCHEMA: dict[str, dict[str, bool]] = {
    "Condition": {"id": True, "extension": True, "clinicalStatus": False, "verificationStatus": True, "code": True, "subject": True, "recordedDate": False},
    "Observation": {"id": True, "extension": True, "status": True, "code": True, "subject": True, "effectiveDateTime": False, "valueQuantity": False, "valueString": False, "valueInteger": False, "valueCodeableConcept": False, "referenceRange": False},
    "ResearchSubject": {"id": True, "status": True, "study": True, "individual": True},
    "ResearchStudy": {"id": True, "identifier": True, "status": True},
}  # fmt: skip
DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")


def check_resource(r: dict[str, Any]) -> None:
    elements = SCHEMA[r["resourceType"]]
    assert set(r) - {"resourceType"} <= set(elements)
    assert all(name in r for name, required in elements.items() if required)
    assert re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", r["id"])
    for when in ("recordedDate", "effectiveDateTime"):
        assert when not in r or DATE.fullmatch(r[when])
    assert sum(k.startswith("value") for k in r) <= 1
    quantity = r.get("valueQuantity")
    if quantity:
        assert isinstance(quantity["value"], int | float)
        assert quantity.get("comparator", "<") in ("<", "<=", ">=", ">")
        assert "code" not in quantity or quantity["system"] == "http://unitsofmeasure.org"


def test_fhir_resources_are_valid_and_point_back_to_the_note(out: Path, tmp_path: Path) -> None:
    counts = export_fhir(out, tmp_path)
    found: list[dict[str, Any]] = []
    for kind in RESOURCES:
        lines = (tmp_path / f"{kind}.ndjson").read_text(encoding="utf-8").splitlines()
        assert len(lines) == counts[kind] > 0
        found.extend(json.loads(line) for line in lines)
    text_of = dict(zip(*(read_table("notes", out)[c] for c in ("note_id", "text")), strict=True))
    ids = [r["id"] for r in found]
    assert len(ids) == len(set(ids))
    for r in found:
        check_resource(r)
        if "extension" in r:
            e = {x["url"]: x.get("valueString", x.get("valueInteger")) for x in r["extension"][0]["extension"]}
            assert text_of[e["note"]][e["start"] : e["end"]] == e["text"]
    codes = {(c["system"], c["code"]) for r in found for c in r.get("code", {}).get("coding", [])}
    assert ("http://loinc.org", "718-7") in codes
    assert ("http://loinc.org", "14682-9") in codes
    hb = next(r for r in found if r.get("code", {}).get("coding", [{}])[0].get("code") == "718-7")
    assert hb["valueQuantity"] == {"value": 94, "unit": "g/L", "system": "http://unitsofmeasure.org", "code": "g/L"}
    refuted = [r for r in found if r.get("verificationStatus", {}).get("coding", [{}])[0].get("code") == "refuted"]
    assert refuted
    assert all("clinicalStatus" not in r for r in refuted)
    assert not [r for r in found if "colon" in json.dumps(r)]
    subjects = [r for r in found if r["resourceType"] == "ResearchSubject"]
    assert {s["status"] for s in subjects} <= {"candidate", "potential-candidate", "ineligible"}
    assert all(s["individual"]["identifier"]["value"].startswith("p ") for s in subjects)


def test_brat_files_read_back_to_the_same_spans(out: Path, tmp_path: Path) -> None:
    export_brat(out, tmp_path)
    mentions = read_table("mentions", out)
    for note_id, mine in mentions.groupby("note_id"):
        text = (tmp_path / f"{file_name(str(note_id))}.txt").read_bytes().decode("utf-8")
        lines = (tmp_path / f"{file_name(str(note_id))}.ann").read_text(encoding="utf-8").splitlines()
        entities = [line.split("\t") for line in lines if line.startswith("T")]
        assert len(entities) == len(mine)
        for (_, about, covered), m in zip(entities, mine.to_dict("records"), strict=True):
            label, _, where = about.partition(" ")
            spans = [tuple(map(int, s.split())) for s in where.split(";")]
            assert label == m["label"]
            assert (spans[0][0], spans[-1][1]) == (m["start"], m["end"])
            assert " ".join(text[a:b] for a, b in spans) == covered
            assert "\n" not in covered
    assert "[entities]\n" in (tmp_path / "annotation.conf").read_text(encoding="utf-8")
    assert file_name("a/b") != file_name("a_b")


def test_label_studio_tasks_read_back_to_the_same_spans(out: Path, tmp_path: Path) -> None:
    counts = export_labelstudio(out, tmp_path)
    tasks = json.loads((tmp_path / "tasks.json").read_text(encoding="utf-8"))
    assert len(tasks) == counts["notes"] == 3
    for task in tasks:
        wide = task["data"]["text"].encode("utf-16-le")  # as a browser counts
        for r in task["predictions"][0]["result"]:
            v = r["value"]
            assert wide[2 * v["start"] : 2 * v["end"]].decode("utf-16-le") == v["text"]


@pytest.mark.parametrize("to", ["omop", "fhir", "brat", "labelstudio"])
def test_the_command_writes_beside_the_tables(out: Path, tmp_path: Path, to: str) -> None:
    folder = tmp_path / "out"
    shutil.copytree(out, folder)
    done = CliRunner().invoke(app, ["export", str(folder), "--to", to])
    assert done.exit_code == 0, done.output
    first = {p.name: p.read_bytes() for p in (folder / f"export-{to}").iterdir()}
    CliRunner().invoke(app, ["export", str(folder), "--to", to])
    assert {p.name: p.read_bytes() for p in (folder / f"export-{to}").iterdir()} == first


def test_an_unknown_format_and_an_empty_folder_are_refused(out: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["export", str(out), "--to", "docx"])
    assert "write omop, fhir, delta, brat or labelstudio" in str(done.exception)
    done = CliRunner().invoke(app, ["export", str(tmp_path), "--to", "omop"])
    assert "no table notes" in str(done.exception)
