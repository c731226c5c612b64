"""Numbers beside a test that are no value of the patient: what a trial asks for, another person's result, and what the note takes back.

"Cisplatin requires CrCl of 60", "SGOT 210 was from bed 12", "INR 4.8 was a finger-prick error", "ALT 38 per form; ... form corrected".
"""

from __future__ import annotations

import re

from critex.extract.lab_values import Name
from critex.extract.patterns import FLAGS

_ASKED_BEFORE = re.compile(
    r"\b(?:transfus(?:e|ed|ing) to|top(?:ped|ping)? up to|aim(?:ing)? (?:for|at)|requires?|required|needs|needed|demands?|asks? for|wants?|stipulates?|allows?|accepts?|minimum|maximum|floor|limit|threshold|cut-?off)\s(?:(?:an?|the|for|on|of|is)\s){0,2}(?:(?:serum|total|baseline|measured|entry)\s)?$",
    FLAGS,
)
_ASKED_LIST = re.compile(
    r"\b(?:study|trial|protocol) (?:needs|requires|wants|asks for)\b[^.;\n()]{0,60}$|\bthresholds?\b[^.;\n\"]{0,30}\"[^.;\n\"]{0,40}$",
    FLAGS,
)
"""Before a value in a list of what a trial asks for: "(study needs ECOG 0-1, no brain mets, hgb 90)"."""
_ASKED_WITHIN = re.compile(r"\b(?:limit|floor|minimum|maximum|threshold|cut-?off|required)\b", FLAGS)


def is_asked(norm: str, name: Name, value_start: int, before: str) -> bool:
    """Whether a value is what a trial asks for: "Cisplatin requires CrCl of 60", "floor for platelets is 100", "aPTT limit 55 s".

    ``value_start`` indexes the normalised text ``norm``; ``before`` are the words before the name in its sentence.
    """
    return bool(
        _ASKED_BEFORE.search(before) or _ASKED_WITHIN.search(norm, name.end, value_start) or _ASKED_LIST.search(before)
    )


PER_PROTOCOL = re.compile(
    r"\s?(?:(?:is|are)\s(?:required|needed|demanded|stipulated)\b|demanded\b|stipulated\b|(?:required|needed) (?:for|by|before|on day)\b|(?:as )?per (?:protocol|study|trial)\b)",
    FLAGS,
)
"""Behind a number without "at least": it is what a trial asks for."""
BOUND_WORD = re.compile(r"\b(?:below|under|above|over|less than|more than|at least|up to|within)\b", FLAGS)
"""Between a name and a number: a limit where words behind it ask for it."""
_WITHDRAWN_BEFORE = re.compile(
    r"\b(?:withdrawn|cancelled|canceled|invalid(?:ated)?|rejected|discarded|deleted|disregard(?:ed)?|ignored?|retracted)\b[^.;:\n\d]{0,16}$|\b(?:in error|by mistake|mistakenly|wrongly|erroneously)\b[^.;:\n\d]{0,30}$",
    FLAGS,
)
"""Before the name of a test whose value was taken back: "haemolysed specimen withdrawn (bili 71)"."""
_PAPER = r"(?:form|sheet|letter|chart|summary|list)"
_FORM_CORRECTED = re.compile(
    rf"\s?,?\s?(?:(?:as )?per|on|in|according to)\s(?:the\s|his\s|her\s)?{_PAPER}\b[^\n]{{0,110}}?\b{_PAPER}\s(?:(?:was|is|has been|now)\s){{0,2}}(?:corrected|amended|wrong|put right)\b",
    FLAGS,
)
"""Behind a value of a form that was corrected: "ALT 38 per form; chart shows ALT 138, form corrected"."""
_WITHDRAWN_BEHIND = re.compile(
    r"[^.;\n\d]{0,50}?\b(?:(?:withdrawn|retracted|not valid|invalid|by mistake|in error|mistakenly|erroneously|wrongly)\b|(?:was|were|is)\s(?:[a-z]+\s){0,6}wrong\b|(?:is|was|are|were)\s(?:from\s)?(?:last (?:year|month)(?:'?s)?\b|an? old(?:er)?\s(?:one|value|result|figure)|old\b|outdated|out of date)|(?:is|was)\s(?:only\s)?the\s(?:control|reference|normal)\b|belongs? to (?:the |an? )?(?:old|earlier|previous|last|screening|former)\b|(?:used|uses|based on|calculated with)\s(?:an?\s|the\s)?(?:old|wrong|outdated|previous|incorrect|last year'?s)\b|(?:was|is|were)\s(?:an?\s|the\s)?(?:[a-z-]+\s){0,2}(?:error|mistake|slip|typo|artefact|artifact)\b)",
    FLAGS,
)
"""Behind a value that was taken back: "INR 4.8 was a finger-prick error"."""
ANOTHERS = re.compile(
    r"[^.;\n\d]{0,50}?\b(?:(?:was|is|were)\sfor\s(?:the\s)?(?:bed|(?:patient|pt|mr|mrs|ms)\b)|(?:was|is|were|belongs? to|belonged to|of|from)\s(?:the\s|a\s)?(?:bed|room|cubicle|cot|neonate|baby|neighbou?r|next (?:bed|patient|cot)|another (?:patient|pt|person)|other (?:patient|pt)|different (?:patient|pt)|wrong (?:patient|pt|tube|label)|someone else|(?:his|her|the patient's)\s(?:brother|sister|mother|father|husband|wife|son|daughter|twin|cousin|partner))\b|(?:crossed|struck|scored) (?:out|off|through)\b|mislabel\w+|wrongly label\w+)",
    FLAGS,
)
"""Behind a value that is another person's, or was taken back: "ALT 29 was bed 6's result, crossed out"."""


def is_taken_back(norm: str, before: str, value_end: int, sentence_end: int, line_end: int) -> bool:
    """Whether the note takes a value back.

    ``before`` are the words before the test's name in its sentence; the other arguments index the normalised text ``norm``.
    """
    return bool(
        _WITHDRAWN_BEFORE.search(before)
        or _WITHDRAWN_BEHIND.match(norm, value_end, sentence_end)
        or _FORM_CORRECTED.match(norm, value_end, line_end)
    )
