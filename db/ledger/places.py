"""Which units are billed, and who holds them: read in raw values, a hundred thousand at a time (F2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, String, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from db.ledger.pricing import next_month
from db.ledger.tables import Bill, FeeItem, FeeKind
from db.registry import Building, Occupancy, Relation, Unit, UnitUse

_SOME = 5_000


class Item(NamedTuple):
    """A fee item as it is counted."""

    id: int
    name: str
    kind: str
    payee_id: int


class Place(NamedTuple):
    """A unit as it is counted: raw values, areas in hundredths of m²."""

    id: int
    building_id: int
    use: str
    state: str
    area: int | None
    handed_over_on: date | None
    short: str


@dataclass(frozen=True)
class Month:
    """Which bills are counted."""

    estate_id: int
    first: date
    """First day of the calendar month."""
    unit_ids: tuple[int, ...] = ()
    """Only these, where it names any."""

    @property
    def last(self) -> date:
        """Return the month's last day."""
        return next_month(self.first) - timedelta(days=1)


PLACE: tuple[Any, ...] = (
    Unit.id, Unit.building_id, type_coerce(Unit.use, String), type_coerce(Unit.state, String),
    type_coerce(Unit.area, BigInteger), Unit.handed_over_on, Unit.short,
)  # fmt: skip


def places(session: Session, month: Month, item: Item, *, unbilled: bool = False) -> Iterator[Place]:
    """Read the units an item may concern; only those without the month's bill, if so asked."""
    statement = select(*PLACE).where(Unit.estate_id == month.estate_id)
    if month.unit_ids:
        statement = statement.where(Unit.id.in_(month.unit_ids))
    if item.kind == FeeKind.PARKING:
        statement = statement.where(Unit.use == UnitUse.PARKING)
    if unbilled:
        made = select(Bill.id).where(
            Bill.estate_id == month.estate_id, Bill.month == month.first, Bill.fee_item_id == item.id,
            Bill.source == "", Bill.voided_at.is_(None),
        )  # fmt: skip
        if session.scalar(made.limit(1)) is not None:  # a first run need not look at each unit's bills
            statement = statement.where(~made.where(Bill.unit_id == Unit.id).exists())
        yield from _read(session, statement)
        return
    statement = statement.join(Building, Building.id == Unit.building_id).order_by(
        Building.position, Building.code, Unit.entrance, func.coalesce(Unit.floor, 0), Unit.short
    )
    yield from map(Place._make, session.connection().execute(statement))


def _read(session: Session, statement: Select[Any]) -> Iterator[Place]:
    """Read units by number, some at a time: a hundred thousand at once would only keep the collector busy."""
    last = 0
    while True:
        some = statement.where(Unit.id > last).order_by(Unit.id).limit(_SOME)
        rows: Any = session.connection().execute(some).all()  # Core rows: no unit becomes an object of the session
        yield from map(Place._make, rows)
        if len(rows) < _SOME:
            return
        last = rows[-1].id


def items_of(session: Session, estate_id: int, fee_item_ids: Collection[int] | None = None) -> list[Item]:
    """Read fee items of an estate, in their order: those wanted, or all in use."""
    statement = (
        select(FeeItem.id, FeeItem.name, FeeItem.kind, FeeItem.payee_id)
        .where(FeeItem.estate_id == estate_id, FeeItem.active if fee_item_ids is None else FeeItem.id.in_(fee_item_ids))
        .order_by(FeeItem.position, FeeItem.id)
    )
    return [Item(*row) for row in session.execute(statement)]


def overlapping(month: Month) -> tuple[Any, ...]:
    """Claim: an occupancy holds on some day of the month."""
    return (
        or_(Occupancy.starts_on.is_(None), Occupancy.starts_on <= month.last),
        or_(Occupancy.ends_on.is_(None), Occupancy.ends_on >= month.first),
    )


class Holders:
    """Who holds each unit in a month: the tariff's payer on the bill's last day, else the owner."""

    def __init__(self, session: Session, month: Month, relations: Collection[str]) -> None:
        """Read whoever holds a unit on any day of the month; co-owners stand behind the owner of record."""
        statement = (
            select(Occupancy.unit_id, type_coerce(Occupancy.relation, String), Occupancy.customer_id,
                   Occupancy.starts_on, Occupancy.ends_on)
            .join(Unit, Unit.id == Occupancy.unit_id)
            .where(Unit.estate_id == month.estate_id, *overlapping(month), Occupancy.relation.in_(relations))
            .order_by(Occupancy.co_owner.desc(), Occupancy.starts_on.asc().nulls_first(), Occupancy.id.desc())
        )  # fmt: skip
        if month.unit_ids:
            statement = statement.where(Unit.id.in_(month.unit_ids))
        self._always: defaultdict[str, dict[int, int]] = defaultdict(dict)
        self._some: dict[tuple[str, int], list[tuple[date, date, int]]] = {}
        """Of units whose holder changes within the month, all; the one to be named last stands last."""
        self.changes: defaultdict[int, set[date]] = defaultdict(set)
        """Of units whose holder changes within the month, the days on which somebody else may hold them."""
        for unit_id, relation, customer_id, starts_on, ends_on in session.connection().execute(statement):
            always = self._always[relation]
            if (starts_on is None or starts_on <= month.first) and (ends_on is None or ends_on >= month.last):
                always[unit_id] = customer_id
            else:
                days = (starts_on or date.min, ends_on or date.max, customer_id)
                self._some.setdefault((relation, unit_id), []).append(days)
                self.changes[unit_id] |= {day for day in (starts_on, ends_on and ends_on + timedelta(days=1)) if day}

    def of(self, unit_id: int, payer: str, day: date) -> int | None:
        """Say who pays for a unit on a day of the month; nobody where nobody is entered (an unsold unit)."""
        found = self.on(unit_id, payer, day)
        return self.on(unit_id, Relation.OWNER, day) if found is None and payer != Relation.OWNER else found

    def on(self, unit_id: int, relation: str, day: date) -> int | None:
        """Say who holds a unit as what on a day of the month; only of the relations that were read."""
        if self._some:
            for first, last, customer_id in reversed(self._some.get((relation, unit_id), ())):
                if first <= day <= last:
                    return customer_id
        return self._always[relation].get(unit_id)


__all__ = ["PLACE", "Holders", "Item", "Month", "Place", "items_of", "overlapping", "places"]
