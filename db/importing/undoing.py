"""Taking a whole import back, while nothing depends on it (R5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, and_, delete, func, select, update
from sqlalchemy.orm import Session

from db import search_keys
from db.audit import record
from db.base import Base, Hundredths
from db.clock import now
from db.importing.planning import require_import
from db.importing.runs import FOUND_BY, TABLE_LABELS, TABLES
from db.importing.tables import Import, ImportRow
from db.refused import Refused
from db.registry import CustomerPhone, Occupancy, Unit
from db.session import actor_of
from db.words import Words, _

MOST_NAMED = 3
"""So many of the records in the way are named."""


def undo(session: Session, import_id: int) -> dict[str, int]:
    """Take back all that an import wrote: what it created is deleted, what it changed is as before.

    Returns how many records of each table were deleted or restored. Raises `Refused`, and changes nothing, when any of
    them was changed since or is referred to by anything that came later (cases, bills, a later occupancy).
    """
    done = session.get(Import, import_id, with_for_update=True)
    if done is None:
        raise Refused(_("没有找到这次导入。"))
    require_import(session, done.estate_id)
    if done.undone_at is not None:
        raise Refused(_("这次导入已经撤销过了。"))
    in_the_way = [*_changed_since(session, import_id), *_depending(session, import_id)]
    if in_the_way:
        raise Refused(_("不能撤销这次导入：{what}。", what=str(_("；")).join(map(str, in_the_way))))
    counts = _restore(session, done)
    for table, number in _delete(session, import_id).items():
        counts[table] = counts.get(table, 0) + number
    done.undone_at, done.undone_by = now(), actor_of(session).user_id
    session.flush()
    record(session, "undone", "imports", done.id, estate_id=done.estate_id, after={"records": counts})
    return counts


def _of(import_id: int, table: str, *, created: bool | None = None) -> Select[Any]:
    """Select the ids of an import's records in one table."""
    statement = select(ImportRow.record_id).where(ImportRow.import_id == import_id, ImportRow.table_name == table)
    if created is not None:
        statement = statement.where(ImportRow.before.is_(None) if created else ImportRow.before.is_not(None))
    return statement


def _changed_since(session: Session, import_id: int) -> Iterator[Words]:
    """Name the records that are no longer as the import left them."""
    for table, model in TABLES.items():
        version = ImportRow.after["version"].as_integer()
        statement = (
            select(ImportRow.record_id)
            .outerjoin(model, model.id == ImportRow.record_id)
            .where(
                ImportRow.import_id == import_id,
                ImportRow.table_name == table,
                (model.version != version) | model.id.is_(None),
            )
        )
        if ids := list(session.scalars(statement)):
            yield _(
                "{number} 条{table}后来被改过（{which}）",
                number=len(ids),
                table=TABLE_LABELS[table],
                which=_named(session, table, ids),
            )


def _depending(session: Session, import_id: int) -> Iterator[Words]:
    """Name what refers to a record that the import created, and was not created by it."""
    for table, model in TABLES.items():
        created = _of(import_id, table, created=True)
        for other in Base.metadata.sorted_tables:
            for column in other.columns:
                if not any(key.column.table is model.__table__ for key in column.foreign_keys):
                    continue
                claim: ColumnElement[bool] = column.in_(created)
                if other.name in TABLES:
                    claim = and_(claim, other.c.id.not_in(_of(import_id, other.name)))
                elif other.name == CustomerPhone.__tablename__:
                    continue
                number = session.scalar(select(func.count()).select_from(other).where(claim)) or 0
                if number:
                    ids = list(session.scalars(select(column).where(claim).distinct().limit(MOST_NAMED + 1)))
                    yield _(
                        "{table}（{which}）已有 {number} 条{other}",
                        table=TABLE_LABELS[table],
                        which=_named(session, table, ids),
                        number=number,
                        other=label_of_table(other.name),
                    )


def label_of_table(name: str) -> Words | str:
    """Say what a table's rows are called; its own name for one that nobody has named here."""
    return _OTHERS.get(name) or TABLE_LABELS.get(name) or name


_OTHERS: dict[str, Words] = {
    "cases": _("事项"), "contracts": _("合同"), "facilities": _("公共设施"), "steward_areas": _("责任区"),
    "documents": _("附件"),
}  # fmt: skip


def _named(session: Session, table: str, ids: Sequence[int]) -> str:
    model = TABLES[table]
    if model is Occupancy:
        statement = select(Unit.short).join(Occupancy, Occupancy.unit_id == Unit.id)
    else:
        names = ("short", "name", "plate", "code")
        statement = select(next(getattr(model, name) for name in names if hasattr(model, name)))
    found = [str(name) for name in session.scalars(statement.where(model.id.in_(ids[:MOST_NAMED])).order_by(model.id))]
    more = str(_("等")) if len(ids) > MOST_NAMED else ""
    return str(_("、")).join(found) + more


def _stored(column: Any, value: Any) -> Any:
    """Turn a value kept as JSON back into what the column takes."""
    if value is None:
        return None
    if isinstance(column.type, Date):
        return date.fromisoformat(value)
    if isinstance(column.type, Hundredths):
        return Decimal(value)
    return value


def _restore(session: Session, done: Import) -> dict[str, int]:
    """Give changed records the values they had; numbers that were added to a customer's phones go."""
    counts: dict[str, int] = {}
    for table, model in TABLES.items():
        target = model.__table__
        rows = session.execute(
            select(ImportRow.record_id, ImportRow.before, ImportRow.after).where(
                ImportRow.import_id == done.id, ImportRow.table_name == table, ImportRow.before.is_not(None)
            )
        ).all()
        for record_id, before, after in rows:
            values = {name: _stored(target.c[name], value) for name, value in before.items() if name != "phones"}
            session.execute(
                update(target).where(target.c.id == record_id).values(**values, version=target.c.version + 1)
            )
            if "phones" in before:
                more = set(after["phones"]) - set(before["phones"])
                session.execute(
                    delete(CustomerPhone).where(CustomerPhone.customer_id == record_id, CustomerPhone.number.in_(more))
                )
            undone = {name: after[name] for name in before}
            record(session, "changed", table, record_id, estate_id=done.estate_id, before=undone, after=before)
        if rows:
            counts[table] = len(rows)
            if table in FOUND_BY:
                search_keys.refresh(session, FOUND_BY[table], [row[0] for row in rows])
    return counts


def _delete(session: Session, import_id: int) -> dict[str, int]:
    counts: dict[str, int] = {}
    for table in reversed(TABLES):
        model = TABLES[table]
        ids = list(session.scalars(_of(import_id, table, created=True)))
        if not ids:
            continue
        counts[table] = len(ids)
        if table == "customers":
            session.execute(
                delete(CustomerPhone).where(CustomerPhone.customer_id.in_(_of(import_id, table, created=True)))
            )
        session.execute(delete(model).where(model.id.in_(_of(import_id, table, created=True))))
        if table in FOUND_BY:
            search_keys.refresh(session, FOUND_BY[table], ids)
    return counts
