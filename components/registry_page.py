"""A register of the office on one page: its list with search and filters, one record to change, a new one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from components import form, shell
from components.form import Button, Filled, Form
from components.plain import plain
from components.signin import current_actor
from components.table import COLOURS
from components.words import _
from db import registering
from db.base import Base, Choice
from db.fields import Field, fields_of
from db.histories import said_moment
from db.options import options_of
from db.people import Actor, Right
from db.refused import Refused
from db.registering import right_for, save
from db.registry_history import Entry, history_of
from db.registry_lists import Page, Shown, Wanted, columns_of, listed, record_values
from db.session import reading, writing
from db.words import Words

ROWS_IN_SIGHT, ROW_HEIGHT, HEAD = 14, 35, 34


WHAT, NEW = "what", "new"
"""In the address: which of several registers is shown; that a record is being written."""


@dataclass(frozen=True)
class Register:
    """One register: a table of the registry as its page shows it."""

    key: str
    """Begins the keys of its widgets and its parameters in the address."""
    model: type[Base]
    noun: Words
    """What one record is called: 房屋, 合同."""
    asks: tuple[str, ...] = ()
    """The fields of its form; all, where it names none."""
    ending: Words | None = None
    """The words of the switch that leaves only what ends soon (contracts, firms) or holds now (areas)."""
    opens: Callable[[int], None] | None = None
    """What choosing a row does; it opens the record's form otherwise."""
    filters: tuple[str, ...] = field(default=())
    """Choice fields to filter by, besides those that say so themselves."""


def show(registers: Sequence[Register], title: str) -> None:
    """Draw a page of one or several registers: a list, or the record named in the address, or the form of a new one."""
    actor = current_actor()
    form.say_told()
    register = _chosen(registers)
    record = st.query_params.get(f"{register.key}.id", "")
    if record == NEW and actor.may(right_for(register.model)):
        _new(register, actor)
    elif record.isdecimal():
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


def go_to(register: Register, record: str = "") -> None:
    """Leave for a record, for a new one, or back to the list."""
    name = f"{register.key}.id"
    if record:
        st.query_params[name] = record
    elif name in st.query_params:
        del st.query_params[name]
    st.rerun()


# ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def show_list(register: Register, actor: Actor) -> None:
    """Draw the search, the filters, one page of rows and the way to the next."""
    key, state = register.key, st.session_state
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        wanted = _asked(register, actor)
    question = repr(wanted)
    if state.get(f"{key}#question") != question:
        state[f"{key}#question"], state[f"{key}#turn"] = question, {}
    with reading(actor) as session:
        page = listed(session, register.model, wanted, **state[f"{key}#turn"])
    if not page.rows:
        _empty(register, wanted)
        return
    chosen = _rows(register, page)
    _turn(register, page)
    if chosen is not None:
        if register.opens is not None:
            register.opens(chosen)
        go_to(register, str(chosen))


def _asked(register: Register, actor: Actor) -> Wanted:
    key, known = register.key, fields_of(register.model)
    typed = st.text_input(
        _("查找"), key=f"{key}.q", type="search", live="300ms", placeholder=_hint(register), autocomplete="off",
        icon=":material/search:", bind="query-params", width=280, label_visibility="collapsed",
    )  # fmt: skip
    building_id = None
    if "building_id" in known and known["building_id"].in_filter:
        building_id = _building(register, actor)
    choices = {}
    for name in dict.fromkeys((*register.filters, *(each.name for each in known.values() if each.in_filter))):
        if known[name].choices is not None and (value := _choice(register, known[name])):
            choices[name] = value
    ending = bool(register.ending) and st.toggle(str(register.ending), key=f"{key}.ending", bind="query-params")
    return Wanted(typed, choices, building_id, shell.estate_ids(actor), ending)


def _hint(register: Register) -> str:
    known = fields_of(register.model)
    if "customer_id" in known or register.key in {"units", "customers"}:
        return _("房号、姓名、拼音、电话、车牌")
    return _("名称、编号")


def _building(register: Register, actor: Actor) -> int | None:
    fields = [fields_of(register.model)["building_id"]]
    with reading(actor) as session:
        offered = options_of(session, fields, shell.estate_ids(actor))["building_id"]
    names = {str(key): name for key, name in offered.items()}
    chosen = _select(f"{register.key}.building", _("全部楼栋"), names)
    return int(chosen) if chosen else None


def _choice(register: Register, asked: Field) -> str:
    names = {each.value: str(each.label) for each in asked.choices or Choice}
    return _select(f"{register.key}.{asked.name}", _("全部{label}", label=asked.label), names)


def _select(key: str, everything: str, names: Mapping[str, str]) -> str:
    """Draw a filter that keeps its choice in the address."""
    told = st.query_params.get(key, "")
    if key not in st.session_state:
        st.session_state[key] = told if told in names else ""
    elif st.session_state[key] not in names:
        st.session_state[key] = ""
    chosen: str = st.selectbox(
        everything, ["", *names], format_func=lambda each: names.get(each, everything), key=key, width=150,
        label_visibility="collapsed", filter_mode="contains",
    )  # fmt: skip
    if chosen:
        st.query_params[key] = chosen
    elif key in st.query_params:
        del st.query_params[key]
    return chosen


def _empty(register: Register, wanted: Wanted) -> None:
    if wanted.typed or wanted.choices or wanted.building_id or wanted.ending:
        st.info(_("没有符合条件的{noun}。请换一个说法，或去掉筛选。", noun=register.noun), icon=":material/search_off:")
    else:
        st.info(
            _("还没有{noun}。点“新建{noun}”逐个录入，成批的请用“导入”。", noun=register.noun), icon=":material/inbox:"
        )


def _rows(register: Register, page: Page) -> int | None:
    """Draw one page of rows; returns the id of the one whose name was clicked."""
    columns = columns_of(register.model)
    clicked = f"{register.key}.open"
    frame = pd.DataFrame(
        {each.name: [_cell(row.get(each.name)) for row in page.rows] for each in columns}, dtype=object
    )
    looks = {each.name: _look(each, [row.get(each.name) for row in page.rows]) for each in columns}
    looks[columns[0].name] = st.column_config.ButtonColumn(
        str(columns[0].label), type="tertiary", alignment="left", pinned=True, key=clicked, help=_("点开查看和修改")
    )
    st.dataframe(
        frame, hide_index=True, row_height=ROW_HEIGHT, height=min(len(page.rows), ROWS_IN_SIGHT) * ROW_HEIGHT + HEAD,
        column_config=looks, placeholder="", key=f"{register.key}.rows.{page.rows[0]['id']}",
        alt=_("{noun}清单", noun=register.noun),
    )  # fmt: skip
    click = st.session_state.get(clicked)
    return int(page.rows[click["row"]]["id"]) if click and click["row"] < len(page.rows) else None


def _cell(value: Any) -> Any:
    if isinstance(value, Choice):
        return [str(value.label)] if _is_coloured(type(value)) else str(value.label)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, Decimal):
        return float(value)
    return value


def _is_coloured(choices: type[Choice]) -> bool:
    return any(each.colour != "gray" for each in choices)


def _look(column: Shown, values: Sequence[Any]) -> Any:
    """Say how a column looks: chips for what has colours, figures and days in one form."""
    config, label = st.column_config, str(column.label)
    choices = next((type(value) for value in values if isinstance(value, Choice)), None)
    if choices is not None and _is_coloured(choices):
        return config.MultiselectColumn(
            label, options=[str(each.label) for each in choices], color=[COLOURS[each.colour] for each in choices]
        )
    match column.kind:
        case "money":
            return config.NumberColumn(label, format="%,.2f", width=110)
        case "area":
            return config.NumberColumn(label, format="%.2f", width=100)
        case "number":
            return config.NumberColumn(label, width=80)
        case "date":
            return config.DateColumn(label, format="YYYY-MM-DD", width=105)
        case _:
            return config.Column(label)


def _turn(register: Register, page: Page) -> None:
    """Draw how many there are, and the ways to the page before and after."""
    key, turn = register.key, st.session_state[f"{register.key}#turn"]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_("共 {n} 条", n=f"{page.total:,}"), width="stretch")
        if turn or page.next is not None:
            back = st.button(
                _("上一页"), key=f"{key}.previous", icon=":material/chevron_left:", disabled=page.previous is None,
            )  # fmt: skip
            on = st.button(_("下一页"), key=f"{key}.next", icon=":material/chevron_right:", disabled=page.next is None)
            if back or on:
                st.session_state[f"{key}#turn"] = {"before": page.previous} if back else {"after": page.next}
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
        show_history(register, actor, record_id)


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
    return str(value.label) if isinstance(value, Choice) else _cell(value)


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
