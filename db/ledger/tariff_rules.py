"""What is checked before a payee, fee item or tariff is written down (F1)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from db.clock import today
from db.ledger.money_tables import MonthClosing, Receipt
from db.ledger.price_words import percent_a_day
from db.ledger.pricing import PRICE_SCALE, next_month
from db.ledger.tables import COLLECTED, Basis, Bill, FeeItem, FeeKind, Payee, Tariff
from db.registry import Contract, Unit, UnitUse
from db.words import Words, _

if TYPE_CHECKING:
    from db.registry_rules import Draft

USUAL_PPM = 500
"""The handbook's late fee: 0.05 % a day (HB:129), prefilled."""
MOST_PPM = 3000
"""A rate above 0.3 % a day is a slip of the pen."""
MOST_STEPS = 10
_SHARED = ("use", "building_id", "parking_kind", "parking_tenure")
"""What a tariff may name that holds for many."""
_MAY_END = frozenset({"valid_to", "name"})
"""What may still be changed of a tariff that has made bills."""


def has_bills(session: Session, tariff_id: int) -> bool:
    """Say whether a tariff has made bills, void ones included."""
    return bool(session.scalar(select(exists().where(Bill.tariff_id == tariff_id))))


def closed_until(session: Session, payee_id: int) -> date | None:
    """Return the first day after the last month that a payee's books have closed; None before the first closing."""
    last = session.scalar(select(func.max(MonthClosing.month)).where(MonthClosing.payee_id == payee_id))
    return next_month(last) if last is not None else None


# ── payees and fee items ─────────────────────────────────────────────────────────────────────────────────────────────


def _payee(session: Session, draft: Draft) -> None:
    """Check that the mark on receipts is one word of its own, and stays once a receipt bears it."""
    mark = unicodedata.normalize("NFKC", draft.values["mark"]).strip().upper()
    draft.values["mark"] = mark
    if not (mark.isascii() and mark.isalnum()):
        draft.problems["mark"] = _("收据字头只用字母和数字，例如 A。")
    elif draft.found is not None and mark != draft.found.mark:
        issued = select(exists().where(Receipt.payee_id == draft.found.id))
        if session.scalar(issued):
            draft.problems["mark"] = _("已用字头“{mark}”开过收据，不能再改。", mark=draft.found.mark)


def _fee_item(session: Session, draft: Draft) -> None:
    """Hold payee and kind once money is owed under the item; an item in use is not put out of use."""
    found, values = draft.found, draft.values
    if found is None:
        return
    moved = [name for name in ("payee_id", "kind") if values[name] != getattr(found, name)]
    if moved and session.scalar(select(exists().where(Bill.fee_item_id == found.id))):
        for name in moved:
            draft.problems[name] = _("已按这个项目出过账，不能再改；请停用它，另建一个收费项目。")
    if found.active and not values["active"]:
        holding = select(Tariff.name).where(
            Tariff.fee_item_id == found.id, or_(Tariff.valid_to.is_(None), Tariff.valid_to >= today())
        )
        if (tariff := session.scalar(holding.limit(1))) is not None:
            draft.problems["active"] = _("收费标准“{name}”还在执行，请先终止它，再停用项目。", name=tariff)


# ── tariffs ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _tariff(session: Session, draft: Draft) -> None:
    item = session.get_one(FeeItem, draft.values["fee_item_id"])
    if draft.found is not None and not _may_change(session, draft):
        return
    _check_whom(session, draft)
    _check_parking(draft, item)
    _check_price(draft, item)
    _check_late_fee(draft)
    _check_days(session, draft, item)
    if draft.found is None and not item.active:
        draft.problems["fee_item_id"] = _("收费项目“{name}”已停用，请另选。", name=item.name)
    if not draft.problems and (other := _overlapping(session, draft)) is not None:
        draft.problems["valid_from"] = _said_overlap(other)


def _may_change(session: Session, draft: Draft) -> bool:
    """Refuse to change a tariff that bills stand on: it is ended, or followed by another."""
    changed = [name for name, value in draft.values.items() if getattr(draft.found, name) != value]
    held = [name for name in changed if name not in _MAY_END]
    if not held or not has_bills(session, draft.found.id):
        return True
    for name in held:
        draft.problems[name] = _("已按这个标准出过账，不能再改；价格变了请用“调价”，不再收了请用“终止”。")
    return False


def _check_whom(session: Session, draft: Draft) -> None:
    """Check that the tariff names either one household (unit, contract) or a kind of them (building, use)."""
    values, problems = draft.values, draft.problems
    contract = session.get(Contract, values["contract_id"]) if values["contract_id"] is not None else None
    if contract is not None:
        if values["valid_from"] > contract.ends_on:
            problems["valid_from"] = _("合同 {number} 在 {day} 已到期。", number=contract.number, day=contract.ends_on)
        if contract.unit_id is None and values["unit_id"] is None:
            problems["unit_id"] = _("合同 {number} 没有写明房屋，请选择是哪一套。", number=contract.number)
        elif None not in (contract.unit_id, values["unit_id"]) and contract.unit_id != values["unit_id"]:
            unit = session.get_one(Unit, contract.unit_id)
            problems["unit_id"] = _("合同 {number} 是 {unit} 的，与所选房屋不同。", number=contract.number,
                                    unit=unit.short)  # fmt: skip
    if contract is not None or values["unit_id"] is not None:
        for name in ("use", "building_id"):
            if values[name] is not None:
                problems[name] = _("已指定房屋或合同，这里请留空。")


def _check_parking(draft: Draft, item: FeeItem) -> None:
    """Check that a parking fee says for which spaces it is: it would be charged to every unit otherwise."""
    values, problems = draft.values, draft.problems
    spaces = [name for name in ("parking_kind", "parking_tenure") if values[name] is not None]
    if item.kind is not FeeKind.PARKING:
        for name in spaces:
            problems[name] = _("只有停车费用才选车位。")
        return
    if spaces and values["use"] not in {None, UnitUse.PARKING}:
        problems["use"] = _("按车位收的停车费，用途请留空或选车位。")
    whom = (*spaces, values["unit_id"], values["contract_id"], values["use"])
    if not any(whom):
        problems["parking_tenure"] = _("请选择收哪一类车位的费用，否则每套房屋都会收到。")


def _check_price(draft: Draft, item: FeeItem) -> None:
    values, problems = draft.values, draft.problems
    steps = values.get("steps", getattr(draft.found, "steps", None))
    if (values["basis"] is Basis.RENT) != (item.kind is FeeKind.RENT):
        problems["basis"] = (
            _("房租请选“合同租金”。") if item.kind is FeeKind.RENT else _("“合同租金”只用于房租项目。")
        )
    if steps and values["basis"] is not Basis.METERED:
        problems["steps"] = _("只有按表计量的才分阶梯。")
    elif steps and (wrong := wrong_steps(steps)) is not None:
        problems["steps"] = wrong
    if item.kind in COLLECTED and not values["filing_number"]:
        problems["filing_number"] = _("代收的水、电、气、暖费不得加价，请填写价格文件或供应单位价目的文号。")
    if not 0 <= values["vacant_percent"] <= 100:
        problems["vacant_percent"] = _("请填写 0 到 100 之间的整数。")


def wrong_steps(steps: list[Any]) -> Words | None:
    """Say what is wrong with steps `[[up_to, price], …]`: they ascend, and only the last is without an end."""
    if not 2 <= len(steps) <= MOST_STEPS:
        return _("阶梯要有 2 到 {most} 档；只有一个价格的，填在单价里就行。", most=MOST_STEPS)
    ends = [None if up_to is None else Decimal(up_to) for up_to, _price in steps]
    if ends[-1] is not None:
        return _("最后一档不设上限，只写单价。")
    before = Decimal(0)
    for up_to in ends[:-1]:
        if up_to is None:
            return _("只有最后一档不设上限。")
        if up_to <= before or up_to != round(up_to, 2):
            return _("各档的用量要从小到大，最多两位小数。")
        before = up_to
    for _up_to, price in steps:
        scaled = Decimal(price) * PRICE_SCALE
        if scaled < 0 or scaled != scaled.to_integral_value():
            return _("单价不能小于 0，最多四位小数。")
    return None


def _check_late_fee(draft: Draft) -> None:
    """A late fee takes a clause of the contract that says so (民法典 585)."""
    values = draft.values
    if not 0 <= values["late_ppm"] <= MOST_PPM:
        draft.problems["late_ppm"] = _("违约金每日最高 {most}，请检查。", most=percent_a_day(MOST_PPM))
    elif values["late_ppm"] != USUAL_PPM and values["late_ppm"] and not values["late_clause"]:
        draft.problems["late_clause"] = _("要收违约金，请写明合同哪一条作了约定；没有约定的不能收。")


def _check_days(session: Session, draft: Draft, item: FeeItem) -> None:
    """Check that the tariff ends after it begins, and changes nothing in a month that is closed."""
    values, found = draft.values, draft.found
    first, last = values["valid_from"], values["valid_to"]
    if last is not None and last < first:
        draft.problems["valid_to"] = _("结束日期不能早于开始日期 {day}。", day=first)
        return
    opens = closed_until(session, item.payee_id)
    if opens is None:
        return
    if (found is None or first != found.valid_from) and first < opens:
        draft.problems["valid_from"] = _("{day} 以前的账已经月结，请从这一天或以后执行。", day=opens)
    if found is not None and last != found.valid_to:
        kept_until = min(day for day in (last, found.valid_to) if day is not None)
        if kept_until + timedelta(days=1) < opens:
            closed = opens - timedelta(days=1)
            draft.problems["valid_to"] = _("{day} 及以前的账已经月结，请填这一天或以后。", day=closed)


def _overlapping(session: Session, draft: Draft) -> Tariff | None:
    """Find a tariff of the same item, just as exact, that shares a day with the draft."""
    values = draft.values
    unit_id, begins, ends = _effective(
        session.get(Contract, values["contract_id"]) if values["contract_id"] else None,
        values["unit_id"], values["valid_from"], values["valid_to"],
    )  # fmt: skip
    same = select(Tariff, Contract).outerjoin(Contract, Contract.id == Tariff.contract_id)
    same = same.where(
        Tariff.estate_id == values["estate_id"], Tariff.fee_item_id == values["fee_item_id"],
        Tariff.contract_id.is_not(None) if values["contract_id"] else Tariff.contract_id.is_(None),
        func.coalesce(Tariff.unit_id, Contract.unit_id).is_not_distinct_from(unit_id),
        *(getattr(Tariff, name).is_not_distinct_from(values[name]) for name in _SHARED),
        Tariff.id != (draft.found.id if draft.found is not None else 0),
    ).order_by(Tariff.valid_from, Tariff.id)  # fmt: skip
    for other, contract in session.execute(same):
        _unit, first, last = _effective(contract, other.unit_id, other.valid_from, other.valid_to)
        if (ends is None or first <= ends) and (last is None or begins <= last):
            return other
    return None


def _effective(
    contract: Contract | None, unit_id: int | None, first: date, last: date | None
) -> tuple[int | None, date, date | None]:
    """Say whose a tariff is and on which days: a contract's holds for its unit, while the contract runs."""
    if contract is None:
        return unit_id, first, last
    ends = contract.ends_on if last is None else min(last, contract.ends_on)
    return unit_id or contract.unit_id, max(first, contract.starts_on), ends


def _said_overlap(other: Tariff) -> Words:
    if other.valid_to is None:
        return _(
            "与“{name}”重叠，它从 {first} 起一直执行。请先终止它，或打开它用“调价”。",
            name=other.name, first=other.valid_from,
        )  # fmt: skip
    return _(
        "与“{name}”重叠，它从 {first} 执行到 {last}。请改日期，或打开它用“调价”。",
        name=other.name, first=other.valid_from, last=other.valid_to,
    )  # fmt: skip


RULES: dict[Any, Callable[[Session, Any], None]] = {Payee: _payee, FeeItem: _fee_item, Tariff: _tariff}
