"""What rows propose: collected record by record, compared with the registry and with what the file said before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from db.importing.headings import LABELS, Kind
from db.importing.known import Known, Person, Record
from db.importing.rows import Note, ReadRow
from db.importing.verdicts import RowPlan
from db.registry import ParkingTenure
from db.words import Words, _

_NO_CONFLICT = frozenset(("occupants",))
"""Said of a person but true of a unit, so two rows may differ."""


class Proposals:
    """The records that the rows seen so far would add or change, and the row being looked at."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.out: list[RowPlan] = []
        self.fresh: dict[str, list[Record]] = {}
        """Records to be added, by table, in order."""
        self._row: ReadRow
        self._plan: RowPlan
        self._at = -1
        """Index of the row being looked at among `out`."""

    # ── saying ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _say(self, message: Words, name: str | None = None, *, severe: bool = True) -> None:
        column = self._row.column_of(name) if name else None
        self._plan.note(Note(message, severe, column))

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
            name for name, value in given.items() if name not in _NO_CONFLICT and record.heard(name, value) != value
        ]
        if different:
            first = self.out[record.row]
            listed = str(_("、")).join(str(LABELS.get(name, name)) for name in different)
            self._say(
                _("与“{sheet}”第 {row} 行是同一个，但{fields}不同。", sheet=first.sheet, row=first.row, fields=listed),
                different[0],
            )
        return bool(different)

    def _repeats(self, record: Record, given: Mapping[str, Any]) -> None:
        """Say that a row only repeats an earlier one."""
        if 0 <= record.row < self._at and all(record.heard(name) == value for name, value in given.items()):
            first = self.out[record.row]
            self._say(_("与“{sheet}”第 {row} 行重复。", sheet=first.sheet, row=first.row), severe=False)

    # ── proposing ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _propose(self, record: Record, given: Mapping[str, Any]) -> None:
        """Take what a row says of a record; what differs from the registry becomes a change."""
        if record.row < 0:
            record.row = self._at
        if record.id is None:
            record.want = {**given, **record.want} if record.want else dict(given)
            return
        plan, now = self._plan, record.now
        for name, value in given.items():
            record.hear(name, value)
            if now[name] != value and name not in record.want:
                record.want[name] = value
                plan.before[name] = now[name]
                plan.after[name] = value

    def _add(self, record: Record) -> None:
        record.row = self._at
        self.fresh.setdefault(record.table, []).append(record)

    # ── parking spaces and vehicles ──────────────────────────────────────────────────────────────────────────────────

    def _space_given(self) -> dict[str, Any]:
        values = self._row.values
        named = (("kind", "parking_kind"), ("tenure", "tenure"), ("area", "area"))
        areas = self._row.kind is Kind.PARKING
        return {name: values[word] for name, word in named if word in values and (areas or name != "area")}

    def _take_space(self, code: str, person: Person | None) -> Record:
        space = self.known.spaces.get(code)
        given = self._space_given()
        if space is None:
            space = self.known.spaces[code] = Record("parking_spaces")
            space.want = {"code": code}
            self._add(space)
            if self._row.kind is Kind.PARKING:
                self._plan.is_new = True
                self._plan.after = self._row.values
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
            if vehicle.row >= 0 and is_known and vehicle.heard("holder", person) is not person:
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
                vehicle = self.known.vehicles[plate] = Record("vehicles")
                vehicle.want = {"plate": plate}
                self._add(vehicle)
                if self._row.kind is Kind.VEHICLES:
                    self._plan.is_new = True
                    self._plan.after = self._row.values
                elif plate not in self._plan.after.get("plate", ()):
                    self._plan.after["plate"] = (*self._plan.after.get("plate", ()), plate)
            self._propose(vehicle, self._vehicle_given())
            self._assign(vehicle, person)

    def _assign(self, record: Record, person: Person | None) -> None:
        """Give a space or vehicle to a person; nobody named leaves it as it is."""
        if person is None:
            return
        record.hear("holder", person)
        if record.id is None:
            record.want.setdefault("customer_id", person)
        elif "customer_id" not in record.want and (person.id is None or record.now["customer_id"] != person.id):
            former = self.known.customer_ids.get(record.now["customer_id"] or 0)
            record.want["customer_id"] = person
            self._plan.before["customer_id"] = former.name if former else ""
            self._plan.after["customer_id"] = person.name
