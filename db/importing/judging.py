"""The verdict on every row: which records it would add or change, held against the registry and the rest of the file.

Rows only propose; what they touch is collected in `Record`s, and nothing here writes to the database.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import date
from typing import Any

from db.importing import cells
from db.importing.headings import IMPORTED, LABELS, Kind
from db.importing.holding import Wish
from db.importing.known import Known, Person, Place, Record
from db.importing.persons import Persons, Somebody, given_of
from db.importing.rows import Note, ReadRow
from db.importing.verdicts import RowPlan
from db.registry import Relation
from db.spellings import unit_parts, unit_short
from db.words import _

_UNIT_WORDS = ("floor", "area", "use", "state", "layout", "handed_over_on")


class Judge(Persons):
    """Goes through the rows of all sheets in the order in which they build on each other."""

    def __init__(self, known: Known, today: date, kinds: Container[Kind]) -> None:
        super().__init__(known, today)
        self._lists_buildings = Kind.BUILDINGS in kinds
        self._lists_units = Kind.UNITS in kinds
        self._entrances: dict[str, set[str]] = {}
        self._entrance_rows: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {}
        self._judges = {
            Kind.BUILDINGS: self._building_row, Kind.PEOPLE: self._person_row, Kind.UNITS: self._unit_row,
            Kind.FLAT: self._flat_row, Kind.PARKING: self._parking_row, Kind.VEHICLES: self._vehicle_row,
        }  # fmt: skip

    def judge(self, rows: Mapping[Kind, Sequence[ReadRow]], rejected: Mapping[tuple[str, int], Note]) -> None:
        """Judge all rows; `rejected` are those found wrong before, with the reason."""
        for kind in IMPORTED:
            judge_row = self._judges[kind]
            for row in rows.get(kind, ()):
                self._row = row
                self._plan = plan = RowPlan(row.sheet.sheet, row.number, notes=row.notes, is_bad=row.is_bad)
                self._at = len(self.out)
                self.out.append(plan)
                if rejected and (late := rejected.get((plan.sheet, row.number))):
                    plan.note(late)
                judge_row()
            if kind is Kind.BUILDINGS:
                self._finish_buildings()
        self._holdings.settle()
        if self._holdings.begun:
            self.fresh["occupancies"] = list(self._holdings.begun)
        for plan in self.out:
            plan.decide()

    @property
    def late(self) -> set[tuple[str, int]]:
        """Rows (sheet, number) that turned out wrong only when all were seen: judge anew with these rejected."""
        return self._holdings.late

    # ── buildings ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _building_row(self) -> None:
        values = self._row.values
        code, entrance = values.get("building"), values.get("entrance", "")
        self._plan.key = "-".join(part for part in (code, entrance) if part)
        if code is None:
            self._missing("building")
        if self._plan.is_bad or code is None:
            return
        said = {name: value for name, value in values.items() if name in {"floors", "has_lift"}}
        first, earlier = self._entrance_rows.setdefault((code, entrance), (self._at, said))
        if first != self._at:
            before = self.out[first]
            if different := [name for name, value in said.items() if earlier.get(name, value) != value]:
                listed = str(_("、")).join(str(LABELS[name]) for name in different)
                self._say(
                    _(
                        "与“{sheet}”第 {row} 行是同一个，但{fields}不同。",
                        sheet=before.sheet,
                        row=before.row,
                        fields=listed,
                    ),
                    different[0],
                )
            else:
                self._say(_("与“{sheet}”第 {row} 行重复。", sheet=before.sheet, row=before.row), severe=False)
            return
        self._entrances.setdefault(code, set()).add(entrance)
        building = self._building(code)
        if building.row < 0:
            building.row = self._at
        if building.said is None:
            building.said = {}
        floors = (building.said.get("floors"), said.get("floors"))
        building.said["floors"] = max((each for each in floors if each), default=None)
        building.said["has_lift"] = building.said.get("has_lift") or said.get("has_lift")
        if building.id is None:
            self._plan.is_new = True
            self._plan.after = values

    def _building(self, code: str) -> Record:
        """Return the building of a code, a new one where there is none."""
        found = self.known.buildings.get(code)
        if found is None:
            written = cells.plain(self._row.cell("building"))
            name = (
                written if written and written != code and not written.isdecimal() else str(_("{code}号楼", code=code))
            )
            number = next((part for part in unit_parts(code) if part.isdecimal()), "0")
            found = self.known.buildings[code] = Record("buildings")
            found.want = {"code": code, "name": name[:60], "position": min(int(number), 100_000)}
            self._add(found)
        return found

    def _finish_buildings(self) -> None:
        for building in self.known.buildings.values():
            if building.row < 0 or building.said is None:
                continue
            plan = self.out[building.row]
            for name, value in building.said.items():
                if value is None or (building.id is not None and building.now[name] == value):
                    continue
                building.want[name] = value
                if building.id is not None:
                    plan.before[name], plan.after[name] = building.now[name], value

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _person_row(self) -> None:
        values = self._row.values
        name, ref = values.get("name"), values.get("person_ref")
        self._plan.key = name or ref or ""
        if name is None:
            self._missing("name")
        person = None
        somebody = self._somebody(name)
        if name is not None:
            person = self._find(somebody, by_name=True)
            if person is not None and self._says_otherwise(person, somebody):
                person = None
        if self._plan.is_bad or name is None:
            if ref:
                self._bad_refs.setdefault(ref, self._row)
            return
        given = given_of(somebody)
        if person is None:
            person = self._new_person()
            self._plan.is_new = True
            self._plan.after = values
        else:
            self._repeats(person, given)
        self._take_person(person, somebody)

    # ── units ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _place(self) -> Place | None:
        """Read which unit a row is about; say what is missing."""
        values = self._row.values
        room = values.get("room")
        if isinstance(room, tuple):
            place: Place = room
        else:
            building, entrance = values.get("building"), values.get("entrance", "")
            if building is None and "building" in self._row.columns:
                self._missing("building")
            if room is None:
                self._missing("room")
            if building is None or room is None:
                return None
            place = (building, entrance, _own_part(building, entrance, room) if "-" in room else room)
        building, entrance, room = place
        self._plan.key = f"{building}-{entrance}-{room}" if entrance else f"{building}-{room}"
        return place

    def _knows_building(self, place: Place) -> bool:
        """Check that building and entrance exist, where the file or the registry has a list of them."""
        if not self._lists_buildings:
            return True
        building, entrance, _room = place
        if building not in self.known.buildings:
            self._say(
                _("楼栋表和系统里都没有楼栋“{building}”。", building=building), self._row.first_of("building", "room")
            )
            return False
        listed = self._entrances.get(building, set()) | self.known.entrances.get(building, set())
        if entrance and listed and entrance not in listed:
            self._say(
                _("楼栋表和系统里，{building}号楼都没有“{entrance}”单元。", building=building, entrance=entrance),
                self._row.first_of("entrance", "room"),
            )
            return False
        return True

    def _unit_given(self) -> dict[str, Any]:
        values = self._row.values
        return {name: values[name] for name in _UNIT_WORDS if name in values}

    def _unit_row(self) -> None:
        place = self._place()
        if place is None or self._plan.is_bad:
            return
        unit = self.known.units.get(place)
        owners = self._owners()
        given = self._unit_given()
        said = given | ({"owner": self._row.values["person_ref"]} if owners else {})
        fits = self._knows_building(place)
        if not fits or self._plan.is_bad or (unit is not None and self._differs(unit, said)):
            return
        if unit is not None and unit.row >= 0:
            self._repeats(unit, said)
        unit = self._take_unit(place, unit, given)
        if owners:
            unit.hear("owner", self._row.values["person_ref"])
        for person in owners:
            self._wish(unit, person, Relation.OWNER, "person_ref")

    def _owners(self) -> list[Person]:
        """Find the people whom a row names by their numbers."""
        found = [self._by_ref(ref) for ref in self._row.values.get("person_ref", ())]
        return [person for person in found if person is not None]

    def _take_unit(self, place: Place, unit: Record | None, given: Mapping[str, Any]) -> Record:
        if unit is None:
            building, entrance, room = place
            unit = self.known.units[place] = Record("units")
            unit.want = {
                "building_id": self._building(building),
                "entrance": entrance,
                "room": room,
                "short": self._plan.key,
            }
            self._add(unit)
            self._plan.is_new = True
            self._plan.after = self._row.values
        self._propose(unit, given)
        return unit

    # ── a unit and its people in one row ─────────────────────────────────────────────────────────────────────────────

    def _flat_row(self) -> None:
        place = self._place()
        if place is None or self._plan.is_bad:
            return
        unit = self.known.units.get(place)
        given = self._unit_given()
        fits = self._knows_building(place)
        if unit is None and self._lists_units:
            self._say(_("房屋表和系统里都没有房屋“{unit}”。", unit=unit_short(*place)), "room")
        if not fits or self._plan.is_bad or (unit is not None and self._differs(unit, given)):
            return
        people = self._people()
        found = [self._find(who, unit) for who in people]
        for who, person in zip(people, found, strict=True):
            if person is not None:
                self._says_otherwise(person, who)
        if plates := self._row.values.get("plate"):
            self._vehicles_fit(plates, found[0] if found else None, is_known=bool(people))
        self._take_flat(place, unit, given, people, found)

    def _take_flat(
        self,
        place: Place,
        unit: Record | None,
        given: Mapping[str, Any],
        people: Sequence[Somebody],
        found: list[Person | None],
    ) -> None:
        """Propose the unit of a row, the people found for it or new ones, and what they park there."""
        if self._plan.is_bad:
            return
        repeats = unit is not None and unit.row >= 0 and all(self._holdings.is_wished(unit, person) for person in found)
        unit = self._take_unit(place, unit, given)
        if repeats:
            self._repeats(unit, given)
        for index, who in enumerate(people):
            # A name twice in one row is one person; he is only known by now.
            taken = found[index] or (self._find(who, unit) if index else None) or self._new_person()
            found[index] = taken
            self._take_person(taken, who)
            self._wish(unit, taken, who.relation, "name")
        holder = found[0] if found else None
        if plates := self._row.values.get("plate"):
            self._take_vehicles(plates, holder)
        if space := self._row.values.get("space"):
            self._take_space(space, holder)

    def _people(self) -> list[Somebody]:
        """List the people whom a row names, each with his own phones where there are as many as names."""
        values = self._row.values
        names: tuple[str, ...] = values.get("name", ())
        found = []
        if len(names) == 1:
            found.append(self._somebody(names[0]))
        elif names:
            every = (*values.get("phone", ()), *values.get("phone_2", ()))
            each = every if len(every) == len(names) else None
            relation = values.get("relation", self._row.sheet.relation)
            for index, name in enumerate(names):
                phones = (each[index],) if each else every if index == 0 else ()
                found.append(Somebody(name, phones, None, None, relation, {}))
        elif values.get("phone") or values.get("id_number") or values.get("person_ref"):
            self._say(_("有电话或证件号码，但缺姓名，没有登记客户。"), "name", severe=False)
        tenants: tuple[str, ...] = values.get("tenant_name", ())
        for index, name in enumerate(tenants):
            first = index == 0
            phones = values.get("tenant_phone", ()) if first else ()
            identity = values.get("tenant_id_number") if first and len(tenants) == 1 else None
            found.append(Somebody(name, phones, identity, None, Relation.TENANT, {}))
        return found

    def _wish(self, unit: Record, person: Person, relation: Relation, name: str) -> None:
        values = self._row.values
        dates = values.get("starts_on"), values.get("ends_on")
        self._holdings.wish(unit, Wish(self._at, person, relation, *dates, self._row.column_of(name)))

    # ── parking and vehicles ─────────────────────────────────────────────────────────────────────────────────────────

    def _holder(self) -> tuple[Person | None, Somebody | None]:
        """Find whose space or vehicle a row lists: by number, by name and phone, by name and unit, by unit."""
        values = self._row.values
        if ref := values.get("person_ref"):
            return self._by_ref(ref), None
        name = values.get("name")
        unit = None
        if "room" in values:
            place = self._place()
            unit = self.known.units.get(place) if place else None
            if place and unit is None:
                self._say(_("系统和文件里都没有房屋“{unit}”。", unit=unit_short(*place)), "room")
        if name is None:
            return (self._holdings.sole_owner(unit) if unit else None), None
        who = self._somebody(name)
        person = self._find(who, unit)
        if person is None and not who.phones:
            self._say(_("找不到客户“{name}”，请补上电话或客户编号。", name=name), "name")
        return person, who

    def _parking_row(self) -> None:
        values = self._row.values
        code = values.get("space")
        if code is None:
            self._missing("space")
        person, who = self._holder()
        self._plan.key = code or ""
        plates = values.get("plate", ())
        said = self._space_given()
        if "lot" in values:
            said["lot"] = values["lot"]
        held = said | ({"holder": person} if person or who else {})
        space = self.known.spaces.get(code or "")
        self._vehicles_fit(plates, person, is_known=bool(person or who))
        if self._plan.is_bad or code is None or (space is not None and self._differs(space, held)):
            return
        if space is not None:
            self._repeats(space, held)
        person = self._taken_holder(person, who)
        space = self._take_space(code, person)
        if "lot" in said:
            space.hear("lot", said["lot"])
        self._take_vehicles(plates, person)

    def _vehicle_row(self) -> None:
        values = self._row.values
        plates = values.get("plate", ())
        if not plates:
            self._missing("plate")
        person, who = self._holder()
        self._plan.key = " ".join(plates)
        self._vehicles_fit(plates, person, is_known=bool(person or who))
        if self._plan.is_bad:
            return
        for plate in plates:
            if vehicle := self.known.vehicles.get(plate):
                self._repeats(vehicle, self._vehicle_given())
        person = self._taken_holder(person, who)
        self._take_vehicles(plates, person)
        if code := values.get("space"):
            self._take_space(code, person)

    def _taken_holder(self, person: Person | None, who: Somebody | None) -> Person | None:
        if person is None and who is not None:
            person = self._find(who) or self._new_person()
        if person is not None and who is not None:
            self._take_person(person, who)
        return person


def _own_part(building: str, entrance: str, room: str) -> str:
    """Take building and entrance off a room that repeats them: `1-1-1011` in building 1, entrance 1 → `1011`."""
    *head, last = room.split("-")
    if head and last and head in ([building, entrance], [building], [entrance]):
        return last
    return room
