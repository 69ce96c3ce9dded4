"""Deposits 押金: a ledger of their own — in, deducted with a reason, set off against bills, out; never a fee item (I1).

What comes in has a receipt of the deposits' book. What goes out is granted first (`db.ledger.corrections`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from db.clock import today
from db.ledger import receipts
from db.ledger.money_tables import (
    Allocation,
    Book,
    Deposit,
    DepositKind,
    Payment,
    PaymentKind,
    Receipt,
    Target,
)
from db.ledger.payments import Taken, check_tenders, chosen, parts_of, queue
from db.ledger.postings import Entry, Part, Tender, post
from db.ledger.tables import NOTHING, Payee
from db.people import Right, User, in_scope, require
from db.refused import Refused
from db.registry import Customer, Estate, EstateKind, Unit
from db.search import people_and_units
from db.session import actor_of
from db.words import _

PAGE = 50


# ── in, and what becomes of it ───────────────────────────────────────────────────────────────────────────────────────


def take_deposit(
    session: Session,
    unit_id: int,
    payee_id: int,
    kind: DepositKind,
    tenders: Sequence[Tender],
    *,
    customer_id: int | None = None,
    payer_name: str = "",
    calculation: str = "",
    case_id: int | None = None,
    paid_on: date | None = None,
    note: str = "",
    token: str | None = None,
) -> Taken:
    """Take a deposit and issue its receipt; needs `TAKE_PAYMENT`. The tenders, in positive yuan, make its amount.

    `calculation` says how it was counted: 148.00 m² × 38.00 元 × 3 月. A second press of the same `token` returns the
    first payment.
    """
    require(actor_of(session), Right.TAKE_PAYMENT)
    unit = session.get(Unit, unit_id)
    payee = session.get(Payee, payee_id)
    if unit is None or unit.estate_id not in actor_of(session).estates:
        raise Refused(_("没有找到这套房屋。"), {"unit_id": _("请选择房屋。")})
    if payee is None or payee.estate_id != unit.estate_id:
        raise Refused(_("请选择这个项目的收款单位。"), {"payee_id": _("请选择收款单位。")})
    queue(session, unit.estate_id)
    if token and (done := session.scalar(select(Payment).where(Payment.token == token))):
        return Taken(done, receipts.of_payment(session, done.id))
    check_tenders(tenders)
    amount = sum((each.amount for each in tenders), NOTHING)
    deposit = Deposit(
        estate_id=unit.estate_id, payee_id=payee_id, unit_id=unit_id, customer_id=customer_id, kind=kind,
        taken_on=paid_on or today(), calculation=calculation.strip(), case_id=case_id,
    )  # fmt: skip
    session.add(deposit)
    session.flush()
    parts = [Part(Target.DEPOSIT, amount, unit_id, deposit_id=deposit.id)]
    entry = Entry(PaymentKind.PAYMENT, unit_id, payee_id, parts, tenders, paid_on, customer_id, payer_name, note=note,
                  token=token)  # fmt: skip
    payment = post(session, entry)
    return Taken(payment, receipts.issue(session, payment, Book.DEPOSITS))


def deduct(
    session: Session, deposit_id: int, amount: Decimal, reason: str, *, consent: str, token: str | None = None
) -> Payment:
    """Take a part of a deposit for damage done, with a reason and the customer's written consent; needs `BILL`."""
    require(actor_of(session), Right.BILL)
    deposit = _held(session, deposit_id)
    if token and (done := session.scalar(select(Payment).where(Payment.token == token))):
        return done
    problems = {name: _("请填写{what}。", what=what) for name, what, said in
                (("reason", _("扣款原因"), reason), ("consent", _("客户书面同意的凭据"), consent))
                if not said.strip()}  # fmt: skip
    if amount <= 0 or amount != round(amount, 2):
        problems["amount"] = _("请填写大于零的金额。")
    if problems:
        raise Refused(_("请检查标出的 {n} 处。", n=len(problems)), problems)
    parts = [
        Part(Target.DEPOSIT, -amount, deposit.unit_id, deposit_id=deposit.id),
        Part(Target.DEDUCTED, amount, deposit.unit_id, deposit_id=deposit.id),
    ]
    note = str(_("{reason}（{consent}）", reason=reason.strip(), consent=consent.strip()))
    return post(session, _own_entry(deposit, PaymentKind.DEDUCTION, parts, note, token))


def set_off(
    session: Session, deposit_id: int, bill_ids: Collection[int] | None = None, *, consent: str = "",
    token: str | None = None,
) -> Payment:  # fmt: skip
    """Let a deposit pay bills of its payee, oldest first, principal before late fee; needs `BILL`.

    `bill_ids` None means all its unit owes. Homes need the customer's written `consent`; in a park the contract
    provides for it. Raises `Refused` when nothing is owed.
    """
    require(actor_of(session), Right.BILL)
    deposit = _held(session, deposit_id)
    if token and (done := session.scalar(select(Payment).where(Payment.token == token))):
        return done
    kind = session.get_one(Estate, deposit.estate_id).kind
    if kind is EstateKind.HOMES and not consent.strip():
        wrong = _("住宅项目用押金抵扣欠费，要有客户的书面同意，请写明凭据。")
        raise Refused(wrong, {"consent": wrong})
    lines = chosen(session, deposit.unit_id, bill_ids, today(), deposit.payee_id)
    session.refresh(deposit, with_for_update=True)
    parts = [each for each in parts_of(lines, deposit.held, deposit.unit_id, late_fee=True)
             if each.target is not Target.BALANCE]  # fmt: skip
    used = sum((each.amount for each in parts), NOTHING)
    if not used:
        raise Refused(_("没有可抵扣的欠费，或押金已用完。"))
    parts.append(Part(Target.DEPOSIT, -used, deposit.unit_id, deposit_id=deposit.id))
    return post(session, _own_entry(deposit, PaymentKind.OFFSET, parts, consent.strip(), token))


def _held(session: Session, deposit_id: int) -> Deposit:
    deposit = session.get(Deposit, deposit_id)
    if deposit is None or deposit.estate_id not in actor_of(session).estates:
        raise Refused(_("没有找到这笔押金。"))
    queue(session, deposit.estate_id)
    return deposit


def _own_entry(deposit: Deposit, kind: PaymentKind, parts: Sequence[Part], note: str, token: str | None) -> Entry:
    return Entry(kind, deposit.unit_id, deposit.payee_id, parts, customer_id=deposit.customer_id, note=note,
                 token=token)  # fmt: skip


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class DepositLine:
    """A deposit in a list."""

    id: int
    unit_id: int
    unit: str
    customer_id: int | None
    customer: str
    kind: DepositKind
    payee_id: int
    payee: str
    held: Decimal
    taken: Decimal
    taken_on: date
    number: str
    """Of its receipt."""


@dataclass(frozen=True)
class Page:
    """One page of deposits, newest first, with what all found hold by payee."""

    rows: list[DepositLine]
    total: int
    held: dict[str, Decimal]
    next: int | None


@dataclass(frozen=True)
class Asked:
    """What a list of deposits is asked for."""

    typed: str = ""
    kind: str = ""
    held_only: bool = True
    estate_ids: frozenset[int] = frozenset()
    unit_id: int | None = None


def deposits(session: Session, asked: Asked, after: int | None = None, limit: int = PAGE) -> Page:
    """List deposits, newest first, in a fixed number of queries; needs `SEE_MONEY`."""
    require(actor_of(session), Right.SEE_MONEY)
    claims = _claims(session, asked)
    sums = select(Payee.name, func.count(), func.sum(Deposit.held)).select_from(Deposit)
    sums = in_scope(sums.join(Payee, Payee.id == Deposit.payee_id), actor_of(session), Deposit)
    by_payee = session.execute(sums.where(*claims).group_by(Payee.id, Payee.name).order_by(Payee.id)).all()
    statement = in_scope(_lines(), actor_of(session), Deposit).where(*claims)
    if after is not None:
        statement = statement.where(Deposit.id < after)
    rows = [_line(row) for row in session.execute(statement.order_by(Deposit.id.desc()).limit(limit + 1))]
    more, rows = len(rows) > limit, rows[:limit]
    held = {name: amount for name, _n, amount in by_payee}
    return Page(rows, sum(n for _name, n, _amount in by_payee), held, rows[-1].id if more else None)


def _claims(session: Session, asked: Asked) -> list[ColumnElement[bool]]:
    claims: list[ColumnElement[bool]] = []
    if asked.estate_ids:
        claims.append(Deposit.estate_id.in_(asked.estate_ids))
    if asked.held_only:
        claims.append(Deposit.held > 0)
    if asked.kind:
        claims.append(Deposit.kind == DepositKind(asked.kind))
    if asked.unit_id is not None:
        claims.append(Deposit.unit_id == asked.unit_id)
    if asked.typed.strip():
        units, people = people_and_units(session, asked.typed)
        claims.append(Deposit.unit_id.in_(units) | Deposit.customer_id.in_(people))
    return claims


def _lines() -> Any:
    """Select deposits with who, where, for whom, and the entry and receipt by which each came in."""
    came_in = (
        select(Allocation.deposit_id, func.min(Allocation.payment_id).label("payment_id"))
        .where(Allocation.target == Target.DEPOSIT).group_by(Allocation.deposit_id).subquery()
    )  # fmt: skip
    return (
        select(Deposit, Unit.short, Customer.name, Payee.name, Payment.amount, Receipt.number)
        .join(Unit, Unit.id == Deposit.unit_id)
        .join(Payee, Payee.id == Deposit.payee_id)
        .outerjoin(Customer, Customer.id == Deposit.customer_id)
        .outerjoin(came_in, came_in.c.deposit_id == Deposit.id)
        .outerjoin(Payment, Payment.id == came_in.c.payment_id)
        .outerjoin(Receipt, Receipt.payment_id == Payment.id)
    )


def _line(row: Any) -> DepositLine:
    deposit, unit, customer, payee, taken, number = row
    return DepositLine(
        deposit.id, deposit.unit_id, unit, deposit.customer_id, customer or "", deposit.kind, deposit.payee_id, payee,
        deposit.held, taken or NOTHING, deposit.taken_on, number or "",
    )  # fmt: skip


@dataclass(frozen=True)
class Movement:
    """One line of a deposit's statement."""

    day: date
    kind: PaymentKind
    amount: Decimal
    """Positive in, negative out."""
    left: Decimal
    note: str
    who: str
    payment_id: int


def statement_of(session: Session, deposit_id: int) -> tuple[DepositLine, Deposit, list[Movement]]:
    """Read one deposit and all that moved it, oldest first; needs `SEE_MONEY`."""
    require(actor_of(session), Right.SEE_MONEY)
    row = session.execute(in_scope(_lines(), actor_of(session), Deposit).where(Deposit.id == deposit_id)).first()
    if row is None:
        raise Refused(_("没有找到这笔押金。"))
    moves = session.execute(
        select(Payment.paid_on, Payment.kind, Allocation.amount, Payment.note, User.name, Payment.id)
        .join(Payment, Payment.id == Allocation.payment_id)
        .join(User, User.id == Payment.cashier_id)
        .where(Allocation.deposit_id == deposit_id, Allocation.target == Target.DEPOSIT)
        .order_by(Allocation.id)
    )
    found: list[Movement] = []
    left = NOTHING
    for day, kind, amount, note, who, payment_id in moves:
        left += amount
        found.append(Movement(day, kind, amount, left, note, who, payment_id))
    return _line(row), row[0], found


def receipt_of(session: Session, deposit_id: int) -> int | None:
    """Say which receipt a deposit came in by."""
    return session.scalar(
        select(Receipt.id)
        .join(Allocation, Allocation.payment_id == Receipt.payment_id)
        .where(Allocation.deposit_id == deposit_id, Allocation.target == Target.DEPOSIT, Allocation.amount > 0)
        .order_by(Receipt.id).limit(1)
    )  # fmt: skip


def of_payment(session: Session, payment_id: int) -> int | None:
    """Say which deposit came in by a payment."""
    return session.scalar(select(Allocation.deposit_id).where(Allocation.payment_id == payment_id).limit(1))


def estate_of(session: Session, unit_id: int) -> frozenset[int]:
    """Say to which estate a unit belongs."""
    return frozenset(session.scalars(select(Unit.estate_id).where(Unit.id == unit_id)))


__all__ = [
    "Asked", "DepositLine", "Movement", "Page", "deduct", "deposits", "estate_of", "of_payment",
    "receipt_of", "set_off", "statement_of", "take_deposit",
]  # fmt: skip
