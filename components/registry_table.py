"""A register's list: search, filters, one page of rows, and the way to the next; a row opens its record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from components import shell
from components.table import COLOURS
from components.words import _
from db.base import Base, Choice
from db.fields import Field, fields_of
from db.options import options_of
from db.people import Actor
from db.registry_lists import Page, Shown, Wanted, columns_of, listed
from db.session import reading
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


def go_to(register: Register, record: str = "") -> None:
    """Leave for a record, for a new one, or back to the list."""
    name = f"{register.key}.id"
    if record:
        st.query_params[name] = record
    elif name in st.query_params:
        del st.query_params[name]
    st.rerun()


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
    turn_pages(register, page)
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
    chosen = one_of(f"{register.key}.building", _("全部楼栋"), names)
    return int(chosen) if chosen else None


def _choice(register: Register, asked: Field) -> str:
    names = {each.value: str(each.label) for each in asked.choices or Choice}
    return one_of(f"{register.key}.{asked.name}", _("全部{label}", label=asked.label), names)


def one_of(key: str, everything: str, names: Mapping[str, str]) -> str:
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
    several = len({row.get("estate_id") for row in page.rows}) > 1
    columns = [each for each in columns_of(register.model) if several or each.name != "estate_id"]
    clicked = f"{register.key}.open"
    frame = pd.DataFrame({each.name: [cell(row.get(each.name)) for row in page.rows] for each in columns}, dtype=object)
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


def cell(value: Any) -> Any:
    """Make a stored value fit for a list: words, figures; a coloured choice is a chip."""
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


def turn_pages(register: Register, page: Page) -> None:
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
