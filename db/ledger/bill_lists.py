"""Bills as they are looked up 账单: filtered, summed, paged in SQL; one with all that happened to it; runs (F2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from db.base import Choice
from db.clock import today
from db.ledger import late_fees
from db.ledger.tables import NOTHING, Bill, BillingRun, FeeItem, FeeKind
from db.people import SYSTEM_ID, Actor, Right, User, require
from db.registry import Building, Customer, Estate, Unit
from db.session import actor_of
from db.settings import value_of
from db.words import _

PAGE = 50


class Standing(Choice):
    """How a bill stands."""

    OPEN = "open", _("未缴"), "orange"
    PART = "part", _("部分已缴"), "blue"
    PAID = "paid", _("已缴清"), "green"
    VOID = "void", _("已作废"), "gray"


class Sought(Choice):
    """Which bills are looked for; without a choice, all that are not void."""

    UNPAID = "unpaid", _("未缴清")
    OVERDUE = "overdue", _("已过最迟缴纳日")
    PAID = "paid", _("已缴清")
    VOID = "void", _("已作废")


@dataclass(frozen=True)
class Wanted:
    """What a list of bills is asked for; empty is all."""

    estate_ids: frozenset[int] = frozenset()
    month: date | None = None
    building_id: int | None = None
    fee_item_id: int | None = None
    unit_id: int | None = None
    sought: Sought | None = None
    run_id: int | None = None
    months: tuple[date, date] | None = None
    """From the first of one month to the first, or any day, of another."""
    kind: FeeKind | None = None


@dataclass(frozen=True)
class Line:
    """One bill of a list; yuan."""

    id: int
    unit: str
    building: str
    customer: str
    item: str
    month: date
    period_from: date
    period_to: date
    amount: Decimal
    waived: Decimal
    paid: Decimal
    unpaid: Decimal
    late_fee: Decimal
    """Outstanding today."""
    due_on: date
    standing: Standing
    is_overdue: bool
    calculation: str


@dataclass(frozen=True)
class Sums:
    """What all bills found come to; yuan."""

    bills: int
    amount: Decimal
    waived: Decimal
    paid: Decimal

    @property
    def receivable(self) -> Decimal:
        """Return what was or is to come in, less waivers."""
        return self.amount - self.waived

    @property
    def unpaid(self) -> Decimal:
        """Return what is still owed of the principal."""
        return self.receivable - self.paid


@dataclass(frozen=True)
class Page:
    """One page of a list, and what all of them come to."""

    rows: list[Line]
    sums: Sums
    previous: int | None
    next: int | None


def listed(
    session: Session, wanted: Wanted, *, after: int | None = None, before: int | None = None, limit: int = PAGE
) -> Page:
    """Return one page of the bills, the newest month first, with the sums of all; needs `SEE_MONEY`.

    `after` and `before` are ids of rows shown.
    """
    require(actor_of(session), Right.SEE_MONEY)
    claims = _claims(actor_of(session), wanted)
    backwards = before is not None
    statement = _selected().where(*claims)
    if (row_id := before if backwards else after) is not None:
        statement = statement.where(*_beyond(session, row_id, backwards=backwards))
    order: Sequence[Any] = (Bill.month.desc(), Bill.unit_id, Bill.fee_item_id, Bill.id)
    if backwards:
        order = (Bill.month, Bill.unit_id.desc(), Bill.fee_item_id.desc(), Bill.id.desc())
    rows = _lines(session, session.execute(statement.order_by(*order).limit(limit + 1)).all())
    more, rows = len(rows) > limit, rows[:limit]
    if backwards:
        rows.reverse()
    return Page(
        rows, _sums(session, claims),
        previous=rows[0].id if rows and (more if backwards else after is not None) else None,
        next=rows[-1].id if rows and (more or backwards) else None,
    )  # fmt: skip


def every(session: Session, wanted: Wanted, batch: int = 2000) -> Iterator[Line]:
    """Yield all bills found in the order of the list, for exports; needs `SEE_MONEY`."""
    require(actor_of(session), Right.SEE_MONEY)
    statement = (
        _selected()
        .where(*_claims(actor_of(session), wanted))
        .order_by(Bill.month.desc(), Bill.unit_id, Bill.fee_item_id, Bill.id)
    )
    for some in session.execute(statement.execution_options(yield_per=batch)).partitions():
        yield from _lines(session, some)
        session.expunge_all()


def sums_of(session: Session, wanted: Wanted) -> Sums:
    """Say what all bills found come to; needs `SEE_MONEY`."""
    require(actor_of(session), Right.SEE_MONEY)
    return _sums(session, _claims(actor_of(session), wanted))


def _selected() -> Select[Any]:
    columns: tuple[Any, ...] = (Bill, Unit.short, Building.name, Customer.name, FeeItem.name)
    return (
        select(*columns)
        .select_from(Bill)
        .join(Unit, Unit.id == Bill.unit_id)
        .join(Building, Building.id == Bill.building_id)
        .join(FeeItem, FeeItem.id == Bill.fee_item_id)
        .outerjoin(Customer, Customer.id == Bill.customer_id)
    )


def _lines(session: Session, rows: Sequence[Any]) -> list[Line]:
    on = today()
    return [
        Line(
            bill.id, unit, building, customer or "", item, bill.month, bill.period_from, bill.period_to, bill.amount,
            bill.waived, bill.paid, NOTHING if bill.voided_at else bill.unpaid, late_fee_of(session, bill, on),
            bill.due_on, standing_of(bill), bill.voided_at is None and bill.unpaid > 0 and bill.due_on < on,
            bill.calculation,
        )
        for bill, unit, building, customer, item in rows
    ]  # fmt: skip


def late_fee_of(session: Session, bill: Bill, on: date) -> Decimal:
    """Say what of a bill's late fee is outstanding on a day; nothing of a void one."""
    if bill.voided_at is not None:
        return NOTHING
    return late_fees.outstanding(bill, on, value_of(session, late_fees.LATE_CAP_PERCENT, bill.estate_id))


def standing_of(bill: Bill) -> Standing:
    """Say how a bill stands."""
    if bill.voided_at is not None:
        return Standing.VOID
    if bill.unpaid == 0:
        return Standing.PAID
    return Standing.PART if bill.paid else Standing.OPEN


def _claims(actor: Actor, wanted: Wanted) -> list[ColumnElement[bool]]:
    estates = actor.estates & wanted.estate_ids if wanted.estate_ids else actor.estates
    claims: list[ColumnElement[bool]] = []
    if actor.user_id != SYSTEM_ID:
        claims.append(Bill.estate_id.in_(sorted(estates)))
    for column, value in (
        (Bill.month, wanted.month), (Bill.building_id, wanted.building_id), (Bill.fee_item_id, wanted.fee_item_id),
        (Bill.unit_id, wanted.unit_id), (Bill.run_id, wanted.run_id),
    ):  # fmt: skip
        if value is not None:
            claims.append(column == value)
    if wanted.months is not None:
        claims.append(Bill.month.between(*wanted.months))
    if wanted.kind is not None:
        claims.append(Bill.fee_item_id.in_(select(FeeItem.id).where(FeeItem.kind == wanted.kind)))
    void = wanted.sought is Sought.VOID
    claims.append(Bill.voided_at.is_not(None) if void else Bill.voided_at.is_(None))
    if wanted.sought in {Sought.UNPAID, Sought.OVERDUE}:
        claims.append(Bill.paid + Bill.waived < Bill.amount)
    if wanted.sought is Sought.OVERDUE:
        claims.append(Bill.due_on < today())
    if wanted.sought is Sought.PAID:
        claims.append(Bill.paid + Bill.waived == Bill.amount)
    return claims


def _beyond(session: Session, row_id: int, *, backwards: bool) -> list[ColumnElement[bool]]:
    row = session.get(Bill, row_id)
    if row is None:
        return []
    ways: list[ColumnElement[bool]] = [Bill.month > row.month if backwards else Bill.month < row.month]
    same: list[ColumnElement[bool]] = [Bill.month == row.month]
    for column, value in ((Bill.unit_id, row.unit_id), (Bill.fee_item_id, row.fee_item_id), (Bill.id, row.id)):
        ways.append(and_(*same, column < value if backwards else column > value))
        same.append(column == value)
    return [or_(*ways)]


def _sums(session: Session, claims: Sequence[ColumnElement[bool]]) -> Sums:
    fen = [func.coalesce(func.sum(type_coerce(each, BigInteger)), 0) for each in (Bill.amount, Bill.waived, Bill.paid)]
    count, *sums = session.execute(select(func.count(Bill.id), *fen).where(*claims)).one()
    return Sums(count, *(Decimal(int(each)) / 100 for each in sums))


# ── runs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Run:
    """One run, as its history shows it."""

    id: int
    estate: str
    month: date
    items: str
    bills: int
    amount: Decimal
    by: str
    at: datetime


def runs(session: Session, estate_ids: frozenset[int], limit: int = 20) -> list[Run]:
    """List the latest runs; needs `SEE_MONEY`."""
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    found = session.execute(
        select(BillingRun, Estate.name, User.name)
        .join(Estate, Estate.id == BillingRun.estate_id)
        .join(User, User.id == BillingRun.run_by)
        .where(BillingRun.estate_id.in_(sorted(actor.estates & estate_ids)))
        .order_by(BillingRun.id.desc())
        .limit(limit)
    ).all()
    names = {row.id: row.name for row in session.execute(select(FeeItem.id, FeeItem.name))}
    mark = str(_("、"))
    return [
        Run(run.id, estate, run.month, mark.join(names.get(each, "") for each in run.fee_item_ids), run.bills,
            run.amount, by, run.run_at)
        for run, estate, by in found
    ]  # fmt: skip


__all__ = [
    "PAGE", "Line", "Page", "Run", "Sought", "Standing", "Sums", "Wanted", "every", "late_fee_of", "listed", "runs",
    "standing_of", "sums_of",
]  # fmt: skip
