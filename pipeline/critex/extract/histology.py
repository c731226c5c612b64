"""Histology (GUIDELINE I02.histology; domain.md I2, 11): the words of one diagnosis become one mention, and its value follows from all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property

from critex.extract.document import Document
from critex.extract.family import Family, FamilyHits
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, Rule, load_rules, load_yaml
from critex.extract.trial_text import is_requirement

_LINK = re.compile(
    r"(?:[\s,()/:-]|of\b|the\b|an?\b|in\b|(?:sub-?)?type|variant|pattern|nasophar\w+|npc?\b|squamous|cell|carcin?oma|ca\b|cancer|scc\b|sq\b|histology|i\.?e\.?|post[\s-]?nasal|space|epithelial|(?:moderately|well)[\s-]differentiated|癌|型|性|鳞|鱗|状细胞|狀細胞)*",
    FLAGS,
)
_TAIL = re.compile(
    r"(?:[\s-]{1,2}(?:squamous[\s-](?:cell[\s-])?)?(?:carcin?oma|ca\b|cancer|scc\b|npc\b|nasopharyngeal (?:carcinoma|ca\b|cancer))(?:\sof\s(?:the\s)?nasopharynx)?|\s(?:sub-?)?type\b|[性型]?(?:鳞状细胞|鱗狀細胞|鳞|鱗)?癌|型)",
    FLAGS,
)
_HEAD = re.compile(r"(?:nasopharyngeal carcinoma[,:]?\s|squamous cell carcinoma,\s|carcinoma,\s|scc,\s)$", FLAGS)
_REPORT = re.compile(r"path|histo|cyto|biops|病理", re.I)
_ADDS_NOTHING = frozenset({"joins", "needs"})
_READ_HERE = re.compile(
    r"[^.;\n]{0,40}\b(?:reading|diagnosis|result|histology|report|finding|outcome)s?\s(?:of|on|from|in)\s(?:the\s|his\s|her\s)?(?:(?:biopsy|bx|specimen|tissue)\s(?:of|from)\s(?:the\s)?)?$",
    FLAGS,
)
"""Before the nasopharynx, behind a diagnosis: "..., that is the final reading of the"."""
_BARE_LEAD = re.compile(r"^\s*(?:primary|consistent with|diagnosis of)\b", FLAGS)
_SPECIMEN_HEAD = re.compile(r"[,\s(-]{0,3}(?:\w+[\s,()]{0,2}){0,3}?(?:biops(?:y|ies)|bx|specimen|tissue)\)?\s?:", FLAGS)
_BARE_WHO = re.compile(r"WHO[\s:/(-]{0,3}[123]$")


@dataclass(frozen=True)
class _Words:
    """Words around a diagnosis, from the ``words`` of ``patterns/histology.yaml``."""

    pathology: re.Pattern[str]
    nasopharynx: re.Pattern[str]
    not_histology: re.Pattern[str]
    cord: re.Pattern[str]
    other_site: re.Pattern[str]
    primary_site: re.Pattern[str]
    superseded_before: re.Pattern[str]
    superseded_after: re.Pattern[str]
    correction_before: re.Pattern[str]
    addendum: re.Pattern[str]
    revision: re.Pattern[str]
    cytology: re.Pattern[str]
    tissue: re.Pattern[str]
    upheld: re.Pattern[str]
    contrast: re.Pattern[str]
    favoured: re.Pattern[str]
    doubted: re.Pattern[str]
    not_upheld: re.Pattern[str]


@cache
def _words() -> _Words:
    content = load_yaml("histology.yaml")["words"]
    return _Words(**{str(k): re.compile(str(v), FLAGS) for k, v in content.items()})


@dataclass
class _Run:
    """Words of one diagnosis: a stretch of the text, and what its words say."""

    start: int
    end: int
    rules: list[Rule]

    @property
    def values(self) -> set[str]:
        """Values of the words; those that say nothing in this company are left out ("differentiated thyroid cancer")."""
        if any(r.id == "histology.either" for r in self.rules):
            return {"nonkeratinizing"}
        firm = {str(r.value) for r in self.rules if r.attributes.get("joins") != "only"}
        if firm & {"nonkeratinizing", "nonkeratinizing_undifferentiated"}:
            return {str(r.value) for r in self.rules}
        return firm

    @property
    def stands(self) -> bool:
        """Whether the words say something without company ("differentiated" alone does not)."""
        ids = {r.id for r in self.rules}
        if "histology.either" in ids:
            return bool(ids - {"histology.either", "histology.undifferentiated", "histology.differentiated"})
        return any(r.attributes.get("joins") != "only" for r in self.rules)


_SUBTYPES = frozenset({"nonkeratinizing_differentiated", "nonkeratinizing_undifferentiated"})
_STRONGEST = ("basaloid", "nonkeratinizing_undifferentiated", "nonkeratinizing_differentiated", "nonkeratinizing", "keratinizing", "other", "poorly_differentiated", "squamous")  # fmt: skip


def value_of(values: Iterable[str]) -> str:
    """Value of a diagnosis from those of its words (domain.md 11): a subtype tells more than a type, a type more than a grade."""
    said = set(values)
    return next(v for v in _STRONGEST if v in said)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    pieces: list[_Run] = []
    biopsies: list[tuple[Rule, re.Match[str]]] = []
    for rule, m in hits:
        if rule.label == "BIOPSY":
            biopsies.append((rule, m))
        elif _means_histology(doc, rule, m.start(), m.end()):
            pieces.append(_Run(m.start(), m.end(), [rule]))
    runs = _joined(doc.norm, pieces)
    reading = _Reading(doc, min((r.start for r in runs), default=0))
    found = [reading.mention(run) for run in runs if run.stands]
    found.extend(reading.biopsies(biopsies))
    return found


def _means_histology(doc: Document, rule: Rule, start: int, end: int) -> bool:
    """Whether an abbreviation that has other meanings (domain.md 5) stands in a sentence about the cancer."""
    norm, words = doc.norm, _words()
    needs = rule.attributes.get("needs") == "pathology"
    who = rule.id.startswith("histology.who")
    short = rule.id == "histology.squamous_short"
    if not (needs or who or short):
        return True
    seg_start, seg_end = doc.segment_at(start)
    around = norm[max(seg_start, start - 90) : start] + " \u00b7 " + norm[end : min(seg_end, end + 60)]
    if short:
        return not words.cord.search(around) or bool(words.pathology.search(around))
    if who:
        if words.not_histology.search(norm, end, min(seg_end, end + 24)):
            return False
        return not _BARE_WHO.match(norm[start:end]) or bool(words.pathology.search(around))
    line = doc.line_at(start)
    return bool(words.pathology.search(around) or words.pathology.search(norm[line.start : start]))


def _joined(norm: str, pieces: list[_Run]) -> list[_Run]:
    """Pieces that stand together as one diagnosis."""
    runs: list[_Run] = []
    for piece in sorted(pieces, key=lambda r: (r.start, -r.end)):
        last = runs[-1] if runs else None
        if last is None or not (piece.start <= last.end or _linked(norm, last, piece)):
            runs.append(piece)
        else:
            last.end = max(last.end, piece.end)
            last.rules.extend(piece.rules)
    return runs


def _linked(norm: str, last: _Run, piece: _Run) -> bool:
    gap = norm[last.end : piece.start]
    if len(gap) > 60 or "other" in last.values:
        return False
    if "other" in piece.values:
        return not gap.strip(" -")
    if piece.rules[0].id == "histology.who_2" and last.values & _SUBTYPES:
        return False  # "differentiated non-keratinising carcinoma (WHO type II)": the number says less, and stands for itself
    if re.search(r"\(\s?(?:former(?:ly)?\s)?$", gap) and re.match(
        r"WHO\s(?:type|class|grade)", norm[piece.start : piece.end], re.I
    ):
        return False  # "... carcinoma, undifferentiated type (WHO type III)": the class stands for itself
    if re.search(r":|\.\s|\n\s*\n", gap) or ("\n" in gap and not gap.lstrip(" ").startswith((",", "\n"))):
        return False
    if "keratinizing" in last.values | piece.values and last.values & piece.values != {"keratinizing"}:
        decided = {"nonkeratinizing", "nonkeratinizing_undifferentiated", "nonkeratinizing_differentiated", "basaloid"}
        if (last.values | piece.values) & decided and not all(r.id.startswith("histology.who") for r in piece.rules):
            return False  # "non-keratinising, keratinising": two statements
    return _LINK.fullmatch(gap) is not None


class _Reading:
    """What a document says around its diagnoses."""

    def __init__(self, doc: Document, first: int) -> None:
        self.doc = doc
        self.first = first
        """Where the first diagnosis stands: an addendum comes after it ("AMENDED REPORT" as a title is none)."""
        self.norm = doc.norm
        self.words = _words()
        self.is_report = bool(_REPORT.search(doc.note_type)) and not re.search(
            r"letter|clinic|referral", doc.note_type, re.I
        )

    @cached_property
    def addendum(self) -> tuple[int, bool] | None:
        """Where an addendum begins, and whether it takes back what stands above it."""
        for m in self.words.addendum.finditer(self.norm):
            if m.start() < self.first:
                continue
            line = self.doc.line_at(m.start())
            head = self.norm[line.start : m.start()].strip(" *-#=:>[(")
            if len(head) <= 24:
                return line.start, bool(self.words.revision.search(self.norm, line.start))
        return None

    def mention(self, run: _Run) -> Mention:
        norm = self.norm
        start, end = self._span(run)
        value = value_of(run.values)
        rule = next((r for r in run.rules if r.value == value), run.rules[0])
        attributes: dict[str, object] = {
            "source": "report" if self.is_report else "narrative",
            **{k: v for k, v in rule.attributes.items() if k not in _ADDS_NOTHING},
        }
        m = Mention(start, end, "HISTOLOGY", value, rule.id, attributes=attributes)
        seg_start, seg_end = self.doc.segment_at(start)
        if disease := self._disease(run, start, end, seg_start, seg_end):
            attributes["disease"] = disease
        if (specimen := self._specimen(start, seg_start)) is not None:
            attributes["specimen"] = specimen
        if rule.assertion is not None:
            m.assertion = rule.assertion
        standing = self._standing(start, end, seg_start, seg_end)
        if standing == "superseded":
            m.temporality, attributes["superseded"] = "past", True
        elif standing == "correction":
            attributes["correction"] = True
        if self.words.contrast.search(norm, max(seg_start, start - 24), start):
            m.assertion = "absent"
        elif norm[run.start : run.end].lower().startswith("no "):
            m.start, m.assertion = run.start + 3, "absent"
        elif value == "keratinizing" and re.match(r"\sor (?:not|non)\b", norm[end : end + 8]):
            m.assertion = "hypothetical"
        elif self.words.favoured.search(norm, max(seg_start, start - 60), start) or self.words.doubted.match(norm, end):
            m.assertion = "possible"
        elif is_requirement(self.doc, start, end):
            m.assertion = "hypothetical"
        return m

    def _span(self, run: _Run) -> tuple[int, int]:
        norm, start, end = self.norm, run.start, run.end
        if run.values != {"other"}:
            if tail := _TAIL.match(norm, end):
                end = tail.end()
            if (head := _HEAD.search(norm, max(0, start - 30), start)) and "\n" not in head.group():
                start = head.start()
        if norm[end : end + 1] == ")" and norm[start:end].count("(") > norm[start:end].count(")"):
            end += 1
        return start, end

    def _disease(self, run: _Run, start: int, end: int, seg_start: int, seg_end: int) -> str | None:
        """``"other"`` where the words around name another organ as the seat; ``"npc"`` where an unusual type is that of the nasopharynx."""
        norm, words = self.norm, self.words
        before, after = norm[max(seg_start, start - 60) : start], norm[end : min(seg_end, end + 45)]
        own = norm[start:end]
        here = (
            words.nasopharynx.search(own)
            or words.nasopharynx.search(before)
            or re.match(
                r"[\s,(]{0,3}(?:arising |originating )?(?:of|in|from)?\s?(?:the\s)?(?:"
                + words.nasopharynx.pattern
                + ")",
                after,
                FLAGS,
            )
        )
        if here is None and (seat := words.nasopharynx.search(norm, end, min(seg_end, end + 90))):
            here = _READ_HERE.match(norm[end : seat.start()])
        if here is None and not _BARE_LEAD.sub("", before).strip(
            " \t*-:.)123456789ABC("
        ):  # the specimen may stand on the line above
            line = self.doc.line_at(start)
            if norm[line.start : start].strip(
                " \t*-:.)123456789ABC("
            ):  # "Nasopharynx, biopsy: malignant glands. Adenocarcinoma."
                here = words.nasopharynx.match(norm, line.start, line.start + 40)
                here = here if here and _SPECIMEN_HEAD.match(norm, here.end(), start) else None
            else:
                line = self.doc.lines[max(0, self.doc.line_index(start) - 1)]
                here = words.nasopharynx.search(norm, line.start, line.end)
        eligible = run.values & {
            "nonkeratinizing",
            "nonkeratinizing_undifferentiated",
            "nonkeratinizing_differentiated",
        }
        elsewhere = re.match(r"[\s,(]{0,3}(?:of|in|from|at)\s(?:the\s|his\s|her\s)?(?:(?:left|right|lt|rt|upper|lower)\s){0,2}(?:" + words.other_site.pattern + ("" if re.search(r"metasta", before, re.I) else "|" + words.primary_site.pattern) + r")\b", after, FLAGS)  # fmt: skip
        if elsewhere is not None:
            return "other"
        if here is not None:
            near = list(words.nasopharynx.finditer(before))
            far = list(words.other_site.finditer(before))
            if (
                far
                and not eligible
                and (not near or far[-1].start() > near[-1].start())
                and not words.nasopharynx.search(own)
            ):
                return "other"
            return "npc" if "other" in run.values else None
        if eligible:
            return "other" if re.search(r"\bthyroid|\bprimary (?:lung|liver)|lung primary", before, re.I) else None
        if words.other_site.search(before) or words.other_site.search(after):
            return "other"
        return "other" if "other" in run.values else None

    def _specimen(self, start: int, seg_start: int) -> str | None:
        norm, words = self.norm, self.words
        low = max(seg_start, start - 140)
        cytology = max((m.end() for m in words.cytology.finditer(norm, low, start)), default=-1)
        tissue = max((m.end() for m in words.tissue.finditer(norm, low, start)), default=-1)
        if cytology > tissue:
            return "cytology"
        if tissue >= 0:
            return "tissue"
        return "cytology" if re.search(r"cytolog|fna", self.doc.note_type, re.I) else None

    def _standing(self, start: int, end: int, seg_start: int, seg_end: int) -> str | None:
        """Whether a diagnosis was taken back later (``"superseded"``) or takes back another (``"correction"``)."""
        norm, words = self.norm, self.words
        after = norm[end : min(seg_end, end + 60)]
        if words.upheld.match(after):
            return None
        taken_back = words.superseded_after.search(after)
        if (
            taken_back
            and re.fullmatch(r"[\s,;:()\"'”’\w-]{0,24}", after[: taken_back.start()])
            and len(after[: taken_back.start()].split()) <= 3
        ):
            return "superseded"
        if re.search(r"\b(?:from|of)\b[^.;]{4,80}\sto\s(?:an?\s)?$", norm[seg_start:start], FLAGS) and (
            words.superseded_before.search(norm, seg_start, start) or words.revision.search(norm, seg_start, start)
        ):
            return "correction"
        low = seg_start
        was = max((m.end() for m in words.superseded_before.finditer(norm, low, start)), default=-1)
        now = max((m.end() for m in words.correction_before.finditer(norm, low, start)), default=-1)
        if was < 0 and now < 0:
            index = self.doc.line_index(start)
            for i in range(index - 1, max(-1, index - 3), -1):
                line = self.doc.lines[i]
                text = norm[line.start : line.end].strip()
                if not text:
                    continue
                bare = re.sub(r"\([^)]*\)|[\d/.-]+", "", text).strip()
                if len(text) <= 60 and (
                    text.endswith(":") or bare.isupper() or words.addendum.search(text) or len(bare.split()) <= 3
                ):
                    was = max((m.end() for m in words.superseded_before.finditer(text)), default=-1)
                    now = max((m.end() for m in words.correction_before.finditer(text)), default=-1)
                break
        if was > now:
            return "superseded"
        if now > was:
            return "correction"
        if self.words.not_upheld.search(norm, seg_end, min(len(norm), seg_end + 160)):
            return "correction"  # "Slides reviewed: keratinising SCC. Outside report of non-keratinising type is not confirmed."
        if self.addendum is not None:
            begins, takes_back = self.addendum
            if start >= begins:
                return "correction"
            if takes_back and self.is_report:
                return "superseded"
        return None

    def biopsies(self, hits: list[tuple[Rule, re.Match[str]]]) -> list[Mention]:
        """Biopsies of the nasopharynx without carcinoma, with one, or still to come (GUIDELINE I02.histology: no carcinoma fails)."""
        norm, words, out = self.norm, self.words, []
        for rule, m in hits:
            start, end = m.span()
            seg_start, seg_end = self.doc.segment_at(start)
            index = self.doc.line_index(start)
            above = self.doc.lines[max(0, index - 1)].start if self.is_report else seg_start
            before = norm[max(0, min(seg_start, above), start - 160) : end]
            here = words.nasopharynx.search(before)
            tissue = words.tissue.search(before) or (self.is_report and here)
            if rule.value == "negative" and not (here and tissue):
                continue
            if words.cytology.search(before) and rule.value == "negative":
                continue
            if rule.value == "positive" and re.search(
                r"\b(?:no|negative for|without|not|suspicious|\?|atypi\w+|cannot exclude)\b", m.group(), re.I
            ):
                continue
            if self.doc.category_at(start) in ("family", "criteria"):
                continue
            if rule.value == "negative" and re.search(
                r"cannot (?:be )?exclude|not excluded|suspicious|atypical", norm[seg_start:seg_end], re.I
            ):
                continue
            out.append(Mention(start, end, "BIOPSY", rule.value, rule.id, assertion="present"))
        return out


FAMILY = Family("histology", load_rules("histology.yaml"), _find)
