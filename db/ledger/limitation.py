"""Three years 诉讼时效: counted anew from the last demand that arrived, promise, part payment (民法典 188, 195)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from db.ledger.columns import larger
from db.ledger.money_tables import Allocation, Payment, Target
from db.ledger.tables import NOTHING, Bill
from db.settings import Setting
from db.words import _

YEARS = 3
WARNING_DAYS = Setting(
    "dunning.limitation_days", _("诉讼时效届满前多少天提醒"), 90, _("从最近一次有凭证的催告、承诺或部分付款起算三年"),
    least=1, most=365,
)  # fmt: skip


def begins() -> ColumnElement[Any]:
    """Make the day from which a bill's three years run, as an expression over `bills`."""
    due_on: ColumnElement[Any] = Bill.__table__.c.due_on
    return larger(due_on, func.coalesce(Bill.demanded_on, due_on), func.coalesce(Bill.part_paid_on, due_on))


def begins_on(bill: Bill) -> date:
    """Say from which day a bill's three years run."""
    return max(day for day in (bill.due_on, bill.demanded_on, bill.part_paid_on) if day is not None)


def ends_on(begun_on: date) -> date:
    """Say on which day the claim can last be brought, its three years having begun on `begun_on`."""
    return _moved(begun_on, YEARS)


def began_before(warned_on: date, days: int) -> date:
    """Say what has begun on which day at the latest that ends within `days` of `warned_on`."""
    return _moved(warned_on + timedelta(days=days), -YEARS)


def _moved(day: date, years: int) -> date:
    """Move a day by years; the 29th of February ends on the 28th."""
    last = 28 if (day.month, day.day) == (2, 29) else day.day
    return day.replace(year=day.year + years, day=last)


def demanded(session: Session, bill_ids: Iterable[int], on: date) -> None:
    """Note a demand that arrived, or a promise, about bills on a day; an earlier day changes nothing."""
    rows = select(Bill).where(Bill.id.in_(set(bill_ids))).order_by(Bill.id).with_for_update()
    for bill in session.scalars(rows.execution_options(populate_existing=True)):
        if bill.demanded_on is None or bill.demanded_on < on:
            bill.demanded_on = on
    session.flush()


def paid_in_part(bill: Bill, amount: Decimal, on: date) -> None:
    """Note a payment on a bill, its `paid` already moved: what leaves something open acknowledges the rest."""
    if amount > 0 and bill.unpaid > 0 and (bill.part_paid_on is None or bill.part_paid_on < on):
        bill.part_paid_on = on


def taken_back(session: Session, bills: Iterable[Bill]) -> None:
    """Look again at bills whose payment was taken back: what was never paid acknowledges nothing."""
    undoing = aliased(Payment)
    for bill in bills:
        last = session.scalar(
            select(func.max(Allocation.allocated_on))
            .join(Payment, Payment.id == Allocation.payment_id)
            .where(
                Allocation.bill_id == bill.id, Allocation.target == Target.PRINCIPAL, Allocation.amount > 0,
                ~select(undoing.id).where(undoing.reverses_id == Payment.id).exists(),
            )
        )  # fmt: skip
        bill.part_paid_on = last if bill.paid > NOTHING else None
    session.flush()
