"""What a new price would change, before anybody says yes: how many units, how much a month (F1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, String, func, select, type_coerce
from sqlalchemy.orm import Session

from db.ledger.charges import whole_month
from db.ledger.choosing import EMPTY_STATES, Rate, Tariffs
from db.ledger.counting import Place
from db.ledger.tables import Basis, Bill, FeeItem, FeeKind, Meter, Tariff
from db.ledger.tariffs import Steps, follow_tariff
from db.registry import ParkingSpace, ParkingTenure, Unit


@dataclass(frozen=True)
class Effect:
    """What a price does from a day on."""

    units: int
    """Units (parking spaces, of a parking fee) that pay by it."""
    before: Decimal | None
    """A month of all of them by the old price, in yuan; None where it depends on use."""
    after: Decimal | None
    billed_ahead: int
    """Bills already made for later months by the old price; they stay."""

    @property
    def difference(self) -> Decimal | None:
        """Return what a month brings more (or less, when negative)."""
        return None if self.before is None or self.after is None else self.after - self.before


class _TakenBackError(Exception):
    """Ends a trial."""


def preview_follow(
    session: Session, tariff_id: int, valid_from: date, *, price: Any, filing_number: str, steps: Steps | None = None
) -> Effect:
    """Try `follow_tariff` and take it back: says what it would do, or raises the same `Refused`. Changes nothing."""
    effect = None
    try:
        with session.begin_nested():
            before = _loaded(session, tariff_id, valid_from)
            new_id = follow_tariff(
                session, tariff_id, valid_from, price=price, filing_number=filing_number, steps=steps
            )  # fmt: skip
            after = _loaded(session, new_id, valid_from)
            effect = _effect(session, (before, tariff_id), (after, new_id), valid_from)
            raise _TakenBackError  # noqa: TRY301 - nothing of the trial stays
    except _TakenBackError:
        session.expire_all()
    if effect is None:
        raise AssertionError
    return effect


def _loaded(session: Session, tariff_id: int, day: date) -> Tariffs:
    session.flush()
    return Tariffs.load(session, session.get_one(Tariff, tariff_id).estate_id, day, day)


def _effect(session: Session, old: tuple[Tariffs, int], new: tuple[Tariffs, int], day: date) -> Effect:
    tariff = session.get_one(Tariff, new[1])
    item = session.get_one(FeeItem, tariff.fee_item_id)
    ahead = session.scalar(
        select(func.count())
        .select_from(Bill)
        .where(Bill.tariff_id == old[1], Bill.period_from >= day, Bill.voided_at.is_(None))
    )
    by_use = tariff.basis in {Basis.METERED, Basis.ONCE}
    payers = _payers(session, tariff, item)
    units, sums = 0, {old[1]: Decimal(0), new[1]: Decimal(0)}
    for place, space in payers:
        rate = _rate(new[0], place, space, item.id, day)
        if rate is None or rate.id != new[1]:
            continue
        units += 1
        if not by_use:
            before = old[0].rates.get(old[1])
            for one in (before, rate):
                if one is not None:
                    sums[one.id] += _month(one, place, day, space)
    return Effect(units, None if by_use else sums[old[1]], None if by_use else sums[new[1]], ahead or 0)


def _rate(tariffs: Tariffs, place: Place, space: tuple[str, str] | None, item_id: int, day: date) -> Rate | None:
    if space is None:
        return tariffs.on(place, item_id, day)
    held = tariffs.parking_segments(place, space, item_id, day, day)
    return held[0][0] if held else None


def _month(rate: Rate, place: Place, day: date, space: tuple[str, str] | None) -> Decimal:
    empty = space is None and place.state in EMPTY_STATES
    return whole_month(rate, day, place.area, empty=empty)[0] or Decimal(0)


def _payers(session: Session, tariff: Tariff, item: FeeItem) -> list[tuple[Place, tuple[str, str] | None]]:
    """List what may be charged: units, or parking spaces as places with their kind and tenure."""
    if item.kind is FeeKind.PARKING and (tariff.parking_kind or tariff.parking_tenure):
        spaces = session.execute(
            select(ParkingSpace.id, type_coerce(ParkingSpace.kind, String), type_coerce(ParkingSpace.tenure, String),
                   type_coerce(ParkingSpace.area, BigInteger))
            .where(ParkingSpace.estate_id == item.estate_id, ParkingSpace.tenure != ParkingTenure.FREE)
        )  # fmt: skip
        return [(Place(key, 0, "", "", area, None, ""), (kind, tenure)) for key, kind, tenure, area in spaces]
    statement = select(
        Unit.id, Unit.building_id, type_coerce(Unit.use, String), type_coerce(Unit.state, String),
        type_coerce(Unit.area, BigInteger), Unit.handed_over_on, Unit.short,
    ).where(Unit.estate_id == item.estate_id)  # fmt: skip
    if tariff.basis is Basis.METERED:
        statement = statement.where(
            Unit.id.in_(select(Meter.unit_id).where(Meter.fee_item_id == item.id, Meter.removed_on.is_(None)))
        )
    return [(Place(*row), None) for row in session.execute(statement)]


__all__ = ["Effect", "preview_follow"]
