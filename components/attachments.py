"""Photographs and papers: small pictures to look at, links to fetch the rest, and a way to add more.

Pictures come from `/documents/…`, which asks each time who is looking; Streamlit's own picture addresses could be
opened by anybody as long as the page stays open.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from sqlalchemy.orm import Session

from components import form
from components.form import Button, Filled, Form
from components.plain import one_line, plain
from components.words import _
from db import documents
from db.documents import Attached, Owner
from db.fields import Field
from db.histories import said_moment
from db.people import Actor
from db.refused import Refused
from db.session import reading, writing
from db.uploads import DocumentKind
from db.words import _ as lazy

PERSONAL = Field("personal", lazy("含个人信息"), "flag", lazy("身份证、产权证等；每次查看都会记入操作日志"))
_ICONS = {
    DocumentKind.PHOTO: ":material/image:",
    DocumentKind.PDF: ":material/picture_as_pdf:",
    DocumentKind.WORD: ":material/description:",
    DocumentKind.EXCEL: ":material/table_view:",
}


def show_of(owner: Owner, actor: Actor, key: str, *, may_add: bool = True) -> None:
    """Draw the documents of a unit, customer, contract or firm; `key` begins the keys of the widgets."""
    with reading(actor) as session:
        attached = documents.attached_to(session, owner)
    show(owner, attached, actor, key, may_add=may_add)


def show(owner: Owner, attached: Sequence[Attached], actor: Actor, key: str, *, may_add: bool = True) -> None:
    """Draw documents already read."""
    st.subheader(_("附件"), anchor=False)
    _pictures([each for each in attached if each.kind is DocumentKind.PHOTO and not each.personal])
    for each in attached:
        if each.kind is not DocumentKind.PHOTO or each.personal:
            link = f"[{one_line(each.name, 40)}]({each.address})"
            st.markdown(f"{_ICONS[each.kind]} {link} :gray[:small[{_about(each)}]]")
    if may_add:
        with st.container(horizontal=True):
            _add(owner, actor, f"{key}.attach")
            _take_away(attached, actor, f"{key}.detach")


def _about(document: Attached) -> str:
    kilobytes = max(1, document.size // 1024)
    size = f"{kilobytes} KB" if kilobytes < 1024 else f"{kilobytes / 1024:.1f} MB"
    return plain(f"{size} {document.by} {said_moment(document.at)}")


def _pictures(pictures: Sequence[Attached]) -> None:
    if not pictures:
        return
    with st.container(horizontal=True, gap="small"):
        for each in pictures:
            small = f"![{one_line(each.name)}]({each.address}?small=1)"
            st.markdown(f"[{small}]({each.address})", width="content")


def _add(owner: Owner, actor: Actor, key: str) -> None:
    name, number = owner.one()
    asks = () if name == "case_id" else (PERSONAL,)

    def save(session: Session, filled: Filled) -> str:
        if not filled.files:
            raise Refused(_("请先选择文件。"), {"files": _("请先选择文件。")})
        documents.add_all(session, filled.files, owner, personal=filled.values.get("personal", False))
        return ""

    with st.popover(_("添加附件"), icon=":material/attach_file:", key=f"{key}#open"):
        made = Form(key, asks, (Button("save", _("上传"), save),), about=str(number), also=(), files=True)
        if form.show(made, actor):
            form.tell(_("附件已上传"))
            st.rerun()


def _take_away(attached: Sequence[Attached], actor: Actor, key: str) -> None:
    removable = {each.id: each.name for each in attached if each.removable}
    if not removable:
        return
    chosen = st.menu_button(
        _("移除"), list(removable), format_func=removable.__getitem__, key=key, icon=":material/delete:",
        type="tertiary",
    )  # fmt: skip
    if chosen:
        st.session_state[f"{key}#sure"] = chosen
    sure = st.session_state.get(f"{key}#sure")
    if sure not in removable:
        return
    st.warning(_("移除后不再显示“{name}”。", name=plain(removable[sure])), icon=":material/warning:")
    if st.button(_("确定移除"), key=f"{key}.sure", type="primary"):
        with writing(actor) as session:
            documents.take_away(session, sure)
        form.tell(_("已移除 {name}", name=removable[sure]))
        del st.session_state[f"{key}#sure"]
        st.rerun()
    if st.button(_("取消"), key=f"{key}.cancel", type="tertiary"):
        del st.session_state[f"{key}#sure"]
        st.rerun()
