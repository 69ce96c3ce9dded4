"""Checking the books: clean after an honest day, and each single figure flipped in the database is found (F10)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text

from db import approvals, checks
from db.approvals import Verdict
from db.clock import moment_of, pretending
from db.ledger import books, closings, corrections, deposits, payments, reversals
from db.ledger.money_tables import DepositKind, Method, Payment
from db.people import SYSTEM
from db.refused import Refused
from db.registry import Occupancy
from db.session import reading, writing
from tests.builders import a_customer, an_occupancy
from tests.counting import counted_statements
from tests.money import a_bill, a_till, cash, wechat

DAY = date(2026, 9, 20)


@pytest.fixture
def till(engine):
    """Live through a day of everything: paid late, ahead, voided, waived, a deposit taken and deducted, closed."""
    made = a_till()
    with writing(SYSTEM) as s:
        an_occupancy(s, made.unit, made.customer, starts_on=date(2020, 1, 1))
        made.bills = [a_bill(s, made.unit, made.item, "100.00", date(2026, n, 1)).id for n in (8, 9)]
    with pretending(moment_of(DAY) + timedelta(hours=9)):
        with writing(made.cashier) as s:
            payments.pay(s, made.unit.id, made.payee.id, [wechat("150.00")])
            void = payments.pay(s, made.unit.id, made.payee.id, [cash("20.00")]).payment
            reversals.void_payment(s, void.id, "录错")
            payments.pay(s, made.unit.id, made.payee.id, [cash("30.00")], bill_ids=[])
            deposits.take_deposit(s, made.unit.id, made.payee.id, DepositKind.RENOVATION, [cash("2000.00")])
            row = corrections.ask_waiver(s, made.bills[1], Decimal("10.00"), "漏水")
        with writing(made.finance) as s:
            approvals.decide(s, approvals.steps_of(s, "waiver", row.id)[0].id, Verdict.GRANTED)
            deposits.deduct(s, 1, Decimal("80.00"), "墙面", consent="确认单 1 号")
        with writing(made.cashier) as s:
            counted = {Method.CASH: Decimal("2030.00"), Method.WECHAT: Decimal("150.00")}
            closings.close_day(s, made.payee.id, made.cashier.user_id, DAY, counted)
    return made


def found():
    with reading(SYSTEM) as s:
        return {result.check.key for result in books.run(s, books.Scope()) if result.findings}


def test_the_books_are_clean_after_an_honest_day(till):
    assert found() == set()


BROKEN = {
    "a line of a payment": ("payment_lines", "UPDATE payment_lines SET amount = amount + 1 WHERE id = 1",
                            {"payments", "closings"}),
    "a part of a payment": ("allocations", "UPDATE allocations SET amount = amount + 1 WHERE id = 1",
                            {"payments", "settled"}),
    "a payment's amount": ("payments", "UPDATE payments SET amount = amount + 1 WHERE id = 1",
                           {"payments", "receipts"}),
    "a void of another amount": ("payments", "UPDATE payments SET amount = amount - 1 WHERE kind = 'void'",
                                 {"payments", "kinds"}),
    "a part on another unit's day": ("allocations", "UPDATE allocations SET allocated_on = '2026-09-19' WHERE id = 1",
                                     {"parts"}),
    "what a bill has paid": ("", "UPDATE bills SET paid = paid - 1 WHERE id = 1", {"settled", "totals"}),
    "a bill's late days": ("", "UPDATE bills SET late_base = late_base + 1 WHERE id = 1", {"settled"}),
    "what a bill was waived": ("", "UPDATE bills SET waived = waived + 1 WHERE id = 2", {"waived", "totals"}),
    "a waiver": ("", "UPDATE corrections SET amount = amount + 1", {"waived"}),
    "a total": ("", "UPDATE fee_totals SET amount = amount + 1 WHERE month = '2026-08-01'", {"totals"}),
    "a total that is gone": ("", "DELETE FROM fee_totals WHERE month = '2026-08-01'", {"totals"}),
    "a balance": ("", "UPDATE balances SET amount = amount + 1", {"balances"}),
    "a balance that is gone": ("", "DELETE FROM balances", {"balances"}),
    "a deposit": ("", "UPDATE deposits SET held = held + 1", {"deposits"}),
    "a receipt's number": ("receipts", "UPDATE receipts SET sequence = 9 WHERE id = 1", {"numbers"}),
    "the last number": ("", "UPDATE receipt_books SET last = last + 1", {"numbers"}),
    "a receipt's state": ("", "UPDATE receipts SET state = 'reversed' WHERE id = 1", {"receipts"}),
    "what a closing expected": ("day_closings", "UPDATE day_closings SET expected = counted, over_short = 1",
                                {"closings"}),
    "a consent": ("", "UPDATE approvals SET verdict = 'waiting'", {"granted"}),
    "who consented": ("", "UPDATE approvals SET decided_by = asked_by", {"granted"}),
    "an entry after the closing": ("day_closings", "UPDATE day_closings SET closed_at = '2026-09-20 00:30:00+00:00'",
                                   {"closed"}),
}  # fmt: skip


class Back(Exception):  # noqa: N818 - takes the flip back
    """Nothing of it stays."""


def statements_of(engine, table, statement):
    """Say how to change the database behind everybody's back, as nobody but its owner can."""
    if engine.dialect.name == "sqlite":
        wall, statement = f"DROP TRIGGER {table}_refuse_update", statement.replace("+00:00", ".000000")
    else:
        wall = f"DROP TRIGGER {table}_refuse_update ON {table}"
    return [wall, statement] if table else [statement]


def found_with(engine, table, statement):
    """Look at the books with one figure flipped, and flip it back."""
    try:
        with writing(SYSTEM) as s:
            for each in statements_of(engine, table, statement):
                s.execute(text(each))
            keys = {result.check.key for result in books.run(s, books.Scope()) if result.findings}
            raise Back
    except Back:
        return keys


def flip(engine, table, statement):
    with engine.begin() as connection:
        for each in statements_of(engine, table, statement):
            connection.execute(text(each))


@pytest.mark.requirement("F10")
def test_each_figure_flipped_is_found(till, engine):
    expected = {what: keys for what, (_table, _statement, keys) in BROKEN.items()}
    assert {what: found_with(engine, table, sql) for what, (table, sql, _keys) in BROKEN.items()} == expected
    assert found() == set()


def test_a_bill_made_twice_is_found(till, engine):
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX uq_bills_unit_id_fee_item_id_month_source"))
    with writing(SYSTEM) as s:
        a_bill(s, till.unit, till.item, "100.00", date(2026, 9, 1))
    assert found() == {"once"}


@pytest.mark.requirement("R2")
def test_two_owners_of_record_on_one_day_are_found_and_co_owners_are_not(till):
    with writing(SYSTEM) as s:
        other = a_customer(s, till.estate, "陈静")
        an_occupancy(s, till.unit, other, starts_on=date(2026, 1, 1), co_owner=True)
    assert found() == set()
    with writing(SYSTEM) as s:
        s.scalars(select(Occupancy).where(Occupancy.co_owner)).one().co_owner = False
    with reading(till.finance) as s:
        (wrong,) = [each for each in books.check_books(s) if each.findings]
        assert [(str(each.words), each.unit_id) for each in wrong.findings] == [
            ("1-1-101 同一天登记了两位业主，请核对过户日期，或把其中一位记为共有人。", till.unit.id)
        ]


def test_a_finding_says_which_row_and_the_command_line_says_it_too(till, engine):
    flip(engine, "", "UPDATE balances SET amount = amount + 1")
    with reading(till.finance) as s:
        (wrong,) = [each for each in books.check_books(s) if each.findings]
    assert [(str(each.words), each.table, each.row_id) for each in wrong.findings] == [
        ("1-1-101 的预存余额记 30.01，存取合计 30.00。", "balances", till.unit.id)
    ]
    assert checks.run() == ["预存余额＝存取之和，没有负数：1-1-101 的预存余额记 30.01，存取合计 30.00。"]


def test_a_month_is_not_closed_while_the_books_disagree(till, engine):
    flip(engine, "", "UPDATE balances SET amount = amount + 1")
    with pretending(moment_of(date(2026, 10, 2))), writing(till.finance) as s, pytest.raises(Refused, match="1 处不符"):
        closings.close_month(s, till.payee.id, date(2026, 8, 1))


def test_only_those_who_may_check_the_books(till):
    with reading(till.desk) as s, pytest.raises(Refused, match="账务核对"):
        books.check_books(s)


def test_checking_takes_few_queries_however_much_there_is(till):
    with reading(till.finance) as s, counted_statements() as queries:
        books.check_books(s)
    first = len(queries)
    with writing(SYSTEM) as s:
        for n in range(1, 8):
            a_bill(s, till.unit, till.item, "9.00", date(2026, n, 1))
        assert s.scalar(select(Payment.id).limit(1)) is not None
    with reading(till.finance) as s, counted_statements() as queries:
        books.check_books(s)
    assert len(queries) == first <= 24
