"""Taking an entry back: void 作废 on the day, reversal 红冲 later; both are new entries, nothing is deleted (F10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from db.clock import today
from db.ledger import receipts, waivers
from db.ledger.money_tables import (
    Allocation,
    Correction,
    Payment,
    PaymentKind,
    PaymentLine,
    Receipt,
    ReceiptState,
    Target,
)
from db.ledger.payments import queue
from db.ledger.postings import Entry, Part, Tender, balance_row, locked_bills, post
from db.ledger.tables import NOTHING, Bill
from db.people import Right, require
from db.refused import Refused
from db.session import actor_of
from db.words import _


def void_payment(session: Session, payment_id: int, reason: str, *, token: str | None = None) -> Payment:
    """Void a payment of today 作废, by the cashier who took it, before the day is closed; needs `TAKE_PAYMENT`.

    Its receipt keeps the number and says 作废. Raises `Refused` for an earlier day: that is reversed, by consent.
    """
    require(actor_of(session), Right.TAKE_PAYMENT)
    payment = _payment(session, payment_id)
    if (done := _counter_entry(session, payment)) is not None:
        return _again(done, token)
    if payment.paid_on != today():
        raise Refused(_("只有当天的收款可以作废；以前的请申请红冲。"))
    if payment.cashier_id != actor_of(session).user_id:
        raise Refused(_("只能作废自己当天的收款，请由原收款人办理，或申请红冲。"))
    if not reason.strip():
        raise Refused(_("请写明作废原因。"), {"reason": _("请写明作废原因。")})
    return _take_back(session, payment, PaymentKind.VOID, reason, token=token)


def reverse(
    session: Session, payment_id: int, reason: str, tenders: Sequence[Tender] = (), *, token: str | None = None
) -> Payment:
    """Reverse a payment 红冲, dated today, with a red receipt of its own number; consent is the caller's matter.

    The money goes back by the methods it came by, or by `tenders`: positive yuan that make the payment's amount.
    """
    payment = _payment(session, payment_id)
    if (done := _counter_entry(session, payment)) is not None:
        return _again(done, token)
    return _take_back(session, payment, PaymentKind.REVERSAL, reason, token=token, tenders=tenders)


def _payment(session: Session, payment_id: int) -> Payment:
    payment = session.get(Payment, payment_id)
    if payment is None or payment.estate_id not in actor_of(session).estates:
        raise Refused(_("没有找到这笔收款。"))
    queue(session, payment.estate_id)
    session.get(Payment, payment_id, with_for_update=True)
    if payment.kind is not PaymentKind.PAYMENT:
        raise Refused(_("只有收款可以作废或红冲。"))
    return payment


def _counter_entry(session: Session, payment: Payment) -> Payment | None:
    return session.scalar(select(Payment).where(Payment.reverses_id == payment.id))


def _again(done: Payment, token: str | None) -> Payment:
    if token is not None and done.token == token:
        return done
    raise Refused(_("这笔收款已经{kind}，不能再办。", kind=done.kind.label))


def _take_back(
    session: Session,
    payment: Payment,
    kind: PaymentKind,
    reason: str,
    *,
    token: str | None,
    tenders: Sequence[Tender] = (),
) -> Payment:
    """Write the counter-entry: the same money out, the same parts back from where they are by now."""
    rounded_off = waivers.rounded_off_for(session, payment.id)
    parts, bills = _parts_back(session, payment, rounded_off)
    from_balance: dict[int, Decimal] = defaultdict(lambda: NOTHING)
    for part in parts:
        if part.target is Target.BALANCE:
            from_balance[part.unit_id] -= part.amount
    for unit_id, wanted in sorted(from_balance.items()):
        _free(session, payment, unit_id, wanted)
    entry = Entry(
        kind, payment.unit_id, payment.payee_id, parts, _money_back(session, payment, tenders), today(),
        payment.customer_id, payment.payer_name, reverses_id=payment.id, note=reason, token=token,
    )  # fmt: skip
    done = post(session, entry)
    waivers.come_back(session, rounded_off, bills, done.id)
    receipt = session.scalars(
        select(Receipt).where(Receipt.payment_id == payment.id).with_for_update()
    ).one_or_none()
    if receipt is not None:
        receipt.state = ReceiptState.VOID if kind is PaymentKind.VOID else ReceiptState.REVERSED
        if kind is PaymentKind.REVERSAL:
            receipts.issue(session, done, receipt.book)
    session.flush()
    return done


def _money_back(session: Session, payment: Payment, tenders: Sequence[Tender]) -> list[Tender]:
    """Say by which methods the money goes back."""
    if not tenders:
        lines = session.scalars(
            select(PaymentLine).where(PaymentLine.payment_id == payment.id).order_by(PaymentLine.id)
        )
        return [Tender(each.method, -each.amount, each.reference) for each in lines]
    if any(each.amount <= 0 for each in tenders) or sum(each.amount for each in tenders) != payment.amount:
        raise Refused(_("退出的各种方式合计要等于原收款 {amount} 元。", amount=payment.amount))
    return [Tender(each.method, -each.amount, each.reference) for each in tenders]


def _parts_back(
    session: Session, payment: Payment, rounded_off: list[Correction]
) -> tuple[list[Part], dict[int, Bill]]:
    """Say where each part of a payment is now: a bill voided meanwhile has left its money in the balance.

    Locks, in one go, all bills that may be touched, also those that the balance has paid meanwhile.
    """
    rows = list(
        session.scalars(select(Allocation).where(Allocation.payment_id == payment.id).order_by(Allocation.id))
    )
    units = {each.unit_id for each in rows}
    offset = session.scalars(_paid_from_balance(units, payment.payee_id).with_only_columns(Allocation.bill_id))
    touched = {*(each.bill_id for each in rows), *(each.bill_id for each in rounded_off), *offset}
    bills = locked_bills(session, (each for each in touched if each is not None))
    parts: list[Part] = []
    for each in rows:
        gone = each.bill_id is not None and bills[each.bill_id].voided_at is not None
        if gone:
            parts.append(Part(Target.BALANCE, -each.amount, each.unit_id))
        else:
            parts.append(
                Part(each.target, -each.amount, each.unit_id, each.bill_id, each.deposit_id, each.late_days)
            )
    return parts, bills


def _paid_from_balance(unit_ids: Collection[int], payee_id: int) -> Select[Any]:
    """Select the allocations by which balances have paid bills that still stand; not a deposit set off against one."""
    other = aliased(Allocation)
    from_deposit = select(other.id).where(other.payment_id == Payment.id, other.target == Target.DEPOSIT)
    return (
        select(Allocation)
        .join(Payment, Payment.id == Allocation.payment_id)
        .join(Bill, Bill.id == Allocation.bill_id)
        .where(
            Allocation.unit_id.in_(unit_ids), Allocation.payee_id == payee_id, Allocation.target == Target.PRINCIPAL,
            Payment.kind == PaymentKind.OFFSET, Bill.voided_at.is_(None), ~from_deposit.exists(),
        )
    )  # fmt: skip


def _free(session: Session, payment: Payment, unit_id: int, wanted: Decimal) -> None:
    """Bring back into a balance what it has paid meanwhile, the newest bill first, until it holds `wanted`."""
    balance = balance_row(session, unit_id, payment.payee_id, payment.estate_id)
    missing = wanted - balance.amount
    if missing <= 0:
        return
    used = session.execute(
        _paid_from_balance([unit_id], payment.payee_id)
        .with_only_columns(Allocation.bill_id, Allocation.late_days, func.sum(Allocation.amount))
        .group_by(Allocation.bill_id, Allocation.late_days)
        .order_by(Allocation.bill_id.desc(), Allocation.late_days)
    ).all()
    parts: list[Part] = []
    for bill_id, days, amount in used:
        part = min(missing, amount)
        if part > 0:
            parts.append(Part(Target.PRINCIPAL, -part, unit_id, bill_id, late_days=days))
            missing -= part
    if missing > 0:
        raise Refused(_("这笔收款转入的预存已经退还或用掉，不能直接作废或红冲，请先处理预存。"))
    freed = -sum((each.amount for each in parts), NOTHING)
    parts.append(Part(Target.BALANCE, freed, unit_id))
    post(session, Entry(PaymentKind.OFFSET, unit_id, payment.payee_id, parts, note=str(_("退回预存"))))


def release_bill(session: Session, bill: Bill) -> Decimal:
    """Move what was paid on a bill about to be voided into its unit's balance; returns how much, in yuan."""
    parts = [
        Part(Target.PRINCIPAL, -bill.paid, bill.unit_id, bill.id, late_days=0),
        Part(Target.LATE_FEE, -bill.late_paid, bill.unit_id, bill.id),
    ]
    parts = [each for each in parts if each.amount]
    freed = bill.paid + bill.late_paid
    if freed:
        parts.append(Part(Target.BALANCE, freed, bill.unit_id))
        entry = Entry(PaymentKind.OFFSET, bill.unit_id, bill.payee_id, parts, note=str(_("账单作废，已收款转预存")))
        post(session, entry)
        bill.late_base = 0
    return freed


def refund_balance(
    session: Session, unit_id: int, payee_id: int, tender: Tender, reason: str, *, token: str | None = None
) -> Payment:
    """Pay back what was paid ahead: `tender` in positive yuan; consent is the caller's matter."""
    out = Tender(tender.method, -tender.amount, tender.reference)
    parts = [Part(Target.BALANCE, -tender.amount, unit_id)]
    return post(session, Entry(PaymentKind.REFUND, unit_id, payee_id, parts, [out], note=reason, token=token))
