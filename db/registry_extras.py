"""What lists of the registry say besides a row's own columns: who lives there, which phones, what ends soon."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import settings
from db.base import Choice
from db.clock import today
from db.masking import mask_phone
from db.people import User
from db.registry import Building, Contract, Customer, CustomerPhone, Firm, Occupancy, Relation, StewardArea, Unit
from db.registry_rules import holds_on
from db.words import _

MOST_NAMED = 3
_ORDER = {relation: place for place, relation in enumerate(Relation)}


class Standing(Choice):
    """How a contract or licence stands today."""

    COMING = "coming", _("未生效"), "gray"
    VALID = "valid", _("有效"), "green"
    ENDING = "ending", _("即将到期"), "orange"
    OVER = "over", _("已到期"), "red"


def standing(ends_on: date | None, warning: int, starts_on: date | None = None) -> Standing | None:
    """Say how something with an end stands today; it is ending from `warning` days before its last day."""
    day = today()
    if ends_on is None:
        return None
    if ends_on < day:
        return Standing.OVER
    if starts_on is not None and starts_on > day:
        return Standing.COMING
    return Standing.ENDING if (ends_on - day).days <= warning else Standing.VALID


Rows = list[dict[str, Any]]
Extra = Callable[[Session, list[int], Rows], Rows]
"""(session, ids, rows) → what to add to each row, in their order."""


def _living(session: Session, ids: list[int], _rows: Rows) -> Rows:
    """Say who holds each unit now, the owner first."""
    found: dict[int, list[Any]] = {}
    statement = (
        select(Occupancy.unit_id, Occupancy.relation, Customer.name)
        .join(Customer, Customer.id == Occupancy.customer_id)
        .where(Occupancy.unit_id.in_(ids), holds_on(Occupancy, today()))
        .order_by(Occupancy.id)
    )
    for row in session.execute(statement):
        found.setdefault(row.unit_id, []).append(row)
    return [{"living": _named(found.get(key, []))} for key in ids]


def _named(people: list[Any]) -> str:
    people = sorted(people, key=lambda row: _ORDER[row.relation])
    said = [f"{row.relation.label} {row.name}" for row in people[:MOST_NAMED]]
    if len(people) > MOST_NAMED:
        said.append(str(_("等 {n} 人", n=len(people))))
    return str(_("、")).join(said)


def _holds(session: Session, ids: list[int], _rows: Rows) -> Rows:
    """Say which units each customer holds now."""
    found: dict[int, list[str]] = {}
    statement = (
        select(Occupancy.customer_id, Occupancy.relation, Unit.short)
        .join(Unit, Unit.id == Occupancy.unit_id)
        .where(Occupancy.customer_id.in_(ids), holds_on(Occupancy, today()))
        .order_by(Occupancy.id)
    )
    for row in session.execute(statement):
        found.setdefault(row.customer_id, []).append(f"{row.short} {row.relation.label}")
    return [{"holds": str(_("、")).join(found.get(key, []))} for key in ids]


def _phones(session: Session, ids: list[int], _rows: Rows) -> Rows:
    """Show each customer's phones, always masked in a list."""
    found: dict[int, list[str]] = {}
    statement = select(CustomerPhone.customer_id, CustomerPhone.number).where(CustomerPhone.customer_id.in_(ids))
    for key, number in session.execute(statement.order_by(CustomerPhone.position, CustomerPhone.id)):
        found.setdefault(key, []).append(mask_phone(number))
    return [{"phones": " ".join(found.get(key, []))} for key in ids]


def _buildings(session: Session, ids: list[int], _rows: Rows) -> Rows:
    """Say how many units a building has, and whose area it is."""
    units = select(Unit.building_id, func.count()).where(Unit.building_id.in_(ids)).group_by(Unit.building_id)
    counted = {row[0]: row[1] for row in session.execute(units)}
    stewards = (
        select(StewardArea.building_id, User.name)
        .join(User, User.id == StewardArea.user_id)
        .where(StewardArea.building_id.in_(ids), holds_on(StewardArea, today()))
        .order_by(StewardArea.id)
    )
    who = {row[0]: row[1] for row in session.execute(stewards)}
    return [{"unit_count": counted.get(key, 0), "steward": who.get(key, "")} for key in ids]


def _contracts(session: Session, ids: list[int], rows: Rows) -> Rows:
    return _standings(session, Contract, ids, [(row["ends_on"], row["starts_on"]) for row in rows])


def _firms(session: Session, ids: list[int], rows: Rows) -> Rows:
    return _standings(session, Firm, ids, [(row["licence_ends_on"], None) for row in rows])


def _standings(session: Session, model: Any, ids: list[int], terms: list[tuple[Any, Any]]) -> Rows:
    estates = session.execute(select(model.id, model.estate_id).where(model.id.in_(ids)))
    where = {row[0]: row[1] for row in estates}
    made = []
    for key, (ends_on, starts_on) in zip(ids, terms, strict=True):
        warning = int(settings.value_of(session, settings.CONTRACT_WARNING_DAYS, where[key]))
        made.append({"standing": standing(ends_on, warning, starts_on)})
    return made


EXTRAS: dict[Any, tuple[Extra, ...]] = {
    Unit: (_living,),
    Customer: (_holds, _phones),
    Building: (_buildings,),
    Contract: (_contracts,),
    Firm: (_firms,),
}
