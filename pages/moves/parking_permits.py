"""Parking permits 停车证: issued, renewed, ended; what ends soon stands first (K1)."""

from __future__ import annotations

import streamlit as st

from components import form, parking_register
from components.desks import asking
from components.signin import current_actor
from components.words import _
from db.people import Right

actor = current_actor()
form.say_told()
permit_id = asking.number_in(parking_register.RECORD)
issues = actor.may(Right.EDIT_REGISTRY)
if permit_id is not None:
    parking_register.show_one(actor, permit_id)
elif parking_register.NEW in st.query_params and issues:
    parking_register.show_new(actor)
else:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(_("停车证"), anchor=False, width="stretch")
        if issues and st.button(
            _("办停车证"), key="parking_permits.new", type="primary", icon=":material/add:", shortcut="Alt+N"
        ):
            st.query_params[parking_register.NEW] = "1"
            st.rerun()
    parking_register.show_list(actor)
