"""Payment notices 缴费通知: made for a building in one press, printed, sent, and who was reached (F11; HB:95, 128)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import pandas as pd
import streamlit as st

from components import errors, form, shell
from components.export import when_asked
from components.kept_choice import kept_choice, kept_segment
from components.page_title import page_title
from components.papers import link
from components.plain import plain
from components.signin import current_actor
from components.table import COLOURS
from components.words import _
from db.clock import local, today
from db.ledger.notice_lists import (
    PAGE,
    Listed,
    Sought,
    Standing,
    batches,
    listed,
    message_of,
    month_at_hand,
    standings,
    workbook,
)
from db.ledger.notices import not_reached, prepare_notices, record_deliveries
from db.ledger.pricing import next_month
from db.ledger.tables import Channel
from db.people import Actor, Right
from db.refused import Refused
from db.session import reading, writing
from db.users import estates_of

KEY = "notices"
ALL, WAITING, ARRIVED = "all", "waiting", "arrived"
EVERY = "0"
"""All buildings."""
_ROW, _HEAD, _IN_SIGHT = 33, 34, 8
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def choose_estate(actor: Actor) -> int:
    with reading(actor) as session:
        names = {str(key): name for key, name in estates_of(session).items() if key in shell.estate_ids(actor)}
    if len(names) == 1:
        return int(next(iter(names)))
    return int(kept_choice(_("项目"), f"{KEY}.estate", names, next(iter(names)), width=200))


def choose_month(actor: Actor, estate_id: int) -> date:
    """Ask for the month."""
    this = today().replace(day=1)
    with reading(actor) as session:
        likely = month_at_hand(session, estate_id)
    months = [next_month(next_month(this)), next_month(this), this]
    while len(months) < 8:
        months.append(date(months[-1].year - (months[-1].month == 1), (months[-1].month - 2) % 12 + 1, 1))
    names = {f"{each:%Y-%m}": f"{each:%Y-%m}" for each in months}
    return date.fromisoformat(kept_choice(_("账期"), f"{KEY}.month", names, f"{likely:%Y-%m}", width=130) + "-01")


# ── making ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def make(actor: Actor, estate_id: int, month: date, shown: Sequence[Standing]) -> None:
    """Make what the button asked for, one building a write."""
    asked = st.session_state.pop(f"{KEY}#make", None)
    if asked is None:
        return
    wanted = [each for each in shown if each.building_id in asked]
    bar = st.progress(0.0, text=_("正在生成通知单…"))
    made = 0
    for place, each in enumerate(wanted, start=1):
        with writing(actor) as session:
            made += prepare_notices(session, estate_id, month, each.building_id).made
        said = _("{building} 已完成，共 {n} 份", building=plain(each.building), n=made)
        bar.progress(place / len(wanted), text=said)
    bar.empty()
    form.tell(_("已生成 {n} 份通知单", n=made) if made else _("没有要新增的通知单。"))
    st.rerun()


def overview(shown: Sequence[Standing]) -> None:
    facts = [
        (_("本期应缴户"), sum(each.owing for each in shown)), (_("通知单"), sum(each.made for each in shown)),
        (_("已送达"), sum(each.arrived for each in shown)), (_("未送达"), sum(each.waiting for each in shown)),
        (_("还没生成"), sum(each.untold for each in shown)), (_("只有逾期"), sum(each.late for each in shown)),
    ]  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        for label, n in facts:
            st.metric(label, f"{n:,}", width=110, border=True)
    if facts[-1][1]:
        st.caption(_("“只有逾期”的客户本期没有新账单，请到催缴办理，不发缴费通知。"))


def making(actor: Actor, shown: Sequence[Standing]) -> None:
    """Draw the way to make the notices that are missing."""
    if not actor.may(Right.BILL):
        return
    untold, made = [each for each in shown if each.untold], any(each.made for each in shown)
    if st.button(
        _("补齐通知单") if made else _("生成通知单"), type="primary" if untold else "secondary", key=f"{KEY}.make",
        icon=":material/post_add:", disabled=not untold,
        help=_("已有通知单的户不重复生成；之后新出的账单另开一份。") if untold else _("没有要新增的通知单。"),
    ):  # fmt: skip
        st.session_state[f"{KEY}#make"] = [each.building_id for each in untold]
        st.rerun()


# ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def show_list(actor: Actor, sought: Sought) -> None:
    state = st.session_state
    if state.get(f"{KEY}#question") != repr(sought):
        state[f"{KEY}#question"], state[f"{KEY}#turns"] = repr(sought), [0]
    turns: list[int] = state[f"{KEY}#turns"]
    with reading(actor) as session:
        rows, total = listed(session, sought, after=turns[-1])
    if not rows:
        st.info(_("没有符合条件的通知单。"), icon=":material/search_off:")
        return
    chosen = rows_shown(rows)
    first = (len(turns) - 1) * PAGE
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_("第 {first}–{last} 份，共 {total} 份", first=first + 1, last=first + len(rows), total=total))
        if st.button(_("上一页"), key=f"{KEY}.back", disabled=len(turns) == 1, type="tertiary"):
            turns.pop()
            st.rerun()
        if st.button(_("下一页"), key=f"{KEY}.on", disabled=first + len(rows) >= total, type="tertiary"):
            turns.append(rows[-1].id)
            st.rerun()
    if chosen:
        mark(actor, [each.id for each in chosen], _("登记所选 {n} 份的送达", n=len(chosen)), "chosen")
    if len(chosen) == 1:
        one(actor, chosen[0])


def rows_shown(rows: Sequence[Listed]) -> list[Listed]:
    """Draw a page of notices; returns those ticked."""
    config = st.column_config
    words = {_("已送达"): "green", _("未送达"): "orange"}
    frame = pd.DataFrame([
        {
            "unit": each.unit, "customer": each.customer, "amount": f"{each.amount:,.2f}", "number": each.number,
            "state": [_("已送达") if each.arrived else _("未送达")],
            "how": str(each.channel.label) if each.channel else "", "on": each.on,
            "made": f"{local(each.made_at):%m-%d %H:%M}",
        }
        for each in rows
    ], dtype=object)  # fmt: skip
    looks = {
        "unit": config.TextColumn(_("房屋"), width=90), "customer": config.TextColumn(_("客户"), width=200),
        "amount": config.TextColumn(_("共应缴(元)"), alignment="right", width=110),
        "number": config.TextColumn(_("通知单号"), width=160),
        "state": config.MultiselectColumn(
            _("送达"), options=list(words), color=[COLOURS[colour] for colour in words.values()], width=86
        ),
        "how": config.TextColumn(_("方式"), width=70),
        "on": config.DateColumn(_("送达日期"), format="YYYY-MM-DD", width=105),
        "made": config.TextColumn(_("生成"), width=100),
    }  # fmt: skip
    picked = st.dataframe(
        frame, hide_index=True, row_height=_ROW, height=min(len(rows), _IN_SIGHT) * _ROW + _HEAD, column_config=looks,
        placeholder="", key=f"{KEY}.rows.{rows[0].id}.{len(rows)}.{st.session_state.get(f'{KEY}#round', 0)}",
        on_select="rerun", selection_mode="multi-row", alt=_("通知单清单"),
    )  # fmt: skip
    return [rows[place] for place in picked["selection"]["rows"] if place < len(rows)]


def one(actor: Actor, notice: Listed) -> None:
    """Draw what can be done with one notice: print it, send it as a message."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(notice.unit)} {plain(notice.customer)}**", width="stretch")
            link(_("打印这一份"), "payment_notices", notice.number, one=1)
        st.caption(_("复制下面的文字，发微信或短信给客户："))
        with reading(actor) as session:
            st.code(message_of(session, notice.id), language=None, wrap_lines=True)


# ── who was reached ──────────────────────────────────────────────────────────────────────────────────────────────────


def mark(actor: Actor, ids: Sequence[int], label: str, name: str) -> None:
    """Draw the note of how notices arrived."""
    if not (actor.may(Right.BILL) or actor.may(Right.DUN)):
        return
    key = f"{KEY}.{name}"
    with st.popover(label, icon=":material/mark_email_read:", key=f"{key}#open"):
        st.caption(_("通知单要送到客户本人手里，不要贴在门上或张贴公布。"))
        with st.form(f"{key}#form", border=False, enter_to_submit=False):
            channel = st.segmented_control(
                _("送达方式"), [each.value for each in Channel], key=f"{key}.channel", required=True,
                default=Channel.LETTER_BOX.value, format_func=lambda each: str(Channel(each).label),
            )  # fmt: skip
            on = st.date_input(_("送达日期"), value=today(), key=f"{key}.on", format="YYYY-MM-DD", max_value=today())
            proof = st.text_input(
                _("凭证、备注"), key=f"{key}.proof", autocomplete="off", placeholder=_("签收人、微信截图、快递单号")
            )
            with st.container(horizontal=True):
                reached = st.form_submit_button(_("已送达"), type="primary", key=f"{key}.reached")
                failed = st.form_submit_button(_("没有送到"), key=f"{key}.failed")
        if reached or failed:
            with errors.shown():
                if not isinstance(on, date):
                    raise Refused(_("请填写送达日期。"))
                with writing(actor) as session:
                    n = record_deliveries(session, ids, Channel(channel), reached=reached, on=on, proof=proof)
                form.tell(_("已登记 {n} 份", n=n))
                st.session_state[f"{KEY}#round"] = st.session_state.get(f"{KEY}#round", 0) + 1
                st.rerun()


def tools(actor: Actor, sought: Sought, shown: Sequence[Standing], waiting: Sequence[int]) -> None:
    """Draw what can be done with all of the building's: make, print, mark, take away."""
    with reading(actor) as session:
        made = batches(session, sought)
    with st.container(horizontal=True, vertical_alignment="center"):
        making(actor, shown)
        if len(made) == 1:
            link(_("打印 {n} 份", n=made[0].notices), "payment_notices", made[0].key, primary=True,
                 building=sought.building_id)  # fmt: skip
        elif made:
            with st.popover(_("打印"), icon=":material/print:", key=f"{KEY}.print#open"):
                for each in made:
                    told = {"n": each.notices, "at": f"{local(each.made_at):%m-%d %H:%M}", "building": each.building}
                    label = _("{building} {n} 份（{at}）", **told)
                    link(label, "payment_notices", each.key, building=sought.building_id)
        if waiting:
            mark(actor, waiting, _("未送达的 {n} 份登记送达", n=len(waiting)), "all")
        if made and actor.may(Right.EXPORT):
            st.download_button(
                _("导出清单"), taken(sought), _("缴费通知-{month}.xlsx", month=f"{sought.month:%Y-%m}"), mime=_EXCEL,
                key=f"{KEY}.export", icon=":material/download:", on_click="ignore",
            )  # fmt: skip


def taken(sought: Sought) -> Callable[[], bytes]:
    def made(actor: Actor) -> bytes:
        with writing(actor) as session:
            return workbook(session, sought)

    return when_asked(made)


def show(actor: Actor) -> None:
    page_title(_("缴费通知"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        estate_id = choose_estate(actor)
        month = choose_month(actor, estate_id)
        with reading(actor) as session:
            found = standings(session, estate_id, month)
        names = {EVERY: _("全部楼栋")} | {str(each.building_id): each.building for each in found}
        building = int(kept_choice(_("楼栋"), f"{KEY}.building", names, EVERY))
    if not found:
        st.info(
            _("{month} 还没有待缴的账单。请先在“账单”里出这个月的账，再发通知。", month=f"{month:%Y-%m}"),
            icon=":material/mail:",
        )  # fmt: skip
        return
    shown = [each for each in found if building in {0, each.building_id}]
    overview(shown)
    if not any(each.owing or each.made for each in shown):
        words = _("{month} 还没有待缴的账单。请先在“账单”里出这个月的账，再发通知。", month=f"{month:%Y-%m}")
        st.info(words, icon=":material/mail:")
        return
    with errors.shown():
        make(actor, estate_id, month, shown)
    sought = Sought(estate_id, month, building or None)
    with reading(actor) as session:
        waiting = not_reached(session, estate_id, month, building or None)
    tools(actor, sought, shown, waiting)
    if not any(each.made for each in shown):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        total = sum(each.made for each in shown)
        labels = {ALL: _("全部 {n}", n=total), WAITING: _("未送达 {n}", n=len(waiting)),
                  ARRIVED: _("已送达 {n}", n=total - len(waiting))}  # fmt: skip
        only = kept_segment(_("看哪些"), f"{KEY}.only", labels, ALL)
        typed = st.text_input(
            _("查找"), key=f"{KEY}.q", type="search", live="300ms", placeholder=_("房号、通知单号"), width=220,
            autocomplete="off", icon=":material/search:", label_visibility="collapsed",
        )  # fmt: skip
    arrived = {ALL: None, WAITING: False, ARRIVED: True}[only]
    show_list(actor, Sought(estate_id, month, building or None, arrived, typed))


form.say_told()
show(current_actor())
