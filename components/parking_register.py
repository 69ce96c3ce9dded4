"""停车证: the register with what ends soon, one permit with what may be done, a new one with what its space costs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from components import form, registry_page, shell
from components.desks import asking
from components.desks.asking import Column, link_to_unit, open_in_address, rows, yuan
from components.form import Button, Filled, Form
from components.kept_choice import kept_segment
from components.papers import panel
from components.plain import plain
from components.registry_table import Register
from components.words import _
from db import parking_permits
from db.clock import today
from db.fields import Field
from db.parking_lists import (
    PAGE,
    PermitLine,
    Standing,
    monthly_fees,
    permit_fee,
    permit_line,
    permits,
    spaces_on_offer,
)  # fmt: skip
from db.parking_tables import ParkingPermit
from db.people import Actor, Right
from db.refused import Refused
from db.session import reading
from db.words import _ as lazy

RECORD, NEW, SHOWN = "record", "new", "shown"
"""In the address: the open one (its paper's code leads there), that a new one is written, which part is shown."""
KEY = "parking_permits"
ISSUE = f"{KEY}.issue"
_BLANK = "\u3000"
_YEAR = 365
_REGISTER = Register(KEY, ParkingPermit, lazy("停车证"))
_PARTS = {
    "running": (Standing.VALID, Standing.EXPIRING, Standing.LAPSED, Standing.AHEAD),
    "expiring": (Standing.EXPIRING,),
    "lapsed": (Standing.LAPSED,),
    "ended": (Standing.ENDED,),
}  # fmt: skip
_COLUMNS = (
    ("number", lazy("停车证号"), 160), ("space", lazy("车位"), 80), ("plates", lazy("车牌号"), 175),
    ("customer", lazy("客户"), 130), ("unit", lazy("房屋"), 85), ("kind", lazy("证类"), 60),
)  # fmt: skip


# ── the register ─────────────────────────────────────────────────────────────────────────────────────────────────────


def show_list(actor: Actor) -> None:
    """Draw the parts with how many there are, the search, and one page of rows; what ends first stands first."""
    estates, parts = shell.estate_ids(actor), st.container()
    typed = st.text_input(
        _("查找"), key=f"{KEY}.q", type="search", live="300ms", autocomplete="off", width=360,
        icon=":material/search:", placeholder=_("车牌、车位、房号、姓名、证号"), label_visibility="collapsed",
        bind="query-params",
    )  # fmt: skip
    with reading(actor) as session:
        counts = permits(session, estate_ids=estates, typed=typed).counts
    words = {"running": _("在用"), "expiring": _("即将到期"), "lapsed": _("到期未续"), "ended": _("已结束")}
    names = {key: f"{words[key]} {n}" if (n := sum(counts[each] for each in some)) else words[key]
             for key, some in _PARTS.items()}  # fmt: skip
    with parts:
        part = kept_segment(_("看哪一类"), SHOWN, names, "running")
    page = asking.turned(KEY, (part, typed, estates)) or 1
    with reading(actor) as session:
        found = permits(session, estate_ids=estates, standings=_PARTS[part], typed=typed, page=page)
    if not found.rows:
        st.info(_("没有符合条件的停车证。") if typed else _nothing(part), icon=":material/inbox:")
        return
    columns = [Column(name, str(label), width=width) for name, label, width in _COLUMNS]
    columns += [Column("starts_on", _("起"), "date"), Column("ends_on", _("止"), "date"),
                Column("standing", _("状态"), "chip", width=100, chips=Standing)]  # fmt: skip
    lines = [each.__dict__ | {"plates": _said_plates(each)} for each in found.rows]
    clicked = rows(KEY, columns, lines, _("停车证清单"), _("点开续期、换车、结束"))
    asking.turn(KEY, found.total, page + 1 if found.total > page * PAGE else None)
    if clicked is not None:
        open_in_address(RECORD, found.rows[clicked].id)


def _nothing(part: str) -> str:
    words = {"expiring": _("近期没有到期的停车证。"), "lapsed": _("没有到期未续的停车证。")}
    return words.get(part, _("还没有停车证。"))


def _said_plates(line: PermitLine) -> str:
    return _("、").join(line.plates)


# ── one permit ───────────────────────────────────────────────────────────────────────────────────────────────────────


def show_one(actor: Actor, permit_id: int) -> None:
    """Draw one permit: what it says, what may be done, its papers and history."""
    back()
    with reading(actor) as session:
        line = permit_line(session, permit_id)
        fee = permit_fee(session, permit_id)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(plain(f"{line.number}　{line.space}"), anchor=False, width="content")
        st.badge(str(line.standing.label), color=line.standing.colour)  # type: ignore[arg-type, unused-ignore]
        link_to_unit(line.unit_id, plain(line.unit), f"{KEY}.unit")
    left, right = st.columns([1.2, 1], gap="medium")
    with left:
        price = _("{sum} 元/月（{item}）", sum=yuan(fee.amount), item=fee.item) if fee and fee.amount else ""
        facts = [
            (_("车牌号"), _said_plates(line)), (_("客户"), line.customer), (_("证类"), str(line.kind.label)),
            (_("有效期"), _("{first} 至 {last}", first=line.starts_on, last=line.ends_on)),
            (_("停车费"), price),
            (_("车位业主同意"), line.consent), (_("备注"), line.note), (_("结束原因"), line.ended_why),
        ]  # fmt: skip
        widest = max(len(label) for label, said in facts if said)
        told = [f":gray[{label}]{_BLANK * (widest - len(label) + 1)}{plain(said)}" for label, said in facts if said]
        st.markdown("  \n".join(told))
        st.caption(_("停车证只是车位的租用，物业不负责车辆的保管；费用按停车收费标准出账。"))
        if line.standing is not Standing.ENDED and actor.may(Right.EDIT_REGISTRY):
            _acts(actor, line)
    with right:
        panel.show(KEY, line.id, actor)
        registry_page.show_history(_REGISTER, actor, line.id)


def back() -> None:
    """Draw the way back to the register."""
    if st.button(_("停车证"), key=f"{KEY}.back", type="tertiary", icon=":material/arrow_back:", shortcut="Alt+B",
                 help=_("返回列表")):  # fmt: skip
        _leave()


def _leave(record: int | None = None) -> None:
    st.query_params.pop(NEW, None)
    open_in_address(RECORD, record)


ENDS_ON = Field("ends_on", lazy("新的止期"), "date")
LAST_DAY = Field("ends_on", lazy("最后一天"), "date")
WHY = Field("ended_why", lazy("结束原因"), "text", lazy("退租、换车位、车已卖等；不得因欠费收回"), length=200)


def _acts(actor: Actor, line: PermitLine) -> None:
    names = {"renew": _("续期"), "plates": _("换车"), "end": _("结束")}
    act = st.segmented_control(_("办理"), list(names), format_func=names.__getitem__, key=f"{KEY}.act.{line.id}",
                               label_visibility="collapsed")  # fmt: skip
    if act is None:
        return

    def save(session: Session, filled: Filled) -> str:
        given, version, token = filled.values, filled.version, filled.token
        if act == "renew":
            parking_permits.renew(session, line.id, _day(given), version=version, token=token)
        elif act == "plates":
            parking_permits.change_plates(session, line.id, given["plates"] or "", version=version, token=token)
        else:
            why = given["ended_why"] or ""
            parking_permits.end(session, line.id, _day(given), why, version=version, token=token)
        return names[act]

    fields = {"renew": (ENDS_ON,), "plates": (parking_permits.PLATES,), "end": (LAST_DAY, WHY)}[act]
    known: dict[str, dict[str, Any]] = {
        "renew": {"ends_on": line.ends_on + timedelta(days=_YEAR)}, "plates": {"plates": " ".join(line.plates)},
        "end": {"ends_on": min(today(), line.ends_on)},
    }  # fmt: skip
    with st.container(border=True):
        sent = form.show(
            Form(f"{KEY}.{act}", fields, (Button("save", names[act], save),), about=str(line.id), initial=known[act],
                 version=line.version, also=(),
                 confirm=_("结束后车位退回，停车证不能再用。") if act == "end" else ""),
            actor,
        )  # fmt: skip
    if sent is not None and not sent.cancelled:
        form.see_newest(f"{KEY}.")
        told = _("{number} 已结束", number=line.number) if act == "end" else _("已保存，请重新开具停车证给客户")
        form.tell(told)
        st.rerun()


def _day(given: Mapping[str, Any]) -> date:
    day: date | None = given["ends_on"]
    if day is None:
        raise Refused(_("请填写日期。"), {"ends_on": _("请填写日期。")})
    return day


# ── a new one ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _chosen() -> tuple[int | None, int | None]:
    """Say which unit and customer the form has found."""
    return st.session_state.get(f"{ISSUE}.unit_id"), st.session_state.get(f"{ISSUE}.customer_id")


def show_new(actor: Actor) -> None:
    """Draw the form of a new permit; the spaces on offer and their prices follow from the unit found."""
    back()
    st.subheader(_("办停车证"), anchor=False)
    written, beside = st.columns([2.2, 1], gap="medium")
    unit_id, customer_id = chosen = _chosen()
    with reading(actor) as session:
        spaces = spaces_on_offer(session, unit_id, customer_id) if unit_id else {}
        fees = monthly_fees(session, unit_id) if unit_id else []

    def save(session: Session, filled: Filled) -> str:
        return str(parking_permits.issue(session, filled.values, token=filled.token).id)

    with written, st.container(border=True):
        sent = form.show(
            Form(
                ISSUE, parking_permits.asks(), (Button("save", _("登记停车证"), save),), options={"space_id": spaces},
                initial={"starts_on": today(), "ends_on": today() + timedelta(days=_YEAR - 1)}, also=(), cancel=True,
                focus=True,
            ),
            actor,
        )  # fmt: skip
    if chosen != _chosen():  # just found in the form itself: its spaces are another list now
        st.rerun()
    with beside:
        st.subheader(_("停车收费标准"), anchor=False)
        if not unit_id:
            st.caption(_("先找到房屋，这里列出车位费用。"))
        elif not fees:
            st.caption(_("本项目还没有停车收费标准，请财务先录入。"))
        for kind, tenure, fee in fees:
            price = _("{sum} 元/月", sum=yuan(fee.amount)) if fee.amount is not None else _("按面积计")
            st.markdown(f":gray[{kind.label}　{tenure.label}]　**{price}**")
    if sent is not None:
        if sent.cancelled:
            _leave()
        form.tell(_("停车证已登记，请打印停车证和协议"))
        _leave(int(sent.result))
