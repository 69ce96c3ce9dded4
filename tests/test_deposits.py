"""Deposits: a ledger of their own, receipts of a book of their own; deducted by consent, set off, paid back."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from db import approvals
from db.approvals import Verdict
from db.clock import moment_of, pretending
from db.ledger import corrections, deposits, payments
from db.ledger.deposits import Asked
from db.ledger.money_tables import Book, Deposit, DepositKind, Method, PaymentKind, Receipt
from db.ledger.postings import Tender
from db.ledger.tables import Bill
from db.people import SYSTEM
from db.refused import Refused
from db.registry import Estate, EstateKind
from db.session import reading, writing
from tests.money import a_bill, a_payee, a_till, cash

pytestmark = pytest.mark.usefixtures("engine")
DAY = date(2026, 9, 1)


@pytest.fixture
def till(engine):
    return a_till()


def acting(who, day=DAY):
    return pretending(moment_of(day) + timedelta(hours=9)), writing(who)


def taken(till, amount="16872.00", kind=DepositKind.RENT, **told):
    clock, session = acting(till.cashier)
    with clock, session as s:
        done = deposits.take_deposit(
            s, till.unit.id, till.payee.id, kind, [Tender(Method.TRANSFER, Decimal(amount), "回单 1")],
            customer_id=till.customer.id, calculation="148.00 m² × 38.00 元 × 3 月", **told,
        )  # fmt: skip
        return deposits.of_payment(s, done.payment.id), done.receipt


@pytest.mark.requirement("I1")
def test_a_deposit_has_a_receipt_of_the_deposits_book_and_is_no_fee(till):
    deposit_id, receipt = taken(till, token="t")
    assert taken(till, token="t")[1].id == receipt.id
    assert (receipt.book, receipt.year, receipt.sequence) == (Book.DEPOSITS, 2026, 1)
    assert receipt.snapshot["lines"][0]["calculation"] == "148.00 m² × 38.00 元 × 3 月"
    with reading(till.cashier) as s:
        line, _deposit, moves = deposits.statement_of(s, deposit_id)
        assert (line.held, line.taken, line.number) == (Decimal("16872.00"), Decimal("16872.00"), receipt.number)
        assert [(each.kind, each.amount, each.left) for each in moves] == [
            (PaymentKind.PAYMENT, Decimal("16872.00"), Decimal("16872.00"))
        ]
        assert payments.balances_of(s, [till.unit.id]) == {}
        assert s.scalars(select(Receipt.book)).all() == [Book.DEPOSITS]


def test_a_deduction_takes_a_reason_and_the_customers_consent(till):
    deposit_id, _receipt = taken(till, "2000.00", DepositKind.RENOVATION)
    clock, session = acting(till.finance)
    with clock, session as s, pytest.raises(Refused) as refused:
        deposits.deduct(s, deposit_id, Decimal("300.00"), " ", consent="")
    assert list(refused.value.problems) == ["reason", "consent"]
    clock, session = acting(till.finance)
    with clock, session as s:
        for _press in range(2):
            deposits.deduct(s, deposit_id, Decimal("300.00"), "损坏公共墙面", consent="扣款确认单 3 号", token="d")
        assert s.get_one(Deposit, deposit_id).held == Decimal("1700.00")
        with pytest.raises(Refused, match="只剩 1700.00 元"):
            deposits.deduct(s, deposit_id, Decimal("1700.01"), "再扣", consent="无")
        assert deposits.statement_of(s, deposit_id)[2][1].note == "损坏公共墙面（扣款确认单 3 号）"


@pytest.mark.requirement("O2")
def test_a_deposit_is_set_off_oldest_first_at_home_only_by_written_consent(till):
    deposit_id, _receipt = taken(till, "130.00", DepositKind.FEE)
    with writing(SYSTEM) as s:
        bills = [a_bill(s, till.unit, till.item, "100.00", date(2026, n, 1)).id for n in (8, 9)]
    clock, session = acting(till.finance)
    with clock, session as s, pytest.raises(Refused, match="书面同意"):
        deposits.set_off(s, deposit_id)
    clock, session = acting(till.finance)
    with clock, session as s:
        deposits.set_off(s, deposit_id, consent="抵扣同意书")
        assert [s.get_one(Bill, each).paid for each in bills] == [Decimal("100.00"), Decimal("30.00")]
        assert s.get_one(Deposit, deposit_id).held == 0


@pytest.mark.requirement("O2")
def test_in_the_park_the_contract_lets_a_deposit_be_set_off_with_late_fee(till):
    deposit_id, _receipt = taken(till, "500.00", DepositKind.FEE)
    with writing(SYSTEM) as s:
        s.get_one(Estate, till.estate.id).kind = EstateKind.PARK
        a_bill(s, till.unit, till.item, "100.00", date(2026, 8, 1))
    clock, session = acting(till.finance)
    with clock, session as s:
        deposits.set_off(s, deposit_id)  # due on 10 August, 1 September: 22 days × 0.05 % = 1.10
        assert s.get_one(Deposit, deposit_id).held == Decimal("398.90")
        with pytest.raises(Refused, match="没有可抵扣的欠费"):
            deposits.set_off(s, deposit_id)


@pytest.mark.requirement("D2")
@pytest.mark.requirement("O2")
def test_a_deposit_is_paid_back_against_its_paper_by_consent_once(till):
    deposit_id, receipt = taken(till, "2000.00", DepositKind.RENOVATION)
    clock, session = acting(till.desk)
    with clock, session as s:
        with pytest.raises(Refused, match="遗失声明"):
            corrections.ask_deposit_refund(s, deposit_id, Decimal("2000.00"), "完工验收", paper="")
        row = corrections.ask_deposit_refund(
            s, deposit_id, Decimal("2000.00"), "完工验收", paper=receipt.number, account="建行 6217"
        )  # fmt: skip
    clock, session = acting(till.finance)
    with clock, session as s:
        approvals.decide(s, approvals.steps_of(s, "deposit_refund", row.id)[0].id, Verdict.GRANTED)
    clock, session = acting(till.cashier)
    with clock, session as s:
        paid = corrections.carry_out(s, row.id, [Tender(Method.TRANSFER, Decimal("2000.00"), "回单 9")])
        assert (paid.amount, paid.note) == (Decimal("-2000.00"), f"完工验收；{receipt.number}；建行 6217")
        assert s.get_one(Deposit, deposit_id).held == 0
        with pytest.raises(Refused, match="已办理"):
            corrections.carry_out(s, row.id, [Tender(Method.TRANSFER, Decimal("2000.00"))])


def test_the_list_says_what_is_held_by_payee_and_finds_by_unit_and_name(till):
    first, _receipt = taken(till, "2000.00", DepositKind.RENOVATION)
    with writing(SYSTEM) as s:
        landlord = a_payee(s, till.estate, name="园区公司")
    clock, session = acting(till.cashier)
    with clock, session as s:
        deposits.take_deposit(s, till.unit.id, landlord.id, DepositKind.RENT, [cash("500.00")])
        deposits.take_deposit(s, till.unit.id, landlord.id, DepositKind.PASS, [cash("20.00")])
    with reading(till.desk) as s:
        page = deposits.deposits(s, Asked())
        assert (page.total, page.held) == (
            3, {till.payee.name: Decimal("2000.00"), "园区公司": Decimal("520.00")}
        )  # fmt: skip
        assert [each.kind for each in deposits.deposits(s, Asked(kind="rent")).rows] == [DepositKind.RENT]
        assert [each.id for each in deposits.deposits(s, Asked(typed="吴学文")).rows] == [first]
        assert deposits.deposits(s, Asked(typed="9-9-999")).rows == []
        halves = deposits.deposits(s, Asked(), limit=2)
        assert (len(halves.rows), halves.total) == (2, 3)
        assert len(deposits.deposits(s, Asked(), halves.next).rows) == 1
    with reading(till.technician) as s, pytest.raises(Refused, match="账单"):
        deposits.deposits(s, Asked())
