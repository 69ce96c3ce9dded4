"""Who holds a unit from when to when 入住与迁出的登记: begun and ended by date, so that everything follows by itself.

Tariffs, parking and gates ask who holds a unit on a day; how the unit stands (自住, 出租, 空置) and which parking
spaces are free follow in the night of the day. A day to come is entered like any other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from db import occupancies
from db.audit import record
from db.clock import today
from db.refused import Refused
from db.registering import locked, note_change
from db.registry import (
    Contract,
    ContractKind,
    Occupancy,
    ParkingSpace,
    ParkingTenure,
    Relation,
    Unit,
    UnitState,
)
from db.registry_rules import holds_on
from db.words import _

HOLDING = (Relation.OWNER, Relation.TENANT)
"""By whom a unit is told how it stands; family and others live there with one of them."""


# ── begun ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def begin(session: Session, case: Any, *, space_ids: Collection[int] = ()) -> int:
    """Let the customer of a matter hold its unit from `case.starts_on` on, as `case.relation`; see `hold`."""
    return hold(session, case.unit_id, case.customer_id, case.relation, case.starts_on, space_ids=space_ids)


def hold(
    session: Session, unit_id: int, customer_id: int, relation: Relation, starts_on: date, *,
    space_ids: Collection[int] = (),
) -> int:  # fmt: skip
    """Let a customer hold a unit, and parking spaces with it, from a day on, also one to come; needs `EDIT_REGISTRY`.

    Held already, nothing is entered twice. Returns the occupancy's id. Raises `Refused` for a second owner who is no
    co-owner, and for a space that is not free.
    """
    known = session.scalar(
        select(Occupancy.id).where(
            Occupancy.unit_id == unit_id, Occupancy.customer_id == customer_id, Occupancy.relation == relation,
            or_(Occupancy.ends_on.is_(None), Occupancy.ends_on >= starts_on),
        ).limit(1)
    )  # fmt: skip
    row = known or occupancies.move_in(session, unit_id, customer_id, relation, starts_on)
    for space_id in sorted(space_ids):
        _let_space(session, space_id, customer_id)
    if starts_on <= today():
        _follow(session, [unit_id], today())
    return row


def unhold(session: Session, occupancy_id: int) -> None:
    """Take back that somebody is to hold a unit, before he does: the purchase fell through."""
    row: Occupancy = locked(session, Occupancy, occupancy_id)
    if row.starts_on is None or row.starts_on <= today():
        raise Refused(_("新住户已经开始使用，不能取消登记。"))
    before = {"unit_id": row.unit_id, "customer_id": row.customer_id, "starts_on": row.starts_on}
    estate_id = session.get_one(Unit, row.unit_id).estate_id
    session.delete(row)
    session.flush()
    record(session, "deleted", "occupancies", occupancy_id, estate_id=estate_id, before=before)


def _let_space(session: Session, space_id: int, customer_id: int) -> None:
    space: ParkingSpace = locked(session, ParkingSpace, space_id)
    if space.customer_id == customer_id and space.ends_on is None:
        return
    if space.tenure is not ParkingTenure.FREE:
        tenure = space.tenure.label
        wrong = _("车位 {code} 现在{tenure}，不空闲，请另选车位或先办理退租。", code=space.code, tenure=tenure)
        raise Refused(wrong, {"space_ids": wrong})
    _change(session, space, {"customer_id": customer_id, "tenure": ParkingTenure.LET, "ends_on": None})


# ── ended ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Ended:
    """What ends on a customer's last day."""

    occupancies: tuple[int, ...]
    spaces: tuple[str, ...]
    """Codes of the parking spaces that are free from the day after."""
    lease_id: int | None
    lease_until: date | None
    """Until when the lease would have run; None where it ends by itself."""
    ends_before: Mapping[int, date] = field(default_factory=dict)
    """The last day that was entered for an occupancy already; whose end was open is left out."""

    def plain(self) -> dict[str, Any]:
        """Write it as it is kept with a matter."""
        return {
            "occupancies": list(self.occupancies), "spaces": list(self.spaces), "lease_id": self.lease_id,
            "lease_until": self.lease_until.isoformat() if self.lease_until else None,
            "ends_before": {str(key): day.isoformat() for key, day in self.ends_before.items()},
        }  # fmt: skip

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Ended:
        """Read what `plain` wrote."""
        until = told["lease_until"]
        before = {int(key): date.fromisoformat(day) for key, day in told.get("ends_before", {}).items()}
        return cls(tuple(told["occupancies"]), tuple(told["spaces"]), told["lease_id"],
                   date.fromisoformat(until) if until else None, before)  # fmt: skip


def end(session: Session, unit_id: int, customer_id: int, on: date) -> Ended:
    """End what a customer has with a unit on his last day, also one to come; needs `EDIT_REGISTRY`.

    His occupancies and those of who came with him, his lease, the parking spaces he rents and his permits, unless he
    still holds another unit here. Raises `Refused` where he does not hold the unit on the day.
    """
    rows = _lasting(session, unit_id, customer_id, on)
    if not any(each.relation in HOLDING and each.customer_id == customer_id for each in rows):
        wrong = _("这位客户在 {day} 没有登记为这套房屋的业主或租户，请先核对住户登记。", day=on)
        raise Refused(wrong, {"cut_off": wrong})
    before = {each.id: each.ends_on for each in rows if each.ends_on is not None}
    for each in rows:
        occupancies.move_out(session, each.id, on)
    lease = _lease(session, unit_id, customer_id, on)
    until = None if lease is None or lease.ends_on == on else lease.ends_on
    if lease is not None and until is not None:
        _change(session, lease, {"ends_on": on})
    spaces = [] if _stays(session, unit_id, customer_id, on) else _spaces(session, customer_id)
    for space in spaces:
        _change(session, space, {"ends_on": on})
    _end_permits(session, customer_id, unit_id, on)
    if on < today():
        _follow(session, [unit_id], today())
        _free_spaces(session, today(), [each.id for each in spaces])
    return Ended(
        tuple(each.id for each in rows), tuple(each.code for each in spaces), lease.id if lease else None, until, before
    )


def keep(session: Session, unit_id: int, customer_id: int, on: date, ended: Ended) -> None:
    """Take back what `end` said, before the day is over: he stays. Raises `Refused` once it is over."""
    if on < today():
        raise Refused(_("{day} 已经过去，住户登记已结束；客户不走了请重新办理入住。", day=on))
    for row_id in ended.occupancies:
        _change(session, locked(session, Occupancy, row_id), {"ends_on": ended.ends_before.get(row_id)})
    lease = _lease(session, unit_id, customer_id, on)
    if lease is not None and lease.id == ended.lease_id and ended.lease_until is not None:
        _change(session, lease, {"ends_on": ended.lease_until})
    for space in _spaces(session, customer_id, on):
        _change(session, space, {"ends_on": None})
    _keep_permits(session, customer_id, unit_id, on)


def _lasting(session: Session, unit_id: int, customer_id: int, on: date) -> list[Occupancy]:
    """List what of a unit ends with a customer: his own, and who came with him, unless somebody like him stays."""
    found = session.scalars(
        select(Occupancy)
        .where(Occupancy.unit_id == unit_id, holds_on(Occupancy, on))
        .order_by(Occupancy.id).with_for_update()
    ).all()  # fmt: skip
    own = [each for each in found if each.customer_id == customer_id]
    roles = {each.relation for each in own if each.relation in HOLDING}
    if any(each.relation in roles and each.customer_id != customer_id and not each.co_owner for each in found):
        return own
    begun = [each.starts_on for each in own if each.relation is Relation.TENANT and each.starts_on is not None]
    return [each for each in found if each.customer_id == customer_id or _came_with(each, roles, begun)]


def _came_with(other: Occupancy, roles: Collection[Relation], begun: Collection[date]) -> bool:
    """Say whether somebody leaves with who leaves: a family with its owner, a tenant's people who came after him."""
    if other.relation in HOLDING:
        return other.co_owner and Relation.OWNER in roles
    if Relation.OWNER in roles:
        return other.relation is Relation.FAMILY
    return other.starts_on is not None and any(other.starts_on >= each for each in begun)


def _lease(session: Session, unit_id: int, customer_id: int, on: date) -> Contract | None:
    return session.scalar(
        select(Contract)
        .where(
            Contract.kind == ContractKind.LEASE, Contract.unit_id == unit_id, Contract.customer_id == customer_id,
            Contract.starts_on <= on, Contract.ends_on >= on,
        )
        .order_by(Contract.ends_on.desc(), Contract.id.desc()).limit(1).with_for_update()
    )  # fmt: skip


def _stays(session: Session, unit_id: int, customer_id: int, on: date) -> bool:
    """Claim: he holds another unit of the estate after the day."""
    estate_id = session.get_one(Unit, unit_id).estate_id
    other = (
        select(Occupancy.id)
        .join(Unit, Unit.id == Occupancy.unit_id)
        .where(
            Unit.estate_id == estate_id, Unit.id != unit_id, Occupancy.customer_id == customer_id,
            or_(Occupancy.ends_on.is_(None), Occupancy.ends_on > on),
        )
    )  # fmt: skip
    return session.scalar(other.limit(1)) is not None


def _spaces(session: Session, customer_id: int, ended: date | None = None) -> list[ParkingSpace]:
    """List the spaces a customer rents, or of them those that end on a day; what he owns stays his."""
    statement = select(ParkingSpace).where(
        ParkingSpace.customer_id == customer_id, ParkingSpace.tenure == ParkingTenure.LET
    )
    if ended is not None:
        statement = statement.where(ParkingSpace.ends_on == ended)
    return list(session.scalars(statement.order_by(ParkingSpace.id).with_for_update()))


def _end_permits(session: Session, customer_id: int, unit_id: int, on: date) -> None:
    from db import parking_permits  # noqa: PLC0415 - permits ask who holds a unit

    parking_permits.end_for(session, customer_id, unit_id, on)


def _keep_permits(session: Session, customer_id: int, unit_id: int, on: date) -> None:
    from db import parking_permits  # noqa: PLC0415 - permits ask who holds a unit

    parking_permits.keep_for(session, customer_id, unit_id, on)


# ── what follows by itself ───────────────────────────────────────────────────────────────────────────────────────────


def follow(session: Session, since: date, day: date) -> tuple[int, int]:
    """Let units and parking spaces follow what has begun and ended since a day, until `day`; for the clock.

    Returns how many units stand otherwise now, and how many spaces were freed. Whoever asks again finds nothing.
    """
    begun = and_(Occupancy.starts_on > since, Occupancy.starts_on <= day)
    ended = and_(Occupancy.ends_on >= since, Occupancy.ends_on < day)
    units = session.scalars(
        select(Occupancy.unit_id).where(Occupancy.relation.in_(HOLDING), or_(begun, ended)).distinct()
        .order_by(Occupancy.unit_id)
    ).all()  # fmt: skip
    return _follow(session, units, day), _free_spaces(session, day)


def _follow(session: Session, unit_ids: Collection[int], day: date) -> int:
    """Let units stand by who holds them on a day; one unsold stays unsold, one being fitted out is given back so."""
    from db.processes import renovations  # noqa: PLC0415 - the renovation asks who holds a unit

    changed = 0
    for unit_id in unit_ids:
        unit = session.get_one(Unit, unit_id, with_for_update=True, populate_existing=True)
        state = _state_on(session, unit_id, day)
        if unit.state is UnitState.UNSOLD or unit.state is state:
            continue
        works = renovations.open_at(session, unit_id) if unit.state is UnitState.FITTING_OUT else None
        if works is not None and renovations.works_at(session, unit_id):
            works.unit_state_before = state.value
            session.flush()
            continue
        _change(session, unit, {"state": state})
        changed += 1
    return changed


def _state_on(session: Session, unit_id: int, day: date) -> UnitState:
    """Say how a unit stands by who holds it: let, lived in by its owner, or vacant."""
    holding = set(
        session.scalars(select(Occupancy.relation).where(Occupancy.unit_id == unit_id, holds_on(Occupancy, day)))
    )
    if Relation.TENANT in holding:
        return UnitState.LET
    return UnitState.OWNER_OCCUPIED if Relation.OWNER in holding else UnitState.VACANT


def _free_spaces(session: Session, day: date, space_ids: Collection[int] = ()) -> int:
    statement = select(ParkingSpace).where(ParkingSpace.ends_on < day)
    if space_ids:
        statement = statement.where(ParkingSpace.id.in_(space_ids))
    spaces = session.scalars(statement.order_by(ParkingSpace.id).with_for_update()).all()
    for space in spaces:
        _change(session, space, {"customer_id": None, "tenure": ParkingTenure.FREE, "ends_on": None})
    return len(spaces)


def _change(session: Session, row: Any, values: Mapping[str, Any]) -> None:
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    note_change(session, row, before, values)


__all__ = ["HOLDING", "Ended", "begin", "end", "follow", "hold", "keep", "unhold"]
