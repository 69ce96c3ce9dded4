"""The pages of closings, corrections, deposits, settlements and the books' check, as staff press through them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from db.clock import today
from db.ledger import corrections, deposits, payments
from db.ledger.money_tables import Correction, CorrectionState, DayClosing, Deposit, DepositKind, Payment, PaymentKind
from db.ledger.tables import Bill
from db.people import SYSTEM
from db.registry import Occupancy
from db.session import reading, writing
from tests.builders import a_customer, an_occupancy
from tests.money import a_bill, a_till, cash, wechat
from tests.signed_in import page_at, press, unbroken

pytestmark = pytest.mark.usefixtures("sqlite_engine")


@pytest.fixture
def till():
    made = a_till()
    with writing(SYSTEM) as s:
        an_occupancy(s, made.unit, made.customer)
        made.bill = a_bill(s, made.unit, made.item, "270.37", today().replace(day=1), clause=False).id
    return made


def page(actor, name, **params):
    return page_at(actor, f"pages/fees/{name}.py", **params)


def fill(app, **typed):
    for key, value in typed.items():
        place = key.replace("__", ".")
        (app.text_area if place in {each.key for each in app.text_area} else app.text_input)(key=place).set_value(value)
    return app


def said(app):
    return " ".join(str(each.value) for kind in (app.markdown, app.caption, app.error, app.info, app.success)
                    for each in kind)  # fmt: skip


@pytest.mark.requirement("F10")
def test_a_cashier_counts_the_day_and_closes_it_after_saying_why_it_is_short(till):
    with writing(till.cashier) as s:
        payments.pay(s, till.unit.id, till.payee.id, [cash("200.00"), wechat("100.00")])
    app = page(till.cashier, "closing")
    assert app.dataframe[0].value.iloc[-1].tolist() == ["合计", 200.0, 100.0, 300.0]
    fill(app, closing__close__cash="198", closing__close__wechat="100", closing__close__slip="ICBC-7")
    press(app, "closing.close.save")
    press(app, "closing.close.save")
    assert "现金与应收不符" in said(app)
    assert app.text_input(key="closing.close.cash").value == "198"
    fill(app, closing__close__over_short="找零多付 2 元")
    press(app, "closing.close.save")
    press(app, "closing.close.save")
    with reading(SYSTEM) as s:
        row = s.scalars(select(DayClosing)).one()
        assert (row.over_short, row.slip, row.note) == (Decimal("-2.00"), "ICBC-7", "找零多付 2 元")
    assert "短款 2.00" in said(app)
    assert "没有待日结的日子" in said(page(till.cashier, "closing"))


@pytest.mark.requirement("F10")
def test_a_waiver_is_asked_at_the_desk_and_granted_by_finance(till):
    app = page(till.desk, "corrections", ask="waiver", unit=till.unit.id)
    fill(app, corrections__ask_form__amount="70.37", corrections__ask_form__reason="漏水三个月未修好")
    press(app, "corrections.ask_form.save")
    with reading(SYSTEM) as s:
        row = s.scalars(select(Correction)).one()
    app = page(till.finance, "corrections")
    assert app.dataframe[0].value.iloc[0]["unit"] == "1-1-101"
    app = page(till.finance, "corrections", correction=row.id)
    press(app, "corrections.grant")
    with reading(SYSTEM) as s:
        assert s.get_one(Bill, till.bill).waived == Decimal("70.37")
    assert "已办理" in said(app)


@pytest.mark.requirement("F10")
def test_a_cashier_carries_out_a_granted_refund(till):
    with writing(till.cashier) as s:
        payments.pay(s, till.unit.id, till.payee.id, [cash("600.00")], bill_ids=[])
        row = corrections.ask_refund(s, till.unit.id, till.payee.id, Decimal("600.00"), "退房")
    press(page(till.finance, "corrections", correction=row.id), "corrections.grant")
    app = page(till.other_cashier, "corrections", correction=row.id)
    press(app, "corrections.carry_out.save")
    press(app, "corrections.carry_out.save")
    with reading(SYSTEM) as s:
        assert s.scalars(select(Payment.amount).where(Payment.kind == PaymentKind.REFUND)).all() == [Decimal("-600.00")]
        assert s.get_one(Correction, row.id).state is CorrectionState.DONE


@pytest.mark.requirement("I1")
def test_a_deposit_is_taken_and_found_in_the_list(till):
    app = page(till.cashier, "deposits", new="1", unit=till.unit.id)
    app.selectbox(key="deposits.take.kind").set_value(DepositKind.RENOVATION.value)
    fill(app, deposits__take__amount="2000")
    press(app, "deposits.take.save")
    with reading(SYSTEM) as s:
        deposit = s.scalars(select(Deposit)).one()
        assert (deposit.held, deposit.kind, deposit.customer_id) == (
            Decimal("2000.00"), DepositKind.RENOVATION, till.customer.id
        )  # fmt: skip
    app = page(till.desk, "deposits")
    assert app.dataframe[0].value.iloc[0][["unit", "customer", "held"]].tolist() == ["1-1-101", "吴学文", 2000.0]


@pytest.mark.requirement("F10")
def test_the_books_are_checked_on_a_press_and_say_what_is_wrong(till):
    with writing(till.cashier) as s:
        deposits.take_deposit(s, till.unit.id, till.payee.id, DepositKind.PASS, [cash("20.00")])
    app = press(page(till.finance, "books"), "books.run")
    assert "全部 15 项相符。" in said(app)
    with writing(SYSTEM) as s:
        s.scalars(select(Deposit)).one().held = Decimal("19.00")
    app = press(page(till.finance, "books"), "books.run")
    assert "1 项不符" in said(app)
    assert "出入证押金记现存 19" in said(app)


@pytest.mark.requirement("O2")
def test_a_unit_is_settled_and_handed_over(till):
    with writing(SYSTEM) as s:
        buyer = a_customer(s, till.estate, "陈静")
    app = page(till.supervisor, "settlement", unit=till.unit.id)
    assert "270.37" in said(app)
    app.session_state["settlement.change_owner.customer_id"] = buyer.id
    unbroken(app.run())
    press(app, "settlement.change_owner.save")
    press(app, "settlement.change_owner.save")
    with reading(SYSTEM) as s:
        assert s.scalars(select(Occupancy.customer_id).order_by(Occupancy.id)).all() == [till.customer.id, buyer.id]
        assert s.get_one(Bill, till.bill).unpaid == Decimal("270.37")
