"""What a list of matters is asked for, and which matters answer: each question by the index that knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, false, func, or_, select, union
from sqlalchemy.orm import Session

from db import case_words, counters
from db.base import Choice
from db.cases import Case, CaseHand, is_overdue
from db.clock import moment_of, now
from db.fields import Field, fields_of
from db.people import Actor, in_scope
from db.process import Process, may_see
from db.refused import Refused
from db.session import actor_of
from db.words import _

OPEN, EVERYTHING = "open", "all"
CASES: Any = Case.__table__.c
"""The columns of all matters, as a table's and not as objects': composing a statement takes half as long."""
Ids = Select[int] | CompoundSelect[int]
"""Selects the ids of what is found."""


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


def filter_fields(process: Process) -> list[Field]:
    """List the choice and flag fields that a process's list filters by."""
    fields = fields_of(process.model).values()
    return [each for each in fields if each.in_filter and each.kind in {"choice", "flag"}]


def moment_fields(process: Process) -> dict[str, Field]:
    """Return the moments of a process that its list may be held to, by name."""
    return {name: each for name, each in fields_of(process.model).items() if each.kind == "moment"}


def meant(session: Session, process: Process, wanted: Wanted) -> Ids:
    """Select the ids of what is found.

    What was typed can be meant in several ways; each is asked of its own index, and the answers are united. One
    condition with OR would look at every matter of the process.
    """
    actor = actor_of(session)
    claims = _claims(session, process, wanted)
    statement: Select[int] = in_scope(_from_cases(select(CASES.id).where(*claims), process, wanted), actor, CASES)
    if not wanted.typed.strip():
        return statement
    ways: list[Select[int]] = [statement.where(way) for way in _ways(session, actor, wanted.typed)]
    words = case_words.ids_of(session, wanted.typed, process.key, _estates(actor, wanted))
    if words is not None:
        # What is open is little, and leads; "+ 0" keeps the words from leading to matters long closed.
        within = CASES.id if _states(process, wanted) & set(process.ends) else CASES.id + 0
        ways.append(words if _is_all(actor, wanted) else statement.where(within.in_(words)))
    return union(*ways) if len(ways) > 1 else next(iter(ways), statement.where(false()))


def _estates(actor: Actor, wanted: Wanted) -> frozenset[int]:
    return actor.estates & set(wanted.estate_ids) if wanted.estate_ids else actor.estates


def among(process: Process, wanted: Wanted, ids: Ids, *, few: bool) -> Select[int]:
    """Select those found, so that few lead to their rows, and many are met walking along the list's order."""
    if isinstance(ids, Select) and not wanted.typed.strip():
        return ids
    if few:
        return select(CASES.id).where(CASES.id.in_(ids))
    # "+ 0" keeps SQLite from letting them lead.
    return select(CASES.id).where(CASES.process == process.key, (CASES.id + 0).in_(ids))


def _is_all(actor: Actor, wanted: Wanted) -> bool:
    """Say whether nothing but the words typed, the process and the estates decides what is found."""
    plain = Wanted(EVERYTHING, typed=wanted.typed, estate_ids=wanted.estate_ids, sort=wanted.sort)
    return bool(_estates(actor, wanted)) and actor.sees_all and replace(wanted, descending=True) == plain


def total(session: Session, process: Process, wanted: Wanted, ids: Ids) -> int:
    """Count what is found; where that would be most of a process's years, take what home's counters know of it."""
    actor, asked = actor_of(session), _states(process, wanted)
    of_states = replace(wanted, standing=EVERYTHING, states=())
    if wanted.typed.strip() or not asked & set(process.ends) or not _is_all(actor, of_states):
        return session.scalar(select(func.count()).select_from(ids.subquery())) or 0
    estates = _estates(actor, wanted)
    every = counters.all_in(session, process.key, estates)
    others = [state.value for state in process.states if state not in asked]
    if not others:
        return every
    here = and_(CASES.process == process.key, CASES.estate_id.in_(estates), CASES.state.in_(others))
    return every - (session.scalar(select(func.count(CASES.id)).where(here)) or 0)


def _states(process: Process, wanted: Wanted) -> set[Choice]:
    if not wanted.states and wanted.standing in {OPEN, EVERYTHING}:
        ends = () if wanted.standing == EVERYTHING else process.ends
        return {state for state in process.states if state not in ends}
    return {state for state in process.states if state.value in (wanted.states or (wanted.standing,))}


def _claims(session: Session, process: Process, wanted: Wanted) -> list[ColumnElement[bool]]:
    actor = actor_of(session)
    if not may_see(actor, process):
        raise Refused(_("您没有查看{title}的权限。", title=process.title))
    claims: list[ColumnElement[bool]] = [CASES.process == process.key, *_standing(process, wanted)]
    if wanted.estate_ids:
        claims.append(CASES.estate_id.in_(wanted.estate_ids))
    if wanted.building_id is not None:
        claims.append(CASES.building_id == wanted.building_id if wanted.building_id else CASES.building_id.is_(None))
    claims += _in_time(wanted)
    if wanted.assigned_to is not None:
        helping = select(CaseHand.case_id).where(CaseHand.user_id == wanted.assigned_to)
        claims.append(or_(CASES.assigned_to == wanted.assigned_to, CASES.id.in_(helping)))
    if wanted.late:
        claims.append(is_overdue(now()))
    if wanted.counting:
        claims.append(CASES.counts.is_(True))
    claims += _on_days(process, wanted)
    claims += _chosen(process, wanted)
    return claims


def _in_time(wanted: Wanted) -> list[ColumnElement[bool]]:
    claims: list[ColumnElement[bool]] = []
    # The day of opening is asked of the moment, on which the index of the list's own order stands.
    claims += [CASES.opened_at >= moment_of(wanted.opened_from)] if wanted.opened_from else []
    claims += [CASES.opened_at < moment_of(wanted.opened_to + timedelta(days=1))] if wanted.opened_to else []
    for column, earliest, latest in (
        (CASES.handled_on, wanted.handled_from, wanted.handled_to),
        (CASES.closed_on, wanted.closed_from, wanted.closed_to),
    ):
        claims += [column >= earliest] if earliest else []
        claims += [column <= latest] if latest else []
    for moment, wish in ((CASES.handled_at, wanted.handled), (CASES.visited_at, wanted.visited)):
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
        return [CASES.state.in_(wanted.states)]
    if wanted.standing == OPEN:
        # The same as `is_open()`, said so that the index of process and state answers it.
        return [CASES.state.in_([state.value for state in process.states if state not in process.ends])]
    return [] if wanted.standing == EVERYTHING else [CASES.state == wanted.standing]


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
    ways: list[ColumnElement[bool]] = [CASES.number == typed.strip().upper()] if typed.isascii() else []
    # He whom the complaint is about must not find it by who complained.
    not_about_me = CASES.id.not_in(select(CASES.id).where(CASES.about_user_id == actor.user_id))
    if unit_ids:
        ways.append(and_(CASES.unit_id.in_(unit_ids), not_about_me))
    if customer_ids:
        ways.append(and_(CASES.customer_id.in_(customer_ids), not_about_me))
    return ways


def _needs_model(process: Process, wanted: Wanted) -> bool:
    """Say whether the filters look at the process's own table; counting leaves it out otherwise."""
    own = process.model.__table__.c
    return any(name in own for name in (*(each for each, values in wanted.choices.items() if values), *wanted.moments))


def _from_cases(statement: Select[Any], process: Process, wanted: Wanted) -> Select[Any]:
    if _needs_model(process, wanted):
        own = process.model.__table__
        return statement.join(own, own.c.id == CASES.id)
    return statement
