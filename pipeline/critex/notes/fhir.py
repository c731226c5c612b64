"""FHIR R4: notes in DocumentReference and DiagnosticReport resources, single, in NDJSON lines or in Bundles."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

from critex.errors import NoteError
from critex.notes.documents import MEDIA, extract_text
from critex.notes.limits import TooSlow, time_limit
from critex.notes.record import Note, Options, Rejected, Seen, make_note

_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.I)
MAX_ENTRIES_DEPTH = 4
"""Bundles within Bundles that are followed."""


def is_resource(record: Mapping[str, Any]) -> bool:
    """Whether a JSON object is a FHIR resource."""
    return isinstance(record.get("resourceType"), str)


def read_resource(
    resource: Mapping[str, Any], source: str, default_id: str, options: Options, seen: Seen, depth: int = 0
) -> Iterator[Note | Rejected]:
    """Notes of one resource; a resource that is damaged in any way is one rejected record.

    The several attachments of a resource are the same document in other formats: the first that can be read is taken, plain text before all others.
    """
    kind = resource.get("resourceType")
    if kind == "Bundle" and depth < MAX_ENTRIES_DEPTH:
        for i, entry in enumerate(_list(resource.get("entry")), 1):
            inner = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(inner, dict):
                yield from read_resource(inner, f"{source}#{i}", f"{default_id}-{i}", options, seen, depth + 1)
        return
    if kind not in ("DocumentReference", "DiagnosticReport"):
        seen.other_resources += 1
        return
    note_id = str(resource.get("id") or "")
    try:
        values = _values(resource, options.max_seconds)
    except NoteError as error:
        yield Rejected(source, note_id, str(error))
        return
    except TooSlow:
        yield Rejected(source, note_id, f"the attachment took longer than {options.max_seconds:g} s to open.")
        return
    except Exception as error:
        yield Rejected(source, note_id, f"a resource that is not as FHIR R4 says ({type(error).__name__}).")
        return
    made = make_note(values, source, default_id, Options(max_characters=options.max_characters), seen)
    yield from made if isinstance(made, tuple) else (made,)


def _values(resource: Mapping[str, Any], seconds: float | None) -> dict[str, str]:
    if resource["resourceType"] == "DocumentReference":
        attachments = [c.get("attachment") or {} for c in _list(resource.get("content")) if isinstance(c, dict)]
        period = _dict(_dict(resource.get("context")).get("period"))
        when = resource.get("date") or period.get("end") or period.get("start")
        created = next((a.get("creation") for a in attachments if a.get("creation")), None)
        when = when or created
        kind = _dict(resource.get("type"))
        otherwise = ""
    else:
        attachments = [a for a in _list(resource.get("presentedForm")) if isinstance(a, dict)]
        period = _dict(resource.get("effectivePeriod"))
        when = resource.get("effectiveDateTime") or period.get("end") or period.get("start") or resource.get("issued")
        kind = _dict(resource.get("code"))
        otherwise = str(resource.get("conclusion") or "")
    try:
        with time_limit(seconds):
            text = _text(attachments)
    except NoteError:
        if not otherwise.strip():
            raise
        text = otherwise
    subject = str(_dict(resource.get("subject")).get("reference") or "")
    return {
        "text": text,
        "note_id": str(resource.get("id") or ""),
        "patient_id": subject.rpartition("/")[2],
        "note_date": _partial_date(str(when or "")),
        "note_type": _concept(kind),
    }


def _text(attachments: list[dict[str, Any]]) -> str:
    order = list(MEDIA)
    usable: list[tuple[int, str, dict[str, Any]]] = []
    for a in attachments:
        media = str(a.get("contentType") or "text/plain").partition(";")[0].strip().lower()
        if media in MEDIA and a.get("data"):
            usable.append((order.index(media), media, a))
    if not usable:
        if any(a.get("url") for a in attachments):
            raise NoteError("the attachment is only linked, not included. Export with attachments included.")
        if any(a.get("data") for a in attachments):
            raise NoteError(f"no attachment of a kind that is read. Kinds: {' '.join(MEDIA)}.")
        raise NoteError("no attachment with text.")
    problem = NoteError("no attachment with text.")
    for _, media, a in sorted(usable, key=lambda u: u[0]):
        try:
            data = base64.b64decode("".join(str(a["data"]).split()), validate=True)
        except (binascii.Error, ValueError):
            problem = NoteError("the attachment is not valid base64. Export it again.")
            continue
        charset = _CHARSET.search(str(a.get("contentType") or ""))
        try:
            return extract_text(data, MEDIA[media], charset[1] if charset else "").text
        except NoteError as error:
            problem = error
    raise problem


def _partial_date(text: str) -> str:
    """FHIR dates may be a year or a month; those date no note."""
    return text if len(text) >= 10 else ""


def _concept(kind: Mapping[str, Any]) -> str:
    codings = [c for c in _list(kind.get("coding")) if isinstance(c, dict)]
    return str(kind.get("text") or next((c["display"] for c in codings if c.get("display")), ""))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
