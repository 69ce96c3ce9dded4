"""The bench's estates: buildings, units, customers with phones and cars, staff; all at once, none of them real."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from db.people import Department, Role
from db.registry import CustomerKind, EstateKind, Relation, UnitState, UnitUse
from db.spellings import phone_tail, unit_short

VOCABULARY: dict[str, Any] = tomllib.loads((Path(__file__).parent / "vocabulary.toml").read_text("utf-8"))
PARK_SHARE = 20
"""One unit in so many lies in the park, the second estate: scope has something to filter."""
ENTRANCES, FLOORS, DOORS = 2, 25, 2
PEOPLE_A_UNIT = 2
Columns = dict[str, Any]
"""Column name → array, one value a row."""


@dataclass(frozen=True)
class Registry:
    """Tables to load, and what histories need to know of them."""

    tables: dict[str, Columns]
    marks: dict[int, str]
    desk: np.ndarray
    technicians: np.ndarray
    leader: int
    building_codes: dict[int, str]

    @property
    def units(self) -> Columns:
        """The units, each with its holder's id, name and phone."""
        return self.tables["units"]


def surnames(rng: np.random.Generator, count: int) -> np.ndarray:
    """Draw surnames by how common they are."""
    known = VOCABULARY["people"]["surnames"]
    weights = np.array(list(known.values()), float)
    return rng.choice(np.array(list(known), object), count, p=weights / weights.sum())


def given(rng: np.random.Generator, count: int) -> np.ndarray:
    """Draw given names of one or two characters."""
    letters = np.array(list(VOCABULARY["people"]["given"]), object)
    first, second = rng.choice(letters, count), rng.choice(letters, count)
    return np.where(rng.random(count) < 0.25, first, first + second)


def make(rng: np.random.Generator, units: int) -> Registry:
    """Make both estates with `units` units, twice as many customers, and a staff of twenty."""
    homes, park = VOCABULARY["estates"]["homes"], VOCABULARY["estates"]["park"]
    tables: dict[str, Columns] = {
        "estates": {
            "id": [1, 2], "name": [homes, park], "kind": [EstateKind.HOMES.value, EstateKind.PARK.value],
            "mark": ["", "B"], "address": ["", ""], "version": [1, 1],
        }
    }  # fmt: skip
    _lay_out(tables, units)
    _settle(tables, rng)
    roles = _employ(tables)
    codes = dict(zip(tables["buildings"]["id"].tolist(), tables["buildings"]["code"].tolist(), strict=True))
    return Registry(tables, {1: "", 2: "B"}, roles["desk"], roles["technician"], int(roles["lead"][0]), codes)


def _lay_out(tables: dict[str, Columns], units: int) -> None:
    park = -(-units // PARK_SHARE)
    a_building = ENTRANCES * FLOORS * DOORS
    number = np.arange(units)
    estate = np.where(number < units - park, 1, 2)
    place = np.where(estate == 1, number, number - (units - park))
    block = place // a_building
    within = place % a_building
    blocks_of_homes = -(-(units - park) // a_building)
    building = np.where(estate == 1, block, blocks_of_homes + block) + 1
    entrance = within // (FLOORS * DOORS) + 1
    floor = within % (FLOORS * DOORS) // DOORS + 1
    room = [f"{f}{d:02d}" for f, d in zip(floor, within % DOORS + 1, strict=True)]
    of_park = estate == 2
    code = [("A" if p else "") + str(b + 1) for p, b in zip(of_park, block, strict=True)]
    inside = ["" if p else str(e) for p, e in zip(of_park, entrance, strict=True)]
    # A park's building has no entrances: the second half's floors lie above the first's.
    room = [
        f"{f + FLOORS * (e - 1)}{r[-2:]}" if p else r for p, f, e, r in zip(of_park, floor, entrance, room, strict=True)
    ]
    tables["units"] = {
        "id": number + 1, "estate_id": estate, "building_id": building, "entrance": inside, "room": room,
        "short": [unit_short(*parts) for parts in zip(code, inside, room, strict=True)], "floor": floor,
        "area": 6000 + (number * 37) % 8000,
        "use": np.where(of_park, UnitUse.OFFICE.value, UnitUse.RESIDENTIAL.value),
        "state": np.where(number % 5 == 4, UnitState.LET.value, UnitState.OWNER_OCCUPIED.value),
    }  # fmt: skip
    ids, first = np.unique(building, return_index=True)
    codes = [code[at] for at in first]
    tables["buildings"] = {
        "id": ids, "estate_id": estate[first], "code": np.array(codes, object),
        "name": [VOCABULARY["estates"]["building"].format(code=each) for each in codes],
        "position": block[first] + 1, "floors": np.full(len(ids), FLOORS), "has_lift": np.full(len(ids), True),
    }  # fmt: skip


def _settle(tables: dict[str, Columns], rng: np.random.Generator) -> None:
    """Give every unit two people (in the park a company and its contact), a phone each, every other one a car."""
    units = tables["units"]
    count = len(units["id"]) * PEOPLE_A_UNIT
    unit = np.repeat(np.arange(len(units["id"])), PEOPLE_A_UNIT)
    estate = units["estate_id"][unit]
    first = np.arange(count) % PEOPLE_A_UNIT == 0
    name = surnames(rng, count) + given(rng, count)
    company = (estate == 2) & first
    forms, letters = VOCABULARY["people"]["firms"], VOCABULARY["people"]["given"]
    for at in np.flatnonzero(company):
        a, b, form = rng.integers(len(letters)), rng.integers(len(letters)), rng.integers(len(forms))
        name[at] = forms[form].format(a=letters[a], b=letters[b])
    ids = np.arange(count) + 1
    phones = [f"100{(n * 7919 + 13) % 100_000_000:08d}" for n in range(count)]  # no mobile begins with 100
    tables["customers"] = {
        "id": ids, "estate_id": estate, "name": name,
        "kind": np.where(company, CustomerKind.COMPANY.value, CustomerKind.PERSON.value),
        "contact_name": np.where(company, np.roll(name, -1), ""),
    }  # fmt: skip
    tables["customer_phones"] = {
        "id": ids, "customer_id": ids, "number": phones, "tail": [phone_tail(each) for each in phones],
        "position": np.zeros(count, int),
    }  # fmt: skip
    let = units["state"][unit] == UnitState.LET.value
    kin = np.where(let, Relation.TENANT.value, Relation.FAMILY.value)
    tables["occupancies"] = {
        "id": ids, "unit_id": units["id"][unit], "customer_id": ids,
        "relation": np.where(first, Relation.OWNER.value, kin),
    }  # fmt: skip
    cars = np.flatnonzero(np.arange(count) % 4 == 0)
    provinces, brands = VOCABULARY["people"]["provinces"], VOCABULARY["people"]["brands"]
    tables["vehicles"] = {
        "id": np.arange(len(cars)) + 1, "estate_id": estate[cars], "customer_id": ids[cars],
        "plate": [f"{provinces[n % 3]}{'RAC'[n % 3]}{n:05d}" for n in range(len(cars))],
        "brand": [brands[n % len(brands)] for n in range(len(cars))],
        "colour": [VOCABULARY["people"]["colours"][n % 5] for n in range(len(cars))],
    }  # fmt: skip
    holder = np.arange(0, count, PEOPLE_A_UNIT)
    units["_holder"], units["_holder_name"] = ids[holder], name[holder]
    units["_holder_phone"] = np.array(phones, object)[holder]


_STAFF = (Role.DIRECTOR, Role.SUPERVISOR, Role.WORKS_SUPERVISOR, *[Role.DESK] * 4, *[Role.STEWARD] * 5,
          *[Role.TECHNICIAN] * 6)  # fmt: skip


def _employ(tables: dict[str, Columns]) -> dict[str, np.ndarray]:
    ids = np.arange(len(_STAFF)) + 10  # 1 is the clock's own
    works = {Role.WORKS_SUPERVISOR, Role.TECHNICIAN}
    tables["users"] = {
        "id": ids, "username": [f"staff{each}" for each in ids], "name": VOCABULARY["people"]["staff"],
        "department": [(Department.WORKS if role in works else Department.SERVICE).value for role in _STAFF],
        "active": np.full(len(ids), True), "must_change_password": np.full(len(ids), False),
    }  # fmt: skip
    tables["user_roles"] = {"user_id": ids, "role": [role.value for role in _STAFF]}
    tables["user_estates"] = {"user_id": np.repeat(ids, 2), "estate_id": np.tile([1, 2], len(ids))}
    chosen = np.array([role.value for role in _STAFF])
    buildings = tables["buildings"]
    stewards = ids[chosen == Role.STEWARD]
    tables["steward_areas"] = {
        "id": buildings["id"], "estate_id": buildings["estate_id"], "building_id": buildings["id"],
        "user_id": stewards[np.arange(len(buildings["id"])) % len(stewards)],
    }  # fmt: skip
    tables["steward_areas"]["starts_on"] = np.full(len(buildings["id"]), np.datetime64("2020-01-01"))
    return {"desk": ids[chosen == Role.DESK], "technician": ids[chosen == Role.TECHNICIAN], "lead": ids[1:2]}
