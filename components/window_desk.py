"""The one window 一站式: who stands there, what is under way, what lies ready, and each formality with its sums."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from sqlalchemy.orm import Session

from components import form, shell
from components.desks.asking import link_to_unit, number_in
from components.form import Button, Filled, Form
from components.papers.links import address, link
from components.picker import unit_picker
from components.plain import one_line, plain
from components.words import _
from db.checklists import Wanted
from db.dossiers.one_window import (
    BY_KEY,
    FORMALITIES,
    Asked,
    Guide,
    UnderWay,
    Visitor,
    guide,
    may_take_in,
    templates_of,
    under_way,
    visitor,
)  # fmt: skip
from db.dossiers.window_costs import Cost
from db.dossiers.window_results import Result, hand_over, results_of
from db.fields import Field
from db.people import Actor
from db.process import process_of
from db.session import reading
from db.words import _ as lazy

KEY = "one_window"
WHAT, UNIT, CUSTOMER, KIND = "what", "unit", "customer", "kind"
"""In the address: the formality looked at, the unit and customer at the window, which kind of the formality."""
ABREAST, SHOWN = 3, 5
"""Tiles in a row; so many missing things are named."""
TAKEN_BY = Field("taken_by", lazy("领取人"), "text", length=60)


def show(actor: Actor) -> None:
    """Draw the window."""
    left, right = st.columns([1, 1.7], gap="large")
    with left:
        who = _visitor(actor)
        if who is None:
            _nobody()
        else:
            _standing(actor, who)
    with right:
        what = _choose()
        if what:
            _guide(actor, what, who)
        else:
            st.caption(_("选一项手续：看需要什么、多少钱、多久，可以打印办事指南给客户。"))


# ── who stands there ─────────────────────────────────────────────────────────────────────────────────────────────────


def _visitor(actor: Actor) -> Visitor | None:
    """Ask for the unit; draw who holds it."""
    place = f"{KEY}.unit_id"
    if place not in st.session_state and (told := number_in(UNIT)) is not None:
        st.session_state[place] = told
    unit_id = unit_picker(place, _("客户的房屋"))
    _keep(UNIT, unit_id)
    if unit_id is None:
        _keep(CUSTOMER, None)
        return None
    with reading(actor) as session:
        return visitor(session, unit_id)


def _keep(name: str, value: int | str | None) -> None:
    """Let the address say what is on the screen."""
    if value is None or value == "":
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != str(value):
        st.query_params[name] = str(value)


def _nobody() -> None:
    with st.container(border=True):
        st.markdown(f":material/waving_hand: **{_('请客户报房号、姓名或电话')}**")
        st.caption(_("找到房屋后，这里显示正在办理的手续、还缺什么、待领取的单据；右边的费用按这套房屋算出。"))


def _customer(who: Visitor) -> int | None:
    """Ask who of those who hold the unit it is about."""
    if not who.people:
        st.caption(_("这套房屋没有登记客户。"))
        return None
    told = number_in(CUSTOMER)
    key, people = f"{KEY}.customer.{who.unit_id}", list(who.people)
    if st.session_state.get(key) not in people:
        st.session_state[key] = told if told in people else people[0]
    if len(people) == 1:
        chosen: int = people[0]
        st.markdown(f":material/person: {plain(who.people[chosen])}")
    else:
        chosen = st.radio(
            _("办事客户"), people, format_func=lambda each: plain(who.people[each]), key=key, horizontal=True,
            label_visibility="collapsed",
        )  # fmt: skip
    if chosen != told:  # another customer's kind of formality is another
        _keep(KIND, None)
    _keep(CUSTOMER, chosen)
    return chosen


def _standing(actor: Actor, who: Visitor) -> None:
    """Draw who it is, where his formalities stand, and what lies ready for him."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        link_to_unit(who.unit_id, plain(who.unit), f"{KEY}.card")
        st.badge(who.state, color="gray")
        st.caption(plain(who.estate), width="content")
    _customer(who)
    with reading(actor) as session:
        running, ready = under_way(session, who.unit_id), results_of(session, who.unit_id)
    st.subheader(_("正在办理"), anchor=False)
    if not running:
        st.caption(_("没有正在办理的手续。"))
    for each in running:
        _running(each)
    _ready(actor, who, ready)


def _running(each: UnderWay) -> None:
    """Draw where one formality stands: its state, how much is there, what is missing."""
    process = process_of(each.process)
    with st.container(border=True, gap="small", key=f"{KEY}.running.{each.number}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.page_link(
                f"pages/{process.section}/{process.key}.py", label=f"**{plain(each.title)}**　{each.number}",
                icon=each.icon, query_params={"case": each.number}, width="content",
            )  # fmt: skip
            st.badge(each.state, color=each.colour)  # type: ignore[arg-type, unused-ignore]
        if each.customer or each.words:
            st.caption("　".join(filter(None, (plain(each.customer), one_line(each.words, 30)))))
        if each.wanted:
            st.progress(each.done / each.wanted, text=_("已齐 {done}/{n}", done=each.done, n=each.wanted))
        if each.missing:
            lines = [f":orange[:material/pending:] {plain(sentence)}" for sentence in each.missing[:SHOWN]]
            if (more := len(each.missing) - SHOWN) > 0:
                lines.append(f":gray[{_('还有 {n} 项，点单号看全部', n=more)}]")
            st.markdown("  \n".join([f"**{_('还缺')}**", *lines]))
        elif each.next_step:
            mine, others = _("可以办：{step}", step=each.next_step), _("等其他岗位办：{step}", step=each.next_step)
            icon = ":green[:material/task_alt:]" if each.mine else ":gray[:material/hourglass_top:]"
            st.markdown(f"{icon} {plain(mine if each.mine else others)}")


def _ready(actor: Actor, who: Visitor, ready: Sequence[Result]) -> None:
    """Draw the papers that lie ready, and the form by which the customer takes them."""
    if not ready:
        return
    st.subheader(_("待领取 {n} 份", n=len(ready)), anchor=False)
    with st.container(border=True, gap="small"):
        chosen = [each.paper_id for each in ready if _paper(each)]
        if any(not each.to_sign for each in ready):
            _taking(actor, who, chosen)


def _paper(each: Result) -> bool:
    """Draw one paper that lies ready; says whether it is to be handed over now."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        ticked = st.checkbox(
            plain(each.title), value=not each.to_sign, key=f"{KEY}.paper.{each.paper_id}", disabled=each.to_sign
        )
        st.markdown(f":small[[{plain(each.number)}]({address('issued', each.paper_id)})]", width="content")
        if each.to_sign:
            st.badge(_("先请客户签字"), color="orange")
    return ticked and not each.to_sign


def _taking(actor: Actor, who: Visitor, chosen: Sequence[int]) -> None:
    def save(session: Session, filled: Filled) -> str:
        return str(hand_over(session, chosen, filled.values["taken_by"] or ""))

    first = next(iter(who.names.values()), "")
    sent = form.show(
        Form(f"{KEY}.hand", (TAKEN_BY,), (Button("save", _("已交给客户"), save, ":material/handshake:"),),
             about=str(who.unit_id), initial={"taken_by": first}, also=(), columns=(1,)),
        actor,
    )  # fmt: skip
    if sent is not None:
        form.tell(_("已登记领取 {n} 份", n=sent.result))
        st.rerun()


# ── the formalities ──────────────────────────────────────────────────────────────────────────────────────────────────


def _choose() -> str:
    """Draw the formalities as tiles; the address says which is open."""
    told = st.query_params.get(WHAT, "")
    for first in range(0, len(FORMALITIES), ABREAST):
        for column, each in zip(st.columns(ABREAST), FORMALITIES[first : first + ABREAST], strict=False):
            with column:
                if st.button(
                    str(each.title), key=f"{KEY}.what.{each.key}", icon=each.icon, width="stretch",
                    type="primary" if each.key == told else "secondary",
                ):  # fmt: skip
                    _keep(WHAT, each.key)
                    _keep(KIND, None)
                    st.rerun()
    return told if told in BY_KEY else ""


def _asked(actor: Actor, who: Visitor | None) -> Asked | None:
    """Say for whom it is asked: the visitor, else the estate looked at."""
    if who is not None:
        return Asked(who.estate_id, who.unit_id, number_in(CUSTOMER))
    estates = shell.estate_ids(actor)
    if len(estates) == 1:
        return Asked(next(iter(estates)))
    st.info(_("先在左边选一个项目，或找到客户的房屋。"), icon=":material/domain:")
    return None


def _guide(actor: Actor, what: str, who: Visitor | None) -> None:
    asked = _asked(actor, who)
    if asked is None:
        return
    with reading(actor) as session:
        kinds = {each.key: str(each.title) for each in templates_of(session, what, asked)}
    kind = _kind(kinds) if len(kinds) > 1 else ""
    with reading(actor) as session:
        found = guide(session, what, asked, kind)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"#### {plain(found.template.title)}", width="stretch", anchors=False)
            link(_("打印办事指南"), "guide", what, estate=asked.estate_id, unit=asked.unit_id,
                 customer=asked.customer_id, kind=found.template.key)  # fmt: skip
            if may_take_in(actor, found.formality):
                _begin(found, asked)
        facts = ((_("时限"), found.time), (_("经办"), found.formality.who), (_("领取"), found.formality.result))
        st.markdown("  \n".join(f":gray[{label}]　{plain(said)}" for label, said in facts))
        _costs(found.costs)
        _lines(_("请客户带来"), ":material/upload_file:", found.bring)
        _lines(_("现场签署"), ":material/draw:", found.sign)
        if found.ours:
            st.markdown(f"**{_('办理中核对')}**")
            st.caption(plain(_("、").join(str(each.label) for each in found.ours)))


def _kind(kinds: dict[str, str]) -> str:
    """Ask which kind of a formality, where an estate has several."""
    told = st.query_params.get(KIND, "")
    key = f"{KEY}.kind.{next(iter(kinds))}"
    if st.session_state.get(key) not in kinds:
        st.session_state[key] = told if told in kinds else next(iter(kinds))
    chosen: str = st.segmented_control(
        _("哪一种"), list(kinds), format_func=kinds.__getitem__, key=key, required=True, label_visibility="collapsed"
    ) or next(iter(kinds))
    _keep(KIND, chosen)
    return chosen


def _begin(found: Guide, asked: Asked) -> None:
    """Draw the press that takes it in, where it is taken in, with what is known already filled in."""
    formality = found.formality
    if not st.button(_("开始办理"), key=f"{KEY}.begin", type="primary", icon=":material/arrow_forward:"):
        return
    given = {"unit_id": asked.unit_id, "customer_id": asked.customer_id}
    known = {name: value for name, value in given.items() if value is not None}
    place = {} if asked.unit_id is None else {UNIT: str(asked.unit_id)}
    if formality.process:
        form.hand(f"{formality.process}.open", known)
        place = {}
    elif formality.page == "parking_permits":
        form.hand("parking_permits.issue", known)
        place = {}
    new = {} if formality.page in {"cashier", "settlement"} else {"new": "1"}
    st.switch_page(shell.path_of(formality.page), query_params=new | place)


def _costs(costs: Sequence[Cost]) -> None:
    st.markdown(f"**{_('费用')}**")
    lines = []
    for each in costs:
        amount = f"**{each.amount:,.2f}** {_('元')}" if each.amount else ""
        back = f" :blue-badge[{_('可退')}]" if each.back else ""
        lines.append(f"{plain(each.label)}　{amount}{back}　:gray[:small[{plain(each.said)}]]")
    st.markdown("  \n".join(lines))


def _lines(title: str, icon: str, lines: Sequence[Wanted]) -> None:
    if not lines:
        return
    st.markdown(f"**{title}**")
    told = []
    for each in lines:
        ask = str(each.ask) if each.ask else ("" if each.required else _("有则提供"))
        told.append(f"{icon} {plain(each.label)}" + (f"　:gray[:small[{plain(ask)}]]" if ask else ""))
    st.markdown("  \n".join(told))
