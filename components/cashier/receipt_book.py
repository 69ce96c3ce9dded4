"""收据 and 当日收款: all receipts looked up, page by page; the cashier's own entries of the day with their sums."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from components import shell
from components.cashier import receipt_panel
from components.cashier.owed import yuan
from components.registry_table import HEAD, ROW_HEIGHT
from components.table import COLOURS
from components.words import _
from db.clock import today
from db.ledger.money_tables import PaymentKind, ReceiptState
from db.ledger.receipt_lists import OwnDay, Row, Wanted, own_day, receipts_found
from db.people import Actor
from db.session import reading

OPEN = "receipt"
"""In the address: the receipt that is open."""
ROWS_IN_SIGHT = 13
_TURN, _ASKED = "cashier.receipts#turn", "cashier.receipts#asked"


def opened(actor: Actor) -> bool:
    """Draw the receipt that the address names, if it names one, with the way back."""
    told = st.query_params.get(OPEN, "")
    if not (told.isascii() and told.isdecimal() and len(told) < 10):
        return False
    if st.button(
        _("返回列表"), key="cashier.receipt.back", type="tertiary", icon=":material/arrow_back:", shortcut="Alt+B"
    ):
        del st.query_params[OPEN]
        st.rerun()
    receipt_panel.show(actor, int(told))
    return True


def _open(receipt_id: int) -> None:
    st.query_params[OPEN] = str(receipt_id)
    st.rerun()


# ── the cashier's own day ────────────────────────────────────────────────────────────────────────────────────────────


def show_day(actor: Actor) -> None:
    """Draw what the cashier has taken today, by method, entry by entry."""
    with reading(actor) as session:
        day = own_day(session, estate_ids=shell.estate_ids(actor))
    _sums(day)
    if not day.rows:
        st.info(_("今天还没有收款。"), icon=":material/payments:")
        return
    _rows(day.rows, "cashier.today")


def _sums(day: OwnDay) -> None:
    with st.container(horizontal=True, gap="medium"):
        st.metric(_("{day} 合计", day=day.day.isoformat()), yuan(day.total), width="content")
        for method, amount in day.by_method.items():
            st.metric(str(method.label), yuan(amount), width="content")
        st.metric(_("收据"), _("{n} 张", n=day.receipts), width="content")


# ── all receipts ─────────────────────────────────────────────────────────────────────────────────────────────────────


def show_all(actor: Actor) -> None:
    """Draw the search, one page of receipts, and the way to the next."""
    wanted, state = _wanted(actor), st.session_state
    if state.get(_ASKED) != repr(wanted):
        state[_ASKED], state[_TURN] = repr(wanted), {}
    with reading(actor) as session:
        page = receipts_found(session, wanted, **state[_TURN])
    if not page.rows:
        st.info(_("没有符合条件的收据。"), icon=":material/search_off:")
        return
    _rows(page.rows, "cashier.receipts")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(
            _("共 {n} 张，除作废外合计 {amount} 元", n=f"{page.total:,}", amount=yuan(page.amount)), width="stretch"
        )
        back = st.button(
            _("上一页"), key="cashier.receipts.newer", icon=":material/chevron_left:", disabled=page.newer is None
        )
        on = st.button(
            _("下一页"), key="cashier.receipts.older", icon=":material/chevron_right:", disabled=page.older is None
        )
    if back or on:
        state[_TURN] = {"newer": page.newer} if back else {"older": page.older}
        st.rerun()


def _wanted(actor: Actor) -> Wanted:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        typed = st.text_input(
            _("查找"), key="cashier.receipts.q", type="search", live="300ms", autocomplete="off", width=280,
            icon=":material/search:", placeholder=_("收据号、房号、抬头、金额"), label_visibility="collapsed",
        )  # fmt: skip
        first = _day("first", _("从"))
        last = _day("last", _("到"))
        names = {"": _("全部状态"), **{each.value: str(each.label) for each in ReceiptState}}
        standing = st.selectbox(
            _("状态"), list(names), format_func=names.__getitem__, key="cashier.receipts.state", width=130,
            label_visibility="collapsed",
        )  # fmt: skip
    return Wanted(typed.strip(), first, last, standing or "", estate_ids=shell.estate_ids(actor))


def _day(name: str, label: str) -> date | None:
    return st.date_input(
        label, value=None, key=f"cashier.receipts.{name}", format="YYYY-MM-DD", max_value=today(), width=150
    )


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _rows(rows: Sequence[Row], key: str) -> None:
    """Draw entries; the number of a receipt opens it."""
    clicked = f"{key}.open"
    frame = pd.DataFrame([_cells(each) for each in rows])
    st.dataframe(
        frame, hide_index=True, row_height=ROW_HEIGHT, placeholder="",
        height=min(len(rows), ROWS_IN_SIGHT) * ROW_HEIGHT + HEAD,
        column_config=_looks(rows, clicked), key=f"{key}.rows.{rows[0].payment_id}", alt=_("收据清单"),
    )  # fmt: skip
    click = st.session_state.get(clicked)
    if click and click["row"] < len(rows) and (receipt_id := rows[click["row"]].receipt_id) is not None:
        _open(receipt_id)


def _cells(row: Row) -> dict[str, Any]:
    return {
        "number": row.number or str(row.kind.label), "standing": [_standing(row)], "paid_on": row.paid_on,
        "unit": row.unit, "payer": row.payer, "amount": float(row.amount),
        "methods": " ".join(str(each.label) for each in row.methods), "cashier": row.cashier, "payee": row.payee,
        "prints": row.prints,
    }  # fmt: skip


def _standing(row: Row) -> str:
    if row.kind is not PaymentKind.PAYMENT or row.state is None:
        return str(row.kind.label)
    return str(row.state.label)


def _looks(rows: Sequence[Row], clicked: str) -> dict[str, Any]:
    config = st.column_config
    colours = {str(each.label): COLOURS[each.colour] for choice in (PaymentKind, ReceiptState) for each in choice}
    shown = list(dict.fromkeys(_standing(each) for each in rows))
    return {
        "number": config.ButtonColumn(
            _("收据号"), type="tertiary", alignment="left", pinned=True, key=clicked, help=_("点开查看、打印和办理")
        ),
        "standing": config.MultiselectColumn(
            _("状态"), options=shown, color=[colours[each] for each in shown], width=80
        ),
        "paid_on": config.DateColumn(_("入账日"), format="YYYY-MM-DD", width=95),
        "unit": config.TextColumn(_("房屋"), width=85),
        "payer": config.TextColumn(_("抬头"), width=145),
        "amount": config.NumberColumn(_("金额(元)"), format="%,.2f", width=95),
        "methods": config.TextColumn(_("方式"), width=90),
        "cashier": config.TextColumn(_("收款人"), width=75),
        "payee": config.TextColumn(_("收款单位"), width=170),
        "prints": config.NumberColumn(_("打印次数"), width=75),
    }


__all__ = ["OPEN", "opened", "show_all", "show_day"]
