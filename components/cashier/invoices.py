"""发票登记: who asked for an invoice against which receipt, its number, to whom it was given, what was turned red."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from components import form, shell
from components.cashier.owed import yuan
from components.form import Button, Filled, Form
from components.plain import plain
from components.table import COLOURS
from components.words import _
from db.checking import cleaned
from db.clock import local
from db.fields import Field, fields_of
from db.ledger import tax_invoices
from db.ledger.receipt_lists import Row
from db.ledger.tax_invoices import PAGE, InvoiceKind, InvoiceState, Listed, TaxInvoice
from db.people import Actor, Right
from db.refused import Refused
from db.session import reading
from db.words import Words
from db.words import _ as lazy

_OF = fields_of(TaxInvoice)
ON = Field("on", lazy("日期"), "date", lazy("不填就是今天"), required=False)
REASON = replace(_OF["reason"], required=True)
_OPEN, _PLACE = "cashier.invoices#open", "cashier.invoices#offset"


def ask(actor: Actor, row: Row) -> None:
    """Draw the form by which an invoice for a receipt is asked for."""
    fields = (
        replace(_OF["kind"], default=None), _OF["title"], replace(_OF["tax_number"], required=False),
        replace(_OF["send_to"], required=False),
        replace(_OF["amount"], required=False, help=lazy("不填就是收据全额")),
    )  # fmt: skip

    def store(session: Session, filled: Filled) -> str:
        given = _checked(fields, filled)
        made = tax_invoices.ask(
            session, row.receipt_id or 0, given["title"] or "", given["tax_number"] or "",
            kind=given["kind"] or InvoiceKind.PLAIN, send_to=given["send_to"] or "", amount=given["amount"],
            token=filled.token,
        )  # fmt: skip
        return str(made.id)

    sent = form.show(
        Form("cashier.invoice.ask", fields, (Button("save", _("登记开票"), store),), about=str(row.receipt_id), also=(),
             initial={"title": row.payer, "kind": InvoiceKind.PLAIN}),
        actor,
    )  # fmt: skip
    if sent is not None:
        form.tell(_("已登记，开好后在“发票”里填号码"))
        st.rerun()


def _checked(fields: Sequence[Field], filled: Filled) -> dict[str, Any]:
    """Make what was typed fit to store, or refuse it."""
    values, problems = cleaned(fields, filled.values)
    if problems:
        raise Refused(_("请检查标出的 {n} 处。", n=len(problems)), problems)
    return values


# ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def show(actor: Actor) -> None:
    """Draw the list, open ones first asked for, and what is to be done with the one chosen."""
    state = st.session_state
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        typed = st.text_input(
            _("查找"), key="cashier.invoices.q", type="search", live="300ms", autocomplete="off", width=300,
            icon=":material/search:", placeholder=_("发票抬头、发票号码、收据号"), label_visibility="collapsed",
        )  # fmt: skip
        everything = st.toggle(_("含已办完的"), key="cashier.invoices.all")
    offset: int = state.get(_PLACE, 0)
    with reading(actor) as session:
        rows, total = tax_invoices.listed(
            session, typed=typed, only_open=not everything, estate_ids=shell.estate_ids(actor), offset=offset
        )
    if not rows:
        if offset:
            state[_PLACE] = 0
            st.rerun()
        st.info(
            _("没有待办的发票。客户要发票时，打开收据“登记开票”。"), icon=":material/receipt_long:"
        )
        return
    chosen = _table(rows)
    _turn(offset, total)
    if chosen is not None:
        with st.container(border=True, width=860):
            _one(actor, chosen)


def _table(rows: Sequence[Listed]) -> Listed | None:
    config = st.column_config
    shown = list(dict.fromkeys(_standing(each) for each in rows))
    colours = {str(each.label): COLOURS[each.colour] for each in InvoiceState} | {_("须红冲"): COLOURS["red"]}
    frame = pd.DataFrame([
        {
            "state": [_standing(each)], "title": each.title, "tax_number": each.tax_number,
            "kind": str(each.kind.label), "amount": float(each.amount), "receipt": each.receipt, "unit": each.unit,
            "asked": local(each.asked_at).date(), "number": each.number, "handed": each.handed_to,
        }
        for each in rows
    ])  # fmt: skip
    event: Any = st.dataframe(
        frame, hide_index=True, placeholder="", key=f"cashier.invoices.rows.{rows[0].id}", on_select="rerun",
        selection_mode="single-row", height=min(len(rows), 10) * 35 + 36, alt=_("发票登记"),
        column_config={
            "state": config.MultiselectColumn(
                _("状态"), options=shown, color=[colours[each] for each in shown], width=100
            ),
            "title": config.TextColumn(_("发票抬头"), width=190), "tax_number": config.TextColumn(_("税号"), width=150),
            "kind": config.TextColumn(_("发票种类"), width=110),
            "amount": config.NumberColumn(_("金额(元)"), format="%,.2f", width=90),
            "receipt": config.TextColumn(_("收据号"), width=115), "unit": config.TextColumn(_("房屋"), width=80),
            "asked": config.DateColumn(_("登记日"), format="YYYY-MM-DD", width=95),
            "number": config.TextColumn(_("发票号码"), width=130), "handed": config.TextColumn(_("交给谁"), width=90),
        },
    )  # fmt: skip
    places = event["selection"]["rows"]
    return rows[places[0]] if places and places[0] < len(rows) else None


def _standing(row: Listed) -> str:
    return _("须红冲") if row.must_be_turned_red else str(row.state.label)


def _turn(offset: int, total: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_("共 {n} 条", n=f"{total:,}"), width="stretch")
        if total <= PAGE:
            return
        back = st.button(_("上一页"), key="cashier.invoices.back", icon=":material/chevron_left:", disabled=not offset)
        on = st.button(
            _("下一页"), key="cashier.invoices.on", icon=":material/chevron_right:", disabled=offset + PAGE >= total
        )
    if back or on:
        st.session_state[_PLACE] = max(0, offset + (PAGE if on else -PAGE))
        st.rerun()


# ── one ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

Save = Callable[[Session, Listed, dict[str, Any]], None]
_ACTS: dict[str, tuple[Words, tuple[InvoiceState, ...], tuple[Field, ...], Save]] = {
    "issue": (
        lazy("填发票号码"), (InvoiceState.ASKED,), (replace(_OF["number"], required=True), ON),
        lambda session, row, given: tax_invoices.issue(
            session, row.id, given["number"] or "", given["on"], version=row.version
        ),
    ),
    "hand": (
        lazy("交付客户"), (InvoiceState.ISSUED,), (replace(_OF["handed_to"], required=True), ON),
        lambda session, row, given: tax_invoices.hand_over(
            session, row.id, given["handed_to"] or "", given["on"], version=row.version
        ),
    ),
    "red": (
        lazy("登记红冲"), (InvoiceState.ISSUED, InvoiceState.HANDED),
        (replace(_OF["red_number"], required=True), ON, REASON),
        lambda session, row, given: tax_invoices.turn_red(
            session, row.id, given["red_number"] or "", given["reason"] or "", given["on"], version=row.version
        ),
    ),
    "drop": (
        lazy("不开了"), (InvoiceState.ASKED,), (REASON,),
        lambda session, row, given: tax_invoices.drop(session, row.id, given["reason"] or "", version=row.version),
    ),
}  # fmt: skip


def _one(actor: Actor, row: Listed) -> None:
    """Draw what an invoice is, and what may be done with it."""
    st.markdown(
        f"**{plain(row.title)}** {plain(row.tax_number)}　{yuan(row.amount)}　:gray[{row.kind.label} "
        f"{plain(row.receipt)} {plain(row.send_to)}]"
    )
    if row.must_be_turned_red:
        st.warning(_("收据已{state}，这张发票须红冲。", state=row.receipt_state.label), icon=":material/warning:")
    offers = {name: str(label) for name, (label, states, _fields, _save) in _ACTS.items() if row.state in states}
    if not offers or not actor.may(Right.TAKE_PAYMENT):
        st.caption(_said(row))
        return
    act = st.segmented_control(
        _("办理"), list(offers), format_func=offers.__getitem__, key=f"cashier.invoice.{row.id}.{row.version}.act",
        default="red" if row.must_be_turned_red else next(iter(offers)), label_visibility="collapsed",
    )  # fmt: skip
    if act is None:
        return
    label, _states, fields, save = _ACTS[act]

    def store(session: Session, filled: Filled) -> str:
        save(session, row, _checked(fields, filled))
        return str(row.id)

    sent = form.show(
        Form(f"cashier.invoice.{act}", fields, (Button("save", str(label), store),), about=f"{row.id}/{row.version}",
             also=()),
        actor,
    )  # fmt: skip
    if sent is not None:
        form.tell(_("已保存"))
        st.rerun()


def _said(row: Listed) -> str:
    def on(day: date | None) -> str:
        return day.isoformat() if day else ""

    return plain(" ".join(filter(None, (row.number, on(row.issued_on), row.handed_to, on(row.handed_on)))))
