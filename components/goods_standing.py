"""What a customer still owes and has open, beside his goods pass: to know, not to hold (`db.dossiers.clearance`)."""

from __future__ import annotations

import streamlit as st

from components.plain import one_line, plain
from components.words import _
from db.dossiers.clearance import Standing, lease_of, owed_and_open
from db.people import Actor, Right
from db.process import process_of
from db.session import reading


def show(actor: Actor, unit_id: int, customer_id: int | None) -> None:
    """Draw it for whoever sees money; nobody else learns anything."""
    if not actor.may(Right.SEE_MONEY):
        return
    with reading(actor) as session:
        standing = owed_and_open(session, unit_id, customer_id)
        lease = lease_of(session, unit_id, customer_id)
        holds = lease is not None and lease.holds_goods
    st.subheader(_("未结清事项"), anchor=False)
    if standing.is_clear:
        st.markdown(f":green[:material/task_alt: {_('没有欠费，没有未办结的事项。')}]")
        return
    to_know = _("只供了解，可提醒客户；放行看谁有权取物，不看欠费。")
    st.caption(_("租赁合同约定：未结清的由管理处主任决定。") if holds else to_know)
    _draw(standing)


def _draw(standing: Standing) -> None:
    lines = []
    for each in standing.owed:
        late = f"　:red-badge[{_('逾期 {amount}', amount=f'{each.overdue:,.2f}')}]" if each.overdue else ""
        lines.append(f"{plain(each.payee)}　**{each.total:,.2f}** {_('元')}{late}")
    lines += [f"{_('未交回')}　{plain(each)}" for each in standing.cards]
    lines += [f"{plain(kind)}　{held:,.2f} {_('元')}　:gray[{_('尚未退还或抵扣')}]" for kind, held in standing.deposits]
    if lines:
        st.markdown("  \n".join(lines))
    for matter in standing.matters:
        process = process_of(matter.process)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.page_link(
                f"pages/{process.section}/{process.key}.py", label=matter.number, query_params={"case": matter.number}
            )
            st.badge(matter.state, color=matter.colour)  # type: ignore[arg-type, unused-ignore]
            st.caption(f"{plain(matter.title)}　{one_line(matter.words, 20)}", width="stretch")
