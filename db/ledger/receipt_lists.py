"""Receipts and payments as they are looked up: by number, unit, payer, day or amount; a cashier's own day (F3, F10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from db.checking import clean_text, decimal_typed
from db.clock import moment_of, today
from db.ledger.money_tables import (
    Book,
    Method,
    Payment,
    PaymentKind,
    PaymentLine,
    Receipt,
    ReceiptPrint,
    ReceiptState,
)
from db.ledger.tables import Payee
from db.people import Right, User, require
from db.refused import Refused
from db.registry import Customer, Unit
from db.session import actor_of
from db.words import _

PAGE = 30


@dataclass(frozen=True)
class Wanted:
    """What receipts are looked for; page and total answer the same question."""

    typed: str = ""
    """A number, a unit, part of the payer's name, or an amount."""
    first: date | None = None
    last: date | None = None
    """Of the days of issue, both counted."""
    state: str = ""
    payee_id: int | None = None
    cashier_id: int | None = None
    book: str = ""
    estate_ids: frozenset[int] = frozenset()
    """Of the actor's, those looked at; empty for all."""


@dataclass(frozen=True)
class Row:
    """One entry of the cash book with its receipt, if it has one."""

    payment_id: int
    receipt_id: int | None
    number: str
    book: Book | None
    state: ReceiptState | None
    kind: PaymentKind
    paid_on: date
    issued_on: date | None
    unit: str
    payer: str
    payee: str
    amount: Decimal
    methods: tuple[Method, ...]
    cashier: str
    cashier_id: int
    prints: int
    note: str
    may_be_voided: bool
    """Whether the actor may void it on the spot: his own, of today, and it stands."""


@dataclass(frozen=True)
class Page:
    """One page, newest first."""

    rows: list[Row]
    total: int
    amount: Decimal
    """Of all found that stand, in yuan."""
    newer: int | None
    older: int | None
    """Ask for the page of newer or older ones by these ids of receipts."""


def _rows(session: Session, statement: Select[Any]) -> list[Row]:
    """Read entries; in three queries whatever their number."""
    found = session.execute(statement).all()
    ids = [payment.id for payment, *_rest in found]
    methods: dict[int, list[Method]] = defaultdict(list)
    for payment_id, method in session.execute(
        select(PaymentLine.payment_id, PaymentLine.method)
        .where(PaymentLine.payment_id.in_(ids))
        .order_by(PaymentLine.id)
    ):
        methods[payment_id].append(method)
    prints = dict(
        session.execute(
            select(ReceiptPrint.receipt_id, func.count())
            .where(ReceiptPrint.receipt_id.in_([row.id for _payment, row, *_rest in found if row is not None]))
            .group_by(ReceiptPrint.receipt_id)
        ).all()
    )  # fmt: skip
    return [_row(session, each, methods, prints) for each in found]


def _row(session: Session, found: Any, methods: Mapping[int, list[Method]], prints: Mapping[int, int]) -> Row:
    payment, receipt, unit, customer, payee, cashier = found
    stands = receipt is not None and receipt.state is ReceiptState.GOOD and payment.kind is PaymentKind.PAYMENT
    actor = actor_of(session)
    mine = payment.cashier_id == actor.user_id and payment.paid_on == today()
    return Row(
        payment.id, receipt.id if receipt else None, receipt.number if receipt else "",
        receipt.book if receipt else None, receipt.state if receipt else None, payment.kind, payment.paid_on,
        receipt.issued_on if receipt else None, unit, payment.payer_name or customer or "", payee, payment.amount,
        tuple(dict.fromkeys(methods[payment.id])), cashier, payment.cashier_id,
        prints.get(receipt.id, 0) if receipt else 0, payment.note,
        stands and mine and actor.may(Right.TAKE_PAYMENT),
    )  # fmt: skip


def _joined() -> Any:
    return (
        select(Payment, Receipt, Unit.short, Customer.name, Payee.name, User.name)
        .join(Unit, Unit.id == Payment.unit_id)
        .join(Payee, Payee.id == Payment.payee_id)
        .join(User, User.id == Payment.cashier_id)
        .outerjoin(Customer, Customer.id == Payment.customer_id)
    )


# ── all receipts ─────────────────────────────────────────────────────────────────────────────────────────────────────


def receipts_found(
    session: Session, wanted: Wanted, *, older: int | None = None, newer: int | None = None, limit: int = PAGE
) -> Page:
    """Return one page of receipts, newest first, counted in the database. Needs `SEE_MONEY`."""
    claims = _claims(session, wanted)
    statement = _joined().join(Receipt, Receipt.payment_id == Payment.id).where(*claims)
    counts = statement.with_only_columns(
        func.count(), func.sum(Payment.amount).filter(Receipt.state != ReceiptState.VOID)
    )
    total, amount = session.execute(counts).one()
    backwards = newer is not None
    if older is not None:
        statement = statement.where(Receipt.id < older)
    if newer is not None:
        statement = statement.where(Receipt.id > newer)
    order = Receipt.id.asc() if backwards else Receipt.id.desc()
    rows = _rows(session, statement.order_by(order).limit(limit + 1))
    more, rows = len(rows) > limit, rows[:limit]
    if backwards:
        rows.reverse()
    first, last = (rows[0].receipt_id, rows[-1].receipt_id) if rows else (None, None)
    return Page(
        rows, total, amount or Decimal(0),
        newer=first if (more if backwards else older is not None) else None,
        older=last if (newer is not None or more) else None,
    )  # fmt: skip


def _claims(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    estates = sorted(wanted.estate_ids & actor.estates if wanted.estate_ids else actor.estates)
    claims: list[ColumnElement[bool]] = [Receipt.estate_id.in_(estates)]
    if wanted.first is not None:
        claims.append(Receipt.issued_on >= wanted.first)
    if wanted.last is not None:
        claims.append(Receipt.issued_on <= wanted.last)
    if wanted.state in set(ReceiptState):
        claims.append(Receipt.state == ReceiptState(wanted.state))
    if wanted.book in set(Book):
        claims.append(Receipt.book == Book(wanted.book))
    if wanted.payee_id is not None:
        claims.append(Receipt.payee_id == wanted.payee_id)
    if wanted.cashier_id is not None:
        claims.append(Payment.cashier_id == wanted.cashier_id)
    if text := clean_text(wanted.typed):
        claims.append(_typed(text))
    return claims


def _typed(text: str) -> ColumnElement[bool]:
    """Take what was typed for a number, a unit, a name or an amount, whichever it fits."""
    ways: list[ColumnElement[bool]] = [
        Receipt.number.contains(text.upper(), autoescape=True), Unit.short == text,
        Unit.short.startswith(f"{text}-", autoescape=True), Payment.payer_name.contains(text, autoescape=True),
        Customer.name.contains(text, autoescape=True),
    ]  # fmt: skip
    number = decimal_typed(text)
    if number is not None and number == round(number, 2) and 0 < abs(number) < 10**9:
        ways.append(Payment.amount == number)
    return or_(*ways)


# ── one's own day ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class OwnDay:
    """What a cashier has entered on a day."""

    day: date
    rows: list[Row]
    """Newest first."""
    by_method: Mapping[Method, Decimal]
    """Net of what was voided or paid out, in yuan, of the cash book of the day."""
    receipts: int
    """Issued, void ones included."""

    @property
    def total(self) -> Decimal:
        """Return what came in, over the methods."""
        return sum(self.by_method.values(), Decimal(0))


def own_day(session: Session, day: date | None = None, estate_ids: Collection[int] = ()) -> OwnDay:
    """List the actor's own entries that moved money and were dated or typed on a day (default today)."""
    actor = actor_of(session)
    require(actor, Right.TAKE_PAYMENT)
    on = day or today()
    typed = Payment.recorded_at.between(moment_of(on), moment_of(on + timedelta(days=1)))
    mine = (
        Payment.cashier_id == actor.user_id, or_(Payment.paid_on == on, typed), Payment.kind != PaymentKind.OFFSET,
        Payment.estate_id.in_(sorted(set(estate_ids) & actor.estates or actor.estates)),
    )  # fmt: skip
    statement = _joined().outerjoin(Receipt, Receipt.payment_id == Payment.id).where(*mine)
    rows = _rows(session, statement.order_by(Payment.id.desc()))
    sums = session.execute(
        select(PaymentLine.method, func.sum(PaymentLine.amount))
        .join(Payment, Payment.id == PaymentLine.payment_id)
        .where(*mine, Payment.paid_on == on)
        .group_by(PaymentLine.method)
    ).all()
    by_method = dict(sums)
    return OwnDay(
        on, rows, {each: by_method[each] for each in Method if by_method.get(each)},
        sum(each.receipt_id is not None for each in rows),
    )  # fmt: skip


# ── one receipt ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Shown:
    """A receipt opened: what it says, what became of it."""

    row: Row
    snapshot: Mapping[str, Any]
    counter: Row | None
    """The void or reversal that took it back."""
    corrects: str
    """Number of the receipt that this one reverses."""


def receipt_shown(session: Session, receipt_id: int) -> Shown:
    """Open a receipt; needs `SEE_MONEY`. Raises `Refused` for one of another estate."""
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    receipt = session.get(Receipt, receipt_id)
    if receipt is None or receipt.estate_id not in actor.estates:
        raise Refused(_("没有找到这张收据。"))
    own = _joined().outerjoin(Receipt, Receipt.payment_id == Payment.id)
    (row,) = _rows(session, own.where(Payment.id == receipt.payment_id))
    counter = _rows(session, own.where(Payment.reverses_id == receipt.payment_id))
    red = aliased(Payment)
    corrects = session.scalar(
        select(Receipt.number).join(red, red.reverses_id == Receipt.payment_id).where(red.id == receipt.payment_id)
    )
    return Shown(row, receipt.snapshot, counter[0] if counter else None, corrects or "")


__all__ = ["PAGE", "OwnDay", "Page", "Row", "Shown", "Wanted", "own_day", "receipt_shown", "receipts_found"]
