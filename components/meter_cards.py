"""The register of meters on the screen: the list, one meter with its last twelve months, replacing, correcting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from components import attachments, form
from components.form import Button, Filled, Form
from components.plain import plain
from components.table import COLOURS
from components.words import _
from db.clock import today
from db.documents import Owner
from db.fields import Field
from db.ledger import meter_register, readings
from db.ledger.meter_overviews import Month, history
from db.ledger.meter_register import Listed, Sought
from db.ledger.meters import figure, value_typed
from db.ledger.tables import ReadingKind
from db.people import Actor
from db.session import reading
from db.words import _ as lazy

KEY = "meters"
ID, NEW = f"{KEY}.id", "new"
"""In the address: which meter is open."""
_ROW, _HEAD, _IN_SIGHT = 35, 34, 14
_BARS: dict[str, str] = {ReadingKind.READ: "#1d4ed8", ReadingKind.ESTIMATED: "#f59e0b", ReadingKind.FINAL: "#94a3b8"}
ROLLED = Field("rolled_over", lazy("过零"), "flag", lazy("表走满归零，示数反而小于上期"), required=False)
VALUE = Field("value", lazy("正确的示数"), "area")
REASON = Field("reason", lazy("更正原因"), "text", lazy("例如 看错一位"), length=200)


def go_to(meter_id: str = "") -> None:
    """Leave for a meter, for a new one, or back to the list."""
    if meter_id:
        st.query_params[ID] = meter_id
    elif ID in st.query_params:
        del st.query_params[ID]
    st.rerun()


# ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def show_list(actor: Actor, sought: Sought) -> None:
    """Draw the search, a page of meters, and the way to the next."""
    state = st.session_state
    with st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input(
            _("查找"), key=f"{KEY}.q", type="search", live="300ms", placeholder=_("房号、表号"), autocomplete="off",
            icon=":material/search:", width=240, label_visibility="collapsed",
        )  # fmt: skip
        removed = st.toggle(_("包括已拆的表"), key=f"{KEY}.removed")
    wanted = replace(sought, typed=typed, removed=removed)
    if state.get(f"{KEY}#question") != repr(wanted):
        state[f"{KEY}#question"], state[f"{KEY}#turns"] = repr(wanted), [None]
    with reading(actor) as session:
        rows, total = meter_register.meters(session, wanted, state[f"{KEY}#turns"][-1])
    if not rows:
        st.info(_("没有符合条件的表。点“登记表计”逐块录入。"), icon=":material/search_off:")
        return
    chosen = _rows(rows)
    _turn(rows, total)
    if chosen is not None:
        go_to(str(chosen))


def _rows(rows: Sequence[Listed]) -> int | None:
    config = st.column_config
    frame = pd.DataFrame([
        {
            "unit": each.unit, "building": each.building, "item": each.item, "number": each.number,
            "digits": each.digits, "multiplier": each.multiplier, "base": figure(each.base),
            "installed_on": each.installed_on, "removed_on": each.removed_on,
        }
        for each in rows
    ], dtype=object)  # fmt: skip
    looks: Mapping[str, Any] = {
        "unit": config.ButtonColumn(
            _("房屋"), type="tertiary", alignment="left", pinned=True, key=f"{KEY}.open", help=_("点开查看和修改")
        ),
        "building": _("楼栋"), "item": _("收费项目"), "number": _("表号"), "digits": _("整数位数"),
        "multiplier": _("倍率"), "base": config.TextColumn(_("底数"), alignment="right"),
        "installed_on": config.DateColumn(_("装表日期"), format="YYYY-MM-DD", width=105),
        "removed_on": config.DateColumn(_("拆表日期"), format="YYYY-MM-DD", width=105),
    }  # fmt: skip
    shown = [name for name in frame.columns if name != "removed_on" or any(each.removed_on for each in rows)]
    st.dataframe(
        frame[shown], hide_index=True, row_height=_ROW, height=min(len(rows), _IN_SIGHT) * _ROW + _HEAD,
        column_config=looks, placeholder="", key=f"{KEY}.rows.{rows[0].id}", alt=_("表计清单"),
    )  # fmt: skip
    click = st.session_state.get(f"{KEY}.open")
    return rows[click["row"]].id if click and click["row"] < len(rows) else None


def _turn(rows: Sequence[Listed], total: int) -> None:
    turns: list[int | None] = st.session_state[f"{KEY}#turns"]
    first = (len(turns) - 1) * meter_register.PAGE
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_("第 {first}–{last} 块，共 {total} 块", first=first + 1, last=first + len(rows), total=total))
        if st.button(_("上一页"), key=f"{KEY}.back", disabled=len(turns) == 1, type="tertiary"):
            turns.pop()
            st.rerun()
        if st.button(_("下一页"), key=f"{KEY}.on", disabled=first + len(rows) >= total, type="tertiary"):
            turns.append(rows[-1].id)
            st.rerun()


# ── one meter ────────────────────────────────────────────────────────────────────────────────────────────────────────


def show_new(actor: Actor, items: Mapping[int, str]) -> None:
    """Draw the form of a new meter."""
    _back()
    st.subheader(_("登记表计"), anchor=False)

    def store(session: Session, filled: Filled) -> str:
        return str(meter_register.add_meter(session, filled.values, filled.token))

    made = Form(
        f"{KEY}.create", meter_register.FIELDS, (Button("save", _("保存"), store),),
        options={"fee_item_id": dict(items)}, also=(), cancel=True,
    )  # fmt: skip
    with st.container(border=True, width=860):
        sent = form.show(made, actor)
    if sent is not None:
        if not sent.cancelled:
            form.tell(_("表计已登记"))
        go_to(sent.result)


def _back() -> None:
    if st.button(_("返回列表"), key=f"{KEY}.leave", type="tertiary", icon=":material/arrow_back:"):
        go_to()


def show_one(actor: Actor, meter_id: int) -> None:
    """Draw a meter: what it is, what it showed, and what can be done to it."""
    _back()
    with reading(actor) as session:
        meter = meter_register.meter(session, meter_id)
        months = history(session, meter_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(_("{unit} {item}", unit=meter.unit, item=meter.item)), anchor=False, width="stretch")
        if meter.removed_on is None:
            _replacing(actor, meter)
        _correcting(actor, meter_id, months)
        _changing(actor, meter)
    facts = [
        (_("表号"), meter.number), (_("整数位数"), meter.digits), (_("倍率"), meter.multiplier),
        (_("底数"), figure(meter.base)), (_("装表日期"), meter.installed_on), (_("拆表日期"), meter.removed_on),
    ]  # fmt: skip
    st.markdown("　".join(f":gray[{label}] {plain(text)}" for label, text in facts if text not in {"", None}))
    if not months:
        st.info(_("这块表还没有抄过。第一次抄表从底数起算。"), icon=":material/speed:")
        return
    _chart(months)
    _table(months)
    attachments.show_of(Owner(meter_id=meter_id), actor, f"{KEY}.photos", may_add=actor.sees_all)


def _chart(months: Sequence[Month]) -> None:
    """Draw what was used, month by month; a replaced meter's part lies on the new one's."""
    kept = [each for each in reversed(months) if not each.superseded]
    frame = pd.DataFrame([
        {"month": f"{each.month:%y-%m}", "used": float(each.quantity), "kind": str(each.kind.label)} for each in kept
    ])  # fmt: skip
    kinds = [each for each in ReadingKind if any(month.kind is each for month in kept)]
    spec = {
        "mark": {"type": "bar", "cornerRadiusEnd": 3, "size": 26},
        "encoding": {
            "x": {"field": "month", "type": "nominal", "title": None, "sort": None, "axis": {"labelAngle": 0}},
            "y": {"field": "used", "type": "quantitative", "title": None, "stack": True, "axis": {"tickCount": 4}},
            "color": {
                "field": "kind", "type": "nominal",
                "scale": {"domain": [str(each.label) for each in kinds], "range": [_BARS[each] for each in kinds]},
                "legend": {"title": None, "orient": "top"} if len(kinds) > 1 else None,
            },
            "tooltip": [
                {"field": "month", "title": _("账期")}, {"field": "used", "title": _("用量"), "format": ".2f"},
                {"field": "kind", "title": _("方式")},
            ],
        },
    }  # fmt: skip
    st.vega_lite_chart(frame, spec, height=220, width="stretch", alt=_("近十二期用量"))


def _table(months: Sequence[Month]) -> None:
    config = st.column_config
    frame = pd.DataFrame([
        {
            "month": f"{each.month:%Y-%m}", "number": each.number, "previous": figure(each.previous),
            "value": figure(each.value), "used": figure(each.quantity), "kind": _kinds(each),
            "read_on": each.read_on, "by": each.by, "note": each.note,
        }
        for each in months
    ], dtype=object)  # fmt: skip
    words = {str(each.label): each.colour for each in ReadingKind} | {_("过零"): "violet", _("已更正"): "red"}
    looks: Mapping[str, Any] = {
        "month": _("账期"), "number": _("表号"), "previous": config.TextColumn(_("上期示数"), alignment="right"),
        "value": config.TextColumn(_("本期示数"), alignment="right"),
        "used": config.TextColumn(_("用量"), alignment="right"),
        "kind": config.MultiselectColumn(
            _("方式"), options=list(words), color=[COLOURS[colour] for colour in words.values()]
        ),
        "read_on": config.DateColumn(_("抄表日期"), format="YYYY-MM-DD", width=105), "by": _("抄表人"),
        "note": config.TextColumn(_("备注"), width="medium"),
    }  # fmt: skip
    st.dataframe(frame, hide_index=True, column_config=looks, placeholder="", key=f"{KEY}.history", alt=_("抄表记录"))


def _kinds(each: Month) -> list[str]:
    said = [str(each.kind.label)]
    if each.rolled_over:
        said.append(_("过零"))
    if each.superseded:
        said.append(_("已更正"))
    return said


# ── what can be done ─────────────────────────────────────────────────────────────────────────────────────────────────


def _replacing(actor: Actor, meter: Listed) -> None:
    def store(session: Session, filled: Filled) -> str:
        given = filled.values
        made = meter_register.replace_meter(
            session, meter.id, given["final"], given["on"], number=given["number"] or "", base=given["base"],
            rolled_over=given["rolled_over"], digits=given["digits"], multiplier=given["multiplier"],
            token=filled.token,
        )  # fmt: skip
        return str(made)

    asks = (
        meter_register.FINAL, meter_register.ON, meter_register.NEW_NUMBER, meter_register.NEW_BASE,
        meter_register.DIGITS, meter_register.TIMES, ROLLED,
    )  # fmt: skip
    initial = {"on": today(), "base": 0, "digits": meter.digits, "multiplier": meter.multiplier}
    with st.popover(_("换表"), icon=":material/swap_horiz:", key=f"{KEY}.replace#open"):
        st.caption(_("旧表止数和新表示数各算一段，合成当月用量；旧表记录保留。"))
        made = Form(f"{KEY}.replace", asks, (Button("save", _("换表"), store),), about=str(meter.id), initial=initial,
                    also=())  # fmt: skip
        sent = form.show(made, actor)
    if sent is not None:
        form.tell(_("已换表"))
        go_to(sent.result)


def _correcting(actor: Actor, meter_id: int, months: Sequence[Month]) -> None:
    wrong = {each.reading_id: each for each in months if not each.superseded}
    if not wrong:
        return
    which = Field("reading_id", lazy("哪一期"), "reference", target="readings")
    offered = {
        key: _("{month} 示数 {value}", month=f"{each.month:%Y-%m}", value=figure(each.value))
        for key, each in wrong.items()
    }

    def store(session: Session, filled: Filled) -> str:
        given = filled.values
        value = value_typed(given["value"]) if given["value"] else None
        made = readings.correct_reading(
            session, given["reading_id"], value, given["reason"] or "", rolled_over=given["rolled_over"]
        )
        return str(made)

    with st.popover(_("更正读数"), icon=":material/edit:", key=f"{KEY}.correct#open"):
        st.caption(_("原来的读数保留；账单已出的，先作废账单。"))
        made = Form(
            f"{KEY}.correct", (which, VALUE, REASON, ROLLED), (Button("save", _("更正"), store),),
            about=str(meter_id), options={"reading_id": offered}, initial={"reading_id": next(iter(offered))}, also=(),
        )  # fmt: skip
        sent = form.show(made, actor)
    if sent is not None:
        form.tell(_("读数已更正"))
        st.rerun()


def _changing(actor: Actor, meter: Listed) -> None:
    def store(session: Session, filled: Filled) -> str:
        meter_register.change_meter(session, meter.id, filled.values, filled.version, filled.token)
        return ""

    asks = (meter_register.NUMBER, *meter_register.COUNTING)
    initial = {each.name: getattr(meter, each.name) for each in asks}
    with st.popover(_("改资料"), icon=":material/tune:", key=f"{KEY}.change#open"):
        made = Form(f"{KEY}.change", asks, (Button("save", _("保存"), store),), about=str(meter.id),
                    version=meter.version, initial=initial, also=())  # fmt: skip
        sent = form.show(made, actor)
    if sent is not None:
        form.tell(_("已保存"))
        st.rerun()
