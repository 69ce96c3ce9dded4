"""The books' checks, one by one: each is a query that finds rows which contradict each other, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, case, func, or_, select, type_coerce
from sqlalchemy.orm import Session, aliased

from db.ledger.money_tables import (
    Allocation,
    Balance,
    Correction,
    CorrectionKind,
    CorrectionState,
    Deposit,
    Payment,
    PaymentKind,
    PaymentLine,
    Target,
)
from db.ledger.tables import Bill, FeeItem, FeeTotal
from db.registry import Occupancy, Relation, Unit
from db.words import Words, _

MOST_SCOPES = 64
"""So many scopes' questions are kept ready: to put one together takes longer than to ask it."""


@dataclass(frozen=True)
class Scope:
    """What is looked at: all, or some estates, or one payee of theirs."""

    estate_ids: frozenset[int] | None = None
    payee_id: int | None = None

    def of(self, model: Any) -> list[ColumnElement[bool]]:
        """Claim: a row is looked at."""
        claims: list[ColumnElement[bool]] = []
        if self.estate_ids is not None and hasattr(model, "estate_id"):
            claims.append(model.estate_id.in_(sorted(self.estate_ids)))
        if self.payee_id is not None and hasattr(model, "payee_id"):
            claims.append(model.payee_id == self.payee_id)
        return claims


@dataclass(frozen=True)
class Finding:
    """A contradiction, with the row that it leads to."""

    words: Words
    table: str
    row_id: int
    unit_id: int | None = None


Found = Iterator[Finding]


def _summed(column: Any, *by: Any, where: Any = ()) -> Any:
    """Sum a column by others, as a subquery with `s`."""
    return select(*by, func.sum(column).label("s")).where(*where).group_by(*by).subquery()


def _or_nothing(summed: Any) -> Any:
    return func.coalesce(summed, 0)


# ── payments ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@lru_cache(MOST_SCOPES)
def _payments_add_up(scope: Scope) -> Any:
    lines = _summed(PaymentLine.amount, PaymentLine.payment_id)
    parts = _summed(Allocation.amount, Allocation.payment_id)
    return (
        select(Payment.id, Payment.unit_id, Unit.short, Payment.amount, lines.c.s, parts.c.s)
        .join(Unit, Unit.id == Payment.unit_id)
        .outerjoin(lines, lines.c.payment_id == Payment.id)
        .outerjoin(parts, parts.c.payment_id == Payment.id)
        .where(
            *scope.of(Payment),
            or_(_or_nothing(lines.c.s) != Payment.amount, _or_nothing(parts.c.s) != Payment.amount),
        )
        .order_by(Payment.id)
    )  # fmt: skip


def payments_add_up(session: Session, scope: Scope) -> Found:
    """A payment's money by method and its parts each make its amount."""
    for payment_id, unit_id, unit, amount, by_method, by_part in session.execute(_payments_add_up(scope)):
        words = _(
            "{unit} 的收款（第 {id} 笔）金额 {amount}，各方式合计 {by_method}，去向合计 {by_part}。",
            unit=unit, id=payment_id, amount=amount, by_method=by_method or 0, by_part=by_part or 0,
        )  # fmt: skip
        yield Finding(words, "payments", payment_id, unit_id)


@lru_cache(MOST_SCOPES)
def _payments_are_what_they_say(scope: Scope) -> Any:
    other = aliased(Payment)
    counter = Payment.kind.in_((PaymentKind.VOID, PaymentKind.REVERSAL))
    wrong = or_(
        and_(Payment.kind == PaymentKind.PAYMENT, Payment.amount <= 0),
        and_(Payment.kind == PaymentKind.REFUND, Payment.amount >= 0),
        and_(Payment.kind.in_((PaymentKind.OFFSET, PaymentKind.DEDUCTION)), Payment.amount != 0),
        and_(~counter, Payment.reverses_id.is_not(None)),
        and_(
            counter,
            or_(
                other.id.is_(None), other.kind != PaymentKind.PAYMENT, other.payee_id != Payment.payee_id,
                type_coerce(Payment.amount, BigInteger) + type_coerce(other.amount, BigInteger) != 0,
            ),
        ),
    )  # fmt: skip
    return (
        select(Payment.id, Payment.unit_id, Unit.short, Payment.kind, Payment.amount)
        .join(Unit, Unit.id == Payment.unit_id)
        .outerjoin(other, other.id == Payment.reverses_id)
        .where(*scope.of(Payment), wrong)
        .order_by(Payment.id)
    )


def payments_are_what_they_say(session: Session, scope: Scope) -> Found:
    """Money comes in by a payment and goes out by a refund; a counter-entry undoes exactly one payment."""
    for payment_id, unit_id, unit, kind, amount in session.execute(_payments_are_what_they_say(scope)):
        words = _("{unit} 的{kind}（第 {id} 笔）金额 {amount} 与种类或原收款不符。", unit=unit, kind=kind.label,
                  id=payment_id, amount=amount)  # fmt: skip
        yield Finding(words, "payments", payment_id, unit_id)


@lru_cache(MOST_SCOPES)
def _parts_lead_somewhere(scope: Scope) -> Any:
    to_bill = Allocation.target.in_((Target.PRINCIPAL, Target.LATE_FEE))
    wrong = or_(
        to_bill != Allocation.bill_id.is_not(None),
        Allocation.target.in_((Target.DEPOSIT, Target.DEDUCTED)) != Allocation.deposit_id.is_not(None),
        Allocation.payee_id != Payment.payee_id,
        Allocation.allocated_on != Payment.paid_on,
        and_(Bill.id.is_not(None), or_(Bill.payee_id != Allocation.payee_id, Bill.unit_id != Allocation.unit_id)),
        and_(
            Deposit.id.is_not(None),
            or_(Deposit.payee_id != Allocation.payee_id, Deposit.unit_id != Allocation.unit_id),
        ),
    )
    return (
        select(Payment.id, Allocation.unit_id, Unit.short, Allocation.target, Allocation.amount)
        .select_from(Allocation)
        .join(Payment, Payment.id == Allocation.payment_id)
        .join(Unit, Unit.id == Allocation.unit_id)
        .outerjoin(Bill, Bill.id == Allocation.bill_id)
        .outerjoin(Deposit, Deposit.id == Allocation.deposit_id)
        .where(*scope.of(Payment), wrong)
        .order_by(Allocation.id)
    )


def parts_lead_somewhere(session: Session, scope: Scope) -> Found:
    """Each part goes to a bill or deposit of its unit and payee, on the day of its payment."""
    for payment_id, unit_id, unit, target, amount in session.execute(_parts_lead_somewhere(scope)):
        words = _("{unit} 的收款（第 {id} 笔）有 {amount} 元记到“{target}”，与账单、押金或日期对不上。", unit=unit,
                  id=payment_id, amount=amount, target=target.label)  # fmt: skip
        yield Finding(words, "payments", payment_id, unit_id)


# ── bills ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@lru_cache(MOST_SCOPES)
def _bills_are_settled_by_payments(scope: Scope) -> Any:
    principal = Allocation.target == Target.PRINCIPAL
    days = type_coerce(Allocation.amount, BigInteger) * Allocation.late_days
    sums: Any = (
        select(
            Allocation.bill_id,
            func.sum(case((principal, Allocation.amount), else_=0)).label("paid"),
            func.sum(case((principal, 0), else_=Allocation.amount)).label("late_paid"),
            func.sum(case((principal, days), else_=0)).label("late_base"),
        )
        .where(Allocation.bill_id.is_not(None))
        .group_by(Allocation.bill_id)
        .subquery()
    )
    paid, late = _or_nothing(sums.c.paid), _or_nothing(sums.c.late_paid)
    return (
        select(Bill.id, Bill.unit_id, Unit.short, Bill.month, Bill.paid, paid, Bill.late_paid, late)
        .join(Unit, Unit.id == Bill.unit_id)
        .outerjoin(sums, sums.c.bill_id == Bill.id)
        .where(
            *scope.of(Bill),
            or_(
                paid != Bill.paid, late != Bill.late_paid,
                and_(Bill.voided_at.is_(None), _or_nothing(sums.c.late_base) != Bill.late_base),
            ),
        )
        .order_by(Bill.id)
    )  # fmt: skip


def bills_are_settled_by_payments(session: Session, scope: Scope) -> Found:
    """What a bill shows as paid, of principal, late fee and days late, is the sum of its allocations."""
    rows = session.execute(_bills_are_settled_by_payments(scope))
    for bill_id, unit_id, unit, month, shown, counted, late_shown, late_counted in rows:
        words = _(
            "{unit} {month} 的账单记实收 {shown}、违约金实收 {late_shown}，收款明细合计 {counted}、{late_counted}；"
            "或迟缴天数不符。",
            unit=unit, month=f"{month:%Y-%m}", shown=shown, counted=counted, late_shown=late_shown,
            late_counted=late_counted,
        )  # fmt: skip
        yield Finding(words, "bills", bill_id, unit_id)


@lru_cache(MOST_SCOPES)
def _bills_are_waived_by_corrections(scope: Scope) -> Any:
    late = Correction.kind == CorrectionKind.LATE_WAIVER
    sums: Any = (
        select(
            Correction.bill_id,
            func.sum(case((late, 0), else_=Correction.amount)).label("waived"),
            func.sum(case((late, Correction.amount), else_=0)).label("late_waived"),
        )
        .where(Correction.bill_id.is_not(None), Correction.state == CorrectionState.DONE)
        .group_by(Correction.bill_id)
        .subquery()
    )
    waived, late_waived = _or_nothing(sums.c.waived), _or_nothing(sums.c.late_waived)
    return (
        select(Bill.id, Bill.unit_id, Unit.short, Bill.month, Bill.waived, waived, Bill.late_waived, late_waived)
        .join(Unit, Unit.id == Bill.unit_id)
        .outerjoin(sums, sums.c.bill_id == Bill.id)
        .where(*scope.of(Bill), or_(waived != Bill.waived, late_waived != Bill.late_waived))
        .order_by(Bill.id)
    )


def bills_are_waived_by_corrections(session: Session, scope: Scope) -> Found:
    """What a bill shows as waived is the sum of what was granted."""
    rows = session.execute(_bills_are_waived_by_corrections(scope))
    for bill_id, unit_id, unit, month, shown, counted, late_shown, late_counted in rows:
        words = _(
            "{unit} {month} 的账单记减免 {shown}、减免违约金 {late_shown}，批准的合计 {counted}、{late_counted}。",
            unit=unit, month=f"{month:%Y-%m}", shown=shown, counted=counted, late_shown=late_shown,
            late_counted=late_counted,
        )  # fmt: skip
        yield Finding(words, "bills", bill_id, unit_id)


@lru_cache(MOST_SCOPES)
def _bills_are_made_once(scope: Scope) -> Any:
    return (
        select(func.max(Bill.id), Bill.unit_id, Unit.short, Bill.month, func.count())
        .join(Unit, Unit.id == Bill.unit_id)
        .where(*scope.of(Bill), Bill.voided_at.is_(None))
        .group_by(Bill.unit_id, Unit.short, Bill.fee_item_id, Bill.month, Bill.source)
        .having(func.count() > 1)
    )


def bills_are_made_once(session: Session, scope: Scope) -> Found:
    """A unit, item and month have one bill."""
    for bill_id, unit_id, unit, month, n in session.execute(_bills_are_made_once(scope)):
        words = _("{unit} {month} 同一项目有 {n} 张账单。", unit=unit, month=f"{month:%Y-%m}", n=n)
        yield Finding(words, "bills", bill_id, unit_id)


@lru_cache(MOST_SCOPES)
def _totals_are_the_sum_of_bills(scope: Scope) -> tuple[Any, Any]:
    keys = (Bill.estate_id, Bill.month, Bill.building_id, Bill.fee_item_id)
    bills: Any = (
        select(
            *keys, FeeItem.kind, func.count().label("n"), func.sum(Bill.amount).label("amount"),
            func.sum(Bill.waived).label("waived"), func.sum(Bill.paid).label("paid"),
        )
        .join(FeeItem, FeeItem.id == Bill.fee_item_id)
        .where(Bill.voided_at.is_(None), *scope.of(Bill))
        .group_by(*keys, FeeItem.kind)
        .subquery()
    )  # fmt: skip
    same = and_(*(bills.c[key.key] == getattr(FeeTotal, key.key) for key in keys), bills.c.kind == FeeTotal.kind)
    differs = or_(
        _or_nothing(FeeTotal.bills) != _or_nothing(bills.c.n),
        *(_or_nothing(getattr(FeeTotal, name)) != _or_nothing(bills.c[name]) for name in ("amount", "waived", "paid")),
    )
    shown = (FeeItem.name, FeeItem.id, FeeTotal.amount, bills.c.amount, FeeTotal.paid, bills.c.paid)
    kept = (
        select(FeeTotal.month, *shown).select_from(FeeTotal).outerjoin(bills, same)
        .join(FeeItem, FeeItem.id == FeeTotal.fee_item_id)
    )  # fmt: skip
    missing = (
        select(bills.c.month, *shown).select_from(bills).outerjoin(FeeTotal, same)
        .join(FeeItem, FeeItem.id == bills.c.fee_item_id).where(FeeTotal.month.is_(None))
    )  # fmt: skip
    return kept.where(*scope.of(FeeTotal), *scope.of(FeeItem), differs), missing


def totals_are_the_sum_of_bills(session: Session, scope: Scope) -> Found:
    """What home and the reports show of a month, building and item is the sum of its bills."""
    for statement in _totals_are_the_sum_of_bills(scope):
        for month, item, item_id, amount, counted, paid, counted_paid in session.execute(statement):
            words = _(
                "{month} {item} 的合计记应收 {amount}、实收 {paid}，账单合计 {counted}、{counted_paid}。",
                month=f"{month:%Y-%m}", item=item, amount=amount or 0, counted=counted or 0, paid=paid or 0,
                counted_paid=counted_paid or 0,
            )  # fmt: skip
            yield Finding(words, "fee_totals", item_id)


# ── balances and deposits ────────────────────────────────────────────────────────────────────────────────────────────


@lru_cache(MOST_SCOPES)
def _balances_are_what_was_paid_ahead(scope: Scope) -> tuple[Any, Any]:
    by = (Allocation.unit_id, Allocation.payee_id)
    sums = _summed(Allocation.amount, *by, where=[Allocation.target == Target.BALANCE])
    same = and_(sums.c.unit_id == Balance.unit_id, sums.c.payee_id == Balance.payee_id)
    kept = (
        select(Balance.unit_id, Unit.short, Balance.amount, sums.c.s)
        .join(Unit, Unit.id == Balance.unit_id).outerjoin(sums, same)
        .where(*scope.of(Balance), or_(_or_nothing(sums.c.s) != Balance.amount, Balance.amount < 0))
    )  # fmt: skip
    missing = (
        select(Unit.id, Unit.short, Balance.amount, sums.c.s)
        .select_from(sums).join(Unit, Unit.id == sums.c.unit_id).outerjoin(Balance, same)
        .where(*scope.of(Unit), Balance.unit_id.is_(None), sums.c.s != 0)
    )  # fmt: skip
    return kept, missing


def balances_are_what_was_paid_ahead(session: Session, scope: Scope) -> Found:
    """A balance is the sum of what was put into it and taken out, and not below nothing."""
    for statement in _balances_are_what_was_paid_ahead(scope):
        for unit_id, unit, held, counted in session.execute(statement):
            words = _("{unit} 的预存余额记 {held}，存取合计 {counted}。", unit=unit, held=held or 0,
                      counted=counted or 0)  # fmt: skip
            yield Finding(words, "balances", unit_id, unit_id)


@lru_cache(MOST_SCOPES)
def _deposits_are_what_was_left(scope: Scope) -> Any:
    sums = _summed(Allocation.amount, Allocation.deposit_id, where=[Allocation.target == Target.DEPOSIT])
    return (
        select(Deposit.id, Deposit.unit_id, Unit.short, Deposit.kind, Deposit.held, sums.c.s)
        .join(Unit, Unit.id == Deposit.unit_id)
        .outerjoin(sums, sums.c.deposit_id == Deposit.id)
        .where(*scope.of(Deposit), or_(_or_nothing(sums.c.s) != Deposit.held, Deposit.held < 0))
        .order_by(Deposit.id)
    )


def deposits_are_what_was_left(session: Session, scope: Scope) -> Found:
    """A deposit is what was taken, less what was deducted, set off and paid back; not below nothing."""
    for deposit_id, unit_id, unit, kind, held, counted in session.execute(_deposits_are_what_was_left(scope)):
        words = _("{unit} 的{kind}记现存 {held}，收退扣合计 {counted}。", unit=unit, kind=kind.label, held=held,
                  counted=counted or 0)  # fmt: skip
        yield Finding(words, "deposits", deposit_id, unit_id)


# ── owners ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_EVER, _FOR_EVER = date(1, 1, 1), date(9999, 12, 31)

@lru_cache(MOST_SCOPES)
def _one_owner_of_record(scope: Scope) -> Any:
    other = aliased(Occupancy)

    owns = [each for row in (Occupancy, other) for each in (row.relation == Relation.OWNER, ~row.co_owner)]
    return (
        select(Unit.id, Unit.short, func.coalesce(other.starts_on, Occupancy.starts_on))
        .select_from(Occupancy)
        .join(other, and_(other.unit_id == Occupancy.unit_id, other.id > Occupancy.id))
        .join(Unit, Unit.id == Occupancy.unit_id)
        .where(
            *scope.of(Unit), *owns,
            func.coalesce(Occupancy.starts_on, _EVER) <= func.coalesce(other.ends_on, _FOR_EVER),
            func.coalesce(other.starts_on, _EVER) <= func.coalesce(Occupancy.ends_on, _FOR_EVER),
        )
        .order_by(Unit.id)
    )  # fmt: skip


def one_owner_of_record(session: Session, scope: Scope) -> Found:
    """A unit has one owner of record on a day; others are marked as co-owners."""
    for unit_id, unit, _since in session.execute(_one_owner_of_record(scope)):
        words = _("{unit} 同一天登记了两位业主，请核对过户日期，或把其中一位记为共有人。", unit=unit)
        yield Finding(words, "occupancies", unit_id, unit_id)


__all__ = [
    "MOST_SCOPES", "Finding", "Found", "Scope", "balances_are_what_was_paid_ahead", "bills_are_made_once",
    "bills_are_settled_by_payments", "bills_are_waived_by_corrections", "deposits_are_what_was_left",
    "one_owner_of_record", "parts_lead_somewhere", "payments_add_up", "payments_are_what_they_say",
    "totals_are_the_sum_of_bills",
]  # fmt: skip
