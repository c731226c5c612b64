"""Assertion scored on the public NegEx/ConText sentences, which lie outside the repository (CRITEX_CORPUS); docs/assertion.md has the figures."""

import json
from pathlib import Path

import pytest
from sklearn.metrics import precision_recall_fscore_support

from critex.extract.assertion import decide
from critex.extract.document import Document
from critex.extract.mention import Mention


@pytest.fixture(scope="module")
def read(corpus: Path) -> list[tuple[dict[str, str], Mention]]:
    """Each sentence with the mention of its concept, as critex reads it."""
    file = corpus / "negex" / "negex_context.jsonl"
    if not file.is_file():
        pytest.skip("CRITEX_CORPUS has no negex/negex_context.jsonl")
    found = []
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        sentence, concept = row["sentence"], row["concept"]
        start = sentence.find(concept.upper())
        start = start if start >= 0 else sentence.lower().find(concept.lower())
        if start < 0:
            continue  # a concept that spans several sentences; only its first is given
        mention = Mention(start, start + len(concept), "FINDING", "finding", "negex")
        decide(Document(sentence), [mention])
        found.append((row, mention))
    return found


def scores(gold: list[bool], got: list[bool]) -> tuple[float, float, float]:
    precision, recall, f1, _ = precision_recall_fscore_support(gold, got, average="binary", zero_division=0)
    return precision, recall, f1


def test_nearly_all_sentences_are_scored(read: list[tuple[dict[str, str], Mention]]) -> None:
    assert len(read) >= 2_360


def test_negation(read: list[tuple[dict[str, str], Mention]]) -> None:
    precision, recall, f1 = scores(
        [r["negation"] == "negated" for r, _ in read], [m.assertion == "absent" for _, m in read]
    )
    assert precision >= 0.985
    assert recall >= 0.96
    assert f1 >= 0.975


def test_experiencer(read: list[tuple[dict[str, str], Mention]]) -> None:
    precision, recall, _ = scores(
        [r["experiencer"] != "patient" for r, _ in read], [m.assertion == "family" for _, m in read]
    )
    assert precision == 1.0
    assert recall >= 0.6
