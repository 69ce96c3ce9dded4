"""Bills 账单: looked up, opened, voided, issued again; and the billing run 出账 (F2)."""

from __future__ import annotations

import streamlit as st

from components import bill_list, bill_record, billing_run, form
from components.kept_choice import kept_segment
from components.signin import current_actor
from components.words import _
from db.people import Right

LIST, BILLING = "list", "run"

actor = current_actor()
form.say_told()
bill_id = bill_list.number_in(bill_list.BILL)
if bill_id is not None:
    bill_record.show(actor, bill_id)
else:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(_("账单"), anchor=False, width="stretch")
        part = LIST
        if actor.may(Right.BILL):
            if bill_list.CONDITIONS & set(st.query_params):
                st.session_state["bills.part"] = LIST
            part = kept_segment(_("看什么"), "bills.part", {LIST: _("账单"), BILLING: _("出账")}, LIST)
    (billing_run if part == BILLING else bill_list).show(actor)
