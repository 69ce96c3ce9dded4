"""A bill's late fee line by line 违约金计算表: from, to, days, unpaid, rate, fen; adding up to what is charged (F4).

A day on which money came still counts for what it paid; principal waived, or paid by what was reversed later, is
treated as if it had never been owed or never paid. The lines are exact; one rounding, and the cap, stand below them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.clock import today
from db.ledger import late_fees
from db.ledger.calculations import in_chinese
from db.ledger.demands import said_rate
from db.ledger.money_tables import Allocation, Target
from db.ledger.tables import NOTHING, Bill, FeeItem, Payee, Tariff
from db.people import Right, in_scope, require
from db.refused import Refused
from db.registry import Customer, Estate, Unit
from db.session import actor_of
from db.settings import value_of
from db.words import _


@dataclass(frozen=True)
class Line:
    """Days, both counted, on which the same was unpaid."""

    day_from: date
    day_to: date
    unpaid: Decimal
    amount: Decimal
    """Exact, in yuan, with as many decimals as it has."""
    paid: Decimal
    """What was paid on the last of these days."""

    @property
    def days(self) -> int:
        """Count the days, both ends in."""
        return (self.day_to - self.day_from).days + 1


@dataclass(frozen=True)
class Sheet:
    """A bill's late fee up to and including a day."""

    bill: Bill
    on: date
    lines: tuple[Line, ...]
    exact: Decimal
    """What the lines add up to."""
    rounding: Decimal
    """What one rounding to fen, half up, adds or takes."""
    cut: Decimal
    """What the cap takes off, not positive."""
    total: Decimal
    """`exact + rounding + cut`: what is charged in all."""
    waived: Decimal
    paid: Decimal
    cap: Decimal | None

    @property
    def due(self) -> Decimal:
        """Return what is still owed; negative where a later waiver of principal left more paid than charged."""
        return self.total - self.waived - self.paid


def sheet_of(session: Session, bill_id: int, on: date | None = None) -> Sheet:
    """Work out a bill's late fee line by line; needs `SEE_MONEY`. Raises `Refused` for a bill out of sight."""
    require(actor_of(session), Right.SEE_MONEY)
    bill = session.scalar(in_scope(select(Bill).where(Bill.id == bill_id), actor_of(session), Bill))
    if bill is None:
        raise Refused(_("没有找到这张账单。"))
    return _sheet(session, bill, on or today())


def _sheet(session: Session, bill: Bill, on: date) -> Sheet:
    principal = bill.amount - bill.waived
    lines = _lines(bill, principal, _paid_by_day(session, bill), on)
    exact = sum((each.amount for each in lines), NOTHING)
    rounded = (exact * 100).to_integral_value("ROUND_HALF_UP") / 100
    percent = value_of(session, late_fees.LATE_CAP_PERCENT, bill.estate_id)
    cap = Decimal(late_fees.cap_fen(int(principal * 100), percent)) / 100 if percent else None
    total = min(rounded, cap) if cap is not None else rounded
    if total != (charged := late_fees.accrued(bill, on, percent)):
        raise ValueError(f"bill {bill.id}: the lines say {total}, charged is {charged}")
    return Sheet(
        bill, on, lines, exact, rounded - exact, total - rounded, total, bill.late_waived, bill.late_paid, cap
    )


def _paid_by_day(session: Session, bill: Bill) -> dict[int, Decimal]:
    """Add up what was paid by how many days late it was; a counter-entry carries the days of what it takes back."""
    rows = session.execute(
        select(Allocation.late_days, Allocation.amount).where(
            Allocation.bill_id == bill.id, Allocation.target == Target.PRINCIPAL
        )
    )
    paid: dict[int, Decimal] = defaultdict(lambda: NOTHING)
    for days, amount in rows:
        paid[days] += amount
    return {days: amount for days, amount in sorted(paid.items()) if amount}


def _lines(bill: Bill, principal: Decimal, paid: dict[int, Decimal], on: date) -> tuple[Line, ...]:
    """Cut the late days where money came; each stretch at what was unpaid in it."""
    if bill.late_day is None:
        return ()
    last = late_fees.late_days(on, bill.late_day)
    unpaid = principal - paid.get(0, NOTHING)
    first_day, done, lines = date.fromordinal(bill.late_day), 0, []
    for end in sorted({each for each in paid if each > 0} | {last}):
        came = paid.get(end, NOTHING)
        if end > done and unpaid:
            days = end - done
            amount = unpaid * days * bill.late_ppm / late_fees.MILLION
            starts, ends = first_day + timedelta(days=done), first_day + timedelta(days=end - 1)
            lines.append(Line(starts, ends, unpaid, amount, came))
        unpaid -= came
        done = max(done, end)
    return tuple(lines)


# ── as a paper ───────────────────────────────────────────────────────────────────────────────────────────────────────


def paper_of(session: Session, bill_id: int, on: date | None = None) -> dict[str, Any]:
    """Say a bill's late fee as the template `late_fee_worksheet` prints it, in Chinese whoever prints."""
    sheet = sheet_of(session, bill_id, on)
    bill = sheet.bill
    if bill.late_day is None:
        raise Refused(_("合同没有约定违约金的账单，不计违约金。"))
    tariff = session.get(Tariff, bill.tariff_id) if bill.tariff_id is not None else None
    customer = session.get(Customer, bill.customer_id) if bill.customer_id is not None else None
    rate = in_chinese(said_rate(bill.late_ppm))
    told: dict[str, Any] = {
        "item": session.get_one(FeeItem, bill.fee_item_id).name, "due_on": bill.due_on, "total": sheet.total,
        "principal": bill.amount - bill.waived, "rows": [_row(each, rate) for each in sheet.lines],
        "period_from": bill.period_from, "period_to": bill.period_to, "due": sheet.due, "paid": sheet.paid,
        "waived": sheet.waived, "cap": sheet.cap,
    }  # fmt: skip
    return {
        "company": session.get_one(Payee, bill.payee_id).name, "estate": session.get_one(Estate, bill.estate_id).name,
        "unit": session.get_one(Unit, bill.unit_id).short, "as_of": sheet.on, "maker": actor_of(session).name,
        "customer": customer.name if customer else in_chinese(_("业主")),
        "clause": (tariff.late_clause if tariff else "") or in_chinese(_("合同")),
        "rules": [in_chinese(each) for each in rules_of(sheet)], "bills": [told], "total": sheet.due,
    }  # fmt: skip


def _row(line: Line, rate: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "day_from": line.day_from, "day_to": line.day_to, "days": line.days, "unpaid": line.unpaid, "rate": rate,
        "amount": line.amount,
    }  # fmt: skip
    if line.paid:
        row["remark"] = in_chinese(_("{day} 缴 {amount} 元", day=line.day_to, amount=line.paid))
    return row


def rules_of(sheet: Sheet) -> list[Any]:
    """Say how the days and the amount are counted, a sentence each."""
    bill = sheet.bill
    first = date.fromordinal(bill.late_day or 0)
    rules = [
        _("最迟缴纳日 {due}，从 {first} 起计，首尾两日都算；{first} 当天缴清的计 1 天。", due=bill.due_on, first=first),
        _("按每天未缴的本金计，单利，缴清之日止；本金缴清后，已产生的违约金仍应缴纳。"),
    ]
    if (grace := bill.late_day - bill.due_on.toordinal() - 1 if bill.late_day else 0) > 0:
        rules.append(_("含宽限 {n} 天，宽限期内不计。", n=grace))
    if bill.waived:
        rules.append(_("减免的本金 {amount} 元自始不计。", amount=bill.waived))
    if sheet.cut:
        rules.append(_("按上限 {cap} 元计收，超出的 {cut} 元不收。", cap=sheet.cap, cut=-sheet.cut))
    rules.append(_("各行不取舍，合计后四舍五入到分一次（{rounding} 元）。", rounding=f"{sheet.rounding:+f}"))
    return rules
