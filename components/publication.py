"""A publication of income and expenditure as its page shows it: its way, the sums, the four sheets, what differs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from components import charts
from components.charts import OVER
from components.plain import plain
from components.words import _
from db.accounts.exporting import share_of
from db.accounts.heads import EXPENSES, INCOMES, SHORT, UPKEEP_INCLUDES, UPKEEP_ITSELF, Head, Item
from db.accounts.sheets import Balance, Difference, FigureLine, Sheet, Sheets
from db.accounts.tables import State
from db.accounts.views import Hung, Step, View
from db.histories import said_moment

_ROW = 35  # pixels
_MOST_SOURCES = 6
"""So many are listed on the screen; a year has dozens."""


# ── its way ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def rail(shown: View) -> None:
    """Draw the way from preparing to posting: what is done by whom, what comes next."""
    following = next((n for n, step in enumerate(shown.steps) if not step.done), len(shown.steps))
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(str(shown.about.state.label), color=shown.about.state.colour)  # type: ignore[arg-type]
        for n, step in enumerate(shown.steps):
            if n:
                st.markdown(":gray[:material/arrow_forward:]", width="content")
            st.markdown(_step(step, is_next=n == following), width="content")
    if shown.denial is not None:
        said = _("{who} {when} 退回：{why}", who=shown.denial.by, when=_moment(shown.denial.at), why=shown.denial.note)
        st.warning(plain(said), icon=":material/undo:")


def _step(step: Step, *, is_next: bool) -> str:
    icon = ":green[:material/check_circle:]" if step.done else ":gray[:material/radio_button_unchecked:]"
    if is_next:
        icon = ":blue[:material/pending:]"
    label = f"**{step.label}**" if step.done or is_next else f":gray[{step.label}]"
    small = [step.by] if step.by and (step.done or is_next) else []
    if step.done and step.at is not None:
        small.append(_moment(step.at))
    if is_next and step.role is not None:
        small.append(_("待{role}", role=step.role.label))
    return f"{icon} {label}" + (f" :gray[:small[{plain(' '.join(small))}]]" if small else "")


def _moment(at: datetime | None) -> str:
    return said_moment(at) if at is not None else ""


def sums(sheets: Sheets) -> None:
    """Draw the five numbers a director looks for."""
    income, expense = sheets.income, sheets.expense
    rest = income.period - expense.period
    with st.container(horizontal=True, gap="small"):
        _tile(_("本期收入"), income.period, _against(income), good=income.period >= income.period_budget * (2 - OVER))
        _tile(_("本期支出"), expense.period, _against(expense), good=expense.period <= expense.period_budget * OVER)
        _tile(_("本期结余"), rest, "", good=rest >= 0)
        _tile(_("公共收益余额"), sheets.common.closing, _moved(sheets.common), good=True)
        _tile(_("维修资金余额"), sheets.fund.closing, _moved(sheets.fund), good=True)


def _tile(label: str, amount: Decimal, small: str, *, good: bool) -> None:
    with st.container(border=True, gap=None, height="stretch"):
        st.caption(label)
        colour = "primary" if good else "red"
        st.subheader(f":{colour}[{amount:,.2f}]", anchor=False)
        st.caption(small or " ")


def _against(line: FigureLine) -> str:
    if not line.period_budget:
        return _("没有预算")
    share = ((line.period / line.period_budget - 1) * 100).quantize(Decimal("0.1"))
    if not share:
        return _("与预算持平")
    return _("比预算多 {share}%", share=share) if share > 0 else _("比预算少 {share}%", share=-share)


def _moved(account: Balance) -> str:
    return _("收 {received} 支 {spent}", received=f"{account.received:,.2f}", spent=f"{account.spent:,.2f}")


# ── what differs ─────────────────────────────────────────────────────────────────────────────────────────────────────


def differences(shown: View) -> None:
    """Say what was entered after the figures were frozen; the publication itself stays as it is."""
    if not shown.differences:
        return
    title = _("公示以后又有 {n} 处变动，公示内容不变", n=len(shown.differences))
    if shown.about.state is State.ASKED:
        title = _("送审以后又有 {n} 处变动，审批的是送审时的内容", n=len(shown.differences))
    with st.expander(f":orange[{title}]", icon=":material/difference:", key="publications.differences"):
        frame = pd.DataFrame({
            "sheet": [str(each.sheet.label) for each in shown.differences],
            "label": [str(each.label) for each in shown.differences],
            "frozen": [_said(each.frozen) for each in shown.differences],
            "now": [_said(each.now) for each in shown.differences],
            "more": [_by(each) for each in shown.differences],
        })  # fmt: skip
        config = st.column_config
        st.dataframe(
            frame, hide_index=True, height="content", placeholder="", alt=title, column_config={
                "sheet": config.TextColumn(_("表"), width=110), "label": config.TextColumn(_("项目"), width=260),
                "frozen": config.TextColumn(_("公示的"), width=170, alignment="right"),
                "now": config.TextColumn(_("现在"), width=170, alignment="right"),
                "more": config.TextColumn(_("相差"), width=130, alignment="right"),
            },
        )  # fmt: skip


def _said(value: Decimal | str) -> str:
    return f"{value:,.2f}" if isinstance(value, Decimal) else value


def _by(each: Difference) -> str:
    if isinstance(each.frozen, Decimal) and isinstance(each.now, Decimal):
        return f"{each.now - each.frozen:+,.2f}"
    return ""


# ── the four sheets ──────────────────────────────────────────────────────────────────────────────────────────────────


def service_sheet(sheets: Sheets) -> None:
    """Draw what is done, who answers for it and what it costs."""
    if not sheets.services:
        st.info(_("还没有服务信息。点“修改服务信息”填写服务事项、负责人和电话。"), icon=":material/inbox:")
    else:
        _table(
            _("服务事项"), [
                (_("服务事项"), [each.item for each in sheets.services], 170),
                (_("内容与标准"), [each.standard for each in sheets.services], 420),
                (_("负责人"), [each.responsible for each in sheets.services], 90),
                (_("物业处"), [each.point for each in sheets.services], 150),
                (_("电话"), [each.phone for each in sheets.services], 120),
            ],
        )  # fmt: skip
    st.markdown(f"**{_('收费标准')}**　:gray[{_('{day} 执行中', day=sheets.last.isoformat())}]")
    if not sheets.prices:
        st.caption(_("这一天没有执行中的收费标准。请在“收费标准”里维护。"))
        return
    _table(
        _("收费标准"), [
            (_("收费项目"), [each.item for each in sheets.prices], 130),
            (_("标准名称"), [each.name for each in sheets.prices], 190),
            (_("单价"), [each.price for each in sheets.prices], 150),
            (_("由谁缴纳"), [each.payer for each in sheets.prices], 80),
            (_("执行起"), [each.since.isoformat() for each in sheets.prices], 95),
            (_("依据"), [each.filing for each in sheets.prices], 220),
        ],
    )  # fmt: skip


def _table(alt: str, columns: Sequence[tuple[str, list[Any], int]]) -> None:
    frame = pd.DataFrame({label: values for label, values, _width in columns}, dtype=object)
    st.dataframe(
        frame, hide_index=True, height="content", row_height=_ROW, placeholder="", alt=alt,
        column_config={label: st.column_config.TextColumn(label, width=width) for label, _values, width in columns},
    )  # fmt: skip


def figures_sheet(sheets: Sheets) -> None:
    """Draw income and the nine heads of expense: this period, the year, the budget; and where they come from."""
    lines = {line.head: line for line in sheets.figures}
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        st.markdown(f"**{_('支出：本期与预算')}**　:gray[:small[{_('红色为超出预算 2% 以上')}]]")
        charts.budget([(str(SHORT[head]), lines[head].period, lines[head].period_budget) for head in EXPENSES])
    with right:
        _sources(sheets)
    income, expense = sheets.income, sheets.expense
    _statement(
        _("收入"), [(str(head.label), lines[head]) for head in INCOMES], (_("收入合计"), income), "publications.income"
    )
    names = {head: str(head.label) for head in EXPENSES} | {Head.UPKEEP: f"{UPKEEP_ITSELF} *"}
    _statement(
        _("支出"), [(names[head], lines[head]) for head in EXPENSES], (_("支出合计"), expense), "publications.expense"
    )
    st.caption(f"\\* {UPKEEP_INCLUDES}")
    rest, year = income.period - expense.period, income.year - expense.year
    colour = "green" if rest >= 0 else "red"
    so_far = f"{_('本年累计')} **{year:,.2f}**　:gray[{_('单位：元')}]"
    st.markdown(f"**{_('收支结余')}**　{_('本期')} :{colour}[**{rest:,.2f}**]　{so_far}")


def _statement(label: str, rows: list[tuple[str, FigureLine]], total: tuple[str, FigureLine], key: str) -> None:
    every = [*rows, total]
    frame = pd.DataFrame({
        "head": [name for name, _line in every],
        **{
            name: [float(getattr(line, name)) for _name, line in every]
            for name in ("period", "period_budget", "year", "year_budget")
        },
        "share": [_share(line) for _name, line in every],
    })  # fmt: skip
    config = st.column_config

    def money(words: str) -> Any:
        return config.NumberColumn(words, format="%,.2f", width=118)

    st.dataframe(
        frame, hide_index=True, row_height=_ROW, height="content", placeholder="", alt=label, key=key,
        column_config={
            "head": config.TextColumn(label, width=380), "period": money(_("本期")),
            "period_budget": money(_("本期预算")), "year": money(_("本年累计")), "year_budget": money(_("全年预算")),
            "share": config.ProgressColumn(_("执行率"), min_value=0, max_value=100, format="%.1f%%", width=120),
        },
    )  # fmt: skip


def _share(line: FigureLine) -> float | None:
    return float(share_of(line).removesuffix("%")) if line.year_budget else None


def _sources(sheets: Sheets) -> None:
    if sheets.remark:
        st.markdown(f"**{_('情况说明')}**")
        st.markdown(plain(sheets.remark))
    st.markdown(f"**{_('数据来源')}**　:gray[{_('计划财务部')}]")
    if not sheets.sources:
        st.caption(_("本期还没有录入数字。"))
    lines = [
        f"{plain(each.title)} :gray[:small[{_('{day} 录入', day=each.entered_on.isoformat())}]]"
        for each in sheets.sources[:_MOST_SOURCES]
    ]
    st.markdown("  \n".join(lines))
    if len(sheets.sources) > _MOST_SOURCES:
        st.caption(_("等 {n} 份，打印和导出里有全部。", n=len(sheets.sources)))


def account_sheet(account: Balance, noun: str) -> None:
    """Draw an account of the owners: what was there, each movement with the balance after it, what is left."""
    with st.container(horizontal=True, gap="large"):
        for label, amount in (
            (_("期初余额"), account.opening), (_("本期收入"), account.received), (_("本期支出"), account.spent),
            (_("期末余额"), account.closing),
        ):  # fmt: skip
            st.markdown(f":gray[{label}]　**{amount:,.2f}**", width="content")
    if not account.rows:
        st.caption(_("{noun}本期没有收支。", noun=noun))
        return
    frame = pd.DataFrame({
        "day": [row.day for row in account.rows],
        "item": [str(Item(row.item).label) for row in account.rows],
        "amount": [float(row.amount) for row in account.rows],
        "balance": [float(row.balance) for row in account.rows],
        "purpose": [row.purpose for row in account.rows],
        "decision": [row.decision for row in account.rows],
        "voucher": [row.voucher for row in account.rows],
    })  # fmt: skip
    config = st.column_config
    st.dataframe(
        frame, hide_index=True, height="content", row_height=_ROW, placeholder="", alt=noun, column_config={
            "day": config.DateColumn(_("日期"), format="YYYY-MM-DD", width=95),
            "item": config.TextColumn(_("项目"), width=150),
            "amount": config.NumberColumn(_("金额（元）"), format="%+,.2f", width=105),
            "balance": config.NumberColumn(_("余额（元）"), format="%,.2f", width=110),
            "purpose": config.TextColumn(_("摘要"), width=220), "decision": config.TextColumn(_("业主决定"), width=210),
            "voucher": config.TextColumn(_("凭证号"), width=115),
        },
    )  # fmt: skip


def tab_names(shown: View) -> dict[str, str]:
    """Name the tabs: the four sheets, and where it hangs once it is approved."""
    names = {sheet.value: str(sheet.label) for sheet in Sheet}
    if shown.about.state in {State.APPROVED, State.POSTED, State.TAKEN_DOWN}:
        names["posting"] = _("张贴与提问")
    return names


def hung(postings: Sequence[Hung]) -> None:
    """Draw where it hangs or hung."""
    for each in postings:
        until = each.taken_down_on or each.until_on
        words = _("已撤下") if each.taken_down_on else _("公示中")
        colour = "gray" if each.taken_down_on else "green"
        st.markdown(
            f":material/push_pin: **{plain(each.place)}**　{each.from_on} — {until}　:{colour}-badge[{words}]"
            f" :gray[:small[{plain(each.by)}]]"
        )
