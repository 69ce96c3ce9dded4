"""What was just taken: receipt numbers, the change in large figures, the press that prints, the next payer."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import streamlit as st

from components.cashier import finding
from components.cashier.owed import yuan
from components.papers.links import address
from components.papers.receipts import SIZE, SIZES
from components.plain import plain
from components.words import _
from db.ledger.receipt_lists import Row, receipt_shown
from db.people import Actor
from db.session import reading

DONE = "cashier#done"
PAPER = "cashier#paper"
"""The paper that lies in this workstation's printer: asked once a session."""


@dataclass(frozen=True)
class Done:
    """A press that took money."""

    receipt_ids: tuple[int, ...]
    change: str
    """Yuan that go back over the counter."""
    over: str
    """Yuan kept as balance."""


def remember(done: Done) -> None:
    """Keep it on the screen until the next payer."""
    st.session_state[DONE] = (finding.chosen()[0], done)


def just_done() -> Done | None:
    """Return what was just taken from the payer at the counter."""
    unit_id, done = st.session_state.get(DONE) or (None, None)
    return done if done is not None and unit_id == finding.chosen()[0] else None


def paper_chosen() -> str:
    """Say which paper this workstation prints on."""
    chosen: str = st.session_state.get(PAPER, SIZE)
    return chosen if chosen in SIZES else SIZE


def choose_paper(key: str) -> None:
    """Draw the choice of the paper."""
    if key not in st.session_state:
        st.session_state[key] = paper_chosen()
    chosen = st.segmented_control(
        _("打印纸"), list(SIZES), format_func=lambda each: str(SIZES[each]), key=key, required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    if chosen and chosen != st.session_state.get(PAPER, SIZE):
        st.session_state[PAPER] = chosen
        st.rerun()


def show(actor: Actor, done: Done) -> None:
    """Draw it."""
    with reading(actor) as session:
        rows = [receipt_shown(session, each).row for each in done.receipt_ids]
    with st.container(border=True):
        st.markdown(f":green[:material/check_circle:] **{_('收款成功')}**" if rows else f"**{_('已用预存缴清')}**")
        change = Decimal(done.change)
        if change:
            st.metric(_("找零"), _("{amount} 元", amount=yuan(change)))
        for place, row in enumerate(rows):
            _one(row, place)
        if Decimal(done.over):
            st.caption(_("其中 {amount} 元转为预存", amount=yuan(Decimal(done.over))))
        if rows:
            choose_paper(finding.key("paper"))
        if st.button(
            _("下一位"), key=finding.key("next"), icon=":material/person_add:", shortcut="Alt+N",
            width="stretch", type="secondary" if rows else "primary",
        ):  # fmt: skip
            st.session_state.pop(DONE, None)
            finding.next_payer()
            st.rerun()
        if st.button(_("继续收这一户"), key=finding.key("go_on"), type="tertiary", icon=":material/undo:"):
            st.session_state.pop(DONE, None)
            st.rerun()


def _one(row: Row, place: int) -> None:
    st.markdown(
        f"{plain(row.payee)}  \n**{plain(row.number)}**　**{yuan(row.amount)}** "
        f":gray[{plain(' '.join(str(each.label) for each in row.methods))}]"
    )
    size = paper_chosen()
    label = _("打印收据")
    st.link_button(
        label, address("receipt", row.receipt_id, size=size), type="primary", icon=":material/print:", width="stretch",
        shortcut="Alt+P" if place == 0 else None, key=finding.key(f"print.{row.receipt_id}"),
    )  # fmt: skip
