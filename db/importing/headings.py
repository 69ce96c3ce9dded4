"""What a sheet lists and what its columns mean, guessed from the headings; a person may correct it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from db.base import Choice
from db.importing.reading import Cell, Sheet, Workbook
from db.importing.vocabulary import WORDS, heading_base, heading_codes, tidy
from db.registry import Relation
from db.words import Words, _


class Kind(Choice):
    """What one sheet lists."""

    BUILDINGS = "buildings", _("楼栋单元")
    UNITS = "units", _("房屋")
    PEOPLE = "people", _("客户")
    PARKING = "parking", _("车位")
    VEHICLES = "vehicles", _("车辆")
    FLAT = "flat", _("房屋和客户在一张表")
    FEES = "fees", _("收费标准")
    UNKNOWN = "unknown", _("不导入")


IMPORTED = (Kind.BUILDINGS, Kind.PEOPLE, Kind.UNITS, Kind.FLAT, Kind.PARKING, Kind.VEHICLES)
"""Kinds that are taken in, in the order in which they build on each other."""

LABELS: dict[str, Words] = {
    "building": _("楼栋"), "entrance": _("单元"), "floors": _("总层数"), "has_lift": _("有电梯"),
    "room": _("房号"), "floor": _("楼层"), "layout": _("户型"), "area": _("面积"), "use": _("用途"),
    "state": _("使用状态"), "handed_over_on": _("交房日期"),
    "person_ref": _("客户编号"), "name": _("姓名/单位名称"), "sex": _("性别"), "phone": _("电话"),
    "phone_2": _("备用电话"), "id_number": _("证件号码"), "customer_kind": _("客户类型"), "relation": _("关系"),
    "contact_name": _("联系人"), "occupants": _("居住/办公人数"), "starts_on": _("入住日期"),
    "ends_on": _("迁出日期"), "tenant_name": _("租户姓名"), "tenant_phone": _("租户电话"),
    "tenant_id_number": _("租户证件号码"),
    "lot": _("停车场"), "space": _("车位编号"), "parking_kind": _("车位类型"), "tenure": _("租售"),
    "plate": _("车牌号"), "brand": _("品牌"), "vehicle_kind": _("车型"), "colour": _("颜色"),
    "phones": _("电话"), "holder": _("客户"), "customer_id": _("客户"), "kind": _("类型"),
    "external_ref": _("客户编号"), **{relation.value: relation.label for relation in Relation},
}  # fmt: skip
"""Field → what it is called on the mapping screen, and in what a row says it changes."""

_PLACE = ("building", "entrance", "room")
_UNIT = ("floor", "layout", "area", "use", "state", "handed_over_on")
_PERSON = ("person_ref", "name", "sex", "phone", "phone_2", "id_number", "customer_kind", "contact_name", "occupants")
_STAY = ("relation", "starts_on", "ends_on")
_TENANT = ("tenant_name", "tenant_phone", "tenant_id_number")
_SPACE = ("space", "lot", "parking_kind", "tenure")
_VEHICLE = ("plate", "brand", "vehicle_kind", "colour")

FIELDS: dict[Kind, tuple[str, ...]] = {
    Kind.BUILDINGS: ("building", "entrance", "floors", "has_lift"),
    Kind.UNITS: (*_PLACE, *_UNIT, "person_ref", "starts_on", "ends_on"),
    Kind.PEOPLE: _PERSON,
    Kind.PARKING: (*_SPACE, "area", *_PERSON, *_VEHICLE, *_PLACE),
    Kind.VEHICLES: (*_VEHICLE, "space", *_PERSON, *_PLACE),
    Kind.FLAT: (*_PLACE, *_UNIT, *_PERSON, *_STAY, *_TENANT, *_SPACE, *_VEHICLE),
    Kind.FEES: (),
    Kind.UNKNOWN: (),
}
"""Which fields a sheet of each kind may have."""

REQUIRED: dict[Kind, tuple[str, ...]] = {
    Kind.BUILDINGS: ("building",),
    Kind.UNITS: ("room",),
    Kind.PEOPLE: ("name",),
    Kind.PARKING: ("space",),
    Kind.VEHICLES: ("plate",),
    Kind.FLAT: ("room",),
    Kind.FEES: (),
    Kind.UNKNOWN: (),
}

LEFT_OUT: dict[Kind, Words] = {
    Kind.FEES: _("收费标准在收费模块导入，这里不导入。"),
    Kind.UNKNOWN: _("看不出这张表列的是什么，不导入；如果需要，请指定类型和列。"),
}
EXACT, USUAL, LOOSE, CHOSEN = 1.0, 0.9, 0.6, 1.0


@dataclass(frozen=True, slots=True)
class Column:
    """One column with a heading: what it was taken for, how surely (0 to 1), and its code list."""

    index: int
    heading: str
    field: str | None = None
    confidence: float = 0.0
    codes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SheetMapping:
    """How one sheet is understood: `header` is the heading row's index, counted from 0."""

    sheet: str
    kind: Kind
    header: int
    columns: tuple[Column, ...]
    signature: str
    relation: Relation = Relation.OWNER
    """What people of this sheet are to their units where no column says so."""
    notes: tuple[Words, ...] = field(default=(), compare=False)

    @property
    def fields(self) -> dict[str, Column]:
        """The columns in use, by field."""
        return {column.field: column for column in self.columns if column.field}

    @property
    def missing(self) -> tuple[str, ...]:
        """Fields that a sheet of this kind cannot do without and that no column gives."""
        return tuple(name for name in REQUIRED[self.kind] if name not in self.fields)

    @property
    def left_out(self) -> Words | None:
        """Why this sheet is not imported, or nothing."""
        if self.kind in LEFT_OUT:
            return LEFT_OUT[self.kind]
        if self.missing:
            listed = str(_("、")).join(str(LABELS[name]) for name in self.missing)
            return _("没有找到“{columns}”列，不导入；请指定是哪一列。", columns=listed)
        return None

    @property
    def unused(self) -> tuple[str, ...]:
        """Headings of the columns that are not imported."""
        return tuple(column.heading for column in self.columns if not column.field and column.heading)


@dataclass(frozen=True, slots=True)
class WorkbookMapping:
    """How all sheets of a workbook are understood."""

    sheets: tuple[SheetMapping, ...]

    def of(self, sheet: str) -> SheetMapping:
        """Return one sheet's; raises `KeyError` for a sheet that is not there."""
        for each in self.sheets:
            if each.sheet == sheet:
                return each
        raise KeyError(sheet)

    def corrected(
        self,
        sheet: str,
        *,
        kind: Kind | None = None,
        fields: Mapping[int, str | None] | None = None,
        relation: Relation | None = None,
    ) -> WorkbookMapping:
        """Return a copy in which a person has said what a sheet or some of its columns (by index) are.

        With another kind alone, the columns are guessed anew for it. A field given to one column is taken from any
        other.
        """
        found = self.of(sheet)
        if kind is not None and kind is not found.kind:
            found = _for_kind(found, kind)
        if fields:
            taken = {name for name in fields.values() if name}
            found = replace(
                found,
                columns=tuple(
                    replace(column, field=fields[column.index], confidence=CHOSEN)
                    if column.index in fields
                    else replace(column, field=None, confidence=0.0)
                    if column.field in taken
                    else column
                    for column in found.columns
                ),
            )
        if relation is not None:
            found = replace(found, relation=relation)
        return WorkbookMapping(tuple(found if each.sheet == sheet else each for each in self.sheets))

    def stored(self) -> dict[str, Any]:
        """Write it as JSON can keep it."""
        return {"sheets": [stored(each) for each in self.sheets]}


def stored(mapping: SheetMapping) -> dict[str, Any]:
    """Write one sheet's mapping as JSON can keep it."""
    return {
        "sheet": mapping.sheet,
        "kind": mapping.kind.value,
        "header": mapping.header,
        "signature": mapping.signature,
        "relation": mapping.relation.value,
        "columns": [
            {"index": each.index, "heading": each.heading, "field": each.field, "codes": dict(each.codes)}
            for each in mapping.columns
        ],
    }


# ── guessing ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_HEADING_ROWS = 40
"""The heading row is looked for among the first so many rows with something in them."""


def _turned(table: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {heading_base(word): name for name, words in table.items() for word in words}


_COMMON = _turned(WORDS["headings"])
_OF_KIND: dict[Kind, dict[str, str]] = {
    kind: _COMMON | _turned(WORDS["headings_in"].get(kind.value, {})) for kind in Kind
}
_ANY = {base: name for kind in Kind for base, name in _OF_KIND[kind].items()} | _COMMON
_FEES = frozenset(map(heading_base, WORDS["fees"]["headings"]))
_HELP = frozenset(map(heading_base, WORDS["rows"]["help"]))
REASON = "reason"
"""The column that a workbook of bad rows ends with; never data."""


class _Guess(NamedTuple):
    field: str | None
    confidence: float


def _meaning(heading: str, table: Mapping[str, str]) -> _Guess:
    base = heading_base(heading)
    if base in table:
        return _Guess(table[base], EXACT if base == heading.lower() else USUAL)
    for prefix in WORDS["marks"]["prefixes"]:
        if base.startswith(prefix) and (rest := base.removeprefix(prefix)) in table:
            return _Guess(table[rest], LOOSE)
    for suffix in WORDS["marks"]["suffixes"]:
        if base.endswith(suffix) and len(rest := base.removesuffix(suffix)) > 1 and rest in table:
            return _Guess(table[rest], LOOSE)
    return _Guess(None, 0.0)


def guess(workbook: Workbook, remembered: Mapping[str, Mapping[str, Any]] | None = None) -> WorkbookMapping:
    """Guess what every sheet and column means; `remembered` maps signatures to mappings used before (`stored`)."""
    return WorkbookMapping(tuple(_guess_sheet(sheet, remembered or {}) for sheet in workbook.sheets))


def signatures(workbook: Workbook) -> dict[str, str]:
    """Say by which signature each sheet's mapping would be remembered: sheet name → SHA-256 of its headings."""
    return {sheet.name: _signature(_headings(sheet, _header_row(sheet))) for sheet in workbook.sheets}


def _guess_sheet(sheet: Sheet, remembered: Mapping[str, Mapping[str, Any]]) -> SheetMapping:
    header = _header_row(sheet)
    headings = _headings(sheet, header)
    signature = _signature(headings)
    columns = tuple(Column(index, heading) for index, heading in headings)
    blank = SheetMapping(sheet.name, Kind.UNKNOWN, header, columns, signature, notes=sheet.notes)
    if sheet.hidden and signature not in remembered:
        return replace(blank, notes=(*sheet.notes, _("这是隐藏的工作表，没有导入。")))
    if signature in remembered:
        return _as_remembered(blank, remembered[signature])
    kind = _kind(sheet.name, [heading for _index, heading in headings])
    found = _for_kind(blank, kind, _groups(sheet, header))
    return replace(found, columns=_with_codes(sheet, found), relation=_relation(sheet.name, found))


def _as_remembered(blank: SheetMapping, memory: Mapping[str, Any]) -> SheetMapping:
    kind = Kind(memory["kind"])
    known = {(each["index"], each["heading"]): each for each in memory["columns"]}
    by_heading = {each["heading"]: each for each in memory["columns"]}
    columns = []
    for column in blank.columns:
        if old := known.get((column.index, column.heading)) or by_heading.get(column.heading):
            name = old["field"] if old["field"] in FIELDS[kind] else None
            codes = tuple((str(code), str(meaning)) for code, meaning in old["codes"].items())
            columns.append(replace(column, field=name, confidence=CHOSEN if name else 0.0, codes=codes))
    return replace(blank, kind=kind, columns=tuple(columns), relation=Relation(memory["relation"]))


def _header_row(sheet: Sheet) -> int:
    """Find the row with the most known headings (at least two); the first row with anything when there is none."""
    best, most, seen, first = -1, 1, 0, 0
    for index, row in enumerate(sheet.rows):
        if not row:
            continue
        if not seen:
            first = index
        seen += 1
        bases = {heading_base(cell) for cell in row if isinstance(cell, str) and cell}
        known = len({_ANY[base] for base in bases if base in _ANY}) + len(bases & _FEES - _ANY.keys())
        if known > most:
            best, most = index, known
        if seen >= _HEADING_ROWS:
            break
    return best if best >= 0 else first


def _headings(sheet: Sheet, header: int) -> list[tuple[int, str]]:
    if header >= len(sheet.rows):
        return []
    found = [(index, tidy(cell)) for index, cell in enumerate(sheet.rows[header]) if isinstance(cell, str)]
    bases = [(index, heading, heading_base(heading)) for index, heading in found if heading]
    return [(index, heading) for index, heading, base in bases if _COMMON.get(base) != REASON and base not in _HELP]


def _signature(headings: Sequence[tuple[int, str]]) -> str:
    written = "\n".join(heading for _index, heading in headings)
    return hashlib.sha256(written.encode()).hexdigest()


def _kind(sheet_name: str, headings: Sequence[str]) -> Kind:
    """Say what a sheet lists, by its headings first and its name where these leave it open."""
    bases = {heading_base(heading) for heading in headings}
    fields = {name for heading in headings if (name := _meaning(heading, _COMMON).field)}
    said = {kind for kind in Kind for word in WORDS["kinds"].get(kind.value, ()) if word in tidy(sheet_name)}
    if len(bases & _FEES) >= 3 and not fields & {"name", "phone", "id_number"}:
        return Kind.FEES
    for kind, fits in (
        (Kind.VEHICLES, "plate" in fields and Kind.VEHICLES in said and Kind.PARKING not in said),
        (Kind.PARKING, "space" in fields and ("room" not in fields or Kind.PARKING in said)),
        (Kind.VEHICLES, "plate" in fields and "room" not in fields),
        (Kind.FLAT, "room" in fields and bool(fields & {"name", "tenant_name", "phone"})),
        (Kind.UNITS, "room" in fields),
        (Kind.PEOPLE, "name" in fields and bool(fields & {"phone", "id_number", "person_ref", "sex", "phone_2"})),
        (Kind.BUILDINGS, "building" in fields and bool(fields & {"entrance", "floors", "has_lift"})),
    ):
        if fits:
            return kind
    for kind in said & set(IMPORTED):
        narrow = {name for heading in headings if (name := _meaning(heading, _OF_KIND[kind]).field)}
        if len(narrow) >= 2 and set(REQUIRED[kind]) <= narrow:
            return kind
    return Kind.UNKNOWN


def _for_kind(mapping: SheetMapping, kind: Kind, groups: Mapping[int, str] | None = None) -> SheetMapping:
    """Give the columns their fields for one kind; the surer column wins, then the first."""
    allowed = set(FIELDS[kind])
    guesses = {column.index: _meaning(column.heading, _OF_KIND[kind]) for column in mapping.columns}
    for index, group in (groups or {}).items():
        if index in guesses and group == "tenant" and f"tenant_{guesses[index].field}" in allowed:
            guesses[index] = _Guess(f"tenant_{guesses[index].field}", USUAL)
    taken: dict[str, int] = {}
    notes = list(mapping.notes)
    for column in sorted(mapping.columns, key=lambda each: (-guesses[each.index].confidence, each.index)):
        name = guesses[column.index].field
        if name == "phone" and name in taken and "phone_2" in allowed:
            name = "phone_2"
        if name not in allowed or name is None:
            continue
        if name in taken:
            notes.append(_("“{heading}”与另一列重复，只读取其中一列。", heading=column.heading))
        else:
            taken[name] = column.index
    names = {index: name for name, index in taken.items()}
    columns = tuple(
        replace(
            column,
            field=names.get(column.index),
            confidence=guesses[column.index].confidence if column.index in names else 0.0,
            codes=column.codes or heading_codes(column.heading),
        )
        for column in mapping.columns
    )
    return replace(mapping, kind=kind, columns=columns, notes=tuple(notes))


def _groups(sheet: Sheet, header: int) -> dict[int, str]:
    """Say whose a column is where a merged heading stands above several: column index → owner or tenant."""
    found: dict[int, str] = {}
    for top, left, bottom, right in sheet.merged:
        if bottom == header - 1 and left < right and sheet.rows[top]:
            base = heading_base(str(sheet.rows[top][left]))
            for group, words in WORDS["groups"].items():
                if any(word in base for word in words):
                    found |= dict.fromkeys(range(left, right + 1), group)
                    break
    return found


def _relation(sheet_name: str, mapping: SheetMapping) -> Relation:
    """Say what a sheet's people are where no column does: by the heading over their names, else the sheet's name."""
    fields = mapping.fields
    heading = heading_base(fields["name"].heading) if "name" in fields else ""
    for text in (heading, tidy(sheet_name)):
        if any(word in text for word in WORDS["groups"]["tenant"]):
            return Relation.TENANT
        if any(word in text for word in WORDS["groups"]["owner"]):
            return Relation.OWNER
        if any(word in text for word in WORDS["groups"]["occupant"]):
            return Relation.OCCUPANT
    return Relation.OWNER


_MOST_HELP_CELLS = 20_000
_LONGEST_CODE = 8


def _with_codes(sheet: Sheet, mapping: SheetMapping) -> tuple[Column, ...]:
    """Add the code lists that a help text beside or below the table gives: `车类型 | 9901 | 家用小汽车`."""
    used = {column.index for column in mapping.columns}
    table = _OF_KIND[mapping.kind]
    fields = mapping.fields
    codes: dict[str, dict[str, str]] = {}
    looked = 0
    for row in sheet.rows[mapping.header + 1 :]:
        if not row:
            continue
        outside = [index for index in range(len(row)) if index not in used and row[index] != ""]
        if not outside and len(row) == len(used):
            break
        looked += len(outside)
        if looked > _MOST_HELP_CELLS:
            break
        texts = [tidy(_spelled(row[index])) for index in outside]
        if len(texts) == 3 and (name := _meaning(texts[0], table).field) in fields:
            codes.setdefault(last := name or "", {})
            texts = texts[1:]
        elif len(texts) == 2 and codes and len(texts[0]) <= _LONGEST_CODE and texts[0].isascii():
            last = list(codes)[-1]
        else:
            continue
        if len(texts[0]) <= _LONGEST_CODE and texts[0].isascii():
            codes[last][texts[0].lower()] = texts[1]
    return tuple(
        replace(column, codes=tuple({**codes[column.field], **dict(column.codes)}.items()))
        if column.field in codes
        else column
        for column in mapping.columns
    )


def _spelled(cell: Cell) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
