"""What is charged once 其他收费: a card, waste removal, a paid repair that waits for its charge (P3)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import streamlit as st

from components.cashier import finding
from components.cashier.finding import key
from components.cashier.owed import yuan
from components.plain import one_line, plain
from components.words import _
from db.checking import decimal_typed
from db.ledger.desk import OneOff
from db.ledger.payers import Waiting

ADDED = f"{finding.PAYER}once"
Items = Sequence[tuple[int, str, Decimal | None]]


def added() -> list[OneOff]:
    """Return what was put on this payer's bill by hand."""
    kept: list[OneOff] = st.session_state.get(ADDED, [])
    return kept


def taken_in(waiting: Sequence[Waiting]) -> list[Waiting]:
    """Return the matters whose charge is to be paid now."""
    chosen = st.session_state.get(key("cases")) or []
    return [each for each in waiting if each.case_id in chosen]


def draw(items: Items, waiting: Sequence[Waiting]) -> None:
    """Draw the paid repairs that wait for their charge, and the boxes for anything else."""
    if waiting:
        words = {
            each.case_id: f"{plain(each.number)} {one_line(each.words, 16)} **{yuan(each.charge)}**" for each in waiting
        }
        st.pills(
            _("待收费的有偿维修"), list(words), format_func=words.__getitem__, selection_mode="multi", key=key("cases")
        )
    with st.expander(_("其他收费（{n}）", n=len(added())) if added() else _("其他收费"), icon=":material/add_card:"):
        if not items:
            st.caption(_("还没有按次收费的项目，请财务在“收费标准”中建立。"))
            return
        _boxes(items)
        for place, each in enumerate(added()):
            _added(place, each, {number: name for number, name, _price in items})


def _boxes(items: Items) -> None:
    names = {number: name for number, name, _price in items}
    prices = {number: price for number, _name, price in items}
    place = key("once.item")
    columns = st.columns([1.6, 0.7, 0.9, 1.6], gap="small", vertical_alignment="bottom")
    with columns[0]:
        item = st.selectbox(
            _("项目"), list(names), index=None, format_func=names.__getitem__, key=place, placeholder=_("请选择"),
            filter_mode="contains",
        )  # fmt: skip
    if item is not None and st.session_state.get(f"{finding.PAYER}priced") != item:
        st.session_state[f"{finding.PAYER}priced"] = item
        st.session_state[key("once.price")] = f"{prices[item]:f}" if prices[item] is not None else ""
        st.session_state.setdefault(key("once.quantity"), "1")
    with columns[1]:
        st.text_input(_("数量"), key=key("once.quantity"), autocomplete="off")
    with columns[2]:
        st.text_input(_("单价（元）"), key=key("once.price"), autocomplete="off")
    with columns[3]:
        hint = _("例如 补办 2 张")
        st.text_input(_("说明"), key=key("once.what"), placeholder=hint, max_chars=60, autocomplete="off")
    if st.button(_("加入本次收款"), key=key("once.add"), icon=":material/add:"):
        _add(item)


def _add(item: int | None) -> None:
    state = st.session_state
    quantity, price = (decimal_typed(str(state.get(key(f"once.{name}")) or "")) for name in ("quantity", "price"))
    if item is None or quantity is None or price is None or quantity <= 0 or price <= 0:
        st.error(_("请选择项目，并填写大于零的数量和单价。"), icon=":material/error:")
        return
    if quantity != round(quantity, 2) or price != round(price, 4):
        st.error(_("数量最多两位小数，单价最多四位小数。"), icon=":material/error:")
        return
    what = str(state.get(key("once.what")) or "").strip()
    state[ADDED] = [*added(), OneOff(item, quantity=quantity, price=price, what=what)]
    st.rerun()


def _added(place: int, one: OneOff, names: dict[int, str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"{plain(names.get(one.fee_item_id, ''))} :gray[{plain(one.what)} {one.quantity} × {one.price}]",
            width="content",
        )
        if st.button(_("去掉"), key=key(f"once.drop.{place}"), type="tertiary", icon=":material/close:"):
            st.session_state[ADDED] = [each for n, each in enumerate(added()) if n != place]
            st.rerun()
