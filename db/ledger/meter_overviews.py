"""How far the reading of meters is, and what one meter showed month by month (F2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from db.clock import today
from db.ledger.meters import Round
from db.ledger.pricing import next_month
from db.ledger.tables import FeeItem, Meter, Reading, ReadingKind
from db.people import User, in_scope
from db.registry import Building, Unit
from db.session import actor_of


def months_to_read() -> list[date]:
    """Offer the months that readings are entered for, the next one first: fifteen."""
    month = next_month(today())
    months = [month]
    while len(months) < 15:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return months


@dataclass(frozen=True)
class Progress:
    """How far the reading of one item in one building is."""

    building_id: int
    building: str
    fee_item_id: int
    item: str
    meters: int
    read: int
    estimated: int

    @property
    def missing(self) -> int:
        """How many are still to be read."""
        return self.meters - self.read


def progress(session: Session, asked: Round) -> list[Progress]:
    """Say how far a round is, by building and item; what has no meter is left out. One query."""
    counted = and_(Reading.meter_id == Meter.id, Reading.month == asked.month.replace(day=1), ~Reading.superseded)
    estimated = func.sum(case((Reading.kind == ReadingKind.ESTIMATED, 1), else_=0))
    statement = (
        select(
            Building.id, Building.name, FeeItem.id, FeeItem.name, func.count(Meter.id), func.count(Reading.id),
            estimated,
        )
        .select_from(Meter)
        .join(Unit, Unit.id == Meter.unit_id)
        .join(Building, Building.id == Unit.building_id)
        .join(FeeItem, FeeItem.id == Meter.fee_item_id)
        .outerjoin(Reading, counted)
        .where(asked.claim)
        .group_by(Building.id, Building.name, Building.position, FeeItem.id, FeeItem.name, FeeItem.position)
        .order_by(Building.estate_id, Building.position, Building.id, FeeItem.position, FeeItem.id)
    )  # fmt: skip
    rows = session.execute(in_scope(statement, actor_of(session), Meter)).all()
    return [Progress(*tuple(row)) for row in rows]


@dataclass(frozen=True)
class Month:
    """What a meter, with the one it replaced, showed and used in a month."""

    reading_id: int
    meter_id: int
    number: str
    month: date
    read_on: date
    previous: Decimal
    value: Decimal
    quantity: Decimal
    kind: ReadingKind
    rolled_over: bool
    superseded: bool
    note: str
    by: str


def history(session: Session, meter_id: int, *, months: int = 12) -> list[Month]:
    """List a meter's readings of the last months, the newest first, corrected ones under those in their place."""
    statement = (
        select(
            Reading.id, Meter.id, Meter.number, Reading.month, Reading.read_on, Reading.previous, Reading.value,
            Reading.quantity, Reading.kind, Reading.rolled_over, Reading.superseded, Reading.note, User.name,
        )
        .join(Meter, Meter.id == Reading.meter_id)
        .join(User, User.id == Reading.read_by)
        .where(or_(Meter.id == meter_id, Meter.replaced_by == meter_id))
        .order_by(Reading.month.desc(), Reading.superseded, Reading.id.desc())
        .limit(months * 3)
    )  # fmt: skip
    rows = [Month(*tuple(row)) for row in session.execute(in_scope(statement, actor_of(session), Meter))]
    kept = sorted({row.month for row in rows}, reverse=True)[:months]
    return [row for row in rows if row.month in kept]
