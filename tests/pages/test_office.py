"""The registry's pages as staff see them: lists, the card, forms that keep what was typed, the picker."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from db import clock, phones
from db.audit import Audit
from db.people import SYSTEM, Role
from db.registering import save
from db.registry import Contract, Customer, CustomerPhone, Firm, Occupancy, Relation, StewardArea, Unit, Vehicle
from db.session import reading, writing
from tests.builders import a_building, a_complaint, a_customer, a_phone, a_unit, an_actor, an_occupancy, an_office
from tests.signed_in import page_at

CUSTOMERS, UNITS = "pages/office/customers.py", "pages/office/units.py"


@pytest.fixture(autouse=True)
def _database(sqlite_engine):
    """Pages are tried on SQLite."""


@pytest.fixture
def office():
    made = an_office()
    with writing(SYSTEM) as s:
        a_phone(s, made.customer, "13800138021")
        an_occupancy(s, made.unit, made.customer, starts_on=date(2020, 5, 1))
        a_unit(s, made.building, room="102")
        made.steward_of_old = an_actor(s, [made.estate], Role.STEWARD, name="孙静")
    return made


def rows_of(app):
    """Read the first list of a page: its rows as tuples."""
    return [tuple(row) for row in app.dataframe[0].value.itertuples(index=False)]


def said(app):
    """Read what the page says in plain lines."""
    return [each.value for kind in (app.markdown, app.caption, app.error, app.info, app.warning) for each in kind]


def says(app, text):
    return any(text in line for line in said(app))


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("R2")
@pytest.mark.requirement("X3")
def test_the_list_of_customers_is_searched_and_shows_phones_masked(office):
    with writing(SYSTEM) as s:
        a_customer(s, office.estate, "陈静")
    app = page_at(office.desk, CUSTOMERS)
    assert [row[0] for row in rows_of(app)] == ["吴学文", "陈静"]
    app.text_input(key="customers.q").set_value("wxw").run()
    assert [row[:4] for row in rows_of(app)] == [("吴学文", "个人", "1-1-101 业主", "138****8021")]
    app.text_input(key="customers.q").set_value("查无此人").run()
    assert says(app, "没有符合条件的客户")


@pytest.mark.requirement("R1")
def test_the_list_of_units_is_filtered_and_a_row_opens_the_card(office):
    with writing(SYSTEM) as s:
        other = a_building(s, office.estate, "2")
        unit = a_unit(s, other, room="101", state="vacant")
    app = page_at(office.desk, UNITS)
    assert [row[0] for row in rows_of(app)] == ["1-1-101", "1-1-102", "2-1-101"]
    app.selectbox(key="units.building").set_value(str(other.id)).run()
    assert [row[0] for row in rows_of(app)] == ["2-1-101"]
    app.selectbox(key="units.building").set_value("").run()
    app.selectbox(key="units.state").set_value("vacant").run()
    assert [row[0] for row in rows_of(app)] == ["2-1-101"]
    assert unit.id


@pytest.mark.requirement("R1")
def test_a_long_list_turns_its_pages(office):
    with writing(SYSTEM) as s:
        for floor in range(2, 8):
            for door in range(1, 21):
                a_unit(s, office.building, room=f"{floor}{door:02}")
    app = page_at(office.desk, UNITS)
    first = [row[0] for row in rows_of(app)]
    assert (len(first), says(app, "共 122 条")) == (50, True)
    app.button(key="units.next").click().run()
    second = [row[0] for row in rows_of(app)]
    app.button(key="units.next").click().run()
    third = [row[0] for row in rows_of(app)]
    assert len({*first, *second, *third}) == len(first) + len(second) + len(third) == 122
    app.button(key="units.previous").click().run()
    assert [row[0] for row in rows_of(app)] == second


@pytest.mark.requirement("R7")
@pytest.mark.requirement("R8")
def test_contracts_and_licences_that_end_soon_are_warned_of(office):
    soon = clock.today() + timedelta(days=59)
    with writing(office.director) as s:
        firm_id = save(s, Firm, {"name": "安达电梯", "kind": "lift", "licence_ends_on": soon})
        save(s, Firm, {"name": "洁美保洁", "kind": "cleaning"})
        term = {"kind": "firm", "firm_id": firm_id, "starts_on": date(2020, 1, 1)}
        save(s, Contract, {"number": "WB-1", "ends_on": soon, **term})
        save(s, Contract, {"number": "WB-2", "ends_on": soon + timedelta(days=2), **term})
        save(s, Contract, {"number": "WB-0", "ends_on": date(2020, 12, 31), **term})
    app = page_at(office.supervisor, "pages/office/contracts.py")
    standing = list(app.dataframe[0].value.columns).index("standing")
    assert [(row[0], row[standing]) for row in rows_of(app)] == [
        ("WB-0", ["已到期"]), ("WB-1", ["即将到期"]), ("WB-2", ["有效"]),
    ]  # fmt: skip
    app.toggle(key="contracts.ending").set_value(True).run()
    assert [row[0] for row in rows_of(app)] == ["WB-0", "WB-1"]
    app = page_at(office.supervisor, "pages/office/contracts.py", what="firms")
    standing = list(app.dataframe[0].value.columns).index("standing")
    assert [(row[0], row[standing]) for row in rows_of(app)] == [("安达电梯", ["即将到期"]), ("洁美保洁", None)]


@pytest.mark.parametrize(
    "page", ["customers", "units", "vehicles", "contracts", "areas", "estates"],
)  # fmt: skip
def test_every_page_opens_empty_and_is_closed_to_technicians(page):
    office = an_office()
    app = page_at(office.cashier, f"pages/office/{page}.py")
    assert [button for button in app.button if "新建" in button.label] == []
    app = page_at(office.technician, f"pages/office/{page}.py")
    assert says(app, "您没有打开") is True


# ── the card ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("R3")
@pytest.mark.requirement("R4")
def test_the_card_by_its_address_shows_who_and_what_and_logs_the_look(office):
    with writing(office.desk) as s:
        case = a_complaint(s, office, customer_id=office.customer.id)
        save(s, Vehicle, {"plate": "冀R1A023", "customer_id": office.customer.id})
    app = page_at(office.desk, CUSTOMERS, unit=office.unit.id)
    assert [title.value for title in app.title] == [r"1\-1\-101"]
    assert says(app, "13800138021")
    assert says(app, "冀R1A023")
    assert [each.label for each in app.tabs] == [
        "概况", "事项（1）", "经过", "车辆车位", "资料合同（0）", "档案", "收费",
    ]  # fmt: skip
    app.run()
    with reading(office.desk) as s:
        looks = s.scalars(select(Audit.actor_id).where(Audit.act == "looked")).all()
        assert looks == [office.desk.user_id]
    assert case.number


@pytest.mark.requirement("R4")
def test_others_see_the_phone_masked_and_by_a_click_with_its_ground(office):
    app = page_at(office.cashier, CUSTOMERS, customer=office.customer.id)
    assert (says(app, "13800138021"), says(app, r"138\*\*\*\*8021")) == (False, True)
    reveal = next(each for each in app.get("menu_button") if each.label == "看号码")
    reveal.click("催缴").run()
    assert says(app, "13800138021")
    with reading(office.cashier) as s:
        entries = s.execute(select(Audit.act, Audit.ground, Audit.record_id).where(Audit.act == "revealed")).all()
        assert entries == [("revealed", "dunning", office.customer.id)]


def test_an_unknown_card_says_so(office):
    app = page_at(office.desk, CUSTOMERS, unit=999)
    assert says(app, "没有找到这份客户档案")


@pytest.mark.requirement("R2")
def test_a_newcomer_is_entered_with_phone_and_unit_in_one_form_and_a_refusal_keeps_what_was_typed(office):
    with reading(office.desk) as s:
        empty = s.scalar(select(Unit.id).where(Unit.room == "102"))
    app = page_at(office.desk, CUSTOMERS, unit=empty, do="move_in")
    app.text_input(key="customers.take_in.phone").set_value("139 0013 9000")
    app.button(key="customers.take_in.save").click().run()
    assert says(app, "请填写姓名")
    assert app.text_input(key="customers.take_in.phone").value == "139 0013 9000"
    app.text_input(key="customers.take_in.name").set_value("周海")
    app.button(key="customers.take_in.save").click().run()
    assert "do" not in app.query_params
    with reading(office.desk) as s:
        stored = s.execute(
            select(Customer.name, CustomerPhone.number, Occupancy.unit_id, Occupancy.relation)
            .join(CustomerPhone, CustomerPhone.customer_id == Customer.id)
            .join(Occupancy, Occupancy.customer_id == Customer.id)
            .where(Customer.name == "周海")
        ).all()
        assert stored == [("周海", "13900139000", empty, Relation.OWNER)]


@pytest.mark.requirement("R2")
def test_somebody_known_already_is_not_entered_again(office):
    with reading(office.desk) as s:
        empty = s.scalar(select(Unit.id).where(Unit.room == "102"))
    app = page_at(office.desk, CUSTOMERS, unit=empty, do="move_in")
    app.text_input(key="customers.take_in.name").set_value("吴学文")
    app.text_input(key="customers.take_in.phone").set_value("13800138021")
    app.button(key="customers.take_in.save").click().run()
    assert says(app, "已有同名同电话的客户")
    with reading(office.desk) as s:
        assert len(s.scalars(select(Customer.id).where(Customer.name == "吴学文")).all()) == 1


@pytest.mark.requirement("R2")
def test_a_unit_changes_hands_on_the_card(office):
    with writing(SYSTEM) as s:
        buyer = a_customer(s, office.estate, "周海")
    app = page_at(office.desk, CUSTOMERS, unit=office.unit.id, do="change_owner")
    app.text_input(key="customers.change_owner.customer_id#typed").set_value("zhouhai").run()
    assert says(app, "周海")
    app.date_input(key="customers.change_owner.on").set_value(date(2026, 11, 1))
    app.button(key="customers.change_owner.save").click().run()
    with reading(office.desk) as s:
        rows = s.execute(select(Occupancy.customer_id, Occupancy.ends_on).order_by(Occupancy.id)).all()
        assert rows == [(office.customer.id, date(2026, 10, 31)), (buyer.id, None)]


@pytest.mark.requirement("R2")
def test_a_phone_is_added_and_becomes_the_first(office):
    app = page_at(office.desk, CUSTOMERS, customer=office.customer.id, do=f"phones-{office.customer.id}")
    app.text_input(key="customers.phones.number").set_value("0316-2912915")
    app.button(key="customers.phones.save").click().run()
    with reading(office.desk) as s:
        numbers = select(CustomerPhone.number).order_by(CustomerPhone.position)
        assert s.scalars(numbers).all() == ["03162912915", "13800138021"]


@pytest.mark.requirement("R2")
@pytest.mark.requirement("X7")
def test_the_second_of_two_is_told_and_loses_nothing_typed(office):
    app = page_at(office.desk, CUSTOMERS, customer=office.customer.id, do=f"details-{office.customer.id}")
    with writing(office.other_desk) as s:
        phones.add_phone(s, office.customer.id, "13900139000")
    app.text_input(key="customers.details.reach").set_value("晚上八点后")
    app.button(key="customers.details.save").click().run()
    assert says(app, "这条档案刚被别人改过")
    assert app.text_input(key="customers.details.reach").value == "晚上八点后"
    app.button(key="customers.details.save").click().run()
    with reading(office.desk) as s:
        assert s.get_one(Customer, office.customer.id).reach == "晚上八点后"


@pytest.mark.requirement("R4")
def test_a_disclosure_needs_its_ground_and_is_kept(office):
    app = page_at(office.desk, CUSTOMERS, customer=office.customer.id, do=f"disclose-{office.customer.id}")
    app.text_input(key="customers.disclose.to_whom").set_value("安达电梯")
    app.button(key="customers.disclose.save").click().run()
    assert says(app, "请填写依据")
    app.text_input(key="customers.disclose.ground").set_value("客户本人电话同意")
    app.button(key="customers.disclose.save").click().run()
    assert says(app, "客户本人电话同意")


# ── records ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("R8")
def test_a_record_is_changed_and_its_history_shown(office):
    with writing(office.supervisor) as s:
        firm_id = save(s, Firm, {"name": "安达电梯", "kind": "lift"})
    app = page_at(office.supervisor, "pages/office/contracts.py", what="firms", firms__id=firm_id)
    app.text_input(key="firms.change.contact_name").set_value("何工")
    app.button(key="firms.change.save").click().run()
    assert says(app, "何工")
    assert says(app, "修改")
    with reading(office.supervisor) as s:
        assert (s.get_one(Firm, firm_id).contact_name, s.get_one(Firm, firm_id).version) == ("何工", 2)
    app = page_at(office.cashier, "pages/office/contracts.py", what="firms", firms__id=firm_id)
    assert (says(app, "何工"), [each.key for each in app.button if "save" in str(each.key)]) == (True, [])


@pytest.mark.requirement("R1")
def test_a_new_facility_is_entered_and_taken_back(office):
    app = page_at(office.desk, "pages/office/estates.py", what="facilities", facilities__id="new")
    app.selectbox(key="facilities.create.kind").set_value("lift")
    app.text_input(key="facilities.create.name").set_value("1号客梯")
    app.selectbox(key="facilities.create.building_id").set_value(office.building.id)
    app.button(key="facilities.create.save").click().run()
    assert says(app, "新建")
    app.button(key="facilities.take_back.sure").click().run()
    assert says(app, "还没有公共设施")


@pytest.mark.requirement("R9")
def test_buildings_are_given_to_a_steward(office):
    app = page_at(office.supervisor, "pages/office/areas.py", areas__id="new")
    app.selectbox(key="areas.assign.user_id").set_value(office.steward_of_old.user_id)
    app.multiselect(key="areas.assign.buildings").set_value([office.building.id])
    app.date_input(key="areas.assign.starts_on").set_value(date(2026, 1, 1))
    app.button(key="areas.assign.save").click().run()
    with reading(office.supervisor) as s:
        assert s.execute(select(StewardArea.building_id, StewardArea.user_id)).all() == [
            (office.building.id, office.steward_of_old.user_id)
        ]
    assert rows_of(app)[0][:2] == ("1号楼", "孙静")


# ── the picker ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("X3")
def test_the_picker_chooses_what_is_surely_meant_and_keeps_it_over_a_refusal(office):
    app = page_at(office.desk, "pages/service/complaints.py", new="1")
    unit, customer = "complaints.open.unit_id", "complaints.open.customer_id"
    app.text_input(key=f"{unit}#typed").set_value("1-1-10").run()
    assert (app.session_state[unit], len(app.radio(key=f"{unit}#hit").options)) == (None, 2)
    app.text_input(key=f"{unit}#typed").set_value("8021").run()
    assert (app.session_state[unit], app.session_state[customer]) == (office.unit.id, office.customer.id)
    app.button(key="complaints.open.save").click().run()
    assert (app.session_state[unit], app.session_state[customer]) == (office.unit.id, office.customer.id)
    app.text_input(key=f"{unit}#typed").set_value("").run()
    assert (app.session_state[unit], app.session_state[customer]) == (None, None)
    app.text_input(key=f"{unit}#typed").set_value("zzz").run()
    assert says(app, "没有找到“zzz”")
