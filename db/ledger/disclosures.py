"""The public list of rooms in arrears 欠费公示: off, unless the estate's own rule allows it and the director consents.

Room and period only: no name, no sum, nothing of those who dispute or complain (个人信息保护法 25; local rules differ).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db import approvals
from db.approvals import Approval, Said, Subject, Verdict
from db.audit import record
from db.base import Base, Line, Prose
from db.cases import Case
from db.clock import now, today
from db.fields import ui
from db.ledger.dunnings import Dunning, State
from db.ledger.tables import Bill
from db.people import LEADERS, Role, in_scope
from db.refused import Refused
from db.registry import Estate, Unit
from db.session import actor_of
from db.words import _

SUBJECT = "disclosure"
AFTER_THREE = (State.REPORTED, State.URGED, State.DEMANDED, State.LEGAL)


class DisclosureRule(Base):
    """What allows an estate to post rooms in arrears: where it is written, and what it says."""

    __tablename__ = "disclosure_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True, info=ui(_("项目")))
    citation: Mapped[Line] = mapped_column(
        info=ui(_("依据"), help=_("地方性法规、管理规约或业主大会决定的名称、条款和日期"))
    )
    clause: Mapped[Prose] = mapped_column(info=ui(_("条文"), help=_("照抄原文")))
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime]
    granted_on: Mapped[date | None] = mapped_column(Date)
    ended_on: Mapped[date | None] = mapped_column(Date)


@dataclass(frozen=True)
class Room:
    """One line of the list: nothing else may stand on it."""

    unit: str
    first: date
    last: date


def propose(session: Session, estate_id: int, citation: str, clause: str) -> int:
    """Enter an estate's rule, for the director to consent to; only a leader may. Returns its id."""
    actor = actor_of(session)
    if not actor.roles & LEADERS or estate_id not in actor.estates:
        raise Refused(_("公示规则由客服主管或管理处主任录入。"))
    missing = {name: _("请填写。") for name, text in (("citation", citation), ("clause", clause)) if not text.strip()}
    if missing:
        raise Refused(_("请写明依据和条文；没有依据的不能公示。"), missing)
    if standing(session, estate_id):
        raise Refused(_("本项目已有公示规则，请先停用。"))
    rule = DisclosureRule(
        estate_id=estate_id, citation=citation.strip(), clause=clause.strip(), asked_by=actor.user_id, asked_at=now()
    )
    session.add(rule)
    session.flush()
    approvals.ask(session, SUBJECT, rule.id, estate_id, (Role.DIRECTOR,))
    record(session, "created", "disclosure_rules", rule.id, estate_id=estate_id, after={"citation": rule.citation})
    return rule.id


def standing(session: Session, estate_id: int) -> DisclosureRule | None:
    """Find an estate's rule that is asked for or holds."""
    rows = select(DisclosureRule).where(DisclosureRule.estate_id == estate_id, DisclosureRule.ended_on.is_(None))
    return session.scalar(in_scope(rows, actor_of(session), DisclosureRule).order_by(DisclosureRule.id.desc()).limit(1))


def end(session: Session, estate_id: int) -> None:
    """Put an estate's rule out of use; only a leader may."""
    rule = standing(session, estate_id)
    if rule is None or not actor_of(session).roles & LEADERS:
        raise Refused(_("没有可停用的公示规则，或您无权停用。"))
    rule.ended_on = today()
    record(session, "ended", "disclosure_rules", rule.id, estate_id=estate_id, after={"ended_on": rule.ended_on})


def rooms(session: Session, estate_id: int) -> list[Room]:
    """List the rooms that the rule allows to post: three notices out, no dispute and no complaint open.

    Raises `Refused` without a rule that the director has consented to.
    """
    rule = standing(session, estate_id)
    if rule is None or rule.granted_on is None:
        raise Refused(_("公示默认不开放：先录入本项目的公示依据，经管理处主任同意后才能生成。"))
    complaint = Case.__table__.alias("complaint")
    complains = select(complaint.c.id).where(
        complaint.c.unit_id == Unit.id, complaint.c.process == "complaints", complaint.c.closed_at.is_(None)
    )
    rows = session.execute(
        select(Unit.short, func.min(Bill.period_from), func.max(Bill.period_to))
        .select_from(Dunning)
        .join(Unit, Unit.id == Dunning.unit_id)
        .join(
            Bill,
            (Bill.unit_id == Dunning.unit_id) & (Bill.payee_id == Dunning.payee_id)
            & Bill.customer_id.is_not_distinct_from(Dunning.customer_id),
        )
        .where(
            Dunning.estate_id == estate_id, Dunning.state.in_(AFTER_THREE), ~Dunning.disputed, ~complains.exists(),
            Bill.voided_at.is_(None), Bill.paid + Bill.waived < Bill.amount, Bill.due_on < today(),
        )
        .group_by(Unit.id, Unit.short)
        .order_by(Unit.short)
    )  # fmt: skip
    return [Room(unit, first, last) for unit, first, last in rows]


def _described(session: Session, ids: Collection[int]) -> dict[int, Said]:
    rows = session.execute(
        select(DisclosureRule, Estate.name)
        .join(Estate, Estate.id == DisclosureRule.estate_id)
        .where(DisclosureRule.id.in_(ids))
    )
    return {
        rule.id: Said(estate, str(_("公示欠费房号，依据：{citation}", citation=rule.citation)), rule.clause, "dunning",
                      {"part": "rule"})
        for rule, estate in rows
    }  # fmt: skip


def _decided(session: Session, approval: Approval) -> None:
    rule = session.get_one(DisclosureRule, approval.subject_id)
    if approval.verdict is Verdict.GRANTED:
        rule.granted_on = today()
    else:
        rule.ended_on = today()


APPROVAL = Subject(_("欠费公示规则"), _described, _decided)
