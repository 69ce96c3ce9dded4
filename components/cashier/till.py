"""The money: up to which month, how much, by which methods, what goes back over the counter; one press takes it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import streamlit as st

from components import errors
from components.cashier import finding, saved
from components.cashier.finding import key
from components.cashier.owed import of_items, yuan
from components.plain import plain
from components.words import _
from db.checking import decimal_typed
from db.clock import today
from db.ledger import desk
from db.ledger.desk import OneOff, Wish
from db.ledger.money_tables import Method
from db.ledger.payers import Line, Sheet
from db.ledger.postings import Tender
from db.ledger.typed_months import month_typed, plus_months
from db.people import Actor
from db.refused import Refused
from db.session import writing

LIVE = "150ms"
METHODS = "cashier#methods"
"""How the last payer paid: remembered while the session lasts."""
AT_THE_COUNTER = tuple(each for each in Method if each is not Method.BANK_COLLECTION)
QUICK = (3, 6, 12)
_TOKEN, _SUM, _DRAWN = (f"{finding.PAYER}{name}" for name in ("token", "sum", "drawn"))


@dataclass(frozen=True)
class Asked:
    """What stands in the boxes about the time."""

    until: date | None
    paid_on: date
    start: date
    """The month from which `+3` counts."""
    wrong: str = ""


# ── 交至 and amount ──────────────────────────────────────────────────────────────────────────────────────────────────


def asked_until(begin: date, here: date) -> Asked:
    """Read the month that is typed, and the day on which the money came."""
    state = st.session_state
    typed = str(state.get(key("until"), "") or "").strip()
    until = month_typed(typed, begin, here) if typed else None
    paid_on = state.get(key("paid_on")) or today()
    wrong = _("看不懂这个月份，请写 2026-12、12，或 +3。") if typed and until is None else ""
    return Asked(until, paid_on, max(begin, here), wrong)


def _put_months(n: int, start: date) -> None:
    st.session_state[key("until")] = f"{plus_months(start, n - 1):%Y-%m}"


def draw_until(asked: Asked) -> None:
    """Draw the box for the month; Enter shows the sum."""
    st.text_input(_("交至"), key=key("until"), placeholder=_("12、2026-12 或 +3"), autocomplete="off")
    if asked.wrong:
        st.markdown(f":red[:small[{asked.wrong}]]")
    elif asked.until is not None and (typed := st.session_state.get(key("until"))) != f"{asked.until:%Y-%m}" and typed:
        st.caption(_("交至 {month}", month=f"{asked.until:%Y-%m}"))


def draw_quick(asked: Asked) -> None:
    """Draw the presses that stand for typing."""
    with st.container(horizontal=True, gap="small"):
        for n in QUICK:
            st.button(
                _("+{n} 个月", n=n), key=key(f"plus{n}"), on_click=_put_months, args=(n, asked.start), type="tertiary",
                help=_("交至 {month}", month=f"{plus_months(asked.start, n - 1):%Y-%m}"),
            )  # fmt: skip


# ── methods ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def draw_methods() -> list[Method]:
    """Draw the methods; several may be on at once."""
    place = key("methods")
    if place not in st.session_state:
        st.session_state[place] = st.session_state.get(METHODS) or [Method.CASH.value]
    words = {each.value: str(each.label) for each in AT_THE_COUNTER}
    picked = st.pills(
        _("方式（可多选）"), list(words), format_func=words.__getitem__, selection_mode="multi", key=place,
    )  # fmt: skip
    return [each for each in AT_THE_COUNTER if each.value in picked]


def draw_amounts(methods: Sequence[Method], total: Decimal) -> tuple[list[Tender], str]:
    """Ask how much by each method, which number the bank or WeChat gave it, what cash lies on the table.

    With several, the one left empty takes the rest. Returns the money, and what is wrong with it.
    """
    if not methods:
        return [], _("请选择收款方式。")
    several = len(methods) > 1
    typed = {each: _money(key(f"part.{each.value}")) if several else None for each in methods}
    open_ones = [each for each in methods if typed[each] is None]
    rest = total - sum((part for part in typed.values() if part is not None), Decimal(0))
    tenders = []
    for each in methods:
        part = typed[each]
        amount = part if part is not None else (rest if each is open_ones[0] else Decimal(0))
        tenders.append(_one(each, amount, several=several, is_rest=part is None and each is open_ones[0]))
    if rest != 0 and not open_ones:
        return tenders, _("各方式合计与实收相差 {rest} 元，请改正，或清空一栏由它补足。", rest=yuan(rest))
    if any(each.amount < 0 for each in tenders):
        return tenders, _("各方式合计超过实收 {total} 元，请改正。", total=yuan(total))
    if (change := desk.change_of(tenders)) > 0:
        st.markdown(_("找零 **{change}** 元", change=yuan(change)))
    short = next((each for each in tenders if each.tendered is not None and each.tendered < each.amount), None)
    if short is not None:
        return tenders, _("现金还差 {amount} 元。", amount=yuan(short.amount - (short.tendered or Decimal(0))))
    return [each for each in tenders if each.amount > 0], ""


def _one(method: Method, amount: Decimal, *, several: bool, is_rest: bool) -> Tender:
    columns = iter(st.columns(2 if several else 1, gap="small"))
    if several:
        with next(columns):
            st.text_input(
                _("{method}金额", method=method.label), key=key(f"part.{method.value}"), live=LIVE, autocomplete="off",
                placeholder=_("其余 {rest}", rest=yuan(amount)) if is_rest else "",
            )  # fmt: skip
    with next(columns):
        if method is Method.CASH:
            st.text_input(
                _("收到现金"), key=key("tendered"), live=LIVE, autocomplete="off", placeholder=_("不找零可不填")
            )
            return Tender(method, amount, tendered=_money(key("tendered")))
        st.text_input(
            _("{method}流水号", method=method.label), key=key(f"reference.{method.value}"), autocomplete="off",
            placeholder=_("可不填"),
        )  # fmt: skip
    return Tender(method, amount, str(st.session_state.get(key(f"reference.{method.value}")) or "").strip())


def _money(place: str) -> Decimal | None:
    """Read an amount that is typed; none where nothing is, or what is no amount."""
    typed = str(st.session_state.get(place) or "").strip()
    number = decimal_typed(typed) if typed else None
    return number if number is not None and number == round(number, 2) and number >= 0 else None


# ── the panel ────────────────────────────────────────────────────────────────────────────────────────────────────────


def draw(
    actor: Actor, sheet: Sheet, lines: Sequence[Line], asked: Asked, *, step: Decimal, once: Sequence[OneOff]
) -> None:
    """Draw the panel from the amount down to the press; takes the money when it is pressed."""
    late = sum((each.late_fee for each in lines), Decimal(0))
    amount = st.container()
    draw_quick(asked)
    with_late = _late_fee(late)
    owed = sum((each.to_pay(late_fee=with_late) for each in lines), Decimal(0))
    odd = owed % step if step else Decimal(0)
    methods = draw_methods()
    rounded = bool(odd) and methods == [Method.CASH] and _round_off(odd)
    with amount:
        total = _amount(owed - odd if rounded else owed)
    tenders, wrong = draw_amounts(methods, total)
    over = total - (owed - odd if rounded else owed)
    keeper = _over(sheet, lines, over)
    _more(sheet)
    wrong = wrong if total else ("" if lines and owed == 0 else _("请选择账单、填写交至月份，或填写金额。"))
    wrong = asked.wrong or _partly_ahead(sheet, lines) or wrong
    _split(sheet, lines, total, late_fee=with_late)
    pressed = _press(sheet.payer.unit, total, wrong)
    wish = Wish(
        sheet.payer.unit_id, tenders, [each.bill_id for each in lines if each.bill_id is not None], of_items(lines),
        asked.until, [each for place, each in enumerate(once) if _has(lines, f"once:{place}")],
        [int(each.source.removeprefix("case:")) for each in lines if each.source.startswith("case:")
         and each.bill_id is None],
        owed, keeper, with_late, rounded, asked.paid_on if asked.paid_on != today() else None,
        str(st.session_state.get(key("payer")) or sheet.payer.name).strip(), sheet.payer.customer_id,
        str(st.session_state.get(key("note")) or "").strip(), st.session_state.setdefault(_TOKEN, _new_token()),
    )  # fmt: skip
    drawn = repr((sorted(each.key for each in lines), str(owed)))
    seen, st.session_state[_DRAWN] = st.session_state.get(_DRAWN), drawn
    if not pressed:
        return
    if seen != drawn:
        st.warning(_("应收金额刚刚变了，请核对后再按一次。"), icon=":material/sync:")
    else:
        _take(actor, wish, over)


def _has(lines: Sequence[Line], source: str) -> bool:
    return any(each.source == source and each.bill_id is None for each in lines)


def _new_token() -> str:
    return secrets.token_urlsafe(18)


def _late_fee(late: Decimal) -> bool:
    if not late:
        return True
    place = key("late_fee")
    st.session_state.setdefault(place, True)
    return st.toggle(_("收违约金 {amount} 元", amount=yuan(late)), key=place)


def _round_off(odd: Decimal) -> bool:
    return st.toggle(_("抹零 {odd} 元", odd=yuan(odd)), key=key("round_off"))


def _amount(proposed: Decimal) -> Decimal:
    """Ask for the amount; it follows what is ticked until somebody writes another."""
    place, state = key("amount"), st.session_state
    told = f"{proposed:.2f}"
    if state.get(_SUM) != (place, told):
        state[_SUM], state[place] = (place, told), told if proposed else ""
    st.text_input(_("实收（元）"), key=place, live=LIVE, autocomplete="off")
    amount = _money(place)
    if amount is None and str(state.get(place) or "").strip():
        st.markdown(f":red[:small[{_('请填写金额，例如 270.37。')}]]")
    return amount or Decimal(0)


def _over(sheet: Sheet, lines: Sequence[Line], over: Decimal) -> int | None:
    """Say what happens to what is more than owed, or that it is less; returns who keeps it."""
    if over < 0 and lines:
        st.info(_("部分缴费：还欠 {amount} 元，先抵最早的账单。", amount=yuan(-over)), icon=":material/pie_chart:")
    if over <= 0:
        return next(iter(sheet.payees), None) if not lines else None
    payees = dict(sheet.payees)
    owing = {each.payee_id for each in lines}
    first = next((each for each in payees if each in owing), next(iter(payees), None))
    if len(payees) > 1:
        place = key("keeper")
        st.session_state.setdefault(place, first)
        first = st.selectbox(_("预存到"), list(payees), format_func=payees.__getitem__, key=place)
    st.info(
        _("多收的 {amount} 元转为 {unit} 的预存，以后的账单自动抵扣。", amount=yuan(over), unit=sheet.payer.unit),
        icon=":material/savings:",
    )
    return first


def _more(sheet: Sheet) -> None:
    """Draw what is seldom changed: the payer's name on the receipt, the day on which the money came, a remark."""
    with st.expander(_("抬头、到账日、备注"), icon=":material/edit_note:"):
        place = key("payer")
        st.session_state.setdefault(place, sheet.payer.name)
        st.text_input(_("收据抬头"), key=place, max_chars=60, autocomplete="off")
        st.date_input(
            _("到账日"), value=None, key=key("paid_on"), max_value=today(), format="YYYY-MM-DD",
            help=_("转账早几天已到账的填到账那天，违约金算到那天；不填就是今天"),
        )  # fmt: skip
        st.text_input(_("备注"), key=key("note"), max_chars=200, autocomplete="off")


def _partly_ahead(sheet: Sheet, lines: Sequence[Line]) -> str:
    """Refuse months ahead that are ticked only in part: what lies before them would stay unbilled."""
    ahead = sum(each.is_ahead for each in sheet.lines)
    if sum(each.is_ahead for each in lines) == ahead:
        return ""
    return _("预收的月份要连续：要少交几个月请改“交至”，要少交一个项目请在“预收项目”里去掉。")


def _split(sheet: Sheet, lines: Sequence[Line], total: Decimal, *, late_fee: bool) -> None:
    """Say that each payee gives a receipt of its own."""
    owed: dict[int, Decimal] = {}
    for each in lines:
        owed[each.payee_id] = owed.get(each.payee_id, Decimal(0)) + each.to_pay(late_fee=late_fee)
    if len([each for each in owed.values() if each]) > 1 and total >= sum(owed.values()):
        said = "  \n".join(f"{plain(sheet.payees[key_])}　**{yuan(amount)}**" for key_, amount in owed.items())
        st.caption(_("分开收据：") + "  \n" + said)


def _press(unit: str, total: Decimal, wrong: str) -> bool:
    if wrong:
        st.caption(f":orange[{wrong}]")
    label = _("收款 {total} 元 · {unit}", total=yuan(total), unit=plain(unit)) if total else _("用预存缴清")
    return st.button(
        label, key=key("pay"), type="primary", width="stretch", icon=":material/payments:", shortcut="Ctrl+Enter",
        disabled=bool(wrong),
    )  # fmt: skip


def _take(actor: Actor, wish: Wish, over: Decimal) -> None:
    """Take the money; what is refused is said in its place, and all that was typed stays."""
    try:
        with writing(actor) as session:
            taken = desk.take(session, wish)
            done = [each.receipt.id for each in taken]
    except Refused as refused:
        errors.show_refused(refused)
        st.session_state.pop(_TOKEN, None)
        return
    st.session_state[METHODS] = [each.method.value for each in wish.tenders] or st.session_state.get(METHODS)
    saved.remember(saved.Done(tuple(done), str(desk.change_of(wish.tenders)), str(max(over, Decimal(0)))))
    finding.served()
    st.rerun()
