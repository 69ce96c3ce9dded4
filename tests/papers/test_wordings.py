"""The wording of papers: the house's, an estate's own, and the way back; what was issued stays as it was."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from components.papers.printing import pdf, refuse_unprintable
from db.audit import Audit
from db.papers import contents, handing_out, issuing, wordings
from db.papers.desk_papers import COMPLAINT, VISIT, WORK_ORDER
from db.papers.tables import PaperWording
from db.papers.wordings import LINE, Wording
from db.people import SYSTEM
from db.refused import Conflict, Refused
from db.session import reading, writing
from tests.builders import a_complaint, an_estate, an_office
from tests.papers.made import words

pytestmark = pytest.mark.usefixtures("engine")
OWN = Wording("投诉受理表", "", (), "{customer} 您好，我们会在 {promised_on} 前答复您。")


@pytest.fixture
def office():
    return an_office()


def change(s, office, wording=OWN, kind=COMPLAINT, **told):
    wordings.change(s, office.estate.id, kind, wording, refuse=refuse_unprintable, **told)


@pytest.mark.requirement("X6")
def test_the_house_has_its_wording_until_an_estate_gives_its_own(office):
    with writing(SYSTEM) as s:
        other = an_estate(s)
    with writing(office.director) as s:
        assert wordings.wording_of(s, office.estate.id, COMPLAINT) == wordings.of_the_house("complaint_form")
        change(s, office)
    with reading(office.director) as s:
        held = wordings.wording_of(s, office.estate.id, COMPLAINT)
        assert (held.texts(), held.version) == (OWN.texts(), 1)
        assert wordings.wording_of(s, other.id, COMPLAINT).version == 0
        assert [(each.version, each.house, each.by) for each in wordings.versions(s, office.estate.id, COMPLAINT)] == [
            (1, False, "郑主任")
        ]
        entry = s.scalars(select(Audit).where(Audit.table_name == "paper_wordings")).one()
        assert (entry.act, entry.ground, entry.before, entry.after) == (
            "changed", "投诉处理单", {"version": 0}, {"version": 1})  # fmt: skip


def test_what_was_issued_keeps_its_wording(office):
    with writing(office.desk) as s:
        case = a_complaint(s, office, customer_id=office.customer.id)
        before = issuing.issue(s, "complaint_form", case.id, pdf)
    as_issued = handing_out.opened(office.desk, before.id)
    with writing(office.director) as s:
        change(s, office)
    with writing(office.desk) as s:
        after = issuing.issue(s, "complaint_form", case.id, pdf)
    assert handing_out.opened(office.desk, before.id) == as_issued
    assert "投诉受理表" not in words(as_issued[1])
    said = words(handing_out.opened(office.desk, after.id)[1])
    for each in ("投诉受理表", f"吴学文您好，我们会在{LINE}前答复您。"):
        assert each in said


def test_going_back_is_a_new_version(office):
    with writing(office.director) as s:
        change(s, office)
        change(s, office, Wording("第二版", "", (), "尾"), version=1)
        wordings.go_back(s, office.estate.id, COMPLAINT, 1, version=2)
        assert wordings.wording_of(s, office.estate.id, COMPLAINT).texts() == OWN.texts()
        wordings.go_back(s, office.estate.id, COMPLAINT, 0, version=3)
        held = wordings.wording_of(s, office.estate.id, COMPLAINT)
        assert (held.texts(), held.version) == (wordings.of_the_house("complaint_form").texts(), 4)
        assert wordings.former(s, office.estate.id, COMPLAINT, 2).title == "第二版"
        with pytest.raises(Refused, match="^没有找到这个版本，请刷新后再试。$"):
            wordings.go_back(s, office.estate.id, COMPLAINT, 9)


def test_saving_the_same_makes_no_version(office):
    with writing(office.director) as s:
        change(s, office)
        change(s, office)
        assert s.scalar(select(func.count()).select_from(PaperWording)) == 1


@pytest.mark.parametrize(
    ("kind", "wording", "problems"),
    [
        (COMPLAINT, Wording("", "", (), "{nobody}敬上"), {"closing": "没有“{nobody}”这个空格，请从可用的空格里选。"}),
        (COMPLAINT, Wording("{x}", "", (), "尾"), {"title": "没有“{x}”这个空格，请从可用的空格里选。"}),
        (COMPLAINT, Wording("", "价格 {元", (), "尾"), {"opening": "花括号只用来写空格，例如 {company}。"}),
        (COMPLAINT, Wording("", "{words.text}", (), "尾"), {"opening": "花括号只用来写空格，例如 {company}。"}),
        (VISIT, Wording("", "", (), "尾"), {"opening": "正文不能为空；不想改就恢复原文。"}),
        (WORK_ORDER, Wording("", "", (), ""), {"clauses": "条款不能为空；不想改就恢复原文。"}),
        (WORK_ORDER, Wording("", "", ("条",) * 61, ""), {"clauses": "最多 60 条。"}),
        (COMPLAINT, Wording("题" * 41, "", (), ""), {"title": "最多 40 个字，现在是 41 个字，请删减。"}),
    ],
)
def test_what_would_not_print_is_refused_by_name(office, kind, wording, problems):
    with writing(office.director) as s:
        with pytest.raises(Refused) as refused:
            change(s, office, wording, kind)
        assert refused.value.problems == problems
        assert s.scalar(select(func.count()).select_from(PaperWording)) == 0


def test_a_character_in_no_font_is_refused(office):
    with writing(office.director) as s, pytest.raises(Refused, match="U\\+E000"):
        change(s, office, Wording("", "", (), "王\ue000"))


def test_nobody_else_changes_it_and_nobody_overwrites(office):
    with writing(SYSTEM) as s:
        other = an_estate(s)
    with writing(office.desk) as s, pytest.raises(Refused, match="^您没有“修改系统设置”的权限"):
        change(s, office)
    with writing(office.director) as s:
        with pytest.raises(Refused, match="^您不负责这个项目。$"):
            wordings.change(s, other.id, COMPLAINT, OWN, refuse=refuse_unprintable)
        change(s, office, version=0)
        with pytest.raises(Conflict, match="^这份文字刚被别人改过，请看过最新的文字后再改。$"):
            change(s, office, Wording("别的", "", (), ""), version=0)


def test_what_is_typed_is_cleaned():
    typed = wordings.as_typed(" 题 ", "一\r\n二 ", "1. 带证件。\n\n（2）签字。\n3、1.5 元以上\n2026年起", " 尾 ")
    assert typed == Wording("题", "一\n二", ("带证件。", "签字。", "1.5 元以上", "2026年起"), "尾")


def test_blanks_are_filled_and_the_rest_is_left_to_the_hand(office):
    assert wordings.filled("{a} {b} {c}", {"a": "甲", "b": ""}) == f"甲 {LINE} {LINE}"
    with reading(office.desk) as s:
        blank = contents.blank(s, COMPLAINT, office.estate.id, wording=OWN)
    assert blank["closing"] == f"{LINE} 您好，我们会在 {LINE} 前答复您。"
