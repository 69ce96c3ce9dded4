"""Finding one unit or customer while typing: a box, and below it what was found; outside of `st.form`."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import replace
from typing import Any

import streamlit as st

from components import shell, signin
from components.plain import plain
from components.words import _
from db.people import Actor
from db.picking import CUSTOMERS, UNITS, described, key_of, living_in, offered, surely_meant
from db.search_hits import Hit
from db.session import reading

PAUSE = "250ms"
"""Typing stops so long before the search begins."""


def pick(target: str, label: str, *, key: str, help: str | None = None) -> int | None:  # noqa: A002 - Streamlit's word
    """Ask for a unit or customer (`target` is the table); returns its id, which also stands in the state under `key`.

    The only hit, or the only exact one, is chosen at once; among several the arrow keys choose. What a form puts under
    `key` shows as chosen; emptying it there empties the box. In a form that asks for both (`….unit_id` and
    `….customer_id`), those who live in the unit are offered as the customer.
    """
    state = st.session_state
    state.setdefault(key, None)
    unit_id = _unit_beside(target, key)
    if state[key] != state.get(f"{key}#picked"):  # a form put it there, or took it away
        state[f"{key}#picked"] = state[f"{key}#hit"] = state[key]
        state[f"{key}#typed"] = state[f"{key}#asked"] = ""
    elif state.get(f"{key}#near") not in (None, unit_id):  # who lived in a unit that is not meant any more
        state[key] = state[f"{key}#near"] = state[f"{key}#hit"] = None
    typed = st.text_input(
        label, key=f"{key}#typed", type="search", live=PAUSE, autocomplete="off", icon=":material/search:",
        placeholder=help or _hint(target),
    ).strip()  # fmt: skip
    actor = signin.current_actor()
    with reading(_looking(actor) if typed else actor) as session:
        hits = offered(session, target, typed) if typed else []
        near = living_in(session, unit_id) if unit_id is not None and not typed else []
        chosen = described(session, target, state[key]) if not typed and state[key] is not None else None
    if typed:
        _choose(state, target, key, typed, hits)
    elif chosen is None or state.get(f"{key}#asked"):  # the box was emptied
        if state.get(f"{key}#asked"):
            state[f"{key}#hit"] = None
        state[key], chosen = None, None
    state[f"{key}#asked"] = typed
    if near and (chosen is None or chosen.customer_id in {hit.customer_id for hit in near}):
        state.setdefault(f"{key}#hit", state[key])
        _offer(target, key, near)
        state[f"{key}#near"] = unit_id if state[key] is not None else None
    else:
        _show(target, key, typed, hits, chosen)
    state[f"{key}#picked"] = state[key]
    picked: int | None = state[key]
    return picked


def _unit_beside(target: str, key: str) -> int | None:
    """Say which unit is chosen in the same form, for a customer."""
    form, _dot, name = key.rpartition(".")
    unit_id: int | None = st.session_state.get(f"{form}.unit_id")
    return unit_id if target == CUSTOMERS and name == "customer_id" else None


def unit_picker(key: str, label: str | None = None) -> int | None:
    """Ask for a unit."""
    return pick(UNITS, label or _("房屋"), key=key)


def customer_picker(key: str, label: str | None = None) -> int | None:
    """Ask for a customer."""
    return pick(CUSTOMERS, label or _("客户"), key=key)


def _looking(actor: Actor) -> Actor:
    """Search the estate that is looked at."""
    return replace(actor, estates=shell.estate_ids(actor))


def _hint(target: str) -> str:
    return _("房号、姓名、电话、车牌") if target == UNITS else _("姓名、拼音、电话、房号、车牌")


def _choose(state: MutableMapping[Any, Any], target: str, key: str, typed: str, hits: list[Hit]) -> None:
    """Say what is chosen now: after new typing what is surely meant, else what was clicked, else what was before."""
    keys = [key_of(target, hit) for hit in hits]
    if typed != state.get(f"{key}#asked"):
        sure = surely_meant(hits)
        state[key] = key_of(target, sure) if sure else (state[key] if state[key] in keys else None)
        state[f"{key}#hit"] = state[key]
    elif state.get(f"{key}#hit") in keys:
        state[key] = state[f"{key}#hit"]


def _show(target: str, key: str, typed: str, hits: list[Hit], chosen: Hit | None) -> None:
    if chosen is not None:
        _show_chosen(chosen)
    elif len(hits) == 1:
        _show_chosen(hits[0])
    elif hits:
        _offer(target, key, hits)
    elif typed:
        st.caption(_("没有找到“{typed}”，请换房号、姓名、电话后四位或车牌再找。", typed=plain(typed)))


def _offer(target: str, key: str, hits: list[Hit]) -> None:
    by_key = {key_of(target, hit): hit for hit in hits}
    if st.session_state.get(f"{key}#hit") not in by_key:
        st.session_state[f"{key}#hit"] = None
    st.session_state[key] = st.radio(
        _("找到 {n} 个，请选择", n=len(hits)), list(by_key), index=None, key=f"{key}#hit",
        format_func=lambda each: _line(by_key[each]), label_visibility="collapsed",
    )  # fmt: skip


def _show_chosen(hit: Hit) -> None:
    st.markdown(f":green[:material/check_circle:] {_line(hit)}")


def _line(hit: Hit) -> str:
    return f"**{plain(hit.title)}** :gray[{plain(hit.subtitle)}]"
