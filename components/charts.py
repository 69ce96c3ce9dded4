"""The office's charts: each drawn once as a specification and kept; only the few numbers it shows are sent anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from components.words import _
from db.reports.flow import AGES
from db.reports.shares import Share
from db.words import current_locale

HEIGHT = 240
"""Pixels."""
_CELL, _LABELS = 22, 56  # pixels: a row of the heat map, and the room for the names below it
_BAR = 26  # pixels: a head of the budget
OVER = Decimal("1.02")
"""Of the budget: what is more is told in red; a hundredth more or less is chance."""
_AGE_COLOURS = ["#93c5fd", "#3b82f6", "#f59e0b", "#e11d48"]
_GREY, _INK = "#64748b", "#1f2937"


def opened_and_closed(days: Sequence[tuple[date, int, int]]) -> None:
    """Draw what came and what was closed, day by day: (day, opened, closed)."""
    if not any(opened or closed for _day, opened, closed in days):
        _nothing()
        return
    # Words instead of dates: Vega would name months in English.
    kinds = (_("新增"), _("办结"))
    rows = [
        {"day": f"{day:%m-%d}", "n": n, "kind": kind}
        for day, *both in days
        for kind, n in zip(kinds, both, strict=True)
    ]
    _draw(pd.DataFrame(rows), _daily(current_locale()), _("每日新增与办结"))


def open_by_age(counts: Mapping[str, Sequence[int]], titles: Mapping[str, str]) -> None:
    """Draw how many matters of each process are open, by age: process → one number for each of `AGES`."""
    rows = [
        {"process": titles[key], "age": str(label), "n": n, "order": place, "all": sum(ages)}
        for key, ages in counts.items()
        for place, ((_days, label), n) in enumerate(zip(AGES, ages, strict=True))
        if n
    ]
    if not rows:
        _nothing(_("没有未办结的事项。"))
        return
    _draw(pd.DataFrame(rows), _ages(current_locale()), _("未办结事项"))


def topics(rows: Sequence[tuple[str, str, int]]) -> None:
    """Draw what complaints are about, by building: (category, building, how many), buildings in the order of lists."""
    if not rows:
        _nothing(_("这段时间没有投诉。"))
        return
    places = {name: place for place, name in enumerate(dict.fromkeys(building for _topic, building, _n in rows))}
    table = [{"topic": topic, "building": building, "n": n, "place": places[building]} for topic, building, n in rows]
    most = max(n for _topic, _building, n in rows)
    frame = pd.DataFrame(table).assign(strong=lambda each: each["n"] > most * 0.6)
    height = max(HEIGHT, frame["topic"].nunique() * _CELL + _LABELS)
    _draw(frame, _heat(current_locale()), _("投诉类别与楼栋"), height)


def on_time(months: Sequence[date], shares: Mapping[str, Sequence[Share]], titles: Mapping[str, str]) -> None:
    """Draw the share handled in time, month by month; a month without any is left out, not drawn as nothing."""
    rows: list[dict[str, Any]] = [
        {
            "month": f"{month:%y-%m}",
            "process": titles[key],
            "rate": float(rate),
            "said": _("{n}/{d}（{rate}%）", n=share.numerator, d=share.denominator, rate=rate),
        }
        for key, each in shares.items()
        for month, share in zip(months, each, strict=True)
        if (rate := share.rate()) is not None
    ]
    if not rows:
        _nothing()
        return
    # The whole from nothing to all would press every line to the top.
    lowest = int(max(min(row["rate"] for row in rows) - 5, 0) // 20 * 20)
    spec = _rates(current_locale())
    y = spec["encoding"]["y"] | {"scale": {"domain": [lowest, 100]}}
    _draw(pd.DataFrame(rows), spec | {"encoding": spec["encoding"] | {"y": y}}, _("按时办结率"))


def budget(rows: Sequence[tuple[str, Decimal, Decimal]]) -> None:
    """Draw what was spent beside what was planned, in yuan: (head, actual, budget), in the order given."""
    if not any(actual or planned for _head, actual, planned in rows):
        _nothing()
        return
    frame = pd.DataFrame([
        {
            "head": head, "order": place, "actual": float(actual), "budget": float(planned),
            "over": actual > planned * OVER, "said": f"{actual:,.2f}", "planned": f"{planned:,.2f}",
        }
        for place, (head, actual, planned) in enumerate(rows)
    ])  # fmt: skip
    _draw(frame, _against_budget(current_locale()), _("实际与预算"), max(HEIGHT, len(rows) * _BAR + _LABELS))


def rates_by_building(rows: Sequence[tuple[str, Share]], target: int) -> None:
    """Draw each building's collection rate against the target, in the order given; the line is the target."""
    frame = pd.DataFrame([
        {
            "building": name, "place": place, "rate": float(rate), "said": f"{rate}%", "target": target,
            "met": share.numerator * 100 >= target * share.denominator,
        }
        for place, (name, share) in enumerate(rows)
        if (rate := share.rate(target)) is not None
    ])  # fmt: skip
    if frame.empty:
        _nothing()
        return
    lowest = int(max(float(frame["rate"].min()) - 10, 0) // 20 * 20)
    spec = _against_target(current_locale())
    for layer in spec["layer"]:
        if "y" in layer["encoding"]:
            layer["encoding"]["y"]["scale"] = {"domain": [lowest, 100], "clamp": True}
    _draw(frame, spec, _("各楼栋收缴率"))


def _nothing(words: str = "") -> None:
    with st.container(height=HEIGHT, border=False, horizontal_alignment="center", vertical_alignment="center"):
        st.caption(words or _("还没有数据。"))


def _draw(frame: pd.DataFrame, spec: dict[str, Any], name: str, height: int = HEIGHT) -> None:
    st.vega_lite_chart(frame, spec, height=height, width="stretch", alt=name)


# ── the specifications, one for each language ────────────────────────────────────────────────────────────────────────


def _finished(chart: Any) -> dict[str, Any]:
    spec: dict[str, Any] = chart.configure_view(strokeOpacity=0).to_dict(validate=False)
    for part in ("data", "datasets"):
        spec.pop(part, None)
    return spec


def _legend(**more: Any) -> Any:
    return alt.Legend(orient="top", title=None, symbolType="square", offset=4, **more)


_BLANK = pd.DataFrame()
_COUNT: dict[str, Any] = {"title": None, "tickMinStep": 1, "format": "d", "tickCount": 4}


@cache
def _daily(_locale: str) -> dict[str, Any]:
    kinds = [_("新增"), _("办结")]
    day = alt.X("day:N", title=None, sort=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy", ticks=False))
    base = alt.Chart(_BLANK).encode(
        x=day,
        y=alt.Y("n:Q", axis=alt.Axis(**_COUNT)),
        color=alt.Color("kind:N", legend=_legend(), scale=alt.Scale(domain=kinds, range=["#3b82f6", "#0d9488"])),
        tooltip=[
            alt.Tooltip("day:N", title=_("日期")), alt.Tooltip("kind:N", title=_("项目")),
            alt.Tooltip("n:Q", title=_("件数")),
        ],
    )  # fmt: skip
    bars = base.transform_filter(alt.datum.kind == kinds[0]).mark_bar(opacity=0.75, cornerRadiusEnd=2)
    line = base.transform_filter(alt.datum.kind == kinds[1]).mark_line(point=alt.OverlayMarkDef(size=22), strokeWidth=2)
    return _finished(bars + line)


@cache
def _ages(_locale: str) -> dict[str, Any]:
    labels = [str(label) for _days, label in AGES]
    process = alt.Y(
        "process:N", title=None, axis=alt.Axis(ticks=False, domain=False, labelLimit=90),
        sort=alt.EncodingSortField("all", op="max", order="descending"),
    )  # fmt: skip
    base = alt.Chart(_BLANK)
    bars = base.mark_bar(cornerRadius=2, height={"band": 0.62}).encode(
        y=process,
        x=alt.X("n:Q", stack="zero", axis=alt.Axis(**_COUNT)),
        color=alt.Color("age:N", legend=_legend(), scale=alt.Scale(domain=labels, range=_AGE_COLOURS), sort=labels),
        order=alt.Order("order:Q"),
        tooltip=[
            alt.Tooltip("process:N", title=_("业务")), alt.Tooltip("age:N", title=_("已开")),
            alt.Tooltip("n:Q", title=_("件数")),
        ],
    )  # fmt: skip
    totals = base.mark_text(align="left", dx=6, color=_INK, fontWeight=600).encode(
        y=process, x=alt.X("max(all):Q"), text=alt.Text("max(all):Q")
    )
    return _finished(bars + totals)


@cache
def _heat(_locale: str) -> dict[str, Any]:
    base = alt.Chart(_BLANK).encode(
        x=alt.X(
            "building:N", title=None, sort=alt.EncodingSortField("place", op="min"),
            axis=alt.Axis(labelAngle=-35, labelOverlap=False, ticks=False, domain=False, labelLimit=96),
        ),
        y=alt.Y(
            "topic:N", title=None, sort=alt.EncodingSortField("n", op="sum", order="descending"),
            axis=alt.Axis(labelOverlap=False, ticks=False, domain=False, labelLimit=120),
        ),
        tooltip=[
            alt.Tooltip("building:N", title=_("楼栋")), alt.Tooltip("topic:N", title=_("类别")),
            alt.Tooltip("n:Q", title=_("件数")),
        ],
    )  # fmt: skip
    cells = base.mark_rect(cornerRadius=3, stroke="#ffffff", strokeWidth=2).encode(
        color=alt.Color("n:Q", legend=None, scale=alt.Scale(range=["#eff6ff", "#1e40af"], domainMin=0))
    )
    # Light figures on dark cells, dark ones on light.
    words = base.mark_text(fontSize=11).encode(
        text="n:Q", color=alt.condition(alt.datum.strong, alt.value("#ffffff"), alt.value("#1e3a8a"))
    )
    return _finished(cells + words)


@cache
def _rates(_locale: str) -> dict[str, Any]:
    chart = (
        alt.Chart(_BLANK)
        .mark_line(point=alt.OverlayMarkDef(size=28), strokeWidth=2)
        .encode(
            x=alt.X("month:N", title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy", ticks=False)),
            y=alt.Y(
                "rate:Q", scale=alt.Scale(domain=[0, 100]),
                axis=alt.Axis(title=None, tickCount=5, labelExpr="datum.value + '%'"),
            ),
            color=alt.Color("process:N", legend=_legend()),
            tooltip=[
                alt.Tooltip("month:N", title=_("月份")), alt.Tooltip("process:N", title=_("业务")),
                alt.Tooltip("said:N", title=_("按时")),
            ],
        )
    )  # fmt: skip
    return _finished(chart)


@cache
def _against_budget(_locale: str) -> dict[str, Any]:
    """Lay a bar of what was spent on a lighter one of what was planned; red where it is more."""
    head = alt.Y(
        "head:N", title=None, sort=alt.EncodingSortField("order", op="min"),
        axis=alt.Axis(ticks=False, domain=False, labelLimit=150),
    )  # fmt: skip
    tips = [
        alt.Tooltip("head:N", title=_("科目")), alt.Tooltip("said:N", title=_("实际（元）")),
        alt.Tooltip("planned:N", title=_("预算（元）")),
    ]  # fmt: skip
    amounts = alt.Axis(title=None, tickCount=4, labelExpr="format(datum.value / 10000, ',.0f') + '" + _("万") + "'")
    base = alt.Chart(_BLANK).encode(y=head, tooltip=tips)
    planned = base.mark_bar(height={"band": 0.82}, color="#dbe4f0", cornerRadiusEnd=2).encode(
        x=alt.X("budget:Q", axis=amounts)
    )
    spent = base.mark_bar(height={"band": 0.4}, cornerRadiusEnd=2).encode(
        x=alt.X("actual:Q", axis=amounts),
        color=alt.condition(alt.datum.over, alt.value("#e11d48"), alt.value("#1d4ed8")),
    )
    return _finished(planned + spent)


@cache
def _against_target(_locale: str) -> dict[str, Any]:
    """Bars by building, blue where the target is met and amber where not, and the line of the target."""
    base = alt.Chart(_BLANK).encode(
        x=alt.X(
            "building:N", title=None, sort=alt.EncodingSortField("place", op="min"),
            axis=alt.Axis(labelAngle=0, labelOverlap="greedy", ticks=False, labelLimit=90),
        ),
        tooltip=[alt.Tooltip("building:N", title=_("楼栋")), alt.Tooltip("said:N", title=_("收缴率"))],
    )  # fmt: skip
    axis = alt.Axis(title=None, tickCount=5, labelExpr="datum.value + '%'")
    bars = base.mark_bar(cornerRadiusEnd=2, width={"band": 0.6}).encode(
        y=alt.Y("rate:Q", axis=axis), color=alt.condition(alt.datum.met, alt.value("#1d4ed8"), alt.value("#f59e0b"))
    )
    words = base.mark_text(dy=-7, color=_INK, fontSize=11).encode(y=alt.Y("rate:Q"), text="said:N")
    line = alt.Chart(_BLANK).mark_rule(color="#e11d48", strokeDash=[5, 4]).encode(y=alt.Y("max(target):Q"))
    return _finished(bars + words + line)
