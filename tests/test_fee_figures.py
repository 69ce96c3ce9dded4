"""What is receivable, received and outstanding, held against the office's own examples."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from db.clock import moment_of, pretending
from db.ledger import billing, payments, reversals, waivers
from db.ledger.bill_lists import Wanted, listed
from db.ledger.postings import locked_bills
from db.ledger.tables import FeeKind
from db.people import SYSTEM
from db.reports import fees, objectives
from db.reports.fees import Line, Wish
from db.reports.periods import Period, month_of
from db.reports.shares import Share
from db.session import reading, writing
from tests.builders import a_building, a_unit
from tests.money import a_bill, a_fee_item, a_till, cash

pytestmark = pytest.mark.usefixtures("engine")
OCTOBER, NOVEMBER = month_of(date(2026, 10, 1)), month_of(date(2026, 11, 1))


@pytest.fixture
def till(engine):
    return a_till()


def on(day, actor, act):
    with pretending(moment_of(day)), writing(actor) as s:
        return act(s)


def pay(till, amount, day, **told):
    return on(day, till.cashier, lambda s: payments.pay(s, till.unit.id, till.payee.id, [cash(amount)], **told))


def waive(till, bill_id, amount, day):
    def act(s):
        waivers.by_rule(s, locked_bills(s, [bill_id])[bill_id], Decimal(amount))

    on(day, till.cashier, act)


def figure(till, period=OCTOBER, **told):
    with reading(till.finance) as s:
        (line,) = fees.billed(s, Wish(period, kinds=(FeeKind.MANAGEMENT,)), **told)
        return line


@pytest.mark.requirement("F7", "Q2")
def test_month_end_100_of_200_and_today_150_of_200(till):
    """Bill 270.37, waived 70.37, paid 100 in time, 100 after the month's end, of which 50 were taken back."""
    with writing(SYSTEM) as s:
        bill = a_bill(s, till.unit, till.item, "270.37", OCTOBER.first).id
    waive(till, bill, "70.37", date(2026, 10, 5))
    pay(till, "100.00", date(2026, 10, 6), late_fee=False)
    pay(till, "50.00", date(2026, 11, 3), late_fee=False)
    late = pay(till, "50.00", date(2026, 11, 4), late_fee=False)
    on(date(2026, 11, 5), till.finance, lambda s: reversals.reverse(s, late.payment.id, "退票"))
    at_month_end, now = figure(till, as_of=OCTOBER.last), figure(till)
    assert (at_month_end.received, at_month_end.receivable) == (Decimal("100.00"), Decimal("200.00"))
    assert (now.received, now.receivable, now.outstanding) == (Decimal("150.00"), Decimal("200.00"), Decimal("50.00"))
    assert figure(till, as_of=date(2026, 11, 30)) == now


@pytest.mark.requirement("F7", "X1")
def test_the_objective_counts_management_fees_of_the_year_to_date_alone(till):
    with writing(SYSTEM) as s:
        rent = a_fee_item(s, till.payee, FeeKind.RENT)
        for month, item, amount in (
            (date(2025, 12, 1), till.item, "500.00"),  # last year's: 清欠率
            (date(2026, 1, 1), till.item, "300.00"),
            (date(2026, 10, 1), till.item, "300.00"),
            (date(2026, 10, 1), rent, "9000.00"),  # another kind
            (date(2026, 11, 1), till.item, "300.00"),
            (date(2026, 12, 1), till.item, "300.00"),  # ahead
        ):
            a_bill(s, till.unit, item, amount, month, clause=False)
    pay(till, "1000.00", date(2026, 11, 2), late_fee=False)  # December 2025, January, and 200 of October
    with pretending(moment_of(date(2026, 11, 20))), reading(till.finance) as s:
        tile = {each.definition.key: each for each in objectives.objectives(s, NOVEMBER)}["collection"]
        assert tile.share == Share(50_000, 90_000)
        assert tile.period == Period(date(2026, 1, 1), date(2026, 11, 30))
        assert (tile.rate, tile.is_met) == (Decimal("55.6"), False)
        parts = objectives.by_building(s, "collection", tile.period)
        assert parts == [("1号楼", Share(50_000, 90_000))]


@pytest.mark.requirement("F7", "X1")
def test_the_bills_behind_the_objective_come_to_the_same(till):
    with writing(SYSTEM) as s:
        water = a_fee_item(s, till.payee, FeeKind.WATER)
        bill = a_bill(s, till.unit, till.item, "300.00", date(2026, 3, 1), clause=False).id
        void = a_bill(s, till.unit, till.item, "77.00", date(2026, 4, 1), clause=False).id
        for month, item in ((date(2025, 12, 1), till.item), (date(2026, 5, 1), water), (date(2026, 12, 1), till.item)):
            a_bill(s, till.unit, item, "45.67", month, clause=False)
        a_bill(s, till.unit, till.item, "200.00", date(2026, 11, 1), clause=False)
    waive(till, bill, "20.55", date(2026, 3, 5))
    on(date(2026, 11, 1), till.finance, lambda s: billing.void_bill(s, void, "重复"))
    pay(till, "150.67", date(2026, 11, 2), late_fee=False)  # December 2025, and 105.00 of March
    with pretending(moment_of(date(2026, 11, 20))), reading(till.finance) as s:
        tile = {each.definition.key: each for each in objectives.objectives(s, NOVEMBER)}["collection"]
        (line,) = fees.billed(s, Wish(tile.period, kinds=(FeeKind(tile.definition.fee),)))
        months = (tile.period.first, tile.period.last.replace(day=1))
        page = listed(s, Wanted(till.finance.estates, months=months, kind=FeeKind(tile.definition.fee)))
    assert tile.share == line.share == Share(10_500, 47_945)
    sums = page.sums
    assert (sums.bills, sums.receivable, sums.paid, sums.unpaid) == (
        len(page.rows), line.receivable, line.received, line.outstanding,
    )  # fmt: skip
    assert [each.amount for each in page.rows] == [Decimal("200.00"), Decimal("300.00")]


@pytest.mark.requirement("F7")
def test_parts_add_up_to_the_whole_by_building_item_and_month(till):
    with writing(SYSTEM) as s:
        other = a_unit(s, a_building(s, till.estate, "2"))
        water = a_fee_item(s, till.payee, FeeKind.WATER)
        a_bill(s, till.unit, till.item, "100.00", date(2026, 9, 1))
        a_bill(s, till.unit, water, "30.50", date(2026, 10, 1))
        a_bill(s, other, till.item, "80.00", date(2026, 10, 1))
    pay(till, "110.00", date(2026, 10, 3), late_fee=False)
    wish = Wish(Period(date(2026, 9, 1), date(2026, 10, 31)))
    with reading(till.finance) as s:
        whole = fees.billed(s, wish)
        assert whole == [Line(None, 3, Decimal("210.50"), Decimal("110.00"))]
        for by in ("building", "item", "month"):
            for as_of in (None, date(2026, 12, 31)):
                lines = fees.billed(s, wish, by, as_of)
                assert len(lines) == 2
                assert [sum(getattr(each, name) for each in lines) for name in ("bills", "receivable", "received")] == [
                    3, Decimal("210.50"), Decimal("110.00"),
                ]  # fmt: skip
        assert fees.by_units(s, wish) == {None: Share(0, 2)}
        assert fees.by_units(s, wish, "building") == {till.building.id: Share(0, 1), other.building_id: Share(0, 1)}


@pytest.mark.requirement("F7")
def test_old_arrears_recovered_and_what_came_in_for_what(till):
    with writing(SYSTEM) as s:
        for month, amount in ((date(2026, 8, 1), "100.00"), (date(2026, 9, 1), "100.00"), (date(2026, 10, 1), "70.00")):
            a_bill(s, till.unit, till.item, amount, month)
    pay(till, "30.00", date(2026, 9, 20), late_fee=False)
    pay(till, "250.00", date(2026, 10, 20), late_fee=True)
    with reading(till.finance) as s:
        found = fees.recovery(s, Wish(OCTOBER))
        assert found == {None: fees.Recovery(Decimal("170.00"), Decimal("170.00"))}
        # 250 = 70 and 100 of arrears, 70 of October, 10 of the late fees of 30×0.0005×41 + 70×0.0005×71 + … = 10.00.
        money = fees.received(s, Wish(OCTOBER))
        assert (money.arrears, money.current, money.late_fees + money.ahead, money.total) == (
            Decimal("170.00"), Decimal("70.00"), Decimal("10.00"), Decimal("250.00"),
        )  # fmt: skip
