"""日结 and 月结: the days still open, oldest first; what was taken beside what is counted; closed days on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from components import form, shell
from components.desks.asking import Column, number_in, open_in_address, rows, yuan
from components.form import Button, Filled, Form
from components.papers.links import link
from components.plain import plain
from components.registry_table import HEAD, ROW_HEIGHT
from components.words import _
from db.base import LINE_LENGTH, PROSE_LENGTH
from db.checking import decimal_typed
from db.clock import today
from db.fields import Field
from db.ledger import closings
from db.ledger.closings import NOTES, OpenDay
from db.ledger.money_tables import Method
from db.ledger.tables import NOTHING
from db.people import Actor, Right
from db.refused import Refused
from db.session import reading, writing
from db.words import _ as lazy

CLOSING = "closing"
"""In the address: the closed day that is open."""
KEY = "closing.close"
SLIP = Field("slip", lazy("交款单号"), "text", lazy("现金存入银行的回单号"), required=False, length=LINE_LENGTH)
NOTE = Field("over_short", lazy("长短款说明"), "prose", lazy("实点与应收不符时必填"), required=False,
             length=PROSE_LENGTH)  # fmt: skip
_DAYS_SHOWN = 92


# ── days still open ──────────────────────────────────────────────────────────────────────────────────────────────────


def show_open(actor: Actor) -> None:
    """Draw the oldest day still open, or the one chosen: what was taken, and the form to count it."""
    with reading(actor) as session:
        days = closings.open_days(session, shell.estate_ids(actor))
    if not days:
        st.info(_("没有待日结的日子。有收付款的当天才需要日结。"), icon=":material/task_alt:")
        return
    day = _choose(actor, days)
    with reading(actor) as session:
        sums = closings.expected(session, day.payee_id, day.cashier_id, day.day)
        paper = closings.preview(session, day.payee_id, day.cashier_id, day.day)
    left, right = st.columns([1.55, 1], gap="medium")
    with left:
        draw_paper(paper)
    with right, st.container(border=True):
        if day.cashier_id == actor.user_id or actor.may(Right.CLOSE_MONTH):
            _count(actor, day, sums)
        else:
            st.caption(_("由收款人本人日结；收款人不在时由财务代结。"))


def _choose(actor: Actor, days: list[OpenDay]) -> OpenDay:
    """Ask which day; the oldest comes first."""
    if len(days) == 1:
        st.markdown(f"**{plain(_said(actor, days[0]))}**")
        return days[0]
    if len(days) > 1 and days[0].day < today():
        st.caption(_("有 {n} 个待日结，请从最早的开始。", n=len(days)))
    place = st.session_state.get("closing.day")
    if place is not None and place >= len(days):
        st.session_state["closing.day"] = 0
    chosen = st.selectbox(
        _("待日结"), range(len(days)), format_func=lambda n: _said(actor, days[n]), key="closing.day", width=560,
        label_visibility="collapsed",
    )  # fmt: skip
    return days[chosen or 0]


def _said(actor: Actor, day: OpenDay) -> str:
    who = _("（代 {name} 日结）", name=day.cashier) if day.cashier_id != actor.user_id else ""
    return _("{day}　{payee}　{n} 笔　净收 {amount} 元{who}", day=day.day.isoformat(), payee=day.payee, n=day.entries,
             amount=yuan(day.amount), who=who)  # fmt: skip


def _count(actor: Actor, day: OpenDay, sums: Mapping[Method, Decimal]) -> None:
    """Ask what is in the drawer and on the terminals."""
    about = f"{day.payee_id}/{day.cashier_id}/{day.day}"
    notes = _notes(about) if Method.CASH in sums else {}
    fields = tuple(
        Field(each.value, lazy("{method}（应 {sum} 元）", method=each.label, sum=yuan(sums[each])), "money",
              lazy("抽屉里点到的") if each is Method.CASH else lazy("按收款终端、银行流水"))
        for each in sums
    )  # fmt: skip
    seen = sum(sums.values(), NOTHING)

    def store(session: Session, filled: Filled) -> str:
        row = closings.close_day(
            session, day.payee_id, day.cashier_id, day.day, _counted(fields, filled), seen=seen,
            slip=filled.values["slip"] or "", note=filled.values["over_short"] or "", notes=notes,
        )  # fmt: skip
        return str(row.id)

    sent = form.show(
        Form(KEY, (*fields, SLIP, NOTE), (Button("save", _("日结"), store, ":material/lock:"),), about=about, also=(),
             columns=(1, 1), confirm=_("日结后这一天不能再记账，请确认金额无误。"), focus=True),
        actor,
    )  # fmt: skip
    if sent is not None and not sent.cancelled:
        form.tell(_("{day} 已日结", day=day.day.isoformat()))
        open_in_address(CLOSING, int(sent.result))


def _counted(fields: Sequence[Field], filled: Filled) -> dict[Method, Decimal]:
    """Read what was counted; where more was paid out than came in, it is below nothing."""
    typed = {each.name: decimal_typed(filled.values[each.name]) for each in fields}
    wrong = {name: _("请填写实点金额，例如 1280.50。") for name, amount in typed.items()
             if amount is None or amount != round(amount, 2)}  # fmt: skip
    if wrong:
        raise Refused(_("请填写每种方式的实点金额。"), wrong)
    return {Method(name): amount for name, amount in typed.items() if amount is not None}


def _notes(about: str) -> dict[Decimal, int]:
    """Help to count notes and coins; what they come to is put into the form with a press."""
    counted: dict[Decimal, int] = {}
    with st.expander(_("点钞"), icon=":material/payments:"):
        columns = st.columns(4)
        for place, worth in enumerate(NOTES):
            with columns[place % 4]:
                typed = st.text_input(_("{worth} 元 × 张", worth=worth), key=f"closing.notes.{about}.{worth}",
                                      autocomplete="off")  # fmt: skip
                number = decimal_typed(typed) if typed else None
                if number is not None and number == int(number) and 0 <= number < 100_000:
                    counted[worth] = int(number)
        total = closings.cash_of(counted)
        st.button(_("合计 {sum} 元，填入现金", sum=yuan(total)), key="closing.notes.put", on_click=_put, args=(total,),
                  disabled=not counted)  # fmt: skip
    return counted


def _put(total: Decimal) -> None:
    st.session_state[f"{KEY}.{Method.CASH.value}"] = f"{total:.2f}"


# ── the paper on the screen ──────────────────────────────────────────────────────────────────────────────────────────


def draw_paper(paper: Mapping[str, Any]) -> None:
    """Draw a day's table of fee items by method, its receipts, and what was taken back."""
    columns = [*paper["methods"], _("合计")]
    lines = [*paper["rows"], paper["totals"]]
    frame = pd.DataFrame(
        [[line["item"], *map(float, line["amounts"]), float(line["total"])] for line in lines],
        columns=["item", *map(str, range(len(columns)))],
    )
    looks: dict[str, Any] = {"item": st.column_config.Column(_("收费项目"), width=140)}
    looks |= {str(n): st.column_config.NumberColumn(name, format="%,.2f", width=92) for n, name in enumerate(columns)}
    st.dataframe(frame, hide_index=True, column_config=looks, row_height=ROW_HEIGHT, alt=_("收款汇总"), placeholder="",
                 height=len(lines) * ROW_HEIGHT + HEAD)  # fmt: skip
    for each in paper["receipts"]:
        said = _("{book}：{first} 至 {last}，本人开 {n} 张", book=each["book"], first=each["first"], last=each["last"],
                 n=each["count"])  # fmt: skip
        st.markdown(f":material/receipt_long: {plain(said)}")
    for name, label in (("void", _("作废")), ("reversed", _("红冲"))):
        for each in paper[name]:
            amount = yuan(Decimal(each["amount"]))
            st.markdown(f":red[{label}] {plain(each['number'])}　{amount}　:gray[{plain(each['reason'])}]")
    for each in paper["deposits"]:
        taken, returned = (yuan(Decimal(each[name])) for name in ("taken", "returned"))
        said = _("{kind}：收 {taken}，退 {returned}", kind=each["kind"], taken=taken, returned=returned)
        st.markdown(f":material/savings: {plain(said)}")


# ── closed days ──────────────────────────────────────────────────────────────────────────────────────────────────────


def show_closed(actor: Actor) -> None:
    """Draw the days that are closed, newest first."""
    with reading(actor) as session:
        found = closings.closed_days(session, today() - timedelta(days=_DAYS_SHOWN), today(), shell.estate_ids(actor))
    if not found:
        st.info(_("近三个月没有日结过。"), icon=":material/inbox:")
        return
    st.caption(_("近三个月，共 {n} 次", n=len(found)))
    columns = [
        Column("day", _("日期"), width=110), Column("payee", _("收款单位"), width=210),
        Column("cashier", _("收款人"), width=90), Column("expected", _("应缴款(元)"), "money"),
        Column("over_short", _("长短款"), "money", 90), Column("slip", _("交款单号"), width=150),
        Column("closed_by", _("日结人"), width=90),
    ]  # fmt: skip
    lines = [{**each.__dict__, "day": each.day.isoformat(), "over_short": each.over_short or None} for each in found]
    if (clicked := rows("closing.closed", columns, lines, _("日结清单"), _("点开查看和打印"))) is not None:
        open_in_address(CLOSING, found[clicked].id)


def show_one(actor: Actor, closing_id: int) -> None:
    """Draw one closed day as it was frozen, with the way to its paper."""
    if st.button(_("返回列表"), key="closing.back", type="tertiary", icon=":material/arrow_back:"):
        open_in_address(CLOSING, None)
    with reading(actor) as session:
        closing = closings.closing_of(session, closing_id)
    paper = closing.snapshot["paper"]
    with st.container(horizontal=True, vertical_alignment="center"):
        title = _("{day} {cashier} {payee}", day=paper["day_from"], cashier=paper["cashier"], payee=paper["payee"])
        st.subheader(plain(title), anchor=False, width="stretch")
        link(_("打印交款表"), "daily_closing", closing_id, primary=True)
    left, right = st.columns([1.55, 1], gap="medium")
    with left:
        draw_paper(paper)
    with right, st.container(border=True):
        for each in paper["counted"]:
            differs = Decimal(each["difference"])
            mark = f"　:red[{differs:+,.2f}]" if differs else ""
            booked, counted = (yuan(Decimal(each[name])) for name in ("booked", "counted"))
            said = _("应 {booked}，实 {counted}", booked=booked, counted=counted)
            st.markdown(f"**{plain(each['method'])}**　{said}{mark}")
        if closing.over_short:
            kind = _("长款") if closing.over_short > 0 else _("短款")
            st.markdown(f":red-badge[{kind} {yuan(abs(closing.over_short))}]　{plain(closing.note)}")
        if closing.slip:
            st.markdown(_("交款单号 {slip}", slip=plain(closing.slip)))


# ── months ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def show_months(actor: Actor) -> None:
    """Draw, for each payee, the month that is closed next, and those closed."""
    with reading(actor) as session:
        payees = closings.months_of(session, shell.estate_ids(actor))
    if not payees:
        st.info(_("还没有收款单位。"), icon=":material/inbox:")
    for each in payees:
        with st.container(border=True):
            _month(actor, each)


def _month(actor: Actor, each: closings.Months) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(each.payee)}**", width="stretch")
        if each.due is None:
            st.caption(_("还没有账"))
        elif each.is_over and actor.may(Right.CLOSE_MONTH):
            _close(actor, each.payee_id, each.due)
        else:
            st.caption(_("下一个要月结的是 {month}，过完后由财务月结", month=f"{each.due:%Y-%m}"))
    with st.container(horizontal=True, gap="small"):
        for closing_id, month in each.closed:
            link(f"{month:%Y-%m}", "month_closing", closing_id)


def _close(actor: Actor, payee_id: int, month: date) -> None:
    with st.popover(_("月结 {month}", month=f"{month:%Y-%m}"), icon=":material/lock:", key=f"closing.month.{payee_id}"):
        st.markdown(_("月结后这个月不能再出账、作废账单或补记收款。会先核对账务、检查每天都已日结。"))
        if not st.button(_("确定月结"), key=f"closing.month.{payee_id}.sure", type="primary"):
            return
        try:
            with writing(actor) as session:
                closings.close_month(session, payee_id, month)
        except Refused as refused:
            st.error(plain(refused.message), icon=":material/block:")
            return
    form.tell(_("{month} 已月结", month=f"{month:%Y-%m}"))
    st.rerun()


__all__ = ["CLOSING", "number_in", "show_closed", "show_months", "show_one", "show_open"]
