"""Checklists as an estate makes them: papers added and left out, what the house holds stays, a way back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from db import checklist_changes, checklists
from db.audit import Audit
from db.checklist_changes import TEMPLATES, arranged, back_to_house, held, keep, offered, steps_of
from db.checklist_templates import TemplateLine, lines_of
from db.checklists import ItemKind, Wanted
from db.people import SYSTEM, Role
from db.process import process_of
from db.processes import PROCESSES
from db.refused import Conflict, Refused
from db.registry import EstateKind
from db.session import reading, writing
from db.words import Words
from tests.builders import a_building, a_customer, a_unit, an_actor, an_estate, an_office
from tests.dossiers import a_move_in
from tests.signed_in import page_at, press

PARK, OWNER, POINTS = "move_ins.park", "move_ins.owner", "inspections.homes"
TAX = Wanted("", ItemKind.PAPER, "税务登记信息", "hand_over", "盖章")


@pytest.fixture
def office(engine):
    return an_office()


@pytest.fixture
def park(office):
    """Make an estate of the other kind, with a director of both."""
    with writing(SYSTEM) as s:
        estate = an_estate(s, kind=EstateKind.PARK)
        office.park, office.head = estate, an_actor(s, [office.estate, estate], Role.DIRECTOR, name="马主任")
        a_unit(s, a_building(s, estate), room="301")
        a_customer(s, estate, "廊坊云图科技")
    return office


def lines(who, estate, key):
    with reading(who) as s:
        return [(each.key, Words(str(each.label)).text) for each in lines_of(s, estate.id, TEMPLATES[key])]


def change(who, estate, key, make, **told):
    with writing(who) as s:
        now = list(held(s, estate.id, key).lines)
        keep(s, estate.id, key, make(now), **told)


def refusal(*args, **told):
    with pytest.raises(Refused) as refused:
        change(*args, **told)
    return refused.value


# ── the table of all ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_every_template_is_sound(template):
    """Keys are unique, each waits for a step of its process, and that step has gates."""
    keys = [each.key for each in template.lines]
    assert len(keys) == len(set(keys))
    assert template.estates
    name = template.key.partition(".")[0]
    if name not in PROCESSES:
        assert {each.before for each in template.lines} == {""}
        assert all(each.kind is not ItemKind.KNOWN for each in template.lines)
        return
    process = process_of(name)
    assert set(steps_of(template)) <= {each.name for each in process.actions}
    assert all(process.action(each).needs for each in steps_of(template))
    assert arranged(template, [each for each in template.lines if each.kind is ItemKind.PAPER]) == list(template.lines)


@pytest.mark.requirement("I9")
def test_each_kind_of_estate_is_offered_its_own(park):
    with reading(park.head) as s:
        homes, offices = ({each.key for each in offered(s, estate.id)} for estate in (park.estate, park.park))
    assert homes & offices == {key for key, each in TEMPLATES.items() if each.estates == frozenset(EstateKind)}
    assert homes | offices == set(TEMPLATES)
    assert PARK in offices
    assert OWNER in homes


# ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("I2")
def test_papers_are_added_changed_and_left_out(park):
    def mine(now):
        kept = [each for each in now if each.key != "authorisation"]
        return [replace(each, ask="原件及复印件") if each.key == "licence" else each for each in [*kept, TAX]]

    change(park.head, park.park, PARK, mine)
    with reading(park.head) as s:
        shown = held(s, park.park.id, PARK)
        rows = s.scalars(select(Audit).where(Audit.table_name == "template_lines")).all()
    house = [each.key for each in TEMPLATES[PARK].lines if each.key != "authorisation"]
    assert [each.key for each in shown.lines] == [*house, "own1"]
    assert (shown.lines[-1].label, shown.lines[-1].before, shown.is_own) == ("税务登记信息", "hand_over", True)
    assert [each.key for each in shown.papers] == ["licence", "agent_identity", "own1"]
    assert [(each.actor_id, each.estate_id, each.ground, each.before, each.after) for each in rows] == [
        (
            park.head.user_id, park.park.id, PARK,
            {"lines": ["营业执照副本复印件 / 加盖公章 / hand_over", "委托书原件 / 由公司签署，加盖公章 / hand_over"]},
            {"lines": ["营业执照副本复印件 / 原件及复印件 / hand_over", "税务登记信息 / 盖章 / hand_over"]},
        )
    ]  # fmt: skip


@pytest.mark.requirement("I2")
def test_an_estate_changes_only_its_own_list(park):
    with writing(SYSTEM) as s:
        other = an_estate(s, kind=EstateKind.PARK)
        stranger = an_actor(s, [other], Role.DIRECTOR)
    change(park.head, park.park, PARK, lambda now: [*now, TAX])
    assert len(lines(stranger, other, PARK)) == len(TEMPLATES[PARK].lines)
    assert len(lines(park.head, park.park, PARK)) == len(TEMPLATES[PARK].lines) + 1
    assert refusal(stranger, park.park, PARK, list).message == "您不负责这个项目。"


@pytest.mark.requirement("I2")
def test_matters_already_open_keep_their_lines(office):
    with writing(office.desk) as s:
        before = a_move_in(s, office)
    change(office.director, office.estate, OWNER, lambda now: [*now, replace(TAX, label="户口簿", ask="看原件")])
    with writing(SYSTEM) as s:
        unit = a_unit(s, office.building, room="102")
    with writing(office.desk) as s:
        after = a_move_in(s, office, unit_id=unit.id)
        keys = {case.id: [each.key for each in checklists.items_of(s, case.id)] for case in (before, after)}
    house = [each.key for each in TEMPLATES[OWNER].lines]
    assert keys == {before.id: house, after.id: [*house, "own1"]}


@pytest.mark.requirement("I2")
def test_the_way_back_brings_the_house_s_own_list(park):
    change(park.head, park.park, PARK, lambda now: [*now, TAX])
    with writing(park.head) as s:
        back_to_house(s, park.park.id, PARK)
        back_to_house(s, park.park.id, PARK)
    with reading(park.head) as s:
        assert lines_of(s, park.park.id, TEMPLATES[PARK]) == TEMPLATES[PARK].lines
        assert s.scalars(select(TemplateLine)).all() == []
        assert len(s.scalars(select(Audit.id).where(Audit.table_name == "template_lines")).all()) == 2


def test_the_same_list_as_the_house_s_is_none_of_its_own(park):
    change(park.head, park.park, PARK, list)
    change(park.head, park.park, PARK, lambda now: [*now, TAX])
    change(park.head, park.park, PARK, lambda now: now[:-1])
    with reading(park.head) as s:
        assert not held(s, park.park.id, PARK).is_own


def test_inspection_points_may_be_called_alike_in_two_places(office):
    point = Wanted("", ItemKind.PAPER, "墙面", "", "书房")
    change(office.director, office.estate, POINTS, lambda now: [*now, point])
    assert lines(office.director, office.estate, POINTS)[-1] == ("own1", "墙面")
    wrong = refusal(office.director, office.estate, POINTS, lambda now: [*now, point])
    assert list(wrong.problems.values()) == ["“墙面”：清单里已有同名的一项。"]


# ── what may not be ──────────────────────────────────────────────────────────────────────────────────────────────────

FIXED = "需签署的单据和由系统核对的事项不能增减或更改，只能改客户提交的资料。"


@pytest.mark.requirement("I2", "I3")
@pytest.mark.parametrize(
    "make",
    [
        lambda now: [each for each in now if each.key != "fees"],
        lambda now: [each for each in now if each.key != "safety"],
        lambda now: [replace(each, before="complete") if each.key == "inspection" else each for each in now],
        lambda now: [replace(each, required=False) if each.key == "handbook" else each for each in now],
        lambda now: [*now, Wanted("money", ItemKind.KNOWN, "物业费收齐", "hand_over")],
        lambda now: [*now, Wanted("own1", ItemKind.SIGNED, "保密协议", "hand_over", paper="x")],
        lambda now: [replace(each, kind=ItemKind.PAPER) if each.key == "fees" else each for each in now],
    ],
    ids=["known left out", "signed left out", "moved", "made optional", "known added", "signed added", "made a paper"],
)
def test_what_the_house_holds_is_not_changed(park, make):
    assert refusal(park.head, park.park, PARK, make).message == FIXED
    assert len(lines(park.head, park.park, PARK)) == len(TEMPLATES[PARK].lines)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (replace(TAX, label="  "), "“17”：请填写资料名称。"),
        (replace(TAX, label="营业执照副本复印件"), "“营业执照副本复印件”：清单里已有同名的一项。"),
        (replace(TAX, before="vanish"), "“税务登记信息”：没有这一步，请从列表中选择。"),
        (replace(TAX, ask="长" * 201), "“税务登记信息”：名称和要求各不超过 200 字。"),
    ],
)
def test_a_paper_is_named_once_and_waits_for_a_step(park, line, wrong):
    refused = refusal(park.head, park.park, PARK, lambda now: [*now, line])
    assert (refused.message, refused.problems) == ("有 1 项没有填对，都没有保存。", {"line 17": wrong})


@pytest.mark.requirement("I9")
@pytest.mark.parametrize("label", ["物业费缴费凭证", "无欠款证明", "费用结清单"])
def test_for_homes_no_paper_makes_payment_a_condition(office, label):
    """Keys are the developer's to deliver: fees are invited, never waited for; a park's contract may differ."""
    line = replace(TAX, label=label)
    wrong = refusal(office.director, office.estate, OWNER, lambda now: [*now, line])
    assert list(wrong.problems.values()) == [f"“{label}”：住宅的手续不能以缴费为条件，请改为可选，或去掉这一项。"]
    change(office.director, office.estate, OWNER, lambda now: [*now, replace(line, required=False)])
    assert lines(office.director, office.estate, OWNER)[-1] == ("own1", label)


def test_only_who_manages_settings_changes_a_list_that_fits(park):
    no_right = "您没有“修改系统设置”的权限，如有需要请联系管理处主任。"
    assert refusal(park.supervisor, park.estate, OWNER, list).message == no_right
    assert refusal(park.head, park.estate, PARK, list).message == "没有找到这份清单，或不用于这个项目。"
    assert refusal(park.head, park.estate, "nothing", list).message == "没有找到这份清单，或不用于这个项目。"
    assert refusal(park.head, park.estate, POINTS, lambda _now: []).message == "清单不能是空的。"


@pytest.mark.requirement("X7")
def test_the_second_of_two_hasty_people_is_told(park):
    with reading(park.head) as s:
        seen = held(s, park.park.id, PARK).lines
    change(park.head, park.park, PARK, lambda now: [*now, TAX], seen=seen)
    with pytest.raises(Conflict) as conflict:
        change(park.head, park.park, PARK, lambda _now: [*seen, replace(TAX, label="验资报告")], seen=seen)
    assert conflict.value.message == "这份清单刚被别人改过，请看过最新的内容再保存。"
    assert lines(park.head, park.park, PARK)[-1] == ("own1", "税务登记信息")


@pytest.mark.requirement("I2")
def test_the_page_shows_each_list_as_a_matter_will(sqlite_engine):
    office = an_office()
    for key in (OWNER, POINTS):
        change(office.director, office.estate, key, lambda now: [*now, replace(TAX, before="", ask="院子")])
        app = page_at(office.director, "pages/system/checklists.py", list=key)
        [row] = [each for each in app.dataframe[0].value.to_dict("records") if each["key"] == "own1"]
        assert (row["label"], row["ask"]) == ("税务登记信息", "院子")
        assert any("税务登记信息" in each.value for each in app.markdown)
        press(app, "checklists.back")
        with writing(office.director) as s:
            back_to_house(s, office.estate.id, key)
    assert page_at(office.desk, "pages/system/checklists.py").error[0].value == (
        "您没有打开“办理资料清单”的权限，如有需要请联系系统管理员。"
    )


@pytest.mark.requirement("I2")
def test_a_line_that_the_house_adds_later_holds_everywhere(park, monkeypatch):
    change(park.head, park.park, PARK, lambda now: [*now, TAX])
    house = TEMPLATES[PARK]
    newer = replace(house, lines=(*house.lines[1:], Wanted("insurance", ItemKind.KNOWN, "保险", "hand_over")))
    monkeypatch.setitem(checklist_changes.TEMPLATES, PARK, newer)
    found = [key for key, _label in lines(park.head, park.park, PARK)]
    assert "contract" not in found
    assert found[-2:] == ["own1", "insurance"]
