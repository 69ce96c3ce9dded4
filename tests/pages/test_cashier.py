"""The cashier's desk as it is used: find, 交至, methods, one press, the receipt; the day; all receipts; invoices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from db.clock import today
from db.ledger import desk, tax_invoices
from db.ledger.desk import Wish
from db.ledger.money_tables import Balance, Payment, PaymentLine, Receipt, ReceiptState
from db.ledger.pricing import next_month
from db.ledger.tables import Basis, Bill, FeeKind
from db.people import SYSTEM
from db.session import reading, writing
from tests.builders import a_customer, a_unit, an_occupancy
from tests.money import a_bill, a_fee_item, a_payee, a_tariff, a_till, cash
from tests.signed_in import page_at

CASHIER, CUSTOMERS = "pages/fees/cashier.py", "pages/office/customers.py"
HERE = today().replace(day=1)


@pytest.fixture(autouse=True)
def _database(sqlite_engine):
    """Pages are tried on SQLite."""


@pytest.fixture
def till():
    made = a_till()
    with writing(SYSTEM) as s:
        s.add(made.unit)
        made.unit.area = Decimal("96.56")
        a_tariff(s, made.item, "2.80")
        an_occupancy(s, made.unit, made.customer, starts_on=date(2020, 5, 1))
        made.bill_id = a_bill(s, made.unit, made.item, "270.37", HERE, clause=False).id
    return made


def page_of(actor, path=CASHIER, **params):
    return page_at(actor, path, **params)


def box(app, name):
    """Find a box of the payer at the counter by the end of its key."""
    return next(each for each in app.text_input if each.key.endswith(f".{name}"))


def press(app, name):
    return next(each for each in app.button if each.key.endswith(f".{name}"))


def methods(app):
    return next(each for each in app.button_group if each.key.endswith(".methods"))


def said(app):
    kinds = (app.markdown, app.caption, app.error, app.info, app.warning, app.metric)
    return [each.value for kind in kinds for each in kind]


def says(app, text):
    return any(text in line for line in said(app))


def counted(model):
    with reading(SYSTEM) as s:
        return s.scalar(select(func.count()).select_from(model))


@pytest.mark.requirement("F3")
def test_two_inputs_and_one_press_take_the_money_up_to_a_month(till):
    app = page_of(till.cashier)
    box(app, "find").set_value("1-1-101").run()
    assert box(app, "amount").value == "270.37"
    assert "吴学文" in str(said(app))
    box(app, "until").set_value("+2").run()
    assert box(app, "amount").value == "540.74"
    assert counted(Bill) == 1
    box(app, "tendered").set_value("600").run()
    press(app, "pay").click().run()
    assert not app.exception
    assert says(app, "收款成功")
    assert says(app, "59.26 元")
    with reading(SYSTEM) as s:
        assert s.scalars(select(Bill.month).where(Bill.paid == Bill.amount).order_by(Bill.month)).all() == [
            HERE, next_month(HERE),
        ]  # fmt: skip
        assert s.execute(select(PaymentLine.method, PaymentLine.amount, PaymentLine.tendered)).all() == [
            ("cash", Decimal("540.74"), Decimal("600.00"))
        ]
        assert s.scalars(select(Receipt)).one().snapshot["payer"] == "吴学文"
    press(app, "next").click().run()
    assert (box(app, "find").value, says(app, "收款成功")) == ("", False)


@pytest.mark.requirement("F3")
def test_two_methods_one_of_them_takes_the_rest_and_the_way_of_paying_is_remembered(till):
    app = page_of(till.cashier, unit=till.unit.id)
    methods(app).set_value(["cash", "wechat"]).run()
    box(app, "part.cash").set_value("100").run()
    box(app, "reference.wechat").set_value("wx42").run()
    press(app, "pay").click().run()
    with reading(SYSTEM) as s:
        lines = s.execute(select(PaymentLine.method, PaymentLine.amount, PaymentLine.reference)).all()
    assert lines == [("cash", Decimal("100.00"), ""), ("wechat", Decimal("170.37"), "wx42")]
    press(app, "next").click().run()
    box(app, "find").set_value("1-1-101").run()
    assert methods(app).value == ["cash", "wechat"]


def test_what_does_not_add_up_cannot_be_pressed(till):
    app = page_of(till.cashier, unit=till.unit.id)
    methods(app).set_value(["cash", "wechat"]).run()
    for name, typed in (("part.cash", "100"), ("part.wechat", "100")):
        box(app, name).set_value(typed).run()
    assert says(app, "各方式合计与实收相差 70.37 元")
    assert press(app, "pay").disabled
    methods(app).set_value(["cash"]).run()
    box(app, "tendered").set_value("200").run()
    assert says(app, "现金还差 70.37 元")
    assert press(app, "pay").disabled
    box(app, "until").set_value("后年").run()
    assert says(app, "看不懂这个月份")
    assert counted(Payment) == 0


@pytest.mark.requirement("F3")
def test_more_than_owed_is_said_to_be_kept_before_it_is_taken(till):
    app = page_of(till.cashier, unit=till.unit.id)
    box(app, "amount").set_value("300").run()
    assert says(app, "多收的 29.63 元转为 1-1-101 的预存")
    press(app, "pay").click().run()
    with reading(SYSTEM) as s:
        assert s.get_one(Balance, (till.unit.id, till.payee.id)).amount == Decimal("29.63")


def test_what_somebody_else_took_meanwhile_is_not_taken_twice(till):
    app = page_of(till.cashier, unit=till.unit.id)
    with writing(till.other_cashier) as s:
        desk.take(s, Wish(till.unit.id, [cash("270.37")], [till.bill_id]))
    press(app, "pay").click().run()
    assert not app.exception
    assert counted(Payment) == 1
    assert says(app, "没有欠费")


def test_a_sum_that_changed_since_it_was_drawn_is_shown_before_it_is_taken(till):
    app = page_of(till.cashier, unit=till.unit.id)
    box(app, "until").set_value("+3")
    press(app, "pay").click().run()
    assert says(app, "应收金额刚刚变了")
    assert counted(Payment) == 0
    press(app, "pay").click().run()
    assert says(app, "811.11")
    assert counted(Payment) == 1


@pytest.mark.requirement("F3")
def test_two_payees_are_said_apart_and_give_two_receipts(till):
    with writing(SYSTEM) as s:
        landlord = a_payee(s, till.estate, "廊坊置业公司")
        a_bill(s, till.unit, a_fee_item(s, landlord, FeeKind.RENT, "房租"), "1000.00", HERE, clause=False)
    app = page_of(till.cashier, unit=till.unit.id)
    assert says(app, "分开收据")
    press(app, "pay").click().run()
    assert counted(Receipt) == 2
    assert says(app, "廊坊置业公司")


@pytest.mark.requirement("P3")
def test_a_card_is_added_and_paid_with_the_rest(till):
    with writing(SYSTEM) as s:
        a_tariff(s, a_fee_item(s, till.payee, FeeKind.OTHER, "门禁卡工本费"), "20.00", basis=Basis.ONCE)
    app = page_of(till.cashier, unit=till.unit.id)
    next(each for each in app.selectbox if each.key.endswith("once.item")).select_index(0).run()
    assert box(app, "once.price").value == "20.00"
    box(app, "once.quantity").set_value("2").run()
    press(app, "once.add").click().run()
    assert box(app, "amount").value == "310.37"
    press(app, "pay").click().run()
    with reading(SYSTEM) as s:
        assert s.scalars(select(Bill.amount).where(Bill.source != "")).all() == [Decimal("40.00")]
        assert s.scalars(select(Payment.amount)).all() == [Decimal("310.37")]


def test_units_of_the_same_customer_are_paid_together(till):
    with writing(SYSTEM) as s:
        second = a_unit(s, till.building, room="102")
        an_occupancy(s, second, till.customer)
        a_bill(s, second, till.item, "50.00", HERE, clause=False)
    app = page_of(till.cashier, unit=till.unit.id)
    assert box(app, "amount").value == "270.37"
    next(each for each in app.button_group if each.key.endswith(".units")).set_value([till.unit.id, second.id]).run()
    assert box(app, "amount").value == "320.37"
    press(app, "pay").click().run()
    assert counted(Receipt) == 1
    app = page_of(till.cashier, unit=till.unit.id, customer=till.customer.id)
    assert not app.exception


def test_a_list_of_people_of_one_name_is_offered(till):
    with writing(SYSTEM) as s:
        second = a_unit(s, till.building, room="102")
        an_occupancy(s, second, a_customer(s, till.estate, "吴学文"))
    app = page_of(till.cashier)
    box(app, "find").set_value("吴学文").run()
    offered = [each for each in app.button if ".hit." in each.key]
    assert [each.label.split()[1] for each in offered] == [":gray[1\\-1\\-101", ":gray[1\\-1\\-102"]
    offered[1].click().run()
    assert app.query_params["unit"] == str(second.id)


def test_who_takes_no_money_sees_what_is_owed_and_no_press(till):
    app = page_of(till.desk, unit=till.unit.id)
    assert says(app, "270.37")
    assert not [each for each in app.button if each.key.endswith(".pay")]
    app = page_of(till.technician)
    assert says(app, "没有打开“前台收费”的权限")


@pytest.mark.requirement("F10")
def test_todays_receipt_is_voided_on_the_spot_with_a_reason(till):
    with writing(till.cashier) as s:
        (taken,) = desk.take(s, Wish(till.unit.id, [cash("270.37")], [till.bill_id]))
    app = page_of(till.cashier, view="today")
    assert [each.value for each in app.metric][:2] == ["270.37", "270.37"]
    app.query_params["receipt"] = str(taken.receipt.id)
    app.run()
    next(each for each in app.button_group if each.key.endswith(".act")).set_value("void").run()
    app.button(key="cashier.void.save").click().run()
    assert says(app, "请写明作废原因")
    app.text_area(key="cashier.void.reason").set_value("客户改用转账")
    app.button(key="cashier.void.save").click().run()
    assert not app.exception
    with reading(SYSTEM) as s:
        assert s.get_one(Receipt, taken.receipt.id).state is ReceiptState.VOID
        assert s.get_one(Bill, till.bill_id).unpaid == Decimal("270.37")


@pytest.mark.requirement("F3")
def test_receipts_are_looked_up_and_an_invoice_is_asked_for(till):
    with writing(till.cashier) as s:
        (taken,) = desk.take(s, Wish(till.unit.id, [cash("270.37")], [till.bill_id]))
    app = page_of(till.cashier, view="receipts")
    assert list(app.dataframe[0].value["number"]) == [taken.receipt.number]
    app.text_input(key="cashier.receipts.q").set_value("999").run()
    assert says(app, "没有符合条件的收据")
    app = page_of(till.cashier, view="receipts", receipt=taken.receipt.id)
    assert says(app, "贰佰柒拾元零叁角柒分")
    next(each for each in app.button_group if each.key.endswith(".act")).set_value("invoice").run()
    app.text_input(key="cashier.invoice.ask.title").set_value("云谷科技")
    app.button(key="cashier.invoice.ask.save").click().run()
    assert not app.exception
    with reading(till.finance) as s:
        ((row,), _total) = tax_invoices.listed(s, receipt_id=taken.receipt.id)
        assert (row.title, row.amount) == ("云谷科技", Decimal("270.37"))
    app = page_of(till.cashier, view="invoices")
    assert list(app.dataframe[0].value["title"]) == ["云谷科技"]


@pytest.mark.requirement("R3")
def test_the_customers_card_says_what_is_owed_and_leads_to_the_cashier(till):
    app = page_of(till.desk, CUSTOMERS, unit=till.unit.id)
    assert says(app, "欠 **270.37** 元")
    app = page_of(till.technician, CUSTOMERS, unit=till.unit.id)
    assert not says(app, "270.37")
