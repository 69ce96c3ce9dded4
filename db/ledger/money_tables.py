"""What was paid and where it went: payments, allocations, balances, receipts, deposits, corrections, closings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Choice, Code, Line, Name, Prose, Yuan
from db.fields import ui
from db.ledger.tables import NOTHING
from db.words import _


class Method(Choice):
    """How money changed hands (HB:128, 195-197)."""

    CASH = "cash", _("现金")
    TRANSFER = "transfer", _("转账")
    WECHAT = "wechat", _("微信")
    ALIPAY = "alipay", _("支付宝")
    CARD = "card", _("刷卡")
    BANK_COLLECTION = "bank_collection", _("委托收款")


class PaymentKind(Choice):
    """What an entry of the cash book is; each moves money, or moves what was paid from one place to another."""

    PAYMENT = "payment", _("收款"), "green"
    VOID = "void", _("作废"), "gray"
    REVERSAL = "reversal", _("红冲"), "red"
    REFUND = "refund", _("退款"), "orange"
    OFFSET = "offset", _("抵扣"), "blue"
    """Without money: balance or deposit to bills, a voided bill's money to the balance."""
    DEDUCTION = "deduction", _("押金扣款"), "orange"


class Target(Choice):
    """Where a part of a payment went."""

    PRINCIPAL = "principal", _("账单")
    LATE_FEE = "late_fee", _("违约金")
    BALANCE = "balance", _("预存")
    DEPOSIT = "deposit", _("押金")
    DEDUCTED = "deducted", _("扣款")
    """Taken from a deposit for damage: no fee, with its reason."""


class Book(Choice):
    """Which book a receipt comes from."""

    FEES = "fees", _("收款收据")
    DEPOSITS = "deposits", _("押金收据")


class ReceiptState(Choice):
    """How a receipt stands; void and reversed ones keep their number."""

    GOOD = "good", _("有效"), "green"
    VOID = "void", _("作废"), "gray"
    REVERSED = "reversed", _("已红冲"), "red"


class DepositKind(Choice):
    """Deposits by their handbook names (HB:308-309)."""

    RENT = "rent", _("房租押金")
    FEE = "fee", _("物业管理费保证金")
    RENOVATION = "renovation", _("装修押金")
    PASS = "pass", _("出入证押金")
    OTHER = "other", _("其他押金")


class CorrectionKind(Choice):
    """What takes a second person's consent."""

    REVERSAL = "reversal", _("红冲")
    REFUND = "refund", _("退还预存")
    DEPOSIT_REFUND = "deposit_refund", _("退还押金")
    WAIVER = "waiver", _("减免")
    LATE_WAIVER = "late_waiver", _("减免违约金")


class CorrectionState(Choice):
    """Where a correction stands."""

    WAITING = "waiting", _("待审批"), "orange"
    GRANTED = "granted", _("已同意，待办理"), "blue"
    DENIED = "denied", _("未同意"), "gray"
    DONE = "done", _("已办理"), "green"
    WITHDRAWN = "withdrawn", _("已撤回"), "gray"


class Payment(Base):
    """One entry of the cash book; never changed. A void or reversal is another entry that names it."""

    __tablename__ = "payments"
    __table_args__ = (
        Index("ix_payments_payee_id_paid_on", "payee_id", "paid_on", "cashier_id"),
        UniqueConstraint("reverses_id"),
        UniqueConstraint("token"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True)
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    """Whom it was looked up by; parts may go to other units of the same payer."""
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    kind: Mapped[PaymentKind]
    amount: Mapped[Yuan]
    """Money in, or out when negative; nothing for an offset."""
    paid_on: Mapped[date] = mapped_column(Date)
    """The day of the cash book."""
    recorded_at: Mapped[datetime]
    cashier_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    payer_name: Mapped[Name] = mapped_column(default="")
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    note: Mapped[Prose] = mapped_column(default="")
    token: Mapped[str | None] = mapped_column(String(64))


class PaymentLine(Base):
    """How much of a payment by which method; never changed."""

    __tablename__ = "payment_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    method: Mapped[Method]
    amount: Mapped[Yuan]
    reference: Mapped[Line] = mapped_column(default="")
    """The bank's, WeChat's or Alipay's own number."""
    tendered: Mapped[Yuan | None] = mapped_column()
    """Cash laid on the table; the change is what exceeds `amount`."""


class Allocation(Base):
    """Where a part of a payment went; never changed. The parts of a payment add up to it."""

    __tablename__ = "allocations"
    __table_args__ = (
        Index("ix_allocations_bill_id", "bill_id", "target", "allocated_on"),
        Index("ix_allocations_unit_id", "unit_id", "payee_id", "target"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"))
    target: Mapped[Target]
    bill_id: Mapped[int | None] = mapped_column(ForeignKey("bills.id"))
    deposit_id: Mapped[int | None] = mapped_column(ForeignKey("deposits.id"), index=True)
    amount: Mapped[Yuan]
    late_days: Mapped[int] = mapped_column(default=0)
    """Days late that this principal was when it was paid; a counter-entry carries the same."""
    allocated_on: Mapped[date] = mapped_column(Date)


class Balance(Base):
    """What a unit has paid ahead 预存, by payee: the sum of its balance allocations, and never below nothing."""

    __tablename__ = "balances"
    __table_args__ = (CheckConstraint("amount >= 0", name="balances_amount"),)

    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), primary_key=True)
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"), primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True)
    amount: Mapped[Yuan] = mapped_column(default=NOTHING)


class ReceiptBook(Base):
    """The last number given out of a payee's book in a year; its row is locked while one is written."""

    __tablename__ = "receipt_books"

    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"), primary_key=True)
    book: Mapped[Book] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Receipt(Base):
    """A receipt 收据 with its gap-free number; what it says is kept as it was issued."""

    __tablename__ = "receipts"
    __table_args__ = (
        UniqueConstraint("payee_id", "book", "year", "sequence"),
        UniqueConstraint("number"),
        UniqueConstraint("payment_id"),
        Index("ix_receipts_estate_id_issued_on", "estate_id", "issued_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"))
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"))
    book: Mapped[Book]
    year: Mapped[int]
    sequence: Mapped[int]
    number: Mapped[Code]
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"))
    issued_on: Mapped[date] = mapped_column(Date)
    state: Mapped[ReceiptState] = mapped_column(default=ReceiptState.GOOD)
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)


class ReceiptPrint(Base):
    """One printing of a receipt; from the second on it says 补打."""

    __tablename__ = "receipt_prints"

    id: Mapped[int] = mapped_column(primary_key=True)
    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipts.id"), index=True)
    printed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    printed_at: Mapped[datetime]


class Deposit(Base):
    """A deposit 押金 that the office or the landlord holds; the sum of its allocations, never below nothing."""

    __tablename__ = "deposits"
    __table_args__ = (CheckConstraint("held >= 0", name="deposits_held"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True)
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"), info=ui(_("收款单位"), in_list=True))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True, info=ui(_("房屋"), in_list=True))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), info=ui(_("客户"), in_list=True))
    kind: Mapped[DepositKind] = mapped_column(info=ui(_("押金种类"), in_list=True, in_filter=True))
    held: Mapped[Yuan] = mapped_column(default=NOTHING, info=ui(_("现存(元)"), in_list=True))
    taken_on: Mapped[date] = mapped_column(Date, info=ui(_("收取日期"), in_list=True))
    calculation: Mapped[Line] = mapped_column(default="", info=ui(_("计算")))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    """The renovation or move-in that it was taken for."""


class Correction(Base):
    """A reversal, refund or waiver that somebody asked for, decided by another (`db.approvals`)."""

    __tablename__ = "corrections"
    __table_args__ = (UniqueConstraint("token"), Index("ix_corrections_state", "state", "estate_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"))
    kind: Mapped[CorrectionKind]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    """What a reversal reverses."""
    bill_id: Mapped[int | None] = mapped_column(ForeignKey("bills.id"), index=True)
    deposit_id: Mapped[int | None] = mapped_column(ForeignKey("deposits.id"))
    amount: Mapped[Yuan]
    reason: Mapped[Prose]
    evidence: Mapped[Line] = mapped_column(default="")
    """A deposit's paper, or the declaration that it was lost 遗失声明; the payer's account."""
    by_rule: Mapped[bool] = mapped_column(default=False)
    """抹零: the office's own rule granted it."""
    state: Mapped[CorrectionState] = mapped_column(default=CorrectionState.WAITING)
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime]
    granted_on: Mapped[date | None] = mapped_column(Date)
    done_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    done_at: Mapped[datetime | None]
    done_payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    token: Mapped[str | None] = mapped_column(String(64))


class DayClosing(Base):
    """A cashier's day for one payee, counted and closed 日结: it takes no more entries."""

    __tablename__ = "day_closings"
    __table_args__ = (
        UniqueConstraint("payee_id", "cashier_id", "day"),
        Index("ix_day_closings_estate_id", "estate_id", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"))
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"))
    cashier_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    day: Mapped[date] = mapped_column(Date)
    expected: Mapped[dict[str, Any]] = mapped_column(JSON)
    """By method, from the payments: `{"cash": "1234.50", …}`."""
    counted: Mapped[dict[str, Any]] = mapped_column(JSON)
    """By method, as counted or as the bank's and WeChat's own pages say."""
    over_short: Mapped[Yuan] = mapped_column(default=NOTHING)
    slip: Mapped[Line] = mapped_column(default="")
    """Number of the bank's paying-in slip 交款单号."""
    note: Mapped[Prose] = mapped_column(default="")
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)
    closed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime]


class MonthClosing(Base):
    """A payee's month, closed 月结: no bill of it is made or voided, no payment dated in it."""

    __tablename__ = "month_closings"
    __table_args__ = (UniqueConstraint("payee_id", "month"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True)
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"))
    month: Mapped[date] = mapped_column(Date)
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)
    closed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime]
