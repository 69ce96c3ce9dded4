"""Moving in 入住/入驻: fees, papers, inspection, keys; then renovation, fire document and the move itself (HB:305-332).

One process; what a park company, an owner and an owner's tenant must bring, and what waits for it, stands in their
checklists. No fee ever holds back an owner's keys: his checklist names none.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import Date, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db import checklist_templates, checklists, deadlines, escalations, settings
from db.approvals import Verdict
from db.base import Choice, Line, Name, Phone
from db.cases import Case
from db.checklists import Knows
from db.clock import moment_of, now, today
from db.dossiers import (
    cards,
    entry_money,
    fire_files,
    handover_readings,
    household_files,
    inspections,
    moving_times,
    plates,
)
from db.dossiers.fire_files import FireKind
from db.dossiers.move_in_templates import BOOK, COMPLETE, HAND_OVER, RELATIONS, TEMPLATES, Formality
from db.dossiers.moving_times import MOST_HOURS, NIGHT_FROM, NIGHT_TO, NOON_FROM, NOON_TO, RULE
from db.fields import optional, ui
from db.ledger.calculations import in_chinese
from db.people import LEADERS, OFFICE, WORKS, Role
from db.process import Action, Gate, Process, Step
from db.refused import Refused
from db.registering import locked, note_change
from db.registry import Contract, ContractKind, Estate, Occupancy, Relation, Unit, UnitState
from db.registry_rules import holds_on
from db.settings import Setting
from db.words import Words, _

DAYS = Setting(
    "move_ins.days", _("入住：登记后几天内办到交接"), 7, _("入住日期更晚的，以入住日期为准"), least=1, most=180
)
SETTINGS = (RULE, NOON_FROM, NOON_TO, NIGHT_FROM, NIGHT_TO, MOST_HOURS)
"""Decided here, used by moves both ways."""
_EVENING = time(18)


class State(Choice):
    """Where a move-in stands."""

    PREPARING = "preparing", _("办理中"), "orange"
    HANDED_OVER = "handed_over", _("已交接"), "blue"
    BOOKED = "booked", _("已约搬迁"), "violet"
    DONE = "done", _("已入住"), "green"
    WITHDRAWN = "withdrawn", _("已取消"), "gray"
    VOID = "void", _("已作废"), "gray"


class MoveIn(Case):
    """A move-in."""

    __tablename__ = "move_ins"
    __mapper_args__ = {"polymorphic_identity": "move_ins"}

    id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    template: Mapped[Formality] = mapped_column(info=ui(_("手续"), in_list=True, in_filter=True))
    contract_id: Mapped[int | None] = mapped_column(
        ForeignKey("contracts.id"), index=True, info=ui(_("租赁合同"), help=_("园区入驻必选，入驻费用按它计算"))
    )
    starts_on: Mapped[date] = mapped_column(
        Date, info=ui(_("入住日期"), help=_("从这一天起登记为住户；不填取合同起始日或今天"), in_list=True)
    )
    parking_space_id: Mapped[int | None] = mapped_column(
        ForeignKey("parking_spaces.id"), index=True, info=ui(_("租用车位"), help=_("随房屋一起租用的空闲车位"))
    )
    agent_name: Mapped[Name] = mapped_column(default="", info=ui(_("经办人(被委托人)"), personal=True))
    agent_phone: Mapped[Phone | None] = mapped_column(info=ui(_("经办人电话"), personal=True))
    appointed_at: Mapped[datetime | None] = mapped_column(info=ui(_("约定收楼时间"), ahead=True))
    handed_over_on: Mapped[date | None] = mapped_column(Date, info=ui(_("交接日期"), in_list=True))
    fire_kind: Mapped[FireKind | None] = mapped_column(info=ui(_("消防文件")))
    fire_number: Mapped[Line] = mapped_column(default="", info=ui(_("消防文件文号")))
    fire_on: Mapped[date | None] = mapped_column(Date, info=ui(_("消防文件日期")))
    fire_agreed: Mapped[bool] = mapped_column(default=False)
    """The document is on file, or the director has agreed that none is needed."""
    move_from: Mapped[datetime | None] = mapped_column(info=ui(_("搬迁开始"), in_list=True, ahead=True))
    move_to: Mapped[datetime | None] = mapped_column(info=ui(_("搬迁结束"), ahead=True))

    @property
    def relation(self) -> Relation:
        """As what the customer will hold the unit."""
        return RELATIONS[self.template]


# ── what the house knows itself ──────────────────────────────────────────────────────────────────────────────────────


def _lease_on_file(_session: Session, case: MoveIn) -> Words | None:
    return None if case.contract_id is not None else _("还没有选择租赁合同，请用“更正”补上。")


def _notice_issued(session: Session, case: MoveIn) -> object | None:
    from db.papers import issuing  # noqa: PLC0415 - papers are declared with the processes

    return issuing.is_issued("move_in_notice")(session, case)


def _no_works_open(session: Session, case: MoveIn) -> Words | None:
    from db.processes import renovations  # noqa: PLC0415 - processes stand beside each other

    return renovations.no_works_open(session, case)


def _booked(_session: Session, case: MoveIn) -> Words | None:
    return None if case.move_from is not None else _("还没有约定搬迁时间。")


def _until(done: str, gate: Gate) -> Gate:
    """Ask a gate until its step is done: what happens to cards and deposits later does not undo the hand-over."""
    return lambda session, case: None if getattr(case, done) is not None else gate(session, case)


_BEFORE_HANDED: dict[str, Gate] = {
    "contract": _lease_on_file,
    "fees": entry_money.fees_paid,
    "notice": _notice_issued,
    "inspection": inspections.inspection_signed,
    "meters": handover_readings.meters_read,
    "people": household_files.file_complete,
}
_BEFORE_CLOSED: dict[str, Gate] = {
    "handed": cards.something_handed,
    "plates": plates.plates_applied,
    "works": _no_works_open,
    "fire": fire_files.on_file,
    "booked": _booked,
}
KNOWS: Knows = {
    **{key: _until("handed_over_on", gate) for key, gate in _BEFORE_HANDED.items()},
    **{key: _until("closed_at", gate) for key, gate in _BEFORE_CLOSED.items()},
}


def _moved(_session: Session, case: MoveIn) -> Words | None:
    """Gate: a move that is booked has begun."""
    if case.move_from is None or case.move_from <= now():
        return None
    return _("约定的搬迁时间 {when} 还没到；不搬了请先“取消搬迁预约”。",
             when=moving_times.said_window((case.move_from, case.move_to or case.move_from)))  # fmt: skip


def _not_handed_over(_session: Session, case: MoveIn) -> Words | None:
    if case.handed_over_on is None:
        return None
    return _("{day} 已交接，不能作废；客户不住了请办迁出。", day=case.handed_over_on)


# ── the steps ────────────────────────────────────────────────────────────────────────────────────────────────────────


def offered(session: Session, estate_id: int) -> list[Formality]:
    """List the formalities that an estate's kind is offered, the usual one first."""
    kind = session.get_one(Estate, estate_id).kind
    return [each for each, template in TEMPLATES.items() if kind in template.estates]


def proposed(session: Session, unit_id: int, customer_id: int | None) -> Formality:
    """Propose the formality: a tenant's where somebody else owns the unit and the estate has one; else the usual."""
    fitting = offered(session, session.get_one(Unit, unit_id).estate_id)
    owners = select(Occupancy.customer_id).where(
        Occupancy.unit_id == unit_id, Occupancy.relation == Relation.OWNER, holds_on(Occupancy, today())
    )
    theirs = set(session.scalars(owners))
    lets = bool(theirs) and customer_id is not None and customer_id not in theirs
    return Formality.TENANT if lets and Formality.TENANT in fitting else fitting[0]


def leases_of(session: Session, unit_id: int, customer_id: int) -> list[Contract]:
    """List the leases of a unit with a customer that run now or later, the newest first."""
    return list(
        session.scalars(
            select(Contract)
            .where(
                Contract.kind == ContractKind.LEASE, Contract.unit_id == unit_id, Contract.customer_id == customer_id,
                Contract.ends_on >= today(),
            )
            .order_by(Contract.starts_on.desc(), Contract.id.desc())
        )
    )  # fmt: skip


def _opened(step: Step) -> None:
    case: MoveIn = step.case
    session = step.session
    case.template = case.template or proposed(session, case.unit_id or 0, case.customer_id)
    if case.template not in offered(session, case.estate_id):
        kind = session.get_one(Estate, case.estate_id).kind
        wrong = _("“{formality}”不用于{kind}，请另选。", formality=case.template.label, kind=kind.label)
        raise Refused(wrong, {"template": wrong})
    _refuse_second(step)
    if case.contract_id is None and (leases := leases_of(session, case.unit_id or 0, case.customer_id or 0)):
        fitting = (each for each in leases if case.starts_on and each.starts_on <= case.starts_on <= each.ends_on)
        case.contract_id = next(fitting, leases[0]).id
    contract = _contract(session, case)
    case.starts_on = case.starts_on or (contract.starts_on if contract else step.day)
    _within_the_lease(case, contract)
    case.topic, case.assigned_to = case.template.value, step.actor.user_id
    case.words = case.words or in_chinese(
        _("{formality}，{day} 起", formality=case.template.label.text, day=case.starts_on)
    )
    days = settings.value_of(session, DAYS, case.estate_id)
    case.due_at = moment_of(max(case.starts_on, step.day + timedelta(days=days)), _EVENING)
    session.add(case)
    session.flush()
    template = TEMPLATES[case.template]
    checklists.lay_out(session, case, checklist_templates.lines_of(session, case.estate_id, template))


def _refuse_second(step: Step) -> None:
    """Refuse a second move-in of the same customer into the same unit."""
    case: MoveIn = step.case
    other = step.session.scalar(
        select(MoveIn.number).where(
            MoveIn.unit_id == case.unit_id, MoveIn.customer_id == case.customer_id, MoveIn.closed_at.is_(None)
        ).limit(1)
    )  # fmt: skip
    if other is not None:
        raise Refused(_("这位客户在这套房屋已有入住手续 {number}，请打开原单办理。", number=other))


def _contract(session: Session, case: MoveIn) -> Contract | None:
    """Return the lease, if it is this customer's of this unit; refuses another's."""
    if case.contract_id is None:
        return None
    contract = session.get_one(Contract, case.contract_id)
    if (contract.unit_id, contract.customer_id) != (case.unit_id, case.customer_id):
        wrong = _("合同 {number} 不是这位客户在这套房屋的，请重新选择。", number=contract.number)
        raise Refused(wrong, {"contract_id": wrong})
    return contract


def _corrected(step: Step) -> None:
    _within_the_lease(step.case, _contract(step.session, step.case))


def _within_the_lease(case: MoveIn, contract: Contract | None) -> None:
    if contract is not None and not contract.starts_on <= case.starts_on <= contract.ends_on:
        wrong = _("入住日期要在合同期内（{first} 至 {last}）。", first=contract.starts_on, last=contract.ends_on)
        raise Refused(wrong, {"starts_on": wrong})


def _appointed(step: Step) -> None:
    if step.case.appointed_at < step.at:
        raise Refused(_("收楼时间已经过去，请约以后的时间。"), {"appointed_at": _("已经过去。")})


def _handed_over(step: Step) -> None:
    """The unit is the customer's now: who lives there, tariff and parking begin on the day agreed."""
    from db.dossiers import tenancies  # noqa: PLC0415 - a tenancy ends with a move-out, which stands beside this

    case: MoveIn = step.case
    case.handed_over_on, case.due_at = step.day, None
    if case.relation is Relation.OWNER:
        _taken_over(step.session, case, step.day)
    tenancies.begin(step.session, case, space_ids=[case.parking_space_id] if case.parking_space_id else ())


def _taken_over(session: Session, case: MoveIn, day: date) -> None:
    """Note when a unit went to its first owner (交房日期): it is the developer's no more."""
    unit: Unit = locked(session, Unit, case.unit_id or 0)
    after: dict[str, object] = {}
    if unit.handed_over_on is None:
        after["handed_over_on"] = day
    if unit.state is UnitState.UNSOLD:
        after["state"] = UnitState.VACANT  # until the day on which the owner begins to hold it
    if after:
        before = {name: getattr(unit, name) for name in after}
        for name, value in after.items():
            setattr(unit, name, value)
        note_change(session, unit, before, after)


def _reserved(step: Step) -> None:
    case: MoveIn = step.case
    assert case.move_from is not None and case.move_to is not None  # noqa: S101, PT018 - asked by this step
    moving_times.reserve(step.session, case, case.move_from, case.move_to, since=step.at)
    case.due_at = case.move_to


def _unreserved(step: Step) -> None:
    moving_times.release(step.session, step.case.id)
    step.case.move_from = step.case.move_to = step.case.due_at = None


def _given_up(step: Step) -> None:
    moving_times.release(step.session, step.case.id)
    step.case.counts = False


_OPEN = (State.PREPARING, State.HANDED_OVER, State.BOOKED)
_LATER = (State.HANDED_OVER, State.BOOKED)
_NOTHING_LEFT: tuple[Gate, ...] = (entry_money.nothing_held, cards.all_given_back, plates.none_left)
"""Gates of giving up: neither money nor keys nor plates of the matter stay behind."""

PROCESS = Process(
    key="move_ins",
    prefix="RZ",
    section="moves",
    title=_("入住"),
    icon=":material/move_to_inbox:",
    model=MoveIn,
    start=State.PREPARING,
    ends=(State.DONE, State.WITHDRAWN, State.VOID),
    asks=(
        "unit_id", "customer_id", optional("template"), optional("contract_id"), optional("starts_on"),
        optional("agent_name"), optional("agent_phone"), optional("parking_space_id"), optional("words", _("说明")),
    ),
    openers=OFFICE,
    opened=_opened,
    actions=(
        Action("appoint", _("约定收楼时间"), (State.PREPARING,), None, OFFICE, asks=("appointed_at",),
               then=_appointed),
        Action(checklists.TICK, _("登记资料"), _OPEN, None, OFFICE),
        Action(household_files.FILE, _("填客户档案"), _OPEN, None, OFFICE),
        Action(entry_money.COLLECT, _("收入驻费用"), (State.PREPARING,), None, frozenset({Role.CASHIER})),
        Action(inspections.INSPECT, _("验房"), (State.PREPARING,), None, OFFICE | WORKS),
        Action(HAND_OVER, _("办理交接"), (State.PREPARING,), State.HANDED_OVER, OFFICE,
               needs=(checklists.standing_before(HAND_OVER, KNOWS),), then=_handed_over, main=True),
        Action(fire_files.FILE_FIRE, _("登记消防文件"), _OPEN, None, OFFICE, needs=(fire_files.is_asked,),
               asks=("fire_kind", optional("fire_number"), optional("fire_on")), then=fire_files.filed),
        Action(fire_files.AGREE, _("同意免办消防文件"), _OPEN, None, frozenset({Role.DIRECTOR}),
               needs=(fire_files.verdict_is(Verdict.GRANTED),), then=fire_files.agreed),
        Action(fire_files.REFUSE, _("不同意免办消防文件"), _OPEN, None, frozenset({Role.DIRECTOR}),
               needs=(fire_files.verdict_is(Verdict.DENIED),), then=fire_files.refused),
        Action(BOOK, _("约搬迁时间"), _LATER, State.BOOKED, OFFICE, asks=("move_from", "move_to"),
               needs=(checklists.standing_before(BOOK, KNOWS),), then=_reserved, main=True),
        Action("unbook", _("取消搬迁预约"), (State.BOOKED,), State.HANDED_OVER, OFFICE, asks=("note",),
               then=_unreserved),
        Action(COMPLETE, _("办结入住"), _LATER, State.DONE, OFFICE,
               needs=(checklists.standing_before(COMPLETE, KNOWS), _moved), then=deadlines.handled, main=True),
        Action("correct", _("更正"), (State.PREPARING,), None, OFFICE,
               asks=(optional("contract_id"), "starts_on", optional("parking_space_id"), optional("agent_name"),
                     optional("agent_phone"), optional("words", _("说明"))), then=_corrected),
        escalations.urged(_("催办"), *_OPEN),
        escalations.warned(*_OPEN),
        replace(escalations.withdrawn(_("取消入住"), State.WITHDRAWN, State.PREPARING),
                needs=_NOTHING_LEFT, then=_given_up),
        replace(escalations.voided(State.VOID, *_OPEN, State.DONE), roles=LEADERS,
                needs=(_not_handed_over, *_NOTHING_LEFT), then=_given_up),
    ),
)  # fmt: skip
