"""Finding the payer: one box, with the cursor in it, for name, pinyin, unit, the end of a phone, plate."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from components import shell
from components.plain import plain
from components.words import _
from db.people import Actor
from db.picking import UNITS, offered, surely_meant
from db.search_hits import Hit
from db.session import reading

PAUSE = "250ms"
ROUND = "cashier#round"
"""Counts payers: the next one finds everything empty, and the cursor in the box."""
PAYER = "cashier#payer."
"""So begins what is remembered of the payer at the counter, and of him alone."""
_ASKED, _SERVED, _UNIT, _CUSTOMER = "cashier#asked", "cashier#served", "unit", "customer"


def this_round() -> int:
    """Say how many payers have been served in this tab."""
    number: int = st.session_state.setdefault(ROUND, 0)
    return number


def key(name: str) -> str:
    """Name a widget that begins anew with each payer."""
    unit_id, customer_id = chosen()
    place = f"{this_round()}.{st.session_state.get(_SERVED, 0)}"
    return f"cashier.{place}.{unit_id or 0}.{customer_id or 0}.{name}"


def served() -> None:
    """Let the panel begin anew for whoever stands there, after he has paid."""
    st.session_state[_SERVED] = st.session_state.get(_SERVED, 0) + 1
    _forget()


def _forget() -> None:
    for name in [str(each) for each in st.session_state]:
        if name.startswith(PAYER):
            del st.session_state[name]


def chosen() -> tuple[int | None, int | None]:
    """Say which unit, and which of its customers, the address names."""
    return _number(_UNIT), _number(_CUSTOMER)


def _number(name: str) -> int | None:
    told = st.query_params.get(name, "")
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 10 else None


def next_payer() -> None:
    """Begin anew: everything empty, the cursor in the box."""
    st.session_state[ROUND] = this_round() + 1
    st.session_state[_ASKED] = ""
    turn_to(None)


def turn_to(unit_id: int | None, customer_id: int | None = None) -> None:
    """Show another payer's sheet; everything begun for the one before is let go, the box stays as it is."""
    _forget()
    for name, value in ((_UNIT, unit_id), (_CUSTOMER, customer_id)):
        if value is not None:
            st.query_params[name] = str(value)
        elif name in st.query_params:
            del st.query_params[name]


def box(actor: Actor) -> None:
    """Draw the box and, while it is not clear who is meant, who might be."""
    state = st.session_state
    unit_id, customer_id = chosen()
    with st.container(key=f"focus-cashier-{this_round()}"):
        typed = st.text_input(
            _("找缴费人"), key=f"cashier.{this_round()}.find", type="search", live=PAUSE, autocomplete="off",
            icon=":material/search:", placeholder=_("房号、姓名、拼音、电话后四位、车牌"), label_visibility="collapsed",
        ).strip()  # fmt: skip
    if not typed:
        state[_ASKED] = ""
        return
    with reading(replace(actor, estates=shell.estate_ids(actor))) as session:
        hits = offered(session, UNITS, typed)
    if typed != state.get(_ASKED):
        state[_ASKED] = typed
        sure = surely_meant(hits)
        if sure is None or (sure.unit_id, sure.customer_id) != (unit_id, customer_id):
            turn_to(sure.unit_id if sure else None, sure.customer_id if sure else None)
            st.rerun()
    if unit_id is None or unit_id not in {hit.unit_id for hit in hits}:
        _offer(hits, typed)


def _offer(hits: list[Hit], typed: str) -> None:
    """Offer whom it may be; those who hold no unit cannot be charged."""
    hits = [hit for hit in hits if hit.unit_id is not None]
    if not hits:
        st.caption(_("没有找到“{typed}”，请换房号、姓名、电话后四位或车牌再找。", typed=plain(typed)))
        return
    with st.container(border=True, gap="xsmall"):
        for place, hit in enumerate(hits):
            label = f"**{plain(hit.title)}** :gray[{plain(hit.subtitle)}]"
            if st.button(label, key=f"cashier.{this_round()}.hit.{place}", type="tertiary"):
                turn_to(hit.unit_id, hit.customer_id)
                st.rerun()
