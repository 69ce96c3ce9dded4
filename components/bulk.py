"""One action on all rows chosen in a list, with its form once, and a summary of what was done and what refused."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from components import filters, form
from components.form import Button, Filled, Form
from components.papers import panel
from components.plain import plain
from components.words import _
from db.bulk import MOST, actions_for_all, perform_all
from db.options import options_for
from db.people import Actor
from db.process import Action, Process
from db.session import reading


def key_of_table(process: Process, ids: Sequence[int]) -> str:
    """Name the table of these rows; anew after each bulk action, so that nothing stays chosen.

    A row's place is all that a table knows of what is chosen in it: other rows must be another table.
    """
    turn = st.session_state.get(f"{process.key}.all#turn", 0)
    rows = hashlib.sha256(repr((ids, turn)).encode()).hexdigest()[:16]
    return f"{process.key}.list.rows.{rows}"


def hold(process: Process, table: str, chosen: Sequence[Mapping[str, Any]]) -> None:
    """Remember what is chosen in a table, and for which question."""
    kept = {row["id"]: {name: row[name] for name in ("id", "number", "version", "state")} for row in chosen}
    st.session_state[f"{process.key}.all#held"] = (filters.in_address(), table, kept)


def held(process: Process, table: str) -> dict[int, Mapping[str, Any]]:
    """Return what was chosen a moment ago, when the rows have changed under the hand: by id; else nothing.

    Somebody else's step or a new matter makes another table of the same list. What was pressed then still means what
    was chosen, and what has changed of it is refused by name.
    """
    address, former, kept = st.session_state.get(f"{process.key}.all#held", ({}, "", {}))
    return dict(kept) if former != table and address == filters.in_address() else {}


def show(process: Process, actor: Actor, chosen: Sequence[Mapping[str, Any]]) -> None:
    """Offer what may be done with all rows chosen, and draw the form of the action picked."""
    offered = {each.name: each for each in actions_for_all(actor, process, {row["state"].value for row in chosen})}
    key = f"{process.key}.all.action"
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(_("已选 **{n}** 张", n=len(chosen)), width="content")
            if len(chosen) > MOST:
                st.caption(_("一次最多办理 {most} 张，请少选一些。", most=MOST))
                return
            if not offered:
                st.caption(_("所选各单状态不同，没有您可以一起办理的步骤。请按状态筛选后再选。"))
                return
            if st.session_state.get(key) not in offered:
                st.session_state[key] = None
            name = st.segmented_control(
                _("一起办理"), list(offered), format_func=lambda each: str(offered[each].label), key=key,
                label_visibility="collapsed",
            )  # fmt: skip
        panel.for_many(process.key, [row["number"] for row in chosen])
        if name is not None:
            _form(process, actor, offered[name], chosen)


def _form(process: Process, actor: Actor, action: Action, chosen: Sequence[Mapping[str, Any]]) -> None:
    fields = process.form(action.name)
    versions = {row["id"]: row["version"] for row in chosen}
    results: list[tuple[str, str | None]] = []
    with reading(actor) as session:
        options = options_for(session, process, action.name, fields)

    def save(session: Session, filled: Filled) -> str:
        results[:] = perform_all(
            session, list(versions), action.name, filled.values, versions=versions, at=filled.at, note=filled.note,
            token=filled.token,
        )  # fmt: skip
        return ""

    label = _("{label}（{n} 张）", label=action.label, n=len(chosen))
    sent = form.show(
        Form(
            key=f"{process.key}.all.{action.name}", fields=fields, buttons=(Button("save", label, save),),
            about=",".join(map(str, sorted(versions))), options=options,
            confirm=str(action.confirm) if action.confirm else "",
        ),
        actor,
    )  # fmt: skip
    if sent is not None:
        _keep(process, action, results)
        st.rerun()


def _keep(process: Process, action: Action, results: list[tuple[str, str | None]]) -> None:
    state = st.session_state
    state[f"{process.key}.all#turn"] = state.get(f"{process.key}.all#turn", 0) + 1
    state.pop(f"{process.key}.all#held", None)
    state[f"{process.key}.all#done"] = (action.name, results)
    form.see_newest(f"{process.key}.")


def say_done(process: Process) -> None:
    """Say what the last bulk action did: how many, and each refusal with its reason, until it is put away."""
    kept = st.session_state.get(f"{process.key}.all#done")
    if kept is None:
        return
    name, results = kept
    label = process.action(name).label
    refused = [(number, why) for number, why in results if why is not None]
    done = len(results) - len(refused)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            colour, icon = ("green", "check_circle") if not refused else ("orange", "rule")
            words = _("“{label}”办成 {done} 张，未办 {n} 张", label=label, done=done, n=len(refused))
            st.markdown(f":{colour}[:material/{icon}:] {words}", width="stretch")
            if st.button(_("知道了"), key=f"{process.key}.all.seen"):
                del st.session_state[f"{process.key}.all#done"]
                st.rerun()
        panel.for_many(process.key, [number for number, why in results if why is None])
        if refused:
            st.markdown("\n".join(f"- {number} — {plain(why)}" for number, why in refused))
