"""The first look: what the scanner gets, and that it finds what ``re`` finds."""

from __future__ import annotations

import re

import pytest

from critex.extract.patterns import FLAGS, Rule
from critex.extract.scan import Landmark, Scanner
from critex.extract.scan_dialect import scanned_bytes, scanned_expression

TEXTS = (
    "Pt had MRI of the brain 12/3/2026 and 2026-03-14, CT 4/5/26; gem/cis since 2021.",
    "患者2025年3月确诊鼻咽癌，无远处转移。CT未见异常 gem/cis ≥ 9 g/dL",
    "Hb 9.8, Hb 10.2\n\nα-fetoprotein 3 ng/mL",
    "",
    "é\U0001f600 CT",
)
PATTERNS = (
    r"(?<=gem/)cis\b",
    r"\bCT\b|(?<![A-Za-z])MRI?(?= of)",
    r"\bHb\s?[:=]?\s?(?P<value>\d{1,2}(?:\.\d)?)(?![\d.])",
    r"(?P<y>20\d\d)(?P<sep>[-/])\d\d(?P=sep)\d\d|(?P<y1>20\d\d)年(?:\d{1,2}月)?",
    r"鼻咽癌|[无無]远处转移|[^a-z。]转移|(?-i:CT)未",
    r"[\u0370-\u03ff]-feto\w{3,20}|≥\s?\d",
)


@pytest.mark.parametrize("text", TEXTS)
def test_an_offset_of_the_scanned_bytes_is_one_of_the_text(text: str) -> None:
    data = scanned_bytes(text)
    assert len(data) == len(text)
    assert all(data[i] == ord(c) for i, c in enumerate(text) if c.isascii())


@pytest.mark.parametrize("common", [False, True])
@pytest.mark.parametrize("engine", ["auto", "python"])
def test_the_scan_finds_what_the_expression_finds(engine: str, common: bool) -> None:
    landmarks = [Landmark(re.compile(p, FLAGS), common) for p in PATTERNS]
    rules = [Rule(f"test.{i}", "TEST", None, re.compile(p, FLAGS), p) for i, p in enumerate(PATTERNS)]
    scanner = Scanner(rules, landmarks, engine)
    for text in TEXTS:
        hits = scanner.scan(text)
        for i, (rule, landmark) in enumerate(zip(rules, landmarks, strict=True)):
            expected = [m.span() for m in rule.pattern.finditer(text)]
            assert [m.span() for m in hits.matches(i, rule.pattern)] == expected, (rule.source, text)
            assert [m.span() for m in hits.all_of(landmark)] == expected, (rule.source, text)


def test_what_is_held_anywhere() -> None:
    """Without ``re.A`` a letter beyond ASCII is one of a word, for ``re`` and so for the scanner."""
    landmarks = [Landmark(re.compile(p, re.I)) for p in (r"trial\w+ rules", r"\bNCT\d{8}\b", r"adeno(?=carcinoma)")]
    rules = [Rule("test.any", "TEST", None, re.compile("hb", FLAGS), "hb")]
    for text in ("Trial试验 rules", "not in NCT07235319试", "NCT07235319.", "an adenocarcinoma", "adenoma", ""):
        hits = Scanner(rules, landmarks).scan(text)
        assert [hits.holds(x) for x in landmarks] == [x.pattern.search(text) is not None for x in landmarks], text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"(?<=gem/)cis", r"(?:gem\x2f)cis"),
        (r"a(?!b)c{0,30}d", r"ac*d"),
        (r"hb\s?\d{1,2}(?:\.\d)?", r"hb\s?\d"),
        (r"([-/])\d\1", r"(?:[\x2d\x2f])\d(?:[\x2d\x2f])"),
        (r"[^。\n]癌", r"[^\x0a]\xcc"),
    ],
)
def test_an_expression_in_the_scanners_dialect(source: str, expected: str) -> None:
    assert scanned_expression(source, FLAGS) == expected
