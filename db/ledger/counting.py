"""What an estate's units owe for a month, counted without writing: for the run, its preview, and one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, String, case, or_, select, type_coerce
from sqlalchemy.orm import Session

from db.base import Choice
from db.ledger.calculations import Plan, metered, plan
from db.ledger.choosing import EMPTY_STATES, Segment, Tariffs
from db.ledger.due import Due, Dues
from db.ledger.places import PLACE, Holders, Item, Month, Place, items_of, overlapping, places
from db.ledger.readings import quantities
from db.ledger.tables import Anchor, Basis, Bill, FeeItem, FeeKind, Meter, Reading
from db.registry import Occupancy, ParkingSpace, ParkingTenure, Relation, Unit, UnitUse
from db.words import _

PARKING = "parking:{id}"
"""The source of a parking space's bill."""


class Why(Choice):
    """Why a unit gets no bill."""

    BILLED = "billed", _("已出账"), "green"
    NO_AREA = "no_area", _("没有建筑面积"), "red"
    NO_TARIFF = "no_tariff", _("没有适用的收费标准"), "gray"
    NO_METER = "no_meter", _("没有登记表计"), "gray"
    NO_READING = "no_reading", _("没有本期抄表读数"), "orange"
    NOTHING_USED = "nothing_used", _("本期没有用量")
    VACANT = "vacant", _("空置不收")
    NOT_HANDED_OVER = "not_handed_over", _("尚未交房")
    NO_PRICE = "no_price", _("金额为零"), "orange"
    NO_UNIT = "no_unit", _("车位的客户没有房屋"), "orange"
    NO_CUSTOMER = "no_customer", _("车位没有登记客户"), "orange"


class Way(NamedTuple):
    """How a unit is charged, and when it is due; shared by all that differ in area alone."""

    plan: Plan
    due: Due


class Charge(NamedTuple):
    """A bill about to be made."""

    place: Place
    item: Item
    way: Way
    customer_id: int | None
    fen: int
    calculation: str
    source: str = ""


class Left(NamedTuple):
    """A unit, or parking space, that gets no bill, and why."""

    place: Place | None
    item: Item
    why: Why
    said: str = ""
    """What is left out, where it is not the unit itself: a parking space's code."""


class Counting:
    """What a month is counted from, read once: tariffs, units, who holds them, what was used."""

    def __init__(self, session: Session, month: Month, *, tariffs: Tariffs | None = None) -> None:
        """Read what all items share; the caller has checked that the actor may see the estate."""
        self.session, self.month = session, month
        self.tariffs = tariffs or Tariffs.load(session, month.estate_id, month.first, month.last)
        self.dues = Dues(session, month.estate_id, month.first)
        self.left: list[Left] = []
        self._ways: dict[tuple[tuple[Segment, ...], bool, int], Way] = {}
        self._by_hand_over = any(each.anchor == Anchor.HAND_OVER for each in self.tariffs.rates.values())

    @cached_property
    def _holders(self) -> Holders:
        payers = {each.payer for each in self.tariffs.rates.values()}
        return Holders(self.session, self.month, {Relation.OWNER, *payers})

    def charges(self, item: Item, *, left: bool = True) -> Iterator[Charge]:
        """Count an item's bills that are not made yet, in the order of buildings and rooms.

        Units that get none are gathered in `left`; without `left`, those already billed are not even read.
        """
        if item.kind == FeeKind.PARKING:
            yield from self._parking(item)
        billed = self.billed(item) if left else frozenset()
        used = self._used(item)
        own = self.tariffs.units_with_own(item.id)
        ways: dict[Any, Way | Why] = {}
        for place in places(self.session, self.month, item, unbilled=not left):
            unit_id, building_id, use, state, area, handed, _short = place
            key = (building_id, use, state, handed and self._handed(handed), unit_id if unit_id in own else 0)
            way = ways.get(key)
            if way is None:
                way = ways[key] = self._way(item, place)
            found: tuple[int, str] | Why
            if unit_id in billed:
                found = Why.BILLED
            elif isinstance(way, Why):
                found = way
            elif way.plan.is_metered:
                found = _metered(way.plan, used.get((unit_id, item.id), (Why.NO_METER, ())))
            elif way.plan.needs_area and not area:
                found = Why.NO_AREA
            else:
                found = way.plan.charge(area or 0)
            if isinstance(found, Why) or isinstance(way, Why) or not found[0]:
                self.left.append(Left(place, item, found if isinstance(found, Why) else Why.NO_PRICE))
            else:
                customer = self._holders.of(unit_id, way.plan.rate.payer, way.plan.last)
                yield Charge(place, item, way, customer, *found)

    def _handed(self, on: date) -> date | int:
        """Say what of the day of hand-over matters: all of it within the month, its month where cycles begin by it."""
        return on if on > self.month.first else on.month if self._by_hand_over else 0

    def billed(self, item: Item) -> frozenset[int]:
        """Say which units have the month's bill already."""
        statement = select(Bill.unit_id).where(
            Bill.estate_id == self.month.estate_id, Bill.month == self.month.first, Bill.fee_item_id == item.id,
            Bill.source == "", Bill.voided_at.is_(None),
        )  # fmt: skip
        if self.month.unit_ids:
            statement = statement.where(Bill.unit_id.in_(self.month.unit_ids))
        return frozenset(self.session.scalars(statement))

    def _way(self, item: Item, place: Place) -> Way | Why:
        """Say how a unit is charged, and all others of its building, use, state and hand-over; or why they are not."""
        handed, first, last = place.handed_over_on, self.month.first, self.month.last
        if handed is not None and handed > last:
            return Why.NOT_HANDED_OVER
        begin = first if handed is None else max(first, handed)
        segments = self.tariffs.segments(place, item.id, begin, last)
        return self._charged_by(segments, empty=place.state in EMPTY_STATES, handed_in=handed.month if handed else 0)

    def _charged_by(self, segments: Sequence[Segment], *, empty: bool, handed_in: int = 0) -> Way | Why:
        kept = tuple(each for each in segments if each[0].basis != Basis.ONCE)
        if not kept:
            return Why.NO_TARIFF
        if empty and not any(rate.vacant_percent for rate, _first, _last in kept):
            return Why.VACANT
        key = (kept, empty, handed_in if self._by_hand_over else 0)
        if key not in self._ways:
            made = plan(kept, empty=empty)
            self._ways[key] = Way(made, self.dues.of(made.rate, made.first, handed_in))
        return self._ways[key]

    def _used(self, item: Item) -> dict[tuple[int, int], Any]:
        """Say what was used, by unit; of a unit with a meter not read, that it was not."""
        rates = self.tariffs.rates.values()
        if not any(each.fee_item_id == item.id and each.basis == Basis.METERED for each in rates):
            return {}
        month = self.month
        used: dict[tuple[int, int], Any] = dict(
            quantities(self.session, month.estate_id, month.first, fee_item_ids=[item.id], unit_ids=month.unit_ids)
        )
        read = select(Reading.id).where(
            Reading.meter_id == Meter.id, Reading.month == month.first, ~Reading.superseded
        )
        missing = select(Meter.unit_id).where(
            Meter.estate_id == month.estate_id, Meter.fee_item_id == item.id, ~read.exists(),
            or_(Meter.installed_on.is_(None), Meter.installed_on <= month.last),
            or_(Meter.removed_on.is_(None), Meter.removed_on > month.last),
        )  # fmt: skip
        for unit_id in self.session.scalars(missing):
            used[unit_id, item.id] = (Why.NO_READING, ())
        return used

    # ── parking ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _parking(self, item: Item) -> Iterator[Charge]:
        """Count the bills of parking spaces, on the unit of the customer who holds each (K1)."""
        month = self.month
        billed = set(
            self.session.scalars(
                select(Bill.source).where(
                    Bill.estate_id == month.estate_id, Bill.month == month.first, Bill.fee_item_id == item.id,
                    Bill.source != "", Bill.voided_at.is_(None),
                )
            )
        )  # fmt: skip
        homes = self.homes()
        spaces = self.session.execute(
            select(ParkingSpace.id, ParkingSpace.code, type_coerce(ParkingSpace.kind, String).label("kind"),
                   type_coerce(ParkingSpace.tenure, String).label("tenure"),
                   type_coerce(ParkingSpace.area, BigInteger).label("area"), ParkingSpace.customer_id)
            .where(ParkingSpace.estate_id == month.estate_id, ParkingSpace.tenure != ParkingTenure.FREE)
            .order_by(ParkingSpace.code)
        )  # fmt: skip
        for space in spaces:
            home, source = homes.get(space.customer_id), PARKING.format(id=space.id)
            if home is None:
                if not month.unit_ids:
                    why = Why.NO_UNIT if space.customer_id else Why.NO_CUSTOMER
                    self.left.append(Left(None, item, why, space.code))
            elif source in billed:
                self.left.append(Left(home, item, Why.BILLED, space.code))
            else:
                found = self._space(item, home, space, source)
                if found is Why.NO_TARIFF and any(self._space_segments(other, home, space) for other in self._parkings):
                    continue  # it pays another of the estate's parking fees
                if isinstance(found, Why):
                    self.left.append(Left(home, item, found, space.code))
                else:
                    yield found

    @cached_property
    def _parkings(self) -> list[int]:
        """List the estate's parking fees: a space pays one of them."""
        statement = select(FeeItem.id).where(
            FeeItem.estate_id == self.month.estate_id, FeeItem.kind == FeeKind.PARKING, FeeItem.active
        )
        return list(self.session.scalars(statement))

    def _space_segments(self, item_id: int, home: Place, space: Any) -> tuple[Segment, ...]:
        kind = (space.kind, space.tenure)
        return self.tariffs.parking_segments(home, kind, item_id, self.month.first, self.month.last)

    def _space(self, item: Item, home: Place, space: Any, source: str) -> Charge | Why:
        way = self._charged_by(self._space_segments(item.id, home, space), empty=False)
        if isinstance(way, Why):
            return way
        if way.plan.needs_area and not space.area:
            return Why.NO_AREA
        fen, text = way.plan.charge(space.area or 0)
        return Charge(home, item, way, space.customer_id, fen, text, source) if fen else Why.NO_PRICE

    def homes(self) -> dict[int | None, Place]:
        """Say on which unit each customer's parking is billed: one he owns before one he rents, never a bay itself."""
        statement = (
            select(Occupancy.customer_id, *PLACE)
            .join(Unit, Unit.id == Occupancy.unit_id)
            .where(
                Unit.estate_id == self.month.estate_id, *overlapping(self.month), Unit.use != UnitUse.PARKING,
                Occupancy.customer_id.in_(select(ParkingSpace.customer_id).where(
                    ParkingSpace.estate_id == self.month.estate_id, ParkingSpace.tenure != ParkingTenure.FREE)),
            )
            .order_by(case({Relation.OWNER: 0, Relation.TENANT: 1}, value=Occupancy.relation, else_=2), Unit.id)
        )  # fmt: skip
        homes: dict[int | None, Place] = {}
        for customer_id, *unit in self.session.execute(statement):
            homes.setdefault(customer_id, Place(*unit))
        wanted = self.month.unit_ids  # chosen among all his units, so that none of them bills the space twice
        return {key: home for key, home in homes.items() if not wanted or home.id in wanted}


def _metered(way: Plan, used: tuple[Any, Sequence[str]]) -> tuple[int, str] | Why:
    quantity, meters = used
    if isinstance(quantity, Why):
        return quantity
    return metered(way, quantity, meters) if quantity > 0 else Why.NOTHING_USED


__all__ = [
    "PARKING", "Charge", "Counting", "Holders", "Item", "Left", "Month", "Place", "Way", "Why", "items_of", "places",
]  # fmt: skip
