"""One row of a sheet read cell by cell: its values by field, and what is wrong with which cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from db.importing import cells, person_cells
from db.importing.headings import Column, Kind, SheetMapping
from db.importing.reading import Cell, Row, Sheet
from db.importing.sheet_rows import Skipped, data_rows
from db.words import Words

MOST_REMEMBERED = 4096
"""Different cells of one column whose reading is kept: building, entrance, floor, sex repeat all the time."""


class Note(NamedTuple):
    """What is to be said about a cell; a severe one keeps the row out."""

    message: Words
    severe: bool
    column: int | None = None
    """Index of the cell's column; None speaks of the whole row."""


class ReadRow:
    """A row's values by field, and the notes on its cells."""

    __slots__ = ("cells", "columns", "is_bad", "kind", "notes", "number", "sheet", "values")

    def __init__(self, sheet: SheetMapping, columns: Mapping[str, int], number: int, row: Row) -> None:
        self.sheet = sheet
        self.kind = sheet.kind
        self.columns = columns
        """Field → column, one mapping for all rows of the sheet."""
        self.number = number
        self.cells = row
        self.values: dict[str, Any] = {}
        self.notes: list[Note] = []
        self.is_bad = False
        """Whether a cell keeps the row out."""

    def column_of(self, field: str) -> int | None:
        """Return the column of a field."""
        return self.columns.get(field)

    def first_of(self, *fields: str) -> str | None:
        """Return the first of these fields that has a column."""
        return next((field for field in fields if field in self.columns), None)

    def cell(self, field: str) -> Cell:
        """Return a field's cell as it stands in the file; `""` without a column."""
        column = self.columns.get(field)
        return "" if column is None else self.cells[column]


Checker = cells.Checker

_PLAIN: dict[str, Checker] = {
    "building": cells.building, "entrance": cells.entrance, "room": cells.room, "floors": cells.count,
    "has_lift": cells.flag, "floor": cells.floor, "area": cells.area, "handed_over_on": cells.day,
    "person_ref": person_cells.person_ref, "name": person_cells.name, "phone": person_cells.phones,
    "phone_2": person_cells.phones, "id_number": person_cells.id_number, "contact_name": person_cells.name,
    "occupants": cells.people, "starts_on": cells.day, "ends_on": cells.day, "tenant_name": person_cells.names,
    "tenant_phone": person_cells.phones, "tenant_id_number": person_cells.id_number, "lot": cells.text,
    "space": cells.text, "plate": cells.plates, "brand": cells.text, "colour": cells.text,
}  # fmt: skip
_CHOICES = ("sex", "relation", "customer_kind", "use", "state", "parking_kind", "tenure")
_CODED = ("layout", "vehicle_kind")
_REPEATING = frozenset(
    ("building", "entrance", "floors", "has_lift", "floor", "layout", "occupants", "starts_on", "ends_on", "lot",
     "handed_over_on", "brand", "colour", "vehicle_kind", *_CHOICES)
)  # fmt: skip


_SEVERAL: dict[tuple[Kind, str], Checker] = {
    (Kind.FLAT, "name"): person_cells.names,
    (Kind.UNITS, "person_ref"): person_cells.person_refs,
}


class _FieldReader(NamedTuple):
    field: str
    column: int
    check: Checker
    memory: dict[Cell, cells.Checked] | None


def _checker(column: Column, mapping: SheetMapping) -> Checker:
    name = column.field or ""
    codes = dict(column.codes)
    if name in _CHOICES:
        return partial(cells.choice, name, codes=codes)
    if name in _CODED:
        return partial(cells.coded, codes=codes)
    if name == "has_lift" and codes:
        return partial(_coded_flag, codes=codes)
    several = _SEVERAL.get((mapping.kind, name))
    if name == "room" and "building" not in mapping.fields:
        several = cells.address
    return several or _PLAIN[name]


def _coded_flag(cell: Cell, codes: dict[str, str]) -> cells.Checked:
    return cells.flag(codes.get(cells.plain(cell).lower(), cell))


def read_rows(sheet: Sheet, mapping: SheetMapping, skipped: Skipped) -> Iterator[ReadRow]:
    """Read a sheet's rows of data; a cell that cannot be understood leaves a note and no value."""
    readers = [
        _FieldReader(name, column.index, _checker(column, mapping), {} if name in _REPEATING else None)
        for name, column in mapping.fields.items()
    ]
    columns = {reader.field: reader.column for reader in readers}
    for number, row in data_rows(sheet, mapping, skipped):
        read = ReadRow(mapping, columns, number, row)
        values = read.values
        for field, index, check, memory in readers:
            cell = row[index]
            if cell == "":
                continue
            if memory is None:
                value, problem = check(cell)
            else:
                found = memory.get(cell)
                if found is None:
                    found = check(cell)
                    if len(memory) < MOST_REMEMBERED:
                        memory[cell] = found
                value, problem = found
            if problem is not None:
                read.notes.append(Note(problem.message, problem.severe, index))
                read.is_bad = read.is_bad or problem.severe
            if value is not None:
                values[field] = value
        yield read


__all__ = ["Note", "ReadRow", "read_rows"]
