"""One customer whole (客户档案): who, where, phones, matters, vehicles, papers, in a fixed number of queries (R3)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session

from db import settings
from db.audit import Audit
from db.cases import Case, Event
from db.clock import now, today
from db.customer_cards import (
    Card,
    CaseLine,
    ContractLine,
    Disclosure,
    Holding,
    Moment,
    ParkingLine,
    Person,
    PhoneLine,
    UnitLine,
    VehicleLine,
)  # fmt: skip
from db.documents import Document
from db.masking import mask, mask_id, mask_phone
from db.people import Actor, Right, User, in_scope
from db.privacy import (
    DISCLOSED,
    CasePhone,
    Ground,
    case_phone,
    look,
    look_at_case,
    looked_at,
    record_disclosure,
    reveal_case_phone,
    reveal_id,
    reveal_phone,
    said_ground,
)  # fmt: skip
from db.process import action_label, process_of
from db.refused import Refused
from db.registry import (
    Building,
    Contract,
    Customer,
    CustomerPhone,
    Estate,
    Occupancy,
    ParkingSpace,
    Relation,
    StewardArea,
    Unit,
    Vehicle,
)  # fmt: skip
from db.registry_rules import holds_on
from db.session import actor_of
from db.words import _

MOST_CASES = 50
MOST_MOMENTS = 60


def card(session: Session, *, unit_id: int | None = None, customer_id: int | None = None) -> Card:
    """Put together the card of a unit or of a customer.

    Phones are in full only for whom they are in sight and whose look is logged (`look_owed` says what is missing).
    Raises `Refused` for technicians and guards, and for what is outside the actor's estates.
    """
    actor = actor_of(session)
    if not actor.sees_all:
        raise Refused(_("客户卡只对客户服务人员开放。"))
    holdings = _holdings(session, actor, unit_id, customer_id)
    if customer_id is not None:
        ids, unit_ids = [customer_id], [each.unit_id for each in holdings if each.is_current]
    else:
        ids, unit_ids = list(dict.fromkeys(each.customer_id for each in holdings if each.is_current)), [unit_id or 0]
    units = _units(session, actor, unit_ids)
    people, owed = _people(session, actor, ids)
    if not (units if customer_id is None else people):
        raise Refused(_("没有找到这份客户档案，可能已被删除，或不在您负责的项目内。"))
    if customer_id is not None:
        unit_id = None
    about = Case.unit_id == unit_id if customer_id is None else Case.customer_id == customer_id
    return Card(
        units=units,
        people=people,
        holdings=holdings,
        cases=_cases(session, actor, about),
        moments=_moments(session, actor, about),
        vehicles=_vehicles(session, ids),
        parking=_parking(session, ids),
        contracts=_contracts(session, ids, unit_id),
        disclosures=_disclosures(session, ids),
        documents=_documents(session, customer_id, unit_id),
        look_owed=owed,
    )


def _holdings(session: Session, actor: Actor, unit_id: int | None, customer_id: int | None) -> tuple[Holding, ...]:
    whose = Occupancy.unit_id == unit_id if customer_id is None else Occupancy.customer_id == customer_id
    rows = session.execute(
        in_scope(
            select(Occupancy, Unit.short, Customer.name)
            .join(Unit, Unit.id == Occupancy.unit_id)
            .join(Customer, Customer.id == Occupancy.customer_id)
            .where(whose),
            actor,
            Unit,
        )
    ).all()
    day = today()
    found = [
        Holding(
            row.id, row.unit_id, short, row.customer_id, name, row.relation, row.co_owner, row.starts_on, row.ends_on,
            (row.starts_on is None or row.starts_on <= day) and (row.ends_on is None or row.ends_on >= day),
            row.version,
        )
        for row, short, name in rows
    ]  # fmt: skip
    order = list(Relation)
    found.sort(
        key=lambda each: (
            not each.is_current,
            order.index(each.relation) if each.is_current else 0,
            -(each.ends_on or date.max).toordinal(),
            each.id,
        )
    )
    return tuple(found)


def _units(session: Session, actor: Actor, ids: list[int]) -> tuple[UnitLine, ...]:
    steward = (
        select(User.name)
        .join(StewardArea, StewardArea.user_id == User.id)
        .where(StewardArea.building_id == Building.id, holds_on(StewardArea, today()))
        .order_by(StewardArea.id.desc())
        .limit(1)
        .correlate(Building)
        .scalar_subquery()
    )
    statement = (
        select(Unit, Estate.name, Building.name, steward)
        .join(Estate, Estate.id == Unit.estate_id)
        .join(Building, Building.id == Unit.building_id)
        .where(Unit.id.in_(ids))
        .order_by(Unit.short)
    )
    return tuple(
        UnitLine(
            unit.id, unit.short, estate, unit.building_id, building, unit.floor, unit.area, unit.use, unit.state,
            unit.layout, unit.handed_over_on, unit.version, who or "",
        )
        for unit, estate, building, who in session.execute(in_scope(statement, actor, Unit))
    )  # fmt: skip


def _people(session: Session, actor: Actor, ids: list[int]) -> tuple[tuple[Person, ...], tuple[int, ...]]:
    rows = session.scalars(in_scope(select(Customer).where(Customer.id.in_(ids)), actor, Customer)).all()
    phones: dict[int, list[CustomerPhone]] = {}
    numbers = select(CustomerPhone).where(CustomerPhone.customer_id.in_([row.id for row in rows]))
    for phone in session.scalars(numbers.order_by(CustomerPhone.position, CustomerPhone.id)):
        phones.setdefault(phone.customer_id, []).append(phone)
    in_sight = actor.may(Right.SEE_PHONE)
    seen = looked_at(session, actor, phones) if in_sight else set()
    by_id = {row.id: row for row in rows}
    people = tuple(
        Person(
            row.id, row.estate_id, row.name, row.kind, row.contact_name, mask_id(row.id_number or ""), row.occupants,
            row.reach, row.needs, row.no_greetings, row.version,
            tuple(
                PhoneLine(each.id, each.number if row.id in seen else mask_phone(each.number), row.id in seen)
                for each in phones.get(row.id, ())
            ),
        )
        for row in (by_id[key] for key in ids if key in by_id)
    )  # fmt: skip
    return people, tuple(sorted(phones.keys() - seen)) if in_sight else ()


def _whose_cases(actor: Actor, about: ColumnElement[bool]) -> ColumnElement[bool]:
    """Leave out what is about the actor himself: he must not learn who complained."""
    return and_(about, Case.about_user_id.is_distinct_from(actor.user_id))


def _cases(session: Session, actor: Actor, about: ColumnElement[bool]) -> tuple[CaseLine, ...]:
    rows = session.execute(
        in_scope(
            select(
                Case.id, Case.number, Case.process, Case.state, Case.words, Case.opened_at, Case.closed_at,
                Case.handled_at, Case.paused_at, Case.due_at,
            ).where(_whose_cases(actor, about)),
            actor,
            Case,
        )
        .order_by(Case.closed_at.is_not(None), Case.opened_at.desc(), Case.id.desc())
        .limit(MOST_CASES)
    )  # fmt: skip
    moment, lines = now(), []
    for row in rows:
        process = process_of(row.process)
        state = process.states(row.state)
        is_open = row.closed_at is None
        running = is_open and row.handled_at is None and row.paused_at is None
        overdue = running and row.due_at is not None and row.due_at < moment
        lines.append(
            CaseLine(
                row.id, row.number, row.process, str(process.title), str(state.label), state.colour, row.words,
                row.opened_at, is_open, overdue,
            )
        )  # fmt: skip
    return tuple(lines)


def _moments(session: Session, actor: Actor, about: ColumnElement[bool]) -> tuple[Moment, ...]:
    rows = session.execute(
        in_scope(
            select(Event.occurred_at, Event.action, Event.note, Case.process, Case.number, User.name)
            .join(Case, Case.id == Event.case_id)
            .join(User, User.id == Event.actor_id)
            .where(_whose_cases(actor, about)),
            actor,
            Case,
        )
        .order_by(Event.occurred_at.desc(), Event.id.desc())
        .limit(MOST_MOMENTS)
    )
    return tuple(
        Moment(at, _step(process, action), note, who, number) for at, action, note, process, number, who in rows
    )


def _step(process: str, action: str) -> str:
    declared = process_of(process)
    return str(_("{title}：{step}", title=declared.title, step=action_label(declared, action)))


def _vehicles(session: Session, ids: list[int]) -> tuple[VehicleLine, ...]:
    rows = session.execute(
        select(Vehicle, Customer.name)
        .join(Customer, Customer.id == Vehicle.customer_id)
        .where(Vehicle.customer_id.in_(ids))
        .order_by(Vehicle.plate)
    )
    return tuple(
        VehicleLine(row.id, row.plate, " ".join(filter(None, (row.colour, row.brand, row.kind))), name)
        for row, name in rows
    )


def _parking(session: Session, ids: list[int]) -> tuple[ParkingLine, ...]:
    rows = session.execute(
        select(ParkingSpace, Customer.name)
        .join(Customer, Customer.id == ParkingSpace.customer_id)
        .where(ParkingSpace.customer_id.in_(ids))
        .order_by(ParkingSpace.code)
    )
    return tuple(ParkingLine(row.id, row.code, row.kind, row.tenure, name) for row, name in rows)


def _contracts(session: Session, ids: list[int], unit_id: int | None) -> tuple[ContractLine, ...]:
    whose = or_(Contract.customer_id.in_(ids), Contract.unit_id == unit_id if unit_id is not None else false())
    day, lines = today(), []
    for row in session.scalars(select(Contract).where(whose).order_by(Contract.ends_on.desc(), Contract.id)):
        left = (row.ends_on - day).days
        is_ending = 0 <= left <= settings.value_of(session, settings.CONTRACT_WARNING_DAYS, row.estate_id)
        lines.append(ContractLine(row.id, row.number, row.kind, row.starts_on, row.ends_on, left, is_ending))
    return tuple(lines)


def _disclosures(session: Session, ids: list[int]) -> tuple[Disclosure, ...]:
    rows = session.execute(
        select(Audit.at, User.name, Audit.after, Audit.ground)
        .join(User, User.id == Audit.actor_id)
        .where(Audit.table_name == "customers", Audit.record_id.in_(ids), Audit.act == DISCLOSED)
        .order_by(Audit.id.desc())
        .limit(MOST_CASES)
    )
    return tuple(Disclosure(at, who, str((after or {}).get("to_whom", "")), ground) for at, who, after, ground in rows)


def _documents(session: Session, customer_id: int | None, unit_id: int | None) -> int:
    whose = Document.customer_id == customer_id if customer_id is not None else Document.unit_id == unit_id
    count = select(func.count()).select_from(Document).where(whose, Document.removed_at.is_(None))
    return session.scalar(count) or 0


__all__ = [
    "Card", "CasePhone", "Ground", "card", "case_phone", "look", "look_at_case", "mask", "mask_id",
    "mask_phone", "record_disclosure", "reveal_case_phone", "reveal_id", "reveal_phone", "said_ground",
]  # fmt: skip
