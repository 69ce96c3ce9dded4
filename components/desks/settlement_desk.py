"""过户结算: how a unit stands with its customer as of a day, what goes back, and the hand-over to a new owner."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st
from sqlalchemy.orm import Session

from components import errors, form, shell
from components.desks import asking
from components.desks.asking import Column, checked, rows, yuan
from components.form import Button, Filled, Form
from components.papers.links import link
from components.picker import unit_picker
from components.plain import plain
from components.words import _
from db.base import LINE_LENGTH
from db.clock import today
from db.fields import Field
from db.ledger import corrections, settlement
from db.ledger.settlement import Line, Part, Statement
from db.ledger.tables import NOTHING
from db.people import Actor, Right
from db.refused import Refused
from db.session import reading, writing
from db.words import _ as lazy

UNIT, AS_OF = "unit", "as_of"
"""In the address: the unit that is settled, and its last day."""
BUYER = Field("customer_id", lazy("新业主"), "reference", target="customers")
SECOND = Field("second_id", lazy("共有人"), "reference", required=False, target="customers")
HAND_OVER = Field("hand_over", lazy("预存和已缴以后月份转给新业主"), "flag", required=False)
AGREEMENT = Field("agreement", lazy("双方书面同意的凭据"), "text", lazy("转给新业主时必填，例如 过户结算单双方签字"),
                  required=False, length=LINE_LENGTH)  # fmt: skip


def show(actor: Actor) -> None:
    """Ask for the unit and the day; draw the statement, what can be done about it, and the hand-over."""
    place = "settlement.unit_id"
    if place not in st.session_state and (told := asking.number_in(UNIT)) is not None:
        st.session_state[place] = told
    with st.container(horizontal=True, gap="small"):
        with st.container(width=340):
            unit_id = unit_picker(place)
        as_of = st.date_input(_("结算至（最后一天）"), value=_told_day(), key="settlement.as_of", format="YYYY-MM-DD",
                              width=170, max_value=today() + timedelta(days=366))  # fmt: skip
    if unit_id is None or not isinstance(as_of, date):
        st.caption(_("先找到房屋，再选原客户的最后一天（过户、退租前一天）。"))
        return
    st.query_params.from_dict({UNIT: str(unit_id), AS_OF: as_of.isoformat()})
    with reading(actor) as session:
        holders = settlement.holders_on(session, unit_id, as_of)
    who = _who(holders)
    with reading(actor) as session:
        statement = settlement.settle_unit(session, unit_id, who, as_of)
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        _statement(statement)
    with right:
        _acts(actor, statement)


def _who(holders: dict[int, str]) -> int | None:
    """Ask whose settlement it is, where several hold the unit."""
    if len(holders) < 2:
        return next(iter(holders), None)
    if st.session_state.get("settlement.who") not in holders:
        st.session_state["settlement.who"] = next(iter(holders))
    chosen: int | None = st.segmented_control(
        _("与谁结算"), list(holders), format_func=holders.__getitem__, key="settlement.who", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    return chosen


def _told_day() -> date:
    try:
        return date.fromisoformat(st.query_params.get(AS_OF, ""))
    except ValueError:
        return today()


# ── the statement ────────────────────────────────────────────────────────────────────────────────────────────────────


def _statement(statement: Statement) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        title = _("{unit}　{customer}", unit=statement.unit, customer=statement.customer or _("未登记客户"))
        st.subheader(plain(title), anchor=False, width="stretch")
        link(_("打印结算单"), "settlement", statement.unit_id, as_of=statement.as_of.isoformat(),
             customer=statement.customer_id)  # fmt: skip
    if statement.is_clear:
        st.success(_("没有欠费、预存和押金，可以办理过户或退租。"), icon=":material/task_alt:")
    for part in statement.parts:
        if part.owed or part.ahead or part.balance or part.deposits:
            with st.container(border=True):
                _part(part)


def _part(part: Part) -> None:
    net = part.net
    colour, words = ("red", _("应补缴")) if net > 0 else ("green", _("应退还"))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(part.payee)}**", width="stretch")
        if net:
            st.markdown(f":{colour}-badge[{words} {yuan(abs(net))}]")
    lines = [
        *({"item": each.item, "span": _span(each), "due": each.unpaid, "late": each.late_fee or None, "back": None}
          for each in part.owed),
        *({"item": each.item, "span": _span(each), "due": None, "late": None, "back": each.paid}
          for each in part.ahead if each.paid),
        *([{"item": _("预存"), "span": "", "due": None, "late": None, "back": part.balance}] if part.balance else []),
        *({"item": kind, "span": "", "due": None, "late": None, "back": held} for _id, kind, held in part.deposits),
    ]  # fmt: skip
    columns = [
        Column("item", _("项目"), width=104), Column("span", _("期间"), width=168),
        Column("due", _("应缴(元)"), "money", 86), Column("late", _("违约金"), "money", 74),
        Column("back", _("应退(元)"), "money", 92),
    ]  # fmt: skip
    if lines:
        rows(f"settlement.{part.payee_id}", columns, lines, _("结算明细"))


def _span(line: Line) -> str:
    return _("{first} 至 {last}", first=line.period_from.isoformat(), last=line.period_to.isoformat())


# ── what can be done ─────────────────────────────────────────────────────────────────────────────────────────────────


def _acts(actor: Actor, statement: Statement) -> None:
    if statement.due > 0:
        with st.container(border=True):
            st.markdown(_("**欠费 {sum} 元**（含违约金）", sum=yuan(statement.due)))
            st.caption(_("过户后仍记在原业主名下，请先请他缴清。"))
            if actor.may(Right.TAKE_PAYMENT) and st.button(
                _("去收款"), key="settlement.pay", icon=":material/payments:"
            ):
                st.switch_page(shell.path_of("cashier"), query_params={"unit": str(statement.unit_id)})
    if any(part.ahead for part in statement.parts) and actor.may(Right.BILL):
        _void_ahead(actor, statement)
    for part in statement.parts:
        if part.balance and actor.may(Right.DUN):
            _refund(actor, statement, part)
        for deposit_id, kind, held in part.deposits:
            label = _("{kind} {sum} 元：去办理", kind=kind, sum=yuan(held))
            if st.button(label, key=f"settlement.deposit.{deposit_id}", icon=":material/savings:", width="stretch"):
                st.switch_page(shell.path_of("deposits"), query_params={"deposit": str(deposit_id)})
    if actor.may(Right.EDIT_REGISTRY):
        with st.container(border=True):
            _change_owner(actor, statement)


def _void_ahead(actor: Actor, statement: Statement) -> None:
    """Offer to void the bills of months without service; what was paid on them becomes balance."""
    month = settlement.first_after(statement.as_of)
    paid = sum((part.paid_ahead for part in statement.parts), NOTHING)
    label = _("退回 {month} 起的账单", month=f"{month:%Y-%m}")
    with st.popover(label, icon=":material/event_busy:", key="settlement.ahead"):
        st.markdown(
            _("{month} 及以后的账单作废，已缴的 {sum} 元转入预存，再申请退还。提前终止服务的，预收费用应当退还。",
              month=f"{month:%Y-%m}", sum=yuan(paid))
        )  # fmt: skip
        if not st.button(_("确定退回"), key="settlement.ahead.sure", type="primary"):
            return
        try:
            with writing(actor) as session:
                settlement.refund_ahead(session, statement.unit_id, month, str(_("结算：之后不再服务")))
        except Refused as refused:
            errors.show_refused(refused)
            return
    form.tell(_("已转入预存"))
    st.rerun()


def _refund(actor: Actor, statement: Statement, part: Part) -> None:
    reason = _("{unit} 结算至 {day}", unit=statement.unit, day=statement.as_of.isoformat())
    with st.popover(_("申请退还预存 {sum} 元", sum=yuan(part.balance)), icon=":material/undo:", width="stretch",
                    key=f"settlement.refund.{part.payee_id}"):  # fmt: skip
        account = st.text_input(_("客户收款账户"), key=f"settlement.account.{part.payee_id}", autocomplete="off",
                                placeholder=_("开户行、户名、账号；退现金可不填"))  # fmt: skip
        if not st.button(_("提交审批"), key=f"settlement.refund.{part.payee_id}.sure", type="primary"):
            return
        try:
            with writing(actor) as session:
                corrections.ask_refund(session, statement.unit_id, part.payee_id, part.balance, reason, account=account)
        except Refused as refused:
            errors.show_refused(refused)
            return
    form.tell(_("申请已提交，等待审批"))
    st.rerun()


def _change_owner(actor: Actor, statement: Statement) -> None:
    """Hand the unit over: new owner from the day after the last one's."""
    on = Field("on", lazy("新业主从哪天起"), "date")
    fields = (BUYER, SECOND, on, HAND_OVER, AGREEMENT)

    def store(session: Session, filled: Filled) -> str:
        given = checked(fields, filled)
        buyers = [each for each in (given["customer_id"], given["second_id"]) if each is not None]
        settlement.change_owner(
            session, statement.unit_id, buyers, given["on"], hand_over=given["hand_over"],
            agreement=given["agreement"] or "", token=filled.token,
        )  # fmt: skip
        return "done"

    st.markdown(f"**{_('办理过户')}**")
    st.caption(_("欠费留在原业主名下；从这一天起开始的账单由新业主缴。新业主还没有档案的，先到“客户”新建。"))
    sent = form.show(
        Form("settlement.change_owner", fields, (Button("save", _("过户"), store, ":material/key:"),),
             about=f"{statement.unit_id}/{statement.as_of}", also=(), columns=(1,),
             initial={"on": statement.as_of + timedelta(days=1)}, confirm=_("过户后原业主登记到前一天为止。")),
        actor,
    )  # fmt: skip
    if sent is not None and not sent.cancelled:
        form.tell(_("已过户"))
        st.rerun()


__all__ = ["show"]
