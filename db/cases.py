"""Matters that somebody carries to an end: the root table 事项, its history and links."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, UniqueConstraint, and_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Code, Line, Name, Phone, Prose
from db.fields import ui
from db.people import Department, in_scope
from db.refused import Refused
from db.registry import Building, Customer, Estate, Facility, Unit
from db.session import actor_of
from db.words import _

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


class Case(Base):
    """One matter 事项, whatever its process; each process joins its own table to it."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_process_opened", "process", "opened_at", "id", "estate_id"),
        Index("ix_cases_process_state", "process", "state", "opened_at", "id", "estate_id"),
        Index("ix_cases_process_handled", "process", "handled_on"),
        Index("ix_cases_process_closed", "process", "closed_on"),
        Index("ix_cases_unit", "unit_id", "process", "estate_id"),
        Index("ix_cases_customer", "customer_id", "process", "estate_id"),
        Index("ix_cases_open_due", "estate_id", "due_at", "process", "opened_on",
              sqlite_where=text("closed_at IS NULL"), postgresql_where=text("closed_at IS NULL")),
        Index("ix_cases_open_assigned", "assigned_to", sqlite_where=text("closed_at IS NULL"),
              postgresql_where=text("closed_at IS NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[Code] = mapped_column(unique=True, info=ui(_("单号"), in_list=True))
    process: Mapped[Code] = mapped_column()
    state: Mapped[Code] = mapped_column()
    estate_id: Mapped[int] = mapped_column(ForeignKey(Estate.id), info=ui(_("项目")))
    building_id: Mapped[int | None] = mapped_column(ForeignKey(Building.id), index=True, info=ui(_("楼栋")))
    unit_id: Mapped[int | None] = mapped_column(
        ForeignKey(Unit.id), info=ui(_("房屋"), help=_("输入房号、姓名、电话或车牌查找"), in_list=True)
    )
    facility_id: Mapped[int | None] = mapped_column(ForeignKey(Facility.id), index=True, info=ui(_("公共设施")))
    place: Mapped[Line] = mapped_column(default="", info=ui(_("地点"), help=_("公共区域写清位置，例如 3号楼一层大堂")))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey(Customer.id), info=ui(_("客户"), in_list=True))
    contact_name: Mapped[Name] = mapped_column(default="", info=ui(_("联系人"), personal=True))
    contact_phone: Mapped[Phone | None] = mapped_column(info=ui(_("联系电话"), personal=True))
    words: Mapped[Prose] = mapped_column(default="", info=ui(_("内容"), in_list=True))
    """What it is about, as somebody said it; found by any of its characters (`db.case_words`)."""
    topic: Mapped[Code] = mapped_column(default="")
    """What it is about: the stored value of the process's own category, for counters and reports over all."""
    grave: Mapped[bool] = mapped_column(default=False)
    """Of the kind a leader hears of at once."""
    department: Mapped[Department | None] = mapped_column(info=ui(_("责任部门"), in_filter=True))
    opened_by: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True, info=ui(_("登记人")))
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("users.id"), info=ui(_("经办人"), in_list=True))
    about_user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id"), index=True, info=ui(_("涉及员工"), help=_("被投诉的员工，不得经手本单"))
    )
    opened_at: Mapped[datetime] = mapped_column(info=ui(_("发生时间"), in_list=True))
    opened_on: Mapped[date] = mapped_column(Date, info=ui(_("登记日期"), in_filter=True))
    answer_due_at: Mapped[datetime | None] = mapped_column(info=ui(_("应答时限")))
    answered_at: Mapped[datetime | None] = mapped_column(info=ui(_("首次答复")))
    due_at: Mapped[datetime | None] = mapped_column(info=ui(_("办理时限"), in_list=True))
    paused_at: Mapped[datetime | None] = mapped_column(info=ui(_("暂停计时")))
    pause_reason: Mapped[Line] = mapped_column(default="", info=ui(_("暂停原因")))
    handled_at: Mapped[datetime | None] = mapped_column(info=ui(_("处理完毕")))
    handled_on: Mapped[date | None] = mapped_column(Date)
    handled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"), info=ui(_("处理人")))
    visited_at: Mapped[datetime | None] = mapped_column(info=ui(_("已回访")))
    """First reached return visit after handling."""
    escalated_at: Mapped[datetime | None] = mapped_column(info=ui(_("上报时间")))
    """On the superior's list since: grave, about to be late, or reported by hand."""
    urges: Mapped[int] = mapped_column(default=0, info=ui(_("催办次数")))
    closed_at: Mapped[datetime | None] = mapped_column(info=ui(_("办结时间")))
    closed_on: Mapped[date | None] = mapped_column(Date)
    counts: Mapped[bool] = mapped_column(default=True)
    """False once void, merged or withdrawn: out of every figure."""
    version: Mapped[int] = mapped_column(default=1)

    # Two walls against silent overwriting: `perform(version=…)` compares what the form saw, and the mapper
    # refuses a stale UPDATE. Only the kernel moves the number on, once a step.
    __mapper_args__ = {
        "polymorphic_on": "process",
        "polymorphic_abstract": True,
        "version_id_col": version,
        "version_id_generator": False,
    }


class CaseHand(Base):
    """Somebody who helps with a case besides the one it is assigned to."""

    __tablename__ = "case_hands"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)


class Event(Base):
    """One step of a case, append-only (the database refuses changes): when it happened, when it was typed."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_case_id_id", "case_id", "id"),
        Index(
            "ix_events_late_entry", "late_entry", sqlite_where=text("late_entry"), postgresql_where=text("late_entry")
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    action: Mapped[Code]
    from_state: Mapped[Code | None]
    to_state: Mapped[Code]
    actor_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    late_entry: Mapped[bool] = mapped_column(default=False)
    """补录: typed later than the set time after it happened."""
    note: Mapped[Prose] = mapped_column(default="")
    changes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Field name → [before, after], as stored."""
    version: Mapped[int]
    """The case's version after this step."""
    because_of: Mapped[int | None] = mapped_column(ForeignKey("events.id"))
    """The event of another case that this one follows from."""
    token: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The form's token: a second press finds it and changes nothing."""


class CaseLink(Base):
    """One case made out of, repeating, or merged into another."""

    __tablename__ = "case_links"
    __table_args__ = (UniqueConstraint("case_id", "other_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    """The newer: the visit, the repair made of a complaint, the repeat."""
    other_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    """The one it comes from."""
    kind: Mapped[Code]


def is_open() -> ColumnElement[bool]:
    """Claim: the case is not yet closed."""
    return Case.closed_at.is_(None)


def is_overdue(moment: datetime) -> ColumnElement[bool]:
    """Claim: handling is past its time at `moment`. Never stored: a query on the index of open due times."""
    return and_(Case.closed_at.is_(None), Case.handled_at.is_(None), Case.paused_at.is_(None), Case.due_at < moment)


def case_by_id(session: Session, case_id: int) -> Case:
    """Find a case within the actor's scope; `Refused` as if it did not exist otherwise."""
    return _one(session, Case.id == case_id)


def case_by_number(session: Session, number: str) -> Case:
    """Find a case by its number within the actor's scope; `Refused` as if it did not exist otherwise."""
    return _one(session, Case.number == number.strip().upper())


def _one(session: Session, claim: ColumnElement[bool]) -> Case:
    case = session.scalar(in_scope(select(Case).where(claim), actor_of(session), Case))
    if case is None:
        raise Refused(_("没有找到这张单，可能单号有误，或不在您的工作范围内。"))
    return case


def hidden_from(case: Case, user_id: int) -> bool:
    """Claim: `user_id` is the person complained about, who must not learn who complained."""
    return case.about_user_id == user_id
