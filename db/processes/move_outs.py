"""Moving out 迁出: applied for, confirmed with its dates, inspected, settled; the tenancy ends by itself (HB:333-337).

One process; what a park company, a tenant and an owner who sells must bring, and what waits for it, stands in their
checklists. What is owed holds back neither the leaving nor the goods: it stays the customer's debt.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db import checklist_templates, checklists, deadlines, escalations, settings
from db.base import Choice, Line, Name, Phone, Prose
from db.cases import Case
from db.checklists import Knows
from db.clock import day_of, local, moment_of, today
from db.dossiers import (
    cards,
    handover_readings,
    inspections,
    move_out_money,
    moving_times,
    plates,
    tenancies,
)
from db.dossiers.clearance import lease_of
from db.dossiers.move_out_templates import (
    COMPLETE,
    CONFIRM,
    ENDS,
    SERVICES,
    SETTLE,
    TEMPLATES,
    Formality,
    Service,
    ServiceEnd,
)
from db.dossiers.tenancies import Ended
from db.fields import optional, ui
from db.ledger.calculations import in_chinese
from db.people import LEADERS, OFFICE, WORKS, Role
from db.process import Action, Gate, Process, Step
from db.refused import Refused
from db.registry import Estate, Occupancy, Relation
from db.registry_rules import holds_on
from db.settings import Setting
from db.words import Words, _

DAYS = Setting("move_outs.days", _("迁出：费用截止日后几天内办结"), 7, least=1, most=90)
CONFIRM_DAYS = Setting("move_outs.confirm_days", _("迁出：申请后几天内发迁出确认书"), 3, least=1, most=30)
_EVENING = time(18)
AT_THE_DESK_OF_MONEY = frozenset({Role.CASHIER, Role.FINANCE})


class State(Choice):
    """Where a move-out stands."""

    APPLIED = "applied", _("已申请"), "orange"
    CONFIRMED = "confirmed", _("已确认"), "blue"
    SETTLED = "settled", _("已结算"), "violet"
    DONE = "done", _("已迁出"), "green"
    WITHDRAWN = "withdrawn", _("已撤回"), "gray"
    VOID = "void", _("已作废"), "gray"


class Reason(Choice):
    """Why somebody leaves."""

    EXPIRED = "expired", _("合同到期")
    EARLY = "early", _("提前退租")
    SOLD = "sold", _("出售过户")
    OTHER = "other", _("其他")


class MoveOut(Case):
    """A move-out."""

    __tablename__ = "move_outs"
    __mapper_args__ = {"polymorphic_identity": "move_outs"}

    id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    template: Mapped[Formality] = mapped_column(info=ui(_("手续"), in_list=True, in_filter=True))
    reason: Mapped[Reason] = mapped_column(info=ui(_("迁出原因"), in_filter=True))
    wished_on: Mapped[date] = mapped_column(Date, info=ui(_("计划迁出日期"), in_list=True))
    contract_id: Mapped[int | None] = mapped_column(ForeignKey("contracts.id"), index=True, info=ui(_("租赁合同")))
    agent_name: Mapped[Name] = mapped_column(default="", info=ui(_("客户经办人"), personal=True))
    agent_phone: Mapped[Phone | None] = mapped_column(info=ui(_("客户经办人电话"), personal=True))
    forwarding_address: Mapped[Line] = mapped_column(
        default="", info=ui(_("迁出后地址"), help=_("寄送账单、退款凭证和催告用"), personal=True)
    )
    goods: Mapped[Prose] = mapped_column(default="", info=ui(_("迁出物品"), help=_("一行一件，开放行条时带出")))
    move_from: Mapped[datetime | None] = mapped_column(info=ui(_("搬迁开始"), in_list=True, ahead=True))
    move_to: Mapped[datetime | None] = mapped_column(info=ui(_("搬迁结束"), ahead=True))
    route: Mapped[Line] = mapped_column(default="", info=ui(_("迁出路线"), help=_("例如 货梯 → B1 卸货区 → 东门")))
    cut_off: Mapped[date | None] = mapped_column(
        Date, info=ui(_("费用截止日"), help=_("使用的最后一天：费用、住户登记、车位都到这一天"), in_list=True)
    )
    successor_id: Mapped[int | None] = mapped_column(
        ForeignKey("customers.id"), index=True, info=ui(_("新业主"), help=_("过户时填写，从截止日第二天起登记为业主"))
    )
    ended: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What `tenancies.end` did, in case he stays after all; `successor`: the occupancy begun for the new owner."""
    settled_on: Mapped[date | None] = mapped_column(Date, info=ui(_("结算日期"), in_list=True))
    refund_account: Mapped[Line] = mapped_column(default="", info=ui(_("退款账户"), personal=True))
    final: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What the final bills did (`db.dossiers.move_out_money.make_final`)."""


# ── what the house knows itself ──────────────────────────────────────────────────────────────────────────────────────


def _notice_issued(session: Session, case: MoveOut) -> object | None:
    from db.papers import issuing  # noqa: PLC0415 - papers are declared with the processes

    return issuing.is_issued("move_out_confirmation")(session, case)


def _no_works_open(session: Session, case: MoveOut) -> Words | None:
    from db.processes import renovations  # noqa: PLC0415 - processes stand beside each other

    return renovations.no_works_open(session, case)


def _booked(_session: Session, case: MoveOut) -> Words | None:
    return None if case.move_from is not None else _("还没有约定迁出时间和路线，请先“约迁出时间”。")


def _until(done: str, gate: Gate) -> Gate:
    """Ask a gate until its step is done: what happens later does not undo it."""
    return lambda session, case: None if getattr(case, done) is not None else gate(session, case)


_BEFORE_SETTLED: dict[str, Gate] = {
    "booked": _booked,
    "notice": _notice_issued,
    "works": _no_works_open,
    "inspection": inspections.inspection_signed,
    "meters": handover_readings.meters_read,
}
_BEFORE_CLOSED: dict[str, Gate] = {
    "cards": cards.all_returned,
    "plates": plates.plates_down,
    "money": move_out_money.deposits_decided,
}
KNOWS: Knows = {
    **{key: _until("settled_on", gate) for key, gate in _BEFORE_SETTLED.items()},
    **{key: _until("closed_at", gate) for key, gate in _BEFORE_CLOSED.items()},
}


def _day_has_come(_session: Session, case: MoveOut) -> Words | None:
    """Gate: the last day is here; before it he still holds the unit."""
    if case.cut_off is None or case.cut_off <= today():
        return None
    return _("费用截止日 {day} 还没到；提前走了请先“改截止日”。", day=case.cut_off)


# ── applied for ──────────────────────────────────────────────────────────────────────────────────────────────────────


def offered(session: Session, estate_id: int) -> list[Formality]:
    """List the formalities that an estate's kind is offered, the usual one first."""
    kind = session.get_one(Estate, estate_id).kind
    return [each for each, template in TEMPLATES.items() if kind in template.estates]


def _applied(step: Step) -> None:
    case: MoveOut = step.case
    session = step.session
    relation = _relation(session, case, step.day)
    _refuse_second(session, case)
    fitting = offered(session, case.estate_id)
    owner = Formality.OWNER in fitting and relation is Relation.OWNER
    case.template = Formality.OWNER if owner else fitting[0]
    _refuse_past(case.wished_on, step.day, "wished_on", _("计划迁出日期"))
    lease = lease_of(session, case.unit_id or 0, case.customer_id, step.day)
    case.contract_id = lease.id if lease is not None else None
    case.topic, case.assigned_to = case.template.value, step.actor.user_id
    case.words = case.words or in_chinese(
        _("{formality}，{day} 迁出", formality=case.template.label.text, day=case.wished_on)
    )
    days = settings.value_of(session, CONFIRM_DAYS, case.estate_id)
    case.due_at = moment_of(step.day + timedelta(days=days), _EVENING)
    session.add(case)
    session.flush()
    lines = checklist_templates.lines_of(session, case.estate_id, TEMPLATES[case.template])
    checklists.lay_out(session, case, lines)


def _relation(session: Session, case: MoveOut, day: date) -> Relation:
    """Say as what the customer holds the unit; refuses one who does not."""
    found = session.scalars(
        select(Occupancy.relation).where(
            Occupancy.unit_id == case.unit_id, Occupancy.customer_id == case.customer_id,
            Occupancy.relation.in_(tenancies.HOLDING), holds_on(Occupancy, day),
        )
    ).all()  # fmt: skip
    if not found:
        wrong = _("这位客户现在没有登记为这套房屋的业主或租户，请核对客户，或先补登记。")
        raise Refused(wrong, {"customer_id": wrong})
    return Relation.OWNER if Relation.OWNER in found else Relation.TENANT


def _refuse_second(session: Session, case: MoveOut) -> None:
    other = session.scalar(
        select(MoveOut.number).where(
            MoveOut.unit_id == case.unit_id, MoveOut.customer_id == case.customer_id, MoveOut.closed_at.is_(None)
        ).limit(1)
    )  # fmt: skip
    if other is not None:
        raise Refused(_("这位客户在这套房屋已有迁出手续 {number}，请打开原单办理。", number=other))


def _refuse_past(on: date, day: date, name: str, what: Words) -> None:
    if on < day:
        wrong = _("{what}不能早于 {day}，请改正。", what=what, day=day)
        raise Refused(wrong, {name: wrong})


def _corrected(step: Step) -> None:
    _refuse_past(step.case.wished_on, day_of(step.case.opened_at), "wished_on", _("计划迁出日期"))


# ── confirmed ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _reserved(step: Step) -> None:
    case: MoveOut = step.case
    assert case.move_from is not None and case.move_to is not None  # noqa: S101, PT018 - asked by this step
    _refuse_after(case)
    moving_times.reserve(step.session, case, case.move_from, case.move_to, since=step.at)


def _refuse_after(case: MoveOut) -> None:
    """Refuse to move on a day that is not paid for any more."""
    if case.cut_off is not None and case.move_to is not None and local(case.move_to).date() > case.cut_off:
        wrong = _("搬迁到 {day}，费用截止日不能早于这一天。", day=local(case.move_to).date())
        raise Refused(wrong, {"cut_off": wrong})


def _confirmed(step: Step) -> None:
    """From here on everything ends by itself on the day agreed: occupancy, lease, parking, permits."""
    case: MoveOut = step.case
    assert case.cut_off is not None  # noqa: S101 - asked by this step
    _refuse_past(case.cut_off, step.day, "cut_off", _("费用截止日"))
    _end(step)
    _write_ends(step, step.values)


def _end(step: Step) -> None:
    case: MoveOut = step.case
    session, cut_off = step.session, case.cut_off or step.day
    _refuse_after(case)
    told = tenancies.end(session, case.unit_id or 0, case.customer_id or 0, cut_off).plain()
    if case.successor_id is not None:
        if case.template is not Formality.OWNER or case.successor_id == case.customer_id:
            wrong = _("新业主只在业主过户迁出时填写，且不能是迁出的客户本人，请改正。")
            raise Refused(wrong, {"successor_id": wrong})
        since = cut_off + timedelta(days=1)
        begun = tenancies.hold(session, case.unit_id or 0, case.successor_id, Relation.OWNER, since)
        if session.get_one(Occupancy, begun).starts_on == since:  # a co-owner held it before
            told["successor"] = begun
    case.ended = told  # whole at once: a change inside it would not be written
    days = settings.value_of(session, DAYS, case.estate_id)
    case.due_at = moment_of(cut_off + timedelta(days=days), _EVENING)


def _write_ends(step: Step, told: dict[str, Any]) -> None:
    """Write down the last day of each service; what is not said ends with the fees."""
    case: MoveOut = step.case
    step.session.execute(delete(ServiceEnd).where(ServiceEnd.case_id == case.id))
    for service in SERVICES[case.template]:
        field = ENDS.get(service)
        ends_on: date = (told.get(field.name) if field is not None else None) or case.cut_off or step.day
        if field is not None:
            _refuse_past(ends_on, step.day, field.name, service.label)
        step.session.add(ServiceEnd(case_id=case.id, service=service, ends_on=ends_on))


def ends_of(session: Session, case_id: int) -> dict[Service, date]:
    """Say when each service ends, in the order of the confirmation; empty before it."""
    rows = session.execute(
        select(ServiceEnd.service, ServiceEnd.ends_on).where(ServiceEnd.case_id == case_id).order_by(ServiceEnd.id)
    )
    return {service: ends_on for service, ends_on in rows}  # noqa: C416 - rows are not pairs to mypy


def _stays(step: Step, cut_off: date) -> None:
    """Take back what was ended, as if it had not been confirmed."""
    case: MoveOut = step.case
    told = dict(case.ended or {})
    if not told:
        return
    session = step.session
    if (begun := told.get("successor")) is not None:
        tenancies.unhold(session, begun)
    tenancies.keep(session, case.unit_id or 0, case.customer_id or 0, cut_off, Ended.of(told))
    case.ended = None


def _changed(step: Step) -> None:
    """Confirm another last day, as long as the one confirmed has not passed."""
    case: MoveOut = step.case
    before = step.session.scalars(
        select(ServiceEnd.ends_on).where(ServiceEnd.case_id == case.id, ServiceEnd.service == Service.FEES)
    ).one()
    assert case.cut_off is not None  # noqa: S101 - asked by this step
    _refuse_past(case.cut_off, step.day, "cut_off", _("费用截止日"))
    others = {ENDS[key].name: day for key, day in ends_of(step.session, case.id).items()
              if key is not Service.FEES and day != before}  # fmt: skip
    _stays(step, before)
    _end(step)
    _write_ends(step, others)
    _void_confirmation(step)


def _void_confirmation(step: Step) -> None:
    """Let no confirmation stand that names another day."""
    from db.papers import issuing  # noqa: PLC0415 - papers are declared with the processes

    paper = issuing.in_force(step.session, "move_out_confirmation", step.case.id)
    if paper is not None:
        issuing.void(step.session, paper.id, in_chinese(_("费用截止日已改")))


def _given_up(step: Step) -> None:
    case: MoveOut = step.case
    if case.cut_off is not None:
        _stays(step, case.cut_off)
        _void_confirmation(step)
    moving_times.release(step.session, case.id)
    case.counts = False


# ── settled, done ────────────────────────────────────────────────────────────────────────────────────────────────────


def _settled(step: Step) -> None:
    case: MoveOut = step.case
    case.settled_on = step.day
    case.final = move_out_money.make_final(step.session, case, case.refund_account)


def _done(step: Step) -> None:
    """He is gone; what he owes stays his debt, with the address to write to."""
    debt = move_out_money.debt_said(step.session, step.case)
    step.note = str(_("；")).join(each for each in (debt, step.note) if each)
    deadlines.handled(step)


_OPEN = (State.APPLIED, State.CONFIRMED, State.SETTLED)
_BEFORE_MONEY = (State.APPLIED, State.CONFIRMED)

PROCESS = Process(
    key="move_outs",
    prefix="QC",
    section="moves",
    title=_("迁出"),
    icon=":material/logout:",
    model=MoveOut,
    start=State.APPLIED,
    ends=(State.DONE, State.WITHDRAWN, State.VOID),
    asks=(
        "unit_id", "customer_id", "reason", "wished_on", optional("forwarding_address"), optional("agent_name"),
        optional("agent_phone"), optional("goods"), optional("words", _("说明")),
    ),
    openers=OFFICE,
    opened=_applied,
    actions=(
        Action(checklists.TICK, _("登记资料"), _OPEN, None, OFFICE | AT_THE_DESK_OF_MONEY),
        Action("book", _("约迁出时间"), _BEFORE_MONEY, None, OFFICE, asks=("move_from", "move_to", "route"),
               then=_reserved),
        Action(CONFIRM, _("确认迁出"), (State.APPLIED,), State.CONFIRMED, OFFICE,
               asks=("cut_off", *ENDS.values(), optional("successor_id")),
               needs=(checklists.standing_before(CONFIRM, KNOWS),), then=_confirmed, main=True),
        Action("change", _("改截止日"), (State.CONFIRMED,), None, OFFICE, asks=("cut_off", "note"), then=_changed),
        Action(inspections.INSPECT, _("验房"), (State.CONFIRMED,), None, OFFICE | WORKS),
        Action(SETTLE, _("出最终账单"), (State.CONFIRMED,), State.SETTLED, AT_THE_DESK_OF_MONEY,
               asks=(optional("refund_account"),),
               needs=(checklists.standing_before(SETTLE, KNOWS), _day_has_come), then=_settled, main=True,
               confirm=_("截止日以后的账单作废，当月重出到截止日；多缴的转为待退。")),
        Action(move_out_money.MONEY, _("办理押金和退款"), (State.SETTLED,), None, AT_THE_DESK_OF_MONEY),
        Action(COMPLETE, _("办结迁出"), (State.SETTLED,), State.DONE, OFFICE,
               needs=(checklists.standing_before(COMPLETE, KNOWS),), then=_done, main=True),
        Action("correct", _("更正"), _OPEN, None, OFFICE,
               asks=("reason", "wished_on", "forwarding_address", optional("agent_name"), optional("agent_phone"),
                     optional("goods"), optional("words", _("说明"))), then=_corrected),
        escalations.urged(_("催办"), *_OPEN),
        escalations.warned(*_OPEN),
        replace(escalations.withdrawn(_("撤回申请"), State.WITHDRAWN, *_BEFORE_MONEY), then=_given_up,
                confirm=_("撤回后客户继续使用房屋；确认过的截止日一并取消。")),
        replace(escalations.voided(State.VOID, *_BEFORE_MONEY), roles=LEADERS, then=_given_up),
    ),
)  # fmt: skip
