"""How fast the reviewers' page is with 50,000 made-up patients: ``python tests/bench_review.py FOLDER`` copies the patients of a run until there are enough.

Times are what a reviewer waits for in a headless Chromium: from the request to the paint, or from the change of a filter to its rows.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyarrow as pa
from playwright.sync_api import Page, sync_playwright

from critex import tables
from critex.run.store import TableWriter, read_table
from review_server import Server, chromium_path

PATIENTS = 50_000
LONG = ("LONG-60", "LONG-5000")


def made_up(source: Path, target: Path, n: int = PATIENTS) -> None:
    """A folder of ``n`` patients, copies of those in ``source``; one has 60 notes, one a note of 5,000 lines."""
    frames = {k: read_table(k, source) for k in ("notes", "mentions", "verdicts", "evidence", "candidates")}
    patients = frames["candidates"]["patient_id"].unique()
    copies = -(-n // len(patients))
    for name, frame in frames.items():
        parts = []
        for i in range(copies):
            part = frame.assign(patient_id=[f"P{i:05d}-{p}" for p in frame["patient_id"]])
            if "note_id" in part:
                part["note_id"] = [f"{i:05d}-{p}" for p in part["note_id"]]
            parts.append(part)
        parts.extend(_long(name, frame, str(patients[0])))
        table = tables.checked(pd.concat(parts, ignore_index=True), tables.TABLES[name])
        with TableWriter(name, target, "parquet") as writer:  # row groups as large as a run makes them
            for start in range(0, len(table), 5_000):
                rows = pa.Table.from_pandas(table.iloc[start : start + 5_000], preserve_index=False)
                writer.add(rows.replace_schema_metadata(None))


def _long(name: str, frame: pd.DataFrame, patient: str) -> list[pd.DataFrame]:
    mine = frame[frame["patient_id"] == patient]
    many, tall = mine.assign(patient_id=LONG[0]), mine.assign(patient_id=LONG[1])
    if name in ("notes", "mentions"):
        times = -(-60 // mine["note_id"].nunique())
        many = pd.concat([many.assign(note_id=[f"{i:02d}-{x}" for x in many["note_id"]]) for i in range(times)])
    if name == "evidence":
        many = many.assign(note_id=[f"00-{x}" for x in many["note_id"]])
    if "note_id" in tall:
        tall = tall.assign(note_id=[f"tall-{x}" for x in tall["note_id"]])
    if name == "notes":
        line = "Seen in clinic, no new complaint; Hb 12.1 g/dL, ECOG 1, continues as before.\n"
        tall["text"] = [t + line * 5_000 if i == 0 else t for i, t in enumerate(tall["text"])]
    return [many, tall]


def painted(page: Page) -> float:
    """Milliseconds from the navigation to the first paint."""
    while not page.evaluate("performance.getEntriesByName('first-contentful-paint').length"):
        page.wait_for_timeout(20)
    return float(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))


def main(source: Path) -> None:
    """Make the patients, and print what was measured."""
    with TemporaryDirectory() as name, sync_playwright() as playwright:
        out = Path(name)
        made_up(source, out)
        print(f"verdicts: {len(tables.checked(read_table('verdicts', out), tables.VERDICT)):,}")
        started = time.perf_counter()
        with Server(out) as server:
            print(f"start of the server: {time.perf_counter() - started:.2f} s")
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(server.address["anna"])
            for _ in range(2):
                page.goto(server.base)
                print(f"work list, first paint: {painted(page):.0f} ms")
            for label, value in (
                ("criterion", "I03.ecog"),
                ("verdict", "fail"),
                ("review", "yes"),
                ("criterion", ""),
                ("sort", "open"),
                ("status", "possible"),
            ):
                with page.expect_response(lambda r: "/rows" in r.url) as got:
                    asked = time.perf_counter()
                    page.select_option(f"select[name={label}]", value)
                got.value.finished()
                print(
                    f"filter {label}={value}: {(time.perf_counter() - asked) * 1000:.0f} ms, {page.inner_text('#count')}"
                )
            for patient in LONG:
                for _ in range(2):
                    page.goto(f"{server.base}/patient?id={patient}")
                    print(
                        f"{patient}: first paint {painted(page):.0f} ms, ready {page.evaluate('performance.timing.domContentLoadedEventEnd - performance.timing.navigationStart')} ms"
                    )
            slow = page.evaluate(
                "async () => { const n = document.getElementById('notes'), t = []; let last = performance.now();"
                "for (let i = 0; i < 120; i++) { n.scrollTop += 600; await new Promise(requestAnimationFrame); const now = performance.now(); t.push(now - last); last = now; }"
                "t.sort((a, b) => a - b); return [t[60], t[113], t[119]]; }"
            )
            print("scrolling the long note, ms a frame: median {:.0f}, 95 % {:.0f}, worst {:.0f}".format(*slow))
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
