"""Violations in renovation 违章整改: found, ordered to be put right, looked at again, reported (HB:84, 155).

The office has no power to fine, to cut water or power, or to hold anybody's things: it talks people out of it, orders
in writing, and reports to the authority what is refused (民法典 942, 物业管理条例 45).
"""

from __future__ import annotations

from datetime import date, time
from typing import Any

from sqlalchemy import Date, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db import escalations
from db.base import LINE_LENGTH, Choice, Line, Name, Prose
from db.cases import Case, CaseLink, case_by_number
from db.clock import moment_of, today
from db.deadlines import answered, handled
from db.dossiers import site_checks, site_links
from db.dossiers.renovation_tables import Renovation
from db.dossiers.renovation_tables import State as Works
from db.dossiers.site_checks import KEEPERS
from db.dossiers.steps import noted
from db.fields import Field, asked, optional, ui
from db.people import LEADERS, Role
from db.process import Action, Process, Step
from db.processes import renovations
from db.refused import Refused
from db.words import _


class State(Choice):
    """Where a violation stands."""

    FOUND = "found", _("待发通知"), "orange"
    ORDERED = "ordered", _("整改中"), "red"
    CORRECTED = "corrected", _("待复查"), "violet"
    REPORTED = "reported", _("已报主管部门"), "violet"
    DONE = "done", _("已办结"), "green"
    VOID = "void", _("已作废"), "gray"


OPEN = (State.FOUND, State.ORDERED, State.CORRECTED, State.REPORTED)


class Kind(Choice):
    """What was done against the rules."""

    UNDECLARED = "undeclared", _("未申报施工")
    STRUCTURE = "structure", _("敲改承重结构"), "red"
    HOURS = "hours", _("超时施工")
    HOT_WORK = "hot_work", _("违规动火"), "red"
    WATERPROOF = "waterproof", _("破坏防水")
    GAS = "gas", _("擅改燃气"), "red"
    COMMON = "common", _("占用公共部位")
    WASTE = "waste", _("垃圾乱放")
    FACADE = "facade", _("改动外立面")
    OTHER = "other", _("其他")


class Given(Choice):
    """How the notice reached whom it is for."""

    IN_PERSON = "in_person", _("当面送达")
    REFUSED_TO_SIGN = "refused_to_sign", _("拒签，留置并拍照")
    SENT = "sent", _("微信或邮寄")


class Violation(Case):
    """A violation; which renovation it is about, its link says."""

    __tablename__ = "violations"
    __mapper_args__ = {"polymorphic_identity": "violations"}

    id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    kind: Mapped[Kind] = mapped_column(index=True, info=ui(_("违章类别"), in_list=True, in_filter=True))
    correct_by: Mapped[date | None] = mapped_column(Date, info=ui(_("整改期限"), in_list=True))
    measures: Mapped[Prose] = mapped_column(default="", info=ui(_("整改要求"), help=_("怎样改、恢复到什么程度")))
    stops_works: Mapped[bool] = mapped_column(default=False, info=ui(_("劝停施工"), help=_("整改合格前请施工方停工")))
    given: Mapped[Given | None] = mapped_column(info=ui(_("通知送达")))
    given_to: Mapped[Name] = mapped_column(default="", info=ui(_("签收人")))
    correction: Mapped[Prose] = mapped_column(default="", info=ui(_("整改情况")))
    failed: Mapped[int] = mapped_column(default=0, info=ui(_("复查不合格次数")))
    authority: Mapped[Name] = mapped_column(
        default="", info=ui(_("报告部门"), help=_("例如 住房和城乡建设局、综合执法局、消防救援机构"))
    )
    reported_on: Mapped[date | None] = mapped_column(Date, info=ui(_("报告日期")))
    report_document: Mapped[Line] = mapped_column(
        default="", info=ui(_("报告文号或方式"), help=_("书面报告编号、12345 工单号"))
    )
    authority_answer: Mapped[Prose] = mapped_column(default="", info=ui(_("部门答复")))


RENOVATION = Field(
    "renovation_number", _("装修单号"), "text", _("不填就找这套房屋没办完的装修"), required=False, length=LINE_LENGTH
)
LEFT = asked("note", _("情况说明"))
_EVENING = time(23, 59)


def _opened(step: Step) -> None:
    case: Violation = step.case
    case.topic = case.kind.value
    case.grave = case.kind in {Kind.STRUCTURE, Kind.GAS, Kind.HOT_WORK}
    case.assigned_to = step.actor.user_id
    _not_past(case.correct_by, step.day)
    step.session.add(case)
    step.session.flush()
    works = _works_meant(step)
    if works is not None:
        case.customer_id = case.customer_id or works.customer_id
        step.session.add(CaseLink(case_id=case.id, other_id=works.id, kind=site_links.VIOLATION))
    elif case.kind is not Kind.UNDECLARED:
        wrong = _("这套房屋没有在办的装修；没有申报就施工的，请选“未申报施工”。")
        raise Refused(wrong, {"kind": wrong})
    case.due_at = moment_of(case.correct_by, _EVENING) if case.correct_by else None


def proposed(session: Session, number: str, look_id: int) -> dict[str, Any]:
    """Propose what a violation found at a site starts from: its unit and renovation, what was seen at a look there."""
    case = case_by_number(session, number)
    if not isinstance(case, Renovation):
        return {}
    look = next((each for each in site_checks.looks_at(session, case.id) if each.id == look_id), None)
    words = look.findings if look is not None else ""
    return {"unit_id": case.unit_id, RENOVATION.name: case.number, "words": words}


def _works_meant(step: Step) -> Renovation | None:
    """Find the renovation that is meant: the one named, else the one not finished at the unit."""
    typed = (step.values.get(RENOVATION.name) or "").strip().upper()
    if not typed:
        return renovations.open_at(step.session, step.case.unit_id)
    works = step.session.scalar(select(Renovation).where(Renovation.number == typed))
    if works is None or works.unit_id != step.case.unit_id:
        wrong = _("这套房屋没有装修单 {number}，请核对。", number=typed)
        raise Refused(wrong, {RENOVATION.name: wrong})
    return works


def _not_past(day: date | None, on: date) -> None:
    if day is not None and day < min(on, today()):
        wrong = _("整改期限不能早于今天。")
        raise Refused(wrong, {"correct_by": wrong})


def _ordered(step: Step) -> None:
    """Give the order in writing; where it asks for works to rest, they rest until it is put right."""
    case: Violation = step.case
    _not_past(case.correct_by, step.day)
    assert case.correct_by is not None  # noqa: S101 - the form asks for it
    if case.given is Given.IN_PERSON and not case.given_to:
        wrong = _("当面送达的请填写签收人；拒签的请选“拒签”。")
        raise Refused(wrong, {"given_to": wrong})
    case.due_at = moment_of(case.correct_by, _EVENING)
    answered(step)
    works = site_links.renovation_of(step.session, case.id)
    if case.stops_works and works is not None and works.state == Works.WORKING:
        why = _("违章整改单 {number}：{kind}", number=case.number, kind=case.kind.label)
        step.perform(works.id, "stop", {"note": str(why)})


def _ordered_again(step: Step) -> None:
    step.case.failed += 1
    _not_past(step.case.correct_by, step.day)
    step.case.due_at = moment_of(step.case.correct_by, _EVENING)


def _told_of_correction(step: Step) -> None:
    step.case.due_at = None


def _settled(step: Step) -> None:
    handled(step)


def _reported(step: Step) -> None:
    case: Violation = step.case
    assert case.reported_on is not None  # noqa: S101 - the form asks for it
    if not case.opened_on <= case.reported_on <= today():
        wrong = _("报告日期要在发现之后，且不晚于今天。")
        raise Refused(wrong, {"reported_on": wrong})
    case.escalated_at = case.escalated_at or step.at
    case.due_at = None
    noted(step, _("已报告{authority}（{document}）", authority=case.authority, document=case.report_document))


def _void(step: Step) -> None:
    step.case.counts = False


PROCESS = Process(
    key="violations",
    prefix="WZ",
    section="moves",
    title=_("装修违章整改"),
    icon=":material/report:",
    model=Violation,
    start=State.FOUND,
    ends=(State.DONE, State.VOID),
    asks=(
        "unit_id", "kind", asked("words", _("违章事实")), optional("correct_by"), optional("measures"),
        optional("place", _("具体部位")), RENOVATION,
    ),
    openers=KEEPERS,
    opened=_opened,
    actions=(
        Action("add_facts", _("补充事实"), OPEN, None, KEEPERS, asks=(asked("words", _("违章事实")),)),
        Action("order", _("下达整改通知"), (State.FOUND,), State.ORDERED, KEEPERS, then=_ordered, main=True,
               asks=("correct_by", "measures", "given", optional("given_to"), "stops_works")),
        Action("correct", _("已整改，待复查"), (State.ORDERED,), State.CORRECTED, KEEPERS, asks=("correction",),
               then=_told_of_correction),
        Action("pass_recheck", _("复查合格"), (State.CORRECTED,), State.DONE, KEEPERS, asks=(LEFT,), then=_settled,
               main=True),
        Action("fail_recheck", _("复查不合格"), (State.CORRECTED,), State.ORDERED, KEEPERS,
               asks=("correct_by", LEFT), then=_ordered_again),
        Action("report", _("报告主管部门"), (State.FOUND, State.ORDERED, State.CORRECTED), State.REPORTED, LEADERS,
               asks=("authority", "reported_on", "report_document"), then=_reported),
        Action("answer", _("登记部门答复"), (State.REPORTED,), None, KEEPERS, asks=("authority_answer",), main=True),
        Action("put_right", _("报告后已整改"), (State.REPORTED,), State.CORRECTED, KEEPERS, asks=("correction",),
               then=_told_of_correction),
        Action("hand_over", _("移交部门处理，办结"), (State.REPORTED,), State.DONE, LEADERS,
               asks=("authority_answer", LEFT), then=_settled,
               confirm=_("办结后由主管部门处理；装修验收时仍会显示本单。")),
        escalations.reported_up(*OPEN),
        escalations.warned(*OPEN),
        Action("void", _("作废"), (State.FOUND, State.ORDERED), State.VOID, LEADERS | {Role.WORKS_SUPERVISOR},
               asks=("note",), then=_void, confirm=_("作废后本单不再计入任何统计，且不能恢复。")),
    ),
)  # fmt: skip

__all__ = ["PROCESS", "Kind", "State", "Violation"]
