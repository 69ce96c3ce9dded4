"""迁出: what is drawn with the steps of a move-out: dates, a goods pass, and the settlement with what is to be done."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from components import actions, form
from components.desks import free_times
from components.desks.asking import AMOUNT, checked, yuan
from components.form import Button, Filled, Form
from components.plain import plain
from components.words import _
from db.base import LINE_LENGTH
from db.cases import case_by_id
from db.clock import today
from db.dossiers import inspections, move_out_money
from db.dossiers.move_out_money import MONEY, Ahead, Held, View
from db.dossiers.move_out_templates import COMPLETE, CONFIRM, ENDS, SERVICES, SETTLE, Formality
from db.fields import Field
from db.ledger.settlement import Line, Part
from db.people import Actor, Right
from db.process import missing_for, perform
from db.processes import goods_passes
from db.processes.move_outs import PROCESS, MoveOut, State, ends_of
from db.records import Record
from db.session import reading
from db.words import Words
from db.words import _ as lazy

KEY = PROCESS.key
BOOK = "book"
CONSENT = Field("consent", lazy("客户书面同意的凭据"), "text", lazy("例如 迁出结算单签字"), length=LINE_LENGTH)
BY_CONTRACT = Field("consent", lazy("客户书面同意的凭据"), "text", lazy("住宅必填；园区按租赁合同可不填"),
                    required=False, length=LINE_LENGTH, default="")  # fmt: skip
DAMAGE = Field("reason", lazy("扣款原因"), "text", lazy("例如 玻璃门破损修复"), length=LINE_LENGTH)
RECEIPT = Field("paper", lazy("收回的押金收据"), "text", lazy("填收据号；遗失的填“遗失声明”"), length=LINE_LENGTH)
ACCOUNT = Field("account", lazy("退款账户"), "text", lazy("退到客户本人、本单位账户"), required=False,
                length=LINE_LENGTH, default="")  # fmt: skip


# ── panels among the steps ───────────────────────────────────────────────────────────────────────────────────────────


def _offered(name: str) -> Callable[[Record, Actor], bool]:
    return lambda record, _actor: record.offer(name) is not None


def _perform(record: Record, name: str) -> Callable[[Session, Filled], str]:
    def save(session: Session, filled: Filled) -> str:
        case = perform(
            session, record.id, name, filled.values, version=filled.version, at=filled.at, note=filled.note,
            token=filled.token,
        )  # fmt: skip
        return actions.number_of(case)

    return save


def _draw_book(record: Record, actor: Actor) -> form.Sent | None:
    free_times.propose(record, actor, f"{KEY}.{BOOK}", max(today(), record.values["wished_on"]))
    return form.show(
        Form(
            f"{KEY}.{BOOK}", PROCESS.form(BOOK), (Button("save", _("约定这个时间"), _perform(record, BOOK)),),
            about=record.number, version=record.version, initial=record.values, focus=actions.was_chosen(record, BOOK),
        ),
        actor,
    )  # fmt: skip


def _draw_confirm(record: Record, actor: Actor) -> form.Sent | None:
    """Ask for the last day and the end of those services that this formality has."""
    formality = Formality(record.values["template"])
    services = [ENDS[each].name for each in SERVICES[formality] if each in ENDS]
    wanted = {"cut_off", *services} | ({"successor_id"} if formality is Formality.OWNER else set())
    offer = record.offer(CONFIRM)
    fields = tuple(each for each in PROCESS.form(CONFIRM) if each.name in wanted)
    if offer is not None and not offer.missing:
        st.caption(_("截止日是使用的最后一天：费用收到当天，住户登记、合同、车位、停车证到期自动结束。"))
    return form.show(
        Form(
            f"{KEY}.{CONFIRM}", fields, (Button("save", _("确认迁出"), _perform(record, CONFIRM)),),
            about=record.number, version=record.version, missing=offer.missing if offer is not None else (),
            initial={"cut_off": record.values["cut_off"] or record.values["wished_on"]},
            headings={services[0]: _("各项服务到哪一天为止")} if services else {},
            focus=actions.was_chosen(record, CONFIRM),
        ),
        actor,
    )  # fmt: skip


def _draw_goods(record: Record, actor: Actor) -> form.Sent | None:
    """Open a goods pass out of the move-out, filled with what is known; what is owed holds nothing back."""
    wanted = ("taker", "taker_name", "authority", "goods", "valid_from", "valid_to", "vehicle")
    asked = {each.name: each for each in goods_passes.PROCESS.form()}
    values = record.values
    st.caption(_("放行看谁有权取走物品，不看欠费；欠费仍由客户缴纳。"))

    def save(session: Session, filled: Filled) -> str:
        case = case_by_id(session, record.id)
        told = {"unit_id": case.unit_id, "customer_id": case.customer_id, "purpose": goods_passes.Purpose.REMOVAL}
        made = goods_passes.open_pass(
            session, filled.values | told, because_of=case, at=filled.at, note=filled.note, token=filled.token
        )
        form.tell(_("放行条 {number} 已登记", number=made.number))
        return record.number

    initial = {"goods": values["goods"], "taker_name": values["agent_name"], "valid_from": values["move_from"],
               "valid_to": values["move_to"]}  # fmt: skip
    return form.show(
        Form(
            f"{KEY}.goods", tuple(asked[name] for name in wanted), (Button("save", _("登记放行条"), save),),
            about=record.number, initial=initial, focus=actions.was_chosen(record, "goods"),
        ),
        actor,
    )  # fmt: skip


def _draw_next(record: Record, actor: Actor) -> form.Sent | None:
    """Say what is still to be done before the cashier can make the final bills."""
    with reading(actor) as session:
        missing = missing_for(session, case_by_id(session, record.id), PROCESS.action(SETTLE))
    if missing:
        st.info(plain(" ".join(missing)), icon=":material/checklist:")
    else:
        st.success(_("手续齐了，请收费员或财务出最终账单。"), icon=":material/task_alt:")
    return None


def _waits_for_the_cashier(record: Record, _actor: Actor) -> bool:
    return record.state is State.CONFIRMED and record.offer(SETTLE) is None


def _may_open_pass(record: Record, actor: Actor) -> bool:
    return record.is_open and bool(actor.roles & goods_passes.PROCESS.openers)


FIRST: actions.First = (
    actions.Panel(CONFIRM, lazy("确认迁出"), _draw_confirm, _offered(CONFIRM), frozenset({CONFIRM})),
    actions.Panel("next", lazy("还差什么"), _draw_next, _waits_for_the_cashier),
    SETTLE,
    COMPLETE,
    actions.Panel(BOOK, lazy("约迁出时间"), _draw_book, _offered(BOOK), frozenset({BOOK})),
    actions.Panel("goods", lazy("办放行条"), _draw_goods, _may_open_pass),
)
ELSEWHERE = frozenset({MONEY})


# ── when what ends ───────────────────────────────────────────────────────────────────────────────────────────────────


def ends(record: Record, actor: Actor) -> None:
    """Draw the last day of each service, as it was confirmed."""
    with reading(actor) as session:
        confirmed = ends_of(session, record.id)
    if not confirmed:
        return
    with st.container(border=True, gap="small"):
        st.subheader(_("服务到期"), anchor=False)
        with st.container(horizontal=True):
            for service, day in confirmed.items():
                colour = "gray" if day < today() else "blue"
                st.markdown(f"{service.label} :{colour}-badge[{_('到 {day}', day=f'{day:%m-%d}')}]", width="content")


# ── the settlement ───────────────────────────────────────────────────────────────────────────────────────────────────


def settlement(record: Record, actor: Actor) -> None:
    """Draw by payee what is owed, held and paid ahead, and what is still to be done about it."""
    if record.values["cut_off"] is None or not actor.may(Right.SEE_MONEY):
        return
    with reading(actor) as session:
        case = session.get_one(MoveOut, case_by_id(session, record.id).id)
        shown = move_out_money.view(session, case)
        final = case.state in {State.SETTLED, State.DONE}
        worse = [str(each.label) for each in inspections.deterioration(session, case)] if final else []
    with st.container(border=True):
        _head(shown, final=final)
        for part in shown.statement.parts:
            _part(record, actor, shown, part, worse)
        if final and shown.due:
            st.caption(_("欠费不影响搬离和放行，仍由客户缴纳；请核对迁出后地址，便于寄送账单和催告。"))


def _head(shown: View, *, final: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(_("费用结算"), anchor=False, width="stretch")
        st.caption(_("截至 {day}", day=shown.statement.as_of), width="content")
    if not final:
        st.caption(_("最终账单出来以前，按现有账单列出；截止日以后的部分届时作废、退还。"))
    elif not shown.statement.parts:
        st.markdown(f":green[:material/task_alt: {_('没有欠费、押金和预存，已经两清。')}]")


def _part(record: Record, actor: Actor, shown: View, part: Part, worse: list[str]) -> None:
    """Draw one payee: bills, money to give back, deposits, each with its steps."""
    with st.container(gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(part.payee)}**", width="stretch")
            words, colour = _verdict(part.net)
            st.badge(words, color=colour)  # type: ignore[arg-type, unused-ignore]
        for each in part.owed:
            _row(_span(each), each.unpaid + each.late_fee, _("违约金 {fee}", fee=yuan(each.late_fee))
                 if each.late_fee else "")  # fmt: skip
        for each in part.ahead:
            if each.paid:
                _row(_span(each), -each.paid, _("截止日以后，已缴"))
        for ahead in shown.ahead:
            if ahead.payee_id == part.payee_id:
                _balance(record, actor, ahead)
        for held in shown.deposits:
            if held.payee_id == part.payee_id:
                _deposit(record, actor, held, worse)


def _verdict(net: Decimal) -> tuple[str, str]:
    """Say what remains when all is set against each other, as a badge."""
    if net > 0:
        return _("应补缴 {sum} 元", sum=yuan(net)), "orange"
    if net < 0:
        return _("应退还 {sum} 元", sum=yuan(-net)), "blue"
    return _("两清"), "green"


def _span(line: Line) -> str:
    return f"{line.item}　{line.period_from:%m-%d} – {line.period_to:%m-%d}"


def _row(words: str, amount: Decimal, small: str = "") -> None:
    """Draw one line: what it is, and the amount; what goes back is negative."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        said = f"　:gray[:small[{plain(small)}]]" if small else ""
        st.markdown(f"{plain(words)}{said}", width="stretch")
        st.markdown(yuan(amount), width="content")


def _balance(record: Record, actor: Actor, ahead: Ahead) -> None:
    asked = _("已申请退还 {sum}", sum=yuan(ahead.asked)) if ahead.asked else ""
    others = ahead.amount - ahead.freed - ahead.asked
    if not asked and others > 0 and ahead.freed:
        asked = _("其中 {sum} 是截止日以后多缴的", sum=yuan(ahead.freed))
    _row(_("预存"), -ahead.amount, asked)
    left = ahead.amount - ahead.asked
    if left > 0 and record.offer(MONEY) is not None:
        st.caption(_("预存记在房屋名下，可能有别人预缴的，退还前请核对。"))
        save = _saved(record, lambda session, told, filled: move_out_money.give_balance_back(
            session, record.id, ahead.payee_id, told["amount"], account=told["account"] or "", version=filled.version,
            token=filled.token), (AMOUNT, ACCOUNT))  # fmt: skip
        _step(record, actor, f"balance{ahead.payee_id}", lazy("申请退还预存"), (AMOUNT, ACCOUNT), save,
              {"amount": left, "account": record.values["refund_account"]})  # fmt: skip


def _deposit(record: Record, actor: Actor, held: Held, worse: list[str]) -> None:
    asked = _("已申请退还 {sum}，待批准、付款", sum=yuan(held.asked)) if held.asked else ""
    _row(str(held.kind.label), -held.held, asked)
    if held.undecided <= 0 or record.offer(MONEY) is None:
        return
    told = {"amount": held.undecided, "account": record.values["refund_account"]}
    with st.container(horizontal=True):
        if held.owed:
            _step(record, actor, f"set_off{held.id}", lazy("抵扣欠费"), (BY_CONTRACT,), _set_off(record, held), {})
        _step(record, actor, f"deduct{held.id}", lazy("损坏扣款"), (AMOUNT, DAMAGE, CONSENT), _deduct(record, held),
              {"reason": str(_("、")).join(worse)[:LINE_LENGTH]})  # fmt: skip
        _step(record, actor, f"return{held.id}", lazy("申请退还"), (AMOUNT, RECEIPT, ACCOUNT), _return(record, held),
              told)  # fmt: skip


def _set_off(record: Record, held: Held) -> Callable[[Session, Filled], str]:
    return _saved(record, lambda session, told, filled: move_out_money.set_off(
        session, record.id, held.id, told["consent"] or "", version=filled.version, token=filled.token
    ), (BY_CONTRACT,))  # fmt: skip


def _deduct(record: Record, held: Held) -> Callable[[Session, Filled], str]:
    return _saved(record, lambda session, told, filled: move_out_money.deduct(
        session, record.id, held.id, told["amount"], reason=told["reason"], consent=told["consent"],
        version=filled.version, token=filled.token,
    ), (AMOUNT, DAMAGE, CONSENT))  # fmt: skip


def _return(record: Record, held: Held) -> Callable[[Session, Filled], str]:
    return _saved(record, lambda session, told, filled: move_out_money.give_back(
        session, record.id, held.id, told["amount"], paper=told["paper"], account=told["account"] or "",
        version=filled.version, token=filled.token,
    ), (AMOUNT, RECEIPT, ACCOUNT))  # fmt: skip


def _saved(
    record: Record, do: Callable[[Session, dict[str, Any], Filled], object], fields: tuple[Field, ...]
) -> Callable[[Session, Filled], str]:
    def save(session: Session, filled: Filled) -> str:
        do(session, checked(fields, filled), filled)
        return record.number

    return save


def _step(  # noqa: PLR0917 - one small form
    record: Record, actor: Actor, name: str, label: Words, fields: tuple[Field, ...],
    save: Callable[[Session, Filled], str], initial: dict[str, Any],
) -> None:  # fmt: skip
    """Draw a small form behind a button; what is saved changes the matter's story too."""
    with st.popover(str(label), key=f"{KEY}.{name}#open"):
        made = Form(
            f"{KEY}.{name}", fields, (Button("save", str(label), save),), about=record.number, version=record.version,
            initial=initial, also=(), columns=(1,),
        )  # fmt: skip
        if form.show(made, actor) is not None:
            form.see_newest(f"{KEY}.")
            form.tell(_("已办理：{what}", what=label))
            st.rerun()


__all__ = ["ELSEWHERE", "FIRST", "ends", "settlement"]
