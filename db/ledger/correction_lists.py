"""Corrections as they are looked up: what waits, what is granted, what was done; one with its consents (F10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from db import approvals
from db.approvals import Verdict
from db.base import Choice
from db.ledger import payees, payments
from db.ledger.corrections import UNDER_WAY, what_of
from db.ledger.money_tables import Correction, CorrectionKind, CorrectionState, Deposit, Payment, PaymentLine, Receipt
from db.ledger.tables import Bill, FeeItem, Payee
from db.people import Right, Role, User, in_scope, require
from db.refused import Refused
from db.registry import Estate, Unit
from db.session import actor_of
from db.words import Words, _

PAGE = 50


class Sought(Choice):
    """Which corrections a list shows."""

    UNDER_WAY = "under_way", _("办理中")
    GRANTED = "granted", _("待办理付款")
    DONE = "done", _("已办理")
    STOPPED = "stopped", _("未同意、已撤回")
    ALL = "all", _("全部")


_STATES = {
    Sought.UNDER_WAY: UNDER_WAY, Sought.GRANTED: (CorrectionState.GRANTED,), Sought.DONE: (CorrectionState.DONE,),
    Sought.STOPPED: (CorrectionState.DENIED, CorrectionState.WITHDRAWN), Sought.ALL: tuple(CorrectionState),
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A correction in a list."""

    id: int
    unit_id: int
    unit: str
    kind: CorrectionKind
    what: Words
    amount: Decimal
    reason: str
    evidence: str
    state: CorrectionState
    payee: str
    asked_by_id: int
    asked_by: str
    asked_at: datetime
    done_by: str
    done_payment_id: int | None
    receipt_id: int | None
    """Of the payment that is to be reversed."""


@dataclass(frozen=True)
class Step:
    """One consent."""

    id: int
    role: Role
    verdict: Verdict
    who: str
    at: datetime | None
    note: str
    is_mine: bool
    """Whether it waits for whoever looks."""


@dataclass(frozen=True)
class Page:
    """One page, newest first, and how many there are in all."""

    rows: list[Line]
    total: int
    next: int | None


def found(
    session: Session, sought: Sought, kind: str = "", *, estate_ids: frozenset[int] | None = None,
    after: int | None = None, limit: int = PAGE,
) -> Page:  # fmt: skip
    """List corrections, newest first, in a fixed number of queries; what a rule granted (抹零) is left out."""
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    claims = [Correction.state.in_(_STATES[sought]), ~Correction.by_rule]
    if kind:
        claims.append(Correction.kind == CorrectionKind(kind))
    if estate_ids is not None:
        claims.append(Correction.estate_id.in_(estate_ids))
    counted = in_scope(select(func.count()).select_from(Correction), actor, Correction)
    total = session.scalar(counted.where(*claims)) or 0
    statement = in_scope(_lines(), actor, Correction).where(*claims)
    if after is not None:
        statement = statement.where(Correction.id < after)
    rows = [_line(row) for row in session.execute(statement.order_by(Correction.id.desc()).limit(limit + 1))]
    more, rows = len(rows) > limit, rows[:limit]
    return Page(rows, total, rows[-1].id if more else None)


def _lines() -> Any:
    asker, doer = aliased(User), aliased(User)
    return (
        select(Correction, Unit.short, Payee.name, asker.name, doer.name, Bill.month, FeeItem.name, Receipt.number,
               Receipt.id, Deposit.kind)
        .join(Unit, Unit.id == Correction.unit_id)
        .join(Payee, Payee.id == Correction.payee_id)
        .join(asker, asker.id == Correction.asked_by)
        .outerjoin(doer, doer.id == Correction.done_by)
        .outerjoin(Bill, Bill.id == Correction.bill_id)
        .outerjoin(FeeItem, FeeItem.id == Bill.fee_item_id)
        .outerjoin(Payment, Payment.id == Correction.payment_id)
        .outerjoin(Receipt, Receipt.payment_id == Payment.id)
        .outerjoin(Deposit, Deposit.id == Correction.deposit_id)
    )  # fmt: skip


def _line(row: Any) -> Line:
    each, unit, payee, asker, doer, month, item, number, receipt_id, deposit = row
    return Line(
        each.id, each.unit_id, unit, each.kind, what_of(each, month, item, number, deposit), each.amount, each.reason,
        each.evidence, each.state, payee, each.asked_by, asker, each.asked_at, doer or "", each.done_payment_id,
        receipt_id,
    )  # fmt: skip


def correction_of(session: Session, correction_id: int) -> tuple[Line, list[Step]]:
    """Read one correction with its consents, first to last."""
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    row = session.execute(in_scope(_lines(), actor, Correction).where(Correction.id == correction_id)).first()
    if row is None:
        raise Refused(_("没有找到这项申请。"))
    line = _line(row)
    steps = approvals.steps_of(session, line.kind.value, line.id)
    names = {each.id: each.name for each in session.execute(
        select(User.id, User.name).where(User.id.in_({each.decided_by for each in steps} - {None})))}  # fmt: skip
    mine = {each.id for each in approvals.waiting_for(session)}
    return line, [
        Step(each.id, each.role, each.verdict, names.get(each.decided_by or 0, ""), each.decided_at, each.note,
             each.id in mine)
        for each in steps
    ]  # fmt: skip


@dataclass(frozen=True)
class PaidOut:
    """How a refund was paid out."""

    estate: str
    paid_on: date
    ways: list[str]
    """A method with its amount and reference each."""


def paid_out(session: Session, payment_id: int) -> PaidOut:
    """Read the cash book's entry of a refund, for its voucher; `correction_of` has checked that one may see it."""
    payment = session.get_one(Payment, payment_id)
    lines = session.scalars(select(PaymentLine).where(PaymentLine.payment_id == payment_id).order_by(PaymentLine.id))
    ways = [f"{each.method.label} {-each.amount:.2f} {each.reference}".strip() for each in lines]
    return PaidOut(session.get_one(Estate, payment.estate_id).name, payment.paid_on, ways)


@dataclass(frozen=True)
class Waivable:
    """Something of a unit that may be waived or refunded: a bill, its late fee, or a balance (by payee)."""

    id: int
    words: Words
    amount: Decimal


def waivable(session: Session, unit_id: int, *, late: bool) -> list[Waivable]:
    """List the bills of a unit on which principal, or late fee, is open; oldest first."""
    lines = payments.owed(session, [unit_id])
    items = {each.id: each.name for each in session.execute(
        select(FeeItem.id, FeeItem.name).where(FeeItem.id.in_({line.bill.fee_item_id for line in lines})))}  # fmt: skip
    amounts = [(each.bill, each.late_fee if late else each.bill.unpaid) for each in lines]
    return [
        Waivable(bill.id, _("{month} {item}　欠 {amount} 元", month=f"{bill.month:%Y-%m}",
                            item=items[bill.fee_item_id], amount=amount), amount)
        for bill, amount in amounts if amount > 0
    ]  # fmt: skip


def refundable(session: Session, unit_id: int) -> list[Waivable]:
    """List what a unit has paid ahead, by payee."""
    names, held = payees.names(session), payments.balances_of(session, [unit_id])
    return [
        Waivable(payee_id, _("{payee}　预存 {amount} 元", payee=names[payee_id], amount=amount), amount)
        for (_unit, payee_id), amount in sorted(held.items()) if payee_id in names
    ]  # fmt: skip


__all__ = ["Line", "Page", "Sought", "Step", "Waivable", "correction_of", "found", "paid_out", "refundable", "waivable"]
