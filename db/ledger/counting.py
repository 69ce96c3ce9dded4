"""What an estate's units owe for a month, counted without writing: for the run, its preview, and one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, String, case, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from db.base import Choice
from db.ledger import parting
from db.ledger.calculations import Plan, metered, plan
from db.ledger.choosing import EMPTY_STATES, Segment, Tariffs
from db.ledger.due import Due, Dues
from db.ledger.parting import NOTHING_STANDS, Standing, key_of, source_until
from db.ledger.places import PLACE, Holders, Item, Month, Place, items_of, overlapping, places
from db.ledger.readings import quantities
from db.ledger.tables import Anchor, Basis, Bill, FeeItem, FeeKind, Meter, Reading
from db.registry import Occupancy, ParkingSpace, ParkingTenure, Relation, Unit, UnitState, UnitUse
from db.words import _

PARKING = "parking:{id}"
"""The source of a parking space's bill."""
Taken = dict[int | None, Fraction]
"""Contract, or None for the office's own tariffs → the part of the month that is charged already."""


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
        self._ways: dict[tuple[tuple[Segment, ...], bool, int, Fraction | None], Way] = {}
        self._spans: dict[int | None, tuple[date, date]] = {}
        """Of those who hold parking spaces, from when to when they hold anything at all in the month."""
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
        changes = self._holders.changes
        standing = parting.standing(self.session, self.month, item, changes)
        ways: dict[Any, Way | Why] = {}
        for place in places(self.session, self.month, item, unbilled=not left):
            unit_id, building_id, use, state, area, handed, _short = place
            if unit_id in changes or (standing and key_of(unit_id) in standing):
                yield from self._parts(item, place, standing.get(key_of(unit_id), NOTHING_STANDS), used)
                continue
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

    def _charged_by(
        self, segments: Sequence[Segment], *, empty: bool, handed_in: int = 0, most: Fraction | None = None
    ) -> Way | Why:
        kept = tuple(each for each in segments if each[0].basis != Basis.ONCE)
        if not kept:
            return Why.NO_TARIFF
        if empty and not any(rate.vacant_percent for rate, _first, _last in kept):
            return Why.VACANT
        key = (kept, empty, handed_in if self._by_hand_over else 0, most)
        if key not in self._ways:
            made = plan(kept, empty=empty, most=most)
            self._ways[key] = Way(made, self.dues.of(made.rate, made.first, handed_in))
        return self._ways[key]

    # ── a month with several holders ─────────────────────────────────────────────────────────────────────────────────

    def _parts(self, item: Item, place: Place, standing: Standing, used: Any) -> Iterator[Charge]:
        """Count what is not billed yet of a unit whose holder changes within the month: one bill for each of them."""
        handed, first, last = place.handed_over_on, self.month.first, self.month.last
        if handed is not None and handed > last:
            self.left.append(Left(place, item, Why.NOT_HANDED_OVER))
            return
        segments = self.tariffs.segments(place, item.id, max(first, handed or first), last)
        kept = tuple(each for each in segments if each[0].basis != Basis.ONCE)
        if kept and kept[-1][0].basis == Basis.METERED:
            found = Why.BILLED if standing.rest_from else self._read_part(item, place, kept, used)
            yield from self._made(item, place, found)
            return
        days = standing.open_days(first, last)
        pieces = parting.stretches(parting.cut(kept, days), self._holders.changes[place.id], self._payer(place.id))
        if not pieces:
            self.left.append(Left(place, item, Why.NO_TARIFF if not kept else Why.BILLED))
        taken = standing.taken()
        for customer, some in pieces:
            yield from self._made(item, place, self._part(item, place, some, customer, taken))

    def _made(self, _item: Item, place: Place, found: Charge | Why) -> Iterator[Charge]:
        if isinstance(found, Why):
            self.left.append(Left(place, _item, found))
        else:
            yield found

    def _payer(self, unit_id: int) -> Any:
        return lambda relation, day: self._holders.of(unit_id, relation, day)

    def _part(
        self, item: Item, place: Place, some: tuple[Segment, ...], customer: int | None, taken: Taken
    ) -> Charge | Why:
        """Count one holder's part. Under one tariff, or one contract, a month is charged once however it is shared."""
        contract = some[-1][0].contract_id
        if (most := _left(taken, contract)) == 0:
            return Why.BILLED
        handed_in = place.handed_over_on.month if place.handed_over_on else 0
        empty = self._is_empty(place, some[-1][2])
        way = self._charged_by(some, empty=empty, handed_in=handed_in, most=most)
        if isinstance(way, Why):
            return way
        taken[contract] += way.plan.part
        if way.plan.needs_area and not place.area:
            return Why.NO_AREA
        fen, text = way.plan.charge(place.area or 0)
        source = source_until("", way.plan.last, self.month)
        return Charge(place, item, way, customer, fen, text, source) if fen else Why.NO_PRICE

    def _is_empty(self, place: Place, day: date) -> bool:
        """Say whether a unit counts as vacant on a day: as it stands, but for the days before and after a tenant."""
        if place.state == UnitState.VACANT:
            return self._holders.on(place.id, Relation.TENANT, day) is None
        if place.state == UnitState.LET:
            return all(self._holders.on(place.id, each, day) is None for each in (Relation.TENANT, Relation.OWNER))
        return place.state in EMPTY_STATES

    def _read_part(self, item: Item, place: Place, kept: tuple[Segment, ...], used: Any) -> Charge | Why:
        """Count what was used in the month: owed by who held the unit on the day when the meter was read."""
        read_on = self.session.scalar(
            select(func.max(Reading.read_on))
            .join(Meter, Meter.id == Reading.meter_id)
            .where(Meter.unit_id == place.id, Meter.fee_item_id == item.id, Reading.month == self.month.first,
                   ~Reading.superseded)
        )  # fmt: skip
        pieces = parting.stretches(kept, self._holders.changes[place.id], self._payer(place.id))
        day = min(max(read_on or self.month.last, kept[0][1]), kept[-1][2])
        customer, some = next(each for each in reversed(pieces) if each[1][0][1] <= day)
        way = self._charged_by(parting.cut(kept, [(kept[0][1], some[-1][2])]), empty=False)
        if isinstance(way, Why):
            return way
        found = _metered(way.plan, used.get((place.id, item.id), (Why.NO_METER, ())))
        return found if isinstance(found, Why) else Charge(place, item, way, customer, *found)

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
        standing = parting.standing(self.session, month, item, spaces=True)
        homes = self.homes()
        spaces = self.session.execute(
            select(ParkingSpace.id, ParkingSpace.code, type_coerce(ParkingSpace.kind, String).label("kind"),
                   type_coerce(ParkingSpace.tenure, String).label("tenure"),
                   type_coerce(ParkingSpace.area, BigInteger).label("area"), ParkingSpace.customer_id,
                   ParkingSpace.ends_on)
            .where(ParkingSpace.estate_id == month.estate_id, ParkingSpace.tenure != ParkingTenure.FREE)
            .order_by(ParkingSpace.code)
        )  # fmt: skip
        for space in spaces:
            home, source = homes.get(space.customer_id), PARKING.format(id=space.id)
            if home is None:
                if not month.unit_ids:
                    why = Why.NO_UNIT if space.customer_id else Why.NO_CUSTOMER
                    self.left.append(Left(None, item, why, space.code))
                continue
            stands = standing.get(source, NOTHING_STANDS)
            days = stands.open_days(*self._held(space))
            found = self._space(item, home, space, days, stands.taken()) if days else Why.BILLED
            if found is Why.NO_TARIFF and any(
                self._space_segments(other, home, space, days) for other in self._parkings
            ):
                continue  # it pays another of the estate's parking fees
            if isinstance(found, Why):
                self.left.append(Left(home, item, found, space.code))
            else:
                yield found

    def _held(self, space: Any) -> tuple[date, date]:
        """Say on which days of the month a space is its customer's: while he holds anything here, until it ends."""
        begins, ends = self._spans[space.customer_id]
        return max(self.month.first, begins), min(self.month.last, ends, space.ends_on or date.max)

    @cached_property
    def _parkings(self) -> list[int]:
        """List the estate's parking fees: a space pays one of them."""
        statement = select(FeeItem.id).where(
            FeeItem.estate_id == self.month.estate_id, FeeItem.kind == FeeKind.PARKING, FeeItem.active
        )
        return list(self.session.scalars(statement))

    def _space_segments(
        self, item_id: int, home: Place, space: Any, days: Sequence[tuple[date, date]]
    ) -> tuple[Segment, ...]:
        kind = (space.kind, space.tenure)
        segments = self.tariffs.parking_segments(home, kind, item_id, self.month.first, self.month.last)
        return parting.cut(segments, days)

    def _space(
        self, item: Item, home: Place, space: Any, days: Sequence[tuple[date, date]], taken: Taken
    ) -> Charge | Why:
        segments = self._space_segments(item.id, home, space, days)
        most = _left(taken, segments[-1][0].contract_id) if segments else None
        if most == 0:
            return Why.BILLED
        way = self._charged_by(segments, empty=False, most=most)
        if isinstance(way, Why):
            return way
        if way.plan.needs_area and not space.area:
            return Why.NO_AREA
        fen, text = way.plan.charge(space.area or 0)
        source = PARKING.format(id=space.id)
        source = source_until(source, way.plan.last, self.month) if way.plan.last == days[-1][1] else source
        return Charge(home, item, way, space.customer_id, fen, text, source) if fen else Why.NO_PRICE

    def homes(self) -> dict[int | None, Place]:
        """Say on which unit each customer's parking is billed: one he owns before one he rents, never a bay itself."""
        statement = (
            select(Occupancy.customer_id, Occupancy.starts_on, Occupancy.ends_on, *PLACE)
            .join(Unit, Unit.id == Occupancy.unit_id)
            .where(
                Unit.estate_id == self.month.estate_id, *overlapping(self.month), Unit.use != UnitUse.PARKING,
                Occupancy.customer_id.in_(select(ParkingSpace.customer_id).where(
                    ParkingSpace.estate_id == self.month.estate_id, ParkingSpace.tenure != ParkingTenure.FREE)),
            )
            .order_by(case({Relation.OWNER: 0, Relation.TENANT: 1}, value=Occupancy.relation, else_=2), Unit.id)
        )  # fmt: skip
        homes: dict[int | None, Place] = {}
        for customer_id, starts_on, ends_on, *unit in self.session.execute(statement):
            homes.setdefault(customer_id, Place(*unit))
            begins, ends = self._spans.get(customer_id, (date.max, date.min))
            self._spans[customer_id] = min(begins, starts_on or date.min), max(ends, ends_on or date.max)
        wanted = self.month.unit_ids  # chosen among all his units, so that none of them bills the space twice
        return {key: home for key, home in homes.items() if not wanted or home.id in wanted}


def _left(taken: Taken, contract_id: int | None) -> Fraction | None:
    """Say how much of a month is left to charge; None where nothing is charged yet, and every rule holds as it is."""
    return max(Fraction(0), 1 - taken[contract_id]) if taken[contract_id] else None


def _metered(way: Plan, used: tuple[Any, Sequence[str]]) -> tuple[int, str] | Why:
    quantity, meters = used
    if isinstance(quantity, Why):
        return quantity
    return metered(way, quantity, meters) if quantity > 0 else Why.NOTHING_USED


__all__ = [
    "PARKING", "Charge", "Counting", "Holders", "Item", "Left", "Month", "Place", "Way", "Why", "items_of", "places",
]  # fmt: skip
