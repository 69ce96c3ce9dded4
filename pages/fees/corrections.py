"""Corrections 减免退款红冲: asked for, granted by another, carried out at the cash desk (F10)."""

from __future__ import annotations

import streamlit as st

from components import form
from components.desks import asking, correction_desk
from components.signin import current_actor
from components.words import _
from db.people import Right

actor = current_actor()
form.say_told()
correction_id = asking.number_in(correction_desk.CORRECTION)
kind = st.query_params.get(correction_desk.ASK, "")
if correction_id is not None:
    correction_desk.show_one(actor, correction_id)
elif kind in correction_desk.ASKED and actor.may(Right.DUN):
    correction_desk.show_ask(actor, kind)
else:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(_("减免退款红冲"), anchor=False, width="stretch")
        correction_desk.buttons(actor)
    correction_desk.show_list(actor)
