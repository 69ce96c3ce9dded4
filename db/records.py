"""One matter as it is shown: plain data about a case, its history, its links and what may be done next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from db import documents, histories, privacy
from db.base import Choice
from db.cases import Case, CaseHand, case_by_number, hidden_from, is_open, links_of
from db.clock import local, now
from db.documents import Attached
from db.fields import Field, fields_of
from db.people import Actor, User, in_scope
from db.privacy import CasePhone
from db.process import Process, missing_for, permitted, process_of
from db.registry import Building, Customer, Estate, Facility, Firm, Unit
from db.session import actor_of
from db.words import Words, _

MOST_RELATED = 8


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
    unit_id: int | None
    state: Choice
    words: str
    where: str
    customer: str
    contact: str
    phone: CasePhone
    is_open: bool
    is_late: bool
    grave: bool
    urges: int
    hidden: bool
    """The actor is whom it is about: he does not learn who complained."""
    values: dict[str, Any]
    """By field name, as stored; what a form starts from."""
    groups: tuple[Group, ...]
    clocks: tuple[Clock, ...]
    events: tuple[histories.Told, ...]
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
    process = process_of(case.process)
    actor = actor_of(session)
    hidden = hidden_from(case, actor.user_id)
    helpers = list(session.scalars(select(CaseHand.user_id).where(CaseHand.case_id == case.id)))
    events = histories.events_of(session, case)
    names = histories.names_of(session, [case, *helpers_as_users(helpers)], events, process)
    values = {each.key: getattr(case, each.key) for each in inspect(type(case)).column_attrs}
    values["technicians"] = tuple(key for key in (case.assigned_to, *helpers) if key is not None)
    told = histories.told(events, process, names, hidden=hidden)
    return Record(
        id=case.id, number=case.number, process=process, version=case.version, estate_id=case.estate_id,
        unit_id=None if hidden else case.unit_id, state=process.states(case.state), words=case.words,
        where=where_of(case, names, hidden=hidden), customer="" if hidden else names.of("customers", case.customer_id),
        contact="" if hidden else case.contact_name, phone=privacy.case_phone(session, case),
        is_open=case.closed_at is None, is_late=_is_late(case), grave=case.grave, urges=case.urges, hidden=hidden,
        values=values, groups=_groups(case, process, names, helpers, told, actor), clocks=_clocks(case),
        events=tuple(told), related=_related(session, case), offers=_offers(session, actor, case),
        documents=tuple(documents.attached_to(session, case)),
    )  # fmt: skip
