"""The operation log 操作日志: who did what, when, before and after in words (X7)."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from components.page_title import page_title
from components.signin import current_actor
from components.words import _
from db import audit_trail
from db.audit_trail import ACTS, PAGE, TABLES, Asked, Entry
from db.clock import local
from db.people import Actor
from db.processes import PROCESSES
from db.session import reading

TRAIL = "audit#trail"
"""The cursors of the pages before, so that one can turn back."""


def filters(actor: Actor) -> Asked:
    with reading(actor) as session:
        people = audit_trail.people_in_log(session)
    tables = {name: str(label) for name, label in TABLES.items()} | {
        key: str(process.title) for key, process in PROCESSES.items()
    }
    acts = {name: str(label) for name, label in ACTS.items()}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        first = st.date_input(_("从"), value=None, key="audit.first", format="YYYY-MM-DD", width=140)
        last = st.date_input(_("到"), value=None, key="audit.last", format="YYYY-MM-DD", width=140)
        who = one_of(_("谁"), people, "audit.who")
        act = one_of(_("做了什么"), acts, "audit.act")
        table = one_of(_("对什么"), tables, "audit.table")
    return Asked(first, last, who, act or "", table or "")


def one_of(label: str, words: dict[Any, str], key: str) -> Any:
    return st.selectbox(
        label, list(words), index=None, format_func=words.__getitem__, key=key, placeholder=_("全部"), width=170,
        filter_mode="contains",
    )  # fmt: skip


def changed(entry: Entry) -> str:
    """Before and after, each field in words."""
    said = []
    for each in entry.changes:
        if each.before:
            said.append(_("{label}：{before} → {after}", label=each.label, before=each.before, after=each.after or "—"))
        else:
            said.append(_("{label}：{after}", label=each.label, after=each.after))
    return _("；").join(said)


def draw(entries: list[Entry]) -> None:
    frame = pd.DataFrame({
        "at": [local(each.at).replace(tzinfo=None) for each in entries],
        "who": [each.who for each in entries],
        "act": [each.act for each in entries],
        "table": [each.table for each in entries],
        "about": [each.about for each in entries],
        "changes": [changed(each) for each in entries],
        "ground": [each.ground for each in entries],
        "number": [each.number for each in entries],
    })  # fmt: skip
    config = st.column_config
    st.dataframe(
        frame, hide_index=True, placeholder="", alt=_("操作日志"), row_height=35,
        height=min(len(entries), 14) * 35 + 34,
        column_config={
            "at": config.DatetimeColumn(_("时间"), format="YYYY-MM-DD HH:mm:ss", width=150, pinned=True),
            "who": config.TextColumn(_("谁"), width=80),
            "act": config.TextColumn(_("做了什么"), width=90),
            "table": config.TextColumn(_("对什么"), width=80),
            "about": config.TextColumn(_("名称"), width=120),
            "changes": config.TextColumn(_("内容（改前 → 改后）"), width=420),
            "ground": config.TextColumn(_("原因"), width=150),
            "number": config.TextColumn(_("单号"), width=140),
        },
    )  # fmt: skip


def turn(entries: list[Entry]) -> None:
    """Page by the last entry seen: new entries never push rows about."""
    trail: list[int] = st.session_state[TRAIL]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_("第 {n} 页，每页 {most} 条，新的在前", n=len(trail) + 1, most=PAGE), width="stretch")
        if st.button(_("上一页"), key="audit.previous", disabled=not trail):
            trail.pop()
            st.rerun()
        if st.button(_("下一页"), key="audit.next", disabled=len(entries) < PAGE):
            trail.append(entries[-1].id)
            st.rerun()


actor = current_actor()
page_title(_("操作日志"))
asked = filters(actor)
if st.session_state.get("audit#asked") != asked:
    st.session_state["audit#asked"], st.session_state[TRAIL] = asked, []
trail = st.session_state[TRAIL]
with reading(actor) as session:
    found = audit_trail.entries(session, asked, before=trail[-1] if trail else None)
if found:
    draw(found)
    turn(found)
else:
    st.info(_("没有符合条件的记录，请放宽条件。"))
