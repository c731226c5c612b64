"""FHIR R4 as NDJSON: Condition, Observation, ResearchSubject and ResearchStudy, each pointing back to note and offsets."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from critex.export.codes import codes, condition_code, observation_code
from critex.export.source import Row, notes_with_mentions, rows
from critex.run.store import write_file

EVIDENCE = "urn:critex:evidence"
"""URL of the extension that holds note, start, end and text of what a resource rests on."""
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
_CONDITIONS = {"icd10": "http://hl7.org/fhir/sid/icd-10", "snomed": "http://snomed.info/sct"}
STATUS = {"candidate": "candidate", "possible": "potential-candidate", "ineligible": "ineligible"}
"""Status of a patient to ``ResearchSubject.status`` of R4."""
_VERIFIED = {"present": "confirmed", "absent": "refuted", "possible": "provisional"}
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
RESOURCES = ("Condition", "Observation", "ResearchSubject", "ResearchStudy")


def export_fhir(out: Path, target: Path) -> dict[str, int]:
    """Write one NDJSON file a kind of resource.

    Parameters
    ----------
    out : Path
        A folder that ``critex run`` wrote.
    target : Path
        Folder for the files.

    Returns
    -------
    dict of str to int
        Resources of each kind.
    """
    target.mkdir(parents=True, exist_ok=True)
    counts = dict.fromkeys(RESOURCES, 0)
    parts = {kind: target / f".{kind}.ndjson.part" for kind in RESOURCES}
    streams = {kind: open(path, "w", encoding="utf-8", newline="\n") for kind, path in parts.items()}  # noqa: SIM115
    try:
        for resource in _resources(out):
            kind = resource["resourceType"]
            streams[kind].write(json.dumps(resource, ensure_ascii=False, separators=(",", ":")) + "\n")
            counts[kind] += 1
    finally:
        for stream in streams.values():
            stream.close()
    for kind, part in parts.items():
        write_file(target / f"{kind}.ndjson", lambda p, part=part: part.replace(p))  # type: ignore[misc]
    return counts


def _resources(out: Path) -> Iterator[dict[str, Any]]:
    for _, mentions in notes_with_mentions(out):
        for m in mentions:
            found = observation(m) or condition(m)
            if found:
                yield found
    trials = set()
    for row in rows("candidates", out):
        trials.add(row["trial"])
        yield research_subject(row)
    for trial in sorted(trials):
        yield {
            "resourceType": "ResearchStudy",
            "id": resource_id(trial),
            "identifier": [{"system": "https://clinicaltrials.gov", "value": trial}],
            "status": "active",
        }


def observation(m: Row) -> dict[str, Any] | None:
    """Observation of a mention; ``None`` where the label is no observation, or nothing was measured in this patient."""
    code = observation_code(m) if m["assertion"] in ("present", "absent") else None
    if code is None:
        return None
    value = _value(m, code)
    if value is None:
        return None
    resource: dict[str, Any] = {
        "resourceType": "Observation", "id": mention_id(m), "extension": [evidence(m)], "status": "unknown",
        "code": _concept(code, str(m["value"] or m["label"]).replace("_", " ")), "subject": subject(m["patient_id"]),
    }  # fmt: skip
    if when := fhir_date(m["date"]):
        resource["effectiveDateTime"] = when
    resource.update(value)
    unit = codes()["units"].get(m["unit"] or "")
    if m["ref_low"] is not None or m["ref_high"] is not None:
        limits = {k: _quantity(m[c], m["unit"], unit) for k, c in (("low", "ref_low"), ("high", "ref_high")) if m[c] is not None}  # fmt: skip
        resource["referenceRange"] = [limits]
    return resource


def _value(m: Row, code: dict[str, Any]) -> dict[str, Any] | None:
    if m["label"] == "BP":
        return {"valueString": m["text"]}
    if m["canonical"] is not None:
        unit = m["canonical_unit"]
        ucum = codes()["units"].get(unit or "") or (code.get("ucum") if not unit else None)
        quantity = _quantity(m["canonical"], unit, ucum)
        if m["comparator"] in ("<", "<=", ">", ">="):
            quantity["comparator"] = m["comparator"]
        return {"valueQuantity": quantity}
    if m["result"] in ("positive", "negative"):
        return {"valueCodeableConcept": {"text": m["result"]}}
    if m["label"] in ("ECOG", "KPS") and m["value"]:
        return {"valueInteger": int(m["value"])} if m["value"].isdigit() else {"valueString": m["value"]}
    if m["number"] is not None:
        return {"valueQuantity": _quantity(m["number"], m["unit"], codes()["units"].get(m["unit"] or ""))}
    return None


def _quantity(value: float, unit: str | None, ucum: str | None) -> dict[str, Any]:
    quantity: dict[str, Any] = {"value": int(value) if float(value).is_integer() else value}
    if unit:
        quantity["unit"] = unit
    if ucum:
        quantity |= {"system": UCUM, "code": ucum}
    return quantity


def condition(m: Row) -> dict[str, Any] | None:
    """Condition of a mention; ``None`` for other labels, plans, and what is said of relatives."""
    code, status = condition_code(m), _VERIFIED.get(m["assertion"])
    if code is None or status is None:
        return None
    if m["result"] == "negative":
        status = "refuted"
    resource: dict[str, Any] = {
        "resourceType": "Condition", "id": mention_id(m), "extension": [evidence(m)],
        "verificationStatus": {"coding": [{"system": VERIFICATION, "code": status}]},
        "code": _concept(code, code["text"]), "subject": subject(m["patient_id"]),
    }  # fmt: skip
    if status != "refuted":
        active = "inactive" if m["temporality"] == "past" else "active"
        resource["clinicalStatus"] = {"coding": [{"system": CLINICAL, "code": active}]}
    if when := fhir_date(m["date"]):
        resource["recordedDate"] = when
    return resource


def research_subject(row: Row) -> dict[str, Any]:
    """ResearchSubject of a row of candidates."""
    digest = hashlib.blake2b(json.dumps([row["trial"], row["patient_id"]]).encode(), digest_size=16).hexdigest()
    return {
        "resourceType": "ResearchSubject",
        "id": digest,
        "status": STATUS[row["status"]],
        "study": {"reference": f"ResearchStudy/{resource_id(row['trial'])}"},
        "individual": subject(row["patient_id"]),
    }


def evidence(m: Row) -> dict[str, Any]:
    """Extension that names the note and the span."""
    return {
        "url": EVIDENCE,
        "extension": [
            {"url": "note", "valueString": m["note_id"]},
            {"url": "start", "valueInteger": int(m["start"])},
            {"url": "end", "valueInteger": int(m["end"])},
            {"url": "text", "valueString": m["text"]},
            {"url": "rule", "valueString": m["rule"]},
        ],
    }


def subject(patient_id: str) -> dict[str, Any]:
    """Reference to a patient; by identifier where the id is not one that FHIR allows."""
    if _ID.fullmatch(patient_id):
        return {"reference": f"Patient/{patient_id}"}
    return {"identifier": {"value": patient_id}}


def resource_id(name: str) -> str:
    """An id that FHIR allows."""
    return name if _ID.fullmatch(name) else hashlib.blake2b(name.encode(), digest_size=16).hexdigest()


def mention_id(m: Row) -> str:
    """Id of a mention's resource: the same mention has the same id in every export."""
    parts = [m["note_id"], int(m["start"]), int(m["end"]), m["label"], m["value"], m["rule"]]
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()


def fhir_date(text: str | None) -> str | None:
    """Date as FHIR writes it; of a span between two days nothing is said."""
    return text if text and re.fullmatch(r"\d{4}(?:-\d{2}(?:-\d{2})?)?", text) else None


def _concept(code: dict[str, Any], text: str) -> dict[str, Any]:
    concept: dict[str, Any] = {"text": code.get("display") or code.get("text") or text}
    coding: list[dict[str, Any]] = []
    if "loinc" in code:
        coding.append({"system": LOINC, "code": code["loinc"], "display": code["display"]})
    coding.extend({"system": system, "code": str(code[key])} for key, system in _CONDITIONS.items() if key in code)
    if coding:
        concept["coding"] = coding
    return concept
