"""Who lives and works on the demonstration's estates: customers, phones, who holds what, cars, spaces, leases."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from db import search_keys
from db.demo.chance import told
from db.demo.estates import Ground, Home
from db.demo.staff import NO_OPERATORS_PREFIX
from db.registry import (
    Contract,
    ContractKind,
    Customer,
    CustomerKind,
    CustomerPhone,
    Occupancy,
    ParkingKind,
    ParkingSpace,
    ParkingTenure,
    Relation,
    Sex,
    UnitState,
    UnitUse,
    Vehicle,
)
from db.spellings import phone_tail

RENT = Decimal("38.00")
"""元/m²·month of an office suite."""
NOBODY = frozenset({UnitState.UNSOLD, UnitState.VACANT})


@dataclass(frozen=True)
class Household:
    """Somebody who may ring up: a unit and the customer in it."""

    home: Home
    customer_id: int
    name: str
    """Who is spoken to."""


@dataclass
class _Book:
    """Rows under way, written in one go."""

    ground: Ground
    random: Random
    today: date
    customers: list[dict[str, Any]] = field(default_factory=list)
    held: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """(place in `customers`, occupancy)"""
    names: set[str] = field(default_factory=set)

    def person(self, family_name: str = "") -> int:
        """Invent a person nobody is called like yet; returns the place in `customers`."""
        stuff = told("office")["names"]
        while True:
            sex = self.random.choice((Sex.MALE, Sex.FEMALE))
            given = self.random.choice(stuff["male" if sex is Sex.MALE else "female"])
            name = (family_name or self.random.choice(stuff["surnames"])) + given
            if name not in self.names or self.random.random() < 0.02:  # now and then two have one name
                break
        self.names.add(name)
        row = {"kind": CustomerKind.PERSON, "name": name, "sex": sex, "contact_name": ""}
        return self._add(row, self.random.choice((1, 2, 2, 3, 3, 3, 4, 5)))

    def company(self, name: str, people: int) -> int:
        """Enter a company with somebody to speak to."""
        stuff = told("office")["names"]
        contact = self.random.choice(stuff["surnames"]) + self.random.choice(stuff["female"])
        row = {"kind": CustomerKind.COMPANY, "name": name, "sex": None, "contact_name": contact}
        return self._add(row, people)

    def _add(self, row: dict[str, Any], occupants: int) -> int:
        stuff = told("office")["names"]
        chance = self.random.random()
        self.customers.append({
            **row, "estate_id": self.ground.estate_id, "occupants": occupants,
            "reach": self.random.choice(stuff["reach"]) if chance < 0.06 else "",
            "needs": self.random.choice(stuff["needs"]) if 0.06 <= chance < 0.08 else "",
            "no_greetings": chance > 0.98,
        })  # fmt: skip
        return len(self.customers) - 1

    def holds(self, place: int, home: Home, relation: Relation, starts_on: date | None, **more: Any) -> None:
        """Enter that a customer holds a unit."""
        self.held.append((place, {
            "unit_id": home.id, "relation": relation, "starts_on": starts_on, "ends_on": None, "co_owner": False,
            **more,
        }))  # fmt: skip

    def days_ago(self, least: int, most: int) -> date:
        """Pick a day in the past."""
        return self.today - timedelta(days=self.random.randint(least, most))


def move_homes_in(session: Session, ground: Ground, random: Random, today: date) -> list[Household]:
    """Fill the residential estate; returns one household a lived-in unit."""
    book = _Book(ground, random, today)
    living: list[tuple[Home, int]] = []
    for home in ground.units:
        if home.use is UnitUse.SHOP:
            living.append((home, _shopkeeper(book, home)))
        elif home.state is not UnitState.UNSOLD and (place := _family(book, home)) is not None:
            living.append((home, place))
    ids = _keep(session, book)
    _cars(session, book, [ids[place] for home, place in living if home.use is UnitUse.RESIDENTIAL], 0.62)
    _spaces(session, book, [ids[place] for _home, place in living])
    return [Household(home, ids[place], book.customers[place]["name"]) for home, place in living]


def _family(book: _Book, home: Home) -> int | None:
    """Move an owner in, his family, his tenant; returns who is at home, if anybody."""
    bought = date(2018, 6, 1) + timedelta(days=book.random.randrange(900))
    owner = book.person()
    former = book.random.random() < 0.03
    if former:  # bought second-hand: the former owner stays in the history
        sold = book.days_ago(30, 700)
        book.holds(book.person(), home, Relation.OWNER, bought, ends_on=sold)
        bought = sold + timedelta(days=1)
    book.holds(owner, home, Relation.OWNER, bought)
    if book.random.random() < 0.12:
        book.holds(book.person(), home, Relation.OWNER, bought, co_owner=True)
    if home.state is UnitState.LET:
        tenant = book.person()
        since = book.days_ago(20, 900)
        book.holds(tenant, home, Relation.TENANT, since)
        if book.random.random() < 0.2:
            before, left = since - timedelta(days=400), since - timedelta(days=9)
            book.holds(book.person(), home, Relation.TENANT, before, ends_on=left)
        return tenant
    if home.state in NOBODY:
        return None
    if book.random.random() < 0.42:
        book.holds(book.person(), home, Relation.FAMILY, bought)
    return owner


def _shopkeeper(book: _Book, home: Home) -> int:
    stuff = told("office")["names"]
    name = stuff["shop_owner"].format(
        surname=book.random.choice(stuff["surnames"]), trade=home.layout or book.random.choice(stuff["shop_names"])
    )
    place = book.company(name, book.random.randint(2, 8))
    book.holds(place, home, Relation.TENANT, book.days_ago(60, 1500))
    return place


def move_companies_in(session: Session, ground: Ground, random: Random, today: date) -> list[Household]:
    """Let the park's suites to 62 companies, some of which hold two; each suite has its lease."""
    book = _Book(ground, random, today)
    stuff = told("office")["names"]
    let = [home for home in ground.units if home.use is UnitUse.OFFICE and home.state is UnitState.LET]
    firms = max(1, len(let) * 62 // 86)
    heads = [(head, trade) for head in stuff["company_heads"] for trade in stuff["company_trades"]]
    names = random.sample(heads, firms)
    tenants = [
        book.company(stuff["company"].format(head=head, trade=trade), random.randint(4, 42)) for head, trade in names
    ]
    living = [(home, tenants[n % firms]) for n, home in enumerate(let)]
    living += [(home, _shopkeeper(book, home)) for home in ground.units if home.use is UnitUse.SHOP]
    for home, place in living:
        if home.use is UnitUse.OFFICE:
            book.holds(place, home, Relation.TENANT, None)
    terms = _lease_terms(book, living)
    for place, occupancy in book.held:
        occupancy["starts_on"] = occupancy["starts_on"] or terms[occupancy["unit_id"], place][0]
    ids = _keep(session, book)
    _leases(session, ground, living, terms, ids)
    _cars(session, book, [ids[place] for place in tenants], 0.9)
    _spaces(session, book, [ids[place] for place in tenants])
    return [Household(home, ids[place], book.customers[place]["contact_name"]) for home, place in living]


def _lease_terms(book: _Book, living: list[tuple[Home, int]]) -> dict[tuple[int, int], tuple[date, date]]:
    """Say from when to when each unit is let; every twelfth lease ends within the sixty days of warning."""
    terms = {}
    for n, (home, place) in enumerate(living):
        left = book.random.randint(4, 58) if n % 12 == 5 else book.random.randint(61, 900)
        ends_on = book.today + timedelta(days=left)
        terms[home.id, place] = (ends_on - timedelta(days=365 * (1 + left // 365) + 364), ends_on)
    return terms


def _leases(
    session: Session,
    ground: Ground,
    living: list[tuple[Home, int]],
    terms: dict[tuple[int, int], tuple[date, date]],
    ids: list[int],
) -> None:
    words = told("office")["contracts"]
    rows = [
        {
            "estate_id": ground.estate_id, "number": f"{words['prefix']['lease']}-{home.short}",
            "kind": ContractKind.LEASE, "customer_id": ids[place], "unit_id": home.id,
            "starts_on": terms[home.id, place][0], "ends_on": terms[home.id, place][1], "price": home.area * RENT,
            "price_basis": words["lease_basis"], "promises": words["lease_promises"],
        }
        for home, place in living
        if home.use is UnitUse.OFFICE
    ]  # fmt: skip
    session.execute(insert(Contract), rows)


def agree_service(session: Session, ground: Ground, today: date) -> None:
    """Sign the property-service contract; that of the homes ends within the sixty days of warning."""
    words = told("office")["contracts"]
    ends_on = today + timedelta(days=730 if ground.is_park else 54)
    number = f"{words['prefix']['property_service']}-{ground.name[0].upper()}{ends_on.year - 3}"
    session.add(Contract(
        estate_id=ground.estate_id, number=number,
        kind=ContractKind.PROPERTY_SERVICE, starts_on=ends_on - timedelta(days=1095), ends_on=ends_on,
        price_basis=words[f"service_basis_{ground.name}"], promises=words["service_promises"],
    ))  # fmt: skip


def _keep(session: Session, book: _Book) -> list[int]:
    """Write customers, phones and occupancies, and what search finds them by; returns the customers' ids."""
    ids = list(session.scalars(insert(Customer).returning(Customer.id, sort_by_parameter_order=True), book.customers))
    first = 50_000_000 if book.ground.is_park else 10_000_000
    numbers = book.random.sample(range(first, first + 19_999_999), len(ids) * 2)
    phones = []
    for key, number in zip(ids, numbers, strict=False):
        phones.append((key, f"{NO_OPERATORS_PREFIX}{number:08}", 0))
        if book.random.random() < 0.1:
            phones.append((key, f"{NO_OPERATORS_PREFIX}{numbers[len(ids) + key % len(ids)]:08}", 1))
    session.execute(insert(CustomerPhone), [
        {"customer_id": key, "number": number, "tail": phone_tail(number), "position": position}
        for key, number, position in phones
    ])  # fmt: skip
    session.execute(insert(Occupancy), [{**row, "customer_id": ids[place]} for place, row in book.held])
    search_keys.refresh(session, "unit", [home.id for home in book.ground.units], fresh=True)
    search_keys.refresh(session, "customer", ids, fresh=True)
    return ids


def _cars(session: Session, book: _Book, owners: list[int], share: float) -> None:
    stuff, random = told("office")["names"], book.random
    lucky = [owner for owner in owners if random.random() < share]
    letter = "H" if book.ground.name == "homes" else "K"
    plates = random.sample(range(1, 99_999), len(lucky))
    rows = [
        {
            "estate_id": book.ground.estate_id, "customer_id": owner,
            "plate": stuff["plate"].format(letter=letter, number=number), "brand": random.choice(stuff["brands"]),
            "colour": random.choice(stuff["colours"]), "kind": random.choice(stuff["kinds"]),
        }
        for owner, number in zip(lucky, plates, strict=True)
    ]  # fmt: skip
    made = session.scalars(insert(Vehicle).returning(Vehicle.id), rows)
    search_keys.refresh(session, "vehicle", made, fresh=True)


def _spaces(session: Session, book: _Book, customers: list[int]) -> None:
    """Mark the bays out: of the homes' garage 410 are sold, 180 let, 130 free, and 96 lie above ground."""
    plan = (
        (("B", ParkingKind.GARAGE, ParkingTenure.SOLD, 410), ("B", ParkingKind.GARAGE, ParkingTenure.LET, 180),
         ("B", ParkingKind.GARAGE, ParkingTenure.FREE, 130), ("G", ParkingKind.GROUND, ParkingTenure.LET, 78),
         ("G", ParkingKind.GROUND, ParkingTenure.FREE, 18))
        if book.ground.name == "homes"
        else (("P", ParkingKind.GARAGE, ParkingTenure.LET, 81), ("P", ParkingKind.GARAGE, ParkingTenure.FREE, 15))
    )  # fmt: skip
    counts: dict[str, int] = {}
    rows = []
    for letter, kind, tenure, number in plan:
        for _ in range(number):
            counts[letter] = counts.get(letter, 0) + 1
            holder = None if tenure is ParkingTenure.FREE else book.random.choice(customers)
            area = Decimal("12.50") if kind is ParkingKind.GROUND else Decimal("13.25")
            rows.append({
                "estate_id": book.ground.estate_id, "code": f"{letter}-{counts[letter]:03}", "kind": kind,
                "tenure": tenure, "area": area, "customer_id": holder,
            })  # fmt: skip
    session.execute(insert(ParkingSpace), rows)
