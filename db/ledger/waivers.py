"""Waivers 减免: what the office lets go of a bill or of its late fee; asked for, granted by another, never undone.

What is rounded off in cash 抹零 needs nobody's consent but the rule's; it comes back with the payment that it was for.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.clock import now, today
from db.ledger import late_fees, totals
from db.ledger.money_tables import Correction, CorrectionKind, CorrectionState
from db.ledger.tables import Bill
from db.refused import Refused
from db.session import actor_of
from db.settings import value_of
from db.words import _


def by_rule(session: Session, bill: Bill, amount: Decimal, reason: str = "", *, late: bool = False) -> Correction:
    """Waive the odd cents of a cash payment 抹零: the office's setting has granted it for all.

    A negative amount takes it back. The caller names the payment in `done_payment_id`.
    """
    row = Correction(
        estate_id=bill.estate_id, kind=CorrectionKind.LATE_WAIVER if late else CorrectionKind.WAIVER,
        unit_id=bill.unit_id, payee_id=bill.payee_id, bill_id=bill.id, amount=amount,
        reason=reason or str(_("现金抹零")), by_rule=True, state=CorrectionState.DONE,
        asked_by=actor_of(session).user_id, asked_at=now(), granted_on=today(), done_by=actor_of(session).user_id,
        done_at=now(),
    )  # fmt: skip
    session.add(row)
    carry_out(session, bill, amount, late=late)
    return row


def rounded_off_for(session: Session, payment_id: int) -> list[Correction]:
    """List what was rounded off for a payment."""
    return list(
        session.scalars(
            select(Correction)
            .where(Correction.done_payment_id == payment_id, Correction.by_rule, Correction.amount > 0)
            .order_by(Correction.id)
        )
    )


def come_back(session: Session, rounded_off: list[Correction], bills: Mapping[int, Bill], payment_id: int) -> None:
    """Let what was rounded off be owed again, as its payment `payment_id` is taken back; `bills` are locked.

    A bill voided meanwhile owes nothing and stays as it is.
    """
    for each in rounded_off:
        bill = bills[each.bill_id or 0]
        if bill.voided_at is None:
            late = each.kind is CorrectionKind.LATE_WAIVER
            row = by_rule(session, bill, -each.amount, str(_("收款已撤回，抹零随之收回")), late=late)
            row.done_payment_id = payment_id
    session.flush()


def carry_out(session: Session, bill: Bill, amount: Decimal, *, late: bool) -> None:
    """Take a granted waiver off a bill (locked by the caller): of its principal, or of its late fee.

    Raises `Refused` when less is owed by now.
    """
    if bill.voided_at is not None:
        raise Refused(_("账单已作废，不用再减免。"))
    if late:
        cap = value_of(session, late_fees.LATE_CAP_PERCENT, bill.estate_id)
        open_fee = late_fees.outstanding(bill, today(), cap)
        if amount > open_fee:
            raise Refused(_("违约金现在只有 {open} 元，不能减免 {amount} 元。", open=open_fee, amount=amount))
        bill.late_waived += amount
    else:
        if amount > bill.unpaid:
            raise Refused(_("账单现在只欠 {open} 元，不能减免 {amount} 元。", open=bill.unpaid, amount=amount))
        bill.waived += amount
        moved = totals.Moves()
        moved.add(bill, waived=amount)
        session.flush()
        moved.write(session)
    session.flush()
