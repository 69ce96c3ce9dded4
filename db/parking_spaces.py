"""A permit's space 车位: let with the permit, free after it; its monthly fee follows by the parking tariffs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from db.clock import today
from db.parking_tables import ParkingPermit, PermitKind
from db.registering import note_change
from db.registry import ParkingSpace, ParkingTenure


def assign(session: Session, space: ParkingSpace, customer_id: int) -> None:
    """Let a free space to the customer; one sold stays its owner's. Its monthly fee follows by the tariffs."""
    if space.tenure is ParkingTenure.SOLD or (space.customer_id == customer_id and space.ends_on is None):
        return
    _change_space(session, space, {"customer_id": customer_id, "tenure": ParkingTenure.LET, "ends_on": None})


def begins(permit: ParkingPermit) -> bool:
    """Claim: its space is the customer's from today; one to come begins by the clock."""
    return permit.kind is not PermitKind.TEMPORARY and permit.starts_on <= today()


def begin_due(session: Session) -> int:
    """Let the clock assign the spaces of permits that begin today or began while nobody was there; says how many."""
    rows = session.execute(_to_begin().with_for_update()).all()
    for permit, space in rows:
        assign(session, space, permit.customer_id)
    return len(rows)


def is_begin_owed(session: Session) -> bool:
    """Claim: some permit has begun whose space is still free."""
    return session.execute(_to_begin().limit(1)).first() is not None


def _to_begin() -> Select[ParkingPermit, ParkingSpace]:
    return (
        select(ParkingPermit, ParkingSpace)
        .join(ParkingSpace, ParkingSpace.id == ParkingPermit.space_id)
        .where(
            ParkingPermit.ended_at.is_(None), ParkingPermit.kind != PermitKind.TEMPORARY,
            ParkingPermit.starts_on <= today(), ParkingPermit.ends_on >= today(),
            ParkingSpace.tenure == ParkingTenure.FREE,
        )
        .order_by(ParkingPermit.id)
    )  # fmt: skip


def free(session: Session, permit: ParkingPermit, last: date) -> None:
    """Give the space back after a last day: at once where it is over, by the clock where it is to come."""
    space = session.get_one(ParkingSpace, permit.space_id, with_for_update=True, populate_existing=True)
    mine = space.tenure is ParkingTenure.LET and space.customer_id == permit.customer_id
    if not mine or permit.kind is PermitKind.TEMPORARY:
        return
    if last < today():
        _change_space(session, space, {"customer_id": None, "tenure": ParkingTenure.FREE, "ends_on": None})
    else:
        _change_space(session, space, {"ends_on": last})


def _change_space(session: Session, space: ParkingSpace, values: Mapping[str, Any]) -> None:
    before = {name: getattr(space, name) for name in values}
    if before == values:
        return
    for name, value in values.items():
        setattr(space, name, value)
    note_change(session, space, before, values)
