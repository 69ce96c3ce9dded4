"""What a form offers to choose from: people with what they have in hand, facilities, firms, buildings, estates."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.cases import Case, is_open
from db.fields import Field
from db.ledger.tables import FeeItem, Payee
from db.people import WORKS, Role, User, people_in, roles_label
from db.process import Process
from db.registry import (
    Building,
    Contract,
    ContractKind,
    Customer,
    Estate,
    Facility,
    Firm,
    ParkingSpace,
    ParkingTenure,
    Unit,
)
from db.session import actor_of
from db.words import _

Options = dict[int, str]
"""Key → what people call it, in the order of the list."""

_EVERYBODY = frozenset(Role) - {Role.ADMINISTRATOR}


def options_for(
    session: Session, process: Process, action: str, fields: Iterable[Field], estate_ids: Collection[int] = ()
) -> dict[str, Options]:
    """Say what each reference field of a form offers: field name → options.

    `action` is "" for the opening form; `estate_ids` narrows the actor's estates (a matter's own). Units and
    customers are searched, not listed. One query for each kind of thing, and one for what people have in hand.
    """
    actor = actor_of(session)
    estates = frozenset(actor.estates & set(estate_ids) if estate_ids else actor.estates)
    made: dict[str, Options] = {}
    for each in fields:
        if each.kind == "people" or (each.target == "users" and each.name == "assigned_to"):
            made[each.name] = _hands(session, _able(process, action), estates)
        elif each.target == "users":
            made[each.name] = {user.id: user.name for user in people_in(session, _EVERYBODY, estates)}
        elif each.target in _LISTED:
            made[each.name] = _LISTED[each.target](session, estates)
    return made


def _able(process: Process, action: str) -> frozenset[Role]:
    """Say which roles may do the step that follows an action, and so may be given the matter."""
    if action:
        declared = process.action(action)
        states = {declared.target} if declared.target is not None else set(declared.sources)
    else:
        states = {process.start}
    following = [each for each in process.actions if states & set(each.sources) and each.roles]
    able = [each.roles for each in following if each.main] or [each.roles for each in following]
    roles = frozenset[Role]().union(*able)
    return roles & WORKS if Role.TECHNICIAN in roles else roles  # the desk may press for them, but does not go


def _hands(session: Session, roles: frozenset[Role], estates: frozenset[int]) -> Options:
    """List who may be given a matter: technicians first, those with the least in hand before the busy ones."""
    load: dict[int | None, int] = dict(
        session.execute(
            select(Case.assigned_to, func.count())
            .where(is_open(), Case.handled_at.is_(None), Case.assigned_to.is_not(None), Case.estate_id.in_(estates))
            .group_by(Case.assigned_to)
        ).all()
    )
    users = people_in(session, roles, estates)
    users.sort(key=lambda user: (not _is_technician(user), load.get(user.id, 0)))
    return {user.id: _said(user, load.get(user.id, 0)) for user in users}


def _is_technician(user: User) -> bool:
    return any(row.role is Role.TECHNICIAN for row in user.roles)


def _said(user: User, load: int) -> str:
    if _is_technician(user):
        return str(_("{name}(在手 {n})", name=user.name, n=load))
    roles = roles_label(frozenset(row.role for row in user.roles))
    return str(_("{name}({roles}，在手 {n})", name=user.name, roles=roles, n=load))


def _estates(session: Session, estates: frozenset[int]) -> Options:
    rows = session.execute(select(Estate.id, Estate.name).where(Estate.id.in_(estates)).order_by(Estate.id))
    return dict(rows.all())


def _buildings(session: Session, estates: frozenset[int]) -> Options:
    rows = session.execute(
        select(Building.id, Building.name, Estate.name)
        .join(Estate, Estate.id == Building.estate_id)
        .where(Building.estate_id.in_(estates))
        .order_by(Estate.id, Building.position, Building.id)
    )
    return {key: _within(estate, name, estates) for key, name, estate in rows}


def _within(estate: str, name: str, estates: frozenset[int]) -> str:
    return name if len(estates) == 1 else f"{estate} {name}"


def _facilities(session: Session, estates: frozenset[int]) -> Options:
    rows = session.execute(
        select(Facility.id, Facility.name, Facility.place, Building.name, Estate.name)
        .join(Estate, Estate.id == Facility.estate_id)
        .outerjoin(Building, Building.id == Facility.building_id)
        .where(Facility.estate_id.in_(estates))
        .order_by(Estate.id, Building.position, Facility.name, Facility.id)
    )
    return {
        key: _within(estate, " ".join(dict.fromkeys(filter(None, (building, name, place)))), estates)
        for key, name, place, building, estate in rows
    }


def _firms(session: Session, estates: frozenset[int]) -> Options:
    rows = session.execute(
        select(Firm.id, Firm.name, Firm.kind).where(Firm.estate_id.in_(estates)).order_by(Firm.name, Firm.id)
    )
    return {key: str(_("{name}({kind})", name=name, kind=kind.label)) for key, name, kind in rows}


def _payees(session: Session, estates: frozenset[int]) -> Options:
    rows = session.execute(
        select(Payee.id, Payee.name).where(Payee.estate_id.in_(estates)).order_by(Payee.estate_id, Payee.id)
    )
    return dict(rows.all())


def _fee_items(session: Session, estates: frozenset[int]) -> Options:
    rows = session.execute(
        select(FeeItem.id, FeeItem.name, Estate.name)
        .join(Estate, Estate.id == FeeItem.estate_id)
        .where(FeeItem.estate_id.in_(estates), FeeItem.active)
        .order_by(FeeItem.estate_id, FeeItem.position, FeeItem.id)
    )
    return {key: _within(estate, name, estates) for key, name, estate in rows}


def _leases(session: Session, estates: frozenset[int]) -> Options:
    """List the contracts with customers; a firm's are no ground to charge anybody."""
    rows = session.execute(
        select(Contract.id, Contract.number, Unit.short, Customer.name)
        .outerjoin(Unit, Unit.id == Contract.unit_id)
        .outerjoin(Customer, Customer.id == Contract.customer_id)
        .where(Contract.estate_id.in_(estates), Contract.kind != ContractKind.FIRM)
        .order_by(Contract.number)
    )
    return {key: " ".join(filter(None, said)) for key, *said in rows}


def _free_spaces(session: Session, estates: frozenset[int]) -> Options:
    rows = session.execute(
        select(ParkingSpace.id, ParkingSpace.code, ParkingSpace.kind)
        .where(ParkingSpace.estate_id.in_(estates), ParkingSpace.tenure == ParkingTenure.FREE)
        .order_by(ParkingSpace.estate_id, ParkingSpace.code)
    )
    return {key: str(_("{code}({kind})", code=code, kind=kind.label)) for key, code, kind in rows}


_LISTED = {
    "estates": _estates, "buildings": _buildings, "facilities": _facilities, "firms": _firms, "payees": _payees,
    "fee_items": _fee_items, "contracts": _leases,
    "parking_spaces": _free_spaces,
}  # fmt: skip


def options_of(session: Session, fields: Iterable[Field], estate_ids: Collection[int] = ()) -> dict[str, Options]:
    """Say what each reference field of a registry form offers; people are the stewards."""
    actor = actor_of(session)
    estates = frozenset(actor.estates & set(estate_ids) if estate_ids else actor.estates)
    made: dict[str, Options] = {}
    for each in fields:
        if each.target == "users":
            stewards = people_in(session, frozenset({Role.STEWARD}), estates)
            made[each.name] = {user.id: user.name for user in stewards}
        elif each.target in _LISTED:
            made[each.name] = _LISTED[each.target](session, estates)
    return made
