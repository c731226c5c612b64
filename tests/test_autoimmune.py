"""Autoimmune disease: activity, systemic treatment and exceptions.

Each case is a note (dated 2026-03-12, planned first dose 2026-03-16), the criterion and the verdict; the texts are written for these tests.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

Verdict = Callable[..., str]


@pytest.mark.parametrize(
    "note",
    [
        "No autoimmune disease.",
        "Autoimmune: nil",
        "No hx of autoimmune disorders.",
        "Denied history of autoimmune diseases.",
        "autoimmune disease (-)",
        "Autoimmune disease | No",
        "no known auto-immune conditions",
        "No personal history of autoimmunity",
        "AID: none",
        "No co-morbidities.",
        "SLE, quiescent, off all meds since 2018.",
        "Psoriasis, MTX stopped in 2019, clear since.",
        "RA in remission, no DMARD since 2020.",
        "Ulcerative colitis in his 20s, in remission, no treatment for 10 years.",
        "Sarcoidosis 2008, prednisolone for 6 months, resolved.",
        "Psoriasis, topical calcipotriol only, never systemic treatment.",
        "ITP in 2010 treated with steroids, platelets normal since, no treatment since 2011",
        "Hypothyroidism on thyroxine 75 mcg, stable.",
        "Hashimoto's thyroiditis on levothyroxine",
        "hypothyroid on T4 100 mcg, stable",
        "T1DM since age 14 on basal bolus",
        "type 1 diabetes mellitus on insulin pump",
        "childhood asthma, nil attacks since 10yo",
        "asthma as a child, grew out of it",
        "Eczema in childhood, none since.",
        "Graves disease 2009, radioiodine, now hypothyroid on thyroxine",
        "Immune-related hypothyroidism since Jan, euthyroid on levothyroxine.",
        "Type 1 DM. No other autoimmune disease.",
        "[x] HTN [ ] autoimmune disease [ ] ILD",
        "Behcet disease, last colchicine 2015, no flare since, off treatment.",
        "coeliac disease - gluten free diet only, no systemic treatment ever",
        "no autoimmune dz",
        "Autoimmune disease [ ] Y [x] N",
        "Nil autoimmune",
        "No history of autoimmune or rheumatological disease",
        "auto-immune diseases: denied",
        "Never had any autoimmune condition",
        "T1DM, well controlled; nothing autoimmune otherwise",
        "Hypothyroidism (post RAI for Graves 2012), stable on thyroxine",
        "psoriasis in remission, last methotrexate 2018",
        "childhood eczema, resolved",
        "Crohn's - surgery 2005, no medication since 2010, in remission",
        "SLE diagnosed 1998, off steroids for 12 years, quiescent",
        "ITP at age 12, resolved, no treatment since 1995",
        "vitiligo, never treated",
    ],
)
def test_autoimmune_passes(verdict: Verdict, note: str) -> None:
    assert verdict("E05.autoimmune", note) == "pass"


@pytest.mark.parametrize(
    "note",
    [
        "SLE on prednisolone 7.5 mg and HCQ.",
        "RA on MTX 15 mg weekly.",
        "Rheumatoid arthritis - methotrexate, last flare Jan 2026",
        "Crohn's disease on infliximab every 8 weeks",
        "Ulcerative colitis, flare 10/2025 treated with oral prednisolone.",
        "Myasthenia gravis, maintained on azathioprine 100 mg",
        "psoriasis, adalimumab stopped 6 months ago",
        "Dermatomyositis (Gottron papules, CK 2400), pred 20 mg",
        "DM with heliotrope rash, on prednisolone 30 mg daily.",
        "Active rheumatoid arthritis.",
        "ITP, eltrombopag and prednisone in 2025",
        "ankylosing spondylitis on etanercept",
        "MS, on ocrelizumab since 2022",
        "Autoimmune hepatitis on azathioprine + budesonide",
        "hypothyroidism on T4; also active lupus nephritis on MMF",
        "IgA nephropathy on prednisone 10 mg qd since 2025.",
        "Past: systemic lupus erythematosus 6 years, prednisone 5 mg + hydroxychloroquine 0.2 bid.",
        "Psoriasis (plaque, no arthropathy) - methotrexate 3 yrs, stopped June 2025",
        "SLE on HCQ 200 mg bd",
        "RA, adalimumab fortnightly",
        "Psoriatic arthritis on secukinumab",
        "UC - flare last October, prednisolone taper finished Dec 2025",
        "on mycophenolate for lupus nephritis",
        "polymyalgia rheumatica, prednisolone 7.5 mg",
        "Sjogren syndrome, active, hydroxychloroquine",
        "myasthenia gravis on pyridostigmine and prednisolone",
        "Takayasu arteritis; tocilizumab",
        "rheumatoid arthritis, MTX stopped August 2025",
    ],
)
def test_autoimmune_fails(verdict: Verdict, note: str) -> None:
    assert verdict("E05.autoimmune", note) == "fail"


@pytest.mark.parametrize(
    "note",
    [
        "SLE.",
        "Rheumatoid arthritis",
        "vitiligo",
        "Graves disease on carbimazole",
        "hyperthyroidism on methimazole",
        "T2DM on metformin",
        "gout, osteoarthritis",
        "SpO2 98% RA",
        "sats 97% on RA",
        "RA sats 99%",
        "FHx: SLE (sister)",
        "asthma on ICS",
        "pred 30mg x5/7 for COPD",
        "ANA 1:80",
        "DM on metformin, HbA1c 7.1",
        "Mother has rheumatoid arthritis on methotrexate.",
        "UC bladder 2010",
        "morphine sulfate (MS) 10 mg",
        "MS: alert and oriented",
        "Mg 0.8, 5 MG tablet",
        "allergic rhinitis",
        "dexamethasone 8 mg as antiemetic with cisplatin",
        "Risk of immune-related colitis and hepatitis explained.",
        "AS severe on echo",
        "?RA, rheum referral made",
        "psoriasis",
        "not on steroids or immunosuppressants",
        "RA, not on treatment at present",
        "psoriasis, quiescent, no treatment",
        "Known RA",
        "ankylosing spondylitis",
        "alopecia areata",
        "RF positive",
        "fibromyalgia",
        "gouty arthritis",
        "No steroid use",
        "eczema",
        "psoriasis, topical steroids",
        "Diabetes type 2",
        "sister with SLE",
        "Hyperthyroidism 2010",
        "IBS",
        "lupus anticoagulant positive",
        "suspected autoimmune hepatitis",
    ],
)
def test_autoimmune_stays_unknown(verdict: Verdict, note: str) -> None:
    assert verdict("E05.autoimmune", note) == "unknown"
