"""Inquiries 咨询: a question answered on the spot, or passed to a superior and answered later (HB:9, 11, 52)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from db import deadlines, escalations
from db.base import Choice, Prose
from db.cases import Case
from db.fields import asked, optional, ui
from db.people import LEADERS, OFFICE, Role
from db.process import Action, Process, Step, open_case, perform
from db.settings import Setting
from db.words import _

ANSWER_HOURS = Setting("inquiries.answer_hours", _("咨询：多少小时内答复"), 24, _("手册 235 行"), least=1)


class State(Choice):
    """Where an inquiry stands."""

    WAITING = "waiting", _("待答复"), "orange"
    ASKING = "asking", _("请示中"), "violet"
    DONE = "done", _("已答复"), "green"
    VOID = "void", _("已作废"), "gray"


class Topic(Choice):
    """What customers ask about."""

    FEES = "fees", _("费用账单")
    PARKING = "parking", _("停车")
    SUPPLY = "supply", _("停水停电停暖")
    RENOVATION = "renovation", _("装修")
    LOANS = "loans", _("借物快递")
    ACCESS = "access", _("门禁卡钥匙")
    NEIGHBOURHOOD = "neighbourhood", _("周边社区")
    MOVING = "moving", _("入住过户")
    INVOICE = "invoice", _("发票")
    OTHER = "other", _("其他")


class Channel(Choice):
    """How the customer came (HB:215, 242)."""

    PHONE = "phone", _("电话")
    DESK = "desk", _("前台")
    WECHAT = "wechat", _("微信")
    ONLINE = "online", _("在线")
    EMAIL = "email", _("邮件")


class Inquiry(Case):
    """A question."""

    __tablename__ = "inquiries"
    __mapper_args__ = {"polymorphic_identity": "inquiries"}

    id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    category: Mapped[Topic] = mapped_column(info=ui(_("咨询类别"), in_list=True, in_filter=True))
    channel: Mapped[Channel] = mapped_column(default=Channel.PHONE, info=ui(_("渠道"), in_list=True, in_filter=True))
    answer: Mapped[Prose] = mapped_column(default="", info=ui(_("答复")))
    satisfied: Mapped[bool] = mapped_column(default=False, info=ui(_("已询问客户，表示满意")))


def _opened(step: Step) -> None:
    step.case.topic = step.case.category.value
    step.case.answer_due_at = step.case.due_at = deadlines.after(step.session, step.case, ANSWER_HOURS, step.at)
    step.case.assigned_to = step.actor.user_id


def _passed_up(step: Step) -> None:
    step.case.escalated_at = step.at


def settle(session: Session, values: Mapping[str, Any], *, at: datetime | None = None, token: str | None = None) -> Any:
    """Log a question answered on the spot: open, answer and close in one press, all or none."""
    case = open_case(session, "inquiries", values, at=at, token=token)
    if case.state != State.WAITING:  # a second press of the same form
        return case
    return perform(session, case.id, "answer", {"answer": values.get("answer"), "satisfied": values.get("satisfied")},
                   at=at)  # fmt: skip


PROCESS = Process(
    key="inquiries",
    prefix="ZX",
    section="service",
    title=_("咨询"),
    icon=":material/help:",
    model=Inquiry,
    start=State.WAITING,
    ends=(State.DONE, State.VOID),
    asks=(
        "category", optional("words", _("问题")), optional("unit_id"), optional("customer_id"),
        optional("contact_name"), optional("contact_phone"), "channel", optional("estate_id"),
    ),
    openers=OFFICE,
    opened=_opened,
    actions=(
        Action("answer", _("答复"), (State.WAITING, State.ASKING), State.DONE, OFFICE | {Role.WORKS_SUPERVISOR},
               asks=("answer", "satisfied"), then=deadlines.handled, main=True),
        Action("pass_up", _("请示上级"), (State.WAITING,), State.ASKING, OFFICE, asks=("note",), then=_passed_up),
        Action("advise", _("批示"), (State.ASKING,), State.WAITING, LEADERS, asks=(asked("note", _("批示内容")),)),
        Action("tell", _("告知进度"), (State.WAITING, State.ASKING), None, OFFICE, asks=("note",),
               then=deadlines.answered),
        escalations.urged(_("催办"), State.WAITING, State.ASKING),
        escalations.warned(State.WAITING, State.ASKING),
        escalations.voided(State.VOID, State.WAITING, State.ASKING, State.DONE),
    ),
)  # fmt: skip
