"""What a note says of a virus beside its result: whose it is, whether it is only asked for, known, doubted or lasting (GUIDELINE E07 to E09)."""

from __future__ import annotations

import re

from critex.extract.document import Document
from critex.extract.informants import relative_informs, turns_out_anothers
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS
from critex.extract.serology import Name
from critex.extract.subject import has_relative_clause

PLANNED = re.compile(
    r"\b(?:to (?:screen|check|send|do|repeat|add|chase|get|test)|check|recheck|screen|repeat|send|add|needs?|(?<!significant )(?<!positive )(?<!remarkable )(?<!notable )(?<!treated )(?<!known )(?<!followed )(?<!stable )for|await(?:ing)?|pending|request(?:ed)?|order(?:ed)?|arrange|plan|baseline|adv(?:ised|ise)?|advice|consider|before|prior to|incl(?:uding)?|monitor|chase|sent|please)\b[^.;\n]{0,60}$|[拟查]",
    FLAGS,
)
HIV_DISEASE = re.compile(
    r"infect|disease|positive|(?<=hiv)\s?\+|\+ve|\bart\b|haart|arv|biktarvy|dolutegravir|cd4|viral load|\bvl\b|undetectable|\bdx\b|diagnos|known|living|since|aids\b|plwh|denie|no h/o|no history|history of|status|患",
    FLAGS,
)
"""Words that make a bare "HIV" a disease; without them it is a test that somebody asks for."""
_OTHER_PERSON = re.compile(
    r"(?:^|[.;\n(]\s{0,3}|[:,]\s{1,3}(?=donor|source|index case)|\b(?:his|her|the|their)\s)(?:wife|husband|spouse|partner|girlfriend|boyfriend|fianc[eé]e?|mother|father|brother|sister|son|daughter|baby|newborn|infant|donor|source(?: patient)?|index case)(?:'s)?\s?"
    r"(?:(?::|-|is|was|were|has been|had|has|with|also|both|then|recently|tested|screened|blood|serology|tests?|results?)\s?){0,4}"
    r"(?:(?:hbsag|hbv(?: dna)?|hcv(?: ab| rna)?|hiv|anti-hcv|anti-hiv|anti-hbc|hep(?:atitis)? [bc]|syphilis|vdrl)\b[^.;,\n]{0,24}(?:,|&|\sand)\s(?:and\s)?){0,3}$",
    FLAGS,
)
"""Another person's tests: "Wife HBsAg neg, HIV neg", "Donor: HIV negative", "needle-stick: source patient HIV negative"."""
MISFILED = re.compile(
    r"[^.;\n]{0,80}?\b(?:(?:belong(?:s|ed|ing)?|pertain(?:s|ed|ing)?|refer(?:s|red)?) to (?:another|an?other|a different|some(?:one|body) else|the wrong|some other)|(?:is|was|are|were) (?:another|a different|some other|the wrong) (?:pt|patient|person)|(?:of|from) (?:another|a different|the wrong) (?:pt|patient|person)|(?:in|of) (?:(?:the|his|her) )?(?:donor|husband|wife|partner|source)|wrong (?:pt|patient)\b|(?:not|isn't|wasn't) (?:hers|his|this (?:pt|patient)))\b",
    FLAGS,
)
"""A result filed in the wrong notes, or another person's: "HBsAg neg (belongs to another patient)"."""
_ON_HIV_TREATMENT = re.compile(
    r"\s?[:(,-]{0,2}\s?(?:\+\s)?(?:(?:is |was |well |good |poor |now |stable |currently )?(?:on|under|started|takes|taking|off|restart\w*|resum\w*)\s(?:[\w/]+\s){0,2}?)?(?:art|arvs?|arv|haart|cart|tld|tle|biktarvy|bictegravir\S*|dolutegravir|(?-i:CD4)|dx|diagnosed|treatment|therapy|well[ -]controlled|controlled|(?:confirmed|proven)(?!\s(?:to be\s)?(?:neg|non)))\b",
    FLAGS,
)
_DIAGNOSES = re.compile(
    r"(?:^|[\n.;])\s{0,6}(?:\d{1,2}[.)]\s?)?(?:ass(?:essment|x)?|imp(?:ression)?|diagnos[ie]s|dx|problems?(?: list)?|pmhx?|pmx|past history|background|b/g|bg|u/l|underlying(?: illness(?:es)?)?|comorbid\w*|known|k/c/o|kco|with|new)\b[^.\n]{0,140}$",
    FLAGS,
)
"""Heads of a list of diagnoses."""


def names_infection(doc: Document, n: Name, start: int) -> bool:
    """Whether a bare "RVD" or "HIV" names the infection: among diagnoses, or beside its treatment; among tests it is one."""
    norm = doc.norm
    name = norm[n.start : n.end].lower()
    if name not in ("rvd", "hiv"):
        return False
    if _ON_HIV_TREATMENT.match(norm, n.end) and not PLANNED.search(norm, max(start, n.start - 80), n.start):
        return True
    if name != "rvd":
        return False
    if HIV_DISEASE.search(norm[max(start, n.start - 30) : n.end + 40]):
        return True
    if _TEST_BEFORE.search(norm, max(start, n.start - 40), n.start) or _TEST_AFTER.match(norm, n.end):
        return False
    return (
        doc.category_at(n.start) in ("history", "assessment")
        or _DIAGNOSES.search(norm[max(0, n.start - 160) : n.start]) is not None
    ) and not PLANNED.search(norm, max(start, n.start - 80), n.start)


_OTHER_TEST = r"(?:lfts?|fbc|cbc|inr|ptt?|aptt|coag\w*|clotting|u&?es?|u/e|ue|rfts?|rp|renal|tfts?|tsh|cortisol|lactate|hba1c|ecg|ekg|cxr|x-?ray|echo|hcg|b-?hcg|βhcg|vdrl|rpr|syphilis|g6pd|ebv(?:[ -]dna)?|hla|quantiferon|igra|toxo\w*|lipids|glucose|crp|ldh|bloods?|urin\w*|group and (?:screen|save)|g&s|gxm|(?:function|liver|thyroid) (?:profile|panel|tests?))"
_TEST_BEFORE = re.compile(
    rf"\b{_OTHER_TEST}(?:\s?[,/+&;]\s?(?:and\s)?|\s(?:and|as well as)\s)(?:(?:hep(?:atitis)?\.?\s?b|hbv)\s?(?:/|&|and|,)\s?)?$",
    FLAGS,
)
_TEST_AFTER = re.compile(
    rf"(?:\s?(?:/|&|,|\+|and|or)\s?(?:hep(?:atitis)?\.?\s?)?(?:c|hcv|hiv|b|hbv|rvd)\b){{0,3}}(?:\s?[,/+&]\s?(?:and\s)?|\sand\s){_OTHER_TEST}\b(?!\s?[:=(]?\s?(?:[<>~]?\d|normal|n\b|nad|ok|wnl|derang|abnormal|raised|elevated|high|low|stable|improv|rising|up\b|down\b|in\s\d|as\b|due\b))",
    FLAGS,
)
TREATED_OR_KNOWN = re.compile(
    r"\b(?:known|chronic|chron|active|carrier|treated|untreated|cured|past|previous|h/o|hx|history|infection|reactivation|entecavir|tenofovir|no|not|denie[sd]|without|never|nil|with|has|had)\b",
    FLAGS,
)


def among_tests(doc: Document, n: Name, start: int) -> bool:
    """Whether a virus stands in a list of tests that somebody asks for: "Hep B/C, LFT, INR"; not in one of diagnoses."""
    norm = doc.norm
    if not (_TEST_AFTER.match(norm, n.end) or _TEST_BEFORE.search(norm, max(start, n.start - 60), n.start)):
        return False
    line = doc.line_at(n.start)
    return (
        doc.category_at(n.start) not in ("history", "assessment", "family")
        and not TREATED_OR_KNOWN.search(norm, max(line.start, n.start - 24), n.end)
        and _DIAGNOSES.search(norm[max(line.start, n.start - 100) : n.start]) is None
    )


_OWNER = re.compile(
    r"\b(?:his|her|their|(?:the )?(?:patient|pt)'?s)\s(?:known |underlying |well[ -]controlled |poorly controlled |untreated |advanced )?$",
    FLAGS,
)
_TEST_WORDS = re.compile(
    r"\b(?:test\w*|result\w*|status|screen\w*|serolog\w*|check\w*|sent|send|repeat\w*|pending|await\w*|order\w*|negative|neg|done|report\w*|know|need\w*|want\w*|before|prior|chase|ask\w*|request\w*|require\w*|book\w*|tomorrow)\b",
    FLAGS,
)


def owned(doc: Document, n: Name, start: int) -> bool:
    """Whether the infection is said to be somebody's ("her HIV rules her out"), in a sentence that speaks of no test."""
    a, b = doc.segment_at(n.start)
    return (
        _OWNER.search(doc.norm, max(start, n.start - 40), n.start) is not None
        and _TEST_WORDS.search(doc.norm, max(a, start), b) is None
    )


_TOLD = re.compile(
    r"\b(?:told|informed)\s(?:(?:the )?(?:pt|patient)|(?P<her>her)|(?P<him>him))\s(?:that\s)?\"?(?:(?P<she>she)|(?P<he>he)|the (?:pt|patient))\s\"?(?:has|had|is|was|carries|carried|got)\s(?:an?\s|known\s)?(?:chronic\s)?$",
    FLAGS,
)
"""A relative's words about the patient: "mother told her she has ..."; "wife told him she has ..." is about the wife."""
_DOUBTED = re.compile(
    r"\s?\?(?=\s*(?:$|[\n,;.)–-]|\d{1,2}[.)]|[a-z]))(?!\s{0,3}(?:no|nil|none|yes|y|n|never|denie[sd]|not)\b)", FLAGS
)
"""A question mark behind a diagnosis that nobody answers."""
_RELATIVE = re.compile(
    r"\b(?:mother|father|brother|sister|husband|wife|partner|spouse|son|daughter|uncle|aunt|mum|mom|dad)(?:'s)?\s?(?:is |was |has |had )?(?:\([^()\n]{0,40})?$",
    FLAGS,
)
_NO = re.compile(r"\b(?:no|not|denie[sd]|without|nil|never)\b[^.;\n]{0,30}$", FLAGS)
_TOXICITY = re.compile(
    r"\b(?:pneumonitis|colitis|ir-?AEs?|immune-?related|endocrin\w+|toxicit\w+|side effects?|adverse)\b", FLAGS
)
_LATER_POSITIVE = re.compile(
    r"\s?\(?(?:in )?(?:\w{3,9} )?(?:19|20)\d\d\)?\s?[,;]\s?(?:but |and |now |then ){0,2}(?:detected|positive|pos|reactive)\b(?! in the (?:donor|husband|wife))",
    FLAGS,
)
"""A later result behind an earlier negative one: "HCV RNA not detected 2019, detected 2026"."""
_TALKED_OF = re.compile(r"\b(?:discuss\w*|explain\w*|counsel\w*|consent\w*|risks?|tox\b|warned|aware)\b", FLAGS)
_LASTING = re.compile(r"chron|known|three[ -]positive|3[ -]positive|[大小]三", re.I)
_ACTIVE_AFTER = re.compile(r"\s?[,(]?\s?(?:is\s)?(?:active|untreated|viraemic|viremic|treatment[ -]na[iï]ve)\b", re.I)
"""A hepatitis C that is active, or not yet treated, is an infection now."""
_WATCHED = re.compile(r"\s?(?:monitoring|surveillance|prophylaxis|risk|prevention|cover)\b", FLAGS)


def as_spoken_of(doc: Document, m: Mention, start: int, in_list: bool) -> None:
    """Whose disease it is, whether it is only a risk or a screen, and what "chronic" and "carrier" say of the virus; in place."""
    norm = doc.norm
    before, words = norm[max(start, m.start - 80) : m.start], norm[m.start : m.end]
    if (m.result is not None or m.number is not None) and (
        _OTHER_PERSON.search(norm, max(start, m.start - 110), m.start)
        or MISFILED.match(norm, m.end, doc.line_at(m.start).end)
    ):
        m.assertion = "family"
        return
    if m.result == "negative" and (later := _LATER_POSITIVE.match(norm, m.end)) is not None:
        m.end, m.result, m.assertion = later.end(), "positive", "present"
        if days := doc.dates_between(later.end(), later.end() + 12):
            m.date, m.date_source = days[0].when.iso, "text"
    if m.assertion in (None, "present", "absent") and turns_out_anothers(doc, m.end):
        m.assertion = "family"
        return
    if (
        m.assertion is None
        and m.value in ("hbv", "hcv", "disease")
        and relative_informs(doc, m.start)
        and not _NO.search(before)
    ):
        m.assertion = "present"
    told = _TOLD.search(norm, max(start, m.start - 80), m.start) if m.value in ("hbv", "hcv", "disease") else None
    if m.assertion in (None, "present") and has_relative_clause(doc, m.start):
        m.assertion = "family"
        return
    if told is not None and not (told["her"] and told["he"]) and not (told["him"] and told["she"]):
        m.assertion = "present"
    if m.value in ("hbv", "hcv", "hbsag") and _RELATIVE.search(before) and doc.category_at(m.start) != "family":
        m.assertion = "family"
    if (
        m.value == "hbsag"
        and m.result is None
        and (carrier := re.compile(r"\s(?:carrier|\+)", re.I).match(norm, m.end))
    ):
        m.end, m.result = carrier.end(), "positive"
        m.assertion = None if m.assertion == "hypothetical" else m.assertion
    doubt = _DOUBTED.match(norm, m.end) if m.assertion is None and m.result is None else None
    if doubt is not None and m.value in ("hbv", "hcv", "hav", "hepatitis_other"):
        m.end, m.assertion = doubt.end(), "possible"
        return
    if m.value in ("hbv", "hcv") and m.result is None and _LASTING.search(words) and not _NO.search(before):
        m.result = "positive"
    if (
        m.value == "hcv"
        and m.result is None
        and m.assertion != "family"
        and _ACTIVE_AFTER.match(norm, m.end)
        and not _NO.search(before)
    ):
        m.result = "positive"
    segment = norm[slice(*doc.segment_at(m.start))]
    if m.value == "hepatitis_other" and (
        (_TOXICITY.search(segment) and _TALKED_OF.search(segment)) or (in_list and PLANNED.search(before))
    ):
        m.assertion = "hypothetical"
    if m.value == "hbv" and "reactivation" in words.lower() and _WATCHED.match(norm, m.end):
        m.assertion, m.result = "hypothetical", None
