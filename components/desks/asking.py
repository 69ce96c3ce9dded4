"""What the money's forms have in common: an amount, a reason, how money is paid out, and reading it all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from components import shell
from components.form import Filled
from components.registry_table import HEAD, ROW_HEIGHT
from components.table import COLOURS
from components.words import _
from db.base import LINE_LENGTH, PROSE_LENGTH, Choice
from db.checking import cleaned
from db.fields import Field
from db.ledger.money_tables import Method
from db.ledger.postings import Tender
from db.refused import Refused
from db.words import _ as lazy

AMOUNT = Field("amount", lazy("金额(元)"), "money")
REASON = Field("reason", lazy("原因"), "prose", length=PROSE_LENGTH)
METHOD = Field("method", lazy("方式"), "choice", choices=Method, default=Method.CASH)
REFERENCE = Field("reference", lazy("流水号、凭证号"), "text", lazy("转账、微信、支付宝填写"), required=False,
                  length=LINE_LENGTH)  # fmt: skip
ROWS_IN_SIGHT = 13


def checked(fields: Sequence[Field], filled: Filled) -> dict[str, Any]:
    """Make what was typed storable; raises `Refused` with what is wrong, by field."""
    good, problems = cleaned(fields, {each.name: filled.values[each.name] for each in fields})
    if problems:
        raise Refused(_("请检查标出的 {n} 处。", n=len(problems)), dict(problems))
    return good


def tender_of(given: Mapping[str, Any], amount: Decimal) -> Tender:
    """Make the money of one method that a form asked for."""
    return Tender(given["method"], amount, given["reference"] or "")


def yuan(amount: Decimal) -> str:
    """Write an amount as on paper: 1,680.32."""
    return f"{amount:,.2f}"


def number_in(name: str) -> int | None:
    """Read a number from the address."""
    told = st.query_params.get(name, "")
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 10 else None


def open_in_address(name: str, number: int | None) -> None:
    """Open a record by the address, or go back to the list."""
    if number is not None:
        st.query_params[name] = str(number)
    elif name in st.query_params:
        del st.query_params[name]
    st.rerun()


def link_to_unit(unit_id: int, label: str, key: str) -> None:
    """Draw the way to a unit's card."""
    if st.button(label, key=key, type="tertiary", icon=":material/apartment:"):
        st.switch_page(shell.path_of("customers"), query_params={"unit": str(unit_id)})


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Column:
    """A column of a list."""

    name: str
    label: str
    kind: str = "text"
    """text · money · date · chip"""
    width: int | None = None
    chips: type[Choice] | None = None


def rows(
    key: str, columns: Sequence[Column], lines: Sequence[Mapping[str, Any]], alt: str, opens: str = ""
) -> int | None:
    """Draw a list whose first column opens a row; returns the number of the row that was clicked."""
    clicked = f"{key}.open"
    looks = {each.name: _look(each, clicked if place == 0 and opens else "", opens)
             for place, each in enumerate(columns)}  # fmt: skip
    cells = [{each.name: _cell(each, line[each.name]) for each in columns} for line in lines]
    frame = pd.DataFrame(cells, dtype=object)
    st.dataframe(
        frame, hide_index=True, column_config=looks, row_height=ROW_HEIGHT, placeholder="", alt=alt,
        height=min(len(lines), ROWS_IN_SIGHT) * ROW_HEIGHT + HEAD, key=f"{key}.rows.{len(lines)}",
    )  # fmt: skip
    click = st.session_state.get(clicked) if opens else None
    return int(click["row"]) if click and click["row"] < len(lines) else None


def _cell(column: Column, value: Any) -> Any:
    if column.kind == "money":
        return None if value is None else float(value)
    if column.kind == "chip":
        return [str(value.label)]
    return str(value.label) if isinstance(value, Choice) else value


def _look(column: Column, clicked: str, opens: str) -> Any:
    config = st.column_config
    if clicked:
        return config.ButtonColumn(column.label, type="tertiary", alignment="left", pinned=True, key=clicked,
                                   width=column.width, help=opens)  # fmt: skip
    if column.kind == "money":
        return config.NumberColumn(column.label, format="%,.2f", width=column.width or 100)
    if column.kind == "date":
        return config.DateColumn(column.label, format="YYYY-MM-DD", width=column.width or 100)
    if column.kind == "chip" and column.chips is not None:
        return config.MultiselectColumn(
            column.label, options=[str(each.label) for each in column.chips], width=column.width or 110,
            color=[COLOURS[each.colour] for each in column.chips],
        )  # fmt: skip
    return config.Column(column.label, width=column.width)


def turn(key: str, total: int, next_id: int | None) -> None:
    """Draw how many there are, and the ways on and back."""
    way: list[int] = st.session_state.setdefault(f"{key}#way", [])
    if not way and next_id is None:
        st.caption(_("共 {n} 条", n=f"{total:,}"))
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_("共 {n} 条", n=f"{total:,}"), width="stretch")
        if st.button(_("上一页"), key=f"{key}.previous", icon=":material/chevron_left:", disabled=not way):
            way.pop()
            st.rerun()
        if st.button(_("下一页"), key=f"{key}.next", icon=":material/chevron_right:", disabled=next_id is None):
            way.append(next_id or 0)
            st.rerun()


def turned(key: str, question: object) -> int | None:
    """Say after which row the page asked for begins; a new question begins anew."""
    state = st.session_state
    if state.get(f"{key}#question") != repr(question):
        state[f"{key}#question"], state[f"{key}#way"] = repr(question), []
    way: list[int] = state[f"{key}#way"]
    return way[-1] if way else None
