"""One matter as it is shown: plain data about a case, its history, its links and what may be done next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from db import documents, histories, privacy
from db.base import Choice
from db.case_links import RELATIONS, links_of
from db.cases import Case, CaseHand, case_by_number, hidden_from, is_open
from db.clock import now
from db.documents import Attached, Owner
from db.fields import Field, fields_of
from db.histories import Names, Told, said, said_moment
from db.people import Actor, Right, in_scope
from db.privacy import CasePhone
from db.process import Process, missing_for, permitted, process_of
from db.session import actor_of
from db.words import Words, _

MOST_RELATED = 8
_SAYS_WHAT_IS_OWED = frozenset({"uncleared"})
"""Fields that name amounts: not for guards, who collect no debts (保安服务管理条例 30)."""


@dataclass(frozen=True)
class Fact:
    """One line: what it is called and what it says."""

    name: str
    label: str
    text: str
    choice: Choice | None = None
    """Where it is one of a list: it has a colour too."""


@dataclass(frozen=True)
class Group:
    """Facts that belong together."""

    title: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Clock:
    """One time limit: how it stands, with the colour that goes with the words."""

    label: str
    text: str
    colour: str
    due: str


@dataclass(frozen=True)
class Related:
    """Another matter, as a line."""

    relation: str
    number: str
    process: Process
    state: Choice
    words: str
    opened_at: datetime


@dataclass(frozen=True)
class Offer:
    """An action that the actor may do from here."""

    name: str
    label: str
    main: bool
    confirm: str
    """The consequence, where it cannot be taken back."""
    missing: tuple[str, ...]
    """Why not yet, in sentences; empty when nothing stands in the way."""


@dataclass(frozen=True)
class Record:
    """A matter as its page shows it."""

    id: int
    number: str
    process: Process
    version: int
    estate_id: int
    state: Choice
    words: str
    where: str
    customer: str
    contact: str
    phone: CasePhone
    is_open: bool
    is_late: bool
    urges: int
    hidden: bool
    """The actor is whom it is about: he does not learn who complained."""
    values: dict[str, Any]
    """By field name, as stored; what a form starts from. `technicians` holds all hands, the first responsible."""
    groups: tuple[Group, ...]
    clocks: tuple[Clock, ...]
    events: tuple[Told, ...]
    """Newest first."""
    related: tuple[Related, ...]
    offers: tuple[Offer, ...]
    documents: tuple[Attached, ...]

    def offer(self, name: str) -> Offer | None:
        """Find an action among those offered."""
        return next((each for each in self.offers if each.name == name), None)


def record_of(session: Session, number: str) -> Record:
    """Put together a matter for its page, in a fixed number of queries whatever its history.

    Raises `Refused` as if it did not exist when the actor may not see it.
    """
    case = case_by_number(session, number)
    process, actor = process_of(case.process), actor_of(session)
    hidden = hidden_from(case, actor.user_id)
    values = {each.key: getattr(case, each.key) for each in inspect(type(case)).column_attrs}
    helpers = tuple(session.scalars(select(CaseHand.user_id).where(CaseHand.case_id == case.id)))
    values["technicians"] = ((case.assigned_to,) if case.assigned_to else ()) + helpers
    events = histories.events_of(session, case)
    fields = fields_of(process.model)
    wanted = histories.ids_in(fields.values(), [values, *histories.values_in(events)])
    wanted.setdefault("users", set()).update(helpers)
    names = histories.names_of(session, wanted)
    if hidden:
        fields = {name: each for name, each in fields.items() if name not in histories.WHO_COMPLAINED}
    if not actor.may(Right.SEE_MONEY):
        fields = {name: each for name, each in fields.items() if name not in _SAYS_WHAT_IS_OWED}
    return Record(
        id=case.id, number=case.number, process=process, version=case.version, estate_id=case.estate_id,
        state=process.states(case.state), words=case.words, where=_where(fields, values, names),
        customer=_text("customer_id", fields, values, names), contact=_text("contact_name", fields, values, names),
        phone=privacy.case_phone(session, case), is_open=case.closed_at is None, is_late=_is_late(case),
        urges=case.urges, hidden=hidden, values=values, groups=_groups(process, actor, fields, values, names),
        clocks=_clocks(case), events=tuple(histories.told(events, case.number, process, names, hidden=hidden)),
        related=_related(session, case), offers=_offers(session, actor, case),
        documents=tuple(documents.attached_to(session, Owner(case_id=case.id))),
    )  # fmt: skip


def _text(name: str, fields: dict[str, Field], values: dict[str, Any], names: Names) -> str:
    return said(fields[name], values[name], names) if name in fields else ""


def _where(fields: dict[str, Field], values: dict[str, Any], names: Names) -> str:
    parts = [_text(name, fields, values, names) for name in ("unit_id", "facility_id", "place")]
    return " · ".join(filter(None, parts)) or _text("building_id", fields, values, names)


# ── groups of facts ──────────────────────────────────────────────────────────────────────────────────────────────────

_WHO_WHERE = ("estate_id", "building_id", "unit_id", "facility_id", "place", "customer_id", "contact_name")
_HANDLING = ("department", "assigned_to", "about_user_id", "handled_by", "urges", "escalated_at")
_TIMES = ("opened_at", "answered_at", "handled_at", "visited_at", "closed_at")
_ELSEWHERE = frozenset(
    {"number", "words", "contact_phone", "opened_on", "answer_due_at", "due_at", "paused_at", "pause_reason"}
)
"""Shown in the head of the page, in the clocks or beside the telephone."""


def _groups(
    process: Process, actor: Actor, fields: dict[str, Field], values: dict[str, Any], names: Names
) -> tuple[Group, ...]:
    """Sort a matter's facts: who and where, what, how it was handled, when; empty ones are left out."""
    asked = {each.name: each.label for each in process.form()}
    common = {*_WHO_WHERE, *_HANDLING, *_TIMES, *_ELSEWHERE}
    own = [name for name in fields if name not in common]
    what = ["opened_by", *(name for name in own if name in asked and name != "opened_by")]
    times = [name for name in own if name not in asked and fields[name].kind == "moment"]
    handled = [name for name in own if name not in {*what, *times}]
    who = [name for name in _WHO_WHERE if name != "estate_id" or len(actor.estates) > 1]
    titled: list[tuple[Words, list[str]]] = [
        (_("客户与位置"), who),
        (_("登记"), what),
        (_("办理"), [*_HANDLING, *handled]),
        (_("时间"), sorted([*_TIMES, *times], key=lambda name: (values.get(name) is None, str(values.get(name))))),
    ]
    groups = []
    for title, members in titled:
        facts = [_fact(fields[name], values, names, process) for name in members if name in fields]
        kept = tuple(each for each in facts if each.text)
        if title.text == titled[2][0].text:
            kept += _helpers(values, names)
        if kept:
            groups.append(Group(str(title), kept))
    return tuple(groups)


def _fact(field: Field, values: dict[str, Any], names: Names, process: Process) -> Fact:
    value = values[field.name]
    said_here = next((each.label for each in process.form() if each.name == field.name), field.label)
    empty = value is False or (field.kind == "number" and value == 0)
    return Fact(
        field.name,
        str(said_here),
        "" if empty else said(field, value, names),
        value if isinstance(value, Choice) else None,
    )


def _helpers(values: dict[str, Any], names: Names) -> tuple[Fact, ...]:
    helpers = [names.of("users", key) for key in values["technicians"] if key != values["assigned_to"]]
    return (Fact("helpers", str(_("协办")), str(_("、")).join(helpers)),) if helpers else ()


# ── time limits ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _is_late(case: Case) -> bool:
    running = case.closed_at is None and case.handled_at is None and case.paused_at is None
    return running and case.due_at is not None and case.due_at < now()


def _clocks(case: Case) -> tuple[Clock, ...]:
    """Say how the promised times stand: the first answer (HB:235) and the handling (HB:153)."""
    if not case.counts:
        return ()
    clocks = []
    if case.answer_due_at is not None:
        clocks.append(_clock(_("答复"), case.answer_due_at, case.answered_at, closed=case.closed_at is not None))
    if case.due_at is not None and case.paused_at is not None and case.handled_at is None:
        reason = case.pause_reason or str(_("未写原因"))
        paused = str(_("已暂停：{reason}", reason=reason))
        clocks.append(Clock(str(_("办理")), paused, "gray", said_moment(case.due_at)))
    elif case.due_at is not None:
        clocks.append(_clock(_("办理"), case.due_at, case.handled_at, closed=case.closed_at is not None))
    return tuple(clocks)


def _clock(label: Words, due: datetime, done: datetime | None, *, closed: bool) -> Clock:
    if done is not None:
        text, colour = _("按时完成"), "green"
        if done > due:
            text, colour = _("超时 {span}完成", span=span_of(done - due)), "orange"
    elif closed:
        text, colour = _("未记录"), "gray"
    elif (left := due - now()) < timedelta():
        text, colour = _("超时 {span}", span=span_of(-left)), "red"
    else:
        text, colour = _("还剩 {span}", span=span_of(left)), "orange" if left < timedelta(hours=2) else "blue"
    return Clock(str(label), str(text), colour, said_moment(due))


def span_of(span: timedelta) -> str:
    """Say a span as one would: `35 分钟`, `3 小时 20 分`, `2 天 5 小时`."""
    minutes = int(span.total_seconds() // 60)
    hours, days = minutes // 60, minutes // (24 * 60)
    if days:
        return str(_("{days} 天 {hours} 小时", days=days, hours=hours % 24)) if hours % 24 else str(_("{n} 天", n=days))
    if hours:
        minutes %= 60
        return str(_("{hours} 小时 {n} 分", hours=hours, n=minutes)) if minutes else str(_("{n} 小时", n=hours))
    return str(_("{n} 分钟", n=minutes))


# ── other matters ────────────────────────────────────────────────────────────────────────────────────────────────────

def _related(session: Session, case: Case) -> tuple[Related, ...]:
    return tuple(_line(other, RELATIONS[kind, newer]) for kind, newer, other in links_of(session, case))


def _line(case: Any, relation: Words | str = "") -> Related:
    process = process_of(case.process)
    return Related(str(relation), case.number, process, process.states(case.state), case.words, case.opened_at)


def open_matters(
    session: Session, *, unit_id: int | None = None, customer_id: int | None = None
) -> tuple[Related, ...]:
    """List what is still open at a unit or for a customer, newest first: so that nothing is taken in twice."""
    actor = actor_of(session)
    claims = [column == key for column, key in ((Case.unit_id, unit_id), (Case.customer_id, customer_id)) if key]
    if not claims:
        return ()
    columns = (Case.number, Case.process, Case.state, Case.words, Case.opened_at)
    statement = (
        select(*columns)
        .where(claims[0], is_open(), Case.about_user_id.is_distinct_from(actor.user_id))
        .order_by(Case.opened_at.desc(), Case.id.desc())
        .limit(MOST_RELATED)
    )
    return tuple(_line(row) for row in session.execute(in_scope(statement, actor, Case)))


# ── next steps ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _offers(session: Session, actor: Actor, case: Case) -> tuple[Offer, ...]:
    return tuple(
        Offer(each.name, str(each.label), each.main, str(each.confirm or ""), tuple(missing_for(session, case, each)))
        for each in permitted(actor, case)
    )
