"""Months ahead, billed on the spot for 交至: by the tariff in force today, whatever is agreed later (F2, F3)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.audit import record
from db.clock import today
from db.ledger import postings
from db.ledger.bill_rows import one_bill
from db.ledger.billing import lock_estate, month_of, refuse_stranger, wanted_items
from db.ledger.choosing import Placed, Segment, Tariffs
from db.ledger.counting import Charge, Counting, Item, Left, Month, Why, items_of
from db.ledger.pricing import next_month
from db.ledger.tables import Basis, Bill
from db.people import Right, require
from db.refused import Refused
from db.registry import Unit
from db.session import actor_of
from db.words import _

_SKIPPED = frozenset({Why.BILLED, Why.VACANT, Why.NOT_HANDED_OVER})
"""Months that are rightly free are passed over; anything else keeps the cashier from taking money for them."""


class _Todays(Tariffs):
    """The tariffs of today, for months to come: what is agreed later does not touch what is paid now."""

    def segments(self, unit: Placed, fee_item_id: int, first: date, last: date) -> tuple[Segment, ...]:
        """Say today's tariff for days to come, as long as its contract runs."""
        today_only = super().segments(unit, fee_item_id, today(), today())
        return _stretched(today_only, first, last)

    def parking_segments(
        self, unit: Placed, space: tuple[str, str], fee_item_id: int, first: date, last: date
    ) -> tuple[Segment, ...]:
        """Say the same of a parking space."""
        return _stretched(super().parking_segments(unit, space, fee_item_id, today(), today()), first, last)


def _stretched(held: tuple[Segment, ...], first: date, last: date) -> tuple[Segment, ...]:
    if not held:
        return ()
    rate = held[0][0]
    until = min(last, rate.contract_ends_on or last)
    return ((rate, first, until),) if until >= first else ()


def preview_ahead(
    session: Session, unit_id: int, fee_item_ids: Collection[int], up_to: date
) -> list[tuple[date, Charge]]:
    """Count what `bill_ahead` would make, writing nothing: (first day of the month, charge) by month and item."""
    unit = payer_unit(session, unit_id)
    return list(_ahead(session, unit, wanted_items(session, unit.estate_id, fee_item_ids), up_to))


def bill_ahead(session: Session, unit_id: int, fee_item_ids: Collection[int], up_to: date) -> list[Bill]:
    """Bill a unit's months up to and including the one of `up_to` that are not billed yet (交至); returns the new ones.

    From the month after the last one billed, at the latest from this month on. This month and earlier ones are billed
    by their own tariffs, months to come by today's. Raises `Refused` without a tariff, for metered items, for a month
    closed or further ahead than `MONTHS_AHEAD`. The balance is left alone: the cashier takes the money.
    """
    unit = payer_unit(session, unit_id)
    lock_estate(session, unit.estate_id)
    items = wanted_items(session, unit.estate_id, fee_item_ids)
    made: list[Bill] = []
    for month, charge in list(_ahead(session, unit, items, up_to)):
        postings.refuse_closed_month(session, charge.item.payee_id, month)
        made.append(one_bill(session, Month(unit.estate_id, month, (unit.id,)), charge))
    if made:
        months = f"{min(each.month for each in made):%Y-%m} – {max(each.month for each in made):%Y-%m}"
        after = {"unit": unit.short, "months": months, "bills": len(made), "amount": sum(each.amount for each in made)}
        record(session, "billed_ahead", "bills", made[0].id, estate_id=unit.estate_id, after=after)
    return made


def items_ahead(session: Session, unit_id: int) -> list[Item]:
    """List the fee items that a unit can pay ahead today: those with a tariff that is not metered."""
    unit, day = payer_unit(session, unit_id), today()
    todays = _Todays(Tariffs.load(session, unit.estate_id, day, day).rates.values())
    counting = Counting(session, Month(unit.estate_id, day.replace(day=1), (unit.id,)), tariffs=todays)
    found = []
    for item in items_of(session, unit.estate_id):
        counting.left.clear()
        charges = list(counting.charges(item))
        billed = any(each.why is Why.BILLED for each in counting.left)
        rate = todays.on(unit, item.id, day)
        if (charges or billed) and (rate is None or rate.basis not in {Basis.METERED, Basis.ONCE}):
            found.append(item)
    return found


def payer_unit(session: Session, unit_id: int) -> Unit:
    """Fetch a unit for whoever takes money or bills; refuses others, and units of other estates."""
    actor = actor_of(session)
    if not (actor.may(Right.TAKE_PAYMENT) or actor.may(Right.BILL)):
        require(actor, Right.TAKE_PAYMENT)
    return seen_unit(session, unit_id)


def seen_unit(session: Session, unit_id: int | None) -> Unit:
    """Fetch a unit of the actor's estates."""
    unit = session.get(Unit, unit_id) if unit_id is not None else None
    if unit is None:
        raise Refused(_("请先选择房屋。"), {"unit_id": _("请选择房屋。")})
    refuse_stranger(actor_of(session), unit.estate_id)
    return unit


def _ahead(session: Session, unit: Unit, items: list[Item], up_to: date) -> Iterator[tuple[date, Charge]]:
    last = month_of(session, unit.estate_id, up_to).first
    here = today().replace(day=1)
    begins = {each.id: _begin(session, unit, each, here) for each in items}
    day = today()
    todays = _Todays(Tariffs.load(session, unit.estate_id, day, day).rates.values())
    month = min(begins.values())
    while month <= last:
        counting = Counting(session, Month(unit.estate_id, month, (unit.id,)), tariffs=todays if month > here else None)
        for item in items:
            if month >= begins[item.id]:
                for charge in counting.charges(item):
                    if charge.way.plan.is_metered:
                        raise Refused(_("“{item}”按表计量，抄表后出账，不能预收。", item=item.name))
                    yield month, charge
        _refuse_left(counting.left, month)
        month = next_month(month)


def _begin(session: Session, unit: Unit, item: Item, here: date) -> date:
    """Say from which month an item is billed ahead: the one after the last billed, this month if that is earlier."""
    last = session.scalar(
        select(func.max(Bill.month)).where(
            Bill.unit_id == unit.id, Bill.fee_item_id == item.id, Bill.voided_at.is_(None), Bill.month < here,
            ~Bill.source.startswith("case:"), ~Bill.source.startswith("once:"),
        )
    )  # fmt: skip
    return min(next_month(last), here) if last is not None else here


def _refuse_left(left: Collection[Left], month: date) -> None:
    """Refuse to take money for a month that could not be billed, with the reason."""
    wrong = next((each for each in left if each.why not in _SKIPPED), None)
    if wrong is None:
        return
    item, when = wrong.item.name, f"{month:%Y-%m}"
    if wrong.why in {Why.NO_METER, Why.NO_READING, Why.NOTHING_USED}:
        raise Refused(_("“{item}”按表计量，抄表后出账，不能预收。", item=item))
    if wrong.why is Why.NO_TARIFF:
        raise Refused(
            _("“{item}”在 {month} 没有收费标准（或合同已到期），不能收到这个月；请改交至较早的月份，或请财务先维护。",
              item=item, month=when)
        )  # fmt: skip
    raise Refused(
        _("“{item}”{month} 不能出账：{why}。请先补全资料。", item=item, month=when, why=wrong.why.label)
    )


__all__ = ["bill_ahead", "items_ahead", "payer_unit", "preview_ahead", "seen_unit"]
