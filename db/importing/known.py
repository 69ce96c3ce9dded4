"""What the registry of one estate holds already, and what a plan would add to it, found by the keys of the trade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from db.importing import cells, person_cells
from db.registry import Building, Customer, CustomerPhone, Occupancy, ParkingSpace, Unit, Vehicle

Place = tuple[str, str, str]
"""Building, entrance (`""` where there are none), room, as `cells` writes them."""


NOTHING: Mapping[str, Any] = MappingProxyType({})


class Record:
    """A record of the registry: one that is there (`id`), or one that the file would add.

    `now` is how it stands, `want` what the file says differently (of a new one: everything).
    """

    __slots__ = ("id", "now", "row", "said", "table", "version", "want")

    def __init__(
        self, table: str, record_id: int | None = None, version: int = 0, now: Mapping[str, Any] = NOTHING
    ) -> None:
        self.table = table
        self.id = record_id
        self.version = version
        self.now = now
        self.want: dict[str, Any] = {}
        self.said: dict[str, Any] | None = None
        """What the file has said of it so far, besides `want` of a new one."""
        self.row = -1
        """Index of the plan's row that first spoke of it."""

    def value(self, name: str) -> Any:
        """Return a value as it would stand after the import."""
        return self.want[name] if name in self.want else self.now.get(name)

    def heard(self, name: str, otherwise: Any = None) -> Any:
        """Return what the file has first said of it."""
        if self.said is not None and name in self.said:
            return self.said[name]
        return self.want.get(name, otherwise) if self.id is None else otherwise

    def hear(self, name: str, value: Any) -> None:
        """Keep what the file first says of it."""
        if self.said is None:
            self.said = {}
        self.said.setdefault(name, value)


class Person(Record):
    """A customer, with the telephone numbers that are there and those to be added."""

    __slots__ = ("more_phones", "phones")

    def __init__(self, record_id: int | None = None, version: int = 0, now: Mapping[str, Any] = NOTHING) -> None:
        self.table = "customers"
        self.id = record_id
        self.version = version
        self.now = now
        self.want = {}
        self.said = None
        self.row = -1
        self.phones: tuple[str, ...] = ()
        self.more_phones: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name as it would stand after the import."""
        return str(self.value("name"))


class Stay(Record):
    """An occupancy, ended ones included."""

    __slots__ = ("person", "unit")

    def __init__(
        self,
        unit: Record,
        person: Person,
        record_id: int | None = None,
        version: int = 0,
        now: Mapping[str, Any] = NOTHING,
    ) -> None:
        self.table = "occupancies"
        self.id = record_id
        self.version = version
        self.now = now
        self.want = {}
        self.said = None
        self.row = -1
        self.unit = unit
        self.person = person

    def is_current(self, day: date) -> bool:
        """Say whether it holds on `day` or begins later."""
        ends: date | None = self.value("ends_on")
        return ends is None or ends >= day


PERSON_FIELDS = ("name", "kind", "sex", "id_number", "contact_name", "occupants", "external_ref")
UNIT_FIELDS = ("floor", "area", "use", "state", "layout", "handed_over_on")
SPACE_FIELDS = ("kind", "tenure", "area", "customer_id")
VEHICLE_FIELDS = ("customer_id", "brand", "colour", "kind")
STAY_FIELDS = ("relation", "co_owner", "starts_on", "ends_on")


class Known:
    """The records of one estate by their keys; `load` reads them with one query a table."""

    def __init__(self) -> None:
        self.buildings: dict[str, Record] = {}
        self.entrances: dict[str, set[str]] = {}
        self.units: dict[Place, Record] = {}
        self.by_ref: dict[str, Person] = {}
        self.by_name_and: dict[tuple[str, str], Person] = {}
        """By name and phone, and by name and identity number."""
        self.nameless: dict[str, Person | None] = {}
        """By name alone, of those without a phone of their own; None where several have it."""
        self.by_identity: dict[str, Person] = {}
        self.stays: dict[Record, list[Stay]] = {}
        self.spaces: dict[str, Record] = {}
        self.vehicles: dict[str, Record] = {}
        self.customer_ids: dict[int, Person] = {}

    def place(self, building: str, entrance: str, room: str) -> Place:
        """Write a stored unit's key as a workbook's cells would be read."""
        return (
            building if building.isdecimal() else cells.building(building)[0] or building,
            entrance if entrance.isdecimal() or not entrance else cells.entrance(entrance)[0] or entrance,
            room if room.isdecimal() else cells.room(room)[0] or room,
        )

    def index(self, person: Person) -> None:
        """Make a person findable by what is known of him; who was found first stays."""
        name = person.name
        usable = False
        for number in (*person.phones, *person.more_phones) if person.phones else person.more_phones:
            if not person_cells.is_placeholder(number):
                usable = True
                self.by_name_and.setdefault((name, number), person)
        if not usable:
            self.nameless[name] = None if self.nameless.get(name, person) is not person else person
        if identity := person.value("id_number"):
            self.by_name_and.setdefault((name, identity), person)
            self.by_identity.setdefault(identity, person)
        if ref := person.value("external_ref"):
            self.by_ref.setdefault(ref, person)

    def find(self, name: str, phones: Iterable[str], identity: str | None) -> Person | None:
        """Find a person by name and one of his phones, or by name and identity number.

        A template's stand-in for a number (18999999999) says nothing about who he is.
        """
        for number in phones:
            if found := self.by_name_and.get((name, number)):
                return found
        return self.by_name_and.get((name, identity)) if identity else None


def load(session: Session, estate_id: int) -> Known:
    """Read what the estate's registry holds: seven queries, whatever the size of file and estate."""
    known = Known()
    codes: dict[int, str] = {}
    for row in session.execute(
        _columns(Building, "code", "name", "floors", "has_lift").where(Building.estate_id == estate_id)
    ):
        record = _record("buildings", row)
        codes[record.id or 0] = code = known.place(row.code, "", "")[0]
        known.buildings.setdefault(code, record)
    units: dict[int, Record] = {}
    statement = _columns(Unit, "building_id", "entrance", "room", *UNIT_FIELDS).where(Unit.estate_id == estate_id)
    for row in session.execute(statement):
        record = units[row.id] = Record("units", row.id, row.version, dict(zip(UNIT_FIELDS, row[5:], strict=True)))
        place = known.place(codes[row.building_id], row.entrance, row.room)
        known.units.setdefault(place, record)
        known.entrances.setdefault(place[0], set()).add(place[1])
    _load_people(session, estate_id, known)
    people = known.customer_ids
    statement = _columns(Occupancy, "unit_id", "customer_id", *STAY_FIELDS)
    statement = statement.join(Unit, Unit.id == Occupancy.unit_id).where(Unit.estate_id == estate_id)
    for row in session.execute(statement.order_by(Occupancy.id)):
        unit, person = units[row.unit_id], people[row.customer_id]
        stay = Stay(unit, person, row.id, row.version, dict(zip(STAY_FIELDS, row[4:], strict=True)))
        known.stays.setdefault(unit, []).append(stay)
    for row in session.execute(
        _columns(ParkingSpace, "code", *SPACE_FIELDS).where(ParkingSpace.estate_id == estate_id)
    ):
        known.spaces[row.code] = _record("parking_spaces", row)
    for row in session.execute(_columns(Vehicle, "plate", *VEHICLE_FIELDS).where(Vehicle.estate_id == estate_id)):
        known.vehicles[row.plate] = _record("vehicles", row)
    return known


def _load_people(session: Session, estate_id: int, known: Known) -> None:
    statement = _columns(Customer, *PERSON_FIELDS).where(Customer.estate_id == estate_id).order_by(Customer.id)
    for row in session.execute(statement):
        known.customer_ids[row.id] = Person(row.id, row.version, dict(zip(PERSON_FIELDS, row[2:], strict=True)))
    phones = (
        select(CustomerPhone.customer_id, CustomerPhone.number)
        .join(Customer, Customer.id == CustomerPhone.customer_id)
        .where(Customer.estate_id == estate_id)
        .order_by(CustomerPhone.position, CustomerPhone.id)
    )
    for customer_id, number in session.execute(phones):
        known.customer_ids[customer_id].phones += (number,)
    for person in known.customer_ids.values():
        known.index(person)


def _columns(model: Any, *names: str) -> Select[Any]:
    table = model.__table__.c  # not the mapped class: no object is wanted
    return select(table.id, table.version, *(table[name] for name in names))


def _record(table: str, row: Any) -> Record:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's own way to a row's names
    return Record(table, values.pop("id"), values.pop("version"), values)


def fingerprint(session: Session, estate_id: int) -> tuple[tuple[Any, ...], ...]:
    """Sum up the registry so that any write to it shows: for each table its rows, highest id and versions added up."""
    found = []
    for model in (Building, Unit, Customer, ParkingSpace, Vehicle):
        counted = select(func.count(), func.max(model.id), func.sum(model.version))
        found.append(tuple(session.execute(counted.where(model.estate_id == estate_id)).one()))
    stays = select(func.count(), func.max(Occupancy.id), func.sum(Occupancy.version))
    found.append(tuple(session.execute(stays).one()))
    found.append(tuple(session.execute(select(func.count(), func.max(CustomerPhone.id))).one()))
    return tuple(tuple(None if value is None else int(value) for value in row) for row in found)


__all__ = ["Known", "Person", "Place", "Record", "Stay", "fingerprint", "load"]
