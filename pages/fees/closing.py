"""Closing 日结: the cashier's day counted and shut, closed days on paper, the payees' months (F10)."""

from __future__ import annotations

import streamlit as st

from components import form
from components.desks import closing_desk
from components.kept_choice import kept_segment
from components.signin import current_actor
from components.words import _
from db.ledger.closings import sees_all_days

OPEN, CLOSED, MONTHS = "open", "closed", "months"

actor = current_actor()
form.say_told()
closing_id = closing_desk.number_in(closing_desk.CLOSING)
if closing_id is not None:
    closing_desk.show_one(actor, closing_id)
else:
    parts = {OPEN: _("待日结"), CLOSED: _("已日结")} | ({MONTHS: _("月结")} if sees_all_days(actor) else {})
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(_("日结"), anchor=False, width="content")
        part = kept_segment(_("看什么"), "closing.part", parts, OPEN)
    shown = {OPEN: closing_desk.show_open, CLOSED: closing_desk.show_closed, MONTHS: closing_desk.show_months}
    shown[part](actor)
