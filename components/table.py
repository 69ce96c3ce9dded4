"""A process's list: what is asked for, the rows found, page by page; open one, act on several, take all away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from components import bulk, export, filters, shell
from components.plain import plain
from components.words import _
from db import lists
from db.base import Choice
from db.clock import local, today
from db.fields import Field
from db.list_words import described, offered
from db.lists import Page, Wanted, listed_fields
from db.options import Options
from db.people import Actor
from db.process import Process
from db.session import reading

COLOURS = {
    "orange": "#ffedd5", "blue": "#dbeafe", "violet": "#ede9fe", "green": "#dcfce7", "gray": "#eef1f5",
    "red": "#fee2e2",
}  # fmt: skip
"""Of the chips, by the name of a choice's colour."""
ROWS_IN_SIGHT = 14
_ROW, _HEAD = 35, 34  # pixels
_FIRST = ("number", "state", "marks", "due_at", "where", "customer_id")
_LAST = ("assigned_to", "opened_at")
_WIDTHS = {"words": 230, "where": 100, "customer_id": 78, "assigned_to": 78}


def show(process: Process, actor: Actor) -> str | None:
    """Draw the list that the address asks for; returns the number of the matter that was clicked."""
    in_address = filters.begin(process)
    wanted = filters.read(process, in_address)

    def to_choose_from() -> tuple[Options, Options]:
        with reading(actor) as session:
            return offered(session, process, shell.estate_ids(actor))

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        filters.draw(process, wanted, to_choose_from)
        beside = st.container(width="content")
    if wanted != in_address:
        filters.write(process, wanted)
    address = filters.in_address()
    after, before = (next(iter(address.get(name, [])), None) for name in (filters.AFTER, filters.BEFORE))
    asked = filters.scoped(wanted, actor)
    with reading(actor) as session:
        page = lists.found(session, process.key, asked, after=after, before=None if after else before)
        conditions = described(session, process, asked)
    with beside:
        export.show(process, actor, asked, page.total)
    _conditions(process, conditions)
    bulk.say_done(process)
    if not page.rows:
        _nothing(process, wanted)
        return None
    return _rows(process, actor, page)


# ── above the rows ───────────────────────────────────────────────────────────────────────────────────────────────────

_IN_BOXES = {"state", "typed", "late", "estate_ids"}
"""Conditions that the boxes and the menu show already."""


def _conditions(process: Process, conditions: Sequence[tuple[str, str, str]]) -> None:
    """Show what else the rows are held to, each with the press that lifts it."""
    behind = [each for each in conditions if each[0] not in _IN_BOXES]
    if not behind:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for name, label, said in behind:
            if st.button(
                plain(_("{label}：{said}", label=label, said=said)), key=f"{process.key}.list.lift.{name}",
                icon=":material/close:", help=_("去掉这个条件"),
            ):  # fmt: skip
                filters.lift(process, name)
                st.rerun()


def _nothing(process: Process, wanted: Wanted) -> None:
    """Say why there is nothing, and what to do."""
    with st.container(border=True, horizontal_alignment="center"):
        st.space("small")
        if wanted == Wanted():
            st.markdown(_("**没有未办结的{title}**", title=process.title), text_alignment="center")
            st.caption(_("要看以前的，请把状态改为“全部”。"), text_alignment="center")
        else:
            st.markdown(_("**没有符合条件的{title}**", title=process.title), text_alignment="center")
            st.caption(_("可以放宽条件，或在“全部”中查找。"), text_alignment="center")
        with st.container(horizontal=True, horizontal_alignment="center"):
            if wanted != Wanted() and st.button(_("清除条件"), key=f"{process.key}.list.clear"):
                filters.ask(process, Wanted())
                st.rerun()
            if wanted.standing != lists.EVERYTHING and st.button(_("查看全部"), key=f"{process.key}.list.all"):
                filters.ask(process, Wanted(standing=lists.EVERYTHING, typed=wanted.typed))
                st.rerun()
        st.space("small")


# ── the rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _rows(process: Process, actor: Actor, page: Page) -> str | None:
    """Draw one page of rows; returns the number that was clicked."""
    columns = _columns(process)
    chosen_actions, clicked = st.container(), f"{process.key}.list.open"
    key = bulk.key_of_table(process, [row["id"] for row in page.rows])
    held = bulk.held(process, key)
    shown = st.dataframe(
        _frame(page, columns),
        column_config=_looks(process, page, columns, clicked),
        hide_index=True,
        height=min(len(page.rows), ROWS_IN_SIGHT) * _ROW + _HEAD,
        row_height=_ROW,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [n for n, row in enumerate(page.rows) if row["id"] in held]}},
        key=key,
        placeholder="",
        alt=_("{title}清单", title=process.title),
    )
    _pages(process, page)
    chosen = list(held.values()) or [page.rows[n] for n in shown["selection"]["rows"] if n < len(page.rows)]
    bulk.hold(process, key, chosen)
    if chosen:
        with chosen_actions:
            bulk.show(process, actor, chosen)
    click = st.session_state.get(clicked)
    return str(page.rows[click["row"]]["number"]) if click else None


def _columns(process: Process) -> dict[str, Field | None]:
    """Order the columns: what tells matters apart first, then what the process shows, then who and when."""
    fields: dict[str, Field | None] = {each.name: each for each in listed_fields(process) if each.name != "unit_id"}
    fields |= {"number": None, "state": None, "marks": None, "where": None}
    middle = [name for name in fields if name not in {*_FIRST, *_LAST, "words"}]
    return {name: fields[name] for name in (*_FIRST, "words", *middle, *_LAST) if name in fields}


def _frame(page: Page, columns: dict[str, Field | None]) -> pd.DataFrame:
    made: dict[str, list[Any]] = {}
    for name, field in columns.items():
        if name == "marks":
            made[name] = [[words for words, _colour in _marks(row)] for row in page.rows]
        elif name == "state":
            made[name] = [[str(row["state"].label)] for row in page.rows]
        elif name == "number":
            made[name] = [f":material/chevron_right: {row['number']}" for row in page.rows]
        else:
            made[name] = [_cell(row.get(name), field) for row in page.rows]
    return pd.DataFrame(made, index=range(len(page.rows)))


def _marks(row: dict[str, Any]) -> list[tuple[str, str]]:
    """Say what calls for attention: late, urged, before the superior, clock stopped."""
    found = []
    if row["late"]:
        found.append((_("超时"), "red"))
    if row["closed_at"] is None:
        if row["urges"]:
            found.append((_("催{n}", n=row["urges"]), "orange"))
        if row["escalated_at"] is not None and row["handled_at"] is None:
            found.append((_("上报"), "violet"))
        if row["paused_at"] is not None:
            found.append((_("暂停"), "gray"))
    return found


def _is_chip(field: Field | None) -> bool:
    """Say whether a choice has colours to show."""
    return field is not None and field.choices is not None and any(each.colour != "gray" for each in field.choices)


def _cell(value: Any, field: Field | None) -> Any:
    if isinstance(value, Choice):
        return [str(value.label)] if _is_chip(field) else str(value.label)
    if isinstance(value, datetime):
        return local(value).replace(tzinfo=None)
    if isinstance(value, bool):
        return _("是") if value else ""
    if isinstance(value, Decimal):
        return float(value)
    return " ".join(value.split()) if isinstance(value, str) else value


def _chip_width(process: Process) -> int:
    """Say how many pixels the longest state takes; most have three or four characters."""
    return max(84, 28 + 14 * max(len(str(each.label)) for each in process.states))


def _looks(process: Process, page: Page, columns: dict[str, Field | None], clicked: str) -> dict[str, Any]:
    """Say how each column looks."""
    config = st.column_config
    looks: dict[str, Any] = {
        "number": config.ButtonColumn(
            _("单号"), type="tertiary", alignment="left", width=150, pinned=True, key=clicked, help=_("点单号打开")
        ),
        "state": _chips(_("状态"), list(process.states), _chip_width(process)),
        "marks": _marks_look(page),
        "where": config.TextColumn(_("房屋/地点"), width=_WIDTHS["where"]),
    }
    for name, field in columns.items():
        if field is None:
            continue
        label = str(field.label)
        if field.choices is not None and _is_chip(field):
            looks[name] = _chips(label, list(field.choices), 84)
        elif field.kind == "moment":
            looks[name] = config.DatetimeColumn(label, format=_moment_format(page, name), width=106)
        elif field.kind == "date":
            looks[name] = config.DateColumn(label, format="YYYY-MM-DD", width=100)
        elif field.kind == "money":
            looks[name] = config.NumberColumn(label, format="%.2f", width=90)
        elif field.kind == "number":
            looks[name] = config.NumberColumn(label, width=90)
        else:
            looks[name] = config.TextColumn(label, width=_WIDTHS.get(name, 110))
    return looks


def _chips(label: str, choices: Sequence[Choice], width: int) -> Any:
    return st.column_config.MultiselectColumn(
        label, options=[str(each.label) for each in choices], color=[COLOURS[each.colour] for each in choices],
        width=width,
    )  # fmt: skip


def _marks_look(page: Page) -> Any:
    words = dict(mark for row in page.rows for mark in _marks(row)) or {_("超时"): "red"}
    return st.column_config.MultiselectColumn(
        _("提示"), options=list(words), color=[COLOURS[colour] for colour in words.values()], width=124
    )


def _moment_format(page: Page, name: str) -> str:
    """Leave out the year where it is this one for every row."""
    years = {local(row[name]).year for row in page.rows if row.get(name) is not None}
    return "MM-DD HH:mm" if years <= {today().year} else "YYYY-MM-DD HH:mm"


# ── below the rows ───────────────────────────────────────────────────────────────────────────────────────────────────


def _pages(process: Process, page: Page) -> None:
    """Say where in the list this page is, and turn it."""
    row = next(iter(filters.in_address().get(filters.FROM_ROW, [])), "1")
    first = int(row) if row.isdigit() and page.previous is not None else 1
    last = min(first + len(page.rows) - 1, page.total)
    if page.total <= len(page.rows):
        st.caption(_("共 {n} 条", n=f"{page.total:,}"))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        words = _("共 {n} 条，第 {first}–{last} 条", n=f"{page.total:,}", first=f"{first:,}", last=f"{last:,}")
        st.caption(words, width="stretch")
        turns: tuple[tuple[str, str, str | None, dict[str, str]], ...] = (
            ("first", _("第一页"), page.previous, {}),
            ("previous", _("上一页"), page.previous,
             {filters.BEFORE: page.previous or "", filters.FROM_ROW: str(max(first - lists.PAGE, 1))}),
            ("next", _("下一页"), page.next, {filters.AFTER: page.next or "", filters.FROM_ROW: str(last + 1)}),
        )  # fmt: skip
        for name, label, open_to, place in turns:
            if st.button(label, key=f"{process.key}.list.{name}", disabled=open_to is None):
                filters.write(process, filters.wanted_of(process, filters.in_address()), **place)
                st.rerun()
