"""Who stands at the counter and what he owes: his units, bills by age, months ahead, balance, deposits (F3, F4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.clock import today
from db.ledger import payments
from db.ledger.ahead import items_ahead, preview_ahead
from db.ledger.calculations import in_chinese, of_price
from db.ledger.desk import OneOff
from db.ledger.due import Dues
from db.ledger.money_tables import Deposit, Method, Payment, PaymentKind, PaymentLine, Receipt
from db.ledger.once import CASE
from db.ledger.payer_sheets import (
    Band,
    Held,
    Kept,
    LastPayment,
    Line,
    Payer,
    Person,
    Sheet,
    Waiting,
    band_of,
)
from db.ledger.tables import NOTHING, Basis, Bill, FeeItem, FeeKind, Payee, Tariff
from db.people import Actor, Right, in_scope, require
from db.refused import Refused
from db.registry import Customer, Occupancy, Relation, Unit
from db.registry_rules import holds_on
from db.session import actor_of
from db.words import _

LAST_PAYMENTS = 5


# ── who ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def payer_of(session: Session, unit_id: int, customer_id: int | None = None) -> Payer:
    """Say who pays for a unit: `customer_id` if given, else who holds it first, the owner before the tenant."""
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    unit = session.get(Unit, unit_id)
    if unit is None or unit.estate_id not in actor.estates:
        raise Refused(_("没有找到这套房屋，请重新查找。"))
    people = _people(session, unit_id)
    chosen = session.get(Customer, customer_id) if customer_id is not None else None
    if chosen is None or chosen.estate_id != unit.estate_id:
        chosen = session.get(Customer, people[0].id) if people else None
    units = _units(session, actor, unit, chosen.id if chosen else None)
    name = chosen.name if chosen is not None else ""
    return Payer(unit.id, unit.short, unit.estate_id, chosen.id if chosen else None, name, people, units)


def _people(session: Session, unit_id: int) -> tuple[Person, ...]:
    order = {relation: place for place, relation in enumerate(Relation)}
    rows = session.execute(
        select(Customer.id, Customer.name, Occupancy.relation)
        .join(Occupancy, Occupancy.customer_id == Customer.id)
        .where(Occupancy.unit_id == unit_id, holds_on(Occupancy, today()))
        .order_by(Occupancy.id)
    )
    found = {key: Person(key, name, relation) for key, name, relation in rows}
    return tuple(sorted(found.values(), key=lambda each: order[each.relation]))


def _units(session: Session, actor: Actor, unit: Unit, customer_id: int | None) -> tuple[Held, ...]:
    """List the unit found, then what else the customer holds or has left with debts."""
    held: list[int] = []
    left: list[int] = []
    if customer_id is not None:
        held = list(session.scalars(
            select(Occupancy.unit_id).where(Occupancy.customer_id == customer_id, holds_on(Occupancy, today()))
        ))  # fmt: skip
        left = list(session.scalars(
            select(Bill.unit_id).where(
                Bill.customer_id == customer_id, Bill.estate_id.in_(sorted(actor.estates)), Bill.voided_at.is_(None),
                Bill.paid + Bill.waived < Bill.amount,
            ).distinct()
        ))  # fmt: skip
    ids = list(dict.fromkeys([unit.id, *held, *left]))
    rows = session.execute(select(Unit.id, Unit.short).where(Unit.id.in_(ids), Unit.estate_id == unit.estate_id))
    names = dict(rows.all())
    owed: dict[int, Decimal] = defaultdict(lambda: NOTHING)
    for each in payments.owed(session, list(names)):
        owed[each.bill.unit_id] += each.total
    mine = {*held, unit.id}
    others = sorted((key for key in names if key != unit.id), key=lambda key: (key not in mine, names[key]))
    return tuple(Held(key, names[key], owed[key], key in mine) for key in (unit.id, *others))


# ── what ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def sheet(
    session: Session,
    payer: Payer,
    unit_ids: Collection[int] = (),
    *,
    on: date | None = None,
    until: date | None = None,
    item_ids: Collection[int] | None = None,
    once: Sequence[OneOff] = (),
    cases: Sequence[Waiting] = (),
) -> Sheet:
    """Draw up what is owed for units of the payer (default the one found) on a day (default today).

    `until` adds the months not yet billed up to that month, as `bill_ahead` would make them, of `item_ids` (default
    all that can be paid ahead). Raises `Refused` for a month too far ahead or without a tariff. `once` and `cases` are
    charged to the unit found, as `desk.take` would.
    """
    plain = owed_sheet(session, payer, unit_ids, on=on)
    names = {each.id: each.short for each in payer.units}
    items: dict[int, str] = {}
    more = _once(session, payer, once, cases)
    for unit_id in _wanted(payer, unit_ids) if until is not None else ():
        offered = {each.id: each.name for each in items_ahead(session, unit_id)}
        items |= offered
        chosen = [key for key in offered if item_ids is None or key in item_ids]
        if until is not None and chosen:
            more += _ahead(session, unit_id, names[unit_id], chosen, until)
    return replace(plain, lines=tuple(_covered([*plain.lines, *more], plain.balances)), items=tuple(items.items()))


def _wanted(payer: Payer, unit_ids: Collection[int]) -> list[int]:
    known = {each.id for each in payer.units}
    return [key for key in unit_ids if key in known] or [payer.unit_id]


def owed_sheet(session: Session, payer: Payer, unit_ids: Collection[int] = (), *, on: date | None = None) -> Sheet:
    """Draw up what is owed by the bills that there are; for who only looks, and for the customer's card."""
    require(actor_of(session), Right.SEE_MONEY)
    wanted, day = _wanted(payer, unit_ids), on or today()
    lines = _lines(session, wanted, {each.id: each.short for each in payer.units}, day, payer)
    balances = payments.balances_of(session, wanted)
    return Sheet(
        payer, day, tuple(_covered(lines, balances)), _payees(session, payer.estate_id), balances,
        _deposits(session, wanted), _last(session, wanted), _paid_until(session, payer.unit_id),
    )  # fmt: skip


def waiting_charges(session: Session, unit_id: int) -> tuple[Waiting, ...]:
    """List the paid repairs of a unit that have a charge and no bill yet (P3); only matters the actor may see."""
    from db.processes.repairs import Repair  # noqa: PLC0415 - processes themselves charge

    billed = select(Bill.id).where(
        Bill.unit_id == unit_id, Bill.source == func.concat("case:", Repair.id), Bill.voided_at.is_(None)
    )
    statement = select(Repair).where(Repair.unit_id == unit_id, Repair.charge > 0, ~billed.exists())
    found = session.scalars(in_scope(statement, actor_of(session), Repair).order_by(Repair.id))
    return tuple(Waiting(each.id, each.number, each.words, each.charge or NOTHING) for each in found)


def _lines(
    session: Session, unit_ids: Sequence[int], names: Mapping[int, str], day: date, payer: Payer
) -> list[Line]:
    owed = payments.owed(session, unit_ids, day)
    of_owed = {each.bill.fee_item_id for each in owed}
    items = dict(session.execute(select(FeeItem.id, FeeItem.name).where(FeeItem.id.in_(of_owed))).all())
    present = {each.id for each in payer.people} | {payer.customer_id}
    gone = {each.bill.customer_id for each in owed if each.bill.customer_id is not None} - present
    former = dict(session.execute(select(Customer.id, Customer.name).where(Customer.id.in_(gone))).all())
    holding = set(
        session.execute(
            select(Occupancy.unit_id, Occupancy.customer_id).where(
                Occupancy.unit_id.in_(unit_ids), Occupancy.customer_id.in_(gone), holds_on(Occupancy, today())
            )
        ).all()
    )  # fmt: skip
    found = []
    for each in owed:
        bill = each.bill
        stays = (bill.unit_id, bill.customer_id) in holding
        owner = "" if bill.customer_id is None or stays else former.get(bill.customer_id, "")
        found.append(
            Line(
                bill.id, bill.unit_id, names[bill.unit_id], bill.fee_item_id, items[bill.fee_item_id], bill.payee_id,
                bill.source, bill.month, bill.period_from, bill.period_to, bill.due_on, bill.amount, bill.unpaid,
                each.late_fee, each.days_overdue, bill.calculation, owner,
            )
        )  # fmt: skip
    return found


def _ahead(session: Session, unit_id: int, unit: str, item_ids: Collection[int], until: date) -> list[Line]:
    found = []
    for month, charge in preview_ahead(session, unit_id, item_ids, until):
        amount = Decimal(charge.fen) / 100
        found.append(
            Line(
                None, unit_id, unit, charge.item.id, charge.item.name, charge.item.payee_id, charge.source, month,
                charge.way.plan.first, charge.way.plan.last, charge.way.due.on, amount, amount, NOTHING, 0,
                charge.calculation,
            )
        )  # fmt: skip
    return found


def _once(
    session: Session, payer: Payer, once: Sequence[OneOff], cases: Sequence[Waiting]
) -> list[Line]:
    """Draw up what is charged once, as the bills that it will become."""
    if not once and not cases:
        return []
    day = today()
    due = Dues(session, payer.estate_id, day.replace(day=1)).once(day).on
    rows = session.execute(
        select(FeeItem.id, FeeItem.name, FeeItem.payee_id, FeeItem.kind)
        .where(FeeItem.estate_id == payer.estate_id, FeeItem.active)
        .order_by(FeeItem.position, FeeItem.id)
    ).all()
    items = {row.id: row for row in rows}
    service = next((row for row in rows if row.kind is FeeKind.SERVICE), None)
    wanted = [
        (items.get(each.fee_item_id), f"once:{place}", *_worth(each)) for place, each in enumerate(once)
    ] + [
        (service, CASE.format(id=each.case_id), each.charge,
         in_chinese(_("{number} 有偿服务 {amount} 元", number=each.number, amount=f"{each.charge:.2f}")))
        for each in cases
    ]  # fmt: skip
    return [
        Line(
            None, payer.unit_id, payer.unit, item.id, item.name, item.payee_id, source, day.replace(day=1), day, day,
            due, amount, amount, NOTHING, 0, calculation,
        )
        for item, source, amount, calculation in wanted
        if item is not None
    ]  # fmt: skip


def _worth(one: OneOff) -> tuple[Decimal, str]:
    if one.amount is not None:
        return one.amount, one.what
    amount, counted = of_price(one.quantity or NOTHING, one.price or NOTHING)
    return amount, f"{one.what} {counted}".strip()


def once_items(session: Session, estate_id: int) -> list[tuple[int, str, Decimal | None]]:
    """List what can be charged once: (fee item, name, price by the tariff in force, if there is one)."""
    actor, day = actor_of(session), today()
    require(actor, Right.SEE_MONEY)
    price = (
        select(func.min(Tariff.price))
        .where(
            Tariff.fee_item_id == FeeItem.id, Tariff.basis == Basis.ONCE, Tariff.valid_from <= day,
            (Tariff.valid_to.is_(None)) | (Tariff.valid_to >= day), Tariff.unit_id.is_(None),
        )
        .correlate(FeeItem).scalar_subquery()
    )  # fmt: skip
    single = (FeeKind.SERVICE, FeeKind.AIR_CONDITIONING, FeeKind.OTHER)
    statement = select(FeeItem.id, FeeItem.name, price).where(
        FeeItem.estate_id == estate_id, FeeItem.active, FeeItem.kind.in_(single) | price.is_not(None)
    )
    rows = session.execute(in_scope(statement, actor, FeeItem).order_by(FeeItem.position, FeeItem.id))
    return [(key, name, cost) for key, name, cost in rows]


def _covered(lines: Sequence[Line], balances: Mapping[tuple[int, int], Decimal]) -> list[Line]:
    """Take off what is paid ahead, oldest first, as `payments.use_balances` will."""
    rest = dict(balances)
    found = []
    for line in sorted(lines, key=lambda each: (each.due_on, each.month, each.bill_id or 0)):
        place = (line.unit_id, line.payee_id)
        part = min(rest.get(place, NOTHING), line.unpaid)
        if part > 0:
            rest[place] -= part
        found.append(replace(line, covered=part))
    return found


def _payees(session: Session, estate_id: int) -> dict[int, str]:
    first = (
        select(func.min(FeeItem.position)).where(FeeItem.payee_id == Payee.id, FeeItem.kind == FeeKind.MANAGEMENT)
        .correlate(Payee).scalar_subquery()
    )  # fmt: skip
    rows = session.execute(
        select(Payee.id, Payee.name).where(Payee.estate_id == estate_id).order_by(first.is_(None), first, Payee.id)
    )
    return dict(rows.all())


def _deposits(session: Session, unit_ids: Collection[int]) -> tuple[Kept, ...]:
    rows = session.execute(
        select(Deposit.kind, Payee.name, Unit.short, Deposit.held)
        .join(Payee, Payee.id == Deposit.payee_id)
        .join(Unit, Unit.id == Deposit.unit_id)
        .where(Deposit.unit_id.in_(unit_ids), Deposit.held > 0)
        .order_by(Unit.short, Deposit.id)
    )
    return tuple(Kept(*row) for row in rows)


def _last(session: Session, unit_ids: Collection[int]) -> tuple[LastPayment, ...]:
    rows = session.execute(
        select(Payment.id, Payment.paid_on, Payment.kind, Payment.amount, Receipt.number)
        .outerjoin(Receipt, Receipt.payment_id == Payment.id)
        .where(Payment.unit_id.in_(unit_ids), Payment.kind != PaymentKind.OFFSET)
        .order_by(Payment.id.desc())
        .limit(LAST_PAYMENTS)
    ).all()
    methods: dict[int, list[Method]] = defaultdict(list)
    ids = [row.id for row in rows]
    lines = select(PaymentLine.payment_id, PaymentLine.method).where(PaymentLine.payment_id.in_(ids))
    for payment_id, method in session.execute(lines.order_by(PaymentLine.id)):
        methods[payment_id].append(method)
    return tuple(
        LastPayment(row.paid_on, row.kind, row.amount, tuple(methods[row.id]), row.number or "") for row in rows
    )


def _paid_until(session: Session, unit_id: int) -> date | None:
    """Say up to which month the management fee is settled without a gap."""
    mine = select(Bill.month).join(FeeItem, FeeItem.id == Bill.fee_item_id).where(
        Bill.unit_id == unit_id, FeeItem.kind == FeeKind.MANAGEMENT, Bill.source == "", Bill.voided_at.is_(None)
    )  # fmt: skip
    first_open = session.scalar(
        mine.where(Bill.paid + Bill.waived < Bill.amount).with_only_columns(func.min(Bill.month))
    )
    settled = mine.with_only_columns(func.max(Bill.month)).where(Bill.paid + Bill.waived >= Bill.amount)
    if first_open is not None:
        settled = settled.where(Bill.month < first_open)
    found: date | None = session.scalar(settled)
    return found


__all__ = [
    "Band", "Held", "Kept", "LastPayment", "Line", "Payer", "Person", "Sheet", "Waiting", "band_of", "once_items",
    "owed_sheet", "payer_of", "sheet", "waiting_charges",
]  # fmt: skip
