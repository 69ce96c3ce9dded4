"""What a unit pays, item by item, so that a clerk can read it out on the telephone (F1)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import streamlit as st

from components.picker import unit_picker
from components.plain import plain
from components.words import _
from db.clock import today
from db.ledger.charges import Charge, charges_of, monthly_total
from db.ledger.price_words import percent_a_day, price_said, unit_of_price
from db.ledger.tables import Anchor, Basis
from db.people import Actor
from db.session import reading

_WIDTHS = (1.7, 1.3, 2.6, 3)
UNIT = "unit"
"""In the address: which unit is asked about."""


def ask(actor: Actor, key: str) -> None:
    """Ask for a unit and a day, and say what it pays."""
    left, right = st.columns([2, 1])
    told = st.query_params.get(UNIT, "")
    if f"{key}.unit_id" not in st.session_state and told.isascii() and told.isdecimal() and len(told) < 10:
        st.session_state[f"{key}.unit_id"] = int(told)
    with left:
        unit_id = unit_picker(f"{key}.unit_id")
    if unit_id is not None:
        st.query_params[UNIT] = str(unit_id)
    elif UNIT in st.query_params:
        del st.query_params[UNIT]
    with right:
        day = st.date_input(
            _("哪一天"), value=today(), key=f"{key}.day", format="YYYY-MM-DD", help=_("过去、将来都可以查")
        )  # fmt: skip
    if unit_id is None:
        st.info(_("输入房号、姓名、电话或车牌，就能看到这一户每月该交什么、怎么算。"), icon=":material/search:")
    elif isinstance(day, date):
        show(actor, unit_id, day)


def show(actor: Actor, unit_id: int, day: date | None = None) -> None:
    """Say what a unit pays on a day (default: today)."""
    on = day or today()
    with reading(actor) as session:
        charges = charges_of(session, unit_id, on)
    if not charges:
        st.info(
            _("{day} 没有适用的收费标准。请核对日期和房屋用途，或请财务录入收费标准。", day=on.isoformat()),
            icon=":material/money_off:",
        )
        return
    monthly = [each for each in charges if each.amount is not None]
    by_use = [each for each in charges if each.amount is None and each.basis is not Basis.ONCE]
    once = [each for each in charges if each.basis is Basis.ONCE]
    if monthly:
        st.subheader(_("每月 {sum} 元", sum=_money(monthly_total(charges))), anchor=False)
        _lines(monthly)
    if by_use:
        st.subheader(_("另按用量"), anchor=False)
        _lines(by_use)
    if once:
        with st.expander(_("办理时才收（{n}）", n=len(once)), expanded=not monthly):
            for each in once:
                st.markdown(f"{plain(each.name)}　**{plain(_priced(each))}** :gray[{plain(each.payee)}]")


def _lines(charges: list[Charge]) -> None:
    for each in charges:
        with st.container(border=True):
            what, amount, how, when = st.columns(_WIDTHS, vertical_alignment="center")
        with what:
            st.markdown(f"**{plain(each.item)}** {plain(each.space)}  \n:gray[:small[{plain(each.name)}]]")
        with amount:
            st.markdown(_amount(each))
        with how:
            st.markdown("  \n".join(_how(each)))
        with when:
            st.markdown("  \n".join(_when(each)))


def _amount(charge: Charge) -> str:
    if charge.amount is None:
        return f"**{plain(_priced(charge))}**"
    price = "" if charge.basis is Basis.FIXED else f"  \n:gray[:small[{plain(_priced(charge))}]]"
    return f"**{_money(charge.amount)}** {_('元/月')}{price}"


def _priced(charge: Charge) -> str:
    return price_said(charge.price, charge.basis, charge.kind, charge.steps)


def _how(charge: Charge) -> list[str]:
    """Say how it is counted, and who pays."""
    if charge.calculation:
        lines = [plain(charge.calculation)]
    elif charge.basis is Basis.METERED:
        lines = [_("按抄表用量 × 单价")]
    else:
        lines = [f":orange[{_('没有建筑面积，还算不出金额')}]"]
    who = charge.payer_name if charge.space else f"{charge.payer.label} {charge.payer_name}".strip()
    paid = _("{who}缴纳 · 按{cycle}", who=f"{who} " if charge.payer_name else who, cycle=charge.cycle.label)
    if charge.anchor is Anchor.HAND_OVER:
        paid = f"{paid} · {charge.anchor.label}"
    return [*lines, f":gray[:small[{plain(paid)}]]"]


def _when(charge: Charge) -> list[str]:
    """Say to whom, until when, on what ground, what comes then, and what being late costs."""
    if charge.until is None:
        term = _("{day} 起执行", day=charge.since)
    else:
        term = _("{first} 至 {last}", first=charge.since, last=charge.until)
    ground = [
        _("租赁合同 {number}", number=charge.lease) if charge.lease else "",
        _("代收，不加价") if charge.is_collected else "", charge.filing_number,
        "" if charge.late_ppm else _("不计违约金"),
    ]  # fmt: skip
    lines = [plain(charge.payee), f":gray[:small[{plain(' · '.join(filter(None, (term, *ground))))}]]"]
    if charge.then is not None:
        price = f"{charge.then.price:f} {unit_of_price(charge.basis, charge.kind)}"
        lines.append(f":orange[:small[{plain(_('{day} 起改为 {price}', day=charge.then.on, price=price))}]]")
    if charge.late_ppm:
        rate, clause = percent_a_day(charge.late_ppm), charge.late_clause
        late = _("逾期每日加收 {rate} 违约金（{clause}）", rate=rate, clause=clause)
        lines.append(f":gray[:small[{plain(late)}]]")
    return lines


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"
