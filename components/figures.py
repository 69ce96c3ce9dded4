"""The office's figures as tiles: the objectives with what is behind them, what presses, what today brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import pandas as pd
import streamlit as st

from components import filters
from components.words import _
from db.lists import EVERYTHING, Wanted
from db.reports.objectives import Objective
from db.reports.shares import Share

FEWEST_POINTS = 2
"""One month alone draws no line."""


Buildings = Sequence[tuple[str, Share]]
"""The share of each building, in the order of lists."""


@dataclass(frozen=True)
class Tile:
    """One number that leads to the rows behind it."""

    label: str
    n: int
    path: str
    params: filters.Params
    alarm: bool = False
    """Red when it is not nothing."""


def tiles(each: Sequence[Tile]) -> None:
    """Draw numbers side by side, as many in a row as fit, each with the way to its rows."""
    with st.container(horizontal=True, gap="small"):
        for tile in each:
            with st.container(border=True, gap=None, height="stretch"):
                _tile(tile)


def _tile(tile: Tile) -> None:
    colour = "red" if tile.alarm and tile.n else "primary" if tile.n else "gray"
    st.caption(tile.label)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap=None):
        st.title(f":{colour}[{tile.n:,}]", anchor=False, width="content")
        if tile.n:
            st.page_link(
                tile.path, label=_("查看"), icon=":material/chevron_right:", icon_position="right",
                query_params=tile.params,
            )  # fmt: skip


def objective(each: Objective, monthly: Sequence[Share] = ()) -> bool:
    """Draw one objective: rate, target, its line month by month; and of how many how many, each with its rows.

    Returns whether it was asked for by building.
    """
    definition = each.definition
    with st.container(border=True, gap="xsmall", height="stretch"):
        words, colour = _verdict(each)
        st.metric(
            str(definition.label), _value(each), words, delta_color=colour, delta_arrow="off",
            delta_description=_("目标 ≥ {target}%", target=each.target), help=str(definition.formula),
            chart_data=_line(monthly), chart_type="bar",
        )  # fmt: skip
        behind = _behind_money if definition.fee is not None else _behind
        asked = each.share is not None and each.share.denominator > 0 and behind(each)
        if notes := _footnotes(each):
            st.caption(" · ".join(notes))
    return asked


def _value(each: Objective) -> str:
    if each.share is None:
        return "—"
    return _("本期无") if each.rate is None else f"{each.rate}%"


Colour = Literal["green", "red", "gray"]


def _verdict(each: Objective) -> tuple[str, Colour]:
    """Say whether the target is met; too few matters are no reason for a colour."""
    if each.definition.waits_for is not None:
        return _("等待{what}", what=each.definition.waits_for), "gray"
    if each.is_met is None:
        return _("无数据"), "gray"
    if not each.is_telling:
        return _("达标（件数少）") if each.is_met else _("未达标（件数少）"), "gray"
    return (_("达标"), "green") if each.is_met else (_("未达标"), "red")


def _line(monthly: Sequence[Share]) -> list[float] | None:
    rates = [float(rate) for each in monthly if (rate := each.rate()) is not None]
    return rates if len(rates) >= FEWEST_POINTS else None


def _footnotes(each: Objective) -> list[str]:
    notes = []
    if each.definition.fee is not None:
        notes.append(_("{year}年1–{month}月累计", year=each.period.last.year, month=each.period.last.month))
    if each.definition.footnote is not None and each.unrated:
        notes.append(_("未评价 {n} 件，计入总数", n=each.unrated))
    if each.void:
        notes.append(_("作废撤销 {n} 件，不计入", n=each.void))
    return notes


def _behind(each: Objective) -> bool:
    """Link numerator and denominator to their rows; returns whether the buildings were asked for."""
    definition, share = each.definition, each.share or Share(0, 0)
    everything = Wanted(
        standing=EVERYTHING, counting=True, handled_from=each.period.first, handled_to=each.period.last,
        choices=definition.rows,
    )  # fmt: skip
    path, whole = filters.link(definition.process, everything)
    part = {name: list(values) for name, values in definition.rows_of_numerator.items()}
    with st.container(horizontal=True, vertical_alignment="center", gap=None):
        for label, params, help_ in (
            (f":primary[**{share.numerator:,}**]", whole | part, _("看分子的各单")),
            (f"/ :primary[**{share.denominator:,}**]", whole, _("看分母的各单")),
        ):
            st.page_link(path, label=label, query_params=params, help=help_)
        st.markdown("", width="stretch")
        return st.button(
            _("按楼栋"), key=f"home.objective.{definition.key}", type="tertiary", icon=":material/apartment:",
        )  # fmt: skip


def _behind_money(each: Objective) -> bool:
    """Say received of receivable in yuan, with the way to the bills; returns whether the buildings were asked for."""
    share = each.share or Share(0, 0)
    months: filters.Params = {
        "from": [f"{each.period.first:%Y-%m}"], "to": [f"{each.period.last:%Y-%m}"],
        "kind": [each.definition.fee or ""],
    }  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", gap=None):
        st.page_link(
            "pages/fees/bills.py", label=f":primary[**{in_yuan(share.numerator)}**] / {in_yuan(share.denominator)}",
            query_params=months, help=_("实收 / 应收（元），看各笔账单"),
        )  # fmt: skip
        st.markdown("", width="stretch")
        return st.button(
            _("按楼栋"), key=f"home.objective.{each.definition.key}", type="tertiary", icon=":material/apartment:",
        )  # fmt: skip


def in_yuan(fen: int) -> str:
    """Say an amount as a tile has room for: 1,234.5万 from ten thousand yuan on, else to the cent."""
    yuan = Decimal(fen).scaleb(-2)
    return _("{n}万", n=f"{yuan / 10_000:,.1f}") if abs(yuan) >= 10_000 else f"{yuan:,.2f}"


def by_building(each: Objective, parts: Buildings, last_year: Buildings) -> None:
    """Draw an objective's share building by building, beside the same days a year before; they add up to the whole."""
    before = dict(last_year)
    names = list(dict.fromkeys([*(name for name, _share in parts), *before]))
    now = dict(parts)
    none = Share(0, 0)
    rows = [(name, now.get(name, none), before.get(name, none)) for name in names]
    rows.append((_("合计"), _sum(parts), _sum(last_year)))
    frame = pd.DataFrame({
        "building": [name for name, *_shares in rows],
        "now": [_in_words(share, each) for _name, share, _before in rows],
        "rate": [float(rate) if (rate := share.rate(each.target)) is not None else None for _n, share, _b in rows],
        "before": [_in_words(share, each) for _name, _now, share in rows],
    })  # fmt: skip
    config = st.column_config
    st.caption(_("{formula}　目标 ≥ {target}%", formula=each.definition.formula, target=each.target))
    st.dataframe(
        frame, hide_index=True, height="content", placeholder="", alt=str(each.definition.label),
        column_config={
            "building": config.TextColumn(_("楼栋"), width=130),
            "now": config.TextColumn(str(each.period.label), width=130),
            "rate": config.ProgressColumn(_("比率"), min_value=0, max_value=100, format="%.1f%%", width=150),
            "before": config.TextColumn(_("去年同期"), width=130),
        },
    )  # fmt: skip


def _sum(parts: Buildings) -> Share:
    return Share(sum(share.numerator for _n, share in parts), sum(share.denominator for _n, share in parts))


def _in_words(share: Share, each: Objective) -> str:
    rate = share.rate(each.target)
    if rate is None:
        return ""
    said = in_yuan if each.definition.fee is not None else "{:,}".format
    return _("{n}/{d}（{rate}%）", n=said(share.numerator), d=said(share.denominator), rate=rate)
