"""The register of access cards and keys: found by number, person or unit, counted and paged by the database (A2)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from db.base import Choice
from db.cases import Case
from db.dossiers.card_tables import (
    ELECTRONIC,
    HolderIs,
    Holding,
    HoldingKind,
    Standing,
    is_left_behind,
    is_out,
    waits_for_disabling,
)
from db.ledger.tables import Bill
from db.people import User, in_scope
from db.refused import Refused
from db.registry import Customer, Unit
from db.search import people_and_units
from db.session import actor_of
from db.words import _

PAGE = 50


class Shown(Choice):
    """Which part of the register is looked at."""

    OUT = "out", _("在用")
    LEFT = "left", _("人已迁出未交回")
    TO_DISABLE = "to_disable", _("挂失待停用")
    LOST = "lost", _("已挂失")
    BACK = "back", _("已交回")
    ALL = "all", _("全部")


@dataclass(frozen=True)
class Sought:
    """What the register is asked for."""

    estate_ids: Collection[int]
    shown: Shown = Shown.OUT
    typed: str = ""
    """Of a number, a holder, a customer or a room."""
    kind: HoldingKind | None = None


@dataclass(frozen=True)
class CardLine:
    """A row of the register."""

    id: int
    kind: HoldingKind
    number: str
    count: int
    what: str
    unit_id: int
    unit: str
    customer_id: int | None
    customer: str
    holder: str
    relation: HolderIs
    standing: Standing
    issued_at: datetime
    left: bool
    """The customer holds the unit no more."""


@dataclass(frozen=True)
class CardPage:
    """One page of the register."""

    rows: list[CardLine]
    total: int
    next: int | None


@dataclass(frozen=True)
class CardRecord:
    """One card or bunch of keys with its story."""

    line: CardLine
    version: int
    electronic: bool
    issued_by: str
    signed_by: str
    note: str
    case: str
    process: str
    charged: Any
    """Yuan, or None."""
    lost_at: datetime | None
    lost_why: str
    disabled_at: datetime | None
    replacement: str
    returned_at: datetime | None


def _claims() -> dict[Shown, ColumnElement[bool] | None]:
    return {
        Shown.OUT: is_out(),
        Shown.LEFT: is_left_behind(),
        Shown.TO_DISABLE: waits_for_disabling(),
        Shown.LOST: Holding.lost_at.is_not(None) & Holding.returned_at.is_(None),
        Shown.BACK: Holding.returned_at.is_not(None),
        Shown.ALL: None,
    }


def _columns() -> Select[*tuple[Any, ...]]:
    return (
        select(Holding, Unit.short, Customer.name, is_left_behind().label("left"))
        .join(Unit, Unit.id == Holding.unit_id)
        .outerjoin(Customer, Customer.id == Holding.customer_id)
    )


def _sought(session: Session, sought: Sought, statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    statement = statement.where(Holding.estate_id.in_(sorted(sought.estate_ids)))
    claim = _claims()[sought.shown]
    if claim is not None:
        statement = statement.where(claim)
    if sought.kind is not None:
        statement = statement.where(Holding.kind == sought.kind)
    if typed := sought.typed.strip():
        units, people = people_and_units(session, typed)
        statement = statement.where(or_(
            Holding.unit_id.in_(units), Holding.customer_id.in_(people),
            Holding.number.contains(typed, autoescape=True), Holding.holder.contains(typed, autoescape=True),
        ))  # fmt: skip
    return in_scope(statement, actor_of(session), Holding)


def cards(session: Session, sought: Sought, after: int | None = None) -> CardPage:
    """List a page of the register, the newest first, after the row shown last; and count all that are found."""
    total = session.scalar(_sought(session, sought, select(func.count(Holding.id)))) or 0
    statement = _sought(session, sought, _columns())
    if after is not None:
        statement = statement.where(Holding.id < after)
    rows = session.execute(statement.order_by(Holding.id.desc()).limit(PAGE + 1)).all()
    lines = [_line(*row) for row in rows[:PAGE]]
    return CardPage(lines, total, lines[-1].id if len(rows) > PAGE else None)


def _line(row: Holding, unit: str, customer: str | None, left: bool) -> CardLine:  # noqa: FBT001 - a row's columns
    return CardLine(
        row.id, row.kind, row.number, row.count, row.shown, row.unit_id, unit, row.customer_id, customer or "",
        row.holder, row.relation, row.standing, row.issued_at, bool(left),
    )  # fmt: skip


def card(session: Session, holding_id: int) -> CardRecord:
    """Describe one card or bunch of keys of the actor's estates; `Refused` when there is none."""
    issuer, other = aliased(User), aliased(Holding)
    statement = (
        _columns()
        .add_columns(issuer.name, Case.number, Case.process, Bill.amount, other)
        .join(issuer, issuer.id == Holding.issued_by)
        .outerjoin(Case.__table__, Case.id == Holding.case_id)
        .outerjoin(Bill, Bill.id == Holding.bill_id)
        .outerjoin(other, other.id == Holding.replaced_by)
        .where(Holding.id == holding_id)
    )
    found = session.execute(in_scope(statement, actor_of(session), Holding)).one_or_none()
    if found is None:
        raise Refused(_("没有找到这条登记，可能不在您负责的项目内。"))
    row, unit, customer, left, by, number, process, charged, replaced_by = found
    return CardRecord(
        _line(row, unit, customer, left), row.version, row.kind in ELECTRONIC, by, row.signed_by, row.note,
        number or "", process or "", charged, row.lost_at, row.lost_why, row.disabled_at,
        replaced_by.shown if replaced_by is not None else "", row.returned_at,
    )  # fmt: skip


def counts(session: Session, estate_ids: Collection[int]) -> dict[Shown, int]:
    """Count what wants attention: left behind by who has gone, lost and not yet switched off; one query."""
    claims = {Shown.LEFT: is_left_behind(), Shown.TO_DISABLE: waits_for_disabling()}
    columns = [
        in_scope(
            select(func.count(Holding.id)).where(Holding.estate_id.in_(sorted(estate_ids)), claim),
            actor_of(session), Holding,
        ).scalar_subquery()
        for claim in claims.values()
    ]  # fmt: skip
    return dict(zip(claims, session.execute(select(*columns)).one(), strict=True))


def left_behind(session: Session, estate_ids: Collection[int], limit: int = PAGE) -> list[CardLine]:
    """List what those who have left still carry, the longest first: nobody leaves holding one unnoticed."""
    statement = _sought(session, Sought(estate_ids, Shown.LEFT), _columns())
    return [_line(*row) for row in session.execute(statement.order_by(Holding.id).limit(limit))]


__all__ = ["CardLine", "CardPage", "CardRecord", "Shown", "Sought", "card", "cards", "counts", "left_behind"]
