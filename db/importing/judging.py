"""The verdict on every row: which records it would add or change, held against the registry and the rest of the file.

Rows only propose; what they touch is collected in `Record`s, and nothing here writes to the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from db.base import Choice
from db.importing import cells
from db.importing.headings import IMPORTED, LABELS, Kind
from db.importing.known import Known, Person, Place, Record, Stay
from db.importing.rows import Note, ReadRow
from db.registry import CustomerKind, ParkingTenure, Relation
from db.spellings import unit_parts, unit_short
from db.words import Words, _


class Verdict(Choice):
    """What the import would do with a row."""

    NEW = "new", _("新增"), "green"
    CHANGES = "changes", _("更新"), "blue"
    UNCHANGED = "unchanged", _("无变化"), "gray"
    ERROR = "error", _("有错误"), "red"


@dataclass(slots=True)
class RowPlan:
    """What will be done with one row of one sheet, and why."""

    sheet: str
    row: int
    """As the spreadsheet numbers it."""
    key: str = ""
    """What the row is about, in the office's words: `1-1-1011`, a name, a plate."""
    verdict: Verdict = Verdict.UNCHANGED
    notes: list[Note] = field(default_factory=list)
    before: dict[str, Any] = field(default_factory=dict)
    """Of a row that changes something: field → value as it stands."""
    after: dict[str, Any] = field(default_factory=dict)
    """Field → value as it will stand."""
    _is_new: bool = False

    @property
    def errors(self) -> list[Note]:
        """What keeps the row out."""
        return [note for note in self.notes if note.severe]

    @property
    def warnings(self) -> list[Note]:
        """What should be looked at, though the row goes in."""
        return [note for note in self.notes if not note.severe]


class _Wish(NamedTuple):
    """A person who, by a row, holds a unit."""

    out: int
    person: Person
    relation: Relation
    starts_on: date | None
    ends_on: date | None
    column: int | None


class _Somebody(NamedTuple):
    """A person as one row speaks of him."""

    name: str | None
    phones: tuple[str, ...]
    identity: str | None
    ref: str | None
    relation: Relation
    more: Mapping[str, Any]


_UNIT_WORDS = ("floor", "area", "use", "state", "layout", "handed_over_on")
_NO_CONFLICT = frozenset(("occupants",))
"""Said of a person but true of a unit, so two rows may differ."""
_STAYS_ALONE = (Relation.OWNER, Relation.TENANT)
"""Relations in which a newcomer takes over from those whom the file does not name."""


class Judge:
    """Goes through the rows of all sheets in the order in which they build on each other."""

    def __init__(self, known: Known, today: date, kinds: Iterable[Kind]) -> None:
        self.known = known
        self.today = today
        self.kinds = frozenset(kinds)
        self.out: list[RowPlan] = []
        self.fresh: dict[str, list[Record]] = {}
        """Records to be added, by table, in order."""
        self.late: set[tuple[str, int]] = set()
        """Rows that turned out wrong only when all were seen; the plan is made anew without them."""
        self._entrances: dict[str, set[str]] = {}
        self._entrance_rows: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {}
        self._bad_refs: dict[str, ReadRow] = {}
        self._wishes: dict[Record, list[_Wish]] = {}
        self._row: ReadRow
        self._plan: RowPlan
        self._at = -1
        self._judges = {
            Kind.BUILDINGS: self._building_row, Kind.PEOPLE: self._person_row, Kind.UNITS: self._unit_row,
            Kind.FLAT: self._flat_row, Kind.PARKING: self._parking_row, Kind.VEHICLES: self._vehicle_row,
        }  # fmt: skip

    def judge(self, rows: Mapping[Kind, Sequence[ReadRow]], rejected: Mapping[tuple[str, int], Note]) -> None:
        """Judge all rows; `rejected` are those found wrong before, with the reason."""
        for kind in IMPORTED:
            for row in rows.get(kind, ()):
                self._row = row
                self._plan = RowPlan(row.sheet.sheet, row.number, notes=[*row.notes])
                self._at = len(self.out)
                self.out.append(self._plan)
                if rejected and (note := rejected.get((self._plan.sheet, row.number))):
                    self._plan.notes.append(note)
                self._judges[kind]()
            if kind is Kind.BUILDINGS:
                self._finish_buildings()
        self._finish_stays()
        for plan in self.out:
            plan.verdict = _verdict(plan)

    # ── saying ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _say(self, message: Words, name: str | None = None, *, severe: bool = True) -> None:
        column = self._row.column_of(name) if name else None
        self._plan.notes.append(Note(message, severe, column))

    def _is_bad(self) -> bool:
        return any(note.severe for note in self._plan.notes)

    def _missing(self, name: str) -> None:
        """Say that a needed cell is empty, unless it was said already that it cannot be read."""
        column = self._row.column_of(name)
        if not any(note.column == column and note.severe for note in self._plan.notes):
            self._say(_("缺{label}。", label=LABELS[name]), name)

    def _differs(self, record: Record, given: Mapping[str, Any]) -> bool:
        """Say so when the file has said something else of the same record before."""
        if record.row < 0:
            return False
        different = [
            name
            for name, value in given.items()
            if name not in _NO_CONFLICT and name in record.said and record.said[name] != value
        ]
        if different:
            first = self.out[record.row]
            listed = str(_("、")).join(str(_label(name)) for name in different)
            self._say(
                _("与“{sheet}”第 {row} 行是同一个，但{fields}不同。", sheet=first.sheet, row=first.row, fields=listed),
                different[0],
            )
        return bool(different)

    def _repeats(self, record: Record, given: Mapping[str, Any]) -> None:
        """Say that a row only repeats an earlier one."""
        if 0 <= record.row < self._at and all(record.said.get(name) == value for name, value in given.items()):
            first = self.out[record.row]
            self._say(_("与“{sheet}”第 {row} 行重复。", sheet=first.sheet, row=first.row), severe=False)

    # ── proposing ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _propose(self, record: Record, given: Mapping[str, Any]) -> None:
        """Take what a row says of a record; what differs from the registry becomes a change."""
        if record.row < 0:
            record.row = self._at
        plan = self._plan
        if record.id is None:
            for name, value in given.items():
                record.want.setdefault(name, value)
        else:
            now = record.now
            for name, value in given.items():
                if now[name] != value and name not in record.want:
                    record.want[name] = value
                    plan.before[name] = now[name]
                    plan.after[name] = value
        for name, value in given.items():
            record.said.setdefault(name, value)

    def _add(self, record: Record) -> None:
        record.row = self._at
        self.fresh.setdefault(record.table, []).append(record)

    # ── buildings ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _building_row(self) -> None:
        values = self._row.values
        code, entrance = values.get("building"), values.get("entrance", "")
        self._plan.key = "-".join(part for part in (code, entrance) if part)
        if code is None:
            self._missing("building")
        if self._is_bad() or code is None:
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
        building.said["floors"] = max(
            (each for each in (building.said.get("floors"), said.get("floors")) if each), default=None
        )
        building.said["has_lift"] = building.said.get("has_lift") or said.get("has_lift")
        if building.id is None:
            self._plan._is_new = True  # noqa: SLF001 - the judge keeps it
            self._plan.after = dict(values)

    def _building(self, code: str) -> Record:
        """Return the building of a code, a new one where there is none."""
        found = self.known.buildings.get(code)
        if found is None:
            written = cells.plain(self._row.cell("building"))
            name = written if written and written != code and not written.isdigit() else str(_("{code}号楼", code=code))
            number = next((part for part in unit_parts(code) if part.isdigit()), "0")
            found = self.known.buildings[code] = Record("buildings", None, 0, {})
            found.want = {"code": code, "name": name[:60], "position": min(int(number), 100_000)}
            self._add(found)
        return found

    def _finish_buildings(self) -> None:
        for building in self.known.buildings.values():
            if building.row < 0:
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
            person = self._find(somebody)
            if self._says_otherwise(person, somebody):
                person = None
        if self._is_bad() or name is None:
            if ref:
                self._bad_refs.setdefault(ref, self._row)
            return
        given = _given(somebody)
        if person is None:
            person = self._new_person()
            self._plan._is_new = True  # noqa: SLF001 - the judge keeps it
            self._plan.after = dict(values)
        else:
            self._repeats(person, given)
        self._take_person(person, somebody)

    def _somebody(self, name: str | None) -> _Somebody:
        values = self._row.values
        phones = (*values.get("phone", ()), *values.get("phone_2", ()))
        relation = values.get("relation", self._row.sheet.relation)
        return _Somebody(name, phones, values.get("id_number"), values.get("person_ref"), relation, values)

    def _find(self, who: _Somebody, unit: Record | None = None) -> Person | None:
        """Find a person by the file's number, else by name and phone, else by name among a unit's people."""
        known = self.known
        name = who.name or ""
        if who.ref is not None:
            if found := known.by_ref.get(who.ref):
                return found
            found = known.find(name, who.phones, who.identity)
            return found if found and not found.value("external_ref") else None
        if found := known.find(name, who.phones, who.identity):
            return found
        if unit is not None:
            return self._in_unit(unit, name)
        return known.nameless.get(name) if not who.phones and not who.identity else None

    def _in_unit(self, unit: Record, name: str) -> Person | None:
        for stay in self.known.stays.get(unit, ()):
            if stay.person.name == name and stay.is_current(self.today):
                return stay.person
        return next((wish.person for wish in self._wishes.get(unit, ()) if wish.person.name == name), None)

    def _says_otherwise(self, person: Person | None, who: _Somebody) -> bool:
        """Hold a row about a person against what the file said of him before; warn of doubtful likeness."""
        if person is None:
            return False
        if self._differs(person, _given(who)):
            return True
        if person.row >= 0 and who.ref and who.phones and (said := person.said.get("phones")):
            if not set(who.phones) & set(said):
                first = self.out[person.row]
                self._say(
                    _(
                        "与“{sheet}”第 {row} 行是同一个，但{fields}不同。",
                        sheet=first.sheet,
                        row=first.row,
                        fields=LABELS["phone"],
                    ),
                    "phone",
                )
                return True
        elif person.id is not None and who.ref and who.name != person.now["name"]:
            known = {*person.phones, person.now["id_number"]}
            if not known & {*who.phones, who.identity}:
                self._say(
                    _("编号 {ref} 原来是“{name}”，请确认是同一个人。", ref=who.ref, name=person.now["name"]),
                    "name",
                    severe=False,
                )
        return False

    def _new_person(self) -> Person:
        person = Person(None, 0, {})
        self._add(person)
        return person

    def _take_person(self, person: Person, who: _Somebody) -> None:
        """Propose what a row says of a person, and make him findable for the rows that follow."""
        given = _given(who)
        if person.id is None and "kind" not in person.want and "kind" not in given:
            company = cells.looks_like_company(who.name or "")
            person.want["kind"] = CustomerKind.COMPANY if company else CustomerKind.PERSON
        if (identity := who.identity) and (other := self.known.by_identity.get(identity)) not in {None, person}:
            self._say(
                _("证件号码与“{name}”相同，请核对。", name=other.name if other else ""), "id_number", severe=False
            )
        self._propose(person, given)
        if who.phones:
            more = [number for number in who.phones if number not in person.phones and number not in person.more_phones]
            if more:
                if person.id is not None:
                    self._plan.before["phones"] = tuple(person.phones)
                    self._plan.after["phones"] = (*person.phones, *person.more_phones, *more)
                person.more_phones += more
            person.said["phones"] = (*person.said.get("phones", ()), *who.phones)
        self.known.index(person)

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
        self._plan.key = unit_short(*place)
        return place

    def _knows_building(self, place: Place) -> bool:
        """Check that building and entrance exist, where the file or the registry has a list of them."""
        building, entrance, _room = place
        if Kind.BUILDINGS not in self.kinds:
            return True
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
        if place is None or self._is_bad():
            return
        unit = self.known.units.get(place)
        owners = self._owners()
        given = self._unit_given()
        said = given | ({"owner": self._row.values["person_ref"]} if owners else {})
        fits = self._knows_building(place)
        if not fits or self._is_bad() or (unit is not None and self._differs(unit, said)):
            return
        if unit is not None and unit.row >= 0:
            self._repeats(unit, said)
        unit = self._take_unit(place, unit, given)
        unit.said.setdefault("owner", self._row.values.get("person_ref"))
        for person in owners:
            self._wish(unit, person, Relation.OWNER, "person_ref")

    def _owners(self) -> list[Person]:
        """Find the people whom a row names by their numbers."""
        found = []
        for ref in self._row.values.get("person_ref", ()):
            if person := self._by_ref(ref):
                found.append(person)
        return found

    def _by_ref(self, ref: str) -> Person | None:
        person = self.known.by_ref.get(ref)
        if person is None and (bad := self._bad_refs.get(ref)):
            self._say(
                _(
                    "编号 {ref} 的客户在“{sheet}”第 {row} 行有错误，没有导入。",
                    ref=ref,
                    sheet=bad.sheet.sheet,
                    row=bad.number,
                ),
                "person_ref",
            )
        elif person is None:
            self._say(_("客户表和系统里都没有编号为 {ref} 的客户。", ref=ref), "person_ref")
        return person

    def _take_unit(self, place: Place, unit: Record | None, given: Mapping[str, Any]) -> Record:
        if unit is None:
            building, entrance, room = place
            unit = self.known.units[place] = Record("units", None, 0, {})
            unit.want = {
                "building_id": self._building(building),
                "entrance": entrance,
                "room": room,
                "short": unit_short(*place),
            }
            self._add(unit)
            self._plan._is_new = True  # noqa: SLF001 - the judge keeps it
            self._plan.after = dict(self._row.values)
        self._propose(unit, given)
        return unit

    # ── a unit and its people in one row ─────────────────────────────────────────────────────────────────────────────

    def _flat_row(self) -> None:
        place = self._place()
        if place is None or self._is_bad():
            return
        unit = self.known.units.get(place)
        given = self._unit_given()
        fits = self._knows_building(place)
        if unit is None and Kind.UNITS in self.kinds:
            self._say(_("房屋表和系统里都没有房屋“{unit}”。", unit=unit_short(*place)), "room")
        if not fits or self._is_bad() or (unit is not None and self._differs(unit, given)):
            return
        people = self._people()
        found = [
            self._find(who, unit) if unit is not None or who.ref or who.phones or who.identity else None
            for who in people
        ]
        for who, person in zip(people, found, strict=True):
            self._says_otherwise(person, who)
        holder = found[0] if found else None
        plates, spaces = self._row.values.get("plate", ()), self._row.values.get("space")
        self._vehicles_fit(plates, holder, is_known=bool(people))
        if self._is_bad():
            return
        repeats = unit is not None and unit.row >= 0 and all(self._is_wished(unit, person) for person in found)
        unit = self._take_unit(place, unit, given)
        if repeats:
            self._repeats(unit, given)
        for index, (who, person) in enumerate(zip(people, found, strict=True)):
            found[index] = taken = self._find(who, unit) or person or self._new_person()
            self._take_person(taken, who)
            self._wish(unit, taken, who.relation, "tenant_name" if who.relation is Relation.TENANT else "name")
        self._take_vehicles(plates, found[0] if found else None)
        if spaces:
            self._take_space(spaces, found[0] if found else None)

    def _people(self) -> list[_Somebody]:
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
                found.append(_Somebody(name, phones, None, None, relation, {}))
        elif values.get("phone") or values.get("id_number") or values.get("person_ref"):
            self._say(_("有电话或证件号码，但缺姓名，没有登记客户。"), "name", severe=False)
        tenants: tuple[str, ...] = values.get("tenant_name", ())
        for index, name in enumerate(tenants):
            first = index == 0
            phones = values.get("tenant_phone", ()) if first else ()
            identity = values.get("tenant_id_number") if first and len(tenants) == 1 else None
            found.append(_Somebody(name, phones, identity, None, Relation.TENANT, {}))
        return found

    def _is_wished(self, unit: Record | None, person: Person | None) -> bool:
        return unit is not None and any(wish.person is person for wish in self._wishes.get(unit, ()))

    # ── occupancies ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _wish(self, unit: Record, person: Person, relation: Relation, name: str) -> None:
        values = self._row.values
        wish = _Wish(
            self._at, person, relation, values.get("starts_on"), values.get("ends_on"), self._row.column_of(name)
        )
        self._wishes.setdefault(unit, []).append(wish)

    def _finish_stays(self) -> None:
        for unit, wishes in self._wishes.items():
            stays = self.known.stays.get(unit)
            if not stays and len(wishes) == 1:
                self._begin(unit, wishes[0], co_owner=False)
            else:
                self._settle(unit, wishes, stays or [])

    def _settle(self, unit: Record, wishes: Sequence[_Wish], stays: Sequence[Stay]) -> None:
        """Hold those whom the file names for a unit against those who hold it."""
        current = [stay for stay in stays if stay.is_current(self.today)]
        leaving: dict[Relation, list[Stay]] = {}
        for relation in _STAYS_ALONE:
            here = [stay for stay in current if stay.now["relation"] == relation]
            named = {wish.person for wish in wishes if wish.relation is relation and not self._is_past(wish)}
            if named - {stay.person for stay in here}:
                leaving[relation] = [stay for stay in here if stay.person not in named]
        begun: list[Stay] = []
        for wish in wishes:
            same = [
                stay
                for stay in (*stays, *begun)
                if stay.person is wish.person and stay.value("relation") == wish.relation
            ]
            holding = next((stay for stay in same if stay.is_current(self.today)), None)
            if holding is not None:
                self._correct(holding, wish)
            elif not (self._is_past(wish) and any(stay.value("ends_on") == wish.ends_on for stay in same)):
                if not self._is_past(wish) and not self._replace(wish, leaving.pop(wish.relation, [])):
                    continue
                owners = [stay for stay in (*current, *begun) if stay.value("relation") == Relation.OWNER]
                staying = any(stay.is_current(self.today) and not stay.value("co_owner") for stay in owners)
                stay = self._begin(unit, wish, co_owner=wish.relation is Relation.OWNER and staying)
                begun.append(stay)

    def _is_past(self, wish: _Wish) -> bool:
        return wish.ends_on is not None and wish.ends_on < self.today

    def _replace(self, wish: _Wish, leaving: Sequence[Stay]) -> bool:
        """End those who go, the day before the newcomer begins; say so when that cannot be."""
        on = wish.starts_on or self.today
        plan = self.out[wish.out]
        for stay in leaving:
            starts: date | None = stay.value("starts_on")
            if starts is not None and starts >= on:
                plan.notes.append(
                    Note(
                        _(
                            "“{name}”从 {day} 起登记为{relation}，新的要晚于这一天才能接替。",
                            name=stay.person.name,
                            day=starts,
                            relation=wish.relation.label,
                        ),
                        severe=True,
                        column=wish.column,
                    )
                )
                self.late.add((plan.sheet, plan.row))
                return False
        for stay in leaving:
            stay.want["ends_on"] = on - timedelta(days=1)
            stay.row = wish.out
        if leaving:
            plan.before[wish.relation.value] = tuple(stay.person.name for stay in leaving)
        return True

    def _begin(self, unit: Record, wish: _Wish, *, co_owner: bool) -> Stay:
        stay = Stay(None, 0, {}, unit, wish.person)
        starts = wish.starts_on
        plan = self.out[wish.out]
        if starts is None and wish.relation.value in plan.before:
            starts = self.today
        stay.want = {
            "unit_id": unit,
            "customer_id": wish.person,
            "relation": wish.relation,
            "co_owner": co_owner,
            "starts_on": starts,
            "ends_on": wish.ends_on,
        }
        stay.row = wish.out
        self.fresh.setdefault("occupancies", []).append(stay)
        plan.after[wish.relation.value] = (*plan.after.get(wish.relation.value, ()), wish.person.name)
        return stay

    def _correct(self, stay: Stay, wish: _Wish) -> None:
        """Take the dates that the file gives for an occupancy that is there."""
        if stay.id is None:
            return
        plan = self.out[wish.out]
        for name, value in (("starts_on", wish.starts_on), ("ends_on", wish.ends_on)):
            if value is not None and stay.now[name] != value and name not in stay.want:
                stay.want[name] = value
                stay.row = wish.out
                plan.before[name], plan.after[name] = stay.now[name], value

    # ── parking and vehicles ─────────────────────────────────────────────────────────────────────────────────────────

    def _holder(self) -> tuple[Person | None, _Somebody | None]:
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
            return (self._sole_owner(unit) if unit else None), None
        who = self._somebody(name)
        person = self._find(who, unit)
        if person is None and not who.phones:
            self._say(_("找不到客户“{name}”，请补上电话或客户编号。", name=name), "name")
        return person, who

    def _sole_owner(self, unit: Record) -> Person | None:
        wished = {wish.person for wish in self._wishes.get(unit, ()) if wish.relation is Relation.OWNER}
        here = {
            stay.person
            for stay in self.known.stays.get(unit, ())
            if stay.is_current(self.today) and stay.value("relation") == Relation.OWNER
        }
        owners = wished or here
        return next(iter(owners)) if len(owners) == 1 else None

    def _parking_row(self) -> None:
        values = self._row.values
        code = values.get("space")
        if code is None:
            self._missing("space")
        person, who = self._holder()
        self._plan.key = code or ""
        plates = values.get("plate", ())
        said = (
            self._space_given()
            | {"lot": values.get("lot")}
            | ({"holder": _identity(person, who)} if person or who else {})
        )
        space = self.known.spaces.get(code or "")
        self._vehicles_fit(plates, person, is_known=bool(person or who))
        if self._is_bad() or code is None or (space is not None and self._differs(space, said)):
            return
        if space is not None:
            self._repeats(space, said)
        person = self._taken_holder(person, who)
        space = self._take_space(code, person)
        space.said |= said
        self._take_vehicles(plates, person)

    def _vehicle_row(self) -> None:
        values = self._row.values
        plates = values.get("plate", ())
        if not plates:
            self._missing("plate")
        person, who = self._holder()
        self._plan.key = " ".join(plates)
        self._vehicles_fit(plates, person, is_known=bool(person or who))
        if self._is_bad():
            return
        for plate in plates:
            if vehicle := self.known.vehicles.get(plate):
                self._repeats(vehicle, self._vehicle_given())
        person = self._taken_holder(person, who)
        self._take_vehicles(plates, person)
        if code := values.get("space"):
            self._take_space(code, person)

    def _taken_holder(self, person: Person | None, who: _Somebody | None) -> Person | None:
        if person is None and who is not None:
            person = self._find(who) or self._new_person()
        if person is not None and who is not None:
            self._take_person(person, who)
        return person

    def _space_given(self) -> dict[str, Any]:
        values = self._row.values
        named = (("kind", "parking_kind"), ("tenure", "tenure"), ("area", "area"))
        areas = self._row.kind is Kind.PARKING
        return {name: values[word] for name, word in named if word in values and (areas or name != "area")}

    def _take_space(self, code: str, person: Person | None) -> Record:
        space = self.known.spaces.get(code)
        given = self._space_given()
        if space is None:
            space = self.known.spaces[code] = Record("parking_spaces", None, 0, {})
            space.want = {"code": code}
            self._add(space)
            if self._row.kind is Kind.PARKING:
                self._plan._is_new = True  # noqa: SLF001 - the judge keeps it
                self._plan.after = dict(self._row.values)
            else:
                self._plan.after["space"] = code
            if person is not None and "tenure" not in given:
                given["tenure"] = ParkingTenure.SOLD
                self._say(_("车位有客户但没写租售，按出售登记。"), "space", severe=False)
        self._propose(space, given)
        self._assign(space, person)
        return space

    def _vehicle_given(self) -> dict[str, Any]:
        values = self._row.values
        named = (("brand", "brand"), ("colour", "colour"), ("kind", "vehicle_kind"))
        return {name: values[word] for name, word in named if word in values}

    def _vehicles_fit(self, plates: Iterable[str], person: Person | None, *, is_known: bool) -> None:
        """Check that the file does not give a vehicle to two people."""
        for plate in plates:
            vehicle = self.known.vehicles.get(plate)
            if vehicle is None or self._differs(vehicle, self._vehicle_given()):
                continue
            if vehicle.row >= 0 and is_known and "holder" in vehicle.said and vehicle.said["holder"] is not person:
                first = self.out[vehicle.row]
                self._say(
                    _(
                        "车牌 {plate} 在“{sheet}”第 {row} 行属于另一位客户。",
                        plate=plate,
                        sheet=first.sheet,
                        row=first.row,
                    ),
                    "plate",
                )

    def _take_vehicles(self, plates: Iterable[str], person: Person | None) -> None:
        for plate in plates:
            vehicle = self.known.vehicles.get(plate)
            if vehicle is None:
                vehicle = self.known.vehicles[plate] = Record("vehicles", None, 0, {})
                vehicle.want = {"plate": plate}
                self._add(vehicle)
                if self._row.kind is Kind.VEHICLES:
                    self._plan._is_new = True  # noqa: SLF001 - the judge keeps it
                    self._plan.after = dict(self._row.values)
                else:
                    self._plan.after["plate"] = (*self._plan.after.get("plate", ()), plate)
            self._propose(vehicle, self._vehicle_given())
            self._assign(vehicle, person)

    def _assign(self, record: Record, person: Person | None) -> None:
        """Give a space or vehicle to a person; nobody named leaves it as it is."""
        if person is None:
            return
        record.said.setdefault("holder", person)
        if record.id is None:
            record.want.setdefault("customer_id", person)
        elif person.id is None or record.now["customer_id"] != person.id:
            if "customer_id" not in record.want:
                former = self.known.customer_ids.get(record.now["customer_id"] or 0)
                record.want["customer_id"] = person
                self._plan.before["customer_id"] = former.name if former else ""
                self._plan.after["customer_id"] = person.name


def _verdict(plan: RowPlan) -> Verdict:
    if any(note.severe for note in plan.notes):
        plan.before, plan.after = {}, {}
        return Verdict.ERROR
    if plan._is_new:  # noqa: SLF001 - kept by the judge
        return Verdict.NEW
    return Verdict.CHANGES if plan.after else Verdict.UNCHANGED


def _label(name: str) -> Words:
    return LABELS.get(name) or _MORE_LABELS.get(name) or _("内容")


_MORE_LABELS: dict[str, Words] = {
    "phones": _("电话"), "holder": _("客户"), "customer_id": _("客户"), "kind": _("类型"), "external_ref": _("客户编号"),
    **{relation.value: relation.label for relation in Relation},
}  # fmt: skip


def _given(who: _Somebody) -> dict[str, Any]:
    """Take from a row what it says of a person, by the registry's names."""
    given: dict[str, Any] = {"name": who.name}
    if who.ref is not None:
        given["external_ref"] = who.ref
    if who.identity is not None:
        given["id_number"] = who.identity
    more = who.more
    for name in ("sex", "contact_name", "occupants"):
        if name in more:
            given[name] = more[name]
    if "customer_kind" in more:
        given["kind"] = more["customer_kind"]
    return given


def _identity(person: Person | None, who: _Somebody | None) -> object:
    return person or (who.name, who.phones) if who else person


def _own_part(building: str, entrance: str, room: str) -> str:
    """Take building and entrance off a room that repeats them: `1-1-1011` in building 1, entrance 1 → `1011`."""
    *head, last = room.split("-")
    if head and last and head in ([building, entrance], [building], [entrance]):
        return last
    return room


__all__ = ["Judge", "RowPlan", "Verdict"]
