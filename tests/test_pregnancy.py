"""Pregnancy, breastfeeding and what excludes them.

Each case is a note (dated 2026-03-12, planned first dose 2026-03-16), the criterion and the verdict; the texts are written for these tests.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

Verdict = Callable[..., str]


@pytest.mark.parametrize(
    "note",
    [
        "M/52 with NPC",
        "44F, UPT negative",
        "38F, urine pregnancy test neg 3/3",
        "61F, postmenopausal",
        "Mdm Lee 58, menopause at 51",
        "45F s/p hysterectomy",
        "39F, BTL done 2015",
        "36F, not pregnant, not breastfeeding",
        "F/41, beta-hCG <1 IU/L",
        "33F serum hCG negative",
        "47F TAHBSO 2019",
        "F/55 post-menopausal since 2020",
        "35F. Pregnancy test (-)",
        "42F, UPT -ve",
        "50F LMP 3 years ago, menopausal",
        "female 40, 尿妊娠试验(-)",
        "60 year old woman, last period 10 years ago, postmenopausal",
        "F, sterilised 2010",
        "hCG 0.6 mIU/mL, 35-year-old female",
        "Pt is a 37 yo female. Denies pregnancy or lactation.",
        "29F: neither pregnant nor lactating",
        "Mr Lim, wife 20 weeks pregnant",
        "41F, hysterectomy for fibroids 2018",
        "52F amenorrhoea 4 years, postmenopause",
        "Mr K, 60",
        "52-year-old gentleman",
        "She is 62, menopause 12 years ago",
        "F 49 s/p TAH-BSO",
        "45F, urine PT negative",
        "pregnancy test: negative (female, 31)",
        "30F: UPT: NEG",
        "29F Urine hCG neg",
        "44F. Hysterectomised 2015.",
        "Mdm Tan, 57, PMP",
        "50F no periods for 3 years, postmenopausal",
        "39F, tubes tied",
        "woman of 36, pregnancy excluded by test",
        "35F, Pregnant: No. Breastfeeding: No.",
        "F/34 not pregnant or breastfeeding",
        "28F b-HCG <2",
        "33F, serum pregnancy test negative on 10/3",
        "LADY 55 YRS. MENOPAUSE ATTAINED 6 YRS BACK",
    ],
)
def test_pregnancy_passes(verdict: Verdict, note: str) -> None:
    assert verdict("E13.pregnancy", note) == "pass"


@pytest.mark.parametrize(
    "note",
    [
        "34F, 14 weeks pregnant",
        "30F breastfeeding 3/12 old baby",
        "UPT positive, 29F",
        "32F planning pregnancy next year",
        "31F, hopes to conceive this year",
        "28 yo female G2P1 at 20 weeks gestation",
        "36F currently lactating",
        "F/33 beta-hCG 2400 IU/L",
        "40F UPT negative but still breastfeeding",
        "26F, IUP 12 weeks",
        "27F who is pregnant",
        "35F, nursing an infant",
        "29F pregnancy test POSITIVE",
        "33F trying for a baby",
        "36F wishes to become pregnant after treatment",
        "lactating mother, 30 y F",
    ],
)
def test_pregnancy_fails(verdict: Verdict, note: str) -> None:
    assert verdict("E13.pregnancy", note) == "fail"


@pytest.mark.parametrize(
    "note",
    [
        "57F with NPC",
        "35F LMP 2/12 ago",
        "F/40, G2P2, last delivery 2015",
        "38F, pregnancy test pending",
        "F/36 pregnancy test to be done before C1",
        "39F IUCD in situ",
        "female, advised contraception",
        "45F daughter is pregnant",
        "38F perimenopausal",
        "41F LMP 2026-03-01",
        "34F, ?pregnant",
        "37F premenopausal",
        "38F UPT not done",
        "33F on OCP",
        "45F irregular periods",
        "F/44, last child 8 yrs",
        "31F. Pregnancy test before each cycle.",
        "37F contraception discussed, must not become pregnant",
        "29F, LMP 3 weeks ago, sexually active",
    ],
)
def test_pregnancy_stays_unknown(verdict: Verdict, note: str) -> None:
    assert verdict("E13.pregnancy", note) == "unknown"


def test_the_latest_test_counts(verdict: Verdict) -> None:
    early, late = date(2026, 2, 2), date(2026, 3, 9)
    assert verdict("E13.pregnancy", (early, "34F, UPT positive"), (late, "UPT negative after miscarriage")) == "pass"
    assert verdict("E13.pregnancy", (early, "34F, UPT negative"), (late, "UPT positive")) == "fail"
