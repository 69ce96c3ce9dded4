"""Tariffs as they are looked up: which hold, which end, which are still to come; one as a whole; what a change does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, func, or_, select, tuple_, type_coerce
from sqlalchemy.orm import Session

from db.base import Choice
from db.checking import clean_text
from db.clock import today
from db.ledger.tables import Basis, Cycle, FeeItem, FeeKind, Payee, Tariff
from db.ledger.tariff_rules import has_bills
from db.people import SYSTEM_ID, Actor, Right, require
from db.refused import Refused
from db.registry import Building, Contract, Customer, Estate, Relation, Unit, UnitUse
from db.session import actor_of
from db.words import _

PAGE = 50


class Standing(Choice):
    """How a tariff stands on a day."""

    HOLDING = "holding", _("执行中"), "green"
    AHEAD = "ahead", _("未开始"), "blue"
    OVER = "over", _("已结束"), "gray"


@dataclass(frozen=True)
class Wanted:
    """What a list of tariffs is asked for; empty is all."""

    estate_ids: frozenset[int] = frozenset()
    fee_item_id: int | None = None
    use: UnitUse | None = None
    standing: Standing | None = None
    typed: str = ""
    """Part of the name, the filing number, a unit or a contract's number."""


@dataclass(frozen=True)
class Line:
    """One tariff of a list."""

    id: int
    item: str
    kind: FeeKind
    name: str
    whom: str
    """Who it is for, in words: the whole estate, a use, a building, one unit, one contract."""
    basis: Basis
    price: Decimal
    steps: list[Any]
    payer: Relation
    cycle: Cycle
    valid_from: date
    valid_to: date | None
    filing_number: str
    has_late_fee: bool
    standing: Standing
    estate: str
    contract: str
    """Number of the contract that it is agreed in."""


@dataclass(frozen=True)
class Page:
    """One page of a list, and how many there are in all."""

    rows: list[Line]
    total: int
    previous: int | None
    next: int | None


_OWN_UNIT = Unit.__table__.alias("own_unit")
_ORDER: tuple[Any, ...] = (
    FeeItem.estate_id, case((or_(Tariff.unit_id.is_not(None), Tariff.contract_id.is_not(None)), 1), else_=0),
    FeeItem.position, FeeItem.id, func.coalesce(Building.position, 0), func.coalesce(_OWN_UNIT.c.short, ""),
    func.coalesce(type_coerce(Tariff.use, String), ""), Tariff.valid_from, Tariff.id,
)  # fmt: skip


def listed(
    session: Session, wanted: Wanted, *, after: int | None = None, before: int | None = None, limit: int = PAGE
) -> Page:
    """Return one page of the tariffs and the number of all found; `after` and `before` are ids of rows shown."""
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    claims = _claims(actor, wanted)
    total = session.scalar(_joined(select(func.count())).where(*claims)) or 0
    backwards = before is not None
    statement = _joined(select(*_COLUMNS)).where(*claims)
    if (row_id := before if backwards else after) is not None:
        mark = session.execute(_joined(select(*_ORDER)).where(Tariff.id == row_id)).first()
        if mark is not None:
            here, there = tuple_(*_ORDER), tuple_(*mark)
            statement = statement.where(here < there if backwards else here > there)
    order = [each.desc() for each in _ORDER] if backwards else list(_ORDER)
    rows = [_line(row) for row in session.execute(statement.order_by(*order).limit(limit + 1))]
    more, rows = len(rows) > limit, rows[:limit]
    if backwards:
        rows.reverse()
    return Page(
        rows, total,
        previous=rows[0].id if rows and (more if backwards else after is not None) else None,
        next=rows[-1].id if rows and (more or backwards) else None,
    )  # fmt: skip


_COLUMNS: tuple[Any, ...] = (
    Tariff, FeeItem.name.label("item"), FeeItem.kind.label("kind"), Building.name.label("building"),
    _OWN_UNIT.c.short.label("unit"), Contract.number.label("contract"), Customer.name.label("party"),
    Estate.name.label("estate"),
)  # fmt: skip


def _joined(statement: Select[Any]) -> Select[Any]:
    return (
        statement.select_from(Tariff)
        .join(FeeItem, FeeItem.id == Tariff.fee_item_id)
        .join(Estate, Estate.id == Tariff.estate_id)
        .outerjoin(Building, Building.id == Tariff.building_id)
        .outerjoin(Contract, Contract.id == Tariff.contract_id)
        .outerjoin(Customer, Customer.id == Contract.customer_id)
        .outerjoin(_OWN_UNIT, _OWN_UNIT.c.id == func.coalesce(Tariff.unit_id, Contract.unit_id))
    )


def _claims(actor: Actor, wanted: Wanted) -> list[ColumnElement[bool]]:
    estates = actor.estates & wanted.estate_ids if wanted.estate_ids else actor.estates
    claims: list[ColumnElement[bool]] = []
    if actor.user_id != SYSTEM_ID:
        claims.append(Tariff.estate_id.in_(sorted(estates)))
    if wanted.fee_item_id is not None:
        claims.append(Tariff.fee_item_id == wanted.fee_item_id)
    if wanted.use is not None:
        claims.append(Tariff.use == wanted.use)
    if wanted.standing is not None:
        claims.append(_stands(wanted.standing, today()))
    if text := clean_text(wanted.typed):
        claims.append(
            or_(
                *(
                    func.lower(column).contains(text.lower(), autoescape=True)
                    for column in (Tariff.name, Tariff.filing_number, _OWN_UNIT.c.short, Contract.number, Customer.name)
                )
            )
        )
    return claims


def _stands(standing: Standing, day: date) -> ColumnElement[bool]:
    over = and_(Tariff.valid_to.is_not(None), Tariff.valid_to < day)
    if standing is Standing.OVER:
        return over
    if standing is Standing.AHEAD:
        return Tariff.valid_from > day
    return and_(Tariff.valid_from <= day, or_(Tariff.valid_to.is_(None), Tariff.valid_to >= day))


def standing_of(tariff: Tariff, day: date) -> Standing:
    """Say how a tariff stands on a day."""
    if tariff.valid_to is not None and tariff.valid_to < day:
        return Standing.OVER
    return Standing.AHEAD if tariff.valid_from > day else Standing.HOLDING


def _line(row: Any) -> Line:
    tariff: Tariff = row.Tariff
    return Line(
        id=tariff.id, item=row.item, kind=row.kind, name=tariff.name, whom=_whom(row), basis=tariff.basis,
        price=tariff.price, steps=tariff.steps or [], payer=tariff.payer, cycle=tariff.cycle,
        valid_from=tariff.valid_from, valid_to=tariff.valid_to, filing_number=tariff.filing_number,
        has_late_fee=bool(tariff.late_clause and tariff.late_ppm), standing=standing_of(tariff, today()),
        estate=row.estate, contract=row.contract or "",
    )  # fmt: skip


def _whom(row: Any) -> str:
    tariff: Tariff = row.Tariff
    if row.contract is not None:
        return str(_("合同 {unit} {party}", unit=row.unit or row.contract, party=row.party or ""))
    if row.unit is not None:
        return str(row.unit)
    parts = [row.building, tariff.use, tariff.parking_kind, tariff.parking_tenure]
    said = [str(each.label) if isinstance(each, Choice) else each for each in parts if each is not None]
    return " · ".join(said) or str(_("全部房屋"))


# ── one tariff ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Whole:
    """One tariff with everything that its page shows."""

    line: Line
    values: dict[str, Any]
    """As its form asks them, by field."""
    version: int
    payee: str
    estate_id: int
    has_bills: bool
    """Then it is ended or followed, not changed."""


def whole(session: Session, tariff_id: int) -> Whole:
    """Read one tariff. Raises `Refused` for what is not in the actor's estates."""
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    row = session.execute(
        _joined(select(*_COLUMNS, Payee.name.label("payee")))
        .join(Payee, Payee.id == FeeItem.payee_id)
        .where(Tariff.id == tariff_id)
    ).first()
    if row is None or row.Tariff.estate_id not in actor.estates:
        raise Refused(_("没有找到这条收费标准，可能已被删除，或不在您负责的项目内。"))
    tariff: Tariff = row.Tariff
    values = {column.key: getattr(tariff, column.key) for column in Tariff.__table__.columns}
    return Whole(_line(row), values, tariff.version, row.payee, tariff.estate_id, has_bills(session, tariff_id))


def items_in(session: Session, estate_ids: frozenset[int]) -> dict[int, str]:
    """List the fee items of the actor's estates, in their order; with the estate's name where there are several."""
    estates = actor_of(session).estates & estate_ids if estate_ids else actor_of(session).estates
    rows = session.execute(
        select(FeeItem.id, FeeItem.name, Estate.name)
        .join(Estate, Estate.id == FeeItem.estate_id)
        .where(FeeItem.estate_id.in_(estates), FeeItem.active)
        .order_by(FeeItem.estate_id, FeeItem.position, FeeItem.id)
    )
    return {key: name if len(estates) == 1 else f"{estate} {name}" for key, name, estate in rows}
