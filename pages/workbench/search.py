"""One box for everything 查找: people, units, plates, matters; Chinese, pinyin, initials, the end of a phone (X3)."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components import filters, shell
from components.page_title import page_title
from components.plain import plain
from components.signin import current_actor
from components.words import _
from db.lists import EVERYTHING, Wanted
from db.people import Actor
from db.process import may_see
from db.processes import PROCESSES
from db.search import find
from db.search_hits import Hit
from db.session import reading

TYPED = "q"
MOST = 60
KINDS = {
    "unit": ":material/apartment:",
    "customer": ":material/person:",
    "vehicle": ":material/directions_car:",
    "case": ":material/description:",
}


def box() -> str:
    """The box; what is typed stands in the address, so that a search can be returned to."""
    state, address = st.session_state, st.query_params.get(TYPED, "")
    if state.get("search#address") != address or "search.typed" not in state:
        state["search#address"] = state["search.typed"] = address
    typed = st.text_input(
        _("查找"), key="search.typed", type="search", icon=":material/search:", live="300ms", autocomplete="off",
        placeholder=_("姓名、拼音、首字母、电话尾号、房号、车牌、单号"), label_visibility="collapsed", max_chars=100,
    ).strip()  # fmt: skip
    if typed != address:
        state["search#address"] = typed
        st.query_params.from_dict({TYPED: typed} if typed else {})
    return typed


def way_of(hit: Hit, actor: Actor) -> tuple[str, filters.Params] | None:
    """Where a hit leads: a matter to its page, people and units to their card."""
    if hit.kind == "case":
        process = next((key for key, each in PROCESSES.items() if hit.title.startswith(each.prefix)), "")
        return filters.link_to(process, hit.title) if process else None
    if not actor.sees_all:
        return None
    if hit.kind == "unit":
        return shell.path_of("customers"), {"unit": [str(hit.id)]}
    return (shell.path_of("customers"), {"customer": [str(hit.customer_id)]}) if hit.customer_id else None


def draw(hits: Sequence[Hit], actor: Actor) -> None:
    titles = {"unit": _("房屋"), "customer": _("客户"), "vehicle": _("车辆"), "case": _("事项")}
    for kind, icon in KINDS.items():
        some = [hit for hit in hits if hit.kind == kind]
        if not some:
            continue
        st.subheader(f"{titles[kind]}　:gray[{len(some)}]", anchor=False)
        with st.container(border=True, gap="xsmall"):
            for hit in some:
                one(hit, icon, actor)


def one(hit: Hit, icon: str, actor: Actor) -> None:
    way = way_of(hit, actor)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if way is None:
            st.markdown(f"{icon} **{plain(hit.title)}**", width="content")
        else:
            st.page_link(way[0], label=f"**{plain(hit.title)}**", icon=icon, query_params=way[1])
        st.markdown(f":gray[{plain(hit.subtitle)}]", width="stretch")


def in_lists(typed: str, actor: Actor) -> None:
    """What was said in a matter is found in its process's own list."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_("在内容里找“{typed}”：", typed=typed), width="content")
        for key, process in PROCESSES.items():
            if may_see(actor, process):
                path, params = filters.link(key, Wanted(standing=EVERYTHING, typed=typed))
                st.page_link(path, label=str(process.title), icon=process.icon, query_params=params)


actor = current_actor()
page_title(_("查找"))
typed = box()
if typed:
    with reading(actor) as session:
        hits = find(session, typed, limit=MOST)
    draw(hits, actor)
    if not hits:
        st.info(_("没有找到“{typed}”。可以少输几个字，或试试拼音首字母、电话后四位。", typed=plain(typed)))
    in_lists(typed, actor)
else:
    st.caption(_("一个框找所有：客户、房屋、车辆、单号。例如 wxw、1-1-1011、尾号 8000、1123-001。"))
