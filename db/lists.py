"""Lists of matters: filtered, sorted, paged by key and counted in SQL; every row by the actor's scope and masking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, literal, select, tuple_
from sqlalchemy.orm import Session

from db.base import UtcDateTime
from db.cases import Case
from db.clock import now
from db.fields import Field, fields_of
from db.masking import mask
from db.people import Actor, User
from db.process import Process, process_of
from db.questions import CASES, EVERYTHING, OPEN, Ids, Wanted, among, filter_fields, meant, moment_fields, total
from db.refused import Refused
from db.registry import Building, Customer, Facility, Unit
from db.session import actor_of
from db.words import Words, _

PAGE = 50
FEW = 5000
"""Up to so many matters are gathered and sorted; more are met soon enough by walking along the list's order."""
SORTS: dict[str, Words] = {"opened_at": _("登记时间"), "due_at": _("办理时限")}
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)
"""Where a matter without a time limit sorts."""
_KEY = "sort_key"
_ALWAYS = (
    "id", "number", "state", "version", "handled_at", "paused_at", "escalated_at", "urges", "closed_at", "place",
    "about_user_id",
)  # fmt: skip
"""Read for every row, whether or not the list shows them."""


@dataclass(frozen=True)
class Page:
    """One page of a list."""

    rows: list[dict[str, Any]]
    total: int
    next: str | None
    """Cursor of the page after this; `None` on the last."""
    previous: str | None


def listed_fields(process: Process) -> list[Field]:
    """List the fields that a process's list shows, beside number and state."""
    return [each for each in fields_of(process.model).values() if each.in_list and each.name != "number"]


def found(
    session: Session,
    process_key: str,
    wanted: Wanted,
    *,
    after: str | None = None,
    before: str | None = None,
    limit: int = PAGE,
) -> Page:
    """Return one page of a process's cases, with the total of all found; a handful of queries whatever the rows.

    `after` and `before` are cursors of an earlier page. Raises `Refused` when the actor has nothing to do with it.
    """
    process, actor = process_of(process_key), actor_of(session)
    fields, ids = listed_fields(process), meant(session, process, wanted)
    count = total(session, process, wanted, ids)
    place = _Place(after, before, limit, few=count <= FEW)
    rows, more = _read(session, process, wanted, ids, place=place, fields=fields)
    return Page(
        [_shown(row, process, actor, fields) for row in rows],
        count,
        next=_cursor(rows[-1]) if rows and (more or before is not None) else None,
        previous=_cursor(rows[0]) if rows and (more if before is not None else after is not None) else None,
    )


def every(
    session: Session,
    process_key: str,
    wanted: Wanted,
    batch: int = 1000,
    *,
    fields: Sequence[Field] | None = None,
    masked: bool = True,
) -> Iterator[list[dict[str, Any]]]:
    """Yield all rows found, in order, a batch at a time, for exports; masked like the page unless told otherwise.

    `fields` are the columns wanted beside number and state; without them those of the list.
    """
    process, actor = process_of(process_key), actor_of(session)
    wished = list(fields) if fields is not None else listed_fields(process)
    ids, place = meant(session, process, wanted), _Place(None, None, batch)
    while True:
        rows, more = _read(session, process, wanted, ids, place=place, fields=wished)
        if rows:
            yield [_shown(row, process, actor, wished, masked=masked) for row in rows]
        if not more:
            return
        place = _Place(_cursor(rows[-1]), None, batch)


@dataclass(frozen=True)
class _Place:
    """Where in a list to read, and how much."""

    after: str | None
    before: str | None
    limit: int
    few: bool = False
    """So few are found that all of them may be sorted."""


def _read(
    session: Session,
    process: Process,
    wanted: Wanted,
    ids: Ids,
    *,
    place: _Place,
    fields: Sequence[Field],
) -> tuple[list[Any], bool]:
    """Read rows as stored, in the list's order; says whether there are more beyond them in that direction.

    Which matters stand on the page is settled first, in their table alone; then their rows are fetched, by a
    statement that never changes.
    """
    key = _key(wanted, few=place.few)
    down = wanted.descending is (place.before is None)  # the page before is read backwards
    order = (key.desc(), CASES.id.desc()) if down else (key.asc(), CASES.id.asc())
    here = among(process, wanted, ids, few=place.few)
    if cursor := (place.after or place.before):
        here = here.where(_beyond(key, CASES.id, cursor, down=down))
    keys = list(session.execute(here.add_columns(key).order_by(*order).limit(place.limit + 1)))
    more, keys = len(keys) > place.limit, keys[: place.limit]
    if place.before is not None:
        keys.reverse()
    rows = _rows(session, process, tuple(each.name for each in fields), [case_id for case_id, _key in keys])
    return [rows[case_id] | {_KEY: value} for case_id, value in keys if case_id in rows], more


def _rows(session: Session, process: Process, names: tuple[str, ...], ids: list[int]) -> dict[int, dict[str, Any]]:
    found = session.execute(_selected(process.key, names), {"ids": ids})
    columns = list(found.keys())
    return {row[0]: dict(zip(columns, row, strict=True)) for row in found.all()}


def ids_found(session: Session, process_key: str, wanted: Wanted, limit: int = 500) -> list[int]:
    """List the ids of what was found, for one action on all of them; at most `limit`."""
    process = process_of(process_key)
    ids = meant(session, process, wanted).subquery()
    return list(session.scalars(select(ids.c.id).order_by(ids.c.id).limit(limit)))


@cache
def _selected(process_key: str, names: tuple[str, ...]) -> Select[Any]:
    """Select what rows are made of, by their ids; composing it anew each time took as long as the database does."""
    own, cases, assigned = process_of(process_key).model.__table__, Case.__table__, User.__table__.alias("assigned")
    unit, customer, building, facility = (each.__table__ for each in (Unit, Customer, Building, Facility))
    wished = [*_ALWAYS, *(name for name in names if name not in _ALWAYS)]
    columns = [own.c[name] if name in own.c and name != "id" else cases.c[name] for name in wished]
    return (
        select(
            *columns, unit.c.short.label("unit_name"), customer.c.name.label("customer_name"),
            assigned.c.name.label("assigned_name"), building.c.name.label("building_name"),
            facility.c.name.label("facility_name"),
        )
        .select_from(cases.join(own, own.c.id == cases.c.id)
        .outerjoin(unit, unit.c.id == cases.c.unit_id)
        .outerjoin(customer, customer.c.id == cases.c.customer_id)
        .outerjoin(assigned, assigned.c.id == cases.c.assigned_to)
        .outerjoin(building, building.c.id == cases.c.building_id)
        .outerjoin(facility, facility.c.id == cases.c.facility_id))
        .where(cases.c.id.in_(bindparam("ids", expanding=True)))
    )  # fmt: skip


def _key(wanted: Wanted, *, few: bool) -> ColumnElement[Any]:
    """Say what the list is sorted by; `few` keeps the database from walking the order's index in search of them."""
    if wanted.sort not in SORTS:
        raise Refused(_("不能按这一列排序。"))
    column = CASES[wanted.sort]
    return column if wanted.sort == "opened_at" and not few else func.coalesce(column, _LATEST, type_=UtcDateTime())


def _beyond(key: ColumnElement[Any], case_id: Any, cursor: str, *, down: bool) -> ColumnElement[bool]:
    value, _dash, last = cursor.rpartition("~")
    try:
        place = tuple_(literal(datetime.fromisoformat(value), UtcDateTime()), literal(int(last)))
    except ValueError:
        raise Refused(_("翻页位置无效，请回到第一页。")) from None
    pair = tuple_(key, case_id)
    return pair < place if down else pair > place


def _cursor(row: Mapping[str, Any]) -> str:
    return f"{row[_KEY].isoformat()}~{row['id']}"


def _shown(
    row: Mapping[str, Any], process: Process, actor: Actor, fields: Sequence[Field], *, masked: bool = True
) -> dict[str, Any]:
    """Make a row fit to be seen: state as a choice, references by name, personal data masked."""
    shown = dict(row)
    del shown[_KEY]
    personal = [each for each in fields if each.personal]
    if masked:
        shown |= {each.name: mask(each, row[each.name]) for each in personal}
    shown["state"] = process.states(row["state"])
    shown["unit_id"], shown["customer_id"] = row["unit_name"], row["customer_name"]
    shown["assigned_to"] = row["assigned_name"]
    shown["where"] = row["unit_name"] or row["place"] or row["facility_name"] or row["building_name"] or ""
    moment = now()
    shown["late"] = (
        row["due_at"] is not None and row["due_at"] < moment and row["handled_at"] is None
        and row["closed_at"] is None and row["paused_at"] is None
    ) if "due_at" in row else False  # fmt: skip
    if row["about_user_id"] == actor.user_id:  # he must not learn who complained
        shown |= {"unit_id": None, "customer_id": None, "where": "", "unit_name": None, "customer_name": None}
        shown |= dict.fromkeys(each.name for each in personal)
    return shown


__all__ = [
    "EVERYTHING", "FEW", "OPEN", "PAGE", "SORTS", "Page", "Wanted", "every", "filter_fields", "found", "ids_found",
    "listed_fields", "moment_fields",
]  # fmt: skip
