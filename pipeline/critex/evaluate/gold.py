"""Gold for scoring, from annotations in any format: mentions, verdicts of patients, and patient-level values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from critex.annotation.brat import note_id_of
from critex.annotation.document import AnnotatedDocument, Corpus, PatientVerdict, Piece, Scalar, Span
from critex.annotation.formats import format_named, read_corpus, refuse_mismatches
from critex.errors import InputError
from critex.tables import ASSERTIONS, VERDICTS

GoldVerdict = PatientVerdict

_OTHER_WORDS = {"negated": "absent", "negation": "absent", "uncertain": "possible", "possible": "possible", "hypothetical": "hypothetical", "family": "family"}  # fmt: skip
"""Flags by which other annotation schemes say an assertion."""


LOST = "\r\ufeff"
"""Characters that annotation tools take out of a text or put in: carriage returns and byte order marks."""


@dataclass(frozen=True)
class GoldMention:
    """One annotated mention; ``start`` and ``end`` are ``str`` indices into the note."""

    note_id: str
    patient_id: str
    start: int
    end: int
    text: str
    label: str
    value: str | None = None
    number: float | None = None
    canonical: float | None = None
    result: str | None = None
    assertion: str = "present"
    temporality: str = "current"
    optional: bool = False
    pieces: tuple[Piece, ...] = ()
    """Parts of a discontinuous mention; empty where it is in one piece."""


@dataclass
class Gold:
    """An annotated sample. Parts that the source does not have are empty."""

    mentions: list[GoldMention] = field(default_factory=list)
    verdicts: list[GoldVerdict] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    """Text by note_id."""
    note_types: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    """Patient-level values by patient and column, as written."""


def read_gold(path: Path, origin: str | None = None) -> Gold:
    """Gold of a file or folder in any annotation format; ``origin`` names it, else it is detected.

    Raises
    ------
    InputError
        If it cannot be read, or annotated text is not what stands in the note (the first ten are named).
    """
    corpus = read_corpus(path, format_named(origin, "--from") if origin else None)
    refuse_mismatches(corpus, path)
    return gold_of(corpus, str(path))


def gold_of(corpus: Corpus, where: str) -> Gold:
    """Gold of a corpus.

    A span with an attribute ``verdict`` is evidence of the criterion that it is labelled with, and says its verdict; all other spans are mentions.

    Raises
    ------
    InputError
        If spans give a patient two verdicts on one criterion.
    """
    gold = Gold(values=corpus.values)
    said: dict[tuple[str, str], PatientVerdict] = {(v.patient_id, v.criterion): v for v in corpus.verdicts}
    for d in corpus.documents:
        if d.text is not None:
            gold.notes[d.note_id] = d.text
        gold.note_types[d.note_id] = d.note_type
        for s in d.spans:
            verdict = str(s.attributes.get("verdict", ""))
            if verdict not in VERDICTS:
                gold.mentions.append(_mention(d, s))
                continue
            key = (d.patient_id or d.note_id, s.label)
            known = said.setdefault(key, PatientVerdict(*key, verdict))
            if known.verdict != verdict:
                raise InputError(
                    f"{where}: patient {key[0]} has two verdicts on {key[1]}, {known.verdict} and {verdict}. Settle it."
                )
            said[key] = replace(known, evidence=(*known.evidence, (d.note_id, s.start, s.end)))
    gold.verdicts = list(said.values())
    return gold


def _mention(d: AnnotatedDocument, s: Span) -> GoldMention:
    a = s.attributes
    text = d.text[s.start : s.end] if d.text is not None else ""
    return GoldMention(
        d.note_id, d.patient_id, s.start, s.end, text, s.label, _words(a, "value"), number(a.get("number")), number(a.get("canonical")), _words(a, "result"),
        assertion_of(a), _words(a, "temporality") or "current", a.get("optional") is True, s.pieces if len(s.pieces) > 1 else (),
    )  # fmt: skip


def assertion_of(attributes: Mapping[str, Scalar]) -> str:
    """The assertion, also where another scheme's flag says it (``negated``); present where nothing does."""
    said = str(attributes.get("assertion", "")).lower()
    if said in ASSERTIONS:
        return said
    flags = [w for k, w in _OTHER_WORDS.items() if str(attributes.get(k, "")).lower() in ("true", "yes", "1", w)]
    return flags[0] if flags else "present"


def of_run(gold: Gold, patient_of: Mapping[str, str], texts: Mapping[str, str]) -> Gold:
    """Gold with the note and patient identifiers of a run, where the format or the tool could not keep them.

    A note that the run does not know goes by its name as critex wrote it for files, else by its text, if one note of the run has this text.

    Parameters
    ----------
    gold : Gold
    patient_of, texts : mapping of str to str
        Patient and text of each note of the run.

    Raises
    ------
    InputError
        If the run has none of the gold's notes, or none of its patients.
    """
    names = _names(gold, texts)
    known = {n for n in gold.note_types if names.get(n, n) in texts}
    if gold.mentions and not known:
        raise InputError(
            f"none of the gold's {len(gold.note_types)} notes is in the run, neither by note_id ({next(iter(gold.note_types))}, in the run {next(iter(texts), 'none')}) nor by its text. Evaluate a run of the same notes."
        )

    def note(n: str) -> str:
        return names.get(n, n)

    found = Gold(
        [replace(m, note_id=note(m.note_id), patient_id=m.patient_id or patient_of.get(note(m.note_id), "")) for m in gold.mentions],
        [
            replace(
                v,
                patient_id=patient_of.get(note(v.patient_id), v.patient_id),
                evidence=tuple((note(n), s, e) for n, s, e in v.evidence),
            )
            for v in gold.verdicts
        ],
        {note(n): t for n, t in gold.notes.items()},
        {note(n): t for n, t in gold.note_types.items()},
        gold.values,
    )  # fmt: skip
    patients = {v.patient_id for v in found.verdicts} | {p for p, cells in found.values.items() if cells}
    if patients and not patients & set(patient_of.values()):
        raise InputError(
            f"none of the gold's {len(patients)} patients is in the run ({min(patients)}, in the run {min(patient_of.values(), default='none')}). Evaluate a run of the same patients."
        )
    return found


def _names(gold: Gold, texts: Mapping[str, str]) -> dict[str, str]:
    unknown = [n for n in gold.note_types if n not in texts]
    names = {n: note_id_of(n) for n in unknown if note_id_of(n) in texts}
    left = [n for n in unknown if n not in names and n in gold.notes]
    if left:
        taken = {*names.values(), *gold.note_types}
        by_text: dict[str, list[str]] = {}
        for note, text in texts.items():
            if note not in taken:
                by_text.setdefault(bare(text), []).append(note)
        alike = {n: by_text.get(bare(gold.notes[n]), []) for n in left}
        twice = Counter(found[0] for found in alike.values() if len(found) == 1)
        names |= {n: found[0] for n, found in alike.items() if len(found) == 1 and twice[found[0]] == 1}
    return names


def bare(text: str) -> str:
    """A text without what annotation tools take out or put in: carriage returns and byte order marks."""
    return text.translate({ord(c): None for c in LOST})


def number(value: object) -> float | None:
    """A float, ``None`` where there is none."""
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return None if found != found else found


def _words(attributes: Mapping[str, Scalar], name: str) -> str | None:
    return str(attributes[name]) if name in attributes else None
