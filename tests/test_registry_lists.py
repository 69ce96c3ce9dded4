"""Lists of the registry: ordered as an office counts, searched, paged by key, in the actor's estates only."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from db import clock, registry_lists
from db.people import SYSTEM, Role
from db.refused import Refused
from db.registering import save
from db.registry import (
    Building,
    Contract,
    Customer,
    Estate,
    Facility,
    Firm,
    ParkingSpace,
    ServicePoint,
    StewardArea,
    Unit,
    Vehicle,
)
from db.registry_lists import Wanted, columns_of, listed, record_values
from db.session import reading, writing
from tests.builders import a_building, a_customer, a_phone, a_unit, an_actor, an_estate, an_occupancy, an_office
from tests.counting import counted_statements

pytestmark = pytest.mark.usefixtures("engine")
MODELS = (
    Estate, ServicePoint, Building, Unit, Facility, Customer, Vehicle, ParkingSpace, Firm, Contract, StewardArea,
)  # fmt: skip


def firsts(page, name):
    return [row[name] for row in page.rows]


@pytest.mark.requirement("R1")
def test_units_stand_in_the_order_of_the_house_and_pages_join_without_gap():
    office = an_office()
    with writing(SYSTEM) as s:
        for code in ("10", "2"):
            building = a_building(s, office.estate, code)
            building.position = int(code)
            for floor in (10, 9, 1):
                a_unit(s, building, entrance="1", room=f"{floor}01", floor=floor)
    wanted = ["1-1-101", "2-1-101", "2-1-901", "2-1-1001", "10-1-101", "10-1-901", "10-1-1001"]
    with reading(office.desk) as s:
        assert firsts(listed(s, Unit, Wanted()), "short") == wanted
        one = listed(s, Unit, Wanted(), limit=3)
        two = listed(s, Unit, Wanted(), after=one.next, limit=3)
        three = listed(s, Unit, Wanted(), after=two.next, limit=3)
        back = listed(s, Unit, Wanted(), before=three.previous, limit=3)
        assert [firsts(page, "short") for page in (one, two, three)] == [wanted[:3], wanted[3:6], wanted[6:]]
        assert (one.total, one.previous, three.next, firsts(back, "short")) == (7, None, None, wanted[3:6])


@pytest.mark.requirement("X2")
def test_every_list_keeps_to_the_estates_and_to_who_may_look():
    office = an_office()
    with writing(SYSTEM) as s:
        elsewhere = an_estate(s)
        stranger = an_actor(s, [elsewhere], Role.DIRECTOR)
    with writing(office.director) as s:
        customer_id = office.customer.id
        save(s, Facility, {"estate_id": office.estate.id, "kind": "lift", "name": "客梯"})
        save(s, ServicePoint, {"name": "一期物业处"})
        save(s, Vehicle, {"plate": "冀R1A023", "customer_id": customer_id})
        save(s, ParkingSpace, {"code": "B1-023", "customer_id": customer_id})
        firm_id = save(s, Firm, {"name": "安达电梯", "kind": "lift"})
        term = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31)}
        save(s, Contract, {"number": "WB-1", "kind": "firm", "firm_id": firm_id, **term})
        save(s, StewardArea, {"building_id": office.building.id, "user_id": office.steward.user_id,
                              "starts_on": date(2026, 1, 1)})  # fmt: skip
    for model in MODELS:
        with reading(office.desk) as s:
            assert listed(s, model, Wanted()).total == 1, model
            assert set(listed(s, model, Wanted()).rows[0]) >= {each.name for each in columns_of(model)}, model
            assert listed(s, model, Wanted(estate_ids=frozenset({elsewhere.id}))).total == 0, model
        with reading(stranger) as s:
            assert listed(s, model, Wanted()).total == (1 if model is Estate else 0), model
        with reading(office.technician) as s, pytest.raises(Refused):
            listed(s, model, Wanted())


@pytest.mark.requirement("X3")
def test_lists_are_searched_by_whose_it_is():
    office = an_office()
    with writing(SYSTEM) as s:
        a_phone(s, office.customer, "13800138021")
        an_occupancy(s, office.unit, office.customer)
        a_unit(s, office.building, room="102")
        a_customer(s, office.estate, "陈静")
    with writing(office.desk) as s:
        save(s, Vehicle, {"plate": "冀R1A023", "customer_id": office.customer.id})
        save(s, ParkingSpace, {"code": "B1-023"})
    with reading(office.desk) as s:
        for typed in ("wxw", "8021", "1-1-101", "冀R1A023"):
            assert firsts(listed(s, Customer, Wanted(typed=typed)), "name") == ["吴学文"], typed
            assert firsts(listed(s, Unit, Wanted(typed=typed)), "short") == ["1-1-101"], typed
        assert firsts(listed(s, Vehicle, Wanted(typed="吴学文")), "plate") == ["冀R1A023"]
        assert firsts(listed(s, Vehicle, Wanted(typed="r 1a0")), "plate") == ["冀R1A023"]
        assert firsts(listed(s, ParkingSpace, Wanted(typed="b1-02")), "code") == ["B1-023"]
        for typed in ("%", "_", "'; --", "\x00", "😀"):
            assert listed(s, ParkingSpace, Wanted(typed=typed)).total == 0, typed
        row = listed(s, Customer, Wanted(typed="wxw")).rows[0]
        assert (row["holds"], row["phones"]) == ("1-1-101 业主", "138****8021")


@pytest.mark.requirement("R7")
def test_what_ends_within_the_days_of_the_setting():
    office = an_office()
    with writing(office.director) as s:
        for number, days in (("A", -1), ("B", 0), ("C", 60), ("D", 61)):
            ends_on = clock.today() + timedelta(days=days)
            save(s, Contract, {"number": number, "kind": "property_service", "starts_on": date(2020, 1, 1),
                               "ends_on": ends_on})  # fmt: skip
    with reading(office.desk) as s:
        page = listed(s, Contract, Wanted())
        assert [(row["number"], row["standing"].value) for row in page.rows] == [
            ("A", "over"), ("B", "ending"), ("C", "ending"), ("D", "valid"),
        ]  # fmt: skip
        assert firsts(listed(s, Contract, Wanted(ending=True)), "number") == ["A", "B", "C"]
        assert registry_lists.warning_days(s, office.estate.id) == 60


def test_a_page_takes_a_fixed_number_of_statements():
    office = an_office()

    def statements():
        with reading(office.desk) as s:
            for model in MODELS:
                with counted_statements() as sent:
                    listed(s, model, Wanted(typed="1"))
                yield len(sent)

    few = list(statements())
    with writing(SYSTEM) as s:
        for n in range(30):
            unit = a_unit(s, office.building, room=f"{n + 2}11")
            an_occupancy(s, unit, a_customer(s, office.estate, f"客户1{n}"))
    assert all(many <= max(few) for many in statements())
    assert max(few) <= 6


def test_a_form_starts_from_a_records_values_but_never_from_an_identity_number():
    office = an_office()
    with writing(SYSTEM) as s:
        office.customer.id_number = "632100198001012011"
        s.add(office.customer)
        stranger = an_actor(s, [an_estate(s)], Role.DIRECTOR)
    with reading(office.desk) as s:
        values, version = record_values(s, Customer, office.customer.id)
        assert (values["name"], "id_number" in values, version) == ("吴学文", False, 1)
    for actor in (stranger, office.guard):
        with reading(actor) as s, pytest.raises(Refused, match="没有找到这条档案"):
            record_values(s, Customer, office.customer.id)
