"""What is charged once: a paid repair, a card, what else the desk asks money for (F3, P3)."""

from __future__ import annotations

import secrets
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.audit import record
from db.cases import Case
from db.clock import today
from db.ledger import postings
from db.ledger.ahead import payer_unit, seen_unit
from db.ledger.bill_rows import add_bill
from db.ledger.billing import lock_estate, wanted_items
from db.ledger.calculations import MOST, in_chinese, of_price
from db.ledger.counting import Holders, Item, Month, items_of
from db.ledger.due import Dues
from db.ledger.tables import Bill, FeeItem, FeeKind
from db.people import in_scope
from db.refused import Refused
from db.registry import Relation, Unit
from db.session import actor_of
from db.words import _

CASE = "case:{id}"
"""The source of the bill of a matter that charges."""


def bill_once(
    session: Session,
    unit_id: int,
    fee_item_id: int,
    *,
    amount: Decimal | None = None,
    quantity: Decimal | None = None,
    price: Decimal | None = None,
    calculation: str = "",
    source: str = "",
    on: date | None = None,
    customer_id: int | None = None,
    token: str | None = None,
) -> Bill:
    """Charge a unit once: an `amount` in yuan, or `quantity` × `price`; needs `TAKE_PAYMENT` or `BILL`.

    `source` says what it is for and is billed only once: asked again, the same bill is returned. Without one, `token`
    (of the form) keeps a second press from charging twice. Due in the next window, without a late fee.
    """
    unit = payer_unit(session, unit_id)
    item = wanted_items(session, unit.estate_id, [fee_item_id])[0]
    if amount is None:
        if quantity is None or price is None:
            raise Refused(_("请填写金额，或数量和单价。"), {"amount": _("请填写金额。")})
        amount, counted = of_price(quantity, price)
        calculation = f"{calculation} {counted}".strip()
    source = source or f"once:{(token or secrets.token_hex(16))[:32]}"
    return _once(session, unit, item, amount=amount, calculation=calculation, source=source, on=on or today(),
                 customer_id=customer_id)  # fmt: skip


def _once(
    session: Session, unit: Unit, item: Item, *, amount: Decimal, calculation: str, source: str, on: date,
    customer_id: int | None,
) -> Bill:  # fmt: skip
    if amount <= 0:
        raise Refused(_("金额须大于零。"), {"amount": _("金额须大于零。")})
    lock_estate(session, unit.estate_id)
    same = select(Bill).where(
        Bill.unit_id == unit.id, Bill.fee_item_id == item.id, Bill.source == source, Bill.voided_at.is_(None)
    )
    if (known := session.scalar(same)) is not None:
        return known
    month = Month(unit.estate_id, on.replace(day=1), (unit.id,))
    postings.refuse_closed_month(session, item.payee_id, month.first)
    holders = Holders(session, month, {Relation.OWNER, Relation.TENANT})
    due = Dues(session, unit.estate_id, month.first).once(on)
    text = calculation or in_chinese(_("{item} {amount} 元", item=item.name, amount=f"{amount:.2f}"))
    bill = Bill(
        estate_id=unit.estate_id, building_id=unit.building_id, unit_id=unit.id, fee_item_id=item.id,
        customer_id=customer_id or holders.of(unit.id, Relation.TENANT, on), payee_id=item.payee_id,
        month=month.first, source=source, period_from=on, period_to=on, amount=amount, calculation=text[:MOST],
        due_on=due.on, late_day=due.late_day, late_ppm=due.late_ppm,
    )  # fmt: skip
    add_bill(session, bill)
    record(session, "billed_once", "bills", bill.id, estate_id=unit.estate_id, ground=text[:200],
           after={"unit": unit.short, "amount": amount})  # fmt: skip
    return bill


def bill_by_rule(
    session: Session, unit_id: int, fee_item_id: int, amount: Decimal, *, source: str, calculation: str = "",
    on: date | None = None, customer_id: int | None = None,
) -> Bill:  # fmt: skip
    """Charge what a rule of the house says of an act: a card handed out, a plate ordered; once for its `source`.

    Whoever may do the act may have it billed: the named function that calls this has asked. Begin `source` with
    `once:`.
    """
    unit = seen_unit(session, unit_id)
    item = wanted_items(session, unit.estate_id, [fee_item_id])[0]
    return _once(session, unit, item, amount=amount, calculation=calculation, source=source, on=on or today(),
                 customer_id=customer_id)  # fmt: skip


def bill_case(session: Session, case_id: int) -> Bill | None:
    """Bill what a matter charges (a paid repair's charge, P3); once, whoever asks again; None where it charges nothing.

    Whoever may see the matter may have it billed: the amount is the one on the slip. Raises `Refused` when it has no
    unit, or the estate no item for paid services.
    """
    case = session.scalar(in_scope(select(Case).where(Case.id == case_id), actor_of(session), Case))
    if case is None:
        raise Refused(_("没有找到这个事项，可能不在您负责的范围内。"))
    charge = getattr(case, "charge", None)
    if not charge:
        return None
    if case.unit_id is None:
        raise Refused(_("事项 {number} 没有登记房屋，不能记账；请先补上房屋。", number=case.number))
    unit = seen_unit(session, case.unit_id)
    on = getattr(case, "handled_on", None) or today()
    text = in_chinese(_("{number} 有偿服务 {amount} 元", number=case.number, amount=f"{charge:.2f}"))
    return _once(session, unit, _service_item(session, unit.estate_id), amount=charge, calculation=text,
                 source=CASE.format(id=case.id), on=on, customer_id=case.customer_id)  # fmt: skip


def _service_item(session: Session, estate_id: int) -> Item:
    found = session.scalar(
        select(FeeItem.id)
        .where(FeeItem.estate_id == estate_id, FeeItem.kind == FeeKind.SERVICE, FeeItem.active)
        .order_by(FeeItem.position, FeeItem.id)
        .limit(1)
    )
    if found is None:
        raise Refused(_("本项目还没有“有偿服务费”类的收费项目，请财务先在“收费标准”中建立。"))
    return items_of(session, estate_id, [found])[0]


__all__ = ["CASE", "bill_by_rule", "bill_case", "bill_once"]
