"""Checking the books 账务核对: every check green, or with the rows that contradict each other (F10)."""

from __future__ import annotations

import streamlit as st

from components import shell
from components.plain import plain
from components.signin import current_actor
from components.words import _
from db.clock import now
from db.ledger import books
from db.ledger.books import Finding, Result
from db.people import Actor
from db.session import reading
from db.typed_moments import shown_moment

FOUND, AT = "books#found", "books#at"
OWN = {"deposits": "deposit", "day_closings": "closing", "corrections": "correction", "bills": "bill"}
PAGES = {"deposits": "deposits", "day_closings": "closing", "corrections": "corrections", "bills": "bills"}


def show_result(result: Result) -> None:
    n = len(result.findings) + result.more
    if not n:
        st.markdown(f":green[:material/check_circle:] {result.check.label}")
        return
    with st.expander(f":red[:material/error:] {result.check.label}　:red-badge[{_('{n} 处不符', n=n)}]", expanded=True):
        for place, finding in enumerate(result.findings):
            show_finding(finding, f"books.{result.check.key}.{place}")
        if result.more:
            st.caption(_("……同类问题还有 {n} 处。", n=result.more))


def show_finding(finding: Finding, key: str) -> None:
    """Say what is wrong, with the way to the rows it is about."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(plain(str(finding.words)), width="stretch")
        page = PAGES.get(finding.table)
        if page is not None and st.button(
            _("查看"), key=f"{key}.row", type="tertiary", icon=":material/chevron_right:"
        ):
            st.switch_page(shell.path_of(page), query_params={OWN[finding.table]: str(finding.row_id)})
        elif page is None and finding.unit_id is not None and st.button(
            _("看这一户"), key=f"{key}.unit", type="tertiary", icon=":material/apartment:"
        ):
            st.switch_page(shell.path_of("customers"), query_params={"unit": str(finding.unit_id)})


def check(who: Actor) -> None:
    with st.spinner(_("正在核对……")), reading(who) as session:
        st.session_state[FOUND] = books.check_books(session, shell.estate_ids(who))
    st.session_state[AT] = shown_moment(now())


actor = current_actor()
with st.container(horizontal=True, vertical_alignment="center"):
    st.title(_("账务核对"), anchor=False, width="stretch")
    if st.button(_("开始核对"), key="books.run", type="primary", icon=":material/fact_check:", shortcut="Alt+N"):
        check(actor)
results: list[Result] = st.session_state.get(FOUND, [])
if not results:
    st.caption(_("逐项核对收款、账单、预存、押金、收据、日结和业主登记，共 {n} 项；只查不改。", n=len(books.CHECKS)))
    for each in books.CHECKS:
        st.markdown(f":gray[:material/radio_button_unchecked: {each.label}]")
else:
    wrong = sum(1 for each in results if each.findings)
    if wrong:
        advice = _("{n} 项不符，请逐条查明；金额更正用红冲、减免，不能直接改账。", n=wrong)
        st.error(_("{at} 核对：{result}", at=st.session_state[AT], result=advice), icon=":material/error:")
    else:
        result = _("全部 {n} 项相符。", n=len(results))
        st.success(_("{at} 核对：{result}", at=st.session_state[AT], result=result), icon=":material/task_alt:")
    for each in sorted(results, key=lambda result: not result.findings):
        show_result(each)
