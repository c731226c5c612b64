"""What kind of examination a place in a note reports: from the sentence, the lines above it, or the type of the note."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property

from critex.extract.document import Document
from critex.extract.scan import Landmark

_MODALITIES = (
    ("PET-CT", r"PET(?:[\s/-]{0,3}(?:CT|MRI?))?|FDG"),
    ("bone scan", r"bone[\s-](?:scan|scintigra\w+)|scintigra\w+|SPECT|MDP|ECT"),
    ("MRI", r"MRI?\b|magnetic resonance|T[12]W?I?\+?(?=[/ ]?(?:Gd|gad|post))|MRS"),
    ("CT", r"CE?CT|CT|computed tomograph\w+|CTC?AP|HRCT|CTB"),
    ("ultrasound", r"USG?|ultraso\w+|sonograph\w+|B-?ultrasound|echo(?:graphy)?"),
    ("X-ray", r"CXR|X-?rays?|radiograph\w*|AXR|KUB|skeletal survey"),
)
_PATTERN = re.compile(
    r"(?<![A-Za-z])(?:" + "|".join(f"(?P<m{i}>{regex})" for i, (_, regex) in enumerate(_MODALITIES)) + r")(?![A-Za-z])",
    re.A,
)  # capitals count: "us" and "mr" are other words
_ANY_CASE = re.compile(r"\b(?:(?P<m0>pet[\s/-]ct)|(?P<m1>bone scan)|(?P<m2>magnetic resonance)|(?P<m3>computed tomography|ct scan|\bscanner(?= (?:of|TAP|thora|abdo|cer|\d))|\bTDM\b)|(?P<m4>ultrasound)|(?P<m5>x-?ray|chest film))", re.I | re.A)  # fmt: skip
LANDMARKS = (Landmark(_PATTERN, common=True), Landmark(_ANY_CASE, common=True))
_NOTE_TYPE = re.compile(r"\b(?:(?P<m0>pet(?:[\s/-]?ct)?)|(?P<m1>bone scan|scintigra|nuclear)|(?P<m2>mri?)|(?P<m3>ct)|(?P<m4>ultraso|us)|(?P<m5>x-?ray|cxr|radiograph))", re.I | re.A)  # fmt: skip
_REPORT = re.compile(
    r"report|radiolog|imaging|\bct\b|\bmri?\b|\bpet|scan|ultraso|x-?ray|patholog|histolog|cytolog|laborator", re.I
)
_NARRATIVE = re.compile(r"letter|clinic|consult|referral|discharge|admission|progress|mdt|ward", re.I)
MEASURING = frozenset({"CT", "MRI", "PET-CT"})
"""Examinations whose sizes count for RECIST."""
ABOVE = 900
"""Characters above a statement in which the heading of its examination may stand."""


class Imaging:
    """Examinations named in one note, to ask which of them a place belongs to."""

    def __init__(self, doc: Document) -> None:
        self.doc = doc
        types = {_name(m) for m in _NOTE_TYPE.finditer(doc.note_type or "")}
        self._type = types.pop() if len(types) == 1 else None
        self.source = source_of(doc.note_type)

    @cached_property
    def _named(self) -> list[tuple[int, str]]:
        """Places of the note that name an examination, and which."""
        return sorted((m.start(), _name(m)) for landmark in LANDMARKS for m in self.doc.all_of(landmark))

    @cached_property
    def _places(self) -> list[int]:
        return [at for at, _ in self._named]

    def measuring_at(self, position: int) -> str | None:
        """As :meth:`at`; of several examinations that one line above names together, the one that measures lesions."""
        modality = self.at(position)
        if modality in MEASURING or modality is None or self.in_sentence(position):
            return modality
        last = bisect_left(self._places, position) - 1
        while last >= 0 and self._named[last][1] != modality:
            last -= 1
        if last < 0:
            return modality
        line = self.doc.line_at(self._places[last])
        first, end = bisect_left(self._places, line.start), bisect_left(self._places, line.end)
        beside = [name for _, name in self._named[first:end] if name in MEASURING]
        return beside[-1] if beside else modality

    def in_sentence(self, position: int) -> bool:
        """Whether an examination is named in the sentence of a place."""
        start, end = self.doc.segment_at(position)
        first = bisect_left(self._places, start)
        return first < len(self._places) and self._places[first] < end

    def at(self, position: int) -> str | None:
        """Modality that a place reports: the one named before it in the sentence, else by the note's type, else in the text above."""
        start, end = self.doc.segment_at(position)
        places, named = self._places, self._named
        i = bisect_left(places, position)
        if i and places[i - 1] >= start:
            return named[i - 1][1]
        if i < len(places) and places[i] < end:
            return named[i][1]
        if self._type:
            return self._type
        i = bisect_left(places, start)
        return named[i - 1][1] if i and places[i - 1] >= position - ABOVE else None


def _name(m: re.Match[str]) -> str:
    return _MODALITIES[int((m.lastgroup or "m0")[1:])][0]


def source_of(note_type: str) -> str:
    """``"report"`` for a report of an examination or a laboratory, else ``"narrative"``."""
    if _REPORT.search(note_type or "") and not _NARRATIVE.search(note_type or ""):
        return "report"
    return "narrative"
