"""The demonstration's two estates: buildings, units, facilities, service points, the firms that look after them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from db.demo.chance import Deck, told
from db.registry import (
    Building,
    Contract,
    ContractKind,
    Estate,
    EstateKind,
    Facility,
    FacilityKind,
    Firm,
    FirmKind,
    ServicePoint,
    Unit,
    UnitState,
    UnitUse,
)
from db.spellings import unit_short

HIGH, MIDDLE, LOW = range(1, 7), range(7, 11), range(11, 14)
"""Buildings of the homes by height: 18, 11 and 6 floors."""
SUITES = (268, 215, 198, 186, 165, 148, 120)
"""m² of the seven suites of a tower floor."""
_FIRM_OF = {
    FacilityKind.LIFT: FirmKind.LIFT, FacilityKind.FIRE: FirmKind.FIRE, FacilityKind.GARDEN: FirmKind.GREENING,
    FacilityKind.ROOF: FirmKind.REPAIR, FacilityKind.HEATING: FirmKind.REPAIR,
}  # fmt: skip


@dataclass(frozen=True)
class Home:
    """A unit as the demonstration needs to know it."""

    id: int
    building_id: int
    short: str
    floor: int
    area: Decimal
    use: UnitUse
    state: UnitState
    layout: str
    """A shop's trade, a flat's rooms."""


@dataclass
class Ground:
    """One estate with what stands on it."""

    name: str
    """`homes` or `park`, as in the files of texts."""
    estate_id: int
    buildings: dict[str, int] = field(default_factory=dict)
    """Building code → id."""
    units: list[Home] = field(default_factory=list)
    firms: dict[FirmKind, int] = field(default_factory=dict)
    facilities: dict[tuple[FacilityKind, int | None], list[tuple[int, str]]] = field(default_factory=dict)
    """(kind, building) → (facility, where it is)."""

    @property
    def is_park(self) -> bool:
        """Say whether it is the office park."""
        return self.name == "park"

    def code_of(self, building_id: int) -> str:
        """Name a building by its code."""
        return next(code for code, key in self.buildings.items() if key == building_id)


def build_homes(session: Session, random: Random, today: date, floors: int) -> Ground:
    """Build the residential estate: 1,200 homes in thirteen buildings, 36 shops; `floors` caps each building."""
    written = told("office")["homes"]
    ground = _begin(session, "homes", EstateKind.HOMES)
    states = Deck(random, {
        UnitState.OWNER_OCCUPIED: 136, UnitState.LET: 38, UnitState.VACANT: 18, UnitState.UNSOLD: 5,
        UnitState.FITTING_OUT: 3,
    })  # fmt: skip
    rows: list[dict[str, Any]] = []
    for n in (*HIGH, *MIDDLE, *LOW):
        height, entrances, flats = (18, 2, 4) if n in HIGH else (11, 3, 2) if n in MIDDLE else (6, 2, 2)
        name, height = written["building"].format(n=n), min(height, floors)
        building = _building(session, ground, str(n), name, floors=height, position=n)
        for entrance in range(1, entrances + 1):
            for floor in range(1, height + 1):
                for flat in range(1, flats + 1):
                    values = _flat(random, n, floor, flat)
                    state = states.draw()
                    rows.append(
                        _unit(building, str(entrance), f"{floor}{flat:02}", floor, state, **values)
                    )
        if n in HIGH:
            rows += [_shop(random, building, written["shop"].format(n=k)) for k in range(1, 7)]
    _keep_units(session, ground, rows)
    _firms(session, ground, today)
    _facilities_of_homes(session, ground)
    return ground


def build_park(session: Session, random: Random, today: date, floors: int) -> Ground:
    """Build the office park of the handbook (HB:276-298): tower of sixteen floors, club house; 98 suites."""
    written = told("office")["park"]
    ground = _begin(session, "park", EstateKind.PARK)
    tower = _building(session, ground, "F", written["tower"], floors=16, position=1)
    club = _building(session, ground, "H", written["club"], floors=2, position=2)
    rows = [
        _unit(tower, "", room, int(room[0]), UnitState.LET, area=Decimal(area), use=UnitUse.SHOP, layout=what)
        for room, what, area in (*written["shops"], *written["small"])
    ]
    suites = Deck(random, {UnitState.LET: 86, UnitState.VACANT: 12})  # 88 % let
    for floor in range(3, max(4, min(16, floors) + 1)):
        for n, area in enumerate(SUITES, start=1):
            state = suites.draw()
            rows.append(_unit(tower, "", f"{floor}{n:02}", floor, state, area=Decimal(area), use=UnitUse.OFFICE))
    rows += [
        _unit(club, "", room, int(room[0]), UnitState.OWNER_OCCUPIED, area=Decimal(area), use=UnitUse.CLUB, layout=what)
        for room, what, area in written["rooms"]
    ]
    _keep_units(session, ground, rows)
    _firms(session, ground, today)
    places: dict[str, int | None] = {"tower": tower.id, "club": club.id, "estate": None}
    facilities = told("office")["facilities"]["park"]
    _keep_facilities(session, ground, [(kind, name, where, places[one]) for kind, name, where, one in facilities])
    return ground


def _begin(session: Session, name: str, kind: EstateKind) -> Ground:
    written = told("office")[name]
    estate = Estate(name=written["name"], kind=kind, mark=written["mark"], address=written["address"])
    session.add(estate)
    session.flush()
    for point, address, phone, hours in written["points"]:
        session.add(ServicePoint(estate_id=estate.id, name=point, address=address, phone=phone, hours=hours))
    return Ground(name, estate.id)


def _building(session: Session, ground: Ground, code: str, name: str, *, floors: int, position: int) -> Building:
    building = Building(
        estate_id=ground.estate_id, code=code, name=name, floors=floors, has_lift=floors > 6 or ground.is_park,
        position=position,
    )  # fmt: skip
    session.add(building)
    session.flush()
    ground.buildings[code] = building.id
    return building


def _flat(random: Random, building: int, floor: int, flat: int) -> dict[str, Any]:
    """Give a flat its area (61 to 143 m², 95 on average) and layout."""
    if building in HIGH:
        base = (127, 89, 61, 89)[flat - 1] if building in (5, 6) else (112, 89, 76, 89)[flat - 1]
    elif building in MIDDLE:
        base = (143 if floor == 11 else 114) if flat == 1 else 96
    else:
        base = (82, 94)[flat - 1]
    cents = Decimal(random.randrange(0, 100)) / 100 - (1 if base == 143 else 0)
    rooms = told("office")["names"]["layouts"]
    layout = rooms[(base > 70) + (base > 85) + (base > 95) + (base > 115)]
    return {"area": Decimal(base) + cents, "layout": layout}


def _shop(random: Random, building: Building, room: str) -> dict[str, Any]:
    area = Decimal(random.randrange(4500, 16000)) / 100
    return _unit(building, "", room, 1, UnitState.LET, area=area, use=UnitUse.SHOP)


def _unit(building: Building, entrance: str, room: str, floor: int, state: UnitState, **values: Any) -> dict[str, Any]:
    handed_over = date(2018, 6, 1) + timedelta(days=(building.position * 37 + floor * 3) % 700)
    return {
        "estate_id": building.estate_id, "building_id": building.id, "entrance": entrance, "room": room,
        "short": unit_short(building.code, entrance, room), "floor": floor, "state": state,
        "use": UnitUse.RESIDENTIAL, "layout": "",
        "handed_over_on": None if state is UnitState.UNSOLD else handed_over, **values,
    }  # fmt: skip


def _keep_units(session: Session, ground: Ground, rows: list[dict[str, Any]]) -> None:
    ids = session.scalars(insert(Unit).returning(Unit.id, sort_by_parameter_order=True), rows)
    ground.units = [
        Home(key, row["building_id"], row["short"], row["floor"], row["area"], row["use"], row["state"],
             row["layout"])
        for key, row in zip(ids, rows, strict=True)
    ]


def _firms(session: Session, ground: Ground, today: date) -> None:
    """Engage the firms; some licences and contracts end within the sixty days in which the office is warned."""
    written = told("office")
    prefix, called = written["contracts"]["prefix"]["firm"], 3 + ground.is_park  # no local number begins with 0
    for n, (kind, name, contact, licence, licence_days, contract_days, price) in enumerate(
        written["firms"][ground.name], start=1
    ):
        firm = Firm(
            estate_id=ground.estate_id, name=name, kind=FirmKind(kind), licence=licence, contact_name=contact,
            licence_ends_on=today + timedelta(days=licence_days), phone=f"0316000{called}{n:03}",
            emergency_phone=f"0316000{called}{n + 500:03}",
            evaluation=written["firms"]["evaluation"][n % 3],
        )  # fmt: skip
        session.add(firm)
        session.flush()
        ground.firms[firm.kind] = firm.id
        ends_on = today + timedelta(days=contract_days)
        session.add(Contract(
            estate_id=ground.estate_id, number=f"{prefix}-{ground.name[0].upper()}{ends_on.year - 1}-{n:02}",
            kind=ContractKind.FIRM, firm_id=firm.id, starts_on=ends_on - timedelta(days=364), ends_on=ends_on,
            price=Decimal(price), promises=written["contracts"]["firm_promises"],
        ))  # fmt: skip


def _facilities_of_homes(session: Session, ground: Ground) -> None:
    rows: list[tuple[str, str, str, int | None]] = []
    for kind, name, place, one in told("office")["facilities"]["homes"]:
        if one == "estate":
            rows.append((kind, name, place, None))
            continue
        for code, building_id in ground.buildings.items():
            called = told("office")["homes"]["building"].format(n=code)
            for e, n in _each(one, int(code)):
                rows.append((kind, name.format(b=called, e=e, n=n), place.format(b=called, e=e), building_id))
    _keep_facilities(session, ground, rows)


def _each(one: str, building: int) -> list[tuple[int, int]]:
    """Say for which (entrance, lift) of a building there is one: two lifts an entrance in the high ones."""
    entrances = 3 if building in MIDDLE else 2
    if one == "building":
        return [(0, 0)]
    if one == "entrance":
        return [(e, 0) for e in range(1, entrances + 1)]
    lifts = 2 if building in HIGH else 1 if building in MIDDLE else 0
    return [(e, n) for e in range(1, entrances + 1) for n in range(1, lifts + 1)]


def _keep_facilities(session: Session, ground: Ground, rows: list[tuple[str, str, str, int | None]]) -> None:
    values: list[dict[str, Any]] = [
        {
            "estate_id": ground.estate_id, "kind": FacilityKind(kind), "name": name, "place": place,
            "building_id": building_id, "firm_id": ground.firms.get(_FIRM_OF.get(FacilityKind(kind), FirmKind.OTHER)),
        }
        for kind, name, place, building_id in rows
    ]  # fmt: skip
    ids = session.scalars(insert(Facility).returning(Facility.id, sort_by_parameter_order=True), values)
    for key, row in zip(ids, values, strict=True):
        ground.facilities.setdefault((row["kind"], row["building_id"]), []).append((key, row["place"]))
