"""What a sentence claims of a metastasis: present, absent, possible or hypothetical (GUIDELINE section 2; domain.md 4.1).

The general cues (:mod:`critex.extract.context`) reach to the end of a sentence; a report that says "No pleural effusion, liver metastases
up to 3 cm" needs narrower scopes. Here a claim before a metastasis reaches it across modifiers, organs and light words only, or as the last
member of a list that it opens; words after it count up to the next statement.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from critex.extract.forms import answer_after, unanswered
from critex.extract.metastasis_tokens import Token
from critex.extract.patterns import FLAGS, load_yaml

_QUANTIFIED = frozenset({
    "multiple", "several", "numerous", "innumerable", "extensive", "widespread", "solitary", "single", "few", "a few", "known", "new", "stable", "the", "his", "her",
    "multifocal", "diffuse", "two", "three", "four", "five", "many", "progressive", "treated", "existing", "further", "多发",
})  # fmt: skip
"""Modifiers that start a statement of their own, so that a "no" before a comma does not reach past them."""
_TRANSPARENT = frozenset(
    {
        "modifier",
        "number",
        "lesion",
        "site",
        "region",
        "node",
        "nodes",
        "regional",
        "vertebra",
        "preposition",
        "primary",
        "head",
        "box",
    }
)
_ASKS = frozenset({"asks", "asked", "ask", "asking", "wonders", "wondered"})
"""Before "if" these make a question about what is there: "asks if the liver metastases can be removed"."""
EMPTY_BOXES = frozenset({"[ ]", "[]", "☐", "□"})
_NOT_BEFORE = r"(?! (?:on|in|at) (?:the )?(?:previous|prior|old|earlier|last|baseline|first|(?:ct|mri|pet|scan)s? (?:of|from|in|dated|done))| previously| before| then)"
_VALUE_NO = re.compile(
    r"\s*(?:\t|\s{2,}|\||[:=-]{1,2})?\s*(?:\(\s?(?:-|-ve|neg|no|nil|N)\s?\)|(?:no|nil|none|neg(?:ative)?|-ve|absent|not seen|not present|not detected|nad|never|N)\b(?! ?\w+ (?:seen|lesion))|否|无)",
    FLAGS,
)
_VALUE_MARK = re.compile(r"\s*(?:\t|\s{2,}|\||[:=]|-{1,2}\s|\()", FLAGS)
_VALUE_MAYBE = re.compile(
    r"\s*[:=-]{0,2}\s*\(?(?:possible|query|suspicious|suspected|equivocal|indeterminate|uncertain|unclear|\?)", FLAGS
)
_POSITIVE_AFTER = re.compile(
    r"\s*(?:\(?(?:up to |largest|max\w*|measuring|size|\d)|(?:are|is|were|was)? ?(?:present|noted|seen|identified)\b(?!\?)|(?:in|at|involving|of|to|within)\b|[TL]\d)",
    FLAGS,
)
_CLAUSE = re.compile(
    r";|\bbut\b|\bhowever\b|\bwhereas\b|\balthough\b|,\s(?!(?:less|not|un|cannot|can|possibl|suspect|probabl|likely|although|to be |to consider|待|不|疑|考))",
    FLAGS,
)
_NEITHER = re.compile(
    r"\bneither\b(?:(?!\bbut\b|\bhowever\b)[^.;:\n]){1,90}?\bnor\s(?:[\w-]+\s){1,4}(?:harbou?r(?:s|ed)?|contain(?:s|ed)?|show(?:s|ed)?|bears?|bore|carr(?:y|ies|ied)|ha(?:s|ve|d)|reveal(?:s|ed)?|display(?:s|ed)?|demonstrate[sd]?|(?:is|are|was|were) (?:affected by|involved by|seat of))\s(?:[\w-]+\s){0,3}$",
    FLAGS,
)
"""Organs before the verb: "neither the liver nor the lungs contain metastases"."""
_ORDERED = re.compile(r"[拟擬待以若如]|必要[时時]|复查|複查|建[议議]|[进進]一步|完善")
"""Before 排除 these ask for an examination that may exclude; without them it has excluded."""
_VERSUS = re.compile(r"\s*,?\s*(?:vs\.?|v\.?|versus)\s(?!\s?\d)", FLAGS)
_QUESTION = re.compile(r"\s?\)?\?(?!\s?[A-Za-z]\w)|\s?\(\?\)|\?", FLAGS)


@dataclass(slots=True)
class Group:
    """Organs that share one word of metastasis: token indices of the whole phrase, and what was decided."""

    first: int
    last: int
    assertion: str = "present"
    cue: tuple[int, int] | None = None


@cache
def _after() -> dict[str, re.Pattern[str]]:
    content = load_yaml("metastasis.yaml")["after"]
    return {
        str(kind): re.compile(rf"[^.;,:?!]{{0,45}}?(?<![A-Za-z])(?:{'|'.join(map(str, terms))}){_NOT_BEFORE}", FLAGS)
        for kind, terms in content.items()
    }


@cache
def _behind_comma() -> dict[str, re.Pattern[str]]:
    """As :func:`_after`, behind a comma: there only light words may come between ("metastases, tuberculoma unlikely" speaks of two things)."""
    content = load_yaml("metastasis.yaml")["after"]
    light = r"(?:(?:but|though|although|which|this|these|it|is|are|was|were|now|less|still|however|seems?|felt|thought|considered)\s+){0,4}"
    return {
        str(kind): re.compile(rf"\s*,\s*{light}(?<![A-Za-z])(?:{'|'.join(map(str, terms))}){_NOT_BEFORE}", FLAGS)
        for kind, terms in content.items()
    }


def claim(norm: str, tokens: list[Token], group: Group, earlier: list[Group], end: int) -> None:
    """Decide what is claimed of a group, in place.

    Parameters
    ----------
    norm : str
        Normalised text of the note.
    tokens : list of Token
        Tokens of the sentence.
    group : Group
        The phrase.
    earlier : list of Group
        Phrases before it in the sentence, decided already.
    end : int
        End of the text that may still be about it (the next phrase or the end of the sentence).
    """
    line_end = norm.find("\n", tokens[group.last].end)
    answer = answer_after(norm, tokens[group.last].end, len(norm) if line_end < 0 else line_end)
    if answer is not None and (answer[0] == "no" or "[" in norm[tokens[group.last].end : answer[2]]):
        group.assertion, group.cue = ("absent" if answer[0] == "no" else "present"), (answer[1], answer[2])
        return
    if unanswered(norm, tokens[group.last].end, len(norm) if line_end < 0 else line_end):
        group.assertion = "hypothetical"
        return
    after = _from_after(norm, tokens[group.last].end, end)
    if after is not None:
        group.assertion, group.cue = after
        if group.assertion == "absent":
            return
    before = _from_before(norm, tokens, group, earlier, end)
    if before is not None and before[0] == "possible" and _read_as(norm, tokens[0].start, *before[1]):
        before = None
    if before is not None:
        rank = ("hypothetical", "absent", "possible", "present")
        if after is None or rank.index(before[0]) < rank.index(after[0]):
            group.assertion, group.cue = before


_FINDING = re.compile(
    r"\b(?:lesions?|nodules?|mass(?:es)?|foci|focus|uptake|concentration|destruction|enlargement|enlarged|shadows?|opacit(?:y|ies)|hypermetabol\w+|avid\w*)\b|结节|肿块|占位|破坏|增高|浓聚|病灶|肿大|结節|腫塊|佔位|病變|病变",
    FLAGS,
)
_CONSIDERED = frozenset({"consider", "considered", "considering", "考虑", "考慮"})


def _read_as(norm: str, start: int, cue_start: int, cue_end: int) -> bool:
    """Whether "consider" is how a reader of images puts what a finding is: "multiple nodules of both lungs, considered metastasis" (domain.md 17)."""
    if norm[cue_start:cue_end].lower() not in _CONSIDERED or re.search(
        r"\b(?:to|please|also|should|must)\s$", norm[start:cue_start], re.I
    ):
        return False
    return _FINDING.search(norm, start, cue_start) is not None


def deny_neither(norm: str, tokens: list[Token], group: Group, head_start: int, named: bool) -> None:
    """Deny, in place, a phrase that is the object of "neither ... nor": "neither the liver nor the lungs contain metastases".

    Where the organs before the verb are not those of the phrase (``named`` is false), nothing is said of the rest of the body.
    """
    m = _NEITHER.search(norm, max(tokens[0].start, head_start - 180), head_start)
    if m is None:
        return
    of_organs = any(t.is_organ for t in tokens if m.start() <= t.start < head_start)
    group.assertion = "hypothetical" if of_organs and not named else "absent"
    group.cue = (m.start(), m.start() + len("neither"))


def _from_after(norm: str, start: int, end: int) -> tuple[str, tuple[int, int]] | None:
    if m := _VERSUS.match(norm, start, end):
        return "possible", m.span()
    if m := _QUESTION.match(norm, start, end):
        following = norm[m.end() : m.end() + 1]
        if not (norm[start : m.end()].startswith(" ") and following.isalpha()):
            return "possible", m.span()
    if _VALUE_MARK.match(norm, start, end):
        if m := _VALUE_NO.match(norm, start, end):
            return "absent", m.span()
        if m := _VALUE_MAYBE.match(norm, start, end):
            return "possible", m.span()
    clause = _CLAUSE.search(norm, start, end)
    stop = clause.start() if clause else end
    found = [
        (m.end(), kind, m)
        for kind, pattern in _after().items()
        if (m := pattern.match(norm, start, stop) or _behind_comma()[kind].match(norm, start, stop))
    ]
    if not found:
        return None
    _, kind, m = min(found, key=lambda f: (f[0], f[1] == "absent"))
    return kind, (m.start(), m.end())


def _from_before(
    norm: str, tokens: list[Token], group: Group, earlier: list[Group], end: int
) -> tuple[str, tuple[int, int]] | None:
    opening = _phrase_start(tokens, group.first)
    sep = tokens[opening - 1].word if opening and tokens[opening - 1].kind == "separator" else ""
    bare = not any(
        t.word in _QUANTIFIED or t.kind == "number" for t in tokens[opening : group.first + 1]
    ) and not _POSITIVE_AFTER.match(norm, tokens[group.last].end, end)
    ends_list = _ends_list(norm, tokens, group, end)
    crossed_other = crossed_verb = crossed_comma = linked = False
    possible: tuple[int, int] | None = None
    if opening and tokens[opening - 1].word == "?":  # "no new sites, ?adrenal deposit"
        return "possible", (tokens[opening - 1].start, tokens[opening - 1].end)
    j = group.first - 1
    while j >= 0:
        t = tokens[j]
        prior = next((g for g in earlier if g.first <= j <= g.last), None)
        if prior is not None:
            if (
                not crossed_other
                and not crossed_verb
                and prior.assertion != "present"
                and _reaches(prior, sep, bare, ends_list)
            ):
                return prior.assertion, prior.cue or (t.start, t.end)
            if prior.assertion == "hypothetical":
                return "hypothetical", prior.cue or (t.start, t.end)
            break
        if "boundary" in t.cues and "absent" not in t.cues:
            break
        if "instead" in t.cues and not crossed_other and not crossed_verb:
            return "absent", (t.start, t.end)
        if "conditional" in t.cues and not (j and tokens[j - 1].word in _ASKS):
            return "hypothetical", (t.start, t.end)
        if "hypothetical" in t.cues and not crossed_verb and not _is_negated(tokens, j):
            return "hypothetical", (t.start, t.end)
        if "absent" in t.cues and not crossed_verb:
            if (
                crossed_other
                and not (linked and not crossed_comma)
                and not (sep in ("or", "nor", "/", "and or") or (bare and ends_list and sep))
            ):
                break
            if crossed_comma and not bare and sep not in ("or", "nor"):
                break
            ordered = t.word == "排除" and _ORDERED.search(norm, max(0, t.start - 20), t.start)
            return ("hypothetical" if ordered else "absent"), (t.start, t.end)
        if linked and t.word in ("-", "--") and norm[t.start - 1 : t.start] == " ":
            break  # "no lactate peak - consistent with metastases"
        linked = linked or bool(t.cues & {"link", "possible"})
        if (
            "possible" in t.cues
            and not (t.word in ("vs", "v", "versus") and _names_a_scan(tokens, j))
            and not crossed_verb
            and (not crossed_comma or sep == "or")
            and (not crossed_other or sep == "or")
        ):
            possible = possible or (t.start, t.end)
        elif "verb" in t.cues and not _has_claim(tokens, j):
            crossed_verb = True
        elif t.word in (",", ":"):
            crossed_comma = crossed_comma or t.word == ","
            if (
                t.word == ":"
                and not any("possible" in x.cues for x in tokens[max(0, j - 1) : j])
                and not any("absent" in x.cues or "hypothetical" in x.cues for x in tokens[max(0, j - 3) : j])
            ):
                break
        elif t.kind == "box" and j == group.first - 1:
            return ("absent" if t.word in EMPTY_BOXES else "present"), (t.start, t.end)
        elif (
            j == opening - 1
            and t.kind == "word"
            and not t.cues
            and j
            and ("absent" in tokens[j - 1].cues or tokens[j - 1].word in ("of", "for"))
        ):
            pass  # one adjective that no list knows: "no evidence of occult metastasis"
        elif t.kind not in _TRANSPARENT and t.kind != "separator" and not t.cues and t.word not in ("(", ")", "-", "["):
            crossed_other = True
        j -= 1
    return ("possible", possible) if possible else None


def _phrase_start(tokens: list[Token], first: int) -> int:
    j = first
    while j > 0 and tokens[j - 1].kind in ("modifier", "number", "node"):
        j -= 1
    return j


def _reaches(prior: Group, sep: str, bare: bool, ends_list: bool) -> bool:
    if sep in ("or", "nor", "and or", "/"):
        return True
    return bool(sep) and bare and (ends_list or sep != ",")


def _ends_list(norm: str, tokens: list[Token], group: Group, end: int) -> bool:
    """Whether nothing follows that would make the phrase a statement of its own."""
    rest = norm[tokens[group.last].end : end]
    return bool(
        re.match(
            r"\s*(?:(?:is |are |was |were |has been |have been )?(?:seen|noted|identified|detected|evident|demonstrated|found|present)?\s*(?:[.;)\n]|$|,|or\b|nor\b|and\b|/))",
            rest,
            FLAGS,
        )
    )


def _names_a_scan(tokens: list[Token], j: int) -> bool:
    """Whether "vs" compares with an earlier examination: "new vs 2024", "larger v. CT of May"."""
    after = next((t for t in tokens[j + 1 : j + 3] if t.word != "."), None)
    return after is not None and (
        after.kind in ("number", "imaging") or after.word in ("previous", "prior", "last", "baseline", "old", "earlier")
    )


def _is_negated(tokens: list[Token], j: int) -> bool:
    return j > 0 and (tokens[j - 1].word in ("cannot", "not", "can't", "no") or "absent" in tokens[j - 1].cues)


def _has_claim(tokens: list[Token], j: int) -> bool:
    """Whether a claim stands just before a verb ("does not show", "may represent", "suspected to have")."""
    for t in reversed(tokens[max(0, j - 5) : j]):
        if t.cues & {"absent", "possible", "hypothetical"}:
            return True
        if not t.cues and t.kind not in ("modifier", "primary"):
            return False
    return False
