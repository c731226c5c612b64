"""For annotators: brat's stand-off files and Label Studio's tasks with predictions."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from critex import __version__
from critex.export.source import Row, notes_with_mentions
from critex.run.store import write_file
from critex.tables import ASSERTIONS, TEMPORALITIES

_UNSAFE = re.compile(r"[^\w.\-]", re.A)


def export_brat(out: Path, target: Path) -> dict[str, int]:
    """Write a .txt and an .ann file a note, and ``annotation.conf``.

    Parameters
    ----------
    out : Path
        A folder that ``critex run`` wrote.
    target : Path
        Folder for the files; characters of a note_id that file names cannot hold become ``_xx`` (hexadecimal).

    Returns
    -------
    dict of str to int
        Number of notes and mentions.
    """
    target.mkdir(parents=True, exist_ok=True)
    labels: set[str] = set()
    notes = count = 0
    for note, mentions in notes_with_mentions(out):
        name = file_name(note["note_id"])
        text = note["text"]
        write_file(target / f"{name}.txt", lambda p, t=text: p.write_bytes(t.encode("utf-8")))  # type: ignore[misc]
        lines = [line for i, m in enumerate(mentions, 1) for line in _brat_lines(i, m, text)]
        body = "".join(f"{line}\n" for line in lines)
        write_file(target / f"{name}.ann", lambda p, b=body: p.write_bytes(b.encode("utf-8")))  # type: ignore[misc]
        labels.update(m["label"] for m in mentions)
        notes, count = notes + 1, count + len(mentions)
    entities = "\n".join(sorted(labels))
    conf = (
        f"[entities]\n{entities}\n\n[relations]\n\n[events]\n\n[attributes]\nAssertion\tArg:<ENTITY>, Value:{'|'.join(ASSERTIONS)}\n"
        f"Temporality\tArg:<ENTITY>, Value:{'|'.join(TEMPORALITIES)}\n"
    )
    write_file(target / "annotation.conf", lambda p: p.write_text(conf, encoding="utf-8"))
    return {"notes": notes, "mentions": count}


def file_name(note_id: str) -> str:
    """A file name for a note; two notes never share one."""
    return _UNSAFE.sub(lambda m: f"_{ord(m[0]):x}_", note_id.replace("_", "__"))


def _brat_lines(number: int, m: Row, text: str) -> list[str]:
    spans, at = [], int(m["start"])
    for piece in re.split(r"([\r\n]+)", text[at : int(m["end"])]):  # brat wants a span cut at line ends
        if piece.strip("\r\n") and piece:
            spans.append((at, at + len(piece)))
        at += len(piece)
    covered = " ".join(text[a:b] for a, b in spans).replace("\t", " ")
    where = ";".join(f"{a} {b}" for a, b in spans)
    lines = [
        f"T{number}\t{m['label']} {where}\t{covered}",
        f"A{2 * number - 1}\tAssertion T{number} {m['assertion']}",
        f"A{2 * number}\tTemporality T{number} {m['temporality']}",
    ]
    facts = [f"{k}={m[k]}" for k in ("value", "result", "canonical", "canonical_unit", "date") if m.get(k) is not None]
    if facts:
        lines.append(f"#{number}\tAnnotatorNotes T{number}\t{' '.join(facts)}")
    return lines


def export_labelstudio(out: Path, target: Path) -> dict[str, int]:
    """Write ``tasks.json`` (one task a note, mentions as predictions) and ``config.xml`` for a Label Studio project.

    Offsets are characters as everywhere in critex; Label Studio counts a character beyond the Basic Multilingual Plane (an emoji) as two, so in
    notes with such characters the offsets are counted its way.
    """
    target.mkdir(parents=True, exist_ok=True)
    labels: set[str] = set()
    part = target / ".tasks.json.part"
    notes = count = 0
    with open(part, "w", encoding="utf-8", newline="\n") as f:
        f.write("[")
        for note, mentions in notes_with_mentions(out):
            f.write(",\n" if notes else "\n")
            json.dump(_task(note, mentions), f, ensure_ascii=False)
            labels.update(m["label"] for m in mentions)
            notes, count = notes + 1, count + len(mentions)
        f.write("\n]\n")
    write_file(target / "tasks.json", lambda p: part.replace(p))
    tags = "\n".join(f'    <Label value="{label}"/>' for label in sorted(labels))
    choices = "".join(f'<Choice value="{a}"/>' for a in ASSERTIONS)
    config = (
        f'<View>\n  <Labels name="label" toName="text">\n{tags}\n  </Labels>\n  <Text name="text" value="$text"/>\n'
        f'  <Choices name="assertion" toName="text" perRegion="true">{choices}</Choices>\n</View>\n'
    )
    write_file(target / "config.xml", lambda p: p.write_text(config, encoding="utf-8"))
    return {"notes": notes, "mentions": count}


def _task(note: Row, mentions: list[Row]) -> dict[str, Any]:
    text = note["text"]
    wide = not text.isascii() and any(ord(c) > 0xFFFF for c in text)

    def units(i: int) -> int:
        return len(text[:i].encode("utf-16-le")) // 2 if wide else i

    result: list[dict[str, Any]] = []
    for i, m in enumerate(mentions):
        value = {"start": units(int(m["start"])), "end": units(int(m["end"])), "text": m["text"]}
        common = {"id": f"m{i}", "to_name": "text"}
        result.append(common | {"from_name": "label", "type": "labels", "value": value | {"labels": [m["label"]]}})
        result.append(
            common | {"from_name": "assertion", "type": "choices", "value": value | {"choices": [m["assertion"]]}}
        )
    data = {k: note[k] or "" for k in ("text", "note_id", "patient_id", "note_date", "note_type")}
    return {"data": data, "predictions": [{"model_version": f"critex {__version__}", "result": result}]}
