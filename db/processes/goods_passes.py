"""Goods passes 物品放行: what may be carried out, by whom and until when; counted at the gate (HB:337).

Issued on who may take the goods, not on what is owed. Guards see neither amounts nor telephones, and collect nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import approvals, escalations
from db.approvals import Approval, Said, Subject, Verdict
from db.cases import Case
from db.clock import local
from db.dossiers import goods, goods_rules
from db.dossiers.clearance import Standing, owed_and_open
from db.dossiers.goods import GOODS
from db.dossiers.goods_rules import (
    AFTER_END_DAYS,
    GATE_CLOSES,
    MOST_DAYS,
    OWNER_TOLD,
    SEVERAL_EXITS,
    TRIES,
    Wanted,
)
from db.dossiers.goods_tables import KEY, Answer, GoodsLine, GoodsPass, Purpose, State, Taker
from db.fields import asked, optional
from db.papers import issuing
from db.people import LEADERS, OFFICE, Role
from db.process import Action, Process, Step, open_case, perform
from db.refused import Refused
from db.registry import Customer, Unit
from db.session import actor_of
from db.settings import value_of
from db.words import Words, _

SETTINGS = (OWNER_TOLD, TRIES, SEVERAL_EXITS, GATE_CLOSES, MOST_DAYS, AFTER_END_DAYS)
"""Decided here, used by the rules this process stands on."""
SUBJECT = "goods_pass"
"""Of the director's approval."""
PAPER = "goods_release"
"""Kind of the paper that the guard is shown."""
AT_THE_GATE = OFFICE | {Role.GUARD}
"""The desk enters what came back on paper."""
NOBODY: frozenset[Role] = frozenset()


# ── taken in ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _taken_in(step: Step) -> None:
    """Settle who takes what until when; then ask whose word is wanted."""
    session, case = step.session, step.case
    things = goods.read(step.values["goods"])
    _settle_taker_and_time(step)
    case.several = goods_rules.goes_several_times(session, case.estate_id, case.purpose)
    case.words, case.topic = goods.summary(things), case.purpose.value
    wanted, case.owner_id = goods_rules.wanted_word(
        session, case.unit_id, case.customer_id, case.estate_id, case.purpose
    )
    session.flush()
    goods.write(session, case.id, things)
    if wanted is Wanted.OWNER:
        step.perform(case.id, "ask_owner")
    elif wanted is Wanted.SUPERVISOR:
        step.perform(case.id, "nobody_to_ask")
    else:
        _before_the_director(step)


def _settle_taker_and_time(step: Step) -> None:
    session, case = step.session, step.case
    case.taker_name = goods_rules.taker_named(session, case.customer_id, case.taker, case.taker_name, case.authority)
    case.valid_from, case.valid_to = goods_rules.window(
        session, case.estate_id, step.at, case.valid_from, case.valid_to
    )


def _before_the_director(step: Step) -> None:
    """Put before the director what a lease that says so leaves uncleared."""
    if _held(step.session, step.case):
        step.perform(step.case.id, "ask_director")


def _corrected(step: Step) -> None:
    session, case = step.session, step.case
    _settle_taker_and_time(step)
    typed = step.values.get("goods")
    if not typed:
        return
    things = goods.read(typed)
    spoken = case.owner_id is not None or case.allowed_at is not None or case.state == State.TO_SUPERVISOR
    if spoken or _asked_director(session, case):
        wrong = _("业主、主管或主任是按原来的物品答复的，不能再改物品；请取消本单，另开一张。")
        raise Refused(wrong, {"goods": wrong})
    case.words = goods.summary(things)
    goods.write(session, case.id, things)


# ── whose word is wanted ─────────────────────────────────────────────────────────────────────────────────────────────


def _told(step: Step) -> None:
    """Keep how the owner was told and what he said; who cannot be reached in n tries is not waited for."""
    case = step.case
    case.owner_told_at = step.at
    case.owner_tries += 1
    if case.owner_answer is Answer.AGREES:
        step.perform(case.id, "owner_agreed")
    elif case.owner_answer is Answer.REFUSES:
        step.perform(case.id, "owner_refused")
    elif case.owner_tries >= value_of(step.session, TRIES, case.estate_id):
        step.perform(case.id, "owner_unreached")


def _allowed(step: Step) -> None:
    step.case.allowed_at = step.at
    _before_the_director(step)


def _other_than_the_opener(session: Session, case: GoodsPass) -> Words | None:
    """Gate: whoever took it in does not decide it (a rule about persons)."""
    return _("本单由您登记，请由另一位主管或主任决定。") if case.opened_by == actor_of(session).user_id else None


def _held(session: Session, case: GoodsPass) -> str:
    return goods_rules.held_by_lease(session, case.unit_id or 0, case.customer_id, case.purpose)


def _asked_director(session: Session, case: GoodsPass) -> list[Approval]:
    return approvals.steps_of(session, SUBJECT, case.id)


def _is_held(session: Session, case: GoodsPass) -> Words | None:
    """Gate of asking: something is uncleared by a lease that says so, and he has not been asked."""
    if _asked_director(session, case):
        return _("本单已报过主任，不再重复报；情况有变请取消本单，另开一张。")
    return None if _held(session, case) else _("没有需要主任决定的未结清事项，可以直接开具。")


def _asked(step: Step) -> None:
    session, case = step.session, step.case
    case.uncleared = _held(session, case)
    approvals.ask(session, SUBJECT, case.id, case.estate_id, (Role.DIRECTOR,))


def _has_verdict(verdict: Verdict) -> Any:
    def gate(session: Session, case: GoodsPass) -> Words | None:
        """Gate: the approval itself says so; the button alone decides nothing."""
        steps = _asked_director(session, case)
        return None if steps and steps[-1].verdict is verdict else _("请在“主任决定”或“我的待办”里写明意见。")

    return gate


def _is_cleared(session: Session, case: GoodsPass) -> Words | None:
    left = _held(session, case)
    return _("{what}还没有结清。", what=left) if left else None


def _no_decision_needed(step: Step) -> None:
    approvals.withdraw(step.session, SUBJECT, step.case.id)


def _released(session: Session, case: GoodsPass) -> Words | None:
    """Gate of issuing: what a lease holds is cleared, or the director has granted it."""
    left = _held(session, case)
    steps = _asked_director(session, case) if left else []
    if not left or any(each.verdict is Verdict.GRANTED for each in steps):
        return None
    denied = next((each for each in steps if each.verdict is Verdict.DENIED), None)
    if denied is not None:
        return _("主任不同意结清前放行（{why}）。未结清：{what}。结清后即可开具。", why=denied.note, what=left)
    return _("租赁合同约定未结清的由主任决定。未结清：{what}。请按“报主任决定”。", what=left)


def decided(session: Session, approval: Approval) -> None:
    """Let the director's verdict move the pass on, in his name."""
    step = "director_agrees" if approval.verdict is Verdict.GRANTED else "director_declines"
    perform(session, approval.subject_id, step, {}, note=approval.note)


def decide(session: Session, case_id: int, verdict: Verdict, note: str) -> GoodsPass:
    """Give the director's verdict on what a lease leaves uncleared; he signs with his name and reason."""
    case = session.get_one(GoodsPass, case_id)
    waiting = next((each for each in _asked_director(session, case) if each.verdict is Verdict.WAITING), None)
    if waiting is None:
        raise Refused(_("{number} 没有等主任决定的事项。", number=case.number))
    approvals.decide(session, waiting.id, verdict, note)
    return case


def described(session: Session, ids: Collection[int]) -> dict[int, Said]:
    """Say of passes what is to be carried out and what is uncleared."""
    rows = session.execute(
        select(GoodsPass, Unit.short, Customer.name)
        .join(Unit, Unit.id == GoodsPass.unit_id)
        .join(Customer, Customer.id == GoodsPass.customer_id)
        .where(GoodsPass.id.in_(ids))
    )
    return {
        case.id: Said(
            case.number,
            str(_("{unit} {customer} 放行 {goods}；未结清：{what}", unit=unit, customer=customer, goods=case.words,
                  what=case.uncleared)),
            page=KEY, query={"case": case.number},
        )
        for case, unit, customer in rows
    }  # fmt: skip


APPROVAL = Subject(_("物品放行"), described, decided)


# ── issued, and out at the gate ──────────────────────────────────────────────────────────────────────────────────────


def _issued(step: Step) -> None:
    if step.at > step.case.valid_to:
        raise Refused(_("放行时间已过，请先用“更正”改放行时间。"))
    step.case.issued_at = step.at


def _recalled(step: Step) -> None:
    step.case.issued_at = None
    _void_papers(step)


def _void_papers(step: Step) -> None:
    """Let no paper be shown at the gate that does not hold any more."""
    for paper in issuing.all_in_force(step.session, PAPER, step.case.id):
        issuing.void(step.session, paper.id, step.note)


def _went_out(step: Step) -> None:
    """Count an exit, within the pass's time."""
    case = step.case
    if step.at < case.valid_from:
        starts = f"{local(case.valid_from):%m-%d %H:%M}"
        raise Refused(_("放行条从 {starts} 起有效，现在还不能出门。", starts=starts))
    if step.at > case.valid_to:
        ended = f"{local(case.valid_to):%m-%d %H:%M}"
        raise Refused(_("放行条已于 {ended} 到期，请客户回前台重新办理。", ended=ended))
    case.exits += 1
    case.checked_at, case.checked_by = step.at, step.actor.user_id


def _all_out(step: Step) -> None:
    """Let out everything that is left, as the pass says."""
    _went_out(step)
    for line in _lines(step.session, step.case):
        line.out = line.count
    step.perform(step.case.id, "finish")


def _let_go(step: Step) -> None:
    """Let out what the gate counted; more than the pass says stands in the reason."""
    case = step.case
    _count_out(step.session, case, {int(key): n for key, n in case.counted.items()})
    case.counted = {}
    case.exits += 1
    case.checked_at, case.checked_by = step.at, step.actor.user_id
    if not case.several or not any(each.count > each.out for each in _lines(step.session, case)):
        step.perform(case.id, "finish")


def _back_to_the_pass(step: Step) -> None:
    step.case.counted = {}


def _lines(session: Session, case: GoodsPass) -> list[GoodsLine]:
    return list(session.scalars(select(GoodsLine).where(GoodsLine.case_id == case.id)))


def _count_out(session: Session, case: GoodsPass, counted: Mapping[int, int]) -> None:
    for line in _lines(session, case):
        line.out = min(line.count, line.out + counted.get(line.id, 0))


def count_out(session: Session, case: GoodsPass, counted: Mapping[int, int]) -> None:
    """Write down what has gone out of a pass's lines; whoever calls it has performed the step."""
    _count_out(session, case, counted)
    session.flush()


def _withdrawn(step: Step) -> None:
    step.case.counts = False
    approvals.withdraw(step.session, SUBJECT, step.case.id)
    _void_papers(step)


# ── named functions ──────────────────────────────────────────────────────────────────────────────────────────────────


def open_pass(
    session: Session, values: Mapping[str, Any], *, because_of: Case | None = None, at: datetime | None = None,
    note: str = "", token: str | None = None,
) -> GoodsPass:  # fmt: skip
    """Take a goods pass in; `because_of` is the move-out it belongs to (linked as `goods`).

    `values`: `unit_id`, `customer_id`, `purpose`, `taker`, `goods` (one thing a line), and as the case may be
    `taker_name`, `authority`, `valid_from`, `valid_to` (aware moments), `vehicle`. Raises `Refused` by field.
    """
    return open_case(  # type: ignore[no-any-return]
        session, KEY, {"purpose": Purpose.ITEMS} | dict(values), at=at, note=note, token=token, because_of=because_of,
        link="goods",
    )  # fmt: skip


def open_and_issue(
    session: Session, values: Mapping[str, Any], *, because_of: Case | None = None, at: datetime | None = None,
    note: str = "", token: str | None = None,
) -> GoodsPass:  # fmt: skip
    """Take a pass in and issue it in one press; where somebody's word is wanted first it stays with him."""
    case = open_pass(session, values, because_of=because_of, at=at, note=note, token=token)
    if case.state == State.APPLIED:
        perform(session, case.id, "issue", {}, at=at)
    return case


_BEFORE_ISSUE = (State.APPLIED, State.WAITING_OWNER, State.TO_SUPERVISOR, State.WAITING_DIRECTOR)

PROCESS = Process(
    key=KEY,
    prefix="FX",
    section="moves",
    title=_("物品放行"),
    icon=":material/local_shipping:",
    model=GoodsPass,
    start=State.APPLIED,
    ends=(State.DONE, State.REFUSED, State.EXPIRED, State.WITHDRAWN, State.VOID),
    asks=(
        "unit_id", "customer_id", "taker", GOODS, optional("valid_to"), "purpose", optional("taker_name"),
        optional("authority"), optional("valid_from"), optional("vehicle"),
    ),
    openers=OFFICE,
    opened=_taken_in,
    actions=(
        Action("issue", _("开具放行条"), (State.APPLIED,), State.ISSUED, OFFICE, needs=(_released,), then=_issued,
               main=True),
        Action("ask_owner", _("告知业主"), (State.APPLIED,), State.WAITING_OWNER, NOBODY),
        Action("tell_owner", _("登记业主答复"), (State.WAITING_OWNER,), None, OFFICE,
               asks=("owner_answer", "owner_channel"), then=_told, main=True),
        Action("owner_agreed", _("业主同意"), (State.WAITING_OWNER,), State.APPLIED, NOBODY,
               then=_before_the_director),
        Action("owner_refused", _("业主不同意"), (State.WAITING_OWNER,), State.TO_SUPERVISOR, NOBODY,
               then=escalations.put_on_the_superiors_list),
        Action("owner_unreached", _("业主联系不上"), (State.WAITING_OWNER,), State.TO_SUPERVISOR, NOBODY,
               then=escalations.put_on_the_superiors_list),
        Action("nobody_to_ask", _("没有登记业主，报主管"), (State.APPLIED,), State.TO_SUPERVISOR, NOBODY,
               then=escalations.put_on_the_superiors_list),
        Action("allow", _("同意放行"), (State.TO_SUPERVISOR,), State.APPLIED, LEADERS,
               asks=(asked("note", _("理由")),), needs=(_other_than_the_opener,), then=_allowed, main=True),
        Action("refuse", _("不予放行"), (State.TO_SUPERVISOR,), State.REFUSED, LEADERS,
               asks=(asked("note", _("理由")),), needs=(_other_than_the_opener,)),
        Action("ask_director", _("报主任决定"), (State.APPLIED,), State.WAITING_DIRECTOR, OFFICE, needs=(_is_held,),
               then=_asked),
        Action("director_agrees", _("主任同意放行"), (State.WAITING_DIRECTOR,), State.APPLIED,
               frozenset({Role.DIRECTOR}), needs=(_has_verdict(Verdict.GRANTED),)),
        Action("director_declines", _("主任不同意放行"), (State.WAITING_DIRECTOR,), State.APPLIED,
               frozenset({Role.DIRECTOR}), needs=(_has_verdict(Verdict.DENIED),)),
        Action("settled", _("免报主任"), (State.WAITING_DIRECTOR,), State.APPLIED, OFFICE,
               needs=(_is_cleared,), then=_no_decision_needed),
        Action("correct", _("更正"), _BEFORE_ISSUE, None, OFFICE,
               asks=("taker", optional("taker_name"), optional("authority"), optional("valid_from"),
                     optional("valid_to"), optional("vehicle"), replace(GOODS, required=False)),
               then=_corrected),
        Action("recall", _("收回重开"), (State.ISSUED,), State.APPLIED, OFFICE, asks=("note",), then=_recalled),
        Action("check", _("全部核对出门"), (State.ISSUED, State.CHECKED), State.CHECKED, AT_THE_GATE, then=_all_out,
               main=True),
        Action("partly", _("分次出门"), (State.ISSUED, State.CHECKED), State.CHECKED, AT_THE_GATE,
               asks=(asked("note", _("本次出门的物品")),), then=_went_out),
        Action("differ", _("报告出入"), (State.ISSUED, State.CHECKED), State.DIFFERS, AT_THE_GATE,
               asks=("difference",), then=escalations.put_on_the_superiors_list),
        Action("let_go", _("准予出门"), (State.DIFFERS,), State.CHECKED, LEADERS, asks=(asked("note", _("理由")),),
               then=_let_go, main=True),
        Action("hold_to_pass", _("按放行条重新核对"), (State.DIFFERS,), State.ISSUED, LEADERS,
               asks=(asked("note", _("理由")),), then=_back_to_the_pass),
        Action("finish", _("办结"), (State.CHECKED,), State.DONE, AT_THE_GATE),
        Action("expire", _("到期未用"), (State.ISSUED,), State.EXPIRED, NOBODY),
        Action("withdraw", _("取消"), (*_BEFORE_ISSUE, State.ISSUED), State.WITHDRAWN, OFFICE, asks=("note",),
               then=_withdrawn, confirm=_("取消后放行条不能再用，要放行请另开一张。")),
        escalations.voided(State.VOID, State.ISSUED, State.CHECKED, State.DONE, State.EXPIRED, State.REFUSED),
    ),
)  # fmt: skip

__all__ = [
    "APPROVAL", "KEY", "PROCESS", "SUBJECT", "Answer", "GoodsPass", "Purpose", "Standing", "State", "Taker",
    "count_out", "decide", "open_and_issue", "open_pass", "owed_and_open",
]  # fmt: skip
