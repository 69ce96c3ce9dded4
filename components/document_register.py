"""The register of documents on the screen: what is asked for, one page of rows, the way to each file (R6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from components import shell
from components.picker import customer_picker, unit_picker
from components.registry_table import HEAD, ROW_HEIGHT, one_of
from components.words import _
from db.clock import local
from db.document_categories import Category
from db.document_lists import Page, Row, Sought, Wanted, listed, uploaders
from db.document_retention import Standing
from db.people import Actor
from db.session import reading

DOCUMENT, CONTRACT = "document", "contract"
"""In the address: the document shown; the contract whose documents alone are listed."""
_PICKED = {"unit": unit_picker, "customer": customer_picker}
"""In the address: the unit, and the customer, whose documents alone are listed."""
_FROM, _TO = "from", "to"
_NEWER, _OLDER = "newer", "older"
_IN_SIGHT = 13


def show(actor: Actor) -> None:
    """Draw the filters, one page of documents and the ways on."""
    wanted = _asked(actor)
    turn = {each: st.query_params[each] for each in (_NEWER, _OLDER) if each in st.query_params}
    if _is_new(wanted) and turn:
        _go(dict.fromkeys(turn))
    with reading(actor) as session:
        page = listed(session, wanted, newer=turn.get(_NEWER), older=turn.get(_OLDER))
    if not page.rows:
        _nothing(wanted)
        return
    _rows(page.rows)
    _turn(page)


def _go(changes: Mapping[str, str | None]) -> None:
    """Change the address and run again."""
    for name, value in changes.items():
        if value:
            st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]
    st.rerun()


def open_document(document_id: str = "") -> None:
    """Leave for one document's card, or close it."""
    _go({DOCUMENT: document_id})


def _is_new(wanted: Wanted) -> bool:
    """Say whether something else is asked than at the last look: then the list begins anew."""
    state = st.session_state
    known, state["documents#question"] = state.get("documents#question"), repr(wanted)
    return known is not None and known != repr(wanted)


# ── what is asked for ────────────────────────────────────────────────────────────────────────────────────────────────


def _asked(actor: Actor) -> Wanted:
    estates = shell.estate_ids(actor)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        typed = st.text_input(
            _("查找"), key="documents.q", type="search", live="300ms", autocomplete="off", icon=":material/search:",
            bind="query-params", width=290, label_visibility="collapsed",
            placeholder=_("文件名、单号、房号、客户、合同编号"),
        )  # fmt: skip
        category = one_of("documents.category", _("全部类别"), {each.value: str(each.label) for each in Category})
        sought = one_of("documents.sought", _("全部资料"), {each.value: str(each.label) for each in Sought})
        more = st.popover(_("筛选"), icon=":material/tune:", key="documents.more", on_change="rerun")
        if more.open:
            with more:
                _more(actor)
        _conditions()
    return Wanted(
        typed=typed, category=Category(category) if category else None, sought=Sought(sought) if sought else None,
        first=_day(_FROM), last=_day(_TO), unit_id=_number("unit"), customer_id=_number("customer"),
        contract_id=_number(CONTRACT), uploaded_by=_number("by"), estate_ids=estates,
    )  # fmt: skip


def _number(name: str) -> int | None:
    told = st.query_params.get(name, "")
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 10 else None


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(st.query_params.get(name, ""))
    except ValueError:
        return None


def _more(actor: Actor) -> None:
    """Draw what is asked more seldom; what is chosen goes into the address at once."""
    with reading(actor) as session:
        people = {str(key): name for key, name in uploaders(session, shell.estate_ids(actor)).items()}
    for name, pick in _PICKED.items():
        key = f"documents.more.{name}_id"
        if key not in st.session_state:
            st.session_state[key] = _number(name)
        _keep(name, str(pick(key) or ""))
    one_of("by", _("全部上传人"), people)
    for name, label in ((_FROM, _("归档日期从")), (_TO, _("归档日期到"))):
        key = f"documents.more.{name}"
        if key not in st.session_state:
            st.session_state[key] = _day(name)
        day = st.date_input(label, key=key, format="YYYY-MM-DD")
        _keep(name, day.isoformat() if isinstance(day, date) else "")


def _keep(name: str, value: str) -> None:
    if value != st.query_params.get(name, ""):
        _go({name: value})


def _conditions() -> None:
    """Show what else the rows are held to; a press lifts all of it."""
    held = [name for name in (*_PICKED, CONTRACT, "by", _FROM, _TO) if name in st.query_params]
    if held and st.button(_("取消筛选（{n}）", n=len(held)), key="documents.lift", icon=":material/close:"):
        for name in [str(each) for each in st.session_state]:
            if name == "by" or (name.startswith("documents.more.") and name != "documents.more"):
                del st.session_state[name]
        _go(dict.fromkeys(held))


def _nothing(wanted: Wanted) -> None:
    if wanted == Wanted(estate_ids=wanted.estate_ids):
        st.info(_("还没有归档的资料。办理事项时添加的附件会自动归到这里，图纸、合同可点“上传”直接归档。"),
                icon=":material/inbox:")  # fmt: skip
    else:
        st.info(_("没有符合条件的资料。请换一个说法，或去掉筛选。"), icon=":material/search_off:")


# ── the rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def frame_of(rows: list[Row]) -> pd.DataFrame:
    """Make the rows what a table shows."""
    return pd.DataFrame(
        {
            "name": [each.name for each in rows],
            "address": [each.address for each in rows],
            "category": [str(each.category.label) for each in rows],
            "places": [" · ".join(place.words for place in each.places) for each in rows],
            "personal": [_("个人信息") if each.personal else "" for each in rows],
            "until": [said_until(each.standing) for each in rows],
            "at": [local(each.at).replace(tzinfo=None) for each in rows],
            "by": [each.by for each in rows],
        }
    )


def looks() -> dict[str, Any]:
    """Say how the columns look."""
    config = st.column_config
    return {
        "name": config.Column(_("文件"), width=196, pinned=True),
        "address": config.LinkColumn(_("打开"), display_text=":material/open_in_new:", width=50),
        "category": config.Column(_("类别"), width=110),
        "places": config.Column(_("归属"), width=260),
        "personal": config.Column(_("提示"), width=76),
        "until": config.Column(_("保存至"), width=96),
        "at": config.DatetimeColumn(_("归档时间"), format="YYYY-MM-DD HH:mm", width=130),
        "by": config.Column(_("上传人"), width=80),
    }


def said_until(standing: Standing) -> str:
    """Say until when a document is kept, in a word."""
    if standing.until is None:
        return str(standing.why)
    return _("已期满") if standing.is_over else standing.until.isoformat()


def _rows(rows: list[Row]) -> None:
    clicked = "documents.open"
    columns = looks()
    columns["name"] = st.column_config.ButtonColumn(
        _("文件"), type="tertiary", alignment="left", width=230, pinned=True, key=clicked,
        help=_("点开查看归属、类别和保存期限"),
    )  # fmt: skip
    st.dataframe(
        frame_of(rows), hide_index=True, column_config=columns, row_height=ROW_HEIGHT, placeholder="",
        height=min(len(rows), _IN_SIGHT) * ROW_HEIGHT + HEAD, key=f"documents.rows.{rows[0].id}", alt=_("档案资料清单"),
    )  # fmt: skip
    click = st.session_state.get(clicked)
    if click and click["row"] < len(rows) and rows[click["row"]].id != st.query_params.get(DOCUMENT):
        open_document(rows[click["row"]].id)


def _turn(page: Page) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_("共 {n} 份", n=f"{page.total:,}"), width="stretch")
        if page.newer is None and page.older is None:
            return
        if st.button(_("上一页"), key="documents.newer", icon=":material/chevron_left:", disabled=page.newer is None):
            _go({_NEWER: page.newer, _OLDER: None})
        if st.button(_("下一页"), key="documents.older", icon=":material/chevron_right:", disabled=page.older is None):
            _go({_OLDER: page.older, _NEWER: None})
