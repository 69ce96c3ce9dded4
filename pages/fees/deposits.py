"""Deposits 押金: what is held for whom, each one's story, taken, deducted, set off, paid back (I1, D2)."""

from __future__ import annotations

import streamlit as st

from components import form
from components.desks import asking, deposit_desk
from components.signin import current_actor
from components.words import _
from db.people import Right

actor = current_actor()
form.say_told()
deposit_id = asking.number_in(deposit_desk.DEPOSIT)
takes = actor.may(Right.TAKE_PAYMENT)
if deposit_id is not None:
    deposit_desk.show_one(actor, deposit_id)
elif deposit_desk.NEW in st.query_params and takes:
    deposit_desk.show_new(actor)
else:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(_("押金"), anchor=False, width="stretch")
        if takes and st.button(
            _("收押金"), key="deposits.new", type="primary", icon=":material/add:", shortcut="Alt+N"
        ):
            st.query_params[deposit_desk.NEW] = "1"
            st.rerun()
    deposit_desk.show_list(actor)
