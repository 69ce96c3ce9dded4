"""Documents past their time: chosen, asked for, what became of a request; the director decides on his own list (R6)."""

from __future__ import annotations

import streamlit as st

from components import form, shell
from components.document_register import frame_of, looks
from components.plain import plain
from components.registry_table import HEAD, ROW_HEIGHT
from components.words import _
from db import document_removals, users
from db.approvals import Verdict
from db.document_lists import Row, about
from db.histories import said_moment
from db.people import Actor
from db.refused import Refused
from db.session import reading, writing

VIEW, REMOVAL = "over", "removal"
"""In the address: that those past their time are shown; the request shown."""
_IN_SIGHT = 12


def leave() -> None:
    """Go back to the register."""
    for name in (VIEW, REMOVAL):
        if name in st.query_params:
            del st.query_params[name]
    st.rerun()


def _back() -> None:
    if st.button(_("返回档案资料"), key="documents.over.back", type="tertiary", icon=":material/arrow_back:"):
        leave()


def _estate(actor: Actor) -> int | None:
    """Say whose documents are looked at: one estate at a time, for each has its own rules and its own director."""
    chosen = shell.estate_ids(actor)
    if len(chosen) == 1:
        return next(iter(chosen))
    with reading(actor) as session:
        names = users.estates_of(session)
    return st.selectbox(
        _("项目"), list(names), format_func=names.__getitem__, key="documents.over.estate", width=260,
        filter_mode="contains",
    )  # fmt: skip


def show(actor: Actor) -> None:
    """Draw what is past its time, to be chosen from."""
    _back()
    st.subheader(_("保存期满的资料"), anchor=False)
    estate_id = _estate(actor)
    if estate_id is None:
        return
    with reading(actor) as session:
        found, total = document_removals.due_for_removal(session, estate_id)
        rows = about(session, [each.id for each in found], also_removed=True)
    if not rows:
        st.info(
            _("没有保存期满的资料。各类资料保存多少年，在“设置”里决定；未办结事项、在住客户和已出具单据的资料不会列出。"),
            icon=":material/task_alt:",
        )
        return
    _ask(actor, estate_id, rows, total)


def _ask(actor: Actor, estate_id: int, rows: list[Row], total: int) -> None:
    chosen = st.dataframe(
        frame_of(rows), hide_index=True, column_config=looks(), row_height=ROW_HEIGHT, placeholder="",
        height=min(len(rows), _IN_SIGHT) * ROW_HEIGHT + HEAD, on_select="rerun", selection_mode="multi-row",
        key=f"documents.over.rows.{rows[0].id}.{len(rows)}", alt=_("保存期满的资料清单"),
    )["selection"]["rows"]  # fmt: skip
    picked = [rows[n].id for n in chosen if n < len(rows)]
    more = _("，这里列出最早的 {n} 份", n=len(rows)) if total > len(rows) else ""
    st.caption(_("共 {n} 份{more}。勾选后提请管理处主任批准，批准后当晚销毁，不能恢复。", n=f"{total:,}", more=more))
    with st.form("documents.over.form", border=False, enter_to_submit=False):
        reason = st.text_input(_("销毁依据 *"), key="documents.over.reason", autocomplete="off",
                               placeholder=_("例如：保存满三年，已无查考价值"))  # fmt: skip
        if not st.form_submit_button(
            _("提请销毁（{n} 份）", n=len(picked)), key="documents.over.ask", icon=":material/delete_forever:"
        ):
            return
    try:
        with writing(actor) as session:
            document_removals.ask(session, estate_id, picked, reason)
    except Refused as refused:
        st.error(plain(refused.message), icon=":material/block:")
        return
    form.tell(_("已提请主任批准"))
    leave()


def show_request(actor: Actor, removal_id: int) -> None:
    """Draw what a request is about, for who decides."""
    _back()
    with reading(actor) as session:
        asked = document_removals.request(session, removal_id)
        rows = about(session, [each.id for each in document_removals.documents_of(session, removal_id)],
                     also_removed=True)  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(_("提请销毁 {n} 份", n=len(rows)), anchor=False)
        verdict = Verdict(asked.verdict)
        st.badge(str(verdict.label), color=verdict.colour)  # type: ignore[arg-type]
    st.markdown(plain(_("{when} 提请，依据：{reason}", when=said_moment(asked.asked_at), reason=asked.reason)))
    st.dataframe(
        frame_of(rows), hide_index=True, column_config=looks(), row_height=ROW_HEIGHT, placeholder="",
        height=max(1, min(len(rows), _IN_SIGHT)) * ROW_HEIGHT + HEAD, key="documents.request.rows",
        alt=_("提请销毁的资料清单"),
    )  # fmt: skip
    if verdict is Verdict.WAITING:
        st.caption(_("由管理处主任在“我的待办”里批准或不同意。"))
