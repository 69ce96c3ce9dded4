"""Repairs 报修: taken in, dispatched, done, signed, visited again; at home or at a public facility (HB:41-42, 138)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db import deadlines, escalations, settings
from db.base import Choice, Line, Name, Prose, Yuan
from db.cases import Case, CaseHand
from db.fields import Field, asked, optional, ui
from db.people import LEADERS, OFFICE, WORKS, Role
from db.process import Action, Process, Step, perform
from db.processes import return_visits
from db.processes.return_visits import SATISFIED, Satisfaction
from db.refused import Refused
from db.session import actor_of
from db.settings import Setting
from db.words import Words, _

ANSWER_HOURS = Setting("repairs.answer_hours", _("报修：多少小时内答复"), 24, least=1)
DONE_HOURS = Setting("repairs.done_hours", _("报修：普通多少小时内完工"), 24, least=1)
URGENT_HOURS = Setting("repairs.urgent_hours", _("报修：急修多少小时内完工"), 4, least=1)
VISIT_DAYS = Setting("repairs.visit_days", _("报修：完工后几天内回访"), 3, least=1, most=60)
VISIT_SHARE = Setting("repairs.visit_share", _("报修：一般维修回访百分之几"), 30, _("有偿维修和漏水全部回访"), most=100)
BY_PHONE, BY_SLIP = "phone", "slip"
WORKING_WAY = Setting(
    "repairs.working_way",
    _("报修：维修进度怎样录入"),
    BY_PHONE,
    choices={BY_PHONE: _("维修人员在手机上点，前台也可录回单"), BY_SLIP: _("只由前台凭回单录入")},
)


class State(Choice):
    """Where a repair stands."""

    WAITING = "waiting", _("待派单"), "orange"
    DISPATCHED = "dispatched", _("已派单"), "blue"
    WORKING = "working", _("维修中"), "blue"
    PAUSED = "paused", _("暂停"), "gray"
    TO_SIGN = "to_sign", _("待签字"), "violet"
    TO_VISIT = "to_visit", _("待回访"), "violet"
    DONE = "done", _("已办结"), "green"
    WITHDRAWN = "withdrawn", _("已取消"), "gray"
    VOID = "void", _("已作废"), "gray"


class Category(Choice):
    """What is broken; homes, public facilities and park together."""

    PLUMBING = "plumbing", _("给排水")
    LEAK = "leak", _("墙面渗漏")
    ELECTRIC = "electric", _("电路灯具")
    DOORS = "doors", _("门窗五金")
    INTERCOM = "intercom", _("对讲弱电")
    HEATING = "heating", _("供暖空调")
    SANITARY = "sanitary", _("洁具")
    PUBLIC_LIGHT = "public_light", _("公共照明")
    ACCESS = "access", _("单元门门禁")
    LIFT = "lift", _("电梯")
    SEWAGE = "sewage", _("污水井")
    BARRIER = "barrier", _("道闸车场")
    FIRE = "fire", _("消防")
    ROADS = "roads", _("道路井盖")
    CCTV = "cctv", _("监控")
    ROOF = "roof", _("屋面外墙")
    OTHER = "other", _("其他")


class Urgency(Choice):
    """How soon somebody must come."""

    NORMAL = "normal", _("普通"), "gray"
    URGENT = "urgent", _("急修"), "red"
    APPOINTED = "appointed", _("预约"), "blue"


class Channel(Choice):
    """How it was reported."""

    PHONE = "phone", _("电话")
    WECHAT = "wechat", _("微信")
    DESK = "desk", _("前台")
    STAFF = "staff", _("管家/巡查")
    NIGHT = "night", _("夜间监控室")


class ChargeKind(Choice):
    """Who bears the cost."""

    FREE = "free", _("无偿"), "gray"
    PAID = "paid", _("有偿"), "orange"
    WARRANTY = "warranty", _("保修期内"), "blue"
    OUTSIDE = "outside", _("外委"), "violet"


class PauseKind(Choice):
    """Why the clock stands."""

    PARTS = "parts", _("待料")
    FIRM = "firm", _("待外委")
    CUSTOMER = "customer", _("等客户")


class UnvisitedReason(Choice):
    """Why there was no return visit."""

    NOT_DUE = "not_due", _("按规则不需回访")
    NOT_REACHED = "not_reached", _("三次未联系上")
    REFUSED = "refused", _("客户拒访")


class Repair(Case):
    """A repair; one that charges is a paid service and counts in objective 4."""

    __tablename__ = "repairs"
    __mapper_args__ = {"polymorphic_identity": "repairs"}

    id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    category: Mapped[Category] = mapped_column(index=True, info=ui(_("报修类别"), in_list=True, in_filter=True))
    urgency: Mapped[Urgency] = mapped_column(info=ui(_("缓急"), in_list=True, in_filter=True))
    channel: Mapped[Channel] = mapped_column(default=Channel.PHONE, info=ui(_("渠道"), in_filter=True))
    public: Mapped[bool] = mapped_column(default=False, info=ui(_("公共区域"), in_list=True, in_filter=True))
    appointed_from: Mapped[datetime | None] = mapped_column(info=ui(_("预约时间起"), in_list=True, ahead=True))
    appointed_to: Mapped[datetime | None] = mapped_column(info=ui(_("预约时间止"), ahead=True))
    charge_kind: Mapped[ChargeKind | None] = mapped_column(info=ui(_("收费性质"), in_list=True, in_filter=True))
    quoted: Mapped[Yuan | None] = mapped_column(info=ui(_("报价(元)")))
    price_agreed: Mapped[bool] = mapped_column(default=False, info=ui(_("客户已同意报价")))
    firm_id: Mapped[int | None] = mapped_column(ForeignKey("firms.id"), index=True, info=ui(_("外委单位")))
    dispatched_at: Mapped[datetime | None] = mapped_column(info=ui(_("派单时间")))
    accepted_at: Mapped[datetime | None] = mapped_column(info=ui(_("接单时间")))
    arrived_at: Mapped[datetime | None] = mapped_column(info=ui(_("到场时间")))
    pause_kind: Mapped[PauseKind | None] = mapped_column(info=ui(_("暂停类别")))
    no_entries: Mapped[int] = mapped_column(default=0, info=ui(_("无法入户次数")))
    work: Mapped[Prose] = mapped_column(default="", info=ui(_("维修内容")))
    materials: Mapped[Line] = mapped_column(default="", info=ui(_("用料")))
    charge: Mapped[Yuan | None] = mapped_column(info=ui(_("收费(元)"), in_list=True))
    signed_by: Mapped[Name] = mapped_column(default="", info=ui(_("签字人")))
    signed_at: Mapped[datetime | None] = mapped_column(info=ui(_("签字时间")))
    rating: Mapped[Satisfaction | None] = mapped_column(info=ui(_("客户评价"), in_list=True, in_filter=True))
    reopened: Mapped[int] = mapped_column(default=0, info=ui(_("返修次数")))
    unvisited_reason: Mapped[UnvisitedReason | None] = mapped_column(info=ui(_("未回访原因")))


_PROPOSALS: tuple[tuple[str, Category], ...] = (
    (r"困人|关人|电梯.{0,6}(停|坏|困)|电梯", Category.LIFT),
    (r"污水|外溢|井.{0,3}(溢|堵|满)", Category.SEWAGE),
    (r"井盖|路面|道路", Category.ROADS),
    (r"道闸|车场|车库.{0,4}门", Category.BARRIER),
    (r"单元门|门禁", Category.ACCESS),
    (r"消防|烟感|喷淋", Category.FIRE),
    (r"监控|摄像", Category.CCTV),
    (r"楼道.{0,4}灯|路灯|公共.{0,3}灯|大堂.{0,3}灯|车库.{0,3}灯", Category.PUBLIC_LIGHT),
    (r"屋面|外墙|楼顶", Category.ROOF),
    (r"渗|墙.{0,4}(湿|水|裂)|裂缝", Category.LEAK),
    (r"暖气|地暖|供暖|空调", Category.HEATING),
    (r"漏水|爆管|跑水|水管|下水|堵|龙头|阀|停水|水表", Category.PLUMBING),
    (r"马桶|洁具|花洒|洗手盆", Category.SANITARY),
    (r"对讲|网络|电视|弱电|宽带", Category.INTERCOM),
    (r"电|灯|跳闸|插座|开关|空开", Category.ELECTRIC),
    (r"门|窗|锁|合页|玻璃|拉手", Category.DOORS),
)
_LEAKS = re.compile(r"漏水|渗水")
_URGENT = re.compile(r"漏水|爆管|跑水|困人|关人|冒烟|火花|触电|燃气|煤气|外溢|停电|没电|跳闸|进不了门|溢")


def propose(words: str) -> tuple[Category, Urgency]:
    """Propose category and urgency from the words typed (漏水 → 给排水, 急修); the clerk may correct both."""
    category = next((found for pattern, found in _PROPOSALS if re.search(pattern, words)), Category.OTHER)
    return category, Urgency.URGENT if _URGENT.search(words) else Urgency.NORMAL


TECHNICIANS = Field("technicians", _("维修人员"), "people", _("可选多人，第一位负责"), required=False)
ARRIVED = Field("arrived_on_site", _("到场时间"), "moment")
FINISHED = Field("finished_at", _("完工时间"), "moment")
DISPATCHERS = OFFICE | {Role.WORKS_SUPERVISOR}
AT_WORK = DISPATCHERS | {Role.TECHNICIAN}
RUNNING = (State.WAITING, State.DISPATCHED, State.WORKING, State.PAUSED)


def _taken_in(step: Step) -> None:
    case: Repair = step.case
    if case.unit_id is None and case.facility_id is None and not case.place:
        wrong = _("请选择房屋或公共设施，或写明地点。")
        raise Refused(_("请写明哪里要修。"), {"unit_id": wrong, "place": wrong})
    category, urgency = propose(case.words)
    case.category = case.category or category
    if step.values.get("urgency") is None:
        case.urgency = Urgency.APPOINTED if case.appointed_from and urgency is Urgency.NORMAL else urgency
    case.public = case.public or case.unit_id is None
    case.topic, case.grave = case.category.value, case.urgency is Urgency.URGENT
    _window_makes_sense(step)
    case.answer_due_at = deadlines.after(step.session, case, ANSWER_HOURS, step.at)
    _set_due(step)


def _window_makes_sense(step: Step) -> None:
    case: Repair = step.case
    if case.appointed_to and case.appointed_from and case.appointed_to <= case.appointed_from:
        raise Refused(_("预约的结束时间要晚于开始时间。"), {"appointed_to": _("要晚于开始时间。")})


def _set_due(step: Step) -> None:
    """Urgent within hours, normal within a day; a day that the customer wished for is never late before it."""
    case: Repair = step.case
    urgent = case.urgency is Urgency.URGENT
    due = deadlines.after(step.session, case, URGENT_HOURS if urgent else DONE_HOURS, step.at)
    wished = case.appointed_to or case.appointed_from
    case.due_at = max(due, wished) if wished and not urgent else due


def _dispatched(step: Step) -> None:
    case: Repair = step.case
    technicians = step.values.get("technicians") or ()
    if not technicians and case.firm_id is None:
        raise Refused(_("请选择维修人员或外委单位。"), {"technicians": _("请选择。")})
    if case.charge_kind is ChargeKind.PAID and (case.quoted is None or not case.price_agreed):
        wrong = _("有偿维修要先告知价格并得到客户同意。")
        raise Refused(wrong, {"quoted": wrong} if case.quoted is None else {"price_agreed": wrong})
    if case.charge_kind is ChargeKind.OUTSIDE and case.firm_id is None:
        raise Refused(_("外委维修请选择外委单位。"), {"firm_id": _("请选择。")})
    _window_makes_sense(step)
    _take_hands(step.session, case, tuple(technicians))
    case.dispatched_at = step.at
    case.accepted_at = case.arrived_at = None
    deadlines.answered(step)
    if case.appointed_from:
        _set_due_from_opening(step)


def _take_hands(session: Session, case: Repair, users: tuple[int, ...]) -> None:
    """Set who works on a repair: the first carries it, the others help."""
    case.assigned_to = users[0] if users else None
    for hand in session.scalars(select(CaseHand).where(CaseHand.case_id == case.id)):
        session.delete(hand)
    session.flush()
    session.add_all(CaseHand(case_id=case.id, user_id=user) for user in users[1:])


def _transferred(step: Step) -> None:
    deadlines.resume(step)
    step.case.pause_kind = None
    _dispatched(step)


def _set_due_from_opening(step: Step) -> None:
    wished = step.case.appointed_to or step.case.appointed_from
    if step.case.due_at is not None and wished and step.case.urgency is not Urgency.URGENT:
        step.case.due_at = max(step.case.due_at, wished)


def _mine(session: Session, case: Repair) -> Words | None:
    """Gate: a technician works on his own orders only, and not on the screen where the office goes by slips."""
    actor = actor_of(session)
    if actor.roles & DISPATCHERS:
        return None
    if settings.value_of(session, WORKING_WAY, case.estate_id) == BY_SLIP:
        return _("本项目凭回单录入，请把填好的回单交给前台。")
    helps = case.assigned_to == actor.user_id or session.get(CaseHand, (case.id, actor.user_id)) is not None
    return None if helps else _("这张单派给了别人。")


def _accepted(step: Step) -> None:
    step.case.accepted_at = step.at


def _arrived(step: Step) -> None:
    step.case.arrived_at = step.at
    step.case.accepted_at = step.case.accepted_at or step.at
    deadlines.resume(step)


def _no_entry(step: Step) -> None:
    step.case.no_entries += 1
    step.case.appointed_to = step.values["appointed_to"]  # the old window's end is not the new one's
    _window_makes_sense(step)
    _set_due_from_opening(step)


def _paused(step: Step) -> None:
    deadlines.pause(step)


def _resumed(step: Step) -> None:
    deadlines.resume(step)
    step.case.pause_kind = None


def _finished(step: Step) -> None:
    case: Repair = step.case
    if case.charge and case.charge_kind is not ChargeKind.PAID:
        raise Refused(_("只有派单时定为有偿的维修才能收费，请先更正收费性质。"), {"charge": _("本单不是有偿维修。")})
    if case.arrived_at and step.at < case.arrived_at:
        raise Refused(_("完工时间不能早于到场时间。"), {"at": _("不能早于到场时间。")})
    case.arrived_at = case.arrived_at or step.at
    case.accepted_at = case.accepted_at or case.arrived_at
    case.pause_kind = None
    deadlines.handled(step)
    case.handled_by = case.assigned_to or step.actor.user_id
    if case.signed_by and not case.public:
        step.perform(case.id, "sign", {"signed_by": case.signed_by})


def _signature_is_the_stewards(session: Session, case: Repair) -> Words | None:
    """Gate: a public fault is signed off by the steward (HB:138, requirement M4)."""
    if case.public and not actor_of(session).roles & {Role.STEWARD, Role.SUPERVISOR}:
        return _("公共设施维修由物业管家验收签字。")
    return None


def visit_is_due(session: Session, case: Repair) -> bool:
    """Say by rule whether a finished repair is visited: paid ones and leaks all, others by share, public none.

    The share is drawn from the number, so the same case always gets the same answer.
    """
    if case.public:
        return False
    if case.charge or case.category is Category.LEAK or _LEAKS.search(case.words):
        return True
    share = settings.value_of(session, VISIT_SHARE, case.estate_id)
    return zlib.crc32(case.number.encode()) % 100 < int(share)


def _signed(step: Step) -> None:
    case: Repair = step.case
    case.signed_at = step.at
    if visit_is_due(step.session, case):
        return_visits.schedule(step, VISIT_DAYS)
    else:
        step.perform(case.id, "close_unvisited", {"unvisited_reason": UnvisitedReason.NOT_DUE})


def _visited(step: Step) -> None:
    step.case.visited_at = step.case.visited_at or step.at
    visit = step.session.get(return_visits.ReturnVisit, step.cause.case_id) if step.cause else None
    if visit is not None and visit.satisfaction is not None:
        step.case.rating = visit.satisfaction  # the last rating counts


def _reopened(step: Step) -> None:
    case: Repair = step.case
    deadlines.taken_up_again(step)
    case.reopened += 1
    case.arrived_at = case.accepted_at = case.dispatched_at = case.signed_at = None
    case.signed_by = ""
    case.unvisited_reason = None
    case.due_at = deadlines.after(step.session, case, DONE_HOURS, step.at)


def _no_open_visit(session: Session, case: Repair) -> Words | None:
    visit = return_visits.open_visit_of(session, case)
    return _("请在回访单 {number} 登记回访。", number=visit.number) if visit else None


def _corrected(step: Step) -> None:
    case: Repair = step.case
    case.topic, case.grave = case.category.value, case.urgency is Urgency.URGENT


def figures(case: Case) -> list[tuple[str, date]]:
    """Count a repair that charges as a paid service done, and as satisfied by its last rating (objective 4)."""
    assert isinstance(case, Repair)  # noqa: S101 - declared for this process
    if case.charge_kind is not ChargeKind.PAID or not case.charge or case.handled_on is None:
        return []
    done = [("paid_done", case.handled_on)]
    if case.rating is not None:
        done.append(("paid_rated", case.handled_on))
    return done + ([("paid_satisfied", case.handled_on)] if case.rating in SATISFIED else [])


def enter_slip(
    session: Session,
    case_id: int,
    values: Mapping[str, Any],
    *,
    version: int | None = None,
    token: str | None = None,
) -> Repair:
    """Enter a returned slip 回单 in one form: arrived, finished, work, materials, charge, satisfied, signed.

    `values` holds `arrived_on_site` and `finished_at` (aware moments) beside what `finish` asks. Accepts, arrives,
    finishes and signs as the slip says, each its own event at its own time; all or none.
    """
    arrived, finished = values.get("arrived_on_site"), values.get("finished_at")
    problems = {name: _("请填写。") for name in ("arrived_on_site", "finished_at") if values.get(name) is None}
    if problems:
        raise Refused(_("请填写到场和完工时间。"), problems)
    case: Repair = perform(session, case_id, "arrive", {}, version=version, at=arrived, token=token)
    if case.state in {State.TO_SIGN, State.TO_VISIT, State.DONE}:  # a second press of the same form
        return case
    finish = {name: value for name, value in values.items() if name not in {"arrived_on_site", "finished_at"}}
    return perform(session, case_id, "finish", finish, at=finished)  # type: ignore[no-any-return]


SLIP = (ARRIVED, FINISHED, "work", optional("charge"), optional("rating"), optional("materials"),
        optional("signed_by"))  # fmt: skip
"""What the form of a returned slip asks."""

PROCESS = Process(
    key="repairs",
    prefix="BX",
    section="service",
    title=_("报修"),
    icon=":material/build:",
    model=Repair,
    start=State.WAITING,
    ends=(State.DONE, State.WITHDRAWN, State.VOID),
    asks=(
        optional("unit_id"), asked("words", _("报修内容")), optional("appointed_from"), optional("appointed_to"),
        optional("customer_id"), optional("category"), optional("urgency"), optional("facility_id"),
        optional("place"), optional("contact_name"), optional("contact_phone"), "channel", "public",
        optional("estate_id"),
    ),
    openers=OFFICE | WORKS | {Role.GUARD},
    opened=_taken_in,
    figures=figures,
    actions=(
        Action("dispatch", _("派单"), (State.WAITING,), State.DISPATCHED, DISPATCHERS,
               asks=(TECHNICIANS, "charge_kind", optional("quoted"), "price_agreed", optional("firm_id"),
                     optional("appointed_from"), optional("appointed_to")),
               then=_dispatched, main=True),
        Action("accept", _("接单"), (State.DISPATCHED,), None, AT_WORK, needs=(_mine,), then=_accepted),
        Action("arrive", _("到场"), (State.DISPATCHED, State.PAUSED), State.WORKING, AT_WORK, needs=(_mine,),
               then=_arrived, main=True),
        Action("finish", _("完工"), (State.WORKING,), State.TO_SIGN, AT_WORK, needs=(_mine,),
               asks=("work", optional("materials"), optional("charge"), optional("signed_by"), optional("rating")),
               then=_finished, main=True),
        Action("sign", _("签字确认"), (State.TO_SIGN,), State.TO_VISIT, AT_WORK, needs=(_signature_is_the_stewards,),
               asks=("signed_by", optional("rating")), then=_signed, main=True),
        Action("no_entry", _("无法入户"), (State.DISPATCHED, State.WORKING), State.DISPATCHED, AT_WORK,
               needs=(_mine,), asks=("appointed_from", optional("appointed_to"), "note"), then=_no_entry),
        Action("pause", _("待料/待外委"), (State.DISPATCHED, State.WORKING), State.PAUSED, AT_WORK, needs=(_mine,),
               asks=("pause_kind", "pause_reason", optional("firm_id")), then=_paused),
        Action("resume", _("恢复维修"), (State.PAUSED,), State.WORKING, AT_WORK, needs=(_mine,), then=_resumed),
        Action("transfer", _("转单"), (State.DISPATCHED, State.WORKING, State.PAUSED), State.DISPATCHED, DISPATCHERS,
               asks=(TECHNICIANS, "charge_kind", optional("quoted"), "price_agreed", optional("firm_id"), "note"),
               then=_transferred),
        Action("correct", _("更正"), RUNNING, None, AT_WORK, needs=(_mine,),
               asks=("category", "urgency"), then=_corrected),
        escalations.urged(_("催单"), *RUNNING),
        Action("supervise", _("督办"), RUNNING, None, LEADERS | {Role.WORKS_SUPERVISOR}, asks=("note",),
               then=escalations.put_on_the_superiors_list),
        escalations.reported_up(*RUNNING),
        escalations.warned(*RUNNING),
        Action("visited", _("回访完成"), (State.TO_VISIT,), State.DONE, frozenset(), then=_visited),
        Action("close_unvisited", _("未回访办结"), (State.TO_VISIT,), State.DONE, LEADERS | {Role.WORKS_SUPERVISOR},
               asks=("unvisited_reason",), needs=(_no_open_visit,)),
        Action("rate", _("客户评价"), (State.TO_SIGN, State.TO_VISIT, State.DONE), None, OFFICE, asks=("rating",)),
        Action("reopen", _("返修"), (State.TO_SIGN, State.TO_VISIT, State.DONE), State.WAITING, DISPATCHERS,
               asks=("note",), needs=(_no_open_visit,), then=_reopened),
        escalations.withdrawn(_("取消"), State.WITHDRAWN, *RUNNING),
        escalations.voided(State.VOID, *RUNNING, State.TO_SIGN, State.TO_VISIT, State.DONE),
    ),
)  # fmt: skip
