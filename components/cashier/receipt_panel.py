"""One receipt opened: what it says, what became of it, printing it again, taking it back, an invoice for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from components import form
from components.cashier import invoices, saved
from components.cashier.owed import yuan
from components.form import Button, Filled, Form
from components.papers.links import address
from components.plain import plain
from components.words import _
from db.fields import Field
from db.histories import said_moment
from db.ledger import corrections, receipt_papers, reversals, tax_invoices
from db.ledger.money_tables import Method, PaymentKind, ReceiptState
from db.ledger.receipt_lists import Shown, receipt_shown
from db.people import Actor, Right
from db.session import reading
from db.words import _ as lazy

REASON = Field("reason", lazy("原因"), "prose", length=200)


def show(actor: Actor, receipt_id: int) -> None:
    """Draw it."""
    with reading(actor) as session:
        shown = receipt_shown(session, receipt_id)
        registered, _total = tax_invoices.listed(session, receipt_id=receipt_id)
    _head(shown)
    left, right = st.columns([1.9, 1], gap="medium")
    with left:
        _lines(shown)
    with right:
        _facts(shown)
    _acts(actor, shown, registered)


def _head(shown: Shown) -> None:
    row, state = shown.row, shown.row.state or ReceiptState.GOOD
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(plain(row.number), anchor=False, width="content")
        st.badge(str(state.label), color=state.colour)  # type: ignore[arg-type]
        if row.book is not None:
            st.caption(str(row.book.label), width="content")
        st.markdown(f"**{_('{amount} 元', amount=yuan(row.amount))}**", width="content")
        st.caption(plain(shown.snapshot["capitals"]), width="stretch")
    counter = shown.counter
    if counter is not None:
        st.warning(
            _("{day} 由 {who} {kind}：{reason} {number}", day=counter.paid_on.isoformat(), who=plain(counter.cashier),
              kind=counter.kind.label, reason=plain(counter.note), number=plain(counter.number)),
            icon=":material/undo:",
        )  # fmt: skip
    if shown.corrects:
        st.info(_("这是 {number} 的红字收据：{reason}", number=plain(shown.corrects), reason=plain(row.note)))


def _lines(shown: Shown) -> None:
    """Draw its lines as they stand on the paper."""
    paper = receipt_papers.paper(shown)
    lines: list[dict[str, Any]] = [*paper["lines"], *paper["late_fees"], *paper["waivers"]]
    frame = pd.DataFrame(
        [
            ({"unit": each["unit"]} if each.get("unit") else {})
            | {
                "item": each["item"], "period": _period(each), "amount": float(Decimal(each["amount"])),
                "calculation": each.get("calculation") or "",
            }
            for each in lines
        ]
    )  # fmt: skip
    config = st.column_config
    st.dataframe(
        frame, hide_index=True, placeholder="", key=f"cashier.receipt.{shown.row.receipt_id}.lines",
        alt=_("收据明细"), height=min(len(lines), 12) * 35 + 36,
        column_config={
            "unit": config.TextColumn(_("房屋"), width=80), "item": config.TextColumn(_("项目"), width=170),
            "period": config.TextColumn(_("起止"), width=170),
            "amount": config.NumberColumn(_("金额"), format="%,.2f", width=90),
            "calculation": config.TextColumn(_("计算"), width=300),
        },
    )  # fmt: skip


def _period(line: dict[str, Any]) -> str:
    first, last = line.get("period_from"), line.get("period_to")
    return f"{first} – {last}" if first and last and first != last else str(first or "")


def _facts(shown: Shown) -> None:
    row = shown.row
    facts = [
        (_("收款单位"), row.payee), (_("抬头"), shown.snapshot["payer"]), (_("房屋"), row.unit),
        (_("入账日"), row.paid_on.isoformat()), (_("收款人"), row.cashier),
        *(
            (str(Method(each["method"]).label), " ".join(filter(None, (each["amount"], each["reference"]))))
            for each in shown.snapshot["methods"]
        ),
        (_("备注"), shown.snapshot["note"]), (_("已打印"), _("{n} 次", n=row.prints)),
    ]  # fmt: skip
    st.markdown("  \n".join(f":gray[{name}]　{plain(said)}" for name, said in facts if said))


# ── what may be done with it ─────────────────────────────────────────────────────────────────────────────────────────


def _acts(actor: Actor, shown: Shown, registered: list[tax_invoices.Listed]) -> None:
    row = shown.row
    stands = row.state is ReceiptState.GOOD and row.kind is PaymentKind.PAYMENT
    offers = {
        "void": _("作废") if row.may_be_voided else "",
        "reverse": _("申请红冲") if stands and not row.may_be_voided and actor.may(Right.BILL) else "",
        "invoice": _("登记开票") if stands and row.amount > 0 and actor.may(Right.TAKE_PAYMENT) else "",
    }
    offers = {name: label for name, label in offers.items() if label}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.link_button(
            _("打印收据") if row.prints == 0 else _("补打收据"),
            address("receipt", row.receipt_id, size=saved.paper_chosen()), icon=":material/print:", type="primary",
            shortcut="Alt+P", key=f"cashier.receipt.{row.receipt_id}.print",
        )  # fmt: skip
        saved.choose_paper(f"cashier.receipt.{row.receipt_id}.paper")
        act = None
        if offers:
            act = st.pills(
                _("办理"), list(offers), format_func=offers.__getitem__, label_visibility="collapsed",
                key=f"cashier.receipt.{row.receipt_id}.act",
            )  # fmt: skip
    if act == "void":
        _void(actor, shown)
    elif act == "reverse":
        _ask_reversal(actor, shown)
    elif act == "invoice":
        with st.container(border=True, width=760):
            invoices.ask(actor, row)
    for each in registered:
        st.markdown(
            f":material/receipt_long: {plain(each.title)} :{each.state.colour}[{each.state.label}] "
            f":gray[{plain(each.number)} {said_moment(each.asked_at)}]"
        )


def _void(actor: Actor, shown: Shown) -> None:
    payment_id = shown.row.payment_id

    def store(session: Session, filled: Filled) -> str:
        done = reversals.void_payment(session, payment_id, filled.values["reason"] or "", token=filled.token)
        return str(done.id)

    with st.container(border=True, width=760):
        st.caption(_("作废后收据号保留并注明作废，账单恢复欠费，现金请退还客户并收回收据。"))
        sent = form.show(
            Form("cashier.void", (REASON,), (Button("save", _("作废"), store, ":material/block:"),),
                 about=str(payment_id), also=(), focus=True),
            actor,
        )  # fmt: skip
    if sent is not None:
        form.tell(_("收据 {number} 已作废", number=shown.row.number))
        st.rerun()


def _ask_reversal(actor: Actor, shown: Shown) -> None:
    payment_id = shown.row.payment_id

    def store(session: Session, filled: Filled) -> str:
        return str(corrections.ask_reversal(session, payment_id, filled.values["reason"] or "", token=filled.token).id)

    with st.container(border=True, width=760):
        st.caption(_("红冲由他人审批；同意后开红字收据，原收据号保留。"))
        sent = form.show(
            Form("cashier.reverse", (REASON,), (Button("save", _("提交审批"), store, ":material/send:"),),
                 about=str(payment_id), also=(), focus=True),
            actor,
        )  # fmt: skip
    if sent is not None:
        form.tell(_("红冲申请已提交"))
        st.rerun()
