"""The billing run 出账: every unit, every month, once and only once; and bills taken back or issued again (F2).

One transaction, one run of an estate at a time; the database's own unique index stands behind it. What is paid ahead
pays the new bills by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain, islice
from typing import Any

from sqlalchemy import BigInteger, func, select, type_coerce
from sqlalchemy.orm import Session

from db.audit import record
from db.checking import clean_text
from db.clock import now, today
from db.ledger import payments, postings, reversals, totals
from db.ledger.bill_rows import insert_bills, one_bill
from db.ledger.counting import Counting, Item, Month, items_of
from db.ledger.due import MONTHS_AHEAD
from db.ledger.parting import base_of
from db.ledger.tables import NOTHING, Basis, Bill, BillingRun, FeeItem, Tariff
from db.people import SYSTEM_ID, Actor, Right, in_scope, require
from db.refused import Refused
from db.registry import Estate, Unit
from db.session import actor_of
from db.settings import value_of
from db.words import _

Progress = Callable[[int, int], None]
"""Told now and then how many units × items are done, and of how many."""
CHUNK = 5_000


@dataclass(frozen=True)
class Published:
    """What a run made."""

    run_id: int | None
    """None where there was nothing left to make."""
    bills: int
    amount: Decimal


# ── who may, and what ────────────────────────────────────────────────────────────────────────────────────────────────


def refuse_stranger(actor: Actor, estate_id: int) -> None:
    """Refuse whoever does not work in the estate."""
    if actor.user_id != SYSTEM_ID and estate_id not in actor.estates:
        raise Refused(_("您不负责这个项目。"))


def month_of(session: Session, estate_id: int, month: date) -> Month:
    """Say which month is meant; refuses one further ahead than the estate allows."""
    first, most = month.replace(day=1), value_of(session, MONTHS_AHEAD, estate_id)
    here = today()
    if (first.year - here.year) * 12 + first.month - here.month > most:
        problem = _("最多提前 {most} 个月出账，请选择较近的月份。", most=most)
        raise Refused(problem, {"month": problem})
    return Month(estate_id, first)


def wanted_items(session: Session, estate_id: int, fee_item_ids: Collection[int]) -> list[Item]:
    """Read the fee items to bill; refuses none, and what is not the estate's own."""
    found = items_of(session, estate_id, fee_item_ids)
    if not found or len(found) != len(set(fee_item_ids)):
        problem = _("请选择本项目的收费项目。")
        raise Refused(problem, {"fee_item_ids": problem})
    return found


def lock_estate(session: Session, estate_id: int) -> None:
    """Let bills of an estate be made by one at a time, until the transaction ends."""
    session.execute(select(Estate.id).where(Estate.id == estate_id).with_for_update(key_share=True))


# ── the run ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def publish(
    session: Session,
    estate_id: int,
    month: date,
    fee_item_ids: Collection[int],
    *,
    token: str | None = None,
    progress: Progress | None = None,
) -> Published:
    """Make the month's bills of an estate that are not made yet; needs `BILL`. A second run adds nothing.

    Raises `Refused` for a month that a payee has closed or that lies too far ahead. `token` makes a second press
    return what the first made.
    """
    actor = actor_of(session)
    require(actor, Right.BILL)
    refuse_stranger(actor, estate_id)
    if token and (done := session.scalar(select(BillingRun).where(BillingRun.token == token))):
        return Published(done.id, done.bills, done.amount)
    lock_estate(session, estate_id)
    when, items = month_of(session, estate_id, month), wanted_items(session, estate_id, fee_item_ids)
    for payee_id in sorted({each.payee_id for each in items}):
        postings.refuse_closed_month(session, payee_id, when.first)
    counting = Counting(session, when)
    charges = _counted(session, counting, items, progress)
    first = next(charges, None)
    if first is None:
        return Published(None, 0, NOTHING)
    run = BillingRun(
        estate_id=estate_id, month=when.first, fee_item_ids=[each.id for each in items], run_by=actor.user_id,
        run_at=now(), token=token,
    )  # fmt: skip
    session.add(run)
    session.flush()
    made = chain([first], charges)
    while some := list(islice(made, CHUNK)):
        insert_bills(session, when, some, run.id)
    _close_run(session, run)
    payments.use_balances(session, estate_id=estate_id)
    return Published(run.id, run.bills, run.amount)


def _counted(session: Session, counting: Counting, items: Sequence[Item], progress: Progress | None) -> Any:
    """Count all items' bills, telling how far it is."""
    units = 0
    if progress is not None:
        units = session.scalar(select(func.count(Unit.id)).where(Unit.estate_id == counting.month.estate_id)) or 0
    for place, item in enumerate(items):
        for n, charge in enumerate(counting.charges(item, left=False)):
            if progress is not None and n % 500 == 0:
                progress(place * units + min(n, units), len(items) * units)
            yield charge
    if progress is not None:
        progress(len(items) * units, len(items) * units)


def _close_run(session: Session, run: BillingRun) -> None:
    """Write what a run made on it, into the totals and the operation log; as the database counts it."""
    moves = totals.Moves()
    rows = session.execute(
        select(Bill.building_id, Bill.fee_item_id, func.count(), func.sum(type_coerce(Bill.amount, BigInteger)))
        .where(Bill.run_id == run.id)
        .group_by(Bill.building_id, Bill.fee_item_id)
    )
    for building_id, item_id, bills, fen in rows:
        amount = Decimal(int(fen)) / 100
        moves.add_to((run.estate_id, run.month, building_id, item_id), bills, amount, NOTHING, NOTHING)
        run.bills = (run.bills or 0) + bills
        run.amount = (run.amount or NOTHING) + amount
    session.flush()
    moves.write(session)
    after = {"month": run.month, "fee_items": run.fee_item_ids, "bills": run.bills, "amount": run.amount}
    record(session, "published", "billing_runs", run.id, estate_id=run.estate_id, after=after)


# ── taken back, issued again ─────────────────────────────────────────────────────────────────────────────────────────


def locked_bill(session: Session, bill_id: int) -> Bill:
    """Fetch a bill of the actor's estates, locked; raises `Refused` where there is none."""
    statement = in_scope(select(Bill).where(Bill.id == bill_id), actor_of(session), Bill)
    bill = session.scalar(statement.with_for_update().execution_options(populate_existing=True))
    if bill is None:
        raise Refused(_("没有找到这张账单，可能不在您负责的项目内。"))
    return bill


def void_bill(session: Session, bill_id: int, reason: str) -> None:
    """Void a bill; needs `BILL` and a reason. What was paid on it goes to the unit's balance.

    Raises `Refused` for a closed month, or when it is void already.
    """
    require(actor_of(session), Right.BILL)
    why = clean_text(reason)
    if not why:
        raise Refused(_("请填写作废原因。"), {"reason": _("请填写原因。")})
    bill = locked_bill(session, bill_id)
    if bill.voided_at is not None:
        raise Refused(_("这张账单已经作废，请刷新后查看。"))
    postings.refuse_closed_month(session, bill.payee_id, bill.month)
    if bill.paid or bill.late_paid:
        reversals.release_bill(session, bill)
    bill.voided_at, bill.voided_on, bill.voided_by, bill.void_reason = now(), today(), actor_of(session).user_id, why
    session.flush()
    moves = totals.Moves()
    moves.add(bill, bills=-1, amount=-bill.amount, waived=-bill.waived)
    moves.write(session)
    record(session, "voided", "bills", bill.id, estate_id=bill.estate_id, ground=why[:200],
           before={"month": bill.month, "amount": bill.amount, "unit_id": bill.unit_id})  # fmt: skip


def reissue(session: Session, bill_id: int, reason: str) -> Bill:
    """Void a bill and make it anew from today's data, in one; returns the new one, which names the old.

    Needs `BILL`. Raises `Refused` when by today's data there would be none: then it is to be voided.
    """
    with session.begin_nested():
        void_bill(session, bill_id, reason)
        old = session.get_one(Bill, bill_id)
        month = Month(old.estate_id, old.month, (old.unit_id,))
        items = items_of(session, old.estate_id, [old.fee_item_id])
        counting = Counting(session, month)
        charge = next((each for each in counting.charges(items[0]) if each.source == old.source), None)
        if charge is None:
            raise Refused(_no_new(counting, old))
        made = one_bill(session, month, charge, replaces_id=old.id)
        record(session, "reissued", "bills", made.id, estate_id=made.estate_id, ground=clean_text(reason)[:200],
               before={"amount": old.amount}, after={"amount": made.amount})  # fmt: skip
    payments.use_balances(session, [made.unit_id])
    return made


def _no_new(counting: Counting, old: Bill) -> Any:
    if base_of(old.source) and not old.source.startswith("parking:"):
        return _("这是单笔费用，不能按收费标准重开；请作废后另行录入。")
    why = next((each.why.label for each in counting.left), None)
    return _("按现在的资料不产生账单（{why}）；如不应收，请直接作废。", why=why or _("没有适用的收费标准"))


def fee_items(session: Session, estate_ids: Iterable[int]) -> list[Item]:
    """List the fee items in use of some estates, in their order."""
    return _items(session, estate_ids, ())


def run_items(session: Session, estate_id: int) -> list[Item]:
    """List the fee items that a run can bill: those with a tariff that comes every month."""
    monthly = select(Tariff.id).where(Tariff.fee_item_id == FeeItem.id, Tariff.basis != Basis.ONCE)
    return _items(session, [estate_id], (monthly.exists(),))


def _items(session: Session, estate_ids: Iterable[int], claims: Sequence[Any]) -> list[Item]:
    statement = (
        select(FeeItem.id, FeeItem.name, FeeItem.kind, FeeItem.payee_id)
        .where(FeeItem.estate_id.in_(sorted(estate_ids)), FeeItem.active, *claims)
        .order_by(FeeItem.estate_id, FeeItem.position, FeeItem.id)
    )
    return [Item(*row) for row in session.execute(in_scope(statement, actor_of(session), FeeItem))]


__all__ = [
    "Published", "fee_items", "lock_estate", "locked_bill", "month_of", "publish", "refuse_stranger", "reissue",
    "run_items", "void_bill", "wanted_items",
]  # fmt: skip
