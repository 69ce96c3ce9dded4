"""Complaints 投诉: taken in, understood, explained, solved, told; then visited again and closed (HB:22-25, 37-39)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from sqlalchemy import Date, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db import deadlines, escalations
from db.base import Choice, Code, Name, Prose
from db.cases import Case, CaseLink
from db.clock import moment_of
from db.fields import Field, optional, ui
from db.people import LEADERS, OFFICE, Role
from db.process import Action, Process, Step, perform
from db.processes import return_visits
from db.refused import Refused
from db.settings import Setting
from db.words import Words, _

ANSWER_HOURS = Setting("complaints.answer_hours", _("投诉：多少小时内答复"), 24, _("手册 235 行"), least=1)
VISIT_DAYS = Setting("complaints.visit_days", _("投诉：处理完毕后几天内回访"), 3, least=1, most=60)
DONE_HOURS = Setting("complaints.done_hours", _("投诉：多少小时内处理完毕"), 24, _("手册 153 行"), least=1)


class State(Choice):
    """Where a complaint stands."""

    WAITING = "waiting", _("待受理"), "orange"
    WORKING = "working", _("处理中"), "blue"
    TO_VISIT = "to_visit", _("待回访"), "violet"
    DONE = "done", _("已办结"), "green"
    WITHDRAWN = "withdrawn", _("已撤诉"), "gray"
    MERGED = "merged", _("已合并"), "gray"
    VOID = "void", _("已作废"), "gray"


class Category(Choice):
    """What a complaint is about."""

    NOISE = "noise", _("噪声扰民")
    PARKING = "parking", _("停车与车辆")
    CLEANING = "cleaning", _("环境卫生")
    REPAIR = "repair", _("维修不及时/未修好")
    LIFT = "lift", _("电梯")
    SECURITY = "security", _("安全秩序")
    HEATING = "heating", _("供暖空调供水")
    FEES = "fees", _("收费争议")
    RENOVATION = "renovation", _("装修违章")
    MANNER = "manner", _("服务态度")
    GREENING = "greening", _("绿化")
    POWER = "power", _("供电网络")
    ACCESS = "access", _("门禁访客")
    OTHER = "other", _("其他")


class Gravity(Choice):
    """How heavy a complaint weighs; a grave one goes to the leader at once."""

    NORMAL = "normal", _("一般"), "gray"
    IMPORTANT = "important", _("重要"), "orange"
    GRAVE = "grave", _("重大"), "red"


class Source(Choice):
    """How a complaint reached the office; the last four come with a number and a deadline of their own."""

    PHONE = "phone", _("电话")
    DESK = "desk", _("前台")
    WECHAT = "wechat", _("微信")
    STEWARD = "steward", _("管家")
    EMAIL = "email", _("邮件")
    HOTLINE = "hotline", _("12345热线")
    STREET = "street", _("街道")
    HEADQUARTERS = "headquarters", _("总部")
    COMMITTEE = "committee", _("业委会")


class Finding(Choice):
    """What the investigation found."""

    JUSTIFIED = "justified", _("属实")
    PARTLY = "partly", _("部分属实")
    UNJUSTIFIED = "unjustified", _("不属实")
    NOT_OURS = "not_ours", _("非物业责任")


class TellingWay(Choice):
    """How the customer was told."""

    PHONE = "phone", _("电话")
    IN_PERSON = "in_person", _("当面")
    WECHAT = "wechat", _("微信")
    LETTER = "letter", _("书面")


class UnvisitedReason(Choice):
    """Why no return visit could be made; such a complaint counts as not visited."""

    NOT_REACHED = "not_reached", _("三次未联系上")
    REFUSED = "refused", _("客户拒访")
    ANONYMOUS = "anonymous", _("匿名投诉")


class Complaint(Case):
    """A complaint."""

    __tablename__ = "complaints"
    __mapper_args__ = {"polymorphic_identity": "complaints"}

    id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    category: Mapped[Category] = mapped_column(index=True, info=ui(_("投诉类别"), in_list=True, in_filter=True))
    gravity: Mapped[Gravity] = mapped_column(
        default=Gravity.NORMAL, info=ui(_("严重程度"), in_list=True, in_filter=True)
    )
    source: Mapped[Source] = mapped_column(default=Source.PHONE, info=ui(_("来源"), in_list=True, in_filter=True))
    outside_number: Mapped[Code] = mapped_column(default="", info=ui(_("外部单号"), help=_("12345、街道等的工单号")))
    outside_due_at: Mapped[datetime | None] = mapped_column(info=ui(_("外部要求时限"), ahead=True))
    anonymous: Mapped[bool] = mapped_column(default=False, info=ui(_("匿名")))
    promised_on: Mapped[date | None] = mapped_column(Date, info=ui(_("答应日期"), help=_("答应客户在哪天前办好")))
    passed_at: Mapped[datetime | None] = mapped_column(info=ui(_("转出时间")))
    taken_over_at: Mapped[datetime | None] = mapped_column(info=ui(_("部门接收")))
    department_answer: Mapped[Prose] = mapped_column(default="", info=ui(_("部门答复")))
    facts: Mapped[Prose] = mapped_column(default="", info=ui(_("核实情况"), help=_("事实、原因、证据")))
    finding: Mapped[Finding | None] = mapped_column(info=ui(_("核实结论"), in_filter=True))
    solution: Mapped[Prose] = mapped_column(default="", info=ui(_("处理结果")))
    told_by: Mapped[TellingWay | None] = mapped_column(info=ui(_("告知方式")))
    unvisited_reason: Mapped[UnvisitedReason | None] = mapped_column(info=ui(_("未回访原因"), in_filter=True))
    improvement: Mapped[Prose] = mapped_column(default="", info=ui(_("改进措施")))
    improvement_owner: Mapped[Name] = mapped_column(default="", info=ui(_("改进责任人")))
    improvement_due_on: Mapped[date | None] = mapped_column(Date, info=ui(_("改进期限")))


REPEAT_OF = Field(
    "repeat_of", _("重复反映单号"), "text", _("客户以前投诉过同一件事，填原单号"), required=False, length=40
)
INTO = Field("into", _("并入单号"), "text", length=40)
NEW_DUE = Field("new_due_on", _("新的办结日期"), "date")
STEPS = ("understand", "apologise", "find_solution", "track")
"""The handbook's four steps (HB:22-25), in its order."""

OUTSIDE = frozenset({Source.HOTLINE, Source.STREET, Source.HEADQUARTERS, Source.COMMITTEE})
OPEN = (State.WAITING, State.WORKING)
HANDLERS = OFFICE | {Role.WORKS_SUPERVISOR}


def _taken_in(step: Step) -> None:
    case: Complaint = step.case
    if case.unit_id is None and not case.place:
        wrong = _("请选择房屋，或写明地点。")
        raise Refused(_("请写明投诉发生在哪里。"), {"unit_id": wrong, "place": wrong})
    if case.anonymous:
        case.customer_id, case.contact_name, case.contact_phone = None, "", None
    if case.source in OUTSIDE and not case.outside_number:
        raise Refused(
            _("来自{source}的投诉要填外部单号。", source=case.source.label), {"outside_number": _("请填写。")}
        )
    case.topic, case.grave = case.category.value, case.gravity is Gravity.GRAVE
    case.answer_due_at = deadlines.after(step.session, case, ANSWER_HOURS, step.at)
    case.due_at = case.outside_due_at or deadlines.after(step.session, case, DONE_HOURS, step.at)
    if case.grave:
        case.escalated_at = step.at
    if number := step.values.get("repeat_of"):
        _link(step, number, "repeat")


def _link(step: Step, number: str, kind: str) -> Complaint:
    other = step.session.scalar(select(Complaint).where(Complaint.number == number.strip().upper()))
    if other is None or other.estate_id != step.case.estate_id or other.id == step.case.id:
        raise Refused(_("没有找到投诉单 {number}。", number=number), {INTO.name: _("请核对单号。")})
    step.session.add(step.case)
    step.session.flush()
    linked = select(CaseLink.id).where(
        CaseLink.case_id == step.case.id, CaseLink.other_id == other.id, CaseLink.kind == kind
    )
    if step.session.scalar(linked) is None:
        step.session.add(CaseLink(case_id=step.case.id, other_id=other.id, kind=kind))
    return other


def _accepted(step: Step) -> None:
    step.case.assigned_to = step.case.assigned_to or step.actor.user_id
    _not_the_one_meant(step)


def _not_the_one_meant(step: Step) -> None:
    if step.case.assigned_to is not None and step.case.assigned_to == step.case.about_user_id:
        raise Refused(_("本单投诉的就是这位员工，请选其他人经办。"), {"assigned_to": _("请选其他人。")})


def _passed_on(step: Step) -> None:
    step.case.passed_at, step.case.taken_over_at, step.case.department_answer = step.at, None, ""
    _not_the_one_meant(step)


def _taken_over(step: Step) -> None:
    step.case.taken_over_at = step.at


def _extended(step: Step) -> None:
    due = moment_of(step.values["new_due_on"], time(23, 59))
    if step.case.due_at is not None and due <= step.case.due_at:
        raise Refused(_("新的日期要晚于原来的时限。"), {"new_due_on": _("要晚于原时限。")})
    step.case.due_at = due


def _handled(step: Step) -> None:
    case: Complaint = step.case
    if case.told_by is None and not case.anonymous:
        raise Refused(_("请先把处理结果告知客户，并填写告知方式。"), {"told_by": _("请选择告知方式。")})
    deadlines.handled(step)
    if case.anonymous:
        step.perform(case.id, "close_unvisited", {"unvisited_reason": UnvisitedReason.ANONYMOUS})
    else:
        return_visits.schedule(step, VISIT_DAYS)


def _visited(step: Step) -> None:
    step.case.visited_at = step.case.visited_at or step.at


def _reopened(step: Step) -> None:
    deadlines.taken_up_again(step)
    step.case.due_at = deadlines.after(step.session, step.case, DONE_HOURS, step.at)


def _corrected(step: Step) -> None:
    step.case.topic = step.case.category.value


def _merged(step: Step) -> None:
    other = _link(step, step.values["into"], "merged")
    if not other.counts:
        raise Refused(_("{number} 已作废或撤销，不能并入。", number=other.number), {"into": _("请核对单号。")})
    step.case.counts = False


def _linked_to_group(step: Step) -> None:
    _link(step, step.values["into"], "group")


def _taken(session: Session, case: Complaint) -> Words | None:  # noqa: ARG001 - a gate
    return None if case.passed_at else _("还没有转给部门。")


def _never_over(session: Session, case: Complaint) -> Words | None:  # noqa: ARG001 - a gate
    return _("部门已接收。") if case.taken_over_at else None


def _no_open_visit(session: Session, case: Complaint) -> Words | None:
    visit = return_visits.open_visit_of(session, case)
    return _("请在回访单 {number} 登记回访。", number=visit.number) if visit else None


def enter_steps(
    session: Session,
    case_id: int,
    entries: Sequence[tuple[str, datetime | None, str]],
    *,
    version: int | None = None,
    token: str | None = None,
) -> Complaint:
    """Enter one or several of the four steps told in one form: (step, when, what was said), all or none.

    `step` is one of `STEPS`. Each becomes its own event; the form's token goes with the first.
    """
    if not entries:
        raise Refused(_("请至少填写一步。"))
    complaint: Complaint | None = None
    for step, at, note in entries:
        complaint = perform(
            session, case_id, step, {"note": note}, version=version if complaint is None else None, at=at,
            token=token if complaint is None else None,
        )  # fmt: skip
    assert complaint is not None  # noqa: S101 - entries is not empty
    return complaint


def _told_step(name: str, label: Words) -> Action:
    return Action(name, label, OPEN, State.WORKING, HANDLERS, asks=("note",), then=_spoken)


def _spoken(step: Step) -> None:
    _accepted(step)
    deadlines.answered(step)


PROCESS = Process(
    key="complaints",
    prefix="TS",
    section="service",
    title=_("投诉"),
    icon=":material/feedback:",
    model=Complaint,
    start=State.WAITING,
    ends=(State.DONE, State.WITHDRAWN, State.MERGED, State.VOID),
    asks=(
        optional("unit_id"), optional("customer_id"), "words", "category", optional("place"), optional("promised_on"),
        "gravity", "source", optional("contact_name"), optional("contact_phone"), "anonymous",
        optional("department"), optional("about_user_id"), optional("outside_number"), optional("outside_due_at"),
        REPEAT_OF, optional("estate_id"),
    ),
    openers=OFFICE,
    opened=_taken_in,
    actions=(
        Action("accept", _("受理"), (State.WAITING,), State.WORKING, HANDLERS,
               asks=(optional("assigned_to"),), then=_accepted, main=True),
        _told_step("understand", _("了解情况")),
        _told_step("apologise", _("道歉解释")),
        _told_step("find_solution", _("商定方案")),
        _told_step("track", _("跟踪告知")),
        Action("handle", _("处理完毕"), (State.WORKING,), State.TO_VISIT, HANDLERS,
               asks=("finding", optional("facts"), "solution", optional("told_by")),
               then=_handled, main=True),
        Action("pass_on", _("转部门"), OPEN, State.WORKING, HANDLERS,
               asks=("department", optional("assigned_to")), then=_passed_on),
        Action("take_over", _("部门接收"), (State.WORKING,), None, HANDLERS | {Role.TECHNICIAN},
               asks=(optional("assigned_to"),), needs=(_taken, _never_over), then=_taken_over),
        Action("department_answers", _("部门答复"), (State.WORKING,), None, HANDLERS | {Role.TECHNICIAN},
               asks=("department_answer",), needs=(_taken,)),
        Action("verify", _("核实"), (State.WORKING,), None, HANDLERS, asks=("facts", "finding")),
        Action("extend", _("延期"), (State.WORKING,), None, HANDLERS, asks=(NEW_DUE, "told_by", "note"),
               then=_extended),
        Action("correct", _("更正类别"), OPEN, None, OFFICE, asks=("category", "gravity"),
               then=_corrected),
        escalations.urged(_("催办"), *OPEN),
        escalations.reported_up(*OPEN, State.TO_VISIT),
        escalations.warned(*OPEN),
        Action("group", _("关联同一事件"), OPEN, None, OFFICE, asks=(INTO,), then=_linked_to_group),
        Action("merge", _("合并"), OPEN, State.MERGED, OFFICE, asks=(INTO,), then=_merged,
               confirm=_("合并后本单办结，以后在并入的那张单上办理。")),
        Action("visited", _("回访完成"), (State.TO_VISIT,), State.DONE, frozenset(), then=_visited),
        Action("close_unvisited", _("未回访办结"), (State.TO_VISIT,), State.DONE, LEADERS,
               asks=("unvisited_reason",), needs=(_no_open_visit,)),
        Action("reopen", _("重新处理"), (State.TO_VISIT, State.DONE), State.WORKING, LEADERS, asks=("note",),
               needs=(_no_open_visit,), then=_reopened),
        Action("improve", _("改进措施"), (State.WORKING, State.TO_VISIT, State.DONE), None, LEADERS,
               asks=("improvement", "improvement_owner", "improvement_due_on")),
        escalations.withdrawn(_("撤诉"), State.WITHDRAWN, *OPEN),
        escalations.voided(State.VOID, State.WAITING, State.WORKING, State.TO_VISIT),
    ),
)  # fmt: skip
