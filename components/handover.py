"""What goes from hand to hand on a move's page: meters read, keys and cards, name plates.

A page draws it beside its steps: `handover.show(record, actor)` moving in, `leaving=True` moving out.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import streamlit as st
from sqlalchemy.orm import Session

from components import card_forms, form, plate_panel
from components.card_forms import Whom
from components.form import Button, Filled, Form
from components.plain import plain
from components.words import _
from db.cases import case_by_id
from db.clock import today
from db.dossiers import cards, handover_readings
from db.dossiers.card_tables import Holding
from db.dossiers.cards import SIGNED_BY
from db.dossiers.handover_readings import Direction, Line, Typed
from db.fields import Field
from db.histories import said_moment
from db.ledger.meters import figure, value_typed
from db.people import Actor, Right
from db.records import Record
from db.refused import Refused
from db.session import reading, writing
from db.words import _ as lazy

READ_ON = Field("read_on", lazy("抄表日期"), "date")
ROLLED = Field("rolled", lazy("表走满过零"), "flag", lazy("示数比上次小、确因表走满归零的选“是”"), required=False)
SURE = Field("sure", lazy("用量异常已核对"), "flag", lazy("提示用量异常、核对过确实如此的选“是”"), required=False)


def show(record: Record, actor: Actor, *, leaving: bool = False, plates: bool = True) -> None:
    """Draw meters, keys and cards, and (for a company) name plates of a move; `leaving` for moving out."""
    meters(record, actor, Direction.OUT if leaving else Direction.IN)
    if leaving:
        keys_back(record, actor)
    else:
        keys(record, actor)
    if plates:
        plate_panel.show(record, actor, leaving=leaving)


# ── meters ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def meters(record: Record, actor: Actor, direction: Direction) -> None:
    """Draw the meters of the unit with what was read, and the form to read them."""
    with reading(actor) as session:
        lines = handover_readings.lines_of(session, case_by_id(session, record.id))
    if not lines:
        return
    with st.container(border=True, gap="small"):
        st.subheader(_("水电表底数") if direction is Direction.IN else _("水电表止数"), anchor=False)
        for each in lines:
            st.markdown(_meter(each, direction))
        if not record.is_open:
            return
        if not actor.may(Right.READ_METERS):
            st.caption(_("请物业管家、主管或维修人员抄表录入。"))
        elif any(each.taken is None for each in lines):
            _read(record, actor, direction, lines)
        else:
            with st.popover(_("更正示数"), icon=":material/edit:", key="handover.meters#again"):
                _read(record, actor, direction, lines)


def _meter(line: Line, direction: Direction) -> str:
    name = plain(f"{line.item} {line.number}".strip())
    taken = line.taken
    if taken is None:
        last = _("上次 {value}", value=figure(line.charged_up_to))
        return f":orange[:material/radio_button_unchecked:] **{name}** :gray[{last}]"
    said = [_("{day} {who}抄", day=taken.read_on, who=line.by)]
    if direction is Direction.OUT and taken.month is not None:
        said.append(_("用量 {used}，计入 {month} 账单", used=figure(taken.quantity), month=f"{taken.month:%Y-%m}"))
    elif taken.quantity:
        said.append(_("入住前用量 {used}，不由新客户承担", used=figure(taken.quantity)))
    told = plain(_("；").join(said))
    return f":green[:material/check_circle:] {name} **{figure(taken.value)}** :gray[:small[{told}]]"


def _read(record: Record, actor: Actor, direction: Direction, lines: Sequence[Line]) -> None:
    fields = [
        Field(f"m{each.meter_id}", lazy("{meter}（上次 {value}）", meter=f"{each.item} {each.number}".strip(),
                                        value=figure(each.charged_up_to)), "text", required=False)
        for each in lines
    ]  # fmt: skip
    charged = {each.meter_id: each.charged_up_to for each in lines}

    def save(session: Session, filled: Filled) -> str:
        _take(session, record, direction, filled, charged)
        return record.number

    also = (READ_ON, ROLLED) if direction is Direction.IN else (READ_ON, ROLLED, SURE)
    made = Form(
        f"handover.meters.{direction.value}", (*fields, *also),
        (Button("save", _("保存示数"), save, ":material/speed:"),), about=record.number, also=(),
        initial={"read_on": today()}
        | {f"m{each.meter_id}": figure(each.taken.value) for each in lines if each.taken is not None},
    )  # fmt: skip
    if form.show(made, actor):
        form.tell(_("示数已保存"))
        st.rerun()


def _take(
    session: Session, record: Record, direction: Direction, filled: Filled, charged: dict[int, Decimal]
) -> None:  # fmt: skip
    told = filled.values
    typed = {key: told[f"m{key}"] for key in charged if told.get(f"m{key}")}
    values = {
        key: Typed(text, rolled_over=bool(told["rolled"]) and _is_less(text, charged[key]),
                   confirmed=bool(told.get("sure")))
        for key, text in typed.items()
    }  # fmt: skip
    try:
        handover_readings.take(session, record.id, values, direction, on=told["read_on"], token=filled.token)
    except Refused as refused:
        raise Refused(refused.message, {f"m{key}" if key.isdecimal() else key: text
                                        for key, text in refused.problems.items()}) from refused  # fmt: skip


def _is_less(typed: str, than: Decimal) -> bool:
    value = value_typed(typed)
    return value is not None and value < than


# ── keys and cards ───────────────────────────────────────────────────────────────────────────────────────────────────


def keys(record: Record, actor: Actor) -> None:
    """Draw what the matter handed out, and the form to hand out more."""
    unit_id, customer_id = record.values["unit_id"], record.values["customer_id"]
    with reading(actor) as session:
        rows = cards.handed_in(session, record.id)
    with st.container(border=True, gap="small"):
        st.subheader(_("钥匙、门禁卡"), anchor=False)
        for row, by in rows:
            signed = _("{who} 签收", who=row.signed_by) if row.signed_by else _("未签收")
            about = _("{holder}　{signed}　{by} {when} 发放", holder=row.holder, signed=signed, by=by,
                      when=said_moment(row.issued_at))  # fmt: skip
            if row.signed_by == row.holder:
                about = _("{signed}　{by} {when} 发放", signed=signed, by=by, when=said_moment(row.issued_at))
            sign = ":green[:material/key:]" if row.signed_by else ":orange[:material/key:]"
            st.markdown(f"{sign} **{plain(row.shown)}** :gray[:small[{plain(about)}]]")
        if not rows:
            st.caption(_("发放的钥匙和卡登记在这里，由客户签收。"))
        if not (record.is_open and actor.may(Right.HAND_OVER) and unit_id is not None):
            return
        with st.container(horizontal=True):
            with st.popover(_("发放"), icon=":material/key:", key="handover.keys#open"):
                whom = Whom(unit_id, customer_id, record.id)
                if made := card_forms.hand_out(whom, actor, "handover.keys"):
                    form.tell(_("已发放 {what}", what=made))
                    st.rerun()
            if any(not row.signed_by for row, _by in rows):
                _sign_for(record, actor)


def _sign_for(record: Record, actor: Actor) -> None:
    def save(session: Session, filled: Filled) -> str:
        return str(cards.sign_for(session, record.id, filled.values["signed_by"] or ""))

    with st.popover(_("登记签收"), icon=":material/signature:", key="handover.sign#open"):
        made = Form("handover.sign", (SIGNED_BY,), (Button("save", _("签收"), save),), about=record.number, also=(),
                    initial={"signed_by": record.values.get("agent_name") or record.customer})  # fmt: skip
        if form.show(made, actor):
            form.tell(_("已登记签收"))
            st.rerun()


def keys_back(record: Record, actor: Actor) -> None:
    """Draw what the customer still carries for the unit, and take it back."""
    unit_id = record.values["unit_id"]
    if unit_id is None:
        return
    with reading(actor) as session:
        rows = cards.held(session, unit_id, record.values["customer_id"])
    may = record.is_open and actor.may(Right.HAND_OVER)
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(_("钥匙、门禁卡收回"), anchor=False, width="stretch")
            if (
                may
                and len(rows) > 1
                and st.button(_("全部交回"), key="handover.back.all", icon=":material/assignment_returned:")
            ):
                _give_back(actor, rows)
        if not rows:
            st.markdown(f":green[:material/check_circle:] {_('没有在外的钥匙和卡。')}")
        for row in rows:
            _one_back(row, actor, may=may)


def _one_back(row: Holding, actor: Actor, *, may: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":orange[:material/key:] **{plain(row.shown)}** :gray[{plain(row.holder)}]", width="stretch")
        if not may:
            return
        if st.button(_("交回"), key=f"handover.back.{row.id}"):
            _give_back(actor, [row])
        with st.popover(_("挂失"), key=f"handover.lost.{row.id}#open"):
            if card_forms.lost(row.id, row.count, row.version, actor, f"handover.lost.{row.id}"):
                form.tell(_("已挂失；卡须在门禁系统停用后登记"))
                st.rerun()


def _give_back(actor: Actor, rows: Sequence[Holding]) -> None:
    with writing(actor) as session:
        for row in rows:
            cards.give_back(session, row.id, version=row.version)
    form.tell(_("已登记交回 {n} 项", n=len(rows)))
    st.rerun()


__all__ = ["keys", "keys_back", "meters", "show"]
