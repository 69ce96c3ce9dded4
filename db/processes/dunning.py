"""Dunning 催缴: three notices, the director, the owners' committee, a demand, the law; paid or stopped (HB:81, 129).

A matter is about one debtor of one unit and one payee. What may press for money is what the law leaves: asking, giving
a reasonable time, the owners' committee, mediation, court (民法典 944). Nothing here touches supplies, doors or goods.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta

from sqlalchemy import select

from db.base import LINE_LENGTH
from db.clock import moment_of
from db.fields import Field, optional
from db.ledger import demands, deposits, limitation
from db.ledger import dunning_gates as gates
from db.ledger.demands import debt_of, overdue, total_of
from db.ledger.dunning_clock import at_it
from db.ledger.dunnings import (
    HAS_COMMITTEE,
    LIABLE,
    OPEN,
    PAY_DAYS,
    STEP_DAYS,
    WAIT_COMMITTEE,
    WAIT_FIRST,
    WAIT_SECOND,
    WAIT_THIRD,
    Answer,
    Dunning,
    LegalStep,
    State,
)
from db.ledger.limitation import WARNING_DAYS
from db.ledger.tables import Notice
from db.people import LEADERS, RIGHTS, Right, Role
from db.process import Action, Process, Step
from db.refused import Refused
from db.registry import StewardArea
from db.registry_rules import holds_on
from db.settings import Setting, value_of
from db.words import Words, _

SETTINGS = (LIABLE, HAS_COMMITTEE, WARNING_DAYS)
"""Decided here, used by what this process stands on."""
DUNNERS = RIGHTS[Right.DUN]
DIRECTOR = frozenset({Role.DIRECTOR})
NOBODY: frozenset[Role] = frozenset()
"""Steps that only the clock or another step takes."""
_BEFORE = {State.DUE_SECOND: 1, State.DUE_THIRD: 2}
_WAITS: dict[str, Setting] = {
    State.FIRST: WAIT_FIRST, State.SECOND: WAIT_SECOND, State.THIRD: WAIT_THIRD, State.URGED: WAIT_COMMITTEE,
    State.DEMANDED: PAY_DAYS,
}  # fmt: skip
_EVENING = time(23, 59)



def _opened(step: Step) -> None:
    """Find whose arrears it is about: the debtor and payee named, else who has owed longest and is not dunned yet."""
    session, case = step.session, step.case
    debts = demands.debts_of(session, case.unit_id, step.day)
    fitting = {
        debt: lines
        for debt, lines in debts.items()
        if case.customer_id in {None, debt.customer_id} and case.payee_id in {None, debt.payee_id}
    }
    if not fitting:
        raise Refused(_("这里没有逾期未缴的账单，不用催缴；未到期的请发缴费通知单。"), {"unit_id": _("没有逾期账单。")})
    known = dict(
        session.execute(
            select(Dunning.debt_key, Dunning.number).where(Dunning.debt_key.in_([each.key for each in fitting]))
        ).all()
    )  # fmt: skip
    debt = next((each for each in fitting if each.key not in known), None)
    if debt is None:
        number = next(iter(known.values()))
        raise Refused(_("这户已有催缴单 {number}，请打开它继续。", number=number), {"unit_id": _("已在催缴。")})
    lines = fitting[debt]
    case.customer_id, case.payee_id, case.debt_key = debt.customer_id, debt.payee_id, debt.key
    case.amount = total_of(lines)
    case.words = case.words or str(
        _("逾期 {n} 笔共 {amount} 元，最早 {day} 到期", n=len(lines), amount=f"{case.amount:,.2f}",
          day=lines[0].bill.due_on)
    )
    case.assigned_to = session.scalar(
        select(StewardArea.user_id)
        .where(StewardArea.building_id == case.building_id, holds_on(StewardArea, step.day))
        .order_by(StewardArea.id.desc())
        .limit(1)
    )
    _due_within(step)


def _due_within(step: Step) -> None:
    """Give the next step its own time."""
    days = value_of(step.session, STEP_DAYS, step.case.estate_id)
    step.case.due_at = moment_of(step.day + timedelta(days=days), _EVENING)


def _wait(case: Dunning, until: date) -> None:
    case.wait_until = until
    case.due_at = moment_of(until, _EVENING)


def _noticed(kind: str) -> Callable[[Step], None]:
    """Make what follows a demand: its paper, its time, its delivery where that is known already."""

    def then(step: Step) -> None:
        case = step.case
        notice = demands.write(step.session, case, kind, step.day)
        case.notice_id, case.amount = notice.id, notice.amount
        waited = step.day + timedelta(days=value_of(step.session, _WAITS[case.state], case.estate_id))
        _wait(case, max(waited, demands.pay_by(step.session, case.estate_id, step.day)))
        _delivered(step, notice)

    return then


def _delivered(step: Step, notice: Notice) -> None:
    """Write down the delivery that a form told of; without a day nothing has arrived yet."""
    values = step.values
    if values.get("delivered_on") is not None:
        demands.delivered(
            step.session, notice, values["channel"] or step.case.channel, values["delivered_on"],
            reached=values.get("reached", True), proof=values.get("proof") or "",
        )  # fmt: skip


def _arrived(step: Step) -> None:
    if step.case.notice_id is None:
        raise Refused(_("还没有发过通知。"))
    _delivered(step, step.session.get_one(Notice, step.case.notice_id))


def _contacted(step: Step) -> None:
    """Keep what the debtor said; a promise is an acknowledgement, and gives him time until its day."""
    case, answer = step.case, step.values.get("answer")
    case.contacted_on = step.day
    if answer != Answer.PROMISED:
        case.promised_on = None
        case.disputed = case.disputed or answer == Answer.DISPUTES
        return
    promised = step.values.get("promised_on")
    if promised is None or promised < step.day:
        wrong = _("请填写客户答应缴费的日期，不能早于今天。")
        raise Refused(wrong, {"promised_on": wrong})
    lines = overdue(step.session, debt_of(case), step.day)
    limitation.demanded(step.session, [each.bill.id for each in lines], step.day)
    _wait_anew(step, promised)


def _wait_anew(step: Step, until: date) -> None:
    """Let the time run again, back in the state of the last notice where the next step was due already."""
    case = step.case
    _wait(case, max(until, case.wait_until or until))
    if case.state in _BEFORE:
        step.perform(case.id, f"wait_again_{_BEFORE[case.state]}")


def _paid_in_part(step: Step) -> None:
    setting = _WAITS.get(step.case.state) or (WAIT_FIRST if step.case.state in _BEFORE else STEP_DAYS)
    _wait_anew(step, step.day + timedelta(days=value_of(step.session, setting, step.case.estate_id)))


def _handed_over(step: Step) -> None:
    """Put it before the director: three notices are out (HB:129)."""
    step.case.escalated_at, step.case.assigned_to = step.at, None
    _due_within(step)


def _disputed(step: Step) -> None:
    step.case.disputed = True


def _agreed(step: Step) -> None:
    step.case.disputed = False


def _measure_taken(step: Step) -> None:
    case = step.case
    step.session.add(
        LegalStep(
            case_id=case.id, kind=case.legal_kind, started_on=step.day, forum=case.forum, file_number=case.file_number,
            claimed=total_of(overdue(step.session, debt_of(case), step.day)), note=step.note,
        )
    )  # fmt: skip
    case.outcome = case.outcome_on = case.recovered = None
    case.due_at = case.wait_until = None


def _measure_ended(step: Step) -> None:
    last = step.session.scalar(
        select(LegalStep).where(LegalStep.case_id == step.case.id).order_by(LegalStep.id.desc()).limit(1)
    )
    assert last is not None  # noqa: S101 - this state is reached by a measure only
    case = step.case
    case.outcome_on = case.outcome_on or step.day
    last.outcome, last.outcome_on, last.recovered = case.outcome, case.outcome_on, case.recovered


def _owner_told(step: Step) -> None:
    """Tell the owner what his tenant owes; it counts once it has arrived."""
    case = step.case
    owner = gates.owner_of(step.session, case.unit_id)
    remark = _("该房屋使用人逾期未缴上述费用。按约定，拖欠的费用最终由业主缴付，特此通知。")
    notice = demands.write(step.session, case, "owner", step.day, to=owner, remarks=(remark,))
    _delivered(step, notice)
    case.owner_told_on = step.values["delivered_on"]


def _moved_to_owner(step: Step) -> None:
    """Let the owner owe what his tenant left unpaid; the bills keep who owed them first in the audit."""
    case = step.case
    owner = gates.owner_of(step.session, case.unit_id)
    assert owner is not None  # noqa: S101 - the gate has looked
    demands.move(step.session, debt_of(case), owner, case.id, step.day)
    case.customer_id = owner
    case.debt_key = debt_of(case).key
    case.answer = case.reason = case.promised_on = case.contacted_on = case.wait_until = case.owner_told_on = None
    _due_within(step)


def _set_off(step: Step) -> None:
    """Let deposits pay what is overdue, as the contract provides (HB:308-309)."""
    with at_it(step.session, step.case.id):
        for deposit_id in gates.deposits_of(step.session, step.case):
            lines = overdue(step.session, debt_of(step.case), step.day)
            if lines:
                bills = [each.bill.id for each in lines]
                deposits.set_off(step.session, deposit_id, bills, consent=step.note)
    if not overdue(step.session, debt_of(step.case), step.day):
        step.perform(step.case.id, "settle")


def _ended(step: Step) -> None:
    step.case.debt_key = step.case.due_at = step.case.wait_until = None


DELIVERED = Field("delivered_on", _("送达日期"), "date", _("已到客户手里才填；还没送到的以后登记"), required=False)
ARRIVED = Field("delivered_on", _("日期"), "date")
PROOF = Field(
    "proof", _("送达凭证"), "text", _("签收人、邮寄单号、聊天记录等；有凭证的送达才使诉讼时效重新起算"), required=False,
    length=LINE_LENGTH,
)  # fmt: skip
REACHED = Field("reached", _("已送到"), "flag", default=True)
_OF_NOTICE = ("channel", DELIVERED, PROOF)


def _notice(name: str, label: Words, source: State, target: State) -> Action:
    return Action(
        name, label, (source,), target, DUNNERS, asks=_OF_NOTICE,
        needs=(gates.something_is_overdue, gates.somebody_owes, gates.no_open_dispute), then=_noticed(name),
        main=True,
    )  # fmt: skip


PROCESS = Process(
    key="dunning",
    prefix="CJ",
    section="fees",
    title=_("催缴"),
    icon=":material/notifications_active:",
    model=Dunning,
    start=State.NEW,
    ends=(State.PAID, State.STOPPED),
    asks=("unit_id", optional("customer_id"), optional("payee_id"), optional("words", _("说明"))),
    openers=DUNNERS,
    opened=_opened,
    actions=(
        _notice("first", _("发第一次催缴"), State.NEW, State.FIRST),
        _notice("second", _("发第二次催缴"), State.DUE_SECOND, State.SECOND),
        _notice("third", _("发第三次催缴"), State.DUE_THIRD, State.THIRD),
        Action("contact", _("登记联系"), OPEN, None, DUNNERS,
               asks=("answer", optional("reason"), optional("promised_on"), "channel"), then=_contacted),
        Action("deliver", _("登记送达"), OPEN, None, DUNNERS,
               asks=("channel", ARRIVED, PROOF, REACHED), then=_arrived),
        Action("dispute", _("登记争议"), OPEN, None, DUNNERS, asks=("dispute",), then=_disputed),
        Action("agree", _("争议已了结"), OPEN, None, LEADERS, asks=("note",), then=_agreed),
        Action("wait_over_1", _("第一次限期已过"), (State.FIRST,), State.DUE_SECOND, NOBODY, then=_due_within),
        Action("wait_over_2", _("第二次限期已过"), (State.SECOND,), State.DUE_THIRD, NOBODY, then=_due_within),
        Action("wait_over_3", _("第三次限期已过，报主任"), (State.THIRD,), State.REPORTED, NOBODY, then=_handed_over),
        Action("wait_again_1", _("第一次催缴后再等待"), (State.DUE_SECOND,), State.FIRST, NOBODY),
        Action("wait_again_2", _("第二次催缴后再等待"), (State.DUE_THIRD,), State.SECOND, NOBODY),
        Action("hand_over", _("报管理处主任"), (State.THIRD,), State.REPORTED, DUNNERS, asks=("note",),
               needs=(gates.wait_is_over,), then=_handed_over),
        Action("decide", _("主任意见"), (State.REPORTED, State.URGED, State.DEMANDED, State.LEGAL), None, DIRECTOR,
               asks=("decision", optional("assigned_to"))),
        Action("ask_committee", _("请业委会督促"), (State.REPORTED,), State.URGED, DIRECTOR,
               asks=_OF_NOTICE, needs=(gates.has_committee, gates.something_is_overdue), then=_noticed("committee")),
        Action("demand", _("发催告函"), (State.REPORTED, State.URGED), State.DEMANDED, DIRECTOR, asks=_OF_NOTICE,
               needs=(gates.committee_was_asked, gates.wait_is_over, gates.something_is_overdue),
               then=_noticed("demand"), main=True),
        Action("measure", _("采取法律途径"), (State.DEMANDED, State.LEGAL), State.LEGAL, DIRECTOR,
               asks=("legal_kind", optional("forum"), optional("file_number")),
               needs=(gates.wait_is_over, gates.something_is_overdue), then=_measure_taken),
        Action("measure_ended", _("登记法律途径结果"), (State.LEGAL,), None, DIRECTOR | {Role.SUPERVISOR, Role.FINANCE},
               asks=("outcome", optional("outcome_on"), optional("recovered")), then=_measure_ended, main=True),
        Action("tell_owner", _("通知业主"), OPEN, None, DUNNERS, asks=("channel", ARRIVED, PROOF),
               needs=(gates.goes_to_the_owner, gates.something_is_overdue), then=_owner_told),
        Action("move_to_owner", _("转由业主缴付"), OPEN, State.NEW, LEADERS, asks=("note",),
               needs=(gates.goes_to_the_owner, gates.owner_was_told, gates.something_is_overdue), then=_moved_to_owner,
               confirm=_("转后这些账单由业主缴付，催缴从头开始。")),
        Action("set_off", _("以保证金抵扣"), (State.REPORTED, State.DEMANDED, State.LEGAL), None, RIGHTS[Right.BILL],
               asks=("note",), needs=(gates.takes_deposit, gates.something_is_overdue), then=_set_off,
               confirm=_("按合同用保证金缴清逾期费用，抵扣后不能撤回，只能红冲。")),
        Action("paid_in_part", _("部分缴费"), OPEN, None, NOBODY, then=_paid_in_part),
        Action("settle", _("结清"), OPEN, State.PAID, DUNNERS, needs=(gates.nothing_is_overdue,), then=_ended),
        Action("stop", _("停止催缴"), OPEN, State.STOPPED, LEADERS, asks=("note",), then=_ended,
               confirm=_("停止后本单办结；欠费仍在，可以另开催缴单。")),
    ),
)  # fmt: skip
