"""What a formality costs 办理费用: the exact sums for a unit where they can be counted, else the rule they come from.

Nothing is counted here: entry fees, tariffs, deposits and settlements are asked of those who count them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy.orm import Session

from db.checklists import Template
from db.clock import today
from db.dossiers import cards, once_fees, renovation_money, renovation_templates
from db.dossiers.card_tables import HoldingKind
from db.dossiers.renovation_tables import Formality
from db.ledger import entry_fees, settlement
from db.ledger.charges import charges_of, monthly_total
from db.ledger.payments import balances_of, owed
from db.ledger.tables import NOTHING, FeeKind
from db.parking_lists import monthly_fees
from db.refused import Refused
from db.registry import Unit
from db.settings import value_of
from db.words import Words, _


@dataclass(frozen=True)
class Asked:
    """For whom it is asked: an estate's rule, or a unit and customer at the window."""

    estate_id: int
    unit_id: int | None = None
    customer_id: int | None = None


@dataclass(frozen=True)
class Cost:
    """One line: what it is, how much in yuan where that is known, and how it is counted or when it is due."""

    label: Words | str
    amount: Decimal | None = None
    said: Words | str = ""
    back: bool = False
    """Held and paid back: a deposit, or money that goes back to the customer."""


def _free(*_asked: object) -> list[Cost]:
    return [Cost(_("办理费用"), NOTHING, _("不收费"))]


def _choose_unit() -> list[Cost]:
    return [Cost(_("费用"), said=_("选择房屋后显示"))]


# ── moving in and renovating ─────────────────────────────────────────────────────────────────────────────────────────

_RULES = (
    (entry_fees.EntryKind.RENT_DEPOSIT, entry_fees.RENT_DEPOSIT_MONTHS, _("相当于 {n} 个月房租")),
    (entry_fees.EntryKind.FEE_DEPOSIT, entry_fees.FEE_DEPOSIT_MONTHS, _("相当于 {n} 个月物业管理费")),
    (entry_fees.EntryKind.RENT, entry_fees.FIRST_RENT_MONTHS, _("{n} 个月，按合同")),
    (entry_fees.EntryKind.FEE, entry_fees.FIRST_FEE_MONTHS, _("{n} 个月，按合同")),
)
_HELD = frozenset({entry_fees.EntryKind.RENT_DEPOSIT, entry_fees.EntryKind.FEE_DEPOSIT})


def moving_in(session: Session, asked: Asked, template: Template) -> list[Cost]:
    """Say what is paid on entry (HB:307-311); at home fees are invited and never hold the keys."""
    wants_fees = any(each.key == "fees" for each in template.lines)
    if not wants_fees:
        return _invited(session, asked)
    if asked.unit_id is None:
        return [
            Cost(kind.label, said=Words(rule.text, {"n": value_of(session, months, asked.estate_id)}),
                 back=kind in _HELD)
            for kind, months, rule in _RULES
        ]  # fmt: skip
    try:
        lines = entry_fees.entry_fees(session, asked.unit_id)
    except Refused as refused:
        return [Cost(_("入驻费用"), said=refused.message)]
    return [Cost(each.kind.label, each.amount, each.calculation, each.kind in _HELD) for each in lines]


def _invited(session: Session, asked: Asked) -> list[Cost]:
    free = Cost(_("办理费用"), NOTHING, _("不收费；交钥匙不以预交物业费为条件"))
    if asked.unit_id is None:
        return [free]
    monthly = [each for each in charges_of(session, asked.unit_id, today()) if each.kind is FeeKind.MANAGEMENT]
    if not monthly:
        return [free]
    return [free, Cost(_("物业管理费（每月，可自愿预存）"), monthly_total(monthly), monthly[0].calculation)]


def renovating(session: Session, asked: Asked, template: Template) -> list[Cost]:
    """Say what deposit a renovation leaves; it is paid back after acceptance."""
    found = []
    formality = next((key for key, each in renovation_templates.TEMPLATES.items() if each.key == template.key), None)
    if formality is not None:
        found.append(_deposit(session, asked, formality))
    each = value_of(session, renovation_money.PASS_DEPOSIT, asked.estate_id)
    if each:
        found.append(Cost(_("出入证押金"), Decimal(each), _("每张，交回证件退还"), back=True))
    return found


def _deposit(session: Session, asked: Asked, formality: Any) -> Cost:
    label = _("装修押金")
    by_area = asked.unit_id is None and formality is Formality.PARK
    if by_area:
        price = value_of(session, renovation_money.DEPOSIT_PARK, asked.estate_id)
        return Cost(label, said=_("每平方米 {price} 元，验收合格后退还", price=price), back=True)
    stands_for = SimpleNamespace(estate_id=asked.estate_id, unit_id=asked.unit_id, template=formality)
    try:
        due = renovation_money.due(session, cast("Any", stands_for))
    except Refused as refused:
        return Cost(label, said=refused.message, back=True)
    return Cost(label, due.amount, _("{how}，验收合格后退还", how=due.calculation), back=True)


# ── the shorter ones ─────────────────────────────────────────────────────────────────────────────────────────────────


def parking(session: Session, asked: Asked, _template: Template) -> list[Cost]:
    """Say what a space costs a month; the permit itself is free."""
    permit = Cost(_("停车证"), NOTHING, _("不收费"))
    if asked.unit_id is None:
        return [permit, Cost(_("停车费"), said=_("按停车收费标准，选择房屋后显示"))]
    return [
        permit,
        *(
            Cost(_("{kind}（{tenure}）", kind=kind.label, tenure=tenure.label), fee.amount, _("每月"))
            for kind, tenure, fee in monthly_fees(session, asked.unit_id)
        ),
    ]


def access(session: Session, asked: Asked, _template: Template) -> list[Cost]:
    """Say what a further card costs, and how many are free."""
    free = value_of(session, cards.FREE, asked.estate_id)
    first = Cost(_("门禁卡"), NOTHING, _("每户前 {n} 张不收费", n=free))
    if asked.unit_id is None:
        return [first]
    unit = session.get_one(Unit, asked.unit_id)
    fee = once_fees.likely_fee(once_fees.once_fees(session, unit), HoldingKind.ACCESS_CARD.label.text)
    return [first, Cost(fee.name, fee.price, _("超过免费张数、遗失补办，每张"))] if fee else [first]


def paying(session: Session, asked: Asked, _template: Template) -> list[Cost]:
    """Say what is owed to whom today, and what is paid ahead."""
    if asked.unit_id is None:
        return _choose_unit()
    found = []
    lines = owed(session, [asked.unit_id])
    names = {part.payee_id: part.payee for part in _settled(session, asked).parts}
    for payee_id in dict.fromkeys(each.bill.payee_id for each in lines):
        total = sum((each.total for each in lines if each.bill.payee_id == payee_id), NOTHING)
        found.append(Cost(_("应缴 {payee}", payee=names.get(payee_id, "")), total, _("含违约金，算到今天")))
    ahead = sum(balances_of(session, [asked.unit_id]).values(), NOTHING)
    if ahead:
        found.append(Cost(_("已预存"), ahead, _("下次出账自动抵用"), back=True))
    return found or [Cost(_("应缴"), NOTHING, _("没有欠费"))]


def leaving(session: Session, asked: Asked, _template: Template) -> list[Cost]:
    """Say how customer and office stand with each other, were it settled today."""
    if asked.unit_id is None:
        return [Cost(_("结算"), said=_("费用算到截止日；押金、预存按规定退还或抵扣"))]
    found = []
    for part in _settled(session, asked).parts:
        label = _("应补缴 {payee}", payee=part.payee) if part.net >= 0 else _("应退还（{payee}）", payee=part.payee)
        found.append(Cost(label, abs(part.net), _("按今天估算，以结算单为准"), back=part.net < 0))
    return found or [Cost(_("结算"), NOTHING, _("没有未结的费用和押金"))]


def _settled(session: Session, asked: Asked) -> settlement.Statement:
    return settlement.settle_unit(session, asked.unit_id or 0, asked.customer_id, today())


free = _free
"""For what the office does for nothing."""

__all__ = ["Asked", "Cost", "access", "free", "leaving", "moving_in", "parking", "paying", "renovating"]
