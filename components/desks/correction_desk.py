"""减免退款红冲: what was asked for and how it stands; granted or refused here, carried out at the cash desk."""

from __future__ import annotations

import streamlit as st
from sqlalchemy.orm import Session

from components import errors, form, shell
from components.desks import asking
from components.desks.asking import AMOUNT, METHOD, REASON, REFERENCE, Column, checked, open_in_address, rows, yuan
from components.form import Button, Filled, Form
from components.kept_choice import kept_segment
from components.papers.links import link
from components.picker import unit_picker
from components.plain import plain
from components.registry_table import one_of
from components.words import _
from db import approvals
from db.approvals import Verdict
from db.base import LINE_LENGTH
from db.fields import Field
from db.ledger import corrections
from db.ledger.correction_lists import Line, Sought, Step, correction_of, found, refundable, waivable
from db.ledger.corrections import UNDER_WAY
from db.ledger.money_tables import CorrectionKind, CorrectionState, Method
from db.people import Actor, Right
from db.refused import Refused
from db.session import reading, writing
from db.typed_moments import shown_moment
from db.words import _ as lazy

CORRECTION, ASK, UNIT = "correction", "ask", "unit"
"""In the address: the open record; what is about to be asked for; for which unit."""
ACCOUNT = Field("account", lazy("客户收款账户"), "text", lazy("开户行、户名、账号；退现金可不填"), required=False,
                length=LINE_LENGTH)  # fmt: skip
ASKED = {
    "waiver": lazy("减免"),
    "late_waiver": lazy("减免违约金"),
    "refund": lazy("退还预存"),
}


# ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def show_list(actor: Actor) -> None:
    """Draw what was asked for, newest first."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        names = {each.value: str(each.label) for each in Sought}
        sought = Sought(kept_segment(_("看什么"), "corrections.sought", names, Sought.UNDER_WAY.value))
        kind = one_of("corrections.kind", _("全部种类"), {each.value: str(each.label) for each in CorrectionKind})
    estates = shell.estate_ids(actor)
    after = asking.turned("corrections", (sought, kind, estates))
    with reading(actor) as session:
        page = found(session, sought, kind, estate_ids=estates, after=after)
    if not page.rows:
        words = {Sought.UNDER_WAY: _("没有办理中的减免、退款和红冲。")}
        st.info(words.get(sought, _("没有符合条件的申请。")), icon=":material/inbox:")
        return
    columns = [
        Column("unit", _("房屋"), width=84), Column("what", _("申请"), width=250),
        Column("amount", _("金额(元)"), "money"), Column("state", _("状态"), "chip", 118, CorrectionState),
        Column("reason", _("原因"), width=200), Column("asked_by", _("申请人"), width=70),
        Column("asked_at", _("申请时间"), width=96), Column("payee", _("收款单位"), width=104),
    ]  # fmt: skip
    lines = [
        each.__dict__ | {"what": str(each.what), "asked_at": shown_moment(each.asked_at)} for each in page.rows
    ]
    clicked = rows("corrections", columns, lines, _("减免退款红冲清单"), _("点开查看和办理"))
    asking.turn("corrections", page.total, page.next)
    if clicked is not None:
        open_in_address(CORRECTION, page.rows[clicked].id)


# ── one record ───────────────────────────────────────────────────────────────────────────────────────────────────────


def show_one(actor: Actor, correction_id: int) -> None:
    """Draw one correction: what, why, who has said what, and what is to be done next."""
    if st.button(_("返回列表"), key="corrections.back", type="tertiary", icon=":material/arrow_back:"):
        open_in_address(CORRECTION, None)
    with reading(actor) as session:
        line, steps = correction_of(session, correction_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(str(line.what)), anchor=False, width="content")
        st.markdown(f":{line.state.colour}-badge[{line.state.label}]", width="stretch")
        if line.done_payment_id is not None and line.kind is not CorrectionKind.REVERSAL:
            link(_("打印退款单"), "refund", line.id, primary=True)
    left, right = st.columns([1.3, 1], gap="medium")
    with left:
        _facts(line)
        _next(actor, line, steps)
    with right:
        st.markdown(f"**{_('审批')}**")
        for each in steps:
            _step(each)


def _facts(line: Line) -> None:
    facts = [
        (_("房屋"), line.unit), (_("收款单位"), line.payee), (_("金额"), _("{amount} 元", amount=yuan(line.amount))),
        (_("原因"), line.reason), (_("凭据、账户"), line.evidence),
        (_("申请"), f"{line.asked_by} {shown_moment(line.asked_at)}"), (_("办理人"), line.done_by),
    ]  # fmt: skip
    st.markdown("  \n".join(f":gray[{label}]　{plain(said)}" for label, said in facts if said))
    with st.container(horizontal=True, gap="small"):
        asking.link_to_unit(line.unit_id, _("看这一户"), "corrections.unit")
        if line.receipt_id is not None and st.button(
            _("看原收据"), key="corrections.receipt", type="tertiary", icon=":material/receipt_long:"
        ):
            address = {"view": "receipts", "receipt": str(line.receipt_id)}
            st.switch_page(shell.path_of("cashier"), query_params=address)


def _step(each: Step) -> None:
    said = f"　{plain(each.who)} {shown_moment(each.at)}" if each.at is not None and each.who else ""
    st.markdown(f":{each.verdict.colour}-badge[{each.verdict.label}]　{each.role.label}{said}"
                + (f"  \n:gray[{plain(each.note)}]" if each.note else ""))  # fmt: skip


def _next(actor: Actor, line: Line, steps: list[Step]) -> None:
    mine = next((each for each in steps if each.is_mine and line.state is CorrectionState.WAITING), None)
    if mine is not None:
        _decide(actor, mine)
    if line.state is CorrectionState.GRANTED:
        if actor.may(Right.TAKE_PAYMENT):
            _carry_out(actor, line)
        else:
            st.info(_("已同意，等收费员办理。"), icon=":material/payments:")
    if line.asked_by_id == actor.user_id and line.state in UNDER_WAY:
        _withdraw(actor, line)


def _decide(actor: Actor, step: Step) -> None:
    with st.container(border=True):
        note = st.text_input(
            _("意见"), key=f"corrections.note.{step.id}", placeholder=_("不同意要写理由"), max_chars=200
        )
        with st.container(horizontal=True):
            granted = st.button(_("同意"), key="corrections.grant", icon=":material/check:", type="primary")
            denied = st.button(_("不同意"), key="corrections.deny", icon=":material/close:")
    if not (granted or denied):
        return
    try:
        with writing(actor) as session:
            approvals.decide(session, step.id, Verdict.GRANTED if granted else Verdict.DENIED, note)
    except Refused as refused:
        errors.show_refused(refused)
        return
    form.tell(_("已同意") if granted else _("已退回，申请人会看到理由"))
    st.rerun()


def _carry_out(actor: Actor, line: Line) -> None:
    """Ask how the money goes out; a reversal gives it back as it came."""
    reverses = line.kind is CorrectionKind.REVERSAL
    fields = () if reverses else (METHOD, REFERENCE)

    def store(session: Session, filled: Filled) -> str:
        given = checked(fields, filled)
        tenders = [] if reverses else [asking.tender_of(given, line.amount)]
        return str(corrections.carry_out(session, line.id, tenders, token=filled.token).id)

    with st.container(border=True):
        if reverses:
            st.caption(_("按原收款方式退回 {amount} 元，开红字收据；请收回原收据。", amount=yuan(line.amount)))
        elif line.kind is CorrectionKind.DEPOSIT_REFUND:
            st.caption(_("收回押金收据或遗失声明后付款：{amount} 元。", amount=yuan(line.amount)))
        else:
            st.caption(_("退还客户 {amount} 元。", amount=yuan(line.amount)))
        sent = form.show(
            Form("corrections.carry_out", fields, (Button("save", _("办理"), store, ":material/payments:"),),
                 about=str(line.id), also=(), initial={"method": Method.CASH},
                 confirm=_("办理后记入今天的现金账，不能撤销。")),
            actor,
        )  # fmt: skip
    if sent is not None and not sent.cancelled:
        form.tell(_("已办理"))
        st.rerun()


def _withdraw(actor: Actor, line: Line) -> None:
    with st.popover(_("撤回申请"), icon=":material/undo:", type="tertiary", key="corrections.withdraw"):
        st.markdown(_("撤回后不再审批、办理；需要时可以重新申请。"))
        if st.button(_("确定撤回"), key="corrections.withdraw.sure", type="primary"):
            try:
                with writing(actor) as session:
                    corrections.withdraw(session, line.id)
            except Refused as refused:
                errors.show_refused(refused)
                return
            form.tell(_("已撤回"))
            st.rerun()


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def buttons(actor: Actor) -> None:
    """Draw the ways to ask for something."""
    if not actor.may(Right.DUN):
        return
    for name, label in ASKED.items():
        if st.button(_("申请{what}", what=label), key=f"corrections.ask.{name}", icon=":material/add:"):
            st.query_params[ASK] = name
            st.rerun()


def show_ask(actor: Actor, kind: str) -> None:
    """Draw the form: the unit, then which bill or balance, how much and why."""
    if st.button(_("返回列表"), key="corrections.ask.back", type="tertiary", icon=":material/arrow_back:"):
        st.query_params.clear()
        st.rerun()
    st.subheader(_("申请{what}", what=ASKED[kind]), anchor=False)
    place = "corrections.ask.unit_id"
    if place not in st.session_state and (told := asking.number_in(UNIT)) is not None:
        st.session_state[place] = told
    with st.container(border=True, width=760):
        unit_id = unit_picker(place)
        if unit_id is None:
            st.caption(_("收款红冲在“前台收费”的收据里申请，退押金在“押金”里申请。"))
            return
        offered = _offered(actor, kind, unit_id)
        if not offered:
            nothing = {"refund": _("这一户没有预存余额。"), "late_waiver": _("这一户没有未缴的违约金。")}
            st.info(nothing.get(kind, _("这一户没有未缴的账单。")), icon=":material/task_alt:")
            return
        sent = _form(actor, kind, unit_id, offered)
    if sent is not None:
        form.tell(_("申请已提交，等待审批"))
        st.query_params.clear()
        open_in_address(CORRECTION, int(sent.result))


def _offered(actor: Actor, kind: str, unit_id: int) -> dict[int, str]:
    """List what can be asked for: bill, or payee of a balance."""
    with reading(actor) as session:
        if kind == "refund":
            some = refundable(session, unit_id)
        else:
            some = waivable(session, unit_id, late=kind == "late_waiver")
        return {each.id: str(each.words) for each in some}


def _form(actor: Actor, kind: str, unit_id: int, offered: dict[int, str]) -> form.Sent | None:
    label = lazy("预存") if kind == "refund" else lazy("账单")
    which = Field("which", label, "reference", default=next(iter(offered)) if len(offered) == 1 else None)
    fields = (which, AMOUNT, REASON, *((ACCOUNT,) if kind == "refund" else ()))

    def store(session: Session, filled: Filled) -> str:
        given = checked(fields, filled)
        if kind == "refund":
            row = corrections.ask_refund(
                session, unit_id, given["which"], given["amount"], given["reason"], account=given["account"] or "",
                token=filled.token,
            )  # fmt: skip
        else:
            row = corrections.ask_waiver(
                session, given["which"], given["amount"], given["reason"], late=kind == "late_waiver",
                token=filled.token,
            )  # fmt: skip
        return str(row.id)

    return form.show(
        Form("corrections.ask_form", fields, (Button("save", _("提交审批"), store, ":material/send:"),),
             about=f"{kind}/{unit_id}", also=(), options={"which": offered}),
        actor,
    )  # fmt: skip


__all__ = ["ASK", "ASKED", "CORRECTION", "buttons", "show_ask", "show_list", "show_one"]
