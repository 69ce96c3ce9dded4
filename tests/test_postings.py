"""The cash book: every entry adds up, money goes where it is due, and comes back the way it went."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from db.clock import moment_of, pretending
from db.ledger import payments, reversals
from db.ledger.money_tables import Allocation, Balance, Payment, PaymentKind, Receipt, ReceiptState, Target
from db.ledger.tables import Bill, FeeTotal
from db.people import SYSTEM
from db.refused import Refused
from db.session import reading, writing
from tests.money import a_bill, a_payee, a_till, cash, wechat

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def till(engine):
    return a_till()


def bills_of(till, *amounts):
    with writing(SYSTEM) as s:
        return [
            a_bill(s, till.unit, till.item, amount, date(2026, 8 + n, 1)).id for n, amount in enumerate(amounts)
        ]


def at(day):
    return pretending(moment_of(day))


def paid(till, tender, on=date(2026, 11, 5), **told):
    with at(on), writing(till.cashier) as s:
        return payments.pay(s, till.unit.id, till.payee.id, [tender], **told)


def stand(bill_id):
    with reading(SYSTEM) as s:
        bill = s.get_one(Bill, bill_id)
        return bill.paid, bill.late_paid, bill.late_base


@pytest.mark.requirement("F3")
def test_money_pays_the_oldest_principal_first_then_late_fees_and_the_rest_is_kept(till):
    august, september = bills_of(till, "100.00", "50.00")
    paid(till, cash("160.00", tendered="200.00"))
    # August: due 10 August, paid 5 November = 87 days late; 100.00 × 0.0005 × 87 = 4.35. September: 56 days, 1.40.
    assert stand(august) == (Decimal("100.00"), Decimal("4.35"), 10_000 * 87)
    assert stand(september) == (Decimal("50.00"), Decimal("1.40"), 5_000 * 56)
    with reading(SYSTEM) as s:
        assert s.get_one(Balance, (till.unit.id, till.payee.id)).amount == Decimal("4.25")
        assert s.execute(select(FeeTotal.paid, FeeTotal.amount).order_by(FeeTotal.month)).all() == [
            (Decimal("100.00"), Decimal("100.00")), (Decimal("50.00"), Decimal("50.00")),
        ]  # fmt: skip
        receipt = s.scalars(select(Receipt)).one()
        assert receipt.number == f"{till.payee.mark}2026-000001"
        assert receipt.snapshot["amount"] == "160.00"
        assert [line["amount"] for line in receipt.snapshot["lines"]] == ["100.00", "50.00", "4.35", "1.40", "4.25"]


@pytest.mark.requirement("F10")
def test_a_void_puts_everything_back_and_the_receipt_keeps_its_number(till):
    (bill,) = bills_of(till, "100.00")
    taken = paid(till, wechat("130.00"))
    with at(date(2026, 11, 5)), writing(till.cashier) as s:
        reversals.void_payment(s, taken.payment.id, "重复收款")
    assert stand(bill) == (Decimal(0), Decimal(0), 0)
    with reading(SYSTEM) as s:
        assert s.get_one(Balance, (till.unit.id, till.payee.id)).amount == 0
        receipts = s.execute(select(Receipt.number, Receipt.state)).all()
        assert receipts == [(f"{till.payee.mark}2026-000001", ReceiptState.VOID)]
        assert sum(s.scalars(select(Payment.amount))) == 0
    with at(date(2026, 11, 5)), writing(till.cashier) as s, pytest.raises(Refused, match="已经作废"):
        reversals.void_payment(s, taken.payment.id, "再作废一次")


@pytest.mark.requirement("F10")
def test_a_later_day_is_reversed_by_a_red_receipt_and_never_voided(till):
    (bill,) = bills_of(till, "100.00")
    taken = paid(till, cash("100.00"), on=date(2026, 8, 5))
    with at(date(2026, 8, 6)), writing(till.cashier) as s, pytest.raises(Refused, match="红冲"):
        reversals.void_payment(s, taken.payment.id, "开错")
    with at(date(2026, 8, 20)), writing(till.finance) as s:
        reversals.reverse(s, taken.payment.id, "支票退票")
    assert stand(bill) == (Decimal(0), Decimal(0), 0)
    with reading(SYSTEM) as s:
        rows = s.execute(select(Receipt.number, Receipt.state).order_by(Receipt.id)).all()
        mark = till.payee.mark
        assert rows == [(f"{mark}2026-000001", ReceiptState.REVERSED), (f"{mark}2026-000002", ReceiptState.GOOD)]


def test_a_reversal_brings_back_what_the_balance_has_paid_meanwhile(till):
    taken = paid(till, cash("300.00"), on=date(2026, 7, 1))
    (august,) = bills_of(till, "100.00")
    with at(date(2026, 8, 1)), writing(till.cashier) as s:
        assert payments.use_balances(s, [till.unit.id]) == 1
    assert stand(august)[0] == Decimal("100.00")
    with at(date(2026, 8, 9)), writing(till.finance) as s:
        reversals.reverse(s, taken.payment.id, "汇错")
    assert stand(august)[0] == 0
    with reading(SYSTEM) as s:
        assert s.get_one(Balance, (till.unit.id, till.payee.id)).amount == 0
        by_kind = s.execute(select(Payment.kind, Payment.amount).order_by(Payment.id)).all()
        assert by_kind == [
            (PaymentKind.PAYMENT, Decimal("300.00")), (PaymentKind.OFFSET, Decimal("0.00")),
            (PaymentKind.OFFSET, Decimal("0.00")), (PaymentKind.REVERSAL, Decimal("-300.00")),
        ]  # fmt: skip


def test_a_voided_bill_leaves_its_money_in_the_balance(till):
    (bill_id,) = bills_of(till, "100.00")
    paid(till, cash("104.35"))
    with at(date(2026, 11, 6)), writing(till.finance) as s:
        bill = s.get_one(Bill, bill_id)
        assert reversals.release_bill(s, bill) == Decimal("104.35")
    assert stand(bill_id) == (Decimal(0), Decimal(0), 0)
    with reading(SYSTEM) as s:
        assert s.get_one(Balance, (till.unit.id, till.payee.id)).amount == Decimal("104.35")
        assert sum(s.scalars(select(Allocation.amount).where(Allocation.target == Target.BALANCE))) == Decimal("104.35")


def test_a_second_press_pays_once(till):
    bills_of(till, "100.00")
    first = paid(till, cash("100.00"), token="t1")
    assert paid(till, cash("100.00"), token="t1").payment.id == first.payment.id


def test_bills_of_two_payees_never_share_a_receipt(till):
    (bill,) = bills_of(till, "100.00")
    with writing(SYSTEM) as s:
        other = a_payee(s, till.estate)
    with writing(till.cashier) as s, pytest.raises(Refused, match="分开收款"):
        payments.pay(s, till.unit.id, other.id, [cash("100.00")], bill_ids=[bill])


def test_only_a_cashier_takes_money(till):
    with writing(till.desk) as s, pytest.raises(Refused, match="收款"):
        payments.pay(s, till.unit.id, till.payee.id, [cash("1.00")])
