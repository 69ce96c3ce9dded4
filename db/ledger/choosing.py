"""Which tariff holds for a unit on a day: contract's, unit's, building's and use's, use's, building's, estate's (F1).

Tariffs are read once, as whole numbers; asking for a unit is then plain Python and touches no database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import BigInteger, or_, select, type_coerce
from sqlalchemy.orm import Session

from db.ledger.pricing import PRICE_SCALE, STEPS
from db.ledger.tables import FeeItem, Tariff
from db.registry import Contract, UnitState, UnitUse

ALL = 100
"""Per cent of a price that are charged where nothing says otherwise."""
EMPTY_STATES = frozenset({UnitState.VACANT, UnitState.UNSOLD})
"""Units that a tariff may charge a share of (`vacant_percent`); an unsold one is the developer's."""
_WEIGHTS = {"building_id": 1, "use": 2, "parking_tenure": 4, "parking_kind": 8}
"""What a tariff names weighs: the heavier one holds. Building and use together weigh more than use alone …"""
_UNIT, _CONTRACT = 16, 32
"""… and a unit of its own more than all of them, a contract about it most."""


class Placed(Protocol):
    """What must be known of a unit to choose its tariff."""

    @property
    def id(self) -> int:
        """The unit's number."""

    @property
    def building_id(self) -> int:
        """Its building."""

    @property
    def use(self) -> str:
        """What it is used for."""


@dataclass(frozen=True, slots=True, eq=False)
class Rate:
    """A tariff as it is counted with: whole numbers, its contract's days already taken into account."""

    id: int
    fee_item_id: int
    payee_id: int
    name: str
    basis: str
    price: int
    """Ten-thousandths of a yuan."""
    steps: tuple[tuple[int | None, int], ...]
    """Metered by steps: (up to this many hundredths in a month, price in ten-thousandths); the last has no end."""
    payer: str
    cycle: str
    anchor: str
    part_month: str
    step: int
    """Fen to a multiple of which an amount is rounded."""
    vacant_percent: int
    late_ppm: int
    """Nothing where no clause allows a late fee."""
    valid_from: date
    valid_to: date | None
    rank: int
    use: str | None
    building_id: int | None
    unit_id: int | None
    contract_id: int | None
    contract_ends_on: date | None
    parking_kind: str | None
    parking_tenure: str | None

    def holds_on(self, day: date) -> bool:
        """Say whether it is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def percent_of(self, state: str) -> int:
        """Say what share of the price a unit in this state pays, in per cent."""
        return self.vacant_percent if state in EMPTY_STATES else ALL


Segment = tuple[Rate, date, date]
"""A tariff with the first and last day, both counted, on which it holds."""


class Tariffs:
    """An estate's tariffs of some days, by the most exact one that fits."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        """Sort the tariffs by what they name."""
        self.rates: dict[int, Rate] = {}
        """By number."""
        self._own: defaultdict[tuple[int, int], list[Rate]] = defaultdict(list)
        self._shared: defaultdict[int, list[Rate]] = defaultdict(list)
        self._known: dict[tuple[int, int, str, date, date], tuple[Segment, ...]] = {}
        for each in rates:
            self.rates[each.id] = each
            if each.unit_id is None:
                self._shared[each.fee_item_id].append(each)
            else:
                self._own[each.unit_id, each.fee_item_id].append(each)

    @classmethod
    def load(cls, session: Session, estate_id: int, first: date, last: date) -> Tariffs:
        """Read what is in force on any of the days; the caller has checked that the actor may see the estate."""
        statement = (
            select(*_COLUMNS)
            .select_from(Tariff)
            .join(FeeItem, FeeItem.id == Tariff.fee_item_id)
            .outerjoin(Contract, Contract.id == Tariff.contract_id)
            .where(
                Tariff.estate_id == estate_id,
                Tariff.valid_from <= last,
                or_(Tariff.valid_to.is_(None), Tariff.valid_to >= first),
            )
        )
        read = (_rate(row._mapping) for row in session.execute(statement))  # noqa: SLF001 - public API
        return cls(each for each in read if each.valid_from <= last and (each.valid_to or last) >= first)

    def segments(self, unit: Placed, fee_item_id: int, first: date, last: date) -> tuple[Segment, ...]:
        """Say which tariffs hold for a unit from `first` to `last`, in order; days without any are left out."""
        own = self._own.get((unit.id, fee_item_id)) if self._own else None
        if own:
            return _cut([*own, *self._fitting(unit, fee_item_id)], first, last)
        key = (fee_item_id, unit.building_id, unit.use, first, last)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = _cut(self._fitting(unit, fee_item_id), first, last)
        return known

    def parking_segments(
        self, unit: Placed, space: tuple[str, str], fee_item_id: int, first: date, last: date
    ) -> tuple[Segment, ...]:
        """Say which tariffs hold for a parking space (kind, tenure) that belongs to whoever holds `unit`."""
        kind, tenure = space
        fitting = [
            each
            for each in (*self._own.get((unit.id, fee_item_id), ()), *self._shared.get(fee_item_id, ()))
            if each.use in {None, UnitUse.PARKING}
            and each.building_id in {None, unit.building_id}
            and each.parking_kind in {None, kind}
            and each.parking_tenure in {None, tenure}
        ]
        return _cut(fitting, first, last)

    def units_with_own(self, fee_item_id: int) -> frozenset[int]:
        """List the units that have a tariff of their own for an item; all others share theirs by building and use."""
        return frozenset(unit_id for unit_id, item_id in self._own if item_id == fee_item_id)

    def on(self, unit: Placed, fee_item_id: int, day: date) -> Rate | None:
        """Say what a unit pays for an item on a day (F1)."""
        held = self.segments(unit, fee_item_id, day, day)
        return held[0][0] if held else None

    def _fitting(self, unit: Placed, fee_item_id: int) -> list[Rate]:
        return [
            each
            for each in self._shared.get(fee_item_id, ())
            if each.use in {None, unit.use}
            and each.building_id in {None, unit.building_id}
            and each.parking_kind is None
            and each.parking_tenure is None
        ]


_COLUMNS: tuple[Any, ...] = (
    Tariff.id, Tariff.fee_item_id, FeeItem.payee_id, Tariff.name, Tariff.basis,
    type_coerce(Tariff.price, BigInteger).label("price"), Tariff.steps, Tariff.payer, Tariff.cycle, Tariff.anchor,
    Tariff.part_month, Tariff.rounding, Tariff.vacant_percent, Tariff.late_clause, Tariff.late_ppm, Tariff.valid_from,
    Tariff.valid_to, Tariff.use, Tariff.building_id, Tariff.unit_id, Tariff.contract_id,
    Contract.unit_id.label("contract_unit_id"), Contract.starts_on, Contract.ends_on, Tariff.parking_kind,
    Tariff.parking_tenure,
)  # fmt: skip


def _rate(row: Any) -> Rate:
    """Make a rate of a row; a contract's tariff holds for the contract's unit while the contract runs."""
    unit_id = row["unit_id"] if row["unit_id"] is not None else row["contract_unit_id"]
    valid_from, valid_to = row["valid_from"], row["valid_to"]
    if row["contract_id"] is not None:
        valid_from = max(valid_from, row["starts_on"])
        valid_to = row["ends_on"] if valid_to is None else min(valid_to, row["ends_on"])
    return Rate(
        id=row["id"], fee_item_id=row["fee_item_id"], payee_id=row["payee_id"], name=row["name"],
        basis=str(row["basis"]), price=row["price"], steps=steps_of(row["steps"]), payer=str(row["payer"]),
        cycle=str(row["cycle"]), anchor=str(row["anchor"]), part_month=str(row["part_month"]),
        step=STEPS[row["rounding"]], vacant_percent=row["vacant_percent"],
        late_ppm=row["late_ppm"] if row["late_clause"] else 0, valid_from=valid_from, valid_to=valid_to,
        rank=_rank(row, unit_id), use=None if row["use"] is None else str(row["use"]),
        building_id=row["building_id"], unit_id=unit_id, contract_id=row["contract_id"],
        contract_ends_on=row["ends_on"], parking_kind=None if row["parking_kind"] is None else str(row["parking_kind"]),
        parking_tenure=None if row["parking_tenure"] is None else str(row["parking_tenure"]),
    )  # fmt: skip


def _rank(row: Any, unit_id: int | None) -> int:
    weight = sum(weight for name, weight in _WEIGHTS.items() if row[name] is not None)
    if unit_id is not None:
        weight += _UNIT + (_CONTRACT if row["contract_id"] is not None else 0)
    return weight


def steps_of(stored: Sequence[Sequence[str | None]] | None) -> tuple[tuple[int | None, int], ...]:
    """Turn a tariff's stored steps into whole numbers: up to (hundredths of the meter's unit), price (1/10,000 元)."""
    return tuple(
        (None if up_to is None else int(Decimal(up_to) * 100), int(Decimal(str(price)) * PRICE_SCALE))
        for up_to, price in stored or ()
    )


def _cut(rates: list[Rate], first: date, last: date) -> tuple[Segment, ...]:
    """Cut the days into stretches in which one tariff holds: the heaviest, and of equals the later one."""
    edges = {first}
    for each in rates:
        edges.add(each.valid_from)
        if each.valid_to is not None:
            edges.add(each.valid_to + timedelta(days=1))
    starts = sorted(day for day in edges if first <= day <= last)
    ends = [*(day - timedelta(days=1) for day in starts[1:]), last]
    found: list[Segment] = []
    for start, end in zip(starts, ends, strict=True):
        holding = [each for each in rates if each.holds_on(start)]
        if not holding:
            continue
        best = max(holding, key=lambda each: (each.rank, each.valid_from, each.id))
        if found and found[-1][0] is best and found[-1][2] + timedelta(days=1) == start:
            found[-1] = (best, found[-1][1], end)
        else:
            found.append((best, start, end))
    return tuple(found)


__all__ = ["ALL", "EMPTY_STATES", "Placed", "Rate", "Segment", "Tariffs", "steps_of"]
