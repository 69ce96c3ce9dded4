"""What the payer owes: who he is, his units, his debts by age, each bill with its tick and its calculation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from components import shell
from components.cashier import finding
from components.plain import plain
from components.registry_table import HEAD, ROW_HEIGHT
from components.table import COLOURS
from components.words import _
from db.ledger.payers import Band, Line, Payer, Sheet
from db.people import Actor

ROWS_IN_SIGHT = 10


def yuan(amount: Decimal) -> str:
    """Write an amount as on paper: 1,680.32."""
    return f"{amount:,.2f}"


def units_chosen(payer: Payer) -> list[int]:
    """Say for which of his units he pays; found by his own name, for all he owes on, else for the unit found."""
    stored: list[int] | None = st.session_state.get(finding.key("units"))
    if stored is not None:
        return [each.id for each in payer.units if each.id in stored] or [payer.unit_id]
    _unit, customer_id = finding.chosen()
    if customer_id is None:
        return [payer.unit_id]
    return [each.id for each in payer.units if each.id == payer.unit_id or each.owed > 0]


def head(payer: Payer, sheet: Sheet, actor: Actor) -> None:
    """Draw who pays: unit, people, what he has with the office."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(plain(payer.unit), anchor=False, width="content")
        for each in payer.people[:3]:
            st.markdown(f"**{plain(each.name)}** :gray[{each.relation.label}]", width="content")
        if len(payer.people) > 3:
            st.caption(_("等 {n} 人", n=len(payer.people)), width="content")
        if not payer.people:
            st.caption(_("没有登记的客户"), width="content")
        st.space("stretch")
        if actor.sees_all:
            st.page_link(
                shell.path_of("customers"), label=_("客户卡"), icon=":material/contact_page:",
                query_params={"unit": str(payer.unit_id)},
            )  # fmt: skip
    said = [
        _("已交至 {month}", month=f"{sheet.paid_until:%Y-%m}") if sheet.paid_until else _("还没有缴清过物业费"),
        _("预存 {amount} 元", amount=yuan(sheet.balance)) if sheet.balance else "",
        *(
            _("{kind} {amount} 元", kind=each.kind.label, amount=yuan(each.held))
            for each in sheet.deposits
        ),
    ]  # fmt: skip
    st.caption(plain(" · ".join(filter(None, said))))


def choose_units(payer: Payer) -> None:
    """Offer the payer's other units, each with what is owed on it."""
    if len(payer.units) < 2:
        return
    owed = {
        each.id: " ".join(filter(None, (
            each.short, yuan(each.owed) if each.owed else "", "" if each.is_held else _("已迁出"),
        )))
        for each in payer.units
    }  # fmt: skip
    key = finding.key("units")
    if key not in st.session_state:
        st.session_state[key] = units_chosen(payer)
    st.pills(
        _("一起缴费的房屋"), list(owed), format_func=lambda each: plain(owed[each]), selection_mode="multi", key=key,
        label_visibility="collapsed",
    )  # fmt: skip


def bands(sheet: Sheet) -> None:
    """Draw the debts by age: one line for each payee that is owed to."""
    owing = [key for key in sheet.payees if any(each.payee_id == key and each.bill_id for each in sheet.lines)]
    if not owing:
        return
    late = sum((each.late_fee for each in sheet.lines), Decimal(0))
    lines = []
    for payee_id in owing:
        found = sheet.bands(payee_id)
        parts = [
            f":{_text_colour(band)}[{band.label} **{yuan(amount)}**]" for band, amount in found.items() if amount
        ]
        name = f"{plain(sheet.payees[payee_id])} " if len(owing) > 1 else ""
        line = _("{name}欠 **{total}** 元：", name=name, total=yuan(sum(found.values(), Decimal(0))))
        line += (" " if len(owing) > 1 else "　").join(parts)
        lines.append(f":small[{line}]" if len(owing) > 1 else line)
    st.markdown("  \n".join(lines))
    if late:
        st.caption(
            _("违约金(滞纳金)算到 {day} 共 {amount} 元", day=sheet.on.isoformat(), amount=yuan(late))
        )


def _text_colour(band: Band) -> str:
    return band.colour if band.colour in {"red", "orange", "blue", "gray"} else "gray"


# ── the bills ────────────────────────────────────────────────────────────────────────────────────────────────────────


def by_default(sheet: Sheet, until: date | None) -> list[int]:
    """Say which rows are ticked before anybody ticks: all due, or all up to the month asked for.

    What a former owner owes is his, and is left out.
    """
    last = until or sheet.on.replace(day=1)
    return [
        place
        for place, line in enumerate(sheet.lines)
        if line.bill_id is None or (not line.owner and (line.month <= last or line.late_fee > 0))
    ]


def table_key(sheet: Sheet, until: date | None) -> str:
    """Name the table by what stands in it: other bills, or another month asked for, are ticked anew."""
    told = repr([*(each.key for each in sheet.lines), until, sheet.on])
    return finding.key(f"bills.{hashlib.sha256(told.encode()).hexdigest()[:12]}")


def ticked(sheet: Sheet, until: date | None) -> list[Line]:
    """Return the bills that are ticked now."""
    stored: Any = st.session_state.get(table_key(sheet, until))
    rows = by_default(sheet, until) if stored is None else stored["selection"]["rows"]
    return [sheet.lines[place] for place in sorted(rows) if place < len(sheet.lines)]


def tally(lines: Sequence[Line], all_of_them: int) -> None:
    """Say how much is ticked."""
    if not all_of_them:
        return
    principal = sum((each.unpaid for each in lines), Decimal(0))
    late, covered = (sum((getattr(each, name) for each in lines), Decimal(0)) for name in ("late_fee", "covered"))
    said = [
        _("已选 {n} / {all} 笔", n=len(lines), all=all_of_them), _("本金 {amount}", amount=yuan(principal)),
        _("违约金 {amount}", amount=yuan(late)) if late else "",
        _("预存抵扣 {amount}", amount=yuan(-covered)) if covered else "",
    ]  # fmt: skip
    st.caption(" · ".join(filter(None, said)))


def bills(sheet: Sheet, until: date | None, *, takes: bool) -> None:
    """Draw the bills with their ticks; `takes` says that money can be taken here."""
    if not sheet.lines:
        words = _("没有欠费。可以在“交至”里填月份预交，或直接填金额预存。") if takes else _("没有欠费。")
        st.info(words, icon=":material/check_circle:")
        return
    columns = _columns(sheet)
    st.dataframe(
        pd.DataFrame([{name: columns[name](line) for name in columns} for line in sheet.lines]),
        column_config=_looks(sheet),
        hide_index=True,
        height=min(len(sheet.lines), ROWS_IN_SIGHT) * ROW_HEIGHT + HEAD,
        row_height=ROW_HEIGHT,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": by_default(sheet, until)}},
        key=table_key(sheet, until),
        placeholder="",
        alt=_("应缴账单"),
    )


def _columns(sheet: Sheet) -> dict[str, Any]:
    several_units = len({line.unit_id for line in sheet.lines}) > 1
    several_payees = len({line.payee_id for line in sheet.lines}) > 1
    columns: dict[str, Any] = {}
    if several_units:
        columns["unit"] = lambda line: line.unit
    columns |= {
        "item": lambda line: line.item,
        "month": lambda line: f"{line.month:%Y-%m}",
        "unpaid": lambda line: float(line.unpaid - line.covered),
    }
    if any(line.late_fee for line in sheet.lines):
        columns["late_fee"] = lambda line: float(line.late_fee) if line.late_fee else None
    columns |= {"band": lambda line: [_standing(line)], "calculation": lambda line: line.calculation}
    if any(line.covered or line.owner for line in sheet.lines):
        columns["remark"] = _remark
    if several_payees:
        columns["payee"] = lambda line: sheet.payees.get(line.payee_id, "")
    columns["due_on"] = lambda line: line.due_on
    return columns


def _standing(line: Line) -> str:
    if line.is_ahead:
        return _("预收")
    return _("本次") if line.bill_id is None else str(line.band.label)


def _remark(line: Line) -> str:
    said = [
        _("原客户 {name}", name=line.owner) if line.owner else "",
        _("预存抵 {amount}", amount=yuan(line.covered)) if line.covered else "",
    ]
    return " ".join(filter(None, said))


def _looks(sheet: Sheet) -> dict[str, Any]:
    colours = {str(band.label): COLOURS[band.colour] for band in Band} | {
        _("预收"): COLOURS["green"], _("本次"): COLOURS["violet"],
    }  # fmt: skip
    shown = list(dict.fromkeys(_standing(line) for line in sheet.lines))
    return {
        "unit": st.column_config.TextColumn(_("房屋"), width=80),
        "item": st.column_config.TextColumn(_("项目"), width=100),
        "month": st.column_config.TextColumn(_("账期"), width=66),
        "unpaid": st.column_config.NumberColumn(_("应缴"), format="%,.2f", width=84),
        "late_fee": st.column_config.NumberColumn(_("违约金"), format="%,.2f", width=70),
        "band": st.column_config.MultiselectColumn(
            _("账龄"), options=shown, color=[colours[each] for each in shown], width=84
        ),
        "calculation": st.column_config.TextColumn(_("计算"), width=250),
        "remark": st.column_config.TextColumn(_("说明"), width=110),
        "payee": st.column_config.TextColumn(_("收款单位"), width=150),
        "due_on": st.column_config.DateColumn(_("最迟缴纳日"), format="YYYY-MM-DD", width=92),
    }  # fmt: skip


def last_payments(sheet: Sheet) -> None:
    """Draw what he paid lately."""
    if not sheet.last:
        return
    lines = []
    for each in sheet.last:
        how = " ".join(str(method.label) for method in each.methods)
        kind = f" :{each.kind.colour}[{each.kind.label}]" if each.kind != "payment" else ""
        lines.append(
            f":gray[{each.paid_on.isoformat()}] **{yuan(each.amount)}** :gray[{plain(how)} {plain(each.receipt)}]{kind}"
        )
    with st.expander(_("最近收款（{n}）", n=len(lines)), icon=":material/history:"):
        st.markdown("  \n".join(lines))


def of_items(lines: Sequence[Line]) -> dict[int, list[int]]:
    """Group months ahead: unit → fee items."""
    found: dict[int, list[int]] = {}
    for line in lines:
        if line.is_ahead and line.item_id not in found.setdefault(line.unit_id, []):
            found[line.unit_id].append(line.item_id)
    return found
