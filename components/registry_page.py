"""A register of the office on one page: its list with search and filters, one record to change, a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from components import attachments, form, shell
from components.form import Button, Filled, Form
from components.plain import plain
from components.registry_table import NEW, WHAT, Register, cell, go_to, show_list
from components.signin import current_actor
from components.words import _
from db import registering
from db.base import Choice
from db.documents import Owner
from db.fields import Field, fields_of
from db.histories import said_moment
from db.options import options_of
from db.people import Actor, Right
from db.refused import Refused
from db.registering import right_for, save
from db.registry import Contract, Firm
from db.registry_history import Entry, history_of
from db.registry_lists import record_values
from db.session import reading, writing


def show(registers: Sequence[Register], title: str) -> None:
    """Draw a page of one or several registers: a list, or the record named in the address, or the form of a new one."""
    actor = current_actor()
    form.say_told()
    register = _chosen(registers)
    record = st.query_params.get(f"{register.key}.id", "")
    if record == NEW and actor.may(right_for(register.model)):
        _new(register, actor)
    elif record.isascii() and record.isdigit() and len(record) < 10:
        _one(register, actor, int(record))
    else:
        head(register, actor, title)
        if len(registers) > 1:
            _choose(registers)
        show_list(register, actor)


def head(register: Register, actor: Actor, title: str) -> None:
    """Draw the title and the way to a new record."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(title, anchor=False, width="stretch")
        if actor.may(right_for(register.model)) and st.button(
            _("新建{noun}", noun=register.noun), key=f"{register.key}.new", type="primary", icon=":material/add:",
            shortcut="Alt+N",
        ):  # fmt: skip
            go_to(register, NEW)


def _chosen(registers: Sequence[Register]) -> Register:
    """Say which register the address names; the first otherwise."""
    told = st.query_params.get(WHAT, "")
    return next((each for each in registers if each.key == told), registers[0])


def _choose(registers: Sequence[Register]) -> None:
    nouns = {each.key: str(each.noun) for each in registers}
    st.session_state[WHAT] = _chosen(registers).key
    key = st.segmented_control(
        _("看哪一类"), list(nouns), format_func=nouns.__getitem__, key=WHAT, required=True, label_visibility="collapsed"
    )
    if key is not None and key != _chosen(registers).key:
        st.query_params.from_dict({WHAT: key})
        st.rerun()


# ── one record ───────────────────────────────────────────────────────────────────────────────────────────────────────


def asked_fields(register: Register, *, new: bool) -> tuple[Field, ...]:
    """List the fields of a register's form; a record does not change its estate."""
    known = fields_of(register.model)
    names = register.asks or tuple(known)
    inferred = "building_id" in known and known["building_id"].required
    return tuple(known[name] for name in names if name != "estate_id" or (new and not inferred))


def _back(register: Register) -> None:
    if st.button(_("返回列表"), key=f"{register.key}.back", type="tertiary", icon=":material/arrow_back:"):
        go_to(register)


def _new(register: Register, actor: Actor) -> None:
    _back(register)
    st.subheader(_("新建{noun}", noun=register.noun), anchor=False)
    with st.container(border=True, width=860):
        record_id = new_form(register, actor)
    if record_id is not None:
        form.tell(_("{noun}已新建", noun=register.noun))
        go_to(register, str(record_id) if record_id else "")


def new_form(register: Register, actor: Actor, initial: Mapping[str, Any] | None = None) -> int | None:
    """Draw the form of a new record; returns its id once saved, 0 when cancelled."""
    fields = asked_fields(register, new=True)
    estates = shell.estate_ids(actor)
    if len(estates) == 1:
        fields = tuple(each for each in fields if each.name != "estate_id")
    with reading(actor) as session:
        options = options_of(session, fields, estates)

    def store(session: Session, filled: Filled) -> str:
        values = {each.name: filled.values[each.name] for each in fields}
        if len(estates) == 1 and "estate_id" in fields_of(register.model):
            values["estate_id"] = next(iter(estates))
        return str(save(session, register.model, values, token=filled.token))

    sent = form.show(
        Form(
            f"{register.key}.create", fields, (Button("save", _("保存"), store),), initial=dict(initial or {}),
            options=options, also=(), cancel=True,
        ),
        actor,
    )  # fmt: skip
    return None if sent is None else int(sent.result or 0)


def _one(register: Register, actor: Actor, record_id: int) -> None:
    _back(register)
    left, right = st.columns([2, 1], gap="medium")
    with left:
        change_form(register, actor, record_id, heading=True)
    with right:
        _papers(register, actor, record_id)
        show_history(register, actor, record_id)


def _papers(register: Register, actor: Actor, record_id: int) -> None:
    """Draw the scans of a contract, the licences of a firm."""
    owner = {Contract: Owner(contract_id=record_id), Firm: Owner(firm_id=record_id)}.get(register.model)
    if owner is not None:
        attachments.show_of(owner, actor, f"{register.key}.papers", may_add=actor.may(right_for(register.model)))


def _title(register: Register, values: Mapping[str, Any]) -> str:
    """Call a record by its first name or number."""
    said = next((values[name] for name in ("number", "name", "plate", "code") if values.get(name)), "")
    return f"{register.noun} {said}"


def change_form(register: Register, actor: Actor, record_id: int, *, heading: bool = False) -> None:
    """Draw a record's form, and the way to take it back; who may not change it sees its values."""
    fields = asked_fields(register, new=False)
    with reading(actor) as session:
        values, version = record_values(session, register.model, record_id)
        options = options_of(session, fields, [values["estate_id"]] if "estate_id" in values else ())
    if heading:
        st.subheader(plain(_title(register, values)), anchor=False)

    def store(session: Session, filled: Filled) -> str:
        changed = {each.name: filled.values[each.name] for each in fields}
        return str(save(session, register.model, changed, record_id, filled.version, token=filled.token))

    if not actor.may(right_for(register.model)):
        _read_only(fields, values, options)
        return
    with st.container(border=True):
        sent = form.show(
            Form(
                f"{register.key}.change", fields, (Button("save", _("保存"), store),), about=str(record_id),
                version=version, initial=values, options=options, also=(),
            ),
            actor,
        )  # fmt: skip
    if sent is not None:
        form.tell(_("已保存"))
        st.rerun()
    take_back(register, actor, record_id)


def _read_only(fields: Sequence[Field], values: Mapping[str, Any], options: Mapping[str, Mapping[int, str]]) -> None:
    lines = []
    for each in fields:
        value = values.get(each.name)
        said = options[each.name].get(value, "") if each.name in options and value is not None else _said(value)
        if said not in (None, ""):
            shown = said.isoformat() if isinstance(said, date) else said
            lines.append(f":gray[{plain(each.label)}]　{plain(shown)}")
    st.markdown("  \n".join(lines))


def _said(value: Any) -> Any:
    return str(value.label) if isinstance(value, Choice) else cell(value)


def take_back(register: Register, actor: Actor, record_id: int) -> None:
    """Draw the way to delete what was just written down by mistake."""
    with st.popover(_("录错了，删除"), icon=":material/delete:", type="tertiary", key=f"{register.key}.take_back"):
        st.markdown(_("只能删除 24 小时内新建、还没有其他记录用到的{noun}。删除后不能恢复。", noun=register.noun))
        if st.button(_("确定删除"), type="primary", key=f"{register.key}.take_back.sure"):
            try:
                with writing(actor) as session:
                    registering.take_back(session, register.model, record_id)
            except Refused as refused:
                st.error(plain(refused.message), icon=":material/block:")
                return
            form.tell(_("{noun}已删除", noun=register.noun))
            go_to(register)


def show_history(register: Register, actor: Actor, record_id: int) -> None:
    """Draw who changed what, from what to what."""
    if not (actor.may(right_for(register.model)) or actor.may(Right.SEE_AUDIT)):
        return
    st.subheader(_("修改记录"), anchor=False)
    with reading(actor) as session:
        entries = history_of(session, register.model, record_id)
    if not entries:
        st.caption(_("还没有修改过。"))
    for entry in entries:
        st.markdown(_story(entry))


def _story(entry: Entry) -> str:
    head = f"**{plain(entry.act)}** :gray[:small[{plain(said_moment(entry.at))} {plain(entry.who)}]]"
    lines = [head]
    for change in entry.changes:
        before = f":gray[{plain(change.before)} →] " if change.before else ""
        after = plain(change.after) if change.after else ":gray[" + _("(清空)") + "]"
        lines.append(f":gray[{plain(change.label)}] {before}{after}")
    return "  \n".join(lines)
