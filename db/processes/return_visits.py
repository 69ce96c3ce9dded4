"""Return visits 回访: asked afterwards whether a matter is solved and the customer satisfied (HB:91, 151-152)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import Date, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db import approvals, escalations, settings
from db.base import Choice, Code, Prose
from db.cases import Case, CaseLink
from db.fields import Field, optional, ui
from db.people import OFFICE
from db.process import Action, Process, Step, leader_of, process_of
from db.session import actor_of
from db.settings import Setting
from db.words import Words, _

ATTEMPTS = 3
"""So many attempts, on at least two days, before a visit may be given up."""


class State(Choice):
    """Where a return visit stands."""

    DUE = "due", _("待回访"), "orange"
    DONE = "done", _("已回访"), "green"
    GIVEN_UP = "given_up", _("未访成"), "gray"


class Manner(Choice):
    """How the customer was asked; 上门 is a return visit, not a home visit 走访."""

    PHONE = "phone", _("电话")
    ON_SITE = "on_site", _("上门")
    WECHAT = "wechat", _("微信")


class Solved(Choice):
    """Whether the matter is solved, in the customer's words."""

    YES = "yes", _("已解决"), "green"
    PARTLY = "partly", _("部分解决"), "orange"
    NO = "no", _("未解决"), "red"


class Satisfaction(Choice):
    """Five words; 一般 is not satisfied."""

    VERY = "very", _("非常满意"), "green"
    SATISFIED = "satisfied", _("满意"), "green"
    NEUTRAL = "neutral", _("一般"), "gray"
    DISSATISFIED = "dissatisfied", _("不满意"), "orange"
    VERY_DISSATISFIED = "very_dissatisfied", _("非常不满意"), "red"


SATISFIED = frozenset({Satisfaction.VERY, Satisfaction.SATISFIED})
DISSATISFIED = frozenset({Satisfaction.DISSATISFIED, Satisfaction.VERY_DISSATISFIED})


class ReturnVisit(Case):
    """A return visit; the case it follows is its link of kind `return_visit`."""

    __tablename__ = "return_visits"
    __mapper_args__ = {"polymorphic_identity": "return_visits"}

    id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    origin_process: Mapped[Code] = mapped_column(index=True)
    """The process it follows: complaints and repairs are never added up."""
    attempts: Mapped[int] = mapped_column(default=0, info=ui(_("未联系上次数"), in_list=True))
    first_attempt_on: Mapped[date | None] = mapped_column(Date)
    last_attempt_on: Mapped[date | None] = mapped_column(Date, info=ui(_("最近尝试")))
    manner: Mapped[Manner | None] = mapped_column(default=Manner.PHONE, info=ui(_("回访方式"), in_filter=True))
    solved: Mapped[Solved | None] = mapped_column(info=ui(_("是否解决"), in_list=True, in_filter=True))
    satisfaction: Mapped[Satisfaction | None] = mapped_column(info=ui(_("满意程度"), in_list=True, in_filter=True))
    opinion: Mapped[Prose] = mapped_column(default="", info=ui(_("客户意见")))


def origin_of(session: Session, visit: Case) -> Case | None:
    """Find the case that a visit follows, whoever's it is."""
    return session.scalar(
        select(Case)
        .join(CaseLink, CaseLink.other_id == Case.id)
        .where(CaseLink.case_id == visit.id, CaseLink.kind == "return_visit")
    )


def open_visit_of(session: Session, case: Case) -> ReturnVisit | None:
    """Find the visit still due for a case."""
    return session.scalar(
        select(ReturnVisit)
        .join(CaseLink, CaseLink.case_id == ReturnVisit.id)
        .where(CaseLink.other_id == case.id, CaseLink.kind == "return_visit", ReturnVisit.closed_at.is_(None))
    )


def schedule(step: Step, days: Setting) -> None:
    """Put the case of this step on the list of return visits, due within `days` (a setting)."""
    case = step.case
    step.open(
        "return_visits",
        {
            "estate_id": case.estate_id, "building_id": case.building_id, "unit_id": case.unit_id,
            "facility_id": case.facility_id, "place": case.place, "customer_id": case.customer_id,
            "contact_name": case.contact_name, "contact_phone": case.contact_phone, "words": case.words,
            "about_user_id": case.about_user_id, "days": settings.value_of(step.session, days, case.estate_id),
        },
        link="return_visit",
    )  # fmt: skip


def _scheduled(step: Step) -> None:
    assert step.cause is not None  # noqa: S101 - nobody opens one by hand
    origin = step.session.get_one(Case, step.cause.case_id)
    step.case.origin_process, step.case.topic = origin.process, origin.topic
    step.case.due_at = step.at + timedelta(days=step.values["days"])


def _other_than_the_handler(session: Session, visit: ReturnVisit) -> Words | None:
    origin = origin_of(session, visit)
    mine = origin is not None and origin.handled_by == actor_of(session).user_id
    return _("这件事是您处理的，请由其他人回访。") if mine else None


def _tried_enough(session: Session, visit: ReturnVisit) -> Words | None:  # noqa: ARG001 - a gate
    two_days = visit.first_attempt_on != visit.last_attempt_on
    if visit.attempts >= ATTEMPTS and two_days:
        return None
    return _("要在两天内至少联系 {most} 次，现在 {now} 次。", most=ATTEMPTS, now=visit.attempts)


def _not_reached(step: Step) -> None:
    visit: ReturnVisit = step.case
    visit.attempts += 1
    visit.first_attempt_on = visit.first_attempt_on or step.day
    visit.last_attempt_on = step.day


def _reached(step: Step) -> None:
    visit: ReturnVisit = step.case
    visit.handled_at, visit.handled_on, visit.handled_by = step.at, step.day, step.actor.user_id
    origin = origin_of(step.session, visit)
    assert origin is not None  # noqa: S101 - every visit follows a case
    said = visit.opinion or step.note or str(visit.solved.label if visit.solved else "")
    if visit.solved is Solved.NO:
        step.perform(origin.id, "reopen", {"note": said})
        return
    step.perform(origin.id, "visited", note=visit.opinion)
    if visit.satisfaction in DISSATISFIED:
        approvals.ask(step.session, "return_visit", visit.id, visit.estate_id, (leader_of(process_of(origin.process)),))


def _given_up(reason: str) -> Callable[[Step], None]:
    def then(step: Step) -> None:
        origin = origin_of(step.session, step.case)
        assert origin is not None  # noqa: S101 - every visit follows a case
        step.perform(origin.id, "close_unvisited", {"unvisited_reason": reason})

    return then


def figures(visit: Case) -> list[tuple[str, date]]:
    """Count what the return-visit report shows: satisfied ones by day."""
    assert isinstance(visit, ReturnVisit)  # noqa: S101 - declared for this process
    reached = visit.handled_on is not None and visit.satisfaction in SATISFIED
    return [("satisfied", visit.handled_on)] if reached and visit.handled_on else []


VISITORS = OFFICE
DAYS = Field("days", _("几天内回访"), "number")
PROCESS = Process(
    key="return_visits",
    prefix="HF",
    section="service",
    title=_("回访"),
    icon=":material/call:",
    model=ReturnVisit,
    start=State.DUE,
    ends=(State.DONE, State.GIVEN_UP),
    asks=(
        optional("estate_id"), optional("building_id"), optional("unit_id"), optional("facility_id"),
        optional("place"), optional("customer_id"), optional("contact_name"), optional("contact_phone"), "words",
        optional("about_user_id"), DAYS,
    ),
    openers=frozenset(),
    opened=_scheduled,
    figures=figures,
    actions=(
        Action("reached", _("已联系上"), (State.DUE,), State.DONE, VISITORS,
               asks=("solved", "satisfaction", "manner", optional("opinion")),
               needs=(_other_than_the_handler,), then=_reached, main=True),
        Action("not_reached", _("未联系上"), (State.DUE,), None, VISITORS, asks=("manner",),
               needs=(_other_than_the_handler,), then=_not_reached),
        Action("refused", _("客户拒访"), (State.DUE,), State.GIVEN_UP, VISITORS,
               needs=(_other_than_the_handler,), then=_given_up("refused")),
        Action("give_up", _("放弃回访"), (State.DUE,), State.GIVEN_UP, VISITORS,
               needs=(_tried_enough,), then=_given_up("not_reached")),
        escalations.warned(State.DUE),
    ),
)  # fmt: skip
