"""Home 首页: late now and mine, the four objectives, today, how work flows; renewed while one looks (X1)."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from components import charts, figures, filters, shell, work_list
from components.figures import Tile
from components.live import dialog, live
from components.page_title import page_title
from components.signin import current_actor
from components.words import _
from db import approvals, work
from db.clock import local, now, today
from db.lists import EVERYTHING, Wanted
from db.people import Actor, Right, Role
from db.processes import PROCESSES
from db.records import span_of
from db.reports import flow, objectives, periods
from db.reports.periods import Period
from db.session import reading
from db.work import Part

PERIOD = "home.period"
MY_WORK = "pages/workbench/my_work.py"
CLICKED = "home.late.open"


@dataclass(frozen=True)
class Seen:
    """All that home shows, read in one go."""

    period: Period
    standing: flow.Standing
    late: list[flow.LateOne]
    work: dict[Part, int]
    approvals: int
    objectives: list[objectives.Objective]
    ages: dict[str, list[int]]
    days: flow.Days
    months: flow.Months
    topics: list[tuple[str, str, int]]


def read(actor: Actor, period: Period) -> Seen:
    estates = shell.estate_ids(actor)
    with reading(actor) as session:
        return Seen(
            period=period,
            standing=flow.standing(session, estates),
            late=flow.latest(session, estates),
            work=work.counts(session, estates, (Part.ALL, Part.SUPERIOR)),
            approvals=len(approvals.waiting_for(session)),
            objectives=objectives.objectives(session, period, estates),
            ages=flow.open_by_age(session, estates),
            days=flow.daily(session, estates),
            months=flow.months(session, estates),
            topics=flow.topics_by_building(session, "complaints", period, estates),
        )


@live("30s")
def show(actor: Actor) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(_("首页"), anchor=False, width="stretch")
        names = {key: str(label) for key, (label, _of) in periods.NAMED.items()}
        chosen = st.segmented_control(
            _("期间"), list(names), format_func=names.__getitem__, default="month", key=PERIOD, required=True,
            label_visibility="collapsed",
        )  # fmt: skip
    seen = read(actor, periods.NAMED[chosen or "month"][1](today()))
    parts = [pressing, four_objectives] if Role.DIRECTOR not in actor.roles else [four_objectives, pressing]
    for part in parts:
        part(actor, seen)
    today_brings(seen)
    flows(seen)
    st.caption(_("截至 {when}，每 30 秒自动更新", when=f"{local(now()):%m-%d %H:%M:%S}"))


def pressing(actor: Actor, seen: Seen) -> None:
    """Late now and mine: numbers, and the latest of the late."""
    tiles = [
        Tile(_("已超时"), seen.standing.late, MY_WORK, {"part": [Part.LATE.value]}, alarm=True),
        Tile(_("两小时内到时限"), seen.standing.soon, MY_WORK, {"part": [Part.SOON.value]}),
        Tile(_("等我办理"), seen.work[Part.ALL], MY_WORK, {"part": [Part.ALL.value]}),
    ]
    if Part.SUPERIOR in seen.work:
        tiles.append(Tile(_("预警与上报"), seen.work[Part.SUPERIOR], MY_WORK, {"part": [Part.SUPERIOR.value]}))
    if actor.may(Right.CONFIRM_LATE_ENTRY) or seen.approvals:
        tiles.append(Tile(_("待我审批"), seen.approvals, MY_WORK, {"part": [work_list.APPROVE]}))
    figures.tiles(tiles)
    if seen.late:
        late_ones(seen.late)


def late_ones(late: list[flow.LateOne]) -> None:
    """The matters late longest; a click on the number opens one."""
    frame = pd.DataFrame({
        "number": [f":material/chevron_right: {each.number}" for each in late],
        "kind": [str(each.title) for each in late],
        "span": [[_("超时 {span}", span=span_of(now() - each.due_at))] if each.due_at else [] for each in late],
        "where": [each.where for each in late],
        "words": [" ".join(each.words.split()) for each in late],
    })  # fmt: skip
    spans = sorted({span for some in frame["span"] for span in some})
    config = st.column_config
    st.dataframe(
        frame, hide_index=True, row_height=32, height=32 * (len(late) + 1) + 2, key="home.late",
        alt=_("超时最久的事项"), column_config={
            "number": config.ButtonColumn(
                _("超时最久"), type="tertiary", alignment="left", width=150, key=CLICKED, help=_("点单号打开")
            ),
            "kind": config.TextColumn(_("业务"), width=70),
            "span": config.MultiselectColumn(_("超时"), options=spans, color=["#fee2e2"] * len(spans), width=150),
            "where": config.TextColumn(_("地点"), width=110),
            "words": config.TextColumn(_("内容"), width=420),
        },
    )  # fmt: skip
    if click := st.session_state.get(CLICKED):
        one = late[click["row"]]
        path, params = filters.link_to(one.process, one.number)
        st.switch_page(path, query_params=params)


def four_objectives(_actor: Actor, seen: Seen) -> None:
    """The handbook's four objectives (HB:152)."""
    for column, each in zip(st.columns(4, gap="small"), seen.objectives, strict=True):
        with column:
            asked = figures.objective(each, seen.months.objectives.get(each.definition.key, ()))
        if asked:
            title = _("{objective} · 按楼栋", objective=each.definition.label)
            dialog(title, width="medium", icon=":material/apartment:")(by_building)(each)


def by_building(actor: Actor, each: objectives.Objective) -> None:
    """One objective, building by building."""
    estates, key = shell.estate_ids(actor), each.definition.key
    with reading(actor) as session:
        parts = objectives.by_building(session, key, each.period, estates)
        last_year = objectives.by_building(session, key, periods.same_last_year(each.period), estates)
    figures.by_building(each, parts, last_year)


def today_brings(seen: Seen) -> None:
    """What came today, what is promised for today; the rows of each behind its number."""
    day = today()
    came = Wanted(standing=EVERYTHING, opened_from=day, opened_to=day, counting=True)
    tiles = [
        Tile(
            _("今日{title}", title=PROCESSES[key].title), seen.days.today.get(key, (0, 0))[0], *filters.link(key, came)
        )
        for key in ("complaints", "repairs", "inquiries")
    ]
    promised = Wanted(handled=False, moments={"appointed_from": (day, day)})
    due = Wanted(moments={"due_at": (None, day)}, sort="due_at", descending=False)
    tiles += [
        Tile(_("今日预约上门"), seen.standing.appointments, *filters.link("repairs", promised)),
        Tile(_("到期应回访"), seen.standing.visits_due, *filters.link("return_visits", due)),
    ]
    figures.tiles(tiles)


def flows(seen: Seen) -> None:
    """Complaints by category and building, open by process and age, day by day, in time or not."""
    titles = {key: str(process.title) for key, process in PROCESSES.items()}
    categories = {each.value: str(each.label) for each in PROCESSES["complaints"].form()[3].choices or ()}
    about = [(categories.get(topic, topic), building, n) for topic, building, n in seen.topics]
    first, second = st.columns(2)
    with first, st.container(border=True, height="stretch"):
        st.markdown(f"**{_('投诉类别与楼栋')}**　:gray[{seen.period.label}]")
        charts.topics(about)
    with second, st.container(border=True, height="stretch"):
        st.markdown(f"**{_('未办结事项')}**　:gray[{_('按已开天数')}]")
        charts.open_by_age(seen.ages, titles)
    first, second = st.columns(2)
    with first, st.container(border=True, height="stretch"):
        st.markdown(f"**{_('每日新增与办结')}**　:gray[{_('近 30 天，不含回访')}]")
        charts.opened_and_closed(seen.days.days)
    with second, st.container(border=True, height="stretch"):
        st.markdown(f"**{_('按时办结率')}**　:gray[{_('近 13 个月，按处理完毕日期')}]")
        charts.on_time(seen.months.months, seen.months.on_time, titles)


actor = current_actor()
if actor.may(Right.SEE_FIGURES):
    show()
else:
    page_title(_("我的待办"))
    work_list.show(actor)
