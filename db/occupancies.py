"""Who holds which unit: somebody comes, somebody leaves, a unit changes hands; the past is kept (R2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from db.checking import is_empty
from db.people import Right, require
from db.phones import add_phone
from db.refused import Refused
from db.registering import locked, note_change, save, saved_by
from db.registry import Customer, CustomerPhone, Occupancy, Relation, Unit
from db.session import actor_of
from db.words import _


def move_in(
    session: Session,
    unit_id: int,
    customer_id: int,
    relation: Relation,
    starts_on: date | None = None,
    *,
    co_owner: bool = False,
    token: str | None = None,
) -> int:
    """Enter that a customer holds a unit from a day on (None: since ever); returns the occupancy's id.

    A second owner is refused unless marked as co-owner.
    """
    values = {
        "unit_id": unit_id, "customer_id": customer_id, "relation": relation, "starts_on": starts_on,
        "co_owner": co_owner,
    }  # fmt: skip
    return save(session, Occupancy, values, token=token)


def move_out(session: Session, occupancy_id: int, ends_on: date, version: int | None = None) -> None:
    """Enter the last day on which somebody held a unit."""
    require(actor_of(session), Right.EDIT_REGISTRY)
    row: Occupancy = locked(session, Occupancy, occupancy_id, version)
    if row.starts_on is not None and ends_on < row.starts_on:
        problem = _("结束日期不能早于开始日期 {day}。", day=row.starts_on)
        raise Refused(problem, {"ends_on": problem})
    before = row.ends_on
    if before == ends_on:
        return
    row.ends_on = ends_on
    note_change(session, row, {"ends_on": before}, {"ends_on": ends_on}, act="ended")


def change_owner(session: Session, unit_id: int, customer_ids: Sequence[int], on: date) -> list[int]:
    """Hand a unit over to new owners from a day on (过户); the former ones end the day before.

    The first is the owner of record, the others co-owners. Tenants stay: sale does not end a lease. Returns the new
    occupancies' ids.
    """
    require(actor_of(session), Right.EDIT_REGISTRY)
    if not customer_ids:
        raise Refused(_("请选择新业主。"), {"customer_id": _("请选择新业主。")})
    locked(session, Unit, unit_id)
    former = session.scalars(
        select(Occupancy)
        .where(
            Occupancy.unit_id == unit_id,
            Occupancy.relation == Relation.OWNER,
            or_(Occupancy.ends_on.is_(None), Occupancy.ends_on >= on),
        )
        .order_by(Occupancy.id)
    ).all()
    for row in former:
        if row.starts_on is not None and row.starts_on >= on:
            problem = _("现业主从 {day} 起登记，过户日期要晚于这一天。", day=row.starts_on)
            raise Refused(problem, {"on": problem})
        move_out(session, row.id, on - timedelta(days=1))
    return [
        move_in(session, unit_id, customer_id, Relation.OWNER, on, co_owner=position > 0)
        for position, customer_id in enumerate(customer_ids)
    ]


def take_in(
    session: Session,
    values: Mapping[str, Any],
    *,
    phone: str = "",
    unit_id: int | None = None,
    relation: Relation = Relation.OWNER,
    starts_on: date | None = None,
    co_owner: bool = False,
    token: str | None = None,
) -> int:
    """Write down a new customer with his phone and the unit he comes to hold, all or nothing; returns his id.

    Raises `Refused` when one of the same name and phone is known already: he is to be found, not entered again.
    """
    if (done := saved_by(session, token)) is not None:
        return done
    if unit_id is not None:
        values = {**values, "estate_id": values.get("estate_id") or locked(session, Unit, unit_id).estate_id}
    customer_id = save(session, Customer, values, token=token)
    if not is_empty(phone):
        add_phone(session, customer_id, phone)
        known = _namesake(session, customer_id)
        if known:
            problem = _("已有同名同电话的客户“{name}”，请在“已有客户”里查找。", name=known)
            raise Refused(problem, {"phone": problem})
    if unit_id is not None:
        move_in(session, unit_id, customer_id, relation, starts_on, co_owner=co_owner)
    return customer_id


def _namesake(session: Session, customer_id: int) -> str | None:
    """Name another customer of the same estate, name and phone, if there is one."""
    other, phone, own = aliased(Customer), aliased(CustomerPhone), aliased(CustomerPhone)
    return session.scalar(
        select(other.name)
        .join(phone, phone.customer_id == other.id)
        .join(own, own.number == phone.number)
        .join(Customer, Customer.id == own.customer_id)
        .where(
            Customer.id == customer_id,
            other.id != customer_id,
            other.name == Customer.name,
            other.estate_id == Customer.estate_id,
        )
        .limit(1)
    )
