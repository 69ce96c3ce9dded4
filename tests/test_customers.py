"""A customer's card, and who sees what of it: phones masked, looks logged, nothing passed on without a ground."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import select

from db import clock, privacy
from db.areas import assign_area
from db.audit import Audit
from db.cases import case_by_id
from db.customers import card, look, mask_id, mask_phone, record_disclosure, reveal_id, reveal_phone
from db.people import SYSTEM, Role
from db.privacy import CasePhone, Ground, case_phone, look_at_case, reveal_case_phone
from db.process import open_case, perform
from db.refused import Refused
from db.registering import save
from db.registry import Contract, Customer, ParkingSpace, Relation, Vehicle
from db.session import reading, writing
from tests.builders import (
    a_complaint,
    a_customer,
    a_phone,
    a_unit,
    an_actor,
    an_estate,
    an_occupancy,
    an_office,
    handle,
)
from tests.counting import counted_statements

pytestmark = pytest.mark.usefixtures("engine")


@pytest.mark.requirement("R4")
def test_masks():
    assert mask_phone("13800138000") == "138****8000"
    assert mask_id("632100198001012011") == "6321**********2011"


def a_furnished_office():
    """Make an office whose unit has an owner with a phone, a tenant, a former owner, a car, a space, a lease."""
    office = an_office()
    with writing(SYSTEM) as s:
        office.customer.id_number = "632100198001012011"
        s.add(office.customer)
        a_phone(s, office.customer)
        an_occupancy(s, office.unit, office.customer, starts_on=date(2020, 5, 1))
        office.tenant = a_customer(s, office.estate, "租客")
        an_occupancy(s, office.unit, office.tenant, Relation.TENANT, starts_on=date(2025, 1, 1))
        an_occupancy(s, office.unit, a_customer(s, office.estate, "前业主"), ends_on=date(2020, 4, 30))
    with writing(office.director) as s:
        customer_id = office.customer.id
        assign_area(s, [office.building.id], office.steward.user_id, date(2020, 1, 1))
        save(s, Vehicle, {"plate": "冀R1A023", "customer_id": customer_id, "colour": "白", "brand": "国产"})
        save(s, ParkingSpace, {"code": "B1-023", "customer_id": customer_id, "tenure": "sold"})
        term = {"starts_on": date(2026, 1, 1), "ends_on": clock.today() + timedelta(days=30)}
        save(s, Contract, {"number": "ZL-1", "kind": "lease", "customer_id": customer_id, **term})
    return office


# ── R3: one customer whole ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("R3")
@pytest.mark.requirement("R9")
def test_a_units_card_tells_everything_at_once():
    office = a_furnished_office()
    with writing(office.desk) as s:
        done = handle(s, a_complaint(s, office, customer_id=office.customer.id))
        waiting = a_complaint(s, office, words="电梯停运")
    with reading(office.desk) as s:
        shown = card(s, unit_id=office.unit.id)
    assert [(unit.short, unit.building, unit.steward) for unit in shown.units] == [("1-1-101", "1号楼", "赵强")]
    assert [(each.name, each.id_number) for each in shown.people] == [("吴学文", "6321**********2011"), ("租客", "")]
    assert [(each.name, each.relation, each.is_current) for each in shown.holdings] == [
        ("吴学文", Relation.OWNER, True), ("租客", Relation.TENANT, True), ("前业主", Relation.OWNER, False),
    ]  # fmt: skip
    complaints = [each for each in shown.cases if each.process == "complaints"]
    assert [(each.number, each.title, each.state, each.is_open) for each in complaints] == [
        (waiting.number, "投诉", "待受理", True), (done.number, "投诉", "待回访", True),
    ]  # fmt: skip
    assert [(each.what, each.who, each.number) for each in shown.moments if each.number == done.number][-1] == (
        "投诉：登记", "王芳", done.number,
    )  # fmt: skip
    assert [each.at for each in shown.moments] == sorted((each.at for each in shown.moments), reverse=True)
    assert [(each.plate, each.about, each.owner) for each in shown.vehicles] == [("冀R1A023", "白 国产", "吴学文")]
    assert [(each.code, each.holder) for each in shown.parking] == [("B1-023", "吴学文")]
    assert [(each.number, each.days_left, each.is_ending) for each in shown.contracts] == [("ZL-1", 30, True)]
    assert shown.documents == 0


@pytest.mark.requirement("R3")
def test_a_customers_card_shows_what_he_holds_and_held():
    office = a_furnished_office()
    with writing(SYSTEM) as s:
        former = a_unit(s, office.building, room="102")
        an_occupancy(s, former, office.customer, ends_on=date(2019, 1, 1))
    with reading(office.desk) as s:
        shown = card(s, customer_id=office.customer.id)
    assert [unit.short for unit in shown.units] == ["1-1-101"]
    assert [each.name for each in shown.people] == ["吴学文"]
    assert [(each.unit, each.is_current) for each in shown.holdings] == [("1-1-101", True), ("1-1-102", False)]


@pytest.mark.requirement("R3")
def test_an_empty_unit_has_a_card_and_an_unknown_one_has_none():
    office = an_office()
    with reading(office.desk) as s:
        assert card(s, unit_id=office.unit.id).people == ()
        with pytest.raises(Refused, match="没有找到这份客户档案"):
            card(s, unit_id=99_999)
        with pytest.raises(Refused, match="没有找到这份客户档案"):
            card(s, customer_id=99_999)


@pytest.mark.requirement("R3")
def test_a_card_takes_a_fixed_number_of_statements():
    office = a_furnished_office()

    def statements():
        with reading(office.desk) as s, counted_statements() as sent:
            card(s, unit_id=office.unit.id)
        return len(sent)

    few = statements()
    with writing(office.desk) as s:
        for n in range(20):
            other = a_customer(s, office.estate, f"家人{n}")
            a_phone(s, other, f"139001390{n:02}")
            an_occupancy(s, office.unit, other, Relation.FAMILY)
            a_complaint(s, office, customer_id=other.id)
    assert (few, statements()) == (13, 13)


@pytest.mark.requirement("X2")
@pytest.mark.requirement("R4")
def test_the_card_is_closed_to_technicians_guards_and_other_estates():
    office = a_furnished_office()
    with writing(SYSTEM) as s:
        stranger = an_actor(s, [an_estate(s)], Role.DIRECTOR)
    for actor in (office.technician, office.guard):
        with reading(actor) as s, pytest.raises(Refused, match="只对客户服务人员开放"):
            card(s, unit_id=office.unit.id)
    with reading(stranger) as s:
        for asked in ({"unit_id": office.unit.id}, {"customer_id": office.customer.id}):
            with pytest.raises(Refused, match="没有找到这份客户档案"):
                card(s, **asked)


@pytest.mark.requirement("R4")
def test_whom_a_complaint_is_about_does_not_see_it_on_the_card():
    office = a_furnished_office()
    with writing(office.desk) as s:
        a_complaint(s, office, customer_id=office.customer.id, about_user_id=office.steward.user_id)
    with reading(office.steward) as s:
        shown = card(s, unit_id=office.unit.id)
        assert (shown.cases, shown.moments) == ((), ())
    with reading(office.supervisor) as s:
        assert len(card(s, customer_id=office.customer.id).cases) == 1


# ── R4: phones, looks, reveals ───────────────────────────────────────────────────────────────────────────────────────


def phones_of(actor, office):
    with reading(actor) as s:
        shown = card(s, customer_id=office.customer.id)
        return [each.shown for each in shown.people[0].phones], shown.look_owed


def logged(s, act):
    rows = select(Audit.actor_id, Audit.table_name, Audit.record_id, Audit.ground, Audit.case_id)
    return s.execute(rows.where(Audit.act == act).order_by(Audit.id)).all()


@pytest.mark.requirement("R4")
def test_the_desk_sees_the_phone_once_the_look_is_logged_once_an_hour():
    office = a_furnished_office()
    customer_id = office.customer.id
    assert phones_of(office.desk, office) == (["138****8000"], (customer_id,))
    for _again in range(2):
        with writing(office.desk) as s:
            look(s, [customer_id])
    assert phones_of(office.desk, office) == (["13800138000"], ())
    assert phones_of(office.other_desk, office) == (["138****8000"], (customer_id,))
    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        assert phones_of(office.desk, office) == (["138****8000"], (customer_id,))
        with writing(office.desk) as s:
            look(s, [customer_id])
            assert logged(s, "looked") == [(office.desk.user_id, "customers", customer_id, "card", None)] * 2


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("who", ["cashier", "director", "quality"])
def test_others_see_it_masked_on_the_card_and_cannot_log_themselves_in(who):
    office = a_furnished_office()
    actor = getattr(office, who)
    assert phones_of(actor, office) == (["138****8000"], ())
    with writing(actor) as s, pytest.raises(Refused):
        look(s, [office.customer.id])


@pytest.mark.requirement("R4")
def test_a_phone_is_revealed_with_one_of_four_grounds_and_logged():
    office = a_furnished_office()
    customer_id = office.customer.id
    with writing(office.cashier) as s:
        assert reveal_phone(s, customer_id, "dunning") == ["13800138000"]
        with pytest.raises(Refused) as refused:
            reveal_phone(s, customer_id, "curiosity")
        assert refused.value.problems == {"ground": "请选择查看原因。"}
        assert logged(s, "revealed") == [(office.cashier.user_id, "customers", customer_id, "dunning", None)]
    for actor in (office.quality, office.technician):
        with writing(actor) as s, pytest.raises(Refused, match="您不能查看这位客户的电话"):
            reveal_phone(s, customer_id, Ground.EMERGENCY)


@pytest.mark.requirement("R4")
def test_an_identity_number_is_always_by_click_with_a_ground():
    office = a_furnished_office()
    with writing(office.desk) as s:
        assert reveal_id(s, office.customer.id, Ground.EMERGENCY) == "632100198001012011"
        assert logged(s, "revealed") == [(office.desk.user_id, "customers", office.customer.id, "emergency", None)]
    with writing(office.technician) as s, pytest.raises(Refused, match="证件号码"):
        reveal_id(s, office.customer.id, Ground.EMERGENCY)


def an_order(office, technician):
    """Make a repair of the customer that is dispatched to a technician."""
    with writing(office.desk) as s:
        case = open_case(
            s, "repairs", {"unit_id": office.unit.id, "customer_id": office.customer.id, "words": "水管漏水"}
        )
    with writing(SYSTEM) as s:
        stored = case_by_id(s, case.id)
        stored.assigned_to = technician.user_id
    return case.id


@pytest.mark.requirement("R4")
def test_a_technician_sees_the_phone_of_his_own_open_order_only():
    office = a_furnished_office()
    case_id = an_order(office, office.technician)

    def seen(actor):
        with reading(actor) as s:
            return case_phone(s, case_by_id(s, case_id))

    assert seen(office.technician) == CasePhone("138****8000", look_owed=True)
    with writing(office.technician) as s:
        look_at_case(s, case_id)
        look_at_case(s, case_id)
        assert reveal_phone(s, office.customer.id, Ground.DISPATCH, case_id) == ["13800138000"]
        assert [row[1:3] + row[4:] for row in logged(s, "looked")] == [("customers", office.customer.id, case_id)]
    assert seen(office.technician) == CasePhone("13800138000", is_open=True)
    for call in (look_at_case, lambda s, key: reveal_phone(s, office.customer.id, Ground.DISPATCH, key)):
        with writing(office.other_technician) as s, pytest.raises(Refused, match="没有找到这张单"):
            call(s, case_id)
    with writing(SYSTEM) as s:
        case_by_id(s, case_id).closed_at = clock.now()
    assert seen(office.technician) == CasePhone("138****8000")
    with writing(office.technician) as s, pytest.raises(Refused, match="您不能查看这位客户的电话"):
        reveal_phone(s, office.customer.id, Ground.DISPATCH, case_id)


@pytest.mark.requirement("R4")
def test_on_a_case_the_phone_is_seen_by_whose_it_is_masked_for_others_and_after_closing():
    office = a_furnished_office()
    with writing(office.desk) as s:
        case_id = a_complaint(s, office, contact_phone="13900139000").id

    def seen(actor):
        with reading(actor) as s:
            return case_phone(s, case_by_id(s, case_id))

    assert seen(office.desk) == CasePhone("139****9000", look_owed=True)
    with writing(office.desk) as s:
        look_at_case(s, case_id)
        assert [row[1:] for row in logged(s, "looked")] == [("cases", case_id, case_by_id(s, case_id).number, case_id)]
    assert seen(office.desk) == CasePhone("13900139000", is_open=True)
    assert seen(office.other_desk) == CasePhone("139****9000", may_reveal=True)
    assert seen(office.quality) == CasePhone("139****9000")
    with writing(office.other_desk) as s:
        with pytest.raises(Refused):
            look_at_case(s, case_id)
        assert reveal_case_phone(s, case_id, Ground.RETURN_VISIT) == "13900139000"
    with writing(SYSTEM) as s:
        case_by_id(s, case_id).closed_at = clock.now()
    assert seen(office.desk) == CasePhone("139****9000", may_reveal=True)


@pytest.mark.requirement("R4")
def test_whom_a_case_is_about_sees_no_phone_at_all():
    office = a_furnished_office()
    with writing(office.desk) as s:
        case = a_complaint(s, office, contact_phone="13900139000", about_user_id=office.steward.user_id)
    with reading(office.steward) as s:
        assert case_phone(s, case_by_id(s, case.id)) == CasePhone("")
    with writing(office.steward) as s:
        for call in (
            lambda: look_at_case(s, case.id),
            lambda: reveal_case_phone(s, case.id, Ground.EMERGENCY),
            lambda: reveal_phone(s, office.customer.id, Ground.EMERGENCY, case.id),
        ):
            with pytest.raises(Refused, match="您不能查看这位客户的电话"):
                call()


@pytest.mark.requirement("R4")
def test_what_is_given_to_a_third_party_is_on_the_card_with_its_ground():
    office = a_furnished_office()
    with writing(office.desk) as s:
        record_disclosure(s, office.customer.id, "安达电梯 ", "客户本人同意，2026-11-20 电话确认")
        with pytest.raises(Refused) as refused:
            record_disclosure(s, office.customer.id, "", " ")
        assert set(refused.value.problems) == {"to_whom", "ground"}
    with reading(office.desk) as s:
        assert [(each.who, each.to_whom, each.ground) for each in card(s, unit_id=office.unit.id).disclosures] == [
            ("王芳", "安达电梯", "客户本人同意，2026-11-20 电话确认")
        ]


def test_a_logged_ground_is_said_in_words():
    assert [privacy.said_ground(stored) for stored in ("card", "dunning", "TS-20261123-001")] == [
        "客户卡", "催缴", "TS-20261123-001",
    ]  # fmt: skip


def test_a_customer_without_a_phone_owes_no_look():
    office = an_office()
    with writing(office.desk) as s:
        customer_id = save(s, Customer, {"name": "陈静"})
        case = perform(s, a_complaint(s, office, customer_id=customer_id).id, "accept")
        assert case_phone(s, case) == CasePhone("")
    with reading(office.desk) as s:
        assert card(s, customer_id=customer_id).look_owed == ()
