"""The list of arrears on the screen: search, filters, sums, one page of rows, the way to the next, the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import pandas as pd
import streamlit as st

from components import shell, signin
from components.plain import plain
from components.registry_table import one_of
from components.table import COLOURS
from components.words import _
from db import signing_in
from db.clock import local, now, today
from db.fields import fields_of
from db.ledger import arrears, arrears_sheets
from db.ledger.arrears import BANDS, PAGE, SORTS, Asked, Row, Sums
from db.ledger.demands import Debt
from db.ledger.dunnings import OPEN, Reason
from db.options import options_of
from db.people import Actor, Right
from db.refused import Refused
from db.registry import StewardArea
from db.session import reading
from db.words import Words, choose_locale, current_locale

KEY = "arrears"
ROW, HEAD, IN_SIGHT = 35, 34, 14
AGES: dict[str, Words] = {
    str(days): label for days, label in zip((30, 90, 365, 730, 1095), (each[1] for each in BANDS[1:]), strict=True)
}
_BAND_COLOURS = ("green", "blue", "orange", "orange", "red", "red")
_TURN = f"{KEY}.page"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def show(actor: Actor, *, ending: bool = False, beside: Callable[[Asked, Sums], None] | None = None) -> Debt | None:
    """Draw the list; returns the debt whose room was clicked. `ending` leaves what the three years end for soon."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        asked = _asked(actor, ending=ending)
        right = st.container(horizontal=True, width="content", gap="small")
    place = _place(asked)
    with reading(actor) as session:
        rows, sums = arrears.arrears(session, asked, page=place)
    with right:
        if beside is not None:
            beside(asked, sums)
        _export(actor, asked)
    if not sums.households:
        _nothing(asked)
        return None
    _sums(sums)
    chosen = _rows(rows)
    _turn(place, rows, sums)
    return chosen


# ── what is asked ────────────────────────────────────────────────────────────────────────────────────────────────────


def _asked(actor: Actor, *, ending: bool) -> Asked:
    typed = st.text_input(
        _("查找"), key=f"{KEY}.q", type="search", live="300ms", autocomplete="off", width=220,
        placeholder=_("房号、姓名、拼音、电话"), icon=":material/search:", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    fields = [fields_of(StewardArea)[name] for name in ("building_id", "user_id")]
    with reading(actor) as session:
        offered = options_of(session, fields, shell.estate_ids(actor))
    buildings, stewards = ({str(key): name for key, name in offered[each.name].items()} for each in fields)
    sorts = {key: str(label) for key, label in SORTS.items() if key != "amount"}
    building = one_of(f"{KEY}.building", _("全部楼栋"), buildings)
    step = one_of(f"{KEY}.step", _("全部进度"), {"none": _("未催缴")} | {each.value: str(each.label) for each in OPEN})
    sort = one_of(f"{KEY}.sort", _("金额从大到小"), sorts)
    with st.popover(_("筛选"), icon=":material/tune:", key=f"{KEY}.more"):
        left, right = st.columns(2)
        with left:
            least = _amount()
            reason = one_of(f"{KEY}.reason", _("不限原因"), {each.value: str(each.label) for each in Reason})
            lived_in = one_of(f"{KEY}.lived_in", _("入住或空置"), {"1": _("已入住、出租"), "0": _("空置、未售")})
        with right:
            days = one_of(f"{KEY}.days", _("不限账龄"), {key: _("满 {n} 天", n=key) for key in AGES})
            steward = one_of(f"{KEY}.steward", _("全部管家"), stewards)
            complaint = one_of(f"{KEY}.complaint", _("有无投诉争议"), {"1": _("有投诉或争议"), "0": _("没有投诉争议")})
    return Asked(
        shell.estate_ids(actor), typed, int(building) if building else None, int(steward) if steward else None, least,
        int(days or 0), reason, step, _flag(lived_in), _flag(complaint), ending,
        sort or ("limitation" if ending else "amount"),
    )  # fmt: skip


def _flag(chosen: str) -> bool | None:
    return chosen == "1" if chosen else None


def _amount() -> Decimal | None:
    text = st.text_input(_("金额不少于(元)"), key=f"{KEY}.least", bind="query-params", autocomplete="off").strip()
    try:
        amount = Decimal(text.replace(",", "")) if text else None
    except InvalidOperation:
        amount = Decimal("NaN")
    if amount is not None and not (amount.is_finite() and 0 <= amount < 10**12):
        st.caption(_("请填写金额，例如 1000。"))
        return None
    return amount


def _place(asked: Asked) -> int:
    """Say which page is looked at; another question begins at the first."""
    state, question = st.session_state, repr(asked)
    if state.get(f"{KEY}#question") != question:
        fresh = f"{KEY}#question" not in state
        state[f"{KEY}#question"] = question
        if not fresh and _TURN in st.query_params:
            del st.query_params[_TURN]
    told = st.query_params.get(_TURN, "1")
    return int(told) if told.isascii() and told.isdecimal() and 0 < len(told) < 6 and int(told) else 1


# ── what is found ────────────────────────────────────────────────────────────────────────────────────────────────────


def _nothing(asked: Asked) -> None:
    plainly = asked == Asked(asked.estate_ids, ending=asked.ending, sort=asked.sort)
    if not plainly:
        st.info(_("没有符合条件的欠费。请换一个说法，或去掉筛选。"), icon=":material/search_off:")
    elif asked.ending:
        st.success(_("没有快过诉讼时效的欠费。"), icon=":material/check_circle:")
    else:
        st.success(_("没有逾期欠费。"), icon=":material/check_circle:")


def _sums(sums: Sums) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for label, said in (
            (_("户数"), f"{sums.households:,}"), (_("本金(元)"), f"{sums.principal:,.2f}"),
            (_("违约金(元)"), f"{sums.late_fee:,.2f}"),
        ):  # fmt: skip
            st.markdown(f":gray[{plain(label)}] **{said}**", width="content")
        for (_days, band), amount, colour in zip(BANDS, sums.bands, _BAND_COLOURS, strict=True):
            if amount:
                st.badge(f"{band} {amount:,.2f}", color=colour)  # type: ignore[arg-type]


def _rows(rows: list[Row]) -> Debt | None:
    clicked = f"{KEY}.open"
    several = len({row.debt.payee_id for row in rows}) > 1
    told = [_cells(row) for row in rows]
    names = [each for each in told[0] if several or each != "payee"] if told else []
    frame = pd.DataFrame({name: [row[name] for row in told] for name in names}, dtype=object)
    st.dataframe(
        frame, hide_index=True, row_height=ROW, height=min(max(len(rows), 1), IN_SIGHT) * ROW + HEAD,
        column_config={name: look for name, look in _looks(clicked).items() if name in names}, placeholder="",
        key=f"{KEY}.rows.{rows[0].debt.key if rows else ''}", alt=_("欠费清单"),
    )  # fmt: skip
    click = st.session_state.get(clicked)
    return rows[click["row"]].debt if click and click["row"] < len(rows) else None


def _cells(row: Row) -> dict[str, Any]:
    band = next((n for n in range(len(BANDS) - 1, -1, -1) if row.bands[n]), None)
    marks = [text for text, on in ((_("投诉"), row.complaint), (_("争议"), row.disputed)) if on]
    late = row.promised_on is not None and row.promised_on < today()
    return {
        "unit": row.unit, "customer": row.customer or _("没有缴费人"), "payee": row.payee, "total": float(row.total),
        "months": row.months,
        "age": [str(BANDS[band][1])] if band is not None else [],
        "state": [str(row.state.label) if row.state else _("未催缴")],
        "reason": str(row.reason.label) if row.reason else "", "promised_on": row.promised_on,
        "marks": [*marks, *([_("答应未缴")] if late else [])],
        "contacted_on": row.contacted_on, "answer": str(row.answer.label) if row.answer else "",
        "principal": float(row.principal), "late_fee": float(row.late_fee), "oldest": row.oldest,
        "limitation": row.limitation_on, "steward": row.steward,
        **{f"band_{n}": float(amount) if amount else None for n, amount in enumerate(row.bands)},
    }  # fmt: skip


def _looks(clicked: str) -> dict[str, Any]:
    columns = st.column_config
    states = {_("未催缴"): "gray"} | {str(each.label): each.colour for each in OPEN}
    ages = {str(label): colour for (_days, label), colour in zip(BANDS, _BAND_COLOURS, strict=True)}
    marks = {_("投诉"): "orange", _("争议"): "orange", _("答应未缴"): "red"}

    def chips(label: str, known: Mapping[str, str], width: int) -> Any:
        return columns.MultiselectColumn(
            label, options=list(known), color=[COLOURS[each] for each in known.values()], width=width
        )

    def day(label: str) -> Any:
        return columns.DateColumn(label, format="YYYY-MM-DD", width=100)

    def sums(label: str) -> Any:
        return columns.NumberColumn(label, format="%,.2f", width=95)

    return {
        "unit": columns.ButtonColumn(
            _("房屋"), type="tertiary", alignment="left", pinned=True, key=clicked, help=_("点开看明细和催缴")
        ),
        "customer": columns.TextColumn(_("客户"), width=90), "payee": columns.TextColumn(_("收款单位"), width=120),
        "total": sums(_("欠费合计")), "months": columns.NumberColumn(_("月数"), width=55),
        "age": chips(_("账龄"), ages, 95), "state": chips(_("进度"), states, 115),
        "reason": columns.TextColumn(_("欠费原因"), width=95), "promised_on": day(_("答应缴费")),
        "marks": chips(_("留意"), marks, 90), "contacted_on": day(_("最近联系")),
        "answer": columns.TextColumn(_("联系结果"), width=95), "principal": sums(_("本金")),
        "late_fee": sums(_("违约金")), "oldest": day(_("最早应缴")),
        "limitation": day(_("时效届满")), "steward": columns.TextColumn(_("管家"), width=75),
        **{f"band_{n}": sums(str(label)) for n, (_days, label) in enumerate(BANDS)},
    }  # fmt: skip


def _turn(place: int, rows: list[Row], sums: Sums) -> None:
    more = len(rows) == PAGE
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_("共 {n} 户", n=f"{sums.households:,}"), width="stretch")
        if place == 1 and not more:
            return
        st.caption(_("第 {n} 页", n=place), width="content")
        back = st.button(_("上一页"), key=f"{KEY}.previous", icon=":material/chevron_left:", disabled=place == 1)
        on = st.button(_("下一页"), key=f"{KEY}.next", icon=":material/chevron_right:", disabled=not more)
        if back or on:
            st.query_params[_TURN] = str(place + (1 if on else -1))
            st.rerun()


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _export(actor: Actor, asked: Asked) -> None:
    if not actor.may(Right.EXPORT):
        return
    name = _("欠费清单-{at}.xlsx", at=f"{local(now()):%Y%m%d-%H%M}")
    st.download_button(
        _("导出"), data=_made(asked), file_name=name, mime=_XLSX, key=f"{KEY}.export", on_click="ignore",
        icon=":material/download:", help=_("查到的全部行；导出记入操作日志"),
    )  # fmt: skip


def _made(asked: Asked) -> Callable[[], bytes]:
    """Return what makes the file when it is asked for, by whoever then sits there."""
    number, locale = signin.current_session(), current_locale()

    def make() -> bytes:
        choose_locale(locale)
        standing = signing_in.by_session(number)
        if standing is None:
            raise Refused(_("请先登录。"))
        return arrears_sheets.workbook(standing.actor, asked)

    return make
