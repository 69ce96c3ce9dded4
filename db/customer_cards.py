"""What a customer's card shows, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from db.registry import (
    ContractKind,
    CustomerKind,
    ParkingKind,
    ParkingTenure,
    Relation,
    UnitState,
    UnitUse,
)  # fmt: skip


@dataclass(frozen=True)
class UnitLine:
    """A unit on the card."""

    id: int
    short: str
    estate: str
    building_id: int
    building: str
    floor: int | None
    area: Decimal | None
    use: UnitUse
    state: UnitState
    layout: str
    handed_over_on: date | None
    version: int
    steward: str = ""


@dataclass(frozen=True)
class PhoneLine:
    """A telephone as the actor may see it now."""

    id: int
    shown: str
    is_open: bool


@dataclass(frozen=True)
class Holding:
    """Somebody at a unit, now or once."""

    id: int
    unit_id: int
    unit: str
    customer_id: int
    name: str
    relation: Relation
    co_owner: bool
    starts_on: date | None
    ends_on: date | None
    is_current: bool
    version: int


@dataclass(frozen=True)
class Person:
    """A customer's own details; the identity number only masked."""

    id: int
    estate_id: int
    name: str
    kind: CustomerKind
    contact_name: str
    id_number: str
    occupants: int | None
    reach: str
    needs: str
    no_greetings: bool
    version: int
    phones: tuple[PhoneLine, ...] = ()


@dataclass(frozen=True)
class CaseLine:
    """A matter on the card."""

    id: int
    number: str
    process: str
    title: str
    state: str
    colour: str
    words: str
    opened_at: datetime
    is_open: bool
    is_overdue: bool


@dataclass(frozen=True)
class Moment:
    """One line of the story, in time order."""

    at: datetime
    what: str
    note: str
    who: str
    number: str = ""


@dataclass(frozen=True)
class VehicleLine:
    """A vehicle on the card."""

    id: int
    plate: str
    about: str
    owner: str


@dataclass(frozen=True)
class ParkingLine:
    """A parking space on the card."""

    id: int
    code: str
    kind: ParkingKind
    tenure: ParkingTenure
    holder: str


@dataclass(frozen=True)
class ContractLine:
    """A contract on the card; `days_left` is negative once it is over."""

    id: int
    number: str
    kind: ContractKind
    starts_on: date
    ends_on: date
    days_left: int
    is_ending: bool
    """Within the days before its end that the estate wants to be warned in."""


@dataclass(frozen=True)
class Disclosure:
    """Data once given to a third party."""

    at: datetime
    who: str
    to_whom: str
    ground: str


@dataclass(frozen=True)
class Card:
    """Everything about a unit, or about a customer, as the actor may see it."""

    units: tuple[UnitLine, ...]
    """The unit asked for, or those the customer holds now."""
    people: tuple[Person, ...]
    """Those who hold the unit now, owners first; or the customer."""
    holdings: tuple[Holding, ...]
    """Who holds and held the unit, or what the customer holds and held; present ones first, then the latest."""
    cases: tuple[CaseLine, ...]
    """Open ones first, then the newest."""
    moments: tuple[Moment, ...]
    """Newest first."""
    vehicles: tuple[VehicleLine, ...]
    parking: tuple[ParkingLine, ...]
    contracts: tuple[ContractLine, ...]
    disclosures: tuple[Disclosure, ...]
    documents: int
    look_owed: tuple[int, ...] = ()
    """Customers whose phones show in full once `look(session, these)` has logged it in a writing session."""
