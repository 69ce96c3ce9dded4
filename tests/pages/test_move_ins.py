"""Moving in as the desk and the cashier see it: a new customer taken in at once, the checklist, fees, the move."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from db import checklists
from db.cases import case_by_id
from db.clock import today
from db.ledger.money_tables import Payment
from db.ledger.pricing import next_month
from db.people import SYSTEM
from db.process import perform
from db.processes.move_ins import KNOWS, Formality, MoveIn, State
from db.registry import Customer, CustomerPhone, Occupancy
from db.session import reading, writing
from tests.builders import an_office
from tests.dossiers import a_move_in, a_park, hand_keys, inspect, sign_paper, tick_off
from tests.signed_in import page_at, press, unbroken

PAGE, OPEN, LIST = "pages/moves/move_ins.py", "move_ins.open", "move_ins.checklist"


@pytest.fixture(autouse=True)
def _database(sqlite_engine):
    """Pages are tried on SQLite."""


def said(app):
    kinds = (app.markdown, app.caption, app.error, app.info, app.warning, app.success)
    return " ".join(each.value for kind in kinds for each in kind).replace("\\", "")


def the_case():
    with reading(SYSTEM) as s:
        return s.scalars(select(MoveIn)).one()


@pytest.mark.requirement("I9")
def test_the_desk_takes_in_an_owner_nobody_has_met_and_carries_him_to_the_door():
    office = an_office()
    app = page_at(office.desk, PAGE, new=1, customer="new")
    app.session_state[f"{OPEN}.unit_id"] = office.unit.id
    app.text_input(key=f"{OPEN}.new_name").set_value("欧阳静怡")
    app.text_input(key=f"{OPEN}.new_phone").set_value("13811112222")
    app.text_input(key=f"{OPEN}.new_occupants").set_value("3")
    press(app, f"{OPEN}.save")
    case = the_case()
    assert (case.template, case.starts_on, case.opened_by) == (Formality.OWNER, today(), office.desk.user_id)
    with reading(SYSTEM) as s:
        customer = s.get_one(Customer, case.customer_id)
        phone = s.scalar(select(CustomerPhone.number).where(CustomerPhone.customer_id == customer.id))
    assert (customer.name, customer.occupants, phone) == ("欧阳静怡", 3, "13811112222")

    page = page_at(office.desk, PAGE, case=case.number)
    assert "还差 4 项可以办理交接" in [each.label for each in page.get("badge")] or "还差 4 项可以办理交接" in said(
        page
    )
    with reading(SYSTEM) as s:
        lines = {each.key: each.id for each in checklists.items_of(s, case.id)}
    page.button_group(key=f"{LIST}.picked").set_value([lines["identity"], lines["title"]])
    unbroken(page.run())
    page.text_input(key=f"{LIST}.remark{lines['identity']}").set_value("原件已看")
    press(page, f"{LIST}.save")
    with reading(office.desk) as s:
        seen = {each.key: each for each in checklists.seen(s, case_by_id(s, case.id), KNOWS)}
    assert [(seen[key].done, seen[key].remark, seen[key].by) for key in ("identity", "title")] == [
        (True, "原件已看", "王芳"), (True, "", "王芳")
    ]  # fmt: skip

    with writing(office.desk) as s:
        case = case_by_id(s, case.id)
        inspect(s, case, "欧阳静怡")
        hand_keys(s, case, "欧阳静怡")
    page = page_at(office.desk, PAGE, case=case.number)
    press(page, "move_ins.hand_over.save")
    assert the_case().state == State.HANDED_OVER
    with reading(SYSTEM) as s:
        assert s.scalars(select(Occupancy.customer_id).where(Occupancy.unit_id == office.unit.id)).all() == [
            customer.id
        ]  # fmt: skip


@pytest.mark.requirement("I1")
def test_the_cashier_collects_the_entry_fees_in_one_press():
    park = a_park(next_month(today()))
    with writing(park.desk) as s:
        number = a_move_in(s, park).number
    page = page_at(park.cashier, PAGE, case=number)
    assert "贰万陆仟零肆拾捌元整" in said(page)
    page.selectbox(key="move_ins.collect.second").set_value("cash")
    press(page, "move_ins.collect.save")
    assert "两种方式付款时，请同时填写第二种方式和金额。" in said(page)
    page.text_input(key="move_ins.collect.second_amount").set_value("48")
    press(page, "move_ins.collect.save")
    with reading(SYSTEM) as s:
        assert s.scalars(select(Payment.amount).order_by(Payment.id)).all() == [
            Decimal("16872.00"), Decimal("2664.00"), Decimal("5624.00"), Decimal("888.00")
        ]  # fmt: skip
    assert "move_ins.collect.save" not in {each.key for each in page.button}
    desk = page_at(park.desk, PAGE, case=number)
    assert "move_ins.collect.save" not in {each.key for each in desk.button}


@pytest.mark.requirement("I7")
def test_a_free_time_that_is_tapped_stands_in_the_form():
    park = a_park(next_month(today()))
    with writing(park.desk) as s:
        case = a_move_in(s, park)
        perform(s, case.id, "appoint", {"appointed_at": case.due_at})
        tick_off(s, case, "licence", "authorisation", "agent_identity")
        for kind in ("handbook_confirmation", "safety_undertaking"):
            sign_paper(s, case, kind)
        inspect(s, case)
        hand_keys(s, case)
        for line in checklists.items_of(s, case.id):
            line.required = False  # what else the company must do has tests of its own
        perform(s, case.id, "hand_over")
    page = page_at(park.desk, PAGE, case=case.number)
    page.button_group(key="move_ins.step").set_value("book")
    unbroken(page.run())
    page.button_group(key="move_ins.book.free").set_value(0)
    unbroken(page.run())
    assert page.text_input(key="move_ins.book.move_from").value != ""
    press(page, "move_ins.book.save")
    booked = the_case()
    assert booked.state == State.BOOKED
    assert (booked.move_to - booked.move_from).total_seconds() == 7200
