"""The last bills of who leaves 最终账单: each ends on the day agreed, by the tariff's own part-month rule (O2; HB:336).

A month billed whole is voided and issued again for the part; what was paid on it pays the part, at the day when it was
paid, and the rest is his to get back. The days after him are billed at once to who holds the unit then, if the month's
run is over; otherwise the run does it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from db.audit import Audit, record
from db.clock import today
from db.ledger import payments
from db.ledger.ahead import seen_unit
from db.ledger.bill_rows import one_bill
from db.ledger.billing import void_bill
from db.ledger.calculations import in_chinese
from db.ledger.counting import Charge, Counting, Holders, Month
from db.ledger.late_fees import GRACE_DAYS
from db.ledger.money_tables import Allocation, MonthClosing, PaymentKind, Target
from db.ledger.parting import base_of
from db.ledger.places import Item, items_of
from db.ledger.postings import Entry, Part, locked_bills, post, refuse_closed_month
from db.ledger.pricing import next_month
from db.ledger.tables import NOTHING, Bill, BillingRun, Meter, Reading
from db.people import Right, require
from db.refused import Refused
from db.registry import Customer, Occupancy, Relation, Unit
from db.session import actor_of
from db.settings import value_of
from db.words import _

FURTHEST_BACK = 12
"""Months before the last one that are still looked at for bills that nobody has made."""


@dataclass(frozen=True)
class Final:
    """What `final_bills` did."""

    made: tuple[int, ...] = ()
    """New bills: his, and those of who holds the unit after him."""
    voided: tuple[int, ...] = ()
    freed: dict[int, Decimal] = field(default_factory=dict)
    """Payee → yuan of his that lie in the unit's balance now, to be paid back."""


def final_bills(
    session: Session, unit_id: int, customer_id: int, cut_off: date, *, token: str | None = None
) -> Final:
    """Make what a leaving customer owes end on `cut_off`, his last day; needs `BILL`. One transaction.

    His occupancy must be ended first: then every later run bills his part alone as well. The closing values of his
    meters must be entered (`db.dossiers.handover_readings`). A second call finds nothing to do; a second press of
    `token` returns the first result. Raises `Refused` where he does not hold the unit on the day or still holds it
    after, and for a month whose books are closed, with what to do instead.
    """
    require(actor_of(session), Right.BILL)
    unit = seen_unit(session, unit_id)
    if token and (done := session.scalar(select(Audit.after).where(Audit.token == token))):
        freed = {int(key): Decimal(amount) for key, amount in done["freed"].items()}
        return Final(tuple(done["made"]), tuple(done["voided"]), freed)
    payments.queue(session, unit.estate_id)
    _refuse_unended(session, unit, customer_id, cut_off)
    work = _Work(session, unit, customer_id, cut_off)
    work.void()
    work.bill()
    work.bill_closing_readings()
    done = Final(tuple(work.made), tuple(work.old), work.settle())
    after = {"customer_id": customer_id, "cut_off": cut_off, "made": work.made, "voided": list(work.old),
             "freed": {str(key): str(amount) for key, amount in done.freed.items()}}  # fmt: skip
    record(session, "final_bills", "units", unit_id, estate_id=unit.estate_id, after=after, token=token)
    return done


def _refuse_unended(session: Session, unit: Unit, customer_id: int, cut_off: date) -> None:
    """Refuse a day on which he does not hold the unit, and one after which he still does."""
    rows = session.execute(
        select(Occupancy.starts_on, Occupancy.ends_on)
        .where(Occupancy.unit_id == unit.id, Occupancy.customer_id == customer_id)
    ).all()  # fmt: skip
    name = session.get_one(Customer, customer_id).name
    if any(ends_on is None or ends_on > cut_off for _starts_on, ends_on in rows):
        raise Refused(
            _("{name} 在 {unit} 的使用还没有到 {day} 结束，请先登记结束日期。", name=name, unit=unit.short, day=cut_off)
        )
    if not any((starts_on or cut_off) <= cut_off <= (ends_on or cut_off) for starts_on, ends_on in rows):
        raise Refused(
            _("{day} 这天 {name} 并不使用 {unit}，请核对费用截止日。", name=name, unit=unit.short, day=cut_off)
        )


def monthly() -> ColumnElement[bool]:
    """Claim: a bill is one of those that come every month, not of a single act."""
    return or_(Bill.source == "", *(Bill.source.startswith(each) for each in ("until:", "parking:")))


class _Work:
    """One unit's last bills under way."""

    def __init__(self, session: Session, unit: Unit, customer_id: int, cut_off: date) -> None:
        self.session, self.unit, self.customer_id, self.cut_off = session, unit, customer_id, cut_off
        self.month = cut_off.replace(day=1)
        self.old: dict[int, Bill] = {}
        """What was voided."""
        self.paid: dict[int, list[tuple[int, Decimal]]] = {}
        """Of what was voided, what had been paid: days late and yuan, in the order of the payments."""
        self.made: list[int] = []
        self.moved: defaultdict[int, Decimal] = defaultdict(lambda: NOTHING)
        """Payee → yuan that came free and are not used again."""

    # ── taken back ───────────────────────────────────────────────────────────────────────────────────────────────────

    def void(self) -> None:
        """Void his bills that go on after the day."""
        found = self.session.scalars(
            select(Bill.id).where(
                Bill.unit_id == self.unit.id, Bill.customer_id == self.customer_id, Bill.voided_at.is_(None), monthly(),
                Bill.period_to > self.cut_off,
            )
        )  # fmt: skip
        for bill in locked_bills(self.session, found).values():
            self._refuse_closed(bill.payee_id, bill.month)
            self.paid[bill.id] = self._paid(bill)
            self.moved[bill.payee_id] += bill.paid + bill.late_paid
            void_bill(self.session, bill.id, in_chinese(_("{day} 迁出，账单改到截止日", day=self.cut_off)))
            self.old[bill.id] = bill

    def _paid(self, bill: Bill) -> list[tuple[int, Decimal]]:
        rows = self.session.execute(
            select(Allocation.late_days, func.sum(Allocation.amount))
            .where(Allocation.bill_id == bill.id, Allocation.target == Target.PRINCIPAL)
            .group_by(Allocation.late_days)
            .order_by(Allocation.late_days)
        )
        return [(days, amount) for days, amount in rows if amount > 0]

    def _refuse_closed(self, payee_id: int, month: date) -> None:
        last = self.session.scalar(select(func.max(MonthClosing.month)).where(MonthClosing.payee_id == payee_id))
        if last is not None and month <= last:
            raise Refused(
                _(
                    "{month} 已经月结，不能再改这个月的账单。请把费用截止日改到 {next} 及以后，"
                    "多收的天数由财务另行办理减免或退款。",
                    month=f"{month:%Y-%m}", next=f"{next_month(last):%Y-%m}",
                )
            )  # fmt: skip
        refuse_closed_month(self.session, payee_id, month)

    # ── made anew ────────────────────────────────────────────────────────────────────────────────────────────────────

    def bill(self) -> None:
        """Make his bills up to the day that are not made yet, and what others owe of months whose run is over."""
        items = items_of(self.session, self.unit.estate_id)
        begins = {each.id: self._begin(each) for each in items}
        months = {each.month for each in self.old.values()} | {self.month, *begins.values()}
        month, last = min(months), max(months)
        while month <= last:
            counting = Counting(self.session, Month(self.unit.estate_id, month, (self.unit.id,)))
            run = self._run_items(month)
            for item in items:
                if month >= begins[item.id]:
                    for charge in self._wanted(counting, item, run):
                        self._make(counting.month, charge)
            month = next_month(month)

    def _begin(self, item: Item) -> date:
        """Say from which month on an item may lack bills of his: the one after the last that is billed."""
        last = self.session.scalar(
            select(func.max(Bill.month)).where(
                Bill.unit_id == self.unit.id, Bill.fee_item_id == item.id, Bill.voided_at.is_(None), monthly(),
                Bill.month < self.month,
            )
        )  # fmt: skip
        if last is None:
            return self.month
        months = self.month.year * 12 + self.month.month - 1 - FURTHEST_BACK
        return max(next_month(last), date(months // 12, months % 12 + 1, 1))

    def _run_items(self, month: date) -> set[int]:
        """Say for which items the month's run is over."""
        runs = self.session.scalars(
            select(BillingRun.fee_item_ids).where(
                BillingRun.estate_id == self.unit.estate_id, BillingRun.month == month
            )
        )
        return {item_id for some in runs for item_id in some}

    def _wanted(self, counting: Counting, item: Item, run: set[int]) -> Iterator[Charge]:
        taken_back = {(each.fee_item_id, each.month) for each in self.old.values()}
        others = item.id in run and (item.id, counting.month.first) in taken_back
        for charge in list(counting.charges(item)):
            if charge.customer_id == self.customer_id or (others and charge.way.plan.first > self.cut_off):
                yield charge

    def bill_closing_readings(self) -> None:
        """Bill what his meters showed when he left, where it was entered for a later month: his own was billed then."""
        months = self.session.execute(
            select(Reading.month, Meter.fee_item_id)
            .join(Meter, Meter.id == Reading.meter_id)
            .where(Meter.unit_id == self.unit.id, ~Reading.superseded, Reading.month > self.month,
                   Reading.read_on <= self.cut_off)
            .distinct().order_by(Reading.month, Meter.fee_item_id)
        ).all()  # fmt: skip
        here = Month(self.unit.estate_id, self.month, (self.unit.id,))
        for month, item_id in months:
            counting = Counting(self.session, Month(self.unit.estate_id, month, (self.unit.id,)))
            (item,) = items_of(self.session, self.unit.estate_id, [item_id])
            for charge in list(counting.charges(item)):
                plan = charge.way.plan
                payer = Holders(self.session, here, {Relation.OWNER, plan.rate.payer})
                if plan.is_metered and payer.of(self.unit.id, plan.rate.payer, self.cut_off) == self.customer_id:
                    way = charge.way._replace(plan=replace(plan, first=self.month, last=self.cut_off))
                    self._make(counting.month, charge._replace(way=way, customer_id=self.customer_id))

    def _make(self, month: Month, charge: Charge) -> None:
        """Write one bill; his own is not late before he could pay it, nor does what was late become timely."""
        self._refuse_closed(charge.item.payee_id, month.first)
        old = self._old_of(month, charge)
        if charge.customer_id == self.customer_id:
            due = charge.way.due
            if old is not None:
                due = due._replace(on=old.due_on, late_day=old.late_day)
            elif due.on < self.cut_off:
                grace = value_of(self.session, GRACE_DAYS, self.unit.estate_id)
                late = self.cut_off.toordinal() + 1 + grace if due.late_ppm else None
                due = due._replace(on=self.cut_off, late_day=late)
            charge = charge._replace(way=charge.way._replace(due=due))
        made = one_bill(self.session, month, charge, replaces_id=old.id if old else None)
        self.made.append(made.id)
        if old is not None:
            self._carry_over(old, made)

    def _old_of(self, month: Month, charge: Charge) -> Bill | None:
        """Find the bill that one of his takes the place of."""
        if charge.customer_id != self.customer_id:
            return None
        key = (charge.item.id, month.first, base_of(charge.source))
        return next(
            (each for each in self.old.values() if (each.fee_item_id, each.month, base_of(each.source)) == key), None
        )

    # ── his money ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _carry_over(self, old: Bill, made: Bill) -> None:
        """Let what was paid on the old bill pay the new one, as late or timely as it was then."""
        rest, parts = made.amount, []
        for days, amount in self.paid[old.id]:
            if (part := min(rest, amount)) > 0:
                parts.append(Part(Target.PRINCIPAL, part, self.unit.id, made.id, late_days=days))
                rest -= part
        self._post(made.payee_id, parts)

    def _post(self, payee_id: int, parts: list[Part]) -> None:
        used = sum((each.amount for each in parts), NOTHING)
        if used:
            whole = [*parts, Part(Target.BALANCE, -used, self.unit.id)]
            note = in_chinese(_("迁出结算，已缴款转入"))
            post(self.session, Entry(PaymentKind.OFFSET, self.unit.id, payee_id, whole, customer_id=self.customer_id,
                                     note=note))  # fmt: skip
            self.moved[payee_id] -= used

    def settle(self) -> dict[int, Decimal]:
        """Let what came free pay what he still owes of principal; returns what is then left, by payee."""
        for payee_id in sorted(self.moved):
            if self.moved[payee_id] > 0:
                lines = [
                    each for each in payments.chosen(self.session, self.unit.id, None, today(), payee_id)
                    if each.bill.customer_id == self.customer_id
                ]  # fmt: skip
                parts = payments.parts_of(lines, self.moved[payee_id], self.unit.id, late_fee=False)
                self._post(payee_id, [each for each in parts if each.target is Target.PRINCIPAL])
        return {payee_id: amount for payee_id, amount in sorted(self.moved.items()) if amount > 0}


__all__ = ["Final", "final_bills", "monthly"]
