"""One document of the register: where it belongs, its category, until when it is kept; and filing a new one (R6)."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from sqlalchemy.orm import Session

from components import form, shell
from components.attachments import PERSONAL
from components.desks.asking import checked
from components.document_register import open_document, said_until
from components.form import Button, Filled, Form
from components.kept_choice import kept_segment
from components.plain import one_line, plain
from components.words import _
from db import document_lists, document_removals, documents
from db.base import LINE_LENGTH
from db.document_categories import Category
from db.document_lists import Place, Row, about
from db.documents import Owner
from db.fields import Field
from db.histories import said_moment
from db.options import options_of
from db.people import Actor, Right
from db.refused import Refused
from db.session import reading, writing
from db.words import _ as lazy

NEW, KEPT_WITH = "new", "with"
"""In the address: that a document is being filed, and with what."""

_WHERE: Mapping[str, tuple[Field, Right]] = {
    "unit_id": (Field("kept_unit", lazy("房屋"), "reference", target="units"), Right.EDIT_REGISTRY),
    "customer_id": (Field("kept_customer", lazy("客户"), "reference", target="customers"), Right.EDIT_REGISTRY),
    "contract_id": (Field("kept_contract", lazy("合同"), "reference", target="contracts"), Right.EDIT_CONTRACTS),
}
_CATEGORY = Field("category", lazy("类别"), "choice", lazy("不选时按文件名归类"), required=False, choices=Category)
_UNTIL = Field("until", lazy("延长保存至"), "date", lazy("留空为取消延长"), required=False)
_REASON = Field("reason", lazy("原因"), "text", lazy("例如：涉及诉讼，案号"), length=LINE_LENGTH)


def may_file(actor: Actor) -> bool:
    """Say whether somebody may file something directly with a unit, a customer or a contract."""
    return any(actor.may(right) for _field, right in _WHERE.values())


# ── one document ─────────────────────────────────────────────────────────────────────────────────────────────────────


def show(actor: Actor, document_id: str) -> None:
    """Draw a document's card."""
    with reading(actor) as session:
        rows = about(session, [document_id])
    if not rows:
        raise Refused(_("没有找到这个文件，可能已移除，或不在您的工作范围内。"))
    row = rows[0]
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{one_line(row.name, 60)}**", width="content")
            st.badge(str(row.category.label), color="blue")
            if row.personal:
                st.badge(_("含个人信息，每次查看都记入操作日志"), color="orange", icon=":material/visibility:")
            st.space("stretch")
            if st.button(_("收起"), key="documents.close", type="tertiary", icon=":material/close:"):
                open_document()
        said = _("{by} {at} 归档，保存至：{until}", by=row.by, at=said_moment(row.at), until=said_until(row.standing))
        st.caption(plain(said))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.link_button(_("打开文件"), row.address, icon=":material/open_in_new:", type="primary")
            for place in row.places:
                _link(place)
            if row.may_be_moved:
                _move(actor, row)
            if actor.may(Right.DESTROY_DOCUMENTS):
                _hold(actor, row)


def _link(place: Place) -> None:
    known = {entry.key: entry for entry in shell.entries()}
    if place.page not in known:
        st.caption(plain(place.words), width="content")
        return
    entry = known[place.page]
    st.page_link(entry.path, label=plain(place.words), icon=entry.icon, query_params=dict(place.query))


def _move(actor: Actor, row: Row) -> None:
    others = [each for each in Category if each is not row.category]
    chosen = st.menu_button(
        _("改类别"), others, format_func=lambda each: str(each.label), key="documents.move", icon=":material/label:"
    )
    if chosen:
        with writing(actor) as session:
            document_lists.file_under(session, row.id, chosen)
        form.tell(_("已归入“{category}”", category=chosen.label))
        st.rerun()


def _hold(actor: Actor, row: Row) -> None:
    def save(session: Session, filled: Filled) -> str:
        given = checked((_UNTIL, _REASON), filled)
        document_removals.hold(session, row.id, given["until"], given["reason"])
        return row.id

    with st.popover(_("延长保存"), icon=":material/lock_clock:", key="documents.hold#open"):
        made = Form("documents.hold", (_UNTIL, _REASON), (Button("save", _("保存"), save),), about=row.id, also=(),
                    columns=(1,))  # fmt: skip
        if form.show(made, actor):
            form.tell(_("保存期限已更改"))
            st.rerun()


# ── a new one ────────────────────────────────────────────────────────────────────────────────────────────────────────


def leave() -> None:
    """Go back to the list."""
    for name in (NEW, KEPT_WITH):
        if name in st.query_params:
            del st.query_params[name]
    st.rerun()


def show_new(actor: Actor) -> None:
    """Draw the form that files documents directly: drawings with a unit, papers with a customer, a contract's scan."""
    if st.button(_("返回列表"), key="documents.back", type="tertiary", icon=":material/arrow_back:"):
        leave()
    st.subheader(_("上传资料"), anchor=False)
    may = {name: str(field.label) for name, (field, right) in _WHERE.items() if actor.may(right)}
    with st.container(border=True, width=860):
        owner = kept_segment(_("存放到"), KEPT_WITH, may, next(iter(may)))
        asked = (_WHERE[owner][0], _CATEGORY, PERSONAL)
        with reading(actor) as session:
            options = options_of(session, asked, shell.estate_ids(actor))

        def save(session: Session, filled: Filled) -> str:
            given = checked(asked, filled)
            if not filled.files:
                raise Refused(_("请先选择文件。"), {"files": _("请先选择文件。")})
            kept_with = Owner(**{owner: given[_WHERE[owner][0].name]})
            documents.add_all(
                session, filled.files, kept_with, personal=bool(given["personal"]), category=given["category"]
            )
            return str(len(filled.files))

        made = Form(f"documents.file.{owner}", asked, (Button("save", _("归档"), save),), also=(), files=True,
                    cancel=True, options=options)  # fmt: skip
        sent = form.show(made, actor)
    if sent is not None:
        if not sent.cancelled:
            form.tell(_("已归档 {n} 份", n=sent.result))
        leave()
