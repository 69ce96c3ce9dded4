"""Access cards and keys 门禁卡与钥匙: who carries what; handed out, lost, given back, nothing left behind (A2)."""

from __future__ import annotations

import streamlit as st

from components import card_register, form
from components.desks import asking
from components.signin import current_actor
from components.words import _
from db.people import Right

actor = current_actor()
form.say_told()
card_id = asking.number_in(card_register.CARD)
hands_out = actor.may(Right.HAND_OVER)
if card_id is not None:
    card_register.show_one(actor, card_id)
elif card_register.NEW in st.query_params and hands_out:
    card_register.show_new(actor)
else:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(_("门禁卡与钥匙"), anchor=False, width="stretch")
        if hands_out and st.button(_("发放"), key="cards.new", type="primary", icon=":material/add:", shortcut="Alt+N"):
            st.query_params[card_register.NEW] = "1"
            st.rerun()
    card_register.show_list(actor)
