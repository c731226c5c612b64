"""report.html in a real Chromium: evidence is marked, a click shows it, and nothing of a note runs or is loaded."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

HOSTILE = (
    "ECOG 1. No HIV.\n"
    "<script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\">\n"
    '</pre></section><b title="x" onmouseover="document.title=1">Hb 9.8 g/dL</b> &amp; "quoted" <!-- \n'
    "{{ 7 * 7 }} javascript:alert(1)"
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Report of one hostile note and one plain one."""
    out = tmp_path_factory.mktemp("report")
    rows = [
        ("n1", "p<1>", HOSTILE),
        ("n2", "p2", "Nasopharyngeal carcinoma. HIV negative on 02/03/2026. No other cancer."),
    ]
    notes = pd.DataFrame(
        [
            {"note_id": n, "patient_id": p, "note_date": "2026-03-12", "note_type": "clinic note", "text": t}
            for n, p, t in rows
        ]
    )
    patients = pd.DataFrame({"patient_id": ["p<1>", "p2"], "index_date": ["2026-03-16", "2026-03-16"]})
    notes.to_csv(out / "notes.csv", index=False)
    patients.to_csv(out / "patients.csv", index=False)
    subprocess.run(
        [sys.executable, "-m", "critex", "run", "notes.csv", "--patients", "patients.csv", "--out", "result"],
        cwd=out,
        check=True,
        capture_output=True,
    )
    return out / "result" / "report.html"


def dom(chromium: str, page: Path, tmp_path: Path) -> str:
    """Page as Chromium holds it once its scripts have run."""
    done = subprocess.run(
        [
            chromium,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--virtual-time-budget=500",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


def test_note_text_is_shown_and_does_not_run(chromium: str, page: Path, tmp_path: Path) -> None:
    shown = dom(chromium, page, tmp_path)
    assert re.search(r"<title>critex report</title>", shown)
    text = html.unescape(re.sub(r"<[^>]*>", "", shown))
    assert "<script>document.title='ran'</script><img src=x" in text
    assert "{{ 7 * 7 }}" in text
    assert "<img" not in shown
    assert len(re.findall(r"<script", shown)) == 1


def test_page_loads_nothing(page: Path) -> None:
    source = page.read_text(encoding="utf-8")
    outside_notes = re.sub(r"<pre>.*?</pre>", "", source, flags=re.S)
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//|@import|url\(""", outside_notes)
    assert "default-src 'none'" in source


def test_click_on_a_criterion_marks_its_evidence(chromium: str, page: Path, tmp_path: Path) -> None:
    clicked = tmp_path / "clicked.html"
    click = (
        "<script>var p=Array.from(document.querySelectorAll('details.patient')).find(function(d){return d.textContent.indexOf('HIV negative')>=0;});"
        "p.open=true;p.querySelector('.criteria button[data-c=\"E09.hiv\"]').click();</script></body>"
    )
    clicked.write_text(page.read_text(encoding="utf-8").replace("</body>", click), encoding="utf-8")
    shown = dom(chromium, clicked, tmp_path)
    marked = [
        html.unescape(re.sub(r"<[^>]*>", "", m))
        for m in re.findall(r'<mark class="[^"]*\bon\b[^"]*"[^>]*>(.*?)</mark>', shown)
    ]
    assert marked
    assert "HIV negative" in " ".join(marked)
    assert 'aria-current="true"' in shown


def test_laboratory_values_are_plotted_against_their_limit(page: Path) -> None:
    source = page.read_text(encoding="utf-8")
    described = [html.unescape(d) for d in re.findall(r"<desc[^>]*>(.*?)</desc>", source)]
    assert "2026-03-12 98 g/L. Limit: ≥ 90. Days that count: 2026-03-02 to 2026-03-16." in described
