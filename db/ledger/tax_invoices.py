"""Tax invoices 发票: registered, not issued: asked for, numbered, handed over, turned red; tied to a receipt (F3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.audit import record
from db.base import Base, Choice, Code, Line, Yuan
from db.checking import clean_text
from db.clock import now, today
from db.fields import ui
from db.ledger.money_tables import Receipt, ReceiptState
from db.people import Right, require
from db.refused import Conflict, Refused
from db.session import actor_of
from db.spellings import squeezed
from db.words import Words, _

PAGE = 50


class InvoiceKind(Choice):
    """Which kind of invoice was asked for."""

    PLAIN = "plain", _("普通发票")
    SPECIAL = "special", _("增值税专用发票")


class InvoiceState(Choice):
    """How far an invoice is."""

    ASKED = "asked", _("待开票"), "orange"
    ISSUED = "issued", _("已开票，待交付"), "blue"
    HANDED = "handed", _("已交付"), "green"
    RED = "red", _("已红冲"), "red"
    DROPPED = "dropped", _("不开了"), "gray"


OPEN = (InvoiceState.ASKED, InvoiceState.ISSUED)
"""States in which something is still to be done."""


class TaxInvoice(Base):
    """An invoice that a customer asked for against a receipt; one that stands at a time."""

    __tablename__ = "tax_invoices"
    __table_args__ = (
        Index("ix_tax_invoices_receipt_id", "receipt_id"),
        Index("ix_tax_invoices_estate_id", "estate_id", "state"),
        UniqueConstraint("token"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"))
    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipts.id"))
    kind: Mapped[InvoiceKind] = mapped_column(default=InvoiceKind.PLAIN, info=ui(_("发票种类")))
    title: Mapped[Line] = mapped_column(info=ui(_("发票抬头")))
    tax_number: Mapped[Code] = mapped_column(default="", info=ui(_("税号"), help=_("单位抬头必填")))
    send_to: Mapped[Line] = mapped_column(default="", info=ui(_("接收方式"), help=_("邮箱、手机或自取")))
    amount: Mapped[Yuan] = mapped_column(info=ui(_("开票金额(元)")))
    state: Mapped[InvoiceState] = mapped_column(default=InvoiceState.ASKED)
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime]
    number: Mapped[Code] = mapped_column(default="", info=ui(_("发票号码")))
    issued_on: Mapped[date | None] = mapped_column(Date, info=ui(_("开票日期")))
    handed_to: Mapped[Line] = mapped_column(default="", info=ui(_("交给谁")))
    handed_on: Mapped[date | None] = mapped_column(Date, info=ui(_("交付日期")))
    red_number: Mapped[Code] = mapped_column(default="", info=ui(_("红字发票号码")))
    ended_on: Mapped[date | None] = mapped_column(Date)
    reason: Mapped[Line] = mapped_column(default="", info=ui(_("原因")))
    version: Mapped[int] = mapped_column(default=1)
    token: Mapped[str | None] = mapped_column(String(64))


@dataclass(frozen=True)
class Listed:
    """An invoice in the list."""

    id: int
    receipt_id: int
    receipt: str
    receipt_state: ReceiptState
    unit: str
    title: str
    tax_number: str
    kind: InvoiceKind
    send_to: str
    amount: Decimal
    state: InvoiceState
    asked_at: datetime
    number: str
    issued_on: date | None
    handed_to: str
    handed_on: date | None
    version: int

    @property
    def must_be_turned_red(self) -> bool:
        """Say whether its receipt was taken back while the invoice stands."""
        return self.receipt_state is not ReceiptState.GOOD and self.state in {InvoiceState.ISSUED, InvoiceState.HANDED}


def ask(
    session: Session, receipt_id: int, title: str, tax_number: str = "", *, kind: InvoiceKind = InvoiceKind.PLAIN,
    send_to: str = "", amount: Decimal | None = None, token: str | None = None,
) -> TaxInvoice:  # fmt: skip
    """Note that a customer wants an invoice for a receipt (whole, unless `amount` in yuan); needs `TAKE_PAYMENT`.

    Raises `Refused` without a title, for a receipt that does not stand, or one that has its invoice.
    """
    require(actor_of(session), Right.TAKE_PAYMENT)
    if token and (done := session.scalar(select(TaxInvoice).where(TaxInvoice.token == token))):
        return done
    receipt = session.get(Receipt, receipt_id, with_for_update=True)
    if receipt is None or receipt.estate_id not in actor_of(session).estates:
        raise Refused(_("没有找到这张收据。"))
    whole = Decimal(receipt.snapshot["amount"])
    if receipt.state is not ReceiptState.GOOD or whole <= 0:
        raise Refused(_("收据{state}，不能登记开票。", state=receipt.state.label))
    named, number, wished = clean_text(title), squeezed_number(tax_number), whole if amount is None else amount
    problems: dict[str, Words] = {}
    if not named:
        problems["title"] = _("请填写发票抬头。")
    if kind is InvoiceKind.SPECIAL and not number:
        problems["tax_number"] = _("增值税专用发票须填写税号。")
    if number and not (number.isascii() and number.isalnum() and 15 <= len(number) <= 20):
        problems["tax_number"] = _("税号是 15 到 20 位数字和字母，请核对。")
    if not 0 < wished <= whole:
        problems["amount"] = _("开票金额须大于零、不超过收据金额 {whole} 元。", whole=whole)
    if problems:
        raise Refused(_("请检查标出的 {n} 处。", n=len(problems)), problems)
    standing = session.scalar(
        select(func.coalesce(func.sum(TaxInvoice.amount), 0)).where(
            TaxInvoice.receipt_id == receipt_id,
            TaxInvoice.state.in_([InvoiceState.ASKED, InvoiceState.ISSUED, InvoiceState.HANDED]),
        )
    )
    if wished > whole - Decimal(standing or 0):
        raise Refused(_("这张收据已登记过发票，可开的只剩 {rest} 元。", rest=whole - Decimal(standing or 0)))
    row = TaxInvoice(
        estate_id=receipt.estate_id, receipt_id=receipt.id, kind=kind, title=named, tax_number=number,
        send_to=clean_text(send_to), amount=wished, asked_by=actor_of(session).user_id, asked_at=now(), token=token,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _note(session, row, "invoice_asked", {"title": row.title, "amount": row.amount})
    return row


def squeezed_number(typed: str) -> str:
    """Write a tax number as it is kept: capitals, no blanks."""
    return squeezed(clean_text(typed)).upper()


def issue(
    session: Session, invoice_id: int, number: str, on: date | None = None, *, version: int | None = None
) -> None:
    """Note the number and day of an invoice that was issued elsewhere; needs `TAKE_PAYMENT`."""
    row = _locked(session, invoice_id, version, InvoiceState.ASKED)
    written = squeezed_number(number)
    if not written:
        raise Refused(_("请填写发票号码。"), {"number": _("请填写发票号码。")})
    same = select(TaxInvoice.id).where(
        TaxInvoice.estate_id == row.estate_id, TaxInvoice.number == written, TaxInvoice.id != row.id
    )
    if session.scalar(same):
        raise Refused(_("发票号码 {number} 已登记过，请核对。", number=written), {"number": _("号码已登记过。")})
    row.state, row.number, row.issued_on = InvoiceState.ISSUED, written, _day(on)
    _changed(session, row, "invoice_issued", {"number": written})


def hand_over(
    session: Session, invoice_id: int, to_whom: str, on: date | None = None, *, version: int | None = None
) -> None:
    """Note to whom an invoice was given; needs `TAKE_PAYMENT`."""
    row = _locked(session, invoice_id, version, InvoiceState.ISSUED)
    whom = clean_text(to_whom)
    if not whom:
        raise Refused(_("请填写发票交给了谁。"), {"handed_to": _("请填写。")})
    row.state, row.handed_to, row.handed_on = InvoiceState.HANDED, whom, _day(on)
    _changed(session, row, "invoice_handed", {"handed_to": whom})


def turn_red(
    session: Session, invoice_id: int, red_number: str, reason: str, on: date | None = None, *,
    version: int | None = None,
) -> None:  # fmt: skip
    """Note the red invoice that took one back; another may then be asked for. Needs `TAKE_PAYMENT`."""
    row = _locked(session, invoice_id, version, InvoiceState.ISSUED, InvoiceState.HANDED)
    written, why = squeezed_number(red_number), clean_text(reason)
    problems: dict[str, Words] = {}
    if not written:
        problems["red_number"] = _("请填写红字发票号码。")
    if not why:
        problems["reason"] = _("请填写原因。")
    if problems:
        raise Refused(_("请检查标出的 {n} 处。", n=len(problems)), problems)
    row.state, row.red_number, row.reason, row.ended_on = InvoiceState.RED, written, why, _day(on)
    _changed(session, row, "invoice_red", {"number": written}, why)


def drop(session: Session, invoice_id: int, reason: str, *, version: int | None = None) -> None:
    """Note that an invoice asked for is not wanted any more; needs `TAKE_PAYMENT`."""
    row = _locked(session, invoice_id, version, InvoiceState.ASKED)
    why = clean_text(reason)
    if not why:
        raise Refused(_("请填写原因。"), {"reason": _("请填写原因。")})
    row.state, row.reason, row.ended_on = InvoiceState.DROPPED, why, today()
    _changed(session, row, "invoice_dropped", {}, why)


def _locked(session: Session, invoice_id: int, version: int | None, *states: InvoiceState) -> TaxInvoice:
    require(actor_of(session), Right.TAKE_PAYMENT)
    row = session.get(TaxInvoice, invoice_id, with_for_update=True, populate_existing=True)
    if row is None or row.estate_id not in actor_of(session).estates:
        raise Refused(_("没有找到这张发票。"))
    if version is not None and row.version != version:
        raise Conflict(_("这张发票刚被别人改过，现在是“{state}”，请核对后再办。", state=row.state.label))
    if row.state not in states:
        raise Refused(_("这张发票{state}，不能这样办理。", state=row.state.label))
    return row


def _day(on: date | None) -> date:
    if on is not None and on > today():
        raise Refused(_("日期不能晚于今天。"))
    return on or today()


def _changed(session: Session, row: TaxInvoice, act: str, after: dict[str, Any], ground: str = "") -> None:
    row.version += 1
    session.flush()
    _note(session, row, act, after, ground)


def _note(session: Session, row: TaxInvoice, act: str, after: dict[str, Any], ground: str = "") -> None:
    record(session, act, "tax_invoices", row.id, estate_id=row.estate_id, ground=ground[:200], after=after)


# ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def listed(
    session: Session, *, typed: str = "", only_open: bool = True, receipt_id: int | None = None,
    estate_ids: frozenset[int] = frozenset(), offset: int = 0, limit: int = PAGE,
) -> tuple[list[Listed], int]:  # fmt: skip
    """List invoices, newest first, with how many there are in all: open ones (also those to be turned red), or all.

    `typed` is part of a title, or a number of an invoice or receipt. Needs `SEE_MONEY`.
    """
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    estates = sorted(estate_ids & actor.estates if estate_ids else actor.estates)
    claims: list[Any] = [TaxInvoice.estate_id.in_(estates)]
    if receipt_id is not None:
        claims.append(TaxInvoice.receipt_id == receipt_id)
    elif only_open:
        stands = TaxInvoice.state.in_([InvoiceState.ISSUED, InvoiceState.HANDED])
        claims.append(TaxInvoice.state.in_(OPEN) | (stands & (Receipt.state != ReceiptState.GOOD)))
    if text := clean_text(typed):
        claims.append(
            TaxInvoice.title.contains(text, autoescape=True)
            | TaxInvoice.number.startswith(text.upper(), autoescape=True)
            | Receipt.number.contains(text.upper(), autoescape=True)
        )
    joined = select(TaxInvoice, Receipt).join(Receipt, Receipt.id == TaxInvoice.receipt_id).where(*claims)
    total = session.scalar(joined.with_only_columns(func.count())) or 0
    rows = session.execute(joined.order_by(TaxInvoice.id.desc()).offset(offset).limit(limit))
    found = [
        Listed(
            row.id, receipt.id, receipt.number, receipt.state, receipt.snapshot["unit"], row.title, row.tax_number,
            row.kind, row.send_to, row.amount, row.state, row.asked_at, row.number, row.issued_on, row.handed_to,
            row.handed_on, row.version,
        )
        for row, receipt in rows
    ]  # fmt: skip
    return found, total


__all__ = [
    "OPEN", "InvoiceKind", "InvoiceState", "Listed", "TaxInvoice", "ask", "drop", "hand_over", "issue", "listed",
    "squeezed_number", "turn_red",
]  # fmt: skip
