"""Performance status: ECOG (WHO, OMS, Zubrod) and Karnofsky (GUIDELINE I03; domain.md I3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from critex.extract.dates import DateMention
from critex.extract.dating import nearest_in_segment
from critex.extract.document import Document
from critex.extract.event_dates import set_date
from critex.extract.family import Family, FamilyHits
from critex.extract.forms import answer_after, box_before
from critex.extract.mention import Mention
from critex.extract.patterns import FLAGS, Rule, group_span, load_rules, load_yaml
from critex.extract.successive import Successive, day_beside, first_dated, series_from
from critex.extract.trial_text import is_requirement

_NUMBERS = {"zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "I": "1", "II": "2", "III": "3", "IV": "4"}
_BOUNDS = {"<=": "0-{}", "=<": "0-{}", "≤": "0-{}", "<": "0-{}", ">=": "{}-4", "≥": "{}-4", ">": "{}-4"}
_STRICT = frozenset({"<", ">"})
_BOX = r"(?:\[\s?(?P<tick>[xX✓√✔]?)\s?\]|(?P<full>[☑☒✔✓√])|[☐□])"
_OPTION = r"(?P<name>(?:(?:ecog|PS)\s?)?(?P<v>[0-4](?:\s?-\s?[0-4])?))(?![\w/.])"
_BEFORE = re.compile(rf"{_BOX}\s{{0,2}}{_OPTION}", FLAGS)
_AFTER = re.compile(rf"{_OPTION}\s{{0,2}}{_BOX}(?!\s?(?:y|n|yes|no)\b)", FLAGS)
_OPTION_LINE = re.compile(rf"\s*{_BOX}\s{{0,2}}{_OPTION}", FLAGS)
_ANY_BOX = re.compile(r"\[\s?[xX✓√✔]?\s?\]|[☐□☑☒✔✓√]")
_CIRCLED = re.compile(r"(?<![\d/])\(([0-4])\)(?=\s?[/,\s]\s?[0-4(])|(?<=[0-4])\s?[/,\s]\s?\(([0-4])\)", FLAGS)
_NEAR_BEFORE = re.compile(r"[\s:)|-]{0,4}(?:(?:was|is)\s)?", FLAGS)
_NEAR_AFTER = re.compile(r"[\s(,|-]{0,3}(?:(?:on|in|as of|dated|at|since|seen)\s)?[\s(]?", FLAGS)
_HIS_OWN = re.compile(
    r"[^\n.;]{0,16}[;,.]\s(?:but\s)?(?:his|hers|(?:he|she|pt|patient) is|currently|now|today)\s(?:is\s|at\s)?(?:ECOG\s|PS\s)?(?P<v>[0-4])(?![\w/.-])",
    FLAGS,
)
"""The patient's score behind what a trial asks: "needs ECOG 0-1; his is 2"."""
_WORKSHEET = re.compile(
    r"\s{0,80}(?:\[\s?[xX✓√✔]?\s?\]|[☐□☑☒✔✓√])\s?(?:Y(?:es)?|N(?:o)?)\b\s{0,12}(?:\[\s?[xX✓√✔]?\s?\]|[☐□☑☒✔✓√])\s?(?:Y(?:es)?|N(?:o)?)\b"
    r"[^\n]{0,30}?(?<![\w/.-])(?P<v>[0-4])(?![\w/.-])",
    FLAGS,
)
"""Boxes for yes and no behind a limit, and the score that someone wrote behind them."""
_FURTHER = {
    "ECOG": re.compile(r"(?<![\w./%-])(?P<v>[0-4](?:\s?-\s?[0-4])?)(?![A-Za-z\d%/]|\.\d|-\d|\s?[月日])分?", FLAGS),
    "KPS": re.compile(
        r"(?<![\w./-])(?P<v>(?:100|[1-9]0)(?:\s?-\s?(?:100|[1-9]0))?)(?![A-Za-z\d/]|\.\d|\s?[月日])\s?[%分]?", FLAGS
    ),
}
"""A further score of a series, whose name is not said again."""
_TREND = re.compile(r"[0-4](?:\s?,\s?(?:and\s)?[0-4]){1,6}(?![\w/%-]|\.\d)", FLAGS)
_TREND_NAMED = re.compile(r"\b(?:trend|course|over time|trajectory|development)\b", FLAGS)
"""A list of scores that is said to go in order of time: "ECOG trend: 2, 2, 1"."""
_MONTH_SCORE = re.compile(
    r"(?-i:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]{0,6}\s(?P<v>[0-4])(?![\d/.%-])", FLAGS
)
_MONTH_LIST = re.compile(
    rf"(?:{_MONTH_SCORE.pattern.replace('?P<v>', '')}[,;]\s){{2,}}{_MONTH_SCORE.pattern.replace('?P<v>', '')}", FLAGS
)
_VISIT = re.compile(
    r"\b(?:clinic|seen|review(?:ed)?|visit|ward round|w/r|consult\w*|progress|entry|opd|attended|follow[- ]?up)\b",
    FLAGS,
)


@dataclass(frozen=True)
class _Words:
    """Words around a score, from the ``words`` of ``patterns/performance.yaml``."""

    past_before: re.Pattern[str]
    assessed: re.Pattern[str]
    past_after: re.Pattern[str]
    was: re.Pattern[str]
    now: re.Pattern[str]
    today: re.Pattern[str]
    arrow: re.Pattern[str]
    stale: re.Pattern[str]
    trial: re.Pattern[str]
    family: re.Pattern[str]
    said_then: re.Pattern[str]
    said_now: re.Pattern[str]
    of_relative: re.Pattern[str]
    own: re.Pattern[str]


@cache
def _words() -> _Words:
    content = load_yaml("performance.yaml")["words"]
    return _Words(**{str(k): re.compile(str(v), FLAGS) for k, v in content.items()})


def score_value(text: str, karnofsky: bool = False) -> str:
    """Score as the guideline writes it: ``1``, ``0-1`` ("0 or 1", "0/1", "<= 1"); "2/4", two out of four, is ``2``.

    A bound on Karnofsky's scale keeps its number: it has no range of its own.
    """
    text = text.strip()
    m = re.match(r"(<=|>=|=<|≤|≥|<|>)?\s?(.+)$", text)
    assert m is not None  # noqa: S101 - the rule has matched it
    bound, rest = m[1], m[2]
    parts = [_NUMBERS.get(p, _NUMBERS.get(p.lower(), p)) for p in re.split(r"\s?%?\s?(?:-|/|to|or|and|~)\s?", rest)]
    if len(parts) == 2 and "/" in rest and not karnofsky and int(parts[1]) - int(parts[0]) != 1:
        parts = parts[:1]
    if bound and len(parts) == 1 and not karnofsky:
        limit = int(parts[0]) + (0 if bound not in _STRICT else -1 if bound == "<" else 1)
        return _BOUNDS[bound].format(limit) if 0 < limit < 4 else str(max(0, min(4, limit)))
    return "-".join(parts)


def _find(doc: Document, hits: FamilyHits) -> list[Mention]:
    out: list[Mention] = []
    boxed: list[Mention] = []
    for index in sorted({doc.line_index(m.start()) for _, m in hits.of("performance.form")}):
        options = _form(doc, index)
        boxed.extend(options)
        if any(o.assertion == "present" for o in options):
            out.extend(options)  # a form that nobody filled in is silence, and its numbers are no scores
    for rule, m in hits.of("performance.change", "performance.kps_change"):
        for name, temporality in (("from", "past"), ("to", "current")):
            start, end = group_span(m, name) or m.span()
            out.append(_stated(doc, start, end, rule.label, doc.norm[start:end], rule, temporality))
    changes = [(m.start(), m.end()) for _, m in hits.of("performance.change", "performance.kps_change")]
    for rule, m in hits.of("performance.log", "performance.kps_log"):
        if series := _log(doc, rule, m.end()):
            out.extend(_of_series(doc, rule, series))
            changes.append((m.start(), series[-1].end))
    for rule, m in hits.of("performance.ecog", "performance.kps"):
        span = group_span(m, "value")
        if span is None or any(b.start < m.end() and m.start() < b.end for b in boxed):
            continue
        if any(a < m.end() and m.start() < b for a, b in changes):
            continue
        out.extend(_scores(doc, rule, m.start(), m.end(), span))
    for mention in out:
        if mention.date is None and not _has_own_day(doc, mention, out):
            _date(doc, mention)
    _by_occasion(doc, out)
    return out


def _by_occasion(doc: Document, found: list[Mention]) -> None:
    """Of several scores of a paragraph, the one "at present" makes the others past, and one "at referral" is past beside one without such a word."""
    words = _words()
    for label in ("ECOG", "KPS"):
        scores = [m for m in found if m.label == label and m.assertion == "present" and m.temporality == "current"]
        now = [m for m in scores if words.said_now.search(doc.norm, m.start, m.end)]
        then = [m for m in scores if words.said_then.search(doc.norm, m.start, m.end)]
        for m in scores if now else then if len(then) < len(scores) else ():
            near = now or [x for x in scores if x not in then]
            line = doc.line_at(m.start)
            if m not in now and any(line.start <= x.start < line.end for x in near):
                m.temporality = "past"


def _log(doc: Document, rule: Rule, at: int) -> list[Successive]:
    """Scores of a log, each behind its day: "ECOG log: 12/3 - 1; 9/4 - 2"; of a trend whose end is told: "ECOG trend: 2, 2, 1 (today)"."""
    if (months := _MONTH_LIST.match(doc.norm, at)) is not None:  # "Feb 1, Mar 1, Apr 2" are no days
        scores = [(at + m.start("v"), at + m.end("v")) for m in _MONTH_SCORE.finditer(months.group())]
        return [Successive(*span, superseded=span != scores[-1]) for span in scores]
    if (trend := _TREND.match(doc.norm, at)) is not None and _TREND_NAMED.search(doc.norm, max(0, at - 50), at):
        scores = [(at + m.start(), at + m.end()) for m in re.finditer(r"[0-4]", trend.group())]
        return [Successive(*span, superseded=span != scores[-1]) for span in scores]
    first = first_dated(doc, at, _FURTHER[rule.label], doc.line_at(at).end)
    if first is None:
        return []
    return series_from(doc, first.start, first.end, _FURTHER[rule.label], doc.line_at(at).end) or [first]


def _of_series(doc: Document, rule: Rule, series: list[Successive], start: int | None = None) -> list[Mention]:
    """A mention a score of a series: those that a newer one follows are past, and each has the day beside it."""
    found: list[Mention] = []
    for v in series:
        written = _FURTHER[rule.label].match(doc.norm, v.start)
        value = score_value(written["v"] if written else doc.norm[v.start : v.end], rule.label == "KPS")
        mention = _stated(doc, v.start, v.end, rule.label, value, rule, "past" if v.superseded else "current")
        if not found and start is not None:
            mention.start = start
        if v.when is not None:
            set_date(mention, v.when)
        elif doc.note_date is not None:
            mention.date, mention.date_source = doc.note_date.isoformat(), "note"
        found.append(mention)
    return found


def _scores(doc: Document, rule: Rule, start: int, end: int, span: tuple[int, int]) -> list[Mention]:
    """A score, and what it was before or is now where that stands beside it."""
    norm, words = doc.norm, _words()
    written = norm[slice(*span)]
    ecog = rule.label == "ECOG"
    if norm[end - 1] == ")" and "(" not in norm[start:end]:
        end -= 1
    mention = Mention(start, end, rule.label, score_value(written, not ecog), rule.id)
    bounded = written.strip()[:1] in "<>≤≥="
    ranged = bounded or "-" in str(mention.value)
    seg_start = doc.segment_at(start)[0]
    line = doc.line_at(start)
    box = box_before(norm, start, line.start) if ranged else None
    answer = answer_after(norm, end, line.end) if ranged else None
    if box is not None:
        mention.assertion = "present" if box == "ticked" else "absent"
    elif answer is not None:
        mention.assertion = "present" if answer[0] == "yes" else "absent"
    elif (
        bounded
        or is_requirement(doc, start, end, strict=not ranged)
        or (ranged and words.trial.search(norm, max(seg_start, start - 140), start))
    ):
        mention.assertion = "hypothetical"
    elif (
        words.family.search(norm, max(seg_start, start - 40), start)
        or doc.category_at(start) == "family"
        or words.of_relative.search(norm, max(seg_start, start - 90), start)
    ):
        mention.assertion = "family"
    elif norm[max(0, start - 2) : start].strip() == "?":
        mention.assertion = "possible"
    else:
        mention.assertion = "present"
    mention.temporality = "current"
    if (
        words.past_before.search(norm, max(seg_start, start - 30), start)
        and not words.assessed.search(norm, max(seg_start, start - 70), start)
    ) or words.past_after.match(norm, end):
        mention.temporality = "past"
    if words.stale.match(norm, end):
        mention.attributes["worse_since"] = True
    found = [mention]
    if ranged and ecog and mention.assertion == "hypothetical" and (m := _HIS_OWN.match(norm, end, line.end)):
        return [mention, _stated(doc, m.start("v"), m.end("v"), "ECOG", m["v"], rule, "current")]
    if ranged and ecog and (m := _WORKSHEET.match(norm, end, line.end)):
        # a row of a worksheet: the box answers the limit, the number at its end is the score
        mention.assertion = "hypothetical"
        found.append(_stated(doc, m.start("v"), m.end("v"), "ECOG", m["v"], rule, "current"))
        return found
    if ecog and mention.assertion in ("present", "family") and (m := words.own.match(norm, end, line.end)):
        mention.assertion = "family"
        return [mention, _stated(doc, m.start("v"), m.end("v"), "ECOG", m["v"], rule, "current")]
    if mention.assertion == "present" and (series := series_from(doc, span[0], end, _FURTHER[rule.label], line.end)):
        return _of_series(doc, rule, series, start)
    if ecog and mention.assertion == "present":
        if m := words.was.match(norm, end):
            name = next(n for n in ("v", "v2", "v3") if m[n])
            found.append(_stated(doc, m.start(name), m.end(name), "ECOG", m[name], rule, "past"))
            mention.temporality = "current"
        elif (
            (m := words.arrow.match(norm, end))
            or (m := words.now.match(norm, end, min(line.end, end + 96)))
            or (m := words.today.match(norm, end, min(line.end, end + 110)))
        ):
            found.append(_stated(doc, m.start("v"), m.end("v"), "ECOG", m["v"], rule, "current"))
            mention.temporality = "past"
    return found


def _stated(doc: Document, start: int, end: int, label: str, value: str, rule: Rule, temporality: str) -> Mention:
    return Mention(
        start, end, label, value, rule.id, assertion="present", temporality=temporality, priority=rule.priority
    )


def _has_own_day(doc: Document, mention: Mention, found: list[Mention]) -> bool:
    """Give one of several scores of a line the day beside it: "ECOG 2 by the nurse on 12 May, but on 14 May ECOG 1"."""
    line = doc.line_at(mention.start)
    beside = [m for m in found if m.label == mention.label and line.start <= m.start < line.end and m is not mention]
    if not beside:
        return False
    low = max([line.start, *(m.end for m in beside if m.end <= mention.start)])
    limit = min([line.end, *(m.start for m in beside if m.start >= mention.end)])
    when = day_beside(doc, mention.start, mention.end, _FURTHER[mention.label], low, limit)
    set_date(mention, when)
    return when is not None


def _date(doc: Document, mention: Mention) -> None:
    """Date a score by a date that stands right beside it or heads its line, else by its heading or note.

    A date elsewhere in the sentence is that of a scan or a biopsy: "biopsy 02/01/26, ECOG 2" is the score of the day of the note.
    """
    norm = doc.norm
    near = nearest_in_segment(doc, mention.start, mention.end)
    if near is not None:
        line = doc.line_at(mention.start)
        beside = (
            _NEAR_BEFORE.fullmatch(norm, near.end, mention.start)
            if near.end <= mention.start
            else near.start < mention.end or _NEAR_AFTER.fullmatch(norm, mention.end, near.start)
        )
        heads = near.end <= mention.start and not norm[line.start : near.start].strip(" -*(\t")
        if beside or heads:
            return  # the common pass takes it
    visit = _visit_date(doc, mention.start)
    if visit is not None:
        mention.date, mention.date_source = visit.when.iso, "heading"
    elif doc.note_date is not None:
        mention.date, mention.date_source = doc.note_date.isoformat(), "note"


def _visit_date(doc: Document, position: int) -> DateMention | None:
    """Date of the nearest line above that heads an entry: "Clinic 02/03/26", or a date alone; a date of results is none."""
    for line in reversed(doc.lines[max(0, doc.line_index(position) - 25) : doc.line_index(position)]):
        if line.end - line.start > 80:
            continue
        dates = doc.dates_between(line.start, line.end)
        if dates and (
            _VISIT.search(doc.norm, line.start, line.end)
            or not re.sub(r"\W", "", doc.norm[line.start : dates[0].start] + doc.norm[dates[0].end : line.end])
        ):
            return dates[0]
    return None


def _form(doc: Document, index: int) -> list[Mention]:
    """Options of a form: the ticked one is present, the others of a form that was filled in are absent."""
    norm, line = doc.norm, doc.lines[index]
    text = norm[line.start : line.end]
    options = [(line.start, m) for m in _row_options(text)]
    if not options:
        for below in doc.lines[index + 1 : index + 7]:
            m = _OPTION_LINE.match(norm[below.start : below.end])
            if m is None:
                break
            options.append((below.start, m))
    if not options and (circled := _CIRCLED.search(text)) and re.search("circle", text, re.I):
        k = 1 if circled[1] else 2
        start, end = line.start + circled.start(k), line.start + circled.end(k)
        return [Mention(start, end, "ECOG", circled[k], "performance.form", assertion="present", temporality="current")]
    out = []
    for offset, m in options:
        start, end = m.span("name") if m["name"] != m["v"] else m.span()
        out.append(
            Mention(
                offset + start, offset + end, "ECOG", re.sub(r"\s", "", m["v"]), "performance.form",
                assertion="present" if _ticked(m) else "absent", temporality="current",
            )
        )  # fmt: skip
    return out


def _row_options(text: str) -> list[re.Match[str]]:
    first_box, first_number = _ANY_BOX.search(text), re.search(r"(?<![\w/.])[0-4](?![\w/.])", text)
    if first_box is None or first_number is None:
        return []
    trailing = first_number.start() < first_box.start()
    found = list((_AFTER if trailing else _BEFORE).finditer(text))
    return (
        [] if len(found) == 1 and "-" in found[0]["v"] else found
    )  # "[x] ECOG 0-1" is a criterion, not a list of options


def _ticked(m: re.Match[str]) -> bool:
    return bool((m["tick"] or "").strip() or m["full"])


FAMILY = Family("performance", load_rules("performance.yaml"), _find)
