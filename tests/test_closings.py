"""Closing the day and the month: counted against the cash book, over or short with a reason, shut for good (F10)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.exc import DBAPIError

from components.papers import printing
from db.clock import moment_of, pretending
from db.ledger import closing_papers, closings, deposits, payments, reversals
from db.ledger.money_tables import DayClosing, DepositKind, Method
from db.ledger.tables import FeeKind
from db.people import SYSTEM
from db.refused import Refused
from db.session import reading, writing
from tests.money import a_bill, a_fee_item, a_payee, a_till, cash, wechat

pytestmark = pytest.mark.usefixtures("engine")
MONDAY, TUESDAY = date(2026, 11, 2), date(2026, 11, 3)


@pytest.fixture
def till(engine):
    made = a_till()
    with writing(SYSTEM) as s:
        made.item.name, made.item.position = "物业费", 1
        s.merge(made.item)
        water = a_fee_item(s, made.payee, FeeKind.WATER, "水费")
        water.position = 2
        a_bill(s, made.unit, made.item, "270.37", date(2026, 11, 1))
        a_bill(s, made.unit, water, "63.00", date(2026, 11, 1))
    return made


def at(day):
    return pretending(moment_of(day) + timedelta(hours=15))


def a_busy_day(till, day=MONDAY):
    """300 in cash and 33.37 by WeChat on the two bills, 50 voided, a deposit of 2,000 in cash."""
    with at(day), writing(till.cashier) as s:
        payments.pay(s, till.unit.id, till.payee.id, [cash("300.00"), wechat("33.37")])
        void = payments.pay(s, till.unit.id, till.payee.id, [wechat("50.00")]).payment
        reversals.void_payment(s, void.id, "客户改付现金")
        deposits.take_deposit(s, till.unit.id, till.payee.id, DepositKind.RENOVATION, [cash("2000.00")])


def close(till, day=MONDAY, *, by=None, of=None, on=None, cash="2300.00", wechat="33.37", **told):
    with at(on or day), writing(by or till.cashier) as s:
        counted = {Method.CASH: Decimal(cash), Method.WECHAT: Decimal(wechat)}
        return closings.close_day(s, till.payee.id, (of or till.cashier).user_id, day, counted, **told)


@pytest.mark.requirement("F10")
def test_a_day_is_counted_by_method_and_its_paper_says_where_each_yuan_came_from(till):
    a_busy_day(till)
    row = close(till, slip="ICBC-20261102-7", notes={Decimal(100): 23})
    assert (row.expected, row.over_short) == ({"cash": "2300.00", "wechat": "33.37"}, 0)
    paper, mark = row.snapshot["paper"], till.payee.mark
    assert paper["methods"] == ["现金", "微信"]
    assert [(line["item"], line["amounts"], line["total"]) for line in [*paper["rows"], paper["totals"]]] == [
        ("物业费", ["270.37", "0.00"], "270.37"),
        ("水费", ["29.63", "33.37"], "63.00"),
        ("装修押金", ["2000.00", "0.00"], "2000.00"),
        ("合计", ["2300.00", "33.37"], "2333.37"),
    ]
    assert [(each["book"], each["count"]) for each in paper["receipts"]] == [("收款收据", 2), ("押金收据", 1)]
    assert [each["amount"] for each in paper["void"]] == ["50.00"]
    assert paper["void"][0]["number"].startswith(mark)
    assert paper["deposits"] == [{"kind": "装修押金", "taken": "2000.00", "returned": "0.00"}]
    assert row.snapshot["notes"] == {"100": 23}
    assert printing.pdf("daily_closing", paper)[:5] == b"%PDF-"


@pytest.mark.requirement("F10")
def test_a_closed_day_takes_no_more_money_and_is_not_closed_twice(till):
    a_busy_day(till)
    first = close(till)
    assert close(till).id == first.id
    with pytest.raises(Refused, match="已经日结"):
        close(till, cash="2299.00", note="少一元")
    with at(MONDAY), writing(till.cashier) as s, pytest.raises(Refused, match="2026-11-02 已经日结，不能再记账"):
        payments.pay(s, till.unit.id, till.payee.id, [cash("1.00")])
    with at(MONDAY), writing(till.other_cashier) as s:  # another drawer is still open
        payments.pay(s, till.unit.id, till.payee.id, [cash("1.00")])


@pytest.mark.requirement("F10")
def test_what_is_over_or_short_needs_a_reason(till):
    a_busy_day(till)
    with pytest.raises(Refused, match="现金、微信与应收不符") as refused:
        close(till, cash="2295.00", wechat="38.37")
    assert list(refused.value.problems) == ["over_short"]
    assert close(till, cash="2295.00", note="找零多付 5 元").over_short == Decimal("-5.00")


def test_a_method_left_uncounted_is_asked_for(till):
    a_busy_day(till)
    cash_alone = {Method.CASH: Decimal("2300.00")}
    with at(MONDAY), writing(till.cashier) as s, pytest.raises(Refused) as refused:
        closings.close_day(s, till.payee.id, till.cashier.user_id, MONDAY, cash_alone)
    assert list(refused.value.problems) == ["wechat"]


def test_money_that_came_in_meanwhile_is_told(till):
    a_busy_day(till)
    with pytest.raises(Refused, match="金额已变"):
        close(till, seen=Decimal("2333.36"))


def test_the_oldest_open_day_comes_first_and_a_day_without_entries_is_none(till):
    a_busy_day(till)
    with at(date(2026, 11, 5)), writing(till.cashier) as s:
        payments.pay(s, till.unit.id, till.payee.id, [cash("10.00")])
    with reading(till.cashier) as s:
        assert [(each.day, each.entries, each.amount) for each in closings.open_days(s)] == [
            (MONDAY, 4, Decimal("2333.37")), (date(2026, 11, 5), 1, Decimal("10.00")),
        ]  # fmt: skip
    with reading(till.other_cashier) as s:
        assert closings.open_days(s) == []
    with reading(till.finance) as s:
        assert len(closings.open_days(s)) == 2
    ten = {Method.CASH: Decimal("10.00")}
    with at(date(2026, 11, 5)), writing(till.cashier) as s, pytest.raises(Refused, match="2026-11-02 还没有日结"):
        closings.close_day(s, till.payee.id, till.cashier.user_id, date(2026, 11, 5), ten)
    with at(TUESDAY), writing(till.cashier) as s, pytest.raises(Refused, match="不用日结"):
        closings.close_day(s, till.payee.id, till.cashier.user_id, TUESDAY, {})


@pytest.mark.requirement("F10")
def test_finance_closes_for_an_absent_cashier_and_that_is_recorded(till):
    a_busy_day(till)
    with pytest.raises(Refused, match="月结"):
        close(till, by=till.other_cashier, of=till.cashier, on=TUESDAY)
    row = close(till, by=till.finance, of=till.cashier, on=TUESDAY)
    assert (row.cashier_id, row.closed_by) == (till.cashier.user_id, till.finance.user_id)
    with at(TUESDAY), reading(till.finance) as s:
        assert [(each.cashier, each.closed_by) for each in closings.closed_days(s, MONDAY, MONDAY)] == [
            ("收费员", "财务")
        ]  # fmt: skip
    with reading(till.other_cashier) as s, pytest.raises(Refused, match="没有找到"):
        closings.closing_of(s, row.id)


def test_each_payee_has_a_closing_of_its_own(till):
    with writing(SYSTEM) as s:
        landlord = a_payee(s, till.estate)
    with at(MONDAY), writing(till.cashier) as s:
        payments.pay(s, till.unit.id, till.payee.id, [cash("10.00")])
        payments.pay(s, till.unit.id, landlord.id, [cash("900.00")])
        closings.close_day(s, landlord.id, till.cashier.user_id, MONDAY, {Method.CASH: Decimal("900.00")})
        assert [each.payee_id for each in closings.open_days(s)] == [till.payee.id]


@pytest.mark.requirement("F10")
def test_a_month_is_closed_once_its_days_are_and_takes_nothing_more(till):
    a_busy_day(till)
    with at(TUESDAY), writing(till.finance) as s, pytest.raises(Refused, match="还没有过完"):
        closings.close_month(s, till.payee.id, date(2026, 11, 1))
    december = date(2026, 12, 2)
    with at(december), writing(till.finance) as s, pytest.raises(Refused, match="还有 1 天没有日结"):
        closings.close_month(s, till.payee.id, date(2026, 11, 1))
    close(till)
    with at(december), writing(till.cashier) as s, pytest.raises(Refused, match="月结"):
        closings.close_month(s, till.payee.id, date(2026, 11, 1))
    with at(december), writing(till.finance) as s:
        assert closings.next_to_close(s, till.payee.id) == date(2026, 11, 1)
        sheet = closings.close_month(s, till.payee.id, date(2026, 11, 1)).snapshot
        assert closings.next_to_close(s, till.payee.id) == december.replace(day=1)
    bills, money, held = ([row["cells"] for row in table["rows"]] for table in sheet["tables"])
    assert bills[-1] == ["合计", "2", "333.37", "0.00", "333.37", "0.00"]
    assert money[-1] == ["合计", "2,383.37", "50.00", "2,333.37"]
    assert held == [["预存", "0.00"], ["装修押金", "2,000.00"], ["合计", "2,000.00"]]
    assert printing.pdf("table_sheet", {"sheets": [sheet]})[:5] == b"%PDF-"
    for day in (MONDAY, date(2026, 9, 9)):
        with at(december), writing(till.cashier) as s, pytest.raises(Refused, match="已经月结"):
            payments.pay(s, till.unit.id, till.payee.id, [cash("1.00")], paid_on=day)
    with at(december), writing(till.finance) as s, pytest.raises(Refused, match="已经月结"):
        closings.close_month(s, till.payee.id, date(2026, 11, 1))


def test_methods_are_laid_over_parts_to_the_cent():
    rent, fee = (0, 1, "租"), (0, 2, "费")
    where = [(rent, Decimal("0.10")), (fee, Decimal("0.25"))]
    how = [("cash", Decimal("0.07")), ("card", Decimal("0.28"))]
    laid = [(rent, "cash", Decimal("0.07")), (rent, "card", Decimal("0.03")), (fee, "card", Decimal("0.25"))]
    assert list(closing_papers.spread(where, how)) == laid
    back = [(heading, -amount) for heading, amount in where], [(name, -amount) for name, amount in how]
    assert list(closing_papers.spread(*back)) == [(heading, name, -amount) for heading, name, amount in laid]


def test_a_closing_is_never_changed(till, engine):
    a_busy_day(till)
    row = close(till)
    with pytest.raises((Refused, DBAPIError)), writing(SYSTEM) as s:
        s.get_one(DayClosing, row.id).over_short = Decimal(1)
