"""Money on a card: owed and how old, paid ahead, deposits, last payment, and the way to the cashier."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from components import shell
from components.cashier.owed import bands, yuan
from components.plain import plain
from components.words import _
from db.customer_cards import Card
from db.ledger import payers
from db.people import Actor, Right
from db.session import reading


def show(actor: Actor, card: Card, *, of_customer: bool) -> None:
    """Draw it, for who may see money; of a customer over all his units, else of the unit alone."""
    if not actor.may(Right.SEE_MONEY) or not card.units:
        return
    customer_id = card.people[0].id if of_customer and card.people else None
    with reading(actor) as session:
        payer = payers.payer_of(session, card.units[0].id, customer_id)
        sheet = payers.owed_sheet(session, payer, [each.id for each in payer.units] if of_customer else ())
    query = {"unit": str(payer.unit_id)} | ({"customer": str(customer_id)} if customer_id is not None else {})
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(_("费用"), anchor=False, width="stretch")
        st.page_link(
            shell.path_of("cashier"), icon=":material/point_of_sale:", query_params=query,
            label=_("去收费") if actor.may(Right.TAKE_PAYMENT) else _("看账单"),
        )  # fmt: skip
    if sheet.lines:
        bands(sheet)
    else:
        st.markdown(f":green[{_('没有欠费')}]")
    deposits = sum((each.held for each in sheet.deposits), Decimal(0))
    last = next(iter(sheet.last), None)
    said = [
        _("已交至 {month}", month=f"{sheet.paid_until:%Y-%m}") if sheet.paid_until else "",
        _("预存 {amount} 元", amount=yuan(sheet.balance)) if sheet.balance else "",
        _("押金 {amount} 元", amount=yuan(deposits)) if deposits else "",
        _("最近 {day} {kind} {amount} 元", day=last.paid_on.isoformat(), kind=last.kind.label, amount=yuan(last.amount))
        if last else "",
    ]  # fmt: skip
    if any(said):
        st.caption(plain(" · ".join(filter(None, said))))
