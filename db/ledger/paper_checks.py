"""The books' checks of what stands on paper: receipts, closings, consents."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import Float, String, and_, case, cast, func, literal, or_, select, type_coerce
from sqlalchemy.orm import Session, aliased

from db.approvals import Approval, Verdict
from db.ledger.book_checks import MOST_SCOPES, Finding, Found, Scope
from db.ledger.money_tables import (
    Correction,
    CorrectionKind,
    CorrectionState,
    DayClosing,
    Method,
    MonthClosing,
    Payment,
    PaymentKind,
    PaymentLine,
    Receipt,
    ReceiptBook,
    ReceiptState,
)
from db.ledger.pricing import next_month
from db.ledger.tables import NOTHING, Bill, Payee
from db.people import User
from db.registry import Unit
from db.words import _


@lru_cache(MOST_SCOPES)
def _receipts_have_no_gap(scope: Scope) -> tuple[Any, Any]:
    key = (Receipt.payee_id, Receipt.book, Receipt.year)
    issued: Any = (
        select(*key, func.count().label("n"), func.min(Receipt.sequence).label("first"),
               func.max(Receipt.sequence).label("last"), func.max(Receipt.id).label("id"))
        .where(*scope.of(Receipt)).group_by(*key).subquery()
    )  # fmt: skip
    same = and_(*(issued.c[each.key] == getattr(ReceiptBook, each.key) for each in key))
    last = func.coalesce(ReceiptBook.last, 0)
    by_receipts = (
        select(Payee.name, issued.c.book, issued.c.year, issued.c.n, last, issued.c.id)
        .select_from(issued).join(Payee, Payee.id == issued.c.payee_id).outerjoin(ReceiptBook, same)
        .where(or_(issued.c.n != last, issued.c.last != last, issued.c.first != 1))
    )  # fmt: skip
    empty = (
        select(Payee.name, ReceiptBook.book, ReceiptBook.year, literal(0), ReceiptBook.last, literal(0))
        .select_from(ReceiptBook).join(Payee, Payee.id == ReceiptBook.payee_id).outerjoin(issued, same)
        .where(*scope.of(Payee), *scope.of(ReceiptBook), issued.c.n.is_(None), ReceiptBook.last > 0)
    )  # fmt: skip
    return by_receipts, empty


def receipts_have_no_gap(session: Session, scope: Scope) -> Found:
    """A payee's book of a year runs from 1 to the last number given out, each once."""
    for statement in _receipts_have_no_gap(scope):
        for payee, book, year, n, given, receipt_id in session.execute(statement):
            words = _("{payee} {year} 年{book}发到 {last} 号，应有 {last} 张，实有 {n} 张，号码不连续。", payee=payee,
                      year=year, book=book.label, last=given, n=n)  # fmt: skip
            yield Finding(words, "receipts", receipt_id)


@lru_cache(MOST_SCOPES)
def _receipts_are_their_payments(scope: Scope) -> Any:
    counter = aliased(Payment)
    right = case(
        (counter.kind == PaymentKind.VOID, ReceiptState.VOID.value),
        (counter.kind == PaymentKind.REVERSAL, ReceiptState.REVERSED.value),
        else_=ReceiptState.GOOD.value,
    )
    said = func.round(cast(Receipt.snapshot["amount"].as_string(), Float) * 100)
    fits = or_(
        and_(Payment.kind == PaymentKind.PAYMENT, Receipt.id.is_(None)),
        and_(Receipt.id.is_not(None), Payment.kind.not_in((PaymentKind.PAYMENT, PaymentKind.REVERSAL))),
        and_(
            Receipt.id.is_not(None),
            or_(
                Receipt.payee_id != Payment.payee_id, type_coerce(Receipt.state, String) != right,
                said != cast(Payment.amount, Float), Receipt.snapshot["number"].as_string() != Receipt.number,
            ),
        ),
    )  # fmt: skip
    return (
        select(Payment.id, Payment.unit_id, Unit.short, Payment.kind, Payment.amount, Receipt.number, Receipt.state)
        .join(Unit, Unit.id == Payment.unit_id)
        .outerjoin(Receipt, Receipt.payment_id == Payment.id)
        .outerjoin(counter, counter.reverses_id == Payment.id)
        .where(*scope.of(Payment), fits)
        .order_by(Payment.id)
    )


def receipts_are_their_payments(session: Session, scope: Scope) -> Found:
    """Each payment has its receipt, which says its amount and stands as the payment does."""
    rows = session.execute(_receipts_are_their_payments(scope))
    for payment_id, unit_id, unit, kind, amount, number, state in rows:
        if number is None:
            words = _("{unit} 的{kind} {amount} 元没有收据。", unit=unit, kind=kind.label, amount=amount)
        else:
            words = _("收据 {number}（{state}）与 {unit} 的{kind} {amount} 元不符。", number=number, state=state.label,
                      unit=unit, kind=kind.label, amount=amount)  # fmt: skip
        yield Finding(words, "payments", payment_id, unit_id)


# ── closings ─────────────────────────────────────────────────────────────────────────────────────────────────────────

Key = tuple[int, int, date]


def closings_are_their_payments(session: Session, scope: Scope) -> Found:
    """What a closed day says by method is what was taken, and over or short is the difference."""
    closings = session.execute(
        select(DayClosing, Payee.name, User.name).join(Payee, Payee.id == DayClosing.payee_id)
        .join(User, User.id == DayClosing.cashier_id).where(*scope.of(DayClosing)).order_by(DayClosing.id)
    ).all()  # fmt: skip
    if not closings:
        return
    taken: defaultdict[Key, dict[str, Decimal]] = defaultdict(dict)
    rows = session.execute(
        select(Payment.payee_id, Payment.cashier_id, Payment.paid_on, PaymentLine.method, func.sum(PaymentLine.amount))
        .join(Payment, Payment.id == PaymentLine.payment_id)
        .where(*scope.of(Payment))
        .group_by(Payment.payee_id, Payment.cashier_id, Payment.paid_on, PaymentLine.method)
    )
    for payee_id, cashier_id, day, method, amount in rows:
        taken[payee_id, cashier_id, day][Method(method).value] = amount
    for closing, payee, cashier in closings:
        was = {name: Decimal(amount) for name, amount in closing.expected.items()}
        now = taken[closing.payee_id, closing.cashier_id, closing.day]
        over = sum((Decimal(each) for each in closing.counted.values()), NOTHING) - sum(was.values(), NOTHING)
        differs = any(was.get(name, NOTHING) != now.get(name, NOTHING) for name in was.keys() | now.keys())
        if differs or over != closing.over_short:
            words = _("{payee} {cashier} {day} 的日结应收 {was}，收款明细合计 {now}，或长短款不符。", payee=payee,
                      cashier=cashier, day=closing.day.isoformat(), was=sum(was.values(), NOTHING),
                      now=sum(now.values(), NOTHING))  # fmt: skip
            yield Finding(words, "day_closings", closing.id)


def nothing_after_a_closing(session: Session, scope: Scope) -> Found:
    """Nothing was entered into a day or month after it was closed."""
    in_day = and_(
        DayClosing.payee_id == Payment.payee_id, DayClosing.cashier_id == Payment.cashier_id,
        DayClosing.day == Payment.paid_on, Payment.recorded_at > DayClosing.closed_at,
    )  # fmt: skip
    has_money = select(PaymentLine.id).where(PaymentLine.payment_id == Payment.id).exists()
    days = select(Payment.id, Payment.unit_id, Unit.short, Payment.paid_on).join(DayClosing, in_day)
    days = days.join(Unit, Unit.id == Payment.unit_id).where(*scope.of(Payment), has_money)
    for payment_id, unit_id, unit, day in session.execute(days.order_by(Payment.id)):
        words = _("{unit} 在 {day} 日结之后又记了一笔（第 {id} 笔）。", unit=unit, day=day.isoformat(), id=payment_id)
        yield Finding(words, "payments", payment_id, unit_id)
    for closing in session.scalars(select(MonthClosing).where(*scope.of(MonthClosing)).order_by(MonthClosing.id)):
        yield from _after_month(session, closing)


def _after_month(session: Session, closing: MonthClosing) -> Found:
    month = f"{closing.month:%Y-%m}"
    payments = session.execute(
        select(Payment.id, Payment.unit_id, Unit.short).join(Unit, Unit.id == Payment.unit_id).where(
            Payment.payee_id == closing.payee_id, Payment.recorded_at > closing.closed_at,
            Payment.paid_on >= closing.month, Payment.paid_on < next_month(closing.month),
        )
    )  # fmt: skip
    for payment_id, unit_id, unit in payments:
        words = _("{unit} 在 {month} 月结之后又记了一笔（第 {id} 笔）。", unit=unit, month=month, id=payment_id)
        yield Finding(words, "payments", payment_id, unit_id)
    bills = session.execute(
        select(Bill.id, Bill.unit_id, Unit.short).join(Unit, Unit.id == Bill.unit_id).where(
            Bill.payee_id == closing.payee_id, Bill.month == closing.month,
            or_(Bill.made_at > closing.closed_at, Bill.voided_at > closing.closed_at),
        )
    )  # fmt: skip
    for bill_id, unit_id, unit in bills:
        words = _("{unit} {month} 的账单在月结之后又增加或作废。", unit=unit, month=month)
        yield Finding(words, "bills", bill_id, unit_id)


# ── consent ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@lru_cache(MOST_SCOPES)
def _corrections_were_granted(scope: Scope) -> Any:
    same = and_(Approval.subject == type_coerce(Correction.kind, String), Approval.subject_id == Correction.id)
    steps = select(func.count()).where(same).correlate(Correction).scalar_subquery()
    bad = (
        select(Approval.id).where(same, or_(Approval.verdict != Verdict.GRANTED,
                                            Approval.decided_by == Correction.asked_by)).exists()
    )  # fmt: skip
    done = Correction.state == CorrectionState.DONE
    moves = Correction.kind.not_in((CorrectionKind.WAIVER, CorrectionKind.LATE_WAIVER))
    wrong = or_(
        and_(Correction.state.in_((CorrectionState.GRANTED, CorrectionState.DONE)), or_(steps == 0, bad)),
        and_(done, moves, or_(Payment.id.is_(None), Payment.amount + Correction.amount != 0)),
    )
    return (
        select(Correction.id, Correction.unit_id, Unit.short, Correction.kind, Correction.amount)
        .join(Unit, Unit.id == Correction.unit_id)
        .outerjoin(Payment, Payment.id == Correction.done_payment_id)
        .where(*scope.of(Correction), ~Correction.by_rule, wrong)
        .order_by(Correction.id)
    )


def corrections_were_granted(session: Session, scope: Scope) -> Found:
    """What was carried out was granted by another than its asker, and the cash book has its entry."""
    for correction_id, unit_id, unit, kind, amount in session.execute(_corrections_were_granted(scope)):
        words = _("{unit} 的{kind} {amount} 元没有经他人批准，或与现金账不符。", unit=unit, kind=kind.label,
                  amount=amount)  # fmt: skip
        yield Finding(words, "corrections", correction_id, unit_id)


__all__ = [
    "closings_are_their_payments", "corrections_were_granted", "nothing_after_a_closing",
    "receipts_are_their_payments", "receipts_have_no_gap",
]  # fmt: skip
