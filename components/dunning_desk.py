"""A household's arrears on the screen: what is owed with its worksheet, papers sent, measures taken, what to mind."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import streamlit as st

from components.papers.links import address, link
from components.plain import plain
from components.words import _
from db.clock import today
from db.ledger.dunning_views import BillLine, View
from db.ledger.late_sheets import Sheet, rules_of, sheet_of
from db.people import Actor
from db.session import reading

ROW, HEAD, IN_SIGHT = 35, 34, 9
SOON = 90
"""Days before its three years end from which a bill is marked."""


def money(amount: Decimal) -> str:
    """Write an amount as lists do."""
    return f"{amount:,.2f}"


def mind(view: View) -> None:
    """Say what comes next, and what to look at before it is done."""
    with st.container(horizontal=True, vertical_alignment="center"):
        coming = f":blue[:material/arrow_forward:] **{plain(_('下一步'))}**　{plain(str(view.coming))}"
        st.markdown(coming, width="stretch")
        total = _("本金 {principal}　违约金(滞纳金) {late}　合计 **{total}** 元", principal=money(view.principal),
                  late=money(view.late_fee), total=money(view.total))  # fmt: skip
        st.markdown(total, width="content")
    if view.complaints:
        numbers = _("、").join(view.complaints)
        st.warning(
            _("这户有未办结的投诉 {numbers}，继续催缴须由主管或主任办理。", numbers=numbers), icon=":material/feedback:"
        )
    if view.disputed:
        st.warning(_("客户对费用有争议，继续催缴须由主管或主任办理。"), icon=":material/gavel:")
    if ending := [each for each in view.bills if (each.limitation_on - today()).days <= SOON]:
        first = min(each.limitation_on for each in ending)
        said = (
            _("有 {n} 笔账单的诉讼时效已过，最早一笔到 {day}。", n=len(ending), day=first)
            if first < today()
            else _("有 {n} 笔账单的诉讼时效将在 {day} 届满，请尽快送达书面催告并留存凭证。", n=len(ending), day=first)
        )
        st.warning(said, icon=":material/hourglass_bottom:")


def owed(view: View, actor: Actor, key: str) -> None:
    """Draw the overdue bills with their late fees; one opens its worksheet."""
    st.subheader(_("逾期欠费"), anchor=False)
    if not view.bills:
        st.caption(_("没有逾期未缴的账单。"))
        return
    clicked = f"{key}.sheet"
    frame = pd.DataFrame(
        {
            "item": [each.item for each in view.bills], "period": [_period(each) for each in view.bills],
            "due_on": [each.due_on for each in view.bills], "days": [each.days for each in view.bills],
            "unpaid": [float(each.unpaid) for each in view.bills],
            "late_fee": [money(each.late_fee) for each in view.bills],
            "limitation": [each.limitation_on for each in view.bills],
        },
        dtype=object,
    )  # fmt: skip
    columns = st.column_config
    st.dataframe(
        frame, hide_index=True, row_height=ROW, height=min(len(view.bills), IN_SIGHT) * ROW + HEAD, key=f"{key}.bills",
        column_config={
            "item": columns.TextColumn(_("收费项目"), pinned=True), "period": columns.TextColumn(_("计费期间")),
            "due_on": columns.DateColumn(_("最迟缴纳日"), format="YYYY-MM-DD", width=100),
            "days": columns.NumberColumn(_("逾期天数"), width=75),
            "unpaid": columns.NumberColumn(_("未缴本金"), format="%,.2f", width=95),
            "late_fee": columns.ButtonColumn(_("违约金"), type="tertiary", key=clicked, help=_("点开看怎么算的")),
            "limitation": columns.DateColumn(_("时效届满"), format="YYYY-MM-DD", width=100),
        },
        placeholder="", alt=_("逾期账单"),
    )  # fmt: skip
    click = st.session_state.get(clicked)
    if click and click["row"] < len(view.bills):
        st.session_state[f"{key}#bill"] = view.bills[click["row"]].bill_id
    chosen = next((each for each in view.bills if each.bill_id == st.session_state.get(f"{key}#bill")), None)
    if chosen is not None:
        worksheet(actor, chosen.bill_id, f"{key}.worksheet", chosen)


def _period(line: BillLine) -> str:
    return f"{line.period_from:%Y-%m-%d} – {line.period_to:%m-%d}"


def worksheet(actor: Actor, bill_id: int, key: str, line: BillLine | None = None) -> None:
    """Draw a bill's late fee line by line, with how it is counted and the way to its paper."""
    with reading(actor) as session:
        sheet = sheet_of(session, bill_id)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            what = f"　{line.item} {_period(line)}" if line is not None else ""
            st.markdown(f"**{plain(_('违约金(滞纳金)计算表'))}**{plain(what)}", width="stretch")
            if sheet.bill.late_day is not None:
                link(_("打印"), "late_fee", bill_id)
        if sheet.bill.late_day is None:
            st.caption(_("合同没有约定违约金，不计违约金。"))
            return
        _lines(sheet, key)
        st.markdown("  \n".join(f":small[:gray[· {plain(str(rule))}]]" for rule in rules_of(sheet)))


def _lines(sheet: Sheet, key: str) -> None:
    rate = f"{(Decimal(sheet.bill.late_ppm) / 10_000).normalize():f}%"
    rows = [
        (each.day_from, each.day_to, each.days, money(each.unpaid), rate, f"{each.amount:f}",
         _("{amount} 元缴入", amount=money(each.paid)) if each.paid else "")
        for each in sheet.lines
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["from", "to", "days", "unpaid", "rate", "amount", "remark"], dtype=object)
    columns = st.column_config
    st.dataframe(
        frame, hide_index=True, row_height=ROW, height=min(max(len(rows), 1), IN_SIGHT) * ROW + HEAD,
        key=f"{key}.lines",
        column_config={
            "from": columns.DateColumn(_("起"), format="YYYY-MM-DD"),
            "to": columns.DateColumn(_("止（含）"), format="YYYY-MM-DD"),
            "days": columns.NumberColumn(_("天数"), width=60), "unpaid": columns.TextColumn(_("未缴本金")),
            "rate": columns.TextColumn(_("每日"), width=70), "amount": columns.TextColumn(_("违约金（元）")),
            "remark": columns.TextColumn(_("说明")),
        },
        placeholder="", alt=_("违约金计算表"),
    )  # fmt: skip
    said = [_("各行合计 {exact} 元", exact=f"{sheet.exact:f}"), _("四舍五入到分 {n} 元", n=f"{sheet.rounding:+f}")]
    if sheet.cut:
        said.append(_("按上限少收 {cut} 元", cut=money(-sheet.cut)))
    said.append(_("共 {total} 元", total=money(sheet.total)))
    if sheet.waived:
        said.append(_("已减免 {waived} 元", waived=money(sheet.waived)))
    if sheet.paid:
        said.append(_("已缴 {paid} 元", paid=money(sheet.paid)))
    said.append(_("应缴 **{due}** 元", due=money(max(sheet.due, Decimal(0)))))
    st.markdown(_("，").join(said))


def papers(view: View) -> None:
    """Draw the papers sent, each with the way to its copy and what is known of its arrival."""
    if not view.sent:
        return
    st.subheader(_("已发单据"), anchor=False)
    for each in view.sent:
        with st.container(gap=None):
            st.markdown(
                f"[{plain(each.kind)} {plain(each.number)}]({address('dunning', each.number)})　"
                f":gray[{each.on:%Y-%m-%d}]　{money(each.amount)}"
            )
            state = each.delivery or _("还没有登记送达")
            st.caption(plain(state))


def measures(view: View) -> None:
    """Draw the lawful measures with their outcome (F9)."""
    if not view.measures:
        return
    st.subheader(_("法律途径"), anchor=False)
    for each in view.measures:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(each.kind)}** :gray[{_day(each.on)}]", width="content")
            if each.outcome is not None:
                st.badge(str(each.outcome.label), color=each.outcome.colour)  # type: ignore[arg-type]
            else:
                st.badge(_("进行中"), color="orange")
        told = [each.forum, each.file_number, _("收回 {n} 元", n=money(each.recovered)) if each.recovered else ""]
        if any(told):
            st.caption(plain("　".join(filter(None, told))))


def _day(day: date) -> str:
    return f"{day:%Y-%m-%d}"
