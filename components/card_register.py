"""门禁卡与钥匙: who carries what, found by number, person or unit; one of them with what may be done; handing out."""

from __future__ import annotations

import streamlit as st

from components import card_forms, form, shell
from components.card_forms import Whom
from components.desks import asking
from components.desks.asking import Column, link_to_unit, open_in_address, rows, yuan
from components.kept_choice import kept_segment
from components.papers import panel
from components.picker import customer_picker, unit_picker
from components.plain import plain
from components.registry_table import one_of
from components.words import _
from db.dossiers import card_lists, cards
from db.dossiers.card_lists import CardRecord, Shown, Sought
from db.dossiers.card_tables import HoldingKind, Standing
from db.histories import said_moment
from db.people import Actor, Right
from db.picking import proposed_customer
from db.process import process_of
from db.session import reading, writing

CARD, NEW, UNIT, SHOWN = "record", "new", "unit", "shown"
"""In the address: the open one; that one is being handed out; for which unit; which part of the register."""
KEY = "cards"
_BLANK = "\u3000"
PAPERS = "cards"
"""Under which the register's papers are declared (`db.papers`)."""


# ── the register ─────────────────────────────────────────────────────────────────────────────────────────────────────


def show_list(actor: Actor) -> None:
    """Draw the search, the parts of the register with what wants attention, and one page of rows."""
    estates = shell.estate_ids(actor)
    with reading(actor) as session:
        waiting = card_lists.counts(session, estates)
    names = {each.value: _named(each, waiting.get(each, 0)) for each in Shown}
    shown = Shown(kept_segment(_("看哪一类"), SHOWN, names, Shown.OUT.value))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        typed = st.text_input(
            _("查找"), key=f"{KEY}.q", type="search", live="300ms", autocomplete="off", width=300,
            icon=":material/search:", placeholder=_("卡号、房号、姓名、电话"), label_visibility="collapsed",
            bind="query-params",
        )  # fmt: skip
        kind = one_of(f"{KEY}.kind", _("全部种类"), {each.value: str(each.label) for each in HoldingKind})
    sought = Sought(estates, shown, typed, HoldingKind(kind) if kind else None)
    after = asking.turned(KEY, sought)
    with reading(actor) as session:
        page = card_lists.cards(session, sought, after)
    if not page.rows:
        st.info(_("没有符合条件的登记。") if typed or kind else _nothing(shown), icon=":material/inbox:")
        return
    columns = [
        Column("what", _("门禁卡、钥匙"), width=170), Column("unit", _("房屋"), width=100),
        Column("customer", _("客户"), width=180), Column("holder", _("持有人"), width=100),
        Column("relation", _("关系"), width=70), Column("standing", _("状态"), "chip", width=90, chips=Standing),
        Column("issued", _("发放时间"), width=130), Column("hint", _("提示"), width=170),
    ]  # fmt: skip
    lines = [
        each.__dict__
        | {"issued": said_moment(each.issued_at), "hint": _("人已迁出，请收回") if each.left else "",
           "relation": "" if each.holder == each.customer else str(each.relation.label)}
        for each in page.rows
    ]  # fmt: skip
    clicked = rows(KEY, columns, lines, _("门禁卡与钥匙清单"), _("点开办理挂失、交回"))
    asking.turn(KEY, page.total, page.next)
    if clicked is not None:
        open_in_address(CARD, page.rows[clicked].id)


def _named(shown: Shown, waiting: int) -> str:
    return f"{shown.label} {waiting}" if waiting else str(shown.label)


def _nothing(shown: Shown) -> str:
    return {
        Shown.OUT: _("还没有发放登记。点“发放”登记第一张。"),
        Shown.LEFT: _("迁出的客户都已交回。"),
        Shown.TO_DISABLE: _("没有等待停用的卡。"),
        Shown.LOST: _("没有挂失的。"),
    }.get(shown, _("还没有登记。"))


# ── one of them ──────────────────────────────────────────────────────────────────────────────────────────────────────


def show_one(actor: Actor, holding_id: int) -> None:
    """Draw one card or bunch of keys: its story, and what may be done with it."""
    back()
    with reading(actor) as session:
        found = card_lists.card(session, holding_id)
    line = found.line
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(plain(line.what), anchor=False, width="content")
        st.badge(str(line.standing.label), color=line.standing.colour)  # type: ignore[arg-type]
        if line.left:
            st.badge(_("人已迁出，请收回"), color="orange")
        link_to_unit(line.unit_id, plain(line.unit), f"{KEY}.unit")
    if line.standing is Standing.LOST and found.electronic and found.disabled_at is None:
        st.warning(_("须在门禁系统停用：停用后在这里登记。"), icon=":material/lock_open:")
    left, right = st.columns([1, 1.2], gap="medium")
    with left:
        _story(found)
    with right:
        if actor.may(Right.HAND_OVER) and line.standing is not Standing.BACK:
            _acts(actor, found)
        panel.show(PAPERS, line.id, actor)


def back() -> None:
    """Draw the way back to the register."""
    if st.button(
        _("门禁卡与钥匙"), key=f"{KEY}.back", type="tertiary", icon=":material/arrow_back:", shortcut="Alt+B",
        help=_("返回列表"),
    ):  # fmt: skip
        for name in (CARD, NEW, UNIT):
            st.query_params.pop(name, None)
        st.rerun()


def _story(found: CardRecord) -> None:
    line = found.line
    facts = [
        (_("客户"), line.customer),
        (
            _("持有人"),
            _("{holder}（{relation}）", holder=line.holder, relation=line.relation.label)
            if line.holder not in {"", line.customer}
            else line.holder,
        ),
        (_("发放"), _("{who} {when}", who=found.issued_by, when=said_moment(line.issued_at))),
        (_("签收人"), found.signed_by or _("未签收")),
        (_("工本费"), _("{sum} 元", sum=yuan(found.charged)) if found.charged is not None else _("免费")),
        (_("挂失"), f"{said_moment(found.lost_at)} {found.lost_why}" if found.lost_at else ""),
        (_("门禁系统停用"), said_moment(found.disabled_at) if found.disabled_at else ""),
        (_("补办为"), found.replacement),
        (_("交回"), said_moment(found.returned_at) if found.returned_at else ""),
        (_("备注"), found.note),
    ]
    widest = max(len(label) for label, said in facts if said)
    lines = [f":gray[{label}]{_BLANK * (widest - len(label) + 1)}{plain(said)}" for label, said in facts if said]
    st.markdown("  \n".join(lines))
    if found.case:
        process = process_of(found.process)
        st.page_link(f"pages/{process.section}/{process.key}.py", label=found.case, icon=process.icon,
                     query_params={"case": found.case})  # fmt: skip


def _acts(actor: Actor, found: CardRecord) -> None:
    line = found.line
    names = {"back": _("交回")}
    if line.standing is Standing.OUT:
        names["lost"] = _("挂失")
    elif not found.replacement:
        names["again"] = _("补办")
    if found.electronic and found.disabled_at is None and (line.standing is Standing.LOST or line.left):
        names = {"disabled": _("已在门禁系统停用")} | names
    act = st.segmented_control(_("办理"), list(names), format_func=names.__getitem__, key=f"{KEY}.act.{line.id}",
                               label_visibility="collapsed")  # fmt: skip
    if act is None:
        return
    with st.container(border=True):
        said = _done(actor, found, act)
    if said:
        form.tell(said)
        st.rerun()


def _done(actor: Actor, found: CardRecord, act: str) -> str:
    """Draw what is being done; says what was done, once it is."""
    line, key = found.line, f"{KEY}.{act}.{found.line.id}"
    if act == "back":
        return _("已登记交回") if card_forms.back(line.id, line.count, found.version, actor, key) else ""
    if act == "lost":
        return _("已挂失") if card_forms.lost(line.id, line.count, found.version, actor, key) else ""
    if act == "again":
        whom = Whom(line.unit_id, line.customer_id)
        made = card_forms.hand_out(whom, actor, key, replaces=line.id, kind=line.kind)
        return _("已补办 {what}", what=made) if made else ""
    st.caption(_("只登记已挂失、或持有人已迁出的卡；不得因欠费停卡。"))
    if st.button(_("登记已停用"), key=f"{key}.save", type="primary", icon=":material/lock:"):
        with writing(actor) as session:
            cards.mark_disabled(session, line.id, version=found.version)
        return _("已登记停用")
    return ""


# ── handing out ──────────────────────────────────────────────────────────────────────────────────────────────────────


def show_new(actor: Actor) -> None:
    """Draw the form of handing something out: for which unit, to whom, what."""
    back()
    st.subheader(_("发放门禁卡、钥匙"), anchor=False)
    place = f"{KEY}.new.unit_id"
    if place not in st.session_state and (told := asking.number_in(UNIT)) is not None:
        st.session_state[place] = told
    with st.container(border=True, width=860):
        left, right = st.columns(2)
        with left:
            unit_id = unit_picker(place)
        _propose_customer(actor, unit_id)
        with right:
            customer_id = customer_picker(f"{KEY}.new.customer_id")
        if unit_id is None:
            st.caption(_("先找到房屋；住在这里的客户会列出来。"))
            return
        made = card_forms.hand_out(Whom(unit_id, customer_id), actor, f"{KEY}.hand_out")
    if made:
        form.tell(_("已发放 {what}", what=made))
        st.query_params.pop(NEW, None)
        st.rerun()


def _propose_customer(actor: Actor, unit_id: int | None) -> None:
    """Propose who lives in the unit just found."""
    state, seen = st.session_state, f"{KEY}.new#unit"
    if unit_id is not None and state.get(seen) != unit_id:
        with reading(actor) as session:
            typed = state.get(f"{KEY}.new.unit_id#typed", "")
            state[f"{KEY}.new.customer_id"] = proposed_customer(session, unit_id, typed)
    state[seen] = unit_id


__all__ = ["CARD", "NEW", "back", "show_list", "show_new", "show_one"]
