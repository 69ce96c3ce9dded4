"""Two at the cash desk at once: no money is lost or doubled, nobody waits for ever, no day is shut on a coin."""

from __future__ import annotations

import random
import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from db.clock import moment_of, pretending
from db.ledger import books, closings, payments, reversals
from db.ledger.money_tables import Allocation, Method, Payment
from db.ledger.postings import Tender
from db.people import SYSTEM
from db.refused import Refused
from db.session import reading, writing
from tests.money import a_bill, a_till

DAY = date(2026, 9, 20)
NOON = moment_of(DAY) + timedelta(hours=12)


class Desk(threading.Thread):
    """A cashier who takes, voids and moves money of one unit, whatever the other does meanwhile."""

    def __init__(self, till, who, bills, seed) -> None:
        super().__init__()
        self.till, self.who, self.bills, self.chance = till, who, bills, random.Random(seed)
        self.mine, self.refused, self.failed = [], [], []

    def run(self):
        for _n in range(12):
            try:
                with pretending(NOON), writing(self.who) as s:
                    self.chance.choice([self.pay, self.pay, self.pay_one, self.void, self.offset])(s)
            except Refused as problem:
                self.refused.append(problem.message)
            except Exception as problem:  # noqa: BLE001 - what fails in a thread must fail the test
                self.failed.append(problem)

    def take(self, s, tender, **told):
        self.mine.append(payments.pay(s, self.till.unit.id, self.till.payee.id, [tender], **told).payment.id)

    def pay(self, s):
        self.take(s, Tender(Method.CASH, Decimal(self.chance.randint(100, 30_000)).scaleb(-2)))

    def pay_one(self, s):
        self.take(s, Tender(Method.WECHAT, Decimal("90.01")), bill_ids=[self.chance.choice(self.bills)])

    def void(self, s):
        if self.mine:
            reversals.void_payment(s, self.mine.pop(self.chance.randrange(len(self.mine))), "录错")

    def offset(self, s):
        payments.use_balances(s, [self.till.unit.id])


@pytest.mark.requirement("F10")
def test_two_cashiers_at_once_neither_lose_nor_double_money(engine):
    till = a_till()
    with writing(SYSTEM) as s:
        bills = [a_bill(s, till.unit, till.item, "90.01", date(2026, n, 1)).id for n in range(3, 9)]
    desks = [Desk(till, who, bills, n) for n, who in enumerate((till.cashier, till.other_cashier))]
    for desk in desks:
        desk.start()
    for desk in desks:
        desk.join()
    assert [desk.failed for desk in desks] == [[], []]
    assert [each for desk in desks for each in desk.refused if "数据库" in each] == []
    with reading(SYSTEM) as s:
        assert [str(each.words) for result in books.run(s, books.Scope()) for each in result.findings] == []
        assert s.scalar(select(func.sum(Allocation.amount))) == s.scalar(select(func.sum(Payment.amount)))
        assert s.scalar(select(func.count()).select_from(Payment)) > 8


@pytest.mark.requirement("F10")
def test_a_day_is_not_closed_while_a_payment_for_it_is_being_written(postgres_engine):
    till, closed = a_till(), []

    def close():
        with pretending(NOON), writing(till.finance) as s:
            counted = {Method.CASH: Decimal("20.00")}
            closed.append(closings.close_day(s, till.payee.id, till.cashier.user_id, DAY, counted).expected)

    with pretending(NOON), writing(till.cashier) as s:
        payments.pay(s, till.unit.id, till.payee.id, [Tender(Method.CASH, Decimal("20.00"))])
        closing = threading.Thread(target=close)
        closing.start()
        closing.join(0.4)
        assert closed == []
    closing.join()
    assert closed == [{"cash": "20.00"}]
