"""Taking a planned workbook in: all good rows in one transaction, each write on record (R5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice, repeat
from typing import Any

from sqlalchemy import Table, bindparam, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db import search_keys
from db.audit import Audit, plain, record
from db.base import Base
from db.clock import now
from db.importing.bad_rows import located
from db.importing.bulk import BATCH, insert_columns, insert_rows, no_collecting
from db.importing.headings import Kind, stored
from db.importing.known import Person, Record, fingerprint
from db.importing.planning import Plan, Progress, plan, require_import
from db.importing.tables import Import, ImportMapping, ImportRow
from db.importing.verdicts import Verdict
from db.refused import Refused
from db.registry import Building, Customer, CustomerPhone, Estate, Occupancy, ParkingSpace, Unit, Vehicle
from db.session import actor_of
from db.spellings import phone_tail, unit_parts
from db.words import Words, _

TABLES: dict[str, Any] = {
    model.__tablename__: model for model in (Building, Unit, Customer, Occupancy, ParkingSpace, Vehicle)
}
"""What an import writes, each before what refers to it."""
TABLE_LABELS: dict[str, Words] = {
    "buildings": _("楼栋"), "units": _("房屋"), "customers": _("客户"), "occupancies": _("入住登记"),
    "parking_spaces": _("车位"), "vehicles": _("车辆"),
}  # fmt: skip
FOUND_BY = {"units": "unit", "customers": "customer", "vehicles": "vehicle"}
"""Tables whose records search finds, and what it calls them."""
MOST_ERRORS = 20


@dataclass(frozen=True)
class Result:
    """What an import did, counted in the database once it was written."""

    import_id: int | None
    """None where there was nothing to write."""
    file_name: str
    rows: Mapping[str, Mapping[str, int]]
    """Sheet → verdict's stored value → rows."""
    records: Mapping[str, Mapping[str, int]]
    """Table → `created` or `changed` → records."""
    errors: tuple[str, ...] = ()
    """The first rows that stayed out, each with where and why."""
    is_repeated: bool = False
    """A second press of the same form: shows what the first one did."""

    def count(self, verdict: Verdict) -> int:
        """Add up the rows with one verdict."""
        return sum(each.get(verdict.value, 0) for each in self.rows.values())

    def lines(self) -> list[str]:
        """Say it in the reader's language, a line each."""
        said = [
            _(
                "{file}：新增 {new} 行，更新 {changes} 行，无变化 {unchanged} 行，有错误未导入 {error} 行。",
                file=self.file_name,
                new=self.count(Verdict.NEW),
                changes=self.count(Verdict.CHANGES),
                unchanged=self.count(Verdict.UNCHANGED),
                error=self.count(Verdict.ERROR),
            )
        ]
        said += [
            _(
                "  {table}：新建 {created}，更新 {changed}",
                table=TABLE_LABELS[table],
                created=counted.get("created", 0),
                changed=counted.get("changed", 0),
            )
            for table, counted in self.records.items()
        ]
        left = self.count(Verdict.ERROR) - len(self.errors)
        more = [str(_("  ……还有 {left} 行有错误。", left=left))] if self.errors and left else []
        return [*map(str, said), *(f"  {error}" for error in self.errors), *more]


def run(session: Session, planned: Plan, token: str | None = None, progress: Progress | None = None) -> Result:
    """Write all good rows of a plan, in the session's own transaction; bad rows stay out.

    `token` is the form's: a second run with it writes nothing and returns the first one's result. When the registry
    has changed since the plan was made, the file is judged again; `Refused` if any verdict comes out differently.
    """
    require_import(session, planned.estate_id)
    if token and (done := session.scalar(select(Import).where(Import.token == token))):
        return _result(done, is_repeated=True)
    # One import an estate at a time; SQLite has one writer anyway.
    session.execute(select(Estate.id).where(Estate.id == planned.estate_id).with_for_update())
    if fingerprint(session, planned.estate_id) != planned.fingerprint:
        planned = _planned_again(session, planned)
    _remember(session, planned)
    if not planned.writes_anything:
        return Result(None, planned.workbook.name, _row_counts(planned), {}, _first_errors(planned))
    started = Import(
        estate_id=planned.estate_id,
        file_name=planned.workbook.name[:200],
        sha256=planned.workbook.sha256,
        token=token,
        imported_by=actor_of(session).user_id,
        imported_at=now(),
        counts={},
        mapping=planned.mapping.stored(),
    )
    session.add(started)
    session.flush()
    try:
        with no_collecting():
            _Writer(session, planned, started.id, progress).write()
    except IntegrityError as problem:
        raise Refused(_("导入时有人录入了同样的档案，没有导入任何内容，请重新预览。")) from problem
    started.counts = {"rows": _row_counts(planned), "records": counted(session, started.id)}
    session.flush()
    _compare(planned, started.counts["records"])
    record(
        session, "imported", "imports", started.id, estate_id=planned.estate_id,
        after={"file_name": started.file_name, "sha256": started.sha256, "records": started.counts["records"]},
    )  # fmt: skip
    return _result(started, _first_errors(planned))


def _result(done: Import, errors: tuple[str, ...] = (), *, is_repeated: bool = False) -> Result:
    return Result(done.id, done.file_name, done.counts["rows"], done.counts["records"], errors, is_repeated)


def _first_errors(planned: Plan) -> tuple[str, ...]:
    shown = islice((row for row in planned.rows if row.verdict is Verdict.ERROR), MOST_ERRORS)
    return tuple(located(row, row.errors[0], planned.mapping.of(row.sheet)) for row in shown)


def _planned_again(session: Session, former: Plan) -> Plan:
    again = plan(session, former.workbook, former.mapping, former.estate_id)
    if [(row.verdict, row.before, row.after) for row in again.rows] != [
        (row.verdict, row.before, row.after) for row in former.rows
    ]:
        raise Refused(_("预览之后档案又有改动，结果会和预览不同，没有导入任何内容。请重新预览后再导入。"))
    return again


def _row_counts(planned: Plan) -> dict[str, dict[str, int]]:
    return {
        sheet.name: {verdict.value: sheet.counts[verdict] for verdict in Verdict if sheet.counts[verdict]}
        for sheet in planned.sheets
        if sheet.left_out is None
    }


def counted(session: Session, import_id: int) -> dict[str, dict[str, int]]:
    """Count in the database which records of an import are there: table → created, changed → how many."""
    found: dict[str, dict[str, int]] = {}
    for table, model in TABLES.items():
        created = func.count().filter(ImportRow.before.is_(None))
        row = session.execute(
            select(created, func.count() - created)
            .select_from(ImportRow)
            .join(model, model.id == ImportRow.record_id)
            .where(ImportRow.import_id == import_id, ImportRow.table_name == table)
        ).one()
        if any(row):
            found[table] = {"created": row[0], "changed": row[1]}
    return found


def _compare(planned: Plan, found: Mapping[str, Mapping[str, int]]) -> None:
    """Stop, and so undo all, when the database does not hold what was planned."""
    expected: dict[str, dict[str, int]] = {}
    for table, records in planned.fresh.items():
        expected.setdefault(table, {"created": 0, "changed": 0})["created"] += len(records)
    for each in planned.changed:
        expected.setdefault(each.table, {"created": 0, "changed": 0})["changed"] += 1
    if expected != dict(found):
        message = f"import wrote {found}, planned {expected}"
        raise RuntimeError(message)


def _remember(session: Session, planned: Plan) -> None:
    """Keep how the sheets were understood, for the next workbook with the same headings."""
    for each in planned.mapping.sheets:
        if not each.columns:
            continue
        row = session.get(ImportMapping, each.signature)
        written = stored(each)
        if row is None and (each.kind is not Kind.UNKNOWN or each.fields):
            row = ImportMapping(
                signature=each.signature, mapping=written, saved_by=actor_of(session).user_id, saved_at=now()
            )
            session.add(row)
        elif row is not None and {**row.mapping, "sheet": ""} != {**written, "sheet": ""}:
            row.mapping, row.saved_by, row.saved_at = written, actor_of(session).user_id, now()


@cache
def _blank(table: str) -> dict[str, Any]:
    """A table's row as its defaults make it, without its key."""
    values: dict[str, Any] = {}
    for column in Base.metadata.tables[table].columns:
        if not column.primary_key:
            default = column.default
            values[column.name] = default.arg if default is not None and default.is_scalar else None  # type: ignore[attr-defined]
    return values


class _Writer:
    """Writes one plan's records, table by table, and the trail of each."""

    def __init__(self, session: Session, planned: Plan, import_id: int, progress: Progress | None) -> None:
        self.session = session
        self.plan = planned
        self.import_id = import_id
        self.progress = progress
        self.total = sum(map(len, planned.fresh.values())) + len(planned.changed)
        self.done = 0
        self.trail: list[dict[str, Any]] = []

    def write(self) -> None:
        for table in TABLES:
            self._create(table, self.plan.fresh.get(table, []))
        self._change()
        insert_rows(self.session, _table(ImportRow), self.trail)
        self._make_found()
        for table, kind in FOUND_BY.items():
            changed = [each.id for each in self.plan.changed if each.table == table and each.id is not None]
            search_keys.refresh(self.session, kind, changed)

    def _make_found(self) -> None:
        """Write the search keys of what was added, as `search_keys.refresh` would, without reading it back."""
        keys: list[tuple[str, int, str]] = []
        longest = search_keys.LONGEST + 1
        for table, kind in FOUND_BY.items():
            for each in self.plan.fresh.get(table, ()):
                keys += [(key[:longest], each.id or 0, kind) for key in _keys_of(each)]
        keys.sort()  # in the index's own order: several times faster
        written, ids, kinds = zip(*keys, strict=True) if keys else ((), (), ())
        columns = {"estate_id": repeat(self.plan.estate_id, len(keys)), "key": written, "record_id": ids, "kind": kinds}
        insert_columns(self.session, _table(search_keys.SearchKey), columns)

    def _advance(self, more: int) -> None:
        self.done += more
        if self.progress:
            self.progress(self.done, self.total)

    def _create(self, table: str, records: Sequence[Record]) -> None:
        if not records:
            return
        blank = _blank(table)
        ids = _new_ids(self.session, table, len(records))
        rows: list[dict[str, Any]] = []
        phones: list[dict[str, Any]] = []
        for record_id, each in zip(ids, records, strict=True):
            each.id = record_id
            values = _resolved(each.want)
            row = {**blank, **values, "id": record_id}
            if "estate_id" in blank:
                row["estate_id"] = self.plan.estate_id
            if table == "units" and row["floor"] is None:
                row["floor"] = _floor_of(row["room"])
            rows.append(row)
            if isinstance(each, Person):
                phones += _phone_rows(record_id, each.more_phones, 0)
                if each.more_phones:
                    values["phones"] = each.more_phones
            self._note(each, 1, None, values)
        for some in _batches(rows):
            insert_rows(self.session, _table(TABLES[table]), some)
            self._advance(len(some))
        insert_rows(self.session, _table(CustomerPhone), phones)

    def _change(self) -> None:
        """Change records that are there; one that somebody else has changed meanwhile ends the import."""
        audit: list[dict[str, Any]] = []
        groups: dict[tuple[str, tuple[str, ...]], list[dict[str, Any]]] = {}
        phones: list[dict[str, Any]] = []
        at, actor_id = now(), actor_of(self.session).user_id
        for each in self.plan.changed:
            values = _resolved(each.want)
            before = {name: each.now[name] for name in values}
            key = each.table, tuple(sorted(values))
            groups.setdefault(key, []).append({**values, "_id": each.id, "_version": each.version})
            after = dict(values)
            if isinstance(each, Person) and each.more_phones:
                phones += _phone_rows(each.id or 0, each.more_phones, len(each.phones))
                before["phones"], after["phones"] = each.phones, [*each.phones, *each.more_phones]
            self._note(each, each.version + 1, before, after)
            audit.append(
                {
                    **_blank("audit"),
                    "at": at,
                    "actor_id": actor_id,
                    "act": "ended" if "ends_on" in values else "changed",
                    "table_name": each.table,
                    "record_id": each.id,
                    "estate_id": self.plan.estate_id,
                    "before": _plain(before),
                    "after": _plain(after),
                }
            )
        for (table, names), rows in groups.items():
            self._update(table, names, rows)
        insert_rows(self.session, _table(CustomerPhone), phones)
        insert_rows(self.session, _table(Audit), audit)

    def _update(self, table: str, names: Iterable[str], rows: Sequence[dict[str, Any]]) -> None:
        target = _table(TABLES[table])
        statement = (
            update(target)
            .where(target.c.id == bindparam("_id"), target.c.version == bindparam("_version"))
            .values({name: bindparam(name) for name in names} | {"version": target.c.version + 1})
        )
        for some in _batches(rows):
            done = self.session.connection().execute(statement, some)
            if done.rowcount != len(some):
                raise Refused(_("导入时有人改动了同样的档案，没有导入任何内容，请重新预览。"))
            self._advance(len(some))

    def _note(self, each: Record, version: int, before: dict[str, Any] | None, after: Mapping[str, Any]) -> None:
        source = self.plan.sources[each.row]
        self.trail.append(
            {
                "import_id": self.import_id,
                "sheet": source.sheet,
                "row": source.row,
                "table_name": each.table,
                "record_id": each.id,
                "before": None if before is None else _plain(before),
                "after": {**_plain(after), "version": version},
            }
        )


def _keys_of(each: Record) -> set[str]:
    want = each.want
    if each.table == "units":
        building = want["building_id"]
        return search_keys.unit_keys(building.value("code"), building.value("name"), want["entrance"], want["room"])
    if each.table == "vehicles":
        return search_keys.plate_keys(want["plate"])
    contact = want.get("contact_name")
    keys = search_keys.name_keys(want["name"])
    return keys | search_keys.name_keys(contact) if contact else keys


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


def _batches(rows: Sequence[Any]) -> Iterable[Any]:
    return (rows[at : at + BATCH] for at in range(0, len(rows), BATCH))


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if type(value) in _AS_IS else plain(value) for name, value in values.items()}


_AS_IS = frozenset((str, int, bool, type(None)))


def _resolved(want: Mapping[str, Any]) -> dict[str, Any]:
    """Put ids in the place of records."""
    return {name: value.id if isinstance(value, Record) else value for name, value in want.items()}


def _new_ids(session: Session, table: str, count: int) -> Sequence[int]:
    """Set aside ids for rows to be added, so that what refers to them can be written in bulk."""
    if session.get_bind().dialect.name == "postgresql":
        drawn = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
        return list(session.scalars(drawn, {"table": table, "count": count}))
    # The transaction holds SQLite's only writer.
    last: int = session.scalar(select(func.max(TABLES[table].id))) or 0
    return range(last + 1, last + 1 + count)


def _phone_rows(customer_id: int, numbers: Iterable[str], first: int) -> list[dict[str, Any]]:
    return [
        {
            "customer_id": customer_id,
            "number": number,
            "tail": number[::-1] if number.isdecimal() else phone_tail(number),
            "position": position,
        }
        for position, number in enumerate(numbers, first)
    ]


def _floor_of(room: str) -> int | None:
    """Guess a floor as the registry does: 1203 → 12."""
    last = next((part for part in reversed(unit_parts(room)) if part.isdecimal()), "")
    return int(last[:-2]) if 2 < len(last) < 6 else None
