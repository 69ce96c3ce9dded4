"""The next free times of a move 可约的时间: one tap writes it into the form of booking, moving in or out."""

from __future__ import annotations

from datetime import date

import streamlit as st

from components.plain import plain
from components.words import _
from db.dossiers import moving_times
from db.people import Actor
from db.records import Record
from db.session import reading
from db.typed_moments import shown_moment

SHOWN = 6


def propose(record: Record, actor: Actor, form_key: str, since: date) -> None:
    """Draw the rule and the free times from a day on; the one tapped fills `move_from` and `move_to` of the form."""
    state = st.session_state
    with reading(actor) as session:
        rule = moving_times.rule_said(session, record.estate_id)
        free = moving_times.free_times(session, record.values["building_id"], since, SHOWN, case_id=record.id)
    st.caption(plain(rule))
    key = f"{form_key}.free"
    names = {place: moving_times.said_window(each) for place, each in enumerate(free)}
    if state.get(key) not in names:
        state[key] = None
    picked = st.pills(_("最近可约的时间"), list(names), format_func=names.__getitem__, key=key)
    if picked is not None and state.get(f"{key}#of") != (record.number, names[picked]):
        state[f"{key}#of"] = (record.number, names[picked])
        for name, moment in zip(("move_from", "move_to"), free[picked], strict=True):
            state[f"{form_key}.{name}"] = shown_moment(moment)
