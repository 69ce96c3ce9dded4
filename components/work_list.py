"""What waits for whoever sits here, as a list for desk and phone alike."""

from __future__ import annotations

import streamlit as st

from components import errors, filters, shell, site_list
from components.plain import one_line, plain
from components.words import _
from db import approvals, work
from db.approvals import Verdict
from db.clock import now
from db.dossiers import card_lists
from db.dossiers.card_lists import CardLine
from db.dossiers.site_checks import to_look_at
from db.people import Actor, Right
from db.process import process_of
from db.records import span_of
from db.refused import Refused
from db.session import reading, writing
from db.typed_moments import shown_moment
from db.work import PAGE, Part, ToApprove, Waiting

PART, PAGE_OF = "part", "page"
"""In the address: which part of the list is shown, and which page of it."""
APPROVE, ENDING, SITES, CARDS = "approve", "ending", "sites", "cards"
KEY = "work.part"


def show(actor: Actor) -> None:
    """Draw the parts with how much waits in each, and the one chosen."""
    estates = shell.estate_ids(actor)
    with reading(actor) as session:
        counts: dict[str, int] = {part.value: n for part, n in work.counts(session, estates).items()}
        asked, ending = work.to_approve(session), work.ending(session, estates)
        left = card_lists.left_behind(session, estates) if actor.may(Right.HAND_OVER) else []
        sites = to_look_at(session, estates)
    labels = {part.value: str(part.label) for part in Part if part.value in counts}
    from_home = st.query_params.get(PART)
    if from_home in {Part.LATE.value, Part.SOON.value} and actor.may(Right.SEE_FIGURES):
        labels[from_home] = str(Part(from_home).label)
    if asked or actor.may(Right.CONFIRM_LATE_ENTRY):
        labels[APPROVE], counts[APPROVE] = _("待我审批"), len(asked)
    if actor.may(Right.EDIT_CONTRACTS):
        labels[ENDING], counts[ENDING] = _("合同资质到期"), len(ending)
    if sites:
        labels[SITES], counts[SITES] = _("装修巡查"), len(sites)
    if left:
        labels[CARDS], counts[CARDS] = _("迁出未交回的卡和钥匙"), len(left)
    part = _choose(labels, counts)
    if part == SITES:
        site_list.show(sites)
    elif part == APPROVE:
        _approvals(actor, asked)
    elif part == ENDING:
        _endings(ending)
    elif part == CARDS:
        _left_behind(left)
    else:
        _matters(actor, Part(part), estates)


def _choose(labels: dict[str, str], counts: dict[str, int]) -> str:
    """Draw the parts; the address says which is open."""
    state, address = st.session_state, st.query_params.get(PART)
    wished = address if address in labels else Part.ALL.value
    if state.get(f"{KEY}#address") != wished or KEY not in state:
        state[KEY] = state[f"{KEY}#address"] = wished
    chosen = st.segmented_control(
        _("看哪一类"), list(labels), key=KEY, label_visibility="collapsed", required=True,
        format_func=lambda name: f"{labels[name]} {counts[name]}" if counts.get(name) else labels[name],
    )  # fmt: skip
    chosen = chosen or Part.ALL.value
    if chosen != wished:
        state[f"{KEY}#address"] = chosen
        st.query_params.from_dict({PART: chosen})
    return str(chosen)


# ── matters ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _matters(actor: Actor, part: Part, estates: frozenset[int]) -> None:
    typed = st.query_params.get(PAGE_OF, "1")
    page = int(typed) if typed.isascii() and typed.isdigit() and 0 < int(typed) < 10_000 else 1
    with reading(actor) as session:
        todo = work.waiting(session, part, estates, page=page)
    if not todo.rows:
        _nothing(part)
        return
    with st.container(gap="xsmall"):
        for each in todo.rows:
            _matter(each, actor)
    pages = -(-todo.total // PAGE)
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(_("共 {n} 件，第 {page} / {pages} 页", n=todo.total, page=page, pages=pages), width="stretch")
            for name, label, to in (("previous", _("上一页"), page - 1), ("next", _("下一页"), page + 1)):
                if st.button(label, key=f"work.{name}", disabled=not 1 <= to <= pages):
                    st.query_params[PAGE_OF] = str(to)
                    st.rerun()


def _nothing(part: Part) -> None:
    words = {
        Part.SUPERIOR: _("没有超时、将到时限或上报的事项。"),
        Part.HELPING: _("没有请您协办的事项。"),
    }.get(part, _("没有等您办理的事项。"))
    with st.container(border=True):
        st.markdown(f":green[:material/task_alt:] {words}")


def _matter(each: Waiting, actor: Actor) -> None:
    """Draw one matter: one line at a desk, a few on a phone."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        path, params = filters.link_to(each.process, each.number)
        st.page_link(path, label=f"**{each.number}**", icon=process_of(each.process).icon, query_params=params)
        st.markdown(_badges(each), width="content")
        st.markdown(_about(each, actor), width="stretch")
        if each.next_step:
            st.page_link(
                path, label=each.next_step, icon=":material/arrow_forward:", icon_position="right", query_params=params
            )


def _badges(each: Waiting) -> str:
    """Say in colour and words how it stands."""
    badges = [(each.state.colour, str(each.state.label))]
    if each.paused:
        badges.append(("gray", _("暂停：{why}", why=each.paused)))
    elif each.due_at is not None and each.late:
        badges.append(("red", _("超时 {span}", span=span_of(now() - each.due_at))))
    elif each.due_at is not None and each.due_at > now() and each.soon:
        badges.append(("orange", _("还剩 {span}", span=span_of(each.due_at - now()))))
    if each.urges:
        badges.append(("orange", _("催 {n} 次", n=each.urges)))
    if each.escalated:
        badges.append(("violet", _("已上报")))
    if each.my_area:
        badges.append(("blue", _("我的责任区")))
    return " ".join(f":{colour}-badge[{plain(words)}]" for colour, words in badges)


def _about(each: Waiting, actor: Actor) -> str:
    parts = [f"**{plain(each.where)}**" if each.where else "", plain(each.customer), one_line(each.words, 60)]
    small = []
    if each.appointed_from is not None:
        small.append(_("预约 {when}", when=shown_moment(each.appointed_from)))
    if each.due_at is not None and not each.late and not each.paused:
        small.append(_("时限 {when}", when=shown_moment(each.due_at)))
    if each.assigned and each.assigned != actor.name:
        small.append(_("经办 {name}", name=each.assigned))
    line = "　".join(part for part in parts if part)
    return f"{line}　:gray[{plain(' · '.join(small))}]" if small else line


# ── approvals ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _approvals(actor: Actor, asked: list[ToApprove]) -> None:
    if not asked:
        with st.container(border=True):
            st.markdown(f":green[:material/task_alt:] {_('没有等您审批的事项。')}")
    for each in asked:
        with st.container(border=True, gap="xsmall"):
            _approval(actor, each)


def _approval(actor: Actor, each: ToApprove) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        entry = shell.entry_of(each.page)
        label = f"**{plain(each.number)}**"
        st.page_link(entry.path, label=label, icon=entry.icon, query_params=each.query)
        st.markdown(f":orange-badge[{each.kind}]", width="stretch")
        said = _("{who} {when} 提交", who=each.asked_by, when=shown_moment(each.asked_at))
        st.caption(plain(said), width="content")
    st.markdown("　".join(part for part in (plain(each.what), one_line(each.note, 80)) if part))
    key = f"work.approval.{each.id}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        note = st.text_input(
            _("意见"), key=f"{key}.note", placeholder=_("不同意要写理由"), label_visibility="collapsed", max_chars=200
        )
        if st.button(_("同意"), key=f"{key}.grant", icon=":material/check:", type="primary"):
            _decide(actor, each, Verdict.GRANTED, note)
        if st.button(_("不同意"), key=f"{key}.deny", icon=":material/close:"):
            _decide(actor, each, Verdict.DENIED, note)


def _decide(actor: Actor, each: ToApprove, verdict: Verdict, note: str) -> None:
    try:
        with writing(actor) as session:
            approvals.decide(session, each.id, verdict, note)
    except Refused as refused:
        errors.show_refused(refused)
        return
    st.toast(_("{number} 已审批：{verdict}", number=each.number, verdict=verdict.label))
    st.rerun()


# ── what ends ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _endings(ending: list[work.Ending]) -> None:
    if not ending:
        with st.container(border=True):
            st.markdown(f":green[:material/task_alt:] {_('近期没有到期的合同和资质。')}")
    for each in ending:
        with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
            colour = "red" if each.days < 0 else "orange"
            words = _("已到期 {n} 天", n=-each.days) if each.days < 0 else _("还有 {n} 天", n=each.days)
            small = f":{colour}-badge[{words}]　:gray[{each.kind} · {each.ends_on}]"
            st.markdown(f"**{plain(each.name)}**　{plain(each.who)}　{small}")


# ── what was left behind ─────────────────────────────────────────────────────────────────────────────────────────────


def _left_behind(left: list[CardLine]) -> None:
    """Draw the cards and keys of those who have gone: nobody leaves holding one unnoticed."""
    entry = shell.entry_of("cards")
    for each in left:
        with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
            label = f"**{plain(each.what)}**"
            st.page_link(entry.path, label=label, icon=entry.icon, query_params={"record": str(each.id)})
            people = plain(" / ".join(dict.fromkeys(filter(None, (each.customer, each.holder)))))
            st.markdown(f"**{plain(each.unit)}**　{people}　:gray[{_('人已迁出，请收回')}]")
