"""Distant metastases: one mention an organ and place (GUIDELINE section 2, METASTASIS).

A rule of ``patterns/metastasis.yaml`` finds the word that says metastasis; :mod:`critex.extract.metastasis_sites` reads the organs around it,
:mod:`critex.extract.metastasis_assertion` what is claimed of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from critex.extract.anatomy import organ_pattern
from critex.extract.document import Document
from critex.extract.family import FamilyHits, family
from critex.extract.imaging import Imaging
from critex.extract.mention import Mention
from critex.extract.metastasis_assertion import Group, claim, deny_neither
from critex.extract.metastasis_sites import Item, Sites, antecedent, left_sites, right_sites, site_only, sites_from
from critex.extract.metastasis_tokens import tokens
from critex.extract.patterns import FLAGS, load_yaml, term_regex
from critex.extract.scan import Landmark
from critex.extract.trial_text import asked_by_trial

LABEL = "METASTASIS"
DISEASE_SITES = frozenset({"bone", "brain", "leptomeninges", "adrenal", "distant_node", "peritoneum", "marrow"})
"""Organs whose "disease" is a metastasis in an oncology note; "liver disease" or "lung disease" alone is not."""
_OF_OTHER_CANCER = re.compile(
    r"\s(?:from|of|due to|secondary to)\s(?:(?:a|an|the|his|her|known|previous|prior|old|earlier|recurrent|primary)\s){0,3}"
    r"(?:colon|colorectal|rectal|bowel|breast|lung|prostate|gastric|stomach|thyroid|renal|kidney|ovarian|cervi\w+|bladder|pancrea\w+|oesophag\w+|esophag\w+|HCC|melanoma|lymphoma|hepatocellular)\b",
    FLAGS,
)
_NAMES = frozenset({"metastasis.noun", "metastasis.adjective"})
"""Rules whose words name a metastasis by themselves."""
SPREAD_SITES = frozenset({"leptomeninges", "marrow", "bone", "peritoneum"})
"""Organs whose "involvement" or "spread" is a metastasis in a note about this cancer."""
_OTHER_DISEASE = re.compile(
    r"\b(?:lupus|SLE|TB|tubercul\w*|sarcoid\w*|lymphoma|leuk(?:a)?emia|myeloma|vasculitis|infecti\w+|arthritis)\b",
    FLAGS,
)
_STAGING = re.compile(r"\b(?:PET|CT|MRI|scan|staging|restaging|nod(?:e|al)|metasta|mets|M1|avid|distant)", FLAGS)
_BENIGN_DISEASE = re.compile(r"(?:metabolic|degenerative|benign|paget\S*|chronic|end[\s-]stage|small vessel|cerebrovascular|vascular|joint|disc|ischa?emic)\W+(?:\w+\W+)?$", FLAGS)  # fmt: skip
_ONCOLOGY = Landmark(
    re.compile(
        r"cancer|carcinoma|tumou?r|malignan|neoplas|metasta|oncolog|lymphoma|nasophar|staging|avid|chemo|癌|转移|"
        r"\b(?:NPC|mets|M[01][abc]?|PET|FDG|Ca|RT|SUV\w*)\b",
        FLAGS,
    )
)
LANDMARKS = (_ONCOLOGY,)
_BONE_DISEASE = re.compile(r"\b(?:bon(?:e|y)|osseous|skeletal|骨)", FLAGS)
_MET_SPOKEN = re.compile(
    r"(?:\b(?:is|was|were|are|be|been|being|I|we|he|she|they|have|has|had|not|never|also|criteri(?:a|on)|goals?|end-?points?|requirements?|needs?|who|all|first|and)\s*$)",
    FLAGS,
)
_MET_VERB = re.compile(
    r"\s+(?:with|the|his|her|by|at|all|him|me|us|them|for|up|criteria|and discussed|you|today)\b", FLAGS
)
_METS_VALUE = re.compile(
    r"\s*(?:was|were|:|of|=|achieved|level)?\s*\d+(?:\.\d+)?(?!\s?(?:cm|mm|x|liver|lung|bone))", FLAGS
)
_METS_OF = re.compile(
    r"\b(?:liver|hepatic|lung|pulmonary|bon[ey]|osseous|brain|distant|nodal|no|multiple|for|of|with)\s*$", FLAGS
)
_EXERCISE = re.compile(r"(?:\d|[<>≥≤]|four|five|seven|ten|good|poor|capacity|tolerance|achieved|of)\s*$", FLAGS)
_LESION_END = re.compile(r"(?:lesions?|locali[sz]ations?|enhancement)\Z", FLAGS)
_OF_BONE = re.compile(r"osteo-?(?:lytic|sclerotic|blastic)", FLAGS)
_BONE_LESION = re.compile(r"\b(?:osteo-?)?(?:lytic|sclerotic|blastic)\b", FLAGS)
_HEADING = re.compile(
    r"(?:(?<=[.;\n])|\A)[ \t]*(?:\(?\d{1,2}[.)][ \t]?|[-*•>#][ \t]?|[A-H][.)][ \t])?(?P<title>[^\W\d_][^.:;\n]{1,70}?):(?!\d)",
    FLAGS,
)
"""The title of an item of a report: "BONES:", "2. Bone, right iliac, core biopsy (06/05/2026):"."""
TOPIC_REACH = 420
"""Characters after a title in which a statement without an organ is about it."""
_CHEST = re.compile(r"\b(?:chest|thorax|thoracic)\b", FLAGS)
_NODULE = re.compile(r"nodul", FLAGS)
_EXAMINED = re.compile(
    r"\W*(?:\d{1,2}[.)]\s*)?(?:(?:MRI?|CT)\s(?:of\s)?(?:the\s)?(?:brain|head)|brain MRI|(?:brain|head) CT)\b", FLAGS
)
_HEAD_SCAN = re.compile(
    r"\b(?:MRI?|CT)\s(?:of\s)?(?:the\s)?head\b(?!\s?(?:and|&|/|,)\s?neck)|\b(?:head|cranial) (?:MRI?|CT)\b", FLAGS
)
"""A scan of the head as the title of what was found; the organs of "CT head and neck" are others."""
_HEAD_SHOWS = re.compile(
    rf"(?:{_HEAD_SCAN.pattern})"
    + r"(?:\s(?:today|yesterday|with contrast|\+C))?\s(?:shows?|showed|reveals?|revealed|demonstrates?|demonstrated)\s[^.;\n]{0,40}$",
    FLAGS,
)
_OPEN_AFTER = re.compile(
    r"\s*(?:\?|(?:is |are |was )?(?:not (?:\w+ )?(?:excluded|ruled out|favou?red)|cannot|can't|less likely|unlikely|possible|suspected|likely))",
    FLAGS,
)
_SPREADS = re.compile(r"\b(?:cancer|tumou?r|disease|malignancy|carcinoma|NPC|it|PET|scan|staging)\b", FLAGS)
_PROGRESSES = re.compile(r"\b(?:cancer|tumou?r|malignan\w+|carcinoma|NPC|EBV|PET|staging|metasta\w+|RECIST)\b", FLAGS)
_PATHOLOGY = re.compile(r"patholog|histolog|cytolog|biopsy", re.I)
_RELATIVE = re.compile(
    r"\b(?:mother|father|brother|sister|uncle|aunt|cousin|grand(?:mother|father|ma|pa)|sibling|son|daughter|mum|mom|dad|wife|husband)s?(?:'s)?\b"
    r"(?=[^.;,]{0,60}\b(?:had|has|have|is|was|died|dies|passed|with|of|from|diagnosed|developed)\b|\s*[:(-])|\b(?:FH|FHx|family history|family hx)\b",
    FLAGS,
)
_IN_RELATIVE = re.compile(r"\s*(?:\([^)]*\)\s*)?in (?:his|her|a|the|their)? ?(?:maternal |paternal |elder |younger )?(?:mother|father|brother|sister|uncle|aunt|cousin|grand\w+|son|daughter|family)\b", FLAGS)  # fmt: skip
_TOLD = re.compile(r"\b(?:d/w|with|c|told|discussed|informed|inform|explained|seen|accompanied|and|\+|&|to|by)\s+(?:the |his |her |pt'?s? |patient'?s? )?(?:mother|father|brother|sister|son|daughter|mum|mom|dad|wife|husband)|(?:pt|patient|he|she) *(?:and|&|\+)", FLAGS)  # fmt: skip


_REPORTED = frozenset({"liver", "bone", "lung", "brain", "adrenal", "spleen"})
"""Organs whose line in a report speaks of metastases where it says that there is no lesion."""
_BENIGN = re.compile(
    r"\b(?:ha?emangiomas?|cysts?|abscess(?:es)?|adenomas?|benign|degenerat\w+|granulomas?|granulomatous|focal fat\w*|fatty (?:sparing|change)|FNH|focal nodular hyperplasia|bone islands?|"
    r"hamartomas?|fractures? (?:is|was|are|were) traumatic|osteoporotic|paget\w*|fibrous dysplasia|inflammatory|infective|infection)\b",
    FLAGS,
)
"""What a lesion is instead of a metastasis."""
_OWN_CANCER = re.compile(r"\bNPC|nasophar|metastatic", FLAGS)
_FLUIDS = {"pleural": "pleura", "pericard": "other", "periton": "peritoneum", "ascit": "peritoneum", "csf": "leptomeninges", "cerebro": "leptomeninges"}  # fmt: skip
"""Where malignant cells in a fluid are a metastasis."""
_OTHER_LESION = re.compile(
    r"acute|isch(?:a)?emic|vascular|traumatic|h(?:a)?emorrhagic|demyelinating|inflammatory|cystic|enhancing|obstructing",
    re.I,
)
_ONLY_IN_ONCOLOGY = frozenset(
    {"metastasis.disease", "metastasis.no_lesion", "metastasis.only", "metastasis.spread_there", "metastasis.lmd"}
)
"""Rules whose words mean a metastasis only in a note that speaks of cancer."""


@dataclass(slots=True)
class _Head:
    start: int
    end: int
    rule: str


def _terms(key: str, tail: str) -> re.Pattern[str]:
    words = load_yaml("metastasis.yaml")["words"][key]
    return re.compile(tail.replace("%", "|".join(term_regex(str(w)) for w in words)), FLAGS)


_SKIP_AFTER = _terms(
    "not_metastasis_after", r"(?:[\s-]+(?:NPC|nasopharyn\w+|PD-?1|disease|carcinoma|cancer|ca)){0,3}[\s-]*(?:%)"
)
_SKIP_BEFORE = _terms("not_metastasis_before", r"(?:%)\s*(?:de novo |newly diagnosed |recurrent |or |/ ?|the )*$")


def find(doc: Document, hits: FamilyHits) -> list[Mention]:
    """Mentions of metastases in a note."""
    by_segment: dict[int, list[_Head]] = {}
    oncology: bool | None = None
    for rule, m in hits:
        if not oncology and _needs_oncology(doc.norm, rule.id, m):
            if oncology is None:
                oncology = _speaks_of_cancer(doc)
            if not oncology:
                continue
        head = _head(doc.norm, rule.id, m)
        if head is not None:
            by_segment.setdefault(doc.segment_index(head.start), []).append(head)
    if not by_segment:
        return []
    imaging = Imaging(doc)
    found: list[Mention] = []
    for index in sorted(by_segment):
        found.extend(_Sentence(doc, index, _distinct(by_segment[index]), imaging).mentions())
    for mention in found:
        if mention.assertion == "present" and asked_by_trial(doc, mention.start):
            mention.assertion = "hypothetical"
    return found


def _speaks_of_cancer(doc: Document) -> bool:
    return doc.holds(_ONCOLOGY)


def _needs_oncology(norm: str, rule: str, m: re.Match[str]) -> bool:
    """Whether the words mean a metastasis only in a note that speaks of cancer: "bone disease", "has spread to"."""
    if rule == "metastasis.verb":
        return "metasta" not in m.group().lower() and not _SPREADS.search(norm)
    return rule in _ONLY_IN_ONCOLOGY and "suspicious" not in m.group().lower()


def _head(norm: str, rule: str, m: re.Match[str]) -> _Head | None:
    start, end = m.span()
    word = m.group().lower()
    if rule == "metastasis.no_lesion":
        tail = _LESION_END.search(norm, start, end)
        return _Head(tail.start() if tail else start, end, rule)
    if rule == "metastasis.disease":
        start = max(start, norm.rfind(" ", start, end) + 1)
        return None if _BENIGN_DISEASE.search(norm, max(0, m.start() - 30), start) else _Head(start, end, rule)
    before = norm[max(0, start - 40) : start]
    if rule in ("metastasis.noun", "metastasis.adjective"):
        if _SKIP_AFTER.match(norm, end, end + 60) or _SKIP_BEFORE.search(before):
            return None
        if m.group() == "METs" and not _METS_OF.search(before):
            return None
        if (
            word.strip(". ") in ("mets", "met")
            and m.group().startswith("ME")
            and (_EXERCISE.search(before) or _METS_VALUE.match(norm, end))
        ):
            return None
        if word == "met" and norm[end : end + 1] == "?" and re.search(r"\s{3}$|criteri(?:a|on) $|\|\s?$", before):
            return None
        if word.strip(". ") == "met" and (
            _MET_SPOKEN.search(before) or (_MET_VERB.match(norm, end) and not _names_organ(before))
        ):
            return None
    if rule == "metastasis.deposit" and _SKIP_BEFORE.search(before):
        return None
    if rule == "metastasis.verb" and re.search(r"\b(?:can|may|could|might|to|tends? to)\s+$", before, FLAGS):
        return None
    return _Head(start, end, rule)


def _names_organ(before: str) -> bool:
    """Whether an organ stands right before: "vertebral body met with ..." is a metastasis, "we met with ..." is not."""
    text = before.rstrip()
    return any(m.end() == len(text) for m in organ_pattern().finditer(text))


def _distinct(heads: list[_Head]) -> list[_Head]:
    """Heads without overlap, the longest of each place."""
    kept: list[_Head] = []
    for h in sorted(heads, key=lambda h: (-(h.end - h.start), h.start)):
        if not any(k.start < h.end and h.start < k.end for k in kept):
            kept.append(h)
    return sorted(kept, key=lambda h: h.start)


def _once(mentions: list[Mention]) -> list[Mention]:
    """Without "no lesion" of an organ whose metastasis is named in the same sentence, and without a second reading of the same words."""
    named = {m.value for m in mentions if m.rule != "metastasis.no_lesion"}
    kept: list[Mention] = []
    for m in mentions:
        if m.rule == "metastasis.no_lesion" and m.value in named:
            continue
        if not any(k.start < m.end and m.start < k.end for k in kept):
            kept.append(m)
    return kept


_NOT_PATIENT = re.compile(r",?\s(?:and )?not (?:he|she|him|her|the patient)\b,?", FLAGS)


class _Sentence:
    """One sentence with its words of metastasis."""

    def __init__(self, doc: Document, index: int, heads: list[_Head], imaging: Imaging) -> None:
        self.doc = doc
        self.index = index
        self.heads = heads
        self.imaging = imaging
        self.start, self.end = doc.segments[index]
        self.tokens = tokens(doc.norm, self.start, self.end, [(h.start, h.end, i) for i, h in enumerate(heads)])
        self.groups: list[Group] = []
        self.with_primary = False
        """Whether the head read last stands before the cancer and its organs after it: "metastatic NPC (bone)"."""

    def mentions(self) -> list[Mention]:
        planned = []
        for i, t in enumerate(self.tokens):
            if t.head < 0:
                continue
            head = self.heads[t.head]
            self.with_primary = False
            items, group = self._read(i, head)
            if group is not None:
                planned.append((head, items, group, self.with_primary))
        found: list[Mention] = []
        for n, (head, items, group, apart) in enumerate(planned):
            end = self.tokens[planned[n + 1][2].first].start if n + 1 < len(planned) else self.end
            claim(self.doc.norm, self.tokens, group, self.groups, max(end, self.tokens[group.last].end))
            deny_neither(self.doc.norm, self.tokens, group, head.start, any(x.value != "unspecified" for x in items))
            if head.rule == "metastasis.workup":
                group.assertion = "absent"
            if head.rule == "metastasis.adjective" and self.doc.norm[head.start : head.end].lower().startswith("non"):
                group.assertion = "present" if group.assertion == "absent" else "absent"
            self.groups.append(group)
            if head.rule == "metastasis.no_lesion" and group.assertion != "absent":
                continue
            found.extend(self._mentions_of(head, items, group, apart=apart))
        return _once(found)

    def _read(self, i: int, head: _Head) -> tuple[list[Item], Group | None]:
        """Organs that one head is about, and the phrase; no phrase where it is no metastasis."""
        if head.rule == "metastasis.stage_list":
            return self._stage(i)
        if head.rule in ("metastasis.workup", "metastasis.lmd"):
            return [Item("unspecified" if head.rule == "metastasis.workup" else "leptomeninges", i, i)], Group(i, i)
        if head.rule == "metastasis.cells":
            fluid = self.doc.norm[head.start : head.end].lower()
            return [Item(next(v for k, v in _FLUIDS.items() if fluid.startswith(k)), i, i)], Group(i, i)
        if head.rule in ("metastasis.another", "metastasis.row"):
            return self._listed_after(i, head)
        left = left_sites(self.tokens, i)
        if head.rule == "metastasis.proven":
            places = left.items or ([] if left.regional else antecedent(self.tokens, i, linked=True)) or []
            own = _OWN_CANCER.search(self.doc.norm, head.start, head.end)
            places = [x for x in places if x.value == "bone" or (own and x.value not in ("other", "skin"))]
            return places, Group(min(x.first for x in places), i) if places else None
        if head.rule == "metastasis.verb":
            left = Sites(first=i, last=i)
        right = right_sites(self.tokens, i) if not left.items else Sites(first=i, last=i)
        items = left.items or right.items
        group = Group(min([i, *[x.first for x in items]]), max([i, *[x.last for x in items]]))
        if (
            head.rule in ("metastasis.disease", "metastasis.no_lesion")
            and (items or head.rule == "metastasis.disease")
            and not self._is_cancer(head, items, left, group)
        ):
            return [], None
        if head.rule == "metastasis.only" and not self._is_all_of_it(left):
            return [], None
        if head.rule == "metastasis.spread_there" and (
            not left.items
            or {x.value for x in left.items} - SPREAD_SITES
            or _OTHER_DISEASE.search(self.doc.norm, self.start, self.end)
        ):
            return [], None
        if items:
            self.with_primary = not left.items and right.primary and head.rule in _NAMES
            return items, group
        return self._without_list(i, head, left, right, group)

    def _is_cancer(self, head: _Head, items: list[Item], left: Sites, group: Group) -> bool:
        """Whether "disease" or "no ... lesion" speaks of metastases."""
        if self.doc.norm[head.start : head.end].lower() == "progression" and not _PROGRESSES.search(
            self.doc.norm, self.start, self.end
        ):
            return False
        if head.rule == "metastasis.disease" and left.distant:
            return True
        values = {x.value for x in items}
        if not values or values <= {"skin", "other", "muscle"}:
            return False
        if head.rule == "metastasis.no_lesion":
            return True
        if "other" in values:
            return False
        if len(values) > 1 and _STAGING.search(self.doc.norm, max(0, self.start - 200), self.end):
            return True
        if values & {"kidney", "skin", "muscle"}:
            return False
        if any("celiac" in self.tokens[x.first].word or "coeliac" in self.tokens[x.first].word for x in items):
            return False
        words = " ".join(self.tokens[x.first].word for x in items if x.value == "bone")
        return bool(values & DISEASE_SITES - {"bone"} or _BONE_DISEASE.search(words))

    def _listed_after(self, i: int, head: _Head) -> tuple[list[Item], Group | None]:
        """Organs of "and one in the left adrenal" after a metastasis, or of a row "Distant  PET-CT 26/3: lung x2 + subcarinal LN"."""
        if head.rule == "metastasis.another" and not any(
            t.head >= 0 and self.heads[t.head].rule in _NAMES for t in self.tokens[:i]
        ):
            return [], None
        start = next((k for k, t in enumerate(self.tokens[: i + 9]) if k > i and t.is_organ), None)
        if start is None or any("absent" in t.cues or t.kind == "head" for t in self.tokens[i + 1 : start]):
            return [], None
        items = sites_from(self.tokens, start).items
        return items, Group(items[0].first, items[-1].last) if items else None

    def _is_all_of_it(self, left: Sites) -> bool:
        """Whether "... only" after organs tells where the metastases are: "M1b, liver only", "CT: bone only"."""
        if not left.items or {x.value for x in left.items} & {"skin", "other", "muscle", "kidney"}:
            return False
        first = left.items[0].first
        while first and self.tokens[first - 1].kind == "modifier":
            first -= 1
        edge = self.tokens[first - 1] if first else None
        if edge is not None and edge.word not in (",", ":", "(", "-", "=", "--"):
            return False
        return bool(
            _STAGING.search(self.doc.norm, max(0, self.start - 60), self.end)
            or "M1" in self.doc.norm[self.start : self.end]
        )

    def _without_list(
        self, i: int, head: _Head, left: Sites, right: Sites, group: Group
    ) -> tuple[list[Item], Group | None]:
        word = self.doc.norm[head.start : head.end].lower()
        short = word.strip(". ") == "met"
        if left.distant or (right.distant and not right.regional):
            return [Item("unspecified", i, i)], group
        if head.rule == "metastasis.no_lesion" and any(
            _BONE_LESION.match(t.word) for t in self.tokens[max(0, i - 4) : i]
        ):
            return [Item("bone", i, i)], group
        if head.rule == "metastasis.no_lesion" and (subject := self._subject(i)) is not None:
            return [Item(subject, i, i)], group
        if head.rule in ("metastasis.disease", "metastasis.no_lesion"):
            return [], None
        if head.rule == "metastasis.only":
            return [], None
        if left.regional and self._bare_nodes(left, i):
            named = antecedent(self.tokens, left.first, linked=True)
            if named and named[-1].value == "distant_node":
                return [Item("distant_node", left.first, i)], group
        if left.regional or (right.regional and not right.items):
            return [], None
        if i and _OF_BONE.fullmatch(self.tokens[i - 1].word):
            return [Item("bone", i - 1, i)], Group(i - 1, i)
        in_doubt = bool(_OPEN_AFTER.match(self.doc.norm, head.end))
        places = antecedent(
            self.tokens,
            i,
            through_colon=head.rule == "metastasis.adjective"
            or right.primary
            or self.tokens[i - 1].word in ("-", "--"),
            linked=in_doubt,
        )
        if places is None and not right.primary:
            above = self._above(i)
            places = None if above is None else [] if above == "regional" else [Item(above, i, i)]
        if places is None and head.rule in _NAMES:
            places = self._topic(i, head)
        if places is None and right.primary and self._in_pathology():
            return [], None
        if places is not None:
            if places:
                places[-1] = Item(places[-1].value, i, i)
            return places, group if places else None
        if head.rule == "metastasis.deposit" or (head.rule == "metastasis.verb" and not self._of_cancer(head)):
            return [], None
        if (
            short
            and not right.primary
            and not in_doubt
            and not re.match(r"\s?(?:v|vs|versus)\b|\?", self.doc.norm[head.end : head.end + 5])
            and not re.search(
                r"(?:\?|solitary|distant|single)\s*$", self.doc.norm[max(0, head.start - 12) : head.start]
            )
        ):
            return [], None
        return [Item("unspecified", i, i)], group

    def _subject(self, i: int) -> str | None:
        """Organ that a line of a report is about: "Liver: normal in size, no focal lesion"."""
        before = self.tokens[:i]
        if any(_OTHER_LESION.fullmatch(t.word) for t in before[-4:]):
            return None
        organs = [(k, t) for k, t in enumerate(before) if t.is_organ]
        named = {t.value for _, t in organs}
        if len(named) != 1 or organs[0][0] > 1 or not named <= _REPORTED:
            return None
        return organs[0][1].value

    def _above(self, i: int) -> str | None:
        """Organ of the heading, or of the lesion in the sentence before, where this sentence goes on about it."""
        doc = self.doc
        section = doc.section_at(self.tokens[i].start)
        if section is not None and self.tokens[i].start - section.title_end < 400:
            title = tokens(doc.norm, section.title_start, section.title_end, [])
            sites = [t for t in title if t.kind in ("site", "region")]
            if len(sites) == 1 and not any(t.kind == "imaging" for t in title):
                return sites[0].value
        opening = self.tokens[:i]
        if (
            self.index
            and not any(t.is_organ or t.kind == "imaging" for t in opening)
            and any("absent" in t.cues for t in opening)
        ):
            start, end = doc.segments[self.index - 1]
            examined = _EXAMINED.match(doc.norm, start, end)  # "MRI brain: clivus invaded; no parenchymal mets"
            if examined and "\n" not in doc.norm[start : self.start].strip():
                return "brain"
        goes_on = any("link" in t.cues and "hypothetical" not in t.cues for t in opening) or (
            all(t.kind in ("modifier", "mark") for t in opening) and _OPEN_AFTER.match(doc.norm, self.tokens[i].end)
        )
        if self.index and goes_on and not any(t.is_organ for t in opening):
            start, end = doc.segments[self.index - 1]
            before = tokens(doc.norm, start, end, [])
            for j in range(len(before) - 1, -1, -1):
                if not any(t.kind == "lesion" and t.word not in ("disease", "dz") for t in before):
                    break
                if before[j].kind in ("site", "region", "regional", "local"):
                    return "regional" if before[j].kind in ("regional", "local") else before[j].value
        return None

    def _bare_nodes(self, left: Sites, i: int) -> bool:
        """Whether the word node stands before a metastasis without a region: "nodal metastasis"."""
        return all(t.kind not in ("regional", "local") for t in self.tokens[left.first : i])

    def _topic(self, i: int, head: _Head) -> list[Item] | None:
        """Organ that the sentence or the title above it is about: "Adrenal left 15 mm, adenoma, no metastasis", "BRAIN (on MR): no metastasis".

        Returns
        -------
        list of Item, optional
            Empty where that is a node of the neck that is called a metastasis; ``None`` where nothing tells.
        """
        doc, t = self.doc, self.tokens
        first = i
        while first and (t[first - 1].kind in ("modifier", "number") or t[first - 1].cues):
            first -= 1
        if first and t[first - 1].word == ",":
            named = [x for x in t[:first] if x.kind in ("site", "region", "regional", "nodes")]
            if (
                named
                and not any(x.kind in ("head", "primary") or x.word in (";", ".", "with", "who") for x in t[:first])
                and not any(x.kind == "imaging" for x in t[t.index(named[0]) : first])
            ):
                sites = {x.value for x in named if x.kind in ("site", "region")}
                if len(sites) == 1 and not any(x.kind == "regional" for x in named):
                    return [Item(sites.pop(), i, i)]
                if not sites and not any("absent" in x.cues for x in t[first:i]):
                    return []
        shows = _HEAD_SHOWS.search(doc.norm, t[0].start, head.start)
        if shows and not any(x.is_organ and x.start >= shows.end() for x in t[:i]):
            return [Item("brain", i, i)]
        low = max(0, head.start - TOPIC_REACH)
        blank = doc.norm.rfind("\n\n", low, head.start)
        title = None
        for title in _HEADING.finditer(doc.norm, blank + 1 if blank >= 0 else low, head.start):  # noqa: B007 - the last counts
            pass
        if title is None or any(x.is_organ and x.start >= title.end() for x in t[:first]):
            return None
        words = tokens(doc.norm, title.start("title"), title.end("title"), [])
        values = {
            x.value for x in words if x.kind in ("site", "region") or (x.kind == "vertebra" and x.word[:1] in "tdl")
        }
        if not values and _HEAD_SCAN.search(title["title"]) and not any(x.is_organ for x in words):
            return [Item("brain", i, i)]
        if len(values) == 1 and not any(x.kind in ("regional", "local", "nodes") for x in words):
            return [Item(values.pop(), i, i)]
        if not values and _NODULE.search(doc.norm, head.start, head.end) and _CHEST.search(title["title"]):
            return [Item("lung", i, i)]
        return None

    def _of_cancer(self, head: _Head) -> bool:
        """Whether "spread" is said of a cancer, not of a dye or a muscle."""
        word = self.doc.norm[head.start : head.end].lower()
        if "metastas" in word or any(w in word for w in ("distant", "systemic", "matogenous", "widespread")):
            return True
        return not word.endswith((" to", " in", " into", " within")) and bool(
            _SPREADS.search(self.doc.norm, self.start, self.end)
        )

    def _in_pathology(self) -> bool:
        return bool(_PATHOLOGY.search(self.doc.note_type or "")) or self.doc.category_at(self.start) == "procedure"

    def _right_after(self, i: int) -> Sites:
        """Organs that follow a stage without a mark and end the clause: "T3N1M1 hepatic and bony."."""
        following = self.tokens[i + 1] if i + 1 < len(self.tokens) else None
        if following is None or following.kind != "site":
            return Sites(first=i, last=i)
        right = sites_from(self.tokens, i + 1)
        after = self.tokens[right.last + 1] if right.last + 1 < len(self.tokens) else None
        return right if after is None or after.word in (".", ",", ";", ")") else Sites(first=i, last=i)

    def _stage(self, i: int) -> tuple[list[Item], Group | None]:
        right = right_sites(self.tokens, i, stage=True)
        confined = site_only(self.tokens, i)
        if confined.items and not any(x.claim != "absent" for x in right.items):
            return confined.items, Group(confined.first, i)
        if not right.items and "m1" in self.tokens[i].word:
            right = self._right_after(i)
        if not right.items:
            return [], None
        first = right.items[0].first
        word = self.tokens[i].word
        between = self.doc.norm[self.tokens[i].end : self.tokens[first].start]
        if "m1" not in word and "(" not in between:
            return [], None
        return right.items, Group(first, right.last)

    def _mentions_of(self, head: _Head, items: list[Item], group: Group, *, apart: bool) -> list[Mention]:
        """Mentions of one head; ``apart`` where the head is a mention of its own beside its organs ("metastatic NPC (bone)")."""
        found = []
        relatives = self._is_relatives(group)
        if apart:
            at = next(k for k, t in enumerate(self.tokens) if t.start == head.start)
            items = [Item("unspecified", at, at), *items]
        for n, item in enumerate(items):
            start, end = self.tokens[item.first].start, self.tokens[item.last].end
            i = next((k for k, t in enumerate(self.tokens) if t.start == head.start), None)
            if i is not None and head.rule not in ("metastasis.stage_list", "metastasis.row") and not apart:
                if n == len(items) - 1 and item.last < i:
                    end = self.tokens[i].end
                if n == 0 and item.first > i:
                    start = self.tokens[i].start
            assertion: str | None = item.claim or group.assertion
            if relatives or self.doc.category_at(start) in ("family", "criteria", "education"):
                assertion = "family" if relatives else None
            attributes: dict[str, object] = {"modality": self.imaging.at(start), "source": self.imaging.source}
            if _OF_OTHER_CANCER.match(self.doc.norm, end):
                attributes["disease"] = "other"
            if assertion == "absent" and _BENIGN.search(self.doc.norm, self.start, self.end):
                attributes["benign"] = True  # takes back a metastasis that an earlier examination named
            if attributes["modality"] in ("X-ray", "ultrasound") and self.imaging.in_sentence(start):
                attributes["film_only"] = True  # no work-up of distant metastases
            found.append(
                Mention(
                    start, end, LABEL, item.value, head.rule, assertion=assertion, cue=group.cue, attributes=attributes
                )
            )
        return found

    def _is_relatives(self, group: Group) -> bool:
        """Whether a relative has it: "mother died of liver metastases", not "told his wife: liver metastases"."""
        before = _NOT_PATIENT.sub("", self.doc.norm[self.start : self.tokens[group.first].start])
        after = self.doc.norm[self.tokens[group.last].end : self.end]
        return bool((_RELATIVE.search(before) and not _TOLD.search(before)) or _IN_RELATIVE.match(after))


FAMILY = family("metastasis", find)
