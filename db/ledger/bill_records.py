"""One bill as its page shows it: how it was counted, by which tariff, what was paid and waived, what replaced it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.clock import today
from db.ledger import late_fees
from db.ledger.bill_lists import Standing, late_fee_of, standing_of
from db.ledger.money_tables import (
    Allocation,
    Correction,
    CorrectionKind,
    CorrectionState,
    Payment,
    PaymentKind,
    Receipt,
    Target,
)
from db.ledger.tables import Bill, FeeItem, Payee, Tariff
from db.people import Right, User, in_scope, require
from db.refused import Refused
from db.registry import Building, Customer, Unit
from db.session import actor_of
from db.words import _


@dataclass(frozen=True)
class Paid:
    """A part of a payment that went to the bill, or was taken back from it."""

    on: date
    kind: PaymentKind
    target: Target
    amount: Decimal
    receipt: str
    by: str


@dataclass(frozen=True)
class Corrected:
    """A waiver that was asked for."""

    kind: CorrectionKind
    state: CorrectionState
    amount: Decimal
    reason: str
    by: str


@dataclass(frozen=True)
class Record:
    """A bill; yuan."""

    bill: Bill
    """Plain columns, read and let go."""
    unit: str
    building: str
    customer: str
    item: str
    payee: str
    tariff: str
    filing: str
    late_clause: str
    made_by: str
    voided_by: str
    standing: Standing
    late_fee: Decimal
    """Outstanding today."""
    late_days: int
    paid: tuple[Paid, ...]
    corrected: tuple[Corrected, ...]
    replaced_by: int | None
    """The bill that was issued again for it."""


def record_of(session: Session, bill_id: int) -> Record:
    """Put a bill together for its page; needs `SEE_MONEY`. Raises `Refused` outside the actor's estates."""
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    row = session.execute(
        in_scope(
            select(Bill, Unit.short, Building.name, Customer.name, FeeItem.name, Payee.name, Tariff)
            .join(Unit, Unit.id == Bill.unit_id)
            .join(Building, Building.id == Bill.building_id)
            .join(FeeItem, FeeItem.id == Bill.fee_item_id)
            .join(Payee, Payee.id == Bill.payee_id)
            .outerjoin(Customer, Customer.id == Bill.customer_id)
            .outerjoin(Tariff, Tariff.id == Bill.tariff_id)
            .where(Bill.id == bill_id),
            actor,
            Bill,
        )
    ).first()
    if row is None:
        raise Refused(_("没有找到这张账单，可能不在您负责的项目内。"))
    bill, unit, building, customer, item, payee, tariff = row
    on = today()
    who = select(User.id, User.name).where(User.id.in_({bill.made_by, bill.voided_by} - {None}))
    people = {row.id: row.name for row in session.execute(who)}
    return Record(
        bill, unit, building, customer or "", item, payee, tariff.name if tariff else "",
        tariff.filing_number if tariff else "", tariff.late_clause if tariff else "", people[bill.made_by],
        people.get(bill.voided_by or 0, ""), standing_of(bill), late_fee_of(session, bill, on),
        late_fees.late_days(on, bill.late_day) if bill.unpaid and not bill.voided_at else 0, _paid(session, bill_id),
        _corrected(session, bill_id), session.scalar(select(Bill.id).where(Bill.replaces_id == bill_id)),
    )  # fmt: skip


def _paid(session: Session, bill_id: int) -> tuple[Paid, ...]:
    rows = session.execute(
        select(Allocation.allocated_on, Payment.kind, Allocation.target, Allocation.amount, Receipt.number, User.name)
        .join(Payment, Payment.id == Allocation.payment_id)
        .join(User, User.id == Payment.cashier_id)
        .outerjoin(Receipt, or_(Receipt.payment_id == Payment.id, Receipt.payment_id == Payment.reverses_id))
        .where(Allocation.bill_id == bill_id)
        .order_by(Allocation.id)
    )
    return tuple(Paid(on, kind, target, amount, number or "", by) for on, kind, target, amount, number, by in rows)


def _corrected(session: Session, bill_id: int) -> tuple[Corrected, ...]:
    rows = session.execute(
        select(Correction.kind, Correction.state, Correction.amount, Correction.reason, User.name)
        .join(User, User.id == Correction.asked_by)
        .where(Correction.bill_id == bill_id)
        .order_by(Correction.id)
    )
    return tuple(Corrected(*row) for row in rows)


__all__ = ["Corrected", "Paid", "Record", "record_of"]
