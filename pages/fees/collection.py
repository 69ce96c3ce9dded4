"""Collection 收缴统计: the collection table by building, by item and month, and what came in for what (F7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pandas as pd
import streamlit as st

from components import charts, papers, shell
from components.page_title import page_title
from components.plain import plain
from components.signin import current_actor
from components.words import _
from db.clock import today
from db.ledger.tables import FeeKind
from db.people import Actor
from db.reports import collection, fees, objectives
from db.reports.fees import Line, Wish
from db.reports.periods import Period, month_of, months_up_to
from db.reports.shares import Share
from db.session import reading
from db.words import _ as lazy

PARTS = {
    "buildings": lazy("收缴率表"), "items": lazy("按收费项目"), "months": lazy("按账期"), "received": lazy("收款构成"),
}  # fmt: skip
MONTHS = 24


def asked() -> tuple[str, date, FeeKind, date | None]:
    """Ask which part, which month, which kind of fee, as of which day; all of it stands in the address."""
    params = st.query_params
    part = params.get("part", "buildings")
    months = months_up_to(today(), MONTHS)[::-1]
    by_name = {f"{each:%Y-%m}": each for each in months}
    for key, known, usual in (
        ("part", PARTS, "buildings"), ("month", by_name, f"{months[0]:%Y-%m}"),
        ("kind", list(FeeKind), FeeKind.MANAGEMENT.value),
    ):  # fmt: skip
        told = params.get(key, usual)
        st.session_state[f"collection.{key}"] = told if told in known else usual
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        part = st.segmented_control(
            _("看什么"), list(PARTS), format_func=lambda key: str(PARTS[key]), key="collection.part", required=True,
            label_visibility="collapsed",
        )  # fmt: skip
        st.markdown("", width="stretch")
        month = st.selectbox(_("账期"), list(by_name), key="collection.month", width=130)
        kind = st.selectbox(
            _("费用类别"), list(FeeKind), format_func=lambda each: str(each.label), key="collection.kind", width=150
        )
        as_of = st.date_input(
            _("截至"), value=None, key="collection.as_of", format="YYYY-MM-DD", max_value=today(), width=150,
            help=_("不填为现在；填日期则只计到那一天的收款"),
        )  # fmt: skip
    params.from_dict({"part": str(part), "month": str(month), "kind": FeeKind(kind).value})
    return str(part), by_name[str(month)], FeeKind(kind), as_of if isinstance(as_of, date) else None


def rate(share: Share, target: int | None = None) -> float | None:
    found = share.rate(target)
    return None if found is None else float(found)


def yuan(amount: Decimal) -> float:
    return float(amount)


def amounts(*labels: tuple[str, str]) -> dict[str, object]:
    return {name: st.column_config.NumberColumn(label, format="%,.2f", width=118) for name, label in labels}


def percent(label: str) -> object:
    return st.column_config.NumberColumn(label, format="%.1f%%", width=76)


def by_building(actor: Actor, month: date, kind: FeeKind, as_of: date | None) -> None:
    with reading(actor) as session:
        rows = collection.table(session, month, shell.estate_ids(actor), kinds=(kind,), as_of=as_of)
        target = objectives.targets_of(session, sorted(shell.estate_ids(actor)))[objectives.COLLECTION_TARGET.key]
    if not rows:
        nothing()
        return
    *each, whole = rows
    tiles(whole, month)
    with st.container(border=True):
        st.markdown(f"**{_('各楼栋本年累计收缴率')}**　:gray[{_('目标 ≥ {target}%', target=target)}]")
        charts.rates_by_building([(row.name, row.year.share) for row in each], target)
    named = [*each, whole]
    frame = pd.DataFrame({
        "name": [*(row.name for row in each), _("合计")],
        "units": [row.units for row in named],
        "receivable": [yuan(row.month.receivable) for row in named],
        "received": [yuan(row.month.received) for row in named],
        "rate": [rate(row.month.share) for row in named],
        "year_receivable": [yuan(row.year.receivable) for row in named],
        "year_received": [yuan(row.year.received) for row in named],
        "year_rate": [rate(row.year.share, target) for row in named],
        "last_year": [rate(row.last_year) for row in named],
        "rank": [row.rank or None for row in named],
        "old": [yuan(row.old.at_start) for row in named],
        "recovered": [yuan(row.old.recovered) for row in named],
        "old_rate": [rate(row.old.share) for row in named],
    })  # fmt: skip
    config = st.column_config
    looks = {
        "name": config.TextColumn(_("楼栋"), width=110, pinned=True), "units": config.NumberColumn(_("户数"), width=60),
        **amounts(
            ("receivable", _("本月应收")), ("received", _("本月实收")), ("year_receivable", _("累计应收")),
            ("year_received", _("累计实收")), ("old", _("年初旧欠")), ("recovered", _("已清旧欠")),
        ),
        "rate": percent(_("本月率")), "year_rate": percent(_("累计率")), "last_year": percent(_("去年同期")),
        "rank": config.NumberColumn(_("名次"), width=60), "old_rate": percent(_("清欠率")),
    }  # fmt: skip
    table(frame, looks, _("收缴率表"))
    papers.link(_("打印收缴率表"), "collection", f"{month:%Y-%m}", kind=kind.value, as_of=as_of)


def tiles(whole: collection.Row, month: date) -> None:
    with st.container(horizontal=True):
        for label, line in ((_("{month} 账期", month=f"{month:%Y-%m}"), whole.month), (_("本年累计"), whole.year)):
            found = line.share.rate()
            st.metric(
                label, _("本期无") if found is None else f"{found}%",
                f"{line.received:,.2f} / {line.receivable:,.2f}", delta_color="off", delta_arrow="off", border=True,
                help=_("实收 ÷ 应收（减免不计，作废不计）"),
            )  # fmt: skip
        recovered = whole.old.share.rate()
        st.metric(
            _("清欠率"), _("本期无") if recovered is None else f"{recovered}%",
            f"{whole.old.recovered:,.2f} / {whole.old.at_start:,.2f}", delta_color="off", delta_arrow="off",
            border=True, help=_("本年收回的往年欠费 ÷ 年初往年欠费"),
        )  # fmt: skip
        st.metric(
            _("累计未收（元）"), f"{whole.year.outstanding:,.2f}", _("本月账单 {n} 户", n=f"{whole.units:,}"),
            delta_color="off", delta_arrow="off", border=True,
        )  # fmt: skip


def lines(named: Sequence[tuple[str, Line]], units: dict[object, Share], first: str, name: str) -> None:
    if not named:
        nothing()
        return
    total = Line(None, sum(line.bills for _n, line in named), sum((line.receivable for _n, line in named), Decimal(0)),
                 sum((line.received for _n, line in named), Decimal(0)))  # fmt: skip
    rows = [*named, (_("合计"), total)]
    frame = pd.DataFrame({
        "name": [label for label, _line in rows],
        "bills": [line.bills for _label, line in rows],
        "receivable": [yuan(line.receivable) for _label, line in rows],
        "received": [yuan(line.received) for _label, line in rows],
        "outstanding": [yuan(line.outstanding) for _label, line in rows],
        "rate": [rate(line.share) for _label, line in rows],
        "units": [rate(units[line.key]) if line.key in units else None for _label, line in rows],
    })  # fmt: skip
    config = st.column_config
    looks = {
        "name": config.TextColumn(first, width=160), "bills": config.NumberColumn(_("账单数"), format="%,d"),
        **amounts(("receivable", _("应收")), ("received", _("实收")), ("outstanding", _("未收"))),
        "rate": percent(_("收缴率")), "units": percent(_("户收费率")),
    }  # fmt: skip
    table(frame, looks, name)


def by_item(actor: Actor, month: date, as_of: date | None) -> None:
    wish = Wish(Period(date(month.year, 1, 1), month_of(month).last), shell.estate_ids(actor))
    with reading(actor) as session:
        names = fees.item_names(session, shell.estate_ids(actor))
        found = fees.billed(session, wish, "item", as_of)
        units = fees.by_units(session, wish, "item")
    st.caption(_("{year}年1–{month}月账期；管理费以外的费用不进管理费收缴率。", year=month.year, month=month.month))
    lines([(names[each.key], each) for each in found], units, _("收费项目"), _("按收费项目"))


def by_month(actor: Actor, month: date, kind: FeeKind, as_of: date | None) -> None:
    span = months_up_to(month, 13)
    wish = Wish(Period(span[0], month_of(month).last), shell.estate_ids(actor), (kind,))
    with reading(actor) as session:
        found = fees.billed(session, wish, "month", as_of)
        units = fees.by_units(session, wish, "month")
    lines([(f"{each.key:%Y-%m}", each) for each in found], units, _("账期"), _("按账期"))


def came_in(actor: Actor, month: date) -> None:
    """What came in in the month, by what it was for."""
    with reading(actor) as session:
        found = fees.received(session, Wish(month_of(month), shell.estate_ids(actor)))
    st.caption(_("{month} 收到的钱（按收款日期，已减去作废、红冲和退款）", month=f"{month:%Y-%m}"))
    with st.container(horizontal=True):
        for label, amount in (
            (_("本期账单"), found.current), (_("收回旧欠"), found.arrears), (_("预收"), found.ahead),
            (_("违约金"), found.late_fees), (_("押金净额"), found.deposits), (_("合计"), found.total),
        ):  # fmt: skip
            st.metric(label, f"{amount:,.2f}", border=True)


def table(frame: pd.DataFrame, looks: dict[str, object], name: str) -> None:
    st.dataframe(frame, column_config=looks, hide_index=True, height="content", alt=name, placeholder="")  # type: ignore[arg-type]


def nothing() -> None:
    st.info(plain(_("这一期还没有账单。出账后这里就有数字。")), icon=":material/info:")


actor = current_actor()
page_title(_("收缴统计"))
part, month, kind, as_of = asked()
if part == "buildings":
    by_building(actor, month, kind, as_of)
elif part == "items":
    by_item(actor, month, as_of)
elif part == "months":
    by_month(actor, month, kind, as_of)
else:
    came_in(actor, month)
