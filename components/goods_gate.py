"""The gate's screen 门岗核对: passes that hold today, one to check; made for a phone, bad light and gloves.

It shows who takes what until when, and neither amounts nor telephones.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import streamlit as st

from components import errors, form
from components.page_title import page_title
from components.plain import plain
from components.words import _
from db.dossiers.exits import GatePass, at_the_gate, check_out, valid_today
from db.dossiers.goods import Goods
from db.dossiers.goods_tables import State
from db.people import Actor
from db.refused import Refused
from db.session import reading, writing

CASE = "case"
KEY = "goods_gate"


def show(actor: Actor) -> None:
    """Draw the passes of today, or the one named in the address: scanned, typed or chosen."""
    form.say_told()
    if number := st.query_params.get(CASE):
        _one(actor, number)
    else:
        _today(actor)


def _go_to(number: str = "") -> None:
    if number:
        st.query_params[CASE] = number
    elif CASE in st.query_params:
        del st.query_params[CASE]
    st.rerun()


# ── today ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _today(actor: Actor) -> None:
    page_title(_("物品放行"))
    with st.form(f"{KEY}.find#form", border=False):
        typed = st.text_input(
            _("放行条号"), key=f"{KEY}.find", placeholder=_("扫码，或输入单号后三位"), autocomplete="off"
        )
        pressed = st.form_submit_button(_("查找"), type="primary", width="stretch", icon=":material/search:")
    if pressed and typed.strip():
        try:
            with reading(actor) as session:
                number = at_the_gate(session, typed).number
            _go_to(number)
        except Refused as refused:
            errors.show_refused(refused)
    with reading(actor) as session:
        passes = valid_today(session)
    st.subheader(_("今天有效 {n} 张", n=len(passes)), anchor=False)
    if not passes:
        st.caption(_("今天没有待出门的放行条。没有放行条的大件物品，请客户到前台办理。"))
    for each in passes:
        _card(each)


def _card(each: GatePass) -> None:
    with st.container(border=True, gap="small", key=f"{KEY}.card.{each.id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"#### {plain(each.unit)}　{plain(each.taker_name)}", width="content", anchors=False)
            st.badge(str(each.state.label), color=each.state.colour)  # type: ignore[arg-type, unused-ignore]
        st.markdown(plain(each.summary))
        st.caption(f"{plain(each.window)}　{plain(each.number)}")
        if st.button(_("核对"), key=f"{KEY}.open.{each.id}", width="stretch", icon=":material/checklist:"):
            _go_to(each.number)


# ── one pass ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _one(actor: Actor, number: str) -> None:
    if st.button(_("返回"), key=f"{KEY}.back", icon=":material/arrow_back:", type="tertiary"):
        _go_to()
    try:
        with reading(actor) as session:
            seen = at_the_gate(session, number)
    except Refused as refused:
        errors.show_refused(refused)
        return
    _verdict(seen)
    with st.container(border=True, gap="small"):
        st.markdown(f"#### {plain(seen.unit)}　{plain(seen.taker_name)}", anchors=False)
        lines = [(_("取物人"), str(seen.taker.label)), (_("客户"), seen.customer), (_("时间"), seen.window)]
        lines += [(_("车牌号"), seen.vehicle)] if seen.vehicle else []
        lines += [(_("单号"), seen.number)]
        st.markdown("  \n".join(f":gray[{plain(label)}]　{plain(text)}" for label, text in lines))
    if sent := check(actor, seen):
        form.tell(sent)
        _go_to()


def _verdict(seen: GatePass) -> None:
    """Say in one line, colour and word, whether goods may go."""
    if seen.holds:
        st.success(_("可以放行：核对人和物品"), icon=":material/check_circle:")
    elif seen.state is State.DIFFERS:
        st.warning(_("有出入，等主管决定：{what}", what=plain(seen.difference)), icon=":material/hourglass_top:")
    elif seen.state in {State.ISSUED, State.CHECKED}:
        st.error(_("不在放行时间内：{window}", window=plain(seen.window)), icon=":material/block:")
    elif seen.state is State.DONE:
        st.error(_("已经出过门，不能再用"), icon=":material/block:")
    else:
        st.error(_("不能放行：{state}", state=seen.state.label), icon=":material/block:")


def check(actor: Actor, seen: GatePass) -> str:
    """Draw the goods with the way to let them out; returns what to say once it is done."""
    left = [each for each in seen.goods if each.left]
    _goods(seen.goods)
    if not seen.holds:
        return ""
    if _pressed(_("全部一致，放行"), "all", primary=True):
        return _check_out(actor, seen, {each.id: each.left for each in left})
    detailed = f"{KEY}.detail"
    if _pressed(_("分次出门，或有出入"), "some"):
        st.session_state[detailed] = "" if st.session_state.get(detailed) == seen.number else seen.number
    if st.session_state.get(detailed) != seen.number:
        return ""
    return _counting(actor, seen, left)


def _pressed(label: str, name: str, *, primary: bool = False) -> bool:
    pressed: bool = st.button(label, key=f"{KEY}.{name}", type="primary" if primary else "secondary", width="stretch")
    return pressed


def _goods(things: Sequence[Goods]) -> None:
    lines = []
    for place, each in enumerate(things, start=1):
        out = f"　:green-badge[{_('已出 {n}', n=each.out)}]" if each.out else ""
        note = f"　:gray[{plain(each.note)}]" if each.note else ""
        lines.append(f"{place}\\. **{plain(each.name)}**　{plain(each.amount(each.count))}{note}{out}")
    with st.container(border=True, height=420 if len(lines) > 12 else "content"):
        st.markdown("  \n".join(lines))


def _counting(actor: Actor, seen: GatePass, left: Sequence[Goods]) -> str:
    """Draw the lines to be ticked, with a number where there are several, and what the pass does not name."""
    with st.form(f"{KEY}.count#form.{seen.number}"):
        st.markdown(f"**{_('勾选这次出门的物品')}**")
        for each in left:
            st.checkbox(
                f"**{plain(each.name)}**　{plain(each.amount(each.left))}", key=f"{KEY}.tick.{each.id}", value=False
            )
            if each.left > 1:
                st.text_input(
                    _("出门几件"), key=f"{KEY}.count.{each.id}", placeholder=_("不填就是 {n}", n=each.left),
                    label_visibility="collapsed", autocomplete="off",
                )  # fmt: skip
        more = st.text_input(
            _("放行条上没有的"), key=f"{KEY}.more", placeholder=_("例如：冰箱 1 台"), max_chars=200, autocomplete="off"
        )
        label = _("提交") if seen.several else _("报告出入")
        if not st.form_submit_button(label, type="primary", width="stretch"):
            return ""
    try:
        counted = {each.id: _counted(each) for each in left if st.session_state.get(f"{KEY}.tick.{each.id}")}
    except Refused as refused:
        errors.show_refused(refused)
        return ""
    return _check_out(actor, seen, counted, more)


def _counted(line: Goods) -> int:
    typed = str(st.session_state.get(f"{KEY}.count.{line.id}") or line.left).strip()
    if not (typed.isascii() and typed.isdigit() and len(typed) < 6):
        raise Refused(_("“{name}”的件数请填写整数。", name=line.name))
    return int(typed)


def _check_out(actor: Actor, seen: GatePass, counted: dict[int, int], more: str = "") -> str:
    """Let goods out; the version is that which the guard saw, and a second press changes nothing."""
    token = st.session_state.setdefault(f"{KEY}#token.{seen.number}.{seen.version}", secrets.token_urlsafe(24))
    try:
        with writing(actor) as session:
            case = check_out(session, seen.id, counted, more=more, version=seen.version, token=token)
            state = State(case.state)
    except Refused as refused:
        errors.show_refused(refused)
        return ""
    if state is State.DIFFERS:
        return _("{number} 已报告出入，请等主管决定", number=seen.number)
    return _("{number} 已核对出门", number=seen.number)
