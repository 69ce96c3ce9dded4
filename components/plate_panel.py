"""A company's name plates on its move's page: applied for, ordered and charged, put up, taken down."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from sqlalchemy.orm import Session

from components import form
from components.desks.asking import yuan
from components.form import Button, Filled, Form
from components.plain import plain
from components.words import _
from db.cases import case_by_id
from db.clock import today
from db.dossiers import plates
from db.dossiers.plates import KINDS, PRICE, TEXT, TEXT_EN, Plate, PlateKind, PlateState
from db.fields import Field
from db.people import Actor, Right
from db.records import Record
from db.session import reading
from db.words import _ as lazy

FEE = Field("fee_item_id", lazy("收费项目"), "reference", lazy("不收费的不选"), required=False, target="fee_items")
APPLIED_ON = Field("on", lazy("申请日期"), "date")
ORDERED_ON = Field("on", lazy("订制日期"), "date")
UP_ON = Field("on", lazy("安装日期"), "date")
DOWN_ON = Field("on", lazy("拆除日期"), "date")
NOTE = Field("note", lazy("备注"), "text", required=False, length=200, default="")


def show(record: Record, actor: Actor, *, leaving: bool = False) -> None:
    """Draw the plates of a matter's customer; leaving, only those that still hang."""
    with reading(actor) as session:
        rows = plates.plates_of(session, case_by_id(session, record.id))
    shown = [each for each in rows if each.taken_down_on is None or not leaving]
    if leaving and not shown:
        return
    may = actor.may(Right.HAND_OVER) and record.is_open
    with st.container(border=True, gap="small"):
        st.subheader(_("客户名牌"), anchor=False)
        for each in shown:
            _plate(each, record, actor, may=may)
        if not shown:
            st.caption(_("大堂名牌和楼层水牌各做一次，有偿制作。"))
        if may and not leaving:
            _acts(record, actor, shown)


def _plate(each: Plate, record: Record, actor: Actor, *, may: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{each.kind.label}** {plain(each.text)} :gray[{plain(each.text_en)}]", width="content")
        st.badge(str(each.state.label), color=each.state.colour)  # type: ignore[arg-type]
        st.caption(_price(each), width="stretch")
        if may and each.state is PlateState.ORDERED:
            _day(each, record, actor, UP_ON, _("登记安装"))
        if may and each.state is not PlateState.DOWN:
            _day(each, record, actor, DOWN_ON, _("拆除") if each.state is PlateState.UP else _("撤销"))


def _price(each: Plate) -> str:
    if each.price is None:
        return ""
    return _("制作费 {sum} 元，已记账", sum=yuan(each.price)) if each.bill_id is not None else _("不收费")


def _day(each: Plate, record: Record, actor: Actor, field: Field, label: str) -> None:
    down = field is DOWN_ON
    key = f"plates.{each.id}.{'down' if down else 'up'}"

    def save(session: Session, filled: Filled) -> str:
        day = filled.values["on"] or today()
        if down:
            note = str(filled.values["note"] or "")
            return str(plates.take_down(session, each.id, day, note=note, version=filled.version).id)
        return str(plates.put_up(session, each.id, day, version=filled.version).id)

    with st.popover(label, key=f"{key}#open"):
        made = Form(key, (field, NOTE) if down else (field,), (Button("save", label, save),), about=record.number,
                    version=each.version, initial={"on": today()}, also=())  # fmt: skip
        if form.show(made, actor):
            form.tell(_("名牌已登记"))
            st.rerun()


def _acts(record: Record, actor: Actor, shown: Sequence[Plate]) -> None:
    standing = {each.kind for each in shown if each.taken_down_on is None}
    waiting = [each for each in shown if each.state is PlateState.APPLIED]
    with st.container(horizontal=True):
        if missing := [each for each in PlateKind if each not in standing]:
            with st.popover(_("登记申请"), icon=":material/edit_note:", key="plates.apply#open"):
                _apply(record, actor, missing)
        if waiting:
            with st.popover(_("订制并记账"), icon=":material/shopping_cart:", key="plates.order#open"):
                _order(record, actor, waiting)


def _apply(record: Record, actor: Actor, missing: Sequence[PlateKind]) -> None:
    kinds = dict(enumerate(missing))
    with reading(actor) as session:
        name = plates.proposed(session, case_by_id(session, record.id))

    def save(session: Session, filled: Filled) -> str:
        told = filled.values
        wanted = [kinds[each] for each in told["kinds"] or ()]
        plates.apply(session, record.id, wanted, told["text"] or "", told["text_en"] or "", on=told["on"],
                     token=filled.token)  # fmt: skip
        return record.number

    options = {place: str(each.label) for place, each in kinds.items()}
    made = Form("plates.apply", (KINDS, TEXT, TEXT_EN, APPLIED_ON), (Button("save", _("登记申请"), save),),
                about=f"{record.number}/{','.join(missing)}", options={"kinds": options}, also=(),
                initial={"kinds": tuple(options), "text": name, "on": today()})  # fmt: skip
    if form.show(made, actor):
        form.tell(_("名牌申请已登记"))
        st.rerun()


def _order(record: Record, actor: Actor, waiting: Sequence[Plate]) -> None:
    with reading(actor) as session:
        offered, likely = plates.fees(session, case_by_id(session, record.id))
    options = {each.fee_item_id: each.name for each in offered.values()}
    ids = [each.id for each in waiting]

    def save(session: Session, filled: Filled) -> str:
        told = filled.values
        plates.order(session, ids, told["price"], told["fee_item_id"], on=told["on"], token=filled.token)
        return record.number

    st.caption(_("{plates}：每块按制作费记一次账。", plates=_("、").join(str(each.kind.label) for each in waiting)))
    made = Form("plates.order", (PRICE, FEE, ORDERED_ON), (Button("save", _("订制并记账"), save),),
                about=f"{record.number}/{ids}", options={"fee_item_id": options}, also=(),
                initial={"price": likely.price if likely else None, "on": today(),
                         "fee_item_id": likely.fee_item_id if likely else None},
                confirm=_("每块名牌各记一笔制作费，只记一次。"))  # fmt: skip
    if form.show(made, actor):
        form.tell(_("名牌已订制，制作费已记账"))
        st.rerun()


__all__ = ["show"]
