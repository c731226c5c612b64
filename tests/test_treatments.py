"""Treatments: given, planned, refused, and for which disease; what counts as prior (GUIDELINE I05, E01, E02)."""

from __future__ import annotations

from datetime import date

import pytest

from critex.criteria.examples import statements_of_text
from critex.extract.document import Document
from critex.extract.engine import Extractor
from critex.extract.families import load_family
from critex.extract.mention import Mention
from critex.features.facts import CONFLICT
from critex.features.patient import Patient

EXTRACTOR = Extractor((load_family("treatments"),))
INDEX = date(2026, 3, 16)


def mentions(text: str) -> list[Mention]:
    return EXTRACTOR.mentions(Document(text, "n", "p", date(2026, 3, 12)))


STATUS = {
    "s/p CCRT 2019 for NPC": {"present"},
    "Received first cycle of GP + tislelizumab on 02/03/2026": {"present"},
    "Palliative RT 20Gy/5# to T8 completed 28/2/26": {"present"},
    "已行2程GP方案化疗": {"present"},
    "Plan: GP + toripalimab": {"hypothetical"},
    "Palliative RT to T8 to start Monday": {"hypothetical"},
    "Rec: gem/cis, discussed nivolumab": {"hypothetical"},
    "拟行GP方案化疗": {"hypothetical"},
    "never received chemo, RT or immunotherapy": {"absent"},
    "She refused chemotherapy.": {"absent"},
    "Prior chemo: nil; RT: nil": {"absent"},
    "Prior anti-PD-1   [ ] Y  [x] N": {"absent"},
    "Pembrolizumab (wrong patient sticker)": {"absent"},
    "Brother on Keytruda for lung cancer": {"family"},
    "no prior anti-cancer Tx of any kind": {"absent"},
}


@pytest.mark.parametrize("text", STATUS)
def test_status_is_what_was_done(text: str) -> None:
    assert {m.assertion for m in mentions(text)} == STATUS[text]


@pytest.mark.parametrize(
    "text",
    ["PD-L1 TPS 60%", "Rt neck node 2 cm", "seen by his GP", "RT-PCR negative", "low back pain with radiation into the left leg", "HTN, no treatment", "no treatment for latent TB"],
)  # fmt: skip
def test_other_meanings_are_no_treatment(text: str) -> None:
    assert mentions(text) == []


def test_brands_codes_and_misspellings_become_the_generic_name() -> None:
    text = "had Keytruda, JS001, carrelizumab and cisplastin in 2024"
    assert [m.attributes.get("drug") for m in mentions(text)] == [
        "pembrolizumab",
        "toripalimab",
        "camrelizumab",
        "cisplatin",
    ]


CHECKPOINT = [
    "pembrolizumab",
    "Keytruda",
    "MK-3475",
    "nivolumab",
    "Opdivo",
    "BMS-936558",
    "ONO-4538",
    "cemiplimab",
    "Libtayo",
    "REGN2810",
    "dostarlimab",
    "Jemperli",
    "TSR-042",
    "retifanlimab",
    "Zynyz",
    "INCMGA00012",
    "toripalimab",
    "Tuoyi",
    "Loqtorzi",
    "JS001",
    "TAB001",
    "camrelizumab",
    "AiRuiKa",
    "SHR-1210",
    "sintilimab",
    "Tyvyt",
    "IBI308",
    "tislelizumab",
    "Tevimbra",
    "BGB-A317",
    "penpulimab",
    "Anniko",
    "AK105",
    "zimberelimab",
    "Yutuo",
    "GLS-010",
    "AB122",
    "serplulimab",
    "Hansizhuang",
    "HLX10",
    "pucotenlimab",
    "Puyouheng",
    "HX008",
    "finotonlimab",
    "SCT-I10A",
    "enlonstobart",
    "SG001",
    "atezolizumab",
    "Tecentriq",
    "MPDL3280A",
    "durvalumab",
    "Imfinzi",
    "MEDI4736",
    "avelumab",
    "Bavencio",
    "MSB0010718C",
    "envafolimab",
    "Enweida",
    "KN035",
    "sugemalimab",
    "Cejemly",
    "CS1001",
    "adebrelimab",
    "Airili",
    "SHR-1316",
    "benmelstobart",
    "Andewei",
    "TQB2450",
    "tagitanlimab",
    "KL-A167",
    "socazolimab",
    "ZKAB001",
    "ipilimumab",
    "Yervoy",
    "MDX-010",
    "BMS-734016",
    "tremelimumab",
    "Imjudo",
    "CP-675,206",
    "cadonilimab",
    "Kaitanni",
    "AK104",
    "ivonescimab",
    "Yidafang",
    "AK112",
    "KN046",
    "iparomlimab",
    "tuvonralimab",
    "Qibeian",
    "QL1706",
    "Opdualag",
    "toripalumab",
    "teriprizumab",
    "carrelizumab",
    "karelizumab",
    "sindilizumab",
    "tirelizumab",
    "pembrolizumib",
    "可瑞达",
    "帕博利珠单抗",
    "纳武利尤单抗",
    "特瑞普利单抗",
    "卡瑞利珠單抗",
    "信迪利单抗",
    "替雷利珠单抗",
    "派安普利单抗",
    "赛帕利单抗",
    "斯鲁利单抗",
    "普特利单抗",
    "菲诺利单抗",
    "恩朗苏拜单抗",
    "阿替利珠单抗",
    "度伐利尤单抗",
    "阿维鲁单抗",
    "恩沃利单抗",
    "舒格利单抗",
    "阿得贝利单抗",
    "贝莫苏拜单抗",
    "塔戈利单抗",
    "索卡佐利单抗",
    "伊匹木单抗",
    "替西木单抗",
    "卡度尼利单抗",
    "依沃西单抗",
]


@pytest.mark.parametrize("name", CHECKPOINT)
def test_every_checkpoint_inhibitor_of_the_list_is_known(name: str) -> None:
    (mention,) = mentions(f"received {name} in 2024")
    assert (mention.value, mention.assertion) == ("immunotherapy", "present")


@pytest.mark.parametrize(
    "name", ["denosumab", "tocilizumab", "omalizumab", "natalizumab", "thymosin alpha 1", "贝伐珠"]
)
def test_names_that_look_alike_are_no_checkpoint_inhibitors(name: str) -> None:
    assert not [m for m in mentions(f"received {name} in 2024") if m.value == "immunotherapy"]


def test_treatment_of_another_disease_is_said_to_be() -> None:
    (mention,) = mentions("Seminoma 1998: para-aortic RT")
    assert mention.attributes["disease"] == "other"


def states(feature: str, *notes: tuple[str, str], index: date = INDEX) -> set[str | None]:
    statements = [
        s
        for n, (day, text) in enumerate(notes)
        for s in statements_of_text(text, date.fromisoformat(day), "clinic note", f"n{n}")
    ]
    return {f.state for f in Patient("p", statements, index).facts(feature)}


def test_a_treatment_named_later_than_the_denial_counts() -> None:
    assert states(
        "prior_treatment",
        ("2026-01-05", "NPC, treatment-naive."),
        ("2026-02-20", "Treated with SRS on 20/01/2026 for NPC."),
    ) == {"given"}


def test_a_treatment_that_the_denial_contradicts_is_a_conflict() -> None:
    assert states(
        "prior_treatment", ("2026-01-05", "NPC, s/p CCRT 2019."), ("2026-02-20", "NPC, treatment-naive.")
    ) == {CONFLICT}


def test_treatment_on_the_index_date_is_not_prior() -> None:
    assert states(
        "prior_treatment",
        ("2026-03-12", "NPC. Treatment-naive."),
        ("2026-03-16", "NPC. C1 GP + toripalimab given today."),
    ) == {"none"}


def test_the_study_course_does_not_count() -> None:
    notes = (
        ("2025-11-05", "NPC. Never received radiotherapy or chemotherapy."),
        ("2026-03-01", "NPC. Study GP + toripalimab C1 2025-11-10, C4 completed."),
    )
    assert states("prior_treatment", *notes) == {"none"}


def test_no_treatment_for_this_cancer_does_not_decide_where_another_had_drugs() -> None:
    text = "NPC. He has had no treatment for this cancer. Hodgkin lymphoma 2021, treated with ABVD x6."
    assert states("prior_checkpoint", ("2026-03-12", text)) == set()
    assert states("prior_treatment", ("2026-03-12", text)) == {"none"}


def test_a_corrected_entry_is_no_exposure() -> None:
    notes = (
        ("2026-01-05", "NPC. Received nivolumab 2022."),
        ("2026-02-20", "Nivolumab 2022 belongs to another patient. He never had immunotherapy."),
    )
    assert states("prior_checkpoint", *notes) == {"none"}
