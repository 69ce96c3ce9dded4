"""Taking a workbook in: all good rows in one transaction, on record, once."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from db import importing, search_keys
from db.audit import Audit
from db.importing import runs
from db.people import SYSTEM, Role
from db.refused import Refused
from db.registering import save
from db.registry import (
    Building,
    Customer,
    CustomerKind,
    CustomerPhone,
    Estate,
    EstateKind,
    Occupancy,
    ParkingKind,
    ParkingSpace,
    ParkingTenure,
    Relation,
    Sex,
    Unit,
    UnitState,
    UnitUse,
    Vehicle,
)
from db.search_keys import SearchKey
from db.session import reading, writing
from tests.builders import an_actor, an_estate
from tests.importing.conftest import Site, verdicts
from tests.importing.workbooks import FLAT_HEADINGS, PEOPLE, UNITS, a_flat, a_roster, a_workbook

pytestmark = pytest.mark.requirement("R5")


def test_a_roster_is_taken_in_as_it_stands(site):
    result = site.take_in(a_roster())
    assert result.rows == {
        "楼栋单元": {"new": 3}, "业主信息": {"new": 3}, "房屋信息": {"new": 3, "error": 1}, "车位信息": {"new": 2},
    }  # fmt: skip
    assert result.records == {
        "buildings": {"created": 2, "changed": 0}, "units": {"created": 3, "changed": 0},
        "customers": {"created": 3, "changed": 0}, "occupancies": {"created": 3, "changed": 0},
        "parking_spaces": {"created": 2, "changed": 0}, "vehicles": {"created": 1, "changed": 0},
    }  # fmt: skip
    assert site.all(Building.code, Building.name, Building.floors, Building.has_lift, Building.position) == [
        ("1", "1号楼", 18, True, 1), ("2", "2号楼", 6, False, 2),
    ]  # fmt: skip
    assert site.all(Unit.short, Unit.floor, Unit.area, Unit.layout, Unit.use, Unit.state, Unit.version) == [
        ("1-1-1011", 1, Decimal("94.56"), "1010", UnitUse.RESIDENTIAL, UnitState.OWNER_OCCUPIED, 1),
        ("1-1-1012", 1, Decimal("94.56"), "1010", UnitUse.RESIDENTIAL, UnitState.OWNER_OCCUPIED, 1),
        ("2-1-201", 2, Decimal("88.00"), "1010", UnitUse.RESIDENTIAL, UnitState.OWNER_OCCUPIED, 1),
    ]
    assert site.all(Customer.external_ref, Customer.name, Customer.sex, Customer.id_number, Customer.kind) == [
        ("1", "周文彬", Sex.MALE, "110105194912310021", CustomerKind.PERSON),
        ("2", "钱一", Sex.FEMALE, "110105194912310021", CustomerKind.PERSON),
        ("3", "钱二", Sex.MALE, None, CustomerKind.PERSON),
    ]
    assert site.all(CustomerPhone.number, CustomerPhone.tail, CustomerPhone.position) == [
        ("13800138001", "10083100831", 0), ("13800138002", "20083100831", 0), ("18999999999", "99999999981", 0),
    ]  # fmt: skip
    assert site.holders() == [
        ("1-1-1011", "周文彬", Relation.OWNER, False, None, None),
        ("1-1-1012", "钱一", Relation.OWNER, False, None, None),
        ("2-1-201", "钱二", Relation.OWNER, False, None, None),
    ]
    assert site.all(ParkingSpace.code, ParkingSpace.kind, ParkingSpace.tenure, ParkingSpace.area) == [
        ("C0001", ParkingKind.GROUND, ParkingTenure.FREE, Decimal("12.50")),
        ("C0002", ParkingKind.GARAGE, ParkingTenure.SOLD, Decimal("12.50")),
    ]
    assert site.all(Vehicle.plate, Vehicle.brand, Vehicle.kind, Vehicle.colour) == [
        ("冀R12345", "红旗", "家用小汽车", "黑")
    ]
    with reading(site.supervisor) as s:
        for model in (Vehicle, ParkingSpace):
            holders = select(Customer.name).join(model, model.customer_id == Customer.id)
            assert s.scalars(holders).all() == ["周文彬"]


def test_the_import_itself_is_on_record(site):
    data = a_roster()
    result = site.take_in(data)
    with reading(site.supervisor) as s:
        kept = s.get_one(importing.Import, result.import_id)
        assert (kept.file_name, kept.imported_by, kept.estate_id) == (
            "名单.xlsx",
            site.supervisor.user_id,
            site.estate_id,
        )
        assert kept.sha256 == importing.read("x", data).sha256
        assert kept.counts == {"rows": result.rows, "records": result.records}
        rows = s.execute(
            select(
                importing.ImportRow.sheet,
                importing.ImportRow.row,
                importing.ImportRow.before,
                importing.ImportRow.after,
            )
            .where(importing.ImportRow.table_name == "units")
            .order_by(importing.ImportRow.record_id)
        ).all()
        assert [(sheet, row, before, after["short"], after["area"]) for sheet, row, before, after in rows] == [
            ("房屋信息", 2, None, "1-1-1011", "94.56"), ("房屋信息", 3, None, "1-1-1012", "94.56"),
            ("房屋信息", 4, None, "2-1-201", "88.00"),
        ]  # fmt: skip
        [entry] = s.scalars(select(Audit).where(Audit.act == "imported"))
        assert (entry.table_name, entry.record_id, entry.after["records"]) == (
            "imports",
            result.import_id,
            result.records,
        )


def test_the_same_file_twice_adds_nothing(site):
    roster = a_roster()  # once: a workbook notes the second in which it was made
    site.take_in(roster)
    before = site.counts()
    planned = site.plan(roster)
    assert {verdict for _sheet, _row, _key, verdict in verdicts(planned)} == {"unchanged", "error"}
    assert (planned.before.by, planned.writes_anything) == (site.supervisor.name, False)
    with writing(site.supervisor) as s:
        result = importing.run(s, planned)
    assert (result.import_id, result.records, site.counts()) == (None, {}, before)
    assert result.lines()[0] == "名单.xlsx：新增 0 行，更新 0 行，无变化 11 行，有错误未导入 1 行。"


def test_changes_leave_their_trail(site):
    site.take_in(a_roster())
    units = [UNITS[0], [1011.0, 1.0, 1.0, 1.0, 1010.0, 95.0, 2.0]]
    people = [PEOPLE[0], [2.0, "钱一", "女", "", 13900139001.0, ""]]
    result = site.take_in(a_workbook({"业主": people, "房屋": units}))
    assert result.records == {
        "units": {"created": 0, "changed": 1}, "customers": {"created": 0, "changed": 1},
        "occupancies": {"created": 1, "changed": 1},
    }  # fmt: skip
    with reading(site.supervisor) as s:
        entries = s.execute(
            select(Audit.act, Audit.table_name, Audit.before, Audit.after)
            .where(Audit.act.in_(["changed", "ended"]))
            .order_by(Audit.id)
        ).all()
        assert [tuple(entry) for entry in entries][:2] == [
            ("changed", "units", {"area": "94.56"}, {"area": "95.00"}),
            ("changed", "customers", {"phones": ["13800138001"]}, {"phones": ["13800138001", "13900139001"]}),
        ]
        assert (entries[2].act, entries[2].table_name, entries[2].before) == ("ended", "occupancies", {"ends_on": None})
        assert s.scalars(select(Unit.version).where(Unit.short == "1-1-1011")).all() == [2]
        assert s.scalars(
            select(CustomerPhone.number).join(Customer, Customer.id == CustomerPhone.customer_id)
            .where(Customer.name == "钱一").order_by(CustomerPhone.position)
        ).all() == ["13800138001", "13900139001"]  # fmt: skip


def test_search_finds_what_was_taken_in_as_if_typed(site):
    site.take_in(a_roster())
    columns = (SearchKey.key, SearchKey.kind, SearchKey.record_id)
    taken_in = sorted(site.all(*columns))
    with writing(SYSTEM) as s:
        search_keys.rebuild(s)
    assert taken_in == sorted(site.all(*columns))


def test_a_second_press_shows_the_first_result(site):
    planned = site.plan(a_roster())
    with writing(site.supervisor) as s:
        first = importing.run(s, planned, "token-1")
    with writing(site.supervisor) as s:
        second = importing.run(s, planned, "token-1")
    assert (second.import_id, second.records, second.is_repeated) == (first.import_id, first.records, True)
    assert site.counts()["units"] == 3


def test_nothing_half_is_left_when_it_fails(site, monkeypatch):
    planned = site.plan(a_roster())
    monkeypatch.setattr(runs._Writer, "_make_found", lambda _self: 1 / 0)
    with pytest.raises(ZeroDivisionError), writing(site.supervisor) as s:
        importing.run(s, planned)
    assert site.counts() == dict.fromkeys(site.counts(), 0)
    assert site.all(importing.Import.id) == []


def test_what_changed_since_the_preview_is_judged_again(site):
    site.take_in(a_roster())
    units = a_workbook({"房屋": [UNITS[0], [1011.0, 1.0, 1.0, 1.0, "", 95.0, ""]]})
    planned = site.plan(units)
    [[unit_id]] = site.all(Unit.id, order=Unit.id)[:1]
    with writing(site.supervisor) as s:
        save(s, Unit, {"layout": "三室"}, unit_id)
    with writing(site.supervisor) as s:
        assert importing.run(s, planned).records == {"units": {"created": 0, "changed": 1}}
    planned = site.plan(a_workbook({"房屋": [UNITS[0], [1011.0, 1.0, 1.0, 1.0, "", 96.0, ""]]}))
    with writing(site.supervisor) as s:
        save(s, Unit, {"area": Decimal("90.00")}, unit_id)
    with writing(site.supervisor) as s, pytest.raises(Refused) as refused:
        importing.run(s, planned)
    assert refused.value.message == "预览之后档案又有改动，结果会和预览不同，没有导入任何内容。请重新预览后再导入。"


def test_progress_is_told_to_the_end(site):
    planned = site.plan(a_roster())
    told = []
    with writing(site.supervisor) as s:
        importing.run(s, planned, progress=lambda done, total: told.append((done, total)))
    assert (told[0], told[-1]) == ((2, 14), (14, 14))


def test_headings_chosen_once_are_remembered(site):
    odd = a_workbook({"表": [["位置", "甲", "乙"], ["1-101", "赵一", "13800138001"]]})
    site.take_in(odd, sheet="表", kind=importing.Kind.FLAT, fields={0: "room", 1: "name", 2: "phone"})
    other = a_workbook({"另一张": [["位置", "甲", "乙"], ["1-102", "钱二", "13800138002"]]})
    assert verdicts(site.plan(other)) == [("另一张", 2, "1-102", "new")]


def test_estates_do_not_mix(site):
    site.take_in(a_roster())
    with writing(SYSTEM) as s:
        other = an_estate(s).id
        actor = an_actor(s, [s.get_one(Estate, other)], Role.SUPERVISOR)
    elsewhere = Site(other, actor, actor)
    assert {row[3] for row in verdicts(elsewhere.plan(a_roster()))} == {"new", "error"}
    elsewhere.take_in(a_roster())
    assert site.counts()["units"] == 6


def test_hostile_texts_are_kept_as_texts(site):
    name, layout = '<script>alert(1)</script>=cmd|"/c calc"!A1', "'; DROP TABLE units;--"
    headings = ["楼栋", "房号", "户型", "业主姓名", "电话"]
    site.take_in(
        a_flat(["1", "101", layout, name, "13800138001"], ["1", "102", "😀", "𠮷田", "13800138002"], headings=headings)
    )
    assert site.all(Unit.layout, order=Unit.id) == [(layout,), ("😀",)]
    assert site.all(Customer.name, order=Customer.id) == [(name,), ("𠮷田",)]


_estates = itertools.count(1)
NAMES = st.text(st.sampled_from("赵钱孙李一二三ABΩ😀 "), min_size=1, max_size=6)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["1", "2号楼", "A座", 3.0]),
        st.sampled_from(["", "1单元", 2.0]),
        st.sampled_from(["101", 102.0, "201室", "0301"]),
        st.sampled_from(["", 88.0, "90.5㎡", 0.0, "大"]),
        NAMES | st.sampled_from(["", "赵一、钱二", "某某公司"]),
        st.sampled_from(["", 13800138001.0, "13800138002", 18999999999.0, "138", "13800138003、0316-2912915"]),
        st.sampled_from(["", "110105194912310021", "111111111111111111", "E1"]),
        st.sampled_from(["", "2020-6-10", "2021年3月", "昨天"]),
    ),
    min_size=1,
    max_size=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(ROWS)
def test_whatever_was_taken_in_is_unchanged_the_second_time(sqlite_engine, rows):
    with writing(SYSTEM) as s:
        n = next(_estates)
        estate = Estate(name=f"第{n}个", kind=EstateKind.HOMES, mark=f"{n:x}")
        s.add(estate)
        s.flush()
        site = Site(estate.id, SYSTEM, SYSTEM)
    data = a_flat(*map(list, rows), headings=FLAT_HEADINGS)
    first = site.take_in(data)
    before = site.counts()
    again = site.plan(data)
    assert not again.writes_anything
    assert sum(row.verdict is importing.Verdict.ERROR for row in again.rows) == first.count(importing.Verdict.ERROR)
    site.take_in(data)
    assert site.counts() == before
    if first.import_id:
        site.undo(first.import_id)
        with reading(SYSTEM) as s:
            for model in (Building, Unit, Customer):
                assert s.scalar(select(func.count()).select_from(model).where(model.estate_id == site.estate_id)) == 0


def test_days_and_dates_are_kept(site):
    headings = ["楼栋", "房号", "交房日期", "租户姓名", "租户电话", "租期开始", "租赁到期日"]
    row = ["1", "101", "2015年5月1日", "孙三", "13800138003", "2020-06-10", "2020-12-31"]
    site.take_in(a_flat(row, headings=headings))
    assert site.all(Unit.handed_over_on) == [(date(2015, 5, 1),)]
    assert site.all(Occupancy.relation, Occupancy.starts_on, Occupancy.ends_on) == [
        (Relation.TENANT, date(2020, 6, 10), date(2020, 12, 31))
    ]
    assert {row[3] for row in verdicts(site.plan(a_flat(row, headings=headings)))} == {"unchanged"}
