"""The late fee 违约金: simple, by the day, on what is unpaid of the principal (HB:129; F4).

Fen × days late of what was paid late stand on the bill (`late_base`); with what is unpaid today they make the fee, in
one formula of whole numbers for one bill in Python and for a hundred thousand in a select.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, func, literal, type_coerce

from db.ledger.columns import larger, smaller
from db.ledger.pricing import rounded
from db.ledger.tables import Bill
from db.settings import Setting
from db.words import _

MILLION = 1_000_000

GRACE_DAYS = Setting(
    "ledger.grace_days", _("违约金宽限天数"), 0, _("过了缴纳期再宽限几天才开始计违约金"), least=0, most=365
)
LATE_CAP_PERCENT = Setting(
    "ledger.late_cap_percent", _("违约金上限（占本金%）"), 0, _("0 为不设上限；过高的违约金法院可以调低"),
    least=0, most=100,
)  # fmt: skip


def late_days(on: date, late_day: int | None) -> int:
    """Count the days charged up to `on`: what falls due on the 10th and is paid on the 11th is one day late."""
    return max(0, on.toordinal() - late_day + 1) if late_day is not None else 0


def accrued_fen(base: Any, unpaid: Any, days: Any, ppm: Any) -> Any:
    """Say the late fee in fen: `base` in fen-days, `unpaid` in fen; of numbers or of columns."""
    return rounded((base + unpaid * days) * ppm, MILLION, 1)


def accrued(bill: Bill, on: date, cap_percent: int) -> Decimal:
    """Say the whole late fee of a bill up to and including `on`, in yuan, whatever of it is paid or waived already."""
    if bill.late_day is None:
        return Decimal(0)
    principal, unpaid = int((bill.amount - bill.waived) * 100), int(bill.unpaid * 100)
    fen = accrued_fen(bill.late_base, unpaid, late_days(on, bill.late_day), bill.late_ppm)
    return Decimal(_capped(fen, principal, cap_percent)) / 100


def outstanding(bill: Bill, on: date, cap_percent: int) -> Decimal:
    """Say what of the late fee is still owed on `on`, in yuan; stays after the principal is paid."""
    return max(Decimal(0), accrued(bill, on, cap_percent) - bill.late_paid - bill.late_waived)


def _capped(fen: int, principal: int, cap_percent: int) -> int:
    return min(fen, cap_fen(principal, cap_percent)) if cap_percent else fen


def cap_fen(principal: Any, cap_percent: int) -> Any:
    """Say the most that a late fee may be, in fen, of a principal in fen."""
    return rounded(principal * cap_percent, 100, 1)


def outstanding_column(on: date, cap_percent: int) -> ColumnElement[int]:
    """Make `outstanding` as an expression over `bills`, in fen."""
    whole = {name: type_coerce(getattr(Bill, name), BigInteger) for name in
             ("amount", "waived", "paid", "late_paid", "late_waived")}  # fmt: skip
    # A bill without a clause has no first day and no rate: its fee is nothing, whatever the days.
    after = on.toordinal() + 1
    days = larger(literal(after, BigInteger()) - func.coalesce(Bill.late_day, after), 0)
    principal = whole["amount"] - whole["waived"]
    fee = accrued_fen(Bill.late_base, principal - whole["paid"], days, Bill.late_ppm)
    if cap_percent:
        fee = smaller(fee, cap_fen(principal, cap_percent))
    return larger(fee - whole["late_paid"] - whole["late_waived"], 0)
