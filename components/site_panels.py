"""What belongs to a renovation, part by part: its checklist, looks, passes, fire and water, money, neighbours."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from components import checklist, errors, form, shell
from components.desks.asking import Column, rows, yuan
from components.kept_choice import kept_segment
from components.papers import panel
from components.papers.links import link
from components.papers.printing import pdf, refuse_unprintable
from components.plain import one_line, plain
from components.table import COLOURS
from components.words import _
from db import checklists
from db.clock import today
from db.dossiers import renovation_money, site_checks, site_links, site_passes, site_safety
from db.dossiers.site_checks import Look
from db.dossiers.site_links import Heard
from db.dossiers.site_passes import Pass, Standing
from db.histories import said_moment
from db.papers import issuing, pass_cards
from db.papers.renovation_papers import HOT_WORKS
from db.people import Actor, Right
from db.process import perform
from db.processes import violations
from db.processes.renovations import KNOWS, renovation_by_id
from db.records import Record
from db.refused import Refused
from db.session import reading, writing

LISTS, LOOKS, PASSES, SAFETY, MONEY, NEIGHBOURS = "lists", "looks", "passes", "safety", "money", "neighbours"
PART = "part"
"""In the address: which part of a renovation is shown."""


def show(record: Record, actor: Actor) -> None:
    """Draw the parts of a renovation, and the one chosen."""
    names = {
        LISTS: _("手续"), LOOKS: _("巡查"), PASSES: _("出入证"), SAFETY: _("动火闭水"), MONEY: _("押金"),
        NEIGHBOURS: _("邻居投诉"),
    }  # fmt: skip
    if not actor.may(Right.SEE_MONEY):
        del names[MONEY]
    draw: dict[str, Callable[[Record, Actor], None]] = {
        LISTS: _lists, LOOKS: _looks, PASSES: _passes, SAFETY: _safety, MONEY: _money, NEIGHBOURS: _neighbours,
    }  # fmt: skip
    draw[kept_segment(_("看哪一部分"), PART, names, LISTS)](record, actor)


def _lists(record: Record, actor: Actor) -> None:
    with reading(actor) as session:
        seen = checklists.seen(session, renovation_by_id(session, record.id), KNOWS)
    checklist.show(record, actor, seen)


def _nothing(words: str) -> None:
    st.caption(words)


def _steps(record: Record, *names: str) -> None:
    """Offer the steps that belong to a part where one looks at it; a press opens the step's form above."""
    offers = [each for name in names if (each := record.offer(name)) is not None and not each.missing]
    if not offers:
        return
    with st.container(horizontal=True):
        for each in offers:
            if st.button(each.label, key=f"renovations.part.{each.name}", icon=":material/arrow_upward:"):
                st.session_state["renovations.step#picked"] = each.name
                st.rerun()


# ── looks at the site ────────────────────────────────────────────────────────────────────────────────────────────────


def _looks(record: Record, actor: Actor) -> None:
    with reading(actor) as session:
        looks = site_checks.looks_at(session, record.id)
    if not looks:
        _nothing(_("还没有巡查记录。开工后每天到现场看一次，在上面“登记巡查”。"))
        return
    days = len({each.day for each in looks})
    st.caption(_("共 {n} 次，{days} 天有巡查", n=len(looks), days=days))
    for each in looks:
        _look(each, record, actor)


def _look(look: Look, record: Record, actor: Actor) -> None:
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            colour, words = ("red", _("不合格 {n} 项", n=len(look.bad))) if look.bad else ("green", _("合格"))
            st.markdown(f"**{plain(said_moment(look.at))}** :gray[{plain(look.by)} · {look.kind.label}] "
                        f":{colour}-badge[{words}]", width="stretch")  # fmt: skip
            if (
                look.bad
                and actor.roles & violations.PROCESS.openers
                and record.is_open
                and st.button(
                    _("开违章整改单"), key=f"renovations.violation.{look.id}", icon=":material/report:", type="tertiary"
                )
            ):
                st.switch_page(
                    shell.path_of("violations"),
                    query_params={"new": "1", "site": record.number, "look": str(look.id)},
                )
        if look.bad:
            st.markdown(f":red[{plain(_('、').join(look.bad))}]　{plain(look.findings)}")
        elif look.findings:
            st.markdown(plain(look.findings))


# ── passes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _passes(record: Record, actor: Actor) -> None:
    _steps(record, "issue_passes", "return_passes", "pay_pass_deposit")
    with reading(actor) as session:
        passes = site_passes.passes_of(session, record.id)
        cards = pass_cards.cards_of(session, [each.id for each in passes])
    if not passes:
        _nothing(_("还没有出入证。“办出入证”可一次办多人。"))
        return
    pass_table(passes, "renovations.passes", ("number", "name", "trade", "standing", "valid_to", "id_number"))
    held = [each for each in passes if each.returned_on is None]
    waiting = [each for each in held if each.id not in cards]
    with st.container(horizontal=True, vertical_alignment="center"):
        if (
            waiting
            and record.offer("issue_passes")
            and st.button(
                _("开具 {n} 张出入证", n=len(waiting)), key="renovations.cards", icon=":material/badge:", type="primary"
            )
        ):
            _make_out(waiting, actor)
        made = [each for each in held if each.id in cards]
        if made:
            ids = ",".join(str(each.id) for each in made[: pass_cards.MOST])
            link(_("打印 {n} 张出入证", n=len(made)), "site_passes", ids)


def _make_out(waiting: Sequence[Pass], actor: Actor) -> None:
    """Make out the cards one by one: each is its own write, so nobody waits for sixty."""
    try:
        with st.spinner(_("正在开具……")):
            for each in waiting:
                with writing(actor) as session:
                    issuing.issue(session, pass_cards.KIND, each.id, pdf, refuse=refuse_unprintable,
                                  token=f"site_pass.{each.id}", former=0)  # fmt: skip
    except Refused as refused:
        errors.show_refused(refused)
        return
    form.tell(_("已开具 {n} 张出入证", n=len(waiting)))
    st.rerun()


AT_THE_GATE = ("name", "trade", "where", "standing", "valid_to", "number", "contractor", "id_number")


def pass_table(passes: Sequence[Pass], key: str, columns: Sequence[str] = AT_THE_GATE) -> None:
    """Draw passes as a table; how each stands in colour and words."""
    frame = pd.DataFrame(
        {
            "number": [each.number for each in passes], "name": [each.name for each in passes],
            "trade": [each.trade for each in passes], "where": [each.where for each in passes],
            "standing": [[str(each.standing.label)] for each in passes],
            "valid_to": [each.valid_to for each in passes],
            "id_number": [each.id_number for each in passes], "contractor": [each.contractor for each in passes],
        }
    )  # fmt: skip
    config = st.column_config
    looks = {
        "number": config.TextColumn(_("证号"), width=170), "name": config.TextColumn(_("姓名"), width=80),
        "trade": config.TextColumn(_("工种"), width=80), "where": config.TextColumn(_("施工房屋"), width=90),
        "standing": config.MultiselectColumn(
            _("状态"), options=[str(each.label) for each in Standing], width=110,
            color=[COLOURS[each.colour] for each in Standing],
        ),
        "valid_to": config.DateColumn(_("有效期至"), format="YYYY-MM-DD", width=100),
        "id_number": config.TextColumn(_("证件号码"), width=160),
        "contractor": config.TextColumn(_("施工单位"), width=150),
    }  # fmt: skip
    st.dataframe(
        frame, hide_index=True, column_config=looks, column_order=columns, key=f"{key}.rows.{len(passes)}",
        placeholder="", alt=_("出入证清单"),
    )  # fmt: skip


# ── fire and water ───────────────────────────────────────────────────────────────────────────────────────────────────


def _safety(record: Record, actor: Actor) -> None:
    _steps(record, "hot_work", "start_water_test", "end_water_test")
    with reading(actor) as session:
        fires = site_safety.hot_works_of(session, record.id)
        tests = site_safety.tests_of(session, record.id)
        hot = [(each.id, each.number, each.valid_on, f"{each.from_time}–{each.to_time}", each.place, each.what,
                each.worker, each.watcher) for each in fires]  # fmt: skip
        water = [(each.place, each.started_at, each.ended_at, each.result, each.neighbour) for each in tests]
    if not hot:
        _nothing(_("没有动火证。施工中要动火的先办动火证，一证一天。"))
    for permit, number, day, time, place, what, worker, watcher in hot:
        with st.container(border=True, gap="xsmall"):
            colour, words = ("green", _("今天有效")) if day == today() else ("gray", f"{day}")
            if day > today():
                colour = "blue"
            st.markdown(f":material/local_fire_department: **{plain(number)}** :{colour}-badge[{plain(words)}] "
                        f"{plain(time)}　{plain(place)}　{plain(what)}")  # fmt: skip
            st.caption(plain(_("动火人 {worker}，监护人 {watcher}", worker=worker, watcher=watcher)))
            if day >= today():
                panel.show(HOT_WORKS, permit, actor)
    if not water:
        wanted = record.values["touches_wet_floor"]
        _nothing(_("还没有做闭水试验，验收前要做。") if wanted else _("没有改动卫生间、厨房地面，不需要闭水试验。"))
    for place, started, ended, result, neighbour in water:
        colour, words = (result.colour, str(result.label)) if result else ("blue", _("试验中"))
        until = said_moment(ended) if ended else ""
        st.markdown(f":material/water_drop: **{plain(place)}** :{colour}-badge[{words}] "
                    f":gray[{plain(said_moment(started))} – {plain(until)}]　{plain(neighbour)}")  # fmt: skip


# ── money ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _money(record: Record, actor: Actor) -> None:
    _steps(record, "deduct", "ask_refund")
    with reading(actor) as session:
        sheet = renovation_money.worksheet(session, renovation_by_id(session, record.id))
    if sheet.due is not None:
        st.caption(plain(_("应收 {due} 元：{how}", due=yuan(sheet.due), how=sheet.calculation)))
    lines = [{"what": _("已收押金"), "amount": sheet.taken, "note": _("、").join(sheet.receipts)}]
    lines += [{"what": _("扣除"), "amount": -each.amount, "note": each.reason} for each in sheet.deductions]
    if sheet.paid_back:
        lines.append({"what": _("已退"), "amount": -sheet.paid_back, "note": ""})
    lines.append({"what": _("在押"), "amount": sheet.held, "note": ""})
    columns = [Column("what", _("事项"), width=110), Column("amount", _("金额(元)"), "money"),
               Column("note", _("收据号、原因和凭据"), width=360)]  # fmt: skip
    rows("renovations.money", columns, lines, _("装修押金结算"))
    if sheet.refundable_on is not None and sheet.held:
        st.caption(_("{day} 起可以申请退还。", day=sheet.refundable_on))
    for each in sheet.refunds:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(_("退还申请 {amount} 元", amount=yuan(each.amount)), width="content")
            st.badge(str(each.state.label), color=each.state.colour)  # type: ignore[arg-type]
            path = shell.path_of("corrections")
            st.page_link(path, label=_("看进度"), query_params={"correction": str(each.id)})


# ── neighbours ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _neighbours(record: Record, actor: Actor) -> None:
    _steps(record, "neighbours", "link_complaint")
    told = record.values["neighbours_told_on"]
    if told:
        st.caption(plain(_("{day} 已告知邻居：{how}", day=told, how=record.values["neighbours_told_how"])))
    with reading(actor) as session:
        heard = site_links.complaints_about(session, renovation_by_id(session, record.id))
    if not heard:
        _nothing(_("施工期间上下左右没有噪声和装修类投诉。"))
    for each in heard:
        _heard(each, record, actor)


def _heard(heard: Heard, record: Record, actor: Actor) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        st.page_link(shell.path_of("complaints"), label=heard.number, query_params={"case": heard.number})
        st.badge(str(heard.state.label), color=heard.state.colour)  # type: ignore[arg-type]
        st.markdown(f"**{plain(heard.where)}** {plain(heard.category)}　{one_line(heard.words, 40)}", width="stretch")
        if heard.linked:
            st.badge(_("已关联"), color="green")
        elif record.offer("link_complaint") and st.button(
            _("关联"), key=f"renovations.link.{heard.id}", icon=":material/link:"
        ):
            _link(heard, record, actor)


def _link(heard: Heard, record: Record, actor: Actor) -> None:
    try:
        with writing(actor) as session:
            perform(session, record.id, "link_complaint", {site_links.COMPLAINT.name: heard.number},
                    version=record.version)  # fmt: skip
    except Refused as refused:
        errors.show_refused(refused)
        return
    form.see_newest("renovations.")
    form.tell(_("已关联 {number}", number=heard.number))
    st.rerun()
