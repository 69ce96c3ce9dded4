"""押金: what is held for whom, one deposit's story, taken in, deducted, set off, and asked to be paid back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from components import form, shell
from components.desks import asking
from components.desks.asking import (
    AMOUNT,
    METHOD,
    REASON,
    REFERENCE,
    Column,
    checked,
    open_in_address,
    rows,
    tender_of,
    yuan,
)
from components.form import Button, Filled, Form
from components.papers.links import link
from components.picker import unit_picker
from components.plain import plain
from components.registry_table import one_of
from components.words import _
from db.base import LINE_LENGTH, NAME_LENGTH
from db.fields import Field
from db.ledger import corrections, deposits, payees
from db.ledger.deposits import Asked, DepositLine, Movement
from db.ledger.entry_fees import EntryKind, entry_fees
from db.ledger.money_tables import DepositKind, Method
from db.people import Actor, Right
from db.picking import proposed_customer
from db.refused import Refused
from db.session import reading
from db.words import _ as lazy

DEPOSIT, NEW, UNIT, ACT = "deposit", "new", "unit", "do"
"""In the address: the open deposit; that one is being taken; for which unit; what is being done with it."""
KIND = Field("kind", lazy("押金种类"), "choice", choices=DepositKind)
PAYER = Field("payer_name", lazy("收据抬头"), "text", lazy("不填用客户姓名"), required=False, length=NAME_LENGTH)
CALCULATION = Field("calculation", lazy("计算"), "text", lazy("例如 148.00 m² × 38.00 元 × 3 月"), required=False,
                    length=LINE_LENGTH)  # fmt: skip
PAPER = Field("paper", lazy("收回的票据"), "text", lazy("押金收据号，或“遗失声明”"), length=LINE_LENGTH)
ACCOUNT = Field("account", lazy("付款人账户"), "text", lazy("开户行、户名、账号；退现金可不填"), required=False,
                length=LINE_LENGTH)  # fmt: skip
CONSENT = Field("consent", lazy("客户书面同意的凭据"), "text", lazy("例如 扣款确认单 3 号"), length=LINE_LENGTH)
_KIND_OF = {EntryKind.RENT_DEPOSIT: DepositKind.RENT, EntryKind.FEE_DEPOSIT: DepositKind.FEE}


# ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def show_list(actor: Actor) -> None:
    """Draw the search, what is held by payee, and one page of deposits."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        typed = st.text_input(
            _("查找"), key="deposits.q", type="search", live="300ms", autocomplete="off", width=280,
            icon=":material/search:", placeholder=_("房号、姓名、拼音、电话"), label_visibility="collapsed",
            bind="query-params",
        )  # fmt: skip
        kind = one_of("deposits.kind", _("全部种类"), {each.value: str(each.label) for each in DepositKind})
        everything = st.toggle(_("含已退清的"), key="deposits.all", bind="query-params")
    asked = Asked(typed, kind, not everything, shell.estate_ids(actor))
    after = asking.turned("deposits", asked)
    with reading(actor) as session:
        page = deposits.deposits(session, asked, after)
    if not page.rows:
        st.info(_("没有符合条件的押金。") if typed or kind else _("没有在押的押金。"), icon=":material/inbox:")
        return
    st.markdown("　".join(_("{payee} 在押 **{sum}** 元", payee=plain(payee), sum=yuan(held))
                         for payee, held in page.held.items()))  # fmt: skip
    columns = [
        Column("unit", _("房屋"), width=110), Column("customer", _("客户"), width=130),
        Column("kind", _("押金种类"), width=140), Column("held", _("现存(元)"), "money"),
        Column("taken", _("收取(元)"), "money"), Column("taken_on", _("收取日期"), "date"),
        Column("number", _("收据号"), width=130), Column("payee", _("收款单位"), width=200),
    ]  # fmt: skip
    lines = [each.__dict__ for each in page.rows]
    clicked = rows("deposits", columns, lines, _("押金清单"), _("点开查看收退扣"))
    asking.turn("deposits", page.total, page.next)
    if clicked is not None:
        open_in_address(DEPOSIT, page.rows[clicked].id)


# ── one deposit ──────────────────────────────────────────────────────────────────────────────────────────────────────


def show_one(actor: Actor, deposit_id: int) -> None:
    """Draw one deposit: its story, and what may be done with it."""
    if st.button(_("返回列表"), key="deposits.back", type="tertiary", icon=":material/arrow_back:"):
        st.query_params.clear()
        st.rerun()
    with reading(actor) as session:
        line, deposit, moves = deposits.statement_of(session, deposit_id)
        receipt_id = deposits.receipt_of(session, deposit_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        title = _("{unit} {kind}", unit=line.unit, kind=line.kind.label)
        st.subheader(plain(title), anchor=False, width="content")
        colour, words = ("blue", _("现存 {sum} 元", sum=yuan(line.held))) if line.held else ("gray", _("已退清"))
        st.markdown(f":{colour}-badge[{words}]", width="stretch")
        if receipt_id is not None:
            link(_("打印收据"), "receipt", receipt_id)
    left, right = st.columns([1.3, 1], gap="medium")
    with left:
        facts = [(_("客户"), line.customer), (_("收款单位"), line.payee), (_("收据号"), line.number),
                 (_("计算"), deposit.calculation)]  # fmt: skip
        st.markdown("  \n".join(f":gray[{label}]　{plain(said)}" for label, said in facts if said))
        _story(moves)
    with right:
        if line.held and actor.may(Right.DUN):
            _acts(actor, line)


def _story(moves: list[Movement]) -> None:
    columns = [
        Column("day", _("日期"), "date"), Column("kind", _("摘要"), width=80), Column("amount", _("金额(元)"), "money"),
        Column("left", _("结存(元)"), "money"), Column("note", _("说明"), width=150),
        Column("who", _("经办"), width=80),
    ]  # fmt: skip
    rows("deposits.story", columns, [each.__dict__ for each in moves], _("押金收退扣明细"))


def _acts(actor: Actor, line: DepositLine) -> None:
    names = {"refund": _("申请退还")}
    if actor.may(Right.BILL):
        names |= {"deduct": _("扣款"), "set_off": _("抵扣欠费")}
    act = st.segmented_control(_("办理"), list(names), format_func=names.__getitem__, key=f"deposits.act.{line.id}",
                               label_visibility="collapsed")  # fmt: skip
    if act is None:
        return
    with st.container(border=True):
        sent = {"refund": _refund, "deduct": _deduct, "set_off": _set_off}[act](actor, line)
    if sent is not None:
        form.tell(_("申请已提交，等待审批") if act == "refund" else _("已记账"))
        if act == "refund":
            st.switch_page(shell.path_of("corrections"), query_params={"correction": sent.result})
        st.rerun()


def _refund(actor: Actor, line: DepositLine) -> form.Sent | None:
    fields = (AMOUNT, REASON, PAPER, ACCOUNT)

    def store(session: Session, filled: Filled) -> str:
        given = checked(fields, filled)
        row = corrections.ask_deposit_refund(
            session, line.id, given["amount"], given["reason"], paper=given["paper"], account=given["account"] or "",
            token=filled.token,
        )  # fmt: skip
        return str(row.id)

    st.caption(_("凭押金收据或遗失声明退给付款人；审批同意后由收费员付款。"))
    return form.show(
        Form("deposits.refund", fields, (Button("save", _("提交审批"), store, ":material/send:"),), about=str(line.id),
             also=(), initial={"amount": line.held}),
        actor,
    )  # fmt: skip


def _deduct(actor: Actor, line: DepositLine) -> form.Sent | None:
    fields = (AMOUNT, CONSENT, REASON)

    def store(session: Session, filled: Filled) -> str:
        given = checked(fields, filled)
        return str(deposits.deduct(session, line.id, given["amount"], given["reason"], consent=given["consent"],
                                   token=filled.token).id)  # fmt: skip

    st.caption(_("只用于损坏赔偿等约定的扣款，须有客户书面同意；欠费请用“抵扣欠费”。"))
    return form.show(
        Form("deposits.deduct", fields, (Button("save", _("扣款"), store),), about=str(line.id), also=(),
             confirm=_("扣款后不能撤销，请确认金额和凭据。")),
        actor,
    )  # fmt: skip


def _set_off(actor: Actor, line: DepositLine) -> form.Sent | None:
    field = replace(CONSENT, required=False, help=lazy("住宅必填：客户书面同意；园区填合同号"))

    def store(session: Session, filled: Filled) -> str:
        given = checked((field,), filled)
        return str(deposits.set_off(session, line.id, consent=given["consent"] or "", token=filled.token).id)

    st.caption(_("从最早的账单起，先抵本金再抵违约金；只抵同一收款单位的欠费。"))
    return form.show(
        Form("deposits.set_off", (field,), (Button("save", _("抵扣"), store),), about=str(line.id), also=(),
             confirm=_("抵扣后不能撤销。")),
        actor,
    )  # fmt: skip


# ── taking one ───────────────────────────────────────────────────────────────────────────────────────────────────────


def show_new(actor: Actor) -> None:
    """Draw the form of a deposit: the unit, then what the lease says it comes to."""
    if st.button(_("返回列表"), key="deposits.new.back", type="tertiary", icon=":material/arrow_back:"):
        st.query_params.clear()
        st.rerun()
    st.subheader(_("收押金"), anchor=False)
    place = "deposits.new.unit_id"
    if place not in st.session_state and (told := asking.number_in(UNIT)) is not None:
        st.session_state[place] = told
    with st.container(border=True, width=860):
        unit_id = unit_picker(place)
        if unit_id is None:
            return
        sent = _take(actor, unit_id)
    if sent is not None:
        form.tell(_("押金已收，可打印收据"))
        st.query_params.clear()
        open_in_address(DEPOSIT, int(sent.result))


def _take(actor: Actor, unit_id: int) -> form.Sent | None:
    with reading(actor) as session:
        names = payees.names(session, deposits.estate_of(session, unit_id))
        customer_id = proposed_customer(session, unit_id, "")
        proposed = _proposed(session, unit_id)
    chosen: dict[str, Any] = {}
    if proposed:
        words = {kind.value: _("{kind} {sum} 元", kind=kind.label, sum=yuan(each["amount"]))
                 for kind, each in proposed.items()}  # fmt: skip
        key = f"deposits.proposed.{unit_id}"
        picked = st.pills(_("按合同计算"), list(words), format_func=words.__getitem__, key=key)
        chosen = proposed[DepositKind(picked)] if picked else {}
    payee = Field("payee_id", lazy("收款单位"), "reference", default=next(iter(names)) if len(names) == 1 else None)
    fields = (KIND, payee, AMOUNT, METHOD, REFERENCE, CALCULATION, PAYER)

    def store(session: Session, filled: Filled) -> str:
        given = checked(fields, filled)
        taken = deposits.take_deposit(
            session, unit_id, given["payee_id"], given["kind"], [tender_of(given, given["amount"])],
            customer_id=customer_id, payer_name=given["payer_name"] or "", calculation=given["calculation"] or "",
            token=filled.token,
        )  # fmt: skip
        return str(deposits.of_payment(session, taken.payment.id))

    about = f"{unit_id}/{chosen.get('kind', '')}"
    return form.show(
        Form("deposits.take", fields, (Button("save", _("收款并开收据"), store, ":material/payments:"),), about=about,
             also=(), options={"payee_id": names}, initial={"method": Method.CASH, **chosen}),
        actor,
    )  # fmt: skip


def _proposed(session: Session, unit_id: int) -> dict[DepositKind, dict[str, Any]]:
    """Count what a tenant of the park leaves as deposits, where the unit has rent and fee to count by."""
    try:
        fees = entry_fees(session, unit_id)
    except Refused:
        return {}
    return {
        _KIND_OF[each.kind]: {"kind": _KIND_OF[each.kind], "amount": Decimal(each.amount), "payee_id": each.payee_id,
                              "calculation": each.calculation[:LINE_LENGTH]}
        for each in fees if each.kind in _KIND_OF
    }  # fmt: skip


__all__ = ["ACT", "DEPOSIT", "NEW", "show_list", "show_new", "show_one"]
