"""What does this unit pay? Answered for any day, past or future, by the rule that bills are made by (F1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.ledger.calculations import plan
from db.ledger.choosing import EMPTY_STATES, Rate, Segment, Tariffs
from db.ledger.counting import Counting, Holders, Month, Place
from db.ledger.pricing import next_month, shown_price
from db.ledger.tables import COLLECTED, Anchor, Basis, Cycle, FeeItem, FeeKind, Payee, Tariff
from db.people import Right, require
from db.refused import Refused
from db.registry import Contract, ContractKind, Customer, Occupancy, ParkingSpace, ParkingTenure, Relation, Unit
from db.registry_rules import holds_on
from db.session import actor_of
from db.words import _

LOOKS_AHEAD = timedelta(days=3660)
"""So far ahead the next change of a price is looked for."""


@dataclass(frozen=True)
class Change:
    """What an item costs from a later day on."""

    on: date
    price: Decimal
    name: str


@dataclass(frozen=True)
class Charge:
    """One fee item as a unit pays it on a day, in words that may be read out on the telephone."""

    tariff_id: int
    fee_item_id: int
    item: str
    kind: FeeKind
    payee: str
    name: str
    """The tariff's own."""
    space: str
    """Code of the parking space it is for; empty for the unit itself."""
    basis: Basis
    price: Decimal
    steps: list[list[str | None]]
    amount: Decimal | None
    """Of a whole month, in yuan; None where it depends on use (metered, once) or on an area that nobody has entered."""
    calculation: str
    """As it would stand on the bill of a whole month; empty without an amount."""
    payer: Relation
    payer_name: str
    """Who that is on the day; empty where nobody is entered."""
    cycle: Cycle
    anchor: Anchor
    filing_number: str
    late_clause: str
    late_ppm: int
    """Millionths of the unpaid a day; nothing without a clause."""
    since: date
    until: date | None
    """Last day on which this price holds; None while no end is known."""
    then: Change | None
    """The next price already known."""
    lease: str
    """Number of the lease that the rent is paid by."""

    @property
    def is_collected(self) -> bool:
        """Say whether it is only collected for a utility."""
        return self.kind in COLLECTED


def charges_of(session: Session, unit_id: int, on: date) -> list[Charge]:
    """Say what a unit pays on a day, item by item in their order; what is paid once per occasion comes last.

    State (vacant) and area are today's. Raises `Refused` for a unit outside the actor's estates.
    """
    unit = unit_asked(session, unit_id)
    asked = _Asked(session, unit, on)
    monthly: list[Charge] = []
    for item, payee in asked.items():
        if item.kind is FeeKind.PARKING:
            for space in asked.spaces():
                kind = (str(space.kind), str(space.tenure))
                segments = asked.tariffs.parking_segments(asked.place, kind, item.id, on, asked.horizon)
                monthly += asked.said(item, payee, segments, space=space)
        monthly += asked.said(item, payee, asked.tariffs.segments(asked.place, item.id, on, asked.horizon))
    return [each for each in monthly if each.basis is not Basis.ONCE] + [
        each for each in monthly if each.basis is Basis.ONCE
    ]


def monthly_total(charges: list[Charge]) -> Decimal:
    """Add up what a unit pays every month, in yuan; what depends on use is not in it."""
    return sum((each.amount for each in charges if each.amount is not None), Decimal(0))


def unit_asked(session: Session, unit_id: int) -> Unit:
    """Fetch a unit for who may see what it pays."""
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    unit = session.get(Unit, unit_id)
    if unit is None or unit.estate_id not in actor.estates:
        raise Refused(_("没有找到这套房屋，请重新查找。"))
    return unit


def place_of(unit: Unit) -> Place:
    """See a unit as billing does."""
    area = None if unit.area is None else int(unit.area * 100)
    return Place(
        unit.id, unit.building_id, str(unit.use), str(unit.state), area, unit.handed_over_on, unit.short
    )  # fmt: skip


def whole_month(rate: Rate, day: date, area: int | None, *, empty: bool) -> tuple[Decimal | None, str]:
    """Count a whole month by a tariff, in yuan, with its calculation; None where use or area decides and is unknown.

    `area` in hundredths of m².
    """
    if rate.basis in {Basis.METERED, Basis.ONCE}:
        return None, ""
    first = day.replace(day=1)
    way = plan(((rate, first, next_month(first) - timedelta(days=1)),), empty=empty)
    if way.needs_area and not area:
        return None, ""
    fen, calculation = way.charge(area or 0)
    return Decimal(fen) / 100, calculation


class _Asked:
    """One unit and day that was asked about, with what is read once."""

    def __init__(self, session: Session, unit: Unit, on: date) -> None:
        self.session, self.unit, self.on = session, unit, on
        self.place, self.horizon = place_of(unit), on + LOOKS_AHEAD
        self.tariffs = Tariffs.load(session, unit.estate_id, on, self.horizon)
        ids = list(self.tariffs.rates)
        self.rows = {each.id: each for each in session.scalars(select(Tariff).where(Tariff.id.in_(ids)))}
        self.month = Month(unit.estate_id, on.replace(day=1), (unit.id,))
        payers = {Relation.OWNER, *(each.payer for each in self.tariffs.rates.values())}
        self.holders = Holders(session, self.month, payers)

    def items(self) -> list[tuple[FeeItem, str]]:
        """List the items that have a tariff, with their payees' names."""
        wanted = {each.fee_item_id for each in self.tariffs.rates.values()}
        rows = self.session.execute(
            select(FeeItem, Payee.name)
            .join(Payee, Payee.id == FeeItem.payee_id)
            .where(FeeItem.id.in_(wanted))
            .order_by(FeeItem.position, FeeItem.id)
        )
        return [(item, payee) for item, payee in rows]

    def spaces(self) -> list[ParkingSpace]:
        """List the parking spaces that are billed on this unit."""
        living = select(Occupancy.customer_id).where(Occupancy.unit_id == self.unit.id, holds_on(Occupancy, self.on))
        found = self.session.scalars(
            select(ParkingSpace)
            .where(
                ParkingSpace.estate_id == self.unit.estate_id, ParkingSpace.tenure != ParkingTenure.FREE,
                ParkingSpace.customer_id.in_(living),
            )
            .order_by(ParkingSpace.code)
        ).all()  # fmt: skip
        if not found:
            return []
        theirs = {each.customer_id for each in found}
        units = self.session.scalars(select(Occupancy.unit_id).where(Occupancy.customer_id.in_(theirs)))
        month = Month(self.unit.estate_id, self.month.first, tuple(sorted(set(units))))
        homes = Counting(self.session, month, tariffs=self.tariffs).homes()
        return [each for each in found if each.customer_id in homes and homes[each.customer_id].id == self.unit.id]

    def said(
        self, item: FeeItem, payee: str, segments: tuple[Segment, ...], space: ParkingSpace | None = None
    ) -> list[Charge]:
        """Say what holds on the day, if anything does."""
        if not segments or segments[0][1] > self.on:
            return []
        rate, _first, last = segments[0]
        row = self.rows[rate.id]
        area, empty = self.place.area, self.place.state in EMPTY_STATES
        if space is not None:
            area, empty = None if space.area is None else int(space.area * 100), False
        amount, calculation = whole_month(rate, self.on, area, empty=empty)
        later = next((each for each in segments[1:]), None)
        payer = self.holders.of(self.unit.id, rate.payer, self.on) if space is None else space.customer_id
        return [
            Charge(
                tariff_id=rate.id, fee_item_id=item.id, item=item.name, kind=item.kind, payee=payee, name=rate.name,
                space=space.code if space is not None else "", basis=row.basis, price=row.price,
                steps=row.steps or [], amount=amount, calculation=calculation, payer=row.payer,
                payer_name=self._name(payer), cycle=row.cycle, anchor=row.anchor, filing_number=row.filing_number,
                late_clause=row.late_clause, late_ppm=rate.late_ppm, since=rate.valid_from,
                until=last if last < self.horizon else None,
                then=Change(later[1], shown_price(later[0].price), later[0].name) if later else None,
                lease=self._lease(row) if item.kind is FeeKind.RENT else "",
            )
        ]  # fmt: skip

    def _name(self, customer_id: int | None) -> str:
        return "" if customer_id is None else self.session.get_one(Customer, customer_id).name

    def _lease(self, row: Tariff) -> str:
        leases = select(Contract.number).where(
            Contract.id == row.contract_id
            if row.contract_id is not None
            else (Contract.unit_id == self.unit.id) & (Contract.kind == ContractKind.LEASE),
            Contract.starts_on <= self.on, Contract.ends_on >= self.on,
        )  # fmt: skip
        return self.session.scalar(leases.order_by(Contract.starts_on.desc()).limit(1)) or ""
