"""What waits for whoever sits here 我的待办: by person, by role, for approval, for the superior, about to end (X5)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from db import approvals, settings
from db.approval_subjects import SUBJECTS
from db.base import Choice
from db.cases import Case, CaseHand, CaseLink, is_open, is_overdue
from db.clock import now, today
from db.people import Actor, Right, User, in_scope
from db.process import process_of
from db.processes import PROCESSES, repairs
from db.registry import Building, Contract, Customer, Facility, Firm, StewardArea, Unit
from db.session import actor_of
from db.words import Words, _

PAGE = 20
SOON = timedelta(hours=2)


class Part(Choice):
    """The parts of the list, each with its own reason why it waits here."""

    ALL = "all", _("全部待办")
    MINE = "mine", _("我经办的")
    ROLE = "role", _("待本岗位办理")
    HELPING = "helping", _("我协办的")
    SUPERIOR = "superior", _("超时预警与上报")
    LATE = "late", _("已超时")
    SOON = "soon", _("两小时内到时限")


@dataclass(frozen=True)
class Waiting:
    """One matter that waits."""

    id: int
    number: str
    process: str
    title: Words
    state: Choice
    where: str
    customer: str
    words: str
    due_at: datetime | None
    late: bool
    soon: bool
    paused: str
    """Why the clock stands; empty while it runs."""
    urges: int
    escalated: bool
    my_area: bool
    """In a building that this steward looks after."""
    assigned: str
    appointed_from: datetime | None
    next_step: str
    """The step this state waits for; empty where another matter must end first."""


@dataclass(frozen=True)
class Todo:
    """One page of what waits."""

    rows: list[Waiting]
    total: int


USUAL = (Part.ALL, Part.MINE, Part.ROLE, Part.HELPING, Part.SUPERIOR)
"""Parts that everybody's list is divided into; the others are opened from home's numbers."""


def counts(session: Session, estate_ids: Collection[int] = (), parts: Collection[Part] = USUAL) -> dict[Part, int]:
    """Count each of `parts` that the actor has; one query."""
    actor = actor_of(session)
    wanted = _claims(session, actor, parts, estate_ids)
    if not wanted:
        return {}
    columns = [
        in_scope(select(func.count()).select_from(Case).where(claim), actor, Case).scalar_subquery()
        for claim in wanted.values()
    ]
    return dict(zip(wanted, session.execute(select(*columns)).one(), strict=True))


def waiting(
    session: Session, part: Part, estate_ids: Collection[int] = (), *, page: int = 1, limit: int = PAGE
) -> Todo:
    """Return one page of a part, late first, then a steward's own area, then by time limit; two queries.

    `page` counts from 1; only what is open is looked at, so that its number is small whatever the years bring.
    """
    actor = actor_of(session)
    claim = _claims(session, actor, (part,), estate_ids).get(part)
    if claim is None:
        return Todo([], 0)
    total = session.scalar(in_scope(select(func.count()).select_from(Case).where(claim), actor, Case)) or 0
    statement = _selected(actor).where(claim).limit(limit).offset((page - 1) * limit)
    moment = now()
    return Todo([_shown(row, moment, actor) for row in session.execute(in_scope(statement, actor, Case))], total)


def steps_of(actor: Actor) -> list[tuple[str, str]]:
    """List the (process, state) pairs whose main step the actor's roles may do."""
    return [
        (process.key, state.value)
        for process in PROCESSES.values()
        for state in process.states
        if any(each.main and each.roles & actor.roles for each in process.actions_from(state))
    ]


def _claims(
    session: Session, actor: Actor, parts: Collection[Part], estate_ids: Collection[int]
) -> dict[Part, ColumnElement[bool]]:
    """Say which matters belong to each part; one that the actor does not have is left out."""
    estates = sorted(actor.estates & set(estate_ids) if estate_ids else actor.estates)
    here = and_(is_open(), Case.estate_id.in_(estates), Case.about_user_id.is_distinct_from(actor.user_id))
    known: dict[Part, ColumnElement[bool]] = {}
    if set(parts) & {Part.ALL, Part.MINE, Part.ROLE, Part.HELPING}:
        known |= _own_parts(actor)
    if Part.LATE in parts:
        known[Part.LATE] = is_overdue(now())
    if Part.SOON in parts:
        known[Part.SOON] = is_due_within(now(), SOON)
    if Part.SUPERIOR in parts and actor.may(Right.SUPERVISE):
        soon = now() + timedelta(minutes=_warning(session, estates))
        running = and_(Case.paused_at.is_(None), Case.due_at < soon)
        known[Part.SUPERIOR] = and_(Case.handled_at.is_(None), or_(Case.escalated_at.is_not(None), running))
    return {part: and_(here, known[part]) for part in parts if part in known}


def is_due_within(moment: datetime, span: timedelta) -> ColumnElement[bool]:
    """Claim: the time limit runs out between `moment` and a span later."""
    running = and_(is_open(), Case.handled_at.is_(None), Case.paused_at.is_(None))
    return and_(running, Case.due_at >= moment, Case.due_at < moment + span)


@lru_cache(maxsize=256)
def _own_parts(actor: Actor) -> dict[Part, ColumnElement[bool]]:
    """Say what waits for the actor himself, for his help, for anybody of his roles; home asks it every half minute."""
    pairs = steps_of(actor)
    my_step = tuple_(Case.process, Case.state).in_(pairs)
    unfinished = or_(Case.handled_at.is_(None), my_step) if pairs else Case.handled_at.is_(None)
    helping = select(CaseHand.case_id).where(CaseHand.user_id == actor.user_id)
    claims = {
        Part.MINE: and_(Case.assigned_to == actor.user_id, unfinished),
        Part.HELPING: and_(Case.id.in_(helping), unfinished),
    }
    if pairs:
        # Handled and yet waiting: the next step, a signature say, is no longer the handler's alone.
        free = or_(Case.assigned_to.is_(None), Case.handled_at.is_not(None))
        not_mine = Case.assigned_to.is_distinct_from(actor.user_id)
        claims[Part.ROLE] = and_(my_step, free, not_mine, ~_follows_my_own(actor))
    claims[Part.ALL] = or_(*claims.values())
    return claims


def _warning(session: Session, estates: list[int]) -> int:
    """Minutes before the time limit from which a superior hears of it; the widest of the estates looked at."""
    setting, kept = settings.ESCALATE_MINUTES, settings.SettingValue
    rows = session.execute(
        select(kept.estate_id, kept.value).where(kept.key == setting.key, kept.estate_id.in_(estates))
    )
    changed = {estate: int(value) for estate, value in rows}
    return max((changed.get(estate, int(setting.default)) for estate in estates), default=int(setting.default))


_origin = aliased(Case.__table__)  # copying the table's columns takes longer than asking


def _follows_my_own(actor: Actor) -> ColumnElement[bool]:
    """Claim: a return visit after a matter that the actor handled himself; somebody else must make it."""
    return (
        select(_origin.c.id)
        .join(CaseLink, CaseLink.other_id == _origin.c.id)
        .where(CaseLink.case_id == Case.id, CaseLink.kind == "return_visit", _origin.c.handled_by == actor.user_id)
        .correlate(Case.__table__)
        .exists()
    )


def _selected(actor: Actor) -> Any:
    moment = now()
    mine = _own_buildings(actor)
    late = case((is_overdue(moment), 1), else_=0)
    near = case((Case.building_id.in_(mine), 1), else_=0)
    orders = repairs.Repair.__table__
    assigned = aliased(User)
    return (
        select(
            Case.id, Case.number, Case.process, Case.state, Case.place, Case.words, Case.due_at, Case.handled_at,
            Case.paused_at, Case.pause_reason, Case.urges, Case.escalated_at, late.label("late"), near.label("near"),
            Unit.short.label("unit"), Building.name.label("building"), Facility.name.label("facility"),
            Customer.name.label("customer"), assigned.name.label("assigned"), orders.c.appointed_from,
        )
        .outerjoin(Unit, Unit.id == Case.unit_id)
        .outerjoin(Building, Building.id == Case.building_id)
        .outerjoin(Facility, Facility.id == Case.facility_id)
        .outerjoin(Customer, Customer.id == Case.customer_id)
        .outerjoin(assigned, assigned.id == Case.assigned_to)
        .outerjoin(orders, orders.c.id == Case.id)
        .order_by(late.desc(), near.desc(), Case.due_at.is_(None), Case.due_at, Case.id)
    )  # fmt: skip


def _own_buildings(actor: Actor) -> Select[int]:
    day = today()
    return select(StewardArea.building_id).where(
        StewardArea.user_id == actor.user_id,
        StewardArea.starts_on <= day,
        or_(StewardArea.ends_on.is_(None), StewardArea.ends_on >= day),
    )


def _shown(row: Any, moment: datetime, actor: Actor) -> Waiting:
    process = process_of(row.process)
    step = next((each for each in process.actions_from(row.state) if each.main), None)
    running = row.handled_at is None and row.paused_at is None and row.due_at is not None
    return Waiting(
        id=row.id, number=row.number, process=row.process, title=process.title, state=process.states(row.state),
        where=row.unit or row.place or row.facility or row.building or "", customer=row.customer or "",
        words=row.words, due_at=row.due_at, late=bool(row.late),
        soon=running and not row.late and row.due_at < moment + SOON,
        paused=(row.pause_reason or str(_("暂停计时"))) if row.paused_at else "", urges=row.urges,
        escalated=row.escalated_at is not None, my_area=bool(row.near), assigned=row.assigned or "",
        appointed_from=row.appointed_from, next_step=str(step.label) if step and step.roles & actor.roles else "",
    )  # fmt: skip


# ── what waits for a verdict ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class ToApprove:
    """One approval that the actor may decide, in words."""

    id: int
    kind: Words
    number: str
    """Of the matter, the receipt, … that it is about."""
    what: str
    note: str
    asked_by: str
    asked_at: datetime
    page: str
    """Key of the page that shows it, and what its address says."""
    query: dict[str, str]


def to_approve(session: Session, limit: int = 200) -> list[ToApprove]:
    """List what waits for the actor's verdict, oldest first, in words; two queries and those of each subject."""
    asked = approvals.waiting_for(session, limit)
    ids: dict[str, set[int]] = {}
    for each in asked:
        ids.setdefault(each.subject, set()).add(each.subject_id)
    said = {name: SUBJECTS[name].describe(session, subjects) for name, subjects in ids.items() if name in SUBJECTS}
    people = _names(session, {each.asked_by for each in asked})
    shown = []
    for each in asked:
        about = said.get(each.subject, {}).get(each.subject_id)
        if about is not None:
            kind, asker = SUBJECTS[each.subject].label, people[each.asked_by]
            shown.append(
                ToApprove(each.id, kind, about.title, about.what, about.note, asker, each.asked_at, about.page,
                          dict(about.query))
            )  # fmt: skip
    return shown


def _names(session: Session, user_ids: Collection[int]) -> dict[int, str]:
    if not user_ids:
        return {}
    return {row.id: row.name for row in session.execute(select(User.id, User.name).where(User.id.in_(user_ids)))}


# ── what is about to end ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Ending:
    """A contract or a firm's licence that ends soon or has ended."""

    kind: Words
    name: str
    who: str
    ends_on: date
    days: int
    """Until then; negative once it has ended."""


GONE_BY = timedelta(days=30)
"""So long after its end an unrenewed contract stays on the list."""


def ending(session: Session, estate_ids: Collection[int] = (), limit: int = 50) -> list[Ending]:
    """List contracts and licences ending within each estate's warning time, soonest first; empty without the right.

    A contract that its party follows with a later one is renewed, and not listed.
    """
    actor, day = actor_of(session), today()
    estates = sorted(actor.estates & set(estate_ids) if estate_ids else actor.estates)
    if not actor.may(Right.EDIT_CONTRACTS) or not estates:
        return []
    last = {
        estate: day + timedelta(days=settings.value_of(session, settings.CONTRACT_WARNING_DAYS, estate))
        for estate in estates
    }
    contract, later = Contract, aliased(Contract)
    same = and_(
        later.estate_id == contract.estate_id, later.kind == contract.kind, later.ends_on > contract.ends_on,
        later.unit_id.is_not_distinct_from(contract.unit_id), later.firm_id.is_not_distinct_from(contract.firm_id),
        later.customer_id.is_not_distinct_from(contract.customer_id),
    )  # fmt: skip
    contracts = session.execute(
        select(contract.estate_id, contract.kind, contract.number, Customer.name, Firm.name, contract.ends_on)
        .outerjoin(Customer, Customer.id == contract.customer_id)
        .outerjoin(Firm, Firm.id == contract.firm_id)
        .where(
            contract.estate_id.in_(estates),
            contract.ends_on.between(day - GONE_BY, max(last.values())),
            ~select(later.id).where(same).exists(),
        )
    )
    licences = session.execute(
        select(Firm.estate_id, Firm.name, Firm.licence, Firm.licence_ends_on).where(
            Firm.estate_id.in_(estates), Firm.active, Firm.licence_ends_on <= max(last.values())
        )
    )
    found = [
        Ending(kind.label, number, customer or firm or "", ends, (ends - day).days)
        for estate, kind, number, customer, firm, ends in contracts
        if ends <= last[estate]
    ]
    found += [
        Ending(_("专营公司资质"), licence, name, ends, (ends - day).days)
        for estate, name, licence, ends in licences
        if ends is not None and ends <= last[estate]
    ]
    return sorted(found, key=lambda each: (each.ends_on, each.name))[:limit]
