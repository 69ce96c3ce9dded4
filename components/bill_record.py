"""One bill on its page: how it was counted, what was paid and waived, voiding and issuing again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from components import form
from components.bill_list import open_bill
from components.form import Button, Filled, Form
from components.plain import plain
from components.registry_table import HEAD, ROW_HEIGHT
from components.words import _
from db.clock import local
from db.fields import Field
from db.ledger.bill_records import Record, record_of
from db.ledger.billing import reissue, void_bill
from db.people import Actor, Right
from db.session import reading
from db.words import _ as lazy

REASON = Field("reason", lazy("原因"), "text", lazy("例如：面积录错、户已退租"), length=200)
VOID, AGAIN = "void", "again"


def show(actor: Actor, bill_id: int) -> None:
    """Draw a bill, and what may be done with it."""
    if st.button(_("返回列表"), key="bills.back", type="tertiary", icon=":material/arrow_back:"):
        open_bill(None)
    with reading(actor) as session:
        record = record_of(session, bill_id)
    _head(record)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _counted(record)
        _paid(record)
    with right:
        _facts(record)
    if record.bill.voided_at is None and actor.may(Right.BILL):
        _acts(record, actor)


def _head(record: Record) -> None:
    bill = record.bill
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        title = f"{plain(record.unit)}　{plain(record.item)}　{bill.month:%Y-%m}"
        st.subheader(title, anchor=False, width="content")
        st.badge(str(record.standing.label), color=record.standing.colour)  # type: ignore[arg-type]
        if bill.replaces_id is not None and st.button(
            _("原账单 {n}", n=bill.replaces_id), key="bills.replaces", type="tertiary", icon=":material/history:"
        ):
            open_bill(bill.replaces_id)
        if record.replaced_by is not None and st.button(
            _("已重开为 {n}", n=record.replaced_by), key="bills.replaced", type="tertiary", icon=":material/redo:"
        ):
            open_bill(record.replaced_by)
    if bill.voided_at is not None:
        st.warning(
            _("{who} 于 {at} 作废：{why}", who=plain(record.voided_by), at=f"{local(bill.voided_at):%Y-%m-%d %H:%M}",
              why=plain(bill.void_reason)),
            icon=":material/block:",
        )  # fmt: skip


def _counted(record: Record) -> None:
    bill = record.bill
    with st.container(border=True, gap="small"):
        st.markdown(f":gray[{_('怎么算的')}]")
        st.markdown(f"#### {plain(bill.calculation)}", anchors=False)
        sums: list[tuple[str, Decimal]] = [(_("应收"), bill.amount)]
        if bill.waived:
            sums.append((_("减免"), bill.waived))
        sums += [(_("实收"), bill.paid)]
        if bill.voided_at is None:
            sums.append((_("未收"), bill.unpaid))
        if record.late_fee:
            sums.append((_("违约金(滞纳金)"), record.late_fee))
        with st.container(horizontal=True, gap="medium"):
            for label, amount in sums:
                st.metric(label, f"{amount:,.2f}", width="content")
        if record.late_fee and record.late_days:
            st.caption(_("违约金计到今天，共 {n} 天。", n=record.late_days))


def _paid(record: Record) -> None:
    if record.paid:
        st.markdown(f"**{_('收款')}**")
        rows = [
            {
                "on": each.on, "kind": str(each.kind.label), "target": str(each.target.label),
                "amount": float(each.amount), "receipt": each.receipt, "by": each.by,
            }
            for each in record.paid
        ]  # fmt: skip
        config = st.column_config
        st.dataframe(
            pd.DataFrame(rows, dtype=object), hide_index=True, row_height=ROW_HEIGHT,
            height=len(rows) * ROW_HEIGHT + HEAD, placeholder="", alt=_("这张账单的收款"), key="bills.paid",
            column_config={
                "on": config.DateColumn(_("日期"), format="YYYY-MM-DD"), "kind": _("种类"), "target": _("用于"),
                "amount": config.NumberColumn(_("金额(元)"), format="%,.2f"), "receipt": _("收据号"), "by": _("经办"),
            },
        )  # fmt: skip
    elif record.bill.voided_at is None:
        st.caption(_("还没有收款。"))
    for each in record.corrected:
        st.markdown(
            _("{kind} {amount} 元（{state}）：{reason} :gray[{by}]", kind=each.kind.label, amount=f"{each.amount:,.2f}",
              state=each.state.label, reason=plain(each.reason), by=plain(each.by))
        )  # fmt: skip


def _facts(record: Record) -> None:
    bill = record.bill
    rate = f"{Decimal(bill.late_ppm) / 10_000:f}".rstrip("0").rstrip(".")
    facts: list[tuple[str, object]] = [
        (_("应缴客户"), record.customer or _("(没有登记)")),
        (_("楼栋"), record.building),
        (_("计费期间"), _("{first} 至 {last}", first=_day(bill.period_from), last=_day(bill.period_to))),
        (_("最迟缴纳日"), _day(bill.due_on)),
        (_("违约金"), _("{day} 起每日 {rate}%", day=_day(date.fromordinal(bill.late_day)), rate=rate)
         if bill.late_day else _("合同没有约定，不计")),
        (_("收款单位"), record.payee),
        (_("收费标准"), record.tariff),
        (_("依据"), record.filing),
        (_("违约金条款"), record.late_clause),
        (_("账单编号"), bill.id),
        (_("出账"), f"{record.made_by} {local(bill.made_at):%Y-%m-%d %H:%M}"),
    ]  # fmt: skip
    with st.container(border=True):
        st.markdown("  \n".join(f":gray[{label}]　{plain(said)}" for label, said in facts if said))


def _day(day: date) -> str:
    return f"{day:%Y-%m-%d}"


# ── taken back, issued again ─────────────────────────────────────────────────────────────────────────────────────────


def _acts(record: Record, actor: Actor) -> None:
    """Offer to void, and to make anew; each asks for a reason and says what follows."""
    state, about = st.session_state, str(record.bill.id)
    if state.get("bills#about") != about:
        state["bills#about"], state["bills#act"] = about, ""
    with st.container(horizontal=True, gap="small"):
        if st.button(_("按现在的资料重开"), key="bills.again.open", icon=":material/refresh:"):
            state["bills#act"] = AGAIN
        if st.button(_("作废"), key="bills.void.open", icon=":material/block:"):
            state["bills#act"] = VOID
    act = state["bills#act"]
    if not act:
        return
    paid = _("已收的 {sum} 元转入预存。", sum=f"{record.bill.paid:,.2f}") if record.bill.paid else ""
    if act == VOID:
        words, confirm = _("作废账单"), _("作废后不能恢复，账单留底可查。") + paid
    else:
        words = _("重开账单")
        confirm = _("原账单作废留底，按现在的面积、收费标准和抄表另出一张，两张互相注明。") + paid

    def save(session: Session, filled: Filled) -> str:
        if act == VOID:
            void_bill(session, record.bill.id, filled.values["reason"] or "")
            return about
        return str(reissue(session, record.bill.id, filled.values["reason"] or "").id)

    with st.container(border=True, width=640):
        st.markdown(f"**{words}**")
        sent = form.show(
            Form(f"bills.{act}", (REASON,), (Button("save", words, save),), about=about, confirm=confirm, also=(),
                 columns=(1,), cancel=True),
            actor,
        )  # fmt: skip
    if sent is None:
        return
    state["bills#act"] = ""
    if not sent.cancelled:
        form.tell(_("账单已作废") if act == VOID else _("已重开"))
        open_bill(int(sent.result))
    st.rerun()


__all__ = ["show"]
