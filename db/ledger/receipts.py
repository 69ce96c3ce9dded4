"""Receipts 收据: gap-free numbers by payee and book, what they say kept as issued, reprints counted (F3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.clock import now, today
from db.ledger import totals
from db.ledger.capitals import capitals
from db.ledger.money_tables import (
    Allocation,
    Balance,
    Book,
    Correction,
    CorrectionKind,
    Deposit,
    Payment,
    PaymentLine,
    Receipt,
    ReceiptBook,
    ReceiptPrint,
    Target,
)
from db.ledger.tables import NOTHING, Bill, FeeItem, Payee
from db.people import Right, User, require
from db.refused import Refused
from db.registry import Customer, Estate, Unit
from db.session import actor_of
from db.words import _


def issue(session: Session, payment: Payment, book: Book, waived: Sequence[Correction] = ()) -> Receipt:
    """Write the receipt of a payment with the next number of its payee's book, in the payment's own transaction.

    `waived` is what was rounded off with it, which the receipt says.
    """
    return issue_many(session, [payment], book, {payment.id: waived})[0]


def issue_many(
    session: Session, payments: Sequence[Payment], book: Book, waived: Mapping[int, Sequence[Correction]] | None = None
) -> list[Receipt]:
    """Write the receipts of payments of one payee and year, numbered in their order, in a fixed number of statements.

    `waived` is by payment.
    """
    payee, year = session.get_one(Payee, payments[0].payee_id), payments[0].paid_on.year
    last = _next(session, payee.id, book, year, len(payments))
    letter = "-Y" if book is Book.DEPOSITS else ""  # marks have no dash: no two books share a number
    ids = [each.id for each in payments]
    lines, methods, heads = _lines(session, ids), _methods(session, ids), _heads(session, payments, payee)
    written: list[Receipt] = []
    for sequence, payment in enumerate(payments, start=last - len(payments) + 1):
        number = f"{payee.mark}{letter}{year}-{sequence:06d}"
        snapshot = {
            "number": number, **heads[payment.id], "lines": lines[payment.id], "methods": methods[payment.id],
            "waivers": [_waiver(session, each) for each in (waived or {}).get(payment.id, ())],
        }  # fmt: skip
        written.append(Receipt(
            estate_id=payment.estate_id, payee_id=payee.id, book=book, year=year, sequence=sequence, number=number,
            payment_id=payment.id, issued_on=today(), snapshot=snapshot,
        ))  # fmt: skip
    session.add_all(written)
    session.flush()
    return written


def _next(session: Session, payee_id: int, book: Book, year: int, count: int) -> int:
    """Take the next `count` numbers of a book, whose row stays locked until the transaction ends; returns the last."""
    kept = ReceiptBook.__table__.c.last
    statement = totals.upsert(session, ReceiptBook.__table__).values(
        payee_id=payee_id, book=book, year=year, last=count
    )
    statement = statement.on_conflict_do_update(
        index_elements=["payee_id", "book", "year"], set_={"last": kept + count}
    )
    return int(session.execute(statement.returning(kept)).scalar_one())


def of_payment(session: Session, payment_id: int) -> Receipt:
    """Find the receipt of a payment."""
    return session.scalars(select(Receipt).where(Receipt.payment_id == payment_id)).one()


def _heads(session: Session, payments: Sequence[Payment], payee: Payee) -> dict[int, dict[str, Any]]:
    """Say by payment what its receipt says of who and how much."""
    units = _named(session, Unit.id, Unit.short, {each.unit_id for each in payments})
    unnamed = {each.customer_id for each in payments if each.customer_id and not each.payer_name}
    customers = _named(session, Customer.id, Customer.name, unnamed)
    cashiers = _named(session, User.id, User.name, {each.cashier_id for each in payments})
    estate = session.get_one(Estate, payee.estate_id).name
    kept = {
        each.unit_id: each.amount
        for each in session.scalars(
            select(Balance).where(Balance.payee_id == payee.id, Balance.unit_id.in_(units), Balance.amount > 0)
        )
    }
    return {
        each.id: {
            "payee": {
                "name": payee.name, "tax_number": payee.tax_number, "bank": payee.bank, "account": payee.account
            },
            "estate": estate,
            "unit": units[each.unit_id],
            "balance": str(kept.get(each.unit_id, NOTHING)),
            "payer": each.payer_name or customers.get(each.customer_id, ""),
            "paid_on": each.paid_on.isoformat(),
            "amount": str(each.amount),
            "capitals": capitals(each.amount),
            "cashier": cashiers[each.cashier_id],
            "note": each.note,
        }
        for each in payments
    }  # fmt: skip


def _named(session: Session, key: Any, name: Any, ids: Collection[Any]) -> dict[Any, str]:
    """Read names by key."""
    return {row[0]: row[1] for row in session.execute(select(key, name).where(key.in_(ids)))} if ids else {}


def _waiver(session: Session, waived: Correction) -> dict[str, Any]:
    """Say what was rounded off on which bill."""
    bill = session.get_one(Bill, waived.bill_id)
    late = waived.kind is CorrectionKind.LATE_WAIVER
    return {
        "target": (Target.LATE_FEE if late else Target.PRINCIPAL).value, "amount": str(waived.amount),
        "item": session.get_one(FeeItem, bill.fee_item_id).name, "month": bill.month.isoformat(),
        "unit": session.get_one(Unit, bill.unit_id).short,
    }  # fmt: skip


def _methods(session: Session, payment_ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """List by payment how the money came."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for each in session.scalars(
        select(PaymentLine).where(PaymentLine.payment_id.in_(payment_ids)).order_by(PaymentLine.id)
    ):
        found[each.payment_id].append({
            "method": each.method.value, "amount": str(each.amount), "reference": each.reference,
            "tendered": str(each.tendered) if each.tendered is not None else None,
        })  # fmt: skip
    return found


def _lines(session: Session, payment_ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """List by payment where the money went: bills in the order of item and month, late fees, balance, deposits."""
    rows = session.execute(
        select(Allocation, Bill, FeeItem.name, Unit.short, Deposit)
        .join(Unit, Unit.id == Allocation.unit_id)
        .outerjoin(Bill, Bill.id == Allocation.bill_id)
        .outerjoin(FeeItem, FeeItem.id == Bill.fee_item_id)
        .outerjoin(Deposit, Deposit.id == Allocation.deposit_id)
        .where(Allocation.payment_id.in_(payment_ids))
        .order_by(Allocation.id)
    )
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for part, bill, item, unit, deposit in rows:
        line: dict[str, Any] = {"target": part.target.value, "unit": unit, "amount": str(part.amount)}
        if bill is not None:
            line |= {
                "item": item, "month": bill.month.isoformat(), "from": bill.period_from.isoformat(),
                "to": bill.period_to.isoformat(), "calculation": bill.calculation, "days": _days(part, bill),
                "whole": str(bill.amount),
            }  # fmt: skip
        if deposit is not None:
            line |= {"deposit": deposit.kind.value, "calculation": deposit.calculation}
        found[part.payment_id].append(line)
    return found


def _days(part: Allocation, bill: Bill) -> int:
    """Say how many days late the principal was paid: of a late fee, when all of it was paid as late; else 0."""
    if part.target is not Target.LATE_FEE:
        return part.late_days
    principal = int((bill.amount - bill.waived) * 100)
    settled = bill.unpaid == 0 and principal and bill.late_base % principal == 0
    return bill.late_base // principal if settled else 0


def printed(session: Session, receipt_id: int) -> int:
    """Note one printing; returns how many there were before it (from 1 on the copy says 补打). Needs `SEE_MONEY`."""
    require(actor_of(session), Right.SEE_MONEY)
    receipt = session.get(Receipt, receipt_id)
    if receipt is None or receipt.estate_id not in actor_of(session).estates:
        raise Refused(_("没有找到这张收据。"))
    before = session.scalar(select(func.count()).where(ReceiptPrint.receipt_id == receipt_id)) or 0
    session.add(ReceiptPrint(receipt_id=receipt_id, printed_by=actor_of(session).user_id, printed_at=now()))
    session.flush()
    return before


def issued_between(session: Session, payee_id: int, first: date, last: date) -> list[Receipt]:
    """List a payee's receipts issued in these days, by book and number."""
    return list(
        session.scalars(
            select(Receipt)
            .where(Receipt.payee_id == payee_id, Receipt.issued_on.between(first, last))
            .order_by(Receipt.book, Receipt.year, Receipt.sequence)
        )
    )
