"""The registry: written down, corrected, ended, taken back; every change kept."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from sqlalchemy import select

from db import areas, clock, occupancies, phones, registering
from db.audit import Audit
from db.histories import Change
from db.people import SYSTEM, Role, actor_for
from db.people import User as Staff
from db.refused import Conflict, Refused
from db.registering import save, take_back
from db.registry import (
    Building,
    Contract,
    ContractKind,
    Customer,
    CustomerPhone,
    Estate,
    EstateKind,
    Facility,
    FacilityKind,
    Firm,
    FirmKind,
    Occupancy,
    Relation,
    ServicePoint,
    StewardArea,
    Unit,
    UnitUse,
    Vehicle,
)
from db.registry_history import history_of
from db.search import find
from db.session import reading, writing
from tests.builders import a_building, a_customer, a_phone, a_unit, an_actor, an_estate, an_occupancy, an_office

pytestmark = pytest.mark.usefixtures("engine")


def audits(s, table):
    return s.execute(
        select(Audit.act, Audit.before, Audit.after).where(Audit.table_name == table).order_by(Audit.id)
    ).all()


# ── R1: estates, buildings, units, facilities ────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("R1")
def test_an_estate_with_its_service_point_buildings_units_and_facilities():
    with writing(SYSTEM) as s:
        admin = an_actor(s, [], Role.ADMINISTRATOR)
    with writing(admin) as s:
        estate_id = save(s, Estate, {"name": "香颂苑", "kind": "homes", "mark": "X", "address": "廊坊市创业路 1 号"})
        admin = actor_for(s, s.get_one(Staff, admin.user_id))
    with writing(admin) as s:
        point = {"estate_id": estate_id, "name": "一期物业处", "phone": "0316-2912915", "hours": "08:00–22:00"}
        save(s, ServicePoint, point)
        building_id = save(s, Building, {"estate_id": estate_id, "code": "12", "name": "12号楼", "floors": "18"})
        unit = {"building_id": building_id, "entrance": "2", "room": "0501", "area": "95.25", "use": "residential"}
        unit_id = save(s, Unit, unit)
        shop_id = save(s, Unit, {"building_id": building_id, "room": "商铺3", "use": UnitUse.SHOP})
        save(s, Facility, {"building_id": building_id, "kind": "lift", "name": "1号客梯", "place": "2单元"})
    with reading(admin) as s:
        stored = s.get_one(Unit, unit_id)
        assert (stored.estate_id, stored.short, stored.floor, stored.area) == (
            estate_id,
            "12-2-0501",
            5,
            Decimal("95.25"),
        )
        assert s.get_one(Unit, shop_id).short == "12-商铺3"
        assert s.get_one(Building, building_id).position == 12
        assert s.scalars(select(ServicePoint.phone)).all() == ["03162912915"]
        assert s.scalars(select(Facility.kind)).all() == [FacilityKind.LIFT]
        assert [act for act, _before, _after in audits(s, "units")] == ["created", "created"]


@pytest.mark.requirement("R1")
def test_a_renumbered_building_renames_its_units_and_they_are_found_by_the_new_number():
    office = an_office()
    with writing(office.desk) as s:
        save(s, Building, {"code": "A", "name": "A座"}, office.building.id, version=1)
    with reading(office.desk) as s:
        assert s.get_one(Unit, office.unit.id).short == "A-1-101"
        assert [hit.id for hit in find(s, "A座1单元101")] == [office.unit.id]
        assert find(s, "1-1-101", kinds=("unit",)) == []


def test_the_same_unit_twice_is_refused_at_its_room():
    office = an_office()
    with writing(office.desk) as s, pytest.raises(Refused) as refused:
        save(s, Unit, {"building_id": office.building.id, "entrance": "1", "room": "101"})
    assert refused.value.problems == {"room": "已有同样的房号“101”，请先查找已有的档案。"}


def test_what_is_missing_or_wrong_is_said_by_field_and_nothing_is_kept():
    office = an_office()
    with pytest.raises(Refused) as refused, writing(office.desk) as s:
        save(s, Unit, {"building_id": office.building.id, "room": "", "area": "很大", "use": "castle"})
    assert refused.value.problems == {
        "room": "请填写房号。", "area": "请填写数字，例如 128.50。", "use": "请从列表中选择。",
    }  # fmt: skip
    with reading(office.desk) as s:
        assert s.scalars(select(Unit.id)).all() == [office.unit.id]


def test_an_unknown_field_is_a_programming_mistake():
    office = an_office()
    with writing(office.desk) as s, pytest.raises(KeyError):
        save(s, Unit, {"rent": 3}, office.unit.id)


# ── rights, scope, versions ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", ["technician", "guard", "cashier", "quality"])
def test_who_does_not_keep_the_registry_is_refused(role):
    office = an_office()
    with writing(getattr(office, role)) as s, pytest.raises(Refused, match="维护客户与房产档案"):
        save(s, Customer, {"name": "陈静"})


def test_the_desk_keeps_customers_but_no_contracts():
    office = an_office()
    with writing(office.desk) as s, pytest.raises(Refused, match="维护合同与专营公司"):
        save(s, Firm, {"name": "安达电梯", "kind": "lift"})


def test_another_estates_records_are_neither_found_nor_pointed_at():
    office = an_office()
    with writing(SYSTEM) as s:
        elsewhere = an_estate(s)
        building = a_building(s, elsewhere)
        stranger = a_customer(s, elsewhere, "外人")
    with writing(office.desk) as s:
        with pytest.raises(Refused, match="没有找到这条档案"):
            save(s, Customer, {"name": "改名"}, stranger.id)
        with pytest.raises(Refused) as refused:
            save(s, Unit, {"estate_id": office.estate.id, "building_id": building.id, "room": "1"})
        assert refused.value.problems == {"building_id": "没有找到所选的楼栋，请重新查找。"}
        with pytest.raises(Refused) as refused:
            save(s, Customer, {"estate_id": elsewhere.id, "name": "陈静"})
        assert refused.value.problems == {"estate_id": "没有找到所选的项目，请重新查找。"}
        with pytest.raises(Refused) as refused:
            occupancies.move_in(s, office.unit.id, stranger.id, Relation.OWNER)
        assert refused.value.problems == {"customer_id": "没有找到所选的客户，请重新查找。"}


def test_a_record_does_not_move_to_another_estate():
    with writing(SYSTEM) as s:
        here, there = an_estate(s), an_estate(s)
        clerk = an_actor(s, [here, there], Role.DESK)
        customer = a_customer(s, here)
    with writing(clerk) as s, pytest.raises(Refused) as refused:
        save(s, Customer, {"estate_id": there.id}, customer.id)
    assert refused.value.problems == {"estate_id": "档案不能移到别的项目，请在那个项目里新建。"}


@pytest.mark.requirement("R2")
@pytest.mark.requirement("X7")
def test_the_second_of_two_hasty_people_is_told_who_changed_what():
    office = an_office()
    noon = clock.moment_of(date(2026, 11, 23), clock.local(clock.now()).time().replace(hour=12, minute=5))
    with time_machine.travel(noon, tick=False), writing(office.other_desk) as s:
        save(s, Customer, {"name": "吴学文", "reach": "晚上八点后"}, office.customer.id, version=1)
    with pytest.raises(Conflict) as conflict, writing(office.desk) as s:
        save(s, Customer, {"name": "吴学武", "reach": ""}, office.customer.id, version=1)
    assert str(conflict.value) == (
        "这条档案刚被别人改过：李敏 12:05 改了联系偏好。您填的内容还在，请看过最新情况后再保存。"
    )
    with reading(office.desk) as s:
        stored = s.get_one(Customer, office.customer.id)
        assert (stored.name, stored.reach, stored.version) == ("吴学文", "晚上八点后", 2)


@pytest.mark.requirement("R2")
def test_every_change_keeps_before_and_after_and_no_change_leaves_nothing():
    office = an_office()
    with writing(office.desk) as s:
        customer_id = save(s, Customer, {"name": "陈静", "id_number": "632100 19800101 2011", "occupants": "3"})
        save(s, Customer, {"name": "陈静 ", "occupants": 3}, customer_id)
        save(s, Customer, {"occupants": 4, "needs": "轮椅", "no_greetings": True}, customer_id)
        phones.add_phone(s, customer_id, "138 0013 8000")
    with reading(office.desk) as s:
        entries = history_of(s, Customer, customer_id)
        assert [(entry.who, entry.act) for entry in entries] == [("王芳", "修改"), ("王芳", "修改"), ("王芳", "新建")]
        assert [entry.changes for entry in entries[:2]] == [
            (Change("电话", "", "138****8000"),),
            (Change("居住/办公人数", "3", "4"), Change("特别需要", "", "轮椅"), Change("不需要问候", "否", "是")),
        ]
        assert Change("证件号码", "", "6321**********2011") in entries[2].changes
        assert s.get_one(Customer, customer_id).version == 3
    with reading(office.cashier) as s, pytest.raises(Refused, match="修改记录"):
        history_of(s, Customer, customer_id)


def test_history_says_names_for_what_a_record_points_at():
    office = an_office()
    with writing(office.desk) as s:
        occupancy_id = occupancies.move_in(s, office.unit.id, office.customer.id, Relation.TENANT, date(2026, 1, 1))
    with reading(office.desk) as s:
        assert history_of(s, Occupancy, occupancy_id)[0].changes == (
            Change("房屋", "", "1-1-101"), Change("客户", "", "吴学文"), Change("关系", "", "租户"),
            Change("共有人", "", "否"), Change("起", "", "2026-01-01"),
        )  # fmt: skip


# ── taken back ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_slip_of_the_pen_is_taken_back_while_nothing_depends_on_it():
    office = an_office()
    with writing(office.desk) as s:
        customer_id = save(s, Customer, {"name": "多录的"})
        phones.add_phone(s, customer_id, "13800138000")
    with writing(office.desk) as s:
        take_back(s, Customer, customer_id)
    with reading(office.desk) as s:
        assert s.get(Customer, customer_id) is None
        assert s.scalars(select(CustomerPhone.id)).all() == []
        assert find(s, "多录的") == []
        assert audits(s, "customers")[-1].act == "deleted"
        assert audits(s, "customers")[-1].before["name"] == "多录的"


def test_what_is_in_use_or_a_day_old_is_not_taken_back():
    office = an_office()
    with writing(office.desk) as s:
        customer_id = save(s, Customer, {"name": "陈静"})
        occupancies.move_in(s, office.unit.id, customer_id, Relation.FAMILY)
        with pytest.raises(Refused, match="已有入住登记用到这条档案"):
            take_back(s, Customer, customer_id)
        later_id = save(s, Customer, {"name": "陈默"})
    tomorrow = clock.now() + timedelta(hours=25)
    with (
        time_machine.travel(tomorrow),
        writing(office.desk) as s,
        pytest.raises(Refused, match="只有 24 小时内新建的档案可以删除"),
    ):
        take_back(s, Customer, later_id)


def test_a_vehicle_is_written_one_way_and_kept_once():
    office = an_office()
    with writing(office.desk) as s:
        vehicle_id = save(s, Vehicle, {"plate": "冀r·a0012 ", "customer_id": office.customer.id})
        assert s.get_one(Vehicle, vehicle_id).plate == "冀RA0012"
        with pytest.raises(Refused) as refused:
            save(s, Vehicle, {"plate": "冀R A0012"})
        assert refused.value.problems == {"plate": "已有同样的车牌号“冀RA0012”，请先查找已有的档案。"}
        with pytest.raises(Refused) as refused:
            save(s, Vehicle, {"plate": "?"})
        assert refused.value.problems == {"plate": "车牌号应为 5 到 10 位字母、数字或汉字，例如 冀R12345。"}


# ── R7, R8: contracts and firms ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("R7")
@pytest.mark.requirement("R8")
def test_a_lease_and_a_firm_under_contract():
    office = an_office()
    term = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31)}
    with writing(office.supervisor) as s:
        firm_id = save(
            s,
            Firm,
            {
                "name": "安达电梯", "kind": FirmKind.LIFT, "licence": "TS-3310", "licence_ends_on": date(2026, 12, 1),
                "contact_name": "何工", "phone": "13900139000", "emergency_phone": "0316-2345678",
            },
        )  # fmt: skip
        save(s, Contract, {"number": "WB-1", "kind": "firm", "firm_id": firm_id, "price": "36000", **term})
        lease = {
            "number": "ZL-1", "kind": ContractKind.LEASE, "customer_id": office.customer.id, "unit_id": office.unit.id,
            "price": "5624.00", "price_basis": "38.00 元/m²·月", "promises": "含两个车位",
        }  # fmt: skip
        contract_id = save(s, Contract, lease | term)
        with pytest.raises(Refused) as refused:
            save(s, Contract, {"number": "ZL-2", "kind": "lease", **term})
        assert refused.value.problems == {"customer_id": "租赁合同请选择客户。"}
        with pytest.raises(Refused) as refused:
            save(s, Contract, {"ends_on": date(2025, 1, 1)}, contract_id)
        assert refused.value.problems == {"ends_on": "结束日期不能早于开始日期 2026-01-01。"}
        with pytest.raises(Refused) as refused:
            save(s, Contract, lease | term)
        assert refused.value.problems == {"number": "已有同样的合同编号“ZL-1”，请先查找已有的档案。"}
    with reading(office.desk) as s:
        stored = s.get_one(Contract, contract_id)
        assert (stored.price, stored.promises, stored.version) == (Decimal("5624.00"), "含两个车位", 1)


# ── R9: areas of responsibility ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("R9")
def test_a_building_finds_its_steward_by_the_day():
    office = an_office()
    with writing(SYSTEM) as s:
        other = an_actor(s, [office.estate], Role.STEWARD, name="孙静")
        second = a_building(s, office.estate, "2")
    buildings = [office.building.id, second.id]
    with writing(office.supervisor) as s:
        assert len(areas.assign_area(s, buildings, office.steward.user_id, date(2026, 1, 1))) == 2
        assert areas.assign_area(s, buildings, office.steward.user_id, date(2026, 2, 1)) == []
        areas.assign_area(s, [second.id], other.user_id, date(2026, 7, 1))
        with pytest.raises(Refused) as refused:
            areas.assign_area(s, [second.id], office.steward.user_id, date(2026, 6, 1))
        assert refused.value.problems == {"starts_on": "请选晚于 2026-07-01 的日期。"}
        with pytest.raises(Refused) as refused:
            areas.assign_area(s, [second.id], office.desk.user_id, date(2026, 8, 1))
        assert refused.value.problems == {"user_id": "请选择一位物业管家。"}
    with reading(office.desk) as s:
        assert [
            areas.steward_of(s, building, day).name if areas.steward_of(s, building, day) else None
            for building, day in [
                (buildings[0], date(2025, 12, 31)), (buildings[0], date(2026, 8, 1)),
                (buildings[1], date(2026, 6, 30)), (buildings[1], date(2026, 7, 1)),
            ]
        ] == [None, "赵强", "赵强", "孙静"]  # fmt: skip
        assert s.scalars(select(StewardArea.ends_on).order_by(StewardArea.id)).all() == [None, date(2026, 6, 30), None]


def test_a_building_has_one_steward_at_a_time():
    office = an_office()
    values = {"building_id": office.building.id, "user_id": office.steward.user_id, "starts_on": date(2026, 1, 1)}
    with writing(office.supervisor) as s:
        save(s, StewardArea, values)
        with pytest.raises(Refused) as refused:
            save(s, StewardArea, values | {"starts_on": date(2026, 3, 1)})
    assert refused.value.problems == {"starts_on": "这栋楼在这段时间里已有物业管家，请先结束原来的责任区。"}


def test_many_rows_are_many_saves_and_one_bad_row_undoes_only_itself():
    office = an_office()
    with writing(office.desk) as s:
        for n in range(1, 30):
            try:
                with s.begin_nested():
                    save(s, Unit, {"building_id": office.building.id, "entrance": "1", "room": str(100 + n % 25)})
            except Refused:
                continue
    with reading(office.desk) as s:
        assert len(s.scalars(select(Unit.id)).all()) == 25


@pytest.mark.requirement("X7")
def test_a_second_press_of_the_same_form_writes_nothing_more():
    office = an_office()
    made = []
    for _press in range(2):
        with writing(office.desk) as s:
            made.append(save(s, Customer, {"name": "陈静"}, token="form-1"))
    with reading(office.desk) as s:
        assert s.scalars(select(Customer.id).where(Customer.name == "陈静")).all() == [made[0]] == [made[1]]


def test_rights_are_of_the_table():
    assert registering.right_for(Contract) == "edit_contracts"
    assert registering.right_for(Unit) == "edit_registry"


def test_an_estate_is_made_by_who_sets_up_the_office():
    office = an_office()
    with writing(office.desk) as s, pytest.raises(Refused, match="修改系统设置"):
        save(s, Estate, {"name": "新项目", "kind": EstateKind.PARK})
    with writing(office.director) as s:
        estate_id = save(s, Estate, {"name": "新项目", "kind": EstateKind.PARK, "mark": "N"})
        assert actor_for(s, s.get_one(Staff, office.director.user_id)).estates == {office.estate.id, estate_id}


def test_builders_make_what_search_finds():
    office = an_office()
    with writing(SYSTEM) as s:
        a_phone(s, office.customer)
        unit = a_unit(s, office.building, room="202")
        an_occupancy(s, unit, office.customer)
    with reading(office.desk) as s:
        assert [(hit.title, hit.unit_id) for hit in find(s, "8000", kinds=("customer",))] == [("吴学文", unit.id)]
