"""Label Studio: tasks as JSON, regions with labels, choices and comments; offsets are UTF-16 units, as a browser counts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from critex.annotation.document import AnnotatedDocument, Corpus, PatientVerdict, Scalar, Span, as_text, set_attribute
from critex.annotation.offsets import Utf16
from critex.annotation.pairs import as_pairs, from_pairs
from critex.annotation.sidecar import META, read_sidecars, write_sidecars
from critex.errors import InputError
from critex.run.store import write_file
from critex.tables import ASSERTIONS, TEMPORALITIES, VERDICTS

_CHOICES = {"assertion": ASSERTIONS, "temporality": TEMPORALITIES}
_PART = "part"


def read(path: Path) -> Corpus:
    """Corpus of a JSON export (or JSON-MIN), or of a folder that holds one.

    Of several annotations of a task the one marked as ground truth counts, else the last that was not cancelled. Predictions count only for tasks that
    have no list of annotations at all. A choice on the whole task that is pass, fail or unknown is a verdict of the patient.

    Raises
    ------
    InputError
        If it is not a list of tasks.
    """
    corpus = Corpus()
    file = _file(path)
    try:
        tasks = json.loads(file.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError):
        tasks = None
    if not isinstance(tasks, list) or not all(isinstance(t, dict) for t in tasks):
        raise InputError(f"{file}: not a list of Label Studio tasks. Export the project as JSON.")
    for number, task in enumerate(tasks, 1):
        try:
            corpus.documents.append(_document(task, number, f"{file}, task {task.get('id', number)}", corpus))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise InputError(f"{file}, task {number}: {type(error).__name__}. Export the project as JSON.") from None
    if path.is_dir():
        read_sidecars(path, corpus)
    return corpus


def _file(path: Path) -> Path:
    if path.is_file():
        return path
    files = [path / "tasks.json"] if (path / "tasks.json").is_file() else sorted(path.glob("*.json"))
    if len(files) != 1:
        raise InputError(f"{path}: {len(files)} JSON files. Name the one with the tasks.")
    return files[0]


def _document(task: dict[str, Any], number: int, where: str, corpus: Corpus) -> AnnotatedDocument:
    data = task["data"] if isinstance(task.get("data"), dict) else task
    texts = [data["text"]] if isinstance(data.get("text"), str) else [v for v in data.values() if isinstance(v, str)]
    meta = {k: str(data.get(k) or "") for k in META}
    meta["note_id"] = meta["note_id"] or str(task.get("id") or number)
    document = AnnotatedDocument.of(max(texts, key=len, default=""), meta)
    if "data" not in task:  # JSON-MIN: regions by tag's name
        results: list[dict[str, Any]] = [
            {"id": f"{k}{i}", "type": "labels", "value": r}
            for k, regions in task.items()
            if isinstance(regions, list)
            for i, r in enumerate(regions)
            if isinstance(r, dict) and "start" in r
        ]
    else:
        results = _results(task)
    spans: dict[str, Span] = {}
    for r in results:
        value = r.get("value") or {}
        if "labels" not in value or "start" not in value:
            continue
        for i, label in enumerate(value["labels"]):
            key = f"{r.get('id', len(spans))}" + (f"#{i}" if i else "")
            said = value.get("text") if isinstance(value.get("text"), str) else None
            spans[key] = Span(str(label), ((int(value["start"]), int(value["end"])),), {}, key, said, where)
    for r in results:
        _more(r, spans, document, corpus)
    document.spans = list(spans.values())
    return document


def _results(task: dict[str, Any]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = task.get("predictions") or []
    if "annotations" in task:
        made = [a for a in task["annotations"] if not a.get("was_cancelled")]
        made = [a for a in made if a.get("ground_truth")] or made
    return (made[-1].get("result") or []) if made else []


def _more(r: dict[str, Any], spans: dict[str, Span], document: AnnotatedDocument, corpus: Corpus) -> None:
    if r.get("type") == "relation":
        first, second = spans.get(str(r.get("from_id"))), spans.get(str(r.get("to_id")))
        if _PART in (r.get("labels") or ()) and first is not None and second is not None:
            first.pieces += second.pieces
            first.said = f"{first.said} {second.said}" if first.said and second.said else None
            spans.pop(str(r["to_id"]))
        else:
            corpus.ignored["relations"] += 1
        return
    value = r.get("value") or {}
    mine = [s for key, s in spans.items() if key.partition("#")[0] == str(r.get("id"))]
    meta = r.get("meta") or {}
    for s in mine:
        if "labels" in value:
            for line in [meta["text"]] if isinstance(meta.get("text"), str) else meta.get("text") or ():
                s.attributes.update(from_pairs(str(line)))
        elif said := _choice(value):
            set_attribute(s.attributes, str(r.get("from_name")), said)
    if not mine and "start" not in value and (said := _choice(value)) in VERDICTS:
        corpus.verdicts.append(PatientVerdict(document.patient_id or document.note_id, str(r.get("from_name")), said))
    elif not mine and "labels" not in value:
        corpus.ignored["results without a region"] += 1


def _choice(value: dict[str, Any]) -> str:
    for kind in ("choices", "text", "number", "rating", "datetime"):
        if kind in value:
            found = value[kind]
            return " ".join(map(str, found)) if isinstance(found, list) else str(found)
    return ""


def write(corpus: Corpus, target: Path) -> None:
    """Write ``tasks.json`` (annotations) and ``config.xml`` into a folder, or the tasks alone as the file named."""
    if target.suffix == ".json":
        write_tasks(corpus.documents, target, None)
        return
    labels = write_tasks(corpus.documents, target / "tasks.json", None)[2]
    write_config(labels, target / "config.xml")
    write_sidecars(target, corpus)


def write_tasks(
    documents: Iterable[AnnotatedDocument], path: Path, model_version: str | None
) -> tuple[int, int, set[str]]:
    """Write tasks one by one, so that memory does not grow with them.

    Parameters
    ----------
    documents : iterable of AnnotatedDocument
    path : Path
    model_version : str, optional
        Where given, spans are written as predictions of this model, else as annotations.

    Returns
    -------
    tuple
        Number of notes, number of spans, and the labels.
    """
    notes, count, labels = 0, 0, set[str]()

    def stream(part: Path) -> None:
        nonlocal notes, count
        with open(part, "w", encoding="utf-8", newline="\n") as f:
            f.write("[")
            for d in documents:
                if d.text is None:
                    continue
                f.write(",\n" if notes else "\n")
                json.dump(_task(d, d.text, model_version), f, ensure_ascii=False)
                labels.update(s.label for s in d.spans)
                notes, count = notes + 1, count + len(d.spans)
            f.write("\n]\n")

    write_file(path, stream)
    return notes, count, labels


def _task(d: AnnotatedDocument, text: str, model_version: str | None) -> dict[str, Any]:
    utf16 = Utf16(text)
    results: list[dict[str, Any]] = []
    for i, s in enumerate(d.spans):
        names = [f"m{i}", *(f"m{i}-{n}" for n in range(1, len(s.pieces)))]
        for name, (start, end) in zip(names, s.pieces, strict=True):
            value = {"start": utf16.units(start), "end": utf16.units(end), "text": text[start:end]}
            common: dict[str, Any] = {"id": name, "to_name": "text"}
            region = common | {"from_name": "label", "type": "labels", "value": value | {"labels": [s.label]}}
            results.append(region)
            if name != names[0]:
                results.append({"type": "relation", "from_id": names[0], "to_id": name, "direction": "right", "labels": [_PART]})  # fmt: skip
                continue
            rest: dict[str, Scalar] = {}
            for key, said in s.attributes.items():
                if as_text(said) in _CHOICES.get(key, ()):
                    choice = value | {"choices": [said]}
                    results.append(common | {"from_name": key, "type": "choices", "value": choice})
                else:
                    rest[key] = said
            if rest:
                region["meta"] = {"text": [as_pairs(rest)]}
    data = {"text": text} | {k: getattr(d, k) for k in META}
    if model_version is None:
        return {"data": data, "annotations": [{"result": results}]}
    return {"data": data, "predictions": [{"model_version": model_version, "result": results}]}


def write_config(labels: Iterable[str], path: Path) -> None:
    """Write the labelling configuration of a project."""
    from xml.sax.saxutils import quoteattr

    tags = "\n".join(f"    <Label value={quoteattr(label)}/>" for label in sorted(labels))
    choices = "\n".join(
        f'  <Choices name="{name}" toName="text" perRegion="true">'
        + "".join(f'<Choice value="{w}"/>' for w in words)
        + "</Choices>"
        for name, words in _CHOICES.items()
    )
    config = (
        f'<View>\n  <Labels name="label" toName="text">\n{tags}\n  </Labels>\n  <Text name="text" value="$text"/>\n'
        f'  <Relations>\n    <Relation value="{_PART}"/>\n  </Relations>\n{choices}\n</View>\n'
    )
    write_file(path, lambda p: p.write_text(config, encoding="utf-8"))
