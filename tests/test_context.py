"""Cues and scopes: what a reader would take a sentence to say, and the same answer as medspaCy's own ConText with our rules."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc

from critex.extract.components import SentenceComponent
from critex.extract.context import MODIFYING, all_matches, load_cues, reaching, tokens_of
from critex.extract.context_cases import CueCase, cue_cases, cue_failure, cues_without_cases
from critex.extract.document import Document
from critex.extract.engine import default_extractor
from critex.notes.note import Note
from critex.notes.record import Options, Seen
from critex.notes.sources import read_notes


def said(text: str, label: str, value: str | None = None) -> tuple[str, str]:
    """Assertion and temporality of the first mention of a label (and value) in a note of 2026-03-12."""
    for m in default_extractor().mentions(Document(text, note_date=date(2026, 3, 12))):
        if m.label == label and (value is None or m.value == value):
            return str(m.assertion), str(m.temporality)
    raise AssertionError(f"no {label} {value} in {text!r}")


@pytest.mark.parametrize(
    ("text", "label", "value", "assertion"),
    [
        ("He denies hypertension, diabetes and coronary heart disease.", "HYPERTENSION", None, "absent"),
        ("He denies hypertension, diabetes and coronary heart disease.", "HEART_DISEASE", "ischaemic", "absent"),
        ("No fever, cough; known HBV carrier.", "HEPATITIS", "hbv", "present"),
        ("No chest pain but has hepatitis B.", "HEPATITIS", "hbv", "present"),
        ("The scan is negative for liver metastases.", "METASTASIS", "liver", "absent"),
        ("Liver metastases have been ruled out.", "METASTASIS", "liver", "absent"),
        ("CT chest to rule out lung metastases.", "METASTASIS", "lung", "hypothetical"),
        ("TRO PTB.", "TB", None, "hypothetical"),
        ("Lung metastasis cannot be excluded.", "METASTASIS", "lung", "possible"),
        ("Not known to have autoimmune disease.", "AUTOIMMUNE", "any", "absent"),
        ("No h/o tuberculosis.", "TB", None, "absent"),
        ("Never had TB.", "TB", None, "absent"),
        ("Mother HBV carrier.", "HEPATITIS", "hbv", "family"),
        ("Her father had pulmonary TB.", "TB", None, "family"),
        ("FHx: NPC in brother, hepatitis B in mother.", "HEPATITIS", "hbv", "family"),
        ("To check HBsAg before chemotherapy.", "HEPATITIS", "hbsag", "hypothetical"),
        ("HBV DNA pending.", "HEPATITIS", "hbv_dna", "hypothetical"),
        ("Daughter present at visit. HBV carrier since 2004.", "HEPATITIS", "hbv", "present"),
        ("Consultation No. 25-4071: hepatitis B.", "HEPATITIS", "hbv", "present"),
        ("ILD/pneumonitis: nil on CT.", "LUNG_DISEASE", "ild", "absent"),
        ("否认肝炎、结核、疟疾病史。", "TB", None, "absent"),
        ("Eligibility criteria:\n- no autoimmune disease\n- HIV infection excluded\n", "AUTOIMMUNE", "any", "hypothetical"),
        ("[x] HTN  [ ] ILD", "LUNG_DISEASE", "ild", "absent"),
        ("[x] HTN  [ ] ILD", "HYPERTENSION", None, "present"),
        ("[ ] HTN  [ ] ILD", "HYPERTENSION", None, "hypothetical"),
    ],
)  # fmt: skip
def test_a_sentence_says_what_a_reader_would_take_it_to_say(
    text: str, label: str, value: str | None, assertion: str
) -> None:
    assert said(text, label, value)[0] == assertion


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("HIV: negative", "negative"),
        ("HBsAg (-)", "negative"),
        ("anti-HCV -ve", "negative"),
        ("HBsAg non-reactive", "negative"),
        ("HCV RNA not detected", "negative"),
        ("HBsAg (+)", "positive"),
        ("HBsAg reactive", "positive"),
        ("RVD NR", "negative"),
    ],
)
def test_the_result_of_a_test_is_no_negation(text: str, result: str) -> None:
    (m,) = [m for m in default_extractor().mentions(Document(text)) if m.label in ("HEPATITIS", "HIV")]
    assert (m.result, m.assertion) == (result, "present")


def test_past_medical_history_does_not_make_everything_past() -> None:
    assert said("PMH: HBV carrier on entecavir", "HEPATITIS", "hbv") == ("present", "current")


def test_the_allergies_section_makes_nothing_hypothetical() -> None:
    assert said("Allergies: penicillin (rash)", "ALLERGY")[0] == "present"


CUE_CASES = list(cue_cases())


@pytest.mark.parametrize("case", CUE_CASES, ids=lambda c: c.id)
def test_case_beside_the_cue(case: CueCase) -> None:
    wrong = cue_failure(case)
    assert wrong is None, f"{case.case.text!r}: {wrong}"


def test_every_cue_that_changes_a_mention_has_both_kinds_of_cases() -> None:
    assert cues_without_cases() == []


# ---------------------------------------------------------------- the same as medspaCy


@pytest.fixture(scope="module")
def medspacy_context() -> Language:
    """Plain spaCy pipeline with medspaCy's ConText over whole notes: our sentences, our rules as ``ConTextRule`` literals.

    medspaCy's ``tuple_overlaps`` is not symmetric (a modifier strictly inside a target modifies it); here a symmetric one takes its place.
    """
    if "medspacy" not in sys.modules:  # QuickUMLS is not used, and costs seconds to import
        stub = types.ModuleType("quickumls")
        stub.spacy_component = None  # type: ignore[attr-defined]
        sys.modules.setdefault("quickumls", stub)
    from medspacy.context import ConText, ConTextRule, context_graph, context_modifier
    from medspacy.custom_tokenizer import create_medspacy_tokenizer

    def overlaps(a: tuple[int, int], b: tuple[int, int]) -> bool:
        return a[0] < b[1] and b[0] < a[1]

    context_modifier.tuple_overlaps = overlaps
    context_graph.tuple_overlaps = overlaps
    nlp = spacy.blank("en")
    nlp.tokenizer = create_medspacy_tokenizer(nlp)
    context = ConText(
        nlp,
        rules=None,
        input_span_type="group",
        span_group_name="targets",
        span_attrs=None,
        prune_on_target_overlap=False,
    )
    directions = {"forward": "FORWARD", "backward": "BACKWARD", "both": "BIDIRECTIONAL"}
    for cue in load_cues():
        if cue.category in MODIFYING:
            direction = directions[cue.direction]
        else:  # what ends scopes, or only those of cues that name it: medspaCy's PSEUDO modifies nothing
            direction = "TERMINATE" if cue.category == "terminate" else "PSEUDO"
        for term in cue.terms:
            context.add(
                ConTextRule(
                    term,
                    cue.category.upper(),
                    direction=direction,
                    allowed_types={x.upper() for x in cue.only} if cue.only else None,
                    excluded_types={x.upper() for x in cue.never} if cue.never else None,
                    terminated_by={x.upper() for x in cue.stops_at},
                    max_scope=cue.reach,
                )
            )
    nlp.critex_context = context  # type: ignore[attr-defined]
    return nlp


def _reference(
    nlp: Language, document: Document, targets: list[tuple[int, int, str]]
) -> list[set[tuple[str, int, int]] | None]:
    doc: Doc = nlp.make_doc(document.norm)
    SentenceComponent()(doc)
    doc._.critex_document = document
    spans = [doc.char_span(s, e, label=label, alignment_mode="expand") for s, e, label in targets]
    usable = [s for s in spans if s is not None]
    doc.spans["targets"] = usable
    nlp.critex_context(doc)  # type: ignore[attr-defined]
    out: list[set[tuple[str, int, int]] | None] = []
    for span, (start, end, _) in zip(spans, targets, strict=True):
        if span is None or (span.start_char, span.end_char) != (start, end):
            out.append(None)  # the mention does not fall on token borders; medspaCy cannot see it as it is
            continue
        found = set()
        for m in span._.modifiers:
            if m.category.lower() not in MODIFYING:
                continue
            cue = doc[slice(*m.modifier_span)]
            found.add((m.category.lower(), cue.start_char, cue.end_char))
        out.append(found)
    return out


def _compare(nlp: Language, notes: Iterator[Note] | list[Note]) -> tuple[int, list[str]]:
    compared, different = 0, []
    for note in notes:
        document = Document(note.text, note.note_id, note.patient_id, note.note_date, note.note_type)
        mentions = default_extractor().mentions(document)
        targets = [(m.start, m.end, m.label) for m in mentions]
        wanted = _reference(nlp, document, targets)
        for target, want in zip(targets, wanted, strict=True):
            a, b = document.segment_at(target[0])
            if want is None or target[1] > b:
                continue
            got = {(r.category, r.start, r.end) for r in reaching(document.norm[a:b], a, [target])[0]}
            compared += 1
            if got != want and exception(document.norm[a:b]) is None:
                different.append(f"{note.note_id} {target}: ours {sorted(got - want)}, medspaCy's {sorted(want - got)}")
    return compared, different


def exception(sentence: str) -> str | None:
    """Which of our two rules that medspaCy does not have is at work in a sentence (``critex.extract.context``), ``None`` for neither."""
    words = [sentence[a:b].lower() for a, b in tokens_of(sentence)]
    if any(w == "no" and words[i + 1] == "." and words[i + 2][0].isdigit() for i, w in enumerate(words[:-2])):
        return "number abbreviation"
    spans = sorted({(m.start, m.end) for m in all_matches(words)})
    if any(a[0] < b[0] < a[1] < b[1] for a in spans for b in spans):
        return "partly overlapping cues"
    return None


def _notes(path: Path) -> list[Note]:
    return [n for n in read_notes([path], Options(), Seen()) if isinstance(n, Note)]


def test_cues_reach_as_in_medspacy_on_the_samples(medspacy_context: Language, samples: Path) -> None:
    compared, different = _compare(medspacy_context, _notes(samples / "notes.csv"))
    assert compared > 400
    assert different == []


def test_cues_reach_as_in_medspacy_on_gold(medspacy_context: Language, gold: Path) -> None:
    compared, different = _compare(medspacy_context, _notes(gold / "dev" / "notes.csv"))
    assert compared > 1000
    assert different == []


def test_cues_reach_as_in_medspacy_on_real_transcriptions(medspacy_context: Language, corpus: Path) -> None:
    compared, different = _compare(medspacy_context, _notes(corpus / "mtsamples.jsonl")[::60])
    assert compared > 300
    assert different == []
