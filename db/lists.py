"""Lists of matters: filtered, sorted, paged by key and counted in SQL; every row by the actor's scope and masking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, false, func, literal, or_, select, tuple_, union
from sqlalchemy.orm import Session, aliased

from db import case_words
from db.base import Choice, UtcDateTime
from db.cases import Case, CaseHand, is_overdue
from db.clock import moment_of, now
from db.fields import Field, fields_of
from db.masking import mask
from db.people import Actor, User, in_scope
from db.process import Process, may_see, process_of
from db.refused import Refused
from db.registry import Building, Customer, Facility, Unit
from db.session import actor_of
from db.words import Words, _

PAGE = 50
FEW = 5000
"""Up to so many matters are gathered and sorted; more are met soon enough by walking along the list's order."""
OPEN, EVERYTHING = "open", "all"
SORTS: dict[str, Words] = {"opened_at": _("登记时间"), "due_at": _("办理时限")}
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)
"""Where a matter without a time limit sorts."""
_KEY = "sort_key"
_ALWAYS = {
    "number", "handled_at", "paused_at", "escalated_at", "urges", "closed_at", "place", "about_user_id",
}  # fmt: skip
"""Read for every row, whether or not the list shows them."""


@dataclass(frozen=True)
class Wanted:
    """What a list is asked for; the same question serves page, total, bulk action and export."""

    standing: str = OPEN
    """`open`, `all`, or a state's stored value."""
    states: tuple[str, ...] = ()
    """Several states' stored values; any of them overrides `standing`."""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Filter field → stored values wanted; a flag takes `1` or `0`."""
    estate_ids: tuple[int, ...] = ()
    building_id: int | None = None
    """0 asks for public areas (no building)."""
    opened_from: date | None = None
    opened_to: date | None = None
    handled_from: date | None = None
    handled_to: date | None = None
    closed_from: date | None = None
    closed_to: date | None = None
    moments: Mapping[str, tuple[date | None, date | None]] = field(default_factory=dict)
    """Any moment of the process (due, appointed) → first and last day wanted."""
    handled: bool | None = None
    visited: bool | None = None
    assigned_to: int | None = None
    late: bool = False
    typed: str = ""
    """Words of the matter, or a number, unit, person, phone tail, plate."""
    counting: bool = False
    """Only what figures count: no void, merged, withdrawn."""
    sort: str = "opened_at"
    descending: bool = True


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


def filter_fields(process: Process) -> list[Field]:
    """List the choice and flag fields that a process's list filters by."""
    fields = fields_of(process.model).values()
    return [each for each in fields if each.in_filter and each.kind in {"choice", "flag"}]


def moment_fields(process: Process) -> dict[str, Field]:
    """Return the moments of a process that its list may be held to, by name."""
    return {name: each for name, each in fields_of(process.model).items() if each.kind == "moment"}


def found(
    session: Session,
    process_key: str,
    wanted: Wanted,
    *,
    after: str | None = None,
    before: str | None = None,
    limit: int = PAGE,
) -> Page:
    """Return one page of a process's cases, with the total of all found; two or three queries whatever the rows.

    `after` and `before` are cursors of an earlier page. Raises `Refused` when the actor has nothing to do with it.
    """
    process, actor = process_of(process_key), actor_of(session)
    fields, ids = listed_fields(process), _meant(session, process, wanted)
    total = session.scalar(select(func.count()).select_from(ids.subquery())) or 0
    place = _Place(after, before, limit, few=total <= FEW)
    rows, more = _read(session, process, wanted, ids, place=place, fields=fields)
    return Page(
        [_shown(row, process, actor, fields) for row in rows],
        total,
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
    ids, place = _meant(session, process, wanted), _Place(None, None, batch)
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
    ids: Select[int] | CompoundSelect[int],
    *,
    place: _Place,
    fields: Sequence[Field],
) -> tuple[list[Any], bool]:
    """Read rows as stored, in the list's order; says whether there are more beyond them in that direction.

    Which matters stand on the page is settled first, by their ids alone; only theirs are the rows then joined.
    """
    key = _key(wanted, few=place.few)
    down = wanted.descending is (place.before is None)  # the page before is read backwards
    order = (key.desc(), Case.id.desc()) if down else (key.asc(), Case.id.asc())
    here = _among(process, wanted, ids, few=place.few)
    if cursor := (place.after or place.before):
        here = here.where(_beyond(key, Case.id, cursor, down=down))
    here = here.order_by(*order).limit(place.limit + 1).correlate(None)
    selected = _selected(process.key, tuple(each.name for each in fields)).add_columns(key.label(_KEY))
    found = session.execute(selected.where(process.model.id.in_(here)).order_by(*order))
    names = list(found.keys())
    rows: list[Any] = [dict(zip(names, row, strict=True)) for row in found]
    more, rows = len(rows) > place.limit, rows[: place.limit]
    if place.before is not None:
        rows.reverse()
    return rows, more


def ids_found(session: Session, process_key: str, wanted: Wanted, limit: int = 500) -> list[int]:
    """List the ids of what was found, for one action on all of them; at most `limit`."""
    process = process_of(process_key)
    ids = _meant(session, process, wanted).subquery()
    return list(session.scalars(select(ids.c.id).order_by(ids.c.id).limit(limit)))


def _meant(session: Session, process: Process, wanted: Wanted) -> Select[int] | CompoundSelect[int]:
    """Select the ids of what is found.

    What was typed can be meant in several ways; each is asked of its own index, and the answers are united. One
    condition with OR would look at every matter of the process.
    """
    actor = actor_of(session)
    claims = _claims(session, process, wanted)
    statement: Select[int] = in_scope(_from_cases(select(Case.id).where(*claims), process, wanted), actor, Case)
    if not wanted.typed.strip():
        return statement
    ways: list[Select[int]] = [statement.where(way) for way in _ways(session, actor, wanted.typed)]
    words = case_words.ids_of(session, wanted.typed, process.key, _estates(actor, wanted))
    if words is not None:
        ways.append(words if _is_all(actor, wanted) else statement.where(Case.id.in_(words)))
    return union(*ways) if len(ways) > 1 else next(iter(ways), statement.where(false()))


def _estates(actor: Actor, wanted: Wanted) -> frozenset[int]:
    return actor.estates & set(wanted.estate_ids) if wanted.estate_ids else actor.estates


def _among(process: Process, wanted: Wanted, ids: Select[int] | CompoundSelect[int], *, few: bool) -> Select[int]:
    """Select those found, so that few lead to their rows, and many are met walking along the list's order."""
    if isinstance(ids, Select) and not wanted.typed.strip():
        return ids
    if few:
        return select(Case.id).where(Case.id.in_(ids))
    # "+ 0" keeps SQLite from letting them lead.
    return select(Case.id).where(Case.process == process.key, (Case.id + 0).in_(ids))


def _is_all(actor: Actor, wanted: Wanted) -> bool:
    """Say whether nothing but the words typed, the process and the estates decides what is found."""
    plain = Wanted(EVERYTHING, typed=wanted.typed, estate_ids=wanted.estate_ids, sort=wanted.sort)
    return bool(_estates(actor, wanted)) and actor.sees_all and replace(wanted, descending=True) == plain


def _claims(session: Session, process: Process, wanted: Wanted) -> list[ColumnElement[bool]]:
    actor = actor_of(session)
    if not may_see(actor, process):
        raise Refused(_("您没有查看{title}的权限。", title=process.title))
    claims: list[ColumnElement[bool]] = [Case.process == process.key, *_standing(process, wanted)]
    if wanted.estate_ids:
        claims.append(Case.estate_id.in_(wanted.estate_ids))
    if wanted.building_id is not None:
        claims.append(Case.building_id == wanted.building_id if wanted.building_id else Case.building_id.is_(None))
    claims += _in_time(wanted)
    if wanted.assigned_to is not None:
        helping = select(CaseHand.case_id).where(CaseHand.user_id == wanted.assigned_to)
        claims.append(or_(Case.assigned_to == wanted.assigned_to, Case.id.in_(helping)))
    if wanted.late:
        claims.append(is_overdue(now()))
    if wanted.counting:
        claims.append(Case.counts.is_(True))
    claims += _on_days(process, wanted)
    claims += _chosen(process, wanted)
    return claims


def _in_time(wanted: Wanted) -> list[ColumnElement[bool]]:
    claims: list[ColumnElement[bool]] = []
    # The day of opening is asked of the moment, on which the index of the list's own order stands.
    claims += [Case.opened_at >= moment_of(wanted.opened_from)] if wanted.opened_from else []
    claims += [Case.opened_at < moment_of(wanted.opened_to + timedelta(days=1))] if wanted.opened_to else []
    for column, earliest, latest in (
        (Case.handled_on, wanted.handled_from, wanted.handled_to),
        (Case.closed_on, wanted.closed_from, wanted.closed_to),
    ):
        claims += [column >= earliest] if earliest else []
        claims += [column <= latest] if latest else []
    for moment, wish in ((Case.handled_at, wanted.handled), (Case.visited_at, wanted.visited)):
        if wish is not None:
            claims.append(moment.is_not(None) if wish else moment.is_(None))
    return claims


def _on_days(process: Process, wanted: Wanted) -> list[ColumnElement[bool]]:
    claims: list[ColumnElement[bool]] = []
    for name, (first, last) in wanted.moments.items():
        if name in moment_fields(process):
            column = getattr(process.model, name)
            claims += [column >= moment_of(first)] if first else []
            claims += [column < moment_of(last + timedelta(days=1))] if last else []
    return claims


def _standing(process: Process, wanted: Wanted) -> list[ColumnElement[bool]]:
    if wanted.states:
        return [Case.state.in_(wanted.states)]
    if wanted.standing == OPEN:
        # The same as `is_open()`, said so that the index of process and state answers it.
        return [Case.state.in_([state.value for state in process.states if state not in process.ends])]
    return [] if wanted.standing == EVERYTHING else [Case.state == wanted.standing]


def _chosen(process: Process, wanted: Wanted) -> list[ColumnElement[bool]]:
    allowed = {each.name: each for each in filter_fields(process)}
    claims: list[ColumnElement[bool]] = []
    for name, values in wanted.choices.items():
        if name not in allowed or not values:
            continue
        column = getattr(process.model, name)
        if allowed[name].kind == "flag":
            claims.append(column.is_(values[0] == "1"))
        else:
            known = allowed[name].choices or Choice
            claims.append(column.in_([known(value) for value in values if value in {each.value for each in known}]))
    return claims


def _ways(session: Session, actor: Actor, typed: str) -> list[ColumnElement[bool]]:
    """List how what was typed can mean a matter besides its words: by number, people or units."""
    from db.search import people_and_units  # noqa: PLC0415 - the search knows cases too

    unit_ids, customer_ids = people_and_units(session, typed)
    ways: list[ColumnElement[bool]] = [Case.number == typed.strip().upper()] if typed.isascii() else []
    # He whom the complaint is about must not find it by who complained.
    not_about_me = Case.id.not_in(select(Case.id).where(Case.about_user_id == actor.user_id))
    if unit_ids:
        ways.append(and_(Case.unit_id.in_(unit_ids), not_about_me))
    if customer_ids:
        ways.append(and_(Case.customer_id.in_(customer_ids), not_about_me))
    return ways


def _needs_model(process: Process, wanted: Wanted) -> bool:
    """Say whether the filters look at the process's own table; counting leaves it out otherwise."""
    own = process.model.__table__.c
    return any(name in own for name in (*(each for each, values in wanted.choices.items() if values), *wanted.moments))


def _from_cases(statement: Select[Any], process: Process, wanted: Wanted) -> Select[Any]:
    if _needs_model(process, wanted):
        return statement.join(process.model.__table__, process.model.__table__.c.id == Case.id)
    return statement


@cache
def _selected(process_key: str, names: tuple[str, ...]) -> Select[Any]:
    """Select what rows are made of; composing it anew each time took as long as the database does."""
    model: Any = process_of(process_key).model
    assigned = aliased(User)
    columns = [getattr(model, each).label(each) for each in names if each not in _ALWAYS]
    return (
        select(
            model.id, model.number, model.state, model.version, model.handled_at, model.paused_at, model.urges,
            model.escalated_at, model.closed_at, model.place, model.about_user_id, *columns,
            Unit.short.label("unit_name"), Customer.name.label("customer_name"), assigned.name.label("assigned_name"),
            Building.name.label("building_name"), Facility.name.label("facility_name"),
        )
        .outerjoin(Unit, Unit.id == model.unit_id)
        .outerjoin(Customer, Customer.id == model.customer_id)
        .outerjoin(assigned, assigned.id == model.assigned_to)
        .outerjoin(Building, Building.id == model.building_id)
        .outerjoin(Facility, Facility.id == model.facility_id)
    )  # fmt: skip


def _key(wanted: Wanted, *, few: bool) -> ColumnElement[Any]:
    """Say what the list is sorted by; `few` keeps the database from walking the order's index in search of them."""
    if wanted.sort not in SORTS:
        raise Refused(_("不能按这一列排序。"))
    column = getattr(Case, wanted.sort)
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
    hidden = {each.name: each for each in fields if masked and each.personal}
    shown = {
        name: mask(hidden[name], value) if name in hidden else value for name, value in row.items() if name != _KEY
    }
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
        personal = {each.name: None for each in fields if each.personal}
        shown.update({"unit_id": None, "customer_id": None, "where": "", "unit_name": None, "customer_name": None})
        shown.update(personal)
    return shown
