"""Import studio 导入: the office's own workbook, understood, judged row by row, taken in, undone (R5)."""

from __future__ import annotations

import hashlib
import secrets

import streamlit as st

from components import errors, importing
from components.page_title import page_title
from components.plain import plain
from components.shell import estate_ids
from components.signin import current_actor
from components.words import _
from db import importing as studio
from db import users
from db.clock import local
from db.importing.past import PastImport, past_imports
from db.refused import Refused
from db.session import reading, writing

LARGEST = 50
"""MiB."""
actor = current_actor()
state = st.session_state


def forget() -> None:
    """Begin anew: another file, another estate, or an import undone."""
    for name in ("about", "guess", "workbook", "plan", "plan_of", "result", "bad"):
        state.pop(f"import.{name}", None)


def open_file(name: str, data: bytes, estate_id: int) -> str:
    """Read and understand the uploaded file, once for each file and estate; returns its digest."""
    digest = hashlib.sha256(data).hexdigest()
    if state.get("import.about") != (digest, estate_id):
        forget()
        workbook = studio.read(name, data)
        with reading(actor) as session:
            state["import.guess"] = studio.understand(session, workbook)
        state["import.workbook"] = workbook
        state["import.token"] = secrets.token_urlsafe(24)
        state["import.about"] = (digest, estate_id)
    return digest


def plan_for(digest: str, estate_id: int) -> studio.Plan:
    """Judge the file, once for each mapping that the reader chooses."""
    workbook, guess = state["import.workbook"], state["import.guess"]
    unclear = any(sheet.missing for sheet in guess.sheets)
    with st.expander(_("核对每张表和每一列"), expanded=unclear, icon=":material/table_view:"):
        mapping = importing.correct(guess, f"import.{digest[:12]}")
    if state.get("import.plan_of") != mapping:
        bar = st.progress(0.0, _("正在逐行核对…"))
        with reading(actor) as session:
            state["import.plan"] = studio.plan(
                session, workbook, mapping, estate_id, lambda done, total: bar.progress(min(done / max(total, 1), 1.0))
            )
        state["import.plan_of"] = mapping
        bar.empty()
    planned: studio.Plan = state["import.plan"]
    return planned


def take_in(planned: studio.Plan) -> None:
    bar = st.progress(0.0, _("正在导入…"))
    with errors.shown(), writing(actor) as session:
        result = studio.run(
            session, planned, state["import.token"],
            lambda done, total: bar.progress(min(done / max(total, 1), 1.0)),
        )  # fmt: skip
        state["import.result"] = result
    bar.empty()
    if "import.result" in state:
        state["import.bad"] = studio.bad_rows_workbook(planned) if planned.bad_rows else None
        st.rerun()


def undo(past: PastImport) -> None:
    try:
        with writing(actor) as session:
            studio.undo(session, past.id)
    except Refused as refused:
        errors.show_refused(refused)
        return
    forget()
    st.toast(_("已撤销导入“{file}”。", file=past.file_name), icon=":material/undo:")
    st.rerun()


def show_past() -> None:
    with reading(actor) as session:
        past = past_imports(session)
    if not past:
        return
    st.subheader(_("导入记录"), anchor=False)
    for each in past:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**{plain(each.file_name)}** · {plain(each.estate)}  \n"
                + _(
                    "{by} {at} 导入：新增 {new} 行，更新 {changes} 行，未导入 {errors} 行", by=plain(each.by),
                    at=local(each.at).strftime("%Y-%m-%d %H:%M"), new=each.new, changes=each.changes,
                    errors=each.errors,
                ),
                width="stretch",
            )  # fmt: skip
            if each.undone_at:
                st.badge(_("{by} 已撤销", by=each.undone_by), color="gray")
                continue
            with st.popover(_("撤销"), icon=":material/undo:", key=f"import.undo.{each.id}"):
                st.caption(_("撤销后，这次导入新建的档案删除，更新的恢复原样；已有事项用到的不能撤销。"))
                if st.button(_("确定撤销"), key=f"import.undo.sure.{each.id}", type="primary"):
                    undo(each)


page_title(_("导入"))
with reading(actor) as session:
    names = users.estates_of(session)
estates = [number for number in names if number in estate_ids(actor)] or list(names)
left, right = st.columns([1, 2])
estate = left.selectbox(
    _("导入到项目"), estates, format_func=lambda number: names[number], key="import.estate", placeholder=_("请选择")
)
uploaded = right.file_uploader(
    _("工作簿(xlsx、xls)或 CSV 文件"), key="import.file", max_upload_size=LARGEST,
    help=_("楼栋、房屋、业主、车位可以分表，也可以在一张表里；标题写法不限，系统会猜，猜错了可以改。"),
)  # fmt: skip
if uploaded is not None and estate is not None:
    with errors.shown():
        opened = open_file(uploaded.name, uploaded.getvalue(), estate)
        if result := state.get("import.result"):
            importing.outcome(result)
            if bad := state.get("import.bad"):
                st.download_button(
                    _("下载错误行"), bad, _("错误行.xlsx"), key="import.bad_rows", icon=":material/download:",
                    on_click="ignore",
                )  # fmt: skip
        else:
            planned = plan_for(opened, estate)
            if planned.before:
                st.info(
                    _("同一个文件 {by} 已在 {at} 导入过。", by=plain(planned.before.by),
                      at=local(planned.before.at).strftime("%Y-%m-%d %H:%M")),
                    icon=":material/history:",
                )  # fmt: skip
            importing.verdicts(planned, "import")
            with st.container(horizontal=True):
                if st.button(
                    _("导入"), key="import.run", type="primary", icon=":material/upload:",
                    disabled=not planned.writes_anything,
                ):  # fmt: skip
                    take_in(planned)
                if planned.bad_rows:
                    st.download_button(
                        _("下载错误行"), lambda: studio.bad_rows_workbook(planned), _("错误行.xlsx"),
                        key="import.bad_preview", icon=":material/download:", on_click="ignore",
                    )  # fmt: skip
            if not planned.writes_anything:
                st.caption(_("没有需要写入的内容。"))
elif uploaded is None:
    forget()
show_past()
