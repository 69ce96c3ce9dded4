"""What a form may point at: rows of the registry and people, within the actor's estates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from db.fields import Field
from db.ledger.tables import Payee
from db.people import SYSTEM_ID, User
from db.registry import Building, Contract, Customer, Estate, Facility, Firm, ParkingSpace, Unit
from db.session import actor_of
from db.words import Words, _

TARGETS: dict[str, Any] = {
    "units": Unit,
    "customers": Customer,
    "facilities": Facility,
    "buildings": Building,
    "firms": Firm,
    "estates": Estate,
    "users": User,
    "payees": Payee,
    "contracts": Contract,
    "parking_spaces": ParkingSpace,
}


def not_found(session: Session, fields: Iterable[Field], values: Mapping[str, Any]) -> dict[str, Words]:
    """Say, by field, which references lead nowhere or out of the actor's estates; people must be active."""
    return {
        each.name: _("没有找到所选的{label}，请重新查找。", label=each.label)
        for each in fields
        for key in _keys(each, values.get(each.name))
        if not _is_there(session, each.target, key)
    }


def _keys(field: Field, value: Any) -> Iterable[int]:
    if field.kind == "people":
        return value or ()
    return (value,) if field.kind == "reference" and isinstance(value, int) else ()


def _is_there(session: Session, target: str, key: int) -> bool:
    row = session.get(TARGETS[target or "users"], key)
    if row is None:
        return False
    actor = actor_of(session)
    if isinstance(row, User):
        return row.active and bool({each.estate_id for each in row.estates} & actor.estates)
    return actor.user_id == SYSTEM_ID or getattr(row, "estate_id", row.id) in actor.estates
