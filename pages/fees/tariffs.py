"""Tariffs 收费标准: who pays how much for what, from when to when; fee items, payees; what does this unit pay? (F1)."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from components import charges, form, registry_page, registry_table, shell, tariff_forms
from components.page_title import page_title
from components.plain import plain
from components.registry_table import NEW, ROW_HEIGHT, WHAT, Register
from components.signin import current_actor
from components.table import COLOURS
from components.words import _
from db.ledger.price_words import percent_a_day, price_said
from db.ledger.tables import FeeItem, Payee, Tariff
from db.ledger.tariff_lists import Line, Page, Standing, Wanted, Whole, items_in, listed, whole
from db.people import Actor, Right
from db.registry import UnitUse
from db.session import reading
from db.words import _ as lazy

TARIFFS = Register("tariffs", Tariff, lazy("收费标准"))
ITEMS = Register(
    "fee_items", FeeItem, lazy("收费项目"), asks=("estate_id", "name", "kind", "payee_id", "position", "active")
)
PAYEES = Register("payees", Payee, lazy("收款单位"))
ASK = "ask"
TABS = {"tariffs": _("收费标准"), "fee_items": _("收费项目"), "payees": _("收款单位"), ASK: _("查询收费")}
DO = "do"
"""In the address: which panel of a tariff is open."""
PANELS = {"follow": tariff_forms.follow, "end": tariff_forms.end, "change": tariff_forms.edit}
HEIGHT = 14


def leave_for(tariff_id: str = "", panel: str = "") -> None:
    for name, value in (("tariffs.id", tariff_id), (DO, panel)):
        if value:
            st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]
    tariff_forms.forget()
    st.rerun()


def tabs(shown: str) -> None:
    st.session_state[WHAT] = shown
    chosen = st.segmented_control(
        _("看哪一类"), list(TABS), format_func=TABS.__getitem__, key=WHAT, required=True, label_visibility="collapsed"
    )
    if chosen is not None and chosen != shown:
        st.query_params.from_dict({WHAT: chosen})
        st.rerun()


# ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def show_list(actor: Actor) -> None:
    with reading(actor) as session:
        items = {str(key): name for key, name in items_in(session, shell.estate_ids(actor)).items()}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        typed = st.text_input(
            _("查找"), key="tariffs.q", type="search", live="300ms", autocomplete="off", icon=":material/search:",
            placeholder=_("名称、文号、房号、合同"), bind="query-params", width=250, label_visibility="collapsed",
        )  # fmt: skip
        item = registry_table.one_of("tariffs.item", _("全部收费项目"), items)
        use = registry_table.one_of("tariffs.use", _("全部用途"), {each.value: str(each.label) for each in UnitUse})
        standing = registry_table.one_of(
            "tariffs.standing", _("全部状态"), {each.value: str(each.label) for each in Standing}
        )
    wanted = Wanted(
        shell.estate_ids(actor), int(item) if item else None, UnitUse(use) if use else None,
        Standing(standing) if standing else None, typed,
    )  # fmt: skip
    state = st.session_state
    if state.get("tariffs#question") != repr(wanted):
        state["tariffs#question"], state["tariffs#turn"] = repr(wanted), {}
    with reading(actor) as session:
        page = listed(session, wanted, **state["tariffs#turn"])
    if not page.rows:
        narrowed = typed or item or use or standing
        st.info(
            _("没有符合条件的收费标准。请换一个说法，或去掉筛选。") if narrowed
            else _("还没有收费标准。先建“收款单位”和“收费项目”，再新建收费标准。"),
            icon=":material/search_off:" if narrowed else ":material/inbox:",
        )  # fmt: skip
        return
    if (chosen := rows(page)) is not None:
        leave_for(str(chosen))
    registry_table.turn_pages(TARIFFS, page)


def rows(page: Page) -> int | None:
    """Draw one page; returns the tariff that was clicked."""
    config = st.column_config
    several = len({each.estate for each in page.rows}) > 1
    standings = {str(each.label): COLOURS[each.colour] for each in Standing}
    frame = pd.DataFrame([row_of(each, several) for each in page.rows], dtype=object)
    looks = {
        "name": config.ButtonColumn(
            _("标准名称"), type="tertiary", alignment="left", pinned=True, key="tariffs.open", width=150,
            help=_("点开查看和调价"),
        ),
        "estate": config.Column(_("项目"), width=84), "item": config.Column(_("收费项目"), width=92),
        "whom": config.Column(_("适用"), width=178), "price": config.Column(_("单价"), width=112),
        "payer": config.Column(_("由谁缴纳"), width=68),
        "standing": config.MultiselectColumn(
            _("状态"), options=list(standings), color=list(standings.values()), width=70
        ),
        "valid_from": config.DateColumn(_("执行起"), format="YYYY-MM-DD", width=86),
        "valid_to": config.DateColumn(_("执行止"), format="YYYY-MM-DD", width=86),
        "late": config.Column(_("违约金"), width=56), "filing": config.Column(_("依据")),
    }  # fmt: skip
    st.dataframe(
        frame, hide_index=True, row_height=ROW_HEIGHT, column_config=looks, placeholder="", alt=_("收费标准清单"),
        height=min(len(page.rows), HEIGHT) * ROW_HEIGHT + registry_table.HEAD, key=f"tariffs.rows.{page.rows[0].id}",
    )  # fmt: skip
    click = st.session_state.get("tariffs.open")
    return page.rows[click["row"]].id if click and click["row"] < len(page.rows) else None


def row_of(line: Line, several: bool) -> dict[str, object]:  # noqa: FBT001 - whether estates are named
    estate = {"estate": line.estate} if several else {}
    return {
        "name": line.name, **estate, "item": line.item, "whom": line.whom,
        "price": price_said(line.price, line.basis, line.kind, line.steps), "standing": [str(line.standing.label)],
        "payer": str(line.payer.label), "valid_from": line.valid_from,
        "valid_to": line.valid_to, "late": _("有") if line.has_late_fee else _("无"), "filing": line.filing_number,
    }  # fmt: skip


# ── one tariff ───────────────────────────────────────────────────────────────────────────────────────────────────────


def show_one(actor: Actor, tariff_id: int) -> None:
    if st.button(_("返回列表"), key="tariffs.back", type="tertiary", icon=":material/arrow_back:"):
        leave_for()
    with reading(actor) as session:
        found = whole(session, tariff_id)
    left, right = st.columns([2, 1], gap="medium")
    with left:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.title(plain(found.line.name), anchor=False, width="content")
            st.badge(str(found.line.standing.label), color=found.line.standing.colour)
        panel = st.query_params.get(DO, "")
        if panel in PANELS and actor.may(Right.EDIT_TARIFFS):
            draw_panel(actor, found, panel)
        facts(found)
        if actor.may(Right.EDIT_TARIFFS) and not panel:
            acts(actor, found)
    with right:
        registry_page.show_history(TARIFFS, actor, tariff_id)


def facts(found: Whole) -> None:
    line, values = found.line, found.values
    late = (
        _("每日 {rate}（{clause}）", rate=percent_a_day(values["late_ppm"]), clause=values["late_clause"])
        if line.has_late_fee
        else _("不计（没有合同条款）")
    )
    told_facts = [
        (_("收费项目"), line.item if line.item == str(line.kind.label) else f"{line.item} · {line.kind.label}"),
        (_("收款单位"), found.payee), (_("适用"), line.whom), (_("合同"), line.contract),
        (_("单价"), price_said(line.price, line.basis, line.kind, line.steps)), (_("计费方式"), line.basis.label),
        (_("由谁缴纳"), line.payer.label), (_("缴费周期"), f"{line.cycle.label} · {values['anchor'].label}"),
        (_("不足一月"), values["part_month"].label), (_("四舍五入"), values["rounding"].label),
        (_("空置房收费比例"), f"{values['vacant_percent']}%"),
        (_("执行"), _("{day} 起", day=line.valid_from) if line.valid_to is None
         else _("{first} 至 {last}", first=line.valid_from, last=line.valid_to)),
        (_("依据"), line.filing_number or _("未填写")), (_("违约金"), late),
    ]  # fmt: skip
    with st.container(border=True):
        said_facts = [f":gray[{label}]　{plain(said)}" for label, said in told_facts if str(said)]
        half = (len(said_facts) + 1) // 2
        for column, some in zip(st.columns(2), (said_facts[:half], said_facts[half:]), strict=True):
            column.markdown("  \n".join(some))


def acts(actor: Actor, found: Whole) -> None:
    """Draw what may be done with it."""
    over = found.line.standing is Standing.OVER
    tariff_id = str(found.line.id)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if not over and st.button(_("调价"), key="tariffs.follow#open", type="primary", icon=":material/trending_up:"):
            leave_for(tariff_id, "follow")
        if not over and st.button(_("终止"), key="tariffs.end#open", icon=":material/event_busy:"):
            leave_for(tariff_id, "end")
        if not found.has_bills:
            if st.button(_("修改"), key="tariffs.change#open", icon=":material/edit:"):
                leave_for(tariff_id, "change")
            registry_page.take_back(TARIFFS, actor, found.line.id)
        else:
            st.caption(_("已按它出过账，只能调价或终止。"))


def draw_panel(actor: Actor, found: Whole, panel: str) -> None:
    with st.container(border=True):
        st.subheader({"follow": _("调价"), "end": _("终止"), "change": _("修改")}[panel], anchor=False)
        sent = PANELS[panel](actor, found)
    if sent is None:
        return
    if not sent.cancelled:
        form.tell({"follow": _("已调价，新标准如下"), "end": _("已终止"), "change": _("已保存")}[panel])
    leave_for(str(found.line.id) if sent.cancelled else sent.result)


def show_new(actor: Actor) -> None:
    if st.button(_("返回列表"), key="tariffs.back", type="tertiary", icon=":material/arrow_back:"):
        leave_for()
    st.subheader(_("新建收费标准"), anchor=False)
    with st.container(border=True, width=900):
        sent = tariff_forms.edit(actor)
    if sent is not None:
        if not sent.cancelled:
            form.tell(_("收费标准已新建"))
        leave_for("" if sent.cancelled else sent.result)


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────────

actor = current_actor()
form.say_told()
what = st.query_params.get(WHAT, "tariffs")
what = what if what in TABS else "tariffs"
register = {each.key: each for each in (ITEMS, PAYEES)}.get(what)
record = st.query_params.get(f"{register.key}.id" if register else "tariffs.id", "")
if register is not None and record:
    registry_page.show([register], _("收费标准"))
elif what == "tariffs" and record == NEW and actor.may(Right.EDIT_TARIFFS):
    show_new(actor)
elif what == "tariffs" and record.isascii() and record.isdigit() and len(record) < 10:
    show_one(actor, int(record))
else:
    if what == ASK:
        page_title(_("收费标准"))
    else:
        registry_page.head(register or TARIFFS, actor, _("收费标准"))
    tabs(what)
    if what == ASK:
        charges.ask(actor, "tariffs.ask")
    elif register is not None:
        registry_table.show_list(register, actor)
    else:
        show_list(actor)
