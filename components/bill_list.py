"""The list of bills 账单: asked by month, building, item, unit and standing; what all of them come to; taken away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from components import export, registry_table, shell
from components.picker import unit_picker
from components.registry_table import HEAD, ROW_HEIGHT
from components.table import COLOURS
from components.words import _
from db.clock import local, now, today
from db.fields import fields_of
from db.ledger.bill_books import bills_book
from db.ledger.bill_lists import Line, Page, Sought, Standing, Sums, Wanted, listed
from db.ledger.billing import fee_items
from db.ledger.tables import FeeKind
from db.options import options_of
from db.people import Actor, Right
from db.registry import Unit
from db.session import reading

BILL, RUN, UNIT = "bill", "run", "unit"
"""In the address: the open bill; the run, and the unit, whose bills alone are listed."""
FROM, TO, KIND = "from", "to", "kind"
"""In the address, from a figure: the months and the kind of fee that it counts."""
CONDITIONS = frozenset({RUN, FROM, TO, KIND})
"""What leads from elsewhere to the list."""
_MONTHS = 26
_HEIGHT = 13
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def show(actor: Actor) -> None:
    """Draw the filters, the sums, one page of bills and the ways on; a bill that is clicked opens."""
    wanted, state = _asked(actor), st.session_state
    if state.get("bills#question") != repr(wanted):
        state["bills#question"], state["bills#turn"] = repr(wanted), {}
    with reading(actor) as session:
        page = listed(session, wanted, **state["bills#turn"])
    if not page.rows:
        _nothing(actor, wanted)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _sums(page.sums)
        if actor.may(Right.EXPORT):
            st.download_button(
                _("导出 Excel"), data=export.when_asked(lambda who: bills_book(who, wanted)), mime=_EXCEL,
                file_name=f"{_('账单')}-{local(now()):%Y%m%d-%H%M}.xlsx", key="bills.export", on_click="ignore",
                icon=":material/download:",
            )  # fmt: skip
    clicked = _rows(page)
    _turn(page)
    if clicked is not None:
        open_bill(clicked)


def open_bill(bill_id: int | None) -> None:
    """Leave for a bill, or back to the list."""
    if bill_id is not None:
        st.query_params[BILL] = str(bill_id)
    elif BILL in st.query_params:
        del st.query_params[BILL]
    st.rerun()


def number_in(name: str) -> int | None:
    """Read a number from the address."""
    told = st.query_params.get(name, "")
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 10 else None


# ── what is asked for ────────────────────────────────────────────────────────────────────────────────────────────────


def _asked(actor: Actor) -> Wanted:
    estates = shell.estate_ids(actor)
    with reading(actor) as session:
        buildings = options_of(session, [fields_of(Unit)["building_id"]], estates)["building_id"]
        items = {str(each.id): each.name for each in fee_items(session, estates)}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        unit_id = _unit()
        months = {f"{each:%Y-%m}": each for each in _months()}
        month = registry_table.one_of("bills.month", _("全部账期"), {name: name for name in months})
        names = {str(key): name for key, name in buildings.items()}
        building = registry_table.one_of("bills.building", _("全部楼栋"), names)
        item = registry_table.one_of("bills.item", _("全部收费项目"), items)
        sought = registry_table.one_of("bills.sought", _("全部状态"), _labels())
        if (run_id := number_in(RUN)) is not None:
            _condition(_("第 {n} 次出账", n=run_id), "run", RUN)
        span, kind = _figure()
    return Wanted(
        estates, months.get(month), int(building) if building else None, int(item) if item else None, unit_id,
        Sought(sought) if sought else None, run_id, span, kind,
    )  # fmt: skip


def _figure() -> tuple[tuple[date, date] | None, FeeKind | None]:
    """Read which bills a figure elsewhere is over, whose number led here; a press lets a condition go."""
    params = st.query_params
    first, last = (_month_in(params.get(name, "")) for name in (FROM, TO))
    kind = next((each for each in FeeKind if each.value == params.get(KIND)), None)
    span = (first, last) if first is not None and last is not None else None
    if span is not None:
        _condition(_("{first} 至 {last}", first=f"{first:%Y-%m}", last=f"{last:%Y-%m}"), "span", FROM, TO)
    if kind is not None:
        _condition(str(kind.label), "kind", KIND)
    return span, kind


def _condition(what: str, key: str, *names: str) -> None:
    """Say a condition of the address; a press takes it out."""
    words = _("只看 {what}", what=what)
    if st.button(words, key=f"bills.{key}", icon=":material/close:", help=_("取消这个条件")):
        for name in names:
            st.query_params.pop(name, None)
        st.rerun()


def _month_in(told: str) -> date | None:
    """Read a month of the address, `2026-11`."""
    try:
        return date.fromisoformat(f"{told}-01")
    except ValueError:
        return None


def _unit() -> int | None:
    """Ask for a unit; the one chosen stands in the address."""
    if "bills.unit_id" not in st.session_state and (told := number_in(UNIT)) is not None:
        st.session_state["bills.unit_id"] = told
    with st.container(width=290):
        unit_id = unit_picker("bills.unit_id")
    if unit_id is not None:
        st.query_params[UNIT] = str(unit_id)
    elif UNIT in st.query_params:
        del st.query_params[UNIT]
    return unit_id


def _labels() -> Mapping[str, str]:
    return {each.value: str(each.label) for each in Sought}


def _months() -> list[date]:
    """List the months offered: a year ahead, the rest back."""
    here = today()
    first = here.year * 12 + here.month - 1 + 12
    return [date(n // 12, n % 12 + 1, 1) for n in range(first, first - _MONTHS, -1)]


# ── what was found ───────────────────────────────────────────────────────────────────────────────────────────────────


def _nothing(actor: Actor, wanted: Wanted) -> None:
    if wanted == Wanted(wanted.estate_ids):
        words = _("还没有账单。先维护收费标准，再到“出账”试算、发布。")
        if not actor.may(Right.BILL):
            words = _("还没有账单。收费员或财务出账后在这里查看。")
        st.info(words, icon=":material/inbox:")
    else:
        st.info(_("没有符合条件的账单。请放宽条件；作废的账单要在状态里选“已作废”。"), icon=":material/search_off:")


def _sums(sums: Sums) -> None:
    """Say what all bills found come to, not only those in sight."""
    said = [
        _("共 **{n}** 张", n=f"{sums.bills:,}"),
        _("应收 **{sum}** 元", sum=f"{sums.receivable:,.2f}"),
        _("实收 **{sum}** 元", sum=f"{sums.paid:,.2f}"),
        _("未收 **{sum}** 元", sum=f"{sums.unpaid:,.2f}"),
    ]
    if sums.waived:
        said[1] += _("（已减免 {sum} 元）", sum=f"{sums.waived:,.2f}")
    st.markdown("　".join(said), width="stretch")


def _rows(page: Page) -> int | None:
    """Draw one page; returns the bill that was clicked."""
    config = st.column_config
    standings = {str(each.label): COLOURS[each.colour] for each in Standing}
    labels = {"amount": _("应收(元)"), "paid": _("实收(元)"), "unpaid": _("未收(元)"), "late": _("违约金")}
    money = {name: config.NumberColumn(label, format="%,.2f", width=84) for name, label in labels.items()}
    looks: dict[str, Any] = {
        "unit": config.ButtonColumn(
            _("房屋"), type="tertiary", alignment="left", pinned=True, key="bills.open", width=92,
            help=_("点开查看计算、收款和作废"),
        ),
        "customer": config.Column(_("应缴客户"), width=116), "item": config.Column(_("收费项目"), width=92),
        "month": config.Column(_("账期"), width=66), **money,
        "due": config.DateColumn(_("最迟缴纳日"), format="YYYY-MM-DD", width=88),
        "standing": config.MultiselectColumn(
            _("状态"), options=[*standings, _("逾期")], color=[*standings.values(), COLOURS["red"]], width=104
        ),
        "calculation": config.Column(_("计算"), width=330),
    }  # fmt: skip
    st.dataframe(
        pd.DataFrame([_row(each) for each in page.rows], dtype=object), hide_index=True, column_config=looks,
        row_height=ROW_HEIGHT, height=min(len(page.rows), _HEIGHT) * ROW_HEIGHT + HEAD, placeholder="",
        alt=_("账单清单"), key=f"bills.rows.{page.rows[0].id}",
    )  # fmt: skip
    click = st.session_state.get("bills.open")
    return page.rows[click["row"]].id if click and click["row"] < len(page.rows) else None


def _row(line: Line) -> dict[str, object]:
    return {
        "unit": line.unit, "customer": line.customer, "item": line.item, "month": f"{line.month:%Y-%m}",
        "amount": float(line.amount), "paid": float(line.paid), "unpaid": float(line.unpaid),
        "late": float(line.late_fee) or None, "due": line.due_on,
        "standing": [str(line.standing.label), *([_("逾期")] if line.is_overdue else [])],
        "calculation": line.calculation,
    }  # fmt: skip


def _turn(page: Page) -> None:
    turn = st.session_state["bills#turn"]
    if not turn and page.next is None:
        return
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        back = st.button(
            _("上一页"), key="bills.previous", icon=":material/chevron_left:", disabled=page.previous is None
        )
        on = st.button(_("下一页"), key="bills.next", icon=":material/chevron_right:", disabled=page.next is None)
        if back or on:
            st.session_state["bills#turn"] = {"before": page.previous} if back else {"after": page.next}
            st.rerun()


__all__ = ["BILL", "CONDITIONS", "RUN", "UNIT", "number_in", "open_bill", "show"]
