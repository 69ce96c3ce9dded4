"""Inspecting a unit with the customer: item by item, signed; each defect a repair, once; given back against it."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from db import clock
from db.case_links import links_of
from db.cases import Case, CaseLink, Event, case_by_number
from db.checklist_templates import TemplateLine
from db.checklists import ItemKind
from db.clock import moment_of, pretending, today
from db.documents import Owner, add
from db.dossiers import inspection_views, inspections
from db.dossiers.inspections import (
    Inspection,
    InspectionKind,
    InspectionPoint,
    PointResult,
    deterioration,
    entry_inspection,
    inspection_signed,
    points_of,
)
from db.people import SYSTEM, Role
from db.process import perform
from db.processes.repairs import Category, ChargeKind, Repair, State
from db.refused import Conflict, Refused
from db.registry import EstateKind, Unit
from db.session import reading, writing
from db.uploads import Checked, DocumentKind
from tests.builders import a_customer, a_unit, an_actor, an_estate, an_office
from tests.dossiers import a_move_in

DAY = date(2026, 11, 20)
NOON = moment_of(DAY) + timedelta(hours=12)
IN, OUT = InspectionKind.IN, InspectionKind.OUT
OK, DEFECT, ABSENT = PointResult.OK, PointResult.DEFECT, PointResult.ABSENT


@pytest.fixture(autouse=True)
def _the_day():
    with pretending(NOON):
        yield


@pytest.fixture
def office(engine):
    return an_office()


def begun(s, office, kind=IN, **values):
    case = a_move_in(s, office, **values)
    return case, inspections.begin(s, case.id, kind)


def all_ok(s, inspection, **defects):
    """Call every point in order, but those of these labels (with `_` for a blank place: the first of that label)."""
    left = dict(defects)
    found = {}
    for each in points_of(s, inspection.id):
        words = left.pop(each.label, "")
        found[each.id] = (DEFECT, words) if words else (OK, "")
    assert left == {}
    return inspections.note(s, inspection.id, found, version=inspection.version)


def repairs_of(s):
    return s.scalars(select(Repair).order_by(Repair.id)).all()


@pytest.mark.requirement("I4")
def test_each_defect_becomes_a_repair_linked_both_ways_once_when_the_customer_has_signed(office):
    with writing(SYSTEM) as s:
        s.get_one(Unit, office.unit.id).handed_over_on = date(2026, 11, 1)
    with writing(office.steward) as s:
        case, inspection = begun(s, office)
        all_ok(s, inspection, 猫眼门铃="门铃不响", 烟道止逆阀="缺止逆阀，漏风")
        assert repairs_of(s) == []
        inspections.sign(s, inspection.id, " 吴学文 ", DAY, version=2, token="once")
        inspections.sign(s, inspection.id, "吴学文", DAY, token="once")
        first, second = repairs_of(s)
        here = (office.unit.id, office.customer.id, ChargeKind.WARRANTY, False)
        told = [(each.words, each.unit_id, each.customer_id, each.charge_kind, each.public) for each in repairs_of(s)]
        assert told == [("入户门 猫眼门铃：门铃不响", *here), ("厨房 烟道止逆阀：缺止逆阀，漏风", *here)]
        links = s.execute(select(CaseLink.kind, CaseLink.case_id, CaseLink.other_id).order_by(CaseLink.id)).all()
        assert links == [("defect", first.id, case.id), ("defect", second.id, case.id)]
        assert [(kind, newer, other.number) for kind, newer, other in links_of(s, first)] == [
            ("defect", True, case.number)
        ]
        opening = s.scalars(select(Event).where(Event.case_id == first.id)).one()
        assert opening.note == "收楼验收发现，2026-11-01 交房，建议按保修处理"
        assert (inspection.signed_by, inspection.signed_on, inspection_signed(s, case)) == ("吴学文", DAY, None)
        own = Event.case_id == case.id, Event.action == "inspect"
        assert s.scalars(select(Event.note).where(*own).order_by(Event.id)).all() == [
            "开始收楼验收",
            "合格 38 项；入户门 猫眼门铃：门铃不响；厨房 烟道止逆阀：缺止逆阀，漏风",
            "收楼验收已签字：吴学文，2026-11-20；合格 38 项，有缺陷 2 项",
        ]


def test_a_unit_without_a_recent_hand_over_proposes_no_warranty(office):
    with writing(SYSTEM) as s:
        s.get_one(Unit, office.unit.id).handed_over_on = date(2024, 11, 10)
    with writing(office.desk) as s:
        _case, inspection = begun(s, office)
        all_ok(s, inspection, 门锁钥匙="锁芯卡")
        inspections.sign(s, inspection.id, "吴学文", DAY)
        assert [each.charge_kind for each in repairs_of(s)] == [None]


@pytest.mark.requirement("I4")
def test_nobody_signs_while_a_point_has_no_result(office):
    with writing(office.desk) as s:
        case, inspection = begun(s, office)
        points = points_of(s, inspection.id)
        assert str(inspection_signed(s, case)) == (
            "验收单还有 40 项没有结果：入户门 门扇门框、入户门 门锁钥匙、入户门 猫眼门铃、客厅餐厅 墙面 等，"
            "请逐项验完再签字。"
        )
        inspections.note(s, inspection.id, {each.id: (OK, "") for each in points[:-1]})
        with pytest.raises(Refused) as refused:
            inspections.sign(s, inspection.id, "吴学文", DAY)
        assert refused.value.message == "验收单还有 1 项没有结果：设备与表计 热力阀门与表，请逐项验完再签字。"
        inspections.note(s, inspection.id, {points[-1].id: (ABSENT, "")})
        assert str(inspection_signed(s, case)) == "验收单还没有客户签字。"
        for day, name, problems in (
            (DAY + timedelta(days=1), "吴学文", {"signed_on": "签字日期不能晚于今天。"}),
            (DAY - timedelta(days=1), "吴学文", {"signed_on": "签字日期不能早于验收日期 2026-11-20。"}),
            (None, "", {"signed_by": "请填写签字人。", "signed_on": "请填写签字日期。"}),
        ):
            with pytest.raises(Refused) as refused:
                inspections.sign(s, inspection.id, name, day)
            assert refused.value.problems == problems
        s.refresh(inspection)
        assert (inspection.signed_on, repairs_of(s)) == (None, [])


def test_what_was_signed_is_changed_no_more(office):
    with writing(office.desk) as s:
        _case, inspection = begun(s, office)
        all_ok(s, inspection, 门锁钥匙="锁芯卡")
        inspections.sign(s, inspection.id, "吴学文", DAY)
        point = points_of(s, inspection.id)[0]
        wrong = "验收单已由吴学文在 2026-11-20 签字，不能再改；新发现的问题请另行报修。"
        for act in (
            lambda: inspections.note(s, inspection.id, {point.id: (DEFECT, "划痕")}),
            lambda: inspections.sign(s, inspection.id, "吴学文", DAY),
            lambda: inspections.add_point(s, inspection.id, "次卧", "墙面"),
        ):
            with pytest.raises(Refused) as refused:
                act()
            assert refused.value.message == wrong
        assert (len(repairs_of(s)), len(points_of(s, inspection.id))) == (1, 40)


def test_a_defect_says_what_is_wrong_and_nothing_is_half_saved(office):
    with writing(office.desk) as s:
        case, inspection = begun(s, office)
        first, second = points_of(s, inspection.id)[:2]
        with pytest.raises(Refused) as refused:
            inspections.note(s, inspection.id, {first.id: (OK, ""), second.id: (DEFECT, "  ")})
        assert refused.value.message == "有 1 处缺陷没有写明，都没有保存。"
        assert refused.value.problems == {str(second.id): "入户门 门锁钥匙：请写明缺陷，例如 门框划痕。"}
        assert (first.result, inspection.version, case.version) == (None, 1, 2)
        inspections.note(s, inspection.id, {first.id: (OK, "")}, token="tap")
        inspections.note(s, inspection.id, {first.id: (OK, "")}, version=1, token="tap")
        inspections.note(s, inspection.id, {first.id: (OK, "")})
        assert (inspection.version, case.version) == (2, 3)


def test_two_telephones_in_one_flat_hear_of_each_other(office):
    with writing(office.steward) as s:
        _case, inspection = begun(s, office)
        first, second = points_of(s, inspection.id)[:2]
        inspections.note(s, inspection.id, {first.id: (OK, "")}, version=1)
    with writing(office.desk) as s, pytest.raises(Conflict) as conflict:
        inspections.note(s, inspection.id, {second.id: (OK, "")}, version=1)
    assert conflict.value.message == "这张验收单刚被赵强在 12:00 改过。您填的内容还在，请看过最新结果后再保存。"


def test_the_desk_ticking_papers_does_not_disturb_the_telephone_in_the_flat(office):
    with writing(office.steward) as s:
        case, inspection = begun(s, office)
        first = points_of(s, inspection.id)[0]
    with writing(office.desk) as s:
        perform(s, case.id, "correct", {"starts_on": DAY, "agent_name": "林经理"})
    with writing(office.steward) as s:
        assert inspections.note(s, inspection.id, {first.id: (OK, "")}, version=1).version == 2


@pytest.mark.requirement("I4")
def test_two_people_signing_at_once_make_one_repair(engine):
    office = an_office()
    with writing(office.desk) as s:
        _case, inspection = begun(s, office)
        all_ok(s, inspection, 门锁钥匙="锁芯卡")
    said = []

    def press(who):
        with pretending(NOON):
            try:
                with writing(who) as s:
                    inspections.sign(s, inspection.id, "吴学文", DAY)
                    said.append("")
            except Refused as refused:
                said.append(refused.message)

    threads = [threading.Thread(target=press, args=(who,)) for who in (office.desk, office.other_desk)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(said) == ["", "验收单已由吴学文在 2026-11-20 签字，不能再改；新发现的问题请另行报修。"]
    with reading(SYSTEM) as s:
        assert s.scalar(select(func.count()).select_from(Repair)) == 1


def test_only_who_may_inspect_writes_and_only_in_his_estates(office):
    with writing(SYSTEM) as s:
        other = an_estate(s)
        stranger = an_actor(s, [other], Role.DESK)
        cashier = an_actor(s, [office.estate], Role.CASHIER)
    with writing(office.desk) as s:
        case, inspection = begun(s, office)
        first = points_of(s, inspection.id)[0]
    for who, wrong in (
        (cashier, "“验房”不在您的权限内。"),
        (stranger, "没有找到这张单，可能单号有误，或不在您的工作范围内。"),
    ):
        with writing(who) as s, pytest.raises(Refused) as refused:
            inspections.note(s, inspection.id, {first.id: (OK, "")})
        assert refused.value.message == wrong
    with reading(stranger) as s, pytest.raises(Refused):
        inspection_views.view(s, case.id)
    with reading(SYSTEM) as s:
        assert s.get_one(InspectionPoint, first.id).result is None


def test_begun_twice_is_begun_once(office):
    with writing(office.desk) as s:
        case, inspection = begun(s, office)
        assert inspections.begin(s, case.id, IN).id == inspection.id
        assert s.scalar(select(func.count()).select_from(Event).where(Event.case_id == case.id)) == 2
        assert str(inspection_signed(s, a_case_without(s, office))) == "还没有验房，请和客户逐项验收并签字。"


def a_case_without(s, office):
    unit = a_unit(s, office.building, room="909")
    return a_move_in(s, office, unit_id=unit.id)


@pytest.mark.requirement("I9")
def test_park_and_homes_look_at_other_things_and_an_estate_at_its_own(office):
    with writing(SYSTEM) as s:
        park = an_estate(s, kind=EstateKind.PARK)
        s.add_all(
            TemplateLine(estate_id=office.estate.id, template="inspections.homes", position=place, key=f"x{place}",
                         kind=ItemKind.PAPER, label=label, ask="院子")
            for place, label in enumerate(("栅栏", "草坪"), 1)
        )  # fmt: skip
    with writing(office.desk) as s:
        _case, inspection = begun(s, office)
        assert [f"{each.place}{each.label}" for each in points_of(s, inspection.id)] == ["院子栅栏", "院子草坪"]
        inspections.add_point(s, inspection.id, "地下室", "防潮", version=1, token="more")
        inspections.add_point(s, inspection.id, "地下室", "防潮", version=1, token="more")
        with pytest.raises(Refused) as refused:
            inspections.add_point(s, inspection.id, "院子", "草坪")
        assert refused.value.message == "“院子 草坪”已在验收单上。"
        assert [each.label for each in points_of(s, inspection.id)] == ["栅栏", "草坪", "防潮"]
    assert next(each for each in inspections.TEMPLATES if park.kind in each.estates).lines[3].label == "玻璃幕墙"


@pytest.mark.requirement("O2")
def test_giving_back_is_held_against_taking_over(office):
    with writing(office.desk) as s:
        case, taken = begun(s, office)
        all_ok(s, taken, 门锁钥匙="锁芯卡", 猫眼门铃="门铃不响", 地漏排水="排水慢")
        inspections.sign(s, taken.id, "吴学文", DAY)
        lock, bell, drain = repairs_of(s)
        assert (lock.category, bell.category, drain.category) == (Category.DOORS, Category.DOORS, Category.OTHER)
        mend(s, office, lock)
    later = moment_of(date(2027, 5, 6)) + timedelta(hours=10)
    with pretending(later), writing(office.steward) as s:
        out = inspections.begin(s, case.id, OUT)
        assert [each.label for each in points_of(s, out.id)] == [each.label for each in points_of(s, taken.id)]
        all_ok(s, out, 门锁钥匙="锁又坏", 猫眼门铃="仍不响", 燃气管道与阀门="阀门拧断")
        worse = deterioration(s, case)
        assert [(each.label, each.mended, each.repair) for each in worse] == [
            ("门锁钥匙", True, ""), ("燃气管道与阀门", False, "")
        ]  # fmt: skip
        inspections.sign(s, out.id, "吴学文", today())
        again, valve = repairs_of(s)[3:]
        assert [(each.words, each.customer_id, each.charge_kind) for each in (again, valve)] == [
            ("入户门 门锁钥匙：锁又坏", None, None), ("厨房 燃气管道与阀门：阀门拧断", None, None)
        ]  # fmt: skip
        assert [each.repair for each in deterioration(s, case)] == [again.number, valve.number]
        points = {each.label: each.repair_id for each in points_of(s, out.id) if each.repair_id}
        assert points == {"门锁钥匙": again.id, "猫眼门铃": bell.id, "燃气管道与阀门": valve.id}
        seen = {each.label: each for each in inspection_views.view(s, case.id, OUT).points}
        assert [(seen[label].was, seen[label].worse) for label in ("门锁钥匙", "猫眼门铃", "地漏排水", "洁具")] == [
            ("有缺陷：锁芯卡（已修复）", True), ("有缺陷：门铃不响", False), ("有缺陷：排水慢", False), ("合格", False)
        ]  # fmt: skip


def mend(s, office, repair):
    perform(s, repair.id, "dispatch", {"technicians": (office.technician.user_id,), "charge_kind": "free"})
    perform(s, repair.id, "arrive")
    perform(s, repair.id, "finish", {"work": "换锁芯", "signed_by": "吴学文"})
    assert repair.state in {State.DONE, State.TO_VISIT}


@pytest.mark.requirement("O2")
def test_another_tenants_sheet_is_not_held_against_this_one(office):
    with writing(office.desk) as s:
        _case, taken = begun(s, office)
        all_ok(s, taken)
        inspections.sign(s, taken.id, "吴学文", DAY)
        other = a_customer(s, office.estate, "林一")
        assert entry_inspection(s, office.unit.id, DAY, office.customer.id).id == taken.id
        assert entry_inspection(s, office.unit.id, DAY - timedelta(days=1)) is None
        assert entry_inspection(s, office.unit.id, DAY, other.id) is None
        case = a_move_in(s, office, customer_id=other.id, unit_id=a_unit(s, office.building, room="707").id)
        assert deterioration(s, case) == []


@pytest.mark.requirement("I4")
def test_photographs_belong_to_their_point(office):
    with writing(office.desk) as s:
        case, inspection = begun(s, office)
        first, second = points_of(s, inspection.id)[:2]
        photo = Checked(b"a picture", "门框.jpg", DocumentKind.PHOTO)
        add(s, photo, Owner(case_id=case.id), label=inspection_views.PHOTO.format(id=second.id))
        seen = inspection_views.view(s, case.id, IN)
        assert [[each.name for each in point.photos] for point in seen.points[:3]] == [[], ["门框.jpg"], []]
        assert (seen.number(None), list(seen.places)[:2], seen.by) == (40, ["入户门", "客厅餐厅"], "王芳")
        assert first.id == seen.points[0].id


def test_a_matter_that_is_closed_takes_no_inspection(office):
    with writing(office.desk) as s:
        case, inspection = begun(s, office)
        first = points_of(s, inspection.id)[0]
        perform(s, case.id, "withdraw", {"note": "不来了"}, note="不来了")
        with pytest.raises(Refused) as refused:
            inspections.note(s, inspection.id, {first.id: (OK, "")})
        assert refused.value.message == f"{case.number} 现在是“已取消”，不能验房。"
        assert case_by_number(s, case.number).closed_on == DAY
    assert clock.today() == DAY
    with reading(SYSTEM) as s:
        assert s.scalar(select(func.count()).select_from(Inspection)) == 1
        assert s.scalar(select(func.count()).select_from(Case)) == 1
