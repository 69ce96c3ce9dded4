"""The counter itself: on the left the box and the money, on the right what is owed."""

from __future__ import annotations

from datetime import date

import streamlit as st

from components import errors
from components.cashier import extras, finding, owed, saved, till
from components.words import _
from db.clock import today
from db.ledger import payers, payments
from db.ledger.payers import Payer, Sheet
from db.ledger.typed_months import plus_months
from db.people import Actor, Right
from db.refused import Refused
from db.session import reading


def show(actor: Actor) -> None:
    """Draw it. Who takes no money sees what is owed, and why."""
    left, right = st.columns([1, 2.1], gap="medium")
    with left:
        finding.box(actor)
        money = st.container()
    unit_id, customer_id = finding.chosen()
    if unit_id is None:
        with right:
            words = _("输入房号、姓名、拼音、电话后四位或车牌找到缴费人。")
            if actor.may(Right.TAKE_PAYMENT):
                words += _("按 Tab 到“交至”，Ctrl+回车收款，Alt+N 下一位。")
            st.caption(words)
        return
    with reading(actor) as session:
        payer = payers.payer_of(session, unit_id, customer_id)
        plain_sheet = payers.owed_sheet(session, payer, owed.units_chosen(payer))
        waiting = payers.waiting_charges(session, payer.unit_id)
        items = payers.once_items(session, payer.estate_id) if actor.may(Right.TAKE_PAYMENT) else []
        step = payments.step_of(session, payer.estate_id)
    begin, here = begins(plain_sheet), today().replace(day=1)
    asked = till.asked_until(begin, here)
    done = saved.just_done()
    sheet, refused = _full(actor, payer, plain_sheet, asked, extras.taken_in(waiting))
    with right:
        owed.head(payer, sheet, actor)
        owed.choose_units(payer)
        if refused is not None:
            errors.show_refused(refused)
        owed.bands(sheet)
        owed.bills(sheet, asked.until, takes=actor.may(Right.TAKE_PAYMENT))
        owed.tally(owed.ticked(sheet, asked.until), len(sheet.lines))
        if actor.may(Right.TAKE_PAYMENT) and done is None:
            _items_ahead(sheet, asked.until)
            extras.draw(items, waiting)
        owed.last_payments(sheet)
    if not actor.may(Right.TAKE_PAYMENT):
        return
    with money:
        if done is not None:
            saved.show(actor, done)
            return
        till.draw_until(asked)
        if refused is None:
            till.draw(actor, sheet, owed.ticked(sheet, asked.until), asked, step=step, once=extras.added())


def begins(sheet: Sheet) -> date:
    """Say which month is to be paid next: the first that is open, else the one after the last that was paid."""
    first = min((each.month for each in sheet.lines if each.bill_id is not None and not each.owner), default=None)
    if first is not None:
        return first
    return plus_months(sheet.paid_until, 1) if sheet.paid_until else today().replace(day=1)


ITEMS = f"{finding.PAYER}items"


def _full(
    actor: Actor, payer: Payer, plain_sheet: Sheet, asked: till.Asked, cases: list[payers.Waiting]
) -> tuple[Sheet, Refused | None]:
    """Draw up the sheet with months ahead and one-off charges; what cannot be billed is said, and left out."""
    if asked.until is None and asked.paid_on == today() and not cases and not extras.added():
        return plain_sheet, None
    try:
        with reading(actor) as session:
            return payers.sheet(
                session, payer, owed.units_chosen(payer), on=asked.paid_on, until=asked.until,
                item_ids=st.session_state.get(ITEMS), once=extras.added(), cases=cases,
            ), None  # fmt: skip
    except Refused as refused:
        return plain_sheet, refused


def _items_ahead(sheet: Sheet, until: date | None) -> None:
    """Offer which items are paid ahead, where there are several."""
    if until is None or len(sheet.items) < 2:
        return
    names = dict(sheet.items)
    place = finding.key("items")
    if place not in st.session_state:
        st.session_state[place] = [key for key in names if key in (st.session_state.get(ITEMS) or names)]
    picked = st.pills(
        _("预收项目"), list(names), format_func=names.__getitem__, selection_mode="multi", key=place
    )
    if list(picked) != (st.session_state.get(ITEMS) or list(names)):
        st.session_state[ITEMS] = list(picked)
        st.rerun()
