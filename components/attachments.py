"""Photographs and papers of a matter: small pictures to look at, and a way to add more.

Pictures come from `/documents/…`, which asks each time who is looking; Streamlit's own picture addresses could be
opened by anybody as long as the page stays open.
"""

from __future__ import annotations

import streamlit as st
from sqlalchemy.orm import Session

from components import form
from components.form import Button, Filled, Form
from components.plain import one_line, plain
from components.words import _
from db import documents
from db.cases import case_by_id
from db.documents import Attached, DocumentKind
from db.histories import said_moment
from db.people import Actor
from db.records import Record
from db.refused import Refused
from db.session import writing

_ICONS = {
    DocumentKind.PHOTO: ":material/image:",
    DocumentKind.PDF: ":material/picture_as_pdf:",
    DocumentKind.WORD: ":material/description:",
    DocumentKind.EXCEL: ":material/table_view:",
}


def show(record: Record, actor: Actor) -> None:
    """Draw a matter's documents."""
    st.subheader(_("附件"), anchor=False)
    _pictures([each for each in record.documents if each.kind is DocumentKind.PHOTO and not each.personal])
    for each in record.documents:
        if each.kind is not DocumentKind.PHOTO or each.personal:
            link = f"[{one_line(each.name, 40)}]({each.address})"
            st.markdown(f"{_ICONS[each.kind]} {link} :gray[:small[{_about(each)}]]")
    if record.hidden:
        return
    with st.container(horizontal=True):
        _add(record, actor)
        _take_away(record, actor)


def _about(document: Attached) -> str:
    kilobytes = max(1, document.size // 1024)
    size = f"{kilobytes} KB" if kilobytes < 1024 else f"{kilobytes / 1024:.1f} MB"
    return plain(f"{size} {document.by} {said_moment(document.at)}")


def _pictures(pictures: list[Attached]) -> None:
    if not pictures:
        return
    with st.container(horizontal=True, gap="small"):
        for each in pictures:
            st.markdown(f"[![{one_line(each.name)}]({each.address}?small=1)]({each.address})", width="content")


def _add(record: Record, actor: Actor) -> None:
    key = f"{record.process.key}.attach"
    with st.popover(_("添加附件"), icon=":material/attach_file:", key=f"{key}#open"):

        def save(session: Session, filled: Filled) -> str:
            if not filled.files:
                raise Refused(_("请先选择文件。"), {"files": _("请先选择文件。")})
            documents.add_all(session, filled.files, case_by_id(session, record.id))
            return record.number

        made = Form(key, (), (Button("save", _("上传"), save),), about=record.number, also=(), files=True)
        if form.show(made, actor):
            form.tell(_("附件已上传"))
            st.rerun()


def _take_away(record: Record, actor: Actor) -> None:
    removable = {each.id: each.name for each in record.documents if each.removable}
    if not removable:
        return
    key = f"{record.process.key}.detach"
    chosen = st.menu_button(
        _("移除"),
        list(removable),
        format_func=removable.__getitem__,
        key=key,
        icon=":material/delete:",
        type="tertiary",
    )
    if chosen:
        st.session_state[f"{key}#sure"] = chosen
    sure = st.session_state.get(f"{key}#sure")
    if sure not in removable:
        return
    st.warning(_("移除后这张单上不再显示“{name}”。", name=plain(removable[sure])), icon=":material/warning:")
    if st.button(_("确定移除"), key=f"{key}.sure", type="primary"):
        with writing(actor) as session:
            documents.take_away(session, sure)
        form.tell(_("已移除 {name}", name=removable[sure]))
        del st.session_state[f"{key}#sure"]
        st.rerun()
    if st.button(_("取消"), key=f"{key}.cancel", type="tertiary"):
        del st.session_state[f"{key}#sure"]
        st.rerun()
