"""Every entry of the cash book goes through `post`: what it moves adds up, and nothing falls below nothing (F3, F10).

An entry is one payment row with its money by method and its parts (allocations), all append-only. What bills,
balances and deposits show beside them is kept in the same transaction and checked by the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from db.audit import record
from db.clock import now, today
from db.ledger import late_fees, limitation, totals
from db.ledger.money_tables import (
    Allocation,
    Balance,
    DayClosing,
    Deposit,
    Method,
    MonthClosing,
    Payment,
    PaymentKind,
    PaymentLine,
    Target,
)
from db.ledger.pricing import next_month
from db.ledger.tables import NOTHING, Bill, Payee
from db.refused import Refused
from db.registry import Unit
from db.session import actor_of
from db.settings import value_of
from db.words import _


@dataclass(frozen=True)
class Part:
    """Where a part of an entry goes (positive) or comes from (negative), in yuan."""

    target: Target
    amount: Decimal
    unit_id: int
    bill_id: int | None = None
    deposit_id: int | None = None
    late_days: int | None = None
    """Of a counter-entry: the days of what it takes back; otherwise counted here."""


@dataclass(frozen=True)
class Tender:
    """Money by one method: in, or out when negative."""

    method: Method
    amount: Decimal
    reference: str = ""
    tendered: Decimal | None = None
    """Cash laid on the table."""


@dataclass(frozen=True)
class Entry:
    """One entry about to be written."""

    kind: PaymentKind
    unit_id: int
    payee_id: int
    parts: Sequence[Part]
    tenders: Sequence[Tender] = ()
    paid_on: date | None = None
    """The day of the cash book; today if not said."""
    customer_id: int | None = None
    payer_name: str = ""
    reverses_id: int | None = None
    note: str = ""
    token: str | None = None


def post(session: Session, entry: Entry) -> Payment:
    """Write one entry, whole; rights are the caller's. Raises as `post_many`."""
    return post_many(session, [entry])[0]


def post_many(session: Session, entries: Sequence[Entry]) -> list[Payment]:
    """Write entries in the order given, all or none, in a fixed number of statements; rights are the caller's.

    Raises `Refused` for a day or month that is closed, a bill that is void or owes less, a balance or deposit that
    holds less; `ValueError` when the parts of one do not add up to its money, which is a programming mistake.
    """
    asked: set[tuple[int, date, bool]] = set()
    units = {each.id: each for each in session.scalars(select(Unit).where(Unit.id.in_({e.unit_id for e in entries})))}
    payments = [_begun(session, each, units[each.unit_id], asked) for each in entries]
    session.add_all(payments)
    session.flush()
    bills = locked_bills(session, (part.bill_id for each in entries for part in each.parts if part.bill_id is not None))
    moved = totals.Moves()
    parts = [_settled(session, entry, payment, bills, moved) for entry, payment in zip(entries, payments, strict=True)]
    session.flush()
    moved.write(session)
    for entry, payment in zip(entries, payments, strict=True):
        _balances(session, entry, payment.estate_id)
        _deposits(session, entry)
    session.flush()
    _write_down(session, entries, payments, parts, units)
    for day in sorted({each.paid_on for each in payments}):
        of_day = [part for some, each in zip(parts, payments, strict=True) if each.paid_on == day for part in some]
        _tell_dunning(session, of_day, day)
    return payments


def _begun(session: Session, entry: Entry, unit: Unit, asked: set[tuple[int, date, bool]]) -> Payment:
    """Check an entry and make its row; `asked` keeps which days of which payees were found open already."""
    amount = sum((each.amount for each in entry.tenders), NOTHING)
    if sum((each.amount for each in entry.parts), NOTHING) != amount:
        raise ValueError("the parts of an entry do not add up to its money")
    day, money = entry.paid_on or today(), amount != 0 or bool(entry.tenders)
    if unit.estate_id not in actor_of(session).estates and not _is_clock(session):
        raise Refused(_("这套房屋不在您负责的项目内。"))
    if (entry.payee_id, day, money) not in asked:
        _refuse_closed(session, entry, day, money=money)
        asked.add((entry.payee_id, day, money))
    return Payment(
        estate_id=unit.estate_id, payee_id=entry.payee_id, unit_id=entry.unit_id, customer_id=entry.customer_id,
        kind=entry.kind, amount=amount, paid_on=day, recorded_at=now(), cashier_id=actor_of(session).user_id,
        payer_name=entry.payer_name, reverses_id=entry.reverses_id, note=entry.note, token=entry.token,
    )  # fmt: skip


def _write_down(
    session: Session, entries: Sequence[Entry], payments: Sequence[Payment], parts: Sequence[Sequence[Part]],
    units: Mapping[int, Unit],
) -> None:  # fmt: skip
    """Write what came by which method, where it went, and the operation log."""
    lines: list[dict[str, Any]] = []
    allocations: list[dict[str, Any]] = []
    for entry, payment, some in zip(entries, payments, parts, strict=True):
        lines += [
            {"payment_id": payment.id, "method": each.method, "amount": each.amount, "reference": each.reference,
             "tendered": each.tendered}
            for each in entry.tenders
        ]  # fmt: skip
        allocations += [
            {"payment_id": payment.id, "unit_id": each.unit_id, "payee_id": entry.payee_id, "target": each.target,
             "bill_id": each.bill_id, "deposit_id": each.deposit_id, "amount": each.amount,
             "late_days": each.late_days or 0, "allocated_on": payment.paid_on}
            for each in some
        ]  # fmt: skip
        unit = units[payment.unit_id]
        record(session, entry.kind.value, "payments", payment.id, estate_id=payment.estate_id, ground=entry.note[:200],
               after={"amount": payment.amount, "unit": unit.short, "paid_on": payment.paid_on})  # fmt: skip
    if lines:
        session.execute(insert(PaymentLine), lines)
    if allocations:
        session.execute(insert(Allocation), allocations)
    session.flush()


def _tell_dunning(session: Session, parts: Sequence[Part], day: date) -> None:
    """Let dunning know: what is paid is demanded no more, what is taken back acknowledges nothing."""
    from db.ledger import dunning_clock  # noqa: PLC0415 - dunning builds on the books

    back = [each.bill_id for each in parts if each.target is Target.PRINCIPAL and each.amount < 0 and each.bill_id]
    if back:
        limitation.taken_back(session, locked_bills(session, back).values())
    if units := {each.unit_id for each in parts if each.bill_id is not None and each.amount > 0}:
        dunning_clock.money_came(session, units, day)


def _is_clock(session: Session) -> bool:
    from db.people import SYSTEM_ID  # noqa: PLC0415 - kept where it is asked

    return actor_of(session).user_id == SYSTEM_ID


def _refuse_closed(session: Session, entry: Entry, day: date, *, money: bool) -> None:
    """Refuse an entry dated ahead, in a closed month, or (where money moves) on a day its cashier has closed."""
    if day > today():
        raise Refused(_("收款日期不能晚于今天，请改正。"), {"paid_on": _("不能晚于今天。")})
    refuse_closed_month(session, entry.payee_id, day)
    if not money:
        return
    closed = session.scalar(
        select(DayClosing.id).where(
            DayClosing.payee_id == entry.payee_id, DayClosing.cashier_id == actor_of(session).user_id,
            DayClosing.day == day,
        )
    )  # fmt: skip
    if closed:
        raise Refused(_("{day} 已经日结，不能再记账；请记到下一个工作日。", day=day.isoformat()))


def refuse_closed_month(session: Session, payee_id: int, day: date) -> None:
    """Refuse what would change a month that the payee's books have closed.

    Holds the payee's row until the transaction ends: a closing waits for whoever writes, and the other way round.
    """
    session.execute(select(Payee.id).where(Payee.id == payee_id).with_for_update(read=True))
    last = session.scalar(select(func.max(MonthClosing.month)).where(MonthClosing.payee_id == payee_id))
    if last is not None and day < next_month(last):  # what lies before the first month closed is closed with it
        raise Refused(
            _("{month} 已经月结，账目不能再改；请记到 {next} 及以后。", month=f"{day:%Y-%m}",
              next=f"{next_month(last):%Y-%m}")
        )  # fmt: skip


# ── what an entry changes beside itself ──────────────────────────────────────────────────────────────────────────────


def locked_bills(session: Session, bill_ids: Iterable[int]) -> dict[int, Bill]:
    """Fetch bills as they stand, locked in the order of their ids until the transaction ends."""
    rows = session.scalars(
        select(Bill).where(Bill.id.in_(set(bill_ids))).order_by(Bill.id).with_for_update()
        .execution_options(populate_existing=True)
    )  # fmt: skip
    return {each.id: each for each in rows}


def _settled(
    session: Session, entry: Entry, payment: Payment, bills: Mapping[int, Bill], moved: totals.Moves
) -> list[Part]:
    """Settle the parts that go to bills; returns all parts, with the days late of each principal."""
    done: list[Part] = []
    for part in entry.parts:
        if part.bill_id is None:
            done.append(part)
            continue
        bill = bills[part.bill_id]
        if bill.voided_at is not None or bill.payee_id != entry.payee_id:
            raise Refused(_("账单已作废或不属于这个收款单位，请刷新后重新选择。"))
        if part.target is Target.PRINCIPAL:
            done.append(_principal(bill, part, payment.paid_on))
            moved.add(bill, paid=part.amount)
        else:
            _late_fee(session, bill, part, payment.paid_on)
            done.append(part)
    return done


def _principal(bill: Bill, part: Part, day: date) -> Part:
    days = late_fees.late_days(day, bill.late_day) if part.late_days is None else part.late_days
    if part.amount > bill.unpaid or bill.paid + part.amount < 0:
        raise Refused(
            _("{month} 的账单只欠 {unpaid} 元，可能刚有人收过，请刷新后再收。", month=f"{bill.month:%Y-%m}",
              unpaid=bill.unpaid)
        )  # fmt: skip
    bill.paid += part.amount
    bill.late_base += int(part.amount * 100) * days
    limitation.paid_in_part(bill, part.amount, day)
    return replace(part, late_days=days)


def _late_fee(session: Session, bill: Bill, part: Part, day: date) -> None:
    cap = value_of(session, late_fees.LATE_CAP_PERCENT, bill.estate_id)
    if part.amount > max(NOTHING, late_fees.outstanding(bill, day, cap)) or bill.late_paid + part.amount < 0:
        raise Refused(_("违约金没有这么多，可能刚有人收过，请刷新后再收。"))
    bill.late_paid += part.amount


def _balances(session: Session, entry: Entry, estate_id: int) -> None:
    changes: dict[int, Decimal] = defaultdict(lambda: NOTHING)
    for part in entry.parts:
        if part.target is Target.BALANCE:
            changes[part.unit_id] += part.amount
    for unit_id, change in sorted(changes.items()):
        row = balance_row(session, unit_id, entry.payee_id, estate_id)
        if row.amount + change < 0:
            raise Refused(_("预存余额只有 {held} 元，不够 {wanted} 元。", held=row.amount, wanted=-change))
        row.amount += change
    session.flush()


def balance_row(session: Session, unit_id: int, payee_id: int, estate_id: int) -> Balance:
    """Fetch a unit's balance with a payee, locked; made where there is none."""
    session.execute(
        totals.upsert(session, Balance.__table__)
        .values(unit_id=unit_id, payee_id=payee_id, estate_id=estate_id, amount=NOTHING)
        .on_conflict_do_nothing()
    )
    return session.get_one(Balance, (unit_id, payee_id), with_for_update=True, populate_existing=True)


def _deposits(session: Session, entry: Entry) -> None:
    for part in sorted((each for each in entry.parts if each.target is Target.DEPOSIT), key=lambda each: each.amount):
        deposit = session.get_one(Deposit, part.deposit_id, with_for_update=True, populate_existing=True)
        if deposit.held + part.amount < 0:
            raise Refused(_("这笔押金只剩 {held} 元，不够 {wanted} 元。", held=deposit.held, wanted=-part.amount))
        deposit.held += part.amount
    session.flush()
