"""The page of bills as people use it: the list with its sums, a bill opened and voided, a run tried and published."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook

from components.plain import plain
from db.audit import Audit
from db.clock import pretending, today
from db.ledger import payments
from db.ledger.bill_books import bills_book, preview_book
from db.ledger.bill_lists import Sought, Wanted, every, listed
from db.ledger.tables import FeeKind
from db.people import SYSTEM
from db.session import reading, writing
from tests.billed import DEC, MOMENT, NOV, a_hall, bills, run, tried
from tests.builders import a_unit
from tests.counting import counted_statements
from tests.money import a_bill, a_fee_item, cash
from tests.signed_in import app_as, page_at, press

pytestmark = pytest.mark.usefixtures("sqlite_engine")


@pytest.fixture
def hall():
    made = a_hall()
    with writing(SYSTEM) as s:
        for n in range(2, 60):
            a_unit(s, made.building, room=f"{n:03d}", area=Decimal(100))
        a_unit(s, made.building, room="900")
    return made


def here():
    """Return this month: the page lives by the real clock."""
    return today().replace(day=1)


def page(actor, **params):
    return page_at(actor, "pages/fees/bills.py", **params)


def asked(app, name):
    """Return what stands in the address; AppTest gives it as a text or as a list."""
    told = app.query_params[name]
    return told if isinstance(told, str) else told[0]


def texts(app):
    return [each.value for each in app.markdown]


def listed_units(app):
    return list(app.dataframe[0].value["unit"]) if app.dataframe else []


@pytest.mark.requirement("F2")
def test_a_run_is_tried_out_then_published_and_looked_at(hall):
    app = page(hall.cashier, bills__part="run")
    press(app, "billing.try")
    assert "## 59" in texts(app)
    assert next(each.value for each in app.caption) == "16,510.37 元"
    assert bills() == []
    press(app, "billing.publish")
    assert "预存会自动抵缴" in app.warning[0].value
    press(app, "billing.publish.sure")
    assert app.success[0].value == f"{here():%Y-%m} 已出账 59 张，共 16,510.37 元。"
    assert len(bills()) == 59
    press(app, "billing.look")
    assert asked(app, "run") == str(bills()[0].run_id)
    assert "共 **59** 张　应收 **16,510.37** 元　实收 **0.00** 元　未收 **16,510.37** 元" in texts(app)
    assert len(listed_units(app)) == 50
    press(app, "bills.next")
    assert len(listed_units(app)) == 9
    press(app, "bills.previous")
    assert len(listed_units(app)) == 50


@pytest.mark.requirement("F7")
def test_the_bills_behind_a_figure_say_their_conditions_and_let_each_go(hall):
    with writing(SYSTEM) as s:
        water = a_fee_item(s, hall.payee, FeeKind.WATER)
        for month, item in ((9, hall.item), (10, hall.item), (10, water)):
            a_bill(s, hall.unit, item, f"{month}.00", date(2026, month, 1), clause=False)
    app = page(hall.cashier, **{"from": "2026-10", "to": "2026-11", "kind": "management"})
    assert "共 **1** 张　应收 **10.00** 元　实收 **0.00** 元　未收 **10.00** 元" in texts(app)
    assert app.button(key="bills.span").label == "只看 2026-10 至 2026-11"
    press(app, "bills.kind")
    assert "共 **2** 张　应收 **20.00** 元　实收 **0.00** 元　未收 **20.00** 元" in texts(app)
    press(app, "bills.span")
    assert "共 **3** 张　应收 **29.00** 元　实收 **0.00** 元　未收 **29.00** 元" in texts(app)


def test_a_run_that_finds_all_done_says_so(hall):
    run(hall, here())
    app = page(hall.cashier, bills__part="run")
    press(app, "billing.try")
    assert f"{here():%Y-%m} 的账已经出齐" in app.info[0].value
    assert [each.key for each in app.button if each.key == "billing.publish"] == []


@pytest.mark.requirement("F10")
def test_a_bill_is_opened_and_voided_with_a_reason(hall):
    run(hall, here())
    with writing(hall.cashier) as s:
        payments.pay(s, hall.unit.id, hall.payee.id, [cash("100.00")])
    bill = bills(unit_id=hall.unit.id)[0]
    app = page(hall.cashier, bill=str(bill.id))
    assert f"#### {plain('96.56 m² × 2.80 元 × 1 月 = 270.37 元')}" in texts(app)
    assert [(each.label, each.value) for each in app.metric][:3] == [
        ("应收", "270.37"), ("实收", "100.00"), ("未收", "170.37"),
    ]  # fmt: skip
    assert list(app.dataframe[0].value["amount"]) == [100.0]
    press(app, "bills.void.open")
    press(app, "bills.void.save")
    assert app.warning[0].value == "作废后不能恢复，账单留底可查。已收的 100\\.00 元转入预存。"
    press(app, "bills.void.save")
    assert app.error[0].value == "请填写作废原因。"
    app.text_input(key="bills.void.reason").set_value("面积录错")
    press(app, "bills.void.save")
    press(app, "bills.void.save")
    assert "面积录错" in app.warning[0].value
    assert bills(unit_id=hall.unit.id)[0].void_reason == "面积录错"


def test_a_bill_is_issued_again_from_its_page(hall):
    run(hall, here())
    bill = bills(unit_id=hall.unit.id)[0]
    app = page(hall.finance, bill=str(bill.id))
    press(app, "bills.again.open")
    app.text_input(key="bills.again.reason").set_value("核对后重开")
    press(app, "bills.again.save")
    press(app, "bills.again.save")
    new = bills(unit_id=hall.unit.id, voided_at=None)[0]
    assert (asked(app, "bill"), new.replaces_id) == (str(new.id), bill.id)
    press(app, "bills.replaces")
    assert asked(app, "bill") == str(bill.id)
    assert [each.key for each in app.button if each.key == "bills.replaced"] == ["bills.replaced"]


def test_who_does_not_bill_looks_only(hall):
    run(hall, here())
    app = page(hall.desk, bill=str(bills()[0].id))
    assert [each.key for each in app.button if each.key and each.key.endswith(".open")] == []
    app = page(hall.desk)
    assert len(listed_units(app)) == 50
    refused = app_as(hall.technician).run()
    refused.switch_page("pages/fees/bills.py").run()
    assert "没有打开“账单”的权限" in refused.error[0].value


def test_the_list_is_filtered_summed_and_turned_in_sql(hall):
    with pretending(MOMENT):
        run(hall)
        run(hall, DEC)
        with writing(hall.cashier) as s:
            payments.pay(s, hall.unit.id, hall.payee.id, [cash("400.00")])
    with pretending(MOMENT + timedelta(days=10)), reading(hall.cashier) as s:
        def found(**told):
            page = listed(s, Wanted(frozenset({hall.estate.id}), **told))
            return page.sums.bills, page.sums.amount, page.sums.paid, page.sums.unpaid

        assert found() == (118, Decimal("33020.74"), Decimal(400), Decimal("32620.74"))
        assert found(month=NOV) == (59, Decimal("16510.37"), Decimal("270.37"), Decimal(16240))
        assert found(unit_id=hall.unit.id) == (2, Decimal("540.74"), Decimal(400), Decimal("140.74"))
        assert found(sought=Sought.PAID)[0] == 1
        assert found(sought=Sought.UNPAID)[0] == 117
        assert found(sought=Sought.OVERDUE)[0] == 58
        assert found(sought=Sought.VOID)[0] == 0
        whole = [each.id for each in every(s, Wanted())]
        turned, place = [], listed(s, Wanted(), limit=40)
        turned += [each.id for each in place.rows]
        while place.next is not None:
            place = listed(s, Wanted(), after=place.next, limit=40)
            turned += [each.id for each in place.rows]
        assert turned == whole
        back = listed(s, Wanted(), before=place.previous, limit=40)
        assert [each.id for each in back.rows] == whole[40:80]
        with counted_statements() as few:
            listed(s, Wanted(), limit=1)
        with counted_statements() as many:
            listed(s, Wanted(), limit=100)
        assert len(few) == len(many)


def test_all_rows_go_into_a_workbook_and_into_the_log(hall, tmp_path):
    with pretending(MOMENT):
        run(hall)
        found = tried(hall, DEC)
    file = tmp_path / "bills.xlsx"
    file.write_bytes(bills_book(hall.cashier, Wanted(frozenset({hall.estate.id}))))
    rows = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
    assert (len(rows), rows[4][0], rows[4][7], rows[-1][0], rows[-1][7]) == (64, "1-1-101", 270.37, "合计", 16510.37)
    file.write_bytes(preview_book(hall.finance, found))
    book = CalamineWorkbook.from_path(str(file))
    assert book.sheet_names == ["试算合计", "与上期不同", "不出账"]
    assert [row[0] for row in book.get_sheet_by_index(2).to_python()][4:] == ["1-1-900"]
    with reading(SYSTEM) as s:
        kept = [(each.table_name, each.after["rows"]) for each in s.query(Audit).filter_by(act="exported")]
    assert kept == [("bills", 59), ("billing_runs", 1)]
