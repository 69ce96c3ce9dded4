"""Parking permits as screens and papers read them: how each stands, what its space costs, which spaces are free."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from db.base import Choice
from db.clock import today
from db.ledger.charges import place_of, whole_month
from db.ledger.choosing import Tariffs
from db.ledger.tables import FeeItem, FeeKind
from db.parking_permits import EXPIRING_DAYS, permit_by_id
from db.parking_tables import ParkingPermit, PermitKind, PermitPlate
from db.people import Actor, in_scope
from db.refused import Refused
from db.registry import Customer, ParkingKind, ParkingSpace, ParkingTenure, Unit
from db.search import people_and_units
from db.session import actor_of
from db.settings import value_of
from db.words import Words, _

PAGE = 50


class Standing(Choice):
    """How a permit stands today."""

    AHEAD = "ahead", _("未开始"), "gray"
    VALID = "valid", _("有效"), "green"
    EXPIRING = "expiring", _("即将到期"), "orange"
    LAPSED = "lapsed", _("到期未续"), "red"
    ENDED = "ended", _("已结束"), "gray"


@dataclass(frozen=True)
class PermitLine:
    """A permit in a list."""

    id: int
    number: str
    unit_id: int
    unit: str
    customer_id: int
    customer: str
    space: str
    kind: PermitKind
    plates: tuple[str, ...]
    starts_on: date
    ends_on: date
    standing: Standing
    ended_why: str
    consent: str
    note: str
    version: int


@dataclass(frozen=True)
class Found:
    """One page of a list, with how many there are of each standing."""

    rows: list[PermitLine]
    total: int
    counts: dict[Standing, int]


def permits(
    session: Session, *, estate_ids: Collection[int] = (), standings: Collection[Standing] = (), typed: str = "",
    page: int = 1,
) -> Found:  # fmt: skip
    """List permits, those that end first before the others; `typed` finds by number, plate, space, unit, customer."""
    actor = actor_of(session)
    _refuse_strangers(actor)
    estates = frozenset(actor.estates & set(estate_ids) if estate_ids else actor.estates)
    claims = _claims(session, estates)
    here = and_(ParkingPermit.estate_id.in_(sorted(estates)), _meant(session, typed))
    counted = session.execute(select(*(_count(and_(here, claim)) for claim in claims.values()))).one()
    wanted = or_(*(claims[each] for each in standings)) if standings else and_(True)
    total = session.scalar(select(func.count()).select_from(ParkingPermit).where(here, wanted)) or 0
    order = (ParkingPermit.ended_at.is_not(None), ParkingPermit.ends_on, ParkingPermit.id)
    rows = session.execute(_rows().where(here, wanted).order_by(*order).limit(PAGE).offset((page - 1) * PAGE)).all()
    return Found(_lines(session, rows), total, dict(zip(claims, counted, strict=True)))


def permit_line(session: Session, permit_id: int) -> PermitLine:
    """Read one permit."""
    _refuse_strangers(actor_of(session))
    permit_by_id(session, permit_id)
    return _lines(session, session.execute(_rows().where(ParkingPermit.id == permit_id)).all())[0]


def permits_of(session: Session, unit_id: int, customer_id: int | None = None) -> list[PermitLine]:
    """List the permits of a unit that have not ended."""
    claim = and_(ParkingPermit.unit_id == unit_id, ParkingPermit.ended_at.is_(None))
    if customer_id is not None:
        claim = and_(claim, ParkingPermit.customer_id == customer_id)
    statement = in_scope(_rows().where(claim), actor_of(session), ParkingPermit)
    return _lines(session, session.execute(statement.order_by(ParkingPermit.ends_on)).all())


def _refuse_strangers(actor: Actor) -> None:
    if not actor.sees_all:
        raise Refused(_("停车证由客户服务中心办理。"))


def _rows() -> Select[ParkingPermit, str, str, str]:
    return (
        select(ParkingPermit, Unit.short, Customer.name, ParkingSpace.code)
        .join(Unit, Unit.id == ParkingPermit.unit_id)
        .join(Customer, Customer.id == ParkingPermit.customer_id)
        .join(ParkingSpace, ParkingSpace.id == ParkingPermit.space_id)
    )


def _count(claim: ColumnElement[bool]) -> Any:
    return select(func.count()).select_from(ParkingPermit).where(claim).scalar_subquery()


def _claims(session: Session, estates: Collection[int]) -> dict[Standing, ColumnElement[bool]]:
    """Say of each standing which permits are in it today; every permit is in exactly one."""
    day, running = today(), ParkingPermit.ended_at.is_(None)
    soon: list[ColumnElement[bool]] = [
        and_(
            ParkingPermit.estate_id == each,
            ParkingPermit.ends_on < day + timedelta(days=value_of(session, EXPIRING_DAYS, each)),
        )
        for each in sorted(estates)
    ]
    begun = and_(running, ParkingPermit.starts_on <= day, ParkingPermit.ends_on >= day)
    ending = or_(false(), *soon)
    return {
        Standing.EXPIRING: and_(begun, ending),
        Standing.LAPSED: and_(running, ParkingPermit.ends_on < day),
        Standing.VALID: and_(begun, ~ending),
        Standing.AHEAD: and_(running, ParkingPermit.starts_on > day),
        Standing.ENDED: ~running,
    }


def standing_of(session: Session, permit: ParkingPermit) -> Standing:
    """Say how a permit stands today."""
    day = today()
    if permit.ended_at is not None:
        return Standing.ENDED
    if permit.ends_on < day:
        return Standing.LAPSED
    if permit.starts_on > day:
        return Standing.AHEAD
    soon = day + timedelta(days=value_of(session, EXPIRING_DAYS, permit.estate_id))
    return Standing.EXPIRING if permit.ends_on < soon else Standing.VALID


def _meant(session: Session, typed: str) -> ColumnElement[bool]:
    if not (word := typed.strip().upper()):
        return and_(True)
    like = word.replace("%", "").replace("_", "")
    units, customers = people_and_units(session, typed)
    cars = select(PermitPlate.permit_id).where(PermitPlate.plate.contains(like))
    spaces = select(ParkingSpace.id).where(func.upper(ParkingSpace.code).contains(like))
    return or_(
        ParkingPermit.number.contains(like), ParkingPermit.id.in_(cars), ParkingPermit.space_id.in_(spaces),
        ParkingPermit.unit_id.in_(units), ParkingPermit.customer_id.in_(customers),
    )  # fmt: skip


def _lines(session: Session, rows: Collection[Any]) -> list[PermitLine]:
    ids = [row[0].id for row in rows]
    plates: dict[int, list[str]] = {}
    cars = select(PermitPlate).where(PermitPlate.permit_id.in_(ids)).order_by(PermitPlate.position)
    for each in session.scalars(cars):
        plates.setdefault(each.permit_id, []).append(each.plate)
    return [
        PermitLine(
            permit.id, permit.number, permit.unit_id, unit, permit.customer_id, customer, space, permit.kind,
            tuple(plates.get(permit.id, ())), permit.starts_on, permit.ends_on, standing_of(session, permit),
            permit.ended_why, permit.consent, permit.note, permit.version,
        )
        for permit, unit, customer, space in rows
    ]  # fmt: skip


# ── spaces and what they cost ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class MonthlyFee:
    """What a space costs a month."""

    item: str
    amount: Decimal | None
    """In yuan; None where an area is missing."""
    calculation: str


def monthly_fee(session: Session, unit_id: int, space: ParkingSpace, day: date | None = None) -> MonthlyFee | None:
    """Say what a space costs whoever holds a unit, from its permit on; None where the estate has no parking tariff."""
    tenure = space.tenure if space.tenure is ParkingTenure.SOLD else ParkingTenure.LET
    area = None if space.area is None else int(space.area * 100)
    return _Prices(session, session.get_one(Unit, unit_id), day or today()).of(space.kind, tenure, area)


def permit_fee(session: Session, permit_id: int) -> MonthlyFee | None:
    """Say what a permit's space costs a month; nothing for a temporary one."""
    permit = permit_by_id(session, permit_id)
    if permit.kind is PermitKind.TEMPORARY:
        return None
    return monthly_fee(session, permit.unit_id, session.get_one(ParkingSpace, permit.space_id))


def monthly_fees(session: Session, unit_id: int) -> list[tuple[ParkingKind, ParkingTenure, MonthlyFee]]:
    """List what spaces cost a unit a month today, by where they lie and how they are held."""
    prices = _Prices(session, session.get_one(Unit, unit_id), today())
    every = [(kind, tenure) for kind in ParkingKind for tenure in (ParkingTenure.LET, ParkingTenure.SOLD)]
    return [(*each, fee) for each in every if (fee := prices.of(*each, None)) is not None]


class _Prices:
    """The parking tariffs of one unit and day, read once."""

    def __init__(self, session: Session, unit: Unit, day: date) -> None:
        self.place, self.day = place_of(unit), day
        self.tariffs = Tariffs.load(session, unit.estate_id, day, day)
        self.items = session.scalars(
            select(FeeItem)
            .where(FeeItem.estate_id == unit.estate_id, FeeItem.kind == FeeKind.PARKING, FeeItem.active)
            .order_by(FeeItem.position, FeeItem.id)
        ).all()

    def of(self, kind: ParkingKind, tenure: ParkingTenure, area: int | None) -> MonthlyFee | None:
        for item in self.items:
            space = (str(kind), str(tenure))
            if held := self.tariffs.parking_segments(self.place, space, item.id, self.day, self.day):
                return MonthlyFee(item.name, *whole_month(held[0][0], self.day, area, empty=False))
        return None


def spaces_on_offer(session: Session, unit_id: int, customer_id: int | None = None) -> dict[int, str]:
    """List the spaces that a unit's permit may be issued for: the customer's own first, the free, then those sold."""
    unit = session.get(Unit, unit_id)
    if unit is None or unit.estate_id not in actor_of(session).estates:
        return {}
    rows = session.execute(
        select(ParkingSpace, Customer.name)
        .outerjoin(Customer, Customer.id == ParkingSpace.customer_id)
        .where(ParkingSpace.estate_id == unit.estate_id)
        .order_by(ParkingSpace.code)
    ).all()
    own = [row for row in rows if customer_id is not None and row[0].customer_id == customer_id]
    free = [row for row in rows if row[0].tenure is ParkingTenure.FREE]
    sold = [row for row in rows if row[0].tenure is ParkingTenure.SOLD and row not in own]
    return {space.id: str(_said(space, name)) for space, name in (*own, *free, *sold)}


def _said(space: ParkingSpace, holder: str | None) -> Words:
    if holder is None:
        return _("{code}（{kind}，{tenure}）", code=space.code, kind=space.kind.label, tenure=space.tenure.label)
    return _("{code}（{kind}，{tenure}，{holder}）", code=space.code, kind=space.kind.label, tenure=space.tenure.label,
             holder=holder)  # fmt: skip
