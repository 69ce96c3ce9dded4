"""The verdict on every row: new, changes, unchanged, error with cell and reason; nothing is written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import time_machine

from db import importing
from db.people import SYSTEM, Role
from db.refused import Refused
from db.registry import Estate, Relation
from db.session import reading, writing
from tests.builders import a_building, a_customer, a_phone, a_unit, an_actor, an_estate, an_occupancy
from tests.counting import counted_statements
from tests.importing.conftest import errors, verdicts, warnings
from tests.importing.workbooks import BUILDINGS, FLAT_HEADINGS, PEOPLE, UNITS, a_flat, a_roster, a_workbook

pytestmark = pytest.mark.requirement("R5")


@pytest.fixture
def engine(sqlite_engine):
    """Judging only reads; what is written is tried on both databases."""
    return sqlite_engine


def a_row(
    building="1", entrance="1", room="101", *, area=90.0, name="赵一", phone="13800138001", identity="", since=""
):
    return [building, entrance, room, area, name, phone, identity, since]


def test_a_roster_row_by_row(site):
    planned = site.plan(a_roster())
    assert verdicts(planned) == [
        ("楼栋单元", 2, "1-1", "new"),
        ("楼栋单元", 3, "1-2", "new"),
        ("楼栋单元", 4, "2-1", "new"),
        ("业主信息", 2, "周文彬", "new"),
        ("业主信息", 3, "钱一", "new"),
        ("业主信息", 4, "钱二", "new"),
        ("房屋信息", 2, "1-1-1011", "new"),
        ("房屋信息", 3, "1-1-1012", "new"),
        ("房屋信息", 4, "2-1-201", "new"),
        ("房屋信息", 5, "2-1-202", "error"),
        ("车位信息", 2, "C0001", "new"),
        ("车位信息", 3, "C0002", "new"),
    ]
    assert errors(planned) == ["“房屋信息”第 5 行 G 列 业主编号：客户表和系统里都没有编号为 9 的客户。"]
    assert warnings(planned) == [
        "“业主信息”第 2 行 E 列 手机号：18999999999 疑似占位号码，请核实。",
        "“业主信息”第 2 行 F 列 身份证号：身份证号校验码不对，请核对。",
        "“业主信息”第 3 行 F 列 身份证号：身份证号校验码不对，请核对。",
        "“业主信息”第 3 行 F 列 身份证号：证件号码与“周文彬”相同，请核对。",
    ]
    assert site.counts() == dict.fromkeys(site.counts(), 0)


def test_the_office_reads_what_a_new_row_says(site):
    planned = site.plan(a_flat(a_row(since="2020年6月10日")))
    assert {name: importing.in_words(value) for name, value in planned.rows[0].after.items()} == {
        "building": "1", "entrance": "1", "room": "101", "area": "90.00", "name": "赵一", "phone": "13800138001",
        "starts_on": "2020-06-10", "owner": "赵一",
    }  # fmt: skip


def test_a_unit_of_a_building_or_entrance_that_is_nowhere(site):
    units = [UNITS[0], [1.0, 3.0, 1.0], [2.0, 1.0, 7.0], [3.0, 1.0, 1.0]]
    planned = site.plan(a_workbook({"楼栋": BUILDINGS, "房屋": units}))
    assert errors(planned) == [
        "“房屋”第 2 行 B 列 楼栋编号：楼栋表和系统里都没有楼栋“3”。",
        "“房屋”第 3 行 C 列 单元编号：楼栋表和系统里，1号楼都没有“7”单元。",
    ]
    assert verdicts(planned)[-1] == ("房屋", 4, "1-1-3", "new")


def test_buildings_are_made_from_the_units_where_none_are_listed(site):
    result = site.take_in(a_flat(a_row("2栋"), a_row("A座", "", "1203", phone="13800138002", name="赵二")))
    assert result.records["buildings"] == {"created": 2, "changed": 0}
    assert [row[0] for row in site.holders()] == ["2-1-101", "A-1203"]


def test_missing_cells_are_named(site):
    planned = site.plan(a_flat(a_row(building=""), a_row(room=""), a_row(area="大"), a_row(phone="1380013")))
    assert errors(planned) == [
        "“住户台账”第 2 行 A 列 楼号：缺楼栋。",
        "“住户台账”第 3 行 C 列 房号：缺房号。",
        "“住户台账”第 4 行 D 列 建筑面积(m2)：面积应是数字，例如 94.56。",
        "“住户台账”第 5 行 F 列 联系电话：电话“1380013”是 7 位，手机应为 11 位，座机请带区号。",
    ]


def test_the_same_key_twice_in_one_file(site):
    people = [*PEOPLE, [1.0, "别人", "女", "", 13900139000.0, ""], [2.0, "钱一", "女", "", 13800138001.0, ""]]
    units = [*UNITS[:2], [1011.0, 1.0, 1.0, 1.0, "", 70.0, 1.0], [1011.0, 1.0, 1.0, 1.0, "", 94.56, 1.0]]
    buildings = [*BUILDINGS, [1.0, 1.0, 33.0, "有"], [2.0, 1.0, 6.0, "无"]]
    planned = site.plan(a_workbook({"楼栋": buildings, "业主": people, "房屋": units}))
    assert errors(planned) == [
        "“楼栋”第 5 行 C 列 总层数：与“楼栋”第 2 行是同一个，但总层数不同。",
        "“业主”第 5 行 B 列 业主名称：与“业主”第 2 行是同一个，但姓名/单位名称、性别不同。",
        "“房屋”第 3 行 F 列 建筑面积：与“房屋”第 2 行是同一个，但面积不同。",
    ]
    assert [text for text in warnings(planned) if "重复" in text] == [
        "“楼栋”第 6 行：与“楼栋”第 4 行重复。",
        "“业主”第 6 行：与“业主”第 3 行重复。",
        "“房屋”第 4 行：与“房屋”第 2 行重复。",
    ]


def test_a_row_about_somebody_whose_own_row_is_wrong(site):
    people = [*PEOPLE[:2], [2.0, "钱一", "女", "", "1380013", ""]]
    planned = site.plan(a_workbook({"业主": people, "房屋": UNITS[:3]}))
    assert errors(planned)[1:] == ["“房屋”第 3 行 G 列 业主编号：编号 2 的客户在“业主”第 3 行有错误，没有导入。"]


def test_the_same_person_at_several_units_is_one_customer(site):
    result = site.take_in(a_flat(a_row(), a_row(room="102"), a_row(room="103", phone="13800138001、0316-2912915")))
    assert result.records["customers"] == {"created": 1, "changed": 0}
    assert [row[:2] for row in site.holders()] == [("1-1-101", "赵一"), ("1-1-102", "赵一"), ("1-1-103", "赵一")]
    assert site.counts()["customer_phones"] == 2


def test_a_stand_in_for_a_phone_makes_nobody_the_same(site):
    site.take_in(a_flat(a_row(phone=18999999999.0), a_row(room="102", phone=18999999999.0)))
    assert site.counts()["customers"] == 2
    assert {row[3] for row in verdicts(site.plan(a_flat(a_row(phone=18999999999.0))))} == {"unchanged"}


def test_people_without_phone_or_number_are_known_by_name(site):
    people = a_workbook({"业主": [["业主姓名", "性别"], ["赵一", "男"], ["钱二", "女"]]})
    site.take_in(people)
    assert [row[3] for row in verdicts(site.plan(people))] == ["unchanged", "unchanged"]


def test_owners_of_one_unit_in_rows_of_their_own_and_in_one_cell(site):
    rows = [
        a_row(),
        ["", "", "", "", "赵二", "13800138002", "", ""],
        a_row(room="102", name="钱一、钱二", phone="13800138003、13800138004"),
    ]
    merged = [(1, column, 2, column) for column in range(4)]
    site.take_in(a_flat(*rows, merged=merged))
    assert [row[:4] for row in site.holders()] == [
        ("1-1-101", "赵一", Relation.OWNER, False),
        ("1-1-101", "赵二", Relation.OWNER, True),
        ("1-1-102", "钱一", Relation.OWNER, False),
        ("1-1-102", "钱二", Relation.OWNER, True),
    ]
    assert {row[3] for row in verdicts(site.plan(a_flat(*rows, merged=merged)))} == {"unchanged"}


def test_relations_and_tenants(site):
    headings = ["房号", "姓名", "电话", "与业主关系", "租户姓名", "租户电话"]
    rows = [["1-1-101", "赵一", "13800138001", "业主", "孙三", "13800138003"], ["1-1-101", "赵小", "", "儿子", "", ""]]
    site.take_in(a_flat(*rows, headings=headings))
    assert [row[:3] for row in site.holders()] == [
        ("1-1-101", "赵一", Relation.OWNER), ("1-1-101", "孙三", Relation.TENANT), ("1-1-101", "赵小", Relation.FAMILY),
    ]  # fmt: skip


@time_machine.travel("2026-03-10 12:00+08:00", tick=False)
def test_another_owner_ends_the_former_who_stays_on_record(site):
    site.take_in(a_flat(a_row()))
    again = a_flat(a_row(name="钱二", phone="13800138002"))
    planned = site.plan(again)
    assert [(row.verdict.value, row.before, row.after) for row in planned.rows] == [
        ("changes", {"owner": ("赵一",)}, {"owner": ("钱二",)})
    ]
    site.take_in(again)
    assert site.holders() == [
        ("1-1-101", "赵一", Relation.OWNER, False, None, date(2026, 3, 9)),
        ("1-1-101", "钱二", Relation.OWNER, False, date(2026, 3, 10), None),
    ]
    assert [row[3] for row in verdicts(site.plan(again))] == ["unchanged"]


def test_the_day_of_the_change_may_stand_in_the_file(site):
    site.take_in(a_flat(a_row(since="2015-05-01")))
    site.take_in(a_flat(a_row(name="钱二", phone="13800138002", since="2020-06-10")))
    assert [(row[1], row[4], row[5]) for row in site.holders()] == [
        ("赵一", date(2015, 5, 1), date(2020, 6, 9)), ("钱二", date(2020, 6, 10), None),
    ]  # fmt: skip


def test_an_owner_older_than_the_registered_one_is_an_error_and_writes_nothing(site):
    site.take_in(a_flat(a_row(since="2020-06-10")))
    planned = site.plan(a_flat(a_row(name="钱二", phone="13800138002", since="2019-01-01", area=95.0)))
    assert errors(planned) == [
        "“住户台账”第 2 行 E 列 业主姓名：“赵一”从 2020-06-10 起登记为业主，新的要晚于这一天才能接替。"
    ]
    assert not planned.writes_anything


def test_a_co_owner_whom_the_file_does_not_name_stays(site):
    site.take_in(a_flat(a_row(), a_row(name="赵二", phone="13800138002")))
    assert [row[3] for row in verdicts(site.plan(a_flat(a_row())))] == ["unchanged"]


def test_changes_show_what_was_and_what_will_be(site):
    site.take_in(a_roster())
    people = [PEOPLE[0], [2.0, "钱一", "男", "", 13900139001.0, "110105194912310021"]]
    units = [UNITS[0], [1011.0, 1.0, 1.0, 3.0, "", 95.0, 1.0]]
    planned = site.plan(a_workbook({"业主": people, "房屋": units}))
    assert [(row.verdict.value, row.before, row.after) for row in planned.rows] == [
        (
            "changes",
            {"sex": "female", "phones": ("13800138001",)},
            {"sex": "male", "phones": ("13800138001", "13900139001")},
        ),
        ("changes", {"floor": 1, "area": Decimal("94.56")}, {"floor": 3, "area": Decimal("95.00")}),
    ]


def test_a_number_that_now_means_somebody_else_is_doubted(site):
    site.take_in(a_roster())
    people = [PEOPLE[0], [2.0, "孙九", "女", "", 13911112222.0, ""]]
    assert warnings(site.plan(a_workbook({"业主": people}))) == [
        "“业主”第 2 行 B 列 业主名称：编号 2 原来是“钱一”，请确认是同一个人。"
    ]


def test_blank_cells_take_nothing_away(site):
    site.take_in(a_roster())
    people = [PEOPLE[0], [2.0, "钱一", "", "", "", ""]]
    units = [UNITS[0], [1011.0, 1.0, 1.0, "", "", "", ""]]
    assert {row[3] for row in verdicts(site.plan(a_workbook({"业主": people, "房屋": units})))} == {"unchanged"}


def test_somebody_entered_by_hand_is_found_and_gets_his_number(site):
    with writing(site.supervisor) as s:
        estate = s.get_one(Estate, site.estate_id)
        building = a_building(s, estate)
        unit = a_unit(s, building, "1", "1011")
        customer = a_customer(s, estate, "钱一")
        a_phone(s, customer, "13800138001")
        an_occupancy(s, unit, customer)
    planned = site.plan(a_workbook({"业主": PEOPLE[:3:2], "房屋": [UNITS[0], [1011.0, 1.0, 1.0, 1.0, "", 94.56, 2.0]]}))
    assert [(row.key, row.verdict.value, row.after) for row in planned.rows] == [
        ("钱一", "changes", {"external_ref": "2", "id_number": "110105194912310021", "sex": "female"}),
        ("1-1-1011", "changes", {"floor": 1, "area": Decimal("94.56")}),
    ]


def test_parking_and_vehicles(site):
    site.take_in(a_roster())
    rows = [
        ["车牌号", "业主姓名", "电话"],
        ["冀R12345", "钱一", "13800138001"],
        ["冀R99999", "孙九", ""],
        ["冀R77777、冀R88888", "周文彬", ""],
    ]
    planned = site.plan(a_workbook({"车辆": rows}))
    assert [(row.key, row.verdict.value, row.before, row.after) for row in planned.rows[:1]] == [
        ("冀R12345", "changes", {"customer_id": "周文彬"}, {"customer_id": "钱一"})
    ]
    assert errors(planned) == [
        "“车辆”第 3 行 B 列 业主姓名：找不到客户“孙九”，请补上电话或客户编号。",
        "“车辆”第 4 行 B 列 业主姓名：找不到客户“周文彬”，请补上电话或客户编号。",
    ]


def test_one_vehicle_of_two_people(site):
    rows = [["车牌号", "业主姓名", "电话"], ["冀R12345", "赵一", "13800138001"], ["冀R12345", "钱二", "13800138002"]]
    assert errors(site.plan(a_workbook({"车辆": rows}))) == [
        "“车辆”第 3 行 A 列 车牌号：车牌 冀R12345 在“车辆”第 2 行属于另一位客户。"
    ]


def test_a_file_without_anything_to_import_is_refused(site):
    with pytest.raises(Refused) as refused:
        site.plan(a_workbook({"Sheet1": [["序号", "内容"], [1.0, "x"]]}))
    assert refused.value.message == (
        "“名单.xlsx”没有可以导入的表：没有找到楼栋、房屋、客户、车位或车辆的列，请为每张表指定类型和列。"
    )
    with pytest.raises(Refused) as refused:
        site.plan(a_workbook({"车位": [["序号", "类型"], [1.0, "x"]]}), sheet="车位", kind=importing.Kind.PARKING)
    assert refused.value.message == "“名单.xlsx”没有可以导入的表：没有找到“车位编号”列，不导入；请指定是哪一列。"


@pytest.mark.requirement("X2")
def test_only_those_who_may_import_and_only_into_their_estates(site):
    book = importing.read("a.xlsx", a_roster())
    with reading(site.desk) as s, pytest.raises(Refused) as refused:
        importing.plan(s, book, importing.understand(s, book), site.estate_id)
    assert refused.value.message == "您没有“导入工作簿”的权限，如有需要请联系管理处主任。"
    with writing(SYSTEM) as s:
        other = an_estate(s)
        stranger = an_actor(s, [other], Role.SUPERVISOR)
    with reading(stranger) as s, pytest.raises(Refused) as refused:
        importing.plan(s, book, importing.understand(s, book), site.estate_id)
    assert refused.value.message == "这个项目不在您负责的范围内，不能导入。"


def test_planning_takes_a_fixed_number_of_queries(site):
    few, many = a_flat(a_row()), a_flat(*(a_row(room=str(n), phone=str(13800130000 + n)) for n in range(100, 400)))
    numbers = []
    for data in (few, many):
        with counted_statements() as queries:
            site.plan(data)
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_flat_headings_are_as_the_tests_think():
    assert len(FLAT_HEADINGS) == len(a_row())
