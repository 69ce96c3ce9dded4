"""前台收费: who pays, what he owes, the money, the receipt; one's own day; all receipts; invoices (F3, F4, F10, P3)."""

from __future__ import annotations

import streamlit as st

from components import form
from components.cashier import counter, invoices, receipt_book
from components.signin import current_actor
from components.words import _
from db.people import Right

VIEW = "view"
actor = current_actor()
form.say_told()
views = {"pay": _("收款"), "today": _("当日收款"), "receipts": _("收据"), "invoices": _("发票")}
if not actor.may(Right.TAKE_PAYMENT):
    views = {key: name for key, name in views.items() if key != "today"} | {"pay": _("查欠费")}
told = st.query_params.get(VIEW, "")
with st.container(horizontal=True, vertical_alignment="center"):
    st.title(_("前台收费"), anchor=False, width="content")
    st.session_state["cashier.view"] = told if told in views else "pay"
    view = st.segmented_control(
        _("看什么"), list(views), format_func=views.__getitem__, key="cashier.view", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
if view != (told if told in views else "pay"):
    st.query_params.from_dict({VIEW: view} if view and view != "pay" else {})
    st.rerun()
if view == "invoices":
    invoices.show(actor)
elif view == "pay":
    counter.show(actor)
elif not receipt_book.opened(actor):
    (receipt_book.show_day if view == "today" else receipt_book.show_all)(actor)
