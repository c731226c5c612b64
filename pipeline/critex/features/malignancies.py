"""Other cancers against the five-year limit (GUIDELINE E04; domain.md E4)."""

from __future__ import annotations

from dateutil.relativedelta import relativedelta

from critex.features.derive import derivation
from critex.features.facts import OWN_DATES, Fact
from critex.features.patient import Patient, as_fact

EXCEPTED = frozenset({"bcc", "skin_scc", "cervix_in_situ"})
YEARS = 5


@derivation("other_malignancy")
def other_malignancy(patient: Patient) -> list[Fact]:
    """One fact a statement: ``recent`` (within five years, or still treated), ``old``, ``excepted`` (treated, of an excepted kind), ``undated`` or ``none``.

    Statements about the same kind of cancer are judged together: a dated one tells when the others were.
    """
    index = patient.index_date
    groups: dict[str, list[Fact]] = {}
    out: list[Fact] = []
    for s in patient.labelled("MALIGNANCY"):
        if s.value == "any" and s.assertion == "absent":
            out.append(as_fact("other_malignancy", s, "none"))
        elif s.assertion == "present":
            kind = str(s.attributes.get("kind"))
            groups.setdefault(kind if kind in EXCEPTED else f"{kind}:{_site(s.text)}", []).append(
                as_fact("other_malignancy", s, None)
            )
    for facts in groups.values():
        statements = [f.statements[0] for f in facts]
        kind = str(statements[0].attributes.get("kind"))
        dated = [s for s in statements if s.date_source in OWN_DATES and s.when is not None]
        state = "undated"
        if kind in EXCEPTED and any(s.attributes.get("treated") for s in statements):
            state = "excepted"
        elif any(s.attributes.get("ongoing") for s in statements):
            state = "recent"
        elif dated and index is not None:
            limit = index - relativedelta(years=YEARS)
            last = max(dated, key=lambda s: s.when.last)  # type: ignore[union-attr]
            assert last.when is not None  # noqa: S101
            state = "old" if last.when.last < limit else "recent" if last.when.first >= limit else "undated"
        out.extend(
            Fact(
                "other_malignancy", state, f.statements, when=f.when, date_source=f.date_source, attributes=f.attributes
            )
            for f in facts
        )
    return out


def _site(text: str) -> str:
    return "".join(
        sorted(
            w[:5]
            for w in text.lower().replace(".", "").split()
            if w not in ("ca", "cancer", "carcinoma", "of", "the", "left", "right")
        )
    )
