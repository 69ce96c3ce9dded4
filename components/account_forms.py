"""What is filled in around a publication: movements of the owners' accounts, service lines, postings, questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from components import errors, form
from components.form import Button, Filled, Form
from components.words import _
from db import documents
from db.accounts import funds, publications, questions, services
from db.accounts.funds import Account, Move
from db.accounts.ground import yuan_typed
from db.accounts.heads import ITEMS, Book, Item
from db.accounts.services import Line
from db.accounts.tables import OwnersEntry, Publication
from db.accounts.views import View
from db.checking import is_empty
from db.clock import today
from db.documents import Owner
from db.fields import Field, asked_fields, fields_of
from db.people import Actor
from db.processes.inquiries import Inquiry
from db.refused import Refused
from db.session import reading, writing
from db.words import Words
from db.words import _ as lazy

ITEM = Field("item", lazy("项目"), "reference", target="items")
"""One of the account's own; chosen by its stored value."""
AMOUNT = Field("amount", lazy("金额(元)"), "text", length=20)
DAY = Field("day", lazy("日期"), "date")
_ENTRY = fields_of(OwnersEntry)
PLACES = Field("places", lazy("张贴地点"), "prose", lazy("一行一处，例如 东门公告栏"), length=4000)
FROM = Field("from_on", lazy("张贴日期"), "date")
UNTIL = Field("until_on", lazy("公示到"), "date")
DOWN = Field("day", lazy("撤下日期"), "date")
WHY = Field("reason", lazy("提前撤下的原因"), "text", required=False, length=200)


def _needed(values: Mapping[str, Any], fields: tuple[Field, ...]) -> None:
    empty = [each for each in fields if each.required and is_empty(values[each.name])]
    missing: dict[str, object] = {each.name: _("请填写{label}。", label=each.label) for each in empty}
    if missing:
        raise Refused(_("请检查标出的 {n} 处。", n=len(missing)), missing)


def _amount(typed: object) -> Any:
    amount, wrong = yuan_typed(typed)
    if wrong is not None or amount is None:
        said: Words | str = wrong or _("请填写金额。")
        raise Refused(said, {"amount": said})
    return amount


# ── the owners' accounts ─────────────────────────────────────────────────────────────────────────────────────────────


def movement(actor: Actor, estate_id: int, book: Book) -> None:
    """Draw the way to enter what came in or went out."""
    key = f"publications.{book}.post"
    offered = {item.value: str(item.label) for item in ITEMS[book] if (book, item) != (Book.FUND, Item.FROM_COMMON)}
    voucher = replace(_ENTRY["voucher"], required=True)
    fields = (DAY, ITEM, AMOUNT, voucher, replace(_ENTRY["purpose"], required=True), replace(_ENTRY["decision"]))

    def save(session: Session, filled: Filled) -> str:
        told = filled.values
        _needed(told, fields[:5])
        move = Move(
            book, Item(told["item"]), told["day"], _amount(told["amount"]), told["purpose"] or "",
            told["voucher"] or "", told["decision"] or "",
        )  # fmt: skip
        return str(funds.post(session, estate_id, move, token=filled.token))

    with st.popover(_("登记一笔"), icon=":material/add:", key=f"{key}#open", width="content"):
        sent = form.show(
            Form(
                key, fields, (Button("save", _("登记"), save),), about=str(estate_id), initial={"day": today()},
                options={"item": offered}, also=(),  # type: ignore[dict-item]
            ),
            actor,
        )  # fmt: skip
    _told(sent, _("已登记"))


def correction(actor: Actor, account: Account, book: Book) -> None:
    """Draw the way to correct a movement by a new row."""
    key = f"publications.{book}.correct"
    rows = {
        each.id: f"{each.day} {each.item.label} {abs(each.amount):,.2f} {each.purpose}"
        for each in account.movements
        if each.corrects_id is None and not (book is Book.FUND and each.item is Item.FROM_COMMON)
    }
    if not rows:
        return
    which = Field("entry", lazy("更正哪一笔"), "reference", target="entries")
    amount = replace(AMOUNT, label=lazy("更正后的金额(元)"))
    reason, voucher = replace(_ENTRY["reason"], required=True), replace(_ENTRY["voucher"], required=True)

    def save(session: Session, filled: Filled) -> str:
        told = filled.values
        _needed(told, (which, amount, reason, voucher))
        done = funds.correct(
            session, told["entry"], _amount(told["amount"]), reason=told["reason"], voucher=told["voucher"],
            token=filled.token,
        )  # fmt: skip
        return str(done)

    with st.popover(_("更正"), icon=":material/edit_note:", key=f"{key}#open", width="content"):
        st.caption(_("原来的一笔保留，另记一笔差额。"))
        sent = form.show(
            Form(key, (which, amount, voucher, reason), (Button("save", _("更正"), save),), options={"entry": rows},
                 also=()),
            actor,
        )  # fmt: skip
    _told(sent, _("已更正"))


def _told(sent: form.Sent | None, words: str) -> None:
    if sent is not None:
        form.tell(words)
        st.rerun()


# ── the service information ──────────────────────────────────────────────────────────────────────────────────────────


def service_lines(actor: Actor, estate_id: int) -> None:
    """Draw the lines as a table to change, lengthen and shorten."""
    key = "publications.services"
    with reading(actor) as session:
        lines, points = services.lines_of(session, estate_id), services.points_of(session, estate_id)
    round_ = st.session_state.setdefault(f"{key}#round", 0)
    frame = pd.DataFrame(
        [
            {
                "id": each.id, "item": each.item, "standard": each.standard, "responsible": each.responsible,
                "point": points.get(each.service_point_id or 0),
            }
            for each in lines
        ],
        columns=["id", "item", "standard", "responsible", "point"], dtype=object,
    )  # fmt: skip
    config = st.column_config
    st.caption(_("点格子直接修改；在最后一行新增；选中行首按 Delete 删除。改完请保存。"))
    with st.form(f"{key}#form", enter_to_submit=False, border=False):
        edited = st.data_editor(
            frame, num_rows="dynamic", hide_index=True, key=f"{key}.grid.{estate_id}.{round_}", placeholder="",
            alt=_("服务信息"), column_order=["item", "standard", "responsible", "point"], column_config={
                "item": config.TextColumn(_("服务事项"), width=180),
                "standard": config.TextColumn(_("内容与标准"), width=430),
                "responsible": config.TextColumn(_("负责人"), width=100),
                "point": config.SelectboxColumn(_("物业处和电话"), options=list(points.values()), width=220),
            },
        )  # fmt: skip
        pressed = st.form_submit_button(_("保存服务信息"), type="primary", key=f"{key}.save", icon=":material/save:")
    if not pressed:
        return
    numbers = {name: number for number, name in points.items()}
    wanted = [
        Line(
            _cell(row["item"]), _cell(row["standard"]), _cell(row["responsible"]), numbers.get(_cell(row["point"])),
            int(row["id"]) if _cell(row["id"]) else None,
        )
        for row in edited.to_dict("records")
        if any(_cell(row[name]) for name in ("item", "standard", "responsible"))
    ]  # fmt: skip
    try:
        with writing(actor) as session:
            services.keep(session, estate_id, wanted, seen=[each.id for each in lines if each.id])
    except Refused as refused:
        errors.show_refused(refused)
        return
    st.session_state[f"{key}#round"] = round_ + 1
    form.tell(_("服务信息已保存"))
    st.rerun()


def _cell(value: Any) -> str:
    return "" if value is None or value != value else str(value).strip()  # noqa: PLR0124 - a cell left empty


# ── a publication's own steps ────────────────────────────────────────────────────────────────────────────────────────


def remark(actor: Actor, shown: View) -> None:
    """Draw the words for the customers, and the way to hand it in."""
    field = replace(fields_of(Publication)["remark"], required=False)

    def save(session: Session, filled: Filled) -> str:
        publications.explain(session, shown.about.id, filled.values["remark"] or "", filled.version)
        return ""

    def hand_in(session: Session, filled: Filled) -> str:
        publications.explain(session, shown.about.id, filled.values["remark"] or "", filled.version)
        return str(publications.hand_in(session, shown.about.id))

    sent = form.show(
        Form(
            "publications.hand_in", (field,),
            (Button("send", _("提交审批"), hand_in, ":material/send:"), Button("save", _("只保存说明"), save)),
            about=str(shown.about.id), version=shown.version, initial={"remark": shown.remark}, also=(),
        ),
        actor,
    )  # fmt: skip
    if sent is not None:
        form.tell(_("已提交审批，数字已定稿") if sent.button == "send" else _("说明已保存"))
        st.rerun()


def posting(actor: Actor, shown: View) -> None:
    """Draw where it was hung, from when to when, with the photograph."""
    with reading(actor) as session:
        until = publications.proposed_until(session, shown.about.estate_id, today())

    def save(session: Session, filled: Filled) -> str:
        told = filled.values
        _needed(told, (PLACES, FROM, UNTIL))
        publications.post(
            session, shown.about.id, str(told["places"]).splitlines(), (told["from_on"], told["until_on"]),
            filled.version,
        )  # fmt: skip
        documents.add_all(session, filled.files, Owner(publication_id=shown.about.id))
        return ""

    sent = form.show(
        Form(
            "publications.post", (PLACES, FROM, UNTIL), (Button("save", _("登记张贴"), save, ":material/push_pin:"),),
            about=str(shown.about.id), version=shown.version, initial={"from_on": today(), "until_on": until}, also=(),
            files=True,
        ),
        actor,
    )  # fmt: skip
    _told(sent, _("已登记张贴"))


def taking_down(actor: Actor, shown: View) -> None:
    """Draw the way to record that it hangs no more."""

    def save(session: Session, filled: Filled) -> str:
        _needed(filled.values, (DOWN,))
        publications.take_down(
            session, shown.about.id, filled.values["day"], filled.values["reason"] or "", filled.version
        )
        return ""

    with st.popover(_("登记撤下"), icon=":material/move_down:", key="publications.down#open", width="content"):
        sent = form.show(
            Form("publications.down", (DOWN, WHY), (Button("save", _("撤下"), save),), about=str(shown.about.id),
                 version=shown.version, initial={"day": today()}, also=()),
            actor,
        )  # fmt: skip
    _told(sent, _("已登记撤下"))


def question(actor: Actor, shown: View) -> None:
    """Draw the form of an owner's question; it becomes an inquiry."""
    fields = asked_fields(Inquiry, ("words", "unit_id", "customer_id", "contact_name", "contact_phone", "channel"))[:6]
    fields = tuple(replace(each, required=each.name == "words") for each in fields)

    def save(session: Session, filled: Filled) -> str:
        return questions.ask(session, shown.about.id, filled.values, token=filled.token)

    sent = form.show(
        Form(
            "publications.question", fields, (Button("save", _("登记问题"), save),), about=str(shown.about.id),
            also=(), cancel=True, columns=(1,),
        ),
        actor,
    )  # fmt: skip
    if sent is not None:
        if not sent.cancelled:
            form.tell(_("{number} 已登记", number=sent.result))
        if "publications.do" in st.query_params:
            del st.query_params["publications.do"]
        st.rerun()
