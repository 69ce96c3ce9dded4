"""What a search shows of what it found: one line to recognise it by, personal data masked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Select, and_, bindparam, select
from sqlalchemy.orm import Session

from db.cases import Case
from db.clock import today
from db.masking import mask_phone
from db.people import Actor
from db.registry import Building, Customer, CustomerPhone, Occupancy, Relation, Unit, UnitUse, Vehicle
from db.registry_rules import holds_on
from db.words import _

MOST_RESIDENTS = 3
MOST_CASES = 20
EXCERPT = 30


@dataclass(frozen=True)
class Hit:
    """One thing found. `rank` 0 is exactly what was typed; the ids are those a form fills in when it is picked."""

    kind: str
    """unit · customer · vehicle · case"""
    id: int
    title: str
    subtitle: str
    unit_id: int | None = None
    customer_id: int | None = None
    case_id: int | None = None
    rank: int = 99


# Tables, not classes: these few statements run at each key press, and rows need no unit of work.
_unit, _building, _occupancy = Unit.__table__.c, Building.__table__.c, Occupancy.__table__.c
_customer, _phone, _vehicle = Customer.__table__.c, CustomerPhone.__table__.c, Vehicle.__table__.c
_ids: BindParameter[Any] = bindparam("ids", expanding=True)
_held = holds_on(_occupancy, bindparam("day"))
_first_phone = (
    select(_phone.number)
    .where(_phone.customer_id == _customer.id)
    .order_by(_phone.position, _phone.id)
    .limit(1)
    .correlate(Customer.__table__)
    .scalar_subquery()
)
_UNITS = select(_unit.id, _unit.short, _unit.use, _unit.state, _building.name).where(
    _unit.id.in_(_ids), _building.id == _unit.building_id
)
_LIVING = (
    select(
        _unit.id, _unit.short, _unit.use, _unit.state, _building.name, _occupancy.relation,
        _customer.name.label("person"), _first_phone,
    )
    .select_from(
        Unit.__table__.join(Building.__table__, _building.id == _unit.building_id)
        .outerjoin(Occupancy.__table__, and_(_occupancy.unit_id == _unit.id, _held))
        .outerjoin(Customer.__table__, _customer.id == _occupancy.customer_id)
    )
    .where(_unit.id.in_(_ids))
    .order_by(_occupancy.id)
)  # fmt: skip
_CUSTOMERS = (
    select(
        _customer.id, _customer.name, _customer.contact_name, _occupancy.relation, _unit.id, _unit.short, _first_phone
    )
    .select_from(
        Customer.__table__.outerjoin(Occupancy.__table__, and_(_occupancy.customer_id == _customer.id, _held))
        .outerjoin(Unit.__table__, _unit.id == _occupancy.unit_id)
    )
    .where(_customer.id.in_(_ids))
    .order_by(_occupancy.id)
)  # fmt: skip
_VEHICLES = (
    select(
        _vehicle.id, _vehicle.plate, _vehicle.brand, _vehicle.colour, _customer.id, _customer.name, _unit.id,
        _unit.short,
    )
    .select_from(
        Vehicle.__table__.outerjoin(Customer.__table__, _customer.id == _vehicle.customer_id)
        .outerjoin(Occupancy.__table__, and_(_occupancy.customer_id == _customer.id, _held))
        .outerjoin(Unit.__table__, _unit.id == _occupancy.unit_id)
    )
    .where(_vehicle.id.in_(_ids))
    .order_by(_occupancy.id)
)  # fmt: skip
CASES: Any = (
    select(
        Case.id, Case.number, Case.process, Case.state, Case.words, Case.customer_id, Case.unit_id, Unit.short,
        Case.place, Case.closed_at,
    )
    .outerjoin(Unit, Unit.id == Case.unit_id)
    .order_by(Case.closed_at.is_not(None), Case.opened_at.desc(), Case.id.desc())
    .limit(MOST_CASES)
)  # fmt: skip
"""Matters, open ones first, then the newest; callers add which."""

_ORDER = {relation: place for place, relation in enumerate(Relation)}


def joined(parts: Iterable[object | None]) -> str:
    """Put the parts of a line together, leaving out empty ones."""
    return " · ".join(str(part) for part in parts if part)


def units(session: Session, actor: Actor, ids: list[int]) -> list[Hit]:
    """Show units with who lives in them; without the people to who does not see all matters."""
    if not actor.sees_all:
        lines = {
            key: (short, joined((building, _said_use(use))))
            for key, short, use, _state, building in session.execute(_UNITS, {"ids": ids})
        }
    else:
        rows: dict[int, list[Any]] = {}
        for row in session.execute(_LIVING, {"ids": ids, "day": today()}):
            rows.setdefault(row[0], []).append(row)
        lines = {key: (some[0].short, _living_there(some)) for key, some in rows.items()}
    return [Hit("unit", key, *lines[key], unit_id=key) for key in ids if key in lines]


def _said_use(use: UnitUse) -> object | None:
    return None if use is UnitUse.RESIDENTIAL else use.label


def _living_there(rows: list[Any]) -> str:
    """Say who lives in a unit, the owner first; an empty one says how it stands."""
    people = sorted((row for row in rows if row.relation is not None), key=lambda row: _ORDER[row.relation])
    said = [
        " ".join(filter(None, (str(row.relation.label), row.person, mask_phone(row[-1]) if row[-1] else "")))
        for row in people[:MOST_RESIDENTS]
    ]
    if len(people) > MOST_RESIDENTS:
        said.append(str(_("等 {n} 人", n=len(people))))
    unit = rows[0]
    return joined((unit.name, _said_use(unit.use), str(_("、")).join(said) or unit.state.label))


def customers(session: Session, _actor: Actor, ids: list[int]) -> list[Hit]:
    """Show people with the unit they hold now, once for each unit."""
    by_id: dict[int, list[Hit]] = {}
    for key, name, contact, relation, unit_id, short, phone in session.execute(
        _CUSTOMERS, {"ids": ids, "day": today()}
    ):
        line = joined((
            " ".join((short, str(relation.label))) if short else _("现无房屋"),
            contact, mask_phone(phone) if phone else None,
        ))  # fmt: skip
        by_id.setdefault(key, []).append(Hit("customer", key, name, line, unit_id=unit_id, customer_id=key))
    return [hit for key in ids for hit in by_id.get(key, ())]


def residents(session: Session, unit_ids: list[int]) -> list[int]:
    """List the customers who hold the units now, owners first."""
    rows = session.execute(
        select(_occupancy.unit_id, _occupancy.relation, _occupancy.customer_id).where(
            _occupancy.unit_id.in_(_ids), _held
        ),
        {"ids": unit_ids, "day": today()},
    ).all()
    place = {key: n for n, key in enumerate(unit_ids)}
    ordered = sorted(rows, key=lambda row: (place[row.unit_id], _ORDER[row.relation], row.customer_id))
    return list(dict.fromkeys(row.customer_id for row in ordered))


def vehicles(session: Session, _actor: Actor, ids: list[int]) -> list[Hit]:
    """Show vehicles with whose they are."""
    by_id: dict[int, Hit] = {}
    for key, plate, brand, colour, customer_id, name, unit_id, short in session.execute(
        _VEHICLES, {"ids": ids, "day": today()}
    ):
        line = joined((name, short, " ".join(filter(None, (colour, brand)))))
        by_id.setdefault(key, Hit("vehicle", key, plate, line, unit_id=unit_id, customer_id=customer_id))
    return [by_id[key] for key in ids if key in by_id]


def cases(session: Session, _actor: Actor, statement: Select[Any]) -> list[Hit]:
    """Show matters by number, process, state and first words; never who reported them."""
    from db.process import process_of  # noqa: PLC0415 - processes may themselves search

    hits = []
    for row in session.execute(statement):
        process = process_of(row.process)
        words = row.words if len(row.words) <= EXCERPT else row.words[:EXCERPT] + "…"
        line = joined((process.title, process.states(row.state).label, row.short or row.place, words))
        hits.append(
            Hit("case", row.id, row.number, line, unit_id=row.unit_id, customer_id=row.customer_id, case_id=row.id,
                rank=90 if row.closed_at is None else 91)
        )  # fmt: skip
    return hits


def holders(session: Session, vehicle_ids: list[int]) -> list[int]:
    """List the customers whose the vehicles are."""
    if not vehicle_ids:
        return []
    held = select(Vehicle.customer_id).where(Vehicle.id.in_(vehicle_ids), Vehicle.customer_id.is_not(None))
    return [each for each in session.scalars(held) if each is not None]
