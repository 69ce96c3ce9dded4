"""Search: everything the office keeps is found as people write it, by who may, in a few indexed statements."""

from __future__ import annotations

import itertools
import unicodedata
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select

from db import clock, phones, search
from db.people import SYSTEM, Role
from db.registering import save
from db.registry import Building, Customer, Occupancy, Relation, Unit, UnitState, UnitUse, Vehicle
from db.search import find, people_and_units
from db.session import reading, writing
from db.spellings import squeezed
from tests.builders import (
    a_building,
    a_complaint,
    a_customer,
    a_phone,
    a_repair,
    a_unit,
    an_actor,
    an_estate,
    an_occupancy,
    an_office,
)
from tests.counting import counted_statements

pytestmark = pytest.mark.usefixtures("engine")


def titles(hits):
    return [hit.title for hit in hits]


# ── as people write it ───────────────────────────────────────────────────────────────────────────────────────────────

UNITS = [
    ("3", "3号楼", "2", "501"), ("3", "3号楼", "1", "501"), ("13", "13号楼", "2", "501"), ("1", "1号楼", "1", "1011"),
    ("A", "A座", "", "1203"), ("T", "孵化器大楼", "", "301"),
]  # fmt: skip


WRITTEN = [
    ("3-2-501", ["3-2-501"]),
    ("3栋2单元501", ["3-2-501"]),
    ("3幢2单元0501室", ["3-2-501"]),
    ("三号楼二单元501", ["3-2-501"]),
    ("3#2-501", ["3-2-501"]),
    ("3 2 501", ["3-2-501"]),
    ("３－２－５０１", ["3-2-501"]),
    ("32501", ["3-2-501"]),
    ("3号楼501", ["3-1-501", "3-2-501"]),
    ("13-501", ["13-2-501"]),
    ("1-1-1011", ["1-1-1011"]),
    ("1-1-10", ["1-1-1011"]),
    ("A座1203", ["A-1203"]),
    ("a1203", ["A-1203"]),
    ("孵化器大楼301", ["T-301"]),
    ("孵化器", ["T-301"]),
    ("501", ["13-2-501", "3-1-501", "3-2-501"]),
    ("2-501", ["13-2-501", "3-2-501"]),
    ("3号楼", ["3-1-501", "3-2-501"]),
    ("9-9-999", []),
    ("", []),
    ("-", []),
    ("栋", []),
]


@pytest.mark.requirement("X3")
def test_a_unit_in_all_the_ways_people_write_it():
    with writing(SYSTEM) as s:
        estate = an_estate(s)
        buildings = {}
        for code, name, entrance, room in UNITS:
            building = buildings.get(code) or a_building(s, estate, code, name)
            buildings[code] = building
            a_unit(s, building, entrance, room)
        desk = an_actor(s, [estate], Role.DESK)
    with reading(desk) as s:
        assert [(typed, sorted(titles(find(s, typed, kinds=("unit",))))) for typed, _found in WRITTEN] == [
            (typed, sorted(found)) for typed, found in WRITTEN
        ]


CALLED = [
    ("吴学文", "吴学文", True), ("吴学文", "吴", True), ("吴学文", "学文", True), ("吴学文", "文", True),
    ("吴学文", "wuxuewen", True), ("吴学文", "Wu Xuewen", True), ("吴学文", "wuxue", True), ("吴学文", "wxw", True),
    ("吴学文", "xuewen", True), ("吴学文", "吴文", False), ("吴学文", "wxx", False),
    ("曾小明", "zengxm", False), ("曾小明", "zengxiaoming", True), ("曾小明", "cengxiaoming", True),
    ("曾小明", "zxm", True), ("曾小明", "cxm", True), ("单雄信", "shanxiongxin", True), ("仇英", "qiuying", True),
    ("解晓东", "xiexiaodong", True), ("区先生", "ouxiansheng", True), ("查良镛", "zhaliangyong", True),
    ("乐嘉", "yuejia", True), ("盖聂", "genie", True), ("翟天", "zhaitian", True), ("吕布", "lvbu", True),
    ("吕布", "lubu", True), ("尉迟恭", "yuchigong", True), ("𠮷田", "𠮷", True),
    ("买买提·艾力", "买买提艾力", True),
    ("华信(廊坊)科技有限公司", "廊坊科技", True), ("华信(廊坊)科技有限公司", "hxlf", True),
    ("华信(廊坊)科技有限公司", "langfangkeji", True), ("3M中国", "3m", True), ("Tom Lee", "tomlee", True),
]  # fmt: skip


@pytest.mark.requirement("X3")
def test_a_name_in_chinese_pinyin_or_initials():
    with writing(SYSTEM) as s:
        estate = an_estate(s)
        for name in dict.fromkeys(name for name, _typed, _found in CALLED):
            a_customer(s, estate, name)
        desk = an_actor(s, [estate], Role.DESK)
    with reading(desk) as s:
        assert [
            (name, typed, name in titles(find(s, typed, kinds=("customer",)))) for name, typed, _ in CALLED
        ] == CALLED


@pytest.mark.requirement("X3")
def test_phone_plate_and_contact_person():
    office = an_office()
    with writing(office.desk) as s:
        occupancy = an_occupancy(s, office.unit, office.customer)
        phones.add_phone(s, office.customer.id, "13800138021")
        save(s, Vehicle, {"plate": "冀R1A023", "customer_id": office.customer.id, "colour": "白"})
        save(s, Customer, {"name": "华信科技", "kind": "company", "contact_name": "郝经理"})
    with reading(office.desk) as s:
        for typed in ("13800138021", "138 0013 8021", "8021", "021", "+86 138-0013-8021"[4:]):
            hits = find(s, typed, kinds=("customer",))
            assert [(hit.title, hit.unit_id, hit.customer_id) for hit in hits] == [
                ("吴学文", occupancy.unit_id, office.customer.id)
            ], typed
            assert hits[0].subtitle == "1-1-101 业主 · 138****8021"
        for typed in ("冀R1A023", "冀r·1a023", "R1A023", "1a023", "023"):
            hits = find(s, typed, kinds=("vehicle",))
            assert [(hit.title, hit.subtitle, hit.customer_id, hit.unit_id) for hit in hits] == [
                ("冀R1A023", "吴学文 · 1-1-101 · 白", office.customer.id, occupancy.unit_id)
            ], typed
        assert find(s, "02", kinds=("customer", "vehicle")) == []
        assert titles(find(s, "郝经理")) == ["华信科技"]


@pytest.mark.requirement("X3")
def test_a_unit_shows_who_lives_there_owner_first_and_an_empty_one_how_it_stands():
    office = an_office()
    with writing(SYSTEM) as s:
        a_phone(s, office.customer)
        an_occupancy(s, office.unit, a_customer(s, office.estate, "租客"), Relation.TENANT)
        an_occupancy(s, office.unit, office.customer)
        an_occupancy(s, office.unit, a_customer(s, office.estate, "前业主"), ends_on=clock.today() - timedelta(days=1))
        an_occupancy(s, office.unit, a_customer(s, office.estate, "未到"), starts_on=clock.today() + timedelta(days=1))
        a_unit(s, office.building, room="102", state=UnitState.VACANT, use=UnitUse.SHOP)
    with reading(office.desk) as s:
        assert [(hit.title, hit.subtitle) for hit in find(s, "1-1-10", kinds=("unit",))] == [
            ("1-1-101", "1号楼 · 业主 吴学文 138****8000、租户 租客"), ("1-1-102", "1号楼 · 商铺 · 空置"),
        ]  # fmt: skip


def test_somebody_with_two_units_is_one_hit_for_each():
    office = an_office()
    with writing(SYSTEM) as s:
        second = a_unit(s, office.building, room="102")
        an_occupancy(s, office.unit, office.customer)
        an_occupancy(s, second, office.customer)
    with reading(office.desk) as s:
        hits = find(s, "吴学文", kinds=("customer",))
        assert [(hit.customer_id, hit.unit_id, hit.rank) for hit in hits] == [
            (office.customer.id, office.unit.id, 0), (office.customer.id, second.id, 0),
        ]  # fmt: skip


def test_what_is_exactly_typed_comes_first_and_every_way_has_a_place():
    office = an_office()
    with writing(SYSTEM) as s:
        for name in ("张三丰", "张三", "老张三"):
            a_customer(s, office.estate, name)
        for n in range(60):
            a_unit(s, office.building, entrance=str(n + 2), room="501")
        a_phone(s, office.customer, "13800130501")
    with reading(office.desk) as s:
        assert [(hit.title, hit.rank > 0) for hit in find(s, "张三")] == [
            ("张三", False), ("张三丰", True), ("老张三", True),
        ]  # fmt: skip
        hits = find(s, "501", limit=20)
        assert (len(hits), titles(hits).count("吴学文")) == (20, 1)


def test_a_change_is_found_at_once_and_the_old_no_more():
    office = an_office()
    with writing(office.desk) as s:
        customer_id = save(s, Customer, {"name": "陈静"})
        save(s, Customer, {"name": "陈默"}, customer_id)
        save(s, Unit, {"room": "102"}, office.unit.id)
    with reading(office.desk) as s:
        assert titles(find(s, "陈静")) == []
        assert titles(find(s, "chenmo")) == ["陈默"]
        assert titles(find(s, "1-1-101", kinds=("unit",))) == []
        assert titles(find(s, "1-1-102", kinds=("unit",))) == ["1-1-102"]


# ── cases ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("X3")
def test_a_case_by_its_number_its_tail_and_whose_it_is():
    office = an_office()
    with writing(office.desk) as s:
        case = a_complaint(s, office, customer_id=office.customer.id)
    letters, day, last = case.number.split("-")
    with reading(office.desk) as s:
        for typed in (case.number, case.number.lower(), f"{letters}{day}{last}", f"{day[4:]}-{last}", f"{day}{last}"):
            hits = find(s, typed)
            assert [(hit.kind, hit.title, hit.case_id, hit.rank) for hit in hits] == [
                ("case", case.number, case.id, 0)
            ], typed
        assert hits[0].subtitle == "投诉 · 待受理 · 1-1-101 · 楼上装修噪声"
        assert [(hit.kind, hit.title) for hit in find(s, "吴学文")] == [("customer", "吴学文"), ("case", case.number)]
        assert [(hit.kind, hit.title) for hit in find(s, "1-1-101")] == [("unit", "1-1-101"), ("case", case.number)]


@pytest.mark.requirement("X3")
@pytest.mark.requirement("R4")
def test_whom_a_complaint_is_about_does_not_find_it_by_who_complained():
    office = an_office()
    with writing(office.desk) as s:
        case = a_complaint(s, office, customer_id=office.customer.id, about_user_id=office.steward.user_id)
    with reading(office.steward) as s:
        assert [hit.kind for hit in find(s, "吴学文")] == ["customer"]
        assert [hit.kind for hit in find(s, "1-1-101")] == ["unit"]
    with reading(office.supervisor) as s:
        assert titles(find(s, "吴学文")) == ["吴学文", case.number]


# ── scope ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("X2")
@pytest.mark.requirement("R4")
@pytest.mark.parametrize("who", ["technician", "guard"])
def test_who_sees_only_his_own_finds_units_without_people_and_no_one_elses_cases(who):
    office = an_office()
    actor = getattr(office, who)
    with writing(office.desk) as s:
        an_occupancy(s, office.unit, office.customer)
        phones.add_phone(s, office.customer.id, "13800138000")
        save(s, Vehicle, {"plate": "冀R1A023", "customer_id": office.customer.id})
        foreign = a_complaint(s, office)
    with writing(actor) as s:
        own = a_repair(s, office)
    with reading(actor) as s:
        for typed in ("吴学文", "wxw", "13800138000", "8000", "冀R1A023", foreign.number):
            assert find(s, typed) == [], typed
        assert [(hit.title, hit.subtitle) for hit in find(s, "1-1-101", kinds=("unit",))] == [("1-1-101", "1号楼")]
        assert titles(find(s, own.number)) == [own.number]
        assert people_and_units(s, "吴学文") == ([], [])


@pytest.mark.requirement("X2")
def test_another_estate_is_not_found():
    office = an_office()
    with writing(SYSTEM) as s:
        stranger = an_actor(s, [an_estate(s)], Role.DIRECTOR)
    with writing(office.desk) as s:
        phones.add_phone(s, office.customer.id, "13800138000")
        save(s, Vehicle, {"plate": "冀R1A023", "customer_id": office.customer.id})
        case = a_complaint(s, office)
    with reading(stranger) as s:
        for typed in ("吴学文", "1-1-101", "101", "8000", "冀R1A023", case.number):
            assert find(s, typed) == [], typed
            assert people_and_units(s, typed) == ([], []), typed
    with reading(SYSTEM) as s:
        assert titles(find(s, "8000")) == ["吴学文"]


def test_a_list_is_filtered_by_all_that_may_be_meant():
    office = an_office()
    with writing(office.desk) as s:
        near = a_unit(s, office.building, room="1011")
        people = [a_customer(s, office.estate, name) for name in ("张三", "张三丰")]
        save(s, Vehicle, {"plate": "冀R1A023", "customer_id": people[1].id})
    with reading(office.desk) as s:
        assert people_and_units(s, "1-1-101") == ([office.unit.id], [])
        assert people_and_units(s, "1-1-10") == ([office.unit.id, near.id], [])
        assert people_and_units(s, "张三") == ([], [each.id for each in people])
        assert people_and_units(s, "冀R1A023") == ([], [people[1].id])
        assert people_and_units(s, "漏水") == ([], [])


# ── how much it asks of the database ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("X3")
def test_the_number_of_statements_does_not_grow_with_the_estate():
    office = an_office()
    asked = ("1-1-101", "101", "吴学文", "wu", "8000", "R1A", "1123-001")

    def statements():
        with reading(office.desk) as s:
            for typed in asked:
                with counted_statements() as sent:
                    find(s, typed)
                yield len(sent)

    with writing(office.desk) as s:
        phones.add_phone(s, office.customer.id, "13800138000")
        save(s, Vehicle, {"plate": "冀R1A023", "customer_id": office.customer.id})
    few = list(statements())
    with writing(SYSTEM) as s:
        an_estate_of(s, office.estate, 600)
    many = list(statements())
    assert max(few + many) <= 7
    assert [a <= b for a, b in zip(many, few, strict=True)] == [True] * len(asked)


def an_estate_of(s, estate, units):
    """Fill an estate in bulk: so many units in ten buildings, an owner with a phone in each."""
    buildings = [a_building(s, estate, str(code)) for code in range(2, 12)]
    rows = [
        {"estate_id": estate.id, "building_id": building.id, "entrance": str(entrance), "room": f"{floor}{door:02}",
         "short": f"{building.code}-{entrance}-{floor}{door:02}"}
        for building, entrance, floor, door in itertools.product(buildings, (1, 2), range(1, 31), range(1, 21))
    ][:units]  # fmt: skip
    s.execute(insert(Unit), rows)
    s.execute(insert(Customer), [{"estate_id": estate.id, "name": f"吴{n}"} for n in range(units)])
    unit_ids = s.scalars(select(Unit.id).where(Unit.building_id.in_([each.id for each in buildings]))).all()
    customer_ids = s.scalars(select(Customer.id).where(Customer.name != "吴学文")).all()
    s.execute(
        insert(Occupancy),
        [{"unit_id": unit, "customer_id": customer} for unit, customer in zip(unit_ids, customer_ids, strict=True)],
    )
    search.refresh(s, "unit", unit_ids, fresh=True)
    search.refresh(s, "customer", customer_ids, fresh=True)


def test_everything_can_be_indexed_anew():
    office = an_office()
    with writing(office.desk) as s:
        save(s, Vehicle, {"plate": "冀R1A023"})
        save(s, Building, {"code": "2", "name": "2号楼"}, office.building.id)
    with writing(SYSTEM) as s:
        search.rebuild(s)
    with reading(office.desk) as s:
        assert [titles(find(s, typed)) for typed in ("2-1-101", "吴学文", "1A023")] == [
            ["2-1-101"], ["吴学文"], ["冀R1A023"],
        ]  # fmt: skip


def test_a_year_old_number_is_found_by_its_tail(monkeypatch):
    office = an_office()
    with writing(office.desk) as s:
        case = a_complaint(s, office)
    monkeypatch.setattr(search, "today", lambda: date(clock.today().year + 1, 1, 5))
    with reading(office.desk) as s:
        day, last = case.number.split("-")[1:]
        assert titles(find(s, f"{day[4:]}-{last}")) == [case.number]


def test_full_width_and_half_width_are_the_same():
    assert squeezed("ＡＢＣ　１２３ 吴·学文") == "abc123吴学文"
    assert unicodedata.is_normalized("NFKC", squeezed("㈱ﾃｽﾄ"))
