"""Owners' questions about a publication: each is an inquiry, carried to its answer like any other (F8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.accounts import publications
from db.accounts.tables import PublicationCase, State
from db.base import Choice
from db.cases import Case
from db.people import in_scope
from db.process import open_case, process_of
from db.processes.inquiries import Topic
from db.refused import Refused
from db.session import actor_of
from db.words import _

PROCESS = "inquiries"


@dataclass(frozen=True)
class Question:
    """An owner's question and where it stands."""

    number: str
    words: str
    state: Choice
    opened_at: datetime
    due_at: datetime | None


def ask(session: Session, publication_id: int, values: Mapping[str, Any], *, token: str | None = None) -> str:
    """Take in an owner's question about what was published; returns the number of its inquiry.

    `values` are those of an inquiry: `words`, `unit_id`, `customer_id`, `contact_name`, `contact_phone`, `channel`.
    Raises `Refused` while nothing is published, and as any inquiry does.
    """
    row = publications.found(session, publication_id)
    if row.state not in {State.POSTED, State.TAKEN_DOWN}:
        raise Refused(_("这期还没有张贴公示，客户的问题请在“咨询”里登记。"))
    told = {"category": Topic.FEES, "estate_id": row.estate_id} | dict(values)
    case = open_case(session, PROCESS, told, token=token)
    if session.get(PublicationCase, (row.id, case.id)) is None:  # a second press finds it
        session.add(PublicationCase(publication_id=row.id, case_id=case.id))
        session.flush()
    number: str = case.number
    return number


def questions_about(session: Session, publication_id: int) -> list[Question]:
    """List the questions asked about a publication, newest first, as far as the actor may see them."""
    publications.found(session, publication_id)
    statement = (
        select(Case.number, Case.words, Case.state, Case.opened_at, Case.due_at)
        .join(PublicationCase, PublicationCase.case_id == Case.id)
        .where(PublicationCase.publication_id == publication_id)
        .order_by(Case.id.desc())
    )
    states = process_of(PROCESS).states
    return [
        Question(row.number, row.words, states(row.state), row.opened_at, row.due_at)
        for row in session.execute(in_scope(statement, actor_of(session), Case))
    ]
