"""What is receivable, received and outstanding, defined once for home, page, export and paper (F7; HB:151-152).

A bill belongs to its month 账期, whenever it is paid. Void bills are out of both numbers, approved waivers out of the
receivable; vacant, unsold and disputed units are in. Without `as_of` the figures are today's, from the totals kept
with every write; as of an earlier day they are counted from the bills, waivers and allocations up to that day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import BigInteger, ColumnElement, Select, case, func, select, type_coerce
from sqlalchemy.orm import Session

from db.ledger.money_tables import Allocation, Correction, CorrectionKind, CorrectionState, Payment, PaymentKind, Target
from db.ledger.tables import NOTHING, Bill, FeeItem, FeeKind, FeeTotal
from db.registry import Estate
from db.reports.periods import Period
from db.reports.shares import Share, estates_shown

Rows = Select[*tuple[Any, ...]]
By = Literal["whole", "building", "item", "month"]
MONEY_MOVES = (PaymentKind.PAYMENT, PaymentKind.VOID, PaymentKind.REVERSAL, PaymentKind.REFUND)
"""Entries that money came in or went out by; an offset moves what came in before."""


@dataclass(frozen=True)
class Wish:
    """Which bills a figure is over."""

    period: Period
    """Of whole months: those the bills are for."""
    estate_ids: Collection[int] = ()
    kinds: Collection[FeeKind] = ()
    """All kinds if none is named."""
    item_ids: Collection[int] = ()
    payee_ids: Collection[int] = ()


@dataclass(frozen=True)
class Line:
    """Receivable and received under one heading, in yuan."""

    key: Any
    """Building id, item id or month; `None` for the whole."""
    bills: int
    receivable: Decimal
    """Less waivers."""
    received: Decimal

    @property
    def outstanding(self) -> Decimal:
        """Return what is still owed, in yuan."""
        return self.receivable - self.received

    @property
    def share(self) -> Share:
        """Return received of receivable, in fen."""
        return Share(int(self.received * 100), int(self.receivable * 100))


def billed(session: Session, wish: Wish, by: By = "whole", as_of: date | None = None) -> list[Line]:
    """Sum the bills of months, under one heading or by building, item or month, in the order of their keys.

    The parts add up to the whole. Raises `Refused` without `SEE_FIGURES`.
    """
    source = _totals(session, wish) if as_of is None else _as_of(session, wish, as_of)
    rows = source.subquery()
    key = {"building": rows.c.building_id, "item": rows.c.fee_item_id, "month": rows.c.month}.get(by)
    sums = [func.coalesce(func.sum(rows.c[name]), 0) for name in ("bills", "amount", "waived", "paid")]
    statement: Rows = select(*sums) if key is None else select(key, *sums).group_by(key).order_by(key)
    found = []
    for row in session.execute(statement):
        name, (bills, amount, waived, paid) = (None, row) if key is None else (row[0], row[1:])
        found.append(Line(name, int(bills), _yuan(amount) - _yuan(waived), _yuan(paid)))
    return [each for each in found if each.bills or key is None]


def _yuan(fen: int) -> Decimal:
    return Decimal(int(fen)).scaleb(-2)


def _conditions(session: Session, wish: Wish, table: Any) -> list[ColumnElement[bool]]:
    estates = estates_shown(session, wish.estate_ids)
    found = [
        table.estate_id.in_(estates), table.month.between(wish.period.first.replace(day=1), wish.period.last),
    ]  # fmt: skip
    if wish.item_ids:
        found.append(table.fee_item_id.in_(wish.item_ids))
    if wish.payee_ids:
        found.append(table.fee_item_id.in_(select(FeeItem.id).where(FeeItem.payee_id.in_(wish.payee_ids))))
    return found


def _totals(session: Session, wish: Wish) -> Rows:
    statement = select(
        FeeTotal.building_id, FeeTotal.fee_item_id, FeeTotal.month, FeeTotal.bills,
        *(type_coerce(each, BigInteger).label(each.key) for each in (FeeTotal.amount, FeeTotal.waived, FeeTotal.paid)),
    ).where(*_conditions(session, wish, FeeTotal))  # fmt: skip
    return statement.where(FeeTotal.kind.in_(wish.kinds)) if wish.kinds else statement


def _as_of(session: Session, wish: Wish, day: date) -> Rows:
    """Count from the bills what had been waived and allocated up to and including `day`."""
    waived = (
        select(Correction.bill_id, func.sum(type_coerce(Correction.amount, BigInteger)).label("amount"))
        .where(
            Correction.kind == CorrectionKind.WAIVER, Correction.state == CorrectionState.DONE,
            Correction.granted_on <= day,
        )
        .group_by(Correction.bill_id)
        .subquery()
    )  # fmt: skip
    paid = (
        select(Allocation.bill_id, func.sum(type_coerce(Allocation.amount, BigInteger)).label("amount"))
        .where(Allocation.target == Target.PRINCIPAL, Allocation.allocated_on <= day)
        .group_by(Allocation.bill_id)
        .subquery()
    )
    return (
        _bills(session, wish)
        .add_columns(
            func.coalesce(waived.c.amount, 0).label("waived"), func.coalesce(paid.c.amount, 0).label("paid"),
        )
        .outerjoin(waived, waived.c.bill_id == Bill.id)
        .outerjoin(paid, paid.c.bill_id == Bill.id)
    )  # fmt: skip


def _bills(session: Session, wish: Wish) -> Rows:
    statement = select(
        Bill.building_id, Bill.fee_item_id, Bill.month, type_coerce(1, BigInteger).label("bills"),
        type_coerce(Bill.amount, BigInteger).label("amount"),
    ).where(Bill.voided_at.is_(None), *_conditions(session, wish, Bill))  # fmt: skip
    if wish.kinds:
        statement = statement.where(Bill.fee_item_id.in_(select(FeeItem.id).where(FeeItem.kind.in_(wish.kinds))))
    return statement


def item_names(session: Session, estate_ids: Collection[int] = ()) -> dict[int, str]:
    """Name the fee items, with their estate's name where two estates have one of the same name."""
    rows = session.execute(
        select(FeeItem.id, FeeItem.name, Estate.name)
        .join(Estate, Estate.id == FeeItem.estate_id)
        .where(FeeItem.estate_id.in_(estates_shown(session, estate_ids)))
        .order_by(FeeItem.estate_id, FeeItem.position, FeeItem.id)
    ).all()
    often = Counter(name for _item, name, _estate in rows)
    return {item: f"{estate} {name}" if often[name] > 1 else name for item, name, estate in rows}


def by_units(session: Session, wish: Wish, by: By = "whole") -> dict[Any, Share]:
    """Count units that owe nothing of these bills, of those billed 户收费率, by key; today's."""
    owing = func.sum(type_coerce(Bill.amount - Bill.waived - Bill.paid, BigInteger)).label("owing")
    heading = {"building": Bill.building_id, "item": Bill.fee_item_id, "month": Bill.month}.get(by)
    keys = [Bill.unit_id] if heading is None else [Bill.unit_id, heading.label("heading")]
    per_unit = _bills(session, wish).with_only_columns(*keys, owing).group_by(*keys).subquery()
    settled = func.coalesce(func.sum(case((per_unit.c.owing == 0, 1), else_=0)), 0)
    if heading is None:
        row = session.execute(select(settled, func.count()).select_from(per_unit)).one()
        return {None: Share(int(row[0]), int(row[1]))}
    rows = session.execute(select(per_unit.c.heading, settled, func.count()).group_by(per_unit.c.heading))
    return {key: Share(int(n), int(of)) for key, n, of in rows}


@dataclass(frozen=True)
class Recovery:
    """Old arrears: what stood open from months before when the period began, and what came in of it meanwhile."""

    at_start: Decimal
    recovered: Decimal

    @property
    def share(self) -> Share:
        """Return recovered of what stood open 清欠率, in fen."""
        return Share(int(self.recovered * 100), int(self.at_start * 100))


def recovery(session: Session, wish: Wish, by: By = "whole") -> dict[Any, Recovery]:
    """Say by key what of the arrears from before the period was recovered in it; `wish.period` is the period itself."""
    before = replace(
        wish, period=Period(date(1900, 1, 1), date.fromordinal(wish.period.first.toordinal() - 1))
    )  # fmt: skip
    start = {each.key: each for each in billed(session, before, by, before.period.last)}
    end = {each.key: each for each in billed(session, before, by, wish.period.last)}
    none = Line(None, 0, NOTHING, NOTHING)
    return {
        key: Recovery(start.get(key, none).outstanding, each.received - start.get(key, none).received)
        for key, each in end.items()
    }


@dataclass(frozen=True)
class Received:
    """Money that came in in a period, less what was voided, reversed and refunded; in yuan."""

    current: Decimal
    """For bills of the period's months."""
    arrears: Decimal
    """For months before it."""
    ahead: Decimal
    """For months after it, and kept as balance 预收."""
    late_fees: Decimal
    deposits: Decimal

    @property
    def total(self) -> Decimal:
        """Return what moved through the cash book."""
        return self.current + self.arrears + self.ahead + self.late_fees + self.deposits


def received(session: Session, wish: Wish) -> Received:
    """Sum what came in in the period, by what it was for; adds up to the payments of those days."""
    estates = estates_shown(session, wish.estate_ids)
    first, last = wish.period.first, wish.period.last
    when = case(
        (Allocation.target == Target.LATE_FEE, "late"), (Allocation.target == Target.DEPOSIT, "deposit"),
        (Bill.month < first.replace(day=1), "arrears"), (Bill.month <= last, "current"), else_="ahead",
    )  # fmt: skip
    statement = (
        select(when, func.sum(type_coerce(Allocation.amount, BigInteger)))
        .join(Payment, Payment.id == Allocation.payment_id)
        .outerjoin(Bill, Bill.id == Allocation.bill_id)
        .where(
            Payment.estate_id.in_(estates), Payment.kind.in_(MONEY_MOVES), Allocation.allocated_on.between(first, last)
        )
        .group_by(when)
    )
    if wish.payee_ids:
        statement = statement.where(Payment.payee_id.in_(wish.payee_ids))
    sums = {name: _yuan(fen) for name, fen in session.execute(statement)}
    return Received(*(sums.get(name, NOTHING) for name in ("current", "arrears", "ahead", "late", "deposit")))
