"""Reversals, refunds and waivers 红冲、退款、减免: asked for with a reason, granted by another, then carried out (F10).

A waiver takes effect when it is granted. What moves money waits, once granted, for a cashier to carry it out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from db import approvals
from db.approvals import Approval, Said, Verdict
from db.audit import record
from db.clock import now, today
from db.ledger import late_fees, reversals, waivers
from db.ledger.money_tables import (
    Balance,
    Correction,
    CorrectionKind,
    CorrectionState,
    DayClosing,
    Deposit,
    Payment,
    PaymentKind,
    Receipt,
    Target,
)
from db.ledger.payments import queue
from db.ledger.postings import Entry, Part, Tender, locked_bills, post
from db.ledger.tables import NOTHING, Bill, FeeItem
from db.people import Right, Role, require
from db.refused import Refused
from db.registry import Unit
from db.session import actor_of
from db.settings import Setting, value_of
from db.words import Words, _

WAIVER_LIMIT = Setting(
    "ledger.waiver_limit", _("减免超过多少元还须主任批准"), 500, _("不超过的由财务批准；含减免违约金"),
    most=999_999,
)  # fmt: skip
REFUND_LIMIT = Setting(
    "ledger.refund_limit", _("红冲、退款超过多少元还须主任批准"), 2000, _("不超过的由财务批准；含退还押金"),
    most=999_999,
)  # fmt: skip
WAIVERS = frozenset({CorrectionKind.WAIVER, CorrectionKind.LATE_WAIVER})
UNDER_WAY = (CorrectionState.WAITING, CorrectionState.GRANTED)


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def ask_reversal(session: Session, payment_id: int, reason: str, *, token: str | None = None) -> Correction:
    """Ask for a payment to be reversed 红冲; needs `BILL`. One's own of today is voided instead."""
    require(actor_of(session), Right.BILL)
    if (done := _asked_before(session, token)) is not None:
        return done
    payment = session.get(Payment, payment_id, with_for_update=True)
    if payment is None or payment.estate_id not in actor_of(session).estates:
        raise Refused(_("没有找到这笔收款。"))
    if payment.kind is not PaymentKind.PAYMENT:
        raise Refused(_("只有收款可以红冲。"))
    if session.scalar(select(Payment.id).where(Payment.reverses_id == payment.id)):
        raise Refused(_("这笔收款已经作废或红冲，不能再办。"))
    if payment.paid_on == today() and payment.cashier_id == actor_of(session).user_id and _is_open(session, payment):
        raise Refused(_("这是您今天的收款，还没有日结，请直接作废。"))
    _refuse_second(session, Correction.payment_id == payment.id, CorrectionKind.REVERSAL)
    row = Correction(kind=CorrectionKind.REVERSAL, unit_id=payment.unit_id, payee_id=payment.payee_id,
                     payment_id=payment.id, amount=payment.amount)  # fmt: skip
    return _ask(session, row, payment.estate_id, reason, token)


def ask_refund(
    session: Session, unit_id: int, payee_id: int, amount: Decimal, reason: str, *, account: str = "",
    token: str | None = None,
) -> Correction:  # fmt: skip
    """Ask for what was paid ahead to be paid back, in yuan; needs `DUN`. `account` is the payer's own."""
    require(actor_of(session), Right.DUN)
    if (done := _asked_before(session, token)) is not None:
        return done
    balance = session.get(Balance, (unit_id, payee_id), with_for_update=True)
    if balance is None or balance.estate_id not in actor_of(session).estates:
        raise Refused(_("这套房屋没有预存余额。"))
    _check_amount(amount, balance.amount, _("预存余额"))
    same = (Correction.unit_id == unit_id) & (Correction.payee_id == payee_id)
    _refuse_second(session, same, CorrectionKind.REFUND)
    row = Correction(kind=CorrectionKind.REFUND, unit_id=unit_id, payee_id=payee_id, amount=amount, evidence=account)
    return _ask(session, row, balance.estate_id, reason, token)


def ask_deposit_refund(
    session: Session, deposit_id: int, amount: Decimal, reason: str, *, paper: str, account: str = "",
    token: str | None = None,
) -> Correction:  # fmt: skip
    """Ask for a deposit to be paid back; needs `DUN`.

    `paper` says what was handed in: the receipt's number, or the declaration that it was lost 遗失声明.
    """
    require(actor_of(session), Right.DUN)
    if (done := _asked_before(session, token)) is not None:
        return done
    deposit = session.get(Deposit, deposit_id, with_for_update=True)
    if deposit is None or deposit.estate_id not in actor_of(session).estates:
        raise Refused(_("没有找到这笔押金。"))
    _check_amount(amount, deposit.held, _("现存押金"))
    if not paper.strip():
        raise Refused(_("请写明收回的押金收据号，或遗失声明。"), {"paper": _("请填写收据号或“遗失声明”。")})
    _refuse_second(session, Correction.deposit_id == deposit.id, CorrectionKind.DEPOSIT_REFUND)
    evidence = str(_("；")).join(each.strip() for each in (paper, account) if each.strip())
    row = Correction(kind=CorrectionKind.DEPOSIT_REFUND, unit_id=deposit.unit_id, payee_id=deposit.payee_id,
                     deposit_id=deposit.id, amount=amount, evidence=evidence[:200])  # fmt: skip
    return _ask(session, row, deposit.estate_id, reason, token)


def ask_waiver(
    session: Session, bill_id: int, amount: Decimal, reason: str, *, late: bool = False, token: str | None = None
) -> Correction:
    """Ask for a part of a bill's principal to be waived 减免; needs `DUN`."""
    require(actor_of(session), Right.DUN)
    if (done := _asked_before(session, token)) is not None:
        return done
    bill = locked_bills(session, [bill_id]).get(bill_id)
    if bill is None or bill.estate_id not in actor_of(session).estates or bill.voided_at is not None:
        raise Refused(_("没有找到这张账单，可能已经作废。"))
    kind = CorrectionKind.LATE_WAIVER if late else CorrectionKind.WAIVER
    if late:
        cap = value_of(session, late_fees.LATE_CAP_PERCENT, bill.estate_id)
        _check_amount(amount, late_fees.outstanding(bill, today(), cap), _("未缴违约金"))
    else:
        _check_amount(amount, bill.unpaid, _("未缴本金"))
    _refuse_second(session, Correction.bill_id == bill.id, kind)
    row = Correction(kind=kind, unit_id=bill.unit_id, payee_id=bill.payee_id, bill_id=bill.id, amount=amount)
    return _ask(session, row, bill.estate_id, reason, token)


def ask_late_waiver(
    session: Session, bill_id: int, amount: Decimal, reason: str, *, token: str | None = None
) -> Correction:
    """Ask for a part of a bill's late fee to be waived; needs `DUN`."""
    return ask_waiver(session, bill_id, amount, reason, late=True, token=token)


def _asked_before(session: Session, token: str | None) -> Correction | None:
    return session.scalar(select(Correction).where(Correction.token == token)) if token else None


def _is_open(session: Session, payment: Payment) -> bool:
    closed = select(DayClosing.id).where(
        DayClosing.payee_id == payment.payee_id, DayClosing.cashier_id == payment.cashier_id,
        DayClosing.day == payment.paid_on,
    )  # fmt: skip
    return session.scalar(closed) is None


def _check_amount(amount: Decimal, most: Decimal, what: Words) -> None:
    if amount <= 0 or amount != round(amount, 2):
        raise Refused(_("请填写大于零的金额，最多两位小数。"), {"amount": _("请填写大于零的金额。")})
    if amount > most:
        wrong = _("{what}只有 {most} 元。", what=what, most=most)
        raise Refused(wrong, {"amount": wrong})


def _refuse_second(session: Session, same: ColumnElement[bool], kind: CorrectionKind) -> None:
    asked = select(Correction.id).where(same, Correction.kind == kind, Correction.state.in_(UNDER_WAY))
    if session.scalar(asked.limit(1)):
        raise Refused(_("已有一笔{kind}正在办理，请等它办完或撤回后再申请。", kind=kind.label))


def _ask(session: Session, row: Correction, estate_id: int, reason: str, token: str | None) -> Correction:
    if not reason.strip():
        raise Refused(_("请写明原因。"), {"reason": _("请写明原因。")})
    row.estate_id, row.reason, row.token = estate_id, reason.strip(), token
    row.asked_by, row.asked_at = actor_of(session).user_id, now()
    session.add(row)
    session.flush()
    approvals.ask(session, row.kind.value, row.id, estate_id, approvers(session, row.kind, row.amount, estate_id))
    record(session, "asked", "corrections", row.id, estate_id=estate_id, ground=row.reason[:200],
           after={"kind": row.kind.value, "amount": row.amount})  # fmt: skip
    session.flush()
    return row


def approvers(session: Session, kind: CorrectionKind, amount: Decimal, estate_id: int) -> tuple[Role, ...]:
    """Say who grants it, in turn: finance, and above the office's limit the director too."""
    limit = value_of(session, WAIVER_LIMIT if kind in WAIVERS else REFUND_LIMIT, estate_id)
    return (Role.FINANCE, Role.DIRECTOR) if amount > limit else (Role.FINANCE,)


# ── the verdict ──────────────────────────────────────────────────────────────────────────────────────────────────────


def decided(session: Session, approval: Approval) -> None:
    """Follow a verdict, in its own transaction; a waiver that is no longer owed makes it `Refused`."""
    row = _locked(session, approval.subject_id)
    if row.state is not CorrectionState.WAITING:
        raise Refused(_("这项申请{state}，不用再审批。", state=row.state.label))
    if approval.verdict is Verdict.DENIED:
        row.state = CorrectionState.DENIED
    elif row.kind in WAIVERS:
        bill = locked_bills(session, [row.bill_id or 0])[row.bill_id or 0]
        waivers.carry_out(session, bill, row.amount, late=row.kind is CorrectionKind.LATE_WAIVER)
        row.state, row.granted_on = CorrectionState.DONE, today()
        row.done_by, row.done_at = actor_of(session).user_id, now()
    else:
        row.state, row.granted_on = CorrectionState.GRANTED, today()
    record(session, row.state.value, "corrections", row.id, estate_id=row.estate_id, ground=approval.note[:200],
           after={"kind": row.kind.value, "amount": row.amount})  # fmt: skip
    session.flush()


def withdraw(session: Session, correction_id: int) -> None:
    """Take back what one asked for oneself, before it is denied or carried out."""
    row = _locked(session, correction_id)
    if row.asked_by != actor_of(session).user_id:
        raise Refused(_("只能由申请人撤回。"))
    if row.state not in UNDER_WAY:
        raise Refused(_("这项申请{state}，不能撤回。", state=row.state.label))
    row.state = CorrectionState.WITHDRAWN
    approvals.withdraw(session, row.kind.value, row.id)
    record(session, "withdrawn", "corrections", row.id, estate_id=row.estate_id)
    session.flush()


def _locked(session: Session, correction_id: int) -> Correction:
    row = session.get(Correction, correction_id, with_for_update=True, populate_existing=True)
    if row is None or row.estate_id not in actor_of(session).estates:
        raise Refused(_("没有找到这项申请。"))
    return row


# ── carrying it out ──────────────────────────────────────────────────────────────────────────────────────────────────


def carry_out(
    session: Session, correction_id: int, tenders: Sequence[Tender] = (), *, token: str | None = None
) -> Payment:
    """Carry out what was granted, at the cash desk; needs `TAKE_PAYMENT`. Returns the entry of the cash book.

    A reversal writes the counter-entry with its red receipt; without `tenders` the money goes back as it came. Of a
    refund `tenders` say how it is paid out, in positive yuan that make its amount. Raises `Refused` when it is not
    granted, or less is held by now.
    """
    require(actor_of(session), Right.TAKE_PAYMENT)
    row = _locked(session, correction_id)
    queue(session, row.estate_id)
    if row.state is CorrectionState.DONE and token is not None and row.done_payment_id is not None:
        done = session.get_one(Payment, row.done_payment_id)
        if done.token == token:
            return done
    if row.state is not CorrectionState.GRANTED:
        raise Refused(_("这项申请{state}，不能办理。", state=row.state.label))
    if row.kind is CorrectionKind.REVERSAL:
        payment = reversals.reverse(session, row.payment_id or 0, row.reason, tenders, token=token)
    else:
        payment = _pay_out(session, row, tenders, token)
    row.state, row.done_by, row.done_at = CorrectionState.DONE, actor_of(session).user_id, now()
    row.done_payment_id = payment.id
    record(session, row.state.value, "corrections", row.id, estate_id=row.estate_id,
           after={"kind": row.kind.value, "amount": row.amount})  # fmt: skip
    session.flush()
    return payment


def _pay_out(session: Session, row: Correction, tenders: Sequence[Tender], token: str | None) -> Payment:
    if any(each.amount <= 0 for each in tenders) or sum((each.amount for each in tenders), NOTHING) != row.amount:
        raise Refused(_("付出的各种方式合计要等于批准的 {amount} 元。", amount=row.amount))
    out = [Tender(each.method, -each.amount, each.reference) for each in tenders]
    deposit = session.get(Deposit, row.deposit_id) if row.deposit_id is not None else None
    target = Target.BALANCE if deposit is None else Target.DEPOSIT
    note = str(_("；")).join(each for each in (row.reason, row.evidence) if each)
    parts = [Part(target, -row.amount, row.unit_id, deposit_id=row.deposit_id)]
    entry = Entry(PaymentKind.REFUND, row.unit_id, row.payee_id, parts, out, note=note, token=token,
                  customer_id=deposit.customer_id if deposit else None)  # fmt: skip
    return post(session, entry)


# ── in words ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def describe(session: Session, ids: Collection[int]) -> dict[int, Said]:
    """Put corrections that wait for a verdict into words, for those who are to give it; one query."""
    rows = session.execute(
        select(Correction, Unit.short, Bill.month, FeeItem.name, Receipt.number, Deposit.kind)
        .join(Unit, Unit.id == Correction.unit_id)
        .outerjoin(Bill, Bill.id == Correction.bill_id)
        .outerjoin(FeeItem, FeeItem.id == Bill.fee_item_id)
        .outerjoin(Receipt, Receipt.payment_id == Correction.payment_id)
        .outerjoin(Deposit, Deposit.id == Correction.deposit_id)
        .where(
            Correction.id.in_(ids), Correction.estate_id.in_(actor_of(session).estates),
            Correction.state == CorrectionState.WAITING,
        )
    )  # fmt: skip
    return {
        row.id: Said(unit, str(what_of(row, month, item, number, deposit)), row.reason, "corrections",
                     {"correction": str(row.id)})
        for row, unit, month, item, number, deposit in rows
    }  # fmt: skip


def what_of(row: Correction, month: object, item: str | None, number: str | None, deposit: object) -> Words:
    """Say in a sentence what is asked for."""
    if row.kind is CorrectionKind.REVERSAL:
        return _("红冲收据 {number}，{amount} 元", number=number, amount=row.amount)
    if row.kind is CorrectionKind.REFUND:
        return _("退还预存 {amount} 元", amount=row.amount)
    if row.kind is CorrectionKind.DEPOSIT_REFUND:
        return _("退还{kind} {amount} 元", kind=getattr(deposit, "label", ""), amount=row.amount)
    said = f"{month:%Y-%m}" if month else ""
    if row.kind is CorrectionKind.LATE_WAIVER:
        return _("减免 {month} {item}的违约金 {amount} 元", month=said, item=item, amount=row.amount)
    return _("减免 {month} {item} {amount} 元", month=said, item=item, amount=row.amount)


__all__ = [
    "REFUND_LIMIT", "UNDER_WAY", "WAIVERS", "WAIVER_LIMIT", "approvers", "ask_deposit_refund", "ask_late_waiver",
    "ask_refund", "ask_reversal", "ask_waiver", "carry_out", "decided", "describe", "what_of", "withdraw",
]  # fmt: skip
