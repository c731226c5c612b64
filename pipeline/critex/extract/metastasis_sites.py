"""Which organs a metastasis is about: the list before it, the list after it, or the lesion that it explains (domain.md section 13).

Everything works on the tokens of one sentence. Nodes of the neck are regional and places into which the primary grows are local: neither is a
metastasis. A word that says metastasis without an organ is ``unspecified``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from critex.extract.metastasis_tokens import Token

YES = frozenset({"yes", "y", "present", "positive", "pos", "+ve", "(+)", "(+ve)", "(pos)", "(y)", "(yes)"})
NO = frozenset({"no", "n", "nil", "none", "absent", "negative", "neg", "-ve", "(-)", "(-ve)", "(neg)", "(n)", "(no)", "(nil)", "(none)", "clear"})  # fmt: skip
_OPENERS = frozenset(
    {
        "(",
        "[",
        ":",
        "-",
        "--",
        ";",
        "=",
        "|",
        "with",
        "has",
        "have",
        "had",
        "having",
        "including",
        "shows",
        "showed",
        "?",
        "*",
    }
)
_NORMAL = frozenset(
    {"clear", "normal", "unremarkable", "ok", "nad", "nl", "wnl", "clean", "free", "intact", "physiological"}
)
_BENIGN = re.compile(r"ha?emangioma|cyst|fatty|fat\b|fnh|benign|adenoma|clear|normal", re.I)
_EDITION = re.compile(r"v\.?\d|ajcc|uicc|[789](?:th|\.)?|edition|ed", re.I)
_TISSUE = frozenset({"biopsy", "bx", "surgery"})
_TRANSPARENT_KINDS = frozenset({"modifier", "number"})


@dataclass(slots=True)
class Item:
    """One organ of a list, as token indices ``[first, last]``; ``claim`` is what stands at the item itself ("liver: no")."""

    value: str
    first: int
    last: int
    claim: str = ""


@dataclass(slots=True)
class Sites:
    """What stands on one side of the word that says metastasis.

    ``first`` and ``last`` are the outermost token indices used. ``regional`` tells that nodes of the neck, nodes without a region, or places
    of the primary were named; ``distant`` that the word "distant" was.
    """

    items: list[Item] = field(default_factory=list)
    first: int = -1
    last: int = -1
    regional: bool = False
    distant: bool = False
    primary: bool = False


def left_sites(tokens: list[Token], head: int) -> Sites:
    """Organs listed before a word that says metastasis ("liver, bone and lung mets")."""
    found = Sites(first=head, last=head)
    seps: list[str] = []
    inside: list[Item] = []
    node = separated = False
    j = head - 1
    while j >= 0:
        t = tokens[j]
        if t.kind in _TRANSPARENT_KINDS:
            pass
        elif t.kind == "nodes":
            node = True
        elif t.is_organ:
            _take_left(found, tokens, j, node, separated or not found.items)
            if found.items and found.items[0].first == j:
                found.items[0].last = max(found.items[0].last, j)
            node = separated = False
        elif t.kind == "separator":
            if not (found.items or found.regional or found.distant or node):
                break
            if node:
                found.regional, node = True, False
            seps.insert(0, t.word)
            separated = True
        elif t.word == ")" and (opening := _opening(tokens, j)) is not None:
            inside = inside or [
                Item(x.value, k, k) for k, x in enumerate(tokens[opening:j], opening) if x.kind == "site"
            ]
            j = opening
        else:
            break
        found.first = j
        j -= 1
    if node:
        found.regional = True
    if not found.items and found.distant:
        found.items = inside
    _trim(found, tokens, j, seps)
    return found


def _take_left(found: Sites, tokens: list[Token], j: int, node: bool, is_new: bool) -> None:
    t = tokens[j]
    if t.kind in ("regional", "local"):
        found.regional = True
    elif t.kind == "node":
        if node:
            found.items.insert(0, Item("distant_node", j, j))
        elif t.word == "distant":
            found.distant = True
    elif found.items and found.items[0].value == t.value and t.kind in ("site", "vertebra", "region"):
        found.items[0].first = j  # "T8, L4 and rib metastases": one place after another of one organ
    elif is_new or (t.kind == "site" and found.items and found.items[0].value not in ("distant_node", t.value)):
        found.items.insert(0, Item(t.value, j, j))
    elif found.items:
        found.items[0].first = j


def _opening(tokens: list[Token], closing: int) -> int | None:
    for j in range(closing - 1, max(-1, closing - 12), -1):
        if tokens[j].kind == "head" or tokens[j].word == ")":
            return None
        if tokens[j].word == "(":
            return j
    return None


def _trim(found: Sites, tokens: list[Token], before: int, seps: list[str]) -> None:
    """Cut what only seems to be a list: "MRI brain, liver mets", "carcinoma of the lung and liver mets"."""
    if len(found.items) < 2:
        return
    edge = tokens[before] if before >= 0 else None
    if edge is None or edge.word in _OPENERS or edge.kind in ("box", "head"):
        return
    if edge.cues & {"absent", "possible", "hypothetical", "instead"} and edge.kind != "imaging":
        return
    commas = all(s == "," for s in seps)
    joined = edge.kind == "imaging" or (
        edge.kind == "preposition"
        and before
        and tokens[before - 1].kind in ("primary", "lesion", "local", "modifier", "word")
    )
    if (commas and (edge.kind in ("word", "descriptor", "primary", "lesion", "organ") or joined)) or (
        joined
        and edge.kind == "preposition"
        and edge.word in ("of", "in", "from")
        and tokens[before - 1].kind in ("primary", "lesion")
    ):
        found.items = found.items[-1:]
        found.first = found.items[0].first
    elif joined and edge.kind == "imaging" and seps and seps[0] == ",":
        found.items = found.items[1:]
        found.first = found.items[0].first


def right_sites(tokens: list[Token], head: int, *, stage: bool = False) -> Sites:
    """Organs listed after it ("metastases to the spine, lungs and liver", "M1 (liver, bone)")."""
    found = Sites(first=head, last=head)
    k, connector = head + 1, ""
    while k < len(tokens) and k - head <= 12:
        t = tokens[k]
        following = tokens[k + 1] if k + 1 < len(tokens) else None
        if t.is_organ:
            if following is not None and following.kind == "primary" and not (stage or connector):
                found.primary = True
                k += 2
                continue
            if found.primary and connector == "of":  # "metastatic carcinoma of the bladder": where it comes from
                k += 1
                continue
            if t.kind == "local" and connector in ("", "of"):
                found.primary = found.primary or connector != ""
                k += 1
                continue
            break
        if (
            stage
            and t.word == "("
            and (closing := _closing(tokens, k)) is not None
            and not any(x.is_organ for x in tokens[k:closing])
        ):
            k = closing
        elif t.word == "from":
            k = _after_origin(tokens, k)
            if k < 0:
                return found
        elif (
            t.word == "("
            and found.primary
            and not stage
            and (closing := _closing(tokens, k)) is not None
            and closing + 1 < len(tokens)
            and tokens[closing + 1].word == ","
            and not any(x.is_organ for x in tokens[k:closing])
        ):
            k = closing  # "metastatic NPC (EBER+), liver/bone."
        elif t.word == "with" and found.primary and not stage:  # "metastatic NPC with ...": something else begins
            break
        elif t.kind == "preposition":
            connector = t.word
        elif t.kind == "primary":
            found.primary, connector = True, ""
        elif (
            t.kind == "lesion"
            or (t.kind == "imaging" and following is not None and following.word == ":")
            or t.kind in _TRANSPARENT_KINDS
            or t.kind == "box"
            or (connector and t.word in YES)
            or ((t.kind == "word" or t.word == "+") and not connector and _primary_ahead(tokens, k))
        ):
            pass
        elif (
            t.word in (",", "-")
            and found.primary
            and any(x.kind in ("regional", "nodes") for x in tokens[k + 1 : k + 4])
        ):
            found.regional = True
            return found
        elif t.word == "," and found.primary and following is not None and following.word == "to":
            pass
        elif t.word == "," and found.primary and not stage and _is_whole_list(tokens, k + 1):
            connector = ","  # "metastatic NPC, liver + bone."
        elif stage and _EDITION.fullmatch(t.word):
            pass
        elif (stage and t.word in (",", ";", "stage", "disease")) or (
            stage and t.kind == "head" and t.word.startswith(("stage", "disease", "dz"))
        ):
            connector = connector or t.word
        else:
            break
        k += 1
    if k < len(tokens) and not connector and (stage or tokens[k].kind == "separator"):
        return found
    _list_right(found, tokens, k)
    return found


def site_only(tokens: list[Token], head: int) -> Sites:
    """Organs right before a stage that it is confined to: "lung-only M1 disease"."""
    found = left_sites(tokens, head)
    between = tokens[found.items[-1].last + 1 : head] if found.items else []
    said = any(t.word.strip("-") in ("only", "predominant", "alone") for t in between)
    return found if said else Sites(first=head, last=head)


def _is_whole_list(tokens: list[Token], first: int) -> bool:
    """Whether nothing but organs that metastases go to stands from an index to the end of the clause."""
    found = sites_from(tokens, first)
    if not found.items or found.regional or found.items[0].first != first:
        return False
    listed = tokens[first : found.last + 1]
    after = tokens[found.last + 1].word if found.last + 1 < len(tokens) else "."
    return after in (".", ";") and all(t.kind in ("site", "region", "separator", "modifier") for t in listed)


def sites_from(tokens: list[Token], first: int) -> Sites:
    """Organs of a list that begins at an index."""
    found = Sites(first=first, last=first)
    _list_right(found, tokens, first)
    return found


def _after_origin(tokens: list[Token], k: int) -> int:
    """Index before the "to" or "in" that follows "from ..." and names the place; -1 where none does."""
    for n in range(k + 1, min(len(tokens), k + 8)):
        if tokens[n].word in ("to", "in"):
            return n - 1
        if tokens[n].kind in ("separator", "head", "mark"):
            break
    return -1


def _primary_ahead(tokens: list[Token], k: int) -> bool:
    for t in tokens[k + 1 : k + 5]:
        if t.kind == "primary":
            return True
        if t.word != "+" and (t.kind in ("preposition", "separator", "head") or t.word in (";", ")")):
            return False
    return False


def _list_right(found: Sites, tokens: list[Token], k: int) -> None:
    box, node, sep, box_used = "", False, True, False
    while k < len(tokens):
        t = tokens[k]
        if t.kind == "box":
            box = "absent" if t.word in ("[ ]", "[]", "☐", "□") else "present"
            box_used = sep = True
        elif t.kind in _TRANSPARENT_KINDS:
            pass
        elif t.kind == "nodes":
            node = True
            if found.items and found.items[-1].value == "distant_node":
                found.items[-1].last = k
            elif found.items and sep:
                found.regional = True
        elif t.is_organ:
            if not sep and found.items and t.kind not in ("vertebra", "site", "region"):
                break
            near_node = node or any(x.kind == "nodes" for x in tokens[k + 1 : k + 4])
            _take_right(found, tokens, k, near_node, box, sep)
            box, sep = "", False
            if (claim := _claim_after(tokens, k)) is not None:
                if found.items:
                    found.items[-1].claim = claim[0]
                k = claim[1]
        elif t.kind == "separator" or (t.word == ";" and box_used):
            sep = True
        elif t.kind == "preposition" and (
            (node and not found.items) or (t.word in ("in", "of", "to", "at", "the") and (sep or t.word == "of"))
        ):
            pass
        elif t.word == "(" and found.items and (closing := _closing(tokens, k)) is not None:
            k = closing
        elif t.kind == "lesion" and found.items:
            pass
        else:
            break
        k += 1
    if node and not found.items:
        found.regional = True
    _drop_next_subject(found, tokens, k)
    if found.items:
        found.last = found.items[-1].last


def _take_right(found: Sites, tokens: list[Token], k: int, near_node: bool, box: str, sep: bool) -> None:
    t = tokens[k]
    if t.kind in ("regional", "local"):
        found.regional = True
        return
    if t.kind == "node":
        if near_node:
            found.items.append(Item("distant_node", k, k, box))
        elif t.word in ("pelvis", "pelvic") and any(i.value == "bone" for i in found.items):
            found.items[-1].last = k
        return
    if found.items and (found.items[-1].value == t.value and not box):
        found.items[-1].last = k
    elif found.items and not sep and t.kind == "vertebra":
        return
    else:
        found.items.append(Item(t.value, k, k, box))


def _claim_after(tokens: list[Token], k: int) -> tuple[str, int] | None:
    """What is written at one item of a list: "liver (-)", "bone: yes". Gives the claim and the index of its last token."""
    if k + 1 >= len(tokens):
        return None
    first = tokens[k + 1]
    if first.kind == "result" or first.word in ("+ve", "-ve"):
        return ("present" if first.word.replace(" ", "") in YES else "absent"), k + 1
    if first.word in (":", "=") and any(_BENIGN.match(t.word) for t in tokens[k + 2 : k + 4]):
        return "absent", k + 2  # "M1b lung [liver = haemangioma]"
    if first.word in (":", "-", "=", "|") and k + 2 < len(tokens) and tokens[k + 2].word in YES | NO:
        return ("present" if tokens[k + 2].word in YES else "absent"), k + 2
    if first.word in ("yes", "y") or (
        first.word in ("no", "n", "nil") and (k + 2 >= len(tokens) or tokens[k + 2].kind in ("separator", "mark"))
    ):
        return ("present" if first.word in YES else "absent"), k + 1
    return None


def _closing(tokens: list[Token], opening: int) -> int | None:
    for k in range(opening + 1, min(len(tokens), opening + 12)):
        if tokens[k].kind == "head":
            return None
        if tokens[k].word == ")":
            return k
    return None


def _drop_next_subject(found: Sites, tokens: list[Token], k: int) -> None:
    """Drop an organ that begins the next statement: "metastases in the liver, lungs clear"."""
    if not found.items or k >= len(tokens):
        return
    t = tokens[k]
    if (
        t.kind == "head" and t.word != "only" and tokens[k - 1].kind != "separator"
    ):  # "... with liver and lung metastases": the list is the next head's
        found.items = []
        return
    following = tokens[k + 1] if k + 1 < len(tokens) else None
    is_normal = t.word in _NORMAL or ("verb" in t.cues and following is not None and following.word in _NORMAL)
    if is_normal and len(found.items) > 1:
        found.items.pop()


def antecedent(
    tokens: list[Token], head: int, *, through_colon: bool = False, linked: bool = False
) -> list[Item] | None:
    """Places of the lesion that a metastasis explains: "RUL nodule, suspicious of metastasis", "MRI brain: no metastasis".

    Returns
    -------
    list of Item, optional
        Empty where the lesion is a node of the neck or the primary; ``None`` where nothing links.
    """
    plain, light, node = True, True, False
    for j in range(head - 1, -1, -1):
        t = tokens[j]
        if t.kind == "head" or t.word in (";", "."):
            break
        if t.word == "from":  # "fracture of T8 from metastatic cancer": the cause, not the place
            return None
        if t.word == ":" and j and tokens[j - 1].word in _TISSUE:
            linked = True  # "liver biopsy: metastasis"
        if "link" in t.cues or t.word in ("?", "not") or (through_colon and t.word in (":", "-", "--", "=")):
            linked = True
        if t.kind == "nodes":
            if linked or plain:
                node = True
                continue
            return None
        if t.kind == "imaging" and t.word.startswith("bone scan") and light:
            return [Item("bone", j, j)]
        if t.is_organ:
            scanned = _is_scanned(tokens, j)
            if (scanned and not light) or not (scanned or linked or plain):
                return None
            if j + 1 < head and tokens[j + 1].kind == "primary":
                return None
            if t.kind == "node":
                if node or any(x.kind == "nodes" for x in tokens[j + 1 : j + 3]):
                    return [Item("distant_node", j, j)]
                continue
            if t.kind in ("regional", "local"):
                return []
            if t.kind == "vertebra" and not _vertebral(tokens, j):
                continue
            return _listed(tokens, j)
        if t.kind not in ("modifier", "number", "lesion", "separator", "preposition", "mark", "box") and not t.cues:
            plain = False
        if not (t.kind in ("modifier", "number", "mark", "preposition", "imaging", "box") or t.cues):
            light = False
    return [] if node else None


def _listed(tokens: list[Token], last: int) -> list[Item]:
    """The organ at an index with those listed before it ("liver and lung lesions")."""
    items, separated = [Item(tokens[last].value, last, last)], False
    for j in range(last - 1, -1, -1):
        t = tokens[j]
        if t.kind == "separator" and (t.word != "," or len(items) > 1):
            separated = True
        elif (
            t.is_organ
            and separated
            and t.kind in ("site", "region", "vertebra")
            and t.value not in {i.value for i in items}
        ):
            items.insert(0, Item(t.value, j, j))
            separated = False
        elif t.kind not in ("modifier", "number", "lesion"):
            break
    return items


def _is_scanned(tokens: list[Token], j: int) -> bool:
    """Whether an organ names an examination ("MRI brain", "liver US"), not the place of a lesion."""
    near = tokens[max(0, j - 1) : j] + tokens[j + 1 : j + 2]
    return any(t.kind == "imaging" and t.word not in _TISSUE for t in near)


def _vertebral(tokens: list[Token], j: int) -> bool:
    """Whether a code such as T10 is a vertebra and not a tumour category: something bony or a lesion word stands beside it."""
    near = tokens[max(0, j - 3) : j] + tokens[j + 1 : j + 5]
    return (
        "vert" in tokens[j].word
        or "bod" in tokens[j].word
        or tokens[j].word[:1] in "ls"
        or any(
            x.kind in ("lesion", "vertebra")
            or x.value == "bone"
            or x.word in ("vertebra", "vertebral", "level", "pathological", "#", "fracture")
            for x in near
        )
    )
