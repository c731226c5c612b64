"""Every kind of export: what is read, what text comes out, and that nothing damaged ends a run."""

from __future__ import annotations

import base64
import json
import random
import zlib
from datetime import date
from pathlib import Path

import pytest

from critex.errors import InputError
from critex.notes.database import read_query
from critex.notes.record import Note, Options, Rejected, Seen
from critex.notes.sources import read_notes

NOTE = "HBsAg negative.\nHb 9.4 g/dL."


def read(*paths: Path, **options: object) -> tuple[list[Note], list[Rejected], Seen]:
    seen = Seen()
    records = list(read_notes(paths, Options(**options), seen))  # type: ignore[arg-type]
    return [r for r in records if isinstance(r, Note)], [r for r in records if isinstance(r, Rejected)], seen


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "患者鼻咽癌，HBsAg 阴性。Müller 38.5 °C"),
        ("utf-8-sig", "患者鼻咽癌，HBsAg 阴性。"),
        ("utf-16", "患者鼻咽癌，HBsAg 阴性。"),
        ("utf-16-le", "HBsAg negative, 38.5 °C"),
        ("utf-16-be", "HBsAg negative, 38.5 °C"),
        ("cp1252", "Hb 9.4 g/dL – “stable”, seen by Dr Müller at 38.5 °C, café, naïve"),
        ("gb18030", "患者男，五十二岁，鼻咽癌，乙肝表面抗原阴性，血红蛋白正常，无发热，无咳嗽。"),
        ("big5", "病人男性，五十二歲，鼻咽癌，乙型肝炎表面抗原陰性，血紅素正常，無發燒，無咳嗽。"),
    ],
)
def test_encodings_are_found(tmp_path: Path, encoding: str, text: str) -> None:
    path = tmp_path / "notes.csv"
    rows = "".join(f'n{i},p{i},"{text}"\n' for i in range(20))
    path.write_bytes(f"note_id,patient_id,text\n{rows}".encode(encoding))
    notes, rejected, _ = read(path)
    assert not rejected
    assert {n.text for n in notes} == {text}


def test_rtf_html_and_xml_become_text(tmp_path: Path) -> None:
    (tmp_path / "a.rtf").write_text(r"{\rtf1\ansi HBsAg negative.\par Hb 9.4 g/dL.\par caf\'e9}", encoding="ascii")
    (tmp_path / "b.html").write_text(
        "<html><head><style>p{}</style><title>t</title></head><body><p>HBsAg <b>neg</b>ative.</p><table><tr><td>Hb</td><td>9.4</td></tr>"
        "<tr><td>Plt</td><td>210</td></tr></table>one<br>two<script>bad()</script></body></html>",
        encoding="utf-8",
    )
    (tmp_path / "c.xml").write_text(
        '<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Discharge</title><effectiveTime value="20260312101500+0800"/>'
        '<recordTarget><patientRole><id extension="p77" root="1.2"/></patientRole></recordTarget><component><structuredBody><component><section>'
        "<title>Results</title><text><paragraph>HBsAg negative.</paragraph><table><tbody><tr><td>Hb</td><td>9.4 g/dL</td></tr></tbody></table></text>"
        "</section></component></structuredBody></component></ClinicalDocument>",
        encoding="utf-8",
    )
    notes, rejected, _ = read(tmp_path)
    assert not rejected
    by = {n.note_id: n for n in notes}
    assert by["a"].text.startswith("HBsAg negative.\nHb 9.4 g/dL.\ncaf")
    assert by["b"].text == "HBsAg negative.\nHb\t9.4\nPlt\t210\none\ntwo"
    assert "Results" in by["c"].text
    assert "HBsAg negative.\nHb | 9.4 g/dL" in by["c"].text
    assert (by["c"].patient_id, by["c"].note_date, by["c"].note_type) == ("p77", date(2026, 3, 12), "Discharge")


def test_what_critex_wrote_and_hidden_files_are_not_read(tmp_path: Path) -> None:
    for name in ("a.txt", "out/b.txt", "out/.critex/parts/c.txt", ".hidden/d.txt", "_temporary/e.txt", "sub/f.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(NOTE, encoding="utf-8")
    notes, _, _ = read(tmp_path)
    assert [n.note_id for n in notes] == ["a", "sub/f"]


def test_the_charset_of_a_page_is_believed(tmp_path: Path) -> None:
    page = '<meta http-equiv="Content-Type" content="text/html; charset=gb2312"><p>鼻咽癌，镕</p>'
    (tmp_path / "a.html").write_bytes(page.encode("gb18030"))
    (note,), _, _ = read(tmp_path)
    assert note.text == "鼻咽癌，镕"


def pdf(text: str) -> bytes:
    """A small PDF with one page of text."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for i, part in enumerate(parts, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (i, part)
    table = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % o for o in offsets)
    return out + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % table


def test_a_pdf_is_read_and_a_scan_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf("HBsAg negative."))
    (tmp_path / "b.pdf").write_bytes(pdf(""))
    notes, rejected, _ = read(tmp_path)
    assert [n.text for n in notes] == ["HBsAg negative."]
    assert "only pictures" in rejected[0].error


def test_a_manifest_says_whose_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "x1.txt").write_text(NOTE, encoding="utf-8")
    (tmp_path / "x2.txt").write_text(NOTE, encoding="utf-8")
    (tmp_path / "manifest.csv").write_text(
        "file,patient_id,note_date,note_type\nsub/x1.txt,p1,2026-03-12,clinic\n", encoding="utf-8"
    )
    notes, _, seen = read(tmp_path)
    assert [(n.note_id, n.patient_id, n.note_date, n.note_type) for n in notes] == [
        ("sub/x1", "p1", date(2026, 3, 12), "clinic"),
        ("x2", "x2", None, ""),
    ]
    assert "1 files are not in the manifest of their folder." in seen.remarks
    (tmp_path / "manifest.csv").rename(tmp_path / "sub" / "manifest.csv")
    (tmp_path / "sub" / "manifest.csv").write_text("name\nx1.txt\n", encoding="utf-8")
    with pytest.raises(InputError, match="needs a column file"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("template", "name", "wanted"),
    [
        ("{patient_id}_{note_date}", "p7_2026-03-12.txt", ("p7", date(2026, 3, 12), "")),
        ("{patient_id}_{note_date}_{note_type}", "p7_20260312_clinic letter.txt", ("p7", date(2026, 3, 12), "clinic letter")),
        ("{patient_id}/{note_date}-{}", "p7/2026.03.12-0001.txt", ("p7", date(2026, 3, 12), "")),
    ],
)  # fmt: skip
def test_names_of_files_tell_patient_and_date(tmp_path: Path, template: str, name: str, wanted: object) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(NOTE, encoding="utf-8")
    (note,), _, _ = read(tmp_path, file_name=template)
    assert (note.patient_id, note.note_date, note.note_type) == wanted


def test_a_wrong_file_name_template_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(NOTE, encoding="utf-8")
    with pytest.raises(InputError, match="ward is not a field of a note"):
        read(tmp_path, file_name="{ward}_{note_date}")


def reference(i: int, data: bytes, media: str = "text/plain", **more: object) -> dict[str, object]:
    return {
        "resourceType": "DocumentReference", "id": f"d{i}", "subject": {"reference": f"Patient/p{i}"}, "date": "2026-03-12T08:00:00+08:00",
        "type": {"coding": [{"display": "Progress note"}]},
        "content": [{"attachment": {"contentType": media, "data": base64.b64encode(data).decode()}}],
    } | more  # fmt: skip


def test_fhir_resources_are_read(tmp_path: Path) -> None:
    report = {
        "resourceType": "DiagnosticReport", "id": "r1", "subject": {"reference": "urn:x/Patient/p9"}, "effectiveDateTime": "2026-02-01", "code": {"text": "CT"},
        "presentedForm": [{"contentType": "text/html", "data": base64.b64encode(b"<p>Liver</p><p>metastases</p>").decode()}], "conclusion": "short",
    }  # fmt: skip
    chinese = reference(3, "鼻咽癌".encode("gb18030"), "text/plain; charset=gb18030")
    several = reference(4, b"")
    several["content"] = [
        {"attachment": {"contentType": "application/pdf", "data": base64.b64encode(pdf("from pdf")).decode()}},
        {"attachment": {"contentType": "text/plain", "data": base64.b64encode(b"from text").decode()}},
    ]
    linked = reference(5, b"")
    linked["content"] = [{"attachment": {"contentType": "text/plain", "url": "Binary/1"}}]
    bundle = {"resourceType": "Bundle", "entry": [{"resource": reference(6, b"six")}, {"resource": {"resourceType": "Patient", "id": "x"}}]}  # fmt: skip
    broken = reference(7, b"") | {"content": [{"attachment": {"contentType": "text/plain", "data": "***"}}]}
    lines = [reference(1, NOTE.encode()), report, chinese, several, linked, bundle, broken]
    (tmp_path / "notes.ndjson").write_text("\n".join(json.dumps(x) for x in lines), encoding="utf-8")
    (tmp_path / "one.json").write_text(json.dumps(reference(8, b"eight"), indent=1), encoding="utf-8")
    notes, rejected, seen = read(tmp_path)
    by = {n.note_id: n for n in notes}
    assert (by["d1"].text, by["d1"].patient_id, by["d1"].note_date, by["d1"].note_type) == (NOTE, "p1", date(2026, 3, 12), "Progress note")  # fmt: skip
    assert (by["r1"].text, by["r1"].patient_id, by["r1"].note_type) == ("Liver\nmetastases", "p9", "CT")
    assert by["d3"].text == "鼻咽癌"
    assert by["d4"].text == "from text"
    assert (by["d6"].text, by["d8"].text) == ("six", "eight")
    assert {r.note_id: r.error.split(",")[0] for r in rejected} == {
        "d5": "the attachment is only linked",
        "d7": "the attachment is not valid base64. Export it again.",
    }
    assert "1 FHIR resources of other kinds hold no notes and were left out." in seen.remarks


def test_an_omop_note_table_needs_no_map(tmp_path: Path) -> None:
    path = tmp_path / "NOTE.csv"
    path.write_text(
        f'NOTE_ID,PERSON_ID,NOTE_DATE,NOTE_TITLE,NOTE_TEXT\n7,12,2026-03-12,Clinic,"{NOTE}"\n', encoding="utf-8"
    )
    (note,), _, _ = read(path)
    assert (note.note_id, note.patient_id, note.note_date, note.note_type) == ("7", "12", date(2026, 3, 12), "Clinic")


@pytest.fixture
def rows() -> list[tuple[str, str, str, str]]:
    return [(f"n{i}", f"p{i % 3}", "2026-03-12", f"{NOTE} {i}") for i in range(1203)]


def check_database(db: str, rows: list[tuple[str, str, str, str]]) -> None:
    notes = list(read_query(db, "SELECT note_id, patient_id, note_date, body AS text FROM notes", Options(), Seen()))
    assert sorted((n.note_id, n.patient_id, str(n.note_date), n.text) for n in notes if isinstance(n, Note)) == sorted(rows)  # fmt: skip
    with pytest.raises(InputError, match="--sql"):
        list(read_query(db, "SELECT * FROM nowhere", Options(), Seen()))
    with pytest.raises(InputError, match="no column 'text'"):
        list(read_query(db, "SELECT note_id, body FROM notes", Options(), Seen()))


def test_sqlite(tmp_path: Path, rows: list[tuple[str, str, str, str]]) -> None:
    import sqlite3

    pytest.importorskip("sqlalchemy")
    with sqlite3.connect(tmp_path / "notes.db") as db:
        db.execute("CREATE TABLE notes (note_id TEXT, patient_id TEXT, note_date TEXT, body TEXT)")
        db.executemany("INSERT INTO notes VALUES (?,?,?,?)", rows)
    check_database(f"sqlite:///{tmp_path}/notes.db", rows)


def test_duckdb(tmp_path: Path, rows: list[tuple[str, str, str, str]]) -> None:
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "notes.duckdb"
    with duckdb.connect(str(path)) as db:
        db.execute("CREATE TABLE notes (note_id TEXT, patient_id TEXT, note_date DATE, body TEXT)")
        db.executemany("INSERT INTO notes VALUES (?,?,?,?)", rows[:203])
    check_database(f"duckdb:{path}", rows[:203])


def test_a_database_that_cannot_be_used_is_said_without_its_password() -> None:
    pytest.importorskip("sqlalchemy")
    for db in ("nothing", "postgresql+nodriver://u:SECRET@localhost/x", "sqlite:////nowhere/at/all.db"):
        with pytest.raises(InputError) as caught:
            list(read_query(db, "SELECT 1", Options(), Seen()))
        assert "SECRET" not in str(caught.value)


def test_entity_bombs_and_external_entities_are_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(12)
    )
    (tmp_path / "a.xml").write_text(bomb + "]><ClinicalDocument>&m;</ClinicalDocument>", encoding="utf-8")
    (tmp_path / "b.xml").write_text('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><ClinicalDocument>&e;</ClinicalDocument>', encoding="utf-8")  # fmt: skip
    (tmp_path / "c.xml").write_text("<ClinicalDocument>" + "<text>" * 100_000 + "</text>" * 100_000 + "</ClinicalDocument>", encoding="utf-8")  # fmt: skip
    notes, rejected, _ = read(tmp_path)
    assert not notes
    assert len(rejected) == 3


def test_bombs_in_attachments_are_error_rows(tmp_path: Path) -> None:
    squeezed = zlib.compress(b" " * 400_000_000, 9)
    stream = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(squeezed), squeezed)
    bomb = pdf("x").replace(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>", b"<< /Type /Font >>")
    start = bomb.index(b"4 0 obj\n") + 8
    bomb = bomb[:start] + stream + bomb[bomb.index(b"\nendobj", start) :]
    deep = '{"resourceType": "Bundle", "entry": ' + "[" * 200_000 + "]" * 200_000 + "}"
    lines = [json.dumps(reference(1, bomb, "application/pdf")), deep, json.dumps(reference(2, squeezed, "application/zip"))]  # fmt: skip
    (tmp_path / "notes.ndjson").write_text("\n".join([*lines, json.dumps(reference(3, b"good"))]), encoding="utf-8")
    notes, rejected, _ = read(tmp_path, max_seconds=10.0)
    assert [n.note_id for n in notes] == ["d3"]
    assert len(rejected) == 3


def test_five_hundred_damaged_files_are_five_hundred_rows(tmp_path: Path) -> None:
    rng = random.Random(20260312)
    whole = {
        "txt": NOTE.encode("utf-16"),
        "rtf": rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\f0 HBsAg negative.\par {\b Hb} 9.4 g/dL \u21313?\par}" * 5,
        "html": b"<html><body><table><tr><td>Hb</td><td>9.4</td></tr></table><p>text</p></body></html>" * 5,
        "pdf": pdf("HBsAg negative."),
        "xml": b'<ClinicalDocument xmlns="urn:hl7-org:v3"><component><section><text>HBsAg</text></section></component></ClinicalDocument>',
        "json": json.dumps(reference(1, pdf("x"), "application/pdf")).encode(),
    }
    for i in range(500):
        kind = rng.choice(sorted(whole))
        data = bytearray(whole[kind])
        how = rng.randrange(4)
        if how == 0:
            data = data[: rng.randrange(len(data))]
        elif how == 1:
            data = bytearray(rng.randbytes(rng.randrange(1, 3000)))
        elif how == 2:
            for _ in range(rng.randrange(1, 30)):
                data[rng.randrange(len(data))] = rng.randrange(256)
        else:
            data = data[: len(data) // 2] + rng.randbytes(200) + data[len(data) // 2 :]
        (tmp_path / f"f{i:03}.{kind}").write_bytes(bytes(data))
    notes, rejected, seen = read(tmp_path, max_seconds=10.0)
    undated = [r for r in rejected if "read without a date" in r.error]
    assert len(notes) + len(rejected) - len(undated) + seen.other_resources == 500
    assert len(rejected) > 150
    assert all(len(r.error) < 200 and r.source for r in rejected)


@pytest.mark.parametrize(("folder", "least"), [("rtf", 16), ("ccda", 5), ("fhir", 10)])
def test_public_samples_are_read(corpus: Path, folder: str, least: int) -> None:
    notes, rejected, _ = read(corpus / "formats" / folder)
    assert len(notes) >= least
    assert all(n.text.strip() and "\\par" not in n.text and "<td" not in n.text for n in notes)
    if folder != "fhir":
        assert not rejected
