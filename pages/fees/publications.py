"""Income and expenditure made public 收支公示: a period at a glance, four sheets, the way to the noticeboard (F8)."""

from __future__ import annotations

from datetime import date, timedelta
from zlib import crc32

import streamlit as st

from components import account_forms, account_grid, attachments, errors, filters, form, papers, publication, shell
from components.export import when_asked
from components.plain import one_line, plain
from components.signin import current_actor
from components.words import _
from db import approvals, users
from db.accounts import exporting, funds, publications, questions, sheets, views
from db.accounts.ground import period_of
from db.accounts.heads import Book
from db.accounts.sheets import Sheet
from db.accounts.tables import Span, State
from db.accounts.views import Listed, View
from db.approvals import Verdict
from db.clock import today
from db.documents import Owner
from db.people import Actor, Right, Role
from db.refused import Refused
from db.reports.periods import Period
from db.session import reading, writing

ID, ESTATE, PERIOD, EDITION, TAB, DO = (
    f"publications.{name}" for name in ("id", "estate", "period", "edition", "tab", "do")
)
"""In the address: the estate, the period and the edition looked at, the sheet shown, what is being done. A link from
elsewhere names a publication by its id alone."""
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SPANS = {Span.MONTH: 14, Span.QUARTER: 8, Span.YEAR: 3}
"""So many periods back are offered."""


def go(**address: str) -> None:
    """Leave for another place on this page; what is named empty is left out, and what is being done ends."""
    kept = {name: st.query_params[name] for name in (ESTATE, PERIOD, EDITION, TAB) if name in st.query_params}
    named = {f"publications.{name}": value for name, value in address.items()}
    st.query_params.from_dict({name: value for name, value in (kept | named).items() if value})
    st.rerun()


def follow_link(actor: Actor) -> None:
    """Put estate, period and edition into the address for a publication named by its id."""
    told = st.query_params.get(ID, "")
    if not (told.isascii() and told.isdigit() and len(told) < 10):
        return
    with reading(actor) as session:
        row = publications.found(session, int(told))
    st.query_params.from_dict({
        ESTATE: str(row.estate_id), PERIOD: name_of(row.span, Period(row.first_on, row.last_on)),
        EDITION: str(row.edition),
    })  # fmt: skip


# ── which period ─────────────────────────────────────────────────────────────────────────────────────────────────────


def name_of(span: Span, period: Period) -> str:
    return f"{span.value}-{period.first:%Y-%m}"


def keep_in_step(key: str, current: str) -> None:
    """Let a switch show what the address says, also after it was changed elsewhere."""
    if st.session_state.get(f"{key}#at") != current or key not in st.session_state:
        st.session_state[key] = st.session_state[f"{key}#at"] = current


def the_estate(actor: Actor) -> int:
    with reading(actor) as session:
        names = {str(number): name for number, name in users.estates_of(session).items()}
    offered = [number for number in names if int(number) in shell.estate_ids(actor)]
    told = st.query_params.get(ESTATE, "")
    current = told if told in offered else offered[0]
    if len(offered) > 1:
        keep_in_step("publications.which_estate", current)
        chosen = st.selectbox(
            _("项目"), offered, format_func=names.__getitem__, key="publications.which_estate", width=150,
            label_visibility="collapsed",
        )  # fmt: skip
        if chosen != current:
            go(estate=chosen, period="", edition="")
    return int(current)


def offered_periods(listed: list[Listed]) -> dict[str, Period]:
    """List the periods that are over, newest first; those with a publication are always among them."""
    found: dict[str, Period] = {}
    for span, count in SPANS.items():
        day = today()
        for _n in range(count):
            period = period_of(span, day)
            if period.last < today():
                found[name_of(span, period)] = period
            day = period.first - timedelta(days=1)
    return found | {name_of(each.span, each.period): each.period for each in listed}


def the_period(listed: list[Listed]) -> str:
    """Draw the switch: month, quarter or year, and which; each says how its publication stands.

    Without a wish it is that of the newest publication under way, else of the newest, else the last quarter.
    """
    offered = offered_periods(listed)
    states = {name_of(each.span, each.period): str(each.state.label) for each in reversed(listed)}
    under_way = [each for each in listed if each.state not in {State.POSTED, State.TAKEN_DOWN}]
    wishes = [st.query_params.get(PERIOD, ""), *(name_of(each.span, each.period) for each in [*under_way, *listed])]
    last_quarter = next(name for name in offered if name.startswith(Span.QUARTER))
    current = next((name for name in wishes if name in offered), last_quarter)
    span = current.split("-")[0]
    keep_in_step("publications.span", span)
    chosen_span = st.segmented_control(
        _("周期"), [each.value for each in Span], key="publications.span", required=True, label_visibility="collapsed",
        format_func=lambda each: str(Span(each).label),
    )  # fmt: skip
    if chosen_span != span:
        go(period=next(name for name in offered if name.startswith(f"{chosen_span}-")), edition="")
    names = [name for name in offered if name.startswith(f"{span}-")]
    labels = {name: " · ".join(filter(None, (str(offered[name].label), states.get(name, "")))) for name in names}
    # A list whose words have changed is another list: Streamlit finds what was chosen by its words.
    key = f"publications.which.{crc32(repr(labels).encode())}"
    keep_in_step(key, current)
    chosen = st.selectbox(
        _("期间"), names, key=key, label_visibility="collapsed", width=210, format_func=labels.__getitem__
    )
    if chosen != current:
        go(period=chosen, edition="")
    return current


def the_editions(listed: list[Listed], current: str) -> list[Listed]:
    """List the editions of a period, the one asked for first."""
    editions = [each for each in listed if name_of(each.span, each.period) == current]
    told = st.query_params.get(EDITION, "")
    return sorted(editions, key=lambda each: (str(each.edition) != told, -each.edition))


# ── what can be done ─────────────────────────────────────────────────────────────────────────────────────────────────


def decide(actor: Actor, shown: View) -> None:
    """Ask for the verdict of whoever's turn it is, where the figures are."""
    assert shown.to_decide is not None  # noqa: S101 - drawn only then
    with st.container(border=True):
        st.markdown(f":violet[:material/gavel:] **{_('这期公示等您审批')}**　:gray[{_('同意的就是下面定稿的内容')}]")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            note = st.text_input(
                _("意见"), key="publications.decide.note", placeholder=_("不同意要写理由，公示退回编制"), max_chars=200,
                label_visibility="collapsed",
            )  # fmt: skip
            verdict = None
            if st.button(_("同意"), key="publications.decide.grant", icon=":material/check:", type="primary"):
                verdict = Verdict.GRANTED
            if st.button(_("不同意"), key="publications.decide.deny", icon=":material/close:"):
                verdict = Verdict.DENIED
    if verdict is None:
        return
    try:
        with writing(actor) as session:
            approvals.decide(session, shown.to_decide, verdict, note)
    except Refused as refused:
        errors.show_refused(refused)
        return
    form.tell(_("已审批：{verdict}", verdict=verdict.label))
    st.rerun()


def preparing(actor: Actor, shown: View) -> None:
    """Say what is missing, take the words for the customers, hand it in."""
    with st.container(border=True):
        if shown.missing:
            st.markdown(f"**{_('提交审批前还差')}**")
            for each in shown.missing:
                st.markdown(f":orange[:material/error:] {plain(each)}")
        else:
            ready = _("四张表都齐了，可以提交审批。提交后数字定稿，以后的录入不再改变它。")
            st.markdown(f":green[:material/task_alt:] {ready}")
        account_forms.remark(actor, shown)


def begin(actor: Actor, estate_id: int, seen: sheets.Sheets) -> None:
    if not st.button(_("编制公示"), key="publications.prepare", type="primary", icon=":material/edit_document:"):
        return
    try:
        with writing(actor) as session:
            publications.prepare(session, estate_id, seen.span, seen.first)
    except Refused as refused:
        errors.show_refused(refused)
        return
    go(period=name_of(seen.span, seen.period), edition="")


def take_away(actor: Actor, shown: View) -> None:
    """Offer the workbook and the paper."""
    number = shown.about.id
    papers.link(_("打印"), "publication", number)
    if actor.may(Right.EXPORT):
        st.download_button(
            _("导出"), when_asked(lambda who: exporting.export(who, number).data), f"{exporting.file_stem(shown)}.xlsx",
            EXCEL, key="publications.export", icon=":material/download:", on_click="ignore",
        )  # fmt: skip


# ── the tabs ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def the_sheets(actor: Actor, estate_id: int, seen: sheets.Sheets, shown: View | None) -> None:
    """Draw the four sheets, and where it hangs."""
    names = publication.tab_names(shown) if shown else {sheet.value: str(sheet.label) for sheet in Sheet}
    told = st.query_params.get(TAB, "")
    told = told if told in names else Sheet.FIGURES.value
    keep_in_step("publications.sheet", told)
    chosen = st.segmented_control(
        _("看哪张表"), list(names), format_func=names.__getitem__, key="publications.sheet", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    if chosen != told:
        go(tab=str(chosen), do="")
    may = actor.may(Right.KEEP_ACCOUNTS)
    match chosen:
        case Sheet.SERVICE:
            publication.service_sheet(seen)
            if may and st.button(_("修改服务信息"), key="publications.services", icon=":material/edit:"):
                go(do="services")
        case Sheet.FIGURES:
            publication.figures_sheet(seen)
        case Sheet.COMMON:
            owners(actor, estate_id, Book.COMMON, seen)
        case Sheet.FUND:
            owners(actor, estate_id, Book.FUND, seen)
        case _ if shown is not None:
            posted(actor, shown)


def owners(actor: Actor, estate_id: int, book: Book, seen: sheets.Sheets) -> None:
    """One of the owners' accounts, with the ways to enter and to correct."""
    publication.account_sheet(seen.common if book is Book.COMMON else seen.fund, str(book.label))
    if not actor.may(Right.KEEP_ACCOUNTS):
        return
    with reading(actor) as session:
        account = funds.account(session, estate_id, book, seen.first, max(seen.last, today()))
    with st.container(horizontal=True):
        account_forms.movement(actor, estate_id, book)
        account_forms.correction(actor, account, book)


def posted(actor: Actor, shown: View) -> None:
    """Where it hangs with its photographs, and what owners asked about it."""
    may, state = actor.may(Right.KEEP_ACCOUNTS), shown.about.state
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{_('张贴')}**")
        publication.hung(shown.postings)
        if may and state is State.APPROVED:
            account_forms.posting(actor, shown)
        elif may and state is State.POSTED:
            with st.container(horizontal=True):
                with st.popover(_("再登记几处"), icon=":material/add_location:", key="publications.post#open"):
                    account_forms.posting(actor, shown)
                account_forms.taking_down(actor, shown)
        if state in {State.POSTED, State.TAKEN_DOWN}:
            attachments.show_of(Owner(publication_id=shown.about.id), actor, "publications.photo", may_add=may)
    with right:
        st.markdown(f"**{_('客户提问')}**")
        asked_about(actor, shown)


def asked_about(actor: Actor, shown: View) -> None:
    with reading(actor) as session:
        found = questions.questions_about(session, shown.about.id)
    if not found:
        st.caption(_("还没有客户提问。"))
    for each in found:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            path, params = filters.link_to(questions.PROCESS, each.number)
            st.page_link(path, label=f"**{each.number}**", icon=":material/help:", query_params=params)
            st.badge(str(each.state.label), color=each.state.colour)
        st.markdown(one_line(each.words, 80))
    may_ask = bool(actor.roles & {Role.DESK, Role.STEWARD, Role.SUPERVISOR, Role.DIRECTOR})
    if not may_ask or shown.about.state not in {State.POSTED, State.TAKEN_DOWN}:
        return
    if st.query_params.get(DO) == "question":
        with st.container(border=True):
            account_forms.question(actor, shown)
    elif st.button(_("登记客户提问"), key="publications.question.open", icon=":material/add_comment:"):
        go(do="question")


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def other_doing(actor: Actor, estate_id: int, doing: str) -> None:
    """Work that takes the page for itself: figures, service lines."""
    if st.button(_("返回收支公示"), key="publications.back", type="tertiary", icon=":material/arrow_back:"):
        go()
    if doing == "figures":
        st.subheader(_("录入收支数字"), anchor=False)
        st.caption(_("按计划财务部提供的数字录入，单位：元。已录的数字不能覆盖：改动时另记差额，原数和来源都保留。"))
        account_grid.show(actor, estate_id)
    else:
        st.subheader(_("服务信息"), anchor=False)
        account_forms.service_lines(actor, estate_id)


def ways(actor: Actor, estate_id: int, seen: sheets.Sheets, shown: View | None) -> None:
    """Say what the figures are, and offer what can be done with them."""
    may = actor.may(Right.KEEP_ACCOUNTS)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        about = str(shown.about.title) if shown else str(seen.period.label)
        frozen = _("实时数字，还没有定稿")
        if shown is not None and shown.sha256:
            frozen = _("已定稿，校验码 {digest}", digest=shown.sha256[:12])
        st.caption(f"{plain(seen.estate)} {about}　{frozen}", width="stretch")
        if may and shown is None:
            begin(actor, estate_id, seen)
        elif may and shown is not None and shown.differences and shown.about.state in {State.POSTED, State.TAKEN_DOWN}:
            with st.popover(_("编制更正版"), icon=":material/edit_document:", key="publications.again"):
                st.caption(_("按现在的数字另编一版，原公示保留。"))
                begin(actor, estate_id, seen)
        if may and st.button(_("录入数字"), key="publications.enter", icon=":material/grid_on:"):
            go(do="figures")
        if shown is not None:
            take_away(actor, shown)


def other_editions(editions: list[Listed]) -> None:
    """Offer the other editions of the same period."""
    if len(editions) < 2:
        return
    with st.container(horizontal=True, gap="small"):
        for each in editions[1:]:
            label = f"{each.title} · {each.state.label}"
            if st.button(label, key=f"publications.edition.{each.id}", type="tertiary", icon=":material/history:"):
                go(edition=str(each.edition))


def show(actor: Actor) -> None:
    form.say_told()
    follow_link(actor)
    doing = st.query_params.get(DO, "")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(_("收支公示"), anchor=False, width="stretch")
        estate_id = the_estate(actor)
        if doing in {"figures", "services"} and actor.may(Right.KEEP_ACCOUNTS):
            current = ""
        else:
            with reading(actor) as session:
                listed = views.listed(session, (estate_id,))
            current = the_period(listed)
    if not current:
        other_doing(actor, estate_id, doing)
        return
    editions = the_editions(listed, current)
    span, _dash, month = current.partition("-")
    with reading(actor) as session:
        shown = views.view(session, editions[0].id) if editions else None
        first = date.fromisoformat(f"{month}-01")
        seen = shown.sheets if shown else sheets.sheets_of(session, estate_id, Span(span), first)
    if shown is not None:
        publication.rail(shown)
    ways(actor, estate_id, seen, shown)
    other_editions(editions)
    publication.sums(seen)
    if shown is not None:
        publication.differences(shown)
        if shown.to_decide is not None:
            decide(actor, shown)
        if shown.about.state is State.PREPARING and actor.may(Right.KEEP_ACCOUNTS):
            preparing(actor, shown)
    the_sheets(actor, estate_id, seen, shown)


show(current_actor())
