"""Meter readings 抄表: down a grid, one by one on a telephone, by workbook; the register of meters (F2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st

from components import errors, form, meter_cards, reading_files, reading_grid, reading_steps, shell
from components.kept_choice import kept_choice, kept_segment
from components.plain import plain
from components.signin import current_actor
from components.words import _
from db.clock import today
from db.ledger.meter_overviews import Progress, months_to_read, progress
from db.ledger.meter_register import Sought, metered_items
from db.ledger.meters import Round, Standing, standings
from db.ledger.readings import estimate
from db.people import Actor
from db.refused import Refused
from db.session import reading, writing

KEY = "readings"
GRID, STEPS, FILES, METERS = "grid", "steps", "files", "meters"
VIEWS = {GRID: _("表格"), STEPS: _("逐块"), FILES: _("工作簿"), METERS: _("表计")}
ALL, MISSING, ODD = "all", "missing", "odd"


def choose(rounds: Sequence[Progress]) -> tuple[int, int]:
    """Ask for the fee item and the building; what is not read yet comes first."""
    items = {str(each.fee_item_id): each.item for each in rounds}
    first = next((each for each in rounds if each.missing), rounds[0])
    item = int(kept_choice(_("收费项目"), f"{KEY}.item", items, str(first.fee_item_id), width=150))
    buildings = {str(each.building_id): each.building for each in rounds if each.fee_item_id == item}
    likely = next((str(each.building_id) for each in rounds if each.fee_item_id == item and each.missing), None)
    building = kept_choice(_("楼栋"), f"{KEY}.building", buildings, likely or next(iter(buildings)), width=200)
    return item, int(building)


def choose_month() -> date:
    months = {f"{each:%Y-%m}": f"{each:%Y-%m}" for each in months_to_read()}
    likely = list(months)[1 if today().day >= 20 else 2]
    return date.fromisoformat(kept_choice(_("账期"), f"{KEY}.month", months, likely, width=130) + "-01")


def enter(actor: Actor, asked: Round, view: str) -> None:
    with reading(actor) as session:
        found = standings(session, asked)
    missing = [each for each in found if each.current is None]
    odd = [each for each in found if each.warning or (each.current and each.current.kind == "estimated")]
    counted = {ALL: len(found), MISSING: len(missing), ODD: len(odd)}
    names = {ALL: _("全部 {n}", n=counted[ALL]), MISSING: _("未抄 {n}", n=counted[MISSING]),
             ODD: _("异常 {n}", n=counted[ODD])}  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        only = kept_segment(_("看哪些"), f"{KEY}.only", names, ALL)
        shown = {ALL: found, MISSING: missing, ODD: odd}[only]
        page = 0 if view == STEPS else reading_grid.choose_page(len(shown))
        if missing:
            estimating(actor, asked, missing)
    if not shown:
        st.success(_("没有未抄的表。") if only == MISSING else _("没有异常的读数。"), icon=":material/check_circle:")
    elif view == STEPS:
        reading_steps.show(actor, asked, shown)
    else:
        about = f"{asked.month:%Y-%m}.{asked.fee_item_id}.{asked.building_id}.{only}"
        reading_grid.show(actor, asked, shown, about, page)


def estimating(actor: Actor, asked: Round, missing: Sequence[Standing]) -> None:
    """Draw the way to estimate what could not be read."""
    key = f"{KEY}.estimate"
    names = {each.meter_id: each.shown for each in missing}
    with st.popover(_("估抄"), icon=":material/calculate:", key=f"{key}#open"):
        st.caption(_("按前六期平均估计，下次实抄自动多退少补。"))
        with st.form(f"{key}#form", border=False, enter_to_submit=False):
            chosen = st.multiselect(
                _("未抄的表"), list(names), format_func=names.__getitem__, key=f"{key}.meters",
                placeholder=_("请选择"), select_all=False,
            )  # fmt: skip
            reason = st.text_input(
                _("为什么不能实抄"), key=f"{key}.reason", placeholder=_("例如 家中无人"), autocomplete="off"
            )
            pressed = st.form_submit_button(_("估抄"), type="primary", key=f"{key}.save")
        if pressed:
            with errors.shown():
                if not chosen:
                    raise Refused(_("请先选择要估抄的表。"))
                with writing(actor) as session:
                    done = estimate(session, asked.month, chosen, reason)
                reading_grid.forget()
                form.tell(_("已估抄 {n} 块表", n=done.recorded))
                st.rerun()


def show(actor: Actor) -> None:
    opened = st.query_params.get(meter_cards.ID, "")
    estates = shell.estate_ids(actor)
    with reading(actor) as session:
        items = metered_items(session, estates)
    if opened == meter_cards.NEW:
        meter_cards.show_new(actor, items)
        return
    if opened.isascii() and opened.isdigit() and len(opened) < 10:
        meter_cards.show_one(actor, int(opened))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(_("抄表"), anchor=False, width="stretch")
        if items and st.button(_("登记表计"), key=f"{KEY}.new", icon=":material/add:", shortcut="Alt+N"):
            meter_cards.go_to(meter_cards.NEW)
    if not items:
        st.info(_("还没有按表计量的收费项目。请财务在“收费标准”里先建水费、电费等项目。"), icon=":material/speed:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        month = choose_month()
        with reading(actor) as session:
            rounds = progress(session, Round(month, estates))
        chosen = choose(rounds) if rounds else None
        view = kept_segment(_("怎么录"), f"{KEY}.view", VIEWS, STEPS if reading_steps.on_a_telephone() else GRID)
    if chosen is None:
        st.info(_("还没有登记表计。点“登记表计”逐块录入。"), icon=":material/speed:")
        return
    asked = Round(month, estates, *chosen)
    if view == METERS:
        meter_cards.show_list(actor, Sought(estates, *chosen))
    elif view == FILES:
        here = next(each for each in rounds if (each.fee_item_id, each.building_id) == chosen)
        reading_files.show(actor, asked, f"{here.building}{here.item}")
    else:
        overview(rounds, chosen)
        enter(actor, asked, view)


def overview(rounds: Sequence[Progress], chosen: tuple[int, int]) -> None:
    here = next(each for each in rounds if (each.fee_item_id, each.building_id) == chosen)
    said = [_("已抄 **{n}** / {all}", n=here.read, all=here.meters)]
    if here.estimated:
        said.append(_("其中估抄 {n}", n=here.estimated))
    others = [each for each in rounds if each.missing and (each.fee_item_id, each.building_id) != chosen]
    if others:
        listed = _("、").join(
            _("{building}{item} {n}", building=plain(each.building), item=plain(each.item), n=each.missing)
            for each in others[:6]
        )
        said.append(_(":gray[别处未抄：{listed}]", listed=listed))
    st.progress(here.read / here.meters, text="　".join(said))


form.say_told()
show(current_actor())
