"""Reversal, refund and waiver: asked for with a reason, granted by another, carried out at the cash desk (F10)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from db import approvals, work
from db.approvals import Verdict
from db.clock import moment_of, pretending
from db.ledger import corrections, deposits, payments, reversals
from db.ledger.billing import void_bill
from db.ledger.money_tables import (
    Balance,
    Correction,
    CorrectionState,
    DepositKind,
    Method,
    Payment,
    PaymentKind,
    Receipt,
    ReceiptState,
)
from db.ledger.postings import Tender
from db.ledger.tables import Bill, FeeTotal
from db.people import SYSTEM, Role
from db.refused import Refused
from db.registry import Estate, EstateKind
from db.session import reading, writing
from db.settings import SettingValue
from tests.builders import a_unit, an_actor
from tests.money import a_bill, a_till, cash, wechat

pytestmark = pytest.mark.usefixtures("engine")
DAY = date(2026, 11, 20)


@pytest.fixture
def till(engine):
    made = a_till()
    with writing(SYSTEM) as s:
        made.bill = a_bill(s, made.unit, made.item, "800.00", date(2026, 11, 1)).id
    return made


def on(day, who):
    """Act on a day."""
    return _Acting(day, who)


class _Acting:
    def __init__(self, day, who) -> None:
        self.clock, self.writing = pretending(moment_of(day) + timedelta(hours=10)), writing(who)

    def __enter__(self):
        self.clock.__enter__()
        return self.writing.__enter__()

    def __exit__(self, *problem):
        try:
            return self.writing.__exit__(*problem)
        finally:
            self.clock.__exit__(*problem)


def decide(row, *judges, verdict=Verdict.GRANTED, note="", day=DAY):
    for step, judge in enumerate(judges):
        with on(day, judge) as s:
            steps = approvals.steps_of(s, row.kind.value, row.id)
            approvals.decide(s, steps[step].id, verdict, note)


def stands(row):
    with reading(SYSTEM) as s:
        return s.get_one(Correction, row.id).state


@pytest.mark.requirement("F10")
def test_a_waiver_takes_effect_when_another_has_granted_it(till):
    with on(DAY, till.steward) as s:
        row = corrections.ask_waiver(s, till.bill, Decimal("70.37"), "漏水三个月未修好")
    with reading(till.finance) as s:
        (asked,) = work.to_approve(s)
        assert (str(asked.kind), asked.number, asked.what) == (
            "减免", "1-1-101", f"减免 2026-11 {till.item.name} 70.37 元"
        )  # fmt: skip
        assert (asked.page, asked.query) == ("corrections", {"correction": str(row.id)})
        assert s.get_one(Bill, till.bill).waived == 0
    decide(row, till.finance)
    with reading(SYSTEM) as s:
        assert s.get_one(Bill, till.bill).waived == Decimal("70.37")
        assert s.scalar(select(FeeTotal.waived)) == Decimal("70.37")
        done = s.get_one(Correction, row.id)
        assert (done.state, done.done_by, done.granted_on) == (CorrectionState.DONE, till.finance.user_id, DAY)


@pytest.mark.requirement("F10")
def test_above_the_limit_the_director_decides_after_finance(till):
    with on(DAY, till.steward) as s:
        row = corrections.ask_waiver(s, till.bill, Decimal("500.01"), "经济困难")
        assert [each.role for each in approvals.steps_of(s, "waiver", row.id)] == [Role.FINANCE, Role.DIRECTOR]
    decide(row, till.finance)
    assert stands(row) is CorrectionState.WAITING
    with on(DAY, till.director) as s:
        approvals.decide(s, approvals.steps_of(s, "waiver", row.id)[1].id, Verdict.GRANTED)
    assert stands(row) is CorrectionState.DONE


@pytest.mark.requirement("F10")
def test_nobody_grants_his_own_and_a_cashier_grants_nothing(till):
    with writing(SYSTEM) as s:
        both = an_actor(s, [till.estate], Role.CASHIER, Role.FINANCE)
    with on(DAY, both) as s:
        row = corrections.ask_waiver(s, till.bill, Decimal("1.00"), "零头")
    for judge, sentence in ((both, "自己"), (till.cashier, "财务")):
        with on(DAY, judge) as s, pytest.raises(Refused, match=sentence):
            approvals.decide(s, approvals.steps_of(s, "waiver", row.id)[0].id, Verdict.GRANTED)
    assert stands(row) is CorrectionState.WAITING


def test_a_waiver_of_what_is_paid_meanwhile_cannot_be_granted(till):
    with on(DAY, till.steward) as s:
        row = corrections.ask_waiver(s, till.bill, Decimal("100.00"), "漏水")
    with on(DAY, till.cashier) as s:
        payments.pay(s, till.unit.id, till.payee.id, [cash("750.00")], late_fee=False)
    with pytest.raises(Refused, match="账单现在只欠 50.00 元，不能减免 100.00 元"):
        decide(row, till.finance)
    assert stands(row) is CorrectionState.WAITING
    decide(row, till.finance, verdict=Verdict.DENIED, note="已经缴了")
    assert stands(row) is CorrectionState.DENIED


def test_a_late_fee_is_waived_and_no_more_than_it_is(till):
    with on(DAY, till.desk) as s, pytest.raises(Refused, match="未缴违约金只有 4.00 元"):
        corrections.ask_late_waiver(s, till.bill, Decimal("4.01"), "出差")
    with on(DAY, till.desk) as s:  # due on the 10th, 20 November: ten days × 0.05 % of 800 yuan
        row = corrections.ask_late_waiver(s, till.bill, Decimal("4.00"), "出差")
    decide(row, till.finance)
    with pretending(moment_of(DAY)), reading(till.desk) as s:
        assert [each.late_fee for each in payments.owed(s, [till.unit.id])] == [0]


@pytest.mark.requirement("F10")
def test_a_reversal_is_asked_granted_and_carried_out_by_a_cashier(till):
    with on(date(2026, 11, 5), till.cashier) as s:
        taken = payments.pay(s, till.unit.id, till.payee.id, [wechat("300.00"), cash("100.00")])
    with on(DAY, till.cashier) as s:
        row = corrections.ask_reversal(s, taken.payment.id, "记错房号", token="t")
        assert corrections.ask_reversal(s, taken.payment.id, "记错房号", token="t").id == row.id
    with on(DAY, till.other_cashier) as s, pytest.raises(Refused, match="待审批，不能办理"):
        corrections.carry_out(s, row.id)
    with on(DAY, till.desk) as s, pytest.raises(Refused, match="正在办理|没有“"):
        corrections.ask_reversal(s, taken.payment.id, "再来一次")
    decide(row, till.finance)
    assert stands(row) is CorrectionState.GRANTED
    with on(DAY, till.finance) as s, pytest.raises(Refused, match="收款"):
        corrections.carry_out(s, row.id)
    for _press in range(2):
        with on(DAY, till.other_cashier) as s:
            done = corrections.carry_out(s, row.id, token="once")
    with reading(SYSTEM) as s:
        entry = s.scalars(select(Payment).where(Payment.kind == PaymentKind.REVERSAL)).one()
        assert (entry.id, entry.amount, entry.reverses_id) == (done.id, Decimal("-400.00"), taken.payment.id)
        states = s.scalars(select(Receipt.state).order_by(Receipt.id)).all()
        assert states == [ReceiptState.REVERSED, ReceiptState.GOOD]
        assert s.get_one(Bill, till.bill).paid == 0
        assert s.get_one(Correction, row.id).done_payment_id == entry.id


def test_todays_own_payment_is_voided_not_reversed(till):
    with on(DAY, till.cashier) as s:
        taken = payments.pay(s, till.unit.id, till.payee.id, [cash("1.00")])
        with pytest.raises(Refused, match="请直接作废"):
            corrections.ask_reversal(s, taken.payment.id, "录错")


@pytest.mark.requirement("F3")
def test_a_balance_is_refunded_to_the_payers_account_by_consent(till):
    with on(DAY, till.cashier) as s:
        payments.pay(s, till.unit.id, till.payee.id, [cash("1000.00")], bill_ids=[])
    with on(DAY, till.desk) as s:
        with pytest.raises(Refused, match="预存余额只有 1000.00 元"):
            corrections.ask_refund(s, till.unit.id, till.payee.id, Decimal("1000.01"), "退房")
        row = corrections.ask_refund(
            s, till.unit.id, till.payee.id, Decimal("600.00"), "退房", account="工行 6222 0012"
        )  # fmt: skip
    decide(row, till.finance)
    with on(DAY, till.cashier) as s, pytest.raises(Refused, match="合计要等于批准的 600.00 元"):
        corrections.carry_out(s, row.id, [Tender(Method.TRANSFER, Decimal("500.00"))])
    with on(DAY, till.cashier) as s:
        paid = corrections.carry_out(s, row.id, [Tender(Method.TRANSFER, Decimal("600.00"), "回单 88")])
        assert (paid.kind, paid.amount, paid.note) == (
            PaymentKind.REFUND, Decimal("-600.00"), "退房；工行 6222 0012"
        )  # fmt: skip
        assert s.get_one(Balance, (till.unit.id, till.payee.id)).amount == Decimal("400.00")


def test_what_was_asked_may_be_withdrawn_by_its_asker_and_then_waits_for_nobody(till):
    with on(DAY, till.steward) as s:
        row = corrections.ask_waiver(s, till.bill, Decimal("10.00"), "漏水")
    with on(DAY, till.desk) as s, pytest.raises(Refused, match="申请人撤回"):
        corrections.withdraw(s, row.id)
    with on(DAY, till.steward) as s:
        corrections.withdraw(s, row.id)
    with reading(till.finance) as s:
        assert work.to_approve(s) == []
        assert approvals.waiting_for(s) == []
    with on(DAY, till.steward) as s:
        assert corrections.ask_waiver(s, till.bill, Decimal("12.00"), "漏水").id != row.id


@pytest.mark.requirement("F10")
def test_what_was_rounded_off_is_owed_again_when_its_payment_is_voided(till):
    with writing(SYSTEM) as s:
        s.add(SettingValue(estate_id=till.estate.id, key=payments.ODD.key, value="yuan"))
        odd = a_bill(s, till.unit, till.item, "100.57", date(2026, 12, 1)).id
    with on(DAY, till.cashier) as s:
        taken = payments.pay(s, till.unit.id, till.payee.id, [cash("100.00")], bill_ids=[odd], round_off=True)
    with reading(SYSTEM) as s:
        assert s.get_one(Bill, odd).waived == Decimal("0.57")
    with on(DAY, till.cashier) as s:
        reversals.void_payment(s, taken.payment.id, "录错")
        bill = s.get_one(Bill, odd)
        assert (bill.paid, bill.waived) == (0, 0)
        assert [each.amount for each in s.scalars(select(Correction).order_by(Correction.id))] == [
            Decimal("0.57"), Decimal("-0.57"),
        ]  # fmt: skip


def test_a_reversal_does_not_touch_what_a_deposit_has_paid(till):
    with writing(SYSTEM) as s:
        s.get_one(Estate, till.estate.id).kind = EstateKind.PARK
    with on(date(2026, 11, 5), till.cashier) as s:
        ahead = payments.pay(s, till.unit.id, till.payee.id, [cash("300.00")], bill_ids=[]).payment
        taken = deposits.take_deposit(s, till.unit.id, till.payee.id, DepositKind.FEE, [cash("500.00")])
        deposit_id = deposits.of_payment(s, taken.payment.id)
    with on(date(2026, 11, 6), till.finance) as s:
        deposits.set_off(s, deposit_id)
        corrections.withdraw(s, corrections.ask_refund(s, till.unit.id, till.payee.id, Decimal(300), "退").id)
        reversals.refund_balance(s, till.unit.id, till.payee.id, cash("100.00"), "退一部分")
        with pytest.raises(Refused, match="已经退还或用掉"):
            reversals.reverse(s, ahead.id, "汇错")
        assert s.get_one(Bill, till.bill).paid == Decimal("500.00")


def test_a_reversal_takes_a_voided_bills_money_from_the_balance_of_that_bills_unit(till):
    with writing(SYSTEM) as s:
        other = a_unit(s, till.building, room="102")
        bill = a_bill(s, other, till.item, "90.00", date(2026, 11, 1)).id
    with on(date(2026, 11, 5), till.cashier) as s:
        taken = payments.pay(s, till.unit.id, till.payee.id, [cash("890.00")], bill_ids=[till.bill, bill]).payment
    with on(date(2026, 11, 6), till.finance) as s:
        void_bill(s, bill, "面积登记错")
        assert payments.balances_of(s, [other.id]) == {(other.id, till.payee.id): Decimal("90.00")}
        reversals.reverse(s, taken.id, "付款人退票")
        assert payments.balances_of(s, [till.unit.id, other.id]) == {}
        assert s.get_one(Bill, till.bill).paid == 0
